//! How long reading a question takes: `cargo bench --bench question`.

use std::hint::black_box;
use std::time::{Duration, Instant};

use syncmedic::question;

const ROUNDS: u32 = 200;

fn main() {
    let corpus = [
        include_str!("../tests/corpus/questions/develop.tsv"),
        include_str!("../tests/corpus/questions/held-out.tsv"),
    ];
    let lines: Vec<&str> = corpus
        .iter()
        .flat_map(|file| file.lines())
        .filter(|line| !line.starts_with('#'))
        .filter_map(|line| line.split('\t').nth(5))
        .collect();
    let start = Instant::now();
    black_box(question::read("users can't sign in"));
    println!("first question, dictionaries read: {:?}", start.elapsed());

    let mut times: Vec<Duration> = Vec::with_capacity(lines.len());
    for line in &lines {
        let start = Instant::now();
        for _ in 0..ROUNDS {
            black_box(question::read(black_box(line)));
        }
        times.push(start.elapsed() / ROUNDS);
    }
    times.sort();
    let at = |part: usize| times.get((times.len() - 1) * part / 100).copied().unwrap_or_default();
    let mean = times.iter().sum::<Duration>() / u32::try_from(times.len()).unwrap_or(1);
    println!(
        "{} lines: mean {mean:?}, median {:?}, 99 % {:?}, slowest {:?}",
        times.len(),
        at(50),
        at(99),
        at(100)
    );

    let letter = "Dear colleagues, since this morning nobody in our ofice can lgoin to Outlok. ".repeat(60);
    let start = Instant::now();
    for _ in 0..ROUNDS {
        black_box(question::read(black_box(&letter)));
    }
    println!("a letter of {} characters: {:?}", letter.len(), start.elapsed() / ROUNDS);
}
