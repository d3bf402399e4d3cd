//! What Discord tells the bot, in our own small words: read from the JSON of an event, so that serenity stays at
//! the edge and an event that serenity can't read is read all the same.
//!
//! Who acts comes from the interaction's `member` alone: it is what Discord's gateway says of this one click.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::Deserialize;
use serde_json::Value;

use super::rest::Ticket;
use crate::gate::Actor;
use crate::ids::Snowflake;
use crate::secret::Secret;
use crate::words::Language;

/// Something a person did that wants an answer within three seconds.
#[derive(Debug, Clone, PartialEq)]
pub struct Interaction {
    /// How it is answered.
    pub ticket: Ticket,
    /// Who did it, where.
    pub actor: Actor,
    /// The language of their Discord.
    pub language: Language,
    /// What they did.
    pub kind: Kind,
}

/// What a person did.
#[derive(Debug, Clone, PartialEq)]
pub enum Kind {
    /// A slash command.
    Slash(Slash),
    /// A command on somebody's message.
    OnMessage {
        /// The command's name.
        name: String,
        /// The message's text, with that of its cards and of what it forwards.
        content: String,
        /// The files attached to it.
        files: Vec<Attached>,
    },
    /// Typing in an option that offers suggestions.
    Autocomplete {
        /// The command so far.
        slash: Slash,
        /// What is typed in the option that has the focus.
        typed: String,
    },
    /// A click on a button.
    Button {
        /// The button's id.
        custom_id: String,
        /// The message it is on.
        message: Snowflake,
    },
    /// A form that was sent.
    Modal {
        /// The form's id.
        custom_id: String,
        /// What was typed, by the lines' names.
        fields: BTreeMap<String, String>,
    },
    /// Something this version does not know.
    Other,
}

/// A slash command: its name with its subcommand, and its options.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Slash {
    /// `sync status`.
    pub name: String,
    /// Options by name, as text; of a file its id.
    pub options: BTreeMap<String, String>,
    /// The files that options brought, by the options' names.
    pub files: BTreeMap<String, Attached>,
}

/// A file that somebody attached. What it says of itself is not trusted: not its size, and not its address.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Attached {
    /// Its name.
    pub name: String,
    /// How many bytes it is said to have.
    pub size: u64,
    /// Where it can be fetched.
    pub url: String,
}

/// A message in which the bot was mentioned.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mention {
    /// Who wrote it, where, with the roles held at that moment.
    pub actor: Actor,
    /// The message.
    pub message: Snowflake,
    /// What it says besides the mention.
    pub text: String,
}

#[derive(Deserialize)]
struct RawInteraction {
    id: Snowflake,
    application_id: Snowflake,
    token: String,
    #[serde(rename = "type")]
    kind: u8,
    guild_id: Option<Snowflake>,
    channel_id: Option<Snowflake>,
    channel: Option<RawId>,
    member: Option<RawMember>,
    user: Option<RawUser>,
    #[serde(default)]
    data: Value,
    message: Option<RawId>,
    #[serde(default)]
    locale: String,
}

#[derive(Deserialize)]
struct RawId {
    id: Snowflake,
}

#[derive(Deserialize)]
struct RawUser {
    id: Snowflake,
    #[serde(default)]
    bot: bool,
}

#[derive(Deserialize)]
struct RawMember {
    user: RawUser,
    #[serde(default)]
    roles: Vec<Snowflake>,
    #[serde(default)]
    communication_disabled_until: Option<Timestamp>,
    #[serde(default)]
    pending: bool,
}

impl Interaction {
    /// Reads an interaction from the JSON of an `INTERACTION_CREATE` event.
    ///
    /// # Errors
    /// What is missing; never more of the event than that, since it holds the token.
    pub fn read(event: &Value) -> Result<Interaction, String> {
        let raw = RawInteraction::deserialize(event).map_err(|error| error.to_string())?;
        let channel = raw.channel_id.or(raw.channel.map(|channel| channel.id));
        let channel = channel.ok_or("it names no channel")?;
        // Without a member it is a direct message, whatever else it says: then nobody holds any role.
        let actor = match (raw.member, raw.user) {
            (Some(member), _) => Actor {
                user: member.user.id,
                guild: raw.guild_id,
                channel,
                roles: member.roles,
                bot: member.user.bot,
                timed_out_until: member.communication_disabled_until,
                pending: member.pending,
            },
            (None, Some(user)) => Actor {
                user: user.id,
                guild: None,
                channel,
                roles: Vec::new(),
                bot: user.bot,
                timed_out_until: None,
                pending: false,
            },
            (None, None) => return Err("it names nobody".into()),
        };
        let kind = kind(raw.kind, &raw.data, raw.message.map(|message| message.id));
        let ticket = Ticket { id: raw.id, application: raw.application_id, token: Secret::new(raw.token) };
        let language = Language::of_locale(&raw.locale);
        Ok(Interaction { ticket, actor, language, kind })
    }
}

fn kind(number: u8, data: &Value, message: Option<Snowflake>) -> Kind {
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    match (number, message) {
        // Type 3 is a command on a message; without a type it is a slash command.
        (2, _) if data["type"] == 3 => {
            let target = data["target_id"].as_str().unwrap_or_default();
            let message = &data["resolved"]["messages"][target];
            let files = message["attachments"].as_array().into_iter().flatten().map(attached).collect();
            Kind::OnMessage { name: text(&data["name"]), content: text_of(message), files }
        }
        (2, _) => Kind::Slash(slash(data).0),
        (4, _) => {
            let (slash, typed) = slash(data);
            Kind::Autocomplete { slash, typed }
        }
        (3, Some(message)) => Kind::Button { custom_id: text(&data["custom_id"]), message },
        (5, _) => {
            let mut fields = BTreeMap::new();
            inputs(&data["components"], &mut fields);
            Kind::Modal { custom_id: text(&data["custom_id"]), fields }
        }
        _ => Kind::Other,
    }
}

/// What a message says: its text, its cards ("embeds"), and the messages that it forwards.
fn text_of(message: &Value) -> String {
    let mut parts: Vec<&str> = Vec::new();
    let forwarded = message["message_snapshots"].as_array().into_iter().flatten().map(|it| &it["message"]);
    for message in std::iter::once(message).chain(forwarded) {
        parts.extend(message["content"].as_str());
        for embed in message["embeds"].as_array().into_iter().flatten() {
            parts.extend(["title", "description"].iter().filter_map(|part| embed[part].as_str()));
            for field in embed["fields"].as_array().into_iter().flatten() {
                parts.extend(["name", "value"].iter().filter_map(|part| field[part].as_str()));
            }
        }
    }
    parts.retain(|part| !part.trim().is_empty());
    parts.join("\n")
}

/// The command with its subcommand, and what is typed in the option that has the focus.
fn slash(data: &Value) -> (Slash, String) {
    let mut slash = Slash { name: data["name"].as_str().unwrap_or_default().to_owned(), ..Slash::default() };
    let mut typed = String::new();
    let mut options = &data["options"];
    // A subcommand holds the options; groups of subcommands hold subcommands.
    while let Some(sub) =
        options.as_array().and_then(|all| all.iter().find(|o| o["type"] == 1 || o["type"] == 2))
    {
        slash.name.push(' ');
        slash.name.push_str(sub["name"].as_str().unwrap_or_default());
        options = &sub["options"];
    }
    for option in options.as_array().into_iter().flatten() {
        let value = match &option["value"] {
            Value::String(text) => text.clone(),
            Value::Null => String::new(),
            other => other.to_string(),
        };
        if option["focused"] == true {
            typed.clone_from(&value);
        }
        // Type 11 is a file: the value is its id, and what is known of it stands apart.
        let file = &data["resolved"]["attachments"][&value];
        if option["type"] == 11 && file.is_object() {
            slash.files.insert(option["name"].as_str().unwrap_or_default().to_owned(), attached(file));
        }
        slash.options.insert(option["name"].as_str().unwrap_or_default().to_owned(), value);
    }
    (slash, typed)
}

fn attached(file: &Value) -> Attached {
    let text = |field: &str| file[field].as_str().unwrap_or_default().to_owned();
    Attached { name: text("filename"), size: file["size"].as_u64().unwrap_or(0), url: text("url") }
}

/// Text inputs, under rows or under labels.
fn inputs(components: &Value, fields: &mut BTreeMap<String, String>) {
    for component in components.as_array().into_iter().flatten() {
        if let (Some(name), Some(value)) = (component["custom_id"].as_str(), component["value"].as_str()) {
            fields.insert(name.to_owned(), value.to_owned());
        }
        inputs(&component["components"], fields);
        if component["component"].is_object() {
            inputs(&Value::Array(vec![component["component"].clone()]), fields);
        }
    }
}

impl Mention {
    /// Reads a message in which `bot` is mentioned; `None` if it is not, or if a program wrote it.
    pub fn read(event: &Value, bot: Snowflake) -> Option<Mention> {
        #[derive(Deserialize)]
        struct Raw {
            id: Snowflake,
            channel_id: Snowflake,
            guild_id: Option<Snowflake>,
            author: RawUser,
            #[serde(default)]
            content: String,
            #[serde(default)]
            mentions: Vec<RawUser>,
            webhook_id: Option<Snowflake>,
            member: Option<RawMessageMember>,
        }
        /// Of the author, whom a message names by itself.
        #[derive(Default, Deserialize)]
        struct RawMessageMember {
            #[serde(default)]
            roles: Vec<Snowflake>,
            #[serde(default)]
            communication_disabled_until: Option<Timestamp>,
            #[serde(default)]
            pending: bool,
        }
        let raw = Raw::deserialize(event).ok()?;
        let mentioned = raw.mentions.iter().any(|user| user.id == bot);
        // Only somebody who names the bot asks it; a reply to one of its cards pings it without naming it.
        let names = [format!("<@{bot}>"), format!("<@!{bot}>")];
        let named = names.iter().any(|name| raw.content.contains(name.as_str()));
        if !mentioned || !named || raw.author.bot || raw.webhook_id.is_some() || raw.author.id == bot {
            return None;
        }
        let text = names.iter().fold(raw.content, |text, name| text.replace(name.as_str(), " "));
        let member = raw.member.unwrap_or_default();
        let actor = Actor {
            user: raw.author.id,
            guild: raw.guild_id,
            channel: raw.channel_id,
            roles: member.roles,
            bot: raw.author.bot,
            timed_out_until: member.communication_disabled_until,
            pending: member.pending,
        };
        Some(Mention { actor, message: raw.id, text: text.trim().to_owned() })
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn event(kind: u8, data: Value) -> Value {
        json!({"id": "1", "application_id": "2", "token": "t0ken", "type": kind, "guild_id": "3",
            "channel_id": "4", "data": data, "message": {"id": "9"},
            "member": {"user": {"id": "5", "bot": false}, "roles": ["6"], "pending": false,
                "communication_disabled_until": "2026-11-22T02:00:00.000000+00:00"}})
    }

    #[test]
    fn who_acts_comes_from_the_member_of_the_click() {
        let read =
            Interaction::read(&event(3, json!({"custom_id": "x", "component_type": 2}))).expect("reads");
        assert_eq!(read.actor.user, Snowflake(5));
        assert_eq!(read.actor.roles, [Snowflake(6)]);
        assert!(read.actor.timed_out_until.is_some());
        assert_eq!(read.kind, Kind::Button { custom_id: "x".into(), message: Snowflake(9) });
        assert!(!format!("{read:?}").contains("t0ken"));
    }

    #[test]
    fn a_direct_message_has_no_guild_and_no_roles_whatever_it_says() {
        let mut direct = event(3, json!({"custom_id": "x"}));
        direct["member"] = Value::Null;
        direct["user"] = json!({"id": "5", "roles": ["6"]});
        let read = Interaction::read(&direct).expect("reads");
        assert_eq!((read.actor.guild, read.actor.roles), (None, Vec::new()));
    }

    #[test]
    fn a_slash_command_is_its_name_with_subcommand_and_options() {
        let data = json!({"name": "sync", "type": 1, "options": [{"name": "history", "type": 1, "options": [
            {"name": "server", "type": 3, "value": "SY", "focused": true},
            {"name": "hours", "type": 4, "value": 24}]}]});
        let slash = Slash {
            name: "sync history".into(),
            options: BTreeMap::from([("server".into(), "SY".into()), ("hours".into(), "24".into())]),
            files: BTreeMap::new(),
        };
        let read = |kind| Interaction::read(&event(kind, data.clone())).expect("reads").kind;
        assert_eq!(read(2), Kind::Slash(slash.clone()));
        assert_eq!(read(4), Kind::Autocomplete { slash, typed: "SY".into() });
    }

    #[test]
    fn a_message_command_brings_the_text_and_the_files_of_the_message() {
        let data = json!({"name": "Diagnose sign-in", "type": 3, "target_id": "8",
            "resolved": {"messages": {"8": {"id": "8", "content": "nobody can log in", "attachments": [
                {"id": "7", "filename": "app.evtx", "size": 69632, "url": "https://cdn.discordapp.com/a"}]}}}});
        let kind = Interaction::read(&event(2, data)).expect("reads").kind;
        let (name, content) = ("Diagnose sign-in".into(), "nobody can log in".into());
        let url = "https://cdn.discordapp.com/a".into();
        let files = vec![Attached { name: "app.evtx".into(), size: 69_632, url }];
        assert_eq!(kind, Kind::OnMessage { name, content, files });
    }

    #[test]
    fn an_option_that_is_a_file_brings_what_is_known_of_the_file() {
        let data = json!({"name": "signin", "type": 1,
            "options": [{"name": "file", "type": 11, "value": "7"}, {"name": "problem", "type": 3, "value": "7"}],
            "resolved": {"attachments": {"7": {"id": "7", "filename": "a.xml", "size": 3, "url": "https://x/a"}}}});
        let Kind::Slash(slash) = Interaction::read(&event(2, data)).expect("reads").kind else {
            panic!("a command")
        };
        let file = Attached { name: "a.xml".into(), size: 3, url: "https://x/a".into() };
        assert_eq!(slash.files, BTreeMap::from([("file".to_owned(), file)]));
    }

    #[test]
    fn what_is_typed_in_a_form_is_found_under_rows_and_under_labels() {
        let data = json!({"custom_id": "f", "components": [
            {"type": 1, "components": [{"type": 4, "custom_id": "a", "value": "1"}]},
            {"type": 18, "component": {"type": 4, "custom_id": "b", "value": "2"}}]});
        let fields = BTreeMap::from([("a".into(), "1".into()), ("b".into(), "2".into())]);
        let kind = Interaction::read(&event(5, data)).expect("reads").kind;
        assert_eq!(kind, Kind::Modal { custom_id: "f".into(), fields });
    }

    #[test]
    fn a_message_command_reads_cards_and_forwarded_messages_too() {
        let data = json!({"name": "Diagnose sign-in", "type": 3, "target_id": "8", "resolved": {"messages": {"8": {
            "content": "", "embeds": [{"title": "Ticket 7", "description": "can't log in",
                "fields": [{"name": "Code", "value": "AADSTS50126"}]}],
            "message_snapshots": [{"message": {"content": "since monday"}}]}}}});
        let Kind::OnMessage { content, .. } = Interaction::read(&event(2, data)).expect("reads").kind else {
            panic!("a command on a message")
        };
        assert_eq!(content, "Ticket 7\ncan't log in\nCode\nAADSTS50126\nsince monday");
    }

    #[test]
    fn the_language_is_that_of_the_persons_discord_and_english_where_it_is_not_told() {
        let language = |locale: Value| {
            let mut event = event(2, json!({"name": "signin"}));
            event["locale"] = locale;
            event["guild_locale"] = "de".into();
            Interaction::read(&event).expect("reads").language
        };
        assert_eq!(language("de".into()), Language::German);
        assert_eq!(language("en-US".into()), Language::English);
        assert_eq!(Interaction::read(&event(2, json!({}))).expect("reads").language, Language::English);
    }

    #[test]
    fn only_a_person_who_names_the_bot_mentions_it() {
        let message = json!({"id": "1", "channel_id": "4", "guild_id": "3", "content": "<@2> help",
            "author": {"id": "5"}, "mentions": [{"id": "2"}]});
        let read = |message: &Value| Mention::read(message, Snowflake(2));
        assert_eq!(read(&message).expect("reads").text, "help");
        let mut other = message.clone();
        other["author"]["bot"] = true.into();
        assert_eq!(read(&other), None);
        let mut reply = message;
        reply["content"] = "thanks".into();
        assert_eq!(read(&reply), None);
        // Everybody, or a role of the bot's, is not the bot by name.
        for everybody in ["@everyone can't log in", "<@&2> can't log in"] {
            reply["content"] = everybody.into();
            assert_eq!(read(&reply), None, "{everybody}");
        }
    }
}
