//! A sync server: a folder with its events as they are logged, what `read-state` would read, and its agent.

use std::fs::File;
use std::io::Write as _;
use std::net::TcpListener;
use std::path::{Path, PathBuf};

use jiff::{SignedDuration, Timestamp};

use crate::programs::{AGENT, Ended, Program};

/// Stands in for `powershell.exe`, which alone can't run here: answers `read-state` from `state.json`, and sets the
/// tenant's flag. While `hold` exists a run hangs; each leaves a line in `runs.log`.
const POWERSHELL: &str = r#"
here="$(dirname "$0")"
case "$1" in
  */read-state/run.ps1) sed "s/CLOUD_FLAG/$(cat "$here/../cloud-flag")/" "$here/state.json" ;;
  */enable-password-sync/run.ps1)
    shift
    echo "$*" >> "$here/runs.log"
    while [ -e "$here/hold" ]; do sleep 0.05; done
    [ -d "$here" ] || exit 1
    printf true > "$here/../cloud-flag.new" && mv "$here/../cloud-flag.new" "$here/../cloud-flag"
    echo '{"ok":true,"cloud_flag_before":false,"cloud_flag":true}' ;;
esac
"#;

const FORESTS: [(&str, &str); 2] = [
    ("corp.contoso.com", "6b1b1a3e-5a5f-4c1e-9a53-0d5b6e9f0001"),
    ("emea.contoso.com", "6b1b1a3e-5a5f-4c1e-9a53-0d5b6e9f0002"),
];

/// A sync server.
pub(crate) struct Server {
    pub(crate) id: &'static str,
    pub(crate) port: u16,
    pub(crate) home: PathBuf,
    staging: bool,
    logs: PathBuf,
    agent: Option<Program>,
}

impl Server {
    /// A server of this build, whose agent has been made (`init`) and configured, and is not enrolled yet. The tenant's
    /// flag lies beside the servers' folders, since it is one for all.
    pub(crate) fn new(folder: &Path, logs: &Path, id: &'static str, build: &str, staging: bool) -> Server {
        let home = folder.join(id);
        let free = TcpListener::bind("127.0.0.1:0").expect("a free port");
        let port = free.local_addr().expect("has one").port();
        drop(free);
        let server = Server { id, port, home, staging, logs: logs.to_owned(), agent: None };
        let made = server.agent_says(&["init", "--id", id, "--data", &server.path("")]);
        assert_eq!(made.code, Some(0), "{made:?}");
        assert!(made.out.starts_with("-----BEGIN CERTIFICATE REQUEST-----"), "{made:?}");
        std::fs::write(server.home.join("agent.csr"), made.out).expect("writes");

        let facts = format!(
            r#"{{"server":"{id}","appliance":{{"kind":"connect","build":"{build}","services":[{{"name":"ADSync","state":"running"}}]}},"wizard_open":false}}"#
        );
        std::fs::write(server.home.join("server.json"), facts).expect("writes");
        std::fs::write(server.home.join("powershell.sh"), POWERSHELL).expect("writes");
        server.set_cycle_running(false);
        server.configure();
        server
    }

    /// Edits `agent.toml` as an administrator would in an editor.
    fn configure(&self) {
        let path = self.home.join("agent.toml");
        let mut text = std::fs::read_to_string(&path).expect("init made it");
        for (before, after) in [
            ("#listen = \"0.0.0.0:6990\"".to_owned(), format!("listen = \"127.0.0.1:{}\"", self.port)),
            ("#read_only = true".to_owned(), "read_only = false".to_owned()),
            (
                "#commands = [\"enable-password-sync\", \"enable-forest-channel\"]".to_owned(),
                "commands = [\"enable-password-sync\"]".to_owned(),
            ),
            (
                "#[powershell]\n#interpreter = ['C:".to_owned(),
                format!(
                    "[powershell]\ninterpreter = [\"/bin/sh\", \"{}\"]\n#['C:",
                    self.path("powershell.sh")
                ),
            ),
        ] {
            assert!(text.contains(&before), "{before:?} in {text}");
            text = text.replace(&before, &after);
        }
        std::fs::write(&path, text).expect("writes");
    }

    /// A path in its folder, as text.
    pub(crate) fn path(&self, name: &str) -> String {
        self.home.join(name).display().to_string()
    }

    /// Runs the agent's program to its end.
    pub(crate) fn agent_says(&self, arguments: &[&str]) -> Ended {
        std::fs::create_dir_all(&self.home).expect("a folder");
        Program::start(AGENT, arguments, &self.home, &[], &self.logs).ended()
    }

    /// Applies what waits for an operator, as one does at the server's keyboard.
    pub(crate) fn apply(&self) -> Ended {
        let env = [("USERDOMAIN", "CONTOSO"), ("USERNAME", "olga")];
        let arguments = ["apply", "--yes", "--config", &self.path("agent.toml")];
        Program::start(AGENT, &arguments, &self.home, &env, &self.logs).ended()
    }

    /// Starts the agent and waits until it listens.
    pub(crate) fn start(&mut self) {
        let env = [("RUST_LOG", "trace"), ("NO_COLOR", "1")];
        let arguments = ["run", "--config", &self.path("agent.toml")];
        let mut agent = Program::start(AGENT, &arguments, &self.home, &env, &self.logs);
        agent.says("the agent answers");
        self.agent = Some(agent);
    }

    /// The agent's process, taken from the server.
    pub(crate) fn take_agent(&mut self) -> Program {
        self.agent.take().expect("the agent runs")
    }

    /// Whether a sync cycle runs: the agent is BUSY while one does.
    pub(crate) fn set_cycle_running(&self, running: bool) {
        let forest = |(name, id): (&str, &str)| {
            format!(r#"{{"id":"{id}","name":"{name}","kind":"ad","channel":true}}"#)
        };
        let state = format!(
            r#"{{"ok":true,"cloud_flag":CLOUD_FLAG,"staging":{},"cycle_running":{running},"scheduler_suspended":false,"wizard_open":false,"sign_in_method":"PasswordHashSync","connectors":[{{"id":"b891884f-051e-4a83-95af-2544101c9083","name":"contoso.onmicrosoft.com - AAD","kind":"entra"}},{}],"unknown":[]}}"#,
            self.staging,
            FORESTS.map(forest).join(",")
        );
        std::fs::write(self.home.join("state.new"), state).expect("writes");
        std::fs::rename(self.home.join("state.new"), self.home.join("state.json")).expect("replaces");
    }

    /// Makes the next run hang, or lets it go on.
    pub(crate) fn hold(&self, hold: bool) {
        match hold {
            true => std::fs::write(self.home.join("hold"), "").expect("writes"),
            false => std::fs::remove_file(self.home.join("hold")).expect("removes"),
        }
    }

    /// The runs of the command so far, with their arguments.
    pub(crate) fn runs(&self) -> Vec<String> {
        let text = std::fs::read_to_string(self.home.join("runs.log")).unwrap_or_default();
        text.lines().map(str::to_owned).collect()
    }

    /// Three hours of heartbeats, then 47 minutes in which the flag is off and self-healing does not help.
    pub(crate) fn log_a_fault(&self) {
        for minutes in [170, 140, 110, 80, 50] {
            self.log_heartbeats(minutes);
        }
        for minutes in [47, 32, 16, 2] {
            for (name, id) in FORESTS {
                self.log(655, "Directory Synchronization", minutes, &format!(
                    "Failed credential provisioning ping. Error: Microsoft.Online.Coexistence.ProvisionException: An error \
                     occurred. Error Code: 90. Error Description: Password Synchronization has not been activated for this \
                     company. Tracking ID: 0744fa31-1d9b-453a-83d8-c2555d843802 Server Name: BL2GR1BBA005. ---> \
                     System.ServiceModel.FaultException1[Microsoft.Online.Coexistence.Schema.AdminWebServiceFault]: Password \
                     Synchronization has not been activated for this company.\n{}", tail(name, id)
                ));
            }
            self.log(6900, "ADSync", minutes,
                "The server encountered an unexpected error while processing a password change notification:\n\"An error \
                 occurred. Error Code: 90. Error Description: Password Synchronization has not been activated for this \
                 company Tracking ID: 8dd0b4ea-4fd6-4ab1-b0c7-9ca0ba0e4a44 Server Name: BL2GR1BBA003.\"",
            );
            if minutes == 47 {
                self.log(660, "Directory Synchronization", 46, "Self-healing of the company feature: start.");
                self.log(661, "Directory Synchronization", 46, "Self-healing of the company feature: end.");
            }
        }
    }

    /// A heartbeat of each forest.
    pub(crate) fn log_heartbeats(&self, minutes_ago: i64) {
        for (name, id) in FORESTS {
            let text = format!(
                "Provision credentials ping end. TrackingID : 5e4a2c86-9e55-4c5b-8f35-6b1a1f6f7a10\n{}",
                tail(name, id)
            );
            self.log(654, "Directory Synchronization", minutes_ago, &text);
        }
    }

    fn log(&self, id: u32, provider: &str, minutes_ago: i64, text: &str) {
        let path = self.home.join("events/application.jsonl");
        let record = std::fs::read_to_string(&path).map_or(0, |text| text.lines().count()) + 1;
        let at = Timestamp::now() - SignedDuration::from_mins(minutes_ago);
        let level = if matches!(id, 655 | 6900) { "error" } else { "information" };
        let event = serde_json::json!({
            "id": id, "provider": provider, "level": level, "record": record, "at": at, "text": text,
        });
        let mut file = File::options().create(true).append(true).open(path).expect("opens");
        file.write_all(format!("{event}\n").as_bytes()).expect("writes");
    }
}

/// The end of an event's text, which names the forest.
fn tail(name: &str, id: &str) -> String {
    let name = name.to_uppercase();
    format!(
        "<forest-info> <partition-name>{name}</partition-name> <connector-id>{id}</connector-id> </forest-info>"
    )
}
