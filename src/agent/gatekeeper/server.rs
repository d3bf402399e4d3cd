//! What the server itself says for or against a run. Pure.

use crate::agent::journal::view::View;
use crate::catalog::{Command, ENABLE_FOREST_CHANNEL, ENABLE_PASSWORD_SYNC};
use crate::ids::{Build, ConnectorId};
use crate::link::protocol::Reason;
use crate::plan::last_admin_action;
use crate::report::{ApplianceKind, ConnectorKind, Report, ServiceState, State};

/// The oldest build that Microsoft's cloud still accepts, from 30 September 2026.
///
/// Source: Microsoft Entra Connect version history.
pub(super) const FLOOR: Build = Build([2, 5, 79, 0]);
/// A build that Microsoft recalled. Same source.
pub(super) const RECALLED: Build = Build([2, 6, 79, 0]);

/// What speaks against any run on this product and build.
pub(super) fn product(report: &Report) -> Vec<Reason> {
    let appliance = &report.appliance;
    match (appliance.kind, appliance.build) {
        // Not known just now; `known_state` answers busy.
        (ApplianceKind::Unknown, _) | (ApplianceKind::Connect, None) => Vec::new(),
        (ApplianceKind::Connect, Some(build)) if build < FLOOR => {
            let text =
                format!("build {build} is refused by the cloud (the oldest accepted is {FLOOR}): upgrade it");
            vec![Reason::new("build-retired", text)]
        }
        (ApplianceKind::Connect, Some(RECALLED)) => {
            let text = format!("build {RECALLED} was recalled by Microsoft: install a newer one");
            vec![Reason::new("build-recalled", text)]
        }
        (ApplianceKind::Connect, Some(_)) => Vec::new(),
        _ => {
            let text =
                "this server does not run Microsoft Entra Connect; nothing is ever run on another product";
            vec![Reason::new("appliance-not-connect", text)]
        }
    }
}

/// The state, if everything that a decision rests on is known just now; what is not, otherwise. That includes all that
/// goes into the fingerprint: one made of unknown values would differ from the approved one without anything having moved.
pub(super) fn known_state(report: &Report) -> Result<&State, Vec<Reason>> {
    let reason = |what: &str| {
        let gap = report.gaps.iter().find(|gap| gap.what == what);
        let why = gap.map_or_else(|| "not read yet".to_owned(), |gap| gap.why.clone());
        Reason::new("state-unknown", format!("{what} is unknown: {why}"))
    };
    let mut unknown = Vec::new();
    let mut need = |known: bool, what: &str| {
        if !known {
            unknown.push(reason(what));
        }
    };
    need(report.appliance.kind != ApplianceKind::Unknown && report.appliance.build.is_some(), "appliance");
    // The fingerprint holds the record number of the last administrators' action.
    let numbered = last_admin_action(&report.events).is_none_or(|event| event.record.is_some());
    // A log that does not answer shows what it was: somebody may have acted since.
    let of_now = report.events_at.is_some_and(|at| at >= report.clock);
    need(of_now && numbered, "events");
    let Some(state) = &report.state else {
        need(false, "state");
        return Err(unknown);
    };
    need(state.cloud_flag.is_some(), "cloud_flag");
    need(state.staging.is_some(), "staging");
    need(state.cycle_running.is_some(), "cycle_running");
    need(state.scheduler_suspended.is_some(), "scheduler_suspended");
    need(state.wizard_open.is_some(), "wizard_open");
    need(state.sign_in_method.is_some(), "sign_in_method");
    need(state.connectors.is_some(), "connectors");
    for forest in state.connectors_of(ConnectorKind::Ad) {
        need(forest.channel.is_some(), &format!("channel {}", forest.id));
    }
    if unknown.is_empty() { Ok(state) } else { Err(unknown) }
}

/// What in the state makes the command wrong, until somebody changes it.
pub(super) fn wrong_state(command: &Command, forest: Option<&ConnectorId>, state: &State) -> Vec<Reason> {
    let mut why = Vec::new();
    if state.staging != Some(false) {
        let text = "the server is in staging mode, where password hash sync is off on purpose";
        why.push(Reason::new("staging-mode", text));
    }
    let entra = state.connectors_of(ConnectorKind::Entra).count();
    if entra != 1 {
        let text = format!("the server has {entra} Entra connectors where exactly one is expected");
        why.push(Reason::new("entra-connector-count", text));
    }
    match command.id.as_str() {
        ENABLE_PASSWORD_SYNC if state.cloud_flag != Some(false) => {
            let text = "the tenant's password hash sync flag is on already";
            why.push(Reason::new("already-enabled", text));
        }
        ENABLE_FOREST_CHANNEL => {
            let found = forest.and_then(|id| state.connectors_of(ConnectorKind::Ad).find(|c| c.id == *id));
            match found.map(|forest| forest.channel) {
                Some(Some(false)) => {}
                Some(_) => {
                    let text = "the forest's password channel is on already";
                    why.push(Reason::new("already-enabled", text));
                }
                None => {
                    let text = "the server has no AD connector of that id";
                    why.push(Reason::new("connector-unknown", text));
                }
            }
        }
        _ => {}
    }
    why
}

/// What speaks against a run just now and passes by itself.
pub(super) fn busy(report: &Report, state: &State, view: &View) -> Vec<Reason> {
    let mut why = Vec::new();
    if report.service("ADSync") != Some(ServiceState::Running) {
        let text = "the service ADSync does not run: start it, and wait until it has started";
        why.push(Reason::new("adsync-not-running", text));
    }
    if state.cycle_running != Some(false) {
        let text =
            "a synchronization cycle runs, during which the configuration can't be changed: wait for its end";
        why.push(Reason::new("cycle-running", text));
    }
    if state.scheduler_suspended != Some(false) {
        let text = "the scheduler is suspended, as while the wizard is open: close the wizard, or resume the scheduler";
        why.push(Reason::new("scheduler-suspended", text));
    }
    if state.wizard_open != Some(false) {
        why.push(Reason::new("wizard-open", "the configuration wizard is open at the server: close it"));
    }
    if let Some(request) = view.running() {
        why.push(Reason::new("run-in-progress", format!("the command of request {request} runs just now")));
    }
    why
}
