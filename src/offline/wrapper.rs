//! The sentence in which Windows wraps the inner text of event 6900, in the system's language.

use std::borrow::Cow;
use std::sync::LazyLock;

use regex::Regex;
use serde::Deserialize;

use super::labels;
use super::over::says_over;
use super::talk;

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
    // A narrow window breaks the sentence anywhere between its words.
    let lower = lost_letters(text.get(..end).unwrap_or_default()).to_lowercase().replace('\n', " ");
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

/// What stands for a letter that an export did not keep.
const LOST: char = '\u{fffd}';

/// Letters that `Export-Csv` of Windows PowerShell lost, which writes ASCII and a question mark for all others, as what they are:
/// a question ends with a mark, and another sentence begins with a capital.
fn lost_letters(text: &str) -> Cow<'_, str> {
    if text.len() > 5 * LONGEST || !text.is_ascii() || !text.contains('?') {
        return text.into();
    }
    let is_lost = |at: usize| {
        let before = text.get(..at).unwrap_or_default().trim_end_matches('?');
        let behind = text.get(at..).unwrap_or_default().trim_start_matches('?');
        let goes_on =
            behind.strip_prefix(' ').unwrap_or(behind).starts_with(|c: char| c.is_ascii_lowercase());
        before.ends_with(|c: char| c.is_ascii_alphabetic()) && goes_on
    };
    let letter = |(at, c): (usize, char)| if c == '?' && is_lost(at) { LOST } else { c };
    text.char_indices().map(letter).collect::<String>().into()
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

/// What the program handed over, of a message in which Windows says first that it has no text of its own for the event; where that
/// is the message's last paragraph, it says so once more there.
pub(super) fn handed_over(message: &str, id: u32) -> Option<&str> {
    let message = message.trim();
    let mut at = 0;
    let mut lines = message.split_inclusive('\n').take(LEADING_LINES);
    let end = lines.find_map(|line| {
        at += line.len();
        line.trim_end().ends_with([':', '：']).then_some(at)
    })?;
    let (lead, rest) = message.split_at_checked(end)?;
    if !names_no_text(&lead.to_lowercase(), |number| number.parse() == Ok(id)) {
        return None;
    }
    let last = rest.trim_end().rfind('\n').map_or(rest.len(), |at| at + 1);
    let tail = rest.get(last..).is_some_and(|line| !line.trim().is_empty() && talk::is_harmless(line, &[]));
    Some(if tail { &rest[..last] } else { rest }.trim())
}

/// The most lines of what Windows says there: three paragraphs, in a narrow window.
const LEADING_LINES: usize = 16;

/// Windows' own word that it has no text for an event of password sync, and leads on.
fn is_without_text(sentence: &str) -> bool {
    names_no_text(sentence, |id| matches!(id, "652" | "655" | "6900"))
}

/// Windows' own word, in lower case, that it has no text for the event: it names the id and nothing else that is a number.
fn names_no_text(sentence: &str, is_id: impl Fn(&str) -> bool) -> bool {
    let sentence = sentence.replace(['’', '‘'], "'");
    let mut numbers = sentence.split(|c: char| !c.is_ascii_digit()).filter(|digits| !digits.is_empty());
    WORDS.without_text.iter().any(|begins| sentence.starts_with(begins))
        && sentence.chars().count() <= 5 * LONGEST
        && numbers.next().is_some_and(is_id)
        && numbers.next().is_none()
        && !says_over(&without_ours(&sentence))
}

/// What may stand around it.
const MARKS: &[char] =
    &[' ', '\n', '\t', '.', ':', '：', '。', '"', '\'', '“', '”', '„', '«', '»', '‘', '「', '『'];

fn is_sentence(sentence: &str) -> bool {
    let spaced = format!("{sentence} ");
    let loses = spaced.contains(LOST);
    let holds = |word: &String| {
        spaced.contains(word.as_str())
            || loses && spaced.contains(&word.replace(|c: char| !c.is_ascii(), &LOST.to_string()))
    };
    let has = |words: &[&Vec<String>]| words.iter().all(|words| words.iter().any(holds));
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
    use super::{handed_over, is_wrapper};

    #[test]
    fn only_the_sentence_that_leads_to_the_inner_text_is_one() {
        for text in [
            "The server encountered an unexpected error while processing a password change notification:\n\"",
            "Der Server hat beim Verarbeiten einer Kennwortänderungsbenachrichtigung einen unerwarteten Fehler festgestellt: “",
            "Le serveur a rencontré une erreur inattendue lors du traitement d’une notification de modification de mot de passe :",
            "パスワード変更通知の処理中に予期しないエラーが発生しました:",
            "服务器在处理密码更改通知时遇到意外错误:",
            "Le serveur a rencontré une erreur\ninattendue lors du traitement d'une\nnotification de modification de mot de\npasse :",
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

    #[test]
    fn letters_that_an_export_lost_are_letters() {
        for text in [
            "Le serveur a rencontr? une erreur inattendue lors du traitement d?une notification de modification de mot de passe :",
            "Serwer napotka? nieoczekiwany b??d podczas przetwarzania powiadomienia o zmianie has?a:",
            "Serveren st?dte p? en uventet fejl under behandling af en meddelelse om ?ndring af adgangskode:",
        ] {
            assert!(is_wrapper(text), "{text}");
        }
        for text in [
            "The server had an unexpected error with a password? Is it OK:",
            "Is there an unexpected password error on the server? fixed:",
            "Le serveur a rencontr? une erreur inattendue de mot de passe? Non:",
        ] {
            assert!(!is_wrapper(text), "{text}");
        }
    }

    #[test]
    fn what_a_program_handed_over_is_found_behind_windows_own_words() {
        let lead = |source: &str| {
            format!(
                "The description for Event ID 653 from source {source} cannot be found. Either the component that raises this \
                 event is not installed on your local computer or the installation is corrupted.\n\nIf the event originated on \
                 another computer, the display information had to be saved with the event.\n\nThe following information was \
                 included with the event: \n\n"
            )
        };
        let tail = "\n\nThe message resource is present but the message was not found in the message table";
        let said = "Provision credentials ping start.\n<forest-info>";
        let ours = lead("Directory Synchronization");
        assert_eq!(handed_over(&format!("{ours}{said}{tail}\n"), 653), Some(said));
        assert_eq!(handed_over(&format!("{ours}{said}"), 653), Some(said));
        assert_eq!(handed_over(&format!("{ours}{said}"), 655), None);
        assert_eq!(handed_over(&format!("{}{said}", lead("a server where it is fixed")), 653), None);
        assert_eq!(handed_over(said, 653), None);
    }
}
