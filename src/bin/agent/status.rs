//! `status`: what the bot would see, and how the running agent is.

use std::path::Path;

use syncmedic::agent::enrol;
use syncmedic::agent::gatekeeper::Trust;
use syncmedic::agent::usage::{Running, Standing};
use syncmedic::clock::Clock;
use syncmedic::report::{Permits, Report};
use syncmedic::terminal::{json_for_a_terminal, one_line};

use super::{Outcome, broken, data, serve};

/// Who has looked where no running agent did.
const OWN: &str = "by this account just now: the service's account may read less";

/// Prints the report as the bot would get it, and what only this server knows: the service, its cost, what waits here.
///
/// While the agent runs, that is the report of the running agent, as a rule a minute old and three at most: its account may
/// read less than an administrator, and the bot sees what that account sees. Otherwise this account reads, and that is said.
pub(crate) async fn status(path: &Path, json: bool) -> Outcome {
    let clock = Clock::system();
    let loaded = serve::rules(path)?;
    serve::guarded(path, &loaded)?;
    // Not enrolled yet is worth a look too.
    let enrolled = enrol::load(&loaded, &clock);
    let trust = match &enrolled {
        Ok(enrolled) => enrolled.trust.clone(),
        Err(_) => Trust { generation: 0, grant_keys: Vec::new() },
    };
    let running = Running::read(&loaded.data);
    let agent = serve::agent(loaded, trust, clock.clone(), false)?;
    let standing = running.as_ref().map(|running| (running, running.standing(clock.now())));
    let (report, seen) = match standing {
        Some((running, Standing::Fresh)) => {
            (running.report.clone(), format!("by the running agent at {}, as the bot sees it", running.at))
        }
        Some((running, Standing::Stale)) => {
            let why = format!("the agent runs, but has left no note since {}: it may hang", running.at);
            (agent.report(true).await, format!("{OWN}; {why}"))
        }
        Some((_, Standing::Gone)) | None => {
            (agent.report(true).await, format!("{OWN}; no running agent has left a note"))
        }
    };
    if json {
        println!("{}", json_for_a_terminal(&serde_json::to_string_pretty(&report).map_err(broken)?));
        return Ok(());
    }
    #[cfg(windows)]
    println!("service         {}", super::service::in_words());
    match &running {
        Some(running) => println!("running agent   {}", running.describe(clock.now())),
        None => println!("running agent   none has left a note here"),
    }
    match enrolled {
        Ok(enrolled) => println!("certificate     good until {}", enrolled.certificate.not_after),
        Err(error) => println!("certificate     {}", one_line(&error.to_string())),
    }
    println!("seen            {seen}");
    show(&report);
    let staged = agent.staged().map_err(data)?;
    println!("waiting         {} approved request(s) for an operator", staged.len());
    Ok(())
}

/// What may run, in words.
pub(crate) fn allowed(permits: &Permits) -> String {
    let commands: Vec<&str> = permits.commands.iter().map(|id| id.as_str()).collect();
    let allowed = if commands.is_empty() { "nothing: read-only".to_owned() } else { commands.join(", ") };
    format!("{allowed} ({} approval(s) needed)", permits.approvals)
}

/// In lines, of which nothing from elsewhere is one of its own.
fn show(report: &Report) {
    let known = |flag: Option<bool>| match flag {
        Some(true) => "yes",
        Some(false) => "no",
        None => "unknown",
    };
    let build = report.appliance.build.map_or_else(|| "build unknown".into(), |build| build.to_string());
    println!(
        "agent           {} (generation {}) on {}",
        report.agent,
        report.generation,
        one_line(&report.server)
    );
    println!("product         {:?}, {build}", report.appliance.kind);
    for service in &report.appliance.services {
        println!("service         {} {:?}", one_line(&service.name), service.state);
    }
    if let Some(state) = &report.state {
        println!("cloud flag      {}", known(state.cloud_flag));
        println!("staging         {}", known(state.staging));
        println!("cycle running   {}", known(state.cycle_running));
        println!("sign-in method  {}", one_line(state.sign_in_method.as_deref().unwrap_or("unknown")));
        for connector in state.connectors.iter().flatten() {
            println!(
                "connector       {} ({:?}), channel {}",
                one_line(&connector.name),
                connector.kind,
                known(connector.channel)
            );
        }
    }
    println!("events          {} shown, {} left out", report.events.len(), report.cut.events);
    println!("may run here    {}", allowed(&report.permits));
    for gap in &report.gaps {
        println!("not read        {}: {}", one_line(&gap.what), one_line(&gap.why));
    }
}
