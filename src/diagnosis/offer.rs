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

/// Makes a reason.
pub(super) fn why_not(code: &str, text: impl Into<String>) -> WhyNot {
    WhyNot { code: code.into(), text: text.into() }
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
            let text = match verdict.cause {
                Cause::StagingMode => "A server in staging mode is never switched on.",
                _ => "No command of the catalogue mends this.",
            };
            let code = if verdict.cause == Cause::StagingMode { "staging-mode" } else { "no-command" };
            why.push(why_not(code, text));
        }
        return why;
    };
    reach(case, &mut why);
    product(case, &mut why);
    match case.state() {
        None => why.push(why_not("state-unknown", "ADSync's state could not be read yet.")),
        Some(state) => {
            if !case.state_fresh() {
                why.push(why_not("state-stale", "ADSync's state was read more than 5 minutes ago."));
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
        why.push(why_not("silent", format!("The server does not answer: {}", silence.why)));
    }
    let unread = case.report.gaps.iter().any(|gap| gap.what == "events");
    if case.report.events_at.is_none() || unread {
        why.push(why_not("events-unread", "The event log could not be read."));
    } else if !case.events_fresh() {
        why.push(why_not("events-stale", "The event log was read more than 5 minutes ago."));
    }
    let apart = case.observation.skew.is_some_and(|skew| skew.abs() > SKEW_WITHHOLDS);
    if apart || case.timeline.from_the_future {
        why.push(why_not("clock-skew", "The server's clock and ours, or its own events, are too far apart."));
    }
}

/// A Connect of an accepted build whose service runs.
fn product(case: &Case<'_>, why: &mut Vec<WhyNot>) {
    match case.report.appliance.kind {
        ApplianceKind::Connect => {}
        ApplianceKind::DirSync | ApplianceKind::AzureAdSync => {
            why.push(why_not("appliance-retired", "Nothing is ever run on DirSync or Azure AD Sync."));
        }
        ApplianceKind::CloudSync | ApplianceKind::None => {
            why.push(why_not("appliance-not-connect", "The server has no Entra Connect."));
        }
        ApplianceKind::Unknown => {
            why.push(why_not("appliance-unknown", "Which sync product is installed is not known."));
        }
    }
    match case.report.appliance.build {
        None => why.push(why_not("build-unknown", "The installed build is not known.")),
        Some(build) => {
            let below = build < case.knowledge.minimum().build;
            if below || case.knowledge.refused(build, day(case)).is_some() {
                why.push(why_not("build-retired", format!("The cloud refuses build {build}.")));
            }
            if case.knowledge.build(build).is_some_and(|facts| facts.recalled) {
                why.push(why_not("build-recalled", format!("Microsoft has recalled build {build}.")));
            }
        }
    }
    match case.service() {
        Some(ServiceState::Running) => {}
        Some(ServiceState::Stopped) => why.push(why_not("service-stopped", "The sync service is stopped.")),
        Some(ServiceState::Unknown) | None => {
            why.push(why_not("service-unknown", "Whether the sync service runs is not known."));
        }
    }
}

/// The flag fits the remedy.
fn flag(state: &State, command: &str, why: &mut Vec<WhyNot>) {
    match (state.cloud_flag, command) {
        (None, _) => why.push(why_not("flag-unknown", "The tenant's flag could not be read.")),
        (Some(true), catalog::ENABLE_PASSWORD_SYNC) => {
            why.push(why_not("flag-on", "The tenant's flag is on already."))
        }
        (Some(false), catalog::ENABLE_FOREST_CHANNEL) => {
            why.push(why_not(
                "flag-off",
                "The tenant's flag is off: a forest's switch alone would not help.",
            ));
        }
        _ => {}
    }
}

/// Not in staging mode, and nothing is under way.
fn calm(state: &State, why: &mut Vec<WhyNot>) {
    let mut must_be_off = |flag: Option<bool>, unknown: (&str, &str), on: (&str, &str)| match flag {
        Some(false) => {}
        Some(true) => why.push(why_not(on.0, on.1)),
        None => why.push(why_not(unknown.0, unknown.1)),
    };
    must_be_off(
        state.staging,
        ("staging-unknown", "Whether the server is in staging mode is not known."),
        ("staging-mode", "A server in staging mode is never switched on."),
    );
    must_be_off(
        state.cycle_running,
        ("cycle-unknown", "Whether a sync cycle is running is not known."),
        ("cycle-running", "A sync cycle is running; configuration can't be changed meanwhile."),
    );
    must_be_off(
        state.scheduler_suspended,
        ("scheduler-unknown", "Whether the scheduler is suspended is not known."),
        ("scheduler-suspended", "The scheduler is suspended."),
    );
    must_be_off(
        state.wizard_open,
        ("wizard-unknown", "Whether the configuration wizard is open is not known."),
        ("wizard-open", "The configuration wizard is open."),
    );
    if state.sign_in_method.as_deref().is_none_or(|method| method.trim().is_empty()) {
        why.push(why_not("sign-in-method-unknown", "How the tenant's users sign in is not known."));
    }
}

/// Exactly one Entra connector, and every forest's switch is known.
fn connectors(case: &Case<'_>, state: &State, why: &mut Vec<WhyNot>) {
    if state.connectors.is_none() {
        why.push(why_not("connectors-unknown", "The connectors could not be read."));
        return;
    }
    match state.connectors_of(ConnectorKind::Entra).count() {
        1 => {}
        0 => why.push(why_not("entra-connector-missing", "The server has no Entra connector.")),
        _ => why.push(why_not("entra-connectors-many", "The server has more than one Entra connector.")),
    }
    if case.forests.is_empty() {
        why.push(why_not("forests-missing", "The server has no forest."));
    }
    if case.forests.iter().any(|forest| forest.channel.is_none()) {
        why.push(why_not("channel-unknown", "Whether password sync is on for each forest is not known."));
    }
}

/// The evidence is current, all from the sync product, and the product does not mend itself.
fn evidence(case: &Case<'_>, verdict: &Verdict, why: &mut Vec<WhyNot>) {
    if let Some(foreign) = case.timeline.foreign.first() {
        let name = foreign.event.provider.as_deref().unwrap_or("unknown");
        why.push(why_not(
            "foreign-provider",
            format!("Events with the same text come from a provider that does not count: {name}."),
        ));
    }
    if verdict.cause != Cause::PhsNotActivated {
        return;
    }
    let code_90 =
        |fault: &&Fault<'_>| fault.signature.cause == Cause::PhsNotActivated && !fault.signature.weak;
    let Some(last) = case.timeline.faults.iter().rfind(code_90) else { return };
    if case.as_of.duration_since(last.event.at) > CODE_90_CURRENT {
        why.push(why_not("code-90-stale", "The last code 90 is older than two heartbeats."));
    }
    if case.report.appliance.build.is_none_or(|build| build < NO_SELF_HEALING_FROM) {
        let first = case.timeline.began(last);
        let tried = case.timeline.healings.iter().any(|healed| *healed >= first && *healed < last.event.at);
        if !tried && case.as_of.duration_since(first) < SELF_HEALING {
            let text = match case.report.appliance.build {
                Some(_) => "This build tries to switch the flag on again by itself; it is given 30 minutes.",
                None => "Some builds try to switch the flag on again by themselves; it is given 30 minutes.",
            };
            why.push(why_not("self-healing", text));
        }
    }
}

/// The server's own configuration allows the command.
fn permitted(case: &Case<'_>, command: &str, why: &mut Vec<WhyNot>) {
    if !case.report.permits.commands.iter().any(|allowed| allowed.as_str() == command) {
        why.push(why_not(
            "not-allowed-at-server",
            format!("The server's own configuration does not allow {command}."),
        ));
    }
}
