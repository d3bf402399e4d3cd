//! The labelled questions of `tests/corpus/questions/`, as the training and the tests read them.
#![allow(dead_code, reason = "each of the two reads a part of it")]

use std::collections::BTreeMap;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use syncmedic::question::Question;

/// The parts that nothing learns from.
pub(crate) const KEPT: [&str; 5] = ["blind", "blind-2", "blind-3", "blind-4", "held-out"];

/// A question and what is right.
pub(crate) struct Labelled {
    pub(crate) part: &'static str,
    pub(crate) language: &'static str,
    pub(crate) intent: &'static str,
    pub(crate) hypothesis: &'static str,
    /// Those that are right, divided by `|`.
    pub(crate) scope: &'static str,
    pub(crate) codes: &'static str,
    pub(crate) text: &'static str,
    /// What else is right: `intent/hypothesis`, divided by `|`.
    also: &'static str,
}

impl Labelled {
    /// Whether an intent, and whether an intent with its hypothesis, is right.
    pub(crate) fn takes(&self, question: &Question) -> (bool, bool) {
        let (intent, hypothesis) = (name(question.intent), name(question.hypothesis));
        let also = || self.also.split('|').filter_map(|also| also.split_once('/'));
        let right = intent == self.intent || also().any(|(also, _)| also == intent);
        let pair = (intent.as_str(), hypothesis.as_str());
        (right, pair == (self.intent, self.hypothesis) || also().any(|also| also == pair))
    }

    pub(crate) fn is_problem(&self) -> bool {
        self.intent == "sign-in-problem"
    }
}

/// A value as it is written in the corpus.
pub(crate) fn name(value: impl serde::Serialize) -> String {
    serde_json::json!(value).as_str().unwrap_or("-").to_owned()
}

/// The parts of the corpus in the order of their names: those to learn from, or those that are kept.
pub(crate) fn parts(kept: bool) -> io::Result<BTreeMap<&'static str, Vec<Labelled>>> {
    let files = files(kept)?.into_iter().map(|(part, file)| (part, corpus(part, file)));
    Ok(files.collect())
}

/// All that the model's weights depend on: the questions, the phrases, and what is made of them.
pub(crate) fn taught() -> io::Result<String> {
    let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/question");
    let mut taught: String = files(false)?.into_values().collect();
    for folder in ["hints", "lang"] {
        for file in listed(&source.join(folder))? {
            taught += &fs::read_to_string(file)?;
        }
    }
    for file in [
        "codes.toml",
        "codes.rs",
        "concept.rs",
        "features.rs",
        "lexicon.rs",
        "rules.rs",
        "text.rs",
        "typo.rs",
    ] {
        taught += &fs::read_to_string(source.join(file))?;
    }
    Ok(taught)
}

fn listed(folder: &Path) -> io::Result<Vec<PathBuf>> {
    let mut files = fs::read_dir(folder)?.map(|entry| Ok(entry?.path())).collect::<io::Result<Vec<_>>>()?;
    files.sort();
    Ok(files)
}

fn files(kept: bool) -> io::Result<BTreeMap<&'static str, &'static str>> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/corpus/questions");
    let mut parts = BTreeMap::new();
    for path in listed(&folder)? {
        let part: &str = path.file_stem().unwrap_or_default().to_string_lossy().into_owned().leak();
        if KEPT.contains(&part) == kept {
            parts.insert(part, &*fs::read_to_string(path)?.leak());
        }
    }
    Ok(parts)
}

fn corpus(part: &'static str, file: &'static str) -> Vec<Labelled> {
    let lines = file.lines().filter(|line| !line.starts_with('#'));
    let labelled = lines.map(|line| {
        let columns: Vec<&str> = line.split('\t').collect();
        let [language, intent, hypothesis, scope, codes, text, ref also @ ..] = columns[..] else {
            panic!("{part}: six or seven columns: {line}");
        };
        let also = also.first().copied().unwrap_or_default();
        Labelled { part, language, intent, hypothesis, scope, codes, text, also }
    });
    labelled.collect()
}
