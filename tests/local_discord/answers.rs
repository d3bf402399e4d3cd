//! Interactions: the three seconds, double answers, deferring, ephemeral ones, modals, tokens.

use std::time::Duration;

use serde_json::{Value, json};
use serenity::model::id::InteractionId;
use syncmedic::demo::discord::people::{APPLICATION, APPROVER_ROLE, DANA, GUILD, HELPDESK, LEE, OLGA, SAM};
use syncmedic::demo::discord::{ActError, Forgery, Kind, Reply};

use super::{Got, Stage};

/// An interaction as the bot knows it: its id and its token, read from the page's side of the gateway.
struct Begun {
    id: InteractionId,
    token: String,
}

type Catch = Box<dyn FnOnce(&mut Value) + Send>;

impl Stage {
    /// Begins an interaction and catches its token. No gateway is connected here, so it is caught where a forger
    /// would see it.
    async fn caught(&self, forge: impl FnOnce(Catch) -> Forgery) -> Begun {
        let (sender, receiver) = tokio::sync::oneshot::channel();
        let catch: Catch = Box::new(|payload| {
            let _ = sender.send(payload["token"].as_str().unwrap_or_default().to_owned());
        });
        let id = self.discord.forge(forge(catch));
        Begun { id, token: receiver.await.expect("a token") }
    }

    async fn begin(&self) -> Begun {
        self.caught(|with| Forgery::slash(DANA, HELPDESK, "signin", json!([])).with(with)).await
    }

    /// A click on a fresh card in #helpdesk.
    async fn click(&self) -> (Begun, serenity::model::id::MessageId) {
        let card = json!({ "content": "card", "components": [{ "type": 1, "components": [
            { "type": 2, "style": 3, "label": "Approve", "custom_id": "opaque" },
        ] }] });
        let made = self.post(&format!("/channels/{HELPDESK}/messages"), &card).await;
        let card: serenity::model::id::MessageId =
            made.body["id"].as_str().expect("an id").parse().expect("an id");
        self.discord.read_all();
        let begun = self.caught(|with| Forgery::click(LEE, HELPDESK, card, "opaque").with(with)).await;
        (begun, card)
    }

    async fn answer(&self, begun: &Begun, body: &Value) -> Got {
        self.post(&format!("/interactions/{}/{}/callback", begun.id, begun.token), body).await
    }
}

impl Begun {
    fn webhook(&self) -> String {
        format!("/webhooks/{APPLICATION}/{}", self.token)
    }

    fn original(&self) -> String {
        format!("{}/messages/@original", self.webhook())
    }
}

#[tokio::test]
async fn an_answer_after_three_seconds_is_refused_with_10062() {
    let stage = Stage::new().await;
    let begun = stage.begin().await;
    stage.hand.advance(Duration::from_millis(2999));
    let in_time = stage.begin().await;
    stage.hand.advance(Duration::from_millis(1));
    let late = stage.answer(&begun, &json!({ "type": 5 })).await;
    assert_eq!((late.status, late.code()), (404, 10062));
    assert_eq!(stage.answer(&in_time, &json!({ "type": 5 })).await.status, 204);
    let wrong = Begun { id: in_time.id, token: "wrong".to_owned() };
    assert_eq!(stage.answer(&wrong, &json!({ "type": 5 })).await.code(), 10062);
}

#[tokio::test]
async fn a_second_answer_is_refused_with_40060() {
    let stage = Stage::new().await;
    let begun = stage.begin().await;
    assert_eq!(stage.answer(&begun, &json!({ "type": 4, "data": { "content": "a" } })).await.status, 204);
    let again = stage.answer(&begun, &json!({ "type": 4, "data": { "content": "b" } })).await;
    assert_eq!((again.status, again.code()), (400, 40060));
}

#[tokio::test]
async fn each_kind_of_interaction_takes_only_its_own_kinds_of_answers() {
    let stage = Stage::new().await;
    let command = stage.begin().await;
    for kind in [1, 6, 7, 8] {
        assert_eq!(
            stage.answer(&command, &json!({ "type": kind, "data": {} })).await.code(),
            50035,
            "{kind}"
        );
    }
    let (click, card) = stage.click().await;
    assert_eq!(
        stage
            .answer(&click, &json!({ "type": 7, "data": { "content": "changed", "components": [] } }))
            .await
            .status,
        204
    );
    let Reply::Updated(changed) = stage.discord.reply(click.id).await.expect("a reply") else {
        panic!("an update")
    };
    assert_eq!((changed.id, changed.content.as_str(), changed.buttons().len()), (card, "changed", 0));
    let modal = stage.caught(|with| Forgery::modal(DANA, HELPDESK, None, "m", &[]).with(with)).await;
    for kind in [6, 7, 9] {
        let data = json!({ "custom_id": "m", "title": "t", "components": [], "content": "x" });
        assert_eq!(
            stage.answer(&modal, &json!({ "type": kind, "data": data })).await.code(),
            50035,
            "{kind}"
        );
    }
    let from_card = stage.caught(|with| Forgery::modal(LEE, HELPDESK, Some(card), "m", &[]).with(with)).await;
    assert_eq!(stage.answer(&from_card, &json!({ "type": 6 })).await.status, 204);
    assert!(matches!(stage.discord.reply(from_card.id).await, Ok(Reply::Acknowledged)));
}

#[tokio::test]
async fn deferring_shows_thinking_and_the_first_followup_becomes_the_answer_and_stays_as_visible_as_it_was() {
    let stage = Stage::new().await;
    let begun = stage.begin().await;
    let deferred = stage.answer(&begun, &json!({ "type": 5 })).await;
    assert_eq!(deferred.status, 204);
    assert_eq!(stage.discord.unread()[0].why, "still thinking");
    let first = stage.post(&begun.webhook(), &json!({ "content": "first", "flags": 64 })).await;
    assert_eq!(first.body["flags"], 0, "it cannot become ephemeral any more");
    let original = stage.get(&begun.original()).await;
    assert_eq!(original.body["id"], first.body["id"]);
    let second = stage.post(&begun.webhook(), &json!({ "content": "second", "flags": 64 })).await;
    assert_eq!(second.body["flags"], 64);
    assert_ne!(second.body["id"], first.body["id"]);
    let shown = stage.discord.reply(begun.id).await.expect("a reply").message().expect("a message");
    assert_eq!((shown.content.as_str(), shown.edited), ("first", false));
    assert_eq!(stage.discord.followup(begun.id).await.expect("a followup").content, "second");
    let edited = stage.patch(&begun.original(), &json!({ "content": "edited" })).await;
    assert_eq!(edited.body["content"], "edited");
    assert!(stage.discord.updated(shown.id, |m| m.edited).await.is_ok());
    assert_eq!(stage.delete(&begun.original()).await.status, 204);
    stage.discord.deleted(shown.id).await.expect("deleted");
    assert!(stage.discord.unread().is_empty());
}

#[tokio::test]
async fn an_ephemeral_answer_is_seen_by_one_person_and_reached_only_through_its_token() {
    let stage = Stage::new().await;
    let begun = stage.begin().await;
    let answer = json!({ "type": 4, "data": { "content": "for you", "flags": 64 } });
    let with_body = stage
        .post(&format!("/interactions/{}/{}/callback?with_response=true", begun.id, begun.token), &answer)
        .await;
    assert_eq!(with_body.status, 200);
    assert_eq!(with_body.body["interaction"]["response_message_ephemeral"], true);
    let id = with_body.body["resource"]["message"]["id"].as_str().expect("an id").to_owned();
    let seen_by = |who| stage.discord.messages(HELPDESK, who).len();
    assert_eq!((seen_by(DANA), seen_by(SAM)), (1, 0));
    let path = format!("/channels/{HELPDESK}/messages/{id}");
    assert_eq!(stage.patch(&path, &json!({ "content": "x" })).await.code(), 10008);
    assert_eq!(stage.delete(&path).await.code(), 10008);
    let listed = stage.get(&format!("/channels/{HELPDESK}/messages")).await;
    assert_eq!(listed.body, json!([]));
    assert_eq!(stage.patch(&begun.original(), &json!({ "content": "y" })).await.body["content"], "y");
}

#[tokio::test]
async fn a_token_lives_15_minutes_and_not_before_the_first_answer() {
    let stage = Stage::new().await;
    let begun = stage.begin().await;
    assert_eq!(stage.post(&begun.webhook(), &json!({ "content": "early" })).await.code(), 10015);
    stage.answer(&begun, &json!({ "type": 5 })).await;
    stage.hand.advance(Duration::from_secs(15 * 60 - 1));
    assert_eq!(stage.get(&begun.original()).await.status, 200);
    stage.hand.advance(Duration::from_secs(1));
    let late = stage.patch(&begun.original(), &json!({ "content": "late" })).await;
    assert_eq!((late.status, late.code()), (401, 50027));
    let reply = stage.discord.reply(begun.id).await.expect("an end");
    assert!(matches!(reply, Reply::Failed(_)), "thinking for ever ends as a failure");
    assert_eq!(stage.get("/webhooks/1/nothing/messages/@original").await.code(), 10015);
}

#[tokio::test]
async fn a_modal_over_a_limit_is_refused_with_the_path_of_the_field() {
    let stage = Stage::new().await;
    let begun = stage.begin().await;
    let input = json!({ "type": 4, "custom_id": "reason", "label": "l".repeat(46), "style": 1 });
    let modal = json!({ "type": 9, "data": { "custom_id": "m", "title": "t", "components": [
        { "type": 1, "components": [input] },
    ] } });
    let refused = stage.answer(&begun, &modal).await;
    assert_eq!(refused.code(), 50035);
    let at = "/errors/data/components/0/components/0/label/_errors/0/code";
    assert_eq!(refused.body.pointer(at), Some(&json!("BASE_TYPE_MAX_LENGTH")));
}

#[tokio::test]
async fn typing_gets_at_most_25_choices() {
    let stage = Stage::new().await;
    stage.register().await;
    let typing = |with: Catch| {
        Forgery::slash(DANA, HELPDESK, "signin", json!([])).of_kind(Kind::Autocomplete).with(with)
    };
    let begun = stage.caught(typing).await;
    let choices = |n: usize| -> Vec<Value> {
        (0..n).map(|n| json!({ "name": n.to_string(), "value": n.to_string() })).collect()
    };
    assert_eq!(stage.answer(&begun, &json!({ "type": 4, "data": { "content": "x" } })).await.code(), 50035);
    let many = stage.answer(&begun, &json!({ "type": 8, "data": { "choices": choices(26) } })).await;
    assert!(many.body.pointer("/errors/data/choices/_errors").is_some(), "{}", many.body);
    assert_eq!(
        stage.answer(&begun, &json!({ "type": 8, "data": { "choices": choices(25) } })).await.status,
        204
    );
    let reply = stage.discord.reply(begun.id).await.expect("choices");
    assert!(matches!(reply, Reply::Choices(choices) if choices.len() == 25));
}

#[tokio::test]
async fn an_answer_pings_users_at_most_and_an_edit_pings_nobody() {
    let stage = Stage::new().await;
    let content = format!("<@{LEE}> <@&{APPROVER_ROLE}>");
    let begun = stage.begin().await;
    stage.answer(&begun, &json!({ "type": 4, "data": { "content": content } })).await;
    let shown = stage.discord.reply(begun.id).await.expect("a reply").message().expect("a message");
    assert_eq!((shown.pings.users.len(), shown.pings.roles.len()), (1, 0));
    let edited = stage.patch(&begun.original(), &json!({ "content": format!("{content}!") })).await;
    assert_eq!(edited.body["mentions"].as_array().map(Vec::len), Some(1), "it names Lee all the same");
    let shown = stage.discord.updated(shown.id, |m| m.edited).await.expect("edited");
    assert!(shown.pings.is_empty());
}

#[tokio::test]
async fn a_menu_takes_only_the_values_it_offers() {
    let stage = Stage::new().await;
    let menu = json!({ "type": 3, "custom_id": "which", "options": [
        { "label": "One", "value": "1" }, { "label": "Two", "value": "2" },
    ] });
    let card = json!({ "content": "choose", "components": [{ "type": 1, "components": [menu] }] });
    stage.post(&format!("/channels/{HELPDESK}/messages"), &card).await;
    let card = stage.discord.next_message(HELPDESK, |_| true).await.expect("a card").id;
    let select = |values: &[&str]| stage.discord.select(DANA, card, "which", values);
    assert_eq!(select(&["3"]).err(), Some(ActError::WrongChoice));
    assert_eq!(select(&["1", "2"]).err(), Some(ActError::WrongChoice));
    select(&["2"]).expect("offered");
}

#[tokio::test]
async fn a_timed_out_person_can_click_but_neither_write_nor_use_commands() {
    let stage = Stage::new().await;
    stage.register().await;
    let (_, card) = stage.click().await;
    stage.discord.time_out(LEE, Some("2026-11-23T00:00:00Z".parse().expect("a time")));
    assert_eq!(stage.discord.say(LEE, HELPDESK, "hello").err(), Some(ActError::NotAllowed));
    let slash = stage.discord.slash(LEE, HELPDESK, "signin", json!({ "problem": "x" }));
    assert_eq!(slash.err(), Some(ActError::NotAllowed));
    stage.discord.click(LEE, card, "Approve").expect("a click goes through, and its payload says so");
}

#[tokio::test]
async fn a_command_for_administrators_is_for_them_alone() {
    let stage = Stage::new().await;
    let path = format!("/applications/{APPLICATION}/guilds/{GUILD}/commands");
    let command = json!({ "name": "audit", "description": "d", "default_member_permissions": "0" });
    assert_eq!(stage.post(&path, &command).await.status, 201);
    let slash = |who| stage.discord.slash(who, HELPDESK, "audit", json!({}));
    assert_eq!(slash(DANA).err(), Some(ActError::NotAllowed));
    slash(OLGA).expect("the owner may");
}

#[tokio::test]
async fn from_another_guild_the_payload_names_that_guild_and_none_of_the_roles() {
    let stage = Stage::new().await;
    let (guild, channel) = stage.discord.add_guild("Elsewhere", &[LEE]);
    let (_, card) = stage.click().await;
    let (sender, receiver) = tokio::sync::oneshot::channel();
    stage.discord.forge(Forgery::click(LEE, channel, card, "opaque").with(|payload| {
        let _ = sender.send(payload.clone());
    }));
    let payload = receiver.await.expect("a payload");
    assert_eq!((&payload["guild_id"], &payload["member"]["roles"]), (&json!(guild), &json!([])));
}

#[tokio::test]
async fn people_can_only_do_what_discords_client_offers() {
    let stage = Stage::new().await;
    let discord = &stage.discord;
    let slash = |name: &str, options: Value| discord.slash(DANA, HELPDESK, name, options).err();
    assert!(matches!(slash("signin", json!({})), Some(ActError::NoCommand(_))));
    stage.register().await;
    assert_eq!(slash("signin", json!({})), Some(ActError::MissingOption("problem".to_owned())));
    assert_eq!(slash("signin", json!({ "problem": 1 })), Some(ActError::WrongValue("problem".to_owned())));
    assert_eq!(slash("sync history", json!({ "hours": 73 })), Some(ActError::WrongValue("hours".to_owned())));
    assert_eq!(slash("sync history", json!({ "hours": 72 })), None);
    assert_eq!(slash("sync", json!([{ "name": "history", "type": 1, "options": [] }])), None);
    assert!(matches!(slash("sync other", json!({})), Some(ActError::NoOption(_))));
    let (_, card) = stage.click().await;
    assert!(matches!(discord.click(DANA, card, "Deny"), Err(ActError::NoComponent(_))));
    assert_eq!(discord.submit(DANA, &[]).err(), Some(ActError::NoModal));
}
