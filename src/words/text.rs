//! A text to come: what is to be said, before it is known in which language.

use std::fmt;
use std::sync::Arc;

use fluent_bundle::{FluentArgs, FluentValue};
use jiff::Timestamp;
use serde::{Serialize, Serializer};

use super::{Language, bundle};

/// What is to be said, in whatever language. Shown and serialized in English.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Text(Said);

#[derive(Debug, Clone, PartialEq, Eq)]
enum Said {
    /// By its key, with what it names.
    Key(&'static str, Vec<(&'static str, Value)>),
    /// In each language, from a file of knowledge.
    Each(Arc<[String; Language::ALL.len()]>),
    /// The same in every language: from elsewhere, or an organisation's own words.
    Plain(String),
}

/// What a text names.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Value {
    /// A name, or anything else that is the same in every language.
    Name(String),
    /// A number, by which one and many are told apart.
    Number(i64),
    /// A moment; each reader sees it as they are used to.
    Time(Timestamp),
    /// Another text.
    Text(Text),
}

/// How moments are written.
type Clock = fn(Timestamp) -> String;

impl Text {
    /// The text of a key, so far without names. `words!` makes one with its names.
    pub fn new(key: &'static str) -> Text {
        Text(Said::Key(key, Vec::new()))
    }

    /// With what it names.
    #[must_use]
    pub fn with(self, name: &'static str, value: impl Into<Value>) -> Text {
        match self.0 {
            Said::Key(key, mut values) => {
                values.push((name, value.into()));
                Text(Said::Key(key, values))
            }
            other => Text(other),
        }
    }

    /// A text in each language.
    pub fn each(of: impl Fn(Language) -> String) -> Text {
        Text(Said::Each(Arc::new(Language::ALL.map(of))))
    }

    /// A text that is the same in every language.
    pub fn plain(text: impl Into<String>) -> Text {
        Text(Said::Plain(text.into()))
    }

    /// The text in a language, moments in UTC.
    pub fn tell(&self, language: Language) -> String {
        self.render(language, |at| format!("{at:.0}"))
    }

    /// The text in a language, moments as Discord shows them to each reader.
    pub fn show(&self, language: Language) -> String {
        self.render(language, |at| format!("<t:{}:f>", at.as_second()))
    }

    fn render(&self, language: Language, clock: Clock) -> String {
        match &self.0 {
            Said::Plain(text) => text.clone(),
            Said::Each(texts) => texts[language as usize].clone(),
            Said::Key(key, values) => {
                let args: FluentArgs<'_> =
                    values.iter().map(|(name, value)| (*name, value.render(language, clock))).collect();
                bundle::find(language, key, &args)
            }
        }
    }
}

impl Value {
    fn render(&self, language: Language, clock: Clock) -> FluentValue<'_> {
        match self {
            Value::Name(name) => FluentValue::from(name.as_str()),
            Value::Number(number) => FluentValue::from(*number),
            Value::Time(at) => FluentValue::from(clock(*at)),
            Value::Text(text) => FluentValue::from(text.render(language, clock)),
        }
    }
}

impl Default for Text {
    fn default() -> Text {
        Text::plain("")
    }
}

impl fmt::Display for Text {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.tell(Language::English))
    }
}

impl Serialize for Text {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl From<&str> for Value {
    fn from(name: &str) -> Value {
        Value::Name(name.to_owned())
    }
}

impl From<String> for Value {
    fn from(name: String) -> Value {
        Value::Name(name)
    }
}

impl From<&String> for Value {
    fn from(name: &String) -> Value {
        Value::Name(name.clone())
    }
}

impl From<Text> for Value {
    fn from(text: Text) -> Value {
        Value::Text(text)
    }
}

impl From<Timestamp> for Value {
    fn from(at: Timestamp) -> Value {
        Value::Time(at)
    }
}

impl From<u32> for Value {
    fn from(number: u32) -> Value {
        Value::Number(number.into())
    }
}

impl From<usize> for Value {
    fn from(number: usize) -> Value {
        Value::Number(i64::try_from(number).unwrap_or(i64::MAX))
    }
}
