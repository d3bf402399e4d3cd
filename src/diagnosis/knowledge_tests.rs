//! That the knowledge is sound, told in every language, and that no override loosens it.

use super::*;

fn date(text: &str) -> Date {
    text.parse().expect("a date")
}

#[test]
fn the_embedded_knowledge_is_sound_and_each_cause_has_words_and_a_source() {
    let knowledge = Knowledge::embedded();
    for &cause in Cause::ALL {
        let told = knowledge.explain(cause);
        assert!(!told.title.is_empty() && told.sentence.ends_with('.') && !told.who.is_empty(), "{cause}");
        assert!(!told.steps.is_empty() && !told.sources.is_empty(), "{cause}");
        assert!(told.sources.iter().all(|source| source.starts_with("https://")), "{cause}");
        assert_eq!(told.bad, told.severity >= 30, "{cause}");
    }
    let recalled: Vec<_> = knowledge.builds().filter(|facts| facts.recalled).collect();
    assert_eq!(recalled.len(), 1);
    assert_eq!(knowledge.minimum().build.to_string(), "2.5.79.0");
}

#[test]
fn every_cause_and_every_signature_is_told_in_every_language_with_the_same_names() {
    let knowledge = Knowledge::embedded();
    let names = |text: &str| {
        let is_name = |word: &&str| {
            word.contains("ADSync") || word.starts_with('{') || word.chars().any(|c| c.is_ascii_digit())
        };
        let bare =
            |word: &str| word.trim_matches(|c: char| !c.is_alphanumeric() && c != '{' && c != '}').to_owned();
        let mut names: Vec<String> =
            text.split([' ', '-', ',', '(', ')']).filter(is_name).map(bare).collect();
        names.sort();
        names
    };
    for language in Language::ALL.into_iter().filter(|language| *language != Language::English) {
        for &cause in Cause::ALL {
            let (english, told) = (knowledge.explain(cause), knowledge.explain_in(cause, language));
            let texts = |it: &Explanation| {
                let steps = it.steps.iter().cloned();
                [&it.title, &it.sentence, &it.explanation]
                    .into_iter()
                    .cloned()
                    .chain(steps)
                    .collect::<Vec<_>>()
            };
            for (english, told) in texts(english).iter().zip(&texts(told)) {
                assert_eq!(names(english), names(told), "{cause} {language:?}: {told}");
                let is_command = english.starts_with("Test-") || english == told && !english.contains(' ');
                assert!(english != told || is_command, "{cause} is not in {language:?}: {told}");
            }
            assert_eq!(english.steps.len(), told.steps.len(), "{cause} {language:?}");
            assert_ne!(english.who, told.who, "{cause} {language:?}");
            assert_eq!((english.bad, &english.sources), (told.bad, &told.sources));
        }
        for signature in knowledge.signatures.all() {
            assert_ne!(signature.says.to_string(), signature.says.tell(language), "{}", signature.id);
        }
        for objection in knowledge.signatures.objections().all.iter() {
            assert_ne!(objection.says.to_string(), objection.says.tell(language), "{}", objection.id);
        }
    }
}

#[test]
fn an_override_changes_words_and_builds() {
    let causes = "[cause.healthy]\ntitle = \"Alles gut\"";
    let builds = "[[build]]\nbuild = \"2.6.95.0\"\nreleased = \"2026-11-20\"\n[minimum]\nbuild = \"2.6.84.0\"\nfrom = \"2027-04-07\"";
    let knowledge = Knowledge::with_overrides(Some(causes), Some(builds)).expect("accepted");
    assert_eq!(knowledge.explain(Cause::Healthy).title, "Alles gut");
    assert_eq!(knowledge.explain_in(Cause::Healthy, Language::German).title, "Alles gut");
    assert!(knowledge.explain(Cause::Healthy).sentence.contains("works"));
    assert!(knowledge.build("2.6.95.0".parse().expect("a build")).is_some());
    let build: Build = "2.6.3.0".parse().expect("a build");
    assert_eq!(knowledge.refused(build, date("2027-04-06")), None);
    assert_eq!(knowledge.refused(build, date("2027-04-07")).expect("refused").build.to_string(), "2.6.84.0");
    let old: Build = "2.4.18.0".parse().expect("a build");
    assert_eq!(knowledge.refused(old, date("2026-09-29")), None);
    assert!(knowledge.refused(old, date("2026-09-30")).is_some());
}

#[test]
fn builds_that_the_cloud_refused_in_earlier_days_are_refused_from_their_own_day_on() {
    let knowledge = Knowledge::embedded();
    let build: Build = "1.6.16.0".parse().expect("a build");
    assert_eq!(knowledge.refused(build, date("2023-09-30")), None);
    assert_eq!(knowledge.refused(build, date("2024-02-06")).expect("refused").build.to_string(), "2.0.0.0");
    assert_eq!(knowledge.refused(build, date("2026-09-30")).expect("refused").build.to_string(), "2.5.79.0");
}

#[test]
fn no_override_can_name_a_remedy_a_signature_or_an_unknown_cause() {
    let refused = |text: &str| Knowledge::with_overrides(Some(text), None).expect_err("refused");
    assert!(matches!(
        refused("[cause.ad-other]\nremedy = \"enable-password-sync\""),
        KnowledgeError::NamesRemedy(_)
    ));
    assert!(matches!(refused("[cause.printer-jam]\ntitle = \"x\""), KnowledgeError::UnknownCause(_)));
    let signature = "[[signature]]\nid = \"x\"\ncause = \"phs-not-activated\"\nevents = [611]\nsays = \"x\"";
    assert!(matches!(refused(signature), KnowledgeError::Causes(_)));
    assert!(matches!(refused("[cause.ad-other]\nbad = false"), KnowledgeError::Causes(_)));
}

#[test]
fn no_override_can_lower_the_minimum_or_clear_a_recall() {
    let lower = "[minimum]\nbuild = \"2.4.18.0\"\nfrom = \"2026-09-30\"";
    assert!(matches!(Knowledge::with_overrides(None, Some(lower)), Err(KnowledgeError::LowersMinimum(_))));
    let cleared = "[[build]]\nbuild = \"2.6.79.0\"";
    let knowledge = Knowledge::with_overrides(None, Some(cleared)).expect("accepted");
    assert!(knowledge.build("2.6.79.0".parse().expect("a build")).expect("known").recalled);
}
