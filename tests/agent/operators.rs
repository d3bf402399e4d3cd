//! What waits for an operator at the server: applied once, cancelled, bounded.

use std::process::{Command, Output, Stdio};

use syncmedic::agent::Operator;
use syncmedic::link::protocol::{ExecutionAnswer, Progress};
use syncmedic::plan::Mode;

use crate::bot::{accepted, finished, ready, wish};
use crate::site::Site;
use crate::waiting::until;

#[tokio::test(flavor = "multi_thread")]
async fn a_staged_request_can_be_cancelled_and_then_not_applied() {
    let site = Site::new("2.6.91.0");
    let (agent, client) = site.served().await;
    let wish = wish(Mode::Attended);
    let (plan, challenge) = ready(&client, &wish).await;
    accepted(client.execute(&site.grant(plan.clone(), challenge)).await.expect("answers"));
    let cancelled = accepted(client.cancel(&wish.request, plan.hash()).await.expect("answers"));
    assert!(matches!(cancelled.progress, Progress::Cancelled { .. }));
    let operator = Operator { account: "op".into(), aad_username: None };
    let why = agent.apply(&wish.request, operator).await.expect_err("is refused");
    assert_eq!(why[0].code, "not-staged");
    assert_eq!(site.runs().len(), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn of_two_operators_who_apply_one_request_at_once_one_runs_it() {
    let site = Site::new("2.6.91.0");
    let (_agent, client) = site.served().await;
    let wish = wish(Mode::Attended);
    let (plan, challenge) = ready(&client, &wish).await;
    let staged = accepted(client.execute(&site.grant(plan, challenge)).await.expect("answers"));
    assert!(matches!(staged.progress, Progress::Staged { .. }), "{staged:?}");
    assert_eq!(site.runs().len(), 0);
    let apply = || {
        let mut command = site.program(&["apply", "--yes", "--aad-username", "jane@contoso.com"]);
        command.env("USERDOMAIN", "CONTOSO").env("USERNAME", "somebody.else").env("USER", "somebody.else");
        command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("starts")
    };
    let (first, second) = (apply(), apply());
    let ended: Vec<Output> = [first, second].map(|child| child.wait_with_output().expect("ends")).into();
    let codes: Vec<Option<i32>> = ended.iter().map(|output| output.status.code()).collect();
    assert!(codes.contains(&Some(0)) && codes.contains(&Some(65)), "{ended:?}");
    assert_eq!(site.runs().len(), 1);
    assert!(site.runs()[0].ends_with("-Attended True -AADUsername jane@contoso.com"), "{:?}", site.runs());
    let Progress::Finished { operator, .. } = finished(&client, &wish.request).await else { panic!("ended") };
    // Whatever the environment says.
    let output = Command::new("id").arg("-run").output().expect("runs");
    assert_eq!(operator.as_deref(), Some(String::from_utf8_lossy(&output.stdout).trim()));
}

#[tokio::test(flavor = "multi_thread")]
async fn on_the_build_that_must_be_told_who_signs_in_nothing_is_used_up_without_it() {
    let site = Site::new("2.6.84.0");
    let (agent, client) = site.served().await;
    let wish = wish(Mode::Attended);
    let (plan, challenge) = ready(&client, &wish).await;
    accepted(client.execute(&site.grant(plan, challenge)).await.expect("answers"));
    let operator =
        |name: Option<&str>| Operator { account: "op".into(), aad_username: name.map(str::to_owned) };
    for (name, code) in [
        (None, "aad-username-needed"),
        (Some("jane; rm"), "arguments-invalid"),
        (Some("jane"), "arguments-invalid"),
    ] {
        let why = agent.apply(&wish.request, operator(name)).await.expect_err("is refused");
        assert_eq!(why[0].code, code);
    }
    let applied = agent.apply(&wish.request, operator(Some("jane@contoso.com"))).await.expect("runs");
    assert!(matches!(applied.progress, Progress::Finished { .. }));
    assert_eq!(site.runs().len(), 1);
}

/// Runs `apply` with these lines typed at its questions.
fn typed(site: &Site, lines: &str) -> Output {
    use std::io::Write as _;
    let mut command = site.program(&["apply"]);
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().expect("starts");
    child.stdin.take().expect("piped").write_all(lines.as_bytes()).expect("is read");
    child.wait_with_output().expect("ends")
}

#[tokio::test(flavor = "multi_thread")]
async fn apply_shows_what_was_approved_asks_who_signs_in_and_says_who_ran_it() {
    let site = Site::new("2.6.84.0");
    let (_agent, client) = site.served().await;
    let wish = wish(Mode::Attended);
    let (plan, challenge) = ready(&client, &wish).await;
    accepted(client.execute(&site.grant(plan.clone(), challenge)).await.expect("answers"));
    for (lines, code) in [("\n", 65), ("jane@contoso.com\nno\n", 0), ("jane@contoso.com\n", 0)] {
        let refused = typed(&site, lines);
        assert_eq!((refused.status.code(), site.runs().len()), (Some(code), 0), "{lines:?}: {refused:?}");
    }
    let applied = typed(&site, "jane@contoso.com\nyes\n");
    assert_eq!(applied.status.code(), Some(0), "{applied:?}");
    let out = String::from_utf8_lossy(&applied.stdout).into_owned();
    let me = Command::new("id").arg("-run").output().expect("runs");
    let me = String::from_utf8_lossy(&me.stdout).trim().to_owned();
    for shown in [
        plan.code().to_string(),
        "Approved by     2".into(),
        "Set-ADSyncAADPasswordSyncState".into(),
        "Who signs in?".into(),
        format!("On record as run by {me}."),
    ] {
        assert!(out.contains(&shown), "{shown}: {out}");
    }
    assert!(site.runs()[0].ends_with("-Attended True -AADUsername jane@contoso.com"), "{:?}", site.runs());
}

#[tokio::test(flavor = "multi_thread")]
async fn an_operators_ctrl_c_does_not_break_off_what_has_begun() {
    let site = Site::new("2.6.91.0");
    let (_agent, client) = site.served().await;
    let wish = wish(Mode::Attended);
    let (plan, challenge) = ready(&client, &wish).await;
    accepted(client.execute(&site.grant(plan, challenge)).await.expect("answers"));
    site.hang();
    let mut command = site.program(&["apply", "--yes"]);
    let child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("starts");
    until("the command runs", || (site.runs().len() == 1).then_some(()));
    let sent = Command::new("kill").args(["-INT", &child.id().to_string()]).status().expect("kill runs");
    assert!(sent.success());
    site.let_go();
    let ended = child.wait_with_output().expect("ends");
    // It says how the command ended, and so does the journal.
    assert_eq!(ended.status.code(), Some(65), "{ended:?}");
    assert!(matches!(finished(&client, &wish.request).await, Progress::Finished { .. }));
}

#[tokio::test(flavor = "multi_thread")]
async fn only_so_many_requests_wait_for_an_operator() {
    let site = Site::new("2.6.91.0");
    let (agent, client) = site.served().await;
    for _ in 0..5 {
        let (plan, challenge) = ready(&client, &wish(Mode::Attended)).await;
        accepted(client.execute(&site.grant(plan, challenge)).await.expect("answers"));
    }
    let (plan, challenge) = ready(&client, &wish(Mode::Attended)).await;
    let answer = client.execute(&site.grant(plan, challenge)).await.expect("answers");
    let ExecutionAnswer::Refused { why } = answer else { panic!("was taken: {answer:?}") };
    assert_eq!((why[0].code.as_str(), agent.staged().expect("reads").len()), ("too-many-staged", 5));
}
