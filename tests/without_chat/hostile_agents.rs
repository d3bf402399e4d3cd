//! Agents that lie, and grants that come where or when they should not. What a single agent does with a bad
//! grant is in the agent's own tests, oversized and slow answers are in the link's; here the whole way is held
//! to it, with the real agents behind a liar.

use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Duration;

use jiff::SignedDuration;
use syncmedic::demo::simulator::scenario::Scenario;
use syncmedic::fleet::{AgentLink, Answer};
use syncmedic::gate::State;
use syncmedic::ids::{AgentId, RequestId};
use syncmedic::link::error::LinkError;
use syncmedic::link::protocol::{
    CatalogEntry, Execution, ExecutionAnswer, PlanAnswer, PlanRequest, Progress, RunOutcome,
};
use syncmedic::plan::{Digest, Mode, Plan};
use syncmedic::report::Report;

use super::World;

/// What a liar says instead of the truth.
#[derive(Clone, Copy)]
enum Lie {
    /// Nothing: it is honest, and remembers the grants.
    None,
    /// Another plan than it was asked for.
    Plan(fn(&mut Plan)),
    /// The report that a plan was made on.
    Report(fn(&mut Report)),
    /// How a run stands.
    Run(fn(&mut Execution)),
    /// It takes a grant, says nothing, and does nothing.
    Withhold,
}

/// Stands before an honest agent.
struct Liar {
    honest: Arc<dyn AgentLink>,
    lie: Mutex<Lie>,
    grants: Mutex<Vec<String>>,
}

impl Liar {
    /// Puts a liar before SYNC01's agent.
    fn before(world: &World) -> Arc<Liar> {
        let fleet = &world.tenant.fleet;
        let link = |agent: &AgentId| fleet.link(agent).expect("is enrolled");
        let honest = link(&id("SYNC01"));
        let liar = Arc::new(Liar { honest, lie: Mutex::new(Lie::None), grants: Mutex::default() });
        let all: Vec<(_, Arc<dyn AgentLink>)> = fleet
            .enrolled()
            .into_iter()
            .map(|enrolled| match enrolled.agent.as_str() {
                "SYNC01" => (enrolled, liar.clone() as Arc<dyn AgentLink>),
                _ => {
                    let link = link(&enrolled.agent);
                    (enrolled, link)
                }
            })
            .collect();
        fleet.replace(all);
        liar
    }

    fn say(&self, lie: Lie) {
        *lock(&self.lie) = lie;
    }

    fn lie(&self) -> Lie {
        *lock(&self.lie)
    }

    /// The grant that it was given.
    fn grant(&self) -> String {
        lock(&self.grants).first().cloned().expect("it was given one")
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().expect("unpoisoned")
}

fn id(agent: &str) -> AgentId {
    agent.parse().expect("valid")
}

impl AgentLink for Liar {
    fn report(&self, fresh: bool) -> Answer<'_, Report> {
        self.honest.report(fresh)
    }

    fn plan<'a>(&'a self, request: &'a PlanRequest) -> Answer<'a, PlanAnswer> {
        Box::pin(async move {
            let mut answer = self.honest.plan(request).await?;
            if let PlanAnswer::Ready { plan, report, .. } = &mut answer {
                match self.lie() {
                    Lie::Plan(change) => change(plan),
                    Lie::Report(change) => change(report),
                    _ => {}
                }
            }
            Ok(answer)
        })
    }

    fn execute<'a>(&'a self, grant: &'a str) -> Answer<'a, ExecutionAnswer> {
        lock(&self.grants).push(grant.to_owned());
        Box::pin(async move {
            if let Lie::Withhold = self.lie() {
                return Err(LinkError::TimedOut { agent: id("SYNC01"), after: Duration::from_secs(15) });
            }
            let mut answer = self.honest.execute(grant).await?;
            if let (Lie::Run(change), ExecutionAnswer::Accepted { execution }) = (self.lie(), &mut answer) {
                change(execution);
            }
            Ok(answer)
        })
    }

    fn execution<'a>(&'a self, request: &'a RequestId) -> Answer<'a, Option<Execution>> {
        Box::pin(async move {
            let mut answer = self.honest.execution(request).await?;
            if let (Lie::Run(change), Some(execution)) = (self.lie(), &mut answer) {
                change(execution);
            }
            Ok(answer)
        })
    }

    fn cancel<'a>(&'a self, request: &'a RequestId, plan: Digest) -> Answer<'a, ExecutionAnswer> {
        self.honest.cancel(request, plan)
    }

    fn catalog(&self) -> Answer<'_, Vec<CatalogEntry>> {
        self.honest.catalog()
    }
}

/// Everything about a plan that an agent could say wrongly.
/// A change, with its name.
type Change<T> = (&'static str, fn(&mut T));

const OTHER_PLANS: [Change<Plan>; 8] = [
    ("request", |plan| plan.request = "0123456789abcdef0123456789abcdef".parse().expect("valid")),
    ("command", |plan| plan.command = "enable-forest-channel".parse().expect("valid")),
    ("script", |plan| plan.script = Digest::of(b"another script")),
    ("mode", |plan| plan.mode = Mode::Attended),
    ("argument", |plan| {
        plan.arguments.insert("connector".into(), "another".into());
    }),
    ("agent", |plan| plan.agent = id("STAGE01")),
    ("generation", |plan| plan.generation += 1),
    ("fingerprint", |plan| plan.fingerprint = Digest::of(b"another state")),
];

/// Another report beside an honest plan.
const OTHER_REPORTS: [Change<Report>; 3] = [
    ("agent", |report| report.agent = id("STAGE01")),
    ("generation", |report| report.generation += 1),
    ("state", |report| {
        if let Some(state) = &mut report.state {
            state.sign_in_method = Some("PassThroughAuthentication".into());
        }
    }),
];

fn lies() -> impl Iterator<Item = (&'static str, Lie)> {
    let plans = OTHER_PLANS.into_iter().map(|(what, change)| (what, Lie::Plan(change)));
    plans.chain(OTHER_REPORTS.into_iter().map(|(what, change)| (what, Lie::Report(change))))
}

/// How often the changing cmdlet was called.
fn runs(world: &World, server: &str) -> usize {
    world.server(server).console().iter().filter(|line| line.contains("Set-ADSync")).count()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_plan_for_anything_else_than_was_asked_makes_no_request() {
    let world = World::new(Scenario::Unattended).await;
    let liar = Liar::before(&world);
    for (what, lie) in lies() {
        liar.say(lie);
        let refused = world.requests.open(world.new_request()).await.expect_err(what);
        assert_eq!(refused.code(), "wrong-plan", "{what}: {refused}");
    }
    assert!(world.tenant.store.recent_requests(10).await.expect("readable").is_empty());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_plan_that_is_not_the_approved_one_gets_no_grant() {
    for (what, lie) in lies() {
        let mut world = World::new(Scenario::Unattended).await;
        let liar = Liar::before(&world);
        let request = world.approved().await;
        liar.say(lie);
        world.until(&request, State::Moved).await;
        assert!(lock(&liar.grants).is_empty(), "{what}: a grant was signed");
        assert!(!world.server("SYNC01").tenant().flag(), "{what}: it ran");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_journal_that_shows_another_plan_or_request_proves_no_success() {
    let lies: [fn(&mut Execution); 2] = [
        |execution| execution.plan = Digest::of(b"another plan"),
        |execution| execution.request = "0123456789abcdef0123456789abcdef".parse().expect("valid"),
    ];
    for lie in lies {
        let mut world = World::new(Scenario::Unattended).await;
        let liar = Liar::before(&world);
        liar.say(Lie::Run(lie));
        let request = world.approved().await;
        let unknown = world.until(&request, State::Unknown).await;
        assert_eq!(unknown.ran_at, None, "nothing that it said of the run counts");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_agent_that_only_says_that_it_ran_is_never_believed() {
    let mut world = World::new(Scenario::Unattended).await;
    let liar = Liar::before(&world);
    world.server("SYNC01").change(|state| state.hold_runs = true);
    liar.say(Lie::Run(|execution| {
        if let Progress::Running { since } = execution.progress {
            let outcome = RunOutcome::Succeeded { output: serde_json::json!({ "ok": true }) };
            execution.progress = Progress::Finished { at: since, outcome, operator: None };
        }
    }));
    let request = world.approved().await;
    world.until(&request, State::Unproven).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_grant_runs_once_where_it_was_meant_to_however_it_is_delivered_again() {
    let mut world = World::new(Scenario::Unattended).await;
    let liar = Liar::before(&world);
    let request = world.approved().await;
    world.until(&request, State::Verified).await;
    let (grant, flag) = (liar.grant(), world.server("SYNC01").tenant().clone());
    // As if it had never run: a second run would switch the flag on again.
    flag.set_flag(false);
    let sibling = world.tenant.fleet.link(&id("STAGE01")).expect("is enrolled");
    let answer = sibling.execute(&grant).await.expect("answers");
    let ExecutionAnswer::Refused { why } = answer else { panic!("the sibling took it: {answer:?}") };
    assert!(why.iter().any(|reason| reason.code == "agent-mismatch"), "{why:?}");
    assert_eq!(runs(&world, "STAGE01"), 0);

    for rolled_back in [SignedDuration::ZERO, SignedDuration::from_mins(30), SignedDuration::from_hours(48)] {
        world.hand.set_wall(world.clock.now() - rolled_back);
        let answer = liar.honest.execute(&grant).await.expect("answers");
        let ExecutionAnswer::Accepted { execution } = answer else { panic!("not known: {answer:?}") };
        assert!(matches!(execution.progress, Progress::Finished { .. }), "{execution:?}");
    }
    assert_eq!(runs(&world, "SYNC01"), 1);
    assert!(!flag.flag(), "it ran once");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_grant_that_was_held_back_is_stale_after_two_minutes_whatever_the_wall_clock_says() {
    let mut world = World::new(Scenario::Unattended).await;
    let liar = Liar::before(&world);
    liar.say(Lie::Withhold);
    let request = world.approved().await;
    world.until(&request, State::Running).await;
    let (grant, signed_at) = (liar.grant(), world.clock.now());
    world.hand.advance(Duration::from_secs(121));
    world.hand.set_wall(signed_at);
    let answer = liar.honest.execute(&grant).await.expect("answers");
    let ExecutionAnswer::Busy { why, .. } = answer else { panic!("was taken: {answer:?}") };
    assert!(why.iter().any(|reason| reason.code == "challenge-expired"), "{why:?}");
    // The bot finds out that it was never taken, and has the server note that it never will be.
    let failed = world.until(&request, State::Failed).await;
    assert_eq!(failed.outcome.expect("says why").code, "not-delivered");
    let answer = liar.honest.execute(&grant).await.expect("answers");
    let never = matches!(&answer, ExecutionAnswer::Accepted { execution }
        if matches!(execution.progress, Progress::Cancelled { .. }));
    assert!(never || matches!(answer, ExecutionAnswer::Refused { .. }), "{answer:?}");
    assert_eq!(runs(&world, "SYNC01"), 0);
    assert!(!world.server("SYNC01").tenant().flag());
}
