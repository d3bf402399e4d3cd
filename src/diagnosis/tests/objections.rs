//! What keeps the remedy away although no other fault is named.

use super::*;

#[test]
fn events_alone_that_prove_code_90_with_nothing_newer_against_it_are_probable() {
    for minutes in [0, 300, 1000] {
        let server = diagnose_events(
            vec![event(655, minutes, CODE_90)],
            None,
            Printed::default(),
            now(),
            &Knowledge::embedded(),
        )
        .expect("a name");
        assert!(server.remedy.is_some());
        assert_eq!(server.confidence, Confidence::Probable);
        assert_eq!(codes(&server).contains(&"code-90-stale"), minutes > 65);
    }
}

#[test]
fn an_error_of_the_sync_account_whose_text_is_not_known_keeps_the_remedy_away() {
    for id in [0, 106, 659, 662] {
        withheld(vec![event(id, 5, "Der Benutzername oder das Kennwort ist falsch.")], "unread-newer");
        named(vec![event(id, 15, "Der Benutzername oder das Kennwort ist falsch.")]);
    }
    assert_eq!(then(vec![event(906, 5, "Die Anmeldung wurde verweigert.")]).cause, Cause::Mixed);
    withheld(vec![event(662, 5, "CN=sync.contoso.example is not trusted")], "unread-newer");
    // Accounts that are tried again, and a health check that quotes code 90, go along with it.
    let retried = "The following password changes failed and are scheduled for retry.\nDN = CN=Ann,OU=Staff,DC=contoso,DC=com";
    named(vec![event(0, 5, retried)]);
    named(vec![event(0, 5, "CN=Ann,OU=Staff,DC=contoso,DC=com")]);
    named(vec![event(662, 5, CODE_90)]);
}

#[test]
fn a_sync_that_was_stopped_since_and_not_started_again_keeps_the_remedy_away() {
    for id in [602, 609, 610] {
        withheld(vec![event(id, 5, "stopping")], "stopped-since");
        named(vec![event(id, 5, "stopping"), event(663, 4, "alive")]);
    }
}

#[test]
fn a_service_that_was_restarted_is_no_sign_of_life() {
    named(vec![event(601, 5, "Password Hash Synchronization Manager is starting.")]);
    named(vec![event(602, 6, "stopping"), event(601, 5, "starting"), event(653, 4, "ping start")]);
    named(vec![event(2002, 6, "service stopped"), event(2001, 5, "service started")]);
}

#[test]
fn a_log_that_goes_on_for_over_an_hour_without_code_90_keeps_the_remedy_away() {
    for (id, text) in
        [(663, "alive"), (904, "Scheduler::SchedulerThreadMain : Started"), (605, "Items added")]
    {
        withheld_since(70, id, text);
        named_since(60, id, text);
    }
}

/// Code 90 so many minutes ago, and an event of today's work now.
fn since(minutes: i64, id: u32, text: &str) -> ServerDiagnosis {
    let events = vec![event(655, minutes, CODE_90), event(id, 0, text)];
    diagnose_events(events, None, Printed::default(), now(), &Knowledge::embedded()).expect("a name")
}

fn withheld_since(minutes: i64, id: u32, text: &str) {
    let server = since(minutes, id, text);
    assert!(server.remedy.is_none() && codes(&server).contains(&"errors-ceased"), "{id} {text}");
}

fn named_since(minutes: i64, id: u32, text: &str) {
    let server = since(minutes, id, text);
    assert!(server.remedy.is_some(), "{id} {text}: {:?}", codes(&server));
}

#[test]
fn a_ping_or_a_batch_that_begins_is_no_sign_of_life() {
    let starts = [653, 650, 653, 650].map(|id| event(id, 5, "Provision credentials ping start."));
    named(starts.to_vec());
}

#[test]
fn a_script_that_loads_the_module_and_runs_another_is_not_known_to_only_read() {
    let script = |text: &str| Event {
        provider: Some("Microsoft-Windows-PowerShell".into()),
        ..event(4104, 5, &format!("Creating Scriptblock text (1 of 1):\n{text}"))
    };
    for text in [
        r"Import-Module ADSync; & C:\Scripts\fix-pwd.ps1",
        "Import-Module ADSync\n. C:\\Tools\\switch-on.ps1",
        "Import-Module -Name 'ADSync'; $c = Get-ADSyncConnector; & $fix $c",
        "Get-CimInstance Win32_Product | ? Name -match 'Connect Health|Azure AD Connect' | Invoke-CimMethod -MethodName Uninstall",
        "Import-Module ADSync; Invoke-Command -ScriptBlock $fix",
        "Import-Module ADSync\npowershell -File C:\\fix.ps1",
        "Update-MgDomain -DomainId contoso.com -AuthenticationType Federated",
        "Convert-MsolDomainToFederated -DomainName contoso.com",
        "Invoke-MgGraphRequest -Method PATCH -Body '{\"onPremisesSyncEnabled\":false}'",
    ] {
        withheld(vec![script(text)], "product-touched");
    }
    named(vec![script("Import-Module ADSync; Get-ADSyncScheduler | Format-List")]);
}

#[test]
fn two_pings_half_an_hour_apart_without_an_error_keep_the_remedy_away() {
    let told = |minutes: &[(u32, i64)]| {
        let events =
            minutes.iter().map(|(id, ago)| event(*id, *ago, if *id == 655 { CODE_90 } else { "start" }));
        diagnose_events(events.collect(), None, Printed::default(), now(), &Knowledge::embedded())
            .expect("a name")
    };
    let ceased = told(&[(655, 64), (653, 40), (653, 10)]);
    assert!(ceased.remedy.is_none() && codes(&ceased).contains(&"errors-ceased"));
    for goes_on in [&[(655, 60), (653, 59), (653, 40)][..], &[(655, 60), (653, 59), (653, 29), (655, 28)]] {
        assert!(told(goes_on).remedy.is_some(), "{goes_on:?}");
    }
}

#[test]
fn a_server_in_staging_mode_gets_no_remedy_whoever_says_so() {
    let says = |text: &str| event(904, 5, text);
    for text in [
        "Scheduler::SchedulerThreadMain: StagingModeEnabled=True",
        "Scheduler::SchedulerThreadMain : Staging mode is enabled",
        "StagingModeEnabled : True",
        "The server was put into staging mode.",
        "Scheduler::SchedulerThreadMain : Staging mode changed from False to True.",
        "Scheduler settings updated. StagingModeEnabled=\"True\"",
        r#"Configuration changed. {"StagingModeEnabled":true,"SyncCycleEnabled":true}"#,
        "Export skipped: this server is a staging server.",
        "Export step not executed (staging mode).",
        "StagingMode: False -> True",
        "StagingMode: False, New: True",
        "Stagingmodus ist aktiv",
    ] {
        let server = then(vec![says(text)]);
        let codes = codes(&server);
        let told = codes.contains(&"staging-since") || server.cause == Cause::StagingMode;
        assert!(told && server.remedy.is_none(), "{text}: {codes:?}");
    }
    for text in [
        "StagingModeEnabled=False",
        "Staging mode is disabled",
        "Scheduler::SyncCycle : Delta cycle started. Staging mode: False",
        r#"{"StagingModeEnabled":false,"SyncCycleEnabled":true}"#,
        "The server is not in staging mode.",
        "The server left staging mode.",
        "Staging mode changed from True to False.",
        "Starting: Delta Import on staging.contoso.com",
        "Connector: OU=Staging,DC=contoso,DC=com",
    ] {
        named(vec![says(text)]);
    }
    let mut bystander = says("Deployed slot staging of contoso-site (Azure AD app)");
    bystander.provider = Some("Contoso Deploy".into());
    named(vec![bystander]);
}

#[test]
fn what_other_logs_tell_of_the_sync_product_since_keeps_the_remedy_away() {
    let other = |id, provider: &str, text: &str| {
        let mut it = event(id, 5, text);
        it.provider = Some(provider.into());
        it
    };
    for (id, provider, text) in [
        (
            4104,
            "Microsoft-Windows-PowerShell",
            "Set-ADSyncAADPasswordSyncState -ConnectorName $c -Enable $true",
        ),
        (
            800,
            "PowerShell",
            "Set-ADSyncAADPasswordSyncConfiguration -SourceConnector a -TargetConnector b -Enable $true",
        ),
        (
            4688,
            "Microsoft-Windows-Security-Auditing",
            r"C:\Program Files\Microsoft Azure Active Directory Connect\AzureADConnect.exe",
        ),
        (7036, "Service Control Manager", "Microsoft Azure AD Sync ble satt i en tilstand."),
        (7036, "Service Control Manager", "ADSync\n·\n?"),
        (
            4688,
            "Microsoft-Windows-Security-Auditing",
            r#"wmic service where "name='ADSync'" call stopservice"#,
        ),
        (7045, "Service Control Manager", "A service was installed in the system. Service Name: ADSync"),
        (
            7040,
            "Service Control Manager",
            "The start type of the Microsoft Azure AD Sync service was changed to disabled.",
        ),
        (4104, "Microsoft-Windows-PowerShell", "Get-Service ADSync | Stop-Service -Force"),
        (4104, "Microsoft-Windows-PowerShell", "$s = Get-Service ADSync; $s.Stop()"),
        (
            4688,
            "Microsoft-Windows-Security-Auditing",
            r#""C:\Windows\system32\sc.exe" config ADSync start= disabled"#,
        ),
        (
            4104,
            "Microsoft-Windows-PowerShell",
            "Update-MgDirectoryOnPremiseSynchronization -BodyParameter $p",
        ),
        (1034, "MsiInstaller", "Product Name: Microsoft Entra Connect Sync. Removal success"),
    ] {
        withheld(vec![other(id, provider, text)], "product-touched");
        named(vec![Event { at: ago(15), ..other(id, provider, text) }]);
    }
    for (id, provider, text) in [
        (7036, "Service Control Manager", "The Microsoft Azure AD Sync service entered the running state."),
        (7036, "Service Control Manager", "Microsoft Azure AD Sync\n·\nrunning"),
        (
            7036,
            "Service Control Manager",
            "Le service Microsoft Azure AD Sync est entré dans l’état : en cours d’exécution.",
        ),
        (4624, "Microsoft-Windows-Security-Auditing", "Account Name: ADSyncMSA4321$ Process: services.exe"),
        (
            7036,
            "Service Control Manager",
            "The Microsoft Entra Connect Health Agent service entered the stopped state.",
        ),
        (4104, "Microsoft-Windows-PowerShell", "Get-ADSyncAADCompanyFeature; Import-Module ADSync"),
        (4104, "Microsoft-Windows-PowerShell", "Get-Service -Name ADSync"),
        (4688, "Microsoft-Windows-Security-Auditing", "Process Command Line: sc query ADSync"),
        (17137, "MSSQL$ADSYNC2019", "Starting up database 'ADSync'."),
        (
            1035,
            "MsiInstaller",
            "Windows Installer reconfigured the product. Product Name: Microsoft Entra Connect Sync. Success",
        ),
        (17137, "MSSQL$ADSYNC2019", "Starting up database 'ADSync2019'."),
        (4688, "Microsoft-Windows-Security-Auditing", "A new process has been created: notepad.exe"),
    ] {
        named(vec![other(id, provider, text)]);
    }
}

#[test]
fn a_full_sync_that_began_since_keeps_the_remedy_away() {
    for id in [617, 618, 619] {
        withheld(vec![event(id, 5, "started")], "full-sync-begun");
    }
}

#[test]
fn another_programs_word_against_code_90_keeps_the_remedy_away() {
    let foreign = |id, text: &str| {
        let mut it = event(id, 5, text);
        it.provider = Some("Microsoft Entra Connect Sync".into());
        it
    };
    withheld(vec![foreign(6900, "AADSTS50054: Old password is used")], "foreign-newer");
    withheld(vec![foreign(654, "Provision credentials ping end.")], "foreign-newer");
    for id in [602, 617, 622, 660, 661, 2002, 2506, 2606] {
        withheld(vec![foreign(id, "x")], "foreign-newer");
    }
    withheld(vec![foreign(1000, "Old password is used")], "product-touched");
    let backup = Event {
        provider: Some("Contoso Backup".into()),
        ..foreign(1000, "AADSTS50054: Old password is used")
    };
    named(vec![backup]);
}

#[test]
fn an_action_of_unknown_direction_may_have_switched_it_on() {
    let unknown = r#"{"Name":"Enable/Disable PHS Sync","Status":"Success","User":"a"}"#;
    let on = r#"{"ActionType":"Enable","Status":"Success"}"#;
    let off = r#"{"ActionType":"Disable","Status":"Success"}"#;
    let failed = r#"{"ActionType":"Enable","Status":"Failure"}"#;
    let method = r#"{"ActionType":"Update","Status":"Success","Details":""}"#;
    withheld(vec![event(2506, 5, unknown)], "switched-on-since");
    withheld(vec![event(2506, 5, on), event(2513, 4, method)], "switched-on-since");
    withheld(vec![event(2506, 5, on), event(2506, 4, off)], "switched-on-since");
    named(vec![event(2506, 5, off)]);
    named(vec![event(2506, 5, failed)]);
}

#[test]
fn what_a_name_in_a_text_says_is_no_sign_of_life() {
    let failed = "Password Change Result - Anchor : x, Dn : CN=Result: Success,OU=a,DC=b, Result : Failed.";
    named(vec![event(657, 5, failed)]);
    let retried = "Password Change Result - Anchor : x, Dn : CN=x, Result : Failed. Extended Error: Success after retry";
    withheld(vec![event(657, 5, retried)], "result-unread");
    for unread in ["Password Change Result - Anchor : x, Dn : CN=Ann", "Ergebnis : Erfolg.", ""] {
        withheld(vec![event(657, 5, unread)], "result-unread");
    }
    let delivered = "Password Change Result - Anchor : x, Dn : CN=Ann,OU=a,DC=b, Result : Success.";
    withheld(vec![event(657, 5, delivered)], "heartbeat-newer");
}
