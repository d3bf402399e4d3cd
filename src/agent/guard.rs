//! The files that the agent's safety rests on, looked at before it starts: rules and trust that others could change, a key
//! that others could read, and what only leads elsewhere, are refused.
//!
//! On Windows the access lists tell, by [`acl`](crate::agent::acl). On unix the key's mode is looked at where
//! the key is [read](crate::link::files::read_secret).

use std::io;
use std::path::Path;

use crate::agent::config::Config;

#[cfg(windows)]
mod native;

/// A file that others can get at.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{path}: {who}. {mend}")]
pub struct Exposed {
    /// Which file.
    pub path: String,
    /// Who may do what.
    pub who: String,
    /// What to do about it.
    pub mend: String,
}

/// What others can get at, as one text.
pub fn in_words(exposed: &[Exposed]) -> String {
    let lines: Vec<String> = exposed.iter().map(ToString::to_string).collect();
    format!("others can get at the agent's files, so nothing is done:\n  {}", lines.join("\n  "))
}

/// Reads the configuration, once it is known that nobody else can have written it.
///
/// # Errors
/// Who can change it, or what is wrong with it.
pub fn read(config_path: &Path) -> Result<Config, String> {
    #[cfg(windows)]
    {
        let found = native::exposed_rules(config_path);
        if !found.is_empty() {
            return Err(in_words(&found));
        }
    }
    Config::load(config_path).map_err(|error| error.to_string())
}

/// Looks at everything that must be kept: the rules in `config_path`, the scripts, the data folder with key, enrolment and
/// journal.
///
/// # Errors
/// Every file that others can get at.
#[cfg_attr(not(windows), allow(unused_variables))]
pub fn check(config_path: &Path, config: &Config) -> Result<(), Vec<Exposed>> {
    #[cfg(windows)]
    {
        let found = native::exposed(config_path, config);
        if !found.is_empty() {
            return Err(found);
        }
    }
    Ok(())
}

/// Keeps the agent's folder to the agent and the administrators, which on Windows needs saying: on unix its files are made so.
/// Elevated, all that lies in it becomes the administrators', whoever made it.
///
/// # Errors
/// Which place, and what the system says.
#[cfg_attr(not(windows), allow(unused_variables))]
pub fn protect(config_path: &Path, data: &Path, scripts: &Path) -> Result<(), String> {
    #[cfg(windows)]
    native::protect(config_path, data, scripts)?;
    Ok(())
}

/// Looks at everything once more after [`protect`], where the system keeps what was set: Wine does not.
///
/// # Errors
/// Every file that others can still get at.
pub fn check_protected(config_path: &Path, config: &Config) -> Result<(), Vec<Exposed>> {
    #[cfg(windows)]
    if !native::keeps_lists() {
        return Ok(());
    }
    check(config_path, config)
}

/// Gives the enrolment that has just been written its access list: the service reads it, and does not change whom it trusts.
///
/// # Errors
/// What the system says.
#[cfg_attr(not(windows), allow(unused_variables))]
pub fn made(enrolment: &Path) -> Result<(), String> {
    #[cfg(windows)]
    native::made(enrolment)?;
    Ok(())
}

/// Refuses a configuration, its folder or the folders of the agent if somebody else made them or something in them: on Windows
/// everybody may make folders in `ProgramData`, and its maker owns it. What leads elsewhere is refused too.
///
/// # Errors
/// Whose it is.
#[cfg_attr(not(windows), allow(unused_variables))]
pub fn refuse_foreign(config_path: &Path, folders: &[&Path]) -> Result<(), String> {
    #[cfg(windows)]
    native::refuse_foreign(config_path, folders)?;
    Ok(())
}

/// Refuses a program that others than all administrators can change, it or a library beside it, or whose place they can take: it
/// would make them the service.
///
/// # Errors
/// What others can get at.
#[cfg_attr(not(windows), allow(unused_variables))]
pub fn refuse_exposed_program(program: &Path) -> Result<(), String> {
    #[cfg(windows)]
    native::refuse_exposed_program(program)?;
    Ok(())
}

/// Whether a path is a link, a junction or another thing that leads elsewhere; `None` if nothing is there.
///
/// # Errors
/// If that can't be told, which is no reason to trust it.
pub fn leads_elsewhere(path: &Path) -> io::Result<Option<bool>> {
    match std::fs::symlink_metadata(path) {
        Ok(found) => Ok(Some(is_link(&found))),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(error),
    }
}

#[cfg(windows)]
fn is_link(found: &std::fs::Metadata) -> bool {
    use std::os::windows::fs::MetadataExt as _;
    // More kinds lead elsewhere than Rust calls a link.
    found.file_attributes() & windows::Win32::Storage::FileSystem::FILE_ATTRIBUTE_REPARSE_POINT.0 != 0
}

#[cfg(not(windows))]
fn is_link(found: &std::fs::Metadata) -> bool {
    found.is_symlink()
}

#[cfg(all(test, unix))]
mod tests {
    use super::*;

    #[test]
    fn what_leads_elsewhere_is_told_from_what_is_there_and_from_nothing() {
        let folder = tempfile::tempdir().expect("a folder");
        let [real, link, dangling] = ["real", "link", "dangling"].map(|name| folder.path().join(name));
        std::fs::create_dir(&real).expect("a folder");
        std::os::unix::fs::symlink(&real, &link).expect("a link");
        std::os::unix::fs::symlink("nowhere", &dangling).expect("a link");
        let told = |path: &Path| leads_elsewhere(path).expect("can be told");
        assert_eq!(
            (told(&real), told(&link), told(&dangling), told(&folder.path().join("nothing"))),
            (Some(false), Some(true), Some(true), None)
        );
        // Something that can't be looked at is not nothing.
        std::fs::write(real.join("file"), "").expect("writes");
        assert!(leads_elsewhere(&real.join("file").join("inside")).is_err());
    }
}
