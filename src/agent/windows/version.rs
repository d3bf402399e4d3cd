//! A program file's own version.

use std::path::Path;

use windows::Win32::Storage::FileSystem::{
    GetFileVersionInfoSizeW, GetFileVersionInfoW, VS_FIXEDFILEINFO, VerQueryValueW,
};
use windows::core::{Error, Result, w};

use super::wide;
use crate::ids::Build;

/// The version in a program file's resources.
///
/// # Errors
/// If the file is missing, can't be read, or has no version.
pub fn of(path: &Path) -> Result<Build> {
    let path = wide(path);
    // SAFETY: a terminated path; the second argument is ignored by the system.
    let length = unsafe { GetFileVersionInfoSizeW(&path, None) };
    if length == 0 {
        return Err(Error::from_thread());
    }
    let mut block = vec![0_u8; length as usize];
    // SAFETY: the block is as long as is said.
    unsafe { GetFileVersionInfoW(&path, None, length, block.as_mut_ptr().cast()) }?;
    let (mut found, mut size) = (std::ptr::null_mut(), 0);
    // SAFETY: a block that the call above has filled; what is found lies within it.
    let known = unsafe { VerQueryValueW(block.as_ptr().cast(), w!("\\"), &mut found, &mut size) };
    if !known.as_bool() || found.is_null() || (size as usize) < size_of::<VS_FIXEDFILEINFO>() {
        return Err(Error::empty());
    }
    // SAFETY: as long as the structure, within the living block; its alignment is not promised.
    let info = unsafe { found.cast::<VS_FIXEDFILEINFO>().read_unaligned() };
    let (high, low) = (info.dwFileVersionMS, info.dwFileVersionLS);
    Ok(Build([high >> 16, high & 0xffff, low >> 16, low & 0xffff]))
}
