//! Messages: what is kept of each, what a person sees, who is pinged, and what nobody has read yet.

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::sync::Arc;

use jiff::Timestamp;
use serde_json::Value;
use serenity::model::Permissions;
use serenity::model::id::{AttachmentId, ChannelId, GuildId, InteractionId, MessageId, RoleId, UserId};

use super::people::BOT;
use super::state::State;

/// Message flag: seen by one person only.
pub(crate) const EPHEMERAL: u64 = 1 << 6;
/// Message flag: "thinking…".
pub(crate) const LOADING: u64 = 1 << 7;

/// Who a message really notified, after `allowed_mentions`, permissions and the kind of request were weighed. An edit
/// notifies nobody, whatever it says.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Pings {
    /// `@everyone` or `@here`.
    pub everyone: bool,
    /// Members pinged by name.
    pub users: BTreeSet<UserId>,
    /// Roles pinged.
    pub roles: BTreeSet<RoleId>,
}

impl Pings {
    /// Whether nobody was notified.
    pub fn is_empty(&self) -> bool {
        !self.everyone && self.users.is_empty() && self.roles.is_empty()
    }
}

/// A file of a message.
#[derive(Debug, Clone)]
pub struct Attachment {
    /// Discord's id for it.
    pub id: AttachmentId,
    /// File name as sent.
    pub filename: String,
    /// Media type as sent, or guessed from the bytes' first letters.
    pub content_type: String,
    /// Alternative text.
    pub description: Option<String>,
    /// The file.
    pub bytes: Arc<[u8]>,
}

/// The interaction that a message answers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Invoked {
    /// The interaction.
    pub interaction: InteractionId,
    /// Its type: 2 command, 3 component, 5 modal.
    pub kind: u8,
    /// The command's name; empty for components and modals.
    pub name: String,
    /// Who began it.
    pub by: UserId,
}

/// A button, as a person sees it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Button {
    /// Its text.
    pub label: String,
    /// What the bot gets back on a click; empty for link buttons.
    pub custom_id: String,
    /// Whether it is greyed out.
    pub disabled: bool,
}

/// A message as people see it at one moment.
#[derive(Debug, Clone)]
pub struct Shown {
    /// The message.
    pub id: MessageId,
    /// Where it stands.
    pub channel: ChannelId,
    /// Who wrote it.
    pub author: UserId,
    /// Its text.
    pub content: String,
    /// Discord embed JSON.
    pub embeds: Vec<Value>,
    /// Discord action rows.
    pub components: Vec<Value>,
    /// Files.
    pub attachments: Vec<Attachment>,
    /// The only person who sees it, for ephemeral messages.
    pub visible_to: Option<UserId>,
    /// "thinking…": deferred, not answered yet.
    pub pending: bool,
    /// What Discord itself says in place of an answer that never came.
    pub failed: Option<String>,
    /// Whether it was edited after it was first shown.
    pub edited: bool,
    /// Who was really notified.
    pub pings: Pings,
    /// The message that it replies to.
    pub reference: Option<MessageId>,
    /// What it answers.
    pub invoked: Option<Invoked>,
}

impl Shown {
    /// All that can be read on it, top to bottom: text, cards, labels of buttons.
    pub fn text(&self) -> String {
        let mut out = self.content.clone();
        for embed in &self.embeds {
            for at in ["/author/name", "/title", "/description"] {
                push_line(&mut out, embed.pointer(at));
            }
            for field in embed["fields"].as_array().into_iter().flatten() {
                push_line(&mut out, field.get("name"));
                push_line(&mut out, field.get("value"));
            }
            push_line(&mut out, embed.pointer("/footer/text"));
        }
        for button in self.buttons() {
            let _ = write!(out, "\n[{}]", button.label);
        }
        if let Some(failed) = &self.failed {
            let _ = write!(out, "\n{failed}");
        }
        out.trim_start().to_owned()
    }

    /// Its buttons, in order.
    pub fn buttons(&self) -> Vec<Button> {
        components_of(&self.components)
            .filter(|c| c["type"] == 2)
            .map(|c| Button {
                label: c["label"].as_str().unwrap_or_default().to_owned(),
                custom_id: c["custom_id"].as_str().unwrap_or_default().to_owned(),
                disabled: c["disabled"] == true,
            })
            .collect()
    }

    /// The button with this label.
    pub fn button(&self, label: &str) -> Option<Button> {
        self.buttons().into_iter().find(|b| b.label == label)
    }
}

fn push_line(out: &mut String, text: Option<&Value>) {
    if let Some(text) = text.and_then(Value::as_str) {
        let _ = write!(out, "\n{text}");
    }
}

/// The components inside action rows.
pub(crate) fn components_of(rows: &[Value]) -> impl Iterator<Item = &Value> {
    rows.iter().flat_map(|row| row["components"].as_array().into_iter().flatten())
}

/// A message as it is kept.
#[derive(Debug, Clone)]
pub(crate) struct Message {
    pub(crate) now: Shown,
    pub(crate) guild: Option<GuildId>,
    pub(crate) sent_at: Timestamp,
    pub(crate) edited_at: Option<Timestamp>,
    pub(crate) flags: u64,
    /// Whom its text names and may name. A new message pings them; an edit does not.
    pub(crate) mentions: Pings,
    /// Echoed in the answer to its creation and on the gateway, never afterwards.
    pub(crate) nonce: Option<Value>,
    /// How many versions have been shown.
    pub(crate) versions: u64,
    /// Versions that the bot showed and no test has read, oldest first.
    pub(crate) unread: Vec<(u64, Shown)>,
}

impl Message {
    pub(crate) fn ephemeral(&self) -> bool {
        self.now.visible_to.is_some()
    }

    /// Notes a version that people now see.
    fn show(&mut self) {
        self.unread.push((self.versions, self.now.clone()));
        self.versions += 1;
    }

    pub(crate) fn empty(&self) -> bool {
        let now = &self.now;
        now.content.is_empty()
            && now.embeds.is_empty()
            && now.components.is_empty()
            && now.attachments.is_empty()
    }
}

/// `allowed_mentions` of a request.
#[derive(Debug, Clone, Default)]
pub(crate) struct AllowedMentions {
    pub(crate) everyone: bool,
    pub(crate) all_users: bool,
    pub(crate) all_roles: bool,
    pub(crate) users: BTreeSet<UserId>,
    pub(crate) roles: BTreeSet<RoleId>,
    pub(crate) replied_user: bool,
}

impl AllowedMentions {
    /// What holds for an ordinary message that says nothing: everything is parsed.
    pub(crate) fn everything() -> AllowedMentions {
        AllowedMentions {
            everyone: true,
            all_users: true,
            all_roles: true,
            replied_user: true,
            ..AllowedMentions::default()
        }
    }

    /// What holds for interactions and webhooks that say nothing: users only.
    pub(crate) fn users_only() -> AllowedMentions {
        AllowedMentions { all_users: true, ..AllowedMentions::default() }
    }
}

/// Ids in `<@…>`, `<@!…>` and, with `role`, `<@&…>`.
fn mentioned<T: std::str::FromStr>(content: &str, role: bool) -> impl Iterator<Item = T> {
    content.split("<@").skip(1).filter_map(move |rest| {
        let id = rest.split_once('>')?.0;
        let id = match (id.strip_prefix('&'), role) {
            (Some(id), true) => id,
            (None, false) => id.strip_prefix('!').unwrap_or(id),
            _ => return None,
        };
        id.parse().ok()
    })
}

impl State {
    /// Weighs a message's text against what its request allows and what its author may do.
    pub(crate) fn pings(
        &self,
        content: &str,
        allowed: &AllowedMentions,
        author: UserId,
        channel: ChannelId,
        reference: Option<MessageId>,
    ) -> Pings {
        let mut pings = Pings::default();
        let Some(channel) = self.channels.get(&channel) else { return pings };
        let broad = self.permissions_in(channel, author).contains(Permissions::MENTION_EVERYONE);
        let guild = channel.guild.and_then(|id| self.guilds.get(&id));
        pings.users = mentioned(content, false)
            .filter(|id| self.users.contains_key(id) && (allowed.all_users || allowed.users.contains(id)))
            .collect();
        if allowed.replied_user {
            pings.users.extend(
                reference
                    .and_then(|id| self.messages.get(&id))
                    .map(|m| m.now.author)
                    .filter(|replied| *replied != author),
            );
        }
        if let Some(guild) = guild {
            pings.roles = mentioned(content, true)
                .filter(|id| allowed.all_roles || allowed.roles.contains(id))
                .filter(|id| guild.roles.get(id).is_some_and(|role| role.mentionable || broad))
                .collect();
            let named = content.contains("@everyone") || content.contains("@here");
            pings.everyone = named && allowed.everyone && broad;
        }
        pings
    }

    /// Adds a message and tells the gateway.
    pub(crate) fn add_message(&mut self, mut message: Message) -> MessageId {
        let id = message.now.id;
        message.now.pings = message.mentions.clone();
        if message.now.author == BOT && !message.now.pending {
            message.show();
        }
        self.messages.insert(id, message);
        self.dispatch_message("MESSAGE_CREATE", id);
        id
    }

    /// Changes a message, notes it as unread, and tells the gateway.
    pub(crate) fn edit_message(&mut self, id: MessageId, edit: impl FnOnce(&mut Message)) {
        let now = self.now();
        let Some(message) = self.messages.get_mut(&id) else { return };
        let was_pending = message.now.pending;
        edit(message);
        message.now.pings = Pings::default();
        message.now.pending = false;
        message.flags &= !LOADING;
        if !was_pending {
            message.edited_at = Some(now);
            message.now.edited = true;
        }
        if message.now.author == BOT {
            message.show();
        }
        self.dispatch_message("MESSAGE_UPDATE", id);
    }

    /// Removes a message and tells the gateway.
    pub(crate) fn remove_message(&mut self, id: MessageId) {
        if let Some(message) = self.messages.remove(&id) {
            self.dispatch_delete(&message);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn mentions_are_read_as_discord_writes_them() {
        let text = "<@12> <@!34> <@&56> <@x> <#78> <@9";
        assert_eq!(mentioned::<u64>(text, false).collect::<Vec<_>>(), [12, 34]);
        assert_eq!(mentioned::<u64>(text, true).collect::<Vec<_>>(), [56]);
    }
}
