//! The agent's commands, one file each; what they share.
//!
//! - [`enrolment`]: `init`, `install`, `catalog`. [`serve`]: `run`. [`status`]. [`apply`]. [`selftest`]: `self-test`.
//! - `service`: the Windows service.

pub(crate) mod apply;
pub(crate) mod enrolment;
pub(crate) mod selftest;
pub(crate) mod serve;
#[cfg(windows)]
pub(crate) mod service;
pub(crate) mod status;

use std::path::PathBuf;

use clap::Args;

/// Exit code: the command line can't be read.
pub(crate) const USAGE: u8 = 64;
/// Exit code: input that can't be used, or a request that may not run.
pub(crate) const DATA: u8 = 65;
/// Exit code: a configuration that can't be used.
pub(crate) const CONFIG: u8 = 78;
/// Exit code: the service does not run.
#[cfg(windows)]
pub(crate) const NOT_RUNNING: u8 = 3;

/// Which configuration a command is for.
#[derive(Args)]
pub(crate) struct ConfigPath {
    /// The agent's configuration.
    #[arg(long, value_name = "FILE", default_value_os_t = enrolment::default_config())]
    // On Windows what a person's other programs set for their account reaches their elevated consoles too.
    #[cfg_attr(not(windows), arg(env = "SYNCMEDIC_AGENT_CONFIG"))]
    pub(crate) config: PathBuf,
}

/// What went wrong, with its exit code.
pub(crate) struct Failure(pub(crate) u8, pub(crate) String);

/// What a command comes to.
pub(crate) type Outcome = Result<(), Failure>;

pub(crate) fn data(error: impl ToString) -> Failure {
    Failure(DATA, error.to_string())
}

pub(crate) fn config(error: impl ToString) -> Failure {
    Failure(CONFIG, error.to_string())
}

pub(crate) fn broken(error: impl ToString) -> Failure {
    Failure(1, error.to_string())
}

/// What the commands run in: two threads are plenty for a server's one bot.
pub(crate) fn runtime() -> Result<tokio::runtime::Runtime, Failure> {
    tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().map_err(broken)
}
