//! Commands at a prompt of PowerShell or `cmd.exe`: those that only read say nothing, every other may have changed what the
//! events tell.

/// Whether a line of a text is a command at a prompt that does more than read.
pub(in crate::offline) fn acts(said: &str) -> bool {
    said.lines().filter_map(command).any(|command| !only_reads(command))
}

/// Whether a line is a prompt, and what stands behind it reads or is nothing.
pub(super) fn is_reading(line: &str) -> bool {
    command(line).is_some_and(only_reads)
}

/// What stands behind a prompt of PowerShell, here or on a remote server (`[SYNC01]: PS C:\>`), or of `cmd.exe` (`C:\>`, over SSH
/// with the account before it).
pub(in crate::offline) fn command(line: &str) -> Option<&str> {
    let line = line.trim();
    let here = line.strip_prefix('[').and_then(|rest| rest.split_once("]: ")).map_or(line, |(_, here)| here);
    let start = here.get(..3)?;
    let of_powershell = ["ps ", "ps>"].iter().any(|prompt| start.eq_ignore_ascii_case(prompt));
    let (prompt, command) = here.split_once('>')?;
    let path =
        prompt.split_once(' ').filter(|(account, _)| account.contains('@')).map_or(prompt, |(_, path)| path);
    let of_cmd = matches!(path.as_bytes(), [drive, b':', b'\\', ..] if drive.is_ascii_alphabetic());
    (of_powershell || of_cmd).then_some(command)
}

/// What a command that only reads begins with.
const BEGINS: &[&str] = &[
    "get-",
    "invoke-adsyncdiagnostics",
    "stop-transcript",
    "start-transcript",
    "exit",
    "cls",
    "clear",
    "wevtutil qe ",
    "wevtutil query-events ",
    "wevtutil epl ",
    "hostname",
    "whoami",
    "cd ",
];

/// Verbs of cmdlets that only read, or shape what was read; and the cmdlets of other verbs that do.
const READS: &[&str] = &[
    "get",
    "select",
    "where",
    "sort",
    "format",
    "out",
    "measure",
    "convertto",
    "export",
    "group",
    "invoke-adsyncdiagnostics",
    "start-transcript",
    "stop-transcript",
];

/// Whether a command at a prompt only reads, or is none: each of its cmdlets must be one that does.
fn only_reads(command: &str) -> bool {
    let command = command.trim().to_ascii_lowercase();
    let mut cmdlets = command.split(|c: char| !c.is_ascii_alphanumeric() && c != '-').filter(|word| {
        word.split_once('-').is_some_and(|(verb, noun)| {
            !verb.is_empty() && noun.starts_with(|c: char| c.is_ascii_alphabetic())
        })
    });
    let reads = |cmdlet: &str| {
        READS.contains(&cmdlet) || cmdlet.split('-').next().is_some_and(|verb| READS.contains(&verb))
    };
    let runs_else =
        ["&", ".ps1", ".exe", ".cmd", ".bat", ".stop", ".start"].iter().any(|mark| command.contains(mark));
    command.is_empty()
        || (BEGINS.iter().any(|word| command.starts_with(word)) && !runs_else && cmdlets.all(reads))
}
