//! The scheduled summary: exactly one for each due time. A row claims the due time together with the message
//! in the outbox; a bot that was down posts one late summary, marked so.

use std::future::Future;
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use jiff::{SignedDuration, Timestamp};

use super::chart::{self, HistoryChart, Mark, MarkKind};
use super::notice::{SUMMARY, SummaryNotice, SummaryRequest, SummaryServer};
use crate::catalog;
use crate::diagnosis::{Cause, Diagnosis, Knowledge, Observation, ServerDiagnosis, diagnose};
use crate::gate::Request;
use crate::ids::{AgentId, Snowflake};
use crate::link::certs::WARN_BEFORE_END;
use crate::report::Report;
use crate::schedule::Schedule;
use crate::store::outbox::Message;
use crate::store::{Entry, StoreError};
use crate::tenant::Tenant;
use crate::words::Language;

/// What a summary looks back on.
const DAY: SignedDuration = SignedDuration::from_hours(24);

/// How long the summarist waits when nothing is due; also how soon it notices a clock that was set.
const REST: Duration = Duration::from_secs(60);

/// Posts summaries.
pub struct Summarist {
    /// The servers, the database where due times are claimed, the certificates.
    pub tenant: Tenant,
    /// When one is due.
    pub schedule: Schedule,
    /// How long a summary waits for a server.
    pub deadline: Duration,
}

impl Summarist {
    /// Posts each summary when it is due, until `shutdown` ends.
    pub async fn run(&self, shutdown: impl Future<Output = ()>) {
        tokio::pin!(shutdown);
        let started = self.tenant.clock.now();
        loop {
            tokio::select! {
                biased;
                () = &mut shutdown => return,
                posted = self.post_due(started) => if let Err(error) = posted {
                    tracing::error!(%error, "a due summary could not be kept; trying again");
                }
            }
            let now = self.tenant.clock.now();
            let rest = now + SignedDuration::try_from(REST).unwrap_or(SignedDuration::ZERO);
            let next = self.schedule.next_after(now).map_or(rest, |next| next.min(rest));
            tokio::select! {
                () = &mut shutdown => return,
                () = self.tenant.clock.sleep_until(next) => {}
            }
        }
    }

    /// Claims the newest due time that has no summary yet, if there is one. Before the very first summary, due
    /// times count since a bot first swept the servers, or since this one `started`: one that was killed just
    /// before its first due time owes it all the same.
    ///
    /// # Errors
    /// If the database fails.
    pub async fn post_due(&self, started: Timestamp) -> Result<(), StoreError> {
        let store = &self.tenant.store;
        let last = store.last_summary().await?.map(|claim| claim.due_at);
        let started = match last {
            Some(_) => started,
            None => store.first_verdict_at().await?.map_or(started, |first| first.min(started)),
        };
        let Some(due) = self.schedule.due(last, started, self.tenant.clock.now()) else { return Ok(()) };
        let mut notice = self.compose().await?;
        let mut write = self.tenant.store.write().await?;
        let Some(claim) = write.claim_summary(due.at, &self.tenant.random).await? else { return Ok(()) };
        notice.due_at = Some(due.at);
        notice.late = due.late;
        notice.missed = due.missed;
        notice.nonce = claim.nonce;
        let body = serde_json::json!({ "due_at": due.at, "late": due.late, "missed": due.missed });
        write.audit(Entry { kind: "summary", request: None, actor: None, body }).await?;
        // The head that the summary prints is the newest row there is: its own.
        notice.audit_head = write.head().to_string();
        let body = serde_json::to_value(&notice).unwrap_or_default();
        let dedupe = format!("summary/{}", due.at.as_millisecond());
        write.enqueue(Message { dedupe: &dedupe, kind: SUMMARY, subject: "summary", body }).await?;
        write.commit().await
    }

    /// Posts a summary now, because somebody asked.
    ///
    /// # Errors
    /// If the database fails.
    pub async fn post_now(&self, asked_by: Snowflake) -> Result<(), StoreError> {
        let mut notice = self.compose().await?;
        notice.asked_by = Some(asked_by);
        notice.nonce = self.tenant.random.id().chars().take(24).collect();
        let mut write = self.tenant.store.write().await?;
        let body = serde_json::json!({ "asked": true });
        write.audit(Entry { kind: "summary", request: None, actor: Some(asked_by), body }).await?;
        notice.audit_head = write.head().to_string();
        let body = serde_json::to_value(&notice).unwrap_or_default();
        let dedupe = format!("summary/asked/{}", notice.nonce);
        write.enqueue(Message { dedupe: &dedupe, kind: SUMMARY, subject: "summary", body }).await?;
        write.commit().await
    }

    async fn compose(&self) -> Result<SummaryNotice, StoreError> {
        let observations = self.tenant.fleet.poll(self.deadline).await;
        let now = self.tenant.clock.now();
        let diagnosis = diagnose(&observations, now, &self.tenant.knowledge);
        let requests = self.tenant.store.recent_requests(50).await?;
        let (open, ended): (Vec<Request>, Vec<Request>) =
            requests.into_iter().partition(|request| request.state.is_open());
        let finished = ended.iter().map(line).filter(|line| now.duration_since(line.changed_at) <= DAY);
        let finished: Vec<SummaryRequest> = finished.collect();
        let chart = self.chart(&observations, &open, &ended, now).await?;
        let picture = chart::history(&chart).map(|png| BASE64.encode(png));
        if let Err(error) = &picture {
            tracing::warn!(%error, "the summary has no chart");
        }
        Ok(SummaryNotice {
            due_at: None,
            asked_by: None,
            late: false,
            missed: 0,
            nonce: String::new(),
            made_at: now,
            servers: servers(&diagnosis, &observations, &self.tenant.knowledge, now),
            open: open.iter().map(line).collect(),
            finished,
            warnings: self.warnings(&diagnosis, now).await?,
            audit_head: String::new(),
            chart: picture.ok(),
            chart_text: chart::describe(&chart, Language::English),
        })
    }

    async fn chart(
        &self,
        observations: &[Observation],
        open: &[Request],
        ended: &[Request],
        now: Timestamp,
    ) -> Result<HistoryChart, StoreError> {
        let reports: Vec<(AgentId, &Report)> = observations
            .iter()
            .filter_map(|seen| Some((seen.agent.clone(), seen.report.as_ref()?)))
            .collect();
        let zone = self.schedule.time_zone().clone();
        let mut chart = HistoryChart::from_reports(&reports, now - DAY, now, zone);
        let alerts = self.tenant.store.alerts_since(now - DAY).await?;
        for row in &mut chart.rows {
            for alert in alerts.iter().filter(|alert| alert.agent.as_str() == row.name) {
                let kind = match alert.cause.as_str() {
                    super::alerts::SILENT => MarkKind::Silent,
                    _ => MarkKind::Incident,
                };
                row.marks.push(Mark { at: alert.started_at, label: alert.cause.clone(), kind });
            }
            let mine = open.iter().chain(ended).filter(|request| request.plan.agent.as_str() == row.name);
            for request in mine {
                let mark = |at, label: &str, kind| Mark { at, label: label.to_owned(), kind };
                row.marks.extend(request.ran_at.map(|at| mark(at, "run", MarkKind::Run)));
                let proven = request.steps.iter().find(|step| step.state == crate::gate::State::Verified);
                row.marks.extend(proven.map(|step| mark(step.at, "verified", MarkKind::Verified)));
            }
        }
        Ok(chart)
    }

    async fn warnings(&self, diagnosis: &Diagnosis, now: Timestamp) -> Result<Vec<String>, StoreError> {
        let mut warnings: Vec<String> =
            diagnosis.findings.iter().map(|finding| finding.text.to_string()).collect();
        for server in &diagnosis.servers {
            let of_server = server.warnings.iter();
            warnings.extend(of_server.map(|warning| format!("{}: {}", server.server, warning.text)));
        }
        let own = self.tenant.identity.bot_info();
        if own.ends_soon(now) {
            let left = days(own.left(now));
            warnings
                .push(format!("The bot's certificate ends in {left} days: run `syncmedic agents renew`."));
        }
        for agent in self.tenant.store.agents().await? {
            let left = agent.enrolment.not_after.duration_since(now);
            if left < WARN_BEFORE_END {
                let id = &agent.enrolment.id;
                warnings.push(format!("{id}'s certificate ends in {} days: enrol it again.", days(left)));
            }
        }
        Ok(warnings)
    }
}

fn days(left: SignedDuration) -> i64 {
    left.as_hours().div_euclid(24).max(0)
}

fn servers(
    diagnosis: &Diagnosis,
    observations: &[Observation],
    knowledge: &Knowledge,
    now: Timestamp,
) -> Vec<SummaryServer> {
    let line = |server: &ServerDiagnosis| {
        let report = observations.iter().find(|seen| seen.agent == server.agent);
        let report = report.and_then(|seen| seen.report.as_ref());
        let (heartbeats, errors) = report.map_or((0, 0), |report| chart::totals(report, now - DAY, now));
        SummaryServer {
            name: server.server.clone(),
            build: server.build.map(|build| build.to_string()),
            bad: knowledge.explain(server.cause).bad,
            staging: server.cause == Cause::StagingMode,
            summary: server.summary.to_string(),
            report_age: server.report_age,
            silent: server.silent.is_some(),
            forests: server.forests.iter().map(|f| (f.name.clone(), f.last_heartbeat)).collect(),
            heartbeats,
            errors,
        }
    };
    diagnosis.servers.iter().map(line).collect()
}

fn line(request: &Request) -> SummaryRequest {
    let command = catalog::command(request.plan.command.as_str());
    SummaryRequest {
        id: request.id.clone(),
        title: command.map_or_else(|| request.plan.command.to_string(), |c| c.about.title.clone()),
        code: request.plan.code().to_string(),
        agent: request.plan.agent.clone(),
        state: request.state.to_string(),
        requester: request.requester,
        changed_at: request.steps.last().map_or(request.created_at, |step| step.at),
    }
}
