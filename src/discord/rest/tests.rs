//! The client against a tiny server that answers as it is told.

use std::sync::Mutex;

use axum::Router;
use axum::http::{HeaderMap, StatusCode, Uri};
use axum::response::IntoResponse as _;
use jiff::Timestamp;

use super::*;

/// An answer to come: status, headers, body.
type Answer = (u16, Vec<(&'static str, &'static str)>, Value);

struct Server {
    url: String,
    seen: Arc<Mutex<Vec<(String, HeaderMap)>>>,
}

async fn server(answers: Vec<Answer>) -> Server {
    let seen: Arc<Mutex<Vec<(String, HeaderMap)>>> = Arc::default();
    let left = Arc::new(Mutex::new(answers.into_iter()));
    let log = seen.clone();
    let app = Router::new().fallback(move |uri: Uri, headers: HeaderMap| {
        log.lock().expect("not poisoned").push((uri.to_string(), headers));
        let next = left.lock().expect("not poisoned").next();
        async move {
            let (status, headers, body) = next.unwrap_or((204, Vec::new(), Value::Null));
            let body = if body.is_null() { String::new() } else { body.to_string() };
            let mut answer = (StatusCode::from_u16(status).expect("a status"), body).into_response();
            for (name, value) in headers {
                answer.headers_mut().insert(name, value.parse().expect("a header"));
            }
            answer
        }
    });
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let url = format!("http://{}", listener.local_addr().expect("an address"));
    tokio::spawn(async move { axum::serve(listener, app).await });
    Server { url, seen }
}

impl Server {
    fn rest(&self, clock: Clock) -> Rest {
        let api = self.url.parse().expect("loopback");
        Rest::new(Secret::new("t0ken"), api, clock).expect("a client")
    }

    fn count(&self) -> usize {
        self.seen.lock().expect("not poisoned").len()
    }
}

fn ticket() -> Ticket {
    Ticket { id: Snowflake(1), application: Snowflake(2), token: Secret::new("interaction-t0ken") }
}

fn message() -> Value {
    json!({"id": "9", "channel_id": "5", "author": {"id": "2", "username": "syncmedic", "bot": true}})
}

/// Moves the clock on for as long as `work` waits for it.
async fn with_time<T>(hand: &crate::clock::Hand, work: impl Future<Output = T>) -> T {
    tokio::pin!(work);
    loop {
        tokio::select! {
            biased;
            done = &mut work => return done,
            () = tokio::task::yield_now() => hand.advance(Duration::from_millis(1)),
        }
    }
}

#[tokio::test]
async fn a_429_is_waited_out_and_the_request_sent_again() {
    let limited = (429, vec![("retry-after", "2")], json!({"retry_after": 1.5, "global": false}));
    let server = server(vec![limited, (200, vec![], message())]).await;
    let (clock, hand) = Clock::manual(Timestamp::UNIX_EPOCH);
    let rest = server.rest(clock.clone());
    let post = Post::text("x");
    let sent = with_time(&hand, rest.create_message(Snowflake(5), &post, "n", None)).await;
    assert_eq!(sent.expect("sent").id, Snowflake(9));
    assert!(clock.elapsed() >= Duration::from_millis(1500));
    assert_eq!(server.count(), 2);
}

#[tokio::test]
async fn a_long_429_is_handed_back_at_once_and_so_is_whoever_comes_next() {
    let limited = (429, vec![], json!({"retry_after": 3600.0, "global": true}));
    let server = server(vec![limited]).await;
    // Nobody moves this clock: whoever waited would wait for ever.
    let rest = server.rest(Clock::manual(Timestamp::UNIX_EPOCH).0);
    let hour = Duration::from_secs(3600);
    for call in ["GET /users/@me", "GET /guilds/3/members/4"] {
        let error = match call {
            "GET /users/@me" => rest.me().await.map(drop),
            _ => rest.member(Snowflake(3), Snowflake(4)).await.map(drop),
        };
        assert_eq!(error, Err(RestError::RateLimited { call: call.into(), retry_after: hour }));
    }
    assert_eq!(server.count(), 1);
}

#[tokio::test]
async fn a_server_error_is_tried_again_where_twice_is_no_more_than_once() {
    let bad = || (502, vec![], Value::Null);
    let server = server(vec![bad(), bad(), (200, vec![], message()), bad(), bad()]).await;
    let (clock, hand) = Clock::manual(Timestamp::UNIX_EPOCH);
    let rest = server.rest(clock);
    let post = Post::text("x");
    with_time(&hand, rest.edit_message(Snowflake(5), Snowflake(9), &post)).await.expect("edited");
    assert_eq!(server.count(), 3);
    let error = with_time(&hand, rest.followup(&ticket(), &post, true)).await.expect_err("gives up at once");
    assert_eq!(error, RestError::Unavailable { call: "POST /webhooks/2/:token".into(), status: 502 });
    assert_eq!(server.count(), 4);
}

#[tokio::test]
async fn the_first_answer_to_an_interaction_is_sent_once_and_behind_nothing() {
    let limited = (429, vec![("x-ratelimit-global", "true")], json!({"retry_after": 30.0, "global": true}));
    let server = server(vec![limited]).await;
    let rest = server.rest(Clock::manual(Timestamp::UNIX_EPOCH).0);
    let defer = Callback::Defer { ephemeral: true };
    assert!(matches!(rest.callback(&ticket(), &defer).await, Err(RestError::RateLimited { .. })));
    // The pause that it brought stops nobody who must answer now.
    rest.callback(&ticket(), &defer).await.expect("answered");
    assert_eq!(server.count(), 2);
}

#[tokio::test]
async fn a_refused_token_stops_everything() {
    let server = server(vec![(401, vec![], json!({"message": "401: Unauthorized", "code": 0}))]).await;
    let rest = server.rest(Clock::system());
    assert_eq!(rest.me().await, Err(RestError::TokenRefused));
    assert_eq!(rest.me().await, Err(RestError::TokenRefused));
    assert_eq!(server.count(), 1);
}

#[tokio::test]
async fn a_refusal_carries_discords_code_and_the_field_but_no_token() {
    let body = json!({"code": 50035, "message": "Invalid Form Body",
        "errors": {"embeds": {"0": {"title": {"_errors": [{"message": "Must be 256 or fewer in length."}]}}}}});
    let server = server(vec![(400, vec![], body)]).await;
    let rest = server.rest(Clock::system());
    let error = rest.edit_original(&ticket(), &Post::text("x")).await.expect_err("refused");
    assert_eq!(error.code(), Some(error::INVALID_FORM));
    let text = format!("{error} {error:?} {rest:?}");
    assert!(text.contains("embeds/0/title: Must be 256"), "{text}");
    assert!(!text.contains("t0ken"), "{text}");
    // Neither does a connection that fails.
    let gone =
        Rest::new(Secret::new("t0ken"), "http://127.0.0.1:9".parse().expect("loopback"), Clock::system());
    let error =
        gone.expect("a client").followup(&ticket(), &Post::text("x"), true).await.expect_err("nobody");
    assert!(
        matches!(error, RestError::Unreachable { .. }) && !error.to_string().contains("t0ken"),
        "{error}"
    );
}

#[tokio::test]
async fn the_bots_token_goes_only_where_it_is_needed_and_the_record_masks_interactions() {
    let server = server(vec![]).await;
    let seen: Arc<Mutex<Vec<Recorded>>> = Arc::default();
    let log = seen.clone();
    let recorder: Recorder = Arc::new(move |call| log.lock().expect("not poisoned").push(call.clone()));
    let api = server.url.parse().expect("loopback");
    let rest = Rest::with_recorder(Secret::new("t0ken"), api, Clock::system(), Some(recorder));
    let rest = rest.expect("a client");
    rest.callback(&ticket(), &Callback::DeferUpdate).await.expect("answered");
    rest.put_commands(Snowflake(2), Snowflake(3), &[]).await.expect("put");
    {
        let seen = server.seen.lock().expect("not poisoned");
        assert!(seen[0].1.get("authorization").is_none());
        assert_eq!(seen[1].1["authorization"], "Bot t0ken");
        assert!(seen[0].1["user-agent"].to_str().expect("text").starts_with("DiscordBot (syncmedic, "));
    }
    let seen = seen.lock().expect("not poisoned");
    assert_eq!(seen[0].path, "/interactions/1/:token/callback");
    assert_eq!(seen[1].status, Some(204));
}
