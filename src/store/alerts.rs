//! Incidents that people were alerted to. An agent has at most one open; its card is edited as it develops.

use jiff::Timestamp;
use sqlx::Row as _;
use sqlx::any::AnyRow;

use super::{Store, StoreError, Write, maybe_time, parsed, time};
use crate::ids::AgentId;

/// An incident of one server.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Alert {
    /// Its number.
    pub seq: i64,
    /// The server's agent.
    pub agent: AgentId,
    /// The cause's stable id, as it stands now.
    pub cause: String,
    /// The key of its card; see [`cards`](super::cards).
    pub card: String,
    /// Since when.
    pub started_at: Timestamp,
    /// When it last changed: opened, another cause, recovered, reopened.
    pub changed_at: Timestamp,
    /// When the server recovered; none while it is open.
    pub recovered_at: Option<Timestamp>,
}

impl Write<'_> {
    /// Opens an incident; its card's key is `alert/` and its number.
    ///
    /// # Errors
    /// [`StoreError::Stale`] if the agent has an open one.
    pub async fn open_alert(&mut self, agent: &AgentId, cause: &str) -> Result<Alert, StoreError> {
        let seq = self.next_seq("SELECT COALESCE(MAX(seq), 0) AS seq FROM alerts").await?;
        let now = self.now_ms();
        let row = sqlx::query(
            "INSERT INTO alerts (seq, agent, cause, card, started_at, changed_at)
             VALUES ($1, $2, $3, $4, $5, $5)
             ON CONFLICT (agent) WHERE recovered_at IS NULL DO NOTHING RETURNING *",
        )
        .bind(seq)
        .bind(agent.as_str())
        .bind(cause)
        .bind(format!("alert/{seq}"))
        .bind(now)
        .fetch_optional(self.conn())
        .await?;
        match row {
            Some(row) => alert(&row),
            None => Err(StoreError::Stale(format!("the alert state of {agent}"))),
        }
    }

    /// The open incident has another cause now.
    ///
    /// # Errors
    /// [`StoreError::Stale`] if it is not open.
    pub async fn change_alert(&mut self, seq: i64, cause: &str) -> Result<(), StoreError> {
        let now = self.now_ms();
        let change = sqlx::query(
            "UPDATE alerts SET cause = $1, changed_at = $2 WHERE seq = $3 AND recovered_at IS NULL",
        );
        let changed = change.bind(cause).bind(now).bind(seq).execute(self.conn()).await?;
        one(changed.rows_affected(), seq)
    }

    /// The server recovered.
    ///
    /// # Errors
    /// [`StoreError::Stale`] if the incident is not open.
    pub async fn recover_alert(&mut self, seq: i64) -> Result<(), StoreError> {
        let now = self.now_ms();
        let recover = sqlx::query(
            "UPDATE alerts SET recovered_at = $1, changed_at = $1 WHERE seq = $2 AND recovered_at IS NULL",
        );
        let recovered = recover.bind(now).bind(seq).execute(self.conn()).await?;
        one(recovered.rows_affected(), seq)
    }

    /// The server failed again so soon that it is the same incident.
    ///
    /// # Errors
    /// [`StoreError::Stale`] if the incident is open or gone; a database error if the agent has another open one.
    pub async fn reopen_alert(&mut self, seq: i64, cause: &str) -> Result<(), StoreError> {
        let now = self.now_ms();
        let reopen = sqlx::query(
            "UPDATE alerts SET recovered_at = NULL, cause = $1, changed_at = $2
             WHERE seq = $3 AND recovered_at IS NOT NULL",
        );
        let reopened = reopen.bind(cause).bind(now).bind(seq).execute(self.conn()).await?;
        one(reopened.rows_affected(), seq)
    }
}

impl Store {
    /// The open incidents, oldest first.
    ///
    /// # Errors
    /// If the database fails.
    pub async fn open_alerts(&self) -> Result<Vec<Alert>, StoreError> {
        let rows = sqlx::query("SELECT * FROM alerts WHERE recovered_at IS NULL ORDER BY seq");
        rows.fetch_all(self.read()).await?.iter().map(alert).collect()
    }

    /// An agent's newest incident, open or not.
    ///
    /// # Errors
    /// If the database fails.
    pub async fn last_alert(&self, agent: &AgentId) -> Result<Option<Alert>, StoreError> {
        let row = sqlx::query("SELECT * FROM alerts WHERE agent = $1 ORDER BY seq DESC LIMIT 1");
        let row = row.bind(agent.as_str()).fetch_optional(self.read()).await?;
        row.as_ref().map(alert).transpose()
    }

    /// The incidents that were open at any time since then, oldest first.
    ///
    /// # Errors
    /// If the database fails.
    pub async fn alerts_since(&self, since: Timestamp) -> Result<Vec<Alert>, StoreError> {
        let rows =
            sqlx::query("SELECT * FROM alerts WHERE recovered_at IS NULL OR recovered_at >= $1 ORDER BY seq");
        rows.bind(since.as_millisecond()).fetch_all(self.read()).await?.iter().map(alert).collect()
    }
}

fn one(rows: u64, seq: i64) -> Result<(), StoreError> {
    match rows {
        1 => Ok(()),
        _ => Err(StoreError::Stale(format!("alert {seq}"))),
    }
}

fn alert(row: &AnyRow) -> Result<Alert, StoreError> {
    Ok(Alert {
        seq: row.try_get("seq")?,
        agent: parsed(row, "agent")?,
        cause: row.try_get("cause")?,
        card: row.try_get("card")?,
        started_at: time(row, "started_at")?,
        changed_at: time(row, "changed_at")?,
        recovered_at: maybe_time(row, "recovered_at")?,
    })
}
