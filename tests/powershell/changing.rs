//! The two commands that change something, run by real PowerShell: they change what the plan says, once, or nothing.

use serde_json::{Value, json};
use syncmedic::catalog::{ENABLE_FOREST_CHANNEL, ENABLE_PASSWORD_SYNC};
use syncmedic::plan::Mode;

use crate::site::{CORP, ENTRA, LAB, Shell, Site, healthy_but, shells};

const AAD: &str = "contoso.onmicrosoft.com - AAD";

/// A server whose cloud flag is off, on a build.
fn off(build: &str) -> Value {
    healthy_but(json!({"cloudFlag": false, "build": build}))
}

/// What became of a run: success or its code, and what was changed.
async fn flag(shell: &Shell, state: &Value, mode: Mode, user: Option<&str>) -> (String, Vec<String>, bool) {
    let site = Site::new(shell, Some(state));
    let attended = if mode == Mode::Attended { "True" } else { "False" };
    let mut arguments = vec![
        ("ExpectedStaging", "False"),
        ("EntraConnector", ENTRA),
        ("ExpectedCloudFlag", "False"),
        ("Attended", attended),
    ];
    arguments.extend(user.map(|user| ("AADUsername", user)));
    let ended = site.run(ENABLE_PASSWORD_SYNC, &arguments, mode).await;
    let code = ended.map_or_else(|error| error.code().to_owned(), |_| "ok".to_owned());
    (code, site.calls(), site.state()["cloudFlag"] == true)
}

fn set(user: &str) -> String {
    format!("Set-ADSyncAADPasswordSyncState {AAD} : True as '{user}'")
}

#[tokio::test]
async fn the_flag_is_switched_on_once_and_by_the_connectors_name() {
    for shell in shells() {
        let (code, calls, on) = flag(&shell, &off("2.6.3.0"), Mode::Unattended, None).await;
        assert_eq!((code.as_str(), calls, on), ("ok", vec![set("")], true), "{}", shell.name);
        let mut older = off("2.5.79.0");
        older["asksForConnector"] = true.into();
        let (code, calls, on) = flag(&shell, &older, Mode::Unattended, None).await;
        assert_eq!((code.as_str(), calls.len(), on), ("ok", 1, true), "{}", shell.name);
    }
}

#[tokio::test]
async fn where_the_cmdlet_asks_a_person_it_is_never_tried_unattended() {
    for shell in shells() {
        for build in ["2.6.84.0", "2.6.91.0", "2.6.92.0"] {
            let (code, calls, on) = flag(&shell, &off(build), Mode::Unattended, None).await;
            assert_eq!(
                (code.as_str(), calls.len(), on),
                ("needs-a-person", 0, false),
                "{} {build}",
                shell.name
            );
        }
    }
}

#[tokio::test]
async fn attended_the_cmdlet_gets_the_operators_name_where_it_has_a_place_for_it() {
    let jane = Some("jane.doe+adm@contoso.com");
    for shell in shells() {
        for (build, user, expected, called) in [
            ("2.6.84.0", jane, "ok", Some("jane.doe+adm@contoso.com")),
            ("2.6.84.0", None, "needs-a-person", None),
            ("2.6.91.0", jane, "ok", Some("jane.doe+adm@contoso.com")),
            ("2.6.91.0", None, "ok", Some("")),
            ("2.6.3.0", None, "ok", Some("")),
            ("2.6.3.0", jane, "ok", Some("")),
        ] {
            let (code, calls, on) = flag(&shell, &off(build), Mode::Attended, user).await;
            let calls_expected: Vec<String> = called.iter().map(|user| set(user)).collect();
            assert_eq!((code.as_str(), calls), (expected, calls_expected), "{} {build} {user:?}", shell.name);
            assert_eq!(on, called.is_some());
        }
    }
}

#[tokio::test]
async fn nothing_is_changed_if_the_state_is_not_the_plans() {
    for shell in shells() {
        for (change, expected) in [
            (json!({"cloudFlag": true}), "state-moved"),
            (json!({"staging": true}), "state-moved"),
            (json!({"cycle": true}), "cycle-running"),
            (json!({"connectors": []}), "state-moved"),
            (json!({"missing": ["Set-ADSyncAADPasswordSyncState"]}), "cmdlet-missing"),
            (json!({"missing": ["Get-ADSyncScheduler"]}), "state-unreadable"),
            (json!({"faults": {"Get-ADSyncAADCompanyFeature": "error"}}), "state-unreadable"),
            (json!({"faults": {"Get-ADSyncAADCompanyFeature": "nothing"}}), "state-unreadable"),
            (json!({"faults": {"Get-ADSyncScheduler": "nothing"}}), "state-unreadable"),
        ] {
            let mut state = off("2.6.3.0");
            for (name, value) in change.as_object().expect("an object") {
                state[name] = value.clone();
            }
            let (code, calls, _) = flag(&shell, &state, Mode::Unattended, None).await;
            assert_eq!((code.as_str(), calls.len()), (expected, 0), "{}: {change}", shell.name);
        }
    }
}

#[tokio::test]
async fn success_is_what_is_read_back_and_nothing_else() {
    for shell in shells() {
        for (fault, expected, on) in [
            ("nothing", "flag-still-off", false),
            ("error", "cmdlet-failed", false),
            ("throws", "cmdlet-failed", false),
            ("asks", "needs-a-person", false),
            ("noisy", "ok", true),
        ] {
            let mut state = off("2.6.3.0");
            state["faults"] = json!({"Set-ADSyncAADPasswordSyncState": fault});
            let (code, calls, is_on) = flag(&shell, &state, Mode::Unattended, None).await;
            let found = (code.as_str(), calls.len(), is_on);
            assert_eq!(found, (expected, 1, on), "{}: {fault}", shell.name);
        }
    }
}

async fn channel(shell: &Shell, state: &Value, connector: &str) -> (String, Vec<String>) {
    let site = Site::new(shell, Some(state));
    let arguments = [
        ("ExpectedStaging", "False"),
        ("EntraConnector", ENTRA),
        ("ExpectedChannel", "False"),
        ("Connector", connector),
    ];
    let ended = site.run(ENABLE_FOREST_CHANNEL, &arguments, Mode::Unattended).await;
    (ended.map_or_else(|error| error.code().to_owned(), |_| "ok".to_owned()), site.calls())
}

#[tokio::test]
async fn one_forests_channel_is_opened_by_the_names_as_the_server_has_them() {
    for shell in shells() {
        let mut state = healthy_but(json!({}));
        state["connectors"][2]["name"] = "Lab.Contoso.COM".into();
        let (code, calls) = channel(&shell, &state, LAB).await;
        let call = format!("Set-ADSyncAADPasswordSyncConfiguration Lab.Contoso.COM > {AAD} : True");
        assert_eq!((code.as_str(), calls), ("ok", vec![call]), "{}", shell.name);
    }
}

#[tokio::test]
async fn a_channel_is_not_touched_if_the_state_is_not_the_plans() {
    for shell in shells() {
        for (change, connector, expected) in [
            (json!({}), CORP, "state-moved"),
            (json!({}), "6b1b1a3e-0000-4000-8000-00000000ffff", "state-moved"),
            (json!({}), ENTRA, "state-moved"),
            (json!({"staging": true}), LAB, "state-moved"),
            (json!({"cycle": true}), LAB, "cycle-running"),
            (json!({"missing": ["Set-ADSyncAADPasswordSyncConfiguration"]}), LAB, "cmdlet-missing"),
            (json!({"faults": {"Get-ADSyncAADPasswordSyncConfiguration": "error"}}), LAB, "state-unreadable"),
        ] {
            let (code, calls) = channel(&shell, &healthy_but(change.clone()), connector).await;
            assert_eq!((code.as_str(), calls.len()), (expected, 0), "{}: {change} {connector}", shell.name);
        }
        let broken = healthy_but(json!({"faults": {"Set-ADSyncAADPasswordSyncConfiguration": "nothing"}}));
        assert_eq!(channel(&shell, &broken, LAB).await.0, "channel-still-off", "{}", shell.name);
    }
}
