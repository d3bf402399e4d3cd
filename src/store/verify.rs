//! Checks an exported audit chain without the database, in bounded memory, and says what it cannot prove.
//!
//! A line must be, byte for byte, the canonical JSON that the export writes (see [`audit`](super::audit)); its
//! number must follow the one before; its hash must come out of the hash before it and its own content. So no
//! byte of an export can change unnoticed. What a chain alone never shows: that rows were cut off its end, or
//! that all of it was written anew. Only a head that somebody else kept (a summary in chat, the Windows event, a
//! grant) shows that; see [`ExpectedHead`].

use std::fmt;
use std::io::{BufRead, Read as _};
use std::str::FromStr;

use serde_json::Value;

use super::audit::{GENESIS, Head, NOTHING_BEFORE, link};
use super::canonical::canonical;
use crate::ids::InvalidId;
use crate::plan::Digest;

/// The longest line that is read, in bytes; the bot writes none near it.
const MAX_LINE: u64 = 4 * 1024 * 1024;

/// From how many hex digits on nobody can compute another chain whose hash begins the same.
const SURE_DIGITS: usize = 32;

/// A head that was kept outside the database: a number and the hash, or how it begins (`#1042 9be1-44d0`).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ExpectedHead {
    seq: u64,
    /// Lower-case hex digits without hyphens, 8 to 64.
    prefix: String,
}

impl ExpectedHead {
    /// Row `seq`, whose hash begins with `prefix` (8 to 64 hex digits; hyphens are ignored).
    ///
    /// # Errors
    /// If the number is 0 or the prefix is anything else.
    pub fn new(seq: u64, prefix: &str) -> Result<ExpectedHead, InvalidId> {
        let digits: String = prefix.chars().filter(|c| *c != '-').collect::<String>().to_ascii_lowercase();
        let hex = digits.chars().all(|c| c.is_ascii_hexdigit());
        match hex && (8..=64).contains(&digits.len()) && seq > 0 {
            true => Ok(ExpectedHead { seq, prefix: digits }),
            false => Err(InvalidId::new(&format!("#{seq} {prefix}"), EXPECTED)),
        }
    }

    fn fits(&self, hash: &Digest) -> bool {
        hash.to_string().starts_with(&self.prefix)
    }
}

const EXPECTED: &str = "an audit head (a number and 8 to 64 hex digits, such as '#1042 9be1-44d0')";

impl From<Head> for ExpectedHead {
    fn from(head: Head) -> ExpectedHead {
        ExpectedHead { seq: head.seq, prefix: head.hash.to_string() }
    }
}

impl FromStr for ExpectedHead {
    type Err = InvalidId;

    fn from_str(text: &str) -> Result<Self, InvalidId> {
        let mut words = text.split_whitespace();
        match (words.next(), words.next(), words.next()) {
            (Some(seq), Some(prefix), None) => {
                let seq = seq.strip_prefix('#').unwrap_or(seq);
                let seq = seq.parse().map_err(|_| InvalidId::new(text, EXPECTED))?;
                ExpectedHead::new(seq, prefix)
            }
            _ => Err(InvalidId::new(text, EXPECTED)),
        }
    }
}

/// `#1042 9be144d0`, with as many digits as are known.
impl fmt::Display for ExpectedHead {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "#{} {}", self.seq, self.prefix)
    }
}

/// Where a chain breaks, and how. Lines count from 1.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Break {
    /// There is no row at all.
    #[error("there is no row at all")]
    Empty,
    /// The line could not be read.
    #[error("line {line} can't be read: {why}")]
    Unreadable {
        /// Which line.
        line: u64,
        /// What went wrong.
        why: String,
    },
    /// The last line has no end: the file was cut within it.
    #[error("line {line} is cut")]
    Cut {
        /// Which line.
        line: u64,
    },
    /// The line is not what the export writes: changed, or not an audit row.
    #[error("line {line} is not as the export writes it: {why}")]
    NotCanonical {
        /// Which line.
        line: u64,
        /// What differs.
        why: String,
    },
    /// The first row does not start a chain.
    #[error("the first row is not the start of a chain (kind \"genesis\", naming the tenant)")]
    Genesis,
    /// A row is missing, doubled or out of order.
    #[error(
        "line {line} holds row #{found} where #{expected} belongs: rows are missing, added or out of order"
    )]
    Sequence {
        /// Which line.
        line: u64,
        /// The number that belongs there.
        expected: u64,
        /// The number found.
        found: u64,
    },
    /// The row's hash does not come out of its content and the row before: one of them was changed.
    #[error("row #{seq} (line {line}) does not fit its hash: it, or the row before it, was changed")]
    Hash {
        /// Which line.
        line: u64,
        /// Which row.
        seq: u64,
    },
    /// The chain ends before the expected head.
    #[error("the chain ends at #{last}, before the expected {expected}: rows were cut off its end")]
    Ends {
        /// The last row found.
        last: u64,
        /// What was expected.
        expected: ExpectedHead,
    },
    /// The head that the database keeps beside the rows is not the last row: rows were cut off or slipped in.
    #[error(
        "the database's own head is {stored}, but its last row is #{last}: rows were cut off or slipped in"
    )]
    StoredHead {
        /// The head the database keeps.
        stored: Head,
        /// The last row found.
        last: u64,
    },
    /// The expected row has another hash: the chain up to it was rewritten.
    #[error("row #{} is {found}, not the expected {expected}: the chain up to it was rewritten", expected.seq)]
    Rewritten {
        /// The row found.
        found: Head,
        /// What was expected.
        expected: ExpectedHead,
    },
}

/// What a check cannot prove.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Unproven {
    /// No head was expected, so rows may be missing at the end.
    #[error("that no rows were cut off the end (give the newest head you know with --expect)")]
    End,
    /// No head was expected, so the whole chain may be another one.
    #[error("that the whole chain was not written anew (give a head you noted earlier with --expect)")]
    Whole,
    /// Rows newer than the expected head may be missing or written anew.
    #[error("anything about rows after #{0}: they may have been cut off or written anew")]
    After(u64),
    /// The expected hash is so short that someone could have computed another chain that fits it.
    #[error(
        "much against someone who computes: {0} hex digits of a hash can be matched by trying; expect the whole hash"
    )]
    ShortHash(usize),
}

/// What a check found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Verification {
    /// How many rows are sound, from the first on.
    pub rows: u64,
    /// The tenant named in the first row.
    pub tenant: Option<String>,
    /// The last sound row.
    pub head: Option<Head>,
    /// Where the chain breaks; none if it is whole.
    pub broken: Option<Break>,
    /// What this check cannot prove, even if nothing is broken.
    pub unproven: Vec<Unproven>,
}

impl Verification {
    /// Whether the chain is whole, as far as a check can tell.
    pub fn is_ok(&self) -> bool {
        self.broken.is_none()
    }
}

/// Checks an export: JSON lines, from the first row on.
///
/// A reading error is a break, too: what can't be read can't be vouched for.
pub fn verify(mut lines: impl BufRead, expect: Option<ExpectedHead>) -> Verification {
    let mut verifier = Verifier::new(expect);
    let mut line = Vec::new();
    while !verifier.is_broken() {
        line.clear();
        match lines.by_ref().take(MAX_LINE).read_until(b'\n', &mut line) {
            Ok(0) => break,
            Ok(_) => verifier.line(&line),
            Err(error) => verifier.unreadable(error.to_string()),
        }
    }
    verifier.finish()
}

/// The check, one line at a time.
pub(super) struct Verifier {
    lines: u64,
    tenant: Option<String>,
    head: Option<Head>,
    broken: Option<Break>,
    expect: Option<ExpectedHead>,
}

impl Verifier {
    pub(super) fn new(expect: Option<ExpectedHead>) -> Verifier {
        Verifier { lines: 0, tenant: None, head: None, broken: None, expect }
    }

    pub(super) fn is_broken(&self) -> bool {
        self.broken.is_some()
    }

    pub(super) fn unreadable(&mut self, why: String) {
        let line = self.lines + 1;
        self.broken.get_or_insert(Break::Unreadable { line, why });
    }

    /// Takes the next line, its line feed included.
    pub(super) fn line(&mut self, line: &[u8]) {
        if self.broken.is_none() {
            self.lines += 1;
            self.broken = self.check(line).err();
        }
    }

    fn check(&mut self, line: &[u8]) -> Result<(), Break> {
        let number = self.lines;
        let Some(text) = line.strip_suffix(b"\n") else {
            return Err(match line.len() as u64 >= MAX_LINE {
                true => Break::Unreadable { line: number, why: "it is too long".into() },
                false => Break::Cut { line: number },
            });
        };
        let differs = |why: &str| Break::NotCanonical { line: number, why: why.to_owned() };
        let value: Value = serde_json::from_slice(text).map_err(|error| differs(&error.to_string()))?;
        let form = canonical(&value).map_err(|error| differs(&error.to_string()))?;
        if form.as_bytes() != text {
            return Err(differs("its form is not the canonical one"));
        }
        let Value::Object(mut row) = value else {
            return Err(differs("it is not an object"));
        };
        let written = row.remove("hash");
        let Some(hash) = written.as_ref().and_then(|hash| hash.as_str()?.parse::<Digest>().ok()) else {
            return Err(differs("it has no hash"));
        };
        if written != Some(Value::String(hash.to_string())) {
            return Err(differs("its hash is not in lower case"));
        }
        let fields = ["actor", "at", "body", "kind", "request", "seq"];
        if row.len() != fields.len() || !fields.iter().all(|field| row.contains_key(*field)) {
            return Err(differs("its fields are not those of an audit row"));
        }
        let Some(seq) = row.get("seq").and_then(Value::as_u64) else {
            return Err(differs("its seq is not a number"));
        };
        let expected = self.head.map_or(0, |head| head.seq) + 1;
        if seq != expected {
            return Err(Break::Sequence { line: number, expected, found: seq });
        }
        if self.head.is_none() {
            let tenant = row.get("body").and_then(|body| body.get("tenant")).and_then(Value::as_str);
            match tenant {
                Some(tenant) if row.get("kind").and_then(Value::as_str) == Some(GENESIS) => {
                    self.tenant = Some(tenant.to_owned());
                }
                _ => return Err(Break::Genesis),
            }
        }
        let content = canonical(&Value::Object(row)).map_err(|error| differs(&error.to_string()))?;
        let previous = self.head.map_or(NOTHING_BEFORE, |head| head.hash);
        if link(&previous, content.as_bytes()) != hash {
            return Err(Break::Hash { line: number, seq });
        }
        let found = Head { seq, hash };
        if let Some(expected) = self.expect.as_ref().filter(|e| e.seq == seq && !e.fits(&hash)) {
            return Err(Break::Rewritten { found, expected: expected.clone() });
        }
        self.head = Some(found);
        Ok(())
    }

    pub(super) fn finish(mut self) -> Verification {
        let last = self.head.map_or(0, |head| head.seq);
        if self.broken.is_none() {
            self.broken = match self.expect.as_ref().filter(|expected| expected.seq > last) {
                Some(expected) => Some(Break::Ends { last, expected: expected.clone() }),
                None if last == 0 => Some(Break::Empty),
                None => None,
            };
        }
        let unproven = match &self.expect {
            None => vec![Unproven::End, Unproven::Whole],
            Some(expected) => {
                let digits = expected.prefix.len();
                let short = (digits < SURE_DIGITS).then_some(Unproven::ShortHash(digits));
                [Some(Unproven::After(expected.seq)), short].into_iter().flatten().collect()
            }
        };
        Verification { rows: last, tenant: self.tenant, head: self.head, broken: self.broken, unproven }
    }
}
