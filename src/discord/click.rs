//! Clicks on buttons, and forms that were sent. A button's id is random; what it means is in the database. Every
//! click ends in [`Requests::open`](crate::requests::Requests::open) or
//! [`Requests::act`](crate::requests::Requests::act): nothing here decides.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::json;

use super::ask::Origin;
use super::cards::{evidence, notes};
use super::chat::{Asker, Desk};
use super::message::Post;
use super::outbox::{request_card, request_origin};
use super::rest::{Callback, Ticket};
use crate::diagnosis::diagnose;
use crate::gate::{Action, Refusal, Request};
use crate::ids::{AgentId, CommandId, RequestId, Snowflake};
use crate::plan::{Digest, Mode};
use crate::requests::{NewRequest, Refused};
use crate::store::cards::Card;
use crate::words;
use crate::words::Language;

/// "Request enablement"; its subject is an [`Offer`].
pub(super) const REQUEST: &str = "request";
/// "Why not?"; its subject is an agent.
pub(super) const WHY_NOT: &str = "why-not";
/// "Approve"; its subject is a request.
pub(super) const APPROVE: &str = "approve";
/// "Deny"; its subject is a request.
pub(super) const DENY: &str = "deny";
/// "Withdraw"; its subject is a request.
pub(super) const WITHDRAW: &str = "withdraw";
/// "Request attended run"; its subject is `attended/` and a request.
pub(super) const ATTENDED: &str = "request-attended";
/// The form behind "Request enablement"; its subject is a [`RequestForm`].
const REQUEST_FORM: &str = "form-request";
/// The form behind "Deny"; its subject is a [`DenyForm`].
const DENY_FORM: &str = "form-deny";

/// What may be requested: a command on a server.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Offer {
    pub(super) agent: AgentId,
    pub(super) command: CommandId,
    pub(super) arguments: BTreeMap<String, String>,
}

/// A form that was opened for one person, from one click.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct RequestForm {
    user: Snowflake,
    /// The click; makes the form one of its kind.
    click: Snowflake,
    offer: Offer,
    mode: Option<Mode>,
    origin: Origin,
}

/// A form that was opened for one person, from one click.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct DenyForm {
    user: Snowflake,
    click: Snowflake,
    request: RequestId,
}

impl Desk {
    /// A click on a button.
    pub(super) async fn click(
        &self,
        ticket: &Ticket,
        asker: Asker<'_>,
        custom_id: &str,
        message: Snowflake,
    ) -> anyhow::Result<()> {
        let button = self.tenant.store.button(custom_id).await?.filter(|button| button.dead_at.is_none());
        let Some(button) = button else { return self.refuse_at_once(ticket, asker, &Refusal::Unknown).await };
        match button.kind.as_str() {
            WHY_NOT => self.why_not(ticket, asker, &button.subject).await,
            REQUEST => {
                let offer: Offer = serde_json::from_str(&button.subject)?;
                let origin = Origin { channel: asker.actor.channel, message };
                self.ask_reason(ticket, asker, offer, None, origin).await
            }
            ATTENDED => {
                let id = button.subject.trim_start_matches("attended/").parse()?;
                let Some(request) = self.requests.find(&id).await?.filter(Request::needs_a_person) else {
                    return self.refuse_at_once(ticket, asker, &Refusal::Unknown).await;
                };
                let Request { plan, .. } = request;
                let offer = Offer { agent: plan.agent, command: plan.command, arguments: plan.arguments };
                let origin = Origin { channel: asker.actor.channel, message };
                self.ask_reason(ticket, asker, offer, Some(Mode::Attended), origin).await
            }
            kind @ (APPROVE | DENY | WITHDRAW) => {
                let id: RequestId = button.subject.parse()?;
                // A button counts only on the card it was made for.
                let card = self.tenant.store.card(&request_card(id.as_str())).await?;
                if card.is_some_and(|card| card.message != message) {
                    return self.refuse_at_once(ticket, asker, &Refusal::Unknown).await;
                }
                match kind {
                    DENY => self.ask_why(ticket, asker, &id).await,
                    APPROVE => self.act(ticket, asker, &id, Action::Approve).await,
                    _ => self.act(ticket, asker, &id, Action::Withdraw).await,
                }
            }
            // A form's id on a button: somebody tampers.
            _ => self.refuse_at_once(ticket, asker, &Refusal::Unknown).await,
        }
    }

    /// A form that was sent.
    pub(super) async fn submitted(
        &self,
        ticket: &Ticket,
        asker: Asker<'_>,
        custom_id: &str,
        fields: BTreeMap<String, String>,
    ) -> anyhow::Result<()> {
        let form = self.tenant.store.button(custom_id).await?.filter(|form| form.dead_at.is_none());
        let Some(form) = form else { return self.refuse_at_once(ticket, asker, &Refusal::Unknown).await };
        let typed = |name: &str| fields.get(name).cloned();
        let reason = typed(notes::inputs::REASON).unwrap_or_default();
        match form.kind.as_str() {
            REQUEST_FORM => {
                let asked: RequestForm = serde_json::from_str(&form.subject)?;
                if asked.user != asker.actor.user {
                    return self.refuse_at_once(ticket, asker, &Refusal::Unknown).await;
                }
                let justification = typed(notes::inputs::JUSTIFICATION);
                self.open(ticket, asker, asked, reason, justification, &form.subject).await
            }
            DENY_FORM => {
                let asked: DenyForm = serde_json::from_str(&form.subject)?;
                if asked.user != asker.actor.user {
                    return self.refuse_at_once(ticket, asker, &Refusal::Unknown).await;
                }
                self.act(ticket, asker, &asked.request, Action::Deny { why: reason }).await
            }
            _ => self.refuse_at_once(ticket, asker, &Refusal::Unknown).await,
        }
    }

    /// Opens the form that asks why, for somebody who may ask at all.
    async fn ask_reason(
        &self,
        ticket: &Ticket,
        asker: Asker<'_>,
        offer: Offer,
        mode: Option<Mode>,
        origin: Origin,
    ) -> anyhow::Result<()> {
        let policy = self.requests.policy();
        if let Err(refusal) = policy.check_requester(asker.actor, self.now()) {
            return self.refuse_at_once(ticket, asker, &refusal).await;
        }
        if !self.is_inside(asker.actor.guild, asker.actor.channel) {
            return self.refuse_at_once(ticket, asker, &Refusal::WrongChannel).await;
        }
        // From what is known: a form must be there at once. The gate asks again, of the server itself.
        let known = diagnose(&self.tenant.fleet.observe(), self.now(), &self.tenant.knowledge);
        let deliberate = known.servers.iter().any(|server| server.agent == offer.agent && server.deliberate);
        let form = RequestForm { user: asker.actor.user, click: ticket.id, offer, mode, origin };
        let id = self.add_button(REQUEST_FORM, &json!(form).to_string()).await?;
        let ticket_pattern = policy.ticket.as_ref().map(|pattern| pattern.as_str());
        let modal = notes::request_form(id, deliberate, ticket_pattern, self.frame(asker.language));
        Ok(self.rest.callback(ticket, &Callback::Modal(modal)).await?)
    }

    /// Opens the form that asks an approver why not, for somebody who may deny at all.
    async fn ask_why(&self, ticket: &Ticket, asker: Asker<'_>, id: &RequestId) -> anyhow::Result<()> {
        let Some(request) = self.requests.find(id).await? else {
            return self.refuse_at_once(ticket, asker, &Refusal::Unknown).await;
        };
        let deny = Action::Deny { why: String::new() };
        if let Err(refusal) = self.requests.policy().check(asker.actor, &deny, &request, self.now()) {
            self.requests.audit_refusal(Some(id), asker.actor, &refusal).await?;
            return self.reply(ticket, self.refusal(&refusal, asker.language)).await;
        }
        let form = DenyForm { user: asker.actor.user, click: ticket.id, request: id.clone() };
        let id = self.add_button(DENY_FORM, &json!(form).to_string()).await?;
        Ok(self.rest.callback(ticket, &Callback::Modal(notes::deny_form(id))).await?)
    }

    /// Makes the request. `form` is the form's subject, which is used up then.
    async fn open(
        &self,
        ticket: &Ticket,
        asker: Asker<'_>,
        asked: RequestForm,
        reason: String,
        justification: Option<String>,
        form: &str,
    ) -> anyhow::Result<()> {
        self.rest.callback(ticket, &Callback::Defer { ephemeral: true }).await?;
        let RequestForm { offer, mode, origin, .. } = asked;
        let Offer { agent, command, arguments } = offer;
        let new =
            NewRequest { actor: asker.actor.clone(), agent, command, arguments, mode, reason, justification };
        let post = match self.requests.open(new).await {
            Ok(request) => {
                let mut write = self.tenant.store.write().await?;
                write.kill_buttons(form).await?;
                let place =
                    Card { channel: origin.channel, message: origin.message, content: Digest::of(b"") };
                write.put_card(&request_origin(request.id.as_str()), place).await?;
                write.commit().await?;
                let code = request.plan.code().to_string();
                let channel = self.discord.approvals_channel;
                notes::asked(channel, request.approve_by, request.needed, &code, self.frame(asker.language))
            }
            Err(refused) => self.refused(&refused, asker.language),
        };
        self.finish_with(ticket, post).await
    }

    /// Acts on a request. If it counts, the card tells; if not, only the one who clicked is told why.
    async fn act(
        &self,
        ticket: &Ticket,
        asker: Asker<'_>,
        id: &RequestId,
        action: Action,
    ) -> anyhow::Result<()> {
        self.rest.callback(ticket, &Callback::DeferUpdate).await?;
        if let Err(refused) = self.requests.act(id, asker.actor, action).await {
            self.rest.followup(ticket, &self.refused(&refused, asker.language), true).await?;
        }
        Ok(())
    }

    /// Every condition that keeps the button away now.
    async fn why_not(&self, ticket: &Ticket, asker: Asker<'_>, agent: &str) -> anyhow::Result<()> {
        if !self.is_inside(asker.actor.guild, asker.actor.channel) {
            return self.refuse_at_once(ticket, asker, &Refusal::WrongChannel).await;
        }
        let known = diagnose(&self.tenant.fleet.observe(), self.now(), &self.tenant.knowledge);
        let post = match known.servers.iter().find(|server| server.agent.as_str() == agent) {
            Some(server) => evidence::why_not(server, self.frame(asker.language)),
            None => self.no_such_server(true, asker.language),
        };
        self.reply(ticket, post).await
    }

    async fn add_button(&self, kind: &str, subject: &str) -> anyhow::Result<String> {
        let mut write = self.tenant.store.write().await?;
        let id = write.add_button(kind, subject, &self.tenant.random).await?;
        write.commit().await?;
        Ok(id)
    }

    async fn refuse_at_once(
        &self,
        ticket: &Ticket,
        asker: Asker<'_>,
        refusal: &Refusal,
    ) -> anyhow::Result<()> {
        let post = self.refuse(asker, refusal).await?;
        self.reply(ticket, post).await
    }

    fn refusal(&self, refusal: &Refusal, language: Language) -> Post {
        notes::refusal(&refusal.text(), refusal.code(), self.frame(language))
    }

    fn refused(&self, refused: &Refused, language: Language) -> Post {
        if let Refused::Store(error) = refused {
            // The details name the database; they are for the log.
            tracing::error!(%error, "a request could not be recorded");
            return notes::refusal(&words!("store-failed"), refused.code(), self.frame(language));
        }
        notes::refusal(&refused.text(), refused.code(), self.frame(language))
    }
}
