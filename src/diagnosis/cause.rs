//! The causes that exist, and which command mends which: fixed in code, never in a file.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use crate::catalog;

/// A text that names no cause.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0:?} is not a cause that Syncmedic knows")]
pub struct UnknownCause(pub String);

macro_rules! causes {
    ($($(#[$doc:meta])* $name:ident = $id:literal,)*) => {
        /// Why passwords do not reach Entra ID, or that they do. The ids are stable.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        pub enum Cause {
            $($(#[$doc])* #[serde(rename = $id)] $name,)*
        }

        impl Cause {
            /// Every cause.
            pub const ALL: &[Cause] = &[$(Cause::$name,)*];

            /// The stable id.
            pub fn as_str(self) -> &'static str {
                match self {
                    $(Cause::$name => $id,)*
                }
            }
        }
    };
}

causes! {
    /// The tenant's cloud flag is off: Error Code 90.
    PhsNotActivated = "phs-not-activated",
    /// The cloud flag is on, a forest's own channel is off.
    ForestChannelDisabled = "forest-channel-disabled",
    /// The server is in staging mode and sends no passwords, by design.
    StagingMode = "staging-mode",
    /// The sync server's own sign-in to the cloud is refused.
    CloudCredential = "cloud-credential",
    /// The certificate of the sync server's application is refused.
    CloudCertificate = "cloud-certificate",
    /// A policy (MFA, Conditional Access) stops the sync account's sign-in.
    CloudSignInBlocked = "cloud-sign-in-blocked",
    /// The cloud service is busy and will be tried again (Error Code 81).
    CloudBusy = "cloud-busy",
    /// The cloud can't be reached: name resolution, proxy, TLS, firewall.
    Connectivity = "connectivity",
    /// A domain controller can't be reached.
    AdUnreachable = "ad-unreachable",
    /// The connector account lacks the right to replicate passwords.
    AdPermission = "ad-permission",
    /// Replication is switched off at the domain controller.
    AdReplicationDisabled = "ad-replication-disabled",
    /// The connector account's password in AD is wrong, or the account is disabled.
    AdCredential = "ad-credential",
    /// Another failure on the side of Active Directory.
    AdOther = "ad-other",
    /// FIPS mode forbids MD5, which password hash sync needs.
    FipsMode = "fips-mode",
    /// Password sync waits for the first full directory sync.
    WaitingForDirectorySync = "waiting-for-directory-sync",
    /// No sign of life, and no reason in the log.
    HeartbeatMissing = "heartbeat-missing",
    /// The sync service does not run.
    ServiceStopped = "service-stopped",
    /// The cloud refuses this build.
    BuildRetired = "build-retired",
    /// DirSync or Azure AD Sync, refused since April 2021.
    ApplianceRetired = "appliance-retired",
    /// A known defect of the installed build.
    ProductBug = "product-bug",
    /// A password sync error (6900, 652, 655) whose text is not known.
    Unknown6900 = "unknown-6900",
    /// The evidence contradicts itself.
    Mixed = "mixed",
    /// It failed, and works again.
    Recovered = "recovered",
    /// It works.
    Healthy = "healthy",
}

impl Cause {
    /// The command that mends this cause, if there is one: the whole table.
    pub fn command(self) -> Option<&'static str> {
        match self {
            Cause::PhsNotActivated => Some(catalog::ENABLE_PASSWORD_SYNC),
            Cause::ForestChannelDisabled => Some(catalog::ENABLE_FOREST_CHANNEL),
            _ => None,
        }
    }
}

impl FromStr for Cause {
    type Err = UnknownCause;

    fn from_str(text: &str) -> Result<Self, UnknownCause> {
        Cause::ALL
            .iter()
            .copied()
            .find(|cause| cause.as_str() == text)
            .ok_or_else(|| UnknownCause(text.into()))
    }
}

impl fmt::Display for Cause {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// How sure a verdict is. Ordered: more sure is greater.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Confidence {
    /// Old, incomplete or contradicting evidence.
    Possible,
    /// Events or state, one of them fresh.
    Probable,
    /// Events and state, both fresh, agree.
    Certain,
}

impl Confidence {
    /// The stable word.
    pub fn as_str(self) -> &'static str {
        match self {
            Confidence::Possible => "possible",
            Confidence::Probable => "probable",
            Confidence::Certain => "certain",
        }
    }
}

impl fmt::Display for Confidence {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_cause_reads_back_from_its_id() {
        for &cause in Cause::ALL {
            assert_eq!(cause.as_str().parse(), Ok(cause));
            assert_eq!(serde_json::to_string(&cause).expect("writes"), format!("{:?}", cause.as_str()));
        }
        assert!("printer-jam".parse::<Cause>().is_err());
    }

    #[test]
    fn exactly_two_causes_have_a_command_and_both_are_in_the_catalogue() {
        let commands: Vec<_> = Cause::ALL.iter().filter_map(|cause| cause.command()).collect();
        assert_eq!(commands, ["enable-password-sync", "enable-forest-channel"]);
        assert!(commands.iter().all(|id| catalog::command(id).is_some()));
    }
}
