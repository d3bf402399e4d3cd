//! Requests for a run, as the gate decides them. The whole request is kept as JSON; beside it stand the columns
//! that are searched by.
//!
//! Two rules hold in the database itself: at most one open request for a command and scope, and a change only on
//! top of the version it was made from.

use jiff::Timestamp;
use sqlx::Row as _;
use sqlx::any::AnyRow;

use super::{Store, StoreError, Write};
use crate::gate::Request;
use crate::ids::RequestId;

impl Write<'_> {
    /// Keeps a new request.
    ///
    /// # Errors
    /// [`StoreError::OpenRequest`] if one for the same command and scope is open; it names that one.
    pub async fn insert_request(&mut self, request: &Request) -> Result<(), StoreError> {
        let columns = Columns::of(request)?;
        let now = self.now_ms();
        let inserted = sqlx::query(
            "INSERT INTO requests
                 (id, command, scope, state, open, watched, version, created_at, changed_at, body)
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)
             ON CONFLICT (command, scope) WHERE open = 1 DO NOTHING",
        )
        .bind(request.id.as_str())
        .bind(request.plan.command.as_str())
        .bind(request.scope.as_str())
        .bind(columns.state)
        .bind(columns.open)
        .bind(columns.watched)
        .bind(request.version)
        .bind(request.created_at.as_millisecond())
        .bind(now)
        .bind(columns.body)
        .execute(self.conn())
        .await?;
        if inserted.rows_affected() == 1 {
            return Ok(());
        }
        let open = sqlx::query("SELECT id FROM requests WHERE command = $1 AND scope = $2 AND open = 1")
            .bind(request.plan.command.as_str())
            .bind(request.scope.as_str())
            .fetch_one(self.conn())
            .await?;
        Err(StoreError::OpenRequest(super::parsed(&open, "id")?))
    }

    /// Keeps a changed request, whose version is one above the stored one's.
    ///
    /// # Errors
    /// [`StoreError::Stale`] if the stored one has another version: somebody else was quicker. Decide anew.
    pub async fn update_request(&mut self, request: &Request) -> Result<(), StoreError> {
        let columns = Columns::of(request)?;
        let now = self.now_ms();
        let updated = sqlx::query(
            "UPDATE requests
             SET state = $1, open = $2, watched = $3, version = $4, changed_at = $5, body = $6
             WHERE id = $7 AND version = $8 AND command = $9 AND scope = $10",
        )
        .bind(columns.state)
        .bind(columns.open)
        .bind(columns.watched)
        .bind(request.version)
        .bind(now)
        .bind(columns.body)
        .bind(request.id.as_str())
        .bind(request.version.saturating_sub(1))
        .bind(request.plan.command.as_str())
        .bind(request.scope.as_str())
        .execute(self.conn())
        .await?;
        match updated.rows_affected() {
            1 => Ok(()),
            _ => Err(StoreError::Stale(format!("request {}", request.id))),
        }
    }
}

impl Store {
    /// The request of this id.
    ///
    /// # Errors
    /// If the database fails or holds something unreadable.
    pub async fn request(&self, id: &RequestId) -> Result<Option<Request>, StoreError> {
        let row = sqlx::query("SELECT id, version, body FROM requests WHERE id = $1").bind(id.as_str());
        row.fetch_optional(self.read()).await?.as_ref().map(request).transpose()
    }

    /// The open requests, oldest first.
    ///
    /// # Errors
    /// If the database fails. A request that can't be read is reported in the log and left out.
    pub async fn open_requests(&self) -> Result<Vec<Request>, StoreError> {
        let rows =
            sqlx::query("SELECT id, version, body FROM requests WHERE open = 1 ORDER BY created_at, id");
        Ok(readable(&rows.fetch_all(self.read()).await?))
    }

    /// The requests of which something can still become, oldest first: all open ones, and of those that later
    /// proof can settle the ones that changed since then.
    ///
    /// # Errors
    /// If the database fails. A request that can't be read is reported in the log and left out.
    pub async fn watched_requests(&self, since: Timestamp) -> Result<Vec<Request>, StoreError> {
        let rows = sqlx::query(
            "SELECT id, version, body FROM requests
             WHERE watched = 1 AND (open = 1 OR changed_at >= $1) ORDER BY created_at, id",
        );
        Ok(readable(&rows.bind(since.as_millisecond()).fetch_all(self.read()).await?))
    }

    /// The requests that changed since then, oldest first.
    ///
    /// # Errors
    /// If the database fails. A request that can't be read is reported in the log and left out.
    pub async fn requests_since(&self, since: Timestamp) -> Result<Vec<Request>, StoreError> {
        let rows = sqlx::query(
            "SELECT id, version, body FROM requests WHERE changed_at >= $1 ORDER BY created_at, id",
        );
        Ok(readable(&rows.bind(since.as_millisecond()).fetch_all(self.read()).await?))
    }

    /// The newest requests, newest first.
    ///
    /// # Errors
    /// If the database fails. A request that can't be read is reported in the log and left out.
    pub async fn recent_requests(&self, limit: u32) -> Result<Vec<Request>, StoreError> {
        let rows =
            sqlx::query("SELECT id, version, body FROM requests ORDER BY created_at DESC, id DESC LIMIT $1");
        Ok(readable(&rows.bind(i64::from(limit)).fetch_all(self.read()).await?))
    }
}

/// What the columns say of a request.
struct Columns {
    state: String,
    open: i64,
    watched: i64,
    body: String,
}

impl Columns {
    fn of(request: &Request) -> Result<Columns, StoreError> {
        let unwritable = |error| StoreError::Damaged(format!("request {}: {error}", request.id));
        let state = serde_json::to_value(request.state).map_err(unwritable)?;
        Ok(Columns {
            state: state.as_str().unwrap_or_default().to_owned(),
            open: i64::from(request.state.is_open()),
            watched: i64::from(request.state.is_watched()),
            body: serde_json::to_string(request).map_err(unwritable)?,
        })
    }
}

/// The requests that can be read. One that can't must not stop the others: it is reported and left out. While it is
/// open it still keeps a second one of its command and scope from being made.
fn readable(rows: &[AnyRow]) -> Vec<Request> {
    let read = |row: &AnyRow| match request(row) {
        Ok(request) => Some(request),
        Err(error) => {
            let id: String = row.try_get("id").unwrap_or_default();
            tracing::error!(request = %id, %error, "a stored request can't be read; it is left alone");
            None
        }
    };
    rows.iter().filter_map(read).collect()
}

fn request(row: &AnyRow) -> Result<Request, StoreError> {
    let (id, body): (String, String) = (row.try_get("id")?, row.try_get("body")?);
    let request: Request =
        serde_json::from_str(&body).map_err(|error| StoreError::Damaged(format!("request {id}: {error}")))?;
    // A body that was swapped by hand would run under another request's name.
    match request.id.as_str() == id && request.version == row.try_get::<i64, _>("version")? {
        true => Ok(request),
        false => Err(StoreError::Damaged(format!("request {id}: its columns and its body differ"))),
    }
}
