//! Whether sentences greet, ask or complain, and say nothing else.
//!
//! Each word must be known. Then a clause is judged by what its words do: what should be possible (`sign in`, `arrive`) must be
//! said not to be, once; a fault must not be said not to be.

use std::sync::LazyLock;

use regex::Regex;

use super::harmless::{PHRASE, Word, at_conjunctions, is_switch, may_be_name, without_phrases, word};

/// The most words of a name, or of a line below a sign-off.
const NAME: usize = 6;

/// Whether everything in a text is harmless.
pub(super) fn are_harmless(said: &str) -> bool {
    let said = said.replace(['\u{2019}', '\u{2018}', '`', '´'], "'");
    let Some(said) = without_phrases(&said) else { return false };
    let mut signed_off = false;
    sentences(&said).all(|sentence| {
        sentence.split(BETWEEN_CLAUSES).flat_map(at_conjunctions).all(|clause| {
            let clause = Clause::read(clause);
            signed_off |= clause.signs_off();
            clause.is_harmless(signed_off)
        })
    })
}

/// What divides a sentence in clauses.
const BETWEEN_CLAUSES: &[char] = &[',', ';', ':', '(', ')', '–', '—', '|', '，', '、', '：'];

/// Sentences; a line break ends one too, unless a small letter follows.
fn sentences(said: &str) -> impl Iterator<Item = &str> {
    let mut rest = said;
    std::iter::from_fn(move || {
        if rest.is_empty() {
            return None;
        }
        let (sentence, after) = rest.split_at(end(rest));
        rest = after;
        Some(sentence)
    })
}

/// Where the first sentence ends.
fn end(said: &str) -> usize {
    let mut letters = said.char_indices().peekable();
    while let Some((at, c)) = letters.next() {
        let next = letters.peek().map(|(_, next)| *next);
        let ends = match c {
            '\n' => next.is_none_or(|next| !next.is_lowercase()),
            '。' | '？' | '！' => true,
            '.' | '!' | '?' => next.is_none_or(|next| next.is_whitespace() || matches!(next, '!' | '?')),
            _ => false,
        };
        if ends {
            return at + c.len_utf8();
        }
    }
    said.len()
}

/// What the words of a clause do.
#[derive(Default)]
struct Clause {
    words: usize,
    /// Of which something is not known, and that is no name.
    unknown: usize,
    /// Of which are not known and may be names.
    names: usize,
    greetings: usize,
    sign_offs: usize,
    faults: usize,
    able: usize,
    negations: usize,
    complaints: usize,
    /// It ends with a switch: `password sync: on`.
    ends_on: bool,
}

impl Clause {
    fn read(text: &str) -> Clause {
        let mut clause = Clause::default();
        text.split(|c: char| c.is_whitespace() || matches!(c, '/' | '…' | '='))
            .for_each(|it| clause.take(it));
        clause
    }

    fn take(&mut self, text: &str) {
        let bare = text.trim_matches(|c: char| !c.is_alphanumeric() && c != '‡');
        if bare.is_empty() {
            // Marks of typesetting say nothing; a tick or a smile may.
            self.unknown += usize::from(!text.chars().all(is_typesetting));
        } else if let Some(harmless) = identifier(text, bare) {
            self.words += 1;
            self.ends_on = false;
            self.unknown += usize::from(!harmless);
        } else {
            bare.split('-').filter(|part| !part.is_empty()).for_each(|part| self.word(part));
        }
    }

    fn word(&mut self, written: &str) {
        let lower = written.to_lowercase();
        let known = word(&lower).is_some() || lower.chars().count() == 1 && lower != "x";
        if !known && let Some((head, tail)) = lower.split_once('\'') {
            // L'erreur, n'arrivent.
            [head, tail].into_iter().filter(|part| !part.is_empty()).for_each(|part| self.word(part));
            return;
        }
        self.words += 1;
        self.ends_on = is_switch(&lower);
        match word(&lower) {
            None if known => {}
            None if written.starts_with(char::is_uppercase) && may_be_name(&lower) => self.names += 1,
            None => self.unknown += 1,
            Some(Word::Plain) => {}
            Some(Word::Greeting) => self.greetings += 1,
            Some(Word::SignOff) => self.sign_offs += 1,
            Some(Word::Fault) => self.faults += 1,
            Some(Word::Able) => self.able += 1,
            Some(Word::Negation) => self.negations += 1,
            Some(Word::Complaint) => self.complaints += 1,
        }
    }

    /// Whether it is thanks or regards, below which names stand.
    fn signs_off(&self) -> bool {
        self.sign_offs > 0 && self.words <= NAME && self.unknown == 0
    }

    fn is_harmless(&self, signed_off: bool) -> bool {
        let may_name = (signed_off || self.greetings > 0) && self.words <= NAME;
        let known = self.unknown == 0 && (self.names == 0 || may_name);
        let says_fault = match self.negations {
            0 => self.able == 0 || self.complaints + self.faults > 0,
            1 => self.able > 0 && self.complaints + self.faults == 0,
            _ => false,
        };
        known && says_fault && !(self.ends_on && self.negations == 0)
    }
}

fn is_typesetting(c: char) -> bool {
    c.is_ascii_punctuation() || PHRASE.contains(c) || "–—…•‘’“”„«»‹›「」『』。、！？¿¡°§".contains(c)
}

/// Whether what names something instead of saying it is harmless: a time, a number, a ticket, a server, an account. `None` if it
/// is a word.
fn identifier(text: &str, bare: &str) -> Option<bool> {
    static BUILD: LazyLock<Option<Regex>> = LazyLock::new(|| {
        Regex::new(r"(?:^|[^\d.])\d{1,2}\.\d+\.(?:\d{1,3}|[03-9]\d{3}|1[0-8]\d\d|2[1-9]\d\d)(?:\.|\D|$)").ok()
    });
    static HOST: LazyLock<Option<Regex>> = LazyLock::new(|| {
        Regex::new(r"(?i)^[a-z][a-z-]*(?:\.[a-z-]+)*\.(?:com|net|org|local|lan|corp|internal|intern|example|de|fr|nl|pl|es|pt|se|dk|cz|ch|at|be|uk|eu)$").ok()
    });
    let matches = |pattern: &Option<Regex>| pattern.as_ref().is_some_and(|it| it.is_match(bare));
    if text.contains("://") || text.contains(":\\") || text.starts_with('\\') {
        return Some(false);
    }
    if bare.contains(|c: char| c.is_ascii_digit()) {
        return Some(!matches(&BUILD));
    }
    // An account or somebody's name in a chat.
    let is_account = text.contains('@') || bare.split('\\').count() == 2;
    (is_account || matches(&HOST)).then_some(true)
}
