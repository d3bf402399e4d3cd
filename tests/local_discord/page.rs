//! The page's API.

use serde_json::{Value, json};
use syncmedic::demo::discord::people::{DANA, HELPDESK, LEE, SAM};
use syncmedic::demo::discord::{Console, Consoles};

use super::{Got, Stage, got};

impl Stage {
    async fn page(&self, path: &str) -> Got {
        got(self.http.get(format!("{}{path}", self.discord.url())).send().await.expect("an answer")).await
    }

    async fn act(&self, path: &str, body: &Value) -> Got {
        let request = self.http.post(format!("{}{path}", self.discord.url())).json(body);
        got(request.send().await.expect("an answer")).await
    }
}

#[tokio::test]
async fn the_page_is_served_with_what_a_person_sees() {
    let stage = Stage::new().await;
    stage.register().await;
    for path in ["/", "/page/style.css", "/page/app.js", "/page/message.js"] {
        assert_eq!(stage.page(path).await.status, 200, "{path}");
    }
    let fresh = stage.page("/ui/state").await.body;
    assert_eq!(fresh["me"]["name"], "Dana", "a new page starts as the first person");
    let said =
        stage.act("/ui/message", &json!({ "as": DANA, "channel": HELPDESK, "content": "hello" })).await;
    assert_eq!(said.status, 202);
    let state = stage.page(&format!("/ui/state?as={SAM}")).await.body;
    assert_eq!(state["me"], json!({ "id": SAM, "name": "Sam", "role_label": "no role" }));
    assert_eq!(state["note"], "Local Discord, not discord.com");
    let names: Vec<&str> =
        state["people"].as_array().into_iter().flatten().filter_map(|p| p["name"].as_str()).collect();
    assert_eq!(names, ["Dana", "Lee", "Sam"]);
    let channels: Vec<&str> =
        state["channels"].as_array().into_iter().flatten().filter_map(|c| c["name"].as_str()).collect();
    assert_eq!(channels, ["helpdesk", "sync-approvals", "sync-status", "random"]);
    let message = &state["messages"][HELPDESK.to_string()][0];
    assert_eq!((&message["content"], &message["author"]["name"]), (&json!("hello"), &json!("Dana")));
    assert_eq!(state["commands"].as_array().map(Vec::len), Some(3));
    assert_eq!(
        (&state["bot"]["online"], &state["modal"], &state["consoles"]),
        (&json!(false), &Value::Null, &json!([]))
    );
}

#[tokio::test]
async fn a_person_chooses_the_language_of_their_discord_among_those_that_are_offered() {
    let stage = Stage::new().await;
    let locale = async || {
        let state = stage.page(&format!("/ui/state?as={DANA}")).await.body;
        let dana = state["people"].as_array().into_iter().flatten().find(|p| p["name"] == "Dana").cloned();
        (dana.map(|dana| dana["locale"].clone()), state["locales"].clone())
    };
    let (before, offered) = locale().await;
    assert_eq!(before, Some(json!("en-US")));
    assert!(offered.as_array().is_some_and(|all| all.iter().any(|one| one["locale"] == "de")), "{offered}");
    assert_eq!(stage.act("/ui/locale", &json!({ "as": DANA, "locale": "de" })).await.status, 204);
    assert_eq!(locale().await.0, Some(json!("de")));
    assert_eq!(stage.act("/ui/locale", &json!({ "as": DANA, "locale": "tlh" })).await.status, 400);
    assert_eq!(locale().await.0, Some(json!("de")));
}

#[tokio::test]
async fn what_cannot_be_done_is_said_in_a_sentence() {
    let stage = Stage::new().await;
    let lost = stage
        .act("/ui/command", &json!({ "as": DANA, "channel": HELPDESK, "name": "signin", "options": [] }))
        .await;
    assert_eq!((lost.status, &lost.body["error"]), (404, &json!("there is no command \"signin\" here")));
    let garbled = stage.act("/ui/command", &json!({ "as": "nobody" })).await;
    assert!((400..500).contains(&garbled.status) && garbled.body["error"].is_string());
    let nobody = stage.page("/ui/state?as=77").await;
    assert_eq!(nobody.status, 404);
}

#[tokio::test]
async fn an_interaction_from_the_page_is_accepted_at_once_and_its_failure_shows() {
    let stage = Stage::new().await;
    stage.register().await;
    let options = json!([{ "name": "problem", "type": 3, "value": "nobody gets in" }]);
    let begun = stage
        .act("/ui/command", &json!({ "as": DANA, "channel": HELPDESK, "name": "signin", "options": options }))
        .await;
    assert_eq!(begun.status, 202);
    let id = begun.body["interaction"].as_str().expect("an id").parse().expect("an id");
    stage.hand.advance(std::time::Duration::from_secs(3));
    stage.discord.reply(id).await.expect("an end");
    let state = stage.page(&format!("/ui/state?as={DANA}")).await.body;
    let message = &state["messages"][HELPDESK.to_string()][0];
    assert_eq!(message["failed"], "The application did not respond");
    assert_eq!((&message["ephemeral"], &message["command"]["by"]), (&json!(true), &json!("Dana")));
    let others = stage.page(&format!("/ui/state?as={LEE}")).await.body;
    assert_eq!(others["messages"][HELPDESK.to_string()], json!([]));
}

#[tokio::test]
async fn events_tell_the_page_that_something_changed() {
    let stage = Stage::new().await;
    let mut events =
        stage.http.get(format!("{}/ui/events", stage.discord.url())).send().await.expect("a stream");
    let mut next = async || {
        let chunk = events.chunk().await.expect("a stream").expect("not over");
        String::from_utf8_lossy(&chunk).into_owned()
    };
    let first = next().await;
    assert!(first.starts_with("data: {\"version\":"), "{first}");
    stage.discord.say(DANA, HELPDESK, "hello").expect("said");
    assert_ne!(next().await, first);
}

#[tokio::test]
async fn other_sites_cannot_act_in_here() {
    let stage = Stage::new().await;
    let url = format!("{}/ui/message", stage.discord.url());
    let body = json!({ "as": DANA, "channel": HELPDESK, "content": "forged" });
    let cross = stage.http.post(&url).header("origin", "https://evil.example").json(&body);
    assert_eq!(cross.send().await.expect("an answer").status(), 403);
    let rebound = stage.http.post(&url).header("host", "evil.example").json(&body);
    assert_eq!(rebound.send().await.expect("an answer").status(), 403);
    let simple = stage.http.post(&url).header("content-type", "text/plain").body(body.to_string());
    assert_eq!(simple.send().await.expect("an answer").status(), 415);
    assert!(stage.discord.messages(HELPDESK, DANA).is_empty());
}

struct OneConsole;

impl Consoles for OneConsole {
    fn consoles(&self) -> Vec<Console> {
        vec![Console {
            server: "SYNC01".to_owned(),
            lines: vec!["PS C:\\>".to_owned()],
            staged: None,
            facts: vec![("Cloud flag".to_owned(), "off".to_owned())],
        }]
    }

    fn act<'a>(
        &'a self,
        server: &'a str,
        action: &'a str,
    ) -> std::pin::Pin<Box<dyn Future<Output = Result<(), String>> + Send + 'a>> {
        Box::pin(async move {
            match (server, action) {
                ("SYNC01", "apply") => Ok(()),
                _ => Err("nothing is staged there".to_owned()),
            }
        })
    }
}

#[tokio::test]
async fn consoles_are_shown_and_worked_once_they_are_plugged_in() {
    let stage = Stage::new().await;
    let apply = json!({ "server": "SYNC01", "action": "apply" });
    assert_eq!(stage.act("/ui/console", &apply).await.status, 404);
    stage.discord.plug_consoles(OneConsole);
    let state = stage.page(&format!("/ui/state?as={DANA}")).await.body;
    assert_eq!(state["consoles"][0]["facts"], json!([["Cloud flag", "off"]]));
    assert_eq!(stage.act("/ui/console", &apply).await.status, 204);
    let refused = stage.act("/ui/console", &json!({ "server": "X", "action": "apply" })).await;
    assert_eq!((refused.status, &refused.body["error"]), (409, &json!("nothing is staged there")));
}
