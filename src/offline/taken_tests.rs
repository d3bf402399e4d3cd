use crate::offline::test_kit::{doubted, remedied, told};

const MESSAGE: &str = "Failed credential provisioning ping. Error: Microsoft.Online.Coexistence.ProvisionException: An error \
    occurred. Error Code: 90. Error Description: Password Synchronization has not been activated for this company. Tracking ID: \
    0744fa31-1d9b-453a-83d8-c2555d843802 Server Name: BL2GR1BBA005.";

fn copied(date: &str) -> String {
    format!(
        "Log Name:      Application\nSource:        Directory Synchronization\nDate:          {date}\nEvent ID:      655\n\
         Level:         Error\nComputer:      SYNC01.contoso.com\nDescription:\n{MESSAGE}\n"
    )
}

fn listed(date: &str) -> String {
    format!(
        "TimeCreated  : {date}\nProviderName : Directory Synchronization\nId           : 655\nMessage      : {MESSAGE}\n\n\n"
    )
}

#[test]
fn a_file_that_says_it_was_taken_a_day_after_its_newest_event_keeps_the_remedy_away() {
    let event = copied("11/26/2026 9:40:11 AM");
    for head in [
        "From: Lee Fischer <lee@contoso.com>\nSent: Monday, November 30, 2026 8:02 AM\nTo: Service Desk <sd@contoso.com>\n\nHi team,",
        "From: Lee Fischer <lee@contoso.com>\nDate: Mon, 30 Nov 2026 08:02:10 +0100\nSubject: Event 655\n\nHi team,",
        "From: Lee Fischer <lee@contoso.com>\nDate: Mon, 30 Nov 2026 08:02:10 +0100 (CET)\nSubject: Event 655\n\nHi team,",
        "Time: 11/30/2026 8:02:10 AM (W. Europe Standard Time)",
        "Sent: 30.11.2026 08:02 CET",
        "Von: Thomas Berger\nGesendet: Montag, 30. November 2026 08:02\nAn: Helpdesk",
        "De : Marie Dupont\nEnvoyé : lundi 30 novembre 2026 08:02\nÀ : Support",
        "Ticket: INC0012345\nPriority: 2\nStatus: Open\nCreated: 30.11.2026 09:45",
        "Created: 2026-11-30",
        // Neither 12 March nor 3 December is the day of the events; the latter lies nearer.
        "Created: 03/12/2026 09:45",
        "Timestamp: 2026-12-24T09:45:00Z",
    ] {
        doubted(&[&format!("{head}\n\n{event}")], "taken-later");
    }
    let list = listed("11/26/2026 9:40:11 AM");
    for file in [
        format!(
            "PS C:\\> Get-Date -Format 'yyyy-MM-dd HH:mm'\n2026-11-29 14:31\nPS C:\\> Get-WinEvent | fl\n\n\n{list}"
        ),
        format!("PS C:\\> Get-Date -Format g\n11/29/2026 2:31 PM\nPS C:\\> Get-WinEvent | fl\n\n\n{list}"),
        format!(
            "**********************\nWindows PowerShell transcript start\nStart time: 20261201101500\n**********************\nPS C:\\> Get-WinEvent | fl\n\n\n{list}"
        ),
    ] {
        doubted(&[&file], "taken-later");
    }
}

#[test]
fn an_exports_own_date_in_json_is_the_files_and_no_records() {
    let event = format!(
        "{{\"TimeCreated\":\"2026-11-26T09:40:11Z\",\"ProviderName\":\"Directory Synchronization\",\"Id\":655,\"Level\":2,\
         \"Message\":\"{MESSAGE}\"}}"
    );
    let export = |at: &str| format!("{{\"exportedAt\": {at}, \"events\": [{event}]}}");
    for at in ["\"2026-11-30T08:00:00Z\"", "1796025600000", "1796025600"] {
        doubted(&[&export(at)], "taken-later");
    }
    for at in ["\"2026-11-26T18:00:00Z\"", "1795683600000"] {
        remedied(&[&export(at)]);
    }
}

#[test]
fn a_file_taken_within_a_day_in_whatever_zone_says_nothing() {
    let event = copied("11/26/2026 9:40:11 AM");
    for head in [
        "From: Lee Fischer <lee@contoso.com>\nSent: Friday, November 27, 2026 8:02 AM\nTo: Service Desk <sd@contoso.com>\n\nHi team,",
        // Eight hours behind, that is in the same night.
        "From: Lee Fischer <lee@contoso.com>\nDate: Fri, 27 Nov 2026 08:30:10 -0800\nSubject: Event 655\n\nHi team,",
        "Sensor: Event Log (Directory Synchronization)\nLast Scan: 11/26/2026 11:45:00 AM\nLast Down: 11/26/2026 9:41:00 AM",
        "Ticket: INC0012345\nPriority: 2\nStatus: Open\nCreated: 26.11.2026 09:45",
        "Ticket: 20261130\nStatus: Open",
    ] {
        remedied(&[&format!("{head}\n\n{event}")]);
    }
    // 12 November or 11 December: the reading nearest to the events counts.
    let event = copied("2026-11-12T09:40:11");
    remedied(&[&format!("Created: 12/11/2026 09:45\n\n{event}")]);
}

#[test]
fn a_reason_tells_when_a_file_was_taken_and_its_newest_event() {
    let file = format!("Created: 30.11.2026 09:45\n\n{}", copied("11/26/2026 9:40:11 AM"));
    let answer = crate::offline::test_kit::judged(&[&file]).expect("reads");
    assert_eq!(answer.cause.as_str(), "phs-not-activated");
    let why = answer.why_not.iter().find(|why| why.code == "taken-later").expect("withheld").text.to_string();
    assert!(why.contains("2026-11-30") && why.contains("2026-11-26"), "{why}");
}

#[test]
fn a_newer_event_of_another_file_reaches_as_far_as_the_frame() {
    let mail = format!("Created: 30.11.2026 09:45\n\n{}", copied("11/26/2026 9:40:11 AM"));
    let since = copied("11/30/2026 9:20:11 AM");
    let (_, why_not) = told(&[&mail, &since]);
    assert!(!why_not.iter().any(|why| why == "taken-later"), "{why_not:?}");
}
