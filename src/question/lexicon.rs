//! The words of seven languages (`lang/*.toml`), and where a text speaks of which concept.
//!
//! A phrase is matched word by word. `word*` stands for any ending, `..` for a few words in between. A longer phrase hides
//! shorter ones inside it ("not working" is no negation). English always counts, since product and error names are
//! English everywhere; of the other languages the one counts whose small words the text uses, or all if it uses none.
//!
//! `hints/*.toml` are read the same way: phrases that the model sees and the rules do not.

use std::collections::{HashMap, HashSet};
use std::ops::Range;
use std::sync::LazyLock;

use serde::Deserialize;
use serde::de::DeserializeOwned;

use super::concept::{Concept, Hint};
use super::text::{Token, tokens};
use super::typo::is_slip;

/// A phrase found in a text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Hit<C = Concept> {
    pub(super) concept: C,
    /// Its first token.
    pub(super) from: usize,
    /// The token after its last.
    pub(super) to: usize,
    /// Whether words of others stand in between.
    gap: bool,
    /// A bit.
    language: u8,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields, bound(deserialize = "C: Deserialize<'de> + Eq + std::hash::Hash"))]
struct File<C> {
    #[serde(default = "usual_gap")]
    gap: usize,
    #[serde(default)]
    function: Vec<String>,
    #[serde(default)]
    known: Vec<String>,
    concepts: HashMap<C, Vec<String>>,
}

fn usual_gap() -> usize {
    5
}

struct Piece {
    word: String,
    any_ending: bool,
    after_gap: bool,
}

struct Phrase<C> {
    concept: C,
    language: u8,
    gap: usize,
    pieces: Vec<Piece>,
}

/// A word to correct to: its letters, itself, its languages.
type Right = (Vec<char>, String, u8);

struct Lexicon<C> {
    phrases: Vec<Phrase<C>>,
    /// Phrases by their first word, and by the beginning of it.
    exact: HashMap<String, Vec<usize>>,
    beginning: HashMap<String, Vec<usize>>,
    /// The languages (a bit each) that use a small word.
    function: HashMap<String, u8>,
    /// Every whole word, and every beginning, that needs no correction.
    words: HashSet<String>,
    beginnings: HashSet<String>,
    /// Words, and long beginnings, to correct to, by first letter and length, with their languages.
    correct: HashMap<(char, usize), Vec<Right>>,
}

const HINT_FILES: [(&str, &str); 7] = [
    ("en", include_str!("hints/en.toml")),
    ("de", include_str!("hints/de.toml")),
    ("fr", include_str!("hints/fr.toml")),
    ("es", include_str!("hints/es.toml")),
    ("pt", include_str!("hints/pt.toml")),
    ("pl", include_str!("hints/pl.toml")),
    ("ja", include_str!("hints/ja.toml")),
];
const ENGLISH: u8 = 1;
const JAPANESE: u8 = 1 << 6;
const FILES: [(&str, &str); 7] = [
    ("en", include_str!("lang/en.toml")),
    ("de", include_str!("lang/de.toml")),
    ("fr", include_str!("lang/fr.toml")),
    ("es", include_str!("lang/es.toml")),
    ("pt", include_str!("lang/pt.toml")),
    ("pl", include_str!("lang/pl.toml")),
    ("ja", include_str!("lang/ja.toml")),
];
/// Words that are corrected in a text at the most: bounds the work on a wall of gibberish.
const CORRECTIONS: usize = 64;

/// Read once. A test rules out that they can't be.
static LEXICON: LazyLock<Lexicon<Concept>> = LazyLock::new(|| Lexicon::read("lang", FILES));
static HINTS: LazyLock<Lexicon<Hint>> = LazyLock::new(|| Lexicon::read("hints", HINT_FILES));

impl<C: Copy + Eq + std::hash::Hash + DeserializeOwned> Lexicon<C> {
    fn read(folder: &str, files: [(&str, &str); FILES.len()]) -> Self {
        let mut lexicon = Self {
            phrases: Vec::new(),
            exact: HashMap::new(),
            beginning: HashMap::new(),
            function: HashMap::new(),
            words: HashSet::new(),
            beginnings: HashSet::new(),
            correct: HashMap::new(),
        };
        for (index, (name, file)) in files.iter().enumerate() {
            let file: File<C> =
                toml::from_str(file).unwrap_or_else(|error| panic!("{folder}/{name}.toml: {error}"));
            lexicon.learn(1 << index, &file);
        }
        lexicon
    }

    fn learn(&mut self, language: u8, file: &File<C>) {
        for word in file.function.iter().flat_map(|word| tokens(word)) {
            *self.function.entry(word.word.clone()).or_default() |= language;
            self.words.insert(word.word);
        }
        self.words.extend(file.known.iter().cloned());
        for (concept, phrases) in &file.concepts {
            for phrase in phrases {
                self.phrase(*concept, language, file.gap, phrase);
                // German without umlauts on the keyboard.
                let spelled = phrase.replace('ä', "ae").replace('ö', "oe").replace('ü', "ue");
                if language == 2 && spelled != *phrase {
                    self.phrase(*concept, language, file.gap, &spelled);
                }
            }
        }
    }

    fn phrase(&mut self, concept: C, language: u8, gap: usize, phrase: &str) {
        let mut pieces: Vec<Piece> = Vec::new();
        let mut after_gap = false;
        for part in phrase.split_whitespace() {
            if part == ".." {
                after_gap = true;
                continue;
            }
            for token in tokens(part) {
                pieces.push(Piece { word: token.word, any_ending: false, after_gap });
                after_gap = false;
            }
            if let (true, Some(last)) = (part.ends_with('*'), pieces.last_mut()) {
                last.any_ending = true;
            }
        }
        let Some(first) = pieces.first() else { return };
        let index = if first.any_ending { &mut self.beginning } else { &mut self.exact };
        index.entry(first.word.clone()).or_default().push(self.phrases.len());
        for piece in &pieces {
            let letters: Vec<char> = piece.word.chars().collect();
            let shortest = if piece.any_ending { 6 } else { 4 };
            if let (true, Some(first)) = (letters.len() >= shortest, letters.first().copied()) {
                let likely = self.correct.entry((first, letters.len())).or_default();
                match likely.iter_mut().find(|(known, ..)| *known == letters) {
                    Some((.., languages)) => *languages |= language,
                    None => likely.push((letters.clone(), piece.word.clone(), language)),
                }
            }
            match piece.any_ending {
                true if letters.len() >= 4 => _ = self.beginnings.insert(piece.word.clone()),
                true => {}
                false => _ = self.words.insert(piece.word.clone()),
            }
        }
        self.phrases.push(Phrase { concept, language, gap, pieces });
    }

    fn is_known(&self, word: &str) -> bool {
        self.words.contains(word) || beginnings(word).any(|start| self.beginnings.contains(start))
    }

    fn correction(&self, word: &str, languages: u8) -> Option<String> {
        let letters: Vec<char> = word.chars().collect();
        let first = *letters.first()?;
        if letters.len() < 4 || letters.len() > 24 || !letters.iter().all(|c| c.is_alphabetic()) {
            return None;
        }
        for length in [letters.len(), letters.len() + 1, letters.len() - 1, letters.len() + 2] {
            let likely = self.correct.get(&(first, length)).into_iter().flatten();
            for (wanted, text, of) in likely {
                if of & languages != 0 && is_slip(&letters, wanted) {
                    return Some(text.clone());
                }
            }
        }
        None
    }

    /// How many words of a text are of each language.
    fn counts(&self, tokens: &[Token], hits: &[Hit<C>]) -> [u32; FILES.len()] {
        let mut counts = [0_u32; FILES.len()];
        for token in tokens {
            if let Some(of) = self.function.get(&token.word) {
                for (index, count) in counts.iter_mut().enumerate() {
                    *count += u32::from(of >> index & 1);
                }
            }
        }
        for (index, count) in counts.iter_mut().enumerate() {
            let mut reached = 0;
            for hit in hits.iter().filter(|hit| !hit.gap && hit.language >> index & 1 == 1) {
                *count += u32::try_from(hit.to.saturating_sub(reached.max(hit.from))).unwrap_or(0);
                reached = reached.max(hit.to);
            }
        }
        counts
    }

    /// The languages that count for a text.
    fn languages(&self, tokens: &[Token], hits: &[Hit<C>]) -> u8 {
        let counts = self.counts(tokens, hits);
        let most = counts.iter().copied().max().unwrap_or(0);
        if most == 0 {
            return u8::MAX;
        }
        let mut languages = ENGLISH;
        for (index, count) in counts.iter().enumerate() {
            if *count > 0 && *count + 1 >= most {
                languages |= 1 << index;
            }
        }
        languages
    }

    fn find(&self, tokens: &[Token], languages: u8) -> Vec<Hit<C>> {
        let mut hits: Vec<Hit<C>> = Vec::new();
        for from in 0..tokens.len() {
            let word = tokens[from].word.as_str();
            let first = hits.len();
            let exact = self.exact.get(word).into_iter();
            let likely = exact.chain(beginnings(word).filter_map(|start| self.beginning.get(start)));
            for phrase in likely.flatten().filter_map(|index| self.phrases.get(*index)) {
                if phrase.language & languages == 0 {
                    continue;
                }
                if let Some((to, gap)) = follow(phrase, &phrase.pieces[1..], tokens, from + 1) {
                    let hit = Hit { concept: phrase.concept, from, to, gap, language: phrase.language };
                    if !hits[first..].contains(&hit) {
                        hits.push(hit);
                    }
                }
            }
        }
        hits
    }
}

/// Where a phrase ends whose first pieces were found before `at`, and whether it has a gap.
fn follow<C>(phrase: &Phrase<C>, pieces: &[Piece], tokens: &[Token], at: usize) -> Option<(usize, bool)> {
    let Some((piece, rest)) = pieces.split_first() else { return Some((at, false)) };
    let reach = if piece.after_gap { phrase.gap } else { 0 };
    (at..=at + reach).take_while(|next| *next < tokens.len()).find_map(|next| {
        let fits = match piece.any_ending {
            true => tokens[next].word.starts_with(&piece.word),
            false => tokens[next].word == piece.word,
        };
        // A phrase does not reach from one part of a sentence into another.
        let together = tokens[next].clause == tokens[at - 1].clause;
        let (to, gap) = (fits && together).then(|| follow(phrase, rest, tokens, next + 1))??;
        Some((to, gap || next > at))
    })
}

/// Every beginning of a word, itself included.
fn beginnings(word: &str) -> impl Iterator<Item = &str> {
    word.char_indices().map(|(at, c)| &word[..at + c.len_utf8()])
}

/// Corrects slips of the pen in place, then finds what the text speaks of, and what only the model sees of it. Both are in
/// the text's order.
pub(super) fn find(tokens: &mut [Token]) -> (Vec<Hit>, Vec<Hit<Hint>>) {
    let lexicon = &*LEXICON;
    let languages = lexicon.languages(tokens, &[]);
    let mut left = CORRECTIONS;
    for token in tokens.iter_mut() {
        if left == 0 {
            break;
        }
        if token.word.len() >= 4 && token.word.is_ascii() && !lexicon.is_known(&token.word) {
            left -= 1;
            if let Some(right) = lexicon.correction(&token.word, languages) {
                token.word = right;
            }
        }
    }
    let mut hits = lexicon.find(tokens, u8::MAX);
    let languages = lexicon.languages(tokens, &hits);
    hits.retain(|hit| hit.language & languages != 0);
    (hits, HINTS.find(tokens, languages))
}

/// The language that a text is written in, if one has more of its words than any other.
pub(super) fn language(tokens: &[Token], hits: &[Hit]) -> Option<&'static str> {
    let counts = LEXICON.counts(tokens, hits);
    let most = counts.into_iter().max().filter(|&most| most > 0)?;
    let mut first = counts.into_iter().zip(FILES).filter(|(count, _)| *count == most);
    match (first.next(), first.next()) {
        (Some((_, (language, _))), None) => Some(language),
        _ => None,
    }
}

/// Leaves what the text says: without signatures, hidden phrases and what is only asked about; parts that "but" divides
/// become two. What it returns are the tokens of a signature.
pub(super) fn settle(tokens: &mut [Token], hits: &mut Vec<Hit>) -> Range<usize> {
    let signature = signature(hits, tokens.len());
    hits.retain(|hit| hit.to <= signature.start || hit.from >= signature.end);
    // A question's word asks only where the question starts; Japanese asks at its end.
    hits.retain(|hit| {
        let at = hit.from.saturating_sub(2);
        let starts = hit.from < 2 || tokens[at].clause != tokens[hit.from].clause;
        hit.concept != Concept::Question || starts || hit.language == JAPANESE
    });
    let whole: Vec<Hit> = hits.iter().copied().filter(|hit| !hit.gap).collect();
    // For each token, how far the longest phrase without a gap that covers it reaches; long texts stay linear.
    hits.retain(|hit| {
        let (from, to) = (hit.from, hit.to);
        let near = whole.partition_point(|other| other.from + LONGEST < from);
        !whole[near..].iter().take_while(|other| other.from <= from).any(|other| {
            other.to >= to && other.to - other.from > to - from && other.concept.hides(hit.concept)
        })
    });
    // What is asked about is not said: "is it fixed?", "est-il activé ?"; and what is synchronized is no password of somebody.
    let spans: Vec<Hit> = hits
        .iter()
        .copied()
        .filter(|hit| hit.gap && matches!(hit.concept, Concept::State | Concept::Phs))
        .collect();
    hits.retain(|hit| {
        !spans
            .iter()
            .any(|span| span.from <= hit.from && hit.to <= span.to && span.concept.spans_over(hit.concept))
    });
    let buts: Vec<usize> =
        hits.iter().filter(|hit| hit.concept == Concept::But).map(|hit| hit.from).collect();
    let mut buts = buts.into_iter().peekable();
    let mut step = 0;
    for (at, token) in tokens.iter_mut().enumerate() {
        while buts.next_if(|but| *but <= at).is_some() {
            step += 1;
        }
        token.clause += step;
    }
    signature
}

/// No phrase has more words (or Japanese characters).
const LONGEST: usize = 24;

/// What stands between the end of a letter and the head of the next.
fn signature(hits: &[Hit], tokens: usize) -> Range<usize> {
    let Some(signoff) = hits.iter().find(|hit| hit.concept == Concept::Signoff && hit.from >= 3) else {
        return tokens..tokens;
    };
    let head = hits.iter().find(|hit| hit.concept == Concept::Header && hit.from >= signoff.to);
    signoff.from..head.map_or(tokens, |head| head.from)
}
