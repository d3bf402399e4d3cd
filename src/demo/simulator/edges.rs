//! How the agent sees a simulated server: its event log, its scripts, its facts.

use futures_util::FutureExt as _;
use futures_util::future::BoxFuture;
use jiff::Timestamp;
use serde_json::{Map, Value, json};

use super::{Fault, State, SyncServer, lock};
use crate::agent::eventlog::{Backlog, EventLog};
use crate::agent::powershell::{Argument, ScriptError, Scripts};
use crate::agent::probe::{Probe, Server};
use crate::catalog::{self, Command};
use crate::plan::Mode;
use crate::report::{Appliance, ENTRA_CONNECTOR, Service, ServiceState};

impl EventLog for SyncServer {
    fn read(&self, now: Timestamp) -> Backlog {
        lock(&self.0.log).window.backlog(now, Vec::new())
    }
}

impl Probe for SyncServer {
    fn look(&self) -> Server {
        let state = self.state();
        Server {
            name: self.0.id.to_string(),
            appliance: Appliance {
                kind: state.kind,
                build: state.build,
                services: vec![Service { name: "ADSync".into(), state: state.service }],
            },
            wizard_open: Some(state.wizard_open),
            gaps: Vec::new(),
        }
    }
}

impl Scripts for SyncServer {
    fn run<'a>(
        &'a self,
        command: &'static Command,
        arguments: &'a [Argument],
        mode: Mode,
    ) -> BoxFuture<'a, Result<Map<String, Value>, ScriptError>> {
        async move {
            let result = match command.id.as_str() {
                catalog::READ_STATE => Ok(self.read_state()),
                catalog::ENABLE_PASSWORD_SYNC => self.enable_password_sync(arguments, mode).await,
                catalog::ENABLE_FOREST_CHANNEL => self.enable_forest_channel(arguments).await,
                other => Err(reported("unknown-command", &format!("{other} is not known here"))),
            };
            result.map(|value| match value {
                Value::Object(object) => object,
                _ => Map::new(),
            })
        }
        .boxed()
    }
}

impl SyncServer {
    /// What `read-state` prints.
    fn read_state(&self) -> Value {
        let state = self.state();
        if state.service != ServiceState::Running {
            let why = "The ADSync service is not running.";
            let names = ["cloud_flag", "staging", "cycle_running", "scheduler_suspended", "connectors"];
            let unknown: Vec<Value> = names.iter().map(|what| json!({"what": what, "why": why})).collect();
            return json!({"ok": true, "wizard_open": state.wizard_open, "unknown": unknown});
        }
        let mut connectors =
            vec![json!({"id": ENTRA_CONNECTOR, "name": "contoso.onmicrosoft.com - AAD", "kind": "entra"})];
        for number in 0..state.other_connectors {
            let id = format!("00000000-0000-4000-9000-{number:012}");
            connectors.push(json!({"id": id, "name": format!("HR {number}"), "kind": "other"}));
        }
        connectors.extend(state.forests.iter().map(|forest| {
            json!({
                "id": forest.connector, "name": forest.name, "kind": "ad", "channel": forest.channel,
                "last_cycle": forest.last_cycle, "last_success": forest.last_success,
            })
        }));
        json!({
            "ok": true,
            "cloud_flag": self.0.tenant.flag(),
            "staging": state.staging,
            "cycle_running": state.cycle_running,
            "scheduler_suspended": state.scheduler_suspended,
            "wizard_open": state.wizard_open,
            "sign_in_method": state.sign_in_method,
            "connectors": connectors,
            "unknown": [],
        })
    }

    async fn enable_password_sync(&self, arguments: &[Argument], mode: Mode) -> Result<Value, ScriptError> {
        let state = self.begin(arguments).await?;
        let command = catalog::command(catalog::ENABLE_PASSWORD_SYNC);
        let needs_person = command.is_none_or(|command| command.mode(state.build) == Mode::Attended);
        if needs_person && mode == Mode::Unattended {
            let text = "Set-ADSyncAADPasswordSyncState on this build asks a person to sign in";
            return Err(ScriptError::NeedsAPerson(text.into()));
        }
        if needs_person {
            self.say("sign-in window: an administrator signed in to Microsoft Entra ID");
        }
        if state.next_run != Fault::Silent {
            self.0.tenant.set_flag(true);
        }
        self.say("Set-ADSyncAADPasswordSyncState -Enable $true: done");
        Ok(json!({"ok": true, "cloud_flag": self.0.tenant.flag()}))
    }

    async fn enable_forest_channel(&self, arguments: &[Argument]) -> Result<Value, ScriptError> {
        let state = self.begin(arguments).await?;
        let wanted = value(arguments, "Connector").unwrap_or_default();
        let known = state.forests.iter().any(|forest| forest.connector.as_str() == wanted);
        if !known {
            return Err(reported("connector-unknown", "this server has no such AD connector"));
        }
        let works = state.next_run != Fault::Silent;
        self.change(|state| {
            let forest = state.forests.iter_mut().find(|forest| forest.connector.as_str() == wanted);
            if let Some(forest) = forest.filter(|_| works) {
                forest.channel = true;
                forest.waiting += 1;
            }
        });
        self.say("Set-ADSyncAADPasswordSyncConfiguration -Enable $true: done");
        Ok(json!({"ok": true, "channel": true}))
    }

    /// What every changing script does first: re-reads the expected state, just before the change.
    async fn begin(&self, arguments: &[Argument]) -> Result<State, ScriptError> {
        let mut changed = self.subscribe();
        // The sender lives as long as this server, so waiting can only end with the condition.
        let _ = changed.wait_for(|_| !self.state().hold_runs).await;
        let state = self.state();
        self.change(|state| state.next_run = Fault::None);
        if let Fault::Script(error) = state.next_run {
            return Err(error);
        }
        let expected = [("ExpectedCloudFlag", self.0.tenant.flag()), ("ExpectedStaging", state.staging)];
        for (name, is) in expected {
            let wanted = value(arguments, name);
            if wanted.is_some_and(|wanted| wanted != if is { "True" } else { "False" }) {
                return Err(reported("state-moved", &format!("{name} no longer holds")));
            }
        }
        Ok(state)
    }
}

fn value<'a>(arguments: &'a [Argument], name: &str) -> Option<&'a str> {
    arguments.iter().find(|argument| argument.name() == name).map(Argument::value)
}

fn reported(code: &str, message: &str) -> ScriptError {
    ScriptError::Reported { code: code.into(), message: message.into() }
}
