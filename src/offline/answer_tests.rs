//! What keeps a remedy away that the files alone would name.

use std::io::Cursor;

use super::*;
use crate::offline;
use crate::offline::log::Log;
use crate::offline::test_kit::{doubted, judged, told};

const CODE_90: &str = "Failed credential provisioning ping. Error: An error occurred. Error Code: 90. Error Description: \
    Password Synchronization has not been activated for this company.";
const REMEDY: Option<&str> = Some("enable-password-sync");

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

#[test]
fn what_looks_like_an_event_and_is_not_read_keeps_the_remedy_away() {
    assert_eq!(told(&[&csv("")]).0.as_deref(), REMEDY);
    let end = "Provision credentials ping end.";
    for row in [
        format!("\"2026-11-22T10:30:00Z\",\"654.0\",\"Directory Synchronization\",\"{end}\""),
        format!("\"2026-11-22T10:30:00Z\";\"654\";\"Directory Synchronization\";\"{end}\""),
        xml("654", "2026-11-22T10:30:00Z", end),
        format!("Event ID: 654\nDescription:\n{end}"),
    ] {
        doubted(&[&csv(&row)], "events-skipped");
    }
    let code_90 = xml("655", "2026-11-22T10:00:00Z", CODE_90);
    let other = xml("0x28e", "2026-11-22T10:30:00Z", end);
    doubted(&[&format!("{code_90}{other}")], "events-skipped");
    let object = |id: &str, text: &str, hour: u32| {
        format!("{{\"Id\":{id},\"Message\":\"{text}\",\"TimeCreated\":\"2026-11-22T{hour}:00:00Z\"}}")
    };
    doubted(&[&format!("[{},{}]", object("655", CODE_90, 10), object("654.0", end, 11))], "events-skipped");
}

#[test]
fn a_second_table_in_a_file_and_events_in_a_comment_are_refused_with_their_place() {
    let other = csv(
        "\"Message\",\"Id\",\"TimeCreated\"\n\"Provision credentials ping end.\",654,\"2026-11-22T11:00:00Z\"",
    );
    let error = judged(&[&other]).expect_err("refused").to_string();
    assert!(error.contains("line 3"), "{error}");
    let (code_90, alive) =
        (xml("655", "2026-11-22T10:00:00Z", CODE_90), xml("654", "2026-11-22T11:00:00Z", "x"));
    assert!(judged(&[&format!("{code_90}<!--{alive}-->")]).is_err());
    assert!(judged(&[&format!("<Events>{code_90}<![CDATA[{alive}]]></Events>")]).is_err());
    let small = alive.replace("Event>", "event>");
    assert!(judged(&[&format!("<Events>{code_90}{small}</Events>")]).is_err());
}

#[test]
fn a_heartbeat_with_a_later_record_and_an_earlier_time_keeps_the_remedy_away() {
    let log = |heartbeat: u32| {
        format!(
            "\"Index\",\"TimeGenerated\",\"EventID\",\"Source\",\"Message\"\n\"100\",\"10/25/2026 2:50:00 AM\",\"655\",\
             \"Directory Synchronization\",\"{CODE_90}\"\n\"{heartbeat}\",\"10/25/2026 2:20:00 AM\",\"654\",\
             \"Directory Synchronization\",\"Provision credentials ping end.\"\n"
        )
    };
    assert_eq!(told(&[&log(99)]).0.as_deref(), REMEDY);
    let answer = judged(&[&log(101)]).expect("an answer");
    assert_eq!((answer.cause, answer.remedy), (Cause::Recovered, None));
}

#[test]
fn a_code_90_that_is_not_this_answer_of_the_cloud_leads_to_no_remedy() {
    let cloud = "An error occurred. Error Code: 90. Error Description:";
    for text in [
        "LdapException: LDAP Error Code: 90. Error Description: Not enough memory (LDAP_NO_MEMORY).",
        "System.Data.Odbc.OdbcException: native error code: 90, state 08S01",
        &format!("{cloud} The tenant is locked for migration."),
        "Error Code:</Data><Data>90 users were skipped",
        "An error occurred. Error Code: 90 012. Error Description: Quota exceeded.",
        "An error occurred. Error Code: 90.012.",
        "An error occurred. Error Code: 90-5. Error Description: Quota exceeded.",
    ] {
        let answer = judged(&[&xml("6900", "2026-11-22T10:00:00Z", text)]).expect("reads");
        assert_eq!((answer.remedy, answer.cause), (None, Cause::Unknown6900), "{text}");
    }
    let real = format!("{cloud} Password Synchronization has not been activated for this company");
    assert_eq!(told(&[&xml("6900", "2026-11-22T10:00:00Z", &real)]).0.as_deref(), REMEDY);
}

#[test]
fn an_event_whose_text_holds_another_event_leads_to_no_remedy() {
    let head = "Log Name: Application\nSource: Directory Synchronization\nDate: 2026-11-22 10:00:00\nEvent ID: 655\n";
    let code_90 = format!("{head}Description:\n{CODE_90}\n");
    assert_eq!(told(&[&code_90]).0.as_deref(), REMEDY);
    for other in [
        "\"TimeCreated\",\"Id\",\"Message\"\n\"2026-11-22T11:00:00Z\",\"654\",\"Provision credentials ping end.\"",
        "[{\"EventID\": 654, \"Message\": \"Provision credentials ping end.\"}]",
    ] {
        doubted(&[&format!("{code_90}{other}\n")], "text-holds-other-events");
    }
}

#[test]
fn self_healing_that_has_begun_since_code_90_keeps_the_remedy_away() {
    let code_90 = xml("655", "2026-11-22T10:00:00Z", CODE_90);
    doubted(&[&format!("{code_90}{}", xml("660", "2026-11-22T10:10:00Z", "begins"))], "self-healing");
    assert_eq!(
        told(&[&format!("{}{code_90}", xml("660", "2026-11-22T09:10:00Z", "begins"))]).0.as_deref(),
        REMEDY
    );
}

#[test]
fn an_event_with_endless_parts_is_read_in_part_and_leads_to_no_remedy() {
    let parts = |count: usize| (0..count).map(|part| format!("</Data><Data>{part}x")).collect::<String>();
    let event = |count| xml("655", "2026-11-22T10:00:00Z", &format!("{CODE_90}{}", parts(count)));
    assert_eq!(told(&[&event(10)]).0.as_deref(), REMEDY);
    doubted(&[&event(1000)], "events-skipped");
}

#[test]
fn a_text_with_the_sentences_of_two_events_is_two_events_glued_together() {
    let glued = [
        format!(
            "{CODE_90}\nProvision credentials batch end. Count: 1\nPassword Change Result - Anchor: x, Dn: y, Result: Success."
        ),
        format!(
            "Log Name: Application\nSource: Directory Synchronization\nDate: 2026-11-22T10:00:00Z\nEvent ID: 655\n\
             Description:\n{CODE_90}\n\nEvent 654, Directory Synchronization\n\nProvision credentials ping end.\n"
        ),
        format!(
            "TimeCreated  : 2026-11-22T10:00:00Z\nId           : 655\nProviderName : Directory Synchronization\n\
             Message      : {CODE_90}\n\nIndex              : 101\nInstanceId         : 654\n\
             Message            : Provision credentials ping end.\n"
        ),
    ];
    for file in &glued {
        assert_eq!(told(&[file]).0, None, "{file}");
    }
}

#[test]
fn a_text_whose_middle_was_not_read_leads_to_no_remedy() {
    let long = format!("{CODE_90} {} AADSTS50054 {}", "z".repeat(14_000), "y".repeat(8_000));
    doubted(&[&xml("655", "2026-11-22T10:00:00Z", &long)], "text-too-long");
}

#[test]
fn times_without_a_zone_in_two_files_may_be_of_two_zones() {
    let alive = "\"TimeCreated\",\"Id\",\"ProviderName\",\"Message\"\n\"2026-11-22 06:00:00\",\"654\",\
                 \"Directory Synchronization\",\"Provision credentials ping end.\"\n";
    let tokyo = csv("").replace("2026-11-22T10:00:00Z", "2026-11-22 19:00:00");
    doubted(&[&tokyo, alive], "zones-mixed");
    doubted(&[alive, &tokyo], "zones-mixed");
    let of_one_file = format!(
        "{}{}",
        csv("").trim_end().replace("10:00:00Z", "19:00:00"),
        alive.replace("\"TimeCreated\",\"Id\",\"ProviderName\",\"Message\"", "")
    );
    assert_eq!(told(&[&of_one_file]).0.as_deref(), REMEDY);
    let days_ago = alive.replace("2026-11-22", "2026-11-19");
    assert_eq!(told(&[&days_ago, &tokyo]).0.as_deref(), REMEDY);
}

#[test]
fn a_log_that_goes_on_after_the_time_to_judge_at_leads_to_no_remedy() {
    let mut log = Log::new();
    offline::read("a file", Cursor::new(xml("655", "2026-11-22T10:00:00Z", CODE_90)), &mut log)
        .expect("reads");
    let before = "2026-11-22T09:00:00Z".parse().expect("a time");
    let answer = answer(&log.finish(Some(before), before), false, &Knowledge::embedded()).expect("an answer");
    assert_eq!(answer.remedy, None);
    assert!(answer.why_not.iter().any(|why| why.code == "events-after-now"));
}

#[test]
fn dates_that_mean_another_fault_in_each_order_name_both_and_are_mixed() {
    let row = |date: &str, id: &str, text: &str| {
        format!("\"{date} 10:00:00\",\"{id}\",\"Directory Synchronization\",\"{text}\"")
    };
    let table = |rows: &[String]| {
        format!("\"TimeCreated\",\"Id\",\"ProviderName\",\"Message\"\n{}\n", rows.join("\n"))
    };
    let alive = "Provision credentials ping end.";
    let answer = judged(&[&table(&[row("11/10/2026", "655", CODE_90), row("10/11/2026", "654", alive)])])
        .expect("reads");
    assert_eq!((answer.cause, answer.remedy), (Cause::Mixed, None));
    assert!(answer.why_not.iter().any(|why| why.code == "times-ambiguous"), "{:?}", answer.why_not);
    let summary = answer.summary.to_string();
    assert!(summary.contains("switched off in the tenant") && summary.contains("works"), "{summary}");
    // In either order the same.
    let answer = judged(&[&table(&[row("10/10/2026", "655", CODE_90), row("10/11/2026", "655", CODE_90)])])
        .expect("reads");
    assert_eq!(answer.cause, Cause::PhsNotActivated);
}
