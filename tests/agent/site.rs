//! A server with its agent enrolled.

use std::io::{BufRead as _, BufReader};
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::sync::{Arc, Mutex};

use syncmedic::agent::config::Config;
use syncmedic::agent::eventlog;
use syncmedic::agent::powershell::process::ScriptProcess;
use syncmedic::agent::probe::ServerFile;
use syncmedic::agent::record::{Entry, SystemRecord};
use syncmedic::agent::{Agent, Parts, enrol};
use syncmedic::clock::{Clock, Hand};
use syncmedic::link::client::AgentClient;
use syncmedic::link::listener;
use syncmedic::plan::Plan;
use syncmedic::random::Random;

use crate::bot::Bot;

pub(crate) const PROGRAM: &str = env!("CARGO_BIN_EXE_syncmedic-agent");

/// The id of every server.
pub(crate) const ID: &str = "SYNC01";

/// Stands in for PowerShell: answers `read-state` from a file, and switches the flag on in it.
const POWERSHELL: &str = r#"
here="$(dirname "$0")"
case "$1" in
  */read-state/run.ps1) cat "$here/state.json" ;;
  */enable-password-sync/run.ps1)
    shift
    echo "$*" >> "$here/runs.log"
    if [ -e "$here/hang" ]; then while [ -e "$here/hang" ]; do sleep 1; done; exit 1; fi
    sed 's/"cloud_flag":false/"cloud_flag":true/' "$here/state.json" > "$here/state.new"
    mv "$here/state.new" "$here/state.json"
    echo '{"ok":true,"cloud_flag":true,"by":"jane@contoso.com"}' ;;
esac
"#;

/// What `read-state` prints where the flag is off.
pub(crate) const STATE: &str = r#"{"ok":true,"cloud_flag":false,"staging":false,"cycle_running":false,"scheduler_suspended":false,
"wizard_open":false,"sign_in_method":"PasswordHashSync","connectors":[
{"id":"b891884f-051e-4a83-95af-2544101c9083","name":"contoso - AAD","kind":"entra"},
{"id":"6b1b1a3e-0000-4000-8000-000000000001","name":"corp.contoso.com","kind":"ad","channel":true}],"unknown":[]}"#;

/// A server with its agent enrolled, and the bot that it is enrolled with.
pub(crate) struct Site {
    folder: tempfile::TempDir,
    pub(crate) bot: Bot,
    pub(crate) record: Arc<Record>,
}

/// Keeps what the agent puts on record with the system.
#[derive(Default)]
pub(crate) struct Record(Mutex<Vec<Entry>>);

impl SystemRecord for Record {
    fn write(&self, entry: &Entry) {
        self.0.lock().expect("unpoisoned").push(entry.clone());
    }
}

impl Record {
    pub(crate) fn entries(&self) -> Vec<Entry> {
        self.0.lock().expect("unpoisoned").clone()
    }

    pub(crate) fn ids(&self) -> Vec<u16> {
        self.entries().iter().map(|entry| entry.id).collect()
    }
}

impl Site {
    /// A server of this build.
    pub(crate) fn new(build: &str) -> Site {
        let site =
            Site { folder: tempfile::tempdir().expect("a folder"), bot: Bot::new(), record: Arc::default() };
        let home = site.home();
        let request = enrol::init(&ID.parse().expect("valid"), &home).expect("makes the agent");
        let config = format!(
            "id = \"{ID}\"\nlisten = \"127.0.0.1:0\"\ndata = \"data\"\nread_only = false\n\
             commands = [\"enable-password-sync\"]\nscripts = \"commands\"\nevents.files = \"events\"\n\
             server.file = \"server.json\"\npowershell.interpreter = [\"/bin/sh\", \"{}\"]\n",
            home.join("powershell.sh").display()
        );
        let server = format!(
            r#"{{"server":"{ID}","appliance":{{"kind":"connect","build":"{build}","services":[{{"name":"ADSync","state":"running"}}]}},"wizard_open":false}}"#
        );
        for (name, text) in [
            ("agent.toml", config.as_str()),
            ("server.json", server.as_str()),
            ("state.json", STATE),
            ("powershell.sh", POWERSHELL),
        ] {
            std::fs::write(home.join(name), text).expect("writes");
        }
        enrol::install(&site.config(), &site.bot.enrol(ID, 1, &request), site.clock()).expect("installs");
        site
    }

    /// The same whose time stands still until the hand moves it.
    pub(crate) fn with_manual_time(mut self) -> (Site, Hand) {
        let (clock, hand) = Clock::manual(self.clock().now());
        self.bot.clock = clock;
        (self, hand)
    }

    /// The time, for both sides.
    pub(crate) fn clock(&self) -> &Clock {
        &self.bot.clock
    }

    pub(crate) fn home(&self) -> PathBuf {
        self.folder.path().join("agent")
    }

    /// Writes a file of the agent's folder.
    pub(crate) fn write(&self, name: &str, text: &str) {
        std::fs::write(self.home().join(name), text).expect("writes");
    }

    pub(crate) fn config(&self) -> Config {
        Config::load(&self.home().join("agent.toml")).expect("reads")
    }

    /// The runs of the command so far, with their arguments.
    pub(crate) fn runs(&self) -> Vec<String> {
        let text = std::fs::read_to_string(self.home().join("runs.log")).unwrap_or_default();
        text.lines().map(str::to_owned).collect()
    }

    /// Makes runs hang.
    pub(crate) fn hang(&self) {
        self.write("hang", "");
    }

    /// Lets a run that hangs end.
    pub(crate) fn let_go(&self) {
        std::fs::remove_file(self.home().join("hang")).expect("removes");
    }

    pub(crate) fn agent(&self) -> Agent {
        let config = self.config();
        let parts = Parts {
            clock: self.clock().clone(),
            random: Random::system(),
            events: eventlog::open(&config, true, self.clock().now()).expect("a folder"),
            scripts: Arc::new(ScriptProcess::new(
                config.powershell.interpreter.clone(),
                &config.scripts,
                config.data.join("scripts"),
            )),
            probe: Arc::new(ServerFile::new(config.server.file.as_ref().expect("is set"))),
            record: self.record.clone(),
        };
        let enrolled = enrol::load(&config, self.clock()).expect("is enrolled");
        Agent::new(config, enrolled.trust, parts).expect("starts")
    }

    /// The agent served over TLS in this process, and the bot's client of it.
    pub(crate) async fn served(&self) -> (Agent, AgentClient) {
        let agent = self.agent();
        let tls = enrol::load(&self.config(), self.clock()).expect("is enrolled").tls;
        let socket = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("binds");
        let address = socket.local_addr().expect("has one").to_string();
        let router = agent.router();
        tokio::spawn(listener::serve(socket, tls, router, std::future::pending(), self.clock().clone()));
        (agent, self.client(&address))
    }

    /// The bot's client of the agent at an address.
    pub(crate) fn client(&self, address: &str) -> AgentClient {
        let enrolment = std::fs::read_to_string(self.home().join("data/enrolment.toml")).expect("reads");
        self.bot.client(&enrolment, address)
    }

    /// A signed grant for a plan.
    pub(crate) fn grant(&self, plan: Plan, challenge: String) -> String {
        self.bot.grant(plan, challenge)
    }

    /// The agent's program on this server's configuration.
    pub(crate) fn program(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(PROGRAM);
        command.args(arguments).arg("--config").arg(self.home().join("agent.toml")).stdin(Stdio::null());
        command
    }

    /// Starts `syncmedic-agent run` as a process; gives its address.
    pub(crate) fn process(&self) -> (Child, String) {
        let mut child =
            self.program(&["run"]).env("NO_COLOR", "1").stderr(Stdio::piped()).spawn().expect("starts");
        let mut lines = BufReader::new(child.stderr.take().expect("piped")).lines();
        let address = lines
            .find_map(|line| Some(line.ok()?.split_once("address=")?.1.trim().to_owned()))
            .expect("says where it listens");
        std::thread::spawn(move || lines.for_each(drop));
        (child, address)
    }
}
