//! Changes: all of one or nothing, one after another.

use std::collections::HashSet;

use super::*;

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
