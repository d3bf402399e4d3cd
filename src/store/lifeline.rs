//! How a new bot knows that the last one is dead: a file that stays locked for as long as its process lives.
//!
//! The system gives the lock up when the process ends, however it ends. So whoever gets the lock knows that the process
//! which wrote into the file is gone, and need not wait until its lease runs out. This only ever makes a restart quicker:
//! where there is no lock to be had, or the database knows of another lease than the file, the lease alone decides.

use std::fs::{File, TryLockError};
use std::io::{self, Read as _, Seek as _, Write as _};
use std::path::Path;

use super::connect::make_file;
use super::lease::Lease;

/// The file in the data folder.
pub const LIFELINE: &str = "run.lock";

/// The lock of this process. Dropping it says that this process changes nothing any more.
#[derive(Debug)]
pub struct Lifeline {
    file: File,
    last: String,
}

impl Lifeline {
    /// Takes the lock in a data folder; `None` if another process holds it.
    ///
    /// # Errors
    /// If the file can't be used, or the file system has no locks.
    pub fn take(folder: &Path) -> io::Result<Option<Lifeline>> {
        let path = folder.join(LIFELINE);
        make_file(&path)?;
        let mut file = File::options().read(true).write(true).open(&path)?;
        match file.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => return Ok(None),
            Err(TryLockError::Error(error)) => return Err(error),
        }
        let mut last = String::new();
        // A file that was written by something else names no lease.
        if (&mut file).take(256).read_to_string(&mut last).is_err() {
            last.clear();
        }
        Ok(Some(Lifeline { file, last }))
    }

    /// The token of the lease that the last process held, which is dead.
    pub(super) fn last(&self) -> &str {
        self.last.trim()
    }

    /// Writes down which lease this process holds.
    ///
    /// # Errors
    /// If the file can't be written; the next bot then waits until the lease has run out.
    pub fn note(&mut self, lease: &Lease) -> io::Result<()> {
        self.file.set_len(0)?;
        self.file.rewind()?;
        self.file.write_all(lease.token().as_bytes())?;
        self.file.sync_all()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_one_at_a_time_holds_it_and_the_next_sees_what_the_last_wrote() {
        let folder = tempfile::tempdir().expect("a folder");
        let first = Lifeline::take(folder.path()).expect("has locks").expect("is free");
        assert_eq!(first.last(), "");
        assert!(Lifeline::take(folder.path()).expect("has locks").is_none());
        drop(first);
        std::fs::write(folder.path().join(LIFELINE), "token\n").expect("writes");
        let next = Lifeline::take(folder.path()).expect("has locks").expect("is free");
        assert_eq!(next.last(), "token");
    }
}
