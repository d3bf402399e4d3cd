//! What the machine itself says of its folders and variables, whatever this process's environment says.

use std::path::PathBuf;

use windows::Win32::System::Com::CoTaskMemFree;
use windows::Win32::System::Environment::{CreateEnvironmentBlock, DestroyEnvironmentBlock};
use windows::Win32::System::SystemInformation::GetSystemDirectoryW;
use windows::Win32::UI::Shell::{
    FOLDERID_LocalAppData, FOLDERID_Profile, FOLDERID_ProgramData, FOLDERID_ProgramFiles,
    FOLDERID_RoamingAppData, KF_FLAG_DONT_VERIFY, SHGetKnownFolderPath,
};
use windows::core::PCWSTR;
use windows_registry::LOCAL_MACHINE;

/// The system folder, such as `C:\Windows\System32`. From the system, since `SYSTEMROOT` can be set by whoever starts
/// this program.
///
/// # Errors
/// If the system does not say.
pub fn system_folder() -> std::io::Result<PathBuf> {
    let mut buffer = [0; 1024];
    // SAFETY: the buffer is passed with its length, and at most that is written.
    let length = unsafe { GetSystemDirectoryW(Some(&mut buffer)) } as usize;
    match buffer.get(..length) {
        Some(path) if length > 0 => Ok(PathBuf::from(String::from_utf16_lossy(path))),
        _ => Err(std::io::Error::last_os_error()),
    }
}

/// The machine's own environment: what a program gets that runs for nobody. Only administrators can change it.
///
/// # Errors
/// If the system does not say.
pub fn machine_variables() -> std::io::Result<Vec<(String, String)>> {
    let mut block = std::ptr::null_mut();
    // SAFETY: `block` is valid for a write; without a token only the system's variables are given, and without
    // inheritance none of this process's.
    unsafe { CreateEnvironmentBlock(&mut block, None, false)? };
    let block = Block(block);
    let mut variables = Vec::new();
    let mut at = block.0.cast::<u16>().cast_const();
    // SAFETY: called only with the beginning of a text of the block, which ends with a null.
    let length = |text: *const u16| unsafe { PCWSTR(text).len() };
    loop {
        // SAFETY: the block is texts that each end with a null, and an empty one after the last: `at` stands at the
        // beginning of one of them, as at first and after each step over a text and its null.
        let text = unsafe { std::slice::from_raw_parts(at, length(at)) };
        if text.is_empty() {
            return Ok(variables);
        }
        let line = String::from_utf16_lossy(text);
        // Names that begin with an equals sign are the command processor's own.
        if let Some((name, value)) = line.split_once('=').filter(|(name, _)| !name.is_empty()) {
            variables.push((name.to_owned(), value.to_owned()));
        }
        // SAFETY: as above; the null after the text is inside the block.
        at = unsafe { at.add(text.len() + 1) };
    }
}

/// The folder that a variable means: `ProgramData`, `ProgramFiles` (of 64-bit programs, as this is one), or for the account
/// of this process `USERPROFILE`, `APPDATA`, `LOCALAPPDATA`; `None` for other variables, and if the system does not say.
pub fn known_folder(variable: &str) -> Option<PathBuf> {
    let folder = match variable {
        "USERPROFILE" => &FOLDERID_Profile,
        "APPDATA" => &FOLDERID_RoamingAppData,
        "LOCALAPPDATA" => &FOLDERID_LocalAppData,
        "ProgramData" => &FOLDERID_ProgramData,
        "ProgramFiles" => &FOLDERID_ProgramFiles,
        _ => return None,
    };
    // Not verified, since a service's account may not have made its folders yet.
    // SAFETY: the identifier is a constant; without a token it is this process's account.
    let path = unsafe { SHGetKnownFolderPath(folder, KF_FLAG_DONT_VERIFY, None) }.ok()?;
    // SAFETY: a terminated text, which is ours to free, as documented.
    let text = unsafe { path.to_string() };
    // SAFETY: as above; it is freed once, after its last use.
    unsafe { CoTaskMemFree(Some(path.0.cast_const().cast())) };
    text.ok().map(PathBuf::from)
}

/// What starts a service, as the registry has it: variables in it are not expanded. Only administrators can change it.
/// `None` if there is no such service, or if that can't be read.
pub fn command_line(service: &str) -> Option<String> {
    let key = LOCAL_MACHINE.open(format!(r"SYSTEM\CurrentControlSet\Services\{service}")).ok()?;
    key.get_string("ImagePath").ok()
}

/// A block of variables, given back when this is dropped.
struct Block(*mut core::ffi::c_void);

impl Drop for Block {
    fn drop(&mut self) {
        // SAFETY: made by CreateEnvironmentBlock, and given back once.
        let _ = unsafe { DestroyEnvironmentBlock(self.0) };
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_machine_says_where_it_is_and_nothing_of_this_process() {
        let folder = system_folder().expect("is known");
        assert!(folder.is_absolute() && folder.is_dir(), "{folder:?}");
        let variables = machine_variables().expect("are known");
        let has = |name: &str| variables.iter().any(|(given, _)| given.eq_ignore_ascii_case(name));
        for name in ["PATH", "SystemRoot", "ProgramFiles"] {
            assert!(has(name), "{name}: {variables:?}");
        }
        assert!(std::env::var_os("CARGO_MANIFEST_DIR").is_some() && !has("CARGO_MANIFEST_DIR"));
        let programs = known_folder("ProgramFiles").expect("is known");
        assert!(programs.is_absolute() && programs.is_dir(), "{programs:?}");
    }
}
