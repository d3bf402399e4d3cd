//! The one card of an incident, edited as it develops.

use super::Frame;
use crate::discord::embed::{Embed, Tone};
use crate::discord::message::Post;
use crate::discord::text;
use crate::watch::alerts::SILENT;
use crate::watch::notice::{AlertNotice, AlertPhase};

/// The card.
pub fn card(alert: &AlertNotice, mark: &str, frame: Frame) -> Post {
    let agent = text::line(alert.agent.as_str());
    let (tone, title) = match alert.phase {
        AlertPhase::Recovered => (Tone::Good, format!("{agent} has recovered")),
        AlertPhase::Open if alert.cause == SILENT => (Tone::Warning, format!("{agent} is silent")),
        AlertPhase::Open => (Tone::Bad, format!("{agent}: {}", text::line(&alert.title))),
    };
    let mut embed = Embed::new(tone, title).description(format!("**{}**", text::line(&alert.summary)));
    match (alert.phase, alert.recovered_at) {
        (AlertPhase::Recovered, over) => {
            let over = over.unwrap_or(alert.changed_at);
            let lasted = text::span(over.duration_since(alert.started_at));
            // How long it went on before it was noticed is not known here.
            embed = embed
                .inline("Noticed", text::at(alert.started_at))
                .inline("Over", text::at(over))
                .inline("Lasted", format!("{lasted} since noticed"));
        }
        (AlertPhase::Open, _) => {
            let since = alert.since.unwrap_or(alert.started_at);
            embed = embed
                .inline("Since", format!("{}\n{}", text::at(since), text::relative(since)))
                .field("What to do", text::line(&alert.advice))
                .field(
                    "Evidence",
                    "`/signin` shows it, and offers the remedy where there is one that may be requested.",
                );
        }
    }
    let line = |(at, what): &(jiff::Timestamp, String)| format!("{} {}", text::clock(*at), text::line(what));
    let newest = &alert.earlier[alert.earlier.len().saturating_sub(10)..];
    embed = embed.lines("Before", &newest.iter().map(line).collect::<Vec<_>>());
    Post::card(frame.finish(embed, Some(mark)))
}
