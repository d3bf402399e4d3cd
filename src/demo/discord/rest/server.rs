//! What every request meets before it is looked at: recording, faults, User-Agent, token, rate limits.

use axum::body::Body;
use axum::extract::{ConnectInfo, State as Extract};
use axum::http::{HeaderName, HeaderValue, Request, Response, StatusCode, header};
use serde_json::{Value, json};

use super::call::Call;
use super::route;
use crate::demo::discord::error::{ApiError, BAD_USER_AGENT, NOT_FOUND, UNAUTHORIZED};
use crate::demo::discord::faults::{self, Fault};
use crate::demo::discord::limits::{Refused, Standing};
use crate::demo::discord::listener::Wire;
use crate::demo::discord::recorded::Recorded;
use crate::demo::discord::state::{Shared, State};

/// Answers one REST request.
pub(crate) async fn handle(
    Extract(shared): Extract<Shared>,
    ConnectInfo(wire): ConnectInfo<Wire>,
    request: Request<Body>,
) -> Response<Body> {
    let call = Call::read(request).await;
    let (outcome, recorded, listeners) = shared.change(|state| {
        let outcome = answer(state, &call);
        let recorded = record(state, &call, &outcome);
        (outcome, recorded, state.listeners.clone())
    });
    for listener in listeners {
        listener(&recorded);
    }
    match outcome.end {
        End::Answer => {}
        End::Cut => wire.cut(),
        // Until the client gives up.
        End::Hang => std::future::pending().await,
    }
    outcome.response()
}

/// How a request ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum End {
    Answer,
    Cut,
    Hang,
}

/// An answer and its headers, or none at all.
struct Outcome {
    status: u16,
    body: Option<Value>,
    headers: Vec<(&'static str, String)>,
    end: End,
}

impl Outcome {
    fn new(status: u16, body: Option<Value>) -> Outcome {
        Outcome { status, body, headers: Vec::new(), end: End::Answer }
    }

    fn response(self) -> Response<Body> {
        let body = self.body.as_ref().map(Value::to_string).unwrap_or_default();
        let mut response = Response::new(Body::from(body));
        *response.status_mut() =
            StatusCode::from_u16(self.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        let headers = response.headers_mut();
        if self.body.is_some() {
            headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
        }
        for (name, value) in self.headers {
            if let Ok(value) = HeaderValue::from_str(&value) {
                headers.insert(HeaderName::from_static(name), value);
            }
        }
        response
    }
}

fn answer(state: &mut State, call: &Call) -> Outcome {
    let path = call.joined();
    let fault = match &state.outage {
        Some(fault) => Some(fault.clone()),
        None => faults::take(&mut state.planned, &call.method, &path),
    };
    match &fault {
        Some(Fault::Drop) => return Outcome { end: End::Cut, ..Outcome::new(0, None) },
        Some(Fault::Hang) => return Outcome { end: End::Hang, ..Outcome::new(0, None) },
        Some(fault) => {
            if let Some((status, body)) = fault.answer() {
                let mut outcome = Outcome::new(status, body);
                if let Fault::TooManyRequests { retry_after, global } = fault {
                    outcome.headers = too_many_headers(*retry_after, *global);
                }
                return outcome;
            }
        }
        None => {}
    }
    let standing = count(state, call);
    let result = admit(state, call, standing.as_ref()).and_then(|()| route(state, call));
    let mut outcome = match result {
        Ok(reply) => Outcome::new(reply.status, reply.body),
        Err(error) => Outcome::new(error.status, Some(error.body())),
    };
    if let Some(standing) = standing {
        add_standing(state, &mut outcome, &standing);
    }
    if fault == Some(Fault::LoseAnswer) {
        outcome.end = End::Cut;
    }
    outcome
}

/// Whether the request may be looked at.
fn admit(state: &State, call: &Call, standing: Option<&Standing>) -> Result<(), ApiError> {
    if !call.header("user-agent").is_some_and(|agent| agent.starts_with("DiscordBot (")) {
        return Err(BAD_USER_AGENT);
    }
    if !call.tokenless()
        && call.header("authorization").and_then(|v| v.strip_prefix("Bot "))
            != Some(state.config.token.as_str())
    {
        return Err(UNAUTHORIZED);
    }
    if standing.is_some_and(|s| s.refused.is_some()) {
        return Err(ApiError::new(429, 0, "You are being rate limited."));
    }
    match &call.broken {
        Some(error) => Err(error.clone()),
        None if call.path.is_empty() => Err(NOT_FOUND),
        None => Ok(()),
    }
}

/// Counts the request against its bucket and, unless it is exempt, the global limit.
fn count(state: &mut State, call: &Call) -> Option<Standing> {
    let parts: Vec<&str> = call.path.iter().map(String::as_str).collect();
    let major = match parts.as_slice() {
        ["channels" | "guilds", id, ..] => (*id).to_owned(),
        ["webhooks" | "interactions", id, token, ..] => format!("{id}/{token}"),
        ["gateway", ..] => return None,
        _ => String::new(),
    };
    let mut template = format!("{}:", call.method);
    for part in &parts {
        let id = part.bytes().all(|b| b.is_ascii_digit()) || major.ends_with(part);
        template.push('/');
        template.push_str(if id { ":id" } else { part });
    }
    let limits = state.limiter.limits;
    let limit = if template == "POST:/channels/:id/messages" { limits.create_message } else { limits.other };
    let now = state.elapsed();
    let exempt = call.tokenless();
    Some(state.limiter.count(now, &format!("{template} {major}"), limit, !exempt))
}

fn add_standing(state: &State, outcome: &mut Outcome, standing: &Standing) {
    let after = standing.reset_after.as_secs_f64();
    #[expect(clippy::cast_precision_loss, reason = "milliseconds since 1970 fit a double's 53 bits")]
    let reset = state.now().as_millisecond() as f64 / 1000.0 + after;
    if let Some(refused) = standing.refused {
        let global = refused == Refused::Global;
        outcome.body = Some(json!({
            "message": "You are being rate limited.", "retry_after": after, "global": global,
        }));
        outcome.headers = too_many_headers(after, global);
        if global {
            return;
        }
    }
    outcome.headers.extend([
        ("x-ratelimit-limit", standing.limit.to_string()),
        ("x-ratelimit-remaining", standing.remaining.to_string()),
        ("x-ratelimit-reset", format!("{reset:.3}")),
        ("x-ratelimit-reset-after", format!("{after:.3}")),
        ("x-ratelimit-bucket", standing.bucket.clone()),
    ]);
}

/// `Retry-After` is in whole seconds, rounded up; the body's `retry_after` is exact.
fn too_many_headers(retry_after: f64, global: bool) -> Vec<(&'static str, String)> {
    let mut headers = vec![("retry-after", format!("{:.0}", retry_after.ceil()))];
    headers.push(("x-ratelimit-scope", if global { "global" } else { "user" }.to_owned()));
    if global {
        headers.push(("x-ratelimit-global", "true".to_owned()));
    }
    headers
}

fn record(state: &mut State, call: &Call, outcome: &Outcome) -> Recorded {
    let recorded = Recorded {
        number: state.next_request,
        method: call.method.clone(),
        path: call.joined(),
        query: call.raw_query.clone(),
        body: call.json.clone(),
        files: call.files.iter().map(|f| f.name.clone()).collect(),
        status: (outcome.end == End::Answer).then_some(outcome.status),
    };
    state.next_request += 1;
    if state.recorded.len() >= state.config.keep_requests {
        state.recorded.pop_front();
    }
    state.recorded.push_back(recorded.clone());
    recorded
}
