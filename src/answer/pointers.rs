//! What is known of each thing that words can point to: data compiled in.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use serde::Deserialize;

use super::meet::Relation;
use crate::question::{Hypothesis, Scope};
use crate::words::Language;

/// What is known of one thing that words can point to.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Pointer {
    /// A short title.
    pub title: String,
    /// What it means, in a sentence or two.
    pub means: String,
    /// The next checks, in order.
    steps: Vec<String>,
    /// The same if one person is hit.
    #[serde(default)]
    steps_one: Vec<String>,
    /// Who can make them.
    pub who: String,
    /// How it stands to a fault of password sync.
    pub beside_a_fault: Relation,
    /// Where that is documented: addresses.
    pub sources: Vec<String>,
}

/// The same in another language.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Translation {
    title: String,
    means: String,
    steps: Vec<String>,
    #[serde(default)]
    steps_one: Vec<String>,
    who: String,
}

/// What is known of everything that words can point to.
#[derive(Debug)]
pub struct Pointers([BTreeMap<Hypothesis, Pointer>; Language::ALL.len()]);

/// Read once. A test rules out that it is not sound.
static EMBEDDED: LazyLock<Pointers> =
    LazyLock::new(|| Pointers::read().unwrap_or_else(|error| panic!("the embedded pointers: {error}")));

impl Pointer {
    /// The next checks for whom it hits.
    pub fn steps(&self, scope: Scope) -> &[String] {
        match scope {
            Scope::One if !self.steps_one.is_empty() => &self.steps_one,
            _ => &self.steps,
        }
    }
}

impl Pointers {
    /// What is compiled in.
    pub fn embedded() -> &'static Pointers {
        &EMBEDDED
    }

    fn read() -> Result<Pointers, String> {
        let english: BTreeMap<Hypothesis, Pointer> =
            toml::from_str(include_str!("pointers.toml")).map_err(|error| error.to_string())?;
        let mut german: BTreeMap<Hypothesis, Translation> =
            toml::from_str(include_str!("pointers.de.toml")).map_err(|error| error.to_string())?;
        let missing = Hypothesis::ALL.iter().find(|it| !english.contains_key(it) || !german.contains_key(it));
        if let Some(missing) = missing {
            return Err(format!("{missing:?} is missing"));
        }
        let translated = english.iter().map(|(hypothesis, pointer)| {
            let words = german.remove(hypothesis);
            (*hypothesis, words.map_or_else(|| pointer.clone(), |words| words.over(pointer)))
        });
        let translated = translated.collect();
        Ok(Pointers([english, translated]))
    }

    /// What is known of one, in the team's language.
    pub fn of(&self, hypothesis: Hypothesis) -> &Pointer {
        self.of_in(hypothesis, Language::English)
    }

    /// What is known of one, in a language.
    pub fn of_in(&self, hypothesis: Hypothesis, language: Language) -> &Pointer {
        // Reading checked that each is there.
        &self.0[language as usize][&hypothesis]
    }
}

impl Translation {
    fn over(self, pointer: &Pointer) -> Pointer {
        let Translation { title, means, steps, steps_one, who } = self;
        let Pointer { beside_a_fault, sources, .. } = pointer.clone();
        Pointer { title, means, steps, steps_one, who, beside_a_fault, sources }
    }
}
