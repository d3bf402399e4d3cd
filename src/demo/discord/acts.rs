//! What people do, as far as Discord's own client lets them: no command that is not registered, no button that is not
//! there. What a tampered client could send instead is in `forgery`.

use std::collections::BTreeSet;

use serde_json::{Value, json};
use serenity::model::Permissions;
use serenity::model::id::{ChannelId, InteractionId, MessageId, UserId};

use super::LocalDiscord;
use super::interactions::{Beginning, Kind, begin};
use super::messages::{AllowedMentions, Message, Pings, Shown, components_of};
use super::people::Channel;
use super::state::{Shared, State};
use super::validate::commands::kind_of;
use super::validate::length;

/// Why Discord's client would not let a person do that.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ActError {
    /// No such channel, or the person cannot see it.
    #[error("there is no such channel for this person")]
    NoChannel,
    /// The person may not write, or not use commands, there.
    #[error("this person may not do that in this channel")]
    NotAllowed,
    /// No such message, or the person cannot see it.
    #[error("there is no such message for this person")]
    NoMessage,
    /// The bot registered no such command here.
    #[error("there is no command {0:?} here")]
    NoCommand(String),
    /// The command has no such option.
    #[error("the command has no option {0:?}")]
    NoOption(String),
    /// A required option is missing.
    #[error("the option {0:?} is required")]
    MissingOption(String),
    /// The option's value is not of its type, its choices or its bounds.
    #[error("the option {0:?} does not take this value")]
    WrongValue(String),
    /// The message has no such component.
    #[error("the message has no button or menu {0:?}")]
    NoComponent(String),
    /// The component is greyed out.
    #[error("{0:?} is disabled")]
    Disabled(String),
    /// Not as many values, or other ones, than the menu allows.
    #[error("the menu does not take these values")]
    WrongChoice,
    /// No modal is open.
    #[error("no modal is open for this person")]
    NoModal,
    /// A modal's input is required, too short, too long, or not there.
    #[error("the input {0:?} is missing, unknown, too short or too long")]
    WrongInput(String),
    /// The file is larger than Discord takes of a person.
    #[error("a file has at most 10 MiB")]
    TooLarge,
    /// Empty, or longer than 2000 characters.
    #[error("a message has between 1 and 2000 characters")]
    WrongLength,
}

impl LocalDiscord {
    /// Writes a message. It pings as Discord's client makes it ping.
    pub fn say(&self, who: UserId, channel: ChannelId, content: &str) -> Result<MessageId, ActError> {
        self.shared.change(|s| s.say(who, channel, content, None))
    }

    /// Writes a reply to a message, pinging its author.
    pub fn say_to(&self, who: UserId, message: MessageId, content: &str) -> Result<MessageId, ActError> {
        self.shared.change(|s| {
            let channel = s.visible(who, message)?.now.channel;
            s.say(who, channel, content, Some(message))
        })
    }

    /// Uses a slash command. `name` names subcommands too ("sync history"). `options` is `{name: value}`, or Discord's
    /// own list.
    pub fn slash(
        &self,
        who: UserId,
        channel: ChannelId,
        name: &str,
        options: Value,
    ) -> Result<InteractionId, ActError> {
        slash(&self.shared, who, channel, name, &options)
    }

    /// Uses a command from a message's context menu.
    pub fn context(&self, who: UserId, message: MessageId, name: &str) -> Result<InteractionId, ActError> {
        context(&self.shared, who, message, name)
    }

    /// Types in the option `focused`, which has autocomplete.
    pub fn autocomplete(
        &self,
        who: UserId,
        channel: ChannelId,
        name: &str,
        options: Value,
        focused: &str,
    ) -> Result<InteractionId, ActError> {
        autocomplete(&self.shared, who, channel, name, &options, Some(focused))
    }

    /// Clicks a button, named by its label or its custom id.
    pub fn click(&self, who: UserId, message: MessageId, button: &str) -> Result<InteractionId, ActError> {
        click(&self.shared, who, message, button)
    }

    /// Chooses in a select menu.
    pub fn select(
        &self,
        who: UserId,
        message: MessageId,
        custom_id: &str,
        values: &[&str],
    ) -> Result<InteractionId, ActError> {
        let values: Vec<String> = values.iter().map(|v| (*v).to_owned()).collect();
        select(&self.shared, who, message, custom_id, &values)
    }

    /// Fills in the open modal, by the inputs' custom ids, and sends it off.
    pub fn submit(&self, who: UserId, values: &[(&str, &str)]) -> Result<InteractionId, ActError> {
        let values = values.iter().map(|(k, v)| ((*k).to_owned(), (*v).to_owned())).collect::<Vec<_>>();
        submit(&self.shared, who, None, &values)
    }

    /// Closes the open modal without sending it. The bot hears nothing of it, as on Discord.
    pub fn close_modal(&self, who: UserId) {
        self.shared.change(|s| s.modals.remove(&who));
    }
}

pub(super) fn slash(
    shared: &Shared,
    who: UserId,
    channel: ChannelId,
    name: &str,
    options: &Value,
) -> Result<InteractionId, ActError> {
    let data = shared.look(|s| s.command_data(who, channel, name, options, None, true))?;
    Ok(command(shared, Kind::Command, who, channel, name, data))
}

pub(super) fn autocomplete(
    shared: &Shared,
    who: UserId,
    channel: ChannelId,
    name: &str,
    options: &Value,
    focused: Option<&str>,
) -> Result<InteractionId, ActError> {
    let data = shared.look(|s| s.command_data(who, channel, name, options, focused, false))?;
    Ok(command(shared, Kind::Autocomplete, who, channel, name, data))
}

fn command(
    shared: &Shared,
    kind: Kind,
    who: UserId,
    channel: ChannelId,
    name: &str,
    data: Value,
) -> InteractionId {
    begin(
        shared,
        Beginning {
            kind,
            user: who,
            channel,
            name: name.to_owned(),
            source: None,
            opener: None,
            data,
            forge: None,
        },
    )
}

pub(super) fn context(
    shared: &Shared,
    who: UserId,
    message: MessageId,
    name: &str,
) -> Result<InteractionId, ActError> {
    let (channel, data) = shared.look(|s| {
        let channel = s.visible(who, message)?.now.channel;
        let found = s.command_for(who, channel, name, 3)?;
        let target = s.visible(who, message)?;
        let data = json!({
            "id": found["id"], "name": name, "type": 3, "target_id": message, "guild_id": found["guild_id"],
            "resolved": { "messages": { message.to_string(): s.message_json(target) } },
        });
        Ok((channel, without_null(data)))
    })?;
    Ok(command(shared, Kind::Command, who, channel, name, data))
}

pub(super) fn click(
    shared: &Shared,
    who: UserId,
    message: MessageId,
    button: &str,
) -> Result<InteractionId, ActError> {
    let (channel, custom_id) = shared.look(|s| {
        let found = s.visible(who, message)?;
        let component = component(&found.now, 2, button)?;
        Ok((found.now.channel, component["custom_id"].as_str().unwrap_or_default().to_owned()))
    })?;
    let data = json!({ "custom_id": custom_id, "component_type": 2, "id": 1 });
    Ok(use_component(shared, who, channel, message, data))
}

pub(super) fn select(
    shared: &Shared,
    who: UserId,
    message: MessageId,
    custom_id: &str,
    values: &[String],
) -> Result<InteractionId, ActError> {
    let channel = shared.look(|s| {
        let found = s.visible(who, message)?;
        let menu = component(&found.now, 3, custom_id)?;
        let offered = menu["options"].as_array().into_iter().flatten();
        let offered: BTreeSet<&str> = offered.filter_map(|o| o["value"].as_str()).collect();
        let least = menu["min_values"].as_u64().unwrap_or(1);
        let most = menu["max_values"].as_u64().unwrap_or(1);
        let chosen: BTreeSet<&str> = values.iter().map(String::as_str).collect();
        let right = chosen.len() == values.len()
            && (least..=most).contains(&(values.len() as u64))
            && chosen.is_subset(&offered);
        if right { Ok(found.now.channel) } else { Err(ActError::WrongChoice) }
    })?;
    let data = json!({ "custom_id": custom_id, "component_type": 3, "values": values, "id": 1 });
    Ok(use_component(shared, who, channel, message, data))
}

fn use_component(
    shared: &Shared,
    who: UserId,
    channel: ChannelId,
    message: MessageId,
    data: Value,
) -> InteractionId {
    begin(
        shared,
        Beginning {
            kind: Kind::Component,
            user: who,
            channel,
            name: String::new(),
            source: Some(message),
            opener: None,
            data,
            forge: None,
        },
    )
}

/// A component that can be used: 2 a button, by label or custom id; 3 a select menu, by custom id.
fn component<'a>(shown: &'a Shown, kind: u64, name: &str) -> Result<&'a Value, ActError> {
    let fits =
        |c: &&Value| c["type"] == kind && (c["custom_id"] == name || (kind == 2 && c["label"] == name));
    let found = components_of(&shown.components)
        .filter(|c| c["custom_id"].is_string())
        .find(fits)
        .ok_or_else(|| ActError::NoComponent(name.to_owned()))?;
    if found["disabled"] == true { Err(ActError::Disabled(name.to_owned())) } else { Ok(found) }
}

/// Sends the open modal off. With `custom_id` it must be that modal.
pub(super) fn submit(
    shared: &Shared,
    who: UserId,
    custom_id: Option<&str>,
    values: &[(String, String)],
) -> Result<InteractionId, ActError> {
    let (opener, data) = shared.look(|s| {
        let modal = s.modals.get(&who).ok_or(ActError::NoModal)?;
        if custom_id.is_some_and(|id| id != modal.custom_id) {
            return Err(ActError::NoModal);
        }
        let opener = s.interactions.get(&modal.interaction).cloned().ok_or(ActError::NoModal)?;
        let inputs: Vec<&Value> = components_of(&modal.components).collect();
        if let Some((unknown, _)) =
            values.iter().find(|(key, _)| !inputs.iter().any(|i| i["custom_id"] == key.as_str()))
        {
            return Err(ActError::WrongInput(unknown.clone()));
        }
        let rows = inputs.into_iter().map(|input| filled(input, values)).collect::<Result<Vec<_>, _>>()?;
        let data = json!({ "custom_id": modal.custom_id, "components": rows, "resolved": {} });
        Ok((opener, data))
    })?;
    shared.look(|s| s.modals.remove(&who));
    Ok(begin(
        shared,
        Beginning {
            kind: Kind::Modal,
            user: who,
            channel: opener.channel,
            name: String::new(),
            source: opener.source,
            opener: Some(opener.id),
            data,
            forge: None,
        },
    ))
}

/// A text input with what was typed, or what stood in it from the start.
fn filled(input: &Value, values: &[(String, String)]) -> Result<Value, ActError> {
    let id = input["custom_id"].as_str().unwrap_or_default();
    let typed = values.iter().find(|(key, _)| key == id).map(|(_, value)| value.as_str());
    let value = typed.or_else(|| input["value"].as_str()).unwrap_or_default();
    let required = input["required"] != false;
    let least = input["min_length"].as_u64().unwrap_or(0).max(u64::from(required));
    let most = input["max_length"].as_u64().unwrap_or(4000);
    let empty_allowed = value.is_empty() && !required;
    if !empty_allowed && !(least..=most).contains(&(length(value) as u64)) {
        return Err(ActError::WrongInput(id.to_owned()));
    }
    Ok(json!({ "type": 1, "components": [{ "type": 4, "custom_id": id, "value": value }] }))
}

impl State {
    /// A message that a person sees.
    fn visible(&self, who: UserId, message: MessageId) -> Result<&Message, ActError> {
        let found = self.messages.get(&message).ok_or(ActError::NoMessage)?;
        let channel = self.channel_for(who, found.now.channel).map_err(|_| ActError::NoMessage)?;
        let visible = found.now.visible_to.is_none_or(|only| only == who);
        if visible && channel.id == found.now.channel { Ok(found) } else { Err(ActError::NoMessage) }
    }

    /// A channel that a person sees.
    pub(super) fn channel_for(&self, who: UserId, channel: ChannelId) -> Result<&Channel, ActError> {
        let channel = self.channels.get(&channel).ok_or(ActError::NoChannel)?;
        if self.permissions_in(channel, who).contains(Permissions::VIEW_CHANNEL) {
            Ok(channel)
        } else {
            Err(ActError::NoChannel)
        }
    }

    pub(super) fn say(
        &mut self,
        who: UserId,
        channel: ChannelId,
        content: &str,
        reference: Option<MessageId>,
    ) -> Result<MessageId, ActError> {
        let content = content.trim();
        if !(1..=2000).contains(&length(content)) {
            return Err(ActError::WrongLength);
        }
        let found = self.channel_for(who, channel)?;
        if !self.permissions_in(found, who).contains(Permissions::SEND_MESSAGES) {
            return Err(ActError::NotAllowed);
        }
        let guild = found.guild;
        let pings = self.pings(content, &AllowedMentions::everything(), who, channel, reference);
        let id = MessageId::new(self.next_id());
        let message = Message {
            now: Shown {
                id,
                channel,
                author: who,
                content: content.to_owned(),
                embeds: Vec::new(),
                components: Vec::new(),
                attachments: Vec::new(),
                visible_to: None,
                pending: false,
                failed: None,
                edited: false,
                pings: Pings::default(),
                reference,
                invoked: None,
            },
            guild,
            sent_at: self.now(),
            edited_at: None,
            flags: 0,
            mentions: pings,
            nonce: Some(json!(id)),
            versions: 0,
            unread: Vec::new(),
        };
        Ok(self.add_message(message))
    }

    /// A command of this kind that a person may use in a channel.
    pub(super) fn command_for(
        &self,
        who: UserId,
        channel: ChannelId,
        name: &str,
        kind: u64,
    ) -> Result<Value, ActError> {
        let channel = self.channel_for(who, channel)?;
        let command = self
            .commands_in(channel.guild)
            .into_iter()
            .find(|c| kind_of(c) == kind && c["name"] == name)
            .ok_or_else(|| ActError::NoCommand(name.to_owned()))?;
        let needed = command["default_member_permissions"].as_str().and_then(|bits| bits.parse().ok());
        let held = self.permissions_in(channel, who);
        let allowed = match needed.map(Permissions::from_bits_truncate) {
            // "0": administrators only.
            Some(needed) if needed.is_empty() => held.contains(Permissions::ADMINISTRATOR),
            Some(needed) => held.contains(needed),
            None => true,
        };
        if allowed && self.may_use_commands(channel, who) { Ok(command) } else { Err(ActError::NotAllowed) }
    }
}

/// Discord leaves fields out rather than sending null here.
pub(super) fn without_null(mut value: Value) -> Value {
    if let Value::Object(map) = &mut value {
        map.retain(|_, v| !v.is_null());
    }
    value
}
