//! How the demo starts, ends, records and remembers.

use std::path::Path;
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use super::demo::{Demo, command, program};

/// Dana, #helpdesk and #sync-approvals.
const DANA: &str = "1441000000000000031";
const HELPDESK: &str = "1441000000000000011";
const APPROVALS: &str = "1441000000000000012";

/// No state of these stories takes this long.
const PATIENCE: Duration = Duration::from_secs(45);

/// What the page does, without a browser.
struct Dana<'a> {
    demo: &'a Demo,
    http: reqwest::Client,
}

impl Dana<'_> {
    fn at(demo: &Demo) -> Dana<'_> {
        Dana { demo, http: reqwest::Client::builder().no_proxy().build().expect("a client") }
    }

    async fn act(&self, path: &str, more: Value) {
        let mut body = json!({ "as": DANA, "channel": HELPDESK });
        for (name, value) in more.as_object().expect("an object was written") {
            body[name] = value.clone();
        }
        let sent = self.http.post(format!("{}/ui/{path}", self.demo.url())).json(&body).send().await;
        let answer = sent.expect("the page's interface answers");
        assert!(answer.status().is_success(), "{path}: {}", answer.text().await.unwrap_or_default());
    }

    /// Waits until what she sees has something.
    async fn until<T>(&self, what: &str, mut find: impl FnMut(&Value) -> Option<T>) -> T {
        let state = format!("{}/ui/state?as={DANA}", self.demo.url());
        let began = Instant::now();
        loop {
            let answer = self.http.get(&state).send().await.expect("the page's interface answers");
            let seen: Value = answer.json().await.expect("it answers with JSON");
            if let Some(found) = find(&seen) {
                return found;
            }
            assert!(began.elapsed() < PATIENCE, "waited in vain for {what}; seen: {seen:#}");
        }
    }

    /// Asks why users can't sign in, and requests what is offered.
    async fn requests_the_fix(&self) {
        let options = json!([{ "name": "problem", "type": 3, "value": "users can't sign in" }]);
        self.act("command", json!({ "name": "signin", "options": options })).await;
        let (message, button) = self
            .until("the offer", |seen| {
                let messages = seen["messages"][HELPDESK].as_array()?;
                messages.iter().find_map(|message| {
                    let button = &message["components"][0]["components"][0];
                    (button["label"] == "Request enablement")
                        .then(|| (message["id"].clone(), button["custom_id"].clone()))
                })
            })
            .await;
        self.act("click", json!({ "message": message, "custom_id": button })).await;
        let form = self.until("the form", |seen| seen["modal"].as_object().cloned()).await;
        let input = &form["components"][0]["components"][0]["custom_id"];
        let values = json!({ input.as_str().expect("an input has an id"): "New passwords stopped, INC0047" });
        self.act("modal", json!({ "custom_id": form["custom_id"], "values": values })).await;
    }

    /// Waits for a card in a channel whose text has this.
    async fn sees(&self, channel: &str, words: &str) {
        self.until(words, |seen| {
            let cards = seen["messages"][channel].as_array()?;
            cards.iter().any(|card| card["embeds"].to_string().contains(words)).then_some(())
        })
        .await;
    }
}

/// What `syncmedic audit` and `syncmedic agents` say of a demo's kept state.
fn record(data: &Path, args: &[&str]) -> String {
    let bot = data.join("bot");
    let output = program(data).args(args).env("DATA_DIR", bot).env("TENANT", "contoso (demo)").output();
    let output = output.expect("the program runs");
    let text = String::from_utf8(output.stdout).expect("it prints text");
    assert!(output.status.success(), "{args:?}: {text}{}", String::from_utf8_lossy(&output.stderr));
    text
}

#[test]
fn ctrl_c_ends_the_demo_well_and_leaves_nothing_behind() {
    let mut demo = Demo::start(&[]);
    assert_eq!(demo.temporary_folders().len(), 1, "the state is in one temporary folder");
    let (status, printed) = demo.interrupt();
    assert_eq!(status.code(), Some(0), "{printed}");
    assert!(printed.contains("Try this:") && printed.contains("The demo has ended."), "{printed}");
    assert!(demo.temporary_folders().is_empty(), "the folder is gone: {:?}", demo.temporary_folders());
}

#[test]
fn a_taken_port_is_a_clear_error() {
    let taken = std::net::TcpListener::bind("127.0.0.1:0").expect("a port");
    let port = taken.local_addr().expect("it has an address").port().to_string();
    let folder = tempfile::tempdir().expect("a folder");
    let output = command(folder.path(), &["--port", &port]).output().expect("the program runs");
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(!output.status.success());
    assert!(said.contains(&port) && said.contains("--port"), "{said}");
    assert!(output.stdout.is_empty(), "nothing is announced");
    let left: Vec<_> = std::fs::read_dir(folder.path()).expect("the folder is there").collect();
    assert!(left.is_empty(), "nothing is left behind: {left:?}");
}

#[tokio::test]
async fn every_rest_request_is_recorded_as_a_line_of_json() {
    let mut demo = Demo::start(&[]);
    let dana = Dana::at(&demo);
    dana.requests_the_fix().await;
    dana.sees(APPROVALS, "Approval needed").await;
    demo.interrupt();
    let text = std::fs::read_to_string(demo.record()).expect("the record is there");
    let lines: Vec<Value> = text.lines().map(|line| serde_json::from_str(line).expect("JSON")).collect();
    for line in &lines {
        let mut keys: Vec<&str> = line.as_object().expect("an object").keys().map(String::as_str).collect();
        keys.sort_unstable();
        assert_eq!(keys, ["body", "method", "path", "status"], "{line}");
        assert!(line["path"].as_str().is_some_and(|path| path.starts_with("/api/v10/")), "{line}");
    }
    let posts = format!("/api/v10/channels/{APPROVALS}/messages");
    let card = lines.iter().find(|line| line["method"] == "POST" && line["path"] == posts.as_str());
    let card = card.expect("the approval card was posted");
    assert_eq!(card["status"], 200);
    assert!(
        card["body"]["embeds"][0]["title"].as_str().is_some_and(|t| t.contains("Approval needed")),
        "{card}"
    );
}

#[tokio::test]
async fn kept_state_survives_a_restart() {
    let data = tempfile::tempdir().expect("a folder");
    let folder = data.path().to_str().expect("a path in UTF-8");
    let rows = || record(data.path(), &["audit", "export"]).lines().count();

    let mut demo = Demo::start(&["--data", folder]);
    let dana = Dana::at(&demo);
    dana.requests_the_fix().await;
    dana.sees(APPROVALS, "Approval needed").await;
    let (status, printed) = demo.interrupt();
    assert_eq!(status.code(), Some(0), "{printed}");
    let (agents, first) = (record(data.path(), &["agents", "list"]), rows());
    assert!(agents.contains("SYNC01") && agents.contains("STAGE01"), "{agents}");

    // The local Discord forgets: the open request's card is gone, and the bot must not fall over it.
    let mut demo = Demo::start(&["--data", folder]);
    let dana = Dana::at(&demo);
    dana.requests_the_fix().await;
    dana.sees(HELPDESK, "is open already").await;
    let (status, printed) = demo.interrupt();
    assert_eq!(status.code(), Some(0), "{printed}");
    assert!(rows() > first, "the refused second request is in the audit, after {first} rows");
    assert_eq!(record(data.path(), &["agents", "list"]), agents, "the agents stay as they were enrolled");
    record(data.path(), &["audit", "verify"]);
}
