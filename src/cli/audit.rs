//! `syncmedic audit`: list, export, verify.

use std::fs::File;
use std::io::{BufReader, BufWriter, Write as _};
use std::path::PathBuf;
use std::process::ExitCode;

use clap::Subcommand;
use syncmedic::store::verify::{ExpectedHead, Verification, verify};

use super::{DATA, exit, store};

#[derive(Subcommand)]
pub(super) enum Command {
    /// Print the newest rows.
    List {
        /// How many.
        #[arg(long, default_value_t = 20, value_parser = clap::value_parser!(u32).range(1..=10_000))]
        limit: u32,
    },
    /// Print every row as JSON lines.
    Export {
        /// Where to, instead of standard output.
        #[arg(long, value_name = "FILE")]
        out: Option<PathBuf>,
    },
    /// Check that the chain is whole.
    Verify {
        /// An export to check, without the database; `-` reads standard input.
        #[arg(long, value_name = "FILE")]
        file: Option<PathBuf>,
        /// A head that was written down (in a summary, a Windows event): '#1042 9be1-44d0'.
        #[arg(long, value_name = "HEAD")]
        expect: Option<ExpectedHead>,
    },
}

pub(super) async fn run(command: Command) -> anyhow::Result<ExitCode> {
    match command {
        Command::List { limit } => list(limit).await,
        Command::Export { out } => export(out).await,
        Command::Verify { file, expect } => check(file, expect).await,
    }
}

async fn list(limit: u32) -> anyhow::Result<ExitCode> {
    let store = store().await?;
    let mut rows = store.audit_recent(limit).await?;
    rows.sort_by_key(|row| row.seq);
    for row in rows {
        let actor = row.actor.map_or_else(|| "-".to_owned(), |actor| actor.to_string());
        let request = row.request.as_ref().map_or("-", |request| &request.as_str()[..8]);
        println!("#{} {}  {}  request {request}  by {actor}  {}", row.seq, row.at, row.kind, row.body);
    }
    println!("head {}", store.head().await?);
    Ok(ExitCode::SUCCESS)
}

async fn export(out: Option<PathBuf>) -> anyhow::Result<ExitCode> {
    let store = store().await?;
    let rows = match &out {
        Some(path) => {
            let file = File::create(path)
                .map_err(|error| exit(DATA, format!("{} can't be written: {error}", path.display())))?;
            let mut file = BufWriter::new(file);
            let rows = store.export(&mut file).await?;
            file.flush()?;
            rows
        }
        None => store.export(&mut std::io::stdout()).await?,
    };
    eprintln!("{rows} rows, head {}", store.head().await?);
    Ok(ExitCode::SUCCESS)
}

async fn check(file: Option<PathBuf>, expect: Option<ExpectedHead>) -> anyhow::Result<ExitCode> {
    let result: Verification = match &file {
        Some(path) if path.as_os_str() == "-" => verify(std::io::stdin().lock(), expect),
        Some(path) => {
            let file = File::open(path)
                .map_err(|error| exit(DATA, format!("{} can't be read: {error}", path.display())))?;
            verify(BufReader::new(file), expect)
        }
        None => store().await?.verify(expect).await?,
    };
    print_result(&result);
    if result.is_ok() { Ok(ExitCode::SUCCESS) } else { Err(exit(DATA, "the audit does not verify")) }
}

fn print_result(result: &Verification) {
    let tenant = result.tenant.as_deref().unwrap_or("unknown");
    let head = result.head.map_or_else(|| "none".to_owned(), |head| head.to_string());
    match &result.broken {
        None => println!("whole: {} rows of tenant {tenant}, head {head}", result.rows),
        Some(broken) => println!("BROKEN after {} sound rows (head {head}): {broken}", result.rows),
    }
    for unproven in &result.unproven {
        println!("not proven: {unproven}");
    }
}
