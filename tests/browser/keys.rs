//! The main story with the keyboard alone.

use fantoccini::key::Key;

use super::chromium::LAPTOP;
use super::demo::Demo;
use super::page::{Page, card_path};

#[tokio::test]
async fn the_main_story_needs_no_mouse() {
    let demo = Demo::start(&[]);
    let Some(page) = Page::open(&demo, "keyboard", LAPTOP).await else { return };
    let enter = char::from(Key::Enter).to_string();
    page.tab_to("Skip to the text box", false).await;
    page.key(&enter).await;
    page.key(&format!("/signin problem: users can't sign in{enter}")).await;
    page.button("Request enablement").await;
    page.tab_to("Request enablement", true).await;
    page.shot("focus on the card").await;
    page.key(&enter).await;
    // The form takes the focus, and its first field has it.
    page.find("//dialog[@open]").await;
    page.key("New passwords stopped working at 9, INC0047").await;
    page.tab_to("Submit", false).await;
    page.key(&enter).await;
    page.find(&format!("{}[contains(., 'Only you can see this')]", card_path("Asked"))).await;

    page.tab_to("You are", true).await;
    page.key("Lee").await;
    page.find("//title[contains(., '· Lee ·')]").await;
    page.tab_to("sync-approvals", true).await;
    page.key(&enter).await;
    page.card("Approval needed").await;
    page.tab_to("Approve", false).await;
    page.key(" ").await;
    page.card("Verified").await;
    page.shot("verified").await;
    page.close().await;
}
