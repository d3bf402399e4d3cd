//! Reports in, a diagnosis out. Pure: no input or output, and "now" is a parameter.
//!
//! The way of a report:
//! - `observation`: what is known of one server
//! - `signature`: the engine that reads events by the signatures of `causes.toml`
//! - `objection`: what keeps the remedy away without naming a fault (`objections.toml`)
//! - `timeline`: signs of faults and of life, and which faults were overcome
//! - `forests`, `audit`: each forest's health; who last switched password sync
//! - `case`: all of that together, for one server
//! - `verdict`, `activation`, `evidence`, `warnings`: what is wrong, how it is known, what else deserves attention
//! - `offer`: whether the remedy may be requested now
//! - `tenant`: what the servers' verdicts mean together
//! - `answer`: what comes out of it
//! - `proof`: whether a run is proven to have worked
//! - `events`: the same for events alone, as files hold them, and which signature fired on which; `product`: what wrote them
//!   (`products.toml`)
//!
//! And what it rests on:
//! - `cause`: the causes that exist, and which command mends which
//! - `knowledge`: causes and builds as data (`causes.toml`, `objections.toml`, `builds.toml`)
//! - `limits`: every number, with its source

mod activation;
mod answer;
mod audit;
mod case;
mod cause;
mod events;
mod evidence;
mod forests;
mod knowledge;
mod limits;
mod objection;
mod observation;
mod offer;
mod plain;
mod product;
mod proof;
mod signature;
mod tenant;
#[cfg(test)]
mod tests;
mod timeline;
mod verdict;
mod warnings;

use jiff::Timestamp;

pub use answer::{
    AdminAction, Diagnosis, EventEvidence, Evidence, Finding, ForestHealth, HeartbeatLevel, Remedy, RuledOut,
    ServerDiagnosis, WhyNot,
};
pub use cause::{Cause, Confidence, UnknownCause};
pub use events::{EventReading, Printed, SignatureReading, diagnose_events, explain_events};
pub(crate) use events::{is_heard, refuses_1_x, says_more};
pub use knowledge::{ApplianceFacts, BuildFacts, Explanation, Knowledge, KnowledgeError, Minimum};
pub use observation::{Observation, Silence};
pub(crate) use product::names_the_product;
pub use proof::{Proof, proof};

use crate::report::Report;
use crate::words;
use crate::words::Text;
use case::Case;
use verdict::{Verdict, judge};

/// Says what is wrong with each server, and which of them answers "why can't users sign in?".
///
/// `now` is by our clock. On live servers that is the present; for files it is the newest event in them.
pub fn diagnose(observations: &[Observation], now: Timestamp, knowledge: &Knowledge) -> Diagnosis {
    let mut servers: Vec<ServerDiagnosis> =
        observations.iter().map(|observation| server(observation, now, knowledge)).collect();
    for (index, server) in servers.iter_mut().enumerate() {
        if server.remedy.is_some() || server.cause.command().is_some() {
            let others = tenant::others_withhold(observations, index, now);
            server.why_not.extend(others);
        }
        server.offer = server.remedy.is_some() && server.why_not.is_empty();
    }
    let lead = tenant::lead(observations, &servers, knowledge);
    Diagnosis { at: now, lead, findings: tenant::findings(observations), servers }
}

/// One server by itself. The offer is decided with the others in sight.
fn server(observation: &Observation, now: Timestamp, knowledge: &Knowledge) -> ServerDiagnosis {
    let Some(report) = &observation.report else { return unheard(observation) };
    let case = Case::read(observation, report, now, knowledge);
    let verdict = judge(&case);
    let has_command = verdict.command().is_some();
    let received = observation.received_at.map(|at| now.duration_since(at));
    ServerDiagnosis {
        agent: observation.agent.clone(),
        server: report.server.clone(),
        build: report.appliance.build,
        cause: verdict.cause,
        confidence: verdict.confidence,
        summary: sentence(&verdict, &report.server, report, knowledge),
        since: verdict.since,
        ruled_out: evidence::ruled_out(&case, verdict.cause),
        offer: false,
        why_not: offer::withheld(&case, &verdict),
        warnings: warnings::warnings(&case, verdict.cause),
        report_age: Some(received.unwrap_or_else(|| case.now.duration_since(report.clock))),
        silent: observation.silence.clone(),
        last_action: case.actions.first().cloned(),
        sign_in_method: case.state().and_then(|state| state.sign_in_method.clone()),
        deliberate: has_command && (verdict.by_choice || audit::deliberate(&case.actions)),
        evidence: verdict.evidence,
        remedy: verdict.remedy,
        forests: case.forests,
    }
}

/// The verdict's sentence with its names filled in.
fn sentence(verdict: &Verdict, server: &str, report: &Report, knowledge: &Knowledge) -> Text {
    if let Some(summary) = &verdict.summary {
        return summary.clone();
    }
    let build = report.appliance.build.map(|build| build.to_string());
    Text::each(|language| {
        let unknown = || words!("unknown").tell(language);
        let one_of_its = || words!("one-of-its-forests").tell(language);
        let forest = verdict.forest.clone().unwrap_or_else(one_of_its);
        let told = &knowledge.explain_in(verdict.cause, language).sentence;
        // The names come last, so that a name with braces in it is never read as a placeholder.
        let told = told.replace("{build}", &build.clone().unwrap_or_else(unknown));
        told.replace("{server}", server).replace("{forest}", &forest)
    })
}

/// A server that never reported.
fn unheard(observation: &Observation) -> ServerDiagnosis {
    let name = observation.agent.to_string();
    let verdict = Verdict::nothing_known(words!("sum-unheard", server = &name));
    let silent = observation.silence.clone();
    let mut why_not = vec![offer::why_not("report-missing", words!("not-report-missing"))];
    if let Some(silence) = &silent {
        why_not.push(offer::why_not("silent", words!("not-silent", why = &silence.why)));
    }
    ServerDiagnosis {
        agent: observation.agent.clone(),
        server: name,
        build: None,
        cause: verdict.cause,
        confidence: verdict.confidence,
        summary: verdict.summary.unwrap_or_default(),
        since: None,
        evidence: verdict.evidence,
        ruled_out: Vec::new(),
        remedy: None,
        offer: false,
        why_not,
        warnings: Vec::new(),
        forests: Vec::new(),
        report_age: None,
        silent,
        last_action: None,
        sign_in_method: None,
        deliberate: false,
    }
}
