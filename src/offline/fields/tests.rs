use super::*;

#[test]
fn a_value_has_its_fields_form_or_is_judged_as_talk() {
    for (name, value) in [
        ("Computer", "SYNC01.contoso.example"),
        ("MachineName", "srv-entra01"),
        ("User", "N/A"),
        ("Benutzer", "Nicht zutreffend"),
        ("User", "NT-AUTORITÄT\\Netzwerkdienst"),
        ("UserId", "S-1-5-18"),
        ("Keywords", "Classic"),
        ("Keyword", "クラシック"),
        ("Keywords", "Audit Success"),
        ("Task Category", "(100)"),
        ("Level", "Fehler"),
        ("Date", "11/22/2026 10:00:00 AM"),
        ("Datum", "Sonntag, 22. November 2026 10:00:00"),
        ("日付", "2026/11/22 午前 10:00:00"),
        ("TimeCreated", "/Date(1764032400000)/"),
        ("Log Name", "Microsoft-Windows-AAD/Operational"),
        ("Event ID", "6,900"),
        ("winlog.process.pid", "0"),
        ("From", "Max Keller <max@contoso.com>"),
        ("Bookmark", "System.Diagnostics.Eventing.Reader.EventBookmark"),
        ("Properties", "{System.Diagnostics.Eventing.Reader.EventProperty}"),
        ("punct", "//_::__=_="),
    ] {
        assert!(fits(name, value), "{name}: {value}");
    }
    for (name, value) in [
        ("Computer", "SYNC01 (staging server)"),
        ("Computer", "SYNC01-STANDBY.contoso.com"),
        ("User", "N/A - solved"),
        ("Keywords", "Classic, Resolved"),
        ("Keywords", "false alarm"),
        ("Task Category", "Test alarm, ignore"),
        ("Level", "Cleared"),
        ("Level", "Error (cleared 10:30)"),
        ("Date", "11/22/2026 10:00:00 AM (fixed 10:30)"),
        ("Log Name", "Application (archive of the old server)"),
        ("Event ID", "655 - RESOLVED"),
        ("Site", "staging"),
        ("event.reason", "Max ticked the box"),
        ("From", "our lab tenant"),
        ("To", "Do nothing, it is fixed"),
        ("Status", "Resolved"),
        ("Closed date", "11/22/2026"),
    ] {
        assert!(!fits(name, value), "{name}: {value}");
    }
}

#[test]
fn a_field_that_says_that_an_alert_was_closed_has_no_form() {
    for (name, value) in [
        ("event_action", "resolve"),
        ("event.action", "close"),
        ("event_type", "incident.resolve"),
        ("type", "RESOLVE"),
        ("type", "UP"),
        ("type", "Inactive"),
        ("kind", "clear"),
        ("event.type", "end"),
        ("event_type", "expired"),
        ("event.state", "Off"),
        ("event.end", "2026-11-26T10:10:11Z"),
        ("event.closedAt", "2026-11-26T10:10:11Z"),
        ("end", "2026-11-26T10:10:11Z"),
        ("severity", "0"),
        ("severity", "clear"),
    ] {
        assert!(!fits(name, value), "{name}: {value}");
    }
    for (name, value) in [
        ("event.kind", "event"),
        ("event.action", "None"),
        ("event_type", "incident.trigger"),
        ("event.start", "2026-11-26T09:40:11Z"),
        ("severity", "2"),
        ("severity", "Error"),
        ("_score", "1.0"),
        ("host.os.kernel", "10.0.17763.6532 (WinBuild.160101.0800)"),
    ] {
        assert!(fits(name, value), "{name}: {value}");
    }
}

#[test]
fn a_category_of_several_words_is_one_where_these_make_no_sentence() {
    for value in [
        "Printing a document",
        "Zabbix Agent Service",
        "Management Agent Run Profile",
        "Logging/Recovery",
        "On-access scanning",
        "Übermittlung von Telemetriedaten",
        "(1014)",
        "-9223372036854775808",
    ] {
        assert!(fits("TaskCategory", value), "{value}");
    }
    for value in [
        "Turned back on",
        "It works",
        "Sync is up",
        "No longer needed",
        "Passwort kommt jetzt an",
        "Resolved by Tom",
        "Switch enabled",
        "a b c d e f",
        "Done. Thanks, Tom",
    ] {
        assert!(!fits("TaskCategory", value), "{value}");
    }
}
