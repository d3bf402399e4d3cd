//! What must survive: requests, the audit chain, enrolled agents, what people must still be told.
//!
//! - [`Store`] (here): opening, reading, and [`Write`], the one way to change anything
//! - `url` where the database is, without ever printing its password; `connect`; `migrate` the schema; `error`
//! - [`audit`] the hash chain, with [`canonical`] its bytes and [`verify`] the check that needs no database
//! - [`lease`] one bot per database; [`lifeline`] tells that the one before is dead
//! - [`requests`], [`agents`], [`buttons`], [`cards`], [`outbox`], [`summaries`], [`verdicts`], [`alerts`]: a table each;
//!   [`purge`] forgets what nobody needs any more
//!
//! One set of SQL serves SQLite and PostgreSQL. Every change happens inside a [`Write`]: on SQLite the single
//! writing connection with `BEGIN IMMEDIATE`, on PostgreSQL a lock on the head row of the chain. So changes
//! come one after another, and a change and its audit row are one transaction.

use std::fmt;
use std::str::FromStr;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use jiff::Timestamp;
use sqlx::any::AnyRow;
use sqlx::{Any, AnyConnection, AnyPool, Row as _, Transaction};
use tokio::sync::Notify;

use crate::clock::Clock;

pub mod agents;
pub mod alerts;
pub mod audit;
pub mod buttons;
pub mod canonical;
pub mod cards;
mod connect;
mod error;
pub mod lease;
pub mod lifeline;
mod migrate;
pub mod outbox;
pub mod purge;
pub mod requests;
pub mod summaries;
mod url;
pub mod verdicts;
pub mod verify;

#[cfg(test)]
mod tests;

use connect::{Role, make_file, pool, probe};

pub use audit::{AuditRow, Entry, Head};
pub use error::StoreError;
pub use lease::Lease;
pub use url::{DatabaseUrl, InvalidDatabaseUrl};

/// The database of one tenant. Cheap to clone.
#[derive(Clone)]
pub struct Store(Arc<Inner>);

struct Inner {
    url: DatabaseUrl,
    tenant: String,
    clock: Clock,
    /// One connection: changes queue here, fairly, before they queue in the database.
    writer: AnyPool,
    reader: AnyPool,
    /// The token of the lease this store holds, if it does; see [`lease`].
    lease: Mutex<Option<String>>,
    /// A message was put into the outbox; see [`outbox`].
    filled: Notify,
    /// Said in every audit row that this process writes.
    mark: OnceLock<&'static str>,
}

impl Store {
    /// Opens the database at `url` for `tenant`, making or upgrading it first where needed.
    ///
    /// An SQLite file is made for its owner alone. A new database gets the first audit row, which names the tenant.
    ///
    /// # Errors
    /// If the address is no database's, it can't be reached, is newer than this program, or is another tenant's.
    pub async fn open(url: &str, clock: Clock, tenant: &str) -> Result<Store, StoreError> {
        Store::open_at(&url.parse()?, clock, tenant).await
    }

    /// [`Store::open`] for an address that was read already.
    ///
    /// # Errors
    /// As [`Store::open`].
    pub async fn open_at(url: &DatabaseUrl, clock: Clock, tenant: &str) -> Result<Store, StoreError> {
        let open = |reason: String| StoreError::Open { url: url.clone(), reason: url.scrub(&reason) };
        sqlx::any::install_default_drivers();
        if let Some(file) = url.sqlite_file() {
            make_file(file).map_err(|error| open(error.to_string()))?;
        }
        let options = url.options()?;
        probe(&options).await.map_err(open)?;
        let writer = pool(1, Role::Writer).connect_lazy_with(options.clone());
        let reader = pool(4, Role::Reader).connect_lazy_with(options);
        let lease = Mutex::new(None);
        let store = Store(Arc::new(Inner {
            url: url.clone(),
            tenant: tenant.to_owned(),
            clock,
            writer,
            reader,
            lease,
            filled: Notify::new(),
            mark: OnceLock::new(),
        }));
        let mut tx = store.begin().await?;
        migrate::migrate(&mut tx).await?;
        store.start_chain(&mut tx).await?;
        tx.commit().await?;
        Ok(store)
    }

    /// Starts a change. Nothing of it is kept until [`Write::commit`]; dropping it undoes it.
    ///
    /// Changes wait for each other, so a `Write` is held only as long as the database needs: never across a
    /// call to Discord or an agent.
    ///
    /// # Errors
    /// If the database fails, or this process has lost its lease.
    pub async fn write(&self) -> Result<Write<'_>, StoreError> {
        let mut write = self.write_without_lease().await?;
        let held = self.0.lease.lock().unwrap_or_else(PoisonError::into_inner).clone();
        if let Some(token) = held {
            lease::check(write.conn(), &token).await?;
        }
        Ok(write)
    }

    /// A change that does not ask for the lease: only for taking it.
    async fn write_without_lease(&self) -> Result<Write<'_>, StoreError> {
        let mut tx = self.begin().await?;
        let lock = match tx.backend_name() {
            "PostgreSQL" => "SELECT seq, hash FROM chain WHERE id = 1 FOR UPDATE",
            _ => "SELECT seq, hash FROM chain WHERE id = 1",
        };
        let row = sqlx::query(lock).fetch_optional(&mut *tx).await?;
        let row = row.ok_or_else(|| StoreError::Damaged("the chain has no head".into()))?;
        let head = Head { seq: whole(&row, "seq")?, hash: parsed(&row, "hash")? };
        let now = from_ms(self.0.clock.now().as_millisecond())?;
        Ok(Write { tx, head, now, unaudited: false, filled: false, store: self })
    }

    /// From now on every audit row that this process writes says so (as `via`): for a chat that is not Discord
    /// itself.
    pub fn mark(&self, mark: &'static str) {
        // Marked once is marked.
        let _ = self.0.mark.set(mark);
    }

    /// Where the database is, without its password.
    pub fn url(&self) -> &DatabaseUrl {
        &self.0.url
    }

    /// Whose database this is.
    pub fn tenant(&self) -> &str {
        &self.0.tenant
    }

    /// Closes every connection; changes under way are undone.
    pub async fn close(&self) {
        self.0.reader.close().await;
        self.0.writer.close().await;
    }

    /// The connections for reading; they can't change anything.
    fn read(&self) -> &AnyPool {
        &self.0.reader
    }

    fn clock(&self) -> &Clock {
        &self.0.clock
    }

    /// A transaction on the writing connection.
    async fn begin(&self) -> Result<Transaction<'static, Any>, StoreError> {
        let begin = match self.0.url.sqlite_file() {
            Some(_) => "BEGIN IMMEDIATE",
            // Whoever waited for the lock must see what the one before it wrote.
            None => "BEGIN ISOLATION LEVEL READ COMMITTED",
        };
        Ok(self.0.writer.begin_with(begin).await?)
    }
}

impl fmt::Debug for Store {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Store({}, {})", self.0.url, self.0.tenant)
    }
}

/// A change under way. The tables' methods are in their own files.
#[must_use = "a change that is not committed is undone"]
pub struct Write<'a> {
    tx: Transaction<'static, Any>,
    head: Head,
    now: Timestamp,
    unaudited: bool,
    /// A message waits in the outbox once this is kept.
    filled: bool,
    store: &'a Store,
}

impl Write<'_> {
    /// When this change happens (whole milliseconds): what it writes is dated so.
    pub fn now(&self) -> Timestamp {
        self.now
    }

    /// Keeps the change, on disk, before it returns.
    ///
    /// # Errors
    /// If the database fails, or an audit row of this change did: nothing is kept then. A connection that
    /// breaks during the call leaves it open whether the change was kept, as with every database.
    pub async fn commit(self) -> Result<(), StoreError> {
        if self.unaudited {
            return Err(StoreError::Unaudited);
        }
        self.tx.commit().await?;
        if self.filled {
            self.store.0.filled.notify_one();
        }
        Ok(())
    }

    fn conn(&mut self) -> &mut AnyConnection {
        &mut self.tx
    }

    fn now_ms(&self) -> i64 {
        self.now.as_millisecond()
    }

    /// The next number of a table that numbers its rows. No other change can take it: changes wait in line.
    async fn next_seq(&mut self, newest: &'static str) -> Result<i64, StoreError> {
        let row = sqlx::query(newest).fetch_one(self.conn()).await?;
        Ok(row.try_get::<i64, _>("seq")? + 1)
    }
}

impl fmt::Debug for Write<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Write({:?}, after {})", self.store, self.head)
    }
}

/// A time from its column.
fn from_ms(ms: i64) -> Result<Timestamp, StoreError> {
    Timestamp::from_millisecond(ms).map_err(|_| StoreError::Damaged(format!("{ms} is no time")))
}

/// The time in a column.
fn time(row: &AnyRow, column: &str) -> Result<Timestamp, StoreError> {
    from_ms(row.try_get(column)?)
}

/// The time in a column that may be empty.
fn maybe_time(row: &AnyRow, column: &str) -> Result<Option<Timestamp>, StoreError> {
    row.try_get::<Option<i64>, _>(column)?.map(from_ms).transpose()
}

/// The text of a column as what it names.
fn parsed<T: FromStr<Err: fmt::Display>>(row: &AnyRow, column: &str) -> Result<T, StoreError> {
    let text: String = row.try_get(column)?;
    text.parse().map_err(|error: T::Err| StoreError::Damaged(format!("column {column}: {error}")))
}

/// The text of a column that may be empty, as what it names.
fn maybe_parsed<T: FromStr<Err: fmt::Display>>(row: &AnyRow, column: &str) -> Result<Option<T>, StoreError> {
    let text: Option<String> = row.try_get(column)?;
    let parsed = text.map(|text| text.parse()).transpose();
    parsed.map_err(|error: T::Err| StoreError::Damaged(format!("column {column}: {error}")))
}

/// A number that is never negative.
fn whole<T: TryFrom<i64>>(row: &AnyRow, column: &str) -> Result<T, StoreError> {
    let number: i64 = row.try_get(column)?;
    T::try_from(number).map_err(|_| StoreError::Damaged(format!("column {column}: {number} is out of range")))
}
