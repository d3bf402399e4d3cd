//! Rules against a small linear model, on the same held-out questions: `cargo run --example question_models`.
//!
//! The model is a softmax regression over hashed words, pairs of words and runs of characters, trained on the corpus' develop
//! and indirect parts. Alone it is worse than the rules; the bot asks it only where the rules know no word. `-- --write` writes its weights.

use syncmedic::plan::Digest;
use syncmedic::question;
use syncmedic::question::model::{HYPOTHESES, INTENTS, Model, ONE, SLOTS, parts, slots};

const DEVELOP: &str = include_str!("../tests/corpus/questions/develop.tsv");
const HELD_OUT: &str = include_str!("../tests/corpus/questions/held-out.tsv");
const INDIRECT: &str = include_str!("../tests/corpus/questions/indirect.tsv");
const BLIND: &str = include_str!("../tests/corpus/questions/blind.tsv");
const ROUNDS: usize = 40;
const WEIGHTS: &str = "src/question/weights.bin";

struct Labelled {
    intent: &'static str,
    hypothesis: &'static str,
    text: &'static str,
}

fn corpus(file: &'static str) -> Vec<Labelled> {
    let lines = file.lines().filter(|line| !line.starts_with('#'));
    let columns = lines.map(|line| line.split('\t').collect::<Vec<_>>());
    columns.map(|column| Labelled { intent: column[1], hypothesis: column[2], text: column[5] }).collect()
}

/// Trains rows of weights, one a label, by stochastic gradients with a step for each weight (Adagrad).
fn train<L: PartialEq>(labels: &[L], examples: &[(Vec<usize>, L)]) -> Model {
    let mut model = Model { rows: vec![vec![0.0; SLOTS]; labels.len()] };
    let mut squares = vec![vec![1e-3_f32; SLOTS]; labels.len()];
    for _ in 0..ROUNDS {
        for (slots, wanted) in examples {
            let chances = model.chances(slots);
            for (row, label) in labels.iter().enumerate() {
                let error = chances[row] - if label == wanted { 1.0 } else { 0.0 };
                for slot in slots {
                    let (weight, square) = (&mut model.rows[row][*slot], &mut squares[row][*slot]);
                    let slope = error + 1e-3 * *weight;
                    *square += slope * slope;
                    *weight -= 0.1 * slope / square.sqrt();
                }
            }
        }
    }
    model
}

/// As the file holds a weight.
fn byte(weight: f32) -> u8 {
    ((weight * ONE).round().clamp(-127.0, 127.0) as i8).cast_unsigned()
}

fn name(value: impl serde::Serialize) -> String {
    serde_json::json!(value).as_str().unwrap_or("-").to_owned()
}

fn main() -> std::io::Result<()> {
    let mut develop = corpus(DEVELOP);
    develop.extend(corpus(INDIRECT));
    let features = |text: &str| slots(&parts(text));
    let intents: Vec<String> = INTENTS.iter().map(name).collect();
    let hypotheses: Vec<String> = HYPOTHESES.iter().map(name).collect();
    let examples: Vec<_> =
        develop.iter().map(|known| (features(known.text), known.intent.to_owned())).collect();
    let intent_model = train(&intents, &examples);
    let problems = develop.iter().filter(|known| known.hypothesis != "-");
    let examples: Vec<_> =
        problems.map(|known| (features(known.text), known.hypothesis.to_owned())).collect();
    let hypothesis_model = train(&hypotheses, &examples);
    if std::env::args().any(|arg| arg == "--write") {
        let rows = intent_model.rows.iter().chain(&hypothesis_model.rows);
        let weights = rows.flatten().map(|weight| byte(*weight));
        let corpus = Digest::of(format!("{DEVELOP}{INDIRECT}").as_bytes()).to_string();
        std::fs::write(WEIGHTS, weights.chain(corpus.bytes()).collect::<Vec<_>>())?;
        println!("{WEIGHTS} is written; build again to use it");
    }
    println!("trained on {} questions", develop.len());
    for (title, part) in
        [("trained on", &develop), ("held-out", &corpus(HELD_OUT)), ("blind", &corpus(BLIND))]
    {
        let (mut intent, mut hypothesis, mut of_problems) = ([0_u32; 3], [0_u32; 3], 0_u32);
        for known in part {
            let found = features(known.text);
            let guess = &intents[intent_model.best(&found).0];
            let cause = match guess == "sign-in-problem" {
                true => &hypotheses[hypothesis_model.best(&found).0],
                false => "-",
            };
            let rules = question::read_by_rules(known.text);
            let both = question::read(known.text);
            let answers = [
                (name(rules.intent), name(rules.hypothesis)),
                (guess.clone(), cause.to_owned()),
                (name(both.intent), name(both.hypothesis)),
            ];
            of_problems += u32::from(known.hypothesis != "-");
            for (at, answer) in answers.iter().enumerate() {
                intent[at] += u32::from(answer.0 == known.intent);
                hypothesis[at] += u32::from(known.hypothesis != "-" && answer.1 == known.hypothesis);
            }
        }
        let total = u32::try_from(part.len()).unwrap_or(u32::MAX);
        for (at, way) in ["rules", "linear model", "rules, else model"].iter().enumerate() {
            let percent = |right: u32, all: u32| 100.0 * f64::from(right) / f64::from(all.max(1));
            let (intent, hypothesis) = (percent(intent[at], total), percent(hypothesis[at], of_problems));
            println!("{title:10} {way:18} intent {intent:5.1} %  hypothesis {hypothesis:5.1} %");
        }
    }
    Ok(())
}
