//! Nothing may grow or last without end: readers that stop at a limit, and lines of bounded length.

use std::borrow::Cow;
use std::cell::Cell;
use std::io::{self, BufRead, Read};
use std::rc::Rc;

use super::fault::{Fault, spoken};
use crate::words;
use crate::words::Text;

/// The most bytes one event may have, in whatever format. Windows' own limit for a text is 31,839 characters.
pub(super) const MAX_RECORD: usize = 1 << 20;

/// Passes bytes through until its budget is spent; the one who reads renews it with each token.
pub(super) struct Fuse<R> {
    inner: R,
    left: Rc<Cell<usize>>,
}

impl<R: BufRead> Fuse<R> {
    pub(super) fn new(inner: R) -> (Fuse<R>, Rc<Cell<usize>>) {
        let left = Rc::new(Cell::new(MAX_RECORD));
        (Fuse { inner, left: left.clone() }, left)
    }
}

/// Reads what a reader holds in its buffer: `read` of a reader that is made to be buffered.
pub(super) fn read_buffered(reader: &mut impl BufRead, out: &mut [u8]) -> io::Result<usize> {
    let available = reader.fill_buf()?;
    let taken = available.len().min(out.len());
    out[..taken].copy_from_slice(&available[..taken]);
    reader.consume(taken);
    Ok(taken)
}

impl<R: BufRead> Read for Fuse<R> {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        read_buffered(self, out)
    }
}

impl<R: BufRead> BufRead for Fuse<R> {
    fn fill_buf(&mut self) -> io::Result<&[u8]> {
        let available = self.inner.fill_buf()?;
        if self.left.get() == 0 && !available.is_empty() {
            return Err(spoken(io::ErrorKind::FileTooLarge, words!("fault-too-long")));
        }
        Ok(&available[..available.len().min(self.left.get())])
    }

    fn consume(&mut self, amount: usize) {
        self.left.set(self.left.get().saturating_sub(amount));
        self.inner.consume(amount);
    }
}

/// The most bytes that are read in search of the next event.
const MOST_WITHOUT_EVENT: u64 = 4 << 20;

/// Gives up where no event comes: input may have no end.
pub(super) struct Patience<R> {
    inner: R,
    left: Rc<Cell<u64>>,
}

/// What an event renews.
pub(super) struct Renewal(Rc<Cell<u64>>);

impl Renewal {
    pub(super) fn renew(&self) {
        self.0.set(MOST_WITHOUT_EVENT);
    }
}

impl<R: BufRead> Patience<R> {
    pub(super) fn new(inner: R) -> (Patience<R>, Renewal) {
        let left = Rc::new(Cell::new(MOST_WITHOUT_EVENT));
        (Patience { inner, left: left.clone() }, Renewal(left))
    }
}

impl<R: BufRead> Read for Patience<R> {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        read_buffered(self, out)
    }
}

impl<R: BufRead> BufRead for Patience<R> {
    fn fill_buf(&mut self) -> io::Result<&[u8]> {
        let available = self.inner.fill_buf()?;
        if self.left.get() == 0 && !available.is_empty() {
            let size = (MOST_WITHOUT_EVENT >> 20).to_string();
            return Err(spoken(io::ErrorKind::InvalidData, words!("fault-no-event-for", size = size)));
        }
        Ok(available)
    }

    fn consume(&mut self, amount: usize) {
        self.left.set(self.left.get().saturating_sub(amount as u64));
        self.inner.consume(amount);
    }
}

/// Lines of bounded length, without their line breaks, with their numbers from 1.
pub(super) struct Lines<R> {
    inner: R,
    /// The number of the line that was read last.
    pub(super) number: u64,
}

impl<R: BufRead> Lines<R> {
    pub(super) fn new(inner: R) -> Lines<R> {
        Lines { inner, number: 0 }
    }

    /// The next line with its line break; `None` at the end.
    ///
    /// # Errors
    /// If the line is longer than [`MAX_RECORD`], or can't be read.
    pub(super) fn next_raw(&mut self) -> Result<Option<String>, Fault> {
        self.number += 1;
        let mut bytes = Vec::new();
        let most = MAX_RECORD as u64 + 1;
        let read = (&mut self.inner).take(most).read_until(b'\n', &mut bytes);
        let length = read.map_err(|error| Fault::io(self.place(), &error))?;
        if length > MAX_RECORD {
            return Err(Fault::new(self.place(), words!("fault-line-too-long")));
        }
        // A decoder's output is UTF-8.
        Ok((length > 0).then(|| String::from_utf8_lossy(&bytes).into_owned()))
    }

    /// What was read already of what comes next, to be looked at before it.
    pub(super) fn ahead(&mut self) -> Result<Cow<'_, str>, Fault> {
        let place = self.place();
        let read = self.inner.fill_buf().map_err(|error| Fault::io(place, &error))?;
        Ok(String::from_utf8_lossy(read))
    }

    /// The next line without its line break.
    pub(super) fn next(&mut self) -> Result<Option<String>, Fault> {
        let line = self.next_raw()?;
        Ok(line.map(|line| line.trim_end_matches(['\n', '\r']).to_owned()))
    }

    pub(super) fn place(&self) -> Text {
        words!("place-line", number = self.number.to_string())
    }
}
