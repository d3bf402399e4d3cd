//! A folder for what an administrator runs in an elevated session: nobody with fewer rights can change what is in it.

use std::io;
use std::path::PathBuf;

use windows::Win32::Security::Authorization::{
    ConvertStringSecurityDescriptorToSecurityDescriptorW, SDDL_REVISION_1,
};
use windows::Win32::Security::{PSECURITY_DESCRIPTOR, SECURITY_ATTRIBUTES};
use windows::Win32::Storage::FileSystem::CreateDirectoryW;
use windows::core::{BOOL, HSTRING};

use super::process::account;
use super::surroundings::known_folder;
use super::{Local, wide};

/// Makes a folder of that name among the programs' data, which must not be there yet. It is made with its access list: the
/// system and the administrators, and this account if it is not elevated, and nobody else from its first moment on.
/// Not in the agent's own folders, since there the service may put a junction in a folder's place.
///
/// # Errors
/// If it is there already, or can't be made.
pub fn new_folder(name: &str) -> io::Result<PathBuf> {
    let data = known_folder("ProgramData");
    let data = data.ok_or_else(|| io::Error::other("Windows names no folder for programs' data"))?;
    let path = data.join(name);
    let account = account()?;
    let everything = "(A;OICI;FA;;;SY)(A;OICI;FA;;;BA)";
    let list = match account.elevated {
        // Whoever owns it may rewrite the list, and the operator's other programs run as the operator.
        true => format!("O:BAD:P{everything}"),
        false => format!("D:P{everything}(A;OICI;FA;;;{})", account.sid),
    };
    let mut descriptor = PSECURITY_DESCRIPTOR::default();
    let text = HSTRING::from(list);
    // SAFETY: a terminated text; the descriptor is ours to free.
    unsafe {
        ConvertStringSecurityDescriptorToSecurityDescriptorW(&text, SDDL_REVISION_1, &mut descriptor, None)
    }?;
    let freed = Local(descriptor.0);
    let attributes = SECURITY_ATTRIBUTES {
        nLength: size_of::<SECURITY_ATTRIBUTES>() as u32,
        lpSecurityDescriptor: freed.0,
        bInheritHandle: BOOL(0),
    };
    // SAFETY: a terminated path; the attributes and the descriptor in them outlive the call.
    unsafe { CreateDirectoryW(&wide(&path), Some(&attributes)) }?;
    Ok(path)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::agent::acl::{Keep, exposures};
    use crate::agent::windows::access;

    #[test]
    fn an_operators_folder_is_new_and_nobody_else_can_change_what_is_in_it() {
        let name = format!("Syncmedic-test-{}", std::process::id());
        let path = new_folder(&name).expect("makes it");
        assert!(new_folder(&name).is_err(), "one that somebody else made is not taken");
        let own = account().expect("is known").sid;
        for inside in [&path, &path.join("inside")] {
            if !inside.exists() {
                std::fs::create_dir(inside).expect("makes it");
            }
            let list = access::read(inside).expect("reads");
            let found: Vec<String> =
                exposures(&list, Keep::Secret, &own).iter().map(ToString::to_string).collect();
            assert_eq!(found, Vec::<String>::new(), "{}", inside.display());
        }
        std::fs::remove_dir_all(&path).expect("removes it");
    }
}
