//! Forests whose own switch is off.

use super::*;

#[test]
fn a_closed_channel_is_known_from_live_state_only_and_names_its_forest() {
    let mut report = lab_closed(Some(200));
    let server = judge_one(report.clone());
    assert_eq!((server.cause, server.confidence), (Cause::ForestChannelDisabled, Confidence::Certain));
    assert!(server.offer && server.summary.to_string().contains("lab.contoso.com"), "{:?}", server.why_not);
    let remedy = server.remedy.expect("a remedy");
    assert_eq!(remedy.command.as_str(), "enable-forest-channel");
    assert_eq!(remedy.arguments["connector"], LAB);

    report.state.as_mut().expect("a state").cloud_flag = None;
    let unknown = judge_one(report.clone());
    assert!(!unknown.offer && codes(&unknown).contains(&"flag-unknown"));
    report.state = None;
    assert_ne!(judge_one(report).cause, Cause::ForestChannelDisabled);
}

/// LAB's own switch is off; its last success was so many minutes ago, and its log is silent.
fn lab_closed(succeeded: Option<i64>) -> Report {
    let mut report = healthy();
    report.events.retain(|it| it.connector != LAB.parse().ok());
    let forest = &mut report.state.as_mut().expect("a state").connectors.as_mut().expect("connectors")[2];
    (forest.channel, forest.last_success) = (Some(false), succeeded.map(ago));
    report
}

const DAYS_3: i64 = 72 * 60;

#[test]
fn a_forest_closed_long_ago_is_a_choice_whose_remedy_asks_for_more() {
    for succeeded in [None, Some(DAYS_3 + 1)] {
        let server = judge_one(lab_closed(succeeded));
        assert_eq!((server.cause, server.confidence), (Cause::Healthy, Confidence::Certain));
        assert!(has_warning(&server, "channel-closed"));
        assert!(server.offer && server.deliberate, "{:?}", server.why_not);
        assert_eq!(server.remedy.expect("a remedy").arguments["connector"], LAB);
    }
    let mut not_allowed = lab_closed(None);
    not_allowed.permits.commands.clear();
    let server = judge_one(not_allowed);
    assert!(!server.offer && server.remedy.is_some());
    assert_eq!(codes(&server), ["not-allowed-at-server"]);
    assert!(!judge_one(healthy()).deliberate);
}

#[test]
fn a_forest_closed_within_three_days_is_named_and_offered() {
    let named = |report: Report| {
        let server = judge_one(report);
        assert_eq!(server.cause, Cause::ForestChannelDisabled);
        assert!(server.offer && !server.deliberate && server.summary.to_string().contains("lab.contoso.com"));
        assert!(!has_warning(&server, "channel-closed"), "it is the verdict");
        server.since
    };
    assert_eq!(named(lab_closed(Some(DAYS_3))), Some(ago(DAYS_3)));
    let mut seen = lab_closed(None);
    seen.events.push(ping(LAB, 500));
    assert_eq!(named(seen), Some(ago(500)));
}

#[test]
fn a_closed_forest_never_hides_an_outage_of_an_open_one() {
    for succeeded in [None, Some(20)] {
        let mut silent = lab_closed(succeeded);
        silent.events = vec![ping(CORP, 121)];
        let server = judge_one(silent);
        assert_eq!((server.cause, server.confidence), (Cause::HeartbeatMissing, Confidence::Certain));
        assert!(server.remedy.is_none() && !server.offer && has_warning(&server, "channel-closed"));

        let mut refused = lab_closed(succeeded);
        refused.events.push(of(CORP, event(611, 5, "RPC Error 8453")));
        let server = judge_one(refused);
        assert_eq!(server.cause, Cause::AdPermission);
        assert!(server.remedy.is_none() && has_warning(&server, "channel-closed"));
    }
}

#[test]
fn what_a_forest_complained_of_before_it_was_closed_says_nothing_of_now() {
    let mut report = lab_closed(None);
    report.events.push(of(LAB, event(611, 300, "RPC Error 8453")));
    assert_eq!(judge_one(report).cause, Cause::Healthy);
}

#[test]
fn with_every_forest_closed_nothing_is_called_healthy() {
    let mut report = lab_closed(None);
    report.events.clear();
    report.state.as_mut().expect("a state").connectors.as_mut().expect("connectors")[1].channel = Some(false);
    let server = judge_one(report);
    assert_eq!(server.cause, Cause::ForestChannelDisabled);
    assert!(
        server.offer
            && server.deliberate
            && server.summary.to_string().contains("corp.contoso.com, lab.contoso.com")
    );
}
