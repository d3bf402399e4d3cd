//! The lines of a list that PowerShell broke at the console's edge, put together again.
//!
//! `Format-List` pads its labels and breaks what is too long for the console: between words where the language is English,
//! French, German, Italian, Portuguese or Spanish, and anywhere in all others; a word that is longer than the room is broken
//! anywhere. Each further line begins where the value began. Source: PowerShell's `StringManipulationHelper`.

use super::super::line::{self, COLON};

/// What is known of a console by the list that it printed.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Console {
    /// The width of its widest line.
    widest: usize,
    /// So many lines were broken within a word, and so many between two.
    within: usize,
    between: usize,
    /// So many reached the edge, and others went on.
    full: usize,
}

impl Console {
    /// What the beginning of a text tells, so that its first events are read as its others.
    pub(super) fn of(head: &str) -> Console {
        let mut console = Console::default();
        let Some(column) = head.lines().find_map(line::column) else { return console };
        let room_from = column + COLON.len();
        let is_listed = |line: &&str| line::column(line) == Some(column) || is_blank(line, room_from);
        head.lines().filter(is_listed).for_each(|line| console.see(line));
        let mut value = String::new();
        for line in head.lines() {
            if is_blank(line, room_from) && !value.is_empty() {
                value.extend(["\n", line]);
            } else {
                console.learn(&lines(&value, room_from), room_from);
                value = line.get(room_from..).unwrap_or_default().to_owned();
            }
        }
        console.learn(&lines(&value, room_from), room_from);
        console
    }

    /// Looks at a line of the list.
    pub(super) fn see(&mut self, line: &str) {
        self.widest = self.widest.max(width(line));
    }

    /// A value whose further lines are indented, as it was before; lines that were its own keep their indent. `column` is where
    /// the list's colons stand.
    pub(super) fn joined(&mut self, body: &str, column: usize) -> String {
        let room_from = column + COLON.len();
        let lines = lines(body, room_from);
        let edges = self.learn(&lines, room_from);
        // One full line may be full by chance; languages with wide characters have no spaces to break at.
        let is_told = self.within > 1 || self.full > 2 || body.contains(is_wide);
        Edges { anywhere: self.within > self.between && is_told, ..edges }.join(&lines, room_from)
    }

    /// Counts how a value's lines were broken, and gives where the edge is.
    fn learn(&mut self, lines: &[Line<'_>], room_from: usize) -> Edges {
        let edge = lines.iter().map(|line| line.ends).max().unwrap_or_default().max(self.widest);
        let edges = Edges { edge, room: edge.saturating_sub(room_from), anywhere: false };
        for (line, next) in lines.iter().zip(lines.iter().skip(1)) {
            let next = next.inner(room_from).unwrap_or_default();
            if edges.is_full(line, next) && !next.is_empty() {
                self.full += 1;
                let within = !line.text.ends_with(' ') && !next.starts_with(' ');
                self.within += usize::from(within && !edges.is_long(line, next));
            } else if edges.had_no_room(line, next) && !begins_a_line(next) {
                self.between += 1;
            }
        }
        edges
    }
}

/// A value's lines, of which the first begins behind the label.
fn lines(value: &str, room_from: usize) -> Vec<Line<'_>> {
    let line = |(at, text)| match at {
        0 => Line { text, ends: room_from + width(text), is_first: true },
        _ => Line { text, ends: width(text), is_first: false },
    };
    value.split('\n').enumerate().map(line).collect()
}

struct Line<'a> {
    text: &'a str,
    /// The column behind its last character.
    ends: usize,
    /// It stands beside the label.
    is_first: bool,
}

impl<'a> Line<'a> {
    /// A further line without its indent, if it has one.
    fn inner(&self, room_from: usize) -> Option<&'a str> {
        self.text.get(room_from..).filter(|_| is_blank(self.text, room_from))
    }
}

/// How a console breaks its lines.
struct Edges {
    edge: usize,
    /// The columns that a value has.
    room: usize,
    /// Within words that there is room for.
    anywhere: bool,
}

impl Edges {
    fn join(&self, lines: &[Line<'_>], room_from: usize) -> String {
        let mut out = String::new();
        let mut before: Option<&Line<'_>> = None;
        for line in lines {
            let Some(last) = before.replace(line) else {
                out.push_str(line.text);
                continue;
            };
            let inner = line.inner(room_from).filter(|_| !last.text.trim().is_empty());
            match inner.and_then(|inner| Some([self.between(last, inner)?, inner])) {
                Some(goes_on) => out.extend(goes_on),
                None => out.extend(["\n", line.text]),
            }
        }
        out
    }

    /// Whether a line reaches the edge; a wide character that does not fit leaves one column free.
    fn is_full(&self, line: &Line<'_>, next: &str) -> bool {
        line.ends == self.edge || line.ends + 1 == self.edge && next.starts_with(is_wide)
    }

    /// Whether the break would stand in a word that is longer than the room.
    fn is_long(&self, line: &Line<'_>, next: &str) -> bool {
        let last = line.text.rsplit(' ').next().unwrap_or_default();
        !line.text.contains(is_wide)
            && !last.ends_with([':', ',', ';', '>'])
            && width(last) + width(first_word(next)) + 1 > self.room
    }

    /// Whether the next word, with the space behind it, did not fit behind a line.
    fn had_no_room(&self, line: &Line<'_>, next: &str) -> bool {
        line.ends + usize::from(!line.text.ends_with(' ')) + width(first_word(next)) + 1 > self.edge
    }

    /// What stood between a line and the next where the edge broke them; `None`: a line's end.
    fn between(&self, line: &Line<'_>, next: &str) -> Option<&'static str> {
        let is_full = self.is_full(line, next);
        if self.anywhere {
            // A value's first line lost the space at its end.
            return match is_full {
                true => Some(""),
                false => (line.is_first && line.ends + 1 == self.edge).then_some(" "),
            };
        }
        let within_number = || {
            let is_digit = |c: Option<char>| c.is_some_and(|c| c.is_ascii_digit());
            is_digit(line.text.chars().next_back()) && is_digit(next.chars().next())
        };
        let within_wide = || line.text.ends_with(is_wide) || next.starts_with(is_wide);
        if is_full && (next.starts_with(' ') || within_wide() || self.is_long(line, next) || within_number())
        {
            return Some("");
        }
        let broken = !next.is_empty() && self.had_no_room(line, next);
        broken.then_some(if line.text.ends_with(' ') { "" } else { " " })
    }
}

/// Whether Microsoft's messages begin a line so.
fn begins_a_line(text: &str) -> bool {
    ["<", "---", "at "].iter().any(|begins| text.trim_start().starts_with(begins))
}

fn first_word(text: &str) -> &str {
    text.split(' ').next().unwrap_or_default()
}

fn is_blank(text: &str, until: usize) -> bool {
    text.bytes().take(until).all(|byte| byte == b' ')
}

/// How many columns a console needs for a line.
pub(super) fn width(line: &str) -> usize {
    line.chars().map(|c| 1 + usize::from(is_wide(c))).sum()
}

/// Whether a character takes two columns. Source: Unicode's East Asian Width, the blocks that are wide throughout.
fn is_wide(c: char) -> bool {
    matches!(c, '\u{1100}'..='\u{115f}' | '\u{2e80}'..='\u{a4cf}' | '\u{ac00}'..='\u{d7a3}' | '\u{f900}'..='\u{faff}' | '\u{fe30}'..='\u{fe6f}' | '\u{ff00}'..='\u{ff60}' | '\u{ffe0}'..='\u{ffe6}')
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What PowerShell makes of a value: breaks it at the edge, anywhere or between words, which keep the space behind them; a
    /// word that is longer than the room begins where it stands.
    fn listed(value: &str, column: usize, edge: usize, anywhere: bool) -> String {
        let room = edge - column - COLON.len();
        let indent = " ".repeat(column + COLON.len());
        let mut lines = Vec::new();
        for line in value.split('\n') {
            let mut current = String::new();
            for word in line.split_inclusive(' ') {
                let is_long = anywhere || width(word) > room;
                if !is_long && width(&current) + width(word) > room {
                    lines.push(std::mem::take(&mut current));
                }
                for c in word.chars() {
                    if width(&current) + width(&c.to_string()) > room {
                        lines.push(std::mem::take(&mut current));
                    }
                    current.push(c);
                }
            }
            lines.push(current);
        }
        lines.join(&format!("\n{indent}"))
    }

    const VALUE: &str = "Failed credential provisioning ping. Error: Microsoft.Online.Coexistence.ProvisionException: An error occurred. \
        Error Code: 90. Error Description: Password Synchronization has not been activated for this company. Tracking ID: \
        31489d2c-303c-46e0-8490-1268b0f5c47d Server Name: AM4GR2BBA011. ---> \
        System.ServiceModel.FaultException`1[Microsoft.Online.Coexistence.Schema.AdminWebServiceFault]: no\n<forest-info>\n</forest-info>";

    #[test]
    fn what_a_consoles_edge_broke_is_whole_again_at_any_width_and_its_own_lines_stay() {
        for anywhere in [true, false] {
            // One break alone may be of either kind.
            for edge in 60..if anywhere { 120 } else { 200 } {
                let listed = listed(VALUE, 19, edge, anywhere);
                // Copying may lose the spaces at the ends of lines.
                let copied: Vec<&str> = listed.lines().map(str::trim_end).collect();
                let copied = copied.join("\n");
                for listed in [&listed, &copied].into_iter().take(if anywhere { 1 } else { 2 }) {
                    let whole = Console { widest: edge, ..Console::default() }.joined(listed, 19);
                    let (wanted, _) = VALUE.split_once('\n').expect("its own lines");
                    assert!(whole.starts_with(wanted), "{edge} {anywhere}\n{listed}\n{whole}");
                    // A line that ends at the very edge may go on.
                    let own = format!("\n{}</forest-info>", " ".repeat(22));
                    assert!(whole.ends_with(&own), "{edge} {anywhere}\n{whole}");
                }
            }
        }
    }

    #[test]
    fn a_number_that_the_edge_broke_is_one_number() {
        let body = "Error Code: 90\n       12. Error Desc\n       ription: Passw\n       ord";
        assert_eq!(
            Console { widest: 21, ..Console::default() }.joined(body, 4),
            "Error Code: 9012. Error Description: Password"
        );
    }

    #[test]
    fn wide_characters_take_two_columns() {
        let value = "パスワード変更通知の処理中にサーバーで予期しないエラーが発生しました: Error Code: 90. Error Description: x";
        for edge in 30..80 {
            assert_eq!(
                Console { widest: edge, ..Console::default() }.joined(&listed(value, 8, edge, true), 8),
                value,
                "{edge}"
            );
        }
    }
}
