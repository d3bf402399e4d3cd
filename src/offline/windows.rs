//! Which Windows a file tells of. Entra Connect 2.x needs Windows Server 2016 or later, so that an older one runs 1.x, Azure AD Sync or
//! DirSync, and the cloud refuses them all by now.
//!
//! Source: Microsoft, "Prerequisites for Microsoft Entra Connect" (Windows Server 2016 or later), and facts, section 3.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use jiff::Timestamp;
use jiff::tz::TimeZone;
use regex::Regex;

use super::fields::{self, Form};
use crate::diagnosis::refuses_1_x;

/// The first build of Windows Server 2016.
const FIRST_BUILD: u32 = 14393;

struct Patterns {
    /// A Windows before Server 2016 by its name, its version or its kernel's, or a PowerShell that runs nowhere else: 4.0, and the 5.1
    /// of Windows Management Framework (Microsoft, "Windows Management Framework 5.1").
    old: Regex,
    /// The version that Windows logs when it starts, in any language: `6.03. 9600`.
    started: Regex,
    /// The Windows that SQL Server says it runs on; it calls later ones 6.3 too, with their own build.
    below_sql: Regex,
    /// The SQL Server that 1.x brings along; 2.x brings that of 2019.
    old_sql: Regex,
}

static PATTERNS: LazyLock<Patterns> = LazyLock::new(|| {
    let read = || -> Result<Patterns, regex::Error> {
        Ok(Patterns {
            old: Regex::new(
                r"(?i)\bWindows\s+NT\s+6\.[0-3]\.\d+|\[Version\s+6\.[0-3]\.\d+\]|\bWindows\s+Server\s+(?:2003|2008|2012)\b|(?:\A|[:\s])6\.[0-3]\.\d{4}\.\d+\s+\(win\w+|\bBuildVersion\s*:?\s+6\.[0-3]\.\d{4}|\bPSVersion\s*:?\s+(?:4\.0\b|5\.1\.14409\.)",
            )?,
            started: Regex::new(r"\b(\d{1,2})\.(\d{2})\.\s*(?:·\s*)?\d{4,5}\b")?,
            below_sql: Regex::new(r"(?i)\bon\s+Windows[^\n()]*\(Build\s+(\d+)")?,
            old_sql: Regex::new(r"(?i)\bSQL\s+Server\s+20(?:08|12)\b")?,
        })
    };
    read().unwrap_or_else(|error| panic!("a pattern of ours: {error}"))
});

/// Whether a text names a Windows on which only refused builds run.
pub(super) fn is_old(text: &str) -> bool {
    PATTERNS.old.is_match(text)
}

/// The same of a field's value, where the field tells of Windows.
pub(super) fn is_old_field(name: &str, value: &str) -> bool {
    fields::forms(name).iter().any(|form| matches!(form, Form::Os | Form::System)) && is_old(value)
}

/// What an event tells of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Told {
    /// The computer's Windows.
    Windows,
    /// The sync product's own database.
    Database,
}

/// What an event tells, and whether that is an old one. Source: Microsoft: EventLog 6009 names the version at each start, MSSQL 17069
/// its own and that of Windows.
fn told_by(id: u32, provider: &str, text: impl Fn() -> String) -> Vec<(Told, bool)> {
    let provider = provider.trim().to_ascii_uppercase();
    let first = |pattern: &Regex, text: &str| pattern.captures(text)?.get(1)?.as_str().parse::<u32>().ok();
    match id {
        6009 if provider == "EVENTLOG" => {
            let major = first(&PATTERNS.started, &text());
            major.map(|major| (Told::Windows, major < 10)).into_iter().collect()
        }
        17069 if provider.starts_with("MSSQL") => {
            let text = text();
            let build = first(&PATTERNS.below_sql, &text).map(|build| (Told::Windows, build < FIRST_BUILD));
            let database = (Told::Database, PATTERNS.old_sql.is_match(&text));
            build.into_iter().chain(Some(database).filter(|_| provider.ends_with("ADSYNC"))).collect()
        }
        _ => Vec::new(),
    }
}

/// The most computers that are told apart, each twice.
const MOST: usize = 64;

/// What the newest events that tell it say of each computer.
#[derive(Debug, Default)]
pub(super) struct Windows(BTreeMap<(Option<String>, Told), (Timestamp, bool)>);

impl Windows {
    /// Takes an event of a computer; one without a date counts as the newest.
    pub(super) fn note(
        &mut self,
        (id, provider): (u32, &str),
        text: impl Fn() -> String,
        at: Option<Timestamp>,
        computer: Option<&String>,
    ) {
        let at = at.unwrap_or(Timestamp::MAX);
        for (told, is_old) in told_by(id, provider, text) {
            let key = (computer.cloned(), told);
            if self.0.len() < MOST || self.0.contains_key(&key) {
                let is_newest = self.0.get(&key).is_none_or(|(known, _)| *known <= at);
                self.0.extend(is_newest.then_some((key, (at, is_old))));
            } else if is_old {
                // Beyond that, an old one is nobody's and stays.
                self.0.insert((None, told), (Timestamp::MAX, true));
            }
        }
    }

    /// Whether only refused builds run on what the newest events of any computer, or what stands beside the events, tell: names of
    /// computers change. `now` is when they are judged.
    pub(super) fn is_too_old<'a>(&self, said: impl IntoIterator<Item = &'a String>, now: Timestamp) -> bool {
        let told = || self.0.values().any(|(_, is_old)| *is_old);
        refuses_1_x(now.to_zoned(TimeZone::UTC).date())
            && (told() || said.into_iter().any(|said| is_old(said)))
    }
}

#[cfg(test)]
mod tests {
    use crate::offline::test_kit::{doubted, remedied};

    const MESSAGE: &str = "Failed credential provisioning ping. Error: Microsoft.Online.Coexistence.ProvisionException: An error \
        occurred. Error Code: 90. Error Description: Password Synchronization has not been activated for this company. Tracking \
        ID: 0744fa31-1d9b-453a-83d8-c2555d843802 Server Name: BL2GR1BBA005.";

    fn list(year: u32, events: &[(&str, &str, u32, &str)]) -> String {
        let entry = |(hour, provider, id, message): &(&str, &str, u32, &str)| {
            format!(
                "TimeCreated  : 11/26/{year} {hour} AM\nProviderName : {provider}\nId           : {id}\nMessage      : {message}\n\n"
            )
        };
        events.iter().map(entry).collect::<String>() + "\n"
    }

    fn code_90(year: u32) -> String {
        list(year, &[("9:40:11", "Directory Synchronization", 655, MESSAGE)])
    }

    #[test]
    fn a_windows_on_which_only_refused_builds_run_keeps_the_remedy_away() {
        let transcript = |machine: &str| {
            format!(
                "**********************\nWindows PowerShell transcript start\nStart time: 20261126101500\nMachine: SYNC01 \
                 ({machine})\n**********************\nPS C:\\> Get-WinEvent | fl\n\n\n{}",
                code_90(2026)
            )
        };
        let prompt = |version: &str| {
            format!(
                "Microsoft Windows [Version {version}]\n\nC:\\>wevtutil qe Application /rd:true /f:text\n\n{}",
                code_90(2026)
            )
        };
        for machine in ["Microsoft Windows NT 6.3.9600.0", "Microsoft Windows NT 6.1.7601.65536"] {
            doubted(&[&transcript(machine)], "windows-too-old");
        }
        remedied(&[&transcript("Microsoft Windows NT 10.0.17763.0")]);
        for version in ["6.3.9600", "6.1.7601", "6.0.6002"] {
            doubted(&[&prompt(version)], "windows-too-old");
        }
        remedied(&[&prompt("10.0.14393")]);
        for line in ["BuildVersion: 6.3.9600.17400", "PSVersion: 4.0", "PSVersion: 5.1.14409.1018"] {
            doubted(&[&format!("{line}\n\n{}", code_90(2026))], "windows-too-old");
        }
        remedied(&[&format!(
            "PSVersion: 5.1.17763.6532\nBuildVersion: 10.0.17763.6532\n\n{}",
            code_90(2026)
        )]);
        let of_host = |os: &str| {
            format!(
                "{{\"@timestamp\":\"2026-11-26T09:40:11Z\",\"host\":{{\"os\":{{\"name\":\"{os}\"}}}},\"winlog\":{{\"event_id\":\"655\",\
                 \"provider_name\":\"Directory Synchronization\"}},\"message\":\"{MESSAGE}\"}}"
            )
        };
        doubted(&[&of_host("Windows Server 2012 R2 Standard")], "windows-too-old");
        remedied(&[&of_host("Windows Server 2019 Standard")]);
    }

    #[test]
    fn an_event_that_tells_the_windows_or_the_products_database_tells_what_may_run_there() {
        let with = |event: (&str, &str, u32, &str)| {
            list(2026, &[("9:40:11", "Directory Synchronization", 655, MESSAGE), event])
        };
        let started = |hour, version: &str| (hour, version.to_owned());
        let (_, old) = started("6:00:00", "Microsoft (R) Windows (R) 6.03. 9600  Multiprocessor Free.");
        let (_, new) = started("7:00:00", "Microsoft (R) Windows (R) 10.00. 17763  Multiprocessor Free.");
        doubted(&[&with(("6:00:00", "EventLog", 6009, &old))], "windows-too-old");
        remedied(&[&with(("6:00:00", "EventLog", 6009, &new))]);
        // It was upgraded between the two.
        let both = list(
            2026,
            &[
                ("9:40:11", "Directory Synchronization", 655, MESSAGE),
                ("7:00:00", "EventLog", 6009, &new),
                ("6:00:00", "EventLog", 6009, &old),
            ],
        );
        remedied(&[&both]);
        let sql = |provider, text| with(("6:00:00", provider, 17069, text));
        doubted(
            &[&sql(
                "MSSQL$ADSYNC",
                "Microsoft SQL Server 2012 (SP4) - 11.0.7001.0 (X64) on Windows NT 6.3 <X64> (Build 14393: )",
            )],
            "windows-too-old",
        );
        doubted(
            &[&sql(
                "MSSQLSERVER",
                "Microsoft SQL Server 2014 - 12.0.6433.1 (X64) on Windows NT 6.3 <X64> (Build 9600: )",
            )],
            "windows-too-old",
        );
        for text in [
            "Microsoft SQL Server 2014 - 12.0.6433.1 (X64) on Windows NT 6.3 <X64> (Build 17763: )",
            "Microsoft SQL Server 2019 (RTM) - 15.0.2000.5 (X64) on Windows Server 2016 Standard 10.0 <X64> (Build 14393: )",
        ] {
            remedied(&[&sql("MSSQLSERVER", text)]);
        }
    }

    #[test]
    fn before_the_cloud_refused_them_an_old_windows_says_nothing() {
        let prompt =
            "Microsoft Windows [Version 6.3.9600]\n\nC:\\>wevtutil qe Application /rd:true /f:text\n\n";
        doubted(&[&format!("{prompt}{}", code_90(2023))], "windows-too-old");
        remedied(&[&format!("{prompt}{}", code_90(2022))]);
    }
}
