//! What can be typed: one file a family of commands. Exit codes follow `sysexits`: 64 for a wrong command
//! line, 65 for bad input, 75 for "try again later", 78 for a fault in the configuration.

mod agents;
mod ask;
mod audit;
mod diagnose;
mod doctor;
mod run;

use std::process::ExitCode;

use clap::{Parser, Subcommand};
use syncmedic::clock::Clock;
use syncmedic::config::{Base, ConfigError, Logging};
use syncmedic::random::Random;
use syncmedic::store::{Store, StoreError};
use syncmedic::tenant::Tenant;
use tracing_subscriber::EnvFilter;

/// A first responder for Microsoft Entra password hash sync, living in a team's Discord.
#[derive(Parser)]
#[command(version, max_term_width = 100)]
struct Args {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Run the bot, configured by environment variables and .env.
    Run,
    /// Try everything with no accounts and no servers.
    Demo(run::DemoArgs),
    /// Check the configuration, Discord, the database, the agents, certificates and clocks.
    Doctor,
    /// Ask in the terminal what is wrong: the same answer as in Discord, without Discord.
    Ask(ask::Args),
    /// Diagnose event logs from files, without Discord, servers or configuration.
    Diagnose(diagnose::Args),
    /// Enrol, list and remove the agents on the sync servers.
    #[command(subcommand)]
    Agents(agents::Command),
    /// Read, export and verify the audit.
    #[command(subcommand)]
    Audit(audit::Command),
}

/// A wrong command line.
const USAGE: u8 = 64;
/// Bad input.
const DATA: u8 = 65;
/// Try again later.
const LATER: u8 = 75;
/// A fault in the configuration.
const CONFIG: u8 = 78;

/// Something that ends the program with an exit code of its own.
#[derive(Debug, thiserror::Error)]
#[error("{text}")]
struct Exit {
    code: u8,
    text: String,
}

fn exit(code: u8, text: impl Into<String>) -> anyhow::Error {
    Exit { code, text: text.into() }.into()
}

/// Reads the command line and runs what it says.
pub(crate) fn main() -> ExitCode {
    let args = match Args::try_parse() {
        Ok(args) => args,
        Err(error) => {
            let code = if error.use_stderr() { USAGE } else { 0 };
            // Nothing is left to be done if the terminal is gone.
            let _ = error.print();
            return ExitCode::from(code);
        }
    };
    match start(args.command) {
        Ok(code) => code,
        Err(error) => {
            eprintln!("syncmedic: {error:#}");
            ExitCode::from(code(&error))
        }
    }
}

fn start(command: Command) -> anyhow::Result<ExitCode> {
    // A missing .env is no fault: the environment may hold everything.
    match dotenvy::dotenv() {
        Err(error) if !error.not_found() => return Err(exit(CONFIG, format!(".env can't be read: {error}"))),
        _ => {}
    }
    init_logging(&Logging::read(&env)?)?;
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    runtime.block_on(async {
        match command {
            Command::Run => run::run().await,
            Command::Demo(args) => run::demo(args).await,
            Command::Doctor => doctor::run().await,
            Command::Ask(args) => ask::run(args).await,
            Command::Diagnose(args) => diagnose::run(&args),
            Command::Agents(command) => agents::run(command).await,
            Command::Audit(command) => audit::run(command).await,
        }
    })
}

fn code(error: &anyhow::Error) -> u8 {
    if let Some(exit) = error.downcast_ref::<Exit>() {
        return exit.code;
    }
    if error.is::<ConfigError>() {
        return CONFIG;
    }
    match error.downcast_ref::<StoreError>() {
        Some(StoreError::Held { .. }) => LATER,
        Some(StoreError::Url(_) | StoreError::OtherTenant { .. } | StoreError::Newer { .. }) => CONFIG,
        _ => 1,
    }
}

/// A variable of the environment; one that is not text counts as not set.
fn env(name: &str) -> Option<String> {
    std::env::var(name).ok()
}

fn init_logging(logging: &Logging) -> anyhow::Result<()> {
    // serenity logs whole events, which hold interaction tokens, at every level below warn.
    let filter = format!("{},serenity=warn,tungstenite=warn,sqlx=warn,hyper=warn", logging.filter);
    let filter = EnvFilter::try_new(&filter)
        .map_err(|error| exit(CONFIG, format!("LOG_FILTER can't be used: {error}")))?;
    let builder = tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr);
    match logging.json {
        true => builder.json().init(),
        false => builder.init(),
    }
    Ok(())
}

/// The database alone, for commands that only read the record.
async fn store() -> anyhow::Result<Store> {
    let base = Base::read(&env)?;
    Ok(Store::open(base.database.expose(), Clock::system(), &base.tenant).await?)
}

/// The tenant's ground, for commands that need no Discord.
async fn tenant() -> anyhow::Result<(Base, Tenant)> {
    let base = Base::read(&env)?;
    let tenant = Tenant::open(&base, &Clock::system(), &Random::system()).await?;
    Ok((base, tenant))
}
