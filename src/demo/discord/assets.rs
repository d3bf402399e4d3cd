//! The page's files, built in.

use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};

const INDEX: &str = include_str!("../page/index.html");

macro_rules! page_files {
    ($($name:literal: $kind:literal),* $(,)?) => {
        &[$(($name, $kind, include_str!(concat!("../page/", $name)))),*]
    };
}

/// The page's files: name, kind, content.
const FILES: &[(&str, &str, &str)] = page_files! {
    "style.css": "text/css",
    "api.js": "text/javascript",
    "app.js": "text/javascript",
    "command-form.js": "text/javascript",
    "commands.js": "text/javascript",
    "composer.js": "text/javascript",
    "consoles.js": "text/javascript",
    "conversation.js": "text/javascript",
    "dom.js": "text/javascript",
    "drawers.js": "text/javascript",
    "guide.js": "text/javascript",
    "listbox.js": "text/javascript",
    "markdown-view.js": "text/javascript",
    "markdown.js": "text/javascript",
    "message.js": "text/javascript",
    "modal.js": "text/javascript",
    "route.js": "text/javascript",
    "symbols.js": "text/javascript",
};

/// A file of the page.
pub(super) fn file(file: &str) -> Response {
    match FILES.iter().find(|(name, ..)| *name == file) {
        Some((_, kind, content)) => text(kind, content),
        None => StatusCode::NOT_FOUND.into_response(),
    }
}

/// The page itself.
pub(super) fn index() -> Response {
    text("text/html", INDEX)
}

fn text(kind: &'static str, body: &'static str) -> Response {
    // The picture addresses in cards name 127.0.0.1 even where the page was opened as localhost.
    const POLICY: &str = "default-src 'self'; img-src 'self' data: http://127.0.0.1:*; base-uri 'none'; frame-ancestors 'none'";
    let headers = [
        (header::CONTENT_TYPE, format!("{kind}; charset=utf-8")),
        (header::CONTENT_SECURITY_POLICY, POLICY.to_owned()),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff".to_owned()),
        (header::CACHE_CONTROL, "no-store".to_owned()),
    ];
    (headers, body).into_response()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_file_of_the_page_is_served() {
        let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/src/demo/page");
        for entry in std::fs::read_dir(folder).expect("the page's folder") {
            let name = entry.expect("an entry").file_name().into_string().expect("a name");
            if name.ends_with(".js") || name.ends_with(".css") {
                assert_eq!(file(&name).status(), 200, "{name} is missing in FILES");
            }
        }
    }
}
