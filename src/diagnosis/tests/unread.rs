//! What the sync product itself tells since the last code 90 and is not understood, or was done by an administrator.

use super::*;

/// An event of ours whose level is told.
fn told(id: u32, level: Level, text: &str) -> Event {
    Event { level: Some(level), ..event(id, 5, text) }
}

#[test]
fn an_error_of_ours_with_an_id_that_is_not_listed_keeps_the_remedy_away() {
    for (id, text) in [
        (6012, "stopped-extension-dll-exception: access denied"),
        (6301, "The service will be stopped: encryption keys could not be accessed."),
        (
            6100,
            "The management agent step execution completed on run profile with errors. stopped-server-down",
        ),
        (777, "Etwas ist geschehen."),
    ] {
        withheld(vec![told(id, Level::Error, text)], "unread-newer");
        named(vec![Event { at: ago(15), ..told(id, Level::Error, text) }]);
    }
    // Where no level is told it may be one, but for ids that are known as daily work and say of none.
    withheld(vec![event(777, 5, "Etwas ist geschehen.")], "unread-newer");
    withheld(vec![event(904, 5, "An error occurred and scheduler run failed to start.")], "unread-newer");
    withheld(vec![event(614, 5, "start called while not shut down")], "unread-newer");
    for text in [
        "Scheduler::SchedulerThreadMain : Started sync cycle.",
        "Starting: Import profile on all connectors.",
    ] {
        named(vec![event(904, 5, text), told(904, Level::Information, text)]);
    }
    named(vec![told(904, Level::Error, "Scheduler::SchedulerThreadMain : Started sync cycle.")]);
    // Without a provider the words of directory sync tell whose it is.
    for text in [
        "Authenticate-MSAL: AADSTS50034",
        "The management agent \"contoso\" failed on run profile \"Export\"",
        "The extensible extension returned an unsupported error.",
    ] {
        withheld(vec![Event { provider: None, ..event(777, 5, text) }], "unread-newer");
    }
    // Password writeback is another matter.
    let writeback = "An unexpected error has occurred during a password set operation.\n\"ERR_: MMS(9999)\"";
    named(vec![told(6329, Level::Error, writeback)]);
}

#[test]
fn daily_work_of_ours_that_tells_of_a_switch_a_stop_or_an_account_keeps_the_remedy_away() {
    for text in [
        "Password hash sync feature enabled for tenant.",
        "Scheduler is suspended.",
        "The sync account was replaced.",
        "AADSTS50034",
        "The service has stopped.",
        "The upgrade failed.",
        "Export is read-only.",
    ] {
        withheld(vec![told(900, Level::Information, text)], "unread-newer");
    }
    withheld(
        vec![told(663, Level::Information, "Password hash synchronization was enabled for the tenant.")],
        "switched-on-told",
    );
    for (id, text) in [
        (904, "After Execute RunProfile: Export on contoso.onmicrosoft.com - AAD. Result: success"),
        (114, "Export cycle completed. Tracking id: 99999999"),
        (6127, "The rules configuration has changed since the last full synchronization."),
        (668, "The number of objects with only PwdLastSet changed is 5"),
        (904, "Connector: OU=Disabled Accounts,DC=contoso,DC=com"),
    ] {
        named(vec![told(id, Level::Information, text), told(id, Level::Warning, text)]);
    }
}

#[test]
fn a_known_fault_in_directory_syncs_own_errors_is_named() {
    for (id, text, cause) in [
        (6801, "ProvisionException: AADSTS700027: the certificate is not registered", "cloud-certificate"),
        (6801, "This version of Microsoft Entra Connect is no longer supported. Upgrade.", "build-retired"),
        (6803, "failed on run profile. WebException: The remote name could not be resolved", "connectivity"),
        (
            905,
            "Authenticate-MSAL: AADSTS50076: you must use multi-factor authentication",
            "cloud-sign-in-blocked",
        ),
        (908, "GetSecurityToken: AADSTS50034: The user account does not exist", "cloud-credential"),
    ] {
        let server = then(vec![told(id, Level::Error, text)]);
        assert_eq!((server.cause, server.remedy.is_none()), (Cause::Mixed, true), "{id} {text}");
        let alone = diagnose_events(
            vec![told(id, Level::Error, text)],
            None,
            Printed::default(),
            now(),
            &Knowledge::embedded(),
        );
        assert_eq!(alone.expect("a name").cause.as_str(), cause, "{id} {text}");
    }
    // Code 90 of an export is none of password sync's.
    let export = diagnose_events(
        vec![told(6803, Level::Error, CODE_90)],
        None,
        Printed::default(),
        now(),
        &Knowledge::embedded(),
    );
    assert!(export.expect("a name").remedy.is_none());
}

#[test]
fn whatever_an_administrator_did_since_keeps_the_remedy_away() {
    let action = |id, text: &str| {
        let mut it = event(id, 5, text);
        it.provider = Some("Entra Connect Admin Actions".into());
        it
    };
    for (id, text) in [
        (2503, r#"{"Name":"Add/Update/Delete Directories","ActionType":"Delete","Status":"Success"}"#),
        (2507, r#"{"ActionType":"Enable","Name":"Staging mode","Status":"Success","Details":""}"#),
        (2621, r#"{"Name":"Transition to Cloud Sync","Status":"Success"}"#),
        (2526, "{"),
    ] {
        withheld(vec![action(id, text)], "changed-since");
        named(vec![Event { at: ago(15), ..action(id, text) }]);
        let unnamed = Event { provider: None, ..action(id, r#"{"AuditEventType":"2507"}"#) };
        withheld(vec![unnamed], "changed-since");
        let elsewhere = Event { provider: Some("Entra Connect Actions".into()), ..action(id, text) };
        withheld(vec![elsewhere], "foreign-newer");
    }
    // The old value and the new one tell that the server went into staging mode, which is the cause then.
    for details in [
        r#"{"Details":{"Microsoft.Synchronize.StagingMode":{"Old":"False","New":"True"}}}"#,
        r#"{"Details":{"StagingMode":{"OldValue":"False","NewValue":"True"}}}"#,
    ] {
        withheld(vec![action(2520, details)], "staging-mode");
        withheld(vec![Event { at: ago(15), ..action(2520, details) }], "staging-since");
    }
    withheld(
        vec![action(2520, r#"{"StagingMode":{"OldValue":"True","NewValue":"False"}}"#)],
        "changed-since",
    );
    named(vec![action(2503, r#"{"Name":"Directories","ActionType":"Delete","Status":"Failure"}"#)]);
    named(vec![action(2506, r#"{"ActionType":"Disable","Status":"Success"}"#)]);
    let mut report = switched_off();
    report.events.push(action(2503, "{}"));
    assert!(judge_one(report).offer, "the flag was read as off since");
}

#[test]
fn who_quotes_code_90_is_heard_by_what_else_it_says() {
    for (id, text) in [
        (663, "Password hash sync is enabled again (was: Error Code: 90)."),
        (605, "Error: System.Net.WebException. Last: Error Code: 90"),
        (606, "Items removed from the retry queue after successful synchronization."),
        (658, "Domain Services synchronization: passwords were exported for 120 users."),
        (664, "Password hash synchronization failed for a single object. Error: AADSTS700027"),
        (0, "The following passwords were synchronized successfully:\nCN=Ada,OU=a,DC=b"),
        (904, "Cloud configuration refreshed. PHS=Active"),
    ] {
        withheld(vec![told(id, Level::Information, text)], "unread-newer");
    }
    let deadlock =
        "Task error. SqlException: deadlocked. Last answer: \"An error occurred. Error Code: 90.\"";
    assert_eq!(then(vec![event(604, 5, deadlock)]).remedy, None);
    let script = Event {
        provider: Some("Microsoft-Windows-PowerShell".into()),
        ..event(4104, 5, "# Error Code: 90\nSet-ADSyncAADPasswordSyncState -Enable $true")
    };
    withheld(vec![script], "product-touched");
}

#[test]
fn what_came_just_before_a_code_90_under_way_and_staging_of_long_ago_keep_the_remedy_away() {
    let before = |id, text: &str| Event { at: ago(12), ..event(id, 0, text) };
    withheld(vec![of(LAB, before(654, "Provision credentials ping end."))], "heartbeat-newer");
    named(vec![of(CORP, before(654, "Provision credentials ping end."))]);
    withheld(vec![before(2606, r#"{"ActionType":"Enable","Status":"Success"}"#)], "switched-on-since");
    withheld(vec![before(617, "started")], "full-sync-begun");
    let staging = Event { at: ago(30), ..event(904, 0, "StagingModeEnabled=True") };
    withheld(vec![staging.clone()], "staging-since");
    named(vec![staging, Event { at: ago(20), ..event(904, 0, "StagingModeEnabled=False") }]);
}
