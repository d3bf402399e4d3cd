//! What a button means. Discord sees a random id; the meaning stays here, so that it survives a restart, can't be
//! forged into another one, and dies when the matter is decided.

use jiff::Timestamp;
use sqlx::Row as _;

use super::{Store, StoreError, Write, maybe_time, time};
use crate::random::Random;

/// A button that was put on a card.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Button {
    /// Its custom id: 32 random hex digits.
    pub id: String,
    /// What pressing it does (`approve`, `deny`).
    pub kind: String,
    /// What it does it to (a request id).
    pub subject: String,
    /// Since when it exists.
    pub created_at: Timestamp,
    /// Since when pressing it does nothing any more.
    pub dead_at: Option<Timestamp>,
}

impl Write<'_> {
    /// Makes a button and returns its custom id.
    ///
    /// # Errors
    /// If the database fails.
    pub async fn add_button(
        &mut self,
        kind: &str,
        subject: &str,
        random: &Random,
    ) -> Result<String, StoreError> {
        let (id, now) = (random.id(), self.now_ms());
        sqlx::query("INSERT INTO buttons (id, kind, subject, created_at) VALUES ($1, $2, $3, $4)")
            .bind(id.as_str())
            .bind(kind)
            .bind(subject)
            .bind(now)
            .execute(self.conn())
            .await?;
        Ok(id)
    }

    /// Ends all living buttons of a subject; says how many there were.
    ///
    /// # Errors
    /// If the database fails.
    pub async fn kill_buttons(&mut self, subject: &str) -> Result<u64, StoreError> {
        let now = self.now_ms();
        let kill = sqlx::query("UPDATE buttons SET dead_at = $1 WHERE subject = $2 AND dead_at IS NULL");
        Ok(kill.bind(now).bind(subject).execute(self.conn()).await?.rows_affected())
    }
}

impl Store {
    /// The button with this custom id, dead or alive; none if this bot never made it.
    ///
    /// # Errors
    /// If the database fails.
    pub async fn button(&self, id: &str) -> Result<Option<Button>, StoreError> {
        let row = sqlx::query("SELECT * FROM buttons WHERE id = $1").bind(id);
        let Some(row) = row.fetch_optional(self.read()).await? else {
            return Ok(None);
        };
        Ok(Some(Button {
            id: row.try_get("id")?,
            kind: row.try_get("kind")?,
            subject: row.try_get("subject")?,
            created_at: time(&row, "created_at")?,
            dead_at: maybe_time(&row, "dead_at")?,
        }))
    }
}
