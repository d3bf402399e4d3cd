//! Cards of open requests that are gone from their channel come back: somebody deleted the message, while the bot
//! listened or while it did not.

use serde_json::json;

use super::chat::Desk;
use super::outbox::request_card;
use super::rest::error::UNKNOWN_MESSAGE;
use crate::gate::Request;
use crate::ids::{RequestId, Snowflake};
use crate::requests::notice::APPROVAL_CARD;
use crate::store::outbox::Message;

impl Desk {
    /// Messages were deleted: where one was the card of an open request, the card is posted anew.
    pub(super) async fn deleted(&self, messages: &[Snowflake]) -> anyhow::Result<()> {
        for &message in messages {
            let Some(key) = self.tenant.store.card_at(message).await? else { continue };
            let Some(id) = key.strip_prefix(&request_card("")).and_then(|id| id.parse::<RequestId>().ok())
            else {
                continue;
            };
            let request = self.tenant.store.request(&id).await?;
            if let Some(request) = request.filter(|request| request.state.can_withdraw()) {
                self.post_anew(&request, message).await?;
            }
        }
        Ok(())
    }

    /// Looks whether the cards of open requests are still there.
    pub(super) async fn look_for_cards(&self) -> anyhow::Result<()> {
        for request in self.tenant.store.open_requests().await? {
            let Some(card) = self.tenant.store.card(&request_card(request.id.as_str())).await? else {
                continue;
            };
            match self.rest.message(card.channel, card.message).await {
                Err(error) if error.code() == Some(UNKNOWN_MESSAGE) => {
                    self.post_anew(&request, card.message).await?;
                }
                // Anything else is no proof that it is gone.
                Ok(_) | Err(_) => {}
            }
        }
        Ok(())
    }

    async fn post_anew(&self, request: &Request, gone: Snowflake) -> anyhow::Result<()> {
        tracing::warn!(request = %request.id, message = %gone, "an open request's card was deleted; posting it anew");
        let mut write = self.tenant.store.write().await?;
        write.forget_card(&request_card(request.id.as_str()), gone).await?;
        let dedupe = format!("{APPROVAL_CARD}/{}/instead-of-{gone}", request.id);
        let message =
            Message { dedupe: &dedupe, kind: APPROVAL_CARD, subject: request.id.as_str(), body: json!({}) };
        write.enqueue(message).await?;
        Ok(write.commit().await?)
    }
}
