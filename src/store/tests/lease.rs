//! One bot per database.

use super::*;
use crate::store::lifeline::Lifeline;

#[tokio::test]
async fn a_dead_bots_lease_is_taken_over_at_once_and_a_living_ones_never() {
    on_each_database(async |database| {
        let (first, _hand) = open(database).await;
        let second = again(database, &first).await;
        let random = Random::system();
        let folder = tempfile::tempdir().expect("a folder");
        let lock = || Lifeline::take(folder.path()).expect("has locks");
        let mut life = lock().expect("is free");
        let lease = first.succeed("process 17 on A", &random, Some(&life)).await.expect("is free");
        life.note(&lease).expect("writes");

        // Alive: the lock is not to be had, and without it nothing is.
        assert!(lock().is_none());
        second.succeed("process 18 on A", &random, None).await.expect_err("is taken");

        // Dead, as a copy of the folder on another host would have it.
        drop(life);
        let life = lock().expect("is free");
        second.succeed("process 18 on B", &random, Some(&life)).await.expect_err("is taken");
        // Dead.
        second.succeed("process 18 on A", &random, Some(&life)).await.expect("is dead");
        assert!(matches!(first.write().await, Err(StoreError::LeaseLost { .. })));
        // Its lock names another lease than the one there is now.
        first.succeed("process 19 on A", &random, Some(&life)).await.expect_err("is taken");
    })
    .await;
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
