use std::path::Path;
use std::time::Duration;

use jiff::SignedDuration;

use super::*;
use crate::agent::journal::Journal;
use crate::clock::{Clock, Hand};
use crate::grant::SigningKey;
use crate::ids::Snowflake;
use crate::link::protocol::RunOutcome;
use crate::random::Random;
use crate::report::{ServiceState, State};

const FOREST: &str = "6b1b1a3e-0000-4000-8000-000000000001";

/// A server on which everything is right, to be put wrong one thing at a time.
struct World {
    config: Config,
    trust: Trust,
    report: Report,
    key: SigningKey,
    challenges: Challenges,
    clock: Clock,
    hand: Hand,
    journal: Journal,
    _folder: tempfile::TempDir,
}

fn world() -> World {
    let (clock, hand) = Clock::manual("2026-11-22T02:00:00Z".parse().expect("a time"));
    let folder = tempfile::tempdir().expect("a folder");
    let key = SigningKey::generate().expect("randomness");
    let config = r#"
        id = "SYNC01"
        data = "data"
        scripts = "commands"
        read_only = false
        commands = ["enable-password-sync", "enable-forest-channel"]
        events.files = "events"
        server.file = "server.json""#;
    let report = r#"{"v":1,"agent":"SYNC01","generation":3,"agent_version":"0.1.0","server":"SYNC01",
        "clock":"2026-11-22T02:00:00Z","events_at":"2026-11-22T02:00:00Z",
        "appliance":{"kind":"connect","build":"2.6.3.0","services":[{"name":"ADSync","state":"running"}]},
        "state":{"read_at":"2026-11-22T02:00:00Z","cloud_flag":false,"staging":false,"cycle_running":false,
          "scheduler_suspended":false,"wizard_open":false,"sign_in_method":"PasswordHashSync","connectors":[
            {"id":"b891884f-051e-4a83-95af-2544101c9083","name":"contoso - AAD","kind":"entra"},
            {"id":"6b1b1a3e-0000-4000-8000-000000000001","name":"corp","kind":"ad","channel":false}]}}"#;
    World {
        config: Config::parse(config).expect("reads"),
        trust: Trust { generation: 3, grant_keys: vec![key.verifying()] },
        report: Report::from_json(report.as_bytes()).expect("reads"),
        key,
        challenges: Challenges::new(clock.clone(), Random::seeded(1)),
        clock,
        hand,
        journal: Journal::open(folder.path()).expect("opens"),
        _folder: folder,
    }
}

fn request(n: u8) -> RequestId {
    format!("{n:032x}").parse().expect("valid")
}

fn wish(command: &str, mode: Mode) -> PlanRequest {
    let arguments = match command {
        "enable-forest-channel" => BTreeMap::from([("connector".to_owned(), FOREST.to_owned())]),
        _ => BTreeMap::new(),
    };
    let command = command.parse().expect("valid");
    PlanRequest { request: request(1), command, arguments, mode, expected: None, challenge: true }
}

impl World {
    fn decide(&self, ask: Ask<'_>) -> Verdict {
        let view = self.journal.view();
        let (config, trust, report) = (&self.config, &self.trust, &self.report);
        decide(ask, Facts { now: self.clock.now(), config, trust, report, journal: view.as_ref() })
    }

    fn state(&mut self) -> &mut State {
        self.report.state.as_mut().expect("known")
    }

    fn attended(mut self) -> World {
        self.report.appliance.build = "2.6.91.0".parse().ok();
        self
    }

    fn ready(&self, wish: &PlanRequest) -> Plan {
        match self.decide(Ask::Plan(wish)) {
            Verdict::Ready(plan) => plan,
            other => panic!("not ready: {other:?}"),
        }
    }

    /// A good grant for a plan that is ready now.
    fn grant(&self, mode: Mode) -> Grant {
        let plan = self.ready(&wish("enable-password-sync", mode));
        let now = self.clock.now();
        Grant {
            challenge: self.challenges.issue(plan.hash()),
            plan,
            requester: Snowflake(1),
            approvers: vec![Snowflake(2)],
            reason: "ticket 4711".into(),
            audit_head: "#12 9be1-44d0".into(),
            signed_at: now,
            not_before: now,
            expires: now + SignedDuration::from_hours(4),
            proofs: Vec::new(),
        }
    }

    fn deliver(&self, grant: &Grant) -> Verdict {
        let token = self.key.sign(grant).expect("signs");
        self.decide(Ask::Deliver { token: &token, challenges: &self.challenges })
    }

    fn staged(&self) -> Grant {
        let grant = self.grant(Mode::Attended);
        let Verdict::Stage(grant) = self.deliver(&grant) else { panic!("not staged") };
        self.journal.lock().expect("locks").stage(self.clock.now(), &grant, "token").expect("stages");
        *grant
    }

    fn apply(&self, grant: &Grant) -> Verdict {
        self.decide(Ask::Apply { token: &self.key.sign(grant).expect("signs") })
    }
}

/// `kind: code, code`, as `refused: grant-signature`.
fn said(verdict: &Verdict) -> String {
    let (kind, why) = match verdict {
        Verdict::Ready(_) => return "ready".into(),
        Verdict::Run(_) => return "run".into(),
        Verdict::Stage(_) => return "stage".into(),
        Verdict::Known(_) => return "known".into(),
        Verdict::Busy(why) => ("busy", why),
        Verdict::Moved(why) => ("moved", why),
        Verdict::Refused(why) => ("refused", why),
    };
    let codes: Vec<&str> = why.iter().map(|reason| reason.code.as_str()).collect();
    format!("{kind}: {}", codes.join(", "))
}

#[test]
fn a_plan_is_ready_where_all_is_right() {
    let world = world();
    for command in ["enable-password-sync", "enable-forest-channel"] {
        let plan = world.ready(&wish(command, Mode::Unattended));
        assert_eq!(Some(plan.fingerprint), fingerprint(&world.report));
        assert_eq!((plan.generation, plan.agent), (3, world.config.id.clone()));
    }
    // A person at the keyboard is never wrong.
    world.ready(&wish("enable-password-sync", Mode::Attended));
}

#[test]
fn each_thing_that_is_wrong_has_its_own_answer_to_a_plan() {
    type Change = fn(&mut World, &mut PlanRequest);
    let table: &[(&str, Change)] = &[
        ("refused: command-unknown", |_, w| w.command = "enable-everything".parse().expect("valid")),
        ("refused: command-reads-only, command-not-allowed", |_, w| {
            w.command = "read-state".parse().expect("valid")
        }),
        ("refused: agent-read-only", |w, _| w.config.read_only = true),
        ("refused: command-not-allowed", |w, _| w.config.commands.truncate(0)),
        ("refused: run-cap-reached", |w, _| w.config.runs_per_day = 0),
        ("refused: arguments-invalid", |_, w| drop(w.arguments.insert("x".into(), "y".into()))),
        ("refused: attended-mode-required", |w, _| w.report.appliance.build = "2.6.84.0".parse().ok()),
        ("refused: build-retired", |w, _| w.report.appliance.build = "2.5.78.9".parse().ok()),
        ("refused: build-recalled", |w, _| w.report.appliance.build = "2.6.79.0".parse().ok()),
        ("refused: appliance-not-connect", |w, _| {
            w.report.appliance.kind = crate::report::ApplianceKind::DirSync
        }),
        ("refused: appliance-not-connect", |w, _| {
            w.report.appliance.kind = crate::report::ApplianceKind::None
        }),
        ("busy: state-unknown", |w, _| w.report.appliance.kind = crate::report::ApplianceKind::Unknown),
        ("busy: state-unknown", |w, _| w.report.events_at = None),
        // An administrator's action since would not be seen.
        ("busy: state-unknown", |w, _| w.report.events_at = "2026-11-22T01:59:59Z".parse().ok()),
        ("busy: state-unknown", |w, _| w.report.state = None),
        ("busy: state-unknown", |w, _| w.state().cloud_flag = None),
        ("busy: state-unknown", |w, _| w.state().staging = None),
        ("busy: state-unknown", |w, _| w.state().cycle_running = None),
        ("busy: state-unknown", |w, _| w.state().scheduler_suspended = None),
        ("busy: state-unknown", |w, _| w.state().wizard_open = None),
        ("busy: state-unknown", |w, _| w.state().sign_in_method = None),
        ("busy: state-unknown", |w, _| w.report.appliance.build = None),
        ("busy: state-unknown", |w, _| w.report.events.push(admin_action(None))),
        ("busy: state-unknown", |w, _| w.state().connectors = None),
        ("busy: state-unknown", |w, _| w.state().connectors.as_mut().expect("known")[1].channel = None),
        ("refused: staging-mode", |w, _| w.state().staging = Some(true)),
        ("refused: entra-connector-count", |w, _| {
            drop(w.state().connectors.as_mut().expect("known").remove(0))
        }),
        ("refused: entra-connector-count", |w, _| {
            let connectors = w.state().connectors.as_mut().expect("known");
            connectors.push(connectors[0].clone());
        }),
        ("refused: already-enabled", |w, _| w.state().cloud_flag = Some(true)),
        ("moved: state-moved", |_, w| w.expected = Some(Digest::of(b"another"))),
        ("moved: state-moved, already-enabled", |w, r| {
            r.expected = fingerprint(&w.report);
            w.state().cloud_flag = Some(true);
        }),
        ("busy: adsync-not-running", |w, _| w.report.appliance.services.clear()),
        ("busy: adsync-not-running", |w, _| w.report.appliance.services[0].state = ServiceState::Stopped),
        ("busy: cycle-running", |w, _| w.state().cycle_running = Some(true)),
        ("busy: scheduler-suspended, wizard-open", |w, _| {
            w.state().scheduler_suspended = Some(true);
            w.state().wizard_open = Some(true);
        }),
    ];
    for (expected, change) in table {
        let (mut world, mut wish) = (world(), wish("enable-password-sync", Mode::Unattended));
        change(&mut world, &mut wish);
        assert_eq!(said(&world.decide(Ask::Plan(&wish))), *expected);
    }
}

/// An administrators' action on password sync, as the event log numbers it.
fn admin_action(record: Option<u64>) -> crate::report::Event {
    let event = serde_json::json!({
        "id": 2506, "level": "information", "provider": "ADSync",
        "at": "2026-11-22T01:00:00Z", "record": record, "text": ""
    });
    serde_json::from_value(event).expect("is an event")
}

/// A value that can't be read just now makes another fingerprint, and yet nothing moved.
#[test]
fn whatever_of_the_fingerprint_is_unknown_makes_the_server_busy_and_never_moved() {
    type Change = fn(&mut World);
    let table: &[Change] = &[
        |w| w.state().cloud_flag = None,
        |w| w.state().staging = None,
        |w| w.state().sign_in_method = None,
        |w| w.state().connectors = None,
        |w| w.state().connectors.as_mut().expect("known")[1].channel = None,
        |w| w.report.appliance.build = None,
        |w| w.report.events_at = None,
        |w| w.report.events_at = "2026-11-22T01:59:59Z".parse().ok(),
        |w| w.report.events = vec![admin_action(None)],
        |w| w.report.state = None,
    ];
    for (row, change) in table.iter().enumerate() {
        let mut world = world();
        world.report.events = vec![admin_action(Some(7))];
        let grant = world.grant(Mode::Unattended);
        let asked = wish("enable-password-sync", Mode::Unattended);
        let wish = PlanRequest { expected: Some(grant.plan.fingerprint), ..asked };
        change(&mut world);
        assert_eq!(said(&world.decide(Ask::Plan(&wish))), "busy: state-unknown", "row {row}");
        assert_eq!(said(&world.deliver(&grant)), "busy: state-unknown", "row {row}");
    }
}

#[test]
fn a_forests_channel_is_opened_only_for_a_forest_of_this_server_whose_channel_is_off() {
    type Change = fn(&mut World, &mut PlanRequest);
    let table: &[(&str, Change)] = &[
        ("refused: arguments-invalid", |_, w| w.arguments.clear()),
        ("refused: arguments-invalid", |_, w| drop(w.arguments.insert("connector".into(), "corp".into()))),
        ("refused: arguments-invalid", |_, w| {
            drop(w.arguments.insert("connector".into(), FOREST.to_uppercase()))
        }),
        ("refused: connector-unknown", |_, w| {
            drop(w.arguments.insert("connector".into(), FOREST.replace("0001", "0002")));
        }),
        ("refused: connector-unknown", |_, w| {
            drop(w.arguments.insert("connector".into(), crate::report::ENTRA_CONNECTOR.into()));
        }),
        ("refused: already-enabled", |w, _| {
            w.state().connectors.as_mut().expect("known")[1].channel = Some(true)
        }),
    ];
    for (expected, change) in table {
        let (mut world, mut wish) = (world(), wish("enable-forest-channel", Mode::Unattended));
        change(&mut world, &mut wish);
        assert_eq!(said(&world.decide(Ask::Plan(&wish))), *expected);
    }
}

#[test]
fn a_good_grant_runs_and_an_attended_one_is_staged_and_then_applied() {
    let world = world();
    assert_eq!(said(&world.deliver(&world.grant(Mode::Unattended))), "run");
    let world = self::world().attended();
    let grant = world.staged();
    assert_eq!(said(&world.apply(&grant)), "run");
    world.hand.advance(Duration::from_secs(4 * 3600));
    assert_eq!(said(&world.apply(&grant)), "run");
    world.hand.advance(Duration::from_secs(1));
    assert_eq!(said(&world.apply(&grant)), "refused: grant-expired");
}

#[test]
fn each_thing_that_is_wrong_with_a_grant_has_its_own_code() {
    type Change = fn(&mut World, &mut Grant);
    let table: &[(&str, Change)] = &[
        ("refused: agent-mismatch", |w, _| w.config.id = "SYNC02".parse().expect("valid")),
        ("refused: generation-mismatch", |w, _| w.trust.generation = 4),
        ("refused: grant-key-unknown", |w, _| w.trust.grant_keys.clear()),
        ("busy: challenge-unknown", |_, g| g.challenge = "00".repeat(16)),
        ("busy: challenge-expired", |w, _| w.hand.advance(Duration::from_secs(121))),
        ("refused: script-mismatch", |_, g| g.plan.script = Digest::of(b"another")),
        ("moved: state-moved", |_, g| g.plan.fingerprint = Digest::of(b"another")),
        ("busy: challenge-other-plan", |_, g| g.plan.request = request(2)),
        ("refused: clock-skew", |w, _| w.hand.set_wall(w.clock.now() - SignedDuration::from_mins(11))),
        ("refused: clock-skew", |_, g| g.signed_at -= SignedDuration::from_mins(11)),
        ("refused: grant-expired", |_, g| g.expires = g.signed_at - SignedDuration::from_mins(11)),
        ("refused: grant-not-yet-valid", |_, g| g.not_before = g.signed_at + SignedDuration::from_mins(11)),
        ("refused: approver-is-requester", |_, g| g.approvers.push(g.requester)),
        ("refused: approver-repeated", |_, g| g.approvers.push(g.approvers[0])),
        ("refused: approvals-too-few", |_, g| g.approvers.clear()),
        ("refused: approvals-too-few", |w, _| w.config.approvals = 2),
        ("refused: approver-repeated, approvals-too-few", |w, g| {
            w.config.approvals = 2;
            g.approvers.push(g.approvers[0]);
        }),
        ("refused: reason-invalid", |_, g| g.reason = " ".into()),
        ("refused: reason-invalid", |_, g| g.reason = "two\nlines".into()),
        ("refused: reason-invalid", |_, g| g.reason = "x".repeat(301)),
        ("refused: agent-read-only", |w, _| w.config.read_only = true),
        ("refused: command-not-allowed", |w, _| w.config.commands.clear()),
        ("refused: run-cap-reached", |w, _| w.config.runs_per_day = 0),
        ("moved: state-moved, already-enabled", |w, _| w.state().cloud_flag = Some(true)),
        ("moved: state-moved", |w, _| w.state().sign_in_method = Some("Federation".into())),
        ("moved: state-moved", |w, _| w.report.appliance.build = "2.6.1.0".parse().ok()),
        ("busy: cycle-running", |w, _| w.state().cycle_running = Some(true)),
        ("busy: state-unknown", |w, _| w.report.state = None),
    ];
    for (expected, change) in table {
        let mut world = world();
        let mut grant = world.grant(Mode::Unattended);
        change(&mut world, &mut grant);
        assert_eq!(said(&world.deliver(&grant)), *expected);
        // Whatever was wrong, the challenge is gone if the signature was good.
        if !expected.contains("grant-key-unknown") && !expected.contains("challenge-unknown") {
            let again = world.challenges.redeem(&grant.challenge, grant.plan.hash());
            assert!(again.is_err(), "{expected}");
        }
    }
}

#[test]
fn a_challenge_lets_a_grant_in_once_also_after_the_clock_was_set_back() {
    let world = world();
    let grant = world.grant(Mode::Unattended);
    assert_eq!(said(&world.deliver(&grant)), "run");
    // Not yet in the journal, as if the agent had died before: still not again.
    assert_eq!(said(&world.deliver(&grant)), "busy: challenge-unknown");
    world.hand.set_wall(grant.signed_at);
    assert_eq!(said(&world.deliver(&grant)), "busy: challenge-unknown");
}

#[test]
fn a_grant_delivered_again_is_known_and_one_for_another_plan_is_refused() {
    let world = world();
    let grant = world.grant(Mode::Unattended);
    let now = world.clock.now();
    let run = world.journal.lock().expect("locks").start(now, &grant, None).expect("starts");
    assert_eq!(said(&world.deliver(&grant)), "known");
    let mut other = grant.clone();
    other.plan.fingerprint = Digest::of(b"another");
    assert_eq!(said(&world.deliver(&other)), "refused: request-known");
    let wish = wish("enable-password-sync", Mode::Unattended);
    assert_eq!(said(&world.decide(Ask::Plan(&wish))), "refused: request-known");
    let another = PlanRequest { request: request(2), ..wish };
    assert_eq!(said(&world.decide(Ask::Plan(&another))), "busy: run-in-progress");
    let outcome = RunOutcome::Succeeded { output: serde_json::Value::Null };
    world.journal.finish(run, now, outcome).expect("writes");
    assert_eq!(said(&world.decide(Ask::Plan(&another))), "ready");
}

#[test]
fn a_grant_for_a_request_that_was_cancelled_before_it_came_is_refused() {
    let world = world();
    let grant = world.grant(Mode::Unattended);
    let (request, plan) = (&grant.plan.request, grant.plan.hash());
    world.journal.lock().expect("locks").bar(world.clock.now(), request, plan).expect("writes");
    assert_eq!(said(&world.deliver(&grant)), "refused: request-known");
    let wish = wish("enable-password-sync", Mode::Unattended);
    assert_eq!(said(&world.decide(Ask::Plan(&wish))), "refused: request-known");
}

#[test]
fn what_is_final_is_said_before_what_moved_and_that_before_what_passes() {
    let mut world = world();
    let mut grant = world.grant(Mode::Unattended);
    grant.challenge = "00".repeat(16);
    world.state().cycle_running = Some(true);
    assert_eq!(said(&world.deliver(&grant)), "busy: cycle-running");
    world.state().sign_in_method = Some("Federation".into());
    assert_eq!(said(&world.deliver(&grant)), "moved: state-moved");
    grant.approvers.clear();
    assert_eq!(said(&world.deliver(&grant)), "refused: approvals-too-few");
}

#[test]
fn the_cap_counts_the_runs_of_a_day() {
    let world = world();
    for n in 1..=2 {
        let wish = PlanRequest { request: request(n), ..wish("enable-password-sync", Mode::Unattended) };
        let mut grant = world.grant_for(&wish);
        grant.plan.request = request(n);
        drop(world.journal.lock().expect("locks").start(world.clock.now(), &grant, None).expect("starts"));
    }
    let third = PlanRequest { request: request(3), ..wish("enable-password-sync", Mode::Unattended) };
    assert_eq!(said(&world.decide(Ask::Plan(&third))), "refused: run-cap-reached");
    world.hand.advance(Duration::from_secs(24 * 3600));
    assert_eq!(said(&world.decide(Ask::Plan(&third))), "ready");
}

impl World {
    fn grant_for(&self, wish: &PlanRequest) -> Grant {
        let now = self.clock.now();
        Grant {
            plan: self.ready(wish),
            challenge: String::new(),
            requester: Snowflake(1),
            approvers: vec![Snowflake(2)],
            reason: "ticket".into(),
            audit_head: String::new(),
            signed_at: now,
            not_before: now,
            expires: now,
            proofs: Vec::new(),
        }
    }
}

#[test]
fn a_staged_grant_is_checked_again_in_full_when_it_is_applied() {
    type Change = fn(&mut World, &mut Grant);
    let table: &[(&str, Change)] = &[
        ("refused: agent-read-only", |w, _| w.config.read_only = true),
        ("refused: grant-key-unknown", |w, _| w.trust.grant_keys.clear()),
        ("refused: generation-mismatch", |w, _| w.trust.generation = 4),
        ("refused: approvals-too-few", |w, _| w.config.approvals = 2),
        ("refused: not-staged", |_, g| g.plan.request = request(9)),
        ("refused: not-staged", |_, g| g.plan.fingerprint = Digest::of(b"another")),
        ("refused: clock-skew", |w, _| w.hand.set_wall(w.clock.now() - SignedDuration::from_mins(11))),
        ("moved: state-moved", |w, _| w.report.appliance.build = "2.6.92.0".parse().ok()),
        ("busy: wizard-open", |w, _| w.state().wizard_open = Some(true)),
        ("refused: not-staged", |w, g| {
            let now = w.clock.now();
            w.journal.lock().expect("locks").cancel(now, &g.plan.request, "withdrawn").expect("cancels");
        }),
    ];
    for (expected, change) in table {
        let mut world = world().attended();
        let mut grant = world.staged();
        change(&mut world, &mut grant);
        assert_eq!(said(&world.apply(&grant)), *expected);
    }
}

#[test]
fn an_unattended_grant_cannot_be_applied() {
    let world = world();
    let grant = world.grant(Mode::Unattended);
    world.journal.lock().expect("locks").stage(world.clock.now(), &grant, "token").expect("stages");
    assert_eq!(said(&world.apply(&grant)), "refused: not-staged");
}

#[test]
fn a_damaged_journal_refuses_everything() {
    let world = world();
    let grant = world.grant(Mode::Unattended);
    std::fs::write(Path::new(world._folder.path()).join("journal.jsonl"), "?\n?\n").expect("writes");
    let wish = wish("enable-password-sync", Mode::Unattended);
    assert_eq!(said(&world.decide(Ask::Plan(&wish))), "refused: journal-corrupt");
    assert_eq!(said(&world.deliver(&grant)), "refused: journal-corrupt");
    assert_eq!(said(&world.apply(&grant)), "refused: journal-corrupt");
}

proptest::proptest! {
    #![proptest_config(proptest::test_runner::Config::with_cases(64))]
    #[test]
    fn nothing_runs_without_enough_distinct_approvers_none_of_them_the_requester(
        approvers in proptest::collection::vec(1_u64..5, 0..5),
        needed in 0_u32..4,
    ) {
        let mut world = world();
        let mut grant = world.grant(Mode::Unattended);
        world.config.approvals = needed;
        grant.approvers = approvers.iter().copied().map(Snowflake).collect();
        let ran = said(&world.deliver(&grant)) == "run";
        let distinct: std::collections::BTreeSet<u64> = approvers.iter().copied().collect();
        let quorum = distinct.len() == approvers.len()
            && distinct.len() >= needed.max(1) as usize
            && !distinct.contains(&grant.requester.0);
        proptest::prop_assert_eq!(ran, quorum);
    }
}
