//! `service`: installs, removes, starts, stops and shows the Windows service, and is it.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use clap::{Args, Subcommand};
use syncmedic::agent::config::Config;
use syncmedic::agent::logfile::LogFile;
use syncmedic::agent::record::Entry;
use syncmedic::agent::usage::Running;
use syncmedic::agent::windows::membership::{self, Changed, Groups};
use syncmedic::agent::windows::{service, source};
use syncmedic::agent::{enrol, guard};
use syncmedic::clock::Clock;
use syncmedic::terminal::{lines, one_line};

use super::{CONFIG, ConfigPath, Failure, Outcome, broken, config, serve};

/// The group whose members may use ADSync's cmdlets, as its setup names it.
const ADSYNC_ADMINS: &str = "ADSyncAdmins";

/// What to do with the service.
#[derive(Subcommand)]
pub(crate) enum Service {
    /// Install it, or set it up anew, as the account NT SERVICE\\SyncmedicAgent.
    Install(Install),
    /// Stop and remove it. Key, configuration and journal stay.
    Uninstall(Group),
    /// Start it, and wait until it runs.
    Start,
    /// Stop it, and wait until it has stopped.
    Stop,
    /// Show how it stands. Exit code 3 if it does not run.
    Status {
        #[command(flatten)]
        config: ConfigPath,
    },
    /// What the service manager starts.
    #[command(hide = true)]
    Run {
        #[command(flatten)]
        config: ConfigPath,
    },
}

#[derive(Args)]
pub(crate) struct Install {
    #[command(flatten)]
    config: ConfigPath,
    /// Also make the service a member of ADSyncAdmins, which ADSync's cmdlets need: Tier 0 power. What may run is still for
    /// agent.toml to say.
    #[arg(long)]
    allow_commands: bool,
    #[command(flatten)]
    group: Group,
}

#[derive(Args)]
pub(crate) struct Group {
    /// The group, if its name was chosen otherwise when Entra Connect was installed.
    #[arg(long, value_name = "NAME", default_value = ADSYNC_ADMINS)]
    group: String,
}

/// Does it. All but `run` are for an administrator.
pub(crate) fn run(what: Service) -> Outcome {
    match what {
        Service::Install(how) => install(&how),
        Service::Uninstall(Group { group }) => uninstall(&group),
        Service::Start => {
            let started = service::start().map_err(broken)?;
            println!("{}", if started { "The service runs." } else { "The service ran already." });
            Ok(())
        }
        Service::Stop => {
            let stopped = service::stop().map_err(broken)?;
            println!("{}", if stopped { "The service has stopped." } else { "The service did not run." });
            Ok(())
        }
        Service::Status { config: path } => status(&path.config),
        Service::Run { config: path } => be_it(path.config),
    }
}

fn install(how: &Install) -> Outcome {
    let path = std::path::absolute(&how.config.config).map_err(config)?;
    guard::refuse_exposed_program(&std::env::current_exe().map_err(broken)?).map_err(config)?;
    guard::refuse_foreign(&path, &[]).map_err(config)?;
    let loaded = Config::load(&path).map_err(config)?;
    guard::refuse_foreign(&path, &[&loaded.data, &loaded.scripts]).map_err(config)?;
    guard::protect(&path, &loaded.data, &loaded.scripts).map_err(config)?;
    guard::check_protected(&path, &loaded).map_err(|exposed| config(guard::in_words(&exposed)))?;
    let installed = service::install(&path).map_err(broken)?;
    println!("The service {} is {}.", service::NAME, if installed.new { "installed" } else { "set up anew" });
    println!("  account     {}, with no password and no right to sign in", service::ACCOUNT);
    println!("  starts      with the server, delayed; again after 5 s, 1 min and 10 min if it fails");
    if !installed.unknown.is_empty() {
        println!("  not set     this system does not know: {}", installed.unknown.join(", "));
    }
    match source::register() {
        Ok(()) => println!("  events      Application log, source {}", source::NAME),
        Err(error) => {
            println!("  events      their source can't be registered, so they will lack their text: {error}")
        }
    }
    member(&how.group.group, how.allow_commands);
    if how.allow_commands && loaded.permits().commands.is_empty() {
        println!("  commands    {} still allows none: set read_only and commands there", path.display());
    }
    if let Err(error) = enrol::load(&loaded, &Clock::system()) {
        println!("It will not start yet: {}", lines(&error.to_string()));
    }
    Ok(())
}

/// Makes the service a member, or takes it out of the group: what was asked for last counts.
fn member(group: &str, member: bool) {
    let (account, changed) = (service::ACCOUNT, membership::set(group, member));
    let says = match (changed, member) {
        (Changed::Done, true) => {
            format!("{account} is now a member of {group}; it counts from its next start")
        }
        (Changed::Already, true) => format!("{account} is a member of {group}"),
        (Changed::Done, false) => {
            format!("{account} is no longer a member of {group}; it counts from its next start")
        }
        (Changed::Already, false) => format!(
            "read-only: {account} is no member of {group}, and ADSync may withhold its state from it (see self-test)"
        ),
        (Changed::NoSuchGroup, false) => format!("read-only: this server has no group {group}"),
        (Changed::NoSuchGroup, true) => format!(
            "NOT a member: this server has no group {group}. If Entra Connect was installed with another name, give it with \
             --group; on a domain controller it is a group of the domain, which this account can't be in \
             (docs/windows-agent.md)"
        ),
        (Changed::Refused(why), true) => format!("NOT a member of {group}: {why}"),
        (Changed::Refused(why), false) => {
            format!("whether it is a member of {group} can't be changed: {why}")
        }
    };
    println!("  group       {says}");
    println!("  member of   {}", groups());
}

/// The groups that hold the account, whoever put it there: no more is taken away than was given here.
fn groups() -> String {
    match membership::groups() {
        Ok(Groups { holding, unread }) => {
            let holding = if holding.is_empty() {
                "no group of this server but Users".into()
            } else {
                holding.join(", ")
            };
            let unread = match unread.is_empty() {
                true => String::new(),
                false => format!("; not known of {}", unread.join(", ")),
            };
            one_line(&(holding + &unread))
        }
        Err(error) => format!("unknown, for the server's groups can't be listed: {error}"),
    }
}

fn uninstall(group: &str) -> Outcome {
    let was = service::uninstall().map_err(broken)?;
    println!("{}", if was { "The service is removed." } else { "There was no service." });
    match membership::set(group, false) {
        Changed::Done => println!("{} is out of {group}.", service::ACCOUNT),
        Changed::Already | Changed::NoSuchGroup => {}
        Changed::Refused(why) => println!("{} can't be taken out of {group}: {why}", service::ACCOUNT),
    }
    if let Err(error) = source::unregister() {
        println!("The events' source {} stays registered: {error}", source::NAME);
    }
    println!(
        "Key, configuration and journal are still there. On the bot's host, `syncmedic agents remove` ends this agent's \
         certificate."
    );
    Ok(())
}

/// The service in one line.
pub(crate) fn in_words() -> String {
    match service::status() {
        Ok(Some(status)) => {
            let process = status.pid.map(|pid| format!(", process {pid}")).unwrap_or_default();
            format!("{}{process}, as {}", status.state, status.account)
        }
        Ok(None) => "not installed (service install)".into(),
        Err(error) => format!("can't be looked at: {error}"),
    }
}

fn status(path: &Path) -> Outcome {
    let status = service::status().map_err(broken)?;
    println!("service         {}", in_words());
    if let Some(status) = &status {
        println!("command         {}", status.command);
        println!("member of       {}", groups());
    }
    // Read only if nobody else can have written it: what it names is looked into, with an administrator's rights.
    let looked = serve::rules(path).and_then(|loaded| serve::guarded(path, &loaded).map(|()| loaded));
    match looked.map(|loaded| (Running::read(&loaded.data), loaded)) {
        Ok((Some(running), _)) => println!("running agent   {}", running.describe(Clock::system().now())),
        Ok((None, loaded)) => println!("running agent   none has left a note in {}", loaded.data.display()),
        Err(Failure(_, why)) => println!("running agent   not looked at: {}", lines(&why)),
    }
    match status {
        Some(status) if status.running => Ok(()),
        _ => Err(Failure(super::NOT_RUNNING, "the service does not run".into())),
    }
}

/// Hands this process to the service manager.
fn be_it(path: PathBuf) -> Outcome {
    service::run(move |control| match work(&path, control) {
        Ok(()) => 0,
        Err(Failure(code, why)) => {
            let record = serve::record();
            record.write(&Entry::not_started(&why));
            record.settle(serve::LAST_WORDS);
            code
        }
    })
    .map_err(|error| Failure(CONFIG, error.to_string()))
}

fn work(path: &Path, mut control: service::Control) -> Outcome {
    let loaded = serve::rules(path)?;
    let log = LogFile::open(&loaded.data);
    let log = log.map_err(|error| config(format!("{}: agent.log: {error}", loaded.data.display())))?;
    tracing_subscriber::fmt()
        .with_writer(Arc::new(log))
        .with_ansi(false)
        .with_env_filter(serve::filter())
        .init();
    let runtime = super::runtime()?;
    let (ready, is_ready) = tokio::sync::oneshot::channel();
    let done = runtime.block_on(async {
        let stopped = async {
            if is_ready.await.is_ok() {
                control.running();
            }
            control.stopped().await;
        };
        serve::until(path, loaded, stopped, || {
            let _ = ready.send(());
        })
        .await
    });
    runtime.shutdown_timeout(serve::LAST_GRACE);
    done
}
