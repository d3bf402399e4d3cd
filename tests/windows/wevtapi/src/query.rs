//! Structured queries: `<QueryList>` with `<Select Path="…">*[System[…]]</Select>`, whose XPath has the tests that the agent
//! uses. What is not understood is an invalid query, as on Windows; too many comparisons are too complex.

use std::time::{SystemTime, UNIX_EPOCH};

use crate::log::Event;

/// Windows' own bound is undocumented; its viewer stops at about twenty.
const MAX_COMPARISONS: usize = 20;

/// A query.
pub(crate) struct Query {
    pub(crate) channel: String,
    selects: Vec<Test>,
}

enum Test {
    All(Vec<Test>),
    Any(Vec<Test>),
    Id(Comparison, u64),
    Record(u64),
    RecordFrom(u64),
    Provider(Vec<String>),
    /// At most so many milliseconds old.
    Age(u64),
}

enum Comparison {
    Equal,
    AtLeast,
    AtMost,
}

impl Query {
    /// Reads a query; the error says whether it is too complex (or else invalid).
    pub(crate) fn read(text: &str) -> Result<Query, bool> {
        let inside = between(text, "<QueryList>", "</QueryList>").ok_or(false)?;
        let channel = between(inside, "Path=\"", "\"").ok_or(false)?.to_owned();
        let mut selects = Vec::new();
        for select in inside.split("<Select ").skip(1) {
            let xpath = between(select, ">", "</Select>").ok_or(false)?;
            let xpath =
                xpath.replace("&lt;", "<").replace("&gt;", ">").replace("&quot;", "\"").replace("&amp;", "&");
            let condition =
                xpath.strip_prefix("*[System[").and_then(|rest| rest.strip_suffix("]]")).ok_or(false)?;
            if condition.matches('=').count() > MAX_COMPARISONS {
                return Err(true);
            }
            let mut reader = Reader(condition);
            selects.push(reader.any().filter(|_| reader.0.is_empty()).ok_or(false)?);
        }
        if selects.is_empty() { Err(false) } else { Ok(Query { channel, selects }) }
    }

    /// Whether an event is selected.
    pub(crate) fn selects(&self, event: &Event) -> bool {
        self.selects.iter().any(|test| test.holds(event))
    }
}

impl Test {
    fn holds(&self, event: &Event) -> bool {
        match self {
            Test::All(tests) => tests.iter().all(|test| test.holds(event)),
            Test::Any(tests) => tests.iter().any(|test| test.holds(event)),
            Test::Id(Comparison::Equal, id) => u64::from(event.id) == *id,
            Test::Id(Comparison::AtLeast, id) => u64::from(event.id) >= *id,
            Test::Id(Comparison::AtMost, id) => u64::from(event.id) <= *id,
            Test::Record(record) => event.record == *record,
            Test::RecordFrom(record) => event.record >= *record,
            Test::Provider(names) => names.iter().any(|name| name.eq_ignore_ascii_case(&event.provider)),
            Test::Age(most) => {
                let now = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |now| now.as_millis());
                now.saturating_sub(u128::from(milliseconds(&event.time))) <= u128::from(*most)
            }
        }
    }
}

struct Reader<'a>(&'a str);

impl<'a> Reader<'a> {
    fn take(&mut self, word: &str) -> bool {
        self.0 = self.0.trim_start();
        self.0.strip_prefix(word).is_some_and(|rest| {
            self.0 = rest;
            true
        })
    }

    fn any(&mut self) -> Option<Test> {
        let mut tests = vec![self.all()?];
        while self.take("or ") {
            tests.push(self.all()?);
        }
        Some(Test::Any(tests))
    }

    fn all(&mut self) -> Option<Test> {
        let mut tests = vec![self.one()?];
        while self.take("and ") {
            tests.push(self.one()?);
        }
        Some(Test::All(tests))
    }

    fn one(&mut self) -> Option<Test> {
        if self.take("(") {
            let inner = self.any()?;
            return self.take(")").then_some(inner);
        }
        if self.take("EventRecordID=") {
            return self.number().map(Test::Record);
        }
        if self.take("EventRecordID>=") {
            return self.number().map(Test::RecordFrom);
        }
        for (word, comparison) in [
            ("EventID=", Comparison::Equal),
            ("EventID>=", Comparison::AtLeast),
            ("EventID<=", Comparison::AtMost),
        ] {
            if self.take(word) {
                return self.number().map(|id| Test::Id(comparison, id));
            }
        }
        if self.take("TimeCreated[timediff(@SystemTime) <= ") {
            let age = self.number()?;
            return self.take("]").then_some(Test::Age(age));
        }
        self.take("Provider[").then_some(())?;
        let mut names = Vec::new();
        loop {
            self.take("@Name='").then_some(())?;
            let (name, rest) = self.0.split_once('\'')?;
            names.push(name.to_owned());
            self.0 = rest;
            if self.take("]") {
                return Some(Test::Provider(names));
            }
            self.take("or ").then_some(())?;
        }
    }

    fn number(&mut self) -> Option<u64> {
        let end = self.0.find(|c: char| !c.is_ascii_digit()).unwrap_or(self.0.len());
        let (digits, rest) = self.0.split_at(end);
        self.0 = rest;
        digits.parse().ok()
    }
}

fn between<'a>(text: &'a str, start: &str, end: &str) -> Option<&'a str> {
    text.split_once(start)?.1.split_once(end).map(|(inside, _)| inside)
}

/// Milliseconds since 1970 of a time such as `2026-11-22T02:00:00.1234567Z`; 0 for what is none.
fn milliseconds(time: &str) -> u64 {
    let number = |from: usize, to: usize| time.get(from..to).and_then(|digits| digits.parse::<i64>().ok());
    let read = || {
        let (year, month, day) = (number(0, 4)?, number(5, 7)?, number(8, 10)?);
        let (hour, minute, second) = (number(11, 13)?, number(14, 16)?, number(17, 19)?);
        // Days since 1970 of a day in the Gregorian calendar, years beginning in March.
        let (year, month) = if month > 2 { (year, month - 3) } else { (year - 1, month + 9) };
        let days =
            365 * year + year / 4 - year / 100 + year / 400 + (153 * month + 2) / 5 + day - 1 - 719_468;
        u64::try_from((((days * 24 + hour) * 60 + minute) * 60 + second) * 1000).ok()
    };
    read().unwrap_or(0)
}
