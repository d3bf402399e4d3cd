//! `apply`: an operator runs what was approved, in their own session.

use std::io::{BufRead as _, Write as _};
use std::path::Path;

use syncmedic::agent::{Operator, Staged, UserName, account, enrol};
use syncmedic::catalog;
use syncmedic::clock::Clock;
use syncmedic::ids::RequestId;
use syncmedic::link::protocol::{Progress, Reason, RunOutcome};
use syncmedic::terminal::one_line;

use super::serve::LAST_WORDS;
use super::{Failure, Outcome, USAGE, broken, config, data, serve};

pub(crate) async fn apply(
    path: &Path,
    request: Option<RequestId>,
    yes: bool,
    aad_username: Option<String>,
) -> Outcome {
    let clock = Clock::system();
    let loaded = serve::rules(path)?;
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
    let aad_username = match aad_username {
        // Who says yes beforehand is not asked.
        None if !yes => signs_in(agent.user_name_for(&chosen).await)?,
        given => given,
    };
    if !yes && !answer("Run it now? Type yes: ")?.eq_ignore_ascii_case("yes") {
        println!("Nothing was run.");
        return Ok(());
    }
    let account = account::of_this_session();
    println!(
        "Running as {account}. If a sign-in window opens, sign in there; nothing is asked in this terminal."
    );
    let holding_on = hold_on().map_err(broken)?;
    let operator = Operator { account: account.clone(), aad_username };
    let applied = agent.apply(&chosen.request, operator).await;
    agent.settle_record(LAST_WORDS);
    let execution = applied.map_err(|why| {
        let lines: Vec<String> =
            why.iter().map(|Reason { code, text }| format!("{} ({code})", one_line(text))).collect();
        data(format!("nothing was run: {}", lines.join("; ")))
    })?;
    holding_on.abort();
    match execution.progress {
        Progress::Finished { outcome: RunOutcome::Succeeded { .. }, .. } => {
            println!("The command reported success. The bot now watches for the proof.");
            println!("On record as run by {account}.");
            Ok(())
        }
        Progress::Finished { outcome: RunOutcome::Failed { why }, .. } => {
            let why = format!("{} ({})", one_line(&why.text), why.code);
            Err(data(format!("the command, run by {account}, failed: {why}")))
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

/// From here on the keyboard breaks nothing off: whether a change that was broken off has been made, nobody could tell.
fn hold_on() -> std::io::Result<tokio::task::JoinHandle<()>> {
    #[cfg(unix)]
    let (mut first, mut second) = {
        use tokio::signal::unix::{SignalKind, signal};
        (signal(SignalKind::interrupt())?, signal(SignalKind::hangup())?)
    };
    #[cfg(windows)]
    let (mut first, mut second) = (tokio::signal::windows::ctrl_c()?, tokio::signal::windows::ctrl_break()?);
    Ok(tokio::spawn(async move {
        loop {
            tokio::select! {
                _ = first.recv() => {}
                _ = second.recv() => {}
            }
            eprintln!(
                "The command runs, and is not broken off: it ends by itself, or after 10 minutes at the latest."
            );
        }
    }))
}

/// Asks who signs in, where the cmdlet takes that.
fn signs_in(asked: UserName) -> Result<Option<String>, Failure> {
    let question = match asked {
        UserName::NotAsked => return Ok(None),
        UserName::Optional => "Who signs in? (user principal name; leave empty to be asked in the window): ",
        UserName::Needed => "Who signs in? (user principal name of an Entra administrator): ",
    };
    let name = answer(question)?;
    if name.is_empty() && asked == UserName::Needed {
        return Err(data("nothing was run: on this build Microsoft's cmdlet must be told who signs in"));
    }
    Ok((!name.is_empty()).then_some(name))
}

fn answer(question: &str) -> Result<String, Failure> {
    print!("{question}");
    std::io::stdout().flush().map_err(broken)?;
    let mut line = String::new();
    std::io::stdin().lock().read_line(&mut line).map_err(broken)?;
    Ok(line.trim().to_owned())
}
