//! Gateway sessions, which outlive connections: who hears which event, and what is replayed after a resume.

use std::collections::VecDeque;

use serde_json::{Value, json};
use serenity::model::gateway::GatewayIntents;
use serenity::model::id::MessageId;
use tokio::sync::mpsc;

use super::messages::Message;
use super::people::{APPLICATION, BOT};
use super::state::State;
use super::view;

/// How many events are kept for a resume.
const KEPT: usize = 5000;
/// How many sessions without a connection are kept.
const DETACHED: usize = 8;

/// All sessions, and how often clients began and resumed one.
#[derive(Debug, Default)]
pub(crate) struct Sessions {
    all: Vec<Session>,
    pub(super) connections: u64,
    pub(crate) identified: u64,
    pub(crate) resumed: u64,
}

#[derive(Debug)]
struct Session {
    id: String,
    intents: GatewayIntents,
    seq: u64,
    sent: VecDeque<(u64, String)>,
    link: Option<Link>,
}

/// The way to the task that holds a session's connection.
#[derive(Debug)]
struct Link {
    connection: u64,
    orders: mpsc::UnboundedSender<Order>,
}

/// What a connection's task is told to do.
#[derive(Debug, Clone)]
pub(crate) enum Order {
    Send(String),
    Close(u16, &'static str),
    /// Cut the connection without a word.
    Drop,
    /// Op 9: the session is over, or (true) the client should resume it.
    Invalidate(bool),
}

impl Sessions {
    pub(crate) fn online(&self) -> bool {
        self.all.iter().any(|s| s.link.is_some())
    }

    /// Gives an order to every connection with a session.
    pub(crate) fn order(&mut self, order: &Order) {
        for session in &mut self.all {
            if let Some(link) = &session.link {
                let _ = link.orders.send(order.clone());
            }
        }
        if matches!(order, Order::Invalidate(false)) {
            self.all.clear();
        }
    }

    /// Forgets all sessions and cuts their connections: a resume will be refused.
    pub(crate) fn forget(&mut self) {
        self.order(&Order::Drop);
        self.all.clear();
    }

    fn deliver(&mut self, event: &str, mut data: impl FnMut(GatewayIntents) -> Option<Value>) {
        for session in &mut self.all {
            if let Some(data) = data(session.intents) {
                session.deliver(event, data);
            }
        }
    }
}

impl Session {
    fn deliver(&mut self, event: &str, data: Value) {
        self.seq += 1;
        let text = json!({ "op": 0, "s": self.seq, "t": event, "d": data }).to_string();
        self.sent.push_back((self.seq, text.clone()));
        if self.sent.len() > KEPT {
            self.sent.pop_front();
        }
        if let Some(link) = &self.link {
            let _ = link.orders.send(Order::Send(text));
        }
    }
}

impl State {
    /// An event that depends on no intent.
    pub(crate) fn dispatch(&mut self, event: &str, data: &Value) {
        self.sessions.deliver(event, |_| Some(data.clone()));
    }

    /// An event of the GUILDS intent.
    pub(crate) fn dispatch_guilds(&mut self, event: &str, data: &Value) {
        self.sessions
            .deliver(event, |intents| intents.contains(GatewayIntents::GUILDS).then(|| data.clone()));
    }

    /// A message was made or edited. Ephemeral ones reach no gateway.
    pub(crate) fn dispatch_message(&mut self, event: &str, id: MessageId) {
        let Some(message) = self.messages.get(&id).filter(|m| !m.ephemeral()) else { return };
        let visible = self.channel_for_bot(message.now.channel).is_ok();
        let member = message
            .guild
            .and_then(|g| self.guilds.get(&g))
            .and_then(|g| g.members.get(&message.now.author))
            .map(view::partial_member);
        let with_place = |intents| {
            let mut data = self.message_json_for_bot(message, intents);
            if let Some(guild) = message.guild {
                data["guild_id"] = json!(guild);
                data["member"] = json!(member);
            }
            if event == "MESSAGE_CREATE"
                && let Some(nonce) = &message.nonce
            {
                data["nonce"] = nonce.clone();
            }
            data
        };
        let open = with_place(GatewayIntents::MESSAGE_CONTENT);
        let blank = with_place(GatewayIntents::empty());
        let needed = needed_for_message(message);
        self.sessions.deliver(event, |intents| {
            if !visible || !intents.contains(needed) {
                return None;
            }
            let content = intents.contains(GatewayIntents::MESSAGE_CONTENT);
            Some(if content { open.clone() } else { blank.clone() })
        });
    }

    pub(crate) fn dispatch_delete(&mut self, message: &Message) {
        if message.ephemeral() {
            return;
        }
        let needed = needed_for_message(message);
        let mut data = json!({ "id": message.now.id, "channel_id": message.now.channel });
        if let Some(guild) = message.guild {
            data["guild_id"] = json!(guild);
        }
        self.sessions.deliver("MESSAGE_DELETE", |intents| intents.contains(needed).then(|| data.clone()));
    }

    pub(super) fn identify(
        &mut self,
        data: &Value,
        connection: u64,
        orders: &mpsc::UnboundedSender<Order>,
    ) -> Answer {
        if !self.token_fits(data) {
            return Answer::Close(4004, "Authentication failed.");
        }
        let Some(intents) = data["intents"].as_u64().and_then(GatewayIntents::from_bits) else {
            return Answer::Close(4013, "Invalid intent(s).");
        };
        if !self.config.privileged_intents.contains(intents & GatewayIntents::privileged()) {
            return Answer::Close(4014, "Disallowed intent(s).");
        }
        self.sessions.identified += 1;
        let id = self.random().id();
        let mut session = Session {
            id: id.clone(),
            intents,
            seq: 0,
            sent: VecDeque::new(),
            link: Some(Link { connection, orders: orders.clone() }),
        };
        let guilds: Vec<Value> =
            self.guilds_of_bot().iter().map(|id| json!({ "id": id, "unavailable": true })).collect();
        let bot = self.users.get(&BOT).map(view::current_user);
        let mut ready = json!({
            "v": 10, "user": bot, "guilds": guilds, "session_id": id, "session_type": "normal",
            "resume_gateway_url": self.gateway_url(), "application": { "id": APPLICATION, "flags": 0 },
            "private_channels": [], "presences": [], "relationships": [], "user_settings": {},
            "geo_ordered_rtc_regions": [], "_trace": [],
        });
        if let Some(shard) = data.get("shard") {
            ready["shard"] = shard.clone();
        }
        session.deliver("READY", ready);
        if intents.contains(GatewayIntents::GUILDS) {
            for guild in self.guilds_of_bot() {
                if let Some(guild) = self.guilds.get(&guild) {
                    session.deliver("GUILD_CREATE", self.guild_create_json(guild));
                }
            }
        }
        let detached = self.sessions.all.iter().filter(|s| s.link.is_none()).count();
        if detached >= DETACHED
            && let Some(oldest) = self.sessions.all.iter().position(|s| s.link.is_none())
        {
            self.sessions.all.remove(oldest);
        }
        self.sessions.all.push(session);
        Answer::Session(id)
    }

    pub(super) fn resume(
        &mut self,
        data: &Value,
        connection: u64,
        orders: &mpsc::UnboundedSender<Order>,
    ) -> Answer {
        if !self.token_fits(data) {
            return Answer::Close(4004, "Authentication failed.");
        }
        let seen = data["seq"].as_u64().unwrap_or(0);
        let Some(session) = self.sessions.all.iter_mut().find(|s| data["session_id"] == s.id.as_str()) else {
            return Answer::Invalid;
        };
        if seen > session.seq {
            return Answer::Close(4007, "Invalid seq.");
        }
        if session.sent.front().is_some_and(|(oldest, _)| seen + 1 < *oldest) {
            return Answer::Invalid;
        }
        if let Some(old) = session.link.take() {
            let _ = old.orders.send(Order::Drop);
        }
        for (_, text) in session.sent.iter().filter(|(seq, _)| *seq > seen) {
            let _ = orders.send(Order::Send(text.clone()));
        }
        session.link = Some(Link { connection, orders: orders.clone() });
        session.deliver("RESUMED", json!({ "_trace": [] }));
        self.sessions.resumed += 1;
        Answer::Session(session.id.clone())
    }

    fn token_fits(&self, data: &Value) -> bool {
        data["token"]
            .as_str()
            .is_some_and(|token| token.strip_prefix("Bot ").unwrap_or(token) == self.config.token)
    }

    /// A connection ended. `over`: the client closed with 1000 or 1001, which ends the session too.
    pub(super) fn hang_up(&mut self, connection: u64, over: bool) {
        let here = |s: &Session| s.link.as_ref().is_some_and(|link| link.connection == connection);
        if over {
            self.sessions.all.retain(|s| !here(s));
        } else if let Some(session) = self.sessions.all.iter_mut().find(|s| here(s)) {
            session.link = None;
        }
    }

    pub(crate) fn gateway_url(&self) -> String {
        format!("ws://127.0.0.1:{}", self.port)
    }
}

fn needed_for_message(message: &Message) -> GatewayIntents {
    match message.guild {
        Some(_) => GatewayIntents::GUILD_MESSAGES,
        None => GatewayIntents::DIRECT_MESSAGES,
    }
}

/// What becomes of an IDENTIFY or a RESUME.
pub(super) enum Answer {
    Session(String),
    Invalid,
    Close(u16, &'static str),
}
