//! The bot's client: one for each agent, over connections that are kept.
//!
//! It trusts its own authority alone, uses no proxy, follows no redirect, and reads no more of an answer
//! than an answer may have. Each call has a deadline by the bot's clock.

use std::fmt;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use reqwest::{Client, Method, Response, StatusCode, redirect};
use serde::Serialize;
use serde::de::DeserializeOwned;

pub use super::enrolled::{AgentUrl, Enrolled};
use super::error::LinkError;
use super::protocol::{
    CatalogEntry, Execution, ExecutionAnswer, GrantDelivery, PlanAnswer, PlanRequest, Problem,
};
use super::refusal::{CertFault, HandshakeFault};
use super::tls::{BotTls, bot_side};
use crate::ids::{AgentId, RequestId};
use crate::plan::Digest;
use crate::report::{MAX_BYTES, Report, ReportError};

/// The most bytes of an answer that holds no report.
pub const MAX_ANSWER_BYTES: usize = 64 * 1024;

/// The most bytes of an answer to a plan, which may hold a report.
const MAX_PLAN_BYTES: usize = MAX_BYTES + MAX_ANSWER_BYTES;

/// How long each kind of call may take.
#[derive(Debug, Clone)]
pub struct Deadlines {
    /// Until TCP and TLS are there. Measured in real time.
    pub connect: Duration,
    /// A report as it stands.
    pub report: Duration,
    /// A report with the state read afresh, a plan and a grant, which need that: reading takes many seconds.
    pub fresh: Duration,
    /// Everything else.
    pub other: Duration,
}

impl Default for Deadlines {
    fn default() -> Deadlines {
        Deadlines {
            connect: Duration::from_secs(5),
            report: Duration::from_secs(15),
            fresh: Duration::from_secs(120),
            other: Duration::from_secs(15),
        }
    }
}

/// The bot's client of one agent.
pub struct AgentClient {
    enrolled: Enrolled,
    tls: BotTls,
    deadlines: Deadlines,
    http: Mutex<Http>,
}

/// The connections, and the version of the list of revoked certificates that they were opened under.
struct Http {
    client: Client,
    revoked: u64,
}

impl AgentClient {
    /// A client with the default [`Deadlines`]. Connects only when it is used.
    ///
    /// # Errors
    /// [`LinkError::Setup`], if the bot's certificate can't be used.
    pub fn new(enrolled: Enrolled, tls: BotTls) -> Result<AgentClient, LinkError> {
        AgentClient::within(Deadlines::default(), enrolled, tls)
    }

    /// A client with given deadlines.
    ///
    /// # Errors
    /// As [`AgentClient::new`].
    pub fn within(deadlines: Deadlines, enrolled: Enrolled, tls: BotTls) -> Result<AgentClient, LinkError> {
        let http = Mutex::new(connect(&deadlines, &enrolled, &tls)?);
        Ok(AgentClient { enrolled, tls, deadlines, http })
    }

    /// The agent it dials.
    pub fn enrolled(&self) -> &Enrolled {
        &self.enrolled
    }

    /// The agent's report; `fresh` waits until the state has been read anew.
    ///
    /// # Errors
    /// [`LinkError`]; also if the report is another agent's or another enrolment's.
    pub async fn report(&self, fresh: bool) -> Result<Report, LinkError> {
        let (path, deadline) = match fresh {
            true => ("/v1/report?fresh=1", self.deadlines.fresh),
            false => ("/v1/report", self.deadlines.report),
        };
        let call = Call { method: Method::GET, path, body: None, limit: MAX_BYTES, deadline };
        let body = match self.call(call).await {
            Err(LinkError::AnswerTooLarge { .. }) => return Err(self.report_error(ReportError::TooLarge)),
            answered => self.success(answered?)?,
        };
        let report = Report::from_json(&body).map_err(|error| self.report_error(error))?;
        self.enrolled.check(&report)?;
        Ok(report)
    }

    /// Asks what the agent would run, and whether it may run now.
    ///
    /// # Errors
    /// [`LinkError`]; also if the plan or the report in it is another agent's, another enrolment's or for
    /// another request.
    pub async fn plan(&self, request: &PlanRequest) -> Result<PlanAnswer, LinkError> {
        let call = Call {
            method: Method::POST,
            path: "/v1/plans",
            body: Some(self.body(request)?),
            limit: MAX_PLAN_BYTES,
            deadline: self.deadlines.fresh,
        };
        let answer: PlanAnswer = self.json(call).await?;
        if let PlanAnswer::Ready { plan, report, .. } = &answer {
            self.enrolled.check_names(&plan.agent, plan.generation)?;
            self.enrolled.check(report)?;
            self.same_request(&request.request, &plan.request)?;
        }
        Ok(answer)
    }

    /// Delivers a signed grant.
    ///
    /// # Errors
    /// [`LinkError`]. After one, whether the grant arrived is not known: ask with [`AgentClient::execution`].
    pub async fn execute(&self, grant: &str) -> Result<ExecutionAnswer, LinkError> {
        let call = Call {
            method: Method::POST,
            path: "/v1/executions",
            body: Some(self.body(&GrantDelivery { grant: grant.to_owned() })?),
            limit: MAX_ANSWER_BYTES,
            deadline: self.deadlines.fresh,
        };
        self.json(call).await
    }

    /// How a run stands; `None` if the agent never took it.
    ///
    /// # Errors
    /// [`LinkError`].
    pub async fn execution(&self, request: &RequestId) -> Result<Option<Execution>, LinkError> {
        let path = format!("/v1/executions/{request}");
        let answer = self.call(self.plain(Method::GET, &path)).await?;
        if answer.status == StatusCode::NOT_FOUND {
            return Ok(None);
        }
        let execution: Execution = self.read(&self.success(answer)?)?;
        self.same_request(request, &execution.request)?;
        Ok(Some(execution))
    }

    /// Cancels a run of the plan with this hash that has not started, or never arrived: once accepted as cancelled,
    /// no grant for the request runs, even one that is still on its way.
    ///
    /// # Errors
    /// [`LinkError`]. After one, whether it is cancelled is not known: ask again.
    pub async fn cancel(&self, request: &RequestId, plan: Digest) -> Result<ExecutionAnswer, LinkError> {
        let path = format!("/v1/executions/{request}?plan={plan}");
        let answer: ExecutionAnswer = self.json(self.plain(Method::DELETE, &path)).await?;
        if let ExecutionAnswer::Accepted { execution } = &answer {
            self.same_request(request, &execution.request)?;
        }
        Ok(answer)
    }

    /// The commands that the agent carries.
    ///
    /// # Errors
    /// [`LinkError`].
    pub async fn catalog(&self) -> Result<Vec<CatalogEntry>, LinkError> {
        self.json(self.plain(Method::GET, "/v1/catalog")).await
    }

    fn plain<'a>(&self, method: Method, path: &'a str) -> Call<'a> {
        Call { method, path, body: None, limit: MAX_ANSWER_BYTES, deadline: self.deadlines.other }
    }

    fn body(&self, body: &impl Serialize) -> Result<Vec<u8>, LinkError> {
        serde_json::to_vec(body).map_err(|error| self.setup(&error))
    }

    async fn json<T: DeserializeOwned>(&self, call: Call<'_>) -> Result<T, LinkError> {
        let answer = self.call(call).await?;
        self.read(&self.success(answer)?)
    }

    fn read<T: DeserializeOwned>(&self, body: &[u8]) -> Result<T, LinkError> {
        serde_json::from_slice(body)
            .map_err(|error| LinkError::AnswerMalformed { agent: self.agent(), why: error.to_string() })
    }

    fn success(&self, answer: Answer) -> Result<Vec<u8>, LinkError> {
        if answer.status == StatusCode::OK {
            return Ok(answer.body);
        }
        let problem: Option<Problem> = serde_json::from_slice(&answer.body).ok();
        Err(LinkError::HttpStatus {
            agent: self.agent(),
            status: answer.status.as_u16(),
            reason: problem.map(|problem| problem.reason),
        })
    }

    fn same_request(&self, asked: &RequestId, said: &RequestId) -> Result<(), LinkError> {
        match asked == said {
            true => Ok(()),
            false => Err(LinkError::NotItself { agent: self.agent(), said: format!("request {said}") }),
        }
    }

    async fn call(&self, call: Call<'_>) -> Result<Answer, LinkError> {
        let after = call.deadline;
        let answered = tokio::select! {
            biased;
            answered = self.exchange(call) => answered,
            () = self.tls.clock().sleep(after) => Err(LinkError::TimedOut { agent: self.agent(), after }),
        };
        if let Err(error) = &answered {
            let (agent, address, code) = (&self.enrolled.agent, &self.enrolled.address, error.code());
            tracing::warn!(%agent, peer = %address, code, "{error}");
        }
        answered
    }

    async fn exchange(&self, call: Call<'_>) -> Result<Answer, LinkError> {
        // The certificate that was given out is refused even before it is shown again.
        if self.tls.revoked().contains(&self.enrolled.serial, self.enrolled.fingerprint) {
            return Err(LinkError::AgentCertificate { agent: self.agent(), fault: CertFault::Revoked });
        }
        let url = self.enrolled.address.join(call.path).map_err(|error| self.setup(&error))?;
        let client = self.client()?;
        let build = || {
            let request = client.request(call.method.clone(), url.clone());
            match &call.body {
                Some(body) => {
                    request.header(reqwest::header::CONTENT_TYPE, "application/json").body(body.clone())
                }
                None => request,
            }
        };
        let response = match build().send().await {
            // A kept connection may have been closed just as it was used again: asking again is harmless
            // where it changes nothing.
            Err(error) if call.method == Method::GET && broken(&error) => build().send().await,
            sent => sent,
        };
        let mut response = response.map_err(|error| self.failure(&error))?;
        let status = response.status();
        let body = self.body_of(&mut response, call.limit).await?;
        Ok(Answer { status, body })
    }

    async fn body_of(&self, response: &mut Response, limit: usize) -> Result<Vec<u8>, LinkError> {
        let too_large = || LinkError::AnswerTooLarge { agent: self.agent(), limit };
        if response.content_length().is_some_and(|length| length > limit as u64) {
            return Err(too_large());
        }
        let mut body = Vec::new();
        while let Some(chunk) = response.chunk().await.map_err(|error| self.failure(&error))? {
            if body.len() + chunk.len() > limit {
                return Err(too_large());
            }
            body.extend_from_slice(&chunk);
        }
        Ok(body)
    }

    /// The connections; new ones once the list of revoked certificates has changed.
    fn client(&self) -> Result<Client, LinkError> {
        let mut http = self.http.lock().unwrap_or_else(PoisonError::into_inner);
        if http.revoked != self.tls.revoked().version() {
            *http = connect(&self.deadlines, &self.enrolled, &self.tls)?;
        }
        Ok(http.client.clone())
    }

    fn failure(&self, error: &reqwest::Error) -> LinkError {
        let agent = self.agent();
        match HandshakeFault::within(error) {
            Some(HandshakeFault::Peer(fault)) => LinkError::AgentCertificate { agent, fault },
            Some(HandshakeFault::Ours(verdict)) => LinkError::BotCertificate { agent, verdict },
            Some(fault) => LinkError::Tls { agent, fault },
            None if error.is_timeout() => LinkError::TimedOut { agent, after: self.deadlines.connect },
            None => LinkError::NoAnswer { agent, why: innermost(error) },
        }
    }

    fn agent(&self) -> AgentId {
        self.enrolled.agent.clone()
    }

    fn report_error(&self, error: ReportError) -> LinkError {
        LinkError::Report { agent: self.agent(), error }
    }

    fn setup(&self, error: &dyn fmt::Display) -> LinkError {
        LinkError::Setup { agent: self.agent(), why: error.to_string() }
    }
}

struct Call<'a> {
    method: Method,
    path: &'a str,
    body: Option<Vec<u8>>,
    limit: usize,
    deadline: Duration,
}

struct Answer {
    status: StatusCode,
    body: Vec<u8>,
}

fn connect(deadlines: &Deadlines, enrolled: &Enrolled, tls: &BotTls) -> Result<Http, LinkError> {
    let setup = |why: String| LinkError::Setup { agent: enrolled.agent.clone(), why };
    // Before the connections are made, so that a change in between is not missed.
    let revoked = tls.revoked().version();
    let config = bot_side(tls, enrolled).map_err(|error| setup(error.to_string()))?;
    let client = Client::builder()
        .use_preconfigured_tls(config)
        .https_only(true)
        .http1_only()
        .no_proxy()
        .redirect(redirect::Policy::none())
        .referer(false)
        .connect_timeout(deadlines.connect)
        .pool_max_idle_per_host(2)
        .tcp_keepalive(Duration::from_secs(30))
        .user_agent(concat!("syncmedic/", env!("CARGO_PKG_VERSION")))
        .build()
        .map_err(|error| setup(innermost(&error)))?;
    Ok(Http { client, revoked })
}

/// Whether a connection broke before it carried an answer, and not for its certificates.
fn broken(error: &reqwest::Error) -> bool {
    error.is_request()
        && !error.is_timeout()
        && !error.is_connect()
        && HandshakeFault::within(error).is_none()
}

/// The cause at the bottom of an error: what the system says, without the address repeated around it.
fn innermost(error: &(dyn std::error::Error + 'static)) -> String {
    let mut last = error;
    while let Some(next) = last.source() {
        last = next;
    }
    last.to_string()
}
