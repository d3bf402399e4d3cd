//! What one line of text may be: a label with its value, a title, a line of the tab "Details".

use super::fields::{Form, our_id};
use super::labels::{self, Known, Label};
use super::over::says_over;
use super::raw::{When, clean};
use super::time;
use crate::report::{EVENT_IDS, PROVIDERS};

/// The word of `Event[12]`, with or without a colon, and with the word in any language.
pub(super) fn numbered(line: &str) -> Option<&str> {
    let inner = line.trim_end_matches(':').trim_end().strip_suffix(']').and_then(|line| line.split_once('['));
    let is_number = |(word, digits): &(&str, &str)| {
        let is_word = (1..=20).contains(&word.chars().count()) && word.chars().all(char::is_alphabetic);
        is_word && !digits.is_empty() && digits.chars().all(|c| c.is_ascii_digit())
    };
    inner.filter(is_number).map(|(word, _)| word)
}

/// The word, the id and the provider in the title of Event Viewer's preview: `Event 6900, ADSync`, with the word in any language.
pub(super) fn title(line: &str) -> Option<(&str, &str, &str)> {
    let (head, provider) = line.split_once(',')?;
    let (word, id) = head.trim().rsplit_once(' ')?;
    let is_word = word.chars().count() <= 20 && word.chars().all(|c| c.is_alphabetic() || c == ' ');
    let is_id = (1..=5).contains(&id.len()) && id.chars().all(|c| c.is_ascii_digit());
    let provider = provider.trim();
    let is_name = (1..=60).contains(&provider.len()) && !provider.contains([':', '.', ',']);
    (is_word && is_id && is_name).then_some((word, id, provider))
}

/// A line that looks like a label with its value, whatever the language.
pub(super) fn label_like(line: &str) -> Option<(&str, &str)> {
    let (label, value) = labels::split(line)?;
    let short =
        !label.is_empty() && !label.contains(['.', '"', '\u{201c}']) && label.split_whitespace().count() <= 4;
    short.then_some((label, value))
}

pub(super) fn labelled(line: &str) -> Option<(Known, &str)> {
    let behind_colon = labels::split(line).and_then(|(label, value)| Some((labels::known(label)?, value)));
    behind_colon.or_else(|| equals(line))
}

/// `EventType=2`: a field in that form whose name does not matter.
pub(super) fn unknown_equals(line: &str) -> Option<(&str, &str)> {
    let (name, value) = line.split_once('=')?;
    let is_name = name.len() <= 40 && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_');
    (is_name && !name.is_empty()).then(|| (name, value.trim()))
}

/// `EventCode=655`, as Splunk writes an event out.
pub(super) fn equals(line: &str) -> Option<(Known, &str)> {
    let (name, value) = line.split_once('=')?;
    let known = labels::exactly(name).filter(|known| known.day_first.is_none())?;
    name.bytes().all(|byte| byte.is_ascii_alphabetic()).then(|| (known, value.trim()))
}

/// A line of the tab "Details": its names are never translated and have no colon.
pub(super) fn details(line: &str) -> Option<(Known, &str)> {
    const NAMES: &[(&str, Label)] = &[
        ("[ Name]", Label::Provider),
        ("[ SystemTime]", Label::Date),
        ("[Name]", Label::Provider),
        ("[SystemTime]", Label::Date),
        ("EventID", Label::Id),
        ("EventRecordID", Label::Record),
        ("Level", Label::Level),
    ];
    let line = line.trim_start_matches(['-', '+', ' ', '\t']);
    let (label, value) = NAMES.iter().find_map(|(name, label)| Some((*label, line.strip_prefix(name)?)))?;
    let separate = value.is_empty() || value.starts_with(char::is_whitespace);
    let is_level =
        label != Label::Level || (1..=3).contains(&value.len()) && value.trim().parse::<u8>().is_ok();
    (separate && is_level).then(|| (Known::of(label), value.trim()))
}

/// A line that somebody typed.
#[derive(Debug)]
pub(super) struct Typed<'a> {
    /// What stands before the event: who says it in a chat.
    pub(super) lead: &'a str,
    pub(super) when: When,
    pub(super) provider: &'static str,
    pub(super) id: u32,
    pub(super) message: &'a str,
}

/// A line that somebody typed: when, source, id and text, perhaps with the level's word. The source must be one of ours, since
/// the words of another could not be told from the text.
pub(super) fn typed(line: &str) -> Option<Typed<'_>> {
    let lower = line.to_ascii_lowercase();
    let (at, provider) =
        PROVIDERS.iter().find_map(|name| Some((lower.find(&name.to_ascii_lowercase())?, *name)))?;
    let (lead, when) = ends_with_date(without_level(line.get(..at)?))?;
    let rest = line.get(at + provider.len()..)?.trim_start_matches(BETWEEN);
    // "Event 655", with the word in any language.
    let word =
        rest.find(|c: char| !c.is_alphabetic() && c != '-' && c != ' ').filter(|end| *end <= 12).unwrap_or(0);
    let rest = rest.get(word..)?;
    let end = rest.find(|c: char| !c.is_ascii_digit()).unwrap_or(rest.len());
    let id: u32 =
        rest.get(..end)?.parse().ok().filter(|id| *id > 0 && EVENT_IDS.contains(id) || DAILY.contains(id))?;
    let message = rest.get(end..)?.trim_start_matches(BETWEEN);
    Some(Typed { lead: without_level(lead).trim_matches(BETWEEN), when, provider, id, message })
}

/// Other ids of ours that somebody may type: those of its daily work.
const DAILY: std::ops::RangeInclusive<u32> = 100..=9999;

/// A text that ends with a date, and what stands before it.
fn ends_with_date(text: &str) -> Option<(&str, When)> {
    let text = text.trim_matches(BETWEEN);
    let begins = text.char_indices().filter(|(at, c)| {
        c.is_ascii_digit()
            && !text.get(..*at).is_some_and(|before| before.ends_with(|c: char| c.is_alphanumeric()))
    });
    begins.take(12).find_map(|(at, _)| {
        let (lead, date) = text.split_at_checked(at)?;
        let when = time::read(date, None);
        (when != When::Unknown).then_some((lead, when))
    })
}

/// Without the level's word at the end.
fn without_level(text: &str) -> &str {
    let text = text.trim_matches(BETWEEN);
    let word = text.rfind(|c: char| !c.is_alphabetic()).map_or(0, |at| at + 1);
    let is_level = text.get(word..).is_some_and(labels::is_level);
    // The mark behind `[` is no digit of a date.
    if is_level { text.get(..word).unwrap_or_default().trim_matches(BETWEEN) } else { text }
}

/// Whether a line among such lines, or among a table's rows, may be another that was not understood: it begins with a number
/// and names one of our ids.
pub(super) fn looks_like_row(line: &str) -> bool {
    line.starts_with(|c: char| c.is_ascii_digit()) && names_ours(line)
}

/// Whether a line names one of our ids.
pub(super) fn names_ours(line: &str) -> bool {
    line.split(|c: char| !c.is_alphanumeric()).any(|word| our_id(word).is_some())
}

/// What stands between the columns of such a line.
const BETWEEN: [char; 8] = [' ', '\t', ',', ';', '|', '-', '[', ']'];

/// What stands between a list's labels and their values.
pub(super) const COLON: &str = " : ";

/// Where the colon of a list stands: PowerShell pads its labels, so that all of one list are at one place.
pub(super) fn column(line: &str) -> Option<usize> {
    let at = line.find(COLON).or_else(|| line.strip_suffix(" :").map(str::len))?;
    line.get(..at)?.trim_end().chars().all(char::is_alphanumeric).then_some(at)
}

/// Cuts a value where another known label begins in it: `Application Source: ADSync Date: …`.
pub(super) fn next_label(value: &str) -> (&str, Option<(Known, &str)>) {
    for (colon, mark) in value.match_indices([':', '：']).take(64) {
        // In French a space stands before the colon.
        let head = value[..colon].trim_end();
        let mut starts: Vec<usize> =
            head.match_indices(char::is_whitespace).map(|(at, c)| at + c.len()).collect();
        starts.reverse();
        // The longest label first: "Event ID", not "ID".
        let longest = starts.iter().take(4).rev().find_map(|start| {
            let known = labels::exactly(head.get(*start..)?)?;
            Some((*start, known))
        });
        if let Some((start, known)) = longest {
            let rest = value.get(colon + mark.len()..).unwrap_or_default();
            return (head.get(..start).unwrap_or_default().trim(), Some((known, rest.trim())));
        }
    }
    (value.trim(), None)
}

/// Cuts a value where behind a tab, as Event Viewer's tab "General" has them, a label in words that are not known tells a time.
pub(super) fn dated_cell(value: &str) -> Option<(&str, Option<(Known, &str)>)> {
    let (head, next) = value.split_once('\t')?;
    let (label, rest) = labels::split(next)?;
    let date = rest.split('\t').next().unwrap_or_default();
    let is_date = labels::known(label).is_none() && !says_over(label) && Form::Date.fits(date);
    is_date.then(|| (head.trim(), Some((Known::of(Label::Date), rest))))
}

/// A number at the beginning of a value, also with separators of thousands (`6,900`); what may be another number
/// (`65.5`, `0x28f`) is none.
pub(super) fn digits(value: &str) -> Option<u64> {
    let value = clean(value);
    let value = value.trim_matches(['"', '\'']).trim();
    let group = |text: &str| text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len());
    let first = group(value);
    let (mut digits, mut rest) = (value.get(..first)?.to_owned(), value.get(first..)?);
    while let Some(after) = rest.strip_prefix([',', '.', '\'', '’', '\u{a0}', '\u{202f}']) {
        match group(after) {
            0 => break,
            3 if (1..=3).contains(&first) => digits.push_str(after.get(..3)?),
            _ => return None,
        }
        rest = after.get(3..)?;
    }
    let goes_on = rest.starts_with(|c: char| c.is_ascii_alphanumeric())
        || rest.trim_start().starts_with(|c: char| c.is_ascii_digit());
    if goes_on { None } else { digits.parse().ok() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_is_read_whole_or_not_at_all() {
        for (text, is) in [
            ("6900", Some(6900)),
            ("6,900", Some(6900)),
            ("6.900", Some(6900)),
            ("6\u{202f}900", Some(6900)),
            ("6\u{a0}900.", Some(6900)),
            ("1,234,567", Some(1_234_567)),
            ("655 (0x28f)", Some(655)),
            ("\"655\",", Some(655)),
            ("65.5", None),
            ("65,5", None),
            ("6900.0", None),
            ("6 900", None),
            ("0x28f", None),
            ("6,9000", None),
            ("1234,567", None),
            ("", None),
        ] {
            assert_eq!(digits(text), is, "{text}");
        }
    }
}
