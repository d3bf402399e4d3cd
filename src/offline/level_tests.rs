//! Which level the readers pass on: an error of the product's daily work keeps the remedy away, its information does not.

use crate::report::Level;

const CODE_90: &str = "Failed credential provisioning ping. Error: An error occurred. Error Code: 90.";
const WORK: &str = "Completed configured scheduler operations.";
const OURS: &str = "Directory Synchronization";

/// The level of the second event.
#[track_caller]
fn level(file: &str) -> Option<Level> {
    let format = super::format::detect(file.as_bytes()).unwrap_or_else(|_| panic!("{file}"));
    let mut found = Vec::new();
    super::read_format(format, file.as_bytes(), &mut |raw| {
        found.extend(Some(raw.level).filter(|_| raw.id == Some(904)))
    })
    .unwrap_or_else(|_| panic!("{file}"));
    assert_eq!(found.len(), 1, "{file}");
    found[0]
}

/// An error's level is told as such, and another as another.
#[track_caller]
fn tells(file: impl Fn(&str) -> String, error: &str, other: &str) {
    assert_eq!(level(&file(error)), Some(Level::Error), "{error}");
    assert!(level(&file(other)).is_some_and(|level| level != Level::Error), "{other}");
}

#[test]
fn a_level_is_told_by_its_word_in_any_language_and_by_its_number() {
    let csv = |level: &str| {
        format!(
            "TimeCreated,Id,ProviderName,LevelDisplayName,Message\n2026-11-24 10:00:00,655,{OURS},Error,{CODE_90}\n\
             2026-11-24 10:05:00,904,{OURS},{level},{WORK}\n"
        )
    };
    for (error, information) in
        [("Hiba", "Információ"), ("Σφάλμα", "Πληροφορίες"), ("Помилка", "Інформація"), ("Lỗi", "Thông tin")]
    {
        tells(csv, error, information);
    }
    // A word that is not known may be an error's.
    assert_eq!(level(&csv("Wrong")), None);
    assert_eq!(level(&csv("Informasjon")), Some(Level::Information));
    let both = |level: &str| csv(level).replace("LevelDisplayName", "Level,LevelDisplayName");
    let both = |level: &str| both(level).replace("Error,", "2,Error,");
    tells(both, "2,Xyz", "4,Xyz");
    let json = |level: &str| {
        format!(
            r#"[{{"TimeCreated":"2026-11-24T10:00:00Z","Id":655,"ProviderName":"{OURS}","Message":"{CODE_90}"}},
            {{"TimeCreated":"2026-11-24T10:05:00Z","Id":904,"ProviderName":"{OURS}",{level},"Message":"{WORK}"}}]"#
        )
    };
    tells(json, r#""Level":2,"LevelDisplayName":"Qate""#, r#""Level":4,"LevelDisplayName":"Qate""#);
    tells(json, r#""EntryType":1"#, r#""EntryType":2"#);
    tells(json, r#""EventType":"ERROR","SeverityValue":4"#, r#""EventType":"INFO","SeverityValue":2"#);
    tells(json, r#""EventLevel":1"#, r#""EventLevel":4"#);
    tells(json, r#""EventLevelName":"Error""#, r#""EventLevelName":"Information""#);
}

#[test]
fn a_level_is_told_by_every_table_and_line() {
    let win_event = |level: &str| {
        format!(
            "   ProviderName: {OURS}\n\nTimeCreated                     Id LevelDisplayName Message\n\
             -----------                     -- ---------------- -------\n\
             11/24/2026 10:05:00 AM         904 {level:<16} {WORK}\n\
             11/24/2026 10:00:00 AM         655 Error            {CODE_90}\n"
        )
    };
    tells(win_event, "Error", "Information");
    let event_log = |level: &str| {
        format!(
            "   Index Time          EntryType   Source                 InstanceID Message\n\
             \x20  ----- ----          ---------   ------                 ---------- -------\n\
             \x20  52001 Nov 24 10:05  {level:<11} Directory Synchron...         904 {WORK}\n\
             \x20  52000 Nov 24 10:00  Error       Directory Synchron...         655 {CODE_90}\n"
        )
    };
    tells(event_log, "Error", "Information");
    let chosen = |level: &str| {
        format!(
            "TimeCreated            Id ProviderName      LevelDisplayName Message\n\
             -----------            -- ------------      ---------------- -------\n\
             11/24/2026 10:05:00 AM 904 Directory Sync... {level:<16} {WORK}\n\
             11/24/2026 10:00:00 AM 655 Directory Sync... Error            {CODE_90}\n"
        )
    };
    tells(chosen, "Error", "Information");
    let snare = |level: &str| {
        let line = |at: &str, id: u32, level: &str, text: &str| {
            format!(
                "<13>Nov 24 {at}:00 S MSWinEventLog\t1\tApplication\t12\tTue Nov 24 {at}:00 2026\t{id}\t{OURS}\tN/A\tN/A\t{level}\t\
                 S\tNone\t\t{text}\t\n"
            )
        };
        line("10:00", 655, "Error", CODE_90) + &line("10:05", 904, level, WORK)
    };
    tells(snare, "Error", "Information");
    let cef = |level: &str| {
        let line = |at: &str, id: u32, level: &str, text: &str| {
            format!(
                "CEF:0|Microsoft|Microsoft Windows||{OURS}:{id}|x|{level}|externalId={id} msg={text} rt=Nov 24 2026 {at}:00\n"
            )
        };
        line("10:00", 655, "High", CODE_90) + &line("10:05", 904, level, WORK)
    };
    tells(cef, "High", "Low");
}
