//! The journal: what was permitted on this server and how it ended, written before anything runs, so that a
//! request runs at most once, ever.
//!
//! - [`Journal`]: the file, its locks, and what may be added to it. Shared by the service and by `apply`.
//! - [`view`]: what the entries say together; pure but for asking whether a run is still alive.
//!
//! In the data folder lie `journal.jsonl` (append-only, one entry a line, numbered), `journal.lock`, the grants of
//! staged requests (`staged/`), and a locked file for each run under way (`runs/`). The operating system
//! frees that lock when the program dies, however it dies: a run that was started, has not finished and holds no lock
//! is *unknown*, and is never run again.
//!
//! An entry is one write, synced before anyone acts on it. A last line without its line break was therefore never
//! acted on, and counts as not written. Anything else that can't be read means that the journal was changed by
//! another hand: then nothing runs at all.

pub mod view;

use std::fs::{self, File, TryLockError};
use std::io::{self, Read as _, Seek as _, SeekFrom, Write as _};
use std::path::{Path, PathBuf};

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::grant::Grant;
use crate::ids::{CommandId, RequestId, Snowflake};
use crate::link::protocol::RunOutcome;
use crate::plan::{Digest, Mode};
use view::View;

/// The most bytes of a staged grant that are read.
const MAX_GRANT: u64 = 64 * 1024;

/// One line of the journal.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Entry {
    /// Its number; the first is 1, and none is missing.
    pub n: u64,
    /// When it was written, by the server's clock.
    pub at: Timestamp,
    /// The request it is about.
    pub request: RequestId,
    /// What happened.
    #[serde(flatten)]
    pub what: What,
}

/// What happened to a request.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "what", rename_all = "kebab-case")]
pub enum What {
    /// Its grant waits for an operator.
    Staged {
        /// What was permitted.
        permit: Permit,
        /// Until when it waits.
        until: Timestamp,
    },
    /// Its command is about to run.
    Started {
        /// What was permitted.
        permit: Permit,
        /// The account of the operator, if one is at the keyboard; marked if it is not confirmed.
        operator: Option<String>,
    },
    /// Its command ended.
    Finished {
        /// How.
        outcome: RunOutcome,
    },
    /// It will not run.
    Cancelled {
        /// Why.
        why: String,
    },
    /// It was cancelled before any grant for it came; one that comes later is refused.
    Barred {
        /// The hash of the plan that was cancelled.
        plan: Digest,
    },
}

/// What was permitted, and on whose word.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Permit {
    /// The hash of the plan.
    pub plan: Digest,
    /// The command.
    pub command: CommandId,
    /// Who is at the keyboard.
    pub mode: Mode,
    /// Who asked.
    pub requester: Snowflake,
    /// Who approved.
    pub approvers: Vec<Snowflake>,
    /// The bot's audit head when the grant was signed.
    pub audit_head: String,
}

impl From<&Grant> for Permit {
    fn from(grant: &Grant) -> Permit {
        Permit {
            plan: grant.plan.hash(),
            command: grant.plan.command.clone(),
            mode: grant.plan.mode,
            requester: grant.requester,
            approvers: grant.approvers.clone(),
            audit_head: grant.audit_head.clone(),
        }
    }
}

/// Why the journal can't be used. Nothing may run then.
#[derive(Debug, thiserror::Error)]
pub enum JournalError {
    /// A line that is not the last can't be read, or its number is wrong.
    #[error(
        "{path}, line {line}: {why}. The journal was changed or damaged, so nothing runs on this server until an administrator has looked at it; keep the file, and move it away only if it is certain that none of its requests is still open"
    )]
    Corrupt {
        /// The file.
        path: String,
        /// The line.
        line: u64,
        /// What is wrong.
        why: String,
    },
    /// The disk or its permissions.
    #[error("{path}: {why}")]
    Io {
        /// The file or folder.
        path: String,
        /// What is wrong.
        why: io::Error,
    },
    /// The request is known in a state that does not allow this.
    #[error("request {request} is already {state}")]
    Known {
        /// The request.
        request: RequestId,
        /// How it stands.
        state: &'static str,
    },
}

impl JournalError {
    /// The stable code.
    pub fn code(&self) -> &'static str {
        match self {
            JournalError::Corrupt { .. } => "journal-corrupt",
            JournalError::Io { .. } => "journal-unusable",
            JournalError::Known { .. } => "request-known",
        }
    }
}

/// The journal in a data folder.
#[derive(Debug, Clone)]
pub struct Journal {
    folder: PathBuf,
}

/// The journal, locked: nobody else reads or writes it.
#[derive(Debug)]
pub struct Locked<'a> {
    journal: &'a Journal,
    file: File,
    view: View,
    _lock: File,
}

/// A run under way. While it lives, the run counts as alive.
#[derive(Debug)]
#[must_use = "a run that is dropped without `Journal::finish` is unknown for ever"]
pub struct Run {
    request: RequestId,
    path: PathBuf,
    _lock: File,
}

/// Refuses a link or a junction: an operator writes the journal with an administrator's rights, and who may write to the data
/// folder could lead them elsewhere.
fn stays_here(place: &Path) -> Result<(), JournalError> {
    match fs::symlink_metadata(place) {
        Ok(found) if found.is_symlink() => {
            Err(io_error(place)(io::Error::other("it leads elsewhere, and must be a plain file or folder")))
        }
        // What is missing is made; what can't be looked at is told where it is opened.
        _ => Ok(()),
    }
}

impl Journal {
    /// Opens the journal of a data folder, which is made if it is missing.
    ///
    /// # Errors
    /// If the folder can't be made or the journal can't be read. One that says things that can't be opens, and then
    /// refuses everything else.
    pub fn open(folder: impl Into<PathBuf>) -> Result<Journal, JournalError> {
        let journal = Journal { folder: folder.into() };
        for folder in [journal.folder.clone(), journal.folder.join("staged"), journal.folder.join("runs")] {
            fs::create_dir_all(&folder).map_err(io_error(&folder))?;
        }
        match journal.lock() {
            // A damaged journal stops runs, each with its reason, and not the reports.
            Ok(_) | Err(JournalError::Corrupt { .. }) => Ok(journal.clone()),
            Err(error) => Err(error),
        }
    }

    /// What the journal says now.
    ///
    /// # Errors
    /// If it can't be read, or says things that can't be.
    pub fn view(&self) -> Result<View, JournalError> {
        let _lock = self.lock_file(File::lock_shared)?;
        let path = self.path();
        let mut bytes = Vec::new();
        match File::open(&path) {
            Ok(mut file) => file.read_to_end(&mut bytes).map(|_| ()),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
            Err(error) => Err(error),
        }
        .map_err(io_error(&path))?;
        View::read(&path, &bytes, |request| self.is_alive(request))
    }

    /// Locks the journal, to look at it and add to it as one step.
    ///
    /// # Errors
    /// If it can't be read or written, or says things that can't be.
    pub fn lock(&self) -> Result<Locked<'_>, JournalError> {
        for place in [self.folder.clone(), self.folder.join("staged"), self.folder.join("runs"), self.path()]
        {
            stays_here(&place)?;
        }
        let lock = self.lock_file(File::lock)?;
        let path = self.path();
        let is_new = !path.exists();
        let open = File::options().create(true).truncate(false).read(true).write(true).open(&path);
        let mut file = open.map_err(io_error(&path))?;
        if is_new {
            sync_folder(&self.folder)?;
        }
        let mut bytes = Vec::new();
        file.read_to_end(&mut bytes).map_err(io_error(&path))?;
        let view = View::read(&path, &bytes, |request| self.is_alive(request))?;
        // A torn last line goes, so that the next entry begins a line of its own.
        let whole = bytes.iter().rposition(|&byte| byte == b'\n').map_or(0, |at| at + 1);
        if whole < bytes.len() {
            file.set_len(whole as u64).and_then(|()| file.sync_all()).map_err(io_error(&path))?;
        }
        file.seek(SeekFrom::End(0)).map_err(io_error(&path))?;
        Ok(Locked { journal: self, file, view, _lock: lock })
    }

    /// Writes how a run ended.
    ///
    /// # Errors
    /// If it can't be written; the run is then unknown.
    pub fn finish(&self, run: Run, now: Timestamp, outcome: RunOutcome) -> Result<(), JournalError> {
        let mut locked = self.lock()?;
        locked.append(now, &run.request, What::Finished { outcome })?;
        // Only tidies up: the entry is what counts. Not before the journal is written.
        let _ = fs::remove_file(&run.path);
        let _ = fs::remove_file(self.staged_path(&run.request));
        Ok(())
    }

    /// The signed grant of a staged request.
    ///
    /// # Errors
    /// If it can't be read.
    pub fn staged_grant(&self, request: &RequestId) -> Result<String, JournalError> {
        let path = self.staged_path(request);
        let mut token = String::new();
        let file = File::open(&path).map_err(io_error(&path))?;
        file.take(MAX_GRANT).read_to_string(&mut token).map_err(io_error(&path))?;
        Ok(token)
    }

    fn path(&self) -> PathBuf {
        self.folder.join("journal.jsonl")
    }

    fn staged_path(&self, request: &RequestId) -> PathBuf {
        self.folder.join("staged").join(format!("{request}.grant"))
    }

    fn run_path(&self, request: &RequestId) -> PathBuf {
        self.folder.join("runs").join(format!("{request}.lock"))
    }

    fn lock_file(&self, lock: fn(&File) -> io::Result<()>) -> Result<File, JournalError> {
        let path = self.folder.join("journal.lock");
        let open = File::options().create(true).truncate(false).read(true).write(true).open(&path);
        open.and_then(|file| lock(&file).map(|()| file)).map_err(io_error(&path))
    }

    /// Whether the program that runs a request still lives. Asked only while the journal is locked, so
    /// that a run can't end between the two looks.
    fn is_alive(&self, request: &RequestId) -> bool {
        match File::open(self.run_path(request)) {
            Ok(file) => matches!(file.try_lock_shared(), Err(TryLockError::WouldBlock)),
            Err(_) => false,
        }
    }
}

impl Locked<'_> {
    /// What the journal says.
    pub fn view(&self) -> &View {
        &self.view
    }

    /// Writes that a grant waits for an operator, and keeps its token.
    ///
    /// # Errors
    /// If the request is known, or the disk does not take it.
    pub fn stage(&mut self, now: Timestamp, grant: &Grant, token: &str) -> Result<(), JournalError> {
        let request = &grant.plan.request;
        if let Some(state) = self.view.state(request) {
            return Err(JournalError::Known { request: request.clone(), state });
        }
        let path = self.journal.staged_path(request);
        let write = || {
            let mut file = File::create(&path)?;
            file.write_all(token.as_bytes())?;
            file.sync_all()
        };
        write().map_err(io_error(&path))?;
        sync_folder(&self.journal.folder.join("staged"))?;
        self.append(now, request, What::Staged { permit: grant.into(), until: grant.expires })
    }

    /// Writes that a command is about to run. The one place where a run can begin.
    ///
    /// # Errors
    /// If the request is known as anything but staged, or the disk does not take it: then nothing may run.
    pub fn start(
        &mut self,
        now: Timestamp,
        grant: &Grant,
        operator: Option<String>,
    ) -> Result<Run, JournalError> {
        let request = &grant.plan.request;
        match self.view.state(request) {
            None | Some("staged") => {}
            Some(state) => return Err(JournalError::Known { request: request.clone(), state }),
        }
        let path = self.journal.run_path(request);
        let lock =
            File::create(&path).and_then(|file| file.lock().map(|()| file)).map_err(io_error(&path))?;
        let run = Run { request: request.clone(), path, _lock: lock };
        self.append(now, request, What::Started { permit: grant.into(), operator })?;
        Ok(run)
    }

    /// Writes that a staged request will not run.
    ///
    /// # Errors
    /// If it is not staged, or the disk does not take it.
    pub fn cancel(&mut self, now: Timestamp, request: &RequestId, why: &str) -> Result<(), JournalError> {
        match self.view.state(request) {
            Some("staged") => {}
            state => {
                return Err(JournalError::Known {
                    request: request.clone(),
                    state: state.unwrap_or("unknown here"),
                });
            }
        }
        self.append(now, request, What::Cancelled { why: why.to_owned() })?;
        // Only tidies up: the entry is what counts.
        let _ = fs::remove_file(self.journal.staged_path(request));
        Ok(())
    }

    /// Writes that a request that never came here will not run if it comes: its grant may still be on its way.
    ///
    /// # Errors
    /// If it is known, or the disk does not take it.
    pub fn bar(&mut self, now: Timestamp, request: &RequestId, plan: Digest) -> Result<(), JournalError> {
        match self.view.state(request) {
            None => self.append(now, request, What::Barred { plan }),
            Some(state) => Err(JournalError::Known { request: request.clone(), state }),
        }
    }

    fn append(&mut self, at: Timestamp, request: &RequestId, what: What) -> Result<(), JournalError> {
        let path = self.journal.path();
        let entry = Entry { n: self.view.next_number(), at, request: request.clone(), what };
        let line = serde_json::to_string(&entry).map_err(io::Error::from).map_err(io_error(&path))?;
        let write = self.file.write_all(format!("{line}\n").as_bytes()).and_then(|()| self.file.sync_all());
        write.map_err(io_error(&path))?;
        self.view.add(entry);
        Ok(())
    }
}

impl Run {
    /// The request that runs.
    pub fn request(&self) -> &RequestId {
        &self.request
    }
}

fn io_error(path: &Path) -> impl FnOnce(io::Error) -> JournalError + use<> {
    let path = path.display().to_string();
    move |why| JournalError::Io { path, why }
}

/// Makes a new file's name durable. Windows has no such call, and needs none: NTFS journals names.
fn sync_folder(folder: &Path) -> Result<(), JournalError> {
    #[cfg(unix)]
    File::open(folder).and_then(|folder| folder.sync_all()).map_err(io_error(folder))?;
    #[cfg(not(unix))]
    let _ = folder;
    Ok(())
}

#[cfg(test)]
mod tests;
