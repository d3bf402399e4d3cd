//! Hands on what people must be told: posts each card once, edits it as its matter goes on, and tries until it is
//! delivered. A restart at any moment loses nothing and says nothing twice.
//!
//! A message is created with a nonce that Discord enforces for some minutes. Beyond that: a create whose answer
//! never came (or might have come to an earlier process) is looked for in the channel by its small print, before
//! it is sent again.
//!
//! - here: what is due, tried again, given up; `kinds`: what each kind says and where; `post`: a message in its channel.

mod kinds;
mod post;

use std::collections::HashSet;
use std::future::Future;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use futures_util::future::join_all;
use jiff::{SignedDuration, Timestamp};

use super::gateway::Identity;
use super::rest::error::INVALID_FORM;
use super::rest::{Rest, RestError};
use crate::clock::Clock;
use crate::config::Discord;
use crate::ids::Snowflake;
use crate::random::Random;
use crate::store::outbox::OutboxRow;
use crate::store::{Store, StoreError};

/// How many messages are handed on side by side.
const SIDE_BY_SIDE: u32 = 16;
/// The longest pause between two tries.
const LONGEST: SignedDuration = SignedDuration::from_mins(5);
/// How long to rest when the database fails, at first; then twice as long each time, up to [`LONGEST_PAUSE`].
const PAUSE: Duration = Duration::from_secs(1);
/// The longest rest.
const LONGEST_PAUSE: Duration = Duration::from_secs(60);

/// What could not be delivered for this long, however often it was tried, is given up.
const GIVE_UP_AFTER: SignedDuration = SignedDuration::from_hours(72);
/// It was tried at least so often before: a bot that was down for a week has not tried yet.
const GIVE_UP_TRIES: u32 = 20;
/// How often old rows are forgotten.
const PURGE_EVERY: Duration = Duration::from_secs(24 * 60 * 60);

/// Hands on what lies in the outbox.
pub struct Outbox {
    /// Where it lies.
    pub store: Store,
    /// Where it goes.
    pub rest: Rest,
    /// Which channels.
    pub discord: Discord,
    /// Whom new requests and operators' messages are for.
    pub approver_role: Snowflake,
    /// Who the bot is.
    pub identity: Identity,
    /// The time.
    pub clock: Clock,
    /// Randomness, for buttons.
    pub random: Random,
    /// Since when this process hands on; older messages may have been tried by an earlier one.
    pub started: Timestamp,
    /// Messages that this process has tried: a database that fails can't count it.
    pub tried: Mutex<HashSet<i64>>,
}

/// Why a message could not be handed on.
#[derive(Debug, thiserror::Error)]
enum Failed {
    /// Discord.
    #[error(transparent)]
    Rest(#[from] RestError),
    /// The database.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// It can never be: what it is about is gone, or nobody knows its kind.
    #[error("{0}")]
    Never(String),
}

/// The key of a request's card.
pub fn request_card(request: &str) -> String {
    format!("request/{request}")
}

/// The key under which is kept where a request was asked for.
pub fn request_origin(request: &str) -> String {
    format!("origin/{request}")
}

/// The key of the message that calls an operator.
fn operators_card(request: &str) -> String {
    format!("operators/{request}")
}

impl Outbox {
    /// Hands on until `shutdown` ends.
    ///
    /// # Errors
    /// If Discord refuses the bot's token.
    pub async fn run(&self, shutdown: impl Future<Output = ()>) -> Result<(), RestError> {
        tokio::pin!(shutdown);
        let mut failures = 0;
        let mut purge_at = self.clock.elapsed();
        loop {
            let handed = tokio::select! {
                biased;
                () = &mut shutdown => return Ok(()),
                handed = self.round() => handed,
            };
            if self.rest.token_refused() {
                return Err(RestError::TokenRefused);
            }
            match handed {
                Ok(0) => failures = 0,
                Ok(_) => {
                    failures = 0;
                    continue;
                }
                Err(error) => {
                    tracing::error!(%error, "what was handed on can't be recorded; trying again");
                    // What is due stays due: without a rest it would be sent again at once, and for ever.
                    let rest = PAUSE.saturating_mul(1 << failures.min(16)).min(LONGEST_PAUSE);
                    failures += 1;
                    tokio::select! {
                        () = &mut shutdown => return Ok(()),
                        () = self.clock.sleep(rest) => continue,
                    }
                }
            }
            if self.clock.elapsed() >= purge_at {
                self.purge().await;
                purge_at = self.clock.elapsed() + PURGE_EVERY;
            }
            let to_purge = purge_at.saturating_sub(self.clock.elapsed());
            let next = self.store.outbox_next().await;
            let wait = async {
                match next {
                    Ok(Some(next)) => self.clock.sleep_until(next).await,
                    Ok(None) => std::future::pending().await,
                    Err(_) => self.clock.sleep(PAUSE).await,
                }
            };
            tokio::select! {
                () = &mut shutdown => return Ok(()),
                () = self.store.outbox_filled() => {}
                () = self.clock.sleep(to_purge) => {}
                () = wait => {}
            }
        }
    }

    /// Hands on what is due; says how many messages that were.
    ///
    /// # Errors
    /// If the database fails.
    pub async fn round(&self) -> Result<usize, StoreError> {
        let due = self.store.outbox_due(SIDE_BY_SIDE).await?;
        let count = due.len();
        let settled = join_all(due.into_iter().map(|row| self.settle(row))).await;
        settled.into_iter().collect::<Result<Vec<()>, _>>()?;
        Ok(count)
    }

    async fn settle(&self, mut row: OutboxRow) -> Result<(), StoreError> {
        if !self.tried().insert(row.seq) {
            row.attempts = row.attempts.max(1);
        }
        let row = &row;
        let error = match self.deliver(row).await {
            Ok(()) => {
                self.tried().remove(&row.seq);
                return Ok(());
            }
            Err(error) => error,
        };
        let mut write = self.store.write().await?;
        match &error {
            Failed::Never(_) => {
                tracing::error!(kind = row.kind, subject = row.subject, %error, "a message is given up");
                write.outbox_give_up(row.seq, &error.to_string()).await?;
            }
            // It would be refused for ever: a fault of ours that must not hold up what comes after.
            Failed::Rest(refused) if refused.code() == Some(INVALID_FORM) => {
                tracing::error!(kind = row.kind, subject = row.subject, %error, "a message is given up");
                write.outbox_give_up(row.seq, &error.to_string()).await?;
            }
            Failed::Rest(_) if self.hopeless(row) => {
                tracing::error!(
                    kind = row.kind, subject = row.subject, attempts = row.attempts + 1, since = %row.created_at,
                    %error, "a message is given up after days of trying"
                );
                write.outbox_give_up(row.seq, &error.to_string()).await?;
            }
            Failed::Rest(_) | Failed::Store(_) => {
                let wait = backoff(row.attempts, &error);
                let attempts = row.attempts + 1;
                tracing::warn!(kind = row.kind, subject = row.subject, attempts, %error, "not delivered yet");
                write.outbox_failed(row.seq, &error.to_string(), self.clock.now() + wait).await?;
            }
        }
        write.commit().await
    }

    fn hopeless(&self, row: &OutboxRow) -> bool {
        let age = self.clock.now().duration_since(row.created_at);
        age > GIVE_UP_AFTER && row.attempts + 1 >= GIVE_UP_TRIES
    }

    /// Forgets old rows; what fails is tried again a day later.
    async fn purge(&self) {
        let purged = async {
            let mut write = self.store.write().await?;
            let purged = write.purge(self.clock.now()).await?;
            write.commit().await.map(|()| purged)
        };
        match purged.await {
            Ok(purged) => tracing::debug!(?purged, "old rows were forgotten"),
            Err(error) => tracing::error!(%error, "old rows can't be forgotten"),
        }
    }

    fn tried(&self) -> MutexGuard<'_, HashSet<i64>> {
        self.tried.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Twice as long each time, up to five minutes; never less than Discord asks for.
fn backoff(attempts: u32, error: &Failed) -> SignedDuration {
    let grown = SignedDuration::from_secs(1_i64 << attempts.min(9)).min(LONGEST);
    match error {
        Failed::Rest(RestError::RateLimited { retry_after, .. }) => {
            grown.max(SignedDuration::try_from(*retry_after).unwrap_or(LONGEST))
        }
        _ => grown,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tries_come_ever_later_and_never_before_discord_wants_them() {
        let lost = Failed::Rest(RestError::Unavailable { call: String::new(), status: 502 });
        assert_eq!(backoff(0, &lost), SignedDuration::from_secs(1));
        assert_eq!(backoff(3, &lost), SignedDuration::from_secs(8));
        assert_eq!(backoff(60, &lost), LONGEST);
        let limited = RestError::RateLimited { call: String::new(), retry_after: Duration::from_secs(90) };
        assert_eq!(backoff(0, &Failed::Rest(limited)), SignedDuration::from_secs(90));
    }
}
