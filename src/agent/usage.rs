//! What the running agent itself costs, and the note it leaves of that and of its last report: `data/running.json`, which
//! `status` and `self-test` show to an administrator in another process.

use std::io::Read as _;
use std::path::{Path, PathBuf};
use std::time::Duration;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::agent::guard::leads_elsewhere;
use crate::link::files;
use crate::report::{Gap, MAX_BYTES, Report};
use crate::terminal::one_line;

/// The memory that the agent should never need, in bytes.
pub const MEMORY_LIMIT: u64 = 64 * 1024 * 1024;

/// How often the running agent looks at itself.
pub const INTERVAL: Duration = Duration::from_secs(60);

/// What this process uses. What the system does not tell is absent.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Usage {
    /// Its own memory, in bytes, without what it shares with others (Linux: RssAnon; Windows: private bytes).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub memory: Option<u64>,
    /// Processor time since the process began, in milliseconds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cpu_ms: Option<u64>,
}

impl Usage {
    /// What this process uses now.
    pub fn now() -> Usage {
        Usage { memory: memory(), cpu_ms: cpu().and_then(|time| u64::try_from(time.as_millis()).ok()) }
    }

    /// A gap for the report if the agent needs more memory than it should.
    pub fn gap(&self) -> Option<Gap> {
        let memory = self.memory.filter(|memory| *memory > MEMORY_LIMIT)?;
        let why = format!(
            "the agent uses {} of memory and should never need more than {}: restart its service, and report it",
            mib(memory),
            mib(MEMORY_LIMIT)
        );
        Some(Gap { what: "agent".into(), why })
    }
}

#[cfg(windows)]
use crate::agent::windows::process::{cpu, memory};

#[cfg(target_os = "linux")]
fn memory() -> Option<u64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("RssAnon:"))?;
    let kib: u64 = line.trim().strip_suffix("kB")?.trim().parse().ok()?;
    Some(kib * 1024)
}

#[cfg(not(any(windows, target_os = "linux")))]
fn memory() -> Option<u64> {
    None
}

#[cfg(unix)]
fn cpu() -> Option<Duration> {
    let time = nix::time::clock_gettime(nix::time::ClockId::CLOCK_PROCESS_CPUTIME_ID).ok()?;
    Some(time.into())
}

/// Bytes as people read them.
pub fn mib(bytes: u64) -> String {
    // One decimal is enough, and no rounding up past a limit.
    let tenths = bytes.saturating_mul(10) / (1024 * 1024);
    format!("{}.{} MiB", tenths / 10, tenths % 10)
}

/// Whether an agent's process of that number lives; `None` if the system does not tell.
#[cfg(windows)]
fn lives(pid: u32) -> Option<bool> {
    let name = crate::agent::windows::process::name_of_process(pid).ok()?;
    Some(name.is_some_and(|name| is_ours(&name)))
}

/// As on Windows. The number may be another program's by now, so its name is looked at, of which Linux keeps 15 letters.
#[cfg(target_os = "linux")]
fn lives(pid: u32) -> Option<bool> {
    match std::fs::read_to_string(format!("/proc/{pid}/comm")) {
        Ok(name) => Some(is_ours(name.trim_end())),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Some(false),
        Err(_) => None,
    }
}

#[cfg(not(any(windows, target_os = "linux")))]
fn lives(_: u32) -> Option<bool> {
    None
}

/// Whether a program's name is that of this one: the agent and whoever asks for it are the same program.
#[cfg(any(windows, target_os = "linux"))]
fn is_ours(name: &str) -> bool {
    let own = std::env::current_exe().ok();
    let own = own.as_deref().and_then(Path::file_name).map(|own| own.to_string_lossy().into_owned());
    let known = |own: &str| if cfg!(windows) { own.into() } else { own.chars().take(15).collect::<String>() };
    own.is_some_and(|own| known(&own).eq_ignore_ascii_case(name))
}

/// How the agent that left a note stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Standing {
    /// It runs, and the note is at most three minutes old.
    Fresh,
    /// It runs, but has not renewed its note for longer.
    Stale,
    /// It does not run.
    Gone,
}

/// What a running agent says of itself to the administrators of its server.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Running {
    /// Its process.
    pub pid: u32,
    /// The program's version.
    pub version: String,
    /// The account it runs as.
    pub account: String,
    /// Where it listens.
    pub listens: String,
    /// Since when.
    pub since: Timestamp,
    /// When this was written.
    pub at: Timestamp,
    /// What it uses.
    pub usage: Usage,
    /// What it would have answered the bot then: read by its own account, which may read less than an administrator.
    pub report: Report,
}

impl Running {
    fn path(data: &Path) -> PathBuf {
        data.join("running.json")
    }

    /// Leaves the note in the data folder.
    ///
    /// # Errors
    /// [`files::FileError`].
    pub fn write(&self, data: &Path) -> Result<(), files::FileError> {
        let text = serde_json::to_string(self).unwrap_or_default();
        files::replace(&Running::path(data), &text)
    }

    /// Takes the note away: the agent ends.
    pub fn remove(data: &Path) {
        // A note that stays shows its age.
        let _ = std::fs::remove_file(Running::path(data));
    }

    /// The note of the agent that runs, if one left it; none if it is a link, or its report not of this program's kind.
    pub fn read(data: &Path) -> Option<Running> {
        let path = Running::path(data);
        if leads_elsewhere(&path).ok()? != Some(false) {
            return None;
        }
        let file = std::fs::File::open(path).ok()?;
        // The service's account writes it: nothing longer than a report and a little is believed.
        let note = std::io::BufReader::new(file.take(2 * MAX_BYTES as u64));
        let mut note: serde_json::Value = serde_json::from_reader(note).ok()?;
        let report = serde_json::to_vec(note.get("report")?).ok()?;
        note["report"] = serde_json::to_value(Report::from_json(&report).ok()?).ok()?;
        serde_json::from_value(note).ok()
    }

    /// How the agent that left the note stands, by the note's age and by whether its process lives.
    pub fn standing(&self, now: Timestamp) -> Standing {
        let is_new = now.duration_since(self.at).unsigned_abs() <= INTERVAL * 3;
        match (lives(self.pid).unwrap_or(is_new), is_new) {
            (false, _) => Standing::Gone,
            (true, true) => Standing::Fresh,
            (true, false) => Standing::Stale,
        }
    }

    /// In one line: is it alive, what does it cost.
    pub fn describe(&self, now: Timestamp) -> String {
        let old = match self.standing(now) {
            Standing::Fresh => String::new(),
            Standing::Stale => format!("; runs, but was last heard of at {}: it may hang", self.at),
            Standing::Gone => {
                format!(
                    "; has ended without taking its note of {} away: it was killed, or broke down",
                    self.at
                )
            }
        };
        let memory = self.usage.memory.map_or_else(|| "memory unknown".into(), mib);
        let up = self.at.duration_since(self.since).unsigned_abs();
        let cpu = match self.usage.cpu_ms {
            Some(ms) => {
                let share = if up.is_zero() { 0.0 } else { ms as f64 / 10.0 / up.as_secs_f64() };
                format!("{:.1} s of processor time ({share:.2} % of one)", ms as f64 / 1000.0)
            }
            None => "processor time unknown".into(),
        };
        one_line(&format!(
            "process {} as {}, on {}, since {}, {memory} (limit {}), {cpu}{old}",
            self.pid,
            self.account,
            self.listens,
            self.since,
            mib(MEMORY_LIMIT)
        ))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn report(clock: Timestamp) -> Report {
        let text = format!(
            r#"{{"v":1,"agent":"SYNC01","generation":1,"agent_version":"0.1.0","server":"SYNC01","clock":"{clock}",
            "appliance":{{"kind":"connect"}},"gaps":[{{"what":"state","why":"denied"}}]}}"#
        );
        Report::from_json(text.as_bytes()).expect("reads")
    }

    #[cfg(any(windows, target_os = "linux"))]
    #[test]
    fn the_agent_knows_what_it_uses() {
        let usage = Usage::now();
        let held = vec![1_u8; 32 * 1024 * 1024];
        let more = Usage::now();
        assert!(held.iter().all(|byte| *byte == 1));
        let (before, after) = (usage.memory.expect("known"), more.memory.expect("known"));
        assert!(before > 100_000 && after >= before + 16 * 1024 * 1024, "{before} {after}");
        assert!(Usage::now().cpu_ms >= usage.cpu_ms && usage.cpu_ms.is_some());
    }

    #[test]
    fn too_much_memory_is_said_and_the_limit_itself_is_not_too_much() {
        let of = |memory| Usage { memory, cpu_ms: None }.gap();
        assert_eq!((of(None), of(Some(MEMORY_LIMIT))), (None, None));
        let gap = of(Some(70 * 1024 * 1024)).expect("too much");
        assert!(
            gap.what == "agent" && gap.why.contains("70.0 MiB") && gap.why.contains("64.0 MiB"),
            "{gap:?}"
        );
    }

    fn note(pid: u32) -> Running {
        let since: Timestamp = "2026-11-22T02:00:00Z".parse().expect("a time");
        Running {
            pid,
            version: "0.1.0".into(),
            account: r"NT SERVICE\SyncmedicAgent".into(),
            listens: "0.0.0.0:6990".into(),
            since,
            at: since + Duration::from_secs(100),
            usage: Usage { memory: Some(12 * 1024 * 1024), cpu_ms: Some(500) },
            report: report(since),
        }
    }

    #[test]
    fn the_note_of_a_running_agent_is_read_back_and_nothing_else_in_its_place() {
        let folder = tempfile::tempdir().expect("a folder");
        assert_eq!(Running::read(folder.path()), None);
        let running = note(std::process::id());
        running.write(folder.path()).expect("writes");
        assert_eq!(Running::read(folder.path()), Some(running.clone()));
        let says = running.describe(running.at);
        assert!(says.contains("12.0 MiB") && says.contains("0.50 %") && !says.contains("hang"), "{says}");
        // Another version's report may mean something else by the same words.
        let path = folder.path().join("running.json");
        let text = std::fs::read_to_string(&path).expect("reads");
        std::fs::write(&path, text.replace("\"v\":1", "\"v\":2")).expect("writes");
        assert_eq!(Running::read(folder.path()), None);
        Running::remove(folder.path());
        assert_eq!(Running::read(folder.path()), None);
        #[cfg(unix)]
        {
            let elsewhere = folder.path().join("elsewhere");
            std::fs::write(&elsewhere, text).expect("writes");
            std::os::unix::fs::symlink(&elsewhere, &path).expect("a link");
            assert_eq!(Running::read(folder.path()), None);
        }
    }

    #[cfg(any(windows, target_os = "linux"))]
    #[test]
    fn an_agent_that_is_late_is_told_from_one_that_is_gone() {
        let running = note(std::process::id());
        let late = running.at + Duration::from_secs(600);
        assert_eq!(
            (running.standing(running.at), running.standing(late)),
            (Standing::Fresh, Standing::Stale)
        );
        assert!(running.describe(late).contains("runs, but was last heard of"));
        // No system has a process of that number, and on one that had, it would not be ours.
        let gone = note(u32::MAX - 4);
        assert_eq!((gone.standing(gone.at), gone.standing(late)), (Standing::Gone, Standing::Gone));
        assert!(gone.describe(gone.at).contains("has ended"));
    }
}
