//! Words that say that a fault is over, or of elsewhere (`over.toml`).

use std::collections::HashSet;
use std::sync::LazyLock;

use serde::Deserialize;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    words: String,
    closing: String,
    errors: Vec<String>,
}

struct Over {
    words: HashSet<String>,
    closing: HashSet<String>,
    errors: Vec<String>,
}

static OVER: LazyLock<Over> = LazyLock::new(|| {
    let file: File = toml::from_str(include_str!("over.toml"))
        .unwrap_or_else(|error: toml::de::Error| panic!("over.toml: {error}"));
    let words = |text: &str| text.split_whitespace().map(str::to_lowercase).collect();
    Over { words: words(&file.words), closing: words(&file.closing), errors: file.errors }
});

/// Whether a text has such a word, in an error's own wording aside.
pub(super) fn says_over(text: &str) -> bool {
    has_one_of(text, &OVER.words) && {
        let without = |text: String, error: &String| text.replace(error.as_str(), " ");
        has_one_of(&OVER.errors.iter().fold(text.to_lowercase(), without), &OVER.words)
    }
}

/// Whether a state's or an action's name, or its value, says that an alert was closed.
pub(super) fn says_closed(text: &str) -> bool {
    has_one_of(text, &OVER.closing) || says_over(text)
}

fn has_one_of(text: &str, over: &HashSet<String>) -> bool {
    let mut words = text.split(|c: char| !c.is_alphabetic()).filter(|word| !word.is_empty());
    words.any(|word| over.contains(&word.to_lowercase()))
}
