//! Channels and their messages (resources/channel.mdx, resources/message.mdx).

use std::time::Duration;

use serde_json::Value;
use serenity::model::Permissions;
use serenity::model::id::{ChannelId, MessageId};

use super::call::Call;
use super::draft::{Draft, nonce_key};
use super::guilds::id;
use super::{Answer, Reply};
use crate::demo::discord::error::{ApiError, MISSING_PERMISSIONS, NOT_YOURS, UNKNOWN_MESSAGE, invalid};
use crate::demo::discord::messages::{AllowedMentions, Message, Pings, Shown};
use crate::demo::discord::people::BOT;
use crate::demo::discord::state::State;

/// How long a nonce is remembered; Discord says "the past few minutes".
const NONCE_LIFE: Duration = Duration::from_secs(5 * 60);

pub(super) fn get(state: &State, channel: &str) -> Answer {
    let channel = state.channel_for_bot(id(channel)?)?;
    Ok(Reply::ok(state.channel_json(channel)))
}

/// The bot's channel, if it also has these permissions there.
fn channel_with(state: &State, channel: &str, needed: Permissions) -> Result<ChannelId, ApiError> {
    let channel = state.channel_for_bot(id(channel)?)?;
    if state.permissions_in(channel, BOT).contains(needed) {
        Ok(channel.id)
    } else {
        Err(MISSING_PERMISSIONS)
    }
}

/// A message as REST gives it afterwards: without its nonce.
fn seen(state: &State, message: &Message) -> Value {
    state.message_json_for_bot(message, state.config.privileged_intents)
}

pub(super) fn list(state: &State, call: &Call, channel: &str) -> Answer {
    let channel = channel_with(state, channel, Permissions::empty())?;
    let limit: usize = match call.query.get("limit").map(|v| v.parse()) {
        None => 50,
        Some(Ok(limit @ 1..=100)) => limit,
        Some(_) => {
            return Err(invalid("limit", "NUMBER_TYPE_RANGE", "int value should be between 1 and 100."));
        }
    };
    if channel_with(state, &channel.to_string(), Permissions::READ_MESSAGE_HISTORY).is_err() {
        // Without that permission Discord lists nothing rather than refusing.
        return Ok(Reply::ok(Value::Array(Vec::new())));
    }
    let bound = |name: &str| call.query.get(name).map(|v| id::<MessageId>(v)).transpose();
    let (before, after, around) = (bound("before")?, bound("after")?, bound("around")?);
    let here = || state.messages.values().filter(|m| m.now.channel == channel && !m.ephemeral());
    let mut found: Vec<&Message> = if let Some(after) = after {
        // The oldest ones after it.
        here().filter(|m| m.now.id > after).take(limit).collect()
    } else if let Some(around) = around {
        let newer = here().filter(|m| m.now.id >= around).take(limit / 2 + 1);
        let mut older: Vec<&Message> = here().filter(|m| m.now.id < around).collect();
        let older = older.split_off(older.len().saturating_sub(limit - limit / 2 - 1));
        older.into_iter().chain(newer).collect()
    } else {
        here().rev().filter(|m| before.is_none_or(|before| m.now.id < before)).take(limit).collect()
    };
    // Newest first, whichever way they were found.
    found.sort_by_key(|m| std::cmp::Reverse(m.now.id));
    Ok(Reply::ok(found.into_iter().map(|m| seen(state, m)).collect()))
}

/// A message of this channel that the API knows: ephemeral ones it does not.
fn find<'a>(state: &'a State, channel: ChannelId, message: &str) -> Result<&'a Message, ApiError> {
    let message = id(message)?;
    state.messages.get(&message).filter(|m| m.now.channel == channel && !m.ephemeral()).ok_or(UNKNOWN_MESSAGE)
}

pub(super) fn message(state: &State, channel: &str, message: &str) -> Answer {
    let channel = channel_with(state, channel, Permissions::READ_MESSAGE_HISTORY)?;
    Ok(Reply::ok(seen(state, find(state, channel, message)?)))
}

pub(super) fn create(state: &mut State, call: &Call, channel: &str) -> Answer {
    let mut needed = Permissions::SEND_MESSAGES;
    if !call.files.is_empty() {
        needed |= Permissions::ATTACH_FILES;
    }
    if call.json["embeds"].as_array().is_some_and(|e| !e.is_empty()) {
        needed |= Permissions::EMBED_LINKS;
    }
    let channel = channel_with(state, channel, needed)?;
    let draft = Draft::read(call, &call.json, "")?;
    let now = state.elapsed();
    let key = draft.nonce.as_ref().map(|nonce| nonce_key(BOT, nonce));
    if draft.enforce_nonce
        && let Some((known, at)) = key.as_ref().and_then(|key| state.nonces.get(key))
        && now.saturating_sub(*at) < NONCE_LIFE
        && let Some(message) = state.messages.get(known)
    {
        return Ok(Reply::ok(created(state, message)));
    }
    let reference = draft.check_reference(state, channel)?;
    let id = MessageId::new(state.next_id());
    let mut message = Message {
        now: Shown {
            id,
            channel,
            author: BOT,
            content: String::new(),
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
        guild: state.channels.get(&channel).and_then(|c| c.guild),
        sent_at: state.now(),
        edited_at: None,
        // Only interactions know ephemeral messages; elsewhere Discord ignores the flag.
        flags: draft.flags & !crate::demo::discord::messages::EPHEMERAL,
        mentions: Pings::default(),
        nonce: draft.nonce.clone(),
        versions: 0,
        unread: Vec::new(),
    };
    draft.apply_whole(state, &mut message, &AllowedMentions::everything())?;
    state.add_message(message);
    if let Some(key) = key {
        state.nonces.retain(|_, (_, at)| now.saturating_sub(*at) < NONCE_LIFE);
        state.nonces.insert(key, (id, now));
    }
    let message = state.messages.get(&id).ok_or(UNKNOWN_MESSAGE)?;
    Ok(Reply::ok(created(state, message)))
}

/// The answer to a creation carries the nonce.
fn created(state: &State, message: &Message) -> Value {
    let mut value = state.message_json(message);
    if let Some(nonce) = &message.nonce {
        value["nonce"] = nonce.clone();
    }
    value
}

pub(super) fn edit(state: &mut State, call: &Call, channel: &str, message: &str) -> Answer {
    let channel = channel_with(state, channel, Permissions::empty())?;
    let found = find(state, channel, message)?;
    if found.now.author != BOT {
        return Err(NOT_YOURS);
    }
    let id = found.now.id;
    let draft = Draft::read(call, &call.json, "")?;
    let mut changed = found.clone();
    draft.apply_whole(state, &mut changed, &AllowedMentions::everything())?;
    state.edit_message(id, |m| *m = changed);
    let message = state.messages.get(&id).ok_or(UNKNOWN_MESSAGE)?;
    Ok(Reply::ok(state.message_json(message)))
}

pub(super) fn delete(state: &mut State, channel: &str, message: &str) -> Answer {
    let channel = channel_with(state, channel, Permissions::empty())?;
    let found = find(state, channel, message)?;
    let (id, author) = (found.now.id, found.now.author);
    if author != BOT {
        channel_with(state, &channel.to_string(), Permissions::MANAGE_MESSAGES)?;
    }
    state.remove_message(id);
    Ok(Reply::NOTHING)
}
