//! What a child may know of its surroundings: a short list, and on Windows the machine's own word for all that decides
//! which programs and modules are found.
//!
//! An operator's session may have been prepared by something that runs as them without their administrator's rights:
//! what it put into their `PATH`, their documents (where PowerShell looks for modules first) or their variables must not
//! run in the elevated session of `apply`. Profilers, the execution policy and the like are set by variables, too: what
//! is not listed here does not reach the child.

use std::ffi::OsString;
use std::path::Path;

#[cfg(any(windows, test))]
use crate::agent::detect::program;

/// The machine's: on Windows taken from the machine's settings, elsewhere from this process.
const OF_THE_MACHINE: &[&str] = &[
    "ALLUSERSPROFILE",
    "COMMONPROGRAMFILES",
    "COMMONPROGRAMFILES(X86)",
    "COMMONPROGRAMW6432",
    "COMPUTERNAME",
    "COMSPEC",
    "NUMBER_OF_PROCESSORS",
    "OS",
    "PATH",
    "PATHEXT",
    "PROCESSOR_ARCHITECTURE",
    "PROGRAMDATA",
    "PROGRAMFILES",
    "PROGRAMFILES(X86)",
    "PROGRAMW6432",
    "PUBLIC",
    "SYSTEMDRIVE",
    "SYSTEMROOT",
    "WINDIR",
];

/// The account's own: its name, and where its profile is. Signing in needs them. On Windows the system says what they are,
/// whatever the session's say.
const OF_THE_SESSION: &[&str] = &["APPDATA", "LOCALAPPDATA", "USERDOMAIN", "USERNAME", "USERPROFILE"];

/// A child's variables. What it leaves lying about goes to `temporary`; its modules come first from `modules`, if given.
///
/// # Errors
/// If the machine does not say what its own variables are.
pub(super) fn variables(
    temporary: &Path,
    modules: Option<&Path>,
) -> std::io::Result<Vec<(OsString, OsString)>> {
    let temporary = ["TEMP", "TMP", "TMPDIR"].map(|name| (name.into(), temporary.into()));
    #[cfg(windows)]
    {
        use crate::agent::windows::process::account;
        use crate::agent::windows::surroundings::{
            command_line, known_folder, machine_variables, system_folder,
        };
        let system = system_folder()?.display().to_string();
        let machine = machine(&machine_variables()?, &system, command_line("ADSync").as_deref(), modules);
        let machine = machine.into_iter().map(|(name, value)| (name.into(), value.into()));
        let account = account().ok().and_then(|account| account.name);
        let session = OF_THE_SESSION.iter().filter_map(|name| {
            let value = match *name {
                "USERNAME" | "USERDOMAIN" => of_an_account(name, account.as_deref()?)?.into(),
                folder => known_folder(folder)?.into(),
            };
            Some(((*name).into(), value))
        });
        Ok(session.chain(temporary).chain(machine).collect())
    }
    #[cfg(not(windows))]
    {
        let of_this_process = |name: &&str| Some(((*name).into(), std::env::var_os(name)?));
        let all = OF_THE_SESSION.iter().chain(OF_THE_MACHINE).filter_map(of_this_process);
        let modules = modules.map(|folder| ("PSModulePath".into(), folder.into()));
        Ok(all.chain(temporary).chain(modules).collect())
    }
}

/// What `USERDOMAIN` or `USERNAME` is for an account, `DOMAIN\name`.
#[cfg(any(windows, test))]
fn of_an_account(variable: &str, account: &str) -> Option<String> {
    let (domain, name) = account.split_once('\\')?;
    Some(if variable == "USERNAME" { name } else { domain }.to_owned())
}

/// The machine's listed variables, and where modules are found.
///
/// Left to itself, PowerShell puts the account's own documents before the machine's folders, and so it does when
/// `PSModulePath` is just what the machine's settings say; another value it takes as it stands (`GetModulePath` in
/// PowerShell's ModuleIntrinsics.cs). Ours begins with PowerShell's own folder and the one in which Microsoft's setup puts
/// ADSync, which on some builds the machine's settings do not name: beside the service's program, whose command line
/// is `adsync`.
#[cfg(any(windows, test))]
fn machine(
    given: &[(String, String)],
    system: &str,
    adsync: Option<&str>,
    modules: Option<&Path>,
) -> Vec<(String, String)> {
    let value = |name: &str| {
        let found = given.iter().find(|(given, _)| given.eq_ignore_ascii_case(name));
        found.map(|(_, value)| value.as_str()).filter(|value| !value.is_empty())
    };
    let listed = OF_THE_MACHINE.iter().filter_map(|name| Some(((*name).to_owned(), value(name)?.to_owned())));
    let mut variables: Vec<_> = listed.collect();
    let windows = system.rsplit_once('\\').map_or(system, |(windows, _)| windows);
    for name in ["SYSTEMROOT", "WINDIR"] {
        variables.retain(|(listed, _)| listed != name);
        variables.push((name.to_owned(), windows.to_owned()));
    }
    let programs = value("PROGRAMW6432").or(value("PROGRAMFILES"));
    let mut folders: Vec<String> = modules.iter().map(|folder| folder.display().to_string()).collect();
    folders.push(format!(r"{system}\WindowsPowerShell\v1.0\Modules"));
    let engine = adsync.map(|line| program(line, |name| value(name).map(str::to_owned)));
    let beside =
        engine.as_deref().and_then(|engine| engine.rsplit_once('\\')).map(|(folder, _)| folder.to_owned());
    let usual = || programs.map(|programs| format!(r"{programs}\Microsoft Azure AD Sync\Bin"));
    folders.extend(beside.or_else(usual));
    match value("PSMODULEPATH") {
        Some(machine) => folders.push(machine.to_owned()),
        None => folders.extend(programs.map(|programs| format!(r"{programs}\WindowsPowerShell\Modules"))),
    }
    variables.push(("PSModulePath".into(), folders.join(";")));
    variables
}

#[cfg(test)]
mod tests {
    use super::*;

    const SYSTEM: &str = r"C:\Windows\System32";

    fn given(extra: &[(&str, &str)]) -> Vec<(String, String)> {
        let usual = [("Path", r"C:\Windows\System32;C:\Windows"), ("ProgramFiles", r"C:\Program Files")];
        usual.iter().chain(extra).map(|(name, value)| ((*name).into(), (*value).into())).collect()
    }

    fn of<'a>(variables: &'a [(String, String)], name: &str) -> Option<&'a str> {
        let found: Vec<_> =
            variables.iter().filter(|(listed, _)| listed.eq_ignore_ascii_case(name)).collect();
        assert!(found.len() < 2, "{name} is there twice");
        found.first().map(|(_, value)| value.as_str())
    }

    #[test]
    fn modules_come_from_the_machines_folders_and_never_from_a_persons() {
        let path =
            r"C:\Program Files\WindowsPowerShell\Modules;C:\Windows\system32\WindowsPowerShell\v1.0\Modules";
        let variables = machine(&given(&[("PSModulePath", path)]), SYSTEM, None, None);
        let found = of(&variables, "PSModulePath").expect("is there");
        // Another text than the machine's, or PowerShell would put the account's documents before it.
        assert_ne!(found, path);
        let folders: Vec<&str> = found.split(';').collect();
        assert_eq!(folders[0], r"C:\Windows\System32\WindowsPowerShell\v1.0\Modules");
        assert_eq!(folders[1], r"C:\Program Files\Microsoft Azure AD Sync\Bin");
        assert_eq!(folders[2..].join(";"), path);
        let without = machine(&given(&[]), SYSTEM, None, None);
        let found = of(&without, "PSModulePath").expect("is there");
        assert!(found.ends_with(r";C:\Program Files\WindowsPowerShell\Modules"), "{found}");
    }

    #[test]
    fn adsyncs_module_is_found_beside_its_service_wherever_it_was_set_up() {
        for (line, folder) in [
            (r#""D:\Sync\Bin\miiserver.exe""#, r"D:\Sync\Bin"),
            (r"%ProgramFiles%\Sync\Bin\miiserver.exe -x", r"C:\Program Files\Sync\Bin"),
            ("miiserver.exe", r"C:\Program Files\Microsoft Azure AD Sync\Bin"),
        ] {
            let variables = machine(&given(&[]), SYSTEM, Some(line), None);
            let found = of(&variables, "PSModulePath").expect("is there");
            assert_eq!(found.split(';').nth(1), Some(folder), "{found}");
        }
    }

    #[test]
    fn a_childs_user_is_the_tokens_and_none_where_that_has_no_name() {
        let of = |variable, account| of_an_account(variable, account);
        assert_eq!(of("USERNAME", r"CONTOSO\op"), Some("op".into()));
        assert_eq!(of("USERDOMAIN", r"NT SERVICE\SyncmedicAgent"), Some("NT SERVICE".into()));
        assert_eq!(of("USERNAME", "S-1-5-21-1"), None);
    }

    #[test]
    fn the_machines_word_counts_and_what_is_not_listed_stays_away() {
        let odd = [
            ("SystemRoot", r"D:\evil"),
            ("windir", r"D:\evil"),
            ("COR_PROFILER", "{1}"),
            ("PSExecutionPolicyPreference", "Bypass"),
            ("ProgramData", r"C:\ProgramData"),
        ];
        let variables = machine(&given(&odd), SYSTEM, None, None);
        assert_eq!(of(&variables, "SYSTEMROOT"), Some(r"C:\Windows"));
        assert_eq!(of(&variables, "WINDIR"), Some(r"C:\Windows"));
        assert_eq!(of(&variables, "PROGRAMDATA"), Some(r"C:\ProgramData"));
        assert_eq!(of(&variables, "COR_PROFILER"), None);
        assert_eq!(of(&variables, "PSExecutionPolicyPreference"), None);
    }
}
