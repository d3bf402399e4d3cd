//! Every card in every state as text, and every card against Discord's limits with the longest input.

use jiff::Timestamp;
use serde_json::Value;
use twilight_model::channel::message::{Component, Embed as TwilightEmbed};

use super::*;
use crate::diagnosis::{Diagnosis, Evidence, Finding, ForestHealth, RuledOut, Silence, WhyNot};
use crate::discord::message::{Modal, Post};
use crate::gate::request::{Approval, State, Step};
use crate::ids::Snowflake;
use crate::link::protocol::Reason;
use crate::watch::notice::{AlertNotice, AlertPhase, SummaryRequest, SummaryServer};

mod kit;

use kit::*;
pub(super) use kit::{REAL, render};

/// Every card there is, by name.
fn every_card() -> Vec<(String, Post)> {
    let knowledge = knowledge();
    let offered = diagnosis(server(Cause::PhsNotActivated));
    let answer = evidence::Answer { diagnosis: &offered, knowledge: &knowledge, focus: None, meeting: None };
    let buttons = evidence::Buttons { request: Some("a".repeat(32)), why_not: None };
    let mut all = vec![("evidence-offered".to_owned(), evidence::card(&answer, &buttons, LOCAL))];
    let mut add = |name: &str, post: Post| all.push((name.to_owned(), post));

    let mut held = server(Cause::PhsNotActivated);
    held.offer = false;
    held.why_not = vec![
        WhyNot { code: "two-active".into(), text: Text::plain("Two servers are active.") },
        WhyNot { code: "wizard-open".into(), text: Text::plain("The wizard is open at the server.") },
    ];
    add("why-not", evidence::why_not(&held, REAL));
    let withheld = diagnosis(held);
    let answer = evidence::Answer { diagnosis: &withheld, ..answer };
    let buttons = evidence::Buttons { request: None, why_not: Some("b".repeat(32)) };
    add("evidence-withheld", evidence::card(&answer, &buttons, REAL));
    add("evidence-elsewhere", evidence::redacted(&answer, &[Snowflake(11)], REAL));

    let mut well = server(Cause::Healthy);
    well.summary = Text::plain("Password hash sync works on SYNC01.");
    let well = diagnosis(well);
    let answer = evidence::Answer { diagnosis: &well, ..answer };
    add("evidence-healthy", evidence::card(&answer, &evidence::Buttons::default(), REAL));
    let stage = "STAGE01".parse().expect("an id");
    let answer = evidence::Answer { focus: Some(&stage), ..answer };
    add("evidence-silent-staging", evidence::card(&answer, &evidence::Buttons::default(), REAL));
    let nobody = Diagnosis { at: at(0), servers: Vec::new(), lead: None, findings: Vec::new() };
    let answer = evidence::Answer { diagnosis: &nobody, knowledge: &knowledge, focus: None, meeting: None };
    add("evidence-no-servers", evidence::card(&answer, &evidence::Buttons::default(), REAL));

    add("status", status::all(&offered, &knowledge, REAL));
    add(
        "status-elsewhere",
        status::all_redacted(&offered, &knowledge, &[Snowflake(11), Snowflake(12)], REAL),
    );
    add("server", status::server(&observation(), &offered.servers[0], &knowledge, REAL));
    add("history", status::history(&history(), REAL));

    for state in State::ALL {
        let request = request(state);
        let name = format!("approval-{}", state.to_string().replace([' ', ','], "-"));
        add(&name, approval::card(&request, &ids(), LOCAL));
        if !state.is_open() {
            let card = Some("https://discord.com/channels/1/2/3");
            add(&name.replace("approval", "outcome"), outcome::requester(&request, card, "ref 0123", REAL));
        }
    }
    add("operators", outcome::operators(&request(State::Staged), Snowflake(7), "ref 0123", REAL));

    let incident = incident();
    add("alert-open", alert::card(&incident, "ref 0123", REAL));
    let over = AlertNotice {
        phase: AlertPhase::Recovered,
        recovered_at: Some(at(47)),
        summary: "It works again.".into(),
        ..incident
    };
    add("alert-recovered", alert::card(&over, "ref 0123", REAL));

    let mut told = told();
    add("summary", summary::card(&told, "ref 0123", REAL));
    told.due_at = Some(at(-125));
    told.late = true;
    told.missed = 2;
    told.open.clear();
    told.chart = None;
    add("summary-late", summary::card(&told, "ref 0123", REAL));

    let record = records::Record {
        seq: 1042,
        at: at(0),
        kind: "refused".into(),
        actor: Some(DANA),
        code: Some("self-approval".into()),
        plan: None,
    };
    add("audit", records::card(&[record], "#1042 9be1-44d0", REAL));
    add("other", other::card(REAL));
    add("refusal", notes::refusal(&words!("refuse-self-approval"), "self-approval", REAL));
    add("asked", notes::asked(Snowflake(12), at(30), 2, "7f3a-91c2", REAL));
    add("failure", notes::failure(REAL));
    all
}

#[test]
fn every_card_reads_well_in_every_state() {
    for (name, post) in every_card() {
        insta::with_settings!({ prepend_module_to_snapshot => false, omit_expression => true }, {
            insta::assert_snapshot!(name, render(&post));
        });
    }
}

#[test]
fn the_terminal_gets_the_same_answer_without_markup() {
    let knowledge = knowledge();
    let diagnosis = diagnosis(server(Cause::PhsNotActivated));
    insta::with_settings!({ prepend_module_to_snapshot => false, omit_expression => true }, {
        insta::assert_snapshot!("plain", super::plain(&diagnosis, &knowledge, None));
    });
}

/// Discord's limits, as twilight knows them.
pub(super) fn check(name: &str, post: &Post) {
    let json = post.json();
    let content = json["content"].as_str().expect("text");
    twilight_validate::message::content(content).unwrap_or_else(|error| panic!("{name}: {error}"));
    let read = |embed: &Value| {
        let mut embed = embed.clone();
        embed["type"] = "rich".into();
        for field in embed["fields"].as_array_mut().into_iter().flatten() {
            assert!(!field["value"].as_str().unwrap_or_default().is_empty(), "{name}: an empty field");
        }
        serde_json::from_value::<TwilightEmbed>(embed).unwrap_or_else(|error| panic!("{name}: {error}"))
    };
    let embeds: Vec<TwilightEmbed> = json["embeds"].as_array().into_iter().flatten().map(read).collect();
    twilight_validate::message::embeds(&embeds).unwrap_or_else(|error| panic!("{name}: {error}"));
    let components: Vec<Component> =
        serde_json::from_value(json["components"].clone()).unwrap_or_else(|error| panic!("{name}: {error}"));
    twilight_validate::message::components(&components, false)
        .unwrap_or_else(|error| panic!("{name}: {error}"));
}

pub(super) fn check_modal(name: &str, modal: &Modal) {
    let json = modal.json();
    assert!(json["title"].as_str().is_some_and(|title| (1..=45).contains(&title.chars().count())), "{name}");
    for row in json["components"].as_array().expect("rows") {
        let input = &row["components"][0];
        let length = |field: &str| input[field].as_str().expect("text").chars().count();
        assert!((1..=45).contains(&length("label")) && length("placeholder") <= 100, "{name}: {input}");
    }
}

#[test]
fn every_card_keeps_discords_limits() {
    for (name, post) in every_card() {
        check(&name, &post);
    }
    check_modal("request", &notes::request_form("a".repeat(32), true, Some(&"x".repeat(500)), REAL));
    check_modal("deny", &notes::deny_form("a".repeat(32)));
}

/// Texts that are as long, and as full of markup, as anybody could make them.
fn swell(value: &mut Value) {
    match value {
        Value::String(text) if text.parse::<Timestamp>().is_err() => {
            *text = "*`@everyone`* <@1> ".repeat(400)
        }
        Value::Array(items) => items.iter_mut().for_each(swell),
        Value::Object(fields) => fields.values_mut().for_each(swell),
        _ => {}
    }
}

#[test]
fn the_longest_and_wildest_input_keeps_discords_limits() {
    let wild = "*`@everyone`* <@1> ```".repeat(200);
    let knowledge = knowledge();
    for cause in [Cause::PhsNotActivated, Cause::FipsMode, Cause::Healthy] {
        let mut lead = server(cause);
        lead.server.clone_from(&wild);
        lead.summary = Text::plain(&wild);
        let evidence = Evidence { text: Text::plain(&wild), ..lead.evidence[0].clone() };
        lead.evidence = vec![evidence; 60];
        lead.ruled_out = vec![RuledOut { cause, why: Text::plain(&wild) }; 40];
        lead.why_not = vec![WhyNot { code: wild.clone(), text: Text::plain(&wild) }; 40];
        lead.warnings = vec![Finding { code: wild.clone(), text: Text::plain(&wild) }; 40];
        lead.forests = vec![ForestHealth { name: wild.clone(), ..lead.forests[0].clone() }; 40];
        lead.silent = Some(Silence { code: wild.clone(), why: wild.clone() });
        if let Some(remedy) = &mut lead.remedy {
            remedy.target.clone_from(&wild);
        }
        let servers = vec![lead; 12];
        let diagnosis = Diagnosis { at: at(0), servers, lead: Some(0), findings: Vec::new() };
        let answer =
            evidence::Answer { diagnosis: &diagnosis, knowledge: &knowledge, focus: None, meeting: None };
        let buttons = evidence::Buttons { request: Some("a".repeat(32)), why_not: Some("b".repeat(32)) };
        check("evidence", &evidence::card(&answer, &buttons, LOCAL));
        check("elsewhere", &evidence::redacted(&answer, &[Snowflake(1); 200], LOCAL));
        check("why not", &evidence::why_not(&diagnosis.servers[0], LOCAL));
        check("status", &status::all(&diagnosis, &knowledge, LOCAL));
        check("server", &status::server(&observation(), &diagnosis.servers[0], &knowledge, LOCAL));
    }
    for state in State::ALL {
        let mut request = request(state);
        request.reason.clone_from(&wild);
        request.justification = Some(wild.clone());
        request.target.clone_from(&wild);
        request.observed = vec![(wild.clone(), wild.clone()); 30];
        request.missing = vec![wild.clone(); 30];
        request.operator = Some(wild.clone());
        request.outcome = Some(Reason::new(&wild, wild.clone()));
        request.approvals = vec![Approval { user: Snowflake(u64::MAX), at: at(0) }; 10];
        request.steps = vec![Step { code: Some(wild.clone()), ..request.steps[0].clone() }; 60];
        check("approval", &approval::card(&request, &ids(), LOCAL));
        check("outcome", &outcome::requester(&request, Some(&wild), &wild, LOCAL));
        check("operators", &outcome::operators(&request, Snowflake(1), &wild, LOCAL));
    }
    let mut swollen = serde_json::to_value(incident()).expect("writes");
    for field in ["title", "summary", "advice", "earlier"] {
        swell(&mut swollen[field]);
    }
    let incident: AlertNotice = serde_json::from_value(swollen).expect("an alert");
    check("alert", &alert::card(&incident, &wild, LOCAL));
    let mut told = told();
    told.servers =
        vec![SummaryServer { name: wild.clone(), summary: wild.clone(), ..told.servers[0].clone() }; 40];
    told.open = vec![SummaryRequest { title: wild.clone(), ..told.open[0].clone() }; 40];
    told.warnings = vec![wild.clone(); 40];
    told.audit_head.clone_from(&wild);
    told.chart_text.clone_from(&wild);
    check("summary", &summary::card(&told, &wild, LOCAL));
    check("refusal", &notes::refusal(&Text::plain(&wild), &wild, LOCAL));
    let record = records::Record {
        seq: u64::MAX,
        at: at(0),
        kind: wild.clone(),
        actor: Some(DANA),
        code: Some(wild.clone()),
        plan: Some(wild.clone()),
    };
    check("audit", &records::card(&vec![record; 50], &wild, LOCAL));
}

#[test]
fn elsewhere_no_server_build_or_forest_is_named() {
    let knowledge = knowledge();
    for &cause in Cause::ALL {
        let diagnosis = diagnosis(server(cause));
        let answer =
            evidence::Answer { diagnosis: &diagnosis, knowledge: &knowledge, focus: None, meeting: None };
        let posts = [
            evidence::redacted(&answer, &[Snowflake(11)], REAL),
            status::all_redacted(&diagnosis, &knowledge, &[Snowflake(11)], REAL),
        ];
        for post in posts {
            let text = render(&post);
            for secret in ["SYNC01", "STAGE01", "2.6.3.0", "contoso"] {
                assert!(!text.contains(secret), "{cause}: {text}");
            }
            assert!(post.buttons.is_empty());
        }
    }
}

#[test]
fn a_card_of_a_local_discord_says_so_and_one_of_discord_does_not() {
    let told = |frame| render(&other::card(frame));
    assert!(told(LOCAL).contains("not discord.com"));
    assert!(!told(REAL).contains("not discord.com"));
}

#[test]
fn buttons_are_there_only_while_they_can_do_something() {
    let labels = |state| {
        let card = approval::card(&request(state), &ids(), REAL);
        card.buttons.iter().map(|button| button.label.clone()).collect::<Vec<_>>()
    };
    assert_eq!(labels(State::Requested), ["Approve", "Deny", "Withdraw"]);
    assert_eq!(labels(State::Approved), ["Deny", "Withdraw"]);
    assert_eq!(labels(State::Staged), ["Withdraw"]);
    assert_eq!(labels(State::Failed), ["Request attended run"]);
    for state in [State::Denied, State::Running, State::Verified, State::Expired, State::Unknown] {
        assert!(labels(state).is_empty(), "{state}");
    }
}
