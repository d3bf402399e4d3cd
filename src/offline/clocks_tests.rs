//! Clocks that were set back: numbers tell what came last.

use super::super::test_kit::{doubted, judged, remedied, told};
use super::*;

const CODE_90: &str = "Failed credential provisioning ping. Error: An error occurred. Error Code: 90.";
const ALIVE: &str = "Provision credentials ping end.";
const OURS: &str = "Directory Synchronization";

/// An event: its number, time, id and text.
type Row<'a> = (u64, &'a str, u32, &'a str);

/// What a reader of one format is given.
type Format = fn(&[Row<'_>]) -> String;

fn csv(rows: &[Row<'_>]) -> String {
    let row = |(record, time, id, text): &Row<'_>| {
        format!("\"{record}\",\"{time}\",\"{id}\",\"{OURS}\",\"{text}\"\n")
    };
    format!(
        "\"RecordId\",\"TimeCreated\",\"Id\",\"ProviderName\",\"Message\"\n{}",
        rows.iter().map(row).collect::<String>()
    )
}

fn event_log_csv(rows: &[Row<'_>]) -> String {
    csv(rows)
        .replace("RecordId", "Index")
        .replace("TimeCreated", "TimeGenerated")
        .replace("\"Id\"", "\"EventID\"")
        .replace("ProviderName", "Source")
}

fn list(rows: &[Row<'_>]) -> String {
    let event = |(record, time, id, text): &Row<'_>| {
        format!(
            "TimeCreated  : {time}\nId           : {id}\nProviderName : {OURS}\nRecordId     : {record}\nMessage      : {text}\n\n"
        )
    };
    rows.iter().map(event).collect()
}

fn event_log_list(rows: &[Row<'_>]) -> String {
    let event = |(record, time, id, text): &Row<'_>| {
        format!(
            "Index              : {record}\nEntryType          : Information\nInstanceId         : {id}\nMessage            : {text}\n\
             Source             : {OURS}\nTimeGenerated      : {time}\nTimeWritten        : {time}\n\n"
        )
    };
    rows.iter().map(event).collect()
}

fn json(rows: &[Row<'_>]) -> String {
    let event = |(record, time, id, text): &Row<'_>| {
        format!(
            r#"{{"TimeCreated":"{time}","Id":{id},"RecordId":{record},"ProviderName":"{OURS}","LogName":"Application","Message":"{text}"}}"#
        )
    };
    format!("[{}]", rows.iter().map(event).collect::<Vec<_>>().join(","))
}

fn xml(rows: &[Row<'_>]) -> String {
    let event = |(record, time, id, text): &Row<'_>| {
        format!(
            "<Event><System><Provider Name=\"{OURS}\"/><EventID>{id}</EventID><TimeCreated SystemTime=\"{time}\"/>\
             <EventRecordID>{record}</EventRecordID><Channel>Application</Channel></System><EventData><Data>{text}</Data></EventData></Event>"
        )
    };
    format!("<Events>{}</Events>", rows.iter().map(event).collect::<String>())
}

/// The formats whose times name no zone.
const ZONELESS: [Format; 5] = [csv, event_log_csv, list, event_log_list, json];

/// The cause and the remedy of one file.
#[track_caller]
fn verdict(file: &str) -> (String, Option<String>) {
    let answer = judged(&[file]).unwrap_or_else(|error| panic!("{error}: {file}"));
    (answer.cause.to_string(), answer.remedy)
}

#[track_caller]
fn is_alive(file: &str) {
    // What was over for days is no recovery any more.
    let (cause, remedy) = verdict(file);
    assert!(
        ["recovered", "healthy"].contains(&cause.as_str()) && remedy.is_none(),
        "{cause} {remedy:?}: {file}"
    );
}

#[track_caller]
fn recovers(file: &str) {
    assert_eq!(verdict(file), ("recovered".to_owned(), None), "{file}");
}

/// Rows of one log, of which the first two may change places.
fn night<'a>(last: (u32, &'a str), before: (u32, &'a str)) -> [Row<'a>; 5] {
    [
        (706, "2026-10-25 02:10:00", last.0, last.1),
        (705, "2026-10-25 02:50:00", before.0, before.1),
        (704, "2026-10-25 02:20:00", before.0, before.1),
        (702, "2026-10-25 01:20:00", 654, ALIVE),
        (700, "2026-10-25 00:50:00", 654, ALIVE),
    ]
}

#[test]
fn in_the_hour_that_comes_twice_records_tell_what_came_last_in_every_format() {
    for format in ZONELESS {
        for in_turn in [false, true] {
            let (mut alive, mut sick) =
                (night((654, ALIVE), (655, CODE_90)), night((655, CODE_90), (654, ALIVE)));
            if in_turn {
                alive.reverse();
                sick.reverse();
            }
            recovers(&format(&alive));
            remedied(&[&format(&sick)]);
        }
    }
}

#[test]
fn a_clock_with_a_zone_that_was_set_back_is_told_by_records() {
    let rows = |last: (u32, &'static str), before: (u32, &'static str)| -> [Row<'static>; 5] {
        [
            (41, "2026-06-02T08:00:00Z", 654, ALIVE),
            (42, "2026-06-02T08:30:00Z", 654, ALIVE),
            (44, "2026-06-02T09:00:00Z", before.0, before.1),
            (45, "2026-06-02T09:30:00Z", before.0, before.1),
            (47, "2026-06-02T09:10:00Z", last.0, last.1),
        ]
    };
    for format in [xml as Format, json, csv] {
        recovers(&format(&rows((654, ALIVE), (655, CODE_90))));
        // Two computers without names may look so: it names the cause and gives no remedy.
        doubted(&[&format(&rows((655, CODE_90), (654, ALIVE)))], "clock-moved");
    }
}

#[test]
fn times_are_shown_as_they_were_written_where_a_clock_was_set_back() {
    let file = csv(&night((654, ALIVE), (655, CODE_90)));
    let answer = judged(&[&file]).expect("an answer");
    let told: Vec<String> = answer
        .evidence
        .iter()
        .filter_map(|it| it.events.as_ref())
        .filter(|events| events.id == 655)
        .map(|events| events.last.to_string())
        .collect();
    assert_eq!(told, ["2026-10-25T02:50:00Z"]);
    assert!(answer.warnings.iter().any(|it| it.code == "clock-set-back"));
    assert_eq!(answer.now.to_string(), "2026-10-25T02:10:00Z");
    let quiet = judged(&[&file.replace("2026-10-25 02:10", "2026-10-25 03:10")]).expect("an answer");
    assert!(!quiet.warnings.iter().any(|it| it.code == "clock-set-back"));
}

#[test]
fn numbers_of_a_log_that_was_cleared_leave_what_came_last_to_the_times() {
    // Before it was cleared, and after.
    let rows: [Row<'_>; 6] = [
        (103, "2026-06-02 09:00:00", 655, CODE_90),
        (104, "2026-06-02 09:30:00", 655, CODE_90),
        (105, "2026-06-02 10:00:00", 655, CODE_90),
        (94, "2026-06-02 10:30:00", 654, ALIVE),
        (96, "2026-06-02 11:00:00", 654, ALIVE),
        (98, "2026-06-02 11:30:00", 654, ALIVE),
    ];
    for mut rows in [
        rows,
        rows.map(|(record, time, id, text)| {
            (if record < 100 { record - 90 } else { record }, time, id, text)
        }),
    ] {
        recovers(&csv(&rows));
        rows.reverse();
        recovers(&csv(&rows));
    }
}

#[test]
fn numbers_of_rows_of_two_computers_or_that_repeat_are_no_records() {
    let counted: [Row<'_>; 5] = [
        (1, "2026-06-02 08:30:00", 654, ALIVE),
        (2, "2026-06-02 09:30:00", 654, ALIVE),
        (3, "2026-06-02 10:30:00", 654, ALIVE),
        (4, "2026-06-02 09:00:00", 655, CODE_90),
        (5, "2026-06-02 10:00:00", 655, CODE_90),
    ];
    let shifted =
        |by: &dyn Fn(u64) -> u64| counted.map(|(record, time, id, text)| (by(record), time, id, text));
    recovers(&csv(&counted));
    recovers(&csv(&shifted(&|record| if record < 4 { record } else { record * 1000 })));
    recovers(&csv(&shifted(&|record| if record < 4 { record + 50 } else { u64::MAX - record })));
    recovers(&csv(&shifted(&|record| if record < 4 { record + 50 } else { record + 48 })));
    recovers(&csv(&shifted(&|_| 7)));
}

#[test]
fn numbers_of_another_log_do_not_count_in_ours() {
    let event = |time: &str, id: u32, provider: &str, log: &str, record: u32, text: &str| {
        format!(
            r#"{{"TimeCreated":"2026-10-25 {time}","Id":{id},"ProviderName":"{provider}","LogName":"{log}","RecordId":{record},"Message":"{text}"}}"#
        )
    };
    let file = |stopped: &str, log: &str| {
        let events = [
            event("01:20:00", 654, OURS, log, 700, ALIVE),
            event("02:20:00", 654, OURS, log, 702, ALIVE),
            event("02:50:00", 654, OURS, log, 704, ALIVE),
            event("02:10:00", 655, OURS, log, 705, CODE_90),
            event(
                stopped,
                7036,
                "Service Control Manager",
                if log == "Application" { "System" } else { log },
                703,
                "The Microsoft Entra ID Sync service entered the stopped state.",
            ),
        ];
        format!("[{}]", events.join(","))
    };
    // Before the clock was set back; in the hour that came twice; after it.
    remedied(&[&file("01:30:00", "Application")]);
    assert_eq!(told(&[&file("02:30:00", "Application")]).0, None);
    assert_eq!(told(&[&file("03:30:00", "Application")]).0, None);
    // What is forwarded has the numbers of the computer that collects it.
    assert_eq!(told(&[&file("01:30:00", "ForwardedEvents")]).0, None);
}

#[test]
fn a_code_90_without_a_number_in_the_hour_that_comes_twice_leaves_open_what_came_last() {
    let rows = csv(&night((655, CODE_90), (654, ALIVE)));
    doubted(
        &[&rows.replace("\"706\",\"2026-10-25 02:10:00\"", "\"\",\"2026-10-25 02:50:01\"")],
        "clock-moved",
    );
    let lost = rows.replace("\"706\"", "\"\"")
        + &format!(
            "\"707\",\"2026-10-25 02:11:00\",\"653\",\"{OURS}\",\"Provision credentials ping start.\"\n"
        );
    assert_eq!(told(&[&lost]).0, None, "{lost}");
}

#[test]
fn rows_in_the_hour_that_comes_twice_name_the_cause_and_never_give_the_remedy() {
    let bare = |rows: &[Row<'_>]| {
        let row = |(_, time, id, text): &Row<'_>| format!("\"{time}\",\"{id}\",\"{OURS}\",\"{text}\"\n");
        format!(
            "\"TimeCreated\",\"Id\",\"ProviderName\",\"Message\"\n{}",
            rows.iter().map(row).collect::<String>()
        )
    };
    for in_turn in [false, true] {
        let (mut alive, mut sick) =
            (night((654, ALIVE), (655, CODE_90)), night((655, CODE_90), (654, ALIVE)));
        if in_turn {
            alive.reverse();
            sick.reverse();
        }
        recovers(&bare(&alive));
        assert_eq!(verdict(&bare(&sick)), ("phs-not-activated".to_owned(), None));
        doubted(&[&bare(&sick)], "clock-moved");
    }
}

#[test]
fn dates_that_may_be_two_are_read_as_the_numbers_rise() {
    let rows = |code_90: u64, alive: u64| -> [Row<'static>; 4] {
        [
            (10, "01/02/2026 10:00:00", 654, ALIVE),
            (20, "02/03/2026 10:00:00", 654, ALIVE),
            (code_90, "05/03/2026 10:00:00", 655, CODE_90),
            (alive, "03/04/2026 10:00:00", 654, ALIVE),
        ]
    };
    for format in [csv as Format, event_log_csv, list, event_log_list] {
        // Day first: 5 March, then 3 April. Month first: 4 March, then 3 May.
        is_alive(&format(&rows(30, 40)));
        remedied(&[&format(&rows(40, 30))]);
    }
    // Numbers that rise in neither reading, and none at all, leave it open.
    let neither = rows(5, 40);
    doubted_or_mixed(&csv(&neither));
    doubted_or_mixed(&csv(&rows(30, 40)).replace("RecordId", "Version"));
}

#[test]
fn the_last_records_of_a_clock_that_was_set_back_are_kept_among_any_number() {
    let time = |at: u64| format!("2026-06-02 {:02}:{:02}:{:02}", 10 + at / 3600, at / 60 % 60, at % 60);
    let times: Vec<String> = (0..5000).map(time).collect();
    let mut rows: Vec<Row<'_>> =
        (1001..).zip(&times).map(|(at, time)| (at, time.as_str(), 654, ALIVE)).collect();
    rows.push((6001, "2026-06-02 11:30:00", 655, CODE_90));
    remedied(&[&csv(&rows)]);
    rows.push((6002, "2026-06-02 09:30:00", 654, ALIVE));
    assert_eq!(told(&[&csv(&rows)]).0, None);
}

#[track_caller]
fn doubted_or_mixed(file: &str) {
    let (remedy, why_not) = told(&[file]);
    assert_eq!(remedy, None, "{file}");
    assert!(why_not.iter().any(|why| why == "times-ambiguous"), "{file}: {why_not:?}");
}

#[test]
fn dates_that_may_be_two_are_read_as_many_rows_are_in_order() {
    let saved = |rows: &[(&str, u32, &str)]| {
        let row = |(time, id, text): &(&str, u32, &str)| {
            format!("Information,{time},{OURS},{id},None,\"{text}\"\n")
        };
        format!(
            "Level,Date and Time,Source,Event ID,Task Category\n{}",
            rows.iter().map(row).collect::<String>()
        )
    };
    let mut rows = vec![
        ("01/02/2026 10:00:00", 654, ALIVE),
        ("04/02/2026 10:00:00", 654, ALIVE),
        ("02/03/2026 10:00:00", 654, ALIVE),
        ("05/03/2026 10:00:00", 655, CODE_90),
        ("03/04/2026 10:00:00", 654, ALIVE),
    ];
    is_alive(&saved(&rows));
    rows.reverse();
    is_alive(&saved(&rows));
    // A few rows may be in order by chance; text that was sorted seems to be, month first.
    doubted_or_mixed(&saved(&rows[..3]));
    rows.sort_by_key(|(time, ..)| *time);
    doubted_or_mixed(&saved(&rows));
}

fn points(points: &[(u64, i64)]) -> Vec<Point> {
    let at = |minute: &i64| Timestamp::from_second(1_780_000_000 + minute * 60).expect("a time");
    let mut points: Vec<Point> = points.iter().map(|(number, minute)| (*number, at(minute))).collect();
    points.sort_unstable();
    points.dedup();
    points
}

#[test]
fn a_step_back_is_believed_where_numbers_go_on_and_times_overlap() {
    let series = Series { computer: None, source: None, zoneless: false, log: "application".into() };
    let by = |given: &[(u64, i64)]| {
        let steps = steps(&points(given), &series)?;
        Some(steps.iter().map(|step| step.by.as_secs()).collect::<Vec<i64>>())
    };
    assert_eq!(by(&[(1, 0), (2, 10), (3, 20), (4, 15)]), Some(vec![301]));
    assert_eq!(by(&[(1, 0), (2, 10), (3, 20)]), Some(vec![]));
    // Written at once, in another order.
    assert_eq!(by(&[(1, 0), (1, 0), (2, 10)]), Some(vec![]));
    // Times that only fall, numbers that leap, numbers given twice, and a clock that was off for days.
    assert_eq!(by(&[(1, 30), (2, 20), (3, 10)]), None);
    assert_eq!(by(&[(1, 0), (2, 10), (3, 20), (400, 15)]), None);
    assert_eq!(by(&[(1, 0), (2, 10), (3, 20), (3, 15), (4, 16)]), None);
    assert_eq!(by(&[(1, 0), (2, 10), (3, 9000), (4, 15)]), None);
}

proptest::proptest! {
    #[test]
    fn times_that_are_set_tell_the_order_of_the_numbers(
        given in proptest::collection::vec((0_u64..60, -200_i64..200), 0..40)
    ) {
        let given = points(&given);
        for zoneless in [false, true] {
            let series = Series { computer: None, source: None, zoneless, log: "application".into() };
            let Some(steps) = steps(&given, &series) else { continue };
            let back = |number: u64| -> SignedDuration {
                steps.iter().filter(|step| step.number > number).map(|step| step.by).sum()
            };
            let set: Vec<Timestamp> = given.iter().map(|(number, at)| *at - back(*number)).collect();
            for pair in set.windows(2) {
                proptest::prop_assert!(pair[1].duration_since(pair[0]) >= -TOLERANCE, "{:?} {:?}", given, steps);
            }
        }
    }
}
