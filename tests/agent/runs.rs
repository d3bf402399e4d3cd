//! A command runs once, on the state that was approved, or not at all; and whatever happens the journal knows.

use jiff::SignedDuration;
use syncmedic::agent::Operator;
use syncmedic::link::protocol::{ExecutionAnswer, PlanAnswer, Progress, RunOutcome};
use syncmedic::plan::Mode;
use syncmedic::random::Random;

use crate::bot::{accepted, finished, ready, wish};
use crate::site::{STATE, Site};
use crate::waiting::{until, until_async};

#[tokio::test(flavor = "multi_thread")]
async fn an_approved_command_runs_once_and_the_next_report_shows_what_it_did() {
    let site = Site::new("2.6.3.0");
    let (_agent, client) = site.served().await;
    let report = client.report(true).await.expect("answers");
    assert_eq!(report.state.as_ref().and_then(|state| state.cloud_flag), Some(false));
    assert_eq!(report.permits.commands.len(), 1);
    let wish = wish(Mode::Unattended);
    let (plan, challenge) = ready(&client, &wish).await;
    let token = site.grant(plan.clone(), challenge);
    accepted(client.execute(&token).await.expect("answers"));
    let Progress::Finished { outcome: RunOutcome::Succeeded { output }, operator: None, .. } =
        finished(&client, &wish.request).await
    else {
        panic!("no success");
    };
    assert_eq!(output["by"], "<address>");
    // Delivered again, it is known, and does not run again.
    let again = accepted(client.execute(&token).await.expect("answers"));
    assert!(matches!(again.progress, Progress::Finished { .. }));
    let cancelled = client.cancel(&wish.request, plan.hash()).await.expect("answers");
    assert!(matches!(cancelled, ExecutionAnswer::Refused { .. }));
    until_async("the report shows it", async || {
        let report = client.report(false).await.expect("answers");
        report.state.and_then(|state| state.cloud_flag).filter(|on| *on)
    })
    .await;
    let expected = "-ExpectedStaging False -EntraConnector b891884f-051e-4a83-95af-2544101c9083 -ExpectedCloudFlag False -Attended False";
    assert_eq!(site.runs(), [expected]);
    assert_eq!(client.execution(&crate::bot::wish(Mode::Attended).request).await.expect("answers"), None);
    assert_eq!(client.catalog().await.expect("answers").len(), 3);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_state_that_moved_between_plan_and_grant_lets_nothing_run() {
    let site = Site::new("2.6.3.0");
    let (_agent, client) = site.served().await;
    let (plan, challenge) = ready(&client, &wish(Mode::Unattended)).await;
    let on = STATE.replace("\"cloud_flag\":false", "\"cloud_flag\":true");
    site.write("state.json", &on);
    let answer = client.execute(&site.grant(plan, challenge)).await.expect("answers");
    let ExecutionAnswer::Moved { why } = answer else { panic!("not moved: {answer:?}") };
    assert_eq!(
        why.iter().map(|reason| reason.code.as_str()).collect::<Vec<_>>(),
        ["state-moved", "already-enabled"]
    );
    assert_eq!(site.runs().len(), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_delivery_that_meets_a_busy_server_or_a_dead_challenge_is_put_off_and_a_new_plan_runs() {
    let site = Site::new("2.6.3.0");
    let (_agent, client) = site.served().await;
    let wish = wish(Mode::Unattended);
    let (plan, challenge) = ready(&client, &wish).await;
    let cycle = STATE.replace("\"cycle_running\":false", "\"cycle_running\":true");
    for (state, challenge, code) in [
        (cycle.as_str(), challenge.as_str(), "cycle-running"),
        (STATE, challenge.as_str(), "challenge-unknown"),
        (STATE, &"00".repeat(16), "challenge-unknown"),
    ] {
        site.write("state.json", state);
        let answer = client.execute(&site.grant(plan.clone(), challenge.to_owned())).await.expect("answers");
        let ExecutionAnswer::Busy { why, retry_after } = answer else { panic!("not busy: {answer:?}") };
        assert_eq!(why[0].code, code);
        assert!((1..=30).contains(&retry_after), "{retry_after}");
    }
    assert_eq!(client.execution(&wish.request).await.expect("answers"), None, "nothing was used up");
    let (plan, challenge) = ready(&client, &wish).await;
    accepted(client.execute(&site.grant(plan, challenge)).await.expect("answers"));
    finished(&client, &wish.request).await;
    assert_eq!(site.runs().len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_agent_killed_during_a_run_never_runs_the_request_again() {
    let site = Site::new("2.6.3.0");
    site.hang();
    let (mut child, address) = site.process();
    let client = site.client(&address);
    let wish = wish(Mode::Unattended);
    let (plan, challenge) = ready(&client, &wish).await;
    let token = site.grant(plan, challenge);
    let running = accepted(client.execute(&token).await.expect("answers"));
    assert!(matches!(running.progress, Progress::Running { .. }), "{running:?}");
    until("the command runs", || (site.runs().len() == 1).then_some(()));
    child.kill().expect("kills");
    child.wait().expect("ends");
    site.let_go();

    let (mut child, address) = site.process();
    let client = site.client(&address);
    let known = client.execution(&wish.request).await.expect("answers").expect("is known");
    assert!(matches!(known.progress, Progress::Unknown { .. }), "{known:?}");
    let again = accepted(client.execute(&token).await.expect("answers"));
    assert!(matches!(again.progress, Progress::Unknown { .. }), "{again:?}");
    assert_eq!(site.runs().len(), 1);
    child.kill().expect("kills");
    child.wait().expect("ends");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_request_that_was_cancelled_before_its_grant_came_never_runs_even_after_a_restart() {
    let site = Site::new("2.6.3.0");
    let (_agent, client) = site.served().await;
    let wish = wish(Mode::Unattended);
    let (plan, challenge) = ready(&client, &wish).await;
    for _ in 0..2 {
        let cancelled = accepted(client.cancel(&wish.request, plan.hash()).await.expect("answers"));
        assert_eq!(cancelled.plan, plan.hash());
        assert!(matches!(cancelled.progress, Progress::Cancelled { .. }));
    }
    let token = site.grant(plan.clone(), challenge);
    let (_restarted, again) = site.served().await;
    for client in [client, again] {
        let answer = client.execute(&token).await.expect("answers");
        let ExecutionAnswer::Refused { why } = answer else { panic!("not refused: {answer:?}") };
        assert_eq!(why[0].code, "request-known");
    }
    assert_eq!(site.runs().len(), 0);
}

/// A server's clock that ran ahead, and was corrected after the bot had been told that the request is over.
#[tokio::test(flavor = "multi_thread")]
async fn what_was_ever_answered_as_cancelled_is_never_applied_even_if_the_clock_is_set_back() {
    let site = Site::new("2.6.91.0");
    let (site, hand) = site.with_manual_time();
    let now = site.clock().now();
    let (agent, client) = site.served().await;
    let wish = wish(Mode::Attended);
    let (plan, challenge) = ready(&client, &wish).await;
    accepted(client.execute(&site.grant(plan, challenge)).await.expect("answers"));
    hand.set_wall(now + SignedDuration::from_hours(2));
    let told = client.execution(&wish.request).await.expect("answers").expect("is known");
    assert!(matches!(told.progress, Progress::Cancelled { .. }), "{told:?}");
    hand.set_wall(now);
    let operator = Operator { account: "op".into(), aad_username: None };
    let why = agent.apply(&wish.request, operator).await.expect_err("is refused");
    assert_eq!(why[0].code, "not-staged");
    assert_eq!(site.runs().len(), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn only_so_many_requests_that_never_came_are_cancelled_in_an_hour() {
    let site = Site::new("2.6.3.0");
    let (_agent, client) = site.served().await;
    let (plan, _) = ready(&client, &wish(Mode::Unattended)).await;
    let cancel = async || {
        let request = Random::system().id().parse().expect("valid");
        client.cancel(&request, plan.hash()).await.expect("answers")
    };
    for _ in 0..60 {
        accepted(cancel().await);
    }
    let answer = cancel().await;
    let ExecutionAnswer::Refused { why } = answer else { panic!("was taken: {answer:?}") };
    assert_eq!(why[0].code, "too-many-cancelled");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_damaged_journal_stops_every_run_and_no_report() {
    let site = Site::new("2.6.3.0");
    let journal = site.home().join("data/journal.jsonl");
    std::fs::write(&journal, "changed by another hand\n").expect("writes");
    let (_agent, client) = site.served().await;
    let report = client.report(true).await.expect("answers");
    assert!(
        report.gaps.iter().any(|gap| gap.what == "journal" && gap.why.contains("line 1")),
        "{:?}",
        report.gaps
    );
    let PlanAnswer::Refused { why } = client.plan(&wish(Mode::Unattended)).await.expect("answers") else {
        panic!("was planned");
    };
    assert_eq!(why[0].code, "journal-corrupt");
    assert!(std::fs::read_to_string(&journal).expect("reads").starts_with("changed"), "the evidence stays");
}
