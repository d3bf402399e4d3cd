//! What stands around events: words of people, what other commands printed, what programs write around a text.
//!
//! Nobody can list how people say that a fault is over, or of another time or server. So it goes the other way round: what is
//! said keeps a remedy away unless all of it is known to say nothing against it. Whoever is refused can give the events alone.
//!
//! - here: what is said, as a whole; lines that programs write are left out
//! - `names`: people's names and signatures, from `names.toml`
//! - `words`: whether sentences greet, ask or complain, and say nothing else
//! - `prompt`: commands at a prompt; `window`: whether they leave out the newest events
//! - `harmless`: the words and lines that say nothing, from `harmless.toml`

mod harmless;
mod names;
mod prompt;
mod window;
mod words;

pub(super) use harmless::{is_daily, is_of_program};
pub(super) use prompt::{acts, command, hides_newest};

use super::fields::{self, Form};
use super::{labels, levels, windows};
use crate::report::{Level, is_listed};

/// Whether all that is said around events of these ids is known to say nothing against a remedy.
pub(super) fn is_harmless(said: &str, ids: &[u32]) -> bool {
    unknown(said, ids, None).is_none()
}

/// The first piece of what is said around events of these ids, of this computer alone if one is named, that is not known to say
/// nothing against a remedy.
pub(super) fn unknown(said: &str, ids: &[u32], computer: Option<&str>) -> Option<String> {
    let rest = without_frame(said);
    let line = |line: Option<&str>| line.map(|line| line.trim().to_owned());
    line(said.lines().find(|line| acts(line)))
        .or_else(|| line(rest.lines().find(|line| names_others(line, ids))))
        .or_else(|| line(said.lines().find(|line| computer.is_some_and(|own| names_another(line, own)))))
        .or_else(|| words::unknown(&rest))
}

/// What a field of a record says in words, unless its value has the field's own form or is harmless talk. A Windows that is too old is
/// told, too.
pub(super) fn of_field(name: &str, value: &str) -> Option<String> {
    let (name, value) = (name.trim(), value.trim());
    let is_old = windows::is_old_field(name, value);
    let is_form =
        || value.is_empty() || fields::fits(name, value) || harmless::is_line(&format!("{name}: {value}"));
    if !is_old && is_form() {
        return None;
    }
    let said = format!("{}: {value}\n", fields::apart(name));
    (is_old || !is_harmless(&said, &[])).then_some(said)
}

/// What the value of a known field says in words, unless it has one of the field's forms or is harmless talk.
pub(super) fn of_value(forms: &[Form], value: &str) -> Option<String> {
    let harmless = forms.iter().any(|form| form.fits(value)) || is_harmless(value, &[]);
    (!harmless).then(|| format!("{value}\n"))
}

/// Whether a line is a field that programs write, with a value in that field's form and no other reading.
fn is_field(line: &str) -> bool {
    let Some((name, value)) = labels::split(line) else { return false };
    let fits = |form: &Form| match form {
        Form::Provider => is_listed(value),
        Form::Channel => value.eq_ignore_ascii_case("application"),
        Form::Word | Form::Token => fields::is_plain(value),
        Form::Action => form.fits(value) && fields::is_plain(value),
        // Nobody asks for help with what is none.
        Form::Level | Form::Severity => is_fault(value),
        form => form.fits(value),
    };
    fields::forms(name).iter().any(fits)
}

/// Whether a level is that of a fault, or a number that may be one.
fn is_fault(value: &str) -> bool {
    matches!(levels::level(value), Some(Level::Error | Level::Warning))
}

/// Without what programs write around an event.
fn without_frame(said: &str) -> String {
    let mut rest = String::new();
    for line in said.lines().map(str::trim) {
        if !prompt::is_reading(line) && !harmless::is_line(line) && !is_field(line) {
            rest.push_str(line);
        }
        rest.push('\n');
    }
    rest
}

/// Whether a line names another server than this.
fn names_another(line: &str, own: &str) -> bool {
    harmless::hosts(line).iter().any(|host| !host.eq_ignore_ascii_case(own))
}

/// Whether a number in it is the id of an event that is not among these.
fn names_others(said: &str, ids: &[u32]) -> bool {
    said.split(|c: char| !c.is_alphanumeric()).filter_map(fields::our_id).any(|id| !ids.contains(&id))
}

#[cfg(test)]
#[path = "tests.rs"]
mod tests;
