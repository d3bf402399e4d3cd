//! One agent of the fleet: its newest report, and the poll that is in flight.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use jiff::{SignedDuration, Timestamp};
use tokio::sync::watch;

use super::link::AgentLink;
use crate::clock::Clock;
use crate::diagnosis::{Observation, Silence};
use crate::link::enrolled::Enrolled;
use crate::link::error::LinkError;
use crate::report::Report;

/// An agent with what is known of it. Shared by the fleet and by polls that outlive their deadline.
pub(super) struct Member {
    pub(super) enrolled: Enrolled,
    pub(super) link: Arc<dyn AgentLink>,
    clock: Clock,
    state: Mutex<Known>,
}

/// What is known of an agent.
#[derive(Clone, Default)]
struct Known {
    last: Option<Last>,
    silence: Option<Silence>,
    /// Numbers the polls in the order they began; an answer never overwrites that of a later poll.
    begun: u64,
    /// The poll whose outcome `silence` is.
    judged: u64,
    plain: Option<InFlight>,
    fresh: Option<InFlight>,
}

#[derive(Clone)]
struct Last {
    poll: u64,
    report: Report,
    received_at: Timestamp,
    skew: SignedDuration,
}

/// A poll on its way. The channel closes when it has ended.
#[derive(Clone)]
pub(super) struct InFlight {
    poll: u64,
    ended: watch::Receiver<()>,
}

impl InFlight {
    /// Waits until the poll has ended.
    pub(super) async fn ended(mut self) {
        // Nothing is ever sent: the sender goes when the poll ends, even if it panics.
        while self.ended.changed().await.is_ok() {}
    }
}

impl Member {
    pub(super) fn new(
        enrolled: Enrolled,
        link: Arc<dyn AgentLink>,
        clock: Clock,
        before: Option<&Member>,
    ) -> Member {
        let known = before.filter(|before| before.is_same_enrolment(&enrolled)).map(Member::carried_over);
        Member { enrolled, link, clock, state: Mutex::new(known.unwrap_or_default()) }
    }

    fn is_same_enrolment(&self, other: &Enrolled) -> bool {
        self.enrolled.agent == other.agent && self.enrolled.generation == other.generation
    }

    /// What stays true when the link is replaced. Polls in flight go on with the old one, for nobody.
    fn carried_over(&self) -> Known {
        Known { plain: None, fresh: None, ..self.known().clone() }
    }

    fn known(&self) -> MutexGuard<'_, Known> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The poll in flight, or a new one. It ends by itself, whoever still waits for it.
    pub(super) fn poll(self: &Arc<Self>, fresh: bool) -> InFlight {
        let mut known = self.known();
        let slot = if fresh { &known.fresh } else { &known.plain };
        if let Some(flight) = slot.as_ref().filter(|flight| flight.ended.has_changed().is_ok()) {
            return flight.clone();
        }
        known.begun += 1;
        let (alive, ended) = watch::channel(());
        let flight = InFlight { poll: known.begun, ended };
        let slot = if fresh { &mut known.fresh } else { &mut known.plain };
        *slot = Some(flight.clone());
        drop(known);
        let (member, poll) = (self.clone(), flight.poll);
        tokio::spawn(async move {
            member.ask(poll, fresh).await;
            drop(alive);
        });
        flight
    }

    async fn ask(&self, poll: u64, fresh: bool) {
        let sent = self.clock.elapsed();
        let answered = self.link.report(fresh).await;
        let round_trip = self.clock.elapsed().saturating_sub(sent);
        let received_at = self.clock.now();
        // The link checks this as well; the fleet trusts no link.
        let answered = answered.and_then(|report| self.enrolled.check(&report).map(|()| report));
        let mut known = self.known();
        match answered {
            Ok(report) => {
                if known.last.as_ref().is_none_or(|last| last.poll <= poll) {
                    // Reading the state may take most of a fresh poll, and says nothing of the way.
                    let measured = known.last.as_ref().filter(|_| fresh).map(|last| last.skew);
                    let half = SignedDuration::try_from(round_trip / 2).unwrap_or(SignedDuration::ZERO);
                    let skew = measured.unwrap_or_else(|| report.clock.duration_since(received_at - half));
                    known.last = Some(Last { poll, report, received_at, skew });
                }
                known.judge(poll, None);
            }
            Err(error) => {
                tracing::debug!(agent = %self.enrolled.agent, code = error.code(), "no report");
                let silence = Silence { code: error.code().to_owned(), why: error.to_string() };
                known.judge(poll, Some(silence));
            }
        }
    }

    /// Notes that a poll was not answered when the caller's deadline came. A late answer takes it back.
    pub(super) fn missed(&self, flight: &InFlight, after: std::time::Duration) {
        let mut known = self.known();
        // It may have ended in this very moment.
        if flight.ended.has_changed().is_ok() {
            let error = LinkError::TimedOut { agent: self.enrolled.agent.clone(), after };
            let silence = Silence { code: error.code().to_owned(), why: error.to_string() };
            known.judge(flight.poll, Some(silence));
        }
    }

    /// What is known, without asking.
    pub(super) fn observe(&self) -> Observation {
        let known = self.known();
        let never_asked = || Silence { code: "not-asked".into(), why: "it has not been asked yet".into() };
        Observation {
            agent: self.enrolled.agent.clone(),
            report: known.last.as_ref().map(|last| last.report.clone()),
            received_at: known.last.as_ref().map(|last| last.received_at),
            silence: match known.judged {
                0 => Some(never_asked()),
                _ => known.silence.clone(),
            },
            skew: known.last.as_ref().map(|last| last.skew),
        }
    }
}

impl Known {
    fn judge(&mut self, poll: u64, silence: Option<Silence>) {
        if self.judged <= poll {
            (self.judged, self.silence) = (poll, silence);
        }
    }
}
