//! What the bot asked for: every REST request, kept for tests and handed to whoever subscribed.

use std::sync::Arc;

use serde::Serialize;
use serde_json::Value;

/// Is told of each request right after it was handled.
pub type OnRequest = Arc<dyn Fn(&Recorded) + Send + Sync>;

/// One REST request and its answer's status.
///
/// Paths of interaction callbacks and webhooks contain the interaction's token: whoever writes these down elsewhere
/// decides what to do about that.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Recorded {
    /// Counts requests from 1, in order of arrival.
    pub number: u64,
    /// HTTP method.
    pub method: String,
    /// Path from `/api/v10` on, without that prefix and without the query.
    pub path: String,
    /// Query string; empty if there was none.
    pub query: String,
    /// The JSON body, or of a multipart body its `payload_json`; null if there was none.
    pub body: Value,
    /// Names of the files sent along.
    pub files: Vec<String>,
    /// Status of the answer; `None` when none was given.
    pub status: Option<u16>,
}
