//! Services as the service manager tells of them.

use std::io;

use windows::Win32::Foundation::{ERROR_MORE_DATA, ERROR_SERVICE_DOES_NOT_EXIST};
use windows::Win32::System::Services::{
    CloseServiceHandle, ENUM_SERVICE_STATUS_PROCESSW, EnumServicesStatusExW, OpenSCManagerW,
    SC_ENUM_PROCESS_INFO, SC_HANDLE, SC_MANAGER_CONNECT, SC_MANAGER_ENUMERATE_SERVICE, SERVICE_RUNNING,
    SERVICE_STATE_ALL, SERVICE_STOPPED, SERVICE_WIN32,
};
use windows::core::PCWSTR;
use windows_service::service::{ServiceAccess, ServiceState as State};
use windows_service::service_manager::{ServiceManager, ServiceManagerAccess};

use super::surroundings;
use crate::agent::detect::{Found, program};
use crate::report::ServiceState;

/// What the system says of a failed call of the service manager: the crate's own words leave it out.
pub(super) fn said(error: windows_service::Error) -> io::Error {
    match error {
        windows_service::Error::Winapi(error) => error,
        other => io::Error::other(other),
    }
}

/// Whether it means that there is no such service.
pub(super) fn is_missing(error: &io::Error) -> bool {
    error.raw_os_error() == Some(ERROR_SERVICE_DOES_NOT_EXIST.0 as i32)
}

/// A service by its short name; `None` if it is not installed. One that may not be looked at is installed, in an unknown
/// state, and the second part says why.
///
/// # Errors
/// If the service manager does not answer.
pub fn service(name: &str) -> io::Result<Option<(Found, Option<String>)>> {
    let manager = ServiceManager::local_computer(None::<&str>, ServiceManagerAccess::CONNECT);
    let opened = manager.map_err(said)?.open_service(name, ServiceAccess::QUERY_STATUS);
    let mut found = Found { name: name.to_owned(), state: ServiceState::Unknown, program: program_of(name) };
    let service = match opened.map_err(said) {
        Ok(service) => service,
        Err(error) if is_missing(&error) => return Ok(None),
        Err(error) => return Ok(Some((found, Some(error.to_string())))),
    };
    match service.query_status().map_err(said) {
        Ok(status) => found.state = state(status.current_state),
        Err(error) => return Ok(Some((found, Some(error.to_string())))),
    }
    Ok(Some((found, None)))
}

/// A service's program, as the registry has it: every account may read that, and fewer the service's configuration.
fn program_of(name: &str) -> Option<String> {
    let command_line = surroundings::command_line(name)?;
    // The machine's own variables: a session's can say anything.
    let machine = surroundings::machine_variables().unwrap_or_default();
    let value = |name: &str| machine.iter().find(|(known, _)| known.eq_ignore_ascii_case(name));
    Some(program(&command_line, |name| value(name).map(|(_, value)| value.clone())))
}

fn state(state: State) -> ServiceState {
    match state {
        State::Running => ServiceState::Running,
        State::Stopped => ServiceState::Stopped,
        _ => ServiceState::Unknown,
    }
}

/// Short and display name of every service that this account may see.
///
/// # Errors
/// If the service manager does not answer.
pub fn all() -> windows::core::Result<Vec<(String, String, ServiceState)>> {
    struct Manager(SC_HANDLE);
    impl Drop for Manager {
        fn drop(&mut self) {
            // SAFETY: opened below, closed here only.
            let _ = unsafe { CloseServiceHandle(self.0) };
        }
    }
    let rights = SC_MANAGER_CONNECT | SC_MANAGER_ENUMERATE_SERVICE;
    // SAFETY: no pointers but null ones, which stand for this machine and its active database.
    let manager = Manager(unsafe { OpenSCManagerW(PCWSTR::null(), PCWSTR::null(), rights) }?);
    let mut found = Vec::new();
    let mut resume = 0;
    loop {
        // The most that the call takes; of u64, so that the structures in it are aligned.
        let mut buffer = vec![0_u64; 256 * 1024 / size_of::<u64>()];
        let (mut needed, mut count) = (0, 0);
        // SAFETY: the slice is the whole buffer; a plain view of its bytes.
        let bytes = unsafe { std::slice::from_raw_parts_mut(buffer.as_mut_ptr().cast::<u8>(), 256 * 1024) };
        // SAFETY: the manager is open; buffer and counters are ours.
        let listed = unsafe {
            EnumServicesStatusExW(
                manager.0,
                SC_ENUM_PROCESS_INFO,
                SERVICE_WIN32,
                SERVICE_STATE_ALL,
                Some(bytes),
                &mut needed,
                &mut count,
                Some(&mut resume),
                PCWSTR::null(),
            )
        };
        let more = match &listed {
            Ok(()) => false,
            Err(error) if error.code() == ERROR_MORE_DATA.to_hresult() && count > 0 => true,
            Err(error) => return Err(error.clone()),
        };
        // SAFETY: the call has filled the buffer with that many of these structures, whose texts lie in the same buffer.
        let entries = unsafe {
            std::slice::from_raw_parts(buffer.as_ptr().cast::<ENUM_SERVICE_STATUS_PROCESSW>(), count as usize)
        };
        for entry in entries {
            // Windows always has a display name, Wine not.
            let shown = if entry.lpDisplayName.is_null() { entry.lpServiceName } else { entry.lpDisplayName };
            // SAFETY: terminated texts in the living buffer.
            let (name, display) = unsafe { (entry.lpServiceName.to_string(), shown.to_string()) };
            let state = match entry.ServiceStatusProcess.dwCurrentState {
                SERVICE_RUNNING => ServiceState::Running,
                SERVICE_STOPPED => ServiceState::Stopped,
                _ => ServiceState::Unknown,
            };
            if let (Ok(name), Ok(display)) = (name, display) {
                found.push((name, display, state));
            }
        }
        if !more {
            return Ok(found);
        }
    }
}
