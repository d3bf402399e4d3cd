//! Being a Windows service, and looking after that service.
//!
//! It runs as its own virtual account `NT SERVICE\SyncmedicAgent`, which nobody can sign in with and which is in no group but
//! those that somebody put it in; with one privilege, the one that every process has; started delayed, restarted when it fails,
//! and dependent on nothing: what is wrong with ADSync is what it must be able to tell.

use std::ffi::OsString;
use std::io;
use std::path::Path;
use std::sync::{Mutex, OnceLock, PoisonError};
use std::time::{Duration, Instant};

use tokio::sync::oneshot;
use windows::Win32::Foundation::{
    ERROR_ACCESS_DENIED, ERROR_FAILED_SERVICE_CONTROLLER_CONNECT, ERROR_INVALID_LEVEL,
    ERROR_SERVICE_ALREADY_RUNNING, ERROR_SERVICE_CANNOT_ACCEPT_CTRL, ERROR_SERVICE_NOT_ACTIVE, WIN32_ERROR,
};
use windows::Win32::System::Services::{
    ChangeServiceConfig2W, SC_HANDLE, SERVICE_CONFIG_REQUIRED_PRIVILEGES_INFO,
    SERVICE_REQUIRED_PRIVILEGES_INFOW,
};
use windows::core::{HSTRING, PWSTR};
use windows_service::service::{
    Service, ServiceAccess, ServiceAction, ServiceActionType, ServiceControl, ServiceControlAccept,
    ServiceErrorControl, ServiceExitCode, ServiceFailureActions, ServiceFailureResetPeriod, ServiceInfo,
    ServiceSidType, ServiceStartType, ServiceState, ServiceStatus, ServiceType,
};
use windows_service::service_control_handler::{self, ServiceControlHandlerResult, ServiceStatusHandle};
use windows_service::service_manager::{ServiceManager, ServiceManagerAccess};
use windows_service::{define_windows_service, service_dispatcher};

use super::services::{is_missing, said};

/// The service's short name.
pub const NAME: &str = "SyncmedicAgent";
/// Its account.
pub const ACCOUNT: &str = r"NT SERVICE\SyncmedicAgent";
/// What people see.
const DISPLAY_NAME: &str = "Syncmedic agent";
const DESCRIPTION: &str = "Tells the Syncmedic bot how password hash sync is on this server, and runs a vetted command when \
    people have approved it and this server allows it.";
/// The only privilege it keeps: to pass through folders to those it may read. Every process has it.
const PRIVILEGES: &str = "SeChangeNotifyPrivilege\0\0";
/// How long after each failure it is started again; the last holds for all that follow. A day without one begins anew.
const RESTARTS: [Duration; 3] = [Duration::from_secs(5), Duration::from_secs(60), Duration::from_secs(600)];
/// What it tells the service manager it may take to start, and to stop.
const START_HINT: Duration = Duration::from_secs(20);
const STOP_HINT: Duration = Duration::from_secs(5);

/// How long we wait until it has started, or takes a word.
const PATIENCE: Duration = Duration::from_secs(30);

/// How the service stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Status {
    /// Whether it runs, is stopped, or is on its way (in words).
    pub state: String,
    /// Whether it runs.
    pub running: bool,
    /// Its process, while it has one.
    pub pid: Option<u32>,
    /// The account it runs as.
    pub account: String,
    /// The command line that starts it.
    pub command: String,
}

/// What the system said, with the mend where elevation is all that lacks.
fn explained(error: io::Error) -> io::Error {
    if error.raw_os_error() == Some(ERROR_ACCESS_DENIED.0 as i32) {
        let text = format!("{error}: do this as an administrator, in an elevated console");
        return io::Error::new(io::ErrorKind::PermissionDenied, text);
    }
    error
}

fn manager(access: ServiceManagerAccess) -> io::Result<ServiceManager> {
    ServiceManager::local_computer(None::<&str>, access).map_err(said).map_err(explained)
}

fn open(access: ServiceAccess) -> io::Result<Option<Service>> {
    match manager(ServiceManagerAccess::CONNECT)?.open_service(NAME, access).map_err(said) {
        Ok(service) => Ok(Some(service)),
        Err(error) if is_missing(&error) => Ok(None),
        Err(error) => Err(explained(error)),
    }
}

fn installed(access: ServiceAccess) -> io::Result<Service> {
    let missing =
        || io::Error::new(io::ErrorKind::NotFound, "the service is not installed (service install)");
    open(access)?.ok_or_else(missing)
}

/// How an installation went.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Installed {
    /// Whether the service is new.
    pub new: bool,
    /// Settings that this system does not know. Every Windows that Entra Connect runs on knows all; Wine does not.
    pub unknown: Vec<&'static str>,
}

/// Installs the service, to run this program with that configuration; one that is there gets the same settings.
///
/// # Errors
/// What the system says.
pub fn install(config: &Path) -> io::Result<Installed> {
    let info = ServiceInfo {
        name: NAME.into(),
        display_name: DISPLAY_NAME.into(),
        service_type: ServiceType::OWN_PROCESS,
        start_type: ServiceStartType::AutoStart,
        error_control: ServiceErrorControl::Normal,
        executable_path: std::env::current_exe()?,
        launch_arguments: ["service".into(), "run".into(), "--config".into(), config.as_os_str().to_owned()]
            .to_vec(),
        dependencies: Vec::new(),
        account_name: Some(ACCOUNT.into()),
        account_password: None,
    };
    // START, since a failure action may start it.
    let access = ServiceAccess::CHANGE_CONFIG | ServiceAccess::QUERY_CONFIG | ServiceAccess::START;
    let (service, new) = match open(access)? {
        Some(service) => {
            service.change_config(&info).map_err(said)?;
            (service, false)
        }
        None => {
            let manager = manager(ServiceManagerAccess::CONNECT | ServiceManagerAccess::CREATE_SERVICE)?;
            (manager.create_service(&info, access).map_err(said).map_err(explained)?, true)
        }
    };
    service.set_description(DESCRIPTION).map_err(said)?;
    let mut unknown = Vec::new();
    let mut set = |what, done: io::Result<()>| match done {
        Err(error) if error.raw_os_error() == Some(ERROR_INVALID_LEVEL.0 as i32) => {
            unknown.push(what);
            Ok(())
        }
        done => done,
    };
    set("delayed start", service.set_delayed_auto_start(true).map_err(said))?;
    let sid = service.set_config_service_sid_info(ServiceSidType::Unrestricted);
    set("the service's own identifier", sid.map_err(said))?;
    let restart = |delay: &Duration| ServiceAction { action_type: ServiceActionType::Restart, delay: *delay };
    let actions = ServiceFailureActions {
        reset_period: ServiceFailureResetPeriod::After(Duration::from_secs(24 * 3600)),
        reboot_msg: None,
        command: None,
        actions: Some(RESTARTS.iter().map(restart).collect()),
    };
    service.update_failure_actions(actions).map_err(said)?;
    // An end with an error is a failure too, not only a crash.
    let on_errors = service.set_failure_actions_on_non_crash_failures(true);
    set("restart after an end with an error", on_errors.map_err(said))?;
    set("no privilege but one", least_privilege(&service))?;
    Ok(Installed { new, unknown })
}

fn least_privilege(service: &Service) -> io::Result<()> {
    let privileges = HSTRING::from(PRIVILEGES);
    let info =
        SERVICE_REQUIRED_PRIVILEGES_INFOW { pmszRequiredPrivileges: PWSTR(privileges.as_ptr().cast_mut()) };
    let (handle, info) = (SC_HANDLE(service.raw_handle()), std::ptr::from_ref(&info).cast());
    // SAFETY: the handle is open; the level is documented to take this structure, whose doubly terminated list is only read.
    let set = unsafe { ChangeServiceConfig2W(handle, SERVICE_CONFIG_REQUIRED_PRIVILEGES_INFO, Some(info)) };
    // Its plain number, as the other settings have it.
    set.map_err(|error| {
        WIN32_ERROR::from_error(&error)
            .map_or_else(|| io::Error::from(error), |code| io::Error::from_raw_os_error(code.0 as i32))
    })
}

/// Stops and removes the service; gives whether there was one.
///
/// # Errors
/// What the system says.
pub fn uninstall() -> io::Result<bool> {
    let access = ServiceAccess::QUERY_STATUS | ServiceAccess::STOP | ServiceAccess::DELETE;
    let Some(service) = open(access)? else { return Ok(false) };
    stop_opened(&service)?;
    service.delete().map_err(said).map_err(explained)?;
    Ok(true)
}

/// Starts the service and waits until it runs; gives `false` if it ran already.
///
/// # Errors
/// What the system says, also if it ends at once or does not run in time.
pub fn start() -> io::Result<bool> {
    let service = installed(ServiceAccess::QUERY_STATUS | ServiceAccess::START)?;
    match service.start::<OsString>(&[]).map_err(said) {
        Err(error) if error.raw_os_error() == Some(ERROR_SERVICE_ALREADY_RUNNING.0 as i32) => {
            return Ok(false);
        }
        started => started.map_err(explained)?,
    }
    wait_for(&service, ServiceState::Running, PATIENCE)?;
    Ok(true)
}

/// Stops the service and waits until it has stopped; gives `false` if it did not run.
///
/// # Errors
/// What the system says, also if it does not stop in time.
pub fn stop() -> io::Result<bool> {
    stop_opened(&installed(ServiceAccess::QUERY_STATUS | ServiceAccess::STOP)?)
}

fn stop_opened(service: &Service) -> io::Result<bool> {
    let (begun, mut waited) = (Instant::now(), false);
    loop {
        match service.stop().map_err(said) {
            Err(error) if is(&error, ERROR_SERVICE_NOT_ACTIVE) => return Ok(waited),
            // While it starts or stops it takes no word; both end soon.
            Err(error) if is(&error, ERROR_SERVICE_CANNOT_ACCEPT_CTRL) && begun.elapsed() < PATIENCE => {
                waited = true;
                std::thread::sleep(Duration::from_millis(50));
            }
            stopped => {
                stopped.map_err(explained)?;
                break;
            }
        }
    }
    wait_for(service, ServiceState::Stopped, Duration::from_secs(15))?;
    Ok(true)
}

fn is(error: &io::Error, code: WIN32_ERROR) -> bool {
    error.raw_os_error() == Some(code.0 as i32)
}

/// Looks until the service has come to a state. The service manager has no way to wait for one that is simpler.
fn wait_for(service: &Service, wanted: ServiceState, limit: Duration) -> io::Result<()> {
    let begun = Instant::now();
    loop {
        let status = service.query_status().map_err(said)?;
        if status.current_state == wanted {
            return Ok(());
        }
        if status.current_state == ServiceState::Stopped {
            let text = format!(
                "the service ended at once ({:?}): the Application log says why, source Syncmedic, and agent.log in the data \
                 folder",
                status.exit_code
            );
            return Err(io::Error::other(text));
        }
        if begun.elapsed() > limit {
            let text = format!("after {} s the service is still {:?}", limit.as_secs(), status.current_state);
            return Err(io::Error::new(io::ErrorKind::TimedOut, text));
        }
        std::thread::sleep(Duration::from_millis(50));
    }
}

/// How the service stands; `None` if it is not installed.
///
/// # Errors
/// What the system says.
pub fn status() -> io::Result<Option<Status>> {
    let Some(service) = open(ServiceAccess::QUERY_STATUS | ServiceAccess::QUERY_CONFIG)? else {
        return Ok(None);
    };
    let status = service.query_status().map_err(said)?;
    let config = service.query_config().map_err(said)?;
    let state = match status.current_state {
        ServiceState::Running => "running",
        ServiceState::Stopped => "stopped",
        ServiceState::StartPending => "starting",
        ServiceState::StopPending => "stopping",
        _ => "paused",
    };
    let shown = |text: OsString| text.to_string_lossy().into_owned();
    Ok(Some(Status {
        state: state.into(),
        running: status.current_state == ServiceState::Running,
        pid: status.process_id.filter(|pid| *pid != 0),
        account: config.account_name.map_or_else(|| "unknown".into(), shown),
        command: config.executable_path.display().to_string(),
    }))
}

/// What the service's own work gets.
pub struct Control {
    stopped: oneshot::Receiver<()>,
    handle: ServiceStatusHandle,
}

impl Control {
    /// Ready once the service manager has asked it to stop.
    pub async fn stopped(&mut self) {
        // An error means that nobody is left who could ask.
        let _ = (&mut self.stopped).await;
    }

    /// Tells the service manager that it runs from now on.
    pub fn running(&self) {
        tell(&self.handle, ServiceState::Running, ServiceExitCode::NO_ERROR);
    }
}

type Work = Box<dyn FnOnce(Control) -> u8 + Send>;

/// The work for [`main_of_service`], which the system calls without any.
static WORK: OnceLock<Mutex<Option<Work>>> = OnceLock::new();

define_windows_service!(main_of_service, run_work);

/// Hands this process to the service manager, which starts `work` and tells it when to stop; `work` gives an exit code. Comes
/// back when the service has stopped.
///
/// # Errors
/// If the service manager has not started this process.
pub fn run(work: impl FnOnce(Control) -> u8 + Send + 'static) -> io::Result<()> {
    let _ = WORK.set(Mutex::new(Some(Box::new(work))));
    service_dispatcher::start(NAME, main_of_service).map_err(said).map_err(|error| {
        if error.raw_os_error() == Some(ERROR_FAILED_SERVICE_CONTROLLER_CONNECT.0 as i32) {
            return io::Error::other(
                "only the service manager starts this: use `service start`, or `run` in a console",
            );
        }
        error
    })
}

fn run_work(_arguments: Vec<OsString>) {
    let work = WORK.get().and_then(|work| work.lock().unwrap_or_else(PoisonError::into_inner).take());
    let Some(work) = work else { return };
    let (stop, stopped) = oneshot::channel();
    let told: OnceLock<ServiceStatusHandle> = OnceLock::new();
    let (told, stop) = (std::sync::Arc::new(told), Mutex::new(Some(stop)));
    let handle_of = told.clone();
    let handler = move |control| match control {
        ServiceControl::Stop | ServiceControl::Shutdown => {
            if let Some(handle) = handle_of.get() {
                tell(handle, ServiceState::StopPending, ServiceExitCode::NO_ERROR);
            }
            if let Some(stop) = stop.lock().unwrap_or_else(PoisonError::into_inner).take() {
                let _ = stop.send(());
            }
            ServiceControlHandlerResult::NoError
        }
        ServiceControl::Interrogate => ServiceControlHandlerResult::NoError,
        _ => ServiceControlHandlerResult::NotImplemented,
    };
    // Without a handle nobody can be told anything, and the service manager gives up on us.
    let Ok(handle) = service_control_handler::register(NAME, handler) else { return };
    let _ = told.set(handle);
    tell(&handle, ServiceState::StartPending, ServiceExitCode::NO_ERROR);
    let code = work(Control { stopped, handle });
    let code = match code {
        0 => ServiceExitCode::NO_ERROR,
        code => ServiceExitCode::ServiceSpecific(code.into()),
    };
    tell(&handle, ServiceState::Stopped, code);
}

fn tell(handle: &ServiceStatusHandle, state: ServiceState, exit_code: ServiceExitCode) {
    let (wait_hint, accepted) = match state {
        ServiceState::StartPending => (START_HINT, ServiceControlAccept::empty()),
        ServiceState::StopPending => (STOP_HINT, ServiceControlAccept::empty()),
        ServiceState::Running => {
            (Duration::ZERO, ServiceControlAccept::STOP | ServiceControlAccept::SHUTDOWN)
        }
        _ => (Duration::ZERO, ServiceControlAccept::empty()),
    };
    let status = ServiceStatus {
        service_type: ServiceType::OWN_PROCESS,
        current_state: state,
        controls_accepted: accepted,
        exit_code,
        checkpoint: 0,
        wait_hint,
        process_id: None,
    };
    if let Err(error) = handle.set_service_status(status) {
        tracing::warn!("the service manager can't be told of {state:?}: {}", said(error));
    }
}
