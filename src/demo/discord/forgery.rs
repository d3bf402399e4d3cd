//! What a tampered client could send: interactions that Discord's own client would never offer.
//!
//! Whether the real Discord would pass each of these on is not documented, so the bot must stand all of them.

use serde_json::{Value, json};
use serenity::model::id::{ChannelId, InteractionId, MessageId, UserId};

use super::LocalDiscord;
use super::interactions::{Beginning, Forge, Kind, begin};

/// An interaction put together by hand. Nothing is checked.
#[must_use]
pub struct Forgery(Beginning);

impl Forgery {
    /// A click with any custom id, on a message from any channel.
    pub fn click(who: UserId, channel: ChannelId, message: MessageId, custom_id: &str) -> Forgery {
        let data = json!({ "custom_id": custom_id, "component_type": 2, "id": 1 });
        Forgery::new(Kind::Component, who, channel, Some(message), data)
    }

    /// A slash command with any name and Discord's own list of options.
    pub fn slash(who: UserId, channel: ChannelId, name: &str, options: Value) -> Forgery {
        let data = json!({ "id": "1", "name": name, "type": 1, "options": options, "resolved": {} });
        Forgery::new(Kind::Command, who, channel, None, data)
    }

    /// A modal that nobody opened. With `message`, as if opened from a component there.
    pub fn modal(
        who: UserId,
        channel: ChannelId,
        message: Option<MessageId>,
        custom_id: &str,
        values: &[(&str, &str)],
    ) -> Forgery {
        let rows: Vec<Value> = values
            .iter()
            .map(|(id, value)| {
                json!({ "type": 1, "components": [{ "type": 4, "custom_id": id, "value": value }] })
            })
            .collect();
        let data = json!({ "custom_id": custom_id, "components": rows, "resolved": {} });
        Forgery::new(Kind::Modal, who, channel, message, data)
    }

    fn new(kind: Kind, who: UserId, channel: ChannelId, source: Option<MessageId>, data: Value) -> Forgery {
        Forgery(Beginning {
            kind,
            user: who,
            channel,
            name: "forged".to_owned(),
            source,
            opener: None,
            data,
            forge: None,
        })
    }

    /// Calls it another kind of interaction.
    pub fn of_kind(mut self, kind: Kind) -> Forgery {
        self.0.kind = kind;
        self
    }

    /// Changes the whole payload just before it leaves: guild, member, application, anything.
    pub fn with(mut self, change: impl FnOnce(&mut Value) + Send + 'static) -> Forgery {
        let before = self.0.forge.take();
        let both: Forge = Box::new(move |payload| {
            if let Some(before) = before {
                before(payload);
            }
            change(payload);
        });
        self.0.forge = Some(both);
        self
    }
}

impl LocalDiscord {
    /// Sends a forged interaction to the bot.
    pub fn forge(&self, forgery: Forgery) -> InteractionId {
        begin(&self.shared, forgery.0)
    }
}
