//! The loop that carries every open request on. It works from what is stored alone: after a restart the first
//! round finds each request where it was left.

use std::collections::HashMap;
use std::future::Future;
use std::time::Duration;

use futures_util::future::join_all;
use jiff::{SignedDuration, Timestamp};

use super::Requests;
use crate::gate::{Request, State};
use crate::ids::RequestId;

/// How often a request that is about to run, or runs, is looked at.
const PACE: Duration = Duration::from_secs(1);

/// How often the others are, unless something wakes the driver first.
const CALM: Duration = Duration::from_secs(30);

/// How long a request without an end is still observed for late proof.
const OBSERVED: SignedDuration = SignedDuration::from_hours(7 * 24);

impl Requests {
    /// Carries requests on until `shutdown` ends. A database that fails is tried again; nothing runs
    /// meanwhile.
    pub async fn drive(&self, shutdown: impl Future<Output = ()>) {
        tokio::pin!(shutdown);
        let mut retries = HashMap::new();
        loop {
            let wait = tokio::select! {
                biased;
                () = &mut shutdown => return,
                wait = self.round(&mut retries) => wait,
            };
            tokio::select! {
                () = &mut shutdown => return,
                () = self.0.changed.notified() => {}
                () = self.parts().clock.sleep(wait) => {}
            }
        }
    }

    /// Looks at each request once, all side by side: one slow server holds up nobody else's. Returns how long
    /// the driver may rest. `not_before` holds when an agent that was busy wants to be asked again.
    pub async fn round(&self, not_before: &mut HashMap<RequestId, Timestamp>) -> Duration {
        let since = self.parts().clock.now() - OBSERVED;
        let watched = match self.parts().store.watched_requests(since).await {
            Ok(watched) => watched,
            Err(error) => {
                tracing::error!(%error, "requests can't be read; trying again");
                return PACE;
            }
        };
        let looks = watched.into_iter().map(|request| {
            let (id, waits) = (request.id.clone(), not_before.get(&request.id).copied());
            async move { (id, self.step(request, waits).await) }
        });
        let looked = join_all(looks).await;
        not_before.clear();
        let mut wait = CALM;
        for (id, looked) in looked {
            match looked {
                Ok(looked) => {
                    wait = wait.min(pace(&looked.request));
                    not_before.extend(looked.not_before.map(|at| (id, at)));
                }
                Err(error) => {
                    // The store refused or something came out of order: look again, from what is stored.
                    tracing::warn!(request = %id, code = error.code(), %error, "a request did not move");
                    wait = PACE;
                }
            }
        }
        wait
    }
}

fn pace(request: &Request) -> Duration {
    match request.state {
        State::Approved | State::Running => PACE,
        _ => CALM,
    }
}
