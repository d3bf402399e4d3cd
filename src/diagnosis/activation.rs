//! Whether password hash sync is switched off in the tenant: code 90, its description alone, or the flag alone.

use std::collections::BTreeMap;

use jiff::Timestamp;
use jiff::tz::TimeZone;

use super::answer::{AdminAction, WhyNot};
use super::case::Case;
use super::cause::{Cause, Confidence};
use super::events::UNNAMED;
use super::evidence::{flag, heartbeats, of_faults};
use super::limits::{CODE_90_CURRENT, FRESH, IN_FLIGHT};
use super::offer::why_not;
use super::timeline::{Fault, Heartbeat};
use super::verdict::{Verdict, mixed, remedy, sureness};
use crate::report::ApplianceKind;
use crate::words;

/// Whether the flag was read as on at a time (or, as clocks and readings go, about then) or after it.
pub(super) fn flag_on_since(case: &Case<'_>, at: Timestamp) -> bool {
    case.state()
        .is_some_and(|state| state.cloud_flag == Some(true) && at.duration_since(state.read_at) <= FRESH)
}

pub(super) fn not_activated(
    case: &Case<'_>,
    code_90: &[&Fault<'_>],
    last: &Fault<'_>,
    others: &[&Fault<'_>],
) -> Verdict {
    let last_at = last.event.at;
    let newer = others.iter().copied().filter(|fault| fault.event.at >= last_at);
    let newer: Vec<&Fault<'_>> = newer.collect();
    if !newer.is_empty() {
        let mut verdict = mixed(case, code_90.iter().copied().chain(newer).collect());
        verdict.doubts.push(why_not("other-fault-newer", words!("not-other-fault-newer")));
        return verdict;
    }
    let mut doubts = against(case, code_90, last);
    let spoken_against = !doubts.is_empty();
    let flag_on = flag_on_since(case, last_at);
    if flag_on {
        doubts.push(why_not("flag-on", words!("not-flag-on")));
    }
    let current = case.as_of.duration_since(last_at) <= CODE_90_CURRENT;
    let events = if spoken_against { Some(false) } else { current.then_some(true) };
    let state = case.state().and_then(|state| state.cloud_flag).map(|on| !on);
    let mut evidence = of_faults(code_90.iter().copied());
    evidence.extend(flag(case));
    let since = Some(case.timeline.began(last));
    let mut verdict = Verdict::new(Cause::PhsNotActivated, sureness(case, events, state), since, evidence);
    if flag_on {
        verdict.summary = Some(words!("sum-on-again"));
    }
    verdict.remedy =
        doubts.is_empty().then(|| remedy(Cause::PhsNotActivated, BTreeMap::new(), "the tenant")).flatten();
    verdict.doubts = doubts;
    verdict
}

/// What in the log, newer than the last code 90, says that the flag may be on by now.
///
/// The last code 90 itself may have been under way when password sync was switched on, so what lies shortly before it counts, if
/// code 90 had shown before that: else it may be what switched it off.
fn against(case: &Case<'_>, code_90: &[&Fault<'_>], last: &Fault<'_>) -> Vec<WhyNot> {
    let mut doubts = Vec::new();
    let (last_90, last_at) = (last.event, last.event.at);
    // What somebody, or the product itself, did about it counts until the flag was read as off after that.
    let read_off_at = case.state().filter(|state| state.cloud_flag == Some(false)).map(|state| state.read_at);
    let not_read_since = |at: Timestamp| read_off_at.is_none_or(|read| read <= at);
    let in_flight = |at: Timestamp| {
        let follows = || code_90.iter().any(|earlier| earlier.event.at < at);
        last_at.duration_since(at) <= IN_FLIGHT && follows() && not_read_since(at)
    };
    let same = |heartbeat: &Heartbeat| match (&heartbeat.connector, &last.connector) {
        (Some(one), Some(other)) => one == other,
        _ => true,
    };
    let alive = |it: &Heartbeat| it.at >= last_at || same(it) && in_flight(it.at);
    if case.timeline.heartbeats.iter().any(alive) {
        doubts.push(why_not("heartbeat-newer", words!("not-heartbeat-newer")));
    }
    if case.timeline.full_sync_ended.is_some_and(|at| at >= last_at) {
        doubts.push(why_not("full-sync-newer", words!("not-full-sync-newer")));
    }
    let may_have_worked = |at: Timestamp| at >= last_at && not_read_since(at);
    if case
        .timeline
        .healings
        .iter()
        .chain(&case.timeline.healings_begun)
        .any(|healed| may_have_worked(*healed))
    {
        doubts.push(why_not("self-healing", words!("not-self-healing-since")));
    }
    let switched_on = |action: &AdminAction| {
        action.may_have_switched_on() && (may_have_worked(action.at) || in_flight(action.at))
    };
    if case.actions.iter().any(switched_on) {
        doubts.push(why_not("switched-on-since", words!("not-switched-on-since")));
    }
    let product_told = case.report.appliance.kind != ApplianceKind::Unknown;
    // While the retired products were served, a log that does not tell its product may be theirs.
    let retired = case.knowledge.appliance(ApplianceKind::DirSync).and_then(|facts| facts.retired);
    if !product_told && retired.is_some_and(|retired| last_at.to_zoned(TimeZone::UTC).date() < retired) {
        doubts.push(why_not("log-old", words!("not-log-old")));
    }
    let server = Some(case.report.server.as_str()).filter(|name| *name != UNNAMED);
    for (objection, event) in &case.timeline.objections {
        if objection.withholds(event, last_90, read_off_at, product_told, server) {
            let text = words!(
                "not-since-event",
                says = objection.says.clone(),
                id = event.id.to_string(),
                at = event.at
            );
            doubts.push(why_not(&objection.id, text));
        }
    }
    if let Some(build) = case.report.appliance.build
        && case.knowledge.build(build).is_some_and(|facts| facts.recalled)
    {
        doubts.push(why_not("build-recalled", words!("not-build-recalled", build = build.to_string())));
    }
    doubts
}

/// The text of code 90 without the code.
pub(super) fn description_only(case: &Case<'_>, weak: &[&Fault<'_>]) -> Verdict {
    let since = weak.last().map(|last| case.timeline.began(last));
    let mut evidence = of_faults(weak.iter().copied());
    evidence.extend(flag(case));
    let mut verdict = Verdict::new(Cause::PhsNotActivated, Confidence::Possible, since, evidence);
    verdict.doubts.push(code_90_missing());
    verdict
}

/// The flag is off, and no code 90 says so.
pub(super) fn flag_off(case: &Case<'_>) -> Verdict {
    let read_at = case.state().map(|state| state.read_at);
    let alive_since =
        case.timeline.heartbeats.iter().any(|heartbeat| read_at.is_some_and(|at| heartbeat.at > at));
    let events = if alive_since { Some(false) } else { None };
    let evidence = flag(case).into_iter().chain(heartbeats(case)).collect();
    let mut verdict =
        Verdict::new(Cause::PhsNotActivated, sureness(case, events, Some(true)), None, evidence);
    verdict.doubts.push(code_90_missing());
    verdict
}

fn code_90_missing() -> WhyNot {
    why_not("code-90-missing", words!("not-code-90-missing"))
}
