//! Whether one event's text holds more than that event.

use super::fields::our_id;
use super::labels::Label;
use super::line::{label_like, labelled};
use super::raw::sentences;

/// Whether a text holds the head of another event, in whatever format.
pub(super) fn holds_others(text: &str, own: u32) -> bool {
    let lower = text.to_ascii_lowercase();
    let marks = ["<event ", "<event>", "<eventid", "\"timecreated\"", "\"eventid\"", "\"timegenerated\""];
    if marks.iter().any(|mark| lower.contains(mark)) {
        return true;
    }
    let mut said = sentences(&lower);
    if matches!(own, 652 | 655 | 6900) {
        // Why a batch or a ping failed.
        said.retain(|id| !matches!(id, 115 | 906));
    }
    let goes_well = |id: &u32| matches!(id, 622 | 623 | 650 | 651 | 653 | 654 | 656 | 657);
    if said.len() > 1
        || said.iter().any(|id| goes_well(id) && *id != own)
        || text.lines().any(|line| names_another(line, own))
    {
        return true;
    }
    const HEAD: [Label; 4] = [Label::Log, Label::Id, Label::Date, Label::Provider];
    let mut labels = text.lines().filter_map(labelled).map(|(known, _)| known.label);
    let found: Vec<Label> = labels.by_ref().filter(|label| HEAD.contains(label)).take(16).collect();
    HEAD.iter().filter(|label| found.contains(label)).count() >= 2
}

/// A line that labels, in whatever language, a number that is another of our ids: the head of an event that was not known.
fn names_another(line: &str, own: u32) -> bool {
    label_like(line.trim()).and_then(|(_, value)| our_id(value)).is_some_and(|id| id != own)
}

/// Somebody else's event is kept only if it says what ours says, so that it can be shown.
pub(super) fn says_what_ours_says(text: &str) -> bool {
    let lower = text.to_ascii_lowercase();
    let mut words = lower.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty()).peekable();
    let mut code_90 = false;
    let mut last = ["", ""];
    for word in &mut words {
        code_90 |= last == ["error", "code"] && word == "90";
        last = [last[1], word];
    }
    code_90 || lower.contains("password synchronization has not been activated")
}
