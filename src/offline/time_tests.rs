use super::*;

#[test]
fn the_usual_ways_to_write_one_time_are_read_as_it() {
    let at = "2026-11-22T14:05:09".parse::<DateTime>().expect("a time");
    for text in [
        "2026-11-22T14:05:09",
        "2026-11-22 14:05:09",
        "22.11.2026 14:05:09",
        "2026/11/22 14:05:09",
        "2026年11月22日 14:05:09",
        "2026/11/22 午後 2:05:09",
        "Sunday, November 22, 2026 2:05:09 PM",
        "22. November 2026 14:05:09",
        "dimanche 22 novembre 2026 14:05:09",
        "22-nov-2026 14:05:09",
        "domingo, 22 de noviembre de 2026 14:05:09",
    ] {
        assert_eq!(read(text, None), When::Local(at), "{text}");
    }
    for text in
        ["11/22/2026 2:05:09 PM", "11/22/2026 14:05:09", "\u{200e}11/\u{200e}22/\u{200e}2026 2:05:09 PM"]
    {
        let half = text.ends_with("PM");
        assert_eq!(read(text, None), When::Ordered { at, day_first: false, half }, "{text}");
    }
    assert_eq!(read("22/11/2026 14:05:09", None), When::Ordered { at, day_first: true, half: false });
    let utc = "2026-11-22T14:05:09.123Z".parse().expect("a time");
    for text in ["2026-11-22T14:05:09.1230000Z", "/Date(1795356309123)/", "2026-11-22T15:05:09.123+01:00"] {
        assert_eq!(read(text, None), When::At(utc), "{text}");
    }
}

#[test]
fn a_zone_behind_a_time_counts_and_one_that_is_not_known_leaves_it_unknown() {
    let utc = When::At("2026-11-22T12:05:09Z".parse().expect("a time"));
    for text in [
        "11/22/2026 2:05:09 PM +02:00",
        "22.11.2026 14:05:09 +0200",
        "11/22/2026 2:05:09 PM (UTC+02:00)",
        "11/22/2026 12:05:09 PM UTC",
        "22.11.2026 12:05:09 GMT",
        "22.11.2026 12:05:09Z",
        "11/22/2026 8:05:09 AM -4",
    ] {
        assert_eq!(read(text, None), utc, "{text}");
    }
    for text in ["11/22/2026 2:05:09 PM CET", "22.11.2026 14:05:09 +99:00", "03/04/2026 02:00:00 +01:00"] {
        assert_eq!(read(text, None), When::Unknown, "{text}");
    }
}

#[test]
fn a_date_with_a_word_or_a_year_that_is_not_known_is_no_date() {
    for text in [
        "22/11/2026 11:00:00 e paradites",
        "22/11/2026 02:05:00 CH",
        "22/11/2026 11:00:00 पूर्वाह्न",
        "22/11/2026 02:05:00 م",
        "Ekuseni 30. marraskuuta 2026 23:00:00",
        "22 novembre 2026 de tarde 02:05:00",
        "26/11/30 23:00:00",
        "30/11/26 23:00",
        "26-Nov-27 23:00:00",
        "Nov 22 14:05:09",
        "Sun Nov 22 14:05:09 2026",
        "22/11/2569 14:05:09",
        "2569-11-22 14:05:09",
        "1405/09/01 11:00:00",
        "11/24/2026 1:05:0...",
        "11/24/2026 1:05:00…",
        "1601-01-01T00:00:00Z",
        "0001-01-01T00:00:00",
        "/Date(-11644473600000)/",
        "1/1/1980 12:00:00 AM",
        "令和8年11月22日 14:05:09",
    ] {
        assert_eq!(read(text, None), When::Unknown, "{text}");
    }
    let at = "2026-12-01T00:05:00".parse::<DateTime>().expect("a time");
    for text in [
        "martedi 1 dicembre 2026 00:05:00",
        "mar. 1 déc. 2026 00:05:00",
        "2026. december 1. 0:05:00",
        "Dec 1, 2026 12:05:00 AM",
        "2026年12月1日火曜日 午前12時05分00秒",
        "26/12/01 00:05:00",
    ] {
        assert_eq!(read(text, None), When::Local(at), "{text}");
    }
    assert_eq!(
        read("mar 12/1/26 12:05:00 AM", Some(false)),
        When::Either {
            day_first: "2026-01-12T00:05:00".parse().expect("a time"),
            month_first: at,
            suggests_day_first: Some(false),
            half: true,
        }
    );
}

#[test]
fn a_date_that_may_be_two_is_said_to_be_and_nonsense_is_no_time() {
    assert!(matches!(
        read("03/04/2026 2:00:00 AM", None),
        When::Either { suggests_day_first: Some(false), .. }
    ));
    assert!(matches!(read("03/04/2026 02:00:00", None), When::Either { suggests_day_first: Some(true), .. }));
    for local in ["03/04/2026 02:00:00", "03/04/2026 02:00:00 a. m."] {
        assert!(matches!(read(local, Some(true)), When::Local(_)));
    }
    // Labels tell a language and no region.
    assert!(matches!(
        read("03/04/2026 2:00:00 AM", Some(true)),
        When::Either { suggests_day_first: Some(true), .. }
    ));
    for text in ["", "yesterday", "99/99/9999 99:99", "1/2", "/Date(x)/", "/Date(99999999999999999)/"] {
        assert_eq!(read(text, None), When::Unknown, "{text}");
    }
}
