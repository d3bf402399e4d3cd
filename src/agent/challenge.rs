//! Challenges: random, single-use, short-lived, in memory only. The real protection against a grant delivered
//! twice or late: it holds whatever happens to the wall clock, and a restart forgets them all.

use std::collections::VecDeque;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use crate::clock::Clock;
use crate::plan::Digest;
use crate::random::Random;

/// How long a challenge is good for, on the monotonic clock.
pub const LIFETIME: Duration = Duration::from_secs(120);
/// The most challenges that are open; the oldest gives way.
const MOST: usize = 64;

/// The open challenges of one agent.
pub struct Challenges {
    clock: Clock,
    random: Random,
    open: Mutex<VecDeque<Open>>,
}

struct Open {
    challenge: String,
    plan: Digest,
    issued: Duration,
}

/// Why a challenge is not good.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum ChallengeError {
    /// Never issued, used already, or forgotten in a restart.
    #[error("the challenge is not one of this agent's open ones: plan again")]
    Unknown,
    /// Issued too long ago.
    #[error("the challenge is older than 2 minutes: plan again")]
    Expired,
    /// Issued for another plan.
    #[error("the challenge was issued for another plan: plan again")]
    OtherPlan,
}

impl ChallengeError {
    /// The stable code.
    pub fn code(self) -> &'static str {
        match self {
            ChallengeError::Unknown => "challenge-unknown",
            ChallengeError::Expired => "challenge-expired",
            ChallengeError::OtherPlan => "challenge-other-plan",
        }
    }
}

impl Challenges {
    /// None are open.
    pub fn new(clock: Clock, random: Random) -> Challenges {
        Challenges { clock, random, open: Mutex::default() }
    }

    /// A new challenge for a plan: 128 random bits as 32 hex digits.
    pub fn issue(&self, plan: Digest) -> String {
        let challenge = self.random.id();
        let mut open = self.open.lock().unwrap_or_else(PoisonError::into_inner);
        if open.len() >= MOST {
            open.pop_front();
        }
        open.push_back(Open { challenge: challenge.clone(), plan, issued: self.clock.elapsed() });
        challenge
    }

    /// Uses a challenge up, whether it is good or not.
    ///
    /// # Errors
    /// [`ChallengeError`].
    pub fn redeem(&self, challenge: &str, plan: Digest) -> Result<(), ChallengeError> {
        let mut open = self.open.lock().unwrap_or_else(PoisonError::into_inner);
        let at = open.iter().position(|o| o.challenge == challenge).ok_or(ChallengeError::Unknown)?;
        let found = open.remove(at).ok_or(ChallengeError::Unknown)?;
        if self.clock.elapsed().saturating_sub(found.issued) > LIFETIME {
            return Err(ChallengeError::Expired);
        }
        if found.plan == plan { Ok(()) } else { Err(ChallengeError::OtherPlan) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn challenges() -> (Challenges, crate::clock::Hand) {
        let (clock, hand) = Clock::manual(jiff::Timestamp::UNIX_EPOCH);
        (Challenges::new(clock, Random::seeded(1)), hand)
    }

    #[test]
    fn a_challenge_is_good_once() {
        let (challenges, _) = challenges();
        let plan = Digest::of(b"plan");
        let challenge = challenges.issue(plan);
        assert_eq!(challenges.redeem(&challenge, plan), Ok(()));
        assert_eq!(challenges.redeem(&challenge, plan), Err(ChallengeError::Unknown));
    }

    #[test]
    fn a_challenge_shown_with_another_plan_is_used_up() {
        let (challenges, _) = challenges();
        let plan = Digest::of(b"plan");
        let challenge = challenges.issue(plan);
        assert_eq!(challenges.redeem(&challenge, Digest::of(b"x")), Err(ChallengeError::OtherPlan));
        assert_eq!(challenges.redeem(&challenge, plan), Err(ChallengeError::Unknown));
    }

    #[test]
    fn a_challenge_dies_after_two_minutes_even_if_the_wall_clock_is_set_back() {
        let (challenges, hand) = challenges();
        let plan = Digest::of(b"plan");
        let (early, late) = (challenges.issue(plan), challenges.issue(plan));
        hand.advance(LIFETIME);
        assert_eq!(challenges.redeem(&early, plan), Ok(()));
        hand.advance(Duration::from_millis(1));
        hand.set_wall(jiff::Timestamp::UNIX_EPOCH);
        assert_eq!(challenges.redeem(&late, plan), Err(ChallengeError::Expired));
    }

    #[test]
    fn the_number_of_open_challenges_is_bounded() {
        let (challenges, _) = challenges();
        let plan = Digest::of(b"plan");
        let first = challenges.issue(plan);
        for _ in 0..MOST {
            challenges.issue(plan);
        }
        assert_eq!(challenges.redeem(&first, plan), Err(ChallengeError::Unknown));
    }
}
