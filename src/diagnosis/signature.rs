//! The engine that reads events by the signatures of `causes.toml`.

use std::borrow::Cow;

use regex::{Regex, RegexBuilder};
use serde::Deserialize;

use super::cause::Cause;
use super::limits::TOGETHER;
use crate::ids::{Build, ConnectorId};
use crate::redact::without_names;
use crate::report::{ENTRA_CONNECTOR, Event};
use crate::words::{Language, Text};

/// The most memory one compiled pattern may take, in bytes.
const PATTERN_LIMIT: usize = 1 << 20;

/// The compiled signatures.
#[derive(Debug, Clone)]
pub(super) struct Signatures {
    heartbeats: Vec<Pattern>,
    signatures: Vec<Signature>,
}

/// How a fault shows in the log.
#[derive(Debug, Clone)]
pub(super) struct Signature {
    pub(super) id: String,
    pub(super) cause: Cause,
    /// Never leads to a command.
    pub(super) weak: bool,
    /// Counts only where no other matches.
    pub(super) fallback: bool,
    pub(super) says: Text,
    pattern: Pattern,
    /// Beside this text the signature does not count.
    weakened: Option<Regex>,
    beside: Option<Beside>,
}

/// What must lie near an event for a signature to count.
#[derive(Debug, Clone)]
struct Beside {
    pattern: Pattern,
    /// Only on older builds, and where the build is not known.
    before: Option<Build>,
}

#[derive(Debug, Clone)]
struct Pattern {
    events: Vec<u32>,
    text: Option<Regex>,
    unless: Option<Regex>,
}

/// `[[heartbeat]]` of `causes.toml`.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct HeartbeatText {
    events: Vec<u32>,
    text: Option<String>,
}

/// `[[signature]]` of `causes.toml`.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct SignatureText {
    id: String,
    cause: Cause,
    events: Vec<u32>,
    text: Option<String>,
    unless: Option<String>,
    weakened: Option<String>,
    #[serde(default)]
    weak: bool,
    #[serde(default)]
    fallback: bool,
    says: String,
    beside: Option<BesideText>,
    before: Option<Build>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct BesideText {
    events: Vec<u32>,
    text: Option<String>,
}

fn regex(text: &str) -> Result<Regex, String> {
    RegexBuilder::new(text).size_limit(PATTERN_LIMIT).build().map_err(|error| error.to_string())
}

impl Pattern {
    fn compile(events: Vec<u32>, text: Option<&str>, unless: Option<&str>) -> Result<Pattern, String> {
        Ok(Pattern { events, text: text.map(regex).transpose()?, unless: unless.map(regex).transpose()? })
    }

    fn matches(&self, id: u32, said: &str) -> bool {
        self.events.contains(&id)
            && self.text.as_ref().is_none_or(|text| text.is_match(said))
            && !self.unless.as_ref().is_some_and(|unless| unless.is_match(said))
    }
}

/// What a signature made of an event whose id it reads.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Reading {
    Fired,
    OtherText,
    RuledOut,
    Outranked,
    Alone,
}

impl Reading {
    pub(super) fn why(self) -> &'static str {
        match self {
            Reading::Fired => "the event's id and text are its own",
            Reading::OtherText => "the text is another",
            Reading::RuledOut => "the text holds what rules it out",
            Reading::Outranked => "it would match, but a more telling one did",
            Reading::Alone => "the event that must lie beside it does not, or the build is a newer one",
        }
    }
}

impl Signatures {
    /// Every signature.
    #[cfg(test)]
    pub(super) fn all(&self) -> &[Signature] {
        &self.signatures
    }

    pub(super) fn compile(
        heartbeats: Vec<HeartbeatText>,
        signatures: Vec<SignatureText>,
        translated: impl Fn(&str, Language) -> Option<String>,
    ) -> Result<Signatures, String> {
        let heartbeat = |it: HeartbeatText| Pattern::compile(it.events, it.text.as_deref(), None);
        let signature = |it: SignatureText| {
            let pattern = Pattern::compile(it.events, it.text.as_deref(), it.unless.as_deref())?;
            let SignatureText { id, cause, weak, fallback, says, before, .. } = it;
            let says = Text::each(|language| translated(&id, language).unwrap_or_else(|| says.clone()));
            let beside = |beside: BesideText| {
                let pattern = Pattern::compile(beside.events, beside.text.as_deref(), None)?;
                Ok::<_, String>(Beside { pattern, before })
            };
            let beside = it.beside.map(beside).transpose()?;
            let weakened = it.weakened.as_deref().map(regex).transpose()?;
            Ok::<_, String>(Signature { id, cause, weak, fallback, says, pattern, weakened, beside })
        };
        Ok(Signatures {
            heartbeats: heartbeats.into_iter().map(heartbeat).collect::<Result<_, _>>()?,
            signatures: signatures.into_iter().map(signature).collect::<Result<_, _>>()?,
        })
    }

    /// Whether the event is a sign of life of its connector. The provider is not looked at.
    pub(super) fn is_heartbeat(&self, event: &Event) -> bool {
        self.heartbeats.iter().any(|heartbeat| heartbeat.matches(event.id, &event.text))
    }

    /// What faults the event shows among all that count, `beside` it, on that build. Where a signature that needs
    /// another event has it, it stands for what the text alone would say; code 90 is told all the same.
    pub(super) fn faults_among(
        &self,
        event: &Event,
        beside: &[&Event],
        build: Option<Build>,
    ) -> Vec<&Signature> {
        let mut found = self.faults(event);
        if let Some(better) = self.by_company(event, beside, build) {
            found.retain(|it| it.cause == Cause::PhsNotActivated);
            found.push(better);
        }
        found
    }

    fn by_company(&self, event: &Event, others: &[&Event], build: Option<Build>) -> Option<&Signature> {
        let mut needy = self.signatures.iter().filter_map(|it| Some((it, it.beside.as_ref()?)));
        let found = needy.find(|(it, beside)| {
            let old = beside.before.zip(build).is_none_or(|(before, build)| build < before);
            let company = |other: &&&Event| {
                beside.pattern.events.contains(&other.id)
                    && other.at.duration_since(event.at).abs() <= TOGETHER
                    && beside.pattern.matches(other.id, &said(other))
            };
            old && it.pattern.matches(event.id, &said(event)) && others.iter().any(|other| company(&other))
        });
        found.map(|(it, _)| it)
    }

    /// What faults the event shows by itself. The provider is not looked at.
    ///
    /// Code 90 is always looked for, and the first strong match of another family beside it: a text that holds
    /// both is evidence of both. What is weak or a fallback counts only where nothing else matched.
    pub(super) fn faults(&self, event: &Event) -> Vec<&Signature> {
        let said = said(event);
        let of = |signature: &&Signature| {
            let weakened = || signature.weakened.as_ref().is_some_and(|text| text.is_match(&said));
            signature.pattern.matches(event.id, &said) && !weakened()
        };
        let alone = || self.signatures.iter().filter(|it| it.beside.is_none());
        let strong = || alone().filter(|it| !it.weak && !it.fallback);
        let activates = |it: &&Signature| it.cause == Cause::PhsNotActivated;
        let mut found: Vec<_> = strong().filter(activates).find(of).into_iter().collect();
        found.extend(strong().filter(|it| !activates(it)).find(of));
        for rest in [|it: &&Signature| it.weak, |it: &&Signature| it.fallback] {
            if found.is_empty() {
                found.extend(alone().filter(rest).find(of));
            }
        }
        found
    }

    /// Every signature that reads the event's id, with what it made of the event among all that count. The build is
    /// not known.
    pub(super) fn read(&self, event: &Event, beside: &[&Event]) -> Vec<(&Signature, Reading)> {
        let (fired, said) = (self.faults_among(event, beside, None), said(event));
        let reading = |it: &Signature| {
            let matched = |regex: &Option<Regex>| regex.as_ref().map(|regex| regex.is_match(&said));
            let ruled_out = matched(&it.weakened).or(matched(&it.pattern.unless));
            match (matched(&it.pattern.text), ruled_out) {
                _ if fired.iter().any(|fired| fired.id == it.id) => Reading::Fired,
                (Some(false), _) => Reading::OtherText,
                (_, Some(true)) => Reading::RuledOut,
                _ if it.beside.is_some() => Reading::Alone,
                _ => Reading::Outranked,
            }
        };
        let of_id = self.signatures.iter().filter(|it| it.pattern.events.contains(&event.id));
        of_id.map(|it| (it, reading(it))).collect()
    }

    /// The fault whose inner text the event carries, as against one told by its id alone.
    pub(super) fn inner_text(&self, event: &Event) -> Option<&Signature> {
        self.faults(event).into_iter().find(|it| it.pattern.text.is_some())
    }
}

/// What the sync product says in an event: its text without the names in it. A user may be called "Error Code: 90".
fn said(event: &Event) -> Cow<'_, str> {
    match event.text.contains('=') {
        true => Cow::Owned(without_names(&event.text)),
        false => Cow::Borrowed(&event.text),
    }
}

/// The AD connector that an event is about, from its field or from the XML tail of its text.
///
/// Source: Microsoft's own script finds it by the connector's identifier in the text.
pub(super) fn connector(event: &Event) -> Option<ConnectorId> {
    let from_text = || {
        let (_, tail) = event.text.split_once("<connector-id>")?;
        tail.split_once('<')?.0.trim().parse().ok()
    };
    let found: Option<ConnectorId> = event.connector.clone().or_else(from_text);
    found.filter(|id| id.as_str() != ENTRA_CONNECTOR)
}

#[cfg(test)]
mod tests {
    use jiff::Timestamp;

    use super::*;
    use crate::diagnosis::Knowledge;

    fn event(id: u32, text: &str) -> Event {
        Event {
            id,
            provider: None,
            level: None,
            record: None,
            at: Timestamp::UNIX_EPOCH,
            connector: None,
            text: text.into(),
        }
    }

    fn read(id: u32, text: &str) -> Vec<(&'static str, bool)> {
        let knowledge = Knowledge::embedded();
        let found = knowledge.signatures.faults(&event(id, text));
        found.iter().map(|it| (it.cause.as_str(), it.weak)).collect()
    }

    const TAIL: &str = "Password Synchronization has not been activated for this company. Tracking ID: \
        07e93e8a-cf2d-4f67-9e95-53169c4875e0 Server Name: BL2GR1BBA003. ---> System.ServiceModel.FaultException1\
        [Microsoft.Online.Coexistence.Schema.AdminWebServiceFault]: Password Synchronization has not been \
        activated for this company. (Fault Detail is equal to AdminWebServiceFault).";

    /// The fixtures of the facts, sections 1.2, 1.3 and 1.5.
    #[test]
    fn each_documented_text_is_read_as_its_family() {
        let cases: &[(u32, &str, &str)] = &[
            (
                6900,
                "\"An error occurred. Error Code: 90. Error Description: Password Synchronization has not been activated for this company",
                "phs-not-activated",
            ),
            (
                652,
                &format!(
                    "Failed credential provisioning batch. Error: Microsoft.Online.Coexistence.ProvisionException: An error occurred. Error Code: 90. Error Description: {TAIL}"
                ),
                "phs-not-activated",
            ),
            (
                655,
                &format!(
                    "Failed credential provisioning ping. Error: An error occurred. Error Code: 90. Error Description: {TAIL}"
                ),
                "phs-not-activated",
            ),
            (
                6900,
                "パスワード変更通知の処理中に 予期しないエラーが発生しました:\n\"An error occurred. Error  code :\n90. Error Description: …",
                "phs-not-activated",
            ),
            (
                6900,
                "\"The user name or password is incorrect. Verify your user name, and then type your password again.",
                "cloud-credential",
            ),
            (
                6900,
                "AADSTS70002: Error validating credentials. AADSTS50054: Old password is used for authentication.",
                "cloud-credential",
            ),
            (6900, "An item with the same key has already been added", "product-bug"),
            (
                6900,
                "Microsoft.Online.Coexistence.ProvisionRetryException: Unable to communicate with the Windows Azure Active Directory service.",
                "connectivity",
            ),
            (
                6900,
                "System.Net.WebException: The remote name could not be resolved: 'adminwebservice.microsoftonline.com'",
                "connectivity",
            ),
            (
                6900,
                "The remote server returned an error: (407) Proxy Authentication Required.",
                "connectivity",
            ),
            (6900, "System.Data.SqlClient.SqlException: Cannot open database", "unknown-6900"),
            (6900, "", "unknown-6900"),
            (
                652,
                "Microsoft.Online.Coexistence. ProvisionRetryException: An error occurred. Error Code: 81. Error Description: Windows Azure Active Directory is currently busy. This operation will be retried automatically.",
                "cloud-busy",
            ),
            (655, "An error occurred. Error Code: 900. Error Description: Something", "unknown-6900"),
            (
                655,
                "An error occurred. Error Code: 9012. Error Description: Password Synchronization has not been activated for this company",
                "unknown-6900",
            ),
            (655, "The user name or password is incorrect. Verify your user name", "cloud-credential"),
            (
                0,
                "The user name or password is incorrect. Verify your user name, and then type your password again.",
                "cloud-credential",
            ),
            (
                115,
                "Access to Windows Azure Active Directory has been denied. Contact Technical Support.",
                "cloud-credential",
            ),
            (
                659,
                "Error while retrieving password policy sync configuration. Microsoft.IdentityModel.Clients.ActiveDirectory.AdalServiceException: AADSTS70002 AADSTS50054",
                "cloud-credential",
            ),
            (
                906,
                "[MSAL] AcquireTokenWithCertificate: A configuration issue is preventing authentication AADSTS700027: The certificate with identifier is not registered on application",
                "cloud-certificate",
            ),
            (
                906,
                "GetSecurityToken: unable to retrieve a security token for the provisioning web service (AWS). Showing a modal dialog box or form when the application is not running in UserInteractive mode is not a valid operation.",
                "cloud-sign-in-blocked",
            ),
            (
                906,
                "GetSecurityToken: unable to retrieve a security token. AADSTS50076: Due to a configuration change",
                "cloud-sign-in-blocked",
            ),
            (
                611,
                "Password hash synchronization failed for domain: X Details: DrsCommunicationException: RPC Error 1722 : The RPC server is unavailable. Error creating the RPC binding handle",
                "ad-unreachable",
            ),
            (
                611,
                "DrsException: RPC Error 8453 : Replication access was denied. There was an error calling _IDL_DRSGetNCChanges.",
                "ad-permission",
            ),
            (
                611,
                "DrsException: RPC Error 8456 : The source server is currently rejecting replication requests",
                "ad-replication-disabled",
            ),
            (611, "DrsException: RPC Error 8333 : Directory object not found", "ad-other"),
            (611, "DrsException: RPC Error 8593 : different replication epochs", "ad-other"),
            (611, "System.ArgumentOutOfRangeException: Not a valid Win32 FileTime.", "product-bug"),
            (
                611,
                "System.ArgumentException: An item with the same key has already been added.",
                "product-bug",
            ),
            (
                611,
                "Unable to open connection to domain: X. AuthenticationException: The user name or password is incorrect. ---> System.Runtime.InteropServices.COMException",
                "ad-credential",
            ),
            (667, "", "fips-mode"),
            (613, "", "waiting-for-directory-sync"),
            (
                604,
                "System.IO.FileLoadException: Could not load file or assembly 'System.Diagnostics.DiagnosticSource'",
                "product-bug",
            ),
        ];
        for (id, text, cause) in cases {
            assert_eq!(read(*id, text), [(*cause, false)], "{id} {text}");
        }
    }

    #[test]
    fn the_description_without_the_code_is_weak_and_events_that_are_no_faults_are_none() {
        let description = "Password Synchronization has not been activated for this company";
        assert_eq!(read(655, description), [("phs-not-activated", true)]);
        for (id, text) in [
            (611, "Error Code: 90"),
            (654, ""),
            (663, ""),
            (605, "x"),
            (904, "Finished"),
            (604, "Error Code: 90"),
        ] {
            assert!(read(id, text).iter().all(|(cause, _)| *cause != "phs-not-activated"), "{id} {text}");
        }
    }

    #[test]
    fn the_words_of_a_name_are_no_evidence() {
        for text in [
            "\"Object CN=QA Error Code: 90,OU=Test,DC=contoso,DC=com could not be resolved\"",
            "Failed. Dn: CN=Doe\\, Error Code: 90,OU=x,DC=com, Result: Failed",
        ] {
            assert_eq!(read(6900, text), [("unknown-6900", false)], "{text}");
        }
        let busy = "Error Code: 81. Error Description: busy. Failed object: CN=Error Code: 90,DC=com";
        assert_eq!(read(652, busy), [("cloud-busy", false)]);
        let own = "Dn: CN=Jane,DC=com, Result: Failed. Error Code: 90. Error Description: x";
        assert_eq!(read(652, own), [("phs-not-activated", false)]);
    }

    #[test]
    fn a_text_with_code_90_and_another_fault_is_evidence_of_both() {
        let both = read(652, "Error Code: 90. ---> AADSTS50054: Old password is used");
        assert_eq!(both, [("phs-not-activated", false), ("cloud-credential", false)]);
    }

    #[test]
    fn only_code_90_in_its_three_events_can_lead_to_a_command() {
        let knowledge = Knowledge::embedded();
        let leading = knowledge.signatures.signatures.iter().filter(|it| it.cause.command().is_some());
        let leading: Vec<_> = leading.filter(|it| !it.weak).collect();
        assert_eq!(leading.len(), 1);
        assert_eq!(leading[0].pattern.events, [6900, 652, 655]);
        assert_eq!(leading[0].pattern.text.as_ref().map(Regex::as_str), Some(r"(?i)error\s*code\s*:\s*90\b"));
        assert!(leading[0].pattern.unless.is_none() && !leading[0].fallback);
    }

    #[test]
    fn a_heartbeat_is_654_651_or_657_with_success_and_never_663() {
        let knowledge = Knowledge::embedded();
        let alive = |id, text| knowledge.signatures.is_heartbeat(&event(id, text));
        assert!(alive(654, "Provision credentials ping end.") && alive(651, ""));
        assert!(alive(657, "Anchor : <b64>, Dn : <DN>, PwdChangeOnLogon=False, Result : Success."));
        assert!(!alive(657, "Dn : <DN>, Result : Failed.") && !alive(663, "") && !alive(653, ""));
    }

    #[test]
    fn the_connector_is_found_in_the_xml_tail_and_the_entra_connector_is_none() {
        let tail =
            |id: &str| format!("ping end <forest-info> <connector-id>{id}</connector-id> </forest-info>");
        let forest = "6B1B1A3E-0000-4000-8000-000000000001";
        assert_eq!(connector(&event(654, &tail(forest))), forest.parse().ok());
        assert_eq!(connector(&event(654, &tail(ENTRA_CONNECTOR))), None);
        assert_eq!(connector(&event(654, "<connector-id>?")), None);
    }
}
