//! What the answer turns to, as one table; and the knowledge that it rests on.

use std::collections::BTreeMap;

use super::*;
use crate::diagnosis::{Cause, Confidence, Evidence, ServerDiagnosis, Silence};
use crate::question::{Hypothesis, Intent, Question, Scope, read};
use crate::words::{Language, Text};

use Hypothesis::*;
use Relation::*;

fn server(cause: Cause, method: &str) -> ServerDiagnosis {
    ServerDiagnosis {
        agent: "SYNC01".parse().expect("an id"),
        server: "SYNC01".into(),
        build: None,
        cause,
        confidence: Confidence::Certain,
        summary: Text::default(),
        since: None,
        evidence: vec![Evidence { text: Text::plain("seen"), events: None }],
        ruled_out: Vec::new(),
        remedy: None,
        offer: false,
        why_not: Vec::new(),
        warnings: Vec::new(),
        forests: Vec::new(),
        report_age: None,
        silent: None,
        last_action: None,
        sign_in_method: (!method.is_empty()).then(|| method.to_owned()),
        deliberate: false,
    }
}

fn asked(hypothesis: Hypothesis, scope: Scope) -> Question {
    Question { hypothesis: Some(hypothesis), scope, intent: Intent::SignInProblem, ..read("") }
}

/// How each cause stands for the table: password sync is well, at fault, or it can't be told.
fn kind(cause: Cause) -> &'static str {
    match cause {
        Cause::Healthy | Cause::Recovered => "well",
        Cause::StagingMode => "untold",
        Cause::CloudCredential | Cause::CloudCertificate | Cause::CloudSignInBlocked => "own sign-in",
        Cause::PhsNotActivated
        | Cause::ForestChannelDisabled
        | Cause::CloudBusy
        | Cause::Connectivity
        | Cause::AdUnreachable
        | Cause::AdPermission
        | Cause::AdReplicationDisabled
        | Cause::AdCredential
        | Cause::AdOther
        | Cause::FipsMode
        | Cause::WaitingForDirectorySync
        | Cause::HeartbeatMissing
        | Cause::ServiceStopped
        | Cause::BuildRetired
        | Cause::ApplianceRetired
        | Cause::ProductBug
        | Cause::Unknown6900
        | Cause::Mixed => "at fault",
    }
}

/// By what the words point to: beside a fault, and beside a fault that is the server's own sign-in.
const BESIDE: [(Hypothesis, Relation, Relation); 10] = [
    (PasswordHashSync, Agrees, Agrees),
    (PassThroughAuth, Elsewhere, Elsewhere),
    (Federation, Elsewhere, Elsewhere),
    (MfaOrConditionalAccess, Accepted, Accepted),
    (Lockout, MayFollow, MayFollow),
    (AccountDisabledOrMissing, Apart, Apart),
    (ExpiredPassword, MayFollow, MayFollow),
    (AppAssignment, Accepted, Accepted),
    (SyncServiceIdentity, Apart, Agrees),
    (Unclear, Open, Open),
];

#[test]
fn words_and_servers_meet_as_the_table_says_whatever_the_cause_the_words_and_the_scope() {
    for &cause in Cause::ALL {
        for (hypothesis, beside, beside_own) in BESIDE {
            for scope in [Scope::One, Scope::Many, Scope::Unknown] {
                let met =
                    meet(&asked(hypothesis, scope), &server(cause, "PasswordHashSync")).expect("a problem");
                let wanted = match kind(cause) {
                    "well" => Instead,
                    "untold" => Untold,
                    "own sign-in" => beside_own,
                    _ => beside,
                };
                assert_eq!(met.relation, wanted, "{cause} {hypothesis:?} {scope:?}");
                assert_eq!((met.hypothesis, met.by, met.scope), (hypothesis, By::Words, scope));
                assert_eq!(met.leads(), kind(cause) == "well", "{cause} {hypothesis:?}");
            }
        }
    }
}

#[test]
fn the_tenants_own_way_of_signing_in_is_evidence_where_the_words_leave_it_open() {
    for (method, wanted) in [
        ("PasswordHashSync", None),
        ("", None),
        ("PassThroughAuthentication", Some(PassThroughAuth)),
        ("Pass-through authentication", Some(PassThroughAuth)),
        ("Federation", Some(Federation)),
        ("FederationWithADFS", Some(Federation)),
        ("SomethingNew", None),
    ] {
        for cause in [Cause::Healthy, Cause::PhsNotActivated] {
            for said in [Unclear, PasswordHashSync] {
                let met = meet(&asked(said, Scope::Many), &server(cause, method)).expect("a problem");
                assert_eq!(met.hypothesis, wanted.unwrap_or(said), "{method} {said:?}");
                assert_eq!(met.by, if wanted.is_some() { By::Method } else { By::Words });
                if wanted.is_some() {
                    assert_eq!(met.relation, if cause == Cause::Healthy { Instead } else { Elsewhere });
                    assert_eq!((met.method.as_deref(), met.doubted), (Some(method), false));
                }
            }
            // Words that tell go before it.
            let met = meet(&asked(Lockout, Scope::One), &server(cause, method)).expect("a problem");
            assert_eq!((met.hypothesis, met.by), (Lockout, By::Words));
        }
    }
}

#[test]
fn a_way_of_signing_in_that_the_server_does_not_know_of_is_doubted_and_said() {
    let met = meet(&asked(PassThroughAuth, Scope::Many), &server(Cause::Healthy, "PasswordHashSync"));
    let met = met.expect("a problem");
    assert!(met.doubted);
    assert_eq!((met.hypothesis, met.method.as_deref()), (PassThroughAuth, Some("PasswordHashSync")));
    let met =
        meet(&asked(Federation, Scope::Many), &server(Cause::Healthy, "Federation")).expect("a problem");
    assert!(!met.doubted && met.method.is_some());
    let met = meet(&asked(Federation, Scope::Many), &server(Cause::Healthy, "")).expect("a problem");
    assert!(!met.doubted && met.method.is_none());
}

#[test]
fn an_old_report_or_none_tells_nothing_of_now() {
    let mut silent = server(Cause::Healthy, "");
    silent.silent = Some(Silence { code: "timed-out".into(), why: "no answer".into() });
    let mut unheard = server(Cause::HeartbeatMissing, "");
    unheard.evidence.clear();
    for server in [silent, unheard] {
        let met = meet(&asked(Lockout, Scope::One), &server).expect("a problem");
        assert_eq!((met.relation, met.leads()), (Untold, false));
    }
}

#[test]
fn what_is_no_sign_in_problem_meets_nothing() {
    for text in ["how are the servers?", "please turn password sync back on", "the printer is jammed", "help"]
    {
        assert_eq!(meet(&read(text), &server(Cause::PhsNotActivated, "")), None, "{text}");
    }
}

#[test]
fn everything_that_words_can_point_to_has_a_next_check_and_who_can_make_it_in_each_language() {
    let commands = |pointer: &Pointer| {
        let steps = [Scope::One, Scope::Many].into_iter().flat_map(|scope| pointer.steps(scope));
        let mut found = BTreeMap::new();
        for word in steps.flat_map(|step| step.split_whitespace()) {
            let word = word.trim_matches(|c: char| !c.is_alphanumeric() && c != '/');
            if word.contains("-ADSync") || word.starts_with('/') || word.chars().any(|c| c.is_ascii_digit()) {
                *found.entry(word.trim_start_matches("AADSTS").to_owned()).or_insert(0) += 1;
            }
        }
        found
    };
    for hypothesis in Hypothesis::ALL {
        let english = Pointers::embedded().of(hypothesis);
        assert!(!english.sources.is_empty() && english.sources.iter().all(|it| it.starts_with("https://")));
        for language in Language::ALL {
            let pointer = Pointers::embedded().of_in(hypothesis, language);
            assert!(
                !pointer.title.is_empty() && pointer.means.ends_with(['.', ')']) && !pointer.who.is_empty()
            );
            for scope in [Scope::One, Scope::Many, Scope::Unknown] {
                assert!(!pointer.steps(scope).is_empty());
                assert_eq!(
                    pointer.steps(scope).len(),
                    english.steps(scope).len(),
                    "{hypothesis:?} {scope:?}"
                );
            }
            assert_eq!(commands(pointer), commands(english), "{hypothesis:?} {language:?}");
            let translated = language == Language::English
                || (pointer.title != english.title
                    && pointer.means != english.means
                    && pointer.steps(Scope::One) != english.steps(Scope::One));
            assert!(translated, "{hypothesis:?} is not in {language:?}");
        }
    }
}
