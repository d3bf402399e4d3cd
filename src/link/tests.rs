//! Both sides of the link over real TLS on loopback, judged by a manual clock.

use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::http::{StatusCode, header};
use axum::response::IntoResponse;
use axum::routing::get;
use futures_util::stream;
use jiff::{SignedDuration, Timestamp};
use tokio::io::AsyncReadExt as _;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{Notify, oneshot};

use super::authority::Authority;
use super::certs::{Kind, certificate_der};
use super::error::LinkError;
use super::listener::{self, Limits};
use super::refusal::{Revoked, RevokedEntry};
use super::tls;
use crate::report::{MAX_BYTES, Report};

mod kit;

use kit::*;

#[tokio::test]
async fn the_bot_and_its_agent_prove_themselves_and_keep_the_connection() {
    let scene = scene();
    let (router, peers) = noting();
    let address = scene.listen(scene.server(&scene.agent("SYNC01", 1)), router).await;
    let client = scene.client(address);
    for _ in 0..3 {
        let report = client.report(false).await.expect("answers");
        assert_eq!(report, Report::from_json(REPORT.as_bytes()).expect("reads"));
    }
    let addresses = addresses(&peers);
    assert_eq!(addresses, [addresses[0]; 3]);
    assert_eq!(peers.lock().expect("a lock")[0].certificate.kind, Kind::Bot);
}

#[tokio::test]
async fn an_agents_expired_certificate_is_refused() {
    let scene = scene();
    let agent = scene.agent("SYNC01", 1);
    scene.hand.advance(Duration::from_secs(366 * 24 * 3600));
    let bot = scene.authority.issue_bot(scene.clock.now(), &scene.random).expect("issued");
    let address = scene.listen(scene.server(&agent), answering(REPORT)).await;
    let client = scene.client_as(&bot, scene.authority.certificate(), Revoked::default(), address);
    let error = scene.refused(&client, "cert-expired", "own-cert-expired").await;
    assert!(error.to_string().contains("expired at 2027-11-22T02:00:00Z"), "{error}");
    assert!(error.to_string().contains("agents add"), "{error}");
}

#[tokio::test]
async fn the_bots_expired_certificate_is_refused() {
    let scene = scene();
    scene.hand.advance(Duration::from_secs(366 * 24 * 3600));
    let address = scene.listen(scene.server(&scene.agent("SYNC01", 1)), answering(REPORT)).await;
    scene.refused(&scene.client(address), "bot-cert-expired", "cert-expired").await;
}

#[tokio::test]
async fn a_certificate_from_the_future_is_refused_and_the_clock_suspected() {
    let scene = scene();
    let agent = scene.agent("SYNC01", 1);
    scene.hand.set_wall(scene.clock.now() - SignedDuration::from_hours(2));
    let address = scene.listen(scene.server(&agent), answering(REPORT)).await;
    let error = scene.refused(&scene.client(address), "cert-not-yet-valid", "own-cert-expired").await;
    assert!(error.to_string().contains("clock"), "{error}");
}

#[tokio::test]
async fn an_agents_revoked_certificate_is_refused_from_the_moment_it_is_listed() {
    let scene = scene();
    let agent = scene.agent("SYNC01", 1);
    let revoked = Revoked::default();
    let address = scene.listen(scene.server(&agent), answering(REPORT)).await;
    let ca = scene.authority.certificate();
    let client = scene.client_as(&scene.bot, ca, revoked.clone(), address);
    client.report(false).await.expect("not listed yet");
    // The connection that is kept doesn't save it.
    revoked.replace([revoking(&agent)]);
    scene.refused(&client, "cert-revoked", "own-cert-revoked").await;
    revoked.replace([]);
    client.report(false).await.expect("no longer listed");
}

#[tokio::test]
async fn an_agent_whose_given_certificate_is_revoked_is_not_even_dialled() {
    let scene = scene();
    let (router, peers) = noting();
    let address = scene.listen(scene.server(&scene.agent("SYNC01", 1)), router).await;
    let client = scene.client_as(
        &scene.bot,
        scene.authority.certificate(),
        Revoked::new([RevokedEntry::Serial(scene.client(address).enrolled().serial.clone())]),
        address,
    );
    assert_eq!(client.report(false).await.expect_err("refused").code(), "cert-revoked");
    assert!(peers.lock().expect("a lock").is_empty());
}

#[tokio::test]
async fn the_bots_revoked_certificate_is_refused() {
    let scene = scene();
    let revoked = Revoked::new([revoking(&scene.bot)]);
    let server = scene.server_revoking(&scene.agent("SYNC01", 1), revoked);
    let address = scene.listen(server, answering(REPORT)).await;
    scene.refused(&scene.client(address), "bot-cert-revoked", "cert-revoked").await;
}

#[tokio::test]
async fn another_tenants_agent_is_refused() {
    let scene = scene();
    let other = scene.another_tenant();
    let agent = agent_of(&other, "SYNC01", 1, scene.clock.now(), &scene.random);
    let address = scene.listen(scene.server(&agent), answering(REPORT)).await;
    scene.refused(&scene.client(address), "cert-foreign", "own-cert-foreign").await;
}

#[tokio::test]
async fn another_tenants_bot_is_refused() {
    let scene = scene();
    let bot = scene.another_tenant().issue_bot(scene.clock.now(), &scene.random).expect("issued");
    let address = scene.listen(scene.server(&scene.agent("SYNC01", 1)), answering(REPORT)).await;
    let client = scene.client_as(&bot, scene.authority.certificate(), Revoked::default(), address);
    scene.refused(&client, "bot-cert-foreign", "cert-foreign").await;
}

#[tokio::test]
async fn an_agents_certificate_does_not_open_an_agent() {
    let scene = scene();
    let address = scene.listen(scene.server(&scene.agent("SYNC01", 1)), answering(REPORT)).await;
    let stolen = scene.agent("SYNC02", 1);
    let client = scene.client_as(&stolen, scene.authority.certificate(), Revoked::default(), address);
    scene.refused(&client, "bot-cert-wrong-kind", "cert-wrong-kind").await;
}

#[tokio::test]
async fn the_bots_certificate_does_not_make_an_agent() {
    let scene = scene();
    let ca = scene.authority.certificate();
    let (bot, clock) = (&scene.bot, scene.clock.clone());
    assert!(tls::agent_side(&bot.certificate, &bot.key, ca, Revoked::default(), clock.clone()).is_err());
    let chain = vec![certificate_der(&bot.certificate).expect("reads")];
    let server = tls::server_config(chain, &bot.key, ca, Revoked::default(), clock).expect("set up");
    let address = scene.listen(server, answering(REPORT)).await;
    scene.refused(&scene.client(address), "cert-wrong-kind", "own-cert-wrong-kind").await;
}

#[tokio::test]
async fn another_agents_certificate_is_refused_whatever_the_address_says() {
    let scene = scene();
    let address = scene.listen(scene.server(&scene.agent("SYNC02", 1)), answering(REPORT)).await;
    let error = scene.refused(&scene.client(address), "cert-other-agent", "own-cert-refused").await;
    assert!(error.to_string().contains("SYNC02"), "{error}");
}

#[tokio::test]
async fn another_generations_certificate_is_fenced() {
    let scene = scene();
    let address = scene.listen(scene.server(&scene.agent("SYNC01", 2)), answering(REPORT)).await;
    scene.refused(&scene.client(address), "generation-fenced", "own-cert-refused").await;
}

/// An answer of `agents add` that was handed over and then not kept leaves a second good certificate of one generation.
#[tokio::test]
async fn a_certificate_that_was_issued_and_is_not_the_enrolled_one_is_refused() {
    let scene = scene();
    let issued = scene.agent("SYNC01", 1);
    let enrolled = scene.agent("SYNC01", 1);
    let address = scene.listen(scene.server(&issued), answering(REPORT)).await;
    let error = scene.refused(&scene.client(address), "cert-not-enrolled", "own-cert-refused").await;
    assert!(error.to_string().contains("agents add"), "{error}");
    let address = scene.listen(scene.server(&enrolled), answering(REPORT)).await;
    scene.client(address).report(false).await.expect("the enrolled one answers");
}

#[tokio::test]
async fn who_shows_no_certificate_is_refused() {
    // The machine's own time, which the intruder's settings judge by.
    let scene = scene();
    scene.hand.set_wall(Timestamp::now());
    let now = scene.clock.now();
    let authority = Authority::new("contoso", now, &scene.random).expect("made");
    let scene = Scene { authority, ..scene };
    let address = scene.listen(scene.server(&scene.agent("SYNC01", 1)), answering(REPORT)).await;
    let end = intruder(&scene, address, &rustls::version::TLS13).await;
    assert!(end.contains("CertificateRequired"), "{end}");
    scene.log.line(&["link::listener", "cert-missing", "peer=127.0.0.1:"]).await;
}

#[tokio::test]
async fn tls_1_2_is_refused() {
    let scene = scene();
    let address = scene.listen(scene.server(&scene.agent("SYNC01", 1)), answering(REPORT)).await;
    let end = intruder(&scene, address, &rustls::version::TLS12).await;
    assert!(end.contains("ProtocolVersion"), "{end}");
    scene.log.line(&["link::listener", "tls-version", "peer=127.0.0.1:"]).await;
}

#[tokio::test]
async fn a_report_that_is_no_report_of_this_agent_is_refused_by_code() {
    let scene = scene();
    let server = scene.server(&scene.agent("SYNC01", 1));
    let replaced = |from: &str, to: &str| -> &'static str { REPORT.replace(from, to).leak() };
    for (body, code) in [
        (replaced(r#""agent":"SYNC01""#, r#""agent":"SYNC02""#), "not-itself"),
        (replaced(r#""generation":1"#, r#""generation":2"#), "generation-fenced"),
        (replaced(r#""v":1"#, r#""v":2"#), "report-version"),
        ("<html>", "report-malformed"),
    ] {
        let address = scene.listen(server.clone(), answering(body)).await;
        let error = scene.client(address).report(false).await.expect_err("refused");
        assert_eq!(error.code(), code, "{error}");
    }
}

#[tokio::test]
async fn an_oversized_answer_is_cut_whether_it_tells_its_size_or_not() {
    let scene = scene();
    let server = scene.server(&scene.agent("SYNC01", 1));
    let told = Router::new().route("/v1/report", get(|| async { vec![b' '; MAX_BYTES + 1] }));
    let endless =
        || async { Body::from_stream(stream::repeat_with(|| Ok::<_, std::io::Error>(vec![b' '; 8192]))) };
    let untold = Router::new().route("/v1/report", get(endless)).route("/v1/catalog", get(endless));
    for router in [told, untold.clone()] {
        let address = scene.listen(server.clone(), router).await;
        let error = scene.client(address).report(false).await.expect_err("cut");
        assert_eq!(error.code(), "report-too-large");
    }
    let address = scene.listen(server, untold).await;
    let error = scene.client(address).catalog().await.expect_err("cut");
    assert_eq!(error.code(), "answer-too-large");
}

#[tokio::test]
async fn an_error_answer_keeps_its_reason_and_a_redirect_is_not_followed() {
    let scene = scene();
    let problem = (StatusCode::SERVICE_UNAVAILABLE, r#"{"code":"starting","text":"not ready yet"}"#);
    let away = ([(header::LOCATION, "/v1/elsewhere")], StatusCode::TEMPORARY_REDIRECT);
    let router = Router::new()
        .route("/v1/report", get(move || async move { problem }))
        .route("/v1/catalog", get(move || async move { (away.1, away.0).into_response() }))
        .route("/v1/elsewhere", get(|| async { "[]" }));
    let address = scene.listen(scene.server(&scene.agent("SYNC01", 1)), router).await;
    let client = scene.client(address);
    let error = client.report(false).await.expect_err("an error");
    assert_eq!(error.code(), "http-status");
    assert!(error.to_string().contains("503: not ready yet (starting)"), "{error}");
    let error = client.catalog().await.expect_err("not followed");
    assert!(matches!(error, LinkError::HttpStatus { status: 307, .. }), "{error}");
    let unknown = "000102030405060708090a0b0c0d0e0f".parse().expect("valid");
    assert_eq!(client.execution(&unknown).await, Ok(None));
}

#[tokio::test]
async fn a_server_that_never_answers_is_given_up_at_the_deadline() {
    let scene = scene();
    let asked = Arc::new(Notify::new());
    let arrived = asked.clone();
    let never = move || async move {
        arrived.notify_one();
        std::future::pending::<&str>().await
    };
    let router = Router::new().route("/v1/report", get(never));
    let address = scene.listen(scene.server(&scene.agent("SYNC01", 1)), router).await;
    let client = scene.client(address);
    let call = tokio::spawn(async move { client.report(false).await });
    asked.notified().await;
    scene.hand.advance(Duration::from_secs(15));
    assert_eq!(call.await.expect("ends").expect_err("given up").code(), "timed-out");
}

#[tokio::test]
async fn nobody_listening_is_no_answer() {
    let scene = scene();
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let address = listener.local_addr().expect("an address");
    drop(listener);
    let error = scene.client(address).report(false).await.expect_err("nobody");
    assert_eq!(error.code(), "no-answer");
    assert!(error.to_string().contains("refused"), "{error}");
}

#[tokio::test]
async fn a_peer_that_never_shakes_hands_holds_up_nobody_and_is_dropped() {
    let scene = scene();
    let address = scene.listen(scene.server(&scene.agent("SYNC01", 1)), answering(REPORT)).await;
    let mut idle = TcpStream::connect(address).await.expect("connects");
    scene.client(address).report(false).await.expect("answers beside it");
    scene.hand.advance(Duration::from_secs(10));
    assert_eq!(idle.read(&mut [0; 1]).await.expect("closed"), 0);
    scene.log.line(&["link::listener", "handshake-timed-out"]).await;
}

#[tokio::test]
async fn connections_beyond_the_limit_wait_for_a_place() {
    let scene = scene();
    let limits = Limits { connections: 1, ..Limits::default() };
    let server = scene.server(&scene.agent("SYNC01", 1));
    let address = scene.listen_within(limits, server, answering(REPORT)).await;
    let first = scene.client(address);
    first.report(false).await.expect("has the only place");
    let second = scene.client(address);
    let waiting = tokio::spawn(async move { second.report(false).await });
    first.report(false).await.expect("keeps it");
    assert!(!waiting.is_finished());
    drop(first);
    waiting.await.expect("ends").expect("has its place");
}

#[tokio::test]
async fn an_old_connection_is_closed_after_its_answer_and_a_new_one_made() {
    let scene = scene();
    let (router, peers) = noting();
    let address = scene.listen(scene.server(&scene.agent("SYNC01", 1)), router).await;
    let client = scene.client(address);
    client.report(false).await.expect("answers");
    scene.hand.advance(Duration::from_secs(3600));
    client.report(false).await.expect("answers a last time");
    client.report(false).await.expect("answers on a new one");
    let seen = addresses(&peers);
    assert_eq!(seen[0], seen[1]);
    assert_ne!(seen[1], seen[2]);
}

#[tokio::test]
async fn a_shutdown_lets_a_running_request_end_and_takes_no_other() {
    let scene = scene();
    let (asked, go) = (Arc::new(Notify::new()), Arc::new(Notify::new()));
    let (arrived, gone) = (asked.clone(), go.clone());
    let slow = move || async move {
        arrived.notify_one();
        gone.notified().await;
        REPORT
    };
    let router = Router::new().route("/v1/report", get(slow));
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let address = listener.local_addr().expect("an address");
    let (stop, stopped) = oneshot::channel::<()>();
    let tls = scene.server(&scene.agent("SYNC01", 1));
    let shutdown = async { drop(stopped.await) };
    let serving = tokio::spawn(listener::serve(listener, tls, router, shutdown, scene.clock.clone()));
    let client = scene.client(address);
    let call = tokio::spawn(async move { client.report(false).await });
    asked.notified().await;
    stop.send(()).expect("it listens");
    // The port is closed at once, the request goes on.
    while TcpStream::connect(address).await.is_ok() {
        tokio::task::yield_now().await;
    }
    assert!(!serving.is_finished());
    go.notify_one();
    call.await.expect("ends").expect("answers");
    serving.await.expect("ends");
}

#[tokio::test]
async fn a_restarted_agent_is_asked_again_over_a_new_connection() {
    let scene = scene();
    let server = scene.server(&scene.agent("SYNC01", 1));
    let mut listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let address = listener.local_addr().expect("an address");
    let client = scene.client(address);
    for _ in 0..3 {
        let (stop, stopped) = oneshot::channel::<()>();
        let shutdown = async { drop(stopped.await) };
        let (tls, clock) = (server.clone(), scene.clock.clone());
        let serving = tokio::spawn(listener::serve(listener, tls, answering(REPORT), shutdown, clock));
        client.report(false).await.expect("answers");
        stop.send(()).expect("it listens");
        serving.await.expect("ends");
        listener = TcpListener::bind(address).await.expect("the same port");
    }
}
