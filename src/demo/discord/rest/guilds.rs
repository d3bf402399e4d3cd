//! Guilds, members, the application and the bot's own user.

use serde_json::{Value, json};
use serenity::model::gateway::GatewayIntents;
use serenity::model::id::{GuildId, UserId};

use super::call::Call;
use super::{Answer, Reply};
use crate::demo::discord::error::{
    ApiError, MISSING_ACCESS, UNKNOWN_GUILD, UNKNOWN_MEMBER, UNKNOWN_USER, invalid,
};
use crate::demo::discord::people::{BOT, Guild};
use crate::demo::discord::state::State;
use crate::demo::discord::view;

/// An id in a path.
pub(super) fn id<T: std::str::FromStr>(text: &str) -> Result<T, ApiError> {
    text.parse()
        .map_err(|_| invalid("id", "NUMBER_TYPE_COERCE", format_args!("Value \"{text}\" is not snowflake.")))
}

pub(super) fn gateway(state: &State) -> Answer {
    Ok(Reply::ok(json!({ "url": state.gateway_url() })))
}

/// 1000 IDENTIFY a day (events/gateway.mdx, "Session Start Limit").
pub(super) fn gateway_bot(state: &State) -> Answer {
    let remaining = 1000_u64.saturating_sub(state.sessions.identified);
    Ok(Reply::ok(json!({
        "url": state.gateway_url(), "shards": 1,
        "session_start_limit": {
            "total": 1000, "remaining": remaining, "reset_after": 86_400_000, "max_concurrency": 1,
        },
    })))
}

pub(super) fn me(state: &State) -> Answer {
    let bot = state.users.get(&BOT).ok_or(UNKNOWN_USER)?;
    Ok(Reply::ok(view::current_user(bot)))
}

pub(super) fn user(state: &State, user: &str) -> Answer {
    let user = state.users.get(&id::<UserId>(user)?).ok_or(UNKNOWN_USER)?;
    Ok(Reply::ok(view::user(user)))
}

pub(super) fn my_guilds(state: &State) -> Answer {
    let guilds = state.guilds_of_bot().into_iter().filter_map(|id| state.guilds.get(&id)).map(|guild| {
        json!({
            "id": guild.id, "name": guild.name, "icon": null, "owner": guild.owner == BOT, "features": [],
            "permissions": guild.permissions(BOT),
        })
    });
    Ok(Reply::ok(Value::Array(guilds.collect())))
}

pub(super) fn application(state: &State) -> Answer {
    Ok(Reply::ok(state.application_json()))
}

/// A guild that the bot is in.
pub(super) fn find<'a>(state: &'a State, guild: &str) -> Result<&'a Guild, ApiError> {
    let guild = state.guilds.get(&id::<GuildId>(guild)?).ok_or(UNKNOWN_GUILD)?;
    if guild.members.contains_key(&BOT) { Ok(guild) } else { Err(UNKNOWN_GUILD) }
}

pub(super) fn guild(state: &State, guild: &str) -> Answer {
    Ok(Reply::ok(state.guild_json(find(state, guild)?)))
}

pub(super) fn roles(state: &State, guild: &str) -> Answer {
    Ok(Reply::ok(find(state, guild)?.roles.values().map(view::role).collect()))
}

pub(super) fn channels(state: &State, guild: &str) -> Answer {
    let guild = find(state, guild)?.id;
    // Discord lists channels that the bot cannot see, too.
    let channels = state.channels.values().filter(|c| c.guild == Some(guild));
    Ok(Reply::ok(channels.map(|c| state.channel_json(c)).collect()))
}

/// Listing members needs the privileged members intent; asking for one does not.
pub(super) fn members(state: &State, call: &Call, guild: &str) -> Answer {
    let guild = find(state, guild)?;
    if !state.config.privileged_intents.contains(GatewayIntents::GUILD_MEMBERS) {
        return Err(MISSING_ACCESS);
    }
    let limit: usize = call.query.get("limit").and_then(|v| v.parse().ok()).unwrap_or(1);
    let after: u64 = call.query.get("after").and_then(|v| v.parse().ok()).unwrap_or(0);
    let ids = guild.members.keys().filter(|id| id.get() > after).take(limit);
    Ok(Reply::ok(ids.filter_map(|id| state.member_json(guild, *id)).collect()))
}

pub(super) fn member(state: &State, guild: &str, user: &str) -> Answer {
    let guild = find(state, guild)?;
    let user = id::<UserId>(user)?;
    if !state.users.contains_key(&user) {
        return Err(UNKNOWN_USER);
    }
    state.member_json(guild, user).map(Reply::ok).ok_or(UNKNOWN_MEMBER)
}
