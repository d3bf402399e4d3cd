//! The main job without any chat: real agents over real TLS, a real database, the gate and the driver, with
//! people whose roles a list decides. What Discord adds is told in the stories.

#[path = "without_chat/hostile_agents.rs"]
mod hostile_agents;

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::path::Path;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use futures_util::FutureExt as _;
use futures_util::future::BoxFuture;
use jiff::SignedDuration;
use syncmedic::clock::{Clock, Hand};
use syncmedic::config::Base;
use syncmedic::demo::simulator::scenario::{Scenario, servers};
use syncmedic::demo::simulator::{Fault, Pace, SyncServer};
use syncmedic::demo::site::Site;
use syncmedic::diagnosis::{Cause, diagnose};
use syncmedic::gate::{Action, Actor, Policy, Request, State};
use syncmedic::ids::Snowflake;
use syncmedic::plan::Mode;
use syncmedic::random::Random;
use syncmedic::requests::{MemberNow, Members, MembersError, NewRequest, Parts, Refused, Requests};
use syncmedic::secret::Secret;
use syncmedic::tenant::Tenant;
use syncmedic::watch::sweep::Sweeper;

const GUILD: Snowflake = Snowflake(1);
const APPROVALS: Snowflake = Snowflake(2);
const REQUESTER: Snowflake = Snowflake(4);
const APPROVER: Snowflake = Snowflake(5);
const DANA: Snowflake = Snowflake(10);
const LEE: Snowflake = Snowflake(11);

/// Whose roles are what a list says.
#[derive(Default)]
struct Roles(Mutex<HashMap<Snowflake, Result<Vec<Snowflake>, MembersError>>>);

impl Members for Roles {
    fn member(&self, user: Snowflake) -> BoxFuture<'_, Result<MemberNow, MembersError>> {
        let roles = self.0.lock().expect("unpoisoned").get(&user).cloned();
        let member = roles.unwrap_or(Err(MembersError::Gone)).map(|roles| MemberNow {
            roles,
            timed_out_until: None,
            pending: false,
            bot: false,
        });
        async move { member }.boxed()
    }
}

struct World {
    clock: Clock,
    hand: Hand,
    tenant: Tenant,
    site: Site,
    requests: Requests,
    sweeper: Sweeper,
    roles: Arc<Roles>,
    not_before: HashMap<syncmedic::ids::RequestId, jiff::Timestamp>,
    silent: HashMap<syncmedic::ids::AgentId, u32>,
    _folder: tempfile::TempDir,
}

fn base(folder: &Path) -> Base {
    Base {
        tenant: "contoso".into(),
        data_dir: folder.join("bot"),
        database: Secret::new(format!("sqlite://{}", folder.join("bot/db.sqlite").display())),
        poll_interval: Duration::from_secs(60),
        poll_deadline: Duration::from_secs(20),
        summary_schedule: "0 8 * * *".into(),
        summary_timezone: "UTC".into(),
        causes_file: None,
        builds_file: None,
    }
}

impl World {
    async fn new(scenario: Scenario) -> World {
        let folder = tempfile::tempdir().expect("a folder");
        let (clock, hand) = Clock::manual("2026-11-22T02:00:00Z".parse().expect("a time"));
        let random = Random::system();
        let tenant = Tenant::open(&base(folder.path()), &clock, &random).await.expect("opens");
        let servers = servers(scenario, &clock, &random);
        let site = Site::start(servers, &tenant, &folder.path().join("servers"), |_| {}).await;
        let site = site.expect("the agents start");
        tenant.enrol().await.expect("the agents are enrolled");
        let roles = Arc::new(Roles::default());
        roles.0.lock().expect("unpoisoned").insert(LEE, Ok(vec![APPROVER]));
        let minutes = SignedDuration::from_mins;
        let policy = Policy {
            guild: GUILD,
            approvals_channel: APPROVALS,
            requester_role: REQUESTER,
            approver_role: APPROVER,
            approver_users: Some(BTreeSet::from([LEE])),
            approvals: 1,
            approve_within: minutes(30),
            run_within: minutes(15),
            apply_within: minutes(60),
            verify_within: minutes(65),
            ticket: None,
        };
        let requests = Requests::new(Parts {
            store: tenant.store.clone(),
            fleet: tenant.fleet.clone(),
            knowledge: tenant.knowledge.clone(),
            policy,
            identity: tenant.identity.clone(),
            members: roles.clone(),
            clock: clock.clone(),
            random,
        });
        let sweeper = Sweeper {
            tenant: tenant.clone(),
            requests: requests.clone(),
            interval: Duration::from_secs(60),
            deadline: Duration::from_secs(20),
        };
        World {
            clock,
            hand,
            tenant,
            site,
            requests,
            sweeper,
            roles,
            not_before: HashMap::new(),
            silent: HashMap::new(),
            _folder: folder,
        }
    }

    fn server(&self, id: &str) -> &SyncServer {
        &self.site.post_of(id).expect("there is such a server").server
    }

    fn new_request(&self) -> NewRequest {
        NewRequest {
            actor: actor(DANA, REQUESTER),
            agent: "SYNC01".parse().expect("valid"),
            command: "enable-password-sync".parse().expect("valid"),
            arguments: BTreeMap::new(),
            mode: None,
            reason: "users can't sign in".into(),
            justification: None,
        }
    }

    async fn approved(&self) -> Request {
        let request = self.requests.open(self.new_request()).await.expect("the offer stands");
        let approved = self.requests.act(&request.id, &actor(LEE, APPROVER), Action::Approve).await;
        approved.expect("Lee may approve")
    }

    async fn cause(&self) -> Cause {
        let seen = self.tenant.fleet.poll(Duration::from_secs(20)).await;
        let diagnosis = diagnose(&seen, self.clock.now(), &self.tenant.knowledge);
        diagnosis.leading().expect("there are servers").cause
    }

    /// One round of the driver.
    async fn round(&mut self) {
        self.requests.round(&mut self.not_before).await;
    }

    /// A minute passes: the servers live, the fleet is swept, the driver looks.
    async fn minute(&mut self) {
        self.hand.advance(Duration::from_secs(60));
        for post in self.site.posts() {
            post.server.cycle(Pace::REAL.ping);
        }
        for post in self.site.posts() {
            post.agent.report(true).await;
        }
        self.sweeper.sweep(&mut self.silent).await.expect("the sweep is kept");
        self.round().await;
    }

    async fn until(&mut self, request: &Request, state: State) -> Request {
        for _ in 0..300 {
            let now = self.requests.find(&request.id).await.expect("readable").expect("is there");
            if now.state == state {
                return now;
            }
            self.minute().await;
        }
        let now = self.requests.find(&request.id).await.expect("readable").expect("is there");
        panic!("in vain: {state:?}; {now:#?}");
    }
}

fn actor(user: Snowflake, role: Snowflake) -> Actor {
    Actor {
        user,
        guild: Some(GUILD),
        channel: APPROVALS,
        roles: vec![role],
        bot: false,
        timed_out_until: None,
        pending: false,
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_approved_request_runs_on_the_right_server_and_is_proven() {
    let mut world = World::new(Scenario::Unattended).await;
    assert_eq!(world.cause().await, Cause::PhsNotActivated);
    let request = world.approved().await;
    assert_eq!((request.state, request.plan.mode), (State::Approved, Mode::Unattended));
    assert!(!world.server("SYNC01").tenant().flag(), "nothing ran yet");
    let verified = world.until(&request, State::Verified).await;
    assert!(!verified.late);
    assert!(world.server("SYNC01").tenant().flag());
    assert_eq!(world.cause().await, Cause::Recovered);
    assert!(world.tenant.store.verify(None).await.expect("can be checked").is_ok());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_attended_request_is_staged_until_an_operator_applies_it() {
    let mut world = World::new(Scenario::Attended).await;
    let request = world.approved().await;
    assert_eq!(request.plan.mode, Mode::Attended);
    let staged = world.until(&request, State::Staged).await;
    assert!(!world.server("SYNC01").tenant().flag(), "nothing ran yet");
    let agent = &world.site.post_of("SYNC01").expect("is there").agent;
    let operator = syncmedic::agent::Operator { account: r"CONTOSO\olga".into(), aad_username: None };
    agent.apply(&staged.id, operator).await.expect("may be applied");
    let verified = world.until(&request, State::Verified).await;
    assert_eq!(verified.operator.as_deref(), Some(r"CONTOSO\olga"));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_active_servers_withhold_every_offer() {
    let world = World::new(Scenario::TwoActive).await;
    let refused = world.requests.open(world.new_request()).await.expect_err("no offer stands");
    assert_eq!(refused.code(), "no-offer");
    assert!(refused.to_string().contains("STAGE01 is active too"), "{refused}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_role_that_was_lost_between_click_and_run_stops_the_run() {
    let mut world = World::new(Scenario::Unattended).await;
    let request = world.approved().await;
    world.roles.0.lock().expect("unpoisoned").insert(LEE, Ok(vec![]));
    let failed = world.until(&request, State::Failed).await;
    assert_eq!(failed.outcome.expect("says why").code, "approver-lost");
    assert!(!world.server("SYNC01").tenant().flag(), "nothing ran");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn approvers_that_cannot_be_confirmed_let_it_lapse_and_nothing_runs() {
    let mut world = World::new(Scenario::Unattended).await;
    let request = world.approved().await;
    let unreachable = Err(MembersError::Unreachable("no answer".into()));
    world.roles.0.lock().expect("unpoisoned").insert(LEE, unreachable);
    let lapsed = world.until(&request, State::Lapsed).await;
    assert_eq!(lapsed.outcome.expect("says why").code, "approvers-unconfirmed");
    assert!(!world.server("SYNC01").tenant().flag(), "nothing ran");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_busy_server_is_asked_again_and_a_moved_state_runs_nothing() {
    let mut world = World::new(Scenario::Unattended).await;
    let request = world.approved().await;
    world.server("SYNC01").change(|state| state.cycle_running = true);
    world.minute().await;
    let waiting = world.requests.find(&request.id).await.expect("readable").expect("is there");
    assert_eq!(waiting.state, State::Approved);
    assert!(waiting.outcome.is_some(), "the card says what it waits for");
    world.server("SYNC01").change(|state| {
        state.cycle_running = false;
        state.sign_in_method = "PassThroughAuthentication".into();
    });
    let moved = world.until(&request, State::Moved).await;
    assert_eq!(moved.state, State::Moved);
    assert!(!world.server("SYNC01").tenant().flag(), "nothing ran");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_fault_that_ends_by_itself_closes_its_open_request() {
    let mut world = World::new(Scenario::Unattended).await;
    let request = world.requests.open(world.new_request()).await.expect("the offer stands");
    world.server("SYNC01").tenant().set_flag(true);
    let moved = world.until(&request, State::Moved).await;
    assert_eq!(moved.outcome.expect("says why").code, "fault-ended");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_run_that_only_says_it_worked_is_never_verified() {
    let mut world = World::new(Scenario::Unattended).await;
    world.server("SYNC01").change(|state| state.next_run = Fault::Silent);
    let request = world.approved().await;
    let unproven = world.until(&request, State::Unproven).await;
    assert!(unproven.outcome.is_some());
    // Later proof still counts, marked late.
    world.server("SYNC01").tenant().set_flag(true);
    assert!(world.until(&request, State::Verified).await.late);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn at_most_one_request_for_a_command_and_scope_is_open() {
    let world = World::new(Scenario::Unattended).await;
    let first = world.requests.open(world.new_request()).await.expect("the offer stands");
    let second = world.requests.open(world.new_request()).await;
    match second {
        Err(Refused::Gate(syncmedic::gate::Refusal::AlreadyOpen(id))) => assert_eq!(id, first.id),
        other => panic!("{other:?}"),
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_staged_command_whose_server_is_gone_floods_no_audit_and_is_never_called_proven() {
    let mut world = World::new(Scenario::Attended).await;
    let request = world.approved().await;
    world.until(&request, State::Staged).await;
    world.site.silence("SYNC01");
    let before = world.tenant.store.head().await.expect("readable").seq;
    let unknown = world.until(&request, State::Unknown).await;
    let after = world.tenant.store.head().await.expect("readable").seq;
    assert!(after - before < 10, "{} audit rows for a server that is off", after - before);
    assert_eq!(unknown.ran_at, None, "nobody saw it run");
    // Somebody mends it by hand: that proves nothing of a command that was never seen to run.
    world.server("SYNC01").tenant().set_flag(true);
    for _ in 0..5 {
        world.minute().await;
    }
    let still = world.requests.find(&request.id).await.expect("readable").expect("is there");
    assert_eq!(still.state, State::Unknown);
}
