//! The chat, put together: the gateway's events in, an answer for each, and the outbox beside it.

use std::future::Future;
use std::sync::{Arc, OnceLock};

use jiff::Timestamp;
use serde_json::Value;
use tokio::sync::{Semaphore, watch};

use super::cards::{Frame, notes};
use super::commands;
use super::event::{Interaction, Kind, Mention};
use super::gateway::{self, Identity, Listener};
use super::message::Post;
use super::outbox::Outbox;
use super::rest::{Callback, Rest, RestError, Ticket};
use crate::config::{Config, Discord};
use crate::gate::{Actor, Refusal};
use crate::ids::Snowflake;
use crate::requests::Requests;
use crate::tenant::Tenant;
use crate::watch::summary::Summarist;
use crate::words;
use crate::words::Language;

/// How many answers may be under way at once; more than a guild's people can cause.
const MOST_AT_ONCE: u32 = 1024;
/// How long the end waits for answers under way.
const LAST_ANSWERS: std::time::Duration = std::time::Duration::from_secs(5);

/// What the chat is made of.
pub struct Parts {
    /// The configuration.
    pub config: Config,
    /// Discord.
    pub rest: Rest,
    /// The tenant's ground: database, fleet, knowledge, time and randomness.
    pub tenant: Tenant,
    /// The requests, which decide everything.
    pub requests: Requests,
    /// Who puts summaries together.
    pub summarist: Arc<Summarist>,
}

/// Who asks, and in which language they are answered.
#[derive(Debug, Clone, Copy)]
pub(super) struct Asker<'a> {
    pub(super) actor: &'a Actor,
    pub(super) language: Language,
}

/// The chat.
pub struct Chat(Arc<Desk>);

/// Where questions and clicks are answered. Its methods are in `ask`, `look` and `click`.
pub(super) struct Desk {
    pub(super) discord: Discord,
    pub(super) config: Config,
    pub(super) rest: Rest,
    pub(super) tenant: Tenant,
    pub(super) requests: Requests,
    pub(super) summarist: Arc<Summarist>,
    identity: OnceLock<Identity>,
    under_way: Arc<Semaphore>,
}

impl Chat {
    /// Puts the parts together. Nothing happens until [`Chat::run`].
    pub fn new(parts: Parts) -> Chat {
        let Parts { config, rest, tenant, requests, summarist } = parts;
        Chat(Arc::new(Desk {
            discord: config.discord.clone(),
            config,
            rest,
            tenant,
            requests,
            summarist,
            identity: OnceLock::new(),
            under_way: Arc::new(Semaphore::new(MOST_AT_ONCE as usize)),
        }))
    }

    /// Connects, registers the commands, answers and hands on, until `shutdown` ends.
    ///
    /// # Errors
    /// What ends it: a token, a guild or an intent that Discord refuses.
    pub async fn run(self, shutdown: impl Future<Output = ()>) -> anyhow::Result<()> {
        let desk = self.0;
        tokio::pin!(shutdown);
        let introduced = async {
            let identity = gateway::identify(&desk.rest, &desk.discord).await?;
            gateway::register(&desk.rest, &identity, desk.discord.guild).await?;
            anyhow::Ok(identity)
        };
        // A Discord that does not answer must not hold up the end.
        let identity = tokio::select! {
            () = &mut shutdown => return Ok(()),
            identity = introduced => identity?,
        };
        let identity = desk.identity.get_or_init(|| identity).clone();
        let outbox = Outbox {
            store: desk.tenant.store.clone(),
            rest: desk.rest.clone(),
            discord: desk.discord.clone(),
            approver_role: desk.config.policy.approver_role,
            identity,
            clock: desk.tenant.clock.clone(),
            random: desk.tenant.random.clone(),
            started: desk.tenant.clock.now(),
            tried: Default::default(),
        };
        let (stop, stopped) = watch::channel(false);
        let until = |mut stopped: watch::Receiver<bool>| async move {
            // The sender lives until both have ended.
            let _ = stopped.wait_for(|&stop| stop).await;
        };
        let door = Arc::new(Door(desk.clone()));
        let listen = gateway::listen(&desk.discord, door, until(stopped.clone()));
        let hand_on = outbox.run(until(stopped));
        tokio::pin!(listen, hand_on);
        // Whichever ends first ends the other.
        let (first, listening) = tokio::select! {
            () = &mut shutdown => (Ok(()), true),
            ended = &mut listen => (ended, false),
            ended = &mut hand_on => {
                stop.send_replace(true);
                listen.await?;
                ended?;
                return Ok(());
            }
        };
        stop.send_replace(true);
        if listening {
            listen.await?;
        }
        hand_on.await?;
        desk.finish().await;
        first
    }
}

impl Desk {
    /// Waits for the answers under way, but not for ever.
    async fn finish(&self) {
        tokio::select! {
            _ = self.under_way.acquire_many(MOST_AT_ONCE) => {}
            () = self.tenant.clock.sleep(LAST_ANSWERS) => tracing::warn!("an answer was cut off by the end"),
        }
    }

    /// A card's frame, in the language of whom it is for.
    pub(super) fn frame(&self, language: Language) -> Frame {
        Frame { discord: self.discord.api.is_discord(), language }
    }

    pub(super) fn now(&self) -> Timestamp {
        self.tenant.clock.now()
    }

    /// Whether servers may be named here: the channels of the configuration.
    pub(super) fn is_inside(&self, guild: Option<Snowflake>, channel: Snowflake) -> bool {
        let channels = &self.discord;
        guild == Some(channels.guild)
            && (channels.answer_channels.contains(&channel)
                || channel == channels.approvals_channel
                || channel == channels.status_channel)
    }

    /// The channels in which servers are named, for those who ask elsewhere.
    pub(super) fn answer_channels(&self) -> Vec<Snowflake> {
        self.discord.answer_channels.iter().copied().collect()
    }

    async fn answer(&self, interaction: Interaction) {
        let Interaction { ticket, actor, language, kind } = interaction;
        let asker = Asker { actor: &actor, language };
        if self.identity.get().is_some_and(|own| own.application != ticket.application) {
            tracing::warn!("an interaction for another application is ignored");
            return;
        }
        let clicked = matches!(kind, Kind::Button { .. });
        let foreign = actor.guild.is_some_and(|guild| guild != self.discord.guild);
        let answered = match kind {
            // Clicks go through: the gate refuses them, and the audit says so.
            Kind::Button { custom_id, message } => self.click(&ticket, asker, &custom_id, message).await,
            Kind::Modal { custom_id, fields } => self.submitted(&ticket, asker, &custom_id, fields).await,
            _ if foreign => {
                tracing::info!(guild = ?actor.guild, "a command from another guild is ignored");
                return;
            }
            Kind::Autocomplete { slash, typed } => self.suggest(&ticket, &actor, &slash, &typed).await,
            Kind::OnMessage { name, content, files } if name == commands::DIAGNOSE => {
                self.complaint(&ticket, asker, &content, &files).await
            }
            Kind::Slash(slash) => match slash.name.as_str() {
                commands::SIGNIN => self.asked(&ticket, asker, &slash).await,
                commands::SYNC_STATUS => self.status(&ticket, asker).await,
                commands::SYNC_SERVER => self.server(&ticket, asker, &slash).await,
                commands::SYNC_HISTORY => self.history(&ticket, asker, &slash).await,
                commands::SYNC_SUMMARY => self.summary(&ticket, asker).await,
                commands::AUDIT_RECENT => self.audit(&ticket, asker).await,
                _ => self.unknown(&ticket, language).await,
            },
            Kind::OnMessage { .. } | Kind::Other => self.unknown(&ticket, language).await,
        };
        if let Err(error) = answered {
            self.apologise(&ticket, &error, clicked, language).await;
        }
    }

    /// A command of an older registration, or something newer than this version.
    async fn unknown(&self, ticket: &Ticket, language: Language) -> anyhow::Result<()> {
        let post = notes::refusal(&words!("unknown-command"), "unknown-command", self.frame(language));
        self.reply(ticket, post).await
    }

    /// Says that it failed, whether or not it was acknowledged before. The first answer to a click on a button
    /// is the message with the button itself: that is the card, which must stay what it is.
    async fn apologise(&self, ticket: &Ticket, error: &anyhow::Error, clicked: bool, language: Language) {
        tracing::error!("an answer failed: {error:#}");
        let post = notes::failure(self.frame(language));
        // Without a living token there is nobody to tell.
        if error.downcast_ref::<RestError>().is_some_and(RestError::is_not_found) {
            return;
        }
        let told = match clicked {
            true => self.rest.followup(ticket, &post, true).await,
            false => self.rest.edit_original(ticket, &post).await,
        };
        if told.is_err() {
            let reply = Callback::Reply { post: Box::new(post), ephemeral: true };
            if let Err(error) = self.rest.callback(ticket, &reply).await {
                tracing::warn!(%error, "and could not be told");
            }
        }
    }

    /// Answers at once, for one pair of eyes.
    pub(super) async fn reply(&self, ticket: &Ticket, post: Post) -> anyhow::Result<()> {
        let reply = Callback::Reply { post: Box::new(post), ephemeral: true };
        Ok(self.rest.callback(ticket, &reply).await?)
    }

    /// Audits a refused attempt; returns the words for the one who tried.
    pub(super) async fn refuse(&self, asker: Asker<'_>, refusal: &Refusal) -> anyhow::Result<Post> {
        self.requests.audit_refusal(None, asker.actor, refusal).await?;
        Ok(notes::refusal(&refusal.text(), refusal.code(), self.frame(asker.language)))
    }
}

/// Where the gateway's events come in: each becomes a task of its own, so that none waits for another.
struct Door(Arc<Desk>);

impl Listener for Door {
    fn interaction(&self, event: Value) {
        let desk = self.0.clone();
        tokio::spawn(async move {
            let Ok(_place) = desk.under_way.clone().acquire_owned().await else { return };
            match Interaction::read(&event) {
                Ok(interaction) => desk.answer(interaction).await,
                Err(error) => {
                    tracing::error!(%error, "an interaction could not be read");
                    desk.answer_by_hand(&event).await;
                }
            }
        });
    }

    fn message(&self, event: Value) {
        let Some(identity) = self.0.identity.get() else { return };
        let Some(mention) = Mention::read(&event, identity.user) else { return };
        if mention.actor.guild != Some(self.0.discord.guild) {
            return;
        }
        let desk = self.0.clone();
        tokio::spawn(async move {
            let Ok(_place) = desk.under_way.clone().acquire_owned().await else { return };
            if let Err(error) = desk.mentioned(&mention).await {
                tracing::error!("a mention could not be answered: {error:#}");
            }
        });
    }

    fn deleted(&self, messages: &[Snowflake]) {
        let (desk, messages) = (self.0.clone(), messages.to_vec());
        tokio::spawn(async move {
            let Ok(_place) = desk.under_way.clone().acquire_owned().await else { return };
            if let Err(error) = desk.deleted(&messages).await {
                tracing::error!("a card that was deleted can't be posted anew: {error:#}");
            }
        });
    }

    fn ready(&self) {
        tracing::info!("connected to the gateway");
        let desk = self.0.clone();
        tokio::spawn(async move {
            let Ok(_place) = desk.under_way.clone().acquire_owned().await else { return };
            if let Err(error) = desk.look_for_cards().await {
                tracing::error!("the cards of open requests could not be looked for: {error:#}");
            }
        });
    }
}

impl Desk {
    /// Tells whoever caused an event that nobody could read, as long as it names a way back.
    async fn answer_by_hand(&self, event: &Value) {
        let id = |field: &str| event[field].as_str().and_then(|id| id.parse().ok());
        let (Some(id), Some(application), Some(token)) =
            (id("id"), id("application_id"), event["token"].as_str())
        else {
            return;
        };
        let ticket = Ticket { id, application, token: crate::secret::Secret::new(token) };
        let language = Language::of_locale(event["locale"].as_str().unwrap_or_default());
        if let Err(error) = self.unknown(&ticket, language).await {
            tracing::warn!("and could not be answered by hand: {error:#}");
        }
    }
}
