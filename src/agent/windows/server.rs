//! What this server is, asked of Windows: the facts for [`detect`].

use std::path::PathBuf;

use windows::Win32::Foundation::{ERROR_FILE_NOT_FOUND, ERROR_PATH_NOT_FOUND};
use windows::Win32::System::SystemInformation::{ComputerNamePhysicalDnsHostname, GetComputerNameExW};
use windows::core::PWSTR;
use windows_registry::LOCAL_MACHINE;

use super::{process, services, surroundings, until_null, version};
use crate::agent::detect::{self, ADSYNC, CLOUD_SYNC, FIM, Facts, Found};
use crate::agent::probe::{Probe, Server};
use crate::ids::Build;
use crate::report::Gap;

/// The configuration wizard of Entra Connect.
const WIZARD: &str = "AzureADConnect.exe";

/// Where Entra Connect's wizard is installed, below the folder of programs. Microsoft's own pages print both.
const WIZARD_FOLDERS: &[&str] = &["Microsoft Azure Active Directory Connect", "Microsoft Azure AD Connect"];

/// Where the engine is, if the service's own path does not tell.
const ENGINE: &str = r"Microsoft Azure AD Sync\Bin\miiserver.exe";

/// This server, as Windows tells of it.
#[derive(Debug, Clone, Copy, Default)]
pub struct NativeServer;

impl Probe for NativeServer {
    fn look(&self) -> Server {
        let (appliance, mut gaps) = detect::appliance(&facts());
        let wizard_open = match process::runs(WIZARD) {
            Ok(open) => Some(open),
            Err(error) => {
                gaps.push(gap("wizard_open", &format!("the list of processes can't be read: {error}")));
                None
            }
        };
        Server { name: name(), appliance, wizard_open, gaps }
    }
}

fn gap(what: &str, why: &str) -> Gap {
    Gap { what: what.into(), why: why.into() }
}

/// The facts that tell the product.
fn facts() -> Facts {
    let mut gaps = Vec::new();
    let services = installed(&mut gaps);
    let engine = services.as_deref().and_then(|services| engine(services, &mut gaps));
    let programs = program_files();
    let found = |folder: &&str| programs.join(folder).join(WIZARD).try_exists();
    let found: Vec<_> = WIZARD_FOLDERS.iter().map(found).collect();
    let wizard_file = match (
        found.iter().any(|it| matches!(it, Ok(true))),
        found.iter().find_map(|it| it.as_ref().err()),
    ) {
        (true, _) => Some(true),
        (false, None) => Some(false),
        (false, Some(error)) => {
            gaps.push(gap("appliance", &format!("whether {WIZARD} is installed can't be told: {error}")));
            None
        }
    };
    Facts {
        services,
        engine,
        wizard_file,
        connect_key: key(r"SOFTWARE\Microsoft\Azure AD Connect", &mut gaps),
        coexistence_key: key(r"SOFTWARE\Microsoft\MSOLCoExistence", &mut gaps),
        gaps,
    }
}

/// The services that tell the product, and those that belong to it.
fn installed(gaps: &mut Vec<Gap>) -> Option<Vec<Found>> {
    let mut found = Vec::new();
    for name in [ADSYNC, FIM, CLOUD_SYNC] {
        match services::service(name) {
            Ok(None) => {}
            Ok(Some((service, denied))) => {
                if let Some(why) = denied {
                    gaps.push(gap(&format!("service {name}"), &format!("its state can't be read: {why}")));
                }
                found.push(service);
            }
            Err(error) => {
                gaps.push(gap("services", &format!("the service manager does not answer: {error}")));
                return None;
            }
        }
    }
    match services::all() {
        Ok(all) => {
            let related = all.into_iter().filter(|(name, display, _)| {
                detect::is_related(display) && !found.iter().any(|one| one.name.eq_ignore_ascii_case(name))
            });
            let related: Vec<Found> =
                related.map(|(name, _, state)| Found { name, state, program: None }).collect();
            found.extend(related);
        }
        Err(error) => gaps.push(gap("services", &format!("they can't be listed: {error}"))),
    }
    Some(found)
}

/// The version of the engine of ADSync, which is authoritative: the list of installed programs can lag behind.
fn engine(services: &[Found], gaps: &mut Vec<Gap>) -> Option<Build> {
    let adsync = services.iter().find(|service| service.name.eq_ignore_ascii_case(ADSYNC))?;
    let own = adsync.program.as_deref().map(PathBuf::from);
    let is_engine =
        |path: &PathBuf| path.file_name().is_some_and(|name| name.eq_ignore_ascii_case("miiserver.exe"));
    let path = own.filter(is_engine).unwrap_or_else(|| program_files().join(ENGINE));
    match version::of(&path) {
        Ok(build) => Some(build),
        Err(error) => {
            let why = format!("the build can't be read from {}: {}", path.display(), error.message());
            gaps.push(gap("appliance", &why));
            None
        }
    }
}

/// The folder of programs, from the system: a session's variables can say anything.
fn program_files() -> PathBuf {
    surroundings::known_folder("ProgramFiles").unwrap_or_else(|| PathBuf::from(r"C:\Program Files"))
}

/// Whether a key of the machine's registry is there; `None` with a gap if that can't be told.
fn key(path: &str, gaps: &mut Vec<Gap>) -> Option<bool> {
    match LOCAL_MACHINE.open(path) {
        Ok(_) => Some(true),
        Err(error)
            if [ERROR_FILE_NOT_FOUND, ERROR_PATH_NOT_FOUND]
                .iter()
                .any(|none| error.code() == none.to_hresult()) =>
        {
            Some(false)
        }
        Err(error) => {
            gaps.push(gap("appliance", &format!(r"HKLM\{path} can't be opened: {}", error.message())));
            None
        }
    }
}

/// This server's own name, without its domain.
fn name() -> String {
    let mut buffer = [0_u16; 256];
    let mut length = buffer.len() as u32;
    let place = PWSTR(buffer.as_mut_ptr());
    // SAFETY: the buffer is ours and as long as is said.
    match unsafe { GetComputerNameExW(ComputerNamePhysicalDnsHostname, Some(place), &mut length) } {
        Ok(()) => until_null(&buffer),
        // The report then says the agent's id.
        Err(_) => String::new(),
    }
}
