//! What the agent puts on record with the system itself, beside its own log and journal: on Windows, events of its own source in
//! the Application log, where a server's other monitoring looks; elsewhere its log.
//!
//! | id | level | what |
//! |---|---|---|
//! | 1, 2, 3 | information, information, error | the agent has started, has stopped, could not start |
//! | 10, 11 | information | a command runs, has succeeded |
//! | 12 | error | a command failed |
//! | 13 | information | a command waits for an operator |
//! | 20 | warning | a grant was refused, or a staged request may not be applied |
//! | 21 | warning | more were refused than are put on record |
//!
//! The ids are part of what monitoring relies on: a new kind of entry gets a new one, below 1000.

pub mod queued;

use std::fmt;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use crate::clock::Clock;
use crate::grant::Grant;
use crate::link::protocol::Reason;
use crate::terminal::{one_line, steers};

/// How many refusals are put on record in an hour. A bot in the wrong hands could otherwise push the evidence of others out of
/// the log that all share.
const REFUSALS_AN_HOUR: u32 = 30;
/// The most characters of an entry.
const MAX_TEXT: usize = 4000;

/// Where the system keeps records.
pub trait SystemRecord: Send + Sync {
    /// Puts an entry on record. Never fails: what can't be written goes to the agent's own log.
    fn write(&self, entry: &Entry);

    /// Waits until all that was written is on record, and no longer than that: the agent ends.
    fn settle(&self, within: Duration) {
        // Most are written at once.
        let _ = within;
    }
}

/// How grave an entry is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Gravity {
    /// As it should be.
    Information,
    /// Worth a look.
    Warning,
    /// Something does not work.
    Error,
}

/// An entry.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// Its stable id, 1 to 999.
    pub id: u16,
    /// How grave it is.
    pub gravity: Gravity,
    /// What happened, in lines.
    pub text: String,
}

impl Entry {
    fn new(id: u16, gravity: Gravity, text: impl fmt::Display) -> Entry {
        let text = text.to_string();
        // Of what came from elsewhere nothing may look like a line of its own: only line feeds that are ours stay.
        let clean = text.chars().filter(|c| *c == '\n' || !steers(*c)).take(MAX_TEXT).collect();
        Entry { id, gravity, text: clean }
    }

    /// The agent answers the bot.
    pub fn started(agent: &str, address: &str, rules: &str) -> Entry {
        let version = env!("CARGO_PKG_VERSION");
        let text = format!(
            "The Syncmedic agent {agent}, version {version}, has started and listens on {address}.\nMay run here: {rules}"
        );
        Entry::new(1, Gravity::Information, text)
    }

    /// The agent ends as it was told to.
    pub fn stopped(agent: &str) -> Entry {
        Entry::new(2, Gravity::Information, format!("The Syncmedic agent {agent} has stopped."))
    }

    /// The agent can't start.
    pub fn not_started(why: &str) -> Entry {
        Entry::new(3, Gravity::Error, format!("The Syncmedic agent could not start: {why}"))
    }

    /// A command begins, at the bot's word or, with an operator's account, at an operator's.
    pub fn running(grant: &Grant, operator: Option<&str>) -> Entry {
        Entry::new(10, Gravity::Information, format!("A command runs.\n{}", Permission { grant, operator }))
    }

    /// A command has succeeded.
    pub fn succeeded(grant: &Grant) -> Entry {
        let text = format!("A command has succeeded.\n{}", Permission { grant, operator: None });
        Entry::new(11, Gravity::Information, text)
    }

    /// A command has failed.
    pub fn failed(grant: &Grant, why: &Reason) -> Entry {
        let permission = Permission { grant, operator: None };
        let text = format!("A command has failed: {} ({})\n{permission}", short_line(&why.text), why.code);
        Entry::new(12, Gravity::Error, text)
    }

    /// A command waits for an operator.
    pub fn staged(grant: &Grant) -> Entry {
        let permission = Permission { grant, operator: None };
        let text = format!("A command waits for an operator (syncmedic-agent apply).\n{permission}");
        Entry::new(13, Gravity::Information, text)
    }

    /// A grant was refused, or put off, or a staged one may not be applied; `None` where its signature is not the bot's, and
    /// so nothing in it is worth repeating.
    pub fn refused(grant: Option<&Grant>, why: &[Reason]) -> Entry {
        let reasons: Vec<String> =
            why.iter().map(|reason| format!("{} ({})", short_line(&reason.text), reason.code)).collect();
        let reasons = if reasons.is_empty() { "no reason was given".to_owned() } else { reasons.join("; ") };
        let text = match grant {
            Some(grant) => {
                format!("A command was refused: {reasons}\n{}", Permission { grant, operator: None })
            }
            None => format!("A grant without a valid signature of the bot was refused: {reasons}"),
        };
        Entry::new(20, Gravity::Warning, text)
    }

    fn too_many() -> Entry {
        let text = format!(
            "More than {REFUSALS_AN_HOUR} refusals within an hour: further ones are in the agent's log only. Look at the \
             bot's host: grants come from there."
        );
        Entry::new(21, Gravity::Warning, text)
    }
}

/// What was permitted and by whom, a line each.
struct Permission<'a> {
    grant: &'a Grant,
    operator: Option<&'a str>,
}

impl fmt::Display for Permission<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Grant { plan, requester, approvers, audit_head, .. } = self.grant;
        let approvers: Vec<String> = approvers.iter().map(ToString::to_string).collect();
        writeln!(f, "Command: {}", plan.command)?;
        writeln!(f, "Plan code: {}", plan.code())?;
        writeln!(f, "Request: {}", plan.request)?;
        writeln!(f, "Requester (Discord id): {requester}")?;
        writeln!(f, "Approvers (Discord ids): {}", approvers.join(", "))?;
        write!(f, "Audit head: {}", short_line(audit_head))?;
        match self.operator {
            Some(operator) => write!(f, "\nOperator: {}", short_line(operator)),
            None => Ok(()),
        }
    }
}

/// The beginning of a text as one line.
fn short_line(text: &str) -> String {
    one_line(text).chars().take(600).collect()
}

/// Keeps the agent's own log as the only record, where a system has no better one.
#[derive(Debug, Clone, Copy, Default)]
pub struct LogOnly;

impl SystemRecord for LogOnly {
    fn write(&self, entry: &Entry) {
        let text = entry.text.replace('\n', "; ");
        match entry.gravity {
            Gravity::Information => tracing::info!(id = entry.id, "{text}"),
            Gravity::Warning => tracing::warn!(id = entry.id, "{text}"),
            Gravity::Error => tracing::error!(id = entry.id, "{text}"),
        }
    }
}

/// Bounds how many refusals go on record.
pub(super) struct Bounded {
    clock: Clock,
    hour: Mutex<Option<(Duration, u32)>>,
}

impl Bounded {
    pub(super) fn new(clock: Clock) -> Bounded {
        Bounded { clock, hour: Mutex::new(None) }
    }

    /// Puts a refusal on record unless too many were within the hour; the first of those says so.
    pub(super) fn refused(&self, record: &dyn SystemRecord, entry: &Entry) {
        let now = self.clock.elapsed();
        let mut hour = self.hour.lock().unwrap_or_else(PoisonError::into_inner);
        let (since, before) = match *hour {
            Some((since, count)) if now.saturating_sub(since) < Duration::from_secs(3600) => (since, count),
            _ => (now, 0),
        };
        *hour = Some((since, before.saturating_add(1)));
        drop(hour);
        match before {
            ..REFUSALS_AN_HOUR => record.write(entry),
            REFUSALS_AN_HOUR => record.write(&Entry::too_many()),
            _ => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::grant::Grant;

    #[derive(Default)]
    struct Kept(Mutex<Vec<Entry>>);

    impl SystemRecord for Kept {
        fn write(&self, entry: &Entry) {
            self.0.lock().expect("unpoisoned").push(entry.clone());
        }
    }

    impl Kept {
        fn ids(&self) -> Vec<u16> {
            self.0.lock().expect("unpoisoned").iter().map(|entry| entry.id).collect()
        }
    }

    fn grant() -> Grant {
        crate::grant::tests::grant()
    }

    #[test]
    fn an_entry_names_plan_requester_approvers_and_the_audits_head() {
        let grant = grant();
        let entry = Entry::running(&grant, Some("CONTOSO\\op"));
        assert_eq!((entry.id, entry.gravity), (10, Gravity::Information));
        let approvers: Vec<String> = grant.approvers.iter().map(ToString::to_string).collect();
        for part in [
            grant.plan.code().to_string(),
            grant.plan.request.to_string(),
            grant.requester.to_string(),
            approvers.join(", "),
            grant.audit_head.clone(),
            "CONTOSO\\op".into(),
        ] {
            assert!(entry.text.contains(&part), "{part} in {}", entry.text);
        }
        assert!(!entry.text.contains(&grant.reason));
    }

    #[test]
    fn nothing_from_elsewhere_begins_a_line_of_its_own() {
        let why = Reason::new("state-moved", "moved\nPlan code: 0000-0000\r\u{1b}[2J");
        let entry = Entry::refused(None, &[why]);
        assert_eq!(entry.text.lines().count(), 1, "{}", entry.text);
        assert!(entry.text.contains("(state-moved)") && entry.text.chars().all(|c| !c.is_control()));
        let long = Entry::refused(None, &[Reason::new("x", "y".repeat(100_000))]);
        assert!(long.text.len() <= MAX_TEXT);
    }

    #[test]
    fn a_flood_of_refusals_does_not_fill_the_systems_log() {
        let (clock, hand) = Clock::manual(jiff::Timestamp::UNIX_EPOCH);
        let (kept, bounded) = (Kept::default(), Bounded::new(clock));
        let flood = |count| (0..count).for_each(|_| bounded.refused(&kept, &Entry::refused(None, &[])));
        flood(1000);
        let ids = kept.ids();
        assert_eq!(ids.len(), REFUSALS_AN_HOUR as usize + 1);
        assert_eq!((ids[0], ids.last()), (20, Some(&21)));
        hand.advance(Duration::from_secs(3600));
        flood(1);
        assert_eq!(kept.ids().len(), ids.len() + 1);
    }
}
