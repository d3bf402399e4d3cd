//! What keeps a remedy away that the files alone would name.

use std::io::Cursor;

use super::*;
use crate::offline::log::Log;
use crate::offline::{self, OfflineError};

const CODE_90: &str = "Failed credential provisioning ping. Error: An error occurred. Error Code: 90. Error Description: \
    Password Synchronization has not been activated for this company.";
const REMEDY: Option<&str> = Some("enable-password-sync");

fn judged(files: &[&str]) -> Result<Answer, OfflineError> {
    let mut log = Log::new();
    for file in files {
        offline::read("a file", Cursor::new(file.as_bytes()), &mut log)?;
    }
    let clock = "2026-11-25T00:00:00Z".parse().expect("a time");
    Ok(answer(&log.finish(None, clock), false, &Knowledge::embedded()).expect("an answer"))
}

/// The remedy that the files lead to, and the codes of what keeps one away.
fn told(files: &[&str]) -> (Option<String>, Vec<String>) {
    let answer = judged(files).expect("reads");
    (answer.remedy, answer.why_not.into_iter().map(|why| why.code).collect())
}

#[track_caller]
fn doubted(files: &[&str], code: &str) {
    let (remedy, why_not) = told(files);
    assert_eq!(remedy, None, "{files:?}");
    assert!(why_not.iter().any(|why| why == code), "{why_not:?}");
}

fn xml(id: &str, time: &str, text: &str) -> String {
    format!(
        "<Event><System><Provider Name=\"Directory Synchronization\"/><EventID>{id}</EventID><TimeCreated \
         SystemTime=\"{time}\"/></System><EventData><Data>{text}</Data></EventData></Event>"
    )
}

/// A table of code 90 and these rows.
fn csv(rows: &str) -> String {
    format!(
        "\"TimeCreated\",\"Id\",\"ProviderName\",\"Message\"\n\"2026-11-22T10:00:00Z\",\"655\",\
         \"Directory Synchronization\",\"{CODE_90}\"\n{rows}\n"
    )
}

#[test]
fn code_90_without_a_date_never_counts_as_the_newest_beside_dated_events() {
    assert_eq!(told(&[CODE_90]).0.as_deref(), REMEDY);
    let alive = xml("654", "2026-11-22T10:00:00Z", "Provision credentials ping end.");
    let later = xml("663", "2026-11-22T10:05:00Z", "x");
    doubted(&[CODE_90, &format!("{alive}{later}")], "events-undated");
    doubted(&[&format!("{}{alive}{later}", xml("655", "garbage", CODE_90))], "events-undated");
}
