//! Each intent has its answer, whichever way it is asked; words and servers meet; and everybody is answered in their
//! language.

use std::time::Duration;

use serde_json::json;
use syncmedic::demo::discord::Shown;
use syncmedic::demo::discord::people::{
    APPROVER_ROLE, BOT, BOT_ROLE, DANA, HELPDESK, LEE, RANDOM, REQUESTER_ROLE, SAM,
};
use syncmedic::demo::simulator::scenario::Scenario;

use crate::story::{Setup, Story, tell};

/// The same words by command, by the command on a message, and by mention; without the buttons' ids.
async fn three_ways(s: &Story, words: &str) -> [String; 3] {
    let by_command = s.ask(DANA, words).await;
    let message = s.discord.say(SAM, HELPDESK, words).expect("can write");
    let asked = s.discord.context(DANA, message, "Diagnose sign-in").expect("the command is there");
    let on_message = s.answer(asked).await;
    let mention = s.discord.say(DANA, HELPDESK, &format!("<@{BOT}> {words}")).expect("can write");
    let reply = s.discord.next_message(HELPDESK, |m| m.reference == Some(mention)).await.expect("a reply");
    [by_command, on_message, reply].map(|answer| answer.text())
}

fn has(answer: &Shown, words: &[&str]) {
    for words in words {
        assert!(answer.text().contains(words), "{words:?} is missing in:\n{}", answer.text());
    }
}

#[test]
fn each_intent_has_its_answer_the_same_whichever_way_it_is_asked() {
    tell(Setup::new().scenario(Scenario::Healthy), async |s| {
        s.swept().await;
        for (words, told) in [
            ("users can't sign in", "as far as the servers tell"),
            ("how are the sync servers doing?", "Password sync is well"),
            ("please turn password sync back on", "nothing to switch on"),
            ("what can you do?", "What you can do here"),
            ("the printer on floor 3 is jammed", "I look after password sync"),
        ] {
            for answer in three_ways(s, words).await {
                assert!(answer.contains(told), "{words:?} wants {told:?}, and got:\n{answer}");
            }
        }
        s.skim();
    });
}

#[test]
fn a_wish_in_words_leads_to_the_ordinary_button_and_requests_nothing_by_itself() {
    tell(Setup::new(), async |s| {
        let answer = s.ask(DANA, "please turn password sync back on").await;
        has(
            &answer,
            &["can be switched on", "Nothing that is written requests or approves", "Request enablement"],
        );
        let requests = s.store().await.recent_requests(10).await.expect("readable");
        assert!(requests.is_empty(), "words alone request nothing: {requests:?}");
        // The button is the one that every answer has, and goes its way.
        s.press_request(answer.id, "agreed with the identity team").await;
        s.card().await;
        s.skim();
    });
}

#[test]
fn a_wish_that_is_not_offered_says_why_not_in_words() {
    tell(Setup::new().scenario(Scenario::TwoActive), async |s| {
        let answer = s.ask(DANA, "please turn password sync back on").await;
        assert!(answer.button("Request enablement").is_none());
        has(
            &answer,
            &["is not offered to be switched on", "two-active", "is active too; only one server may be"],
        );
        let asked = s.discord.slash(DANA, RANDOM, "signin", json!({ "problem": "turn PHS back on" }));
        let elsewhere = s.answer(asked.expect("can ask")).await;
        assert!(elsewhere.visible_to.is_some() && elsewhere.button("Request enablement").is_none());
        assert!(!elsewhere.text().contains("SYNC01"), "{}", elsewhere.text());
        s.skim();
    });
}

#[test]
fn help_tells_each_person_what_they_may_do_where_they_ask() {
    tell(Setup::new(), async |s| {
        let dana = s.ask(DANA, "what can you do?").await;
        let approver = format!("<@&{APPROVER_ROLE}> can approve it");
        has(
            &dana,
            &[
                "You may ask to have password sync switched on",
                "You can't approve",
                &approver,
                "/audit recent",
            ],
        );
        let lee = s.ask(LEE, "what can you do?").await;
        let requester = format!("<@&{REQUESTER_ROLE}> can ask for it");
        has(&lee, &["You can't ask", &requester, "You may approve what others ask for"]);
        let asked = s.discord.slash(SAM, RANDOM, "signin", json!({ "problem": "what can you do?" }));
        let sam = s.answer(asked.expect("can ask")).await;
        has(
            &sam,
            &["You can't ask", "You can't approve", &requester, &approver, &format!("in <#{HELPDESK}>")],
        );
        assert!(!sam.text().contains("/audit recent"), "{}", sam.text());
        // A mention tells who asks as well.
        let mention = s.discord.say(LEE, HELPDESK, &format!("<@{BOT}> help")).expect("can write");
        let reply =
            s.discord.next_message(HELPDESK, |m| m.reference == Some(mention)).await.expect("a reply");
        has(&reply, &["You may approve what others ask for"]);
        // Whose role was taken is told so at once.
        s.take_role(LEE, APPROVER_ROLE);
        has(&s.ask(LEE, "what can you do?").await, &["You can't approve"]);
        s.skim();
    });
}

#[test]
fn whoever_does_not_address_the_bot_gets_no_answer() {
    tell(Setup::new(), async |s| {
        let answer = s.ask(DANA, "users can't sign in").await;
        s.discord.change_role(BOT_ROLE, serenity::model::Permissions::empty(), true);
        for words in [
            "users can't sign in".to_owned(),
            "@everyone users can't sign in".to_owned(),
            format!("<@&{BOT_ROLE}> users can't sign in"),
            format!("<@{LEE}> users can't sign in"),
        ] {
            s.discord.say(SAM, HELPDESK, &words).expect("can write");
        }
        // A reply to a card of the bot pings the bot, and does not name it.
        s.discord.say_to(SAM, answer.id, "nobody can sign in, thanks").expect("can write");
        // Whatever was said before would be answered before this.
        let before = s.posts(HELPDESK).len();
        let mention = s.discord.say(SAM, HELPDESK, &format!("<@{BOT}> hello")).expect("can write");
        s.discord.next_message(HELPDESK, |m| m.reference == Some(mention)).await.expect("a reply");
        s.ask(DANA, "users can't sign in").await;
        assert_eq!(s.posts(HELPDESK).len(), before + 2, "{:?}", s.posts(HELPDESK));
        s.skim();
    });
}

#[test]
fn where_the_servers_are_well_the_answer_turns_to_what_the_words_point_to() {
    tell(Setup::new().scenario(Scenario::Healthy), async |s| {
        s.swept().await;
        for (words, told) in [
            ("my account is locked", &["A locked account", "Unlock it there", "The helpdesk"][..]),
            ("AADSTS50076 for me since the new phone", &["A second factor", "AADSTS50076", "Sign-in logs"]),
            ("users get sent to adfs and then AADSTS50107", &["Federated sign-in", "AD FS"]),
            ("AADSTS50105 in Salesforce", &["No access to this application"]),
            ("my old password still works but the new one doesn't", &["does not accept", "FilteredByTarget"]),
            ("users can't sign in", &["the trouble is elsewhere", "Ask for the code on the screen"]),
        ] {
            let answer = s.ask(DANA, words).await;
            has(&answer, told);
            has(&answer, &["Password sync works, as far as the servers tell", "Next check", "Who can check"]);
            assert!(answer.button("Request enablement").is_none());
        }
        s.skim();
    });
}

#[test]
fn where_password_sync_is_broken_and_the_words_point_elsewhere_both_are_said() {
    tell(Setup::new(), async |s| {
        let answer = s.ask(DANA, "AADSTS50076 for everybody since monday").await;
        has(
            &answer,
            &["switched off", "What the words point to", "The password was accepted there", "Both need"],
        );
        assert!(
            answer.button("Request enablement").is_some(),
            "the servers' offer stands, whatever the words"
        );
        let answer = s.ask(DANA, "my account is locked").await;
        has(&answer, &["switched off", "A locked account", "It may follow from the fault"]);
        let answer = s.ask(DANA, "new passwords don't work, old ones do").await;
        has(&answer, &["switched off", "What you describe", "This fault explains it"]);
        assert!(!answer.text().contains("What the words point to"), "{}", answer.text());
        s.skim();
    });
}

#[test]
fn a_tenant_that_signs_in_by_pass_through_is_told_so_whatever_password_sync_does() {
    tell(Setup::new(), async |s| {
        s.server("SYNC01").change(|state| state.sign_in_method = "PassThroughAuthentication".into());
        s.swept().await;
        // A state that was read half a minute ago is read again for an answer.
        s.pass(Duration::from_secs(40)).await;
        let asked = s.discord.slash(DANA, HELPDESK, "signin", json!({ "problem": "users can't sign in" }));
        let answer = s.answer(asked.expect("can ask")).await;
        // The answer comes at once on what was known, and anew when the state was read afresh.
        let told = |m: &Shown| m.text().contains("PassThroughAuthentication");
        let answer = match told(&answer) {
            true => answer,
            false => s.discord.updated(answer.id, told).await.expect("fresh state changes the answer"),
        };
        has(&answer, &["switched off", "Pass-through authentication", "checked elsewhere there"]);
        s.skim();
    });
}

#[test]
fn the_same_question_is_answered_in_german_to_one_and_in_english_to_another() {
    tell(Setup::new(), async |s| {
        s.discord.set_locale(DANA, "de");
        let german = s.ask(DANA, "users can't sign in").await;
        has(
            &german,
            &["Die Kennworthash-Synchronisierung ist im Mandanten ausgeschaltet", "Wer das kann", "SYNC01"],
        );
        assert!(german.button("Einschalten beantragen").is_some());
        let english = s.ask(LEE, "users can't sign in").await;
        has(&english, &["Password hash sync is switched off in the tenant", "Who can", "SYNC01"]);

        // The form and what follows it, too; the card that several people act on stays English.
        let pressed =
            s.discord.click(DANA, german.id, "Einschalten beantragen").expect("the button is there");
        let form = s.discord.reply(pressed).await.expect("the bot replies").modal().expect("a form");
        assert!(form.title.contains("Einschalten"), "{}", form.title);
        let input = form.inputs[0]["custom_id"].as_str().expect("an input").to_owned();
        let sent =
            s.discord.submit(DANA, &[(&input, "mit dem Identitätsteam abgestimmt")]).expect("can be sent");
        has(&s.answer(sent).await, &["Beantragt", "Plancode"]);
        has(&s.card().await, &["Approval needed", "Exactly this will run"]);

        // A mention tells no locale: its own language is the answer's.
        for (words, told) in [
            ("die Benutzer können sich nicht anmelden", "Was zu tun ist"),
            ("users can't sign in since this morning", "What to do"),
            ("les utilisateurs ne peuvent pas se connecter", "What to do"),
        ] {
            let mention = s.discord.say(SAM, HELPDESK, &format!("<@{BOT}> {words}")).expect("can write");
            let reply = s.discord.next_message(HELPDESK, |m| m.reference == Some(mention)).await;
            has(&reply.expect("a reply"), &[told]);
        }
        s.skim();
    });
}
