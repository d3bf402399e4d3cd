//! What events alone tell, as files hold them: causes that a live server's state would tell otherwise.

use super::*;

fn judged(events: Vec<Event>) -> ServerDiagnosis {
    diagnose_events(events, Some("SYNC01"), Printed::default(), now(), &Knowledge::embedded())
        .expect("a name")
}

#[test]
fn an_error_of_the_services_own_database_is_no_lost_connection_to_the_cloud() {
    for text in [
        "System.Data.SqlClient.SqlException (0x80131904): Timeout expired. The timeout period elapsed prior to completion",
        "Execution Timeout Expired. The timeout period elapsed prior to completion of the operation",
        "ERR_: MMS(5120): ..\\sqlutils.cpp(1088): Unable to connect to the remote server. Timeout expired",
    ] {
        for id in [6900, 652, 655] {
            assert_eq!(judged(vec![event(id, 5, text)]).cause, Cause::Unknown6900, "{text}");
        }
        withheld(vec![event(6900, 5, text)], "other-fault-newer");
    }
    let cloud = "System.Net.WebException: The operation has timed out";
    assert_eq!(judged(vec![event(655, 5, cloud)]).cause, Cause::Connectivity);
}

#[test]
fn a_number_that_a_console_broke_in_two_is_no_code_90() {
    for text in [
        "An error occurred. Error Code: 90\n01. Error Description: no",
        "Error Code: 90\r\n 12. Error\nDescription: no",
    ] {
        let server = judged(vec![event(6900, 5, text)]);
        assert_eq!((server.cause, server.remedy), (Cause::Unknown6900, None), "{text}");
    }
    let wrapped = "Error Code: 90\n. Error Description: Password Synchronization has not been\nactivated";
    assert_eq!(judged(vec![event(6900, 5, wrapped)]).cause, Cause::PhsNotActivated);
}

#[test]
fn staging_mode_as_the_product_last_told_it_is_the_cause_until_password_sync_tries_again() {
    let on = || event(904, 5, "Scheduler settings: SyncCycleEnabled=True, StagingModeEnabled=True.");
    let server = then(vec![on()]);
    assert_eq!((server.cause, server.remedy.is_some()), (Cause::StagingMode, false));
    assert_eq!(server.since, Some(ago(5)));
    let changed = event(904, 5, "Configuration changed. StagingModeEnabled: False -> True");
    assert_eq!(judged(vec![changed]).cause, Cause::StagingMode);
    for later in [
        event(904, 3, "Scheduler settings: StagingModeEnabled=False."),
        event(904, 3, "Staging mode: true -> false"),
        event(655, 3, CODE_90),
        ping(CORP, 3),
    ] {
        assert_ne!(then(vec![on(), later.clone()]).cause, Cause::StagingMode, "{}", later.text);
    }
    let mut foreign = on();
    foreign.provider = Some("Contoso Monitor".into());
    assert_ne!(then(vec![foreign]).cause, Cause::StagingMode);
    // The live state knows better.
    let mut report = healthy();
    report.events.push(event(904, 1, &on().text));
    assert_eq!(judge_one(report).cause, Cause::Healthy);
}

#[test]
fn a_sign_of_life_is_missed_only_where_the_log_would_hold_it() {
    let cycle = |minutes| event(904, minutes, "Delta sync cycle started.");
    let mut foreign = event(6900, 300, "Backup failed");
    foreign.provider = Some("BackupExec".into());
    for events in [vec![], vec![foreign], vec![cycle(0)], vec![cycle(110), cycle(0)]] {
        let server = judged(events.clone());
        assert_eq!(
            (server.cause, server.confidence),
            (Cause::HeartbeatMissing, Confidence::Possible),
            "{events:?}"
        );
        assert!(server.remedy.is_none() && server.since.is_none());
        assert!(
            server.warnings.iter().any(|it| it.code == "log-tells-nothing") && server.evidence.is_empty()
        );
        assert!(server.summary.to_string().contains("log of SYNC01"), "{}", server.summary);
    }
    for events in [vec![cycle(130), cycle(0)], vec![event(663, 240, "alive"), event(663, 5, "alive")]] {
        let server = judged(events);
        assert_eq!((server.cause, server.warnings.len()), (Cause::HeartbeatMissing, 0));
    }
    // An agent reads the whole log.
    let mut silent = healthy();
    silent.events.clear();
    assert_eq!(judge_one(silent).cause, Cause::HeartbeatMissing);
}

#[test]
fn a_full_sync_that_finished_since_code_90_is_a_recovery_that_no_heartbeat_proves_yet() {
    let server = then(vec![event(617, 8, ""), event(623, 5, "")]);
    assert_eq!((server.cause, server.confidence), (Cause::Recovered, Confidence::Possible));
    assert_eq!((server.since, server.remedy.is_some()), (Some(ago(5)), false));
    for later in [event(655, 2, CODE_90), event(652, 2, "AADSTS50054: Old password is used")] {
        assert_ne!(then(vec![event(623, 5, ""), later]).cause, Cause::Recovered);
    }
    let mut read_off = switched_off();
    read_off.events.push(event(623, 5, ""));
    assert_eq!(judge_one(read_off).cause, Cause::PhsNotActivated);
    let old = judged(vec![event(655, 400, CODE_90), event(651, 390, ""), event(622, 1, "")]);
    assert_eq!(old.cause, Cause::Recovered);
}

#[test]
fn a_product_that_is_only_said_names_the_cause_where_nothing_may_be_switched_on_and_nothing_else() {
    let said = |product, events| {
        let printed = Printed { product: Some(product), ..Printed::default() };
        diagnose_events(events, None, printed, now(), &Knowledge::embedded()).expect("a name")
    };
    let build = |text: &str| Some(text.parse().expect("a build"));
    let events = || switched_off().events;
    use crate::report::ApplianceKind::{Connect, DirSync};
    assert_eq!(said((DirSync, build("1.0.7020.0")), events()).cause, Cause::ApplianceRetired);
    let refused = said((Connect, build("2.3.20.0")), events());
    assert_eq!((refused.cause, refused.confidence), (Cause::BuildRetired, Confidence::Probable));
    // A build that is still served is not taken from what somebody says.
    let served = said((Connect, build("2.6.92.0")), events());
    assert!(codes(&served).contains(&"build-unknown") && served.build.is_none());
    // What the log tells counts more.
    let mut newer = events();
    newer.push(event(6900, 9, &format!("{CODE_90}. Azure AD Sync 2.6.3.0")));
    assert_eq!(said((DirSync, None), newer).cause, Cause::PhsNotActivated);
}

#[test]
fn a_forests_switch_that_is_printed_as_off_is_the_cause_where_no_fault_is_and_never_makes_a_remedy() {
    let printed = Printed { channel_closed: true, ..Printed::default() };
    let judged =
        |events| diagnose_events(events, None, printed, now(), &Knowledge::embedded()).expect("a name");
    for events in [healthy().events, vec![event(663, 5, "alive")], vec![]] {
        let server = judged(events);
        assert_eq!((server.cause, server.remedy), (Cause::ForestChannelDisabled, None));
        assert!(!server.evidence.is_empty() && !server.offer);
    }
    assert_eq!(judged(switched_off().events).cause, Cause::PhsNotActivated);
}

#[test]
fn a_log_of_the_days_of_the_retired_products_that_does_not_tell_its_product_gets_no_remedy() {
    let judged_then = |at: &str, text: &str| {
        let at: Timestamp = at.parse().expect("a time");
        let event = Event { at, ..event(655, 0, text) };
        diagnose_events(vec![event], None, Printed::default(), at, &Knowledge::embedded()).expect("a name")
    };
    assert!(codes(&judged_then("2021-03-31T10:00:00Z", CODE_90)).contains(&"log-old"));
    assert!(
        judged_then("2021-03-31T10:00:00Z", &format!("{CODE_90}. Azure AD Sync 1.5.45.0")).remedy.is_some()
    );
    assert!(judged_then("2021-04-01T10:00:00Z", CODE_90).remedy.is_some());
}

#[test]
fn accounts_that_are_put_back_in_the_queue_and_a_slow_virus_scan_are_no_news() {
    for text in [
        "The following items were added to the retry queue: 1",
        "Failed to sync passwords for 4 users. They were added to the retry queue.",
    ] {
        named(vec![event(605, 5, text)]);
        withheld(vec![event(605, 5, &format!("{text} Password sync is active."))], "unread-newer");
    }
    let scan = |text: &str| Event { provider: Some("McLogEvent".into()), ..event(257, 5, text) };
    let folder =
        "The scan of C:\\Program Files\\Microsoft Azure AD Sync\\Data has taken too long to complete";
    named(vec![scan(&format!("{folder} and is being canceled. Scan engine version used is 6600.9927."))]);
    withheld(vec![scan(&format!("{folder}. miiserver.exe was deleted."))], "product-touched");
}

#[test]
fn one_record_given_twice_is_one_event() {
    let mut report = switched_off();
    for event in &mut report.events {
        event.record = Some(event.at.as_second().unsigned_abs());
    }
    report.events.extend(report.events.clone());
    let server = judge_one(report);
    let counts: Vec<_> =
        server.evidence.iter().filter_map(|it| it.events.as_ref()).map(|it| it.count).collect();
    assert_eq!(counts, [1, 1, 1]);
}

#[test]
fn answers_of_the_cloud_that_ask_to_wait_are_a_busy_cloud() {
    for (id, text) in [
        (655, "System.Net.WebException: The remote server returned an error: (429) Too Many Requests."),
        (652, "The remote server returned an error: (503) Server Unavailable."),
        (906, "GetSecurityToken: AADSTS90033: A transient error has occurred. Please try again."),
    ] {
        assert_eq!(judged(vec![event(id, 5, text)]).cause, Cause::CloudBusy, "{text}");
    }
    assert_eq!(
        judged(vec![event(906, 5, "AADSTS90094: Admin consent is required")]).cause,
        Cause::CloudCredential
    );
}

#[test]
fn a_program_that_crashed_takes_the_service_with_it_until_it_shows_that_it_runs() {
    let crash = |provider: &str| Event {
        provider: Some(provider.into()),
        ..event(
            1026,
            5,
            "Application: miiserver.exe\nThe process was terminated due to an unhandled exception.",
        )
    };
    for provider in [".NET Runtime", "Application Error"] {
        let server = judged(vec![ping(CORP, 30), crash(provider)]);
        assert_eq!((server.cause, server.remedy), (Cause::ServiceStopped, None));
        assert_eq!(judged(vec![ping(CORP, 30), crash(provider), ping(CORP, 2)]).cause, Cause::Healthy);
        assert_eq!(then(vec![crash(provider)]).remedy, None);
    }
    let other = Event { text: "Application: w3wp.exe".into(), ..crash(".NET Runtime") };
    assert_eq!(judged(vec![ping(CORP, 30), other]).cause, Cause::Healthy);
}

#[test]
fn staging_mode_that_is_said_to_be_off_on_this_server_is_over() {
    let on = || event(904, 40, "StagingModeEnabled = True. Skipping export steps.");
    let then = |text: &str| judged(vec![on(), event(904, 30, text), event(655, 5, CODE_90)]);
    assert!(
        then("Staging mode is disabled on this server. Export run profiles are resumed.").remedy.is_some()
    );
    assert!(codes(&then("Staging mode is disabled on the other server.")).contains(&"staging-since"));
}

#[test]
fn the_health_agent_and_the_service_accounts_profile_say_nothing() {
    let of = |provider: &str, id, text: &str| Event { provider: Some(provider.into()), ..event(id, 5, text) };
    named(vec![of("ADHealth-AadSync", 2000, "Monitoring Agent: health data upload completed.")]);
    let hive = r"The access history in hive \??\C:\Windows\ServiceProfiles\ADSync\NTUSER.DAT was cleared updating 120 keys.";
    named(vec![of("Microsoft-Windows-Kernel-General", 16, hive)]);
}

#[test]
fn an_agents_name_is_cut_and_what_it_says_is_heard() {
    let of = |provider: &str, id, text: &str| Event { provider: Some(provider.into()), ..event(id, 5, text) };
    for (provider, text) in [
        ("PRTG Probe", "Entra Connect agent sensor: password hash sync heartbeat OK, last 654 at 9:47."),
        (
            "Microsoft Entra Connect Health Sync Agent",
            "Microsoft Entra Connect Health Sync agent: ADSync service is stopped, password hash sync disabled on this server.",
        ),
        (
            "Microsoft Azure AD Connect Provisioning Agent",
            "Password hash sync for domain contoso.com: delta sync completed, 14 objects exported.",
        ),
    ] {
        withheld(vec![of(provider, 0, text)], "product-touched");
    }
    for (provider, text) in [
        ("Microsoft-Windows-Perflib", "Azure AD Connect performance counters were disabled."),
        (
            "Microsoft Azure AD Connect Agent Updater",
            "Agent Updater: no update is available, the service was started.",
        ),
        (
            "Service Control Manager",
            "The Microsoft Entra Connect Health Sync Monitoring Service service entered the stopped state.",
        ),
        (
            "Service Control Manager",
            "The Azure AD Connect Agent Updater service terminated unexpectedly. It has done this 1 time(s).",
        ),
    ] {
        named(vec![of(provider, 0, text)]);
    }
}

#[test]
fn a_step_that_is_called_after_the_error_or_that_nobody_can_read_keeps_the_remedy_away() {
    let of = |provider: &str, id, text: &str| Event { provider: Some(provider.into()), ..event(id, 5, text) };
    for (provider, id, text) in [
        ("PowerShell", 400, r"HostApplication=powershell.exe -File C:\Scripts\Fix-Error90.ps1"),
        (
            "Microsoft-Windows-TaskScheduler",
            102,
            r#"Task Scheduler successfully finished the "\IT\Fix Error 90" task."#,
        ),
        ("Microsoft-Windows-PowerShell", 4104, r"invoke-command -ComputerName SYNC01 -FilePath .\e90.ps1"),
        ("Microsoft-Windows-PowerShell", 4104, "Enable-HashUpload -Tenant contoso"),
        (
            "Microsoft-Windows-PowerShell",
            4103,
            r#"name="Scopes"; value="OnPremDirectorySynchronization.ReadWrite.All""#,
        ),
        (
            "Microsoft-Windows-Security-Auditing",
            4688,
            "Process Command Line: powershell.exe -NoProfile -EncodedCommand UwBlAHQALQBBAEQAUwB5AG4AYwBBAEEA",
        ),
    ] {
        withheld(vec![of(provider, id, text)], "product-touched");
    }
    for (provider, id, text) in [
        (
            "Microsoft-Windows-PowerShell",
            4103,
            r#"name="Scopes"; value="OnPremDirectorySynchronization.Read.All""#,
        ),
        (
            "Microsoft-Windows-Security-Auditing",
            4688,
            "Process Command Line: powershell.exe -ExecutionPolicy Bypass -File C:\\Ops\\Inventory.ps1",
        ),
        ("VSS", 9017, "Error 9017 occurred."),
    ] {
        named(vec![of(provider, id, text)]);
    }
}

#[test]
fn a_server_that_was_renamed_replaced_deleted_or_restored_since_keeps_the_remedy_away() {
    let of = |provider: &str, id, text: &str| Event { provider: Some(provider.into()), ..event(id, 5, text) };
    let shut = |comment: &str| {
        let text = format!(
            "The process C:\\Windows\\Explorer.EXE (SYNC01) has initiated the power off of computer SYNC01.\n Shutdown Type: power off\n Comment: {comment}"
        );
        of("User32", 1074, &text)
    };
    for told in [
        of(
            "EventLog",
            6011,
            "The NetBIOS name and DNS host name of this machine have been changed from SYNC01 to SYNC01-OLD.",
        ),
        of(
            "NETLOGON",
            5721,
            "The Domain Controller did not have an account SYNC01$ needed to set up the session by this computer SYNC01.",
        ),
        of("vmicvss", 1, "The virtual machine was restored from checkpoint."),
        of("Veeam Agent", 190, "Bare metal recovery of SYNC01 has finished with Success."),
        shut("Server replaced by SYNC02"),
        shut("moved"),
    ] {
        withheld(vec![told], "server-replaced");
    }
    for quiet in [
        shut(""),
        shut(
            "Your computer will restart at 11/26/2026 10:00:00 AM to complete the installation of applications and software updates.",
        ),
        shut("Monthly patching, reboot"),
        of("Microsoft-Windows-Kernel-General", 13, "The operating system is shutting down."),
    ] {
        named(vec![quiet]);
    }
}

#[test]
fn a_computer_account_that_was_deleted_matters_where_it_is_the_servers() {
    let deleted = |name: &str| Event {
        provider: Some("Microsoft-Windows-Security-Auditing".into()),
        ..event(
            4743,
            5,
            &format!("A computer account was deleted.\n\nTarget Computer:\n\tAccount Name:\t\t{name}"),
        )
    };
    let judged = |name: &str| {
        let events = vec![event(655, 10, CODE_90), deleted(name)];
        diagnose_events(events, Some("SYNC01"), Printed::default(), now(), &Knowledge::embedded())
            .expect("a name")
    };
    assert!(codes(&judged("SYNC01$")).contains(&"server-replaced"));
    assert!(judged("PC0417$").remedy.is_some());
}
