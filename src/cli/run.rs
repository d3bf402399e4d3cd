//! `syncmedic run` and `syncmedic demo`.

use std::future::Future;
use std::path::PathBuf;
use std::process::ExitCode;

use syncmedic::bot;
use syncmedic::clock::Clock;
use syncmedic::config::Config;
use syncmedic::demo::simulator::scenario::Scenario;
use syncmedic::demo::{self, Options};
use syncmedic::discord::rest::Rest;
use syncmedic::random::Random;

use super::env;

/// The page's port, unless another is asked for.
const PORT: u16 = 6900;

#[derive(clap::Args)]
pub(super) struct DemoArgs {
    /// The situation: unattended, attended, two-active or healthy.
    #[arg(long, default_value = "unattended")]
    scenario: Scenario,
    /// The page's port on 127.0.0.1; 0 takes any free one.
    #[arg(long, default_value_t = PORT)]
    port: u16,
    /// Keep the state in this folder instead of a temporary one.
    #[arg(long, value_name = "DIR")]
    data: Option<PathBuf>,
    /// Write every REST request that the bot makes to this file, as JSON lines.
    #[arg(long, value_name = "FILE")]
    record: Option<PathBuf>,
}

/// Runs the bot until Ctrl-C or a request to end.
pub(super) async fn run() -> anyhow::Result<ExitCode> {
    let end = end();
    let config = Config::read(&env)?;
    let clock = Clock::system();
    let rest = Rest::new(config.discord.token.clone(), config.discord.api.clone(), clock.clone())?;
    bot::run(config, rest, clock, Random::system(), end).await?;
    Ok(ExitCode::SUCCESS)
}

/// Runs the demo until Ctrl-C.
pub(super) async fn demo(args: DemoArgs) -> anyhow::Result<ExitCode> {
    let DemoArgs { scenario, port, data, record } = args;
    let ready = |address: &str| {
        println!("Syncmedic's demo is at {address} (Ctrl-C ends it)\n");
        println!("Try this:");
        println!("  1. As Dana, in #helpdesk:  /signin problem: users can't sign in");
        println!("  2. Press \"Request enablement\" and give a reason.");
        println!("  3. Switch to Lee, open #sync-approvals, press \"Approve\", and watch it being proven.");
    };
    demo::run(Options { scenario, port, data, record }, ready, end()).await?;
    println!("The demo has ended.");
    Ok(ExitCode::SUCCESS)
}

/// Ends with Ctrl-C, or when the system asks the program to end. From the call on, not from the first look at it: a program
/// that is asked to end while it starts ends cleanly as well.
fn end() -> impl Future<Output = ()> + Send + 'static {
    #[cfg(unix)]
    let signals = {
        use tokio::signal::unix::{SignalKind, signal};
        signal(SignalKind::terminate())
            .and_then(|terminate| Ok((terminate, signal(SignalKind::interrupt())?)))
    };
    async move {
        #[cfg(unix)]
        if let Ok((mut terminate, mut interrupt)) = signals {
            tokio::select! {
                _ = terminate.recv() => return,
                _ = interrupt.recv() => return,
            }
        }
        // Without a signal handler the program runs until it is killed.
        if tokio::signal::ctrl_c().await.is_err() {
            std::future::pending::<()>().await;
        }
    }
}
