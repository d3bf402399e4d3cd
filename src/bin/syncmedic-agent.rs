//! The agent's command line.
//!
//! Exit codes: 64 for a command line that can't be read, 65 for input that can't be used or a request that may not
//! run, 78 for a configuration that can't be used, 3 for a service that does not run, 1 for anything else.

mod agent;

use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Parser, Subcommand};
use syncmedic::ids::{AgentId, RequestId};
use syncmedic::terminal::lines;

use crate::agent::{ConfigPath, Failure, Outcome, USAGE, apply, enrolment, runtime, selftest, serve, status};

/// The Syncmedic agent: reports how password hash sync is on this server, and runs a vetted command when a signed
/// grant permits it.
#[derive(Parser)]
#[command(name = "syncmedic-agent", version)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Make this server's agent: configuration, scripts, key; print the certificate request.
    Init {
        /// The agent's id, such as SYNC01; best the server's own name.
        #[arg(long)]
        id: AgentId,
        /// The folder to make it in. On Windows, unless said, Syncmedic in ProgramData.
        #[arg(long, value_name = "DIR")]
        data: Option<PathBuf>,
    },
    /// Take in the bot's answer to the certificate request.
    Install {
        #[command(flatten)]
        config: ConfigPath,
        /// The file that `syncmedic agents add` wrote.
        #[arg(long, value_name = "FILE")]
        bundle: PathBuf,
    },
    /// Answer the bot until stopped.
    Run {
        #[command(flatten)]
        config: ConfigPath,
    },
    /// Show what the bot would see.
    Status {
        #[command(flatten)]
        config: ConfigPath,
        /// The whole report, as JSON.
        #[arg(long)]
        json: bool,
    },
    /// Run an approved request that waits for an operator, in your own session.
    Apply {
        #[command(flatten)]
        config: ConfigPath,
        /// Which request, if several wait.
        #[arg(long, value_name = "ID")]
        request: Option<RequestId>,
        /// Do not ask before running it.
        #[arg(long)]
        yes: bool,
        /// What Microsoft's cmdlet is given to sign in with (an administrator's user principal name).
        #[arg(long, value_name = "NAME")]
        aad_username: Option<String>,
    },
    /// Try everything that only reads, and print a report to attach to a bug.
    SelfTest {
        #[command(flatten)]
        config: ConfigPath,
    },
    /// Look after the Windows service.
    #[cfg(windows)]
    #[command(subcommand)]
    Service(agent::service::Service),
    /// List the commands that this agent carries.
    Catalog {
        /// Also tell which of them this server allows.
        #[arg(long, value_name = "FILE")]
        config: Option<PathBuf>,
    },
}

fn main() -> ExitCode {
    let cli = match Cli::try_parse() {
        Ok(cli) => cli,
        Err(error) => {
            let asked = !error.use_stderr();
            let _ = error.print();
            return if asked { ExitCode::SUCCESS } else { ExitCode::from(USAGE) };
        }
    };
    match run(cli.command) {
        Ok(()) => ExitCode::SUCCESS,
        Err(Failure(code, message)) => {
            // Files that the service's account writes are quoted in errors.
            eprintln!("syncmedic-agent: {}", lines(&message));
            ExitCode::from(code)
        }
    }
}

fn run(command: Command) -> Outcome {
    match command {
        Command::Init { id, data } => enrolment::init(&id, data),
        Command::Install { config: path, bundle } => enrolment::install(&path.config, &bundle),
        Command::Run { config: path } => serve::in_console(&path.config),
        Command::Status { config: path, json } => runtime()?.block_on(status::status(&path.config, json)),
        Command::Apply { config: path, request, yes, aad_username } => {
            runtime()?.block_on(apply::apply(&path.config, request, yes, aad_username))
        }
        Command::SelfTest { config: path } => runtime()?.block_on(selftest::run(&path.config)),
        // It makes its own threads, where it needs any.
        #[cfg(windows)]
        Command::Service(what) => agent::service::run(what),
        Command::Catalog { config: path } => enrolment::list(path.as_deref()),
    }
}
