//! Fresh databases for stories: SQLite always, PostgreSQL where a server is named.
//!
//! `SYNCMEDIC_TEST_POSTGRES` is the URL of a server where new databases may be made. Without it PostgreSQL is
//! skipped, unless `SYNCMEDIC_REQUIRE` lists `postgres`: then that is a failure.

use std::env;

use sqlx::any::AnyConnectOptions;
use sqlx::{AssertSqlSafe, ConnectOptions as _, Connection as _};

/// An empty database, gone when this is dropped.
pub(crate) struct TestDatabase {
    /// Its address, as `DATABASE_URL` takes it.
    pub(crate) url: String,
    /// What it is, for messages.
    pub(crate) name: &'static str,
    kind: Kind,
}

enum Kind {
    Sqlite { _folder: tempfile::TempDir },
    Postgres { server: AnyConnectOptions, database: String },
}

/// Runs a story once on each kind of database.
pub(crate) async fn on_each_database(story: impl AsyncFn(&TestDatabase)) {
    for database in test_databases().await {
        eprintln!("on {}", database.name);
        story(&database).await;
    }
}

/// One fresh database of each kind.
pub(crate) async fn test_databases() -> Vec<TestDatabase> {
    let folder = tempfile::tempdir().expect("a folder");
    let url = format!("sqlite:{}", folder.path().join("data/syncmedic.db").display());
    let mut databases = vec![TestDatabase { url, name: "SQLite", kind: Kind::Sqlite { _folder: folder } }];
    match env::var("SYNCMEDIC_TEST_POSTGRES") {
        Ok(server) if !server.is_empty() => databases.push(postgres(&server).await),
        _ => {
            let required = env::var("SYNCMEDIC_REQUIRE").unwrap_or_default();
            let required = required.split(',').any(|word| word.trim() == "postgres");
            assert!(
                !required,
                "SYNCMEDIC_REQUIRE asks for postgres, but SYNCMEDIC_TEST_POSTGRES names no server"
            );
        }
    }
    databases
}

async fn postgres(server: &str) -> TestDatabase {
    let server: AnyConnectOptions = server.parse().expect("SYNCMEDIC_TEST_POSTGRES is a URL");
    let database = format!("syncmedic_test_{}", unique());
    run(&server, format!("CREATE DATABASE {database}")).await;
    let mut url = server.database_url.clone();
    url.set_path(&database);
    TestDatabase { url: url.to_string(), name: "PostgreSQL", kind: Kind::Postgres { server, database } }
}

async fn run(server: &AnyConnectOptions, sql: String) {
    sqlx::any::install_default_drivers();
    let mut connection = server.connect().await.expect("the PostgreSQL server answers");
    sqlx::raw_sql(AssertSqlSafe(sql)).execute(&mut connection).await.expect("may make databases");
    connection.close().await.expect("closes");
}

impl Drop for TestDatabase {
    fn drop(&mut self) {
        let Kind::Postgres { server, database } = &self.kind else {
            return;
        };
        // Another thread, since a runtime can't be waited for from inside one.
        let (server, sql) = (server.clone(), format!("DROP DATABASE IF EXISTS {database} WITH (FORCE)"));
        let dropped = std::thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
            runtime.expect("a runtime").block_on(run(&server, sql));
        });
        let _ = dropped.join();
    }
}

/// A name no other test has, in this process or another.
fn unique() -> String {
    let bytes = tempfile::Builder::new().rand_bytes(12).prefix("").tempfile().expect("a file");
    let name = bytes.path().file_name().expect("a name").to_string_lossy().to_ascii_lowercase();
    format!("{}_{name}", std::process::id())
}
