//! Stands in for `powershell.exe` under Wine, whose own is an empty stub.
//!
//! What it does instead of a script is said by a file in the agent's folder, `stand-in/COMMAND.txt`: a word in its first
//! line, and below it what to print. Without such a file it answers as the catalogue's scripts answer when they can't
//! work: one JSON object that says why. Each run is written to `stand-in/runs.txt`.
//!
//! | word | |
//! |---|---|
//! | `print` | prints, and ends with exit code 0 |
//! | `fail` | prints, and ends with exit code 3 |
//! | `hang` | prints, and never ends |
//! | `flood` | prints again and again, to both streams in turn |
//! | `leave` | starts a child that never ends, prints, and ends |
//! | `hang-with-child` | starts such a child, prints, and never ends |
//! | `touch` | tries to change its script, and prints how that went |
//!
//! A child holds `stand-in/alive`, which the system removes when the child ends, however it ends.

use std::fs::{self, OpenOptions};
use std::io::{self, Write as _};
use std::os::windows::fs::OpenOptionsExt as _;
use std::os::windows::process::CommandExt as _;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode, Stdio};

const SILENT: &str =
    r#"{"ok":false,"code":"stand-in","message":"the stand-in for PowerShell was given nothing to say"}"#;

/// Names the agent's folder for what an operator runs.
const OPERATORS: &str = r"C:\tests\operator.txt";

/// Win32: a process that is to leave its parent's job.
const CREATE_BREAKAWAY_FROM_JOB: u32 = 0x0100_0000;
/// Win32: a file that goes with its last handle, and the rights that this takes.
const FILE_FLAG_DELETE_ON_CLOSE: u32 = 0x0400_0000;
const GENERIC_WRITE_AND_DELETE: u32 = 0x4000_0000 | 0x0001_0000;
/// Win32: others may read, write and delete.
const SHARE_ALL: u32 = 7;

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    if let [child, alive] = arguments.as_slice()
        && child == "--child"
    {
        return live(Path::new(alive));
    }
    match play(&arguments) {
        Ok(code) => code,
        Err(error) => {
            eprintln!("the stand-in for PowerShell: {error}");
            ExitCode::from(99)
        }
    }
}

/// Lives until it is killed, and shows it by a file.
fn live(alive: &Path) -> ExitCode {
    let mut options = OpenOptions::new();
    options.access_mode(GENERIC_WRITE_AND_DELETE).share_mode(SHARE_ALL).create(true).write(true);
    let held = options.custom_flags(FILE_FLAG_DELETE_ON_CLOSE).open(alive);
    match held {
        Ok(_held) => sleep(),
        Err(error) => {
            eprintln!("{}: {error}", alive.display());
            ExitCode::FAILURE
        }
    }
}

fn sleep() -> ! {
    loop {
        std::thread::park();
    }
}

fn play(arguments: &[String]) -> io::Result<ExitCode> {
    let script =
        arguments.iter().position(|argument| argument == "-File").and_then(|at| arguments.get(at + 1));
    let script = PathBuf::from(script.ok_or_else(|| io::Error::other("no -File was given"))?);
    let command = script.ancestors().nth(1).and_then(Path::file_name);
    let command =
        command.ok_or_else(|| io::Error::other("the script does not lie where the agent's copies do"))?;
    // The agent's folder \ data \ scripts \ a run's own folder \ COMMAND \ run.ps1; what an operator runs lies elsewhere.
    let folder = match script.ancestors().nth(5) {
        Some(folder) => folder.to_owned(),
        None => fs::read_to_string(OPERATORS).unwrap_or_default().into(),
    };
    let stage = folder.join("stand-in");
    let Ok(said) = fs::read_to_string(stage.join(command).with_extension("txt")) else {
        println!("{SILENT}");
        return Ok(ExitCode::FAILURE);
    };
    write_down(&stage, arguments)?;
    let (word, text) = said.split_once('\n').unwrap_or((&said, ""));
    if word.trim() == "flood" {
        loop {
            io::stdout().write_all(text.as_bytes())?;
            io::stderr().write_all(text.as_bytes())?;
        }
    }
    if matches!(word.trim(), "leave" | "hang-with-child") {
        start_child(&stage.join("alive"))?;
    }
    let text = if word.trim() == "touch" { touch(&script) } else { text.to_owned() };
    io::stdout().write_all(text.as_bytes())?;
    io::stdout().flush()?;
    match word.trim() {
        "print" | "leave" | "touch" => Ok(ExitCode::SUCCESS),
        "fail" => Ok(ExitCode::from(3)),
        "hang" | "hang-with-child" => sleep(),
        other => Err(io::Error::other(format!("what does {other} mean?"))),
    }
}

/// What the agent gave: a line `run`, then `argument …`, `folder …`, `variable NAME=…`, `input N` (its bytes).
fn write_down(stage: &Path, arguments: &[String]) -> io::Result<()> {
    let mut run = String::from("run\n");
    for argument in arguments {
        run += &format!("argument {argument}\n");
    }
    run += &format!("folder {}\n", std::env::current_dir()?.display());
    for (name, value) in std::env::vars() {
        run += &format!("variable {name}={value}\n");
    }
    run += &format!("input {}\n", io::copy(&mut io::stdin(), &mut io::sink())?);
    OpenOptions::new().create(true).append(true).open(stage.join("runs.txt"))?.write_all(run.as_bytes())
}

/// Starts a child that tries to leave the job, and waits until it lives.
fn start_child(alive: &Path) -> io::Result<()> {
    let start = |flags: u32| {
        let mut child = Command::new(std::env::current_exe()?);
        child.arg("--child").arg(alive).creation_flags(flags);
        // It keeps the pipes open, as a careless script's child does.
        child.stdin(Stdio::null()).spawn()
    };
    // A job that does not let its processes go refuses this.
    start(CREATE_BREAKAWAY_FROM_JOB).or_else(|_| start(0))?;
    while !alive.exists() {
        std::thread::yield_now();
    }
    Ok(())
}

/// Tries to write to the script that is said to run, to rename and to remove it; and reads it.
fn touch(script: &Path) -> String {
    let write = OpenOptions::new().append(true).open(script).map(drop);
    let rename = fs::rename(script, script.with_extension("old"));
    let remove = fs::remove_file(script);
    let how = |tried: io::Result<()>| match tried {
        Ok(()) => "done".to_owned(),
        Err(error) => error.raw_os_error().map_or_else(|| error.to_string(), |code| code.to_string()),
    };
    let length = fs::read(script).map_or(0, |bytes| bytes.len());
    format!(
        r#"{{"ok":true,"write":"{}","rename":"{}","remove":"{}","length":{length}}}"#,
        how(write),
        how(rename),
        how(remove)
    )
}
