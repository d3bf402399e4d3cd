//! Waiting until something is so: by looking again and again, and with an end.
#![allow(dead_code, reason = "each harness uses its part")]

use std::time::{Duration, Instant};

/// How long anything may take before a test gives up on it: programs are slow to start where many do.
const PATIENCE: Duration = Duration::from_secs(120);

/// Between two looks.
const GLANCE: Duration = Duration::from_millis(20);

/// Looks again and again until something is so.
pub(crate) fn until<T>(what: &str, mut is: impl FnMut() -> Option<T>) -> T {
    let began = Instant::now();
    while began.elapsed() < PATIENCE {
        if let Some(found) = is() {
            return found;
        }
        std::thread::sleep(GLANCE);
    }
    panic!("in vain: {what}");
}

/// The same where looking is asking somebody.
pub(crate) async fn until_async<T>(what: &str, mut is: impl AsyncFnMut() -> Option<T>) -> T {
    let looking = async {
        loop {
            if let Some(found) = is().await {
                return found;
            }
            tokio::time::sleep(GLANCE).await;
        }
    };
    tokio::time::timeout(PATIENCE, looking).await.unwrap_or_else(|_| panic!("in vain: {what}"))
}
