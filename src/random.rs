//! The one random source: the operating system's, or a seeded one that makes stories repeatable.

use std::fmt::Write as _;
use std::sync::{Arc, Mutex, PoisonError};

use sha2::{Digest, Sha256};

/// Makes unguessable values. Cheap to clone; clones of a seeded source share their sequence.
#[derive(Clone)]
pub struct Random(Arc<Source>);

enum Source {
    System,
    Seeded(Mutex<(u64, u64)>),
}

impl Random {
    /// The operating system's random source.
    pub fn system() -> Random {
        Random(Arc::new(Source::System))
    }

    /// A repeatable sequence, for tests only.
    pub fn seeded(seed: u64) -> Random {
        Random(Arc::new(Source::Seeded(Mutex::new((seed, 0)))))
    }

    /// `N` random bytes.
    ///
    /// # Panics
    /// If the operating system has no randomness to give: nothing here may go on without it.
    pub fn bytes<const N: usize>(&self) -> [u8; N] {
        let mut out = [0; N];
        match &*self.0 {
            Source::System => {
                getrandom::fill(&mut out).expect("the operating system's random source does not answer");
            }
            Source::Seeded(state) => {
                let mut state = state.lock().unwrap_or_else(PoisonError::into_inner);
                for chunk in out.chunks_mut(32) {
                    state.1 += 1;
                    let mut hash = Sha256::new();
                    hash.update(state.0.to_be_bytes());
                    hash.update(state.1.to_be_bytes());
                    chunk.copy_from_slice(&hash.finalize()[..chunk.len()]);
                }
            }
        }
        out
    }

    /// A 128-bit id as 32 lower-case hex digits.
    pub fn id(&self) -> String {
        hex(&self.bytes::<16>())
    }
}

/// Lower-case hex digits.
pub fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::with_capacity(bytes.len() * 2), |mut out, byte| {
        let _ = write!(out, "{byte:02x}");
        out
    })
}

/// Bytes from hex digits of either case; `None` if the text is anything else.
pub fn unhex(text: &str) -> Option<Vec<u8>> {
    if !text.len().is_multiple_of(2) {
        return None;
    }
    if !text.bytes().all(|b| b.is_ascii_hexdigit()) {
        return None;
    }
    (0..text.len()).step_by(2).map(|at| u8::from_str_radix(&text[at..at + 2], 16).ok()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_seeded_source_repeats_itself_and_the_system_one_does_not() {
        assert_eq!(Random::seeded(7).id(), Random::seeded(7).id());
        assert_ne!(Random::system().id(), Random::system().id());
    }

    #[test]
    fn hex_round_trips_and_refuses_anything_else() {
        assert_eq!(unhex(&hex(&[0, 15, 255])), Some(vec![0, 15, 255]));
        assert_eq!(unhex("abc"), None);
        assert_eq!(unhex("zz"), None);
        assert_eq!(unhex("+1"), None);
    }
}
