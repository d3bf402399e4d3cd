//! The log of an agent that has no console: a file that is put aside when it is full, so that no flood of refused connections
//! fills a server's disk.

use std::fs::{File, OpenOptions};
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

/// When a file is full, in bytes.
const FULL: u64 = 2 * 1024 * 1024;

/// A log in `agent.log`, with the part before it in `agent.log.old`. At most twice [`FULL`] in all.
#[derive(Debug)]
pub struct LogFile {
    path: PathBuf,
    open: Mutex<Open>,
}

#[derive(Debug)]
struct Open {
    file: File,
    length: u64,
}

impl LogFile {
    /// Goes on with the log in a folder.
    ///
    /// # Errors
    /// If it can't be opened.
    pub fn open(folder: &Path) -> io::Result<LogFile> {
        let path = folder.join("agent.log");
        let open = Mutex::new(Open::new(&path)?);
        Ok(LogFile { path, open })
    }

    fn append(&self, bytes: &[u8]) -> io::Result<()> {
        let mut open = self.open.lock().unwrap_or_else(PoisonError::into_inner);
        if open.length > 0 && open.length + bytes.len() as u64 > FULL {
            // Where it can't be put aside (somebody looks at it on Windows) it is emptied: the bound comes first.
            if std::fs::rename(&self.path, self.path.with_extension("log.old")).is_err() {
                File::create(&self.path)?;
            }
            *open = Open::new(&self.path)?;
        }
        open.file.write_all(bytes)?;
        open.length += bytes.len() as u64;
        Ok(())
    }
}

impl Open {
    fn new(path: &Path) -> io::Result<Open> {
        let file = OpenOptions::new().append(true).create(true).open(path)?;
        let length = file.metadata()?.len();
        Ok(Open { file, length })
    }
}

impl Write for &LogFile {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.append(bytes)?;
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_flooded_log_stays_bounded_and_keeps_what_came_last() {
        let folder = tempfile::tempdir().expect("a folder");
        let log = LogFile::open(folder.path()).expect("opens");
        let line = format!("{}\n", "x".repeat(1000));
        for _ in 0..8000 {
            (&log).write_all(line.as_bytes()).expect("writes");
        }
        (&log).write_all(b"last\n").expect("writes");
        let sizes = |name: &str| std::fs::metadata(folder.path().join(name)).expect("is there").len();
        assert!(sizes("agent.log") <= FULL && sizes("agent.log.old") <= FULL);
        let text = std::fs::read_to_string(folder.path().join("agent.log")).expect("reads");
        assert!(text.ends_with("last\n"));
    }

    #[test]
    fn a_log_is_gone_on_with() {
        let folder = tempfile::tempdir().expect("a folder");
        for part in ["one\n", "two\n"] {
            (&LogFile::open(folder.path()).expect("opens")).write_all(part.as_bytes()).expect("writes");
        }
        let text = std::fs::read_to_string(folder.path().join("agent.log")).expect("reads");
        assert_eq!(text, "one\ntwo\n");
    }
}
