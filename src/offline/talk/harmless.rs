//! The words, lines and fields that say nothing against a remedy: `harmless.toml`.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::sync::LazyLock;

use regex::{Regex, RegexSet, RegexSetBuilder};
use serde::Deserialize;

use crate::offline::labels::{self, fold};

/// What a word does in a sentence.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Word {
    /// Nothing.
    Plain,
    /// Begins a greeting; a name follows.
    Greeting,
    /// Ends what is said; names follow.
    SignOff,
    /// Names a fault or what tells of it: without it, there is none.
    Fault,
    /// What should be possible.
    Able,
    /// Says that something is not.
    Negation,
    /// Complains by itself.
    Complaint,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    /// Lines that programs write.
    lines: Vec<String>,
    /// Fields that programs write beside an event.
    fields: Vec<String>,
    /// What no name is, though it stands where names do.
    no_names: String,
    /// Words that begin a clause which may say the opposite of the one before.
    conjunctions: String,
    /// With what no clause ends that says nothing: it may be a state.
    switches: String,
    /// What is never harmless, though each of its words is.
    never: Vec<String>,
    language: BTreeMap<String, Language>,
}

/// The words of one language, separated by spaces.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Language {
    plain: String,
    greeting: String,
    signoff: String,
    fault: String,
    able: String,
    negation: String,
    complaint: String,
    /// Words that say nothing together.
    phrases: Vec<String>,
    /// Words that together are what should be possible.
    #[serde(default)]
    able_phrases: Vec<String>,
}

struct Harmless {
    words: HashMap<String, Word>,
    phrases: Option<Regex>,
    able_phrases: Option<Regex>,
    never: Option<Regex>,
    conjunctions: Option<Regex>,
    no_names: HashSet<String>,
    switches: HashSet<String>,
    lines: RegexSet,
    fields: HashSet<String>,
}

static HARMLESS: LazyLock<Harmless> = LazyLock::new(|| {
    let read = || -> Result<Harmless, Box<dyn std::error::Error>> {
        let file: File = toml::from_str(include_str!("harmless.toml"))?;
        Ok(Harmless {
            words: words(file.language.values()),
            phrases: any_of(file.language.values().flat_map(|it| &it.phrases))?,
            able_phrases: any_of(file.language.values().flat_map(|it| &it.able_phrases))?,
            never: any_of(&file.never)?,
            conjunctions: any_of(
                &file.conjunctions.split_whitespace().map(str::to_owned).collect::<Vec<_>>(),
            )?,
            no_names: file.no_names.split_whitespace().map(str::to_lowercase).collect(),
            switches: file.switches.split_whitespace().map(str::to_lowercase).collect(),
            lines: RegexSetBuilder::new(file.lines.iter().map(|line| format!("^(?:{line})$")))
                .case_insensitive(true)
                .build()?,
            fields: file.fields.iter().map(|name| fold(name)).collect(),
        })
    };
    read().unwrap_or_else(|error| panic!("harmless.toml: {error}"))
});

/// The words of all languages: a text may mix them. Of a word's meanings the one that demands most counts.
fn words<'a>(languages: impl Iterator<Item = &'a Language>) -> HashMap<String, Word> {
    let mut all = HashMap::new();
    for language in languages {
        let classes = [
            (&language.plain, Word::Plain),
            (&language.greeting, Word::Greeting),
            (&language.signoff, Word::SignOff),
            (&language.fault, Word::Fault),
            (&language.able, Word::Able),
            (&language.negation, Word::Negation),
            (&language.complaint, Word::Complaint),
        ];
        for (words, class) in classes {
            for word in words.split_whitespace() {
                let known = all.entry(word.to_lowercase()).or_insert(class);
                *known = class.max(*known);
            }
        }
    }
    all
}

/// A pattern of any of these, as whole words; the longest first.
fn any_of<'a>(phrases: impl IntoIterator<Item = &'a String>) -> Result<Option<Regex>, regex::Error> {
    let mut phrases: Vec<String> = phrases.into_iter().map(|it| regex::escape(it)).collect();
    phrases.sort_by_key(|phrase| std::cmp::Reverse(phrase.len()));
    let whole = |phrase: &String| {
        let edge = |c: Option<char>| {
            if c.is_some_and(|c| c.is_alphanumeric() && (c as u32) < 0x3000) { r"\b" } else { "" }
        };
        format!(
            "{}{}{}",
            edge(phrase.chars().next()),
            phrase.replace(' ', r"\s+"),
            edge(phrase.chars().last())
        )
    };
    let pattern: Vec<String> = phrases.iter().map(whole).collect();
    Ok(if pattern.is_empty() { None } else { Some(Regex::new(&format!("(?i){}", pattern.join("|")))?) })
}

/// What a word in lower case does; `None` if it isn't known.
pub(super) fn word(word: &str) -> Option<Word> {
    if word == ABLE { Some(Word::Able) } else { HARMLESS.words.get(word).copied() }
}

/// A text divided at the words that begin a clause which may say the opposite.
pub(super) fn at_conjunctions(text: &str) -> impl Iterator<Item = &str> {
    let found = HARMLESS.conjunctions.as_ref().into_iter().flat_map(|it| it.find_iter(text));
    let (starts, ends): (Vec<usize>, Vec<usize>) = found.map(|it| (it.end(), it.start())).unzip();
    let starts = std::iter::once(0).chain(starts);
    let ends = ends.into_iter().chain([text.len()]);
    starts.zip(ends).filter_map(|(from, to)| text.get(from..to))
}

/// Whether a word in lower case may be a state where it ends a clause.
pub(super) fn is_switch(word: &str) -> bool {
    HARMLESS.switches.contains(word)
}

/// Whether a word in lower case may be a name where names stand.
pub(super) fn may_be_name(word: &str) -> bool {
    !HARMLESS.no_names.contains(word)
}

/// What stands in place of a phrase that says nothing, and of one that says what should be possible.
pub(super) const PHRASE: &str = "·";
const ABLE: &str = "‡";

/// A text without the phrases in it. `None` if it says what is never harmless.
pub(super) fn without_phrases(text: &str) -> Option<String> {
    let without = |text: &str, phrases: &Option<Regex>, mark: &str| match phrases {
        Some(phrases) => phrases.replace_all(text, mark).into_owned(),
        None => text.to_owned(),
    };
    // What stands there already is no mark of ours.
    let rest = without(&text.replace(ABLE, "?"), &HARMLESS.phrases, PHRASE);
    let rest = without(&rest, &HARMLESS.able_phrases, ABLE);
    let is_never = HARMLESS.never.as_ref().is_some_and(|never| never.is_match(&rest));
    (!is_never).then_some(rest)
}

/// Whether a program writes this line, and it says nothing.
pub(super) fn is_line(line: &str) -> bool {
    HARMLESS.lines.is_match(line)
}

/// Whether programs write this field beside an event.
pub(super) fn is_field(name: &str) -> bool {
    labels::exactly(name).is_some() || HARMLESS.fields.contains(&fold(name))
}
