//! The words and the numbers for an event's level, in the languages of Windows.
//!
//! A word that is not known is no level: it may be an error.

use std::collections::HashMap;
use std::sync::LazyLock;

use super::labels::{self, Label, fold};
use crate::report::Level;

/// What an error is called, a critical one included; the languages in the order of `dictionary`, then the others of Windows.
const ERROR: &str = "
    error critical fehler kritisch erreur critique crítico erro errore critico fout kritiek błąd krytyczny krytyczne chyba
    kritický kritické fel kritisk kritiskt hata kritik ошибка критический エラー 重大 错误 严重 关键 錯誤 嚴重 오류 심각 위험
    fejl feil hiba kritikus virhe kriittinen σφάλμα κρίσιμο κρίσιμος eroare lỗi nghiêmtrọng napaka kritično pogreška
    kritična greška грешка критично критичен помилка критична критичний klaida kritinis kļūda kritiska kritisks
    tõrge viga kriitiline ข้อผิดพลาด สำคัญ วิกฤต خطأ حرج שגיאה קריטי errorea kesalahan ralat خطا त्रुटि қате gabim villa";

/// What a warning is called.
const WARNING: &str = "
    warning warnung avertissement advertencia aviso avviso waarschuwing ostrzeżenie upozornění varning uyarı предупреждение
    警告 경고 advarsel figyelmeztetés varoitus προειδοποίηση avertisment avertizare cảnhbáo opozorilo upozornenie upozorenje
    упозорење попередження įspėjimas brīdinājums hoiatus คำเตือน تحذير אזהרה advertiment abisua peringatan amaran هشدار
    चेतावनी ескерту";

/// What an event is called that tells no fault, audits included.
const INFORMATION: &str = "
    information info informationen informations información informação informações informazioni informatie informacja
    informacje informace informationer bilgi сведения информация 情報 信息 資訊 정보 oplysninger informasjon információ
    tiedot tieto πληροφορίες informații informaţii informații thôngtin informacije informacija informácie informácia
    інформація відомості информационно informācija teave informatsioon ข้อมูล معلومات מידע informació informazioa informasi
    maklumat اطلاعات सूचना ақпарат
    verbose debug audit_success success_audit audit_failure failure_audit";

static WORDS: LazyLock<HashMap<String, Level>> = LazyLock::new(|| {
    let levels = [(ERROR, Level::Error), (WARNING, Level::Warning), (INFORMATION, Level::Information)];
    let words = levels.iter().flat_map(|(words, level)| words.split_whitespace().map(|word| (word, *level)));
    words.map(|(word, level)| (fold(word), level)).collect()
});

/// Whether a word names a level.
pub(super) fn is_level(word: &str) -> bool {
    !is_number(word) && level(word).is_some()
}

/// The level that a word or a number stands for; only the two that matter are told apart from the rest.
pub(super) fn level(text: &str) -> Option<Level> {
    match text.trim() {
        "1" | "2" => Some(Level::Error),
        "3" => Some(Level::Warning),
        "0" | "4" | "5" => Some(Level::Information),
        word => WORDS.get(&fold(word)).copied(),
    }
}

/// The level that a text begins with, as a table's cell that stands before the message.
pub(super) fn before(text: &str) -> Option<Level> {
    let text = text.trim_start();
    let wide = text.find("  ").map(|end| &text[..end]);
    let word = text.split_whitespace().next();
    wide.into_iter().chain(word).find_map(|word| level(word).filter(|_| !is_number(word)))
}

/// Takes a level as one of an event's labels tells it: a number is surer than a word.
pub(super) fn note(known: &mut Option<Level>, text: &str) {
    let told = level(text);
    *known = if is_number(text) { told.or(*known) } else { known.or(told) };
}

/// Takes a field of this name, if it tells a level.
pub(super) fn note_field(known: &mut Option<Level>, name: &str, text: &str) {
    let folded = fold(name);
    let is_level = || labels::exactly(name).is_some_and(|known| known.label == Label::Level);
    match folded.as_str() {
        // Numbers there are of other lists: `EventLogEntryType` of .NET, and what programs differ in.
        "entrytype" if is_number(text) => *known = known.or(of_entry_type(text)),
        "eventtype" | "eventlevel" if is_number(text) => {
            *known = known.or(of_entry_type(text).filter(|level| *level != Level::Warning));
        }
        "severity" if is_number(text) => {}
        "eventtype" | "eventlevel" | "eventlevelname" | "severity" => note(known, text),
        _ if is_level() => note(known, text),
        _ => {}
    }
}

/// The level by its number in the event log of old.
fn of_entry_type(text: &str) -> Option<Level> {
    match text.trim() {
        "1" => Some(Level::Error),
        "2" => Some(Level::Warning),
        "4" | "8" | "16" => Some(Level::Information),
        _ => None,
    }
}

fn is_number(text: &str) -> bool {
    let text = text.trim();
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_levels_word_is_known_in_the_languages_of_windows_or_says_nothing() {
        for (word, is) in [
            ("Fehler", Some(Level::Error)),
            ("Σφάλμα", Some(Level::Error)),
            ("ข้อผิดพลาด", Some(Level::Error)),
            ("שגיאה", Some(Level::Error)),
            ("Tõrge", Some(Level::Error)),
            ("Kļūda", Some(Level::Error)),
            ("Lỗi", Some(Level::Error)),
            ("Nghiêm trọng", Some(Level::Error)),
            ("Figyelmeztetés", Some(Level::Warning)),
            ("Įspėjimas", Some(Level::Warning)),
            ("คำเตือน", Some(Level::Warning)),
            ("Informații", Some(Level::Information)),
            ("Thông tin", Some(Level::Information)),
            ("Audit Success", Some(Level::Information)),
            ("Moderately", None),
            ("F", None),
            ("", None),
        ] {
            assert_eq!(level(word), is, "{word}");
        }
    }

    #[test]
    fn a_number_beats_a_word_and_each_list_of_numbers_is_read_as_its_own() {
        let told = |fields: &[(&str, &str)]| {
            let mut known = None;
            fields.iter().for_each(|(name, text)| note_field(&mut known, name, text));
            known
        };
        assert_eq!(told(&[("LevelDisplayName", "Information"), ("Level", "2")]), Some(Level::Error));
        assert_eq!(told(&[("Level", "2"), ("LevelDisplayName", "Information")]), Some(Level::Error));
        assert_eq!(told(&[("Level", "2"), ("LevelDisplayName", "xyz")]), Some(Level::Error));
        assert_eq!(told(&[("EntryType", "2")]), Some(Level::Warning));
        assert_eq!(told(&[("EntryType", "4")]), Some(Level::Information));
        assert_eq!(told(&[("EntryType", "3")]), None);
        assert_eq!(told(&[("EventType", "ERROR"), ("SeverityValue", "4")]), Some(Level::Error));
        assert_eq!(told(&[("EventLevel", "1")]), Some(Level::Error));
        assert_eq!(told(&[("EventLevel", "2")]), None);
        assert_eq!(told(&[("Severity", "4")]), None);
    }

    #[test]
    fn the_level_that_stands_before_a_message_is_told() {
        assert_eq!(before(" Error            The scheduler has ended"), Some(Level::Error));
        assert_eq!(before("Thông tin        Provision"), Some(Level::Information));
        assert_eq!(before("Fejl The scheduler"), Some(Level::Error));
        assert_eq!(before("2 of them"), None);
    }
}
