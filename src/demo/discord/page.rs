//! What a person sees of the state, as the page's API gives it.

use serde_json::{Map, Value, json};
use serenity::model::id::UserId;

use super::messages::Message;
use super::people::{BOT, GUILD, LOCALES};
use super::state::State;

impl State {
    /// Everything that a person sees.
    pub(super) fn page(&self, who: UserId) -> Option<Value> {
        let me = self.users.get(&who)?;
        let guild = self.guilds.get(&GUILD)?;
        let roles = guild.members.get(&who).map(|m| &m.roles).into_iter().flatten();
        let roles: Vec<&str> = roles.filter_map(|id| guild.roles.get(id)).map(|r| r.name.as_str()).collect();
        let label = if roles.is_empty() { "no role".to_owned() } else { roles.join(", ") };
        let people: Vec<Value> = self
            .users
            .values()
            .filter(|u| u.on_page)
            .map(|u| json!({ "id": u.id, "name": u.name, "about": u.about, "locale": u.locale }))
            .collect();
        let mut channels: Vec<_> = self
            .channels
            .values()
            .filter(|c| c.guild == Some(GUILD) && self.channel_for(who, c.id).is_ok())
            .collect();
        channels.sort_by_key(|c| c.position);
        let messages: Map<String, Value> = channels
            .iter()
            .map(|c| {
                let list = self.visible_messages(c.id, who).map(|m| self.page_message(m)).collect();
                (c.id.to_string(), list)
            })
            .collect();
        let channels: Vec<Value> = channels
            .iter()
            .map(|c| {
                json!({
                    "id": c.id, "name": c.name, "topic": c.topic,
                    "unread_hint": self.visible_messages(c.id, who).count(),
                })
            })
            .collect();
        let roles: Vec<Value> = guild.roles.values().map(|r| json!({ "id": r.id, "name": r.name })).collect();
        let modal = self.modals.get(&who).map(|m| {
            json!({
                "interaction_id": m.interaction, "custom_id": m.custom_id, "title": m.title,
                "components": m.components,
            })
        });
        Some(json!({
            "me": { "id": who, "name": me.name, "role_label": label },
            "people": people,
            "locales": LOCALES.map(|(locale, name)| json!({ "locale": locale, "name": name })),
            "bot": { "id": BOT, "name": self.config.bot_name, "online": self.sessions.online() },
            "guild": { "id": GUILD, "name": guild.name },
            "note": "Local Discord, not discord.com",
            "channels": channels,
            "roles": roles,
            "messages": messages,
            "commands": self.commands_in(Some(GUILD)),
            "modal": modal,
        }))
    }

    fn page_message(&self, message: &Message) -> Value {
        let shown = &message.now;
        let author = self.users.get(&shown.author);
        let files: Vec<Value> = shown
            .attachments
            .iter()
            .map(|file| {
                let url = format!("/attachments/{}/{}/{}", shown.channel, file.id, file.filename);
                json!({
                    "id": file.id, "filename": file.filename, "url": url,
                    "content_type": file.content_type, "description": file.description,
                })
            })
            .collect();
        let command = shown
            .invoked
            .as_ref()
            .filter(|i| i.kind == 2)
            .map(|i| json!({ "name": i.name, "by": self.name_of(i.by) }));
        json!({
            "id": shown.id, "channel_id": shown.channel,
            "author": {
                "id": shown.author, "name": self.name_of(shown.author), "bot": author.is_some_and(|a| a.bot),
            },
            "content": shown.content, "timestamp": message.sent_at, "edited": shown.edited,
            "ephemeral": message.ephemeral(), "pending": shown.pending, "failed": shown.failed,
            "command": command, "reference": shown.reference, "embeds": shown.embeds,
            "components": shown.components, "attachments": files,
        })
    }
}
