//! Files that people attach to options.

use reqwest::Method;
use serde_json::{Value, json};
use serenity::all::{GatewayIntents, Interaction};
use syncmedic::demo::discord::people::{APPLICATION, DANA, GUILD, HELPDESK, SAM};

use super::client::Bot;
use super::{Got, Stage, got};

impl Stage {
    /// Attaches a file as the page does.
    async fn upload(&self, query: &str, bytes: Vec<u8>) -> Got {
        let request = self.http.post(format!("{}/ui/upload?{query}", self.discord.url())).body(bytes);
        got(request.send().await.expect("an answer")).await
    }

    /// Registers `/signin file:`.
    async fn register_signin_with_file(&self) {
        let option = json!({ "type": 11, "name": "file", "description": "A log" });
        let commands = json!([{ "name": "signin", "description": "d", "options": [option] }]);
        let path = format!("/applications/{APPLICATION}/guilds/{GUILD}/commands");
        let got = self.call(Method::PUT, &path, Some(&commands)).await;
        assert_eq!(got.status, 200, "{}", got.body);
    }
}

#[tokio::test]
async fn a_file_in_an_option_reaches_the_bot_with_all_that_is_known_of_it() {
    let stage = Stage::new().await;
    stage.register_signin_with_file().await;
    let taken =
        stage.upload(&format!("as={DANA}&name=my%20log%2F1.xml&kind=text%2Fxml"), b"<Event/>".into()).await;
    assert_eq!(taken.status, 201);
    let file = taken.body["attachment"].as_str().expect("an id").to_owned();

    let mut bot = Bot::connect(&stage.discord, GatewayIntents::empty()).await;
    stage.discord.online(true).await.expect("online");
    stage.discord.slash(DANA, HELPDESK, "signin", json!({ "file": file })).expect("the own file");
    let Interaction::Command(command) = bot.interaction().await else { panic!("a command") };
    let data = serde_json::to_value(&command.data).expect("JSON");
    assert_eq!(data["options"], json!([{ "name": "file", "type": 11, "value": file }]));
    let known = &data["resolved"]["attachments"][&file];
    assert_eq!((&known["filename"], &known["size"]), (&json!("my_log1.xml"), &json!(8)));
    assert_eq!((&known["content_type"], &known["ephemeral"]), (&json!("text/xml"), &json!(true)));

    let address = known["url"].as_str().expect("an address");
    let fetched = stage.http.get(address).send().await.expect("an answer");
    assert_eq!(fetched.headers()["content-type"], "application/octet-stream", "no page comes out of here");
    assert_eq!(fetched.bytes().await.expect("a body"), "<Event/>");
    let (unsigned, _) = address.split_once("&hm=").expect("a signature");
    assert_eq!(stage.http.get(unsigned).send().await.expect("an answer").status(), 404);
}

#[tokio::test]
async fn a_file_is_bounded_and_belongs_to_whoever_attached_it() {
    let stage = Stage::new().await;
    stage.register_signin_with_file().await;
    let large = stage.upload(&format!("as={DANA}&name=a"), vec![0; (10 << 20) + 1]).await;
    assert_eq!((large.status, &large.body["error"]), (413, &json!("a file has at most 10 MiB")));
    let first = stage.discord.upload(DANA, "a.xml", b"1").expect("taken");
    let use_it = |who, file: Value| stage.discord.slash(who, HELPDESK, "signin", json!({ "file": file }));
    assert!(use_it(SAM, json!(first)).is_err(), "another person's file");
    assert!(use_it(DANA, json!("1")).is_err(), "no file at all");
    for _ in 0..16 {
        stage.discord.upload(DANA, "b.xml", b"2").expect("taken");
    }
    assert!(use_it(DANA, json!(first)).is_err(), "the oldest went");
}
