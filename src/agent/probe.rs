//! What the server is: its name, the sync product with its build and services, whether the wizard is open.
//!
//! [`ServerFile`] reads it from a file, for tests, the demo and trials away from Windows. On Windows another
//! [`Probe`] asks the service manager, the registry and the process list.

use std::path::PathBuf;

use serde::Deserialize;

use crate::report::{Appliance, ApplianceKind, Gap};

/// Looks at the server. May block; callers do it where blocking is allowed.
pub trait Probe: Send + Sync {
    /// How the server is now. Never fails: what can't be read is unknown, and a gap.
    fn look(&self) -> Server;
}

/// How a server is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Server {
    /// Its own name.
    pub name: String,
    /// The sync product installed there.
    pub appliance: Appliance,
    /// Whether the configuration wizard (`AzureADConnect.exe`) is open, if this probe can tell.
    pub wizard_open: Option<bool>,
    /// What could not be read, and why.
    pub gaps: Vec<Gap>,
}

/// Reads what the server is from a JSON file:
/// `{"server":"SYNC01","appliance":{"kind":"connect","build":"2.6.3.0","services":[{"name":"ADSync","state":"running"}]},"wizard_open":false}`.
#[derive(Debug, Clone)]
pub struct ServerFile {
    path: PathBuf,
}

impl ServerFile {
    /// The file, read anew at each look.
    pub fn new(path: impl Into<PathBuf>) -> ServerFile {
        ServerFile { path: path.into() }
    }
}

impl Probe for ServerFile {
    fn look(&self) -> Server {
        #[derive(Deserialize)]
        struct File {
            server: String,
            appliance: Appliance,
            #[serde(default)]
            wizard_open: Option<bool>,
        }
        let read = std::fs::read(&self.path).map_err(|error| error.to_string());
        match read.and_then(|bytes| serde_json::from_slice::<File>(&bytes).map_err(|error| error.to_string()))
        {
            Ok(File { server, appliance, wizard_open }) => {
                Server { name: server, appliance, wizard_open, gaps: Vec::new() }
            }
            Err(why) => Server {
                name: String::new(),
                appliance: Appliance { kind: ApplianceKind::Unknown, build: None, services: Vec::new() },
                wizard_open: None,
                gaps: vec![Gap { what: "appliance".into(), why: format!("{}: {why}", self.path.display()) }],
            },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_server_is_read_from_its_file_and_unknown_without_it() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("server.json");
        let unknown = ServerFile::new(&path).look();
        assert_eq!(unknown.appliance.kind, ApplianceKind::Unknown);
        assert!(unknown.gaps[0].why.contains("server.json"));
        let text =
            r#"{"server":"SYNC01","appliance":{"kind":"connect","build":"2.6.3.0"},"wizard_open":true}"#;
        std::fs::write(&path, text).expect("writes");
        let server = ServerFile::new(&path).look();
        assert_eq!((server.name.as_str(), server.wizard_open), ("SYNC01", Some(true)));
        assert_eq!(server.gaps, []);
    }
}
