use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

use jiff::{SignedDuration, Timestamp};
use tokio::sync::{Notify, oneshot};

use super::*;
use crate::clock::Hand;
use crate::ids::RequestId;
use crate::link::error::LinkError;
use crate::link::protocol::{CatalogEntry, Execution, ExecutionAnswer, PlanAnswer, PlanRequest};
use crate::plan::Digest;
use crate::report::Report;

const DEADLINE: Duration = Duration::from_secs(2);

fn start() -> Timestamp {
    "2026-11-22T02:00:00Z".parse().expect("a time")
}

fn id(text: &str) -> AgentId {
    text.parse().expect("valid")
}

fn enrolled(agent: &str, generation: u32) -> Enrolled {
    Enrolled {
        agent: id(agent),
        address: "https://127.0.0.1:6901".parse().expect("valid"),
        generation,
        serial: "4a".parse().expect("valid"),
        fingerprint: Digest::of(agent.as_bytes()),
    }
}

fn report(agent: &str, generation: u32, clock: Timestamp) -> Report {
    let text = format!(
        r#"{{"v":1,"agent":"{agent}","generation":{generation},"agent_version":"0.1.0","server":"{agent}",
            "clock":"{clock}","appliance":{{"kind":"connect"}}}}"#
    );
    Report::from_json(text.as_bytes()).expect("reads")
}

type Reply = Result<Report, LinkError>;

/// A link whose answers the test gives one by one.
#[derive(Default)]
struct Scripted {
    asked: AtomicUsize,
    arrived: Notify,
    waiting: Mutex<Vec<oneshot::Sender<Reply>>>,
}

impl Scripted {
    /// Waits until `n` polls have arrived in all.
    async fn asked(&self, n: usize) {
        while self.asked.load(Ordering::SeqCst) < n {
            self.arrived.notified().await;
        }
    }

    /// Answers the oldest poll that waits.
    fn answer(&self, reply: Reply) {
        let oldest = self.waiting.lock().expect("a lock").remove(0);
        oldest.send(reply).expect("the poll waits");
    }

    /// Answers the newest poll that waits.
    fn answer_newest(&self, reply: Reply) {
        let newest = self.waiting.lock().expect("a lock").pop().expect("a poll");
        newest.send(reply).expect("the poll waits");
    }
}

impl AgentLink for Scripted {
    fn report(&self, _: bool) -> Answer<'_, Report> {
        let (sender, receiver) = oneshot::channel();
        self.waiting.lock().expect("a lock").push(sender);
        self.asked.fetch_add(1, Ordering::SeqCst);
        self.arrived.notify_one();
        Box::pin(async { receiver.await.expect("the test answers") })
    }

    fn plan<'a>(&'a self, _: &'a PlanRequest) -> Answer<'a, PlanAnswer> {
        unreachable!("not asked here")
    }

    fn execute<'a>(&'a self, _: &'a str) -> Answer<'a, ExecutionAnswer> {
        unreachable!("not asked here")
    }

    fn execution<'a>(&'a self, _: &'a RequestId) -> Answer<'a, Option<Execution>> {
        unreachable!("not asked here")
    }

    fn cancel<'a>(&'a self, _: &'a RequestId, _: Digest) -> Answer<'a, ExecutionAnswer> {
        unreachable!("not asked here")
    }

    fn catalog(&self) -> Answer<'_, Vec<CatalogEntry>> {
        unreachable!("not asked here")
    }
}

struct Scene {
    fleet: Fleet,
    hand: Hand,
    sync01: Arc<Scripted>,
    stage01: Arc<Scripted>,
}

fn scene() -> Scene {
    let (clock, hand) = Clock::manual(start());
    let fleet = Fleet::new(clock);
    let (sync01, stage01) = (Arc::new(Scripted::default()), Arc::new(Scripted::default()));
    fleet.replace([
        (enrolled("SYNC01", 1), sync01.clone() as Arc<dyn AgentLink>),
        (enrolled("STAGE01", 1), stage01.clone() as Arc<dyn AgentLink>),
    ]);
    Scene { fleet, hand, sync01, stage01 }
}

impl Scene {
    fn polling(&self) -> tokio::task::JoinHandle<Vec<Observation>> {
        let fleet = self.fleet.clone();
        tokio::spawn(async move { fleet.poll(DEADLINE).await })
    }

    /// What is known of SYNC01 once that satisfies `wanted`.
    async fn known(&self, wanted: impl Fn(&Observation) -> bool) -> Observation {
        loop {
            let known = self.fleet.observe().pop().expect("SYNC01 comes last");
            if wanted(&known) {
                return known;
            }
            tokio::task::yield_now().await;
        }
    }
}

fn code(observation: &Observation) -> Option<&str> {
    observation.silence.as_ref().map(|silence| silence.code.as_str())
}

#[tokio::test]
async fn a_silent_server_delays_nobody_beyond_the_deadline_and_its_late_answer_is_kept() {
    let scene = scene();
    let poll = scene.polling();
    scene.sync01.asked(1).await;
    scene.stage01.asked(1).await;
    scene.stage01.answer(Ok(report("STAGE01", 1, start())));
    scene.hand.advance(DEADLINE);
    let seen = poll.await.expect("ends");
    assert_eq!(seen.iter().map(|o| o.agent.as_str()).collect::<Vec<_>>(), ["STAGE01", "SYNC01"]);
    assert_eq!((code(&seen[0]), seen[0].report.is_some()), (None, true));
    assert_eq!((code(&seen[1]), seen[1].report.is_some()), (Some("timed-out"), false));

    scene.hand.advance(Duration::from_secs(3));
    scene.sync01.answer(Ok(report("SYNC01", 1, start())));
    let late = scene.known(|known| known.report.is_some()).await;
    assert_eq!(code(&late), None);
    assert_eq!(late.received_at, Some(start() + SignedDuration::from_secs(5)));
}

#[tokio::test]
async fn two_questions_in_the_same_moment_cost_one_poll_a_server() {
    let scene = scene();
    let polls = [scene.polling(), scene.polling()];
    scene.sync01.asked(1).await;
    scene.stage01.asked(1).await;
    tokio::task::yield_now().await;
    scene.sync01.answer(Ok(report("SYNC01", 1, start())));
    scene.stage01.answer(Ok(report("STAGE01", 1, start())));
    for poll in polls {
        assert!(poll.await.expect("ends").iter().all(|seen| seen.report.is_some()));
    }
    assert_eq!(scene.sync01.asked.load(Ordering::SeqCst), 1);
    let next = scene.polling();
    scene.sync01.asked(2).await;
    next.abort();
}

#[tokio::test]
async fn a_poll_that_was_given_up_is_not_started_again_while_it_runs() {
    let scene = scene();
    let poll = scene.polling();
    scene.sync01.asked(1).await;
    poll.abort();
    let again = scene.polling();
    scene.stage01.asked(1).await;
    tokio::task::yield_now().await;
    scene.hand.advance(DEADLINE);
    let seen = again.await.expect("ends");
    assert_eq!(code(&seen[1]), Some("timed-out"));
    assert_eq!(scene.sync01.asked.load(Ordering::SeqCst), 1);
}

#[tokio::test]
async fn a_report_of_another_agent_or_another_enrolment_is_refused_and_the_last_good_one_stays() {
    let scene = scene();
    for (reply, wanted) in [
        (report("SYNC01", 1, start()), None),
        (report("SYNC02", 1, start()), Some("not-itself")),
        (report("SYNC01", 2, start()), Some("generation-fenced")),
    ] {
        let fleet = scene.fleet.clone();
        let poll = tokio::spawn(async move { fleet.poll_fresh(&id("SYNC01"), DEADLINE).await });
        while scene.sync01.waiting.lock().expect("a lock").is_empty() {
            scene.sync01.arrived.notified().await;
        }
        scene.sync01.answer(Ok(reply));
        let seen = poll.await.expect("ends").expect("enrolled");
        assert_eq!(code(&seen), wanted);
        assert_eq!(seen.report, Some(report("SYNC01", 1, start())));
    }
}

#[tokio::test]
async fn a_late_answer_never_overwrites_that_of_a_later_poll() {
    let scene = scene();
    scene.polling();
    scene.sync01.asked(1).await;
    let fleet = scene.fleet.clone();
    let fresh = tokio::spawn(async move { fleet.poll_fresh(&id("SYNC01"), DEADLINE).await });
    scene.sync01.asked(2).await;
    let newer = report("SYNC01", 1, start() + SignedDuration::from_secs(9));
    scene.sync01.answer_newest(Ok(newer.clone()));
    assert_eq!(fresh.await.expect("ends").expect("enrolled").report, Some(newer.clone()));

    scene.sync01.answer(Err(LinkError::TimedOut { agent: id("SYNC01"), after: DEADLINE }));
    let next = scene.polling();
    // The next poll begins only once the old one has ended.
    while scene.sync01.asked.load(Ordering::SeqCst) < 3 {
        scene.sync01.asked(3).await;
    }
    let known = scene.known(|_| true).await;
    assert_eq!((code(&known), &known.report), (None, &Some(newer)));
    next.abort();
}

#[tokio::test]
async fn the_servers_clock_is_compared_with_ours_at_the_middle_of_the_way() {
    let scene = scene();
    let poll = scene.polling();
    scene.sync01.asked(1).await;
    scene.stage01.asked(1).await;
    scene.hand.advance(Duration::from_secs(1));
    let ahead = start() + SignedDuration::from_millis(90_500);
    scene.sync01.answer(Ok(report("SYNC01", 1, ahead)));
    scene.stage01.answer(Ok(report("STAGE01", 1, start())));
    let seen = poll.await.expect("ends");
    assert_eq!(seen[1].skew, Some(SignedDuration::from_secs(90)));
    assert_eq!(seen[0].skew, Some(SignedDuration::from_millis(-500)));
}

#[tokio::test]
async fn what_is_known_survives_a_new_address_and_not_a_new_enrolment() {
    let scene = scene();
    assert_eq!(code(&scene.known(|_| true).await), Some("not-asked"));
    scene.polling();
    scene.sync01.asked(1).await;
    scene.sync01.answer(Ok(report("SYNC01", 1, start())));
    scene.known(|known| known.report.is_some()).await;

    let moved = |generation| {
        let link: Arc<dyn AgentLink> = scene.sync01.clone();
        let address = "https://sync01.corp.contoso.com:6901".parse().expect("valid");
        scene.fleet.replace([(Enrolled { address, ..enrolled("SYNC01", generation) }, link)]);
    };
    moved(1);
    assert!(scene.known(|_| true).await.report.is_some());
    moved(2);
    assert!(scene.known(|_| true).await.report.is_none());
    assert_eq!(scene.fleet.enrolled().len(), 1);
    assert!(scene.fleet.link(&id("STAGE01")).is_none());
    assert!(scene.fleet.poll_fresh(&id("STAGE01"), DEADLINE).await.is_none());
}
