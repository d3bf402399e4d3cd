//! The files that the agent's safety rests on, looked at before it starts: rules and trust that others could change, and a key
//! that others could read, are refused.
//!
//! On Windows the access lists tell, by [`acl`](crate::agent::acl). On unix the key's mode is looked at where
//! the key is [read](crate::link::files::read_secret).

use std::path::Path;

use crate::agent::config::Config;

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
///
/// # Errors
/// Which place, and what the system says.
#[cfg_attr(not(windows), allow(unused_variables))]
pub fn protect(folder: &Path, data: &Path, key: &Path) -> Result<(), String> {
    #[cfg(windows)]
    native::protect(folder, data, key)?;
    Ok(())
}

/// Makes a file that has just been written the administrators' own, where one of them wrote it.
///
/// # Errors
/// Which file, and what the system says.
#[cfg_attr(not(windows), allow(unused_variables))]
pub fn made(path: &Path) -> Result<(), String> {
    #[cfg(windows)]
    native::made(path)?;
    Ok(())
}

/// Refuses a folder that somebody else made: on Windows everybody may make folders in `ProgramData`, and its maker owns it.
///
/// # Errors
/// Whose it is.
#[cfg_attr(not(windows), allow(unused_variables))]
pub fn refuse_foreign(folder: &Path) -> Result<(), String> {
    #[cfg(windows)]
    native::refuse_foreign(folder)?;
    Ok(())
}

#[cfg(windows)]
mod native {
    use std::path::Path;

    use super::Exposed;
    use crate::agent::acl::{ADMINISTRATORS, Keep, Place, SERVICE, SYSTEM, exposures};
    use crate::agent::config::Config;
    use crate::agent::enrol;
    use crate::agent::windows::{access, process};

    fn own() -> String {
        process::account().map_or_else(|_| String::new(), |account| account.sid)
    }

    pub(super) fn exposed(config_path: &Path, config: &Config) -> Vec<Exposed> {
        let own = own();
        let (key, enrolment) = enrol::trusted_files(&config.data);
        let folder = config_path.parent().filter(|folder| !folder.as_os_str().is_empty());
        let places = [
            (folder.unwrap_or(Path::new(".")), Keep::Unchanged),
            (config_path, Keep::Unchanged),
            (config.scripts.as_path(), Keep::Unchanged),
            (config.data.as_path(), Keep::Unchanged),
            (key.as_path(), Keep::Secret),
            (enrolment.as_path(), Keep::Unchanged),
        ];
        let there = places.into_iter().filter(|(path, _)| path.exists());
        there.filter_map(|(path, keep)| look(path, keep, &own)).collect()
    }

    fn look(path: &Path, keep: Keep, own: &str) -> Option<Exposed> {
        let again = "Close it with `syncmedic-agent service install`, in an elevated console";
        let who = match access::read(path) {
            Ok(list) => {
                let found = exposures(&list, keep, own);
                let found: Vec<String> = found.iter().map(ToString::to_string).collect();
                if found.is_empty() {
                    return None;
                }
                found.join(", ")
            }
            Err(error) => format!("its access list can't be read ({error})"),
        };
        let mend = match keep {
            Keep::Secret => {
                format!("{again}, and make a new key if it may have been read: delete it, `init`, enrol anew")
            }
            Keep::Unchanged => format!("{again}, and look through it: it may have been changed"),
        };
        Some(Exposed { path: path.display().to_string(), who, mend })
    }

    pub(super) fn protect(folder: &Path, data: &Path, key: &Path) -> Result<(), String> {
        let account = process::account().map_err(|error| format!("whose process this is: {error}"))?;
        // Somebody who only tries it out must still get at it.
        let own = (!account.elevated).then_some(account.sid);
        let elevated = own.is_none();
        for (path, place) in [(folder, Place::Rules), (data, Place::Data), (key, Place::Key)] {
            if path.exists() {
                let failed = |error| format!("{}: its access list can't be set: {error}", path.display());
                access::protect(path, place, own.as_deref()).map_err(failed)?;
            }
        }
        let rules = [folder.join("agent.toml"), folder.join("commands"), enrol::trusted_files(data).1];
        rules.iter().filter(|path| elevated && path.exists()).try_for_each(|path| give(path))
    }

    /// What an administrator made belongs to all of them: an owner may rewrite the list of what is theirs, and so is looked at.
    fn give(path: &Path) -> Result<(), String> {
        let failed = |error| format!("{}: its owner can't be set: {error}", path.display());
        access::give_to_administrators(path).map_err(failed)
    }

    pub(super) fn made(path: &Path) -> Result<(), String> {
        match process::account() {
            Ok(account) if account.elevated => give(path),
            _ => Ok(()),
        }
    }

    pub(super) fn refuse_foreign(folder: &Path) -> Result<(), String> {
        if !folder.exists() {
            return Ok(());
        }
        let list = access::read(folder).map_err(|error| format!("{}: {error}", folder.display()))?;
        if [SYSTEM, ADMINISTRATORS, SERVICE, &own()].contains(&list.owner.as_str()) {
            return Ok(());
        }
        Err(format!(
            "{} was made by somebody else ({}), who could change everything in it: look at it, remove it, and try again",
            folder.display(),
            list.owner
        ))
    }
}
