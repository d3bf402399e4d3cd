//! Drives a request from the click to the proof: the gate decides, the store keeps, the fleet acts.
//!
//! - [`Requests`] (here): what people can do, and the one way in which a change is kept
//! - [`open`]: making a request: the agent's plan, the diagnosis, the gate
//! - [`driver`]: the loop that carries every open request on, from its stored state alone, so that a restart
//!   at any moment loses nothing
//! - `step`: what is done for one request until its grant is delivered; `follow`: after that
//! - [`members`]: re-reading approvers just before a grant is signed
//!
//! It knows no Discord: what people must be told leaves through the store's outbox.

pub mod driver;
mod follow;
pub mod members;
pub mod open;
mod step;

use std::sync::Arc;
use std::time::Duration;

use serde_json::json;
use tokio::sync::Notify;

use crate::clock::Clock;
use crate::diagnosis::Knowledge;
use crate::fleet::Fleet;
use crate::gate::{Action, Actor, Decision, Effect, Input, Policy, Refusal, Request, decide};
use crate::ids::{RequestId, Snowflake};
use crate::link::identity::Identity;
use crate::link::protocol::Reason;
use crate::random::Random;
use crate::store::outbox::Message;
use crate::store::{Entry, Store, StoreError, Write};
use crate::words::Text;

pub use members::{MemberNow, Members, MembersError};
pub use open::NewRequest;

/// The outbox kinds that this room writes; their subject is the request's id.
pub mod notice {
    /// The approval card is to be posted, or shown anew.
    pub const APPROVAL_CARD: &str = "approval-card";
    /// The requester is to be told how it ended.
    pub const OUTCOME: &str = "outcome";
    /// The operators are to be told that a command is staged.
    pub const STAGED: &str = "staged";
}

/// How long a request waits for every server to read its state afresh.
const REFRESH: Duration = Duration::from_secs(20);

/// How often a change is decided anew because somebody else was quicker.
const ATTEMPTS: u32 = 5;

/// Every request of the tenant. Cheap to clone.
#[derive(Clone)]
pub struct Requests(Arc<Inner>);

struct Inner {
    parts: Parts,
    /// Something changed: the driver looks at once.
    changed: Notify,
}

/// What requests are made of.
pub struct Parts {
    /// Where they are kept.
    pub store: Store,
    /// The sync servers.
    pub fleet: Fleet,
    /// What is known of causes and builds.
    pub knowledge: Arc<Knowledge>,
    /// The rules.
    pub policy: Policy,
    /// Whose key grants are signed with.
    pub identity: Arc<Identity>,
    /// Who can tell what roles a person holds now.
    pub members: Arc<dyn Members>,
    /// The time.
    pub clock: Clock,
    /// Randomness.
    pub random: Random,
}

/// Why a request was not made or changed.
#[derive(Debug, thiserror::Error)]
pub enum Refused {
    /// The gate says no.
    #[error(transparent)]
    Gate(#[from] Refusal),
    /// The server says no, or does not answer.
    #[error("{}", sentences(.0))]
    Server(Vec<Reason>),
    /// The database failed: nothing was changed.
    #[error("the database could not record it, so nothing was done: {0}")]
    Store(#[from] StoreError),
}

fn sentences(why: &[Reason]) -> String {
    let all: Vec<&str> = why.iter().map(|reason| reason.text.as_str()).collect();
    all.join("; ")
}

impl Refused {
    /// Why, as a sentence. What a server says is in its own words.
    pub fn text(&self) -> Text {
        match self {
            Refused::Gate(refusal) => refusal.text(),
            Refused::Server(_) | Refused::Store(_) => Text::plain(self.to_string()),
        }
    }

    /// The stable code of the first reason.
    pub fn code(&self) -> &str {
        match self {
            Refused::Gate(refusal) => refusal.code(),
            Refused::Server(why) => why.first().map_or("server", |reason| reason.code.as_str()),
            Refused::Store(_) => "store",
        }
    }
}

impl Requests {
    /// Puts the parts together. Nothing moves until [`Requests::drive`] runs.
    pub fn new(parts: Parts) -> Requests {
        Requests(Arc::new(Inner { parts, changed: Notify::new() }))
    }

    fn parts(&self) -> &Parts {
        &self.0.parts
    }

    /// The rules in force.
    pub fn policy(&self) -> &Policy {
        &self.parts().policy
    }

    /// Lets the driver look now; called after each sweep, and by whoever changed something.
    pub fn wake(&self) {
        self.0.changed.notify_one();
    }

    /// The request of that id.
    ///
    /// # Errors
    /// If the database fails.
    pub async fn find(&self, id: &RequestId) -> Result<Option<Request>, StoreError> {
        self.parts().store.request(id).await
    }

    /// A person acts on a request. A refused attempt is audited as well.
    ///
    /// # Errors
    /// Why nothing happened.
    pub async fn act(&self, id: &RequestId, actor: &Actor, action: Action) -> Result<Request, Refused> {
        let Some(request) = self.find(id).await? else {
            self.audit_refusal(Some(id), actor, &Refusal::Unknown).await?;
            return Err(Refusal::Unknown.into());
        };
        let input = Input::Person { actor: actor.clone(), action };
        match self.record(request, input, Some(actor.user)).await {
            Err(Refused::Gate(refusal)) => {
                self.audit_refusal(Some(id), actor, &refusal).await?;
                Err(refusal.into())
            }
            other => other,
        }
    }

    /// Writes a refused attempt into the audit.
    ///
    /// # Errors
    /// If the database fails.
    pub async fn audit_refusal(
        &self,
        id: Option<&RequestId>,
        actor: &Actor,
        refusal: &Refusal,
    ) -> Result<(), StoreError> {
        self.audit_attempt(id, actor, refusal.code()).await
    }

    async fn audit_attempt(
        &self,
        id: Option<&RequestId>,
        actor: &Actor,
        code: &str,
    ) -> Result<(), StoreError> {
        let mut write = self.parts().store.write().await?;
        let body = json!({
            "code": code,
            "channel": actor.channel,
            "guild": actor.guild,
        });
        write.audit(Entry { kind: "refused", request: id, actor: Some(actor.user), body }).await?;
        write.commit().await
    }

    /// Decides, and keeps the decision with its audit row and with what people must be told: all of it, or
    /// nothing. If somebody else was quicker, it is decided anew on what stands now.
    async fn record(
        &self,
        mut request: Request,
        input: Input,
        actor: Option<Snowflake>,
    ) -> Result<Request, Refused> {
        for _ in 0..ATTEMPTS {
            let now = self.parts().clock.now();
            let decision = decide(&request, input.clone(), self.policy(), now)?;
            if decision.request.version == request.version {
                return Ok(request);
            }
            match self.keep(&decision, actor).await {
                Err(StoreError::Stale(_)) => {
                    request = self.find(&request.id).await?.ok_or(Refusal::Unknown)?;
                }
                Err(error) => return Err(error.into()),
                Ok(()) => {
                    self.wake();
                    return Ok(decision.request);
                }
            }
        }
        Err(StoreError::Stale(format!("request {}", request.id)).into())
    }

    async fn keep(&self, decision: &Decision, actor: Option<Snowflake>) -> Result<(), StoreError> {
        let mut write = self.parts().store.write().await?;
        match decision.request.version {
            1 => write.insert_request(&decision.request).await?,
            _ => write.update_request(&decision.request).await?,
        }
        self.follow(&mut write, decision, actor).await?;
        write.commit().await
    }

    /// The audit row and the messages of a decision.
    async fn follow(
        &self,
        write: &mut Write<'_>,
        decision: &Decision,
        actor: Option<Snowflake>,
    ) -> Result<(), StoreError> {
        let request = &decision.request;
        let body = json!({
            "state": request.state,
            "code": request.outcome.as_ref().map(|why| &why.code),
            "why": request.outcome.as_ref().map(|why| &why.text),
            "plan": request.plan.hash(),
            "plan_code": request.plan.code().to_string(),
            "command": request.plan.command,
            "arguments": request.plan.arguments,
            "mode": request.plan.mode,
            "agent": request.plan.agent,
            "generation": request.plan.generation,
            "requester": request.requester,
            "approvers": request.approvals.iter().map(|approval| approval.user).collect::<Vec<_>>(),
            "needed": request.needed,
            "reason": request.reason,
            "justification": request.justification,
            "operator": request.operator,
            "late": request.late,
        });
        write.audit(Entry { kind: decision.audit, request: Some(&request.id), actor, body }).await?;
        for effect in &decision.effects {
            let kind = match effect {
                Effect::PostCard | Effect::RefreshCard => notice::APPROVAL_CARD,
                Effect::TellRequester => notice::OUTCOME,
                Effect::TellOperators => notice::STAGED,
                // The driver sees these in the stored state.
                Effect::Drive | Effect::CancelAtAgent => continue,
            };
            let dedupe = format!("{kind}/{}/{}", request.id, request.version);
            // An outcome that can't be delivered must not hold up the card.
            let subject = match kind {
                notice::OUTCOME => format!("{kind}/{}", request.id),
                _ => request.id.to_string(),
            };
            let subject = subject.as_str();
            write.enqueue(Message { dedupe: &dedupe, kind, subject, body: json!({}) }).await?;
        }
        Ok(())
    }
}
