//! What the answer turns to.

use serde::Deserialize;

use super::pointers::Pointers;
use crate::diagnosis::{Cause, ServerDiagnosis};
use crate::question::{Code, Hypothesis, Intent, Question, Scope};

/// What the words of a sign-in problem say beside the servers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Meeting {
    /// What it points to.
    pub hypothesis: Hypothesis,
    /// What says so.
    pub by: By,
    /// How that stands to what the servers say.
    pub relation: Relation,
    /// Who is hit.
    pub scope: Scope,
    /// The codes in the words.
    pub codes: Vec<Code>,
    /// The words that decided.
    pub because: Vec<String>,
    /// The tenant's sign-in method, as a server read it, where it speaks for or against what the words point to.
    pub method: Option<String>,
    /// Whether that method speaks against it.
    pub doubted: bool,
}

/// What points somewhere.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum By {
    /// The question's words or codes.
    Words,
    /// The words leave it open, and the tenant's users sign in another way than by password hash sync.
    Method,
}

/// How what the words point to stands to what the servers say.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Relation {
    /// Password sync is well: the answer is where the words point.
    Instead,
    /// Password sync is at fault, and that is what the words describe.
    Agrees,
    /// Password sync is at fault, and the words may mean that or anything.
    Open,
    /// Password sync is at fault; but where the words point, the password was accepted.
    Accepted,
    /// Password sync is at fault; but where the words point, others than Entra ID check the password.
    Elsewhere,
    /// Password sync is at fault, and what the words point to may follow from it or be held up by it.
    MayFollow,
    /// Password sync is at fault, and what the words point to has nothing to do with it.
    Apart,
    /// The servers can't tell whether password sync is well.
    Untold,
}

impl Meeting {
    /// Whether the answer is about what the words point to, and no longer about the servers' verdict.
    pub fn leads(&self) -> bool {
        self.relation == Relation::Instead
    }
}

/// How users' new passwords fare, as far as the servers tell.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Sync {
    Well,
    AtFault,
    Untold,
}

fn sync(server: &ServerDiagnosis) -> Sync {
    match server.cause {
        Cause::Healthy | Cause::Recovered if server.silent.is_none() => Sync::Well,
        // What an old report said was well need not be so now; and a staging server says nothing of the active one.
        Cause::Healthy | Cause::Recovered | Cause::StagingMode => Sync::Untold,
        // Nothing could be read at all.
        Cause::HeartbeatMissing if server.evidence.is_empty() => Sync::Untold,
        _ => Sync::AtFault,
    }
}

/// How a tenant's users sign in, by `Microsoft.UserSignIn.SignOnMethod`. Only `PasswordHashSync` is a value seen in
/// a document, so the others are known by what their names must hold; any other says nothing.
fn method(name: &str) -> Option<Hypothesis> {
    let name: String =
        name.chars().filter(char::is_ascii_alphabetic).collect::<String>().to_ascii_lowercase();
    match () {
        () if name.contains("passwordhash") => Some(Hypothesis::PasswordHashSync),
        () if name.contains("passthrough") => Some(Hypothesis::PassThroughAuth),
        () if name.contains("federat") || name.contains("adfs") => Some(Hypothesis::Federation),
        () => None,
    }
}

/// What the words of a question say beside the verdict on a server; `None` if it is about no sign-in problem.
pub fn meet(question: &Question, server: &ServerDiagnosis) -> Option<Meeting> {
    let said = question.hypothesis.filter(|_| question.intent == Intent::SignInProblem)?;
    let of_method = server.sign_in_method.as_deref().and_then(method);
    let is_other_way = |it: &Hypothesis| matches!(it, Hypothesis::PassThroughAuth | Hypothesis::Federation);
    let is_left_open = matches!(said, Hypothesis::Unclear | Hypothesis::PasswordHashSync);
    let (hypothesis, by) = match of_method.filter(is_other_way).filter(|_| is_left_open) {
        Some(other) => (other, By::Method),
        None => (said, By::Words),
    };
    let doubted = is_other_way(&hypothesis) && of_method.is_some_and(|method| method != hypothesis);
    let speaks = doubted || of_method == Some(hypothesis);
    Some(Meeting {
        hypothesis,
        by,
        relation: relation(hypothesis, server),
        scope: question.scope,
        codes: question.codes.clone(),
        because: question.because.clone(),
        method: server.sign_in_method.clone().filter(|_| speaks),
        doubted,
    })
}

fn relation(hypothesis: Hypothesis, server: &ServerDiagnosis) -> Relation {
    const OWN_SIGN_IN: [Cause; 3] =
        [Cause::CloudCredential, Cause::CloudCertificate, Cause::CloudSignInBlocked];
    match sync(server) {
        Sync::Well => Relation::Instead,
        Sync::Untold => Relation::Untold,
        Sync::AtFault
            if hypothesis == Hypothesis::SyncServiceIdentity && OWN_SIGN_IN.contains(&server.cause) =>
        {
            Relation::Agrees
        }
        Sync::AtFault => Pointers::embedded().of(hypothesis).beside_a_fault,
    }
}
