//! Who sits at the keyboard, as far as the system vouches for it.
//!
//! On unix the account is looked up by the process's real user id, on Windows by the identifier in the process's token, and no
//! variable of the environment changes that. Elsewhere the environment's word is taken and marked as such.

/// The account that this process was started by, for journal and audit; marked `(unconfirmed)` if only the environment
/// says so. Started through `sudo`, it is `root`.
#[cfg(unix)]
pub fn of_this_session() -> String {
    let id = nix::unistd::getuid();
    match nix::unistd::User::from_uid(id) {
        Ok(Some(user)) => plain(&user.name),
        // No account of that id, or none that can be looked up: the id itself is certain.
        Ok(None) | Err(_) => format!("user id {id}"),
    }
}

/// The account that this process was started by, for journal and audit; marked `(unconfirmed)` if only the environment
/// says so. Its name comes from the process's token; without a domain controller in reach it is the identifier itself.
#[cfg(windows)]
pub fn of_this_session() -> String {
    match crate::agent::windows::process::account() {
        Ok(account) => plain(&account.name.unwrap_or(account.sid)),
        Err(_) => of_the_environment(),
    }
}

/// The account that this process was started by, for journal and audit; marked `(unconfirmed)`, since only the
/// environment says so.
#[cfg(not(any(unix, windows)))]
pub fn of_this_session() -> String {
    of_the_environment()
}

#[cfg(not(unix))]
fn of_the_environment() -> String {
    let variable = |name: &str| std::env::var(name).ok();
    unconfirmed(variable("USERDOMAIN"), variable("USERNAME"))
}

/// What the environment says, marked.
#[cfg(any(test, not(unix)))]
fn unconfirmed(domain: Option<String>, name: Option<String>) -> String {
    let given = |part: Option<String>| part.map(|part| plain(&part)).filter(|part| !part.is_empty());
    match (given(domain), given(name)) {
        (Some(domain), Some(name)) => format!("{domain}\\{name} (unconfirmed)"),
        (None, Some(name)) => format!("{name} (unconfirmed)"),
        (_, None) => "unknown (unconfirmed)".into(),
    }
}

/// A name of one line and bounded length, so that it can't push away what stands after it.
fn plain(name: &str) -> String {
    name.chars().filter(|c| !c.is_control()).take(120).collect::<String>().trim().to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_only_the_environment_says_is_marked_whatever_it_says() {
        let said = |domain: &str, name: &str| unconfirmed(Some(domain.into()), Some(name.into()));
        assert_eq!(said("CONTOSO", "op"), "CONTOSO\\op (unconfirmed)");
        assert_eq!(said("", "op"), "op (unconfirmed)");
        assert_eq!(unconfirmed(None, None), "unknown (unconfirmed)");
        let long = said("CONTOSO", &format!("op\r\n{}", "x".repeat(10_000)));
        assert!(long.ends_with("x (unconfirmed)") && long.len() < 300 && !long.contains('\n'), "{long}");
    }

    #[cfg(windows)]
    #[test]
    fn on_windows_the_account_is_the_systems_own_word() {
        let account = of_this_session();
        assert!(!account.contains("(unconfirmed)") && account.contains('\\'), "{account}");
    }

    #[cfg(unix)]
    #[test]
    fn on_unix_the_account_is_the_systems_own_word() {
        let output = std::process::Command::new("id").arg("-run").output().expect("runs");
        assert_eq!(of_this_session(), String::from_utf8_lossy(&output.stdout).trim());
    }
}
