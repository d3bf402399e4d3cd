//! What people say around an event: a greeting and a question, or that it is of another time, of somebody else, or an
//! example.

use std::sync::LazyLock;

use regex::Regex;

use super::labels;
use crate::report::EVENT_IDS;

/// The most words of talk beside an event that is trusted: a greeting and a question.
const MOST_WORDS: usize = 40;

/// Words by which somebody says that an event is an example, or over.
static EXAMPLE: LazyLock<Regex> = LazyLock::new(|| {
    pattern(
        // Not the name of a domain: `corp.example`.
        r"(?: ^ | [^.\w] )(?: fixed | solved | resolved | example | sample | article | documentation | runbook | wiki | symptoms?
            | workaround | means | typical | training
            | behoben | gelöst | beispiel\w* | bedeutet | exemple | résolu\w* | ejemplo | resuelt\w* | exemplo | resolvid\w*
            | przykład\w* | rozwiązan\w*
            | works?\ (?:again|now|fine) | (?:is|are|was)\ (?:back|enabled) | back\ to\ normal | staging | switched\ (?:it\ )?on
            | enabled | set-adsync\w* | wieder\ (?:ok|da|gut|in\ ordnung) | (?:geht|läuft|funktioniert)\ wieder | ist\ weg
            | eingeschaltet | aktiviert | (?:re)?marche\ (?:de\ nouveau|à\ nouveau) | refonctionne | réactivé\w*
            | funciona\ (?:de\ nuevo|otra\ vez) | activad[oa] | voltou | ativad[oa] | działa | włączon\w*
            | gone | ya\ funciona | läuft | geht\ jetzt | ça\ marche | funziona | werkt | toimii | again | wieder | closed | cleared | ignore\w* | disregard | ignorieren | mended | all\ good | no\ (?:more|longer) | any\ ?more
            | no\ errors? | (?:a|the)\ fix | everything\ (?:works|is) | fine\ now | keine\ fehler | ticked | (?:re-?)?activated | back\ on | toggled | flipped | did\ that | did\ it | turned\ on | ran\ the\ wizard | blog | resolution | healed | healthy
            | disparu | n.existe\ plus | erledigt | verschwunden | opgelost | løst | ratkaistu | risolt\w*
            | sync_\w+\ ok | in\ ordnung )\b
        | \bworks\s*[.!] | passwordhashsync\w*\s*:\s*true | stagingmode\w*\s*:\s*true
        | ^\s*\#{1,6}\s | ^\s*\|.*\| | 例 | 解決",
    )
});

/// Words by which somebody says that it is not here, or not now.
static ELSEWHERE: LazyLock<Regex> = LazyLock::new(|| {
    pattern(
        r"\b(?: not | no\ longer | isn.t | wasn.t | don.t | last\ (?:year|month|week) | ago | was | were | had | old
            | closed | resolution | test
            | nicht | kein\w* | war | waren | letzte[nsrm]? | heißt | pas | était | dernier\w* | era | ayer | nie | był\w* )\b
        | https?:// | \bkb\s?\d | ではな",
    )
});

fn pattern(words: &str) -> Regex {
    Regex::new(&format!("(?imx){words}")).unwrap_or_else(|error| panic!("{words}: {error}"))
}

/// Whether somebody says that an event with its own head (id, source, date) is an example, or over.
pub(super) fn is_example(said: &str) -> bool {
    EXAMPLE.is_match(said)
}

/// Whether somebody says that a bare message is of another time or place, or an example.
pub(super) fn says_elsewhere(said: &str) -> bool {
    is_example(said) || ELSEWHERE.is_match(said)
}

/// By which a sentence says that something doesn't work, shows or asks for something, or is a monitor's.
static PRESENT: LazyLock<Regex> = LazyLock::new(|| {
    pattern(
        r"\b(?: can\s?not | can.t | could\ not | unable | nobody\ (?:who|can) | no\ one\ can | fails | failing
            | not\ (?:accepted|working|syncing|arriving) | see\ (?:below|attached) | restart\w* | neu\ ?gestartet | sensor | alert | alarm
            | (?:kann|können|könnt)\b[^.]{0,60}\bnicht | was\ tun
            | ne\ (?:peut|peuvent) | no\ puede[ns]? | não\ pode\w* | non\ possono | nie\ mogą )\b
        | ^\s*(?: bitte\ um | please\ (?:advise|help) | merci\ de | por\ favor )\b[^,;]*$",
    )
});

/// As many words say nothing: a greeting, a name.
const FEW_WORDS: usize = 4;

/// Whether what is said around an event with its own head may say that the event is an example, or over, or names another event.
/// A sentence that neither asks nor leads to something nor says what doesn't work may say anything.
pub(super) fn speaks_against(said: &str, ids: &[u32]) -> bool {
    let over = is_over(said);
    let said = without_frame(said);
    over || names_others(&said, ids) || !sentences(&said).into_iter().all(is_harmless)
}

/// Whether somebody says that an event is an example or over, or does something at a prompt.
pub(super) fn is_over(said: &str) -> bool {
    is_example(said) || acts(said)
}

/// Whether a line of it is a command at a prompt that does more than read.
pub(super) fn acts(said: &str) -> bool {
    said.lines().filter_map(command).any(|command| !only_reads(command))
}

/// Sentences with what ends them; a line break ends one too, unless a small letter follows.
fn sentences(said: &str) -> Vec<&str> {
    let mut found = Vec::new();
    let mut from = 0;
    let mut letters = said.char_indices().peekable();
    while let Some((at, c)) = letters.next() {
        let next = letters.peek().map(|(_, next)| *next);
        let ends = match c {
            '\n' => next.is_none_or(|next| !next.is_lowercase()),
            '.' | '!' | '?' | ':' | '？' | '：' | '。' => {
                next.is_none_or(|next| next.is_whitespace() || next == '!')
            }
            _ => false,
        };
        if ends {
            found.extend(said.get(from..at + c.len_utf8()));
            from = at + c.len_utf8();
        }
    }
    found.extend(said.get(from..));
    found
}

fn is_harmless(sentence: &str) -> bool {
    let is_word = |word: &&str| {
        word.chars().filter(|c| c.is_alphabetic()).count() > 1 && !word.contains(|c: char| c.is_ascii_digit())
    };
    sentence.trim_end().ends_with(['?', ':', '？', '：'])
        || sentence.split_whitespace().filter(is_word).count() < FEW_WORDS
        || PRESENT.is_match(sentence)
}

/// Without what programs write around an event; between two rows of stars stands the head of a transcript.
fn without_frame(said: &str) -> String {
    let mut in_head = false;
    let mut rest = String::new();
    for line in said.lines() {
        in_head ^= line.trim_start().starts_with("****");
        if !in_head && !is_frame(line) {
            rest.push_str(line);
            rest.push('\n');
        }
    }
    rest
}

fn names_others(said: &str, ids: &[u32]) -> bool {
    let number = |word: &str| word.parse::<u32>().ok().filter(|id| EVENT_IDS.contains(id) && *id > 99);
    said.split(|c: char| !c.is_alphanumeric()).filter_map(number).any(|id| !ids.contains(&id))
}

/// Whether what is said around bare messages of these ids is more than a greeting and a question.
pub(super) fn may_speak_against(said: &str, ids: &[u32]) -> bool {
    let said = without_frame(said);
    let words = said.split_whitespace().count();
    words > MOST_WORDS || says_elsewhere(&said) || names_others(&said, ids)
}

/// What a program wrote around it: a mail's head, a prompt, a rule.
fn is_frame(line: &str) -> bool {
    let line = line.trim();
    let ruled = ["---", "***", "==="].iter().any(|rule| line.starts_with(rule));
    let prompt = command(line).is_some_and(only_reads);
    let of_mail = labels::split(line).is_some_and(|(label, _)| {
        const HEAD: &[&str] =
            &["from", "to", "cc", "sent", "date", "mimeversion", "contenttype", "username", "starttime"];
        HEAD.contains(&labels::fold(label).as_str())
    });
    ruled || prompt || of_mail
}

/// What stands behind a prompt of PowerShell, here or on a remote server (`[SYNC01]: PS C:\>`), or of `cmd.exe` (`C:\>`).
pub(super) fn command(line: &str) -> Option<&str> {
    let line = line.trim();
    let here = line.strip_prefix('[').and_then(|rest| rest.split_once("]: ")).map_or(line, |(_, here)| here);
    let start = here.get(..3)?;
    let of_powershell = ["ps ", "ps>"].iter().any(|prompt| start.eq_ignore_ascii_case(prompt));
    let of_cmd = matches!(start.as_bytes(), [drive, b':', b'\\'] if drive.is_ascii_alphabetic());
    (of_powershell || of_cmd).then(|| here.split_once('>')).flatten().map(|(_, command)| command)
}

/// Whether a command at a prompt only reads, or is none: each of its cmdlets must be one that does.
fn only_reads(command: &str) -> bool {
    const BEGINS: &[&str] = &[
        "get-",
        "stop-transcript",
        "start-transcript",
        "exit",
        "cls",
        "clear",
        "wevtutil",
        "hostname",
        "cd ",
    ];
    const VERBS: &[&str] = &[
        "get",
        "select",
        "where",
        "sort",
        "format",
        "out",
        "measure",
        "convertto",
        "export",
        "group",
        "start-transcript",
        "stop-transcript",
    ];
    let command = command.trim().to_ascii_lowercase();
    let cmdlets = command.split(|c: char| !c.is_ascii_alphanumeric() && c != '-').filter(|word| {
        word.split_once('-').is_some_and(|(verb, noun)| {
            !verb.is_empty() && noun.starts_with(|c: char| c.is_ascii_alphabetic())
        })
    });
    let reads =
        |cmdlet: &str| VERBS.iter().any(|verb| cmdlet == *verb || cmdlet.split('-').next() == Some(verb));
    let runs_else = ["&", ".ps1", ".exe", ".cmd", ".bat"].iter().any(|mark| command.contains(mark));
    command.is_empty()
        || (BEGINS.iter().any(|word| command.starts_with(word))
            && !runs_else
            && cmdlets.into_iter().all(reads))
}
