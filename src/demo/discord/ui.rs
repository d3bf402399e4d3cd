//! The page, and the API that only the page (and the browser tests) use.
//!
//! It answers loopback names only, and to writes only from its own origin: a web page elsewhere must not act in here
//! by DNS rebinding or a cross-site request.

use std::convert::Infallible;
use std::pin::Pin;

use axum::body::Body;
use axum::extract::{FromRequest, Path, Query, Request, State as Extract};
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::middleware::{Next, from_fn};
use axum::response::sse::{Event, KeepAlive, Sse};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use axum::{Json, Router};
use futures_util::stream::{Stream, unfold};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};
use serenity::model::id::{AttachmentId, ChannelId, MessageId, UserId};

use super::acts::{self, ActError};
use super::assets;
use super::gateway;
use super::people::LOCALES;
use super::state::Shared;
use super::uploads;

/// A simulated server's console, as the page shows it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Console {
    /// The server's name.
    pub server: String,
    /// What stands on the screen, oldest line first.
    pub lines: Vec<String>,
    /// A staged run that waits for a person at this console.
    pub staged: Option<Staged>,
    /// Name and value of what there is to know of the server.
    pub facts: Vec<(String, String)>,
}

/// A run that waits for a person at the server.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Staged {
    /// The plan's code, as on the cards.
    pub plan_code: String,
    /// What would be done, in a sentence.
    pub text: String,
}

/// The consoles of the simulated servers.
pub trait Consoles: Send + Sync {
    /// All of them, in a fixed order.
    fn consoles(&self) -> Vec<Console>;

    /// Does something at one; the error is a plain sentence.
    fn act<'a>(
        &'a self,
        server: &'a str,
        action: &'a str,
    ) -> Pin<Box<dyn Future<Output = Result<(), String>> + Send + 'a>>;
}

pub(super) fn router(shared: Shared) -> Router<Shared> {
    Router::new()
        .route("/", get(index))
        .route("/page/{file}", get(|Path(file): Path<String>| async move { assets::file(&file) }))
        .route("/ui/state", get(state))
        .route("/ui/events", get(events))
        .route("/ui/message", post(message))
        .route("/ui/command", post(command))
        .route("/ui/context", post(context))
        .route("/ui/autocomplete", post(autocomplete))
        .route("/ui/upload", post(uploads::take))
        .route("/ui/click", post(click))
        .route("/ui/select", post(select))
        .route("/ui/modal", post(modal))
        .route("/ui/modal/close", post(close_modal))
        .route("/ui/locale", post(locale))
        .route("/ui/console", post(console))
        .route("/attachments/{channel}/{id}/{filename}", get(attachment))
        .route("/ephemeral-attachments/{app}/{id}/{filename}", get(uploads::give))
        .layer(from_fn(move |request: Request, next: Next| {
            let port = shared.look(|s| s.port);
            async move { if own(request.headers(), port) { next.run(request).await } else { foreign() } }
        }))
}

/// The gateway's address is the root, as Discord's is; a browser gets the page there.
async fn index(
    Extract(shared): Extract<Shared>,
    upgrade: Result<axum::extract::WebSocketUpgrade, axum::extract::ws::rejection::WebSocketUpgradeRejection>,
) -> Response {
    match upgrade {
        Ok(upgrade) if shared.look(|s| s.outage.is_none()) => {
            upgrade.on_upgrade(move |socket| gateway::serve(socket, shared))
        }
        Ok(_) => StatusCode::SERVICE_UNAVAILABLE.into_response(),
        Err(_) => assets::index(),
    }
}

/// Whether a request names us by a loopback name and, where a browser says so, comes from our own page.
fn own(headers: &HeaderMap, port: u16) -> bool {
    let named = |authority: &str| {
        ["127.0.0.1", "localhost", "[::1]"].iter().any(|host| authority == format!("{host}:{port}"))
    };
    let value = |name| headers.get(name).map(|v: &HeaderValue| v.to_str().unwrap_or("?"));
    let host = value(header::HOST);
    if !host.is_some_and(named) {
        return false;
    }
    match value(header::ORIGIN) {
        None => true,
        Some(origin) => origin.strip_prefix("http://") == host,
    }
}

fn foreign() -> Response {
    refuse(StatusCode::FORBIDDEN, "only this page itself, on this machine, may ask")
}

fn refuse(status: StatusCode, why: impl ToString) -> Response {
    (status, Json(json!({ "error": why.to_string() }))).into_response()
}

impl IntoResponse for ActError {
    fn into_response(self) -> Response {
        let status = match self {
            ActError::NoChannel | ActError::NoMessage | ActError::NoModal | ActError::NoCommand(_) => {
                StatusCode::NOT_FOUND
            }
            ActError::NotAllowed => StatusCode::FORBIDDEN,
            ActError::TooLarge => StatusCode::PAYLOAD_TOO_LARGE,
            _ => StatusCode::BAD_REQUEST,
        };
        refuse(status, self)
    }
}

#[derive(Deserialize)]
struct As {
    #[serde(rename = "as")]
    who: UserId,
}

async fn state(Extract(shared): Extract<Shared>, Query(query): Query<Map<String, Value>>) -> Response {
    let who = match query.get("as").and_then(Value::as_str) {
        Some(id) => id.parse().ok(),
        // A page that is opened for the first time is nobody yet.
        None => shared.look(|s| s.users.values().find(|u| u.on_page).map(|u| u.id)),
    };
    let Some(who) = who else {
        return refuse(StatusCode::BAD_REQUEST, "as: the id of the person you are");
    };
    // Read before the state, so that a change in between makes the page ask again rather than miss it.
    let version = *shared.changes().borrow();
    let consoles = shared.look(|s| s.consoles.clone()).map(|c| c.consoles()).unwrap_or_default();
    match shared.look(|s| s.page(who)) {
        Some(mut page) => {
            page["version"] = json!(version);
            page["consoles"] = json!(consoles);
            Json(page).into_response()
        }
        None => refuse(StatusCode::NOT_FOUND, "there is no such person"),
    }
}

async fn events(Extract(shared): Extract<Shared>) -> Sse<impl Stream<Item = Result<Event, Infallible>>> {
    let changes = shared.changes();
    let stream = unfold((changes, true), |(mut changes, first)| async move {
        if !first {
            changes.changed().await.ok()?;
        }
        let version = *changes.borrow_and_update();
        Some((Ok(Event::default().data(json!({ "version": version }).to_string())), (changes, false)))
    });
    Sse::new(stream).keep_alive(KeepAlive::default())
}

/// A JSON body; what is wrong with it is said as every other error is.
struct Sent<T>(T);

impl<T: serde::de::DeserializeOwned, S: Send + Sync> FromRequest<S> for Sent<T> {
    type Rejection = Response;

    async fn from_request(request: Request, state: &S) -> Result<Sent<T>, Response> {
        let Json(body) =
            Json::from_request(request, state).await.map_err(|e| refuse(e.status(), e.body_text()))?;
        Ok(Sent(body))
    }
}

type Acted = Result<Response, ActError>;

fn begun(interaction: impl Serialize) -> Response {
    (StatusCode::ACCEPTED, Json(json!({ "interaction": interaction }))).into_response()
}

#[derive(Deserialize)]
struct Say {
    #[serde(flatten)]
    me: As,
    channel: ChannelId,
    content: String,
}

async fn message(Extract(shared): Extract<Shared>, Sent(said): Sent<Say>) -> Acted {
    let message = shared.change(|s| s.say(said.me.who, said.channel, &said.content, None))?;
    Ok((StatusCode::ACCEPTED, Json(json!({ "message": message }))).into_response())
}

#[derive(Deserialize)]
struct UseCommand {
    #[serde(flatten)]
    me: As,
    channel: ChannelId,
    name: String,
    #[serde(default)]
    options: Value,
}

async fn command(Extract(shared): Extract<Shared>, Sent(used): Sent<UseCommand>) -> Acted {
    acts::slash(&shared, used.me.who, used.channel, &used.name, &used.options).map(begun)
}

async fn autocomplete(Extract(shared): Extract<Shared>, Sent(used): Sent<UseCommand>) -> Acted {
    let id = acts::autocomplete(&shared, used.me.who, used.channel, &used.name, &used.options, None)?;
    let choices = shared
        .until(|s| {
            let interaction = s.interactions.get(&id)?;
            match interaction.failed {
                Some(_) => Some(Vec::new()),
                None => interaction.choices.clone(),
            }
        })
        .await;
    Ok(Json(json!({ "choices": choices })).into_response())
}

#[derive(Deserialize)]
struct OnMessage {
    #[serde(flatten)]
    me: As,
    message: MessageId,
    #[serde(default)]
    name: String,
    #[serde(default)]
    custom_id: String,
    #[serde(default)]
    values: Vec<String>,
}

async fn context(Extract(shared): Extract<Shared>, Sent(used): Sent<OnMessage>) -> Acted {
    acts::context(&shared, used.me.who, used.message, &used.name).map(begun)
}

async fn click(Extract(shared): Extract<Shared>, Sent(used): Sent<OnMessage>) -> Acted {
    acts::click(&shared, used.me.who, used.message, &used.custom_id).map(begun)
}

async fn select(Extract(shared): Extract<Shared>, Sent(used): Sent<OnMessage>) -> Acted {
    acts::select(&shared, used.me.who, used.message, &used.custom_id, &used.values).map(begun)
}

#[derive(Deserialize)]
struct Submit {
    #[serde(flatten)]
    me: As,
    custom_id: String,
    values: std::collections::BTreeMap<String, String>,
}

async fn modal(Extract(shared): Extract<Shared>, Sent(sent): Sent<Submit>) -> Acted {
    let values: Vec<(String, String)> = sent.values.into_iter().collect();
    acts::submit(&shared, sent.me.who, Some(&sent.custom_id), &values).map(begun)
}

async fn close_modal(Extract(shared): Extract<Shared>, Sent(me): Sent<As>) -> StatusCode {
    shared.change(|s| s.modals.remove(&me.who));
    StatusCode::NO_CONTENT
}

#[derive(Deserialize)]
struct Speak {
    #[serde(flatten)]
    me: As,
    locale: String,
}

async fn locale(Extract(shared): Extract<Shared>, Sent(sent): Sent<Speak>) -> Response {
    if !LOCALES.iter().any(|(locale, _)| *locale == sent.locale) {
        return refuse(StatusCode::BAD_REQUEST, "the page does not offer this language");
    }
    shared.change(|s| s.set_locale(sent.me.who, &sent.locale));
    StatusCode::NO_CONTENT.into_response()
}

#[derive(Deserialize)]
struct AtConsole {
    server: String,
    action: String,
}

async fn console(Extract(shared): Extract<Shared>, Sent(act): Sent<AtConsole>) -> Response {
    let Some(consoles) = shared.look(|s| s.consoles.clone()) else {
        return refuse(StatusCode::NOT_FOUND, "there are no consoles here");
    };
    let result = consoles.act(&act.server, &act.action).await;
    shared.touch();
    match result {
        Ok(()) => StatusCode::NO_CONTENT.into_response(),
        Err(why) => refuse(StatusCode::CONFLICT, why),
    }
}

async fn attachment(
    Extract(shared): Extract<Shared>,
    Path((channel, id, _name)): Path<(ChannelId, AttachmentId, String)>,
) -> Response {
    let found = shared.look(|s| {
        let files = s.messages.values().filter(|m| m.now.channel == channel).flat_map(|m| &m.now.attachments);
        files.into_iter().find(|file| file.id == id).cloned()
    });
    let Some(file) = found else { return refuse(StatusCode::NOT_FOUND, "there is no such file") };
    // Only pictures are shown; anything else that came from outside is never run as a page.
    let kind = match file.content_type.as_str() {
        kind @ ("image/png" | "image/jpeg" | "image/gif" | "image/webp") => kind,
        _ => "application/octet-stream",
    };
    let mut response = Response::new(Body::from(file.bytes.to_vec()));
    if let Ok(kind) = HeaderValue::from_str(kind) {
        response.headers_mut().insert(header::CONTENT_TYPE, kind);
    }
    response.headers_mut().insert(header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    response
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_loopback_names_and_the_own_origin_are_answered() {
        let headers = |host: &str, origin: Option<&str>| {
            let mut headers = HeaderMap::new();
            headers.insert(header::HOST, host.parse().expect("a host"));
            if let Some(origin) = origin {
                headers.insert(header::ORIGIN, origin.parse().expect("an origin"));
            }
            headers
        };
        assert!(own(&headers("127.0.0.1:6900", None), 6900));
        assert!(own(&headers("localhost:6900", Some("http://localhost:6900")), 6900));
        assert!(!own(&headers("evil.example:6900", None), 6900));
        assert!(!own(&headers("127.0.0.1:6900", Some("http://evil.example")), 6900));
        assert!(!own(&headers("127.0.0.1:6900", Some("null")), 6900));
        assert!(!own(&headers("127.0.0.1:1", None), 6900));
        assert!(!own(&HeaderMap::new(), 6900));
    }
}
