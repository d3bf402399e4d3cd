//! When things break: Discord, the database, the bot itself. Nothing is lost, nothing runs unasked, and people
//! hear of it.

use std::time::Duration;

use serde_json::Value;
use serenity::model::Permissions;
use syncmedic::demo::discord::people::{APPROVALS, DANA, HELPDESK, LEE, SAM};
use syncmedic::demo::discord::{DID_NOT_RESPOND, Fault, Forgery, Reply};
use syncmedic::gate::State;

use crate::story::{Setup, Story, tell};

const MINUTE: Duration = Duration::from_secs(60);

/// From now on no audit row can be written.
async fn break_the_audit(s: &Story) {
    s.sql("ALTER TABLE audit RENAME TO audit_elsewhere").await;
}

async fn mend_the_audit(s: &Story) {
    s.sql("ALTER TABLE audit_elsewhere RENAME TO audit").await;
}

#[test]
fn a_gateway_that_comes_and_goes_loses_no_question_and_no_click() {
    tell(Setup::new(), async |s| {
        let card = s.request_enablement().await;
        // Each way, and whether the session can be resumed after it.
        type Way = (fn(&Story), bool);
        let ways: [Way; 5] = [
            (|s| s.discord.gateway_reconnect(), true),
            (|s| s.discord.gateway_invalidate(true), true),
            (|s| s.discord.gateway_invalidate(false), false),
            (|s| s.discord.gateway_drop(), true),
            (|s| s.discord.gateway_forget(), false),
        ];
        for (happens, resumes) in ways {
            let (identified, resumed) = s.discord.gateway_counts();
            happens(s);
            let reached = match resumes {
                true => (identified, resumed + 1),
                false => (identified + 1, resumed),
            };
            s.discord.gateway_reached(reached.0, reached.1).await.expect("the bot comes back");
            s.ask(DANA, "users can't sign in").await;
        }
        s.press(LEE, card.id, "Approve").await;
        let id = s.request().await.id;
        s.until_state(&id, State::Verified).await;
        s.card_says(card.id, "Verified").await;
        s.skim();
    });
}

#[test]
fn rate_limits_delay_a_card_and_do_not_lose_it() {
    tell(Setup::new(), async |s| {
        let limit = |retry_after| Fault::TooManyRequests { retry_after, global: false };
        let posts = format!("/channels/{APPROVALS}/messages");
        s.discord.fail_next(3, "POST", &posts, limit(2.0));
        s.discord.fail_next(1, "POST", &posts, limit(90.0));
        let answer = s.ask(DANA, "users can't sign in").await;
        s.press_request(answer.id, "users can't sign in").await;
        let card = s.post_says(APPROVALS, "Approve").await;
        assert_eq!(s.posts(APPROVALS).len(), 1);

        // A click that Discord does not let the bot acknowledge counts for nothing, and says so.
        s.discord.fail_next(1, "POST", "/interactions/*/*/callback", limit(0.1));
        let pressed = s.press(LEE, card.id, "Approve").await;
        let said = s.answer(pressed).await;
        assert!(said.visible_to.is_some(), "{}", said.text());
        assert_eq!(s.request().await.state, State::Requested);
        assert!(s.discord.message(card.id).expect("is there").button("Approve").is_some());

        s.press(LEE, card.id, "Approve").await;
        let id = s.request().await.id;
        s.until_state(&id, State::Verified).await;
        s.skim();
    });
}

#[test]
fn a_card_that_could_not_be_edited_catches_up() {
    tell(Setup::new(), async |s| {
        let card = s.request_enablement().await;
        s.discord.fail_next(7, "PATCH", &format!("/channels/{APPROVALS}/messages/*"), Fault::Status(502));
        s.press(LEE, card.id, "Approve").await;
        let id = s.request().await.id;
        s.until_state(&id, State::Verified).await;
        let card = s.card_says(card.id, "Verified").await;
        assert!(card.buttons().is_empty());
        assert_eq!(s.discord.planned_faults(), 0, "the edits were refused");
        s.skim();
    });
}

#[test]
fn an_outcome_whose_channel_is_closed_is_told_in_the_approvals_channel_and_the_card_goes_on() {
    tell(Setup::new(), async |s| {
        let card = s.request_enablement().await;
        let closed = Fault::Error { status: 403, code: 50013, message: "Missing Permissions".into() };
        s.discord.fail_next(1, "POST", &format!("/channels/{HELPDESK}/messages"), closed);
        s.press(LEE, card.id, "Approve").await;
        let id = s.request().await.id;
        s.until_state(&id, State::Verified).await;
        assert!(s.card_says(card.id, "Verified").await.buttons().is_empty());
        let told = s.post_says(APPROVALS, "Your request").await;
        assert_eq!(told.pings.users, [DANA].into(), "exactly the requester");
        assert!(told.pings.roles.is_empty() && told.text().contains("Verified"), "{}", told.text());
        s.skim();
    });
}

#[test]
fn an_outcome_that_can_not_be_delivered_holds_up_no_card() {
    tell(Setup::new(), async |s| {
        let card = s.request_enablement().await;
        s.discord.fail_next(40, "POST", &format!("/channels/{HELPDESK}/messages"), Fault::Status(502));
        s.press(LEE, card.id, "Deny").await;
        s.deny(LEE, "not now, please").await;
        s.card_says(card.id, "Denied").await;
        assert!(s.discord.planned_faults() > 0, "it is still being tried");
        s.skim();
    });
}

#[test]
fn a_refusal_that_can_not_be_delivered_leaves_the_card_as_it_is() {
    tell(Setup::new(), async |s| {
        let card = s.request_enablement().await;
        for fault in [Fault::Status(502), Fault::Drop] {
            s.discord.fail_next(1, "POST", "/webhooks/*/*", fault);
            let pressed = s.press(SAM, card.id, "Approve").await;
            s.discord.followup(pressed).await.expect("told at the second try");
        }
        // Acknowledged, but the bot does not know.
        s.discord.fail_next(1, "POST", "/interactions/*/*/callback", Fault::LoseAnswer);
        let pressed = s.press(LEE, card.id, "Approve").await;
        s.discord.followup(pressed).await.expect("told that it failed");
        let now = s.discord.message(card.id).expect("is there");
        assert_eq!(now.text(), card.text());
        s.press(LEE, card.id, "Approve").await;
        let id = s.request().await.id;
        s.until_state(&id, State::Verified).await;
        s.skim();
    });
}

#[test]
fn a_token_that_discord_refuses_ends_the_bot_with_the_mend() {
    tell(Setup::new(), async |s| {
        s.discord.reset_token("another.token");
        let ended = s.bot_ended().await.expect_err("it can't go on");
        assert!(format!("{ended:#}").contains("DISCORD_TOKEN"), "{ended:#}");

        s.launch_bot();
        let ended = s.bot_ended().await.expect_err("it can't start");
        assert!(format!("{ended:#}").contains("DISCORD_TOKEN"), "{ended:#}");

        s.set_env("DISCORD_TOKEN", "another.token");
        s.start_bot().await;
        s.ask(DANA, "users can't sign in").await;
        s.skim();
    });
}

#[test]
fn what_the_bot_may_not_post_now_is_posted_once_it_may() {
    tell(Setup::new(), async |s| {
        s.discord.deny_bot(APPROVALS, Permissions::SEND_MESSAGES);
        let answer = s.ask(DANA, "users can't sign in").await;
        s.press_request(answer.id, "users can't sign in").await;
        s.pass(3 * MINUTE).await;
        assert!(s.posts(APPROVALS).is_empty());
        s.discord.allow_bot(APPROVALS);
        let card = s.post_says(APPROVALS, "Approve").await;
        s.press(LEE, card.id, "Approve").await;
        let id = s.request().await.id;
        s.until_state(&id, State::Verified).await;
        s.told("proven").await;
        s.skim();
    });
}

#[test]
fn while_approvers_can_not_be_confirmed_nothing_runs_and_the_card_says_so() {
    tell(Setup::new(), async |s| {
        let card = s.request_enablement().await;
        s.discord.fail_next(12, "GET", "/guilds/*/members/*", Fault::Status(503));
        s.press(LEE, card.id, "Approve").await;
        s.card_says(card.id, "approvers-unconfirmed").await;
        assert!(!s.server("SYNC01").tenant().flag(), "nothing ran");
        let id = s.request().await.id;
        s.until_state(&id, State::Verified).await;
        assert_eq!(s.discord.planned_faults(), 0);
        s.skim();
    });
}

#[test]
fn without_an_audit_nothing_is_decided_and_the_click_is_told() {
    tell(Setup::new(), async |s| {
        let answer = s.ask(DANA, "users can't sign in").await;
        break_the_audit(s).await;
        let said = s.press_request(answer.id, "users can't sign in").await;
        assert!(said.text().contains("nothing was done"), "{}", said.text());
        mend_the_audit(s).await;
        s.press_request(answer.id, "users can't sign in").await;
        let card = s.card().await;

        break_the_audit(s).await;
        for who in [SAM, LEE] {
            let pressed = s.press(who, card.id, "Approve").await;
            let said = s.discord.followup(pressed).await.expect("told");
            assert!(said.text().contains("nothing was done"), "{}", said.text());
        }
        assert_eq!(s.request().await.state, State::Requested);
        mend_the_audit(s).await;
        s.press(LEE, card.id, "Approve").await;
        let id = s.request().await.id;
        s.until_state(&id, State::Verified).await;
        s.skim();
    });
}

#[test]
fn without_an_audit_an_approved_command_does_not_run() {
    tell(Setup::new(), async |s| {
        let card = s.request_enablement().await;
        let id = s.request().await.id;
        s.server("SYNC01").change(|state| state.cycle_running = true);
        s.press(LEE, card.id, "Approve").await;
        s.card_says(card.id, "cycle-running").await;
        break_the_audit(s).await;
        s.server("SYNC01").change(|state| state.cycle_running = false);
        s.pass(3 * MINUTE).await;
        assert_eq!(s.request().await.state, State::Approved);
        assert!(!s.server("SYNC01").tenant().flag(), "nothing ran");
        mend_the_audit(s).await;
        s.until_state(&id, State::Verified).await;
        s.skim();
    });
}

#[test]
fn a_database_that_fails_behind_a_posted_card_neither_doubles_it_nor_hammers_discord() {
    tell(Setup::new(), async |s| {
        s.discord.deny_bot(APPROVALS, Permissions::SEND_MESSAGES);
        let answer = s.ask(DANA, "users can't sign in").await;
        s.press_request(answer.id, "users can't sign in").await;
        s.until("a refused card", async || {
            let refused = |r: &syncmedic::demo::discord::Recorded| {
                r.method == "POST" && r.path.contains(&APPROVALS.to_string()) && r.status == Some(403)
            };
            s.discord.requests().iter().any(refused).then_some(())
        })
        .await;
        // Every change begins with the head of the chain.
        s.sql("ALTER TABLE chain RENAME TO chain_elsewhere").await;
        s.discord.allow_bot(APPROVALS);
        let before = s.discord.requests().len();
        s.pass(5 * MINUTE).await;
        let tries = s.discord.requests().len() - before;
        assert!(tries < 60, "{tries} requests in five minutes");
        s.sql("ALTER TABLE chain_elsewhere RENAME TO chain").await;
        let card = s.post_says(APPROVALS, "Approve").await;
        s.pass(MINUTE).await;
        assert_eq!(s.posts(APPROVALS).len(), 1);
        s.press(LEE, card.id, "Approve").await;
        let id = s.request().await.id;
        s.until_state(&id, State::Verified).await;
        s.skim();
    });
}

#[test]
fn a_second_bot_on_the_same_database_is_refused_and_told_who_holds_it() {
    tell(Setup::new(), async |s| {
        let refused = format!("{:#}", s.second_bot().await);
        assert!(refused.contains(&format!("process {}", std::process::id())), "{refused}");
        // The first is none the worse for it.
        s.ask(DANA, "users can't sign in").await;
        s.skim();
    });
}

#[test]
fn an_interaction_that_can_not_be_read_is_answered_by_hand() {
    tell(Setup::new(), async |s| {
        let odd = Forgery::slash(DANA, HELPDESK, "signin", Value::Array(Vec::new())).with(|payload| {
            payload["member"] = Value::Null;
            payload["user"] = Value::Null;
        });
        let asked = s.discord.forge(odd);
        let said = s.answer(asked).await;
        assert!(said.text().contains("unknown-command"), "{}", said.text());
        s.ask(DANA, "users can't sign in").await;
        s.skim();
    });
}

#[test]
fn clicks_on_a_bot_that_is_down_count_for_nothing_and_the_card_works_again_later() {
    tell(Setup::new(), async |s| {
        let card = s.request_enablement().await;
        s.stop_bot().await;
        let clicked = s.discord.click(LEE, card.id, "Approve").expect("the button is there");
        s.pass(Duration::from_secs(10)).await;
        let reply = s.discord.reply(clicked).await.expect("Discord itself replies");
        assert!(matches!(&reply, Reply::Failed(text) if text == DID_NOT_RESPOND), "{reply:?}");
        s.start_bot().await;
        assert_eq!(s.request().await.state, State::Requested);
        s.press(LEE, card.id, "Approve").await;
        let id = s.request().await.id;
        s.until_state(&id, State::Verified).await;
        s.skim();
    });
}

#[test]
fn an_approver_who_left_does_not_count_any_more() {
    tell(Setup::new(), async |s| {
        let card = s.request_enablement().await;
        s.server("SYNC01").change(|state| state.cycle_running = true);
        s.press(LEE, card.id, "Approve").await;
        s.card_says(card.id, "cycle-running").await;
        s.discord.kick(LEE);
        s.server("SYNC01").change(|state| state.cycle_running = false);
        let id = s.request().await.id;
        let failed = s.until_state(&id, State::Failed).await;
        assert_eq!(failed.outcome.expect("says why").code, "approver-gone");
        assert!(!s.server("SYNC01").tenant().flag(), "nothing ran");
        s.skim();
    });
}
