//! What the tests of the readers share: files in, the answer out.

use std::io::Cursor;

use super::OfflineError;
use super::answer::{Answer, answer};
use super::log::Log;
use crate::diagnosis::Knowledge;

/// What files given together lead to, on a fixed day.
pub(super) fn judged(files: &[&str]) -> Result<Answer, OfflineError> {
    let mut log = Log::new();
    for file in files {
        super::read("a file", Cursor::new(file.as_bytes()), &mut log)?;
    }
    let clock = "2026-11-25T00:00:00Z".parse().expect("a time");
    Ok(answer(&log.finish(None, clock), false, &Knowledge::embedded()).expect("an answer"))
}

/// The remedy that they lead to, and the codes of what keeps one away.
pub(super) fn told(files: &[&str]) -> (Option<String>, Vec<String>) {
    let answer = judged(files).unwrap_or_else(|error| panic!("{error}: {files:?}"));
    (answer.remedy, answer.why_not.into_iter().map(|why| why.code).collect())
}

#[track_caller]
pub(super) fn doubted(files: &[&str], code: &str) {
    let (remedy, why_not) = told(files);
    assert_eq!(remedy, None, "{files:?}");
    assert!(why_not.iter().any(|why| why == code), "{files:?}: {why_not:?}");
}

#[track_caller]
pub(super) fn remedied(files: &[&str]) {
    let (remedy, why_not) = told(files);
    assert_eq!(remedy.as_deref(), Some("enable-password-sync"), "{files:?}: {why_not:?}");
}
