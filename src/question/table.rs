//! The weights of the linear models, by features and labels, in memory and in a file.
//!
//! Features are hashed into slots. Only a slot that several questions of the corpus fill has a row of weights: what a single
//! one says teaches nothing, and most slots are such. The first row belongs to every text.

use std::collections::BTreeMap;

/// Slots: so many that hardly two features of the corpus that count share one.
pub(super) const SLOTS: usize = 1 << 18;
/// How many questions of the corpus fill a slot that has a row.
const LEAST: u32 = 2;
/// A weight of 1.0 in the file, in which a weight is one signed byte.
const ONE: f32 = 32.0;

/// Which slots have a row of weights.
#[derive(Debug, Clone)]
pub struct Rows {
    /// The row of each slot; 0 for none.
    of_slot: Vec<u32>,
    rows: u32,
}

/// A text as the models see it.
#[derive(Debug, Clone)]
pub struct Seen {
    /// Its rows, without the first.
    pub rows: Vec<u32>,
    /// How much each of them counts: the less, the more features the text has.
    pub share: f32,
}

impl Rows {
    /// Those of a corpus, of each of whose questions the slots are given, each once.
    pub fn of_corpus<'a>(questions: impl IntoIterator<Item = &'a [u32]>) -> Self {
        let mut held: BTreeMap<u32, u32> = BTreeMap::new();
        questions.into_iter().flatten().for_each(|slot| *held.entry(*slot).or_default() += 1);
        Self::of_slots(held.into_iter().filter(|(_, times)| *times >= LEAST).map(|(slot, _)| slot))
    }

    /// One for each of these slots, which come in order.
    fn of_slots(slots: impl IntoIterator<Item = u32>) -> Self {
        let mut rows = Self { of_slot: vec![0; SLOTS], rows: 1 };
        for slot in slots {
            if let Some(row) = rows.of_slot.get_mut(slot as usize) {
                *row = rows.rows;
                rows.rows += 1;
            }
        }
        rows
    }

    /// How many rows there are, with the first.
    pub fn count(&self) -> usize {
        self.rows as usize
    }

    /// The row of a slot.
    pub fn of_slot(&self, slot: u32) -> Option<u32> {
        self.of_slot.get(slot as usize).copied().filter(|row| *row > 0)
    }

    /// A text by the slots that it fills, each once.
    pub fn see(&self, slots: impl ExactSizeIterator<Item = u32>) -> Seen {
        let share = 5.0 / (slots.len().max(1) as f32).sqrt();
        Seen { rows: slots.filter_map(|slot| self.of_slot(slot)).collect(), share }
    }

    /// As a file holds them, a bit a slot, and what follows there.
    pub(super) fn of_bytes(bytes: &[u8]) -> (Self, &[u8]) {
        let (bits, rest) = bytes.split_at(bytes.len().min(SLOTS / 8));
        let is_set =
            |slot: &u32| bits.get(*slot as usize / 8).is_some_and(|byte| byte >> (slot % 8) & 1 == 1);
        (Self::of_slots((0..SLOTS as u32).filter(is_set)), rest)
    }

    /// As a file holds them.
    pub(super) fn to_bytes(&self) -> Vec<u8> {
        let byte = |slots: &[u32]| slots.iter().rev().fold(0, |byte, row| byte << 1 | u8::from(*row > 0));
        self.of_slot.chunks(8).map(byte).collect()
    }
}

/// Weights by row and label: those of a row lie beside each other.
#[derive(Debug, Clone)]
pub struct Model {
    labels: usize,
    /// `labels` weights for each row.
    pub weights: Vec<f32>,
}

impl Model {
    /// A model that knows nothing.
    pub fn new(labels: usize, rows: usize) -> Self {
        Self { labels, weights: vec![0.0; labels * rows] }
    }

    /// The weights of a row, one a label.
    pub fn row(&self, row: u32) -> &[f32] {
        let from = row as usize * self.labels;
        self.weights.get(from..from + self.labels).unwrap_or_default()
    }

    /// The likeliest label of those that are open, and the next.
    pub(super) fn best(&self, text: &Seen, is_open: impl Fn(usize) -> bool) -> (usize, usize) {
        let mut ranked: Vec<(usize, f32)> =
            self.scores(text).into_iter().enumerate().filter(|(label, _)| is_open(*label)).collect();
        ranked.sort_by(|a, b| b.1.total_cmp(&a.1));
        let place = |place: usize| ranked.get(place).map_or(0, |(label, _)| *label);
        (place(0), place(1.min(ranked.len().saturating_sub(1))))
    }

    /// What speaks for each label.
    fn scores(&self, text: &Seen) -> Vec<f32> {
        let mut scores = vec![0.0; self.labels];
        for row in &text.rows {
            for (score, weight) in scores.iter_mut().zip(self.row(*row)) {
                *score += weight;
            }
        }
        scores.iter().zip(self.row(0)).map(|(score, always)| always + score * text.share).collect()
    }

    /// Takes its weights from a file's bytes; what follows there.
    pub(super) fn read<'a>(&mut self, bytes: &'a [u8]) -> &'a [u8] {
        let (own, rest) = bytes.split_at(bytes.len().min(self.weights.len()));
        for (weight, byte) in self.weights.iter_mut().zip(own) {
            *weight = f32::from(byte.cast_signed()) / ONE;
        }
        rest
    }

    /// As a file holds it.
    pub(super) fn to_bytes(&self) -> Vec<u8> {
        let byte = |weight: &f32| ((weight * ONE).round().clamp(-127.0, 127.0) as i8).cast_unsigned();
        self.weights.iter().map(byte).collect()
    }
}
