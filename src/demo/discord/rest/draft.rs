//! A message as a request wants it, checked field by field (resources/message.mdx).

use std::collections::BTreeSet;

use serde_json::Value;
use serenity::model::id::{AttachmentId, ChannelId, MessageId, UserId};

use super::call::{Call, File};
use crate::demo::discord::error::{ApiError, EMPTY_MESSAGE, Problems};
use crate::demo::discord::messages::{AllowedMentions, Attachment, EPHEMERAL, Message};
use crate::demo::discord::state::State;
use crate::demo::discord::validate::{components, embeds, given, length, list, number, text};

/// SUPPRESS_EMBEDS, EPHEMERAL and SUPPRESS_NOTIFICATIONS. Components V2 and voice messages are not offered here.
const KNOWN_FLAGS: u64 = (1 << 2) | EPHEMERAL | (1 << 12);

/// What a request says of a message. `None`: it does not say.
#[derive(Debug, Default)]
pub(super) struct Draft {
    pub(super) content: Option<String>,
    pub(super) embeds: Option<Vec<Value>>,
    pub(super) components: Option<Vec<Value>>,
    pub(super) flags: u64,
    pub(super) nonce: Option<Value>,
    pub(super) enforce_nonce: bool,
    pub(super) allowed: Option<AllowedMentions>,
    pub(super) reference: Option<MessageId>,
    /// Whether the reference must exist.
    pub(super) reference_must_exist: bool,
    /// Of an edit: which of the old files stay.
    keep: Option<BTreeSet<u64>>,
    files: Vec<NewFile>,
}

#[derive(Debug)]
struct NewFile {
    file: File,
    filename: String,
    description: Option<String>,
}

impl Draft {
    /// Reads and checks a message. `json` is the request's body or a part of it, `path` where that part stands (empty,
    /// or ending in a slash).
    pub(super) fn read(call: &Call, json: &Value, path: &str) -> Result<Draft, ApiError> {
        let mut problems = Problems::default();
        let at = |field: &str| format!("{path}{field}");
        let nullable = |field: &str| json.get(field).is_some();
        let content = text(&json["content"], &at("content"), usize::MAX, &mut problems).map(str::trim);
        if content.is_some_and(|c| length(c) > 2000) {
            problems.too_long(&at("content"), 2000);
        }
        let embeds = embeds::check(&json["embeds"], &at("embeds"), &mut problems);
        let components = components::check(&json["components"], &at("components"), &mut problems);
        let flags = number(&json["flags"], &at("flags"), 0..=u64::MAX, &mut problems).unwrap_or(0);
        if flags & !KNOWN_FLAGS != 0 {
            problems.add(&at("flags"), "MESSAGE_FLAGS_INVALID", "These flags are not known here");
        }
        check_nonce(json, &at("nonce"), &mut problems);
        let allowed = read_allowed(&json["allowed_mentions"], &at("allowed_mentions"), &mut problems);
        let (keep, files) = read_files(call, &json["attachments"], &at("attachments"), &mut problems);
        let reference = &json["message_reference"]["message_id"];
        let reference = match reference {
            Value::Null => None,
            value => {
                let id = value.as_str().and_then(|id| id.parse().ok());
                if id.is_none() {
                    problems.add(
                        &at("message_reference/message_id"),
                        "NUMBER_TYPE_COERCE",
                        format_args!("Value {value} is not snowflake."),
                    );
                }
                id
            }
        };
        problems.finish()?;
        Ok(Draft {
            content: nullable("content").then(|| content.unwrap_or_default().to_owned()),
            embeds: nullable("embeds").then_some(embeds),
            components: nullable("components").then_some(components),
            flags,
            nonce: Some(json["nonce"].clone()).filter(given),
            enforce_nonce: json["enforce_nonce"] == true,
            allowed,
            reference,
            reference_must_exist: json["message_reference"]["fail_if_not_exists"] != false,
            keep,
            files,
        })
    }

    /// Puts what the request says onto a message; refuses one that ends up with nothing in it.
    pub(super) fn apply_whole(
        self,
        state: &mut State,
        message: &mut Message,
        default: &AllowedMentions,
    ) -> Result<(), ApiError> {
        self.apply(state, message, default);
        if message.empty() { Err(EMPTY_MESSAGE) } else { Ok(()) }
    }

    fn apply(self, state: &mut State, message: &mut Message, default: &AllowedMentions) {
        let now = &mut message.now;
        if let Some(content) = self.content {
            now.content = content;
        }
        if let Some(embeds) = self.embeds {
            now.embeds = embeds;
        }
        if let Some(components) = self.components {
            now.components = components;
        }
        if let Some(keep) = self.keep {
            now.attachments.retain(|file| keep.contains(&file.id.get()));
        }
        for NewFile { file, filename, description } in self.files {
            let id = AttachmentId::new(state.next_id());
            now.attachments.push(Attachment {
                id,
                filename,
                content_type: file.content_type,
                description,
                bytes: file.bytes,
            });
        }
        let allowed = self.allowed.as_ref().unwrap_or(default);
        message.mentions = state.pings(&now.content, allowed, now.author, now.channel, now.reference);
        let files: Vec<(String, String)> = message
            .now
            .attachments
            .iter()
            .map(|file| {
                let url = state.attachment_json(message, file)["url"].as_str().unwrap_or_default().to_owned();
                (format!("attachment://{}", file.filename), url)
            })
            .collect();
        resolve_pictures(&mut message.now.embeds, &files);
    }

    /// The message that a draft refers to must stand in the same channel.
    pub(super) fn check_reference(
        &self,
        state: &State,
        channel: ChannelId,
    ) -> Result<Option<MessageId>, ApiError> {
        let Some(id) = self.reference else { return Ok(None) };
        let found = state.messages.get(&id).is_some_and(|m| m.now.channel == channel && !m.ephemeral());
        match (found, self.reference_must_exist) {
            (true, _) => Ok(Some(id)),
            (false, false) => Ok(None),
            (false, true) => {
                let mut problems = Problems::default();
                problems.add("message_reference", "REPLIES_UNKNOWN_MESSAGE", "Unknown message");
                problems.finish().map(|()| None)
            }
        }
    }
}

/// Up to 25 characters, or a number.
fn check_nonce(json: &Value, path: &str, problems: &mut Problems) {
    match &json["nonce"] {
        Value::Null if json["enforce_nonce"] == true => problems.required(path),
        Value::String(nonce) if length(nonce) > 25 => problems.too_long(path, 25),
        Value::Null | Value::String(_) | Value::Number(_) => {}
        _ => problems.add(path, "NONCE_TYPE_INVALID", "Must be a string or a number"),
    }
}

fn read_allowed(value: &Value, path: &str, problems: &mut Problems) -> Option<AllowedMentions> {
    if !given(value) {
        return None;
    }
    let at = |field: &str| format!("{path}/{field}");
    let mut allowed =
        AllowedMentions { replied_user: value["replied_user"] == true, ..AllowedMentions::default() };
    for (n, word) in list(&value["parse"], &at("parse"), 3, problems).iter().enumerate() {
        match word.as_str() {
            Some("everyone") => allowed.everyone = true,
            Some("users") => allowed.all_users = true,
            Some("roles") => allowed.all_roles = true,
            _ => problems.add(
                &at(&format!("parse/{n}")),
                "BASE_TYPE_CHOICES",
                "Value must be one of ('users', 'everyone', 'roles').",
            ),
        }
    }
    allowed.users = read_ids(&value["users"], &at("users"), problems);
    allowed.roles = read_ids(&value["roles"], &at("roles"), problems);
    for (all, some, name) in [
        (allowed.all_users, !allowed.users.is_empty(), "users"),
        (allowed.all_roles, !allowed.roles.is_empty(), "roles"),
    ] {
        if all && some {
            problems.add(
                path,
                "MESSAGE_ALLOWED_MENTIONS_PARSE_EXCLUSIVE",
                format_args!("parse:[\"{name}\"] and {name}: [ids...] are mutually exclusive."),
            );
        }
    }
    Some(allowed)
}

fn read_ids<T: std::str::FromStr + Ord>(value: &Value, path: &str, problems: &mut Problems) -> BTreeSet<T> {
    let mut ids = BTreeSet::new();
    for (n, id) in list(value, path, 100, problems).iter().enumerate() {
        let parsed = match id {
            Value::String(id) => id.parse().ok(),
            other => other.to_string().parse().ok(),
        };
        match parsed {
            Some(parsed) => {
                ids.insert(parsed);
            }
            None => problems.add(
                &format!("{path}/{n}"),
                "NUMBER_TYPE_COERCE",
                format_args!("Value {id} is not snowflake."),
            ),
        }
    }
    ids
}

/// Files come as `files[n]`; `attachments` may name and describe them by that `n`, and in an edit it also lists, by their
/// ids, the old files that stay.
fn read_files(
    call: &Call,
    value: &Value,
    path: &str,
    problems: &mut Problems,
) -> (Option<BTreeSet<u64>>, Vec<NewFile>) {
    let entries = list(value, path, 10, problems);
    let id = |entry: &Value| match &entry["id"] {
        Value::String(id) => id.parse().ok(),
        other => other.as_u64(),
    };
    let mut keep = BTreeSet::new();
    for (n, entry) in entries.iter().enumerate() {
        let at = |field: &str| format!("{path}/{n}/{field}");
        text(&entry["description"], &at("description"), 1024, problems);
        text(&entry["filename"], &at("filename"), 260, problems);
        match id(entry) {
            Some(id) => {
                keep.insert(id);
            }
            None => problems.required(&at("id")),
        }
    }
    if call.files.len() > 10 {
        problems.too_long(path, 10);
    }
    let files = call.files.iter().map(|file| {
        let entry = entries.iter().find(|entry| id(entry) == Some(file.index));
        NewFile {
            file: file.clone(),
            filename: entry.and_then(|e| e["filename"].as_str()).unwrap_or(&file.name).to_owned(),
            description: entry.and_then(|e| e["description"].as_str()).map(str::to_owned),
        }
    });
    (given(value).then_some(keep), files.collect())
}

/// `attachment://name` becomes the file's address.
fn resolve_pictures(embeds: &mut [Value], files: &[(String, String)]) {
    for embed in embeds {
        for pointer in ["/image/url", "/thumbnail/url", "/footer/icon_url", "/author/icon_url"] {
            if let Some(place) = embed.pointer_mut(pointer)
                && let Some((_, url)) = files.iter().find(|(name, _)| *place == name.as_str())
            {
                *place = Value::from(url.as_str());
            }
        }
    }
}

/// How a nonce is remembered.
pub(super) fn nonce_key(author: UserId, nonce: &Value) -> (UserId, String) {
    let text = nonce.as_str().map_or_else(|| nonce.to_string(), str::to_owned);
    (author, text)
}
