//! One tenant as the tests of the link see it: its authority, its bot, its agents, and what both sides log.

use std::io::Write;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};

use axum::Router;
use axum::extract::Extension;
use axum::routing::get;
use jiff::Timestamp;
use rustls::pki_types::ServerName;
use rustls::{ClientConfig, RootCertStore, ServerConfig, SupportedProtocolVersion};
use tokio::io::AsyncReadExt as _;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Notify;
use tokio_rustls::TlsConnector;

use super::super::authority::{Authority, Credential};
use super::super::certs::{AgentKey, CertInfo, certificate_der};
use super::super::client::AgentClient;
use super::super::enrolled::Enrolled;
use super::super::error::LinkError;
use super::super::listener::{self, Limits, Peer};
use super::super::refusal::{Revoked, RevokedEntry};
use super::super::tls::{self, BotTls};
use crate::clock::{Clock, Hand};
use crate::ids::AgentId;
use crate::plan::Digest;
use crate::random::Random;

pub(super) const REPORT: &str = r#"{"v":1,"agent":"SYNC01","generation":1,"agent_version":"0.1.0","server":"SYNC01",
    "clock":"2026-11-22T02:00:00Z","appliance":{"kind":"connect"}}"#;

pub(super) fn id(text: &str) -> AgentId {
    text.parse().expect("valid")
}

/// What both sides log on this thread.
#[derive(Clone, Default)]
pub(super) struct Log(Arc<(Mutex<Vec<u8>>, Notify)>);

impl Write for Log {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.0.lock().expect("a lock").extend_from_slice(bytes);
        self.0.1.notify_one();
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

impl Log {
    /// The first line that holds all of `wanted`, once there is one.
    pub(super) async fn line(&self, wanted: &[&str]) -> String {
        loop {
            let text = String::from_utf8_lossy(&self.0.0.lock().expect("a lock")).into_owned();
            if let Some(line) = text.lines().find(|line| wanted.iter().all(|word| line.contains(word))) {
                return line.to_owned();
            }
            self.0.1.notified().await;
        }
    }
}

/// One tenant: its authority, its bot, a clock, and what is logged.
pub(super) struct Scene {
    pub(super) clock: Clock,
    pub(super) hand: Hand,
    pub(super) random: Random,
    pub(super) authority: Authority,
    pub(super) bot: Credential,
    pub(super) log: Log,
    /// The fingerprint of the certificate that SYNC01 was given last.
    pub(super) enrolled: Mutex<Option<Digest>>,
    pub(super) _logging: tracing::subscriber::DefaultGuard,
}

pub(super) fn scene() -> Scene {
    let start: Timestamp = "2026-11-22T02:00:00Z".parse().expect("a time");
    let (clock, hand) = Clock::manual(start);
    let random = Random::seeded(1);
    let authority = Authority::new("contoso", start, &random).expect("made");
    let bot = authority.issue_bot(start, &random).expect("issued");
    let log = Log::default();
    let writer = log.clone();
    let subscriber = tracing_subscriber::fmt().with_ansi(false).with_writer(move || writer.clone()).finish();
    let _logging = tracing::subscriber::set_default(subscriber);
    Scene { clock, hand, random, authority, bot, log, enrolled: Mutex::default(), _logging }
}

impl Scene {
    pub(super) fn agent(&self, name: &str, generation: u32) -> Credential {
        let agent = agent_of(&self.authority, name, generation, self.clock.now(), &self.random);
        if name == "SYNC01" {
            let issued = CertInfo::from_pem(&agent.certificate).expect("reads");
            *self.enrolled.lock().expect("a lock") = Some(issued.fingerprint);
        }
        agent
    }

    pub(super) fn another_tenant(&self) -> Authority {
        Authority::new("contoso", self.clock.now(), &self.random).expect("made")
    }

    pub(super) fn server(&self, agent: &Credential) -> Arc<ServerConfig> {
        self.server_revoking(agent, Revoked::default())
    }

    pub(super) fn server_revoking(&self, agent: &Credential, revoked: Revoked) -> Arc<ServerConfig> {
        let ca = self.authority.certificate();
        tls::agent_side(&agent.certificate, &agent.key, ca, revoked, self.clock.clone()).expect("set up")
    }

    pub(super) async fn listen(&self, tls: Arc<ServerConfig>, router: Router) -> SocketAddr {
        self.listen_within(Limits::default(), tls, router).await
    }

    pub(super) async fn listen_within(
        &self,
        limits: Limits,
        tls: Arc<ServerConfig>,
        router: Router,
    ) -> SocketAddr {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let address = listener.local_addr().expect("an address");
        let clock = self.clock.clone();
        tokio::spawn(listener::serve_within(limits, listener, tls, router, std::future::pending(), clock));
        address
    }

    /// A client that expects SYNC01 in generation 1, with the certificate that it was given last.
    pub(super) fn client(&self, address: SocketAddr) -> AgentClient {
        self.client_as(&self.bot, self.authority.certificate(), Revoked::default(), address)
    }

    pub(super) fn client_as(
        &self,
        bot: &Credential,
        ca: &str,
        revoked: Revoked,
        address: SocketAddr,
    ) -> AgentClient {
        let tls = BotTls::new(bot.clone(), ca, revoked, self.clock.clone()).expect("set up");
        let issued = CertInfo::from_pem(&self.bot.certificate).expect("reads");
        let enrolled = Enrolled {
            agent: id("SYNC01"),
            address: format!("https://{address}").parse().expect("valid"),
            generation: 1,
            // That of no agent: what the list says of the certificate that is shown must do alone.
            serial: issued.serial,
            fingerprint: self.enrolled.lock().expect("a lock").unwrap_or(issued.fingerprint),
        };
        AgentClient::new(enrolled, tls).expect("set up")
    }

    /// Both sides refuse or are refused, and both logs say which, with the peer.
    pub(super) async fn refused(&self, client: &AgentClient, code: &str, seen_by_agent: &str) -> LinkError {
        let error = client.report(false).await.expect_err("refused");
        assert_eq!(error.code(), code, "{error}");
        let address = client.enrolled().address.to_string();
        self.log.line(&["link::client", code, &address, "SYNC01"]).await;
        self.log.line(&["link::listener", seen_by_agent, "peer=127.0.0.1:"]).await;
        error
    }
}

pub(super) fn agent_of(
    authority: &Authority,
    name: &str,
    generation: u32,
    at: Timestamp,
    random: &Random,
) -> Credential {
    let key = AgentKey::generate().expect("a key");
    let request = key.request(&id(name)).expect("a request");
    let issued = authority.issue_agent(&id(name), generation, &request, at, random).expect("issued");
    Credential::new(&issued, key.secret().clone()).expect("belong together")
}

pub(super) fn answering(body: &'static str) -> Router {
    Router::new().route("/v1/report", get(move || async move { body }))
}

/// A router that notes the peer of each request.
pub(super) fn noting() -> (Router, Arc<Mutex<Vec<Peer>>>) {
    let peers = Arc::new(Mutex::new(Vec::new()));
    let noted = peers.clone();
    let handler = move |Extension(peer): Extension<Peer>| async move {
        noted.lock().expect("a lock").push(peer);
        REPORT
    };
    (Router::new().route("/v1/report", get(handler)), peers)
}

pub(super) fn addresses(peers: &Mutex<Vec<Peer>>) -> Vec<SocketAddr> {
    peers.lock().expect("a lock").iter().map(|peer| peer.address).collect()
}

pub(super) fn revoking(credential: &Credential) -> RevokedEntry {
    let info = CertInfo::from_pem(&credential.certificate).expect("reads");
    RevokedEntry::Serial(info.serial)
}

/// Connects as anything but the bot does, and returns what the connection ends with.
pub(super) async fn intruder(
    scene: &Scene,
    address: SocketAddr,
    version: &'static SupportedProtocolVersion,
) -> String {
    let mut roots = RootCertStore::empty();
    roots.add(certificate_der(scene.authority.certificate()).expect("reads")).expect("a root");
    let config = ClientConfig::builder_with_provider(tls::provider())
        .with_protocol_versions(&[version])
        .expect("supported")
        .with_root_certificates(roots)
        .with_no_client_auth();
    let name = ServerName::try_from("sync01.agent.syncmedic.internal").expect("a name");
    let stream = TcpStream::connect(address).await.expect("connects");
    match TlsConnector::from(Arc::new(config)).connect(name, stream).await {
        Err(error) => error.to_string(),
        Ok(mut stream) => match stream.read(&mut [0; 16]).await {
            Err(error) => error.to_string(),
            Ok(read) => format!("{read} bytes"),
        },
    }
}
