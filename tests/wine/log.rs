//! The event log of a server: the folder that the stand-in for `wevtapi.dll` reads.

use std::fmt::Write as _;
use std::path::PathBuf;

use jiff::{SignedDuration, Timestamp};

use crate::machine::Windows;
use crate::waiting::until;

/// The provider of most events here.
pub(crate) const PROVIDER: &str = "Directory Synchronization";

/// The variable that names the folder to the stand-in.
const VARIABLE: &str = "SYNCMEDIC_STANDIN_EVENTLOG";

/// A server's log.
pub(crate) struct Log {
    windows_path: String,
    folder: PathBuf,
    last: u64,
}

/// An event to be written; `message` is what Windows makes of it, `None` where no library knows it.
pub(crate) struct Written<'a> {
    pub(crate) id: u32,
    pub(crate) provider: &'a str,
    pub(crate) minutes_ago: i64,
    pub(crate) message: Option<&'a str>,
    pub(crate) data: &'a str,
}

impl Default for Written<'_> {
    fn default() -> Self {
        Written {
            id: 654,
            provider: PROVIDER,
            minutes_ago: 0,
            message: Some("Provision credentials ping end."),
            data: "",
        }
    }
}

impl Log {
    /// An empty log.
    pub(crate) fn new(windows: &Windows) -> Log {
        let windows_path = windows.folder("log");
        Log { folder: windows.unix(&windows_path), windows_path, last: 0 }
    }

    /// What an agent's environment must hold to have this log.
    pub(crate) fn env(&self) -> [(&str, &str); 1] {
        [(VARIABLE, &self.windows_path)]
    }

    /// Writes an event; gives its record number.
    pub(crate) fn write(&mut self, event: &Written<'_>) -> u64 {
        self.write_many(1, event)
    }

    /// Writes an event so many times; gives the last record number.
    pub(crate) fn write_many(&mut self, count: usize, event: &Written<'_>) -> u64 {
        self.overflow(count, event, usize::MAX)
    }

    /// Writes an event so many times, in one step, into a log that then holds only the newest `room`.
    pub(crate) fn overflow(&mut self, count: usize, event: &Written<'_>, room: usize) -> u64 {
        let escaped = |text: &str| text.replace('\\', "\\\\").replace('\t', "\\t").replace('\n', "\\n");
        let at = Timestamp::now() - SignedDuration::from_mins(event.minutes_ago);
        let (message, data) = (event.message.map_or("-".into(), escaped), escaped(event.data));
        let mut text = self.read("events.tsv");
        for _ in 0..count {
            self.last += 1;
            let (record, Written { id, provider, .. }) = (self.last, event);
            writeln!(text, "{record}\t{id}\t{provider}\t4\t{at}\t{message}\t{data}").expect("writes");
        }
        let lost = text.lines().count().saturating_sub(room);
        let kept: String = text.split_inclusive('\n').skip(lost).collect();
        self.replace("events.tsv", &kept);
        self.last
    }

    /// Clears the log; its numbers begin anew.
    pub(crate) fn clear(&mut self) {
        self.last = 0;
        self.replace("events.tsv", "");
    }

    /// Gives the stand-in orders: `denied`, `stopped`, `stale`, `slow`, `hangs`, `no-messages`, or none.
    pub(crate) fn order(&self, orders: &str) {
        self.replace("orders", orders);
    }

    /// How many events the agent has been given since it started.
    pub(crate) fn handed_out(&self) -> usize {
        self.read("handed-out").parse().unwrap_or(0)
    }

    /// Waits until so many handles are open: the agent also looks at its log by itself, every minute.
    ///
    /// # Panics
    /// If it never comes to that, or the agent has used the log wrongly.
    pub(crate) fn leaves_open(&self, handles: usize) {
        until(&format!("{handles} open handles"), || {
            (self.read("open").parse() == Ok(handles)).then_some(())
        });
        assert_eq!(self.read("faults"), "");
    }

    /// Waits until a call of the agent's hangs, as ordered.
    pub(crate) fn hangs(&self) {
        until("a call hangs", || self.folder.join("hanging").exists().then_some(()));
    }

    fn read(&self, file: &str) -> String {
        std::fs::read_to_string(self.folder.join(file)).unwrap_or_default()
    }

    /// In one step, since the agent may be reading.
    fn replace(&self, file: &str, text: &str) {
        let next = self.folder.join("next");
        std::fs::write(&next, text).expect("writes");
        std::fs::rename(next, self.folder.join(file)).expect("renames");
    }
}
