//! What was taken last, so that a log that is followed anew counts nothing twice: numbers and times need not agree in their
//! order, where several write at once or a clock was set back. Bounded. Pure.

use std::collections::{HashSet, VecDeque};

use super::place::Mark;
use super::system::MAX_READ;
use crate::report::Event;

/// The most events that are remembered: what one read takes.
const MOST: usize = MAX_READ;

/// The events taken last, whatever their order.
#[derive(Debug, Default)]
pub struct Taken {
    order: VecDeque<Mark>,
    marks: HashSet<Mark>,
}

impl Taken {
    /// Whether an event is one of them.
    pub fn holds(&self, event: &Event) -> bool {
        Mark::of(event).is_some_and(|mark| self.marks.contains(&mark))
    }

    /// Remembers one; the first is forgotten where there are too many.
    pub fn add(&mut self, mark: Mark) {
        if self.marks.insert(mark) {
            self.order.push_back(mark);
        }
        if self.order.len() > MOST
            && let Some(first) = self.order.pop_front()
        {
            self.marks.remove(&first);
        }
    }
}

#[cfg(test)]
mod tests {
    use jiff::Timestamp;

    use super::*;

    #[test]
    fn what_was_taken_is_remembered_within_its_bound() {
        let mark = |record| Mark { record, at: Timestamp::UNIX_EPOCH };
        let mut taken = Taken::default();
        for record in (0..=MOST as u64).chain([7, 7]) {
            taken.add(mark(record));
        }
        assert!(!taken.marks.contains(&mark(0)) && taken.marks.contains(&mark(1)));
        assert_eq!((taken.order.len(), taken.marks.len()), (MOST, MOST));
    }
}
