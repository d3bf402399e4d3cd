//! `.evtx`: each record is written out as XML by the crate `evtx` and read as such.

use std::io::{Read, Seek};

use evtx::{EvtxParser, ParserSettings};

use super::Fault;
use super::raw::Raw;
use super::xml;

/// Every `.evtx` file begins so.
const MAGIC: &[u8] = b"ElfFile\0";

pub(super) fn is_evtx(head: &[u8]) -> bool {
    head == MAGIC
}

/// Reads every event, chunk by chunk.
pub(super) fn read(source: &mut (impl Read + Seek), sink: &mut dyn FnMut(Raw)) -> Result<(), Fault> {
    let settings = ParserSettings::new().num_threads(1).indent(false);
    let damaged = |after: u64, what: String| Fault::new(format!("the record after {after} others"), what);
    let parser =
        EvtxParser::from_read_seek(source).map_err(|error| Fault::new("the header", error.to_string()))?;
    let mut parser = parser.with_configuration(settings);
    let mut read = 0;
    for record in parser.records() {
        let record = record.map_err(|error| damaged(read, error.to_string()))?;
        xml::read(record.data.as_bytes(), sink).map_err(|fault| damaged(read, fault.what))?;
        read += 1;
    }
    Ok(())
}
