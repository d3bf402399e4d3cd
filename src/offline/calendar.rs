//! Words in dates: the names of months, and what stands around a time. A word that is not known makes the date
//! unknown, since it may be what says morning or afternoon.
//!
//! Source: Unicode CLDR's names of months and day periods.

/// The months in English, German, French, Spanish, Portuguese, Italian, Dutch, Swedish, Danish and Polish, as dates
/// spell them.
const MONTHS: [&[&str]; 12] = [
    &["january", "januar", "jänner", "janvier", "enero", "janeiro", "gennaio", "januari", "stycznia"],
    &[
        "february",
        "februar",
        "feber",
        "février",
        "fevrier",
        "febrero",
        "fevereiro",
        "febbraio",
        "februari",
        "lutego",
    ],
    &["march", "märz", "mars", "marzo", "março", "marco", "maart", "mrt", "marts", "marca"],
    &["april", "avril", "abril", "aprile", "kwietnia"],
    &["may", "mai", "mayo", "maio", "maggio", "mei", "maj", "maja"],
    &["june", "juni", "juin", "junio", "junho", "giugno", "czerwca"],
    &["july", "juli", "juillet", "julio", "julho", "luglio", "lipca"],
    &["august", "août", "aout", "agosto", "augustus", "augusti", "sierpnia"],
    &["september", "septembre", "septiembre", "setembro", "settembre", "sept", "września"],
    &["october", "oktober", "octobre", "octubre", "outubro", "ottobre", "października"],
    &["november", "novembre", "noviembre", "novembro", "listopada"],
    &["december", "dezember", "décembre", "decembre", "diciembre", "dezembro", "dicembre", "grudnia"],
];

/// What a date without words calls its parts in Chinese, Japanese and Korean.
pub(super) const UNITS: &[char] = &['年', '月', '日', '년', '월', '일'];

/// The one month that a date names, by its name or the first letters of it. `None` if it names none or two.
pub(super) fn month(lower: &str) -> Option<i64> {
    let mut found: Vec<(i64, &str)> = Vec::new();
    for word in lower.split(|c: char| !c.is_alphabetic()).filter(|word| word.chars().count() >= 3) {
        let named = |names: &[&str]| names.iter().any(|name| name.starts_with(word));
        found.extend((1..).zip(MONTHS).filter(|(_, names)| named(names)).map(|(month, _)| (month, word)));
    }
    let first = found.first()?.0;
    if found.iter().any(|(month, _)| *month != first) {
        // Beside another month it is a Tuesday: mardi, martes, martedì.
        found.retain(|(_, word)| *word != "mar");
    }
    let first = found.first()?.0;
    found.iter().all(|(month, _)| *month == first).then_some(first)
}

/// Days of the week, and zones' abbreviations, in the languages of the months and in those of which only the days are known here.
const DAYS_AND_ZONES: &str = "
    monday tuesday wednesday thursday friday saturday sunday mon tue wed thu fri sat sun tues thurs
    montag dienstag mittwoch donnerstag freitag samstag sonnabend sonntag mo di mi do fr sa so
    lundi mardi mercredi jeudi vendredi samedi dimanche lun mar mer jeu ven sam dim
    lunes martes miércoles jueves viernes sábado domingo mié jue vie sáb dom
    segunda terça quarta quinta sexta feira seg ter qua qui sex
    lunedì martedì mercoledì giovedì venerdì sabato domenica gio sab
    maandag dinsdag woensdag donderdag vrijdag zaterdag zondag ma wo vr za zo
    måndag tisdag onsdag torsdag fredag lördag söndag mån tis ons tors tor fre lör sön
    mandag tirsdag lørdag søndag man tir lør søn
    poniedziałek wtorek środa czwartek piątek sobota niedziela pon wt śr czw pt sob ndz
    pondělí úterý středa čtvrtek pátek neděle po út st čt pá ne
    maanantai tiistai keskiviikko torstai perjantai lauantai sunnuntai hétfő kedd szerda csütörtök péntek szombat vasárnap
    pazartesi salı çarşamba perşembe cuma cumartesi pazar
    понедельник вторник среда четверг пятница суббота воскресенье пн вт ср чт пт сб вс г
    gmt utc cet cest mez mesz est edt cst cdt mst mdt pst pdt bst ist jst kst msk eet eest wet west aest aedt klo";

/// Whether a word may stand in a date.
pub(super) fn is_word(word: &str) -> bool {
    let lower = word.to_lowercase();
    month(&lower).is_some()
        || half_of_day(&lower).is_some()
        || ["a", "p", "m", "о", "el", "den", "le", "π", "μ"].contains(&lower.as_str())
        || DAYS_AND_ZONES.split_whitespace().any(|day| day == lower)
}

/// The half of a day that a time is of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Half {
    /// None is named: the clock has 24 hours.
    Untold,
    Morning,
    Afternoon,
}

/// The half of the day by the words around a time. `None` if one of them is not known.
pub(super) fn half_of_day(lower: &str) -> Option<Half> {
    const MORNING: &[&str] = &["am", "πμ", "午前", "上午", "오전"];
    const AFTERNOON: &[&str] = &["pm", "μμ", "午後", "下午", "오후"];
    const BETWEEN: &[&str] = &[
        "at", "um", "uhr", "de", "la", "las", "às", "as", "à", "alle", "ore", "om", "kl", "klo", "h", "t",
        "z", "utc", "gmt",
    ];
    // Days of the week, and the parts of a time.
    const SIGNS: &str = "年月日時时點点分秒曜火水木金土星期周週一二三四五六天년월일시분초요화수목금토";
    let words = lower.split(|c: char| !c.is_alphabetic()).filter(|word| !word.is_empty());
    let words: Vec<&str> = words.collect();
    let mut half = String::new();
    for (at, word) in words.iter().enumerate() {
        let a_las = *word == "a" && words.get(at + 1).is_some_and(|next| ["la", "las"].contains(next));
        if !a_las && !BETWEEN.contains(word) && !word.chars().all(|c| SIGNS.contains(c)) {
            half.push_str(word);
        }
    }
    match half.as_str() {
        "" => Some(Half::Untold),
        half if MORNING.contains(&half) => Some(Half::Morning),
        half if AFTERNOON.contains(&half) => Some(Half::Afternoon),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_month_is_told_by_its_name_and_a_weekday_is_none() {
        for (text, is) in [
            ("22 nov. 2026", Some(11)),
            ("1 mei 2026", Some(5)),
            ("martedi 1 dicembre 2026", Some(12)),
            ("mar. 1 déc. 2026", Some(12)),
            ("3 mar 2026", Some(3)),
            ("mardi 3 mars 2026", Some(3)),
            // Finnish for November begins as March does, and French has two months that begin so.
            ("30. marraskuuta 2026", None),
            ("3 jui 2026", None),
            ("3 april may 2026", None),
            ("martes", None),
        ] {
            assert_eq!(month(text), is, "{text}");
        }
    }

    #[test]
    fn a_half_of_the_day_is_known_or_the_time_is_not() {
        for (text, is) in [
            (" 2:05:09 pm", Some(Half::Afternoon)),
            (" a las 2:05 a. m.", Some(Half::Morning)),
            (" 2:05 p.\u{a0}m.", Some(Half::Afternoon)),
            (" 2:05 π.μ.", Some(Half::Morning)),
            (" 오후 2:05", Some(Half::Afternoon)),
            ("日 日曜日 午前2時5分", Some(Half::Morning)),
            (" um 14:05 uhr", Some(Half::Untold)),
            (" 2:05 e pasdites", None),
            (" 2:05 ch", None),
            (" 2:05 م", None),
            (" 2:05 pm or am", None),
            (" 2:05 p", None),
        ] {
            assert_eq!(half_of_day(text), is, "{text}");
        }
    }
}
