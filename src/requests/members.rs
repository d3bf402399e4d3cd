//! Re-reading approvers just before a grant is signed: what a click said may be hours old.

use std::time::Duration;

use futures_util::future::BoxFuture;
use jiff::Timestamp;

use crate::clock::Clock;

use crate::gate::{Actor, Policy};
use crate::ids::Snowflake;
use crate::link::protocol::Reason;

/// How long the chat may take to tell one member's roles.
const PATIENCE: Duration = Duration::from_secs(15);

/// Tells what roles a person holds now, from the chat itself and from no cache.
pub trait Members: Send + Sync {
    /// The member of the configured guild.
    fn member(&self, user: Snowflake) -> BoxFuture<'_, Result<MemberNow, MembersError>>;
}

/// A member of the guild, as read just now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MemberNow {
    /// The roles held.
    pub roles: Vec<Snowflake>,
    /// Timed out until.
    pub timed_out_until: Option<Timestamp>,
    /// Not yet through membership screening.
    pub pending: bool,
    /// A bot.
    pub bot: bool,
}

/// Why a member could not be read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum MembersError {
    /// No longer in the guild.
    #[error("is no longer a member of the server")]
    Gone,
    /// The chat did not answer.
    #[error("Discord could not be asked: {0}")]
    Unreachable(String),
}

/// Whether an approval still counts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Standing {
    /// The person is an approver now.
    Holds,
    /// Not any more: nothing may run on it.
    Lost(Reason),
    /// Not to be known now: nothing runs until it is.
    Unconfirmed(Reason),
}

/// Re-reads one approver.
pub(super) async fn standing(
    members: &dyn Members,
    policy: &Policy,
    user: Snowflake,
    clock: &Clock,
) -> Standing {
    let answer = tokio::select! {
        answer = members.member(user) => answer,
        () = clock.sleep(PATIENCE) => Err(MembersError::Unreachable("no answer in time".into())),
    };
    let now = clock.now();
    let member = match answer {
        Ok(member) => member,
        Err(error @ MembersError::Gone) => {
            return Standing::Lost(Reason::new("approver-gone", format!("The approver <@{user}> {error}.")));
        }
        Err(error) => {
            let text = format!("The approvers can't be confirmed: {error}.");
            return Standing::Unconfirmed(Reason::new("approvers-unconfirmed", text));
        }
    };
    let actor = Actor {
        user,
        guild: Some(policy.guild),
        channel: policy.approvals_channel,
        roles: member.roles,
        bot: member.bot,
        timed_out_until: member.timed_out_until,
        pending: member.pending,
    };
    match policy.check_approver(&actor, now) {
        Ok(()) => Standing::Holds,
        Err(refusal) => {
            let text = format!("<@{user}> approved, but is no longer an approver ({}).", refusal.code());
            Standing::Lost(Reason::new("approver-lost", text))
        }
    }
}
