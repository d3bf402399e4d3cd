//! Opening a database: what is made, what is refused, what is never said.

use std::fs;

use super::super::verify::Unproven;
use super::*;

#[tokio::test]
async fn a_new_database_starts_its_chain_by_naming_the_tenant() {
    on_each_database(async |database| {
        let (store, _) = open(database).await;
        let rows = store.audit(1, 10).await.expect("reads");
        assert_eq!(rows.len(), 1);
        assert_eq!((rows[0].kind.as_str(), &rows[0].body["tenant"]), ("genesis", &json!("contoso")));
        let found = store.verify(None).await.expect("reads");
        assert!(found.is_ok(), "{found:?}");
        assert_eq!(found.tenant.as_deref(), Some("contoso"));
        assert_eq!(found.unproven, [Unproven::End, Unproven::Whole]);
    })
    .await;
}

#[tokio::test]
async fn reopening_keeps_everything_and_refuses_another_tenant() {
    on_each_database(async |database| {
        let (store, _) = open(database).await;
        let head = audit(&store, 3).await;
        store.close().await;
        let store = again(database, &store).await;
        assert_eq!(store.head().await.expect("reads"), head);
        assert_eq!(head.to_string(), format!("#4 {}", head.hash.code()));
        let other = Store::open(&database.url, store.clock().clone(), "fabrikam").await;
        assert!(matches!(other, Err(StoreError::OtherTenant { .. })), "{other:?}");
    })
    .await;
}

#[tokio::test]
async fn a_database_of_a_newer_program_is_refused_and_left_alone() {
    on_each_database(async |database| {
        let (store, _) = open(database).await;
        tamper(database, "UPDATE schema_version SET version = 999").await;
        let newer = Store::open(&database.url, store.clock().clone(), "contoso").await;
        assert!(matches!(newer, Err(StoreError::Newer { found: 999, .. })), "{newer:?}");
        assert!(store.verify(None).await.expect("reads").is_ok());
    })
    .await;
}

#[cfg(unix)]
#[tokio::test]
async fn an_sqlite_file_is_for_its_owner_alone() {
    use std::os::unix::fs::PermissionsExt as _;
    let folder = tempfile::tempdir().expect("a folder");
    // A name full of what means something in a URL.
    let file = folder.path().join("new/a b%41#?.db");
    let url = DatabaseUrl::sqlite(&file);
    let store = Store::open_at(&url, Clock::manual(start()).0, "contoso").await.expect("opens");
    audit(&store, 1).await;
    for entry in fs::read_dir(file.parent().expect("a folder")).expect("reads") {
        let entry = entry.expect("reads");
        assert!(entry.file_name().to_string_lossy().starts_with("a b%41#?.db"), "{entry:?}");
        assert_eq!(entry.metadata().expect("reads").permissions().mode() & 0o777, 0o600, "{entry:?}");
    }
}

#[tokio::test]
async fn no_error_tells_the_password() {
    let (clock, _hand) = Clock::manual(start());
    // Nobody listens on port 1 of this machine.
    for url in [
        "postgres://bot:hunter2@127.0.0.1:1/syncmedic?sslmode=disable",
        "postgres://bot:hunter2@127.0.0.1:1/syncmedic?sslmode=hunter2",
        "postgres://bot@127.0.0.1:1/syncmedic?password=hunter2&port=hunter2",
        "mysql://bot:hunter2@127.0.0.1/syncmedic",
    ] {
        let error = Store::open(url, clock.clone(), "contoso").await.expect_err("nobody answers");
        assert!(!format!("{error} {error:?} {error:#?}").contains("hunter2"), "{error:?}");
    }
}

#[tokio::test]
async fn a_file_that_is_no_database_is_refused_at_once_with_the_reason() {
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("notes.db");
    fs::write(&file, "not a database, but a file of somebody's notes".repeat(50)).expect("writes");
    let opened = Store::open_at(&DatabaseUrl::sqlite(&file), Clock::manual(start()).0, "contoso").await;
    let error = opened.expect_err("is no database").to_string();
    assert!(error.contains("notes.db can't be opened") && error.contains("not a database"), "{error}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn programs_that_open_a_new_database_at_once_start_one_chain() {
    on_each_database(async |database| {
        let (clock, _hand) = Clock::manual(start());
        let mut tasks = tokio::task::JoinSet::new();
        for _ in 0..6 {
            let (url, clock) = (database.url.clone(), clock.clone());
            tasks.spawn(async move { Store::open(&url, clock, "contoso").await.expect("opens") });
        }
        let stores = tasks.join_all().await;
        assert_eq!(stores[0].head().await.expect("reads").seq, 1);
        assert!(stores[5].verify(None).await.expect("reads").is_ok());
    })
    .await;
}

#[tokio::test]
async fn the_reading_connections_cannot_change_anything() {
    on_each_database(async |database| {
        let (store, _) = open(database).await;
        let refused = sqlx::query("UPDATE chain SET seq = 7").execute(store.read()).await;
        assert!(refused.is_err(), "{refused:?}");
        assert_eq!(store.head().await.expect("reads").seq, 1);
    })
    .await;
}
