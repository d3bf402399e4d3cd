//! `syncmedic demo` as a process.

use std::io::{BufRead as _, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdout, Command, ExitStatus, Stdio};

use tempfile::TempDir;

/// A running demo. Dropping it kills it.
pub(crate) struct Demo {
    child: Child,
    stdout: BufReader<ChildStdout>,
    folder: TempDir,
    url: String,
}

impl Demo {
    /// Starts `syncmedic demo --port 0` with these arguments more, and waits for the page's address.
    pub(crate) fn start(args: &[&str]) -> Demo {
        let folder = tempfile::tempdir().expect("a folder");
        let mut child = command(folder.path(), &["--port", "0", "--record"])
            .arg(folder.path().join("record.jsonl"))
            .args(args)
            .stdout(Stdio::piped())
            .spawn()
            .expect("the program starts");
        let stdout = BufReader::new(child.stdout.take().expect("standard output is piped"));
        let mut demo = Demo { child, stdout, folder, url: String::new() };
        demo.url = demo.address();
        demo
    }

    fn address(&mut self) -> String {
        let mut line = String::new();
        while self.stdout.read_line(&mut line).expect("the output is text") > 0 {
            if let Some(at) = line.find("http://127.0.0.1:") {
                let rest = &line[at..];
                return rest[..rest.find(' ').unwrap_or(rest.len())].trim().to_owned();
            }
            line.clear();
        }
        panic!("the demo ended without saying where its page is");
    }

    /// The page's address.
    pub(crate) fn url(&self) -> &str {
        &self.url
    }

    /// The file with the REST requests made.
    pub(crate) fn record(&self) -> PathBuf {
        self.folder.path().join("record.jsonl")
    }

    /// The folders that it made for its state.
    pub(crate) fn temporary_folders(&self) -> Vec<PathBuf> {
        let entries = std::fs::read_dir(self.folder.path()).expect("the folder is there");
        let paths = entries.map(|entry| entry.expect("it can be listed").path());
        paths.filter(|path| path.is_dir()).collect()
    }

    /// Presses Ctrl-C and waits for the end; answers how it ended and what it printed since the address.
    pub(crate) fn interrupt(&mut self) -> (ExitStatus, String) {
        let id = self.child.id().to_string();
        let sent = Command::new("kill").args(["-INT", &id]).status().expect("kill runs");
        assert!(sent.success(), "the demo had ended before");
        let status = self.child.wait().expect("it was started here");
        (status, std::io::read_to_string(&mut self.stdout).expect("the output is text"))
    }
}

impl Drop for Demo {
    fn drop(&mut self) {
        // It may have ended already.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// `syncmedic demo`, with its temporary files in `folder` and none of the caller's settings.
pub(crate) fn command(folder: &Path, args: &[&str]) -> Command {
    let mut command = program(folder);
    command.arg("demo").args(args);
    command
}

/// `syncmedic`, in `folder` and with its temporary files there.
pub(crate) fn program(folder: &Path) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_syncmedic"));
    command.current_dir(folder).env("TMPDIR", folder).env("LOG_FILTER", "warn").stdin(Stdio::null());
    command
}
