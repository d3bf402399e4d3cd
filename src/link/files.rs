//! Files that hold secrets: made for their owner alone, refused when others can read them.

use std::fs;
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

/// A file that can't be used.
#[derive(Debug, thiserror::Error)]
pub enum FileError {
    /// Reading or writing failed.
    #[error("{}: {error}", path.display())]
    Io {
        /// Which file.
        path: PathBuf,
        /// What the system says.
        #[source]
        error: io::Error,
    },
    /// Others than its owner may read a secret.
    #[error(
        "{}: others can read this key (mode {mode:o}): allow its owner alone (chmod 600), and make a new key if \
         it may have been read",
        path.display()
    )]
    Exposed {
        /// Which file.
        path: PathBuf,
        /// Its permission bits.
        mode: u32,
    },
}

fn io_error(path: &Path) -> impl Fn(io::Error) -> FileError {
    let path = path.to_owned();
    move |error| FileError::Io { path: path.clone(), error }
}

/// Reads a text file.
///
/// # Errors
/// [`FileError::Io`].
pub fn read_text(path: &Path) -> Result<String, FileError> {
    fs::read_to_string(path).map_err(io_error(path))
}

/// Reads a secret.
///
/// # Errors
/// [`FileError::Exposed`] if others than its owner can read it (on Windows the access list decides, which is
/// not looked at here but before the agent starts), and [`FileError::Io`].
pub fn read_secret(path: &Path) -> Result<String, FileError> {
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        let mode = fs::metadata(path).map_err(io_error(path))?.permissions().mode() & 0o777;
        if mode & 0o077 != 0 {
            return Err(FileError::Exposed { path: path.to_owned(), mode });
        }
    }
    read_text(path)
}

/// Makes a folder, and those above it, for its owner alone. A folder that exists stays as it is.
///
/// # Errors
/// [`FileError::Io`].
pub fn make_folder(path: &Path) -> Result<(), FileError> {
    let mut builder = fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    {
        use std::os::unix::fs::DirBuilderExt as _;
        builder.mode(0o700);
    }
    builder.create(path).map_err(io_error(path))
}

/// Writes a new file, readable by its owner alone.
///
/// # Errors
/// [`FileError::Io`], also if the file exists: a key is never overwritten.
pub fn write_new(path: &Path, content: impl AsRef<[u8]>) -> Result<(), FileError> {
    let mut options = fs::OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    {
        use std::os::unix::fs::OpenOptionsExt as _;
        options.mode(0o600);
    }
    let mut file = options.open(path).map_err(io_error(path))?;
    file.write_all(content.as_ref()).and_then(|()| file.sync_all()).map_err(io_error(path))
}

/// Puts a new text in a file's place in one step, readable by its owner alone: a crash leaves the old or
/// the new one.
///
/// # Errors
/// [`FileError::Io`].
pub fn replace(path: &Path, text: &str) -> Result<(), FileError> {
    let mut name = path.file_name().unwrap_or_default().to_owned();
    name.push(".new");
    let next = path.with_file_name(name);
    match fs::remove_file(&next) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(io_error(&next)(error)),
        _ => write_new(&next, text)?,
    }
    rename(&next, path)
}

/// Puts a file in another's place.
///
/// # Errors
/// [`FileError::Io`].
pub fn rename(from: &Path, to: &Path) -> Result<(), FileError> {
    fs::rename(from, to).map_err(io_error(to))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[cfg(unix)]
    #[test]
    fn a_secret_that_others_can_read_is_refused() {
        use std::os::unix::fs::PermissionsExt as _;
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("a.key");
        write_new(&path, "secret").expect("writes");
        assert_eq!(read_secret(&path).expect("its owner's alone"), "secret");
        for mode in [0o640, 0o604, 0o660] {
            fs::set_permissions(&path, fs::Permissions::from_mode(mode)).expect("chmod");
            let refused = read_secret(&path).expect_err("others can read it");
            assert!(matches!(refused, FileError::Exposed { .. }), "{refused}");
            assert!(refused.to_string().contains("chmod 600"));
        }
    }

    #[test]
    fn a_new_file_never_overwrites_one_and_a_replacement_does() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("a.pem");
        write_new(&path, "one").expect("writes");
        assert!(write_new(&path, "two").is_err());
        assert_eq!(read_text(&path).expect("reads"), "one");
        replace(&path, "two").expect("replaces");
        assert_eq!(read_secret(&path).expect("still its owner's alone"), "two");
    }
}
