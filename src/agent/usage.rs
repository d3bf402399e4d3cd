//! What the running agent itself costs, and the note it leaves of that and of its last report: `data/running.json`, which
//! `status` and `self-test` show to an administrator in another process.

use std::io::Read as _;
use std::path::{Path, PathBuf};
use std::time::Duration;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::agent::record::one_line;
use crate::link::files;
use crate::report::{Gap, MAX_BYTES, Report};

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

    /// The note of the agent that runs, if one left it.
    pub fn read(data: &Path) -> Option<Running> {
        let file = std::fs::File::open(Running::path(data)).ok()?;
        // The service's account writes it: nothing longer than a report and a little is believed.
        serde_json::from_reader(std::io::BufReader::new(file.take(2 * MAX_BYTES as u64))).ok()
    }

    /// Whether it was written so lately that the agent most likely still runs.
    pub fn is_fresh(&self, now: Timestamp) -> bool {
        now.duration_since(self.at).unsigned_abs() <= INTERVAL * 3
    }

    /// In one line: is it alive, what does it cost.
    pub fn describe(&self, now: Timestamp) -> String {
        let old = if !self.is_fresh(now) {
            format!("; last heard of at {}: it hangs, or was killed", self.at)
        } else {
            String::new()
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

    #[test]
    fn the_note_of_a_running_agent_is_read_back_and_an_old_one_is_called_old() {
        let folder = tempfile::tempdir().expect("a folder");
        assert_eq!(Running::read(folder.path()), None);
        let since: Timestamp = "2026-11-22T02:00:00Z".parse().expect("a time");
        let running = Running {
            pid: 7,
            version: "0.1.0".into(),
            account: r"NT SERVICE\SyncmedicAgent".into(),
            listens: "0.0.0.0:6990".into(),
            since,
            at: since + Duration::from_secs(100),
            usage: Usage { memory: Some(12 * 1024 * 1024), cpu_ms: Some(500) },
            report: report(since),
        };
        running.write(folder.path()).expect("writes");
        assert_eq!(Running::read(folder.path()), Some(running.clone()));
        let says = running.describe(running.at);
        assert!(says.contains("12.0 MiB") && says.contains("0.50 %") && !says.contains("hangs"), "{says}");
        assert!(running.describe(running.at + Duration::from_secs(600)).contains("hangs"));
        assert!(running.is_fresh(running.at) && !running.is_fresh(running.at + Duration::from_secs(600)));
        Running::remove(folder.path());
        assert_eq!(Running::read(folder.path()), None);
    }
}
