//! The folder that a test writes to, named by `SYNCMEDIC_STANDIN_EVENTLOG`; for a service, which has no variable, it is
//! `C:\standin-eventlog`. Without the folder the log is empty.
//!
//! - `events.tsv`: an event a line, oldest first: record, id, provider, level, time, message, data. Backslash escapes
//!   (`\t`, `\n`, `\\`); the message `-` is one that no library knows.
//! - `orders`: words: `denied`, `stopped`, `stale`, `slow`, `hangs`, `no-messages`
//! - written here: `handed-out`: how many events the agent was given so far; `open`: how many handles are open, whenever
//!   few are; `hanging`: that a call hangs; `faults`: what no caller may do

use std::fs::File;
use std::io::Write as _;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

/// An event as it was written.
pub(crate) struct Event {
    pub(crate) record: u64,
    pub(crate) id: u32,
    pub(crate) provider: String,
    pub(crate) level: u8,
    /// RFC 3339, UTC.
    pub(crate) time: String,
    pub(crate) message: Option<String>,
    pub(crate) data: String,
}

static HANDED_OUT: AtomicUsize = AtomicUsize::new(0);

fn folder() -> PathBuf {
    std::env::var_os("SYNCMEDIC_STANDIN_EVENTLOG")
        .map_or_else(|| r"C:\standin-eventlog".into(), PathBuf::from)
}

/// Every event that the log holds, oldest first.
pub(crate) fn events() -> Vec<Arc<Event>> {
    let text = std::fs::read_to_string(folder().join("events.tsv")).unwrap_or_default();
    text.lines().filter_map(|line| Event::read(line).map(Arc::new)).collect()
}

/// Whether the test has ordered something.
pub(crate) fn ordered(order: &str) -> bool {
    let orders = std::fs::read_to_string(folder().join("orders")).unwrap_or_default();
    orders.split_whitespace().any(|word| word == order)
}

/// Events were handed out.
pub(crate) fn handed_out(count: usize) {
    let all = HANDED_OUT.fetch_add(count, Ordering::Relaxed) + count;
    let _ = std::fs::write(folder().join("handed-out"), all.to_string());
}

/// A handle was opened or closed, and so many are open now.
pub(crate) fn left_open(open: usize) {
    // Batches of events come and go; what stays is told.
    if open < 4 {
        let _ = std::fs::write(folder().join("open"), open.to_string());
    }
}

/// Does not come back as long as that is ordered.
pub(crate) fn hang_if_ordered() {
    while ordered("hangs") {
        let _ = std::fs::write(folder().join("hanging"), "");
        std::thread::sleep(Duration::from_millis(50));
    }
}

/// Searches as long as that is ordered, or until the caller's time is up, in milliseconds; tells whether it found an end.
pub(crate) fn found_within(timeout: u32) -> bool {
    let began = Instant::now();
    while ordered("slow") {
        if began.elapsed() >= Duration::from_millis(timeout.into()) {
            return false;
        }
        std::thread::sleep(Duration::from_millis(50));
    }
    true
}

/// The caller has done what no caller may do.
pub(crate) fn fault(what: &str) {
    if let Ok(mut file) = File::options().create(true).append(true).open(folder().join("faults")) {
        let _ = writeln!(file, "{what}");
    }
}

impl Event {
    fn read(line: &str) -> Option<Event> {
        let mut fields = line.split('\t').map(unescaped);
        let mut next = || fields.next();
        Some(Event {
            record: next()?.parse().ok()?,
            id: next()?.parse().ok()?,
            provider: next()?,
            level: next()?.parse().ok()?,
            time: next()?,
            message: next().filter(|message| message != "-"),
            data: next()?,
        })
    }

    /// As Windows renders it.
    pub(crate) fn xml(&self) -> String {
        let Event { record, id, provider, level, time, data, .. } = self;
        let (provider, data) = (escaped(provider), escaped(data));
        format!(
            "<Event xmlns='http://schemas.microsoft.com/win/2004/08/events/event'><System><Provider Name='{provider}'/>\
             <EventID Qualifiers='0'>{id}</EventID><Version>0</Version><Level>{level}</Level><Task>0</Task>\
             <Opcode>0</Opcode><Keywords>0x80000000000000</Keywords><TimeCreated SystemTime='{time}'/>\
             <EventRecordID>{record}</EventRecordID><Correlation/><Execution ProcessID='0' ThreadID='0'/>\
             <Channel>Application</Channel><Computer>SYNC01</Computer><Security/></System>\
             <EventData><Data>{data}</Data></EventData></Event>"
        )
    }
}

fn unescaped(field: &str) -> String {
    let mut text = String::with_capacity(field.len());
    let mut characters = field.chars();
    while let Some(character) = characters.next() {
        text.push(match character {
            '\\' => match characters.next() {
                Some('t') => '\t',
                Some('n') => '\n',
                other => other.unwrap_or('\\'),
            },
            other => other,
        });
    }
    text
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('\'', "&apos;")
}
