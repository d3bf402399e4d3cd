//! Setting the stage: changing people, roles, channels and messages, and the weather between bot and Discord.

use serde_json::json;
use serenity::model::Permissions;
use serenity::model::id::{ChannelId, GuildId, MessageId, RoleId, UserId};

use super::LocalDiscord;
use super::faults::{Fault, Planned};
use super::limits::Limits;
use super::people::{self, BOT, Channel, GUILD, Guild, Member, Overwrite, Role, User, Whom};
use super::sessions::Order;
use super::state::State;
use super::view;
use jiff::Timestamp;

impl LocalDiscord {
    /// Adds a person to the guild.
    pub fn add_person(&self, name: &str, roles: &[RoleId]) -> UserId {
        self.shared.change(|s| {
            let id = UserId::new(s.next_id());
            let user = User {
                id,
                username: name.to_lowercase(),
                name: name.to_owned(),
                bot: false,
                about: "added".to_owned(),
                on_page: true,
                locale: people::LOCALE.to_owned(),
            };
            s.users.insert(id, user);
            join(s, GUILD, id, roles);
            id
        })
    }

    /// Makes a user a bot, as Discord marks them.
    pub fn mark_bot(&self, user: UserId) {
        self.shared.change(|s| {
            if let Some(user) = s.users.get_mut(&user) {
                user.bot = true;
            }
        });
    }

    /// Gives a role.
    pub fn give_role(&self, user: UserId, role: RoleId) {
        self.member(user, |m| {
            m.roles.insert(role);
        });
    }

    /// Takes a role away.
    pub fn take_role(&self, user: UserId, role: RoleId) {
        self.member(user, |m| {
            m.roles.remove(&role);
        });
    }

    /// Times a member out until then; `None` ends it.
    pub fn time_out(&self, user: UserId, until: Option<Timestamp>) {
        self.member(user, |m| m.timed_out_until = until);
    }

    /// Sets the language of somebody's Discord, such as `de`. Interactions tell it from then on; messages never do.
    pub fn set_locale(&self, user: UserId, locale: &str) {
        self.shared.change(|s| s.set_locale(user, locale));
    }

    /// Marks a member as not yet through the guild's screening, or as through.
    pub fn set_pending(&self, user: UserId, pending: bool) {
        self.member(user, |m| m.pending = pending);
    }

    /// Removes a member (or the bot) from the guild.
    pub fn kick(&self, user: UserId) {
        self.shared.change(|s| {
            if let Some(guild) = s.guilds.get_mut(&GUILD) {
                guild.members.remove(&user);
            }
            if user == BOT {
                s.dispatch_guilds("GUILD_DELETE", &json!({ "id": GUILD }));
            }
        });
    }

    fn member(&self, user: UserId, change: impl FnOnce(&mut Member)) {
        self.shared.change(|s| {
            if let Some(member) = s.guilds.get_mut(&GUILD).and_then(|g| g.members.get_mut(&user)) {
                change(member);
            }
        });
    }

    /// Adds a role to the guild, above all others.
    pub fn add_role(&self, name: &str, permissions: Permissions) -> RoleId {
        self.shared.change(|s| {
            let id = RoleId::new(s.next_id());
            let Some(guild) = s.guilds.get_mut(&GUILD) else { return id };
            let position = guild.roles.values().map(|r| r.position).max().unwrap_or(0) + 1;
            let role =
                Role { id, name: name.to_owned(), permissions, position, mentionable: false, of_bot: None };
            let event = json!({ "guild_id": GUILD, "role": view::role(&role) });
            guild.roles.insert(id, role);
            s.dispatch_guilds("GUILD_ROLE_CREATE", &event);
            id
        })
    }

    /// Sets what a role of the guild allows; `mentionable` lets everybody ping it.
    pub fn change_role(&self, role: RoleId, permissions: Permissions, mentionable: bool) {
        self.shared.change(|s| {
            let Some(role) = s.guilds.get_mut(&GUILD).and_then(|g| g.roles.get_mut(&role)) else { return };
            role.permissions = permissions;
            role.mentionable = mentionable;
            let event = json!({ "guild_id": GUILD, "role": view::role(role) });
            s.dispatch_guilds("GUILD_ROLE_UPDATE", &event);
        });
    }

    /// Deletes a role from the guild and from everybody who held it.
    pub fn delete_role(&self, role: RoleId) {
        self.shared.change(|s| {
            let Some(guild) = s.guilds.get_mut(&GUILD) else { return };
            guild.roles.remove(&role);
            for member in guild.members.values_mut() {
                member.roles.remove(&role);
            }
            s.dispatch_guilds("GUILD_ROLE_DELETE", &json!({ "guild_id": GUILD, "role_id": role }));
        });
    }

    /// Makes another guild that the bot is in too, with these people and one channel. The first of them owns it.
    pub fn add_guild(&self, name: &str, people: &[UserId]) -> (GuildId, ChannelId) {
        self.shared.change(|s| {
            let id = GuildId::new(s.next_id());
            let everyone = people::everyone_role(id);
            let owner = people.first().copied().unwrap_or(BOT);
            let guild = Guild {
                id,
                name: name.to_owned(),
                owner,
                roles: [(everyone.id, everyone)].into(),
                members: Default::default(),
            };
            s.guilds.insert(id, guild);
            for user in people.iter().chain([&BOT]) {
                join(s, id, *user, &[]);
            }
            let channel = new_channel(s, Some(id), "general", None);
            if let Some(event) = s.guilds.get(&id).map(|g| s.guild_create_json(g)) {
                s.dispatch_guilds("GUILD_CREATE", &event);
            }
            (id, channel)
        })
    }

    /// Adds a channel to a guild.
    pub fn add_channel(&self, guild: GuildId, name: &str) -> ChannelId {
        self.shared.change(|s| {
            let id = new_channel(s, Some(guild), name, None);
            announce(s, "CHANNEL_CREATE", id);
            id
        })
    }

    /// The direct messages between a person and the bot.
    pub fn open_dm(&self, user: UserId) -> ChannelId {
        self.shared.change(|s| {
            let open = s.channels.values().find(|c| c.recipient == Some(user)).map(|c| c.id);
            open.unwrap_or_else(|| new_channel(s, None, "", Some(user)))
        })
    }

    /// Denies the bot these permissions in a channel; with VIEW_CHANNEL it gets 50001 from then on.
    pub fn deny_bot(&self, channel: ChannelId, permissions: Permissions) {
        self.shared.change(|s| {
            let Some(found) = s.channels.get_mut(&channel) else { return };
            found.overwrites.retain(|o| o.whom != Whom::Member(BOT));
            if !permissions.is_empty() {
                found.overwrites.push(Overwrite {
                    whom: Whom::Member(BOT),
                    allow: Permissions::empty(),
                    deny: permissions,
                });
            }
            announce(s, "CHANNEL_UPDATE", channel);
        });
    }

    /// Gives the bot a channel back after [`LocalDiscord::deny_bot`].
    pub fn allow_bot(&self, channel: ChannelId) {
        self.deny_bot(channel, Permissions::empty());
    }

    /// Deletes a channel and all that stands in it.
    pub fn delete_channel(&self, channel: ChannelId) {
        self.shared.change(|s| {
            announce(s, "CHANNEL_DELETE", channel);
            s.channels.remove(&channel);
            s.messages.retain(|_, m| m.now.channel != channel);
        });
    }

    /// Deletes a message, as a moderator would.
    pub fn delete_message(&self, message: MessageId) {
        self.shared.change(|s| s.remove_message(message));
    }

    /// Lets the next `times` matching requests meet a fault. `method` empty: any. `path` is the start of the path below
    /// `/api/v10`; `*` stands for one segment, e.g. `/channels/*/messages`.
    pub fn fail_next(&self, times: usize, method: &str, path: &str, fault: Fault) {
        if times == 0 {
            return;
        }
        self.shared.look(|s| {
            s.planned.push(Planned {
                method: (!method.is_empty()).then(|| method.to_owned()),
                path: path.to_owned(),
                fault,
                left: times,
            });
        });
    }

    /// Faults that were planned and met nobody yet.
    pub fn planned_faults(&self) -> usize {
        self.shared.look(|s| s.planned.iter().map(|p| p.left).sum())
    }

    /// Lets every request meet a fault, and refuses new gateway connections, until called with `None`.
    pub fn outage(&self, fault: Option<Fault>) {
        self.shared.change(|s| s.outage = fault);
    }

    /// Sets the rate limits.
    pub fn set_limits(&self, limits: Limits) {
        self.shared.look(|s| s.limiter.limits = limits);
    }

    /// Makes the bot's present token wrong, as after a reset in Discord's developer portal: REST answers 401, the open
    /// gateway connection closes with 4004, and so does every new one.
    pub fn reset_token(&self, token: &str) {
        self.shared.change(|s| {
            s.config.token = token.to_owned();
            s.sessions.order(&Order::Close(4004, "Authentication failed."));
        });
    }

    /// Asks the bot to reconnect and resume (op 7).
    pub fn gateway_reconnect(&self) {
        self.order(&Order::Send(json!({ "op": 7, "d": null }).to_string()));
    }

    /// Invalidates the bot's session (op 9); `resumable` asks it to resume rather than to begin anew.
    pub fn gateway_invalidate(&self, resumable: bool) {
        self.order(&Order::Invalidate(resumable));
    }

    /// Closes the bot's gateway connection with a code.
    pub fn gateway_close(&self, code: u16) {
        self.order(&Order::Close(code, "closed on purpose"));
    }

    /// Cuts the bot's gateway connection without a word.
    pub fn gateway_drop(&self) {
        self.order(&Order::Drop);
    }

    /// Cuts the connection and forgets the session: a resume will be refused.
    pub fn gateway_forget(&self) {
        self.shared.change(|s| s.sessions.forget());
    }

    fn order(&self, order: &Order) {
        self.shared.change(|s| s.sessions.order(order));
    }
}

fn join(state: &mut State, guild: GuildId, user: UserId, roles: &[RoleId]) {
    let member = Member {
        roles: roles.iter().copied().collect(),
        joined_at: state.now(),
        timed_out_until: None,
        pending: false,
    };
    if let Some(guild) = state.guilds.get_mut(&guild) {
        guild.members.insert(user, member);
    }
}

fn new_channel(
    state: &mut State,
    guild: Option<GuildId>,
    name: &str,
    recipient: Option<UserId>,
) -> ChannelId {
    let id = ChannelId::new(state.next_id());
    let position = u16::try_from(state.channels.len()).unwrap_or(u16::MAX);
    let channel = Channel {
        id,
        guild,
        name: name.to_owned(),
        topic: String::new(),
        position,
        overwrites: Vec::new(),
        recipient,
    };
    state.channels.insert(id, channel);
    id
}

fn announce(state: &mut State, event: &str, channel: ChannelId) {
    if let Some(channel) = state.channels.get(&channel).map(|c| state.channel_json(c)) {
        state.dispatch_guilds(event, &channel);
    }
}
