//! Somebody wrote into a log that the fault is over, at any place that its format has: the remedy is gone.
//!
//! Every log of `corpus/events` that earns the remedy is taken, and each sentence, in the languages of `over.toml`, may stand
//! on a line of its own, between elements, in a comment, under a key, in a column or in a row.

use std::io::Cursor;
use std::path::Path;
use std::sync::LazyLock;

use jiff::Timestamp;
use proptest::prelude::*;
use serde_json::Value;
use syncmedic::diagnosis::Knowledge;
use syncmedic::offline;
use syncmedic::offline::answer::answer;
use syncmedic::offline::log::Log;

const SENTENCES: &[&str] = &[
    "We switched it on yesterday and it works again.",
    "Wir haben es gestern eingeschaltet, es läuft wieder.",
    "Nous l'avons activé hier, c'est réglé.",
    "Lo activamos ayer y está solucionado.",
    "L'abbiamo attivato ieri, risolto.",
    "Foi ativado ontem, está resolvido.",
    "Het is gisteren geactiveerd en opgelost.",
    "Wczoraj włączone, naprawione.",
    "Vi slog på det igår, nu är det löst.",
    "Včera zapnuto, vyřešeno.",
    "Dün açıldı, çözüldü.",
];

static KNOWLEDGE: LazyLock<Knowledge> = LazyLock::new(Knowledge::embedded);

/// Whether a log earns the remedy; one that is refused does not.
fn earns_the_remedy(log: &[u8]) -> bool {
    let mut kept = Log::new();
    if offline::read("a file", Cursor::new(log), &mut kept).is_err() {
        return false;
    }
    let clock: Timestamp = "2026-11-25T00:00:00Z".parse().expect("a time");
    answer(&kept.finish(None, clock), false, &KNOWLEDGE).expect("an answer").remedy.is_some()
}

struct Sick {
    file: String,
    log: String,
}

/// The logs that earn the remedy and are text.
static SICK: LazyLock<Vec<Sick>> = LazyLock::new(|| {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/corpus/events");
    let labels = std::fs::read_to_string(folder.join("labels.tsv")).expect("the labels");
    let files =
        labels.lines().filter_map(|row| row.strip_suffix("\tenable-password-sync")?.split('\t').next());
    let read = |file: &str| {
        let bytes = std::fs::read(folder.join(file)).expect("the file");
        let log = text(&bytes)?;
        earns_the_remedy(log.as_bytes()).then(|| Sick { file: file.to_owned(), log })
    };
    files.filter_map(read).collect()
});

/// UTF-8 or UTF-16; others are left out.
fn text(bytes: &[u8]) -> Option<String> {
    match bytes {
        [0xff, 0xfe, rest @ ..] => {
            let units = rest.chunks_exact(2).map(|unit| u16::from_le_bytes([unit[0], unit[1]]));
            String::from_utf16(&units.collect::<Vec<_>>()).ok()
        }
        bytes => String::from_utf8(bytes.to_vec()).ok(),
    }
}

/// The log with the sentence at one of its places, and what stands around that place.
struct Told {
    place: String,
    log: String,
}

fn told(log: &str, at: usize, said: &str) -> Told {
    let (before, after) = log.split_at(at);
    let near = |text: &mut dyn Iterator<Item = char>| text.take(40).collect::<String>();
    let tail = near(&mut before.chars().rev()).chars().rev().collect::<String>();
    Told {
        place: format!("{tail:?} | {:?}", near(&mut after.chars())),
        log: format!("{before}{said}{after}"),
    }
}

/// All logs with the sentence at one place.
fn all_told(sick: &Sick, sentence: &str) -> Vec<Told> {
    let log = &sick.log;
    match sick.file.rsplit('.').next() {
        Some("xml") => in_xml(log, sentence),
        Some("json") => in_json(log, sentence),
        Some("csv") => in_csv(log, sentence),
        // As Event Viewer saves it, with tabs.
        _ if sick.file.contains("viewer-tab") => in_csv(log, sentence),
        _ => lines(log)
            .filter(|at| !in_element(log, *at))
            .map(|at| told(log, at, &format!("{sentence}\n")))
            .collect(),
    }
}

/// Whether a place is within the text of a part of an event's data, which its program wrote.
fn in_element(log: &str, at: usize) -> bool {
    log[..at].matches("<Data>").count() > log[..at].matches("</Data>").count()
}

/// Where lines begin, and the end.
fn lines(log: &str) -> impl Iterator<Item = usize> {
    std::iter::once(0).chain(log.match_indices('\n').map(|(at, _)| at + 1))
}

/// As a comment, as text and as an element, before and behind each mark of an element.
fn in_xml(log: &str, sentence: &str) -> Vec<Told> {
    let cdata = |at: usize| log[..at].matches("<![CDATA[").count() > log[..at].matches("]]>").count();
    let begins = log.match_indices('<').map(|(at, _)| at);
    let ends = log.match_indices('>').map(|(at, _)| at + 1);
    // What stands within the text of an element is the program's.
    let between = |at: &usize| {
        let (before, after) = (log[..*at].trim_end(), log[*at..].trim_start());
        (before.is_empty() || before.ends_with('>') && !before.ends_with("]]>"))
            && (after.is_empty() || after.starts_with('<') && !after.starts_with("<!["))
    };
    let mut places: Vec<usize> = begins.chain(ends).filter(|at| !cdata(*at)).filter(between).collect();
    places.sort_unstable();
    places.dedup();
    let forms = [format!("<!-- {sentence} -->"), format!(" {sentence} "), format!("<Note>{sentence}</Note>")];
    // A program may call the parts of its data as it likes.
    let in_data =
        |at: usize| log[..at].matches("<EventData>").count() > log[..at].matches("</EventData>").count();
    let forms = |at: usize| &forms[..if in_data(at) { 2 } else { 3 }];
    places.into_iter().flat_map(|at| forms(at).iter().map(move |said| told(log, at, said))).collect()
}

/// Under a key of each object.
fn in_json(log: &str, sentence: &str) -> Vec<Told> {
    const KEYS: &[&str] = &["note", "Status", "comments", "Message2"];
    let values: Vec<Value> =
        serde_json::Deserializer::from_str(log).into_iter().map(|value| value.expect("JSON")).collect();
    let mut all = Vec::new();
    for key in KEYS {
        for nth in 0.. {
            let mut values = values.clone();
            let mut left = nth;
            let Some(path) = values.iter_mut().find_map(|value| add(value, key, sentence, &mut left, ""))
            else {
                break;
            };
            let log = values.iter().map(|value| format!("{value}\n")).collect();
            all.push(Told { place: format!("{key} in {path}"), log });
        }
    }
    all
}

/// Adds a key to the object that comes after `left` others; tells where it stands.
fn add(value: &mut Value, key: &str, said: &str, left: &mut usize, path: &str) -> Option<String> {
    match value {
        Value::Object(fields) if *left == 0 => {
            fields.insert(key.to_owned(), said.into());
            Some(format!("object {path}"))
        }
        Value::Object(fields) => {
            *left -= 1;
            fields.iter_mut().find_map(|(name, inner)| add(inner, key, said, left, &format!("{path}.{name}")))
        }
        Value::Array(items) => {
            items.iter_mut().find_map(|inner| add(inner, key, said, left, &format!("{path}[]")))
        }
        _ => None,
    }
}

/// As a line, a row, and a column with and without a name, of all rows and of one.
fn in_csv(log: &str, sentence: &str) -> Vec<Told> {
    let ends: Vec<usize> = log
        .match_indices('\n')
        .map(|(at, _)| if log[..at].ends_with('\r') { at - 1 } else { at })
        .filter(|at| log[..*at].matches('"').count().is_multiple_of(2))
        .collect();
    let head = &log[..ends.first().copied().unwrap_or(log.len())];
    let delimiter = ['\t', ';', ','].into_iter().find(|it| head.contains(*it)).unwrap_or(',');
    let rows = lines(log).filter(|at| log[..*at].matches('"').count().is_multiple_of(2));
    let mut all: Vec<Told> = rows.map(|at| told(log, at, &format!("{sentence}\n"))).collect();
    all.extend(ends.iter().map(|at| told(log, *at, &format!("\n\"{sentence}\"{delimiter}"))));
    all.extend(ends.iter().map(|at| told(log, *at, &format!("{delimiter}\"{sentence}\""))));
    for name in ["Note", "Status", "Closed"] {
        for row in 1..ends.len() {
            let said = told(log, ends[row], &format!("{delimiter}\"{sentence}\""));
            let (head, rows) = said.log.split_at(ends[0]);
            all.push(Told {
                place: format!("{name}: {}", said.place),
                log: format!("{head}{delimiter}{name}{rows}"),
            });
        }
    }
    all
}

#[test]
fn what_says_that_it_is_over_keeps_the_remedy_away_at_each_place_of_a_log() {
    let mut sentences = SENTENCES.iter().cycle();
    for sick in SICK.iter() {
        // All places in one language; the next log in the next.
        for told in all_told(sick, sentences.next().expect("a sentence")) {
            assert!(!earns_the_remedy(told.log.as_bytes()), "{}: {}", sick.file, told.place);
        }
    }
    assert!(SICK.len() > 50, "{} logs", SICK.len());
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 100, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn what_says_that_it_is_over_keeps_the_remedy_away_in_each_language(
        log in any::<prop::sample::Index>(), place in any::<prop::sample::Index>(), sentence in 0..SENTENCES.len()
    ) {
        let sick = &SICK[log.index(SICK.len())];
        let all = all_told(sick, SENTENCES[sentence]);
        let told = &all[place.index(all.len())];
        prop_assert!(!earns_the_remedy(told.log.as_bytes()), "{}: {}", sick.file, told.place);
    }
}
