//! The story's time: it flows as real time does, and jumps in small steps.

use std::time::Duration;

use jiff::Timestamp;
use syncmedic::clock::Hand;

use super::Story;

impl Story {
    /// The story's time.
    pub(crate) fn now(&self) -> Timestamp {
        self.clock.now()
    }

    /// Lets time pass in small steps.
    pub(crate) async fn pass(&self, time: Duration) {
        self.step_by(Duration::from_secs(5), time).await;
    }

    /// Lets time pass until that moment.
    pub(crate) async fn pass_until(&self, at: &str) {
        let at: Timestamp = at.parse().expect("a time");
        self.pass(Duration::try_from(at.duration_since(self.now())).expect("it is still to come")).await;
    }

    /// Lets hours pass in which nobody does anything but the servers: for a bot that is down.
    pub(crate) async fn leap(&self, time: Duration) {
        self.step_by(Duration::from_secs(600), time).await;
    }

    /// Lets time pass until something is so; gives up after three hours of the story's time.
    pub(crate) async fn until<T>(&self, what: &str, mut is: impl AsyncFnMut() -> Option<T>) -> T {
        for _ in 0..(3 * 3600 / 5) {
            if let Some(found) = is().await {
                return found;
            }
            self.pass(Duration::from_secs(5)).await;
        }
        panic!("in vain: {what}; unread: {:?}", self.discord.unread());
    }

    async fn step_by(&self, step: Duration, time: Duration) {
        let mut left = time;
        while !left.is_zero() {
            let step = left.min(step);
            self.hand.advance(step);
            left -= step;
            self.breathe().await;
        }
    }

    /// Gives everybody a moment of real time to do what is due.
    async fn breathe(&self) {
        tokio::time::sleep(Duration::from_millis(15)).await;
    }
}

/// Time flows as in life, so that short waits end by themselves.
pub(super) async fn flow(hand: Hand) {
    const BEAT: Duration = Duration::from_millis(10);
    loop {
        tokio::time::sleep(BEAT).await;
        hand.advance(BEAT);
    }
}
