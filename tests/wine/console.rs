//! The agent as a console program: made, enrolled, asked in the terminal, polled by the bot, stopped.

use syncmedic::catalog;
use syncmedic::report::ApplianceKind;

use crate::machine;
use crate::server::{ID, Server};

/// One event as a forwarder writes it to the agent's folder of files, with text beyond ASCII.
const FAULT: &str = r#"{"id":6900,"provider":"ADSync","record":7,"at":"NOW","text":"パスワード変更通知: \"An error occurred. Error Code: 90. Error Description: Password Synchronization has not been activated for this company"}"#;

fn with_a_fault(server: &Server) {
    let now = jiff::Timestamp::now().to_string();
    server.write(r"events\a.jsonl", &format!("{}\n", FAULT.replace("NOW", &now)));
}

#[test]
fn the_windows_agent_starts_under_wine_and_lists_the_same_catalogue_digests_as_here() {
    let Some(windows) = machine::windows() else { return };
    let listed = windows.agent(&["catalog"]);
    assert_eq!(listed.code, Some(0), "{listed:?}");
    let said: Vec<&str> = listed.out.lines().filter_map(|line| line.trim().strip_prefix("sha256 ")).collect();
    let here: Vec<String> = catalog::commands().iter().map(|command| command.digest.to_string()).collect();
    assert_eq!(said, here);
    assert!(!here.is_empty());
}

#[test]
fn the_windows_agent_is_made_enrolled_and_shows_what_the_bot_would_see() {
    let Some(windows) = machine::windows() else { return };
    let server = Server::new(windows, "console", "").with_event_files();
    with_a_fault(&server);
    let _turn = machine::operator();
    let status = server.agent("status", &["--json"]);
    assert_eq!(status.code, Some(0), "{status:?}");
    let report = syncmedic::report::Report::from_json(status.out.as_bytes()).expect("a report");
    assert_eq!((report.agent.as_str(), report.generation), (ID, 1));
    assert_eq!(report.appliance.kind, ApplianceKind::Connect);
    assert_eq!(report.events.len(), 1, "{report:#?}");
    assert!(report.events[0].text.contains("パスワード変更通知"), "{report:#?}");
    // What can't be read is said: here the state, since nobody plays PowerShell's part.
    let gap = report.gaps.iter().find(|gap| gap.what == "state").expect("a gap");
    assert!(gap.why.contains("stand-in"), "{gap:?}");
    let shown = server.agent("status", &[]);
    assert!(shown.out.contains("nothing: read-only"), "{shown:?}");
}

#[tokio::test]
async fn the_bot_polls_the_windows_agent_over_mutual_tls_and_ctrl_c_ends_it() {
    let Some(windows) = machine::windows() else { return };
    let server = Server::new(windows, "polled", "").with_event_files();
    with_a_fault(&server);
    let (agent, client) = server.serve(&[]);
    let report = client.report(false).await.expect("a report");
    assert_eq!((report.agent.as_str(), report.events.len()), (ID, 1));
    let theirs = client.catalog().await.expect("a catalogue");
    let theirs: Vec<_> = theirs.iter().map(|entry| (entry.command.clone(), entry.script)).collect();
    let ours: Vec<_> =
        catalog::commands().iter().map(|command| (command.id.clone(), command.digest)).collect();
    assert_eq!(theirs, ours);
    let ended = agent.interrupt();
    assert_eq!(ended.code, Some(0), "{ended:?}");
    assert!(ended.err.contains("the agent has stopped"), "{ended:?}");
}
