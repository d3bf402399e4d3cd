//! The clauses and lines that say nothing against a remedy: `harmless.toml`.

use std::collections::{BTreeMap, HashSet};
use std::sync::LazyLock;

use regex::{Regex, RegexSet, RegexSetBuilder};
use serde::Deserialize;

use crate::offline::over::says_over;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    /// Lines that programs write.
    lines: Vec<String>,
    /// Lines that programs write below an error.
    program: Vec<String>,
    /// What our own messages of every day are made of.
    daily: Vec<String>,
    /// Where somebody names a server.
    hosts: String,
    /// Parts of the patterns below, which name them in braces.
    parts: BTreeMap<String, String>,
    language: BTreeMap<String, Language>,
}

/// Whole clauses of one language, as patterns in lower case with single spaces.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Language {
    /// Words of which a clause is made that only points to what stands beside it.
    pointing: String,
    greeting: Vec<String>,
    signoff: Vec<String>,
    sentences: Vec<String>,
}

struct Harmless {
    pointing: Vec<HashSet<String>>,
    greetings: RegexSet,
    sign_offs: RegexSet,
    sentences: RegexSet,
    lines: RegexSet,
    program: RegexSet,
    daily: Regex,
    hosts: Regex,
}

static HARMLESS: LazyLock<Harmless> = LazyLock::new(|| {
    let read = || -> Result<Harmless, Box<dyn std::error::Error>> {
        let file: File = toml::from_str(include_str!("harmless.toml"))?;
        let all = |of: fn(&Language) -> &Vec<String>| {
            let patterns = file.language.values().flat_map(of);
            whole(patterns.map(|pattern| with_parts(pattern, &file.parts)))
        };
        let words = |it: &Language| it.pointing.split_whitespace().map(str::to_owned).collect();
        Ok(Harmless {
            pointing: file.language.values().map(words).collect(),
            greetings: all(|it| &it.greeting)?,
            sign_offs: all(|it| &it.signoff)?,
            sentences: all(|it| &it.sentences)?,
            daily: Regex::new(&format!("^(?i:{})+$", file.daily.join("|")))?,
            hosts: Regex::new(&with_parts(&file.hosts, &file.parts))?,
            program: whole(file.program.iter().map(|line| format!("(?i:{line})")))?,
            lines: whole(file.lines.iter().map(|line| format!("(?i:{line})")))?,
        })
    };
    read().unwrap_or_else(|error| panic!("harmless.toml: {error}"))
});

/// How large the patterns may grow, in bytes.
const SIZE: usize = 64 << 20;

pub(super) fn whole(patterns: impl Iterator<Item = String>) -> Result<RegexSet, regex::Error> {
    RegexSetBuilder::new(patterns.map(|pattern| format!("^(?:{pattern})$"))).size_limit(SIZE).build()
}

/// A pattern with its parts in place of their names; parts may name parts.
fn with_parts(pattern: &str, parts: &BTreeMap<String, String>) -> String {
    let mut pattern = pattern.to_owned();
    for _ in 0..parts.len() {
        for (name, part) in parts {
            pattern = pattern.replace(&format!("{{{name}}}"), &format!("(?:{part})"));
        }
    }
    pattern
}

/// Whether a clause greets, without a name.
pub(super) fn is_greeting(clause: &str) -> bool {
    HARMLESS.greetings.is_match(clause)
}

/// Whether a clause thanks or takes its leave.
pub(super) fn is_sign_off(clause: &str) -> bool {
    HARMLESS.sign_offs.is_match(clause)
}

/// Whether a clause asks, complains, points to what stands beside it, or names it.
pub(super) fn is_sentence(clause: &str) -> bool {
    let points = |words: &HashSet<String>| {
        let several = words.iter().filter(|word| word.contains('_'));
        let joined =
            several.fold(clause.to_owned(), |clause, word| clause.replace(&word.replace('_', " "), word));
        joined.contains(' ') && joined.split(' ').all(|word| words.contains(word))
    };
    HARMLESS.sentences.is_match(clause) || HARMLESS.pointing.iter().any(points)
}

/// The servers that a line names by names with a number, as most are.
pub(super) fn hosts(line: &str) -> Vec<String> {
    let mut line = line.trim().to_lowercase();
    // A line of one word may be what `hostname` printed.
    if !line.contains(' ') {
        line.insert_str(0, "on ");
    }
    let short = |host: &str| host.split('.').next().unwrap_or(host).to_owned();
    let named = HARMLESS.hosts.captures_iter(&line).map(|found| found.extract::<1>().1[0].to_owned());
    let is_server = |name: &String| {
        name.contains(|c: char| c.is_ascii_digit())
            && !name.starts_with("office")
            && !name.starts_with("microsoft")
    };
    named.map(|host| short(&host)).filter(is_server).collect()
}

/// Whether a program writes this line, and it says nothing.
pub(super) fn is_line(line: &str) -> bool {
    HARMLESS.lines.is_match(line)
}

/// Whether a line is what programs write below an error: a stack, an exception, an identifier; or what a list or a table of
/// PowerShell, which it indents, goes on with.
pub(in crate::offline) fn is_of_program(line: &str) -> bool {
    /// How far to the right PowerShell writes the second line of a value.
    const INDENT: usize = 10;
    let bare = line.trim();
    let is_deep = line.len() - line.trim_start().len() >= INDENT;
    bare.is_empty() || is_daily(bare) || (is_deep || HARMLESS.program.is_match(bare)) && !says_over(bare)
}

/// Whether a message is one of our own of every day, and nothing else, however its lines are broken.
pub(in crate::offline) fn is_daily(message: &str) -> bool {
    let message: String = message.chars().filter(|c| !c.is_whitespace()).collect();
    HARMLESS.daily.is_match(&message)
}
