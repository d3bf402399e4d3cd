//! Event logs from files: whatever Windows, PowerShell or a person's clipboard wrote, read as events.
//!
//! Pure: readers take anything that can be read, keep bounded memory, and never panic on what they are given.
//!
//! - [`decode`]: bytes of any usual encoding become UTF-8 as they stream by; `code_page`: those of single bytes
//! - `bounded`: no token, line or record may grow without end
//! - `format`: which format it is, by its content, never by its name
//! - `xml`, `evtx`, `json`, `csv`, `text`: one reader a format; each gives `raw::Raw` events
//! - `over`: words that say that a fault is over, or of elsewhere
//! - `talk`: what people say around an event; `printed`: what commands print there of the server's state
//! - `line`, `syslog`, `table`: one line of text; what `Get-WinEvent` prints by itself; `unique`: JSON that names each key once
//! - `fields`: what the parts of an event are called in the languages of Windows, and the form that the values of each have
//! - `labels`, `levels`, `time`, `calendar`: the labels, levels and dates that they share; `times`: those of one record; `form`: how a column's dates are written
//! - `raw`: an event as it was written, and what it becomes; `wording`: the event that nothing but its words tell; `wrapper`: the
//!   sentence around the inner text of 6900
//! - [`log`]: the bounded log that several files make together; `bounds`: which events it keeps; `reading`: what it says, and the ways to read its times
//! - `clocks`: clocks that were set back, by the records' numbers; `extent`: how far the files reach in time
//! - `order`: what came last, where its times can be read in several ways; `rows`: the order of a file's rows
//! - `computers`: whose log it is, and whether the sync product still speaks in it
//! - `holds`: whether one event's text holds more than that event
//! - `taken`: when a file says that it was taken; `windows`: which Windows it tells of
//! - `doubt`: what of the files was not understood, and keeps a remedy away; `fault`: why a file is no log, and where
//! - [`answer`]: the verdict on such a log, for people and for programs

pub mod answer;
mod bounded;
mod bounds;
mod calendar;
mod clocks;
mod code_page;
mod columns;
mod computers;
mod csv;
pub mod decode;
mod doubt;
mod evtx;
mod extent;
mod fault;
mod fields;
mod form;
mod format;
mod holds;
mod json;
mod labels;
#[cfg(test)]
mod level_tests;
mod levels;
mod line;
pub mod log;
mod order;
#[cfg(test)]
mod order_tests;
mod over;
mod printed;
mod raw;
#[cfg(test)]
mod reader_tests;
mod reading;
mod rows;
#[cfg(test)]
mod shape_tests;
mod syslog;
mod table;
mod taken;
mod talk;
#[cfg(test)]
mod test_kit;
mod text;
mod time;
mod times;
mod unique;
mod windows;
mod wording;
mod wrapper;
mod xml;

use std::io::{BufRead, Read, Seek, SeekFrom};

use bounded::Patience;
use fault::Fault;
pub use fault::OfflineError;
pub use format::Format;
use log::Log;
use raw::Raw;
pub use reading::Reading;

use crate::words;

/// Anything a log can be read from. `.evtx` is read by its chunks, so that the source must know its places.
pub trait Source: Read + Seek {}

impl<T: Read + Seek> Source for T {}

/// Reads one file into the log. Its format is told by its content.
///
/// # Errors
/// [`OfflineError`], naming what is wrong and where. The log must not be judged then: what is missing may be
/// what speaks against a remedy.
pub fn read(name: &str, mut source: impl Source, log: &mut Log) -> Result<Format, OfflineError> {
    let io = |source: std::io::Error| OfflineError::Io { name: name.to_owned(), source };
    let magic = magic(&mut source).map_err(io)?;
    source.seek(SeekFrom::Start(0)).map_err(io)?;
    if evtx::is_evtx(&magic) {
        read_as(Format::Evtx, name, source, log)?;
        return Ok(Format::Evtx);
    }
    read_text(name, source, log)
}

/// The same for what can be read only once and may have no end: a pipe, standard input. It is read as it comes; only
/// `.evtx`, which is read by its places, is kept in an unnamed file first.
///
/// # Errors
/// As [`read`].
pub fn read_stream(name: &str, mut source: impl Read, log: &mut Log) -> Result<Format, OfflineError> {
    let io = |source: std::io::Error| OfflineError::Io { name: name.to_owned(), source };
    let magic = magic(&mut source).map_err(io)?;
    let whole = magic.chain(source);
    if !evtx::is_evtx(&magic) {
        return read_text(name, whole, log);
    }
    let mut file = tempfile::tempfile().map_err(io)?;
    evtx::keep(whole, &mut file).map_err(|fault| fault.of(name))?;
    read_as(Format::Evtx, name, file, log)?;
    Ok(Format::Evtx)
}

/// The first bytes, by which `.evtx` is told.
fn magic(source: &mut impl Read) -> std::io::Result<Vec<u8>> {
    let mut magic = Vec::new();
    source.take(8).read_to_end(&mut magic)?;
    Ok(magic)
}

/// Reads anything but `.evtx`.
fn read_text(name: &str, source: impl Read, log: &mut Log) -> Result<Format, OfflineError> {
    let io = |source: std::io::Error| OfflineError::Io { name: name.to_owned(), source };
    let mut text = decode::Utf8::new(source).map_err(io)?;
    let head = text.fill_buf().map_err(|error| match error.kind() {
        std::io::ErrorKind::InvalidData => Fault::io(words!("place-beginning"), &error).of(name),
        _ => io(error),
    })?;
    let format = format::detect(head).map_err(|fault| fault.of(name))?;
    collect(name, log, |sink| read_format(format, text, sink))?;
    Ok(format)
}

/// Reads one file into the log as what it is said to be.
///
/// # Errors
/// As [`read`].
pub fn read_as(
    format: Format,
    name: &str,
    mut source: impl Source,
    log: &mut Log,
) -> Result<(), OfflineError> {
    let io = |source: std::io::Error| OfflineError::Io { name: name.to_owned(), source };
    if format == Format::Evtx {
        return collect(name, log, |sink| evtx::read(&mut source, sink));
    }
    let text = decode::Utf8::new(source).map_err(io)?;
    collect(name, log, |sink| read_format(format, text, sink))
}

fn read_format(format: Format, text: impl BufRead, sink: &mut dyn FnMut(Raw)) -> Result<(), Fault> {
    let (text, renewal) = Patience::new(text);
    let sink: &mut dyn FnMut(Raw) = &mut |raw| {
        if raw.is_event() {
            renewal.renew();
        }
        sink(raw);
    };
    match format {
        Format::Xml => xml::read(text, sink),
        Format::Json => json::read(text, sink),
        Format::Csv(delimiter) => csv::read(text, delimiter, sink),
        Format::Text | Format::Evtx => text::read(text, sink),
    }
}

/// Fills the log with the events of one file.
fn collect(
    name: &str,
    log: &mut Log,
    read: impl FnOnce(&mut dyn FnMut(Raw)) -> Result<(), Fault>,
) -> Result<(), OfflineError> {
    log.begin_source();
    let before = log.events_read();
    read(&mut |raw| log.push(raw)).map_err(|fault| fault.of(name))?;
    log.end_source();
    if log.events_read() == before {
        return Err(Fault::new(words!("place-whole"), words!("fault-no-event")).of(name));
    }
    Ok(())
}
