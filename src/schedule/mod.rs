//! When a summary is due: a cron expression in a time zone, right across changes of the clock.
//!
//! The crate `cronexpr` knows what an expression means on a calendar; what the clock of a time zone does to
//! it is decided here. (Alone, `cronexpr` skips a time that the clock jumps over and runs twice what the
//! clock shows twice.) Two kinds of expression are told apart:
//!
//! - *At fixed hours* (`30 2 * * *`): due at **the first instant at which the local clock shows that time or a
//!   later one**. So a time that the clock jumps over is due at the end of the jump (02:30 in Berlin's
//!   spring: at 03:00), a time that it shows twice is due the first time, and times that fall on the same
//!   instant are one. A local day that never was (Apia's 30 December 2011) has nothing due.
//! - *At every hour* (`0 * * * *`, any expression whose hour field covers all 24): due at every instant at
//!   which the local clock shows a matching time, so that it runs once in each real hour. (Where the clock
//!   moves by half an hour, as on Lord Howe, one distance is 30 or 90 minutes.)

use jiff::civil::DateTime;
use jiff::tz::{Offset, TimeZone};
use jiff::{SignedDuration, Timestamp};

/// A summary posted later than this after its due time is marked as late.
pub const LATE_AFTER: SignedDuration = SignedDuration::from_mins(5);

/// Missed due times are counted up to this many; a bot asleep for a year needs no exact number.
pub const MISSED_MAX: u32 = 999;

/// No clock was ever set back by more than this (Alaska and Manila moved the date line by 24 hours).
const LARGEST_STEP: SignedDuration = SignedDuration::from_hours(26);

/// `cronexpr` looks four years ahead; ten such looks span the 28 years after which the calendar repeats,
/// and the missing leap day of 2100.
const LOOKS: u32 = 10;

/// How far back the last due time is looked for, nearest first.
const LOOK_BACK_HOURS: [i64; 7] = [2, 26, 9 * 24, 63 * 24, 400 * 24, 5 * 366 * 24, 41 * 366 * 24];

/// When something is due: a cron expression in a time zone.
#[derive(Debug, Clone)]
pub struct Schedule {
    /// The expression on a calendar without clock changes: parsed in UTC, asked with local times.
    calendar: cronexpr::Crontab,
    time_zone: TimeZone,
    every_hour: bool,
}

/// Why a schedule can't be read. Each says what to write instead.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ScheduleError {
    /// The expression has not five fields.
    #[error(
        "{expression:?} has {found} fields, a schedule has five: minute, hour, day of month, month, day of \
         week; for example \"0 7 * * 1-5\" (07:00 from Monday to Friday). The time zone is a setting of its own"
    )]
    Fields {
        /// What was given.
        expression: String,
        /// How many fields it has.
        found: usize,
    },
    /// One field says nothing that can be understood.
    #[error(
        "the {field} in {expression:?} can't be read: {why}; a whole schedule is, for example, \
         \"0 7 * * 1-5\" (07:00 from Monday to Friday)"
    )]
    Field {
        /// What was given.
        expression: String,
        /// Which field: `minute`, `hour`, `day of month`, `month` or `day of week`.
        field: &'static str,
        /// What is wrong with it.
        why: String,
    },
    /// There is no such time.
    #[error("{0:?} never comes: no month has such a day")]
    Never(String),
    /// The time zone is not in the IANA database.
    #[error(
        "{0:?} is no IANA time zone; write one such as \"Europe/Berlin\", \"America/New_York\" or \"UTC\""
    )]
    Zone(String),
}

/// A due time that has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Due {
    /// The due time itself: what is claimed in the database, so that it is done once.
    pub at: Timestamp,
    /// Now is more than [`LATE_AFTER`] past it.
    pub late: bool,
    /// How many earlier due times went by undone, which get nothing of their own; at most [`MISSED_MAX`].
    pub missed: u32,
}

impl Schedule {
    /// Reads a cron expression of five fields (numbers, names, lists, ranges, steps) and the name of an IANA
    /// time zone. As in every cron, days of month and of week both given mean either; 0 and 7 are Sunday.
    ///
    /// # Errors
    /// [`ScheduleError`], naming what is wrong and what to write.
    pub fn parse(cron: &str, time_zone: &str) -> Result<Schedule, ScheduleError> {
        let expression = shortened(cron);
        let fields: Vec<&str> = cron.split_ascii_whitespace().collect();
        let &[minute, hour, day, month, weekday] = fields.as_slice() else {
            return Err(ScheduleError::Fields { expression, found: fields.len() });
        };
        // Each field is read alone first, so that the message can name it.
        let alone = [
            ("minute", minute, format!("{minute} * * * * UTC")),
            ("hour", hour, format!("0 {hour} * * * UTC")),
            ("day of month", day, format!("0 0 {day} * * UTC")),
            ("month", month, format!("0 0 * {month} * UTC")),
            ("day of week", weekday, format!("0 0 * * {weekday} UTC")),
        ];
        for (field, text, whole) in alone {
            let reason = match cronexpr::parse_crontab(&whole) {
                _ if !is_plain(text) => {
                    Some("only numbers, names, and the signs * , - / are known".to_owned())
                }
                Ok(_) => None,
                Err(error) => Some(reason(&error)),
            };
            if let Some(why) = reason {
                return Err(ScheduleError::Field { expression, field, why });
            }
        }
        let calendar = cronexpr::parse_crontab(&format!("{} UTC", fields.join(" "))).map_err(|error| {
            ScheduleError::Field { expression: expression.clone(), field: "expression", why: reason(&error) }
        })?;
        let name = time_zone.trim();
        let time_zone = TimeZone::get(name).map_err(|_| ScheduleError::Zone(shortened(name)))?;
        let schedule = Schedule { calendar, time_zone, every_hour: covers_every_hour(hour) };
        match schedule.next_on_calendar(DateTime::constant(2000, 1, 1, 0, 0, 0, 0)) {
            Some(_) => Ok(schedule),
            None => Err(ScheduleError::Never(expression)),
        }
    }

    /// The time zone that the expression is meant in.
    pub fn time_zone(&self) -> &TimeZone {
        &self.time_zone
    }

    /// The first due time after `t`; `None` only past the end of the calendar.
    pub fn next_after(&self, t: Timestamp) -> Option<Timestamp> {
        if self.every_hour { self.next_shown(t) } else { self.next_reached(t) }
    }

    /// The newest due time that is not after `t`; `None` if there was none in 40 years.
    pub fn last_at_or_before(&self, t: Timestamp) -> Option<Timestamp> {
        LOOK_BACK_HOURS.iter().find_map(|&hours| {
            let from = t.checked_sub(SignedDuration::from_hours(hours)).unwrap_or(Timestamp::MIN);
            self.between(from, t).last()
        })
    }

    /// What is due at `now`, if anything: the newest due time that was not done yet.
    ///
    /// `last_done` is the newest due time that was done (or given up); `started` is when this schedule was
    /// first in force, before which nothing was ever due. After a downtime only the newest due time is
    /// answered, and the others are counted. A clock that was set back makes nothing due again.
    pub fn due(&self, last_done: Option<Timestamp>, started: Timestamp, now: Timestamp) -> Option<Due> {
        // The newest instant of which nothing is to be done any more.
        let floor = match last_done {
            Some(done) => done,
            None => started.checked_sub(SignedDuration::from_nanos(1)).unwrap_or(started),
        };
        let at = self.last_at_or_before(now).filter(|at| *at > floor)?;
        let waiting = self.between(floor, at).take(MISSED_MAX as usize + 1).count();
        let missed = u32::try_from(waiting.saturating_sub(1)).unwrap_or(MISSED_MAX);
        Some(Due { at, late: now.duration_since(at) > LATE_AFTER, missed })
    }

    /// Due times after `from`, up to and with `to`, in order.
    fn between(&self, from: Timestamp, to: Timestamp) -> impl Iterator<Item = Timestamp> {
        std::iter::successors(self.next_after(from), |&t| self.next_after(t)).take_while(move |&t| t <= to)
    }

    /// The next instant after `t` at which the local clock *shows* a matching time.
    fn next_shown(&self, t: Timestamp) -> Option<Timestamp> {
        let mut offset = self.time_zone.to_offset(t);
        let mut after = offset.to_datetime(t);
        let mut changes = self.time_zone.following(t);
        loop {
            // Within one offset, local time and real time run alike.
            let found = self.next_on_calendar(after)?;
            let at = offset.to_timestamp(found).ok()?;
            match changes.next() {
                Some(change) if change.timestamp() <= at => {
                    offset = change.offset();
                    // The first moment of the new offset may match too.
                    after = just_before(offset.to_datetime(change.timestamp()))?;
                }
                _ => return Some(at),
            }
        }
    }

    /// The next instant after `t` at which the local clock first *reaches* a matching time.
    fn next_reached(&self, t: Timestamp) -> Option<Timestamp> {
        let mut after = self.latest_shown(t)?;
        loop {
            let due = self.next_on_calendar(after)?;
            if let Some(at) = self.first_reaching(due)? {
                return Some(at);
            }
            after = due;
        }
    }

    /// The latest local time that the clock has shown up to `t`. Behind a change that set the clock back it
    /// is later than what the clock shows at `t`.
    fn latest_shown(&self, t: Timestamp) -> Option<DateTime> {
        let mut latest = self.time_zone.to_datetime(t);
        let from = t.checked_sub(LARGEST_STEP).unwrap_or(Timestamp::MIN);
        for change in self.time_zone.following(from).take_while(|change| change.timestamp() <= t) {
            let before = change.timestamp().checked_sub(SignedDuration::from_nanos(1)).ok()?;
            latest = latest.max(self.time_zone.to_datetime(before));
        }
        Some(latest)
    }

    /// The first instant at which the local clock shows `due` or later. `Some(None)` if the whole local day
    /// was left out; `None` past the end of time.
    fn first_reaching(&self, due: DateTime) -> Option<Option<Timestamp>> {
        use jiff::tz::AmbiguousOffset::{Fold, Gap, Unambiguous};
        let (before, after): (Offset, Offset) = match self.time_zone.to_ambiguous_timestamp(due).offset() {
            Unambiguous { offset } => return Some(Some(offset.to_timestamp(due).ok()?)),
            Fold { before, .. } => return Some(Some(before.to_timestamp(due).ok()?)),
            Gap { before, after } => (before, after),
        };
        // The jump lies between the two readings of a time that never was.
        let (low, high) = (after.to_timestamp(due).ok()?, before.to_timestamp(due).ok()?);
        let mut jumps = self.time_zone.following(low).take_while(|change| change.timestamp() <= high);
        let jump = jumps.find(|change| change.offset().to_datetime(change.timestamp()) >= due)?.timestamp();
        let left = before.to_datetime(jump.checked_sub(SignedDuration::from_nanos(1)).ok()?);
        let arrived = after.to_datetime(jump);
        let day_existed = left.date() == due.date() || arrived.date() == due.date();
        // 23:30 with a jump from 23:00 to midnight: its day was there, though its date is over.
        Some(day_existed.then_some(jump))
    }

    /// The next matching time on the calendar, clock changes aside; strictly later than `after`.
    fn next_on_calendar(&self, after: DateTime) -> Option<DateTime> {
        let mut from = TimeZone::UTC.to_timestamp(after).ok()?;
        for _ in 0..LOOKS {
            if let Ok(found) = self.calendar.find_next(cronexpr::MakeTimestamp(from)) {
                return Some(found.datetime());
            }
            from = from.checked_add(SignedDuration::from_hours(4 * 365 * 24)).ok()?;
        }
        None
    }
}

fn just_before(time: DateTime) -> Option<DateTime> {
    time.checked_sub(SignedDuration::from_nanos(1)).ok()
}

/// Whether the hour field, already known to be readable, covers all 24 hours.
fn covers_every_hour(hour: &str) -> bool {
    let Ok(calendar) = cronexpr::parse_crontab(&format!("0 {hour} * * * UTC")) else { return false };
    (0..24).all(|hour| {
        let at = Timestamp::UNIX_EPOCH + SignedDuration::from_hours(hour);
        calendar.matches(cronexpr::MakeTimestamp(at)).unwrap_or(false)
    })
}

/// Whether a field is in the language that every cron knows. `cronexpr` also reads `L`, `W`, `#` and `H`;
/// its `L` misses every December (the month after it is 1, which is not greater than 12), so that none of
/// them is let in.
fn is_plain(field: &str) -> bool {
    let known = |piece: &str| {
        let digits = (1..=4).contains(&piece.len()) && piece.bytes().all(|b| b.is_ascii_digit());
        let name = piece.len() >= 3 && piece.bytes().all(|b| b.is_ascii_alphabetic());
        piece == "*" || digits || name
    };
    field.split([',', '-', '/']).all(known)
}

/// The last line of `cronexpr`'s drawing, without the pointer.
fn reason(error: &cronexpr::Error) -> String {
    let text = error.to_string();
    let line = text.lines().last().unwrap_or_default().trim_start();
    line.trim_start_matches('^').trim_start().to_owned()
}

fn shortened(text: &str) -> String {
    text.chars().filter(|c| !c.is_control()).take(80).collect()
}

#[cfg(test)]
mod tests;
