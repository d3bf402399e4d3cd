//! What is wrong with one server, and what would mend it.
//!
//! First what makes all events moot (a retired product, staging mode, a refused build, a stopped service), then
//! the faults that no later sign of life has overcome, then the flag, then missing heartbeats of open forests, and
//! only then forests whose own switch is off: a forest that is left out on purpose must not hide an outage.

use std::collections::BTreeMap;

use jiff::Timestamp;

use super::activation::{description_only, flag_off, flag_on_since, not_activated};
use super::answer::{Evidence, ForestHealth, HeartbeatLevel, Remedy, WhyNot};
use super::case::Case;
use super::cause::{Cause, Confidence};
use super::evidence::{day, flag, heartbeats, of_faults, stated, told_by};
use super::forests::level;
use super::limits::{CODE_90_CURRENT, HEARTBEAT_MISSING, TOGETHER};
use super::offer::why_not;
use super::timeline::Fault;
use crate::report::ApplianceKind;
use crate::words;
use crate::words::Text;

/// A verdict in the making.
#[derive(Debug)]
pub(super) struct Verdict {
    pub(super) cause: Cause,
    pub(super) confidence: Confidence,
    pub(super) since: Option<Timestamp>,
    pub(super) evidence: Vec<Evidence>,
    /// The forests it is about, for the sentence.
    pub(super) forest: Option<String>,
    /// A sentence that fits better than the cause's own.
    pub(super) summary: Option<Text>,
    pub(super) remedy: Option<Remedy>,
    /// The remedy is for a forest that somebody seems to have left out on purpose.
    pub(super) by_choice: bool,
    /// What in the evidence speaks against a remedy.
    pub(super) doubts: Vec<WhyNot>,
}

impl Verdict {
    pub(super) fn new(
        cause: Cause,
        confidence: Confidence,
        since: Option<Timestamp>,
        evidence: Vec<Evidence>,
    ) -> Verdict {
        Verdict {
            cause,
            confidence,
            since,
            evidence,
            forest: None,
            summary: None,
            remedy: None,
            by_choice: false,
            doubts: Vec::new(),
        }
    }

    /// The command that would mend it: the remedy's, or the cause's where doubts keep the remedy away.
    pub(super) fn command(&self) -> Option<&str> {
        let of_remedy = self.remedy.as_ref().map(|remedy| remedy.command.as_str());
        of_remedy.or_else(|| self.cause.command())
    }

    /// Nothing can be told.
    pub(super) fn nothing_known(summary: Text) -> Verdict {
        let mut verdict = Verdict::new(Cause::HeartbeatMissing, Confidence::Possible, None, Vec::new());
        verdict.summary = Some(summary);
        verdict
    }
}

/// Certain if fresh events and fresh state both agree, probable if one does, possible otherwise, or if one of
/// them speaks against it. `None`: it says nothing on the matter.
pub(super) fn sureness(case: &Case<'_>, events: Option<bool>, state: Option<bool>) -> Confidence {
    let heard = [events.filter(|_| case.events_fresh()), state.filter(|_| case.state_fresh())];
    if heard.contains(&Some(false)) {
        return Confidence::Possible;
    }
    match heard.iter().flatten().count() {
        2 => Confidence::Certain,
        1 => Confidence::Probable,
        _ => Confidence::Possible,
    }
}

/// The verdict.
pub(super) fn judge(case: &Case<'_>) -> Verdict {
    by_product(case)
        .or_else(|| staging(case))
        .or_else(|| refused_build(case))
        .or_else(|| stopped_service(case))
        .unwrap_or_else(|| by_evidence(case))
}

/// What the report says of the product itself is as fresh as the report.
fn of_report(case: &Case<'_>) -> Confidence {
    match (case.fresh(case.report.clock), case.events_fresh()) {
        (true, true) => Confidence::Certain,
        (true, false) => Confidence::Probable,
        (false, _) => Confidence::Possible,
    }
}

fn by_product(case: &Case<'_>) -> Option<Verdict> {
    let server = &case.report.server;
    match case.report.appliance.kind {
        ApplianceKind::DirSync | ApplianceKind::AzureAdSync => {}
        ApplianceKind::CloudSync if case.timeline.faults.is_empty() => {
            let mut verdict = Verdict::new(Cause::Healthy, Confidence::Possible, None, Vec::new());
            verdict.summary = Some(words!("sum-cloud-sync", server = server));
            return Some(verdict);
        }
        ApplianceKind::None if case.timeline.faults.is_empty() => {
            return Some(Verdict::nothing_known(words!("sum-no-product", server = server)));
        }
        _ => return None,
    }
    let facts = case.knowledge.appliance(case.report.appliance.kind)?;
    let mut evidence =
        vec![stated(words!("evidence-retired", server = server, product = facts.name.as_str()))];
    evidence.extend(of_faults(&case.timeline.faults));
    Some(Verdict::new(Cause::ApplianceRetired, of_report(case), None, evidence))
}

/// The state tells it, else the log.
fn staging(case: &Case<'_>) -> Option<Verdict> {
    let (evidence, of_state, since) = match case.state().and_then(|state| state.staging) {
        Some(true) => (stated(words!("evidence-staging")), Some(true), None),
        Some(false) => return None,
        None => {
            let event = case.timeline.staging?;
            (
                told_by(event, words!("evidence-staging-event", id = event.id.to_string())),
                None,
                Some(event.at),
            )
        }
    };
    let sure = sureness(case, Some(true), of_state);
    Some(Verdict::new(Cause::StagingMode, sure, since, vec![evidence]))
}

fn refused_build(case: &Case<'_>) -> Option<Verdict> {
    let build = case.report.appliance.build?;
    let minimum = case.knowledge.refused(build, day(case))?;
    let mut evidence = vec![stated(words!(
        "evidence-build",
        build = build.to_string(),
        minimum = minimum.build.to_string(),
        day = minimum.from.to_string(),
    ))];
    evidence.extend(of_faults(&case.timeline.faults));
    let works = case.forests.iter().any(|forest| forest.level == HeartbeatLevel::Fresh);
    if works {
        evidence.extend(heartbeats(case));
    }
    let confidence = if works { Confidence::Possible } else { of_report(case) };
    Some(Verdict::new(Cause::BuildRetired, confidence, None, evidence))
}

fn stopped_service(case: &Case<'_>) -> Option<Verdict> {
    if !case.service_stopped() {
        return None;
    }
    let (text, confidence) = match case.service() {
        Some(_) => (words!("evidence-stopped"), of_report(case)),
        None => (words!("evidence-stopped-event"), sureness(case, Some(true), None)),
    };
    let evidence = vec![stated(text)];
    Some(Verdict::new(Cause::ServiceStopped, confidence, case.timeline.stopped, evidence))
}

fn by_evidence(case: &Case<'_>) -> Verdict {
    let open =
        case.timeline.faults.iter().filter(|fault| case.timeline.overcome(fault, case.as_of).is_none());
    let (activation, others): (Vec<&Fault<'_>>, Vec<_>) =
        open.partition(|fault| fault.signature.cause == Cause::PhsNotActivated);
    let (weak, code_90): (Vec<_>, Vec<_>) = activation.into_iter().partition(|fault| fault.signature.weak);
    if let Some(last) = code_90.last()
        && !(flag_on_since(case, last.event.at) && case.as_of.duration_since(last.event.at) > CODE_90_CURRENT)
    {
        let flag = case.state().and_then(|state| state.cloud_flag);
        if let Some(ended) = case.timeline.full_sync_ended
            && ended > last.event.at
            && others.is_empty()
            && flag != Some(false)
        {
            return full_sync_since(case, ended);
        }
        return not_activated(case, &code_90, last, &others);
    }
    let flag = case.state().and_then(|state| state.cloud_flag);
    if !weak.is_empty() && flag != Some(true) {
        return match others.is_empty() {
            true => description_only(case, &weak),
            false => mixed(case, weak.iter().chain(&others).copied().collect()),
        };
    }
    if flag == Some(false) {
        return match others.is_empty() {
            true => flag_off(case),
            false => mixed(case, others),
        };
    }
    let others: Vec<&Fault<'_>> = others.into_iter().filter(|fault| !case.of_closed(fault)).collect();
    match others.last() {
        Some(newest) => other_fault(case, &others, newest),
        None => missing_heartbeat(case).unwrap_or_else(|| closed_or_quiet(case)),
    }
}

/// A full sync finished since the last code 90, and nothing failed: no heartbeat has proven it yet.
fn full_sync_since(case: &Case<'_>, ended: Timestamp) -> Verdict {
    let mut evidence = of_faults(&case.timeline.faults);
    evidence.push(stated(words!("evidence-full-sync")));
    evidence.extend(flag(case));
    Verdict::new(Cause::Recovered, Confidence::Possible, Some(ended), evidence)
}

/// Nothing worse holds. A forest that was open until lately is a fault; one that was not is taken as a choice,
/// unless no forest is open at all: then no password is synced, whoever wanted it so.
fn closed_or_quiet(case: &Case<'_>) -> Verdict {
    let (lately, chosen) = (case.closed_lately(), case.closed_by_choice());
    if !lately.is_empty() {
        return channel_closed(case, &lately);
    }
    let any_open = case.forests.len() > chosen.len();
    if !any_open && !chosen.is_empty() {
        return Verdict { by_choice: true, ..channel_closed(case, &chosen) };
    }
    let mut verdict = quiet(case);
    if let (Some(forest), Cause::Healthy | Cause::Recovered) = (chosen.first(), verdict.cause) {
        verdict.remedy = open_channel(forest);
        verdict.by_choice = true;
    }
    verdict
}

fn open_channel(forest: &ForestHealth) -> Option<Remedy> {
    let arguments = BTreeMap::from([("connector".to_owned(), forest.connector.to_string())]);
    remedy(Cause::ForestChannelDisabled, arguments, &forest.name)
}

/// Forests' own switches are off: known from the live state only, never from events.
fn channel_closed(case: &Case<'_>, closed: &[&ForestHealth]) -> Verdict {
    let read_at = case.state().map(|state| state.read_at);
    let alive = closed.iter().any(|forest| forest.last_heartbeat > read_at);
    let events = match (alive, case.report.events_at) {
        (true, _) => Some(false),
        (false, Some(_)) => Some(true),
        (false, None) => None,
    };
    let told = closed.iter().map(|it| stated(words!("evidence-closed", forest = &it.name)));
    let mut evidence: Vec<Evidence> = told.collect();
    evidence.extend(flag(case));
    let since = closed.first().and_then(|forest| forest.last_heartbeat.max(forest.last_success));
    let sure = sureness(case, events, Some(true));
    let mut verdict = Verdict::new(Cause::ForestChannelDisabled, sure, since, evidence);
    let names: Vec<&str> = closed.iter().map(|forest| forest.name.as_str()).collect();
    verdict.forest = Some(names.join(", "));
    if alive {
        verdict.doubts.push(why_not("heartbeat-newer", words!("not-closed-alive")));
    } else if let Some(forest) = closed.first() {
        verdict.remedy = open_channel(forest);
    }
    verdict
}

pub(super) fn remedy(cause: Cause, arguments: BTreeMap<String, String>, target: &str) -> Option<Remedy> {
    let command = cause.command()?.parse().ok()?;
    Some(Remedy { command, arguments, target: target.into() })
}

pub(super) fn mixed(case: &Case<'_>, faults: Vec<&Fault<'_>>) -> Verdict {
    let since = faults.iter().map(|fault| fault.event.at).min();
    let mut evidence = of_faults(faults);
    evidence.extend(flag(case));
    evidence.extend(case.closed().iter().map(|it| stated(words!("evidence-off-for", forest = &it.name))));
    Verdict::new(Cause::Mixed, sureness(case, Some(true), case.state().map(|_| true)), since, evidence)
}

/// Faults of other families than code 90: the newest, or mixed if several are there together.
fn other_fault(case: &Case<'_>, open: &[&Fault<'_>], newest: &Fault<'_>) -> Verdict {
    let mut last: BTreeMap<Cause, &Fault<'_>> = BTreeMap::new();
    for fault in open {
        last.insert(fault.signature.cause, fault);
    }
    last.retain(|_, fault| newest.event.at.duration_since(fault.event.at) <= TOGETHER);
    let causes: Vec<Cause> = last.keys().copied().collect();
    last.retain(|cause, _| !causes.iter().any(|other| accompanies(*cause, *other)));
    let involved: Vec<&Fault<'_>> =
        open.iter().copied().filter(|fault| causes.contains(&fault.signature.cause)).collect();
    let mut left = last.into_iter();
    let (Some((cause, fault)), None) = (left.next(), left.next()) else { return mixed(case, involved) };
    let current = case.as_of.duration_since(fault.event.at) <= HEARTBEAT_MISSING;
    let confidence = sureness(case, current.then_some(true), case.state().map(|_| true));
    let since = Some(case.timeline.began(fault));
    let mut verdict = Verdict::new(cause, confidence, since, of_faults(involved));
    verdict.forest = fault.connector.as_ref().map(|forest| case.forest_name(forest));
    verdict
}

/// Whether signs of one cause usually come along with another, more telling one.
fn accompanies(cause: Cause, other: Cause) -> bool {
    const VAGUE: &[Cause] =
        &[Cause::Unknown6900, Cause::AdOther, Cause::CloudBusy, Cause::WaitingForDirectorySync];
    match cause {
        _ if cause == other => false,
        Cause::CloudCredential => matches!(other, Cause::CloudCertificate | Cause::CloudSignInBlocked),
        // Among the vague ones the first of the list yields to the later.
        _ => match (VAGUE.iter().position(|it| *it == cause), VAGUE.iter().position(|it| *it == other)) {
            (Some(_), None) => true,
            (Some(mine), Some(theirs)) => mine < theirs,
            _ => false,
        },
    }
}

/// A forest whose channel is not known to be closed shows no sign of life.
fn missing_heartbeat(case: &Case<'_>) -> Option<Verdict> {
    let mut awaited = case.forests.iter().filter(|forest| forest.channel != Some(false));
    let forest = awaited.find(|forest| forest.level == HeartbeatLevel::Missing)?;
    let evidence = heartbeats(case).into_iter().chain(flag(case)).collect();
    let sure = sureness(case, Some(true), case.state().map(|_| true));
    Some(Verdict::new(Cause::HeartbeatMissing, sure, forest.last_heartbeat, evidence))
}

/// No open fault and no forest known to be silent: healthy, recovered, or it can't be told.
fn quiet(case: &Case<'_>) -> Verdict {
    let awaited: Vec<_> = case.forests.iter().filter(|forest| forest.channel != Some(false)).collect();
    // Waiting for the first directory sync is no fault that one recovers from.
    let failed =
        case.timeline.faults.iter().filter(|it| it.signature.cause != Cause::WaitingForDirectorySync);
    let overcome = failed.filter_map(|fault| case.timeline.overcome(fault, case.as_of)).max();
    let good = |level| matches!(level, HeartbeatLevel::Fresh | HeartbeatLevel::Due | HeartbeatLevel::Late);
    // The end of a full sync is as good a sign as a heartbeat, of a forest that it does not always name.
    let newest =
        case.timeline.heartbeats.last().map(|heartbeat| heartbeat.at).max(case.timeline.full_sync_ended);
    let mut evidence = heartbeats(case);
    evidence.extend(flag(case));
    let state = case.state().map(|_| true);

    let all_good = !awaited.is_empty() && awaited.iter().all(|forest| good(forest.level));
    let some_good = newest.is_some_and(|at| good(level(at, case.as_of)));
    if all_good || some_good {
        let one_for_all = awaited.len() <= 1;
        let events = (all_good || one_for_all).then_some(true);
        let sure = sureness(case, events, case.state().and_then(|state| state.cloud_flag).map(|_| true));
        return match overcome {
            Some(at) => {
                evidence.splice(0..0, of_faults(&case.timeline.faults));
                Verdict::new(Cause::Recovered, sure, Some(at), evidence)
            }
            None => Verdict::new(Cause::Healthy, sure, None, evidence),
        };
    }
    let succeeded = |at: Timestamp| case.as_of.duration_since(at) <= HEARTBEAT_MISSING;
    if !awaited.is_empty() && awaited.iter().all(|forest| forest.last_success.is_some_and(succeeded)) {
        evidence.push(stated(words!("evidence-cycles")));
        return Verdict::new(Cause::Healthy, Confidence::Possible, None, evidence);
    }
    if let Some(at) = newest {
        let sure = sureness(case, Some(true), state);
        return Verdict::new(Cause::HeartbeatMissing, sure, Some(at), evidence);
    }
    let foreign = || case.timeline.foreign.iter().filter(|it| it.signature.cause == Cause::PhsNotActivated);
    if foreign().next().is_some() {
        // What doesn't count is shown, and is no fault of the product's.
        let mut verdict = Verdict::nothing_known(words!("sum-foreign"));
        verdict.evidence = of_faults(foreign());
        return verdict;
    }
    let mut verdict = Verdict::nothing_known(words!("sum-no-sign", server = &case.report.server));
    verdict.evidence = evidence;
    verdict
}
