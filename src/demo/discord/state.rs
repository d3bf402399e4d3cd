//! Everything the local Discord knows, behind one lock, and the signal that it changed.
//!
//! Every change happens in one short, synchronous closure; nothing waits while it holds the lock.

use std::collections::{BTreeMap, HashMap, VecDeque};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use jiff::Timestamp;
use serde_json::Value;
use serenity::model::id::{ChannelId, GuildId, InteractionId, MessageId, UserId};
use tokio::sync::watch;

use super::Config;
use super::error::{ApiError, MISSING_ACCESS, UNKNOWN_CHANNEL};
use super::faults::Fault;
use super::faults::Planned;
use super::interactions::{Interaction, OpenModal};
use super::limits::Limiter;
use super::messages::Message;
use super::people::{self, Channel, Guild, User};
use super::recorded::{OnRequest, Recorded};
use super::sessions::Sessions;
use super::ui::Consoles;
use super::uploads::Uploads;
use crate::clock::Clock;
use crate::random::Random;
use serenity::model::Permissions;

/// The state, its change signal and its clock. Cheap to clone.
#[derive(Clone)]
pub(crate) struct Shared(Arc<Inner>);

struct Inner {
    state: Mutex<State>,
    changed: watch::Sender<u64>,
    clock: Clock,
}

impl Shared {
    pub(crate) fn new(config: Config, port: u16) -> Shared {
        let clock = config.clock.clone();
        let state = Mutex::new(State::new(config, port));
        Shared(Arc::new(Inner { state, changed: watch::Sender::new(1), clock }))
    }

    pub(crate) fn clock(&self) -> &Clock {
        &self.0.clock
    }

    /// Looks at the state without telling anybody of a change.
    pub(crate) fn look<T>(&self, f: impl FnOnce(&mut State) -> T) -> T {
        f(&mut self.0.state.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// Changes the state and wakes all who wait for a change.
    pub(crate) fn change<T>(&self, f: impl FnOnce(&mut State) -> T) -> T {
        let result = self.look(f);
        self.touch();
        result
    }

    /// Wakes all who wait for a change.
    pub(crate) fn touch(&self) {
        self.0.changed.send_modify(|version| *version += 1);
    }

    pub(crate) fn changes(&self) -> watch::Receiver<u64> {
        self.0.changed.subscribe()
    }

    /// Waits until `f` has an answer.
    pub(crate) async fn until<T>(&self, mut f: impl FnMut(&mut State) -> Option<T>) -> T {
        let mut changes = self.changes();
        loop {
            changes.borrow_and_update();
            if let Some(found) = self.look(&mut f) {
                return found;
            }
            if changes.changed().await.is_err() {
                // `self` holds the sender, so this cannot happen; never answering is the honest reply.
                std::future::pending::<()>().await;
            }
        }
    }
}

pub(crate) struct State {
    pub(crate) config: Config,
    pub(crate) port: u16,
    pub(crate) guilds: BTreeMap<GuildId, Guild>,
    pub(crate) users: BTreeMap<UserId, User>,
    pub(crate) channels: BTreeMap<ChannelId, Channel>,
    pub(crate) messages: BTreeMap<MessageId, Message>,
    pub(crate) interactions: BTreeMap<InteractionId, Interaction>,
    pub(crate) modals: BTreeMap<UserId, OpenModal>,
    /// Registered commands, by guild; `None` holds the global ones.
    pub(crate) commands: BTreeMap<Option<GuildId>, Vec<Value>>,
    /// When each command was created, to count Discord's 200 a day.
    pub(crate) command_creates: BTreeMap<Option<GuildId>, VecDeque<Duration>>,
    /// Messages by author and nonce, for `enforce_nonce`.
    pub(crate) nonces: HashMap<(UserId, String), (MessageId, Duration)>,
    /// Files attached to options.
    pub(crate) uploads: Uploads,
    pub(crate) sessions: Sessions,
    pub(crate) planned: Vec<Planned>,
    /// What every request meets while it is set.
    pub(crate) outage: Option<Fault>,
    pub(crate) limiter: Limiter,
    pub(crate) recorded: VecDeque<Recorded>,
    pub(crate) next_request: u64,
    pub(crate) listeners: Vec<OnRequest>,
    /// Shows and works the simulated servers' consoles on the page.
    pub(crate) consoles: Option<Arc<dyn Consoles>>,
    last_id: u64,
}

/// Discord's ids count milliseconds from here (discord-api-docs `reference.mdx`, "Snowflakes").
const DISCORD_EPOCH_MS: i64 = 1_420_070_400_000;

impl State {
    fn new(config: Config, port: u16) -> State {
        let (users, guild, channels) =
            people::fixture(&config.guild_name, &config.bot_name, config.clock.now());
        State {
            port,
            guilds: BTreeMap::from([(guild.id, guild)]),
            users,
            channels,
            messages: BTreeMap::new(),
            interactions: BTreeMap::new(),
            modals: BTreeMap::new(),
            commands: BTreeMap::new(),
            command_creates: BTreeMap::new(),
            nonces: HashMap::new(),
            uploads: Uploads::default(),
            sessions: Sessions::default(),
            planned: Vec::new(),
            outage: None,
            limiter: Limiter::new(config.limits),
            recorded: VecDeque::new(),
            next_request: 1,
            listeners: Vec::new(),
            consoles: None,
            last_id: 0,
            config,
        }
    }

    pub(crate) fn now(&self) -> Timestamp {
        self.config.clock.now()
    }

    pub(crate) fn elapsed(&self) -> Duration {
        self.config.clock.elapsed()
    }

    pub(crate) fn random(&self) -> &Random {
        &self.config.random
    }

    /// A new id: the time in it is the clock's, and ids always grow, even when the clock is set back.
    pub(crate) fn next_id(&mut self) -> u64 {
        let ms = u64::try_from(self.now().as_millisecond() - DISCORD_EPOCH_MS).unwrap_or(0);
        self.last_id = (ms << 22).max(self.last_id + 1);
        self.last_id
    }

    /// `http://127.0.0.1:port`
    pub(crate) fn base_url(&self) -> String {
        format!("http://127.0.0.1:{}", self.port)
    }

    pub(crate) fn permissions_in(&self, channel: &Channel, user: UserId) -> Permissions {
        match channel.guild {
            Some(guild) => self
                .guilds
                .get(&guild)
                .map_or(Permissions::empty(), |g| g.permissions_in(channel, user, self.now())),
            None if user == people::BOT || channel.recipient == Some(user) => people::EVERYONE,
            None => Permissions::empty(),
        }
    }

    /// The channel, if the bot may see it.
    pub(crate) fn channel_for_bot(&self, id: ChannelId) -> Result<&Channel, ApiError> {
        let channel = self.channels.get(&id).ok_or(UNKNOWN_CHANNEL)?;
        if self.permissions_in(channel, people::BOT).contains(Permissions::VIEW_CHANNEL) {
            Ok(channel)
        } else {
            Err(MISSING_ACCESS)
        }
    }

    /// The name that people see.
    pub(crate) fn name_of(&self, user: UserId) -> String {
        self.users.get(&user).map_or_else(|| format!("user {user}"), |u| u.name.clone())
    }

    /// Commands that can be used in a guild, or with `None` in a direct message.
    pub(crate) fn commands_in(&self, guild: Option<GuildId>) -> Vec<Value> {
        let global = self.commands.get(&None).into_iter().flatten();
        let of_guild = guild.and_then(|g| self.commands.get(&Some(g))).into_iter().flatten();
        global.chain(of_guild).cloned().collect()
    }
}
