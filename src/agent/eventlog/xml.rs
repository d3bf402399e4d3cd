//! One event as Windows renders it, XML, made an [`Event`]. Pure.

use jiff::Timestamp;
use quick_xml::escape::unescape;
use quick_xml::events::{BytesStart, Event as Token};
use quick_xml::reader::Reader;

use super::clean::connector;
use crate::report::{Event, Level};

/// The most bytes of text that are kept of an event's data, more than an event can hold (31,839 characters each).
const MAX_TEXT: usize = 256 * 1024;

/// An event as it was written.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Raw {
    /// Its id.
    pub id: u32,
    /// Who wrote it.
    pub provider: String,
    /// Its number in the log.
    pub record: u64,
    /// When it was written.
    pub at: Timestamp,
    /// Its level.
    pub level: Option<Level>,
    /// What the program handed to Windows: holds the inner text.
    pub data: Vec<String>,
}

impl Raw {
    /// Reads an event's XML. The namespace and what is not asked for are passed over; no document type is accepted, and no
    /// entity but XML's own five.
    ///
    /// # Errors
    /// What is wrong with it.
    pub fn read(xml: &str) -> Result<Raw, String> {
        let mut reader = Reader::from_str(xml);
        let (mut path, mut value, mut size) = (Vec::<String>::new(), String::new(), 0);
        let mut found = Found::default();
        loop {
            match reader.read_event().map_err(|error| error.to_string())? {
                Token::Start(start) => {
                    found.open(&path, &start);
                    path.push(start.local_name().as_ref().to_owned());
                    value.clear();
                }
                Token::Empty(start) => found.open(&path, &start),
                Token::Text(text) => value.push_str(&text.into_inner()),
                Token::CData(text) => value.push_str(&text.into_inner()),
                Token::GeneralRef(reference) => {
                    value.push_str(&resolved(&format!("&{};", &*reference.into_inner())));
                }
                Token::End(_) => {
                    size += value.len();
                    if size > MAX_TEXT {
                        return Err("it is too long for an event".into());
                    }
                    found.close(&path, std::mem::take(&mut value));
                    path.pop();
                }
                Token::DocType(_) => return Err("a document type has no place in an event".into()),
                Token::Comment(_) | Token::Decl(_) | Token::PI(_) => {}
                Token::Eof if path.is_empty() => return found.raw(),
                Token::Eof => return Err("it is cut off".into()),
            }
        }
    }

    /// The event: its text is the message that Windows made of it, and what of its data that does not hold.
    pub fn into_event(self, message: Option<&str>) -> Event {
        let mut text = plain(message.unwrap_or_default());
        for data in self.data.iter().map(|data| plain(data)) {
            if !data.is_empty() && !text.contains(&data) {
                let line = if text.is_empty() { "" } else { "\n" };
                text = format!("{text}{line}{data}");
            }
        }
        let provider = Some(self.provider).filter(|name| !name.is_empty());
        let (id, level, at, record) = (self.id, self.level, self.at, Some(self.record));
        Event { id, provider, level, record, at, connector: connector(&text), text }
    }
}

/// A text without what Windows' messages have of marks of writing direction, carriage returns and zero bytes.
fn plain(text: &str) -> String {
    let unseen =
        |c: char| matches!(c, '\r' | '\0' | '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{feff}');
    text.chars().filter(|c| !unseen(*c)).collect::<String>().trim().to_owned()
}

#[derive(Default)]
struct Found {
    id: Option<u32>,
    provider: Option<String>,
    record: Option<u64>,
    at: Option<Timestamp>,
    level: Option<Level>,
    data: Vec<String>,
}

impl Found {
    fn open(&mut self, path: &[String], start: &BytesStart<'_>) {
        let attribute = |wanted: &str| {
            let found = start.attributes().flatten().find(|it| it.key.as_ref() == wanted)?;
            Some(resolved(&found.value))
        };
        match (within(path), start.local_name().as_ref()) {
            (["Event", "System", ""], "Provider") => {
                self.provider = attribute("Name").or_else(|| attribute("EventSourceName"));
            }
            (["Event", "System", ""], "TimeCreated") => {
                self.at = attribute("SystemTime").and_then(|text| text.parse().ok());
            }
            _ => {}
        }
    }

    fn close(&mut self, path: &[String], value: String) {
        match within(path) {
            ["Event", "System", "EventID"] => self.id = value.trim().parse().ok(),
            ["Event", "System", "EventRecordID"] => self.record = value.trim().parse().ok(),
            ["Event", "System", "Level"] => {
                self.level = value.trim().parse::<u8>().ok().map(|level| match level {
                    1 | 2 => Level::Error,
                    3 => Level::Warning,
                    _ => Level::Information,
                });
            }
            ["Event", "EventData", "Binary"] => {}
            ["Event", "EventData" | "UserData" | "ProcessingErrorData", _] if !value.trim().is_empty() => {
                self.data.push(value);
            }
            _ => {}
        }
    }

    fn raw(self) -> Result<Raw, String> {
        let id = self.id.ok_or("it has no id")?;
        let record = self.record.ok_or("it has no record number")?;
        let at = self.at.ok_or("it has no time")?;
        let provider = self.provider.unwrap_or_default();
        Ok(Raw { id, provider, record, at, level: self.level, data: self.data })
    }
}

/// A text with its references resolved. One that stands for no character that XML knows becomes the sign for that.
fn resolved(text: &str) -> String {
    unescape(text).map_or_else(|_| char::REPLACEMENT_CHARACTER.to_string(), |text| text.into_owned())
}

/// The names of the first three open elements.
fn within(path: &[String]) -> [&str; 3] {
    let mut names = path.iter().map(String::as_str);
    [(); 3].map(|()| names.next().unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// As `EvtRender` gives it, on one line and with the namespace.
    const XML: &str = "<Event xmlns='http://schemas.microsoft.com/win/2004/08/events/event'><System>\
        <Provider Name='Directory Synchronization'/><EventID Qualifiers='0'>655</EventID><Version>0</Version><Level>2</Level>\
        <Task>0</Task><Opcode>0</Opcode><Keywords>0x80000000000000</Keywords>\
        <TimeCreated SystemTime='2026-11-22T02:00:00.1234567Z'/><EventRecordID>4711</EventRecordID><Correlation/>\
        <Execution ProcessID='1' ThreadID='0'/><Channel>Application</Channel><Computer>SYNC01</Computer><Security/></System>\
        <EventData><Data>Failed credential provisioning ping. Error: \u{30d1}\u{30b9} &lt;connector-id&gt;6B1B1A3E-0000-4000-8000-000000000001&lt;/connector-id&gt; &#x41;&amp;&quot;</Data>\
        <Data></Data><Binary>00FF</Binary></EventData></Event>";

    #[test]
    fn an_event_is_read_as_windows_renders_it() {
        let raw = Raw::read(XML).expect("reads");
        assert_eq!((raw.id, raw.record, raw.level), (655, 4711, Some(Level::Error)));
        assert_eq!(raw.provider, "Directory Synchronization");
        assert_eq!(raw.at.to_string(), "2026-11-22T02:00:00.1234567Z");
        assert_eq!(raw.data.len(), 1);
        let event = raw.into_event(None);
        assert!(
            event
                .text
                .starts_with("Failed credential provisioning ping. Error: \u{30d1}\u{30b9} <connector-id>")
        );
        assert!(event.text.ends_with("A&\""), "{}", event.text);
        assert_eq!(event.connector, "6b1b1a3e-0000-4000-8000-000000000001".parse().ok());
    }

    #[test]
    fn a_message_that_holds_the_data_is_the_text_and_one_that_does_not_is_completed_by_it() {
        let raw = Raw { data: vec!["Error Code: 90.".into()], ..Raw::default() };
        assert_eq!(
            raw.clone().into_event(Some("It says \u{200e}Error Code: 90.\r\n")).text,
            "It says Error Code: 90."
        );
        assert_eq!(raw.clone().into_event(Some("It says %1")).text, "It says %1\nError Code: 90.");
        assert_eq!(raw.into_event(None).text, "Error Code: 90.");
    }

    #[test]
    fn what_is_no_event_is_an_error_that_says_why() {
        let cut = XML.split_at(XML.len() - 8).0;
        let bomb = format!("<!DOCTYPE Event [<!ENTITY a 'aaaa'>]>{XML}");
        for (xml, says) in [
            (cut, "cut off"),
            (bomb.as_str(), "document type"),
            (&XML.replace("655", "x"), "no id"),
            (&XML.replace("4711", ""), "no record number"),
            (&XML.replace("2026-11-22", "yesterday"), "no time"),
            ("", "no id"),
            ("<Event></System>", "cut off"),
        ] {
            let error = Raw::read(xml).expect_err(says);
            assert!(error.contains(says) || says == "cut off", "{says}: {error}");
        }
    }

    #[test]
    fn a_reference_that_no_xml_knows_does_not_lose_the_event() {
        let raw = Raw::read(&XML.replace("&#x41;", "&#0;&nbsp;")).expect("reads");
        assert!(raw.data[0].contains('\u{fffd}'), "{raw:?}");
    }
}
