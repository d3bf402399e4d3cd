//! Looking at servers and at the record: `/sync …`, `/audit …`.

use jiff::SignedDuration;

use super::ask::find;
use super::cards::{Frame, notes, records, status};
use super::chat::{Asker, Desk};
use super::commands::{self, MOST_HOURS};
use super::embed::Tone;
use super::event::Slash;
use super::message::Post;
use super::rest::{Callback, Ticket};
use crate::diagnosis::{Observation, diagnose};
use crate::gate::{Actor, Refusal};
use crate::report::Report;
use crate::store::{AuditRow, Head};
use crate::watch::chart::{self, HistoryChart};
use crate::words;
use crate::words::Language;

/// How many rows of the audit are shown.
const ROWS: u32 = 15;

impl Desk {
    /// `/sync status`.
    pub(super) async fn status(&self, ticket: &Ticket, asker: Asker<'_>) -> anyhow::Result<()> {
        let inside = self.defer(ticket, asker.actor).await?;
        let post = self.status_post(inside, asker.language).await;
        self.finish_with(ticket, post).await
    }

    /// How all servers are, as far as it may be said there.
    pub(super) async fn status_post(&self, inside: bool, language: Language) -> Post {
        let diagnosis = diagnose(&self.poll().await, self.now(), &self.tenant.knowledge);
        let knowledge = &self.tenant.knowledge;
        match inside {
            true => status::all(&diagnosis, knowledge, self.frame(language)),
            false => {
                status::all_redacted(&diagnosis, knowledge, &self.answer_channels(), self.frame(language))
            }
        }
    }

    /// `/sync server`.
    pub(super) async fn server(
        &self,
        ticket: &Ticket,
        asker: Asker<'_>,
        slash: &Slash,
    ) -> anyhow::Result<()> {
        if !self.defer(ticket, asker.actor).await? {
            return self.only_inside(ticket, asker.language).await;
        }
        let frame = self.frame(asker.language);
        let observations = self.poll().await;
        let diagnosis = diagnose(&observations, self.now(), &self.tenant.knowledge);
        let post = match seen(&observations, slash, "name") {
            None => self.no_such_server(true, asker.language),
            Some(seen) => match diagnosis.servers.iter().find(|server| server.agent == seen.agent) {
                Some(server) => status::server(seen, server, &self.tenant.knowledge, frame),
                None => self.no_such_server(true, asker.language),
            },
        };
        self.finish_with(ticket, post).await
    }

    /// `/sync history`.
    pub(super) async fn history(
        &self,
        ticket: &Ticket,
        asker: Asker<'_>,
        slash: &Slash,
    ) -> anyhow::Result<()> {
        if !self.defer(ticket, asker.actor).await? {
            return self.only_inside(ticket, asker.language).await;
        }
        let hours = slash.options.get("hours").and_then(|text| text.parse::<i64>().ok()).unwrap_or(24);
        let hours = hours.clamp(1, MOST_HOURS);
        let observations = self.poll().await;
        let post = match seen(&observations, slash, "server") {
            None => self.no_such_server(true, asker.language),
            Some(Observation { report: None, agent, .. }) => {
                let text = words!("no-report", agent = agent.as_str());
                notes::refusal(&text, "no-report", self.frame(asker.language))
            }
            Some(Observation { report: Some(report), .. }) => {
                let frame = self.frame(asker.language);
                status::history(&self.chart(report, hours, frame).await?, frame)
            }
        };
        self.finish_with(ticket, post).await
    }

    async fn chart(&self, report: &Report, hours: i64, frame: Frame) -> anyhow::Result<status::History> {
        let now = self.now();
        let zone = self.summarist.schedule.time_zone().clone();
        let reports = [(report.agent.clone(), report)];
        let chart = HistoryChart::from_reports(&reports, now - SignedDuration::from_hours(hours), now, zone);
        let words = chart::describe(&chart, frame.language);
        let title =
            frame.say(words!("history-title", hours = usize::try_from(hours)?, server = &report.server));
        // Drawing takes a while, and others are waiting.
        let drawn = tokio::task::spawn_blocking(move || chart::history(&chart)).await?;
        if let Err(error) = &drawn {
            tracing::warn!(%error, "a history has no picture");
        }
        Ok(status::History { title, words, picture: drawn.ok() })
    }

    /// `/sync summary`.
    pub(super) async fn summary(&self, ticket: &Ticket, asker: Asker<'_>) -> anyhow::Result<()> {
        self.rest.callback(ticket, &Callback::Defer { ephemeral: true }).await?;
        if !self.is_inside(asker.actor.guild, asker.actor.channel) {
            return self.only_inside(ticket, asker.language).await;
        }
        self.summarist.post_now(asker.actor.user).await?;
        self.finish_with(
            ticket,
            notes::summary_ordered(self.discord.status_channel, self.frame(asker.language)),
        )
        .await
    }

    /// `/audit recent`.
    pub(super) async fn audit(&self, ticket: &Ticket, asker: Asker<'_>) -> anyhow::Result<()> {
        let allowed = self.may_see_audit(asker.actor);
        self.rest.callback(ticket, &Callback::Defer { ephemeral: !allowed }).await?;
        if !allowed || asker.actor.guild != Some(self.discord.guild) {
            let post = self.refuse(asker, &Refusal::WrongChannel).await?;
            return self.finish_with(ticket, post).await;
        }
        let rows = self.tenant.store.audit_recent(ROWS).await?;
        let head = rows
            .first()
            .map_or_else(|| "empty".to_owned(), |row| Head { seq: row.seq, hash: row.hash }.to_string());
        let records: Vec<records::Record> = rows.iter().map(record).collect();
        self.finish_with(ticket, records::card(&records, &head, self.frame(Language::English))).await
    }

    /// Whether the record may be seen where somebody is.
    pub(super) fn may_see_audit(&self, actor: &Actor) -> bool {
        let channels = &self.discord;
        actor.channel == channels.approvals_channel || channels.answer_channels.contains(&actor.channel)
    }

    /// Suggests servers.
    pub(super) async fn suggest(
        &self,
        ticket: &Ticket,
        actor: &Actor,
        slash: &Slash,
        typed: &str,
    ) -> anyhow::Result<()> {
        let known =
            matches!(slash.name.as_str(), commands::SIGNIN | commands::SYNC_SERVER | commands::SYNC_HISTORY);
        let inside = known && self.is_inside(actor.guild, actor.channel);
        let typed = typed.trim().to_ascii_uppercase();
        let choices = self.tenant.fleet.enrolled();
        let choices = choices.iter().map(|enrolled| enrolled.agent.to_string());
        let choices = choices.filter(|name| inside && name.contains(&typed));
        let choices = choices.map(|name| (name.clone(), name)).collect();
        Ok(self.rest.callback(ticket, &Callback::Choices(choices)).await?)
    }

    /// "Thinking…", for all to see where servers may be named. Says whether they may.
    async fn defer(&self, ticket: &Ticket, actor: &Actor) -> anyhow::Result<bool> {
        let inside = self.is_inside(actor.guild, actor.channel);
        self.rest.callback(ticket, &Callback::Defer { ephemeral: !inside }).await?;
        Ok(inside)
    }

    async fn only_inside(&self, ticket: &Ticket, language: Language) -> anyhow::Result<()> {
        let channels = self.answer_channels();
        let post = status::elsewhere(Tone::Plain, words!("not-here"), &channels, self.frame(language));
        self.finish_with(ticket, post).await
    }

    pub(super) async fn finish_with(&self, ticket: &Ticket, post: Post) -> anyhow::Result<()> {
        self.rest.edit_original(ticket, &post).await?;
        Ok(())
    }
}

fn seen<'a>(observations: &'a [Observation], slash: &Slash, option: &str) -> Option<&'a Observation> {
    let agent = find(observations, slash.options.get(option)?)?;
    observations.iter().find(|seen| seen.agent == agent)
}

fn record(row: &AuditRow) -> records::Record {
    let text = |key: &str| row.body[key].as_str().map(str::to_owned);
    records::Record {
        seq: row.seq,
        at: row.at,
        kind: row.kind.clone(),
        actor: row.actor,
        code: text("code"),
        plan: text("plan_code"),
    }
}
