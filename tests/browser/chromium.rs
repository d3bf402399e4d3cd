//! Debian's chromium, driven by its chromedriver.

use std::io::{BufRead as _, BufReader};
use std::os::unix::process::CommandExt as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use fantoccini::wd::{Capabilities, WebDriverCompatibleCommand};
use fantoccini::{Client, ClientBuilder};
use hyper_util::client::legacy::connect::HttpConnector;
use reqwest::Method;
use serde_json::{Value, json};
use tempfile::TempDir;

/// The browser and its driver. Dropping it ends both.
pub(crate) struct Chromium {
    pub(crate) client: Client,
    profile: TempDir,
    driver: Child,
}

/// How the browser stands before the page.
#[derive(Clone, Copy)]
pub(crate) struct Look {
    /// In CSS pixels.
    pub(crate) size: (u32, u32),
    /// Device pixels a CSS pixel.
    pub(crate) scale: u32,
    pub(crate) dark: bool,
}

/// A laptop's screen in the light theme.
pub(crate) const LAPTOP: Look = Look { size: (1440, 900), scale: 1, dark: false };

impl Chromium {
    /// Starts it, or says why not and answers `None`.
    ///
    /// # Panics
    /// If it is not there and `SYNCMEDIC_REQUIRE` names `browser`.
    pub(crate) async fn start(look: Look) -> Option<Chromium> {
        let (Some(driver), Some(browser)) = (on_path("chromedriver"), on_path("chromium")) else {
            let required = std::env::var("SYNCMEDIC_REQUIRE").unwrap_or_default();
            let required = required.split(',').any(|name| name.trim() == "browser");
            assert!(!required, "chromedriver and chromium are required, and not both on PATH");
            eprintln!("skipped: chromedriver and chromium are not both on PATH");
            return None;
        };
        let profile = tempfile::tempdir().expect("a folder");
        let driver = Command::new(driver)
            .arg("--port=0")
            .env("HOME", profile.path())
            .env("TMPDIR", profile.path())
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            // One group, so that nothing it started can be left behind.
            .process_group(0)
            .spawn()
            .expect("chromedriver starts");
        let mut starting = Starting(Some(driver));
        let port = starting.port();
        let client = ClientBuilder::new(HttpConnector::new())
            .capabilities(capabilities(&browser, profile.path(), look))
            .connect(&format!("http://127.0.0.1:{port}"))
            .await
            .expect("chromium starts");
        let driver = starting.0.take().expect("it was put there above");
        let chromium = Chromium { client, profile, driver };
        let theme = if look.dark { "dark" } else { "light" };
        let features = json!({ "features": [{ "name": "prefers-color-scheme", "value": theme }] });
        chromium.devtools("Emulation.setEmulatedMedia", features).await;
        chromium.resize(look).await;
        Some(chromium)
    }

    /// Makes the page's part of the window exactly this large.
    pub(crate) async fn resize(&self, look: Look) {
        let (width, height) = look.size;
        let metrics = json!({
            "width": width, "height": height, "deviceScaleFactor": look.scale, "mobile": false,
        });
        self.devtools("Emulation.setDeviceMetricsOverride", metrics).await;
    }

    async fn devtools(&self, cmd: &str, params: Value) {
        let command = Extra::post("goog/cdp/execute", json!({ "cmd": cmd, "params": params }));
        self.client.issue_cmd(command).await.expect("chromium knows this");
    }

    /// What the page's scripts complained about since the last call.
    pub(crate) async fn complaints(&self) -> Vec<String> {
        let log = self.client.issue_cmd(Extra::post("se/log", json!({ "type": "browser" }))).await;
        let log = log.expect("the browser's log can be read");
        let entries = log.as_array().cloned().unwrap_or_default();
        let severe = entries.iter().filter(|entry| entry["level"] == "SEVERE");
        severe.map(|entry| entry["message"].to_string()).collect()
    }

    /// The name that assistive technology says for an element.
    pub(crate) async fn name_of(&self, element: &fantoccini::elements::Element) -> String {
        let command = Extra::get(format!("element/{}/computedlabel", &*element.element_id()));
        let name = self.client.issue_cmd(command).await.expect("an element has a name or none");
        name.as_str().unwrap_or_default().to_owned()
    }
}

impl Drop for Chromium {
    fn drop(&mut self) {
        kill_group(&mut self.driver);
        kill_browser(self.profile.path());
    }
}

/// A driver that is starting: it must not outlive a failure.
struct Starting(Option<Child>);

impl Starting {
    fn port(&mut self) -> u16 {
        let stdout = self.0.as_mut().and_then(|child| child.stdout.take()).expect("it is piped");
        let mut lines = BufReader::new(stdout).lines();
        let port = lines.by_ref().map_while(Result::ok).find_map(|line| {
            let (_, port) = line.split_once("started successfully on port ")?;
            port.trim_end_matches('.').parse().ok()
        });
        // It must be able to write on.
        std::thread::spawn(move || lines.for_each(drop));
        port.expect("chromedriver says its port")
    }
}

impl Drop for Starting {
    fn drop(&mut self) {
        if let Some(driver) = &mut self.0 {
            kill_group(driver);
        }
    }
}

fn kill_group(driver: &mut Child) {
    // A group is named by a minus sign. It may have ended already.
    let _ = Command::new("kill").args(["-KILL", "--", &format!("-{}", driver.id())]).status();
    let _ = driver.wait();
}

/// Chromedriver gives the browser a group of its own; the profile, which is nobody else's, tells which it is.
fn kill_browser(profile: &Path) {
    let profile = format!("--user-data-dir={}", profile.display());
    let Ok(processes) = std::fs::read_dir("/proc") else { return };
    for process in processes.flatten() {
        let arguments = std::fs::read(process.path().join("cmdline")).unwrap_or_default();
        if arguments.split(|&byte| byte == 0).any(|argument| argument == profile.as_bytes()) {
            let _ = Command::new("kill").arg("-KILL").arg(process.file_name()).stderr(Stdio::null()).status();
        }
    }
}

fn on_path(name: &str) -> Option<PathBuf> {
    let path = std::env::var_os("PATH")?;
    std::env::split_paths(&path).map(|folder| folder.join(name)).find(|file| file.is_file())
}

fn capabilities(browser: &Path, profile: &Path, look: Look) -> Capabilities {
    let (width, height) = look.size;
    let capabilities = json!({
        "goog:chromeOptions": {
            "binary": browser,
            "args": [
                "--headless=new", "--no-sandbox", "--disable-gpu", "--disable-quic", "--disable-dev-shm-usage",
                "--disable-background-networking", "--disable-component-update", "--disable-sync",
                "--no-first-run", "--no-default-browser-check", "--hide-scrollbars", "--lang=en-GB",
                format!("--window-size={width},{height}"),
                format!("--user-data-dir={}", profile.display()),
            ],
        },
        "goog:loggingPrefs": { "browser": "ALL" },
    });
    match capabilities {
        Value::Object(capabilities) => capabilities,
        _ => unreachable!("an object was written above"),
    }
}

/// A command of WebDriver's, or of chromedriver's own, that fantoccini has no method for.
#[derive(Debug)]
struct Extra {
    path: String,
    body: Option<Value>,
}

impl Extra {
    fn get(path: impl Into<String>) -> Extra {
        Extra { path: path.into(), body: None }
    }

    fn post(path: &str, body: Value) -> Extra {
        Extra { path: path.into(), body: Some(body) }
    }
}

impl WebDriverCompatibleCommand for Extra {
    fn endpoint(&self, base: &url::Url, session: Option<&str>) -> Result<url::Url, url::ParseError> {
        base.join(&format!("session/{}/{}", session.unwrap_or_default(), self.path))
    }

    fn method_and_body(&self, _: &url::Url) -> (Method, Option<String>) {
        match &self.body {
            None => (Method::GET, None),
            Some(body) => (Method::POST, Some(body.to_string())),
        }
    }
}
