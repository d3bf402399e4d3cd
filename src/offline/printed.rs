//! What commands printed of the server's state beside the events: `printed.toml`.

use std::sync::LazyLock;

use regex::{Regex, RegexBuilder, RegexSet, RegexSetBuilder};
use serde::Deserialize;

use crate::diagnosis::Printed;
use crate::ids::Build;
use crate::report::ApplianceKind;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    staging: Lines,
    stopped: Lines,
    channel_closed: Lines,
    product: Names,
}

/// Names of products with a group that holds the build.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Names {
    dir_sync: String,
    azure_ad_sync: String,
    connect: String,
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
    channel_closed: Says,
    products: [(ApplianceKind, Regex); 3],
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
        let names = |text: &str| RegexBuilder::new(text).case_insensitive(true).build();
        let products = [
            (ApplianceKind::DirSync, names(&file.product.dir_sync)?),
            (ApplianceKind::AzureAdSync, names(&file.product.azure_ad_sync)?),
            (ApplianceKind::Connect, names(&file.product.connect)?),
        ];
        let (staging, stopped) = (says(&file.staging)?, says(&file.stopped)?);
        Ok(Patterns { staging, stopped, channel_closed: says(&file.channel_closed)?, products })
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
    Printed {
        product: product(&texts),
        staging: PATTERNS.staging.told(&texts),
        stopped: PATTERNS.stopped.told(&texts),
        channel_closed: PATTERNS.channel_closed.told(&texts),
    }
}

/// The product that is named with its build, if no other is.
fn product(texts: &[&str]) -> Option<(ApplianceKind, Option<Build>)> {
    let of = |(kind, names): &'static (ApplianceKind, Regex)| {
        let found = texts.iter().flat_map(|text| names.captures_iter(text));
        found.filter_map(|found| Some((*kind, Some(found.get(1)?.as_str().parse::<Build>().ok()?))))
    };
    let mut told = PATTERNS.products.iter().flat_map(of);
    let first = told.next()?;
    told.all(|other| other == first).then_some(first)
}

#[cfg(test)]
mod tests {
    use super::{ApplianceKind, read};
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
    fn a_product_with_its_build_is_read_from_what_stands_beside_the_events_if_it_is_the_only_one() {
        let product = |said: &str| {
            let (kind, build) = read(&[said.to_owned()]).product?;
            Some((kind, build?.to_string()))
        };
        for (said, kind, build) in [
            (
                "Microsoft Azure AD Connect 2.3.20.0 on Server 2019, broken since",
                ApplianceKind::Connect,
                "2.3.20.0",
            ),
            ("Entra Connect Sync version: 2.5.3.0", ApplianceKind::Connect, "2.5.3.0"),
            (
                "Programma installato: Windows Azure Active Directory Sync tool (DirSync) 1.0.7020.0",
                ApplianceKind::DirSync,
                "1.0.7020.0",
            ),
            ("Azure AD Sync 1.0.494.501", ApplianceKind::AzureAdSync, "1.0.494.501"),
        ] {
            assert_eq!(product(said), Some((kind, build.to_owned())), "{said}");
        }
        for said in [
            "updated from Azure AD Connect 2.3.20.0 to Entra Connect 2.6.92.0",
            "this was DirSync once",
            "Azure AD Connect Health 4.5.2466.0",
            "SQL 13.0.5026.0",
        ] {
            assert_eq!(product(said), None, "{said}");
        }
    }

    #[test]
    fn a_forests_switch_is_read_from_what_its_commands_print() {
        let closed = |said: &str| read(&[said.to_owned()]).channel_closed;
        let list = "SourceConnector : corp.contoso.com\nTargetConnector : contoso.onmicrosoft.com - AAD\nEnabled         : ";
        let table = "SourceConnector TargetConnector                Enabled\n--------------- ---------------                -------\n\
            corp.contoso.com contoso.onmicrosoft.com - AAD   ";
        for told in [list, table] {
            assert!(closed(&format!("{told}False")) && !closed(&format!("{told}True")), "{told}");
        }
        assert!(!closed(&format!("{list}False\nPasswordHashSync : False")));
    }

    #[test]
    fn what_is_printed_both_ways_tells_nothing() {
        let both = ["StagingModeEnabled : True\nStagingModeEnabled : False".to_owned()];
        assert!(!read(&both).staging);
    }
}
