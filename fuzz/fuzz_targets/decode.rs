//! Encodings: whatever the bytes, what comes out is UTF-8, and not more than a few times as long; or it is refused, since
//! it changes its encoding on the way.
#![no_main]

use std::io::{Cursor, ErrorKind, Read as _};

use libfuzzer_sys::fuzz_target;
use syncmedic::offline::decode::Utf8;

fuzz_target!(|bytes: &[u8]| {
    let mut text = Vec::new();
    let read = Utf8::new(Cursor::new(bytes)).and_then(|mut utf8| utf8.read_to_end(&mut text));
    if let Err(error) = read {
        assert_eq!(error.kind(), ErrorKind::InvalidData);
    }
    assert!(std::str::from_utf8(&text).is_ok());
    assert!(text.len() <= 3 * bytes.len() + 3);
});
