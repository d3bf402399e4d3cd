//! A plan: what exactly would run, where, on what observed state. Both programs compute its hash and compare
//! all 32 bytes; people compare the short [`PlanCode`].
//!
//! The *fingerprint* covers the state that decides whether the command is right. It never covers times,
//! counts, heartbeats, or whether a service or cycle runs: those change by themselves and are preconditions,
//! answered with BUSY and tried again.

use std::collections::BTreeMap;
use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

use crate::ids::{AgentId, CommandId, InvalidId, RequestId};
use crate::random::{hex, unhex};
use crate::report::{ConnectorKind, Event, Report};

/// A SHA-256 digest; 64 hex digits in text.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Digest(pub [u8; 32]);

/// The first eight hex digits of a plan hash, `7f3a-91c2`: for eyes, never for machines.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct PlanCode(String);

/// Who is at the keyboard when the command runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Mode {
    /// Nobody: the agent runs the command itself.
    Unattended,
    /// An operator runs `syncmedic-agent apply` at the server, since the cmdlet asks a person to sign in.
    Attended,
}

/// What exactly would run.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Plan {
    /// The request this plan belongs to.
    pub request: RequestId,
    /// The command of the catalogue.
    pub command: CommandId,
    /// The digest of its script.
    pub script: Digest,
    /// Who is at the keyboard.
    pub mode: Mode,
    /// The command's arguments, each from a closed set.
    pub arguments: BTreeMap<String, String>,
    /// Where.
    pub agent: AgentId,
    /// Which enrolment of that agent.
    pub generation: u32,
    /// On what observed state.
    pub fingerprint: Digest,
}

impl Plan {
    /// The plan hash: SHA-256 over the plan's fields in order, each length-prefixed.
    pub fn hash(&self) -> Digest {
        let mut hash = Fields::new("syncmedic plan v1");
        hash.text(self.request.as_str());
        hash.text(self.command.as_str());
        hash.bytes(&self.script.0);
        hash.text(match self.mode {
            Mode::Unattended => "unattended",
            Mode::Attended => "attended",
        });
        hash.text(&self.arguments.len().to_string());
        for (name, value) in &self.arguments {
            hash.text(name);
            hash.text(value);
        }
        hash.text(self.agent.as_str());
        hash.text(&self.generation.to_string());
        hash.bytes(&self.fingerprint.0);
        hash.finish()
    }

    /// The short form of [`Plan::hash`] for eyes.
    pub fn code(&self) -> PlanCode {
        self.hash().code()
    }
}

/// The fingerprint of a server's state: SHA-256 over the cloud flag, each AD connector with its channel
/// (sorted by id), staging, the build, the Entra connectors, the sign-in method, and the record number of
/// the last administrators' action on password sync or sign-in (events 2506, 2606, 2513, 2613).
///
/// `None` if the state has not been read: nothing can be planned on it.
pub fn fingerprint(report: &Report) -> Option<Digest> {
    let state = report.state.as_ref()?;
    let mut hash = Fields::new("syncmedic state v1");
    hash.flag(state.cloud_flag);
    match &state.connectors {
        None => hash.absent(),
        Some(_) => {
            let mut forests: Vec<_> = state.connectors_of(ConnectorKind::Ad).collect();
            forests.sort_by(|a, b| a.id.cmp(&b.id));
            hash.text(&forests.len().to_string());
            for forest in forests {
                hash.text(forest.id.as_str());
                hash.flag(forest.channel);
            }
        }
    }
    hash.flag(state.staging);
    hash.optional(report.appliance.build.map(|build| build.to_string()).as_deref());
    match &state.connectors {
        None => hash.absent(),
        Some(_) => {
            let mut entra: Vec<_> = state.connectors_of(ConnectorKind::Entra).collect();
            entra.sort_by(|a, b| a.id.cmp(&b.id));
            hash.text(&entra.len().to_string());
            for connector in entra {
                hash.text(connector.id.as_str());
            }
        }
    }
    hash.optional(state.sign_in_method.as_deref());
    let last_action = last_admin_action(&report.events).and_then(|event| event.record);
    hash.optional(last_action.map(|record| record.to_string()).as_deref());
    Some(hash.finish())
}

/// Whether every value that goes into the [`fingerprint`] is known. On anything else nothing can be decided: a
/// value that could not be read looks like one that moved.
pub fn is_known(report: &Report) -> bool {
    let Some(state) = &report.state else { return false };
    let forests = state.connectors_of(ConnectorKind::Ad).all(|forest| forest.channel.is_some());
    state.cloud_flag.is_some()
        && state.staging.is_some()
        && state.sign_in_method.is_some()
        && state.connectors.is_some()
        && forests
        && report.appliance.build.is_some()
        && report.events_at.is_some()
}

/// The newest administrators' action on password sync (2506, 2606) or on the sign-in method (2513, 2613).
///
/// Source: Microsoft, "Audit administrator events"; both numberings are in use.
pub fn last_admin_action(events: &[Event]) -> Option<&Event> {
    let actions = events.iter().filter(|event| matches!(event.id, 2506 | 2606 | 2513 | 2613));
    actions.filter(|event| event.counts()).max_by_key(|event| (event.at, event.record))
}

/// Hashes fields so that no two different sequences of fields meet: each is length-prefixed.
struct Fields(Sha256);

impl Fields {
    fn new(domain: &str) -> Fields {
        let mut fields = Fields(Sha256::new());
        fields.text(domain);
        fields
    }

    fn bytes(&mut self, bytes: &[u8]) {
        self.0.update((bytes.len() as u64).to_be_bytes());
        self.0.update(bytes);
    }

    fn text(&mut self, text: &str) {
        self.bytes(text.as_bytes());
    }

    fn absent(&mut self) {
        self.0.update(u64::MAX.to_be_bytes());
    }

    fn optional(&mut self, text: Option<&str>) {
        match text {
            Some(text) => self.text(text),
            None => self.absent(),
        }
    }

    fn flag(&mut self, flag: Option<bool>) {
        self.optional(flag.map(|on| if on { "1" } else { "0" }));
    }

    fn finish(self) -> Digest {
        Digest(self.0.finalize().into())
    }
}

impl Digest {
    /// The digest of some bytes.
    pub fn of(bytes: &[u8]) -> Digest {
        Digest(Sha256::digest(bytes).into())
    }

    /// Its first eight hex digits in two groups.
    pub fn code(&self) -> PlanCode {
        let digits = hex(&self.0[..4]);
        PlanCode(format!("{}-{}", &digits[..4], &digits[4..]))
    }
}

impl fmt::Display for Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&hex(&self.0))
    }
}

impl fmt::Debug for Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl FromStr for Digest {
    type Err = InvalidId;

    fn from_str(text: &str) -> Result<Self, InvalidId> {
        let bytes = unhex(text).and_then(|bytes| <[u8; 32]>::try_from(bytes).ok());
        bytes.map(Digest).ok_or_else(|| InvalidId::new(text, "a SHA-256 digest (64 hex digits)"))
    }
}

impl TryFrom<String> for Digest {
    type Error = InvalidId;

    fn try_from(text: String) -> Result<Self, InvalidId> {
        text.parse()
    }
}

impl From<Digest> for String {
    fn from(digest: Digest) -> String {
        digest.to_string()
    }
}

impl fmt::Display for PlanCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Debug for PlanCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use jiff::Timestamp;

    use super::*;

    fn plan() -> Plan {
        Plan {
            request: "000102030405060708090a0b0c0d0e0f".parse().expect("valid"),
            command: "enable-forest-channel".parse().expect("valid"),
            script: Digest::of(b"script"),
            mode: Mode::Unattended,
            arguments: BTreeMap::from([("connector".into(), "6b1b1a3e-0000-4000-8000-000000000001".into())]),
            agent: "SYNC01".parse().expect("valid"),
            generation: 3,
            fingerprint: Digest::of(b"state"),
        }
    }

    fn report() -> Report {
        let text = r#"{"v":1,"agent":"SYNC01","generation":1,"agent_version":"0.1.0","server":"SYNC01",
            "clock":"2026-11-22T02:00:00Z","appliance":{"kind":"connect","build":"2.6.3.0"},
            "state":{"read_at":"2026-11-22T02:00:00Z","cloud_flag":false,"staging":false,
              "sign_in_method":"PasswordHashSync","connectors":[
                {"id":"b891884f-051e-4a83-95af-2544101c9083","name":"contoso - AAD","kind":"entra"},
                {"id":"6b1b1a3e-0000-4000-8000-000000000001","name":"corp","kind":"ad","channel":true}]}}"#;
        Report::from_json(text.as_bytes()).expect("reads")
    }

    /// The golden vectors: if these change, an agent and a bot of different builds no longer agree.
    #[test]
    fn the_plan_hash_and_the_fingerprint_are_golden() {
        assert_eq!(
            plan().hash().to_string(),
            "c5a39c88eb8f8655e3422903229767538f4365684fb2dcbb46d6a9988b6ebc83"
        );
        assert_eq!(
            fingerprint(&report()).expect("state is known").to_string(),
            "1c4669c511af94921dd4707686e3a3754b753dd7fceff6f6a13b4ecaa2122338"
        );
    }

    #[test]
    fn every_field_of_a_plan_changes_its_hash() {
        let hash = plan().hash();
        let changes: [fn(&mut Plan); 8] = [
            |p| p.request = "ff0102030405060708090a0b0c0d0e0f".parse().expect("valid"),
            |p| p.command = "enable-password-sync".parse().expect("valid"),
            |p| p.script = Digest::of(b"another"),
            |p| p.mode = Mode::Attended,
            |p| p.arguments = BTreeMap::new(),
            |p| p.agent = "SYNC02".parse().expect("valid"),
            |p| p.generation = 4,
            |p| p.fingerprint = Digest::of(b"moved"),
        ];
        for change in changes {
            let mut other = plan();
            change(&mut other);
            assert_ne!(other.hash(), hash);
        }
    }

    #[test]
    fn the_fingerprint_ignores_what_changes_by_itself_and_the_order_of_connectors() {
        let before = fingerprint(&report());
        let mut after = report();
        let state = after.state.as_mut().expect("state is known");
        state.read_at = Timestamp::UNIX_EPOCH;
        state.cycle_running = Some(true);
        state.connectors.as_mut().expect("connectors are known").reverse();
        after.appliance.services.clear();
        assert_eq!(fingerprint(&after), before);
    }

    #[test]
    fn nothing_is_known_of_a_state_that_was_not_read_whole() {
        let mut whole = report();
        whole.events_at = Some(Timestamp::UNIX_EPOCH);
        assert!(is_known(&whole));
        let unknowns: [fn(&mut Report); 5] = [
            |r| r.state.as_mut().expect("is there").cloud_flag = None,
            |r| r.state.as_mut().expect("is there").sign_in_method = None,
            |r| r.state.as_mut().expect("is there").connectors.as_mut().expect("are there")[1].channel = None,
            |r| r.appliance.build = None,
            |r| r.events_at = None,
        ];
        for unknown in unknowns {
            let mut report = whole.clone();
            unknown(&mut report);
            assert!(!is_known(&report));
        }
    }

    #[test]
    fn the_fingerprint_tells_unknown_from_false() {
        let before = fingerprint(&report());
        let mut unknown = report();
        unknown.state.as_mut().expect("state is known").cloud_flag = None;
        assert_ne!(fingerprint(&unknown), before);
        unknown.state = None;
        assert_eq!(fingerprint(&unknown), None);
    }
}
