//! The agent's side of the [protocol](crate::link::protocol), as an axum router. Who asks has been proved in
//! the TLS handshake; nothing here looks at it again.

use axum::Json;
use axum::Router;
use axum::extract::rejection::{JsonRejection, QueryRejection};
use axum::extract::{DefaultBodyLimit, Path, Query, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use serde::Deserialize;

use crate::agent::Agent;
use crate::agent::journal::JournalError;
use crate::ids::RequestId;
use crate::link::protocol::{
    CatalogEntry, Execution, ExecutionAnswer, GrantDelivery, PlanAnswer, PlanRequest, Problem, Reason,
};
use crate::plan::Digest;
use crate::report::Report;

/// The most bytes of a request's body. A grant has about two thousand.
const MAX_BODY: usize = 64 * 1024;

impl Agent {
    /// The router that answers the bot.
    pub fn router(&self) -> Router {
        Router::new()
            .route("/v1/report", get(report))
            .route("/v1/plans", post(plan))
            .route("/v1/executions", post(deliver))
            .route("/v1/executions/{request}", get(execution).delete(cancel))
            .route("/v1/catalog", get(catalog))
            .fallback(async || problem(StatusCode::NOT_FOUND, "no-such-path", "this agent has no such path"))
            .method_not_allowed_fallback(async || {
                problem(StatusCode::METHOD_NOT_ALLOWED, "no-such-method", "this path takes other methods")
            })
            .layer(DefaultBodyLimit::max(MAX_BODY))
            .with_state(self.clone())
    }
}

/// An error answer.
struct Failure(StatusCode, Reason);

fn problem(status: StatusCode, code: &str, text: &str) -> Failure {
    Failure(status, Reason::new(code, text))
}

impl IntoResponse for Failure {
    fn into_response(self) -> Response {
        (self.0, Json(Problem { reason: self.1 })).into_response()
    }
}

impl From<JsonRejection> for Failure {
    fn from(rejection: JsonRejection) -> Failure {
        Failure(rejection.status(), Reason::new("body-unreadable", rejection.body_text()))
    }
}

impl From<QueryRejection> for Failure {
    fn from(rejection: QueryRejection) -> Failure {
        Failure(rejection.status(), Reason::new("query-unreadable", rejection.body_text()))
    }
}

impl From<JournalError> for Failure {
    fn from(error: JournalError) -> Failure {
        Failure(StatusCode::INTERNAL_SERVER_ERROR, Reason::new(error.code(), error.to_string()))
    }
}

#[derive(Deserialize)]
struct Freshness {
    #[serde(default)]
    fresh: u8,
}

async fn report(
    State(agent): State<Agent>,
    freshness: Result<Query<Freshness>, QueryRejection>,
) -> Result<Json<Report>, Failure> {
    let Query(Freshness { fresh }) = freshness?;
    Ok(Json(agent.report(fresh == 1).await))
}

async fn plan(
    State(agent): State<Agent>,
    request: Result<Json<PlanRequest>, JsonRejection>,
) -> Result<Json<PlanAnswer>, Failure> {
    let Json(request) = request?;
    let answer = agent.plan(&request).await;
    let codes = |why: &[Reason]| why.iter().map(|r| r.code.clone()).collect::<Vec<_>>().join(",");
    let (id, command) = (&request.request, &request.command);
    match &answer {
        PlanAnswer::Ready { plan, .. } => {
            tracing::info!(request = %id, %command, plan = %plan.code(), "a plan is ready")
        }
        PlanAnswer::Busy { why, .. } => {
            tracing::info!(request = %id, %command, codes = codes(why), "a plan must wait")
        }
        PlanAnswer::Moved { why } => {
            tracing::info!(request = %id, %command, codes = codes(why), "a plan's state moved")
        }
        PlanAnswer::Refused { why } => {
            tracing::warn!(request = %id, %command, codes = codes(why), "a plan was refused")
        }
    }
    Ok(Json(answer))
}

async fn deliver(
    State(agent): State<Agent>,
    delivery: Result<Json<GrantDelivery>, JsonRejection>,
) -> Result<Json<ExecutionAnswer>, Failure> {
    let Json(GrantDelivery { grant }) = delivery?;
    Ok(Json(agent.deliver(grant).await))
}

async fn execution(
    State(agent): State<Agent>,
    Path(request): Path<String>,
) -> Result<Json<Execution>, Failure> {
    let unknown = || problem(StatusCode::NOT_FOUND, "request-unknown", "this agent knows no such request");
    agent.execution(&read(&request)?)?.map(Json).ok_or_else(unknown)
}

#[derive(Deserialize)]
struct Cancelled {
    plan: Digest,
}

async fn cancel(
    State(agent): State<Agent>,
    Path(request): Path<String>,
    cancelled: Result<Query<Cancelled>, QueryRejection>,
) -> Result<Json<ExecutionAnswer>, Failure> {
    let Query(Cancelled { plan }) = cancelled?;
    Ok(Json(agent.cancel(&read(&request)?, plan).await?))
}

async fn catalog(State(agent): State<Agent>) -> Json<Vec<CatalogEntry>> {
    Json(agent.catalog())
}

fn read(request: &str) -> Result<RequestId, Failure> {
    request.parse().map_err(|error: crate::ids::InvalidId| {
        problem(StatusCode::BAD_REQUEST, "request-id-invalid", &error.to_string())
    })
}
