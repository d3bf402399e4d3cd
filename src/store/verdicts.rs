//! How each server's verdict changed over time: a row only when it did, so that months of history stay small.

use jiff::Timestamp;
use sqlx::Row as _;
use sqlx::any::AnyRow;

use super::{Store, StoreError, Write, parsed, time, whole};
use crate::ids::AgentId;

/// What was held of a server from a moment on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct VerdictRow {
    /// The server's agent.
    pub agent: AgentId,
    /// Since when.
    pub at: Timestamp,
    /// The cause's stable id (`phs-not-activated`).
    pub cause: String,
    /// How sure: `certain`, `probable`, `possible`.
    pub confidence: String,
    /// Whether its agent did not answer, so that the verdict rests on an old report.
    pub silent: bool,
}

impl Write<'_> {
    /// Adds a verdict unless the agent's last one says the same (its time aside); says whether it was added.
    ///
    /// # Errors
    /// If the database fails.
    pub async fn record_verdict(&mut self, new: &VerdictRow) -> Result<bool, StoreError> {
        let last = sqlx::query("SELECT * FROM verdicts WHERE agent = $1 ORDER BY seq DESC LIMIT 1");
        let last = last.bind(new.agent.as_str()).fetch_optional(self.conn()).await?;
        if let Some(last) = last.as_ref().map(verdict).transpose()? {
            let what = |row: &VerdictRow| (row.cause.clone(), row.confidence.clone(), row.silent);
            if what(&last) == what(new) {
                return Ok(false);
            }
        }
        let seq = self.next_seq("SELECT COALESCE(MAX(seq), 0) AS seq FROM verdicts").await?;
        sqlx::query(
            "INSERT INTO verdicts (seq, agent, at, cause, confidence, silent) VALUES ($1, $2, $3, $4, $5, $6)",
        )
        .bind(seq)
        .bind(new.agent.as_str())
        .bind(new.at.as_millisecond())
        .bind(new.cause.as_str())
        .bind(new.confidence.as_str())
        .bind(i64::from(new.silent))
        .execute(self.conn())
        .await?;
        Ok(true)
    }
}

impl Store {
    /// The last verdict of each agent, by id.
    ///
    /// # Errors
    /// If the database fails.
    pub async fn last_verdicts(&self) -> Result<Vec<VerdictRow>, StoreError> {
        let rows = sqlx::query(
            "SELECT * FROM verdicts WHERE seq IN (SELECT MAX(seq) FROM verdicts GROUP BY agent) ORDER BY agent",
        );
        rows.fetch_all(self.read()).await?.iter().map(verdict).collect()
    }

    /// When the first verdict was ever kept: since then a bot has watched. None before that.
    ///
    /// # Errors
    /// If the database fails.
    pub async fn first_verdict_at(&self) -> Result<Option<Timestamp>, StoreError> {
        let row = sqlx::query("SELECT at FROM verdicts ORDER BY seq LIMIT 1");
        row.fetch_optional(self.read()).await?.as_ref().map(|row| time(row, "at")).transpose()
    }

    /// An agent's verdicts, oldest first: the one that held at `since`, if any, and all after it.
    ///
    /// # Errors
    /// If the database fails.
    pub async fn verdicts_since(
        &self,
        agent: &AgentId,
        since: Timestamp,
    ) -> Result<Vec<VerdictRow>, StoreError> {
        let rows = sqlx::query(
            "SELECT * FROM verdicts WHERE agent = $1 AND seq >= COALESCE(
                 (SELECT MAX(seq) FROM verdicts WHERE agent = $1 AND at <= $2), 0)
             ORDER BY seq",
        )
        .bind(agent.as_str())
        .bind(since.as_millisecond());
        rows.fetch_all(self.read()).await?.iter().map(verdict).collect()
    }
}

fn verdict(row: &AnyRow) -> Result<VerdictRow, StoreError> {
    Ok(VerdictRow {
        agent: parsed(row, "agent")?,
        at: time(row, "at")?,
        cause: row.try_get("cause")?,
        confidence: row.try_get("confidence")?,
        silent: whole::<i64>(row, "silent")? != 0,
    })
}
