//! `run`: the agent answers the bot, in a console or as a service.

use std::future::Future;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use syncmedic::agent::config::Config;
use syncmedic::agent::eventlog;
use syncmedic::agent::gatekeeper::Trust;
use syncmedic::agent::powershell::process::ScriptProcess;
use syncmedic::agent::probe::{Probe, ServerFile};
#[cfg(windows)]
use syncmedic::agent::record::queued::Queued;
use syncmedic::agent::record::{Entry, SystemRecord};
use syncmedic::agent::usage::Running;
use syncmedic::agent::{Agent, Parts, account, enrol, guard};
use syncmedic::clock::Clock;
use syncmedic::link::listener::{self, Limits};
use syncmedic::random::Random;
use tracing_subscriber::EnvFilter;

use super::{Failure, Outcome, broken, config, data};

/// How long requests that are being answered may go on once the agent is to stop: a service has 5 s for everything.
const GRACE: Duration = Duration::from_millis(2500);

/// What is logged: `RUST_LOG`, or what an administrator wants to know.
pub(crate) fn filter() -> EnvFilter {
    EnvFilter::try_from_default_env().unwrap_or_else(|_| EnvFilter::new("info"))
}

/// How long what still runs may go on when the agent is to stop and its connections have ended: a log that does not answer must
/// not hold it up.
pub(crate) const LAST_GRACE: Duration = Duration::from_millis(500);

/// How long the end waits for what is written then, each: the last note to be left alone, and the system's record to be taken.
pub(crate) const LAST_WORDS: Duration = Duration::from_millis(500);

/// Answers the bot until stopped by a signal, with the log on standard error.
pub(crate) fn in_console(path: &Path) -> Outcome {
    tracing_subscriber::fmt().with_writer(std::io::stderr).with_env_filter(filter()).init();
    let runtime = super::runtime()?;
    let done = runtime.block_on(async {
        let stopped = stopped();
        let loaded = rules(path)?;
        until(path, loaded, stopped, || {}).await
    });
    runtime.shutdown_timeout(LAST_GRACE);
    done
}

/// Answers the bot until `stopped`; `ready` is called once it does.
pub(crate) async fn until(
    path: &Path,
    loaded: Config,
    stopped: impl Future<Output = ()>,
    ready: impl FnOnce(),
) -> Outcome {
    let clock = Clock::system();
    guarded(path, &loaded)?;
    let enrolled = enrol::load(&loaded, &clock).map_err(config)?;
    let (id, listen, files) = (loaded.id.clone(), loaded.listen, loaded.data.clone());
    let permits = loaded.permits();
    if enrolled.certificate.ends_soon(clock.now()) {
        tracing::warn!(until = %enrolled.certificate.not_after, "this agent's certificate ends soon: enrol it again");
    }
    let agent = agent(loaded, enrolled.trust, clock.clone(), true)?;
    let socket = tokio::net::TcpListener::bind(listen);
    let socket = socket.await.map_err(|error| config(format!("listen = \"{listen}\": {error}")))?;
    let address = socket.local_addr().map_err(broken)?.to_string();
    tracing::info!(%address, "the agent answers");
    agent.record(&Entry::started(id.as_str(), &address, &super::status::allowed(&permits)));
    let tasks = [
        tokio::spawn({
            let agent = agent.clone();
            async move { agent.keep_reading().await }
        }),
        tokio::spawn({
            let agent = agent.clone();
            async move { agent.keep_noting(&address).await }
        }),
    ];
    ready();
    let limits = Limits { grace: GRACE, ..Limits::default() };
    listener::serve_within(limits, socket, enrolled.tls, agent.router(), stopped, clock).await;
    tasks.iter().for_each(tokio::task::JoinHandle::abort);
    let ended = async {
        for task in tasks {
            // Whether it was in time to end by itself is all the same.
            let _ = task.await;
        }
    };
    // A note that is being written would come back after it was taken away.
    let _ = tokio::time::timeout(LAST_WORDS, ended).await;
    Running::remove(&files);
    agent.record(&Entry::stopped(id.as_str()));
    agent.settle_record(LAST_WORDS);
    tracing::info!("the agent has stopped");
    Ok(())
}

/// The configuration, read only once it is known that nobody else can have written it.
pub(crate) fn rules(path: &Path) -> Result<Config, Failure> {
    reachable(path)?;
    guard::read(path).map_err(config)
}

/// Refuses to go on where others can get at what the agent's safety rests on.
pub(crate) fn guarded(path: &Path, loaded: &Config) -> Outcome {
    reachable(&loaded.data)?;
    guard::check(path, loaded).map_err(|exposed| config(guard::in_words(&exposed)))
}

/// Refuses what this account may not look into, with the mend: that nobody else may is as it should be.
fn reachable(path: &Path) -> Outcome {
    let looked = std::fs::metadata(path).and_then(|found| match found.is_dir() {
        true => std::fs::read_dir(path).map(drop),
        false => std::fs::File::open(path).map(drop),
    });
    match looked {
        Err(error) if error.kind() == std::io::ErrorKind::PermissionDenied => Err(config(format!(
            "{}: {error}: {} may not look into it. Run this in an elevated session, as an administrator of the server; if that is \
             the service's own account, set its rights anew with `syncmedic-agent service install`",
            path.display(),
            account::of_this_session()
        ))),
        // What else is wrong with it is told where it is read.
        _ => Ok(()),
    }
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

/// The agent of a configuration. Only the running one keeps how far it has read the log, and runs its scripts in its own
/// folder; the others are run by an operator.
pub(crate) fn agent(config: Config, trust: Trust, clock: Clock, runs: bool) -> Result<Agent, Failure> {
    let scripts = ScriptProcess::of(&config);
    let scripts = if runs { scripts } else { scripts.for_an_operator() };
    let parts = Parts {
        events: eventlog::open(&config, runs, clock.now()).map_err(super::config)?,
        clock,
        random: Random::system(),
        scripts: Arc::new(scripts),
        probe: probe(&config),
        record: record(),
    };
    Agent::new(config, trust, parts).map_err(data)
}

/// What tells of the server: the file that the configuration names, else Windows itself.
fn probe(config: &Config) -> Arc<dyn Probe> {
    #[cfg(windows)]
    if config.server.file.is_none() {
        return Arc::new(syncmedic::agent::windows::server::NativeServer);
    }
    // Elsewhere a configuration without a file is refused when it is read.
    Arc::new(ServerFile::new(config.server.file.clone().unwrap_or_default()))
}

/// Where this system keeps records.
pub(crate) fn record() -> Arc<dyn SystemRecord> {
    #[cfg(windows)]
    return Arc::new(Queued::new(syncmedic::agent::windows::source::EventSource));
    #[cfg(not(windows))]
    return Arc::new(syncmedic::agent::record::LogOnly);
}
