//! Logs from files: `/signin file:`, and the command on a message with a log.

use serde_json::json;
use syncmedic::demo::discord::Shown;
use syncmedic::demo::discord::people::{DANA, HELPDESK, RANDOM, SAM};
use syncmedic::demo::simulator::scenario::Scenario;

use crate::story::{Setup, Story, tell};

const CODE_90: &[u8] = include_bytes!("../corpus/events/phs-not-activated.plain.xml");
const CODE_90_EVTX: &[u8] = include_bytes!("../corpus/events/phs-not-activated.ping.evtx");
const UNREACHABLE: &[u8] = include_bytes!("../corpus/events/ad-unreachable.1722.evtx");

impl Story {
    /// Dana attaches a file in #helpdesk; `more` are further options.
    async fn show(&self, name: &str, bytes: &[u8], more: serde_json::Value) -> Shown {
        let file = self.discord.upload(DANA, name, bytes).expect("Discord takes the file");
        let mut options = more;
        options["file"] = json!(file);
        let asked = self.discord.slash(DANA, HELPDESK, "signin", options).expect("can ask");
        self.answer(asked).await
    }
}

fn says(shown: &Shown, words: &[&str]) {
    let text = shown.text();
    for word in words {
        assert!(text.contains(word), "{word:?} is missing in:\n{text}");
    }
}

#[test]
fn a_file_that_proves_code_90_names_the_remedy_and_opens_no_button() {
    // The live servers are well, and would be even if they were not asked: the answer is about the file.
    tell(Setup::new().scenario(Scenario::Healthy), async |s| {
        for (name, bytes) in [("events.xml", CODE_90), ("Application.evtx", CODE_90_EVTX)] {
            let answer = s.show(name, bytes, json!({})).await;
            let words = [
                "switched off in the tenant",
                "enable-password-sync",
                "Error Code 90",
                "offline",
                "Probable",
                name,
            ];
            says(&answer, &words);
            assert_eq!(answer.buttons().len(), 0, "{}", answer.text());
            assert!(answer.visible_to.is_none(), "answers are public in #helpdesk");
        }
        let other = s.show("dc.evtx", UNREACHABLE, json!({})).await;
        says(&other, &["A domain controller can't be reached", "611"]);
        assert!(!other.text().contains("enable-password-sync"), "{}", other.text());
    });
}

#[test]
fn a_live_fault_gives_a_files_answer_no_button_either() {
    tell(Setup::new(), async |s| {
        let answer = s.show("events.xml", CODE_90, json!({})).await;
        says(&answer, &["enable-password-sync", "/signin"]);
        assert_eq!(answer.buttons().len(), 0, "{}", answer.text());
        s.skim();
    });
}

#[test]
fn words_and_a_server_beside_a_file_are_heard() {
    tell(Setup::new().scenario(Scenario::Healthy), async |s| {
        let options =
            json!({ "problem": "one user gets AADSTS50076 after the password", "server": "sync01" });
        let answer = s.show("events.xml", CODE_90, options).await;
        says(&answer, &["SYNC01", "as you say", "A second factor", "AADSTS50076"]);

        let unknown = s.show("events.xml", CODE_90, json!({ "server": "NOWHERE" })).await;
        says(&unknown, &["no-such-server", "SYNC01"]);
    });
}

#[test]
fn a_file_that_is_no_log_is_refused_with_what_is_wrong_and_where() {
    tell(Setup::new().scenario(Scenario::Healthy), async |s| {
        let cut = &CODE_90[..CODE_90.len() - 20];
        let noise: Vec<u8> = (0..4096_u32).map(|n| (n.wrapping_mul(2_654_435_761) >> 24) as u8).collect();
        let cases: [(&[u8], &str); 4] =
            [(b"", "empty"), (cut, "byte"), (&noise, "the beginning"), (b"lunch is at noon", "no event")];
        for (bytes, words) in cases {
            let answer = s.show("events.xml", bytes, json!({})).await;
            says(&answer, &["can't be read as an event log", "file-unreadable", "events.xml", words]);
        }
    });
}

#[test]
fn a_file_that_is_too_large_is_kindly_refused_before_it_is_fetched() {
    tell(Setup::new().scenario(Scenario::Healthy), async |s| {
        let large = vec![b' '; (8 << 20) + 1];
        let answer = s.show("whole.evtx", &large, json!({})).await;
        says(&answer, &["too large", "8 MiB", "wevtutil", "file-too-large"]);
        assert!(answer.visible_to.is_some());
        let most = &large[..8 << 20];
        says(&s.show("whole.evtx", most, json!({})).await, &["empty"]);
    });
}

#[test]
fn who_attaches_nothing_and_says_nothing_is_asked_kindly() {
    tell(Setup::new().scenario(Scenario::Healthy), async |s| {
        for options in [json!({}), json!({ "server": "SYNC01" }), json!({ "problem": "  " })] {
            let asked = s.discord.slash(DANA, HELPDESK, "signin", options).expect("can ask");
            says(&s.answer(asked).await, &["What shall I look at?", "`problem`", "`file`"]);
        }
    });
}

/// A log whose every part names people: they must not reach Discord.
fn hostile() -> String {
    let event = |id: u32, provider: &str, record: u32, text: &str| {
        format!(
            "<Event xmlns='http://schemas.microsoft.com/win/2004/08/events/event'><System><Provider Name='{provider}'/>\
             <EventID>{id}</EventID><TimeCreated SystemTime='2026-11-22T01:0{record}:00.0Z'/><EventRecordID>{record}\
             </EventRecordID><Computer>SYNC09.corp.contoso.example</Computer></System><EventData><Data>{text}</Data>\
             </EventData></Event>\n"
        )
    };
    let code_90 = "Failed credential provisioning ping. Error Code: 90. Dn: CN=Jane Doe,OU=Staff,DC=contoso,DC=example \
                   @everyone [x](https://evil.example) jane.doe@contoso.example 10.1.2.3";
    let audit = r#"{"ActionType":"Disable","Status":"Success","User":"CONTOSO\\jane-adm"}"#;
    let foreign = "Error Code: 90. Password Synchronization has not been activated for this company";
    [
        event(2506, "Entra Connect Admin Actions", 1, audit),
        event(655, "Directory Synchronization", 2, code_90),
        event(6900, "CONTOSO\\jane-adm", 3, foreign),
        event(6900, "jane.doe@contoso.example", 4, foreign),
    ]
    .concat()
}

#[test]
fn no_name_or_address_of_a_file_reaches_discord_and_no_text_of_it_pings() {
    tell(Setup::new().scenario(Scenario::Healthy), async |s| {
        let answer = s.show("events.xml", hostile().as_bytes(), json!({})).await;
        says(
            &answer,
            &["switched off in the tenant", "SYNC09", "not counted", "was switched off:", "<account"],
        );
        assert!(answer.pings.is_empty());
        // What a parser complains of is masked as well.
        let broken = hostile().replace("</Data></EventData></Event>", "</jane.doe@contoso.example>");
        says(&s.show("events.xml", broken.as_bytes(), json!({})).await, &["file-unreadable"]);
        let sent: String = s.discord.requests().iter().map(|request| request.body.to_string()).collect();
        for name in ["Jane", "jane", "contoso.example", "10.1.2.3", "evil.example", "@everyone"] {
            assert!(!sent.contains(name), "{name:?} reached Discord");
        }
    });
}

#[test]
fn elsewhere_a_files_answer_is_private_and_names_no_server() {
    tell(Setup::new().scenario(Scenario::Healthy), async |s| {
        let file =
            s.discord.upload(SAM, "SYNC09-events.xml", hostile().as_bytes()).expect("Discord takes the file");
        let asked = s.discord.slash(SAM, RANDOM, "signin", json!({ "file": file })).expect("can ask");
        let answer = s.answer(asked).await;
        says(&answer, &["switched off in the tenant", "only in"]);
        assert!(answer.visible_to.is_some());
        for secret in ["SYNC09", "contoso.example", "not counted"] {
            assert!(!answer.text().contains(secret), "{secret:?} stands in:\n{}", answer.text());
        }
    });
}

#[test]
fn the_message_command_reads_a_log_that_is_attached_to_the_message() {
    tell(Setup::new().scenario(Scenario::Healthy), async |s| {
        let with_log = s.discord.say_with_file(SAM, HELPDESK, "it fails since nine", "sync.xml", CODE_90);
        let asked = s.discord.context(DANA, with_log.expect("can write"), "Diagnose sign-in");
        let answer = s.answer(asked.expect("the command is there")).await;
        says(&answer, &["enable-password-sync", "sync.xml"]);
        assert_eq!(answer.buttons().len(), 0);

        let with_picture =
            s.discord.say_with_file(SAM, HELPDESK, "users can't sign in", "screen.png", b"\x89PNG");
        let asked = s.discord.context(DANA, with_picture.expect("can write"), "Diagnose sign-in");
        says(&s.answer(asked.expect("the command is there")).await, &["works"]);
    });
}

#[test]
fn who_speaks_german_is_answered_about_a_file_in_german() {
    tell(Setup::new().scenario(Scenario::Healthy), async |s| {
        s.discord.set_locale(DANA, "de");
        let words = json!({ "problem": "AADSTS50076 nach dem Kennwort", "server": "sync01" });
        let answer = s.show("events.xml", CODE_90, words).await;
        let german = [
            "Die Kennworthash-Synchronisierung ist im Mandanten ausgeschaltet",
            "wie Sie sagen",
            "Woher wir das wissen",
            "`enable-password-sync` würde es beheben",
            "Was zu tun ist",
            "Wer das kann",
            "Ihre Worte",
            "AADSTS50076",
            "Warum es keine Schaltfläche gibt",
            "Die Datei",
            "gelesene Ereignisse: 2",
            "Diagnose von Syncmedic aus einer Datei",
        ];
        says(&answer, &german);
        for english in ["What to do", "Who can", "How we know", "Remedy", "The file", "Ruled out", "would"] {
            assert!(!answer.text().contains(english), "{english:?} stands in:\n{}", answer.text());
        }
        assert_eq!(answer.buttons().len(), 0, "{}", answer.text());

        let refused = s.show("events.xml", b"", json!({})).await;
        let empty = "events.xml, am Anfang: die Datei ist leer.";
        says(&refused, &["lässt sich nicht als Ereignisprotokoll lesen", empty, "Was gelesen werden kann"]);
        let cut = s.show("events.xml", &CODE_90[..CODE_90.len() - 20], json!({})).await;
        says(&cut, &["Ereignisse davor:", "es endet mitten in einem Ereignis: die Datei ist abgeschnitten"]);
        // Another's language is another's.
        let file = s.discord.upload(SAM, "events.xml", CODE_90).expect("Discord takes the file");
        let asked = s.discord.slash(SAM, HELPDESK, "signin", json!({ "file": file })).expect("can ask");
        says(&s.answer(asked).await, &["switched off in the tenant", "What to do"]);
    });
}
