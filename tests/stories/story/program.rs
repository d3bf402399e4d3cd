//! The bot as a program: started, stopped, killed, and started again.

use std::collections::BTreeMap;
use std::time::Duration;

use syncmedic::bot;
use syncmedic::config::{Config, Discord};
use syncmedic::discord::rest::Rest;
use syncmedic::random::Random;
use tokio::runtime::Runtime;
use tokio::sync::oneshot;
use tokio::task::JoinHandle;

use super::{Story, runtime};

/// The bot, in a runtime of its own: a kill takes everything of it at once, as `kill -9` does.
pub(super) struct Running {
    runtime: Runtime,
    task: JoinHandle<anyhow::Result<()>>,
    stop: oneshot::Sender<()>,
}

impl Story {
    /// Starts the bot and waits until it is online.
    pub(crate) async fn start_bot(&mut self) {
        self.launch_bot();
        self.discord.online(true).await.expect("the bot comes online");
    }

    /// Starts the bot, whatever becomes of it.
    pub(crate) fn launch_bot(&mut self) {
        let (stop, stopped) = oneshot::channel::<()>();
        let shutdown = async move {
            let _ = stopped.await;
        };
        let (config, rest) = (self.config(), self.rest());
        let runtime = runtime();
        let task = runtime.spawn(bot::run(config, rest, self.clock.clone(), Random::system(), shutdown));
        self.bot = Some(Running { runtime, task, stop });
    }

    /// Starts a second bot on the same database; returns why it did not start.
    pub(crate) async fn second_bot(&self) -> anyhow::Error {
        let (config, rest) = (self.config(), self.rest());
        let second = bot::run(config, rest, self.clock.clone(), Random::system(), std::future::pending());
        second.await.expect_err("a second bot on one database is refused")
    }

    /// Stops the bot as Ctrl-C does.
    pub(crate) async fn stop_bot(&mut self) {
        let Running { runtime, task, stop } = self.bot.take().expect("the bot runs");
        let _ = stop.send(());
        let ended = task.await.expect("the bot does not panic");
        runtime.shutdown_background();
        ended.expect("the bot stops cleanly");
    }

    /// Kills the bot wherever it is; its lease runs out by time.
    pub(crate) async fn kill_bot(&mut self) {
        self.bot.take().expect("the bot runs").runtime.shutdown_background();
        self.discord.online(false).await.expect("the bot goes offline");
    }

    /// Kills the bot and starts it anew once its lease has run out.
    pub(crate) async fn restart_after_kill(&mut self) {
        self.kill_bot().await;
        self.pass(Duration::from_secs(61)).await;
        self.start_bot().await;
    }

    /// How the bot ended by itself.
    pub(crate) async fn bot_ended(&mut self) -> anyhow::Result<()> {
        // A dropped `stop` would stop it.
        let Running { runtime, task, stop: _stop } = self.bot.take().expect("the bot runs");
        let ended = task.await.expect("the bot does not panic");
        runtime.shutdown_background();
        ended
    }

    /// Changes one of the bot's variables for its next start.
    pub(crate) fn set_env(&mut self, name: &'static str, value: &str) {
        self.env.insert(name, value.to_owned());
    }

    /// The bot's configuration, as its variables say.
    pub(crate) fn config(&self) -> Config {
        read(&self.env)
    }

    /// A client of Discord's REST interface, as the bot has one.
    pub(crate) fn rest(&self) -> Rest {
        let Discord { token, api, .. } = self.config().discord;
        Rest::new(token, api, self.clock.clone()).expect("the REST client can be made")
    }
}

pub(super) fn read(env: &BTreeMap<&'static str, String>) -> Config {
    Config::read(&|name| env.get(name).cloned()).expect("the story's configuration is whole")
}
