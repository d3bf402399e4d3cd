//! The tenant's authority: issues the bot's certificate and those of the agents.

use jiff::{SignedDuration, Timestamp};
use rcgen::{
    BasicConstraints, CertificateParams, CertificateSigningRequestParams, DistinguishedName, DnType,
    ExtendedKeyUsagePurpose, IsCa, Issuer, KeyPair, KeyUsagePurpose, PublicKeyData, SanType, SerialNumber,
};
use time::OffsetDateTime;
use x509_parser::prelude::{FromDer as _, X509Certificate};

use super::certs::{
    AUTHORITY_LIFETIME, BACKDATED, CertError, CertInfo, Kind, LEAF_LIFETIME, SecretPem, certificate_der,
    dns_name, making, uri_name,
};
use crate::ids::AgentId;
use crate::random::Random;

/// A certificate with its key, both PEM.
#[derive(Debug, Clone)]
pub struct Credential {
    /// The certificate.
    pub certificate: String,
    /// Its key.
    pub key: SecretPem,
}

impl Credential {
    /// Takes a certificate and the key that must belong to it.
    ///
    /// # Errors
    /// [`CertError`], if one of the two is none or they don't belong together.
    pub fn new(certificate: &str, key: SecretPem) -> Result<Credential, CertError> {
        let der = certificate_der(certificate)?;
        let (_, parsed) =
            X509Certificate::from_der(&der).map_err(|error| CertError::NotACertificate(error.to_string()))?;
        if parsed.public_key().raw != key.key_pair()?.subject_public_key_info() {
            return Err(CertError::KeyMismatch);
        }
        Ok(Credential { certificate: certificate.to_owned(), key })
    }
}

/// The tenant's authority, with its key.
pub struct Authority {
    credential: Credential,
    info: CertInfo,
    issuer: Issuer<'static, KeyPair>,
}

impl Authority {
    /// Makes an authority for a tenant (`contoso.onmicrosoft.com`; any text that tells tenants apart).
    ///
    /// # Errors
    /// [`CertError::Making`].
    pub fn new(tenant: &str, at: Timestamp, random: &Random) -> Result<Authority, CertError> {
        let key = SecretPem::generate()?;
        let mut params = params(&format!("Syncmedic authority of {tenant}"), at, AUTHORITY_LIFETIME, random)?;
        // It signs certificates of agents and the bot, and no further authority.
        params.is_ca = IsCa::Ca(BasicConstraints::Constrained(0));
        params.key_usages = vec![KeyUsagePurpose::KeyCertSign];
        let certificate = params.self_signed(&key.key_pair()?).map_err(making)?;
        Authority::open(Credential { certificate: certificate.pem(), key })
    }

    /// Takes an authority that was made before.
    ///
    /// # Errors
    /// [`CertError`], if it is none or its key is another's.
    pub fn open(credential: Credential) -> Result<Authority, CertError> {
        let info = CertInfo::from_pem(&credential.certificate)?;
        if info.kind != Kind::Authority {
            return Err(CertError::NotOurs("it is no authority"));
        }
        let issuer = Issuer::from_ca_cert_pem(&credential.certificate, credential.key.key_pair()?);
        Ok(Authority { issuer: issuer.map_err(making)?, credential, info })
    }

    /// The authority's certificate, PEM.
    pub fn certificate(&self) -> &str {
        &self.credential.certificate
    }

    /// What stands in it.
    pub fn info(&self) -> &CertInfo {
        &self.info
    }

    pub(super) fn key(&self) -> &SecretPem {
        &self.credential.key
    }

    /// Issues a certificate for the bot, with a new key.
    ///
    /// # Errors
    /// [`CertError::AuthorityEnding`] or [`CertError::Making`].
    pub fn issue_bot(&self, at: Timestamp, random: &Random) -> Result<Credential, CertError> {
        let key = SecretPem::generate()?;
        let certificate = self.issue(&Kind::Bot, &key.key_pair()?, at, random)?;
        Ok(Credential { certificate, key })
    }

    /// Issues a certificate for an agent from a request in PEM. Of the request only the public key is used,
    /// once its signature has shown that the asker holds the key.
    ///
    /// # Errors
    /// [`CertError::NotARequest`], [`CertError::AuthorityEnding`] or [`CertError::Making`].
    pub fn issue_agent(
        &self,
        id: &AgentId,
        generation: u32,
        request: &str,
        at: Timestamp,
        random: &Random,
    ) -> Result<String, CertError> {
        let request = CertificateSigningRequestParams::from_pem(request)
            .map_err(|error| CertError::NotARequest(error.to_string()))?;
        self.issue(&Kind::Agent { id: id.clone(), generation }, &request.public_key, at, random)
    }

    fn issue(
        &self,
        kind: &Kind,
        public_key: &impl PublicKeyData,
        at: Timestamp,
        random: &Random,
    ) -> Result<String, CertError> {
        let (name, purpose) = match kind {
            Kind::Agent { id, .. } => (format!("Syncmedic agent {id}"), ExtendedKeyUsagePurpose::ServerAuth),
            _ => ("Syncmedic bot".to_owned(), ExtendedKeyUsagePurpose::ClientAuth),
        };
        // No certificate outlives its authority, whose own end nobody would check again.
        if at + LEAF_LIFETIME > self.info.not_after {
            return Err(CertError::AuthorityEnding { until: self.info.not_after });
        }
        let mut params = params(&name, at, LEAF_LIFETIME, random)?;
        params.subject_alt_names = vec![
            SanType::DnsName(dns_name(kind).try_into().map_err(making)?),
            SanType::URI(uri_name(kind).try_into().map_err(making)?),
        ];
        params.is_ca = IsCa::ExplicitNoCa;
        params.key_usages = vec![KeyUsagePurpose::DigitalSignature];
        params.extended_key_usages = vec![purpose];
        params.use_authority_key_identifier_extension = true;
        Ok(params.signed_by(public_key, &self.issuer).map_err(making)?.pem())
    }
}

fn params(
    name: &str,
    at: Timestamp,
    lifetime: SignedDuration,
    random: &Random,
) -> Result<CertificateParams, CertError> {
    let time = |at: Timestamp| {
        OffsetDateTime::from_unix_timestamp(at.as_second())
            .map_err(|error| CertError::Making(error.to_string()))
    };
    let mut params = CertificateParams::default();
    params.distinguished_name = DistinguishedName::new();
    params.distinguished_name.push(DnType::CommonName, name);
    params.not_before = time(at - BACKDATED)?;
    params.not_after = time(at + lifetime)?;
    // RFC 5280: positive, at most 20 bytes, unguessable.
    let mut serial = random.bytes::<16>();
    serial[0] = serial[0] & 0x7f | 0x40;
    params.serial_number = Some(SerialNumber::from_slice(&serial));
    Ok(params)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::link::certs::AgentKey;

    fn at(text: &str) -> Timestamp {
        text.parse().expect("a time")
    }

    fn authority() -> Authority {
        Authority::new("contoso", at("2026-11-22T02:00:00Z"), &Random::seeded(1)).expect("made")
    }

    fn sync01() -> AgentId {
        "SYNC01".parse().expect("valid")
    }

    #[test]
    fn a_certificate_says_who_it_is_for_and_until_when() {
        let authority = authority();
        let now = at("2026-11-22T02:00:00Z");
        assert_eq!(authority.info().kind, Kind::Authority);
        assert!(authority.info().left(now) >= SignedDuration::from_hours(24 * 3652));

        let bot = authority.issue_bot(now, &Random::seeded(2)).expect("issued");
        let bot = CertInfo::from_pem(&bot.certificate).expect("reads");
        assert_eq!(bot.kind, Kind::Bot);
        assert_eq!(bot.not_after, at("2027-11-22T02:00:00Z"));

        let request = AgentKey::generate().expect("a key").request(&sync01()).expect("a request");
        let agent = authority.issue_agent(&sync01(), 3, &request, now, &Random::seeded(3)).expect("issued");
        let agent = CertInfo::from_pem(&agent).expect("reads");
        assert_eq!(agent.kind, Kind::Agent { id: sync01(), generation: 3 });
        assert_ne!(agent.serial, bot.serial);
        assert!(!agent.ends_soon(now));
        assert!(!agent.ends_soon(at("2027-10-23T01:59:59Z")));
        assert!(agent.ends_soon(at("2027-10-23T02:00:00Z")));
    }

    #[test]
    fn of_a_request_only_the_public_key_is_used() {
        let authority = authority();
        let now = at("2026-11-22T02:00:00Z");
        let key = AgentKey::generate().expect("a key");
        let mut greedy = CertificateParams::new(vec!["dc01.corp.contoso.com".into()]).expect("valid");
        greedy.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        greedy.extended_key_usages = vec![ExtendedKeyUsagePurpose::ClientAuth];
        let request = greedy.serialize_request(&key.secret().key_pair().expect("a key")).expect("made");
        let pem = request.pem().expect("PEM");
        let issued = authority.issue_agent(&sync01(), 1, &pem, now, &Random::seeded(3)).expect("issued");
        let info = CertInfo::from_pem(&issued).expect("one of ours, with nothing besides");
        assert_eq!(info.kind, Kind::Agent { id: sync01(), generation: 1 });
        Credential::new(&issued, key.secret().clone()).expect("it is the asker's key");
    }

    #[test]
    fn a_request_that_was_changed_or_is_none_is_refused() {
        let authority = authority();
        let now = at("2026-11-22T02:00:00Z");
        let request = AgentKey::generate().expect("a key").request(&sync01()).expect("a request");
        let mut lines: Vec<String> = request.lines().map(str::to_owned).collect();
        // The last line of the body holds the end of the signature.
        let last = lines.len() - 2;
        lines[last] = lines[last].chars().rev().collect();
        for bad in [lines.join("\n"), String::new(), authority.certificate().to_owned()] {
            let refused = authority.issue_agent(&sync01(), 1, &bad, now, &Random::seeded(3));
            assert!(matches!(refused, Err(CertError::NotARequest(_))), "{refused:?}");
        }
    }

    #[test]
    fn no_certificate_outlives_its_authority() {
        let late = at("2036-01-01T00:00:00Z");
        let refused = authority().issue_bot(late, &Random::seeded(2));
        assert!(matches!(refused, Err(CertError::AuthorityEnding { .. })));
    }

    #[test]
    fn a_key_never_shows_itself() {
        let bot = authority().issue_bot(at("2026-11-22T02:00:00Z"), &Random::seeded(2)).expect("issued");
        let secret_line = bot.key.expose().lines().nth(1).expect("a line of the key");
        assert!(!format!("{bot:?}").contains(secret_line));
        assert!(
            SecretPem::new("-----BEGIN PRIVATE KEY-----\noops")
                .is_err_and(|e| !e.to_string().contains("oops"))
        );
    }

    #[test]
    fn a_certificate_with_another_key_is_refused() {
        let authority = authority();
        let now = at("2026-11-22T02:00:00Z");
        let one = authority.issue_bot(now, &Random::seeded(2)).expect("issued");
        let two = authority.issue_bot(now, &Random::seeded(3)).expect("issued");
        assert_eq!(Credential::new(&one.certificate, two.key).err(), Some(CertError::KeyMismatch));
    }
}
