//! The parts that an event has in JSON.

/// How deep an event's own structure is followed.
pub(super) const MAX_DEPTH: usize = 6;

/// The parts that one event has.
pub(super) const PARTS: &[&str] = &["Event", "System", "winlog", "event", "log"];

/// Whether a field holds what the program handed over.
pub(super) fn is_data(key: &str) -> bool {
    const DATA: &[&str] = &[
        "Properties",
        "ReplacementStrings",
        "InsertionStrings",
        "EventData",
        "UserData",
        "Data",
        "event_data",
        "winlog.event_data",
    ];
    DATA.contains(&key)
}
