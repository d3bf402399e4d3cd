//! The gate's promises: each by name, and those that must hold whatever happens as properties.

use std::collections::{BTreeMap, BTreeSet};

use jiff::{SignedDuration, Timestamp};
use proptest::prelude::*;
use regex::Regex;

use super::*;
use crate::ids::Snowflake;
use crate::link::protocol::{Reason, RunOutcome};
use crate::plan::{Digest, Mode, Plan};
use crate::words::Text;

const GUILD: Snowflake = Snowflake(1);
const APPROVALS: Snowflake = Snowflake(2);
const ANSWERS: Snowflake = Snowflake(3);
const REQUESTER: Snowflake = Snowflake(4);
const APPROVER: Snowflake = Snowflake(5);
const DANA: Snowflake = Snowflake(10);
const LEE: Snowflake = Snowflake(11);
const KIM: Snowflake = Snowflake(12);

fn start() -> Timestamp {
    "2026-11-22T02:00:00Z".parse().expect("a time")
}

fn minutes(count: i64) -> SignedDuration {
    SignedDuration::from_mins(count)
}

fn policy() -> Policy {
    Policy {
        guild: GUILD,
        approvals_channel: APPROVALS,
        requester_role: REQUESTER,
        approver_role: APPROVER,
        approver_users: Some(BTreeSet::from([LEE, KIM, DANA])),
        approvals: 1,
        approve_within: minutes(30),
        run_within: minutes(15),
        apply_within: minutes(240),
        verify_within: minutes(65),
        ticket: None,
    }
}

fn actor(user: Snowflake, roles: &[Snowflake], channel: Snowflake) -> Actor {
    Actor {
        user,
        guild: Some(GUILD),
        channel,
        roles: roles.to_vec(),
        bot: false,
        timed_out_until: None,
        pending: false,
    }
}

fn lee() -> Actor {
    actor(LEE, &[APPROVER], APPROVALS)
}

fn kim() -> Actor {
    actor(KIM, &[APPROVER], APPROVALS)
}

fn ask(mode: Mode) -> Ask {
    let id: crate::ids::RequestId = "000102030405060708090a0b0c0d0e0f".parse().expect("valid");
    Ask {
        id: id.clone(),
        actor: actor(DANA, &[REQUESTER], ANSWERS),
        reason: "users locked out".into(),
        justification: None,
        plan: Plan {
            request: id,
            command: "enable-password-sync".parse().expect("valid"),
            script: Digest::of(b"script"),
            mode,
            arguments: BTreeMap::new(),
            agent: "SYNC01".parse().expect("valid"),
            generation: 1,
            fingerprint: Digest::of(b"state"),
        },
        scope: "tenant".into(),
        target: "the tenant".into(),
        observed: Vec::new(),
        why_not: Vec::new(),
        deliberate: false,
    }
}

fn requested(policy: &Policy) -> Request {
    open(ask(Mode::Unattended), policy, start()).expect("may ask").request
}

fn approve(actor: Actor) -> Input {
    Input::Person { actor, action: Action::Approve }
}

fn deny(actor: Actor) -> Input {
    Input::Person { actor, action: Action::Deny { why: "not tonight".into() } }
}

fn withdraw(actor: Actor) -> Input {
    Input::Person { actor, action: Action::Withdraw }
}

fn next(request: &Request, input: Input) -> Request {
    decide(request, input, &policy(), start() + minutes(1)).expect("is possible").request
}

fn code(request: &Request, input: Input) -> &'static str {
    decide(request, input, &policy(), start() + minutes(1)).expect_err("is refused").code()
}

fn in_state(state: State) -> Request {
    let request = requested(&policy());
    let approved = || next(&request, approve(lee()));
    let running = || next(&approved(), Input::Granting);
    let succeeded = || next(&running(), finished(true));
    match state {
        State::Requested => request,
        State::Approved => approved(),
        State::Denied => next(&request, deny(lee())),
        State::Withdrawn => next(&request, withdraw(lee())),
        State::Expired => decide(&request, Input::Tick, &policy(), request.approve_by).expect("ends").request,
        State::Lapsed => {
            let approved = approved();
            let over = approved.run_by.expect("has a deadline");
            decide(&approved, Input::Tick, &policy(), over).expect("ends").request
        }
        State::Moved => next(&request, Input::FaultEnded),
        State::Staged => next(&running(), Input::Staged),
        State::Running => running(),
        State::Succeeded => succeeded(),
        State::Failed => next(&running(), finished(false)),
        State::Unknown => next(&running(), Input::Lost { since: Some(start()) }),
        State::Verified => next(&succeeded(), Input::Proven),
        State::Unproven => {
            let succeeded = succeeded();
            let over = succeeded.verify_by.expect("has a deadline");
            decide(&succeeded, Input::Tick, &policy(), over).expect("ends").request
        }
    }
}

fn finished(well: bool) -> Input {
    let outcome = match well {
        true => RunOutcome::Succeeded { output: serde_json::json!({"ok": true}) },
        false => RunOutcome::Failed { why: Reason::new("cmdlet-failed", "no") },
    };
    Input::Finished { at: start(), outcome, operator: None }
}

#[test]
fn the_requesters_own_approval_never_counts() {
    let mut both = actor(DANA, &[REQUESTER, APPROVER], APPROVALS);
    assert_eq!(code(&requested(&policy()), approve(both.clone())), "self-approval");
    both.roles.clear();
    assert_eq!(code(&requested(&policy()), approve(both)), "self-approval");
}

#[test]
fn an_approver_holds_the_role_now_and_is_listed() {
    let request = requested(&policy());
    assert_eq!(code(&request, approve(actor(LEE, &[], APPROVALS))), "not-approver");
    assert_eq!(code(&request, approve(actor(Snowflake(99), &[APPROVER], APPROVALS))), "not-listed");
    assert_eq!(next(&request, approve(lee())).state, State::Approved);
}

#[test]
fn without_a_list_the_approver_role_is_still_needed() {
    let open_list = Policy { approver_users: None, ..policy() };
    let request = requested(&open_list);
    let decided = |actor| decide(&request, approve(actor), &open_list, start() + minutes(1));
    let stranger = |roles: &[Snowflake]| actor(Snowflake(99), roles, APPROVALS);
    assert_eq!(decided(stranger(&[])).expect_err("is refused").code(), "not-approver");
    assert_eq!(decided(stranger(&[REQUESTER])).expect_err("is refused").code(), "not-approver");
    assert!(decided(stranger(&[APPROVER])).is_ok());
}

#[test]
fn a_click_from_another_guild_channel_or_direct_message_decides_nothing() {
    let request = requested(&policy());
    let with = |change: fn(&mut Actor)| {
        let mut actor = lee();
        change(&mut actor);
        actor
    };
    assert_eq!(code(&request, approve(with(|a| a.guild = Some(Snowflake(77))))), "wrong-guild");
    assert_eq!(code(&request, approve(with(|a| a.guild = None))), "direct-message");
    assert_eq!(code(&request, approve(with(|a| a.channel = ANSWERS))), "wrong-channel");
    assert_eq!(code(&request, approve(with(|a| a.bot = true))), "bot");
    assert_eq!(code(&request, approve(with(|a| a.pending = true))), "pending-member");
    let later = |a: &mut Actor| a.timed_out_until = Some(start() + minutes(2));
    assert_eq!(code(&request, approve(with(later))), "timed-out-member");
    let over = |a: &mut Actor| a.timed_out_until = Some(start());
    assert_eq!(next(&request, approve(with(over))).state, State::Approved);
}

#[test]
fn only_the_requester_role_may_ask_and_only_where_an_offer_stands() {
    let refused = |change: fn(&mut Ask)| {
        let mut ask = ask(Mode::Unattended);
        change(&mut ask);
        open(ask, &policy(), start()).expect_err("is refused").code()
    };
    assert_eq!(refused(|a| a.actor.roles.clear()), "not-requester");
    assert_eq!(refused(|a| a.actor.guild = None), "direct-message");
    assert_eq!(
        refused(|a| a.why_not = vec![("staging-mode".into(), Text::plain("it is staging"))]),
        "no-offer"
    );
    assert_eq!(refused(|a| a.reason = " ".into()), "reason-missing");
    assert_eq!(refused(|a| a.deliberate = true), "justification-missing");
    assert_eq!(refused(|a| a.id = "ff0102030405060708090a0b0c0d0e0f".parse().expect("valid")), "wrong-plan");
    let ticket = Policy { ticket: Some(Regex::new("INC").expect("a pattern")), ..policy() };
    let refusal = open(ask(Mode::Unattended), &ticket, start()).expect_err("is refused");
    assert_eq!(refusal.code(), "ticket-missing");
}

#[test]
fn deliberate_switching_off_needs_a_justification_and_two_approvers() {
    let mut ask = ask(Mode::Unattended);
    ask.deliberate = true;
    ask.justification = Some("agreed with the security team today".into());
    let request = open(ask, &policy(), start()).expect("may ask").request;
    let once = next(&request, approve(lee()));
    assert_eq!(once.state, State::Requested);
    assert_eq!(code(&once, approve(lee())), "already-approved");
    assert_eq!(next(&once, approve(kim())).state, State::Approved);
}

#[test]
fn denial_beats_a_late_approval_and_an_approval_that_has_not_run() {
    let denied = in_state(State::Denied);
    assert_eq!(code(&denied, approve(kim())), "already-decided");
    assert_eq!(next(&in_state(State::Approved), deny(kim())).state, State::Denied);
    assert_eq!(code(&in_state(State::Running), deny(kim())), "already-decided");
}

#[test]
fn the_requester_or_an_approver_can_withdraw_until_it_runs() {
    let dana = || actor(DANA, &[REQUESTER], APPROVALS);
    assert_eq!(next(&in_state(State::Requested), withdraw(dana())).state, State::Withdrawn);
    assert_eq!(next(&in_state(State::Approved), withdraw(kim())).state, State::Withdrawn);
    let sam = actor(Snowflake(30), &[], APPROVALS);
    assert_eq!(code(&in_state(State::Requested), withdraw(sam)), "not-yours");
    assert_eq!(code(&in_state(State::Running), withdraw(dana())), "already-decided");
}

#[test]
fn what_is_staged_is_withdrawn_only_once_the_server_confirms() {
    let staged = in_state(State::Staged);
    let decision = decide(&staged, withdraw(lee()), &policy(), start()).expect("may");
    assert!(decision.effects.contains(&Effect::CancelAtAgent));
    assert_eq!(decision.request.state, State::Staged);
    assert_eq!(next(&decision.request, Input::Cancelled).state, State::Withdrawn);
    // The operator was quicker: what ran is told as it is.
    assert_eq!(next(&decision.request, finished(true)).state, State::Succeeded);
}

#[test]
fn a_request_expires_and_an_approved_one_lapses_with_the_reason_it_waited_for() {
    let request = requested(&policy());
    let late = decide(&request, approve(lee()), &policy(), request.approve_by).expect_err("too late");
    assert_eq!(late.code(), "expired");
    assert_eq!(in_state(State::Expired).state, State::Expired);
    let waiting = next(&in_state(State::Approved), Input::Busy(Reason::new("cycle-running", "a cycle runs")));
    let over = waiting.run_by.expect("has a deadline");
    let lapsed = decide(&waiting, Input::Tick, &policy(), over).expect("ends").request;
    assert_eq!(lapsed.state, State::Lapsed);
    assert_eq!(lapsed.outcome.expect("says why").code, "cycle-running");
}

#[test]
fn no_grant_without_quorum_nor_after_the_deadline() {
    assert_eq!(code(&in_state(State::Requested), Input::Granting), "out-of-order");
    let mut forged = in_state(State::Approved);
    forged.approvals = vec![Approval { user: DANA, at: start() }];
    assert_eq!(code(&forged, Input::Granting), "out-of-order");
    let mut twice = in_state(State::Approved);
    twice.needed = 2;
    twice.approvals.push(twice.approvals[0]);
    assert_eq!(code(&twice, Input::Granting), "out-of-order");
    let approved = in_state(State::Approved);
    let over = approved.run_by.expect("has a deadline");
    assert!(decide(&approved, Input::Granting, &policy(), over).is_err());
}

#[test]
fn later_proof_turns_unproven_into_verified_marked_late() {
    let verified = next(&in_state(State::Unproven), Input::Proven);
    assert!(verified.late);
    assert_eq!(verified.state, State::Verified);
    assert!(!in_state(State::Verified).late);
    assert_eq!(next(&in_state(State::Unknown), Input::Proven).state, State::Verified);
}

#[test]
fn what_nobody_saw_begin_is_never_proven() {
    let lost = next(&in_state(State::Running), Input::Lost { since: None });
    assert_eq!(lost.state, State::Unknown);
    assert_eq!(code(&lost, Input::Proven), "out-of-order");
    let never = Reason::new("not-delivered", "nothing ran");
    assert_eq!(next(&lost, Input::NeverRan(never.clone())).state, State::Failed);
    // Once it was seen to begin, nobody can say that it never did.
    let begun = next(&lost, Input::Started { at: start() });
    assert_eq!(code(&begun, Input::NeverRan(never)), "out-of-order");
    assert_eq!(next(&begun, Input::Proven).state, State::Verified);
}

#[test]
fn a_run_that_may_have_worked_is_observed_and_not_called_failed() {
    let ends = |code: &str| {
        let outcome = RunOutcome::Failed { why: Reason::new(code, "no") };
        next(&in_state(State::Running), Input::Finished { at: start(), outcome, operator: None })
    };
    assert_eq!(ends("flag-still-off").state, State::Unknown);
    assert_eq!(ends("timed-out").state, State::Unknown);
    assert_eq!(ends("state-moved").state, State::Failed);
    assert_eq!(ends("needs-a-person").state, State::Failed);
    assert_eq!(next(&ends("timed-out"), Input::Proven).state, State::Verified);
    // The agent's journal goes on saying so; it is news only once.
    assert_eq!(code(&ends("timed-out"), finished(false)), "out-of-order");
}

#[test]
fn a_delivery_that_met_a_busy_server_is_planned_again() {
    let busy = || Input::Busy(Reason::new("cycle-running", "a cycle runs"));
    let again = next(&in_state(State::Running), busy());
    assert_eq!((again.state, again.granted_at), (State::Approved, None));
    let begun = next(&in_state(State::Running), Input::Started { at: start() });
    assert_eq!(code(&begun, busy()), "out-of-order");
}

#[test]
fn a_request_that_cannot_reach_its_quorum_is_refused_at_once() {
    let one = Policy { approver_users: Some(BTreeSet::from([LEE, DANA])), ..policy() };
    assert!(open(ask(Mode::Unattended), &one, start()).is_ok());
    let mut deliberate = ask(Mode::Unattended);
    deliberate.deliberate = true;
    deliberate.justification = Some("agreed with the security team today".into());
    assert_eq!(open(deliberate, &one, start()).expect_err("is refused").code(), "no-quorum");
}

#[test]
fn a_decided_request_stays_decided() {
    for state in State::ALL.into_iter().filter(|state| !state.is_watched()) {
        let request = in_state(state);
        assert_eq!(request.state, state);
        for input in [approve(lee()), deny(lee()), withdraw(lee()), Input::Granting, finished(true)] {
            assert!(decide(&request, input, &policy(), start()).is_err(), "{state}");
        }
    }
}

/// Anything that can happen, in any order.
fn any_input() -> impl Strategy<Value = Input> {
    let users = prop_oneof![Just(DANA), Just(LEE), Just(KIM), Just(Snowflake(99))];
    let roles = prop::collection::vec(prop_oneof![Just(REQUESTER), Just(APPROVER)], 0..3);
    let channels = prop_oneof![9 => Just(APPROVALS), 1 => Just(ANSWERS)];
    let actions = prop_oneof![
        4 => Just(Action::Approve),
        1 => Just(Action::Deny { why: "no".into() }),
        1 => Just(Action::Withdraw),
    ];
    let people = (users, roles, channels, actions).prop_map(|(user, roles, channel, action)| Input::Person {
        actor: actor(user, &roles, channel),
        action,
    });
    let why = || Reason::new("why", "why");
    prop_oneof![
        6 => people,
        4 => Just(Input::Granting),
        2 => Just(Input::Tick),
        1 => Just(Input::Busy(why())),
        1 => Just(Input::ApproverLost(why())),
        1 => Just(Input::Moved(why())),
        1 => Just(Input::FaultEnded),
        1 => Just(Input::NeverRan(why())),
        1 => Just(Input::Refused(why())),
        2 => Just(Input::Staged),
        2 => Just(Input::Started { at: start() }),
        2 => any::<bool>().prop_map(finished),
        1 => Just(Input::Lost { since: Some(start()) }),
        1 => Just(Input::Cancelled),
        1 => Just(Input::Proven),
        1 => Just(Input::Contradicted(why())),
    ]
}

proptest! {
    /// No execution without a quorum of distinct non-requesters who were approvers when they clicked;
    /// nothing is granted after a denial; at most one grant leads to an end; deadlines hold.
    #[test]
    fn nothing_runs_without_a_quorum_of_distinct_listed_approvers_other_than_the_requester(
        needed in 1u32..=3,
        mode in prop_oneof![Just(Mode::Unattended), Just(Mode::Attended)],
        inputs in prop::collection::vec((any_input(), 0i64..20), 0..40),
    ) {
        let listed = Some(BTreeSet::from([LEE, KIM, DANA, Snowflake(98)]));
        let policy = Policy { approvals: needed, approver_users: listed, ..policy() };
        let mut request = open(ask(mode), &policy, start()).expect("may ask").request;
        let mut now = start();
        let mut approved_by = BTreeSet::new();
        let mut denied = false;
        let mut ended = 0;
        for (input, later) in inputs {
            now += minutes(later);
            let may_approve = match &input {
                Input::Person { actor, action: Action::Approve } => {
                    let listed = [LEE, KIM, DANA].contains(&actor.user) && actor.user != DANA;
                    let here = actor.channel == APPROVALS && actor.roles.contains(&APPROVER);
                    (listed && here).then_some(actor.user)
                }
                _ => None,
            };
            let kind = input.clone();
            let Ok(decision) = decide(&request, input, &policy, now) else { continue };
            if decision.audit == "nothing" { continue }
            prop_assert_eq!(decision.request.version, request.version + 1);
            match kind {
                Input::Person { action: Action::Approve, .. } => {
                    prop_assert!(may_approve.is_some());
                    prop_assert!(now < request.approve_by);
                    approved_by.extend(may_approve);
                }
                Input::Person { action: Action::Deny { .. }, .. } => denied = true,
                Input::Granting => {
                    prop_assert!(!denied);
                    prop_assert!(approved_by.len() >= needed as usize);
                    prop_assert!(now < request.run_by.expect("has a deadline"));
                }
                Input::Finished { .. } => ended += 1,
                _ => {}
            }
            request = decision.request;
            if matches!(request.state, State::Running | State::Staged | State::Succeeded | State::Verified) {
                prop_assert!(approved_by.len() >= needed as usize);
            }
        }
        prop_assert!(ended <= 1, "a request ended {} times", ended);
    }
}
