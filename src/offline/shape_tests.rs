//! Events in the shapes that searches, SIEMs and people give them, and what beside them is not understood.

use super::answer::Answer;
use super::test_kit;

const CODE_90: &str = "Failed credential provisioning ping. Error: An error occurred. Error Code: 90. Error Description: \
    Password Synchronization has not been activated for this company.";
const ALIVE: &str = "Provision credentials ping end.";

fn judged(file: &str) -> Answer {
    test_kit::judged(&[file]).unwrap_or_else(|error| panic!("{error}: {file}"))
}

#[track_caller]
fn remedied(file: &str) {
    test_kit::remedied(&[file]);
}

#[track_caller]
fn doubted(file: &str, code: &str) {
    test_kit::doubted(&[file], code);
}

/// As PowerShell writes it, and as Elastic, Splunk and Log Analytics answer.
fn shapes(id: u32, time: &str, text: &str) -> Vec<String> {
    let at = format!("2026-11-22T{time}:00Z");
    let source = "Directory Synchronization";
    vec![
        format!(r#"{{"TimeCreated":"{at}","Id":{id},"ProviderName":"{source}","Message":"{text}"}}"#),
        format!(
            r#"{{"took":5,"hits":{{"total":{{"value":1,"relation":"eq"}},"hits":[{{"_index":"winlogbeat","_source":{{"@timestamp":"{at}",
            "winlog":{{"event_id":{id},"provider_name":"{source}"}},"event":{{"code":"{id}","provider":"{source}"}},"message":"{text}"}}}}]}}}}"#
        ),
        format!(
            r#"{{"@timestamp":"{at}","winlog.event_id":{id},"winlog.provider_name":"{source}","message":"{text}"}}"#
        ),
        format!(
            r#"{{"preview":false,"result":{{"_time":"{at}","EventCode":"{id}","SourceName":"{source}","Message":"{text}"}}}}"#
        ),
        format!(
            r#"{{"tables":[{{"name":"PrimaryResult","columns":[{{"name":"TimeGenerated"}},{{"name":"Source"}},{{"name":"EventID"}},
            {{"name":"RenderedDescription"}}],"rows":[["{at}","{source}",{id},"{text}"]]}}]}}"#
        ),
        format!(
            r#"{{"raw":"<Event><System><Provider Name='{source}'/><EventID>{id}</EventID><TimeCreated SystemTime='{at}'/></System><EventData><Data>{text}</Data></EventData></Event>"}}"#
        ),
        format!(r#"{{"Ereignis-ID":{id},"Quelle":"{source}","Datum":"{at}","Beschreibung":"{text}"}}"#),
    ]
}

#[test]
fn events_are_read_in_the_shapes_in_which_searches_answer() {
    for code_90 in shapes(655, "10:00", CODE_90) {
        remedied(&code_90);
        for alive in shapes(654, "10:30", ALIVE) {
            assert_eq!(
                judged(&format!("{code_90}\n{alive}")).cause.as_str(),
                "recovered",
                "{code_90}\n{alive}"
            );
        }
    }
}

#[test]
fn an_object_that_says_something_and_is_not_understood_keeps_the_remedy_away() {
    let code_90 = &shapes(655, "10:00", CODE_90)[0];
    doubted(&format!(r#"{{"a":[{code_90}],"b":[{{"t":"10:30","m":"{ALIVE}"}}]}}"#), "events-skipped");
    for other in [r#"{"Tapahtuma":654,"Viesti":"x"}"#, r#"{"raw":"<Event "}"#, r#"{"a":[{"b":"654"}]}"#] {
        doubted(&format!("{code_90}\n{other}"), "events-skipped");
        doubted(&format!("[{other},{code_90}]"), "events-skipped");
    }
    remedied(&format!(r#"{code_90}{{"preview":false,"lastrow":true}}"#));
}

#[test]
fn an_alert_that_holds_other_events_keeps_the_remedy_away() {
    let code_90 = &shapes(655, "10:00", CODE_90)[0];
    let head = code_90.trim_end_matches('}');
    let alive = &shapes(654, "10:30", ALIVE)[0];
    doubted(&format!(r#"{head},"RelatedEvents":[{alive}]}}"#), "events-skipped");
    remedied(&format!(r#"{head},"UserId":{{"Id":5}},"Properties":[{{"Value":"x"}}]}}"#));
}

#[test]
fn a_comment_beside_an_event_that_says_it_is_over_keeps_the_remedy_away() {
    let code_90 = &shapes(655, "10:00", CODE_90)[0];
    let head = code_90.trim_end_matches('}');
    doubted(&format!(r#"[{head},"Status":"Resolved"}}]"#), "talk-not-understood");
    doubted(&format!(r#"[{head},"note":"a colleague enabled it again"}}]"#), "talk-not-understood");
    remedied(&format!(r#"[{head},"Channel":"Application"}}]"#));
    let csv = |comment: &str| {
        format!(
            "TimeCreated,Id,ProviderName,Message,Comment\n2026-11-22 10:00:00,655,Directory Synchronization,\"{CODE_90}\",\"{comment}\"\n"
        )
    };
    doubted(&csv("enabled again 22.11. 11:00"), "talk-not-understood");
    remedied(&csv(""));
    remedied(&csv("see INC0042"));
}

#[test]
fn the_line_that_tells_excel_the_delimiter_is_no_header() {
    for mark in [',', ';'] {
        let rows = format!(
            "TimeCreated,Id,ProviderName,Message\n2026-11-22 10:00:00,655,Directory Synchronization,\"{CODE_90}\"\n"
        );
        remedied(&format!("sep={mark}\n{}", rows.replace(',', &mark.to_string())));
    }
}

#[test]
fn code_90_in_words_that_are_not_microsofts_keeps_the_remedy_away() {
    let xml = |text: &str| {
        format!(
            "<Event><System><Provider Name='Directory Synchronization'/><EventID>655</EventID><TimeCreated \
             SystemTime='2026-11-22T10:00:00Z'/></System><EventData><Data>{text}</Data></EventData></Event>"
        )
    };
    for text in [
        "Failed credential provisioning ping. Error: Ping ok. Previous Error Code: 90 has been cleared.",
        "Failed credential provisioning ping. Error: An error occurred. Error Code: 53. Inner: Error Code: 90.",
        "Failed credential provisioning ping. Error: DRS error code: 90.",
        "Error Code: 90 (as a colleague said)",
        "Error Code: 90. It was mended at noon.",
    ] {
        assert_eq!(judged(&xml(text)).remedy, None, "{text}");
    }
    for text in [
        CODE_90,
        "An error occurred. Error Code:90. Error Description:Password Synchronization has not been activated for this company",
        "Unerwarteter Fehler des Servers bei einer Kennwortmeldung: \"An error occurred. Error Code: 90. Error Descr",
        "Error Code: 90 - Password Synchronization has not been activated for this company",
        "Failed credential provisioning ping. Error Code: 90.&lt;br&gt;Error Description: Password Synchronization has not been activated",
    ] {
        remedied(&xml(text));
    }
    doubted(&xml("Error Code: 90. It was mended at noon."), "code-90-wording");
}

/// An event as Event Viewer copies it.
fn copied(text: &str) -> String {
    format!(
        "Log Name:      Application\nSource:        Directory Synchronization\nDate:          11/22/2026 10:00:00 AM\nEvent ID:      \
         655\nLevel:         Error\nDescription:\n{text}\n"
    )
}

#[test]
fn what_people_say_around_an_event_must_greet_ask_or_complain() {
    let event = copied(CODE_90);
    for said in [
        "Any idea?",
        "since this morning nobody can sign in with the new password",
        "Benutzer können sich nicht anmelden. Auszug aus dem Protokoll:",
        "Thanks, Helen",
        "Voici l'erreur du serveur :",
    ] {
        remedied(&format!("{said}\n\n{event}"));
        remedied(&format!("{event}\n{said}\n"));
    }
    for said in [
        "I did restart the service already.",
        "The problem has gone, passwords arrive.",
        "This is from last month, when the flag got lost; today 654 everywhere.",
        "From a blog post I found:",
        "Bonjour, le problème n'existe plus depuis ce matin, voici l'événement :",
        "Thanks Bob, I ran the wizard and ticked password hash synchronization.",
        "22.11. 10:30 wieder ok, 654 kam",
        "passwords arrive since noon",
        "no errors since noon",
        "Can we close this? Users report everything fine.",
        "Bitte um Prüfung, Haken im Assistenten wurde gesetzt.",
        "Voici, c'est réglé depuis hier.",
        "Jeder kann sich seit heute anmelden",
    ] {
        doubted(&format!("{said}\n\n{event}"), "talk-not-understood");
        doubted(&format!("{event}\n{said}\n"), "talk-not-understood");
    }
}

#[test]
fn a_command_that_does_more_than_read_keeps_the_remedy_away_wherever_it_stands() {
    let other = "Log Name: Application\nSource: Directory Synchronization\nDate: 2026-11-22T11:00:00Z\nEvent ID: 904\nDescription:\nA cycle ended.\n";
    let both = format!("{}\n{other}", copied(CODE_90));
    remedied(&both);
    for command in [
        "PS C:\\> Set-ADSyncAADPasswordSyncState -ConnectorName $c -Enable $true",
        "[SYNC01]: PS C:\\Users\\max> Stop-Service ADSync",
        "C:\\Windows\\system32>net stop ADSync",
    ] {
        doubted(&format!("{both}{command}\n"), "talk-not-understood");
        doubted(&format!("{command}\n\n{both}"), "talk-not-understood");
    }
    remedied(&format!("C:\\>wevtutil qe Application /f:text\n\n{both}"));
}

#[test]
fn what_adsync_and_get_eventlog_write_behind_a_message_is_part_of_it() {
    let body = "An error occurred. Error Code: 90. Error Description: Password Synchronization has not been activated for this company.";
    let event = |message: &str, more: &str| {
        format!(
            "Index              : 95760\nInstanceId         : 6900\nMessage            : {message}\n{more}Source             : \
             ADSync\nTimeGenerated      : 21/11/2026 17:41:11\n"
        )
    };
    remedied(&event(
        &format!("\"{body}\n                     \"\n                     Azure AD Sync 2.6.92.0"),
        "",
    ));
    let strings = "ReplacementStrings : {\"An error occurred. Error Code: 90. Error Description: Password Synchronization has not...}\n";
    remedied(&event(&format!("\"{body}\""), strings));
    // A window breaks lines behind a hyphen, too.
    let wrapped = format!(
        "{body} Tracking ID: 8526fab4-3979-4ade-\n                     86d4-7308a12f099c <forest-info> <partition-name>A.B</partition-name> \
         <connector-\n                     id>e710c39b-2995-4c90-b951-21916e6ee4fd</connector-id> </forest-info>"
    );
    remedied(&event(&wrapped, ""));
    let cut_elsewhere = strings.replace("has not...", "is off...");
    doubted(&event(&format!("\"{body}\""), &cut_elsewhere), "events-skipped");
}

#[test]
fn a_transcript_that_only_reads_leaves_an_event_as_it_is_and_one_that_changes_does_not() {
    let list = format!(
        "TimeCreated  : 11/22/2026 10:00:00 AM\nProviderName : Directory Synchronization\nId           : 655\nMessage      : {CODE_90}\n\n\n"
    );
    remedied(&format!(
        "{list}PS C:\\> Get-ADSyncConnector | select Name | ft\nPS C:\\> Get-ADSyncScheduler\nPS C:\\> Stop-Transcript\n"
    ));
    remedied(&format!(
        "PS C:\\> Get-WinEvent -LogName Application | fl TimeCreated,ProviderName,Id,Message\n\n{list}"
    ));
    for behind in [
        "PS C:\\> Set-ADSyncAADPasswordSyncState -ConnectorName $c -Enable $true\n",
        "PS C:\\> Get-ADSyncScheduler; Set-ADSyncX -Enable $true\n",
        "PS C:\\> Get-ADSyncConnector | % { Disable-ADSyncX }\n",
        "PS C:\\> & 'C:\\Program Files\\Microsoft Azure Active Directory Connect\\AzureADConnect.exe'\n",
        "PS C:\\> Get-ADSyncAADCompanyFeature\n\nPasswordHashSync                    : True\n",
    ] {
        doubted(&format!("{list}{behind}"), "talk-not-understood");
    }
}

#[test]
fn what_stands_above_an_event_in_the_form_of_labels_may_say_that_it_is_over() {
    let event = copied(CODE_90);
    remedied(&format!("Ticket: 90211\nPriority: 2\n{event}"));
    doubted(&format!("Ticket: 90211\nStatus: Resolved\n{event}"), "talk-not-understood");
    doubted(
        &format!("PS C:\\> Get-ADSyncScheduler; Set-ADSyncX -Enable $true\n{event}"),
        "talk-not-understood",
    );
}

#[test]
fn event_xml_in_a_text_that_is_cut_wrapped_or_has_something_before_it_is_read_or_doubted() {
    let xml = |id: u32, time: &str, text: &str| {
        format!(
            "<Event><System><Provider Name='Directory Synchronization'/><EventID>{id}</EventID><TimeCreated \
             SystemTime='2026-11-22T{time}:00Z'/></System><EventData><Data>{text}</Data></EventData></Event>"
        )
    };
    let (code_90, alive) = (xml(655, "10:00", CODE_90), xml(654, "10:30", ALIVE));
    remedied(&format!("Here it is:\n{code_90}\n"));
    for other in [
        format!("and later: {alive}"),
        alive.replace("<Event>", "<Event\n  >"),
        alive.replace("<Event>", "<e:Event xmlns:e='a'>").replace("</Event>", "</e:Event>"),
    ] {
        assert_eq!(
            judged(&format!("Here it is:\n{code_90}\n{other}\n")).cause.as_str(),
            "recovered",
            "{other}"
        );
    }
    let cut = &alive[..alive.len() - 40];
    doubted(&format!("Here it is:\n{code_90}\n{cut}\n"), "events-skipped");
}

#[test]
fn a_row_that_is_not_understood_is_no_part_of_the_row_above() {
    let typed = "2026-11-22 10:00 Directory Synchronization 655 Error Code: 90\n";
    remedied(typed);
    doubted(&format!("{typed}2026-11-22 10:30 DirSync 654 ping end ok\n"), "events-skipped");
    let table = format!(
        "   ProviderName: Directory Synchronization\n\nTimeCreated                     Id LevelDisplayName Message\n\
         -----------                     -- ---------------- -------\n11/22/2026 10:00:00 AM         655 Error            {CODE_90}\n"
    );
    remedied(&table);
    doubted(
        &format!("{table}11/22/2026 10:30:00 A...       660 Information      Self-healing\n"),
        "events-skipped",
    );
}

#[test]
fn a_table_of_chosen_columns_is_read_with_its_wrapped_lines() {
    let head = "TimeCreated              Id ProviderName              Message\n-----------              -- ------------              -------\n";
    let row = |time: &str, id: u32, text: &str| {
        format!("11/22/2026 {time}:00 AM {id:>4} Directory Synchronization {text}\n")
    };
    let (first, rest) = CODE_90.split_at(40);
    let wrapped = format!("{}{}{rest}\n", row("10:00", 655, first), " ".repeat(54));
    remedied(&format!("{head}{wrapped}"));
    assert_eq!(judged(&format!("{head}{}{wrapped}", row("10:30", 654, ALIVE))).cause.as_str(), "recovered");
    doubted(
        &format!("{head}{wrapped}11/22/2026 10:... 660 Directory Synchronization Self-healing\n"),
        "events-skipped",
    );
}

#[test]
fn events_as_splunk_and_forwarders_write_them_out_are_read() {
    let splunk = |time: &str, id: u32, text: &str| {
        format!(
            "11/22/2026 {time}:00 AM\nLogName=Application\nEventCode={id}\nEventType=2\nComputerName=SYNC01\nSourceName=Directory \
             Synchronization\nMessage={text}\n\n"
        )
    };
    let snare = |time: &str, id: u32, text: &str| {
        format!(
            "<13>Nov 22 {time}:00 SYNC01 MSWinEventLog\t1\tApplication\t1\tSun Nov 22 {time}:00 2026\t{id}\tDirectory \
             Synchronization\tN/A\tN/A\tError\tSYNC01\tNone\t\t{text}\t4\n"
        )
    };
    for form in [&splunk as &dyn Fn(&str, u32, &str) -> String, &snare] {
        let code_90 = form("10:00", 655, CODE_90);
        remedied(&code_90);
        let earlier = form("09:30", 654, ALIVE);
        remedied(&format!("{code_90}{earlier}"));
        let later = form("10:30", 654, ALIVE);
        assert_eq!(judged(&format!("{code_90}{later}")).cause.as_str(), "recovered", "{later}");
    }
}

#[test]
fn what_a_list_names_beside_the_message_is_no_part_of_it_even_where_it_goes_on() {
    let (first, rest) = CODE_90.split_at(60);
    let value = format!(
        "{first}\n                     {rest} --->\n                     System.ServiceModel.FaultException"
    );
    remedied(&format!(
        "Index              : 3230\nInstanceId         : 655\nMessage            : {first}\n                     {rest}\nCategory           \
         : (0)\nReplacementStrings : {{{value}}}\nSource             : Directory Synchronization\nTimeGenerated      : 10/18/2026 5:30:00 AM\n"
    ));
}

#[test]
fn what_xml_says_in_places_that_windows_does_not_write_keeps_the_remedy_away() {
    let xml = |before: &str, root: &str, id: &str, more: &str| {
        format!(
            "{before}<Events{root}><Event xmlns='http://schemas.microsoft.com/win/2004/08/events/event'><System><Provider Name='Directory \
             Synchronization'/><EventID{id}>655</EventID><TimeCreated SystemTime='2026-11-22T10:00:00Z'/></System>{more}<EventData>\
             <Data>{CODE_90}</Data></EventData></Event></Events>"
        )
    };
    remedied(&xml("", "", " Qualifiers='0'", ""));
    remedied(&xml("<!-- exported on Monday -->", "", "", "").replace("exported on ", ""));
    for file in [
        xml("<!-- Max ran the cmdlet at 10:15, passwords arrive -->", "", "", ""),
        xml("<?note switched on?>", "", "", ""),
        xml("", " note='staging server SYNC02'", "", ""),
        xml("", "", " note='resolved'", ""),
        xml("", "", "", "<Note>closed</Note>"),
        // Text before an element or behind one, and data that our events do not have.
        xml("", "", "", "").replace("<System>", "closed<System>"),
        xml("", "", "", "").replace("<Data>", "closed<Data>"),
        xml("", "", "", "").replace("</Data>", "</Data>closed"),
        xml("", "", "", "").replace("<Data>", "<Note>closed</Note><Data>"),
    ] {
        doubted(&file, "talk-not-understood");
    }
}

#[test]
fn a_searchs_own_id_of_a_hit_is_no_id_of_an_event() {
    let hit = |id: u32, at: &str, text: &str| {
        format!(
            r#"{{"_index":"winlogbeat","_id":"x{id}","_source":{{"@timestamp":"{at}","winlog":{{"event_id":"{id}",
            "provider_name":"Directory Synchronization"}},"message":"{text}"}}}}"#
        )
    };
    let hits = |hits: &str| format!(r#"{{"took":3,"hits":{{"hits":[{hits}]}}}}"#);
    let code_90 = hit(655, "2026-11-22T10:00:00Z", CODE_90);
    remedied(&hits(&code_90));
    let answer = judged(&hits(&format!(
        "{code_90},{}",
        hit(654, "2026-11-22T10:30:00Z", "Provision credentials ping end.")
    )));
    assert_eq!(answer.remedy, None);
}

#[test]
fn more_than_is_looked_at_beside_events_keeps_the_remedy_away() {
    let tickets = |count: usize| (0..count).map(|number| format!("INC{number:07}\n")).collect::<String>();
    remedied(&format!("{}\n{}", copied(CODE_90), tickets(10)));
    assert_eq!(judged(&format!("{}\n{}", copied(CODE_90), tickets(30_000))).remedy, None);
}
