//! The whole way of `syncmedic diagnose`: no bytes panic, and none yield `enable-password-sync` without an event 6900,
//! 652 or 655, of a provider that is listed or not told, that says Error Code 90. Masking the names changes no remedy.
#![no_main]

use std::io::Cursor;
use std::sync::LazyLock;

use libfuzzer_sys::fuzz_target;
use syncmedic::diagnosis::Knowledge;
use syncmedic::offline::{answer::answer, log::Log, read};

static KNOWLEDGE: LazyLock<Knowledge> = LazyLock::new(Knowledge::embedded);

fuzz_target!(|bytes: &[u8]| {
    let mut log = Log::new();
    if read("fuzz", Cursor::new(bytes), &mut log).is_err() {
        return;
    }
    let clock = "2026-11-25T00:00:00Z".parse().expect("a time");
    let reading = log.finish(None, clock);
    let told = answer(&reading, true, &KNOWLEDGE).expect("an answer");
    let _ = told.plain();
    match told.remedy.as_deref() {
        None => {}
        Some("enable-password-sync") => assert!(reading.events().0.iter().any(says_code_90)),
        Some(other) => panic!("{other} from a file"),
    }
    let masked = answer(&reading.masked(syncmedic::redact::redact), false, &KNOWLEDGE).expect("an answer");
    assert!(masked.remedy.is_none() || masked.remedy == told.remedy);
});

/// By the letter of the rule, without the engine and its patterns.
fn says_code_90(event: &syncmedic::report::Event) -> bool {
    let listed = ["adsync", "fimsynchronizationservice", "directory synchronization"];
    let ours = event.provider.as_ref().is_none_or(|name| listed.contains(&name.trim().to_lowercase().as_str()));
    let text = event.text.to_lowercase();
    let code = text.match_indices("error").any(|(at, _)| {
        let rest = text[at + "error".len()..].trim_start();
        let number = rest.strip_prefix("code").map(str::trim_start).and_then(|rest| rest.strip_prefix(':'));
        let number = number.map(str::trim_start).and_then(|rest| rest.strip_prefix("90"));
        number.is_some_and(|rest| !rest.starts_with(|c: char| c.is_alphanumeric() || c == '_'))
    });
    ours && matches!(event.id, 6900 | 652 | 655) && code
}
