//! Interactions: the three seconds, double answers, deferring, ephemeral ones, modals, tokens.

use std::time::Duration;

use serde_json::{Value, json};
use serenity::model::id::InteractionId;
use syncmedic::demo::discord::people::{APPLICATION, DANA, HELPDESK, LEE, SAM};
use syncmedic::demo::discord::{ActError, Forgery, Reply};

use super::{Got, Stage};

/// An interaction as the bot knows it: its id and its token, read from the page's side of the gateway.
struct Begun {
    id: InteractionId,
    token: String,
}

impl Stage {
    /// The interaction's token. No gateway is connected here, so it is caught where a forger would see it.
    async fn begin(&self) -> Begun {
        let (sender, receiver) = tokio::sync::oneshot::channel();
        let forgery = Forgery::slash(DANA, HELPDESK, "signin", json!([])).with(|payload| {
            let _ = sender.send(payload["token"].as_str().unwrap_or_default().to_owned());
        });
        let id = self.discord.forge(forgery);
        Begun { id, token: receiver.await.expect("a token") }
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
        let (sender, receiver) = tokio::sync::oneshot::channel();
        let forgery = Forgery::click(LEE, HELPDESK, card, "opaque").with(|payload| {
            let _ = sender.send(payload["token"].as_str().unwrap_or_default().to_owned());
        });
        let id = self.discord.forge(forgery);
        (Begun { id, token: receiver.await.expect("a token") }, card)
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
    let modal = stage.discord.forge(Forgery::modal(DANA, HELPDESK, None, "m", &[]));
    let _ = modal;
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
async fn choices_and_modals_keep_to_their_limits() {
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
