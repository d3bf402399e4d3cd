//! Stories, clicked through.

use super::chromium::{LAPTOP, Look};
use super::demo::Demo;
use super::page::{Page, button_path, card_path, channel_path, pictures};
use super::picture;

const ASK: &str = "/signin problem: users can't sign in";
const OFF: &str = "Password hash sync is switched off in the tenant";

/// Dana asks for the fix that the newest answer offers.
async fn request_enablement(page: &Page) {
    page.press("Request enablement").await;
    page.find("//dialog[@open]").await;
    let reason = page.field("Why is it needed?").await;
    reason.send_keys("New passwords stopped working at 9, INC0047").await.expect("a reason can be typed");
    page.shot("the form").await;
    page.press("Submit").await;
    page.find(&format!("{}[contains(., 'Only you can see this')]", card_path("Asked"))).await;
    assert!(!page.has("//dialog[@open]").await, "the form is gone");
}

#[tokio::test]
async fn a_helpdesk_person_asks_a_second_person_approves_and_it_is_proven() {
    let demo = Demo::start(&[]);
    let Some(page) = Page::open(&demo, "whole", LAPTOP).await else { return };
    page.shot("the first screen").await;
    page.say(ASK).await;
    page.button("Request enablement").await;
    page.shot("the answer").await;
    page.shot_of(OFF, "the evidence card").await;
    request_enablement(&page).await;
    page.shot("asked").await;

    page.become_person("Lee").await;
    page.find(&format!("{}/following-sibling::*[contains(., 'new')]", channel_path("sync-approvals"))).await;
    page.open_channel("sync-approvals").await;
    page.card("Approval needed").await;
    page.shot("approval needed").await;
    page.shot_of("Approval needed", "the approval card").await;
    page.press("Approve").await;
    let verified = page.card("Verified").await;
    let text = verified.text().await.expect("it can be read");
    assert!(text.contains("every forest whose channel is open has shown a sign of life"), "{text}");
    assert!(!page.has(&button_path("Approve")).await, "a decided request has no buttons");
    page.shot("verified").await;
    page.shot_of("Verified", "the verified card").await;
    page.open_channel("sync-status").await;
    page.shot("the status channel").await;

    page.become_person("Dana").await;
    page.open_channel("helpdesk").await;
    page.find(&format!("{}[contains(., '@Dana')]", card_path("Verified: password sync works again"))).await;
    page.shot("Dana is told").await;
    page.close().await;
}

#[tokio::test]
async fn a_log_is_chosen_in_the_form_and_read_and_opens_no_button() {
    let demo = Demo::start(&["--scenario", "healthy"]);
    let Some(page) = Page::open(&demo, "file", LAPTOP).await else { return };
    let log = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/corpus/events/phs-not-activated.plain.xml");
    page.say("/signin").await;
    page.field("file").await.send_keys(log).await.expect("a file can be chosen");
    page.shot("the form").await;
    page.key_in("problem", "since this morning new passwords fail").await;
    let card = page.card(OFF).await.text().await.expect("it can be read");
    for words in ["enable-password-sync", "phs-not-activated.plain.xml", "offline"] {
        assert!(card.contains(words), "{words:?} is missing in:\n{card}");
    }
    assert!(!page.has(&button_path("Request enablement")).await, "a file opens no button");
    page.shot_of(OFF, "the answer").await;
    page.close().await;
}

#[tokio::test]
async fn an_attended_run_waits_for_a_person_at_the_servers_console() {
    let demo = Demo::start(&["--scenario", "attended"]);
    let Some(page) = Page::open(&demo, "attended", LAPTOP).await else { return };
    page.say(ASK).await;
    request_enablement(&page).await;
    page.become_person("Lee").await;
    page.open_channel("sync-approvals").await;
    page.press("Approve").await;
    page.card("Staged: an operator is needed at the server").await;
    page.card("An operator is needed at SYNC01").await;
    page.shot("staged").await;
    page.shot_of("Staged: an operator is needed at the server", "the staged card").await;
    page.press("Sign in at the server's console").await;
    let verified = page.card("Verified").await;
    let text = verified.text().await.expect("it can be read");
    assert!(text.contains("olga.operator"), "the operator is named: {text}");
    page.shot("verified").await;
    page.close().await;
}

#[tokio::test]
async fn two_active_servers_have_no_button_and_one_is_told_why_not() {
    let demo = Demo::start(&["--scenario", "two-active"]);
    let Some(page) = Page::open(&demo, "two-active", LAPTOP).await else { return };
    page.say(ASK).await;
    page.button("Why not?").await;
    assert!(!page.has(&button_path("Request enablement")).await, "nothing is offered");
    page.shot("the answer").await;
    page.press("Why not?").await;
    let answer = page.card("Why there is no button").await;
    let text = answer.text().await.expect("it can be read");
    assert!(text.contains("two-active") && text.contains("Only you can see this"), "{text}");
    page.shot("why not").await;
    page.close().await;
}

#[tokio::test]
async fn a_healthy_tenant_is_said_to_be_healthy() {
    let demo = Demo::start(&["--scenario", "healthy"]);
    let Some(page) = Page::open(&demo, "healthy", LAPTOP).await else { return };
    page.say(ASK).await;
    page.find("//article[contains(., 'Diagnosed by Syncmedic')]").await;
    assert!(!page.has(&button_path("Request enablement")).await, "there is nothing to mend");
    page.shot("the answer").await;
    page.close().await;
}

#[tokio::test]
async fn a_complaint_is_diagnosed_from_its_apps_menu_and_the_rest_can_be_looked_at() {
    let demo = Demo::start(&[]);
    let Some(page) = Page::open(&demo, "look", LAPTOP).await else { return };
    page.become_person("Sam").await;
    page.say("I can't sign in since I changed my password").await;
    page.press("Apps").await;
    page.press("Diagnose sign-in").await;
    page.card(OFF).await;
    page.shot("diagnosed from the menu").await;

    page.become_person("Dana").await;
    page.say("/sync history server: SYNC01 hours: 6").await;
    assert!(page.picture_width("//article//img").await > 0, "the chart loads");
    page.shot("history").await;

    page.say("/sync status").await;
    page.card("Password sync needs help").await;
    page.shot("status").await;
    page.say("/sync server name: SYNC01").await;
    page.find("//article[contains(@aria-label, 'SYNC01')]").await;
    page.shot("server").await;
    page.close().await;
}

#[tokio::test]
async fn the_readmes_pictures_are_taken_where_they_are_wanted() {
    let Some(folder) = pictures() else { return };
    let demo = Demo::start(&[]);
    let look = Look { size: (1364, 900), scale: 2, dark: true };
    let Some(page) = Page::open(&demo, "pictures", look).await else { return };
    let keep = |name: &str, picture: Vec<u8>| {
        std::fs::create_dir_all(&folder).expect("the folder can be made");
        std::fs::write(folder.join(name), picture::small(&picture)).expect("kept");
    };
    page.say(ASK).await;
    keep("answer.png", page.picture(OFF).await);
    request_enablement(&page).await;
    page.become_person("Lee").await;
    page.open_channel("sync-approvals").await;
    keep("approval.png", page.picture("Approval needed").await);
    page.close().await;
}
