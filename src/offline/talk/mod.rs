//! What stands around events: words of people, what other commands printed, what programs write around a text.
//!
//! Nobody can list how people say that a fault is over, or of another time or server. So it goes the other way round: what is
//! said keeps a remedy away unless all of it is known to say nothing against it. Whoever is refused can give the events alone.
//!
//! - here: what is said, as a whole; lines that programs write are left out
//! - `words`: whether sentences greet, ask or complain, and say nothing else
//! - `prompt`: commands at a prompt
//! - `harmless`: the words, lines and fields that say nothing, from `harmless.toml`

mod harmless;
mod prompt;
mod words;

pub(super) use harmless::says_over;
pub(super) use prompt::{acts, command};

use crate::report::EVENT_IDS;

/// Whether all that is said around events of these ids is known to say nothing against a remedy.
pub(super) fn is_harmless(said: &str, ids: &[u32]) -> bool {
    let rest = without_frame(said);
    !acts(said) && !names_others(&rest, ids) && words::are_harmless(&rest)
}

/// What a field of a record says in words, unless it is harmless: programs write it beside events, or it says nothing.
pub(super) fn of_field(name: &str, value: &str) -> Option<String> {
    let (name, value) = (name.trim(), value.trim());
    // An event's own version is one number.
    let is_build = is_version(name) && value.contains('.');
    if value.is_empty()
        || harmless::is_field(name) && !is_build
        || harmless::is_line(&format!("{name}: {value}"))
    {
        return None;
    }
    let said = format!("{}: {value}\n", apart(name));
    (!is_harmless(&said, &[])).then_some(said)
}

/// Whether a field of this name is harmless whatever it says: programs write it beside events.
pub(super) fn is_known_field(name: &str) -> bool {
    harmless::is_field(name) && !is_version(name)
}

fn is_version(name: &str) -> bool {
    name.eq_ignore_ascii_case("version")
}

/// `resolvedAt` as the words that it is made of.
fn apart(name: &str) -> String {
    let mut words = String::new();
    let mut last = ' ';
    for c in name.chars() {
        if c.is_uppercase() && last.is_lowercase() {
            words.push(' ');
        }
        words.push(if matches!(c, '_' | '.' | '-' | '@') { ' ' } else { c });
        last = c;
    }
    words
}

/// Without what programs write around an event.
fn without_frame(said: &str) -> String {
    let mut rest = String::new();
    for line in said.lines().map(str::trim) {
        if !prompt::is_reading(line) && !harmless::is_line(line) {
            rest.push_str(line);
        }
        rest.push('\n');
    }
    rest
}

/// Whether a number in it is the id of an event that is not among these.
fn names_others(said: &str, ids: &[u32]) -> bool {
    let number = |word: &str| word.parse::<u32>().ok().filter(|id| EVENT_IDS.contains(id) && *id > 99);
    said.split(|c: char| !c.is_alphanumeric()).filter_map(number).any(|id| !ids.contains(&id))
}

#[cfg(test)]
#[path = "tests.rs"]
mod tests;
