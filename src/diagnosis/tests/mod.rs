//! What a diagnosis promises, told through reports.

mod channels;
mod files;
mod objections;
mod offers;
mod products;
mod promises;
mod proofs;
mod unread;
mod verdicts;

use jiff::{SignedDuration, Timestamp};

use super::*;
use crate::report::{Event, Level, Report};

pub(super) const CORP: &str = "6b1b1a3e-0000-4000-8000-000000000001";
pub(super) const LAB: &str = "6b1b1a3e-0000-4000-8000-000000000002";
pub(super) const CODE_90: &str = "An error occurred. Error Code: 90. Error Description: Password Synchronization has \
    not been activated for this company. Tracking ID: 07e93e8a";

pub(super) fn now() -> Timestamp {
    "2026-11-22T02:00:00Z".parse().expect("a time")
}

/// So many minutes before [`now`].
pub(super) fn ago(minutes: i64) -> Timestamp {
    now() - SignedDuration::from_mins(minutes)
}

pub(super) fn event(id: u32, minutes_ago: i64, text: &str) -> Event {
    let provider = match id {
        6900 => "ADSync",
        2506 | 2513 | 2606 | 2613 => "Entra Connect Admin Actions",
        _ => "Directory Synchronization",
    };
    Event {
        id,
        provider: Some(provider.into()),
        level: None,
        record: None,
        at: ago(minutes_ago),
        connector: None,
        text: text.into(),
    }
}

pub(super) fn of(connector: &str, mut event: Event) -> Event {
    event.connector = Some(connector.parse().expect("a connector"));
    event
}

pub(super) fn ping(connector: &str, minutes_ago: i64) -> Event {
    of(connector, event(654, minutes_ago, "Provision credentials ping end."))
}

/// An active server with two forests, whose flag is on and whose forests are alive.
pub(super) fn healthy() -> Report {
    let text = format!(
        r#"{{"v":1,"agent":"SYNC01","generation":1,"agent_version":"0.1.0","server":"SYNC01",
        "clock":"{now}","appliance":{{"kind":"connect","build":"2.6.3.0",
            "services":[{{"name":"ADSync","state":"running"}}]}},
        "events_at":"{now}",
        "state":{{"read_at":"{now}","cloud_flag":true,"staging":false,"cycle_running":false,
            "scheduler_suspended":false,"wizard_open":false,"sign_in_method":"PasswordHashSync","connectors":[
            {{"id":"b891884f-051e-4a83-95af-2544101c9083","name":"contoso.onmicrosoft.com - AAD","kind":"entra"}},
            {{"id":"{CORP}","name":"corp.contoso.com","kind":"ad","channel":true}},
            {{"id":"{LAB}","name":"lab.contoso.com","kind":"ad","channel":true}}]}},
        "permits":{{"commands":["enable-password-sync","enable-forest-channel"],"approvals":1}}}}"#,
        now = now(),
    );
    let mut report = Report::from_json(text.as_bytes()).expect("reads");
    report.events = vec![ping(CORP, 20), ping(LAB, 10), ping(CORP, 200), ping(LAB, 190)];
    report
}

/// The main fault: the flag is off, code 90 since 70 minutes, and every condition of an offer holds.
pub(super) fn switched_off() -> Report {
    let mut report = healthy();
    report.state.as_mut().expect("a state").cloud_flag = Some(false);
    report.events = vec![
        ping(CORP, 100),
        ping(LAB, 95),
        event(6900, 70, CODE_90),
        of(CORP, event(655, 40, CODE_90)),
        of(LAB, event(652, 10, CODE_90)),
    ];
    report
}

/// A staging server beside the active one.
pub(super) fn staging() -> Report {
    let mut report = healthy();
    report.agent = "STAGE01".parse().expect("an id");
    report.server = "STAGE01".into();
    report.events.clear();
    report.state.as_mut().expect("a state").staging = Some(true);
    report
}

pub(super) fn seen(report: Report) -> Observation {
    Observation {
        agent: report.agent.clone(),
        report: Some(report),
        received_at: Some(now()),
        silence: None,
        skew: None,
    }
}

pub(super) fn judge_all(reports: Vec<Report>) -> Diagnosis {
    let observations: Vec<_> = reports.into_iter().map(seen).collect();
    diagnose(&observations, now(), &Knowledge::embedded())
}

pub(super) fn judge_one(report: Report) -> ServerDiagnosis {
    judge_all(vec![report]).servers.remove(0)
}

pub(super) fn codes(server: &ServerDiagnosis) -> Vec<&str> {
    server.why_not.iter().map(|why| why.code.as_str()).collect()
}

pub(super) fn has_warning(server: &ServerDiagnosis, code: &str) -> bool {
    server.warnings.iter().any(|warning| warning.code == code)
}

/// Code 90 ten minutes ago, then these; from events alone, as from a file.
pub(super) fn then(newer: Vec<Event>) -> ServerDiagnosis {
    let mut events = switched_off().events;
    events.extend(newer);
    diagnose_events(events, Some("SYNC01"), Printed::default(), now(), &Knowledge::embedded())
        .expect("a name")
}

/// The remedy is kept away, with this code.
pub(super) fn withheld(newer: Vec<Event>, code: &str) {
    let server = then(newer.clone());
    assert!(server.remedy.is_none() && codes(&server).contains(&code), "{newer:?}: {:?}", codes(&server));
}

/// The remedy is named.
pub(super) fn named(newer: Vec<Event>) {
    let server = then(newer.clone());
    assert!(server.remedy.is_some(), "{newer:?}: {:?}", codes(&server));
}
