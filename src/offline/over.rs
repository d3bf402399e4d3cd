//! Words that say that a fault is over, or of elsewhere (`over.toml`).

use std::collections::HashSet;
use std::sync::LazyLock;

use serde::Deserialize;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    words: String,
}

static OVER: LazyLock<HashSet<String>> = LazyLock::new(|| {
    let file: File = toml::from_str(include_str!("over.toml"))
        .unwrap_or_else(|error: toml::de::Error| panic!("over.toml: {error}"));
    file.words.split_whitespace().map(str::to_lowercase).collect()
});

/// Whether a text has such a word.
pub(super) fn says_over(text: &str) -> bool {
    let mut words = text.split(|c: char| !c.is_alphabetic()).filter(|word| !word.is_empty());
    words.any(|word| OVER.contains(&word.to_lowercase()))
}
