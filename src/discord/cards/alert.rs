//! The one card of an incident, edited as it develops.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::Frame;
use crate::discord::embed::{Embed, Tone};
use crate::discord::message::Post;
use crate::discord::text;

/// An incident as it stands: the body of an outbox row of kind `alert`, whose subject is the card's key.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Alert {
    /// The server's name.
    pub server: String,
    /// The cause's stable id, as it stands now.
    pub cause: String,
    /// The cause in a few words.
    pub title: String,
    /// The verdict in one sentence.
    pub summary: String,
    /// Who can mend it.
    pub who: String,
    /// It is a fault that stops passwords now, not one to look at.
    pub bad: bool,
    /// Since when.
    pub started_at: Timestamp,
    /// When it was over; none while it is open.
    pub recovered_at: Option<Timestamp>,
    /// What it was, from when on, oldest first.
    #[serde(default)]
    pub course: Vec<(Timestamp, String)>,
}

/// The card.
pub fn card(alert: &Alert, mark: &str, frame: Frame) -> Post {
    let server = text::line(&alert.server);
    let (tone, title) = match alert.recovered_at {
        Some(_) => (Tone::Good, format!("{server} has recovered")),
        None if alert.bad => (Tone::Bad, format!("{server}: {}", text::line(&alert.title))),
        None => (Tone::Warning, format!("{server}: {}", text::line(&alert.title))),
    };
    let mut embed = Embed::new(tone, title)
        .description(format!("**{}**", text::line(&alert.summary)))
        .inline("Since", format!("{}\n{}", text::at(alert.started_at), text::relative(alert.started_at)));
    if let Some(over) = alert.recovered_at {
        let lasted = over.duration_since(alert.started_at);
        embed = embed.inline("Over", text::at(over)).inline("Lasted", text::span(lasted));
    } else {
        embed = embed.field("Who can", text::line(&alert.who));
        embed =
            embed.field("Next", "`/signin` shows the evidence, and offers the remedy where there is one.");
    }
    if alert.course.len() > 1 {
        let line = |(at, what): &(Timestamp, String)| format!("{} {}", text::clock(*at), text::line(what));
        let newest = &alert.course[alert.course.len().saturating_sub(10)..];
        embed = embed.lines("Course", &newest.iter().map(line).collect::<Vec<_>>());
    }
    Post::card(frame.finish(embed, Some(mark)))
}
