//! Which event came last, where times can be read in more than one way.

use super::test_kit::{doubted, remedied, told};

const CODE_90: &str = "Failed credential provisioning ping. Error: An error occurred. Error Code: 90.";
const ALIVE: &str = "Provision credentials ping end.";
const HEAD: &str = "TimeCreated,Id,ProviderName,MachineName,Message";

fn table(head: &str, rows: &[[&str; 4]]) -> String {
    let row = |[time, id, computer, text]: &[&str; 4]| {
        format!("{time},{id},Directory Synchronization,{computer},\"{text}\"\n")
    };
    format!("{head}\n{}", rows.iter().map(row).collect::<String>())
}

#[test]
fn each_files_dates_are_read_in_each_order_whatever_the_others_are() {
    let here = table(HEAD, &[["3/12/2026 10:00:00", "655", "US1", CODE_90]]);
    let there = table(HEAD, &[["2/4/2026 10:00:00", "654", "UK1", ALIVE]]);
    doubted(&[&here, &there], "zones-mixed");
    let long_ago = table(HEAD, &[["2/1/2026 10:00:00", "654", "UK1", ALIVE]]);
    remedied(&[&here, &long_ago]);
}

#[test]
fn tables_of_two_computers_that_were_joined_may_be_of_two_zones() {
    let first = table(HEAD, &[["2026-11-22 10:00:00", "655", "TOKYO1", CODE_90]]);
    let earlier = |computer| table(HEAD, &[["2026-11-22 01:00:00", "654", computer, ALIVE]]);
    doubted(&[&format!("{first}{}", earlier("NYC1"))], "zones-mixed");
    remedied(&[&format!("{first}{}", earlier("TOKYO1"))]);
}

#[test]
fn an_hour_that_comes_twice_in_autumn_leaves_open_what_came_last() {
    let night = |day: &str| {
        table(
            HEAD,
            &[
                [&format!("{day} 02:20:00"), "654", "A", ALIVE],
                [&format!("{day} 02:50:00"), "655", "A", CODE_90],
            ],
        )
    };
    doubted(&[&night("2026-10-25")], "clock-moved");
    remedied(&[&night("2026-10-26")]);
    remedied(&[&night("2026-06-28")]);
}

#[test]
fn times_of_a_record_that_tell_two_orders_keep_the_remedy_away() {
    let two = "Time,TimeCreated,Id,Source,Message";
    let row = |collected: &str, written: &str, id: &str, text: &str| {
        format!("{collected},{written},{id},Directory Synchronization,\"{text}\"\n")
    };
    let code_90 = row("2026-11-22T12:00:00Z", "2026-11-22T10:00:00Z", "655", CODE_90);
    let later = row("2026-11-22T11:00:00Z", "2026-11-22T10:30:00Z", "654", ALIVE);
    assert_eq!(told(&[&format!("{two}\n{code_90}{later}")]).0, None);
    let collected_later = row("2026-11-22T12:30:00Z", "2026-11-22T09:30:00Z", "654", ALIVE);
    doubted(&[&format!("{two}\n{code_90}{collected_later}")], "times-differ");
    let earlier = row("2026-11-22T11:30:00Z", "2026-11-22T09:30:00Z", "654", ALIVE);
    remedied(&[&format!("{two}\n{code_90}{earlier}")]);
}

#[test]
fn a_record_that_stands_for_several_may_go_on_until_it_is_said_when_the_last_was() {
    let alert = |id: u32, first: &str, last: &str, count: u32, text: &str| {
        format!(
            r#"{{"time":"2026-11-22T{first}:00Z"{last},"count":{count},"Id":{id},"Source":"Directory Synchronization",
            "Message":"{text}"}}"#
        )
    };
    let last = |at: &str| format!(r#","lastSeen":"2026-11-22T{at}:00Z""#);
    let code_90 = alert(655, "10:00", &last("10:00"), 9, CODE_90);
    remedied(&[&code_90]);
    for alive in [alert(654, "08:00", &last("12:00"), 9, ALIVE), alert(654, "08:00", "", 96, ALIVE)] {
        doubted(&[&format!("[{code_90},{alive}]")], "times-differ");
    }
    remedied(&[&format!("[{code_90},{}]", alert(654, "08:00", &last("09:00"), 3, ALIVE))]);
}

/// Rows as Event Viewer saves them, without record numbers.
fn saved(rows: &[(&str, &str, &str)]) -> String {
    let row = |(time, id, text): &(&str, &str, &str)| {
        format!("Information,{time},Directory Synchronization,{id},None,\"{text}\"\n")
    };
    format!("Level,Date and Time,Source,Event ID,Task Category\n{}", rows.iter().map(row).collect::<String>())
}

#[test]
fn a_row_on_the_newer_side_by_its_place_and_not_by_its_time_tells_of_a_clock_that_was_set() {
    let mut rows = vec![
        ("11/24/2026 10:30:00 AM", "654", ALIVE),
        ("11/24/2026 11:30:00 AM", "655", CODE_90),
        ("11/24/2026 11:00:00 AM", "655", CODE_90),
        ("11/24/2026 10:15:00 AM", "655", CODE_90),
        ("11/24/2026 9:45:00 AM", "655", CODE_90),
    ];
    doubted(&[&saved(&rows)], "clock-moved");
    rows.reverse();
    doubted(&[&saved(&rows)], "clock-moved");
    // Shuffled rows, and rows that are in order, say nothing by their places.
    rows.swap(0, 2);
    remedied(&[&saved(&rows)]);
    rows.sort();
    remedied(&[&saved(&rows[..3]), &saved(&rows[3..])]);
}

#[test]
fn records_of_another_log_are_not_compared_with_ours() {
    let json = |provider: &str| {
        let event = |time: &str, id: u32, provider: &str, record: u32, text: &str| {
            format!(
                r#"{{"TimeCreated":"2026-11-24T{time}:00Z","Id":{id},"ProviderName":"{provider}","RecordId":{record},"Message":"{text}"}}"#
            )
        };
        format!(
            "[{},{}]",
            event("10:00", 655, "Directory Synchronization", 100, CODE_90),
            event(
                "09:00",
                7036,
                provider,
                900,
                "The Microsoft Entra ID Sync service entered the stopped state."
            )
        )
    };
    remedied(&[&json("Service Control Manager")]);
}

#[test]
fn the_nights_in_which_clocks_go_back_before_midnight_leave_open_what_came_last() {
    let night = |day: &str| {
        let row = |time: &str, id, text| [format!("{day} {time}:00"), id, text];
        let rows = [
            row("23:20", "654".to_owned(), ALIVE.to_owned()),
            row("23:50", "655".to_owned(), CODE_90.to_owned()),
        ];
        let rows: Vec<[&str; 4]> =
            rows.iter().map(|[time, id, text]| [time.as_str(), id.as_str(), "A", text.as_str()]).collect();
        table(HEAD, &rows)
    };
    // Chile, Egypt, Lebanon.
    for day in ["2026-04-04", "2026-10-29", "2026-10-24"] {
        doubted(&[&night(day)], "clock-moved");
    }
    for day in ["2026-04-11", "2026-10-28", "2026-11-28"] {
        remedied(&[&night(day)]);
    }
}

#[test]
fn a_column_whose_dates_have_two_forms_tells_not_what_came_last() {
    let code_90 = ("30/11/2026 23:40:00", "655", CODE_90);
    for other in ["2026-01-12 00:10:00", "12-Jan-26 00:10", "12.01.2026 00:10"] {
        doubted(&[&saved(&[(other, "654", ALIVE), code_90])], "events-undated");
    }
    let lost = saved(&[("11/24/2026 1:05", "654", ALIVE), ("11/24/2026 11:35:00 AM", "655", CODE_90)]);
    doubted(&[&lost], "events-undated");
    let cut = saved(&[("11/24/2026 1:05:0...", "654", ALIVE), ("11/24/2026 11:35:00 AM", "655", CODE_90)]);
    doubted(&[&cut], "events-undated");
    remedied(&[&saved(&[("29/11/2026 00:10:00", "654", ALIVE), code_90])]);
}

#[test]
fn labels_in_a_language_do_not_tell_the_order_of_american_dates() {
    let german = |rows: &[(&str, &str, &str)]| {
        saved(rows).replace(
            "Level,Date and Time,Source,Event ID,Task Category",
            "Ebene,Datum und Uhrzeit,Quelle,Ereignis-ID,Aufgabenkategorie",
        )
    };
    let later = ("12/1/2026 12:10:00 AM", "654", ALIVE);
    let (_, why_not) = told(&[&german(&[later, ("11/30/2026 11:40:00 PM", "655", CODE_90)])]);
    assert!(why_not.is_empty() || !why_not.iter().any(|why| why == "times-ambiguous"), "{why_not:?}");
    assert_eq!(told(&[&german(&[later, ("11/30/2026 11:40:00 PM", "655", CODE_90)])]).0, None);
    remedied(&[&german(&[("24.11.2026 10:00:00", "655", CODE_90), ("24.11.2026 09:30:00", "654", ALIVE)])]);
}

#[test]
fn a_number_is_no_record_where_it_stands_everywhere_or_on_two_computers() {
    let head = "TimeCreated,Id,ProviderName,RecordId,MachineName,Message";
    let row = |id: &str, record: u32, computer: &str, text: &str| {
        format!("2026-11-24T10:00:00Z,{id},Directory Synchronization,{record},{computer},\"{text}\"\n")
    };
    let failed = "Password Change Result - Anchor : x, Dn : CN=a, Result : Failed.";
    let success = "Password Change Result - Anchor : y, Dn : CN=b, Result : Success.";
    let before = format!("{head}\n{}", row("655", 0, "A", CODE_90).replace("10:00", "09:00"));
    for (record, computer) in [(0, "A"), (7, "B")] {
        let file =
            format!("{before}{}{}", row("657", record, "A", failed), row("657", record, computer, success));
        assert_eq!(told(&[&file]).0, None, "{file}");
    }
}

#[test]
fn what_the_product_says_in_another_zone_may_be_so_late_that_code_90_should_have_come_again() {
    let table = |rows: &str| format!("\"TimeCreated\",\"Id\",\"ProviderName\",\"Message\"\n{rows}\n");
    let sick = table(&format!(
        "\"2026-11-22 19:00:00\",\"655\",\"Directory Synchronization\",\"{}\"",
        "An error occurred. Error Code: 90. Error Description: Password Synchronization has not been activated for this company."
    ));
    let cycle = "<Event><System><Provider Name=\"Directory Synchronization\"/><EventID>904</EventID><TimeCreated \
        SystemTime=\"2026-11-22T12:00:00Z\"/></System><EventData><Data>Delta sync cycle started.</Data></EventData></Event>";
    super::test_kit::remedied(&[&sick]);
    super::test_kit::doubted(&[&sick, cycle], "zones-mixed");
}

#[test]
fn an_error_of_the_products_ids_without_a_provider_speaks_where_code_90_names_none_either() {
    let row = |minute: u32, id: u32, level: &str, text: &str| {
        format!("\"2026-11-22T10:{minute:02}:00Z\",\"{id}\",\"{level}\",\"{text}\"\n")
    };
    let code_90 = "An error occurred. Error Code: 90. Error Description: Password Synchronization has not been activated for \
        this company.";
    let table = |rows: &str| {
        format!(
            "\"TimeCreated\",\"Id\",\"LevelDisplayName\",\"Message\"\n{}{rows}",
            row(0, 655, "Error", code_90)
        )
    };
    for (id, level, text) in [
        (6201, "Error", "The server encryption keys could not be accessed."),
        (905, "Information", "An error occurred and the scheduler run failed to execute successfully."),
        (2605, "Information", "OU filtering was changed"),
    ] {
        let (remedy, why_not) = super::test_kit::told(&[&table(&row(5, id, level, text))]);
        let speaks = |code: &String| code == "unread-newer" || code == "changed-since";
        assert!(remedy.is_none() && why_not.iter().any(speaks), "{id}: {why_not:?}");
    }
    for (id, level, text) in [
        (904, "Information", "Delta sync cycle started."),
        (1000, "Error", "Faulting application name: printer.exe"),
    ] {
        super::test_kit::remedied(&[&table(&row(5, id, level, text))]);
    }
}

#[test]
fn rows_that_step_back_in_autumn_and_times_that_agree_leave_nothing_open() {
    let rows = |last: &str| {
        let row = |time: &str, id, text| {
            format!("2026-10-25 {time}:00,{id},Directory Synchronization,A,\"{text}\"\n")
        };
        let rows = [
            row(last, "655", CODE_90),
            row("02:40", "655", CODE_90),
            row("02:10", "655", CODE_90),
            row("02:40", "654", ALIVE),
            row("02:10", "654", ALIVE),
        ];
        format!("{HEAD}\n{}", rows.concat())
    };
    remedied(&[&rows("04:10")]);
    doubted(&[&rows("02:50")], "clock-moved");
}

/// Rows of somebody's own table, whose hours have two digits.
fn hours(rows: &[(&str, &str, &str)]) -> String {
    let row = |(time, id, text): &(&str, &str, &str)| {
        format!("\"2026-11-{time}:11\",\"Directory Synchronization\",{id},\"{text}\"\n")
    };
    format!("Time,Source,Id,Message\n{}", rows.iter().map(row).collect::<String>())
}

#[test]
fn hours_of_twelve_that_name_no_half_of_the_day_keep_the_remedy_away() {
    // The afternoon of the 25th, the 26th until its afternoon.
    let mut rows = vec![
        ("25 10:40", "655", CODE_90),
        ("25 12:10", "655", CODE_90),
        ("25 01:10", "655", CODE_90),
        ("25 11:10", "655", CODE_90),
        ("26 12:40", "655", CODE_90),
        ("26 01:10", "655", CODE_90),
        ("26 11:40", "655", CODE_90),
        ("26 12:40", "655", CODE_90),
        ("26 01:10", "654", ALIVE),
        ("26 01:40", "654", ALIVE),
    ];
    doubted(&[&hours(&rows)], "clock-moved");
    rows.reverse();
    doubted(&[&hours(&rows)], "clock-moved");
    let mut sorted = vec![
        ("26 01:10", "654", ALIVE),
        ("26 01:40", "654", ALIVE),
        ("26 11:10", "655", CODE_90),
        ("26 11:40", "655", CODE_90),
    ];
    doubted(&[&hours(&sorted)], "clock-moved");
    // An hour that a clock of twelve does not have.
    sorted.insert(0, ("25 13:40", "654", ALIVE));
    remedied(&[&hours(&sorted)]);
    // Hours that name their half of the day.
    let told = [
        ("1:10", "654", ALIVE),
        ("1:40", "654", ALIVE),
        ("11:10", "655", CODE_90),
        ("11:40", "655", CODE_90),
    ];
    let told = told.map(|(time, id, text)| (format!("11/26/2026 {time}:11 AM"), id, text));
    remedied(&[&saved(&told.each_ref().map(|(time, id, text)| (time.as_str(), *id, *text)))]);
    // An ordinary morning.
    remedied(&[&hours(&[
        ("26 08:10", "654", ALIVE),
        ("26 08:40", "654", ALIVE),
        ("26 09:10", "655", CODE_90),
        ("26 09:40", "655", CODE_90),
    ])]);
}
