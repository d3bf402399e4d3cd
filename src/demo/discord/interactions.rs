//! Interactions: what a person did, the three seconds in which the bot must say something, and the token's 15 minutes.
//!
//! Times: discord-api-docs `interactions/receiving-and-responding.mdx`.

use std::time::Duration;

use serde_json::{Value, json};
use serenity::model::id::{ChannelId, GuildId, InteractionId, MessageId, UserId};

use super::messages::{EPHEMERAL, Invoked, Message, Pings, Shown};
use super::people::BOT;
use super::state::{Shared, State};
use super::view::merge;

/// The first answer must come within this.
pub const ACKNOWLEDGE_WITHIN: Duration = Duration::from_secs(3);
/// An answered interaction's token works this long.
pub const TOKEN_LIFE: Duration = Duration::from_secs(15 * 60);
/// What Discord shows when the first answer does not come in time.
pub const DID_NOT_RESPOND: &str = "The application did not respond";

/// What a person did. The numbers are Discord's.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// A slash command, or a command from a context menu.
    Command = 2,
    /// A click on a button, or a choice in a select menu.
    Component = 3,
    /// Typing in an option with autocomplete.
    Autocomplete = 4,
    /// A modal sent off.
    Modal = 5,
}

#[derive(Debug, Clone)]
pub(crate) struct Interaction {
    pub(crate) id: InteractionId,
    pub(crate) token: String,
    pub(crate) kind: Kind,
    pub(crate) user: UserId,
    pub(crate) channel: ChannelId,
    pub(crate) guild: Option<GuildId>,
    /// The command's name with its subcommand; empty for components and modals.
    pub(crate) name: String,
    /// The message whose component was used; for a modal, that of the component that opened it.
    pub(crate) source: Option<MessageId>,
    /// For a modal: the interaction that opened it.
    pub(crate) opener: Option<InteractionId>,
    /// Monotonic.
    pub(crate) begun: Duration,
    /// Type of the first answer.
    pub(crate) answered: Option<u8>,
    /// Which version of a message an answer of type 7 made.
    pub(crate) made_version: Option<u64>,
    /// What `@original` means.
    pub(crate) original: Option<MessageId>,
    /// Deferred with type 5 and nothing said since: the first followup becomes the answer.
    pub(crate) awaits_first: bool,
    pub(crate) choices: Option<Vec<Value>>,
    pub(crate) modal: Option<OpenModal>,
    pub(crate) failed: Option<&'static str>,
}

/// A modal in front of a person.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct OpenModal {
    /// The interaction whose answer it is.
    pub(crate) interaction: InteractionId,
    pub(crate) custom_id: String,
    pub(crate) title: String,
    pub(crate) components: Vec<Value>,
}

/// A forger's hand on the payload before it leaves.
pub(crate) type Forge = Box<dyn FnOnce(&mut Value) + Send>;

/// What is needed to begin an interaction.
pub(crate) struct Beginning {
    pub(crate) kind: Kind,
    pub(crate) user: UserId,
    pub(crate) channel: ChannelId,
    pub(crate) name: String,
    pub(crate) source: Option<MessageId>,
    pub(crate) opener: Option<InteractionId>,
    pub(crate) data: Value,
    pub(crate) forge: Option<Forge>,
}

/// A command's name with its groups and subcommand, as Discord names an interaction ("sync status").
fn whole_name(mut name: String, data: &Value) -> String {
    let mut options = &data["options"];
    // Types 1 and 2: a subcommand, a group of them.
    while let Some(sub) = options
        .as_array()
        .and_then(|all| all.iter().find(|option| option["type"] == 1 || option["type"] == 2))
    {
        name.push(' ');
        name.push_str(sub["name"].as_str().unwrap_or_default());
        options = &sub["options"];
    }
    name
}

/// Begins an interaction and watches its deadlines.
pub(crate) fn begin(shared: &Shared, beginning: Beginning) -> InteractionId {
    let (id, begun, at) = shared.change(|s| {
        let (begun, at) = (s.elapsed(), s.now());
        (s.begin(beginning, begun), begun, at)
    });
    let shared = shared.clone();
    tokio::spawn(async move {
        for (after, expire) in [
            (ACKNOWLEDGE_WITHIN, State::expire_unanswered as fn(&mut State, InteractionId) -> bool),
            (TOKEN_LIFE, State::expire_pending),
        ] {
            let clock = shared.clock().clone();
            // By wall time first: unlike a duration it cannot start too late when a story moves the clock at once.
            if let Ok(signed) = jiff::SignedDuration::try_from(after) {
                clock.sleep_until(at + signed).await;
            }
            while let Some(left) = (begun + after).checked_sub(clock.elapsed()).filter(|d| !d.is_zero()) {
                clock.sleep(left).await;
            }
            if !shared.change(|s| expire(s, id)) {
                return;
            }
        }
    });
    id
}

impl State {
    fn begin(&mut self, beginning: Beginning, begun: Duration) -> InteractionId {
        let id = InteractionId::new(self.next_id());
        let token = self.random().id();
        let mut payload = match self.channels.get(&beginning.channel) {
            Some(channel) => self.place_json(channel, beginning.user),
            None => json!({}),
        };
        merge(
            &mut payload,
            json!({ "id": id, "token": token, "type": beginning.kind as u8, "data": beginning.data }),
        );
        if let Some(message) = beginning.source.and_then(|id| self.messages.get(&id)) {
            payload["message"] = self.message_json(message);
        }
        if let Some(forge) = beginning.forge {
            forge(&mut payload);
        }
        let interaction = Interaction {
            id,
            token,
            kind: beginning.kind,
            user: beginning.user,
            channel: beginning.channel,
            guild: self.channels.get(&beginning.channel).and_then(|c| c.guild),
            name: whole_name(beginning.name, &beginning.data),
            source: beginning.source,
            opener: beginning.opener,
            begun,
            answered: None,
            made_version: None,
            original: None,
            awaits_first: false,
            choices: None,
            modal: None,
            failed: None,
        };
        self.interactions.insert(id, interaction);
        self.dispatch("INTERACTION_CREATE", &payload);
        id
    }

    /// After three seconds without an answer: the interaction is dead. Answers whether it still lives.
    fn expire_unanswered(&mut self, id: InteractionId) -> bool {
        let Some(interaction) = self.interactions.get_mut(&id) else { return false };
        if interaction.answered.is_some() {
            return interaction.answered == Some(5);
        }
        interaction.failed = Some(DID_NOT_RESPOND);
        if interaction.kind != Kind::Autocomplete {
            let mut message = self.answer_to(id, EPHEMERAL);
            message.now.failed = Some(DID_NOT_RESPOND.to_owned());
            let note = self.add_message(message);
            if let Some(interaction) = self.interactions.get_mut(&id) {
                interaction.original = Some(note);
            }
        }
        false
    }

    /// After 15 minutes of "thinking…": no answer can come any more.
    fn expire_pending(&mut self, id: InteractionId) -> bool {
        let original = self.interactions.get(&id).and_then(|i| i.original);
        if let Some(original) = original
            && self.messages.get(&original).is_some_and(|m| m.now.pending)
        {
            self.edit_message(original, |m| m.now.failed = Some(DID_NOT_RESPOND.to_owned()));
        }
        if let Some(interaction) = self.interactions.get_mut(&id).filter(|i| i.awaits_first) {
            interaction.failed = Some(DID_NOT_RESPOND);
        }
        false
    }

    /// An empty message of the bot's that answers an interaction.
    pub(crate) fn answer_to(&mut self, id: InteractionId, flags: u64) -> Message {
        let (now, message) = (self.now(), self.next_id());
        let interaction = self.interactions.get(&id);
        let user = interaction.map_or(BOT, |i| i.user);
        Message {
            now: Shown {
                id: MessageId::new(message),
                channel: interaction.map_or(ChannelId::new(message), |i| i.channel),
                author: BOT,
                content: String::new(),
                embeds: Vec::new(),
                components: Vec::new(),
                attachments: Vec::new(),
                visible_to: (flags & EPHEMERAL != 0).then_some(user),
                pending: false,
                failed: None,
                edited: false,
                pings: Pings::default(),
                reference: interaction.filter(|i| i.kind == Kind::Component).and_then(|i| i.source),
                invoked: interaction.map(|i| Invoked {
                    interaction: id,
                    kind: i.kind as u8,
                    name: i.name.clone(),
                    by: i.user,
                }),
            },
            guild: interaction.and_then(|i| i.guild),
            sent_at: now,
            edited_at: None,
            flags,
            mentions: Pings::default(),
            nonce: None,
            versions: 0,
            unread: Vec::new(),
        }
    }
}
