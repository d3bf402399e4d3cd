//! What is made of questions, one by one; the corpus measures the whole.

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
    assert!(!named.is_empty() && !named.chars().any(crate::terminal::steers), "{named:?}");
}

#[test]
fn a_wish_for_password_sync_is_a_fix_unless_it_is_negated() {
    assert_eq!(named("please turn password sync back on").0, Intent::Fix);
    assert_eq!(named("bitte PHS wieder einschalten").0, Intent::Fix);
    assert_eq!(named("bitte PHS NICHT einschalten").0, Intent::Other);
    assert_eq!(named("users can't sign in but do not turn password sync on").0, Intent::SignInProblem);
    assert_eq!(named("is password sync on?").0, Intent::Status);
}
