//! One tenant's ground: its database, its keys, its fleet and what is known of causes. `run`, `ask`, `doctor`
//! and the demo all stand on it.

use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};

use anyhow::Context as _;

use crate::clock::Clock;
use crate::config::Base;
use crate::diagnosis::Knowledge;
use crate::fleet::{AgentLink, Enrolled, Fleet};
use crate::ids::AgentId;
use crate::link::certs::{CertError, CertInfo};
use crate::link::client::{AgentClient, AgentUrl};
use crate::link::identity::Identity;
use crate::link::refusal::Revoked;
use crate::link::tls::BotTls;
use crate::random::Random;
use crate::store::agents::{EnrolledAgent, Enrolment};
use crate::store::{Store, StoreError};

/// The folder of keys and certificates, in the data folder.
pub const KEYS: &str = "keys";

/// One tenant's ground.
#[derive(Clone)]
pub struct Tenant {
    /// The database.
    pub store: Store,
    /// The keys and certificates.
    pub identity: Arc<Identity>,
    /// The agents.
    pub fleet: Fleet,
    /// What is known of causes and builds.
    pub knowledge: Arc<Knowledge>,
    /// The time.
    pub clock: Clock,
    /// Randomness.
    pub random: Random,
    tls: BotTls,
    /// How many certificates were revoked when the fleet was last enrolled.
    revoked: Arc<Mutex<Option<usize>>>,
}

impl Tenant {
    /// Opens everything, making keys and database at the first start, and enrols the fleet.
    ///
    /// # Errors
    /// Which part can't be opened, and why.
    pub async fn open(base: &Base, clock: &Clock, random: &Random) -> anyhow::Result<Tenant> {
        let knowledge = knowledge(base)?;
        let keys = base.data_dir.join(KEYS);
        let identity = match Identity::exists(&keys) {
            true => Identity::open(&keys)?,
            false => Identity::create(&keys, &base.tenant, clock.now(), random)?,
        };
        let store = Store::open(base.database.expose(), clock.clone(), &base.tenant).await?;
        let ca = identity.authority().certificate();
        let tls = BotTls::new(identity.bot().clone(), ca, Revoked::default(), clock.clone())?;
        let tenant = Tenant {
            store,
            identity: Arc::new(identity),
            fleet: Fleet::new(clock.clone()),
            knowledge: Arc::new(knowledge),
            clock: clock.clone(),
            random: random.clone(),
            tls,
            revoked: Arc::default(),
        };
        tenant.enrol().await?;
        Ok(tenant)
    }

    /// Takes the enrolled agents into the fleet, if they are others than before: `agents add` and `remove`
    /// work beside a running bot.
    ///
    /// # Errors
    /// If the database fails or holds an agent that can't be dialled.
    pub async fn enrol(&self) -> anyhow::Result<()> {
        let revoked = self.store.revoked_agents().await?;
        // Replacing the list drops the connections that are kept, so only when it grew.
        if self.revoked.lock().unwrap_or_else(PoisonError::into_inner).replace(revoked.len())
            != Some(revoked.len())
        {
            let entries = revoked.iter().filter_map(|agent| agent.enrolment.serial.parse().ok());
            self.tls.revoked().replace(entries);
        }
        let agents = self.store.agents().await?;
        let enrolled = agents.iter().map(enrolled).collect::<anyhow::Result<Vec<Enrolled>>>()?;
        if enrolled == self.fleet.enrolled() {
            return Ok(());
        }
        let mut links: Vec<(Enrolled, Arc<dyn AgentLink>)> = Vec::new();
        for agent in enrolled {
            let client = AgentClient::new(agent.clone(), self.tls.clone())?;
            links.push((agent, Arc::new(client)));
        }
        tracing::info!(agents = links.len(), "the fleet is enrolled");
        self.fleet.replace(links);
        Ok(())
    }
}

/// Why an agent could not be added.
#[derive(Debug, thiserror::Error)]
pub enum AddError {
    /// The certificate request can't be used.
    #[error("the certificate request can't be used: {0}")]
    Request(#[from] CertError),
    /// The answer can't be written down.
    #[error("the answer can't be written down: {0}")]
    Answer(#[source] std::io::Error),
    /// The answer could not be handed over. The agent is enrolled, with a certificate that nobody has.
    #[error(
        "the agent is enrolled, and the answer for it could not be handed over: {0}. Simply run `syncmedic agents add` again; \
         that revokes this enrolment and makes a new one"
    )]
    HandOver(#[source] std::io::Error),
    /// The database failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl Tenant {
    /// Adds an agent: signs its certificate request, keeps the enrolment, and then hands the answer (TOML, nothing in it
    /// is secret) to `hand_over`, which may take its time: the database is not held up by it. An earlier enrolment of the
    /// same id is revoked.
    ///
    /// # Errors
    /// [`AddError`]; except after [`AddError::HandOver`] nothing was kept.
    pub async fn add_agent(
        &self,
        id: &AgentId,
        url: &AgentUrl,
        request: &str,
        hand_over: impl FnOnce(&str) -> std::io::Result<()>,
    ) -> Result<EnrolledAgent, AddError> {
        let mut write = self.store.write().await?;
        let generation = write.next_generation(id).await?;
        let answer = self.identity.enrol(id, generation, request, self.clock.now(), &self.random)?;
        let certificate = CertInfo::from_pem(&answer.certificate)?;
        let enrolment = Enrolment {
            id: id.clone(),
            url: url.to_string(),
            serial: certificate.serial.to_string(),
            fingerprint: certificate.fingerprint.to_string(),
            not_after: certificate.not_after,
        };
        write.add_agent(&enrolment, None).await?;
        let added_at = write.now();
        // Before it is kept: what can't be written down can't be handed over.
        let text = toml::to_string(&answer).map_err(std::io::Error::other).map_err(AddError::Answer)?;
        write.commit().await?;
        hand_over(&text).map_err(AddError::HandOver)?;
        Ok(EnrolledAgent { enrolment, generation, added_at, removed_at: None })
    }
}

fn enrolled(agent: &EnrolledAgent) -> anyhow::Result<Enrolled> {
    let id = &agent.enrolment.id;
    let wrong = |what: &str| format!("agent {id} is enrolled with {what} that can't be used: add it again");
    Ok(Enrolled {
        agent: id.clone(),
        address: agent.enrolment.url.parse().with_context(|| wrong("an address"))?,
        generation: agent.generation,
        serial: agent.enrolment.serial.parse().with_context(|| wrong("a serial number"))?,
        fingerprint: agent.enrolment.fingerprint.parse().with_context(|| wrong("a fingerprint"))?,
    })
}

fn knowledge(base: &Base) -> anyhow::Result<Knowledge> {
    let read = |path: &Option<std::path::PathBuf>, variable: &str| -> anyhow::Result<Option<String>> {
        let Some(path) = path else { return Ok(None) };
        let text =
            read_file(path).with_context(|| format!("{variable}: {} can't be read", path.display()))?;
        Ok(Some(text))
    };
    let causes = read(&base.causes_file, "CAUSES_FILE")?;
    let builds = read(&base.builds_file, "BUILDS_FILE")?;
    Ok(Knowledge::with_overrides(causes.as_deref(), builds.as_deref())?)
}

fn read_file(path: &Path) -> std::io::Result<String> {
    std::fs::read_to_string(path)
}

#[cfg(test)]
mod tests {
    use tokio::runtime::Handle;
    use tokio::task::block_in_place;

    use super::*;
    use crate::link::certs::AgentKey;

    async fn tenant(folder: &Path) -> Tenant {
        let database = format!("sqlite://{}", folder.join("syncmedic.db").display());
        let variable = |name: &str| match name {
            "DATABASE_URL" => Some(database.clone()),
            "DATA_DIR" => Some(folder.display().to_string()),
            _ => None,
        };
        let base = Base::read(&variable).expect("reads");
        Tenant::open(&base, &Clock::system(), &Random::system()).await.expect("opens")
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn a_slow_or_failed_hand_over_holds_up_no_write_and_adding_again_mends_it() {
        let folder = tempfile::tempdir().expect("a folder");
        let tenant = tenant(folder.path()).await;
        let id: AgentId = "SYNC01".parse().expect("valid");
        let url: AgentUrl = "https://sync01:6990".parse().expect("valid");
        let request = AgentKey::generate().and_then(|key| key.request(&id)).expect("a request");
        // While it is handed over, others write.
        let write_beside = || async {
            tenant.store.write().await?.commit().await?;
            tenant.store.agents().await
        };
        let failed = tenant.add_agent(&id, &url, &request, |_| {
            let agents =
                block_in_place(|| Handle::current().block_on(write_beside())).expect("is not held up");
            assert_eq!(agents.len(), 1, "it was kept before");
            Err(std::io::Error::other("the pipe is closed"))
        });
        let error = failed.await.expect_err("was not handed over");
        assert!(error.to_string().contains("run `syncmedic agents add` again"), "{error}");
        let added = tenant.add_agent(&id, &url, &request, |_| Ok(())).await.expect("is added");
        assert_eq!(added.generation, 2);
        assert_eq!(tenant.store.agents().await.expect("reads"), [added]);
        assert_eq!(tenant.store.revoked_agents().await.expect("reads").len(), 1);
    }
}
