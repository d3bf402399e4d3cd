//! Access lists of files, read and set. What they mean is decided in [`acl`](crate::agent::acl).

use std::path::Path;

use windows::Win32::Security::Authorization::{
    ConvertStringSecurityDescriptorToSecurityDescriptorW, GetNamedSecurityInfoW, SDDL_REVISION_1,
    SE_FILE_OBJECT, SetNamedSecurityInfoW,
};
use windows::Win32::Security::{
    ACCESS_ALLOWED_ACE, ACE_HEADER, ACL, ACL_SIZE_INFORMATION, AclSizeInformation, CreateWellKnownSid,
    DACL_SECURITY_INFORMATION, GetAce, GetAclInformation, GetSecurityDescriptorDacl, INHERIT_ONLY_ACE,
    OWNER_SECURITY_INFORMATION, PROTECTED_DACL_SECURITY_INFORMATION, PSECURITY_DESCRIPTOR, PSID,
    SECURITY_MAX_SID_SIZE, WinBuiltinAdministratorsSid,
};
use windows::core::{BOOL, Error, HSTRING, Result};

use super::process::sid_text;
use super::{Local, wide};
use crate::agent::acl::{AccessList, Effect, Entry, Place, list_for};

/// `ACCESS_ALLOWED_ACE_TYPE` and `ACCESS_DENIED_ACE_TYPE`, the two kinds of entries that are read.
const ALLOWED: u8 = 0;
const DENIED: u8 = 1;

/// The access list of a file or folder.
///
/// # Errors
/// If it can't be read.
pub fn read(path: &Path) -> Result<AccessList> {
    let (mut owner, mut list, mut whole) =
        (PSID::default(), std::ptr::null_mut(), PSECURITY_DESCRIPTOR::default());
    // SAFETY: a terminated path; what the first two pointers get lies within the third, which is ours to free.
    unsafe {
        GetNamedSecurityInfoW(
            &wide(path),
            SE_FILE_OBJECT,
            OWNER_SECURITY_INFORMATION | DACL_SECURITY_INFORMATION,
            Some(&mut owner),
            None,
            Some(&mut list),
            None,
            &mut whole,
        )
    }
    .ok()?;
    let _freed = Local(whole.0);
    let owner = sid_text(owner).ok_or_else(Error::from_thread)?;
    // SAFETY: null, or a list within the descriptor that `_freed` keeps.
    let entries = if list.is_null() { None } else { Some(unsafe { entries(list) }?) };
    Ok(AccessList { owner, entries })
}

/// # Safety
/// `list` must be a valid access list that lives during the call.
unsafe fn entries(list: *const ACL) -> Result<Vec<Entry>> {
    let mut size = ACL_SIZE_INFORMATION::default();
    let length = size_of::<ACL_SIZE_INFORMATION>() as u32;
    let place = std::ptr::from_mut(&mut size).cast();
    // SAFETY: the structure is ours and as long as is said; the list is valid, as this function demands.
    unsafe { GetAclInformation(list, place, length, AclSizeInformation) }?;
    let mut entries = Vec::new();
    for at in 0..size.AceCount {
        let mut ace = std::ptr::null_mut();
        // SAFETY: the list is valid, and has that many entries.
        unsafe { GetAce(list, at, &mut ace) }?;
        // SAFETY: every entry begins with this header.
        let header = unsafe { ace.cast::<ACE_HEADER>().read_unaligned() };
        if ![ALLOWED, DENIED].contains(&header.AceType) {
            let sid = format!("an entry of kind {}", header.AceType);
            entries.push(Entry { sid, effect: Effect::Other, rights: u32::MAX });
            continue;
        }
        let ace = ace.cast::<ACCESS_ALLOWED_ACE>();
        // SAFETY: both kinds are laid out like this, with the SID in place of the last field.
        let (rights, sid) = unsafe { ((&raw const (*ace).Mask).read_unaligned(), &raw mut (*ace).SidStart) };
        let sid = sid_text(PSID(sid.cast())).ok_or_else(Error::from_thread)?;
        let only_inherited = u32::from(header.AceFlags) & INHERIT_ONLY_ACE.0 != 0;
        let effect = match header.AceType {
            DENIED => Effect::Deny,
            _ if only_inherited => Effect::InheritOnly,
            _ => Effect::Allow,
        };
        entries.push(Entry { sid, effect, rights });
    }
    Ok(entries)
}

/// Closes a file or folder against everybody but the system, the administrators, the service, and `own` if given. Elevated, the
/// administrators become its owner too.
///
/// # Errors
/// If this account may not.
pub fn protect(path: &Path, place: Place, own: Option<&str>) -> Result<()> {
    let mut whole = PSECURITY_DESCRIPTOR::default();
    let text = HSTRING::from(list_for(place, path.is_dir(), own));
    // SAFETY: a terminated text; the descriptor is ours to free.
    unsafe {
        ConvertStringSecurityDescriptorToSecurityDescriptorW(&text, SDDL_REVISION_1, &mut whole, None)
    }?;
    let _freed = Local(whole.0);
    let (mut present, mut list, mut by_default) = (BOOL(0), std::ptr::null_mut(), BOOL(0));
    // SAFETY: the descriptor is valid, and lives until `_freed` goes.
    unsafe { GetSecurityDescriptorDacl(whole, &mut present, &mut list, &mut by_default) }?;
    if own.is_none() {
        give_to_administrators(path)?;
    }
    let what = DACL_SECURITY_INFORMATION | PROTECTED_DACL_SECURITY_INFORMATION;
    // SAFETY: a terminated path; the list is valid, and lives until `_freed` goes.
    unsafe { SetNamedSecurityInfoW(&wide(path), SE_FILE_OBJECT, what, None, None, Some(list), None) }.ok()
}

/// Makes the administrators the owner of a file or folder, for an elevated process.
///
/// # Errors
/// If this account may not.
pub fn give_to_administrators(path: &Path) -> Result<()> {
    let mut sid = [0_u64; (SECURITY_MAX_SID_SIZE as usize).div_ceil(size_of::<u64>())];
    let mut length = size_of_val(&sid) as u32;
    let owner = PSID(sid.as_mut_ptr().cast());
    // SAFETY: the buffer is ours and as long as is said.
    unsafe { CreateWellKnownSid(WinBuiltinAdministratorsSid, None, Some(owner), &mut length) }?;
    let what = OWNER_SECURITY_INFORMATION;
    // SAFETY: a terminated path; the SID is valid and lives in the buffer.
    unsafe { SetNamedSecurityInfoW(&wide(path), SE_FILE_OBJECT, what, Some(owner), None, None, None) }.ok()
}
