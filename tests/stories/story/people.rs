//! What people do and see in the chat.

use std::time::Duration;

use serenity::model::id::{ChannelId, InteractionId, MessageId, RoleId, UserId};
use syncmedic::demo::discord::Shown;
use syncmedic::demo::discord::people::{APPROVALS, BOT, DANA, HELPDESK};

use super::Story;

impl Story {
    /// Asks as somebody in #helpdesk, and returns the answer.
    pub(crate) async fn ask(&self, who: UserId, problem: &str) -> Shown {
        let options = serde_json::json!({ "problem": problem });
        let asked = self.discord.slash(who, HELPDESK, "signin", options).expect("can ask");
        self.answer(asked).await
    }

    /// The message that answers an interaction.
    pub(crate) async fn answer(&self, interaction: InteractionId) -> Shown {
        let reply = self.discord.reply(interaction).await.expect("the bot replies");
        reply.clone().message().unwrap_or_else(|| panic!("a message, not {reply:?}"))
    }

    /// Lets time pass until an interaction is answered: for answers that wait for a silent server.
    pub(crate) async fn until_answer(&self, interaction: InteractionId) -> Shown {
        let reply = self.discord.reply(interaction);
        tokio::pin!(reply);
        loop {
            tokio::select! {
                reply = &mut reply => {
                    let reply = reply.expect("the bot replies");
                    return reply.clone().message().unwrap_or_else(|| panic!("a message, not {reply:?}"));
                }
                () = self.pass(Duration::from_secs(1)) => {}
            }
        }
    }

    /// Dana asks, sees the offer, and requests the enablement; returns the approval card.
    pub(crate) async fn request_enablement(&self) -> Shown {
        let answer = self.ask(DANA, "users can't sign in").await;
        self.press_request(answer.id, "users can't sign in since tonight").await;
        self.card().await
    }

    /// Presses "Request enablement" as Dana and gives a reason; reads the private confirmation.
    pub(crate) async fn press_request(&self, message: MessageId, reason: &str) -> Shown {
        let pressed = self.discord.click(DANA, message, "Request enablement").expect("the button is there");
        let modal = self.discord.reply(pressed).await.expect("the bot replies").modal();
        let modal = modal.expect("a form asks for the reason");
        let input = modal.inputs[0]["custom_id"].as_str().expect("an input").to_owned();
        let sent = self.discord.submit(DANA, &[(&input, reason)]).expect("the form can be sent");
        self.answer(sent).await
    }

    /// The approval card as it is when it appears.
    pub(crate) async fn card(&self) -> Shown {
        self.discord.next_message(APPROVALS, |_| true).await.expect("an approval card appears")
    }

    /// Lets time pass until the card says something.
    pub(crate) async fn card_says(&self, card: MessageId, words: &str) -> Shown {
        self.until(&format!("the card says {words:?}"), async || {
            let shown = self.discord.message(card)?;
            shown.text().contains(words).then_some(shown)
        })
        .await
    }

    /// Presses a button of a card.
    pub(crate) async fn press(&self, who: UserId, card: MessageId, button: &str) -> InteractionId {
        let pressed =
            self.discord.click(who, card, button).unwrap_or_else(|error| panic!("{button}: {error}"));
        // Time may jump only after this: Discord gives three seconds.
        self.discord.acknowledged(pressed).await.expect("the click is acknowledged");
        pressed
    }

    /// Fills in the form that asks why a request is denied.
    pub(crate) async fn deny(&self, who: UserId, why: &str) {
        let form = self.discord.modal_of(who);
        let form = match form {
            Some(form) => form,
            None => panic!("a form asks why; unread: {:?}", self.discord.unread()),
        };
        let input = form.inputs[0]["custom_id"].as_str().expect("an input").to_owned();
        let sent = self.discord.submit(who, &[(&input, why)]).expect("the form can be sent");
        self.discord.acknowledged(sent).await.expect("the form is acknowledged");
    }

    /// What the private refusal of a click says.
    pub(crate) async fn refused(&self, click: InteractionId) -> String {
        let said = self.discord.followup(click).await.expect("a refusal");
        assert!(said.visible_to.is_some(), "a refusal is private");
        said.text()
    }

    /// What the private refusal of one of two clicks says: the bot may take either for the first.
    pub(crate) async fn one_refused(&self, one: InteractionId, other: InteractionId) -> String {
        tokio::select! {
            said = self.refused(one) => said,
            said = self.refused(other) => said,
        }
    }

    /// Waits until the requester is told how it ended.
    pub(crate) async fn told(&self, words: &str) -> Shown {
        let told = self.discord.next_message(HELPDESK, |m| m.text().contains(words)).await;
        let told = told.expect("the requester is told");
        assert_eq!(told.pings.users, [DANA].into(), "exactly the requester is pinged");
        told
    }

    /// What the bot says in a channel, oldest first.
    pub(crate) fn posts(&self, channel: ChannelId) -> Vec<Shown> {
        let all = self.discord.messages(channel, DANA);
        all.into_iter().filter(|message| message.author == BOT).collect()
    }

    /// Lets time pass until the bot's newest message in a channel says something.
    pub(crate) async fn post_says(&self, channel: ChannelId, words: &str) -> Shown {
        self.until(&format!("a message says {words:?}"), async || {
            self.posts(channel).pop().filter(|message| message.text().contains(words))
        })
        .await
    }

    /// Gives or takes a role.
    pub(crate) fn take_role(&self, who: UserId, role: RoleId) {
        self.discord.take_role(who, role);
    }
}
