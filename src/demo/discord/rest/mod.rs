//! REST API v10, as far as Syncmedic, serenity and a doctor use it.
//!
//! - `call`      one request, taken apart: path, query, JSON or multipart body
//! - `server`    what every request meets: recording, faults, User-Agent, token, rate limits
//! - `draft`     a message as a request wants it, checked
//! - `channels`  channels and their messages
//! - `replies`   answers to interactions, and what may be done with their token
//! - `commands`  registering commands
//! - `guilds`    guilds, members, the application and the bot's own user

mod call;
mod channels;
mod commands;
mod draft;
mod guilds;
mod replies;
mod server;

pub(crate) use server::handle;

use serde_json::Value;

use super::error::{ApiError, METHOD_NOT_ALLOWED, NOT_FOUND};
use super::state::State;
use call::Call;

/// A good answer.
#[derive(Debug)]
pub(crate) struct Reply {
    status: u16,
    body: Option<Value>,
}

impl Reply {
    fn ok(body: Value) -> Reply {
        Reply { status: 200, body: Some(body) }
    }

    fn created(body: Value) -> Reply {
        Reply { status: 201, body: Some(body) }
    }

    const NOTHING: Reply = Reply { status: 204, body: None };
}

type Answer = Result<Reply, ApiError>;

/// Finds who answers a call.
fn route(state: &mut State, call: &Call) -> Answer {
    let path: Vec<&str> = call.path.iter().map(String::as_str).collect();
    match (call.method.as_str(), path.as_slice()) {
        ("GET", ["gateway"]) => guilds::gateway(state),
        ("GET", ["gateway", "bot"]) => guilds::gateway_bot(state),
        ("GET", ["users", "@me"]) => guilds::me(state),
        ("GET", ["users", "@me", "guilds"]) => guilds::my_guilds(state),
        ("GET", ["users", user]) => guilds::user(state, user),
        ("GET", ["applications", "@me"] | ["oauth2", "applications", "@me"]) => guilds::application(state),
        ("GET", ["guilds", guild]) => guilds::guild(state, guild),
        ("GET", ["guilds", guild, "roles"]) => guilds::roles(state, guild),
        ("GET", ["guilds", guild, "channels"]) => guilds::channels(state, guild),
        ("GET", ["guilds", guild, "members"]) => guilds::members(state, call, guild),
        ("GET", ["guilds", guild, "members", user]) => guilds::member(state, guild, user),
        ("GET", ["channels", channel]) => channels::get(state, channel),
        ("GET", ["channels", channel, "messages"]) => channels::list(state, call, channel),
        ("POST", ["channels", channel, "messages"]) => channels::create(state, call, channel),
        ("GET", ["channels", channel, "messages", message]) => channels::message(state, channel, message),
        ("PATCH", ["channels", channel, "messages", message]) => {
            channels::edit(state, call, channel, message)
        }
        ("DELETE", ["channels", channel, "messages", message]) => channels::delete(state, channel, message),
        ("POST", ["interactions", id, token, "callback"]) => replies::callback(state, call, id, token),
        ("POST", ["webhooks", app, token]) => replies::followup(state, call, app, token),
        ("GET", ["webhooks", app, token, "messages", message]) => replies::get(state, app, token, message),
        ("PATCH", ["webhooks", app, token, "messages", message]) => {
            replies::edit(state, call, app, token, message)
        }
        ("DELETE", ["webhooks", app, token, "messages", message]) => {
            replies::delete(state, app, token, message)
        }
        (method, ["applications", app, "commands", rest @ ..]) => {
            commands::handle(state, call, method, app, None, rest)
        }
        (method, ["applications", app, "guilds", guild, "commands", rest @ ..]) => {
            commands::handle(state, call, method, app, Some(guild), rest)
        }
        (
            _,
            ["channels", _]
            | ["channels", _, "messages"]
            | ["channels", _, "messages", _]
            | ["users" | "applications", "@me"]
            | ["guilds", _, ..],
        ) => Err(METHOD_NOT_ALLOWED),
        _ => Err(NOT_FOUND),
    }
}
