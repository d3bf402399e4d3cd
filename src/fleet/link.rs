//! How the fleet speaks to an agent: a trait, so that tests can put anything behind it, and so that another
//! transport can take reqwest's place.

use futures_util::future::BoxFuture;

use crate::ids::RequestId;
use crate::link::client::AgentClient;
use crate::link::error::LinkError;
use crate::link::protocol::{CatalogEntry, Execution, ExecutionAnswer, PlanAnswer, PlanRequest};
use crate::plan::Digest;
use crate::report::Report;

/// An answer to come.
pub type Answer<'a, T> = BoxFuture<'a, Result<T, LinkError>>;

/// The calls that an agent answers. Each ends by itself within its own deadline.
pub trait AgentLink: Send + Sync {
    /// The agent's report; `fresh` waits until the state has been read anew.
    fn report(&self, fresh: bool) -> Answer<'_, Report>;

    /// What the agent would run, and whether it may run now.
    fn plan<'a>(&'a self, request: &'a PlanRequest) -> Answer<'a, PlanAnswer>;

    /// Delivers a signed grant. After an error, whether it arrived is not known.
    fn execute<'a>(&'a self, grant: &'a str) -> Answer<'a, ExecutionAnswer>;

    /// How a run stands; `None` if the agent never took it.
    fn execution<'a>(&'a self, request: &'a RequestId) -> Answer<'a, Option<Execution>>;

    /// Cancels a run of the plan with this hash that has not started, or never arrived.
    fn cancel<'a>(&'a self, request: &'a RequestId, plan: Digest) -> Answer<'a, ExecutionAnswer>;

    /// The commands that the agent carries.
    fn catalog(&self) -> Answer<'_, Vec<CatalogEntry>>;
}

impl AgentLink for AgentClient {
    fn report(&self, fresh: bool) -> Answer<'_, Report> {
        Box::pin(AgentClient::report(self, fresh))
    }

    fn plan<'a>(&'a self, request: &'a PlanRequest) -> Answer<'a, PlanAnswer> {
        Box::pin(AgentClient::plan(self, request))
    }

    fn execute<'a>(&'a self, grant: &'a str) -> Answer<'a, ExecutionAnswer> {
        Box::pin(AgentClient::execute(self, grant))
    }

    fn execution<'a>(&'a self, request: &'a RequestId) -> Answer<'a, Option<Execution>> {
        Box::pin(AgentClient::execution(self, request))
    }

    fn cancel<'a>(&'a self, request: &'a RequestId, plan: Digest) -> Answer<'a, ExecutionAnswer> {
        Box::pin(AgentClient::cancel(self, request, plan))
    }

    fn catalog(&self) -> Answer<'_, Vec<CatalogEntry>> {
        Box::pin(AgentClient::catalog(self))
    }
}
