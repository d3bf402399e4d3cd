//! What people must be told. A row is written in the same change as what it tells, and stays until somebody handed
//! it on: a restart in between loses nothing.
//!
//! The *dedupe key* names the message (`request/…/approval-card/3`): however often it is enqueued, it is there
//! once. Rows of one subject are handed out in order, one at a time: a card's later state never overtakes an
//! earlier one. The hand-off itself is at least once, since a process can die between Discord's answer and
//! [`Write::outbox_done`]; whoever hands it on uses the dedupe key (a Discord nonce, a card's digest) to make it once.

use jiff::Timestamp;
use serde_json::Value;
use sqlx::Row as _;
use sqlx::any::AnyRow;

use super::{Store, StoreError, Write, time, whole};

/// A message to be enqueued.
#[derive(Debug, Clone, PartialEq)]
pub struct Message<'a> {
    /// The name of this very message.
    pub dedupe: &'a str,
    /// What kind of message it is.
    pub kind: &'a str,
    /// What it is about: messages of one subject keep their order.
    pub subject: &'a str,
    /// What it says.
    pub body: Value,
}

/// A message that waits to be handed on.
#[derive(Debug, Clone, PartialEq)]
pub struct OutboxRow {
    /// Its place in the order of all messages.
    pub seq: i64,
    /// The name of this very message.
    pub dedupe: String,
    /// What kind of message it is.
    pub kind: String,
    /// What it is about.
    pub subject: String,
    /// What it says.
    pub body: Value,
    /// Since when it waits.
    pub created_at: Timestamp,
    /// When it is due.
    pub next_try: Timestamp,
    /// How often handing it on has failed.
    pub attempts: u32,
}

impl Write<'_> {
    /// Puts a message at the end of the outbox, due at once; false if it was enqueued before.
    ///
    /// # Errors
    /// If the database fails.
    pub async fn enqueue(&mut self, message: Message<'_>) -> Result<bool, StoreError> {
        let seq = self.next_seq("SELECT COALESCE(MAX(seq), 0) AS seq FROM outbox").await?;
        let now = self.now_ms();
        let added = sqlx::query(
            "INSERT INTO outbox (seq, dedupe, kind, subject, body, created_at, next_try, attempts)
             VALUES ($1, $2, $3, $4, $5, $6, $6, 0) ON CONFLICT (dedupe) DO NOTHING",
        )
        .bind(seq)
        .bind(message.dedupe)
        .bind(message.kind)
        .bind(message.subject)
        .bind(message.body.to_string())
        .bind(now)
        .execute(self.conn())
        .await?;
        Ok(added.rows_affected() == 1)
    }

    /// The message was handed on. False if it was not waiting any more.
    ///
    /// # Errors
    /// If the database fails.
    pub async fn outbox_done(&mut self, seq: i64) -> Result<bool, StoreError> {
        let now = self.now_ms();
        let done = sqlx::query("UPDATE outbox SET done_at = $1 WHERE seq = $2 AND done_at IS NULL");
        Ok(done.bind(now).bind(seq).execute(self.conn()).await?.rows_affected() == 1)
    }

    /// Handing the message on failed; it is due again at `next_try`.
    ///
    /// # Errors
    /// If the database fails.
    pub async fn outbox_failed(
        &mut self,
        seq: i64,
        error: &str,
        next_try: Timestamp,
    ) -> Result<(), StoreError> {
        sqlx::query(
            "UPDATE outbox SET attempts = attempts + 1, last_error = $1, next_try = $2
             WHERE seq = $3 AND done_at IS NULL",
        )
        .bind(error)
        .bind(next_try.as_millisecond())
        .bind(seq)
        .execute(self.conn())
        .await?;
        Ok(())
    }

    /// The message can never be handed on (its channel is gone): it waits no more, and keeps the error.
    ///
    /// # Errors
    /// If the database fails.
    pub async fn outbox_give_up(&mut self, seq: i64, error: &str) -> Result<(), StoreError> {
        let now = self.now_ms();
        sqlx::query(
            "UPDATE outbox SET attempts = attempts + 1, last_error = $1, done_at = $2
             WHERE seq = $3 AND done_at IS NULL",
        )
        .bind(error)
        .bind(now)
        .bind(seq)
        .execute(self.conn())
        .await?;
        Ok(())
    }
}

impl Store {
    /// The messages that are due now, in order: of each subject only its oldest that waits.
    ///
    /// # Errors
    /// If the database fails.
    pub async fn outbox_due(&self, limit: u32) -> Result<Vec<OutboxRow>, StoreError> {
        let rows = sqlx::query(
            "SELECT * FROM outbox AS due WHERE done_at IS NULL AND next_try <= $1 AND NOT EXISTS (
                 SELECT 1 FROM outbox AS before
                 WHERE before.subject = due.subject AND before.done_at IS NULL AND before.seq < due.seq)
             ORDER BY seq LIMIT $2",
        )
        .bind(self.clock().now().as_millisecond())
        .bind(i64::from(limit));
        rows.fetch_all(self.read()).await?.iter().map(outbox_row).collect()
    }

    /// When the next message will be due; none if none waits. It may lie in the past.
    ///
    /// # Errors
    /// If the database fails.
    pub async fn outbox_next(&self) -> Result<Option<Timestamp>, StoreError> {
        let row = sqlx::query(
            "SELECT next_try FROM outbox AS due WHERE done_at IS NULL AND NOT EXISTS (
                 SELECT 1 FROM outbox AS before
                 WHERE before.subject = due.subject AND before.done_at IS NULL AND before.seq < due.seq)
             ORDER BY next_try LIMIT 1",
        );
        let row = row.fetch_optional(self.read()).await?;
        row.map(|row| time(&row, "next_try")).transpose()
    }
}

fn outbox_row(row: &AnyRow) -> Result<OutboxRow, StoreError> {
    let (seq, body): (i64, String) = (row.try_get("seq")?, row.try_get("body")?);
    Ok(OutboxRow {
        seq,
        dedupe: row.try_get("dedupe")?,
        kind: row.try_get("kind")?,
        subject: row.try_get("subject")?,
        body: serde_json::from_str(&body)
            .map_err(|error| StoreError::Damaged(format!("outbox row {seq}: {error}")))?,
        created_at: time(row, "created_at")?,
        next_try: time(row, "next_try")?,
        attempts: whole(row, "attempts")?,
    })
}
