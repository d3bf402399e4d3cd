//! `kill -9` at the worst moments.

use syncmedic::demo::discord::people::{HELPDESK, LEE};
use syncmedic::gate::State;

use crate::site::{Site, flag_is_on};
use crate::waiting::until;

#[tokio::test(flavor = "multi_thread")]
async fn a_bot_killed_in_every_state_starts_at_once_goes_on_and_runs_nothing_twice() {
    let mut site = Site::new().await;
    site.start_bot().await;
    let card = site.request().await;
    site.reaches(State::Requested).await;
    site.kill_and_restart_bot().await;

    site.active.set_cycle_running(true);
    site.press(LEE, card.id, "Approve").await;
    site.says(card.id, "cycle-running").await;
    site.reaches(State::Approved).await;
    site.kill_and_restart_bot().await;

    site.active.hold(true);
    site.active.set_cycle_running(false);
    // The agent said when to ask again; the new process does not wait for that.
    site.kill_and_restart_bot().await;
    site.reaches(State::Running).await;
    until("the command runs", || (site.active.runs().len() == 1).then_some(()));
    site.kill_and_restart_bot().await;

    site.active.hold(false);
    site.reaches(State::Succeeded).await;
    site.kill_and_restart_bot().await;

    site.active.log_heartbeats(0);
    let verified = site.reaches(State::Verified).await;
    assert!(!verified.late);
    site.says(card.id, "Verified").await;
    assert_eq!(site.active.runs().len(), 1, "it ran once");
    site.end();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_run_whose_agent_was_killed_is_unknown_never_repeated_and_proven_later() {
    let mut site = Site::new().await;
    site.start_bot().await;
    let card = site.request().await;
    site.active.hold(true);
    site.press(LEE, card.id, "Approve").await;
    site.reaches(State::Running).await;
    until("the command runs", || (site.active.runs().len() == 1).then_some(()));
    site.active.take_agent().kill();
    // What it had started lives on, and does its work; nobody is left to note that.
    site.active.hold(false);
    flag_is_on(&site);
    site.active.start();
    site.reaches(State::Unknown).await;
    site.says(card.id, "it will not be run again").await;
    let told = site.discord.next_message(HELPDESK, |m| m.text().contains("not known whether it ran")).await;
    told.expect("the requester is told");

    site.active.log_heartbeats(0);
    site.reaches(State::Verified).await;
    site.says(card.id, "Verified").await;
    assert_eq!(site.active.runs().len(), 1, "it ran once");
    site.end();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_bot_killed_while_a_run_is_staged_and_while_it_is_unproven_hears_of_both_ends() {
    let mut site = Site::with("2.6.91.0", "2.6.3.0", &[("VERIFY_WITHIN", "2s")]).await;
    site.start_bot().await;
    let card = site.request().await;
    site.press(LEE, card.id, "Approve").await;
    site.reaches(State::Staged).await;
    site.says(card.id, "syncmedic-agent apply").await;
    assert_eq!(site.active.runs().len(), 0, "nothing runs by itself");
    site.take_bot().kill();
    site.discord.online(false).await.expect("the bot goes offline");

    // Nobody needs the bot for it.
    let applied = site.active.apply();
    assert_eq!(applied.code, Some(0), "{applied:?}");
    assert!(applied.out.contains("reported success"), "{applied:?}");
    assert!(site.active.runs()[0].ends_with("-Attended True"), "{:?}", site.active.runs());
    let again = site.active.apply();
    assert_eq!(again.code, Some(65), "{again:?}");

    site.start_bot().await;
    site.reaches(State::Unproven).await;
    site.kill_and_restart_bot().await;
    site.active.log_heartbeats(0);
    let verified = site.reaches(State::Verified).await;
    assert!(verified.late);
    // The system's word, not the environment's.
    assert_eq!(verified.operator, Some(syncmedic::agent::account::of_this_session()));
    site.says(card.id, "late").await;
    assert_eq!(site.active.runs().len(), 1, "it ran once");
    site.end();
}
