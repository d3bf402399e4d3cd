//! How a verdict is known, and what it is not.

use super::answer::{EventEvidence, Evidence, HeartbeatLevel, RuledOut};
use super::case::Case;
use super::cause::Cause;
use super::timeline::Fault;
use crate::report::{Event, ServiceState};
use crate::words;
use crate::words::Text;

/// A reason that rests on the state.
pub(super) fn stated(text: Text) -> Evidence {
    Evidence { text, events: None }
}

/// A reason that rests on one event.
pub(super) fn told_by(event: &Event, text: Text) -> Evidence {
    let Event { id, provider, at, .. } = event;
    let events = EventEvidence { id: *id, provider: provider.clone(), count: 1, first: *at, last: *at };
    Evidence { text, events: Some(events) }
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
        text: words!("evidence-event", id = events.id.to_string(), says = fault.signature.says.clone()),
        events: Some(events),
    });
    told.collect()
}

/// The cloud flag as a reason, if it was read.
pub(super) fn flag(case: &Case<'_>) -> Option<Evidence> {
    match case.state()?.cloud_flag? {
        true => Some(stated(words!("evidence-flag-on"))),
        false => Some(stated(words!("evidence-flag-off"))),
    }
}

/// Each forest's heartbeat as a reason; none is awaited of a closed one.
pub(super) fn heartbeats(case: &Case<'_>) -> Vec<Evidence> {
    let told = case.forests.iter().map(|forest| {
        let name = &forest.name;
        if forest.channel == Some(false) {
            return stated(words!("evidence-closed", forest = name));
        }
        stated(match (forest.last_heartbeat, forest.level) {
            (Some(at), HeartbeatLevel::Fresh | HeartbeatLevel::Due) => {
                words!("evidence-alive", forest = name, at = at)
            }
            (Some(at), _) => words!("evidence-last-alive", forest = name, at = at),
            (None, HeartbeatLevel::Missing) => words!("evidence-silent", forest = name),
            (None, _) => words!("evidence-untold", forest = name),
        })
    });
    told.collect()
}

/// What a verdict of `cause` is not. Only what is known is ruled out.
pub(super) fn ruled_out(case: &Case<'_>, cause: Cause) -> Vec<RuledOut> {
    let mut out: Vec<RuledOut> = Vec::new();
    let mut rule = |not: Cause, why: Text| {
        if not != cause {
            out.push(RuledOut { cause: not, why });
        }
    };
    let state = case.state();
    if case.service() == Some(ServiceState::Running) {
        rule(Cause::ServiceStopped, words!("ruled-service"));
    }
    if state.and_then(|state| state.staging) == Some(false) {
        rule(Cause::StagingMode, words!("ruled-staging"));
    }
    if let Some(build) = case.report.appliance.build
        && build >= case.knowledge.minimum().build
        && case.knowledge.refused(build, day(case)).is_none()
    {
        rule(Cause::BuildRetired, words!("ruled-build", build = build.to_string()));
    }
    let channels_open =
        !case.forests.is_empty() && case.forests.iter().all(|forest| forest.channel == Some(true));
    if channels_open {
        rule(Cause::ForestChannelDisabled, words!("ruled-channels"));
    }
    if state.and_then(|state| state.cloud_flag) == Some(true) {
        rule(Cause::PhsNotActivated, words!("ruled-flag"));
    }
    if case.report.events_at.is_some() {
        let seen =
            |these: &[Cause]| case.timeline.faults.iter().any(|fault| these.contains(&fault.signature.cause));
        const SIGN_IN: &[Cause] =
            &[Cause::CloudCredential, Cause::CloudCertificate, Cause::CloudSignInBlocked];
        if !seen(SIGN_IN) {
            rule(Cause::CloudCredential, words!("ruled-sign-in"));
        }
        if !seen(&[Cause::Connectivity]) {
            rule(Cause::Connectivity, words!("ruled-connection"));
        }
        let ad: Vec<Cause> = Cause::ALL.iter().copied().filter(|c| c.as_str().starts_with("ad-")).collect();
        if !seen(&ad) {
            rule(Cause::AdOther, words!("ruled-ad"));
        }
    }
    out
}

/// Today, by the server's clock, UTC.
pub(super) fn day(case: &Case<'_>) -> jiff::civil::Date {
    case.now.to_zoned(jiff::tz::TimeZone::UTC).date()
}
