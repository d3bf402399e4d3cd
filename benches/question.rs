//! How long reading a question takes, beside the rules alone: `cargo bench --bench question`.

use std::hint::black_box;
use std::time::{Duration, Instant};

use syncmedic::question::{self, Question};

const ROUNDS: u32 = 100;

/// The mean time of a call.
fn time(read: impl Fn(&str) -> Question, text: &str) -> Duration {
    let start = Instant::now();
    for _ in 0..ROUNDS {
        black_box(read(black_box(text)));
    }
    start.elapsed() / ROUNDS
}

fn main() {
    let corpus = [
        include_str!("../tests/corpus/questions/develop.tsv"),
        include_str!("../tests/corpus/questions/held-out.tsv"),
        include_str!("../tests/corpus/questions/blind.tsv"),
    ];
    let lines: Vec<&str> = corpus
        .iter()
        .flat_map(|file| file.lines())
        .filter(|line| !line.starts_with('#'))
        .filter_map(|line| line.split('\t').nth(5))
        .collect();
    let start = Instant::now();
    black_box(question::read("users can't sign in"));
    println!("first question, dictionaries and weights read: {:?}", start.elapsed());

    let (mut times, mut rules) = (Vec::with_capacity(lines.len()), Duration::ZERO);
    for line in &lines {
        // One after the other, so that what else the machine does meets both.
        times.push(time(question::read, line));
        rules += time(question::read_by_rules, line);
    }
    times.sort();
    let at = |part: usize| times.get((times.len() - 1) * part / 100).copied().unwrap_or_default();
    let all = times.iter().sum::<Duration>();
    println!(
        "{} lines: mean {:?}, median {:?}, 99 % {:?}, slowest {:?}; {:.1} times the rules alone",
        times.len(),
        all / u32::try_from(times.len()).unwrap_or(1),
        at(50),
        at(99),
        at(100),
        all.as_secs_f64() / rules.as_secs_f64()
    );

    let letter = "Dear colleagues, since this morning nobody in our ofice can lgoin to Outlok. ".repeat(60);
    println!("a letter of {} characters: {:?}", letter.len(), time(question::read, &letter));
}
