//! The state as Discord's JSON objects, with every field that serenity's models demand.

use serde_json::{Value, json};
use serenity::model::Permissions;
use serenity::model::gateway::GatewayIntents;
use serenity::model::id::{GuildId, InteractionId, UserId};

use super::interactions::Kind;
use super::messages::{Attachment, Message};
use super::people::{APPLICATION, BOT, Channel, Guild, LOCALE, Member, Role, User, Whom};
use super::state::State;

pub(crate) fn user(user: &User) -> Value {
    json!({
        "id": user.id, "username": user.username, "global_name": user.name, "discriminator": "0",
        "avatar": null, "bot": user.bot, "system": false, "banner": null, "accent_color": null,
        "public_flags": 0, "flags": 0, "avatar_decoration_data": null,
    })
}

/// The bot's own user, as only it sees it.
pub(crate) fn current_user(of: &User) -> Value {
    let mut value = user(of);
    value["verified"] = json!(true);
    value["mfa_enabled"] = json!(true);
    value["email"] = Value::Null;
    value["locale"] = json!(LOCALE);
    value
}

/// A member without its user.
pub(crate) fn partial_member(member: &Member) -> Value {
    json!({
        "roles": member.roles, "nick": null, "avatar": null, "banner": null,
        "joined_at": member.joined_at, "premium_since": null, "deaf": false, "mute": false, "flags": 0,
        "pending": member.pending, "communication_disabled_until": member.timed_out_until,
    })
}

pub(crate) fn role(role: &Role) -> Value {
    let tags = match role.of_bot {
        Some(bot) => json!({ "bot_id": bot }),
        None => json!({}),
    };
    json!({
        "id": role.id, "name": role.name, "permissions": role.permissions, "position": role.position,
        "mentionable": role.mentionable, "managed": role.of_bot.is_some(), "hoist": false, "color": 0,
        "colors": { "primary_color": 0, "secondary_color": null, "tertiary_color": null },
        "icon": null, "unicode_emoji": null, "flags": 0, "tags": tags,
    })
}

impl State {
    pub(crate) fn user_json(&self, id: UserId) -> Value {
        match self.users.get(&id) {
            Some(found) => user(found),
            // A member who was deleted since; Discord shows such authors like this too.
            None => json!({
                "id": id, "username": "deleted_user", "global_name": null, "discriminator": "0",
                "avatar": null, "bot": false,
            }),
        }
    }

    /// A member with its user.
    pub(crate) fn member_json(&self, guild: &Guild, id: UserId) -> Option<Value> {
        let mut value = partial_member(guild.members.get(&id)?);
        value["user"] = self.user_json(id);
        Some(value)
    }

    pub(crate) fn channel_json(&self, channel: &Channel) -> Value {
        let last = self
            .messages
            .values()
            .rev()
            .find(|m| m.now.channel == channel.id && !m.ephemeral())
            .map(|m| m.now.id);
        if let Some(recipient) = channel.recipient {
            return json!({
                "id": channel.id, "type": 1, "last_message_id": last, "flags": 0,
                "recipients": [self.user_json(recipient)],
            });
        }
        let overwrites: Vec<Value> = channel
            .overwrites
            .iter()
            .map(|o| {
                let (id, kind) = match o.whom {
                    Whom::Role(role) => (role.get(), 0),
                    Whom::Member(user) => (user.get(), 1),
                };
                json!({ "id": id.to_string(), "type": kind, "allow": o.allow, "deny": o.deny })
            })
            .collect();
        json!({
            "id": channel.id, "type": 0, "guild_id": channel.guild, "name": channel.name,
            "topic": channel.topic, "position": channel.position, "permission_overwrites": overwrites,
            "nsfw": false, "parent_id": null, "rate_limit_per_user": 0, "last_message_id": last, "flags": 0,
        })
    }

    /// A guild as REST gives it.
    pub(crate) fn guild_json(&self, guild: &Guild) -> Value {
        let roles: Vec<Value> = guild.roles.values().map(role).collect();
        json!({
            "id": guild.id, "name": guild.name, "owner_id": guild.owner, "roles": roles,
            "icon": null, "icon_hash": null, "splash": null, "discovery_splash": null, "banner": null,
            "description": null, "emojis": [], "stickers": [], "features": [], "mfa_level": 0,
            "verification_level": 1, "default_message_notifications": 1, "explicit_content_filter": 0,
            "afk_channel_id": null, "afk_timeout": 300, "application_id": null, "system_channel_id": null,
            "system_channel_flags": 0, "rules_channel_id": null, "public_updates_channel_id": null,
            "safety_alerts_channel_id": null, "vanity_url_code": null, "premium_tier": 0,
            "premium_subscription_count": 0, "preferred_locale": LOCALE, "nsfw_level": 0,
            "premium_progress_bar_enabled": false, "max_members": 500_000, "max_presences": null,
            "max_video_channel_users": 25, "max_stage_video_channel_users": 50, "widget_enabled": false,
            "widget_channel_id": null, "region": "deprecated", "incidents_data": null,
        })
    }

    /// A guild as the gateway gives it. Without the members intent only the bot itself is listed.
    pub(crate) fn guild_create_json(&self, guild: &Guild) -> Value {
        let mut value = self.guild_json(guild);
        let channels: Vec<Value> = self
            .channels
            .values()
            .filter(|c| c.guild == Some(guild.id))
            .map(|c| self.channel_json(c))
            .collect();
        let more = json!({
            "joined_at": guild.members.get(&BOT).map(|m| m.joined_at),
            "large": false, "unavailable": false, "member_count": guild.members.len(), "voice_states": [],
            "members": self.member_json(guild, BOT).into_iter().collect::<Vec<_>>(),
            "channels": channels, "threads": [], "presences": [], "stage_instances": [],
            "guild_scheduled_events": [], "soundboard_sounds": [],
        });
        merge(&mut value, more);
        value
    }

    pub(crate) fn attachment_json(&self, message: &Message, file: &Attachment) -> Value {
        let url = format!(
            "{}/attachments/{}/{}/{}",
            self.base_url(),
            message.now.channel,
            file.id,
            percent_encode(&file.filename)
        );
        json!({
            "id": file.id, "filename": file.filename, "size": file.bytes.len(), "url": url,
            "proxy_url": url, "content_type": file.content_type, "description": file.description,
            "ephemeral": message.ephemeral(),
        })
    }

    /// A message in full, as its author or a page sees it.
    pub(crate) fn message_json(&self, message: &Message) -> Value {
        let shown = &message.now;
        let mentions: Vec<Value> = message.mentions.users.iter().map(|id| self.user_json(*id)).collect();
        let files: Vec<Value> =
            shown.attachments.iter().map(|file| self.attachment_json(message, file)).collect();
        let kind = match (&shown.invoked, shown.reference) {
            // 20: answer to a slash command; 23: to a command from a context menu; 19: reply; 0: ordinary.
            (Some(invoked), _) if invoked.kind == 2 => 20,
            (_, Some(_)) => 19,
            _ => 0,
        };
        let mut value = json!({
            "id": shown.id, "channel_id": shown.channel, "author": self.user_json(shown.author),
            "content": shown.content, "timestamp": message.sent_at, "edited_timestamp": message.edited_at,
            "tts": false, "mention_everyone": message.mentions.everyone, "mentions": mentions,
            "mention_roles": message.mentions.roles, "mention_channels": [], "attachments": files,
            "embeds": shown.embeds, "components": shown.components, "pinned": false, "type": kind,
            "flags": message.flags,
        });
        if let Some(invoked) = &shown.invoked {
            value["application_id"] = json!(APPLICATION);
            value["webhook_id"] = json!(APPLICATION);
            let user = self.user_json(invoked.by);
            value["interaction_metadata"] = self.interaction_metadata(invoked.interaction);
            if invoked.kind == 2 {
                value["interaction"] = json!({
                    "id": invoked.interaction, "type": 2, "name": invoked.name, "user": user,
                });
            }
        }
        if let Some(replied) = shown.reference {
            value["message_reference"] =
                json!({ "type": 0, "message_id": replied, "channel_id": shown.channel });
            value["referenced_message"] = match self.messages.get(&replied) {
                // One level, as Discord gives it.
                Some(found) if found.now.reference.is_none() => self.message_json(found),
                _ => Value::Null,
            };
        }
        value
    }

    /// What a message says of the interaction that it answers; for a modal also of the interaction that opened it.
    fn interaction_metadata(&self, id: InteractionId) -> Value {
        let Some(interaction) = self.interactions.get(&id) else { return Value::Null };
        let guild = interaction.guild.map_or_else(|| "0".to_owned(), |g| g.to_string());
        let mut value = json!({
            "id": id, "type": interaction.kind as u8, "user": self.user_json(interaction.user),
            "authorizing_integration_owners": { "0": guild },
        });
        match (interaction.kind, interaction.opener) {
            (Kind::Component, _) => value["interacted_message_id"] = json!(interaction.source),
            (Kind::Modal, Some(opener)) => {
                value["triggering_interaction_metadata"] = self.interaction_metadata(opener);
            }
            _ => {}
        }
        value
    }

    /// A message as the bot gets it outside interactions: without the privileged MESSAGE_CONTENT intent, and unless it
    /// wrote the message, is mentioned in it or got it directly, its content is blank.
    pub(crate) fn message_json_for_bot(&self, message: &Message, intents: GatewayIntents) -> Value {
        let mut value = self.message_json(message);
        let open = intents.contains(GatewayIntents::MESSAGE_CONTENT)
            || message.now.author == BOT
            || message.guild.is_none()
            || message.mentions.users.contains(&BOT);
        if !open {
            value["content"] = json!("");
            for field in ["embeds", "components", "attachments"] {
                value[field] = json!([]);
            }
        }
        value
    }

    /// Where an interaction took place, as every interaction's payload says it.
    pub(crate) fn place_json(&self, channel: &Channel, who: UserId) -> Value {
        let permissions = self.permissions_in(channel, who);
        let mut channel_json = self.channel_json(channel);
        channel_json["permissions"] = json!(permissions);
        let app_permissions = self.permissions_in(channel, BOT);
        let locale = self.users.get(&who).map_or(LOCALE, |user| user.locale.as_str());
        let mut value = json!({
            "application_id": APPLICATION, "version": 1, "channel_id": channel.id, "channel": channel_json,
            "locale": locale, "app_permissions": app_permissions, "entitlements": [],
            "attachment_size_limit": 10_485_760,
        });
        match channel.guild.and_then(|id| self.guilds.get(&id)) {
            Some(guild) => {
                let mut member = self.member_json(guild, who).unwrap_or_else(|| {
                    json!({ "user": self.user_json(who), "roles": [], "deaf": false, "mute": false, "flags": 0 })
                });
                member["permissions"] = json!(permissions);
                merge(
                    &mut value,
                    json!({
                        "guild_id": guild.id, "guild_locale": LOCALE, "member": member, "context": 0,
                        "guild": { "id": guild.id, "locale": LOCALE, "features": [] },
                        "authorizing_integration_owners": { "0": guild.id },
                    }),
                );
            }
            None => merge(
                &mut value,
                json!({
                    "user": self.user_json(who), "context": 1,
                    "authorizing_integration_owners": { "0": "0" },
                }),
            ),
        }
        value
    }

    pub(crate) fn application_json(&self) -> Value {
        json!({
            "id": APPLICATION, "name": self.config.bot_name, "icon": null, "description": "",
            "bot_public": false, "bot_require_code_grant": false, "verify_key": "00", "flags": 0,
            "bot": self.user_json(BOT), "owner": self.user_json(super::people::OLGA), "team": null,
            "approximate_guild_count": self.guilds.values().filter(|g| g.members.contains_key(&BOT)).count(),
        })
    }

    pub(crate) fn guilds_of_bot(&self) -> Vec<GuildId> {
        self.guilds.values().filter(|g| g.members.contains_key(&BOT)).map(|g| g.id).collect()
    }

    /// Whether a member may use commands in this channel.
    pub(crate) fn may_use_commands(&self, channel: &Channel, who: UserId) -> bool {
        self.permissions_in(channel, who)
            .contains(Permissions::VIEW_CHANNEL | Permissions::USE_APPLICATION_COMMANDS)
    }
}

/// Adds the fields of `more` to `value`.
pub(crate) fn merge(value: &mut Value, more: Value) {
    if let (Value::Object(value), Value::Object(more)) = (value, more) {
        value.extend(more);
    }
}

/// A file name as one segment of a URL.
pub(super) fn percent_encode(name: &str) -> String {
    let mut out = String::with_capacity(name.len());
    for byte in name.bytes() {
        if byte.is_ascii_alphanumeric() || b"-_.".contains(&byte) {
            out.push(char::from(byte));
        } else {
            out.push_str(&format!("%{byte:02X}"));
        }
    }
    out
}
