//! What is asked of Windows' log: structured XPath over the ids of [`EVENT_IDS`]. Pure.
//!
//! Ids are selected whoever wrote them, since somebody else's event that says what ours says must be seen
//! (and counts for nothing): but id 0, which every .NET service writes, only of the listed providers.

use crate::report::{COUNTED_HOURS, EVENT_IDS, PROVIDERS};

use super::window::ADMIN_ACTIONS;

/// The most terms in one expression. Windows refuses longer ones (`ERROR_EVT_FILTER_TOO_COMPLEX`); its own viewer
/// stops at about twenty.
const MAX_TERMS: usize = 10;

/// The relevant events of the last 72 hours, and administrators' actions of any age.
pub fn backlog(log: &str) -> String {
    let recent = format!("TimeCreated[timediff(@SystemTime) <= {}]", COUNTED_HOURS * 3_600_000);
    let mut selects: Vec<String> = ids().iter().map(|ids| format!("{ids} and {recent}")).collect();
    selects.extend(terms(ADMIN_ACTIONS.iter().copied()));
    list(log, &selects)
}

/// The relevant events of any age, for what is written from a bookmark on.
pub fn all(log: &str) -> String {
    list(log, &ids())
}

/// One record.
pub fn record(log: &str, number: u64) -> String {
    list(log, &[format!("EventRecordID={number}")])
}

/// Every record of the log: the newest of them is where it ends, found without a search.
pub fn end(log: &str) -> String {
    list(log, &["EventRecordID>=1".to_owned()])
}

/// Conditions that together select every relevant id.
fn ids() -> Vec<String> {
    let providers: Vec<String> = PROVIDERS.iter().map(|name| format!("@Name='{name}'")).collect();
    let mut all = terms(EVENT_IDS.iter().copied().filter(|id| *id != 0));
    all.push(format!("EventID=0 and Provider[{}]", providers.join(" or ")));
    all
}

/// Ids as conditions of bounded length, neighbours as ranges.
fn terms(ids: impl Iterator<Item = u32>) -> Vec<String> {
    let mut ids: Vec<u32> = ids.collect();
    ids.sort_unstable();
    let mut ranges: Vec<(u32, u32)> = Vec::new();
    for id in ids {
        match ranges.last_mut() {
            Some((_, last)) if id <= *last + 1 => *last = id,
            _ => ranges.push((id, id)),
        }
    }
    let term = |(first, last): &(u32, u32)| match first == last {
        true => format!("EventID={first}"),
        false => format!("(EventID>={first} and EventID<={last})"),
    };
    // A range has two comparisons.
    let chunks = ranges.chunks(MAX_TERMS / 2);
    chunks.map(|chunk| format!("({})", chunk.iter().map(term).collect::<Vec<_>>().join(" or "))).collect()
}

fn list(log: &str, conditions: &[String]) -> String {
    let log = escaped(log);
    let select =
        |condition: &String| format!("<Select Path=\"{log}\">*[System[{}]]</Select>", escaped(condition));
    let selects: String = conditions.iter().map(select).collect();
    format!("<QueryList><Query Id=\"0\" Path=\"{log}\">{selects}</Query></QueryList>")
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The conditions of a query, as XPath.
    fn conditions(query: &str) -> Vec<String> {
        let unescaped = query.replace("&lt;", "<").replace("&gt;", ">");
        let conditions = unescaped.split("*[System[").skip(1).map(|rest| rest.split("]]<").next());
        conditions.map(|condition| condition.expect("closed").to_owned()).collect()
    }

    /// Whether a condition selects an id, by its own small reading of it.
    fn selects(condition: &str, id: u32) -> bool {
        let numbers = |mark: &str| -> Vec<u32> {
            let found = condition.split(mark).skip(1).map(|rest| {
                rest.chars().take_while(char::is_ascii_digit).collect::<String>().parse().expect("a number")
            });
            found.collect()
        };
        let (from, until) = (numbers("EventID>="), numbers("EventID<="));
        numbers("EventID=").contains(&id)
            || from.iter().zip(&until).any(|(from, until)| (*from..=*until).contains(&id))
    }

    #[test]
    fn every_relevant_id_is_asked_for_and_no_other() {
        for query in [all("Application"), backlog("Application")] {
            for id in 0..=10_000 {
                let selected = conditions(&query).iter().any(|condition| selects(condition, id));
                assert_eq!(selected, EVENT_IDS.contains(&id), "{id} in {query}");
            }
        }
    }

    #[test]
    fn the_backlog_is_bounded_in_time_but_for_administrators_actions() {
        let query = backlog("Application");
        let free: Vec<String> =
            conditions(&query).into_iter().filter(|condition| !condition.contains("timediff")).collect();
        let ids: Vec<u32> = (0..=10_000).filter(|id| free.iter().any(|it| selects(it, *id))).collect();
        assert_eq!(ids, ADMIN_ACTIONS);
        assert!(query.contains("timediff(@SystemTime) &lt;= 259200000"), "{query}");
    }

    #[test]
    fn no_expression_is_longer_than_windows_takes() {
        for query in [all("Application"), backlog("Application")] {
            for condition in conditions(&query) {
                let comparisons = condition.matches('=').count();
                assert!(comparisons <= MAX_TERMS + 1, "{comparisons} in {condition}");
            }
        }
    }

    #[test]
    fn a_logs_name_can_not_reach_out_of_its_place() {
        let query = record("A\"/><Select>&", 7);
        assert!(query.contains("Path=\"A&quot;/&gt;&lt;Select&gt;&amp;\""), "{query}");
    }
}
