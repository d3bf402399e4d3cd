//! Whether a file's Windows access list keeps it to the agent and the administrators. Pure; Windows' own edge reads the list.
//!
//! It would rather refuse too much than too little: what denies is not counted in favour, and an entry of a kind that is not
//! known counts as full access.

use std::fmt;

/// The system itself.
pub const SYSTEM: &str = "S-1-5-18";
/// The server's administrators.
pub const ADMINISTRATORS: &str = "S-1-5-32-544";
/// The account that Wine plays, whose access lists are made up of the host's modes. No Windows has an account of that domain,
/// so trusting it gives nobody anything.
#[cfg(windows)]
pub(crate) const PLAYED_BY_WINE: &str = "S-1-5-21-0-0-0-1000";
/// The service's virtual account, `NT SERVICE\SyncmedicAgent`. A service's SID is made from the SHA-1 of its name alone:
/// `sc.exe showsid SyncmedicAgent` prints it, whether the service exists or not.
pub const SERVICE: &str = "S-1-5-80-3227344593-826650479-2551771767-551034553-560749851";
/// The system's own installer, which may change what lies among the programs.
const TRUSTED_INSTALLER: &str = "S-1-5-80-956008885-3418522649-1831038044-1853292631-2271478464";
/// Whoever makes something in a folder: only a pattern for what is made later, it grants nothing by itself.
const CREATOR_OWNER: &str = "S-1-3-0";

/// Names for those that are met most, so that the mend can be read.
///
/// Source: Microsoft, "Well-known SIDs".
const NAMES: &[(&str, &str)] = &[
    (SYSTEM, "SYSTEM"),
    (ADMINISTRATORS, "Administrators"),
    (SERVICE, r"NT SERVICE\SyncmedicAgent"),
    ("S-1-1-0", "Everyone"),
    ("S-1-5-11", "Authenticated Users"),
    ("S-1-5-4", "INTERACTIVE"),
    ("S-1-5-7", "ANONYMOUS LOGON"),
    ("S-1-5-19", "LOCAL SERVICE"),
    ("S-1-5-20", "NETWORK SERVICE"),
    ("S-1-5-32-545", "Users"),
    ("S-1-5-32-546", "Guests"),
    ("S-1-15-2-1", "ALL APPLICATION PACKAGES"),
];

/// Reading the content: `FILE_READ_DATA`, `GENERIC_READ`, `GENERIC_ALL`, `MAXIMUM_ALLOWED`.
const READS: u32 = 0x1 | 0x8000_0000 | 0x1000_0000 | 0x0200_0000;
/// Changing, replacing, or taking the right to: `FILE_WRITE_DATA`, `FILE_APPEND_DATA`, `FILE_DELETE_CHILD`, `DELETE`,
/// `WRITE_DAC`, `WRITE_OWNER`, `GENERIC_WRITE`, `GENERIC_ALL`, `MAXIMUM_ALLOWED`.
const CHANGES: u32 =
    0x2 | 0x4 | 0x40 | 0x1_0000 | 0x4_0000 | 0x8_0000 | 0x4000_0000 | 0x1000_0000 | 0x0200_0000;

/// What replaces or opens a folder above, and with it all that lies in it: `FILE_DELETE_CHILD`, `DELETE`, `WRITE_DAC`,
/// `WRITE_OWNER`, `GENERIC_WRITE`, `GENERIC_ALL`, `MAXIMUM_ALLOWED`. That others may make something new there does not matter.
const REPLACES: u32 = 0x40 | 0x1_0000 | 0x4_0000 | 0x8_0000 | 0x4000_0000 | 0x1000_0000 | 0x0200_0000;

/// A place of the agent's, for its access list.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Place {
    /// The folder of rules and scripts: the service reads them and can't change its own rules.
    Rules,
    /// The folder in which the service writes.
    Data,
    /// The files of key and enrolment: the service reads them.
    Key,
}

/// The access list for a place, as Windows writes lists (SDDL): closed against what the folder above hands down, full for the
/// system and the administrators, `own` too if given, and for the service no more than it needs.
pub fn list_for(place: Place, is_folder: bool, own: Option<&str>) -> String {
    let rights = match place {
        Place::Rules => "0x1200a9",
        Place::Data => "0x1301bf",
        Place::Key => "0x120089",
    };
    // Files and folders made within inherit it.
    let inherit = if is_folder { "OICI" } else { "" };
    let full = [SYSTEM, ADMINISTRATORS].into_iter().chain(own);
    let full: String = full.map(|sid| format!("(A;{inherit};FA;;;{sid})")).collect();
    format!("D:P{full}(A;{inherit};{rights};;;{SERVICE})")
}

/// An access list, as read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AccessList {
    /// The SID of who owns it, and may rewrite the list.
    pub owner: String,
    /// Its entries; `None` if there is no list at all, which lets everybody do everything.
    pub entries: Option<Vec<Entry>>,
}

/// An entry of an access list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// Whom it is about, as a SID.
    pub sid: String,
    /// What it does.
    pub effect: Effect,
    /// The rights, as Windows' access mask.
    pub rights: u32,
}

/// What an entry does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Effect {
    /// It lets somebody in.
    Allow,
    /// It keeps somebody out.
    Deny,
    /// It is only a pattern for what is made in the folder later.
    InheritOnly,
    /// It is of a kind that this program does not read (a condition, an object).
    Other,
}

/// What a file must be kept from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Keep {
    /// Nobody but the service reads it, and nobody changes it: a secret.
    Secret,
    /// Nobody changes it, the service neither: rules, trust, programs.
    Unchanged,
    /// Nobody but the service changes it: what it works with.
    Data,
    /// Nobody takes it away or opens it: a folder above.
    InPlace,
}

/// Who else may do what.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Exposure {
    /// Who, by name where it is a well-known one, else the SID.
    pub who: String,
    /// What they may do.
    pub may: &'static str,
}

impl fmt::Display for Exposure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} may {}", self.who, self.may)
    }
}

/// Who, other than the system, the administrators and the account `own`, may do what must not be; empty if all is well. The
/// service may no more than it needs, even if it is the one that asks.
pub fn exposures(list: &AccessList, keep: Keep, own: &str) -> Vec<Exposure> {
    let trusted = |sid: &str| match sid {
        SYSTEM | ADMINISTRATORS | TRUSTED_INSTALLER => true,
        SERVICE => keep == Keep::Data,
        sid => sid == own,
    };
    let changes = if keep == Keep::InPlace { REPLACES } else { CHANGES };
    let mut found = Vec::new();
    let mut add = |sid: &str, may: &'static str| {
        let exposure = Exposure { who: name(sid), may };
        if !found.contains(&exposure) {
            found.push(exposure);
        }
    };
    if !trusted(&list.owner) {
        add(&list.owner, "change its access list, as its owner");
    }
    let Some(entries) = &list.entries else {
        add("S-1-1-0", "do everything, for there is no access list");
        return found;
    };
    for entry in entries.iter().filter(|entry| !trusted(&entry.sid)) {
        let rights = match entry.effect {
            Effect::Deny => continue,
            // What is made later inherits from it; whoever makes a file becomes its owner, and owners are looked at.
            Effect::InheritOnly if entry.sid == CREATOR_OWNER => continue,
            // What lies below already has its own list.
            Effect::InheritOnly if keep == Keep::InPlace => continue,
            Effect::Allow | Effect::InheritOnly => entry.rights,
            Effect::Other => u32::MAX,
        };
        if rights & changes != 0 {
            add(&entry.sid, "change it");
        }
        if keep == Keep::Secret && entry.sid != SERVICE && rights & READS != 0 {
            add(&entry.sid, "read it");
        }
    }
    found
}

fn name(sid: &str) -> String {
    let known = NAMES.iter().find(|(known, _)| *known == sid);
    known.map_or_else(|| sid.to_owned(), |(_, name)| (*name).to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    const EVERYONE: &str = "S-1-1-0";
    const USERS: &str = "S-1-5-32-545";
    const OPERATOR: &str = "S-1-5-21-1-2-3-1001";
    const FULL: u32 = 0x1f_01ff;
    const READ: u32 = 0x12_0089;
    const READ_AND_RUN: u32 = 0x12_00a9;
    const LIST_ATTRIBUTES: u32 = 0x12_0080;

    fn allow(sid: &str, rights: u32) -> Entry {
        Entry { sid: sid.into(), effect: Effect::Allow, rights }
    }

    fn list(more: &[Entry]) -> AccessList {
        let kept = [allow(SYSTEM, FULL), allow(ADMINISTRATORS, FULL), allow(SERVICE, READ)];
        AccessList { owner: ADMINISTRATORS.into(), entries: Some([&kept, more].concat()) }
    }

    fn said(list: &AccessList, keep: Keep) -> Vec<String> {
        exposures(list, keep, SERVICE).iter().map(ToString::to_string).collect()
    }

    #[test]
    fn a_key_for_the_service_and_administrators_alone_is_kept() {
        assert_eq!(said(&list(&[]), Keep::Secret), Vec::<String>::new());
    }

    #[test]
    fn a_key_that_others_can_read_or_change_is_exposed_and_they_are_named() {
        for (entry, says) in [
            (allow(USERS, READ), &["Users may read it"][..]),
            (allow(USERS, READ_AND_RUN), &["Users may read it"]),
            (allow(EVERYONE, FULL), &["Everyone may change it", "Everyone may read it"]),
            (allow("S-1-5-11", 0x8000_0000), &["Authenticated Users may read it"]),
            (allow(EVERYONE, 0x1000_0000), &["Everyone may change it", "Everyone may read it"]),
            (allow(OPERATOR, 0x4_0000), &["S-1-5-21-1-2-3-1001 may change it"]),
            (allow(OPERATOR, 0x1_0000), &["S-1-5-21-1-2-3-1001 may change it"]),
            (allow(USERS, LIST_ATTRIBUTES), &[]),
        ] {
            assert_eq!(said(&list(std::slice::from_ref(&entry)), Keep::Secret), says, "{entry:?}");
        }
    }

    #[test]
    fn rules_may_be_read_by_others_and_changed_by_none() {
        assert_eq!(said(&list(&[allow(USERS, READ)]), Keep::Unchanged), Vec::<String>::new());
        let writes = list(&[allow(USERS, 0x2), allow(USERS, 0x4)]);
        assert_eq!(said(&writes, Keep::Unchanged), ["Users may change it"]);
    }

    #[test]
    fn a_foreign_owner_or_no_list_at_all_is_an_exposure() {
        let owned = AccessList { owner: OPERATOR.into(), ..list(&[]) };
        assert!(said(&owned, Keep::Unchanged)[0].contains("as its owner"));
        assert_eq!(exposures(&owned, Keep::Secret, OPERATOR), []);
        let open = AccessList { entries: None, ..list(&[]) };
        assert_eq!(said(&open, Keep::Secret), ["Everyone may do everything, for there is no access list"]);
        let closed = AccessList { entries: Some(Vec::new()), ..list(&[]) };
        assert_eq!(said(&closed, Keep::Secret), Vec::<String>::new());
    }

    #[test]
    fn what_is_not_understood_counts_against_it_and_what_denies_does_not_count_in_favour() {
        let denied = Entry { effect: Effect::Deny, ..allow(EVERYONE, FULL) };
        let odd = Entry { effect: Effect::Other, ..allow(USERS, 0) };
        assert_eq!(said(&list(&[odd]), Keep::Unchanged), ["Users may change it"]);
        assert_eq!(said(&list(&[denied, allow(USERS, READ)]), Keep::Secret), ["Users may read it"]);
    }

    #[test]
    fn the_service_can_neither_change_its_rules_nor_its_key() {
        let rights = |place| {
            let text = list_for(place, place != Place::Key, Some(OPERATOR));
            assert!(text.starts_with("D:P(A;") && text.contains(&format!("FA;;;{OPERATOR})")), "{text}");
            let entry = text.rsplit('(').next().expect("the last").trim_end_matches(')').to_owned();
            let parts: Vec<&str> = entry.split(';').collect();
            assert_eq!(parts[5], SERVICE);
            u32::from_str_radix(parts[2].trim_start_matches("0x"), 16).expect("a number")
        };
        assert_eq!((rights(Place::Rules) & CHANGES, rights(Place::Key) & CHANGES), (0, 0));
        assert_eq!(rights(Place::Data) & 0x3, 0x3);
        // Nor rewrite any of the lists, nor delete what it may not change.
        assert_eq!(rights(Place::Data) & (0x4_0000 | 0x8_0000 | 0x40), 0);
    }

    #[test]
    fn a_pattern_for_what_is_made_later_counts_but_that_of_its_maker() {
        let pattern = |sid: &str| Entry { effect: Effect::InheritOnly, ..allow(sid, FULL) };
        assert_eq!(said(&list(&[pattern(CREATOR_OWNER)]), Keep::Secret), Vec::<String>::new());
        assert!(!said(&list(&[pattern(USERS)]), Keep::Secret).is_empty());
    }

    #[test]
    fn the_service_may_change_its_data_and_neither_its_key_nor_what_it_trusts() {
        let writes = list(&[allow(SERVICE, 0x13_01bf)]);
        assert_eq!(said(&writes, Keep::Data), Vec::<String>::new());
        for keep in [Keep::Secret, Keep::Unchanged] {
            assert_eq!(said(&writes, keep), [r"NT SERVICE\SyncmedicAgent may change it"], "{keep:?}");
        }
        let owned = AccessList { owner: SERVICE.into(), ..list(&[]) };
        assert_eq!(said(&owned, Keep::Data), Vec::<String>::new());
        assert!(said(&owned, Keep::Unchanged)[0].contains("as its owner"));
    }

    #[test]
    fn a_folder_above_counts_only_where_others_could_replace_or_open_what_lies_below() {
        const AUTHENTICATED: &str = "S-1-5-11";
        // The root of drive C as Windows sets it up: others may make folders, and change what they make.
        let later = Entry { effect: Effect::InheritOnly, ..allow(AUTHENTICATED, 0x13_01bf) };
        let root = [allow(USERS, READ_AND_RUN), allow(AUTHENTICATED, 0x4), later];
        assert_eq!(said(&list(&root), Keep::InPlace), Vec::<String>::new());
        for rights in [0x40, 0x1_0000, 0x4_0000, 0x8_0000, 0x4000_0000, 0x1000_0000, FULL] {
            let found = said(&list(&[allow(AUTHENTICATED, rights)]), Keep::InPlace);
            assert_eq!(found, ["Authenticated Users may change it"], "{rights:#x}");
        }
        let owned = AccessList { owner: OPERATOR.into(), ..list(&[]) };
        assert!(said(&owned, Keep::InPlace)[0].contains("as its owner"));
    }

    #[test]
    fn who_installs_is_not_trusted_with_what_all_administrators_run() {
        let owned = AccessList { owner: OPERATOR.into(), ..list(&[allow(OPERATOR, FULL)]) };
        assert_eq!(exposures(&owned, Keep::Unchanged, "").len(), 2);
    }
}
