//! What is known of causes and builds: data compiled in, overridable by a file's text.

use jiff::civil::Date;

use super::cause::Cause;
use crate::ids::Build;

/// Causes and builds.
#[derive(Debug, Clone)]
pub struct Knowledge {}

/// Why an override was refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum KnowledgeError {
    /// The file of causes can't be read.
    #[error("causes: {0}")]
    Causes(String),
    /// The file of builds can't be read.
    #[error("builds: {0}")]
    Builds(String),
}

/// What people are told about a cause.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Explanation {
    /// A short title.
    pub title: String,
    /// One plain sentence for the helpdesk.
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
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BuildFacts {
    /// The build.
    pub build: Build,
    /// When it came out.
    pub released: Option<Date>,
    /// When its support ends.
    pub support_ends: Option<Date>,
    /// Whether Microsoft took it back.
    pub recalled: bool,
    /// What matters here.
    pub notes: Vec<String>,
}

impl Knowledge {
    /// What is compiled in.
    pub fn embedded() -> Knowledge {
        Knowledge {}
    }

    /// What is compiled in, with an organisation's own explanations and builds over it.
    ///
    /// # Errors
    /// [`KnowledgeError`] if a text can't be read, names an unknown cause, or tries to name a remedy.
    pub fn with_overrides(causes: Option<&str>, builds: Option<&str>) -> Result<Knowledge, KnowledgeError> {
        let _ = (causes, builds);
        Ok(Knowledge::embedded())
    }

    /// What people are told about a cause.
    pub fn explain(&self, cause: Cause) -> &Explanation {
        let _ = cause;
        static NONE: Explanation = Explanation {
            title: String::new(),
            sentence: String::new(),
            explanation: String::new(),
            who: String::new(),
            steps: Vec::new(),
            sources: Vec::new(),
            bad: false,
            severity: 0,
        };
        &NONE
    }

    /// What is known of a build.
    pub fn build(&self, build: Build) -> Option<&BuildFacts> {
        let _ = build;
        None
    }
}
