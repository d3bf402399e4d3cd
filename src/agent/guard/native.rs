//! What Windows says of the agent's files, and how they are closed.

use std::path::{Path, PathBuf};

use super::{Exposed, leads_elsewhere};
use crate::agent::acl::{ADMINISTRATORS, Keep, PLAYED_BY_WINE, Place, SERVICE, SYSTEM, exposures};
use crate::agent::config::{Config, Events};
use crate::agent::enrol;
use crate::agent::eventlog::files::ENDING;
use crate::agent::windows::{access, process};

/// What the agent makes in its data folder.
const FOLDERS: [&str; 3] = ["scripts", "staged", "runs"];

/// The account that is trusted beside the system and the administrators: who only tries it out. An elevated process trusts no
/// person's account, not even its own, since that person's other programs are not elevated and run as them too.
fn own() -> String {
    match process::account() {
        Ok(account) if !account.elevated || account.sid == PLAYED_BY_WINE => account.sid,
        _ => String::new(),
    }
}

fn folder_of(config_path: &Path) -> &Path {
    config_path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."))
}

pub(super) fn exposed_rules(config_path: &Path) -> Vec<Exposed> {
    let own = own();
    let places = [folder_of(config_path), config_path].map(|path| (path.to_owned(), Keep::Unchanged));
    looked_at(&places, &[], &own)
}

pub(super) fn exposed(config_path: &Path, config: &Config) -> Vec<Exposed> {
    let own = own();
    let (key, enrolment) = enrol::trusted_files(&config.data);
    let mut places = vec![
        (folder_of(config_path).to_owned(), Keep::Unchanged),
        (config_path.to_owned(), Keep::Unchanged),
        (config.scripts.clone(), Keep::Unchanged),
        (config.data.clone(), Keep::Data),
        (key, Keep::Secret),
        (enrolment, Keep::Unchanged),
    ];
    places.extend(FOLDERS.map(|folder| (config.data.join(folder), Keep::Data)));
    looked_at(&places, &instead_of_windows(config), &own)
}

/// The files that a configuration names in place of Windows' own log and word: whoever writes them says how the server is.
fn instead_of_windows(config: &Config) -> Vec<PathBuf> {
    let mut found: Vec<PathBuf> = config.server.file.iter().cloned().collect();
    if let Events::Files(folder) = &config.events {
        found.push(folder.clone());
        // What can't be listed is told by the log's own reading.
        let entries = std::fs::read_dir(folder).into_iter().flatten().flatten().map(|entry| entry.path());
        found.extend(entries.filter(|path| path.extension().is_some_and(|ending| ending == ENDING)));
    }
    found
}

/// Looks at the agent's own places, at other files that it believes, and at every folder above one of them: whoever can take
/// that away can put another in its place.
fn looked_at(places: &[(PathBuf, Keep)], others: &[PathBuf], own: &str) -> Vec<Exposed> {
    let mut found: Vec<Exposed> =
        places.iter().filter_map(|(path, keep)| look(path, *keep, mend_of(*keep), own)).collect();
    const OTHERS: &str = "Let nobody but administrators change it (icacls), and look through it";
    found.extend(others.iter().filter_map(|path| look(path, Keep::Unchanged, OTHERS, own)));
    let absolute = |path: &PathBuf| std::path::absolute(path).unwrap_or_else(|_| path.clone());
    let all: Vec<PathBuf> = places.iter().map(|(path, _)| path).chain(others).map(absolute).collect();
    let mut above: Vec<&Path> = all.iter().flat_map(|path| path.ancestors().skip(1)).collect();
    above.sort_unstable();
    above.dedup();
    // A folder that is a place itself is looked at more strictly.
    above.retain(|folder| !all.iter().any(|place| place == folder));
    const ABOVE: &str = "Take that from them (icacls), or lay the agent where `init` lays it unless told otherwise: whoever can \
                         put another folder in this one's place writes the agent's rules";
    found.extend(above.into_iter().filter_map(|folder| look(folder, Keep::InPlace, ABOVE, own)));
    found
}

fn mend_of(keep: Keep) -> &'static str {
    match keep {
        Keep::Secret => {
            "Close it with `syncmedic-agent service install`, in an elevated console, and make a new key if it may have been \
             read: delete it, `init`, enrol anew"
        }
        _ => {
            "Close it with `syncmedic-agent service install`, in an elevated console, and look through it: it may have been changed"
        }
    }
}

/// What others can do with something; `None` if that is nothing, or if it is not there.
fn found(path: &Path, keep: Keep, own: &str) -> Option<String> {
    match leads_elsewhere(path) {
        Ok(None) => return None,
        Ok(Some(true)) => return Some("it is a link or a junction, and leads elsewhere".into()),
        Ok(Some(false)) => {}
        Err(error) => return Some(format!("it can't be looked at ({error})")),
    }
    match unless_gone(path, || access::read(path)) {
        Ok(list) => {
            let found: Vec<String> = exposures(&list?, keep, own).iter().map(ToString::to_string).collect();
            (!found.is_empty()).then(|| found.join(", "))
        }
        Err(error) => Some(format!("its access list can't be read ({error})")),
    }
}

/// Whether nothing is there, of what was there when it was listed: a running agent's files come and go.
fn is_gone(path: &Path) -> bool {
    matches!(leads_elsewhere(path), Ok(None))
}

/// Does something with what was there when it was listed; `None` if it has gone since. What goes and comes again under its name
/// is another file, and is tried again.
fn unless_gone<T, E>(path: &Path, act: impl Fn() -> Result<T, E>) -> Result<Option<T>, E> {
    let mut tries = 5;
    loop {
        match act() {
            Ok(done) => return Ok(Some(done)),
            Err(_) if is_gone(path) => return Ok(None),
            Err(_) if tries > 1 => tries -= 1,
            Err(error) => return Err(error),
        }
    }
}

fn look(path: &Path, keep: Keep, mend: &str, own: &str) -> Option<Exposed> {
    let who = found(path, keep, own)?;
    Some(Exposed { path: path.display().to_string(), who, mend: mend.into() })
}

pub(super) fn protect(config_path: &Path, data: &Path, scripts: &Path) -> Result<(), String> {
    let account = process::account().map_err(|error| format!("whose process this is: {error}"))?;
    // Somebody who only tries it out must still get at it.
    let own = (!account.elevated).then_some(account.sid.as_str());
    let (key, enrolment) = enrol::trusted_files(data);
    // From above, so that what lies below can't be exchanged meanwhile.
    let folder = folder_of(config_path);
    close(folder, Place::Rules, own)?;
    close(data, Place::Data, own)?;
    for file in [&key, &enrolment] {
        close(file, Place::Key, own)?;
    }
    if own.is_some() {
        return Ok(());
    }
    close(config_path, Place::Rules, own)?;
    // Another name may have been given to the scripts' folder.
    for scripts in [scripts, &folder.join("commands")] {
        within(scripts)?.iter().try_for_each(|path| close(path, Place::Rules, own))?;
    }
    let kept = [key, enrolment, data.to_owned()];
    let of_the_service = within(data)?.into_iter().filter(|path| !kept.contains(path));
    of_the_service.into_iter().try_for_each(|path| close(&path, Place::Data, own))
}

/// Sets the access list, and elevated the owner too; what is not there stays so.
fn close(path: &Path, place: Place, own: Option<&str>) -> Result<(), String> {
    let failed = |error: String| format!("{}: its access list can't be set: {error}", path.display());
    match leads_elsewhere(path).map_err(|error| failed(error.to_string()))? {
        None => Ok(()),
        Some(true) => Err(failed("it is a link or a junction, and leads elsewhere: remove it".into())),
        Some(false) => match unless_gone(path, || access::protect(path, place, own)) {
            Ok(_) => Ok(()),
            Err(error) => Err(failed(error.to_string())),
        },
    }
}

/// A folder and all that lies in it, those above first; nothing if it is not there. Links are named, not followed.
fn within(folder: &Path) -> Result<Vec<PathBuf>, String> {
    let failed = |path: &Path, error: std::io::Error| format!("{}: {error}", path.display());
    if leads_elsewhere(folder).map_err(|error| failed(folder, error))?.is_none() {
        return Ok(Vec::new());
    }
    let mut all = vec![folder.to_owned()];
    let mut at = 0;
    while let Some(path) = all.get(at).cloned() {
        at += 1;
        let is_link = leads_elsewhere(&path).map_err(|error| failed(&path, error))? != Some(false);
        if is_link || !path.is_dir() {
            continue;
        }
        let entries =
            unless_gone(&path, || std::fs::read_dir(&path)).map_err(|error| failed(&path, error))?;
        let Some(entries) = entries else { continue };
        for entry in entries {
            all.push(entry.map_err(|error| failed(&path, error))?.path());
        }
    }
    Ok(all)
}

pub(super) fn made(enrolment: &Path) -> Result<(), String> {
    let account = process::account().map_err(|error| format!("whose process this is: {error}"))?;
    close(enrolment, Place::Key, (!account.elevated).then_some(account.sid.as_str()))
}

pub(super) fn refuse_foreign(config_path: &Path, folders: &[&Path]) -> Result<(), String> {
    // Here also an elevated process's own account: it may have begun without elevation, and what it made becomes all
    // administrators'.
    let own = process::account().map_or_else(|_| String::new(), |account| account.sid);
    for path in [folder_of(config_path), config_path] {
        refuse_maker(path, &own)?;
    }
    for folder in folders {
        within(folder)?.iter().try_for_each(|path| refuse_maker(path, &own))?;
    }
    Ok(())
}

fn refuse_maker(path: &Path, own: &str) -> Result<(), String> {
    let shown = path.display();
    match leads_elsewhere(path) {
        Ok(None) => return Ok(()),
        Ok(Some(false)) => {}
        Ok(Some(true)) => {
            return Err(format!(
                "{shown} is a link or a junction, and leads elsewhere: remove it, and try again"
            ));
        }
        Err(error) => return Err(format!("{shown}: {error}")),
    }
    let list = unless_gone(path, || access::read(path)).map_err(|error| format!("{shown}: {error}"))?;
    let Some(list) = list else { return Ok(()) };
    if [SYSTEM, ADMINISTRATORS, SERVICE, own].contains(&list.owner.as_str()) {
        return Ok(());
    }
    Err(format!(
        "{shown} was made by somebody else ({}), who could change everything in it: look at it, remove it, and try again",
        list.owner
    ))
}

pub(super) fn refuse_exposed_program(program: &Path) -> Result<(), String> {
    let own = own();
    let mut places = vec![(program.to_owned(), Keep::Unchanged)];
    if let Some(folder) = program.parent() {
        places.push((folder.to_owned(), Keep::Unchanged));
        let failed = |error| format!("{}: {error}", folder.display());
        for entry in std::fs::read_dir(folder).map_err(failed)? {
            let path = entry.map_err(failed)?.path();
            if path.extension().is_some_and(|extension| extension.eq_ignore_ascii_case("dll")) {
                places.push((path, Keep::Unchanged));
            }
        }
    }
    let found = looked_at(&places, &[], &own);
    let found: Vec<String> = found.iter().map(|one| format!("{}: {}", one.path, one.who)).collect();
    if found.is_empty() {
        return Ok(());
    }
    Err(format!(
        "{}. A service must not be started from where others than all administrators can change it: copy the program to a folder \
         of its own in Program Files, give it to them (icacls FOLDER /setowner *S-1-5-32-544 /T, then icacls FOLDER /reset /T), and install from there",
        found.join("; ")
    ))
}

/// Whether the lists that were set can be looked at. Wine keeps none.
pub(super) fn keeps_lists() -> bool {
    process::account().is_ok_and(|account| account.sid != PLAYED_BY_WINE)
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicBool, Ordering};

    use super::*;

    #[test]
    fn files_of_a_running_agent_that_come_and_go_are_no_reason_to_refuse() {
        let folder = tempfile::tempdir().expect("a folder");
        let (place, done) = (folder.path().join("runs"), AtomicBool::new(false));
        std::fs::create_dir(&place).expect("a folder");
        std::thread::scope(|scope| {
            scope.spawn(|| {
                while !done.load(Ordering::Relaxed) {
                    // What is being looked at may not let go of its name at once.
                    (0..20).for_each(|at| drop(std::fs::write(place.join(at.to_string()), "")));
                    (0..20).for_each(|at| drop(std::fs::remove_file(place.join(at.to_string()))));
                }
            });
            let own = process::account().expect("is known").sid;
            for _ in 0..100 {
                let looked = within(folder.path()).and_then(|all| {
                    all.iter().try_for_each(|path| {
                        refuse_maker(path, &own).and_then(|()| close(path, Place::Data, Some(&own)))
                    })
                });
                // Ends the other thread, whatever has come of it.
                done.fetch_or(looked.is_err(), Ordering::Relaxed);
                looked.expect("nothing is wrong with what is there");
            }
            done.store(true, Ordering::Relaxed);
        });
    }
}
