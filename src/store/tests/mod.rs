//! Stories of the store, each on every kind of database.

use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use serde_json::json;
use sqlx::any::AnyConnectOptions;
use sqlx::{AnyConnection, ConnectOptions as _};

use super::*;
use crate::clock::Hand;
use crate::ids::{AgentId, Snowflake};
use crate::random::Random;

mod chain;
mod changes;
#[path = "../../../tests/common/databases.rs"]
mod databases;
mod lease;
mod opening;
mod requests;
mod tables;

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
