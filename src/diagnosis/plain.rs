//! The wordings of the sync product's daily work that say nothing against code 90 (`plain.toml`), whole: a text that goes on
//! in any other way is not one of them.

use std::sync::OnceLock;

use regex::Regex;
use serde::Deserialize;

use super::signature::regex;

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
    plain: Vec<Wording>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Wording {
    events: Vec<u32>,
    texts: Vec<String>,
}

/// The wordings, each compiled when an event of its id is first looked at: few of them ever are.
#[derive(Debug, Clone)]
pub(super) struct Plains(Vec<(Vec<u32>, Vec<Pattern>)>);

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
        Ok(Plains(read.plain.into_iter().map(wording).collect()))
    }
}

/// The classes of a pattern as those of ASCII, all that these texts are made of: Unicode's take a hundred times as long to compile.
fn plain_letters(pattern: &str) -> String {
    let pattern = pattern.replace(r"\s", r"[ \t\r\n\xA0]").replace(r"\d", "[0-9]");
    pattern.replace(r"\w", "[0-9A-Za-z_]")
}

impl Plains {
    /// Whether a text is one of the id's.
    pub(super) fn knows(&self, id: u32, text: &str) -> bool {
        let of_id = self.0.iter().filter(|(events, _)| events.contains(&id));
        of_id.flat_map(|(_, texts)| texts).filter_map(Pattern::get).any(|it| it.is_match(text))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_plain_wording_compiles_and_a_text_that_goes_on_is_none_of_them() {
        let plains = PlainText::embedded().expect("sound");
        assert!(plains.0.iter().flat_map(|(_, texts)| texts).all(|text| text.get().is_some()));
        for (id, text) in [
            (904, "Scheduler::SchedulerThreadMain : Delta sync cycle started."),
            (904, "Starting: Import from connector (contoso.com). RunId: 07e93e8a-cf2d"),
            (904, "After Execute RunProfile. Connector: contoso.com, RunProfile: Export, Result: success"),
            (663, "Password Hash Synchronization Manager is alive and running."),
            (605, "Added 1 items to the retry queue."),
        ] {
            assert!(plains.knows(id, text), "{text}");
            assert!(!plains.knows(id, &format!("{text} PHS=Active")), "{text}");
            assert!(!plains.knows(id + 10_000, text), "{text}");
        }
    }
}
