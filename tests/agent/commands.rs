//! The program at the server's keyboard: what its commands say, and with which exit codes.

use std::path::Path;
use std::process::Command;

use syncmedic::agent::enrol;

use crate::site::{ID, PROGRAM, Site};
use crate::waiting::until;

fn code(command: &mut Command) -> (Option<i32>, String) {
    let output = command.output().expect("runs");
    (output.status.code(), String::from_utf8_lossy(&output.stderr).into_owned())
}

#[test]
fn the_command_line_tells_usage_data_and_configuration_apart() {
    let site = Site::new("2.6.3.0");
    assert_eq!(code(Command::new(PROGRAM).arg("fly")).0, Some(64));
    let missing = Path::new("/nonexistent/agent.toml");
    let (status, said) = code(Command::new(PROGRAM).args(["run", "--config"]).arg(missing));
    assert_eq!(status, Some(78));
    assert!(said.contains("/nonexistent/agent.toml"), "{said}");
    assert_eq!(code(&mut site.program(&["apply", "--yes"])).0, Some(65));
    let key = site.home().join("data/agent.key");
    use std::os::unix::fs::PermissionsExt as _;
    std::fs::set_permissions(&key, std::fs::Permissions::from_mode(0o644)).expect("chmod");
    let (status, said) = code(&mut site.program(&["run"]));
    assert_eq!(status, Some(78));
    assert!(said.contains("agent.key") && said.contains("chmod 600"), "{said}");
}

#[test]
fn init_prints_the_whole_way_to_an_enrolled_agent_and_help_names_what_each_value_is() {
    let folder = tempfile::tempdir().expect("a folder");
    let home = folder.path().join("agent");
    let (status, said) = code(Command::new(PROGRAM).args(["init", "--id", "SYNC01", "--data"]).arg(&home));
    assert_eq!(status, Some(0), "{said}");
    let config = home.join("agent.toml").display().to_string();
    for step in [
        "syncmedic agents add SYNC01 --url https://HOST:6990 --csr agent.csr --out enrolment.toml\n"
            .to_owned(),
        format!("syncmedic-agent install --config {config} --bundle enrolment.toml\n"),
        format!("syncmedic-agent run --config {config}\n"),
    ] {
        assert!(said.contains(&step), "{step} in {said}");
    }
    for (command, value) in [("init", "--data <DIR>"), ("install", "--bundle <FILE>")] {
        let output = Command::new(PROGRAM).args([command, "--help"]).output().expect("runs");
        let help = String::from_utf8_lossy(&output.stdout).into_owned();
        assert!(help.contains(value), "{help}");
    }
}

#[test]
fn status_shows_what_the_bot_would_see() {
    let site = Site::new("2.6.3.0");
    let output = site.program(&["status", "--json"]).output().expect("runs");
    let report = syncmedic::report::Report::from_json(&output.stdout).expect("is a report");
    assert_eq!((report.agent, report.generation), (ID.parse().expect("valid"), 1));
    let output = site.program(&["status"]).output().expect("runs");
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(text.contains("cloud flag      no") && text.contains("enable-password-sync"), "{text}");
}

#[test]
fn a_running_agent_tells_the_servers_administrators_what_it_costs() {
    let site = Site::new("2.6.3.0");
    let shown = |site: &Site| {
        let output = site.program(&["status"]).output().expect("runs");
        String::from_utf8_lossy(&output.stdout).into_owned()
    };
    assert!(shown(&site).contains("running agent   none"), "{}", shown(&site));
    let (mut running, _address) = site.process();
    let note = site.home().join("data/running.json");
    until("it leaves a note", || note.exists().then_some(()));
    let text = shown(&site);
    assert!(text.contains(&format!("process {}", running.id())), "{text}");
    assert!(text.contains("MiB (limit 64.0 MiB)") && text.contains("processor time"), "{text}");
    running.kill().expect("is killed");
    running.wait().expect("is gone");
}

#[test]
fn who_may_not_look_into_the_agents_folder_is_told_to_do_it_in_an_elevated_session() {
    use std::os::unix::fs::PermissionsExt as _;
    use std::os::unix::process::CommandExt as _;
    const NOBODY: u32 = 65_534;
    let site = Site::new("2.6.3.0");
    // A copy that anybody may start.
    let folder = tempfile::tempdir().expect("a folder");
    let mode = |path: &Path, mode| {
        std::fs::set_permissions(path, std::fs::Permissions::from_mode(mode)).expect("is set");
    };
    let program = folder.path().join("syncmedic-agent");
    std::fs::copy(PROGRAM, &program).expect("copies");
    mode(folder.path(), 0o755);
    let is_root = nix::unistd::geteuid().is_root();
    if !is_root {
        mode(&site.home(), 0o000);
    }
    for command in ["run", "status", "self-test", "apply"] {
        let mut asked = Command::new(&program);
        asked.arg(command).arg("--config").arg(site.home().join("agent.toml")).current_dir(folder.path());
        if is_root {
            asked.uid(NOBODY).gid(NOBODY);
        }
        let output = asked.output().expect("runs");
        let said = String::from_utf8_lossy(&[output.stdout, output.stderr].concat()).into_owned();
        assert!(!output.status.success() && said.contains("in an elevated session"), "{command}: {said}");
    }
    mode(&site.home(), 0o700);
}

#[test]
fn status_shows_what_the_running_agents_account_reads_and_not_what_whoever_asks_could() {
    let site = Site::new("2.6.3.0");
    let flag = |site: &Site| {
        let output = site.program(&["status", "--json"]).output().expect("runs");
        let report = syncmedic::report::Report::from_json(&output.stdout).expect("is a report");
        report.state.and_then(|state| state.cloud_flag)
    };
    let (mut running, _address) = site.process();
    let note = site.home().join("data/running.json");
    let noted = || std::fs::read_to_string(&note).unwrap_or_default();
    until("it notes what it has read", || noted().contains("\"cloud_flag\":false").then_some(()));
    // From now on whoever looks for themselves would read something else.
    let denied = r#"{"ok":true,"unknown":[{"what":"cloud_flag","why":"denied\u001b[2J\nto this one"}]}"#;
    site.write("state.json", denied);
    assert_eq!(flag(&site), Some(false));
    let shown = |site: &Site| {
        let output = site.program(&["status"]).output().expect("runs");
        String::from_utf8_lossy(&output.stdout).into_owned()
    };
    let text = shown(&site);
    assert!(text.contains("by the running agent at ") && text.contains("cloud flag      no"), "{text}");
    // One that hangs is not one that is gone.
    let stopped = Command::new("kill").args(["-STOP", &running.id().to_string()]).status();
    assert!(stopped.expect("kill is there").success());
    let mut old: serde_json::Value = serde_json::from_str(&noted()).expect("is JSON");
    old["report"]["gaps"] = serde_json::json!([{"what": "state", "why": "withheld then"}]);
    let new = old.to_string();
    old["at"] = "2026-01-01T00:00:00Z".into();
    std::fs::write(&note, old.to_string()).expect("writes");
    let tested = |site: &Site| {
        let output = site.program(&["self-test"]).output().expect("runs");
        String::from_utf8_lossy(&output.stdout).into_owned()
    };
    let text = tested(&site);
    assert!(text.contains("it may hang") && !text.contains("withheld then"), "old gaps say nothing: {text}");
    assert_eq!(flag(&site), None);
    let text = shown(&site);
    assert!(text.contains("the agent runs, but has left no note since 2026-01-01"), "{text}");
    std::fs::write(&note, new).expect("writes");
    assert_eq!(flag(&site), Some(false));
    assert!(tested(&site).contains("withheld then"), "new ones do");
    // One that was killed leaves its note, however new: this account reads, and that is said.
    running.kill().expect("is killed");
    running.wait().expect("is gone");
    assert_eq!(flag(&site), None);
    let text = shown(&site);
    assert!(text.contains("has ended without taking its note"), "{text}");
    assert!(
        text.contains("no running agent has left a note") && text.contains("denied [2J to this one"),
        "{text}"
    );
}

#[test]
fn nothing_in_the_agents_files_steers_the_terminal_of_whoever_looks() {
    let site = Site::new("2.6.3.0");
    // As the service's account could write them: controls, C1 controls, and text that runs backwards.
    let hostile = r"\u001b[2J\u009b2J\u202etxt.exe\u2066";
    site.write(
        "state.json",
        &format!(r#"{{"ok":true,"unknown":[{{"what":"cloud_flag","why":"{hostile}"}}]}}"#),
    );
    let steers = |text: &str| text.chars().any(|c| c != '\n' && syncmedic::terminal::steers(c));
    for arguments in [&["status"][..], &["status", "--json"], &["self-test"]] {
        let output = site.program(arguments).output().expect("runs");
        let text = String::from_utf8_lossy(&output.stdout).into_owned();
        assert!(text.contains("txt.exe") && !steers(&text), "{arguments:?}: {text:?}");
    }
    let request = "0".repeat(32);
    let line = format!(r#"{{"n":1,"at":"2026-11-22T02:00:00Z","request":"{request}","what":"{hostile}"}}"#);
    site.write("data/journal.jsonl", &format!("{line}\n"));
    for command in ["status", "apply"] {
        let (status, said) = code(&mut site.program(&[command]));
        assert_ne!(status, Some(0));
        assert!(said.contains("txt.exe") && !steers(&said), "{command}: {said:?}");
    }
}

#[test]
fn the_self_test_tries_every_reading_step_and_fails_only_for_what_is_needed() {
    let site = Site::new("2.6.3.0");
    let tested = |site: &Site| {
        let output = site.program(&["self-test"]).output().expect("runs");
        (output.status.code(), String::from_utf8_lossy(&output.stdout).into_owned())
    };
    let (code, text) = tested(&site);
    assert_eq!(code, Some(0), "{text}");
    for step in [
        "configuration",
        "certificate",
        "powershell",
        "product",
        "event log",
        "ADSync's state",
        "clock",
        "journal",
    ] {
        assert!(text.contains(&format!("ok      {step}")), "{step} in {text}");
    }
    assert!(!text.contains("SYNC01") && !text.contains("corp.contoso.com"), "{text}");
    // What ADSync withholds is named, with what it needs, and breaks nothing.
    let denied =
        r#"{"ok":true,"unknown":[{"what":"cloud_flag","why":"Access is denied for jane@contoso.com"}]}"#;
    site.write("state.json", denied);
    let (code, text) = tested(&site);
    assert_eq!(code, Some(0), "{text}");
    assert!(
        text.contains("Access is denied") && text.contains("ADSyncAdmins") && !text.contains("jane"),
        "{text}"
    );
    // A script that somebody changed does break it.
    site.write("commands/read-state/run.ps1", "Remove-Thing");
    let (code, text) = tested(&site);
    assert_eq!(code, Some(1), "{text}");
    assert!(text.contains("BROKEN  script"), "{text}");
}

#[test]
fn an_enrolment_for_another_agent_or_an_older_one_is_refused() {
    let site = Site::new("2.6.3.0");
    let request = std::fs::read_to_string(site.home().join("data/agent.csr")).expect("reads");
    let enrol = |id: &str, generation: u32| {
        enrol::install(&site.config(), &site.bot.enrol(id, generation, &request), site.clock())
    };
    assert!(enrol("SYNC02", 1).expect_err("refused").to_string().contains("SYNC02"));
    assert_eq!(enrol("SYNC01", 3).expect("installs").generation, 3);
    assert!(enrol("SYNC01", 2).expect_err("refused").to_string().contains("generation 3"));
    // A certificate for another key.
    let other = Site::new("2.6.3.0");
    let request = std::fs::read_to_string(other.home().join("data/agent.csr")).expect("reads");
    let foreign = site.bot.enrol(ID, 4, &request);
    assert!(enrol::install(&site.config(), &foreign, site.clock()).is_err());
    assert_eq!(enrol::load(&site.config(), site.clock()).expect("still the one before").trust.generation, 3);
}
