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
