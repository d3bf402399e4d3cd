//! Answers to interactions, and what may be done with an interaction's token afterwards
//! (interactions/receiving-and-responding.mdx).

use serde_json::{Value, json};
use serenity::model::id::{ApplicationId, InteractionId, MessageId};

use super::call::Call;
use super::draft::Draft;
use super::guilds::id;
use super::{Answer, Reply};
use crate::demo::discord::error::{
    ALREADY_ACKNOWLEDGED, ApiError, Problems, TOKEN_EXPIRED, UNKNOWN_INTERACTION, UNKNOWN_MESSAGE,
    UNKNOWN_WEBHOOK, invalid,
};
use crate::demo::discord::interactions::{ACKNOWLEDGE_WITHIN, Interaction, Kind, OpenModal, TOKEN_LIFE};
use crate::demo::discord::messages::{AllowedMentions, EPHEMERAL, LOADING};
use crate::demo::discord::people::APPLICATION;
use crate::demo::discord::state::State;
use crate::demo::discord::validate::{commands, components, given};

/// The first answer to an interaction.
pub(super) fn callback(state: &mut State, call: &Call, interaction: &str, token: &str) -> Answer {
    let interaction: InteractionId = id(interaction)?;
    let found = state
        .interactions
        .get(&interaction)
        .filter(|i| i.token == token)
        .cloned()
        .ok_or(UNKNOWN_INTERACTION)?;
    if found.answered.is_some() {
        return Err(ALREADY_ACKNOWLEDGED);
    }
    if state.elapsed().saturating_sub(found.begun) >= ACKNOWLEDGE_WITHIN {
        return Err(UNKNOWN_INTERACTION);
    }
    let kind = fitting_type(&call.json["type"], &found)?;
    let data = &call.json["data"];
    match kind {
        4 => {
            let draft = Draft::read(call, data, "data/")?;
            let mut message = state.answer_to(interaction, draft.flags);
            draft.apply_whole(state, &mut message, &AllowedMentions::users_only())?;
            original(state, interaction, message.now.id);
            state.add_message(message);
        }
        5 => {
            // Of the flags only EPHEMERAL counts here.
            let flags = data["flags"].as_u64().unwrap_or(0) & EPHEMERAL;
            let mut message = state.answer_to(interaction, flags | LOADING);
            message.now.pending = true;
            original(state, interaction, message.now.id);
            state.add_message(message);
            with(state, interaction, |i| i.awaits_first = true);
        }
        6 => {
            if let Some(source) = found.source {
                original(state, interaction, source);
            }
        }
        7 => {
            let source = found.source.ok_or(UNKNOWN_MESSAGE)?;
            let draft = Draft::read(call, data, "data/")?;
            change(state, source, draft)?;
            original(state, interaction, source);
            let version = state.messages.get(&source).map(|m| m.versions.saturating_sub(1));
            with(state, interaction, |i| i.made_version = version);
        }
        8 => {
            let mut problems = Problems::default();
            if !given(&data["choices"]) {
                problems.required("data/choices");
            }
            let choices = commands::check_choices(&data["choices"], "data/choices", &mut problems);
            problems.finish()?;
            with(state, interaction, |i| i.choices = Some(choices));
        }
        _ => open_modal(state, &found, data)?,
    }
    with(state, interaction, |i| i.answered = Some(kind));
    if matches!(call.query.get("with_response").map(String::as_str), Some("true" | "1" | "True")) {
        return Ok(Reply::ok(callback_json(state, interaction, kind)));
    }
    Ok(Reply::NOTHING)
}

fn with(state: &mut State, id: InteractionId, f: impl FnOnce(&mut Interaction)) {
    if let Some(interaction) = state.interactions.get_mut(&id) {
        f(interaction);
    }
}

fn original(state: &mut State, id: InteractionId, message: MessageId) {
    with(state, id, |i| i.original = Some(message));
}

/// Which types answer which interactions.
fn fitting_type(value: &Value, interaction: &Interaction) -> Result<u8, ApiError> {
    let on_message = interaction.source.is_some();
    let fits = |kind: &u8| match kind {
        4 | 5 => interaction.kind != Kind::Autocomplete,
        6 | 7 => on_message && matches!(interaction.kind, Kind::Component | Kind::Modal),
        8 => interaction.kind == Kind::Autocomplete,
        9 => matches!(interaction.kind, Kind::Command | Kind::Component),
        _ => false,
    };
    value.as_u64().and_then(|kind| u8::try_from(kind).ok()).filter(fits).ok_or_else(|| {
        let good: Vec<String> = (1..=9).filter(fits).map(|k| k.to_string()).collect();
        invalid("type", "BASE_TYPE_CHOICES", format_args!("Value must be one of {{{}}}.", good.join(", ")))
    })
}

fn open_modal(state: &mut State, interaction: &Interaction, data: &Value) -> Result<(), ApiError> {
    let mut problems = Problems::default();
    components::check_modal(data, "data/", &mut problems);
    problems.finish()?;
    let text = |field: &str| data[field].as_str().unwrap_or_default().to_owned();
    let modal = OpenModal {
        interaction: interaction.id,
        custom_id: text("custom_id"),
        title: text("title"),
        components: data["components"].as_array().cloned().unwrap_or_default(),
    };
    with(state, interaction.id, |i| i.modal = Some(modal.clone()));
    state.modals.insert(interaction.user, modal);
    Ok(())
}

/// The answer with `with_response=true`.
fn callback_json(state: &State, id: InteractionId, kind: u8) -> Value {
    let Some(interaction) = state.interactions.get(&id) else { return Value::Null };
    let message = interaction.original.and_then(|id| state.messages.get(&id)).filter(|_| kind != 6);
    let mut value = json!({
        "interaction": {
            "id": id, "type": interaction.kind as u8, "channel_id": interaction.channel,
            "guild_id": interaction.guild,
        },
        "resource": { "type": kind },
    });
    if let Some(message) = message {
        value["interaction"]["response_message_id"] = json!(message.now.id);
        value["interaction"]["response_message_loading"] = json!(message.now.pending);
        value["interaction"]["response_message_ephemeral"] = json!(message.ephemeral());
        value["resource"]["message"] = state.message_json(message);
    }
    value
}

/// The interaction that a webhook path means: answered, and not older than 15 minutes.
fn by_token(state: &State, app: &str, token: &str) -> Result<Interaction, ApiError> {
    let found = state.interactions.values().find(|i| i.token == token);
    let found = found.filter(|_| app.parse() == Ok(APPLICATION)).ok_or(UNKNOWN_WEBHOOK)?;
    if found.answered.is_none() || found.kind == Kind::Autocomplete {
        return Err(UNKNOWN_WEBHOOK);
    }
    if state.elapsed().saturating_sub(found.begun) >= TOKEN_LIFE {
        return Err(TOKEN_EXPIRED);
    }
    Ok(found.clone())
}

/// A message that this token may touch: `@original`, or one of its followups.
fn target(state: &State, interaction: &Interaction, message: &str) -> Result<MessageId, ApiError> {
    if message == "@original" {
        let original = interaction.original.ok_or(UNKNOWN_MESSAGE)?;
        return if state.messages.contains_key(&original) { Ok(original) } else { Err(UNKNOWN_MESSAGE) };
    }
    let id: MessageId = id(message)?;
    state
        .messages
        .get(&id)
        .filter(|m| {
            let followup = m.now.invoked.as_ref().is_some_and(|i| i.interaction == interaction.id);
            followup || interaction.original == Some(id)
        })
        .map(|m| m.now.id)
        .ok_or(UNKNOWN_MESSAGE)
}

/// Edits a message through an interaction.
fn change(state: &mut State, id: MessageId, draft: Draft) -> Result<(), ApiError> {
    let mut changed = state.messages.get(&id).cloned().ok_or(UNKNOWN_MESSAGE)?;
    draft.apply_whole(state, &mut changed, &AllowedMentions::users_only())?;
    state.edit_message(id, |m| *m = changed);
    Ok(())
}

fn message_reply(state: &State, id: MessageId) -> Answer {
    let message = state.messages.get(&id).ok_or(UNKNOWN_MESSAGE)?;
    Ok(Reply::ok(state.message_json(message)))
}

pub(super) fn followup(state: &mut State, call: &Call, app: &str, token: &str) -> Answer {
    let interaction = by_token(state, app, token)?;
    let draft = Draft::read(call, &call.json, "")?;
    if interaction.awaits_first
        && let Some(original) = interaction.original
    {
        // The first followup after "thinking…" is the answer itself; whether it is ephemeral was decided before.
        change(state, original, draft)?;
        with(state, interaction.id, |i| i.awaits_first = false);
        return message_reply(state, original);
    }
    let mut message = state.answer_to(interaction.id, draft.flags);
    message.now.reference = interaction.original;
    draft.apply_whole(state, &mut message, &AllowedMentions::users_only())?;
    let id = state.add_message(message);
    message_reply(state, id)
}

pub(super) fn get(state: &State, app: &str, token: &str, message: &str) -> Answer {
    let interaction = by_token(state, app, token)?;
    message_reply(state, target(state, &interaction, message)?)
}

pub(super) fn edit(state: &mut State, call: &Call, app: &str, token: &str, message: &str) -> Answer {
    let interaction = by_token(state, app, token)?;
    let target = target(state, &interaction, message)?;
    let draft = Draft::read(call, &call.json, "")?;
    change(state, target, draft)?;
    if interaction.original == Some(target) {
        with(state, interaction.id, |i| i.awaits_first = false);
    }
    message_reply(state, target)
}

pub(super) fn delete(state: &mut State, app: &str, token: &str, message: &str) -> Answer {
    let interaction = by_token(state, app, token)?;
    let target = target(state, &interaction, message)?;
    state.remove_message(target);
    if interaction.original == Some(target) {
        with(state, interaction.id, |i| i.awaits_first = false);
    }
    Ok(Reply::NOTHING)
}

/// Whether an application id is the bot's.
pub(super) fn own_application(app: &str) -> bool {
    app.parse::<ApplicationId>() == Ok(APPLICATION)
}
