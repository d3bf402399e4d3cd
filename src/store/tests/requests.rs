//! Requests: one open, one winner.

use super::*;
use crate::gate::{Request, State};
use crate::ids::RequestId;
use crate::plan::{Digest, Mode, Plan};

pub(super) fn request(number: u8, scope: &str) -> Request {
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
        ended: false,
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

pub(super) async fn keep(store: &Store, request: &Request) -> Result<(), StoreError> {
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
async fn a_request_that_can_not_be_read_stops_no_other() {
    on_each_database(async |database| {
        let (store, _) = open(database).await;
        for number in 1..=3 {
            keep(&store, &request(number, &number.to_string())).await.expect("is kept");
        }
        let damaged = request(2, "2");
        let mut write = store.write().await.expect("starts");
        sqlx::query("UPDATE requests SET body = '{' WHERE id = $1")
            .bind(damaged.id.as_str())
            .execute(write.conn())
            .await
            .expect("is damaged");
        write.commit().await.expect("is kept");
        let scopes = |requests: Vec<Request>| requests.into_iter().map(|it| it.scope).collect::<Vec<_>>();
        assert_eq!(scopes(store.open_requests().await.expect("reads")), ["1", "3"]);
        assert_eq!(scopes(store.watched_requests(start()).await.expect("reads")), ["1", "3"]);
        assert_eq!(scopes(store.requests_since(start()).await.expect("reads")), ["1", "3"]);
        assert_eq!(scopes(store.recent_requests(9).await.expect("reads")), ["3", "1"]);
        // Asked for by name it is an error, and a second one beside it can't be made.
        store.request(&damaged.id).await.expect_err("can't be read");
        let second = keep(&store, &request(4, "2")).await.expect_err("one is open");
        assert!(matches!(second, StoreError::OpenRequest(id) if id == damaged.id));
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
