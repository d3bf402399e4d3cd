//! Hands on what people must be told: posts each card once, edits it as its matter goes on, and tries until it is
//! delivered. A restart at any moment loses nothing and says nothing twice.
//!
//! A message is created with a nonce that Discord enforces for some minutes. Beyond that: a create whose answer
//! never came (or might have come to an earlier process) is looked for in the channel by its small print, before
//! it is sent again.

use std::collections::HashSet;
use std::future::Future;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use futures_util::future::join_all;
use jiff::{SignedDuration, Timestamp};

use super::cards::{Frame, alert, approval, outcome, summary};
use super::click::{APPROVE, ATTENDED, DENY, WITHDRAW};
use super::gateway::Identity;
use super::message::Post;
use super::rest::error::{INVALID_FORM, UNKNOWN_MESSAGE};
use super::rest::{Rest, RestError};
use crate::clock::Clock;
use crate::config::Discord;
use crate::gate::Request;
use crate::ids::Snowflake;
use crate::plan::Digest;
use crate::random::{Random, hex};
use crate::requests::notice::{APPROVAL_CARD, OUTCOME, STAGED};
use crate::store::cards::Card;
use crate::store::outbox::OutboxRow;
use crate::store::{Store, StoreError};
use crate::watch::notice::{ALERT, AlertNotice, SUMMARY, SummaryNotice};

/// How many messages are handed on side by side.
const SIDE_BY_SIDE: u32 = 16;
/// The longest pause between two tries.
const LONGEST: SignedDuration = SignedDuration::from_mins(5);
/// How long to rest when the database fails, at first; then twice as long each time, up to [`LONGEST_PAUSE`].
const PAUSE: Duration = Duration::from_secs(1);
/// The longest rest.
const LONGEST_PAUSE: Duration = Duration::from_secs(60);
/// How many of a channel's newest messages are looked through.
const LOOKED_THROUGH: u8 = 100;

/// Hands on what lies in the outbox.
pub struct Outbox {
    /// Where it lies.
    pub store: Store,
    /// Where it goes.
    pub rest: Rest,
    /// Which channels.
    pub discord: Discord,
    /// Whom operators' messages are for.
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

impl Outbox {
    /// Hands on until `shutdown` ends.
    ///
    /// # Errors
    /// If Discord refuses the bot's token.
    pub async fn run(&self, shutdown: impl Future<Output = ()>) -> Result<(), RestError> {
        tokio::pin!(shutdown);
        let mut failures = 0;
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
            Failed::Rest(_) | Failed::Store(_) => {
                let wait = backoff(row.attempts, &error);
                let attempts = row.attempts + 1;
                tracing::warn!(kind = row.kind, subject = row.subject, attempts, %error, "not delivered yet");
                write.outbox_failed(row.seq, &error.to_string(), self.clock.now() + wait).await?;
            }
        }
        write.commit().await
    }

    fn tried(&self) -> MutexGuard<'_, HashSet<i64>> {
        self.tried.lock().unwrap_or_else(PoisonError::into_inner)
    }

    async fn deliver(&self, row: &OutboxRow) -> Result<(), Failed> {
        let mark = format!("ref {}", &digest(&row.dedupe)[..12]);
        let nonce = digest(&row.dedupe)[..24].to_owned();
        match row.kind.as_str() {
            APPROVAL_CARD => self.approval(row, &nonce).await,
            OUTCOME => {
                let request = self.request(row).await?;
                let origin = self.store.card(&request_origin(&row.subject)).await?;
                let (channel, reply) = match origin {
                    Some(origin) => (origin.channel, Some(origin.message)),
                    None => (self.discord.approvals_channel, None),
                };
                let link = self.link(&row.subject).await?;
                let post = outcome::requester(&request, link.as_deref(), &mark, self.frame());
                self.create(row, channel, &post, &nonce, &mark, reply).await?;
                self.done(row, None).await
            }
            STAGED => {
                let request = self.request(row).await?;
                let post = outcome::operators(&request, self.approver_role, &mark, self.frame());
                self.create(row, self.discord.approvals_channel, &post, &nonce, &mark, None).await?;
                self.done(row, None).await
            }
            ALERT => {
                let notice: AlertNotice = read(row)?;
                let mark = format!("ref {}", &digest(&row.subject)[..12]);
                let post = alert::card(&notice, &mark, self.frame());
                let content = content(&post);
                let send = Send {
                    key: &row.subject,
                    channel: self.discord.status_channel,
                    mark: &mark,
                    nonce: &nonce,
                };
                let card = self.show(row, &send, content, &post).await?;
                self.done(row, card.as_ref().map(|card| (row.subject.as_str(), card))).await
            }
            SUMMARY => {
                let notice: SummaryNotice = read(row)?;
                let mark = format!("ref {}", text_start(&notice.nonce, 12));
                let post = summary::card(&notice, &mark, self.frame());
                let nonce = text_start(&notice.nonce, 25);
                let message =
                    self.create(row, self.discord.status_channel, &post, nonce, &mark, None).await?;
                let mut write = self.store.write().await?;
                if let Some(due) = notice.due_at {
                    match write.confirm_summary(due, message).await {
                        // Confirmed before: the process died between the two.
                        Ok(()) | Err(StoreError::Stale(_)) => {}
                        Err(error) => return Err(error.into()),
                    }
                }
                write.outbox_done(row.seq).await?;
                Ok(write.commit().await?)
            }
            kind => Err(Failed::Never(format!("nobody knows messages of kind {kind:?}"))),
        }
    }

    /// The approval card: posted, or shown anew if it says something else now.
    async fn approval(&self, row: &OutboxRow, nonce: &str) -> Result<(), Failed> {
        let request = self.request(row).await?;
        let (key, mark) = (request_card(&row.subject), approval::mark(&request));
        // What it says does not depend on its buttons' ids, which are new each time.
        let content = content(&approval::card(&request, &approval::Buttons::default(), self.frame()));
        if !request.state.can_withdraw() {
            // Decided: its buttons die before the card loses them, wherever somebody still sees them.
            let mut write = self.store.write().await?;
            write.kill_buttons(&row.subject).await?;
            write.commit().await?;
        }
        let place = self.store.card(&key).await?;
        let card = match place {
            Some(card) if card.content == content => None,
            _ => {
                let buttons = self.buttons(&request).await?;
                let post = approval::card(&request, &buttons, self.frame());
                let channel = self.discord.approvals_channel;
                let send = Send { key: &key, channel, mark: &mark, nonce };
                self.show(row, &send, content, &post).await?
            }
        };
        self.done(row, card.as_ref().map(|card| (key.as_str(), card))).await
    }

    async fn buttons(&self, request: &Request) -> Result<approval::Buttons, StoreError> {
        let mut write = self.store.write().await?;
        let id = request.id.as_str();
        let mut buttons = approval::Buttons::default();
        if request.state.can_withdraw() {
            buttons.approve = write.add_button(APPROVE, id, &self.random).await?;
            buttons.deny = write.add_button(DENY, id, &self.random).await?;
            buttons.withdraw = write.add_button(WITHDRAW, id, &self.random).await?;
        }
        if request.needs_a_person() {
            // Not the request's own subject: it outlives the request's decision.
            let subject = format!("attended/{id}");
            buttons.attended = write.add_button(ATTENDED, &subject, &self.random).await?;
        }
        write.commit().await?;
        Ok(buttons)
    }

    /// Posts a card, or edits the one that is there. `None`: it says that already.
    async fn show(
        &self,
        row: &OutboxRow,
        send: &Send<'_>,
        content: Digest,
        post: &Post,
    ) -> Result<Option<Card>, Failed> {
        if let Some(card) = self.store.card(send.key).await? {
            if card.content == content {
                return Ok(None);
            }
            match self.rest.edit_message(card.channel, card.message, post).await {
                Ok(_) => return Ok(Some(Card { content, ..card })),
                // Somebody deleted it: it is posted anew.
                Err(error) if error.code() == Some(UNKNOWN_MESSAGE) => {}
                Err(error) => return Err(error.into()),
            }
        }
        let message = match self.find_lost(row, send.channel, send.mark).await? {
            Some(message) => {
                self.rest.edit_message(send.channel, message, post).await?;
                message
            }
            None => self.rest.create_message(send.channel, post, send.nonce, None).await?.id,
        };
        Ok(Some(Card { channel: send.channel, message, content }))
    }

    /// Posts a message once.
    async fn create(
        &self,
        row: &OutboxRow,
        channel: Snowflake,
        post: &Post,
        nonce: &str,
        mark: &str,
        reply: Option<Snowflake>,
    ) -> Result<Snowflake, Failed> {
        match self.find_lost(row, channel, mark).await? {
            Some(message) => Ok(message),
            None => Ok(self.rest.create_message(channel, post, nonce, reply).await?.id),
        }
    }

    /// The message that an earlier try may have left in the channel.
    async fn find_lost(
        &self,
        row: &OutboxRow,
        channel: Snowflake,
        mark: &str,
    ) -> Result<Option<Snowflake>, Failed> {
        if row.attempts == 0 && row.created_at >= self.started {
            return Ok(None);
        }
        let messages = self.rest.messages(channel, LOOKED_THROUGH).await?;
        let ours = messages.iter().find(|m| m.author.id == self.identity.user && m.is_marked(mark));
        Ok(ours.map(|message| message.id))
    }

    async fn done(&self, row: &OutboxRow, card: Option<(&str, &Card)>) -> Result<(), Failed> {
        let mut write = self.store.write().await?;
        if let Some((key, card)) = card {
            write.put_card(key, *card).await?;
        }
        write.outbox_done(row.seq).await?;
        Ok(write.commit().await?)
    }

    async fn request(&self, row: &OutboxRow) -> Result<Request, Failed> {
        let id = row.subject.parse().map_err(|error| Failed::Never(format!("{error}")))?;
        let request = self.store.request(&id).await?;
        request.ok_or_else(|| Failed::Never(format!("there is no request {id}")))
    }

    /// The address of a request's card, where there is a page to open it.
    async fn link(&self, request: &str) -> Result<Option<String>, StoreError> {
        let card = self.store.card(&request_card(request)).await?;
        let card = card.filter(|_| self.discord.api.is_discord());
        Ok(card.map(|card| {
            format!("https://discord.com/channels/{}/{}/{}", self.discord.guild, card.channel, card.message)
        }))
    }

    fn frame(&self) -> Frame {
        Frame { discord: self.discord.api.is_discord() }
    }
}

/// Where a card goes, and how it is found again.
struct Send<'a> {
    key: &'a str,
    channel: Snowflake,
    mark: &'a str,
    nonce: &'a str,
}

fn read<T: serde::de::DeserializeOwned>(row: &OutboxRow) -> Result<T, Failed> {
    serde_json::from_value(row.body.clone())
        .map_err(|error| Failed::Never(format!("its body can't be read: {error}")))
}

/// The digest of what a message says.
fn content(post: &Post) -> Digest {
    Digest::of(post.json().to_string().as_bytes())
}

fn digest(text: &str) -> String {
    hex(&Digest::of(text.as_bytes()).0)
}

fn text_start(text: &str, most: usize) -> &str {
    text.char_indices().nth(most).map_or(text, |(at, _)| &text[..at])
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
