//! Our own client for Discord's REST API, version 10.
//!
//! Serenity's `Http` is used only by its gateway client, for GET /gateway. Everything else goes through here,
//! for reasons found in serenity 0.12.5: its rate limiter ignores the proxy address, sends a request again in a
//! tight loop when a header can't be read, lets other requests go on during a global 429 and keeps an entry of
//! every interaction for ever; without the limiter, its error type hides `retry_after`; and it has no timeouts.
//!
//! - `call` one request, before it is sent; `send` sends it, as often as it may be
//! - `cdn` files that people attached
//! - [`error`] what can go wrong, without ever naming a token
//! - `limits` rate limits as Discord's headers state them
//! - [`model`] what Discord answers, as far as it is used
//!
//! What is sent again, and what not: a 429 always (it did nothing), within bounds. A 5xx or a lost connection
//! only where sending twice can't do it twice: reads, edits, and creates that carry a nonce with
//! `enforce_nonce`. The first answer to an interaction is sent once, at once, never behind anything else.

mod call;
mod cdn;
pub mod error;
mod limits;
pub mod model;
mod send;
#[cfg(test)]
mod tests;

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use reqwest::Method;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

use super::message::{EPHEMERAL, File, Modal, Post};
use crate::clock::Clock;
use crate::config::ApiUrl;
use crate::ids::Snowflake;
use crate::secret::Secret;
use call::{Call, Repeat};
pub use cdn::CdnError;
pub use error::RestError;
use limits::Limits;
use model::{Application, Channel, Guild, Member, Message, Role, User};

/// How Discord wants to be told who calls.
const USER_AGENT: &str = concat!("DiscordBot (syncmedic, ", env!("CARGO_PKG_VERSION"), ")");
/// The first answer to an interaction counts only within three seconds.
const CALLBACK_TIMEOUT: Duration = Duration::from_millis(2500);

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
        let mut call = Call::webhook(Method::PATCH, ticket, "/messages/@original", post);
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
        let mut call = Call::webhook(Method::POST, ticket, "", post);
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
        let mut call = Call::bot(Method::POST, format!("/channels/{channel}/messages"), body);
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
        let mut call = Call::bot(Method::PATCH, path, post.json());
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
        self.send(Call::bot(Method::PUT, path, commands.into())).await.map(drop)
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

    async fn get<T: DeserializeOwned>(&self, path: String) -> Result<T, RestError> {
        self.fetch(Call::bot(Method::GET, path, Value::Null)).await
    }

    async fn fetch<T: DeserializeOwned>(&self, call: Call<'_>) -> Result<T, RestError> {
        let name = call.name();
        let value = self.send(call).await?;
        serde_json::from_value(value)
            .map_err(|error| RestError::Unreadable { call: name, reason: error.to_string() })
    }
}

impl fmt::Debug for Rest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Rest({})", self.0.api.as_str())
    }
}
