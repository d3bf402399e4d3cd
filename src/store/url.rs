//! Where the database is. The address can hold a password, so it never prints itself whole.

use std::fmt;
use std::path::{Path, PathBuf};
use std::str::FromStr;

use sqlx::any::AnyConnectOptions;

/// The address of a database: `sqlite:FILE` or `postgres://user:password@host/database?sslmode=…`.
///
/// `Display` and `Debug` leave out the password and every parameter; only [`DatabaseUrl::options`] sees them.
#[derive(Clone)]
pub struct DatabaseUrl {
    kind: Kind,
    shown: String,
}

#[derive(Clone)]
enum Kind {
    Sqlite(PathBuf),
    Postgres(Box<AnyConnectOptions>),
}

/// An address that names no database Syncmedic can use. Its text never repeats the address.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "the database address {0}; it must be sqlite:FILE or postgres://USER:PASSWORD@HOST/DATABASE?sslmode=verify-full"
)]
pub struct InvalidDatabaseUrl(&'static str);

impl DatabaseUrl {
    /// The database in this SQLite file.
    pub fn sqlite(file: impl Into<PathBuf>) -> DatabaseUrl {
        let file = file.into();
        DatabaseUrl { shown: format!("sqlite:{}", file.display()), kind: Kind::Sqlite(file) }
    }

    /// The file, if this is SQLite.
    pub fn sqlite_file(&self) -> Option<&Path> {
        match &self.kind {
            Kind::Sqlite(file) => Some(file),
            Kind::Postgres(_) => None,
        }
    }

    /// How to connect, password and all.
    pub(super) fn options(&self) -> Result<AnyConnectOptions, InvalidDatabaseUrl> {
        match &self.kind {
            Kind::Postgres(options) => Ok((**options).clone()),
            Kind::Sqlite(file) => {
                let Some(file) = file.to_str() else {
                    return Err(InvalidDatabaseUrl("names a file whose path is not Unicode"));
                };
                // Escaped to the last separator, so that no part of a path is read as host, `..` or parameter.
                let mut url = String::from("sqlite:");
                for byte in file.bytes() {
                    match byte.is_ascii_alphanumeric() {
                        true => url.push(char::from(byte)),
                        false => url.push_str(&format!("%{byte:02X}")),
                    }
                }
                url.push_str("?mode=rw");
                url.parse().map_err(|_| InvalidDatabaseUrl("names a file whose path can't be used"))
            }
        }
    }

    /// `text` without anything secret of this address: a driver's message may quote what it was given.
    pub(super) fn scrub(&self, text: &str) -> String {
        let Kind::Postgres(options) = &self.kind else {
            return text.to_owned();
        };
        let url = &options.database_url;
        let mut secrets: Vec<String> = vec![url.as_str().to_owned()];
        let parameters = url.query_pairs().filter(|(key, _)| is_secret(key));
        secrets.extend(parameters.map(|(_, value)| value.into_owned()));
        if let Some(password) = url.password() {
            secrets.push(percent_decoded(password));
            secrets.push(password.to_owned());
        }
        let secrets = secrets.iter().filter(|secret| !secret.is_empty());
        secrets.fold(text.to_owned(), |text, secret| text.replace(secret.as_str(), "***"))
    }
}

fn is_secret(parameter: &str) -> bool {
    let parameter = parameter.to_ascii_lowercase();
    parameter.contains("pass") || parameter.contains("key") || parameter.starts_with("options")
}

fn percent_decoded(text: &str) -> String {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let Some((&first, tail)) = rest.split_first() {
        let digits = tail.get(..2).and_then(|digits| std::str::from_utf8(digits).ok());
        match digits.and_then(|digits| u8::from_str_radix(digits, 16).ok()) {
            Some(byte) if first == b'%' => {
                bytes.push(byte);
                rest = &tail[2..];
            }
            _ => {
                bytes.push(first);
                rest = tail;
            }
        }
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

impl FromStr for DatabaseUrl {
    type Err = InvalidDatabaseUrl;

    fn from_str(text: &str) -> Result<Self, InvalidDatabaseUrl> {
        let text = text.trim();
        if let Some(rest) = text.strip_prefix("sqlite:") {
            let file = rest.strip_prefix("//").unwrap_or(rest);
            let file = file.split('?').next().unwrap_or(file);
            return match file {
                "" => Err(InvalidDatabaseUrl("names no file")),
                // Each connection would get its own: the reading ones would see nothing.
                ":memory:" => Err(InvalidDatabaseUrl("is a database in memory, which nothing survives")),
                _ => Ok(DatabaseUrl::sqlite(percent_decoded(file))),
            };
        }
        if !(text.starts_with("postgres://") || text.starts_with("postgresql://")) {
            return Err(InvalidDatabaseUrl("is of no known kind"));
        }
        let options: AnyConnectOptions =
            text.parse().map_err(|_| InvalidDatabaseUrl("is not a well-formed URL"))?;
        let url = &options.database_url;
        let user = match (url.username(), url.password()) {
            ("", _) => String::new(),
            (user, None) => format!("{user}@"),
            (user, Some(_)) => format!("{user}:***@"),
        };
        let port = url.port().map(|port| format!(":{port}")).unwrap_or_default();
        let shown = format!("postgres://{user}{}{port}{}", url.host_str().unwrap_or_default(), url.path());
        Ok(DatabaseUrl { kind: Kind::Postgres(Box::new(options)), shown })
    }
}

impl fmt::Display for DatabaseUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.shown)
    }
}

impl fmt::Debug for DatabaseUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.shown)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_password_is_in_no_text_the_address_gives() {
        for text in [
            "postgres://bot:hunter%202@db.example:5432/syncmedic?sslmode=require",
            "postgresql://bot@db.example/syncmedic?password=hunter%202&sslmode=require",
        ] {
            let url: DatabaseUrl = text.parse().expect("an address");
            for shown in [url.to_string(), format!("{url:?}"), url.scrub(&format!("no: {text}, hunter 2"))] {
                assert!(!shown.contains("hunter"), "{shown}");
            }
        }
        let url: DatabaseUrl = "postgres://bot:s3cret@db.example/syncmedic".parse().expect("an address");
        assert_eq!(url.to_string(), "postgres://bot:***@db.example/syncmedic");
        let error = "mysql://bot:hunter2@db.example/x".parse::<DatabaseUrl>().expect_err("another kind");
        assert!(!format!("{error} {error:?}").contains("hunter"));
        let error = "postgres://bot:hunter2@db.example:port/x".parse::<DatabaseUrl>().expect_err("no port");
        assert!(!format!("{error} {error:?}").contains("hunter"));
    }

    #[test]
    fn a_file_is_the_same_with_and_without_slashes_and_memory_is_refused() {
        for text in ["sqlite:data/bot.db", "sqlite://data/bot.db", "sqlite://data/bot.db?mode=rwc"] {
            let url: DatabaseUrl = text.parse().expect("an address");
            assert_eq!(url.sqlite_file(), Some(Path::new("data/bot.db")));
        }
        for bad in ["sqlite:", "sqlite::memory:", "bot.db", ""] {
            assert!(bad.parse::<DatabaseUrl>().is_err(), "{bad:?}");
        }
    }
}
