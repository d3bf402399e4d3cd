//! From characters to words: bounded, in lower case, without accents, curly quotes or full-width forms.

/// The most characters of a text that are read; a complaint says what it is about at its start.
pub(super) const READ_CHARS: usize = 8000;

/// A word, or one character of a script that has no spaces.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Token {
    /// As compared: lower case, no accents.
    pub(super) word: String,
    /// Where it starts in the text.
    pub(super) start: usize,
    /// Where it ends in the text.
    pub(super) end: usize,
    /// The part of a sentence that it stands in, counted from 0.
    pub(super) clause: usize,
}

/// Splits a text into its words. Reads at most [`READ_CHARS`] characters.
pub(super) fn tokens(text: &str) -> Vec<Token> {
    let mut split = Splitter { tokens: Vec::new(), word: String::new(), start: 0, clause: 0 };
    let mut chars = text.char_indices().take(READ_CHARS).peekable();
    let mut before = ' ';
    while let Some((at, c)) = chars.next() {
        let next = chars.peek().map_or(' ', |(_, next)| *next);
        let rest = &text[at + c.len_utf8()..];
        if c == '\\' && matches!(next, 'n' | 'r' | 't') {
            // A pasted text whose line ends were written out.
            chars.next();
            split.clause(at);
        } else if is_quote(c) {
            if !(before.is_alphanumeric() && is_ending(rest)) {
                split.end(at);
            }
        } else if is_mark(c) {
            split.mark(c);
        } else if is_wide(c) {
            split.end(at);
            split.push(c, at);
            split.end_unless_marked(at + c.len_utf8(), next);
        } else if c.is_alphanumeric() || (c == '_' && (next.is_alphanumeric() || next == '*')) {
            split.push(c, at);
        } else {
            let dot_inside = matches!(c, '.' | ':') && next.is_alphanumeric();
            let dash = c == '-' && before.is_whitespace();
            match matches!(
                c,
                '.' | '!'
                    | '?'
                    | ';'
                    | ':'
                    | ','
                    | '\n'
                    | '\u{2028}'
                    | '\u{2029}'
                    | '('
                    | ')'
                    | '|'
                    | '。'
                    | '、'
                    | '！'
                    | '？'
                    | '>'
            ) && !dot_inside
                || dash
            {
                true => split.clause(at),
                false => split.end(at),
            }
        }
        before = c;
    }
    let end = text.char_indices().nth(READ_CHARS).map_or(text.len(), |(at, _)| at);
    split.end(end);
    split.tokens
}

struct Splitter {
    tokens: Vec<Token>,
    word: String,
    start: usize,
    clause: usize,
}

impl Splitter {
    fn push(&mut self, c: char, at: usize) {
        if self.word.is_empty() {
            self.start = at;
        }
        fold(c, &mut self.word);
    }

    /// An accent that stands by itself: dropped, or put onto its kana.
    fn mark(&mut self, mark: char) {
        let step = match mark {
            '\u{3099}' => 1,
            '\u{309a}' => 2,
            _ => return,
        };
        if let Some(voiced) = self.word.pop().and_then(|kana| char::from_u32(u32::from(kana) + step)) {
            self.word.push(voiced);
        }
    }

    fn end_unless_marked(&mut self, at: usize, next: char) {
        if !is_mark(next) {
            self.end(at);
        }
    }

    fn end(&mut self, at: usize) {
        if !self.word.is_empty() {
            let word = self.word.clone();
            self.tokens.push(Token { word, start: self.start, end: at, clause: self.clause });
        }
        self.word.clear();
    }

    fn clause(&mut self, at: usize) {
        self.end(at);
        if self.tokens.last().is_some_and(|last| last.clause == self.clause) {
            self.clause += 1;
        }
    }
}

fn is_quote(c: char) -> bool {
    matches!(c, '\'' | '’' | '‘' | '´' | '`' | 'ʼ' | '＇')
}

fn is_mark(c: char) -> bool {
    matches!(c, '\u{300}'..='\u{36f}' | '\u{3099}' | '\u{309a}' | '\u{ad}' | '\u{200b}'..='\u{200d}' | '\u{feff}')
}

/// Scripts without spaces: each character counts as a word.
fn is_wide(c: char) -> bool {
    matches!(c, '\u{3040}'..='\u{30ff}' | '\u{3400}'..='\u{9fff}' | '々')
}

/// Whether an English ending follows an apostrophe ("can't"); elsewhere it parts two words ("l'agent").
fn is_ending(rest: &str) -> bool {
    let mut ending = String::new();
    for c in rest.chars().take(3).take_while(|c| c.is_alphanumeric()) {
        fold(c, &mut ending);
    }
    matches!(ending.as_str(), "t" | "s" | "re" | "ve" | "ll" | "d" | "m")
}

/// One character as compared.
fn fold(c: char, into: &mut String) {
    let c = match c {
        '\u{ff01}'..='\u{ff5e}' => char::from_u32(u32::from(c) - 0xfee0).unwrap_or(c),
        _ => c,
    };
    for c in c.to_lowercase() {
        let plain = match c {
            'à'..='å' | 'ā' | 'ă' | 'ą' => 'a',
            'ç' | 'ć' | 'č' => 'c',
            'ð' | 'ď' | 'đ' => 'd',
            'è'..='ë' | 'ē' | 'ė' | 'ę' | 'ě' => 'e',
            'ì'..='ï' | 'ī' | 'ı' => 'i',
            'ł' => 'l',
            'ñ' | 'ń' | 'ň' => 'n',
            'ò'..='ö' | 'ø' | 'ō' | 'ő' => 'o',
            'ř' => 'r',
            'ś' | 'š' | 'ş' => 's',
            'ť' | 'ţ' => 't',
            'ù'..='ü' | 'ū' | 'ů' | 'ű' => 'u',
            'ý' | 'ÿ' => 'y',
            'ź' | 'ż' | 'ž' => 'z',
            'ß' => {
                into.push_str("ss");
                continue;
            }
            'æ' => {
                into.push_str("ae");
                continue;
            }
            'œ' => {
                into.push_str("oe");
                continue;
            }
            c if is_mark(c) => continue,
            c => c,
        };
        into.push(plain);
    }
}
