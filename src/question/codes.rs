//! AADSTS codes in a text. What each means is in `codes.toml`.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::sync::LazyLock;

use serde::Deserialize;

use super::Hypothesis;
use super::concept::Concept;
use super::lexicon::Hit;
use super::text::Token;
use crate::words::Language;

/// A sign-in error's number, such as AADSTS50126.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Code(u32);

impl fmt::Display for Code {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "AADSTS{}", self.0)
    }
}

impl Code {
    /// What it means, if we know, in a language.
    pub fn meaning_in(self, language: Language) -> Option<&'static str> {
        let translated = match language {
            Language::English => None,
            Language::German => GERMAN.get(&self.0).map(String::as_str),
        };
        translated.or_else(|| self.entry().map(|entry| entry.meaning.as_str()))
    }

    /// Where it points, if we know.
    pub fn hypothesis(self) -> Option<Hypothesis> {
        self.entry().map(|entry| entry.hypothesis)
    }

    /// Whether anything that the words say more precisely goes before it.
    pub(super) fn is_weak(self) -> bool {
        self.entry().is_none_or(|entry| entry.weak)
    }

    fn entry(self) -> Option<&'static Entry> {
        CODES.get(&self.0)
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    code: Vec<Entry>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Entry {
    number: u32,
    meaning: String,
    hypothesis: Hypothesis,
    #[expect(dead_code, reason = "for the reader of the file")]
    source: Source,
    #[serde(default)]
    weak: bool,
}

#[derive(Deserialize)]
#[serde(rename_all = "kebab-case")]
enum Source {
    Reference,
    PassThrough,
    General,
}

/// Read once. A test rules out that it can't be.
static CODES: LazyLock<BTreeMap<u32, Entry>> = LazyLock::new(|| {
    let file: File =
        toml::from_str(include_str!("codes.toml")).unwrap_or_else(|error| panic!("codes.toml: {error}"));
    file.code.into_iter().map(|entry| (entry.number, entry)).collect()
});

/// The same meanings in German. Read once, as above.
static GERMAN: LazyLock<BTreeMap<u32, String>> = LazyLock::new(|| {
    let meanings: BTreeMap<String, String> = toml::from_str(include_str!("codes.de.toml"))
        .unwrap_or_else(|error| panic!("codes.de.toml: {error}"));
    meanings.into_iter().filter_map(|(number, meaning)| Some((number.parse().ok()?, meaning))).collect()
});

/// How the prefix is written, and mistyped.
const PREFIXES: [&str; 9] =
    ["aadsts", "aadst", "adsts", "aadts", "aasdts", "aadtss", "addsts", "aadsst", "aadstss"];

/// The codes of a text, sorted, with the token that each was read from.
///
/// With the prefix any number of four to seven digits counts. Without, only a number that we know, in a text that speaks of
/// errors or of signing in, or that holds two of them, and not where a ticket, a telephone or a part of a longer number is meant.
pub(super) fn find(text: &str, tokens: &[Token], hits: &[Hit]) -> Vec<(Code, usize)> {
    let speaks = hits.iter().any(|hit| speaks_of_signing_in(hit.concept));
    // Two of them together are no accident.
    let speaks = speaks || tokens.iter().filter(|token| is_known(token)).count() >= 2;
    let mut seen = BTreeSet::new();
    let mut found = Vec::new();
    for (at, token) in tokens.iter().enumerate() {
        let digits = token.word.trim_start_matches(|c: char| c.is_ascii_alphabetic());
        let prefix = &token.word[..token.word.len() - digits.len()];
        if !(4..=7).contains(&digits.len()) || !digits.bytes().all(|b| b.is_ascii_digit()) {
            continue;
        }
        let Ok(number) = digits.parse() else { continue };
        let before = at.checked_sub(1).and_then(|before| tokens.get(before));
        let prefixed = PREFIXES.contains(&prefix)
            || (prefix.is_empty()
                && before.is_some_and(|before| {
                    PREFIXES.contains(&before.word.as_str()) && between(text, before, token).is_some()
                }));
        let bare = || {
            prefix.is_empty()
                && (speaks || says_all(text, tokens, hits, at))
                && CODES.contains_key(&number)
                && stands_alone(text, tokens, at)
                && !is_of_a_ticket(text, tokens, hits, at)
        };
        if (prefixed || bare()) && seen.insert(number) {
            found.push((Code(number), at));
        }
    }
    found.sort();
    found
}

/// Whether a number beside it may be a code: errors, signing in, and whatever a code may point to.
fn speaks_of_signing_in(concept: Concept) -> bool {
    use Concept::{
        Access, Assignment, CodeWord, Disabled, Evidence, Expired, Fails, Federation, Locked, Mfa, Phs, Pta,
        Secret, ServiceIdentity,
    };
    matches!(
        concept,
        Access
            | Assignment
            | CodeWord
            | Disabled
            | Evidence
            | Expired
            | Fails
            | Federation
            | Locked
            | Mfa
            | Phs
            | Pta
            | Secret
            | ServiceIdentity
    )
}

/// Whether a number is one of those that are listed.
fn is_known(token: &Token) -> bool {
    token.word.parse().is_ok_and(|number: u32| CODES.contains_key(&number))
}

/// What stands between two tokens, if it is of one line.
fn between<'a>(text: &'a str, from: &Token, to: &Token) -> Option<&'a str> {
    text.get(from.end..to.start).filter(|between| !between.contains(['\n', '\r', '\\']))
}

/// Whether a number is no part of a telephone number, an id or a longer number.
fn stands_alone(text: &str, tokens: &[Token], at: usize) -> bool {
    let token = &tokens[at];
    let before = text[..token.start].chars().next_back().unwrap_or(' ');
    let after = text[token.end..].chars().next().unwrap_or(' ');
    let glued =
        |c: char| matches!(c, '-' | '#' | '+' | '_' | '@' | '$' | '€' | '£' | '%') || c.is_ascii_digit();
    // Two codes side by side are no telephone number.
    let runs_on = |from: &Token, to: &Token, other: &Token| {
        other.word.bytes().all(|b| b.is_ascii_digit())
            && !is_known(other)
            && between(text, from, to).is_some_and(|between| between.trim().is_empty())
    };
    let part = goes_on(text[..token.start].chars().rev()) || goes_on(text[token.end..].chars());
    let beside = (at > 0 && runs_on(&tokens[at - 1], token, &tokens[at - 1]))
        || tokens.get(at + 1).is_some_and(|next| runs_on(token, next, next));
    let counts = tokens
        .get(at + 1)
        .is_some_and(|next| next.clause == token.clause && UNITS.contains(&next.word.as_str()));
    !glued(before) && !glued(after) && !beside && !part && !counts
}

/// What comes behind a number that counts something.
const UNITS: [&str; 22] = [
    "times", "ms", "s", "sec", "seconds", "minutes", "km", "eur", "euro", "euros", "usd", "kb", "mb",
    "bytes", "mal", "fois", "veces", "vezes", "razy", "zł", "回", "円",
];

/// Whether a number goes on in these characters, as a port's address or an amount of money does.
fn goes_on(mut characters: impl Iterator<Item = char>) -> bool {
    matches!((characters.next(), characters.next()), (Some('.' | ':'), Some(digit)) if digit.is_ascii_digit())
}

/// Whether a code is called one: by its prefix, or by a word just before it. A bare number may always be another's.
pub(super) fn is_called_so(tokens: &[Token], hits: &[Hit], at: usize) -> bool {
    let is_prefix = |token: &Token| PREFIXES.contains(&token.word.as_str());
    let prefixed = tokens.get(at).is_some_and(|token| !token.word.bytes().all(|byte| byte.is_ascii_digit()))
        || at.checked_sub(1).and_then(|before| tokens.get(before)).is_some_and(is_prefix);
    prefixed || tokens.len() == 1 || hits.iter().any(|hit| hit.concept == Concept::CodeWord && hit.to == at)
}

/// Whether a number is a part of a sentence by itself ("50055, what's that"), or opens a text of one line and counts nothing
/// ("50057 for the new guy"). A line of a longer text may open with a postal code.
fn says_all(text: &str, tokens: &[Token], hits: &[Hit], at: usize) -> bool {
    let clause = tokens[at].clause;
    let around =
        [at.checked_sub(1), Some(at + 1)].into_iter().flatten().filter_map(|beside| tokens.get(beside));
    let alone = around.clone().all(|beside| beside.clause != clause);
    let counts =
        hits.iter().any(|hit| hit.concept == Concept::Counted && (at + 1..=at + 2).contains(&hit.from));
    let one_line = !text.trim().contains(['\n', '\r']) && !text.contains("\\n");
    alone || (at == 0 && one_line && !counts)
}

/// Whether a ticket, a telephone, a room … is named just before a number, on its line.
fn is_of_a_ticket(text: &str, tokens: &[Token], hits: &[Hit], at: usize) -> bool {
    let nearest = |concept| {
        let before = hits.iter().filter(|hit| hit.concept == concept && hit.to <= at && at - hit.to <= 2);
        before
            .filter(|hit| (hit.to..=at).all(|next| between(text, &tokens[next - 1], &tokens[next]).is_some()))
            .map(|hit| hit.to)
            .max()
    };
    let (ticket, code) = (nearest(Concept::Ticket), nearest(Concept::CodeWord));
    ticket.is_some() && ticket >= code
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_code_has_a_meaning_and_is_listed_once() {
        let file: File = toml::from_str(include_str!("codes.toml")).expect("codes.toml is right");
        assert_eq!(file.code.len(), CODES.len());
        assert!(CODES.values().all(|entry| !entry.meaning.is_empty()));
        assert!(CODES.keys().eq(GERMAN.keys()), "the German meanings are of the same codes");
        assert!(GERMAN.values().all(|meaning| !meaning.is_empty()));
    }
}
