//! Rate limits, counted by the injected clock: buckets that refill as time passes, and the global one.
//!
//! Source of the shapes and headers: discord-api-docs `topics/rate-limits.mdx`.

use std::collections::HashMap;
use std::time::Duration;

/// So many requests in so long.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limit {
    /// Requests.
    pub requests: u32,
    /// In this time.
    pub per: Duration,
}

/// The limits that the local Discord holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// All requests that carry the bot's token.
    pub global: Limit,
    /// Creating a message, for each channel.
    pub create_message: Limit,
    /// Every other route, for each channel, guild or webhook.
    pub other: Limit,
}

impl Limits {
    /// So wide that no story meets them.
    pub const GENEROUS: Limits = {
        let wide = Limit { requests: 100_000, per: Duration::from_secs(1) };
        Limits { global: wide, create_message: wide, other: wide }
    };

    /// As Discord holds them: 50 requests a second in all (documented); 5 messages in 5 seconds for a channel (as
    /// observed; Discord asks not to hard-code it).
    pub const DISCORD: Limits = Limits {
        global: Limit { requests: 50, per: Duration::from_secs(1) },
        create_message: Limit { requests: 5, per: Duration::from_secs(5) },
        other: Limit { requests: 50, per: Duration::from_secs(5) },
    };
}

/// How a bucket stands after a request; what the `X-RateLimit-…` headers say.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Standing {
    pub(crate) bucket: String,
    pub(crate) limit: u32,
    pub(crate) remaining: u32,
    pub(crate) reset_after: Duration,
    pub(crate) refused: Option<Refused>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Refused {
    Bucket,
    Global,
}

#[derive(Debug)]
pub(crate) struct Limiter {
    pub(crate) limits: Limits,
    windows: HashMap<String, Window>,
}

#[derive(Debug, Clone, Copy)]
struct Window {
    ends: Duration,
    used: u32,
}

impl Limiter {
    pub(crate) fn new(limits: Limits) -> Limiter {
        Limiter { limits, windows: HashMap::new() }
    }

    /// Counts one request at `now` (monotonic). `route` names route and major parameter; `global` says whether the
    /// global limit counts it too (interaction callbacks and webhooks are exempt).
    pub(crate) fn count(&mut self, now: Duration, route: &str, limit: Limit, global: bool) -> Standing {
        let mut refused = None;
        let mut standing = if global {
            let standing = self.take(now, "global", self.limits.global);
            refused = standing.refused.map(|_| Refused::Global);
            Some(standing)
        } else {
            None
        };
        if refused.is_none() {
            standing = Some(self.take(now, route, limit));
        }
        let mut standing = standing.unwrap_or_else(|| Standing {
            bucket: String::new(),
            limit: limit.requests,
            remaining: 0,
            reset_after: limit.per,
            refused: None,
        });
        standing.refused = refused.or(standing.refused);
        // Finished windows carry nothing that a new one would not say.
        if self.windows.len() > 1000 {
            self.windows.retain(|_, window| window.ends > now);
        }
        standing
    }

    fn take(&mut self, now: Duration, route: &str, limit: Limit) -> Standing {
        let window =
            self.windows.entry(route.to_owned()).or_insert(Window { ends: now + limit.per, used: 0 });
        if window.ends <= now {
            *window = Window { ends: now + limit.per, used: 0 };
        }
        let refused = (window.used >= limit.requests).then_some(Refused::Bucket);
        if refused.is_none() {
            window.used += 1;
        }
        Standing {
            bucket: bucket_name(route),
            limit: limit.requests,
            remaining: limit.requests - window.used,
            reset_after: window.ends - now,
            refused,
        }
    }
}

/// Discord's bucket names are opaque hashes; ours are the start of one, so that nobody reads meaning into them.
fn bucket_name(route: &str) -> String {
    use sha2::{Digest, Sha256};
    // The name is the route's, the same for all channels: the major parameter follows the space.
    let route = route.split(' ').next().unwrap_or(route);
    crate::random::hex(&Sha256::digest(route)[..8])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bucket_refuses_when_it_is_used_up_and_refills_when_time_moves() {
        let mut limiter = Limiter::new(Limits::DISCORD);
        let limit = Limits::DISCORD.create_message;
        for left in (0..5).rev() {
            let standing = limiter.count(Duration::ZERO, "r 1", limit, true);
            assert_eq!((standing.remaining, standing.refused), (left, None));
        }
        let refused = limiter.count(Duration::from_secs(1), "r 1", limit, true);
        assert_eq!(refused.refused, Some(Refused::Bucket));
        assert_eq!(refused.reset_after, Duration::from_secs(4));
        assert_eq!(limiter.count(Duration::from_secs(1), "r 2", limit, true).refused, None);
        assert_eq!(limiter.count(Duration::from_secs(5), "r 1", limit, true).refused, None);
    }

    #[test]
    fn the_global_limit_counts_all_routes_but_those_exempt() {
        let mut limiter = Limiter::new(Limits::DISCORD);
        for n in 0..50 {
            assert_eq!(
                limiter.count(Duration::ZERO, &format!("r {n}"), Limits::DISCORD.other, true).refused,
                None
            );
        }
        let limit = Limits::DISCORD.other;
        assert_eq!(limiter.count(Duration::ZERO, "x 1", limit, true).refused, Some(Refused::Global));
        assert_eq!(limiter.count(Duration::ZERO, "x 1", limit, false).refused, None);
        assert_eq!(limiter.count(Duration::from_secs(1), "x 1", limit, true).refused, None);
    }
}
