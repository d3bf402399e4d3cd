//! Our own client for Discord's REST API, version 10.
//!
//! Serenity's `Http` is used only by its gateway client, for GET /gateway. Everything else goes through here,
//! for reasons found in serenity 0.12.5: its rate limiter ignores the proxy address, sends a request again in a
//! tight loop when a header can't be read, lets other requests go on during a global 429 and keeps an entry of
//! every interaction for ever; without the limiter, its error type hides `retry_after`; and it has no timeouts.
//!
//! - `cdn` files that people attached
//! - [`error`] what can go wrong, without ever naming a token
//! - `limits` rate limits as Discord's headers state them
//! - [`model`] what Discord answers, as far as it is used
//!
//! What is sent again, and what not: a 429 always (it did nothing), within bounds. A 5xx or a lost connection
//! only where sending twice can't do it twice: reads, edits, and creates that carry a nonce with
//! `enforce_nonce`. The first answer to an interaction is sent once, at once, never behind anything else.

mod cdn;
pub mod error;
mod limits;
pub mod model;
#[cfg(test)]
mod tests;

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use reqwest::Method;
use reqwest::multipart::{Form, Part};
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

use super::message::{EPHEMERAL, File, Modal, Post};
use crate::clock::Clock;
use crate::config::ApiUrl;
use crate::ids::Snowflake;
use crate::secret::Secret;
pub use cdn::CdnError;
pub use error::RestError;
use limits::{Limits, Route};
use model::{Application, Channel, Guild, Member, Message, Role, User};

/// How Discord wants to be told who calls.
const USER_AGENT: &str = concat!("DiscordBot (syncmedic, ", env!("CARGO_PKG_VERSION"), ")");
/// The first answer to an interaction counts only within three seconds.
const CALLBACK_TIMEOUT: Duration = Duration::from_millis(2500);
const TIMEOUT: Duration = Duration::from_secs(10);
const UPLOAD_TIMEOUT: Duration = Duration::from_secs(30);
/// How often one request is sent at most.
const ATTEMPTS: u32 = 4;
/// Whoever would have to wait longer than this for a limit gets it back as an error, and comes again later. The first
/// answer to an interaction waits for nothing at all.
const PATIENCE: Duration = Duration::from_secs(30);
/// The largest answer that is read.
const MOST_BYTES: usize = 8 * 1024 * 1024;

/// One request, for a record of what was sent. An interaction's token in the path is masked.
#[derive(Debug, Clone, PartialEq)]
pub struct Recorded {
    /// `GET`, `POST` …
    pub method: String,
    /// The path below `/api/v10`.
    pub path: String,
    /// The JSON body; null without one.
    pub body: Value,
    /// The answer's status; none if none came.
    pub status: Option<u16>,
}

/// Sees each request after it was answered.
pub type Recorder = Arc<dyn Fn(&Recorded) + Send + Sync>;

/// An interaction that can be answered: its id, its application, and the token that is the right to answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ticket {
    /// The interaction.
    pub id: Snowflake,
    /// The application it was sent to.
    pub application: Snowflake,
    /// Its token: for 15 minutes whoever has it can answer.
    pub token: Secret,
}

/// The first answer to an interaction.
#[derive(Debug, Clone, PartialEq)]
pub enum Callback {
    /// "Thinking…", to be filled in by an edit.
    Defer {
        /// Only the asker sees it.
        ephemeral: bool,
    },
    /// A click was seen; the message it was on stays for now.
    DeferUpdate,
    /// A message at once.
    Reply {
        /// What it says.
        post: Box<Post>,
        /// Only the asker sees it.
        ephemeral: bool,
    },
    /// Suggestions, as what is shown and what is sent.
    Choices(Vec<(String, String)>),
    /// A form.
    Modal(Modal),
}

/// The client. Cheap to clone.
#[derive(Clone)]
pub struct Rest(Arc<Inner>);

struct Inner {
    api: ApiUrl,
    token: Secret,
    clock: Clock,
    client: reqwest::Client,
    limits: Limits,
    recorder: Option<Recorder>,
    token_refused: AtomicBool,
}

/// How a request may be repeated when it is not known whether it took effect.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Repeat {
    /// As often as bounds allow: twice does no more than once.
    Safe,
    /// Only after a 429, which did nothing.
    Limited,
    /// Never, and it waits for nothing.
    Never,
}

struct Call<'a> {
    method: Method,
    path: String,
    /// The path as it may be seen: without an interaction's token.
    shown: String,
    major: String,
    /// Carries the bot's token, and counts against the global limit.
    authorized: bool,
    body: Value,
    files: &'a [File],
    timeout: Duration,
    repeat: Repeat,
}

impl Rest {
    /// A client for this API and token. All waiting (rate limits, backoff) is by `clock`.
    ///
    /// # Errors
    /// If TLS can't be set up.
    pub fn new(token: Secret, api: ApiUrl, clock: Clock) -> anyhow::Result<Rest> {
        Rest::with_recorder(token, api, clock, None)
    }

    /// The same, with somebody who sees each request.
    ///
    /// # Errors
    /// If TLS can't be set up.
    pub fn with_recorder(
        token: Secret,
        api: ApiUrl,
        clock: Clock,
        recorder: Option<Recorder>,
    ) -> anyhow::Result<Rest> {
        let builder = reqwest::Client::builder()
            .user_agent(USER_AGENT)
            .connect_timeout(Duration::from_secs(5))
            .redirect(reqwest::redirect::Policy::none());
        // A local Discord is never behind a proxy.
        let builder = if api.as_str().starts_with("http://") { builder.no_proxy() } else { builder };
        let inner = Inner {
            client: builder.build()?,
            limits: Limits::new(clock.clone()),
            token_refused: AtomicBool::new(false),
            api,
            token,
            clock,
            recorder,
        };
        Ok(Rest(Arc::new(inner)))
    }

    /// Where it sends.
    pub fn api(&self) -> &ApiUrl {
        &self.0.api
    }

    /// Whether Discord has refused the token; then nothing is sent any more.
    pub fn token_refused(&self) -> bool {
        self.0.token_refused.load(Ordering::Relaxed)
    }

    /// The first answer to an interaction: sent once and at once.
    ///
    /// # Errors
    /// [`RestError`]; code 10062 if it came too late, 40060 if somebody answered before.
    pub async fn callback(&self, ticket: &Ticket, answer: &Callback) -> Result<(), RestError> {
        let flags = |ephemeral: &bool| if *ephemeral { EPHEMERAL } else { 0 };
        let mut files: &[File] = &[];
        let body = match answer {
            Callback::Defer { ephemeral } => json!({"type": 5, "data": {"flags": flags(ephemeral)}}),
            Callback::DeferUpdate => json!({"type": 6}),
            Callback::Reply { post, ephemeral } => {
                files = &post.files;
                let mut data = post.json();
                data["flags"] = flags(ephemeral).into();
                json!({"type": 4, "data": data})
            }
            Callback::Choices(choices) => {
                let choice = |(name, value): &(String, String)| json!({"name": super::text::cut(name, 100), "value": super::text::cut(value, 100)});
                json!({"type": 8, "data": {"choices": choices.iter().take(25).map(choice).collect::<Vec<_>>()}})
            }
            Callback::Modal(modal) => json!({"type": 9, "data": modal.json()}),
        };
        let call = Call {
            method: Method::POST,
            path: format!("/interactions/{}/{}/callback", ticket.id, ticket.token.expose()),
            shown: format!("/interactions/{}/:token/callback", ticket.id),
            major: String::new(),
            authorized: false,
            body,
            files,
            timeout: CALLBACK_TIMEOUT,
            repeat: Repeat::Never,
        };
        self.send(call).await.map(drop)
    }

    /// Fills in or replaces the first answer.
    ///
    /// # Errors
    /// [`RestError`]; codes 10015 and 50027 when the token's 15 minutes are over.
    pub async fn edit_original(&self, ticket: &Ticket, post: &Post) -> Result<Message, RestError> {
        let mut call = self.webhook(Method::PATCH, ticket, "/messages/@original", post);
        call.repeat = Repeat::Safe;
        self.fetch(call).await
    }

    /// A further answer.
    ///
    /// # Errors
    /// [`RestError`]; codes 10015 and 50027 when the token's 15 minutes are over.
    pub async fn followup(
        &self,
        ticket: &Ticket,
        post: &Post,
        ephemeral: bool,
    ) -> Result<Message, RestError> {
        let mut call = self.webhook(Method::POST, ticket, "", post);
        call.body["flags"] = if ephemeral { EPHEMERAL } else { 0 }.into();
        self.fetch(call).await
    }

    /// Posts a message once: a second one with the same nonce (at most 25 characters) is the first, as long as
    /// Discord remembers it (some minutes).
    ///
    /// # Errors
    /// [`RestError`].
    pub async fn create_message(
        &self,
        channel: Snowflake,
        post: &Post,
        nonce: &str,
        reply_to: Option<Snowflake>,
    ) -> Result<Message, RestError> {
        let mut body = post.json();
        body["nonce"] = nonce.into();
        body["enforce_nonce"] = true.into();
        if let Some(message) = reply_to {
            body["message_reference"] = json!({"message_id": message, "fail_if_not_exists": false});
        }
        let mut call = self.bot(Method::POST, format!("/channels/{channel}/messages"), body);
        call.files = &post.files;
        self.fetch(call).await
    }

    /// Replaces what a message of ours says.
    ///
    /// # Errors
    /// [`RestError`]; code 10008 if somebody deleted it.
    pub async fn edit_message(
        &self,
        channel: Snowflake,
        message: Snowflake,
        post: &Post,
    ) -> Result<Message, RestError> {
        let path = format!("/channels/{channel}/messages/{message}");
        let mut call = self.bot(Method::PATCH, path, post.json());
        call.files = &post.files;
        self.fetch(call).await
    }

    /// The newest messages of a channel (at most 100), newest first.
    ///
    /// # Errors
    /// [`RestError`].
    pub async fn messages(&self, channel: Snowflake, limit: u8) -> Result<Vec<Message>, RestError> {
        self.get(format!("/channels/{channel}/messages?limit={}", limit.clamp(1, 100))).await
    }

    /// One message.
    ///
    /// # Errors
    /// [`RestError`]; code 10008 if it is not there.
    pub async fn message(&self, channel: Snowflake, message: Snowflake) -> Result<Message, RestError> {
        self.get(format!("/channels/{channel}/messages/{message}")).await
    }

    /// A member as they are now.
    ///
    /// # Errors
    /// [`RestError`]; code 10007 if they left.
    pub async fn member(&self, guild: Snowflake, user: Snowflake) -> Result<Member, RestError> {
        self.get(format!("/guilds/{guild}/members/{user}")).await
    }

    /// A guild.
    ///
    /// # Errors
    /// [`RestError`].
    pub async fn guild(&self, guild: Snowflake) -> Result<Guild, RestError> {
        self.get(format!("/guilds/{guild}")).await
    }

    /// A guild's roles.
    ///
    /// # Errors
    /// [`RestError`].
    pub async fn roles(&self, guild: Snowflake) -> Result<Vec<Role>, RestError> {
        self.get(format!("/guilds/{guild}/roles")).await
    }

    /// A guild's channels, with what the bot may do there.
    ///
    /// # Errors
    /// [`RestError`].
    pub async fn channels(&self, guild: Snowflake) -> Result<Vec<Channel>, RestError> {
        self.get(format!("/guilds/{guild}/channels")).await
    }

    /// The commands registered in a guild, as Discord's JSON.
    ///
    /// # Errors
    /// [`RestError`].
    pub async fn commands(&self, application: Snowflake, guild: Snowflake) -> Result<Vec<Value>, RestError> {
        // Without that Discord leaves the descriptions in other languages out.
        self.get(format!("/applications/{application}/guilds/{guild}/commands?with_localizations=true")).await
    }

    /// Replaces the commands registered in a guild.
    ///
    /// # Errors
    /// [`RestError`].
    pub async fn put_commands(
        &self,
        application: Snowflake,
        guild: Snowflake,
        commands: &[Value],
    ) -> Result<(), RestError> {
        let path = format!("/applications/{application}/guilds/{guild}/commands");
        self.send(self.bot(Method::PUT, path, commands.into())).await.map(drop)
    }

    /// The bot's own user.
    ///
    /// # Errors
    /// [`RestError`].
    pub async fn me(&self) -> Result<User, RestError> {
        self.get("/users/@me".into()).await
    }

    /// The bot's application.
    ///
    /// # Errors
    /// [`RestError`].
    pub async fn application(&self) -> Result<Application, RestError> {
        self.get("/applications/@me".into()).await
    }

    fn bot<'a>(&self, method: Method, path: String, body: Value) -> Call<'a> {
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

    fn webhook<'a>(&self, method: Method, ticket: &Ticket, rest: &str, post: &'a Post) -> Call<'a> {
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

    async fn get<T: DeserializeOwned>(&self, path: String) -> Result<T, RestError> {
        self.fetch(self.bot(Method::GET, path, Value::Null)).await
    }

    async fn fetch<T: DeserializeOwned>(&self, call: Call<'_>) -> Result<T, RestError> {
        let name = call.name();
        let value = self.send(call).await?;
        serde_json::from_value(value)
            .map_err(|error| RestError::Unreadable { call: name, reason: error.to_string() })
    }

    /// Sends a request as often as it may be, and reads the answer.
    async fn send(&self, call: Call<'_>) -> Result<Value, RestError> {
        let inner = &*self.0;
        let route = call.route();
        let mut attempt = 1;
        loop {
            if call.authorized && self.token_refused() {
                return Err(RestError::TokenRefused);
            }
            if call.repeat != Repeat::Never {
                let limited = |retry_after| RestError::RateLimited { call: call.name(), retry_after };
                inner.limits.take(&route, PATIENCE).await.map_err(limited)?;
            }
            let sent = self.attempt(&call, &route).await;
            let again = attempt < ATTEMPTS;
            let wait = match &sent {
                // The limits know how long to wait; the next turn waits there.
                Err(RestError::RateLimited { retry_after, .. })
                    if again && call.repeat != Repeat::Never && *retry_after <= PATIENCE =>
                {
                    Duration::ZERO
                }
                Err(RestError::Unavailable { .. } | RestError::Unreachable { .. })
                    if again && call.repeat == Repeat::Safe =>
                {
                    Duration::from_millis(500) * 2_u32.pow(attempt - 1)
                }
                _ => return sent,
            };
            inner.clock.sleep(wait).await;
            attempt += 1;
        }
    }

    async fn attempt(&self, call: &Call<'_>, route: &Route) -> Result<Value, RestError> {
        let inner = &*self.0;
        let url = format!("{}/api/v10{}", inner.api.as_str(), call.path);
        let timeout = if call.files.is_empty() { call.timeout } else { UPLOAD_TIMEOUT.max(call.timeout) };
        let mut request = inner.client.request(call.method.clone(), url).timeout(timeout);
        if call.authorized {
            request = request.header("authorization", format!("Bot {}", inner.token.expose()));
        }
        request = match (call.files, &call.body) {
            ([], Value::Null) => request,
            ([], body) => request.json(body),
            (files, body) => request.multipart(form(files, body)),
        };
        let unreachable = |error: reqwest::Error| RestError::Unreachable {
            call: call.name(),
            reason: reason(error.without_url()),
        };
        let answer = request.send().await;
        self.record(call, answer.as_ref().ok().map(|answer| answer.status().as_u16()));
        let answer = answer.map_err(unreachable)?;
        let (status, headers) = (answer.status().as_u16(), answer.headers().clone());
        inner.limits.learn(route, &headers);
        let too_large = || RestError::Unreadable { call: call.name(), reason: "it is too large".into() };
        if answer.content_length().is_some_and(|length| length > MOST_BYTES as u64) {
            return Err(too_large());
        }
        let bytes = answer.bytes().await.map_err(unreachable)?;
        let body: Result<Value, _> = match bytes.len() {
            0 => Ok(Value::Null),
            length if length > MOST_BYTES => return Err(too_large()),
            _ => serde_json::from_slice(&bytes),
        };
        match status {
            200..300 => {
                body.map_err(|error| RestError::Unreadable { call: call.name(), reason: error.to_string() })
            }
            401 if call.authorized => {
                inner.token_refused.store(true, Ordering::Relaxed);
                Err(RestError::TokenRefused)
            }
            429 => {
                let too_many = limits::too_many(&headers, &body.unwrap_or_default());
                inner.limits.pause(route, too_many);
                Err(RestError::RateLimited { call: call.name(), retry_after: too_many.retry_after })
            }
            500.. => Err(RestError::Unavailable { call: call.name(), status }),
            _ => Err(refused(call, status, &body.unwrap_or_default())),
        }
    }

    fn record(&self, call: &Call<'_>, status: Option<u16>) {
        if let Some(recorder) = &self.0.recorder {
            recorder(&Recorded {
                method: call.method.to_string(),
                path: call.shown.split('?').next().unwrap_or_default().to_owned(),
                body: call.body.clone(),
                status,
            });
        }
    }
}

impl fmt::Debug for Rest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Rest({})", self.0.api.as_str())
    }
}

impl Call<'_> {
    fn name(&self) -> String {
        format!("{} {}", self.method, self.shown)
    }

    fn route(&self) -> Route {
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

fn form(files: &[File], body: &Value) -> Form {
    let json = Part::text(body.to_string());
    let json = json.mime_str("application/json").unwrap_or_else(|_| Part::text(body.to_string()));
    files.iter().enumerate().fold(Form::new().part("payload_json", json), |form, (n, file)| {
        let part = || Part::bytes(file.bytes.clone()).file_name(file.name.clone());
        let typed = part().mime_str(file.kind).unwrap_or_else(|_| part());
        form.part(format!("files[{n}]"), typed)
    })
}

/// What the connection says, with its causes: the outermost words alone say nothing.
fn reason(error: reqwest::Error) -> String {
    let mut text = error.to_string();
    let mut source = std::error::Error::source(&error);
    while let Some(cause) = source {
        text = format!("{text}: {cause}");
        source = cause.source();
    }
    text
}

fn refused(call: &Call<'_>, status: u16, body: &Value) -> RestError {
    let message = body["message"].as_str().unwrap_or("no reason given");
    let mut fields = Vec::new();
    collect(&body["errors"], "", &mut fields);
    let message = match fields.is_empty() {
        true => message.to_owned(),
        false => format!("{message} ({})", fields.join("; ")),
    };
    let code = body["code"].as_u64().unwrap_or(0);
    RestError::Refused { call: call.name(), status, code, message: super::text::cut(&message, 500) }
}

/// Discord names each field it dislikes in a tree: `{"embeds": {"0": {"title": {"_errors": [{"message"}]}}}}`.
fn collect(tree: &Value, path: &str, out: &mut Vec<String>) {
    for (key, value) in tree.as_object().into_iter().flatten() {
        match key.as_str() {
            "_errors" => {
                let messages = value.as_array().into_iter().flatten();
                let messages = messages.filter_map(|error| error["message"].as_str());
                out.extend(messages.map(|message| format!("{path}: {message}")));
            }
            key if path.is_empty() => collect(value, key, out),
            key => collect(value, &format!("{path}/{key}"), out),
        }
    }
}
