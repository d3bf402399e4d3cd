//! A person's words in, what they are about out. Pure and explainable: rules over words, no network.
//!
//! - `text.rs`: characters to words. `typo.rs`: slips of the pen.
//! - `lang/*.toml`: each language's phrases by concept (`concept.rs`). `lexicon.rs`: finds them.
//! - `codes.toml`, `codes.rs`: AADSTS codes, with and without their prefix.
//! - `rules.rs`: concepts and codes to intent, hypothesis and scope. It knows no language.
//! - `hints/*.toml`: more phrases in each language, which no rule rests on and the model weighs.
//! - `features.rs`, `model.rs`, `table.rs`, `weights.bin`: a linear model over words, concepts, hints and the rules' answer,
//!   trained from the corpus. It decides what the rules are not certain of.
//!
//! In a language's file `function` holds the small words by which the language is known, `known` words that look like key
//! words and are none, and `concepts` the phrases: `word*` is any ending, `..` a few words in between.

mod codes;
mod concept;
mod features;
mod lexicon;
pub mod model;
mod rules;
mod table;
#[cfg(test)]
mod tests;
mod text;
mod typo;

use serde::{Deserialize, Serialize};

pub use codes::Code;
pub use features::Sees;
use model::Models;

use crate::terminal::one_line;

/// The most words that an answer names.
const MOST_WORDS: usize = 12;

/// What somebody asked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Question {
    /// What it is about.
    pub intent: Intent,
    /// What the words alone point to; `None` unless it is a sign-in problem.
    pub hypothesis: Option<Hypothesis>,
    /// Who is hit.
    pub scope: Scope,
    /// The AADSTS codes in it, sorted, each once.
    pub codes: Vec<Code>,
    /// The words that decided, in lower case and in the text's order: those that the rules rest on, or that weighed most.
    pub because: Vec<String>,
    /// Whether nothing was asked.
    pub text_was_empty: bool,
    /// The language that it was written in (ISO 639-1), where its small words tell.
    pub language: Option<&'static str>,
}

impl Hypothesis {
    /// Every hypothesis.
    pub const ALL: [Hypothesis; 10] = model::HYPOTHESES;
}

impl Question {
    /// Whether the answer is in what the servers say.
    pub fn needs_servers(&self) -> bool {
        matches!(self.intent, Intent::SignInProblem | Intent::Status | Intent::Fix)
    }
}

/// What a question is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Intent {
    /// Somebody can't sign in, or a password does not work.
    SignInProblem,
    /// How the servers or the synchronization are.
    Status,
    /// Switch password sync on again.
    Fix,
    /// What can be asked and done here.
    Help,
    /// Something else.
    Other,
}

/// What the words of a sign-in problem point to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Hypothesis {
    /// New passwords do not reach the cloud.
    PasswordHashSync,
    /// The agents of pass-through authentication.
    PassThroughAuth,
    /// AD FS or another identity provider.
    Federation,
    /// A second factor or Conditional Access; the password was accepted.
    MfaOrConditionalAccess,
    /// The account is locked after wrong passwords.
    Lockout,
    /// The account is disabled, deleted or not in the directory.
    AccountDisabledOrMissing,
    /// The password is expired.
    ExpiredPassword,
    /// The user is not assigned to the application.
    AppAssignment,
    /// The synchronization's own account, secret or certificate.
    SyncServiceIdentity,
    /// The words do not tell.
    Unclear,
}

/// Who is hit.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Scope {
    /// One person.
    One,
    /// Several.
    Many,
    /// The words do not tell.
    Unknown,
}

/// Reads free text. Never fails; reads a few thousand characters at the most.
///
/// What the rules are certain of is theirs: a code that leaves no doubt, a key word by itself, and that nobody wishes password
/// sync on who says to leave it off. All else is the linear model's, which has the rules' answer among its features.
pub fn read(text: &str) -> Question {
    read_by(text, Models::of_file(), Sees::Everything)
}

/// Reads free text with other models, or with models that see less; for comparison.
pub fn read_by(text: &str, models: &Models, sees: Sees) -> Question {
    with_reading(text, |read| {
        let verdict = read.verdict;
        if verdict.is_certain {
            return by_rules(text, read);
        }
        let may_be = |intent| match intent {
            Intent::Fix => !verdict.keeps_off,
            Intent::Other => !verdict.is_hard,
            _ => true,
        };
        let guess = models.guess(read, sees, may_be);
        Question {
            intent: guess.intent,
            hypothesis: guess.hypothesis,
            scope: guess.scope,
            because: because(text, read.tokens, guess.because),
            ..by_rules(text, read)
        }
    })
}

/// Reads free text by the rules alone; for comparison.
pub fn read_by_rules(text: &str) -> Question {
    with_reading(text, |read| by_rules(text, read))
}

/// Finds words, concepts and codes in a text, and what the rules say of them.
fn with_reading<T>(text: &str, then: impl FnOnce(&features::Read<'_>) -> T) -> T {
    let mut tokens = text::tokens(text);
    let (mut hits, mut hints) = lexicon::find(&mut tokens);
    let language = lexicon::language(&tokens, &hits);
    let codes = codes::find(text, &tokens, &hits);
    let signature = lexicon::settle(&mut tokens, &mut hits);
    hints.retain(|hint| hint.to <= signature.start || hint.from >= signature.end);
    let verdict = rules::decide(text, &tokens, &hits, &codes);
    let mark = text.contains(['?', '？']);
    then(&features::Read {
        tokens: &tokens,
        signature,
        hits: &hits,
        hints: &hints,
        codes: &codes,
        verdict: &verdict,
        language,
        mark,
    })
}

fn by_rules(text: &str, read: &features::Read<'_>) -> Question {
    let verdict = read.verdict;
    Question {
        intent: verdict.intent,
        hypothesis: verdict.hypothesis,
        scope: verdict.scope,
        codes: read.codes.iter().map(|(code, _)| *code).collect(),
        because: because(text, read.tokens, verdict.because.clone()),
        text_was_empty: text.trim().is_empty(),
        language: read.language,
    }
}

/// The words of spans of tokens, in order, each once.
fn because(text: &str, tokens: &[text::Token], mut spans: Vec<(usize, usize)>) -> Vec<String> {
    spans.sort();
    let mut words: Vec<String> = Vec::new();
    for (from, to) in spans {
        let (Some(first), Some(last)) =
            (tokens.get(from), to.checked_sub(1).and_then(|last| tokens.get(last)))
        else {
            continue;
        };
        let span = text.get(first.start..last.end).unwrap_or_default().trim().to_lowercase();
        let span = one_line(&span);
        if !words.contains(&span) && words.len() < MOST_WORDS {
            words.push(span);
        }
    }
    words
}
