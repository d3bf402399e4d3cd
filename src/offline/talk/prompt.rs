//! Commands at a prompt of PowerShell or `cmd.exe`: those that only read the newest say nothing, every other may have changed what
//! the events tell, or left it out. `prompt.toml` lists what reads.

use std::collections::HashSet;
use std::sync::LazyLock;

use serde::Deserialize;

use super::window::{self, Bounds};
use super::{fields, words};
use crate::offline::over::says_over;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    reads: String,
    reads_with: Vec<String>,
    verbs: HashSet<String>,
    window: Bounds,
}

pub(super) struct Commands {
    reads: HashSet<String>,
    reads_with: Vec<String>,
    verbs: HashSet<String>,
    pub(super) window: Bounds,
}

pub(super) static COMMANDS: LazyLock<Commands> = LazyLock::new(|| {
    let file: File = toml::from_str(include_str!("prompt.toml"))
        .unwrap_or_else(|error: toml::de::Error| panic!("prompt.toml: {error}"));
    let reads = file.reads.split_whitespace().map(str::to_owned).collect();
    Commands { reads, reads_with: file.reads_with, verbs: file.verbs, window: file.window }
});

/// Whether a line of a text is a command at a prompt that does more than read.
pub(in crate::offline) fn acts(said: &str) -> bool {
    said.lines().filter(|line| command(line).is_some()).any(|line| !is_reading(line))
}

/// Whether a line is a prompt, and what stands behind it reads or is nothing.
pub(super) fn is_reading(line: &str) -> bool {
    command(line).is_some_and(|command| {
        let prompt = line.get(..line.len() - command.len()).unwrap_or_default();
        only_reads(command) && !says_over(prompt)
    })
}

/// Whether a line is a command at a prompt that shows events and leaves out the newest.
pub(in crate::offline) fn hides_newest(line: &str) -> bool {
    command(line).and_then(parts).is_some_and(|(parts, _)| window::hides_newest(&parts))
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

/// Whether a command at a prompt only reads, or is none: each of its parts must, what else stands in them say nothing, and no newer
/// event be left out.
fn only_reads(command: &str) -> bool {
    let Some((parts, comment)) = parts(command) else { return false };
    let is_quiet = comment.trim().is_empty() || words::unknown(comment.trim_matches(['#', ' '])).is_none();
    is_quiet && parts.iter().all(|part| part_reads(part)) && !window::hides_newest(&parts)
}

fn part_reads(part: &str) -> bool {
    let lower = part.trim().to_lowercase();
    let mut words = lower.split_whitespace();
    let first = words.next().unwrap_or_default();
    let two = format!("{first} {}", words.next().unwrap_or_default()).replacen(".exe ", " ", 1);
    let is_cmdlet = |word: &str| {
        word.split_once('-').is_some_and(|(verb, noun)| {
            COMMANDS.verbs.contains(verb) && noun.chars().all(|c| c.is_ascii_alphanumeric())
        })
    };
    let reads = |word: &str| COMMANDS.reads.contains(word) || is_cmdlet(word);
    let begins = lower.is_empty() || reads(first) || COMMANDS.reads_with.contains(&two);
    // What follows is names, values and conditions: nothing is set or called there but what reads.
    let rest = lower.get(first.len()..).unwrap_or_default();
    let mut inner = rest.split(|c: char| !c.is_ascii_alphanumeric() && c != '-' && c != '_' && c != '.');
    let calls = |word: &str| {
        let (verb, noun) = word.split_once('-').unwrap_or_default();
        !verb.is_empty()
            && verb.bytes().all(|b| b.is_ascii_alphabetic())
            && noun.starts_with(|c: char| c.is_ascii_alphabetic())
            && !noun.contains('.')
            && !reads(word)
            && !fields::Form::Host.fits(word)
    };
    let assigns = rest.match_indices('=').any(|(at, _)| {
        let name = rest.get(..at).unwrap_or_default().trim_end();
        name.rsplit(|c: char| !c.is_alphanumeric() && !"$_.".contains(c))
            .next()
            .is_some_and(|it| it.starts_with('$'))
    });
    let methods = [".stop(", ".start(", ".pause(", ".continue(", ".kill(", ".delete(", ".invoke", ".put("];
    let programs = [".ps1", ".exe", ".cmd", ".bat", ".\\", "&"];
    let says = rest.replace("/operational", "").replace("$false", "").replace("$true", "");
    begins
        && !assigns
        && !inner.any(calls)
        && !methods.iter().any(|method| rest.contains(method))
        && !programs.iter().any(|program| rest.contains(program))
        && !says_over(&says)
}

/// The parts of a command between bars, semicolons and the like, and the comment behind it. What stands in quotes or braces is no
/// end of one. `None` if a quote or a brace is open.
fn parts(command: &str) -> Option<(Vec<String>, String)> {
    let mut found = vec![String::new()];
    let (mut quote, mut depth, mut last) = (None, 0_u32, ' ');
    for (at, c) in command.char_indices() {
        match (c, quote) {
            ('\'' | '"', None) => quote = Some(c),
            (c, Some(open)) if c == open => quote = None,
            ('{' | '(' | '[', None) => depth += 1,
            ('}' | ')' | ']', None) => depth = depth.checked_sub(1)?,
            ('#', None) if last.is_whitespace() || "<;|".contains(last) => {
                return Some((found, command.get(at..)?.replace("#>", "").replace('<', "")));
            }
            ('|' | ';' | '&', None) if depth == 0 => {
                found.push(String::new());
                last = c;
                continue;
            }
            _ => {}
        }
        found.last_mut()?.push(c);
        last = c;
    }
    (quote.is_none() && depth == 0).then_some((found, String::new()))
}
