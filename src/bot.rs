//! The bot, put together: everything that runs while `syncmedic run` does. The demo and the stories run the
//! same.

use std::future::Future;
use std::path::Path;
use std::sync::Arc;

use anyhow::Context as _;
use tokio::sync::watch;
use tokio::task::JoinSet;

use crate::clock::Clock;
use crate::config::Config;
use crate::discord::members::GuildMembers;
use crate::discord::rest::Rest;
use crate::discord::{self, Chat};
use crate::random::Random;
use crate::requests::{self, Requests};
use crate::schedule::Schedule;
use crate::store::StoreError;
use crate::store::lease::{Lease, RENEWAL};
use crate::store::lifeline::Lifeline;
use crate::tenant::Tenant;
use crate::watch::summary::Summarist;
use crate::watch::sweep::Sweeper;

/// Said in every audit row and on every card when the chat is not Discord itself.
pub const NOT_DISCORD: &str = "not discord.com";

/// Runs the bot until `shutdown` ends, or until something ends it: a token that Discord refuses, or a lease
/// that another bot took.
///
/// # Errors
/// What ended it, or why it did not start.
pub async fn run(
    config: Config,
    rest: Rest,
    clock: Clock,
    random: Random,
    shutdown: impl Future<Output = ()> + Send + 'static,
) -> anyhow::Result<()> {
    let schedule = Schedule::parse(&config.base.summary_schedule, &config.base.summary_timezone)?;
    let tenant = Tenant::open(&config.base, &clock, &random).await?;
    // Held until everything below has ended: while it is, nobody takes this process for dead.
    let mut lifeline = lifeline(&config.base.data_dir);
    let lease = tenant.store.succeed(&holder(), &random, lifeline.as_ref()).await?;
    if let Some(Err(error)) = lifeline.as_mut().map(|lifeline| lifeline.note(&lease)) {
        tracing::warn!(%error, "after a crash the next start will have to wait for this one's lease");
    }
    if !config.discord.api.is_discord() {
        tenant.store.mark(NOT_DISCORD);
    }
    let requests = Requests::new(requests::Parts {
        store: tenant.store.clone(),
        fleet: tenant.fleet.clone(),
        knowledge: tenant.knowledge.clone(),
        policy: config.policy.clone(),
        identity: tenant.identity.clone(),
        members: Arc::new(GuildMembers::new(rest.clone(), config.discord.guild)),
        clock: clock.clone(),
        random: random.clone(),
    });
    let summarist =
        Arc::new(Summarist { tenant: tenant.clone(), schedule, deadline: config.base.poll_deadline });
    let sweeper = Sweeper {
        tenant: tenant.clone(),
        requests: requests.clone(),
        interval: config.base.poll_interval,
        deadline: config.base.poll_deadline,
    };
    let chat = Chat::new(discord::Parts {
        config,
        rest,
        tenant: tenant.clone(),
        requests: requests.clone(),
        summarist: summarist.clone(),
    });

    let (stop, stopped) = watch::channel(false);
    let until = |mut stopped: watch::Receiver<bool>| async move {
        // The sender lives until all are told; if it is gone, that is the end as well.
        let _ = stopped.wait_for(|&stop| stop).await;
    };
    let mut parts: JoinSet<anyhow::Result<()>> = JoinSet::new();
    let ends = until(stopped.clone());
    parts.spawn(async move {
        chat.run(ends).await?;
        Ok(())
    });
    let ends = until(stopped.clone());
    parts.spawn(async move {
        requests.drive(ends).await;
        Ok(())
    });
    let ends = until(stopped.clone());
    parts.spawn(async move {
        sweeper.run(ends).await;
        Ok(())
    });
    let ends = until(stopped.clone());
    parts.spawn(async move {
        summarist.run(ends).await;
        Ok(())
    });
    let lease = Arc::new(lease);
    let (ends, pulse, kept) = (until(stopped), clock.clone(), lease.clone());
    parts.spawn(async move { keep(&kept, pulse, ends).await });
    parts.spawn(async move {
        shutdown.await;
        Ok(())
    });

    // The first to end ends the others: the shutdown that was asked for, or a fault.
    let first = parts.join_next().await;
    stop.send_replace(true);
    let mut result = flatten(first);
    while let Some(next) = parts.join_next().await {
        let next = flatten(Some(next));
        if result.is_ok() {
            result = next;
        }
        if parts.len() == 1 && result.is_err() {
            // Only the wait for a shutdown that never comes is left.
            parts.abort_all();
        }
    }
    // Only now: answers under way still had to write. The next bot can start at once.
    if let Some(lease) = Arc::into_inner(lease)
        && let Err(error) = lease.release().await
    {
        tracing::warn!(%error, "the lease was not given back; it runs out by itself");
    }
    tenant.store.close().await;
    result
}

fn flatten(ended: Option<Result<anyhow::Result<()>, tokio::task::JoinError>>) -> anyhow::Result<()> {
    match ended {
        None => Ok(()),
        Some(Ok(result)) => result,
        Some(Err(error)) if error.is_cancelled() => Ok(()),
        Some(Err(error)) => Err(error).context("a part of the bot died"),
    }
}

/// Renews the lease.
async fn keep(lease: &Lease, clock: Clock, ends: impl Future<Output = ()>) -> anyhow::Result<()> {
    tokio::pin!(ends);
    loop {
        tokio::select! {
            () = &mut ends => return Ok(()),
            () = clock.sleep(RENEWAL) => match lease.renew().await {
                Ok(_) => {}
                Err(error @ StoreError::LeaseLost { .. }) => return Err(error.into()),
                // Trying again before it runs out is right.
                Err(error) => tracing::warn!(%error, "the lease could not be renewed; trying again"),
            }
        }
    }
}

/// The data folder's lock; without it the lease alone decides who may start.
fn lifeline(folder: &Path) -> Option<Lifeline> {
    match Lifeline::take(folder) {
        Ok(lifeline) => lifeline,
        Err(error) => {
            tracing::warn!(%error, "the data folder can't be locked: after a crash a start has to wait for the lease");
            None
        }
    }
}

/// Which process this is, for an operator.
fn holder() -> String {
    let host = std::env::var("HOSTNAME").or_else(|_| std::env::var("COMPUTERNAME"));
    let host = host.or_else(|_| std::fs::read_to_string("/etc/hostname"));
    let host = host.map_or_else(|_| "this host".to_owned(), |name| name.trim().to_owned());
    format!("process {} on {host}", std::process::id())
}
