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
///
/// A block is what signing adds and nothing else: the two marker lines, and between them lines of `# ` and base64. Lines
/// end wherever PowerShell ends a comment: at `\n`, at `\r`, or at both. Whatever differs is script, and counts.
pub fn script_digest(script: &[u8]) -> Digest {
    let trimmed = trim_line_breaks(script);
    Digest::of(before_signature(trimmed).map_or(trimmed, trim_line_breaks))
}

/// What stands before the signature block that a script ends with; `None` if it ends with none.
fn before_signature(script: &[u8]) -> Option<&[u8]> {
    let (mut rest, end) = last_line(script);
    let mut line = end;
    if line != b"# SIG # End signature block" {
        return None;
    }
    for lines in 0.. {
        (rest, line) = last_line(strip_line_break(rest)?);
        match line.strip_prefix(b"# ") {
            Some(base64) if is_base64(base64) => {}
            _ => return (lines > 0 && line == b"# SIG # Begin signature block").then_some(rest),
        }
    }
    None
}

/// A text in two: up to its last line break, with it, and the line after it.
fn last_line(text: &[u8]) -> (&[u8], &[u8]) {
    text.split_at(text.iter().rposition(|byte| matches!(byte, b'\n' | b'\r')).map_or(0, |at| at + 1))
}

/// A text without the one line break that it ends with; `None` if it ends with none.
fn strip_line_break(text: &[u8]) -> Option<&[u8]> {
    let without = |line_break: &[u8]| text.strip_suffix(line_break);
    without(b"\r\n").or_else(|| without(b"\n")).or_else(|| without(b"\r"))
}

fn is_base64(line: &[u8]) -> bool {
    let digit = |byte: &u8| byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'/' | b'=');
    !line.is_empty() && line.iter().all(digit)
}

/// Signing adds a line break before its block, so those at the end never count.
fn trim_line_breaks(mut text: &[u8]) -> &[u8] {
    while let Some(rest) = strip_line_break(text) {
        text = rest;
    }
    text
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

    const SCRIPT: &str = "param()\r\nGet-Thing";

    fn digest(tail: &str) -> Digest {
        script_digest(format!("{SCRIPT}{tail}").as_bytes())
    }

    #[test]
    fn what_only_looks_like_a_signature_block_is_script() {
        let block = |begin: &str, inner: &str, end: &str| format!("\n{begin}\n{inner}\n{end}\n");
        let (begin, end) = ("# SIG # Begin signature block", "# SIG # End signature block");
        assert_eq!(digest(&block(begin, "# MIIa+/=", end)), digest(""));
        for (begin, inner, end) in [
            // A lone carriage return ends a comment, too.
            (begin, "# MIIa\rRemove-Thing", end),
            ("# SIG # Begin signature block\rRemove-Thing", "# MIIa", end),
            (begin, "# MIIa", "# x\rRemove-Thing # SIG # End signature block"),
            (begin, "# MIIa", "Remove-Thing # SIG # End signature block"),
            ("# SIG # Begin signature block and more", "# MIIa", end),
            (" # SIG # Begin signature block", "# MIIa", end),
            (begin, "# MIIa", "# SIG # End signature block "),
            (begin, "#MIIa", end),
            (begin, "# ", end),
            (begin, "", end),
            (begin, "# MIIa\n\n# MIIb", end),
            (begin, "# MIIa #>", end),
            (begin, "# MIIa\u{2028}Remove-Thing", end),
            (begin, "# MIIa\u{2029}Remove-Thing", end),
            (begin, "# MIIa\u{85}Remove-Thing", end),
            (begin, "# MIIa\u{c}Remove-Thing", end),
            (begin, "# MIIa\0Remove-Thing", end),
            (begin, "# MIIa\t", end),
        ] {
            let tail = block(begin, inner, end);
            assert_ne!(digest(&tail), digest(""), "{tail:?}");
        }
        // No line break before it, no line in it, no end, or two of them.
        let good = block(begin, "# MIIa", end);
        for tail in [
            good.trim_start().to_owned(),
            format!("\n{begin}\n{end}\n"),
            format!("\n{begin}\n# MIIa\n"),
            format!("{good}{good}"),
            format!("{good} "),
        ] {
            assert_ne!(digest(&tail), digest(""), "{tail:?}");
        }
    }

    /// Whether a tail is a signature block or nothing, told in another way than the code tells it.
    fn adds_nothing(tail: &str) -> bool {
        let one = tail.replace("\r\n", "\n").replace('\r', "\n");
        let Some((before, block)) = one.split_once("# SIG # Begin signature block\n") else {
            return one.trim_matches('\n').is_empty();
        };
        let Some((inner, after)) = block.split_once("# SIG # End signature block") else { return false };
        let base64 = |line: &str| {
            let digits = line.strip_prefix("# ").unwrap_or_default();
            !digits.is_empty() && digits.chars().all(|c| c.is_ascii_alphanumeric() || "+/=".contains(c))
        };
        let lines: Vec<&str> = inner.split_terminator('\n').collect();
        (!before.is_empty() && before.trim_matches('\n').is_empty())
            && (!lines.is_empty() && inner.ends_with('\n') && lines.into_iter().all(base64))
            && after.trim_matches('\n').is_empty()
    }

    /// The pieces that blocks, and what hides among them, are made of.
    fn piece() -> impl proptest::strategy::Strategy<Value = String> {
        use proptest::prelude::*;
        prop_oneof![
            6 => prop::sample::select(vec!["\n", "\r", "\r\n"]).prop_map(str::to_owned),
            3 => prop::sample::select(vec!["# SIG # Begin signature block", "# SIG # End signature block"])
                .prop_map(str::to_owned),
            3 => "# [A-Za-z0-9+/=]{1,8}",
            1 => prop::sample::select(vec!["#", "# ", " ", "\t", "\0", "\u{2028}", "Remove-Thing", "<#", "#>", "`"])
                .prop_map(str::to_owned),
        ]
    }

    proptest::proptest! {
        #![proptest_config(proptest::test_runner::Config::with_cases(4000))]

        #[test]
        fn no_text_beside_a_well_formed_block_has_the_scripts_digest(
            tail in proptest::collection::vec(piece(), 0..12),
        ) {
            let tail = tail.concat();
            proptest::prop_assert_eq!(digest(&tail) == digest(""), adds_nothing(&tail), "{:?}", tail);
        }

        #[test]
        fn a_block_keeps_the_digest_and_one_that_holds_anything_but_base64_comments_does_not(
            lines in proptest::collection::vec("# [A-Za-z0-9+/=]{1,64}", 1..6),
            line_break in proptest::sample::select(vec!["\n", "\r", "\r\n"]),
            hidden in proptest::sample::select(
                vec!["\r", "\n", " ", "#", "\t", "\0", "\u{b}", "\u{2028}", "\u{2029}", "$", ";", "\r&x"]
            ),
            at in proptest::prelude::any::<proptest::sample::Index>(),
        ) {
            let begin = format!("{line_break}# SIG # Begin signature block{line_break}");
            let inner = lines.join(line_break);
            let end = format!("{line_break}# SIG # End signature block{line_break}");
            proptest::prop_assert_eq!(digest(&format!("{begin}{inner}{end}")), digest(""));
            // Into a line, behind its first base64 digit, so that a line break leaves a line that is no comment.
            let ends: Vec<usize> = inner.match_indices("# ").map(|(at, _)| at + 3).collect();
            let at = *at.get(&ends);
            let (before, after) = inner.split_at(at);
            let after = format!("x{after}");
            let changed = format!("{begin}{before}{hidden}{after}{end}");
            proptest::prop_assert_ne!(digest(&changed), digest(""), "{:?}", changed);
        }
    }
}
