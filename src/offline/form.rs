//! How a column's dates are written. A program that rewrites those it understands, as Excel does, leaves two forms in one
//! column, and those that it took for another day are not told from the rest.

use std::collections::BTreeMap;

use super::raw::{When, one_line};
use super::time;

/// How one date is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Form {
    /// What stands behind its first number.
    mark: char,
    year_first: bool,
    /// A word stands in the date.
    worded: bool,
    /// The half of the day is named.
    half: bool,
    seconds: bool,
}

impl Form {
    /// `None` if it is no date.
    fn of(text: &str) -> Option<Form> {
        let text = one_line(text).to_lowercase();
        if time::read(&text.to_uppercase(), None) == When::Unknown {
            return None;
        }
        let first = text.find(|c: char| c.is_ascii_digit())?;
        let digits = text.get(first..)?.chars().take_while(char::is_ascii_digit).count();
        let (date, clock) = text.split_once(':').unwrap_or((&text, ""));
        let named = ["午前", "午後", "上午", "下午", "오전", "오후"];
        let letters: String = clock.chars().filter(|c| c.is_alphabetic()).collect();
        Some(Form {
            mark: text.get(first + digits..)?.chars().find(|c| !c.is_whitespace()).unwrap_or(' '),
            year_first: digits == 4,
            worded: date.split(|c: char| !c.is_alphabetic()).any(|word| word.chars().count() > 2),
            half: named.iter().any(|half| date.contains(half))
                || ["am", "pm", "πμ", "μμ"].contains(&letters.as_str()),
            seconds: clock.contains(':'),
        })
    }
}

/// The forms of a table's columns, each as its first date tells it.
#[derive(Debug, Default)]
pub(super) struct Forms(BTreeMap<usize, Form>);

impl Forms {
    /// Whether a cell is a date in the form of its column, or none at all.
    pub(super) fn fits(&mut self, column: usize, cell: &str) -> bool {
        Form::of(cell).is_none_or(|form| *self.0.entry(column).or_insert(form) == form)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn in_one_column_all_dates_have_one_form() {
        let fit = |dates: &[&str]| {
            let mut forms = Forms::default();
            dates.iter().all(|date| forms.fits(0, date))
        };
        for same in [
            ["11/24/2026 1:05:00 PM", "1/5/2026 11:05:00 AM", "-"],
            ["2026-11-24T10:00:00Z", "2026-11-24T10:00:00.1230000+01:00", ""],
            ["2026/11/24 午前 10:00:00", "2026/11/24 午後 1:00:00", "n/a"],
            ["24. November 2026 10:00", "1. Mai 2026 09:00", "24. Oktober 2026 10:00"],
        ] {
            assert!(fit(&same), "{same:?}");
        }
        for other in [
            ["30/11/2026 23:40:00", "2026-01-12 00:10:00"],
            ["30/11/2026 23:40:00", "12-Jan-26 00:10:00"],
            ["30/11/2026 23:40:00", "12.01.2026 00:10:00"],
            ["11/30/2026 11:40:00 PM", "1/12/2026 0:10:00"],
            ["11/30/2026 11:40:00", "11/30/2026 11:45"],
        ] {
            assert!(!fit(&other), "{other:?}");
        }
    }
}
