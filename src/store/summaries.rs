//! Scheduled summaries: one row a due time, so that each is posted once, however often the bot is killed meanwhile.
//!
//! Claim first, then post with the claim's nonce, then confirm. A claim that was never confirmed may or may not
//! have been posted: it is looked for in the channel by its nonce before it is sent again.

use jiff::Timestamp;
use sqlx::Row as _;
use sqlx::any::AnyRow;

use super::{Store, StoreError, Write, maybe_parsed, maybe_time, time};
use crate::ids::Snowflake;
use crate::random::Random;

/// A due time that was claimed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SummaryClaim {
    /// When the summary was due.
    pub due_at: Timestamp,
    /// When it was claimed.
    pub claimed_at: Timestamp,
    /// What Discord recognises a second send by: 24 hex digits (a nonce has at most 25 characters).
    pub nonce: String,
    /// The message it became; none while unconfirmed.
    pub message: Option<Snowflake>,
    /// When it was confirmed.
    pub posted_at: Option<Timestamp>,
}

impl Write<'_> {
    /// Claims a due time (whole milliseconds); none if it was claimed before.
    ///
    /// # Errors
    /// If the database fails.
    pub async fn claim_summary(
        &mut self,
        due_at: Timestamp,
        random: &Random,
    ) -> Result<Option<SummaryClaim>, StoreError> {
        let nonce: String = random.id().chars().take(24).collect();
        let now = self.now_ms();
        let row = sqlx::query(
            "INSERT INTO summaries (due_at, claimed_at, nonce) VALUES ($1, $2, $3)
             ON CONFLICT (due_at) DO NOTHING RETURNING *",
        )
        .bind(due_at.as_millisecond())
        .bind(now)
        .bind(nonce)
        .fetch_optional(self.conn())
        .await?;
        row.as_ref().map(claim).transpose()
    }

    /// The summary of this due time is in the channel, as this message.
    ///
    /// # Errors
    /// [`StoreError::Stale`] if it was never claimed or is confirmed already.
    pub async fn confirm_summary(&mut self, due_at: Timestamp, message: Snowflake) -> Result<(), StoreError> {
        let now = self.now_ms();
        let confirmed = sqlx::query(
            "UPDATE summaries SET message = $1, posted_at = $2 WHERE due_at = $3 AND message IS NULL",
        )
        .bind(message.to_string())
        .bind(now)
        .bind(due_at.as_millisecond())
        .execute(self.conn())
        .await?;
        match confirmed.rows_affected() {
            1 => Ok(()),
            _ => Err(StoreError::Stale(format!("the claim of the summary due at {due_at}"))),
        }
    }
}

impl Store {
    /// The newest due time that was claimed.
    ///
    /// # Errors
    /// If the database fails.
    pub async fn last_summary(&self) -> Result<Option<SummaryClaim>, StoreError> {
        let row = sqlx::query("SELECT * FROM summaries ORDER BY due_at DESC LIMIT 1");
        row.fetch_optional(self.read()).await?.as_ref().map(claim).transpose()
    }

    /// The claims that were never confirmed, oldest first.
    ///
    /// # Errors
    /// If the database fails.
    pub async fn unconfirmed_summaries(&self) -> Result<Vec<SummaryClaim>, StoreError> {
        let rows = sqlx::query("SELECT * FROM summaries WHERE message IS NULL ORDER BY due_at");
        rows.fetch_all(self.read()).await?.iter().map(claim).collect()
    }
}

fn claim(row: &AnyRow) -> Result<SummaryClaim, StoreError> {
    Ok(SummaryClaim {
        due_at: time(row, "due_at")?,
        claimed_at: time(row, "claimed_at")?,
        nonce: row.try_get("nonce")?,
        message: maybe_parsed(row, "message")?,
        posted_at: maybe_time(row, "posted_at")?,
    })
}
