//! Dates as logs and people write them.
//!
//! A time without a zone is the server's own and is read as UTC: what counts is which event is newer. A date such as
//! `03/04/2026` says by itself neither March nor April; the log decides, or says that it can't.

use jiff::Timestamp;
use jiff::civil::DateTime;

use super::calendar::{Half, UNITS, half_of_day, month};
use super::raw::When;

/// Reads a time; before the first program that synchronised passwords it is none. `day_first` is what the surroundings (the language of the labels) say of slashed dates.
pub(super) fn read(text: &str, day_first: Option<bool>) -> When {
    match exact(text).unwrap_or_else(|| written(text, day_first)) {
        When::At(at) if at.to_zoned(jiff::tz::TimeZone::UTC).year() < *YEARS.start() => When::Unknown,
        when => when,
    }
}

fn written(text: &str, day_first: Option<bool>) -> When {
    let text = super::raw::one_line(text);
    if ["...", "…"].iter().any(|cut| text.contains(cut)) {
        // What a table cut off may have been the afternoon.
        return When::Unknown;
    }
    if let Some(at) = exact(&text) {
        return at;
    }
    if let Some(at) = script_date(&text) {
        return When::At(at);
    }
    let Some((text, offset)) = without_offset(&text) else { return When::Unknown };
    let when = by_numbers(text, day_first).unwrap_or_default();
    let Some(seconds) = offset else { return when };
    match when {
        When::Local(at) | When::Ordered { at, .. } => in_utc(at, seconds).map_or(When::Unknown, When::At),
        _ => When::Unknown,
    }
}

fn in_utc(at: DateTime, offset: i64) -> Option<Timestamp> {
    let at = at.to_zoned(jiff::tz::TimeZone::UTC).ok()?.timestamp();
    at.checked_sub(jiff::SignedDuration::from_secs(offset)).ok()
}

/// A time without the zone behind it, and how far that lies before UTC, in seconds. `None` if what stands behind is
/// a zone that is not told in numbers.
fn without_offset(text: &str) -> Option<(&str, Option<i64>)> {
    let bare = text.trim_end_matches([')', ' ']);
    let number = |text: &str| text.parse::<i64>().ok().filter(|_| text.bytes().all(|b| b.is_ascii_digit()));
    let offset = |at: usize| {
        let (sign, rest) = (bare.get(at..at + 1)?, bare.get(at + 1..)?);
        let (hours, minutes) = match rest.len() {
            1 | 2 => (number(rest)?, 0),
            4 => (number(rest.get(..2)?)?, number(rest.get(2..)?)?),
            5 if rest.get(2..3) == Some(":") => (number(rest.get(..2)?)?, number(rest.get(3..)?)?),
            _ => return None,
        };
        let seconds = hours * 3600 + minutes * 60;
        (hours <= 14 && minutes < 60).then_some(if sign == "-" { -seconds } else { seconds })
    };
    let named = |text: &'_ str| {
        let upper = text.to_ascii_uppercase();
        let zone = ["UTC", "GMT"].into_iter().find(|zone| upper.ends_with(zone));
        zone.map(|zone| text.len() - zone.len())
    };
    let trimmed = |at: usize| bare.get(..at).map(|text| text.trim_end_matches([' ', '(']));
    // Behind the time: a date may hold a hyphen too.
    let behind = |at: usize| bare.get(..at).is_some_and(|text| text.contains(':'));
    if let Some(at) = bare.rfind(['+', '-']).filter(|at| behind(*at)) {
        let seconds = offset(at)?;
        let before = trimmed(at)?;
        let before = named(before).and_then(|at| before.get(..at)).unwrap_or(before);
        return Some((before.trim_end_matches([' ', '(']), Some(seconds)));
    }
    if let Some(at) = named(bare) {
        return Some((trimmed(at)?, Some(0)));
    }
    if let Some(before) = bare.strip_suffix('Z').filter(|text| text.ends_with(|c: char| c.is_ascii_digit())) {
        return Some((before, Some(0)));
    }
    // An abbreviation such as CET may stand for several zones.
    let last = bare.rsplit(' ').next().unwrap_or_default();
    let is_zone = (3..=5).contains(&last.len())
        && last.bytes().all(|b| b.is_ascii_uppercase())
        && bare.strip_suffix(last).is_some_and(|text| text.contains(':'));
    (!is_zone).then_some((text, None))
}

/// ISO 8601, with or without a zone.
fn exact(text: &str) -> Option<When> {
    if let Ok(at) = text.parse::<Timestamp>() {
        return Some(When::At(at));
    }
    let iso = text.as_bytes().get(4) == Some(&b'-');
    let at = iso.then(|| text.parse::<DateTime>().ok()).flatten()?;
    Some(if YEARS.contains(&at.year()) { When::Local(at) } else { When::Unknown })
}

/// `/Date(1764032400000)/`, as Windows PowerShell writes it: milliseconds since 1970, always UTC.
fn script_date(text: &str) -> Option<Timestamp> {
    let (_, inner) = text.split_once("Date(")?;
    let (inner, _) = inner.split_once(')')?;
    let end =
        inner.char_indices().skip(1).find(|(_, c)| !c.is_ascii_digit()).map_or(inner.len(), |(at, _)| at);
    Timestamp::from_millisecond(inner.get(..end)?.parse().ok()?).ok()
}

/// Any separators: the numbers in it, told apart by what each can be, and the words between them.
fn by_numbers(text: &str, surroundings: Option<bool>) -> Option<When> {
    let lower = text.to_lowercase();
    let numbers = numbers(&lower);
    let value = |index: usize| numbers.get(index).map(|number| number.value);
    let date = date(&lower, &numbers)?;
    let from = date.numbers();
    let half = half_of_day(lower.get(numbers.get(from - 1)?.end..)?)?;
    let hour = value(from)?;
    let (minute, second) = (value(from + 1)?, value(from + 2).unwrap_or(0));
    let fraction = numbers.get(from + 3).filter(|number| number.digits() <= 9);
    let nanos = fraction.map_or(0, |number| {
        let scale = 10_i64.pow(u32::try_from(9 - number.digits()).unwrap_or(0));
        number.value.saturating_mul(scale)
    });
    // Whatever the labels' language, its region may be America: others write the half of the day otherwise.
    let is_american = [" am", " pm"].iter().any(|half| lower.ends_with(half));
    let hour = match half {
        Half::Morning if (1..=12).contains(&hour) => hour % 12,
        Half::Afternoon if (1..=12).contains(&hour) => hour % 12 + 12,
        _ => hour,
    };
    let half = half != Half::Untold;
    let at = |year: i64, month: i64, day: i64| {
        let part = |value: i64| i8::try_from(value).ok();
        let year = i16::try_from(year).ok().filter(|year| YEARS.contains(year))?;
        let (hour, minute, second) = (part(hour)?, part(minute)?, part(second)?);
        DateTime::new(year, part(month)?, part(day)?, hour, minute, second, i32::try_from(nanos).ok()?).ok()
    };
    match date {
        Date::Numbers(year, month, day) | Date::Named(year, month, day) => {
            at(year, month, day).map(When::Local)
        }
        Date::Slashed(year, first, second) => match (at(year, second, first), at(year, first, second)) {
            (Some(day_first), Some(month_first)) if day_first == month_first => Some(When::Local(day_first)),
            (Some(day_first), Some(_)) if surroundings == Some(true) && !is_american => {
                Some(When::Local(day_first))
            }
            (Some(day_first), Some(month_first)) => {
                let suggests = !half || surroundings == Some(true);
                Some(When::Either { day_first, month_first, suggests_day_first: Some(suggests), half })
            }
            (Some(at), None) => Some(When::Ordered { at, day_first: true, half }),
            (None, Some(at)) => Some(When::Ordered { at, day_first: false, half }),
            (None, None) => None,
        },
    }
}

/// The years that a log can be of: 1601 and 1970 stand for none, and the first program that synchronised passwords is of 2013.
/// Other calendars than ours count otherwise: 2569, 1448, 115.
const YEARS: std::ops::RangeInclusive<i16> = 2013..=2100;

/// The years that two digits may mean.
const SHORT_YEARS: std::ops::RangeInclusive<i64> = 2013..=2039;

/// The date that a time begins with. `None` if it can't be told, or may be of two years.
fn date(lower: &str, numbers: &[Number]) -> Option<Date> {
    let (first, second) = (numbers.first()?, numbers.get(1)?);
    let between = |one: &Number, other: &Number| lower.get(one.end..other.start).unwrap_or_default();
    let short = |number: &Number| {
        (number.digits() == 2).then_some(2000 + number.value).filter(|year| SHORT_YEARS.contains(year))
    };
    let year = |number: &Number| if number.digits() == 4 { Some(number.value) } else { short(number) };
    let mark = |one: &Number, other: &Number| {
        let between = between(one, other).trim();
        let mark = between.chars().next()?;
        let wordless = between.chars().all(|c| !c.is_alphabetic() || UNITS.contains(&c));
        (wordless && (['.', '/', '-'].contains(&mark) || UNITS.contains(&mark))).then_some(mark)
    };
    let separator = mark(first, second);
    let third = numbers.get(2).filter(|third| match (separator, mark(second, third)) {
        (Some(one), Some(other)) => one == other || (UNITS.contains(&one) && UNITS.contains(&other)),
        _ => false,
    });
    if let Some(third) = third {
        let separator = separator?;
        if first.digits() == 4 {
            return Some(Date::Numbers(first.value, second.value, third.value));
        }
        if UNITS.contains(&separator) {
            // The year of an emperor.
            return None;
        }
        if third.digits() == 4 || third.digits() == 2 {
            let can_begin = short(first).is_some() && is_date(second.value, third.value);
            let can_end = is_date(first.value, second.value) || is_date(second.value, first.value);
            let ends = year(third).filter(|_| can_end);
            return match (ends, third.digits() == 2 && can_begin) {
                (Some(_), true) | (None, false) => None,
                (None, true) => short(first).map(|year| Date::Numbers(year, second.value, third.value)),
                (Some(year), false) if separator == '.' => {
                    Some(Date::Numbers(year, second.value, first.value))
                }
                (Some(year), false) => Some(Date::Slashed(year, first.value, second.value)),
            };
        }
        return None;
    }
    // "22. November 2026", "Sunday, November 22, 2026", "2026. november 22."
    let month = month(lower.get(..second.start)?).filter(|_| !between(first, second).contains(':'))?;
    let is_day = |number: &Number| number.digits() <= 2 && (1..=31).contains(&number.value);
    let year_of = |one: &Number, other: &Number| year(one).filter(|_| is_day(other));
    match (year_of(first, second), year_of(second, first)) {
        (Some(year), None) => Some(Date::Named(year, month, second.value)),
        (None, Some(year)) => Some(Date::Named(year, month, first.value)),
        _ => None,
    }
}

fn is_date(month: i64, day: i64) -> bool {
    (1..=12).contains(&month) && (1..=31).contains(&day)
}

/// Year, month and day, or what may be either.
enum Date {
    /// Told by three numbers.
    Numbers(i64, i64, i64),
    /// Told by two numbers and the month's name.
    Named(i64, i64, i64),
    /// A year, and two numbers of which either may be the day.
    Slashed(i64, i64, i64),
}

impl Date {
    /// How many numbers it takes.
    fn numbers(&self) -> usize {
        if matches!(self, Date::Named(..)) { 2 } else { 3 }
    }
}

/// A number in a text, and where it stands.
struct Number {
    value: i64,
    start: usize,
    end: usize,
}

impl Number {
    fn digits(&self) -> usize {
        self.end - self.start
    }
}

/// The first numbers of a text.
fn numbers(text: &str) -> Vec<Number> {
    let mut found = Vec::new();
    let mut begun = None;
    for (at, c) in text.char_indices().chain([(text.len(), ' ')]) {
        match (c.is_ascii_digit(), begun) {
            (true, None) => begun = Some(at),
            (false, Some(start)) => {
                if let Some(value) = text.get(start..at).and_then(|digits| digits.parse().ok()) {
                    found.push(Number { value, start, end: at });
                }
                begun = None;
            }
            _ => {}
        }
        if found.len() > 8 {
            break;
        }
    }
    found
}

#[cfg(test)]
#[path = "time_tests.rs"]
mod tests;
