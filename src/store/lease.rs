//! One bot per database: a row that names the process at work, renewed while it runs.
//!
//! While a [`Store`] holds the lease, each of its changes first checks, in its own transaction, that the lease is
//! still its own: a bot that was paused for longer than the lease cannot write beside its successor.

use std::sync::PoisonError;

use jiff::{SignedDuration, Timestamp};
use sqlx::{AnyConnection, Row as _};

use super::lifeline::Lifeline;
use super::{Store, StoreError, from_ms, time};
use crate::random::Random;

/// How long a lease lasts without renewal.
pub const LEASE: SignedDuration = SignedDuration::from_secs(60);

/// How often it should be renewed.
pub const RENEWAL: std::time::Duration = std::time::Duration::from_secs(20);

/// The right to be the bot on this database. Renew it every [`RENEWAL`]; release it on a clean stop.
///
/// Dropping it releases nothing: after a crash it runs out by itself.
#[derive(Debug)]
pub struct Lease {
    store: Store,
    token: String,
}

impl Store {
    /// Takes the lease for `holder`, words that tell an operator which process it is (`process 17 on HOST`).
    ///
    /// # Errors
    /// [`StoreError::Held`] if somebody's lease has not run out by this process's clock; it names them.
    pub async fn acquire_lease(&self, holder: &str, random: &Random) -> Result<Lease, StoreError> {
        self.succeed(holder, random, None).await
    }

    /// [`Store::acquire_lease`] by whoever holds the data folder's [`Lifeline`]: a lease of a process that is dead is
    /// taken over at once. The dead process must have run on this host as well, so that a copied data folder proves nothing.
    ///
    /// # Errors
    /// As [`Store::acquire_lease`].
    pub async fn succeed(
        &self,
        holder: &str,
        random: &Random,
        lifeline: Option<&Lifeline>,
    ) -> Result<Lease, StoreError> {
        let mut write = self.write_without_lease().await?;
        let now = write.now_ms();
        let row = sqlx::query("SELECT holder, token, since, until FROM lease WHERE id = 1");
        if let Some(row) = row.fetch_optional(write.conn()).await? {
            let (since, until) = (time(&row, "since")?, time(&row, "until")?);
            let (before, token): (String, String) = (row.try_get("holder")?, row.try_get("token")?);
            let died =
                lifeline.is_some_and(|lifeline| lifeline.last() == token) && host(&before) == host(holder);
            if until > write.now() && !died {
                return Err(StoreError::Held { holder: before, since, until });
            }
        }
        let token = random.id();
        sqlx::query(
            "INSERT INTO lease (id, holder, token, since, until) VALUES (1, $1, $2, $3, $4)
             ON CONFLICT (id) DO UPDATE SET holder = excluded.holder, token = excluded.token,
                 since = excluded.since, until = excluded.until",
        )
        .bind(holder)
        .bind(token.as_str())
        .bind(now)
        .bind(now + LEASE.as_millis() as i64)
        .execute(write.conn())
        .await?;
        write.commit().await?;
        *self.0.lease.lock().unwrap_or_else(PoisonError::into_inner) = Some(token.clone());
        Ok(Lease { store: self.clone(), token })
    }
}

/// A holder's host: what follows "on".
fn host(holder: &str) -> Option<&str> {
    holder.rsplit_once(" on ").map(|(_, host)| host)
}

impl Lease {
    /// What tells this lease from every other.
    pub(super) fn token(&self) -> &str {
        &self.token
    }

    /// Makes the lease last [`LEASE`] from now; says until when.
    ///
    /// # Errors
    /// [`StoreError::LeaseLost`] if another process took it meanwhile: this one must stop. Any other error leaves
    /// the lease as it was; trying again before it runs out is right.
    pub async fn renew(&self) -> Result<Timestamp, StoreError> {
        let mut write = self.store.write().await?;
        check(write.conn(), &self.token).await?;
        let until = write.now_ms() + LEASE.as_millis() as i64;
        sqlx::query("UPDATE lease SET until = $1 WHERE id = 1").bind(until).execute(write.conn()).await?;
        write.commit().await?;
        from_ms(until)
    }

    /// Gives the lease back, so that the next process can start at once. This store can't change anything any more.
    ///
    /// # Errors
    /// If the database fails, or the lease was lost.
    pub async fn release(self) -> Result<(), StoreError> {
        let mut write = self.store.write().await?;
        sqlx::query("DELETE FROM lease WHERE id = 1 AND token = $1")
            .bind(self.token.as_str())
            .execute(write.conn())
            .await?;
        write.commit().await
    }
}

/// Whether the lease in the database is the one with this token.
pub(super) async fn check(conn: &mut AnyConnection, token: &str) -> Result<(), StoreError> {
    let row = sqlx::query("SELECT holder, token FROM lease WHERE id = 1").fetch_optional(conn).await?;
    let Some(row) = row else {
        return Err(StoreError::LeaseLost { holder: "nobody".into() });
    };
    match row.try_get::<String, _>("token")? == token {
        true => Ok(()),
        false => Err(StoreError::LeaseLost { holder: row.try_get("holder")? }),
    }
}
