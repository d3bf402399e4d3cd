//! What Microsoft's cmdlet must be told of the operator who applies a staged request.

use crate::agent::{Agent, Staged};
use crate::catalog;
use crate::ids::{Build, CommandId};

/// From this build on the cmdlet asks its operator to sign in, and must be told who that is.
///
/// Source: Microsoft Entra Connect version history, 2.6.84.0.
const ASKS_FROM: Build = Build([2, 6, 84, 0]);

/// From this build on it still asks, and need not be told.
///
/// Source: the same, 2.6.91.0.
const NEED_NOT_BE_TOLD_FROM: Build = Build([2, 6, 91, 0]);

/// Whether the cmdlet takes the name of who signs in (`-AADUsername`).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum UserName {
    /// It has no place for one.
    NotAsked,
    /// It may be given; also where the build is not known.
    Optional,
    /// It must be given. A run that fails for want of it would use the request up.
    Needed,
}

impl Agent {
    /// What the cmdlet of a staged request must be told, as far as this server's build tells.
    pub async fn user_name_for(&self, staged: &Staged) -> UserName {
        user_name(&staged.permit.command, self.report(false).await.appliance.build)
    }
}

/// What a command's cmdlet must be told on a build.
pub(super) fn user_name(command: &CommandId, build: Option<Build>) -> UserName {
    match build {
        _ if command.as_str() != catalog::ENABLE_PASSWORD_SYNC => UserName::NotAsked,
        None => UserName::Optional,
        Some(build) if build < ASKS_FROM => UserName::NotAsked,
        Some(build) if build < NEED_NOT_BE_TOLD_FROM => UserName::Needed,
        Some(_) => UserName::Optional,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_signs_in_is_asked_as_the_build_of_the_cmdlet_wants_it() {
        let of = |command: &str, build: &str| {
            user_name(&command.parse().expect("valid"), Some(build.parse().expect("a build")))
        };
        for (build, expected) in [
            ("2.6.3.0", UserName::NotAsked),
            ("2.6.84.0", UserName::Needed),
            ("2.6.90.9", UserName::Needed),
            ("2.6.91.0", UserName::Optional),
            ("2.7.0.0", UserName::Optional),
        ] {
            assert_eq!(of(catalog::ENABLE_PASSWORD_SYNC, build), expected, "{build}");
            assert_eq!(of(catalog::ENABLE_FOREST_CHANNEL, build), UserName::NotAsked, "{build}");
        }
        let command = catalog::ENABLE_PASSWORD_SYNC.parse().expect("valid");
        assert_eq!(user_name(&command, None), UserName::Optional);
    }
}
