//! The answers in German: every card as a text, and nothing of it left in English.

use std::collections::BTreeSet;
use std::io::Cursor;

use super::tests::{REAL, check, check_modal, render};
use super::*;
use crate::answer::meet;
use crate::diagnosis::{Diagnosis, Observation, Silence, diagnose};
use crate::discord::message::Post;
use crate::ids::Snowflake;
use crate::offline::{self, log::Log};
use crate::question::read;
use crate::report::Report;

const GERMAN: Frame = Frame { discord: true, language: Language::German };

/// A server's report: the flag, how users sign in, and a forest's newest events.
fn report(agent: &str, flag: bool, method: &str, events: &str, staging: bool) -> Report {
    let json = format!(
        r#"{{"v":1,"agent":"{agent}","generation":1,"agent_version":"0.1.0","server":"{agent}",
        "clock":"2026-11-22T02:00:00Z","events_at":"2026-11-22T02:00:00Z","events":[{events}],
        "appliance":{{"kind":"connect","build":"2.6.3.0","services":[{{"name":"ADSync","state":"running"}}]}},
        "gaps":[{{"what":"GAP","why":"WHY"}}],
        "permits":{{"commands":["enable-password-sync"]}},
        "state":{{"read_at":"2026-11-22T01:59:30Z","cloud_flag":{flag},"staging":{staging},"cycle_running":false,
        "scheduler_suspended":false,"wizard_open":false,"sign_in_method":"{method}","connectors":[
        {{"id":"b891884f-0000-4000-8000-000000000009","name":"contoso.onmicrosoft.com - AAD","kind":"entra"}},
        {{"id":"6b1b1a3e-0000-4000-8000-000000000001","name":"corp.contoso.com","kind":"ad","channel":true,
        "last_success":"2026-11-22T00:20:00Z"}}]}}}}"#
    );
    Report::from_json(json.as_bytes()).unwrap_or_else(|error| panic!("{error}: {json}"))
}

const CODE_90: &str = r#"{"id":6900,"provider":"ADSync","record":5,"at":"2026-11-22T01:58:00Z",
    "text":"An error occurred. Error Code: 90. Error Description: Password Synchronization has not been activated for this company"},
    {"id":6900,"provider":"ADSync","record":3,"at":"2026-11-22T01:00:00Z","text":"Error Code: 90."},
    {"id":2506,"provider":"Entra Connect Admin Actions","record":4,"at":"2026-11-22T00:30:00Z",
    "text":"{\"ActionType\":\"Disable\"}"}"#;
const HEARTBEAT: &str = r#"{"id":654,"provider":"Directory Synchronization","record":6,"at":"2026-11-22T01:50:00Z",
    "connector":"6b1b1a3e-0000-4000-8000-000000000001","text":"Provision credentials ping end."}"#;

fn seen(report: Report) -> Observation {
    let received_at = Some("2026-11-22T02:00:00Z".parse().expect("a time"));
    Observation { agent: report.agent.clone(), report: Some(report), received_at, silence: None, skew: None }
}

fn tenant(lead: Report, silent: bool) -> (Vec<Observation>, Diagnosis) {
    let mut stage = seen(report("STAGE01", true, "PasswordHashSync", HEARTBEAT, true));
    stage.silence = silent.then(|| Silence { code: "timed-out".into(), why: "WHY".into() });
    let all = vec![seen(lead), stage];
    let diagnosis = diagnose(&all, "2026-11-22T02:00:00Z".parse().expect("a time"), &Knowledge::embedded());
    (all, diagnosis)
}

/// Every answer that somebody may get in a language of their own, by name.
fn answers(frame: Frame) -> Vec<(String, Post)> {
    let knowledge = Knowledge::embedded();
    let channels = [Snowflake(11), Snowflake(12)];
    let mut all: Vec<(String, Post)> = Vec::new();
    let mut add = |name: &str, post: Post| all.push((name.to_owned(), post));
    let broken = report("SYNC01", false, "PasswordHashSync", CODE_90, false);
    let well = report("SYNC01", true, "PasswordHashSync", HEARTBEAT, false);
    let through = report("SYNC01", false, "PassThroughAuthentication", CODE_90, false);
    for (state, lead) in [("broken", broken), ("well", well), ("pass-through", through)] {
        let (seen, diagnosis) = tenant(lead, state == "pass-through");
        let offer = diagnosis.servers[0].offer;
        let id = |there: bool| there.then(|| "a".repeat(32));
        let withheld = !diagnosis.servers[0].why_not.is_empty();
        let buttons = evidence::Buttons { request: id(offer), why_not: id(withheld) };
        let answer =
            evidence::Answer { diagnosis: &diagnosis, knowledge: &knowledge, focus: None, meeting: None };
        add(state, evidence::card(&answer, &buttons, frame));
        add(&format!("{state}-elsewhere"), evidence::redacted(&answer, &channels, frame));
        add(&format!("{state}-fix"), fix::card(&answer, &buttons, Snowflake(7), frame));
        add(&format!("{state}-fix-elsewhere"), fix::redacted(&answer, &channels, frame));
        add(&format!("{state}-why-not"), evidence::why_not(&diagnosis.servers[0], frame));
        add(&format!("{state}-status"), status::all(&diagnosis, &knowledge, frame));
        add(
            &format!("{state}-status-elsewhere"),
            status::all_redacted(&diagnosis, &knowledge, &channels[..1], frame),
        );
        assert_eq!(offer, state == "broken", "{:?}", diagnosis.servers[0].why_not);
        for (server, seen) in diagnosis.servers.iter().zip(&seen) {
            let name = format!("{state}-server-{}", server.server.to_lowercase());
            add(&name, status::server(seen, server, &knowledge, frame));
        }
        for (name, text) in [
            ("hash", "my old password still works but the new one doesn't"),
            ("factor", "AADSTS50076 for everybody"),
            ("locked", "my account is locked"),
            ("unclear", "users can't sign in"),
            ("federation", "AADSTS50107 adfs"),
        ] {
            let meeting = meet(&read(text), &diagnosis.servers[0]).expect("a problem");
            let answer = evidence::Answer { meeting: Some(&meeting), ..answer };
            add(&format!("{state}-{name}"), evidence::card(&answer, &buttons, frame));
            add(&format!("{state}-{name}-elsewhere"), evidence::redacted(&answer, &channels, frame));
        }
    }
    let may = |inside, request: Result<(), Text>, approve: Result<(), Text>| help::May {
        inside,
        audit: inside,
        request,
        approve,
        requester_role: Snowflake(7),
        approver_role: Snowflake(8),
        approvals: Snowflake(9),
        answer_channels: channels.to_vec(),
    };
    let not = |text: Text| Err(text);
    add("help-requester", help::card(&may(true, Ok(()), not(words!("refuse-not-approver"))), frame));
    add("help-approver", help::card(&may(false, Ok(()), Ok(())), frame));
    let nobody = may(false, not(words!("refuse-direct-message")), not(words!("refuse-direct-message")));
    add("help-nobody", help::card(&nobody, frame));
    add("other", other::card(frame));
    files(&mut add, &knowledge, frame);
    add("refusal", notes::refusal(&words!("refuse-self-approval"), "self-approval", frame));
    add(
        "asked",
        notes::asked(Snowflake(12), "2026-11-22T02:30:00Z".parse().expect("a time"), 2, "7f3a", frame),
    );
    add("failure", notes::failure(frame));
    all
}

/// The answers to event logs from files.
fn files(add: &mut impl FnMut(&str, Post), knowledge: &Knowledge, frame: Frame) {
    let text = "Event ID: 6900\nSource: ADSync\nDate: 2026-11-22T01:00:00Z\nError Code: 90";
    let mut log = Log::new();
    offline::read("a", Cursor::new(text.as_bytes().to_vec()), &mut log).expect("reads");
    let reading = log.finish(None, "2026-11-25T00:00:00Z".parse().expect("a time"));
    let answer = offline::answer::answer(&reading, false, knowledge).expect("an answer");
    let question = read("AADSTS50053 users can't sign in");
    let (server, server_of_file) = (Some("SYNC01"), Some("SYNC02"));
    let question = Some(&question);
    let read = file::Read { answer: &answer, knowledge, file: "a.xml", server, server_of_file, question };
    add("file", file::card(&read, frame));
    add("file-unnamed", file::card(&file::Read { server: None, server_of_file: None, ..read }, frame));
    add("file-elsewhere", file::redacted(&read, &[Snowflake(11)], frame));
    add("file-nothing-asked", file::nothing_asked(frame));
    add("file-too-large", file::too_large(None, frame));
    add("file-too-large-by", file::too_large(Some(9 << 20), frame));
    add("file-unavailable", file::unavailable(&words!("file-nowhere"), frame));
    add("file-unreadable", file::unreadable("WHY", frame));
}

#[test]
fn every_answer_reads_well_in_german() {
    let shown =
        ["broken", "well", "broken-factor", "well-locked", "pass-through-unclear", "broken-fix", "well-fix"];
    let more = [
        "help-requester",
        "help-nobody",
        "other",
        "broken-status",
        "broken-server-sync01",
        "broken-elsewhere",
        "file",
    ];
    for (name, post) in answers(GERMAN) {
        if shown.contains(&name.as_str()) || more.contains(&name.as_str()) {
            insta::with_settings!({ prepend_module_to_snapshot => false, omit_expression => true }, {
                insta::assert_snapshot!(format!("de-{name}"), render(&post));
            });
        }
    }
}

#[test]
fn the_new_answers_read_well_in_english() {
    let shown =
        ["broken-factor", "broken-hash", "well-locked", "well-unclear", "pass-through-unclear", "broken-fix"];
    let more = ["well-fix", "broken-fix-elsewhere", "help-requester", "help-approver", "help-nobody"];
    for (name, post) in answers(REAL) {
        if shown.contains(&name.as_str()) || more.contains(&name.as_str()) {
            insta::with_settings!({ prepend_module_to_snapshot => false, omit_expression => true }, {
                insta::assert_snapshot!(format!("en-{name}"), render(&post));
            });
        }
    }
}

#[test]
fn no_line_of_a_german_answer_is_left_in_english_and_each_keeps_discords_limits() {
    // Names, links, commands and codes are the same in both; so are a few words.
    let same = ["Agent", "Build", "build", "Status", "Details"];
    for ((name, german), (_, english)) in answers(GERMAN).into_iter().zip(answers(REAL)) {
        check(&name, &german);
        check(&name, &english);
        assert_eq!(german.embeds.len(), english.embeds.len(), "{name}");
        assert_eq!(german.buttons.len(), english.buttons.len(), "{name}");
        let lines = |post: &Post| render(post).lines().map(str::to_owned).collect::<Vec<_>>();
        let english: BTreeSet<String> = lines(&english).into_iter().collect();
        for line in lines(&german).into_iter().filter(|line| english.contains(line)) {
            let line =
                line.strip_prefix("┌ ").and_then(|title| Some(title.split_once(' ')?.1)).unwrap_or(&line);
            let text = line.trim_start_matches(|c: char| !c.is_alphanumeric() && !"[<*`(".contains(c));
            let of_names = text.starts_with("[Microsoft:")
                || text.starts_with("<t:")
                || text.starts_with("**SYNC01**")
                || text.starts_with('`')
                || same.contains(&text)
                || !text.contains(' ')
                || ["Entra Connect", "GAP: WHY", "code "].iter().any(|name| text.starts_with(name));
            assert!(of_names, "{name} has this in English: {text}");
        }
    }
    check_modal("form", &notes::request_form("a".repeat(32), true, None, GERMAN));
    let form = notes::request_form("a".repeat(32), true, None, GERMAN).json().to_string();
    assert!(!form.contains('…'), "a German text of the form is cut: {form}");
}
