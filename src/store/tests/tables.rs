//! Agents, buttons, cards, the outbox, summaries, verdicts and alerts.

use super::super::agents::{self, Enrolment};
use super::super::cards::Card;
use super::super::outbox::Message;
use super::super::verdicts::VerdictRow;
use super::requests::{keep, request};
use super::*;
use crate::plan::Digest;

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
        let mut added = Vec::new();
        for (dedupe, subject) in [("a1", "a"), ("a2", "a"), ("b1", "b"), ("a1", "a")] {
            let message = Message { dedupe, kind: "card", subject, body: body.clone() };
            added.push(write.enqueue(message).await.expect("is kept"));
        }
        assert_eq!(added, [true, true, true, false]);
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
async fn what_was_done_with_long_ago_is_forgotten_but_for_requests_and_the_audit() {
    on_each_database(async |database| {
        let (store, hand) = open(database).await;
        let verdict = |agent: &str, at, cause: &str| VerdictRow {
            agent: agent_id(agent),
            at,
            cause: cause.into(),
            confidence: "certain".into(),
            silent: false,
        };
        let message = |dedupe| Message { dedupe, kind: "card", subject: dedupe, body: json!({}) };
        let request = request(1, "tenant");
        keep(&store, &request).await.expect("is kept");
        let mut write = store.write().await.expect("starts");
        let dead = write.add_button("deny", "decided", &Random::system()).await.expect("is kept");
        write.kill_buttons("decided").await.expect("is done");
        let old = write.add_button("deny", "open", &Random::system()).await.expect("is kept");
        for dedupe in ["done", "waits"] {
            write.enqueue(message(dedupe)).await.expect("is kept");
        }
        write.outbox_done(1).await.expect("is kept");
        for (agent, cause) in [("SYNC01", "connectivity"), ("SYNC01", "healthy"), ("STAGE01", "staging-mode")]
        {
            write.record_verdict(&verdict(agent, start(), cause)).await.expect("is kept");
        }
        write.commit().await.expect("is kept");
        let purged = async || {
            let mut write = store.write().await.expect("starts");
            let now = write.now();
            let purged = write.purge(now).await.expect("is done");
            write.commit().await.expect("is kept");
            (purged.buttons, purged.messages, purged.verdicts)
        };
        let days = |days: u64| Duration::from_secs(days * 86_400 + 1);
        assert_eq!(purged().await, (1, 0, 0));
        assert_eq!(store.button(&dead).await.expect("reads"), None);
        hand.advance(days(30));
        assert_eq!(purged().await, (0, 1, 0));
        assert!(store.button(&old).await.expect("reads").is_some());
        hand.advance(days(60));
        assert_eq!(purged().await, (1, 0, 0));
        hand.advance(days(310));
        assert_eq!(purged().await, (0, 0, 1));
        // What waits, and what each server's verdict is, stays however old it is.
        assert_eq!(store.outbox_due(10).await.expect("reads").len(), 1);
        let held = store.last_verdicts().await.expect("reads");
        assert_eq!(
            held.iter().map(|row| row.cause.as_str()).collect::<Vec<_>>(),
            ["staging-mode", "healthy"]
        );
        assert_eq!(store.open_requests().await.expect("reads"), std::slice::from_ref(&request));
        assert_eq!(store.audit_of(&request.id).await.expect("reads").len(), 1);
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
        assert_eq!(store.unconfirmed_summaries().await.expect("reads"), std::slice::from_ref(&claim));
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
