//! A local stand-in for Discord: REST API v10 and gateway as serenity and Syncmedic use them, behaving as Discord does
//! where it hurts, and a page to look at it.
//!
//! Start one with [`LocalDiscord::start`], point the bot at [`LocalDiscord::url`], then act as the people in it. What
//! people do returns at once; what the bot makes of it is waited for ([`LocalDiscord::reply`],
//! [`LocalDiscord::next_message`], [`LocalDiscord::updated`]), and what nobody read is in [`LocalDiscord::unread`].
//!
//! - `people`        who is there, with fixed ids; permissions
//! - `state`         everything behind one lock, and the signal that it changed
//! - `messages`, `interactions`   the two things that live and change
//! - `view`          the state as Discord's JSON
//! - `gateway`, `sessions`   websocket connections: identify, heartbeat, resume, replay
//! - `rest/`         the REST API
//! - `validate/`     limits on fields
//! - `limits`, `faults`, `listener`   rate limits, faults on demand, connections that can be cut
//! - `acts`, `options`   what people do; `forgery`: what they could send with a tampered client
//! - `uploads`  files that people attach
//! - `waits`         waiting for what the bot does, and what was left unread
//! - `staging`       changing people, roles, channels, and the weather
//! - `ui`, `page`, `assets`   the page's API, what a person sees there, the page's files
//!
//! Time comes only from the injected clock; no state changes behind a test's back.

mod acts;
mod assets;
mod error;
mod faults;
mod forgery;
mod gateway;
mod interactions;
mod limits;
mod listener;
mod messages;
mod options;
mod page;
pub mod people;
mod recorded;
mod rest;
mod sessions;
mod staging;
mod state;
mod ui;
mod uploads;
mod validate;
mod view;
mod waits;

use std::fmt;
use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::time::Duration;

use axum::Router;
use axum::extract::DefaultBodyLimit;
use axum::routing::any;
use serenity::model::gateway::GatewayIntents;
use tokio::net::TcpListener;
use tokio::task::JoinHandle;

pub use acts::ActError;
pub use error::ApiError;
pub use faults::Fault;
pub use forgery::Forgery;
pub use interactions::{ACKNOWLEDGE_WITHIN, DID_NOT_RESPOND, Kind, TOKEN_LIFE};
pub use limits::{Limit, Limits};
pub use messages::{Attachment, Button, Invoked, Pings, Shown};
pub use recorded::{OnRequest, Recorded};
pub use ui::{Console, Consoles, Staged};
pub use waits::{ModalShown, Reply, Unread, Waited};

use crate::clock::Clock;
use crate::random::Random;
use listener::{CuttableListener, Wire};
use state::Shared;

/// How to start a local Discord.
#[derive(Clone)]
pub struct Config {
    /// TCP port on 127.0.0.1; 0 takes any free one.
    pub port: u16,
    /// What time it is there.
    pub clock: Clock,
    /// Where interaction tokens and session ids come from.
    pub random: Random,
    /// The bot's token.
    pub token: String,
    /// The guild's name.
    pub guild_name: String,
    /// The bot's name, also that of its role.
    pub bot_name: String,
    /// Privileged intents that the bot may ask for, as if switched on in Discord's developer portal.
    pub privileged_intents: GatewayIntents,
    /// Rate limits.
    pub limits: Limits,
    /// How many requests [`LocalDiscord::requests`] remembers.
    pub keep_requests: usize,
    /// How long a wait for the bot may take, in real time, before it fails and says what was there instead. Only a guard
    /// against hanging for ever; nothing happens by it.
    pub patience: Duration,
}

impl Config {
    /// Any free port, no privileged intents, generous limits.
    pub fn new(clock: Clock, random: Random) -> Config {
        Config {
            port: 0,
            clock,
            random,
            token: "local-discord.not-a-real-token".to_owned(),
            guild_name: "Contoso IT".to_owned(),
            bot_name: "Syncmedic".to_owned(),
            privileged_intents: GatewayIntents::empty(),
            limits: Limits::GENEROUS,
            keep_requests: 10_000,
            patience: Duration::from_secs(20),
        }
    }
}

/// Why a local Discord did not start.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// Somebody else listens there.
    #[error("port {port} on 127.0.0.1 is taken; choose another with --port")]
    Taken {
        /// The port asked for.
        port: u16,
    },
    /// The operating system refused for another reason.
    #[error("cannot listen on 127.0.0.1 port {port}")]
    Listen {
        /// The port asked for.
        port: u16,
        /// What it said.
        source: io::Error,
    },
}

/// A running local Discord. Dropping it cuts every connection.
pub struct LocalDiscord {
    shared: Shared,
    address: SocketAddr,
    patience: Duration,
    token: String,
    server: JoinHandle<()>,
}

impl LocalDiscord {
    /// Starts one on 127.0.0.1.
    pub async fn start(config: Config) -> Result<LocalDiscord, StartError> {
        let port = config.port;
        let listen = |source: io::Error| match source.kind() {
            io::ErrorKind::AddrInUse => StartError::Taken { port },
            _ => StartError::Listen { port, source },
        };
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, port)).await.map_err(listen)?;
        let address = listener.local_addr().map_err(listen)?;
        let patience = config.patience;
        let token = config.token.clone();
        let shared = Shared::new(config, address.port());
        let router = Router::new()
            .route("/api/{*path}", any(rest::handle))
            .merge(ui::router(shared.clone()))
            .layer(DefaultBodyLimit::disable())
            .with_state(shared.clone())
            .into_make_service_with_connect_info::<Wire>();
        let server = tokio::spawn(async move {
            // Ends only when the task is aborted: accepting retries by itself.
            let _ = axum::serve(CuttableListener(listener), router).await;
        });
        Ok(LocalDiscord { shared, address, patience, token, server })
    }

    /// `http://127.0.0.1:port`: what serenity's `.proxy()` takes and where the page is.
    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// `http://127.0.0.1:port/api/v10`.
    pub fn api_url(&self) -> String {
        format!("http://{}/api/v10", self.address)
    }

    /// Its TCP port.
    pub fn port(&self) -> u16 {
        self.address.port()
    }

    /// The bot's token, as configured at the start.
    pub fn token(&self) -> &str {
        &self.token
    }

    /// Every REST request so far (the newest [`Config::keep_requests`]), oldest first.
    pub fn requests(&self) -> Vec<Recorded> {
        self.shared.look(|s| s.recorded.iter().cloned().collect())
    }

    /// Calls `listener` with each REST request from now on, right after it was handled.
    pub fn on_request(&self, listener: impl Fn(&Recorded) + Send + Sync + 'static) {
        self.shared.look(|s| s.listeners.push(std::sync::Arc::new(listener)));
    }

    /// Plugs in the simulated servers' consoles.
    pub fn plug_consoles(&self, consoles: impl Consoles + 'static) {
        self.shared.change(|s| s.consoles = Some(std::sync::Arc::new(consoles)));
    }

    /// Tells the page that something outside changed, such as a console.
    pub fn touch(&self) {
        self.shared.touch();
    }
}

impl fmt::Debug for LocalDiscord {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "LocalDiscord({})", self.address)
    }
}

impl Drop for LocalDiscord {
    fn drop(&mut self) {
        self.server.abort();
        // Connections that are kept open find nobody any more.
        self.shared.change(|s| {
            s.outage = Some(Fault::Drop);
            s.sessions.forget();
        });
    }
}
