//! The log that several files make together: any order, duplicates, any size; only what matters is kept.

use std::collections::{BTreeMap, BTreeSet};

use jiff::{SignedDuration, Timestamp};

use super::bounds::{self, MAX_BYTES, MAX_EVENTS};
use super::clocks::{self, Clocks, Logs};
use super::doubt::Doubt;
use super::extent::Extent;
use super::holds::{holds_others, says_what_ours_says};
use super::raw::{MAX_DATA, Raw, When, id_by_text};
use super::reading::{Kept, Moment, Reading, Stamp};
use super::rows::{Rows, shares_our_log};
use super::taken::Taken;
use super::windows::Windows;
use super::wording::behind_code_90;
use super::{printed, talk};
use crate::diagnosis::{Finding, is_heard, names_the_product, says_more};
use crate::report::{EVENT_IDS, is_listed};
use crate::words;
use crate::words::Text;

/// The most bytes of what stands beside the events that are looked at.
const MAX_SAID: usize = 256 << 10;
/// The most bytes of one event's text that are kept: its head and its tail.
const MAX_TEXT: usize = 16 << 10;

/// A bounded log.
#[derive(Debug, Default)]
pub struct Log {
    kept: Vec<Kept>,
    /// The oldest and the newest event of the product's daily work.
    work: Option<(Kept, Kept)>,
    /// How far the events reach, also those that are not kept.
    extent: Extent,
    /// The logs whose numbers the records bear.
    logs: Logs,
    /// The files whose numbers count their rows.
    numbered_rows: BTreeSet<u32>,
    bytes: usize,
    read: u64,
    left_out: u64,
    source: u32,
    /// What this source's unambiguous dates say: day first, month first.
    orders: BTreeSet<bool>,
    /// The rows of this source.
    rows: Rows,
    /// Whether the newest rows come first, of the sources where one step leaves that order.
    newest_first: BTreeMap<u32, bool>,
    /// The files whose hours may be those of a clock of twelve.
    of_twelve: BTreeSet<u32>,
    computers: BTreeSet<String>,
    /// The files that hold several tables, one below the other.
    joined: BTreeSet<u32>,
    without_zone: bool,
    with_zone: bool,
    doubts: BTreeSet<Doubt>,
    /// What stands beside the events.
    said: BTreeSet<String>,
    said_bytes: usize,
    /// When the files say that they were taken.
    taken: Taken,
    /// The Windows that they tell of.
    windows: Windows,
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
        self.rows = Rows::default();
    }

    /// Dates that may be two are read as the same file's others must be.
    pub(super) fn end_source(&mut self) {
        let source = self.source;
        let order = match self.orders.len() {
            0 => self.rows.order().filter(|_| !self.joined.contains(&source)),
            _ => self.orders.first().copied().filter(|_| self.orders.len() == 1),
        };
        if self.rows.are_numbered() {
            self.numbered_rows.insert(source);
        }
        let newest_first = self.rows.newest_first(order).filter(|_| !self.joined.contains(&source));
        self.newest_first.extend(newest_first.map(|it| (source, it)));
        self.of_twelve.extend(Some(source).filter(|_| self.rows.may_be_of_twelve()));
        let Some(order) = order else { return };
        self.resolve(source, order);
    }

    /// Dates of a file that may be two are read in one order.
    fn resolve(&mut self, source: u32, order: bool) {
        let work = self.work.iter_mut().flat_map(|(oldest, newest)| [oldest, newest]);
        let moments = self.kept.iter_mut().chain(work).map(|kept| &mut kept.moment);
        moments.chain(self.extent.each()).for_each(|moment| moment.resolve(source, order));
    }

    /// Takes an event if it matters.
    pub(super) fn push(&mut self, mut raw: Raw) {
        self.hear(std::mem::take(&mut raw.said));
        // What has no id is no event, whatever surrounds it; it may have been one that speaks against a remedy.
        let is_ours = raw.id.is_none_or(|id| EVENT_IDS.contains(&id));
        if raw.broken || (is_ours && raw.data.len() > MAX_DATA) || (raw.id.is_none() && raw != Raw::default())
        {
            self.doubts.insert(Doubt::Skipped);
        }
        if raw.id.is_none() {
            return;
        }
        let mut raw = raw.without_wrapper();
        self.read += 1;
        if let When::Ordered { day_first, .. } = raw.when {
            self.orders.insert(day_first);
        }
        // A number that stands everywhere is none.
        raw.record = raw.record.filter(|record| *record > 0);
        let is_of_our_log = shares_our_log(raw.provider.as_deref());
        self.rows.note_number(raw.record);
        if is_of_our_log {
            self.rows.note(raw.when);
        }
        let at = raw.when.likely();
        let computer = raw.computer.as_deref().and_then(short_name);
        if let (Some(id), Some(provider)) = (raw.id, raw.provider.as_deref()) {
            self.windows.note((id, provider), || raw.text(), at, computer.as_ref());
        }
        let stamp = match raw.when {
            When::Either { day_first, month_first, suggests_day_first, .. } => {
                let is_day_first = suggests_day_first.unwrap_or(false);
                let other = When::Local(if is_day_first { month_first } else { day_first }).likely();
                other.map_or(Stamp::Known, |other| Stamp::Or { other, is_day_first })
            }
            _ => Stamp::Known,
        };
        let with_zone = matches!(raw.when, When::At(_));
        let moment = Moment {
            at: at.unwrap_or(Timestamp::MAX),
            stamp: if at.is_some() { stamp } else { Stamp::Unknown },
            zoneless: !with_zone,
            source: self.source,
            row: self.read,
            number: self.logs.number(&raw, computer.as_ref(), self.source, !with_zone),
            moved: SignedDuration::ZERO,
            unsure: false,
        };
        self.extent.note(moment, is_of_our_log);
        let of_product = |name: &String| is_listed(name.trim());
        let is_work = !is_ours && raw.provider.as_ref().is_some_and(of_product);
        let may_be_work = raw.provider.is_none() && raw.id.is_some_and(may_be_the_products);
        // What tells of the server itself is another computer's as well.
        let of_server = raw.id.is_some_and(is_heard);
        if !is_ours && !is_work && !may_be_work && !of_server && !raw.names_the_product() {
            return;
        }
        let also = raw.also.iter().filter_map(|(name, when)| Some((name.clone(), when.likely()?))).collect();
        let (several, part) = (raw.several, raw.part);
        let judged = raw.judged;
        let Some(mut event) = raw.into_event(moment.at) else { return };
        let may_tell =
            || says_what_ours_says(&event.text) || id_by_text(&event.text).is_some() || event.may_be_ours();
        if !event.counts() && !may_tell() && !of_server && !names_the_product(&event.text) {
            return;
        }
        // Ours of other ids are its daily work, of which the newest tells that the log goes on, and the oldest since when; some
        // say more.
        if is_work && !says_more(&event) {
            if at.is_some() {
                self.note_work(Kept { event, moment, computer, also, several });
            }
            return;
        }
        self.with_zone |= with_zone;
        self.without_zone |= !with_zone && at.is_some();
        if let Some(name) = computer.as_ref().filter(|_| !of_server)
            && self.computers.len() < 2
        {
            self.computers.insert(name.clone());
        }
        if holds_others(&event.text, event.id) {
            self.doubts.insert(Doubt::HoldsOthers);
        }
        if !judged
            && matches!(event.id, 652 | 655 | 6900)
            && event.counts()
            && behind_code_90(&event.text).is_some()
        {
            self.doubts.insert(Doubt::Wording);
        }
        if shorten(&mut event.text) {
            self.doubts.insert(Doubt::Cut);
        }
        self.bytes += event.text.len();
        if part > 0 {
            self.joined.insert(self.source);
        }
        self.kept.push(Kept { event, moment, computer, also, several });
        if self.kept.len() > 3 * MAX_EVENTS || self.bytes > MAX_BYTES {
            self.trim();
        }
    }

    fn note_work(&mut self, kept: Kept) {
        match &mut self.work {
            Some((_, newest)) if newest.moment.at < kept.moment.at => *newest = kept,
            Some((oldest, _)) if kept.moment.at < oldest.moment.at => *oldest = kept,
            Some(_) => {}
            None => self.work = Some((kept.clone(), kept)),
        }
    }

    /// Takes what stands beside the events. It is judged once all events are known.
    fn hear(&mut self, said: String) {
        if said.trim().is_empty() || self.doubts.contains(&Doubt::Talk) {
            return;
        }
        if self.taken.note(&said) {
            return;
        }
        let bytes = said.len();
        if self.said.insert(said) {
            self.said_bytes += bytes;
        }
        if self.said_bytes > MAX_SAID {
            self.doubts.insert(Doubt::Talk);
        }
    }

    /// Keeps to the bounds.
    fn trim(&mut self) {
        let (bytes, left_out) = bounds::trim(&mut self.kept);
        self.bytes = bytes;
        self.left_out += left_out;
    }

    /// What the log says. It is judged as of `now`, else of its newest event, else (without any date) of `clock`;
    /// events without a date count as written then.
    pub fn finish(mut self, now: Option<Timestamp>, clock: Timestamp) -> Reading {
        self.kept.extend(self.work.take().into_iter().flat_map(|(oldest, newest)| [oldest, newest]));
        self.trim();
        for (source, order) in clocks::orders(&self.kept, &self.logs, &self.numbered_rows) {
            self.resolve(source, order);
        }
        let set_back = self.set_clocks();
        let undated = self.kept.iter().filter(|kept| kept.moment.stamp == Stamp::Unknown).count();
        let ambiguous = self.kept.iter().any(|kept| matches!(kept.moment.stamp, Stamp::Or { .. }));
        let newest = self.extent.newest();
        if undated > 0 && !newest.is_empty() {
            self.doubts.insert(Doubt::Undated);
        }
        let ids: BTreeSet<u32> = self.kept.iter().map(|kept| kept.event.id).collect();
        let ids: Vec<u32> = ids.into_iter().collect();
        let computer = self.computers.first().filter(|_| self.computers.len() == 1).map(String::as_str);
        let unknown = self.said.iter().find_map(|said| talk::unknown(said, &ids, computer));
        if let Some(said) = &unknown {
            self.doubts.insert(if talk::hides_newest(said) { Doubt::WindowPast } else { Doubt::Talk });
        }
        let last = newest.iter().filter_map(|it| it.read_as(false)).max();
        if now.zip(last).is_some_and(|(now, last)| last.duration_since(now) > SLACK) {
            self.doubts.insert(Doubt::Future);
        }
        if let Some((newest, taken)) = self.taken.after(&newest) {
            self.doubts.insert(Doubt::TakenLater { newest, taken });
        }
        if self.windows.is_too_old(&self.said, now.or(last).unwrap_or(clock)) {
            self.doubts.insert(Doubt::WindowsTooOld);
        }
        Reading {
            printed: printed::read(&self.said),
            notes: self.notes(undated, ambiguous, set_back),
            ambiguous,
            joined: self.joined,
            newest_first: self.newest_first,
            of_twelve: self.of_twelve,
            now,
            clock,
            server: self.computers.first().filter(|_| self.computers.len() == 1).cloned(),
            events_read: self.read,
            doubts: self.doubts,
            unknown,
            kept: self.kept,
            spans: self.extent.spans(),
            newest,
        }
    }

    /// Moves what was written before a clock was set back. Says whether one was.
    fn set_clocks(&mut self) -> bool {
        for (source, newest_first) in &self.newest_first {
            self.logs.number_rows(&mut self.kept, *source, *newest_first);
        }
        let [likely, other] =
            [false, true].map(|order| Clocks::read(&self.kept, &self.logs, &self.numbered_rows, order));
        if likely.is_empty() && other.is_empty() {
            return false;
        }
        for Kept { moment, computer, .. } in &mut self.kept {
            Clocks::set(&likely, &other, moment, computer.as_deref());
        }
        self.extent.each().for_each(|moment| Clocks::set(&likely, &other, moment, None));
        if !(likely.are_sure() && other.are_sure()) {
            self.doubts.insert(Doubt::ClockMoved);
        }
        self.kept.iter().any(|kept| !kept.moment.moved.is_zero())
    }

    fn notes(&self, undated: usize, ambiguous: bool, set_back: bool) -> Vec<Finding> {
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
        if set_back {
            note("clock-set-back", words!("note-clock-set-back"));
        }
        if self.computers.len() > 1 {
            note("servers-many", words!("note-servers-many"));
        }
        notes
    }
}

/// How much newer than the time to judge at an event may be: clocks are read one after another.
const SLACK: SignedDuration = SignedDuration::from_secs(60);

/// Whether the sync product is known to use such ids; where nobody is told to have written one, it may be the product's.
/// Source: facts, section 1.2: directory sync, password sync, the scheduler, administrators' actions, the engine.
fn may_be_the_products(id: u32) -> bool {
    matches!(id, 100..=134 | 600..=668 | 900..=910 | 2500..=2699 | 6000..=6999)
}

/// A computer's name without its domain, in capitals.
fn short_name(name: &str) -> Option<String> {
    let name = name.split('.').next().unwrap_or(name).trim().to_uppercase();
    Some(name).filter(|name| !name.is_empty() && name.len() <= 64)
}

/// Keeps head and tail: what an error is stands at the head, what it is about at the tail. Says whether it cut.
fn shorten(text: &mut String) -> bool {
    if text.len() <= MAX_TEXT {
        return false;
    }
    let floor = |mut at: usize| {
        while !text.is_char_boundary(at) {
            at -= 1;
        }
        at
    };
    let (head, tail) = (floor(MAX_TEXT / 4 * 3), floor(text.len() - MAX_TEXT / 4));
    *text = format!("{}\n…\n{}", &text[..head], &text[tail..]);
    true
}
