//! The agent's own source in the Application log.
//!
//! An event's text lies in a message file that its source names in the registry. Rather than a library of our own on a Tier 0
//! server it is the system's `EventCreate.exe`, whose messages 1 to 1000 are each just the text that is given.

use windows::Win32::Foundation::{ERROR_FILE_NOT_FOUND, HANDLE};
use windows::Win32::System::EventLog::{
    DeregisterEventSource, EVENTLOG_ERROR_TYPE, EVENTLOG_INFORMATION_TYPE, EVENTLOG_WARNING_TYPE,
    RegisterEventSourceW, ReportEventW,
};
use windows::core::{HSTRING, PCWSTR, Result};
use windows_registry::LOCAL_MACHINE;

use crate::agent::record::{Entry, Gravity, SystemRecord};

/// The source's name.
pub const NAME: &str = "Syncmedic";

const KEY: &str = r"SYSTEM\CurrentControlSet\Services\EventLog\Application";

/// Registers the source, so that its events are shown with their text. Idempotent.
///
/// # Errors
/// If this account may not.
pub fn register() -> Result<()> {
    let key = LOCAL_MACHINE.create(format!(r"{KEY}\{NAME}"))?;
    key.set_expand_string("EventMessageFile", r"%SystemRoot%\System32\EventCreate.exe")?;
    // Error, warning, information.
    key.set_u32("TypesSupported", 7)
}

/// Takes the registration back. Events that were written stay, shown without their message.
///
/// # Errors
/// If this account may not.
pub fn unregister() -> Result<()> {
    match LOCAL_MACHINE.options().read().write().open(KEY).and_then(|key| key.remove_tree(NAME)) {
        Err(error) if error.code() == ERROR_FILE_NOT_FOUND.to_hresult() => Ok(()),
        done => done,
    }
}

/// Writes to the Application log. A call may hang as long as the service that keeps it does: use it behind
/// [`Queued`](crate::agent::record::queued::Queued).
#[derive(Debug, Clone, Copy, Default)]
pub struct EventSource;

impl SystemRecord for EventSource {
    fn write(&self, entry: &Entry) {
        if let Err(error) = report(entry) {
            tracing::warn!(id = entry.id, "an event can't be written to the Application log: {error}");
        }
    }
}

/// Writes one event.
///
/// # Errors
/// If the event log does not take it.
pub fn report(entry: &Entry) -> Result<()> {
    struct Source(HANDLE);
    impl Drop for Source {
        fn drop(&mut self) {
            // SAFETY: registered below, closed here only.
            let _ = unsafe { DeregisterEventSource(self.0) };
        }
    }
    // SAFETY: terminated texts; a null server is this one.
    let source = Source(unsafe { RegisterEventSourceW(PCWSTR::null(), &HSTRING::from(NAME)) }?);
    let kind = match entry.gravity {
        Gravity::Information => EVENTLOG_INFORMATION_TYPE,
        Gravity::Warning => EVENTLOG_WARNING_TYPE,
        Gravity::Error => EVENTLOG_ERROR_TYPE,
    };
    let text = HSTRING::from(entry.text.replace('\n', "\r\n"));
    let texts = [PCWSTR(text.as_ptr())];
    // SAFETY: one terminated text, which lives during the call; no binary data.
    unsafe { ReportEventW(source.0, kind, 0, u32::from(entry.id), None, 0, Some(&texts), None) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_event_is_taken_by_the_systems_log() {
        report(&Entry::stopped("TEST01")).expect("is taken");
    }
}
