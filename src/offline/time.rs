//! Dates as logs and people write them.
//!
//! A time without a zone is the server's own and is read as UTC: what counts is which event is newer. A date such as
//! `03/04/2026` says by itself neither March nor April; the log decides, or says that it can't.

use jiff::Timestamp;
use jiff::civil::DateTime;

use super::raw::When;

/// Reads a time. `day_first` is what the surroundings (the language of the labels) say of slashed dates.
pub(super) fn read(text: &str, day_first: Option<bool>) -> When {
    let text = super::raw::one_line(text);
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
    iso.then(|| text.parse::<DateTime>().ok()).flatten().map(When::Local)
}

/// `/Date(1764032400000)/`, as Windows PowerShell writes it: milliseconds since 1970, always UTC.
fn script_date(text: &str) -> Option<Timestamp> {
    let (_, inner) = text.split_once("Date(")?;
    let (inner, _) = inner.split_once(')')?;
    let end =
        inner.char_indices().skip(1).find(|(_, c)| !c.is_ascii_digit()).map_or(inner.len(), |(at, _)| at);
    Timestamp::from_millisecond(inner.get(..end)?.parse().ok()?).ok()
}

/// Any order and any separators: the numbers in it, told apart by what each can be.
fn by_numbers(text: &str, surroundings: Option<bool>) -> Option<When> {
    let lower = text.to_lowercase();
    let numbers: Vec<(i64, usize, usize)> = numbers(&lower);
    let value = |index: usize| numbers.get(index).map(|(value, _, _)| *value);
    let digits = |index: usize| numbers.get(index).map_or(0, |(_, digits, _)| *digits);
    let month = month_name(&lower);
    let (date, time_from) = if digits(0) == 4 {
        (Date::Known(value(0)?, value(1)?, value(2)?), 3)
    } else if let Some(month) = month {
        // "22. November 2026", "Sunday, November 22, 2026".
        (Date::Known(value(1)?, month, value(0)?), 2)
    } else if digits(2) == 4 || digits(2) == 2 {
        let year = if digits(2) == 2 { 2000 + value(2)? } else { value(2)? };
        let (first, second) = (value(0)?, value(1)?);
        let separator = lower.get(numbers.first()?.2..)?.chars().next()?;
        (
            if separator == '.' {
                Date::Known(year, second, first)
            } else {
                Date::Slashed(year, first, second)
            },
            3,
        )
    } else {
        return None;
    };
    let hour = value(time_from)?;
    let (minute, second) = (value(time_from + 1)?, value(time_from + 2).unwrap_or(0));
    let fraction = numbers.get(time_from + 3).filter(|(_, digits, _)| *digits <= 9);
    let nanos = fraction.map_or(0, |(value, digits, _)| {
        let scale = 10_i64.pow(u32::try_from(9 - digits).unwrap_or(0));
        value.saturating_mul(scale)
    });
    let hour = match half_of_day(&lower) {
        Some(afternoon) if (1..=12).contains(&hour) => hour % 12 + if afternoon { 12 } else { 0 },
        _ => hour,
    };
    let at = |year: i64, month: i64, day: i64| {
        let part = |value: i64| i8::try_from(value).ok();
        DateTime::new(
            i16::try_from(year).ok()?,
            part(month)?,
            part(day)?,
            part(hour)?,
            part(minute)?,
            part(second)?,
            i32::try_from(nanos).ok()?,
        )
        .ok()
    };
    match date {
        Date::Known(year, month, day) => at(year, month, day).map(When::Local),
        Date::Slashed(year, first, second) => match (at(year, second, first), at(year, first, second)) {
            (Some(day_first), Some(month_first)) if day_first == month_first => Some(When::Local(day_first)),
            (Some(day_first), Some(_)) if surroundings == Some(true) => Some(When::Local(day_first)),
            (Some(day_first), Some(month_first)) => Some(When::Either {
                day_first,
                month_first,
                suggests_day_first: Some(half_of_day(&lower).is_none()),
            }),
            (Some(at), None) => Some(When::Ordered { at, day_first: true }),
            (None, Some(at)) => Some(When::Ordered { at, day_first: false }),
            (None, None) => None,
        },
    }
}

enum Date {
    /// Year, month, day.
    Known(i64, i64, i64),
    /// Year, and two numbers of which either may be the day.
    Slashed(i64, i64, i64),
}

/// Each number, how many digits it has, and where it ends.
fn numbers(text: &str) -> Vec<(i64, usize, usize)> {
    let mut found = Vec::new();
    let mut start = None;
    for (at, c) in text.char_indices().chain([(text.len(), ' ')]) {
        match (c.is_ascii_digit(), start) {
            (true, None) => start = Some(at),
            (false, Some(from)) => {
                if let Some(value) = text.get(from..at).and_then(|digits| digits.parse().ok()) {
                    found.push((value, at - from, at));
                }
                start = None;
            }
            _ => {}
        }
        if found.len() > 8 {
            break;
        }
    }
    found
}

/// Whether a time is of the afternoon, where it says so.
fn half_of_day(lower: &str) -> Option<bool> {
    let letters: String = lower.chars().filter(|c| c.is_alphabetic() || *c == ' ').collect();
    let has = |these: &[&str]| letters.split(' ').any(|word| these.contains(&word));
    if has(&["pm", "μμ"])
        || lower.contains("p. m.")
        || lower.contains("午後")
        || lower.contains("下午")
        || lower.contains("오후")
    {
        return Some(true);
    }
    (has(&["am", "πμ"])
        || lower.contains("a. m.")
        || lower.contains("午前")
        || lower.contains("上午")
        || lower.contains("오전"))
    .then_some(false)
}

/// A month by the first letters of its name in English, German, French, Spanish, Portuguese, Italian or Polish.
fn month_name(lower: &str) -> Option<i64> {
    const NAMES: &[(&str, i64)] = &[
        ("jan", 1),
        ("ene", 1),
        ("gen", 1),
        ("sty", 1),
        ("feb", 2),
        ("fév", 2),
        ("fev", 2),
        ("lut", 2),
        ("mar", 3),
        ("mär", 3),
        ("apr", 4),
        ("avr", 4),
        ("abr", 4),
        ("kwi", 4),
        ("may", 5),
        ("mai", 5),
        ("mag", 5),
        ("maj", 5),
        ("jun", 6),
        ("juin", 6),
        ("giu", 6),
        ("cze", 6),
        ("jul", 7),
        ("juil", 7),
        ("lug", 7),
        ("lip", 7),
        ("aug", 8),
        ("aoû", 8),
        ("ago", 8),
        ("sie", 8),
        ("sep", 9),
        ("set", 9),
        ("wrz", 9),
        ("oct", 10),
        ("okt", 10),
        ("out", 10),
        ("ott", 10),
        ("paź", 10),
        ("nov", 11),
        ("lis", 11),
        ("dec", 12),
        ("dez", 12),
        ("déc", 12),
        ("dic", 12),
        ("gru", 12),
    ];
    const DAYS: &[&str] = &["mardi", "martes", "martedì", "março-feira"];
    let words = lower.split(|c: char| !c.is_alphabetic()).filter(|word| word.chars().count() >= 3);
    let mut words = words.filter(|word| !DAYS.contains(word));
    words.find_map(|word| NAMES.iter().find(|(name, _)| word.starts_with(name)).map(|(_, month)| *month))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_usual_ways_to_write_one_time_are_read_as_it() {
        let at = "2026-11-22T14:05:09".parse::<DateTime>().expect("a time");
        for text in [
            "2026-11-22T14:05:09",
            "2026-11-22 14:05:09",
            "22.11.2026 14:05:09",
            "2026/11/22 14:05:09",
            "2026年11月22日 14:05:09",
            "2026/11/22 午後 2:05:09",
            "Sunday, November 22, 2026 2:05:09 PM",
            "22. November 2026 14:05:09",
            "dimanche 22 novembre 2026 14:05:09",
            "22-nov-2026 14:05:09",
            "domingo, 22 de noviembre de 2026 14:05:09",
        ] {
            assert_eq!(read(text, None), When::Local(at), "{text}");
        }
        for text in
            ["11/22/2026 2:05:09 PM", "11/22/2026 14:05:09", "\u{200e}11/\u{200e}22/\u{200e}2026 2:05:09 PM"]
        {
            assert_eq!(read(text, None), When::Ordered { at, day_first: false }, "{text}");
        }
        assert_eq!(read("22/11/2026 14:05:09", None), When::Ordered { at, day_first: true });
        let utc = "2026-11-22T14:05:09.123Z".parse().expect("a time");
        for text in ["2026-11-22T14:05:09.1230000Z", "/Date(1795356309123)/", "2026-11-22T15:05:09.123+01:00"]
        {
            assert_eq!(read(text, None), When::At(utc), "{text}");
        }
    }

    #[test]
    fn a_zone_behind_a_time_counts_and_one_that_is_not_known_leaves_it_unknown() {
        let utc = When::At("2026-11-22T12:05:09Z".parse().expect("a time"));
        for text in [
            "11/22/2026 2:05:09 PM +02:00",
            "22.11.2026 14:05:09 +0200",
            "11/22/2026 2:05:09 PM (UTC+02:00)",
            "11/22/2026 12:05:09 PM UTC",
            "22.11.2026 12:05:09 GMT",
            "22.11.2026 12:05:09Z",
            "11/22/2026 8:05:09 AM -4",
        ] {
            assert_eq!(read(text, None), utc, "{text}");
        }
        for text in ["11/22/2026 2:05:09 PM CET", "22.11.2026 14:05:09 +99:00", "03/04/2026 02:00:00 +01:00"]
        {
            assert_eq!(read(text, None), When::Unknown, "{text}");
        }
    }

    #[test]
    fn a_date_that_may_be_two_is_said_to_be_and_nonsense_is_no_time() {
        assert!(matches!(
            read("03/04/2026 2:00:00 AM", None),
            When::Either { suggests_day_first: Some(false), .. }
        ));
        assert!(matches!(
            read("03/04/2026 02:00:00", None),
            When::Either { suggests_day_first: Some(true), .. }
        ));
        assert!(matches!(read("03/04/2026 02:00:00", Some(true)), When::Local(_)));
        for text in ["", "yesterday", "99/99/9999 99:99", "1/2", "/Date(x)/", "/Date(99999999999999999)/"] {
            assert_eq!(read(text, None), When::Unknown, "{text}");
        }
    }
}
