//! Registering application commands (interactions/application-commands.mdx).

use std::collections::VecDeque;
use std::time::Duration;

use serde_json::{Value, json};
use serenity::model::id::GuildId;

use super::call::Call;
use super::replies::own_application;
use super::{Answer, Reply, guilds};
use crate::demo::discord::error::Problems;
use crate::demo::discord::error::{
    ApiError, METHOD_NOT_ALLOWED, MISSING_ACCESS, TOO_MANY_COMMANDS, UNKNOWN_APPLICATION, UNKNOWN_COMMAND,
    invalid,
};
use crate::demo::discord::people::APPLICATION;
use crate::demo::discord::state::State;
use crate::demo::discord::validate::commands::{check, check_all, kind_of};

/// Creates a day, for each guild (and for the global scope).
const CREATES_A_DAY: usize = 200;

/// Every route below `…/commands`; `rest` is what follows.
pub(super) fn handle(
    state: &mut State,
    call: &Call,
    method: &str,
    app: &str,
    guild: Option<&str>,
    rest: &[&str],
) -> Answer {
    if !own_application(app) {
        return Err(UNKNOWN_APPLICATION);
    }
    let scope = match guild {
        Some(guild) => Some(guilds::find(state, guild).map_err(|_| MISSING_ACCESS)?.id),
        None => None,
    };
    match (method, rest) {
        ("GET", []) => {
            let mut commands = state.commands.get(&scope).cloned().unwrap_or_default();
            // "with_localizations": whether the dictionaries of other languages are told, by default not.
            if call.query.get("with_localizations").is_none_or(|with| with != "true") {
                commands.iter_mut().for_each(without_localizations);
            }
            Ok(Reply::ok(Value::Array(commands)))
        }
        ("PUT", []) => replace(state, call, scope),
        ("POST", []) => create(state, call, scope),
        ("GET", [id]) => find(state, scope, id).map(|(_, command)| Reply::ok(command)),
        ("PATCH", [id]) => edit(state, call, scope, id),
        ("DELETE", [id]) => {
            let (at, _) = find(state, scope, id)?;
            state.commands.entry(scope).or_default().remove(at);
            Ok(Reply::NOTHING)
        }
        _ => Err(METHOD_NOT_ALLOWED),
    }
}

fn find(state: &State, scope: Option<GuildId>, id: &str) -> Result<(usize, Value), ApiError> {
    let commands = state.commands.get(&scope).map(Vec::as_slice).unwrap_or_default();
    let at = commands.iter().position(|c| c["id"] == id).ok_or(UNKNOWN_COMMAND)?;
    Ok((at, commands[at].clone()))
}

/// Puts the whole scope in place of what was there. Commands of a known kind and name keep their id and are no creates.
fn replace(state: &mut State, call: &Call, scope: Option<GuildId>) -> Answer {
    let Some(wanted) = call.json.as_array() else {
        return Err(invalid("", "LIST_TYPE_CONVERT", "Only iterables may be used in a ListType"));
    };
    let mut problems = Problems::default();
    check_all(wanted, &mut problems);
    problems.finish()?;
    let old = state.commands.get(&scope).cloned().unwrap_or_default();
    let known = |command: &Value| old.iter().find(|o| same(o, command));
    let fresh = wanted.iter().filter(|c| known(c).is_none()).count();
    count_creates(state, scope, fresh)?;
    let kept: Vec<Value> = wanted.iter().map(|c| keep(state, scope, c, known(c))).collect();
    state.commands.insert(scope, kept.clone());
    Ok(Reply::ok(Value::Array(kept)))
}

fn create(state: &mut State, call: &Call, scope: Option<GuildId>) -> Answer {
    let mut all = state.commands.get(&scope).cloned().unwrap_or_default();
    let old = all.iter().position(|o| same(o, &call.json));
    let mut problems = Problems::default();
    check(&call.json, "", &mut problems);
    problems.finish()?;
    count_creates(state, scope, usize::from(old.is_none()))?;
    let command = keep(state, scope, &call.json, old.map(|at| &all[at]));
    // Creating a command of a known name overwrites it and answers 200 instead of 201.
    let reply = match old {
        Some(at) => {
            all[at] = command.clone();
            Reply::ok(command)
        }
        None => {
            all.push(command.clone());
            Reply::created(command)
        }
    };
    state.commands.insert(scope, all);
    Ok(reply)
}

fn edit(state: &mut State, call: &Call, scope: Option<GuildId>, id: &str) -> Answer {
    let (at, old) = find(state, scope, id)?;
    let mut wanted = old.clone();
    crate::demo::discord::view::merge(&mut wanted, call.json.clone());
    let mut problems = Problems::default();
    check(&wanted, "", &mut problems);
    problems.finish()?;
    let command = keep(state, scope, &wanted, Some(&old));
    state.commands.entry(scope).or_default()[at] = command.clone();
    Ok(Reply::ok(command))
}

/// Leaves out what a command and its options are called in other languages.
fn without_localizations(command: &mut Value) {
    if let Some(fields) = command.as_object_mut() {
        fields.retain(|field, _| !field.ends_with("_localizations"));
    }
    if let Some(options) = command.get_mut("options").and_then(Value::as_array_mut) {
        options.iter_mut().for_each(without_localizations);
    }
}

fn same(a: &Value, b: &Value) -> bool {
    kind_of(a) == kind_of(b) && a["name"] == b["name"]
}

/// A command as Discord keeps it.
fn keep(state: &mut State, scope: Option<GuildId>, wanted: &Value, old: Option<&Value>) -> Value {
    let version = state.next_id().to_string();
    let id = old.and_then(|o| o["id"].as_str()).map_or_else(|| version.clone(), str::to_owned);
    let mut command = wanted.clone();
    if let Some(map) = command.as_object_mut() {
        map.retain(|_, value| !value.is_null());
        map.insert("id".to_owned(), json!(id));
        map.insert("version".to_owned(), json!(version));
        map.insert("application_id".to_owned(), json!(APPLICATION));
        for (field, default) in [
            ("type", json!(1)),
            ("description", json!("")),
            ("default_member_permissions", Value::Null),
            ("nsfw", json!(false)),
        ] {
            map.entry(field).or_insert(default);
        }
        if let Some(guild) = scope {
            map.insert("guild_id".to_owned(), json!(guild));
        }
    }
    command
}

fn count_creates(state: &mut State, scope: Option<GuildId>, fresh: usize) -> Result<(), ApiError> {
    let now = state.elapsed();
    let creates: &mut VecDeque<Duration> = state.command_creates.entry(scope).or_default();
    creates.retain(|at| now.saturating_sub(*at) < Duration::from_secs(24 * 3600));
    if creates.len() + fresh > CREATES_A_DAY {
        return Err(TOO_MANY_COMMANDS);
    }
    creates.extend(std::iter::repeat_n(now, fresh));
    Ok(())
}
