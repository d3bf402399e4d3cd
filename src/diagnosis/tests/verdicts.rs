//! The right cause.

use super::*;
use crate::report::{ApplianceKind, ServiceState};

fn with_events(events: Vec<Event>) -> ServerDiagnosis {
    let mut report = healthy();
    report.events = vec![ping(CORP, 100), ping(LAB, 100)];
    report.events.extend(events);
    judge_one(report)
}

#[test]
fn a_server_with_signs_of_life_in_every_forest_is_healthy() {
    let server = judge_one(healthy());
    assert_eq!((server.cause, server.confidence), (Cause::Healthy, Confidence::Certain));
    assert!(server.why_not.is_empty() && !server.offer && server.remedy.is_none());
    assert!(server.forests.iter().all(|forest| forest.level == HeartbeatLevel::Fresh));
}

#[test]
fn code_90_with_the_flag_off_is_certain_and_offered() {
    let server = judge_one(switched_off());
    assert_eq!((server.cause, server.confidence), (Cause::PhsNotActivated, Confidence::Certain));
    assert_eq!(codes(&server), [""; 0]);
    assert!(server.offer);
    assert_eq!(server.since, Some(ago(70)));
    let remedy = server.remedy.expect("a remedy");
    assert_eq!((remedy.command.as_str(), remedy.target.as_str()), ("enable-password-sync", "the tenant"));
    let counts: Vec<_> = server.evidence.iter().filter_map(|it| it.events.as_ref()).map(|it| it.id).collect();
    assert_eq!(counts, [6900, 655, 652]);
    assert!(server.ruled_out.iter().any(|out| out.cause == Cause::StagingMode));
}

#[test]
fn each_family_has_its_own_verdict_and_none_of_them_a_remedy() {
    let cases = [
        (6900, "\"The user name or password is incorrect. Verify your user name", Cause::CloudCredential),
        (115, "Access to Windows Azure Active Directory has been denied.", Cause::CloudCredential),
        (906, "[MSAL] AcquireTokenWithCertificate: AADSTS700027: certificate", Cause::CloudCertificate),
        (906, "not running in UserInteractive mode is not a valid operation", Cause::CloudSignInBlocked),
        (655, "ProvisionRetryException: An error occurred. Error Code: 81.", Cause::CloudBusy),
        (6900, "The remote name could not be resolved", Cause::Connectivity),
        (611, "RPC Error 1722 : The RPC server is unavailable.", Cause::AdUnreachable),
        (611, "RPC Error 8453 : Replication access was denied.", Cause::AdPermission),
        (611, "RPC Error 8456 : rejecting replication requests", Cause::AdReplicationDisabled),
        (611, "AuthenticationException: The user name or password is incorrect.", Cause::AdCredential),
        (611, "RPC Error 8439 : bad DN", Cause::AdOther),
        (667, "", Cause::FipsMode),
        (613, "", Cause::WaitingForDirectorySync),
        (6900, "An item with the same key has already been added", Cause::ProductBug),
        (6900, "Something nobody has seen", Cause::Unknown6900),
    ];
    for (id, text, cause) in cases {
        let server = with_events(vec![event(id, 5, text)]);
        assert_eq!(server.cause, cause, "{id} {text}");
        assert!(server.remedy.is_none() && !server.offer, "{cause}");
        assert_eq!(codes(&server), ["no-command"], "{cause}");
    }
}

#[test]
fn newer_evidence_of_another_fault_is_mixed_and_older_is_not() {
    for (id, text) in
        [(906, "AADSTS700027"), (115, ""), (611, "RPC Error 8453"), (6900, "?"), (655, "Error Code: 81.")]
    {
        let mut report = switched_off();
        report.events.push(event(id, 10, text));
        let server = judge_one(report);
        assert_eq!(server.cause, Cause::Mixed, "{id}");
        assert_eq!(codes(&server), ["other-fault-newer"], "{id}");
        assert!(server.remedy.is_none() && !server.offer);

        let mut report = switched_off();
        report.events.push(event(id, 30, text));
        assert_eq!(judge_one(report).cause, Cause::PhsNotActivated, "{id}");
    }
}

#[test]
fn recovery_is_by_connector_and_663_is_none() {
    let recovered = |later: Vec<Event>| {
        let mut report = switched_off();
        report.state.as_mut().expect("a state").cloud_flag = Some(true);
        report.state.as_mut().expect("a state").read_at = ago(1);
        report.events.extend(later);
        judge_one(report)
    };
    let success = of(LAB, event(657, 3, "Dn : x, Result : Success."));
    let both = recovered(vec![ping(CORP, 4), success]);
    assert_eq!((both.cause, both.since), (Cause::Recovered, Some(ago(3))));
    for later in [
        vec![ping(CORP, 4)],
        vec![of(CORP, event(663, 4, "")), of(LAB, event(663, 3, ""))],
        vec![of(LAB, event(657, 3, "Dn : x, Result : Failed."))],
    ] {
        let one = recovered(later);
        assert_eq!((one.cause, one.confidence), (Cause::PhsNotActivated, Confidence::Possible));
        assert!(one.remedy.is_none() && codes(&one).contains(&"flag-on"));
    }
}

#[test]
fn a_sign_of_life_of_one_forest_after_code_90_withholds_the_remedy_of_all() {
    let mut report = switched_off();
    report.events.push(ping(CORP, 3));
    let server = judge_one(report);
    assert_eq!(server.cause, Cause::PhsNotActivated);
    assert!(server.remedy.is_none() && codes(&server).contains(&"heartbeat-newer"));
}

#[test]
fn the_description_without_the_code_is_possible_and_has_no_remedy() {
    let mut report = switched_off();
    let text = "Password Synchronization has not been activated for this company";
    report.events = vec![event(6900, 5, text)];
    let server = judge_one(report);
    assert_eq!((server.cause, server.confidence), (Cause::PhsNotActivated, Confidence::Possible));
    assert!(server.remedy.is_none() && codes(&server).contains(&"code-90-missing"));
}

#[test]
fn staging_a_stopped_service_and_retired_products_come_before_any_event() {
    let mut report = switched_off();
    report.state.as_mut().expect("a state").staging = Some(true);
    let server = judge_one(report);
    assert_eq!((server.cause, codes(&server)), (Cause::StagingMode, vec!["staging-mode"]));
    assert!(server.remedy.is_none());

    let mut report = switched_off();
    report.appliance.services[0].state = ServiceState::Stopped;
    assert_eq!(judge_one(report).cause, Cause::ServiceStopped);

    for (build, cause) in [("2.5.76.0", Cause::BuildRetired), ("2.5.79.0", Cause::PhsNotActivated)] {
        let mut report = switched_off();
        report.appliance.build = Some(build.parse().expect("a build"));
        let server = judge_one(report);
        assert_eq!(server.cause, cause);
        assert_eq!(server.offer, cause == Cause::PhsNotActivated, "past support end is a warning only");
        assert!(has_warning(&server, "support-ended"));
    }
    for kind in [ApplianceKind::DirSync, ApplianceKind::AzureAdSync] {
        let mut report = switched_off();
        report.appliance.kind = kind;
        let server = judge_one(report);
        assert_eq!(server.cause, Cause::ApplianceRetired);
        assert!(server.remedy.is_none());
        // Each its own way to switch it on.
        let told = server.warnings.iter().find(|it| it.code == "appliance-switch").expect("its own answer");
        let (check_box, full_sync) = ("\"Enable Password Synchronization\"", "full sync");
        let of_dir_sync =
            told.text.to_string().contains(check_box) && told.text.to_string().contains(full_sync);
        assert_eq!(of_dir_sync, kind == ApplianceKind::DirSync, "{}", told.text);
        assert!(
            server.evidence[0].text.to_string().ends_with("retired in April 2021."),
            "{}",
            server.evidence[0].text
        );
    }
}

#[test]
fn a_lost_connection_beside_an_object_too_large_is_the_old_defect_and_by_itself_it_is_not() {
    let lost = "Microsoft.Online.Coexistence.ProvisionRetryException: Unable to communicate with the Windows Azure \
                Active Directory service.";
    let large = "ECMA2 MA export run caused an error: LargeObject. The object is too large.";
    let judged = |build: Option<&str>, events: Vec<Event>| {
        let mut report = healthy();
        report.events = events;
        report.appliance.build = build.map(|build| build.parse().expect("a build"));
        judge_one(report)
    };
    let both = || vec![event(6941, 6, large), event(6900, 5, lost)];
    let server = judged(None, both());
    assert_eq!(server.cause, Cause::ProductBug);
    assert!(
        server.remedy.is_none() && server.evidence[0].text.to_string().contains("6941"),
        "{:?}",
        server.evidence
    );
    // A build that has the mend, another error beside it, an error long before, and none at all.
    assert_eq!(judged(Some("2.6.3.0"), both()).cause, Cause::Connectivity);
    let others = [event(6941, 6, "Export error: attribute-value-must-be-unique"), event(6941, 95, large)];
    for other in others {
        assert_eq!(judged(None, vec![other, event(6900, 5, lost)]).cause, Cause::Connectivity);
    }
    assert_eq!(judged(None, vec![event(6900, 5, lost)]).cause, Cause::Connectivity);
    // By itself an object too large is no fault of password sync.
    assert_ne!(judged(None, vec![event(6941, 6, large)]).cause, Cause::ProductBug);
    // And code 90 beside it stays what it is, without a remedy.
    let code_90 = "Error Code: 90. Error Description: Password Synchronization has not been activated";
    let server = judged(None, [both(), vec![event(655, 4, code_90)]].concat());
    assert_ne!(server.cause, Cause::ProductBug);
}

#[test]
fn a_heartbeat_over_120_minutes_is_missing_and_over_60_is_a_warning() {
    for (minutes, level, cause) in [
        (45, HeartbeatLevel::Fresh, Cause::Healthy),
        (46, HeartbeatLevel::Due, Cause::Healthy),
        (60, HeartbeatLevel::Due, Cause::Healthy),
        (61, HeartbeatLevel::Late, Cause::Healthy),
        (120, HeartbeatLevel::Late, Cause::Healthy),
        (121, HeartbeatLevel::Missing, Cause::HeartbeatMissing),
    ] {
        let mut report = healthy();
        report.events = vec![ping(CORP, minutes), ping(LAB, 5)];
        let server = judge_one(report);
        assert_eq!((server.forests[0].level, server.cause), (level, cause), "{minutes}");
        assert_eq!(has_warning(&server, "heartbeat-late"), level == HeartbeatLevel::Late);
    }
    let mut report = healthy();
    report.events.retain(|it| it.connector == CORP.parse().ok());
    let server = judge_one(report);
    assert_eq!((server.cause, server.forests[1].level), (Cause::HeartbeatMissing, HeartbeatLevel::Missing));
}

#[test]
fn confidence_follows_the_freshness_of_events_and_state() {
    for (events, state, confidence) in [
        (0, 0, Confidence::Certain),
        (4, 4, Confidence::Certain),
        (0, 5, Confidence::Probable),
        (5, 0, Confidence::Probable),
        (6, 9, Confidence::Possible),
    ] {
        let mut report = switched_off();
        report.events_at = Some(ago(events));
        report.state.as_mut().expect("a state").read_at = ago(state);
        let server = judge_one(report);
        assert_eq!(
            (server.cause, server.confidence),
            (Cause::PhsNotActivated, confidence),
            "{events} {state}"
        );
        assert_eq!(server.offer, confidence == Confidence::Certain);
    }
}

#[test]
fn events_alone_give_verdict_and_remedy_and_never_an_offer() {
    let mut report = switched_off();
    report.state = None;
    report.permits = Default::default();
    report.appliance.build = None;
    report.appliance.services.clear();
    report.appliance.kind = ApplianceKind::Unknown;
    for event in &mut report.events {
        event.provider = None;
    }
    let server = judge_one(report.clone());
    assert_eq!((server.cause, server.confidence), (Cause::PhsNotActivated, Confidence::Probable));
    assert!(server.remedy.is_some() && !server.offer);

    report.events.push(event(2002, 1, "The service was stopped"));
    assert_eq!(judge_one(report).cause, Cause::ServiceStopped);
}

#[test]
fn a_foreign_provider_is_shown_and_never_counted() {
    let mut report = switched_off();
    report.events.retain(|it| it.id == 654);
    let mut foreign = event(6900, 5, CODE_90);
    foreign.provider = Some("Contoso Backup".into());
    report.events.push(foreign.clone());
    report.state.as_mut().expect("a state").cloud_flag = None;
    let server = judge_one(report);
    assert_ne!(server.cause, Cause::PhsNotActivated);
    assert!(server.remedy.is_none() && has_warning(&server, "foreign-provider"));

    let mut report = switched_off();
    report.events.push(foreign);
    let server = judge_one(report);
    assert!(server.remedy.is_some() && !server.offer);
    assert_eq!(codes(&server), ["foreign-provider"]);
}

#[test]
fn switching_off_on_purpose_is_shown_and_keeps_the_offer() {
    let mut report = switched_off();
    let text = r#"{"ActionType":"Disable","Status":"Success","User":"p***"}"#;
    report.events.push(event(2506, 80, text));
    let server = judge_one(report.clone());
    assert!(server.deliberate && server.offer);
    let action = server.last_action.expect("an action");
    assert_eq!((action.at, action.who.as_deref(), action.switched_on), (ago(80), Some("p***"), Some(false)));
    report.state.as_mut().expect("a state").sign_in_method = Some("PassThroughAuthentication".into());
    assert!(has_warning(&judge_one(report), "phs-optional"));
    assert!(!judge_one(switched_off()).deliberate);
}

#[test]
fn the_lead_is_the_active_server_and_an_unheard_one_is_no_fault_of_it() {
    let never = Observation {
        agent: "SYNC09".parse().expect("an id"),
        report: None,
        received_at: None,
        silence: Some(Silence { code: "timeout".into(), why: "no answer in 2 s".into() }),
        skew: None,
    };
    let all = [seen(staging()), never, seen(switched_off())];
    let diagnosis = diagnose(&all, now(), &Knowledge::embedded());
    assert_eq!(diagnosis.lead, Some(2));
    assert_eq!(diagnosis.servers[1].confidence, Confidence::Possible);
    assert_eq!(codes(&diagnosis.servers[1]), ["report-missing", "silent"]);
    assert_eq!(codes(&diagnosis.servers[2]), ["other-server-silent", "other-server-unknown"]);

    let standby = judge_all(vec![staging()]);
    assert_eq!(standby.findings[0].code, "no-active");
    assert_eq!(diagnose(&[], now(), &Knowledge::embedded()).lead, None);
}

#[test]
fn two_faults_together_are_mixed_and_a_vague_one_only_accompanies() {
    let text = "RPC Error 8453";
    let two = with_events(vec![event(611, 9, text), event(906, 5, "AADSTS700027")]);
    assert_eq!(two.cause, Cause::Mixed);
    let vague = with_events(vec![event(611, 9, text), event(6900, 5, "?")]);
    assert_eq!(vague.cause, Cause::AdPermission);
    let along = with_events(vec![event(906, 9, "AADSTS700027"), event(115, 5, "")]);
    assert_eq!(along.cause, Cause::CloudCertificate);
}

#[test]
fn older_builds_that_name_no_forest_in_a_heartbeat_are_not_called_silent() {
    let mut report = healthy();
    report.events = vec![event(654, 190, ""), event(654, 20, "Provision credentials ping end.")];
    let two = judge_one(report.clone());
    assert_eq!((two.cause, two.confidence), (Cause::Healthy, Confidence::Probable));
    assert!(two.forests.iter().all(|forest| forest.level == HeartbeatLevel::Unknown));
    // With one forest it is clear whose heartbeat it is.
    report.state.as_mut().expect("a state").connectors.as_mut().expect("connectors").pop();
    let one = judge_one(report);
    assert_eq!((one.confidence, one.forests[0].last_heartbeat), (Confidence::Certain, Some(ago(20))));
}

#[test]
fn without_a_heartbeat_nothing_is_called_healthy() {
    let mut report = healthy();
    report.events.clear();
    assert_eq!(judge_one(report.clone()).cause, Cause::HeartbeatMissing);
    report.events_at = None;
    let unread = judge_one(report);
    assert_eq!((unread.cause, unread.confidence), (Cause::HeartbeatMissing, Confidence::Possible));
}

#[test]
fn the_flag_alone_is_probable_at_most_and_leads_to_nothing() {
    let mut report = healthy();
    report.state.as_mut().expect("a state").cloud_flag = Some(false);
    let server = judge_one(report);
    assert_eq!((server.cause, server.confidence), (Cause::PhsNotActivated, Confidence::Probable));
    assert!(server.remedy.is_none() && !server.offer);
    assert_eq!(codes(&server), ["code-90-missing"]);
}

#[test]
fn a_text_with_code_90_and_another_fault_in_one_breath_is_mixed() {
    let mut report = switched_off();
    report.events.push(event(652, 5, "Error Code: 90. ---> AADSTS50054: Old password is used"));
    assert_eq!(judge_one(report).cause, Cause::Mixed);
}

#[test]
fn every_sentence_has_its_names_filled_in() {
    for cause in Cause::ALL {
        let told = &Knowledge::embedded().explain(*cause).sentence.clone();
        let filled = told.replace("{server}", "").replace("{forest}", "").replace("{build}", "");
        assert!(!filled.contains(['{', '}']), "{cause}: {told}");
    }
    let server = with_events(vec![of(CORP, event(611, 5, "RPC Error 1722"))]);
    assert!(server.summary.to_string().contains("corp.contoso.com"), "{}", server.summary);
}

#[test]
fn what_was_done_about_code_90_speaks_against_the_remedy_until_the_flag_is_read_again() {
    let on = r#"{"ActionType":"Enable","Status":"Success"}"#;
    for (code, done) in [
        ("self-healing", event(661, 5, "")),
        ("switched-on-since", event(2606, 5, on)),
        ("full-sync-newer", event(623, 5, "")),
    ] {
        let mut report = switched_off();
        report.events.push(done);
        report.state.as_mut().expect("a state").read_at = ago(6);
        let server = judge_one(report.clone());
        assert_eq!(server.cause, Cause::PhsNotActivated, "{code}");
        assert!(server.remedy.is_none() && codes(&server).contains(&code), "{code}: {:?}", codes(&server));
        report.state.as_mut().expect("a state").read_at = now();
        assert_eq!(judge_one(report).offer, code != "full-sync-newer", "{code}");
    }
}
