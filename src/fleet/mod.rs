//! The fleet: all agents of the tenant, side by side. Polls them, and keeps the newest report of each.
//!
//! - [`AgentLink`]: how an agent is spoken to; [`AgentClient`](crate::link::client::AgentClient) in the
//!   programs, anything in tests.
//! - [`Fleet`]: polls all agents at once. Polls in flight are shared by whoever asks in the same moment. A
//!   silent or slow agent never delays the others' answers beyond the deadline; its late answer is still kept.

mod link;
mod member;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;
use std::sync::{Arc, PoisonError, RwLock};
use std::time::Duration;

use futures_util::future::join_all;

pub use crate::link::enrolled::{AgentUrl, Enrolled};
pub use link::{AgentLink, Answer};

use crate::clock::Clock;
use crate::diagnosis::Observation;
use crate::ids::AgentId;
use member::{InFlight, Member};

/// All agents of the tenant. Cheap to clone; clones are the same fleet.
#[derive(Clone)]
pub struct Fleet {
    clock: Clock,
    members: Arc<RwLock<BTreeMap<AgentId, Arc<Member>>>>,
}

impl Fleet {
    /// A fleet without agents.
    pub fn new(clock: Clock) -> Fleet {
        Fleet { clock, members: Arc::default() }
    }

    /// Replaces the set of agents. What is known of an agent stays if it is there again in the same
    /// generation; of two entries with the same id the later one counts.
    pub fn replace(&self, agents: impl IntoIterator<Item = (Enrolled, Arc<dyn AgentLink>)>) {
        let mut members = self.members.write().unwrap_or_else(PoisonError::into_inner);
        let mut next = BTreeMap::new();
        for (enrolled, link) in agents {
            let id = enrolled.agent.clone();
            let before = members.get(&id).map(Arc::as_ref);
            next.insert(id, Arc::new(Member::new(enrolled, link, self.clock.clone(), before)));
        }
        *members = next;
    }

    /// The agents that are enrolled, by id.
    pub fn enrolled(&self) -> Vec<Enrolled> {
        self.members().iter().map(|member| member.enrolled.clone()).collect()
    }

    /// How to speak to one agent; `None` if it is not enrolled.
    pub fn link(&self, agent: &AgentId) -> Option<Arc<dyn AgentLink>> {
        self.member(agent).map(|member| member.link.clone())
    }

    /// Polls all agents at once and returns what is known of each after `deadline` at the latest, by id. An
    /// agent that did not answer has its `silence`, and its last report if there is one.
    pub async fn poll(&self, deadline: Duration) -> Vec<Observation> {
        self.ask(self.members(), false, deadline).await
    }

    /// Polls all agents at once and asks each to read its state afresh, which takes seconds; otherwise as
    /// [`Fleet::poll`]. An offer stands only on fresh state of every server.
    pub async fn refresh(&self, deadline: Duration) -> Vec<Observation> {
        self.ask(self.members(), true, deadline).await
    }

    /// Asks one agent to read its state afresh, and returns what is known of it after `deadline` at the
    /// latest; `None` if it is not enrolled.
    pub async fn poll_fresh(&self, agent: &AgentId, deadline: Duration) -> Option<Observation> {
        let member = self.member(agent)?;
        self.ask(vec![member], true, deadline).await.pop()
    }

    /// What is known of each agent, by id, without asking. An agent that was never asked has the silence
    /// `not-asked`.
    pub fn observe(&self) -> Vec<Observation> {
        self.members().iter().map(|member| member.observe()).collect()
    }

    async fn ask(&self, members: Vec<Arc<Member>>, fresh: bool, deadline: Duration) -> Vec<Observation> {
        let flights: Vec<InFlight> = members.iter().map(|member| member.poll(fresh)).collect();
        let all = join_all(flights.iter().cloned().map(InFlight::ended));
        tokio::select! {
            biased;
            _ = all => {}
            () = self.clock.sleep(deadline) => {
                for (member, flight) in members.iter().zip(&flights) {
                    member.missed(flight, deadline);
                }
            }
        }
        members.iter().map(|member| member.observe()).collect()
    }

    fn members(&self) -> Vec<Arc<Member>> {
        self.members.read().unwrap_or_else(PoisonError::into_inner).values().cloned().collect()
    }

    fn member(&self, agent: &AgentId) -> Option<Arc<Member>> {
        self.members.read().unwrap_or_else(PoisonError::into_inner).get(agent).cloned()
    }
}
