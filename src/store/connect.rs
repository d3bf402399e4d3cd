//! How connections are made and settled, on SQLite and on PostgreSQL.

use std::fs;
use std::path::Path;
use std::time::Duration;

use sqlx::any::{AnyConnectOptions, AnyPoolOptions};
use sqlx::{AnyConnection, ConnectOptions as _, Connection as _, Executor as _};

/// How long a change waits for its turn, and a reader for a free connection.
const PATIENCE: Duration = Duration::from_secs(30);

/// What a connection is for.
#[derive(Clone, Copy, PartialEq)]
pub(super) enum Role {
    /// Changes; there is one.
    Writer,
    /// Reading, and nothing else: the database refuses a change.
    Reader,
}

/// At most `size` connections, made when they are needed.
pub(super) fn pool(size: u32, role: Role) -> AnyPoolOptions {
    let options = AnyPoolOptions::new().max_connections(size).acquire_timeout(PATIENCE);
    // A connection whose rollback failed must not carry the old transaction into the next change.
    let options = options.after_release(|conn, _| {
        Box::pin(async move {
            conn.ping().await?;
            Ok(!conn.is_in_transaction())
        })
    });
    options.after_connect(move |conn, _| Box::pin(prepare(conn, role)))
}

/// Settles how a fresh connection works.
async fn prepare(conn: &mut AnyConnection, role: Role) -> Result<(), sqlx::Error> {
    let settings: &[&'static str] = match (conn.backend_name(), role) {
        ("PostgreSQL", Role::Writer) => &[
            "SET lock_timeout = '30s'",
            // A bot whose host vanished must not hold the chain for ever.
            "SET idle_in_transaction_session_timeout = '60s'",
            "SET synchronous_commit = on",
        ],
        ("PostgreSQL", Role::Reader) => &["SET default_transaction_read_only = on"],
        (_, Role::Writer) => &[
            "PRAGMA busy_timeout = 30000",
            "PRAGMA journal_mode = WAL",
            "PRAGMA synchronous = FULL",
            "PRAGMA foreign_keys = ON",
        ],
        (_, Role::Reader) => &["PRAGMA busy_timeout = 30000", "PRAGMA query_only = ON"],
    };
    for setting in settings {
        settle(conn, setting).await?;
    }
    Ok(())
}

/// SQLite refuses to change a new file's journal while another program does the same, and waits for nobody then.
async fn settle(conn: &mut AnyConnection, setting: &'static str) -> Result<(), sqlx::Error> {
    const PAUSE: Duration = Duration::from_millis(20);
    const TRIES: u32 = 500;
    /// `SQLITE_BUSY` and its extended codes.
    const BUSY: &[&str] = &["5", "261", "517", "773"];
    let is_busy = |error: &sqlx::Error| {
        error
            .as_database_error()
            .and_then(|error| error.code())
            .is_some_and(|code| BUSY.contains(&code.as_ref()))
    };
    let mut tries = TRIES;
    loop {
        match conn.execute(setting).await {
            Err(error) if tries > 1 && is_busy(&error) => tries -= 1,
            done => return done.map(drop),
        }
        // A bound on another program's lock, not a wait of the program's: it does not go by the injected clock.
        tokio::time::sleep(PAUSE).await;
    }
}

/// Connects once. A pool tries again until its patience ends and then forgets why; this says why, at once.
pub(super) async fn probe(options: &AnyConnectOptions) -> Result<(), String> {
    let attempt = async {
        let mut conn = options.connect().await?;
        prepare(&mut conn, Role::Writer).await?;
        conn.close().await
    };
    // A bound on the network, not a wait of the program's: it does not go by the injected clock.
    match tokio::time::timeout(PATIENCE, attempt).await {
        Ok(result) => result.map_err(|error: sqlx::Error| error.to_string()),
        Err(_) => Err(format!("no answer within {} seconds", PATIENCE.as_secs())),
    }
}

/// Makes an empty file (an empty database to SQLite) that only its owner can read, and its folder.
///
/// SQLite gives its side files (`-wal`, `-shm`) the same rights.
pub(super) fn make_file(file: &Path) -> std::io::Result<()> {
    if let Some(folder) = file.parent().filter(|folder| !folder.as_os_str().is_empty()) {
        let mut builder = fs::DirBuilder::new();
        builder.recursive(true);
        #[cfg(unix)]
        std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
        builder.create(folder)?;
    }
    let mut options = fs::OpenOptions::new();
    options.write(true).create(true).truncate(false);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(file).map(drop)
}
