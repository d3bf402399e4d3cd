//! Certificates: what kinds there are, how to read them, and the key that an agent makes on its own server.
//!
//! A tenant has one authority (CA), one bot certificate for clients, and one agent certificate for servers
//! per enrolment. Who a certificate is for stands in two names: a DNS name and a URI that must agree
//! (`sync01.agent.syncmedic.internal` and `syncmedic:agent:SYNC01:3`).

use std::fmt;
use std::str::FromStr;

use jiff::{SignedDuration, Timestamp};
use rcgen::{CertificateParams, DistinguishedName, KeyPair};
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use serde::{Deserialize, Serialize};
use x509_parser::certificate::X509Certificate;
use x509_parser::extensions::GeneralName;
use x509_parser::prelude::FromDer as _;

use crate::ids::{AgentId, InvalidId};
use crate::plan::Digest;
use crate::random::hex;

/// How long an agent's or the bot's certificate is good for.
pub const LEAF_LIFETIME: SignedDuration = SignedDuration::from_hours(365 * 24);

/// How long the tenant's authority is good for.
pub const AUTHORITY_LIFETIME: SignedDuration = SignedDuration::from_hours(3652 * 24);

/// From how long before its end a certificate is warned about.
pub const WARN_BEFORE_END: SignedDuration = SignedDuration::from_hours(30 * 24);

/// A certificate is good from this long before it was made, so that a server whose clock is behind takes it.
pub const BACKDATED: SignedDuration = SignedDuration::from_hours(1);

/// The bot's DNS name.
pub const BOT_NAME: &str = "bot.syncmedic.internal";

/// The bot's URI name.
pub const BOT_URI: &str = "syncmedic:bot";

const AGENT_DOMAIN: &str = "agent.syncmedic.internal";
const AGENT_URI: &str = "syncmedic:agent:";

/// A certificate or key that can't be made, read or used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum CertError {
    /// The text is no PEM certificate.
    #[error("this is no certificate in PEM: {0}")]
    NotACertificate(String),
    /// It is a certificate, but none that Syncmedic made.
    #[error("this certificate is not one of Syncmedic's: {0}")]
    NotOurs(&'static str),
    /// The text is no PEM key of the kind used here. The text itself is never repeated.
    #[error("this is no private key in PEM")]
    NotAKey,
    /// The certificate request can't be used.
    #[error(
        "this is no certificate request of `syncmedic-agent init` (it begins with \
         -----BEGIN CERTIFICATE REQUEST-----): {0}"
    )]
    NotARequest(String),
    /// The authority ends before a certificate of full length would.
    #[error("the authority is good only until {until}: a new one is needed before more can be issued")]
    AuthorityEnding {
        /// Its end.
        until: Timestamp,
    },
    /// A key and a certificate that don't belong together.
    #[error("the key does not belong to the certificate")]
    KeyMismatch,
    /// The library could not make it.
    #[error("the certificate could not be made: {0}")]
    Making(String),
}

/// What a certificate is for.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Kind {
    /// The tenant's authority.
    Authority,
    /// The bot, as a client.
    Bot,
    /// An agent, as a server.
    Agent {
        /// Which.
        id: AgentId,
        /// Which enrolment of it.
        generation: u32,
    },
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Kind::Authority => f.write_str("the authority"),
            Kind::Bot => f.write_str("the bot"),
            Kind::Agent { id, generation } => write!(f, "agent {id}, generation {generation}"),
        }
    }
}

/// A certificate's serial number: lower-case hex digits without leading zeros.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Serial(String);

impl Serial {
    fn of(bytes: &[u8]) -> Serial {
        let digits = hex(bytes);
        match digits.trim_start_matches('0') {
            "" => Serial("0".to_owned()),
            digits => Serial(digits.to_owned()),
        }
    }
}

impl FromStr for Serial {
    type Err = InvalidId;

    /// Reads hex digits of either case, with or without colons or spaces between bytes.
    fn from_str(text: &str) -> Result<Serial, InvalidId> {
        let digits: String = text.chars().filter(|c| !matches!(c, ':' | ' ')).collect();
        // RFC 5280 allows 20 bytes.
        if digits.is_empty() || digits.len() > 40 || !digits.chars().all(|c| c.is_ascii_hexdigit()) {
            return Err(InvalidId::new(text, "a certificate's serial number (up to 40 hex digits)"));
        }
        match digits.trim_start_matches('0') {
            "" => Ok(Serial("0".to_owned())),
            digits => Ok(Serial(digits.to_ascii_lowercase())),
        }
    }
}

impl TryFrom<String> for Serial {
    type Error = InvalidId;

    fn try_from(text: String) -> Result<Serial, InvalidId> {
        text.parse()
    }
}

impl From<Serial> for String {
    fn from(serial: Serial) -> String {
        serial.0
    }
}

impl fmt::Display for Serial {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Debug for Serial {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// What stands in one of our certificates. Reading it proves nothing: whether the authority signed it is
/// checked in the handshake.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CertInfo {
    /// What it is for.
    pub kind: Kind,
    /// Its serial number.
    pub serial: Serial,
    /// SHA-256 of its DER bytes.
    pub fingerprint: Digest,
    /// Good from.
    pub not_before: Timestamp,
    /// Good until.
    pub not_after: Timestamp,
}

impl CertInfo {
    /// Reads a certificate from DER.
    ///
    /// # Errors
    /// [`CertError::NotACertificate`] or [`CertError::NotOurs`].
    pub fn from_der(der: &[u8]) -> Result<CertInfo, CertError> {
        let (rest, cert) =
            X509Certificate::from_der(der).map_err(|error| CertError::NotACertificate(error.to_string()))?;
        if !rest.is_empty() {
            return Err(CertError::NotACertificate("bytes follow it".into()));
        }
        let time = |at: x509_parser::time::ASN1Time| {
            Timestamp::from_second(at.timestamp())
                .map_err(|error| CertError::NotACertificate(error.to_string()))
        };
        Ok(CertInfo {
            kind: kind_of(&cert)?,
            serial: Serial::of(cert.raw_serial()),
            fingerprint: Digest::of(der),
            not_before: time(cert.validity().not_before)?,
            not_after: time(cert.validity().not_after)?,
        })
    }

    /// Reads the first certificate in a PEM text.
    ///
    /// # Errors
    /// As [`CertInfo::from_der`].
    pub fn from_pem(pem: &str) -> Result<CertInfo, CertError> {
        CertInfo::from_der(&certificate_der(pem)?)
    }

    /// Whether the certificate ends within [`WARN_BEFORE_END`], or has ended.
    pub fn ends_soon(&self, now: Timestamp) -> bool {
        self.left(now) <= WARN_BEFORE_END
    }

    /// How long it is still good; negative once it has ended.
    pub fn left(&self, now: Timestamp) -> SignedDuration {
        self.not_after.duration_since(now)
    }
}

/// The kind that a certificate claims: its names and its purpose must both say so, and nothing else.
fn kind_of(cert: &X509Certificate<'_>) -> Result<Kind, CertError> {
    if cert.is_ca() {
        return Ok(Kind::Authority);
    }
    let purposes = match cert.extended_key_usage() {
        Ok(Some(usage)) => usage.value.clone(),
        _ => return Err(CertError::NotOurs("its purpose is not given")),
    };
    let others = purposes.any
        || purposes.code_signing
        || purposes.email_protection
        || purposes.time_stamping
        || purposes.ocsp_signing
        || !purposes.other.is_empty();
    let Ok(Some(names)) = cert.subject_alternative_name() else {
        return Err(CertError::NotOurs("it has no alternative names"));
    };
    let (mut dns, mut uri) = (None, None);
    for name in &names.value.general_names {
        match name {
            GeneralName::DNSName(name) if dns.is_none() => dns = Some(*name),
            GeneralName::URI(name) if uri.is_none() => uri = Some(*name),
            _ => return Err(CertError::NotOurs("it has names besides ours")),
        }
    }
    let (Some(dns), Some(uri)) = (dns, uri) else {
        return Err(CertError::NotOurs("one of its two names is missing"));
    };
    let (kind, for_server) = match uri.strip_prefix(AGENT_URI) {
        Some(rest) => (agent_of(rest).ok_or(CertError::NotOurs("its URI names no agent"))?, true),
        None if uri == BOT_URI => (Kind::Bot, false),
        None => return Err(CertError::NotOurs("its URI is unknown")),
    };
    if dns != dns_name(&kind) {
        return Err(CertError::NotOurs("its two names don't agree"));
    }
    if others || purposes.server_auth != for_server || purposes.client_auth == for_server {
        return Err(CertError::NotOurs("its purpose does not match its name"));
    }
    Ok(kind)
}

fn agent_of(text: &str) -> Option<Kind> {
    let (id, generation) = text.split_once(':')?;
    let kind = Kind::Agent { id: id.parse().ok()?, generation: generation.parse().ok()? };
    // One spelling only: an id in capitals, a number without zeros in front.
    (uri_name(&kind).strip_prefix(AGENT_URI) == Some(text)).then_some(kind)
}

/// The DNS name of a kind; empty for the authority, which has none.
pub(super) fn dns_name(kind: &Kind) -> String {
    match kind {
        Kind::Authority => String::new(),
        Kind::Bot => BOT_NAME.to_owned(),
        Kind::Agent { id, .. } => format!("{}.{AGENT_DOMAIN}", id.as_str().to_ascii_lowercase()),
    }
}

/// The URI name of a kind; empty for the authority, which has none.
pub(super) fn uri_name(kind: &Kind) -> String {
    match kind {
        Kind::Authority => String::new(),
        Kind::Bot => BOT_URI.to_owned(),
        Kind::Agent { id, generation } => format!("{AGENT_URI}{id}:{generation}"),
    }
}

/// The bytes of the first certificate in a PEM text.
///
/// # Errors
/// [`CertError::NotACertificate`].
pub fn certificate_der(pem: &str) -> Result<CertificateDer<'static>, CertError> {
    CertificateDer::from_pem_slice(pem.as_bytes())
        .map_err(|error| CertError::NotACertificate(error.to_string()))
}

/// A secret in PEM. `Debug` masks it, and there is no `Display`.
#[derive(Clone, PartialEq, Eq)]
pub struct SecretPem(String);

impl SecretPem {
    /// Takes a text that is a private key in PEM.
    ///
    /// # Errors
    /// [`CertError::NotAKey`].
    pub fn new(text: &str) -> Result<SecretPem, CertError> {
        let secret = SecretPem(text.to_owned());
        secret.key_pair()?;
        Ok(secret)
    }

    /// The text itself, to keep it in a file that only its owner reads.
    pub fn expose(&self) -> &str {
        &self.0
    }

    pub(super) fn generate() -> Result<SecretPem, CertError> {
        KeyPair::generate().map(|pair| SecretPem(pair.serialize_pem())).map_err(making)
    }

    pub(super) fn key_pair(&self) -> Result<KeyPair, CertError> {
        KeyPair::from_pem(&self.0).map_err(|_| CertError::NotAKey)
    }

    pub(super) fn der(&self) -> Result<PrivateKeyDer<'static>, CertError> {
        PrivateKeyDer::from_pem_slice(self.0.as_bytes()).map_err(|_| CertError::NotAKey)
    }
}

impl fmt::Debug for SecretPem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SecretPem(…)")
    }
}

pub(super) fn making(error: rcgen::Error) -> CertError {
    CertError::Making(error.to_string())
}

/// The key of an agent, made on its server. It never leaves it: only the request does.
#[derive(Debug, Clone)]
pub struct AgentKey(SecretPem);

impl AgentKey {
    /// Makes a key (ECDSA P-256) from the operating system's randomness.
    ///
    /// # Errors
    /// If the operating system has none to give.
    pub fn generate() -> Result<AgentKey, CertError> {
        SecretPem::generate().map(AgentKey)
    }

    /// Takes a key that was made before.
    pub fn from_secret(secret: SecretPem) -> AgentKey {
        AgentKey(secret)
    }

    /// The key itself, to keep it.
    pub fn secret(&self) -> &SecretPem {
        &self.0
    }

    /// A certificate request in PEM. It proves that the asker holds the key and shows which server asks; the
    /// name and generation in the certificate are chosen by the bot's side alone.
    ///
    /// # Errors
    /// [`CertError`], if the key is unusable.
    pub fn request(&self, server: &AgentId) -> Result<String, CertError> {
        let mut params = CertificateParams::default();
        params.distinguished_name = DistinguishedName::new();
        params.distinguished_name.push(rcgen::DnType::CommonName, server.as_str());
        let request = params.serialize_request(&self.0.key_pair()?).map_err(making)?;
        request.pem().map_err(making)
    }
}

/// What the bot's side hands back for a certificate request. Nothing in it is secret.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Enrolment {
    /// The agent's id.
    pub agent: AgentId,
    /// Which enrolment of that id this is.
    pub generation: u32,
    /// The agent's certificate, PEM.
    pub certificate: String,
    /// The authority's certificate, PEM.
    pub ca: String,
    /// The public keys that grants are verified with, PASERK.
    pub grant_keys: Vec<String>,
}

#[cfg(test)]
mod tests {
    use rcgen::{ExtendedKeyUsagePurpose as Purpose, SanType};

    use super::*;

    fn claiming(dns: &[&str], uri: &str, purposes: &[Purpose]) -> Result<Kind, CertError> {
        let mut params = CertificateParams::default();
        let mut names: Vec<SanType> =
            dns.iter().map(|name| SanType::DnsName((*name).try_into().expect("ASCII"))).collect();
        names.push(SanType::URI(uri.try_into().expect("ASCII")));
        params.subject_alt_names = names;
        params.extended_key_usages = purposes.to_vec();
        let made = params.self_signed(&KeyPair::generate().expect("a key")).expect("made");
        CertInfo::from_pem(&made.pem()).map(|info| info.kind)
    }

    #[test]
    fn a_certificate_whose_names_and_purpose_do_not_agree_is_none_of_ours() {
        const SYNC01: &str = "sync01.agent.syncmedic.internal";
        let agent = Kind::Agent { id: "SYNC01".parse().expect("valid"), generation: 3 };
        assert_eq!(claiming(&[SYNC01], "syncmedic:agent:SYNC01:3", &[Purpose::ServerAuth]), Ok(agent));
        assert_eq!(claiming(&[BOT_NAME], BOT_URI, &[Purpose::ClientAuth]), Ok(Kind::Bot));
        for (dns, uri, purposes) in [
            (&[BOT_NAME][..], BOT_URI, &[Purpose::ServerAuth][..]),
            (&[BOT_NAME], BOT_URI, &[Purpose::ClientAuth, Purpose::ServerAuth]),
            (&[BOT_NAME], BOT_URI, &[Purpose::ClientAuth, Purpose::CodeSigning]),
            (&[BOT_NAME], BOT_URI, &[]),
            (&[BOT_NAME, SYNC01], BOT_URI, &[Purpose::ClientAuth]),
            (&[SYNC01], BOT_URI, &[Purpose::ClientAuth]),
            (&[], BOT_URI, &[Purpose::ClientAuth]),
            (&[SYNC01], "syncmedic:agent:SYNC02:3", &[Purpose::ServerAuth]),
            (&[SYNC01], "syncmedic:agent:sync01:3", &[Purpose::ServerAuth]),
            (&[SYNC01], "syncmedic:agent:SYNC01:03", &[Purpose::ServerAuth]),
            (&[SYNC01], "syncmedic:agent:SYNC01", &[Purpose::ServerAuth]),
            (&[SYNC01], "https://contoso.com", &[Purpose::ServerAuth]),
        ] {
            let read = claiming(dns, uri, purposes);
            assert!(matches!(read, Err(CertError::NotOurs(_))), "{dns:?} {uri} {purposes:?}: {read:?}");
        }
    }
}
