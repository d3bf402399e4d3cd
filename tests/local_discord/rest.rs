//! What every request meets: token, User-Agent, rate limits, faults; and what is recorded.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use reqwest::Method;
use serde_json::json;
use syncmedic::clock::Clock;
use syncmedic::demo::discord::people::{APPLICATION, DANA, GUILD, LEE, OLGA, STATUS};
use syncmedic::demo::discord::{Config, Fault, Limits, LocalDiscord, StartError};
use syncmedic::random::Random;

use super::{Stage, got};

fn messages() -> String {
    format!("/channels/{STATUS}/messages")
}

#[tokio::test]
async fn a_taken_port_is_a_clear_error() {
    let stage = Stage::new().await;
    let mut config = Config::new(Clock::system(), Random::system());
    config.port = stage.discord.port();
    let error = LocalDiscord::start(config).await.expect_err("taken");
    assert!(matches!(error, StartError::Taken { .. }));
    assert!(error.to_string().contains("is taken"));
}

#[tokio::test]
async fn a_wrong_token_or_user_agent_is_refused() {
    let stage = Stage::new().await;
    let me = format!("{}/users/@me", stage.discord.api_url());
    let wrong =
        got(stage.http.get(&me).header("authorization", "Bot wrong").send().await.expect("an answer")).await;
    assert_eq!(wrong.status, 401);
    let bare = reqwest::Client::new();
    let right = format!("Bot {}", stage.discord.token());
    let agent = got(bare.get(&me).header("authorization", &right).send().await.expect("an answer")).await;
    assert_eq!(agent.status, 403);
    assert_eq!(stage.get("/users/@me").await.status, 200);
}

#[tokio::test]
async fn a_doctor_finds_what_it_needs() {
    let stage = Stage::new().await;
    let guild = stage.get(&format!("/guilds/{GUILD}")).await.body;
    assert_eq!((&guild["owner_id"], guild["roles"].as_array().map(Vec::len)), (&json!(OLGA), Some(4)));
    assert_eq!(stage.get(&format!("/guilds/{GUILD}/roles")).await.body, guild["roles"]);
    assert_eq!(stage.get(&format!("/guilds/{GUILD}/channels")).await.body.as_array().map(Vec::len), Some(4));
    let channel = stage.get(&format!("/channels/{STATUS}")).await.body;
    assert_eq!((&channel["name"], &channel["permission_overwrites"]), (&json!("sync-status"), &json!([])));
    stage.discord.time_out(LEE, Some("2026-11-22T03:00:00Z".parse().expect("a time")));
    let member = stage.get(&format!("/guilds/{GUILD}/members/{LEE}")).await.body;
    assert_eq!(member["communication_disabled_until"], "2026-11-22T03:00:00Z");
    assert_eq!(stage.get(&format!("/guilds/{GUILD}/members")).await.status, 403, "needs the members intent");
    stage.discord.kick(LEE);
    assert_eq!(stage.get(&format!("/guilds/{GUILD}/members/{LEE}")).await.code(), 10007);
    assert_eq!(stage.get(&format!("/guilds/{GUILD}/members/77")).await.code(), 10013);
    assert_eq!(stage.get("/guilds/77").await.code(), 10004);
    assert_eq!(stage.get("/applications/@me").await.body["id"], json!(APPLICATION));
    let limit = stage.get("/gateway/bot").await.body;
    assert_eq!(limit["session_start_limit"]["total"], 1000);
}

#[tokio::test]
async fn buckets_fill_say_so_and_refill_when_time_moves() {
    let stage = Stage::with(|c| c.limits = Limits::DISCORD).await;
    let body = json!({ "content": "x" });
    for left in (0..5).rev() {
        let sent = stage.post(&messages(), &body).await;
        assert_eq!((sent.status, sent.header("x-ratelimit-remaining")), (200, left.to_string().as_str()));
        assert_eq!(sent.header("x-ratelimit-limit"), "5");
        assert!(!sent.header("x-ratelimit-bucket").is_empty());
    }
    stage.hand.advance(Duration::from_millis(3500));
    let refused = stage.post(&messages(), &body).await;
    assert_eq!(refused.status, 429);
    assert_eq!((&refused.body["retry_after"], &refused.body["global"]), (&json!(1.5), &json!(false)));
    assert_eq!((refused.header("retry-after"), refused.header("x-ratelimit-scope")), ("2", "user"));
    stage.hand.advance(Duration::from_millis(1500));
    assert_eq!(stage.post(&messages(), &body).await.status, 200);
}

#[tokio::test]
async fn the_51st_request_in_a_second_hits_the_global_limit() {
    let mut limits = Limits::DISCORD;
    limits.other = Limits::GENEROUS.other;
    let stage = Stage::with(|c| c.limits = limits).await;
    for _ in 0..50 {
        assert_eq!(stage.get("/users/@me").await.status, 200);
    }
    let refused = stage.get(&format!("/guilds/{GUILD}")).await;
    assert_eq!((refused.status, refused.header("x-ratelimit-global")), (429, "true"));
    assert_eq!(refused.body["global"], true);
    stage.hand.advance(Duration::from_secs(1));
    assert_eq!(stage.get("/users/@me").await.status, 200);
}

#[tokio::test]
async fn planned_faults_hit_as_planned_and_a_lost_answer_took_effect() {
    let stage = Stage::new().await;
    let d = &stage.discord;
    let body = json!({ "content": "x" });
    d.fail_next(1, "POST", "/channels/*/messages", Fault::TooManyRequests { retry_after: 0.5, global: true });
    let limited = stage.post(&messages(), &body).await;
    assert_eq!((limited.status, &limited.body["retry_after"]), (429, &json!(0.5)));
    assert_eq!(limited.header("x-ratelimit-global"), "true");
    d.fail_next(1, "", &messages(), Fault::Status(502));
    assert_eq!(stage.post(&messages(), &body).await.status, 502);
    d.fail_next(1, "", "", Fault::Error { status: 403, code: 50001, message: "Missing Access".to_owned() });
    assert_eq!(stage.post(&messages(), &body).await.code(), 50001);
    assert!(d.messages(STATUS, DANA).is_empty());
    let send = || {
        stage
            .http
            .post(format!("{}{}", d.api_url(), messages()))
            .header("authorization", format!("Bot {}", d.token()))
            .json(&body)
            .send()
    };
    d.fail_next(1, "", "", Fault::Drop);
    send().await.expect_err("cut");
    assert!(d.messages(STATUS, DANA).is_empty());
    d.fail_next(1, "", "", Fault::LoseAnswer);
    send().await.expect_err("cut");
    assert_eq!(d.messages(STATUS, DANA).len(), 1);
    d.fail_next(1, "", "", Fault::Hang);
    let patient = send();
    tokio::pin!(patient);
    tokio::select! {
        _ = &mut patient => panic!("an answer came"),
        hung = d.requested("the request that hangs", |r| r.number == 6) => assert_eq!(hung.expect("it came").status, None),
    }
    assert_eq!(d.planned_faults(), 0);
    let statuses: Vec<_> = d.requests().iter().map(|r| r.status).collect();
    assert_eq!(statuses, [Some(429), Some(502), Some(403), None, None, None]);
}

#[tokio::test]
async fn every_request_is_recorded_and_told_to_listeners() {
    let stage = Stage::new().await;
    let heard = Arc::new(Mutex::new(Vec::new()));
    stage.discord.on_request({
        let heard = heard.clone();
        move |request| heard.lock().expect("no panic").push(request.clone())
    });
    let body = json!({ "content": "x" });
    stage.post(&messages(), &body).await;
    stage.get(&format!("{}?limit=1", messages())).await;
    let recorded = stage.discord.requests();
    assert_eq!(*heard.lock().expect("no panic"), recorded);
    assert_eq!(
        (recorded[0].method.as_str(), &recorded[0].path, &recorded[0].body),
        ("POST", &messages(), &body)
    );
    assert_eq!((recorded[1].query.as_str(), recorded[1].status), ("limit=1", Some(200)));
}

#[tokio::test]
async fn commands_are_registered_checked_and_their_creates_counted() {
    let stage = Stage::new().await;
    stage.register().await;
    let path = format!("/applications/{APPLICATION}/guilds/{GUILD}/commands");
    let first = stage.get(&path).await.body;
    assert_eq!(first.as_array().map(Vec::len), Some(3));
    stage.register().await;
    let second = stage.get(&path).await.body;
    assert_eq!(first[0]["id"], second[0]["id"], "a known name keeps its id");
    let bad =
        stage.call(Method::PUT, &path, Some(&json!([{ "name": "Bad Name", "description": "d" }]))).await;
    assert_eq!(bad.code(), 50035);
    assert!(bad.body.pointer("/errors/0/name/_errors").is_some(), "{}", bad.body);
    for n in 3..200 {
        let command = json!({ "name": format!("c{n}"), "description": "d" });
        let made = stage.call(Method::PUT, &path, Some(&json!([command]))).await;
        assert_eq!(made.status, 200, "{n}: {}", made.body);
    }
    let command = json!({ "name": "one-too-many", "description": "d" });
    assert_eq!(stage.post(&path, &command).await.code(), 30034);
    stage.hand.advance(Duration::from_secs(24 * 3600));
    assert_eq!(stage.post(&path, &command).await.status, 201);
    assert_eq!(stage.get(&format!("/applications/{APPLICATION}/guilds/7/commands")).await.code(), 50001);
    // Descriptions in other languages are told only to who asks for them.
    let told = json!([{ "name": "signin", "description": "d", "description_localizations": { "de": "D" } }]);
    stage.call(Method::PUT, &path, Some(&told)).await;
    assert!(stage.get(&path).await.body[0]["description_localizations"].is_null());
    let all = stage.get(&format!("{path}?with_localizations=true")).await.body;
    assert_eq!(all[0]["description_localizations"]["de"], "D");
}
