//! Being told before anyone asks: alert cards and summaries.

use std::time::Duration;

use serde_json::json;
use syncmedic::demo::discord::people::{DANA, HELPDESK, LEE, SAM, STATUS};
use syncmedic::demo::discord::{Fault, Shown};
use syncmedic::demo::simulator::scenario::Scenario;
use syncmedic::gate::State;
use syncmedic::report::ServiceState;

use crate::story::{Setup, Story, tell};

const MINUTE: Duration = Duration::from_secs(60);
const HOUR: Duration = Duration::from_secs(3600);

/// Nothing is wrong, and no summary is due.
fn quiet() -> Setup {
    Setup::new().scenario(Scenario::Healthy).env("SUMMARY_SCHEDULE", "0 12 * * *")
}

/// The cloud flag goes off or on, and each forest tries at once.
fn flag(s: &Story, on: bool) {
    s.server("SYNC01").tenant().set_flag(on);
    s.server("SYNC01").cycle(Duration::ZERO);
}

/// The summaries in the status channel.
fn summaries(s: &Story) -> Vec<Shown> {
    let all = s.posts(STATUS);
    all.into_iter().filter(|message| message.text().contains("Audit head")).collect()
}

/// Lets time pass until there is a summary; returns it.
async fn summary(s: &Story) -> Shown {
    s.until("a summary", async || summaries(s).pop()).await
}

/// The newest due time that was claimed.
async fn due(s: &Story) -> String {
    let last = s.store().await.last_summary().await.expect("readable");
    last.map_or_else(|| "none".to_owned(), |claim| claim.due_at.to_string())
}

#[test]
fn a_server_that_turns_bad_is_one_card_that_follows_what_happens() {
    tell(quiet(), async |s| {
        s.pass(2 * MINUTE).await;
        assert!(s.posts(STATUS).is_empty(), "all is well");

        flag(s, false);
        let card = s.post_says(STATUS, "switched off").await;
        assert!(card.text().contains("SYNC01"), "{}", card.text());
        assert!(card.pings.is_empty());

        s.server("SYNC01").change(|state| state.service = ServiceState::Stopped);
        s.card_says(card.id, "does not run").await;

        s.server("SYNC01").change(|state| state.service = ServiceState::Running);
        flag(s, true);
        let over = s.card_says(card.id, "has recovered").await;
        assert!(over.text().contains("does not run"), "how it developed: {}", over.text());
        s.pass(5 * MINUTE).await;
        assert_eq!(s.posts(STATUS).len(), 1, "one card");
        s.skim();
    });
}

/// How an open incident is headed; how it developed is told without the server's name.
const OFF: &str = "SYNC01: Password hash sync is switched off";

#[test]
fn a_flap_within_ten_minutes_adds_no_card_and_a_later_fault_does() {
    tell(quiet(), async |s| {
        s.pass(MINUTE).await;
        flag(s, false);
        let card = s.post_says(STATUS, OFF).await;
        flag(s, true);
        s.card_says(card.id, "has recovered").await;

        s.pass(5 * MINUTE).await;
        flag(s, false);
        s.card_says(card.id, OFF).await;
        flag(s, true);
        s.card_says(card.id, "has recovered").await;
        assert_eq!(s.posts(STATUS).len(), 1, "the same incident on the same card");

        s.pass(12 * MINUTE).await;
        flag(s, false);
        // The first card tells how it developed, so words alone do not tell the two apart.
        let later =
            s.until("a new incident", async || s.posts(STATUS).into_iter().find(|it| it.id != card.id)).await;
        assert!(later.text().contains(OFF), "{}", later.text());
        assert_eq!(s.posts(STATUS).len(), 2);
        s.skim();
    });
}

#[test]
fn an_agent_is_reported_silent_after_three_sweeps_and_each_server_has_its_own_card() {
    tell(quiet(), async |s| {
        s.pass(90 * Duration::from_secs(1)).await;
        s.site.silence("STAGE01");
        // No more than two sweeps fit in here.
        s.pass(Duration::from_secs(110)).await;
        assert!(s.posts(STATUS).is_empty(), "one or two missed sweeps say nothing");
        let card = s.post_says(STATUS, "STAGE01 is silent").await;
        s.pass(5 * MINUTE).await;
        assert_eq!(s.posts(STATUS).len(), 1);

        flag(s, false);
        let other = s.post_says(STATUS, "switched off").await;
        assert_ne!(other.id, card.id);
        s.pass(5 * MINUTE).await;
        assert_eq!(s.posts(STATUS).len(), 2);
        s.skim();
    });
}

#[test]
fn a_restart_of_the_bot_adds_no_alert_card() {
    tell(Setup::new().env("SUMMARY_SCHEDULE", "0 12 * * *"), async |s| {
        let card = s.post_says(STATUS, "SYNC01").await;
        s.stop_bot().await;
        s.start_bot().await;
        s.pass(3 * MINUTE).await;
        s.restart_after_kill().await;
        s.pass(3 * MINUTE).await;
        assert_eq!(s.posts(STATUS).len(), 1);
        // And the same card goes on.
        flag(s, true);
        s.card_says(card.id, "has recovered").await;
        s.skim();
    });
}

#[test]
fn a_deleted_alert_card_comes_again_with_the_next_news() {
    tell(quiet(), async |s| {
        s.pass(MINUTE).await;
        flag(s, false);
        let card = s.post_says(STATUS, "switched off").await;
        s.discord.delete_message(card.id);
        flag(s, true);
        let anew = s.post_says(STATUS, "has recovered").await;
        assert_ne!(anew.id, card.id);
        assert_eq!(s.posts(STATUS).len(), 1);
        s.skim();
    });
}

#[test]
fn a_summary_on_demand_holds_everything_and_its_head_can_be_checked() {
    tell(Setup::new().env("SUMMARY_SCHEDULE", "0 12 * * *"), async |s| {
        let card = s.request_enablement().await;
        let id = s.request().await.id;
        let asked = s.discord.slash(DANA, HELPDESK, "sync summary", json!({})).expect("can ask");
        assert_eq!(s.answer(asked).await.visible_to, Some(DANA));
        let open = summary(s).await;
        assert!(open.pings.is_empty());
        let text = open.text();
        for words in [
            "SYNC01",
            "STAGE01",
            "2.6.3.0",
            "heartbeat",
            "error",
            "waiting for approval",
            "Asked by",
            "corp.contoso.com",
        ] {
            assert!(text.contains(words), "{words:?} is missing in:\n{text}");
        }
        assert_eq!(open.attachments.len(), 1, "a chart");
        assert!(open.attachments[0].bytes.starts_with(b"\x89PNG"));
        assert!(open.attachments[0].description.as_ref().is_some_and(|words| words.contains("SYNC01")));
        let head = text.split('`').find(|part| part.starts_with('#')).expect("the audit head is printed");
        let head = head.parse().expect("as `audit verify --expect` takes it");
        let checked = s.store().await.verify(Some(head)).await.expect("can be checked");
        assert!(checked.is_ok(), "{checked:?}");

        s.press(LEE, card.id, "Approve").await;
        s.until_state(&id, State::Verified).await;
        let asked = s.discord.slash(LEE, HELPDESK, "sync summary", json!({})).expect("can ask");
        s.answer(asked).await;
        let second = s.until("another summary", async || summaries(s).into_iter().nth(1)).await;
        assert!(second.text().contains("**verified**"), "{}", second.text());
        s.skim();
    });
}

#[test]
fn the_record_can_be_looked_at_where_the_team_works() {
    tell(Setup::new(), async |s| {
        s.request_enablement().await;
        let asked = s.discord.slash(SAM, HELPDESK, "audit recent", json!({})).expect("can ask");
        let audit = s.answer(asked).await;
        for words in ["genesis", "requested"] {
            assert!(audit.text().contains(words), "{words:?} is missing in:\n{}", audit.text());
        }
        s.skim();
    });
}

#[test]
fn each_due_time_has_one_summary_wherever_the_bot_is_killed() {
    let every_half_hour = quiet().start("2026-11-22T02:01:00Z").env("SUMMARY_SCHEDULE", "0,30 * * * *");
    let posts = format!("/channels/{STATUS}/messages");
    tell(every_half_hour, async |s| {
        // Killed just before the very first one.
        s.pass_until("2026-11-22T02:29:55Z").await;
        s.restart_after_kill().await;
        summary(s).await;
        assert_eq!(due(s).await, "2026-11-22T02:30:00Z");
        s.pass(2 * MINUTE).await;
        assert_eq!(summaries(s).len(), 1, "killed before");

        // Killed after the claim, while the post is under way and has not arrived.
        s.discord.fail_next(1, "POST", &posts, Fault::Hang);
        s.until("the post", async || (s.discord.planned_faults() == 0).then_some(())).await;
        assert_eq!(due(s).await, "2026-11-22T03:00:00Z");
        assert_eq!(summaries(s).len(), 1);
        s.restart_after_kill().await;
        s.until("the second summary", async || summaries(s).into_iter().nth(1)).await;
        s.pass(2 * MINUTE).await;
        assert_eq!(summaries(s).len(), 2, "killed after the claim");
        s.skim();
    });
}

#[test]
fn a_summary_that_arrived_but_was_never_confirmed_is_found_and_not_posted_again() {
    let posts = format!("/channels/{STATUS}/messages");
    tell(quiet().env("SUMMARY_SCHEDULE", "30 * * * *"), async |s| {
        s.discord.fail_next(1, "POST", &posts, Fault::LoseAnswer);
        s.discord.fail_next(3, "POST", &posts, Fault::Hang);
        summary(s).await;
        s.kill_bot().await;
        let unconfirmed = s.store().await.unconfirmed_summaries().await.expect("readable");
        assert_eq!(unconfirmed.len(), 1);
        // Longer than Discord remembers a nonce.
        s.leap(20 * MINUTE).await;
        s.start_bot().await;
        s.until("the confirmation", async || {
            s.store().await.unconfirmed_summaries().await.expect("readable").is_empty().then_some(())
        })
        .await;
        assert_eq!(summaries(s).len(), 1);

        // Killed after it was confirmed: nothing is owed.
        s.restart_after_kill().await;
        s.pass(2 * MINUTE).await;
        assert_eq!(summaries(s).len(), 1);
        s.skim();
    });
}

#[test]
fn after_a_downtime_one_late_summary_counts_those_that_were_missed() {
    // Stories begin on the hour; this one must not begin on a due time.
    tell(quiet().env("SUMMARY_SCHEDULE", "0 * * * *").start("2026-11-22T02:10:00Z"), async |s| {
        s.pass_until("2026-11-22T02:59:00Z").await;
        summary(s).await;
        s.stop_bot().await;
        s.leap(5 * HOUR + 30 * MINUTE).await;
        s.start_bot().await;
        let late = s.until("the late summary", async || summaries(s).into_iter().nth(1)).await;
        assert!(late.text().contains("This summary is late"), "{}", late.text());
        assert!(late.text().contains("4 due times before it had none"), "{}", late.text());
        s.pass(2 * MINUTE).await;
        assert_eq!(summaries(s).len(), 2, "one for all of them");
        s.skim();
    });
}

#[test]
fn the_hour_that_comes_twice_in_autumn_has_one_summary() {
    // Berlin sets its clocks back at 03:00 (01:00 UTC): 02:30 comes at 00:30 and at 01:30 UTC.
    let autumn = quiet().start("2026-10-25T00:28:00Z").env("SUMMARY_SCHEDULE", "30 2 * * *");
    tell(autumn.env("SUMMARY_TIMEZONE", "Europe/Berlin"), async |s| {
        summary(s).await;
        assert_eq!(due(s).await, "2026-10-25T00:30:00Z");
        s.pass_until("2026-10-25T01:33:00Z").await;
        assert_eq!(summaries(s).len(), 1);
        s.skim();
    });
}

#[test]
fn the_hour_that_is_left_out_in_spring_has_its_summary_at_the_end_of_the_gap() {
    // Berlin sets its clocks from 02:00 to 03:00 at 01:00 UTC.
    let spring = quiet().start("2027-03-28T00:55:00Z").env("SUMMARY_SCHEDULE", "30 2 * * *");
    tell(spring.env("SUMMARY_TIMEZONE", "Europe/Berlin"), async |s| {
        summary(s).await;
        assert_eq!(due(s).await, "2027-03-28T01:00:00Z");
        s.pass_until("2027-03-28T01:33:00Z").await;
        assert_eq!(summaries(s).len(), 1);
        s.skim();
    });
}
