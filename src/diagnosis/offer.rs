//! Whether a remedy may be requested now: every condition of facts section 9 is known to hold. What is unknown
//! withholds, and each reason has its code.

use super::answer::WhyNot;
use super::case::Case;
use super::cause::Cause;
use super::evidence::day;
use super::limits::{CODE_90_CURRENT, NO_SELF_HEALING_FROM, SELF_HEALING, SKEW_WITHHOLDS};
use super::timeline::Fault;
use super::verdict::Verdict;
use crate::catalog;
use crate::report::{ApplianceKind, ConnectorKind, ServiceState, State};
use crate::words;
use crate::words::Text;

/// Makes a reason.
pub(super) fn why_not(code: &str, text: Text) -> WhyNot {
    WhyNot { code: code.into(), text }
}

/// Why no offer stands for a verdict, as far as its own server goes; empty if nothing withholds.
pub(super) fn withheld(case: &Case<'_>, verdict: &Verdict) -> Vec<WhyNot> {
    let bad = case.knowledge.explain(verdict.cause).bad;
    if !bad && verdict.cause != Cause::StagingMode && verdict.remedy.is_none() {
        return Vec::new();
    }
    let mut why = verdict.doubts.clone();
    let Some(command) = verdict.command() else {
        if why.is_empty() {
            why.push(match verdict.cause {
                Cause::StagingMode => why_not("staging-mode", words!("not-staging")),
                _ => why_not("no-command", words!("not-no-command")),
            });
        }
        return why;
    };
    reach(case, &mut why);
    product(case, &mut why);
    match case.state() {
        None => why.push(why_not("state-unknown", words!("not-state-unknown"))),
        Some(state) => {
            if !case.state_fresh() {
                why.push(why_not("state-stale", words!("not-state-stale")));
            }
            flag(state, command, &mut why);
            calm(state, &mut why);
            connectors(case, state, &mut why);
        }
    }
    evidence(case, verdict, &mut why);
    permitted(case, command, &mut why);
    let mut seen = std::collections::BTreeSet::new();
    why.retain(|reason| seen.insert(reason.code.clone()));
    why
}

/// The server answers, its log was read just now, and the clocks agree.
fn reach(case: &Case<'_>, why: &mut Vec<WhyNot>) {
    if let Some(silence) = &case.observation.silence {
        why.push(why_not("silent", words!("not-silent", why = &silence.why)));
    }
    let unread = case.report.gaps.iter().any(|gap| gap.what == "events");
    if case.report.events_at.is_none() || unread {
        why.push(why_not("events-unread", words!("not-events-unread")));
    } else if !case.events_fresh() {
        why.push(why_not("events-stale", words!("not-events-stale")));
    }
    let apart = case.observation.skew.is_some_and(|skew| skew.abs() > SKEW_WITHHOLDS);
    if apart || case.timeline.from_the_future {
        why.push(why_not("clock-skew", words!("not-clock-skew")));
    }
}

/// A Connect of an accepted build whose service runs.
fn product(case: &Case<'_>, why: &mut Vec<WhyNot>) {
    match case.report.appliance.kind {
        ApplianceKind::Connect => {}
        ApplianceKind::DirSync | ApplianceKind::AzureAdSync => {
            why.push(why_not("appliance-retired", words!("not-appliance-retired")));
        }
        ApplianceKind::CloudSync | ApplianceKind::None => {
            why.push(why_not("appliance-not-connect", words!("not-appliance-not-connect")));
        }
        ApplianceKind::Unknown => {
            why.push(why_not("appliance-unknown", words!("not-appliance-unknown")));
        }
    }
    match case.report.appliance.build {
        None => why.push(why_not("build-unknown", words!("not-build-unknown"))),
        Some(build) => {
            let below = build < case.knowledge.minimum().build;
            if below || case.knowledge.refused(build, day(case)).is_some() {
                why.push(why_not("build-retired", words!("not-build-retired", build = build.to_string())));
            }
            if case.knowledge.build(build).is_some_and(|facts| facts.recalled) {
                why.push(why_not("build-recalled", words!("not-build-recalled", build = build.to_string())));
            }
        }
    }
    match case.service() {
        Some(ServiceState::Running) => {}
        Some(ServiceState::Stopped) => why.push(why_not("service-stopped", words!("not-service-stopped"))),
        Some(ServiceState::Unknown) | None => {
            why.push(why_not("service-unknown", words!("not-service-unknown")));
        }
    }
}

/// The flag fits the remedy.
fn flag(state: &State, command: &str, why: &mut Vec<WhyNot>) {
    match (state.cloud_flag, command) {
        (None, _) => why.push(why_not("flag-unknown", words!("not-flag-unknown"))),
        (Some(true), catalog::ENABLE_PASSWORD_SYNC) => why.push(why_not("flag-on", words!("not-flag-on"))),
        (Some(false), catalog::ENABLE_FOREST_CHANNEL) => {
            why.push(why_not("flag-off", words!("not-flag-off")));
        }
        _ => {}
    }
}

/// Not in staging mode, and nothing is under way.
fn calm(state: &State, why: &mut Vec<WhyNot>) {
    let mut must_be_off = |flag: Option<bool>, unknown: (&str, Text), on: (&str, Text)| match flag {
        Some(false) => {}
        Some(true) => why.push(why_not(on.0, on.1)),
        None => why.push(why_not(unknown.0, unknown.1)),
    };
    must_be_off(
        state.staging,
        ("staging-unknown", words!("not-staging-unknown")),
        ("staging-mode", words!("not-staging")),
    );
    must_be_off(
        state.cycle_running,
        ("cycle-unknown", words!("not-cycle-unknown")),
        ("cycle-running", words!("not-cycle-running")),
    );
    must_be_off(
        state.scheduler_suspended,
        ("scheduler-unknown", words!("not-scheduler-unknown")),
        ("scheduler-suspended", words!("not-scheduler-suspended")),
    );
    must_be_off(
        state.wizard_open,
        ("wizard-unknown", words!("not-wizard-unknown")),
        ("wizard-open", words!("not-wizard-open")),
    );
    if state.sign_in_method.as_deref().is_none_or(|method| method.trim().is_empty()) {
        why.push(why_not("sign-in-method-unknown", words!("not-sign-in-method-unknown")));
    }
}

/// Exactly one Entra connector, and every forest's switch is known.
fn connectors(case: &Case<'_>, state: &State, why: &mut Vec<WhyNot>) {
    if state.connectors.is_none() {
        why.push(why_not("connectors-unknown", words!("not-connectors-unknown")));
        return;
    }
    match state.connectors_of(ConnectorKind::Entra).count() {
        1 => {}
        0 => why.push(why_not("entra-connector-missing", words!("not-entra-connector-missing"))),
        _ => why.push(why_not("entra-connectors-many", words!("not-entra-connectors-many"))),
    }
    if case.forests.is_empty() {
        why.push(why_not("forests-missing", words!("not-forests-missing")));
    }
    if case.forests.iter().any(|forest| forest.channel.is_none()) {
        why.push(why_not("channel-unknown", words!("not-channel-unknown")));
    }
}

/// The evidence is current, all from the sync product, and the product does not mend itself.
fn evidence(case: &Case<'_>, verdict: &Verdict, why: &mut Vec<WhyNot>) {
    if let Some(foreign) = case.timeline.foreign.first() {
        let name = foreign.event.provider.as_deref().unwrap_or("unknown");
        why.push(why_not("foreign-provider", words!("not-foreign-provider", provider = name)));
    }
    if verdict.cause != Cause::PhsNotActivated {
        return;
    }
    let code_90 =
        |fault: &&Fault<'_>| fault.signature.cause == Cause::PhsNotActivated && !fault.signature.weak;
    let Some(last) = case.timeline.faults.iter().rfind(code_90) else { return };
    if case.as_of.duration_since(last.event.at) > CODE_90_CURRENT {
        why.push(why_not("code-90-stale", words!("not-code-90-stale")));
    }
    if case.report.appliance.build.is_none_or(|build| build < NO_SELF_HEALING_FROM) {
        let first = case.timeline.began(last);
        let tried = case.timeline.healings.iter().any(|healed| *healed >= first && *healed < last.event.at);
        if !tried && case.as_of.duration_since(first) < SELF_HEALING {
            let text = match case.report.appliance.build {
                Some(_) => words!("not-self-healing"),
                None => words!("not-self-healing-some"),
            };
            why.push(why_not("self-healing", text));
        }
    }
}

/// The server's own configuration allows the command.
fn permitted(case: &Case<'_>, command: &str, why: &mut Vec<WhyNot>) {
    if !case.report.permits.commands.iter().any(|allowed| allowed.as_str() == command) {
        why.push(why_not("not-allowed-at-server", words!("not-allowed-at-server", command = command)));
    }
}
