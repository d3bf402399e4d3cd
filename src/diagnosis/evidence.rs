//! How a verdict is known, and what it is not.

use super::answer::{EventEvidence, Evidence, HeartbeatLevel, RuledOut};
use super::case::Case;
use super::cause::Cause;
use super::timeline::Fault;
use crate::report::ServiceState;

/// A reason that rests on the state.
pub(super) fn stated(text: impl Into<String>) -> Evidence {
    Evidence { text: text.into(), events: None }
}

/// The faults as reasons: one for each kind of event and what it says, newest last.
pub(super) fn of_faults<'a>(faults: impl IntoIterator<Item = &'a Fault<'a>>) -> Vec<Evidence> {
    let mut grouped: Vec<(&Fault<'_>, EventEvidence)> = Vec::new();
    for fault in faults {
        let event = fault.event;
        let same = |(other, _): &&mut (&Fault<'_>, EventEvidence)| {
            other.event.id == event.id
                && other.event.provider == event.provider
                && other.signature.id == fault.signature.id
        };
        match grouped.iter_mut().find(same) {
            Some((_, found)) => {
                found.count += 1;
                found.first = found.first.min(event.at);
                found.last = found.last.max(event.at);
            }
            None => grouped.push((
                fault,
                EventEvidence {
                    id: event.id,
                    provider: event.provider.clone(),
                    count: 1,
                    first: event.at,
                    last: event.at,
                },
            )),
        }
    }
    grouped.sort_by_key(|(_, events)| events.last);
    let told = grouped.into_iter().map(|(fault, events)| Evidence {
        text: format!("Event {}: {}.", events.id, fault.signature.says),
        events: Some(events),
    });
    told.collect()
}

/// The cloud flag as a reason, if it was read.
pub(super) fn flag(case: &Case<'_>) -> Option<Evidence> {
    match case.state()?.cloud_flag? {
        true => Some(stated("The tenant's password hash sync flag is on, as read on the server.")),
        false => Some(stated("The tenant's password hash sync flag is off, as read on the server.")),
    }
}

/// Each forest's heartbeat as a reason; none is awaited of a closed one.
pub(super) fn heartbeats(case: &Case<'_>) -> Vec<Evidence> {
    let told = case.forests.iter().map(|forest| {
        let name = &forest.name;
        if forest.channel == Some(false) {
            return stated(format!("Password sync is off for {name}, as read on the server."));
        }
        stated(match (forest.last_heartbeat, forest.level) {
            (Some(at), HeartbeatLevel::Fresh | HeartbeatLevel::Due) => {
                format!("{name} shows signs of life, the last at {at:.0}.")
            }
            (Some(at), _) => format!("{name} showed its last sign of life at {at:.0}."),
            (None, HeartbeatLevel::Missing) => format!("{name} shows no sign of life in the log."),
            (None, _) => format!("Whether {name} shows signs of life can't be told from the log."),
        })
    });
    told.collect()
}

/// What a verdict of `cause` is not. Only what is known is ruled out.
pub(super) fn ruled_out(case: &Case<'_>, cause: Cause) -> Vec<RuledOut> {
    let mut out: Vec<RuledOut> = Vec::new();
    let mut rule = |not: Cause, why: String| {
        if not != cause {
            out.push(RuledOut { cause: not, why });
        }
    };
    let state = case.state();
    if case.service() == Some(ServiceState::Running) {
        rule(Cause::ServiceStopped, "The sync service runs.".into());
    }
    if state.and_then(|state| state.staging) == Some(false) {
        rule(Cause::StagingMode, "The server is not in staging mode.".into());
    }
    if let Some(build) = case.report.appliance.build
        && build >= case.knowledge.minimum().build
        && case.knowledge.refused(build, day(case)).is_none()
    {
        rule(Cause::BuildRetired, format!("The cloud accepts build {build}."));
    }
    let channels_open =
        !case.forests.is_empty() && case.forests.iter().all(|forest| forest.channel == Some(true));
    if channels_open {
        rule(Cause::ForestChannelDisabled, "Password sync is on for every forest.".into());
    }
    if state.and_then(|state| state.cloud_flag) == Some(true) {
        rule(Cause::PhsNotActivated, "The tenant's password hash sync flag is on.".into());
    }
    if case.report.events_at.is_some() {
        let seen =
            |these: &[Cause]| case.timeline.faults.iter().any(|fault| these.contains(&fault.signature.cause));
        const SIGN_IN: &[Cause] =
            &[Cause::CloudCredential, Cause::CloudCertificate, Cause::CloudSignInBlocked];
        if !seen(SIGN_IN) {
            rule(Cause::CloudCredential, "The log has no refused sign-in of the sync server.".into());
        }
        if !seen(&[Cause::Connectivity]) {
            rule(Cause::Connectivity, "The log has no failed connection to the cloud.".into());
        }
        let ad: Vec<Cause> = Cause::ALL.iter().copied().filter(|c| c.as_str().starts_with("ad-")).collect();
        if !seen(&ad) {
            rule(Cause::AdOther, "The log has no failure on the side of Active Directory.".into());
        }
    }
    out
}

/// Today, by the server's clock, UTC.
pub(super) fn day(case: &Case<'_>) -> jiff::civil::Date {
    case.now.to_zoned(jiff::tz::TimeZone::UTC).date()
}
