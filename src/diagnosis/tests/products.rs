//! The product and its build, as events alone tell them.

use super::*;

fn judged(events: Vec<Event>) -> ServerDiagnosis {
    diagnose_events(events, Some("SYNC01"), Printed::default(), now(), &Knowledge::embedded())
        .expect("a name")
}

fn ended_by(build: &str) -> Event {
    event(6900, 10, &format!("{CODE_90}\n\"\nAzure AD Sync {build}"))
}

fn of_windows(provider: &str, text: &str) -> Event {
    Event { provider: Some(provider.to_owned()), ..event(7036, 90, text) }
}

/// What the service manager says, so many minutes ago.
fn manager(id: u32, minutes: i64, text: &str) -> Event {
    Event { provider: Some("Service Control Manager".into()), ..event(id, minutes, text) }
}

#[test]
fn a_build_that_the_cloud_refuses_is_known_by_the_last_line_of_its_errors() {
    let old = judged(vec![ended_by("2.4.131.0")]);
    assert_eq!((old.cause, old.remedy.is_some()), (Cause::BuildRetired, false));
    let collected = event(6900, 10, &format!("{CODE_90} Azure AD Sync 2.4.131.0."));
    assert_eq!(judged(vec![collected]).cause, Cause::BuildRetired);
    let upgraded = judged(vec![event(6900, 90, "x\nAzure AD Sync 2.4.131.0"), ended_by("2.6.92.0")]);
    assert_eq!(upgraded.cause, Cause::PhsNotActivated);
    assert_eq!(upgraded.build, "2.6.92.0".parse().ok());
    assert!(upgraded.remedy.is_some(), "{:?}", codes(&upgraded));
    // What somebody else says is no build of ours.
    let foreign = of_windows("Contoso Backup", "Azure AD Sync 2.4.131.0");
    assert_eq!(judged(vec![foreign, ended_by("2.6.92.0")]).cause, Cause::PhsNotActivated);
}

#[test]
fn a_cloud_that_says_that_a_version_is_no_longer_supported_refuses_the_build() {
    for text in [
        "GetSecurityToken: unable to retrieve a security token for the provisioning web service (AWS). This client version \
         (2.5.3.0) is no longer supported. Install a newer version of Microsoft Entra Connect Sync.",
        "The directory synchronization tool version you are using is no longer supported.",
    ] {
        let server = judged(vec![event(906, 10, text)]);
        assert_eq!((server.cause, server.remedy.is_some()), (Cause::BuildRetired, false), "{text}");
    }
}

#[test]
fn azure_ad_sync_is_known_by_its_versions_and_is_no_build_of_connect() {
    let server = judged(vec![ended_by("1.0.491.413")]);
    assert_eq!((server.cause, server.remedy.is_some()), (Cause::ApplianceRetired, false));
    assert_eq!(judged(vec![ended_by("1.0.8641.0")]).cause, Cause::BuildRetired);
}

#[test]
fn dirsync_is_known_by_its_service_and_nothing_is_switched_on_there() {
    let text = "The Windows Azure Active Directory Sync Service service entered the running state.";
    let server = judged(vec![of_windows("Service Control Manager", text), event(6900, 10, CODE_90)]);
    assert_eq!((server.cause, server.remedy.is_some()), (Cause::ApplianceRetired, false));
    for (provider, id, text) in [
        (
            "MsiInstaller",
            1033,
            "Windows Installer installed the product. Product Name: Azure Active Directory Sync tool.",
        ),
        (
            "Microsoft-Windows-Security-Auditing",
            4688,
            r"C:\Program Files\Windows Azure Active Directory Sync\SYNCBUS",
        ),
        ("Directory Synchronization", 904, "Windows Azure Active Directory Sync started"),
        (
            "FIMSynchronizationService",
            6803,
            r"failed. Path: C:\Program Files\Windows Azure Active Directory Sync",
        ),
        ("Service Control Manager", 7036, "Forefront Identity Manager Synchronization Service\n·\nrunning"),
    ] {
        let told = Event { id, ..of_windows(provider, text) };
        let server = judged(vec![told, event(655, 10, CODE_90)]);
        assert_eq!((server.cause, server.remedy.is_some()), (Cause::ApplianceRetired, false), "{text}");
    }
    let removed = "Windows Installer removed the product. Product Name: Azure Active Directory Sync tool.";
    let removed = Event { id: 1034, ..of_windows("MsiInstaller", removed) };
    assert!(judged(vec![removed, event(655, 10, CODE_90)]).remedy.is_some());
}

#[test]
fn who_names_dirsync_and_is_not_known_to_tell_truly_keeps_the_remedy_away_unless_the_product_is_told() {
    let text = "The Windows Azure Active Directory Sync Service service entered the running state.";
    let backup = of_windows("Contoso Backup", text);
    let server = judged(vec![backup.clone(), event(6900, 10, CODE_90)]);
    assert_eq!((server.cause, server.remedy.is_some()), (Cause::PhsNotActivated, false));
    assert!(codes(&server).contains(&"product-unclear"));
    assert!(judged(vec![backup, ended_by("2.6.92.0")]).remedy.is_some());
}

#[test]
fn an_installation_a_crash_and_any_error_of_ours_tell_the_build() {
    for (provider, id, text) in [
        (
            "MsiInstaller",
            1033,
            "Windows Installer installed the product. Product Name: Microsoft Azure AD Connect. Product Version: 2.3.20.0.",
        ),
        ("MsiInstaller", 1035, "Microsoft Entra Connect Sync\n·\n2.3.20.0\n·\n1033"),
        (
            "Application Error",
            1000,
            "Name der fehlerhaften Anwendung: miiserver.exe, Version: 2.3.20.0, Zeit: 0x5f",
        ),
        ("Windows Error Reporting", 1001, "P1: miiserver.exe\nP2: 2.3.20.0\nP3: 5f"),
        (
            "ADSync",
            6801,
            "The extensible extension returned an unsupported error. \"Azure AD Sync 2.3.20.0\"",
        ),
    ] {
        let told = Event { id, ..of_windows(provider, text) };
        let server = judged(vec![told.clone(), event(655, 10, CODE_90)]);
        assert_eq!((server.cause, server.remedy.is_some()), (Cause::BuildRetired, false), "{text}");
        // The newest counts.
        assert_eq!(judged(vec![told, ended_by("2.6.92.0")]).cause, Cause::PhsNotActivated);
    }
    for (provider, id, text) in [
        (
            "MsiInstaller",
            1033,
            "Product Name: Microsoft Entra Connect Health agent for sync. Product Version: 2.3.20.0",
        ),
        (
            "MsiInstaller",
            1034,
            "Product Name: Microsoft Azure AD Connect. Product Version: 2.3.20.0. Removal success",
        ),
        ("Application Error", 1000, "Faulting application name: notepad.exe, version: 2.3.20.0"),
    ] {
        let told = Event { id, ..of_windows(provider, text) };
        assert_eq!(judged(vec![told, event(655, 10, CODE_90)]).cause, Cause::PhsNotActivated, "{text}");
    }
}

#[test]
fn a_recalled_build_gets_no_remedy() {
    let server = judged(vec![ended_by("2.6.79.0")]);
    assert_eq!((server.cause, server.remedy.is_some()), (Cause::PhsNotActivated, false));
    assert!(codes(&server).contains(&"build-recalled"));
}

#[test]
fn a_service_that_stopped_after_its_last_sign_is_known_by_the_service_managers_events() {
    let crash = "The Microsoft Azure AD Sync service terminated unexpectedly. It has done this 1 time(s).";
    for (id, text) in [
        (7034, crash),
        (7034, "Dienst \"Microsoft Entra ID Sync\" wurde unerwartet beendet."),
        (7036, "The Microsoft Azure AD Sync service entered the stopped state."),
        (7036, "Le service Microsoft Azure AD Sync est entré dans l'état : arrêté."),
        (7036, "ADSync\n·\narrêté"),
        (7036, "Microsoft Azure AD Sync サービスは 停止 状態に移行しました。"),
        (7000, "The ADSync service failed to start due to the following error: access is denied."),
    ] {
        let server = judged(vec![event(6900, 40, CODE_90), manager(id, 10, text)]);
        assert_eq!((server.cause, server.remedy.is_some()), (Cause::ServiceStopped, false), "{text}");
    }
    let restarted = manager(7036, 5, "The Microsoft Azure AD Sync service entered the running state.");
    let again = judged(vec![manager(7034, 10, crash), restarted, event(654, 2, "ping end")]);
    assert_ne!(again.cause, Cause::ServiceStopped);
    let before = judged(vec![manager(7034, 60, crash), event(6900, 40, CODE_90)]);
    assert_eq!(before.cause, Cause::PhsNotActivated);
    // Another service's end is none of ours.
    let health = "The Microsoft Entra Connect Health Agent service entered the stopped state.";
    let other = judged(vec![event(6900, 40, CODE_90), manager(7036, 10, health)]);
    assert_eq!(other.cause, Cause::PhsNotActivated);
}
