//! People's names, and what stands below them in a mail (`names.toml`).

use std::collections::HashSet;
use std::sync::LazyLock;

use regex::RegexSet;
use serde::Deserialize;

use super::harmless::whole;
use crate::offline::labels::fold;
use crate::offline::over::says_over;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    given: String,
    titles: String,
    particles: String,
    jobs: String,
    companies: String,
    contacts: Vec<String>,
}

struct Names {
    /// Without accents.
    given: HashSet<String>,
    titles: HashSet<String>,
    particles: HashSet<String>,
    jobs: HashSet<String>,
    companies: HashSet<String>,
    contacts: RegexSet,
}

static NAMES: LazyLock<Names> = LazyLock::new(|| {
    let read = || -> Result<Names, Box<dyn std::error::Error>> {
        let file: File = toml::from_str(include_str!("names.toml"))?;
        let words = |text: &str| text.split_whitespace().map(str::to_owned).collect();
        Ok(Names {
            given: file.given.split_whitespace().map(fold).collect(),
            titles: words(&file.titles),
            particles: words(&file.particles),
            jobs: words(&file.jobs),
            companies: words(&file.companies),
            contacts: whole(file.contacts.iter().map(|it| format!("(?i:{it})")))?,
        })
    };
    read().unwrap_or_else(|error| panic!("names.toml: {error}"))
});

/// The most words of a name, its particles aside.
const MOST: usize = 3;

/// Whether a text is somebody's name: a given name that is known, an initial or a title, and what may be a family's name.
pub(super) fn is_name(text: &str) -> bool {
    let words: Vec<&str> = text.trim_end_matches([',', '.']).split_whitespace().collect();
    let Some((first, further)) = words.split_first() else { return false };
    let is_particle = |word: &str| NAMES.particles.contains(&word.to_lowercase());
    let family: Vec<&&str> = further.iter().filter(|word| !is_particle(word)).collect();
    let is_known = is_given(first) || !family.is_empty() && (is_initial(first) || is_title(first));
    is_known && family.len() < MOST && family.iter().all(|word| is_initial(word) || may_be_family(word))
}

fn is_given(word: &str) -> bool {
    let mut parts = word.split('-');
    word.starts_with(char::is_uppercase) && parts.all(|part| NAMES.given.contains(&fold(part)))
}

fn is_title(word: &str) -> bool {
    NAMES.titles.contains(&word.trim_end_matches('.').to_lowercase())
}

fn is_initial(word: &str) -> bool {
    let word = word.strip_suffix('.').unwrap_or(word);
    word.chars().count() == 1 && word.starts_with(char::is_uppercase)
}

fn may_be_family(word: &str) -> bool {
    let is_letter = |c: char| c.is_alphabetic() || matches!(c, '-' | '\'');
    word.starts_with(char::is_uppercase) && word.chars().all(is_letter) && !says_over(word)
}

/// Whether a line tells what somebody is, for whom they work, or how to reach them, and nothing else.
pub(super) fn is_of_signature(line: &str) -> bool {
    let mut parts = line.split(['|', '·', '•']).flat_map(|part| part.split(", ")).map(str::trim);
    parts.all(|part| is_job(part) || is_company(part) || NAMES.contacts.is_match(part))
}

fn is_job(part: &str) -> bool {
    let words = part.split([' ', '/', '&', '(', ')']).filter(|word| !matches!(*word, "" | "-" | "–"));
    !part.is_empty()
        && words.map(str::to_lowercase).all(|word| NAMES.jobs.contains(word.trim_end_matches('.')))
}

fn is_company(part: &str) -> bool {
    let words: Vec<&str> = part.split_whitespace().collect();
    let Some((form, name)) = words.split_last() else { return false };
    let is_form = NAMES.companies.contains(form.trim_end_matches('.').to_lowercase().as_str());
    is_form && (1..=MOST).contains(&name.len()) && name.iter().all(|word| may_be_family(word))
}
