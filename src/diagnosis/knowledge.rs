//! What is known of causes and builds: data compiled in, overridable by a file's text.

use std::collections::BTreeMap;
use std::str::FromStr;
use std::sync::{Arc, LazyLock};

use jiff::civil::Date;
use serde::Deserialize;

use super::cause::{Cause, UnknownCause};
use super::objection::ObjectionsText;
use super::signature::{HeartbeatText, SignatureText, Signatures};
use crate::ids::Build;
use crate::report::ApplianceKind;
use crate::words::{Language, Text};

const CAUSES: &str = include_str!("causes.toml");
const OBJECTIONS: &str = include_str!("objections.toml");
/// The same words in other languages; a test rules out that any is missing.
const TRANSLATED: &[(Language, &str)] = &[(Language::German, include_str!("causes.de.toml"))];
const BUILDS: &str = include_str!("builds.toml");

/// Read once. A test rules out that it is not sound.
pub(super) static EMBEDDED: LazyLock<Knowledge> = LazyLock::new(|| {
    Knowledge::read_embedded().unwrap_or_else(|error| panic!("the embedded knowledge is not sound: {error}"))
});

/// Causes and builds.
#[derive(Debug, Clone)]
pub struct Knowledge {
    /// Shared, since a copied pattern starts with cold caches.
    pub(super) signatures: Arc<Signatures>,
    /// By language.
    explanations: [BTreeMap<Cause, Explanation>; Language::ALL.len()],
    builds: BTreeMap<Build, BuildFacts>,
    appliances: Vec<ApplianceFacts>,
    /// The embedded minimum first, then an override's, which is higher, and those of earlier days.
    minimums: Vec<Minimum>,
}

/// Why an override was refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum KnowledgeError {
    /// The text on causes can't be read; only explanations may be overridden, never signatures or remedies.
    #[error("causes: {0}")]
    Causes(String),
    /// It explains a cause that does not exist.
    #[error("causes: {0}")]
    UnknownCause(#[from] UnknownCause),
    /// It names a command; which cause leads to which command changes only with a new build.
    #[error("causes: {0} names a remedy; which cause leads to which command can't be overridden")]
    NamesRemedy(String),
    /// The text on builds can't be read.
    #[error("builds: {0}")]
    Builds(String),
    /// It would accept builds that the service refuses.
    #[error("builds: the minimum can be raised, not lowered from {0}")]
    LowersMinimum(Build),
}

/// What people are told about a cause.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Explanation {
    /// A short title.
    pub title: String,
    /// One plain sentence for the helpdesk; `{server}`, `{forest}` and `{build}` stand for their names.
    pub sentence: String,
    /// What it means, for an administrator.
    pub explanation: String,
    /// Who can mend it.
    pub who: String,
    /// How, step by step.
    pub steps: Vec<String>,
    /// Where that is documented: addresses.
    pub sources: Vec<String>,
    /// Whether it is a fault.
    pub bad: bool,
    /// How bad, from 0 (good) to 100: orders servers and cards.
    pub severity: u8,
}

/// What is known of a build.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct BuildFacts {
    /// The build.
    pub build: Build,
    /// When it came out.
    #[serde(default, deserialize_with = "optional_date")]
    pub released: Option<Date>,
    /// When its support ends.
    #[serde(default, deserialize_with = "optional_date")]
    pub support_ends: Option<Date>,
    /// Whether Microsoft took it back.
    #[serde(default)]
    pub recalled: bool,
    /// What matters here.
    #[serde(default)]
    pub notes: Vec<String>,
}

/// The oldest build that the service accepts, and from which day on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Minimum {
    /// The oldest accepted build.
    pub build: Build,
    /// Older ones are refused from this day on.
    #[serde(deserialize_with = "date")]
    pub from: Date,
}

/// What is known of a sync product.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ApplianceFacts {
    /// Which.
    pub kind: ApplianceKind,
    /// Its name.
    pub name: String,
    /// Since when the cloud serves it no more.
    #[serde(default, deserialize_with = "optional_date")]
    pub retired: Option<Date>,
    /// How password sync is switched on in it, and what else that does.
    #[serde(deserialize_with = "by_language")]
    pub switch: Text,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct CausesText {
    cause: BTreeMap<String, Explanation>,
    heartbeat: Vec<HeartbeatText>,
    signature: Vec<SignatureText>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct CauseOverrides {
    #[serde(default)]
    cause: BTreeMap<String, toml::Table>,
}

/// Causes and signatures in another language.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Translation {
    cause: BTreeMap<Cause, ExplanationOverride>,
    signature: BTreeMap<String, String>,
    objection: BTreeMap<String, String>,
}

/// What an override, or a translation, may say of a cause: words, nothing that decides.
#[derive(Clone, Deserialize)]
#[serde(deny_unknown_fields)]
struct ExplanationOverride {
    title: Option<String>,
    sentence: Option<String>,
    explanation: Option<String>,
    who: Option<String>,
    steps: Option<Vec<String>>,
    sources: Option<Vec<String>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct BuildsText {
    minimum: Option<Minimum>,
    /// The minimums of earlier days.
    #[serde(default)]
    earlier: Vec<Minimum>,
    #[serde(default)]
    build: Vec<BuildFacts>,
    #[serde(default)]
    appliance: Vec<ApplianceFacts>,
}

fn date<'de, D: serde::Deserializer<'de>>(deserializer: D) -> Result<Date, D::Error> {
    Date::from_str(&String::deserialize(deserializer)?).map_err(serde::de::Error::custom)
}

fn optional_date<'de, D: serde::Deserializer<'de>>(deserializer: D) -> Result<Option<Date>, D::Error> {
    date(deserializer).map(Some)
}

/// A text by language (`en`, `de`); English where one is missing.
fn by_language<'de, D: serde::Deserializer<'de>>(deserializer: D) -> Result<Text, D::Error> {
    let texts = BTreeMap::<String, String>::deserialize(deserializer)?;
    let english = texts.get(Language::English.code()).ok_or_else(|| serde::de::Error::missing_field("en"))?;
    Ok(Text::each(|language| texts.get(language.code()).unwrap_or(english).clone()))
}

impl Knowledge {
    /// What is compiled in.
    pub fn embedded() -> Knowledge {
        EMBEDDED.clone()
    }

    fn read_embedded() -> Result<Knowledge, KnowledgeError> {
        let causes: CausesText =
            toml::from_str(CAUSES).map_err(|error| KnowledgeError::Causes(error.to_string()))?;
        let objections: ObjectionsText = toml::from_str(OBJECTIONS)
            .map_err(|error| KnowledgeError::Causes(format!("objections: {error}")))?;
        let mut explanations = BTreeMap::new();
        for (id, explanation) in causes.cause {
            explanations.insert(id.parse()?, explanation);
        }
        if let Some(missing) = Cause::ALL.iter().find(|cause| !explanations.contains_key(*cause)) {
            return Err(KnowledgeError::Causes(format!("{missing} is not explained")));
        }
        let mut explanations = Language::ALL.map(|_| explanations.clone());
        let mut says = BTreeMap::new();
        for (language, text) in TRANSLATED {
            let unreadable =
                |error: toml::de::Error| KnowledgeError::Causes(format!("{language:?}: {error}"));
            let translation: Translation = toml::from_str(text).map_err(unreadable)?;
            for (cause, words) in translation.cause {
                if let Some(explanation) = explanations[*language as usize].get_mut(&cause) {
                    words.over(explanation);
                }
            }
            let told = translation.signature.into_iter().chain(translation.objection);
            says.extend(told.map(|(id, says)| ((*language, id), says)));
        }
        let translated = |id: &str, language| says.get(&(language, id.to_owned())).cloned();
        let signatures = Signatures::compile(causes.heartbeat, causes.signature, objections, translated)
            .map_err(KnowledgeError::Causes)?;
        let builds: BuildsText =
            toml::from_str(BUILDS).map_err(|error| KnowledgeError::Builds(error.to_string()))?;
        let minimum = builds.minimum.ok_or_else(|| KnowledgeError::Builds("no minimum".into()))?;
        let appliances = builds.appliance;
        let minimums = std::iter::once(minimum).chain(builds.earlier).collect();
        let signatures = Arc::new(signatures);
        let builds = builds.build.into_iter().map(|facts| (facts.build, facts)).collect();
        Ok(Knowledge { signatures, explanations, builds, appliances, minimums })
    }

    /// What is compiled in, with an organisation's own explanations and builds over it.
    ///
    /// # Errors
    /// [`KnowledgeError`] if a text can't be read, explains an unknown cause, names a remedy, or lowers the
    /// minimum build.
    pub fn with_overrides(causes: Option<&str>, builds: Option<&str>) -> Result<Knowledge, KnowledgeError> {
        let mut knowledge = Knowledge::embedded();
        if let Some(text) = causes {
            knowledge.override_explanations(text)?;
        }
        if let Some(text) = builds {
            knowledge.override_builds(text)?;
        }
        Ok(knowledge)
    }

    fn override_explanations(&mut self, text: &str) -> Result<(), KnowledgeError> {
        let unreadable = |error: toml::de::Error| KnowledgeError::Causes(error.to_string());
        let overrides: CauseOverrides = toml::from_str(text).map_err(unreadable)?;
        for (id, table) in overrides.cause {
            let cause: Cause = id.parse()?;
            if table.keys().any(|key| ["remedy", "command", "commands"].contains(&key.as_str())) {
                return Err(KnowledgeError::NamesRemedy(id));
            }
            let new: ExplanationOverride = table
                .try_into()
                .map_err(|error: toml::de::Error| KnowledgeError::Causes(format!("{id}: {error}")))?;
            // An organisation's own words are the same for whoever asks.
            for old in self.explanations.iter_mut().filter_map(|explanations| explanations.get_mut(&cause)) {
                new.clone().over(old);
            }
        }
        Ok(())
    }

    fn override_builds(&mut self, text: &str) -> Result<(), KnowledgeError> {
        let overrides: BuildsText =
            toml::from_str(text).map_err(|error| KnowledgeError::Builds(error.to_string()))?;
        if let Some(minimum) = overrides.minimum {
            let embedded = self.minimum().build;
            if minimum.build < embedded {
                return Err(KnowledgeError::LowersMinimum(embedded));
            }
            self.minimums.push(minimum);
        }
        self.minimums.extend(overrides.earlier);
        for mut facts in overrides.appliance {
            let Some(known) = self.appliances.iter_mut().find(|known| known.kind == facts.kind) else {
                continue;
            };
            // What is retired stays so.
            facts.retired = known.retired.or(facts.retired);
            *known = facts;
        }
        for mut facts in overrides.build {
            facts.recalled |= self.builds.get(&facts.build).is_some_and(|known| known.recalled);
            self.builds.insert(facts.build, facts);
        }
        Ok(())
    }

    /// What people are told about a cause, in the team's language.
    pub fn explain(&self, cause: Cause) -> &Explanation {
        self.explain_in(cause, Language::English)
    }

    /// What people are told about a cause, in theirs.
    pub fn explain_in(&self, cause: Cause, language: Language) -> &Explanation {
        // Loading checked that each cause is explained, and an override only ever replaces words.
        &self.explanations[language as usize][&cause]
    }

    /// What is known of a sync product; `None` of none and of an unknown one.
    pub fn appliance(&self, kind: ApplianceKind) -> Option<&ApplianceFacts> {
        self.appliances.iter().find(|facts| facts.kind == kind)
    }

    /// What is known of a build; `None` if it is not in the table.
    pub fn build(&self, build: Build) -> Option<&BuildFacts> {
        self.builds.get(&build)
    }

    /// Every known build, oldest first.
    pub fn builds(&self) -> impl Iterator<Item = &BuildFacts> {
        self.builds.values()
    }

    /// The oldest build that the service accepts, and from which day on, as compiled in.
    pub fn minimum(&self) -> Minimum {
        self.minimums[0]
    }

    /// The minimum by which the service refuses a build on a day, if it does.
    pub fn refused(&self, build: Build, on: Date) -> Option<Minimum> {
        self.minimums.iter().copied().find(|minimum| build < minimum.build && on >= minimum.from)
    }
}

impl ExplanationOverride {
    fn over(self, old: &mut Explanation) {
        replace(&mut old.title, self.title);
        replace(&mut old.sentence, self.sentence);
        replace(&mut old.explanation, self.explanation);
        replace(&mut old.who, self.who);
        replace(&mut old.steps, self.steps);
        replace(&mut old.sources, self.sources);
    }
}

fn replace<T>(old: &mut T, new: Option<T>) {
    if let Some(new) = new {
        *old = new;
    }
}

#[cfg(test)]
#[path = "knowledge_tests.rs"]
mod tests;
