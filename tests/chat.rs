//! The bot in its chat: the real serenity client against the local Discord, real agents behind it.

use std::collections::BTreeSet;
use std::path::Path;
use std::time::Duration;

use jiff::SignedDuration;
use serde_json::json;
use serenity::model::id::{ChannelId, InteractionId, MessageId, RoleId, UserId};
use syncmedic::bot;
use syncmedic::clock::{Clock, Hand};
use syncmedic::config::{Base, Config, Discord};
use syncmedic::demo::discord::people::{
    APPROVALS, APPROVER_ROLE, DANA, GUILD, HELPDESK, LEE, RANDOM, REQUESTER_ROLE, SAM, STATUS,
};
use syncmedic::demo::discord::{self as local, Fault, Forgery, LocalDiscord, Reply, Shown};
use syncmedic::demo::simulator::Pace;
use syncmedic::demo::simulator::scenario::{Scenario, servers};
use syncmedic::demo::site::Site;
use syncmedic::discord::doctor::{self, Level};
use syncmedic::discord::rest::Rest;
use syncmedic::gate::Policy;
use syncmedic::ids::Snowflake;
use syncmedic::random::Random;
use syncmedic::secret::Secret;
use syncmedic::tenant::Tenant;
use tokio::sync::oneshot;
use tokio::task::JoinHandle;

struct World {
    discord: LocalDiscord,
    hand: Hand,
    clock: Clock,
    tenant: Tenant,
    site: Site,
    config: Config,
    bot: Option<Running>,
    _folder: tempfile::TempDir,
}

struct Running {
    stop: oneshot::Sender<()>,
    ended: JoinHandle<anyhow::Result<()>>,
}

fn id(id: impl Into<u64>) -> Snowflake {
    Snowflake(id.into())
}

fn config(discord: &LocalDiscord, folder: &Path) -> Config {
    let minutes = SignedDuration::from_mins;
    Config {
        discord: Discord {
            token: Secret::new(discord.token()),
            api: discord.url().parse().expect("loopback"),
            guild: id(GUILD),
            answer_channels: BTreeSet::from([id(HELPDESK)]),
            approvals_channel: id(APPROVALS),
            status_channel: id(STATUS),
        },
        policy: Policy {
            guild: id(GUILD),
            approvals_channel: id(APPROVALS),
            requester_role: id(REQUESTER_ROLE),
            approver_role: id(APPROVER_ROLE),
            approver_users: Some(BTreeSet::from([id(LEE)])),
            approvals: 1,
            approve_within: minutes(30),
            run_within: minutes(15),
            apply_within: minutes(240),
            verify_within: minutes(65),
            ticket: None,
        },
        base: Base {
            tenant: "contoso".into(),
            data_dir: folder.join("bot"),
            database: Secret::new(format!("sqlite://{}", folder.join("bot/db.sqlite").display())),
            poll_interval: Duration::from_secs(60),
            poll_deadline: Duration::from_secs(20),
            summary_schedule: "0 8 * * *".into(),
            summary_timezone: "UTC".into(),
            causes_file: None,
            builds_file: None,
        },
    }
}

impl World {
    async fn new(scenario: Scenario) -> World {
        let folder = tempfile::tempdir().expect("a folder");
        let (clock, hand) = Clock::manual("2026-11-22T02:00:00Z".parse().expect("a time"));
        let random = Random::system();
        let discord = LocalDiscord::start(local::Config::new(clock.clone(), random.clone())).await;
        let discord = discord.expect("the local Discord starts");
        let config = config(&discord, folder.path());
        let tenant = Tenant::open(&config.base, &clock, &random).await.expect("opens");
        let servers = servers(scenario, &clock, &random);
        let site = Site::start(servers, &tenant, &folder.path().join("servers"), |_| {}).await;
        let site = site.expect("the agents start");
        for post in site.posts() {
            post.agent.report(true).await;
        }
        let mut world = World { discord, hand, clock, tenant, site, config, bot: None, _folder: folder };
        world.start().await;
        world
    }

    async fn start(&mut self) {
        let api = self.config.discord.api.clone();
        // Waits between two tries are real here: the story's clock stands still.
        let rest = Rest::new(self.config.discord.token.clone(), api, Clock::system()).expect("a client");
        let (stop, stopped) = oneshot::channel::<()>();
        let shutdown = async move {
            let _ = stopped.await;
        };
        let run = bot::run(self.config.clone(), rest, self.clock.clone(), Random::system(), shutdown);
        self.bot = Some(Running { stop, ended: tokio::spawn(run) });
        self.discord.online(true).await.expect("the bot connects");
    }

    async fn stop(&mut self) {
        let bot = self.bot.take().expect("runs");
        bot.stop.send(()).expect("listens");
        bot.ended.await.expect("ends").expect("ends well");
    }

    /// A minute passes: the servers live, the bot sweeps and drives.
    async fn minute(&self) {
        for post in self.site.posts() {
            post.server.cycle(Pace::REAL.ping);
        }
        for post in self.site.posts() {
            post.agent.report(true).await;
        }
        self.hand.advance(Duration::from_secs(60));
    }

    async fn slash(&self, who: UserId, channel: ChannelId, name: &str, options: serde_json::Value) -> Shown {
        let interaction = self.discord.slash(who, channel, name, options).expect("may use it");
        self.shown(interaction).await
    }

    async fn shown(&self, interaction: InteractionId) -> Shown {
        match self.discord.reply(interaction).await.expect("answers") {
            Reply::Message(shown) | Reply::Updated(shown) => shown,
            other => panic!("not a message: {other:?}"),
        }
    }

    async fn signin(&self) -> Shown {
        self.slash(DANA, HELPDESK, "signin", json!({"problem": "users can't sign in"})).await
    }

    /// Dana asks and requests; the approval card.
    async fn requested(&self) -> Shown {
        let card = self.signin().await;
        let click = self.discord.click(DANA, card.id, "Request enablement").expect("there is a button");
        let modal = self.discord.reply(click).await.expect("answers").modal().expect("a form");
        assert_eq!(modal.title, "Request enablement");
        let fields: Vec<(String, &str)> = modal
            .inputs
            .iter()
            .map(|input| input["custom_id"].as_str().expect("an id").to_owned())
            .map(|name| (name, "users can't sign in, agreed with the identity team"))
            .collect();
        let fields: Vec<(&str, &str)> = fields.iter().map(|(name, text)| (name.as_str(), *text)).collect();
        let sent = self.discord.submit(DANA, &fields).expect("may be sent");
        let asked = self.shown(sent).await;
        assert!(asked.text().contains("Asked") && asked.visible_to == Some(DANA), "{}", asked.text());
        self.discord.next_message(APPROVALS, |m| m.text().contains("Approval needed")).await.expect("a card")
    }

    async fn click(&self, who: UserId, message: MessageId, button: &str) -> InteractionId {
        self.discord.click(who, message, button).expect("there is a button")
    }

    /// What only the one who clicked sees.
    async fn told(&self, interaction: InteractionId) -> String {
        self.discord.followup(interaction).await.expect("a followup").text()
    }

    /// Lets minutes pass until the card says so. Each minute gets a moment in which the bot can act on it.
    async fn until(&self, card: MessageId, words: &str) -> Shown {
        for _ in 0..100 {
            let said = self.discord.updated(card, |m| m.text().contains(words));
            if let Ok(said) = tokio::time::timeout(Duration::from_millis(300), said).await {
                return said.expect("says so");
            }
            self.minute().await;
        }
        panic!("in vain for {words:?}: {}", self.discord.message(card).expect("is there").text());
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_question_becomes_a_request_an_approval_a_run_and_a_proof() {
    let mut world = World::new(Scenario::Unattended).await;
    let answer = world.signin().await;
    let text = answer.text();
    assert!(text.contains("SYNC01") && text.contains("6900") && text.contains("not discord.com"), "{text}");
    assert_eq!(answer.visible_to, None);

    let card = world.requested().await;
    let text = card.text();
    for words in
        ["Set-ADSyncAADPasswordSyncState", "can't be undone", "Plan code", "0 of 1", "Sign-in method"]
    {
        assert!(text.contains(words), "{words}: {text}");
    }
    let approve = world.click(LEE, card.id, "Approve").await;
    assert_eq!(world.discord.acknowledged(approve).await.expect("acknowledges"), Some(6));
    world.discord.updated(card.id, |m| m.text().contains("awaiting proof")).await.expect("it runs at once");
    let verified = world.until(card.id, "✅ Verified").await;
    assert!(verified.buttons().is_empty(), "{}", verified.text());
    let told =
        world.discord.next_message(HELPDESK, |m| m.text().contains("Verified")).await.expect("is told");
    assert_eq!(told.pings.users, BTreeSet::from([DANA]));
    assert_eq!(told.reference, Some(answer_of(&world, &told)));
    world.stop().await;
}

/// The message that the outcome replies to must be an answer with the button.
fn answer_of(world: &World, told: &Shown) -> MessageId {
    let answer = told.reference.expect("replies");
    let shown = world.discord.message(answer).expect("is there");
    assert!(shown.button("Request enablement").is_some());
    answer
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn whoever_may_not_is_told_why_and_nothing_changes() {
    let world = World::new(Scenario::Unattended).await;
    let answer = world.signin().await;
    // Sam may not ask.
    let click = world.click(SAM, answer.id, "Request enablement").await;
    assert!(world.shown(click).await.text().contains("code not-requester"));
    let card = world.requested().await;
    // Dana may not approve her own request, nor Sam anybody's.
    let click = world.click(DANA, card.id, "Approve").await;
    assert!(world.told(click).await.contains("code self-approval"));
    let click = world.click(SAM, card.id, "Approve").await;
    assert!(world.told(click).await.contains("code not-approver"));
    let click = world.click(SAM, card.id, "Deny").await;
    assert!(world.shown(click).await.text().contains("code not-approver"));
    let click = world.click(SAM, card.id, "Withdraw").await;
    assert!(world.told(click).await.contains("code not-yours"));
    // Lee denies, and says why.
    let click = world.click(LEE, card.id, "Deny").await;
    world.discord.reply(click).await.expect("answers").modal().expect("a form");
    let sent = world.discord.submit(LEE, &[("reason", "change freeze")]).expect("may be sent");
    world.discord.acknowledged(sent).await.expect("acknowledges");
    let denied = world.discord.updated(card.id, |m| m.text().contains("Denied")).await.expect("says so");
    assert!(denied.text().contains("change freeze") && denied.buttons().is_empty(), "{}", denied.text());
    // A button from before is dead.
    let old = card.button("Approve").expect("was there").custom_id;
    let forged = world.discord.forge(Forgery::click(LEE, APPROVALS, card.id, &old));
    assert!(world.shown(forged).await.text().contains("no longer in use"));
    let forged = world.discord.forge(Forgery::click(LEE, APPROVALS, card.id, "no-such-button"));
    assert!(world.shown(forged).await.text().contains("code unknown-button"));
    let told = world.discord.next_message(HELPDESK, |m| m.text().contains("Denied")).await.expect("is told");
    assert_eq!(told.pings.users, BTreeSet::from([DANA]));
    let refused = world.tenant.store.audit_recent(50).await.expect("can be read");
    assert!(refused.iter().filter(|row| row.kind == "refused").count() >= 7);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_double_click_is_one_approval() {
    let world = World::new(Scenario::Unattended).await;
    let card = world.requested().await;
    let first = world.click(LEE, card.id, "Approve").await;
    let second = world.click(LEE, card.id, "Approve").await;
    let refusals = async {
        tokio::select! {
            told = world.told(first) => told,
            told = world.told(second) => told,
        }
    };
    let told = refusals.await;
    assert!(told.contains("already"), "{told}");
    let verified = world.until(card.id, "✅ Verified").await;
    assert!(verified.text().contains("1 of 1"));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn elsewhere_answers_are_private_and_name_no_server() {
    let world = World::new(Scenario::Unattended).await;
    for (name, options) in [
        ("signin", json!({"problem": "users can't sign in"})),
        ("sync status", json!({})),
        ("sync server", json!({"name": "SYNC01"})),
        ("sync history", json!({"server": "SYNC01", "hours": 24})),
        ("audit recent", json!({})),
    ] {
        let shown = world.slash(DANA, RANDOM, name, options).await;
        let text = shown.text();
        assert_eq!(shown.visible_to, Some(DANA), "{name}");
        assert!(
            !text.contains("SYNC01") && !text.contains("STAGE01") && !text.contains("2.6"),
            "{name}: {text}"
        );
        assert!(shown.buttons().is_empty());
    }
    let typed = world.discord.autocomplete(DANA, RANDOM, "sync server", json!({"name": "S"}), "name");
    let reply = world.discord.reply(typed.expect("may type")).await.expect("answers");
    assert!(matches!(reply, Reply::Choices(choices) if choices.is_empty()));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn servers_their_history_a_summary_and_the_record_can_be_looked_at() {
    let world = World::new(Scenario::Unattended).await;
    let typed = world.discord.autocomplete(DANA, HELPDESK, "sync server", json!({"name": "sync"}), "name");
    match world.discord.reply(typed.expect("may type")).await.expect("answers") {
        Reply::Choices(choices) => assert_eq!(choices[0]["value"], "SYNC01"),
        other => panic!("{other:?}"),
    }
    let status = world.slash(SAM, HELPDESK, "sync status", json!({})).await.text();
    assert!(status.contains("SYNC01") && status.contains("STAGE01"), "{status}");
    let server = world.slash(SAM, HELPDESK, "sync server", json!({"name": "SYNC01"})).await.text();
    assert!(server.contains("2.6.3.0") && server.contains("Forests"), "{server}");
    let none = world.slash(SAM, HELPDESK, "sync server", json!({"name": "DC01"})).await.text();
    assert!(none.contains("no-such-server"), "{none}");
    let history = world.slash(SAM, HELPDESK, "sync history", json!({"server": "SYNC01", "hours": 24})).await;
    assert_eq!(history.attachments.len(), 1);
    assert!(history.attachments[0].bytes.starts_with(b"\x89PNG"));
    let ordered = world.slash(SAM, HELPDESK, "sync summary", json!({})).await;
    assert_eq!(ordered.visible_to, Some(SAM));
    let summary = world.discord.next_message(STATUS, |m| m.text().contains("Audit head")).await;
    let summary = summary.expect("is posted");
    assert_eq!(summary.attachments.len(), 1);
    assert!(summary.pings.is_empty());
    let audit = world.slash(SAM, HELPDESK, "audit recent", json!({})).await.text();
    assert!(audit.contains("genesis") && audit.contains("summary"), "{audit}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_bot_answers_a_mention_and_a_command_on_a_message() {
    let world = World::new(Scenario::Unattended).await;
    let bot = syncmedic::demo::discord::people::BOT;
    let asked =
        world.discord.say(DANA, HELPDESK, &format!("<@{bot}> users can't sign in")).expect("may write");
    let answer = world.discord.next_message(HELPDESK, |m| m.reference == Some(asked)).await.expect("answers");
    assert!(answer.text().contains("SYNC01") && answer.pings.is_empty(), "{}", answer.text());
    let other = world.discord.say(DANA, HELPDESK, &format!("<@{bot}> what is for lunch")).expect("may write");
    let answer = world.discord.next_message(HELPDESK, |m| m.reference == Some(other)).await.expect("answers");
    assert!(answer.text().contains("I look after password sync"), "{}", answer.text());
    let complaint =
        world.discord.say(SAM, HELPDESK, "nobody can log in, password not accepted").expect("may write");
    let command = world.discord.context(DANA, complaint, "Diagnose sign-in").expect("may use it");
    assert!(world.shown(command).await.text().contains("SYNC01"));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_card_is_posted_once_whatever_happens_to_discord_and_to_the_bot() {
    let mut world = World::new(Scenario::Unattended).await;
    let path = format!("/channels/{APPROVALS}/messages");
    world.discord.fail_next(1, "POST", &path, Fault::LoseAnswer);
    world.discord.fail_next(2, "POST", &path, Fault::Status(502));
    let card = world.requested().await;
    let count = |world: &World| {
        let all = world.discord.messages(APPROVALS, LEE);
        all.iter().filter(|m| m.text().contains("Switch password hash sync on")).count()
    };
    assert_eq!(count(&world), 1);
    // The bot goes, and comes back: the card and its buttons still work.
    world.stop().await;
    world.start().await;
    world.click(LEE, card.id, "Approve").await;
    world.discord.updated(card.id, |m| m.text().contains("awaiting proof")).await.expect("it runs at once");
    world.until(card.id, "✅ Verified").await;
    assert_eq!(count(&world), 1);
    world.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_wrong_token_ends_the_bot_with_a_clear_sentence() {
    let mut world = World::new(Scenario::Healthy).await;
    world.stop().await;
    let api = world.config.discord.api.clone();
    let rest = Rest::new(Secret::new("wrong"), api, Clock::system()).expect("a client");
    let never = std::future::pending();
    let ended = bot::run(world.config.clone(), rest, world.clock.clone(), Random::system(), never).await;
    let text = format!("{:#}", ended.expect_err("is refused"));
    assert!(text.contains("DISCORD_TOKEN") && !text.contains("wrong"), "{text}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn commands_are_registered_once_and_again_only_when_they_changed() {
    let mut world = World::new(Scenario::Healthy).await;
    let puts = |world: &World| world.discord.requests().iter().filter(|r| r.method == "PUT").count();
    assert_eq!(puts(&world), 1);
    world.stop().await;
    world.start().await;
    assert_eq!(puts(&world), 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_doctor_finds_a_channel_that_the_bot_can_not_use_and_a_list_without_approvers() {
    let mut world = World::new(Scenario::Healthy).await;
    let api = world.config.discord.api.clone();
    let rest = Rest::new(world.config.discord.token.clone(), api, Clock::system()).expect("a client");
    let checks = doctor::check(&rest, &world.config.discord, &world.config.policy).await;
    let faults: Vec<_> = checks.iter().filter(|check| check.level == Level::Fault).collect();
    assert!(faults.is_empty(), "{faults:#?}");
    world.discord.deny_bot(STATUS, serenity::model::Permissions::EMBED_LINKS);
    world.discord.take_role(LEE, RoleId::new(APPROVER_ROLE.get()));
    let checks = doctor::check(&rest, &world.config.discord, &world.config.policy).await;
    let faults: Vec<&str> =
        checks.iter().filter(|check| check.level == Level::Fault).map(|check| check.name.as_str()).collect();
    assert_eq!(faults, ["STATUS_CHANNEL_ID", "APPROVER_USERS"]);
    world.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_card_whose_answer_was_lost_is_found_again_long_after_its_nonce() {
    let world = World::new(Scenario::Unattended).await;
    let path = format!("/channels/{APPROVALS}/messages");
    world.discord.fail_next(1, "POST", &path, Fault::LoseAnswer);
    world.discord.fail_next(3, "POST", &path, Fault::Drop);
    let card = world.requested().await;
    let is_try = |r: &local::Recorded| r.method == "POST" && r.path == path;
    let mut tries = BTreeSet::new();
    let four = |r: &local::Recorded| {
        if is_try(r) {
            tries.insert(r.number);
        }
        tries.len() >= 4
    };
    world.discord.requested("four tries", four).await.expect("are made");
    // By then Discord has forgotten the nonce.
    world.hand.advance(Duration::from_secs(6 * 60));
    let looks = async {
        let look = |r: &local::Recorded| r.method == "GET" && r.path == path;
        while tokio::time::timeout(Duration::from_millis(300), world.discord.requested("a look", look))
            .await
            .is_err()
        {
            // The bot may have noted the last failure only after the clock was moved.
            world.hand.advance(Duration::from_secs(2));
        }
    };
    tokio::time::timeout(Duration::from_secs(20), looks).await.expect("looks before it posts again");
    let approve = world.click(LEE, card.id, "Approve").await;
    world.discord.acknowledged(approve).await.expect("acknowledges");
    world.discord.updated(card.id, |m| m.text().contains("awaiting proof")).await.expect("it runs");
    assert_eq!(world.discord.requests().iter().filter(|r| is_try(r)).count(), 4);
    let all = world.discord.messages(APPROVALS, LEE);
    assert_eq!(all.iter().filter(|m| m.text().contains("asked by")).count(), 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_forged_click_or_form_is_refused_and_audited() {
    let world = World::new(Scenario::Unattended).await;
    let card = world.requested().await;
    let approve = card.button("Approve").expect("is there").custom_id;
    let told = async |forgery: Forgery| {
        let forged = world.discord.forge(forgery);
        world.discord.followup(forged).await.expect("a followup").text()
    };
    let click = |channel| Forgery::click(LEE, channel, card.id, &approve);
    let direct = click(APPROVALS).with(|json| {
        json["user"] = json["member"]["user"].clone();
        json.as_object_mut().expect("an object").remove("member");
        json.as_object_mut().expect("an object").remove("guild_id");
    });
    assert!(told(direct).await.contains("code direct-message"));
    let foreign = click(APPROVALS).with(|json| json["guild_id"] = "999".into());
    assert!(told(foreign).await.contains("code wrong-guild"));
    assert!(told(click(HELPDESK)).await.contains("code wrong-channel"));
    let program = click(APPROVALS).with(|json| json["member"]["user"]["bot"] = true.into());
    assert!(told(program).await.contains("code bot"));
    let pending = click(APPROVALS).with(|json| json["member"]["pending"] = true.into());
    assert!(told(pending).await.contains("code pending-member"));
    // The button of one card does nothing on another message.
    let other = world.signin().await;
    let elsewhere = world.discord.forge(Forgery::click(LEE, APPROVALS, other.id, &approve));
    assert!(world.shown(elsewhere).await.text().contains("code unknown-button"));
    // A form belongs to the one it was opened for.
    let click = world.click(LEE, card.id, "Deny").await;
    let modal = world.discord.reply(click).await.expect("answers").modal().expect("a form");
    let stolen = Forgery::modal(SAM, APPROVALS, Some(card.id), &modal.custom_id, &[("reason", "because")]);
    let stolen = world.discord.forge(stolen);
    assert!(world.shown(stolen).await.text().contains("code unknown-button"));
    assert!(world.discord.message(card.id).expect("is there").text().contains("Approval needed"));
    let rows = world.tenant.store.audit_recent(50).await.expect("can be read");
    assert_eq!(rows.iter().filter(|row| row.kind == "refused").count(), 7);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_interaction_that_serenity_can_not_read_is_answered_all_the_same() {
    let world = World::new(Scenario::Healthy).await;
    let options = json!([{"type": 3, "name": "problem", "value": "users can't sign in"}]);
    let broken = Forgery::slash(DANA, HELPDESK, "signin", options.clone()).with(|json| {
        json.as_object_mut().expect("an object").remove("locale");
    });
    let broken = world.discord.forge(broken);
    assert!(world.shown(broken).await.text().contains("SYNC01"));
    let unknown = world.discord.forge(Forgery::slash(DANA, HELPDESK, "nobody-knows", json!([])));
    assert!(world.shown(unknown).await.text().contains("code unknown-command"));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_staged_command_tells_the_approvers_what_to_type_and_can_be_taken_back() {
    let world = World::new(Scenario::Attended).await;
    let card = world.requested().await;
    world.click(LEE, card.id, "Approve").await;
    let staged = world.discord.updated(card.id, |m| m.text().contains("Staged")).await.expect("is staged");
    assert!(staged.text().contains("syncmedic-agent apply --request"), "{}", staged.text());
    let call = world.discord.next_message(APPROVALS, |m| m.text().contains("operator is needed")).await;
    let call = call.expect("operators are told");
    assert_eq!(call.pings.roles, BTreeSet::from([APPROVER_ROLE]));
    assert!(call.pings.users.is_empty());
    world.click(DANA, card.id, "Withdraw").await;
    let withdrawn = world.until(card.id, "Withdrawn").await;
    assert!(withdrawn.buttons().is_empty());
    let over =
        world.discord.updated(call.id, |m| m.text().contains("any more")).await.expect("the call ends");
    assert!(over.text().contains("Withdrawn") && over.pings.roles.is_empty(), "{}", over.text());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_withheld_offer_says_why_to_the_one_who_asks() {
    let world = World::new(Scenario::TwoActive).await;
    let answer = world.signin().await;
    assert!(answer.button("Request enablement").is_none());
    let click = world.click(SAM, answer.id, "Why not?").await;
    let why = world.shown(click).await;
    assert!(why.text().contains("two-active") && why.visible_to == Some(SAM), "{}", why.text());
}
