//! Sends a request as often as it may be, within the limits, and reads what Discord answers.

use std::sync::atomic::Ordering;
use std::time::Duration;

use serde_json::Value;

use super::call::{Call, Repeat, form};
use super::limits::{self, Route};
use super::{Recorded, Rest, RestError};
use crate::discord::text;

const UPLOAD_TIMEOUT: Duration = Duration::from_secs(30);
/// How often one request is sent at most.
const ATTEMPTS: u32 = 4;
/// Whoever would have to wait longer than this for a limit gets it back as an error, and comes again later. The first
/// answer to an interaction waits for nothing at all.
const PATIENCE: Duration = Duration::from_secs(30);
/// The largest answer that is read.
const MOST_BYTES: usize = 8 * 1024 * 1024;

impl Rest {
    /// Sends a request as often as it may be, and reads the answer.
    pub(super) async fn send(&self, call: Call<'_>) -> Result<Value, RestError> {
        let inner = &*self.0;
        let route = call.route();
        let mut attempt = 1;
        loop {
            if call.authorized && self.token_refused() {
                return Err(RestError::TokenRefused);
            }
            if call.repeat != Repeat::Never {
                let limited = |retry_after| RestError::RateLimited { call: call.name(), retry_after };
                inner.limits.take(&route, PATIENCE).await.map_err(limited)?;
            }
            let sent = self.attempt(&call, &route).await;
            let again = attempt < ATTEMPTS;
            let wait = match &sent {
                // The limits know how long to wait; the next turn waits there.
                Err(RestError::RateLimited { retry_after, .. })
                    if again && call.repeat != Repeat::Never && *retry_after <= PATIENCE =>
                {
                    Duration::ZERO
                }
                Err(RestError::Unavailable { .. } | RestError::Unreachable { .. })
                    if again && call.repeat == Repeat::Safe =>
                {
                    Duration::from_millis(500) * 2_u32.pow(attempt - 1)
                }
                _ => return sent,
            };
            inner.clock.sleep(wait).await;
            attempt += 1;
        }
    }

    async fn attempt(&self, call: &Call<'_>, route: &Route) -> Result<Value, RestError> {
        let inner = &*self.0;
        let url = format!("{}/api/v10{}", inner.api.as_str(), call.path);
        let timeout = if call.files.is_empty() { call.timeout } else { UPLOAD_TIMEOUT.max(call.timeout) };
        let mut request = inner.client.request(call.method.clone(), url).timeout(timeout);
        if call.authorized {
            request = request.header("authorization", format!("Bot {}", inner.token.expose()));
        }
        request = match (call.files, &call.body) {
            ([], Value::Null) => request,
            ([], body) => request.json(body),
            (files, body) => request.multipart(form(files, body)),
        };
        let unreachable = |error: reqwest::Error| RestError::Unreachable {
            call: call.name(),
            reason: reason(error.without_url()),
        };
        let answer = request.send().await;
        self.record(call, answer.as_ref().ok().map(|answer| answer.status().as_u16()));
        let answer = answer.map_err(unreachable)?;
        let (status, headers) = (answer.status().as_u16(), answer.headers().clone());
        inner.limits.learn(route, &headers);
        let too_large = || RestError::Unreadable { call: call.name(), reason: "it is too large".into() };
        if answer.content_length().is_some_and(|length| length > MOST_BYTES as u64) {
            return Err(too_large());
        }
        let bytes = answer.bytes().await.map_err(unreachable)?;
        let body: Result<Value, _> = match bytes.len() {
            0 => Ok(Value::Null),
            length if length > MOST_BYTES => return Err(too_large()),
            _ => serde_json::from_slice(&bytes),
        };
        match status {
            200..300 => {
                body.map_err(|error| RestError::Unreadable { call: call.name(), reason: error.to_string() })
            }
            401 if call.authorized => {
                inner.token_refused.store(true, Ordering::Relaxed);
                Err(RestError::TokenRefused)
            }
            429 => {
                let too_many = limits::too_many(&headers, &body.unwrap_or_default());
                inner.limits.pause(route, too_many);
                Err(RestError::RateLimited { call: call.name(), retry_after: too_many.retry_after })
            }
            500.. => Err(RestError::Unavailable { call: call.name(), status }),
            _ => Err(refused(call, status, &body.unwrap_or_default())),
        }
    }

    fn record(&self, call: &Call<'_>, status: Option<u16>) {
        if let Some(recorder) = &self.0.recorder {
            recorder(&Recorded {
                method: call.method.to_string(),
                path: call.shown.split('?').next().unwrap_or_default().to_owned(),
                body: call.body.clone(),
                status,
            });
        }
    }
}

/// What the connection says, with its causes: the outermost words alone say nothing.
fn reason(error: reqwest::Error) -> String {
    let mut text = error.to_string();
    let mut source = std::error::Error::source(&error);
    while let Some(cause) = source {
        text = format!("{text}: {cause}");
        source = cause.source();
    }
    text
}

fn refused(call: &Call<'_>, status: u16, body: &Value) -> RestError {
    let message = body["message"].as_str().unwrap_or("no reason given");
    let mut fields = Vec::new();
    collect(&body["errors"], "", &mut fields);
    let message = match fields.is_empty() {
        true => message.to_owned(),
        false => format!("{message} ({})", fields.join("; ")),
    };
    let code = body["code"].as_u64().unwrap_or(0);
    RestError::Refused { call: call.name(), status, code, message: text::cut(&message, 500) }
}

/// Discord names each field it dislikes in a tree: `{"embeds": {"0": {"title": {"_errors": [{"message"}]}}}}`.
fn collect(tree: &Value, path: &str, out: &mut Vec<String>) {
    for (key, value) in tree.as_object().into_iter().flatten() {
        match key.as_str() {
            "_errors" => {
                let messages = value.as_array().into_iter().flatten();
                let messages = messages.filter_map(|error| error["message"].as_str());
                out.extend(messages.map(|message| format!("{path}: {message}")));
            }
            key if path.is_empty() => collect(value, key, out),
            key => collect(value, &format!("{path}/{key}"), out),
        }
    }
}
