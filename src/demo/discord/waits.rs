//! Waiting for what the bot does, and what nobody has read.
//!
//! Every version of every message of the bot's is unread until a wait returned it. A harness ends by looking at
//! [`LocalDiscord::unread`].

use std::fmt;

use serde_json::Value;
use serenity::model::id::{ChannelId, InteractionId, MessageId, UserId};

use super::LocalDiscord;
use super::interactions::OpenModal;
use super::messages::{Message, Shown, components_of};
use super::people::BOT;
use super::state::State;

/// What became of an interaction.
#[derive(Debug, Clone)]
pub enum Reply {
    /// A new message (callback types 4 and 5), once it is no longer "thinking…".
    Message(Shown),
    /// The message with the component, changed (type 7).
    Updated(Shown),
    /// A modal (type 9).
    Modal(ModalShown),
    /// Autocomplete's choices (type 8), as Discord's JSON.
    Choices(Vec<Value>),
    /// Acknowledged without an answer (type 6).
    Acknowledged,
    /// What Discord itself says after three seconds, or 15 minutes of "thinking…".
    Failed(String),
}

impl Reply {
    /// The message shown or changed, if that is what happened.
    pub fn message(self) -> Option<Shown> {
        match self {
            Reply::Message(shown) | Reply::Updated(shown) => Some(shown),
            _ => None,
        }
    }

    /// The modal, if that is what happened.
    pub fn modal(self) -> Option<ModalShown> {
        match self {
            Reply::Modal(modal) => Some(modal),
            _ => None,
        }
    }
}

/// A modal as a person sees it.
#[derive(Debug, Clone, PartialEq)]
pub struct ModalShown {
    /// What the bot gets back.
    pub custom_id: String,
    /// Its heading.
    pub title: String,
    /// Its text inputs, as Discord's JSON, top to bottom.
    pub inputs: Vec<Value>,
}

impl ModalShown {
    pub(super) fn of(modal: &OpenModal) -> ModalShown {
        ModalShown {
            custom_id: modal.custom_id.clone(),
            title: modal.title.clone(),
            inputs: components_of(&modal.components).cloned().collect(),
        }
    }
}

/// A wait that took too long, and what was there instead.
#[derive(Debug, Clone, thiserror::Error)]
#[error("waited in vain for {what}; unread at that moment: {unread}")]
pub struct Waited {
    what: String,
    unread: String,
}

/// Something that a test left behind.
#[derive(Debug, Clone)]
pub struct Unread {
    /// Where.
    pub channel: ChannelId,
    /// The message; `None` for modals and interactions.
    pub message: Option<MessageId>,
    /// What is the matter with it.
    pub why: &'static str,
    /// What can be read there.
    pub text: String,
}

impl fmt::Display for Unread {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} in {}: {:?}", self.why, self.channel, self.text)
    }
}

impl LocalDiscord {
    /// Waits until an interaction is answered and the answer is more than "thinking…".
    pub async fn reply(&self, interaction: InteractionId) -> Result<Reply, Waited> {
        self.wait(format!("a reply to interaction {interaction}"), |s| reply(s, interaction)).await
    }

    /// Waits until an interaction is acknowledged in whatever way; answers the callback's type, or `None` if the three
    /// seconds passed. Reads nothing.
    pub async fn acknowledged(&self, interaction: InteractionId) -> Result<Option<u8>, Waited> {
        self.wait(format!("an acknowledgement of interaction {interaction}"), |s| {
            let found = s.interactions.get(&interaction)?;
            match (found.answered, found.failed) {
                (None, None) => None,
                (answered, _) => Some(answered),
            }
        })
        .await
    }

    /// Waits for a followup to an interaction: a message of its beside the answer itself.
    pub async fn followup(&self, interaction: InteractionId) -> Result<Shown, Waited> {
        self.wait(format!("a followup to interaction {interaction}"), |s| {
            let original = s.interactions.get(&interaction)?.original;
            let message = s.messages.values_mut().find(|m| {
                let its = m.now.invoked.as_ref().is_some_and(|i| i.interaction == interaction);
                its && Some(m.now.id) != original && !m.unread.is_empty()
            })?;
            Some(message.unread.remove(0).1)
        })
        .await
    }

    /// Waits for a new message of the bot's in a channel that satisfies `fits`; reads only that one.
    pub async fn next_message(
        &self,
        channel: ChannelId,
        mut fits: impl FnMut(&Shown) -> bool,
    ) -> Result<Shown, Waited> {
        self.wait(format!("a new message in channel {channel}"), |s| {
            s.messages
                .values_mut()
                // Its first version is unread: nobody saw it before.
                .filter(|m| m.now.channel == channel && m.unread.first().is_some_and(|(no, _)| *no == 0))
                .find_map(|m| take_first(m, &mut fits))
        })
        .await
    }

    /// Waits until a message satisfies `fits`; reads its versions up to that one. A version that was read before counts
    /// only while it still stands.
    pub async fn updated(
        &self,
        message: MessageId,
        mut fits: impl FnMut(&Shown) -> bool,
    ) -> Result<Shown, Waited> {
        self.wait(format!("a change of message {message}"), |s| {
            let message = s.messages.get_mut(&message)?;
            take_first(message, &mut fits)
                .or_else(|| (message.unread.is_empty() && fits(&message.now)).then(|| message.now.clone()))
        })
        .await
    }

    /// Waits until a message is gone.
    pub async fn deleted(&self, message: MessageId) -> Result<(), Waited> {
        self.wait(format!("message {message} to be deleted"), |s| {
            (!s.messages.contains_key(&message)).then_some(())
        })
        .await
    }

    /// Waits until the bot holds a gateway session (true) or none (false).
    pub async fn online(&self, online: bool) -> Result<(), Waited> {
        let what = format!("the bot to be {}", if online { "online" } else { "offline" });
        self.wait(what, |s| (s.sessions.online() == online).then_some(())).await
    }

    /// How often the bot began a gateway session and how often it resumed one.
    pub fn gateway_counts(&self) -> (u64, u64) {
        self.shared.look(|s| (s.sessions.identified, s.sessions.resumed))
    }

    /// Waits until the bot has begun and resumed at least so many sessions.
    pub async fn gateway_reached(&self, identified: u64, resumed: u64) -> Result<(), Waited> {
        let what = format!("{identified} sessions and {resumed} resumes");
        self.wait(what, |s| {
            (s.sessions.identified >= identified && s.sessions.resumed >= resumed).then_some(())
        })
        .await
    }

    /// Waits for a REST request that satisfies `fits`, made now or before.
    pub async fn requested(
        &self,
        what: &str,
        mut fits: impl FnMut(&super::Recorded) -> bool,
    ) -> Result<super::Recorded, Waited> {
        self.wait(what.to_owned(), |s| s.recorded.iter().find(|r| fits(r)).cloned()).await
    }

    /// A message as it stands now, read or not.
    pub fn message(&self, message: MessageId) -> Option<Shown> {
        self.shared.look(|s| s.messages.get(&message).map(|m| m.now.clone()))
    }

    /// All messages of a channel as they stand now, oldest first, that `who` can see.
    pub fn messages(&self, channel: ChannelId, who: UserId) -> Vec<Shown> {
        self.shared.look(|s| s.visible_messages(channel, who).map(|m| m.now.clone()).collect())
    }

    /// The modal in front of a person.
    pub fn modal_of(&self, who: UserId) -> Option<ModalShown> {
        self.shared.look(|s| s.modals.get(&who).map(ModalShown::of))
    }

    /// What nobody read or finished: versions of the bot's messages, "thinking…", open modals, interactions in flight.
    pub fn unread(&self) -> Vec<Unread> {
        self.shared.look(unread)
    }

    /// Reads everything, for tests that don't care about what came before.
    pub fn read_all(&self) {
        self.shared.look(|s| s.messages.values_mut().for_each(|m| m.unread.clear()));
    }

    async fn wait<T>(&self, what: String, f: impl FnMut(&mut State) -> Option<T>) -> Result<T, Waited> {
        match tokio::time::timeout(self.patience, self.shared.until(f)).await {
            Ok(found) => Ok(found),
            Err(_) => {
                let unread: Vec<String> = self.unread().iter().map(Unread::to_string).collect();
                let unread = if unread.is_empty() { "nothing".to_owned() } else { unread.join("; ") };
                Err(Waited { what, unread })
            }
        }
    }
}

impl State {
    /// Messages of a channel that a person sees, oldest first.
    pub(crate) fn visible_messages(&self, channel: ChannelId, who: UserId) -> impl Iterator<Item = &Message> {
        self.messages
            .values()
            .filter(move |m| m.now.channel == channel && m.now.visible_to.is_none_or(|only| only == who))
    }
}

/// Takes the first unread version that fits, and those before it.
fn take_first(message: &mut Message, fits: &mut impl FnMut(&Shown) -> bool) -> Option<Shown> {
    let at = message.unread.iter().position(|(_, shown)| fits(shown))?;
    message.unread.drain(..=at).next_back().map(|(_, shown)| shown)
}

fn reply(state: &mut State, id: InteractionId) -> Option<Reply> {
    let interaction = state.interactions.get(&id)?.clone();
    let original = interaction.original.and_then(|id| state.messages.get_mut(&id));
    if let Some(failed) = interaction.failed {
        if let Some(message) = original {
            message.unread.clear();
        }
        return Some(Reply::Failed(failed.to_owned()));
    }
    match interaction.answered? {
        4 | 5 => {
            let Some(message) = original else {
                // Answered, and deleted since.
                return Some(Reply::Acknowledged);
            };
            if message.now.pending {
                return None;
            }
            let shown = match message.unread.is_empty() {
                false => message.unread.remove(0).1,
                true => message.now.clone(),
            };
            Some(Reply::Message(shown))
        }
        7 => {
            let message = original?;
            let at = message.unread.iter().position(|(no, _)| Some(*no) == interaction.made_version);
            Some(Reply::Updated(at.map_or_else(|| message.now.clone(), |at| message.unread.remove(at).1)))
        }
        8 => Some(Reply::Choices(interaction.choices.unwrap_or_default())),
        9 => interaction.modal.as_ref().map(|modal| Reply::Modal(ModalShown::of(modal))),
        _ => Some(Reply::Acknowledged),
    }
}

fn unread(state: &mut State) -> Vec<Unread> {
    let messages = state.messages.values().filter(|m| m.now.author == BOT).flat_map(|m| {
        let versions = m.unread.iter().map(|(no, shown)| {
            let why = if *no == 0 { "unread message" } else { "unread change" };
            (why, shown.text())
        });
        let pending = m.now.pending.then(|| ("still thinking", String::new()));
        let what: Vec<_> = versions.chain(pending).collect();
        what.into_iter().map(|(why, text)| Unread {
            channel: m.now.channel,
            message: Some(m.now.id),
            why,
            text,
        })
    });
    let modals = state.modals.values().filter_map(|modal| {
        let interaction = state.interactions.get(&modal.interaction)?;
        Some(Unread {
            channel: interaction.channel,
            message: None,
            why: "modal left open",
            text: modal.title.clone(),
        })
    });
    let in_flight = state.interactions.values().filter(|i| i.answered.is_none() && i.failed.is_none());
    let in_flight = in_flight.map(|i| Unread {
        channel: i.channel,
        message: None,
        why: "interaction without an answer",
        text: i.name.clone(),
    });
    messages.chain(modals).chain(in_flight).collect()
}
