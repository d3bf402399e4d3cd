//! Where an event of PsLogList's begins, Sysinternals' program: `[111850] ADSync`, and its type below that.

use super::super::raw::Raw;
use super::{Place, Reader};

impl Reader {
    /// Whether a line may begin an event.
    pub(super) fn may_begin_bracketed(&self, line: &str) -> bool {
        line.starts_with('[') && (self.pslog || self.leads_to_list()) && bracketed(line.trim()).is_some()
    }

    /// A line that may begin an event of PsLogList's does where the event's type stands below it.
    pub(super) fn open_bracketed(&mut self, below: &str, sink: &mut dyn FnMut(Raw)) {
        let Some(line) = self.bracketed.take() else { return };
        match bracketed(line.trim()).filter(|_| below.trim_start().starts_with("Type:")) {
            Some((record, provider)) => {
                self.finish(sink);
                (self.pslog, self.numbered, self.place) = (true, true, Place::Header);
                (self.raw.record, self.raw.provider) = (Some(record), Some(provider.to_owned()));
            }
            None => self.read_other_line(&line, sink),
        }
    }

    /// Whether what was read so far names the log that PsLogList shows: `Application log on \\SYNC01:`.
    fn leads_to_list(&self) -> bool {
        let last = self.before.trim_end().lines().next_back().unwrap_or_default();
        self.place == Place::Before && last.contains(r" log on \\") && last.ends_with(':')
    }
}

/// The record number and the provider with which PsLogList begins an event: `[111850] ADSync`.
fn bracketed(line: &str) -> Option<(u64, &str)> {
    let (number, provider) = line.strip_prefix('[')?.split_once("] ")?;
    let is_letter = |c: char| c.is_alphanumeric() || " -_.,/$#()&+".contains(c);
    let is_name = (1..=120).contains(&provider.len()) && provider.chars().all(is_letter);
    number.parse().ok().filter(|_| is_name).map(|number| (number, provider))
}
