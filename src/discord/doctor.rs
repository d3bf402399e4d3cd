//! Whether Discord is set up well: token, guild, what the bot may do in each channel, roles, and who can make
//! an approver.

use std::collections::BTreeMap;

use super::gateway::Identity;
use super::rest::error::{UNKNOWN_MEMBER, UNKNOWN_USER};
use super::rest::model::{Channel, Guild, Member, Role};
use super::rest::{Rest, RestError};
use crate::config::Discord;
use crate::gate::Policy;
use crate::ids::Snowflake;

/// One thing that was looked at.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Check {
    /// What.
    pub name: String,
    /// How it is.
    pub level: Level,
    /// What was found.
    pub text: String,
    /// What to do about it.
    pub mend: Option<String>,
}

/// How a thing is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Level {
    /// As it should be.
    Ok,
    /// It works, but think about it.
    Warn,
    /// It does not work, or is not safe.
    Fault,
}

impl Check {
    /// As it should be.
    pub fn ok(name: impl Into<String>, text: impl Into<String>) -> Check {
        Check { name: name.into(), level: Level::Ok, text: text.into(), mend: None }
    }

    /// It works, but think about it; with the mend.
    pub fn warn(name: impl Into<String>, text: impl Into<String>, mend: impl Into<String>) -> Check {
        Check { name: name.into(), level: Level::Warn, text: text.into(), mend: Some(mend.into()) }
    }

    /// It does not work, or is not safe; with the mend.
    pub fn fault(name: impl Into<String>, text: impl Into<String>, mend: impl Into<String>) -> Check {
        Check { name: name.into(), level: Level::Fault, text: text.into(), mend: Some(mend.into()) }
    }
}

/// Permissions, as Discord's bits (topics/permissions.mdx).
mod bits {
    pub(super) const ADMINISTRATOR: u64 = 1 << 3;
    pub(super) const VIEW_CHANNEL: u64 = 1 << 10;
    pub(super) const SEND_MESSAGES: u64 = 1 << 11;
    pub(super) const EMBED_LINKS: u64 = 1 << 14;
    pub(super) const ATTACH_FILES: u64 = 1 << 15;
    pub(super) const READ_MESSAGE_HISTORY: u64 = 1 << 16;
    pub(super) const MENTION_EVERYONE: u64 = 1 << 17;
    pub(super) const MANAGE_ROLES: u64 = 1 << 28;
    /// A role that members can pick for themselves during onboarding.
    pub(super) const IN_PROMPT: u64 = 1 << 0;
}

/// What the bot needs in its channels.
const NEEDED: &[(u64, &str)] = &[
    (bits::VIEW_CHANNEL, "View Channel"),
    (bits::SEND_MESSAGES, "Send Messages"),
    (bits::EMBED_LINKS, "Embed Links"),
    (bits::ATTACH_FILES, "Attach Files"),
    (bits::READ_MESSAGE_HISTORY, "Read Message History"),
];

/// Looks at everything; what can't be looked at is a fault of its own.
pub async fn check(rest: &Rest, discord: &Discord, policy: &Policy) -> Vec<Check> {
    let mut checks = Vec::new();
    let identity = match super::gateway::identify(rest, discord).await {
        Ok(identity) => identity,
        Err(error) => {
            let mend = "Check DISCORD_TOKEN, DISCORD_API_URL and DISCORD_GUILD_ID.";
            return vec![Check::fault("discord", format!("{error:#}"), mend)];
        }
    };
    checks
        .push(Check::ok("token", format!("Discord knows the bot as application {}.", identity.application)));
    match look(rest, discord, &identity).await {
        Err(error) => {
            let mend = "Check that the bot was invited with the scopes bot and applications.commands.";
            checks.push(Check::fault("guild", error.to_string(), mend));
        }
        Ok(seen) => {
            checks.push(Check::ok("guild", format!("The bot is in {}.", seen.guild.name)));
            checks.extend(channels(&seen, discord));
            checks.extend(roles(&seen, policy));
            checks.extend(mention(&seen, policy));
        }
    }
    checks.extend(approvers(rest, policy).await);
    checks
}

/// What Discord says of the guild.
struct Seen {
    guild: Guild,
    roles: BTreeMap<Snowflake, Role>,
    channels: Vec<Channel>,
    bot: Member,
}

async fn look(rest: &Rest, discord: &Discord, identity: &Identity) -> Result<Seen, RestError> {
    let guild = rest.guild(discord.guild).await?;
    let roles = rest.roles(discord.guild).await?.into_iter().map(|role| (role.id, role)).collect();
    let channels = rest.channels(discord.guild).await?;
    let bot = rest.member(discord.guild, identity.user).await?;
    Ok(Seen { guild, roles, channels, bot })
}

fn channels(seen: &Seen, discord: &Discord) -> Vec<Check> {
    let mut wanted: Vec<(Snowflake, &str)> =
        discord.answer_channels.iter().map(|&channel| (channel, "ANSWER_CHANNEL_IDS")).collect();
    wanted.push((discord.approvals_channel, "APPROVALS_CHANNEL_ID"));
    wanted.push((discord.status_channel, "STATUS_CHANNEL_ID"));
    let mut checks: Vec<Check> =
        wanted.into_iter().map(|(channel, variable)| one_channel(seen, channel, variable)).collect();
    if discord.answer_channels.is_empty() {
        let mend = "Set ANSWER_CHANNEL_IDS to the channels in which servers may be named.";
        checks.push(Check::warn("answer channels", "None is set: every answer is short and private.", mend));
    }
    checks
}

fn one_channel(seen: &Seen, id: Snowflake, variable: &str) -> Check {
    let Some(channel) = seen.channels.iter().find(|channel| channel.id == id) else {
        let text = format!("The guild has no channel {id} that the bot can see.");
        return Check::fault(variable, text, format!("Correct {variable}, or let the bot see the channel."));
    };
    let name = format!("#{}", channel.name.as_deref().unwrap_or("?"));
    let has = permissions(seen, channel);
    let lacks: Vec<&str> = NEEDED.iter().filter(|(bit, _)| has & bit == 0).map(|(_, name)| *name).collect();
    match lacks.as_slice() {
        [] => Check::ok(variable, format!("{name}: the bot may do what it must.")),
        lacks => {
            let lacks = lacks.join(", ");
            let mend = format!("Give the bot's role these permissions in {name}: {lacks}.");
            Check::fault(variable, format!("{name}: the bot lacks {lacks}."), mend)
        }
    }
}

/// What the bot may do in a channel (topics/permissions.mdx): its roles together, then what the channel denies
/// and allows to everyone, to its roles together, and to itself.
fn permissions(seen: &Seen, channel: &Channel) -> u64 {
    let everyone = seen.guild.id;
    let of = |role: &Snowflake| seen.roles.get(role).map_or(0, |role| role.permissions);
    let base = seen.bot.roles.iter().chain([&everyone]).map(of).fold(0, |all, bits| all | bits);
    if base & bits::ADMINISTRATOR != 0 || seen.guild.owner_id == seen.bot.user.id {
        return u64::MAX;
    }
    let overwrites = &channel.permission_overwrites;
    let mut has = base;
    if let Some(one) = overwrites.iter().find(|one| one.kind == 0 && one.id == everyone) {
        has = has & !one.deny | one.allow;
    }
    let mine = overwrites.iter().filter(|one| one.kind == 0 && seen.bot.roles.contains(&one.id));
    let (deny, allow) = mine.fold((0, 0), |(deny, allow), one| (deny | one.deny, allow | one.allow));
    has = has & !deny | allow;
    if let Some(one) = overwrites.iter().find(|one| one.kind == 1 && one.id == seen.bot.user.id) {
        has = has & !one.deny | one.allow;
    }
    // Who can't see a channel can do nothing there.
    if has & bits::VIEW_CHANNEL == 0 { 0 } else { has }
}

fn roles(seen: &Seen, policy: &Policy) -> Vec<Check> {
    let mut checks = Vec::new();
    for (id, variable) in
        [(policy.requester_role, "REQUESTER_ROLE_ID"), (policy.approver_role, "APPROVER_ROLE_ID")]
    {
        match seen.roles.get(&id) {
            None => {
                let text = format!("The guild has no role {id}.");
                checks.push(Check::fault(variable, text, format!("Correct {variable}.")));
            }
            Some(role) => checks.push(Check::ok(variable, format!("The role is @{}.", role.name))),
        }
    }
    if policy.requester_role == policy.approver_role {
        let mend = "Make two roles, so that asking and approving are two people's work.";
        checks.push(Check::warn("roles", "Requester and approver role are the same.", mend));
    }
    if let Some(approver) = seen.roles.get(&policy.approver_role) {
        checks.extend(approver_role(seen, approver, policy));
    }
    checks
}

/// Whether a new approval card reaches the approvers: Discord shows a role's mention always, and notifies only where
/// the role may be mentioned. A missing role or channel is reported elsewhere.
fn mention(seen: &Seen, policy: &Policy) -> Option<Check> {
    const NAME: &str = "approvers' mention";
    let role = seen.roles.get(&policy.approver_role)?;
    let channel = seen.channels.iter().find(|channel| channel.id == policy.approvals_channel)?;
    let broad = permissions(seen, channel) & bits::MENTION_EVERYONE != 0;
    Some(match role.mentionable || broad {
        true => Check::ok(NAME, format!("A new request notifies @{}.", role.name)),
        false => Check::warn(
            NAME,
            format!("@{} can't be mentioned by the bot: nobody is notified of a new request.", role.name),
            "Allow anyone to mention the role, or give the bot Mention Everyone in the approvals channel.",
        ),
    })
}

/// Who can hand out the approver role, besides people.
fn approver_role(seen: &Seen, approver: &Role, policy: &Policy) -> Vec<Check> {
    let mut checks = Vec::new();
    let name = format!("approver role @{}", approver.name);
    let listed = policy.approver_users.is_some();
    let level = |check: Check| if listed { check } else { Check { level: Level::Fault, ..check } };
    if approver.id == seen.guild.id {
        let mend = "Make a role that only approvers hold.";
        checks.push(Check::fault(&name, "It is @everyone.", mend));
    }
    if approver.managed {
        let mend = "Use a role that people give, not an integration's own.";
        checks.push(level(Check::warn(&name, "An integration gives and takes it.", mend)));
    }
    if approver.flags & bits::IN_PROMPT != 0 {
        let mend = "Take it out of the guild's onboarding, and set APPROVER_USERS.";
        checks.push(level(Check::warn(&name, "Members can pick it for themselves during onboarding.", mend)));
    }
    let mints = |role: &&Role| {
        let may = role.permissions & (bits::MANAGE_ROLES | bits::ADMINISTRATOR) != 0;
        let admin = role.permissions & bits::ADMINISTRATOR != 0;
        // Who manages roles can hand out those below their own.
        may && (admin || role.position > approver.position)
    };
    let minters: Vec<String> =
        seen.roles.values().filter(mints).map(|role| format!("@{}", role.name)).collect();
    match (minters.as_slice(), listed) {
        ([], _) => checks.push(Check::ok(&name, "Only the owner can hand it out.")),
        (minters, true) => {
            let text =
                format!("{} can hand it out, but only people in APPROVER_USERS count.", minters.join(", "));
            checks.push(Check::ok(&name, text));
        }
        (minters, false) => {
            let text = format!("{} can make anybody an approver.", minters.join(", "));
            let mend = "Set APPROVER_USERS, so that the role alone is not enough.";
            checks.push(Check::warn(&name, text, mend));
        }
    }
    checks
}

async fn approvers(rest: &Rest, policy: &Policy) -> Vec<Check> {
    const NAME: &str = "APPROVER_USERS";
    let needed = usize::try_from(policy.approvals_for(false)).unwrap_or(usize::MAX);
    let Some(listed) = &policy.approver_users else {
        let mend = "List the approvers' user ids in APPROVER_USERS.";
        return vec![Check::warn(NAME, "It is empty: whoever holds the role may approve.", mend)];
    };
    let mut checks = Vec::new();
    let mut able = 0;
    for &user in listed {
        match rest.member(policy.guild, user).await {
            Ok(member) if member.user.bot => {
                let text = format!("{} is a bot, and a bot never approves.", member.user.username);
                checks.push(Check::warn(NAME, text, format!("Take {user} off the list.")));
            }
            Ok(member) if member.roles.contains(&policy.approver_role) => able += 1,
            Ok(member) => {
                let text = format!("{} is listed, but does not hold the role.", member.user.username);
                checks.push(Check::warn(NAME, text, "Give them the role, or take them off the list."));
            }
            Err(error) if matches!(error.code(), Some(UNKNOWN_MEMBER | UNKNOWN_USER)) => {
                let text = format!("{user} is listed, but is not in the guild.");
                checks.push(Check::warn(NAME, text, "Invite them, or take them off the list."));
            }
            Err(error) => {
                let text = format!("{user} could not be looked up: {error}");
                checks.push(Check::warn(NAME, text, "Try again."));
            }
        }
    }
    let people = super::text::count(able, "person", "people");
    // The requester's own approval never counts: with just enough, an approver can't ask.
    checks.push(match able {
        able if able < needed => {
            let text = format!("{people} can approve, and {needed} must.");
            Check::fault(NAME, text, "Give the role to more listed people, or lower APPROVALS_REQUIRED.")
        }
        able if able < needed.max(2) => {
            let text = format!(
                "{people} can approve. That is too few where password sync was switched off deliberately: \
                 there two must."
            );
            Check::warn(NAME, text, "List at least two people who hold the role.")
        }
        _ => Check::ok(NAME, format!("{people} can approve.")),
    });
    checks
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    const ALL: u64 = bits::VIEW_CHANNEL
        | bits::SEND_MESSAGES
        | bits::EMBED_LINKS
        | bits::ATTACH_FILES
        | bits::READ_MESSAGE_HISTORY;

    fn role(id: u64, name: &str, permissions: u64, position: i64) -> Role {
        let json = json!({"id": id.to_string(), "name": name, "permissions": permissions.to_string(),
            "position": position});
        serde_json::from_value(json).expect("a role")
    }

    fn seen(roles: Vec<Role>, overwrites: serde_json::Value) -> Seen {
        let json = |value| serde_json::from_value(value);
        Seen {
            guild: json(json!({"id": "1", "name": "g", "owner_id": "99"})).expect("a guild"),
            roles: roles.into_iter().map(|role| (role.id, role)).collect(),
            channels: vec![
                serde_json::from_value(json!({"id": "5", "name": "c", "permission_overwrites": overwrites}))
                    .expect("a channel"),
            ],
            bot: serde_json::from_value(json!({"user": {"id": "2"}, "roles": ["3"]})).expect("a member"),
        }
    }

    #[test]
    fn a_channel_that_hides_itself_or_denies_a_permission_is_found() {
        let roles = || vec![role(1, "@everyone", ALL, 0), role(3, "bot", 0, 1)];
        let open = seen(roles(), json!([]));
        assert_eq!(one_channel(&open, Snowflake(5), "X").level, Level::Ok);
        let hidden = seen(roles(), json!([{"id": "1", "type": 0, "allow": "0", "deny": "1024"}]));
        assert_eq!(permissions(&hidden, &hidden.channels[0]), 0);
        let let_in = json!([{"id": "1", "type": 0, "allow": "0", "deny": "1024"},
            {"id": "3", "type": 0, "allow": "1024", "deny": "16384"}]);
        let check = one_channel(&seen(roles(), let_in), Snowflake(5), "X");
        assert_eq!((check.level, check.text.as_str()), (Level::Fault, "#c: the bot lacks Embed Links."));
        assert_eq!(one_channel(&open, Snowflake(6), "X").level, Level::Fault);
    }

    #[test]
    fn whoever_can_mint_an_approver_is_named_and_matters_less_with_a_list() {
        let roles = vec![
            role(1, "@everyone", ALL, 0),
            role(3, "bot", 0, 1),
            role(7, "approvers", 0, 5),
            role(8, "moderators", bits::MANAGE_ROLES, 6),
            role(9, "juniors", bits::MANAGE_ROLES, 4),
        ];
        let seen = seen(roles, json!([]));
        let mut policy = Policy {
            guild: Snowflake(1),
            approvals_channel: Snowflake(5),
            requester_role: Snowflake(3),
            approver_role: Snowflake(7),
            approver_users: None,
            approvals: 1,
            approve_within: jiff::SignedDuration::ZERO,
            run_within: jiff::SignedDuration::ZERO,
            apply_within: jiff::SignedDuration::ZERO,
            verify_within: jiff::SignedDuration::ZERO,
            ticket: None,
        };
        let found = |policy: &Policy| approver_role(&seen, &seen.roles[&Snowflake(7)], policy).remove(0);
        assert_eq!(found(&policy).level, Level::Warn);
        assert_eq!(found(&policy).text, "@moderators can make anybody an approver.");
        policy.approver_users = Some([Snowflake(32)].into());
        assert_eq!(found(&policy).level, Level::Ok);

        // Whether they hear of a request is another matter.
        assert_eq!(mention(&seen, &policy).expect("looked at").level, Level::Warn);
        let broad = vec![role(1, "@everyone", ALL | bits::MENTION_EVERYONE, 0), role(7, "approvers", 0, 5)];
        let mut broad = self::seen(broad, json!([]));
        assert_eq!(mention(&broad, &policy).expect("looked at").level, Level::Ok);
        let denied =
            json!({"id": "1", "type": 0, "allow": "0", "deny": (bits::MENTION_EVERYONE).to_string()});
        broad.channels[0].permission_overwrites = vec![serde_json::from_value(denied).expect("an overwrite")];
        assert_eq!(mention(&broad, &policy).expect("looked at").level, Level::Warn);
        broad.roles.get_mut(&Snowflake(7)).expect("the role").mentionable = true;
        assert_eq!(mention(&broad, &policy).expect("looked at").level, Level::Ok);
    }
}
