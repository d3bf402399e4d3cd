//! Rules, a linear model and both together, on questions that they were not trained on:
//! `cargo run --release --example question_models`.
//!
//! On the parts that are kept, and on each group of writers by models that the rest of the corpus taught. `-- --write` trains on
//! all parts to learn from and writes the weights.

mod corpus;

use std::collections::BTreeMap;

use corpus::{Labelled, name, parts, taught};
use syncmedic::plan::Digest;
use syncmedic::question::model::{self, HYPOTHESES, INTENTS, Model, Models, SCOPES, Seen, slots};
use syncmedic::question::{self, Intent, Question, Sees};

/// The writers are measured in so many groups, each by models that the others taught.
const GROUPS: usize = 4;
const WEIGHTS: &str = "src/question/weights.bin";

const ROUNDS: u32 = 30;
/// How much a question that is taken wrongly weighs against large weights.
const COST: f32 = 0.1;
/// What is added to the count of a feature in each class: so little is known of rare ones.
const SMOOTH: f32 = 0.5;

/// What the model sees of a question in training. The rules were written with the develop part and answer all of it rightly:
/// their answer there would teach the model to trust them more than they deserve.
fn seen(known: &Labelled, sees: Sees) -> Vec<u32> {
    let kept = known.part == "develop" && sees == Sees::Everything;
    slots(known.text, if kept { Sees::AllButTheRules } else { sees })
}

/// A question as the models see it, and the place of its label.
type Example<'a> = (&'a Seen, usize);

/// Trains a model: each label against all others.
fn train(model: &mut Model, labels: usize, examples: &[Example<'_>]) {
    for label in 0..labels {
        let weights = against_the_rest(model.weights.len() / labels, label, examples);
        model
            .weights
            .iter_mut()
            .skip(label)
            .step_by(labels)
            .zip(weights)
            .for_each(|(to, weight)| *to = weight);
    }
}

/// A support vector machine with squared hinge loss by dual coordinate descent (Hsieh et al., 2008), each of whose features
/// may weigh the more, the more its share among the label's questions differs from that among the others (Wang and
/// Manning, 2012).
fn against_the_rest(rows: usize, label: usize, examples: &[Example<'_>]) -> Vec<f32> {
    let reach: Vec<f32> = ratios(rows, label, examples).into_iter().map(|ratio| ratio * ratio).collect();
    let sum = |seen: &Seen, of: &[f32]| seen.rows.iter().map(|row| of[*row as usize]).sum::<f32>();
    let slack = 1.0 / (2.0 * COST);
    let squares: Vec<f32> =
        examples.iter().map(|(seen, _)| 1.0 + seen.share * seen.share * sum(seen, &reach) + slack).collect();
    let mut weights = vec![0.0_f32; rows];
    let mut held = vec![0.0_f32; examples.len()];
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
            let (seen, of) = examples[*index];
            let sign = if of == label { 1.0 } else { -1.0 };
            let score = weights[0] + seen.share * sum(seen, &weights);
            let slope = sign * score - 1.0 + slack * held[*index];
            let next = (held[*index] - slope / squares[*index]).max(0.0);
            let step = sign * (next - held[*index]);
            held[*index] = next;
            weights[0] += step;
            for row in &seen.rows {
                weights[*row as usize] += step * seen.share * reach[*row as usize];
            }
        }
    }
    weights
}

/// The logarithm of how much more often a feature stands in the label's questions than in the others.
fn ratios(rows: usize, label: usize, examples: &[Example<'_>]) -> Vec<f32> {
    let mut counts = [vec![SMOOTH; rows], vec![SMOOTH; rows]];
    for (seen, of) in examples {
        seen.rows.iter().for_each(|row| counts[usize::from(*of == label)][*row as usize] += 1.0);
    }
    let [others, own] = counts.map(|counts| {
        let all: f32 = counts.iter().sum();
        counts.into_iter().map(move |count| count / all)
    });
    own.zip(others).map(|(own, other)| (own / other).ln()).collect()
}

fn train_both(parts: &[&Labelled], sees: Sees) -> Models {
    let slots: Vec<Vec<u32>> = parts.iter().map(|known| seen(known, sees)).collect();
    let mut models = Models::new(model::Rows::of_corpus(slots.iter().map(Vec::as_slice)));
    let seen: Vec<Seen> = slots.iter().map(|slots| models.rows.see(slots.iter().copied())).collect();
    let known = || seen.iter().zip(parts);
    let place = |names: &[String], wanted: &str| names.iter().position(|name| name == wanted);
    let names = (INTENTS.map(name), HYPOTHESES.map(name), SCOPES.map(name));
    let intents: Vec<_> =
        known().filter_map(|(seen, known)| Some((seen, place(&names.0, known.intent)?))).collect();
    let hypotheses: Vec<_> =
        known().filter_map(|(seen, known)| Some((seen, place(&names.1, known.hypothesis)?))).collect();
    let problems = known().filter(|(_, known)| known.is_problem());
    let first = |known: &Labelled| known.scope.split('|').next().unwrap_or_default();
    let scopes: Vec<_> =
        problems.filter_map(|(seen, known)| Some((seen, place(&names.2, first(known))?))).collect();
    train(&mut models.intent, INTENTS.len(), &intents);
    train(&mut models.hypothesis, HYPOTHESES.len(), &hypotheses);
    train(&mut models.scope, SCOPES.len(), &scopes);
    models
}

/// Right intents of all, and of sign-in problems right hypotheses and right scopes.
#[derive(Default, Clone, Copy)]
struct Right([u32; 5]);

impl Right {
    fn count(&mut self, known: &Labelled, question: &Question) {
        let (intent, hypothesis) = known.takes(question);
        let is_problem = known.is_problem();
        self.0[0] += u32::from(intent);
        self.0[1] += 1;
        self.0[2] += u32::from(is_problem && hypothesis);
        self.0[3] += u32::from(is_problem);
        self.0[4] +=
            u32::from(is_problem && known.scope.split('|').any(|scope| scope == name(question.scope)));
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

/// What each way gets right, by language; `""` is all.
type Rows = BTreeMap<&'static str, [Right; WAYS.len()]>;

/// Measures the four ways on a part.
fn compare(rows: &mut Rows, part: &[&Labelled], words: &Models, both: &Models) {
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
}

fn show(title: &str, rows: &Rows) {
    for (language, ways) in rows {
        let shown: Vec<String> =
            WAYS.iter().zip(ways).map(|(way, right)| format!("{way} {}", right.shown())).collect();
        println!("{title:9} {language:2} n {:4}  {}", ways[0].0[1], shown.join("   "));
    }
}

fn main() -> std::io::Result<()> {
    let known: Vec<Labelled> = parts(false)?.into_values().flatten().collect();
    let all: Vec<&Labelled> = known.iter().collect();
    println!("{} questions to learn from", all.len());
    let both = train_both(&all, Sees::Everything);
    if std::env::args().any(|arg| arg == "--write") {
        let mut bytes = both.to_bytes();
        bytes.extend(Digest::of(taught()?.as_bytes()).to_string().bytes());
        std::fs::write(WEIGHTS, bytes)?;
        println!("{WEIGHTS} is written; build again to use it");
        return Ok(());
    }
    println!("intent / hypothesis / scope, right in percent");
    let words = train_both(&all, Sees::Words);
    for (part, kept) in parts(true)? {
        let mut rows = Rows::new();
        compare(&mut rows, &kept.iter().collect::<Vec<_>>(), &words, &both);
        show(part, &rows);
    }
    let mut rows = Rows::new();
    for group in 0..GROUPS {
        let of_group = |known: &&Labelled| {
            let number = known.part.strip_prefix("writer-").and_then(|number| number.parse::<usize>().ok());
            number.is_some_and(|number| number % GROUPS == group)
        };
        let (theirs, others): (Vec<&Labelled>, Vec<&Labelled>) = known.iter().partition(of_group);
        let [words, both] = [Sees::Words, Sees::Everything].map(|sees| train_both(&others, sees));
        compare(&mut rows, &theirs, &words, &both);
    }
    show("writers", &rows);
    Ok(())
}
