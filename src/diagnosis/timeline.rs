//! A report's events as signs of faults and of life, and which faults have been overcome.

use std::collections::BTreeSet;

use jiff::Timestamp;

use super::cause::Cause;
use super::limits::{AHEAD, CYCLE, FAULT_WINDOW};
use super::objection::Objection;
use super::product::{service_runs, staging};
use super::signature::{Signature, Signatures, connector};
use crate::ids::ConnectorId;
use crate::report::{ConnectorKind, Event, Report};

/// One sign of a fault.
#[derive(Debug, Clone)]
pub(super) struct Fault<'a> {
    pub(super) event: &'a Event,
    pub(super) signature: &'a Signature,
    pub(super) connector: Option<ConnectorId>,
}

/// One sign of life.
#[derive(Debug, Clone)]
pub(super) struct Heartbeat {
    pub(super) at: Timestamp,
    /// The forest; absent in older builds' events.
    pub(super) connector: Option<ConnectorId>,
    /// Passwords were delivered (651, 657), as against an idle ping (654).
    delivered: bool,
}

/// The events of the recent window, oldest first.
#[derive(Debug)]
pub(super) struct Timeline<'a> {
    /// Signs of faults from providers that count.
    pub(super) faults: Vec<Fault<'a>>,
    /// Signs of life from providers that count.
    pub(super) heartbeats: Vec<Heartbeat>,
    /// Our inner text from providers that are not listed: shown, not counted.
    pub(super) foreign: Vec<Fault<'a>>,
    /// Self-healing has ended (661) at these times.
    pub(super) healings: Vec<Timestamp>,
    /// Self-healing has begun (660) at these times.
    pub(super) healings_begun: Vec<Timestamp>,
    /// When a full password sync last finished, of a domain (622) or a forest (623).
    pub(super) full_sync_ended: Option<Timestamp>,
    /// When the service was last seen to stop (2002) without a later sign that it runs.
    pub(super) stopped: Option<Timestamp>,
    /// The product's newest word on the server's mode, if that is staging mode and no later attempt of password sync belies it.
    pub(super) staging: Option<&'a Event>,
    /// What keeps the remedy away where it is newer than the last code 90, and the event that raises it.
    pub(super) objections: Vec<(&'a Objection, &'a Event)>,
    /// An event lies in the server's own future: its clock was moved, or the report lies.
    pub(super) from_the_future: bool,
    /// The forests that can send heartbeats: as the state tells, else as the events do.
    forests: Vec<ConnectorId>,
}

impl<'a> Timeline<'a> {
    /// Reads a report's events; `as_of` is the time, by the server's clock, that they speak for.
    pub(super) fn read(report: &'a Report, signatures: &'a Signatures, as_of: Timestamp) -> Timeline<'a> {
        let mut seen = BTreeSet::new();
        // One record of the log given twice is one event.
        let again = |event: &&'a Event| {
            let of = (event.provider.clone(), event.id, event.at, event.text.as_str());
            event.record.is_none_or(|record| seen.insert((record, of)))
        };
        let mut events: Vec<&Event> = report.events.iter().filter(again).collect();
        events.sort_by_key(|event| (event.at, event.record));
        let recent = |event: &&&Event| as_of.duration_since(event.at) <= FAULT_WINDOW;
        let objections = signatures.objections().all.iter();
        let objections = objections.filter_map(|it| Some((it, it.standing(&events, signatures)?))).collect();
        let (counted, foreign): (Vec<&Event>, Vec<&Event>) = events.iter().partition(|event| event.counts());

        let sign = |event: &'a Event, signature: &'a Signature| Fault {
            event,
            signature,
            connector: connector(event),
        };
        let company = signatures.company(&counted);
        let faults = counted.iter().filter(recent).flat_map(|&event| {
            let found = signatures.faults_among(event, &company, report.appliance.build);
            found.into_iter().map(move |signature| sign(event, signature))
        });
        let heartbeats = counted.iter().filter(|event| signatures.is_heartbeat(event));
        let heartbeats = heartbeats.map(|event| Heartbeat {
            at: event.at,
            connector: connector(event),
            delivered: event.id != 654,
        });
        let foreign = foreign.iter().filter(recent);
        let foreign =
            foreign.filter_map(|&event| signatures.inner_text(event).map(|signature| sign(event, signature)));
        let runs = |event: &&&Event| event.id == 2001 || matches!(event.id, 601 | 611..=657 | 663 | 6900);
        let told = |runs: bool| {
            let told = events.iter().filter(recent).rfind(|event| service_runs(event) == Some(runs));
            told.map(|event| event.at)
        };
        let last_sign = counted.iter().rfind(runs).map(|event| event.at).max(told(true));
        let stop = counted.iter().filter(recent).rfind(|event| event.id == 2002).map(|event| event.at);
        let stop = stop.max(told(false));

        let tried = |event: &&&Event| matches!(event.id, 611 | 650..=657 | 6900);
        let last_try = counted.iter().rfind(tried).map(|event| event.at);
        let mode =
            counted.iter().filter(recent).filter_map(|event| Some((*event, staging(event)?))).next_back();
        let staging = mode.filter(|(event, on)| *on && last_try.is_none_or(|tried| tried <= event.at));

        let mut timeline = Timeline {
            staging: staging.map(|(event, _)| event),
            faults: faults.collect(),
            heartbeats: heartbeats.collect(),
            foreign: foreign.collect(),
            healings: counted.iter().filter(|event| event.id == 661).map(|event| event.at).collect(),
            healings_begun: counted.iter().filter(|event| event.id == 660).map(|event| event.at).collect(),
            full_sync_ended: counted
                .iter()
                .rfind(|event| matches!(event.id, 622 | 623))
                .map(|event| event.at),
            stopped: stop.filter(|at| last_sign.is_none_or(|sign| sign < *at)),
            objections,
            from_the_future: counted.last().is_some_and(|event| event.at.duration_since(as_of) > AHEAD),
            forests: Vec::new(),
        };
        timeline.forests = timeline.forests_of(report);
        timeline
    }

    fn forests_of(&self, report: &Report) -> Vec<ConnectorId> {
        let known = report.state.as_ref().filter(|state| state.connectors.is_some());
        if let Some(state) = known {
            // A closed channel is silent, so nothing waits for its heartbeat.
            let open = state.connectors_of(ConnectorKind::Ad).filter(|forest| forest.channel != Some(false));
            return open.map(|forest| forest.id.clone()).collect();
        }
        let of_faults = self.faults.iter().filter_map(|fault| fault.connector.clone());
        let of_heartbeats = self.heartbeats.iter().filter_map(|heartbeat| heartbeat.connector.clone());
        let seen: BTreeSet<_> = of_faults.chain(of_heartbeats).collect();
        seen.into_iter().collect()
    }

    /// The heartbeats of a forest; one without a forest belongs to it only if there is no other.
    pub(super) fn heartbeats_of<'t>(
        &'t self,
        forest: &'t ConnectorId,
    ) -> impl Iterator<Item = &'t Heartbeat> {
        let only = self.forests.iter().all(|other| other == forest);
        self.heartbeats.iter().filter(move |heartbeat| match &heartbeat.connector {
            Some(connector) => connector == forest,
            None => only,
        })
    }

    /// Whether heartbeats exist that can't be told to be of one forest.
    pub(super) fn has_unattributed_heartbeats(&self) -> bool {
        self.heartbeats.iter().any(|heartbeat| heartbeat.connector.is_none())
    }

    /// When a fault was overcome: by a later heartbeat of its forest, or of every forest if it names none.
    pub(super) fn overcome(&self, fault: &Fault<'_>, as_of: Timestamp) -> Option<Timestamp> {
        let after = fault.event.at;
        // A ping shows that the cloud answers; that a domain can be read again shows only once the next
        // cycle passes without a complaint, or when passwords arrive.
        let proves = |heartbeat: &&Heartbeat| {
            let passed = as_of.duration_since(after) >= CYCLE;
            heartbeat.at > after && (!ad_side(fault.signature.cause) || heartbeat.delivered || passed)
        };
        match &fault.connector {
            Some(forest) => self.heartbeats_of(forest).find(proves).map(|heartbeat| heartbeat.at),
            None if self.forests.is_empty() => {
                self.heartbeats.iter().find(proves).map(|heartbeat| heartbeat.at)
            }
            None => {
                let first = |forest| self.heartbeats_of(forest).find(proves).map(|heartbeat| heartbeat.at);
                self.forests.iter().map(first).collect::<Option<Vec<_>>>()?.into_iter().max()
            }
        }
    }

    /// When the run of a fault's signs that ends with this one began: its first sign since the last life.
    pub(super) fn began(&self, fault: &Fault<'_>) -> Timestamp {
        let cause = fault.signature.cause;
        let life = self.heartbeats.iter().filter(|heartbeat| {
            let same = fault.connector.is_none()
                || heartbeat.connector.is_none()
                || heartbeat.connector == fault.connector;
            heartbeat.at < fault.event.at && same && (!ad_side(cause) || heartbeat.delivered)
        });
        let life = life.map(|heartbeat| heartbeat.at).max();
        let signs = self.faults.iter().filter(|other| other.signature.cause == cause);
        let since = signs.map(|other| other.event.at).filter(|at| life.is_none_or(|life| *at > life));
        since.min().unwrap_or(fault.event.at)
    }
}

/// Whether a cause is on the side of Active Directory, where an idle ping proves nothing at once.
fn ad_side(cause: Cause) -> bool {
    matches!(
        cause,
        Cause::AdUnreachable
            | Cause::AdPermission
            | Cause::AdReplicationDisabled
            | Cause::AdCredential
            | Cause::AdOther
            | Cause::FipsMode
    )
}
