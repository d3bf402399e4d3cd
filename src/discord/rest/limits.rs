//! Discord's rate limits, as its headers state them: never hard-coded but for the global one.
//!
//! Source: discord-api-docs, `topics/rate-limits.mdx`: buckets per route and major id, 50 requests a second in
//! all, and `Retry-After` to be honoured.

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use reqwest::header::HeaderMap;
use serde_json::Value;

use crate::clock::Clock;

/// Requests a second in all.
const GLOBAL: u32 = 50;
const SECOND: Duration = Duration::from_secs(1);

/// What a request counts against: its method and path with ids left out, and the id that Discord counts by
/// (channel, guild, or webhook with token).
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) struct Route {
    pub(super) template: String,
    pub(super) major: String,
    /// Counts against the global limit; interactions' endpoints don't.
    pub(super) global: bool,
}

/// Keeps requests within the limits, by the injected clock.
pub(super) struct Limits {
    clock: Clock,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    /// Nobody sends anything before this.
    paused: Duration,
    /// The current second, and what was sent in it.
    window: Duration,
    sent: u32,
    /// The bucket that Discord assigned to a route.
    names: HashMap<String, String>,
    buckets: HashMap<(String, String), Bucket>,
}

struct Bucket {
    remaining: u32,
    resets: Duration,
}

/// What a 429 says.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct TooMany {
    pub(super) retry_after: Duration,
    pub(super) global: bool,
}

impl Limits {
    pub(super) fn new(clock: Clock) -> Limits {
        Limits { clock, state: Mutex::new(State::default()) }
    }

    /// Waits until a request of this route may go out, and counts it.
    ///
    /// # Errors
    /// If that would take longer than `patience` in all: how long it would take from now. Nothing is counted then.
    pub(super) async fn take(&self, route: &Route, patience: Duration) -> Result<(), Duration> {
        let until = self.clock.elapsed() + patience;
        while let Some(wait) = self.try_take(route) {
            if self.clock.elapsed() + wait > until {
                return Err(wait);
            }
            self.clock.sleep(wait).await;
        }
        Ok(())
    }

    /// How long to wait; `None`: counted, go.
    fn try_take(&self, route: &Route) -> Option<Duration> {
        let now = self.clock.elapsed();
        let mut state = self.lock();
        if route.global && state.paused > now {
            return Some(state.paused - now);
        }
        if now >= state.window + SECOND {
            state.window = now;
            state.sent = 0;
        }
        if route.global && state.sent >= GLOBAL {
            return Some(state.window + SECOND - now);
        }
        let key = state.key(route);
        if let Some(bucket) = state.buckets.get_mut(&key) {
            if bucket.resets <= now {
                state.buckets.remove(&key);
            } else if bucket.remaining == 0 {
                return Some(bucket.resets - now);
            } else {
                bucket.remaining -= 1;
            }
        }
        if route.global {
            state.sent += 1;
        }
        None
    }

    /// Learns from an answer's headers. What can't be read is ignored: it must never lead to sending again.
    pub(super) fn learn(&self, route: &Route, headers: &HeaderMap) {
        let text = |name: &str| headers.get(name).and_then(|value| value.to_str().ok());
        let (Some(name), Some(remaining), Some(after)) = (
            text("x-ratelimit-bucket"),
            text("x-ratelimit-remaining").and_then(|text| text.parse::<f64>().ok()),
            text("x-ratelimit-reset-after").and_then(seconds),
        ) else {
            return;
        };
        let now = self.clock.elapsed();
        let mut state = self.lock();
        state.names.insert(route.template.clone(), name.to_owned());
        let resets = now + after;
        let key = state.key(route);
        // Whole and small in fact; anything else counts as "none left until the reset".
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "clamped to 0..=1000")]
        let remaining = if remaining.is_finite() { remaining.clamp(0.0, 1000.0) as u32 } else { 0 };
        let bucket = state.buckets.entry(key).or_insert(Bucket { remaining, resets });
        // Requests in flight have been taken off already: within a window the count only falls.
        let same_window = bucket.resets > now && bucket.resets.abs_diff(resets) < Duration::from_millis(500);
        bucket.remaining = if same_window { bucket.remaining.min(remaining) } else { remaining };
        bucket.resets = resets;
        if state.buckets.len() > 500 {
            state.buckets.retain(|_, bucket| bucket.resets > now);
        }
    }

    /// Honours a 429.
    pub(super) fn pause(&self, route: &Route, too_many: TooMany) {
        let now = self.clock.elapsed();
        let until = now + too_many.retry_after;
        let mut state = self.lock();
        if too_many.global {
            state.paused = state.paused.max(until);
        } else {
            let key = state.key(route);
            state.buckets.insert(key, Bucket { remaining: 0, resets: until });
        }
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    fn key(&self, route: &Route) -> (String, String) {
        let name = self.names.get(&route.template).unwrap_or(&route.template);
        (name.clone(), route.major.clone())
    }
}

/// What a 429 says, from its body or its headers; a second if it says nothing.
pub(super) fn too_many(headers: &HeaderMap, body: &Value) -> TooMany {
    let header = headers.get("retry-after").and_then(|value| value.to_str().ok()).and_then(seconds);
    let body_says = body["retry_after"].as_f64().and_then(duration);
    TooMany {
        retry_after: body_says.or(header).unwrap_or(SECOND),
        global: body["global"] == true || headers.contains_key("x-ratelimit-global"),
    }
}

fn seconds(text: &str) -> Option<Duration> {
    text.parse().ok().and_then(duration)
}

/// Seconds as a time between nothing and a day.
fn duration(seconds: f64) -> Option<Duration> {
    (seconds.is_finite()).then(|| Duration::from_secs_f64(seconds.clamp(0.0, 86_400.0)))
}

#[cfg(test)]
mod tests {
    use jiff::Timestamp;

    use super::*;

    fn route(major: &str) -> Route {
        Route { template: "POST /channels/:id/messages".into(), major: major.into(), global: true }
    }

    fn headers(all: &[(&'static str, &'static str)]) -> HeaderMap {
        let mut map = HeaderMap::new();
        for (name, value) in all {
            map.insert(*name, value.parse().expect("a header"));
        }
        map
    }

    #[test]
    fn a_used_up_bucket_waits_for_its_reset_and_others_go_on() {
        let (clock, hand) = Clock::manual(Timestamp::UNIX_EPOCH);
        let limits = Limits::new(clock);
        assert_eq!(limits.try_take(&route("1")), None);
        limits.learn(
            &route("1"),
            &headers(&[
                ("x-ratelimit-bucket", "abc"),
                ("x-ratelimit-remaining", "1"),
                ("x-ratelimit-reset-after", "2.5"),
            ]),
        );
        assert_eq!(limits.try_take(&route("1")), None);
        assert_eq!(limits.try_take(&route("1")), Some(Duration::from_millis(2500)));
        assert_eq!(limits.try_take(&route("2")), None);
        hand.advance(Duration::from_millis(2500));
        assert_eq!(limits.try_take(&route("1")), None);
    }

    #[test]
    fn no_more_than_fifty_requests_leave_in_a_second() {
        let (clock, hand) = Clock::manual(Timestamp::UNIX_EPOCH);
        let limits = Limits::new(clock);
        assert!((0..50).all(|n| limits.try_take(&route(&n.to_string())).is_none()));
        assert_eq!(limits.try_take(&route("x")), Some(SECOND));
        let reply = Route { global: false, ..route("y") };
        assert_eq!(limits.try_take(&reply), None);
        hand.advance(SECOND);
        assert_eq!(limits.try_take(&route("x")), None);
    }

    #[test]
    fn a_global_429_pauses_everything_and_one_of_a_bucket_only_that() {
        let (clock, hand) = Clock::manual(Timestamp::UNIX_EPOCH);
        let limits = Limits::new(clock);
        let global =
            too_many(&headers(&[("retry-after", "3"), ("x-ratelimit-global", "true")]), &Value::Null);
        assert_eq!(global, TooMany { retry_after: Duration::from_secs(3), global: true });
        limits.pause(&route("1"), global);
        assert_eq!(limits.try_take(&route("2")), Some(Duration::from_secs(3)));
        hand.advance(Duration::from_secs(3));
        let one = too_many(&HeaderMap::new(), &serde_json::json!({"retry_after": 0.5}));
        limits.pause(&route("1"), one);
        assert_eq!(limits.try_take(&route("2")), None);
        assert_eq!(limits.try_take(&route("1")), Some(Duration::from_millis(500)));
    }

    #[tokio::test]
    async fn nobody_waits_longer_than_their_patience() {
        let limits = Limits::new(Clock::manual(Timestamp::UNIX_EPOCH).0);
        let day = TooMany { retry_after: Duration::from_secs(86_400), global: false };
        limits.pause(&route("1"), day);
        let patience = Duration::from_secs(30);
        assert_eq!(limits.take(&route("1"), patience).await, Err(day.retry_after));
        assert_eq!(limits.take(&route("2"), patience).await, Ok(()));
        limits.pause(&route("2"), TooMany { global: true, ..day });
        assert_eq!(limits.take(&route("3"), patience).await, Err(day.retry_after));
    }

    #[test]
    fn headers_that_can_not_be_read_are_ignored() {
        let limits = Limits::new(Clock::manual(Timestamp::UNIX_EPOCH).0);
        limits.learn(&route("1"), &headers(&[("x-ratelimit-bucket", "a"), ("x-ratelimit-remaining", "?")]));
        assert_eq!(limits.try_take(&route("1")), None);
        assert_eq!(too_many(&headers(&[("retry-after", "soon")]), &Value::Null).retry_after, SECOND);
    }
}
