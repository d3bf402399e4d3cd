//! Whether what people write greets, asks or complains, and says nothing else: each clause must be one of `harmless.toml`.

use super::harmless::{is_greeting, is_sentence, is_sign_off};
use super::names::{is_name, is_of_signature};
use crate::offline::over::says_over;

/// Where a line stands in what somebody wrote.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Place {
    Body,
    /// Below thanks or regards: a name may follow.
    SignOff,
    /// Below a name: what its bearer is, and how to reach them.
    Signature,
}

/// The first clause of a text that is not known to be harmless.
pub(super) fn unknown(said: &str) -> Option<String> {
    let said = said.replace(['\u{2019}', '\u{2018}', '`', '´'], "'");
    let mut place = Place::Body;
    lines(&said).iter().find_map(|line| {
        let clauses = clauses(line);
        let signs = place == Place::SignOff && is_name(line);
        let is_signature = signs || place != Place::Body && is_of_signature(line);
        let unknown = clauses.iter().find(|clause| !clause.is_harmless()).filter(|_| !is_signature);
        if !is_mark(line) {
            place = below(&clauses, is_signature);
        }
        unknown.map(|clause| clause.text.trim().to_owned())
    })
}

/// What stands below a line.
fn below(clauses: &[Clause<'_>], is_signature: bool) -> Place {
    match clauses.iter().rfind(|clause| !is_mark(clause.text)) {
        Some(last) if is_sign_off(&plain(last.text)) => Place::SignOff,
        Some(last) if is_signature || last.signed && is_name(last.text) => Place::Signature,
        _ => Place::Body,
    }
}

/// Lines; one that goes on with a small letter belongs to the line before.
fn lines(said: &str) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    for line in said.lines().map(str::trim) {
        match lines.last_mut() {
            Some(last) if goes_on(line) && !last.is_empty() => {
                last.push(' ');
                last.push_str(line);
            }
            _ => lines.push(line.to_owned()),
        }
    }
    lines
}

/// Whether a line begins with a small letter, as no address does that stands by itself.
fn goes_on(line: &str) -> bool {
    let first = line.split_whitespace().next().unwrap_or_default();
    line.starts_with(char::is_lowercase) && !first.contains('@') && !first.starts_with("www.")
}

/// A part of a line.
struct Clause<'a> {
    text: &'a str,
    /// Thanks or regards and a comma stand before it: it may be a name.
    signed: bool,
}

impl Clause<'_> {
    fn is_harmless(&self) -> bool {
        if is_mark(self.text) || self.signed && is_name(self.text) {
            return true;
        }
        let words = plain(self.text);
        let identifiers =
            self.text.split_whitespace().filter(|word| word.contains(|c: char| c.is_ascii_digit()));
        if identifiers.into_iter().any(says_over) {
            return false;
        }
        is_sentence(&words) || is_greeting(&words) || is_sign_off(&words) || greets_by_name(self.text)
    }
}

/// What ends a clause where a space or nothing follows, and what divides clauses wherever it stands.
const ENDS: &[char] = &['.', '!', '?', ',', ';', ':', '…'];
const DIVIDES: &[char] =
    &['(', ')', '|', '–', '—', '，', '。', '？', '！', '：', '、', '"', '“', '”', '„', '«', '»', '·'];

fn clauses(line: &str) -> Vec<Clause<'_>> {
    let mut found = Vec::new();
    let (mut from, mut signed) = (0, false);
    let mut letters = line.char_indices().peekable();
    while let Some((at, c)) = letters.next() {
        let next = letters.peek().map(|(_, next)| *next);
        let is_apart = next.is_none_or(|next| next.is_whitespace() || ENDS.contains(&next));
        let dash = c == '-' && is_apart && line.get(..at).is_some_and(|before| before.ends_with(' '));
        if DIVIDES.contains(&c) || ENDS.contains(&c) && is_apart || dash {
            let text = line.get(from..at).unwrap_or_default();
            found.push(Clause { text, signed });
            signed = c == ',' && is_sign_off(&plain(text));
            from = at + c.len_utf8();
        }
    }
    found.push(Clause { text: line.get(from..).unwrap_or_default(), signed });
    found
}

/// A clause in lower case with single spaces, and without marks around it.
fn plain(clause: &str) -> String {
    let words: Vec<&str> = clause.split_whitespace().collect();
    words.join(" ").trim_matches(|c: char| is_typesetting(c) && c != '#').to_lowercase()
}

/// Nothing but marks of typesetting; a tick or a smile may say something.
fn is_mark(text: &str) -> bool {
    text.chars().all(is_typesetting) && (text.trim().len() <= 1 || !text.contains(['+', '(', ')', ':', ';']))
}

fn is_typesetting(c: char) -> bool {
    c.is_whitespace() || c.is_ascii_punctuation() || "…•‘’“”„«»¿¡°".contains(c)
}

/// A greeting with one or two names behind it.
fn greets_by_name(text: &str) -> bool {
    let words: Vec<&str> = text.split_whitespace().collect();
    [1, 2]
        .into_iter()
        .filter_map(|names| words.split_at_checked(words.len().checked_sub(names)?))
        .any(|(greeting, names)| is_name(&names.join(" ")) && is_greeting(&plain(&greeting.join(" "))))
}
