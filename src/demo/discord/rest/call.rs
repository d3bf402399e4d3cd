//! One REST request, taken apart.

use std::collections::HashMap;
use std::sync::Arc;

use axum::body::{Body, to_bytes};
use axum::extract::{FromRequest, Multipart};
use axum::http::{HeaderMap, Request, header};
use serde_json::Value;

use crate::demo::discord::error::{ApiError, BAD_JSON, TOO_LARGE, invalid};

/// Largest request: message with files (resources/message.mdx, 25 MiB).
const MOST_BYTES: usize = 25 * 1024 * 1024;
/// Largest single file without a boosted guild (`attachment_size_limit`).
const MOST_FILE_BYTES: usize = 10 * 1024 * 1024;

/// A file of a multipart request.
#[derive(Debug, Clone)]
pub(super) struct File {
    /// The `n` of `files[n]`.
    pub(super) index: u64,
    pub(super) name: String,
    pub(super) content_type: String,
    pub(super) bytes: Arc<[u8]>,
}

/// A request whose body has been read.
#[derive(Debug)]
pub(super) struct Call {
    pub(super) method: String,
    /// Segments below `/api/v10`, decoded.
    pub(super) path: Vec<String>,
    pub(super) query: HashMap<String, String>,
    pub(super) raw_query: String,
    pub(super) headers: HeaderMap,
    pub(super) json: Value,
    pub(super) files: Vec<File>,
    /// What was wrong with the body; answered only after token and faults had their say.
    pub(super) broken: Option<ApiError>,
}

impl Call {
    pub(super) async fn read(request: Request<Body>) -> Call {
        let raw_query = request.uri().query().unwrap_or_default().to_owned();
        let path = request.uri().path();
        let mut call = Call {
            method: request.method().as_str().to_owned(),
            path: path
                .strip_prefix("/api/v10")
                .unwrap_or(path)
                .split('/')
                .filter(|part| !part.is_empty())
                .map(decode)
                .collect(),
            query: raw_query
                .split('&')
                .filter(|pair| !pair.is_empty())
                .map(|pair| {
                    let (key, value) = pair.split_once('=').unwrap_or((pair, ""));
                    (decode(key), decode(value))
                })
                .collect(),
            raw_query,
            headers: request.headers().clone(),
            json: Value::Null,
            files: Vec::new(),
            broken: None,
        };
        if let Err(error) = call.read_body(request).await {
            call.broken = Some(error);
        }
        call
    }

    async fn read_body(&mut self, request: Request<Body>) -> Result<(), ApiError> {
        let kind = self
            .headers
            .get(header::CONTENT_TYPE)
            .and_then(|v| v.to_str().ok())
            .unwrap_or_default()
            .to_owned();
        if kind.starts_with("multipart/form-data") {
            let mut form = Multipart::from_request(request, &()).await.map_err(|_| BAD_JSON)?;
            let mut total = 0;
            while let Some(field) = form.next_field().await.map_err(|_| BAD_JSON)? {
                let name = field.name().unwrap_or_default().to_owned();
                let filename = field.file_name().map(str::to_owned);
                let content_type = field.content_type().map(str::to_owned);
                let bytes = field.bytes().await.map_err(|_| BAD_JSON)?;
                total += bytes.len();
                if total > MOST_BYTES || bytes.len() > MOST_FILE_BYTES {
                    return Err(TOO_LARGE);
                }
                if name == "payload_json" {
                    self.json = serde_json::from_slice(&bytes).map_err(|_| BAD_JSON)?;
                    continue;
                }
                let index = name.strip_prefix("files[").and_then(|n| n.strip_suffix(']')?.parse().ok());
                let (Some(index), Some(filename)) = (index, filename) else {
                    return Err(invalid(&name, "BASE_TYPE_BAD", "Expected payload_json or files[n]"));
                };
                let content_type = content_type.unwrap_or_else(|| "application/octet-stream".to_owned());
                self.files.push(File { index, name: filename, content_type, bytes: Arc::from(&bytes[..]) });
            }
            return Ok(());
        }
        let bytes = to_bytes(request.into_body(), MOST_BYTES).await.map_err(|_| TOO_LARGE)?;
        if bytes.is_empty() {
            return Ok(());
        }
        if !kind.starts_with("application/json") {
            return Err(ApiError::new(
                400,
                50035,
                "Invalid Form Body (Expected \"Content-Type\" header to be one of {application/json}.)",
            ));
        }
        self.json = serde_json::from_slice(&bytes).map_err(|_| BAD_JSON)?;
        Ok(())
    }

    pub(super) fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).and_then(|v| v.to_str().ok())
    }

    /// The path as one string.
    pub(super) fn joined(&self) -> String {
        format!("/{}", self.path.join("/"))
    }

    /// Interaction callbacks and webhooks carry their right in the path and need no bot token.
    pub(super) fn tokenless(&self) -> bool {
        match self.path.iter().map(String::as_str).collect::<Vec<_>>().as_slice() {
            ["interactions", _, _, "callback"] | ["gateway"] => true,
            ["webhooks", _, token, ..] => !token.is_empty(),
            _ => false,
        }
    }
}

/// Percent-decoding; what is not valid stays as it is.
fn decode(text: &str) -> String {
    let mut out = Vec::with_capacity(text.len());
    let mut bytes = text.bytes().enumerate();
    while let Some((at, byte)) = bytes.next() {
        let hex = text.get(at + 1..at + 3).and_then(crate::random::unhex);
        match (byte, hex) {
            (b'%', Some(decoded)) => {
                out.extend(decoded);
                bytes.nth(1);
            }
            _ => out.push(byte),
        }
    }
    String::from_utf8_lossy(&out).into_owned()
}

#[cfg(test)]
mod tests {
    use super::decode;

    #[test]
    fn percent_encoding_is_undone() {
        assert_eq!(decode("%40original"), "@original");
        assert_eq!(decode("a%2Fb%zz%"), "a/b%zz%");
    }
}
