//! This process: what it uses, whose it is; and the names of all that run.

use std::time::Duration;

use windows::Win32::Foundation::{CloseHandle, ERROR_NO_MORE_FILES, FILETIME, HANDLE};
use windows::Win32::Security::Authorization::ConvertSidToStringSidW;
use windows::Win32::Security::{
    GetTokenInformation, LookupAccountSidW, PSID, SID_NAME_USE, TOKEN_ELEVATION, TOKEN_QUERY, TOKEN_USER,
    TokenElevation, TokenUser,
};
use windows::Win32::System::Diagnostics::ToolHelp::{
    CreateToolhelp32Snapshot, PROCESSENTRY32W, Process32FirstW, Process32NextW, TH32CS_SNAPPROCESS,
};
use windows::Win32::System::ProcessStatus::{K32GetProcessMemoryInfo, PROCESS_MEMORY_COUNTERS_EX};
use windows::Win32::System::Threading::{GetCurrentProcess, GetProcessTimes, OpenProcessToken};
use windows::core::{Error, PCWSTR, PWSTR, Result};

use super::{taken, until_null};

/// A handle, closed when dropped.
struct Owned(HANDLE);

impl Drop for Owned {
    fn drop(&mut self) {
        // SAFETY: the handle came from a call that gives it to us to close, and is closed here only.
        let _ = unsafe { CloseHandle(self.0) };
    }
}

/// The memory that is this process's own, in bytes: without what it shares with others, such as the system's libraries.
pub fn memory() -> Option<u64> {
    let mut counters = PROCESS_MEMORY_COUNTERS_EX::default();
    let size = u32::try_from(size_of_val(&counters)).ok()?;
    let place = std::ptr::from_mut(&mut counters).cast();
    // SAFETY: the pseudo-handle needs no closing; the call is documented to take the longer structure too, which is ours and as
    // long as is said.
    let known = unsafe { K32GetProcessMemoryInfo(GetCurrentProcess(), place, size) };
    let own = [counters.PrivateUsage, counters.WorkingSetSize];
    // Wine does not tell the first; the second then is an upper bound.
    known.as_bool().then(|| own.into_iter().find(|bytes| *bytes > 0).unwrap_or_default() as u64)
}

/// The processor time of this process since it began.
pub fn cpu() -> Option<Duration> {
    let mut times = [FILETIME::default(); 4];
    let [created, ended, kernel, user] = &mut times;
    // SAFETY: four structures of ours, written only during the call.
    unsafe { GetProcessTimes(GetCurrentProcess(), created, ended, kernel, user) }.ok()?;
    // In steps of 100 ns.
    let nanoseconds =
        |time: &FILETIME| ((u64::from(time.dwHighDateTime) << 32) | u64::from(time.dwLowDateTime)) * 100;
    Some(Duration::from_nanos(nanoseconds(kernel) + nanoseconds(user)))
}

/// The account of this process, as its token has it: whatever the environment says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Account {
    /// Its security identifier.
    pub sid: String,
    /// `DOMAIN\name`, if the system can look it up now; a domain controller may be out of reach.
    pub name: Option<String>,
    /// Whether the process is elevated.
    pub elevated: bool,
}

/// The account of this process.
///
/// # Errors
/// If the token can't be read.
pub fn account() -> Result<Account> {
    let token = token()?;
    let mut length = 0;
    // SAFETY: asks for the length only, as documented; that it "fails" with it is expected.
    let _ = unsafe { GetTokenInformation(token.0, TokenUser, None, 0, &mut length) };
    // Of u64, so that the structure in it is aligned.
    let mut buffer = vec![0_u64; (length as usize).div_ceil(size_of::<u64>()).max(1)];
    // SAFETY: the buffer is at least as long as is said.
    unsafe {
        GetTokenInformation(token.0, TokenUser, Some(buffer.as_mut_ptr().cast()), length, &mut length)
    }?;
    if (length as usize) < size_of::<TOKEN_USER>() {
        return Err(Error::empty());
    }
    // SAFETY: the call has filled the buffer with this structure, whose SID points into the same, living buffer.
    let sid = unsafe { (*buffer.as_ptr().cast::<TOKEN_USER>()).User.Sid };
    let text = sid_text(sid).ok_or_else(Error::from_thread)?;
    Ok(Account { sid: text, name: name_of(sid), elevated: elevated(&token) })
}

fn token() -> Result<Owned> {
    let mut token = HANDLE::default();
    // SAFETY: the pseudo-handle needs no closing; the token is ours to close, which `Owned` does.
    unsafe { OpenProcessToken(GetCurrentProcess(), TOKEN_QUERY, &mut token) }?;
    Ok(Owned(token))
}

fn elevated(token: &Owned) -> bool {
    let mut elevation = TOKEN_ELEVATION::default();
    let mut length = 0;
    let size = size_of::<TOKEN_ELEVATION>() as u32;
    let place = std::ptr::from_mut(&mut elevation).cast();
    // SAFETY: the structure is ours and as long as is said.
    let known = unsafe { GetTokenInformation(token.0, TokenElevation, Some(place), size, &mut length) };
    known.is_ok() && elevation.TokenIsElevated != 0
}

/// A security identifier as text.
pub(super) fn sid_text(sid: PSID) -> Option<String> {
    let mut text = PWSTR::null();
    // SAFETY: callers pass a SID that lives in a buffer of theirs; the text is documented as to be freed by LocalFree.
    unsafe { ConvertSidToStringSidW(sid, &mut text).ok()? };
    // SAFETY: as above.
    unsafe { taken(text) }
}

/// An account's name, `DOMAIN\\name`, if the system can look it up.
pub(super) fn name_of(sid: PSID) -> Option<String> {
    // The documented bounds are 256 for names and 255 for domains.
    let (mut name, mut domain) = ([0_u16; 300], [0_u16; 300]);
    let (mut name_length, mut domain_length) = (name.len() as u32, domain.len() as u32);
    let mut kind = SID_NAME_USE::default();
    // SAFETY: the SID lives in the caller's buffer; both buffers are ours and as long as is said.
    unsafe {
        LookupAccountSidW(
            PCWSTR::null(),
            sid,
            Some(PWSTR(name.as_mut_ptr())),
            &mut name_length,
            Some(PWSTR(domain.as_mut_ptr())),
            &mut domain_length,
            &mut kind,
        )
    }
    .ok()?;
    let (name, domain) = (until_null(&name), until_null(&domain));
    Some(if domain.is_empty() { name } else { format!("{domain}\\{name}") })
}

/// Whether a program of that name runs, in whatever session.
///
/// # Errors
/// If the list of processes can't be read.
pub fn runs(program: &str) -> Result<bool> {
    let found = find(|entry| until_null(&entry.szExeFile).eq_ignore_ascii_case(program))?;
    Ok(found.is_some())
}

/// The name of a process's program; `None` if there is no such process.
///
/// # Errors
/// If the list of processes can't be read.
pub fn name_of_process(pid: u32) -> Result<Option<String>> {
    let found = find(|entry| entry.th32ProcessID == pid)?;
    Ok(found.map(|entry| until_null(&entry.szExeFile)))
}

/// The first process that fits.
fn find(fits: impl Fn(&PROCESSENTRY32W) -> bool) -> Result<Option<PROCESSENTRY32W>> {
    // SAFETY: a snapshot of all processes; the handle is ours to close, which `Owned` does.
    let snapshot = Owned(unsafe { CreateToolhelp32Snapshot(TH32CS_SNAPPROCESS, 0) }?);
    let mut entry =
        PROCESSENTRY32W { dwSize: size_of::<PROCESSENTRY32W>() as u32, ..PROCESSENTRY32W::default() };
    // SAFETY: the structure is ours, and says its own length as documented; so below.
    let mut next = unsafe { Process32FirstW(snapshot.0, &mut entry) };
    loop {
        match next {
            Ok(()) if fits(&entry) => return Ok(Some(entry)),
            Ok(()) => {}
            Err(error) if error.code() == ERROR_NO_MORE_FILES.to_hresult() => return Ok(None),
            Err(error) => return Err(error),
        }
        // SAFETY: as above.
        next = unsafe { Process32NextW(snapshot.0, &mut entry) };
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn this_process_has_an_account_and_is_in_the_list() {
        let account = account().expect("is known");
        assert!(account.sid.starts_with("S-1-5-"), "{account:?}");
        let name = std::env::current_exe().expect("is known");
        let name = name.file_name().expect("has a name").to_string_lossy().into_owned();
        assert!(runs(&name.to_uppercase()).expect("reads"));
        assert_eq!(name_of_process(std::process::id()).expect("reads"), Some(name));
        assert!(!runs("no-such-program-of-ours.exe").expect("reads"));
    }
}
