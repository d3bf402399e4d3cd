//! What Discord answers, as far as it is used. Fields that are not named here are ignored.

use jiff::Timestamp;
use serde::{Deserialize, Deserializer};
use serde_json::Value;

use crate::ids::Snowflake;

/// A user.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct User {
    /// Their id.
    pub id: Snowflake,
    /// Their handle.
    #[serde(default)]
    pub username: String,
    /// A bot.
    #[serde(default)]
    pub bot: bool,
}

/// A message.
#[derive(Debug, Clone, PartialEq, Deserialize)]
pub struct Message {
    /// Its id.
    pub id: Snowflake,
    /// Its channel.
    pub channel_id: Snowflake,
    /// Who wrote it.
    pub author: User,
    /// Its text.
    #[serde(default)]
    pub content: String,
    /// Its cards, as JSON.
    #[serde(default)]
    pub embeds: Vec<Value>,
}

impl Message {
    /// Whether one of its cards ends its small print with this mark.
    pub fn is_marked(&self, mark: &str) -> bool {
        let footers = self.embeds.iter().filter_map(|embed| embed["footer"]["text"].as_str());
        footers.into_iter().any(|footer| footer.split(" · ").any(|piece| piece == mark))
    }
}

/// A member of a guild, as they are now.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct Member {
    /// The person.
    pub user: User,
    /// The roles they hold.
    #[serde(default)]
    pub roles: Vec<Snowflake>,
    /// Timed out until.
    #[serde(default)]
    pub communication_disabled_until: Option<Timestamp>,
    /// Not yet through membership screening.
    #[serde(default)]
    pub pending: bool,
}

/// A guild.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct Guild {
    /// Its id.
    pub id: Snowflake,
    /// Its name.
    pub name: String,
    /// Who owns it.
    pub owner_id: Snowflake,
}

/// A role.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct Role {
    /// Its id; that of `@everyone` is the guild's.
    pub id: Snowflake,
    /// Its name.
    pub name: String,
    /// What it allows, as Discord's bits.
    #[serde(deserialize_with = "bits")]
    pub permissions: u64,
    /// How high it stands.
    pub position: i64,
    /// Managed by an integration: given and taken by a program.
    #[serde(default)]
    pub managed: bool,
    /// Discord's flags; bit 0: members can pick it during onboarding.
    #[serde(default)]
    pub flags: u64,
    /// Everybody may mention it.
    #[serde(default)]
    pub mentionable: bool,
}

/// A channel.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct Channel {
    /// Its id.
    pub id: Snowflake,
    /// Its name.
    #[serde(default)]
    pub name: Option<String>,
    /// What is allowed or denied there beyond the roles.
    #[serde(default)]
    pub permission_overwrites: Vec<Overwrite>,
}

/// What is allowed or denied to a role or a member in one channel.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct Overwrite {
    /// The role or member.
    pub id: Snowflake,
    /// 0: a role. 1: a member.
    #[serde(rename = "type")]
    pub kind: u8,
    /// Allowed, as Discord's bits.
    #[serde(deserialize_with = "bits")]
    pub allow: u64,
    /// Denied, as Discord's bits.
    #[serde(deserialize_with = "bits")]
    pub deny: u64,
}

/// The bot's application.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct Application {
    /// Its id.
    pub id: Snowflake,
    /// Its name.
    #[serde(default)]
    pub name: String,
    /// Anybody may add the bot to a guild.
    #[serde(default)]
    pub bot_public: bool,
}

/// Discord's permission bits: a number written as text.
fn bits<'de, D: Deserializer<'de>>(deserializer: D) -> Result<u64, D::Error> {
    String::deserialize(deserializer)?.parse().map_err(serde::de::Error::custom)
}
