//! Names that mean one thing: each id has a type, so that one can't be handed in for another.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// A text that is not the id it was read as.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{text:?} is not {expected}")]
pub struct InvalidId {
    text: String,
    expected: &'static str,
}

impl InvalidId {
    /// Says that `text` is not what was expected; long texts are cut.
    pub(crate) fn new(text: &str, expected: &'static str) -> InvalidId {
        InvalidId { text: text.chars().take(80).collect(), expected }
    }
}

macro_rules! text_id {
    ($(#[$doc:meta])* $name:ident, $expected:literal, $valid:expr) => {
        $(#[$doc])*
        #[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(try_from = "String", into = "String")]
        pub struct $name(String);

        impl $name {
            /// The id as text.
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl FromStr for $name {
            type Err = InvalidId;

            fn from_str(text: &str) -> Result<Self, InvalidId> {
                let valid: fn(&str) -> Option<String> = $valid;
                match valid(text) {
                    Some(id) => Ok($name(id)),
                    None => Err(InvalidId::new(text, $expected)),
                }
            }
        }

        impl TryFrom<String> for $name {
            type Error = InvalidId;

            fn try_from(text: String) -> Result<Self, InvalidId> {
                text.parse()
            }
        }

        impl From<$name> for String {
            fn from(id: $name) -> String {
                id.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }
    };
}

text_id! {
    /// An agent, and so the sync server it runs on: upper-case letters, digits and hyphens (`SYNC01`).
    ///
    /// Read in either case, kept in upper case, as Windows does with computer names.
    AgentId, "an agent id (1 to 32 letters, digits and hyphens, such as SYNC01)",
    |text| {
        let inner = |c: char| c.is_ascii_alphanumeric() || c == '-';
        let edge = |c: Option<char>| c.is_some_and(|c| c.is_ascii_alphanumeric());
        let fits = (1..=32).contains(&text.len()) && text.chars().all(inner);
        (fits && edge(text.chars().next()) && edge(text.chars().last()))
            .then(|| text.to_ascii_uppercase())
    }
}

text_id! {
    /// A command of the catalogue (`enable-password-sync`).
    CommandId, "a command id (1 to 40 lower-case letters and hyphens)",
    |text| {
        let fits = (1..=40).contains(&text.len())
            && text.chars().all(|c| c.is_ascii_lowercase() || c == '-');
        fits.then(|| text.to_owned())
    }
}

text_id! {
    /// One request for one run: 32 hex digits, random.
    RequestId, "a request id (32 hex digits)",
    |text| {
        let fits = text.len() == 32 && text.chars().all(|c| c.is_ascii_hexdigit());
        fits.then(|| text.to_ascii_lowercase())
    }
}

text_id! {
    /// A connector of the sync product: a GUID, kept in lower case without braces.
    ConnectorId, "a connector id (a GUID)",
    |text| {
        let bare = text.trim_start_matches('{').trim_end_matches('}');
        let groups: Vec<&str> = bare.split('-').collect();
        let lengths: Vec<usize> = groups.iter().map(|g| g.len()).collect();
        let hex = bare.chars().all(|c| c == '-' || c.is_ascii_hexdigit());
        (lengths == [8, 4, 4, 4, 12] && hex).then(|| bare.to_ascii_lowercase())
    }
}

/// A Discord id ("snowflake") of a user, role, channel, guild or message.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Snowflake(pub u64);

impl fmt::Display for Snowflake {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.0)
    }
}

impl FromStr for Snowflake {
    type Err = InvalidId;

    fn from_str(text: &str) -> Result<Self, InvalidId> {
        match text.parse::<u64>() {
            Ok(id) if id > 0 && text.chars().all(|c| c.is_ascii_digit()) => Ok(Snowflake(id)),
            _ => Err(InvalidId::new(
                text,
                "a Discord id (a number such as 1180000000000000001; turn on Developer Mode, right-click, \
                 Copy ID)",
            )),
        }
    }
}

impl Serialize for Snowflake {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Snowflake {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(serde::de::Error::custom)
    }
}

/// A build of the sync product, such as 2.6.84.0. Ordered as versions are.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Build(pub [u32; 4]);

impl FromStr for Build {
    type Err = InvalidId;

    fn from_str(text: &str) -> Result<Self, InvalidId> {
        let mut parts = [0; 4];
        let mut count = 0;
        for piece in text.trim().split('.') {
            let digits = (1..=9).contains(&piece.len()) && piece.chars().all(|c| c.is_ascii_digit());
            match (parts.get_mut(count), piece.parse(), digits) {
                (Some(part), Ok(number), true) => *part = number,
                _ => count = usize::MAX - 1,
            }
            count += 1;
            if count > 4 {
                break;
            }
        }
        match count {
            2..=4 => Ok(Build(parts)),
            _ => Err(InvalidId::new(text, "a build (such as 2.6.84.0)")),
        }
    }
}

impl TryFrom<String> for Build {
    type Error = InvalidId;

    fn try_from(text: String) -> Result<Self, InvalidId> {
        text.parse()
    }
}

impl From<Build> for String {
    fn from(build: Build) -> String {
        build.to_string()
    }
}

impl fmt::Display for Build {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let [a, b, c, d] = self.0;
        write!(f, "{a}.{b}.{c}.{d}")
    }
}

impl fmt::Debug for Build {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_agent_id_is_one_computer_name_in_one_case() {
        assert_eq!("sync01".parse::<AgentId>().expect("valid").as_str(), "SYNC01");
        for bad in ["", "-A", "A-", "a b", "../x", "ä", &"A".repeat(33)] {
            assert!(bad.parse::<AgentId>().is_err(), "{bad:?}");
        }
    }

    #[test]
    fn a_connector_id_is_the_same_with_braces_and_in_capitals() {
        let plain: ConnectorId = "b891884f-051e-4a83-95af-2544101c9083".parse().expect("valid");
        assert_eq!("{B891884F-051E-4A83-95AF-2544101C9083}".parse(), Ok(plain));
        assert!("b891884f051e4a8395af2544101c9083".parse::<ConnectorId>().is_err());
    }

    #[test]
    fn builds_compare_as_versions_do() {
        let build = |text: &str| text.parse::<Build>().expect("valid");
        assert!(build("2.6.84.0") > build("2.6.9.0"));
        assert!(build("2.5.79.0") < build("2.5.190.0"));
        assert_eq!(build("1.0.6455.0807").to_string(), "1.0.6455.807");
        for bad in ["", "2", "2.6.84.0.1", "2.6.x.0", "2..1", "-1.0.0.0", "99999999999.1"] {
            assert!(bad.parse::<Build>().is_err(), "{bad:?}");
        }
    }
}
