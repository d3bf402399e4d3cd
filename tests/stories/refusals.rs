//! Who may not, what is forged, and what is old: refused with a code, told to nobody else, on the record; and nothing
//! changes.

use std::time::Duration;

use syncmedic::demo::discord::people::{APPROVALS, DANA, HELPDESK, LEE, SAM};
use syncmedic::demo::discord::{Forgery, Shown};
use syncmedic::gate::State;

use crate::story::{Setup, Story, tell};

/// How many refused attempts are on the record.
async fn refusals(s: &Story) -> usize {
    let rows = s.store().await.audit_recent(50).await.expect("readable");
    rows.iter().filter(|row| row.kind == "refused").count()
}

fn private(said: &Shown, code: &str) {
    assert!(said.visible_to.is_some() && said.text().contains(code), "{code}: {}", said.text());
}

#[test]
fn whoever_may_not_is_told_why_and_nothing_changes() {
    tell(Setup::new(), async |s| {
        let answer = s.ask(DANA, "users can't sign in").await;
        let asks = s.discord.click(SAM, answer.id, "Request enablement").expect("the button is there");
        private(&s.answer(asks).await, "code not-requester");
        s.press_request(answer.id, "users can't sign in").await;
        let card = s.card().await;
        for (who, button, code) in [
            (DANA, "Approve", "code self-approval"),
            (SAM, "Approve", "code not-approver"),
            (SAM, "Withdraw", "code not-yours"),
        ] {
            let pressed = s.press(who, card.id, button).await;
            let said = s.refused(pressed).await;
            assert!(said.contains(code), "{code}: {said}");
        }
        // No form is opened for who may not deny.
        let denies = s.press(SAM, card.id, "Deny").await;
        private(&s.answer(denies).await, "code not-approver");
        let unknown = s.discord.forge(Forgery::click(LEE, APPROVALS, card.id, "no-such-button"));
        private(&s.answer(unknown).await, "code unknown-button");
        assert_eq!(s.request().await.state, State::Requested);
        assert_eq!(refusals(s).await, 6);
        s.skim();
    });
}

#[test]
fn two_clicks_at_once_are_one_approval_and_one_run() {
    tell(Setup::new(), async |s| {
        let card = s.request_enablement().await;
        let click = || s.discord.click(LEE, card.id, "Approve").expect("the button is there");
        let (first, second) = (click(), click());
        let told = s.one_refused(first, second).await;
        assert!(told.contains("already"), "{told}");
        let id = s.request().await.id;
        s.until_state(&id, State::Verified).await;
        let card = s.card_says(card.id, "Verified").await;
        assert!(card.text().contains("1 of 1"), "{}", card.text());
        assert_eq!(s.runs(), 1, "it ran once");
        s.skim();
    });
}

#[test]
fn a_forged_click_or_form_is_refused_and_audited() {
    tell(Setup::new(), async |s| {
        let card = s.request_enablement().await;
        let approve = card.button("Approve").expect("is there").custom_id;
        let click = |channel| Forgery::click(LEE, channel, card.id, &approve);
        let direct = click(APPROVALS).with(|json| {
            json["user"] = json["member"]["user"].clone();
            json.as_object_mut().expect("an object").remove("member");
            json.as_object_mut().expect("an object").remove("guild_id");
        });
        for (forgery, code) in [
            (direct, "code direct-message"),
            (click(APPROVALS).with(|json| json["guild_id"] = "999".into()), "code wrong-guild"),
            (click(HELPDESK), "code wrong-channel"),
            (click(APPROVALS).with(|json| json["member"]["user"]["bot"] = true.into()), "code bot"),
            (click(APPROVALS).with(|json| json["member"]["pending"] = true.into()), "code pending-member"),
        ] {
            let said = s.refused(s.discord.forge(forgery)).await;
            assert!(said.contains(code), "{code}: {said}");
        }
        // The button of one card does nothing on another message.
        let other = s.ask(DANA, "users can't sign in").await;
        let elsewhere = s.discord.forge(Forgery::click(LEE, APPROVALS, other.id, &approve));
        private(&s.answer(elsewhere).await, "code unknown-button");
        // A form belongs to the one it was opened for.
        let pressed = s.press(LEE, card.id, "Deny").await;
        let form = s.discord.reply(pressed).await.expect("the bot replies").modal().expect("a form");
        let said = [("reason", "because")];
        let stolen = Forgery::modal(SAM, APPROVALS, Some(card.id), &form.custom_id, &said);
        private(&s.answer(s.discord.forge(stolen)).await, "code unknown-button");
        assert_eq!(s.request().await.state, State::Requested);
        assert_eq!(refusals(s).await, 7);
        s.skim();
    });
}

#[test]
fn reminders_of_old_cards_are_dead() {
    tell(Setup::new(), async |s| {
        let card = s.request_enablement().await;
        let approve = card.button("Approve").expect("is there").custom_id;
        let pressed = s.press(LEE, card.id, "Deny").await;
        s.discord.reply(pressed).await.expect("a form asks why");
        s.deny(LEE, "not tonight").await;
        let id = s.request().await.id;
        s.until_state(&id, State::Denied).await;
        let old = Forgery::click(LEE, APPROVALS, card.id, &approve);
        let clicked = s.discord.forge(old);
        let said = s.answer(clicked).await;
        private(&said, "no longer in use");
        assert_eq!(refusals(s).await, 1);
        s.pass(Duration::from_secs(30)).await;
        assert_eq!(s.request().await.state, State::Denied);
        s.skim();
    });
}

#[test]
fn a_button_works_only_on_the_message_that_it_was_put_on() {
    tell(Setup::new(), async |s| {
        let card = s.request_enablement().await;
        let approve = card.button("Approve").expect("is there").custom_id;
        let other = s.ask(DANA, "how are the servers?").await;
        s.discord.forge(Forgery::click(LEE, other.channel, other.id, &approve));
        s.pass(Duration::from_secs(30)).await;
        assert_eq!(s.request().await.state, State::Requested);
        s.skim();
    });
}

#[test]
fn an_old_card_decides_nothing_of_a_newer_request() {
    tell(Setup::new(), async |s| {
        let old = s.request_enablement().await;
        let approve = old.button("Approve").expect("is there").custom_id;
        let first = s.request().await.id;
        s.press(DANA, old.id, "Withdraw").await;
        s.until_state(&first, State::Withdrawn).await;
        s.card_says(old.id, "Withdrawn").await;
        let new = s.request_enablement().await;
        assert_ne!(new.id, old.id);
        let old = Forgery::click(LEE, APPROVALS, old.id, &approve);
        let clicked = s.discord.forge(old);
        assert!(s.answer(clicked).await.text().contains("no longer in use"));
        let store = s.store().await;
        let open = store.open_requests().await.expect("readable");
        assert_eq!(open.iter().map(|request| request.state).collect::<Vec<_>>(), [State::Requested]);
        let first = store.request(&first).await.expect("readable").expect("is there");
        assert_eq!(first.state, State::Withdrawn);
        s.skim();
    });
}
