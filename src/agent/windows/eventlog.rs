//! Windows' event log: the edge that [`SystemLog`](crate::agent::eventlog::system::SystemLog) reads. Every handle is closed
//! when it is dropped; one event is in memory at a time, but for the batch of handles.

use std::collections::HashMap;

use windows::Win32::Foundation::{
    ERROR_ACCESS_DENIED, ERROR_EVENTLOG_CANT_START, ERROR_EVT_CHANNEL_NOT_FOUND,
    ERROR_EVT_INVALID_CHANNEL_PATH, ERROR_EVT_QUERY_RESULT_INVALID_POSITION, ERROR_EVT_QUERY_RESULT_STALE,
    ERROR_INSUFFICIENT_BUFFER, ERROR_NO_MORE_ITEMS, ERROR_NOT_FOUND, ERROR_SERVICE_NOT_ACTIVE, ERROR_TIMEOUT,
    HANDLE, WAIT_TIMEOUT, WIN32_ERROR,
};
use windows::Win32::System::EventLog::{
    EVT_HANDLE, EVT_LOG_PROPERTY_ID, EVT_VARIANT, EvtCreateBookmark, EvtFormatMessage, EvtFormatMessageEvent,
    EvtGetLogInfo, EvtLogNumberOfLogRecords, EvtLogOldestRecordNumber, EvtNext, EvtOpenChannelPath,
    EvtOpenLog, EvtOpenPublisherMetadata, EvtQuery, EvtQueryChannelPath, EvtQueryReverseDirection, EvtRender,
    EvtRenderEventXml, EvtSubscribe, EvtSubscribeStartAfterBookmark, EvtSubscribeStartAtOldestRecord,
    EvtSubscribeStrict, EvtUpdateBookmark, EvtVarTypeUInt64,
};
use windows::Win32::System::Threading::CreateEventW;
use windows::core::{Error, HSTRING, Owned, PCWSTR};

use crate::agent::eventlog::place::Extent;
use crate::agent::eventlog::system::{Fault, Source, Take};
use crate::agent::eventlog::xml::Raw;
use crate::report::is_listed;

/// How many handles are taken at once.
const BATCH: usize = 64;
/// How long a query may search for its next events, in milliseconds. Windows looks through the whole log for the last of
/// them, some ten thousand records a second: a log of gigabytes takes its time, once a start. Nobody waits for it
/// ([`aside`](crate::agent::eventlog::aside)).
const PATIENCE: u32 = 600_000;
/// The most UTF-16 units that one event or message may have; Windows' own limit for an event's texts is 31,839 each.
const MAX_UNITS: usize = 1 << 20;

/// What Windows answers when the service that keeps the logs does not: RPC's errors (server unavailable, too busy, call
/// failed, no endpoint, unknown interface) and the service manager's.
const SERVICE_GONE: [WIN32_ERROR; 8] = [
    WIN32_ERROR(1717),
    WIN32_ERROR(1722),
    WIN32_ERROR(1723),
    WIN32_ERROR(1726),
    WIN32_ERROR(1727),
    WIN32_ERROR(1753),
    ERROR_SERVICE_NOT_ACTIVE,
    ERROR_EVENTLOG_CANT_START,
];

/// One of Windows' logs, such as `Application`.
pub struct Channel {
    path: HSTRING,
    buffer: Vec<u16>,
}

/// A subscription that is asked, not called back.
pub struct Following {
    results: Owned<EVT_HANDLE>,
    /// Windows wants something to signal to; nobody waits for it, since the log is looked at when the bot polls.
    _signal: Owned<HANDLE>,
}

// SAFETY: a handle is a number that is valid in the whole process, not in one thread alone.
unsafe impl Send for Following {}

impl Channel {
    /// The log of a name. Nothing is opened yet.
    pub fn new(name: &str) -> Channel {
        Channel { path: HSTRING::from(name), buffer: vec![0; 4096] }
    }

    fn take(
        &mut self,
        results: EVT_HANDLE,
        wait: u32,
        most: usize,
        taking: &mut Taking<'_, '_>,
    ) -> Result<(), Fault> {
        // Opened anew at each read: an update of the product brings new messages.
        let mut publishers = Publishers::default();
        let mut taken = 0;
        while taken < most {
            let batch = next(results, wait, (most - taken).min(BATCH))?;
            if batch.is_empty() {
                break;
            }
            for event in &batch {
                taken += 1;
                taking.one(event, self.event(event, &mut publishers))?;
            }
        }
        Ok(())
    }

    fn event(
        &mut self,
        event: &Owned<EVT_HANDLE>,
        publishers: &mut Publishers,
    ) -> Result<crate::report::Event, String> {
        let xml = self.xml(event)?;
        let raw = Raw::read(&xml)?;
        // Somebody else's event counts for nothing, and its data tells whether it says what ours says.
        let listed = is_listed(&raw.provider);
        let message = if listed { self.message(event, publishers.of(&raw.provider)) } else { None };
        Ok(raw.into_event(message.as_deref()))
    }

    fn xml(&mut self, event: &Owned<EVT_HANDLE>) -> Result<String, String> {
        loop {
            let (mut used, mut properties) = (0, 0);
            let bytes = u32::try_from(self.buffer.len() * 2).map_err(|error| error.to_string())?;
            let buffer = Some(self.buffer.as_mut_ptr().cast());
            // SAFETY: the handle is an open event's, and the buffer has as many bytes as is said.
            let rendered = unsafe {
                EvtRender(None, **event, EvtRenderEventXml.0, bytes, buffer, &mut used, &mut properties)
            };
            match rendered {
                Ok(()) => return Ok(text(&self.buffer, used as usize / 2)),
                Err(error) if is(&error, ERROR_INSUFFICIENT_BUFFER) => self.grow(used as usize / 2)?,
                Err(error) => return Err(format!("it can't be rendered: {}", words(&error))),
            }
        }
    }

    /// Windows' own text of an event; `None` if the message's library is missing, or does not know it.
    fn message(&mut self, event: &Owned<EVT_HANDLE>, publisher: Option<EVT_HANDLE>) -> Option<String> {
        let publisher = publisher?;
        loop {
            let mut used = 0;
            let (publisher, event) = (Some(publisher), Some(**event));
            let buffer = Some(self.buffer.as_mut_slice());
            // SAFETY: both handles are open, and the buffer's length goes with it.
            let formatted = unsafe {
                EvtFormatMessage(publisher, event, 0, None, EvtFormatMessageEvent.0, buffer, &mut used)
            };
            match formatted {
                Ok(()) => return Some(text(&self.buffer, used as usize)),
                Err(error) if is(&error, ERROR_INSUFFICIENT_BUFFER) => self.grow(used as usize).ok()?,
                Err(_) => return None,
            }
        }
    }

    fn grow(&mut self, units: usize) -> Result<(), String> {
        // One that asks for what it has been given would ask for ever.
        if units <= self.buffer.len() || units > MAX_UNITS {
            return Err(format!("it is too long for an event ({units} characters)"));
        }
        self.buffer.resize(units, 0);
        Ok(())
    }
}

impl Source for Channel {
    type Bookmark = Owned<EVT_HANDLE>;
    type Following = Following;

    fn extent(&mut self) -> Result<Extent, Fault> {
        // SAFETY: the path is a terminated text, and nobody else has the handle.
        let log = unsafe { EvtOpenLog(None, &self.path, EvtOpenChannelPath.0).map(|log| Owned::new(log)) };
        let log = log.map_err(fault)?;
        let mut oldest = number(&log, EvtLogOldestRecordNumber)?;
        loop {
            // A log that wraps between the two answers would seem to end earlier than it does.
            let records = number(&log, EvtLogNumberOfLogRecords)?;
            let still = number(&log, EvtLogOldestRecordNumber)?;
            if still == oldest {
                return Ok(Extent { oldest, records });
            }
            oldest = still;
        }
    }

    fn newest(&mut self, query: &str, most: usize, take: Take<'_>) -> Result<Option<Self::Bookmark>, Fault> {
        let flags = EvtQueryChannelPath.0 | EvtQueryReverseDirection.0;
        // SAFETY: a query of structured XML names its path itself, both texts are terminated, nobody else has the handle.
        let results = unsafe {
            EvtQuery(None, PCWSTR::null(), &HSTRING::from(query), flags).map(|results| Owned::new(results))
        };
        let results = results.map_err(fault)?;
        let mut taking = Taking { take, marks: true, bookmark: None };
        self.take(*results, PATIENCE, most, &mut taking)?;
        Ok(taking.bookmark)
    }

    fn follow(&mut self, query: &str, after: Option<&Self::Bookmark>) -> Result<Following, Fault> {
        // SAFETY: nothing is pointed to, and nobody else has the handle. Manual, so that Windows alone sets it.
        let signal =
            unsafe { CreateEventW(None, true, false, PCWSTR::null()).map(|event| Owned::new(event)) };
        let signal = signal.map_err(fault)?;
        let flags = match after {
            Some(_) => EvtSubscribeStartAfterBookmark.0 | EvtSubscribeStrict.0,
            None => EvtSubscribeStartAtOldestRecord.0,
        };
        let (query, bookmark) = (HSTRING::from(query), after.map(|bookmark| **bookmark));
        // SAFETY: the texts are terminated; signal and bookmark are open handles, the signal longer than the subscription;
        // there is no callback and so no context.
        let results = unsafe {
            EvtSubscribe(None, Some(*signal), PCWSTR::null(), &query, bookmark, None, None, flags)
                .map(|results| Owned::new(results))
        };
        Ok(Following { results: results.map_err(fault)?, _signal: signal })
    }

    fn next(&mut self, following: &mut Following, most: usize, take: Take<'_>) -> Result<(), Fault> {
        self.take(*following.results, 0, most, &mut Taking { take, marks: false, bookmark: None })
    }
}

/// Hands events on, and marks the first if that is wanted.
struct Taking<'a, 'b> {
    take: &'a mut (dyn FnMut(Result<crate::report::Event, String>) + 'b),
    marks: bool,
    bookmark: Option<Owned<EVT_HANDLE>>,
}

impl Taking<'_, '_> {
    fn one(
        &mut self,
        handle: &Owned<EVT_HANDLE>,
        event: Result<crate::report::Event, String>,
    ) -> Result<(), Fault> {
        if self.marks && self.bookmark.is_none() {
            // SAFETY: no text makes an empty bookmark; both handles are open.
            let marked = unsafe {
                EvtCreateBookmark(PCWSTR::null()).map(|bookmark| Owned::new(bookmark)).and_then(|bookmark| {
                    EvtUpdateBookmark(*bookmark, **handle)?;
                    Ok(bookmark)
                })
            };
            self.bookmark = Some(marked.map_err(fault)?);
        }
        (self.take)(event);
        Ok(())
    }
}

/// What formats the messages of each provider, opened once a read; `None` where it is not registered.
#[derive(Default)]
struct Publishers(HashMap<String, Option<Owned<EVT_HANDLE>>>);

impl Publishers {
    fn of(&mut self, name: &str) -> Option<EVT_HANDLE> {
        let open = || {
            // SAFETY: the name is a terminated text, and nobody else has the handle.
            unsafe {
                EvtOpenPublisherMetadata(None, &HSTRING::from(name), PCWSTR::null(), 0, 0)
                    .ok()
                    .map(|publisher| Owned::new(publisher))
            }
        };
        self.0.entry(name.to_ascii_lowercase()).or_insert_with(open).as_ref().map(|publisher| **publisher)
    }
}

/// The next events, at most so many; none if there are no more now.
fn next(results: EVT_HANDLE, wait: u32, most: usize) -> Result<Vec<Owned<EVT_HANDLE>>, Fault> {
    let mut handles = [0_isize; BATCH];
    let mut returned = 0;
    // SAFETY: the handle is an open query's or subscription's, and the array has as many places as its slice says.
    let more = unsafe { EvtNext(results, &mut handles[..most], wait, 0, &mut returned) };
    match more {
        Ok(()) => {
            let handles = handles.iter().take(returned as usize);
            // SAFETY: these were just given to us to close, each once.
            Ok(handles.map(|handle| unsafe { Owned::new(EVT_HANDLE(*handle)) }).collect())
        }
        Err(error) if is(&error, ERROR_NO_MORE_ITEMS) => Ok(Vec::new()),
        Err(error) if wait == 0 && (is(&error, ERROR_TIMEOUT) || is(&error, WIN32_ERROR(WAIT_TIMEOUT.0))) => {
            Ok(Vec::new())
        }
        Err(error) if is(&error, ERROR_TIMEOUT) || is(&error, WIN32_ERROR(WAIT_TIMEOUT.0)) => {
            Err(Fault::Slow)
        }
        Err(error) => Err(fault(error)),
    }
}

fn number(log: &Owned<EVT_HANDLE>, property: EVT_LOG_PROPERTY_ID) -> Result<u64, Fault> {
    let mut value = EVT_VARIANT::default();
    let (size, mut used) = (size_of::<EVT_VARIANT>() as u32, 0);
    // SAFETY: the handle is an open log's, and the value has as many bytes as is said.
    unsafe { EvtGetLogInfo(**log, property, size, Some(&mut value), &mut used) }.map_err(fault)?;
    if value.Type != EvtVarTypeUInt64.0 as u32 {
        // An empty log has no oldest record.
        return Ok(0);
    }
    // SAFETY: the type says that this one of its fields is set.
    Ok(unsafe { value.Anonymous.UInt64Val })
}

/// A text that the system has written, without the zero at its end.
fn text(buffer: &[u16], used: usize) -> String {
    let text = buffer.get(..used).unwrap_or(buffer);
    String::from_utf16_lossy(text.split(|unit| *unit == 0).next().unwrap_or_default())
}

fn is(error: &Error, code: WIN32_ERROR) -> bool {
    WIN32_ERROR::from_error(error) == Some(code)
}

fn words(error: &Error) -> String {
    match WIN32_ERROR::from_error(error) {
        Some(code) => format!("{} (Windows error {})", error.message().trim(), code.0),
        None => error.to_string(),
    }
}

#[allow(clippy::needless_pass_by_value, reason = "it is what errors are mapped with")]
fn fault(error: Error) -> Fault {
    match WIN32_ERROR::from_error(&error) {
        Some(ERROR_ACCESS_DENIED) => Fault::Denied,
        Some(ERROR_EVT_CHANNEL_NOT_FOUND | ERROR_EVT_INVALID_CHANNEL_PATH) => Fault::Unknown,
        Some(ERROR_EVT_QUERY_RESULT_STALE | ERROR_EVT_QUERY_RESULT_INVALID_POSITION | ERROR_NOT_FOUND) => {
            Fault::Gone
        }
        Some(code) if SERVICE_GONE.contains(&code) => Fault::Stopped(words(&error)),
        _ => Fault::Other(words(&error)),
    }
}

#[cfg(test)]
mod tests {
    use std::process::Command;
    use std::time::{Duration, Instant};

    use super::*;
    use crate::agent::eventlog::clean::Cleaner;
    use crate::agent::eventlog::place::Place;
    use crate::agent::eventlog::system::SystemLog;
    use crate::agent::eventlog::{Backlog, EventLog};
    use crate::clock::Clock;

    const LOG: &str = "Application";

    /// Writes an event as Windows' own tool does, which registers the source if it is not there.
    fn write(id: u32, text: &str) {
        let mut tool = Command::new("eventcreate.exe");
        tool.args(["/L", LOG, "/T", "INFORMATION", "/SO", "Directory Synchronization", "/D", text]);
        let written = tool.args(["/ID", &id.to_string()]).output().expect("Windows has it");
        assert!(written.status.success(), "run this as administrator: {written:?}");
    }

    fn says(backlog: &Backlog, id: u32, text: &str) -> bool {
        backlog.events.iter().any(|event| event.id == id && event.text.contains(text))
    }

    #[test]
    #[ignore = "writes into the Application log of this Windows, as administrator"]
    fn a_real_windows_log_gives_its_backlog_then_what_is_new_and_a_restart_loses_nothing() {
        let folder = tempfile::tempdir().expect("a folder");
        let now = || Clock::system().now();
        let open = || {
            let place = Place::load(folder.path(), LOG, now());
            let cleaner = Cleaner { names_allowed: true };
            SystemLog::new(Channel::new(LOG), cleaner, place, Some(folder.path().to_owned()))
        };
        let mark = format!("syncmedic test {} at {}", std::process::id(), now().as_microsecond());
        write(654, &format!("{mark} first"));
        let log = open();
        let backlog = log.read(now());
        assert!(says(&backlog, 654, &mark), "the backlog holds it: {:?}", backlog.gaps);
        assert_eq!(backlog.gaps.iter().find(|gap| gap.what == "events"), None);

        write(655, &format!("{mark} second, für alle 🔑"));
        let began = Instant::now();
        // Long before it would be looked whether the subscription is dead.
        while !says(&log.read(now()), 655, &mark) {
            assert!(began.elapsed() < Duration::from_secs(60), "following the log brings it");
            std::thread::sleep(Duration::from_millis(100));
        }

        drop(log);
        write(653, &format!("{mark} third"));
        let backlog = open().read(now());
        assert!([654, 655, 653].iter().all(|id| says(&backlog, *id, &mark)));
        assert_eq!(backlog.gaps.iter().find(|gap| gap.what == "events"), None, "nothing was lost");
    }

    #[test]
    #[ignore = "asks this Windows"]
    fn a_log_that_is_not_there_is_told_by_a_real_windows() {
        let mut channel = Channel::new("Syncmedic has no such log");
        assert_eq!(channel.extent().expect_err("not there"), Fault::Unknown);
    }
}
