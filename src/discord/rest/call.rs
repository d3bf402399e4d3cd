//! One request before it is sent: where it goes, what it carries, how often it may be repeated.

use std::time::Duration;

use reqwest::Method;
use reqwest::multipart::{Form, Part};
use serde_json::Value;

use super::Ticket;
use super::limits::Route;
use crate::discord::message::{File, Post};

const TIMEOUT: Duration = Duration::from_secs(10);

/// How a request may be repeated when it is not known whether it took effect.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Repeat {
    /// As often as bounds allow: twice does no more than once.
    Safe,
    /// Only after a 429, which did nothing.
    Limited,
    /// Never, and it waits for nothing.
    Never,
}

/// One request.
pub(super) struct Call<'a> {
    pub(super) method: Method,
    pub(super) path: String,
    /// The path as it may be seen: without an interaction's token.
    pub(super) shown: String,
    pub(super) major: String,
    /// Carries the bot's token, and counts against the global limit.
    pub(super) authorized: bool,
    pub(super) body: Value,
    pub(super) files: &'a [File],
    pub(super) timeout: Duration,
    pub(super) repeat: Repeat,
}

impl<'a> Call<'a> {
    /// A call with the bot's token.
    pub(super) fn bot(method: Method, path: String, body: Value) -> Self {
        // Channels and guilds are what Discord counts by.
        let mut parts = path.trim_start_matches('/').split(['/', '?']);
        let major = match (parts.next(), parts.next()) {
            (Some("channels" | "guilds"), Some(id)) => id.to_owned(),
            _ => String::new(),
        };
        Call {
            shown: path.clone(),
            method,
            path,
            major,
            authorized: true,
            body,
            files: &[],
            timeout: TIMEOUT,
            repeat: Repeat::Safe,
        }
    }

    /// A further answer to an interaction, by its token alone.
    pub(super) fn webhook(method: Method, ticket: &Ticket, rest: &str, post: &'a Post) -> Self {
        let token = ticket.token.expose();
        Call {
            method,
            path: format!("/webhooks/{}/{token}{rest}", ticket.application),
            shown: format!("/webhooks/{}/:token{rest}", ticket.application),
            major: token.to_owned(),
            authorized: false,
            body: post.json(),
            files: &post.files,
            timeout: TIMEOUT,
            repeat: Repeat::Limited,
        }
    }

    /// What it is called in errors.
    pub(super) fn name(&self) -> String {
        format!("{} {}", self.method, self.shown)
    }

    /// What Discord's limits count it by.
    pub(super) fn route(&self) -> Route {
        let path = self.shown.split('?').next().unwrap_or_default();
        let part = |part: &str| match part {
            part if !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit()) => ":id".to_owned(),
            part => part.to_owned(),
        };
        let parts: Vec<String> = path.split('/').map(part).collect();
        Route {
            template: format!("{} {}", self.method, parts.join("/")),
            major: self.major.clone(),
            global: self.authorized,
        }
    }
}

/// The body with its files, as a form.
pub(super) fn form(files: &[File], body: &Value) -> Form {
    let json = Part::text(body.to_string());
    let json = json.mime_str("application/json").unwrap_or_else(|_| Part::text(body.to_string()));
    files.iter().enumerate().fold(Form::new().part("payload_json", json), |form, (n, file)| {
        let part = || Part::bytes(file.bytes.clone()).file_name(file.name.clone());
        let typed = part().mime_str(file.kind).unwrap_or_else(|_| part());
        form.part(format!("files[{n}]"), typed)
    })
}
