//! What belongs to a message and what people wrote around it: told by the whole way of a file.

use crate::diagnosis::Knowledge;
use crate::offline::answer::answer;
use crate::offline::log::Log;
use crate::offline::test_kit::{doubted, judged, remedied};

const CODE_90: &str = "Failed credential provisioning ping. Error: An error occurred. Error Code: 90. Error Description: \
    Password Synchronization has not been activated for this company.";

fn copied(provider: &str, id: u32, time: &str, text: &str) -> String {
    format!(
        "Log Name: Application\nSource: {provider}\nDate: 2026-11-22T{time}:00Z\nEvent ID: {id}\nLevel: Error\nDescription:\n{text}\n\n"
    )
}

fn code_90(text: &str) -> String {
    copied("Directory Synchronization", 655, "10:00", text)
}

/// An entry of `Format-List`, whose further lines are padded.
fn entry(provider: &str, id: u32, time: &str, lines: &[&str]) -> String {
    let text = lines.join("\n                   ");
    let level = if id == 655 { "Error" } else { "Information" };
    format!(
        "TimeCreated      : 2026-11-22T{time}:00Z\nId               : {id}\nLevelDisplayName : {level}\nProviderName     : {provider}\n\
         Message          : {text}\n\n"
    )
}

#[test]
fn the_further_lines_of_a_message_in_a_list_are_the_messages() {
    let noise = entry(
        "MSSQL$MICROSOFT##ADSYNC",
        17890,
        "10:20",
        &[
            "A significant part of sql server process memory has been paged out.",
            "",
            "Duration: 0 seconds. Working set (KB): 57866.",
        ],
    );
    let retried = entry(
        "Directory Synchronization",
        605,
        "10:10",
        &[
            "The following password changes failed to synchronize and have been scheduled for retry.",
            "DN = CN=Ann,OU=Users,DC=contoso,DC=com",
        ],
    );
    let list = entry("Directory Synchronization", 655, "10:00", &[CODE_90]) + &retried + &noise;
    remedied(&[&list]);
    doubted(&[&format!("{list}Fixed at 10:30, password sync is on again.\n")], "talk-not-understood");
}

#[test]
fn what_people_write_below_one_of_our_events_is_talk() {
    let alive =
        copied("Directory Synchronization", 663, "10:05", "Password Hash Synchronization Manager is alive.");
    remedied(&[&(alive.clone() + &code_90(CODE_90))]);
    let said = "Max ticked the box in the wizard.\n\n";
    doubted(&[&(alive + said + &code_90(CODE_90))], "talk-not-understood");
}

#[test]
fn windows_word_that_it_has_no_text_leads_to_code_90_in_any_language_and_says_nothing_else() {
    for word in [
        "Die Beschreibung für Ereignis-ID 655 aus der Quelle Directory Synchronization kann nicht gefunden werden. Entweder ist die \
         Komponente nicht auf dem lokalen Computer installiert, oder die Installation ist beschädigt.\n\nDie folgenden Informationen \
         wurden mit dem Ereignis gespeichert:",
        "La description de l’ID d’événement 655 dans la source Directory Synchronization est introuvable.\n\nLes informations suivantes \
         étaient incluses avec l’événement :",
        "No se encuentra la descripción del id. de evento 655 en el origen Directory Synchronization. El componente no está instalado o \
         bien la instalación está dañada.\n\nSe incluyó la siguiente información con el evento:",
    ] {
        remedied(&[&code_90(&format!("{word}\n\n{CODE_90}"))]);
        let forged = word.replace("655", "655 (10:30 erledigt)");
        let answer = judged(&[&code_90(&format!("{forged}\n\n{CODE_90}"))]).expect("reads");
        assert_eq!(answer.remedy, None, "{forged}");
    }
}

#[test]
fn a_forest_that_a_console_broke_or_cut_belongs_to_code_90() {
    let forest = "<forest-info>\n<partition-name>CONTOSO.COM</partition-name>\n<connector-id>11111111-1111-4111-8111-111111111111</connec";
    for end in ["tor-id>\n</forest-info>", " tor-id>\n</forest-info>", "", "tor-id>\n</for"] {
        remedied(&[&code_90(&format!("{CODE_90}\n{forest}{end}"))]);
    }
    let forged = forest.replace("CONTOSO.COM", "fixed at 10:30");
    doubted(&[&code_90(&format!("{CODE_90}\n{forged}tor-id>\n</forest-info>"))], "talk-not-understood");
}

#[test]
fn words_behind_a_forest_are_no_part_of_it() {
    const FOREST: &str = "<forest-info> <partition-name>CORP.EXAMPLE</partition-name> <connector-id>11111111-1111-4111-8111-\
        111111111111</connector-id> </forest-info>";
    for cut in [
        FOREST.len(),
        FOREST.len() - 1,
        FOREST.find("</conn").expect("one"),
        FOREST.find("</part").expect("one"),
    ] {
        let text = format!("{CODE_90} {}", &FOREST[..cut]);
        remedied(&[&code_90(&text)]);
        let answer = judged(&[&code_90(&format!("{text}\nWe switched it on yesterday."))]).expect("reads");
        assert_eq!(answer.remedy, None, "{text}");
    }
}

#[test]
fn what_stands_among_the_labels_of_an_event_or_above_its_message_is_talk() {
    let ping = copied("Directory Synchronization", 654, "09:00", "Provision credentials ping end.");
    let numbered = |file: &str| file.replace("Log Name", "Event[0]:\n  Log Name");
    for (file, line) in [
        (ping.clone(), "Description"),
        (numbered(&ping), "Level"),
        (numbered(&ping), "Provision"),
        (entry("Directory Synchronization", 654, "09:00", &["ping end"]), "ProviderName"),
        (
            "TimeCreated: 2026-11-22T09:00:00Z\nId: 654\nProviderName: ADSync\nMessage: ping end\n\n".into(),
            "ProviderName",
        ),
        (copied("Entra Connect Admin Actions", 2506, "09:00", "{\"ActionType\": \"Disable\"}"), "{\"Action"),
    ] {
        let told = file.replacen(line, &format!("Max ticked the box yesterday\n{line}"), 1);
        let answer = judged(&[&(told + &code_90(CODE_90))]).expect("reads");
        assert_eq!(answer.remedy, None, "{line} in {file}");
    }
}

#[test]
fn a_head_as_long_as_a_record_is_read_once() {
    // Were what stands before the labels judged with each line, this would take hours.
    let lines = |line: &str, bytes: usize| line.repeat(bytes / line.len());
    for file in [
        format!(
            "{}Event ID: 655\nSource: ADSync\n\n{}",
            lines("Thanks\n", 300 << 10),
            lines("Foo: bar\n", 300 << 10)
        ),
        format!("{}plain\n{}", lines("a: b\n", 300 << 10), lines("Level:\n", 300 << 10)),
    ] {
        drop(judged(&[&file]));
    }
}

#[test]
fn talk_that_is_not_understood_is_quoted_and_not_where_names_are_masked() {
    let file = format!("Max ticked the box in the wizard.\n\n{}", code_90(CODE_90));
    let mut log = Log::new();
    crate::offline::read("a file", std::io::Cursor::new(file.as_bytes()), &mut log).expect("reads");
    let reading = log.finish(None, "2026-11-25T00:00:00Z".parse().expect("a time"));
    let reason = |reading| {
        let answer = answer(&reading, false, &Knowledge::embedded()).expect("an answer");
        let why = answer.why_not.into_iter().find(|why| why.code == "talk-not-understood");
        why.expect("is withheld").text.to_string()
    };
    assert!(reason(reading.clone()).contains("“Max ticked the box in the wizard”"));
    assert!(!reason(reading.masked(str::to_owned)).contains("Max"));
}

#[test]
fn a_reason_names_the_event_that_raised_it_and_a_restart_raises_none() {
    let of_manager = |id, time, text: &str| copied("Directory Synchronization", id, time, text);
    let stop = of_manager(602, "10:10", "Password Hash Synchronization Manager is stopping.");
    let answer = judged(&[&(code_90(CODE_90) + &stop)]).expect("reads");
    let why = answer.why_not.iter().find(|why| why.code == "stopped-since").expect("is withheld");
    assert!(why.text.to_string().contains("(event 602, 2026-11-22T10:10:00Z)"), "{}", why.text);
    let start = of_manager(601, "10:11", "Password Hash Synchronization Manager is starting.");
    remedied(&[&(code_90(CODE_90) + &stop + &start)]);
}

#[test]
fn a_list_that_a_narrow_console_broke_anywhere_is_read_with_what_the_program_handed_over() {
    let text = format!(
        "{CODE_90} Tracking ID: dacf8568-4a7c-426f-8237-41f1c1fed25f Server Name: AM4GR2BBA011. ---> \
         System.ServiceModel.FaultException`1[Microsoft.Online.Coexistence.Schema.AdminWebServiceFault]: \
         Password Synchronization has not been activated for this company. (Fault Detail is equal to \
         Microsoft.Online.Coexistence.Schema.AdminWebServiceFault)."
    );
    for room in [30, 37, 59, 99] {
        let broken = |text: &str| {
            let letters: Vec<char> = text.chars().collect();
            let lines: Vec<String> = letters.chunks(room).map(|line| line.iter().collect()).collect();
            lines.join("\n                     ")
        };
        let listed = |said: &str| {
            format!(
                "Index              : 9576\nEntryType          : Error\nInstanceId         : 655\nMessage            : {}\n{said}\
                 ReplacementStrings : {}\nSource             : Directory Synchronization\nTimeGenerated      : 2026-11-22 10:00:00\n\n",
                broken(&text),
                broken(&format!("{{{text}}}")),
            )
        };
        remedied(&[&listed("")]);
        // What is not indented is no part of the value.
        doubted(&[&listed("old server, powered off\n")], "talk-not-understood");
    }
}

#[test]
fn below_an_event_of_another_program_in_a_list_only_what_is_indented_is_its_message() {
    let noise = |said: &str| {
        entry("Windows Update Agent", 1500, "10:05", &["The settings were processed."]) + said + "\n\n"
    };
    let error =
        entry("Directory Synchronization", 655, "10:00", &[CODE_90, "<forest-info>", "</forest-info>"]);
    remedied(&[&(error.clone() + &noise(""))]);
    doubted(
        &[&(error
            + noise("from here on passwords arrive").trim_start().replace("\n\nfrom", "\nfrom").as_str())],
        "talk-not-understood",
    );
}

#[test]
fn what_another_program_quotes_is_heard_with_what_it_says_of_it() {
    let other = copied(
        "PRTG Remote Probe",
        100,
        "10:07",
        "Check: WARNING - found event 654: Provision credentials ping end.",
    );
    doubted(&[&(code_90(CODE_90) + &other)], "events-skipped");
    let closed = copied("SCOM", 100, "10:07", &format!("Alert closed. Description: {CODE_90}"));
    doubted(&[&(code_90(CODE_90) + &closed)], "talk-not-understood");
}

#[test]
fn a_message_that_looks_like_a_label_stays_the_message_of_its_event() {
    let general = |id: u32, time: &str, text: &str| {
        format!(
            "{text}\n\nLog Name:\tApplication\nSource:\tDirectory Synchronization\tLogged:\t22.11.2026 {time}:00\nEvent ID:\t{id}\t\
             Task Category:\tManagement Agent Run Profile\nLevel:\tInformation\tKeywords:\tClassic\n\n\n"
        )
    };
    let file = general(904, "09:00", "Starting: Export")
        + &general(653, "09:30", "Provision credentials ping start.")
        + &general(655, "09:31", CODE_90);
    remedied(&[&file]);
}

#[test]
fn what_stands_above_and_below_a_sentence_of_ours_and_behind_the_clouds_server_is_talk() {
    let ours = |id, text: &str| copied("Directory Synchronization", id, "09:00", text) + &code_90(CODE_90);
    let busy = "Failed credential provisioning batch. Error: An error occurred. Error Code: 81. Error Description: Windows \
        Azure Active Directory is currently busy. Tracking ID: 8526fab4-3979-4ade-86d4-7308a12f099c Server Name: AM4GR2BBA011.";
    remedied(&[&ours(652, busy)]);
    doubted(&[&ours(652, &format!("{busy} It works again since Monday."))], "talk-not-understood");
    let ping = "We see this error in the log:\nProvision credentials ping start.\n \nSolved on Monday, passwords arrive again.";
    doubted(&[&ours(653, ping)], "talk-not-understood");
    let audit = "{\"Name\":\"x\"}\n \nIt works again since Monday, see {INC-1}";
    doubted(
        &[&copied("Entra Connect Admin Actions", 2505, "09:00", audit), &code_90(CODE_90)],
        "talk-not-understood",
    );
}

#[test]
fn another_programs_error_with_this_number_says_nothing_of_ours() {
    let tape = "Job failed. Error Code: 90. Error Description: Tape library not ready.";
    remedied(&[&(code_90(CODE_90) + &copied("Contoso Backup Agent", 90, "11:00", tape))]);
    let quoted =
        "Error Code: 90. Password Synchronization has not been activated for this company: done since.";
    doubted(&[&(code_90(CODE_90) + &copied("Contoso Monitor", 90, "11:00", quoted))], "events-skipped");
}

#[test]
fn windows_word_that_it_has_no_text_for_an_event_of_the_daily_work_is_no_talk() {
    let lead = |id: u32| {
        format!(
            "The description for Event ID {id} from source Directory Synchronization cannot be found. Either the component that \
             raises this event is not installed on your local computer or the installation is corrupted.\n\nThe following \
             information was included with the event: \n\n"
        )
    };
    let tail = "\n\nThe message resource is present but the message was not found in the message table";
    let daily = |id, said: &str| {
        copied("Directory Synchronization", id, "10:10", &format!("{}{said}{tail}", lead(id)))
    };
    remedied(&[
        &(daily(663, "Password Hash Synchronization Manager is alive and running.") + &code_90(CODE_90))
    ]);
    remedied(&[&(daily(904, "Finished: Delta Import on contoso.com") + &code_90(CODE_90))]);
    let alive = judged(&[&(daily(654, "Provision credentials ping end.") + &code_90(CODE_90))]);
    assert_eq!(alive.expect("an answer").cause, crate::diagnosis::Cause::Recovered);
}

#[test]
fn an_errors_own_wording_never_says_that_it_is_over() {
    let recovery = "Password hash synchronization failed for domain: contoso.com. Details: \nMicrosoft.Online.PasswordSynchronization.\
                    SynchronizationManagerException: Recovery task failed. ---> Microsoft.Online.PasswordSynchronization.DrsException: \
                    RPC Error 8453 : Replication access was denied.";
    let (older, alive) = (
        copied("Directory Synchronization", 611, "08:00", recovery),
        copied("Directory Synchronization", 654, "09:00", "Provision credentials ping end."),
    );
    let disk = "Job finished with a warning.\nJob details: the repository is running low on free disk space.";
    remedied(&[&(older + &alive + &copied("Veeam Agent", 191, "09:30", disk) + &code_90(CODE_90))]);
    let said = "Job finished with a warning.\nJob details: password sync is running again.";
    doubted(&[&(code_90(CODE_90) + &copied("Veeam Agent", 191, "10:30", said))], "talk-not-understood");
}
