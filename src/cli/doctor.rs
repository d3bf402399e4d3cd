//! `syncmedic doctor`: looks at everything and says a line each, with the mend. Exit code 78 if anything does
//! not work or is not safe.

use std::process::ExitCode;

use jiff::{SignedDuration, Timestamp};
use syncmedic::clock::Clock;
use syncmedic::config::{Config, ConfigError};
use syncmedic::diagnosis::Observation;
use syncmedic::discord::doctor::{self, Check, Level};
use syncmedic::discord::rest::Rest;
use syncmedic::link::certs::CertInfo;
use syncmedic::random::Random;
use syncmedic::schedule::Schedule;
use syncmedic::store::agents::EnrolledAgent;
use syncmedic::tenant::Tenant;

use super::{CONFIG, env};

/// From this difference on a clock is worth a look.
const SKEW: SignedDuration = SignedDuration::from_mins(1);

pub(super) async fn run() -> anyhow::Result<ExitCode> {
    let mut worst = Level::Ok;
    let mut tell = |check: Check| {
        worst = worst.max(check.level);
        print(&check);
    };
    match Config::read(&env) {
        Err(ConfigError { faults }) => {
            for fault in faults {
                tell(Check::fault(fault.variable, fault.text, "see .env.example"));
            }
        }
        Ok(config) => {
            tell(Check::ok("configuration", "every variable can be read"));
            env_file().into_iter().for_each(&mut tell);
            tell(schedule(&config));
            let clock = Clock::system();
            let rest = Rest::new(config.discord.token.clone(), config.discord.api.clone(), clock.clone())?;
            doctor::check(&rest, &config.discord, &config.policy).await.into_iter().for_each(&mut tell);
            match Tenant::open(&config.base, &clock, &Random::system()).await {
                Err(error) => {
                    tell(Check::fault("database and keys", format!("{error:#}"), "mend what it names"))
                }
                Ok(tenant) => tenant_checks(&config, &tenant).await?.into_iter().for_each(&mut tell),
            }
        }
    }
    Ok(if worst == Level::Fault { ExitCode::from(CONFIG) } else { ExitCode::SUCCESS })
}

fn print(check: &Check) {
    let word = match check.level {
        Level::Ok => "ok   ",
        Level::Warn => "warn ",
        Level::Fault => "FAULT",
    };
    println!("{word}  {}: {}", check.name, check.text);
    if let Some(mend) = &check.mend {
        println!("       mend: {mend}");
    }
}

/// Whether others on this machine can read the token.
fn env_file() -> Option<Check> {
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        let mode = std::fs::metadata(".env").ok()?.permissions().mode();
        if mode & 0o077 != 0 {
            let text = "other users of this machine can read it, and with it the bot's token";
            return Some(Check::warn(".env", text, "chmod 600 .env"));
        }
    }
    None
}

fn schedule(config: &Config) -> Check {
    let base = &config.base;
    match Schedule::parse(&base.summary_schedule, &base.summary_timezone) {
        Ok(schedule) => {
            let next = schedule.next_after(Timestamp::now());
            let next = next.map_or_else(|| "never".to_owned(), |at| format!("{at:.0}"));
            Check::ok("summaries", format!("the next one is due at {next}"))
        }
        Err(error) => {
            Check::fault("summaries", error.to_string(), "set SUMMARY_SCHEDULE and SUMMARY_TIMEZONE")
        }
    }
}

async fn tenant_checks(config: &Config, tenant: &Tenant) -> anyhow::Result<Vec<Check>> {
    let mut checks = Vec::new();
    let verification = tenant.store.verify(None).await?;
    checks.push(match &verification.broken {
        None => {
            let head = tenant.store.head().await?;
            Check::ok("database", format!("{}, audit whole, head {head}", tenant.store.url()))
        }
        Some(broken) => {
            let mend = "somebody changed the record: compare with heads printed in summaries";
            Check::fault("database", format!("the audit is broken: {broken}"), mend)
        }
    });
    let now = tenant.clock.now();
    let renew = "run `syncmedic agents renew`; agents need nothing";
    checks.push(certificate("the bot's certificate", tenant.identity.bot_info(), now, renew));
    let ca = tenant.identity.authority().info();
    checks.push(certificate("the authority's certificate", ca, now, "enrol every agent anew with new keys"));

    let agents = tenant.store.agents().await?;
    if agents.is_empty() {
        let mend = "on a sync server run `syncmedic-agent init`, then here `syncmedic agents add`";
        checks.push(Check::warn("agents", "none is enrolled", mend));
    }
    let seen = tenant.fleet.poll(config.base.poll_deadline).await;
    for agent in &agents {
        let seen = seen.iter().find(|seen| seen.agent == agent.enrolment.id);
        checks.extend(agent_checks(agent, seen, now));
    }
    Ok(checks)
}

fn certificate(name: &str, info: &CertInfo, now: Timestamp, mend: &str) -> Check {
    let until = info.not_after.strftime("%Y-%m-%d");
    if info.not_after <= now {
        Check::fault(name, format!("expired on {until}"), mend)
    } else if info.ends_soon(now) {
        Check::warn(name, format!("ends on {until}"), mend)
    } else {
        Check::ok(name, format!("good until {until}"))
    }
}

fn agent_checks(agent: &EnrolledAgent, seen: Option<&Observation>, now: Timestamp) -> Vec<Check> {
    let (id, mut checks) = (&agent.enrolment.id, Vec::new());
    let name = format!("agent {id}");
    match seen.map(|seen| (&seen.silence, &seen.report)) {
        Some((None, Some(report))) => {
            let commands: Vec<&str> =
                report.permits.commands.iter().map(|command| command.as_str()).collect();
            let allowed = if commands.is_empty() { "read-only".to_owned() } else { commands.join(", ") };
            checks.push(Check::ok(&name, format!("answers; {allowed}; version {}", report.agent_version)));
            let own = env!("CARGO_PKG_VERSION");
            if report.agent_version != own {
                let text = format!("is version {}, the bot is {own}", report.agent_version);
                checks.push(Check::warn(&name, text, "update both programs together"));
            }
            for gap in &report.gaps {
                let text = format!("can't read {}: {}", gap.what, gap.why);
                checks.push(Check::warn(&name, text, "see docs/setup.md on what the agent needs"));
            }
        }
        Some((Some(silence), _)) => {
            let mend = "look whether the agent runs, and whether a firewall is between";
            checks.push(Check::fault(&name, format!("{} ({})", silence.why, silence.code), mend));
        }
        _ => checks.push(Check::fault(&name, "was not asked", "run doctor again")),
    }
    if let Some(skew) = seen.and_then(|seen| seen.skew).filter(|skew| skew.abs() > SKEW) {
        let text = format!("its clock is {} s from this machine's", skew.as_secs());
        checks.push(Check::warn(&name, text, "set both clocks by the same time source"));
    }
    let left = agent.enrolment.not_after.duration_since(now);
    if left < syncmedic::link::certs::WARN_BEFORE_END {
        let text = format!("its certificate ends on {}", agent.enrolment.not_after.strftime("%Y-%m-%d"));
        checks.push(Check::warn(&name, text, "enrol it again: init, add, install"));
    }
    checks
}
