//! The sentence in which Windows wraps the inner text of event 6900, in the system's language.

use std::sync::LazyLock;

use regex::Regex;

use super::{labels, talk};

/// What the sentence says in each language: that there was an error, that nobody expected it, that it was about a password, and
/// that a server processed a notification.
///
/// Source: the facts, section 1.3, give the English sentence. Translations are known by their words, since nobody lists them.
const WORDS: [&[&str]; 4] = [
    &[
        "error",
        "fehler",
        "erreur",
        "errore",
        "erro ",
        "błąd",
        "błęd",
        "fout",
        "fel ",
        "fejl",
        "feil",
        "chyb",
        "hata",
        "ошибк",
        "hiba",
        "virhe",
        "エラー",
        "错误",
        "錯誤",
        "오류",
    ],
    &[
        "unexpected",
        "unerwartet",
        "inattendu",
        "inesperad",
        "imprevist",
        "onverwacht",
        "nieoczekiwan",
        "oväntat",
        "uventet",
        "neočekávan",
        "beklenmeyen",
        "beklenmedik",
        "неожиданн",
        "непредвиденн",
        "váratlan",
        "odottamat",
        "予期",
        "意外",
        "예기치",
        "예상치",
    ],
    &[
        "password",
        "kennwort",
        "passwort",
        "mot de passe",
        "contrase",
        "senha",
        "palavra-passe",
        "hasł",
        "wachtwoord",
        "lösenord",
        "adgangskode",
        "passord",
        "hesl",
        "parola",
        "парол",
        "jelszó",
        "jelszav",
        "salasana",
        "パスワード",
        "密码",
        "密碼",
        "암호",
    ],
    &[
        "server",
        "serveur",
        "servidor",
        "serwer",
        "sunucu",
        "сервер",
        "kiszolgáló",
        "palvelin",
        "サーバー",
        "服务器",
        "伺服器",
        "서버",
        "notif",
        "benachrichtig",
        "powiadom",
        "oznám",
        "bildirim",
        "уведомл",
        "meddelande",
        "melding",
        "értesít",
        "ilmoitu",
        "通知",
        "알림",
    ],
];

/// The longest such sentence, in characters.
const LONGEST: usize = 200;

/// What the sentence of 652 and 655 says: that a ping or a batch of credentials failed.
const OF_BATCH: [&[&str]; 2] = [
    &["ping", "batch", "lote", "lot ", "stapel", "partia", "partii", "dávk", "バッチ", "批", "일괄"],
    &[
        "credential",
        "anmeldeinformation",
        "identification",
        "credenc",
        "credenzi",
        "referenz",
        "poświadcz",
        "autentiserings",
        "legitimations",
        "pověření",
        "kimlik bilgi",
        "учетных данных",
        "資格情報",
        "凭据",
        "認證",
        "자격 증명",
    ],
];

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

/// How Windows begins where it has no text of its own for an event, in the common languages; the id follows, then the source.
const WITHOUT_TEXT: &[&str] = &[
    "the description for event id",
    "die beschreibung für ereignis-id",
    "die beschreibung für die ereignis-id",
    "die beschreibung zu ereignis-id",
    "la description de l'id d'événement",
    "la description de l'id de l'événement",
    "no se encuentra la descripción del id. de evento",
    "no se encuentra la descripción del id. del evento",
    "no se encuentra la descripción de id. de evento",
    "no se puede encontrar la descripción del id. de evento",
    "impossibile trovare la descrizione dell'id evento",
    "impossibile trovare la descrizione per l'id evento",
    "não é possível encontrar a descrição da identificação de evento",
    "não foi possível encontrar a descrição da id de evento",
    "não foi possível encontrar a descrição do id de evento",
    "não foi possível encontrar a descrição da identificação de evento",
    "de beschrijving van gebeurtenis-id",
    "de beschrijving voor gebeurtenis-id",
    "nie można znaleźć opisu zdarzenia o identyfikatorze",
    "nie można odnaleźć opisu zdarzenia o identyfikatorze",
    "nie można odnaleźć opisu identyfikatora zdarzenia",
    "det går inte att hitta beskrivningen för händelse-id",
    "det gick inte att hitta beskrivningen av händelse-id",
    "beskrivningen för händelse-id",
    "beskrivelsen af hændelses-id",
    "beskrivelsen til hændelses-id",
    "popis události s id",
    "popis id události",
    "описание для события с кодом",
    "не найдено описание для события с кодом",
    "не удается найти описание для идентификатора события",
    "ソース",
    "イベント id",
    "kaynağındaki",
    "olay kimliği",
];

/// Windows' own word that it has no text for the event: it names the id and nothing else that is a number, and leads on.
fn is_without_text(sentence: &str) -> bool {
    let sentence = sentence.replace(['’', '‘'], "'");
    let mut numbers = sentence.split(|c: char| !c.is_ascii_digit()).filter(|digits| !digits.is_empty());
    WITHOUT_TEXT.iter().any(|begins| sentence.starts_with(begins))
        && sentence.chars().count() <= 5 * LONGEST
        && numbers.next().is_some_and(|id| matches!(id, "652" | "655" | "6900"))
        && numbers.next().is_none()
        && !talk::says_over(&without_ours(&sentence))
}

/// What may stand around it.
const MARKS: &[char] =
    &[' ', '\n', '\t', '.', ':', '：', '。', '"', '\'', '“', '”', '„', '«', '»', '‘', '「', '『'];

fn is_sentence(sentence: &str) -> bool {
    let has = |words: &[&[&str]]| {
        words.iter().all(|words| words.iter().any(|word| format!("{sentence} ").contains(word)))
    };
    let ends = |mark: char| sentence.contains(&format!("{mark} ")) || sentence.contains(&format!("{mark}\n"));
    let english = ["failed credential provisioning ping", "failed credential provisioning batch"];
    sentence.chars().count() <= LONGEST
        && !['.', '!', '?', ':', ';'].into_iter().any(ends)
        // In some languages a comma stands behind the subject.
        && sentence.split_once(", ").is_none_or(|(subject, rest)| !subject.contains(' ') && !rest.contains(','))
        && !sentence.contains(|c: char| c.is_ascii_digit())
        && !talk::says_over(&without_ours(sentence))
        && (has(&WORDS) || has(&OF_BATCH) && has(&WORDS[..1]) || english.contains(&sentence))
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
