//! Who may approve, from where, and what a click can and can't do.

use std::time::Duration;

use serenity::model::id::MessageId;
use syncmedic::demo::discord::Forgery;
use syncmedic::demo::discord::people::{
    APPROVALS, APPROVER_ROLE, DANA, HELPDESK, LEE, OLGA, REQUESTER_ROLE, SAM,
};
use syncmedic::gate::State;
use syncmedic::ids::Snowflake;

use crate::story::{Setup, tell};

#[test]
fn the_requesters_own_approval_never_counts() {
    tell(Setup::new().env("APPROVER_USERS", format!("{LEE},{DANA}")), async |s| {
        s.discord.give_role(DANA, APPROVER_ROLE);
        let card = s.request_enablement().await;
        let pressed = s.press(DANA, card.id, "Approve").await;
        assert!(s.refused(pressed).await.contains("self-approval"));
        assert_eq!(s.request().await.state, State::Requested);
        s.skim();
    });
}

#[test]
fn neither_a_bystander_nor_the_owner_nor_one_who_is_not_listed_can_approve() {
    tell(Setup::new(), async |s| {
        let kim = s.discord.add_person("Kim", &[APPROVER_ROLE]);
        let card = s.request_enablement().await;
        for (who, code) in [(SAM, "not-approver"), (OLGA, "not-approver"), (kim, "not-listed")] {
            let pressed = s.press(who, card.id, "Approve").await;
            let said = s.refused(pressed).await;
            assert!(said.contains(code), "{code}: {said}");
        }
        assert_eq!(s.request().await.state, State::Requested);
        let audit = s.store().await.audit_recent(10).await.expect("readable");
        assert_eq!(audit.iter().filter(|row| row.kind == "refused").count(), 3, "attempts are audited");
        s.skim();
    });
}

#[test]
fn a_click_from_another_guild_another_channel_or_a_direct_message_decides_nothing() {
    tell(Setup::new(), async |s| {
        let card = s.request_enablement().await;
        let id = card.button("Approve").expect("is there").custom_id;
        let (_, elsewhere) = s.discord.add_guild("Fabrikam", &[LEE]);
        let direct = s.discord.open_dm(LEE);
        for channel in [elsewhere, direct, HELPDESK] {
            s.discord.forge(Forgery::click(LEE, channel, card.id, &id));
        }
        s.pass(Duration::from_secs(60)).await;
        assert_eq!(s.request().await.state, State::Requested);
        s.skim();
    });
}

#[test]
fn a_double_click_is_one_approval() {
    tell(Setup::new().env("APPROVALS_REQUIRED", "2").env("APPROVER_USERS", ""), async |s| {
        let kim = s.discord.add_person("Kim", &[APPROVER_ROLE]);
        let card = s.request_enablement().await;
        let first = s.press(LEE, card.id, "Approve").await;
        let second = s.press(LEE, card.id, "Approve").await;
        assert!(s.one_refused(first, second).await.contains("already-approved"));
        s.card_says(card.id, "1 of 2").await;
        assert_eq!(s.request().await.state, State::Requested);
        s.press(kim, card.id, "Approve").await;
        let id = s.request().await.id;
        s.until_state(&id, State::Verified).await;
        s.skim();
    });
}

#[test]
fn denial_asks_why_and_the_requester_is_told() {
    tell(Setup::new(), async |s| {
        let card = s.request_enablement().await;
        let pressed = s.press(LEE, card.id, "Deny").await;
        s.discord.reply(pressed).await.expect("a form asks why");
        s.deny(LEE, "change freeze until Monday").await;
        let id = s.request().await.id;
        s.until_state(&id, State::Denied).await;
        let card = s.card_says(card.id, "change freeze until Monday").await;
        assert!(card.buttons().is_empty());
        s.told("denied").await;
        s.skim();
    });
}

#[test]
fn the_requester_can_withdraw() {
    tell(Setup::new(), async |s| {
        let card = s.request_enablement().await;
        s.press(DANA, card.id, "Withdraw").await;
        let id = s.request().await.id;
        s.until_state(&id, State::Withdrawn).await;
        s.card_says(card.id, "Withdrawn").await;
        s.skim();
    });
}

#[test]
fn the_card_of_an_open_request_comes_back_if_somebody_deletes_it() {
    tell(Setup::new(), async |s| {
        let card = s.request_enablement().await;
        let store = s.store().await;
        let kept = async |card: MessageId| {
            let at = async || store.card_at(Snowflake(card.get())).await.expect("readable");
            s.until("it is kept where the card is", at).await;
        };
        kept(card.id).await;
        s.discord.delete_message(card.id);
        let again = s.card().await;
        assert_ne!(again.id, card.id);
        kept(again.id).await;
        // And once more, while the bot is away.
        s.kill_bot().await;
        s.discord.delete_message(again.id);
        s.pass(Duration::from_secs(61)).await;
        s.start_bot().await;
        let last = s.card().await;
        s.press(LEE, last.id, "Approve").await;
        let id = s.request().await.id;
        s.until_state(&id, State::Verified).await;
        s.card_says(last.id, "Verified").await;
        s.skim();
    });
}

#[test]
fn a_request_that_nobody_approves_expires() {
    tell(Setup::new(), async |s| {
        let card = s.request_enablement().await;
        let id = s.request().await.id;
        s.until_state(&id, State::Expired).await;
        let card = s.card_says(card.id, "Expired").await;
        assert!(card.buttons().is_empty());
        s.told("not approved in time").await;
        s.skim();
    });
}

#[test]
fn only_the_requester_role_can_ask() {
    tell(Setup::new(), async |s| {
        let answer = s.ask(SAM, "users can't sign in").await;
        let pressed = s.discord.click(SAM, answer.id, "Request enablement").expect("the button is there");
        let said = s.answer(pressed).await;
        assert!(said.visible_to.is_some() && said.text().contains("not-requester"), "{}", said.text());
        assert!(s.store().await.recent_requests(1).await.expect("readable").is_empty());
        s.skim();
    });
}

#[test]
fn hostile_text_in_a_reason_pings_nobody_and_breaks_no_card() {
    tell(Setup::new(), async |s| {
        let answer = s.ask(DANA, "users can't sign in").await;
        let reason = "@everyone <@&1441000000000000022> ```x``` [a](http://evil.example) \u{202e}**bold**";
        s.press_request(answer.id, reason).await;
        let card = s.card().await;
        // The approvers are called, whatever the reason says, and nobody else.
        assert_eq!(card.pings.roles, [APPROVER_ROLE].into());
        assert!(card.pings.users.is_empty() && !card.pings.everyone, "{:?}", card.pings);
        assert!(card.channel == APPROVALS);
        s.skim();
    });
}

#[test]
fn hostile_text_in_a_question_a_denial_and_a_servers_report_pings_nobody_and_formats_nothing() {
    const HOSTILE: &str =
        "@everyone <@&1441000000000000022> ```x``` [a](http://evil.example) \u{202e}**bold**";
    let calm = |card: &syncmedic::demo::discord::Shown| {
        let json = format!("{} {:?}", card.content, card.embeds);
        assert!(card.pings.users.is_empty() && !card.pings.everyone, "{:?}", card.pings);
        assert!(
            !json.contains("a](http://evil") && !json.contains('\u{202e}') && !json.contains(" **bold"),
            "{json}"
        );
    };
    tell(Setup::new(), async |s| {
        s.server("SYNC01").change(|state| state.forests[0].name = HOSTILE.into());
        s.pass(Duration::from_secs(40)).await;
        let answer = s.ask(DANA, &format!("users can't sign in {HOSTILE}")).await;
        calm(&answer);
        assert!(answer.pings.roles.is_empty());
        s.press_request(answer.id, "users can't sign in").await;
        let card = s.card().await;
        calm(&card);
        let pressed = s.press(LEE, card.id, "Deny").await;
        s.discord.reply(pressed).await.expect("a form asks why");
        s.deny(LEE, HOSTILE).await;
        calm(&s.card_says(card.id, "Denied").await);
        let told = s.told("denied").await;
        assert!(told.pings.roles.is_empty() && !told.pings.everyone, "{:?}", told.pings);
        s.skim();
    });
}

#[test]
fn a_form_is_refused_if_its_sender_has_lost_the_role_since() {
    tell(Setup::new(), async |s| {
        let answer = s.ask(DANA, "users can't sign in").await;
        let pressed = s.discord.click(DANA, answer.id, "Request enablement").expect("the button is there");
        let modal = s.discord.reply(pressed).await.expect("the bot replies").modal().expect("a form");
        let input = modal.inputs[0]["custom_id"].as_str().expect("an input").to_owned();
        s.take_role(DANA, REQUESTER_ROLE);
        let sent = s.discord.submit(DANA, &[(&input, "users can't sign in")]).expect("can be sent");
        let said = s.answer(sent).await;
        assert!(said.visible_to.is_some() && said.text().contains("not-requester"), "{}", said.text());
        let forms = s.store().await.open_requests().await.expect("readable");
        assert!(forms.is_empty());
        s.skim();
    });
}

#[test]
fn a_form_sent_by_somebody_else_is_refused() {
    tell(Setup::new(), async |s| {
        let answer = s.ask(DANA, "users can't sign in").await;
        let pressed = s.discord.click(DANA, answer.id, "Request enablement").expect("the button is there");
        let modal = s.discord.reply(pressed).await.expect("the bot replies").modal().expect("a form");
        let input = modal.inputs[0]["custom_id"].as_str().expect("an input").to_owned();
        let values = [(input.as_str(), "let me in")];
        let forged =
            s.discord.forge(Forgery::modal(SAM, HELPDESK, Some(answer.id), &modal.custom_id, &values));
        let said = s.answer(forged).await;
        assert!(said.visible_to.is_some() && said.text().contains("Not done"), "{}", said.text());
        assert!(s.store().await.open_requests().await.expect("readable").is_empty());
        s.skim();
    });
}

#[test]
fn approvers_are_called_once_and_no_edit_calls_anybody() {
    tell(Setup::new(), async |s| {
        let card = s.request_enablement().await;
        assert_eq!(card.pings.roles, [APPROVER_ROLE].into());
        s.press(DANA, card.id, "Withdraw").await;
        let card = s.card_says(card.id, "Withdrawn").await;
        assert!(card.pings.is_empty(), "{:?}", card.pings);
        s.told("taken back").await;
        s.skim();
    });
}

#[test]
fn a_written_approve_decides_nothing() {
    tell(Setup::new(), async |s| {
        s.request_enablement().await;
        let bot = syncmedic::demo::discord::people::BOT;
        for words in ["approve".to_owned(), "yes, go ahead".to_owned(), format!("<@{bot}> approve it")] {
            s.discord.say(LEE, APPROVALS, &words).expect("can write");
        }
        s.pass(Duration::from_secs(60)).await;
        assert_eq!(s.request().await.state, State::Requested);
        assert!(!s.server("SYNC01").tenant().flag(), "nothing ran");
        s.skim();
    });
}

#[test]
fn what_was_switched_off_on_purpose_needs_a_justification_and_two_approvers() {
    tell(Setup::new().env("APPROVER_USERS", ""), async |s| {
        let kim = s.discord.add_person("Kim", &[APPROVER_ROLE]);
        s.swept().await;
        let at = s.now().to_string();
        s.server("SYNC01").log(2506, syncmedic::demo::simulator::texts::switched(false, &at));
        let answer = s.ask(DANA, "users can't sign in").await;
        let pressed = s.discord.click(DANA, answer.id, "Request enablement").expect("the button is there");
        let modal = s.discord.reply(pressed).await.expect("the bot replies").modal().expect("a form");
        assert_eq!(modal.inputs.len(), 2, "it asks why it may go on again");
        let input = |at: usize| modal.inputs[at]["custom_id"].as_str().expect("an input").to_owned();
        let (reason, justification) = (input(0), input(1));
        let said =
            [(reason.as_str(), "users can't sign in"), (&justification, "agreed with security at 01:50")];
        let sent = s.discord.submit(DANA, &said).expect("the form can be sent");
        s.answer(sent).await;
        let card = s.card().await;
        assert!(card.text().contains("agreed with security"), "{}", card.text());
        s.press(LEE, card.id, "Approve").await;
        s.card_says(card.id, "1 of 2").await;
        assert_eq!(s.request().await.state, State::Requested);
        s.press(kim, card.id, "Approve").await;
        let id = s.request().await.id;
        s.until_state(&id, State::Verified).await;
        s.skim();
    });
}
