//! Asking: what people see when they ask why nobody can sign in.

use std::time::Duration;

use serde_json::json;
use syncmedic::demo::discord::people::{DANA, HELPDESK, LEE, RANDOM, SAM};
use syncmedic::demo::discord::{Forgery, Reply};
use syncmedic::demo::simulator::scenario::Scenario;
use syncmedic::report::ServiceState;

use crate::story::{Setup, tell};

#[test]
fn the_helpdesk_learns_why_with_evidence_and_what_to_do() {
    tell(Setup::new(), async |s| {
        let answer = s.ask(DANA, "users can't sign in").await;
        let text = answer.text();
        for words in [
            "switched off",
            "SYNC01",
            "2.6.3.0",
            "6900",
            "655",
            "Error Code 90",
            "Request enablement",
            "not discord.com",
        ] {
            assert!(text.contains(words), "{words:?} is missing in:\n{text}");
        }
        assert!(answer.button("Request enablement").is_some());
        assert!(answer.visible_to.is_none(), "answers are public in #helpdesk");
        s.skim();
    });
}

#[test]
fn elsewhere_answers_are_private_and_name_no_server() {
    tell(Setup::new(), async |s| {
        for (name, options) in [
            ("signin", json!({ "problem": "nobody can log in" })),
            ("sync status", json!({})),
            ("sync server", json!({ "name": "SYNC01" })),
            ("sync history", json!({ "server": "SYNC01", "hours": 24 })),
            ("audit recent", json!({})),
        ] {
            let asked = s.discord.slash(SAM, RANDOM, name, options).expect("can ask");
            let answer = s.answer(asked).await;
            assert_eq!(answer.visible_to, Some(SAM), "{name}");
            for secret in ["SYNC01", "STAGE01", "2.6", "corp.contoso.com"] {
                assert!(!answer.text().contains(secret), "{name}: {secret:?} stands in:\n{}", answer.text());
            }
            assert!(answer.buttons().is_empty(), "{name}");
        }
        let typed = s.discord.autocomplete(SAM, RANDOM, "sync server", json!({ "name": "S" }), "name");
        let reply = s.discord.reply(typed.expect("can type")).await.expect("the bot replies");
        assert!(matches!(&reply, Reply::Choices(choices) if choices.is_empty()), "{reply:?}");
        s.skim();
    });
}

#[test]
fn a_mention_and_the_message_command_get_the_same_answer() {
    tell(Setup::new(), async |s| {
        let complaint = s.discord.say(SAM, HELPDESK, "new pw not working in outlook, old one still does");
        let asked = s.discord.context(DANA, complaint.expect("can write"), "Diagnose sign-in");
        let answer = s.answer(asked.expect("the command is there")).await;
        assert!(answer.text().contains("SYNC01"), "{}", answer.text());

        let bot = syncmedic::demo::discord::people::BOT;
        let mention =
            s.discord.say(SAM, HELPDESK, &format!("<@{bot}> users can't sign in")).expect("can write");
        let answer =
            s.discord.next_message(HELPDESK, |m| m.reference == Some(mention)).await.expect("a reply");
        assert!(answer.text().contains("SYNC01") && answer.pings.is_empty(), "{}", answer.text());
        assert!(answer.button("Request enablement").is_some());
        s.skim();
    });
}

#[test]
fn talk_of_printers_gets_help_and_no_diagnosis() {
    tell(Setup::new(), async |s| {
        let answer = s.ask(DANA, "the printer on floor 3 is jammed").await;
        assert!(!answer.text().contains("6900"), "{}", answer.text());
        assert!(answer.text().contains("/signin"), "{}", answer.text());
        s.skim();
    });
}

#[test]
fn who_asks_how_the_servers_are_is_shown_them() {
    tell(Setup::new(), async |s| {
        let answer = s.ask(DANA, "how are the sync servers doing?").await;
        assert!(answer.text().contains("SYNC01") && answer.text().contains("STAGE01"), "{}", answer.text());
        assert!(answer.button("Request enablement").is_none());
        s.skim();
    });
}

#[test]
fn all_servers_and_one_server_can_be_looked_at_and_the_history_has_a_chart() {
    tell(Setup::new(), async |s| {
        let all = s.discord.slash(DANA, HELPDESK, "sync status", json!({})).expect("can ask");
        let all = s.answer(all).await.text();
        assert!(all.contains("SYNC01") && all.contains("STAGE01"), "{all}");

        let typed = s.discord.autocomplete(DANA, HELPDESK, "sync server", json!({ "name": "sta" }), "name");
        let reply = s.discord.reply(typed.expect("can type")).await.expect("the bot replies");
        assert!(matches!(&reply, Reply::Choices(choices) if choices[0]["value"] == "STAGE01"), "{reply:?}");
        let one = s.discord.slash(DANA, HELPDESK, "sync server", json!({ "name": "STAGE01" }));
        let one = s.answer(one.expect("can ask")).await.text();
        assert!(one.contains("staging"), "{one}");
        let none =
            s.discord.slash(DANA, HELPDESK, "sync server", json!({ "name": "DC01" })).expect("can ask");
        let none = s.answer(none).await.text();
        assert!(none.contains("no-such-server"), "{none}");

        let options = json!({ "server": "SYNC01", "hours": 24 });
        let history = s.discord.slash(DANA, HELPDESK, "sync history", options).expect("can ask");
        let history = s.answer(history).await;
        assert_eq!(history.attachments.len(), 1, "a chart");
        assert!(history.attachments[0].filename.ends_with(".png"));
        assert!(history.attachments[0].bytes.starts_with(b"\x89PNG"));
        s.skim();
    });
}

#[test]
fn nothing_is_wrong_where_nothing_is_wrong() {
    tell(Setup::new().scenario(Scenario::Healthy), async |s| {
        let answer = s.ask(DANA, "users can't sign in").await;
        assert!(answer.button("Request enablement").is_none());
        assert!(answer.text().contains("works"), "{}", answer.text());
        s.skim();
    });
}

#[test]
fn two_active_servers_withhold_the_offer_and_why_not_opens_in_plain_words() {
    tell(Setup::new().scenario(Scenario::TwoActive), async |s| {
        let answer = s.ask(DANA, "users can't sign in").await;
        assert!(answer.button("Request enablement").is_none());
        assert!(answer.text().contains("two-active"), "{}", answer.text());
        // Anybody may ask why, also who may not ask for more.
        for who in [DANA, SAM] {
            let pressed = s.discord.click(who, answer.id, "Why not?").expect("the button is there");
            let why = s.answer(pressed).await;
            assert_eq!(why.visible_to, Some(who));
            assert!(why.text().contains("two-active"), "{}", why.text());
        }
        s.skim();
    });
}

#[test]
fn a_stopped_service_is_named_and_not_switched_on_by_the_bot() {
    tell(Setup::new(), async |s| {
        // Past the sweep that the bot begins with, whose reading an answer may share.
        s.swept().await;
        s.server("SYNC01").change(|state| state.service = ServiceState::Stopped);
        let answer = s.ask(DANA, "users can't sign in").await;
        assert!(answer.text().contains("does not run"), "{}", answer.text());
        assert!(answer.button("Request enablement").is_none(), "{}", answer.text());
        s.skim();
    });
}

#[test]
fn a_silent_server_is_named_with_the_age_of_its_last_report() {
    tell(Setup::new(), async |s| {
        // The sweep has seen both; then one falls silent.
        s.pass(Duration::from_secs(90)).await;
        s.site.silence("STAGE01");
        s.pass(Duration::from_secs(240)).await;
        s.skim();
        let asked = s.discord.slash(DANA, HELPDESK, "sync status", json!({})).expect("can ask");
        let text = s.until_answer(asked).await.text();
        assert!(text.contains("no answer"), "{text}");
        assert!(text.contains("min ago"), "{text}");
        s.skim();
    });
}

#[test]
fn the_answer_comes_at_once_and_is_edited_once_when_fresh_state_arrives() {
    tell(Setup::new().scenario(Scenario::Healthy), async |s| {
        s.server("SYNC01").tenant().set_flag(false);
        // The state that is known is old, and says that all is well.
        s.pass(Duration::from_secs(40)).await;
        let first = s.ask(DANA, "users can't sign in").await;
        let edited = s.discord.updated(first.id, |m| m.edited).await.expect("fresh state changes the answer");
        assert_ne!(edited.text(), first.text());
        assert_eq!(edited.id, first.id);
        s.skim();
    });
}

#[test]
fn a_command_from_another_guild_gets_no_answer() {
    tell(Setup::new(), async |s| {
        let (_, elsewhere) = s.discord.add_guild("Fabrikam", &[LEE]);
        let options = json!([{ "name": "problem", "type": 3, "value": "users can't sign in" }]);
        s.discord.forge(Forgery::slash(LEE, elsewhere, "signin", options));
        // Whatever came to it before would be answered before this.
        s.ask(DANA, "users can't sign in").await;
        assert!(s.discord.messages(elsewhere, LEE).iter().all(|m| m.pending || m.failed.is_some()));
        s.skim();
    });
}
