//! A grant: the bot's signed permission for one run of one plan. The bot signs it after approval; the agent
//! verifies it, and checks everything in it again for itself.
//!
//! A grant is a PASETO v4.public token. Its footer names the signing key, so that keys can be rotated.

use std::fmt;

use jiff::{SignedDuration, Timestamp};
use pasetors::keys::{AsymmetricKeyPair, AsymmetricPublicKey, AsymmetricSecretKey, Generate};
use pasetors::token::UntrustedToken;
use pasetors::version4::{PublicToken, V4};
use pasetors::{Public, paserk::FormatAsPaserk};
use serde::{Deserialize, Serialize};

use crate::ids::Snowflake;
use crate::plan::{Digest, Plan};
use crate::random::hex;

/// How far the two clocks may be apart before a grant is refused with `clock-skew`.
pub const CLOCK_TOLERANCE: SignedDuration = SignedDuration::from_mins(10);

/// Binds a token to this use of the key: a token made for anything else is refused.
const PURPOSE: &[u8] = b"syncmedic grant v1";

/// What the bot permits, and on whose word.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Grant {
    /// The plan that may run; its request id makes the grant single-use.
    pub plan: Plan,
    /// The agent's single-use challenge (32 hex digits).
    pub challenge: String,
    /// Who asked.
    pub requester: Snowflake,
    /// Who approved, each once.
    pub approvers: Vec<Snowflake>,
    /// The requester's reason, one line.
    pub reason: String,
    /// The audit head when the grant was signed (`#1042 9be1-44d0`).
    pub audit_head: String,
    /// When it was signed, by the bot's clock.
    pub signed_at: Timestamp,
    /// Not before.
    pub not_before: Timestamp,
    /// Not after.
    pub expires: Timestamp,
    /// A place for each approver's own proof; none are made yet.
    #[serde(default)]
    pub proofs: Vec<serde_json::Value>,
}

/// Why a grant is refused before anything in it is looked at, or for its times.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum GrantError {
    /// Not a token of this kind.
    #[error("this is no grant: {0}")]
    Malformed(String),
    /// Signed by a key that is not on the agent's list.
    #[error("the grant is signed by a key that this agent does not know ({0}): enrol the agent again")]
    UnknownKey(String),
    /// The signature does not match.
    #[error("the grant's signature is wrong")]
    Signature,
    /// The clocks of the bot and of the server are too far apart to judge times.
    #[error("the clocks are more than 10 minutes apart: the bot's says {bot}, this server's says {server}")]
    ClockSkew {
        /// When the grant was signed.
        bot: Timestamp,
        /// The server's clock.
        server: Timestamp,
    },
    /// Past its expiry.
    #[error("the grant expired at {0}")]
    Expired(Timestamp),
    /// Before its not-before.
    #[error("the grant is not valid before {0}")]
    NotYet(Timestamp),
}

impl GrantError {
    /// The stable code of this refusal.
    pub fn code(&self) -> &'static str {
        match self {
            GrantError::Malformed(_) => "grant-malformed",
            GrantError::UnknownKey(_) => "grant-key-unknown",
            GrantError::Signature => "grant-signature",
            GrantError::ClockSkew { .. } => "clock-skew",
            GrantError::Expired(_) => "grant-expired",
            GrantError::NotYet(_) => "grant-not-yet-valid",
        }
    }
}

/// The bot's signing key. `Debug` shows only which key it is.
pub struct SigningKey(AsymmetricKeyPair<V4>);

/// What an agent verifies grants with.
#[derive(Clone, PartialEq)]
pub struct VerifyingKey(AsymmetricPublicKey<V4>);

impl SigningKey {
    /// Makes a key from the operating system's randomness.
    ///
    /// # Errors
    /// If the operating system has none to give.
    pub fn generate() -> anyhow::Result<SigningKey> {
        AsymmetricKeyPair::<V4>::generate()
            .map(SigningKey)
            .map_err(|_| anyhow::anyhow!("the signing key could not be made: no randomness"))
    }

    /// Reads a key from its PASERK text (`k4.secret.…`).
    ///
    /// # Errors
    /// If it is not one; the text itself is never repeated.
    pub fn from_paserk(text: &str) -> anyhow::Result<SigningKey> {
        let invalid = || anyhow::anyhow!("this is no PASERK v4 secret key (it begins with k4.secret.)");
        let secret = AsymmetricSecretKey::<V4>::try_from(text.trim()).map_err(|_| invalid())?;
        let public = AsymmetricPublicKey::try_from(&secret).map_err(|_| invalid())?;
        Ok(SigningKey(AsymmetricKeyPair { public, secret }))
    }

    /// The key's PASERK text, to keep it in a file only its owner reads. A secret.
    pub fn to_paserk(&self) -> String {
        let mut text = String::new();
        // Writing to a string cannot fail.
        let _ = self.0.secret.fmt(&mut text);
        text
    }

    /// What agents verify with.
    pub fn verifying(&self) -> VerifyingKey {
        VerifyingKey(self.0.public.clone())
    }

    /// Signs a grant.
    ///
    /// # Errors
    /// If the grant can't be written as JSON or the key is unusable; neither happens with keys made here.
    pub fn sign(&self, grant: &Grant) -> anyhow::Result<String> {
        let payload = serde_json::to_vec(grant)?;
        let footer = self.verifying().id();
        PublicToken::sign(&self.0.secret, &payload, Some(footer.as_bytes()), Some(PURPOSE))
            .map_err(|error| anyhow::anyhow!("the grant could not be signed: {error}"))
    }
}

impl fmt::Debug for SigningKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "SigningKey({})", self.verifying().id())
    }
}

impl VerifyingKey {
    /// Which key this is: the first 16 hex digits of its SHA-256.
    pub fn id(&self) -> String {
        hex(&Digest::of(self.0.as_bytes()).0[..8])
    }

    /// Reads a key from its PASERK text (`k4.public.…`).
    ///
    /// # Errors
    /// If it is not one.
    pub fn from_paserk(text: &str) -> anyhow::Result<VerifyingKey> {
        let key = AsymmetricPublicKey::<V4>::try_from(text.trim());
        key.map(VerifyingKey)
            .map_err(|_| anyhow::anyhow!("{text:?} is no PASERK v4 public key (it begins with k4.public.)"))
    }

    /// The key's PASERK text.
    pub fn to_paserk(&self) -> String {
        let mut text = String::new();
        // Writing to a string cannot fail.
        let _ = self.0.fmt(&mut text);
        text
    }
}

impl fmt::Debug for VerifyingKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "VerifyingKey({})", self.id())
    }
}

/// Verifies a token's signature with one of `keys` and reads the grant. Says nothing of its times.
///
/// # Errors
/// [`GrantError::Malformed`], [`GrantError::UnknownKey`] or [`GrantError::Signature`].
pub fn verify(token: &str, keys: &[VerifyingKey]) -> Result<Grant, GrantError> {
    let malformed = |what: &str| GrantError::Malformed(what.to_owned());
    let untrusted = UntrustedToken::<Public, V4>::try_from(token)
        .map_err(|_| malformed("not a PASETO v4.public token"))?;
    let footer = String::from_utf8_lossy(untrusted.untrusted_footer()).into_owned();
    let Some(key) = keys.iter().find(|key| key.id() == footer) else {
        return Err(GrantError::UnknownKey(footer.chars().take(16).collect()));
    };
    let trusted = PublicToken::verify(&key.0, &untrusted, Some(footer.as_bytes()), Some(PURPOSE))
        .map_err(|_| GrantError::Signature)?;
    serde_json::from_str(trusted.payload()).map_err(|error| GrantError::Malformed(error.to_string()))
}

impl Grant {
    /// Checks the times of a grant that has just been delivered against the server's clock, with
    /// [`CLOCK_TOLERANCE`]. It carries a fresh challenge, so it was signed moments ago: if the server's clock
    /// says otherwise, one of the two clocks is wrong.
    ///
    /// # Errors
    /// [`GrantError::ClockSkew`], [`GrantError::Expired`] or [`GrantError::NotYet`].
    pub fn check_times(&self, now: Timestamp) -> Result<(), GrantError> {
        if self.signed_at.duration_since(now).abs() > CLOCK_TOLERANCE {
            return Err(GrantError::ClockSkew { bot: self.signed_at, server: now });
        }
        self.check_expiry(now)?;
        if self.not_before.duration_since(now) > CLOCK_TOLERANCE {
            return Err(GrantError::NotYet(self.not_before));
        }
        Ok(())
    }

    /// Checks only that the grant has not expired, as a staged grant is checked when it is applied.
    ///
    /// # Errors
    /// [`GrantError::Expired`].
    pub fn check_expiry(&self, now: Timestamp) -> Result<(), GrantError> {
        if now.duration_since(self.expires) > CLOCK_TOLERANCE {
            return Err(GrantError::Expired(self.expires));
        }
        Ok(())
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use std::collections::BTreeMap;

    use super::*;
    use crate::plan::Mode;

    fn at(text: &str) -> Timestamp {
        text.parse().expect("a time")
    }

    /// A grant of everyday values, also for other rooms' tests.
    pub(crate) fn grant() -> Grant {
        Grant {
            plan: Plan {
                request: "000102030405060708090a0b0c0d0e0f".parse().expect("valid"),
                command: "enable-password-sync".parse().expect("valid"),
                script: Digest::of(b"script"),
                mode: Mode::Unattended,
                arguments: BTreeMap::new(),
                agent: "SYNC01".parse().expect("valid"),
                generation: 1,
                fingerprint: Digest::of(b"state"),
            },
            challenge: "00".repeat(16),
            requester: Snowflake(1),
            approvers: vec![Snowflake(2)],
            reason: "helpdesk ticket 4711".into(),
            audit_head: "#12 9be1-44d0".into(),
            signed_at: at("2026-11-22T02:00:00Z"),
            not_before: at("2026-11-22T02:00:00Z"),
            expires: at("2026-11-22T02:15:00Z"),
            proofs: Vec::new(),
        }
    }

    #[test]
    fn a_signed_grant_is_read_back_whole() {
        let key = SigningKey::generate().expect("randomness");
        let again = SigningKey::from_paserk(&key.to_paserk()).expect("reads");
        let token = again.sign(&grant()).expect("signs");
        assert_eq!(verify(&token, &[key.verifying()]), Ok(grant()));
    }

    #[test]
    fn a_grant_of_another_key_or_a_changed_one_is_refused() {
        let key = SigningKey::generate().expect("randomness");
        let other = SigningKey::generate().expect("randomness");
        let token = key.sign(&grant()).expect("signs");
        assert!(matches!(verify(&token, &[other.verifying()]), Err(GrantError::UnknownKey(_))));
        let mut changed = token.clone().into_bytes();
        changed[20] ^= 1;
        let changed = String::from_utf8(changed).expect("ASCII");
        assert_ne!(verify(&changed, &[key.verifying()]).ok(), Some(grant()));
        assert!(matches!(verify("v4.public.AAAA", &[key.verifying()]), Err(GrantError::Malformed(_))));
        assert!(matches!(verify("", &[key.verifying()]), Err(GrantError::Malformed(_))));
    }

    #[test]
    fn a_grant_is_refused_when_the_clocks_are_more_than_ten_minutes_apart() {
        assert_eq!(grant().check_times(at("2026-11-22T02:00:01Z")), Ok(()));
        assert_eq!(grant().check_times(at("2026-11-22T01:50:00Z")), Ok(()));
        assert!(matches!(grant().check_times(at("2026-11-22T01:49:59Z")), Err(GrantError::ClockSkew { .. })));
        assert!(matches!(grant().check_times(at("2026-11-22T02:10:01Z")), Err(GrantError::ClockSkew { .. })));
    }

    #[test]
    fn a_staged_grant_expires() {
        assert_eq!(grant().check_expiry(at("2026-11-22T02:25:00Z")), Ok(()));
        let late = at("2026-11-22T02:25:01Z");
        assert_eq!(grant().check_expiry(late), Err(GrantError::Expired(grant().expires)));
    }

    #[test]
    fn a_signing_key_never_shows_itself() {
        let key = SigningKey::generate().expect("randomness");
        let secret = key.to_paserk();
        assert!(!format!("{key:?}").contains(secret.trim_start_matches("k4.secret.")));
        let error = SigningKey::from_paserk("k4.secret.oops").expect_err("refused");
        assert!(!error.to_string().contains("oops"));
    }
}
