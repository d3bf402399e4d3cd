//! `docs/promises.md` names a test for each promise: each of them must be there, or the page says what is not so.

use std::path::Path;

#[test]
fn every_test_that_a_promise_names_is_there() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let page = std::fs::read_to_string(root.join("docs/promises.md")).expect("the page");
    let (mut file, mut named, mut missing) = (String::new(), 0, Vec::new());
    for word in page.split('`').skip(1).step_by(2) {
        let is_file = (word.starts_with("src/") || word.starts_with("tests/")) && word.ends_with(".rs");
        let snake = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_';
        if is_file {
            match std::fs::read_to_string(root.join(word)) {
                Ok(text) => file = text,
                Err(_) => missing.push(format!("there is no {word}")),
            }
        } else if word.matches('_').count() >= 2 && word.chars().all(snake) {
            named += 1;
            if !file.contains(&format!("fn {word}(")) {
                missing.push(word.to_owned());
            }
        }
    }
    assert!(missing.is_empty(), "{missing:#?}");
    assert!(named > 200, "the page names its tests");
}
