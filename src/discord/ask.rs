//! "Why can't users sign in?": by command, on somebody's message, or by mention.

use std::time::Duration;

use jiff::SignedDuration;
use serde_json::json;

use super::cards::{evidence, help};
use super::chat::Desk;
use super::click::{Offer, REQUEST, WHY_NOT};
use super::event::Mention;
use super::message::Post;
use super::rest::{Callback, Ticket};
use crate::diagnosis::{Diagnosis, Observation, ServerDiagnosis, diagnose};
use crate::gate::Actor;
use crate::ids::{AgentId, Snowflake};
use crate::question::{self, Intent};

/// State older than this is read anew for the answer.
const STALE: SignedDuration = SignedDuration::from_secs(30);
/// How long a fresh reading may take: ADSync's cmdlets take seconds.
const FRESH_WITHIN: Duration = Duration::from_secs(30);

impl Desk {
    /// Answers a question: at once what is known within the deadline, and once more when fresh state came.
    pub(super) async fn signin(
        &self,
        ticket: &Ticket,
        actor: &Actor,
        problem: &str,
        server: Option<&str>,
    ) -> anyhow::Result<()> {
        let inside = self.is_inside(actor.guild, actor.channel);
        self.rest.callback(ticket, &Callback::Defer { ephemeral: !inside }).await?;
        // Whoever names a server means it, whatever the words.
        if server.is_none() {
            let question = question::read(problem);
            let post = match question.intent {
                Intent::Status => Some(self.status_post(inside).await),
                _ if !question.needs_servers() => Some(help::card(self.frame())),
                _ => None,
            };
            if let Some(post) = post {
                self.rest.edit_original(ticket, &post).await?;
                return Ok(());
            }
        }
        let observations = self.poll().await;
        let focus = server.map(|name| find(&observations, name));
        let Some(focus) = focus.map_or(Some(None), |found| found.map(Some)) else {
            let post = self.no_such_server(inside);
            self.rest.edit_original(ticket, &post).await?;
            return Ok(());
        };
        let diagnosis = diagnose(&observations, self.now(), &self.tenant.knowledge);
        let post = self.answer_post(&diagnosis, focus.as_ref(), inside).await?;
        self.rest.edit_original(ticket, &post).await?;
        if let Some(fresh) = self.fresher(&observations).await {
            let again = self.answer_post(&fresh, focus.as_ref(), inside).await?;
            if says(&again) != says(&post) {
                self.rest.edit_original(ticket, &again).await?;
            }
        }
        Ok(())
    }

    /// Answers a mention, as a reply.
    pub(super) async fn mentioned(&self, mention: &Mention) -> anyhow::Result<()> {
        let inside = self.is_inside(mention.guild, mention.channel);
        let question = question::read(&mention.text);
        let post = if question.intent == Intent::Status {
            self.status_post(inside).await
        } else if question.needs_servers() {
            let diagnosis = diagnose(&self.poll().await, self.now(), &self.tenant.knowledge);
            self.answer_post(&diagnosis, None, inside).await?
        } else {
            help::card(self.frame())
        };
        let nonce = format!("m{}", mention.message);
        self.rest.create_message(mention.channel, &post, &nonce, Some(mention.message)).await?;
        Ok(())
    }

    /// All servers, within the deadline.
    pub(super) async fn poll(&self) -> Vec<Observation> {
        self.tenant.fleet.poll(self.config.base.poll_deadline).await
    }

    /// The answer, with live buttons where they may be.
    async fn answer_post(
        &self,
        diagnosis: &Diagnosis,
        focus: Option<&AgentId>,
        inside: bool,
    ) -> anyhow::Result<Post> {
        let answer = evidence::Answer { diagnosis, knowledge: &self.tenant.knowledge, focus };
        if !inside {
            return Ok(evidence::redacted(&answer, &self.answer_channels(), self.frame()));
        }
        let buttons = match answer.lead() {
            Some(server) => self.answer_buttons(server).await?,
            None => evidence::Buttons::default(),
        };
        Ok(evidence::card(&answer, &buttons, self.frame()))
    }

    async fn answer_buttons(&self, server: &ServerDiagnosis) -> anyhow::Result<evidence::Buttons> {
        let mut buttons = evidence::Buttons::default();
        let Some(remedy) = &server.remedy else { return Ok(buttons) };
        let mut write = self.tenant.store.write().await?;
        if server.offer {
            let offer = Offer {
                agent: server.agent.clone(),
                command: remedy.command.clone(),
                arguments: remedy.arguments.clone(),
            };
            let subject = json!(offer).to_string();
            buttons.request = Some(write.add_button(REQUEST, &subject, &self.tenant.random).await?);
        } else if !server.why_not.is_empty() {
            let subject = server.agent.as_str();
            buttons.why_not = Some(write.add_button(WHY_NOT, subject, &self.tenant.random).await?);
        }
        write.commit().await?;
        Ok(buttons)
    }

    /// The diagnosis on fresh state, if that of a server that answers is old or missing. An offer rests on fresh
    /// state of every server.
    async fn fresher(&self, observations: &[Observation]) -> Option<Diagnosis> {
        let is_stale = |seen: &Observation| {
            let report = seen.report.as_ref();
            let read = report.and_then(|report| Some((report.state.as_ref()?.read_at, report.clock)));
            let fresh = read.is_some_and(|(read_at, clock)| clock.duration_since(read_at) < STALE);
            seen.silence.is_none() && !fresh
        };
        if !observations.iter().any(is_stale) {
            return None;
        }
        let observations = self.tenant.fleet.refresh(FRESH_WITHIN).await;
        Some(diagnose(&observations, self.now(), &self.tenant.knowledge))
    }

    /// There is no server of that name.
    pub(super) fn no_such_server(&self, inside: bool) -> Post {
        let known: Vec<String> =
            self.tenant.fleet.enrolled().iter().map(|enrolled| enrolled.agent.to_string()).collect();
        let text = match inside && !known.is_empty() {
            true => format!("there is no such server; there are {}", known.join(", ")),
            false => "there is no such server".to_owned(),
        };
        super::cards::notes::refusal(&text, "no-such-server", self.frame())
    }
}

/// The server of that name, by its agent's id or by its own name.
pub(super) fn find(observations: &[Observation], name: &str) -> Option<AgentId> {
    let name = name.trim();
    let by_id = observations.iter().find(|seen| seen.agent.as_str().eq_ignore_ascii_case(name));
    let named = |seen: &&Observation| {
        seen.report.as_ref().is_some_and(|report| report.server.eq_ignore_ascii_case(name))
    };
    by_id.or_else(|| observations.iter().find(named)).map(|seen| seen.agent.clone())
}

/// What an answer says, whatever its buttons' ids are.
fn says(post: &Post) -> (serde_json::Value, Vec<String>) {
    (json!(post.embeds), post.buttons.iter().map(|button| button.label.clone()).collect())
}

/// Where a request was asked for: the channel, and the message with the button.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub(super) struct Origin {
    pub(super) channel: Snowflake,
    pub(super) message: Snowflake,
}
