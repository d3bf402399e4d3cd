//! Which product, which build of it and whether its service runs, as events tell it where nothing else does
//! (`products.toml`).

use std::sync::LazyLock;

use regex::Regex;
use serde::{Deserialize, Deserializer};

use super::signature::regex;
use crate::ids::Build;
use crate::report::{Appliance, ApplianceKind, Event};

/// Read once. The tests of what products are told by rule out that it is not sound.
static PRODUCTS: LazyLock<Products> = LazyLock::new(|| {
    let read = toml::from_str(include_str!("products.toml"));
    read.unwrap_or_else(|error: toml::de::Error| panic!("the embedded products are not sound: {error}"))
});

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Products {
    told: Vec<Told>,
    staging: Mode,
    service: Service,
}

/// How an event tells a product.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Told {
    kind: ApplianceKind,
    /// Who is heard.
    of: Vec<String>,
    /// Events that tell of a product that is gone.
    #[serde(default)]
    not: Vec<u32>,
    #[serde(default, deserialize_with = "pattern")]
    text: Option<Regex>,
    #[serde(default, deserialize_with = "pattern")]
    build: Option<Regex>,
    #[serde(default, deserialize_with = "pattern")]
    unless: Option<Regex>,
}

/// Staging mode, as the sync product tells of it.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Mode {
    #[serde(deserialize_with = "pattern")]
    on: Option<Regex>,
    #[serde(deserialize_with = "pattern")]
    off: Option<Regex>,
}

/// The sync service, as Windows' service manager tells of it.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Service {
    manager: String,
    #[serde(deserialize_with = "pattern")]
    names: Option<Regex>,
    /// Who tells of programs that crashed.
    crash: Vec<String>,
    #[serde(deserialize_with = "pattern")]
    crashed: Option<Regex>,
    /// Events of a service that ended or did not start.
    down: Vec<u32>,
    /// "Entered the … state", in the system's language.
    entered: u32,
    #[serde(deserialize_with = "pattern")]
    stopped: Option<Regex>,
    #[serde(deserialize_with = "pattern")]
    running: Option<Regex>,
}

fn pattern<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Regex>, D::Error> {
    regex(&String::deserialize(deserializer)?).map(Some).map_err(serde::de::Error::custom)
}

fn says(text: &str, wanted: &Option<Regex>) -> bool {
    wanted.as_ref().is_some_and(|wanted| wanted.is_match(text))
}

/// Whether a text may be of the sync product, its commands, its modes or its sign-in: what an event of another program must say
/// to be kept at all. `objections.toml` tells which of them keep a remedy away.
pub(crate) fn names_the_product(text: &str) -> bool {
    static NAMES: LazyLock<Regex> = LazyLock::new(|| {
        let names = r"(?i)ad\W?sync|dirsync|miiserver|FIMSynchronizationService|ServerConfigurationVersion|azure\W?ad|azure\s+active|entra|ad\W?connect|cloud\W?sync|\bphs\b|staging|password\W*(?:hash|sync)|(?:kennwort|passwort)\W?hash|on-?prem\w*sync|domainto(?:federated|managed|standard)|update-mg(?:domain|organization)|set-msol|forefront\s+identity|microsoft\W+online\b|microsoftonline|aadsts|extensible\s+extension|management\s+agent|stopped-(?:extension|server)|audit\W?event\W?type|(?:error|err|code)[\s_.-]?90|\be90\b|hash[\s_-]?(?:up|sync|export|transfer)|(?:powershell|pwsh).*\s[-/]e(?:c|nc\w*)?\s|decommission|bare[\s-]?metal|checkpoint|snapshot|(?:replaced|retired|renamed|rebuilt|imaged|reinstalled)\b|restore\s+operation";
        regex(names).unwrap_or_else(|error| panic!("a pattern of ours: {error}"))
    });
    NAMES.is_match(text)
}

/// What the newest event that names it tells.
pub(super) fn told_by(events: &[Event]) -> Appliance {
    let newest = events.iter().filter_map(|event| Some((event.at, told(event)?))).max_by_key(|(at, _)| *at);
    let (kind, build) = newest.map_or((ApplianceKind::Unknown, None), |(_, told)| told);
    Appliance { kind, build, services: Vec::new() }
}

/// Whether an event tells which product or build it is.
pub(super) fn tells_product(event: &Event) -> bool {
    told(event).is_some()
}

fn told(event: &Event) -> Option<(ApplianceKind, Option<Build>)> {
    PRODUCTS.told.iter().find_map(|it| it.by(event))
}

impl Told {
    fn by(&self, event: &Event) -> Option<(ApplianceKind, Option<Build>)> {
        let heard = |name: &String| if name == "ours" { event.counts() } else { is_of(event, name) };
        if !self.of.iter().any(heard) || self.not.contains(&event.id) || says(&event.text, &self.unless) {
            return None;
        }
        match &self.build {
            Some(build) => {
                let (_, [build]) = build.captures_iter(&event.text).last()?.extract();
                Some((self.kind, Some(build.parse().ok()?)))
            }
            None => says(&event.text, &self.text).then_some((self.kind, None)),
        }
    }
}

/// Whether the server is in staging mode by what the sync product says in an event; `None` if that does not tell.
pub(super) fn staging(event: &Event) -> Option<bool> {
    if event.provider.is_none() || !event.counts() || !event.text.to_ascii_lowercase().contains("staging") {
        return None;
    }
    let mode = &PRODUCTS.staging;
    match says(&event.text, &mode.off) {
        true => Some(false),
        false => says(&event.text, &mode.on).then_some(true),
    }
}

/// Whether an event is the service manager's word on the sync service, or the crash of its program.
pub(super) fn is_of_service(event: &Event) -> bool {
    is_of(event, &PRODUCTS.service.manager) && says(&event.text, &PRODUCTS.service.names) || is_crash(event)
}

fn is_crash(event: &Event) -> bool {
    let service = &PRODUCTS.service;
    service.crash.iter().any(|name| is_of(event, name)) && says(&event.text, &service.crashed)
}

/// Whether the sync service runs since an event of the service manager's; `None` if that does not tell.
pub(super) fn service_runs(event: &Event) -> Option<bool> {
    if !is_of_service(event) {
        return None;
    }
    let service = &PRODUCTS.service;
    match event.id {
        _ if is_crash(event) => Some(false),
        id if service.down.contains(&id) => Some(false),
        id if id != service.entered => None,
        _ => match (says(&event.text, &service.stopped), says(&event.text, &service.running)) {
            (stopped, running) if stopped != running => Some(running),
            _ => None,
        },
    }
}

fn is_of(event: &Event, provider: &str) -> bool {
    event.provider.as_deref().is_some_and(|name| name.eq_ignore_ascii_case(provider))
}
