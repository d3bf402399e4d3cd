//! The agent as a Windows service: installed, started and stopped by the service manager, refused where its key lies open.

use tokio::sync::Mutex;

use crate::machine;
use crate::programs::Ended;
use crate::server::{ID, Server};
use crate::waiting::until;

/// The machine has one service of the agent.
static THE_SERVICE: Mutex<()> = Mutex::const_new(());

/// Runs a command of the service for this server.
fn service(server: &Server, command: &str) -> Ended {
    let config = server.windows_path("agent.toml");
    let takes_config = matches!(command, "install" | "status");
    let arguments = ["service", command, "--config", &config];
    server.machine().agent(&arguments[..if takes_config { 4 } else { 2 }])
}

fn log(server: &Server) -> String {
    std::fs::read_to_string(server.path(r"data\agent.log")).unwrap_or_default()
}

#[tokio::test]
async fn the_agent_is_a_service_that_answers_the_bot_and_stops_when_told() {
    let Some(windows) = machine::windows() else { return };
    let _alone = THE_SERVICE.lock().await;
    // A path that needs quotes, and letters beyond ASCII.
    let server = Server::new(windows, "the service of Büro 1", "");
    assert!(service(&server, "status").out.contains("not installed"));

    let installed = service(&server, "install");
    assert_eq!(installed.code, Some(0), "{installed:?}");
    assert!(installed.out.contains(r"NT SERVICE\SyncmedicAgent"), "{installed:?}");
    assert!(!installed.out.contains("is now a member"), "{installed:?}");
    assert!(installed.out.contains("member of   no group of this server"), "{installed:?}");
    server.close_key();
    let started = service(&server, "start");
    assert_eq!(started.code, Some(0), "{started:?} {}", log(&server));
    let again = service(&server, "start");
    assert!(again.out.contains("ran already"), "{again:?}");

    // It answers the bot, and its log is a file, since it has no console.
    let says = |words: &str| until(words, || log(&server).contains(words).then_some(()));
    says("the agent answers");
    let text = log(&server);
    let address = text.lines().find_map(|line| line.split_once("address=")).expect("it says where").1;
    let report = server.client(address.trim()).report(false).await.expect("a report");
    assert_eq!(report.agent.as_str(), ID);

    // It says what it costs, to whoever looks at the server.
    until("it leaves a note", || server.path(r"data\running.json").exists().then_some(()));
    let status = service(&server, "status");
    assert_eq!(status.code, Some(0), "{status:?}");
    assert!(status.out.contains("running, process"), "{status:?}");
    let quoted =
        format!("\"{}\" service run --config \"{}\"", machine::AGENT, server.windows_path("agent.toml"));
    assert!(status.out.contains(&quoted), "{quoted}: {status:?}");
    assert!(
        status.out.contains("MiB (limit 64.0 MiB)") && status.out.contains("processor time"),
        "{status:?}"
    );
    let shown = server.agent("status", &[]);
    assert!(shown.out.contains("running, process") && shown.out.contains("not read"), "{shown:?}");
    assert!(shown.out.contains("by the running agent at "), "{shown:?}");

    let stopped = service(&server, "stop");
    assert_eq!((stopped.code, stopped.out.trim()), (Some(0), "The service has stopped."), "{stopped:?}");
    assert!(log(&server).contains("the agent has stopped"), "{}", log(&server));
    assert!(!server.path(r"data\running.json").exists());
    let status = service(&server, "status");
    assert_eq!(status.code, Some(3), "{status:?}");

    let removed = service(&server, "uninstall");
    assert!(removed.out.contains("The service is removed."), "{removed:?}");
    assert!(service(&server, "status").out.contains("not installed"));
    assert!(server.path(r"data\agent.key").exists() && server.path("agent.toml").exists());
}

#[test]
fn a_service_whose_event_log_hangs_stops_when_told() {
    let Some(windows) = machine::windows() else { return };
    let _alone = THE_SERVICE.blocking_lock();
    let server = Server::new(windows, "hanging-log", "");
    assert_eq!(service(&server, "install").code, Some(0));
    server.close_key();
    // A service has no variable that names another log.
    let standing_in = windows.unix(r"C:\standin-eventlog");
    std::fs::create_dir_all(&standing_in).expect("a folder");
    std::fs::write(standing_in.join("orders"), "hangs").expect("writes");
    let started = service(&server, "start");
    let hangs = started.code == Some(0)
        && until("a call hangs", || standing_in.join("hanging").exists().then_some(true));
    let stopped = service(&server, "stop");
    std::fs::remove_dir_all(&standing_in).expect("is removed");
    assert!(hangs, "{started:?} {}", log(&server));
    assert_eq!((stopped.code, stopped.out.trim()), (Some(0), "The service has stopped."), "{stopped:?}");
    assert!(log(&server).contains("the agent has stopped"), "{}", log(&server));
    assert!(!server.path(r"data\running.json").exists(), "its note has gone with it");
    assert_eq!(service(&server, "uninstall").code, Some(0));
}

#[test]
fn the_services_status_believes_no_rules_that_others_can_change() {
    let Some(windows) = machine::windows() else { return };
    let server = Server::new(windows, "foreign-rules", "");
    let looked = service(&server, "status");
    assert!(looked.out.contains("none has left a note in"), "{looked:?}");
    // Whoever looks would open a path of somebody else's choice, with an administrator's rights.
    server.configure(|text| text.replace("\ndata = ", "\ndata = 'C:\\planted' # "));
    assert!(server.read("agent.toml").contains("planted"), "{}", server.read("agent.toml"));
    server.set_mode("agent.toml", 0o646);
    let refused = service(&server, "status");
    for words in ["not looked at: ", "agent.toml", "Everyone may change it"] {
        assert!(refused.out.contains(words), "{words}: {refused:?}");
    }
    assert!(!refused.out.contains("planted"), "{refused:?}");
}

#[test]
fn a_key_that_others_can_read_keeps_the_agent_from_starting_and_the_mend_is_named() {
    let Some(windows) = machine::windows() else { return };
    let _alone = THE_SERVICE.blocking_lock();
    let server = Server::new(windows, "open-key", "");
    server.set_mode(r"data\agent.key", 0o644);
    let refused = server.agent("run", &[]);
    assert_eq!(refused.code, Some(78), "{refused:?}");
    for words in ["Everyone may read it", "agent.key", "service install", "make a new key"] {
        assert!(refused.err.contains(words), "{words}: {refused:?}");
    }
    let tested = server.agent("self-test", &[]);
    assert!(tested.code == Some(1) && tested.out.contains("Everyone may read it"), "{tested:?}");

    // As a service too: it ends at once, and says why where an administrator looks.
    assert_eq!(service(&server, "install").code, Some(0));
    server.set_mode(r"data\agent.key", 0o644);
    let started = service(&server, "start");
    assert_eq!(started.code, Some(1), "{started:?}");
    assert!(started.err.contains("ended at once"), "{started:?}");
    assert!(log(&server).contains("Everyone may read it"), "{}", log(&server));
    assert_eq!(service(&server, "uninstall").code, Some(0));
}

#[test]
fn rules_that_others_can_change_keep_the_agent_from_starting() {
    let Some(windows) = machine::windows() else { return };
    let server = Server::new(windows, "open-rules", "");
    server.set_mode("agent.toml", 0o646);
    // They are not even read: what they name must not run in an administrator's console.
    server.write("agent.toml", "no rules");
    for command in ["run", "status", "apply"] {
        let refused = server.agent(command, &[]);
        assert_eq!(refused.code, Some(78), "{command}: {refused:?}");
        let says = |words| refused.err.contains(words);
        assert!(says("agent.toml") && says("Everyone may change it"), "{command}: {refused:?}");
    }
    let tested = server.agent("self-test", &[]);
    assert!(tested.code == Some(1) && tested.out.contains("Everyone may change it"), "{tested:?}");
}

#[test]
fn what_the_agent_believes_in_place_of_windows_is_refused_where_others_can_change_it() {
    let Some(windows) = machine::windows() else { return };
    let server = Server::new(windows, "open-sources", "").with_event_files();
    server.write(r"events\a.jsonl", "");
    for (place, open, closed) in
        [("server.json", 0o646, 0o644), ("events", 0o757, 0o755), (r"events\a.jsonl", 0o646, 0o644)]
    {
        server.set_mode(place, open);
        for command in ["run", "status", "apply"] {
            let refused = server.agent(command, &[]);
            assert_eq!(refused.code, Some(78), "{place}, {command}: {refused:?}");
            let says = |words| refused.err.contains(words);
            assert!(says(place) && says("Everyone may change it") && says("icacls"), "{place}: {refused:?}");
        }
        server.set_mode(place, closed);
    }
    assert_eq!(server.agent("status", &[]).code, Some(0));
}

#[test]
fn rules_below_a_folder_that_others_can_exchange_keep_the_agent_from_starting() {
    let Some(windows) = machine::windows() else { return };
    let server = Server::new(windows, r"above\agent", "");
    let above = server.path("").parent().expect("a folder above").to_owned();
    let set = |mode| {
        use std::os::unix::fs::PermissionsExt as _;
        std::fs::set_permissions(&above, std::fs::Permissions::from_mode(mode)).expect("is set");
    };
    set(0o757);
    // The rules are not even read.
    let rules = server.read("agent.toml");
    server.write("agent.toml", "no rules");
    for command in ["run", "status", "apply", "self-test"] {
        let refused = server.agent(command, &[]);
        assert_ne!(refused.code, Some(0), "{command}: {refused:?}");
        let said = refused.out + &refused.err;
        for words in ["-above", "Everyone may change it", "put another folder in this one's place"] {
            assert!(said.contains(words), "{command}: {words} in {said}");
        }
    }
    set(0o755);
    server.write("agent.toml", &rules);
    assert_eq!(server.agent("status", &[]).code, Some(0));
}

#[test]
fn no_variable_of_a_session_names_the_agents_rules() {
    let Some(windows) = machine::windows() else { return };
    let server = Server::new(windows, "variables", "");
    let (own, folder) = (server.windows_path("agent.toml"), server.folder.as_str());
    let env = [("SYNCMEDIC_AGENT_CONFIG", own.as_str()), ("ProgramData", folder)];
    let missing = windows.run(machine::AGENT, &["run"], &env);
    assert_eq!(missing.code, Some(78), "{missing:?}");
    assert!(missing.err.contains(r"C:\ProgramData\Syncmedic\agent.toml"), "{missing:?}");
}

#[test]
fn a_service_is_refused_whose_program_others_can_change_or_give_a_library() {
    use std::os::unix::fs::PermissionsExt as _;
    let Some(windows) = machine::windows() else { return };
    let _alone = THE_SERVICE.blocking_lock();
    let server = Server::new(windows, "open-program", "");
    let library = windows.unix(r"C:\Program Files\Syncmedic\beside.dll");
    std::fs::write(&library, "").expect("writes");
    for (path, open, closed) in
        [(library.clone(), 0o646, 0o644), (windows.unix(r"C:\Program Files"), 0o757, 0o755)]
    {
        let set = |mode| std::fs::set_permissions(&path, std::fs::Permissions::from_mode(mode));
        set(open).expect("is set");
        let refused = service(&server, "install");
        set(closed).expect("is set");
        assert_eq!(refused.code, Some(78), "{}: {refused:?}", path.display());
        for words in ["Everyone may change it", "Program Files"] {
            assert!(refused.err.contains(words), "{words}: {refused:?}");
        }
    }
    std::fs::remove_file(&library).expect("is removed");
    assert!(service(&server, "status").out.contains("not installed"));
}

#[test]
fn what_only_the_service_manager_may_start_says_so() {
    let Some(windows) = machine::windows() else { return };
    let refused = windows.agent(&["service", "run", "--config", r"C:\no\agent.toml"]);
    assert_ne!(refused.code, Some(0), "{refused:?}");
    assert!(refused.err.contains("only the service manager starts this"), "{refused:?}");
}
