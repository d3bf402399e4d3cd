//! `syncmedic diagnose`: the verdict on event logs from files, without a server and without configuration.

use std::fs::File;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::Context as _;
use clap::ValueEnum;
use jiff::Timestamp;
use syncmedic::clock::Clock;
use syncmedic::diagnosis::Knowledge;
use syncmedic::offline::{self, answer, log::Log};

use super::{DATA, exit};

#[derive(clap::Args)]
pub(super) struct Args {
    /// Event logs: .evtx, XML, JSON, CSV or text, told apart by their content; `-` reads standard input.
    /// Several files are one log.
    #[arg(required = true, value_name = "FILE")]
    files: Vec<PathBuf>,
    /// How to answer.
    #[arg(long, value_enum, default_value_t = Format::Text)]
    format: Format,
    /// Also say which signature fired on which event, and which did not.
    #[arg(long)]
    explain: bool,
    /// Judge as of this time (RFC 3339) instead of that of the newest event.
    #[arg(long, value_name = "TIME")]
    now: Option<Timestamp>,
}

#[derive(Clone, Copy, ValueEnum)]
enum Format {
    /// For people.
    Text,
    /// For programs.
    Json,
}

pub(super) fn run(args: &Args) -> anyhow::Result<ExitCode> {
    let mut log = Log::new();
    for path in &args.files {
        read(path, &mut log)?;
    }
    let reading = log.finish(args.now, Clock::system().now());
    let answer = answer::answer(&reading, args.explain, &Knowledge::embedded())?;
    let text = match args.format {
        Format::Text => answer.plain(),
        Format::Json => serde_json::to_string_pretty(&answer)? + "\n",
    };
    match std::io::stdout().write_all(text.as_bytes()) {
        // Whoever reads it (`head`) has read enough.
        Err(error) if error.kind() == std::io::ErrorKind::BrokenPipe => Ok(ExitCode::SUCCESS),
        written => written.map(|()| ExitCode::SUCCESS).context("the answer can't be written"),
    }
}

fn read(path: &Path, log: &mut Log) -> anyhow::Result<()> {
    if path.as_os_str() == "-" {
        let read = offline::read_stream("standard input", std::io::stdin().lock(), log);
        return read.map(drop).map_err(|error| exit(DATA, error.to_string()));
    }
    let name = path.display().to_string();
    let io = |error: std::io::Error| exit(DATA, format!("{name} can't be read: {error}"));
    let file = File::open(path).map_err(io)?;
    // A pipe that has a name (`diagnose <(…)`) is read once, from its beginning to its end.
    let read = match file.metadata().map_err(io)?.is_file() {
        true => offline::read(&name, file, log),
        false => offline::read_stream(&name, file, log),
    };
    read.map(drop).map_err(|error| exit(DATA, error.to_string()))
}
