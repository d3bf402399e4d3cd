//! Whether a command that reads events leaves out the newest of them: what speaks against a remedy may be among these.

use std::sync::LazyLock;

use regex::Regex;
use serde::Deserialize;

/// What of a command shows where its window ends: patterns of its parts in lower case.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Bounds {
    /// A bound that events must be older than.
    until: String,
    /// The same, where it is the time at which the command was run.
    now: String,
}

struct Patterns {
    until: Regex,
    now: Regex,
}

static PATTERNS: LazyLock<Patterns> = LazyLock::new(|| {
    let Bounds { until, now } = &super::prompt::COMMANDS.window;
    let read = || -> Result<Patterns, regex::Error> {
        Ok(Patterns { until: Regex::new(until)?, now: Regex::new(&now.replace("{until}", until))? })
    };
    read().unwrap_or_else(|error| panic!("prompt.toml: {error}"))
});

/// The order in which events come from one part of a command to the next.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Order {
    NewestFirst,
    OldestFirst,
    /// By something else than their times.
    Other,
}

/// Whether a command of these parts, which bars divide, shows events and not the newest.
pub(super) fn hides_newest(parts: &[String]) -> bool {
    let mut order = None;
    parts.iter().any(|part| {
        let part = part.trim().to_lowercase();
        ends_in_the_past(&part) || cuts(&part, &mut order)
    })
}

fn ends_in_the_past(part: &str) -> bool {
    PATTERNS.until.is_match(&PATTERNS.now.replace_all(part, " "))
}

/// Whether a part takes some of the events and leaves out the newest; `order` is the one that they come in, and then go on in.
fn cuts(part: &str, order: &mut Option<Order>) -> bool {
    let mut words = part.split_whitespace();
    let first = words.next().unwrap_or_default();
    // Parameters may be cut short, and switches begin with either mark.
    let has = |whole: &str, least: usize| {
        let mut names = part.split_whitespace().filter_map(|word| word.strip_prefix('-'));
        names.any(|name| {
            let name = name.split(':').next().unwrap_or_default();
            name.len() >= least && whole.starts_with(name)
        })
    };
    let switch = |names: &[&str]| {
        let mut switches = part.split_whitespace().filter_map(|word| word.strip_prefix(['/', '-']));
        switches.any(|switch| names.iter().any(|name| switch.trim_matches('"').starts_with(name)))
    };
    match first {
        "wevtutil" | "wevtutil.exe" => {
            let newest_first = switch(&["rd:true", "reversedirection:true"]);
            *order = Some(if newest_first { Order::NewestFirst } else { Order::OldestFirst });
            !newest_first && switch(&["c:", "count:"])
        }
        "get-winevent" => {
            let oldest_first = has("oldest", 1);
            *order = Some(if oldest_first { Order::OldestFirst } else { Order::NewestFirst });
            oldest_first && has("maxevents", 1)
        }
        "get-eventlog" => {
            *order = Some(Order::NewestFirst);
            false
        }
        "sort" | "sort-object" => {
            let by_time = ["time", "record", "index"].iter().any(|key| part.contains(key));
            let ordered = || if has("descending", 1) { Order::NewestFirst } else { Order::OldestFirst };
            *order = order.map(|_| if by_time { ordered() } else { Order::Other });
            false
        }
        "select" | "select-object" => match order {
            Some(Order::NewestFirst) => has("last", 1) || has("skip", 2) || has("index", 3),
            Some(Order::OldestFirst) => has("first", 1) || has("skiplast", 5) || has("index", 3),
            Some(Order::Other) => has("first", 1) || has("last", 1) || has("skip", 2),
            None => false,
        },
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use crate::offline::talk::{acts, hides_newest};
    use crate::offline::test_kit::doubted;

    #[test]
    fn a_command_that_leaves_out_the_newest_events_is_no_reading() {
        for command in [
            "wevtutil qe Application /c:2 /f:text",
            "wevtutil query-events Application /f:text /count:50 \"/q:*[System[Provider[@Name='Directory Synchronization']]]\"",
            "wevtutil qe Application /c:5 /rd:false /f:text",
            "wevtutil qe Application /f:text | select -First 40",
            "Get-WinEvent -LogName Application -Oldest -MaxEvents 2 | fl",
            "Get-WinEvent -LogName Application -Oldest | select -First 20",
            "Get-WinEvent -FilterHashtable @{LogName='Application';Id=655;EndTime='11/20/2026 10:00'} | fl",
            "Get-WinEvent -FilterHashtable @{LogName='Application'; StartTime=(Get-Date).AddDays(-9); EndTime=(Get-Date).AddDays(-8)}",
            "Get-EventLog Application -Source 'Directory Synchronization' -Before '11/26/2026 10:00' -Newest 2 | fl",
            "Get-EventLog Application -Before (Get-Date).AddDays(-1)",
            "Get-WinEvent -LogName Application | ? { $_.TimeCreated -lt '2026-11-26' }",
            "Get-WinEvent -LogName Application | ? { $_.TimeCreated.Date -eq '2026-11-20' }",
            "Get-WinEvent -LogName Application -FilterXPath \"*[System[TimeCreated[@SystemTime<'2026-11-20T00:00:00Z']]]\"",
            "Get-WinEvent -LogName Application -FilterXPath '*[System[TimeCreated[timediff(@SystemTime) >= 86400000]]]'",
            "Get-WinEvent -LogName Application | Select-Object -Last 5",
            "Get-WinEvent -LogName Application | select -Skip 10",
            "Get-WinEvent -LogName Application | sort TimeCreated | select -First 5",
            "Get-EventLog Application | sort TimeGenerated -Descending | select -Last 5",
            "Get-EventLog Application | sort EventID | select -First 5",
        ] {
            let line = format!("PS C:\\> {command}");
            assert!(acts(&line) && hides_newest(&line), "{command}");
        }
        let event = "TimeCreated  : 11/22/2026 10:00:00 AM\nProviderName : Directory Synchronization\nId           : 655\n\
            Message      : Failed credential provisioning ping. Error: An error occurred. Error Code: 90.\n\n\n";
        doubted(
            &[&format!("PS C:\\> Get-WinEvent Application -Oldest -MaxEvents 1 | fl\n\n\n{event}")],
            "window-past",
        );
    }

    #[test]
    fn a_command_that_shows_the_newest_events_reads() {
        for command in [
            "wevtutil qe Application /c:2 /rd:true /f:text",
            "wevtutil qe Application /rd:true /c:20 /f:text | select -First 40",
            "wevtutil qe Application /f:text",
            "wevtutil epl Application C:\\temp\\app.evtx",
            "Get-WinEvent -LogName Application -MaxEvents 50 | fl TimeCreated,ProviderName,Id,Message",
            "Get-WinEvent -Path C:\\temp\\app.evtx -Oldest | fl",
            "Get-WinEvent -FilterHashtable @{LogName='Application'; StartTime=(Get-Date).AddDays(-1); EndTime=(Get-Date)} | fl",
            "Get-EventLog Application -After (Get-Date).AddDays(-1) -Before (Get-Date) -Newest 5",
            "Get-WinEvent -LogName Application | ? { $_.TimeCreated -gt (Get-Date).AddHours(-4) } | ft",
            "Get-WinEvent -LogName Application -FilterXPath '*[System[TimeCreated[timediff(@SystemTime) <= 86400000]]]'",
            "Get-WinEvent -LogName Application | select -First 5",
            "Get-WinEvent -LogName Application | sort TimeCreated | select -Last 5",
            "Get-WinEvent -LogName Application -MaxEvents 9 | sort Id",
            "Get-Service | sort Status | select -First 5",
        ] {
            assert!(!acts(&format!("PS C:\\> {command}")), "{command}");
        }
    }
}
