//! Events alone, as files hold them: the same verdict as of a report of which nothing else is known, and what each
//! signature made of each event.

use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use serde::Serialize;

use super::case::finding;
use super::evidence::stated;
use super::knowledge::{EMBEDDED, Knowledge};
use super::limits::HEARTBEAT_MISSING;
use super::objection::{against, hears, tells_more};
use super::observation::Observation;
use super::offer::why_not;
use super::signature::{Reading, Signature, connector};
use super::{Cause, Confidence, ServerDiagnosis, product, server};
use crate::ids::{AgentId, Build, ConnectorId, InvalidId};
use crate::report::{
    Appliance, ApplianceKind, Cut, Event, Permits, Report, Service, ServiceState, State, VERSION,
};
use crate::words;
use crate::words::Text;

/// What stands for the name of a server whose name is not told.
pub(super) const UNNAMED: &str = "the server";

/// What was printed or said of the server's state, beside events in files. It names a cause and never a remedy.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Printed {
    /// Which product it runs, and which build.
    pub product: Option<(ApplianceKind, Option<Build>)>,
    /// The server is in staging mode.
    pub staging: bool,
    /// The sync service is stopped.
    pub stopped: bool,
    /// A forest's own switch is off.
    pub channel_closed: bool,
}

/// Judges events of which nothing else is known but what was printed beside them. A remedy may be named and is never offered.
///
/// # Errors
/// Never in practice: the name that stands for the files is a sound one.
pub fn diagnose_events(
    events: Vec<Event>,
    server_name: Option<&str>,
    printed: Printed,
    now: Timestamp,
    knowledge: &Knowledge,
) -> Result<ServerDiagnosis, InvalidId> {
    let agent: AgentId = "FILES".parse()?;
    let holds_heartbeats = holds_heartbeats(&events, now);
    let (appliance, by_word) = appliance(&events, printed, now, knowledge);
    let stopped = printed.stopped.then(|| Service { name: "ADSync".into(), state: ServiceState::Stopped });
    let report = Report {
        v: VERSION,
        agent: agent.clone(),
        generation: 0,
        agent_version: String::new(),
        server: server_name.unwrap_or(UNNAMED).to_owned(),
        clock: now,
        appliance: Appliance { services: stopped.into_iter().collect(), ..appliance },
        events_at: Some(now),
        events,
        counts: Vec::new(),
        state: printed.staging.then(|| staging(now)),
        gaps: Vec::new(),
        cut: Cut::default(),
        permits: Permits::default(),
    };
    let observation =
        Observation { agent, report: Some(report), received_at: Some(now), silence: None, skew: None };
    let mut verdict = server(&observation, now, knowledge);
    if printed.channel_closed && matches!(verdict.cause, Cause::Healthy | Cause::HeartbeatMissing) {
        verdict = told_instead(Cause::ForestChannelDisabled, verdict, knowledge);
        verdict.evidence.insert(0, stated(words!("evidence-printed-closed")));
    } else if verdict.cause == Cause::HeartbeatMissing
        && !holds_heartbeats
        && verdict.evidence.iter().all(|it| it.events.is_none())
    {
        verdict.summary = words!("sum-nothing-told", server = &verdict.server);
        verdict.warnings.push(finding("log-tells-nothing", words!("warn-log-tells-nothing")));
        verdict = ServerDiagnosis {
            confidence: Confidence::Possible,
            since: None,
            evidence: Vec::new(),
            ..verdict
        };
    }
    // What the server's configuration allows is in no log.
    verdict.why_not.retain(|why| why.code != "not-allowed-at-server");
    if verdict.cause.command().is_some() {
        verdict.why_not.insert(0, why_not("offline", words!("not-offline")));
    }
    verdict.offer = false;
    // How long ago the last code 90 was tells nothing in a file, which ends where somebody cut it; `code-90-stale` says it.
    // Nor does it tell when something was printed, or whether what was said of the product is so.
    let is_said = by_word && verdict.confidence == Confidence::Certain;
    if verdict.remedy.is_some() || printed.staging || printed.stopped || is_said {
        verdict.confidence = Confidence::Probable;
    }
    if server_name.is_none() {
        let summary = verdict.summary.clone();
        let named = |language| words!("the-server").tell(language);
        verdict.summary = Text::each(|language| summary.tell(language).replace(UNNAMED, &named(language)));
    }
    Ok(verdict)
}

/// The product that the events tell, else what was said of it, if that is one that no remedy is for; and whether it is that.
fn appliance(events: &[Event], printed: Printed, now: Timestamp, knowledge: &Knowledge) -> (Appliance, bool) {
    let told = product::told_by(events);
    let day = now.to_zoned(TimeZone::UTC).date();
    let is_refused = |(kind, build): &(ApplianceKind, Option<Build>)| {
        matches!(kind, ApplianceKind::DirSync | ApplianceKind::AzureAdSync)
            || build.is_some_and(|build| knowledge.refused(build, day).is_some())
    };
    match printed.product.filter(is_refused).filter(|_| told.kind == ApplianceKind::Unknown) {
        Some((kind, build)) => (Appliance { kind, build, ..told }, true),
        None => (told, false),
    }
}

/// Whether a heartbeat that is not there can be missed: the sync product wrote to this log that long.
fn holds_heartbeats(events: &[Event], now: Timestamp) -> bool {
    let oldest = events.iter().filter(|event| event.counts()).map(|event| event.at).min();
    oldest.is_some_and(|oldest| now.duration_since(oldest) > HEARTBEAT_MISSING)
}

/// The verdict with another cause, which no event tells.
fn told_instead(cause: Cause, verdict: ServerDiagnosis, knowledge: &Knowledge) -> ServerDiagnosis {
    let summary = Text::each(|language| {
        let told = knowledge.explain_in(cause, language).sentence.clone();
        let forest = words!("one-of-its-forests").tell(language);
        told.replace("{server}", &verdict.server).replace("{forest}", &forest)
    });
    let confidence = Confidence::Possible;
    ServerDiagnosis { cause, confidence, since: None, summary, remedy: None, ..verdict }
}

/// A state of which nothing is known but that the server is in staging mode.
fn staging(read_at: Timestamp) -> State {
    State {
        read_at,
        staging: Some(true),
        cloud_flag: None,
        cycle_running: None,
        scheduler_suspended: None,
        wizard_open: None,
        sign_in_method: None,
        connectors: None,
    }
}

/// Whether an event of ours whose id is not listed says more than that the daily work goes on: a fault, a product, something that
/// may keep a remedy away.
pub(crate) fn says_more(event: &Event) -> bool {
    tells_more(event, &EMBEDDED.signatures)
}

/// Whether the cloud refuses each 1.x of Connect on a day.
pub(crate) fn refuses_1_x(on: Date) -> bool {
    const LAST: Build = Build([1, 6, 16, 0]);
    EMBEDDED.refused(LAST, on).is_some()
}

/// Whether another program's events of this id matter whatever they name: they tell of the server itself.
pub(crate) fn is_heard(id: u32) -> bool {
    hears(id, &EMBEDDED.signatures)
}

/// What the signatures made of one event.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct EventReading {
    /// The event's id.
    pub id: u32,
    /// Who wrote it; absent if the file does not tell.
    pub provider: Option<String>,
    /// When.
    pub at: Timestamp,
    /// Its record number.
    pub record: Option<u64>,
    /// The connector it is about.
    pub connector: Option<ConnectorId>,
    /// Whether its provider counts.
    pub counts: bool,
    /// Whether it is a sign of life of its connector.
    pub heartbeat: bool,
    /// Whether it speaks against code 90, where it is newer.
    pub against: bool,
    /// Every signature that reads this event's id, and what came of it.
    pub signatures: Vec<SignatureReading>,
}

impl EventReading {
    /// Whether it is code 90, of a provider that counts.
    pub fn code_90(&self) -> bool {
        self.counts && self.signatures.iter().any(|it| it.fired && it.cause == super::Cause::PhsNotActivated)
    }
}

/// What one signature made of one event.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct SignatureReading {
    /// The signature.
    pub id: String,
    /// What it stands for.
    pub cause: super::Cause,
    /// Whether it fired.
    pub fired: bool,
    /// Why, or why not.
    pub why: &'static str,
}

/// Says for each event which signature fired and which did not.
pub fn explain_events(events: &[Event], knowledge: &Knowledge) -> Vec<EventReading> {
    let counted: Vec<&Event> = events.iter().filter(|event| event.counts()).collect();
    let company = knowledge.signatures.company(&counted);
    let read = |event: &Event| {
        let read = knowledge.signatures.read(event, &company);
        let fired = |(signature, reading): &(&Signature, Reading)| {
            *reading == Reading::Fired && signature.cause != super::Cause::PhsNotActivated
        };
        let heartbeat = knowledge.signatures.is_heartbeat(event);
        let is_other = heartbeat || read.iter().any(fired);
        let signatures = read.into_iter();
        let signatures = signatures.map(|(signature, reading)| SignatureReading {
            id: signature.id.clone(),
            cause: signature.cause,
            fired: reading == Reading::Fired,
            why: reading.why(),
        });
        EventReading {
            id: event.id,
            provider: event.provider.clone(),
            at: event.at,
            record: event.record,
            connector: connector(event),
            counts: event.counts(),
            heartbeat,
            against: against(event, is_other, &knowledge.signatures),
            signatures: signatures.collect(),
        }
    };
    events.iter().map(read).collect()
}
