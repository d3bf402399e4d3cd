//! A person's words in, what they are about out. Pure and explainable: rules over words, no network.
//!
//! - `text.rs`: characters to words. `typo.rs`: slips of the pen.
//! - `lang/*.toml`: each language's phrases by concept (`concept.rs`). `lexicon.rs`: finds them.
//! - `codes.toml`, `codes.rs`: AADSTS codes, with and without their prefix.
//! - `rules.rs`: concepts and codes to intent, hypothesis and scope. It knows no language.
//! - `hints/*.toml`: more phrases in each language, which no rule rests on and the model weighs.
//! - `features.rs`, `model.rs`, `table.rs`, `weights.bin`: a linear model over words, concepts, hints and the rules' answer,
//!   trained from the corpus. It decides what the rules are not certain of.
//!
//! In a language's file `function` holds the small words by which the language is known, `known` words that look like key
//! words and are none, and `concepts` the phrases: `word*` is any ending, `..` a few words in between.

mod codes;
mod concept;
mod features;
mod lexicon;
pub mod model;
mod rules;
mod table;
mod text;
mod typo;

use serde::{Deserialize, Serialize};

pub use codes::Code;
pub use features::Sees;
use model::Models;

/// The most words that an answer names.
const MOST_WORDS: usize = 12;

/// What somebody asked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Question {
    /// What it is about.
    pub intent: Intent,
    /// What the words alone point to; `None` unless it is a sign-in problem.
    pub hypothesis: Option<Hypothesis>,
    /// Who is hit.
    pub scope: Scope,
    /// The AADSTS codes in it, sorted, each once.
    pub codes: Vec<Code>,
    /// The words that decided, in lower case and in the text's order: those that the rules rest on, or that weighed most.
    pub because: Vec<String>,
    /// Whether nothing was asked.
    pub text_was_empty: bool,
    /// The language that it was written in (ISO 639-1), where its small words tell.
    pub language: Option<&'static str>,
}

impl Hypothesis {
    /// Every hypothesis.
    pub const ALL: [Hypothesis; 10] = model::HYPOTHESES;
}

impl Question {
    /// Whether the answer is in what the servers say.
    pub fn needs_servers(&self) -> bool {
        matches!(self.intent, Intent::SignInProblem | Intent::Status | Intent::Fix)
    }
}

/// What a question is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Intent {
    /// Somebody can't sign in, or a password does not work.
    SignInProblem,
    /// How the servers or the synchronization are.
    Status,
    /// Switch password sync on again.
    Fix,
    /// What can be asked and done here.
    Help,
    /// Something else.
    Other,
}

/// What the words of a sign-in problem point to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Hypothesis {
    /// New passwords do not reach the cloud.
    PasswordHashSync,
    /// The agents of pass-through authentication.
    PassThroughAuth,
    /// AD FS or another identity provider.
    Federation,
    /// A second factor or Conditional Access; the password was accepted.
    MfaOrConditionalAccess,
    /// The account is locked after wrong passwords.
    Lockout,
    /// The account is disabled, deleted or not in the directory.
    AccountDisabledOrMissing,
    /// The password is expired.
    ExpiredPassword,
    /// The user is not assigned to the application.
    AppAssignment,
    /// The synchronization's own account, secret or certificate.
    SyncServiceIdentity,
    /// The words do not tell.
    Unclear,
}

/// Who is hit.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Scope {
    /// One person.
    One,
    /// Several.
    Many,
    /// The words do not tell.
    Unknown,
}

/// Reads free text. Never fails; reads a few thousand characters at the most.
///
/// What the rules are certain of is theirs: a code that leaves no doubt, a key word by itself, and that nobody wishes password
/// sync on who says to leave it off. All else is the linear model's, which has the rules' answer among its features.
pub fn read(text: &str) -> Question {
    read_by(text, Models::of_file(), Sees::Everything)
}

/// Reads free text with other models, or with models that see less; for comparison.
pub fn read_by(text: &str, models: &Models, sees: Sees) -> Question {
    with_reading(text, |read| {
        let verdict = read.verdict;
        if verdict.is_certain {
            return by_rules(text, read);
        }
        let may_be = |intent| match intent {
            Intent::Fix => !verdict.keeps_off,
            Intent::Other => !verdict.is_hard,
            _ => true,
        };
        let guess = models.guess(read, sees, may_be);
        Question {
            intent: guess.intent,
            hypothesis: guess.hypothesis,
            scope: guess.scope,
            because: because(text, read.tokens, guess.because),
            ..by_rules(text, read)
        }
    })
}

/// Reads free text by the rules alone; for comparison.
pub fn read_by_rules(text: &str) -> Question {
    with_reading(text, |read| by_rules(text, read))
}

/// Finds words, concepts and codes in a text, and what the rules say of them.
fn with_reading<T>(text: &str, then: impl FnOnce(&features::Read<'_>) -> T) -> T {
    let mut tokens = text::tokens(text);
    let (mut hits, mut hints) = lexicon::find(&mut tokens);
    let language = lexicon::language(&tokens, &hits);
    let codes = codes::find(text, &tokens, &hits);
    let signature = lexicon::settle(&mut tokens, &mut hits);
    hints.retain(|hint| hint.to <= signature.start || hint.from >= signature.end);
    let verdict = rules::decide(text, &tokens, &hits, &codes);
    let mark = text.contains(['?', '？']);
    then(&features::Read {
        tokens: &tokens,
        signature,
        hits: &hits,
        hints: &hints,
        codes: &codes,
        verdict: &verdict,
        language,
        mark,
    })
}

fn by_rules(text: &str, read: &features::Read<'_>) -> Question {
    let verdict = read.verdict;
    Question {
        intent: verdict.intent,
        hypothesis: verdict.hypothesis,
        scope: verdict.scope,
        codes: read.codes.iter().map(|(code, _)| *code).collect(),
        because: because(text, read.tokens, verdict.because.clone()),
        text_was_empty: text.trim().is_empty(),
        language: read.language,
    }
}

/// The words of spans of tokens, in order, each once.
fn because(text: &str, tokens: &[text::Token], mut spans: Vec<(usize, usize)>) -> Vec<String> {
    spans.sort();
    let mut words: Vec<String> = Vec::new();
    for (from, to) in spans {
        let (Some(first), Some(last)) =
            (tokens.get(from), to.checked_sub(1).and_then(|last| tokens.get(last)))
        else {
            continue;
        };
        let span = text.get(first.start..last.end).unwrap_or_default().trim().to_lowercase();
        // A terminal would follow what controls it.
        let span: String = span.chars().map(|c| if steers(c) { ' ' } else { c }).collect();
        if !words.contains(&span) && words.len() < MOST_WORDS {
            words.push(span);
        }
    }
    words
}

/// Whether a character is a command to who shows it: a control, or one that turns the direction of writing.
fn steers(c: char) -> bool {
    c.is_control() || matches!(c, '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

#[cfg(test)]
mod tests {
    use super::*;

    fn named(text: &str) -> (Intent, Option<Hypothesis>) {
        let question = read(text);
        (question.intent, question.hypothesis)
    }

    #[test]
    fn complaints_about_signing_in_are_recognised_and_say_by_what() {
        for text in [
            "users can't sign in",
            "Users can’t sign-in!",
            "new pw not working",
            "login fails since this morning",
            "AADSTS50126",
            "AADSTS50126: Error validating credentials due to invalid username or password.",
            "my old password still works but the new one doesn't",
            "Passwort geht nicht",
            "Die Benutzer können sich nicht anmelden",
            "die benutzer koennen sich nicht anmelden",
            "nobody in sales is able to log in, help",
            "password sync",
            "event 6900 on SYNC01",
            "ｃａｎ'ｔ　ｌｏｇ　ｉｎ",
            "ログイン\u{3066}\u{3099}きません",
        ] {
            let question = read(text);
            assert_eq!(question.intent, Intent::SignInProblem, "{text}");
            assert!(!question.because.is_empty() && !question.text_was_empty, "{text}");
            assert!(question.needs_servers(), "{text}");
        }
    }

    #[test]
    fn anything_else_is_something_else() {
        for text in [
            "printer is jammed",
            "the printer does not work",
            "who brings cake on Friday?",
            "Drucker klemmt",
            "the design is not ready",
            "hello",
            "???",
            "do NOT turn password sync on",
        ] {
            assert_eq!(read(text).intent, Intent::Other, "{text}");
        }
        assert!(read(" \n").text_was_empty && !read("?").text_was_empty);
    }

    #[test]
    fn the_language_of_a_question_is_known_by_its_small_words() {
        for (text, language) in [
            ("users can't sign in since this morning", Some("en")),
            ("die Benutzer können sich nicht anmelden", Some("de")),
            ("le mot de passe ne marche pas", Some("fr")),
            ("AADSTS50126", None),
            ("", None),
        ] {
            assert_eq!(read(text).language, language, "{text}");
        }
    }

    #[test]
    fn only_a_number_in_its_place_is_a_code() {
        let codes = |text: &str| read(text).codes.iter().map(ToString::to_string).collect::<Vec<_>>();
        assert_eq!(codes("error 50126 at sign-in, then 50053"), ["AADSTS50053", "AADSTS50126"]);
        assert_eq!(
            codes("aadsts 50126 and AADSTS-50076 and AADST50053"),
            ["AADSTS50053", "AADSTS50076", "AADSTS50126"]
        );
        assert_eq!(codes("login fails, see ticket 50126"), [""; 0]);
        assert_eq!(codes("can't log in, call me on 089 50126 33"), [""; 0]);
        assert_eq!(codes("login error, correlation 11d7b1f2-50126-4a5b"), [""; 0]);
        assert_eq!(codes("50126 people came"), [""; 0]);
    }

    #[test]
    fn what_follows_a_letters_end_does_not_count() {
        let text = "Hi, I can't sign in to Teams. Kind regards, Bo, Printer Service | the building, 2nd floor, everyone welcome";
        let question = read(text);
        assert_eq!(named(text), (Intent::SignInProblem, Some(Hypothesis::Unclear)));
        assert_eq!(question.scope, Scope::One);
    }

    #[test]
    fn what_is_to_be_left_off_is_never_a_wish_in_any_language() {
        for text in [
            "do NOT turn it on",
            "please do not enable password sync",
            "everyone agreed and the window is open, but don't switch PHS back on yet",
            "nobody is to turn password hash sync on today",
            "whatever you do, keep hash sync disabled",
            "bitte die Kennwortsynchronisierung nicht einschalten",
            "ne réactivez surtout pas PHS",
            "no activéis la sincronización de contraseñas",
            "não ativem a sincronização de senhas",
            "nie włączajcie synchronizacji haseł",
            "パスワード同期を有効にしないでください",
            "password sync must not be enabled",
            "PHS shouldn't be switched on",
            "no one may turn on PHS",
            "Enable PHS? NO!",
            "please do not, I repeat do NOT, under any circumstances, ever turn password hash sync back on",
            "we should wait before switching password sync on again",
            "don t turn on password sync",
            "PHS einschalten? Nein!",
            "Niemand soll PHS einschalten",
            "Bitte mit dem Wiedereinschalten warten",
            "personne ne doit réactiver PHS",
            "nadie debe activar PHS",
            "ninguém deve ativar o PHS",
            "PHS nie powinien być włączony",
            "PHSを有効にすべきではない",
            // Nor is switching off one of switching on.
            "disable PHS again please",
            "please turn OFF password sync",
            "Bitte PHS deaktivieren",
            "désactivez la synchro des mots de passe",
            "desactivad la sincronización de contraseñas",
            "desliguem a sincronização de senhas",
            "wyłączcie PHS",
            "パスワード同期をオフにしてください",
        ] {
            assert_ne!(named(text).0, Intent::Fix, "{text}");
        }
        // Nor do a model's weights make it one, whatever they are.
        let mut models = Models::new(model::Rows::of_corpus([]));
        let fix = model::INTENTS.iter().position(|intent| *intent == Intent::Fix).expect("a row");
        models.intent.weights.iter_mut().skip(fix).step_by(5).for_each(|weight| *weight = 9.0);
        let forced = |text| read_by(text, &models, Sees::Everything).intent;
        assert_eq!(forced("the server room is cold"), Intent::Fix);
        assert_ne!(forced("please do not enable password sync"), Intent::Fix);
    }

    #[test]
    fn who_cannot_sign_in_is_heard_whatever_else_is_said() {
        for text in [
            "nobody can sign in. Please do not switch PHS on yet.",
            "Keiner kann sich anmelden. Bitte PHS noch nicht einschalten.",
            "Personne ne peut se connecter. Ne réactivez pas PHS.",
            "can't log in, INC50126",
            "cannot sign in, invoice 50053",
            "Anmeldung klappt nicht, Kostenstelle 50053",
            "since the power cut nobody can log in, the printers are dead too and the coffee machine is on strike",
        ] {
            let question = read(text);
            assert_eq!(question.intent, Intent::SignInProblem, "{text}");
            assert!(question.codes.is_empty(), "{text}: {:?}", question.codes);
        }
    }

    #[test]
    fn a_code_that_says_that_the_password_was_refused_never_points_to_what_comes_after_it() {
        for text in [
            "code AADSTS50126 on my phone",
            "AADSTS50126 in Salesforce",
            "error code 50126 for everyone in sales",
        ] {
            let (_, hypothesis) = named(text);
            let accepted = [Hypothesis::MfaOrConditionalAccess, Hypothesis::AppAssignment].map(Some);
            assert!(!accepted.contains(&hypothesis), "{text}: {hypothesis:?}");
        }
    }

    #[test]
    fn two_codes_side_by_side_are_codes_and_a_counted_number_a_port_or_a_callback_is_none() {
        let codes = |text| read(text).codes.len();
        assert_eq!(codes("Fehlercodes: 50126 50053 50076"), 3);
        for text in [
            "login failed 50053 times",
            "password reset took 50053 ms",
            "login fails 10.0.0.1:50126",
            "login fails, 50126.00 EUR",
            "Passwort falsch, Rückruf unter 50053",
            "login broken, Personalnr. 50055",
            "password wrong, room 50053",
        ] {
            assert_eq!(codes(text), 0, "{text}");
        }
    }

    #[test]
    fn what_an_answer_names_steers_no_terminal() {
        let question = read("can't\u{1b}[31m log\u{202e} in");
        let named = question.because.concat();
        assert!(!named.is_empty() && !named.chars().any(steers), "{named:?}");
    }

    #[test]
    fn a_wish_for_password_sync_is_a_fix_unless_it_is_negated() {
        assert_eq!(named("please turn password sync back on").0, Intent::Fix);
        assert_eq!(named("bitte PHS wieder einschalten").0, Intent::Fix);
        assert_eq!(named("bitte PHS NICHT einschalten").0, Intent::Other);
        assert_eq!(named("users can't sign in but do not turn password sync on").0, Intent::SignInProblem);
        assert_eq!(named("is password sync on?").0, Intent::Status);
    }
}
