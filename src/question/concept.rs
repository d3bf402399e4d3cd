//! What a phrase speaks of, whatever its language.

use serde::Deserialize;

/// What a phrase speaks of. The files' keys, in kebab case.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(super) enum Concept {
    /// Signing in.
    Access,
    /// Getting in, opening: signing in only beside a place.
    Enter,
    /// What one signs in to.
    Place,
    /// A password.
    Secret,
    /// An account.
    Account,
    /// Somebody can't.
    Cannot,
    /// Something does not work.
    Fails,
    /// A bare negation.
    Not,
    /// Being asked for a password again, or having forgotten it.
    Prompt,
    /// Something was changed, or is new.
    Changed,
    /// The old one.
    Old,
    /// Something works.
    Works,
    /// The old password works, or only it.
    OldWorks,
    /// Password hash synchronization by name.
    Phs,
    /// Its events, or passwords that do not arrive in the cloud.
    Evidence,
    /// Synchronization of any kind.
    Sync,
    /// The sync servers and what runs there.
    Server,
    /// Pass-through authentication.
    Pta,
    /// Federation and other identity providers.
    Federation,
    /// A second factor, or Conditional Access.
    Mfa,
    /// A locked account.
    Locked,
    /// A disabled or missing account.
    Disabled,
    /// An expired password.
    Expired,
    /// Assignment to an application.
    Assignment,
    /// The synchronization's own accounts and secrets.
    ServiceIdentity,
    /// Switching on.
    Enable,
    /// Repairing.
    Repair,
    /// Once more.
    Again,
    /// "it".
    It,
    /// Asking how things are.
    State,
    /// A question's first word.
    Question,
    /// Asking what can be asked.
    Help,
    /// The bare word.
    HelpWord,
    /// It is over.
    Resolved,
    /// "Leave it off" where a language says so in one form.
    KeepOff,
    /// What has nothing to do with signing in.
    Foreign,
    /// Many are hit.
    Many,
    /// What people are counted by: after a number it says that many are hit.
    Counted,
    /// One is hit.
    One,
    /// Says neither, though it looks so ("everyone else is fine").
    Others,
    /// What stands before a number that is no error code.
    Ticket,
    /// What stands before a number that is one.
    CodeWord,
    /// The end of a letter: a signature or a disclaimer follows.
    Signoff,
    /// The head of a letter.
    Header,
    /// "but".
    But,
    /// Something must not be, is forbidden or to wait.
    Forbid,
    /// Switching off.
    SwitchOff,
}

/// What a phrase hints at: the model weighs it, no rule rests on it. The keys of `hints/*.toml`, in kebab case.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(super) enum Hint {
    /// Somebody agreed, or takes it upon himself.
    Consent,
    /// "Do it", and the verbs for putting something back as it was.
    GoAhead,
    /// What the bot proposed.
    Remedy,
    /// The bot, its commands, cards and buttons; "you".
    Bot,
    /// Who may do what.
    Rights,
    /// How something is done, what happens if, manuals.
    Learn,
    /// Since when, how long, now.
    Since,
    /// Alive, green, over, late: how something is.
    Vitals,
    /// Passwords on their way.
    Flow,
    /// Asking to be told.
    TellMe,
    /// Somebody is turned away.
    Refused,
    /// Here and there, before and after: two passwords.
    Divided,
    /// Wrong too often.
    Attempts,
    /// Newcomers, leavers, and whom nobody knows.
    Newcomer,
    /// Telephones, codes and tokens.
    SecondFactor,
    /// Devices, places and rules.
    Policy,
    /// A password past its time.
    Aged,
    /// One application of several.
    OneApp,
    /// One's own sign-in page, and what it is made of.
    OwnPage,
    /// Passwords that are checked on site.
    InHouse,
    /// What the synchronization itself signs in with.
    SyncLogin,
    /// Things to order, create and delete.
    Chore,
    /// Talk among people.
    Social,
    /// Not now, hands off.
    HeldBack,
    /// It is over.
    Settled,
}

impl Concept {
    /// Whether a phrase of this concept hides a shorter one inside it.
    pub(super) fn hides(self, inside: Self) -> bool {
        use Concept::*;
        match (self, inside) {
            (Many | One | Others, Many | One) => true,
            (Many | One | Counted, _) | (_, Many | One | Counted) => false,
            (Enable | Repair, Phs | It | Again | Sync | Server) => false,
            (State, inside) => {
                matches!(
                    inside,
                    Question | State | Enable | Repair | Resolved | Works | It | Fails | Again | Not
                )
            }
            _ => true,
        }
    }

    /// Whether a phrase with a gap hides others between its ends.
    pub(super) fn spans_over(self, inside: Self) -> bool {
        use Concept::*;
        match self {
            State => matches!(inside, Enable | Resolved | Repair | Works),
            Phs => matches!(inside, Secret),
            _ => false,
        }
    }
}

/// Several concepts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct Concepts(u64);

impl Concepts {
    pub(super) fn add(&mut self, concept: Concept) {
        self.0 |= 1 << (concept as u32);
    }

    pub(super) fn join(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    pub(super) fn has(self, concept: Concept) -> bool {
        self.0 & (1 << (concept as u32)) != 0
    }

    pub(super) fn any(self, concepts: &[Concept]) -> bool {
        concepts.iter().any(|concept| self.has(*concept))
    }
}
