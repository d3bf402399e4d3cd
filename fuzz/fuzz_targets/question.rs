//! No text makes the reading of questions panic, and what is said of it stays bounded.
#![no_main]

use libfuzzer_sys::fuzz_target;
use syncmedic::question::{self, Intent};

fuzz_target!(|bytes: &[u8]| {
    let text = String::from_utf8_lossy(bytes);
    let question = question::read(&text);
    assert!(question.because.len() <= 12);
    assert_eq!(question.hypothesis.is_some(), question.intent == Intent::SignInProblem);
});
