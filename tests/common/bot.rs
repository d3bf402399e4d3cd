//! The bot as an agent under test meets it: it enrols the agent, asks it for plans, signs grants and follows runs.

use std::collections::BTreeMap;

use jiff::SignedDuration;
use syncmedic::catalog;
use syncmedic::clock::Clock;
use syncmedic::grant::Grant;
use syncmedic::ids::{RequestId, Snowflake};
use syncmedic::link::certs::{CertInfo, Enrolment};
use syncmedic::link::client::{AgentClient, Enrolled};
use syncmedic::link::identity::Identity;
use syncmedic::link::protocol::{Execution, ExecutionAnswer, PlanAnswer, PlanRequest, Progress};
use syncmedic::link::refusal::Revoked;
use syncmedic::link::tls::BotTls;
use syncmedic::plan::{Mode, Plan};
use syncmedic::random::Random;

use crate::waiting::until_async;

/// A bot's keys.
pub(crate) struct Bot {
    pub(crate) clock: Clock,
    identity: Identity,
    _keys: tempfile::TempDir,
}

impl Bot {
    /// A bot that has just made its keys.
    pub(crate) fn new() -> Bot {
        let (keys, clock) = (tempfile::tempdir().expect("a folder"), Clock::system());
        let made = Identity::create(&keys.path().join("bot"), "contoso", clock.now(), &Random::system());
        Bot { clock, identity: made.expect("makes keys"), _keys: keys }
    }

    /// Answers an agent's certificate request, as `agents add` writes the answer down.
    pub(crate) fn enrol(&self, agent: &str, generation: u32, request: &str) -> String {
        let agent = agent.parse().expect("valid");
        let enrolment = self.identity.enrol(&agent, generation, request, self.clock.now(), &Random::system());
        toml::to_string(&enrolment.expect("enrols")).expect("writes")
    }

    /// The client of the agent that has this answer and listens at this address.
    pub(crate) fn client(&self, enrolment: &str, address: &str) -> AgentClient {
        let enrolment: Enrolment = toml::from_str(enrolment).expect("reads");
        let certificate = CertInfo::from_pem(&enrolment.certificate).expect("reads");
        let enrolled = Enrolled {
            agent: enrolment.agent,
            address: format!("https://{address}").parse().expect("an address"),
            generation: enrolment.generation,
            serial: certificate.serial,
            fingerprint: certificate.fingerprint,
        };
        let ca = self.identity.authority().certificate();
        let tls = BotTls::new(self.identity.bot().clone(), ca, Revoked::default(), self.clock.clone());
        AgentClient::new(enrolled, tls.expect("fits")).expect("fits")
    }

    /// A signed grant for a plan.
    pub(crate) fn grant(&self, plan: Plan, challenge: String) -> String {
        let now = self.clock.now();
        let grant = Grant {
            plan,
            challenge,
            requester: Snowflake(1),
            approvers: vec![Snowflake(2)],
            reason: "ticket 4711".into(),
            audit_head: "#12 9be1-44d0".into(),
            signed_at: now,
            not_before: now,
            expires: now + SignedDuration::from_hours(1),
            proofs: Vec::new(),
        };
        self.identity.grant_key().sign(&grant).expect("signs")
    }
}

/// A new request to switch password sync on.
pub(crate) fn wish(mode: Mode) -> PlanRequest {
    PlanRequest {
        request: Random::system().id().parse().expect("valid"),
        command: catalog::ENABLE_PASSWORD_SYNC.parse().expect("valid"),
        arguments: BTreeMap::new(),
        mode,
        expected: None,
        challenge: true,
    }
}

/// The plan that the agent is ready to run, and its challenge.
pub(crate) async fn ready(client: &AgentClient, wish: &PlanRequest) -> (Plan, String) {
    until_async("the agent is ready", async || match client.plan(wish).await.expect("answers") {
        PlanAnswer::Ready { plan, challenge, .. } => Some((plan, challenge.expect("was asked for"))),
        // A reading may take too long on a busy machine.
        PlanAnswer::Busy { .. } => None,
        other => panic!("not ready: {other:?}"),
    })
    .await
}

/// How the agent took a grant or a cancellation.
pub(crate) fn accepted(answer: ExecutionAnswer) -> Execution {
    match answer {
        ExecutionAnswer::Accepted { execution } => execution,
        other => panic!("not accepted: {other:?}"),
    }
}

/// How a run ended, once it has.
pub(crate) async fn finished(client: &AgentClient, request: &RequestId) -> Progress {
    until_async("the run ends", async || {
        let progress = client.execution(request).await.expect("answers")?.progress;
        matches!(progress, Progress::Finished { .. }).then_some(progress)
    })
    .await
}
