//! Forgetting what nobody needs any more, so that years of service stay small. Requests and the audit are never
//! forgotten.

use jiff::{SignedDuration, Timestamp};

use super::{StoreError, Write};

/// A living button is pressed within this time or never; its request was decided long before.
const BUTTONS: SignedDuration = SignedDuration::from_hours(90 * 24);
/// How long a message that was handed on, or given up, is kept.
const MESSAGES: SignedDuration = SignedDuration::from_hours(30 * 24);
/// How long a server's earlier verdicts are kept: a year and a month.
const VERDICTS: SignedDuration = SignedDuration::from_hours(400 * 24);

/// How many rows were forgotten.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Purged {
    /// Buttons that were dead, or older than 90 days.
    pub buttons: u64,
    /// Messages done for more than 30 days.
    pub messages: u64,
    /// Verdicts older than 400 days, but for each agent's last.
    pub verdicts: u64,
}

impl Write<'_> {
    /// Forgets what was done with long before `now`.
    ///
    /// # Errors
    /// If the database fails.
    pub async fn purge(&mut self, now: Timestamp) -> Result<Purged, StoreError> {
        let before = |age: SignedDuration| (now - age).as_millisecond();
        let buttons = sqlx::query("DELETE FROM buttons WHERE dead_at IS NOT NULL OR created_at < $1");
        let buttons = buttons.bind(before(BUTTONS)).execute(self.conn()).await?.rows_affected();
        // The newest row stays: the next one's number is one above it.
        let messages = sqlx::query(
            "DELETE FROM outbox WHERE done_at < $1 AND seq < (SELECT MAX(seq) FROM outbox AS newest)",
        );
        let messages = messages.bind(before(MESSAGES)).execute(self.conn()).await?.rows_affected();
        // What an agent's verdict is now may have been so for years.
        let verdicts = sqlx::query(
            "DELETE FROM verdicts WHERE at < $1
             AND seq NOT IN (SELECT MAX(seq) FROM verdicts AS newest GROUP BY agent)",
        );
        let verdicts = verdicts.bind(before(VERDICTS)).execute(self.conn()).await?.rows_affected();
        Ok(Purged { buttons, messages, verdicts })
    }
}
