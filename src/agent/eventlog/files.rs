//! A log in a folder of files, one event a line as JSON, in the shape of [`Event`]. Files are only ever
//! appended to; each read costs what is new.
//!
//! A last line without its line break is still being written and waits for the next read. A line that can't
//! be read becomes a gap that names file and line. A file that became shorter, or is gone, means that the log was
//! cleared: everything is read anew, and a gap says so.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{BufRead, BufReader, Read as _, Seek as _, SeekFrom};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

use jiff::Timestamp;

use super::clean::Cleaner;
use super::window::Window;
use super::{Backlog, EventLog};
use crate::report::{Event, Gap};

/// The ending of event files.
pub const ENDING: &str = "jsonl";

/// The longest line that is read. Windows' own limit for an event's text is 31,839 characters.
const MAX_LINE: u64 = 256 * 1024;
/// The most bad lines that are named.
const MAX_GAPS: usize = 5;

/// A folder of event files.
#[derive(Debug)]
pub struct EventFiles {
    folder: PathBuf,
    reading: Mutex<Reading>,
}

#[derive(Debug)]
struct Reading {
    window: Window,
    files: BTreeMap<PathBuf, Position>,
    bad: Vec<Gap>,
    unnamed_bad: u32,
    cleared: Option<Gap>,
}

#[derive(Debug, Clone, Copy, Default)]
struct Position {
    offset: u64,
    lines: u64,
}

impl EventFiles {
    /// The log in a folder. Nothing is read yet; the folder may come later.
    pub fn new(folder: impl Into<PathBuf>, cleaner: Cleaner) -> EventFiles {
        let reading = Reading {
            window: Window::new(cleaner),
            files: BTreeMap::new(),
            bad: Vec::new(),
            unnamed_bad: 0,
            cleared: None,
        };
        EventFiles { folder: folder.into(), reading: Mutex::new(reading) }
    }
}

impl EventLog for EventFiles {
    fn read(&self, now: Timestamp) -> Backlog {
        let mut reading = self.reading.lock().unwrap_or_else(PoisonError::into_inner);
        match reading.take_new(&self.folder, now) {
            Ok(unread) => {
                let gaps = reading.gaps(unread);
                reading.window.backlog(now, gaps)
            }
            Err(error) => {
                let why = format!("the event folder {} can't be read: {error}", self.folder.display());
                Backlog { gaps: vec![gap(why)], ..Backlog::default() }
            }
        }
    }
}

fn gap(why: String) -> Gap {
    Gap { what: "events".into(), why }
}

impl Reading {
    /// Takes what is new in every file; gives the gaps of files that can't be read at all.
    fn take_new(&mut self, folder: &Path, now: Timestamp) -> std::io::Result<Vec<Gap>> {
        let mut paths = Vec::new();
        for entry in std::fs::read_dir(folder)? {
            let path = entry?.path();
            if path.extension().is_some_and(|ending| ending == ENDING) {
                paths.push(path);
            }
        }
        paths.sort();
        if self.was_cleared(&paths) {
            let at = now.strftime("%Y-%m-%d %H:%M:%S UTC");
            self.cleared = Some(gap(format!("the event log was cleared or replaced (noticed {at})")));
            self.window.clear();
            self.files.clear();
            self.bad.clear();
            self.unnamed_bad = 0;
        }
        let mut unread = Vec::new();
        for path in paths {
            if let Err(error) = self.take_file(&path, now) {
                unread.push(gap(format!("{} can't be read: {error}", path.display())));
            }
        }
        Ok(unread)
    }

    fn was_cleared(&self, paths: &[PathBuf]) -> bool {
        self.files.iter().any(|(path, position)| {
            !paths.contains(path)
                || std::fs::metadata(path).is_ok_and(|metadata| metadata.len() < position.offset)
        })
    }

    fn take_file(&mut self, path: &Path, now: Timestamp) -> std::io::Result<()> {
        let mut position = self.files.get(path).copied().unwrap_or_default();
        let mut file = File::open(path)?;
        file.seek(SeekFrom::Start(position.offset))?;
        let mut reader = BufReader::new(file);
        let mut line = Vec::new();
        loop {
            line.clear();
            let mut length = reader.by_ref().take(MAX_LINE).read_until(b'\n', &mut line)? as u64;
            let too_long = length == MAX_LINE && !line.ends_with(b"\n");
            if too_long {
                length += reader.skip_until(b'\n')? as u64;
            } else if !line.ends_with(b"\n") {
                break;
            }
            position.offset += length;
            position.lines += 1;
            match serde_json::from_slice::<Event>(&line) {
                _ if line.trim_ascii().is_empty() => {}
                Ok(event) if !too_long => self.window.push(event, now),
                Ok(_) => self.bad_line(path, position.lines, "the line is too long"),
                Err(_) if too_long => self.bad_line(path, position.lines, "the line is too long"),
                Err(error) => self.bad_line(path, position.lines, &error.to_string()),
            }
            self.files.insert(path.to_owned(), position);
        }
        self.files.insert(path.to_owned(), position);
        Ok(())
    }

    fn bad_line(&mut self, path: &Path, line: u64, why: &str) {
        if self.bad.len() < MAX_GAPS {
            let name = path.file_name().unwrap_or(path.as_os_str()).display().to_string();
            self.bad.push(gap(format!("{name}, line {line}, is no event: {why}")));
        } else {
            self.unnamed_bad += 1;
        }
    }

    fn gaps(&self, unread: Vec<Gap>) -> Vec<Gap> {
        let mut gaps = unread;
        gaps.extend(self.cleared.clone());
        gaps.extend(self.bad.iter().cloned());
        if self.unnamed_bad > 0 {
            gaps.push(gap(format!("{} more lines are no events", self.unnamed_bad)));
        }
        gaps
    }
}

#[cfg(test)]
mod tests {
    use std::io::Write as _;

    use super::*;

    const LINE: &str = r#"{"id":6900,"provider":"ADSync","record":7,"at":"2026-11-22T02:00:00Z","text":"x"}"#;

    fn now() -> Timestamp {
        "2026-11-22T02:30:00Z".parse().expect("a time")
    }

    fn log() -> (tempfile::TempDir, EventFiles) {
        let folder = tempfile::tempdir().expect("a folder");
        let log = EventFiles::new(folder.path(), Cleaner { names_allowed: false });
        (folder, log)
    }

    fn append(folder: &tempfile::TempDir, name: &str, text: &str) {
        let path = folder.path().join(name);
        let mut file = File::options().create(true).append(true).open(path).expect("opens");
        file.write_all(text.as_bytes()).expect("writes");
    }

    #[test]
    fn each_event_is_read_once_and_a_half_written_line_waits() {
        let (folder, log) = log();
        append(&folder, "a.jsonl", &format!("{LINE}\n{}", &LINE[..20]));
        assert_eq!(log.read(now()).events.len(), 1);
        assert_eq!(log.read(now()).gaps, []);
        append(&folder, "a.jsonl", &format!("{}\n", &LINE[20..]));
        append(&folder, "b.jsonl", &format!("{LINE}\n"));
        append(&folder, "notes.txt", "not an event\n");
        let backlog = log.read(now());
        assert_eq!(backlog.events.len(), 3);
        assert_eq!(backlog.counts[0].count, 3);
        assert_eq!(backlog.gaps, []);
    }

    #[test]
    fn a_bad_line_is_a_gap_with_file_and_line_and_the_others_count() {
        let (folder, log) = log();
        append(&folder, "a.jsonl", &format!("{LINE}\n{{\"id\":\n\n{LINE}\n"));
        let backlog = log.read(now());
        assert_eq!(backlog.events.len(), 2);
        assert!(backlog.gaps[0].why.starts_with("a.jsonl, line 2,"), "{:?}", backlog.gaps);
        append(&folder, "a.jsonl", &"?\n".repeat(20));
        assert_eq!(log.read(now()).gaps.len(), MAX_GAPS + 1);
    }

    #[test]
    fn a_line_without_end_neither_fills_the_memory_nor_hides_what_follows() {
        let (folder, log) = log();
        append(&folder, "a.jsonl", &format!("{}\n{LINE}\n", "x".repeat(300 * 1024)));
        let backlog = log.read(now());
        assert_eq!(backlog.events.len(), 1);
        assert!(backlog.gaps[0].why.contains("too long"));
    }

    #[test]
    fn a_cleared_log_is_read_anew_and_said_to_be_cleared() {
        let (folder, log) = log();
        append(&folder, "a.jsonl", &format!("{LINE}\n{LINE}\n"));
        assert_eq!(log.read(now()).events.len(), 2);
        std::fs::write(folder.path().join("a.jsonl"), format!("{LINE}\n")).expect("writes");
        let backlog = log.read(now());
        assert_eq!(backlog.events.len(), 1);
        assert!(backlog.gaps[0].why.contains("cleared"));
    }

    #[test]
    fn a_missing_folder_is_a_gap_and_events_are_unknown_not_none() {
        let log = EventFiles::new("/nonexistent/events", Cleaner { names_allowed: false });
        let backlog = log.read(now());
        assert_eq!(backlog.read_at, None);
        assert!(backlog.gaps[0].why.contains("/nonexistent/events"));
    }
}
