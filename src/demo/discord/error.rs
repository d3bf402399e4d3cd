//! Discord's error answers: HTTP status, JSON error code, text, and for an invalid form the tree of fields.

use std::borrow::Cow;
use std::fmt::Display;

use serde_json::{Map, Value, json};

/// An error as Discord answers it.
///
/// Codes: discord-api-docs `topics/opcodes-and-status-codes.mdx`.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[error("{status} {message} (code {code})")]
pub struct ApiError {
    /// HTTP status.
    pub status: u16,
    /// Discord's JSON error code; 0 is its "general error".
    pub code: u32,
    /// Discord's text for it.
    pub message: Cow<'static, str>,
    /// For 50035: which field is wrong, as a tree that follows the request's own shape.
    pub errors: Option<Value>,
}

impl ApiError {
    pub(crate) const fn new(status: u16, code: u32, message: &'static str) -> ApiError {
        ApiError { status, code, message: Cow::Borrowed(message), errors: None }
    }

    pub(crate) fn body(&self) -> Value {
        let mut body = json!({ "message": self.message, "code": self.code });
        if let Some(errors) = &self.errors {
            body["errors"] = errors.clone();
        }
        body
    }
}

pub(crate) const UNAUTHORIZED: ApiError = ApiError::new(401, 0, "401: Unauthorized");
pub(crate) const NOT_FOUND: ApiError = ApiError::new(404, 0, "404: Not Found");
pub(crate) const METHOD_NOT_ALLOWED: ApiError = ApiError::new(405, 0, "405: Method Not Allowed");
pub(crate) const BAD_USER_AGENT: ApiError =
    ApiError::new(403, 40333, "internal network error (the User-Agent must start with \"DiscordBot (\")");
pub(crate) const UNKNOWN_APPLICATION: ApiError = ApiError::new(404, 10002, "Unknown Application");
pub(crate) const UNKNOWN_CHANNEL: ApiError = ApiError::new(404, 10003, "Unknown Channel");
pub(crate) const UNKNOWN_GUILD: ApiError = ApiError::new(404, 10004, "Unknown Guild");
pub(crate) const UNKNOWN_MEMBER: ApiError = ApiError::new(404, 10007, "Unknown Member");
pub(crate) const UNKNOWN_MESSAGE: ApiError = ApiError::new(404, 10008, "Unknown Message");
pub(crate) const UNKNOWN_USER: ApiError = ApiError::new(404, 10013, "Unknown User");
pub(crate) const UNKNOWN_WEBHOOK: ApiError = ApiError::new(404, 10015, "Unknown Webhook");
pub(crate) const UNKNOWN_INTERACTION: ApiError = ApiError::new(404, 10062, "Unknown interaction");
pub(crate) const UNKNOWN_COMMAND: ApiError = ApiError::new(404, 10063, "Unknown application command");
pub(crate) const TOO_LARGE: ApiError = ApiError::new(413, 40005, "Request entity too large");
pub(crate) const ALREADY_ACKNOWLEDGED: ApiError =
    ApiError::new(400, 40060, "Interaction has already been acknowledged.");
pub(crate) const MISSING_ACCESS: ApiError = ApiError::new(403, 50001, "Missing Access");
pub(crate) const NOT_YOURS: ApiError =
    ApiError::new(403, 50005, "Cannot edit a message authored by another user");
pub(crate) const EMPTY_MESSAGE: ApiError = ApiError::new(400, 50006, "Cannot send an empty message");
pub(crate) const MISSING_PERMISSIONS: ApiError = ApiError::new(403, 50013, "Missing Permissions");
pub(crate) const TOKEN_EXPIRED: ApiError = ApiError::new(401, 50027, "Invalid Webhook Token");
pub(crate) const BAD_JSON: ApiError = ApiError::new(400, 50109, "The request body contains invalid JSON.");
pub(crate) const TOO_MANY_COMMANDS: ApiError =
    ApiError::new(400, 30034, "Max number of daily application command creates has been reached (200)");

/// Collects what is wrong with a form, then becomes one 50035 error.
#[derive(Debug, Default)]
pub(crate) struct Problems(Map<String, Value>);

impl Problems {
    /// Adds a fault at `path`: field names and list indexes joined with `/`.
    pub(crate) fn add(&mut self, path: &str, code: &str, message: impl Display) {
        let mut at = &mut self.0;
        for part in path.split('/').filter(|p| !p.is_empty()) {
            let next = at.entry(part.to_owned()).or_insert_with(|| Value::Object(Map::new()));
            match next {
                Value::Object(map) => at = map,
                // Only `_errors` holds a list, and no field of Discord's is called that.
                _ => return,
            }
        }
        let list = at.entry("_errors").or_insert_with(|| json!([]));
        if let Value::Array(list) = list {
            list.push(json!({ "code": code, "message": message.to_string() }));
        }
    }

    pub(crate) fn required(&mut self, path: &str) {
        self.add(path, "BASE_TYPE_REQUIRED", "This field is required");
    }

    pub(crate) fn too_long(&mut self, path: &str, most: usize) {
        self.add(path, "BASE_TYPE_MAX_LENGTH", format_args!("Must be {most} or fewer in length."));
    }

    pub(crate) fn bad_length(&mut self, path: &str, least: usize, most: usize) {
        self.add(path, "BASE_TYPE_BAD_LENGTH", format_args!("Must be between {least} and {most} in length."));
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub(crate) fn finish(self) -> Result<(), ApiError> {
        if self.is_empty() {
            return Ok(());
        }
        Err(ApiError {
            status: 400,
            code: 50035,
            message: Cow::Borrowed("Invalid Form Body"),
            errors: Some(Value::Object(self.0)),
        })
    }
}

/// One wrong field as an error.
pub(crate) fn invalid(path: &str, code: &str, message: impl Display) -> ApiError {
    let mut problems = Problems::default();
    problems.add(path, code, message);
    match problems.finish() {
        Err(error) => error,
        Ok(()) => BAD_JSON,
    }
}
