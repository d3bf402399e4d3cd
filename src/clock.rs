//! The one clock. Every room that needs "now" or must wait gets a [`Clock`]; nothing else reads the time.
//!
//! Two times live here. *Wall* time is what people and certificates use and can be set back; *monotonic*
//! time only grows and is what a challenge's lifetime is measured by. The programs use [`Clock::system`];
//! stories use [`Clock::manual`] and move time with its [`Hand`].

use std::fmt;
use std::sync::Arc;
use std::time::{Duration, Instant};

use jiff::{SignedDuration, Timestamp};
use tokio::sync::watch;

/// Tells the time and waits for it. Cheap to clone.
#[derive(Clone)]
pub struct Clock(Arc<Source>);

enum Source {
    System { started: Instant },
    Manual(watch::Receiver<Moment>),
}

#[derive(Clone, Copy)]
struct Moment {
    wall: Timestamp,
    elapsed: Duration,
}

/// Moves a manual clock.
#[derive(Clone)]
pub struct Hand(Arc<watch::Sender<Moment>>);

impl Clock {
    /// The machine's own clock.
    pub fn system() -> Clock {
        Clock(Arc::new(Source::System { started: Instant::now() }))
    }

    /// A clock that stands at `start` until its [`Hand`] moves it.
    pub fn manual(start: Timestamp) -> (Clock, Hand) {
        let (sender, receiver) = watch::channel(Moment { wall: start, elapsed: Duration::ZERO });
        (Clock(Arc::new(Source::Manual(receiver))), Hand(Arc::new(sender)))
    }

    /// Wall-clock time, UTC.
    pub fn now(&self) -> Timestamp {
        match &*self.0 {
            Source::System { .. } => Timestamp::now(),
            Source::Manual(moment) => moment.borrow().wall,
        }
    }

    /// Time since this clock was made; never goes back.
    pub fn elapsed(&self) -> Duration {
        match &*self.0 {
            Source::System { started } => started.elapsed(),
            Source::Manual(moment) => moment.borrow().elapsed,
        }
    }

    /// Waits until `duration` has passed.
    pub async fn sleep(&self, duration: Duration) {
        let until = self.elapsed() + duration;
        match &*self.0 {
            Source::System { .. } => tokio::time::sleep(duration).await,
            Source::Manual(moment) => wait(moment.clone(), |m| m.elapsed >= until).await,
        }
    }

    /// Waits until wall-clock time reaches `at`; returns at once if it already has.
    ///
    /// On the machine's clock the wait is cut into minutes, so that a clock that is set, or a machine that
    /// slept, is noticed.
    pub async fn sleep_until(&self, at: Timestamp) {
        match &*self.0 {
            Source::System { .. } => {
                while let Ok(left) = Duration::try_from(at.duration_since(Timestamp::now())) {
                    if left.is_zero() {
                        break;
                    }
                    tokio::time::sleep(left.min(Duration::from_secs(60))).await;
                }
            }
            Source::Manual(moment) => wait(moment.clone(), |m| m.wall >= at).await,
        }
    }
}

async fn wait(mut moment: watch::Receiver<Moment>, mut reached: impl FnMut(&Moment) -> bool) {
    if moment.wait_for(|m| reached(m)).await.is_err() {
        // The hand is gone: time stands still for ever.
        std::future::pending::<()>().await;
    }
}

impl Hand {
    /// Moves both times forward.
    pub fn advance(&self, by: Duration) {
        self.0.send_modify(|m| {
            m.wall += SignedDuration::try_from(by).unwrap_or(SignedDuration::ZERO);
            m.elapsed += by;
        });
    }

    /// Sets wall-clock time alone, as an administrator or a broken time source would.
    pub fn set_wall(&self, to: Timestamp) {
        self.0.send_modify(|m| m.wall = to);
    }
}

impl fmt::Debug for Clock {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &*self.0 {
            Source::System { .. } => f.write_str("Clock(system)"),
            Source::Manual(moment) => write!(f, "Clock(manual, {})", moment.borrow().wall),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_manual_clock_wakes_sleepers_only_when_the_hand_reaches_them() {
        let start: Timestamp = "2026-11-22T02:00:00Z".parse().expect("a time");
        let (clock, hand) = Clock::manual(start);
        let sleeper = tokio::spawn({
            let clock = clock.clone();
            async move {
                clock.sleep(Duration::from_secs(60)).await;
                clock.now()
            }
        });
        tokio::task::yield_now().await;
        hand.advance(Duration::from_secs(59));
        tokio::task::yield_now().await;
        assert!(!sleeper.is_finished());
        hand.advance(Duration::from_secs(1));
        assert_eq!(sleeper.await.expect("wakes"), start + SignedDuration::from_secs(60));
    }

    #[test]
    fn setting_the_wall_clock_back_leaves_monotonic_time_alone() {
        let start: Timestamp = "2026-11-22T02:00:00Z".parse().expect("a time");
        let (clock, hand) = Clock::manual(start);
        hand.advance(Duration::from_secs(10));
        hand.set_wall(start);
        assert_eq!(clock.now(), start);
        assert_eq!(clock.elapsed(), Duration::from_secs(10));
    }
}
