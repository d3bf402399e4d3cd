//! The agents this bot knows, and every certificate it ever took back.
//!
//! A row is one enrolment: an id and its *generation*, which counts the enrolments of that id and so fences
//! clones. At most one enrolment of an id is active. Rows are never deleted: the ones that were removed are the
//! list of revoked certificates.

use jiff::Timestamp;
use serde_json::json;
use sqlx::Row as _;
use sqlx::any::AnyRow;

use super::{Entry, Store, StoreError, Write, maybe_time, parsed, time, whole};
use crate::ids::{AgentId, Snowflake};

/// What an operator enrols.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Enrolment {
    /// The agent.
    pub id: AgentId,
    /// Where it listens.
    pub url: String,
    /// Its certificate's serial number, hex.
    pub serial: String,
    /// Its certificate's SHA-256, hex.
    pub fingerprint: String,
    /// When its certificate ends.
    pub not_after: Timestamp,
}

/// An enrolment as it is kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EnrolledAgent {
    /// What was enrolled.
    pub enrolment: Enrolment,
    /// Which enrolment of this id it is; the first is 1.
    pub generation: u32,
    /// Since when.
    pub added_at: Timestamp,
    /// Since when its certificate counts no more; none while it is active.
    pub removed_at: Option<Timestamp>,
}

impl Write<'_> {
    /// The generation that [`Write::add_agent`] in this change would give: a certificate can carry it.
    ///
    /// # Errors
    /// If the database fails.
    pub async fn next_generation(&mut self, id: &AgentId) -> Result<u32, StoreError> {
        let newest = sqlx::query("SELECT COALESCE(MAX(generation), 0) + 1 AS next FROM agents WHERE id = $1");
        whole(&newest.bind(id.as_str()).fetch_one(self.conn()).await?, "next")
    }

    /// Enrols an agent, revoking the enrolment its id had; returns the generation. Audited.
    ///
    /// # Errors
    /// If the database fails, also because this very certificate was enrolled before.
    pub async fn add_agent(&mut self, new: &Enrolment, actor: Option<Snowflake>) -> Result<u32, StoreError> {
        let generation = self.next_generation(&new.id).await?;
        let now = self.now_ms();
        self.revoke(&new.id).await?;
        sqlx::query(
            "INSERT INTO agents (id, generation, url, serial, fingerprint, not_after, added_at)
             VALUES ($1, $2, $3, $4, $5, $6, $7)",
        )
        .bind(new.id.as_str())
        .bind(i64::from(generation))
        .bind(new.url.as_str())
        .bind(new.serial.as_str())
        .bind(new.fingerprint.as_str())
        .bind(new.not_after.as_millisecond())
        .bind(now)
        .execute(self.conn())
        .await?;
        let body = json!({
            "agent": new.id, "generation": generation, "url": new.url, "serial": new.serial,
            "fingerprint": new.fingerprint, "not_after": new.not_after.to_string(),
        });
        self.audit(Entry { kind: "agent-added", request: None, actor, body }).await?;
        Ok(generation)
    }

    /// Revokes an agent's enrolment; false if it had none. Audited if it did.
    ///
    /// # Errors
    /// If the database fails.
    pub async fn remove_agent(&mut self, id: &AgentId, actor: Option<Snowflake>) -> Result<bool, StoreError> {
        let Some(row) = self.revoke(id).await? else {
            return Ok(false);
        };
        let was = agent(&row)?;
        let body = json!({
            "agent": id, "generation": was.generation, "serial": was.enrolment.serial,
            "fingerprint": was.enrolment.fingerprint,
        });
        self.audit(Entry { kind: "agent-removed", request: None, actor, body }).await?;
        Ok(true)
    }

    async fn revoke(&mut self, id: &AgentId) -> Result<Option<AnyRow>, StoreError> {
        let now = self.now_ms();
        let revoke =
            sqlx::query("UPDATE agents SET removed_at = $1 WHERE id = $2 AND removed_at IS NULL RETURNING *");
        Ok(revoke.bind(now).bind(id.as_str()).fetch_optional(self.conn()).await?)
    }
}

impl Store {
    /// The active enrolments, by id.
    ///
    /// # Errors
    /// If the database fails.
    pub async fn agents(&self) -> Result<Vec<EnrolledAgent>, StoreError> {
        let rows = sqlx::query("SELECT * FROM agents WHERE removed_at IS NULL ORDER BY id");
        rows.fetch_all(self.read()).await?.iter().map(agent).collect()
    }

    /// The enrolments that were revoked, oldest first: their certificates are refused even before they end.
    ///
    /// # Errors
    /// If the database fails.
    pub async fn revoked_agents(&self) -> Result<Vec<EnrolledAgent>, StoreError> {
        let rows = sqlx::query(
            "SELECT * FROM agents WHERE removed_at IS NOT NULL ORDER BY removed_at, id, generation",
        );
        rows.fetch_all(self.read()).await?.iter().map(agent).collect()
    }
}

fn agent(row: &AnyRow) -> Result<EnrolledAgent, StoreError> {
    Ok(EnrolledAgent {
        enrolment: Enrolment {
            id: parsed(row, "id")?,
            url: row.try_get("url")?,
            serial: row.try_get("serial")?,
            fingerprint: row.try_get("fingerprint")?,
            not_after: time(row, "not_after")?,
        },
        generation: whole(row, "generation")?,
        added_at: time(row, "added_at")?,
        removed_at: maybe_time(row, "removed_at")?,
    })
}
