//! Stands in for `wevtapi.dll` under Wine, whose own is an empty stub: Windows' event log as far as the agent asks it, over a
//! folder that a test writes to.
//!
//! - [`log`]: the folder: the events, the orders that a test gives, and what was asked
//! - [`query`]: which events a structured query selects
//! - [`handles`]: everything that is open; a closed or unknown handle is an error, as on Windows
//!
//! The functions answer with Windows' documented error codes. What they do not stand in for: sessions with other machines,
//! call-backs, log files as paths, rendering of single values, locales.

mod handles;
mod log;
mod query;

use std::ffi::c_void;
use std::sync::Arc;

use handles::{Object, close, open, with};
use log::Event;
use query::Query;

type Bool = i32;
type Handle = isize;

const ACCESS_DENIED: u32 = 5;
const INVALID_HANDLE: u32 = 6;
const INVALID_PARAMETER: u32 = 87;
const INSUFFICIENT_BUFFER: u32 = 122;
const NO_MORE_ITEMS: u32 = 259;
const NOT_FOUND: u32 = 1168;
const TIMEOUT: u32 = 1460;
const RPC_SERVER_UNAVAILABLE: u32 = 1722;
const INVALID_QUERY: u32 = 15001;
const PUBLISHER_METADATA_NOT_FOUND: u32 = 15002;
const CHANNEL_NOT_FOUND: u32 = 15007;
const QUERY_RESULT_STALE: u32 = 15011;
const MESSAGE_NOT_FOUND: u32 = 15027;
const FILTER_TOO_COMPLEX: u32 = 15026;

const REVERSE: u32 = 0x200;
const CHANNEL_PATH: u32 = 1;
const START: u32 = 3;
const START_AT_OLDEST: u32 = 2;
const START_AFTER_BOOKMARK: u32 = 3;
const STRICT: u32 = 0x10000;
const RENDER_XML: u32 = 1;
const FORMAT_EVENT: u32 = 1;
const NUMBER_OF_RECORDS: u32 = 5;
const OLDEST_RECORD: u32 = 6;

/// `EVT_VARIANT`: a value, how many, and its type.
#[repr(C)]
struct Variant {
    value: u64,
    count: u32,
    kind: u32,
}

const NULL: u32 = 0;
const UINT64: u32 = 10;

unsafe extern "system" {
    fn SetLastError(code: u32);
}

fn fail<T: Default>(code: u32) -> T {
    unsafe { SetLastError(code) };
    T::default()
}

fn answer(done: Result<(), u32>) -> Bool {
    match done {
        Ok(()) => 1,
        Err(code) => fail(code),
    }
}

fn handle(object: Result<Object, u32>) -> Handle {
    match object {
        Ok(object) => {
            let handle = open(object);
            log::left_open(handles::count());
            handle
        }
        Err(code) => fail(code),
    }
}

/// A text of the caller's.
unsafe fn taken(text: *const u16) -> Option<String> {
    if text.is_null() {
        return None;
    }
    let length = (0..).take_while(|at| unsafe { *text.add(*at) } != 0).count();
    Some(String::from_utf16_lossy(unsafe { std::slice::from_raw_parts(text, length) }))
}

/// Gives a text with its zero, if there is room; says how much room it takes, in units of `size` bytes.
unsafe fn give(text: &str, buffer: *mut c_void, room: u32, used: *mut u32, size: usize) -> Result<(), u32> {
    let units: Vec<u16> = text.encode_utf16().chain([0]).collect();
    let needed = (units.len() * 2 / size) as u32;
    unsafe { *used = needed };
    if buffer.is_null() || room < needed {
        return Err(INSUFFICIENT_BUFFER);
    }
    unsafe { std::ptr::copy_nonoverlapping(units.as_ptr(), buffer.cast(), units.len()) };
    Ok(())
}

/// What keeps the service or the log from answering, by the test's orders.
fn reachable(channel: &str) -> Result<(), u32> {
    if log::ordered("stopped") {
        Err(RPC_SERVER_UNAVAILABLE)
    } else if log::ordered("denied") {
        Err(ACCESS_DENIED)
    } else if !channel.eq_ignore_ascii_case("Application") {
        Err(CHANNEL_NOT_FOUND)
    } else {
        Ok(())
    }
}

#[unsafe(no_mangle)]
unsafe extern "system" fn EvtOpenLog(session: Handle, path: *const u16, flags: u32) -> Handle {
    let path = unsafe { taken(path) }.unwrap_or_default();
    handle(if session != 0 || flags != CHANNEL_PATH {
        Err(INVALID_PARAMETER)
    } else {
        reachable(&path).map(|()| Object::Log)
    })
}

#[unsafe(no_mangle)]
unsafe extern "system" fn EvtGetLogInfo(
    log: Handle,
    property: u32,
    size: u32,
    value: *mut c_void,
    used: *mut u32,
) -> Bool {
    answer(with(log, |object| {
        let Object::Log = object else { return Err(INVALID_HANDLE) };
        unsafe { *used = size_of::<Variant>() as u32 };
        if value.is_null() || (size as usize) < size_of::<Variant>() {
            return Err(INSUFFICIENT_BUFFER);
        }
        let events = log::events();
        let (number, kind) = match (property, events.first()) {
            (NUMBER_OF_RECORDS, _) => (events.len() as u64, UINT64),
            (OLDEST_RECORD, Some(event)) => (event.record, UINT64),
            (OLDEST_RECORD, None) => (0, NULL),
            _ => return Err(INVALID_PARAMETER),
        };
        unsafe { *value.cast::<Variant>() = Variant { value: number, count: 0, kind } };
        Ok(())
    }))
}

/// The query of the caller's text, if the log that it names can be read.
unsafe fn asked(session: Handle, path: *const u16, query: *const u16) -> Result<Query, u32> {
    if session != 0 || !path.is_null() {
        // With a structured query the agent leaves the path to it.
        return Err(INVALID_PARAMETER);
    }
    let text = unsafe { taken(query) }.ok_or(INVALID_PARAMETER)?;
    let query = Query::read(&text)
        .map_err(|too_complex| if too_complex { FILTER_TOO_COMPLEX } else { INVALID_QUERY })?;
    reachable(&query.channel)?;
    Ok(query)
}

#[unsafe(no_mangle)]
unsafe extern "system" fn EvtQuery(
    session: Handle,
    path: *const u16,
    query: *const u16,
    flags: u32,
) -> Handle {
    handle(unsafe { asked(session, path, query) }.and_then(|query| {
        if flags & CHANNEL_PATH == 0 {
            return Err(INVALID_PARAMETER);
        }
        // Handed out from the end.
        let mut found: Vec<Arc<Event>> =
            log::events().into_iter().filter(|event| query.selects(event)).collect();
        if flags & REVERSE == 0 {
            found.reverse();
        }
        Ok(Object::Results(found))
    }))
}

#[unsafe(no_mangle)]
unsafe extern "system" fn EvtSubscribe(
    session: Handle,
    signal: *mut c_void,
    path: *const u16,
    query: *const u16,
    bookmark: Handle,
    _context: *const c_void,
    callback: *const c_void,
    flags: u32,
) -> Handle {
    handle(unsafe { asked(session, path, query) }.and_then(|query| {
        if signal.is_null() || !callback.is_null() {
            return Err(INVALID_PARAMETER);
        }
        let after = match (flags & START, bookmark) {
            (START_AT_OLDEST, 0) => 0,
            (START_AFTER_BOOKMARK, bookmark) => with(bookmark, |object| match object {
                Object::Bookmark(Some(record)) => Ok(*record),
                _ => Err(INVALID_HANDLE),
            })?,
            _ => return Err(INVALID_PARAMETER),
        };
        let found = after == 0 || log::events().iter().any(|event| event.record == after);
        if flags & STRICT != 0 && !found {
            return Err(NOT_FOUND);
        }
        Ok(Object::Following { query, after, pending: Vec::new() })
    }))
}

#[unsafe(no_mangle)]
unsafe extern "system" fn EvtNext(
    results: Handle,
    size: u32,
    events: *mut Handle,
    timeout: u32,
    flags: u32,
    returned: *mut u32,
) -> Bool {
    unsafe { *returned = 0 };
    log::hang_if_ordered();
    if !log::found_within(timeout) {
        return fail(TIMEOUT);
    }
    let batch = with(results, |object| {
        if flags != 0 || size == 0 || events.is_null() {
            return Err(INVALID_PARAMETER);
        }
        let pending = match object {
            Object::Results(pending) => pending,
            Object::Following { query, after, pending } => {
                reachable("Application")?;
                if log::ordered("stale") {
                    return Err(QUERY_RESULT_STALE);
                }
                if pending.is_empty() {
                    let new = log::events().into_iter().filter(|event| event.record > *after);
                    *pending = new.filter(|event| query.selects(event)).collect();
                    pending.reverse();
                    *after = pending.first().map_or(*after, |newest| newest.record);
                }
                pending
            }
            _ => return Err(INVALID_HANDLE),
        };
        let rest = pending.len().saturating_sub(size as usize);
        let batch: Vec<Arc<Event>> = pending.drain(rest..).rev().collect();
        if batch.is_empty() { Err(NO_MORE_ITEMS) } else { Ok(batch) }
    });
    answer(batch.map(|batch| {
        log::handed_out(batch.len());
        unsafe { *returned = batch.len() as u32 };
        for (at, event) in batch.into_iter().enumerate() {
            unsafe { *events.add(at) = open(Object::Event(event)) };
        }
    }))
}

#[unsafe(no_mangle)]
unsafe extern "system" fn EvtRender(
    context: Handle,
    fragment: Handle,
    flags: u32,
    size: u32,
    buffer: *mut c_void,
    used: *mut u32,
    properties: *mut u32,
) -> Bool {
    let xml = with(fragment, |object| match object {
        Object::Event(event) if context == 0 && flags == RENDER_XML => Ok(event.xml()),
        Object::Event(_) => Err(INVALID_PARAMETER),
        _ => Err(INVALID_HANDLE),
    });
    answer(xml.and_then(|xml| unsafe {
        *properties = 0;
        give(&xml, buffer, size, used, 1)
    }))
}

#[unsafe(no_mangle)]
unsafe extern "system" fn EvtOpenPublisherMetadata(
    _session: Handle,
    name: *const u16,
    _file: *const u16,
    _locale: u32,
    _flags: u32,
) -> Handle {
    handle(match unsafe { taken(name) } {
        Some(_) if log::ordered("no-messages") => Err(PUBLISHER_METADATA_NOT_FOUND),
        Some(name) => Ok(Object::Publisher(name)),
        None => Err(INVALID_PARAMETER),
    })
}

#[unsafe(no_mangle)]
unsafe extern "system" fn EvtFormatMessage(
    publisher: Handle,
    event: Handle,
    _id: u32,
    _count: u32,
    _values: *const c_void,
    flags: u32,
    size: u32,
    buffer: *mut u16,
    used: *mut u32,
) -> Bool {
    let name = with(publisher, |object| match object {
        Object::Publisher(name) => Ok(name.clone()),
        _ => Err(INVALID_HANDLE),
    });
    let message = name.and_then(|name| {
        with(event, |object| match object {
            Object::Event(event) if flags == FORMAT_EVENT && event.provider.eq_ignore_ascii_case(&name) => {
                event.message.clone().ok_or(MESSAGE_NOT_FOUND)
            }
            _ => Err(INVALID_PARAMETER),
        })
    });
    answer(message.and_then(|message| unsafe { give(&message, buffer.cast(), size, used, 2) }))
}

#[unsafe(no_mangle)]
unsafe extern "system" fn EvtCreateBookmark(xml: *const u16) -> Handle {
    handle(if xml.is_null() { Ok(Object::Bookmark(None)) } else { Err(INVALID_PARAMETER) })
}

#[unsafe(no_mangle)]
unsafe extern "system" fn EvtUpdateBookmark(bookmark: Handle, event: Handle) -> Bool {
    let record = with(event, |object| match object {
        Object::Event(event) => Ok(event.record),
        _ => Err(INVALID_HANDLE),
    });
    answer(record.and_then(|record| {
        with(bookmark, |object| match object {
            Object::Bookmark(marked) => {
                *marked = Some(record);
                Ok(())
            }
            _ => Err(INVALID_HANDLE),
        })
    }))
}

#[unsafe(no_mangle)]
unsafe extern "system" fn EvtClose(object: Handle) -> Bool {
    let closed = close(object);
    if !closed {
        log::fault("closed what is not open");
    }
    log::left_open(handles::count());
    answer(if closed { Ok(()) } else { Err(INVALID_HANDLE) })
}
