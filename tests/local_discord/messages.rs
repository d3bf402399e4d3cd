//! Messages: limits, mentions, nonces, permissions, files.

use std::time::Duration;

use reqwest::multipart::{Form, Part};
use serde_json::{Value, json};
use serenity::model::Permissions;
use syncmedic::demo::discord::people::{APPROVALS, APPROVER_ROLE, DANA, HELPDESK, LEE, STATUS};

use super::{Stage, got};

fn messages() -> String {
    format!("/channels/{STATUS}/messages")
}

#[tokio::test]
async fn a_message_over_a_limit_is_refused_with_50035_and_the_path_of_the_field() {
    let stage = Stage::new().await;
    let button = |label: &str| json!({ "type": 2, "style": 1, "label": label, "custom_id": "a" });
    for (body, path, code) in [
        (json!({ "content": "x".repeat(2001) }), "content", "BASE_TYPE_MAX_LENGTH"),
        (json!({ "embeds": [{ "title": "x".repeat(257) }] }), "embeds/0/title", "BASE_TYPE_MAX_LENGTH"),
        (json!({ "embeds": vec![json!({ "title": "x" }); 11] }), "embeds", "BASE_TYPE_MAX_LENGTH"),
        (
            json!({ "content": "x", "components": [{ "type": 1, "components": [button(&"l".repeat(81))] }] }),
            "components/0/components/0/label",
            "BASE_TYPE_MAX_LENGTH",
        ),
        (json!({ "content": "x", "nonce": "n".repeat(26) }), "nonce", "BASE_TYPE_MAX_LENGTH"),
        (json!({ "content": "x", "enforce_nonce": true }), "nonce", "BASE_TYPE_REQUIRED"),
        (
            json!({ "content": "x", "allowed_mentions": { "parse": ["users"], "users": [DANA] } }),
            "allowed_mentions",
            "MESSAGE_ALLOWED_MENTIONS_PARSE_EXCLUSIVE",
        ),
        (json!({ "content": 5 }), "content", "STRING_TYPE_CONVERT"),
    ] {
        let refused = stage.post(&messages(), &body).await;
        assert_eq!((refused.status, refused.code()), (400, 50035), "{path}: {}", refused.body);
        let found = refused.body.pointer(&format!("/errors/{path}/_errors/0/code"));
        assert_eq!(found, Some(&json!(code)), "{}", refused.body);
    }
    assert_eq!(stage.post(&messages(), &json!({})).await.code(), 50006);
    assert_eq!(
        stage.post(&messages(), &json!({ "content": "x".repeat(2000), "unheard_of": 1 })).await.status,
        200
    );
    assert_eq!(stage.discord.messages(STATUS, DANA).len(), 1, "what was refused left nothing behind");
}

#[tokio::test]
async fn an_enforced_nonce_makes_creating_idempotent_for_some_minutes() {
    let stage = Stage::new().await;
    let body = json!({ "content": "summary", "nonce": "due-2026-11-22", "enforce_nonce": true });
    let first = stage.post(&messages(), &body).await;
    assert_eq!(first.body["nonce"], "due-2026-11-22");
    let again = stage.post(&messages(), &body).await;
    assert_eq!((again.status, &again.body["id"]), (200, &first.body["id"]));
    let listed = stage.get(&messages()).await;
    assert_eq!(listed.body.as_array().map(Vec::len), Some(1));
    assert!(listed.body[0].get("nonce").is_none(), "a nonce is not told afterwards");
    stage.hand.advance(Duration::from_secs(5 * 60));
    let later = stage.post(&messages(), &body).await;
    assert_ne!(later.body["id"], first.body["id"]);
}

#[tokio::test]
async fn who_is_really_pinged_follows_from_allowed_mentions_roles_and_rights() {
    let stage = Stage::new().await;
    let content = format!("@everyone <@{DANA}> <@{LEE}> <@&{APPROVER_ROLE}>");
    for (allowed, users, roles) in [
        (Value::Null, 2, 1),
        (json!({ "parse": [] }), 0, 0),
        (json!({ "parse": [], "users": [DANA] }), 1, 0),
        (json!({ "roles": [APPROVER_ROLE] }), 0, 1),
    ] {
        stage.post(&messages(), &json!({ "content": content, "allowed_mentions": allowed })).await;
        let shown = stage.discord.next_message(STATUS, |_| true).await.expect("a message");
        assert_eq!((shown.pings.users.len(), shown.pings.roles.len()), (users, roles), "{allowed}");
        assert!(!shown.pings.everyone, "the bot has no such right");
    }
    stage.discord.change_role(APPROVER_ROLE, Permissions::empty(), false);
    stage.post(&messages(), &json!({ "content": content })).await;
    let shown = stage.discord.next_message(STATUS, |_| true).await.expect("a message");
    assert!(shown.pings.roles.is_empty(), "a role that is not mentionable is not pinged");
}

#[tokio::test]
async fn messages_are_listed_newest_first_with_limit_before_and_after() {
    let stage = Stage::new().await;
    let mut ids = Vec::new();
    for n in 0..5 {
        let made = stage.post(&messages(), &json!({ "content": n.to_string() })).await;
        ids.push(made.body["id"].as_str().expect("an id").to_owned());
    }
    let contents = |got: super::Got| {
        got.body
            .as_array()
            .into_iter()
            .flatten()
            .map(|m| m["content"].as_str().unwrap_or_default().to_owned())
            .collect::<String>()
    };
    assert_eq!(contents(stage.get(&format!("{}?limit=2", messages())).await), "43");
    assert_eq!(contents(stage.get(&format!("{}?limit=2&before={}", messages(), ids[3])).await), "21");
    assert_eq!(contents(stage.get(&format!("{}?limit=2&after={}", messages(), ids[1])).await), "32");
    assert_eq!(contents(stage.get(&format!("{}?limit=3&around={}", messages(), ids[2])).await), "321");
    assert_eq!(stage.get(&format!("{}?limit=101", messages())).await.code(), 50035);
}

#[tokio::test]
async fn access_and_ownership_are_refused_as_discord_refuses_them() {
    let stage = Stage::new().await;
    let made = stage.post(&messages(), &json!({ "content": "x" })).await;
    let own = format!("{}/{}", messages(), made.body["id"].as_str().expect("an id"));
    let danas = stage.discord.say(DANA, HELPDESK, "mine").expect("said");
    let others = format!("/channels/{HELPDESK}/messages/{danas}");
    assert_eq!(stage.patch(&others, &json!({ "content": "y" })).await.code(), 50005);
    assert_eq!(stage.delete(&others).await.code(), 50013);
    assert_eq!(stage.get(&others).await.body["content"], "", "no content intent");
    stage.discord.deny_bot(STATUS, Permissions::SEND_MESSAGES);
    assert_eq!(stage.post(&messages(), &json!({ "content": "x" })).await.code(), 50013);
    stage.discord.deny_bot(STATUS, Permissions::VIEW_CHANNEL);
    let refused = stage.patch(&own, &json!({ "content": "y" })).await;
    assert_eq!((refused.status, refused.code()), (403, 50001));
    stage.discord.allow_bot(STATUS);
    assert_eq!(stage.patch(&own, &json!({ "content": "y" })).await.status, 200);
    stage.discord.delete_message(made.body["id"].as_str().expect("an id").parse().expect("an id"));
    assert_eq!(stage.patch(&own, &json!({ "content": "y" })).await.code(), 10008);
    stage.discord.delete_channel(STATUS);
    assert_eq!(stage.post(&messages(), &json!({ "content": "x" })).await.code(), 10003);
}

#[tokio::test]
async fn files_come_as_multipart_are_shown_and_can_be_fetched() {
    let stage = Stage::new().await;
    let payload = json!({
        "embeds": [{ "title": "chart", "image": { "url": "attachment://chart.png" } }],
        "attachments": [{ "id": 0, "description": "events over time" }],
    });
    let form = Form::new().text("payload_json", payload.to_string()).part(
        "files[0]",
        Part::bytes(b"\x89PNG".to_vec()).file_name("chart.png").mime_str("image/png").expect("a type"),
    );
    let request = stage
        .http
        .post(format!("{}/channels/{APPROVALS}/messages", stage.discord.api_url()))
        .header("authorization", format!("Bot {}", stage.discord.token()))
        .multipart(form);
    let made = got(request.send().await.expect("an answer")).await;
    assert_eq!(made.status, 200, "{}", made.body);
    let url = made.body["embeds"][0]["image"]["url"].as_str().expect("an address");
    let fetched = stage.http.get(url).send().await.expect("an answer");
    assert_eq!(fetched.headers()["content-type"], "image/png");
    assert_eq!(fetched.bytes().await.expect("bytes").as_ref(), b"\x89PNG");
    let shown = stage.discord.next_message(APPROVALS, |_| true).await.expect("a message");
    assert_eq!(shown.attachments[0].description.as_deref(), Some("events over time"));
    let recorded = stage.discord.requests();
    assert_eq!(
        (&recorded[0].body, recorded[0].files.as_slice()),
        (&payload, ["chart.png".to_owned()].as_slice())
    );
    // An edit keeps files unless it lists which stay.
    let path = format!("/channels/{APPROVALS}/messages/{}", shown.id);
    stage.patch(&path, &json!({ "content": "still" })).await;
    assert_eq!(stage.discord.message(shown.id).expect("there").attachments.len(), 1);
    stage.patch(&path, &json!({ "attachments": [] })).await;
    assert_eq!(stage.discord.message(shown.id).expect("there").attachments.len(), 0);
}
