//! Tells what roles a person holds now, from Discord itself and from no cache.

use futures_util::future::BoxFuture;

use super::rest::Rest;
use super::rest::error::{UNKNOWN_MEMBER, UNKNOWN_USER};
use crate::ids::Snowflake;
use crate::requests::{MemberNow, Members, MembersError};

/// The members of the one guild.
#[derive(Debug, Clone)]
pub struct GuildMembers {
    rest: Rest,
    guild: Snowflake,
}

impl GuildMembers {
    /// The members of this guild.
    pub fn new(rest: Rest, guild: Snowflake) -> GuildMembers {
        GuildMembers { rest, guild }
    }
}

impl Members for GuildMembers {
    fn member(&self, user: Snowflake) -> BoxFuture<'_, Result<MemberNow, MembersError>> {
        Box::pin(async move {
            let member = self.rest.member(self.guild, user).await.map_err(|error| match error.code() {
                Some(UNKNOWN_MEMBER | UNKNOWN_USER) => MembersError::Gone,
                _ => MembersError::Unreachable(error.to_string()),
            })?;
            if member.user.id != user {
                return Err(MembersError::Unreachable("it answered with somebody else".into()));
            }
            Ok(MemberNow {
                roles: member.roles,
                timed_out_until: member.communication_disabled_until,
                pending: member.pending,
                bot: member.user.bot,
            })
        })
    }
}
