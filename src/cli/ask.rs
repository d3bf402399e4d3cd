//! `syncmedic ask`: the answer of Discord in a terminal.

use std::process::ExitCode;

use syncmedic::diagnosis::diagnose;
use syncmedic::discord::cards;
use syncmedic::question;

use super::tenant;

#[derive(clap::Args)]
pub(super) struct Args {
    /// What people say, such as "users can't sign in".
    question: String,
}

pub(super) async fn run(args: Args) -> anyhow::Result<ExitCode> {
    let (base, tenant) = tenant().await?;
    let question = question::read(&args.question);
    if !question.needs_servers() {
        println!("{}", cards::other::plain());
        return Ok(ExitCode::SUCCESS);
    }
    let observations = tenant.fleet.poll(base.poll_deadline).await;
    let diagnosis = diagnose(&observations, tenant.clock.now(), &tenant.knowledge);
    println!("{}", cards::plain(&diagnosis, &tenant.knowledge, Some(&question)));
    Ok(ExitCode::SUCCESS)
}
