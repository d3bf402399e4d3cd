//! Encodings: whatever the bytes, what comes out is UTF-8, and not more than a few times as long.
#![no_main]

use std::io::{Cursor, Read as _};

use libfuzzer_sys::fuzz_target;
use syncmedic::offline::decode::Utf8;

fuzz_target!(|bytes: &[u8]| {
    let mut text = Vec::new();
    Utf8::new(Cursor::new(bytes)).and_then(|mut utf8| utf8.read_to_end(&mut text)).expect("memory can be read");
    assert!(std::str::from_utf8(&text).is_ok());
    assert!(text.len() <= 3 * bytes.len() + 3);
});
