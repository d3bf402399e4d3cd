//! A small linear model over a text's words and what the rules make of them.
//!
//! `cargo run --release --example question_models -- --write` trains it on the corpus and writes `weights.bin`; without
//! `--write` it compares rules, model and both on questions that they were not trained on. Its weights are in `table.rs`.

use std::sync::LazyLock;

use super::features::{Feature, Read, Sees, features};
pub use super::table::{Model, Rows, Seen};
use super::{Hypothesis, Intent, Scope};

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
    WEIGHTS.split_last_chunk::<64>().map_or(&[], |(_, digest)| digest)
}

/// One model for the intent, one for what a sign-in problem points to, one for whom it hits.
pub struct Models {
    /// Which features have weights.
    pub rows: Rows,
    /// In the order of [`INTENTS`].
    pub intent: Model,
    /// In the order of [`HYPOTHESES`].
    pub hypothesis: Model,
    /// In the order of [`SCOPES`].
    pub scope: Model,
}

impl Models {
    /// Models that know nothing.
    pub fn new(rows: Rows) -> Self {
        let model = |labels| Model::new(labels, rows.count());
        let (intent, hypothesis, scope) =
            (model(INTENTS.len()), model(HYPOTHESES.len()), model(SCOPES.len()));
        Self { rows, intent, hypothesis, scope }
    }

    /// Those of `weights.bin`.
    pub(super) fn of_file() -> &'static Self {
        &MODELS
    }

    /// As a file holds them: which rows there are, and the weights of each model. What is missing weighs nothing.
    fn of_bytes(bytes: &[u8]) -> Self {
        let (rows, mut rest) = Rows::of_bytes(bytes);
        let mut models = Self::new(rows);
        for model in [&mut models.intent, &mut models.hypothesis, &mut models.scope] {
            rest = model.read(rest);
        }
        models
    }

    /// As a file holds them.
    pub fn to_bytes(&self) -> Vec<u8> {
        let weights = [&self.intent, &self.hypothesis, &self.scope].map(Model::to_bytes);
        [self.rows.to_bytes(), weights.concat()].concat()
    }

    /// What they take a text for; `may_be` says which intents are open.
    pub(super) fn guess(&self, read: &Read<'_>, sees: Sees, may_be: impl Fn(Intent) -> bool) -> Guess {
        let features = features(read, sees);
        let text = self.rows.see(features.iter().map(|feature| feature.slot));
        let is_open = |label: usize| INTENTS.get(label).is_some_and(|intent| may_be(*intent));
        let (best, next) = self.intent.best(&text, is_open);
        let intent = INTENTS.get(best).copied().unwrap_or(Intent::Other);
        let mut because = self.heaviest(&self.intent, &features, best, next);
        let hypothesis = (intent == Intent::SignInProblem).then(|| {
            let is_open = |label: usize| HYPOTHESES.get(label).is_some_and(|it| !read.excludes(*it));
            let (best, next) = self.hypothesis.best(&text, is_open);
            let hypothesis = HYPOTHESES.get(best).copied().unwrap_or(Hypothesis::Unclear);
            if hypothesis != Hypothesis::Unclear {
                because.extend(self.heaviest(&self.hypothesis, &features, best, next));
            }
            hypothesis
        });
        let scope = hypothesis.map_or(read.verdict.scope, |_| {
            let (best, _) = self.scope.best(&text, |_| true);
            SCOPES.get(best).copied().unwrap_or(Scope::Unknown)
        });
        Guess { intent, hypothesis, scope, because: joined(because) }
    }

    /// The spans that speak most for a label against another, heaviest first; none lies in another.
    fn heaviest(
        &self,
        model: &Model,
        features: &[Feature],
        label: usize,
        other: usize,
    ) -> Vec<(usize, usize)> {
        let mut spans: Vec<((usize, usize), f32)> = Vec::new();
        let mut of: Vec<&Feature> = features.iter().filter(|feature| feature.from < feature.to).collect();
        of.sort_unstable_by_key(|feature| (feature.from, feature.to));
        for feature in of {
            let row = self.rows.of_slot(feature.slot).map_or(&[][..], |row| model.row(row));
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

/// What the models take a text for.
pub(super) struct Guess {
    pub(super) intent: Intent,
    /// `None` unless it is a sign-in problem.
    pub(super) hypothesis: Option<Hypothesis>,
    pub(super) scope: Scope,
    /// The spans of tokens that weighed most for it, against the next likely.
    pub(super) because: Vec<(usize, usize)>,
}

/// The slots that a text fills: for training.
pub fn slots(text: &str, sees: Sees) -> Vec<u32> {
    super::with_reading(text, |read| features(read, sees).into_iter().map(|feature| feature.slot).collect())
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
