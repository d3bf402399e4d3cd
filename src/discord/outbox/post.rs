//! A message in its channel: posted once, edited where it says something new, found again where an answer was lost.

use super::{Failed, Outbox};
use crate::discord::message::{Ping, Post};
use crate::discord::rest::error::UNKNOWN_MESSAGE;
use crate::ids::Snowflake;
use crate::plan::Digest;
use crate::random::hex;
use crate::store::cards::Card;
use crate::store::outbox::OutboxRow;

/// How many of a channel's newest messages are looked through.
const LOOKED_THROUGH: u8 = 100;

/// Where a card goes, and how it is found again.
pub(super) struct Send<'a> {
    pub(super) key: &'a str,
    pub(super) channel: Snowflake,
    pub(super) mark: &'a str,
    pub(super) nonce: &'a str,
    /// The role that is called when the card is first posted, and never again.
    pub(super) announce_to: Option<Snowflake>,
}

impl Outbox {
    /// Posts a card, or edits the one that is there. `None`: it says that already.
    pub(super) async fn show(
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
            None => {
                let called = send.announce_to.map(|role| Post {
                    content: format!("<@&{role}>"),
                    ping: Ping::Role(role),
                    ..post.clone()
                });
                let post = called.as_ref().unwrap_or(post);
                self.rest.create_message(send.channel, post, send.nonce, None).await?.id
            }
        };
        Ok(Some(Card { channel: send.channel, message, content }))
    }

    /// Posts a message once.
    pub(super) async fn create(
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

    pub(super) async fn done(&self, row: &OutboxRow, card: Option<(&str, &Card)>) -> Result<(), Failed> {
        let mut write = self.store.write().await?;
        if let Some((key, card)) = card {
            write.put_card(key, *card).await?;
        }
        write.outbox_done(row.seq).await?;
        Ok(write.commit().await?)
    }
}

/// The digest of what a message says.
pub(super) fn content(post: &Post) -> Digest {
    Digest::of(post.json().to_string().as_bytes())
}

pub(super) fn digest(text: &str) -> String {
    hex(&Digest::of(text.as_bytes()).0)
}
