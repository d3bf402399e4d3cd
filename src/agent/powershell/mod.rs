//! Runs a command of the catalogue on this server.
//!
//! - [`Scripts`]: what the rest of the agent asks for; [`Argument`]: closed arguments, never free text.
//! - [`process`]: a real child process, bounded in time and output, killed with everything it started.
//! - `copy`: what that process is given, a private copy of the script that was checked; `environment`: its variables.
//! - [`output`]: the one JSON object that a script prints.

mod copy;
mod environment;
pub mod output;
pub mod process;
#[cfg(all(test, unix))]
mod process_tests;
#[cfg(test)]
mod scripts_tests;

use std::fmt;
use std::time::Duration;

use futures_util::future::BoxFuture;
use serde_json::{Map, Value};

use crate::catalog::Command;
use crate::link::protocol::Reason;
use crate::plan::Mode;

/// How long an attended run may take at least: a person signs in, perhaps with a second factor.
pub const ATTENDED_TIMEOUT: Duration = Duration::from_secs(600);

/// Runs commands of the catalogue.
pub trait Scripts: Send + Sync {
    /// Runs a command and gives the JSON object it printed.
    ///
    /// # Errors
    /// [`ScriptError`]; whether anything was changed is then for the state to say.
    fn run<'a>(
        &'a self,
        command: &'static Command,
        arguments: &'a [Argument],
        mode: Mode,
    ) -> BoxFuture<'a, Result<Map<String, Value>, ScriptError>>;
}

/// One argument of a script: `-Name value`, of characters that no shell and no PowerShell gives a meaning.
#[derive(Clone, PartialEq, Eq)]
pub struct Argument {
    name: &'static str,
    value: String,
}

/// A text that is not fit to be an argument.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "the value for -{0} may hold letters, digits and . _ - + @ only, must not begin with a hyphen, and has at most 200 characters"
)]
pub struct InvalidArgument(&'static str);

/// A text that is no user principal name. It is not shown: a name stays out of logs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the name to sign in with must be a user principal name, such as admin@contoso.onmicrosoft.com")]
pub struct InvalidUserName;

impl Argument {
    /// An argument.
    ///
    /// # Errors
    /// If the value holds anything but letters, digits and `. _ - + @`.
    pub fn new(name: &'static str, value: impl Into<String>) -> Result<Argument, InvalidArgument> {
        let value = value.into();
        let fits = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '_' | '-' | '+' | '@');
        let valid = (1..=200).contains(&value.len()) && value.chars().all(fits) && !value.starts_with('-');
        if valid { Ok(Argument { name, value }) } else { Err(InvalidArgument(name)) }
    }

    /// The name that an operator signs in with, a user principal name. As the scripts take it, so that one which they would
    /// refuse does not use a request up.
    ///
    /// # Errors
    /// If it is none.
    pub fn user_name(value: impl Into<String>) -> Result<Argument, InvalidUserName> {
        let value = value.into();
        let (user, domain) = value.split_once('@').ok_or(InvalidUserName)?;
        let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '-');
        let user_fits = user.chars().all(|c| plain(c) || matches!(c, '_' | '+' | '\''));
        let starts = |text: &str| text.starts_with(|c: char| c.is_ascii_alphanumeric() || c == '_');
        let fits = user_fits && domain.chars().all(plain) && starts(user) && starts(domain);
        if fits && value.len() <= 113 {
            Ok(Argument { name: "AADUsername", value })
        } else {
            Err(InvalidUserName)
        }
    }

    /// A yes-or-no argument, `True` or `False`.
    pub fn flag(name: &'static str, on: bool) -> Argument {
        Argument { name, value: if on { "True" } else { "False" }.into() }
    }

    /// Its name, without the hyphen.
    pub fn name(&self) -> &'static str {
        self.name
    }

    /// Its value.
    pub fn value(&self) -> &str {
        &self.value
    }
}

impl fmt::Debug for Argument {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // A person's name stays out of logs.
        let value = if self.value.contains('@') { "<address>" } else { &self.value };
        write!(f, "-{} {value}", self.name)
    }
}

/// Why a command gave no result.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ScriptError {
    /// The installed script can't be read.
    #[error("the script {path} can't be read: {why}")]
    Missing {
        /// Where it should be.
        path: String,
        /// Why it can't be read.
        why: String,
    },
    /// The installed script is not the one in the catalogue.
    #[error("the script {path} is not the one this program was built with: install the agent's files again")]
    Changed {
        /// Where it is.
        path: String,
    },
    /// No private copy of it can be made to run.
    #[error("{path}: no private copy of the script can be made there: {why}")]
    NotCopied {
        /// The folder of copies.
        path: String,
        /// Why.
        why: String,
    },
    /// The interpreter does not start.
    #[error("{interpreter} does not start: {why}")]
    NotStarted {
        /// The interpreter.
        interpreter: String,
        /// Why.
        why: String,
    },
    /// It did not end in time and was killed.
    #[error("the command was still running after {} s and was killed", .0.as_secs())]
    TimedOut(Duration),
    /// It asked for a person, or hung where a person would be asked; it was killed.
    #[error("the command needs a person at the keyboard: {0}")]
    NeedsAPerson(String),
    /// It printed more than it may.
    #[error("the command printed more than {0} bytes and was killed")]
    TooMuchOutput(usize),
    /// The machine's execution policy does not let the script run.
    #[error(
        "PowerShell's execution policy on this server does not let the script run: {0}. Where only signed scripts may \
         run, sign the installed ones (docs/signing.md)"
    )]
    NotAllowed(String),
    /// What it printed is not one JSON object.
    #[error("the command printed something other than one JSON object: {0}")]
    NotJson(String),
    /// It printed success and ended as failed.
    #[error("the command reported success but ended with {0}")]
    Contradiction(String),
    /// It reported an error.
    #[error("{message}")]
    Reported {
        /// Its code.
        code: String,
        /// Its message.
        message: String,
    },
}

impl ScriptError {
    /// The stable code.
    pub fn code(&self) -> &str {
        match self {
            ScriptError::Missing { .. } => "script-missing",
            ScriptError::Changed { .. } => "script-changed",
            ScriptError::NotCopied { .. } => "script-not-copied",
            ScriptError::NotStarted { .. } => "interpreter-not-started",
            ScriptError::TimedOut(_) => "timed-out",
            ScriptError::NeedsAPerson(_) => "needs-a-person",
            ScriptError::TooMuchOutput(_) => "output-too-large",
            ScriptError::NotAllowed(_) => "execution-policy",
            ScriptError::NotJson(_) => "output-not-json",
            ScriptError::Contradiction(_) => "exit-code",
            ScriptError::Reported { code, .. } => code,
        }
    }

    /// Code and sentence.
    pub fn reason(&self) -> Reason {
        Reason::new(self.code(), self.to_string())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_argument_holds_nothing_that_a_shell_would_read() {
        assert!(Argument::new("AADUsername", "jane.doe+adm@contoso.com").is_ok());
        for bad in
            ["", "-Enable", "a b", "$x", "a;b", "`a", "\"a\"", "a'b", "(a)", "a\nb", "ä", "a,b", "@(1)"]
        {
            assert!(Argument::new("AADUsername", bad).is_err(), "{bad:?}");
        }
        assert!(Argument::new("AADUsername", "a".repeat(201)).is_err());
    }

    #[test]
    fn a_name_to_sign_in_with_is_taken_only_as_the_scripts_take_it() {
        for good in
            ["jane.doe+adm@contoso.com", "o'brien@contoso.co.uk", "_svc@contoso.onmicrosoft.com", "7@a"]
        {
            assert!(Argument::user_name(good).is_ok(), "{good}");
        }
        for bad in [
            "jane",
            "jane@",
            "@contoso.com",
            "-Enable@contoso.com",
            "jane@-x",
            "jane@contoso.com@x",
            "j ane@contoso.com",
            "jane@contoso.com;x",
            "$x@contoso.com",
            "jane@con_toso.com",
            "j\u{e4}ne@contoso.com",
            "'@contoso.com",
        ] {
            assert!(Argument::user_name(bad).is_err(), "{bad}");
        }
        let script = crate::catalog::command(crate::catalog::ENABLE_PASSWORD_SYNC).expect("in it").script;
        let pattern = r"[ValidatePattern('^[A-Za-z0-9_][A-Za-z0-9._+''-]*@[A-Za-z0-9_][A-Za-z0-9.-]*$')]";
        assert!(String::from_utf8_lossy(script).contains(pattern));
    }

    #[test]
    fn a_persons_name_stays_out_of_logs() {
        let argument = Argument::new("AADUsername", "jane@contoso.com").expect("valid");
        assert!(!format!("{argument:?}").contains("jane"));
    }
}
