//! A sync server on the Windows machine: its agent's folder, and the bot that it is enrolled with.

use std::path::PathBuf;

use syncmedic::link::client::AgentClient;
use syncmedic::plan::Plan;

use crate::bot::Bot;
use crate::machine::{AGENT, Windows};
use crate::programs::{Ended, Program};

/// The id of every server.
pub(crate) const ID: &str = "SYNC01";

/// A sync server, and the bot that it is enrolled with.
pub(crate) struct Server {
    windows: &'static Windows,
    /// The agent's folder, as a Windows path.
    pub(crate) folder: String,
    bot: Bot,
}

impl Server {
    /// A server whose agent has been made with `init`, listens on a free port of the loopback, and is enrolled with
    /// `install`, all by the Windows program. `rules` are more lines for the head of `agent.toml`.
    pub(crate) fn new(windows: &'static Windows, name: &str, rules: &str) -> Server {
        let folder = windows.folder(name);
        let server = Server { windows, folder, bot: Bot::new() };

        let made = windows.agent(&["init", "--id", ID, "--data", &server.folder]);
        assert_eq!(made.code, Some(0), "{made:?}");
        server.close_key();
        let head = format!("listen = \"127.0.0.1:0\"\nserver.file = \"server.json\"\n{rules}\n");
        server.configure(|text| head + &text);
        server
            .write("server.json", r#"{"server":"SYNC01","appliance":{"kind":"connect","build":"2.6.3.0"}}"#);

        let answer = server.bot.enrol(ID, 1, &server.read(r"data\agent.csr"));
        server.write("enrolment.toml", &answer);
        let installed = server.agent("install", &["--bundle", &server.windows_path("enrolment.toml")]);
        assert_eq!(installed.code, Some(0), "{installed:?}");
        server
    }

    /// The machine that it runs on.
    pub(crate) fn machine(&self) -> &'static Windows {
        self.windows
    }

    /// Lets only its owner read the key. Wine keeps no access lists but makes them up of the host's mode, and what it makes of
    /// a list that is set lets others in.
    pub(crate) fn close_key(&self) {
        self.set_mode(r"data\agent.key", 0o600);
    }

    /// Sets the host's mode of a file, of which Wine makes an access list.
    pub(crate) fn set_mode(&self, file: &str, mode: u32) {
        use std::os::unix::fs::PermissionsExt as _;
        let set = std::fs::set_permissions(self.path(file), std::fs::Permissions::from_mode(mode));
        set.unwrap_or_else(|error| panic!("{file}: {error}"));
    }

    /// The Windows path of a file in the agent's folder.
    pub(crate) fn windows_path(&self, file: &str) -> String {
        format!(r"{}\{file}", self.folder)
    }

    /// Where a file of the agent's folder (a Windows path relative to it) lies on the host.
    pub(crate) fn path(&self, file: &str) -> PathBuf {
        self.windows.unix(&self.windows_path(file))
    }

    /// Reads a file of the agent's folder.
    pub(crate) fn read(&self, file: &str) -> String {
        std::fs::read_to_string(self.path(file)).unwrap_or_else(|error| panic!("{file}: {error}"))
    }

    /// Writes a file of the agent's folder.
    pub(crate) fn write(&self, file: &str, text: &str) {
        std::fs::write(self.path(file), text).unwrap_or_else(|error| panic!("{file}: {error}"));
    }

    /// Changes `agent.toml`.
    pub(crate) fn configure(&self, change: impl FnOnce(String) -> String) {
        self.write("agent.toml", &change(self.read("agent.toml")));
    }

    /// Runs a command of the agent's program on this server's configuration until it ends.
    pub(crate) fn agent(&self, command: &str, arguments: &[&str]) -> Ended {
        self.start(command, arguments, &[]).ended()
    }

    /// Starts a command of the agent's program on this server's configuration.
    pub(crate) fn start(&self, command: &str, arguments: &[&str], env: &[(&str, &str)]) -> Program {
        let config = self.windows_path("agent.toml");
        let arguments = [&[command, "--config", &config], arguments].concat();
        self.windows.start(AGENT, &arguments, env)
    }

    /// Takes events from files instead of the log.
    pub(crate) fn with_event_files(self) -> Server {
        self.configure(|text| text.replace("\nlog = \"Application\"\n", "\nfiles = \"events\"\n"));
        self
    }

    /// Starts the agent as a console program, waits until it answers, and gives it with the bot's client of it.
    pub(crate) fn serve(&self, env: &[(&str, &str)]) -> (Program, AgentClient) {
        let mut agent = self.start("run", &[], env);
        agent.says("the agent answers");
        let log = agent.log();
        let address = log.lines().find_map(|line| line.split_once("address=")).expect("it says where").1;
        let client = self.client(address.trim());
        (agent, client)
    }

    /// A grant for a plan, signed by the bot that this server is enrolled with.
    pub(crate) fn grant(&self, plan: Plan, challenge: String) -> String {
        self.bot.grant(plan, challenge)
    }

    /// The bot's client of the agent at an address.
    pub(crate) fn client(&self, address: &str) -> AgentClient {
        self.bot.client(&self.read(r"data\enrolment.toml"), address)
    }
}
