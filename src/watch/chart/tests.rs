use jiff::civil::date;

use super::*;
use crate::words::Language;

fn at(text: &str) -> Timestamp {
    text.parse().expect("a time")
}

fn zone(name: &str) -> TimeZone {
    TimeZone::get(name).expect("a zone")
}

/// A server that beats each hour, fails from hour `broken` on for `hours` hours with `errors` an hour.
fn row(
    name: &str,
    to: Timestamp,
    count: i64,
    beats: impl Fn(i64) -> u32,
    errors: impl Fn(i64) -> u32,
) -> ServerRow {
    let first = start_of_hour(to) - SignedDuration::from_hours(count - 1);
    let hours = (0..count).map(|index| Hour {
        hour: first + SignedDuration::from_hours(index),
        heartbeats: beats(index),
        errors: errors(index),
        known: true,
    });
    ServerRow { name: name.into(), hours: hours.collect(), ..ServerRow::default() }
}

fn mark(at: Timestamp, label: &str, kind: MarkKind) -> Mark {
    Mark { at, label: label.into(), kind }
}

/// A story: broken for some hours, mended, proven; the staging server was silent for a while.
fn story(hours: i64) -> HistoryChart {
    let to = at("2026-11-25T09:40:00+01:00");
    let broken = hours * 5 / 9..hours * 7 / 9;
    let range = broken.clone();
    let mut sync = row(
        "SYNC01",
        to,
        hours + 1,
        |i| if range.contains(&i) { 0 } else { 2 },
        |i| if broken.contains(&i) { [1, 2, 4, 6, 3, 2][(i % 6) as usize] } else { u32::from(i == 4) },
    );
    let moment = |index: i64| sync.hours[index as usize].hour + SignedDuration::from_mins(14);
    let marks = vec![
        mark(moment(broken.start), "Error Code 90", MarkKind::Incident),
        mark(moment(broken.end - 1), "enable-password-sync", MarkKind::Run),
        mark(moment(broken.end), "verified", MarkKind::Verified),
    ];
    sync.marks = marks;
    let mut stage = row("STAGE01", to, hours, |_| 0, |_| 0);
    stage.note = "staging".into();
    for hour in stage.hours.iter_mut().skip(hours as usize / 4).take(hours as usize / 4) {
        hour.known = false;
    }
    stage.marks = vec![mark(stage.hours[hours as usize / 4].hour, "agent silent", MarkKind::Silent)];
    HistoryChart {
        title: format!("Password hash sync in the last {hours} hours"),
        from: to - SignedDuration::from_hours(hours),
        to,
        time_zone: zone("Europe/Berlin"),
        rows: vec![sync, stage],
    }
}

/// Everything that could go wrong at once.
fn hostile() -> HistoryChart {
    let to = at("2026-10-25T09:00:00Z");
    let names = [
        "</text><script>alert(1)</script>",
        "A & B \"quoted\" 'names'",
        "W".repeat(400).leak(),
        "",
        "\u{202e}drowssap",
        "日本語のサーバー",
        "\0\u{1}\u{ffff}\n",
        "🦀🦀🦀🦀🦀🦀🦀🦀🦀🦀🦀🦀",
        "SYNC-09",
        "SYNC-10",
        "SYNC-11",
        "SYNC-12",
    ];
    let rows = names.iter().zip(0..).map(|(name, index)| {
        let mut row = row(
            name,
            to,
            72,
            |i| (i as u32 * 7 + index) % 5,
            |i| {
                if i % 3 == 0 { 1_u32 << ((i as u32 + index * 5) % 32) } else { 0 }
            },
        );
        row.note = "a note that goes on and on & on".into();
        row.marks = (0..20)
            .map(|i| {
                mark(to - SignedDuration::from_hours(i * 4), "<b>label</b> & more of it", MarkKind::Incident)
            })
            .collect();
        row.hours.reverse();
        row
    });
    HistoryChart {
        title: "<title>&".repeat(60),
        from: at("2020-01-01T00:00:00Z"),
        to,
        time_zone: zone("Europe/Berlin"),
        rows: rows.collect(),
    }
}

fn empty(rows: Vec<ServerRow>) -> HistoryChart {
    let to = at("2026-11-25T09:40:00Z");
    HistoryChart { title: "Nothing yet".into(), from: to, to, time_zone: TimeZone::UTC, rows }
}

/// Checks what every picture must be, and keeps it where `CHART_PICTURES` names a folder, to be looked at.
fn picture(name: &str, chart: &HistoryChart) -> (u32, u32) {
    let png = history(chart).expect("a picture");
    if let Some(folder) = std::env::var_os("CHART_PICTURES") {
        std::fs::write(std::path::Path::new(&folder).join(format!("{name}.png")), &png).expect("kept");
    }
    assert!(png.starts_with(b"\x89PNG"), "{name}");
    assert!(png.len() < 200 * 1024, "{name} has {} bytes", png.len());
    let number = |at: usize| u32::from_be_bytes(png[at..at + 4].try_into().expect("four bytes"));
    (number(16), number(20))
}

#[test]
fn pictures_are_small_and_as_high_as_they_have_servers() {
    assert_eq!(picture("story-24", &story(24)), (2000, 760));
    assert_eq!(picture("story-72", &story(72)), (2000, 760));
    assert_eq!(picture("none", &empty(Vec::new())), (2000, 520));
    assert_eq!(
        picture("unknown", &empty(vec![ServerRow { name: "SYNC01".into(), ..ServerRow::default() }])),
        (2000, 520)
    );
    assert_eq!(picture("hostile", &hostile()), (2000, 2680));
}

#[test]
fn every_text_is_escaped_and_no_text_leads_to_a_broken_drawing() {
    let svg = history_svg(&hostile());
    for forbidden in ["<script", "<b>", "<title", "\u{202e}", "\0", "\u{1}", "\u{ffff}", "\n"] {
        assert!(!svg.contains(forbidden), "{forbidden:?}");
    }
    assert!(svg.contains("A &amp; B &quot;q"));
    assert!(svg.contains("2 more servers not shown"));
}

#[test]
fn unknown_hours_are_never_drawn_as_quiet() {
    let mut chart = story(24);
    chart.rows.truncate(1);
    let all_known = history_svg(&chart).matches("url(#unknown)").count();
    chart.rows[0].hours.remove(7);
    chart.rows[0].hours[12].known = false;
    let svg = history_svg(&chart);
    // Two spans and the line in the left column that counts them.
    assert_eq!(svg.matches("url(#unknown)").count(), all_known + 3);
    assert!(svg.contains("2 h not known"));
}

#[test]
fn hours_and_days_are_those_of_the_time_zone() {
    let mut chart = story(24);
    let svg = history_svg(&chart);
    assert!(svg.contains(">Wed 25 Nov<") && svg.contains(">00:00<"), "{svg}");
    chart.time_zone = zone("Asia/Kathmandu");
    assert!(history_svg(&chart).contains(">00:00<"));
    // 25 hours: the night in which the clock was set back.
    chart.time_zone = zone("Europe/Berlin");
    chart.from =
        date(2026, 10, 25).at(0, 0, 0, 0).to_zoned(zone("Europe/Berlin")).expect("a day").timestamp();
    chart.to = chart.from + SignedDuration::from_hours(25);
    let svg = history_svg(&chart);
    assert_eq!(svg.matches(">12:00<").count(), 1);
    assert!(svg.contains("Sun 25 Oct 00:00 – Mon 26 Oct 00:00"), "{svg}");
}

#[test]
fn the_chart_in_words_says_what_the_picture_shows() {
    assert_eq!(
        describe(&story(24), Language::English),
        "Password hash sync in the last 24 hours, Tue 24 Nov 09:40 to Wed 25 Nov 09:40 (Europe/Berlin).\n\
         SYNC01: heartbeats in 20 of 25 h, the last in the hour from Wed 25 Nov 09:00; 18 errors, most (6) in \
         the hour from Wed 25 Nov 00:00; incident Tue 24 Nov 22:14: Error Code 90; run Wed 25 Nov \
         02:14: enable-password-sync; verified Wed 25 Nov 03:14: verified.\n\
         STAGE01 (staging): no heartbeat in 18 h; no errors; 7 h not known; silent Tue 24 Nov 16:00: agent silent."
    );
    assert!(describe(&empty(Vec::new()), Language::English).ends_with("No sync server has reported yet."));
    let german = describe(&story(24), Language::German);
    assert!(
        german.contains("SYNC01: Lebenszeichen in 20 von 25 h, das letzte in der Stunde ab 25.11. 09:00"),
        "{german}"
    );
    assert!(german.contains("18 Fehler") && !german.contains("heartbeat"), "{german}");
    let long = describe(&hostile(), Language::English);
    assert!(long.chars().count() <= 1024 && !long.contains('\u{202e}'));
}

#[test]
fn reports_are_counted_by_hour_and_only_what_was_read_is_known() {
    let json = r#"{"v":1,"agent":"SYNC01","generation":1,"agent_version":"0.1.0","server":"SYNC01",
        "clock":"2026-11-22T10:20:00Z","events_at":"2026-11-22T09:20:00Z",
        "appliance":{"kind":"connect"},"state":{"read_at":"2026-11-22T09:20:00Z","staging":true},
        "counts":[{"hour":"2026-11-22T08:00:00Z","id":654,"count":2},{"hour":"2026-11-22T08:00:00Z","id":657,"count":5},
                  {"hour":"2026-11-22T08:00:00Z","id":663,"count":9},{"hour":"2026-11-22T09:00:00Z","id":6900,"count":4294967295},
                  {"hour":"2026-11-22T09:00:00Z","id":655,"count":3},{"hour":"2026-11-22T09:00:00Z","id":650,"count":3}]}"#;
    let mut report = Report::from_json(json.as_bytes()).expect("a report");
    let agent = report.agent.clone();
    let (from, to) = (at("2026-11-22T07:30:00Z"), at("2026-11-22T10:30:00Z"));
    let chart = HistoryChart::from_reports(&[(agent.clone(), &report)], from, to, TimeZone::UTC);
    let hours: Vec<(u32, u32, bool)> =
        chart.rows[0].hours.iter().map(|hour| (hour.heartbeats, hour.errors, hour.known)).collect();
    // 663 says only that the manager runs; the log was not read after 09:20.
    assert_eq!(hours, [(0, 0, true), (7, 0, true), (0, u32::MAX, true), (0, 0, false)]);
    assert_eq!(chart.rows[0].note, "staging");
    assert_eq!(chart.title, "Password hash sync in the last 3 hours");

    report.events_at = None;
    let chart = HistoryChart::from_reports(&[(agent, &report)], from, to, TimeZone::UTC);
    assert!(chart.rows[0].hours.iter().all(|hour| !hour.known));
}

#[test]
fn counts_are_written_short_and_never_rounded_up() {
    for (count, text) in [
        (0, "0"),
        (999, "999"),
        (1_000, "1k"),
        (1_999, "1.9k"),
        (45_678, "45k"),
        (999_999, "999k"),
        (3_400_000, "3.4M"),
        (4_294_967_295, "4.2G"),
    ] {
        assert_eq!(draw::short(count), text);
    }
}
