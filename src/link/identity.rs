//! The bot's identity as files in one folder: the authority, the bot's certificate, and the keys of grants.
//!
//! | file | what | secret |
//! |---|---|---|
//! | `ca.pem`, `ca.key` | the tenant's authority | the key |
//! | `bot.pem`, `bot.key` | the bot's certificate | the key |
//! | `grant.key` | signs grants (PASERK `k4.secret`) | yes |
//! | `grant-keys.txt` | what agents verify grants with, one PASERK a line, the signing key's first | no |

use std::path::{Path, PathBuf};

use jiff::Timestamp;

use super::authority::{Authority, Credential};
use super::certs::{CertError, CertInfo, Enrolment, Kind, SecretPem};
use super::files::{self, FileError};
use crate::grant::{SigningKey, VerifyingKey};
use crate::ids::AgentId;
use crate::random::Random;

/// Why an identity can't be made, opened or renewed.
#[derive(Debug, thiserror::Error)]
pub enum IdentityError {
    /// A file can't be used.
    #[error(transparent)]
    File(#[from] FileError),
    /// A certificate or key is not what it should be.
    #[error("{}: {error}", path.display())]
    Certificate {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        error: CertError,
    },
    /// A grant key is not what it should be.
    #[error("{}: {why}", path.display())]
    GrantKey {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        why: String,
    },
    /// Something could not be issued.
    #[error(transparent)]
    Issue(#[from] CertError),
    /// The folder holds an identity already; it is never overwritten.
    #[error("{} holds an identity already", .0.display())]
    Exists(PathBuf),
}

/// The bot's identity.
pub struct Identity {
    folder: PathBuf,
    authority: Authority,
    bot: Credential,
    bot_info: CertInfo,
    grant_key: SigningKey,
    grant_keys: Vec<VerifyingKey>,
}

impl Identity {
    /// Makes an identity for a tenant in a folder that has none.
    ///
    /// # Errors
    /// [`IdentityError`]; an identity that is there is never overwritten.
    pub fn create(
        folder: &Path,
        tenant: &str,
        at: Timestamp,
        random: &Random,
    ) -> Result<Identity, IdentityError> {
        if Identity::exists(folder) {
            return Err(IdentityError::Exists(folder.to_owned()));
        }
        let authority = Authority::new(tenant, at, random)?;
        let bot = authority.issue_bot(at, random)?;
        let grant_key = SigningKey::generate().map_err(|error| IdentityError::GrantKey {
            path: folder.join("grant.key"),
            why: error.to_string(),
        })?;
        files::make_folder(folder)?;
        let write = |name: &str, text: &str| files::write_new(&folder.join(name), text);
        write("grant.key", &grant_key.to_paserk())?;
        write("grant-keys.txt", &format!("{}\n", grant_key.verifying().to_paserk()))?;
        write("bot.key", bot.key.expose())?;
        write("bot.pem", &bot.certificate)?;
        write("ca.key", authority.key().expose())?;
        write("ca.pem", authority.certificate())?;
        Identity::open(folder)
    }

    /// Whether the folder holds an identity, or part of one.
    pub fn exists(folder: &Path) -> bool {
        ["ca.pem", "ca.key", "bot.pem", "bot.key", "grant.key"].iter().any(|name| folder.join(name).exists())
    }

    /// Opens the identity in a folder.
    ///
    /// # Errors
    /// [`IdentityError`], naming the file: missing, readable by others, or not what it should be.
    pub fn open(folder: &Path) -> Result<Identity, IdentityError> {
        let ca = credential(folder, "ca")?;
        let in_file = |name: &str| {
            let path = folder.join(name);
            move |error| IdentityError::Certificate { path, error }
        };
        let authority = Authority::open(ca).map_err(in_file("ca.pem"))?;
        let bot = bot_credential(folder)?;
        let bot_info = CertInfo::from_pem(&bot.certificate).map_err(in_file("bot.pem"))?;
        if bot_info.kind != Kind::Bot {
            return Err(in_file("bot.pem")(CertError::NotOurs("it is not the bot's")));
        }
        let grant_path = folder.join("grant.key");
        let grant_key = SigningKey::from_paserk(&files::read_secret(&grant_path)?)
            .map_err(|error| IdentityError::GrantKey { path: grant_path, why: error.to_string() })?;
        let grant_keys = grant_keys(&folder.join("grant-keys.txt"), &grant_key)?;
        Ok(Identity { folder: folder.to_owned(), authority, bot, bot_info, grant_key, grant_keys })
    }

    /// The authority.
    pub fn authority(&self) -> &Authority {
        &self.authority
    }

    /// The bot's certificate with its key.
    pub fn bot(&self) -> &Credential {
        &self.bot
    }

    /// What stands in the bot's certificate.
    pub fn bot_info(&self) -> &CertInfo {
        &self.bot_info
    }

    /// What grants are signed with.
    pub fn grant_key(&self) -> &SigningKey {
        &self.grant_key
    }

    /// What agents verify grants with; the signing key's is among them.
    pub fn grant_keys(&self) -> &[VerifyingKey] {
        &self.grant_keys
    }

    /// Gives the bot a new certificate with a new key. Agents need nothing: the authority stays.
    ///
    /// # Errors
    /// [`IdentityError`]; the old certificate stays in use then.
    pub fn renew_bot(&mut self, at: Timestamp, random: &Random) -> Result<(), IdentityError> {
        let bot = self.authority.issue_bot(at, random)?;
        let bot_info = CertInfo::from_pem(&bot.certificate)?;
        // The key and the certificate can't change in one step: `open` finishes what a crash has left.
        let staged = self.folder.join(STAGED);
        files::replace(&staged, &bot.certificate)?;
        files::replace(&self.folder.join("bot.key"), bot.key.expose())?;
        files::rename(&staged, &self.folder.join("bot.pem"))?;
        (self.bot, self.bot_info) = (bot, bot_info);
        Ok(())
    }

    /// Enrols an agent: its certificate and all else it needs to trust this bot.
    ///
    /// # Errors
    /// [`CertError`].
    pub fn enrol(
        &self,
        id: &AgentId,
        generation: u32,
        request: &str,
        at: Timestamp,
        random: &Random,
    ) -> Result<Enrolment, CertError> {
        Ok(Enrolment {
            agent: id.clone(),
            generation,
            certificate: self.authority.issue_agent(id, generation, request, at, random)?,
            ca: self.authority.certificate().to_owned(),
            grant_keys: self.grant_keys.iter().map(VerifyingKey::to_paserk).collect(),
        })
    }
}

/// The bot's next certificate, while its key is exchanged.
const STAGED: &str = "bot.pem.next";

/// The bot's certificate with its key; if a crash came between exchanging the two, finishes it.
fn bot_credential(folder: &Path) -> Result<Credential, IdentityError> {
    let staged = folder.join(STAGED);
    match credential(folder, "bot") {
        Err(IdentityError::Certificate { error: CertError::KeyMismatch, .. }) if staged.exists() => {
            files::rename(&staged, &folder.join("bot.pem"))?;
            credential(folder, "bot")
        }
        opened => opened,
    }
}

fn credential(folder: &Path, name: &str) -> Result<Credential, IdentityError> {
    let (pem, key) = (folder.join(format!("{name}.pem")), folder.join(format!("{name}.key")));
    let certificate = files::read_text(&pem)?;
    let secret = SecretPem::new(&files::read_secret(&key)?)
        .map_err(|error| IdentityError::Certificate { path: key.clone(), error })?;
    Credential::new(&certificate, secret).map_err(|error| match error {
        CertError::KeyMismatch => IdentityError::Certificate { path: key, error },
        error => IdentityError::Certificate { path: pem, error },
    })
}

fn grant_keys(path: &Path, signing: &SigningKey) -> Result<Vec<VerifyingKey>, IdentityError> {
    let invalid = |why: String| IdentityError::GrantKey { path: path.to_owned(), why };
    let mut keys = Vec::new();
    for line in files::read_text(path)?.lines().map(str::trim) {
        if !line.is_empty() && !line.starts_with('#') {
            keys.push(VerifyingKey::from_paserk(line).map_err(|error| invalid(error.to_string()))?);
        }
    }
    if !keys.contains(&signing.verifying()) {
        let mine = signing.verifying().to_paserk();
        return Err(invalid(format!("the key that grants are signed with is not listed: add {mine}")));
    }
    Ok(keys)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> Timestamp {
        text.parse().expect("a time")
    }

    fn made(folder: &Path) -> Identity {
        Identity::create(folder, "contoso", at("2026-11-22T02:00:00Z"), &Random::seeded(1)).expect("made")
    }

    #[test]
    fn an_identity_is_opened_as_it_was_made_and_never_made_twice() {
        let temp = tempfile::tempdir().expect("a folder");
        let folder = temp.path().join("identity");
        let first = made(&folder);
        let again = Identity::open(&folder).expect("opens");
        assert_eq!(again.bot_info(), first.bot_info());
        assert_eq!(again.grant_keys(), first.grant_keys());
        let twice = Identity::create(&folder, "x", at("2026-11-22T02:00:00Z"), &Random::seeded(2));
        assert!(matches!(twice, Err(IdentityError::Exists(_))));
    }

    #[cfg(unix)]
    #[test]
    fn an_identity_whose_keys_others_can_read_is_refused_by_name() {
        use std::os::unix::fs::PermissionsExt as _;
        let temp = tempfile::tempdir().expect("a folder");
        made(temp.path());
        for name in ["ca.key", "bot.key", "grant.key"] {
            let path = temp.path().join(name);
            let chmod = |mode| std::fs::set_permissions(&path, std::fs::Permissions::from_mode(mode));
            chmod(0o644).expect("chmod");
            let refused = Identity::open(temp.path()).err().expect("refused").to_string();
            assert!(refused.contains(name) && refused.contains("others can read"), "{refused}");
            chmod(0o600).expect("chmod");
        }
        Identity::open(temp.path()).expect("opens");
    }

    #[test]
    fn the_bot_gets_a_new_certificate_and_key_from_the_same_authority() {
        let temp = tempfile::tempdir().expect("a folder");
        let mut identity = made(temp.path());
        let before = identity.bot_info().clone();
        identity.renew_bot(at("2027-11-01T00:00:00Z"), &Random::seeded(2)).expect("renewed");
        let opened = Identity::open(temp.path()).expect("opens");
        assert_eq!(opened.bot_info(), identity.bot_info());
        assert_ne!(opened.bot_info().fingerprint, before.fingerprint);
        assert!(opened.bot_info().not_after > before.not_after);
    }

    #[test]
    fn a_renewal_that_a_crash_interrupted_is_finished_or_never_happened() {
        let temp = tempfile::tempdir().expect("a folder");
        let mut identity = made(temp.path());
        let file = |name: &str| temp.path().join(name);
        let (old, old_key) = (identity.bot_info().clone(), std::fs::read(file("bot.key")).expect("reads"));
        let old_pem = std::fs::read(file("bot.pem")).expect("reads");
        identity.renew_bot(at("2027-11-01T00:00:00Z"), &Random::seeded(2)).expect("renewed");
        // As after a crash once the key had been exchanged.
        std::fs::rename(file("bot.pem"), file(STAGED)).expect("renames");
        std::fs::write(file("bot.pem"), &old_pem).expect("writes");
        assert_eq!(Identity::open(temp.path()).expect("opens").bot_info(), identity.bot_info());
        assert!(!file(STAGED).exists());
        // As after a crash before that.
        std::fs::rename(file("bot.pem"), file(STAGED)).expect("renames");
        std::fs::write(file("bot.pem"), &old_pem).expect("writes");
        std::fs::write(file("bot.key"), &old_key).expect("writes");
        let mut opened = Identity::open(temp.path()).expect("opens");
        assert_eq!(*opened.bot_info(), old);
        opened.renew_bot(at("2027-11-02T00:00:00Z"), &Random::seeded(3)).expect("renewed");
    }

    #[test]
    fn a_missing_or_exchanged_file_is_named() {
        let temp = tempfile::tempdir().expect("a folder");
        made(temp.path());
        std::fs::copy(temp.path().join("ca.key"), temp.path().join("bot.key")).expect("copies");
        let refused = Identity::open(temp.path()).err().expect("refused").to_string();
        assert!(refused.contains("bot.key") && refused.contains("does not belong"), "{refused}");
        std::fs::remove_file(temp.path().join("bot.pem")).expect("removes");
        let refused = Identity::open(temp.path()).err().expect("refused").to_string();
        assert!(refused.contains("bot.pem"), "{refused}");
    }

    #[test]
    fn the_key_that_signs_must_be_among_those_that_agents_know() {
        let temp = tempfile::tempdir().expect("a folder");
        made(temp.path());
        let other = SigningKey::generate().expect("a key").verifying().to_paserk();
        std::fs::write(temp.path().join("grant-keys.txt"), other).expect("writes");
        let refused = Identity::open(temp.path()).err().expect("refused").to_string();
        assert!(refused.contains("is not listed: add k4.public."), "{refused}");
    }
}
