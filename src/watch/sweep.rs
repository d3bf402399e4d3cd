//! The sweep: every server is polled, its verdict kept where it changed, and people alerted once.

use std::collections::HashMap;
use std::future::Future;
use std::time::Duration;

use jiff::Timestamp;

use super::alerts::{self, Change, Incident, SILENT, Seen};
use super::notice::{ALERT, AlertNotice, AlertPhase};
use crate::diagnosis::{Cause, Knowledge, ServerDiagnosis, diagnose};
use crate::ids::AgentId;
use crate::requests::Requests;
use crate::store::alerts::Alert;
use crate::store::outbox::Message;
use crate::store::verdicts::VerdictRow;
use crate::store::{Entry, StoreError};
use crate::tenant::Tenant;

/// Polls all servers at an interval.
pub struct Sweeper {
    /// The fleet to be polled, and where verdicts and incidents are kept.
    pub tenant: Tenant,
    /// Woken after each sweep, since a server's new state may carry a request on.
    pub requests: Requests,
    /// Between two sweeps.
    pub interval: Duration,
    /// How long a sweep waits for a server.
    pub deadline: Duration,
}

impl Sweeper {
    /// Sweeps until `shutdown` ends. A database that fails is tried again with the next sweep.
    pub async fn run(&self, shutdown: impl Future<Output = ()>) {
        tokio::pin!(shutdown);
        let mut silent = HashMap::new();
        loop {
            tokio::select! {
                biased;
                () = &mut shutdown => return,
                swept = self.sweep(&mut silent) => if let Err(error) = swept {
                    tracing::error!(%error, "a sweep could not be kept; trying again with the next");
                }
            }
            tokio::select! {
                () = &mut shutdown => return,
                () = self.tenant.clock.sleep(self.interval) => {}
            }
        }
    }

    /// One sweep. `silent` counts for each agent how many sweeps in a row it has not answered.
    ///
    /// # Errors
    /// If the database fails.
    pub async fn sweep(&self, silent: &mut HashMap<AgentId, u32>) -> Result<(), StoreError> {
        if let Err(error) = self.tenant.enrol().await {
            tracing::error!("the enrolled agents can't be read anew; going on with those known: {error:#}");
        }
        let observations = self.tenant.fleet.poll(self.deadline).await;
        let diagnosis = diagnose(&observations, self.tenant.clock.now(), &self.tenant.knowledge);
        silent.retain(|agent, _| diagnosis.servers.iter().any(|server| server.agent == *agent));
        for server in &diagnosis.servers {
            let sweeps = silent.entry(server.agent.clone()).or_default();
            *sweeps = if server.silent.is_some() { sweeps.saturating_add(1) } else { 0 };
            self.keep(server, *sweeps).await?;
        }
        self.close_removed(&diagnosis.servers).await?;
        self.requests.wake();
        Ok(())
    }

    async fn keep(&self, server: &ServerDiagnosis, silent_sweeps: u32) -> Result<(), StoreError> {
        let newest = self.tenant.store.last_alert(&server.agent).await?;
        let incident =
            newest.as_ref().map(|alert| Incident { cause: &alert.cause, recovered_at: alert.recovered_at });
        let bad = self.tenant.knowledge.explain(server.cause).bad;
        let seen = Seen { cause: server.cause.as_str(), bad, silent_sweeps };
        let change = alerts::change(incident, seen, self.tenant.clock.now());

        let mut write = self.tenant.store.write().await?;
        let row = VerdictRow {
            agent: server.agent.clone(),
            at: write.now(),
            cause: server.cause.as_str().to_owned(),
            confidence: server.confidence.as_str().to_owned(),
            silent: silent_sweeps >= alerts::SILENT_SWEEPS,
        };
        let recorded = write.record_verdict(&row).await?;
        let Some(change) = change else {
            return if recorded { write.commit().await } else { Ok(()) };
        };
        let alert = match (change, newest.clone()) {
            (Change::Open(cause), _) => write.open_alert(&server.agent, cause).await?,
            (Change::Cause(cause), Some(alert)) => {
                write.change_alert(alert.seq, cause).await?;
                Alert { cause: cause.to_owned(), changed_at: write.now(), ..alert }
            }
            (Change::Recover, Some(alert)) => {
                write.recover_alert(alert.seq).await?;
                let now = write.now();
                Alert { changed_at: now, recovered_at: Some(now), ..alert }
            }
            (Change::Reopen(cause), Some(alert)) => {
                write.reopen_alert(alert.seq, cause).await?;
                Alert { cause: cause.to_owned(), changed_at: write.now(), recovered_at: None, ..alert }
            }
            (_, None) => return Ok(()),
        };
        let kind = match change {
            Change::Open(_) => "incident-opened",
            Change::Cause(_) => "incident-changed",
            Change::Recover => "incident-recovered",
            Change::Reopen(_) => "incident-reopened",
        };
        let body = serde_json::json!({ "agent": server.agent, "incident": alert.seq, "cause": alert.cause });
        write.audit(Entry { kind, request: None, actor: None, body }).await?;
        let earlier = self.earlier(&alert).await?;
        let notice = notice(&alert, Some(server), &self.tenant.knowledge, earlier);
        let dedupe = format!("{}/{}", alert.card, alert.changed_at.as_millisecond());
        let body = serde_json::to_value(&notice).unwrap_or_default();
        write.enqueue(Message { dedupe: &dedupe, kind: ALERT, subject: &alert.card, body }).await?;
        write.commit().await
    }

    /// An agent that was removed has no open incident any more.
    async fn close_removed(&self, servers: &[ServerDiagnosis]) -> Result<(), StoreError> {
        for alert in self.tenant.store.open_alerts().await? {
            if servers.iter().any(|server| server.agent == alert.agent) {
                continue;
            }
            let mut write = self.tenant.store.write().await?;
            write.recover_alert(alert.seq).await?;
            let now = write.now();
            let alert = Alert { changed_at: now, recovered_at: Some(now), ..alert };
            let body = serde_json::json!({ "agent": alert.agent, "incident": alert.seq, "why": "removed" });
            write.audit(Entry { kind: "incident-recovered", request: None, actor: None, body }).await?;
            let notice = notice(&alert, None, &self.tenant.knowledge, Vec::new());
            let dedupe = format!("{}/{}", alert.card, alert.changed_at.as_millisecond());
            let body = serde_json::to_value(&notice).unwrap_or_default();
            write.enqueue(Message { dedupe: &dedupe, kind: ALERT, subject: &alert.card, body }).await?;
            write.commit().await?;
        }
        Ok(())
    }

    /// How the incident's server developed since a little before it began.
    async fn earlier(&self, alert: &Alert) -> Result<Vec<(Timestamp, String)>, StoreError> {
        let rows = self.tenant.store.verdicts_since(&alert.agent, alert.started_at).await?;
        let cause = |row: &VerdictRow| if row.silent { SILENT.to_owned() } else { row.cause.clone() };
        Ok(rows.iter().map(|row| (row.at, cause(row))).collect())
    }
}

fn notice(
    alert: &Alert,
    server: Option<&ServerDiagnosis>,
    knowledge: &Knowledge,
    earlier: Vec<(Timestamp, String)>,
) -> AlertNotice {
    let recovered = alert.recovered_at.is_some();
    let cause = alert.cause.parse::<Cause>().ok();
    let (title, advice) = match cause {
        Some(cause) => {
            let explanation = knowledge.explain(cause);
            (
                explanation.title.clone(),
                format!("Who can mend it: {}.", explanation.who.trim_end_matches('.')),
            )
        }
        None => {
            let advice = "Look whether the server and the service SyncmedicAgent run, and whether the bot can \
                          reach it.";
            ("The agent does not answer".to_owned(), advice.to_owned())
        }
    };
    let summary = match server {
        Some(server) if alert.cause == SILENT && !recovered => {
            server.silent.as_ref().map_or_else(|| server.summary.to_string(), |silence| silence.why.clone())
        }
        Some(server) => server.summary.to_string(),
        None => "The server was removed from the fleet.".to_owned(),
    };
    AlertNotice {
        agent: alert.agent.clone(),
        phase: if recovered { AlertPhase::Recovered } else { AlertPhase::Open },
        cause: alert.cause.clone(),
        title,
        summary,
        advice,
        since: server.and_then(|server| server.since),
        started_at: alert.started_at,
        changed_at: alert.changed_at,
        recovered_at: alert.recovered_at,
        earlier: development(earlier, knowledge),
    }
}

/// How it developed, in words, each change once.
fn development(rows: Vec<(Timestamp, String)>, knowledge: &Knowledge) -> Vec<(Timestamp, String)> {
    let title = |cause: &str| match cause.parse::<Cause>() {
        Ok(cause) if !knowledge.explain(cause).title.is_empty() => knowledge.explain(cause).title.clone(),
        _ => cause.to_owned(),
    };
    let mut told: Vec<(Timestamp, String)> =
        rows.into_iter().map(|(at, cause)| (at, title(&cause))).collect();
    told.dedup_by(|next, before| next.1 == before.1);
    told
}
