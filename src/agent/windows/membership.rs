//! The service's membership in a group of the server, such as `ADSyncAdmins`.

use windows::Win32::Foundation::ERROR_MEMBER_IN_ALIAS;
use windows::Win32::Foundation::{ERROR_MEMBER_NOT_IN_ALIAS, ERROR_NO_SUCH_ALIAS};
use windows::Win32::NetworkManagement::NetManagement::{
    LOCALGROUP_MEMBERS_INFO_0, NERR_GroupNotFound, NetLocalGroupAddMembers, NetLocalGroupDelMembers,
};
use windows::Win32::Security::Authorization::ConvertStringSidToSidW;
use windows::Win32::Security::PSID;
use windows::core::{HSTRING, PCWSTR};

use super::Local;
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
