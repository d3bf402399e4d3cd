//! When things break: Discord, the database, the bot itself. Nothing is lost, nothing runs unasked, and people
//! hear of it.

use std::time::Duration;

use serde_json::{Value, json};
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
fn an_interaction_that_can_not_be_read_is_answered_by_hand() {
    tell(Setup::new(), async |s| {
        let odd = Forgery::slash(DANA, HELPDESK, "signin", json!([])).with(|payload| {
            payload["member"] = Value::Null;
            payload["user"] = Value::Null;
        });
        let asked = s.discord.forge(odd);
        let said = s.answer(asked).await;
        assert!(said.text().contains("unknown-command"), "{}", said.text());
        let unknown = s.discord.forge(Forgery::slash(DANA, HELPDESK, "nobody-knows", json!([])));
        let said = s.answer(unknown).await;
        assert!(said.text().contains("unknown-command"), "{}", said.text());
        // One that lacks what the bot's library insists on, and nothing that the bot needs.
        let options = json!([{ "type": 3, "name": "problem", "value": "users can't sign in" }]);
        let bare = Forgery::slash(DANA, HELPDESK, "signin", options).with(|payload| {
            payload.as_object_mut().expect("an object").remove("locale");
        });
        let said = s.answer(s.discord.forge(bare)).await;
        assert!(said.text().contains("SYNC01"), "{}", said.text());
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

#[test]
fn a_run_whose_agent_died_is_unknown_never_repeated_observed_and_told() {
    tell(Setup::new(), async |s| {
        let card = s.request_enablement().await;
        s.server("SYNC01").change(|state| state.hold_runs = true);
        s.press(LEE, card.id, "Approve").await;
        let id = s.request().await.id;
        let agent = s.site.post_of("SYNC01").expect("is there").agent.clone();
        s.until("the server has taken the grant", async || agent.execution(&id).expect("readable")).await;
        drop(agent);
        s.restart_killed_agents().await;
        s.server("SYNC01").release();

        // The approvers read it on their card, the requester is called.
        s.until_state(&id, State::Unknown).await;
        let unknown = s.card_says(card.id, "it will not be run again").await;
        assert!(unknown.buttons().is_empty(), "{}", unknown.text());
        assert!(unknown.text().contains("Unknown: the agent stopped during the run"), "{}", unknown.text());
        let told = s.told("not known whether it ran").await;
        assert!(
            told.text().contains("It is not tried again; the state is being observed"),
            "{}",
            told.text()
        );

        // The server could run it now, and is not asked to.
        s.pass(10 * MINUTE).await;
        assert_eq!(s.request().await.state, State::Unknown);
        assert_eq!(s.runs(), 0);
        assert!(!s.server("SYNC01").tenant().flag());

        // Whether the run had done it or a person does: what counts is what is seen.
        s.server("SYNC01").tenant().set_flag(true);
        s.until_state(&id, State::Verified).await;
        s.card_says(card.id, "Verified").await;
        s.told("Whether the run did it is not known").await;
        assert_eq!(s.runs(), 0);
        s.skim();
    });
}
