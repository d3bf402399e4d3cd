//! The labels of Event Viewer, wevtutil and PowerShell, in the languages of Windows.

/// What a label introduces.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Label {
    /// The log's name: the first line of an event copied from Event Viewer.
    Log,
    Provider,
    Date,
    Id,
    Level,
    Record,
    Computer,
    Message,
    /// Something known that does not matter here.
    Other,
}

/// A known label, and whether its language writes the day before the month.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Known {
    pub(super) label: Label,
    pub(super) day_first: Option<bool>,
}

/// English first, then German, French, Spanish, Portuguese, Italian, Dutch, Polish, Czech, Swedish, Turkish,
/// Russian, Japanese, Chinese, Korean; folded as [`fold`] does.
const LABELS: &[(Label, &[&str], &[&str])] = &[
    (
        Label::Log,
        &["logname", "log", "containerlog"],
        &[
            "protokollname",
            "nomdujournal",
            "journal",
            "nombrederegistro",
            "nombrederegistros",
            "nomedolog",
            "nomedoregisto",
            "nomeregistro",
            "logboeknaam",
            "nazwadziennika",
            "nazevprotokolu",
            "loggnamn",
            "gunlukadi",
            "имяжурнала",
            "ログの名前",
            "日志名称",
            "記錄檔名稱",
            "로그이름",
        ],
    ),
    (
        Label::Provider,
        &["source", "providername", "provider", "eventsource", "sourcename"],
        &[
            "quelle",
            "origen",
            "origem",
            "fonte",
            "origine",
            "bron",
            "zrodlo",
            "zdroj",
            "kalla",
            "kaynak",
            "источник",
            "ソース",
            "来源",
            "來源",
            "원본",
            "fuente",
        ],
    ),
    (
        Label::Date,
        &[
            "date",
            "logged",
            "timecreated",
            "timegenerated",
            "dateandtime",
            "timewritten",
            "time",
            "at",
            "timegeneratedutc",
            "eventtime",
        ],
        &[
            "datum",
            "protokolliert",
            "datumunduhrzeit",
            "journalise",
            "consigne",
            "dateetheure",
            "fecha",
            "registrado",
            "fechayhora",
            "data",
            "dataehora",
            "dataeora",
            "registrato",
            "datumentijd",
            "vastgelegd",
            "zalogowano",
            "dataigodzina",
            "datumacas",
            "zaznamenano",
            "datumochtid",
            "loggat",
            "tarih",
            "tarihvesaat",
            "дата",
            "датаивремя",
            "日付",
            "ログの日付",
            "日付と時刻",
            "日期",
            "日期和时间",
            "날짜",
            "날짜및시간",
            "connecte",
        ],
    ),
    (
        Label::Id,
        &["eventid", "id", "instanceid", "eventcode"],
        &[
            "ereignisid",
            "ereigniskennung",
            "iddelevenement",
            "idevenement",
            "identificateurdelevenement",
            "iddeevento",
            "iddelevento",
            "idevento",
            "iddoevento",
            "identificadordeevento",
            "identificacaodoevento",
            "identificadordoevento",
            "gebeurtenisid",
            "identyfikatorzdarzenia",
            "idzdarzenia",
            "idudalosti",
            "handelseid",
            "olaykimligi",
            "кодсобытия",
            "イベントid",
            "事件id",
            "事件識別碼",
            "이벤트id",
        ],
    ),
    (
        Label::Level,
        &["level", "leveldisplayname", "entrytype", "type"],
        &[
            "ebene",
            "stufe",
            "niveau",
            "nivel",
            "livello",
            "poziom",
            "uroven",
            "niva",
            "duzey",
            "уровень",
            "レベル",
            "级别",
            "等級",
            "수준",
        ],
    ),
    (
        Label::Record,
        &["recordid", "eventrecordid", "recordnumber", "index", "record"],
        &["datensatznummer", "datensatzid"],
    ),
    (
        Label::Computer,
        &["computer", "machinename", "computername", "hostname"],
        &[
            "ordinateur",
            "equipo",
            "computador",
            "komputer",
            "pocitac",
            "dator",
            "bilgisayar",
            "компьютер",
            "コンピューター",
            "コンピュータ",
            "计算机",
            "電腦",
            "컴퓨터",
        ],
    ),
    (
        Label::Message,
        &["description", "message", "text", "rendereddescription"],
        &[
            "beschreibung",
            "meldung",
            "descripcion",
            "mensaje",
            "descricao",
            "mensagem",
            "descrizione",
            "beschrijving",
            "opis",
            "popis",
            "beskrivning",
            "aciklama",
            "описание",
            "説明",
            "描述",
            "説明文",
            "說明",
            "설명",
            "nachricht",
        ],
    ),
    (
        Label::Other,
        &[
            "taskcategory",
            "category",
            "categorynumber",
            "keywords",
            "keyword",
            "user",
            "username",
            "opcode",
            "task",
            "operationalcode",
            "moreinformation",
            "opcodedisplayname",
            "taskdisplayname",
            "keywordsdisplaynames",
            "processid",
            "threadid",
            "logmode",
            "version",
            "qualifiers",
            "userid",
            "activityid",
            "relatedactivityid",
            "providerid",
            "matchedqueryids",
            "bookmark",
            "properties",
            "site",
            "container",
            "replacementstrings",
            "pscomputername",
            "runspaceid",
            "securityuserid",
        ],
        &[
            "aufgabenkategorie",
            "schlusselworter",
            "benutzer",
            "vorgangscode",
            "categoriedelatache",
            "motscles",
            "utilisateur",
            "categoriadelatarea",
            "categoriadetarea",
            "palabrasclave",
            "usuario",
            "categoriadatarefa",
            "categoriadetarefas",
            "palavraschave",
            "utilizador",
            "categoriaattivita",
            "parolechiave",
            "utente",
            "taakcategorie",
            "trefwoorden",
            "gebruiker",
            "kategoriazadania",
            "slowakluczowe",
            "uzytkownik",
            "kategorieulohy",
            "klicovaslova",
            "uzivatel",
            "aktivitetskategori",
            "nyckelord",
            "anvandare",
            "категориязадачи",
            "ключевыеслова",
            "пользователь",
            "タスクのカテゴリ",
            "キーワード",
            "ユーザー",
            "任务类别",
            "关键字",
            "用户",
            "작업범주",
            "키워드",
            "사용자",
            "codederoperation",
            "codigodeoperacion",
            "codigooperacional",
            "オペコード",
            "操作代码",
            "weitereinformationen",
        ],
    ),
];

/// What a label introduces, if it is known or at least says that it is an id.
pub(super) fn known(text: &str) -> Option<Known> {
    exactly(text).or_else(|| is_id(text).then_some(Known { label: Label::Id, day_first: None }))
}

/// What a label introduces, if it is known.
pub(super) fn exactly(text: &str) -> Option<Known> {
    if text.len() > 120 {
        return None;
    }
    let folded = fold(text);
    if folded.is_empty() {
        return None;
    }
    LABELS.iter().find_map(|(label, english, others)| {
        if english.contains(&folded.as_str()) {
            return Some(Known { label: *label, day_first: None });
        }
        others.contains(&folded.as_str()).then_some(Known { label: *label, day_first: Some(true) })
    })
}

/// A label in a language that is not known, or garbled by a code page, that still says "ID".
fn is_id(text: &str) -> bool {
    let mut words = text.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty());
    let not = [
        "process", "thread", "user", "task", "activity", "record", "tracking", "session", "logon", "provider",
    ];
    let folded = fold(text);
    text.chars().count() <= 30 && words.any(|word| word == "ID") && !not.iter().any(|it| folded.contains(it))
}

/// Lower case, without accents, spaces and marks.
pub(super) fn fold(text: &str) -> String {
    let plain = |c: char| match c {
        'à' | 'á' | 'â' | 'ã' | 'ä' | 'å' | 'ą' => 'a',
        'ç' | 'ć' | 'č' => 'c',
        'è' | 'é' | 'ê' | 'ë' | 'ę' | 'ě' => 'e',
        'ì' | 'í' | 'î' | 'ï' | 'ı' => 'i',
        'ł' => 'l',
        'ñ' | 'ń' | 'ň' => 'n',
        'ò' | 'ó' | 'ô' | 'õ' | 'ö' => 'o',
        'ř' => 'r',
        'ś' | 'š' | 'ş' => 's',
        'ť' => 't',
        'ù' | 'ú' | 'û' | 'ü' | 'ů' => 'u',
        'ý' => 'y',
        'ź' | 'ż' | 'ž' => 'z',
        'ğ' => 'g',
        'ď' => 'd',
        c => c,
    };
    text.chars().flat_map(char::to_lowercase).map(plain).filter(|c| c.is_alphanumeric()).collect()
}

/// Splits `label: value`, with the colon of any script. PowerShell pads its labels with spaces.
pub(super) fn split(line: &str) -> Option<(&str, &str)> {
    let line = line.trim();
    let at = line.find([':', '：'])?;
    let after = line.get(at..)?.chars().next()?.len_utf8();
    let (label, value) = (line.get(..at)?, line.get(at + after..)?);
    // People quote and embolden what they paste.
    let marks = |c: char| c.is_whitespace() || matches!(c, '*' | '_' | '`' | '>' | '|');
    (label.chars().count() <= 40).then(|| (label.trim_matches(marks), value.trim_matches(marks)))
}

/// The level that a word stands for; only the two that matter are told apart from the rest.
pub(super) fn level(text: &str) -> Option<crate::report::Level> {
    use crate::report::Level;
    let folded = fold(text);
    const ERROR: &[&str] = &[
        "1",
        "2",
        "error",
        "critical",
        "fehler",
        "kritisch",
        "erreur",
        "critique",
        "critico",
        "erro",
        "errore",
        "fout",
        "blad",
        "krytyczny",
        "chyba",
        "fel",
        "hata",
        "ошибка",
        "エラー",
        "重大",
        "错误",
        "錯誤",
        "오류",
    ];
    const WARNING: &[&str] = &[
        "3",
        "warning",
        "warnung",
        "avertissement",
        "advertencia",
        "aviso",
        "avviso",
        "waarschuwing",
        "ostrzezenie",
        "upozorneni",
        "varning",
        "uyari",
        "предупреждение",
        "警告",
        "경고",
    ];
    match folded.as_str() {
        "" => None,
        word if ERROR.contains(&word) => Some(Level::Error),
        word if WARNING.contains(&word) => Some(Level::Warning),
        _ => Some(Level::Information),
    }
}
