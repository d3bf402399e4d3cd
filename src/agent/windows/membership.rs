//! The service's membership in a group of the server, such as `ADSyncAdmins`.

use windows::Win32::Foundation::ERROR_MEMBER_IN_ALIAS;
use windows::Win32::Foundation::{ERROR_MEMBER_NOT_IN_ALIAS, ERROR_NO_SUCH_ALIAS};
use windows::Win32::NetworkManagement::NetManagement::{
    LOCALGROUP_INFO_0, LOCALGROUP_MEMBERS_INFO_0, MAX_PREFERRED_LENGTH, NERR_GroupNotFound, NetApiBufferFree,
    NetLocalGroupAddMembers, NetLocalGroupDelMembers, NetLocalGroupEnum, NetLocalGroupGetMembers,
};
use windows::Win32::Security::Authorization::ConvertStringSidToSidW;
use windows::Win32::Security::PSID;
use windows::core::{HSTRING, PCWSTR, w};

use super::Local;
use super::process::{name_of, sid_text};
use crate::agent::acl::SERVICE;

/// What came of a change.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Changed {
    /// It is done.
    Done,
    /// It was so already.
    Already,
    /// The server has no such group: its name was chosen otherwise, or it is a group of the domain.
    NoSuchGroup,
    /// The system refused, with its number and words.
    Refused(String),
}

/// Makes the service a member of a local group, or no longer one.
pub fn set(group: &str, member: bool) -> Changed {
    let mut sid = PSID::default();
    // SAFETY: a terminated text; the SID is ours to free with LocalFree.
    if let Err(error) = unsafe { ConvertStringSidToSidW(&HSTRING::from(SERVICE), &mut sid) } {
        return Changed::Refused(error.to_string());
    }
    let _freed = Local(sid.0);
    let entry = LOCALGROUP_MEMBERS_INFO_0 { lgrmi0_sid: sid };
    let (group, level) = (HSTRING::from(group), 0);
    let buffer = std::ptr::from_ref(&entry).cast();
    // SAFETY: level 0 is documented to take this structure, of which there is one; it lives during the call.
    let status = unsafe {
        if member {
            NetLocalGroupAddMembers(PCWSTR::null(), &group, level, buffer, 1)
        } else {
            NetLocalGroupDelMembers(PCWSTR::null(), &group, level, buffer, 1)
        }
    };
    match status {
        0 => Changed::Done,
        code if code == ERROR_MEMBER_IN_ALIAS.0 || code == ERROR_MEMBER_NOT_IN_ALIAS.0 => Changed::Already,
        code if code == NERR_GroupNotFound || code == ERROR_NO_SUCH_ALIAS.0 => Changed::NoSuchGroup,
        code => {
            let words = std::io::Error::from_raw_os_error(i32::try_from(code).unwrap_or(-1));
            Changed::Refused(words.to_string())
        }
    }
}

/// What every token of the service carries beside its own account, and whatever was put into a group by these names.
const CARRIED: [(&str, &str); 4] = [
    ("S-1-1-0", "Everyone"),
    ("S-1-5-11", "Authenticated Users"),
    ("S-1-5-6", "SERVICE"),
    ("S-1-5-80-0", "ALL SERVICES"),
];

/// The server's groups that hold the service.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Groups {
    /// Those that do, and through whom if it is not the account itself. Not Users, in which Windows has every account.
    pub holding: Vec<String>,
    /// Those whose members can't be listed, and why.
    pub unread: Vec<String>,
}

/// The server's groups that hold the service, whoever put it there: its account, or what it always carries.
///
/// # Errors
/// What the system says, if the groups can't be listed.
pub fn groups() -> std::io::Result<Groups> {
    let mut found = Groups::default();
    let users = users();
    let all = listed::<LOCALGROUP_INFO_0>(|buffer, read, total| {
        // SAFETY: the pointers are valid for a write; level 0 is documented to give this structure.
        unsafe { NetLocalGroupEnum(PCWSTR::null(), 0, buffer, MAX_PREFERRED_LENGTH, read, total, None) }
    })?;
    for group in all.entries() {
        let group = PCWSTR(group.lgrpi0_name.0);
        // SAFETY: a terminated text that lives in `all`.
        let Ok(name) = (unsafe { group.to_string() }) else { continue };
        let members = listed::<LOCALGROUP_MEMBERS_INFO_0>(|buffer, read, total| {
            let most = MAX_PREFERRED_LENGTH;
            // SAFETY: a terminated text that lives in `all`; the rest as above.
            unsafe { NetLocalGroupGetMembers(PCWSTR::null(), group, 0, buffer, most, read, total, None) }
        });
        match members {
            Ok(members) => {
                let members: Vec<String> =
                    members.entries().iter().filter_map(|member| sid_text(member.lgrmi0_sid)).collect();
                let is_users = users.as_ref().is_some_and(|users| users.eq_ignore_ascii_case(&name));
                found.holding.extend(held(&name, is_users, &members));
            }
            Err(error) => found.unread.push(format!("{name} ({error})")),
        }
    }
    Ok(found)
}

/// How a group with these members holds the service, if it does.
fn held(group: &str, is_users: bool, members: &[String]) -> Option<String> {
    let has = |sid: &str| members.iter().any(|member| member == sid);
    if has(SERVICE) {
        return Some(group.to_owned());
    }
    let (_, through) = CARRIED.iter().find(|(sid, _)| has(sid)).filter(|_| !is_users)?;
    Some(format!("{group} (through {through})"))
}

/// What this system calls its group Users.
fn users() -> Option<String> {
    let mut sid = PSID::default();
    // SAFETY: a terminated text; the SID is ours to free with LocalFree.
    unsafe { ConvertStringSidToSidW(w!("S-1-5-32-545"), &mut sid) }.ok()?;
    let _freed = Local(sid.0);
    let name = name_of(sid)?;
    Some(name.rsplit('\\').next().unwrap_or(&name).to_owned())
}

/// A list that the network functions have given, freed when it is dropped.
struct List<T> {
    first: *mut T,
    length: usize,
}

impl<T> List<T> {
    fn entries(&self) -> &[T] {
        if self.first.is_null() {
            return &[];
        }
        // SAFETY: the system has put that many of these structures there, aligned, and they live until this is dropped.
        unsafe { std::slice::from_raw_parts(self.first, self.length) }
    }
}

impl<T> Drop for List<T> {
    fn drop(&mut self) {
        if !self.first.is_null() {
            // SAFETY: from a call that documents it as to be freed by this, once.
            unsafe { NetApiBufferFree(Some(self.first.cast_const().cast())) };
        }
    }
}

/// Asks for a list; `T` must be the structure of the level that is asked for.
fn listed<T>(ask: impl FnOnce(*mut *mut u8, *mut u32, *mut u32) -> u32) -> std::io::Result<List<T>> {
    let (mut first, mut read, mut total) = (std::ptr::null_mut(), 0, 0);
    let status = ask(&mut first, &mut read, &mut total);
    let list = List { first: first.cast(), length: read as usize };
    match status {
        0 => Ok(list),
        code => Err(std::io::Error::from_raw_os_error(i32::try_from(code).unwrap_or(-1))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_service_that_is_not_there_is_in_no_group_by_itself() {
        // What holds every service belongs to the machine.
        let named = groups().expect("are known");
        assert!(named.holding.iter().all(|group| group.contains("(through ")), "{named:?}");
    }

    #[test]
    fn a_group_holds_the_service_also_through_what_its_token_always_carries() {
        let held = |is_users, members: &[&str]| {
            let members: Vec<String> = members.iter().map(ToString::to_string).collect();
            held("Operators", is_users, &members)
        };
        assert_eq!(held(false, &["S-1-5-21-1-2-3-500"]), None);
        assert_eq!(held(false, &["S-1-5-11", SERVICE]).as_deref(), Some("Operators"));
        for (sid, name) in CARRIED {
            assert_eq!(held(false, &[sid]), Some(format!("Operators (through {name})")));
            assert_eq!(held(true, &[sid]), None, "every account is in Users");
        }
        assert_eq!(held(true, &[SERVICE]).as_deref(), Some("Operators"), "but not by its own name");
    }
}
