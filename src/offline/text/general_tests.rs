//! Event Viewer's tab "General": the message, a blank line, and labels in pairs with tabs between them.

use crate::diagnosis::Cause;
use crate::offline::test_kit::{doubted, judged, remedied};

const CODE_90: &str = "Failed credential provisioning ping. Error: An error occurred. Error Code: 90. Error Description: \
    Password Synchronization has not been activated for this company.";
const ALIVE: &str = "Provision credentials ping end.";
const REFUSED: &str = "The server encountered an unexpected error while processing a password change notification:\n\"The user \
    name or password is incorrect. Verify your user name, and then type your password again.";

/// The labels of one event; `logged` is the label of the time.
fn labels(provider: &str, logged: &str, time: &str, id: u32) -> String {
    format!(
        "Název protokolu:\tApplication\nZdroj:\t{provider}\t{logged}:\t22.11.2026 {time}:00\nID události:\t{id}\tKategorie úlohy:\t\
         Není\nÚroveň:\tChyba\tKlíčová slova:\tKlasické\nUživatel:\tNení k dispozici\tPočítač:\tSYNC01.contoso.com\n"
    )
}

fn event(logged: &str, code: &str, time: &str, id: u32, text: &str) -> String {
    format!("{text}\n\n{}{code}\n\n", labels("Directory Synchronization", logged, time, id))
}

#[test]
fn a_label_in_words_that_are_not_known_tells_the_time_that_stands_behind_it() {
    for logged in ["Protokolováno", "Günlük Tarihi", "Zaprotokołowano"] {
        let over = event(logged, "", "11:00", 654, ALIVE) + &event(logged, "", "10:00", 655, CODE_90);
        let answer = judged(&[&over]).expect("an answer");
        assert_eq!((answer.cause, answer.remedy), (Cause::Recovered, None), "{logged}");
        remedied(&[&(event(logged, "", "11:00", 655, CODE_90) + &event(logged, "", "10:00", 654, ALIVE))]);
    }
    // A label that says that it is over is no such label.
    let closed = judged(&[&event("Behoben", "", "10:00", 655, CODE_90)]).expect("an answer");
    assert_eq!(closed.remedy, None);
}

#[test]
fn a_label_without_a_value_leaves_the_next_message_alone() {
    for code in ["Operační kód:\t", "Kod operacji:", "Kode Operasi:\t"] {
        let both = event("Zalogowano", code, "11:00", 655, CODE_90)
            + &event("Zalogowano", code, "10:00", 654, ALIVE);
        remedied(&[&both]);
        let over = event("Zalogowano", code, "11:00", 654, ALIVE)
            + &event("Zalogowano", code, "10:00", 655, CODE_90);
        assert_eq!(judged(&[&over]).expect("an answer").cause, Cause::Recovered, "{code}");
    }
}

#[test]
fn json_above_labels_is_the_message_of_an_audit_event() {
    let audit = r#"{"ActionType":"Enable","AuditEventType":2506,"Name":"Enable/Disable Password Hash Sync","Status":"Success"}"#;
    for audit in [audit.to_owned(), audit.replacen('"', "“", 2)] {
        let log =
            event("Zalogowano", "", "11:00", 2506, &audit) + &event("Zalogowano", "", "10:00", 655, CODE_90);
        let answer = judged(&[&log]).unwrap_or_else(|error| panic!("{error}: {log}"));
        assert_eq!((answer.cause, answer.remedy), (Cause::PhsNotActivated, None), "{audit}");
        assert!(!answer.why_not.iter().any(|why| why.code == "talk-not-understood"), "{:?}", answer.why_not);
    }
}

#[test]
fn what_stands_above_the_sentence_of_a_message_that_precedes_its_labels_is_talk() {
    let said = "Hi team, new passwords do not arrive. I first thought of the famous \"Error Code: 90\" that the article names, but \
                the server says this:";
    let log = format!("{said}\n\n{}", event("Zalogowano", "", "10:00", 6900, REFUSED));
    let answer = judged(&[&log]).expect("an answer");
    assert_eq!((answer.cause, answer.remedy), (Cause::CloudCredential, None));
    doubted(
        &[&format!("{said}\n\n{}", event("Zalogowano", "", "10:00", 655, CODE_90))],
        "talk-not-understood",
    );
}
