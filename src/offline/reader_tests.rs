//! What the readers make of events that contradict themselves, of prose, and of what looks like an event.

use super::OfflineError;
use super::answer::Answer;
use super::test_kit;

const CODE_90: &str = "Failed credential provisioning ping. Error: Microsoft.Online.Coexistence.ProvisionException: An error \
    occurred. Error Code: 90. Error Description: Password Synchronization has not been activated for this company.";
const ALIVE: &str = "Provision credentials ping end.";
const OURS: &str = "Directory Synchronization";

fn judged(file: &str) -> Result<Answer, OfflineError> {
    test_kit::judged(&[file])
}

#[track_caller]
fn remedied(file: &str) {
    test_kit::remedied(&[file]);
}

#[track_caller]
fn doubted(file: &str) {
    test_kit::doubted(&[file], "events-skipped");
}

#[track_caller]
fn doubted_by(file: &str, code: &str) {
    test_kit::doubted(&[file], code);
}

/// The text of an event as it is copied.
fn copied(id: u32, time: &str, text: &str) -> String {
    format!(
        "Log Name:      Application\nSource:        {OURS}\nDate:          {time}\nEvent ID:      {id}\nDescription:\n{text}\n"
    )
}

fn xml(system: &str) -> String {
    format!(
        "<Event><System>{system}<TimeCreated SystemTime=\"2026-11-22T10:00:00Z\"/></System><EventData><Data>{CODE_90}\
         </Data></EventData></Event>"
    )
}

#[test]
fn two_parts_of_an_event_that_name_different_ids_or_providers_keep_the_remedy_away() {
    remedied(&xml("<Provider Name='ADSync'/><EventID>655</EventID>"));
    doubted(&xml("<Provider Name='ADSync'/><Provider/><EventID>655</EventID>"));
    doubted(&xml("<Provider Name='ADSync'/><EventID>655</EventID><EventID>655</EventID>"));
    doubted(&xml("<Provider Name='ADSync'/><EventID>655</EventID></System><System><EventID>655</EventID>"));
    let csv = |header: &str, row: &str| {
        format!("\"TimeCreated\",{header},\"Message\"\n\"2026-11-22T10:00:00Z\",{row},\"{CODE_90}\"\n")
    };
    remedied(&csv("\"Id\",\"Source\",\"ProviderName\"", "\"655\",\"ADSync\",\"adsync\""));
    doubted(&csv("\"Id\",\"Source\",\"ProviderName\"", "\"655\",\"ADSync\",\"Contoso Backup\""));
    remedied(&csv("\"EventID\",\"InstanceId\"", "\"655\",\"3221226127\""));
    doubted(&csv("\"EventID\",\"InstanceId\"", "\"655\",\"1000\""));
    let json = |fields: &str| {
        format!("{{{fields},\"Message\":\"{CODE_90}\",\"TimeCreated\":\"2026-11-22T10:00:00Z\"}}")
    };
    remedied(&json(
        "\"Id\":655,\"ProviderName\":\"ADSync\",\"Source\":\"ADSync\",\"ProviderName\":\"ADSync\"",
    ));
    doubted(&json("\"Id\":655,\"ProviderName\":\"ADSync\",\"Source\":\"Contoso\""));
    doubted(&json("\"Id\":655,\"EventID\":1000,\"ProviderName\":\"ADSync\""));
    doubted(&json("\"Id\":655,\"ProviderName\":\"ADSync\",\"ProviderName\":null"));
    remedied(&copied(655, "2026-11-22T10:00:00Z", CODE_90));
    doubted(&copied(655, "2026-11-22T10:00:00Z\nProvider: Contoso Backup", CODE_90));
    let other_id =
        copied(655, "2026-11-22T10:00:00Z", CODE_90).replace("\nDescription", "\nEventID: 1000\nDescription");
    doubted(&other_id);
}

#[test]
fn a_provider_with_nothing_but_a_guid_is_that_guid_and_so_not_ours() {
    let guid = "{555908d1-a6d7-4695-8e1e-26931d2012f4}";
    let message = format!("\"Message\":\"{CODE_90}\",\"TimeCreated\":\"2026-11-22T10:00:00Z\"");
    for file in [
        xml(&format!("<Provider Guid='{guid}'/><EventID>655</EventID>")),
        xml(&format!("<Provider Name='' Guid='{guid}'/><EventID>655</EventID>")),
        format!("{{\"Id\":655,\"ProviderName\":null,\"ProviderId\":\"{guid}\",{message}}}"),
        format!(
            "{{\"Event\":{{\"System\":{{\"Provider\":{{\"#attributes\":{{\"Guid\":\"{guid}\"}}}},\"EventID\":655}}}},{message}}}"
        ),
        format!(
            "\"Id\",\"ProviderName\",\"ProviderId\",\"Message\"\n\"655\",\"\",\"{guid}\",\"{CODE_90}\"\n"
        ),
        format!("Id           : 655\nProviderName : \nProviderId   : {guid}\nMessage      : {CODE_90}\n"),
    ] {
        let answer = judged(&file).expect("reads");
        assert_eq!(answer.remedy, None, "{file}");
        assert_eq!(answer.events_read, 1, "{file}");
    }
    remedied(&xml(&format!("<Provider Name='ADSync' Guid='{guid}'/><EventID>655</EventID>")));
}

#[test]
fn invisible_signs_in_a_providers_name_change_nothing() {
    let heartbeat = xml("<Provider Name='Directory&#x2063; Synchron&#x206f;ization'/><EventID>654</EventID>")
        .replace(CODE_90, ALIVE)
        .replace("10:00", "10:30");
    let answer = judged(&format!("{}{heartbeat}", xml("<Provider Name='ADSync'/><EventID>655</EventID>")));
    assert_eq!(answer.expect("reads").cause.as_str(), "recovered");
}

#[test]
fn an_id_that_is_guessed_from_a_label_yields_to_one_that_is_named() {
    let csv = |first: &str, second: &str| {
        format!(
            "\"Rule ID\",\"Date\",\"Event ID\",\"Message\"\n\"{first}\",\"2026-11-22T10:00:00Z\",\"{second}\",\"{CODE_90}\"\n"
        )
    };
    remedied(&csv("1000", "655"));
    let text = |first: &str, second: &str| {
        format!("Ticket ID: {first}\nDate: 2026-11-22T10:00:00Z\nEvent ID: {second}\nMessage: {CODE_90}\n")
    };
    remedied(&text("17", "655"));
    for file in [csv("655", "1000"), text("655", "1000"), text("655", "65.5")] {
        assert!(
            judged(&file).is_ok_and(|answer| answer.remedy.is_none()) || judged(&file).is_err(),
            "{file}"
        );
    }
    assert_eq!(judged(&text("655", "1000")).expect("reads").events_read, 1);
    // Nor does a guess begin another event in a message, whose end would be lost.
    let request = format!(
        "Event ID: 655\nDate: 2026-11-22T10:00:00Z\nDescription:\n{CODE_90}\nRequest ID: 5\nAADSTS50054"
    );
    let answer = judged(&request).expect("reads");
    assert_eq!((answer.events_read, answer.remedy), (1, None));
}

#[test]
fn words_alone_tell_an_event_only_where_the_message_is_windows_own() {
    let csv = |message: &str| {
        format!("\"Date\",\"{message}\",\"Status\"\n\"2026-11-22T10:00:00Z\",\"{CODE_90}\",\"New\"\n")
    };
    let json = |message: &str| {
        format!("[{{\"type\":\"error\",\"{message}\":\"{CODE_90}\",\"ts\":\"1795356309.000\"}}]")
    };
    remedied(&csv("Message"));
    remedied(&json("Message"));
    for file in [csv("Description"), csv("text"), json("text"), json("message"), json("Description")] {
        assert!(judged(&file).is_err(), "{file}");
    }
    assert!(
        judged(&format!("Source: {OURS}\nDescription: {}", CODE_90.replace("ping.", "ping is known as")))
            .is_err()
    );
    doubted(&format!("{CODE_90} - we fixed that in March"));
    doubted(&csv("Message").replace("Failed", "A user said: Failed"));
    doubted(&json("Message").replace("Failed", "A user said: Failed"));
}

#[test]
fn a_numbered_event_deeper_in_a_message_is_that_messages() {
    let quoted = format!(
        "Training:\n  Event[1]:\n    {}",
        copied(655, "2026-11-22T10:00:00Z", CODE_90).replace('\n', "\n    ")
    );
    let about = copied(1000, "2026-11-22T10:00:00Z", &quoted);
    for file in [format!("Event[0]:\n{about}"), about] {
        let answer = judged(&file).expect("reads");
        assert_eq!((answer.remedy, answer.events_read), (None, 1), "{file}");
    }
    let indented = |number: u32| {
        let event = copied(655, "2026-11-22T10:00:00Z", CODE_90);
        format!("Event[{number}]:\n  {}\n", event.trim_end().replace('\n', "\n  "))
    };
    let both = format!("{}{}", indented(0), indented(1));
    assert_eq!(judged(&both).expect("reads").events_read, 2);
}

#[test]
fn messages_with_a_blank_line_between_them_are_events_of_their_own() {
    let answer = judged(&format!("{CODE_90}\n\n{ALIVE}\n")).expect("reads");
    assert_eq!((answer.events_read, answer.remedy), (2, None));
    let answer = judged(&format!("Hello,\n\n{CODE_90}\n\n\n{ALIVE}\n\n{CODE_90}")).expect("reads");
    assert_eq!(answer.events_read, 3);
    doubted(&format!("{CODE_90}\n\nWe fixed that in March.\n"));
    remedied(&format!("Hello,\n\n{CODE_90}\n"));
    let answer = CODE_90.split_once("Exception: ").map_or("", |(_, answer)| answer);
    let wrapper =
        "The server encountered an unexpected error while processing a password change notification:";
    remedied(&format!("{wrapper}\n\n \"{answer}\"\n"));
}

#[test]
fn an_event_in_another_form_behind_a_table_is_read() {
    let table = format!(
        "   ProviderName: {OURS}\n\nTimeCreated                     Id LevelDisplayName Message\n\
         -----------                     -- ---------------- -------\n\
         11/22/2026 10:00:00 AM         655 Error            {CODE_90}\n\n"
    );
    remedied(&table);
    let answer = judged(&format!("{table}{}", copied(654, "11/22/2026 10:30:00 AM", ALIVE))).expect("reads");
    assert_eq!((answer.events_read, answer.cause.as_str()), (2, "recovered"));
}

#[test]
fn lines_that_end_as_in_old_mail_programs_are_lines() {
    let both = [copied(655, "11/22/2026 10:00:00 AM", CODE_90), copied(654, "11/22/2026 10:30:00 AM", ALIVE)];
    let answer = judged(&both.join("\n").replace('\n', "\r")).expect("reads");
    assert_eq!((answer.events_read, answer.cause.as_str()), (2, "recovered"));
}

#[test]
fn what_divides_the_events_of_a_wrapper_is_not_kept_and_what_it_says_beside_them_is_heard() {
    let event = format!(
        r#"{{"TimeCreated":"2026-11-22T10:00:00Z","Id":655,"ProviderName":"Directory Synchronization","Message":"{CODE_90}"}}"#
    );
    let wrapped = |blanks: usize, beside: &str| {
        format!(r#"{{"value":[{event},{}{event}],{beside}"Count":2}}"#, " ".repeat(blanks))
    };
    remedied(&wrapped(3 << 20, ""));
    test_kit::doubted(&[&wrapped(1, r#""note":"switched on, all of it","#)], "talk-not-understood");
}

#[test]
fn event_viewers_table_is_read_with_or_without_an_empty_name_for_its_message() {
    for delimiter in [",", ";", "\t"] {
        for end in ["", delimiter] {
            let header = ["Level", "Date and Time", "Source", "Event ID", "Task Category"].join(delimiter);
            let quoted = CODE_90.replace('"', "\"\"");
            let row = ["Error", "22/11/2026 10:00:00", OURS, "655", "None", &format!("\"{quoted}\"")]
                .join(delimiter);
            remedied(&format!("{header}{end}\n{row}\n{header}{end}\n{row}\n"));
        }
    }
}

#[test]
fn a_text_that_changes_its_encoding_at_its_beginning_is_refused_by_its_reader_too() {
    let wide = |text: &str| text.encode_utf16().flat_map(u16::to_le_bytes).collect::<Vec<u8>>();
    let event = copied(655, "2026-11-22T10:00:00Z", CODE_90);
    let joined = [&b"\xff\xfe"[..], &wide(&event), event.as_bytes()].concat();
    let mut log = crate::offline::log::Log::new();
    let read = crate::offline::read_as(
        crate::offline::format::Format::Text,
        "joined",
        std::io::Cursor::new(joined),
        &mut log,
    );
    assert!(read.is_err(), "{read:?}");
}

#[test]
fn splunks_name_of_a_log_is_no_provider() {
    let json = |first: &str, last: &str| {
        format!(
            "{{\"result\":{{{first}\"EventCode\":\"655\",\"SourceName\":\"{OURS}\",\"_time\":\"2026-11-22T10:00:00Z\",\"Message\":\"{CODE_90}\"{last}}}}}"
        )
    };
    let source = "\"source\":\"WinEventLog:Application\"";
    remedied(&json(&format!("{source},"), ""));
    remedied(&json("", &format!(",{source}")));
    doubted(&json("", ",\"source\":\"Contoso\""));
    let csv = |source: &str| {
        format!(
            "\"_time\",\"source\",\"EventCode\",\"SourceName\",\"Message\"\n\"2026-11-22T10:00:00Z\",\"{source}\",\"655\",\"{OURS}\",\"{CODE_90}\"\n"
        )
    };
    remedied(&csv("WinEventLog:Application"));
    remedied(&csv("XmlWinEventLog:Application"));
    let answer = judged(&csv("WinEventLog:the fault is over, see the ticket")).expect("an answer");
    assert_eq!(answer.remedy, None);
}

#[test]
fn events_as_psloglist_writes_them_are_read() {
    let event = |number: u32, provider: &str, time: &str, id: u32, text: &str| {
        format!(
            "[{number}] {provider}\n   Type:     ERROR\n   Computer: SYNC01.contoso.com\n   Time:     26.11.2026 {time}   ID:       \
             {id}\n{text}\n"
        )
    };
    let head = "\nPsLoglist v2.82 - local and remote event log viewer\nCopyright (C) 2000-2023 Mark Russinovich\nSysinternals - \
                www.sysinternals.com\n\nApplication log on \\\\SYNC01:\n";
    let code_90 = event(902, OURS, "10:00:00", 655, CODE_90);
    let noise = event(
        903,
        "PasswordResetService",
        "10:10:00",
        31034,
        "TrackingId: 5b1d4c0a-7c0f-4f5a-8a02-f6b0b4aa9117",
    );
    let alive = |time| event(901, OURS, time, 654, ALIVE);
    remedied(&format!("{head}{noise}{code_90}{}", alive("09:30:00")));
    let answer = judged(&format!("{head}{}{code_90}", alive("10:30:00"))).expect("an answer");
    assert_eq!((answer.cause, answer.remedy), (crate::diagnosis::Cause::Recovered, None));
    for said in ["It was fixed at noon, Lee", "[1] Tom turned the switch back on this morning"] {
        doubted_by(&format!("{head}{code_90}\n{said}\n"), "talk-not-understood");
    }
    let staging = event(903, OURS, "10:10:00", 904, "The mode is:\n[1] StagingModeEnabled True");
    doubted_by(&format!("{head}{staging}{code_90}"), "staging-mode");
}
