//! `syncmedic triage`: what questions are about, one a line in, an answer a line out. Reads no server and no
//! configuration.

use std::fs::File;
use std::io::{self, BufRead, BufReader, ErrorKind, Read, Write};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use serde::Serialize;
use syncmedic::question::{self, Hypothesis, Intent, Question, Scope};

use super::{DATA, exit};

/// The most bytes of a line that are kept; the rest of it is read and dropped.
const LINE_BYTES: u64 = 64 * 1024;

#[derive(clap::Args)]
pub(super) struct Args {
    /// How to answer.
    #[arg(long, value_enum, default_value_t = Format::Text)]
    format: Format,
    /// A file with a question a line; `-` is the standard input.
    #[arg(default_value = "-")]
    file: PathBuf,
}

#[derive(Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
enum Format {
    /// For reading.
    Text,
    /// A JSON object a line.
    Json,
}

/// An answer; the names of its fields are a promise to whoever reads them.
#[derive(Serialize)]
struct Answer<'a> {
    intent: Intent,
    hypothesis: Option<Hypothesis>,
    scope: Scope,
    codes: Vec<String>,
    because: &'a [String],
}

impl<'a> Answer<'a> {
    fn to(question: &'a Question) -> Self {
        Self {
            intent: question.intent,
            hypothesis: question.hypothesis,
            scope: question.scope,
            codes: question.codes.iter().map(ToString::to_string).collect(),
            because: &question.because,
        }
    }
}

pub(super) fn run(args: &Args) -> anyhow::Result<ExitCode> {
    let result = if args.file == Path::new("-") {
        answer_all(io::stdin().lock(), io::stdout().lock(), args.format)
    } else {
        let file = File::open(&args.file)
            .map_err(|error| exit(DATA, format!("{} can't be read: {error}", args.file.display())))?;
        answer_all(BufReader::new(file), io::stdout().lock(), args.format)
    };
    match result {
        // Whoever read the answers has seen enough.
        Err(error) if error.kind() == ErrorKind::BrokenPipe => Ok(ExitCode::SUCCESS),
        Err(error) => Err(exit(DATA, format!("{}: {error}", args.file.display()))),
        Ok(()) => Ok(ExitCode::SUCCESS),
    }
}

fn answer_all(mut input: impl BufRead, mut output: impl Write, format: Format) -> io::Result<()> {
    let mut line = Vec::new();
    while next_line(&mut input, &mut line)? {
        let text = String::from_utf8_lossy(&line);
        // A file made on Windows may start with a byte order mark.
        let question = question::read(text.trim_start_matches('\u{feff}'));
        answer(&question, &mut output, format)?;
    }
    output.flush()
}

/// Reads one line into `line`, of which at most [`LINE_BYTES`] are kept; whether there was one.
fn next_line(input: &mut impl BufRead, line: &mut Vec<u8>) -> io::Result<bool> {
    line.clear();
    if input.by_ref().take(LINE_BYTES).read_until(b'\n', line)? == 0 {
        return Ok(false);
    }
    if line.last() != Some(&b'\n') {
        input.skip_until(b'\n')?;
    }
    while matches!(line.last(), Some(b'\n' | b'\r')) {
        line.pop();
    }
    Ok(true)
}

fn answer(question: &Question, output: &mut impl Write, format: Format) -> io::Result<()> {
    let answer = Answer::to(question);
    if format == Format::Json {
        serde_json::to_writer(&mut *output, &answer)?;
        return output.write_all(b"\n");
    }
    let word = |value: serde_json::Value| value.as_str().unwrap_or("-").to_owned();
    let list =
        |words: &[String], none: &str| if words.is_empty() { none.to_owned() } else { words.join(", ") };
    writeln!(
        output,
        "{}  hypothesis: {}  scope: {}  codes: {}  because: {}",
        word(serde_json::json!(answer.intent)),
        word(serde_json::json!(answer.hypothesis)),
        word(serde_json::json!(answer.scope)),
        list(&answer.codes, "-"),
        list(answer.because, "-"),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn json(input: &[u8]) -> Vec<serde_json::Value> {
        let mut output = Vec::new();
        answer_all(input, &mut output, Format::Json).expect("memory can be written");
        let text = String::from_utf8(output).expect("JSON is UTF-8");
        text.lines().map(|line| serde_json::from_str(line).expect("each line is an object")).collect()
    }

    #[test]
    fn each_line_gets_an_answer_also_an_empty_one_and_the_last_without_an_end() {
        let answers = json(b"users can't sign in\r\n\n\xff\xfe login?\nerror AADSTS50126");
        assert_eq!(answers.len(), 4);
        assert_eq!(answers[0]["intent"], "sign-in-problem");
        assert_eq!(answers[0]["hypothesis"], "unclear");
        assert_eq!(answers[0]["scope"], "many");
        assert_eq!(answers[1]["intent"], "other");
        assert_eq!(answers[1]["hypothesis"], serde_json::Value::Null);
        assert_eq!(answers[3]["codes"], serde_json::json!(["AADSTS50126"]));
        let keys: Vec<&String> = answers[0].as_object().expect("an object").keys().collect();
        assert_eq!(keys.len(), 5, "{keys:?}");
    }

    #[test]
    fn a_line_without_an_end_is_one_line_and_is_kept_only_in_part() {
        let mut endless = b"users can't sign in ".to_vec();
        endless.resize(3_000_000, b'x');
        endless.extend_from_slice(b"\nprinter is jammed\n");
        let answers = json(&endless);
        assert_eq!(answers.len(), 2);
        assert_eq!(answers[0]["intent"], "sign-in-problem");
        assert_eq!(answers[1]["intent"], "other");
        let mut line = Vec::new();
        assert!(next_line(&mut endless.as_slice(), &mut line).expect("memory can be read"));
        assert!(u64::try_from(line.len()).expect("fits") <= LINE_BYTES);
    }
}
