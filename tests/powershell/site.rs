//! A folder with the installed scripts and the stand-in for Microsoft's module, and the real PowerShells of this machine.

use std::path::{Path, PathBuf};

use serde_json::{Map, Value, json};
use syncmedic::agent::enrol;
use syncmedic::agent::powershell::process::ScriptProcess;
use syncmedic::agent::powershell::{Argument, ScriptError, Scripts as _};
use syncmedic::catalog::command;
use syncmedic::plan::Mode;

/// The Entra connector's identifier, as documented.
pub(crate) const ENTRA: &str = "b891884f-051e-4a83-95af-2544101c9083";
/// The first forest's connector.
pub(crate) const CORP: &str = "6b1b1a3e-0000-4000-8000-000000000001";
/// The second forest's connector.
pub(crate) const LAB: &str = "6b1b1a3e-0000-4000-8000-000000000002";

/// A real PowerShell.
#[derive(Clone)]
pub(crate) struct Shell {
    /// `powershell` or `pwsh`.
    pub(crate) name: &'static str,
    /// Where it lies.
    pub(crate) program: PathBuf,
}

/// The PowerShells on `PATH`.
///
/// # Panics
/// If one that `SYNCMEDIC_REQUIRE` names is not there.
pub(crate) fn shells() -> Vec<Shell> {
    let required = std::env::var("SYNCMEDIC_REQUIRE").unwrap_or_default();
    let mut shells = Vec::new();
    for name in ["powershell", "pwsh"] {
        match on_path(name) {
            Some(program) => shells.push(Shell { name, program }),
            None => {
                let asked = required.split(',').any(|one| one.trim() == name);
                assert!(!asked, "SYNCMEDIC_REQUIRE asks for {name}, which is not on PATH");
                eprintln!("skipped with {name}: it is not on PATH");
            }
        }
    }
    shells
}

fn on_path(name: &str) -> Option<PathBuf> {
    let file = format!("{name}{}", std::env::consts::EXE_SUFFIX);
    let folders = std::env::var_os("PATH")?;
    std::env::split_paths(&folders).map(|folder| folder.join(&file)).find(|path| path.is_file())
}

/// A server: its scripts run by a real PowerShell, its ADSync a stand-in.
pub(crate) struct Site {
    folder: tempfile::TempDir,
    scripts: ScriptProcess,
}

/// How a healthy server is: an Entra connector and two forests, on a build before 2.6.84.0.
pub(crate) fn healthy() -> Value {
    json!({
        "build": "2.6.3.0", "asksForConnector": false, "cloudFlag": true, "staging": false, "suspended": false,
        "cycle": false, "busy": [], "signInMethod": "PasswordHashSync", "missing": [], "faults": {}, "culture": "",
        "connectors": [
            {"name": "contoso.onmicrosoft.com - AAD", "id": ENTRA, "type": "Extensible2",
             "subType": "Windows Azure Active Directory (Microsoft)"},
            {"name": "corp.contoso.com", "id": CORP, "type": "AD", "subType": "", "channel": true,
             "lastCycle": "2026-11-22T02:00:00", "lastSuccess": "2026-11-22T01:58:00"},
            {"name": "lab.contoso.com", "id": LAB, "type": "AD", "subType": "", "channel": false,
             "lastCycle": "", "lastSuccess": ""}],
    })
}

/// [`healthy`], but with these values in place of its own.
pub(crate) fn healthy_but(changes: Value) -> Value {
    let mut state = healthy();
    for (name, value) in changes.as_object().expect("an object") {
        assert!(state.get(name).is_some(), "a server has no {name}");
        state[name] = value.clone();
    }
    state
}

impl Site {
    /// A server with this PowerShell that is in this state; without ADSync where there is none.
    pub(crate) fn new(shell: &Shell, state: Option<&Value>) -> Site {
        let folder = tempfile::tempdir().expect("a folder");
        let (commands, modules) = (folder.path().join("commands"), folder.path().join("modules"));
        enrol::install_scripts(&commands).expect("installs");
        std::fs::create_dir(&modules).expect("makes");
        if let Some(state) = state {
            let module = modules.join("ADSync");
            std::fs::create_dir(&module).expect("makes");
            let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/powershell/ADSync");
            for file in ["ADSync.psd1", "ADSync.psm1"] {
                std::fs::copy(source.join(file), module.join(file)).expect("copies");
            }
            std::fs::write(module.join("state.json"), state.to_string()).expect("writes");
        }
        let program = shell.program.display().to_string();
        let interpreter = [&program, "-NoLogo", "-NoProfile", "-NonInteractive", "-File"].map(str::to_owned);
        let scripts = ScriptProcess::new(interpreter.to_vec(), &commands, folder.path().join("copies"));
        Site { scripts: scripts.with_modules(modules), folder }
    }

    /// Runs a command of the catalogue on it.
    pub(crate) async fn run(
        &self,
        id: &str,
        arguments: &[(&'static str, &str)],
        mode: Mode,
    ) -> Result<Map<String, Value>, ScriptError> {
        let argument =
            |(name, value): &(&'static str, &str)| Argument::new(name, *value).expect("a closed argument");
        let arguments: Vec<Argument> = arguments.iter().map(argument).collect();
        self.scripts.run(command(id).expect("in the catalogue"), &arguments, mode).await
    }

    /// How it is now.
    pub(crate) fn state(&self) -> Value {
        let bytes = std::fs::read(self.module("state.json")).expect("reads");
        let json = bytes.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(&bytes);
        serde_json::from_slice(json).expect("JSON")
    }

    /// What was changed on it, a line each.
    pub(crate) fn calls(&self) -> Vec<String> {
        let text = std::fs::read_to_string(self.module("calls.log")).unwrap_or_default();
        text.trim_start_matches('\u{feff}').lines().map(str::to_owned).collect()
    }

    fn module(&self, file: &str) -> PathBuf {
        self.folder.path().join("modules/ADSync").join(file)
    }
}
