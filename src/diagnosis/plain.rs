//! The sync product's daily work, which says nothing against code 90 (`plain.toml`): events that are no errors and have no telling
//! word, and whole wordings, which may have one; a text that goes on in any other way is none of these.

use std::sync::OnceLock;

use regex::Regex;
use serde::Deserialize;

use super::signature::regex;
use crate::report::{Event, Level};

/// What may stand for a name in a wording.
const NAME: &str = r#"(?:"[^"\n]+"|[^\x00-\x2c\x2f:-@\[-^`{-\x7f]+(?:\s-\s[A-Z]{2,5})?)"#;
/// A run profile.
const RUN: &str =
    r"(?:(?:full|delta|initial)\s+)?(?:confirming\s+)?(?:import|export|sync(?:hronization)?)(?:\s+cycle)?";
/// What may follow any wording: numbers, a tracking id, the forest.
const TAIL: &str = r"[.,;\s]*(?:(?:tracking|run)\s*id\s*:?\s*[\w-]+[.,;\s]*)?(?:<forest-info>[\s\S]*</forest-info>[.,;\s]*)?";

/// `plain.toml`.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct PlainText {
    daily: Vec<u32>,
    failing: String,
    left_out: String,
    errors: Vec<u32>,
    telling: Vec<TellingText>,
    plain: Vec<Wording>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Wording {
    events: Vec<u32>,
    texts: Vec<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct TellingText {
    events: Vec<u32>,
    words: String,
}

/// The daily work.
#[derive(Debug, Clone)]
pub(super) struct Plains {
    /// What an error may say: it tells where no level is told, or the id is none of the daily work.
    failing: Regex,
    /// The ids of the daily work; no other is quiet where no level is told.
    daily: Vec<u32>,
    /// What is left out before telling words are looked for: names, and settings of a server that syncs.
    left_out: Regex,
    /// The ids of errors that are daily work.
    errors: Vec<u32>,
    /// By ids, none meaning any: the words that tell something.
    telling: Vec<(Vec<u32>, Regex)>,
    /// Each compiled when an event of its id is first looked at: few of them ever are.
    wordings: Vec<(Vec<u32>, Vec<Pattern>)>,
}

/// A wording. One that does not compile is known by no text, and so withholds.
#[derive(Debug, Clone)]
struct Pattern {
    text: String,
    compiled: OnceLock<Option<Regex>>,
}

impl Pattern {
    fn get(&self) -> Option<&Regex> {
        self.compiled.get_or_init(|| regex(&self.text).ok()).as_ref()
    }
}

impl PlainText {
    pub(super) fn embedded() -> Result<Plains, String> {
        let read: PlainText =
            toml::from_str(include_str!("plain.toml")).map_err(|error| error.to_string())?;
        let pattern = |text: &String| {
            let text = text.replace("NAME", NAME).replace("RUN", RUN);
            let text = plain_letters(&format!(r"(?i)\A\s*(?:{text}){TAIL}\z"));
            Pattern { text, compiled: OnceLock::new() }
        };
        let wording = |it: Wording| (it.events, it.texts.iter().map(pattern).collect());
        let telling = |it: TellingText| Ok::<_, String>((it.events, regex(&it.words)?));
        Ok(Plains {
            failing: regex(&read.failing)?,
            left_out: regex(&read.left_out)?,
            errors: read.errors,
            daily: read.daily,
            telling: read.telling.into_iter().map(telling).collect::<Result<_, _>>()?,
            wordings: read.plain.into_iter().map(wording).collect(),
        })
    }
}

/// The classes of a pattern as those of ASCII, all that these texts are made of: Unicode's take a hundred times as long to compile.
fn plain_letters(pattern: &str) -> String {
    let pattern = pattern.replace(r"\s", r"[ \t\r\n\xA0]").replace(r"\d", "[0-9]");
    pattern.replace(r"\w", "[0-9A-Za-z_]")
}

impl Plains {
    /// Whether an event that says this is the daily work.
    pub(super) fn know(&self, event: &Event, said: &str) -> bool {
        self.is_quiet(event, said) || self.has_wording(event.id, said)
    }

    fn is_quiet(&self, event: &Event, said: &str) -> bool {
        let of_id = self.telling.iter().find(|(events, _)| events.is_empty() || events.contains(&event.id));
        let rest = self.left_out.replace_all(said, " ");
        let tells = of_id.is_none_or(|(_, words)| words.is_match(&rest));
        let (daily, fails) = (self.daily.contains(&event.id), || self.failing.is_match(said));
        !tells
            && match event.level {
                Some(Level::Error) => self.errors.contains(&event.id),
                Some(_) => daily || !fails(),
                None => daily && !fails(),
            }
    }

    fn has_wording(&self, id: u32, text: &str) -> bool {
        let of_id = self.wordings.iter().filter(|(events, _)| events.contains(&id));
        of_id.flat_map(|(_, texts)| texts).filter_map(Pattern::get).any(|it| it.is_match(text))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_plain_wording_compiles_and_a_text_that_goes_on_is_none_of_them() {
        let plains = PlainText::embedded().expect("sound");
        assert!(plains.wordings.iter().flat_map(|(_, texts)| texts).all(|text| text.get().is_some()));
        for (id, text) in [
            (904, "Scheduler::SchedulerThreadMain : Delta sync cycle started."),
            (904, "Starting: Import from connector (contoso.com). RunId: 07e93e8a-cf2d"),
            (904, "After Execute RunProfile. Connector: contoso.com, RunProfile: Export, Result: success"),
            (663, "Password Hash Synchronization Manager is alive and running."),
            (605, "Added 1 items to the retry queue."),
        ] {
            assert!(plains.has_wording(id, text), "{text}");
            assert!(!plains.has_wording(id, &format!("{text} PHS=Active")), "{text}");
            assert!(!plains.has_wording(id + 10_000, text), "{text}");
        }
    }
}
