//! The order of a file's rows: exports are written newest first or oldest first, so that a row at the wrong place tells of a
//! clock that was set. Files that were shuffled, or joined of several, tell nothing by their order.

use jiff::civil::DateTime;
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};

use super::raw::When;

/// The most that a clock is thought to be set; what lies farther apart, and nowhere overlaps, was joined.
pub(super) const MOST_SET: SignedDuration = SignedDuration::from_hours(24);

/// So many must agree before rows tell how dates are to be read.
const MANY: u32 = 4;

/// So many steps must agree before an order counts.
const SEVERAL: u32 = 2;

/// How far a clock of twelve hours goes back at least where it begins anew, between rows that lie no farther apart than four.
const TURN: SignedDuration = SignedDuration::from_hours(8);

/// The steps from row to row, with the dates read in one way.
#[derive(Debug, Clone, Copy, Default)]
struct Steps {
    first: Option<Timestamp>,
    last: Option<Timestamp>,
    up: u32,
    down: u32,
    /// The widest step to a newer row, and to an older one.
    rise: SignedDuration,
    fall: SignedDuration,
    /// The steps to a newer row, and to an older one, that a clock of twelve hours makes at noon, and at one in the night.
    turns_up: u32,
    turns_down: u32,
}

impl Steps {
    fn note(&mut self, at: Timestamp) {
        if let Some(last) = self.last.replace(at) {
            let step = at.duration_since(last);
            self.up += u32::from(step.is_positive());
            self.down += u32::from(step.is_negative());
            self.rise = self.rise.max(step);
            self.fall = self.fall.max(-step);
            let date = |at: Timestamp| at.to_zoned(TimeZone::UTC).date();
            let turns = step.abs() >= TURN && date(at) == date(last);
            self.turns_up += u32::from(turns && step.is_positive());
            self.turns_down += u32::from(turns && step.is_negative());
        }
        self.first = self.first.or(Some(at));
    }

    /// Whether the newest come first, in rows that are in one order but for a single step, or for those of a clock of `twelve` hours.
    fn newest_first(&self, twelve: bool) -> Option<bool> {
        let newest_first = self.down > self.up;
        let (agree, differ, step, apart, turns) = match newest_first {
            true => (self.down, self.up, self.rise, self.last > self.first, self.turns_up),
            false => (self.up, self.down, self.fall, self.last < self.first, self.turns_down),
        };
        let is_set = differ == 1 && (!apart || step <= MOST_SET);
        let turns = twelve && differ > 0 && turns == differ && agree > differ;
        (agree >= SEVERAL && (is_set || turns)).then_some(newest_first)
    }
}

/// The rows of one file, with dates that may be two read month first and day first.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Rows {
    by_order: [Steps; 2],
    suggested: Option<bool>,
    read: i128,
    /// How far all record numbers are above those of their rows.
    above: Option<i128>,
    numbers: u64,
    differ: bool,
    /// An hour above twelve, or before one, or a zone was there: the clock has 24 hours, or names its half of the day.
    all_hours: bool,
}

impl Rows {
    /// Takes the next row of the log that the sync product writes to.
    pub(super) fn note(&mut self, when: When) {
        let ways = match when {
            When::Either { day_first, month_first, suggests_day_first, .. } => {
                self.suggested = suggests_day_first;
                [month_first, day_first].map(When::Local)
            }
            when => [when; 2],
        };
        let hour = |at: DateTime| (1..=12).contains(&at.hour());
        self.all_hours |= match when {
            When::Unknown => false,
            When::At(_) | When::Ordered { half: true, .. } | When::Either { half: true, .. } => true,
            When::Local(at) | When::Ordered { at, .. } | When::Either { month_first: at, .. } => !hour(at),
        };
        for (steps, when) in self.by_order.iter_mut().zip(ways) {
            when.likely().into_iter().for_each(|at| steps.note(at));
        }
    }

    /// Takes the record number of the next row, of any log.
    pub(super) fn note_number(&mut self, record: Option<u64>) {
        self.read += 1;
        let Some(record) = record else { return };
        let above = i128::from(record) - self.read;
        self.numbers += 1;
        self.differ |= *self.above.get_or_insert(above) != above;
    }

    /// Whether what stands for record numbers counts the rows: somebody numbered them.
    pub(super) fn are_numbered(&self) -> bool {
        self.numbers > 1 && !self.differ && self.above.is_some_and(|above| (-1..=1).contains(&above))
    }

    /// The one reading of dates that may be two in which the rows are in order: day first, or month first. Text that was sorted
    /// is in order when it is read month first, unless the hours are counted to twelve.
    pub(super) fn order(&self) -> Option<bool> {
        let in_order = |steps: &Steps| {
            let (agree, differ) = (steps.up.max(steps.down), steps.up.min(steps.down));
            (agree >= MANY && differ == 0, differ > 0)
        };
        let [month_first, day_first] = [0, 1].map(|order| in_order(&self.by_order[order]));
        match (month_first, day_first) {
            ((true, _), (_, true)) if self.suggested == Some(false) => Some(false),
            ((_, true), (true, _)) => Some(true),
            _ => None,
        }
    }

    /// Whether the newest come first, but for one step back in time, or for those of a clock of twelve hours; `day_first` is what the file's other dates say.
    pub(super) fn newest_first(&self, day_first: Option<bool>) -> Option<bool> {
        let day_first = day_first.or(self.suggested).unwrap_or(false);
        self.by_order[usize::from(day_first)].newest_first(self.may_be_of_twelve())
    }

    /// Whether its hours may be those of a clock of twelve that names no half of the day.
    pub(super) fn may_be_of_twelve(&self) -> bool {
        !self.all_hours
    }
}

/// Whether a provider writes to the log that the sync product writes to, as far as is known; records and rows of another log have
/// an order of their own.
pub(super) fn shares_our_log(provider: Option<&str>) -> bool {
    const OTHERS: [&str; 3] = ["service control manager", "powershell", "eventlog"];
    let name = provider.unwrap_or_default().trim().to_ascii_lowercase();
    !name.starts_with("microsoft-windows-") && !OTHERS.contains(&name.as_str())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn newest_first(hours: &[i64]) -> Option<bool> {
        let mut rows = Rows::default();
        for hour in hours {
            rows.note(When::At(Timestamp::from_second(1_795_000_000 + hour * 3600).expect("a time")));
        }
        rows.newest_first(None)
    }

    #[test]
    fn rows_in_one_order_but_for_one_step_tell_of_a_clock_that_was_set() {
        assert_eq!(newest_first(&[8, 9, 7, 6, 5]), Some(true));
        assert_eq!(newest_first(&[5, 6, 7, 9, 8]), Some(false));
        assert_eq!(newest_first(&[8, 9, 7, 6]), Some(true));
        assert_eq!(newest_first(&[8, 2000, 7, 6, 5]), Some(true));
    }

    #[test]
    fn rows_in_order_shuffled_joined_or_too_few_tell_nothing() {
        assert_eq!(newest_first(&[9, 8, 7, 6, 5]), None);
        assert_eq!(newest_first(&[9, 5, 8, 6, 7, 2]), None);
        assert_eq!(newest_first(&[8, 9, 7]), None);
        assert_eq!(newest_first(&[9, 8, 7, 100, 99, 98]), None);
    }
}
