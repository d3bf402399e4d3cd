//! The catalogue: everything that may ever run on a sync server, compiled in from `commands/`, with the
//! SHA-256 of each script. Both programs carry it; a command, and which cause leads to it, changes only with
//! a new build of both.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use serde::Deserialize;

use crate::ids::{Build, CommandId};
use crate::plan::{Digest, Mode};

/// Reads ADSync's state.
pub const READ_STATE: &str = "read-state";
/// Switches the tenant's cloud flag on.
pub const ENABLE_PASSWORD_SYNC: &str = "enable-password-sync";
/// Opens one forest's password channel.
pub const ENABLE_FOREST_CHANNEL: &str = "enable-forest-channel";

/// One command: what it is, for people and for the gate, and its script.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Command {
    /// Its id: the folder's name.
    pub id: CommandId,
    /// Its description, from `command.toml`.
    pub about: About,
    /// The script's bytes, as in the repository.
    pub script: &'static [u8],
    /// The digest of the script's bytes before a trailing signature block.
    pub digest: Digest,
}

/// What `command.toml` says.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct About {
    /// One line for people.
    pub title: String,
    /// What one run is about; at most one request for a command and scope is open.
    pub scope: Scope,
    /// Whether it changes anything.
    pub changes: bool,
    /// From this build on a person must be at the keyboard.
    pub attended_from: Option<Build>,
    /// How long one run may take.
    pub timeout_seconds: u64,
    /// What it will change.
    pub effect: String,
    /// What it takes to undo it.
    pub undo: String,
    /// The command as an administrator would type it.
    pub text: String,
    /// Where that is documented.
    pub sources: Vec<String>,
    /// Its arguments, each from a closed set.
    #[serde(default)]
    pub arguments: BTreeMap<String, ArgumentKind>,
}

/// What one run of a command is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Scope {
    /// The whole tenant.
    Tenant,
    /// One server.
    Server,
    /// One connector of one server.
    Connector,
}

/// The closed set an argument is taken from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ArgumentKind {
    /// The identifier of an AD connector that the server has.
    Forest,
}

impl Command {
    /// Who must be at the keyboard on a build; an unknown build needs a person.
    pub fn mode(&self, build: Option<Build>) -> Mode {
        match (self.about.attended_from, build) {
            (None, _) => Mode::Unattended,
            (Some(from), Some(build)) if build < from => Mode::Unattended,
            (Some(_), _) => Mode::Attended,
        }
    }
}

macro_rules! command {
    ($id:literal) => {
        (
            $id,
            include_str!(concat!("../commands/", $id, "/command.toml")),
            include_bytes!(concat!("../commands/", $id, "/run.ps1")),
        )
    };
}

const EMBEDDED: &[(&str, &str, &[u8])] =
    &[command!("read-state"), command!("enable-password-sync"), command!("enable-forest-channel")];

static COMMANDS: LazyLock<Vec<Command>> = LazyLock::new(|| {
    let read = |&(id, about, script): &(&str, &str, &'static [u8])| Command {
        id: id.parse().unwrap_or_else(|error| panic!("commands/{id}: {error}")),
        about: toml::from_str(about).unwrap_or_else(|error| panic!("commands/{id}/command.toml: {error}")),
        script,
        digest: script_digest(script),
    };
    EMBEDDED.iter().map(read).collect()
});

/// Every command.
pub fn commands() -> &'static [Command] {
    &COMMANDS
}

/// The command of that id, if there is one.
pub fn command(id: &str) -> Option<&'static Command> {
    COMMANDS.iter().find(|command| command.id.as_str() == id)
}

/// The digest of a script: of its bytes before a trailing Authenticode signature block, so that an
/// organisation may sign the script without changing what it is.
pub fn script_digest(script: &[u8]) -> Digest {
    const BEGIN: &[u8] = b"# SIG # Begin signature block";
    const END: &[u8] = b"# SIG # End signature block";
    let unsigned = match find_line(script, BEGIN) {
        // Only a block that runs to the end of the file is a signature; anything after it is script.
        Some(at) if script.trim_ascii_end().ends_with(END) && only_comments(&script[at..]) => {
            trim_newline(&script[..at])
        }
        _ => script,
    };
    Digest::of(trim_newline(unsigned))
}

fn find_line(script: &[u8], line: &[u8]) -> Option<usize> {
    let starts = |at: &usize| *at == 0 || script[*at - 1] == b'\n';
    (0..script.len().saturating_sub(line.len())).filter(starts).find(|&at| script[at..].starts_with(line))
}

fn only_comments(block: &[u8]) -> bool {
    block.split(|&byte| byte == b'\n').all(|line| line.trim_ascii().is_empty() || line.starts_with(b"# "))
}

/// Signing adds a line break before its block, so those at the end never count.
fn trim_newline(mut bytes: &[u8]) -> &[u8] {
    while let Some(rest) = bytes.strip_suffix(b"\n").or_else(|| bytes.strip_suffix(b"\r")) {
        bytes = rest;
    }
    bytes
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_command_of_the_catalogue_reads() {
        for id in [READ_STATE, ENABLE_PASSWORD_SYNC, ENABLE_FOREST_CHANNEL] {
            assert_eq!(command(id).expect("in the catalogue").id.as_str(), id);
        }
        assert_eq!(commands().len(), 3);
        assert!(commands().iter().all(|c| c.about.changes != (c.id.as_str() == READ_STATE)));
    }

    #[test]
    fn from_the_attended_build_a_person_is_needed_and_on_an_unknown_build_too() {
        let enable = command(ENABLE_PASSWORD_SYNC).expect("in the catalogue");
        let mode = |text: &str| enable.mode(Some(text.parse().expect("a build")));
        assert_eq!(mode("2.6.3.0"), Mode::Unattended);
        assert_eq!(mode("2.6.84.0"), Mode::Attended);
        assert_eq!(mode("2.6.91.0"), Mode::Attended);
        assert_eq!(enable.mode(None), Mode::Attended);
    }

    #[test]
    fn a_signature_block_at_the_end_does_not_change_the_digest_and_script_after_it_does() {
        let plain = b"Get-Thing\n".as_slice();
        let signed =
            b"Get-Thing\r\n\r\n# SIG # Begin signature block\r\n# MIIa\r\n# SIG # End signature block\r\n";
        assert_eq!(script_digest(plain), script_digest(b"Get-Thing\n\n"));
        assert_eq!(script_digest(plain), script_digest(signed));
        let tail =
            b"Get-Thing\n# SIG # Begin signature block\n# x\n# SIG # End signature block\nRemove-Thing\n";
        assert_ne!(script_digest(plain), script_digest(tail));
        let hidden = b"Get-Thing\n# SIG # Begin signature block\nRemove-Thing\n# SIG # End signature block\n";
        assert_ne!(script_digest(plain), script_digest(hidden));
    }
}
