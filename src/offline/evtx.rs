//! `.evtx`: each record is written out as XML by the crate `evtx` and read as such.

use std::collections::BTreeSet;
use std::io::{self, Read, Seek, SeekFrom};

use evtx::err::EvtxError;
use evtx::{EvtxParser, ParserSettings};

use super::Fault;
use super::raw::Raw;
use super::xml;

/// Every `.evtx` file begins so.
const MAGIC: &[u8] = b"ElfFile\0";

/// The size of a chunk, in bytes, and of the header before the first.
const CHUNK: u64 = 65_536;
const HEADER: u64 = 4096;

pub(super) fn is_evtx(head: &[u8]) -> bool {
    head == MAGIC
}

/// Reads every event, chunk by chunk.
pub(super) fn read(source: &mut (impl Read + Seek), sink: &mut dyn FnMut(Raw)) -> Result<(), Fault> {
    let settings = ParserSettings::new().num_threads(1).indent(false);
    let damaged = |after: u64, what: String| Fault::new(format!("the record after {after} others"), what);
    let io = |error: io::Error| Fault::new("the end", error.to_string());
    let size = source.seek(SeekFrom::End(0)).map_err(io)?;
    let unwritten = unwritten(source, size.saturating_sub(HEADER) / CHUNK).map_err(io)?;
    source.seek(SeekFrom::Start(0)).map_err(io)?;
    let parser =
        EvtxParser::from_read_seek(source).map_err(|error| Fault::new("the header", chain(&error)))?;
    let (chunks, rest) = (size.saturating_sub(HEADER) / CHUNK, size.saturating_sub(HEADER) % CHUNK);
    let used = u64::from(parser.header().chunk_count);
    if rest != 0 || chunks < used {
        return Err(Fault::new(format!("byte {size}"), "it ends in the middle of a chunk: it is cut off"));
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
            Err(error) => return Err(damaged(read, chain(&error))),
        };
        xml::read(record.data.as_bytes(), sink).map_err(|fault| damaged(read, fault.what))?;
        read += 1;
    }
    Ok(())
}

/// The chunks that have no beginning.
fn unwritten(source: &mut (impl Read + Seek), chunks: u64) -> io::Result<BTreeSet<u64>> {
    let mut found = BTreeSet::new();
    for chunk in 0..chunks {
        let mut magic = [0; 8];
        source.seek(SeekFrom::Start(HEADER + chunk * CHUNK))?;
        source.read_exact(&mut magic)?;
        if &magic != b"ElfChnk\0" {
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
