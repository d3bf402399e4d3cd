//! Where a card lives in Discord, so that it is edited and not posted again, and only when it says something new.

use sqlx::Row as _;

use super::{Store, StoreError, Write, parsed};
use crate::ids::Snowflake;
use crate::plan::Digest;

/// A card that was posted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Card {
    /// The channel it is in.
    pub channel: Snowflake,
    /// The message it is.
    pub message: Snowflake,
    /// The digest of what it last said.
    pub content: Digest,
}

impl Write<'_> {
    /// Keeps where the card of this key is and what it says.
    ///
    /// # Errors
    /// If the database fails.
    pub async fn put_card(&mut self, key: &str, card: Card) -> Result<(), StoreError> {
        let now = self.now_ms();
        sqlx::query(
            "INSERT INTO cards (key, channel, message, content, updated_at) VALUES ($1, $2, $3, $4, $5)
             ON CONFLICT (key) DO UPDATE SET channel = excluded.channel, message = excluded.message,
                 content = excluded.content, updated_at = excluded.updated_at",
        )
        .bind(key)
        .bind(card.channel.to_string())
        .bind(card.message.to_string())
        .bind(card.content.to_string())
        .bind(now)
        .execute(self.conn())
        .await?;
        Ok(())
    }

    /// Forgets where the card of this key is, if it still is this message.
    ///
    /// # Errors
    /// If the database fails.
    pub async fn forget_card(&mut self, key: &str, message: Snowflake) -> Result<(), StoreError> {
        let delete = sqlx::query("DELETE FROM cards WHERE key = $1 AND message = $2");
        delete.bind(key).bind(message.to_string()).execute(self.conn()).await?;
        Ok(())
    }
}

impl Store {
    /// Where the card of this key is.
    ///
    /// # Errors
    /// If the database fails.
    pub async fn card(&self, key: &str) -> Result<Option<Card>, StoreError> {
        let row = sqlx::query("SELECT channel, message, content FROM cards WHERE key = $1").bind(key);
        let Some(row) = row.fetch_optional(self.read()).await? else {
            return Ok(None);
        };
        Ok(Some(Card {
            channel: parsed(&row, "channel")?,
            message: parsed(&row, "message")?,
            content: parsed(&row, "content")?,
        }))
    }

    /// The key of the card that is this message.
    ///
    /// # Errors
    /// If the database fails.
    pub async fn card_at(&self, message: Snowflake) -> Result<Option<String>, StoreError> {
        let row = sqlx::query("SELECT key FROM cards WHERE message = $1").bind(message.to_string());
        let row = row.fetch_optional(self.read()).await?;
        Ok(row.map(|row| row.try_get("key")).transpose()?)
    }
}
