//! "Why can't users sign in?": by command, on somebody's message, or by mention. Each intent has its answer, the same
//! whichever way it was asked.

use std::time::Duration;

use jiff::SignedDuration;
use serde_json::json;

use super::cards::{evidence, fix, help, other};
use super::chat::{Asker, Desk};
use super::click::{Offer, REQUEST, WHY_NOT};
use super::event::Mention;
use super::message::Post;
use super::rest::{Callback, Ticket};
use crate::answer::meet;
use crate::diagnosis::{Diagnosis, Observation, ServerDiagnosis, diagnose};
use crate::ids::{AgentId, Snowflake};
use crate::question::{self, Intent, Question};
use crate::words;
use crate::words::Language;

/// State older than this is read anew for the answer.
const STALE: SignedDuration = SignedDuration::from_secs(30);
/// How long a fresh reading may take: ADSync's cmdlets take seconds.
const FRESH_WITHIN: Duration = Duration::from_secs(30);

/// What was asked, by whom, and where.
struct Asked<'a> {
    asker: Asker<'a>,
    question: Question,
    /// The server that was named.
    focus: Option<AgentId>,
    /// Whether servers may be named here.
    inside: bool,
}

impl Desk {
    /// Answers a question: at once what is known within the deadline, and once more when fresh state came.
    pub(super) async fn signin(
        &self,
        ticket: &Ticket,
        asker: Asker<'_>,
        problem: &str,
        server: Option<&str>,
    ) -> anyhow::Result<()> {
        let inside = self.is_inside(asker.actor.guild, asker.actor.channel);
        self.rest.callback(ticket, &Callback::Defer { ephemeral: !inside }).await?;
        let question = question::read(problem);
        let mut asked = Asked { asker, question, focus: None, inside };
        // Whoever names a server means it, whatever the words.
        if server.is_none()
            && let Some(post) = self.without_diagnosis(&asked).await
        {
            return self.finish_with(ticket, post).await;
        }
        let observations = self.poll().await;
        if let Some(name) = server {
            asked.focus = find(&observations, name);
            if asked.focus.is_none() {
                return self.finish_with(ticket, self.no_such_server(inside, asker.language)).await;
            }
        }
        let diagnosis = diagnose(&observations, self.now(), &self.tenant.knowledge);
        let post = self.answer_post(&diagnosis, &asked).await?;
        self.rest.edit_original(ticket, &post).await?;
        if let Some(fresh) = self.fresher(&observations).await {
            let again = self.answer_post(&fresh, &asked).await?;
            if says(&again) != says(&post) {
                self.rest.edit_original(ticket, &again).await?;
            }
        }
        Ok(())
    }

    /// Answers a mention, as a reply. A message tells no locale: its own language is the answer's.
    pub(super) async fn mentioned(&self, mention: &Mention) -> anyhow::Result<()> {
        let actor = &mention.actor;
        let question = question::read(&mention.text);
        let language = question.language.map(Language::of_locale).unwrap_or_default();
        let inside = self.is_inside(actor.guild, actor.channel);
        let asked = Asked { asker: Asker { actor, language }, question, focus: None, inside };
        let post = match self.without_diagnosis(&asked).await {
            Some(post) => post,
            None => {
                let diagnosis = diagnose(&self.poll().await, self.now(), &self.tenant.knowledge);
                self.answer_post(&diagnosis, &asked).await?
            }
        };
        let nonce = format!("m{}", mention.message);
        self.rest.create_message(actor.channel, &post, &nonce, Some(mention.message)).await?;
        Ok(())
    }

    /// The answer to what needs no verdict on the servers.
    async fn without_diagnosis(&self, asked: &Asked<'_>) -> Option<Post> {
        let language = asked.asker.language;
        match asked.question.intent {
            Intent::SignInProblem | Intent::Fix => None,
            Intent::Status => Some(self.status_post(asked.inside, language).await),
            Intent::Help => Some(help::card(&self.may(asked), self.frame(language))),
            Intent::Other => Some(other::card(self.frame(language))),
        }
    }

    /// What the one who asks may do where they ask.
    fn may(&self, asked: &Asked<'_>) -> help::May {
        let (policy, actor) = (self.requests.policy(), asked.asker.actor);
        help::May {
            inside: asked.inside,
            audit: asked.inside && self.may_see_audit(actor),
            request: policy.check_requester(actor, self.now()).map_err(|refusal| refusal.text()),
            approve: policy.check_approver(actor, self.now()).map_err(|refusal| refusal.text()),
            requester_role: policy.requester_role,
            approver_role: policy.approver_role,
            approvals: self.discord.approvals_channel,
            answer_channels: self.answer_channels(),
        }
    }

    /// All servers, within the deadline.
    pub(super) async fn poll(&self) -> Vec<Observation> {
        self.tenant.fleet.poll(self.config.base.poll_deadline).await
    }

    /// The answer, with live buttons where they may be.
    async fn answer_post(&self, diagnosis: &Diagnosis, asked: &Asked<'_>) -> anyhow::Result<Post> {
        let frame = self.frame(asked.asker.language);
        let focus = asked.focus.as_ref();
        let mut answer =
            evidence::Answer { diagnosis, knowledge: &self.tenant.knowledge, focus, meeting: None };
        let meeting = answer.lead().and_then(|server| meet(&asked.question, server));
        answer.meeting = meeting.as_ref();
        let is_fix = asked.question.intent == Intent::Fix;
        if !asked.inside {
            let channels = self.answer_channels();
            return Ok(match is_fix {
                true => fix::redacted(&answer, &channels, frame),
                false => evidence::redacted(&answer, &channels, frame),
            });
        }
        let buttons = match answer.lead() {
            Some(server) => self.answer_buttons(server).await?,
            None => evidence::Buttons::default(),
        };
        Ok(match is_fix {
            true => fix::card(&answer, &buttons, self.requests.policy().requester_role, frame),
            false => evidence::card(&answer, &buttons, frame),
        })
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
    pub(super) fn no_such_server(&self, inside: bool, language: Language) -> Post {
        let known: Vec<String> =
            self.tenant.fleet.enrolled().iter().map(|enrolled| enrolled.agent.to_string()).collect();
        let text = match inside && !known.is_empty() {
            true => words!("no-such-server-but", servers = known.join(", ")),
            false => words!("no-such-server"),
        };
        super::cards::notes::refusal(&text, "no-such-server", self.frame(language))
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
