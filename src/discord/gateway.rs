//! Serenity's gateway client, and everything of serenity there is: it connects, keeps the connection, and
//! hands each event's JSON to whoever listens.
//!
//! Source of its behaviour: serenity 0.12.5. It falls back to Discord itself and retries for ever when the API
//! does not answer at the start, so the start is checked before; it drops events that it can't read without a
//! word, so events are taken raw; close codes 4004, 4013 and 4014 end it.

use std::future::Future;
use std::sync::Arc;

use anyhow::{Context as _, bail};
use serde_json::Value;
use serenity::all::{ClientBuilder, Event, GatewayError, GatewayIntents, HttpBuilder, RawEventHandler};
use serenity::async_trait;

use super::rest::{Rest, RestError};
use crate::config::Discord;
use crate::ids::Snowflake;

/// Who the bot is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Identity {
    /// Its user.
    pub user: Snowflake,
    /// Its application.
    pub application: Snowflake,
}

/// Takes what the gateway tells.
pub trait Listener: Send + Sync + 'static {
    /// An interaction's JSON.
    fn interaction(&self, event: Value);
    /// A new message's JSON.
    fn message(&self, event: Value);
    /// Messages were deleted.
    fn deleted(&self, _messages: &[Snowflake]) {}
    /// The bot is connected, for the first time or anew.
    fn ready(&self) {}
}

/// Checks that the API answers, takes the token, and knows the guild.
///
/// # Errors
/// A sentence with the mend.
pub async fn identify(rest: &Rest, discord: &Discord) -> anyhow::Result<Identity> {
    let api = discord.api.as_str();
    let user = match rest.me().await {
        Ok(user) => user.id,
        Err(error @ RestError::TokenRefused) => return Err(error.into()),
        Err(error) => {
            return Err(error).context(format!("Discord's API at {api} does not answer as it should"));
        }
    };
    let application = rest.application().await.context("the bot's application can't be read")?.id;
    if let Err(error) = rest.guild(discord.guild).await {
        let guild = discord.guild;
        if error.is_final() {
            bail!(
                "the bot is not in the guild {guild} (DISCORD_GUILD_ID): invite it with the scopes bot and \
                 applications.commands ({error})"
            );
        }
        return Err(error).context(format!("the guild {guild} can't be read"));
    }
    Ok(Identity { user, application })
}

/// Registers the commands in the guild, if they are not what they should be.
///
/// # Errors
/// If Discord refuses them or can't be reached.
pub async fn register(rest: &Rest, identity: &Identity, guild: Snowflake) -> Result<(), RestError> {
    let wanted = super::commands::all();
    let registered = rest.commands(identity.application, guild).await?;
    if super::commands::same(&registered, &wanted) {
        return Ok(());
    }
    rest.put_commands(identity.application, guild, &wanted).await?;
    tracing::info!(commands = wanted.len(), "commands registered");
    Ok(())
}

/// Listens until `shutdown` ends. Lost connections are mended by serenity.
///
/// # Errors
/// What ends it: a token or an intent that Discord refuses.
pub async fn listen(
    discord: &Discord,
    listener: Arc<dyn Listener>,
    shutdown: impl Future<Output = ()>,
) -> anyhow::Result<()> {
    let http = HttpBuilder::new(discord.token.expose())
        .proxy(discord.api.as_str())
        // With its limiter serenity ignores the proxy, and sends the token to Discord itself.
        .ratelimiter_disabled(true)
        .build();
    // Mentions of the bot carry their text without the privileged intent; interactions need none at all.
    let intents = GatewayIntents::GUILD_MESSAGES;
    let mut client = ClientBuilder::new_with_http(http, intents)
        .raw_event_handler(Raw(listener))
        .await
        .context("the gateway client can't be made")?;
    let shards = client.shard_manager.clone();
    let ended = {
        let run = client.start();
        tokio::pin!(run);
        tokio::select! {
            ended = &mut run => Some(ended),
            () = shutdown => None,
        }
    };
    match ended {
        None => {
            shards.shutdown_all().await;
            Ok(())
        }
        Some(Ok(())) => bail!("the gateway's connection ended and was not renewed"),
        Some(Err(error)) => Err(anyhow::anyhow!(sentence(&error))),
    }
}

fn sentence(error: &serenity::Error) -> String {
    match error {
        serenity::Error::Gateway(GatewayError::InvalidAuthentication) => {
            "Discord refuses the bot's token (4004): make a new one (Developer Portal > Bot > Reset Token), set \
             DISCORD_TOKEN and start again"
                .into()
        }
        serenity::Error::Gateway(GatewayError::InvalidGatewayIntents) => {
            "Discord refuses what the bot wants to hear (4013): this version of Syncmedic is too old for it".into()
        }
        serenity::Error::Gateway(GatewayError::DisallowedGatewayIntents) => {
            "Discord does not let the bot hear messages of the guild (4014): look at the bot's intents in the \
             Developer Portal"
                .into()
        }
        // Serenity's own words name no token.
        other => format!("the gateway's connection ended: {other}"),
    }
}

struct Raw(Arc<dyn Listener>);

#[async_trait]
impl RawEventHandler for Raw {
    async fn raw_event(&self, _: serenity::all::Context, event: Event) {
        match event {
            Event::Ready(_) | Event::Resumed(_) => self.0.ready(),
            Event::InteractionCreate(event) => match serde_json::to_value(&event.interaction) {
                Ok(mut json) => {
                    // Serenity keeps the type in its own enum, and leaves it out when it writes.
                    json["type"] = u8::from(event.interaction.kind()).into();
                    self.0.interaction(json);
                }
                Err(error) => tracing::error!(%error, "an interaction could not be taken apart"),
            },
            Event::MessageCreate(event) => match serde_json::to_value(&event.message) {
                Ok(json) => self.0.message(json),
                Err(error) => tracing::error!(%error, "a message could not be taken apart"),
            },
            Event::MessageDelete(event) => {
                self.0.deleted(&[Snowflake(event.message_id.get())]);
            }
            Event::MessageDeleteBulk(event) => {
                self.0.deleted(&event.ids.iter().map(|id| Snowflake(id.get())).collect::<Vec<_>>());
            }
            // Serenity could not read it. We may: we need far less of it.
            Event::Unknown(event) if event.kind == "INTERACTION_CREATE" => {
                tracing::warn!("serenity could not read an interaction; reading it by hand");
                self.0.interaction(event.value);
            }
            _ => {}
        }
    }
}
