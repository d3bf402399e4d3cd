//! Each kind of message: what it says, and where it goes.

use super::post::{Send, content, digest};
use super::{Failed, Outbox, operators_card, request_card, request_origin};
use crate::discord::cards::{Frame, alert, approval, outcome, summary};
use crate::discord::click::{APPROVE, ATTENDED, DENY, WITHDRAW};
use crate::discord::rest::error::UNKNOWN_MESSAGE;
use crate::gate::{Request, State};
use crate::requests::notice::{APPROVAL_CARD, OUTCOME, STAGED};
use crate::store::StoreError;
use crate::store::cards::Card;
use crate::store::outbox::OutboxRow;
use crate::watch::notice::{ALERT, AlertNotice, SUMMARY, SummaryNotice};
use crate::words::Language;

impl Outbox {
    pub(super) async fn deliver(&self, row: &OutboxRow) -> Result<(), Failed> {
        let mark = format!("ref {}", &digest(&row.dedupe)[..12]);
        let nonce = digest(&row.dedupe)[..24].to_owned();
        match row.kind.as_str() {
            APPROVAL_CARD => self.approval(row, &nonce).await,
            OUTCOME => {
                let request = self.request(row).await?;
                let origin = self.store.card(&request_origin(request.id.as_str())).await?;
                let (channel, reply) = match origin {
                    Some(origin) => (origin.channel, Some(origin.message)),
                    None => (self.discord.approvals_channel, None),
                };
                let link = self.link(request.id.as_str()).await?;
                let post = outcome::requester(&request, link.as_deref(), &mark, self.frame());
                match self.create(row, channel, &post, &nonce, &mark, reply).await {
                    // Where it was asked nobody can be told any more: then in the channel that must be there.
                    Err(Failed::Rest(error))
                        if error.is_closed() && channel != self.discord.approvals_channel =>
                    {
                        tracing::warn!(request = %request.id, %error, "told in the approvals channel instead");
                        let channel = self.discord.approvals_channel;
                        self.create(row, channel, &post, &nonce, &mark, None).await?;
                    }
                    created => drop(created?),
                }
                self.done(row, None).await
            }
            STAGED => {
                let request = self.request(row).await?;
                let card = self.call_operators(row, &request, &mark, &nonce).await?;
                let key = operators_card(request.id.as_str());
                self.done(row, card.as_ref().map(|card| (key.as_str(), card))).await
            }
            ALERT => {
                let notice: AlertNotice = read(row)?;
                let mark = format!("ref {}", &digest(&row.subject)[..12]);
                let post = alert::card(&notice, &mark, self.frame());
                let content = content(&post);
                let send = Send {
                    key: &row.subject,
                    channel: self.discord.status_channel,
                    mark: &mark,
                    nonce: &nonce,
                    announce_to: None,
                };
                let card = self.show(row, &send, content, &post).await?;
                self.done(row, card.as_ref().map(|card| (row.subject.as_str(), card))).await
            }
            SUMMARY => {
                let notice: SummaryNotice = read(row)?;
                let mark = format!("ref {}", text_start(&notice.nonce, 12));
                let post = summary::card(&notice, &mark, self.frame());
                let nonce = text_start(&notice.nonce, 25);
                let message =
                    self.create(row, self.discord.status_channel, &post, nonce, &mark, None).await?;
                let mut write = self.store.write().await?;
                if let Some(due) = notice.due_at {
                    match write.confirm_summary(due, message).await {
                        // Confirmed before: the process died between the two.
                        Ok(()) | Err(StoreError::Stale(_)) => {}
                        Err(error) => return Err(error.into()),
                    }
                }
                write.outbox_done(row.seq).await?;
                Ok(write.commit().await?)
            }
            kind => Err(Failed::Never(format!("nobody knows messages of kind {kind:?}"))),
        }
    }

    /// The approval card: posted, or shown anew if it says something else now.
    async fn approval(&self, row: &OutboxRow, nonce: &str) -> Result<(), Failed> {
        let request = self.request(row).await?;
        let (key, mark) = (request_card(&row.subject), approval::mark(&request));
        // What it says does not depend on its buttons' ids, which are new each time.
        let content = content(&approval::card(&request, &approval::Buttons::default(), self.frame()));
        if !request.state.can_withdraw() {
            // Decided: its buttons die before the card loses them, wherever somebody still sees them.
            let mut write = self.store.write().await?;
            write.kill_buttons(&row.subject).await?;
            write.commit().await?;
        }
        self.end_call(&request).await?;
        let place = self.store.card(&key).await?;
        let card = match place {
            Some(card) if card.content == content => None,
            _ => {
                let buttons = self.buttons(&request).await?;
                let post = approval::card(&request, &buttons, self.frame());
                let channel = self.discord.approvals_channel;
                // Approvers are called once, while there is something to decide. An edit calls nobody.
                let announce_to = (request.state == State::Requested).then_some(self.approver_role);
                let send = Send { key: &key, channel, mark: &mark, nonce, announce_to };
                self.show(row, &send, content, &post).await?
            }
        };
        self.done(row, card.as_ref().map(|card| (key.as_str(), card))).await
    }

    /// The message that calls an operator.
    async fn call_operators(
        &self,
        row: &OutboxRow,
        request: &Request,
        mark: &str,
        nonce: &str,
    ) -> Result<Option<Card>, Failed> {
        let key = operators_card(request.id.as_str());
        if request.state != State::Staged && self.store.card(&key).await?.is_none() {
            // It is over before anybody was called.
            return Ok(None);
        }
        let post = outcome::operators(request, self.approver_role, mark, self.frame());
        let content = content(&post);
        // It calls the approvers by itself, in its text.
        let channel = self.discord.approvals_channel;
        let send = Send { key: &key, channel, mark, nonce, announce_to: None };
        self.show(row, &send, content, &post).await
    }

    /// Where an operator was called and is not needed any more, the call says so.
    async fn end_call(&self, request: &Request) -> Result<(), Failed> {
        let key = operators_card(request.id.as_str());
        let Some(card) = self.store.card(&key).await?.filter(|_| request.state != State::Staged) else {
            return Ok(());
        };
        let mark = format!("ref {}", &digest(&key)[..12]);
        let post = outcome::operators(request, self.approver_role, &mark, self.frame());
        let content = content(&post);
        if card.content == content {
            return Ok(());
        }
        match self.rest.edit_message(card.channel, card.message, &post).await {
            Ok(_) => {}
            // Somebody deleted it: then nobody reads it either.
            Err(error) if error.code() == Some(UNKNOWN_MESSAGE) => {}
            Err(error) => return Err(error.into()),
        }
        let mut write = self.store.write().await?;
        write.put_card(&key, Card { content, ..card }).await?;
        Ok(write.commit().await?)
    }

    async fn buttons(&self, request: &Request) -> Result<approval::Buttons, StoreError> {
        let mut write = self.store.write().await?;
        let id = request.id.as_str();
        let mut buttons = approval::Buttons::default();
        if request.state.can_withdraw() {
            buttons.approve = write.add_button(APPROVE, id, &self.random).await?;
            buttons.deny = write.add_button(DENY, id, &self.random).await?;
            buttons.withdraw = write.add_button(WITHDRAW, id, &self.random).await?;
        }
        if request.needs_a_person() {
            // Not the request's own subject: it outlives the request's decision.
            let subject = format!("attended/{id}");
            buttons.attended = write.add_button(ATTENDED, &subject, &self.random).await?;
        }
        write.commit().await?;
        Ok(buttons)
    }

    async fn request(&self, row: &OutboxRow) -> Result<Request, Failed> {
        let id = request_of(&row.subject).parse().map_err(|error| Failed::Never(format!("{error}")))?;
        let request = self.store.request(&id).await?;
        request.ok_or_else(|| Failed::Never(format!("there is no request {id}")))
    }

    /// The address of a request's card, where there is a page to open it.
    async fn link(&self, request: &str) -> Result<Option<String>, StoreError> {
        let card = self.store.card(&request_card(request)).await?;
        let card = card.filter(|_| self.discord.api.is_discord());
        Ok(card.map(|card| {
            format!("https://discord.com/channels/{}/{}/{}", self.discord.guild, card.channel, card.message)
        }))
    }

    /// What a team acts on together is in the team's language.
    fn frame(&self) -> Frame {
        Frame { discord: self.discord.api.is_discord(), language: Language::English }
    }
}

fn read<T: serde::de::DeserializeOwned>(row: &OutboxRow) -> Result<T, Failed> {
    serde_json::from_value(row.body.clone())
        .map_err(|error| Failed::Never(format!("its body can't be read: {error}")))
}

/// The request that a row is about. An outcome has a subject of its own, so that a card never waits for it.
fn request_of(subject: &str) -> &str {
    subject.rsplit('/').next().unwrap_or(subject)
}

fn text_start(text: &str, most: usize) -> &str {
    text.char_indices().nth(most).map_or(text, |(at, _)| &text[..at])
}
