//! Why the store did not do what was asked.

use jiff::Timestamp;

use super::canonical::NotCanonical;
use super::url::{DatabaseUrl, InvalidDatabaseUrl};
use crate::ids::RequestId;

/// Why the store did not do what was asked. Nothing was changed then.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// The address can't be used.
    #[error(transparent)]
    Url(#[from] InvalidDatabaseUrl),
    /// The database could not be opened.
    #[error("the database {url} can't be opened: {reason}")]
    Open {
        /// Its address, without the password.
        url: DatabaseUrl,
        /// What the driver or the operating system said, without the password.
        reason: String,
    },
    /// A newer Syncmedic has used this database.
    #[error(
        "the database has schema {found}, and this program knows schemas up to {known}: run the newer Syncmedic"
    )]
    Newer {
        /// The schema found.
        found: i64,
        /// The newest schema this program knows.
        known: i64,
    },
    /// The database belongs to another tenant.
    #[error(
        "the database belongs to tenant {found:?}, not {wanted:?}: each tenant has a database of its own"
    )]
    OtherTenant {
        /// The tenant named in the chain.
        found: String,
        /// The tenant asked for.
        wanted: String,
    },
    /// Another bot runs on this database.
    #[error("another Syncmedic runs on this database: {holder}, since {since}; its lease ends at {until}")]
    Held {
        /// Who holds the lease, in its own words.
        holder: String,
        /// Since when.
        since: Timestamp,
        /// When the lease ends unless it is renewed.
        until: Timestamp,
    },
    /// This process held the lease and lost it: another bot works on the database now.
    #[error("this process lost its lease on the database to {holder}: it must stop")]
    LeaseLost {
        /// Who holds it now ("nobody" if it was released).
        holder: String,
    },
    /// There is an open request for the same command and scope.
    #[error("request {0} for the same command and scope is still open")]
    OpenRequest(RequestId),
    /// The row has changed, or has gone, since it was read.
    #[error("{0} has changed since it was read")]
    Stale(String),
    /// The audit row could not be put into its canonical form.
    #[error("an audit row was refused: {0}")]
    NotCanonical(#[from] NotCanonical),
    /// An audit row failed earlier in this change, so the change can't be committed.
    #[error("the change was not committed, since its audit row could not be written")]
    Unaudited,
    /// What is stored can't be read as what it should be.
    #[error("the database holds something unreadable: {0}")]
    Damaged(String),
    /// An export could not be written.
    #[error("the export could not be written: {0}")]
    Export(#[source] std::io::Error),
    /// The database did not do it.
    #[error("the database failed: {0}")]
    Database(#[from] sqlx::Error),
}
