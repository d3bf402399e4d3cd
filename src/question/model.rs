//! A small linear model (softmax regression) over a text's words and what the rules make of them.
//!
//! `cargo run --release --example question_models -- --write` trains it on the corpus and writes `weights.bin`; without
//! `--write` it compares rules, model and both on questions that they were not trained on. A weight is one signed byte;
//! a feature counts the less, the more a text has.

use std::sync::LazyLock;

use super::features::{Feature, Read, Sees, features};
use super::{Hypothesis, Intent, Scope};

/// Rows of the table: features are hashed into them.
pub const SLOTS: usize = 1 << 16;
/// A weight of 1.0 in the file.
pub const ONE: f32 = 8.0;
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
/// The scopes, in the file's order, after the hypotheses.
pub const SCOPES: [Scope; 3] = [Scope::One, Scope::Many, Scope::Unknown];
/// The most phrases that the model names.
const NAMED: usize = 4;

static WEIGHTS: &[u8] = include_bytes!("weights.bin");
static MODELS: LazyLock<Models> = LazyLock::new(|| Models::of_bytes(WEIGHTS));

/// The SHA-256, in hex, of what the weights were trained on: the file's last bytes.
pub fn trained_on() -> &'static [u8] {
    WEIGHTS.get((INTENTS.len() + HYPOTHESES.len() + SCOPES.len()) * SLOTS..).unwrap_or_default()
}

/// One model for the intent, one for what a sign-in problem points to, one for whom it hits.
pub struct Models {
    /// In the order of [`INTENTS`].
    pub intent: Model,
    /// In the order of [`HYPOTHESES`].
    pub hypothesis: Model,
    /// In the order of [`SCOPES`].
    pub scope: Model,
}

impl Models {
    /// Those of `weights.bin`.
    pub(super) fn of_file() -> &'static Self {
        &MODELS
    }

    /// As a file holds them; what is missing weighs nothing.
    fn of_bytes(bytes: &'static [u8]) -> Self {
        let split = |bytes: &'static [u8], labels: usize| bytes.split_at(bytes.len().min(labels * SLOTS));
        let (intent, rest) = split(bytes, INTENTS.len());
        let (hypothesis, scope) = split(rest, HYPOTHESES.len());
        Self {
            intent: Model::of_bytes(intent, INTENTS.len()),
            hypothesis: Model::of_bytes(hypothesis, HYPOTHESES.len()),
            scope: Model::of_bytes(scope, SCOPES.len()),
        }
    }

    /// As a file holds them.
    pub fn to_bytes(&self) -> Vec<u8> {
        let weights = self.intent.weights.iter().chain(&self.hypothesis.weights).chain(&self.scope.weights);
        weights.map(|weight| ((weight * ONE).round().clamp(-127.0, 127.0) as i8).cast_unsigned()).collect()
    }

    /// What they take a text for; `may_be` says which intents are open.
    pub(super) fn guess(&self, read: &Read<'_>, sees: Sees, may_be: impl Fn(Intent) -> bool) -> Guess {
        let features = features(read, sees);
        let slots: Vec<u32> = features.iter().map(|feature| feature.slot).collect();
        let is_open = |row: usize| INTENTS.get(row).is_some_and(|intent| may_be(*intent));
        let (best, next) = self.intent.best(&slots, is_open);
        let intent = INTENTS.get(best).copied().unwrap_or(Intent::Other);
        let mut because = self.intent.heaviest(&features, best, next);
        let hypothesis = (intent == Intent::SignInProblem).then(|| {
            let (best, next) = self.hypothesis.best(&slots, |_| true);
            let hypothesis = HYPOTHESES.get(best).copied().unwrap_or(Hypothesis::Unclear);
            if hypothesis != Hypothesis::Unclear {
                because.extend(self.hypothesis.heaviest(&features, best, next));
            }
            hypothesis
        });
        let scope = hypothesis.map_or(read.verdict.scope, |_| {
            let (best, _) = self.scope.best(&slots, |_| true);
            SCOPES.get(best).copied().unwrap_or(Scope::Unknown)
        });
        Guess { intent, hypothesis, scope, because: joined(because) }
    }
}

/// What the models take a text for.
pub(super) struct Guess {
    pub(super) intent: Intent,
    /// `None` unless it is a sign-in problem.
    pub(super) hypothesis: Option<Hypothesis>,
    pub(super) scope: Scope,
    /// The spans of tokens that weighed most for it, against the next likely.
    pub(super) because: Vec<(usize, usize)>,
}

/// The rows of the table that a text fills: for training.
pub fn slots(text: &str, sees: Sees) -> Vec<u32> {
    super::with_reading(text, |read| features(read, sees).into_iter().map(|feature| feature.slot).collect())
}

/// Weights by slot and label: those of a slot lie beside each other.
pub struct Model {
    labels: usize,
    /// `labels` weights for each slot.
    pub weights: Vec<f32>,
}

impl Model {
    /// A model that knows nothing.
    pub fn new(labels: usize) -> Self {
        Self { labels, weights: vec![0.0; labels * SLOTS] }
    }

    /// As the file holds it.
    fn of_bytes(bytes: &[u8], labels: usize) -> Self {
        let mut model = Self::new(labels);
        for (weight, byte) in model.weights.iter_mut().zip(bytes) {
            *weight = f32::from(byte.cast_signed()) / ONE;
        }
        model
    }

    /// The weights of a slot, one a label.
    pub fn row(&self, slot: u32) -> &[f32] {
        let from = slot as usize * self.labels;
        self.weights.get(from..from + self.labels).unwrap_or_default()
    }

    /// What speaks for each label.
    pub fn scores(&self, slots: &[u32]) -> Vec<f32> {
        let mut scores = vec![0.0; self.labels];
        for slot in slots {
            for (score, weight) in scores.iter_mut().zip(self.row(*slot)) {
                *score += weight;
            }
        }
        let share = share(slots.len());
        scores.iter_mut().for_each(|score| *score *= share);
        scores
    }

    /// How likely each label is.
    pub fn chances(&self, slots: &[u32]) -> Vec<f32> {
        let scores = self.scores(slots);
        let most = scores.iter().copied().fold(f32::MIN, f32::max);
        let powers: Vec<f32> = scores.iter().map(|score| (score - most).exp()).collect();
        let all: f32 = powers.iter().sum();
        powers.iter().map(|power| power / all).collect()
    }

    /// The likeliest label of those that are open, and the next.
    pub fn best(&self, slots: &[u32], is_open: impl Fn(usize) -> bool) -> (usize, usize) {
        let mut ranked: Vec<(usize, f32)> =
            self.scores(slots).into_iter().enumerate().filter(|(label, _)| is_open(*label)).collect();
        ranked.sort_by(|a, b| b.1.total_cmp(&a.1));
        let place = |place: usize| ranked.get(place).map_or(0, |(label, _)| *label);
        (place(0), place(1.min(ranked.len().saturating_sub(1))))
    }

    /// The spans that speak most for a label against another, heaviest first; none lies in another.
    fn heaviest(&self, features: &[Feature], label: usize, other: usize) -> Vec<(usize, usize)> {
        let mut spans: Vec<((usize, usize), f32)> = Vec::new();
        let mut of: Vec<&Feature> = features.iter().filter(|feature| feature.from < feature.to).collect();
        of.sort_unstable_by_key(|feature| (feature.from, feature.to));
        for feature in of {
            let row = self.row(feature.slot);
            let weight = |label: usize| row.get(label).copied().unwrap_or_default();
            let speaks = weight(label) - weight(other);
            match spans.last_mut() {
                Some((span, sum)) if *span == (feature.from, feature.to) => *sum += speaks,
                _ => spans.push(((feature.from, feature.to), speaks)),
            }
        }
        spans.sort_by(|a, b| b.1.total_cmp(&a.1));
        let mut named: Vec<(usize, usize)> = Vec::new();
        for ((from, to), speaks) in spans {
            let apart = named.iter().all(|span| to <= span.0 || span.1 <= from);
            if named.len() < NAMED && apart && (speaks > 0.0 || named.is_empty()) {
                named.push((from, to));
            }
        }
        named
    }
}

/// Spans in order, those that touch or overlap as one: what is said is read as it was written.
fn joined(mut spans: Vec<(usize, usize)>) -> Vec<(usize, usize)> {
    spans.sort_unstable();
    let mut joined: Vec<(usize, usize)> = Vec::new();
    for (from, to) in spans {
        match joined.last_mut() {
            Some((_, end)) if from <= *end => *end = to.max(*end),
            _ => joined.push((from, to)),
        }
    }
    joined
}

/// How much one of several features counts.
pub fn share(features: usize) -> f32 {
    // A text has a few thousand at the most.
    5.0 / (features.max(1) as f32).sqrt()
}
