//! What no set of observations can bring about.

use std::sync::LazyLock;

use proptest::prelude::*;
use regex::Regex;

use super::*;
use crate::report::{ApplianceKind, ServiceState, State};

const TEXTS: &[&str] = &[
    CODE_90,
    "Error Code: 90",
    "error\ncode :  90.",
    "Error Code: 900",
    "Error Code: 9012. Password Synchronization has not been activated for this company",
    "Error Code: 81. currently busy",
    "Password Synchronization has not been activated for this company",
    "Error Code: 90 ---> AADSTS50054",
    "The user name or password is incorrect.",
    "AADSTS700027",
    "RPC Error 8453",
    "Result : Success.",
    "Unable to communicate with the Windows Azure Active Directory service.",
    "Fehlercode: 90",
    "",
];
const IDS: &[u32] =
    &[0, 115, 604, 611, 613, 651, 652, 654, 655, 657, 659, 661, 663, 667, 906, 2002, 2506, 6900];
const PROVIDERS: &[Option<&str>] =
    &[None, Some("ADSync"), Some("Directory Synchronization"), Some("Contoso Backup")];

fn flag() -> impl Strategy<Value = Option<bool>> {
    prop_oneof![14 => Just(Some(false)), 2 => Just(Some(true)), 1 => Just(None)]
}

fn any_event() -> impl Strategy<Value = Event> {
    let parts = (
        prop_oneof![3 => prop::sample::select(&[6900u32, 652, 655][..]), 2 => prop::sample::select(IDS)],
        prop_oneof![2 => 0usize..3, 3 => 0usize..TEXTS.len()],
        prop_oneof![4 => 0usize..3, 1 => 0usize..PROVIDERS.len()],
        -2i64..200,
        prop::sample::select(&[None, Some(CORP), Some(LAB)][..]),
    );
    parts.prop_map(|(id, text, provider, minutes, connector)| {
        let mut made = event(id, minutes, TEXTS[text]);
        made.provider = PROVIDERS[provider].map(Into::into);
        match connector {
            Some(connector) => of(connector, made),
            None => made,
        }
    })
}

prop_compose! {
    fn any_report()(
        events in prop::collection::vec(any_event(), 0..8),
        cloud in flag(), staging in flag(), cycle in flag(), suspended in flag(), wizard in flag(),
        channels in [prop_oneof![8 => Just(Some(true)), 1 => Just(Some(false)), 1 => Just(None)],
                     prop_oneof![8 => Just(Some(true)), 1 => Just(Some(false)), 1 => Just(None)]],
        kind in prop_oneof![6 => Just(ApplianceKind::Connect), 1 => Just(ApplianceKind::DirSync),
                            1 => Just(ApplianceKind::Unknown)],
        build in prop_oneof![8 => prop::sample::select(&["2.6.3.0", "2.6.84.0"][..]),
                             1 => prop::sample::select(&["2.6.79.0", "2.4.18.0", ""][..])],
        service in prop_oneof![6 => Just(ServiceState::Running), 1 => Just(ServiceState::Stopped),
                               1 => Just(ServiceState::Unknown)],
        state_known in prop::bool::weighted(0.9), permitted in prop::bool::weighted(0.9),
        succeeded in prop_oneof![Just(None), Just(Some(30i64)), Just(Some(100_000i64))],
        read in prop_oneof![6 => Just(0i64), 1 => -10i64..100], logged in prop_oneof![6 => Just(0i64), 1 => -10i64..100],
    ) -> Report {
        let mut report = healthy();
        report.events = events;
        report.events_at = Some(ago(logged));
        report.appliance.kind = kind;
        report.appliance.build = build.parse().ok();
        report.appliance.services[0].state = service;
        if !permitted {
            report.permits.commands.clear();
        }
        let state = report.state.as_mut().expect("a state");
        state.read_at = ago(read);
        (state.cloud_flag, state.staging, state.cycle_running) = (cloud, staging, cycle);
        (state.scheduler_suspended, state.wizard_open) = (suspended, wizard);
        let connectors = state.connectors.as_mut().expect("connectors");
        (connectors[1].channel, connectors[2].channel) = (channels[0], channels[1]);
        connectors[2].last_success = succeeded.map(ago);
        if !state_known {
            report.state = None;
        }
        report
    }
}

/// Code 90 by the letter of the rule, found without the engine.
fn is_code_90(event: &Event) -> bool {
    static CODE: LazyLock<Regex> =
        LazyLock::new(|| Regex::new(r"(?i)error\s*code\s*:\s*90\b").expect("a pattern"));
    [6900, 652, 655].contains(&event.id) && CODE.is_match(&event.text)
}

fn last_code_90(report: &Report) -> Option<Timestamp> {
    report.events.iter().filter(|it| it.counts() && is_code_90(it)).map(|it| it.at).max()
}

/// An event that is evidence of another fault, whatever else it may be; a subset that needs no engine to see.
fn of_another_kind(event: &Event) -> bool {
    let by_id = [115, 613, 667, 611].contains(&event.id);
    let other =
        ["AADSTS", "Error Code: 81", "RPC Error", "Unable to communicate", "incorrect", "900", "Fehlercode"];
    let by_text = [652, 655, 6900].contains(&event.id) && other.iter().any(|text| event.text.contains(text));
    event.counts() && (by_id || by_text)
}

fn alive(event: &Event) -> bool {
    let success = event.id == 657 && event.text.contains("Success");
    event.counts() && ([651, 654].contains(&event.id) || success)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 800, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn nothing_but_code_90_with_nothing_newer_against_it_yields_enable_password_sync(report in any_report()) {
        let server = judge_one(report.clone());
        let remedy = server.remedy.as_ref().map(|remedy| remedy.command.as_str());
        if remedy == Some("enable-password-sync") {
            let last = last_code_90(&report);
            prop_assert!(last.is_some(), "no code 90");
            prop_assert!(!report.events.iter().any(|it| Some(it.at) >= last && of_another_kind(it)), "another fault");
            prop_assert!(!report.events.iter().any(|it| Some(it.at) >= last && alive(it)), "a sign of life");
            let on = |state: &State| state.cloud_flag == Some(true) && Some(state.read_at) >= last;
            prop_assert!(!report.state.as_ref().is_some_and(on), "the flag is on");
        }
        if remedy == Some("enable-forest-channel") {
            let state = report.state.as_ref().expect("only from live state");
            let id = &server.remedy.as_ref().expect("a remedy").arguments["connector"];
            let named = state.connectors.iter().flatten().find(|it| it.id.as_str() == id);
            prop_assert_eq!(named.expect("one of the server's").channel, Some(false));
        }
        let good = matches!(server.cause, Cause::Healthy | Cause::Recovered);
        let by_choice = good && server.deliberate && remedy == Some("enable-forest-channel");
        prop_assert!(remedy.is_none() || by_choice || server.cause.command() == remedy, "another cause's command");
    }

    #[test]
    fn a_closed_forest_never_hides_what_the_open_one_shows(
        mut report in any_report(), succeeded in prop::option::of(0i64..10_000),
    ) {
        // The same server without the closed forest, and without its events.
        report.events.retain(|it| it.connector == CORP.parse().ok());
        let mut without = report.clone();
        if let Some(connectors) = report.state.as_mut().and_then(|state| state.connectors.as_mut()) {
            connectors[1].channel = Some(true);
            connectors[2].channel = Some(false);
            connectors[2].last_success = succeeded.map(ago);
            without.state.as_mut().expect("as before").connectors = Some(connectors[..2].to_vec());
        }
        // What only another provider says is shown beside a verdict, and is the last resort for one.
        let mut ours = without.clone();
        ours.events.retain(Event::counts);
        let (with, without, ours) = (judge_one(report), judge_one(without), judge_one(ours));
        let foreign = !without.evidence.is_empty() && ours.evidence.is_empty();
        let good = matches!(without.cause, Cause::Healthy | Cause::Recovered);
        let unsure = without.cause == Cause::HeartbeatMissing && without.forests.iter().all(|it| it.level != HeartbeatLevel::Missing);
        let named = with.cause == Cause::ForestChannelDisabled && (good || unsure || foreign);
        prop_assert!(with.cause == without.cause || named, "{} hides {}", with.cause, without.cause);
    }

    #[test]
    fn an_offer_implies_that_every_condition_is_known_to_hold(report in any_report(), other in prop::option::weighted(0.3, any_report())) {
        let diagnosis = judge_all([Some(report.clone()), other].into_iter().flatten().collect());
        let server = &diagnosis.servers[0];
        prop_assert_eq!(server.offer, server.remedy.is_some() && server.why_not.is_empty());
        if server.offer {
            let state = report.state.as_ref().expect("state is known");
            let off = [state.staging, state.cycle_running, state.scheduler_suspended, state.wizard_open];
            prop_assert_eq!(off, [Some(false); 4]);
            let of_forest = server.remedy.as_ref().is_some_and(|it| it.command.as_str() == "enable-forest-channel");
            prop_assert_eq!(state.cloud_flag, Some(of_forest));
            prop_assert!(state.connectors.iter().flatten().skip(1).all(|it| it.channel.is_some()));
            prop_assert_eq!(report.appliance.kind, ApplianceKind::Connect);
            let build = report.appliance.build.expect("known").to_string();
            prop_assert!(["2.6.3.0", "2.6.84.0"].contains(&build.as_str()));
            prop_assert_eq!(report.appliance.services[0].state, ServiceState::Running);
            prop_assert!(!report.permits.commands.is_empty());
            prop_assert!(!report.events.iter().any(|it| !it.counts() && is_code_90(it)), "a foreign code 90");
            let standby = |it: &ServerDiagnosis| it.cause == Cause::StagingMode;
            prop_assert!(diagnosis.servers[1..].iter().all(standby));
        }
    }
}
