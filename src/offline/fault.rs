//! Why a file can't be read as a log, and where in it.

use std::fmt;
use std::io;

use crate::words;
use crate::words::Text;

/// Why a file could not be read as a log. Shown in English; [`OfflineError::text`] says it in every language.
#[derive(Debug, thiserror::Error)]
#[error("{}", self.text())]
pub enum OfflineError {
    /// The file itself can't be read.
    Io {
        /// The file.
        name: String,
        /// Why.
        source: io::Error,
    },
    /// Its content is no event log, or is damaged.
    Unreadable {
        /// The file.
        name: String,
        /// Where in it, as an administrator would look for it.
        place: Text,
        /// What is wrong there.
        what: Text,
    },
}

impl OfflineError {
    /// What is wrong, and where, for people.
    pub fn text(&self) -> Text {
        match self {
            OfflineError::Io { name, source } => {
                words!("fault-io", name = name, why = source.to_string())
            }
            OfflineError::Unreadable { name, place, what } => {
                words!("fault-in-file", name = name, place = place.clone(), what = what.clone())
            }
        }
    }
}

/// What is wrong, and where in the file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Fault {
    place: Text,
    pub(super) what: Text,
}

impl Fault {
    pub(super) fn new(place: Text, what: Text) -> Fault {
        Fault { place, what }
    }

    /// What a reader ran into: words of ours ([`spoken`]), or the system's.
    pub(super) fn io(place: Text, error: &io::Error) -> Fault {
        let ours = error.get_ref().and_then(|inner| inner.downcast_ref::<Spoken>());
        Fault { place, what: ours.map_or_else(|| foreign(&error.to_string()), |spoken| spoken.0.clone()) }
    }

    /// The same as said of a file.
    pub(super) fn of(self, name: &str) -> OfflineError {
        OfflineError::Unreadable { name: name.to_owned(), place: self.place, what: self.what }
    }
}

/// A place by its byte.
pub(super) fn at_byte(byte: u64) -> Text {
    words!("place-byte", byte = byte.to_string())
}

/// A place by its byte and by how many events end before it.
pub(super) fn behind_events(byte: u64, events: u64) -> Text {
    words!("place-byte-after", byte = byte.to_string(), events = events.to_string())
}

/// Words that are not ours. A parser's may quote the file, which may hold commands to a terminal.
pub(super) fn foreign(words: &str) -> Text {
    Text::plain(words.replace(char::is_control, " "))
}

/// An error of a reader that stands between a file and its parser, in words of ours.
pub(super) fn spoken(kind: io::ErrorKind, what: Text) -> io::Error {
    io::Error::new(kind, Spoken(what))
}

#[derive(Debug)]
struct Spoken(Text);

impl fmt::Display for Spoken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl std::error::Error for Spoken {}
