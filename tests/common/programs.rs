//! Programs as processes. What they print is kept in files, which a site's end searches for secrets; a process that is
//! dropped is killed.
#![allow(dead_code, reason = "each harness uses its part")]

use std::fs::File;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, Instant};

use crate::waiting::until;

pub(crate) const BOT: &str = env!("CARGO_BIN_EXE_syncmedic");
pub(crate) const AGENT: &str = env!("CARGO_BIN_EXE_syncmedic-agent");

/// How many were started; names their files.
static STARTED: AtomicU32 = AtomicU32::new(0);

/// How a program ended, and what it printed.
#[derive(Debug)]
pub(crate) struct Ended {
    pub(crate) code: Option<i32>,
    pub(crate) out: String,
    pub(crate) err: String,
}

/// A program that runs.
pub(crate) struct Program {
    child: Child,
    out: PathBuf,
    err: PathBuf,
}

impl Program {
    /// Starts a program in `folder` with nothing in its environment but `env`; its output goes to files in `logs`.
    pub(crate) fn start(
        program: &str,
        arguments: &[&str],
        folder: &Path,
        env: &[(&str, &str)],
        logs: &Path,
    ) -> Program {
        let number = STARTED.fetch_add(1, Ordering::Relaxed);
        let (out, err) = (logs.join(format!("{number}.out")), logs.join(format!("{number}.err")));
        let mut command = Command::new(program);
        command.args(arguments).current_dir(folder).env_clear().envs(env.iter().copied());
        if let Some(path) = std::env::var_os("PATH") {
            command.env("PATH", path);
        }
        command.stdin(Stdio::null());
        command.stdout(File::create(&out).expect("a file")).stderr(File::create(&err).expect("a file"));
        Program { child: command.spawn().expect("the program starts"), out, err }
    }

    /// Its process id.
    pub(crate) fn id(&self) -> u32 {
        self.child.id()
    }

    /// What it has written to its log so far.
    pub(crate) fn log(&self) -> String {
        std::fs::read_to_string(&self.err).unwrap_or_default()
    }

    /// Waits until its log says something.
    pub(crate) fn says(&mut self, words: &str) {
        until(&format!("{words:?} in the log"), || {
            if let Ok(Some(status)) = self.child.try_wait() {
                panic!("it ended ({status}) before it said {words:?}:\n{}", self.log());
            }
            self.log().contains(words).then_some(())
        });
    }

    /// Whether it has ended by itself.
    pub(crate) fn has_ended(&mut self) -> bool {
        self.child.try_wait().expect("is our child").is_some()
    }

    /// Waits until it ends by itself.
    pub(crate) fn ended(mut self) -> Ended {
        let status = until("the program's end", || self.child.try_wait().expect("is our child"));
        let read = |path: &Path| std::fs::read_to_string(path).expect("readable");
        Ended { code: status.code(), out: read(&self.out), err: read(&self.err) }
    }

    /// Asks it to end, as systemd does, and waits until it has; also says how long that took.
    pub(crate) fn terminate(self) -> (Ended, Duration) {
        let asked = Instant::now();
        let sent = Command::new("kill").arg(self.id().to_string()).status().expect("kill runs");
        assert!(sent.success(), "it still ran");
        (self.ended(), asked.elapsed())
    }

    /// Asks it to end, as Ctrl-C does, and waits until it has.
    pub(crate) fn interrupt(self) -> Ended {
        let sent = Command::new("kill").args(["-INT", &self.id().to_string()]).status().expect("kill runs");
        assert!(sent.success(), "it still ran");
        self.ended()
    }

    /// `kill -9`.
    pub(crate) fn kill(mut self) {
        assert!(self.child.try_wait().expect("is our child").is_none(), "it still ran:\n{}", self.log());
        self.child.kill().expect("is killed");
        self.child.wait().expect("is gone");
    }
}

impl Drop for Program {
    fn drop(&mut self) {
        // It may have ended already.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
