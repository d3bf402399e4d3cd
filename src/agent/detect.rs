//! Which sync product a server has: facts in, [`Appliance`] out. Pure; Windows' own edge fills in the facts.
//!
//! The order, the first that fits wins:
//!
//! | signs | product |
//! |---|---|
//! | service `ADSync`, `miiserver.exe` 1.0.4xx, neither `AzureADConnect.exe` nor its registry key | Azure AD Sync |
//! | service `ADSync` otherwise | Entra Connect (Azure AD Connect) |
//! | no `ADSync`; `FIMSynchronizationService` and the key `MSOLCoExistence` | DirSync |
//! | `FIMSynchronizationService` alone | Microsoft Identity Manager, which is none of ours |
//! | none of those; `AADConnectProvisioningAgent` | Cloud Sync |
//!
//! A sign that could not be read is unknown, never absent: what hangs on it is then unknown too, with the reason.
//!
//! Source: Microsoft's articles on DirSync's end, on telling the version of a sync tool and on the services of Entra Connect;
//! the order is derived from them. That the builds 1.0.4xx are Azure AD Sync's is not confirmed, and is said so.

use crate::ids::Build;
use crate::report::{Appliance, ApplianceKind, Gap, Service, ServiceState};

/// The service of Azure AD Sync and of Entra Connect.
pub const ADSYNC: &str = "ADSync";
/// The service of DirSync, and of Microsoft Identity Manager.
pub const FIM: &str = "FIMSynchronizationService";
/// The service of Cloud Sync's agent.
pub const CLOUD_SYNC: &str = "AADConnectProvisioningAgent";

/// Display names (or what they hold) of services that belong to a sync product; their short names changed, and are not
/// documented.
///
/// Source: Microsoft's pages on the Connect Health agent and the agent updater; DirSync's own service.
const RELATED: &[&str] = &[
    "connect health",
    "connect agent updater",
    "windows azure active directory sync service",
    "microsoft entra id sync",
    "microsoft azure ad sync",
];

/// Folders of Microsoft Identity Manager and its forerunner. Where its engine runs, an old `MSOLCoExistence` proves nothing.
const MIM_FOLDERS: &[&str] = &["forefront identity manager", "microsoft identity manager"];

/// What was found on a server. `None` is what could not be read; [`Facts::gaps`] says why.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Facts {
    /// The services of interest that are installed; `None` if the service manager does not answer.
    pub services: Option<Vec<Found>>,
    /// The version of the engine's file (`miiserver.exe`).
    pub engine: Option<Build>,
    /// Whether the wizard's file (`AzureADConnect.exe`) is there.
    pub wizard_file: Option<bool>,
    /// Whether the registry key `SOFTWARE\Microsoft\Azure AD Connect` is there.
    pub connect_key: Option<bool>,
    /// Whether the registry key `SOFTWARE\Microsoft\MSOLCoExistence` is there.
    pub coexistence_key: Option<bool>,
    /// What could not be read, and why.
    pub gaps: Vec<Gap>,
}

/// An installed service.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Found {
    /// Its short name.
    pub name: String,
    /// What the service manager says of it.
    pub state: ServiceState,
    /// Its program's file, if its configuration could be read.
    pub program: Option<String>,
}

/// Whether a service of this display name belongs to a sync product.
pub fn is_related(display_name: &str) -> bool {
    let name = display_name.to_lowercase();
    RELATED.iter().any(|known| name.contains(known))
}

/// The sync product, and what is not certain of it.
pub fn appliance(facts: &Facts) -> (Appliance, Vec<Gap>) {
    let mut gaps = facts.gaps.clone();
    let mut say = |why: &str| gaps.push(Gap { what: "appliance".into(), why: why.into() });
    let services = facts.services.as_deref().unwrap_or_default();
    let find = |name: &str| services.iter().find(|service| service.name.eq_ignore_ascii_case(name));
    let (kind, build) = if facts.services.is_none() {
        (ApplianceKind::Unknown, None)
    } else if find(ADSYNC).is_some() {
        if find(CLOUD_SYNC).is_some() {
            say(
                "Cloud Sync's agent is installed too: which of the two synchronises which users is not told here",
            );
        }
        (of_adsync(facts, &mut say), facts.engine)
    } else if let Some(fim) = find(FIM) {
        // The engine's file carries the version of Identity Manager's engine, not DirSync's.
        (of_fim(facts, fim, find(CLOUD_SYNC).is_some(), &mut say), None)
    } else if find(CLOUD_SYNC).is_some() {
        (ApplianceKind::CloudSync, None)
    } else {
        (ApplianceKind::None, None)
    };
    let services = services.iter().map(|found| Service { name: found.name.clone(), state: found.state });
    (Appliance { kind, build, services: services.collect() }, gaps)
}

fn of_adsync(facts: &Facts, say: &mut impl FnMut(&str)) -> ApplianceKind {
    let signs = [facts.wizard_file, facts.connect_key];
    let band = facts.engine.map(|Build([major, minor, third, _])| (major, minor, third / 100) == (1, 0, 4));
    match band {
        // Every other build is one of Connect's, whatever else is left on the disk.
        Some(false) => ApplianceKind::Connect,
        _ if signs.contains(&Some(true)) => ApplianceKind::Connect,
        Some(true) if signs == [Some(false), Some(false)] => {
            say(
                "taken for Azure AD Sync, by its build 1.0.4xx and since AzureADConnect.exe is missing; that these \
                 builds are its own is not confirmed",
            );
            ApplianceKind::AzureAdSync
        }
        _ => {
            say(
                "the service ADSync is there, and whether it is Entra Connect's or the older Azure AD Sync's could not \
                 be told: neither the version of miiserver.exe nor AzureADConnect.exe or its registry key decides it",
            );
            ApplianceKind::Unknown
        }
    }
}

fn of_fim(facts: &Facts, fim: &Found, cloud_sync: bool, say: &mut impl FnMut(&str)) -> ApplianceKind {
    let folder = fim.program.as_deref().unwrap_or_default().to_lowercase();
    let is_mim = MIM_FOLDERS.iter().any(|known| folder.contains(known));
    match facts.coexistence_key {
        Some(true) if !is_mim => {
            say("DirSync's own build is not read: its engine's file carries another product's version");
            ApplianceKind::DirSync
        }
        Some(true) => {
            say(
                "FIMSynchronizationService runs from Identity Manager's folder, yet DirSync's registry key is there: \
                 it may be left from a DirSync that was removed",
            );
            ApplianceKind::Unknown
        }
        Some(false) => {
            say(
                "FIMSynchronizationService is there without DirSync's registry key: taken for Microsoft Identity \
                 Manager, which does not synchronise passwords to Entra",
            );
            if cloud_sync { ApplianceKind::CloudSync } else { ApplianceKind::None }
        }
        None => {
            say(
                "FIMSynchronizationService is there; whether it is DirSync's or Identity Manager's could not be told",
            );
            ApplianceKind::Unknown
        }
    }
}

/// The program in a service's command line, which may be quoted or, with spaces in it, not; `variable` gives the value of
/// an environment variable such as `%SystemRoot%`.
pub fn program(command_line: &str, variable: impl Fn(&str) -> Option<String>) -> String {
    let line = command_line.trim();
    let program = match line.strip_prefix('"') {
        Some(quoted) => quoted.split('"').next().unwrap_or_default(),
        // Without quotes the first ".exe" at a word's end closes it, as the service manager reads it.
        None => {
            let lower = line.to_ascii_lowercase();
            let ends = lower.match_indices(".exe").map(|(at, found)| at + found.len());
            let mut ends = ends.filter(|&end| lower[end..].chars().next().is_none_or(char::is_whitespace));
            ends.next().map_or_else(|| line.split_whitespace().next().unwrap_or_default(), |end| &line[..end])
        }
    };
    expand(program, variable)
}

fn expand(text: &str, variable: impl Fn(&str) -> Option<String>) -> String {
    let pieces: Vec<&str> = text.split('%').collect();
    let mut expanded = String::new();
    let mut at = 0;
    while let Some(piece) = pieces.get(at) {
        // Between two percent signs stands a name; one that is not known stays as it is.
        let value = if at % 2 == 1 && at + 1 < pieces.len() { variable(piece) } else { None };
        match value {
            Some(value) => expanded.push_str(&value),
            None if at % 2 == 1 => {
                expanded.push('%');
                expanded.push_str(piece);
                if at + 1 < pieces.len() {
                    expanded.push('%');
                }
            }
            None => expanded.push_str(piece),
        }
        at += 1;
    }
    expanded
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(name: &str) -> Found {
        Found { name: name.into(), state: ServiceState::Running, program: None }
    }

    /// A server on which everything can be read and nothing is there but these services.
    fn facts(services: &[&str]) -> Facts {
        Facts {
            services: Some(services.iter().map(|name| found(name)).collect()),
            engine: None,
            wizard_file: Some(false),
            connect_key: Some(false),
            coexistence_key: Some(false),
            gaps: Vec::new(),
        }
    }

    fn with(services: &[&str], build: &str, change: impl FnOnce(&mut Facts)) -> Facts {
        let mut facts = facts(services);
        facts.engine = build.parse().ok();
        change(&mut facts);
        facts
    }

    #[test]
    fn the_product_is_told_by_its_services_its_build_and_its_traces() {
        use ApplianceKind::{AzureAdSync, CloudSync, Connect, DirSync, None as Nothing, Unknown};
        let dirsync = |facts: &mut Facts| facts.coexistence_key = Some(true);
        let wizard = |facts: &mut Facts| facts.wizard_file = Some(true);
        let table: [(&str, Facts, ApplianceKind, Option<&str>); 21] = [
            ("today's Connect", with(&["ADSync"], "2.6.84.0", wizard), Connect, None),
            ("Connect in a folder of its own", with(&["adsync"], "2.5.79.0", |_| {}), Connect, None),
            ("Connect 1.x", with(&["ADSync"], "1.6.16.0", wizard), Connect, None),
            ("a Connect of 2015", with(&["ADSync"], "1.0.8641.0", |_| {}), Connect, None),
            ("Connect after DirSync", with(&["ADSync"], "2.6.3.0", dirsync), Connect, None),
            (
                "Connect beside MIM",
                with(&["ADSync", "FIMSynchronizationService"], "2.6.3.0", dirsync),
                Connect,
                None,
            ),
            ("Connect, version denied", with(&["ADSync"], "", wizard), Connect, None),
            ("its key alone", with(&["ADSync"], "", |f| f.connect_key = Some(true)), Connect, None),
            (
                "on its way to Cloud Sync",
                with(&["ADSync", CLOUD_SYNC], "2.6.91.0", wizard),
                Connect,
                Some("Cloud Sync's agent"),
            ),
            ("Azure AD Sync", with(&["ADSync"], "1.0.419.911", |_| {}), AzureAdSync, Some("not confirmed")),
            ("its last build", with(&["ADSync"], "1.0.494.501", |_| {}), AzureAdSync, Some("not confirmed")),
            ("1.0.4xx with the wizard", with(&["ADSync"], "1.0.494.501", wizard), Connect, None),
            (
                "1.0.4xx, files denied",
                with(&["ADSync"], "1.0.494.501", |f| f.wizard_file = None),
                Unknown,
                Some("could not be told"),
            ),
            ("ADSync and nothing else", with(&["ADSync"], "", |_| {}), Unknown, Some("could not be told")),
            ("DirSync", with(&[FIM], "4.1.3441.0", dirsync), DirSync, Some("own build")),
            ("Identity Manager", with(&[FIM], "4.6.34.0", |_| {}), Nothing, Some("Identity Manager")),
            (
                "Identity Manager and Cloud Sync",
                with(&[FIM, CLOUD_SYNC], "", |_| {}),
                CloudSync,
                Some("Identity Manager"),
            ),
            (
                "DirSync's key unread",
                with(&[FIM], "", |f| f.coexistence_key = None),
                Unknown,
                Some("could not be told"),
            ),
            ("Cloud Sync alone", facts(&[CLOUD_SYNC]), CloudSync, None),
            ("DirSync's key, and no service", with(&[], "", dirsync), Nothing, None),
            ("no sync product", facts(&[]), Nothing, None),
        ];
        for (name, facts, kind, says) in table {
            let (found, gaps) = appliance(&facts);
            assert_eq!(found.kind, kind, "{name}");
            let said: Vec<&str> = gaps.iter().map(|gap| gap.why.as_str()).collect();
            match says {
                Some(says) => assert!(said.concat().contains(says), "{name}: {said:?}"),
                None => assert!(said.is_empty(), "{name}: {said:?}"),
            }
        }
    }

    #[test]
    fn a_leftover_key_beside_identity_manager_makes_no_dirsync() {
        let mut facts = facts(&[]);
        facts.coexistence_key = Some(true);
        let program = r"C:\Program Files\Microsoft Forefront Identity Manager\2010\Synchronization Service\Bin\miiserver.exe";
        facts.services = Some(vec![Found { program: Some(program.into()), ..found(FIM) }]);
        assert_eq!(appliance(&facts).0.kind, ApplianceKind::Unknown);
        let program = r"C:\Program Files\Windows Azure Active Directory Sync\SYNCBUS\Bin\miiserver.exe";
        facts.services = Some(vec![Found { program: Some(program.into()), ..found(FIM) }]);
        assert_eq!(appliance(&facts).0.kind, ApplianceKind::DirSync);
    }

    #[test]
    fn a_service_manager_that_does_not_answer_leaves_the_product_unknown_and_never_absent() {
        let gap = Gap { what: "services".into(), why: "access denied".into() };
        let facts = Facts { services: None, gaps: vec![gap.clone()], ..facts(&[]) };
        let (found, gaps) = appliance(&facts);
        assert_eq!((found.kind, found.services, gaps), (ApplianceKind::Unknown, Vec::new(), vec![gap]));
    }

    #[test]
    fn the_build_is_the_engines_and_only_where_the_engine_is_the_products_own() {
        let build = |facts: &Facts| appliance(facts).0.build.map(|build| build.to_string());
        assert_eq!(build(&with(&["ADSync"], "2.6.84.0", |_| {})).as_deref(), Some("2.6.84.0"));
        assert_eq!(build(&with(&[FIM], "4.1.3441.0", |f| f.coexistence_key = Some(true))), None);
        assert_eq!(build(&with(&[CLOUD_SYNC], "1.1.1.1", |_| {})), None);
    }

    #[test]
    fn services_are_related_by_their_display_names() {
        for name in [
            "Microsoft Entra Connect Health Agent",
            "Azure AD Connect Health Sync Insights Service",
            "Microsoft Entra ID Sync",
        ] {
            assert!(is_related(name), "{name}");
        }
        assert!(!is_related("Print Spooler"));
    }

    #[test]
    fn the_program_is_read_out_of_a_services_command_line() {
        let variable = |name: &str| (name == "ProgramFiles").then(|| r"C:\Program Files".to_owned());
        let read = |line: &str| program(line, variable);
        assert_eq!(read(r#""C:\A B\miiserver.exe" /x"#), r"C:\A B\miiserver.exe");
        assert_eq!(read(r"C:\A B\miiserver.EXE -k x.exe"), r"C:\A B\miiserver.EXE");
        assert_eq!(read(r"C:\my.exes\miiserver.exe"), r"C:\my.exes\miiserver.exe");
        assert_eq!(read(r#""%ProgramFiles%\x\y.exe""#), r"C:\Program Files\x\y.exe");
        assert_eq!(read(r"%Nothing%\100%.exe a"), r"%Nothing%\100%.exe");
        assert_eq!(read(r"svchost -k netsvcs"), "svchost");
        assert_eq!((read(""), read("\"")), (String::new(), String::new()));
    }
}
