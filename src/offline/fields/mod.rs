//! The fields of an event and of what programs write beside it: what each is called, what it introduces, and the form that its
//! values have. `fields.toml` is the one table of both.
//!
//! - here: names, and whether a value has its field's form
//! - `form`: the forms

mod form;

use std::collections::{HashMap, HashSet};
use std::sync::LazyLock;

use serde::Deserialize;

pub(super) use form::{Form, is_short_number};

use super::labels::{Label, fold};
use super::over::says_closed;
use crate::report::{EVENT_IDS, is_listed};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    form: HashMap<Form, form::Shape>,
    field: Vec<Field>,
    /// The word that numbers events or stands in the title of one.
    event: String,
    /// Elements around events.
    around: String,
    /// The elements and attributes of an event's XML.
    system: String,
    /// Words that make a sentence of a few.
    never: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Field {
    form: Form,
    /// What it introduces where it stands as a label.
    label: Option<Label>,
    names: String,
    /// In other languages than English.
    #[serde(default)]
    translated: String,
}

/// What a name stands for.
#[derive(Debug, Clone, Copy)]
pub(super) struct Named {
    pub(super) label: Label,
    pub(super) is_english: bool,
}

struct Table {
    labels: HashMap<String, Named>,
    forms: HashMap<String, Vec<Form>>,
    shapes: form::Shapes,
    event: Vec<String>,
    around: Vec<String>,
    system: Vec<String>,
    never: HashSet<String>,
}

static TABLE: LazyLock<Table> = LazyLock::new(|| {
    let read = || -> Result<Table, Box<dyn std::error::Error>> {
        let file: File = toml::from_str(include_str!("fields.toml"))?;
        let (mut labels, mut forms) = (HashMap::new(), HashMap::<String, Vec<Form>>::new());
        for Field { form, label, names, translated } in &file.field {
            for (words, is_english) in [(names, true), (translated, false)] {
                for name in words.split_whitespace() {
                    let label = label.map(|label| (name.to_owned(), Named { label, is_english }));
                    labels.extend(label.filter(|(name, _)| !labels.contains_key(name)));
                    forms.entry(name.to_owned()).or_default().push(*form);
                }
            }
        }
        let words = |text: &str| text.split_whitespace().map(fold).collect();
        let shapes = form::Shapes::of(&file.form)?;
        let (event, around, system) = (words(&file.event), words(&file.around), words(&file.system));
        let never = file.never.split_whitespace().map(str::to_owned).collect();
        Ok(Table { labels, forms, shapes, event, around, system, never })
    };
    read().unwrap_or_else(|error| panic!("fields.toml: {error}"))
});

/// What a folded name introduces.
pub(super) fn label(folded: &str) -> Option<Named> {
    TABLE.labels.get(folded).copied()
}

/// The forms of the values that a label introduces, by whatever name.
pub(super) fn of_label(label: Label) -> &'static [Form] {
    match label {
        Label::Log => &[Form::Channel],
        Label::Provider => &[Form::Provider],
        Label::ProviderId => &[Form::Guid],
        Label::Date => &[Form::Date],
        Label::Id => &[Form::Id],
        Label::Level => &[Form::Level],
        Label::Record => &[Form::Number],
        Label::Computer => &[Form::Host],
        Label::Message => &[Form::Message],
        Label::Other => &[],
    }
}

/// Whether a word is that for an event, in whatever language.
pub(super) fn is_event(word: &str) -> bool {
    TABLE.event.contains(&fold(word))
}

/// Whether exports write an element of this name around events.
pub(super) fn is_around(element: &str) -> bool {
    TABLE.around.contains(&fold(element))
}

/// Whether Windows writes an element or an attribute of this name above an event's data.
pub(super) fn is_of_system(name: &str) -> bool {
    TABLE.system.contains(&fold(name))
}

/// What Elastic writes before its fields' names; of one that is not known, the value is one word, unless its name tells when it
/// was over.
const GROUPS: &[&str] =
    &["winlog.", "event.", "log.", "host.", "agent.", "ecs.", "process.", "input.", "@metadata."];

/// The forms that the values of a field of this name may have; none if it is not known.
pub(super) fn forms(name: &str) -> &'static [Form] {
    let name = name.trim();
    let folded = fold(name);
    let own = if name.starts_with('_') { format!("_{folded}") } else { folded };
    if let Some(forms) = TABLE.forms.get(&own) {
        return forms;
    }
    let Some(inner) = GROUPS.iter().find_map(|group| name.strip_prefix(group)) else { return &[] };
    match TABLE.forms.get(&fold(inner)) {
        Some(forms) => forms,
        None if says_closed(&apart(inner)) => &[],
        None => &[Form::Action],
    }
}

/// Whether a value is one that a field of this name has.
pub(super) fn fits(name: &str, value: &str) -> bool {
    forms(name).iter().any(|form| form.fits(value))
}

/// Whether a field of this name holds what the program handed over to Windows.
pub(super) fn is_data(name: &str) -> bool {
    forms(name).contains(&Form::Data)
}

/// Whether a field of this name tells a time.
pub(super) fn is_time(name: &str) -> bool {
    forms(name).contains(&Form::Date)
}

/// The id of ours that a word is. Numbers below a hundred are too common to be one.
pub(super) fn our_id(word: &str) -> Option<u32> {
    word.trim().parse().ok().filter(|id| *id > 99 && EVENT_IDS.contains(id))
}

/// `resolvedAt` as the words that it is made of.
pub(super) fn apart(name: &str) -> String {
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

/// Whether a value has a form that tells what it is whatever its field is called: a name in a language that is not known.
pub(super) fn is_plain(value: &str) -> bool {
    const PLAIN: &[Form] = &[Form::Guid, Form::Date, Form::Level];
    // A short number or a flag may be a state.
    let is_number = value.trim().len() > 1 && [Form::Number, Form::Id].iter().any(|form| form.fits(value));
    let is_object = value.contains('.') && Form::Object.fits(value);
    let is_named = |value: &str| {
        Form::Account.is_known(value)
            || value.contains('\\') && Form::Account.fits(value)
            || value.contains(|c: char| c.is_ascii_digit() || c == '.') && Form::Host.fits(value)
            || is_listed(value)
            || value.eq_ignore_ascii_case("Application")
    };
    let is_level = || value.trim().len() > 1;
    is_number && !value.trim().eq_ignore_ascii_case("null")
        || is_object
        || PLAIN.iter().any(|form| form.fits(value) && is_level())
        || Form::Word.is_known(value)
        || is_named(value)
}

#[cfg(test)]
mod tests;
