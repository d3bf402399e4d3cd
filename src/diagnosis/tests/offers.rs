//! Each condition of an offer withholds it by itself, with its own code.

use super::*;
use crate::report::{ApplianceKind, Connector, ConnectorKind, Gap, ServiceState, State};

fn state(report: &mut Report) -> &mut State {
    report.state.as_mut().expect("a state")
}

#[test]
fn each_condition_withholds_by_itself_and_names_its_code() {
    type Change = fn(&mut Report);
    let cases: &[(&str, Change)] = &[
        ("state-unknown", |r| r.state = None),
        ("state-stale", |r| state(r).read_at = ago(5)),
        ("state-stale", |r| state(r).read_at = ago(-3)),
        ("flag-unknown", |r| state(r).cloud_flag = None),
        ("staging-unknown", |r| state(r).staging = None),
        ("cycle-unknown", |r| state(r).cycle_running = None),
        ("cycle-running", |r| state(r).cycle_running = Some(true)),
        ("scheduler-unknown", |r| state(r).scheduler_suspended = None),
        ("scheduler-suspended", |r| state(r).scheduler_suspended = Some(true)),
        ("wizard-unknown", |r| state(r).wizard_open = None),
        ("wizard-open", |r| state(r).wizard_open = Some(true)),
        ("sign-in-method-unknown", |r| state(r).sign_in_method = None),
        ("connectors-unknown", |r| state(r).connectors = None),
        ("entra-connector-missing", |r| drop(state(r).connectors.as_mut().expect("some").remove(0))),
        ("entra-connectors-many", |r| {
            let connectors = state(r).connectors.as_mut().expect("some");
            let second =
                Connector { id: CORP.replace('3', "4").parse().expect("an id"), ..connectors[0].clone() };
            connectors.push(second);
        }),
        ("forests-missing", |r| {
            state(r).connectors.as_mut().expect("some").retain(|it| it.kind == ConnectorKind::Entra);
        }),
        ("channel-unknown", |r| state(r).connectors.as_mut().expect("some")[1].channel = None),
        ("events-unread", |r| r.events_at = None),
        ("events-unread", |r| r.gaps.push(Gap { what: "events".into(), why: "access denied".into() })),
        ("events-stale", |r| r.events_at = Some(ago(6))),
        ("clock-skew", |r| r.events.push(event(655, -9, CODE_90))),
        ("build-unknown", |r| r.appliance.build = None),
        ("build-recalled", |r| r.appliance.build = "2.6.79.0".parse().ok()),
        ("service-unknown", |r| r.appliance.services.clear()),
        ("service-unknown", |r| r.appliance.services[0].state = ServiceState::Unknown),
        ("appliance-unknown", |r| r.appliance.kind = ApplianceKind::Unknown),
        ("appliance-not-connect", |r| r.appliance.kind = ApplianceKind::CloudSync),
        ("not-allowed-at-server", |r| r.permits.commands.clear()),
        ("foreign-provider", |r| {
            let mut foreign = event(611, 50, "RPC Error 1722");
            foreign.provider = Some("Other".into());
            r.events.push(foreign);
        }),
        ("code-90-stale", |r| {
            r.events.retain(|it| it.at < ago(65));
            r.events.push(event(655, 66, CODE_90));
        }),
    ];
    for (code, change) in cases {
        let mut report = switched_off();
        change(&mut report);
        let server = judge_one(report);
        assert_eq!(server.cause, Cause::PhsNotActivated, "{code}");
        assert!(!server.offer, "{code}");
        assert!(codes(&server).contains(code), "{code}: {:?}", codes(&server));
    }
}

#[test]
fn a_silent_server_and_clocks_far_apart_withhold() {
    let mut observation = seen(switched_off());
    observation.silence = Some(Silence { code: "timeout".into(), why: "no answer in 2 s".into() });
    let server = diagnose(&[observation.clone()], now(), &Knowledge::embedded()).servers.remove(0);
    assert!(!server.offer && server.silent.is_some() && codes(&server) == ["silent"]);

    observation.silence = None;
    let ahead = SignedDuration::from_mins(11);
    observation.skew = Some(ahead);
    let server = diagnose(&[observation.clone()], now() - ahead, &Knowledge::embedded()).servers.remove(0);
    assert_eq!(codes(&server), ["clock-skew"], "judged by the server's own clock, all else holds");
    observation.skew = Some(SignedDuration::from_mins(2));
    let server = diagnose(&[observation], now() - SignedDuration::from_mins(2), &Knowledge::embedded())
        .servers
        .remove(0);
    assert!(server.offer && has_warning(&server, "clock-skew"));
}

#[test]
fn builds_that_heal_themselves_are_given_30_minutes_or_one_try() {
    let early = |build: &str, extra: Vec<Event>| {
        let mut report = switched_off();
        report.appliance.build = build.parse().ok();
        report.events = vec![ping(CORP, 40), ping(LAB, 35), event(655, 20, CODE_90)];
        report.events.extend(extra);
        judge_one(report)
    };
    assert_eq!(codes(&early("2.6.3.0", vec![])), ["self-healing"]);
    assert_eq!(codes(&early("2.6.3.0", vec![event(661, 15, "")])), ["self-healing"]);
    assert!(early("2.6.3.0", vec![event(661, 15, ""), event(655, 10, CODE_90)]).offer);
    assert!(early("2.6.84.0", vec![]).offer);
    assert!(judge_one(switched_off()).offer, "70 minutes have passed");
}

#[test]
fn a_second_active_server_or_one_that_may_be_withholds_and_a_staging_one_does_not() {
    assert!(judge_all(vec![switched_off(), staging()]).servers[0].offer);

    let mut second = healthy();
    second.agent = "SYNC02".parse().expect("an id");
    let two = judge_all(vec![switched_off(), second.clone()]);
    assert_eq!(codes(&two.servers[0]), ["two-active"]);
    assert!(!two.servers[0].offer && two.findings[0].code == "two-active");
    assert!(two.findings[0].text.to_string().contains("SYNC01, SYNC02"));

    state(&mut second).staging = None;
    assert_eq!(codes(&judge_all(vec![switched_off(), second]).servers[0]), ["other-server-unknown"]);
    let mut old = staging();
    state(&mut old).read_at = ago(30);
    assert_eq!(codes(&judge_all(vec![switched_off(), old]).servers[0]), ["other-server-unknown"]);
    let mut silent = seen(staging());
    silent.silence = Some(Silence { code: "timeout".into(), why: "no answer".into() });
    let diagnosis = diagnose(&[seen(switched_off()), silent], now(), &Knowledge::embedded());
    assert_eq!(codes(&diagnosis.servers[0]), ["other-server-silent"]);
}
