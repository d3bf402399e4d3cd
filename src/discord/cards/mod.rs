//! The bot's cards: pure functions from what is known to a message. Nothing here asks, decides or sends.
//!
//! - [`evidence`] the answer to "why can't users sign in?", and in it `pointer`: what the words point to; [`plain`] the
//!   same for a terminal; [`fix`] the answer to "switch it on again"; [`help`] what this person may do; [`other`] what
//!   Syncmedic is for
//! - [`file`] the answer to an event log from a file, and what is wrong with such a file
//! - [`status`] all servers at a glance, one server in full, its history
//! - [`approval`] a request on its way; [`outcome`] how it ended, and what operators must do
//! - [`alert`], [`summary`] what the team is told unasked
//! - [`records`] the newest rows of the audit
//! - [`notes`] short words: refusals, thanks, forms; `lines` what several answers share
//!
//! Every text from elsewhere is escaped and cut; a colour never stands without a symbol and a word. What one person asked
//! for comes in that person's language ([`words`](crate::words)); what a team acts on together is in English.

pub mod alert;
pub mod approval;
pub mod evidence;
pub mod file;
pub mod fix;
#[cfg(test)]
mod german;
pub mod help;
mod lines;
pub mod notes;
pub mod other;
pub mod outcome;
mod plain;
mod pointer;
pub mod records;
pub mod status;
pub mod summary;
#[cfg(test)]
mod tests;

use serde_json::Value;

pub use plain::plain;

use super::embed::{Embed, Tone};
use super::text;
use crate::diagnosis::{Cause, ForestHealth, HeartbeatLevel, Knowledge, ServerDiagnosis};
use crate::words;
use crate::words::{Language, Text};

/// What every card of this bot carries.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Frame {
    /// The API is Discord itself. If not, every card says so.
    pub discord: bool,
    /// The language of whom the card is for.
    pub language: Language,
}

impl Frame {
    /// A text of ours in the card's language: what it names is escaped already.
    pub(crate) fn say(self, text: Text) -> String {
        text.show(self.language)
    }

    /// A text that may name things from elsewhere, escaped, on one line.
    pub(crate) fn line(self, text: &Text) -> String {
        text::line(&text.show(self.language))
    }

    /// The finished card. `mark` is small print by which a message can be found again.
    pub fn finish(self, embed: Embed, mark: Option<&str>) -> Value {
        let embed = match mark {
            Some(mark) => embed.footer(mark),
            None => embed,
        };
        let embed = if self.discord { embed } else { embed.footer("not discord.com") };
        embed.build()
    }
}

/// How a verdict feels.
pub(crate) fn tone(server: &ServerDiagnosis, knowledge: &Knowledge) -> Tone {
    tone_of(server.cause, server.silent.is_none(), knowledge)
}

/// How a verdict of that cause feels; `current`: it is of what was heard just now.
fn tone_of(cause: Cause, current: bool, knowledge: &Knowledge) -> Tone {
    let explanation = knowledge.explain(cause);
    match cause {
        Cause::Healthy | Cause::Recovered if current => Tone::Good,
        Cause::Healthy | Cause::Recovered => Tone::Warning,
        _ if explanation.bad && explanation.severity >= 50 => Tone::Bad,
        _ if explanation.bad => Tone::Warning,
        _ => Tone::Plain,
    }
}

/// Whether a forest's heartbeat is awaited: a staging server and a forest whose own switch is off send none, by design.
pub(crate) fn awaited(forest: &ForestHealth, cause: Cause) -> bool {
    cause != Cause::StagingMode && forest.channel != Some(false)
}

/// How a heartbeat's age is said.
pub(crate) fn heartbeat_word(level: HeartbeatLevel) -> Text {
    match level {
        HeartbeatLevel::Fresh => words!("heartbeat-fresh"),
        HeartbeatLevel::Due => words!("heartbeat-due"),
        HeartbeatLevel::Late => words!("heartbeat-late"),
        HeartbeatLevel::Missing => words!("heartbeat-missing"),
        HeartbeatLevel::Unknown => words!("unknown"),
    }
}

/// On, off, or not known.
pub(crate) fn flag(value: Option<bool>) -> Text {
    match value {
        Some(true) => words!("on"),
        Some(false) => words!("off"),
        None => words!("unknown"),
    }
}
