//! `apply`: an operator runs what was approved, in their own session.

use std::io::{BufRead as _, Write as _};
use std::path::Path;

use syncmedic::agent::config::Config;
use syncmedic::agent::{Operator, Staged, account, enrol};
use syncmedic::catalog;
use syncmedic::clock::Clock;
use syncmedic::ids::RequestId;
use syncmedic::link::protocol::{Progress, Reason, RunOutcome};

use super::{Failure, Outcome, USAGE, broken, config, data, serve};

pub(crate) async fn apply(
    path: &Path,
    request: Option<RequestId>,
    yes: bool,
    aad_username: Option<String>,
) -> Outcome {
    let clock = Clock::system();
    let loaded = Config::load(path).map_err(config)?;
    serve::guarded(path, &loaded)?;
    let enrolled = enrol::load(&loaded, &clock).map_err(config)?;
    let agent = serve::agent(loaded, enrolled.trust, clock, false)?;
    let mut staged = agent.staged().map_err(data)?;
    if let Some(request) = &request {
        staged.retain(|one| one.request == *request);
    }
    let chosen = match staged.as_slice() {
        [] => return Err(data("no approved request waits here for an operator")),
        [one] => one.clone(),
        several => {
            several.iter().for_each(describe);
            return Err(Failure(USAGE, "several requests wait: choose one with --request".into()));
        }
    };
    describe(&chosen);
    if !yes && !confirmed()? {
        println!("Nothing was run.");
        return Ok(());
    }
    println!("Running. If a sign-in window opens, sign in there.");
    let operator = Operator { account: account::of_this_session(), aad_username };
    let execution = agent.apply(&chosen.request, operator).await.map_err(|why| {
        let lines: Vec<String> = why.iter().map(|Reason { code, text }| format!("{text} ({code})")).collect();
        data(format!("nothing was run: {}", lines.join("; ")))
    })?;
    match execution.progress {
        Progress::Finished { outcome: RunOutcome::Succeeded { .. }, .. } => {
            println!("The command reported success. The bot now watches for the proof.");
            Ok(())
        }
        Progress::Finished { outcome: RunOutcome::Failed { why }, .. } => {
            Err(data(format!("the command failed: {} ({})", why.text, why.code)))
        }
        other => Err(broken(format!("the request stands as {other:?}"))),
    }
}

fn describe(staged: &Staged) {
    let permit = &staged.permit;
    let approvers: Vec<String> = permit.approvers.iter().map(ToString::to_string).collect();
    println!("Request         {}", staged.request);
    println!("Plan code       {}   (compare it with the card in Discord)", permit.plan.code());
    println!("Asked by        {} (Discord id)", permit.requester);
    println!("Approved by     {} (Discord ids)", approvers.join(", "));
    println!("Waits until     {}", staged.until);
    if let Some(command) = catalog::command(permit.command.as_str()) {
        println!("Command         {}: {}", command.id, command.about.title);
        println!("                {}", command.about.text);
        println!("What it does    {}", command.about.effect);
        println!("Undoing it      {}", command.about.undo);
    }
    println!();
}

fn confirmed() -> Result<bool, Failure> {
    print!("Run it now? Type yes: ");
    std::io::stdout().flush().map_err(broken)?;
    let mut line = String::new();
    std::io::stdin().lock().read_line(&mut line).map_err(broken)?;
    Ok(line.trim().eq_ignore_ascii_case("yes"))
}
