//! How an agent comes to be: `init`, `install`, and what it carries: `catalog`.

use std::path::{Path, PathBuf};

use syncmedic::agent::enrol;
use syncmedic::catalog;
use syncmedic::clock::Clock;
use syncmedic::ids::AgentId;

use super::{Failure, Outcome, USAGE, data, serve};

/// Where an agent lies if nothing else is said: on Windows in `ProgramData`, wherever the system has it. The variable of that
/// name is not asked, since a person's other programs can set it for their elevated consoles.
pub(crate) fn default_folder() -> Option<PathBuf> {
    #[cfg(windows)]
    return syncmedic::agent::windows::surroundings::known_folder("ProgramData")
        .map(|programs| programs.join("Syncmedic"));
    #[cfg(not(windows))]
    None
}

/// The configuration that is used if none is named.
pub(crate) fn default_config() -> PathBuf {
    default_folder().unwrap_or_default().join("agent.toml")
}

pub(crate) fn init(id: &AgentId, folder: Option<PathBuf>) -> Outcome {
    let needed = || Failure(USAGE, "say where the agent shall lie: --data DIR".into());
    let folder = &folder.or_else(default_folder).ok_or_else(needed)?;
    let request = enrol::init(id, folder).map_err(data)?;
    print!("{request}");
    let shown = |file: &str| folder.join(file).display().to_string();
    let (settings, csr) =
        (shown("agent.toml"), shown(&format!("data{}agent.csr", std::path::MAIN_SEPARATOR)));
    eprintln!(
        "\nThe agent {id} lies in {}. Its key stays there; the request above, also in {csr}, is no secret.\nNext:\n  \
         1. Carry {csr} to the bot's host, and run there, HOST being this server:\n     \
         syncmedic agents add {id} --url https://HOST:{port} --csr agent.csr --out enrolment.toml\n  \
         2. Carry enrolment.toml back, no secret either, and run here:\n     \
         syncmedic-agent install --config {settings} --bundle enrolment.toml\n  \
         3. Look through {settings} (as it stands, nothing ever runs here), then run here:\n     \
         {run} --config {settings}",
        folder.display(),
        run = if cfg!(windows) { "syncmedic-agent service install" } else { "syncmedic-agent run" },
        port = syncmedic::agent::config::PORT,
    );
    Ok(())
}

pub(crate) fn install(path: &Path, bundle: &Path) -> Outcome {
    let loaded = serve::rules(path)?;
    serve::guarded(path, &loaded)?;
    let text = std::fs::read_to_string(bundle).map_err(|e| data(format!("{}: {e}", bundle.display())))?;
    let enrolment = enrol::install(&loaded, &text, &Clock::system()).map_err(data)?;
    enrol::install_scripts(&loaded.scripts).map_err(data)?;
    println!("{} is enrolled, generation {}.", enrolment.agent, enrolment.generation);
    Ok(())
}

pub(crate) fn list(path: Option<&Path>) -> Outcome {
    let allowed = match path {
        Some(path) => serve::rules(path)?.permits().commands,
        None => Vec::new(),
    };
    for command in catalog::commands() {
        let may = match (command.about.changes, allowed.contains(&command.id)) {
            (false, _) => "always allowed, changes nothing",
            (true, true) => "allowed here",
            (true, false) if path.is_some() => "not allowed here",
            (true, false) => "allowed where agent.toml says so",
        };
        println!("{}\n  {}\n  {may}\n  sha256 {}", command.id, command.about.title, command.digest);
    }
    Ok(())
}
