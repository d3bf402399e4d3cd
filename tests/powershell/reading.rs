//! `read-state`, run by real PowerShell: what can't be read is unknown with its reason, and all else is still read.

use jiff::Timestamp;
use serde_json::{Value, json};
use syncmedic::agent::state::parse;
use syncmedic::catalog::READ_STATE;
use syncmedic::plan::Mode;
use syncmedic::report::{ConnectorKind, Gap, State};

use crate::site::{CORP, Shell, Site, healthy, healthy_but, shells};

async fn read(shell: &Shell, state: &Value) -> (State, Vec<Gap>) {
    let printed = Site::new(shell, Some(state)).run(READ_STATE, &[], Mode::Unattended).await;
    let object = printed.unwrap_or_else(|error| panic!("{}: {error} ({})", shell.name, error.code()));
    parse(&object, Timestamp::UNIX_EPOCH)
}

#[tokio::test]
async fn a_healthy_server_is_read_whole() {
    for shell in shells() {
        let (state, gaps) = read(&shell, &healthy()).await;
        assert_eq!(gaps, [], "{}", shell.name);
        assert_eq!(state.cloud_flag, Some(true));
        assert_eq!((state.staging, state.cycle_running), (Some(false), Some(false)));
        assert_eq!((state.scheduler_suspended, state.wizard_open), (Some(false), Some(false)));
        assert_eq!(state.sign_in_method.as_deref(), Some("PasswordHashSync"));
        let connectors = state.connectors.expect("known");
        let kinds: Vec<ConnectorKind> = connectors.iter().map(|connector| connector.kind).collect();
        assert_eq!(kinds, [ConnectorKind::Entra, ConnectorKind::Ad, ConnectorKind::Ad]);
        assert_eq!((connectors[1].channel, connectors[2].channel), (Some(true), Some(false)));
        let time = |text: &str| Some(text.parse::<Timestamp>().expect("a time"));
        assert_eq!(connectors[1].last_cycle, time("2026-11-22T02:00:00Z"));
        assert_eq!(connectors[1].last_success, time("2026-11-22T01:58:00Z"));
        assert_eq!(connectors[2].last_cycle, None, "what was never set is no time");
    }
}

#[tokio::test]
async fn what_is_busy_staged_suspended_or_off_is_said() {
    for shell in shells() {
        let off =
            json!({"cloudFlag": false, "staging": true, "suspended": true, "busy": ["corp.contoso.com"]});
        let (state, gaps) = read(&shell, &healthy_but(off)).await;
        assert_eq!(gaps, [], "{}", shell.name);
        assert_eq!((state.cloud_flag, state.staging), (Some(false), Some(true)));
        assert_eq!((state.cycle_running, state.scheduler_suspended), (Some(true), Some(true)));
    }
}

/// Which values each cmdlet gives.
const READS: &[(&str, &[&str])] = &[
    ("Get-ADSyncScheduler", &["staging", "cycle_running", "scheduler_suspended"]),
    ("Get-ADSyncConnector", &["connectors"]),
    ("Get-ADSyncGlobalSettings", &["sign_in_method"]),
    ("Get-ADSyncAADCompanyFeature", &["cloud_flag"]),
    ("Get-ADSyncAADPasswordSyncConfiguration", &["channel 6b1b1a3e-0000-4000-8000-000000000001"]),
];

fn unknown(state: &State) -> Vec<&'static str> {
    let connectors = state.connectors.as_deref();
    let mut unknown = Vec::new();
    for (name, known) in [
        ("cloud_flag", state.cloud_flag.is_some()),
        ("staging", state.staging.is_some()),
        ("cycle_running", state.cycle_running.is_some()),
        ("scheduler_suspended", state.scheduler_suspended.is_some()),
        ("wizard_open", state.wizard_open.is_some()),
        ("sign_in_method", state.sign_in_method.is_some()),
        ("connectors", connectors.is_some()),
    ] {
        if !known {
            unknown.push(name);
        }
    }
    if connectors.is_some_and(|all| all.iter().any(|one| one.id.as_str() == CORP && one.channel.is_none())) {
        unknown.push("channel 6b1b1a3e-0000-4000-8000-000000000001");
    }
    unknown
}

#[tokio::test]
async fn a_cmdlet_that_is_missing_throws_or_complains_makes_its_own_values_unknown_and_no_others() {
    for shell in shells() {
        for (at, (cmdlet, values)) in READS.iter().enumerate() {
            // A missing one on each; of the other faults one after the other.
            let fault = ["throws", "error", "nothing"][at % 3];
            let broken = [json!({"missing": [cmdlet]}), json!({"faults": {*cmdlet: fault}})];
            for broken in broken {
                let (state, gaps) = read(&shell, &healthy_but(broken)).await;
                assert_eq!(unknown(&state), *values, "{}: {cmdlet}, {fault}: {gaps:?}", shell.name);
                for value in *values {
                    let why = &gaps.iter().find(|gap| gap.what == *value).expect("a reason").why;
                    assert!(!why.contains("did not say") && !why.contains("DC01"), "{value}: {why}");
                }
            }
        }
    }
}

#[tokio::test]
async fn a_cmdlet_that_waits_for_a_person_costs_its_own_value_only() {
    for shell in shells() {
        let hangs = healthy_but(json!({"faults": {"Get-ADSyncAADCompanyFeature": "hangs"}}));
        let (state, gaps) = read(&shell, &hangs).await;
        assert_eq!(unknown(&state), ["cloud_flag"], "{}: {gaps:?}", shell.name);
        assert!(gaps[0].why.contains("did not answer within 20 s"), "{gaps:?}");
    }
}

#[tokio::test]
async fn what_only_adds_to_the_state_takes_nothing_else_away_when_it_is_missing() {
    for shell in shells() {
        let missing = ["Get-ADSyncConnectorRunStatus", "Get-ADSyncPartitionPasswordSyncState"];
        let (state, gaps) = read(&shell, &healthy_but(json!({"missing": missing}))).await;
        assert_eq!(unknown(&state), Vec::<&str>::new(), "{gaps:?}");
        assert_eq!(state.cycle_running, Some(false), "idle, as far as the scheduler knows");
        assert_eq!(gaps.iter().map(|gap| gap.what.as_str()).collect::<Vec<_>>(), ["partitions"]);
        assert_eq!(state.connectors.expect("known")[1].last_cycle, None);
    }
}

#[tokio::test]
async fn a_module_that_talks_on_every_stream_does_not_spoil_the_one_object() {
    for shell in shells() {
        let mut faults = serde_json::Map::new();
        for (cmdlet, _) in READS {
            faults.insert((*cmdlet).to_owned(), "noisy".into());
        }
        let (state, gaps) = read(&shell, &healthy_but(json!({"faults": faults}))).await;
        assert_eq!((unknown(&state), gaps), (Vec::new(), Vec::new()), "{}", shell.name);
    }
}

#[tokio::test]
async fn an_older_build_is_asked_by_the_connectors_name_and_two_entra_connectors_leave_it_unknown() {
    for shell in shells() {
        let (state, _) = read(&shell, &healthy_but(json!({"asksForConnector": true}))).await;
        assert_eq!(state.cloud_flag, Some(true), "{}", shell.name);
        let mut two = healthy_but(json!({"asksForConnector": true}));
        let mut second = two["connectors"][0].clone();
        second["id"] = "6b1b1a3e-0000-4000-8000-000000000009".into();
        second["name"] = "fabrikam.onmicrosoft.com - AAD".into();
        two["connectors"].as_array_mut().expect("a list").push(second);
        let (state, gaps) = read(&shell, &two).await;
        assert_eq!(state.cloud_flag, None);
        assert!(gaps.iter().any(|gap| gap.what == "cloud_flag" && gap.why.contains("found 2")), "{gaps:?}");
        assert_eq!(state.connectors_of(ConnectorKind::Entra).count(), 2);
    }
}

#[tokio::test]
async fn connectors_of_other_products_are_none_of_ours() {
    for shell in shells() {
        // As on a server of MIM: another ECMA2 connector, and no Entra connector at all.
        let connectors = json!([
            {"name": "HR", "id": "6b1b1a3e-0000-4000-8000-000000000008", "type": "Extensible2", "subType": "Generic SQL"},
            {"name": "corp.contoso.com", "id": CORP, "type": "AD", "subType": "", "channel": true, "lastCycle": "",
             "lastSuccess": ""}]);
        let (state, gaps) = read(&shell, &healthy_but(json!({"connectors": connectors}))).await;
        let kinds: Vec<_> = state.connectors.expect("known").iter().map(|one| one.kind).collect();
        assert_eq!(kinds, [ConnectorKind::Other, ConnectorKind::Ad], "{}: {gaps:?}", shell.name);
        let (state, _) = read(&shell, &healthy_but(json!({"connectors": []}))).await;
        assert_eq!(state.connectors.map(|all| all.len()), Some(0), "an empty list is a known one");
    }
}

#[tokio::test]
async fn a_server_without_adsync_says_so() {
    for shell in shells() {
        let printed = Site::new(&shell, None).run(READ_STATE, &[], Mode::Unattended).await;
        assert_eq!(printed.expect_err("no module").code(), "module-missing", "{}", shell.name);
    }
}

#[tokio::test]
async fn times_and_names_come_through_in_any_language() {
    let name = "B\u{fc}ro \u{2013} \u{65e5}\u{672c} \u{1f600} \"quoted\" C:\\x";
    for shell in shells() {
        for culture in ["de-DE", "th-TH", "ar-SA"] {
            let mut state = healthy_but(json!({"culture": culture}));
            state["connectors"][1]["name"] = name.into();
            let (state, gaps) = read(&shell, &state).await;
            assert_eq!(gaps, [], "{} in {culture}", shell.name);
            let forest = &state.connectors.expect("known")[1];
            assert_eq!(forest.name, name);
            assert_eq!(forest.last_cycle, Some("2026-11-22T02:00:00Z".parse().expect("a time")), "{culture}");
        }
    }
}

#[tokio::test]
async fn an_object_longer_than_any_console_is_wide_stays_one_line() {
    for shell in shells() {
        let mut state = healthy();
        let forest = state["connectors"][1].clone();
        for at in 10..70 {
            let mut forest = forest.clone();
            forest["id"] = format!("6b1b1a3e-0000-4000-8000-0000000000{at}").into();
            forest["name"] = format!("forest{at}.contoso.com").into();
            state["connectors"].as_array_mut().expect("a list").push(forest);
        }
        let (state, gaps) = read(&shell, &state).await;
        assert_eq!(gaps, [], "{}", shell.name);
        assert_eq!(state.connectors.expect("known").len(), 63);
    }
}
