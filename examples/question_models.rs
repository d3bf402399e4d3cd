//! Rules, a linear model and both together, on questions that they were not trained on:
//! `cargo run --release --example question_models`.
//!
//! For each writer a model is trained on the other parts of the corpus and measured on theirs. `-- --write` trains on all
//! parts and writes the weights. A softmax regression by stochastic gradients with a step for each weight (Adagrad).

use std::collections::BTreeMap;

use syncmedic::plan::Digest;
use syncmedic::question::model::{HYPOTHESES, INTENTS, Model, Models, SCOPES, SLOTS, share, slots};
use syncmedic::question::{self, Intent, Question, Sees};

/// What the model learns from, in this order. `tests/question_corpus.rs` has the same list.
const PARTS: [(&str, &str); 14] = [
    ("develop", include_str!("../tests/corpus/questions/develop.tsv")),
    ("indirect", include_str!("../tests/corpus/questions/indirect.tsv")),
    ("messy", include_str!("../tests/corpus/questions/messy.tsv")),
    ("writer-1", include_str!("../tests/corpus/questions/writer-1.tsv")),
    ("writer-2", include_str!("../tests/corpus/questions/writer-2.tsv")),
    ("writer-3", include_str!("../tests/corpus/questions/writer-3.tsv")),
    ("writer-4", include_str!("../tests/corpus/questions/writer-4.tsv")),
    ("writer-5", include_str!("../tests/corpus/questions/writer-5.tsv")),
    ("writer-6", include_str!("../tests/corpus/questions/writer-6.tsv")),
    ("writer-7", include_str!("../tests/corpus/questions/writer-7.tsv")),
    ("writer-8", include_str!("../tests/corpus/questions/writer-8.tsv")),
    ("writer-9", include_str!("../tests/corpus/questions/writer-9.tsv")),
    ("writer-10", include_str!("../tests/corpus/questions/writer-10.tsv")),
    ("short", include_str!("../tests/corpus/questions/short.tsv")),
];
const HELD_OUT: &str = include_str!("../tests/corpus/questions/held-out.tsv");
const BLIND: &str = include_str!("../tests/corpus/questions/blind.tsv");
const BLIND_2: &str = include_str!("../tests/corpus/questions/blind-2.tsv");
const WEIGHTS: &str = "src/question/weights.bin";

const ROUNDS: u32 = 20;
const STEP: f32 = 0.2;
/// How much a weight is drawn to nothing, in all examples that hold it together.
const DRAWN: f32 = 0.1;

struct Labelled {
    part: &'static str,
    language: &'static str,
    intent: &'static str,
    hypothesis: &'static str,
    /// The first of those that are as honest.
    scope: &'static str,
    text: &'static str,
    also: &'static str,
}

impl Labelled {
    /// Whether the intent, and whether intent and hypothesis, are right.
    fn takes(&self, question: &Question) -> (bool, bool) {
        let (intent, hypothesis) = (name(question.intent), name(question.hypothesis));
        let also = || self.also.split('|').filter_map(|also| also.split_once('/'));
        let pair = (intent.as_str(), hypothesis.as_str());
        (
            intent == self.intent || also().any(|(also, _)| also == intent),
            pair == (self.intent, self.hypothesis) || also().any(|also| also == pair),
        )
    }

    /// What the model sees of it in training. The rules were written with the develop part and answer all of it rightly: their
    /// answer there would teach the model to trust them more than they deserve.
    fn slots(&self, sees: Sees) -> Vec<u32> {
        let kept = self.part == "develop" && sees == Sees::Everything;
        slots(self.text, if kept { Sees::AllButTheRules } else { sees })
    }
}

fn corpus(part: &'static str, file: &'static str) -> Vec<Labelled> {
    let lines = file.lines().filter(|line| !line.starts_with('#'));
    let columns = lines.map(|line| line.split('\t').collect::<Vec<_>>());
    let labelled = columns.map(|column| Labelled {
        part,
        language: column[0],
        intent: column[1],
        hypothesis: column[2],
        scope: column[3].split('|').next().unwrap_or_default(),
        text: column[5],
        also: column.get(6).copied().unwrap_or_default(),
    });
    labelled.collect()
}

/// Trains on examples: slots and a label's row.
fn train(labels: usize, examples: &[(&[u32], usize)]) -> Model {
    let mut model = Model::new(labels);
    let mut squares = vec![1e-3_f32; labels * SLOTS];
    let mut held_by = vec![0.0_f32; SLOTS];
    examples.iter().flat_map(|(slots, _)| *slots).for_each(|slot| held_by[*slot as usize] += 1.0);
    let mut order: Vec<usize> = (0..examples.len()).collect();
    // Xorshift: the same order in every run.
    let mut state = 88_172_645_463_325_252_u64;
    for _ in 0..ROUNDS {
        for at in (1..order.len()).rev() {
            state ^= state << 13;
            state ^= state >> 7;
            state ^= state << 17;
            order.swap(at, (state % (at as u64 + 1)) as usize);
        }
        for index in &order {
            let (slots, wanted) = examples[*index];
            let chances = model.chances(slots);
            for slot in slots {
                let drawn = DRAWN / held_by[*slot as usize];
                for (label, chance) in chances.iter().enumerate() {
                    let at = *slot as usize * labels + label;
                    let error = chance - f32::from(u8::from(label == wanted));
                    let slope = error * share(slots.len()) + drawn * model.weights[at];
                    squares[at] += slope * slope;
                    model.weights[at] -= STEP * slope / squares[at].sqrt();
                }
            }
        }
    }
    model
}

fn train_both(parts: &[&Labelled], sees: Sees) -> Models {
    let seen: Vec<(Vec<u32>, &&Labelled)> = parts.iter().map(|known| (known.slots(sees), known)).collect();
    let row_of = |names: Vec<String>, wanted: &str| names.iter().position(|name| name == wanted);
    let intents = seen
        .iter()
        .filter_map(|(slots, known)| Some((&**slots, row_of(INTENTS.map(name).to_vec(), known.intent)?)));
    let hypotheses = seen.iter().filter_map(|(slots, known)| {
        Some((&**slots, row_of(HYPOTHESES.map(name).to_vec(), known.hypothesis)?))
    });
    let problems = seen.iter().filter(|(_, known)| known.hypothesis != "-");
    let scopes = problems
        .filter_map(|(slots, known)| Some((&**slots, row_of(SCOPES.map(name).to_vec(), known.scope)?)));
    Models {
        intent: train(INTENTS.len(), &intents.collect::<Vec<_>>()),
        hypothesis: train(HYPOTHESES.len(), &hypotheses.collect::<Vec<_>>()),
        scope: train(SCOPES.len(), &scopes.collect::<Vec<_>>()),
    }
}

fn name(value: impl serde::Serialize) -> String {
    serde_json::json!(value).as_str().unwrap_or("-").to_owned()
}

/// Right intents of all, and of sign-in problems right hypotheses and right scopes.
#[derive(Default, Clone, Copy)]
struct Right([u32; 5]);

impl Right {
    fn count(&mut self, known: &Labelled, question: &Question) {
        let (intent, hypothesis) = known.takes(question);
        let is_problem = known.hypothesis != "-";
        self.0[0] += u32::from(intent);
        self.0[1] += 1;
        self.0[2] += u32::from(is_problem && hypothesis);
        self.0[3] += u32::from(is_problem);
        self.0[4] += u32::from(is_problem && name(question.scope) == known.scope);
    }

    fn shown(self) -> String {
        let percent = |right: u32, all: u32| 100.0 * f64::from(right) / f64::from(all.max(1));
        let [intent, all, hypothesis, problems, scope] = self.0;
        let [intent, hypothesis, scope] =
            [percent(intent, all), percent(hypothesis, problems), percent(scope, problems)];
        format!("{intent:5.1} /{hypothesis:5.1} /{scope:5.1}")
    }
}

const WAYS: [&str; 4] = ["rules", "words alone", "rules, else model", "model over both"];

/// Measures the four ways on a part, in all and by language.
fn compare(title: &str, part: &[&Labelled], words: &Models, both: &Models, languages: bool) {
    let mut rows: BTreeMap<&str, [Right; 4]> = BTreeMap::new();
    for known in part {
        let rules = question::read_by_rules(known.text);
        let model = question::read_by(known.text, both, Sees::Everything);
        let silent = rules.intent == Intent::Other && rules.because.is_empty();
        let words = question::read_by(known.text, words, Sees::Words);
        let answers = [&rules, &words, if silent { &model } else { &rules }, &model];
        for row in ["", known.language] {
            for (right, answer) in rows.entry(row).or_default().iter_mut().zip(answers) {
                right.count(known, answer);
            }
        }
    }
    for (language, ways) in rows.iter().filter(|(language, _)| languages || language.is_empty()) {
        let shown: Vec<String> =
            WAYS.iter().zip(ways).map(|(way, right)| format!("{way} {}", right.shown())).collect();
        println!("{title:9} {language:2} n {:4}  {}", ways[0].0[1], shown.join("   "));
    }
}

fn main() -> std::io::Result<()> {
    let known: Vec<Labelled> = PARTS.into_iter().flat_map(|(part, file)| corpus(part, file)).collect();
    let all: Vec<&Labelled> = known.iter().collect();
    let both = train_both(&all, Sees::Everything);
    println!("{} questions to learn from", all.len());
    if std::env::args().any(|arg| arg == "--write") {
        let corpus: String = PARTS.iter().map(|(_, file)| *file).collect();
        let digest = Digest::of(corpus.as_bytes()).to_string();
        let mut bytes = both.to_bytes();
        bytes.extend(digest.bytes());
        std::fs::write(WEIGHTS, bytes)?;
        println!("{WEIGHTS} is written; build again to use it");
        return Ok(());
    }
    println!(
        "intent / hypothesis / scope, right in percent; each writer by models trained without that writer"
    );
    for writer in [
        "writer-1",
        "writer-2",
        "writer-3",
        "writer-4",
        "writer-5",
        "writer-6",
        "writer-7",
        "writer-8",
        "writer-9",
        "writer-10",
    ] {
        let (theirs, others): (Vec<&Labelled>, Vec<&Labelled>) =
            known.iter().partition(|known| known.part == writer);
        let models = [Sees::Words, Sees::Everything].map(|sees| train_both(&others, sees));
        compare(writer, &theirs, &models[0], &models[1], true);
    }
    let words = train_both(&all, Sees::Words);
    for (title, file) in [("held-out", HELD_OUT), ("blind", BLIND), ("blind-2", BLIND_2)] {
        let part = corpus(title, file);
        compare(title, &part.iter().collect::<Vec<_>>(), &words, &both, false);
    }
    Ok(())
}
