//! Tables with any of the delimiters: no bytes make the reader panic, and what it keeps stays bounded.
#![no_main]

use std::io::Cursor;

use libfuzzer_sys::fuzz_target;
use syncmedic::offline::{Format, log::Log, read_as};

fuzz_target!(|bytes: &[u8]| {
    let Some((&first, rest)) = bytes.split_first() else { return };
    let delimiter = [',', ';', '\t', '|'][usize::from(first) % 4];
    let mut log = Log::new();
    // An error is a good answer.
    let _ = read_as(Format::Csv(delimiter), "fuzz", Cursor::new(rest), &mut log);
    assert!(log.events_read() <= bytes.len() as u64);
});
