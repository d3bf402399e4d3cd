//! What the cards are tried with: a server in each state, requests, alerts, summaries; and a message as a person sees it.

use std::collections::BTreeMap;

use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};

use super::super::*;
use crate::diagnosis::{
    AdminAction, Confidence, Diagnosis, EventEvidence, Evidence, Finding, ForestHealth, Observation, Remedy,
    RuledOut, Silence,
};
use crate::discord::message::Post;
use crate::gate::request::{Approval, Request, State, Step};
use crate::ids::Snowflake;
use crate::link::protocol::Reason;
use crate::plan::{Digest, Mode, Plan};
use crate::report::Report;
use crate::watch::notice::{AlertNotice, AlertPhase, SummaryNotice, SummaryRequest, SummaryServer};

pub(super) const DANA: Snowflake = Snowflake(31);
pub(super) const LEE: Snowflake = Snowflake(32);
pub(super) const LOCAL: Frame = Frame { discord: false, language: Language::English };
pub(in crate::discord::cards) const REAL: Frame = Frame { discord: true, language: Language::English };

pub(super) fn at(minutes: i64) -> Timestamp {
    let start: Timestamp = "2026-11-22T02:00:00Z".parse().expect("a time");
    start + SignedDuration::from_mins(minutes)
}

pub(super) fn knowledge() -> Knowledge {
    Knowledge::embedded()
}

/// A message as a person sees it.
pub(in crate::discord::cards) fn render(post: &Post) -> String {
    let json = post.json();
    let mut out = String::new();
    let mut line = |text: &str| {
        out.push_str(text);
        out.push('\n');
    };
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    if !text(&json["content"]).is_empty() {
        line(&text(&json["content"]));
    }
    for embed in json["embeds"].as_array().into_iter().flatten() {
        line(&format!("┌ {}", text(&embed["title"])));
        text(&embed["description"]).lines().for_each(|text| line(&format!("│ {text}")));
        for field in embed["fields"].as_array().into_iter().flatten() {
            let inline = if field["inline"] == true { "▪" } else { "■" };
            line(&format!("│ {inline} {}", text(&field["name"])));
            text(&field["value"]).lines().for_each(|text| line(&format!("│   {text}")));
        }
        if embed["image"].is_object() {
            line(&format!("│ [picture {}]", text(&embed["image"]["url"])));
        }
        if embed["footer"].is_object() {
            line(&format!("│ — {}", text(&embed["footer"]["text"])));
        }
        line("└");
    }
    for row in json["components"].as_array().into_iter().flatten() {
        let buttons = row["components"].as_array().into_iter().flatten();
        line(&buttons.map(|button| format!("( {} )", text(&button["label"]))).collect::<Vec<_>>().join(" "));
    }
    if json["allowed_mentions"] != json!({"parse": []}) {
        line(&format!("pings {}", json["allowed_mentions"]));
    }
    out
}

pub(super) fn server(cause: Cause) -> ServerDiagnosis {
    let events = |id, count| {
        Some(EventEvidence { id, provider: Some("ADSync".into()), count, first: at(-90), last: at(-2) })
    };
    ServerDiagnosis {
        agent: "SYNC01".parse().expect("an id"),
        server: "SYNC01".into(),
        build: Some("2.6.3.0".parse().expect("a build")),
        cause,
        confidence: Confidence::Certain,
        summary: Text::plain(
            "Changed passwords don't reach Microsoft Entra ID, because password hash sync is switched off in \
             the cloud.",
        ),
        since: Some(at(-90)),
        evidence: vec![
            Evidence { text: Text::plain("The cloud answers Error Code 90"), events: events(6900, 12) },
            Evidence { text: Text::plain("The flag in the cloud reads off"), events: None },
        ],
        ruled_out: vec![RuledOut { cause: Cause::Connectivity, why: Text::plain("The cloud answers.") }],
        remedy: cause.command().map(|command| Remedy {
            command: command.parse().expect("an id"),
            arguments: BTreeMap::new(),
            target: "the tenant".into(),
        }),
        offer: cause.command().is_some(),
        why_not: Vec::new(),
        warnings: vec![Finding {
            code: "support-ended".into(),
            text: Text::plain("Support of 2.6.3.0 has ended."),
        }],
        forests: vec![ForestHealth {
            connector: "6b1b1a3e-0000-4000-8000-000000000001".parse().expect("an id"),
            name: "corp.contoso.com".into(),
            channel: Some(true),
            last_heartbeat: Some(at(-95)),
            last_success: None,
            level: HeartbeatLevel::Late,
        }],
        report_age: Some(SignedDuration::from_secs(2)),
        silent: None,
        last_action: Some(AdminAction {
            event: 2506,
            record: Some(7),
            what: words!("act-off"),
            switched_on: Some(false),
            succeeded: Some(true),
            at: at(-100),
            who: None,
        }),
        sign_in_method: Some("PasswordHashSync".into()),
        deliberate: true,
    }
}

pub(super) fn staging() -> ServerDiagnosis {
    ServerDiagnosis {
        agent: "STAGE01".parse().expect("an id"),
        server: "STAGE01".into(),
        summary: Text::plain("STAGE01 is in staging mode and sends no passwords, by design."),
        silent: Some(Silence { code: "timed-out".into(), why: "It did not answer within 2 s.".into() }),
        report_age: Some(SignedDuration::from_mins(14)),
        warnings: Vec::new(),
        deliberate: false,
        ..server(Cause::StagingMode)
    }
}

pub(super) fn diagnosis(lead: ServerDiagnosis) -> Diagnosis {
    Diagnosis { at: at(0), servers: vec![lead, staging()], lead: Some(0), findings: Vec::new() }
}

pub(super) fn request(state: State) -> Request {
    let step = |minutes, state, by| Step { at: at(minutes), state, by, code: None };
    let mut request = Request {
        id: "000102030405060708090a0b0c0d0e0f".parse().expect("an id"),
        version: 1,
        state,
        plan: Plan {
            request: "000102030405060708090a0b0c0d0e0f".parse().expect("an id"),
            command: "enable-password-sync".parse().expect("an id"),
            script: Digest::of(b"script"),
            mode: Mode::Unattended,
            arguments: BTreeMap::new(),
            agent: "SYNC01".parse().expect("an id"),
            generation: 1,
            fingerprint: Digest::of(b"state"),
        },
        scope: "tenant".into(),
        target: "the tenant".into(),
        requester: DANA,
        reason: "Users can't sign in since this morning, INC0047".into(),
        justification: Some("Agreed with the identity team after the migration".into()),
        needed: 1,
        approvals: Vec::new(),
        observed: vec![
            ("Build".into(), "2.6.3.0".into()),
            ("Cloud flag".into(), "off".into()),
            ("Last switched".into(), "switched off: <t:1795392000:f>, name not recorded".into()),
            ("Sign-in method".into(), "PasswordHashSync".into()),
            ("Forests whose channel is off".into(), "none".into()),
        ],
        created_at: at(0),
        approve_by: at(30),
        run_by: None,
        granted_at: None,
        ran_at: None,
        ended: false,
        verify_by: None,
        withdrawn_by: None,
        outcome: None,
        missing: Vec::new(),
        operator: None,
        late: false,
        steps: vec![step(0, State::Requested, Some(DANA))],
    };
    let approved = |request: &mut Request| {
        request.approvals.push(Approval { user: LEE, at: at(2) });
        request.run_by = Some(at(17));
        request.steps.push(step(2, State::Approved, Some(LEE)));
    };
    let why = |code, text: &str| Some(Reason::new(code, text));
    let reached = |request: &mut Request, state, by| request.steps.push(step(3, state, by));
    match state {
        State::Requested => {}
        State::Approved => {
            approved(&mut request);
            request.outcome = why("cycle-running", "A sync cycle is running.");
        }
        State::Denied => {
            request.outcome = why("denied", "Change freeze until Monday");
            reached(&mut request, state, Some(LEE));
        }
        State::Withdrawn => reached(&mut request, state, Some(DANA)),
        State::Expired => {
            request.outcome = why("not-approved-in-time", "Nobody approved it in time.");
            reached(&mut request, state, None);
        }
        _ => {
            approved(&mut request);
            request.ran_at = Some(at(3));
            reached(&mut request, state, None);
        }
    }
    request.ended = matches!(state, State::Succeeded | State::Failed | State::Unproven | State::Verified);
    match state {
        State::Lapsed => request.outcome = why("cycle-running", "A sync cycle is running."),
        State::Moved => request.outcome = why("fault-ended", "The fault ended by itself."),
        State::Staged => request.plan.mode = Mode::Attended,
        State::Succeeded => {
            request.verify_by = Some(at(68));
            request.missing = vec!["a sign of life of corp.contoso.com".into()];
        }
        State::Failed => request.outcome = why("needs-a-person", "The cmdlet asked a person to sign in."),
        State::Unknown => request.outcome = why("agent-lost", "The agent stopped between start and end."),
        State::Unproven => {
            request.outcome = why("not-proven-in-time", "Proof is missing.");
            request.missing = vec!["a sign of life of corp.contoso.com".into()];
        }
        State::Verified => request.late = true,
        _ => {}
    }
    request
}

pub(super) fn ids() -> approval::Buttons {
    let id = |n: u8| format!("{n:032x}");
    approval::Buttons { approve: id(1), deny: id(2), withdraw: id(3), attended: id(4) }
}

pub(super) fn report() -> Report {
    Report::from_json(
        br#"{"v":1,"agent":"SYNC01","generation":1,"agent_version":"0.1.0","server":"SYNC01",
        "clock":"2026-11-22T02:00:00Z","events_at":"2026-11-22T02:00:00Z",
        "appliance":{"kind":"connect","build":"2.6.3.0","services":[{"name":"ADSync","state":"running"}]},
        "gaps":[{"what":"sign_in_method","why":"the cmdlet is missing"}],
        "state":{"read_at":"2026-11-22T01:59:00Z","cloud_flag":false,"staging":false,"cycle_running":false}}"#,
    )
    .expect("reads")
}

pub(super) fn observation() -> Observation {
    Observation {
        agent: "SYNC01".parse().expect("an id"),
        report: Some(report()),
        received_at: Some(at(0)),
        silence: None,
        skew: Some(SignedDuration::from_secs(-190)),
    }
}

pub(super) fn history() -> status::History {
    let words = "SYNC01: 2 errors, last heartbeat 00:25".into();
    status::History { title: "SYNC01, last 24 hours".into(), words, picture: Some(vec![1, 2, 3]) }
}

pub(super) fn incident() -> AlertNotice {
    AlertNotice {
        agent: "SYNC01".parse().expect("an id"),
        phase: AlertPhase::Open,
        cause: "phs-not-activated".into(),
        title: "Password hash sync is switched off in the cloud".into(),
        summary: "Changed passwords don't reach Microsoft Entra ID.".into(),
        advice: "Ask with /signin. A hybrid identity administrator can mend it.".into(),
        since: Some(at(-10)),
        started_at: at(0),
        changed_at: at(5),
        recovered_at: None,
        earlier: vec![(at(0), "No sign of life".into())],
    }
}

pub(super) fn told() -> SummaryNotice {
    let line = |state: &str| SummaryRequest {
        id: "000102030405060708090a0b0c0d0e0f".parse().expect("an id"),
        title: "Switch password hash sync on for the tenant".into(),
        code: "7f3a-91c2".into(),
        agent: "SYNC01".parse().expect("an id"),
        state: state.into(),
        requester: DANA,
        changed_at: at(3),
    };
    SummaryNotice {
        due_at: Some(at(0)),
        asked_by: None,
        late: false,
        missed: 0,
        nonce: "0123".into(),
        made_at: at(0),
        servers: vec![SummaryServer {
            name: "SYNC01".into(),
            build: Some("2.6.3.0".into()),
            staging: false,
            bad: true,
            summary: "Changed passwords don't reach Microsoft Entra ID.".into(),
            report_age: Some(SignedDuration::from_secs(2)),
            silent: false,
            forests: vec![("corp.contoso.com".into(), Some(at(-95)))],
            heartbeats: 40,
            errors: 1,
        }],
        open: vec![line("waiting for approval")],
        finished: vec![line("verified")],
        warnings: vec!["The certificate of SYNC01 ends in 12 days.".into()],
        audit_head: "#1042 9be1-44d0".into(),
        chart: Some("AQID".into()),
        chart_text: "SYNC01: 40 heartbeats, 1 error".into(),
    }
}
