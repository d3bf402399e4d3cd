//! What really runs: a private copy of the script's bytes that were checked. The installed script could be changed
//! between its check and the moment in which the interpreter reads it; the copy only by the agent's own account.

use std::fs::{self, DirBuilder, File};
use std::io::{self, Read as _};
use std::path::{Path, PathBuf};
use std::time::Duration;

use super::ScriptError;
use crate::catalog::{Command, script_digest};
use crate::link::files;
use crate::random::Random;

/// How old a copy is that no run can still be using: the longest run takes minutes.
const LEFT_BEHIND: Duration = Duration::from_secs(24 * 60 * 60);

/// A copy of a checked script, for one run. It goes when this is dropped.
#[derive(Debug)]
pub(super) struct ScriptCopy {
    folder: PathBuf,
    path: PathBuf,
    /// Open while the script runs. On Windows it is opened without write sharing: nobody can write to it meanwhile.
    held: Option<File>,
}

/// Where copies are made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Place {
    /// In a folder of this program's own account.
    Folder(PathBuf),
    /// On Windows in a new folder that only administrators can change, made for one run. What runs in an elevated session
    /// must not lie where the service's account could put another folder in its place.
    #[cfg(windows)]
    Operators,
}

impl Place {
    /// A new folder for one run.
    fn new_folder(&self) -> Result<PathBuf, String> {
        let said = |error: io::Error| error.to_string();
        match self {
            Place::Folder(copies) => {
                files::make_folder(copies).map_err(|error| error.to_string())?;
                private(copies)?;
                tidy(copies);
                let folder = copies.join(Random::system().id());
                new_folder(&folder).map_err(said)?;
                Ok(folder)
            }
            #[cfg(windows)]
            Place::Operators => {
                let name = format!("Syncmedic-{}", Random::system().id());
                crate::agent::windows::operator::new_folder(&name).map_err(said)
            }
        }
    }

    fn shown(&self) -> String {
        match self {
            Place::Folder(copies) => copies.display().to_string(),
            #[cfg(windows)]
            Place::Operators => "the folder of programs' data".into(),
        }
    }
}

impl ScriptCopy {
    /// Copies the installed script at `installed`, if it is the command's, to a folder of its own. A signed script's copy
    /// is signed.
    ///
    /// # Errors
    /// [`ScriptError::Missing`], [`ScriptError::Changed`], or [`ScriptError::NotCopied`].
    pub(super) fn make(
        installed: &Path,
        copies: &Place,
        command: &Command,
    ) -> Result<ScriptCopy, ScriptError> {
        let shown = |path: &Path| path.display().to_string();
        let missing =
            |error: io::Error| ScriptError::Missing { path: shown(installed), why: error.to_string() };
        let bytes = fs::read(installed).map_err(missing)?;
        if script_digest(&bytes) != command.digest {
            return Err(ScriptError::Changed { path: shown(installed) });
        }
        let failed = |why: String| ScriptError::NotCopied { path: copies.shown(), why };
        let folder = copies.new_folder().map_err(failed)?;
        let place = folder.join(command.id.as_str());
        let path = place.join("run.ps1");
        // From here on it is tidied up, whatever happens.
        let mut copy = ScriptCopy { folder, path, held: None };
        for folder in [&place, &copy.temporary()] {
            new_folder(folder).map_err(|error| failed(error.to_string()))?;
        }
        files::write_new(&copy.path, &bytes).map_err(|error| failed(error.to_string()))?;
        copy.hold(&bytes).map_err(|error| failed(error.to_string()))?;
        Ok(copy)
    }

    /// Where the copy is.
    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    /// A folder for what the run leaves lying about.
    pub(super) fn temporary(&self) -> PathBuf {
        self.folder.join("temporary")
    }

    /// Keeps the file open, and makes sure that what is open is what was checked.
    fn hold(&mut self, bytes: &[u8]) -> io::Result<()> {
        let mut options = File::options();
        options.read(true);
        #[cfg(windows)]
        {
            use std::os::windows::fs::OpenOptionsExt as _;
            // Others may read it meanwhile, and neither write to it, nor rename it, nor remove it.
            options.share_mode(windows::Win32::Storage::FileSystem::FILE_SHARE_READ.0);
        }
        let mut file = options.open(&self.path)?;
        let mut read = Vec::with_capacity(bytes.len());
        (&mut file).take(bytes.len() as u64 + 1).read_to_end(&mut read)?;
        if read != bytes {
            return Err(io::Error::other("the copy was changed while it was made"));
        }
        self.held = Some(file);
        Ok(())
    }
}

impl Drop for ScriptCopy {
    fn drop(&mut self) {
        // Closed first: Windows removes no open file.
        drop(self.held.take());
        if let Err(error) = fs::remove_dir_all(&self.folder) {
            // It is never run again, and holds no secret.
            tracing::warn!(path = %self.folder.display(), "a script's copy can't be removed: {error}");
        }
    }
}

/// Removes copies that a killed agent left behind. No run is as old as these; on Windows a copy in use can't be
/// removed anyway.
fn tidy(copies: &Path) {
    let entries = fs::read_dir(copies).into_iter().flatten().flatten();
    let is_old = |entry: &fs::DirEntry| {
        let made = entry.metadata().and_then(|found| found.modified());
        made.is_ok_and(|made| made.elapsed().is_ok_and(|age| age > LEFT_BEHIND))
    };
    for entry in entries.filter(is_old) {
        // What can't be removed now is tried again at the next run.
        let _ = fs::remove_dir_all(entry.path());
    }
}

/// Makes a folder that was not there, for its owner alone.
fn new_folder(path: &Path) -> io::Result<()> {
    #[cfg_attr(not(unix), allow(unused_mut))]
    let mut builder = DirBuilder::new();
    #[cfg(unix)]
    {
        use std::os::unix::fs::DirBuilderExt as _;
        builder.mode(0o700);
    }
    builder.create(path)
}

/// Whether only this program's account can change what is in a folder. On Windows the access list of the folder above
/// decides, which is inherited.
fn private(folder: &Path) -> Result<(), String> {
    #[cfg(unix)]
    {
        use std::os::unix::fs::MetadataExt as _;
        let found = fs::symlink_metadata(folder).map_err(|error| error.to_string())?;
        let owner = found.uid();
        if !found.is_dir() || (owner != 0 && owner != nix::unistd::geteuid().as_raw()) {
            return Err("it must be a folder of the agent's own account".into());
        }
        if found.mode() & 0o022 != 0 {
            return Err("others can write to it: allow its owner alone (chmod 700)".into());
        }
    }
    // A junction in its place would lead elsewhere, and what is there would be tidied up.
    #[cfg(not(unix))]
    if fs::symlink_metadata(folder).map_err(|error| error.to_string())?.is_symlink() {
        return Err("it must be a folder of its own, and leads elsewhere".into());
    }
    Ok(())
}
