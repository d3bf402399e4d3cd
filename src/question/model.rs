//! A small linear model (softmax regression) for texts in which the rules find no word that they know, and
//! for sign-in problems of which they know no more than that.
//!
//! It was trained on the develop part of the corpus by `cargo run --release --example question_models -- --write`, which
//! writes `weights.bin` and compares rules, model and both on the part kept aside. Features are words, pairs of words and
//! runs of characters, hashed into a small table; a weight is one signed byte.

use std::sync::LazyLock;

use super::text::tokens;
use super::{Hypothesis, Intent};

/// Rows of the table for each label.
pub const SLOTS: usize = 1 << 13;
/// A weight of 1.0 in the file.
pub const ONE: f32 = 24.0;
/// The intents, in the file's order.
pub const INTENTS: [Intent; 5] =
    [Intent::SignInProblem, Intent::Status, Intent::Fix, Intent::Help, Intent::Other];
/// The hypotheses, in the file's order, after the intents.
pub const HYPOTHESES: [Hypothesis; 10] = [
    Hypothesis::PasswordHashSync,
    Hypothesis::PassThroughAuth,
    Hypothesis::Federation,
    Hypothesis::MfaOrConditionalAccess,
    Hypothesis::Lockout,
    Hypothesis::AccountDisabledOrMissing,
    Hypothesis::ExpiredPassword,
    Hypothesis::AppAssignment,
    Hypothesis::SyncServiceIdentity,
    Hypothesis::Unclear,
];
/// Less sure than this, the model says nothing.
const SURE: f32 = 0.8;
/// Less sure than this, the model does not go beyond the rules' "unclear".
const VERY_SURE: f32 = 0.9;
/// The most words that are looked at.
const WORDS: usize = 200;

static WEIGHTS: &[u8] = include_bytes!("weights.bin");
static INTENT: LazyLock<Model> = LazyLock::new(|| Model::read(WEIGHTS, 0, INTENTS.len()));
static HYPOTHESIS: LazyLock<Model> = LazyLock::new(|| Model::read(WEIGHTS, INTENTS.len(), HYPOTHESES.len()));

/// The SHA-256, in hex, of what the weights were trained on (`develop.tsv`, then `indirect.tsv`): the file's last bytes.
pub fn trained_on() -> &'static [u8] {
    WEIGHTS.get((INTENTS.len() + HYPOTHESES.len()) * SLOTS..).unwrap_or_default()
}

/// What the model takes a text for.
pub(super) struct Guess {
    pub(super) intent: Intent,
    pub(super) hypothesis: Option<Hypothesis>,
    /// The words that weighed most.
    pub(super) because: Vec<String>,
}

/// A guess, if the model is sure of one that is not "other".
pub(super) fn guess(text: &str) -> Option<Guess> {
    let parts = parts(text);
    let (best, chance) = INTENT.best(&slots(&parts));
    let intent = *INTENTS.get(best)?;
    if intent == Intent::Other || chance < SURE {
        return None;
    }
    let because = INTENT.heaviest(&parts, best);
    let hypothesis = match intent {
        Intent::SignInProblem => HYPOTHESES.get(HYPOTHESIS.best(&slots(&parts)).0).copied(),
        _ => None,
    };
    (!because.is_empty()).then_some(Guess { intent, hypothesis, because })
}

/// What the model takes a sign-in problem for, and the words that weighed most, if it is very sure that it is not unclear.
pub(super) fn hypothesis(text: &str) -> Option<(Hypothesis, Vec<String>)> {
    let parts = parts(text);
    let (best, chance) = HYPOTHESIS.best(&slots(&parts));
    let hypothesis = *HYPOTHESES.get(best)?;
    let is_told = chance >= VERY_SURE && hypothesis != Hypothesis::Unclear;
    is_told.then(|| (hypothesis, HYPOTHESIS.heaviest(&parts, best)))
}

/// A word (or a run of characters without spaces) and the slots that it fills.
type Part = (String, Vec<usize>);

/// A text's features, word by word.
pub fn parts(text: &str) -> Vec<Part> {
    let mut words: Vec<String> = Vec::new();
    let mut end_of_wide = None;
    for token in tokens(text) {
        let is_wide = token.word.chars().all(|c| c > '\u{2fff}');
        match words.last_mut() {
            Some(last) if is_wide && end_of_wide == Some(token.start) => last.push_str(&token.word),
            _ => words.push(token.word),
        }
        end_of_wide = is_wide.then_some(token.end);
    }
    words.truncate(WORDS);
    let mut before = "^".to_owned();
    let mut parts = Vec::new();
    for word in words {
        let mut slots = vec![slot(1, &word), slot(2, &format!("{before} {word}"))];
        let letters: Vec<char> = format!("^{word}$").chars().take(120).collect();
        let shortest = if word.is_ascii() { 3 } else { 2 };
        for length in shortest..=5 {
            slots.extend(letters.windows(length).map(|run| slot(3, &run.iter().collect::<String>())));
        }
        before.clone_from(&word);
        parts.push((word, slots));
    }
    parts
}

/// All slots of a text, each once.
pub fn slots(parts: &[Part]) -> Vec<usize> {
    let mut slots: Vec<usize> = parts.iter().flat_map(|(_, slots)| slots.iter().copied()).collect();
    slots.sort_unstable();
    slots.dedup();
    slots
}

/// FNV-1a, cut to the table's size.
fn slot(kind: u8, part: &str) -> usize {
    let bytes = std::iter::once(kind).chain(part.bytes());
    let hash =
        bytes.fold(0xcbf2_9ce4_8422_2325_u64, |hash, b| (hash ^ u64::from(b)).wrapping_mul(0x100_0000_01b3));
    (hash >> 32) as usize % SLOTS
}

/// Weights by label and slot.
pub struct Model {
    /// A row for each label.
    pub rows: Vec<Vec<f32>>,
}

impl Model {
    fn read(bytes: &[u8], first: usize, labels: usize) -> Self {
        let rows = bytes.chunks(SLOTS).skip(first).take(labels);
        Self {
            rows: rows.map(|row| row.iter().map(|b| f32::from(b.cast_signed()) / ONE).collect()).collect(),
        }
    }

    /// How likely each label is.
    pub fn chances(&self, slots: &[usize]) -> Vec<f32> {
        let sum = |row: &Vec<f32>| slots.iter().filter_map(|slot| row.get(*slot)).sum::<f32>();
        let sums: Vec<f32> = self.rows.iter().map(sum).collect();
        let most = sums.iter().copied().fold(f32::MIN, f32::max);
        let powers: Vec<f32> = sums.iter().map(|sum| (sum - most).exp()).collect();
        let all: f32 = powers.iter().sum();
        powers.iter().map(|power| power / all).collect()
    }

    /// The likeliest label and its chance.
    pub fn best(&self, slots: &[usize]) -> (usize, f32) {
        let chances = self.chances(slots);
        let best = chances.iter().copied().enumerate().max_by(|a, b| a.1.total_cmp(&b.1));
        best.unwrap_or_default()
    }

    /// The up to three words that speak most for a label.
    fn heaviest(&self, parts: &[Part], label: usize) -> Vec<String> {
        let Some(row) = self.rows.get(label) else { return Vec::new() };
        let weight = |slots: &[usize]| slots.iter().filter_map(|slot| row.get(*slot)).sum::<f32>();
        let mut words: Vec<(f32, &str)> = parts
            .iter()
            .map(|(word, slots)| (weight(slots), word.as_str()))
            .filter(|(weight, _)| *weight > 0.0)
            .collect();
        words.sort_by(|a, b| b.0.total_cmp(&a.0));
        words.dedup_by(|a, b| a.1 == b.1);
        words.into_iter().take(3).map(|(_, word)| word.to_owned()).collect()
    }
}
