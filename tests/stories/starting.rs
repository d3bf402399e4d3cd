//! As the bot starts: what it registers, what keeps it from starting, and what `doctor` would have said of that.

use serenity::model::Permissions;
use syncmedic::demo::discord::people::{APPROVER_ROLE, BOT, DANA, GUILD, LEE, STATUS};
use syncmedic::demo::simulator::scenario::Scenario;
use syncmedic::discord::doctor::{self, Level};
use syncmedic::ids::Snowflake;

use crate::story::{Setup, Story, tell};

#[test]
fn commands_are_registered_once_and_again_only_when_they_changed() {
    tell(Setup::new().scenario(Scenario::Healthy), async |s| {
        let registered = |s: &Story| s.discord.requests().iter().filter(|r| r.method == "PUT").count();
        assert_eq!(registered(s), 1);
        s.stop_bot().await;
        s.start_bot().await;
        assert_eq!(registered(s), 1);
        // Somebody takes them away: that is the second one, and the third is the bot's.
        s.stop_bot().await;
        let (application, guild) = (Snowflake(BOT.get()), Snowflake(GUILD.get()));
        s.rest().put_commands(application, guild, &[]).await.expect("Discord takes it");
        s.start_bot().await;
        assert_eq!(registered(s), 3);
        s.ask(DANA, "users can't sign in").await;
        s.skim();
    });
}

#[test]
fn the_doctor_finds_a_channel_that_the_bot_can_not_use_and_a_list_without_approvers() {
    tell(Setup::new().scenario(Scenario::Healthy), async |s| {
        let faults = async |s: &Story| {
            let (rest, config) = (s.rest(), s.config());
            let checks = doctor::check(&rest, &config.discord, &config.policy).await;
            let faults = checks.into_iter().filter(|check| check.level == Level::Fault);
            faults.map(|check| check.name).collect::<Vec<String>>()
        };
        assert!(faults(s).await.is_empty());
        s.discord.deny_bot(STATUS, Permissions::EMBED_LINKS);
        s.discord.take_role(LEE, APPROVER_ROLE);
        assert_eq!(faults(s).await, ["STATUS_CHANNEL_ID", "APPROVER_USERS"]);
    });
}

#[test]
fn a_token_that_discord_refuses_ends_the_bot_with_the_mend() {
    tell(Setup::new(), async |s| {
        let old = s.discord.token().to_owned();
        let tells_the_mend = |ended: anyhow::Result<()>| {
            let said = format!("{:#}", ended.expect_err("it can't be"));
            assert!(said.contains("DISCORD_TOKEN") && !said.contains(&old), "{said}");
        };
        s.discord.reset_token("another.token");
        tells_the_mend(s.bot_ended().await);
        s.launch_bot();
        tells_the_mend(s.bot_ended().await);

        s.set_env("DISCORD_TOKEN", "another.token");
        s.start_bot().await;
        s.ask(DANA, "users can't sign in").await;
        s.skim();
    });
}

#[test]
fn a_second_bot_on_the_same_database_is_refused_and_told_who_holds_it() {
    tell(Setup::new(), async |s| {
        let refused = format!("{:#}", s.second_bot().await);
        assert!(refused.contains(&format!("process {}", std::process::id())), "{refused}");
        // The first is none the worse for it.
        s.ask(DANA, "users can't sign in").await;
        s.skim();
    });
}
