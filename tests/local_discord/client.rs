//! The bot's real gateway client, as Syncmedic configures it.

use std::sync::Arc;
use std::time::Duration;

use serde_json::json;
use serenity::all::{
    ClientBuilder, Context, CreateInteractionResponse, CreateInteractionResponseMessage, Event, EventHandler,
    GatewayIntents, HttpBuilder, Interaction, Message, RawEventHandler, async_trait,
};
use syncmedic::demo::discord::people::{APPLICATION, APPROVER_ROLE, BOT, DANA, GUILD, HELPDESK, LEE, OLGA};
use syncmedic::demo::discord::{Fault, LocalDiscord, Reply};
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};
use tokio::task::JoinHandle;

use super::Stage;

enum Heard {
    Interaction(Interaction),
    Message(Message),
    /// serenity could not make sense of an event.
    Unknown(String),
}

struct Ears(UnboundedSender<Heard>);

#[async_trait]
impl EventHandler for Ears {
    async fn interaction_create(&self, context: Context, interaction: Interaction) {
        if let Interaction::Command(command) = &interaction {
            let answer =
                CreateInteractionResponseMessage::new().content(format!("{} heard", command.data.name));
            command
                .create_response(&context, CreateInteractionResponse::Message(answer))
                .await
                .expect("answered");
        }
        let _ = self.0.send(Heard::Interaction(interaction));
    }

    async fn message(&self, _: Context, message: Message) {
        let _ = self.0.send(Heard::Message(message));
    }
}

#[async_trait]
impl RawEventHandler for Ears {
    async fn raw_event(&self, _: Context, event: Event) {
        if let Event::Unknown(unknown) = event {
            let _ = self.0.send(Heard::Unknown(format!("{}: {:?}", unknown.kind, unknown.value)));
        }
    }
}

pub(super) struct Bot {
    heard: UnboundedReceiver<Heard>,
    task: JoinHandle<serenity::Result<()>>,
}

impl Bot {
    pub(super) async fn connect(discord: &LocalDiscord, intents: GatewayIntents) -> Bot {
        let (sender, heard) = unbounded_channel();
        let http = HttpBuilder::new(discord.token()).proxy(discord.url()).ratelimiter_disabled(true).build();
        let mut client = ClientBuilder::new_with_http(http, intents)
            .event_handler_arc(Arc::new(Ears(sender.clone())))
            .raw_event_handler(Ears(sender))
            .await
            .expect("a client");
        let task = tokio::spawn(async move { client.start().await });
        Bot { heard, task }
    }

    async fn next(&mut self) -> Heard {
        let next = tokio::time::timeout(Duration::from_secs(30), self.heard.recv()).await;
        next.expect("in time").expect("the bot lives")
    }

    pub(super) async fn interaction(&mut self) -> Interaction {
        loop {
            match self.next().await {
                Heard::Interaction(interaction) => return interaction,
                Heard::Message(_) => {}
                Heard::Unknown(what) => panic!("serenity does not understand {what}"),
            }
        }
    }

    async fn message(&mut self) -> Message {
        loop {
            match self.next().await {
                Heard::Message(message) => return message,
                Heard::Interaction(_) => {}
                Heard::Unknown(what) => panic!("serenity does not understand {what}"),
            }
        }
    }
}

impl Drop for Bot {
    fn drop(&mut self) {
        self.task.abort();
    }
}

#[tokio::test]
async fn serenity_connects_hears_every_kind_of_interaction_and_answers() {
    let stage = Stage::new().await;
    stage.register().await;
    let discord = &stage.discord;
    let mut bot = Bot::connect(discord, GatewayIntents::empty()).await;
    discord.online(true).await.expect("online");

    let slash =
        discord.slash(DANA, HELPDESK, "signin", json!({ "problem": "nobody gets in" })).expect("allowed");
    let Interaction::Command(command) = bot.interaction().await else { panic!("a command") };
    assert_eq!(command.data.options[0].value.as_str(), Some("nobody gets in"));
    assert_eq!(command.guild_id, Some(GUILD));
    let member = command.member.expect("a member");
    assert_eq!((member.user.id, member.roles.len()), (DANA, 1));
    assert!(member.permissions.is_some_and(|p| !p.administrator()) && command.app_permissions.is_some());
    let answer = discord.reply(slash).await.expect("a reply").message().expect("a message");
    assert_eq!(answer.content, "signin heard");

    let typing = discord.autocomplete(DANA, HELPDESK, "signin", json!({ "server": "SY" }), "server");
    let Interaction::Autocomplete(typed) = bot.interaction().await else { panic!("autocomplete") };
    assert_eq!(typed.data.autocomplete().map(|o| o.value), Some("SY"));
    stage.hand.advance(Duration::from_secs(3));
    let failed = discord.reply(typing.expect("allowed")).await.expect("an end");
    assert!(matches!(failed, Reply::Failed(_)));

    let complaint = discord.say(DANA, HELPDESK, "my password does not work").expect("said");
    discord.context(LEE, complaint, "Diagnose sign-in").expect("allowed");
    let Interaction::Command(menu) = bot.interaction().await else { panic!("a command") };
    assert_eq!(menu.data.resolved.messages[&complaint].content, "my password does not work");
    let about =
        discord.next_message(HELPDESK, |m| m.content.starts_with("Diagnose")).await.expect("an answer");
    assert_eq!(about.invoked.map(|i| (i.by, i.name)), Some((LEE, "Diagnose sign-in".to_owned())));

    let card = json!({ "content": "card", "components": [{ "type": 1, "components": [
        { "type": 2, "style": 3, "label": "Approve", "custom_id": "opaque" },
    ] }] });
    stage.post(&format!("/channels/{HELPDESK}/messages"), &card).await;
    let card = discord.next_message(HELPDESK, |m| m.content == "card").await.expect("the card");
    let click = discord.click(LEE, card.id, "Approve").expect("there");
    let Interaction::Component(clicked) = bot.interaction().await else { panic!("a component") };
    assert_eq!((clicked.data.custom_id.as_str(), clicked.message.id), ("opaque", card.id));
    assert!(clicked.member.is_some_and(|m| m.roles.contains(&APPROVER_ROLE)));
    let modal = json!({ "type": 9, "data": { "custom_id": "why", "title": "Reason", "components": [
        { "type": 1, "components": [{ "type": 4, "custom_id": "reason", "label": "Why?", "style": 2 }] },
    ] } });
    stage.post(&format!("/interactions/{}/{}/callback", clicked.id, clicked.token), &modal).await;
    let shown = discord.reply(click).await.expect("a modal").modal().expect("a modal");
    assert_eq!(shown.title, "Reason");
    discord.submit(LEE, &[("reason", "ticket 7")]).expect("filled in");
    let Interaction::Modal(sent) = bot.interaction().await else { panic!("a modal") };
    assert_eq!((sent.data.custom_id.as_str(), sent.data.components.len()), ("why", 1));
    assert_eq!(sent.message.map(|m| m.id), Some(card.id));
    assert_eq!(discord.modal_of(LEE), None);

    let direct = discord.open_dm(DANA);
    discord.say(DANA, direct, "hello").expect("said");
    let forged = syncmedic::demo::discord::Forgery::click(DANA, direct, card.id, "opaque");
    discord.forge(forged);
    let Interaction::Component(from_dm) = bot.interaction().await else { panic!("a component") };
    assert!(from_dm.member.is_none() && from_dm.guild_id.is_none() && from_dm.user.id == DANA);
}

#[tokio::test]
async fn serenity_understands_guilds_channels_roles_and_its_own_answers_as_messages() {
    let stage = Stage::with(|c| c.privileged_intents = GatewayIntents::MESSAGE_CONTENT).await;
    stage.register().await;
    let intents = GatewayIntents::non_privileged() | GatewayIntents::MESSAGE_CONTENT;
    let mut bot = Bot::connect(&stage.discord, intents).await;
    stage.discord.online(true).await.expect("online");
    let deep = json!({ "problem": "x" });
    stage.discord.slash(OLGA, HELPDESK, "signin", deep).expect("allowed");
    let answer = bot.message().await;
    assert_eq!((answer.author.id, answer.content.as_str()), (BOT, "signin heard"));
    assert!(answer.interaction_metadata.is_some());
    let said = stage.discord.say(DANA, HELPDESK, "hello there").expect("said");
    assert_eq!(bot.message().await.content, "hello there");
    stage.discord.say_to(LEE, said, "hi").expect("said");
    assert!(bot.message().await.referenced_message.is_some());
    stage.discord.delete_message(said);
    let channel = stage.discord.add_channel(GUILD, "new");
    stage.discord.delete_channel(channel);
    stage.discord.add_guild("Elsewhere", &[DANA]);
    // Nothing of that was beyond serenity; `message` would have said so.
    stage.discord.say(DANA, HELPDESK, "done").expect("said");
    assert_eq!(bot.message().await.content, "done");
    // What serenity's own REST models make of a guild and a member.
    let http =
        HttpBuilder::new(stage.discord.token()).proxy(stage.discord.url()).ratelimiter_disabled(true).build();
    let guild = http.get_guild(GUILD).await.expect("a guild");
    assert!(guild.roles.contains_key(&APPROVER_ROLE) && guild.owner_id == OLGA);
    let member = http.get_member(GUILD, LEE).await.expect("a member");
    assert!(member.roles.contains(&APPROVER_ROLE));
    http.get_channel(HELPDESK).await.expect("a channel");
    http.get_current_user().await.expect("a user");
    http.get_current_application_info().await.expect("an application");
    http.get_bot_gateway().await.expect("a gateway");
    http.set_application_id(APPLICATION);
    assert_eq!(http.get_guild_commands(GUILD).await.expect("commands").len(), 3);
}

#[tokio::test]
async fn without_the_content_intent_only_messages_that_mention_the_bot_can_be_read() {
    let stage = Stage::new().await;
    let mut bot = Bot::connect(&stage.discord, GatewayIntents::GUILD_MESSAGES).await;
    stage.discord.online(true).await.expect("online");
    stage.discord.say(DANA, HELPDESK, "secret").expect("said");
    assert_eq!(bot.message().await.content, "");
    let asked = format!("<@{BOT}> users can't sign in");
    stage.discord.say(DANA, HELPDESK, &asked).expect("said");
    let heard = bot.message().await;
    assert_eq!(heard.content, asked);
    assert!(heard.mentions.iter().any(|u| u.id == BOT));
}

#[tokio::test]
async fn serenity_resumes_after_a_reconnect_a_close_and_a_cut_and_misses_nothing() {
    let stage = Stage::new().await;
    stage.register().await;
    let mut bot = Bot::connect(&stage.discord, GatewayIntents::empty()).await;
    let discord = &stage.discord;
    discord.online(true).await.expect("online");
    for (n, disturb) in [
        LocalDiscord::gateway_reconnect as fn(&LocalDiscord),
        |d| d.gateway_close(4000),
        LocalDiscord::gateway_drop,
        |d| d.gateway_invalidate(true),
    ]
    .into_iter()
    .enumerate()
    {
        disturb(discord);
        // Falls into the gap, or right after it: it must arrive either way.
        discord.slash(DANA, HELPDESK, "signin", json!({ "problem": n.to_string() })).expect("allowed");
        assert!(
            matches!(bot.interaction().await, Interaction::Command(c) if c.data.options[0].value.as_str() == Some(&n.to_string()))
        );
        discord.gateway_reached(1, n as u64 + 1).await.expect("resumed");
    }
    assert_eq!(discord.gateway_counts(), (1, 4));
}

#[tokio::test]
async fn a_wrong_token_ends_the_client_with_4004_and_a_forbidden_intent_with_4014() {
    let stage = Stage::new().await;
    let mut bot = Bot::connect(&stage.discord, GatewayIntents::GUILD_MEMBERS).await;
    let ended = (&mut bot.task).await.expect("no panic").expect_err("refused").to_string();
    assert!(ended.to_lowercase().contains("intent"), "{ended}");

    let mut bot = Bot::connect(&stage.discord, GatewayIntents::empty()).await;
    stage.discord.online(true).await.expect("online");
    stage.discord.reset_token("another");
    let ended = (&mut bot.task).await.expect("no panic").expect_err("refused").to_string();
    assert!(ended.to_lowercase().contains("auth"), "{ended}");
    assert_eq!(stage.get("/users/@me").await.status, 401);
}

#[tokio::test]
async fn an_interaction_while_the_bot_is_away_fails_after_three_seconds() {
    let stage = Stage::new().await;
    stage.register().await;
    stage.discord.outage(Some(Fault::Status(502)));
    let slash = stage.discord.slash(DANA, HELPDESK, "signin", json!({ "problem": "x" })).expect("allowed");
    assert_eq!(stage.discord.unread()[0].why, "interaction without an answer");
    stage.hand.advance(Duration::from_secs(3));
    let reply = stage.discord.reply(slash).await.expect("an end");
    assert!(matches!(reply, Reply::Failed(text) if text == "The application did not respond"));
    assert!(stage.discord.unread().is_empty());
}
