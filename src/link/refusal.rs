//! Why a handshake fails, in one vocabulary for both sides, and the list of revoked certificates.
//!
//! The side that refuses knows exactly why; the other side learns a TLS alert, which tells most of it. To
//! keep that so, every refusal is mapped to the alert that TLS has for it.

use std::collections::BTreeSet;
use std::fmt;
use std::str::FromStr;
use std::sync::{Arc, PoisonError, RwLock};

use jiff::Timestamp;
use rustls::pki_types::UnixTime;
use rustls::{AlertDescription, CertificateError, Error, OtherError, PeerIncompatible};
use serde::{Deserialize, Serialize};

use super::certs::{CertInfo, Serial};
use crate::ids::{AgentId, InvalidId};
use crate::plan::Digest;

/// Why a peer's certificate is refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum CertFault {
    /// The peer showed none.
    #[error("no certificate was shown")]
    Missing,
    /// It has ended.
    #[error("the certificate expired at {not_after} (it is {now})")]
    Expired {
        /// Its end.
        not_after: Timestamp,
        /// The clock it was judged by.
        now: Timestamp,
    },
    /// It is not good yet: one of the clocks is wrong.
    #[error("the certificate is good only from {not_before} (it is {now}): is a clock wrong?")]
    NotYetValid {
        /// Its beginning.
        not_before: Timestamp,
        /// The clock it was judged by.
        now: Timestamp,
    },
    /// It is on the list of revoked certificates.
    #[error("the certificate is revoked")]
    Revoked,
    /// Another authority signed it.
    #[error("the certificate is foreign: it was not issued by this tenant's authority")]
    Foreign,
    /// A bot's where an agent's is due, or the other way round.
    #[error("the certificate is of the wrong kind")]
    WrongKind,
    /// It is another agent's.
    #[error("the certificate is agent {found}'s")]
    OtherAgent {
        /// Whose.
        found: AgentId,
    },
    /// It is of another enrolment of the same agent.
    #[error("the certificate is of generation {found} of this agent, not of {expected}")]
    OtherGeneration {
        /// Which.
        found: u32,
        /// Which was expected.
        expected: u32,
    },
    /// It is of the right agent and generation, and not the certificate that was kept at the enrolment.
    #[error("the certificate is not the one that was enrolled")]
    NotEnrolled,
    /// It can't be read, or breaks a rule that has no case of its own here.
    #[error("the certificate can't be used: {0}")]
    Unusable(String),
}

impl CertFault {
    /// The stable code of this refusal.
    pub fn code(&self) -> &'static str {
        match self {
            CertFault::Missing => "cert-missing",
            CertFault::Expired { .. } => "cert-expired",
            CertFault::NotYetValid { .. } => "cert-not-yet-valid",
            CertFault::Revoked => "cert-revoked",
            CertFault::Foreign => "cert-foreign",
            CertFault::WrongKind => "cert-wrong-kind",
            CertFault::OtherAgent { .. } => "cert-other-agent",
            CertFault::OtherGeneration { .. } => "generation-fenced",
            CertFault::NotEnrolled => "cert-not-enrolled",
            CertFault::Unusable(_) => "cert-unusable",
        }
    }

    fn of(error: &CertificateError) -> CertFault {
        use CertificateError as E;
        match error {
            E::Expired => CertFault::Unusable("it has expired".into()),
            E::ExpiredContext { time, not_after } => {
                CertFault::Expired { not_after: timestamp(*not_after), now: timestamp(*time) }
            }
            E::NotValidYetContext { time, not_before } => {
                CertFault::NotYetValid { not_before: timestamp(*not_before), now: timestamp(*time) }
            }
            E::Revoked => CertFault::Revoked,
            E::UnknownIssuer | E::BadSignature => CertFault::Foreign,
            E::InvalidPurpose | E::InvalidPurposeContext { .. } => CertFault::WrongKind,
            E::Other(OtherError(inner)) => match inner.downcast_ref::<CertFault>() {
                Some(fault) => fault.clone(),
                None => CertFault::Unusable(inner.to_string()),
            },
            other => CertFault::Unusable(other.to_string()),
        }
    }
}

impl From<CertFault> for Error {
    /// The rustls error that carries this refusal to the caller, and its alert to the peer.
    fn from(fault: CertFault) -> Error {
        use CertificateError as E;
        let error = match fault {
            CertFault::Missing => return Error::NoCertificatesPresented,
            CertFault::Expired { not_after, now } => {
                E::ExpiredContext { time: unix_time(now), not_after: unix_time(not_after) }
            }
            CertFault::NotYetValid { not_before, now } => {
                E::NotValidYetContext { time: unix_time(now), not_before: unix_time(not_before) }
            }
            CertFault::Revoked => E::Revoked,
            CertFault::Foreign => E::UnknownIssuer,
            CertFault::WrongKind => E::InvalidPurpose,
            fault @ (CertFault::OtherAgent { .. }
            | CertFault::OtherGeneration { .. }
            | CertFault::NotEnrolled
            | CertFault::Unusable(_)) => E::Other(OtherError(Arc::new(fault))),
        };
        Error::InvalidCertificate(error)
    }
}

/// What a peer's alert says of our own certificate.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum PeerVerdict {
    /// It expired, or is not good yet, by the peer's clock.
    Expired,
    /// The peer's list says that it is revoked.
    Revoked,
    /// It is of another authority than the peer's.
    Foreign,
    /// It is of the wrong kind.
    WrongKind,
    /// The peer saw none.
    Missing,
    /// It is another agent's, generation's or enrolment's than the peer dials, or unusable; TLS has no alert of its own.
    Other,
}

impl PeerVerdict {
    /// The stable word for it, after `cert-`.
    pub fn word(self) -> &'static str {
        match self {
            PeerVerdict::Expired => "expired",
            PeerVerdict::Revoked => "revoked",
            PeerVerdict::Foreign => "foreign",
            PeerVerdict::WrongKind => "wrong-kind",
            PeerVerdict::Missing => "missing",
            PeerVerdict::Other => "refused",
        }
    }

    fn of(alert: AlertDescription) -> Option<PeerVerdict> {
        match alert {
            AlertDescription::CertificateExpired => Some(PeerVerdict::Expired),
            AlertDescription::CertificateRevoked => Some(PeerVerdict::Revoked),
            AlertDescription::UnknownCA | AlertDescription::DecryptError => Some(PeerVerdict::Foreign),
            AlertDescription::UnsupportedCertificate => Some(PeerVerdict::WrongKind),
            AlertDescription::CertificateRequired => Some(PeerVerdict::Missing),
            AlertDescription::CertificateUnknown
            | AlertDescription::BadCertificate
            | AlertDescription::AccessDenied => Some(PeerVerdict::Other),
            _ => None,
        }
    }
}

impl fmt::Display for PeerVerdict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            PeerVerdict::Expired => "it has expired or is not good yet by the other side's clock",
            PeerVerdict::Revoked => "it is revoked there",
            PeerVerdict::Foreign => "another authority issued it",
            PeerVerdict::WrongKind => "it is of the wrong kind",
            PeerVerdict::Missing => "none was shown",
            PeerVerdict::Other => {
                "it is another agent's, another generation's, not the enrolled one, or unusable"
            }
        })
    }
}

/// Why a handshake failed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum HandshakeFault {
    /// We refuse the peer's certificate.
    #[error("{0}")]
    Peer(CertFault),
    /// The peer refuses our certificate.
    #[error("the other side refuses our certificate: {0}")]
    Ours(PeerVerdict),
    /// The two have no TLS version in common: only 1.3 is spoken.
    #[error("the other side does not speak TLS 1.3")]
    Version,
    /// Something else, such as a peer that speaks no TLS.
    #[error("TLS failed: {0}")]
    Other(String),
}

impl HandshakeFault {
    /// The stable code.
    pub fn code(&self) -> &'static str {
        match self {
            HandshakeFault::Peer(fault) => fault.code(),
            HandshakeFault::Ours(PeerVerdict::Expired) => "own-cert-expired",
            HandshakeFault::Ours(PeerVerdict::Revoked) => "own-cert-revoked",
            HandshakeFault::Ours(PeerVerdict::Foreign) => "own-cert-foreign",
            HandshakeFault::Ours(PeerVerdict::WrongKind) => "own-cert-wrong-kind",
            HandshakeFault::Ours(PeerVerdict::Missing) => "own-cert-missing",
            HandshakeFault::Ours(PeerVerdict::Other) => "own-cert-refused",
            HandshakeFault::Version => "tls-version",
            HandshakeFault::Other(_) => "tls-failed",
        }
    }

    /// What a rustls error says.
    pub fn of(error: &Error) -> HandshakeFault {
        match error {
            Error::InvalidCertificate(error) => HandshakeFault::Peer(CertFault::of(error)),
            Error::NoCertificatesPresented => HandshakeFault::Peer(CertFault::Missing),
            Error::AlertReceived(AlertDescription::ProtocolVersion)
            | Error::PeerIncompatible(
                PeerIncompatible::SupportedVersionsExtensionRequired
                | PeerIncompatible::Tls12NotOffered
                | PeerIncompatible::Tls12NotOfferedOrEnabled
                | PeerIncompatible::ServerTlsVersionIsDisabledByOurConfig,
            ) => HandshakeFault::Version,
            Error::AlertReceived(alert) => match PeerVerdict::of(*alert) {
                Some(verdict) => HandshakeFault::Ours(verdict),
                None => HandshakeFault::Other(error.to_string()),
            },
            other => HandshakeFault::Other(other.to_string()),
        }
    }

    /// Finds the TLS failure in an error and its causes; `None` if it is none.
    pub fn within(error: &(dyn std::error::Error + 'static)) -> Option<HandshakeFault> {
        let mut next = Some(error);
        while let Some(error) = next {
            if let Some(error) = error.downcast_ref::<Error>() {
                return Some(HandshakeFault::of(error));
            }
            // An I/O error's `source` skips the error it wraps.
            let wrapped = error.downcast_ref::<std::io::Error>().and_then(std::io::Error::get_ref);
            next = match wrapped {
                Some(inner) => Some(inner as &(dyn std::error::Error + 'static)),
                None => error.source(),
            };
        }
        None
    }
}

fn timestamp(time: UnixTime) -> Timestamp {
    let seconds = i64::try_from(time.as_secs()).unwrap_or(i64::MAX);
    Timestamp::from_second(seconds).unwrap_or(Timestamp::MAX)
}

pub(super) fn unix_time(time: Timestamp) -> UnixTime {
    let seconds = u64::try_from(time.as_second()).unwrap_or(0);
    UnixTime::since_unix_epoch(std::time::Duration::from_secs(seconds))
}

/// One entry of a list of revoked certificates.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub enum RevokedEntry {
    /// By serial number.
    Serial(Serial),
    /// By SHA-256 fingerprint, as 64 hex digits.
    Fingerprint(String),
}

impl FromStr for RevokedEntry {
    type Err = InvalidId;

    /// Reads a serial number or a fingerprint: hex digits, colons allowed.
    fn from_str(text: &str) -> Result<RevokedEntry, InvalidId> {
        let digits: String = text.chars().filter(|c| !matches!(c, ':' | ' ')).collect();
        if digits.len() == 64 {
            return digits.parse::<Digest>().map(|digest| RevokedEntry::Fingerprint(digest.to_string()));
        }
        text.parse().map(RevokedEntry::Serial)
    }
}

impl TryFrom<String> for RevokedEntry {
    type Error = InvalidId;

    fn try_from(text: String) -> Result<RevokedEntry, InvalidId> {
        text.parse()
    }
}

impl From<RevokedEntry> for String {
    fn from(entry: RevokedEntry) -> String {
        entry.to_string()
    }
}

impl fmt::Display for RevokedEntry {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            RevokedEntry::Serial(serial) => serial.fmt(f),
            RevokedEntry::Fingerprint(digits) => f.write_str(digits),
        }
    }
}

/// The certificates that are refused although they are good otherwise. Clones share one list, which can be
/// replaced while the program runs.
#[derive(Debug, Clone, Default)]
pub struct Revoked(Arc<RwLock<List>>);

#[derive(Debug, Default)]
struct List {
    entries: BTreeSet<RevokedEntry>,
    version: u64,
}

impl Revoked {
    /// A list.
    pub fn new(entries: impl IntoIterator<Item = RevokedEntry>) -> Revoked {
        let list = Revoked::default();
        list.replace(entries);
        list
    }

    /// Replaces the list. New handshakes follow it at once; the bot's clients also drop the connections that
    /// they keep.
    pub fn replace(&self, entries: impl IntoIterator<Item = RevokedEntry>) {
        let mut list = self.0.write().unwrap_or_else(PoisonError::into_inner);
        list.entries = entries.into_iter().collect();
        list.version += 1;
    }

    /// Whether a certificate is on the list.
    pub fn contains(&self, serial: &Serial, fingerprint: Digest) -> bool {
        let list = self.0.read().unwrap_or_else(PoisonError::into_inner);
        list.entries.contains(&RevokedEntry::Serial(serial.clone()))
            || list.entries.contains(&RevokedEntry::Fingerprint(fingerprint.to_string()))
    }

    /// Whether a certificate that was read is on the list.
    pub fn lists(&self, cert: &CertInfo) -> bool {
        self.contains(&cert.serial, cert.fingerprint)
    }

    /// Grows with every replacement.
    pub fn version(&self) -> u64 {
        self.0.read().unwrap_or_else(PoisonError::into_inner).version
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_refusal_reaches_the_caller_as_it_was_made() {
        let at: Timestamp = "2026-11-22T02:00:00Z".parse().expect("a time");
        let id: AgentId = "SYNC02".parse().expect("valid");
        for fault in [
            CertFault::Missing,
            CertFault::Expired { not_after: at, now: at },
            CertFault::NotYetValid { not_before: at, now: at },
            CertFault::Revoked,
            CertFault::Foreign,
            CertFault::WrongKind,
            CertFault::OtherAgent { found: id },
            CertFault::OtherGeneration { found: 2, expected: 3 },
            CertFault::NotEnrolled,
            CertFault::Unusable("torn".into()),
        ] {
            let error = std::io::Error::other(Error::from(fault.clone()));
            assert_eq!(HandshakeFault::within(&error), Some(HandshakeFault::Peer(fault)));
        }
        assert_eq!(HandshakeFault::within(&std::io::Error::other("reset")), None);
    }

    #[test]
    fn a_certificate_is_revoked_by_serial_or_fingerprint_as_tools_print_them() {
        let serial: Serial = "00:4A:0b".parse().expect("valid");
        let print = Digest::of(b"certificate");
        let list = Revoked::default();
        assert!(!list.contains(&serial, print));
        list.replace(["4a0b".parse().expect("a serial")]);
        assert!(list.contains(&serial, print));
        let spaced = print.to_string().to_ascii_uppercase();
        let pairs: Vec<&str> = (0..64).step_by(2).map(|at| &spaced[at..at + 2]).collect();
        list.replace([pairs.join(":").parse().expect("a fingerprint")]);
        assert!(list.contains(&"1".parse().expect("valid"), print));
        assert!(!list.contains(&serial, Digest::of(b"another")));
        assert!("SYNC01".parse::<RevokedEntry>().is_err());
    }
}
