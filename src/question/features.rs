//! What the model sees of a text: its words, and what the rules make of it.
//!
//! Words, pairs of words and runs of characters; the concepts that the languages' phrases name, alone, beside each other in
//! a part of a sentence and in their order; codes; the text's length; and the rules' own answer. Each is hashed into a slot of
//! the model's table and keeps the words that it was read from, so that the model can name what weighed most.

use std::ops::Range;

use super::Hypothesis;
use super::codes::Code;
use super::concept::Hint;
use super::lexicon::Hit;
use super::rules::Verdict;
use super::table::SLOTS;
use super::text::Token;

/// The most words that are looked at.
const WORDS: usize = 200;
/// The longest run of characters, and the most characters of a word.
const RUN: usize = 5;
const LETTERS: usize = 40;

/// A feature: where its weights are, and the tokens it stands for (`from == to`: the whole text).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Feature {
    pub(super) slot: u32,
    pub(super) from: usize,
    pub(super) to: usize,
}

/// What a model may look at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Sees {
    /// The words alone.
    Words,
    /// Also the concepts and the rules' answer.
    Everything,
    /// Everything but the rules' answer: for questions that the rules were written with, and so always answer rightly.
    AllButTheRules,
}

/// A text as the rules read it.
pub(super) struct Read<'a> {
    pub(super) tokens: &'a [Token],
    /// Those of a letter's signature, which say nothing.
    pub(super) signature: Range<usize>,
    pub(super) hits: &'a [Hit],
    pub(super) hints: &'a [Hit<Hint>],
    pub(super) codes: &'a [(Code, usize)],
    pub(super) verdict: &'a Verdict,
    /// The language that it was written in, where its small words tell.
    pub(super) language: Option<&'static str>,
    /// Whether there is a question mark.
    pub(super) mark: bool,
}

impl Read<'_> {
    /// Whether the codes say that the password was refused, while it was accepted where this is the trouble.
    pub(super) fn excludes(&self, hypothesis: Hypothesis) -> bool {
        let accepted = [Hypothesis::MfaOrConditionalAccess, Hypothesis::AppAssignment];
        let points_to =
            |wanted: Hypothesis| self.codes.iter().any(|(code, _)| code.hypothesis() == Some(wanted));
        accepted.contains(&hypothesis)
            && points_to(Hypothesis::PasswordHashSync)
            && !accepted.into_iter().any(points_to)
    }
}

/// The kinds of features, so that a word is not mistaken for a concept.
#[derive(Clone, Copy)]
enum Kind {
    Word = 1,
    Pair,
    Run,
    Concept,
    Together,
    Order,
    First,
    Last,
    Shape,
    Code,
    Rules,
    Scope,
    Hint,
    LastHint,
    Hints,
    HintBeside,
}

/// A text's features, each slot once.
pub(super) fn features(read: &Read<'_>, sees: Sees) -> Vec<Feature> {
    let mut found = Found(Vec::with_capacity(512));
    found.words(read);
    if sees != Sees::Words {
        found.concepts(read);
        found.hints(read);
        found.shape(read);
    }
    if sees == Sees::Everything {
        found.rules(read.verdict);
    }
    let mut features = found.0;
    features.sort_unstable();
    features.dedup_by_key(|feature| feature.slot);
    features
}

struct Found(Vec<Feature>);

impl Found {
    fn add(&mut self, kind: Kind, (from, to): (usize, usize), parts: &[&[u8]]) {
        // FNV-1a, with an end to each part.
        let bytes = parts.iter().flat_map(|part| part.iter().copied().chain([0]));
        let hash = std::iter::once(kind as u8).chain(bytes).fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| {
            (hash ^ u64::from(byte)).wrapping_mul(0x100_0000_01b3)
        });
        // The remainder is below the table's size, which fits.
        let slot = ((hash >> 24) % SLOTS as u64) as u32;
        self.0.push(Feature { slot, from, to });
    }

    fn words(&mut self, read: &Read<'_>) {
        let mut before = "^".to_owned();
        for (word, at) in words(read) {
            self.add(Kind::Word, at, &[word.as_bytes()]);
            self.add(Kind::Pair, at, &[before.as_bytes(), word.as_bytes()]);
            let bounded = format!("^{word}$");
            let mut starts: Vec<usize> = bounded.char_indices().map(|(at, _)| at).take(LETTERS).collect();
            starts.push(bounded.char_indices().nth(LETTERS).map_or(bounded.len(), |(at, _)| at));
            let shortest = if word.is_ascii() { 3 } else { 2 };
            for length in shortest..=RUN {
                for ends in starts.windows(length + 1) {
                    if let Some(run) = bounded.get(ends[0]..ends[length]) {
                        self.add(Kind::Run, at, &[run.as_bytes()]);
                    }
                }
            }
            before = word;
        }
        if let Some(last) = read.tokens.len().checked_sub(1) {
            self.add(Kind::Pair, (last, last + 1), &[before.as_bytes(), b"$"]);
        }
    }

    fn concepts(&mut self, read: &Read<'_>) {
        let clause = |hit: &Hit| read.tokens.get(hit.from).map_or(0, |token| token.clause);
        let last = read.tokens.last().map_or(0, |token| token.clause);
        let mut before: Option<&Hit> = None;
        for (index, hit) in read.hits.iter().enumerate() {
            let at = (hit.from, hit.to);
            let concept = [hit.concept as u8];
            self.add(Kind::Concept, at, &[&concept]);
            let both = (before.map_or(hit.from, |before| before.from.min(hit.from)), hit.to);
            let previous = [before.map_or(u8::MAX, |before| before.concept as u8)];
            self.add(Kind::Order, both, &[&previous, &concept]);
            if clause(hit) == 0 {
                self.add(Kind::First, at, &[&concept]);
            }
            if clause(hit) == last {
                self.add(Kind::Last, at, &[&concept]);
            }
            let near = read.hits[index + 1..].iter().take(NEAR);
            for other in near.take_while(|other| clause(other) == clause(hit)) {
                let mut pair = [hit.concept as u8, other.concept as u8];
                pair.sort_unstable();
                self.add(Kind::Together, (hit.from, other.to.max(hit.to)), &[&pair]);
            }
            before = Some(hit);
        }
    }

    fn hints(&mut self, read: &Read<'_>) {
        let clause = |from: usize| read.tokens.get(from).map_or(0, |token| token.clause);
        let last = read.tokens.last().map_or(0, |token| token.clause);
        for (index, hit) in read.hints.iter().enumerate() {
            let (at, hint) = ((hit.from, hit.to), [hit.concept as u8]);
            self.add(Kind::Hint, at, &[&hint]);
            if clause(hit.from) == last {
                self.add(Kind::LastHint, at, &[&hint]);
            }
            let near = read.hints[index + 1..].iter().take(NEAR);
            for other in near.take_while(|other| clause(other.from) == clause(hit.from)) {
                let mut pair = [hit.concept as u8, other.concept as u8];
                pair.sort_unstable();
                if pair[0] != pair[1] {
                    self.add(Kind::Hints, (hit.from, other.to.max(hit.to)), &[&pair]);
                }
            }
            let beside = read.hits.iter().filter(|other| clause(other.from) == clause(hit.from));
            for other in beside.take(NEAR) {
                let span = (hit.from.min(other.from), hit.to.max(other.to));
                self.add(Kind::HintBeside, span, &[&hint, &[other.concept as u8]]);
            }
        }
    }

    fn shape(&mut self, read: &Read<'_>) {
        let length = read.tokens.len().max(1).ilog2().min(7);
        self.add(Kind::Shape, (0, 0), &[&[length as u8]]);
        if read.mark {
            self.add(Kind::Shape, (0, 0), &[b"?"]);
        }
        for (code, at) in read.codes {
            let hypothesis = code.hypothesis().map_or(u8::MAX, |hypothesis| hypothesis as u8);
            self.add(Kind::Code, (*at, at + 1), &[&[hypothesis, u8::from(code.is_weak())]]);
        }
    }

    /// The rules' answer stands for the words that it rests on.
    fn rules(&mut self, verdict: &Verdict) {
        let from = verdict.because.iter().map(|(from, _)| *from).min().unwrap_or(0);
        let to = verdict.because.iter().map(|(_, to)| *to).max().unwrap_or(0);
        let intent = verdict.intent as u8;
        let hypothesis = verdict.hypothesis.map_or(u8::MAX, |hypothesis| hypothesis as u8);
        self.add(Kind::Rules, (from, to), &[&[intent, u8::from(verdict.because.is_empty())]]);
        self.add(Kind::Rules, (from, to), &[&[intent], &[hypothesis]]);
        self.add(Kind::Scope, (0, 0), &[&[verdict.scope as u8]]);
    }
}

/// The concepts after one that are seen beside it: bounds the work on a wall of key words.
const NEAR: usize = 12;

/// Words, and runs of characters of a script without spaces, with their tokens. Digits are all the same.
fn words(read: &Read<'_>) -> Vec<(String, (usize, usize))> {
    let mut words: Vec<(String, (usize, usize))> = Vec::new();
    let mut end_of_wide = None;
    let said = read.tokens.iter().enumerate().filter(|(at, _)| !read.signature.contains(at));
    for (at, token) in said.take(WORDS * 4) {
        let is_wide = token.word.chars().all(|c| c > '\u{2fff}');
        match words.last_mut() {
            Some((last, (_, to))) if is_wide && end_of_wide == Some(token.start) => {
                last.push_str(&token.word);
                *to = at + 1;
            }
            _ if token.word.bytes().all(|byte| byte.is_ascii_digit()) => {
                words.push(("#".repeat(token.word.len().min(8)), (at, at + 1)));
            }
            // A ticket's number, too, which may hold that of a code.
            _ => words.push((token.word.replace(|c: char| c.is_ascii_digit(), "#"), (at, at + 1))),
        }
        end_of_wide = is_wide.then_some(token.end);
    }
    words.truncate(WORDS);
    words
}
