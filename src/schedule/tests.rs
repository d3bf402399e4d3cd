use std::collections::BTreeMap;

use jiff::ToSpan;
use jiff::civil::Date;
use proptest::prelude::*;

use super::*;

fn schedule(cron: &str, zone: &str) -> Schedule {
    Schedule::parse(cron, zone).expect("a valid schedule")
}

fn at(text: &str) -> Timestamp {
    text.parse().expect("a time")
}

/// The due times within local days, written as the local clock shows them.
fn shown(cron: &str, zone: &str, from: &str, days: i64) -> Vec<String> {
    let schedule = schedule(cron, zone);
    let date: Date = from.parse().expect("a date");
    let start = date.to_zoned(schedule.time_zone.clone()).expect("a day").timestamp();
    let end = date.checked_add(days.days()).expect("in range").to_zoned(schedule.time_zone.clone());
    let end = end.expect("a day").timestamp() - SignedDuration::from_nanos(1);
    let before = start - SignedDuration::from_nanos(1);
    let due = schedule.between(before, end);
    due.map(|t| t.to_zoned(schedule.time_zone.clone()).strftime("%d %H:%M %:z").to_string()).collect()
}

#[test]
fn a_daily_time_that_the_clock_jumps_over_is_due_once_at_the_end_of_the_jump() {
    assert_eq!(
        shown("30 2 * * *", "Europe/Berlin", "2026-03-28", 3),
        ["28 02:30 +01:00", "29 03:00 +02:00", "30 02:30 +02:00"]
    );
    // Midnight itself was jumped over in Brazil: the day starts at 01:00.
    assert_eq!(
        shown("0 0 * * *", "America/Sao_Paulo", "2017-10-14", 3),
        ["14 00:00 -03:00", "15 01:00 -02:00", "16 00:00 -02:00"]
    );
    // Greenland jumps from 23:00 to midnight: Saturday's 23:30 is not lost.
    assert_eq!(
        shown("30 23 * * *", "America/Nuuk", "2024-03-29", 3),
        ["29 23:30 -02:00", "31 00:00 -01:00", "31 23:30 -01:00"]
    );
}

#[test]
fn a_daily_time_that_the_clock_shows_twice_is_due_only_the_first_time() {
    assert_eq!(
        shown("30 2 * * *", "Europe/Berlin", "2026-10-24", 3),
        ["24 02:30 +02:00", "25 02:30 +02:00", "26 02:30 +01:00"]
    );
    let second_pass = at("2026-10-25T02:10:00+01:00");
    assert_eq!(
        schedule("30 2 * * *", "Europe/Berlin").next_after(second_pass),
        Some(at("2026-10-26T02:30:00+01:00"))
    );
    assert_eq!(
        schedule("30 2 * * *", "Europe/Berlin").last_at_or_before(second_pass),
        Some(at("2026-10-25T02:30:00+02:00"))
    );
    // The clock is set back across midnight, so that 17 February ends twice.
    assert_eq!(
        shown("30 23 * * *", "America/Sao_Paulo", "2018-02-17", 2),
        ["17 23:30 -02:00", "18 23:30 -03:00"]
    );
    // Half an hour.
    assert_eq!(
        shown("45 1 * * *", "Australia/Lord_Howe", "2026-04-04", 3),
        ["04 01:45 +11:00", "05 01:45 +11:00", "06 01:45 +10:30"]
    );
}

#[test]
fn times_that_fall_on_one_instant_are_one() {
    assert_eq!(
        shown("0,30 2,3 * * *", "Europe/Berlin", "2026-03-29", 1),
        ["29 03:00 +02:00", "29 03:30 +02:00"]
    );
}

#[test]
fn an_hourly_job_runs_once_in_each_real_hour() {
    for (day, hours) in [("2026-03-29", 23), ("2026-10-25", 25), ("2026-07-01", 24)] {
        for cron in ["0 * * * *", "30 */1 * * *", "59 0-23 * * *"] {
            assert_eq!(shown(cron, "Europe/Berlin", day, 1).len(), hours, "{cron} {day}");
        }
    }
    let schedule = schedule("17 * * * *", "America/New_York");
    let mut t = at("2026-03-06T00:17:00-05:00");
    // Over the spring's change and, from there, the autumn's.
    for hour in 0..2 * 96 {
        if hour == 96 {
            t = at("2026-10-30T00:17:00-04:00");
        }
        let next = schedule.next_after(t).expect("comes");
        assert_eq!(next.duration_since(t), SignedDuration::from_hours(1), "after {t}");
        t = next;
    }
}

#[test]
fn a_local_day_that_never_was_has_nothing_due() {
    assert_eq!(shown("0 7 * * *", "Pacific/Apia", "2011-12-29", 3), ["29 07:00 -10:00", "31 07:00 +14:00"]);
    assert_eq!(shown("0 0 30 12 *", "Pacific/Apia", "2011-12-01", 40), Vec::<String>::new());
}

#[test]
fn weekdays_months_and_lists_mean_what_cron_means() {
    assert_eq!(shown("0 7 * * 1-5", "UTC", "2026-11-20", 4), ["20 07:00 +00:00", "23 07:00 +00:00"]);
    assert_eq!(shown("0 7 * * SUN", "UTC", "2026-11-20", 4), ["22 07:00 +00:00"]);
    assert_eq!(shown("0 7 * * 0", "UTC", "2026-11-20", 4), shown("0 7 * * 7", "UTC", "2026-11-20", 4));
    assert_eq!(shown("0 8-16/4 * * *", "UTC", "2026-11-20", 1).len(), 3);
    // Day of month or day of week, when both are given.
    assert_eq!(shown("0 0 13 * FRI", "UTC", "2026-11-01", 30).len(), 4);
    let leap = schedule("0 0 29 2 *", "UTC").next_after(at("2096-03-01T00:00:00Z"));
    assert_eq!(leap, Some(at("2104-02-29T00:00:00Z")));
}

#[test]
fn what_cant_be_read_is_named_with_an_example() {
    let error = |cron: &str, zone: &str| {
        let error = Schedule::parse(cron, zone).expect_err("refused");
        error.to_string()
    };
    let mut messages = BTreeMap::new();
    for cron in [
        "",
        "0 7 * *",
        "0 7 * * * *",
        "@daily",
        "0 7 * * * Europe/Berlin",
        "61 7 * * *",
        "0 24 * * *",
        "0 7 32 * *",
        "0 7 L * *",
        "0 7 * 13 *",
        "0 7 * * 8",
        "0 7 * * MOND",
        "0 7 * * 5L",
        "H 7 * * *",
        "0 7-5 * * *",
        "0 7 ? * *",
        "0 7 */0 * *",
        "0 7 \u{202e} * *",
        "0 7 30 2 *",
        "0 7 31 4,6 *",
        "*/ 7 * * *",
    ] {
        messages.insert(cron, error(cron, "UTC"));
    }
    for zone in ["", "Berlin", "W. Europe Standard Time", "CET-1CEST", "../../etc/passwd", "Europe/Berlin\nX"]
    {
        messages.insert(zone, error("0 7 * * *", zone));
    }
    assert!(messages[""].contains("IANA"), "{}", messages[""]);
    assert!(messages["0 7 * *"].contains("4 fields"), "{}", messages["0 7 * *"]);
    assert!(messages["61 7 * * *"].contains("the minute"), "{}", messages["61 7 * * *"]);
    assert!(messages["0 7 * * 8"].contains("the day of week"), "{}", messages["0 7 * * 8"]);
    assert!(messages["0 7 30 2 *"].contains("never comes"), "{}", messages["0 7 30 2 *"]);
    for (given, message) in &messages {
        assert!(message.contains("for example") || message.contains("such"), "{given:?}: {message}");
        assert!(message.lines().count() == 1, "{given:?}: {message}");
    }
}

#[test]
fn before_the_first_start_nothing_was_ever_due() {
    let schedule = schedule("0 7 * * *", "Europe/Berlin");
    let started = at("2026-11-25T07:00:00.001+01:00");
    assert_eq!(schedule.due(None, started, at("2026-11-26T06:59:59+01:00")), None);
    let first = at("2026-11-26T07:00:00+01:00");
    assert_eq!(schedule.due(None, started, first), Some(Due { at: first, late: false, missed: 0 }));
    // Starting at the very moment counts.
    assert!(schedule.due(None, first, first).is_some());
}

#[test]
fn each_due_time_is_due_once() {
    let schedule = schedule("0 7 * * *", "Europe/Berlin");
    let (started, first) = (at("2026-11-25T12:00:00Z"), at("2026-11-26T06:00:00Z"));
    let due = schedule.due(Some(first), started, first + SignedDuration::from_hours(23));
    assert_eq!(due, None);
    // Nor when the clock was set back behind it.
    assert_eq!(schedule.due(Some(first), started, first - SignedDuration::from_hours(48)), None);
}

#[test]
fn after_a_downtime_one_late_summary_is_due_and_the_missed_ones_are_counted() {
    let schedule = schedule("0 7 * * *", "Europe/Berlin");
    let (started, done) = (at("2026-11-01T00:00:00Z"), at("2026-11-20T06:00:00Z"));
    let newest = at("2026-11-25T06:00:00Z");
    let now = newest + LATE_AFTER + SignedDuration::from_nanos(1);
    assert_eq!(schedule.due(Some(done), started, now), Some(Due { at: newest, late: true, missed: 4 }));
    let punctual = schedule.due(Some(done), started, newest + LATE_AFTER).expect("due");
    assert!(!punctual.late);
    assert_eq!(schedule.due(Some(newest), started, now), None);

    let minutely = Schedule::parse("* * * * *", "UTC").expect("valid");
    let due = minutely.due(Some(done), started, now).expect("due");
    assert_eq!(due.missed, MISSED_MAX);
}

fn a_zone() -> impl Strategy<Value = String> {
    let hard = [
        "Australia/Lord_Howe",
        "Africa/Casablanca",
        "America/Sao_Paulo",
        "Pacific/Apia",
        "Europe/Berlin",
        "America/Nuuk",
        "Europe/Dublin",
        "Asia/Manila",
        "Africa/Monrovia",
        "Antarctica/Troll",
        "Asia/Gaza",
    ];
    let all: Vec<String> = jiff::tz::db().available().map(|name| name.to_string()).collect();
    prop_oneof![proptest::sample::select(hard.map(str::to_owned).to_vec()), proptest::sample::select(all),]
}

fn a_moment() -> impl Strategy<Value = Timestamp> {
    let range = at("1900-01-01T00:00:00Z").as_second()..at("2150-01-01T00:00:00Z").as_second();
    range.prop_map(|second| Timestamp::from_second(second).expect("in range"))
}

/// Moments within two days of a change of the zone's clock, where mistakes live.
fn near_a_change(zone: &str, moment: Timestamp, minutes: i64) -> Timestamp {
    let zone = TimeZone::get(zone).expect("a zone");
    let change = zone.following(moment).next().map_or(moment, |change| change.timestamp());
    change + SignedDuration::from_mins(minutes)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn due_times_strictly_increase_and_the_last_one_is_found_again(
        zone in a_zone(),
        moment in a_moment(),
        offset in -2880_i64..2880,
        cron in proptest::sample::select(vec![
            "30 2 * * *", "0 0 * * *", "*/7 * * * *", "0 */2 * * *", "59 23 * * 6,0", "15 1,2,3 * * *", "0 9 1 * *",
        ]),
    ) {
        let schedule = schedule(cron, &zone);
        let mut t = near_a_change(&zone, moment, offset);
        for _ in 0..12 {
            let next = schedule.next_after(t).expect("comes");
            prop_assert!(next > t);
            prop_assert_eq!(schedule.next_after(next - SignedDuration::from_nanos(1)), Some(next));
            prop_assert_eq!(schedule.last_at_or_before(next), Some(next));
            let just_before = next - SignedDuration::from_nanos(1);
            prop_assert!(schedule.last_at_or_before(just_before).is_some_and(|last| last < next));
            t = next;
        }
    }

    #[test]
    fn a_daily_schedule_is_due_exactly_once_for_each_local_day_that_exists(
        zone in a_zone(),
        year in 1970_i16..2060,
        hour in 0_i8..24,
        minute in 0_i8..60,
    ) {
        let schedule = schedule(&format!("{minute} {hour} * * *"), &zone);
        let tz = schedule.time_zone.clone();
        let first = jiff::civil::date(year, 1, 1);
        let mut t = tz.to_timestamp(first.at(hour, minute, 0, 0)).expect("in range") - SignedDuration::from_hours(1);
        // A clock change within this very hour would start the count in its middle.
        prop_assume!(tz.following(t - SignedDuration::from_hours(50)).next().is_none_or(
            |change| change.timestamp() > t + SignedDuration::from_hours(50)));
        for ordinal in 0..366 {
            let day = first.checked_add(i64::from(ordinal).days()).expect("in range");
            if tz.to_zoned(day.at(12, 0, 0, 0)).expect("in range").date() != day {
                continue; // Apia and its like: there was no such day.
            }
            let next = schedule.next_after(t).expect("comes");
            let local = tz.to_datetime(next);
            let nominal = day.at(hour, minute, 0, 0);
            if local != nominal {
                // Only the end of a jump over the nominal time may stand in for it.
                let before = tz.to_datetime(next - SignedDuration::from_nanos(1));
                prop_assert!(before < nominal && nominal < local, "{zone}: {local} for {nominal}");
            }
            t = next;
        }
    }
}
