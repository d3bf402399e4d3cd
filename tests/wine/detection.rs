//! What the server is, asked of Windows: services, registry, file versions and processes that are really there.

use syncmedic::report::{ApplianceKind, Report, ServiceState};

use crate::machine::{self, Windows};
use crate::server::Server;

/// The agent's report, made of what Windows tells.
fn report(server: &Server) -> Report {
    let status = server.agent("status", &["--json"]);
    assert_eq!(status.code, Some(0), "{status:?}");
    Report::from_json(status.out.as_bytes()).expect("a report")
}

/// Runs one of Windows' own programs.
fn windows_runs(windows: &Windows, program: &str, arguments: &[&str]) {
    let ended = windows.run(program, arguments, &[]);
    assert_eq!(ended.code, Some(0), "{program} {arguments:?}: {ended:?}");
}

fn said(report: &Report) -> String {
    report.gaps.iter().map(|gap| format!("{}: {}\n", gap.what, gap.why)).collect()
}

/// One test, since the services and the registry are the whole machine's: it changes from one product to the next.
#[test]
fn the_product_is_told_by_windows_own_services_registry_and_file_versions() {
    let Some(windows) = machine::windows() else { return };
    let server = Server::new(windows, "native", "");
    server.configure(|text| text.replace("server.file = \"server.json\"\n", ""));

    let nothing = report(&server);
    assert_eq!(nothing.appliance.kind, ApplianceKind::None, "{nothing:#?}");
    assert_eq!((nothing.appliance.build, nothing.appliance.services.len()), (None, 0));
    assert!(!nothing.server.is_empty());

    // Identity Manager's engine alone is none of ours; with DirSync's key it is DirSync.
    windows_runs(
        windows,
        "sc.exe",
        &["create", "FIMSynchronizationService", "binPath=", r"C:\FIM\miiserver.exe"],
    );
    let manager = report(&server);
    assert_eq!(manager.appliance.kind, ApplianceKind::None, "{manager:#?}");
    assert!(said(&manager).contains("Identity Manager"), "{}", said(&manager));
    windows_runs(windows, "reg.exe", &["add", r"HKLM\SOFTWARE\Microsoft\MSOLCoExistence", "/f"]);
    assert_eq!(report(&server).appliance.kind, ApplianceKind::DirSync);

    // ADSync, in a folder of its own choice, is Azure AD Sync or Connect by its engine's version.
    let engine = r"C:\Sync Engine\Bin\miiserver.exe";
    windows_runs(windows, "sc.exe", &["create", "ADSync", "binPath=", &format!("\"{engine}\"")]);
    let unread = report(&server);
    assert_eq!((unread.appliance.kind, unread.appliance.build), (ApplianceKind::Unknown, None));
    assert!(said(&unread).contains(engine), "{}", said(&unread));
    machine::idle_program(&windows.unix(engine), "1.0.494.501");
    let old = report(&server);
    assert_eq!(old.appliance.kind, ApplianceKind::AzureAdSync, "{old:#?}");
    assert!(said(&old).contains("not confirmed"), "{}", said(&old));
    machine::idle_program(&windows.unix(engine), "2.6.84.0");
    let connect = report(&server);
    assert_eq!(connect.appliance.kind, ApplianceKind::Connect, "{connect:#?}");
    assert_eq!(connect.appliance.build, "2.6.84.0".parse().ok());
    assert_eq!(connect.service("ADSync"), Some(ServiceState::Stopped));
    assert_eq!(connect.service("FIMSynchronizationService"), Some(ServiceState::Stopped));

    // Cloud Sync alone, once the others are gone.
    for name in ["ADSync", "FIMSynchronizationService"] {
        windows_runs(windows, "sc.exe", &["delete", name]);
    }
    windows_runs(
        windows,
        "sc.exe",
        &["create", "AADConnectProvisioningAgent", "binPath=", r"C:\CS\agent.exe"],
    );
    assert_eq!(report(&server).appliance.kind, ApplianceKind::CloudSync);
    windows_runs(windows, "sc.exe", &["delete", "AADConnectProvisioningAgent"]);
    windows_runs(windows, "reg.exe", &["delete", r"HKLM\SOFTWARE\Microsoft\MSOLCoExistence", "/f"]);
}

#[test]
fn an_open_wizard_is_seen_in_the_list_of_processes() {
    let Some(windows) = machine::windows() else { return };
    let server = Server::new(windows, "wizard", "");
    server.configure(|text| text.replace("server.file = \"server.json\"\n", ""));
    let wizard = r"C:\Wizard\AzureADConnect.exe";
    machine::idle_program(&windows.unix(wizard), "2.6.84.0");
    let open = windows.start(wizard, &[], &[]);
    // The self-test's words: the report has a place for the wizard only where the state could be read.
    crate::waiting::until("the wizard is seen", || {
        let test = server.agent("self-test", &[]);
        test.out.contains("the wizard is open").then_some(())
    });
    open.kill();
    let closed = server.agent("self-test", &[]);
    assert!(closed.out.contains("the wizard is closed"), "{closed:?}");
}
