//! Windows events on lines that forwarders write: Snare's fields between tabs, CEF, and RFC 5424 with the event's fields in its
//! structured data, as NXLog sends it.
//!
//! Source: Snare's and ArcSight's public descriptions of these lines.

use jiff::civil::DateTime;
use jiff::fmt::strtime;

use super::fields::{self, Form};
use super::raw::{Raw, When, event_id};
use super::{calendar, levels, talk, time};
use crate::report::Level;

/// The event that a line holds, if it is such a line.
pub(super) fn read(line: &str) -> Option<Raw> {
    snare(line).or_else(|| cef(line)).or_else(|| ietf(line))
}

/// Whether a file begins as syslog does: `<13>`.
pub(super) fn is_syslog(text: &str) -> bool {
    let priority = text.strip_prefix('<').and_then(|rest| rest.split_once('>')).map(|(priority, _)| priority);
    priority.is_some_and(|it| (1..=3).contains(&it.len()) && it.bytes().all(|digit| digit.is_ascii_digit()))
}

/// Whether a line may be such a one, whether or not it is understood.
pub(super) fn may_be_one(line: &str) -> bool {
    is_syslog(line) || ["CEF:", "LEEF:", "MSWinEventLog"].iter().any(|mark| line.contains(mark))
}

/// `MSWinEventLog 1 Application 123 Sun Nov 22 10:00:00 2026 655 Directory Synchronization … message`, between tabs.
fn snare(line: &str) -> Option<Raw> {
    let (head, fields) = line.split_once("MSWinEventLog")?;
    let fields: Vec<&str> = fields.split('\t').map(str::trim).collect();
    let field = |at: usize| fields.get(at).copied().filter(|text| !text.is_empty());
    // Criticality, log, counter, user, the user's kind, level, category, further data; and what stands behind the log's counter.
    const FORMS: [(usize, &str); 11] = [
        (1, "count"),
        (2, "channel"),
        (3, "count"),
        (4, "date"),
        (5, "eventid"),
        (7, "user"),
        (8, "accounttype"),
        (9, "level"),
        (10, "computer"),
        (11, "category"),
        (14, "recordid"),
    ];
    let mut said = of_head(head);
    for (at, name) in FORMS {
        said.extend(field(at).and_then(|value| talk::of_field(name, value)));
    }
    let beyond = fields.iter().enumerate().filter(|(at, _)| *at > 14).map(|(_, text)| *text);
    let data = field(12).filter(|data| !fields.get(13).is_some_and(|message| message.contains(data)));
    said.extend(
        data.into_iter().chain(beyond).filter(|text| !fields::is_plain(text)).flat_map(|text| [text, "\n"]),
    );
    Some(Raw {
        said,
        id: field(5)?.parse().ok().and_then(event_id),
        provider: field(6).map(str::to_owned),
        level: field(9).and_then(levels::level),
        // Snare's own counter stands before, and the log's behind the message.
        record: field(14).and_then(|text| text.parse().ok()),
        log: field(2).map(str::to_owned),
        when: field(4).map_or(When::Unknown, |text| written(text, "%a %b %d %H:%M:%S %Y")),
        computer: field(10).map(str::to_owned),
        message: field(13)?.to_owned(),
        ..Raw::default()
    })
}

/// `CEF:0|Microsoft|Microsoft Windows||Directory Synchronization:655|…|High| externalId=655 msg=… rt=…`.
fn cef(line: &str) -> Option<Raw> {
    let (head, rest) = line.split_once("CEF:0|")?;
    let parts: Vec<&str> = rest.splitn(7, '|').collect();
    let (class, fields) = (parts.get(3)?, parts.get(6)?);
    let message = field(fields, "msg").unwrap_or_default();
    let mut said = of_head(head);
    // Vendor, product and version; the name is the message's beginning.
    let product = [0, 1, 2].into_iter().filter_map(|at| parts.get(at)).any(|part| !Form::Provider.fits(part));
    let name = parts.get(4).copied().unwrap_or_default();
    let is_name = message.to_lowercase().contains(&name.to_lowercase()) || Form::Level.fits(name);
    let told = [(product, "product"), (!is_name, name)];
    told.into_iter()
        .filter(|(is_told, _)| *is_told)
        .for_each(|(_, text)| said.push_str(&format!("{text}\n")));
    // An event ends when it begins; a later end is that of a fault.
    let is_moment = field(fields, "end").is_some_and(|end| Some(end) == field(fields, "rt"));
    let is_known = |key: &str| ["msg", "externalId"].contains(&key) || key == "end" && is_moment;
    for key in keys(fields).filter(|key| !is_known(key)) {
        said.extend(field(fields, key).and_then(|value| talk::of_field(key, value)));
    }
    let (provider, id) = class.rsplit_once(':').unwrap_or(("", class));
    let id = field(fields, "externalId").unwrap_or(id).parse().ok().and_then(event_id)?;
    Some(Raw {
        id: Some(id),
        provider: Some(provider.trim().to_owned()).filter(|name| !name.is_empty()),
        level: field(fields, "deviceSeverity").map_or_else(|| severity(parts.get(5)?), levels::level),
        when: field(fields, "rt").map_or(When::Unknown, |text| written(text, "%b %d %Y %H:%M:%S")),
        computer: field(fields, "dvchost").map(str::to_owned),
        message: message.to_owned(),
        said,
        ..Raw::default()
    })
}

/// The level that CEF's severity stands for.
fn severity(text: &str) -> Option<Level> {
    match text.trim().to_ascii_lowercase().as_str() {
        "high" | "very-high" | "7" | "8" | "9" | "10" => Some(Level::Error),
        "medium" | "4" | "5" | "6" => Some(Level::Warning),
        "low" | "0" | "1" | "2" | "3" => Some(Level::Information),
        _ => None,
    }
}

/// What the head of a syslog line says: a priority, a date, hosts, names of programs.
fn of_head(head: &str) -> String {
    let bare =
        head.trim().strip_prefix('<').and_then(|rest| rest.split_once('>')).map_or(head, |(_, rest)| rest);
    let is_known = |word: &str| {
        Form::Date.fits(word) || calendar::is_word(word) || Form::Host.fits(word.trim_end_matches(':'))
    };
    // Three words are the date's, the others a host and a program.
    let words = bare.split_whitespace();
    let mut said: String =
        words.clone().filter(|word| !is_known(word)).flat_map(|word| [word, "\n"]).collect();
    if words.count() > MOST_WORDS {
        said.push_str(bare);
    }
    said
}

/// The most words in the head of a syslog line.
const MOST_WORDS: usize = 9;

/// The keys of `key=value` pairs.
fn keys(fields: &str) -> impl Iterator<Item = &str> {
    fields
        .split(' ')
        .filter_map(|word| word.split_once('='))
        .map(|(key, _)| key)
        .filter(|key| !key.is_empty() && key.bytes().all(|byte| byte.is_ascii_alphanumeric()))
}

/// The value of `key=`, which goes on until the next key.
fn field<'a>(fields: &'a str, key: &str) -> Option<&'a str> {
    let begins = |at: usize| at == 0 || fields[..at].ends_with(' ');
    let (at, mark) = fields.match_indices(key).find(|(at, found)| {
        begins(*at) && fields.get(at + found.len()..).is_some_and(|rest| rest.starts_with('='))
    })?;
    let value = fields.get(at + mark.len() + 1..)?;
    let is_key = |word: &str| {
        word.split_once('=')
            .is_some_and(|(key, _)| !key.is_empty() && key.bytes().all(|b| b.is_ascii_alphanumeric()))
    };
    let mut end = value.len();
    let mut from = 0;
    for word in value.split(' ') {
        if from > 0 && is_key(word) {
            end = from - 1;
            break;
        }
        from += word.len() + 1;
    }
    value.get(..end).map(str::trim)
}

/// `<14>1 2026-11-22T10:00:00Z SYNC01 … [NXLOG@14506 EventID="655" SourceName="Directory Synchronization"] message`.
fn ietf(line: &str) -> Option<Raw> {
    if !is_syslog(line) {
        return None;
    }
    let (head, message) = line.rsplit_once("\"]")?;
    let told = |name: &str| {
        let (_, rest) = head.split_once(&format!(" {name}=\""))?;
        Some(rest.split('"').next().unwrap_or(rest))
    };
    let mut said = of_head(head.split('[').next().unwrap_or_default());
    let known = ["EventID", "SourceName", "ProviderName"];
    for pair in head.split_inclusive("\" ").filter_map(|pair| pair.rsplit_once("=\"")) {
        let name = pair.0.rsplit(' ').next().unwrap_or_default();
        let value = pair.1.trim_end().trim_end_matches('"');
        said.extend(talk::of_field(name, value).filter(|_| !known.contains(&name)));
    }
    let mut level = None;
    for name in ["EventType", "Severity"] {
        told(name).into_iter().for_each(|text| levels::note_field(&mut level, name, text));
    }
    let mut words = head.split(' ').skip(1);
    let (when, computer) = (words.next()?, words.next()?);
    Some(Raw {
        id: told("EventID")?.parse().ok().and_then(event_id),
        provider: told("SourceName").or_else(|| told("ProviderName")).map(str::to_owned),
        level,
        when: time::read(when, None),
        computer: Some(computer.to_owned()),
        message: message.trim().to_owned(),
        said,
        ..Raw::default()
    })
}

fn written(text: &str, form: &str) -> When {
    let at = strtime::parse(form, text).and_then(|parts| parts.to_datetime());
    at.map(|at: DateTime| When::Local(at)).unwrap_or_else(|_| time::read(text, None))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn forwarders_lines_are_read_as_the_events_they_hold() {
        let at = When::Local("2026-11-22T10:00:00".parse().expect("a time"));
        let message = "Failed credential provisioning ping. Error Code: 90";
        let lines = [
            format!(
                "<13>Nov 22 10:00:00 SYNC01 MSWinEventLog\t1\tApplication\t123\tSun Nov 22 10:00:00 2026\t655\tDirectory \
                 Synchronization\tN/A\tN/A\tError\tSYNC01\tNone\t\t{message}\t4"
            ),
            format!(
                "CEF:0|Microsoft|Microsoft Windows||Directory Synchronization:655|Failed|High| eventId=1 externalId=655 \
                 msg={message} rt=Nov 22 2026 10:00:00"
            ),
            format!(
                "<14>1 2026-11-22T10:00:00 SYNC01 DirSync 42 - [NXLOG@14506 Keywords=\"1\" EventType=\"ERROR\" EventID=\"655\" \
                 SourceName=\"Directory Synchronization\"] {message}"
            ),
        ];
        for line in lines {
            let raw = read(&line).expect("an event");
            assert_eq!((raw.id, raw.when, raw.message.as_str()), (Some(655), at, message), "{line}");
            assert_eq!(raw.provider.as_deref(), Some("Directory Synchronization"));
            assert_eq!(raw.level, Some(Level::Error));
        }
        assert!(is_syslog("<13>1 x") && !is_syslog("<Event>") && !is_syslog("<>"));
        assert_eq!(read("a message of CEF:0| and MSWinEventLog"), None);
    }
}
