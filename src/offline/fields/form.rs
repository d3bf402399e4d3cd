//! The forms that values have.

use std::collections::{HashMap, HashSet};

use regex::{Regex, RegexBuilder};
use serde::Deserialize;

use super::TABLE;
use crate::offline::over::{says_closed, says_over};
use crate::offline::{calendar, levels};

/// The form of a field's values.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(in crate::offline) enum Form {
    Account,
    /// What was done, or how it stands: one word, which says not that an alert was closed.
    Action,
    Bytes,
    Channel,
    /// What the program handed over: a part of the event, and judged as such.
    Data,
    Decimal,
    /// A time and nothing else.
    Date,
    Empty,
    /// The event itself as it was written.
    Event,
    Failure,
    Flag,
    Guid,
    Help,
    Host,
    Id,
    Level,
    Marks,
    /// Judged as the event's text.
    Message,
    Number,
    /// What PowerShell prints of objects that it does not show.
    Object,
    Os,
    People,
    Program,
    Provider,
    /// A level; as a number, 0 may be that of an alert that was cleared (Netcool's).
    Severity,
    System,
    Token,
    Version,
    Word,
}

/// A form as `fields.toml` tells it.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Shape {
    pattern: String,
    /// No word of it says that it is over, or elsewhere.
    #[serde(default)]
    quiet: bool,
    /// Capitals matter.
    #[serde(default)]
    cased: bool,
    /// The most words.
    words: Option<usize>,
    /// Values beside the pattern, one a line.
    #[serde(default)]
    known: String,
}

pub(super) struct Shapes(HashMap<Form, Compiled>);

struct Compiled {
    pattern: Regex,
    quiet: bool,
    words: usize,
    known: HashSet<String>,
}

impl Shapes {
    pub(super) fn of(shapes: &HashMap<Form, Shape>) -> Result<Shapes, regex::Error> {
        let compiled = |(form, shape): (&Form, &Shape)| {
            let pattern = format!("^(?:{})$", shape.pattern);
            let pattern =
                RegexBuilder::new(&pattern).case_insensitive(!shape.cased).size_limit(SIZE).build()?;
            let known = shape.known.lines().map(str::to_owned).filter(|line| !line.is_empty()).collect();
            let words = shape.words.unwrap_or(usize::MAX);
            Ok((*form, Compiled { pattern, quiet: shape.quiet, words, known }))
        };
        shapes.iter().map(compiled).collect::<Result<_, _>>().map(Shapes)
    }
}

/// How large a pattern may grow, in bytes.
const SIZE: usize = 64 << 20;

/// Whether a value is a number of few digits, as most values of most logs are: where one fits, any does.
pub(in crate::offline) fn is_short_number(value: &str) -> bool {
    (1..=9).contains(&value.len()) && value.bytes().all(|b| b.is_ascii_digit())
}

/// The longest value that is looked at, in bytes.
const LONGEST: usize = 4096;

impl Form {
    /// Whether a value has this form, or is none.
    pub(in crate::offline) fn fits(self, value: &str) -> bool {
        let value = value.trim();
        match self {
            _ if value.is_empty() => true,
            _ if value.len() > LONGEST => false,
            // No pattern is needed.
            Form::Number if is_short_number(value) => true,
            Form::Date => is_date(value),
            Form::Level => {
                levels::level(value).is_some() || Form::Number.fits(value) || Form::Account.is_known(value)
            }
            Form::Severity => value != "0" && Form::Level.fits(value),
            Form::Action => Form::Token.matches(value) && !says_closed(value),
            Form::Word => value.split([',', ';', '{', '}']).map(str::trim).all(is_word),
            Form::Data => Form::Object.fits(value) || Form::Bytes.fits(value),
            Form::Event | Form::Message => false,
            form => form.matches(value),
        }
    }

    /// Whether a value is listed as one of this form.
    pub(super) fn is_known(self, value: &str) -> bool {
        let value = value.trim().to_lowercase();
        TABLE.shapes.0.get(&self).is_some_and(|shape| shape.known.contains(&value))
    }

    fn matches(self, value: &str) -> bool {
        let Some(shape) = TABLE.shapes.0.get(&self) else { return false };
        if value.is_empty() || self.is_known(value) || self == Form::Word && Form::Account.is_known(value) {
            return true;
        }
        // What names the computer stands before the first point.
        let own = match self {
            Form::Host => value.split('.').next().unwrap_or(value),
            // The word for a channel of daily work.
            Form::Channel => value.strip_suffix("/Operational").unwrap_or(value),
            _ => value,
        };
        shape.pattern.is_match(value)
            && value.split_whitespace().count() <= shape.words
            // An address is no sentence.
            && !(shape.quiet && own.split_whitespace().any(|word| !word.contains('@') && says_over(word)))
    }
}

/// A category's name: one word, or some of which none is a word that says that something is over, or that makes a sentence.
fn is_word(value: &str) -> bool {
    let says = |word: &str| says_closed(word) || TABLE.never.contains(&word.to_lowercase());
    let is_sentence = || value.contains(' ') && value.split([' ', '/', '(', ')']).any(says);
    Form::Word.is_known(value) || Form::Word.matches(value) && !is_sentence()
}

/// A time and nothing else: its words are those of dates, and the rest numbers and marks.
fn is_date(value: &str) -> bool {
    let is_mark =
        |c: char| c.is_alphanumeric() || c.is_whitespace() || "/.,:+-()@’'\u{200e}\u{200f}年月日".contains(c);
    let mut words = value.split(|c: char| !c.is_alphabetic()).filter(|word| !word.is_empty());
    value.chars().count() <= 60
        && value.chars().all(is_mark)
        && value.contains(|c: char| c.is_ascii_digit())
        && words.all(|word| calendar::is_word(word) || value.starts_with("/Date(") && word == "Date")
}
