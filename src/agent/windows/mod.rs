//! What only Windows has, thin: each file asks the system one kind of thing, for a portable room that decides. Here alone
//! `unsafe` is allowed, each with the reason why it is sound.
//!
//! - [`access`]: access lists of files, read and set; [`operator`]: a folder for an elevated session. [`process`]: this process and its account, and the list of all.
//! - [`eventlog`]: the event log.
//! - [`services`], [`version`], [`server`]: what the server is.
//! - [`surroundings`]: the system's folders and variables, whatever this process was told.
//! - [`service`]: being a Windows service; [`membership`] in the server's groups; [`source`]: events of our own.

#![allow(unsafe_code, reason = "Windows' own functions")]

pub mod access;
pub mod eventlog;
pub mod membership;
pub mod operator;
pub mod process;
pub mod server;
pub mod service;
pub mod services;
pub mod source;
pub mod surroundings;
pub mod version;

use windows::Win32::Foundation::{HLOCAL, LocalFree};
use windows::core::{HSTRING, PWSTR};

/// Memory that the system allocated for us, freed when this is dropped.
struct Local(*mut core::ffi::c_void);

impl Drop for Local {
    fn drop(&mut self) {
        // SAFETY: only made of pointers that a call documents as to be freed by LocalFree, each once.
        unsafe { LocalFree(Some(HLOCAL(self.0))) };
    }
}

/// A path or name for the system's calls.
fn wide(text: impl AsRef<std::ffi::OsStr>) -> HSTRING {
    HSTRING::from(text.as_ref())
}

/// A text that the system allocated with LocalAlloc.
///
/// # Safety
/// `text` must be null or a terminated text from a call that documents it as to be freed by LocalFree.
unsafe fn taken(text: PWSTR) -> Option<String> {
    if text.is_null() {
        return None;
    }
    let _freed = Local(text.0.cast());
    // SAFETY: terminated, by this function's own condition, and freed only after this.
    unsafe { text.to_string() }.ok()
}

/// A fixed buffer's text up to its first null.
fn until_null(buffer: &[u16]) -> String {
    let end = buffer.iter().position(|unit| *unit == 0).unwrap_or(buffer.len());
    String::from_utf16_lossy(&buffer[..end])
}
