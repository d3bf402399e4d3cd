//! What the servers' verdicts mean together: which one leads, and that exactly one server may be active.

use jiff::Timestamp;

use super::answer::{Finding, ServerDiagnosis, WhyNot};
use super::case::finding;
use super::cause::Cause;
use super::knowledge::Knowledge;
use super::limits::FRESH;
use super::observation::Observation;
use super::offer::why_not;
use crate::report::{ApplianceKind, Report};
use crate::words;

/// What a server is in its tenant.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Role {
    /// It exports.
    Active,
    /// It is in staging mode.
    Staging,
    /// It has no sync product whose mode matters (Cloud Sync, or none).
    Bystander,
    /// It can't be told.
    Unknown,
}

fn role(report: Option<&Report>) -> Role {
    let Some(report) = report else { return Role::Unknown };
    match report.appliance.kind {
        ApplianceKind::CloudSync | ApplianceKind::None => Role::Bystander,
        // It knows no staging mode, and nothing is planned around it.
        ApplianceKind::DirSync => Role::Unknown,
        _ => match report.state.as_ref().and_then(|state| state.staging) {
            Some(true) => Role::Staging,
            Some(false) => Role::Active,
            None => Role::Unknown,
        },
    }
}

/// What holds for the tenant as a whole.
pub(super) fn findings(observations: &[Observation]) -> Vec<Finding> {
    let roles: Vec<Role> = observations.iter().map(|it| role(it.report.as_ref())).collect();
    let count = |wanted| roles.iter().filter(|role| **role == wanted).count();
    let mut found = Vec::new();
    if count(Role::Active) > 1 {
        let active = observations.iter().zip(&roles).filter(|(_, role)| **role == Role::Active);
        let names: Vec<&str> = active.map(|(it, _)| it.agent.as_str()).collect();
        found.push(finding("two-active", words!("find-two-active", servers = names.join(", "))));
    }
    if count(Role::Active) == 0 {
        match (count(Role::Unknown), count(Role::Staging)) {
            (0, 0) => {}
            (0, _) => found.push(finding("no-active", words!("find-no-active"))),
            _ => found.push(finding("active-unknown", words!("find-active-unknown"))),
        }
    }
    found
}

/// Why a server gets no offer because of the others: another is active, or that can't be ruled out.
pub(super) fn others_withhold(observations: &[Observation], index: usize, now: Timestamp) -> Vec<WhyNot> {
    let mut why: Vec<WhyNot> = Vec::new();
    let mut add = |reason: WhyNot| {
        if !why.iter().any(|known| known.code == reason.code) {
            why.push(reason);
        }
    };
    for (_, observation) in observations.iter().enumerate().filter(|(other, _)| *other != index) {
        let name = observation.agent.as_str();
        if observation.silence.is_some() || observation.report.is_none() {
            add(why_not("other-server-silent", words!("not-other-silent", server = name)));
        }
        match role(observation.report.as_ref()) {
            Role::Active => add(why_not("two-active", words!("not-two-active", server = name))),
            Role::Staging if fresh(observation, now) => {}
            Role::Staging | Role::Unknown => {
                add(why_not("other-server-unknown", words!("not-other-unknown", server = name)))
            }
            Role::Bystander => {}
        }
    }
    why
}

/// Whether a server's state was read within the last minutes, by its own clock.
fn fresh(observation: &Observation, now: Timestamp) -> bool {
    let now = observation.skew.and_then(|skew| now.checked_add(skew).ok()).unwrap_or(now);
    let state = observation.report.as_ref().and_then(|report| report.state.as_ref());
    state.is_some_and(|state| now.duration_since(state.read_at).abs() < FRESH)
}

/// The server whose verdict answers "why can't users sign in?": the active one before the unknown, those before
/// the staging ones; among equals the worse verdict, then the surer one, then the first.
pub(super) fn lead(
    observations: &[Observation],
    servers: &[ServerDiagnosis],
    knowledge: &Knowledge,
) -> Option<usize> {
    let rank = |index: &usize| {
        let server = &servers[*index];
        let place = match role(observations[*index].report.as_ref()) {
            _ if server.cause == Cause::StagingMode => 1,
            Role::Active => 3,
            Role::Unknown => 2,
            Role::Staging => 1,
            Role::Bystander => 0,
        };
        (place, knowledge.explain(server.cause).severity, server.confidence, std::cmp::Reverse(*index))
    };
    (0..servers.len()).max_by_key(rank)
}
