//! The agent's command line.
//!
//! Exit codes: 64 for a command line that can't be read, 65 for input that can't be used or a request that may not
//! run, 78 for a configuration that can't be used, 1 for anything else.

use std::future::Future;
use std::io::{BufRead as _, Write as _};
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Arc;

use clap::{Args, Parser, Subcommand};
use syncmedic::agent::config::Config;
use syncmedic::agent::eventlog::clean::Cleaner;
use syncmedic::agent::eventlog::files::EventFiles;
use syncmedic::agent::gatekeeper::Trust;
use syncmedic::agent::powershell::process::ScriptProcess;
use syncmedic::agent::probe::ServerFile;
use syncmedic::agent::{Agent, Operator, Parts, Staged, account, enrol};
use syncmedic::catalog;
use syncmedic::clock::Clock;
use syncmedic::ids::{AgentId, RequestId};
use syncmedic::link::listener;
use syncmedic::link::protocol::{Progress, Reason, RunOutcome};
use syncmedic::random::Random;
use syncmedic::report::Report;

const USAGE: u8 = 64;
const DATA: u8 = 65;
const CONFIG: u8 = 78;

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
        /// The folder to make it in.
        #[arg(long, value_name = "DIR")]
        data: PathBuf,
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
    /// List the commands that this agent carries.
    Catalog {
        /// Also tell which of them this server allows.
        #[arg(long, value_name = "FILE")]
        config: Option<PathBuf>,
    },
}

#[derive(Args)]
struct ConfigPath {
    /// The agent's configuration.
    #[arg(long, value_name = "FILE", default_value = "agent.toml", env = "SYNCMEDIC_AGENT_CONFIG")]
    config: PathBuf,
}

/// What went wrong, with its exit code.
struct Failure(u8, String);

type Outcome = Result<(), Failure>;

fn data(error: impl ToString) -> Failure {
    Failure(DATA, error.to_string())
}

fn config(error: impl ToString) -> Failure {
    Failure(CONFIG, error.to_string())
}

fn broken(error: impl ToString) -> Failure {
    Failure(1, error.to_string())
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
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build();
    let done = runtime.map_err(broken).and_then(|runtime| runtime.block_on(run(cli.command)));
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(Failure(code, message)) => {
            eprintln!("syncmedic-agent: {message}");
            ExitCode::from(code)
        }
    }
}

async fn run(command: Command) -> Outcome {
    match command {
        Command::Init { id, data } => init(&id, &data),
        Command::Install { config: path, bundle } => install(&path.config, &bundle),
        Command::Run { config: path } => serve(&path.config).await,
        Command::Status { config: path, json } => status(&path.config, json).await,
        Command::Apply { config: path, request, yes, aad_username } => {
            apply(&path.config, request, yes, aad_username).await
        }
        Command::Catalog { config: path } => list(path.as_deref()),
    }
}

fn init(id: &AgentId, folder: &Path) -> Outcome {
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
         syncmedic-agent run --config {settings}",
        folder.display(),
        port = syncmedic::agent::config::PORT,
    );
    Ok(())
}

fn install(path: &Path, bundle: &Path) -> Outcome {
    let loaded = Config::load(path).map_err(config)?;
    let text = std::fs::read_to_string(bundle).map_err(|e| data(format!("{}: {e}", bundle.display())))?;
    let enrolment = enrol::install(&loaded, &text, &Clock::system()).map_err(data)?;
    enrol::install_scripts(&loaded.scripts).map_err(data)?;
    println!("{} is enrolled, generation {}.", enrolment.agent, enrolment.generation);
    Ok(())
}

async fn serve(path: &Path) -> Outcome {
    tracing_subscriber::fmt()
        .with_writer(std::io::stderr)
        .with_env_filter(
            tracing_subscriber::EnvFilter::try_from_default_env()
                .unwrap_or_else(|_| tracing_subscriber::EnvFilter::new("info")),
        )
        .init();
    let stopped = stopped();
    let clock = Clock::system();
    let loaded = Config::load(path).map_err(config)?;
    let enrolled = enrol::load(&loaded, &clock).map_err(config)?;
    let listen = loaded.listen;
    if enrolled.certificate.ends_soon(clock.now()) {
        tracing::warn!(until = %enrolled.certificate.not_after, "this agent's certificate ends soon: enrol it again");
    }
    let agent = agent(loaded, enrolled.trust, clock.clone())?;
    let socket = tokio::net::TcpListener::bind(listen);
    let socket = socket.await.map_err(|error| config(format!("listen = \"{listen}\": {error}")))?;
    tracing::info!(address = %socket.local_addr().map_err(broken)?, "the agent answers");
    let reading = tokio::spawn({
        let agent = agent.clone();
        async move { agent.keep_reading().await }
    });
    listener::serve(socket, enrolled.tls, agent.router(), stopped, clock).await;
    reading.abort();
    tracing::info!("the agent has stopped");
    Ok(())
}

/// Until Ctrl-C, or what the system stops programs with; listened for from the call on.
fn stopped() -> impl Future<Output = ()> {
    let signals = signals();
    async move {
        match signals {
            Ok(signal) => signal.await,
            // Without signals it runs until it is killed.
            Err(_) => std::future::pending().await,
        }
    }
}

#[cfg(unix)]
fn signals() -> std::io::Result<impl Future<Output = ()>> {
    use tokio::signal::unix::{SignalKind, signal};
    let mut terminate = signal(SignalKind::terminate())?;
    let mut interrupt = signal(SignalKind::interrupt())?;
    Ok(async move {
        tokio::select! {
            _ = terminate.recv() => {}
            _ = interrupt.recv() => {}
        }
    })
}

/// Also when the console's window is closed, and when Windows shuts down.
#[cfg(windows)]
fn signals() -> std::io::Result<impl Future<Output = ()>> {
    use tokio::signal::windows::{ctrl_break, ctrl_c, ctrl_close, ctrl_shutdown};
    let (mut interrupt, mut r#break) = (ctrl_c()?, ctrl_break()?);
    let (mut close, mut shutdown) = (ctrl_close()?, ctrl_shutdown()?);
    Ok(async move {
        tokio::select! {
            _ = interrupt.recv() => {}
            _ = r#break.recv() => {}
            _ = close.recv() => {}
            _ = shutdown.recv() => {}
        }
    })
}

fn agent(config: Config, trust: Trust, clock: Clock) -> Result<Agent, Failure> {
    let cleaner = Cleaner { names_allowed: config.names_allowed };
    let interpreter = match config.powershell.interpreter.as_slice() {
        [] => ScriptProcess::windows_powershell(),
        given => given.to_vec(),
    };
    let parts = Parts {
        clock,
        random: Random::system(),
        events: Arc::new(EventFiles::new(&config.events.files, cleaner)),
        scripts: Arc::new(ScriptProcess::new(interpreter, &config.scripts, config.data.join("scripts"))),
        probe: Arc::new(ServerFile::new(&config.server.file)),
    };
    Agent::new(config, trust, parts).map_err(data)
}

async fn status(path: &Path, json: bool) -> Outcome {
    let clock = Clock::system();
    let loaded = Config::load(path).map_err(config)?;
    // Not enrolled yet is worth a look too.
    let enrolled = enrol::load(&loaded, &clock);
    let trust = match &enrolled {
        Ok(enrolled) => enrolled.trust.clone(),
        Err(_) => Trust { generation: 0, grant_keys: Vec::new() },
    };
    let agent = agent(loaded, trust, clock)?;
    let report = agent.report(true).await;
    if json {
        println!("{}", serde_json::to_string_pretty(&report).map_err(broken)?);
        return Ok(());
    }
    match enrolled {
        Ok(enrolled) => println!("certificate     good until {}", enrolled.certificate.not_after),
        Err(error) => println!("certificate     {error}"),
    }
    show(&report);
    let staged = agent.staged().map_err(data)?;
    println!("waiting         {} approved request(s) for an operator", staged.len());
    Ok(())
}

fn show(report: &Report) {
    let known = |flag: Option<bool>| match flag {
        Some(true) => "yes",
        Some(false) => "no",
        None => "unknown",
    };
    let build = report.appliance.build.map_or_else(|| "build unknown".into(), |build| build.to_string());
    println!("agent           {} (generation {}) on {}", report.agent, report.generation, report.server);
    println!("product         {:?}, {build}", report.appliance.kind);
    for service in &report.appliance.services {
        println!("service         {} {:?}", service.name, service.state);
    }
    if let Some(state) = &report.state {
        println!("cloud flag      {}", known(state.cloud_flag));
        println!("staging         {}", known(state.staging));
        println!("cycle running   {}", known(state.cycle_running));
        println!("sign-in method  {}", state.sign_in_method.as_deref().unwrap_or("unknown"));
        for connector in state.connectors.iter().flatten() {
            println!(
                "connector       {} ({:?}), channel {}",
                connector.name,
                connector.kind,
                known(connector.channel)
            );
        }
    }
    println!("events          {} shown, {} left out", report.events.len(), report.cut.events);
    let commands: Vec<&str> = report.permits.commands.iter().map(|id| id.as_str()).collect();
    let allowed = if commands.is_empty() { "nothing: read-only".to_owned() } else { commands.join(", ") };
    println!("may run here    {allowed} ({} approval(s) needed)", report.permits.approvals);
    for gap in &report.gaps {
        println!("not read        {}: {}", gap.what, gap.why);
    }
}

async fn apply(path: &Path, request: Option<RequestId>, yes: bool, aad_username: Option<String>) -> Outcome {
    let clock = Clock::system();
    let loaded = Config::load(path).map_err(config)?;
    let enrolled = enrol::load(&loaded, &clock).map_err(config)?;
    let agent = agent(loaded, enrolled.trust, clock)?;
    let mut staged = agent.staged().map_err(data)?;
    if let Some(request) = &request {
        staged.retain(|one| one.request == *request);
    }
    let chosen = match staged.as_slice() {
        [] => return Err(data("no approved request waits here for an operator")),
        [one] => one.clone(),
        several => {
            several.iter().for_each(describe);
            return Err(Failure(USAGE, "several requests wait: choose one with --request".into()));
        }
    };
    describe(&chosen);
    if !yes && !confirmed()? {
        println!("Nothing was run.");
        return Ok(());
    }
    println!("Running. If a sign-in window opens, sign in there.");
    let operator = Operator { account: account::of_this_session(), aad_username };
    let execution = agent.apply(&chosen.request, operator).await.map_err(|why| {
        let lines: Vec<String> = why.iter().map(|Reason { code, text }| format!("{text} ({code})")).collect();
        data(format!("nothing was run: {}", lines.join("; ")))
    })?;
    match execution.progress {
        Progress::Finished { outcome: RunOutcome::Succeeded { .. }, .. } => {
            println!("The command reported success. The bot now watches for the proof.");
            Ok(())
        }
        Progress::Finished { outcome: RunOutcome::Failed { why }, .. } => {
            Err(data(format!("the command failed: {} ({})", why.text, why.code)))
        }
        other => Err(broken(format!("the request stands as {other:?}"))),
    }
}

fn describe(staged: &Staged) {
    let permit = &staged.permit;
    let approvers: Vec<String> = permit.approvers.iter().map(ToString::to_string).collect();
    println!("Request         {}", staged.request);
    println!("Plan code       {}   (compare it with the card in Discord)", permit.plan.code());
    println!("Asked by        {} (Discord id)", permit.requester);
    println!("Approved by     {} (Discord ids)", approvers.join(", "));
    println!("Waits until     {}", staged.until);
    if let Some(command) = catalog::command(permit.command.as_str()) {
        println!("Command         {}: {}", command.id, command.about.title);
        println!("                {}", command.about.text);
        println!("What it does    {}", command.about.effect);
        println!("Undoing it      {}", command.about.undo);
    }
    println!();
}

fn confirmed() -> Result<bool, Failure> {
    print!("Run it now? Type yes: ");
    std::io::stdout().flush().map_err(broken)?;
    let mut line = String::new();
    std::io::stdin().lock().read_line(&mut line).map_err(broken)?;
    Ok(line.trim().eq_ignore_ascii_case("yes"))
}

fn list(path: Option<&Path>) -> Outcome {
    let allowed = match path {
        Some(path) => Config::load(path).map_err(config)?.permits().commands,
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
