//! Cleans one event: takes the connector out of its XML tail, strips the wrapper of event 6900, masks names
//! and addresses, and cuts the text. Pure.

use crate::ids::ConnectorId;
use crate::redact::{redact, without_tracking_ids};
use crate::report::Event;

/// The most characters an event's text keeps. The first thousand hold the error and its inner exceptions.
pub const MAX_TEXT: usize = 1000;

/// The most characters that are looked at. Windows' own limit for an event's text is 31,839 characters.
const MAX_READ: usize = 32_000;

/// The sentence around every 6900. Localised on localised servers: there it stays, and nothing keys on it.
///
/// Source: Microsoft KB 2848640.
const WRAPPER: &str =
    "The server encountered an unexpected error while processing a password change notification:";

/// How events are cleaned.
#[derive(Debug, Clone, Copy)]
pub struct Cleaner {
    /// Whether names and addresses may leave the server.
    pub names_allowed: bool,
}

/// A cleaned event.
#[derive(Debug, Clone, PartialEq)]
pub struct Cleaned {
    /// The event.
    pub event: Event,
    /// Whether its text was shortened.
    pub shortened: bool,
}

impl Cleaner {
    /// Cleans an event.
    pub fn clean(self, mut event: Event) -> Cleaned {
        if event.connector.is_none() {
            event.connector = connector(&event.text);
        }
        let (text, too_long) = cut(&without_tail(&event.text), MAX_READ);
        let text = if event.id == 6900 { without_wrapper(&text) } else { text.trim() };
        let text = if self.names_allowed { without_tracking_ids(text) } else { redact(text) };
        let text = without_repeats(&text);
        let (text, shortened) = cut(&text, MAX_TEXT);
        event.text = text;
        event.provider = event.provider.map(|name| cut(&name, 100).0);
        Cleaned { event, shortened: shortened || too_long }
    }
}

/// The connector that an event names: `<connector-id>GUID</connector-id>` or `connector-id=GUID`.
///
/// Source: the XML tail of events 611, 653, 654, 657 and 663.
pub fn connector(text: &str) -> Option<ConnectorId> {
    const LABEL: &str = "connector-id";
    let lower = text.to_ascii_lowercase();
    lower.match_indices(LABEL).find_map(|(at, _)| {
        let value = text[at + LABEL.len()..].trim_start_matches(['>', '=', ':', ' ', '"', '\'', '{']);
        value.get(..36)?.parse().ok()
    })
}

fn without_tail(text: &str) -> String {
    let lower = text.to_ascii_lowercase();
    let Some(start) = lower.find("<forest-info>") else { return text.to_owned() };
    const END: &str = "</forest-info>";
    let after = lower[start..].find(END).map_or(text.len(), |end| start + end + END.len());
    format!("{}{}", text[..start].trim_end(), &text[after..])
}

fn without_wrapper(text: &str) -> &str {
    let text = text.trim();
    let wrapped = text.get(..WRAPPER.len()).is_some_and(|start| start.eq_ignore_ascii_case(WRAPPER));
    let inner = if wrapped { text[WRAPPER.len()..].trim() } else { text };
    // The closing quote is sometimes missing.
    let inner = inner.strip_prefix('"').unwrap_or(inner);
    inner.strip_suffix('"').unwrap_or(inner).trim()
}

/// A batch's result has a line for each user; masked, most are the same.
fn without_repeats(text: &str) -> String {
    let mut lines: Vec<&str> = Vec::new();
    for line in text.lines().map(str::trim_end) {
        if line.is_empty() || !lines.contains(&line) {
            lines.push(line);
        }
    }
    lines.join("\n")
}

/// The text cut to `most` characters, and whether it was.
pub(crate) fn cut(text: &str, most: usize) -> (String, bool) {
    match text.char_indices().nth(most) {
        None => (text.to_owned(), false),
        Some((end, _)) => (format!("{}…", &text[..end]), true),
    }
}

#[cfg(test)]
mod tests {
    use jiff::Timestamp;

    use super::*;

    const GUID: &str = "6B1B1A3E-0000-4000-8000-000000000001";

    fn event(id: u32, text: &str) -> Event {
        Event {
            id,
            provider: Some("ADSync".into()),
            level: None,
            record: None,
            at: Timestamp::UNIX_EPOCH,
            connector: None,
            text: text.to_owned(),
        }
    }

    fn cleaned(id: u32, text: &str) -> Cleaned {
        Cleaner { names_allowed: false }.clean(event(id, text))
    }

    #[test]
    fn the_inner_text_of_a_6900_is_taken_out_of_its_wrapper_with_or_without_the_closing_quote() {
        let inner = "An error occurred. Error Code: 90. Error Description: Password Synchronization has not been activated for this company";
        for (open, close) in [("\r\n\"", "\""), (" \"", ""), ("\n", "")] {
            assert_eq!(cleaned(6900, &format!("{WRAPPER}{open}{inner}{close}")).event.text, inner);
        }
    }

    #[test]
    fn a_localised_wrapper_stays_and_the_error_code_with_it() {
        let text = "パスワード変更通知の処理中にエラーが発生しました: \"An error occurred. Error Code: 90.";
        assert!(cleaned(6900, text).event.text.contains("Error Code: 90."));
    }

    #[test]
    fn the_connector_comes_from_the_tail_and_the_tail_goes() {
        let text = format!(
            "Provision credentials ping end. TrackingID : 07e93e8a-cf2d-4f67-9e95-53169c4875e0\r\n<forest-info> <partition-name>CORP.CONTOSO.COM</partition-name> <connector-id>{GUID}</connector-id> </forest-info>"
        );
        let cleaned = cleaned(654, &text).event;
        assert_eq!(cleaned.connector, GUID.parse().ok());
        assert_eq!(cleaned.text, "Provision credentials ping end. TrackingID : <tracking id>");
        assert_eq!(connector(&format!("x connector-id=\"{{{GUID}}}\"")), GUID.parse().ok());
        assert_eq!(connector("connector-id ä"), None);
        assert_eq!(connector("<connector-id>zz"), None);
    }

    #[test]
    fn the_results_of_a_batch_come_down_to_one_line_for_each_kind() {
        let line = |name: &str, result: &str| format!("Anchor: x, Dn: CN={name},DC=c, Result: {result}.\r\n");
        let text = line("a", "Success") + &line("b", "Success") + &line("c", "Failed");
        let text = cleaned(657, &text).event.text;
        assert_eq!(text.lines().count(), 2, "{text}");
    }

    #[test]
    fn a_long_text_is_cut_between_characters_and_said_to_be() {
        let cleaned = cleaned(611, &"ä".repeat(MAX_TEXT + 1));
        assert!(cleaned.shortened);
        assert_eq!(cleaned.event.text.chars().count(), MAX_TEXT + 1);
        assert!(cleaned.event.text.ends_with('…'));
    }

    #[test]
    fn names_stay_where_the_server_allows_it_and_tracking_ids_do_not() {
        let text = "for jane@contoso.com Tracking ID: 07e93e8a";
        let kept = Cleaner { names_allowed: true }.clean(event(655, text)).event.text;
        assert_eq!(kept, "for jane@contoso.com Tracking ID: <tracking id>");
    }
}
