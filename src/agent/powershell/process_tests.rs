//! Real child processes: a shell stands in for PowerShell.

use std::path::Path;
use std::time::Duration;

use serde_json::{Map, Value};

use super::process::*;
use super::{Argument, ScriptError, Scripts as _};
use crate::catalog::{ENABLE_FOREST_CHANNEL, ENABLE_PASSWORD_SYNC, READ_STATE, command};
use crate::plan::Mode;

/// The installed scripts, and a stand-in for PowerShell that runs shell code instead of them.
struct Server {
    folder: tempfile::TempDir,
    scripts: ScriptProcess,
}

fn server(shell: &str) -> Server {
    let folder = tempfile::tempdir().expect("a folder");
    for command in crate::catalog::commands() {
        let path = folder.path().join(command.id.as_str());
        std::fs::create_dir(&path).expect("creates");
        std::fs::write(path.join("run.ps1"), command.script).expect("writes");
    }
    let stand_in = folder.path().join("powershell.sh");
    std::fs::write(&stand_in, shell).expect("writes");
    let interpreter = vec!["/bin/sh".into(), stand_in.display().to_string(), "-File".into()];
    let scripts = ScriptProcess::new(interpreter, folder.path(), folder.path().join("copies"));
    let scripts = scripts.with_timeout(Duration::from_secs(20));
    Server { folder, scripts }
}

impl Server {
    async fn run(&self, id: &str, arguments: &[Argument]) -> Result<Map<String, Value>, ScriptError> {
        self.scripts.run(command(id).expect("in the catalogue"), arguments, Mode::Unattended).await
    }

    fn hurried(self) -> Server {
        Server { scripts: self.scripts.with_timeout(Duration::from_millis(1500)), ..self }
    }
}

#[tokio::test]
async fn a_script_gets_its_path_and_its_closed_arguments_and_its_object_comes_back() {
    let server = server(r#"printf '{"ok":true,"args":"%s"}' "$*""#);
    let arguments =
        [Argument::flag("ExpectedStaging", false), Argument::new("Connector", "x-1").expect("valid")];
    let object = server.run(READ_STATE, &arguments).await.expect("success");
    let printed = object["args"].as_str().expect("a text");
    let (script, given) = printed.split_once(' ').and_then(|(_, rest)| rest.split_once(' ')).expect("both");
    assert!(printed.starts_with("-File /") && script.ends_with("/read-state/run.ps1"), "{printed}");
    assert_eq!(given, "-ExpectedStaging False -Connector x-1");
}

/// Changes the installed script before the interpreter reads what it was given, and tells what that is.
const TAMPER: &str = r#"
echo Remove-Thing > "$(dirname "$0")/read-state/run.ps1"
printf '{"ok":true,"path":"%s","sha256":"%s","file":"%s","folder":"%s"}' "$2" \
  "$(sha256sum < "$2" | cut -d ' ' -f 1)" "$(stat -c %a "$2")" "$(stat -c %a "$(dirname "$(dirname "$2")")")"
"#;

#[cfg(target_os = "linux")]
#[tokio::test]
async fn what_runs_is_a_private_copy_of_the_checked_script_even_if_that_is_changed_afterwards() {
    let server = server(TAMPER);
    let object = server.run(READ_STATE, &[]).await.expect("success");
    let script = command(READ_STATE).expect("in the catalogue").script;
    assert_eq!(object["sha256"], crate::plan::Digest::of(script).to_string());
    assert_eq!((&object["file"], &object["folder"]), (&"600".into(), &"700".into()));
    let path = Path::new(object["path"].as_str().expect("a text"));
    assert!(path.starts_with(server.folder.path().join("copies")), "{path:?}");
    assert_eq!(server.run(READ_STATE, &[]).await.expect_err("refused").code(), "script-changed");
}

#[tokio::test]
async fn a_signed_scripts_copy_is_signed() {
    let server = server(r#"printf '{"ok":true,"last":"%s"}' "$(tail -n 1 "$2")""#);
    let script = server.folder.path().join("read-state/run.ps1");
    let block = "\n# SIG # Begin signature block\n# MIIa\n# SIG # End signature block\n";
    let signed = [command(READ_STATE).expect("in the catalogue").script, block.as_bytes()].concat();
    std::fs::write(&script, signed).expect("writes");
    let object = server.run(READ_STATE, &[]).await.expect("success");
    assert_eq!(object["last"], "# SIG # End signature block");
}

#[tokio::test]
async fn no_copy_outlives_its_run_however_it_ends() {
    for (shell, works) in [(r#"echo '{"ok":true}'"#, true), ("while :; do sleep 1; done", false)] {
        let server = server(shell).hurried();
        assert_eq!(server.run(READ_STATE, &[]).await.is_ok(), works);
        let left = std::fs::read_dir(server.folder.path().join("copies")).expect("was made").count();
        assert_eq!(left, 0, "{shell}");
    }
}

#[tokio::test]
async fn what_a_killed_agent_left_behind_is_tidied_up_and_a_copy_in_use_is_not() {
    let server = server(r#"echo '{"ok":true}'"#);
    let copies = server.folder.path().join("copies");
    server.run(READ_STATE, &[]).await.expect("success");
    for (name, days) in [("left", 2), ("in-use", 0)] {
        std::fs::create_dir(copies.join(name)).expect("makes");
        let made = std::time::SystemTime::now() - Duration::from_secs(days * 24 * 60 * 60);
        std::fs::File::open(copies.join(name)).expect("opens").set_modified(made).expect("sets");
    }
    server.run(READ_STATE, &[]).await.expect("success");
    assert!(!copies.join("left").exists() && copies.join("in-use").exists());
}

#[tokio::test]
async fn only_an_attended_run_may_ask_its_operator() {
    let server = server(r#"printf '{"ok":true,"args":"%s"}' "$*""#);
    let stand_in = server.folder.path().join("powershell.sh").display().to_string();
    let interpreter = vec!["/bin/sh".into(), stand_in, "-NonInteractive".into(), "-File".into()];
    let folder = server.folder.path();
    let scripts = ScriptProcess::new(interpreter, folder, folder.join("copies"));
    for (mode, silent) in [(Mode::Unattended, true), (Mode::Attended, false)] {
        let command = command(READ_STATE).expect("in the catalogue");
        let object = scripts.run(command, &[], mode).await.expect("success");
        let given = object["args"].as_str().expect("a text");
        assert_eq!(given.contains("-NonInteractive"), silent, "{mode:?}: {given}");
        assert!(given.contains("-File "), "{given}");
    }
}

#[tokio::test]
async fn nothing_runs_from_a_folder_that_others_can_write_to() {
    use std::os::unix::fs::PermissionsExt as _;
    let server = server("touch \"$(dirname \"$0\")/ran\"");
    let copies = server.folder.path().join("copies");
    std::fs::create_dir(&copies).expect("makes");
    std::fs::set_permissions(&copies, std::fs::Permissions::from_mode(0o770)).expect("chmod");
    let error = server.run(READ_STATE, &[]).await.expect_err("refused");
    assert_eq!(error.code(), "script-not-copied");
    assert!(error.to_string().contains("chmod 700"), "{error}");
    assert!(!server.folder.path().join("ran").exists());
}

#[tokio::test]
async fn a_script_sees_no_secrets_of_the_agents_environment_and_nothing_on_its_input() {
    let server = server(r#"printf '{"ok":true,"home":"%s","in":"%s"}' "$HOME$CARGO_MANIFEST_DIR" "$(cat)""#);
    let object = server.run(READ_STATE, &[]).await.expect("success");
    assert_eq!((&object["home"], &object["in"]), (&"".into(), &"".into()));
}

#[tokio::test]
async fn a_changed_or_missing_script_never_runs() {
    let server = server("touch \"$(dirname \"$0\")/ran\"");
    let script = server.folder.path().join("read-state/run.ps1");
    std::fs::write(&script, "Remove-Thing\n").expect("writes");
    assert_eq!(server.run(READ_STATE, &[]).await.expect_err("refused").code(), "script-changed");
    std::fs::remove_file(&script).expect("removes");
    assert_eq!(server.run(READ_STATE, &[]).await.expect_err("refused").code(), "script-missing");
    assert!(!server.folder.path().join("ran").exists());
}

#[tokio::test]
async fn garbage_and_an_error_record_with_exit_code_0_are_failures() {
    let error = server("echo WARNING: beware").run(READ_STATE, &[]).await.expect_err("no success");
    assert_eq!(error.code(), "output-not-json");
    assert!(error.to_string().contains("WARNING: beware"));
    let record = r#"echo '{"ok":false,"code":"cmdlet-failed","message":"m"}'; exit 0"#;
    let error = server(record).run(READ_STATE, &[]).await.expect_err("no success");
    assert_eq!(error.code(), "cmdlet-failed");
    let error = server(r#"echo '{"ok":true}'; exit 3"#).run(READ_STATE, &[]).await.expect_err("no success");
    assert_eq!(error.code(), "exit-code");
}

#[tokio::test]
async fn a_flood_is_cut_off() {
    let error = server("while :; do echo flood; done").run(READ_STATE, &[]).await.expect_err("no success");
    assert_eq!(error.code(), "output-too-large");
    let error =
        server("while :; do echo flood >&2; done").run(READ_STATE, &[]).await.expect_err("no success");
    assert_eq!(error.code(), "output-too-large");
}

#[tokio::test]
async fn a_hanging_run_is_killed_and_needs_a_person_only_where_the_cmdlet_may_ask_for_one() {
    let server = server("while :; do sleep 1; done").hurried();
    assert_eq!(server.run(ENABLE_FOREST_CHANNEL, &[]).await.expect_err("killed").code(), "timed-out");
    assert_eq!(server.run(ENABLE_PASSWORD_SYNC, &[]).await.expect_err("killed").code(), "needs-a-person");
    let asking = "echo 'Supply values for the following parameters:'; while :; do sleep 1; done";
    let error = self::server(asking).hurried().run(ENABLE_FOREST_CHANNEL, &[]).await;
    assert_eq!(error.expect_err("killed").code(), "needs-a-person");
}

/// The process of that id is gone or only waits to be reaped.
fn is_dead(pid: &str) -> bool {
    match std::fs::read_to_string(format!("/proc/{pid}/stat")) {
        Ok(stat) => stat.rsplit(") ").next().is_some_and(|rest| rest.starts_with(['Z', 'X'])),
        Err(_) => true,
    }
}

#[cfg(target_os = "linux")]
#[tokio::test]
async fn a_child_left_behind_is_killed_and_does_not_hold_up_the_answer() {
    let server = server(r#"sleep 600 & printf '{"ok":true,"left":"%s"}' "$!""#);
    let object = server.run(READ_STATE, &[]).await.expect("success");
    let pid = object["left"].as_str().expect("a text").to_owned();
    while !is_dead(&pid) {
        tokio::task::yield_now().await;
    }
}

#[cfg(target_os = "linux")]
#[tokio::test]
async fn the_whole_tree_of_a_hanging_run_is_killed() {
    let server = server(r#"sleep 600 & echo "$!" > "$(dirname "$0")/pid"; wait"#).hurried();
    let _ = server.run(READ_STATE, &[]).await.expect_err("killed");
    let pid = std::fs::read_to_string(server.folder.path().join("pid")).expect("was written");
    while !is_dead(pid.trim()) {
        tokio::task::yield_now().await;
    }
}

#[tokio::test]
async fn a_missing_interpreter_is_named() {
    let server = server("");
    let scripts = ScriptProcess::new(
        vec!["/nonexistent/powershell".into()],
        server.folder.path(),
        server.folder.path().join("copies"),
    );
    let error = Server { scripts, ..server }.run(READ_STATE, &[]).await.expect_err("not started");
    assert_eq!(error.code(), "interpreter-not-started");
    assert!(error.to_string().contains("/nonexistent/powershell"));
}
