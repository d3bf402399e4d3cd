//! What can go wrong with a request to Discord, without ever naming a token.

use std::time::Duration;

/// Unknown channel.
pub const UNKNOWN_CHANNEL: u64 = 10003;
/// Unknown member.
pub const UNKNOWN_MEMBER: u64 = 10007;
/// Unknown message: deleted, or never there.
pub const UNKNOWN_MESSAGE: u64 = 10008;
/// Unknown user.
pub const UNKNOWN_USER: u64 = 10013;
/// Unknown webhook: the interaction's token is over.
pub const UNKNOWN_WEBHOOK: u64 = 10015;
/// Unknown interaction: not acknowledged within three seconds.
pub const UNKNOWN_INTERACTION: u64 = 10062;
/// The interaction was acknowledged before.
pub const ALREADY_ACKNOWLEDGED: u64 = 40060;
/// The bot can't see that.
pub const MISSING_ACCESS: u64 = 50001;
/// The bot lacks a permission.
pub const MISSING_PERMISSIONS: u64 = 50013;
/// The interaction's token is invalid.
pub const INVALID_WEBHOOK_TOKEN: u64 = 50027;
/// A field is refused.
pub const INVALID_FORM: u64 = 50035;

/// Why Discord did not do it. `call` is method and path, with an interaction's token masked.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum RestError {
    /// Discord refuses the bot's token. Nothing is sent any more after that.
    #[error(
        "Discord refuses the bot's token: make a new one (Developer Portal > Bot > Reset Token), set \
         DISCORD_TOKEN and start again"
    )]
    TokenRefused,
    /// Discord refused the request and says why.
    #[error("{call}: Discord refused it with status {status}, code {code}: {message}")]
    Refused {
        /// Which request.
        call: String,
        /// The HTTP status.
        status: u16,
        /// Discord's code; 0 if it gave none.
        code: u64,
        /// Discord's words, with the fields it dislikes.
        message: String,
    },
    /// Too many requests, for longer than it makes sense to wait here.
    #[error("{call}: rate limited for another {} s", .retry_after.as_secs())]
    RateLimited {
        /// Which request.
        call: String,
        /// How long Discord wants to be left alone.
        retry_after: Duration,
    },
    /// Discord is in trouble, and was asked often enough.
    #[error("{call}: Discord answered with status {status}")]
    Unavailable {
        /// Which request.
        call: String,
        /// The HTTP status.
        status: u16,
    },
    /// Discord can't be reached, or did not answer in time. Whether the request took effect is not known.
    #[error("{call}: Discord can't be reached: {reason}")]
    Unreachable {
        /// Which request.
        call: String,
        /// What the connection said.
        reason: String,
    },
    /// Discord answered something else than documented.
    #[error("{call}: Discord's answer can't be read: {reason}")]
    Unreadable {
        /// Which request.
        call: String,
        /// What is wrong with it.
        reason: String,
    },
}

impl RestError {
    /// Discord's error code, if it gave one.
    pub fn code(&self) -> Option<u64> {
        match self {
            RestError::Refused { code, .. } => Some(*code).filter(|&code| code != 0),
            _ => None,
        }
    }

    /// Whether the channel is gone, or closed to the bot: the same message may arrive in another one.
    pub fn is_closed(&self) -> bool {
        matches!(self.code(), Some(UNKNOWN_CHANNEL | MISSING_ACCESS | MISSING_PERMISSIONS))
    }

    /// Whether what was asked for is not there (404).
    pub fn is_not_found(&self) -> bool {
        matches!(self, RestError::Refused { status: 404, .. })
    }

    /// Whether the same request would be refused again however often it is sent.
    pub fn is_final(&self) -> bool {
        matches!(self, RestError::Refused { .. } | RestError::TokenRefused)
    }
}
