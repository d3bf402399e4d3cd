//! Tables with any of the delimiters: no bytes make the reader panic, and what it keeps stays bounded.
#![no_main]

use std::io::Cursor;

use libfuzzer_sys::fuzz_target;
use syncmedic::offline::{Format, log::Log, read_as};

fuzz_target!(|bytes: &[u8]| {
    for delimiter in [',', ';', '\t', '|'] {
        let mut log = Log::new();
        // An error is a good answer.
        let _ = read_as(Format::Csv(delimiter), "fuzz", Cursor::new(bytes), &mut log);
        assert!(log.events_read() <= bytes.len() as u64);
    }
});
