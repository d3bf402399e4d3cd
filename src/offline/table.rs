//! The table that `Get-WinEvent` prints by itself: one line an event, under the name of its provider.

use super::raw::{When, event_id};
use super::{labels, time};

/// Whether a line is the table's head: `TimeCreated  Id LevelDisplayName Message`.
pub(super) fn is_head(line: &str) -> bool {
    labels::fold(line) == "timecreatedidleveldisplaynamemessage"
}

/// One row: when, the id, and the message with the level's word before it.
pub(super) fn row(line: &str) -> Option<(When, u32, &str)> {
    let mut from = 0;
    for word in line.split_whitespace().take(8) {
        let at = from + line.get(from..)?.find(word)?;
        from = at + word.len();
        let is_number = word.len() <= 5 && word.chars().all(|c| c.is_ascii_digit());
        if at > 0 && is_number {
            let when = time::read(line.get(..at)?, None);
            if when != When::Unknown {
                let id = word.parse().ok().and_then(event_id)?;
                return Some((when, id, line.get(from..)?.trim()));
            }
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_row_is_told_from_a_line_of_a_message() {
        assert!(is_head("TimeCreated                     Id LevelDisplayName Message"));
        let (_, id, rest) =
            row("11/22/2026 2:00:00 AM         6900 Error            The server …").expect("a row");
        assert_eq!((id, rest), (6900, "Error            The server …"));
        assert!(row("22.11.2026 02:00:00            654 Informationen    Provision").is_some());
        assert_eq!(row("at 90 of 2026"), None);
        assert_eq!(row("-----------                     -- ---------------- -------"), None);
    }
}
