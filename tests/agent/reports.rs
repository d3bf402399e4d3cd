//! What the agent tells: its state, its answers to whatever is asked, its entries on the system's record.

use std::time::Duration;

use jiff::SignedDuration;
use syncmedic::agent::Operator;
use syncmedic::link::protocol::ExecutionAnswer;
use syncmedic::plan::{Mode, Plan};

use crate::bot::{accepted, finished, ready, wish};
use crate::site::Site;
use crate::waiting::until_async;

#[tokio::test(flavor = "multi_thread")]
async fn the_state_is_read_at_the_start_every_five_minutes_and_on_demand() {
    let site = Site::new("2.6.3.0");
    let (site, hand) = site.with_manual_time();
    let start = site.clock().now();
    let agent = site.agent();
    let read_at = async |fresh: bool| agent.report(fresh).await.state.map(|state| state.read_at);
    let reading = tokio::spawn({
        let agent = agent.clone();
        async move { agent.keep_reading().await }
    });
    until_async("the first reading", async || read_at(false).await.filter(|at| *at == start)).await;
    // Minute by minute: the next reading is not one of the first four minutes.
    let next = until_async("the next reading", async || {
        hand.advance(Duration::from_secs(60));
        read_at(false).await.filter(|at| *at > start)
    })
    .await;
    assert!(next >= start + SignedDuration::from_mins(5), "{next}");
    reading.abort();
    hand.advance(Duration::from_secs(1));
    let now = site.clock().now();
    assert_eq!(read_at(true).await, Some(now), "on demand, it is read at once");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_no_request_of_the_protocol_is_answered_with_a_problem() {
    let site = Site::new("2.6.3.0");
    let socket = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("binds");
    let base = format!("http://{}", socket.local_addr().expect("has one"));
    let router = site.agent().router();
    tokio::spawn(async move { axum::serve(socket, router).await });
    let http = reqwest::Client::builder().no_proxy().build().expect("builds");
    let json = |text: String| {
        http.post(format!("{base}/v1/executions")).header("content-type", "application/json").body(text)
    };
    for (request, status, code) in [
        (http.get(format!("{base}/v2/report")), 404, "no-such-path"),
        (http.delete(format!("{base}/v1/report")), 405, "no-such-method"),
        (http.get(format!("{base}/v1/report?fresh=x")), 400, "query-unreadable"),
        (http.delete(format!("{base}/v1/executions/{}", "0".repeat(32))), 400, "query-unreadable"),
        (http.delete(format!("{base}/v1/executions/{}?plan=7f3a", "0".repeat(32))), 400, "query-unreadable"),
        (http.get(format!("{base}/v1/executions/7")), 400, "request-id-invalid"),
        (http.get(format!("{base}/v1/executions/{}", "0".repeat(32))), 404, "request-unknown"),
        (json("{".into()), 400, "body-unreadable"),
        (json("{}".into()), 422, "body-unreadable"),
        (json(format!("{{\"grant\":\"{}\"}}", "x".repeat(70_000))), 413, "body-unreadable"),
    ] {
        let answer = request.send().await.expect("answers");
        assert_eq!(answer.status().as_u16(), status, "{code}");
        let problem: serde_json::Value = answer.json().await.expect("JSON");
        assert_eq!(problem["code"], code);
        assert!(problem["text"].is_string());
    }
    let answer: ExecutionAnswer =
        json("{\"grant\":\"v4.public.x\"}".into()).send().await.expect("answers").json().await.expect("JSON");
    let ExecutionAnswer::Refused { why } = answer else { panic!("was taken") };
    assert_eq!(why[0].code, "grant-malformed");
}

/// A command's life on the system's record: that it began, how it ended, and what was refused.
#[tokio::test(flavor = "multi_thread")]
async fn each_run_and_each_refused_command_is_on_the_systems_record() {
    let site = Site::new("2.6.3.0");
    let (_agent, client) = site.served().await;
    let first = wish(Mode::Unattended);
    let (plan, challenge) = ready(&client, &first).await;
    accepted(client.execute(&site.grant(plan.clone(), challenge)).await.expect("answers"));
    finished(&client, &first.request).await;
    assert_eq!(site.record.ids(), [10, 11]);
    for entry in site.record.entries() {
        for part in [plan.code().to_string(), first.request.to_string(), "Audit head: #12 9be1-44d0".into()] {
            assert!(entry.text.contains(&part), "{part} in {entry:?}");
        }
        assert!(
            entry.text.contains("Requester (Discord id): ") && entry.text.contains("Approvers"),
            "{entry:?}"
        );
    }
    // A grant of another key, and one whose command may not run here.
    let forged = client.execute("v4.public.forged").await.expect("answers");
    assert!(matches!(forged, ExecutionAnswer::Refused { .. }), "{forged:?}");
    let foreign =
        Plan { agent: "SYNC99".parse().expect("valid"), request: wish(Mode::Unattended).request, ..plan };
    let foreign = client.execute(&site.grant(foreign, "00".repeat(16))).await.expect("answers");
    assert!(matches!(foreign, ExecutionAnswer::Refused { .. }), "{foreign:?}");
    assert_eq!(site.record.ids(), [10, 11, 20, 20]);
    let texts: Vec<String> = site.record.entries().into_iter().map(|entry| entry.text).collect();
    assert!(texts[2].contains("without a valid signature"), "{}", texts[2]);
    assert!(texts[3].contains("Plan code: ") && texts[3].contains("Audit head: "), "{}", texts[3]);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_waits_for_an_operator_and_who_applied_it_is_on_the_systems_record() {
    let site = Site::new("2.6.91.0");
    let (agent, client) = site.served().await;
    let wish = wish(Mode::Attended);
    let (plan, challenge) = ready(&client, &wish).await;
    accepted(client.execute(&site.grant(plan, challenge)).await.expect("answers"));
    let operator = Operator { account: "CONTOSO\\op".into(), aad_username: None };
    agent.apply(&wish.request, operator).await.expect("runs");
    assert_eq!(site.record.ids(), [13, 10, 11]);
    assert!(site.record.entries()[1].text.contains("Operator: CONTOSO\\op"), "{:?}", site.record.entries());
}
