//! An agent's report: no bytes make reading it panic, and what was read can be diagnosed, masked or not.
#![no_main]

use std::sync::LazyLock;

use libfuzzer_sys::fuzz_target;
use syncmedic::diagnosis::{Knowledge, Observation, diagnose};
use syncmedic::report::Report;

static KNOWLEDGE: LazyLock<Knowledge> = LazyLock::new(Knowledge::embedded);

fuzz_target!(|bytes: &[u8]| {
    let Ok(report) = Report::from_json(bytes) else { return };
    let (agent, now) = (report.agent.clone(), report.clock);
    for event in &report.events {
        let _ = syncmedic::redact::redact(&event.text);
    }
    let seen =
        Observation { agent, report: Some(report), received_at: Some(now), silence: None, skew: None };
    let diagnosis = diagnose(&[seen], now, &KNOWLEDGE);
    for server in &diagnosis.servers {
        assert!(!server.offer || (server.remedy.is_some() && server.why_not.is_empty()));
    }
});
