//! `.evtx`: each record is written out as XML by the crate `evtx` and read as such.

use std::collections::BTreeSet;
use std::io::{self, Read, Seek, SeekFrom, Write};

use evtx::err::EvtxError;
use evtx::{EvtxParser, ParserSettings};

use super::fault::{Fault, at_byte, foreign};
use super::raw::Raw;
use super::xml;
use crate::words;
use crate::words::Text;

/// Every `.evtx` file begins so.
const MAGIC: &[u8] = b"ElfFile\0";

/// So does every chunk.
const CHUNK_MAGIC: &[u8] = b"ElfChnk\0";

/// The size of a chunk, in bytes, and of the header before the first.
const CHUNK: u64 = 65_536;
const HEADER: u64 = 4096;

pub(super) fn is_evtx(head: &[u8]) -> bool {
    head == MAGIC
}

/// Reads every event, chunk by chunk.
pub(super) fn read(source: &mut (impl Read + Seek), sink: &mut dyn FnMut(Raw)) -> Result<(), Fault> {
    let settings = ParserSettings::new().indent(false);
    let damaged =
        |after: u64, what: Text| Fault::new(words!("place-record", after = after.to_string()), what);
    let io = |error: io::Error| Fault::io(words!("place-end"), &error);
    let size = source.seek(SeekFrom::End(0)).map_err(io)?;
    let unwritten = unwritten(source, size.saturating_sub(HEADER) / CHUNK).map_err(io)?;
    source.seek(SeekFrom::Start(0)).map_err(io)?;
    let parser = EvtxParser::from_read_seek(source)
        .map_err(|error| Fault::new(words!("place-header"), foreign(&chain(&error))))?;
    let (chunks, rest) = (size.saturating_sub(HEADER) / CHUNK, size.saturating_sub(HEADER) % CHUNK);
    let used = u64::from(parser.header().chunk_count);
    if rest != 0 || chunks < used {
        return Err(Fault::new(at_byte(size), words!("fault-cut-chunk")));
    }
    // One without a beginning before others that have one: what it held is lost. And where the last lies beyond those
    // that the header counts, as in a log that was copied while Windows wrote it, with nothing set aside behind it, more
    // may have followed.
    let last = (0..chunks).rev().find(|chunk| !unwritten.contains(chunk));
    let gap = unwritten.iter().any(|chunk| *chunk < used || Some(*chunk) < last);
    if gap || (chunks > used && last == chunks.checked_sub(1)) {
        sink(Raw { broken: true, ..Raw::default() });
    }
    let mut parser = parser.with_configuration(settings);
    let mut read = 0;
    for record in parser.records() {
        let record = match record {
            Ok(record) => record,
            // Windows sets space aside in advance, and what lay there before may still be in it.
            Err(EvtxError::FailedToParseChunk { chunk_id, .. })
                if chunk_id >= used && unwritten.contains(&chunk_id) =>
            {
                continue;
            }
            Err(error) => return Err(damaged(read, foreign(&chain(&error)))),
        };
        xml::read(record.data.as_bytes(), sink).map_err(|fault| damaged(read, fault.what))?;
        read += 1;
    }
    Ok(())
}

/// The most chunks without a beginning that are kept one after another: Windows sets aside less.
const MOST_UNWRITTEN: u32 = 256;

/// Keeps what comes but once in a file. What has no end is no log of Windows', and is given up.
pub(super) fn keep(mut source: impl Read, file: &mut (impl Write + Seek)) -> Result<(), Fault> {
    let mut unwritten = 0;
    let mut block = Vec::new();
    for chunk in 0..=u64::from(u16::MAX) + 1 {
        let (from, size) = if chunk == 0 { (0, HEADER) } else { (HEADER + (chunk - 1) * CHUNK, CHUNK) };
        let io = |error: io::Error| Fault::io(at_byte(from), &error);
        block.clear();
        let length = (&mut source).take(size).read_to_end(&mut block).map_err(io)?;
        file.write_all(&block).map_err(io)?;
        if (length as u64) < size {
            return file.rewind().map_err(io);
        }
        unwritten = if chunk == 0 || block.starts_with(CHUNK_MAGIC) { 0 } else { unwritten + 1 };
        if unwritten > MOST_UNWRITTEN {
            return Err(Fault::new(at_byte(from), words!("fault-endless")));
        }
    }
    Err(Fault::new(at_byte(1 << 32), words!("fault-too-large")))
}

/// The chunks that have no beginning.
fn unwritten(source: &mut (impl Read + Seek), chunks: u64) -> io::Result<BTreeSet<u64>> {
    let mut found = BTreeSet::new();
    for chunk in 0..chunks {
        let mut magic = [0; 8];
        source.seek(SeekFrom::Start(HEADER + chunk * CHUNK))?;
        source.read_exact(&mut magic)?;
        if magic != CHUNK_MAGIC {
            found.insert(chunk);
        }
    }
    Ok(found)
}

/// An error with what lies under it.
fn chain(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(error) = source {
        text = format!("{text}: {error}");
        source = error.source();
    }
    text
}
