//! How the programs end, and that there is one bot.

use crate::site::Site;
use crate::waiting::until;

#[tokio::test(flavor = "multi_thread")]
async fn a_second_bot_on_the_same_database_is_refused_and_told_who_runs() {
    let mut site = Site::new().await;
    site.start_bot().await;
    let first = site.take_bot();
    let second = site.syncmedic(&["run"]);
    assert_eq!(second.code, Some(75), "{second:?}");
    assert!(second.err.contains(&format!("process {} on ", first.id())), "{second:?}");

    // The first is not disturbed, and its clean end makes room at once.
    let (ended, _) = first.terminate();
    assert_eq!(ended.code, Some(0), "{}", ended.err);
    site.discord.online(false).await.expect("the bot goes offline");
    site.start_bot().await;
    site.end();
}

#[tokio::test(flavor = "multi_thread")]
async fn of_two_successors_of_a_killed_bot_one_runs() {
    let mut site = Site::new().await;
    site.start_bot().await;
    site.take_bot().kill();
    site.discord.online(false).await.expect("the bot goes offline");
    let both = [site.start(&["run"]), site.start(&["run"])];
    site.discord.online(true).await.expect("one comes online");
    let [mut one, mut other] = both;
    // Whichever of them was too late ends by itself.
    let late =
        until("one gives up", || one.has_ended().then_some(true).or(other.has_ended().then_some(false)));
    let (late, running) = if late { (one, other) } else { (other, one) };
    let late = late.ended();
    assert_eq!(late.code, Some(75), "{late:?}");
    site.resume_with(running);
    site.end();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_bot_that_can_not_reach_discord_still_ends_when_it_is_told_to() {
    let site = Site::new().await;
    site.write_env(&[("DISCORD_API_URL", "http://127.0.0.1:9")]);
    let mut bot = site.start(&["run"]);
    bot.says("the fleet is enrolled");
    let (ended, took) = bot.terminate();
    assert_eq!(ended.code, Some(0), "{}", ended.err);
    assert!(took.as_secs() < 3, "it ends at once, not after {took:?}");

    // Left alone it gives up after some tries, for whatever started it to try again later.
    let gave_up = site.syncmedic(&["run"]);
    assert_eq!(gave_up.code, Some(75), "{gave_up:?}");
    site.end();
}
