//! Puts a report together, and keeps it small. Pure.

use jiff::Timestamp;

use crate::agent::eventlog::Backlog;
use crate::agent::eventlog::clean::cut;
use crate::agent::eventlog::window::newest_of_each;
use crate::agent::probe::Server;
use crate::ids::AgentId;
use crate::report::{Event, Gap, MAX_BYTES, Permits, Report, State, VERSION};

/// The newest events whose text is never shortened to make room.
const WHOLE_TEXTS: usize = 50;
/// Room for what is added while cutting: longer numbers, one more gap.
const MARGIN: usize = 512;
/// What older texts are shortened to where room is short, in characters.
const SHORT_TEXT: usize = 240;
/// The most gaps that are named.
const MAX_GAPS: usize = 40;

/// What a report is made of.
#[derive(Debug, Clone)]
pub struct Sources {
    /// Who says it.
    pub agent: AgentId,
    /// Which enrolment.
    pub generation: u32,
    /// What the configuration lets it run.
    pub permits: Permits,
    /// How the server is.
    pub server: Server,
    /// What its log says.
    pub backlog: Backlog,
    /// ADSync's state as last read.
    pub state: Option<State>,
    /// What of the state could not be read.
    pub state_gaps: Vec<Gap>,
    /// What else is wrong.
    pub other_gaps: Vec<Gap>,
    /// The server's clock.
    pub now: Timestamp,
}

/// The report of a server, at most [`MAX_BYTES`] long.
pub fn report(sources: Sources) -> Report {
    let Sources { agent, generation, permits, server, backlog, state, state_gaps, other_gaps, now } = sources;
    let state = state.map(|state| State {
        // The process list is fresher than what the script saw.
        wizard_open: server.wizard_open.or(state.wizard_open),
        ..state
    });
    let mut report = Report {
        v: VERSION,
        server: if server.name.is_empty() { agent.to_string() } else { cut(&server.name, 64).0 },
        agent,
        generation,
        agent_version: env!("CARGO_PKG_VERSION").into(),
        clock: now,
        appliance: server.appliance,
        events_at: backlog.read_at,
        events: backlog.events,
        counts: backlog.counts,
        state,
        gaps: bounded([other_gaps, server.gaps, state_gaps, backlog.gaps].concat()),
        cut: crate::report::Cut { events: backlog.left_out, texts: backlog.shortened },
        permits,
    };
    fit(&mut report);
    report
}

fn bounded(mut gaps: Vec<Gap>) -> Vec<Gap> {
    let more = gaps.len().saturating_sub(MAX_GAPS);
    gaps.truncate(MAX_GAPS);
    for gap in &mut gaps {
        *gap = Gap { what: cut(&gap.what, 80).0, why: cut(&gap.why, 400).0 };
    }
    if more > 0 {
        gaps.push(Gap { what: "gaps".into(), why: format!("{more} more things could not be read") });
    }
    gaps
}

/// Cuts a report until it fits: first old texts, then the oldest events but for the newest of each id and
/// connector, and in the end whatever is oldest.
fn fit(report: &mut Report) {
    if json_length(report) <= MAX_BYTES {
        return;
    }
    let newest = newest_of_each(report.events.iter());
    let old = report.events.len().saturating_sub(WHOLE_TEXTS);
    let texts = report.events.iter_mut().enumerate().take(old).filter(|(at, _)| !newest.contains(at));
    for (_, event) in texts {
        let already = event.text.ends_with('…');
        if let (text, true) = cut(&event.text, SHORT_TEXT) {
            event.text = text;
            report.cut.texts += u32::from(!already);
        }
    }
    let mut surplus = json_length(report).saturating_sub(MAX_BYTES - MARGIN);
    let mut at = 0;
    drop_events(report, &mut surplus, |_| {
        at += 1;
        !newest.contains(&(at - 1))
    });
    drop_events(report, &mut surplus, |_| true);
    if surplus > 0 {
        // Only counts can still be that long: their oldest hours go.
        let kept = report.counts.len() / 2;
        report.counts.drain(..report.counts.len() - kept);
        let why = "the oldest hours were left out to keep the report small".into();
        report.gaps.push(Gap { what: "counts".into(), why });
    }
}

fn drop_events(report: &mut Report, surplus: &mut usize, mut may_go: impl FnMut(&Event) -> bool) {
    let before = report.events.len();
    report.events.retain(|event| {
        let goes = may_go(event) && *surplus > 0;
        if goes {
            // With the comma after it.
            *surplus = surplus.saturating_sub(json_length(event) + 1);
        }
        !goes
    });
    let gone = u32::try_from(before - report.events.len()).unwrap_or(u32::MAX);
    report.cut.events = report.cut.events.saturating_add(gone);
}

fn json_length<T: serde::Serialize>(value: &T) -> usize {
    serde_json::to_vec(value).map_or(usize::MAX, |bytes| bytes.len())
}

#[cfg(test)]
mod tests {
    use jiff::SignedDuration;

    use super::*;
    use crate::report::{Appliance, ApplianceKind, HourCount};

    fn now() -> Timestamp {
        "2026-11-22T02:00:00Z".parse().expect("a time")
    }

    fn event(id: u32, minutes_ago: i64, text: String) -> Event {
        let at = now() - SignedDuration::from_mins(minutes_ago);
        Event { id, provider: Some("ADSync".into()), level: None, record: Some(1), at, connector: None, text }
    }

    fn sources(events: Vec<Event>) -> Sources {
        Sources {
            agent: "SYNC01".parse().expect("valid"),
            generation: 1,
            permits: Permits::default(),
            server: Server {
                name: "SYNC01".into(),
                appliance: Appliance { kind: ApplianceKind::Connect, build: None, services: Vec::new() },
                wizard_open: Some(true),
                gaps: Vec::new(),
            },
            backlog: Backlog { read_at: Some(now()), events, ..Backlog::default() },
            state: None,
            state_gaps: Vec::new(),
            other_gaps: Vec::new(),
            now: now(),
        }
    }

    fn bytes(report: &Report) -> Vec<u8> {
        serde_json::to_vec(report).expect("writes")
    }

    #[test]
    fn a_report_that_fits_is_not_cut() {
        let report = report(sources((0..100).map(|n| event(6900, 100 - n, "x".repeat(1000))).collect()));
        assert_eq!((report.cut.events, report.cut.texts, report.events.len()), (0, 0, 100));
    }

    #[test]
    fn a_report_is_never_too_long_and_keeps_the_newest_of_each_id() {
        let mut events = vec![event(2506, 4000, "who did it ".repeat(80)), event(654, 3000, "ping".into())];
        events.extend((0..2000).map(|n| event(6900, 2000 - n, "\u{1}\u{1f680}\"".repeat(300))));
        let report = report(sources(events));
        assert!(bytes(&report).len() <= MAX_BYTES);
        assert_eq!((report.events[0].id, report.events[1].id), (2506, 654));
        assert_eq!(report.events.len() + report.cut.events as usize, 2002);
        assert!(report.cut.texts > 0);
        assert_eq!(report.events.last().map(|e| e.text.chars().count()), Some(900));
        assert!(Report::from_json(&bytes(&report)).is_ok());
    }

    #[test]
    fn even_a_report_of_nothing_but_newest_events_counts_and_gaps_fits() {
        let mut sources = sources((0..2000).map(|n| event(n, 1, "x".repeat(1000))).collect());
        let gap = |n| Gap { what: "x".repeat(n), why: "y".repeat(n) };
        sources.other_gaps = (0..1000).map(gap).collect();
        let hour = |n| HourCount { hour: now(), id: n, count: u32::MAX };
        sources.backlog.counts = (0..4000).map(hour).collect();
        let report = report(sources);
        assert!(bytes(&report).len() <= MAX_BYTES, "{}", bytes(&report).len());
        assert_eq!(report.gaps.len(), MAX_GAPS + 1 + usize::from(report.counts.len() < 4000));
    }
}
