//! Every language has every text, with the same placeholders, and every text is used.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

use fluent_syntax::ast::{Entry, Expression, InlineExpression, Pattern, PatternElement};
use fluent_syntax::parser;

use super::bundle::source;
use super::*;
use crate::words;

/// The placeholders of each key.
type Keys = BTreeMap<String, BTreeSet<String>>;

fn keys(language: Language) -> Keys {
    let resource =
        parser::parse(source(language)).unwrap_or_else(|(_, errors)| panic!("{language:?}: {errors:?}"));
    let mut keys = Keys::new();
    for entry in resource.body {
        let Entry::Message(message) = entry else { continue };
        let pattern = message.value.unwrap_or_else(|| panic!("{language:?} {}: no text", message.id.name));
        let mut names = BTreeSet::new();
        placeholders(&pattern, &mut names);
        let twice = keys.insert(message.id.name.to_owned(), names);
        assert!(twice.is_none(), "{language:?} has {} twice", message.id.name);
    }
    keys
}

fn placeholders(pattern: &Pattern<&str>, names: &mut BTreeSet<String>) {
    for element in &pattern.elements {
        let PatternElement::Placeable { expression } = element else { continue };
        let inline = match expression {
            Expression::Inline(inline) => inline,
            Expression::Select { selector, variants } => {
                variants.iter().for_each(|variant| placeholders(&variant.value, names));
                selector
            }
        };
        match inline {
            InlineExpression::VariableReference { id } => _ = names.insert(id.name.to_owned()),
            InlineExpression::StringLiteral { .. } => {}
            other => panic!("no such placeholder is used here: {other:?}"),
        }
    }
}

/// What the source uses: each `words!("key", name = …)`, with its names.
fn used() -> Vec<(String, BTreeSet<String>, String)> {
    fn read(folder: &Path, found: &mut Vec<(String, BTreeSet<String>, String)>) {
        for entry in fs::read_dir(folder).expect("the source is here") {
            let path = entry.expect("an entry").path();
            if path.is_dir() {
                read(&path, found);
            } else if path.extension().is_some_and(|ending| ending == "rs")
                && !path.starts_with(root().join("words"))
            {
                let source = fs::read_to_string(&path).expect("reads");
                for (at, _) in source.match_indices("words!(") {
                    let (key, names) = call(&source[at + "words!(".len()..]);
                    found.push((key, names, path.display().to_string()));
                }
            }
        }
    }
    let mut found = Vec::new();
    read(&root(), &mut found);
    found
}

fn root() -> std::path::PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("src")
}

/// The key and the names of a call, from behind its opening bracket.
fn call(source: &str) -> (String, BTreeSet<String>) {
    let key = source.split('"').nth(1).expect("a key in quotes").to_owned();
    let mut names = BTreeSet::new();
    let (mut depth, mut quoted, mut part) = (0_i32, false, String::new());
    let mut name = |part: &str| {
        if let Some((name, _)) = part.split_once(" = ") {
            names.insert(name.trim().to_owned());
        }
    };
    for c in source.chars() {
        match c {
            '"' => quoted = !quoted,
            '(' | '[' | '{' if !quoted => depth += 1,
            ')' | ']' | '}' if !quoted => depth -= 1,
            ',' if !quoted && depth == 0 => {
                name(&part);
                part.clear();
                continue;
            }
            _ => {}
        }
        if depth < 0 {
            break;
        }
        if depth == 0 && !quoted {
            part.push(c);
        }
    }
    name(&part);
    (key, names)
}

#[test]
fn no_key_is_missing_in_any_language_and_each_has_the_same_placeholders() {
    let english = keys(Language::English);
    assert!(english.len() > 100, "{}", english.len());
    for language in Language::ALL {
        let here = keys(language);
        for (key, names) in &english {
            let Some(found) = here.get(key) else { panic!("{language:?} lacks {key}") };
            assert_eq!(found, names, "{language:?}: {key}");
        }
        let more: Vec<&String> = here.keys().filter(|key| !english.contains_key(*key)).collect();
        assert!(more.is_empty(), "{language:?} has what English has not: {more:?}");
    }
}

#[test]
fn every_text_that_is_used_is_there_and_every_text_is_used() {
    let english = keys(Language::English);
    let used = used();
    for (key, names, file) in &used {
        let Some(found) = english.get(key) else { panic!("{file}: no language has {key}") };
        assert_eq!(found, names, "{file}: {key}");
    }
    let unused: Vec<&String> =
        english.keys().filter(|key| !used.iter().any(|(used, ..)| used == *key)).collect();
    assert!(unused.is_empty(), "nobody uses {unused:?}");
}

#[test]
fn one_and_many_moments_and_texts_within_texts_are_told_in_each_language() {
    let at = "2026-11-22T02:00:00Z".parse::<jiff::Timestamp>().expect("a time");
    let asked = |n: usize| words!("servers-asked", count = n);
    assert_eq!([1, 2].map(|n| asked(n).to_string()), ["1 server asked", "2 servers asked"]);
    assert_eq!([1, 2].map(|n| asked(n).tell(Language::German)), ["1 Server befragt", "2 Server befragt"]);
    let told = words!("evidence-alive", forest = "corp", at = at);
    assert_eq!(told.to_string(), "corp shows signs of life, the last at 2026-11-22T02:00:00Z.");
    assert!(told.show(Language::German).contains("<t:1795312800:f>"), "{}", told.show(Language::German));
    assert_eq!(serde_json::json!(told), told.to_string());
    let nested = words!("refuse-already-decided", state = words!("state-denied"));
    assert!(nested.tell(Language::German).contains("abgelehnt"), "{}", nested.tell(Language::German));
}
