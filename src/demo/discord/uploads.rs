//! Files that people attach: to an option of a slash command, or to a message.
//!
//! Source: discord-api-docs `resources/message.mdx` ("Attachment Object"), `interactions/receiving-and-responding.mdx`
//! ("Resolved Data Structure"). An option's value is the file's id, what is known of it stands in
//! `resolved.attachments`, and its address is signed.

use std::collections::VecDeque;
use std::sync::Arc;

use axum::body::{Body, to_bytes};
use axum::extract::{Path, Query, Request, State as Extract};
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse as _, Response};
use serde::Deserialize;
use serde_json::{Value, json};
use serenity::model::id::{AttachmentId, ChannelId, MessageId, UserId};

use super::LocalDiscord;
use super::acts::ActError;
use super::messages::Attachment;
use super::people::APPLICATION;
use super::state::{Shared, State};
use super::view::percent_encode;

/// Largest file of a person without a subscription (`attachment_size_limit`).
pub(super) const MOST_FILE_BYTES: usize = 10 * 1024 * 1024;
/// How many files of options are kept; the oldest go first.
const MOST_FILES: usize = 16;
/// How many bytes they may have together.
const MOST_BYTES: usize = 64 * 1024 * 1024;

/// Files attached to options, oldest first.
#[derive(Default)]
pub(crate) struct Uploads(VecDeque<Upload>);

struct Upload {
    owner: UserId,
    /// The signature in its address.
    key: String,
    file: Attachment,
    /// Discord leaves the kind out where it is not known.
    kind: Option<String>,
}

impl LocalDiscord {
    /// Attaches a file for an option of a slash command; the id is the option's value.
    pub fn upload(&self, who: UserId, name: &str, bytes: &[u8]) -> Result<AttachmentId, ActError> {
        self.shared.change(|s| s.upload(who, name, None, bytes.into()))
    }

    /// Writes a message with a file.
    pub fn say_with_file(
        &self,
        who: UserId,
        channel: ChannelId,
        content: &str,
        name: &str,
        bytes: &[u8],
    ) -> Result<MessageId, ActError> {
        self.shared.change(|s| {
            let file = s.attachment(name, None, bytes.into())?;
            let id = s.say(who, channel, content, None)?;
            if let Some(message) = s.messages.get_mut(&id) {
                message.now.attachments.push(file);
            }
            Ok(id)
        })
    }
}

impl State {
    fn attachment(
        &mut self,
        name: &str,
        kind: Option<&str>,
        bytes: Arc<[u8]>,
    ) -> Result<Attachment, ActError> {
        if bytes.len() > MOST_FILE_BYTES {
            return Err(ActError::TooLarge);
        }
        Ok(Attachment {
            id: AttachmentId::new(self.next_id()),
            filename: clean(name),
            content_type: kind.unwrap_or("application/octet-stream").to_owned(),
            description: None,
            bytes,
        })
    }

    fn upload(
        &mut self,
        owner: UserId,
        name: &str,
        kind: Option<&str>,
        bytes: Arc<[u8]>,
    ) -> Result<AttachmentId, ActError> {
        let file = self.attachment(name, kind, bytes)?;
        let (id, key) = (file.id, self.random().id());
        self.uploads.0.push_back(Upload { owner, key, file, kind: kind.map(str::to_owned) });
        let bytes = |all: &VecDeque<Upload>| all.iter().map(|upload| upload.file.bytes.len()).sum::<usize>();
        while self.uploads.0.len() > MOST_FILES || bytes(&self.uploads.0) > MOST_BYTES {
            self.uploads.0.pop_front();
        }
        Ok(id)
    }

    fn uploaded(&self, id: AttachmentId) -> Option<&Upload> {
        self.uploads.0.iter().find(|upload| upload.file.id == id)
    }

    /// Whether a person attached this file.
    pub(super) fn has_uploaded(&self, who: UserId, id: &str) -> bool {
        let found = id.parse().ok().and_then(|id| self.uploaded(id));
        found.is_some_and(|upload| upload.owner == who)
    }

    /// What an interaction says of a file.
    pub(super) fn uploaded_json(&self, id: &str) -> Option<Value> {
        let Upload { key, file, kind, .. } = self.uploaded(id.parse().ok()?)?;
        let (issued, name) = (self.now().as_second(), percent_encode(&file.filename));
        let address = format!(
            "{}/ephemeral-attachments/{APPLICATION}/{}/{name}?ex={:x}&is={issued:x}&hm={key}&",
            self.base_url(),
            file.id,
            issued + 24 * 3600,
        );
        let mut json = json!({
            "id": file.id, "filename": file.filename, "size": file.bytes.len(), "url": address,
            "proxy_url": address, "ephemeral": true,
        });
        if let Some(kind) = kind {
            json["content_type"] = json!(kind);
        }
        Some(json)
    }
}

/// A file's name as Discord keeps it: blanks become underscores, what is neither letter, digit, dot, dash nor
/// underscore goes.
fn clean(name: &str) -> String {
    let kept = name.chars().map(|c| if c == ' ' { '_' } else { c });
    let kept: String = kept.filter(|c| c.is_alphanumeric() || "._-".contains(*c)).take(260).collect();
    if kept.is_empty() { "unknown".to_owned() } else { kept }
}

#[derive(Deserialize)]
pub(super) struct Named {
    #[serde(rename = "as")]
    who: UserId,
    name: String,
    #[serde(default)]
    kind: String,
}

/// The page attaches a file.
pub(super) async fn take(
    Extract(shared): Extract<Shared>,
    Query(named): Query<Named>,
    request: Request,
) -> Result<Response, ActError> {
    let bytes = to_bytes(request.into_body(), MOST_FILE_BYTES).await.map_err(|_| ActError::TooLarge)?;
    let kind = Some(named.kind.as_str()).filter(|kind| !kind.is_empty());
    let id = shared.change(|s| s.upload(named.who, &named.name, kind, bytes.as_ref().into()))?;
    Ok((StatusCode::CREATED, axum::Json(json!({ "attachment": id }))).into_response())
}

#[derive(Deserialize)]
pub(super) struct Signed {
    #[serde(default)]
    hm: String,
}

/// Hands a file out to whoever has its signed address. It is never shown as a page.
pub(super) async fn give(
    Extract(shared): Extract<Shared>,
    Path((_app, id, _name)): Path<(String, AttachmentId, String)>,
    Query(signed): Query<Signed>,
) -> Response {
    let found = shared.look(|s| {
        let upload = s.uploaded(id).filter(|upload| upload.key == signed.hm)?;
        Some(upload.file.bytes.clone())
    });
    let Some(bytes) = found else { return StatusCode::NOT_FOUND.into_response() };
    let mut response = Response::new(Body::from(bytes.to_vec()));
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/octet-stream"));
    headers.insert(header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    response
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clock::Clock;
    use crate::demo::discord::Config;
    use crate::demo::discord::people::DANA;
    use crate::random::Random;

    #[test]
    fn a_file_is_said_to_be_what_discords_own_description_says() {
        let shared = Shared::new(Config::new(Clock::system(), Random::seeded(1)), 6900);
        let file = shared.change(|s| {
            let id = s.upload(DANA, "a log.xml", Some("text/xml"), Arc::from(*b"<Event/>"))?;
            Ok::<_, ActError>(s.uploaded_json(&id.to_string()))
        });
        let file = file.expect("taken").expect("known");
        assert_eq!((&file["filename"], &file["size"]), (&json!("a_log.xml"), &json!(8)));
        let Some(path) = std::env::var_os("DISCORD_OPENAPI").filter(|path| !path.is_empty()) else { return };
        let text = std::fs::read_to_string(path).expect("DISCORD_OPENAPI can be read");
        let spec: Value = serde_json::from_str(&text).expect("DISCORD_OPENAPI is JSON");
        let schema = json!({
            "$schema": "https://json-schema.org/draft/2020-12/schema", "components": spec["components"],
            "$ref": "#/components/schemas/MessageAttachmentResponse",
        });
        let schema = jsonschema::draft202012::new(&schema).expect("the description is a schema");
        let wrong: Vec<String> = schema.iter_errors(&file).map(|error| error.to_string()).collect();
        assert!(wrong.is_empty(), "{wrong:?} in {file}");
    }
}
