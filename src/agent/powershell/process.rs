//! Runs a script as a child process: a private copy of the bytes whose digest was checked, nothing on its input, a short
//! environment, an end in time, a bound on what it prints, and nothing it started left behind.

use std::path::{Path, PathBuf};
use std::process::{ExitStatus, Stdio};
use std::time::Duration;

use futures_util::FutureExt as _;
use futures_util::future::BoxFuture;
use process_wrap::tokio::{ChildWrapper, CommandWrap, KillOnDrop};
use serde_json::{Map, Value};
use tokio::io::{AsyncRead, AsyncReadExt as _};

use super::copy::ScriptCopy;
use super::output::{self, MAX_BYTES};
use super::{ATTENDED_TIMEOUT, Argument, ScriptError, Scripts};
use crate::agent::core::blocking;
use crate::catalog::Command;
use crate::plan::Mode;

/// What a child may know of its surroundings. Windows' own programs need these; secrets live in none of them. Left
/// out on purpose: `PSModulePath`, which PowerShell then takes from the machine's settings.
const ENVIRONMENT: &[&str] = &[
    "ALLUSERSPROFILE",
    "APPDATA",
    "COMMONPROGRAMFILES",
    "COMPUTERNAME",
    "LOCALAPPDATA",
    "PATH",
    "PATHEXT",
    "PROCESSOR_ARCHITECTURE",
    "PROGRAMDATA",
    "PROGRAMFILES",
    "PROGRAMW6432",
    "SYSTEMDRIVE",
    "SYSTEMROOT",
    "TEMP",
    "TMP",
    "USERDOMAIN",
    "USERNAME",
    "USERPROFILE",
    "WINDIR",
];

/// Runs installed scripts with an interpreter.
#[derive(Debug, Clone)]
pub struct ScriptProcess {
    interpreter: Vec<String>,
    folder: PathBuf,
    copies: PathBuf,
    timeout: Option<Duration>,
}

impl ScriptProcess {
    /// Runs the scripts in `folder` (`<command>/run.ps1`, as in `commands/`) with an interpreter: a program
    /// and its first arguments, to which the script's path and arguments are added. What is given to it is a copy in
    /// `copies`, a folder that nobody else may write to; it is made if it is missing.
    pub fn new(
        interpreter: Vec<String>,
        folder: impl Into<PathBuf>,
        copies: impl Into<PathBuf>,
    ) -> ScriptProcess {
        ScriptProcess { interpreter, folder: folder.into(), copies: copies.into(), timeout: None }
    }

    /// Ends every run after `timeout`, whatever its `command.toml` says; for tests.
    pub fn with_timeout(self, timeout: Duration) -> ScriptProcess {
        ScriptProcess { timeout: Some(timeout), ..self }
    }

    /// Windows PowerShell of the system folder, by absolute path. The execution policy stays the machine's:
    /// where it is AllSigned, the installed scripts are to be signed.
    pub fn windows_powershell() -> Vec<String> {
        let system = std::env::var("SYSTEMROOT").unwrap_or_else(|_| r"C:\Windows".into());
        let program = format!(r"{system}\System32\WindowsPowerShell\v1.0\powershell.exe");
        [&program, "-NoLogo", "-NoProfile", "-NonInteractive", "-File"].map(str::to_owned).to_vec()
    }

    /// Where a command's script is installed.
    pub fn path(&self, command: &Command) -> PathBuf {
        self.folder.join(command.id.as_str()).join("run.ps1")
    }

    async fn run_checked(
        &self,
        command: &'static Command,
        arguments: &[Argument],
        mode: Mode,
    ) -> Result<Map<String, Value>, ScriptError> {
        let (installed, copies) = (self.path(command), self.copies.clone());
        // Lives longer than the child, which is killed before it goes.
        let copy = blocking(move || ScriptCopy::make(&installed, &copies, command)).await?;
        let limit = self.timeout.unwrap_or_else(|| {
            let usual = Duration::from_secs(command.about.timeout_seconds);
            if mode == Mode::Attended { usual.max(ATTENDED_TIMEOUT) } else { usual }
        });
        let mut child = Tree(self.spawn(copy.path(), arguments)?);
        let (mut stdout, mut stderr) = (Vec::new(), Vec::new());
        let pipes = (child.0.stdout().take(), child.0.stderr().take());
        let ended = tokio::time::timeout(limit, child.end(pipes, &mut stdout, &mut stderr)).await;
        child.kill();
        match ended {
            Ok(Ok(status)) => output::read(&stdout, &stderr, failure(status)),
            Ok(Err(Flood::TooMuch)) => Err(ScriptError::TooMuchOutput(MAX_BYTES)),
            Ok(Err(Flood::Io(error))) => {
                Err(ScriptError::NotJson(format!("its output can't be read: {error}")))
            }
            Err(_) => Err(hung(command, mode, limit, &stdout, &stderr)),
        }
    }

    fn spawn(&self, path: &Path, arguments: &[Argument]) -> Result<Box<dyn ChildWrapper>, ScriptError> {
        let not_started = |why: String| ScriptError::NotStarted {
            interpreter: self.interpreter.first().cloned().unwrap_or_else(|| "the interpreter".into()),
            why,
        };
        let Some((program, first)) = self.interpreter.split_first() else {
            return Err(not_started("none is configured".into()));
        };
        let mut wrap = CommandWrap::with_new(program, |process| {
            process.args(first).arg(path);
            for argument in arguments {
                process.arg(format!("-{}", argument.name())).arg(argument.value());
            }
            process.env_clear();
            process.envs(ENVIRONMENT.iter().filter_map(|name| Some((name, std::env::var_os(name)?))));
            process.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
        });
        wrap.wrap(KillOnDrop);
        #[cfg(unix)]
        wrap.wrap(process_wrap::tokio::ProcessGroup::leader());
        #[cfg(windows)]
        wrap.wrap(process_wrap::tokio::JobObject);
        wrap.spawn().map_err(|error| not_started(error.to_string()))
    }
}

impl Scripts for ScriptProcess {
    fn run<'a>(
        &'a self,
        command: &'static Command,
        arguments: &'a [Argument],
        mode: Mode,
    ) -> BoxFuture<'a, Result<Map<String, Value>, ScriptError>> {
        self.run_checked(command, arguments, mode).boxed()
    }
}

fn failure(status: ExitStatus) -> Option<String> {
    (!status.success()).then(|| status.to_string())
}

/// A run that hangs unattended, of a command that on other builds asks a person to sign in, most likely asks.
fn hung(command: &Command, mode: Mode, limit: Duration, stdout: &[u8], stderr: &[u8]) -> ScriptError {
    let prompt = output::asks(stdout).or_else(|| output::asks(stderr));
    match prompt {
        Some(prompt) => ScriptError::NeedsAPerson(prompt),
        None if mode == Mode::Unattended && command.about.attended_from.is_some() => {
            ScriptError::NeedsAPerson(format!("it did not end within {} s and was killed", limit.as_secs()))
        }
        None => ScriptError::TimedOut(limit),
    }
}

/// A child with all that it started; killed whole when dropped.
struct Tree(Box<dyn ChildWrapper>);

enum Flood {
    TooMuch,
    Io(std::io::Error),
}

impl Tree {
    /// Waits until the child itself ends, then ends what it left behind, so that nothing keeps its pipes open.
    async fn end<O, E>(
        &mut self,
        pipes: (Option<O>, Option<E>),
        stdout: &mut Vec<u8>,
        stderr: &mut Vec<u8>,
    ) -> Result<ExitStatus, Flood>
    where
        O: AsyncRead + Unpin,
        E: AsyncRead + Unpin,
    {
        let (out, err) = pipes;
        let ended = async {
            let status = self.0.inner_mut().wait().await;
            self.kill();
            status.map_err(Flood::Io)
        };
        let (status, (), ()) = tokio::try_join!(ended, collect(out, stdout), collect(err, stderr))?;
        Ok(status)
    }

    fn kill(&mut self) {
        // An error means that nothing is left to kill.
        let _ = self.0.start_kill();
    }
}

impl Drop for Tree {
    fn drop(&mut self) {
        self.kill();
    }
}

async fn collect<R: AsyncRead + Unpin>(pipe: Option<R>, into: &mut Vec<u8>) -> Result<(), Flood> {
    let Some(mut pipe) = pipe else { return Ok(()) };
    let mut buffer = [0; 8192];
    loop {
        match pipe.read(&mut buffer).await.map_err(Flood::Io)? {
            0 => return Ok(()),
            read if into.len() + read > MAX_BYTES => return Err(Flood::TooMuch),
            read => into.extend_from_slice(&buffer[..read]),
        }
    }
}

#[cfg(all(test, unix))]
mod tests {
    use super::*;
    use crate::catalog::{ENABLE_FOREST_CHANNEL, ENABLE_PASSWORD_SYNC, READ_STATE, command};

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
        let (script, given) =
            printed.split_once(' ').and_then(|(_, rest)| rest.split_once(' ')).expect("both");
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
        let server =
            server(r#"printf '{"ok":true,"home":"%s","in":"%s"}' "$HOME$CARGO_MANIFEST_DIR" "$(cat)""#);
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
        let error =
            server(r#"echo '{"ok":true}'; exit 3"#).run(READ_STATE, &[]).await.expect_err("no success");
        assert_eq!(error.code(), "exit-code");
    }

    #[tokio::test]
    async fn a_flood_is_cut_off() {
        let error =
            server("while :; do echo flood; done").run(READ_STATE, &[]).await.expect_err("no success");
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
}
