//! What people are told, by key and language: the one place for texts. Pure.
//!
//! - `en.ftl`, `de.ftl`: the texts of answers in each language, in the format of Project Fluent (<https://projectfluent.org>)
//! - [`Text`] a text to come: its key and what it names. [`words!`](crate::words!) makes one
//! - [`Language`] the languages there are; `bundle.rs` reads the files and finds a text
//!
//! What several people act on together (approval cards, alerts, summaries, the audit) is in English, the team's language;
//! so is the terminal. Names, commands, event texts and codes are the same in every language.
//!
//! The tests hold every language to the same keys and placeholders, and both to what the source uses.

mod bundle;
mod language;
#[cfg(test)]
mod tests;
mod text;

pub use language::Language;
pub use text::{Text, Value};

/// A text by its key in `en.ftl`, with what it names: `words!("heartbeat-late", forest = name)`.
#[macro_export]
macro_rules! words {
    ($key:literal $(, $name:ident = $value:expr)* $(,)?) => {
        $crate::words::Text::new($key)$(.with(stringify!($name), $value))*
    };
}
