//! The local Discord's page as somebody sees it who goes by what things are called.

use std::path::{Path, PathBuf};
use std::time::Duration;

use fantoccini::elements::Element;
use fantoccini::key::Key;
use fantoccini::{Client, Locator};

use super::chromium::{Chromium, Look};
use super::demo::Demo;

/// No state of a story takes this long, on a slow machine either.
const PATIENCE: Duration = Duration::from_secs(45);
/// How often it is looked.
const GLANCE: Duration = Duration::from_millis(40);

/// The page of a demo in a browser.
pub(crate) struct Page {
    story: &'static str,
    chromium: Chromium,
    look: Look,
    shots: std::cell::Cell<u32>,
}

impl Page {
    /// Opens the demo's page; `None` where there is no browser. `story` names its pictures.
    pub(crate) async fn open(demo: &Demo, story: &'static str, look: Look) -> Option<Page> {
        let chromium = Chromium::start(look).await?;
        chromium.client.goto(demo.url()).await.expect("the page opens");
        let page = Page { story, chromium, look, shots: 0.into() };
        page.message_box().await;
        Some(page)
    }

    fn client(&self) -> &Client {
        &self.chromium.client
    }

    /// Ends the visit: the page's scripts must have had nothing to complain about.
    pub(crate) async fn close(self) {
        let complaints = self.chromium.complaints().await;
        assert!(complaints.is_empty(), "the page complained: {complaints:#?}");
    }

    // ---- finding --------------------------------------------------------------------------------------

    /// Waits for what an XPath finds.
    pub(crate) async fn find(&self, path: &str) -> Element {
        match self.client().wait().at_most(PATIENCE).every(GLANCE).for_element(Locator::XPath(path)).await {
            Ok(found) => found,
            Err(error) => {
                self.shot("in vain").await;
                let body = self.client().find(Locator::Css("main")).await.expect("the page has a main part");
                let seen = body.text().await.unwrap_or_default();
                panic!("{}: waited in vain for {path} ({error}); seen:\n{seen}", self.story);
            }
        }
    }

    /// Waits for what an XPath finds and checks that its accessible name is this.
    async fn named(&self, path: &str, name: &str) -> Element {
        let found = self.find(path).await;
        assert_eq!(self.chromium.name_of(&found).await, name, "the accessible name of {path}");
        found
    }

    /// Whether an XPath finds something now.
    pub(crate) async fn has(&self, path: &str) -> bool {
        !self.client().find_all(Locator::XPath(path)).await.expect("the path is one").is_empty()
    }

    /// How wide a picture is, in its own pixels, once it has loaded or failed to: 0 then.
    pub(crate) async fn picture_width(&self, path: &str) -> u64 {
        let loaded = tokio::time::timeout(PATIENCE, async {
            loop {
                let picture = self.find(path).await;
                let picture = serde_json::to_value(picture).expect("an element is JSON");
                let script = "return arguments[0].complete ? arguments[0].naturalWidth : null";
                let width = self.client().execute(script, vec![picture]).await.expect("a script runs");
                if let Some(width) = width.as_u64() {
                    break width;
                }
            }
        });
        loaded.await.expect("the picture loads in time")
    }

    async fn labelled(&self, element: &str, label: &str) -> Element {
        let id = format!("//label[normalize-space()={}]/@for", quoted(label));
        self.named(&format!("//{element}[@id={id}][not(@disabled)]"), label).await
    }

    /// The text box "Message".
    pub(crate) async fn message_box(&self) -> Element {
        self.labelled("textarea", "Message").await
    }

    /// A field of a form by its label.
    pub(crate) async fn field(&self, label: &str) -> Element {
        self.labelled("*", label).await
    }

    /// The newest card of that title.
    pub(crate) async fn card(&self, title: &str) -> Element {
        let found = self.find(&card_path(title)).await;
        let name = self.chromium.name_of(&found).await;
        assert!(name.ends_with(title), "the accessible name of {title:?} is {name:?}");
        found
    }

    /// The newest button with that label.
    pub(crate) async fn button(&self, label: &str) -> Element {
        self.named(&button_path(label), label).await
    }

    // ---- doing ----------------------------------------------------------------------------------------

    /// Writes into "Message" and presses Enter.
    pub(crate) async fn say(&self, text: &str) {
        let message = self.message_box().await;
        message.send_keys(&format!("{text}{}", char::from(Key::Enter))).await.expect("one can write there");
    }

    /// Writes into a field and presses Enter.
    pub(crate) async fn key_in(&self, label: &str, text: &str) {
        let field = self.field(label).await;
        field.send_keys(&format!("{text}{}", char::from(Key::Enter))).await.expect("one can write there");
    }

    /// Presses a button.
    pub(crate) async fn press(&self, label: &str) {
        self.button(label).await.click().await.expect("the button can be pressed");
    }

    /// Becomes another person.
    pub(crate) async fn become_person(&self, name: &str) {
        let people = self.labelled("select", "You are").await;
        people.select_by_label(name).await.expect("that person is here");
        // The person's name stands in the title once the page shows what they see.
        self.find(&format!("//title[contains(., '· {name} ·')]")).await;
    }

    /// Opens a channel.
    pub(crate) async fn open_channel(&self, name: &str) {
        let link = self.named(&channel_path(name), name).await;
        link.click().await.expect("a channel can be opened");
        self.find(&format!("//h2[normalize-space()='#{name}']")).await;
    }

    /// Presses a key where the focus is.
    pub(crate) async fn key(&self, keys: &str) {
        let focused = self.client().active_element().await.expect("something has the focus");
        focused.send_keys(keys).await.expect("it takes keys");
    }

    /// Moves the focus with Tab (or Shift+Tab) until it is on what has this accessible name.
    pub(crate) async fn tab_to(&self, name: &str, backwards: bool) {
        let tab = char::from(Key::Tab).to_string();
        // WebDriver holds Shift down until the end of the keys.
        let keys = if backwards { format!("{}{tab}", char::from(Key::Shift)) } else { tab };
        let mut passed = Vec::new();
        for _ in 0..60 {
            self.key(&keys).await;
            let focused = self.client().active_element().await.expect("something has the focus");
            let found = self.chromium.name_of(&focused).await;
            if found == name {
                return;
            }
            passed.push(found);
        }
        panic!("{}: the focus never came to {name:?}, only to {passed:?}", self.story);
    }

    // ---- pictures -------------------------------------------------------------------------------------

    /// A picture of the window.
    pub(crate) async fn shot(&self, what: &str) {
        let picture = self.client().screenshot().await.expect("a picture of the window");
        self.keep(what, &picture);
    }

    /// A picture of one card, in a window that holds it whole.
    pub(crate) async fn shot_of(&self, card: &str, what: &str) {
        let picture = self.picture(card).await;
        self.keep(what, &picture);
    }

    /// A card as PNG, in a window that holds it whole.
    pub(crate) async fn picture(&self, card: &str) -> Vec<u8> {
        let (width, _) = self.look.size;
        self.chromium.resize(Look { size: (width, 2400), ..self.look }).await;
        let picture = self.card(card).await.screenshot().await.expect("a picture of the card");
        self.chromium.resize(self.look).await;
        picture
    }

    fn keep(&self, what: &str, picture: &[u8]) {
        let count = self.shots.get() + 1;
        self.shots.set(count);
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("screenshots");
        let name = format!("{}-{count:02}-{}.png", self.story, what.replace(' ', "-"));
        std::fs::create_dir_all(&folder)
            .and_then(|()| std::fs::write(folder.join(name), picture))
            .expect("kept");
    }
}

/// Where pictures for the README go, if they are wanted.
pub(crate) fn pictures() -> Option<PathBuf> {
    std::env::var_os("SYNCMEDIC_PICTURES").map(PathBuf::from)
}

/// The newest card of that title, as XPath; a symbol may stand before the title.
pub(crate) fn card_path(title: &str) -> String {
    let end = quoted(&format!(" {title}$"));
    format!("(//article[contains(concat(' ', @aria-label, '$'), {end})])[last()]")
}

/// The newest button with that label, as XPath.
pub(crate) fn button_path(label: &str) -> String {
    format!("(//button[normalize-space()={}][not(@disabled)])[last()]", quoted(label))
}

/// A channel's link, as XPath.
pub(crate) fn channel_path(name: &str) -> String {
    format!("//nav//a[contains(., {})]", quoted(name))
}

/// A string in XPath, which knows no escapes.
fn quoted(text: &str) -> String {
    if text.contains('\'') { format!("\"{text}\"") } else { format!("'{text}'") }
}
