//! One server's report with all that is read from it: what verdict, offer and warnings are judged by.

use jiff::Timestamp;

use super::answer::{AdminAction, ForestHealth};
use super::forests::forests;
use super::knowledge::Knowledge;
use super::limits::{AHEAD, CLOSED_LATELY, FRESH};
use super::observation::Observation;
use super::timeline::{Fault, Timeline};
use super::{answer::Finding, audit};
use crate::ids::ConnectorId;
use crate::report::{ApplianceKind, Report, ServiceState, State};
use crate::words::Text;

/// A report, read.
#[derive(Debug)]
pub(super) struct Case<'a> {
    pub(super) observation: &'a Observation,
    pub(super) report: &'a Report,
    pub(super) knowledge: &'a Knowledge,
    /// Now, by the server's clock: reports are judged by the clock they were written by.
    pub(super) now: Timestamp,
    /// The time that the events speak for: now, or when they were read if that is longer ago.
    pub(super) as_of: Timestamp,
    pub(super) timeline: Timeline<'a>,
    pub(super) forests: Vec<ForestHealth>,
    pub(super) actions: Vec<AdminAction>,
}

impl<'a> Case<'a> {
    pub(super) fn read(
        observation: &'a Observation,
        report: &'a Report,
        now: Timestamp,
        knowledge: &'a Knowledge,
    ) -> Case<'a> {
        let now = observation.skew.and_then(|skew| now.checked_add(skew).ok()).unwrap_or(now);
        let as_of = report.events_at.unwrap_or(report.clock).min(now);
        let timeline = Timeline::read(report, &knowledge.signatures, as_of);
        let forests = forests(report, &timeline, as_of);
        let actions = audit::actions(report);
        Case { observation, report, knowledge, now, as_of, timeline, forests, actions }
    }

    pub(super) fn state(&self) -> Option<&'a State> {
        self.report.state.as_ref()
    }

    /// Whether a time of the server's is within [`FRESH`] of now.
    pub(super) fn fresh(&self, at: Timestamp) -> bool {
        let age = self.now.duration_since(at);
        age < FRESH && age >= -AHEAD
    }

    pub(super) fn events_fresh(&self) -> bool {
        self.report.events_at.is_some_and(|at| self.fresh(at))
    }

    pub(super) fn state_fresh(&self) -> bool {
        self.state().is_some_and(|state| self.fresh(state.read_at))
    }

    /// The state of the sync service that belongs to the appliance.
    pub(super) fn service(&self) -> Option<ServiceState> {
        match self.report.appliance.kind {
            ApplianceKind::DirSync => self.report.service("FIMSynchronizationService"),
            _ => self.report.service("ADSync"),
        }
    }

    /// Whether the sync service is known to be stopped: by the service manager, else by the log.
    pub(super) fn service_stopped(&self) -> bool {
        match self.service() {
            Some(state) => state == ServiceState::Stopped,
            None => self.timeline.stopped.is_some(),
        }
    }

    /// A forest's name, or its connector's id where none is known.
    pub(super) fn forest_name(&self, id: &ConnectorId) -> String {
        let found = self.forests.iter().find(|forest| &forest.connector == id);
        found.map_or_else(|| id.to_string(), |forest| forest.name.clone())
    }

    /// The forests whose channel is known to be closed.
    pub(super) fn closed(&self) -> Vec<&ForestHealth> {
        self.forests.iter().filter(|forest| forest.channel == Some(false)).collect()
    }

    /// The closed forests that were open within [`CLOSED_LATELY`]: a heartbeat or a success says so.
    pub(super) fn closed_lately(&self) -> Vec<&ForestHealth> {
        let mut closed = self.closed();
        closed.retain(|forest| self.open_lately(forest));
        closed
    }

    /// The closed forests that nothing shows to have been open: that is taken as somebody's choice.
    pub(super) fn closed_by_choice(&self) -> Vec<&ForestHealth> {
        let mut closed = self.closed();
        closed.retain(|forest| !self.open_lately(forest));
        closed
    }

    fn open_lately(&self, forest: &ForestHealth) -> bool {
        let within = |from: Timestamp, at: Timestamp| from.duration_since(at) <= CLOSED_LATELY;
        let alive = forest.last_heartbeat.is_some_and(|at| within(self.as_of, at));
        // Judged by the time of the reading, so that a silent server's old report tells the same each day.
        let read_at = self.state().map_or(self.as_of, |state| state.read_at);
        alive || forest.last_success.is_some_and(|at| within(read_at, at))
    }

    /// Whether a fault is of a forest whose channel was read as closed since: it says nothing of now.
    pub(super) fn of_closed(&self, fault: &Fault<'_>) -> bool {
        let closed = |id: &ConnectorId| self.closed().iter().any(|forest| &forest.connector == id);
        let before = self.state().is_some_and(|state| fault.event.at <= state.read_at);
        before && fault.connector.as_ref().is_some_and(closed)
    }
}

/// Makes a finding.
pub(super) fn finding(code: &str, text: Text) -> Finding {
    Finding { code: code.into(), text }
}
