//! The server's event log: what of it matters here, bounded, cleaned and masked.
//!
//! - [`EventLog`]: what the rest of the agent asks of a log, whatever it lies in.
//! - [`window`]: the newest relevant events and the counts per id and hour.
//! - [`clean`]: one event's text without wrapper, tail and names.
//! - [`files`]: a log in a folder of JSON lines, for tests, the demo and servers that forward their events.
//! - [`system`]: the system's own log: backlog, then what is new; [`place`]: how far it was read, over restarts; [`taken`]: what counts no more;
//!   [`query`] and [`xml`]: what is asked of it, and its answers. The edge itself is `windows::eventlog`.
//! - [`aside`]: any of them, read by a thread of its own, so that one that does not answer keeps nobody.

pub mod aside;
pub mod clean;
pub mod files;
pub mod place;
pub mod query;
pub mod system;
pub mod taken;
pub mod window;
pub mod xml;

use std::sync::Arc;

use jiff::Timestamp;

use crate::agent::config::{Config, Events};
use crate::report::{Event, Gap, HourCount};

/// The log that a configuration names, read by a thread of its own. `keeps` is for the one process that keeps how far it was
/// read: the running agent, whose bot waits less long than a person does.
///
/// # Errors
/// If this system has no such log.
pub fn open(config: &Config, keeps: bool, now: Timestamp) -> Result<Arc<dyn EventLog>, String> {
    let cleaner = clean::Cleaner { names_allowed: config.names_allowed };
    let patience = if keeps { aside::FOR_THE_BOT } else { aside::FOR_A_PERSON };
    let aside = match &config.events {
        Events::Files(folder) => aside::Aside::new(files::EventFiles::new(folder, cleaner), patience),
        #[cfg(windows)]
        Events::Log(name) => {
            let place = place::Place::load(&config.data, name, now);
            let source = crate::agent::windows::eventlog::Channel::new(name);
            let keeps = keeps.then(|| config.data.clone());
            aside::Aside::new(system::SystemLog::new(source, cleaner, place, keeps), patience)
        }
        #[cfg(not(windows))]
        Events::Log(name) => {
            let _ = now;
            return Err(format!(
                "[events] log = \"{name}\": only Windows has such a log; name a folder with files"
            ));
        }
    };
    aside
        .map(|log| Arc::new(log) as Arc<dyn EventLog>)
        .map_err(|error| format!("the event log's thread: {error}"))
}

/// A log of events. Reading may block; callers do it where blocking is allowed.
pub trait EventLog: Send + Sync {
    /// The relevant backlog as of `now`. Never fails: what can't be read is a gap.
    fn read(&self, now: Timestamp) -> Backlog;
}

/// The relevant part of a log.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Backlog {
    /// When it was read; `None` if nothing could be.
    pub read_at: Option<Timestamp>,
    /// The relevant events, newest last, their text cleaned and cut.
    pub events: Vec<Event>,
    /// How often each id was seen in each hour.
    pub counts: Vec<HourCount>,
    /// What could not be read, and why.
    pub gaps: Vec<Gap>,
    /// Events of the counted time that were left out.
    pub left_out: u32,
    /// Events whose text was shortened.
    pub shortened: u32,
}
