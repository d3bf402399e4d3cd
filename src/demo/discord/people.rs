//! People, roles, servers ("guilds") and channels: what the local Discord starts with, and who may do what.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;
use serenity::model::Permissions;
use serenity::model::id::{ApplicationId, ChannelId, GuildId, RoleId, UserId};

use super::state::State;

/// The language of the guild, and of everybody's Discord until they choose another.
pub const LOCALE: &str = "en-US";
/// The languages that the page offers for one's Discord: locale, and name. They are some of discord-api-docs,
/// `reference.mdx`, "Locales".
pub(crate) const LOCALES: [(&str, &str); 4] =
    [("en-US", "English (US)"), ("en-GB", "English (UK)"), ("de", "Deutsch"), ("fr", "Français")];
/// The guild that everything starts in.
pub const GUILD: GuildId = GuildId::new(1_441_000_000_000_000_001);
/// `#helpdesk`: where questions are asked.
pub const HELPDESK: ChannelId = ChannelId::new(1_441_000_000_000_000_011);
/// `#sync-approvals`: where approval cards go.
pub const APPROVALS: ChannelId = ChannelId::new(1_441_000_000_000_000_012);
/// `#sync-status`: alerts and summaries.
pub const STATUS: ChannelId = ChannelId::new(1_441_000_000_000_000_013);
/// `#random`: a channel that Syncmedic is not configured for.
pub const RANDOM: ChannelId = ChannelId::new(1_441_000_000_000_000_014);
/// The requester role, "Helpdesk".
pub const REQUESTER_ROLE: RoleId = RoleId::new(1_441_000_000_000_000_021);
/// The approver role, "Identity approvers".
pub const APPROVER_ROLE: RoleId = RoleId::new(1_441_000_000_000_000_022);
/// The role that Discord makes for the bot itself.
pub const BOT_ROLE: RoleId = RoleId::new(1_441_000_000_000_000_023);
/// Dana of the helpdesk: holds [`REQUESTER_ROLE`].
pub const DANA: UserId = UserId::new(1_441_000_000_000_000_031);
/// Lee: holds [`APPROVER_ROLE`].
pub const LEE: UserId = UserId::new(1_441_000_000_000_000_032);
/// Sam: holds no role.
pub const SAM: UserId = UserId::new(1_441_000_000_000_000_033);
/// Olga: owns the guild, and so has every permission, but holds no role.
pub const OLGA: UserId = UserId::new(1_441_000_000_000_000_034);
/// The bot's user.
pub const BOT: UserId = UserId::new(1_441_000_000_000_000_041);
/// The bot's application. As for every application made since 2016, the same number as its user.
pub const APPLICATION: ApplicationId = ApplicationId::new(1_441_000_000_000_000_041);

/// What members get from `@everyone` in a new guild, as far as it matters here.
pub(crate) const EVERYONE: Permissions = Permissions::VIEW_CHANNEL
    .union(Permissions::SEND_MESSAGES)
    .union(Permissions::EMBED_LINKS)
    .union(Permissions::ATTACH_FILES)
    .union(Permissions::ADD_REACTIONS)
    .union(Permissions::READ_MESSAGE_HISTORY)
    .union(Permissions::USE_APPLICATION_COMMANDS);

#[derive(Debug, Clone)]
pub(crate) struct User {
    pub(crate) id: UserId,
    /// Unique handle, lower case.
    pub(crate) username: String,
    /// The name that people see.
    pub(crate) name: String,
    pub(crate) bot: bool,
    /// A word on who this is, for the page.
    pub(crate) about: String,
    /// Offered on the page as "You are".
    pub(crate) on_page: bool,
    /// The language of their Discord.
    pub(crate) locale: String,
}

#[derive(Debug, Clone)]
pub(crate) struct Member {
    pub(crate) roles: BTreeSet<RoleId>,
    pub(crate) joined_at: Timestamp,
    pub(crate) timed_out_until: Option<Timestamp>,
    /// Has not passed the guild's membership screening.
    pub(crate) pending: bool,
}

#[derive(Debug, Clone)]
pub(crate) struct Role {
    pub(crate) id: RoleId,
    pub(crate) name: String,
    pub(crate) permissions: Permissions,
    pub(crate) position: u16,
    pub(crate) mentionable: bool,
    /// The bot whose own role this is.
    pub(crate) of_bot: Option<UserId>,
}

#[derive(Debug, Clone)]
pub(crate) struct Guild {
    pub(crate) id: GuildId,
    pub(crate) name: String,
    pub(crate) owner: UserId,
    pub(crate) roles: BTreeMap<RoleId, Role>,
    pub(crate) members: BTreeMap<UserId, Member>,
}

/// A permission overwrite of a channel.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Whom {
    Role(RoleId),
    Member(UserId),
}

#[derive(Debug, Clone, Copy)]
pub(crate) struct Overwrite {
    pub(crate) whom: Whom,
    pub(crate) allow: Permissions,
    pub(crate) deny: Permissions,
}

#[derive(Debug, Clone)]
pub(crate) struct Channel {
    pub(crate) id: ChannelId,
    /// `None` for a direct message.
    pub(crate) guild: Option<GuildId>,
    pub(crate) name: String,
    pub(crate) topic: String,
    pub(crate) position: u16,
    pub(crate) overwrites: Vec<Overwrite>,
    /// The person on the other side of a direct message to the bot.
    pub(crate) recipient: Option<UserId>,
}

impl Guild {
    /// Base permissions of a member: owner and administrators have all.
    pub(crate) fn permissions(&self, user: UserId) -> Permissions {
        let Some(member) = self.members.get(&user) else { return Permissions::empty() };
        if self.owner == user {
            return Permissions::all();
        }
        let everyone = RoleId::new(self.id.get());
        let held = std::iter::once(&everyone).chain(&member.roles);
        let sum = held
            .filter_map(|id| self.roles.get(id))
            .fold(Permissions::empty(), |sum, role| sum | role.permissions);
        if sum.contains(Permissions::ADMINISTRATOR) { Permissions::all() } else { sum }
    }

    /// Permissions of a member in a channel: base, then the overwrites for @everyone, for roles together, for the
    /// member (discord-api-docs `topics/permissions.mdx`, "Permission Overwrites"), then what a timeout leaves.
    pub(crate) fn permissions_in(&self, channel: &Channel, user: UserId, now: Timestamp) -> Permissions {
        let Some(member) = self.members.get(&user) else { return Permissions::empty() };
        let mut permissions = self.permissions(user);
        if permissions.contains(Permissions::ADMINISTRATOR) {
            return permissions;
        }
        let everyone = RoleId::new(self.id.get());
        let apply = |permissions: &mut Permissions, matches: &dyn Fn(Whom) -> bool| {
            let (mut allow, mut deny) = (Permissions::empty(), Permissions::empty());
            for overwrite in channel.overwrites.iter().filter(|o| matches(o.whom)) {
                allow |= overwrite.allow;
                deny |= overwrite.deny;
            }
            *permissions = (*permissions - deny) | allow;
        };
        apply(&mut permissions, &|whom| whom == Whom::Role(everyone));
        apply(
            &mut permissions,
            &|whom| matches!(whom, Whom::Role(role) if role != everyone && member.roles.contains(&role)),
        );
        apply(&mut permissions, &|whom| whom == Whom::Member(user));
        if !permissions.contains(Permissions::VIEW_CHANNEL) {
            return Permissions::empty();
        }
        if member.timed_out_until.is_some_and(|until| until > now) {
            permissions &= Permissions::VIEW_CHANNEL | Permissions::READ_MESSAGE_HISTORY;
        }
        permissions
    }
}

impl State {
    /// Sets the language of somebody's Discord.
    pub(super) fn set_locale(&mut self, user: UserId, locale: &str) {
        if let Some(user) = self.users.get_mut(&user) {
            locale.clone_into(&mut user.locale);
        }
    }
}

/// The world at the start: one guild, four channels, four people and the bot.
pub(crate) fn fixture(
    guild_name: &str,
    bot_name: &str,
    now: Timestamp,
) -> (BTreeMap<UserId, User>, Guild, BTreeMap<ChannelId, Channel>) {
    let person = |id: UserId, name: &str, about: &str, on_page: bool| User {
        id,
        username: name.to_lowercase(),
        name: name.to_owned(),
        bot: false,
        about: about.to_owned(),
        on_page,
        locale: LOCALE.to_owned(),
    };
    let users = [
        person(DANA, "Dana", "helpdesk", true),
        person(LEE, "Lee", "approver", true),
        person(SAM, "Sam", "neither", true),
        person(OLGA, "Olga", "owner", false),
        User { bot: true, ..person(BOT, bot_name, "bot", false) },
    ];
    let member = |roles: &[RoleId]| Member {
        roles: roles.iter().copied().collect(),
        joined_at: now,
        timed_out_until: None,
        pending: false,
    };
    let role = |id: RoleId, name: &str, position: u16, of_bot: Option<UserId>| Role {
        id,
        name: name.to_owned(),
        permissions: if of_bot.is_some() { EVERYONE } else { Permissions::empty() },
        position,
        mentionable: of_bot.is_none(),
        of_bot,
    };
    let roles = [
        everyone_role(GUILD),
        role(REQUESTER_ROLE, "Helpdesk", 1, None),
        role(APPROVER_ROLE, "Identity approvers", 2, None),
        role(BOT_ROLE, bot_name, 3, Some(BOT)),
    ];
    let guild = Guild {
        id: GUILD,
        name: guild_name.to_owned(),
        owner: OLGA,
        roles: roles.into_iter().map(|r| (r.id, r)).collect(),
        members: BTreeMap::from([
            (DANA, member(&[REQUESTER_ROLE])),
            (LEE, member(&[APPROVER_ROLE])),
            (SAM, member(&[])),
            (OLGA, member(&[])),
            (BOT, member(&[BOT_ROLE])),
        ]),
    };
    let channel = |id: ChannelId, name: &str, topic: &str, position: u16| Channel {
        id,
        guild: Some(GUILD),
        name: name.to_owned(),
        topic: topic.to_owned(),
        position,
        overwrites: Vec::new(),
        recipient: None,
    };
    let channels = [
        channel(HELPDESK, "helpdesk", "Ask here when people can't sign in", 0),
        channel(APPROVALS, "sync-approvals", "Requests that wait for a second person", 1),
        channel(STATUS, "sync-status", "Alerts and the daily summary", 2),
        channel(RANDOM, "random", "Anything else", 3),
    ];
    (users.into_iter().map(|u| (u.id, u)).collect(), guild, channels.into_iter().map(|c| (c.id, c)).collect())
}

/// A guild's `@everyone` role has the guild's own id.
pub(crate) fn everyone_role(guild: GuildId) -> Role {
    Role {
        id: RoleId::new(guild.get()),
        name: "@everyone".to_owned(),
        permissions: EVERYONE,
        position: 0,
        mentionable: false,
        of_bot: None,
    }
}
