//! Runs a script as a child process: a private copy of the bytes whose digest was checked, nothing on its input, a short
//! environment, an end in time, a bound on what it prints, and nothing it started left behind.

use std::path::PathBuf;
use std::process::{ExitStatus, Stdio};
use std::time::Duration;

use futures_util::FutureExt as _;
use futures_util::future::BoxFuture;
use process_wrap::tokio::{ChildWrapper, CommandWrap, KillOnDrop};
use serde_json::{Map, Value};
use tokio::io::{AsyncRead, AsyncReadExt as _};

use super::copy::{Place, ScriptCopy};
use super::environment;
use super::output::{self, MAX_BYTES};
use super::{ATTENDED_TIMEOUT, Argument, ScriptError, Scripts};
use crate::agent::config::Config;
use crate::agent::core::blocking;
use crate::catalog::Command;
use crate::plan::Mode;

/// Lets a question fail that nobody is there to answer.
const NON_INTERACTIVE: &str = "-NonInteractive";

/// How long a killed process may take to be gone.
const KILL_TIME: Duration = Duration::from_secs(5);

/// Runs installed scripts with an interpreter.
#[derive(Debug, Clone)]
pub struct ScriptProcess {
    interpreter: Vec<String>,
    folder: PathBuf,
    copies: Place,
    modules: Option<PathBuf>,
    timeout: Option<Duration>,
}

impl ScriptProcess {
    /// As a configuration says.
    pub fn of(config: &Config) -> ScriptProcess {
        let interpreter = match config.powershell.interpreter.as_slice() {
            [] => ScriptProcess::windows_powershell(),
            given => given.to_vec(),
        };
        let scripts = ScriptProcess::new(interpreter, &config.scripts, config.data.join("scripts"));
        match config.powershell.timeout_seconds {
            Some(seconds) => scripts.with_timeout(Duration::from_secs(seconds.get().into())),
            None => scripts,
        }
    }

    /// Runs the scripts in `folder` (`<command>/run.ps1`, as in `commands/`) with an interpreter: a program
    /// and its first arguments, to which the script's path and arguments are added. What is given to it is a copy in
    /// `copies`, a folder that nobody else may write to; it is made if it is missing.
    pub fn new(
        interpreter: Vec<String>,
        folder: impl Into<PathBuf>,
        copies: impl Into<PathBuf>,
    ) -> ScriptProcess {
        ScriptProcess {
            interpreter,
            folder: folder.into(),
            copies: Place::Folder(copies.into()),
            modules: None,
            timeout: None,
        }
    }

    /// For an operator's own session: on Windows what runs is copied to a new folder that only administrators can change.
    pub fn for_an_operator(self) -> ScriptProcess {
        #[cfg(windows)]
        return ScriptProcess { copies: Place::Operators, ..self };
        #[cfg(not(windows))]
        self
    }

    /// Lets scripts find modules in `folder` before all others; for tests.
    pub fn with_modules(self, folder: impl Into<PathBuf>) -> ScriptProcess {
        ScriptProcess { modules: Some(folder.into()), ..self }
    }

    /// Ends every run after `timeout` at the latest, if its `command.toml` would let it run longer.
    pub fn with_timeout(self, timeout: Duration) -> ScriptProcess {
        ScriptProcess { timeout: Some(timeout), ..self }
    }

    /// Windows PowerShell of the system folder, by absolute path. The execution policy stays the machine's:
    /// where it is AllSigned, the installed scripts are to be signed.
    pub fn windows_powershell() -> Vec<String> {
        let program = format!(r"{}\WindowsPowerShell\v1.0\powershell.exe", system_folder());
        [&program, "-NoLogo", "-NoProfile", NON_INTERACTIVE, "-File"].map(str::to_owned).to_vec()
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
        let usual = Duration::from_secs(command.about.timeout_seconds);
        let usual = if mode == Mode::Attended { usual.max(ATTENDED_TIMEOUT) } else { usual };
        let limit = self.timeout.map_or(usual, |timeout| timeout.min(usual));
        let mut child = Tree(self.spawn(&copy, arguments, mode)?);
        let (mut stdout, mut stderr) = (Vec::new(), Vec::new());
        let pipes = (child.0.stdout().take(), child.0.stderr().take());
        let ended = tokio::time::timeout(limit, child.end(pipes, &mut stdout, &mut stderr)).await;
        child.gone().await;
        match ended {
            Ok(Ok(status)) => output::read(&stdout, &stderr, failure(status)),
            Ok(Err(Flood::TooMuch)) => Err(ScriptError::TooMuchOutput(MAX_BYTES)),
            Ok(Err(Flood::Io(error))) => {
                Err(ScriptError::NotJson(format!("its output can't be read: {error}")))
            }
            Err(_) => Err(hung(command, mode, limit, &stdout, &stderr)),
        }
    }

    fn spawn(
        &self,
        copy: &ScriptCopy,
        arguments: &[Argument],
        mode: Mode,
    ) -> Result<Box<dyn ChildWrapper>, ScriptError> {
        let not_started = |why: String| ScriptError::NotStarted {
            interpreter: self.interpreter.first().cloned().unwrap_or_else(|| "the interpreter".into()),
            why,
        };
        let Some((program, first)) = self.interpreter.split_first() else {
            return Err(not_started("none is configured".into()));
        };
        let variables = environment::variables(&copy.temporary(), self.modules.as_deref());
        let variables =
            variables.map_err(|error| not_started(format!("the machine's variables: {error}")))?;
        // Who sits there may be asked, and signs in in a window of their own desktop.
        let fits =
            |argument: &&String| mode == Mode::Unattended || !argument.eq_ignore_ascii_case(NON_INTERACTIVE);
        let mut wrap = CommandWrap::with_new(program, |process| {
            process.args(first.iter().filter(fits)).arg(copy.path());
            for argument in arguments {
                process.arg(format!("-{}", argument.name())).arg(argument.value());
            }
            process.env_clear().envs(variables);
            // Not where this program was started: a program looks for libraries there.
            #[cfg(windows)]
            process.current_dir(system_folder());
            process.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
        });
        wrap.wrap(KillOnDrop);
        #[cfg(unix)]
        wrap.wrap(process_wrap::tokio::ProcessGroup::leader());
        // It starts suspended and runs once it is in the job, which its children can't leave. The job ends with the
        // handle that only this program has, so also when this program is killed.
        #[cfg(windows)]
        wrap.wrap(process_wrap::tokio::JobObject);
        #[cfg(windows)]
        {
            use windows::Win32::System::Threading::{CREATE_NEW_PROCESS_GROUP, CREATE_NO_WINDOW};
            // Ctrl-C in the operator's console does not reach another group: what has begun goes on.
            let flags = if mode == Mode::Attended { CREATE_NEW_PROCESS_GROUP } else { CREATE_NO_WINDOW };
            wrap.wrap(process_wrap::tokio::CreationFlags(flags));
        }
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

/// The system folder, as the system itself says.
fn system_folder() -> String {
    #[cfg(windows)]
    if let Ok(folder) = crate::agent::windows::surroundings::system_folder() {
        return folder.display().to_string();
    }
    // Where it nearly always is; if not, PowerShell does not start.
    r"C:\Windows\System32".into()
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

    /// Kills it, and waits until it is gone: it would hold its script's copy open otherwise.
    async fn gone(&mut self) {
        self.kill();
        // A process that can't be killed at once hangs in a driver. Nobody waits for that.
        let _ = tokio::time::timeout(KILL_TIME, self.0.inner_mut().wait()).await;
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
