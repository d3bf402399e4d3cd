//! What of the files was not understood or not dated, and keeps a remedy away: it may speak against it.

use jiff::Timestamp;

use super::raw::one_line;
use crate::diagnosis::{Confidence, ServerDiagnosis, WhyNot};
use crate::words;
use crate::words::Text;

/// Why files can't be trusted with a remedy.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Doubt {
    /// Some events have a date and others have none: which came last is not told.
    Undated,
    /// Something lies among the events that looks like one and could not be read as one.
    Skipped,
    /// A record that was written after the last code 90 has an earlier time, or the clock was set back at another time than
    /// all are.
    ClockMoved,
    /// Hours go from one to twelve, and may be of the afternoon.
    HalfOfDay,
    /// An event's text holds what looks like another event.
    HoldsOthers,
    /// An event with code 90 says something that Microsoft's text does not.
    Wording,
    /// What stands beside the events is not known to say nothing against a remedy.
    Talk,
    /// A command at a prompt shows events and leaves out the newest.
    WindowPast,
    /// An event's text was so long that its middle was not read.
    Cut,
    /// Times of several zones, or of several files that name none, leave open what came last.
    ZonesMixed,
    /// By another of the times that the records name, something else came last.
    TimesDiffer,
    /// The log goes on for hours, and the sync product says nothing in it.
    ProductSilent,
    /// By the log of the computer with the last code 90 alone, no remedy stands.
    ComputersDiffer,
    /// Password sync works, or tries to, on two computers at once.
    TwoActive,
    /// An event is newer than the time to judge at.
    Future,
    /// The files say that they were taken over a day after their newest event.
    TakenLater { newest: Timestamp, taken: Timestamp },
    /// The server's Windows, or its database, is one on which only builds run that the cloud refuses.
    WindowsTooOld,
}

impl Doubt {
    /// `unknown` is a piece of what was not understood.
    fn why(self, unknown: Option<&str>) -> WhyNot {
        let (code, text): (&str, Text) = match self {
            Doubt::Undated => ("events-undated", words!("not-events-undated")),
            Doubt::Skipped => ("events-skipped", words!("not-events-skipped")),
            Doubt::ClockMoved => ("clock-moved", words!("not-clock-moved")),
            Doubt::HalfOfDay => ("clock-moved", words!("not-half-of-day")),
            Doubt::HoldsOthers => ("text-holds-other-events", words!("not-text-holds-other-events")),
            Doubt::Wording => ("code-90-wording", words!("not-code-90-wording")),
            Doubt::Talk => (
                "talk-not-understood",
                match unknown {
                    Some(said) => words!("not-talk-not-understood-here", said = shortened(said)),
                    None => words!("not-talk-not-understood"),
                },
            ),
            Doubt::WindowPast => ("window-past", words!("not-window-past")),
            Doubt::Cut => ("text-too-long", words!("not-text-too-long")),
            Doubt::ZonesMixed => ("zones-mixed", words!("not-zones-mixed")),
            Doubt::TimesDiffer => ("times-differ", words!("not-times-differ")),
            Doubt::ProductSilent => ("product-silent", words!("not-product-silent")),
            Doubt::ComputersDiffer => ("computers-differ", words!("not-computers-differ")),
            Doubt::TwoActive => ("two-active", words!("not-two-active-told")),
            Doubt::Future => ("events-after-now", words!("not-events-after-now")),
            Doubt::TakenLater { newest, taken } => {
                ("taken-later", words!("not-taken-later", newest = newest, taken = taken))
            }
            Doubt::WindowsTooOld => ("windows-too-old", words!("not-windows-too-old")),
        };
        WhyNot { code: code.into(), text }
    }

    /// Takes the remedy back, if there is one.
    pub(super) fn withhold(self, verdict: &mut ServerDiagnosis, unknown: Option<&str>) {
        if verdict.cause.command().is_none() {
            return;
        }
        verdict.confidence = Confidence::Possible;
        verdict.remedy = None;
        verdict.why_not.push(self.why(unknown));
    }
}

/// A piece of text on one line, and no longer than a glance.
fn shortened(said: &str) -> String {
    const MOST: usize = 80;
    let line = one_line(said);
    match line.char_indices().nth(MOST) {
        Some((end, _)) => format!("{}…", line.get(..end).unwrap_or_default()),
        None => line,
    }
}
