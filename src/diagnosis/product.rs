//! Which product, which build of it and whether its service runs, as events tell it where nothing else does.

use std::sync::LazyLock;

use regex::Regex;

use super::signature::regex;
use crate::ids::Build;
use crate::report::{Appliance, ApplianceKind, Event};

/// How ADSync ends the text of its errors; a collector may put it on the line before.
static BUILD: LazyLock<Regex> = LazyLock::new(|| compiled(r"\bAzure AD Sync (\d+(?:\.\d+){3})\b"));
/// DirSync's service and its installation, by name. Source: facts, section 3.
static DIRSYNC: LazyLock<Regex> = LazyLock::new(|| compiled(r"\bWindows Azure Active Directory Sync\b"));
/// The sync service by its names, old and new, as the service manager writes them.
static SERVICE: LazyLock<Regex> = LazyLock::new(|| {
    compiled(
        r"(?i)\b(?:ADSync|FIMSynchronizationService|Microsoft (?:Azure AD|Entra(?: ID)?) Sync|Forefront Identity Manager Synchronization Service)\b",
    )
});
static STOPPED: LazyLock<Regex> =
    LazyLock::new(|| compiled(r"(?im)\bstopped state\b|^stopped\b|\bbeendet\b"));
static RUNNING: LazyLock<Regex> =
    LazyLock::new(|| compiled(r"(?im)\brunning state\b|^running\b|\bausgeführt\b"));
/// Who tells of services; and of installations.
const SERVICES: &str = "Service Control Manager";
const INSTALLER: &str = "MsiInstaller";
/// The service manager's events of a service that ended or did not start. Source: Microsoft, "Service Control Manager
/// events": 7000 and 7009 did not start, 7023 and 7024 ended with an error, 7031 and 7034 ended unexpectedly, 7038 and 7041 could not sign
/// in.
const DOWN: [u32; 8] = [7000, 7009, 7023, 7024, 7031, 7034, 7038, 7041];
/// "Entered the … state", in the system's language.
const ENTERED: u32 = 7036;

fn compiled(pattern: &str) -> Regex {
    regex(pattern).unwrap_or_else(|error| panic!("a pattern of ours: {error}"))
}

/// Whether a text may be of the sync product, its commands or its modes: what an event of another program must say to be kept
/// at all. `causes.toml` tells which of them keep a remedy away.
pub(crate) fn names_the_product(text: &str) -> bool {
    static NAMES: LazyLock<Regex> = LazyLock::new(|| {
        compiled(
            r"(?i)ad\W?sync|dirsync|miiserver|azure\W?ad|azure\s+active|entra|ad\W?connect|staging|password\W*(?:hash\W*)?sync|on-?premises?(?:directory)?synchronization",
        )
    });
    NAMES.is_match(text)
}

/// What the newest event that names it tells.
pub(super) fn told_by(events: &[Event]) -> Appliance {
    let newest = events.iter().filter_map(|event| Some((event.at, told(event)?))).max_by_key(|(at, _)| *at);
    let (kind, build) = newest.map_or((ApplianceKind::Unknown, None), |(_, told)| told);
    Appliance { kind, build, services: Vec::new() }
}

fn told(event: &Event) -> Option<(ApplianceKind, Option<Build>)> {
    if event.counts() {
        let (_, [build]) = BUILD.captures_iter(&event.text).last()?.extract();
        return Some((ApplianceKind::Connect, Some(build.parse().ok()?)));
    }
    let of_windows = is_of(event, SERVICES) || is_of(event, INSTALLER);
    (of_windows && DIRSYNC.is_match(&event.text)).then_some((ApplianceKind::DirSync, None))
}

/// Whether the sync service runs since an event of the service manager's; `None` if that does not tell.
pub(super) fn service_runs(event: &Event) -> Option<bool> {
    if !is_of(event, SERVICES) || !SERVICE.is_match(&event.text) {
        return None;
    }
    match event.id {
        id if DOWN.contains(&id) => Some(false),
        ENTERED if STOPPED.is_match(&event.text) => Some(false),
        ENTERED if RUNNING.is_match(&event.text) => Some(true),
        _ => None,
    }
}

fn is_of(event: &Event, provider: &str) -> bool {
    event.provider.as_deref().is_some_and(|name| name.eq_ignore_ascii_case(provider))
}
