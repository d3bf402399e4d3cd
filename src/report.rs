//! What an agent says about its server: the language that both programs share.
//!
//! A [`Report`] dates its *events* and its *state* apart, since reading the log takes milliseconds and
//! reading ADSync's state takes seconds. A field that is absent is unknown, never false. What could not be
//! read, and why, is in [`Report::gaps`]; what was left out to keep the report small is in [`Report::cut`].

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::ids::{AgentId, Build, ConnectorId};

/// The version of this language. A report of another version is refused by name.
pub const VERSION: u32 = 1;

/// The most bytes a report may have.
pub const MAX_BYTES: usize = 256 * 1024;

/// How far back [`Report::counts`] reaches, in hours.
pub const COUNTED_HOURS: i64 = 72;

/// The documented identifier of the Entra connector.
///
/// Source: Microsoft's ADSync reference, where it is the `-Identifier` to use.
pub const ENTRA_CONNECTOR: &str = "b891884f-051e-4a83-95af-2544101c9083";

/// The event ids that matter here: those of password hash sync (6xx), its wrapper (6900), the cloud's
/// answers (0, 115, 906), restarts of the service (2001, 2002) and the audit trail of administrators'
/// actions (25xx, numbered 26xx in later documentation).
///
/// Source: Microsoft, "Troubleshoot password hash synchronization" and "Audit administrator events".
pub const EVENT_IDS: &[u32] = &[
    0, 106, 109, 115, 601, 602, 603, 604, 605, 606, 607, 609, 610, 611, 612, 613, 614, 615, 616, 617, 618,
    619, 620, 621, 622, 623, 650, 651, 652, 653, 654, 655, 656, 657, 658, 659, 660, 661, 662, 663, 664, 665,
    666, 667, 668, 906, 2001, 2002, 2506, 2513, 2606, 2613, 6900, 6941,
];

/// The providers whose events count. The same text from another provider is shown, not counted.
pub const PROVIDERS: &[&str] =
    &["ADSync", "FIMSynchronizationService", "Directory Synchronization", ADMIN_ACTIONS];

/// Whether a provider is one of them, in any case of its letters.
pub fn is_listed(provider: &str) -> bool {
    PROVIDERS.iter().any(|known| known.eq_ignore_ascii_case(provider))
}

/// The provider of administrators' actions; it writes those events and no others.
///
/// Source: Microsoft, "Audit administrator events": 2503 to 2526, later 2603 to 2626.
const ADMIN_ACTIONS: &str = "Entra Connect Admin Actions";

/// Everything an agent says about its server.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Report {
    /// The version of this language.
    pub v: u32,
    /// Who says it. Must equal the id in the agent's certificate.
    pub agent: AgentId,
    /// How often this id has been enrolled; fences clones.
    pub generation: u32,
    /// The agent program's version.
    pub agent_version: String,
    /// The server's own name.
    pub server: String,
    /// The server's clock when the report was made.
    pub clock: Timestamp,
    /// The sync product installed there.
    pub appliance: Appliance,
    /// When the event log was read; absent if it could not be.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub events_at: Option<Timestamp>,
    /// The relevant recent events, newest last.
    #[serde(default)]
    pub events: Vec<Event>,
    /// How often each event id was seen in each hour, for [`COUNTED_HOURS`].
    #[serde(default)]
    pub counts: Vec<HourCount>,
    /// What ADSync says of itself; absent if it could not be read yet.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub state: Option<State>,
    /// What could not be read, and why.
    #[serde(default)]
    pub gaps: Vec<Gap>,
    /// What was left out to keep the report small.
    #[serde(default)]
    pub cut: Cut,
    /// What this agent would run if permitted.
    #[serde(default)]
    pub permits: Permits,
}

/// The sync product on a server.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Appliance {
    /// Which product.
    pub kind: ApplianceKind,
    /// Its version; absent if it could not be read.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub build: Option<Build>,
    /// Its Windows services that are installed.
    #[serde(default)]
    pub services: Vec<Service>,
}

/// The sync products that exist.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ApplianceKind {
    /// "Azure Active Directory Sync tool"; retired in April 2021.
    DirSync,
    /// "Azure AD Sync"; retired in April 2021.
    AzureAdSync,
    /// Azure AD Connect, today Microsoft Entra Connect Sync.
    Connect,
    /// Microsoft Entra Cloud Sync, whose agent never writes event 6900.
    CloudSync,
    /// None was found.
    None,
    /// A product this version does not know.
    #[serde(other)]
    Unknown,
}

/// A Windows service.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Service {
    /// Its short name (`ADSync`).
    pub name: String,
    /// What the service manager says of it.
    pub state: ServiceState,
}

/// What the service manager says of a service.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ServiceState {
    /// It runs.
    Running,
    /// It does not run.
    Stopped,
    /// On its way from one to the other, paused, or not readable.
    #[serde(other)]
    Unknown,
}

/// What ADSync says of itself, read by the command `read-state`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct State {
    /// When it was read, by the server's clock.
    pub read_at: Timestamp,
    /// The tenant's password hash sync flag in the cloud (`Get-ADSyncAADCompanyFeature`).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cloud_flag: Option<bool>,
    /// Staging mode: this server imports and computes, but exports nothing and syncs no passwords.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub staging: Option<bool>,
    /// A sync cycle is running, so that configuration can't be changed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cycle_running: Option<bool>,
    /// The scheduler is suspended, as the open wizard does.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub scheduler_suspended: Option<bool>,
    /// The configuration wizard (`AzureADConnect.exe`) is open.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub wizard_open: Option<bool>,
    /// How users sign in (`Microsoft.UserSignIn.SignOnMethod`), such as `PasswordHashSync`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sign_in_method: Option<String>,
    /// Every connector; absent if the list could not be read.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub connectors: Option<Vec<Connector>>,
}

/// A connector of the sync product.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Connector {
    /// Its identifier.
    pub id: ConnectorId,
    /// Its name: a forest (`corp.contoso.com`) or `contoso.onmicrosoft.com - AAD`. Case-sensitive in cmdlets.
    pub name: String,
    /// What it connects to.
    pub kind: ConnectorKind,
    /// Whether passwords of this forest are sent (`Get-ADSyncAADPasswordSyncConfiguration`). AD only.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub channel: Option<bool>,
    /// End of the last password cycle. AD only.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last_cycle: Option<Timestamp>,
    /// End of the last successful password cycle. AD only.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last_success: Option<Timestamp>,
}

/// What a connector connects to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ConnectorKind {
    /// An Active Directory forest.
    Ad,
    /// Microsoft Entra ID.
    Entra,
    /// Something else, such as another ECMA2 connector.
    #[serde(other)]
    Other,
}

/// One event of the Application log.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Event {
    /// Its id.
    pub id: u32,
    /// Who wrote it. Absent when the source does not tell (pasted text): unknown, not foreign.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub provider: Option<String>,
    /// Its level. Never a filter: the same id was Information in one product and Error in another.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub level: Option<Level>,
    /// Its record number in the log.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub record: Option<u64>,
    /// When it was written.
    pub at: Timestamp,
    /// The connector it is about, from the XML tail of its text or its event data.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub connector: Option<ConnectorId>,
    /// Its text without the (localised) wrapper where that is known; names and addresses masked.
    #[serde(default)]
    pub text: String,
}

/// An event's level.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Level {
    /// Critical (1) or Error (2).
    Error,
    /// Warning (3).
    Warning,
    /// Information (4) and Verbose (5).
    #[serde(other)]
    Information,
}

/// How often an event id was seen in one hour.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct HourCount {
    /// Start of the hour, UTC.
    pub hour: Timestamp,
    /// The event id.
    pub id: u32,
    /// How often.
    pub count: u32,
}

/// Something that could not be read.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Gap {
    /// What (`events`, `state`, `cloud_flag`, …).
    pub what: String,
    /// Why, in words an administrator can act on.
    pub why: String,
}

/// What was left out to keep a report small.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Cut {
    /// Events left out, oldest first.
    #[serde(default)]
    pub events: u32,
    /// Events whose text was shortened.
    #[serde(default)]
    pub texts: u32,
}

/// What an agent's own configuration lets it run.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Permits {
    /// Commands allowed at the server. Empty on a read-only agent.
    #[serde(default)]
    pub commands: Vec<crate::ids::CommandId>,
    /// How many approvals the server insists on.
    #[serde(default)]
    pub approvals: u32,
}

/// Why a report was refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ReportError {
    /// It has more than [`MAX_BYTES`].
    #[error("the report has more than {MAX_BYTES} bytes")]
    TooLarge,
    /// It is in another version of the language.
    #[error(
        "the report is of version {0}, this program reads version {VERSION}: update the older of the two"
    )]
    Version(u32),
    /// It is no report at all.
    #[error("the report can't be read: {0}")]
    Malformed(String),
}

impl Report {
    /// Reads a report from JSON.
    ///
    /// # Errors
    /// [`ReportError`], naming what is wrong; an unknown version is told apart before anything else is read.
    pub fn from_json(bytes: &[u8]) -> Result<Report, ReportError> {
        #[derive(Deserialize)]
        struct Header {
            v: u32,
        }
        if bytes.len() > MAX_BYTES {
            return Err(ReportError::TooLarge);
        }
        let malformed = |error: serde_json::Error| ReportError::Malformed(error.to_string());
        match serde_json::from_slice::<Header>(bytes).map_err(malformed)?.v {
            VERSION => serde_json::from_slice(bytes).map_err(malformed),
            other => Err(ReportError::Version(other)),
        }
    }

    /// The state of a service by its short name, in any case; `None` if it is not installed.
    pub fn service(&self, name: &str) -> Option<ServiceState> {
        let found = self.appliance.services.iter().find(|service| service.name.eq_ignore_ascii_case(name));
        found.map(|service| service.state)
    }
}

impl State {
    /// The connectors of one kind; empty if the list is unknown.
    pub fn connectors_of(&self, kind: ConnectorKind) -> impl Iterator<Item = &Connector> {
        self.connectors.iter().flatten().filter(move |connector| connector.kind == kind)
    }
}

impl Event {
    /// Whether the provider is on the list; a missing one is unknown, and counts.
    pub fn counts(&self) -> bool {
        let listed = |name: &String| {
            let of_actions = ADMIN_ACTIONS.eq_ignore_ascii_case(name);
            is_listed(name) && (!of_actions || matches!(self.id, 2503..=2526 | 2603..=2626))
        };
        self.provider.as_ref().is_none_or(listed)
    }

    /// Whether its provider's name may be one of ours written differently, or the product's next one. It does not count;
    /// but what it says against a remedy is heard.
    pub fn may_be_ours(&self) -> bool {
        let plain = |name: &String| -> String {
            name.chars().filter(|c| c.is_alphanumeric()).flat_map(char::to_lowercase).collect()
        };
        let name = self.provider.as_ref().map(plain).unwrap_or_default();
        ["sync", "entra", "azuread", "adconnect"].iter().any(|part| name.contains(part))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SMALLEST: &str = r#"{"v":1,"agent":"SYNC01","generation":1,"agent_version":"0.1.0","server":"SYNC01",
        "clock":"2026-11-22T02:00:00Z","appliance":{"kind":"connect"}}"#;

    #[test]
    fn absent_means_unknown_and_unknown_fields_are_ignored() {
        let text = SMALLEST.replace(r#""v":1"#, r#""v":1,"later":{"a":1}"#);
        let report = Report::from_json(text.as_bytes()).expect("reads");
        assert_eq!(report.state, None);
        assert_eq!(report.service("ADSync"), None);
    }

    #[test]
    fn a_report_of_another_version_is_refused_by_name() {
        let text = SMALLEST.replace(r#""v":1"#, r#""v":2"#);
        assert_eq!(Report::from_json(text.as_bytes()), Err(ReportError::Version(2)));
        assert_eq!(Report::from_json(br#"{"v":7}"#), Err(ReportError::Version(7)));
    }

    #[test]
    fn an_oversized_or_garbled_report_is_refused() {
        assert_eq!(Report::from_json(&vec![b' '; MAX_BYTES + 1]), Err(ReportError::TooLarge));
        assert!(matches!(Report::from_json(b"{"), Err(ReportError::Malformed(_))));
        let lying = SMALLEST.replace("SYNC01", "../../etc");
        assert!(matches!(Report::from_json(lying.as_bytes()), Err(ReportError::Malformed(_))));
    }

    #[test]
    fn a_listed_or_missing_provider_counts_and_another_does_not() {
        let mut event = Event {
            id: 6900,
            provider: None,
            level: None,
            record: None,
            at: Timestamp::UNIX_EPOCH,
            connector: None,
            text: String::new(),
        };
        assert!(event.counts());
        event.provider = Some("adsync".into());
        assert!(event.counts());
        event.provider = Some("Contoso Backup".into());
        assert!(!event.counts());
    }
}
