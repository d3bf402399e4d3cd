//! Stories of the store, each on every kind of database.

use std::collections::HashSet;
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use proptest::prelude::*;
use serde_json::{Value, json};
use sqlx::any::AnyConnectOptions;
use sqlx::{AnyConnection, ConnectOptions as _};

use super::agents::Enrolment;
use super::cards::Card;
use super::outbox::Message;
use super::verdicts::VerdictRow;
use super::verify::{Break, ExpectedHead, Unproven, verify};
use super::*;
use crate::clock::Hand;
use crate::gate::{Request, State};
use crate::ids::{AgentId, Snowflake};
use crate::plan::{Digest, Mode, Plan};
use crate::random::Random;

#[path = "../../tests/common/databases.rs"]
#[expect(unreachable_pub, reason = "the integration tests use it, too")]
mod databases;

use databases::{TestDatabase, on_each_database};

fn start() -> Timestamp {
    "2026-11-22T02:00:00Z".parse().expect("a time")
}

async fn open(database: &TestDatabase) -> (Store, Hand) {
    let (clock, hand) = Clock::manual(start());
    (Store::open(&database.url, clock, "contoso").await.expect("opens"), hand)
}

/// Another process on the same database.
async fn again(database: &TestDatabase, hand_of: &Store) -> Store {
    Store::open(&database.url, hand_of.clock().clone(), "contoso").await.expect("opens again")
}

/// A connection beside the store, as somebody with the database's password has.
async fn intruder(database: &TestDatabase) -> AnyConnection {
    let url: AnyConnectOptions = database.url.parse().expect("a URL");
    url.connect().await.expect("connects")
}

async fn tamper(database: &TestDatabase, sql: &'static str) {
    sqlx::raw_sql(sql).execute(&mut intruder(database).await).await.expect("is done");
}

fn entry(number: i64) -> Entry<'static> {
    let body = json!({ "n": number, "text": "caf\u{e9} \"quoted\"\n" });
    Entry { kind: "tested", request: None, actor: Some(Snowflake(1_180_000_000_000_000_001)), body }
}

async fn audit(store: &Store, rows: i64) -> Head {
    let mut write = store.write().await.expect("starts");
    for number in 0..rows {
        write.audit(entry(number)).await.expect("is written");
    }
    let head = write.head();
    write.commit().await.expect("is kept");
    head
}

async fn export(store: &Store) -> String {
    let mut out = Vec::new();
    store.export(&mut out).await.expect("exports");
    String::from_utf8(out).expect("is text")
}

fn agent_id(text: &str) -> AgentId {
    text.parse().expect("an id")
}

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

#[tokio::test]
async fn a_dropped_change_leaves_nothing_and_blocks_nobody() {
    on_each_database(async |database| {
        let (store, _) = open(database).await;
        let before = store.head().await.expect("reads");
        for _ in 0..20 {
            let mut write = store.write().await.expect("starts");
            write.audit(entry(1)).await.expect("is written");
            write.add_button("approve", "x", &Random::system()).await.expect("is written");
            drop(write);
        }
        let store = again(database, &store).await;
        assert_eq!(store.head().await.expect("reads"), before);
        assert_eq!(audit(&store, 1).await.seq, before.seq + 1);
        assert!(store.verify(None).await.expect("reads").is_ok());
    })
    .await;
}

#[tokio::test]
async fn a_change_whose_waiter_gave_up_midway_is_undone() {
    on_each_database(async |database| {
        let (store, _) = open(database).await;
        for polls in 1..30 {
            let change = async {
                let mut write = store.write().await.expect("starts");
                write.audit(entry(1)).await.expect("is written");
                std::future::pending::<()>().await;
                drop(write);
            };
            let mut change = Box::pin(change);
            for _ in 0..polls {
                let _ = futures_util::poll!(&mut change);
                tokio::task::yield_now().await;
            }
        }
        assert_eq!(audit(&store, 1).await.seq, 2);
        assert!(store.verify(None).await.expect("reads").is_ok());
    })
    .await;
}

#[tokio::test]
async fn what_cannot_be_audited_does_not_happen() {
    on_each_database(async |database| {
        let (store, _) = open(database).await;
        // A body the chain can't hold: the caller goes on regardless.
        let mut write = store.write().await.expect("starts");
        let button = write.add_button("approve", "x", &Random::system()).await.expect("is written");
        let refused = write.audit(Entry { body: json!(0.5), ..entry(1) }).await;
        assert!(matches!(refused, Err(StoreError::NotCanonical(_))), "{refused:?}");
        write.audit(entry(1)).await.expect("is written");
        assert!(matches!(write.commit().await, Err(StoreError::Unaudited)));
        assert_eq!(store.button(&button).await.expect("reads"), None);

        // The table is gone.
        tamper(database, "ALTER TABLE audit RENAME TO gone").await;
        let mut write = store.write().await.expect("starts");
        let button = write.add_button("approve", "x", &Random::system()).await.expect("is written");
        write.audit(entry(1)).await.expect_err("there is no table");
        write.commit().await.expect_err("must not be kept");
        tamper(database, "ALTER TABLE gone RENAME TO audit").await;
        assert_eq!(store.button(&button).await.expect("reads"), None);
        assert_eq!(audit(&store, 1).await.seq, 2);
        assert!(store.verify(None).await.expect("reads").is_ok());
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn many_writers_at_once_lose_no_row_and_leave_no_gap() {
    on_each_database(async |database| {
        let (first, _) = open(database).await;
        let second = again(database, &first).await;
        let mut tasks = tokio::task::JoinSet::new();
        for number in 0..60 {
            let store = if number % 2 == 0 { first.clone() } else { second.clone() };
            tasks.spawn(async move {
                let mut write = store.write().await.expect("starts");
                let head = write.audit(entry(number)).await.expect("is written");
                match number % 5 {
                    0 => drop(write),
                    _ => write.commit().await.expect("is kept"),
                }
                (number % 5 != 0).then_some((number, head.seq))
            });
        }
        let done: Vec<_> = tasks.join_all().await.into_iter().flatten().collect();
        let rows = first.audit(2, 1000).await.expect("reads");
        let kept: HashSet<_> = rows.iter().map(|row| (row.body["n"].as_i64().expect("n"), row.seq)).collect();
        assert_eq!(kept, done.iter().copied().collect());
        assert_eq!(rows.len(), 48);
        let found = second.verify(None).await.expect("reads");
        assert!(found.is_ok(), "{found:?}");
        assert_eq!(found.rows, 49);
    })
    .await;
}

#[tokio::test]
async fn whoever_changes_the_database_by_hand_is_noticed() {
    on_each_database(async |database| {
        let (store, _) = open(database).await;
        let head = audit(&store, 5).await;
        let noticed = async |sql: &'static str, undo: &'static str| {
            tamper(database, sql).await;
            let found = store.verify(None).await.expect("reads");
            let broken = found.broken.unwrap_or_else(|| panic!("{sql} was not noticed"));
            let from_file = verify(export(&store).await.as_bytes(), None).broken;
            tamper(database, undo).await;
            assert!(store.verify(None).await.expect("reads").is_ok(), "{undo}");
            (broken, from_file)
        };
        let (broken, file) =
            noticed("UPDATE audit SET kind = 'other' WHERE seq = 3", "UPDATE audit SET kind = 'tested' WHERE seq = 3")
                .await;
        assert_eq!(broken, Break::Hash { line: 3, seq: 3 });
        assert_eq!(file, Some(broken));
        noticed("UPDATE audit SET at = at + 1 WHERE seq = 2", "UPDATE audit SET at = at - 1 WHERE seq = 2").await;
        noticed("UPDATE audit SET body = body || ' ' WHERE seq = 2", "UPDATE audit SET body = TRIM(body) WHERE seq = 2")
            .await;
        let (broken, file) =
            noticed("UPDATE audit SET seq = 103 WHERE seq = 3", "UPDATE audit SET seq = 3 WHERE seq = 103").await;
        assert_eq!(broken, Break::Sequence { line: 3, expected: 3, found: 4 });
        assert_eq!(file, Some(broken));
        noticed(
            "INSERT INTO audit SELECT 0, at, kind, request, actor, body, hash FROM audit WHERE seq = 1",
            "DELETE FROM audit WHERE seq = 0",
        )
        .await;
        noticed(
            "INSERT INTO audit SELECT 7, at, kind, request, actor, body, hash FROM audit WHERE seq = 6",
            "DELETE FROM audit WHERE seq = 7",
        )
        .await;
        // Cut at the end: the head row beside the chain still tells.
        let (broken, file) = noticed(
            "UPDATE audit SET seq = -seq WHERE seq = 6; CREATE TABLE aside AS SELECT * FROM audit WHERE seq = -6;
             DELETE FROM audit WHERE seq = -6",
            "INSERT INTO audit SELECT 6, at, kind, request, actor, body, hash FROM aside; DROP TABLE aside",
        )
        .await;
        assert_eq!(broken, Break::StoredHead { stored: head, last: 5 });
        // The file alone can't know, and says so.
        assert_eq!(file, None);
    })
    .await;
}

#[tokio::test]
async fn an_export_cut_at_its_end_or_written_anew_shows_against_a_head_that_was_kept() {
    on_each_database(async |database| {
        let (store, hand) = open(database).await;
        let early = audit(&store, 2).await;
        let head = audit(&store, 3).await;
        let text = export(&store).await;
        let cut: String = text.split_inclusive('\n').take(4).collect();

        let expect: ExpectedHead = head.to_string().parse().expect("a head");
        let found = verify(text.as_bytes(), Some(expect.clone()));
        assert!(found.is_ok(), "{found:?}");
        assert_eq!(found.head, Some(head));
        assert_eq!(found.unproven, [Unproven::After(head.seq), Unproven::ShortHash(8)]);
        assert!(verify(text.as_bytes(), Some(early.into())).is_ok());
        assert_eq!(verify(text.as_bytes(), Some(head.into())).unproven, [Unproven::After(head.seq)]);

        let found = verify(cut.as_bytes(), Some(expect));
        assert!(matches!(found.broken, Some(Break::Ends { last: 4, .. })), "{found:?}");
        assert!(verify(cut.as_bytes(), None).is_ok());

        // Another chain of the same length.
        let folder = tempfile::tempdir().expect("a folder");
        hand.advance(Duration::from_secs(1));
        let url = DatabaseUrl::sqlite(folder.path().join("anew.db"));
        let anew = Store::open_at(&url, store.clock().clone(), "contoso").await.expect("opens");
        audit(&anew, 5).await;
        let found = verify(export(&anew).await.as_bytes(), Some(early.into()));
        assert!(matches!(found.broken, Some(Break::Rewritten { .. })), "{found:?}");
    })
    .await;
}

#[test]
fn an_expected_head_is_read_as_people_write_it_down() {
    for text in ["#1042 9be1-44d0", "1042 9BE144D0", " #1042  9be144d0 "] {
        let head: ExpectedHead = text.parse().expect("a head");
        assert_eq!(head.to_string(), "#1042 9be144d0");
    }
    for bad in ["", "#1042", "9be1-44d0", "#0 9be1-44d0", "#1042 9be1", "#1042 9be1-44dx", "#1 9be1-44d0 x"] {
        assert!(bad.parse::<ExpectedHead>().is_err(), "{bad:?}");
    }
}

/// The golden line: if it changes, exports of older builds no longer verify.
#[tokio::test]
async fn the_bytes_that_are_hashed_are_golden() {
    on_each_database(async |database| {
        let (store, _) = open(database).await;
        let mut write = store.write().await.expect("starts");
        let request: RequestId = "000102030405060708090a0b0c0d0e0f".parse().expect("an id");
        write.audit(Entry { request: Some(&request), ..entry(7) }).await.expect("is written");
        write.commit().await.expect("is kept");
        let text = export(&store).await;
        let line = text.lines().nth(1).expect("a second line");
        let row: Value = serde_json::from_str(line).expect("is JSON");
        let content = r#"{"actor":"1180000000000000001","at":"2026-11-22T02:00:00.000Z","body":{"n":7,"text":"café \"quoted\"\n"},"kind":"tested","request":"000102030405060708090a0b0c0d0e0f","seq":2}"#;
        let first: Value = serde_json::from_str(text.lines().next().expect("a line")).expect("is JSON");
        let previous = crate::random::unhex(first["hash"].as_str().expect("a hash")).expect("is hex");
        let hash = Digest::of(&[previous.as_slice(), content.as_bytes()].concat());
        assert_eq!(row["hash"], json!(hash.to_string()));
        assert_eq!(line, content.replace(r#""kind""#, &format!(r#""hash":"{hash}","kind""#)));
        assert_eq!(store.audit_of(&request).await.expect("reads").len(), 1);
        assert_eq!(store.audit_recent(1).await.expect("reads")[0].seq, 2);
    })
    .await;
}

/// An export to play with, made once.
fn sample() -> &'static str {
    static SAMPLE: std::sync::OnceLock<String> = std::sync::OnceLock::new();
    SAMPLE.get_or_init(|| {
        std::thread::spawn(|| {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
            runtime.expect("a runtime").block_on(async {
                let folder = tempfile::tempdir().expect("a folder");
                let url = DatabaseUrl::sqlite(folder.path().join("sample.db"));
                let store = Store::open_at(&url, Clock::manual(start()).0, "contoso").await.expect("opens");
                audit(&store, 6).await;
                export(&store).await
            })
        })
        .join()
        .expect("is made")
    })
}

/// The last row of the sample as a head that was kept.
fn sample_head() -> ExpectedHead {
    verify(sample().as_bytes(), None).head.expect("has rows").into()
}

proptest! {
    #[test]
    fn no_single_byte_of_an_export_changes_unnoticed(at in any::<prop::sample::Index>(), byte in any::<u8>(), how in 0..3) {
        let mut bytes = sample().as_bytes().to_vec();
        let at = at.index(bytes.len());
        match how {
            0 => bytes[at] = byte,
            1 => { bytes.remove(at); }
            _ => bytes.insert(at, byte),
        }
        prop_assume!(bytes != sample().as_bytes());
        prop_assert!(!verify(bytes.as_slice(), Some(sample_head())).is_ok());
    }

    #[test]
    fn no_line_of_an_export_goes_comes_or_moves_unnoticed(
        from in any::<prop::sample::Index>(), to in any::<prop::sample::Index>(), how in 0..3,
    ) {
        let mut lines: Vec<&str> = sample().split_inclusive('\n').collect();
        let (from, to) = (from.index(lines.len()), to.index(lines.len()));
        match how {
            0 => { lines.remove(from); }
            1 => lines.insert(to, lines[from]),
            _ => lines.swap(from, to),
        }
        let text = lines.concat();
        prop_assume!(text != sample());
        prop_assert!(!verify(text.as_bytes(), Some(sample_head())).is_ok());
    }

    #[test]
    fn the_check_never_panics(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
        prop_assert!(!verify(bytes.as_slice(), None).is_ok());
    }
}

#[tokio::test]
async fn a_second_bot_is_refused_and_told_who_runs_since_when() {
    on_each_database(async |database| {
        let (first, hand) = open(database).await;
        let second = again(database, &first).await;
        let random = Random::system();
        let lease = first.acquire_lease("bot-a (process 17)", &random).await.expect("is free");
        hand.advance(Duration::from_secs(59));
        let refused = second.acquire_lease("bot-b", &random).await.expect_err("is taken");
        let StoreError::Held { holder, since, .. } = &refused else { panic!("{refused:?}") };
        assert_eq!((holder.as_str(), *since), ("bot-a (process 17)", start()));
        assert!(refused.to_string().contains("bot-a (process 17), since 2026-11-22T02:00:00Z"), "{refused}");

        // Renewed, it lasts another minute.
        lease.renew().await.expect("is ours");
        hand.advance(Duration::from_secs(59));
        second.acquire_lease("bot-b", &random).await.expect_err("is taken");

        // Released, it is free at once, and the first bot can't write any more.
        lease.release().await.expect("is ours");
        let lease = second.acquire_lease("bot-b", &random).await.expect("is free");
        assert!(matches!(first.write().await, Err(StoreError::LeaseLost { holder }) if holder == "bot-b"));
        lease.renew().await.expect("is ours");
    })
    .await;
}

#[tokio::test]
async fn a_bot_that_slept_through_its_lease_cannot_write_beside_its_successor() {
    on_each_database(async |database| {
        let (first, hand) = open(database).await;
        let second = again(database, &first).await;
        let random = Random::system();
        let old = first.acquire_lease("bot-a", &random).await.expect("is free");
        hand.advance(Duration::from_secs(61));
        let _new = second.acquire_lease("bot-b", &random).await.expect("has run out");
        assert!(matches!(old.renew().await, Err(StoreError::LeaseLost { holder }) if holder == "bot-b"));
        assert!(matches!(first.write().await, Err(StoreError::LeaseLost { .. })));
        audit(&second, 1).await;
        // A command-line tool without a lease may still add its rows.
        audit(&again(database, &first).await, 1).await;
    })
    .await;
}

fn enrolment(id: &str, fingerprint: &str) -> Enrolment {
    Enrolment {
        id: agent_id(id),
        url: "https://sync01.example:6900".into(),
        serial: format!("0{fingerprint}"),
        fingerprint: fingerprint.into(),
        not_after: start() + SignedDuration::from_hours(24),
    }
}

#[tokio::test]
async fn enrolling_again_counts_generations_and_revokes_the_certificate_before() {
    on_each_database(async |database| {
        let (store, _) = open(database).await;
        let mut write = store.write().await.expect("starts");
        assert_eq!(write.next_generation(&agent_id("SYNC01")).await.expect("reads"), 1);
        assert_eq!(write.add_agent(&enrolment("SYNC01", "aa"), None).await.expect("is kept"), 1);
        assert_eq!(write.add_agent(&enrolment("SYNC01", "bb"), None).await.expect("is kept"), 2);
        assert_eq!(write.add_agent(&enrolment("STAGE01", "cc"), None).await.expect("is kept"), 1);
        write.commit().await.expect("is kept");
        let fingerprints = |agents: Vec<agents::EnrolledAgent>| -> Vec<String> {
            agents.into_iter().map(|agent| agent.enrolment.fingerprint).collect()
        };
        assert_eq!(fingerprints(store.agents().await.expect("reads")), ["cc", "bb"]);
        assert_eq!(fingerprints(store.revoked_agents().await.expect("reads")), ["aa"]);

        let mut write = store.write().await.expect("starts");
        assert!(write.remove_agent(&agent_id("SYNC01"), Some(Snowflake(7))).await.expect("is done"));
        assert!(!write.remove_agent(&agent_id("SYNC01"), Some(Snowflake(7))).await.expect("is done"));
        assert_eq!(write.next_generation(&agent_id("SYNC01")).await.expect("reads"), 3);
        write.commit().await.expect("is kept");
        assert_eq!(fingerprints(store.agents().await.expect("reads")), ["cc"]);
        assert_eq!(fingerprints(store.revoked_agents().await.expect("reads")), ["aa", "bb"]);
        let rows = store.audit(2, 10).await.expect("reads");
        let kinds: Vec<&str> = rows.iter().map(|row| row.kind.as_str()).collect();
        assert_eq!(kinds, ["agent-added", "agent-added", "agent-added", "agent-removed"]);
        assert_eq!(rows[3].actor, Some(Snowflake(7)));

        // A certificate that was revoked never comes back.
        let mut write = store.write().await.expect("starts");
        write.add_agent(&enrolment("SYNC01", "aa"), None).await.expect_err("was revoked");
    })
    .await;
}

#[tokio::test]
async fn a_button_keeps_its_meaning_over_a_restart_and_dies_visibly() {
    on_each_database(async |database| {
        let (store, _) = open(database).await;
        let mut write = store.write().await.expect("starts");
        let id = write.add_button("approve", "request-1", &Random::system()).await.expect("is kept");
        write.add_button("deny", "request-1", &Random::system()).await.expect("is kept");
        write.add_button("approve", "request-2", &Random::system()).await.expect("is kept");
        write.commit().await.expect("is kept");
        let store = again(database, &store).await;
        let button = store.button(&id).await.expect("reads").expect("is known");
        assert_eq!((button.kind.as_str(), button.subject.as_str()), ("approve", "request-1"));
        assert_eq!(button.dead_at, None);
        let mut write = store.write().await.expect("starts");
        assert_eq!(write.kill_buttons("request-1").await.expect("is done"), 2);
        assert_eq!(write.kill_buttons("request-1").await.expect("is done"), 0);
        write.commit().await.expect("is kept");
        assert_eq!(store.button(&id).await.expect("reads").expect("is known").dead_at, Some(start()));
        assert_eq!(store.button("ffff").await.expect("reads"), None);
    })
    .await;
}

#[tokio::test]
async fn a_card_is_found_where_it_was_put_last() {
    on_each_database(async |database| {
        let (store, _) = open(database).await;
        let card = |message| Card {
            channel: Snowflake(u64::MAX),
            message: Snowflake(message),
            content: Digest::of(b"x"),
        };
        for message in [1, 2] {
            let mut write = store.write().await.expect("starts");
            write.put_card("request/1", card(message)).await.expect("is kept");
            write.commit().await.expect("is kept");
        }
        assert_eq!(store.card("request/1").await.expect("reads"), Some(card(2)));
        assert_eq!(store.card_at(Snowflake(2)).await.expect("reads").as_deref(), Some("request/1"));
        assert_eq!(store.card_at(Snowflake(1)).await.expect("reads"), None);
    })
    .await;
}

#[tokio::test]
async fn the_outbox_keeps_each_message_once_and_in_order_until_it_is_handed_on() {
    on_each_database(async |database| {
        let (store, hand) = open(database).await;
        let body = json!({ "text": "hello" });
        let mut write = store.write().await.expect("starts");
        for (dedupe, subject) in [("a1", "a"), ("a2", "a"), ("b1", "b"), ("a1", "a")] {
            let new = write
                .enqueue(Message { dedupe, kind: "card", subject, body: body.clone() })
                .await
                .expect("is kept");
            assert_eq!(new, dedupe != "a1" || subject == "a" && new);
        }
        write.commit().await.expect("is kept");
        let store = again(database, &store).await;
        let due = async || -> Vec<String> {
            store.outbox_due(10).await.expect("reads").into_iter().map(|row| row.dedupe).collect()
        };
        assert_eq!(due().await, ["a1", "b1"]);
        let rows = store.outbox_due(10).await.expect("reads");
        assert_eq!((&rows[0].body, rows[0].attempts), (&body, 0));

        // One fails: what is behind it waits for it, others go on.
        let later = start() + SignedDuration::from_secs(30);
        let mut write = store.write().await.expect("starts");
        write.outbox_failed(rows[0].seq, "503", later).await.expect("is kept");
        assert!(write.outbox_done(rows[1].seq).await.expect("is kept"));
        assert!(!write.outbox_done(rows[1].seq).await.expect("is kept"));
        write.commit().await.expect("is kept");
        assert_eq!(due().await, [""; 0]);
        assert_eq!(store.outbox_next().await.expect("reads"), Some(later));
        hand.advance(Duration::from_secs(30));
        assert_eq!(due().await, ["a1"]);
        assert_eq!(store.outbox_due(10).await.expect("reads")[0].attempts, 1);

        let mut write = store.write().await.expect("starts");
        write.outbox_give_up(rows[0].seq, "the channel is gone").await.expect("is kept");
        // Done long ago, it is still the same message.
        let again = Message { dedupe: "b1", kind: "card", subject: "b", body: body.clone() };
        assert!(!write.enqueue(again).await.expect("is kept"));
        write.commit().await.expect("is kept");
        assert_eq!(due().await, ["a2"]);
    })
    .await;
}

#[tokio::test]
async fn a_due_summary_is_claimed_once_and_confirmed_once() {
    on_each_database(async |database| {
        let (store, _) = open(database).await;
        let random = Random::system();
        let mut write = store.write().await.expect("starts");
        let claim = write.claim_summary(start(), &random).await.expect("is kept").expect("is new");
        assert_eq!(claim.nonce.len(), 24);
        assert_eq!(write.claim_summary(start(), &random).await.expect("is kept"), None);
        write.commit().await.expect("is kept");
        let store = again(database, &store).await;
        assert_eq!(store.unconfirmed_summaries().await.expect("reads"), [claim.clone()]);
        let mut write = store.write().await.expect("starts");
        write.confirm_summary(start(), Snowflake(9)).await.expect("is kept");
        let twice = write.confirm_summary(start(), Snowflake(9)).await;
        assert!(matches!(twice, Err(StoreError::Stale(_))), "{twice:?}");
        write.commit().await.expect("is kept");
        assert!(store.unconfirmed_summaries().await.expect("reads").is_empty());
        let last = store.last_summary().await.expect("reads").expect("is there");
        assert_eq!((last.nonce, last.message), (claim.nonce, Some(Snowflake(9))));
    })
    .await;
}

#[tokio::test]
async fn verdicts_are_kept_only_when_they_change() {
    on_each_database(async |database| {
        let (store, _) = open(database).await;
        let verdict = |agent: &str, minutes: i64, cause: &str| VerdictRow {
            agent: agent_id(agent),
            at: start() + SignedDuration::from_mins(minutes),
            cause: cause.into(),
            confidence: "certain".into(),
            silent: false,
        };
        let mut write = store.write().await.expect("starts");
        let rows = [("SYNC01", 0, "healthy"), ("SYNC01", 1, "healthy"), ("STAGE01", 1, "healthy")];
        let rows = rows.into_iter().chain([("SYNC01", 2, "staging-mode"), ("SYNC01", 9, "healthy")]);
        let mut added = Vec::new();
        for (agent, minutes, cause) in rows {
            added.push(write.record_verdict(&verdict(agent, minutes, cause)).await.expect("is kept"));
        }
        assert_eq!(added, [true, false, true, true, true]);
        write.commit().await.expect("is kept");
        let last = store.last_verdicts().await.expect("reads");
        assert_eq!(last, [verdict("STAGE01", 1, "healthy"), verdict("SYNC01", 9, "healthy")]);
        let since = start() + SignedDuration::from_mins(5);
        let history = store.verdicts_since(&agent_id("SYNC01"), since).await.expect("reads");
        assert_eq!(history, [verdict("SYNC01", 2, "staging-mode"), verdict("SYNC01", 9, "healthy")]);
        let before = start() - SignedDuration::from_mins(5);
        assert_eq!(store.verdicts_since(&agent_id("SYNC01"), before).await.expect("reads").len(), 3);
    })
    .await;
}

#[tokio::test]
async fn a_server_has_at_most_one_open_incident() {
    on_each_database(async |database| {
        let (store, hand) = open(database).await;
        let sync01 = agent_id("SYNC01");
        let mut write = store.write().await.expect("starts");
        let alert = write.open_alert(&sync01, "phs-not-activated").await.expect("is kept");
        let twice = write.open_alert(&sync01, "connectivity").await;
        assert!(matches!(twice, Err(StoreError::Stale(_))), "{twice:?}");
        write.open_alert(&agent_id("STAGE01"), "connectivity").await.expect("is kept");
        write.change_alert(alert.seq, "connectivity").await.expect("is kept");
        write.commit().await.expect("is kept");
        assert_eq!(store.open_alerts().await.expect("reads").len(), 2);
        hand.advance(Duration::from_secs(60));
        let mut write = store.write().await.expect("starts");
        write.recover_alert(alert.seq).await.expect("is kept");
        assert!(matches!(write.recover_alert(alert.seq).await, Err(StoreError::Stale(_))));
        write.commit().await.expect("is kept");
        let last = store.last_alert(&sync01).await.expect("reads").expect("is there");
        assert_eq!(last.recovered_at, Some(start() + SignedDuration::from_secs(60)));
        assert_eq!((last.cause.as_str(), last.card), ("connectivity", alert.card));
        assert_eq!(store.alerts_since(start()).await.expect("reads").len(), 2);
        let mut write = store.write().await.expect("starts");
        write.reopen_alert(alert.seq, "connectivity").await.expect("is kept");
        write.commit().await.expect("is kept");
        assert_eq!(store.open_alerts().await.expect("reads").len(), 2);
    })
    .await;
}

fn request(number: u8, scope: &str) -> Request {
    let id: RequestId = format!("{number:032x}").parse().expect("an id");
    let plan = Plan {
        request: id.clone(),
        command: "enable-password-sync".parse().expect("an id"),
        script: Digest::of(b"script"),
        mode: Mode::Unattended,
        arguments: [("connector".to_owned(), "caf\u{e9}".to_owned())].into(),
        agent: agent_id("SYNC01"),
        generation: 1,
        fingerprint: Digest::of(b"state"),
    };
    Request {
        id,
        version: 1,
        state: State::Requested,
        plan,
        scope: scope.into(),
        target: "the tenant".into(),
        requester: Snowflake(10),
        reason: "users locked out".into(),
        justification: None,
        needed: 1,
        approvals: vec![],
        observed: vec![("Build".into(), "2.6.3.0".into())],
        created_at: start() + SignedDuration::from_secs(i64::from(number)),
        approve_by: start() + SignedDuration::from_mins(30),
        run_by: None,
        granted_at: None,
        ran_at: None,
        verify_by: None,
        withdrawn_by: None,
        outcome: None,
        missing: vec![],
        operator: None,
        late: false,
        steps: vec![],
    }
}

fn next(request: &Request, state: State) -> Request {
    Request { version: request.version + 1, state, ..request.clone() }
}

async fn keep(store: &Store, request: &Request) -> Result<(), StoreError> {
    let mut write = store.write().await?;
    match request.version {
        1 => write.insert_request(request).await?,
        _ => write.update_request(request).await?,
    }
    write.audit(Entry { request: Some(&request.id), ..entry(request.version) }).await?;
    write.commit().await
}

#[tokio::test]
async fn a_request_comes_back_as_it_was_kept() {
    on_each_database(async |database| {
        let (store, _) = open(database).await;
        let request = request(1, "tenant");
        keep(&store, &request).await.expect("is kept");
        let store = again(database, &store).await;
        assert_eq!(store.request(&request.id).await.expect("reads"), Some(request.clone()));
        let other: RequestId = format!("{:032x}", 2).parse().expect("an id");
        assert_eq!(store.request(&other).await.expect("reads"), None);
        tamper(database, "UPDATE requests SET version = 7").await;
        assert!(matches!(store.request(&request.id).await, Err(StoreError::Damaged(_))));
    })
    .await;
}

#[tokio::test]
async fn at_most_one_request_for_a_command_and_scope_is_open() {
    on_each_database(async |database| {
        let (store, _) = open(database).await;
        let first = request(1, "tenant");
        keep(&store, &first).await.expect("is kept");
        let refused = keep(&store, &request(2, "tenant")).await;
        assert!(matches!(&refused, Err(StoreError::OpenRequest(open)) if *open == first.id), "{refused:?}");
        keep(&store, &request(3, "SYNC01/forest")).await.expect("another scope");
        keep(&store, &next(&first, State::Denied)).await.expect("is kept");
        keep(&store, &request(4, "tenant")).await.expect("the first is closed");
        let ids = |requests: Vec<Request>| -> Vec<String> {
            requests
                .into_iter()
                .map(|request| request.id.as_str().trim_start_matches('0').to_owned())
                .collect()
        };
        assert_eq!(ids(store.open_requests().await.expect("reads")), ["3", "4"]);
        assert_eq!(ids(store.recent_requests(2).await.expect("reads")), ["4", "3"]);
        assert!(store.verify(None).await.expect("reads").is_ok());
        // A refused one leaves no audit row: genesis, three made, one denied.
        assert_eq!(store.head().await.expect("reads").seq, 5);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn of_many_changes_to_one_version_one_wins_and_the_others_are_told() {
    on_each_database(async |database| {
        let (store, _) = open(database).await;
        let first = request(1, "tenant");
        keep(&store, &first).await.expect("is kept");
        let mut tasks = tokio::task::JoinSet::new();
        for number in 0..12 {
            let state = if number % 2 == 0 { State::Approved } else { State::Denied };
            let (store, changed) = (store.clone(), next(&first, state));
            tasks.spawn(async move { keep(&store, &changed).await.map(|()| changed) });
        }
        let (won, lost): (Vec<_>, Vec<_>) = tasks.join_all().await.into_iter().partition(Result::is_ok);
        assert_eq!((won.len(), lost.len()), (1, 11));
        assert!(lost.iter().all(|lost| matches!(lost, Err(StoreError::Stale(_)))));
        let stored = store.request(&first.id).await.expect("reads");
        assert_eq!(stored.as_ref(), won[0].as_ref().ok());
        assert_eq!(store.audit_of(&first.id).await.expect("reads").len(), 2);
    })
    .await;
}

#[tokio::test]
async fn what_later_proof_can_settle_is_watched_for_a_while_longer() {
    on_each_database(async |database| {
        let (store, hand) = open(database).await;
        let states = [State::Running, State::Unproven, State::Verified];
        for (number, state) in (1..).zip(states) {
            let request = request(number, &number.to_string());
            keep(&store, &request).await.expect("is kept");
            keep(&store, &next(&request, state)).await.expect("is kept");
        }
        let watched = async |since| -> Vec<State> {
            let requests = store.watched_requests(since).await.expect("reads");
            requests.into_iter().map(|request| request.state).collect()
        };
        assert_eq!(watched(start()).await, [State::Running, State::Unproven]);
        hand.advance(Duration::from_secs(60));
        let now = store.clock().now();
        assert_eq!(watched(now).await, [State::Running]);
        assert_eq!(store.requests_since(start()).await.expect("reads").len(), 3);
        assert_eq!(store.requests_since(now).await.expect("reads").len(), 0);
    })
    .await;
}

/// Everything here is driven from tasks.
#[test]
fn every_future_of_the_store_can_move_between_threads() {
    fn is_send<T: Send>(_: T) {}
    fn check(store: &Store, mut write: Write<'static>) {
        is_send(Store::open("", store.clock().clone(), ""));
        is_send(store.write());
        is_send(store.verify(None));
        is_send(store.acquire_lease("", &Random::system()));
        is_send(store.outbox_due(1));
        is_send(async move {
            write.audit(entry(1)).await?;
            write.commit().await
        });
    }
    let _ = check;
}
