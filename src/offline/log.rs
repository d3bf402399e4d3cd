//! The log that several files make together: any order, duplicates, any size; only what matters is kept.

use std::collections::{BTreeSet, HashSet};

use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};

use super::doubt::Doubt;
use super::labels::Label;
use super::line::labelled;
use super::raw::{MAX_DATA, Raw, When};
use crate::diagnosis::Finding;
use crate::report::{EVENT_IDS, Event};
use crate::words;
use crate::words::Text;

/// The most events of a kind that are kept.
const MAX_EVENTS: usize = 4000;
/// The most bytes of text that are kept before the oldest go.
const MAX_BYTES: usize = 32 << 20;
/// The most bytes of one event's text that are kept: its head and its tail.
const MAX_TEXT: usize = 16 << 10;

/// Events of every day, of which one tells as much as the next.
const CHATTER: &[u32] =
    &[601, 602, 605, 606, 617, 618, 619, 620, 650, 651, 653, 654, 656, 657, 658, 663, 664, 668];

/// A bounded log.
#[derive(Debug, Default)]
pub struct Log {
    kept: Vec<Kept>,
    /// The newest moments of all events, also of those that are not kept: with a zone, without, and of the two
    /// readings of dates that may be two.
    newest: [Option<Moment>; 4],
    bytes: usize,
    read: u64,
    left_out: u64,
    source: u32,
    /// What this source's unambiguous dates say: day first, month first.
    orders: BTreeSet<bool>,
    computers: BTreeSet<String>,
    without_zone: bool,
    with_zone: bool,
    doubts: BTreeSet<Doubt>,
}

#[derive(Debug, Clone)]
struct Kept {
    event: Event,
    moment: Moment,
    /// The short name of the computer, where it is told.
    computer: Option<String>,
}

/// When something was written.
#[derive(Debug, Clone, Copy)]
struct Moment {
    /// The likelier reading.
    at: Timestamp,
    stamp: Stamp,
    /// It names no zone.
    zoneless: bool,
    source: u32,
}

impl Moment {
    /// Read in one of the ways it can be; `None` if it is not known.
    fn read_as(&self, other_order: bool, zone: SignedDuration) -> Option<Timestamp> {
        let at = match self.stamp {
            Stamp::Unknown => return None,
            Stamp::Or { other, .. } if other_order => other,
            _ => self.at,
        };
        Some(if self.zoneless { at.checked_sub(zone).unwrap_or(at) } else { at })
    }

    /// Reads it as the dates of its source must be read.
    fn resolve(&mut self, source: u32, order: bool) {
        if let Stamp::Or { other, is_day_first } = self.stamp
            && self.source == source
        {
            if is_day_first != order {
                self.at = other;
            }
            self.stamp = Stamp::Known;
        }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Stamp {
    Known,
    /// The other reading.
    Or {
        other: Timestamp,
        is_day_first: bool,
    },
    Unknown,
}

/// What a log says, ready to be judged.
#[derive(Debug, Clone)]
pub struct Reading {
    kept: Vec<Kept>,
    newest: Vec<Moment>,
    ambiguous: bool,
    mixed_zones: bool,
    /// The time to judge at, where it was given.
    now: Option<Timestamp>,
    clock: Timestamp,
    /// The server's name, if every event that names one names the same.
    pub server: Option<String>,
    /// How many events the files held.
    pub events_read: u64,
    /// What the reader of the answer should know.
    pub notes: Vec<Finding>,
    /// What of the files was not understood: no remedy stands beside it.
    pub(super) doubts: BTreeSet<Doubt>,
}

impl Log {
    /// An empty log.
    pub fn new() -> Log {
        Log::default()
    }

    /// How many events were read so far, relevant or not.
    pub fn events_read(&self) -> u64 {
        self.read
    }

    pub(super) fn begin_source(&mut self) {
        self.source += 1;
        self.orders.clear();
    }

    /// Dates that may be two are read as the same file's others must be.
    pub(super) fn end_source(&mut self) {
        let Some(order) = self.orders.first().copied().filter(|_| self.orders.len() == 1) else { return };
        let source = self.source;
        self.kept.iter_mut().for_each(|kept| kept.moment.resolve(source, order));
        let newest = std::mem::take(&mut self.newest);
        for mut moment in newest.into_iter().flatten() {
            moment.resolve(source, order);
            self.note_newest(moment);
        }
    }

    fn note_newest(&mut self, moment: Moment) {
        let places = match moment.stamp {
            Stamp::Unknown => return,
            Stamp::Known => [usize::from(moment.zoneless); 2],
            Stamp::Or { .. } => [2, 3],
        };
        for place in places {
            let at = |moment: &Moment| moment.read_as(place == 3, SignedDuration::ZERO);
            let slot = &mut self.newest[place];
            if slot.as_ref().is_none_or(|known| at(known) < at(&moment)) {
                *slot = Some(moment);
            }
        }
    }

    /// Takes an event if it matters.
    pub(super) fn push(&mut self, raw: Raw) {
        // What has no id is no event, whatever surrounds it; it may have been one that speaks against a remedy.
        if raw.broken || raw.data.len() > MAX_DATA || (raw.id.is_none() && raw != Raw::default()) {
            self.doubts.insert(Doubt::Skipped);
        }
        let Some(id) = raw.id else { return };
        self.read += 1;
        let utc = |at: jiff::civil::DateTime| at.to_zoned(TimeZone::UTC).map(|at| at.timestamp()).ok();
        if let When::Ordered { day_first, .. } = raw.when {
            self.orders.insert(day_first);
        }
        let (at, stamp) = match raw.when {
            When::At(at) => (Some(at), Stamp::Known),
            When::Local(at) | When::Ordered { at, .. } => (utc(at), Stamp::Known),
            When::Either { day_first, month_first, suggests_day_first } => {
                let is_day_first = suggests_day_first.unwrap_or(false);
                let (likely, other) =
                    if is_day_first { (day_first, month_first) } else { (month_first, day_first) };
                match utc(other) {
                    Some(other) => (utc(likely), Stamp::Or { other, is_day_first }),
                    None => (utc(likely), Stamp::Known),
                }
            }
            When::Unknown => (None, Stamp::Unknown),
        };
        let with_zone = matches!(raw.when, When::At(_));
        let moment = Moment {
            at: at.unwrap_or(Timestamp::MAX),
            stamp: if at.is_some() { stamp } else { Stamp::Unknown },
            zoneless: !with_zone,
            source: self.source,
        };
        self.note_newest(moment);
        if !EVENT_IDS.contains(&id) {
            return;
        }
        let computer =
            raw.computer.as_deref().map(|name| name.split('.').next().unwrap_or(name).trim().to_owned());
        let Some(mut event) = raw.into_event(moment.at) else { return };
        if !event.counts() && !says_what_ours_says(&event.text) {
            return;
        }
        self.with_zone |= with_zone;
        self.without_zone |= !with_zone && at.is_some();
        let computer = computer.filter(|name| !name.is_empty() && name.len() <= 64);
        if let Some(name) = &computer
            && self.computers.len() < 2
        {
            self.computers.insert(name.to_uppercase());
        }
        if holds_others(&event.text) {
            self.doubts.insert(Doubt::HoldsOthers);
        }
        shorten(&mut event.text);
        self.bytes += event.text.len();
        self.kept.push(Kept { event, moment, computer });
        if self.kept.len() > 3 * MAX_EVENTS || self.bytes > MAX_BYTES {
            self.trim();
        }
    }

    /// Drops duplicates, and the oldest beyond the bounds; the newest of each id and connector stays.
    fn trim(&mut self) {
        self.kept.sort_by_key(|kept| (kept.moment.at, kept.event.record));
        let mut seen = HashSet::new();
        self.kept.retain(|kept| {
            let event = &kept.event;
            let text = if event.record.is_some() { None } else { Some(event.text.clone()) };
            seen.insert((event.id, kept.moment.at, event.provider.clone(), event.record, text))
        });
        let mut newest = HashSet::new();
        let (mut chatter, mut signs, mut bytes) = (0, 0, 0);
        let mut keep: Vec<bool> = Vec::with_capacity(self.kept.len());
        for kept in self.kept.iter().rev() {
            let event = &kept.event;
            let count = if CHATTER.contains(&event.id) { &mut chatter } else { &mut signs };
            let first = newest.len() < MAX_EVENTS
                && newest.insert((event.id, event.connector.clone(), event.counts(), succeeded(event)));
            let fits = *count < MAX_EVENTS && bytes + event.text.len() <= MAX_BYTES / 2;
            if first || fits {
                *count += 1;
                bytes += event.text.len();
            }
            keep.push(first || fits);
        }
        keep.reverse();
        let before = self.kept.len();
        let mut keep = keep.into_iter();
        self.kept.retain(|_| keep.next().unwrap_or(true));
        self.left_out += (before - self.kept.len()) as u64;
        self.bytes = bytes;
    }

    /// What the log says. It is judged as of `now`, else of its newest event, else (without any date) of `clock`;
    /// events without a date count as written then.
    pub fn finish(mut self, now: Option<Timestamp>, clock: Timestamp) -> Reading {
        self.trim();
        let undated = self.kept.iter().filter(|kept| kept.moment.stamp == Stamp::Unknown).count();
        let ambiguous = self.kept.iter().any(|kept| matches!(kept.moment.stamp, Stamp::Or { .. }));
        if undated > 0 && self.newest.iter().flatten().next().is_some() {
            self.doubts.insert(Doubt::Undated);
        }
        Reading {
            notes: self.notes(undated, ambiguous),
            ambiguous,
            mixed_zones: self.with_zone && self.without_zone,
            now,
            clock,
            server: self.computers.first().filter(|_| self.computers.len() == 1).cloned(),
            events_read: self.read,
            doubts: self.doubts,
            kept: self.kept,
            newest: self.newest.into_iter().flatten().collect(),
        }
    }

    fn notes(&self, undated: usize, ambiguous: bool) -> Vec<Finding> {
        let mut notes = Vec::new();
        let mut note = |code: &str, text: Text| notes.push(Finding { code: code.into(), text });
        if undated > 0 {
            note("dates-missing", words!("note-dates-missing", count = undated.to_string()));
        }
        if ambiguous {
            note("dates-ambiguous", words!("note-dates-ambiguous"));
        }
        if self.without_zone {
            note(
                "zone-missing",
                match self.with_zone {
                    true => words!("note-zones-mixed"),
                    false => words!("note-zone-missing"),
                },
            );
        }
        if self.computers.len() > 1 {
            note("servers-many", words!("note-servers-many"));
        }
        notes
    }
}

/// How far zones lie from UTC, in hours.
const ZONES: std::ops::RangeInclusive<i64> = -12..=14;

impl Reading {
    /// The same log with every text in it masked, for places where the names in it must not be seen. The server's
    /// name stays.
    #[must_use]
    pub fn masked(mut self, mask: impl Fn(&str) -> String) -> Reading {
        for Kept { event, .. } in &mut self.kept {
            event.text = mask(&event.text);
            event.provider = event.provider.as_deref().map(&mask);
        }
        self
    }

    /// The relevant events as they are most likely meant, and the time to judge them at.
    pub fn events(&self) -> (Vec<Event>, Timestamp) {
        self.read_as(false, SignedDuration::ZERO)
    }

    /// The computer of each of the [events](Self::events).
    pub(super) fn computers(&self) -> Vec<Option<&str>> {
        self.kept.iter().map(|kept| kept.computer.as_deref()).collect()
    }

    /// The other ways to read the events' times, where the files leave them open.
    pub fn alternatives(&self) -> impl Iterator<Item = (Vec<Event>, Timestamp)> + '_ {
        let zones = self.mixed_zones.then_some(ZONES).into_iter().flatten().map(SignedDuration::from_hours);
        let shifts = zones.chain((!self.mixed_zones).then_some(SignedDuration::ZERO));
        let orders = [false, true].into_iter().filter(|other| !other || self.ambiguous);
        let ways = shifts.flat_map(move |shift| orders.clone().map(move |other| (other, shift)));
        ways.filter(|way| *way != (false, SignedDuration::ZERO))
            .map(|(other, shift)| self.read_as(other, shift))
    }

    fn read_as(&self, other_order: bool, zone: SignedDuration) -> (Vec<Event>, Timestamp) {
        let at = |moment: &Moment| moment.read_as(other_order, zone);
        let newest = self.newest.iter().filter_map(at).max();
        let now = self.now.or(newest).unwrap_or(self.clock);
        let dated = |kept: &Kept| Event { at: at(&kept.moment).unwrap_or(now), ..kept.event.clone() };
        (self.kept.iter().map(dated).collect(), now)
    }
}

/// Keeps head and tail: what an error is stands at the head, what it is about at the tail.
fn shorten(text: &mut String) {
    if text.len() <= MAX_TEXT {
        return;
    }
    let floor = |mut at: usize| {
        while !text.is_char_boundary(at) {
            at -= 1;
        }
        at
    };
    let (head, tail) = (floor(MAX_TEXT / 4 * 3), floor(text.len() - MAX_TEXT / 4));
    *text = format!("{}\n…\n{}", &text[..head], &text[tail..]);
}

/// Whether a text holds the head of another event, in whatever format.
fn holds_others(text: &str) -> bool {
    let lower = text.to_ascii_lowercase();
    let marks = ["<event ", "<event>", "<eventid", "\"timecreated\"", "\"eventid\"", "\"timegenerated\""];
    if marks.iter().any(|mark| lower.contains(mark)) {
        return true;
    }
    const HEAD: [Label; 4] = [Label::Log, Label::Id, Label::Date, Label::Provider];
    let mut labels = text.lines().filter_map(labelled).map(|(known, _)| known.label);
    let found: Vec<Label> = labels.by_ref().filter(|label| HEAD.contains(label)).take(16).collect();
    HEAD.iter().filter(|label| found.contains(label)).count() >= 2
}

/// Whether an event of one user tells that the password arrived: a sign of life among any number of failures.
fn succeeded(event: &Event) -> bool {
    event.id == 657 && event.text.to_ascii_lowercase().contains("success")
}

/// Somebody else's event is kept only if it says what ours says, so that it can be shown.
fn says_what_ours_says(text: &str) -> bool {
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
