//! A person's words in, what they are about out. Pure; the words are in `words.toml`.
//!
//! A text is about signing in if one phrase says so by itself, or if it names the topic and a trouble.

use std::sync::LazyLock;

use serde::Deserialize;

/// The most characters that are read; a complaint says what it is about at its start.
const READ_CHARS: usize = 4000;

/// What somebody asked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Question {
    /// What it is about.
    pub intent: Intent,
    /// The words that say so, as in `words.toml`.
    pub because: Vec<String>,
    /// Whether nothing was asked.
    pub text_was_empty: bool,
}

/// What a question is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Intent {
    /// Somebody can't sign in, or a password does not work.
    SignInProblem,
    /// Something else.
    Other,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Words {
    certain: Vec<String>,
    topics: Vec<String>,
    troubles: Vec<String>,
}

/// Read once. A test rules out that it can't be.
static WORDS: LazyLock<Words> = LazyLock::new(|| {
    toml::from_str(include_str!("words.toml")).unwrap_or_else(|error| panic!("words.toml: {error}"))
});

/// Reads free text.
pub fn read(text: &str) -> Question {
    let said = words(text);
    let find = |phrases: &[String]| -> Vec<String> {
        phrases.iter().filter(|phrase| contains(&said, phrase)).cloned().collect()
    };
    let certain = find(&WORDS.certain);
    let (topics, troubles) = (find(&WORDS.topics), find(&WORDS.troubles));
    let because = match (certain.is_empty(), topics.is_empty() || troubles.is_empty()) {
        (false, _) => certain,
        (true, false) => topics.into_iter().chain(troubles).collect(),
        (true, true) => Vec::new(),
    };
    let intent = if because.is_empty() { Intent::Other } else { Intent::SignInProblem };
    Question { intent, because, text_was_empty: text.trim().is_empty() }
}

/// The words in lower case; an apostrophe of any kind belongs to its word.
fn words(text: &str) -> Vec<String> {
    let read: String = text.chars().take(READ_CHARS).flat_map(char::to_lowercase).collect();
    let plain = read.replace(['’', '‘', '´', '`'], "'");
    let split = plain.split(|c: char| !c.is_alphanumeric() && c != '\'');
    split.map(|word| word.trim_matches('\'')).filter(|word| !word.is_empty()).map(str::to_owned).collect()
}

fn contains(said: &[String], phrase: &str) -> bool {
    let wanted: Vec<&str> = phrase.split(' ').collect();
    said.windows(wanted.len())
        .any(|window| window.iter().zip(&wanted).all(|(word, wanted)| fits(word, wanted)))
}

fn fits(word: &str, wanted: &str) -> bool {
    match wanted.strip_suffix('*') {
        Some(start) => word.starts_with(start),
        None => word == wanted,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn complaints_about_signing_in_are_recognised_and_say_by_what() {
        for text in [
            "users can't sign in",
            "Users can’t sign-in!",
            "new pw not working",
            "login fails since this morning",
            "AADSTS50126",
            "AADSTS50126: Error validating credentials due to invalid username or password.",
            "my old password still works but the new one doesn't",
            "Passwort geht nicht",
            "Die Benutzer können sich nicht anmelden",
            "nobody in sales is able to log in, help",
            "password sync",
            "event 6900 on SYNC01",
        ] {
            let question = read(text);
            assert_eq!(question.intent, Intent::SignInProblem, "{text}");
            assert!(!question.because.is_empty() && !question.text_was_empty, "{text}");
        }
    }

    #[test]
    fn anything_else_is_something_else() {
        for text in [
            "printer is jammed",
            "the printer does not work",
            "who brings cake on Friday?",
            "Drucker klemmt",
            "the design is not ready",
            "hello",
            "???",
        ] {
            assert_eq!(read(text).intent, Intent::Other, "{text}");
        }
        assert!(read(" \n").text_was_empty && !read("?").text_was_empty);
    }
}
