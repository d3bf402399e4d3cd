//! The sentence in which Windows wraps the inner text of event 6900, in the system's language.

use std::sync::LazyLock;

use regex::Regex;
use serde::Deserialize;

use super::labels;
use super::over::says_over;

/// `wrapper.toml`.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Words {
    error: Vec<String>,
    unexpected: Vec<String>,
    password: Vec<String>,
    server: Vec<String>,
    batch: Vec<String>,
    credential: Vec<String>,
    without_text: Vec<String>,
}

static WORDS: LazyLock<Words> = LazyLock::new(|| {
    toml::from_str(include_str!("wrapper.toml")).unwrap_or_else(|error| panic!("wrapper.toml: {error}"))
});

/// The longest such sentence, in characters.
const LONGEST: usize = 200;

/// Whether a text leads to the inner text of an event and says nothing else: marks, a level, an exception's type, the sentence.
pub(super) fn is_wrapper(text: &str) -> bool {
    static EXCEPTION: LazyLock<Option<Regex>> =
        LazyLock::new(|| Regex::new(r#"(?i)(?:[a-z][\w.]*exception[\w`]*\s?:\s*)+["'“„«‘「『\s]*$"#).ok());
    let end = EXCEPTION.as_ref().and_then(|it| it.find(text)).map_or(text.len(), |found| found.start());
    let lower = text.get(..end).unwrap_or_default().to_lowercase();
    let sentence = lower.trim_matches(MARKS);
    // A table has the level's word, or that of the task, before it; the batch's sentence ends with "Error:".
    let (first, rest) = sentence.split_once(char::is_whitespace).unwrap_or((sentence, ""));
    let behind_level = Some(rest).filter(|_| labels::is_level(first) || first == "none");
    [Some(sentence), behind_level].into_iter().flatten().any(|sentence| {
        let (head, last) = sentence.rsplit_once(['.', '。']).unwrap_or((sentence, ""));
        let leads = labels::is_level(last.trim_matches(MARKS));
        sentence.is_empty() || is_sentence(sentence) || leads && is_sentence(head.trim_matches(MARKS))
    }) || is_lost(sentence)
        || is_without_text(sentence)
}

/// Without the words of these sentences that say something else in another language.
fn without_ours(sentence: &str) -> String {
    sentence.replace(" over een ", " ").replace(" o bien ", " ")
}

/// A sentence of which an encoding kept nothing but marks.
fn is_lost(sentence: &str) -> bool {
    let mut letters = sentence.chars().filter(|c| !c.is_whitespace() && !MARKS.contains(c));
    (8..=LONGEST).contains(&sentence.chars().filter(|c| *c == '?').count()) && letters.all(|c| c == '?')
}

/// Windows' own word that it has no text for the event: it names the id and nothing else that is a number, and leads on.
fn is_without_text(sentence: &str) -> bool {
    let sentence = sentence.replace(['’', '‘'], "'");
    let mut numbers = sentence.split(|c: char| !c.is_ascii_digit()).filter(|digits| !digits.is_empty());
    WORDS.without_text.iter().any(|begins| sentence.starts_with(begins))
        && sentence.chars().count() <= 5 * LONGEST
        && numbers.next().is_some_and(|id| matches!(id, "652" | "655" | "6900"))
        && numbers.next().is_none()
        && !says_over(&without_ours(&sentence))
}

/// What may stand around it.
const MARKS: &[char] =
    &[' ', '\n', '\t', '.', ':', '：', '。', '"', '\'', '“', '”', '„', '«', '»', '‘', '「', '『'];

fn is_sentence(sentence: &str) -> bool {
    let spaced = format!("{sentence} ");
    let has = |words: &[&Vec<String>]| {
        words.iter().all(|words| words.iter().any(|word| spaced.contains(word.as_str())))
    };
    let Words { error, unexpected, password, server, batch, credential, .. } = &*WORDS;
    let ends = |mark: char| sentence.contains(&format!("{mark} ")) || sentence.contains(&format!("{mark}\n"));
    let english = ["failed credential provisioning ping", "failed credential provisioning batch"];
    sentence.chars().count() <= LONGEST
        && !['.', '!', '?', ':', ';'].into_iter().any(ends)
        // In some languages a comma stands behind the subject.
        && sentence.split_once(", ").is_none_or(|(subject, rest)| !subject.contains(' ') && !rest.contains(','))
        && !sentence.contains(|c: char| c.is_ascii_digit())
        && !says_over(&without_ours(sentence))
        && (has(&[error, unexpected, password, server])
            || has(&[batch, credential, error])
            || english.contains(&sentence))
}

#[cfg(test)]
mod tests {
    use super::is_wrapper;

    #[test]
    fn only_the_sentence_that_leads_to_the_inner_text_is_one() {
        for text in [
            "The server encountered an unexpected error while processing a password change notification:\n\"",
            "Der Server hat beim Verarbeiten einer Kennwortänderungsbenachrichtigung einen unerwarteten Fehler festgestellt: “",
            "Le serveur a rencontré une erreur inattendue lors du traitement d’une notification de modification de mot de passe :",
            "パスワード変更通知の処理中に予期しないエラーが発生しました:",
            "服务器在处理密码更改通知时遇到意外错误:",
        ] {
            assert!(is_wrapper(text), "{text}");
        }
        for text in [
            "Der Fehler mit dem Kennwort auf dem Server ist behoben:",
            "The unexpected error is fixed, the server processes password change notifications:",
            "An unexpected password error on the server. It is over:",
            "The credential provisioning ping error is fixed",
        ] {
            assert!(!is_wrapper(text), "{text}");
        }
    }
}
