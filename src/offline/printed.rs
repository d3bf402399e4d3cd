//! What commands printed of the server's state beside the events: `printed.toml`.

use std::sync::LazyLock;

use regex::{RegexSet, RegexSetBuilder};
use serde::Deserialize;

use crate::diagnosis::Printed;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    staging: Lines,
    stopped: Lines,
}

/// Lines that say it, and lines that say the opposite.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Lines {
    yes: Vec<String>,
    no: Vec<String>,
}

struct Patterns {
    staging: Says,
    stopped: Says,
}

struct Says {
    yes: RegexSet,
    no: RegexSet,
}

static PATTERNS: LazyLock<Patterns> = LazyLock::new(|| {
    let any = |lines: &[String]| {
        let whole = lines.iter().map(|line| format!(r"^[ \t]*(?:{line})[ \t]*$"));
        RegexSetBuilder::new(whole).case_insensitive(true).multi_line(true).build()
    };
    let says = |lines: &Lines| Ok::<_, regex::Error>(Says { yes: any(&lines.yes)?, no: any(&lines.no)? });
    let read = || -> Result<Patterns, Box<dyn std::error::Error>> {
        let file: File = toml::from_str(include_str!("printed.toml"))?;
        Ok(Patterns { staging: says(&file.staging)?, stopped: says(&file.stopped)? })
    };
    read().unwrap_or_else(|error| panic!("printed.toml: {error}"))
});

impl Says {
    /// Whether one of the texts says it, and none the opposite.
    fn told(&self, texts: &[&str]) -> bool {
        let any = |set: &RegexSet| texts.iter().any(|text| set.is_match(text));
        any(&self.yes) && !any(&self.no)
    }
}

/// What these texts tell of the server's state.
pub(super) fn read<'a>(texts: impl IntoIterator<Item = &'a String>) -> Printed {
    let texts: Vec<String> = texts.into_iter().map(|text| text.replace('\r', "")).collect();
    let texts: Vec<&str> = texts.iter().map(String::as_str).collect();
    Printed { staging: PATTERNS.staging.told(&texts), stopped: PATTERNS.stopped.told(&texts) }
}

#[cfg(test)]
mod tests {
    use super::read;
    use crate::offline::test_kit::judged;

    const EVENT: &str = "TimeCreated  : 11/22/2026 10:00:00 AM\nProviderName : Directory Synchronization\nId           : 655\nMessage      : Failed \
        credential provisioning ping. Error: An error occurred. Error Code: 90. Error Description: Password Synchronization has not \
        been activated for this company.\n";

    #[test]
    fn what_a_command_printed_of_staging_or_of_the_service_names_the_cause_and_no_remedy() {
        for (printed, cause) in [
            (
                "PS C:\\> Get-ADSyncScheduler\n\nSyncCycleEnabled                    : True\nStagingModeEnabled                  : True\n",
                "staging-mode",
            ),
            (
                "PS C:\\> Get-ADSyncScheduler | select StagingModeEnabled\n\nStagingModeEnabled\n------------------\n              True\n",
                "staging-mode",
            ),
            ("Microsoft.Synchronize.StagingMode             True\n", "staging-mode"),
            (
                "PS C:\\> Get-Service ADSync\n\nStatus   Name               DisplayName\n------   ----               -----------\nStopped  ADSync             Microsoft Azure AD Sync\n",
                "service-stopped",
            ),
            (
                "PS C:\\> Get-Service ADSync | fl Name,Status\n\nName   : ADSync\nStatus : Stopped\n",
                "service-stopped",
            ),
        ] {
            for file in [format!("{printed}\n\n{EVENT}"), format!("{EVENT}\n\n{printed}")] {
                let answer = judged(&[&file]).expect("reads");
                assert_eq!((answer.cause.as_str(), answer.remedy), (cause, None), "{file}");
            }
        }
    }

    #[test]
    fn what_is_printed_both_ways_tells_nothing() {
        let both = ["StagingModeEnabled : True\nStagingModeEnabled : False".to_owned()];
        assert!(!read(&both).staging);
    }
}
