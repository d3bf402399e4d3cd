//! Faults on demand: what the next requests meet instead of an answer.

use serde_json::{Value, json};

/// What goes wrong with a request.
#[derive(Debug, Clone, PartialEq)]
pub enum Fault {
    /// 429, with its headers and body.
    TooManyRequests {
        /// Seconds, as in `retry_after` and the `Retry-After` header.
        retry_after: f64,
        /// Whether it says that the global limit was hit.
        global: bool,
    },
    /// This status; for 5xx an empty body, as Discord's front gives.
    Status(u16),
    /// This status with Discord's JSON error.
    Error {
        /// HTTP status.
        status: u16,
        /// JSON error code.
        code: u32,
        /// Its text.
        message: String,
    },
    /// Nothing happens, and no answer ever comes.
    Hang,
    /// The connection is cut before anything happens.
    Drop,
    /// The request takes effect, and then the connection is cut: the bot never learns that it worked.
    LoseAnswer,
}

impl Fault {
    /// Status and body of the answer; `None` where there is none, or where the request goes on.
    pub(crate) fn answer(&self) -> Option<(u16, Option<Value>)> {
        match self {
            Fault::TooManyRequests { retry_after, global } => Some((
                429,
                Some(json!({
                    "message": "You are being rate limited.",
                    "retry_after": retry_after,
                    "global": global,
                })),
            )),
            Fault::Status(status @ 500..) => Some((*status, None)),
            Fault::Status(status) => {
                Some((*status, Some(json!({ "message": format!("{status}: refused"), "code": 0 }))))
            }
            Fault::Error { status, code, message } => {
                Some((*status, Some(json!({ "message": message, "code": code }))))
            }
            Fault::Hang | Fault::Drop | Fault::LoseAnswer => None,
        }
    }
}

/// A fault that waits for its requests.
#[derive(Debug, Clone)]
pub(crate) struct Planned {
    /// `None`: any.
    pub(crate) method: Option<String>,
    /// Start of the path below `/api/v10`; a `*` segment stands for any one segment.
    pub(crate) path: String,
    pub(crate) fault: Fault,
    pub(crate) left: usize,
}

impl Planned {
    pub(crate) fn matches(&self, method: &str, path: &str) -> bool {
        if self.method.as_deref().is_some_and(|m| !m.eq_ignore_ascii_case(method)) {
            return false;
        }
        let mut parts = path.trim_matches('/').split('/');
        self.path
            .trim_matches('/')
            .split('/')
            .all(|want| want.is_empty() || parts.next().is_some_and(|part| want == "*" || want == part))
    }
}

/// Takes the first planned fault that fits this request.
pub(crate) fn take(planned: &mut Vec<Planned>, method: &str, path: &str) -> Option<Fault> {
    let at = planned.iter().position(|p| p.matches(method, path))?;
    let fault = planned[at].fault.clone();
    planned[at].left -= 1;
    if planned[at].left == 0 {
        planned.remove(at);
    }
    Some(fault)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_planned_fault_hits_exactly_the_requests_it_names() {
        let mut planned = vec![Planned {
            method: Some("POST".to_owned()),
            path: "/channels/*/messages".to_owned(),
            fault: Fault::Drop,
            left: 2,
        }];
        assert_eq!(take(&mut planned, "GET", "/channels/1/messages"), None);
        assert_eq!(take(&mut planned, "POST", "/channels/1"), None);
        assert_eq!(take(&mut planned, "POST", "/channels/1/messages"), Some(Fault::Drop));
        assert_eq!(take(&mut planned, "POST", "/channels/2/messages/3"), Some(Fault::Drop));
        assert_eq!(take(&mut planned, "POST", "/channels/1/messages"), None);
    }
}
