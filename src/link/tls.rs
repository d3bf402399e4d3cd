//! The rustls settings of both sides: TLS 1.3 only, certificates both ways, our clock, no session resumption
//! (a resumed session would skip the check of the certificates).

use std::fmt;
use std::sync::Arc;

use rustls::client::danger::HandshakeSignatureValid;
use rustls::crypto::CryptoProvider;
use rustls::pki_types::{CertificateDer, UnixTime};
use rustls::server::danger::{ClientCertVerified, ClientCertVerifier};
use rustls::server::{NoServerSessionStorage, WebPkiClientVerifier};
use rustls::time_provider::TimeProvider;
use rustls::{
    DigitallySignedStruct, DistinguishedName, Error, PeerIncompatible, RootCertStore, ServerConfig,
    SignatureScheme,
};

use super::certs::{CertError, CertInfo, Kind, SecretPem, certificate_der};
use super::refusal::{CertFault, HandshakeFault, Revoked, unix_time};
use crate::clock::Clock;

/// TLS settings that can't be made.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum TlsError {
    /// A certificate or key can't be used.
    #[error(transparent)]
    Certificate(#[from] CertError),
    /// The library refuses the settings.
    #[error("TLS can't be set up: {0}")]
    Setup(String),
}

fn setup(error: impl fmt::Display) -> TlsError {
    TlsError::Setup(error.to_string())
}

/// The one provider of cryptography, handed over explicitly: there is no process-wide default.
pub fn provider() -> Arc<CryptoProvider> {
    Arc::new(rustls::crypto::ring::default_provider())
}

/// Certificates are judged by our clock, so that stories can move it.
#[derive(Debug)]
struct OurTime(Clock);

impl TimeProvider for OurTime {
    fn current_time(&self) -> Option<UnixTime> {
        Some(unix_time(self.0.now()))
    }
}

fn roots(ca_pem: &str) -> Result<Arc<RootCertStore>, TlsError> {
    let ca = certificate_der(ca_pem)?;
    if CertInfo::from_der(&ca)?.kind != Kind::Authority {
        return Err(CertError::NotOurs("it is no authority").into());
    }
    let mut roots = RootCertStore::empty();
    roots.add(ca).map_err(setup)?;
    Ok(Arc::new(roots))
}

/// The agent's side: shows its own certificate, and takes only the bot's kind from its own authority.
///
/// # Errors
/// [`TlsError`], if a certificate or key can't be used, or the agent's is of the wrong kind.
pub fn agent_side(
    certificate: &str,
    key: &SecretPem,
    ca: &str,
    revoked: Revoked,
    clock: Clock,
) -> Result<Arc<ServerConfig>, TlsError> {
    let chain = vec![certificate_der(certificate)?];
    if !matches!(CertInfo::from_pem(certificate)?.kind, Kind::Agent { .. }) {
        return Err(CertError::NotOurs("it is not an agent's").into());
    }
    server_config(chain, key, ca, revoked, clock)
}

pub(super) fn server_config(
    chain: Vec<CertificateDer<'static>>,
    key: &SecretPem,
    ca: &str,
    revoked: Revoked,
    clock: Clock,
) -> Result<Arc<ServerConfig>, TlsError> {
    let chained =
        WebPkiClientVerifier::builder_with_provider(roots(ca)?, provider()).build().map_err(setup)?;
    let mut config = ServerConfig::builder_with_details(provider(), Arc::new(OurTime(clock)))
        .with_protocol_versions(&[&rustls::version::TLS13])
        .map_err(setup)?
        .with_client_cert_verifier(Arc::new(BotVerifier { chained, revoked }))
        .with_single_cert(chain, key.der()?)
        .map_err(setup)?;
    config.session_storage = Arc::new(NoServerSessionStorage {});
    config.send_tls13_tickets = 0;
    config.alpn_protocols = vec![b"http/1.1".to_vec()];
    Ok(Arc::new(config))
}

/// Takes only the bot.
#[derive(Debug)]
struct BotVerifier {
    chained: Arc<dyn ClientCertVerifier>,
    revoked: Revoked,
}

impl ClientCertVerifier for BotVerifier {
    fn root_hint_subjects(&self) -> &[DistinguishedName] {
        self.chained.root_hint_subjects()
    }

    fn verify_client_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        now: UnixTime,
    ) -> Result<ClientCertVerified, Error> {
        let verified = self.chained.verify_client_cert(end_entity, intermediates, now).map_err(normalised)?;
        match read(end_entity, &self.revoked)?.kind {
            Kind::Bot => Ok(verified),
            _ => Err(CertFault::WrongKind.into()),
        }
    }

    fn verify_tls12_signature(
        &self,
        _: &[u8],
        _: &CertificateDer<'_>,
        _: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        Err(tls12())
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        self.chained.verify_tls13_signature(message, cert, dss)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.chained.supported_verify_schemes()
    }
}

/// Reads a certificate whose chain has been verified and refuses a revoked one.
fn read(cert: &CertificateDer<'_>, revoked: &Revoked) -> Result<CertInfo, Error> {
    let info = CertInfo::from_der(cert).map_err(|error| CertFault::Unusable(error.to_string()))?;
    match revoked.lists(&info) {
        true => Err(CertFault::Revoked.into()),
        false => Ok(info),
    }
}

/// Brings the library's refusal of a certificate into our vocabulary, and so to one alert for one meaning.
fn normalised(error: Error) -> Error {
    match HandshakeFault::of(&error) {
        HandshakeFault::Peer(fault) => fault.into(),
        _ => error,
    }
}

fn tls12() -> Error {
    Error::PeerIncompatible(PeerIncompatible::SupportedVersionsExtensionRequired)
}

#[cfg(feature = "bot")]
pub use bot::{BotTls, bot_side};

#[cfg(feature = "bot")]
mod bot {
    use rustls::client::danger::{ServerCertVerified, ServerCertVerifier};
    use rustls::client::{Resumption, verify_server_cert_signed_by_trust_anchor};
    use rustls::crypto::verify_tls13_signature;
    use rustls::pki_types::ServerName;
    use rustls::server::ParsedCertificate;
    use rustls::{ClientConfig, WantsVersions};

    use super::*;
    use crate::ids::AgentId;
    use crate::link::authority::Credential;
    use crate::link::enrolled::Enrolled;
    use crate::plan::Digest;

    /// What the bot dials every agent with. Cheap to clone.
    #[derive(Clone)]
    pub struct BotTls {
        roots: Arc<RootCertStore>,
        credential: Arc<Credential>,
        revoked: Revoked,
        clock: Clock,
    }

    impl BotTls {
        /// Takes the bot's certificate, the authority's, the list of revoked agents' certificates, which may
        /// change later, and the clock that certificates are judged by.
        ///
        /// # Errors
        /// [`TlsError`], if the authority's certificate is none.
        pub fn new(
            credential: Credential,
            ca: &str,
            revoked: Revoked,
            clock: Clock,
        ) -> Result<BotTls, TlsError> {
            Ok(BotTls { roots: roots(ca)?, credential: Arc::new(credential), revoked, clock })
        }

        /// The list of revoked agents' certificates.
        pub fn revoked(&self) -> &Revoked {
            &self.revoked
        }

        /// The clock.
        pub fn clock(&self) -> &Clock {
            &self.clock
        }
    }

    /// The bot's side: shows its own certificate, and takes only the very certificate that the agent was enrolled
    /// with, whatever the host in the address is called. Agent and generation alone would not do: an answer that was
    /// handed over may never have been kept, and its certificate is as good as the one that was.
    ///
    /// # Errors
    /// [`TlsError`], if the bot's key can't be used.
    pub fn bot_side(tls: &BotTls, enrolled: &Enrolled) -> Result<ClientConfig, TlsError> {
        let chain = vec![certificate_der(&tls.credential.certificate)?];
        let verifier = AgentVerifier {
            roots: tls.roots.clone(),
            provider: provider(),
            agent: enrolled.agent.clone(),
            generation: enrolled.generation,
            fingerprint: enrolled.fingerprint,
            revoked: tls.revoked.clone(),
        };
        let mut config = builder(tls)?
            .dangerous()
            .with_custom_certificate_verifier(Arc::new(verifier))
            .with_client_auth_cert(chain, tls.credential.key.der()?)
            .map_err(setup)?;
        config.resumption = Resumption::disabled();
        // The name of an internal server is nothing to send in the clear, and the agent doesn't need it.
        config.enable_sni = false;
        Ok(config)
    }

    fn builder(tls: &BotTls) -> Result<rustls::ConfigBuilder<ClientConfig, rustls::WantsVerifier>, TlsError> {
        let builder: rustls::ConfigBuilder<ClientConfig, WantsVersions> =
            ClientConfig::builder_with_details(provider(), Arc::new(OurTime(tls.clock.clone())));
        builder.with_protocol_versions(&[&rustls::version::TLS13]).map_err(setup)
    }

    /// Takes one agent in one generation, with one certificate.
    #[derive(Debug)]
    struct AgentVerifier {
        roots: Arc<RootCertStore>,
        provider: Arc<CryptoProvider>,
        agent: AgentId,
        generation: u32,
        fingerprint: Digest,
        revoked: Revoked,
    }

    impl ServerCertVerifier for AgentVerifier {
        /// The name in the address is not looked at: who must answer is known beforehand.
        fn verify_server_cert(
            &self,
            end_entity: &CertificateDer<'_>,
            intermediates: &[CertificateDer<'_>],
            _: &ServerName<'_>,
            _: &[u8],
            now: UnixTime,
        ) -> Result<ServerCertVerified, Error> {
            let algorithms = self.provider.signature_verification_algorithms.all;
            ParsedCertificate::try_from(end_entity)
                .and_then(|cert| {
                    let (roots, chain) = (&self.roots, intermediates);
                    verify_server_cert_signed_by_trust_anchor(&cert, roots, chain, now, algorithms)
                })
                .map_err(normalised)?;
            let info = read(end_entity, &self.revoked)?;
            let fault = match info.kind {
                Kind::Agent { id, .. } if id != self.agent => CertFault::OtherAgent { found: id },
                Kind::Agent { generation, .. } if generation != self.generation => {
                    CertFault::OtherGeneration { found: generation, expected: self.generation }
                }
                Kind::Agent { .. } if info.fingerprint != self.fingerprint => CertFault::NotEnrolled,
                Kind::Agent { .. } => return Ok(ServerCertVerified::assertion()),
                Kind::Bot | Kind::Authority => CertFault::WrongKind,
            };
            Err(fault.into())
        }

        fn verify_tls12_signature(
            &self,
            _: &[u8],
            _: &CertificateDer<'_>,
            _: &DigitallySignedStruct,
        ) -> Result<HandshakeSignatureValid, Error> {
            Err(tls12())
        }

        fn verify_tls13_signature(
            &self,
            message: &[u8],
            cert: &CertificateDer<'_>,
            dss: &DigitallySignedStruct,
        ) -> Result<HandshakeSignatureValid, Error> {
            verify_tls13_signature(message, cert, dss, &self.provider.signature_verification_algorithms)
        }

        fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
            self.provider.signature_verification_algorithms.supported_schemes()
        }
    }
}
