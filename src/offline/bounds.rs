//! The events that a log keeps of any number of events.

use std::collections::{BTreeMap, HashSet};
use std::hash::{BuildHasher, RandomState};

use super::reading::Kept;
use crate::report::{EVENT_IDS, Event};

/// The most events of a kind that are kept.
pub(super) const MAX_EVENTS: usize = 4000;
/// The most bytes of text that are kept before the oldest go.
pub(super) const MAX_BYTES: usize = 32 << 20;

/// Events of every day, of which one tells as much as the next.
const CHATTER: &[u32] =
    &[601, 602, 605, 606, 617, 618, 619, 620, 650, 651, 653, 654, 656, 657, 658, 663, 664, 668];

/// Drops duplicates, and the oldest beyond the bounds; the newest of each id and connector stays. Gives the bytes of text that are
/// kept, and how many events were dropped.
pub(super) fn trim(kept: &mut Vec<Kept>) -> (usize, u64) {
    kept.sort_by_key(|kept| (kept.moment.at, kept.event.record));
    let (mut seen, texts) = (HashSet::new(), RandomState::new());
    kept.retain(|kept| {
        let event = &kept.event;
        let text = texts.hash_one(&event.text);
        // Two servers may give one number at one time.
        let place = (kept.computer.clone(), event.provider.clone(), event.record);
        seen.insert((event.id, kept.moment.at, place, text))
    });
    let kind = |event: &Event| (event.id, event.connector.clone(), event.counts(), succeeded(event));
    // A clock that was set back makes the last records seem old.
    let mut last = BTreeMap::new();
    for Kept { event, moment, .. } in &*kept {
        let Some(number) = moment.number else { continue };
        let highest = last.entry((number.series(), kind(event))).or_insert(number.record());
        *highest = number.record().max(*highest);
    }
    let is_last = |kept: &Kept| {
        let number = kept.moment.number.filter(|_| last.len() < MAX_EVENTS);
        number.is_some_and(|it| last.get(&(it.series(), kind(&kept.event))) == Some(&it.record()))
    };
    let mut newest = HashSet::new();
    let (mut chatter, mut signs, mut bytes) = (0, 0, 0);
    let mut keep: Vec<bool> = Vec::with_capacity(kept.len());
    for kept in kept.iter().rev() {
        let event = &kept.event;
        let is_chatter = CHATTER.contains(&event.id) || !EVENT_IDS.contains(&event.id);
        let count = if is_chatter { &mut chatter } else { &mut signs };
        let first = newest.len() < MAX_EVENTS && newest.insert(kind(event));
        let first = first || is_last(kept);
        let fits = *count < MAX_EVENTS && bytes + event.text.len() <= MAX_BYTES / 2;
        if first || fits {
            *count += 1;
            bytes += event.text.len();
        }
        keep.push(first || fits);
    }
    keep.reverse();
    let before = kept.len();
    let mut keep = keep.into_iter();
    kept.retain(|_| keep.next().unwrap_or(true));
    (bytes, (before - kept.len()) as u64)
}

/// Whether an event of one user tells that the password arrived: a sign of life among any number of failures.
fn succeeded(event: &Event) -> bool {
    event.id == 657 && event.text.to_ascii_lowercase().contains("success")
}
