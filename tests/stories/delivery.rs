//! Cards and news reach Discord once, whatever it does: it loses answers, fails, limits, forbids.

use std::time::Duration;

use serenity::model::Permissions;
use syncmedic::demo::discord::people::{APPROVALS, DANA, HELPDESK, LEE, SAM};
use syncmedic::demo::discord::{Fault, Recorded};
use syncmedic::gate::State;

use crate::story::{Setup, Story, tell};

const MINUTE: Duration = Duration::from_secs(60);

/// How many approval cards there are.
fn cards(s: &Story) -> usize {
    s.posts(APPROVALS).iter().filter(|card| card.text().contains("Switch password hash sync on")).count()
}

#[test]
fn a_card_is_posted_once_whatever_happens_to_discord_and_to_the_bot() {
    tell(Setup::new(), async |s| {
        let posts = format!("/channels/{APPROVALS}/messages");
        s.discord.fail_next(1, "POST", &posts, Fault::LoseAnswer);
        s.discord.fail_next(2, "POST", &posts, Fault::Status(502));
        let card = s.request_enablement().await;
        s.until("every try was made", async || (s.discord.planned_faults() == 0).then_some(())).await;
        assert_eq!(cards(s), 1);
        // The bot goes, and comes back: the card and its buttons still work.
        s.stop_bot().await;
        s.start_bot().await;
        s.press(LEE, card.id, "Approve").await;
        let id = s.request().await.id;
        s.until_state(&id, State::Verified).await;
        s.card_says(card.id, "Verified").await;
        assert_eq!(cards(s), 1);
        s.skim();
    });
}

#[test]
fn a_card_whose_answer_was_lost_is_found_again_long_after_its_nonce() {
    tell(Setup::new(), async |s| {
        let posts = format!("/channels/{APPROVALS}/messages");
        s.discord.fail_next(1, "POST", &posts, Fault::LoseAnswer);
        s.discord.fail_next(3, "POST", &posts, Fault::Drop);
        let card = s.request_enablement().await;
        let made = |method: &str| {
            let is = |r: &Recorded| r.method == method && r.path == posts;
            s.discord.requests().into_iter().filter(is).count()
        };
        s.until("four tries", async || (made("POST") == 4).then_some(())).await;
        assert_eq!(made("GET"), 0);
        // By then Discord has forgotten the nonce.
        s.leap(6 * MINUTE).await;
        s.until("a look at what is there", async || (made("GET") > 0).then_some(())).await;
        s.press(LEE, card.id, "Approve").await;
        let id = s.request().await.id;
        s.until_state(&id, State::Verified).await;
        s.card_says(card.id, "Verified").await;
        assert_eq!((made("POST"), cards(s)), (4, 1));
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
