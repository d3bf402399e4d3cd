//! Tables in a text: what `Get-WinEvent` prints by itself, and of columns that somebody chose.

use super::super::columns::{self, Layout};
use super::super::labels;
use super::super::line::{labelled, looks_like_row};
use super::super::raw::Raw;
use super::super::table;
use super::{Place, Reader, append};

impl Reader {
    /// A line of a table of chosen columns; whether it is one.
    pub(super) fn columns_line(&mut self, line: &str, trimmed: &str, sink: &mut dyn FnMut(Raw)) -> bool {
        if let Some(names) = self.names.take()
            && let Some(layout) = Layout::read(&names, line)
        {
            self.finish(sink);
            self.columns = Some(layout);
            return true;
        }
        if columns::is_head(trimmed) && !table::is_head(trimmed) {
            self.names = Some(line.to_owned());
            return true;
        }
        if labelled(trimmed).is_some_and(|(known, _)| known.begins_events()) && self.columns.is_some() {
            // The table is over: an event in another form follows.
            self.finish(sink);
            self.columns = None;
        }
        let Some(layout) = &self.columns else { return false };
        match layout.row(line) {
            _ if trimmed.is_empty() => append(&mut self.body, ""),
            columns::Row::Event { when, id, provider, level, message } => {
                let provider = provider.map(str::to_owned);
                let raw = Raw { when, id: Some(id), provider, level, ..Raw::default() };
                let message = message.to_owned();
                self.finish(sink);
                (self.raw, self.place, self.body) = (raw, Place::Body, message);
            }
            columns::Row::Continued { provider, message } if self.raw.id.is_some() => {
                if !provider.is_empty() {
                    let name = self.raw.provider.get_or_insert_default();
                    name.push(' ');
                    name.push_str(provider);
                }
                append(&mut self.body, message);
            }
            _ => {
                // Something else begins, or a row that is none.
                if looks_like_row(trimmed) {
                    sink(Raw { broken: true, ..Raw::default() });
                }
                append(&mut self.body, line);
            }
        }
        true
    }

    pub(super) fn table_line(&mut self, line: &str, trimmed: &str, sink: &mut dyn FnMut(Raw)) {
        if table::is_head(trimmed) {
            let provider = self.raw.provider.take().or_else(|| self.table.clone().flatten());
            self.header.clear();
            self.finish(sink);
            self.table = Some(provider);
        } else if let Some((label, value)) = labels::split(trimmed)
            && labels::fold(label) == "providername"
        {
            self.finish(sink);
            self.table = Some(Some(value.to_owned()));
        } else if labelled(trimmed).is_some_and(|(known, _)| known.begins_events()) {
            // The table is over: an event in another form follows.
            self.finish(sink);
            self.table = None;
            self.header_line(line, trimmed, sink);
        } else if let Some(row) = table::row(trimmed) {
            self.finish(sink);
            let provider = row.provider.map(str::to_owned).or(self.table.clone().flatten());
            self.raw = Raw { when: row.when, id: Some(row.id), provider, level: row.level, ..Raw::default() };
            append(&mut self.body, row.message);
        } else if self.raw.id.is_some() {
            if looks_like_row(trimmed) {
                sink(Raw { broken: true, ..Raw::default() });
            }
            append(&mut self.body, line);
        } else {
            self.said.push_str(line);
            self.said.push('\n');
        }
    }
}
