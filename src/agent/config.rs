//! The agent's configuration, `agent.toml`: the server's own last word on what may run there.
//!
//! What the bot's side hands over at enrolment (certificate, authority, grant keys, generation) is not in it
//! but in `enrolment.toml` in the data folder, so that this file stays as its administrators wrote it.

use std::net::{Ipv4Addr, SocketAddr};
use std::num::NonZeroU32;
use std::path::{Path, PathBuf};
use std::time::Duration;

use serde::Deserialize;

use crate::ids::{AgentId, CommandId};
use crate::report::Permits;

/// The port that agents listen on.
pub const PORT: u16 = 6990;

/// `agent.toml`. A key that is not known is an error, since a misspelt rule is no rule.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Config {
    /// This agent's id.
    pub id: AgentId,
    /// The address to listen on.
    #[serde(default = "listen")]
    pub listen: SocketAddr,
    /// Where key, enrolment, journal and staged grants lie.
    pub data: PathBuf,
    /// Whether nothing may run here at all.
    #[serde(default = "yes")]
    pub read_only: bool,
    /// The commands that may run here.
    #[serde(default)]
    pub commands: Vec<CommandId>,
    /// How many approvals a grant needs here.
    #[serde(default = "one")]
    pub approvals: u32,
    /// How often a command may run here in 24 hours.
    #[serde(default = "two")]
    pub runs_per_day: u32,
    /// Whether names and addresses may leave the server in event texts.
    #[serde(default)]
    pub names_allowed: bool,
    /// How often ADSync's state is read, in seconds.
    #[serde(default = "five_minutes")]
    pub state_interval_seconds: u64,
    /// Serial numbers of certificates of the bot that are no longer accepted.
    #[serde(default)]
    pub revoked: Vec<String>,
    /// Where the scripts of the catalogue are installed (`<command>/run.ps1`).
    pub scripts: PathBuf,
    /// Where events come from.
    pub events: Events,
    /// Where facts about the server come from.
    #[serde(default)]
    pub server: Server,
    /// How scripts are run.
    #[serde(default)]
    pub powershell: PowerShell,
}

/// Where events come from: `files = DIR` or `log = NAME`.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(try_from = "EventsText")]
pub enum Events {
    /// A folder of JSON lines.
    Files(PathBuf),
    /// One of Windows' logs.
    Log(String),
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct EventsText {
    files: Option<PathBuf>,
    log: Option<String>,
}

impl TryFrom<EventsText> for Events {
    type Error = String;

    fn try_from(text: EventsText) -> Result<Events, String> {
        let named = |name: &String| {
            let fits = |c: char| c.is_alphanumeric() || matches!(c, ' ' | '-' | '_' | '.' | '/' | '(' | ')');
            (1..=255).contains(&name.len()) && name.chars().all(fits)
        };
        match (text.files, text.log) {
            (Some(folder), None) => Ok(Events::Files(folder)),
            (None, Some(name)) if named(&name) => Ok(Events::Log(name)),
            (None, Some(name)) => Err(format!("events: {name:?} is no name of a log, such as Application")),
            (Some(_), Some(_)) => Err("events: either files or log, not both".into()),
            (None, None) => Err("events: files = a folder, or log = the name of a Windows log".into()),
        }
    }
}

/// Where facts about the server come from.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Server {
    /// A JSON file. Without one Windows itself is asked; other systems need it.
    #[serde(default)]
    pub file: Option<PathBuf>,
}

/// How scripts are run.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PowerShell {
    /// The interpreter and its first arguments; the system's Windows PowerShell if empty.
    #[serde(default)]
    pub interpreter: Vec<String>,
    /// After how many seconds any run is ended, if its command would let it run longer.
    pub timeout_seconds: Option<NonZeroU32>,
}

/// A configuration that can't be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{path}: {why}")]
pub struct ConfigError {
    /// The file.
    pub path: String,
    /// What is wrong, with the mend.
    pub why: String,
}

fn listen() -> SocketAddr {
    (Ipv4Addr::UNSPECIFIED, PORT).into()
}

fn yes() -> bool {
    true
}

fn one() -> u32 {
    1
}

fn two() -> u32 {
    2
}

fn five_minutes() -> u64 {
    300
}

/// On Windows scripts run with the system's own PowerShell and nothing else: a program that a file names would run elevated,
/// where an administrator looks how the agent is.
fn interpreter(named: &[String], on_windows: bool) -> Result<(), String> {
    if on_windows && !named.is_empty() {
        return Err(
            "powershell.interpreter: on Windows scripts run with the system's own PowerShell: leave it out"
                .into(),
        );
    }
    Ok(())
}

/// Whether a path is a folder or lies in it, by name, and by what the system says where both are there.
fn within(path: &Path, folder: &Path) -> bool {
    let named = named(path).starts_with(named(folder));
    named
        || matches!((path.canonicalize(), folder.canonicalize()), (Ok(path), Ok(folder)) if path.starts_with(&folder))
}

/// A path without what leads back up, and as Windows compares paths: in any case.
fn named(path: &Path) -> PathBuf {
    let path = std::path::absolute(path).unwrap_or_else(|_| path.to_owned());
    let mut named = PathBuf::new();
    for part in path.components() {
        match part {
            std::path::Component::ParentDir => {
                named.pop();
            }
            part => named.push(part),
        }
    }
    if cfg!(windows) { PathBuf::from(named.to_string_lossy().to_lowercase()) } else { named }
}

impl Config {
    /// Reads a configuration file; relative paths in it are relative to its folder.
    ///
    /// # Errors
    /// [`ConfigError`].
    pub fn load(path: &Path) -> Result<Config, ConfigError> {
        let error = |why: String| ConfigError { path: path.display().to_string(), why };
        let text = std::fs::read_to_string(path).map_err(|e| error(e.to_string()))?;
        let mut config = Config::parse(&text).map_err(error)?;
        let folder = path.parent().unwrap_or(Path::new("."));
        let files = [&mut config.data, &mut config.scripts];
        let events = match &mut config.events {
            Events::Files(path) => Some(path),
            Events::Log(_) => None,
        };
        for path in files.into_iter().chain(events).chain(&mut config.server.file) {
            *path = folder.join(&path);
        }
        for (what, other) in [("this file's folder", folder), ("scripts", &config.scripts)] {
            if within(other, &config.data) {
                return Err(error(format!(
                    "data: {} must not hold {what}: the agent writes to data, and must not write its own rules",
                    config.data.display()
                )));
            }
        }
        Ok(config)
    }

    /// Reads a configuration's text and checks it.
    ///
    /// # Errors
    /// What is wrong, with the mend.
    pub fn parse(text: &str) -> Result<Config, String> {
        let config: Config = toml::from_str(text).map_err(|error| error.to_string())?;
        for id in &config.commands {
            match crate::catalog::command(id.as_str()) {
                Some(command) if command.about.changes => {}
                Some(_) => {
                    return Err(format!(
                        "commands: {id} changes nothing and is always allowed: leave it out"
                    ));
                }
                None => {
                    return Err(format!(
                        "commands: {id} is not in the catalogue (see syncmedic-agent catalog)"
                    ));
                }
            }
        }
        interpreter(&config.powershell.interpreter, cfg!(windows))?;
        if config.server.file.is_none() && !cfg!(windows) {
            return Err(
                "server.file: only on Windows can the system itself be asked what the server is".into()
            );
        }
        if config.approvals == 0 {
            return Err("approvals: at least 1 is needed".into());
        }
        if config.state_interval_seconds < 30 {
            return Err("state_interval_seconds: at least 30, since a reading takes seconds".into());
        }
        Ok(config)
    }

    /// How often ADSync's state is read.
    pub fn state_interval(&self) -> Duration {
        Duration::from_secs(self.state_interval_seconds)
    }

    /// What this agent says it would run.
    pub fn permits(&self) -> Permits {
        let commands = if self.read_only { Vec::new() } else { self.commands.clone() };
        Permits { commands, approvals: self.approvals }
    }
}

/// A new configuration file, every key with its default and what it means.
pub fn template(id: &AgentId) -> String {
    let server = if cfg!(windows) {
        "# What this server is. Unset: Windows itself is asked. For trials a JSON file with server, appliance and wizard_open.
#[server]
#file = \"server.json\"
"
    } else {
        "# What this server is: a JSON file with server, appliance and wizard_open.
[server]
file = \"server.json\"
"
    };
    let events =
        if cfg!(windows) { "log = \"Application\"\n#files = \"events\"" } else { "files = \"events\"" };
    let powershell = if cfg!(windows) {
        "# After how long any run is ended. Unset: what each command allows.
#[powershell]"
    } else {
        "# The interpreter for scripts, and after how long any run is ended. Unset: Windows PowerShell of the system folder, and
# what each command allows.
#[powershell]
#interpreter = ['C:\\Windows\\System32\\WindowsPowerShell\\v1.0\\powershell.exe', \"-NoLogo\", \"-NoProfile\", \"-NonInteractive\", \"-File\"]"
    };
    format!(
        r#"# The Syncmedic agent on this server. Paths are relative to this file's folder.
id = "{id}"

# Key, enrolment, journal and staged grants: readable by the agent and administrators only.
data = "data"

# Where the agent listens for the bot. Allow only the bot's address in the firewall.
#listen = "0.0.0.0:{PORT}"

# The server's last word. As it stands, nothing ever runs here: the agent only reports.
#read_only = true
# Which commands may run once read_only = false (see: syncmedic-agent catalog).
#commands = ["enable-password-sync", "enable-forest-channel"]
# How many approvals this server insists on, whatever the bot is set to.
#approvals = 1
# How often a command may run here in 24 hours.
#runs_per_day = 2

# Whether names and addresses in event texts may leave this server.
#names_allowed = false
# How often ADSync's state is read, in seconds.
#state_interval_seconds = 300
# Serial numbers of certificates of the bot that this agent no longer accepts.
#revoked = []

# Where the commands' scripts are installed; each is checked against the catalogue before it runs.
scripts = "commands"

# Where events come from: one of Windows' logs, or a folder of files with one event a line, as JSON (*.jsonl).
[events]
{events}

{server}
{powershell}
#timeout_seconds = 60
"#
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn id() -> AgentId {
        "SYNC01".parse().expect("valid")
    }

    #[test]
    fn the_template_is_read_only_and_every_default_in_it_is_the_real_one() {
        let config = Config::parse(&template(&id())).expect("reads");
        assert!(config.read_only);
        assert_eq!(config.permits(), Permits { commands: Vec::new(), approvals: 1 });
        let set: String = template(&id())
            .lines()
            .map(|line| match line.strip_prefix('#') {
                Some(rest) if !rest.starts_with([' ', 'f']) && !rest.starts_with("commands") => rest,
                _ => line,
            })
            .map(|line| format!("{line}\n"))
            .collect();
        let with_defaults = Config::parse(&set).expect("reads");
        let (powershell, server) = (config.powershell.clone(), config.server.clone());
        assert_eq!(Config { powershell, server, ..with_defaults }, config);
    }

    #[test]
    fn a_misspelt_key_or_command_is_an_error_that_says_so() {
        for (line, says) in [
            ("readonly = false", "readonly"),
            ("commands = [\"enable-everything\"]", "not in the catalogue"),
            ("commands = [\"read-state\"]", "leave it out"),
            ("approvals = 0", "at least 1"),
            ("state_interval_seconds = 1", "at least 30"),
        ] {
            let error = Config::parse(&format!("{line}\n{}", template(&id()))).expect_err("refused");
            assert!(error.contains(says), "{error}");
        }
    }

    #[test]
    fn events_come_from_files_or_from_a_log_and_from_nothing_else() {
        let events = |lines: &str| {
            let text = template(&id());
            let (head, rest) = text.split_once("[events]").expect("there");
            let rest = rest.split_once("[server]").expect("there").1;
            Config::parse(&format!("{head}[events]\n{lines}\n[server]{rest}")).map(|config| config.events)
        };
        assert_eq!(events("log = \"Application\""), Ok(Events::Log("Application".into())));
        assert_eq!(events("files = \"x\""), Ok(Events::Files("x".into())));
        for (lines, says) in [
            ("log = \"Application\"\nfiles = \"x\"", "not both"),
            ("", "files = a folder"),
            ("log = \"A<b>\"", "no name of a log"),
            ("log = \"\"", "no name of a log"),
            ("journal = \"x\"", "journal"),
        ] {
            let error = events(lines).expect_err(says);
            assert!(error.contains(says), "{error}");
        }
    }

    #[test]
    fn allowed_commands_mean_nothing_on_a_read_only_agent() {
        let text = format!("commands = [\"enable-password-sync\"]\n{}", template(&id()));
        assert_eq!(Config::parse(&text).expect("reads").permits().commands, []);
        let text = format!("read_only = false\n{text}");
        assert_eq!(Config::parse(&text).expect("reads").permits().commands.len(), 1);
    }

    #[test]
    fn only_on_windows_may_the_file_that_says_what_the_server_is_be_left_out() {
        let bare = "id = \"SYNC01\"\ndata = \"data\"\nscripts = \"commands\"\nevents.files = \"events\"\n";
        let read = Config::parse(bare);
        assert_eq!(read.is_ok(), cfg!(windows), "{read:?}");
        let named = Config::parse(&format!("{bare}server.file = \"server.json\"\n")).expect("reads");
        assert_eq!(named.server.file, Some("server.json".into()));
    }

    #[test]
    fn paths_are_relative_to_the_file() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("agent.toml");
        std::fs::write(&path, template(&id())).expect("writes");
        let config = Config::load(&path).expect("reads");
        assert_eq!(config.data, folder.path().join("data"));
        let expected = if cfg!(windows) {
            Events::Log("Application".into())
        } else {
            Events::Files(folder.path().join("events"))
        };
        assert_eq!(config.events, expected);
    }

    #[test]
    fn on_windows_a_file_names_no_program_to_run() {
        let named = ["sh".to_owned()];
        assert!(interpreter(&named, true).expect_err("refused").contains("system's own PowerShell"));
        assert_eq!(interpreter(&[], true), Ok(()));
        assert_eq!(interpreter(&named, false), Ok(()));
    }

    #[test]
    fn the_folder_that_the_agent_writes_holds_neither_its_rules_nor_its_scripts() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("agent.toml");
        for (data, says) in [
            (".", "this file's folder"),
            ("..", "this file's folder"),
            ("data/..", "this file's folder"),
            ("commands", "scripts"),
            ("other/../commands", "scripts"),
            ("/", "this file's folder"),
        ] {
            let text = template(&id()).replace("data = \"data\"", &format!("data = \"{data}\""));
            std::fs::write(&path, text).expect("writes");
            let error = Config::load(&path).expect_err(data);
            assert!(error.why.contains(says) && error.why.starts_with("data:"), "{data}: {error}");
        }
        for data in ["data", "../data", "commands-data"] {
            let text = template(&id()).replace("data = \"data\"", &format!("data = \"{data}\""));
            std::fs::write(&path, text).expect("writes");
            assert!(Config::load(&path).is_ok(), "{data}");
        }
    }
}
