//! How an agent comes to be: it makes its key on the server, hands out a request, and takes in the bot's answer.
//!
//! | in the agent's folder | what |
//! |---|---|
//! | `agent.toml` | the administrators' rules |
//! | `commands/` | the scripts of the catalogue, as compiled in |
//! | `events/`, `server.json` | where events and the server's facts are read from, if not from Windows itself |
//! | `data/agent.key`, `data/agent.csr` | the key, which never leaves, and the request |
//! | `data/enrolment.toml` | the bot's answer |
//! | `data/events.json` | how far Windows' log was read |
//! | `data/scripts/` | a private copy of each script while it runs |
//! | `data/running.json`, `data/agent.log` | what the running agent says of itself; the log of one without a console |

use std::path::{Path, PathBuf};
use std::sync::Arc;

use rustls::ServerConfig;

use crate::agent::config::{Config, template};
use crate::agent::gatekeeper::Trust;
use crate::agent::guard;
use crate::catalog;
use crate::clock::Clock;
use crate::grant::VerifyingKey;
use crate::ids::AgentId;
use crate::link::certs::{AgentKey, CertError, CertInfo, Enrolment, Kind, SecretPem};
use crate::link::files::{self, FileError};
use crate::link::refusal::Revoked;
use crate::link::tls::{TlsError, agent_side};

/// The key's file in the data folder.
const KEY: &str = "agent.key";
/// The certificate request's file in the data folder.
const REQUEST: &str = "agent.csr";
/// The enrolment's file in the data folder.
const ENROLMENT: &str = "enrolment.toml";

/// Why an enrolment can't be made or used.
#[derive(Debug, thiserror::Error)]
pub enum EnrolError {
    /// A file.
    #[error(transparent)]
    File(#[from] FileError),
    /// A folder.
    #[error("{path}: {why}")]
    Folder {
        /// Which.
        path: String,
        /// What the system says.
        why: String,
    },
    /// The key or the certificate.
    #[error(transparent)]
    Certificate(#[from] CertError),
    /// The TLS settings.
    #[error(transparent)]
    Tls(#[from] TlsError),
    /// Others can get at the agent's files, or it can't be made sure that they can't.
    #[error("{0}")]
    Exposed(String),
    /// The bot's answer is not for this agent, or not to be read.
    #[error("the enrolment can't be used: {0}")]
    Enrolment(String),
}

/// The key's and the enrolment's file in a data folder.
pub fn trusted_files(data: &Path) -> (PathBuf, PathBuf) {
    (data.join(KEY), data.join(ENROLMENT))
}

/// What a running agent needs to be trusted and to trust.
pub struct Enrolled {
    /// What the gatekeeper needs.
    pub trust: Trust,
    /// The TLS settings of the listener.
    pub tls: Arc<ServerConfig>,
    /// The agent's own certificate, for warnings before it ends.
    pub certificate: CertInfo,
}

/// Makes an agent in a new folder: configuration, scripts, key. Gives the certificate request, in PEM.
/// What exists already stays as it is, but for the scripts, which are written anew.
///
/// # Errors
/// [`EnrolError`]; a key that exists is used again.
pub fn init(id: &AgentId, folder: &Path) -> Result<String, EnrolError> {
    let [data, scripts, events] = ["data", "commands", "events"].map(|name| folder.join(name));
    let (config, path) = (folder.join("agent.toml"), data.join(KEY));
    guard::refuse_foreign(&config, &[&data, &scripts, &events]).map_err(EnrolError::Exposed)?;
    for folder in [folder, &data, &events] {
        files::make_folder(folder)?;
    }
    // Before anything secret lies in it.
    guard::protect(&config, &data, &scripts).map_err(EnrolError::Exposed)?;
    if !config.exists() {
        files::write_new(&config, template(id))?;
    }
    install_scripts(&scripts)?;
    let key = if path.exists() {
        AgentKey::from_secret(SecretPem::new(&files::read_secret(&path)?)?)
    } else {
        let key = AgentKey::generate()?;
        files::write_new(&path, key.secret().expose())?;
        key
    };
    guard::protect(&config, &data, &scripts).map_err(EnrolError::Exposed)?;
    let request = key.request(id)?;
    files::replace(&data.join(REQUEST), &request)?;
    Ok(request)
}

/// Writes the scripts of the catalogue to a folder. One whose digest is right stays: it may have been signed.
///
/// # Errors
/// [`EnrolError`].
pub fn install_scripts(folder: &Path) -> Result<(), EnrolError> {
    for command in catalog::commands() {
        let folder = folder.join(command.id.as_str());
        files::make_folder(&folder)?;
        let path = folder.join("run.ps1");
        if std::fs::read(&path).is_ok_and(|bytes| catalog::script_digest(&bytes) == command.digest) {
            continue;
        }
        std::fs::write(&path, command.script).map_err(|error| EnrolError::Folder {
            path: path.display().to_string(),
            why: error.to_string(),
        })?;
    }
    Ok(())
}

/// Takes in the bot's answer, after checking that it is for this agent and its key, and not older than what is
/// there.
///
/// # Errors
/// [`EnrolError`]; nothing has then changed.
pub fn install(config: &Config, text: &str, clock: &Clock) -> Result<Enrolment, EnrolError> {
    let enrolment = parse(text)?;
    check(config, &enrolment, clock)?;
    let path = config.data.join(ENROLMENT);
    if path.exists() {
        let before = parse(&files::read_text(&path)?)?;
        if before.generation > enrolment.generation {
            let (old, new) = (before.generation, enrolment.generation);
            let why = format!("it is of generation {new}, and generation {old} is installed already");
            return Err(EnrolError::Enrolment(why));
        }
    }
    files::replace(&path, text)?;
    guard::made(&path).map_err(EnrolError::Exposed)?;
    Ok(enrolment)
}

/// Reads what [`install`] has put in place.
///
/// # Errors
/// [`EnrolError`].
pub fn load(config: &Config, clock: &Clock) -> Result<Enrolled, EnrolError> {
    let path = config.data.join(ENROLMENT);
    if !path.exists() {
        let why = format!(
            "{} is missing: enrol this agent at the bot (syncmedic agents add) and install its answer (syncmedic-agent install)",
            path.display()
        );
        return Err(EnrolError::Enrolment(why));
    }
    check(config, &parse(&files::read_text(&path)?)?, clock)
}

fn parse(text: &str) -> Result<Enrolment, EnrolError> {
    toml::from_str(text).map_err(|error| EnrolError::Enrolment(error.to_string()))
}

fn check(config: &Config, enrolment: &Enrolment, clock: &Clock) -> Result<Enrolled, EnrolError> {
    let wrong = |why: String| EnrolError::Enrolment(why);
    if enrolment.agent != config.id {
        return Err(wrong(format!("it is for {}, this agent is {}", enrolment.agent, config.id)));
    }
    let certificate = CertInfo::from_pem(&enrolment.certificate)?;
    match &certificate.kind {
        Kind::Agent { id, generation } if *id == config.id && *generation == enrolment.generation => {}
        other => return Err(wrong(format!("its certificate is for {other}"))),
    }
    let keys = enrolment.grant_keys.iter().map(|key| VerifyingKey::from_paserk(key));
    let grant_keys = keys.collect::<Result<Vec<_>, _>>().map_err(|error| wrong(error.to_string()))?;
    if grant_keys.is_empty() {
        return Err(wrong("it names no key that may sign grants".into()));
    }
    let revoked = config.revoked.iter().map(|text| text.parse());
    let revoked = revoked.collect::<Result<Vec<_>, crate::ids::InvalidId>>();
    let revoked = Revoked::new(revoked.map_err(|error| wrong(format!("revoked in agent.toml: {error}")))?);
    let key = SecretPem::new(&files::read_secret(&config.data.join(KEY))?)?;
    let tls = agent_side(&enrolment.certificate, &key, &enrolment.ca, revoked, clock.clone())?;
    let trust = Trust { generation: enrolment.generation, grant_keys };
    Ok(Enrolled { trust, tls, certificate })
}
