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
            | gone | again | wieder | closed | cleared | ignore\w* | disregard | ignorieren | mended | all\ good | no\ (?:more|longer) | any\ ?more
            | no\ errors? | keine\ fehler | ticked | (?:re-?)?activated | turned\ on | ran\ the\ wizard | blog | resolution | healed | healthy
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

/// By which somebody asks, shows an event, or says that something doesn't work; and what monitors write.
static PRESENT: LazyLock<Regex> = LazyLock::new(|| {
    pattern(
        r"[?？¿] | \b(?: can\s?not | can.t | could\ not | unable | nobody\ (?:who|can) | no\ one\ can | fails | failing
            | not\ (?:accepted|working|syncing|arriving) | below | following | found\ this | got\ this | (?:we|i)\ (?:see|get)\ this
            | i\ get | see\ (?:below|attached) | what\ (?:to\ do|now) | sensor | alert | alarm
            | (?:kann|können|könnt)\b[^.]{0,60}\bnicht | unten | folgende\w* | auszug | was\ tun | bitte\ um | please\ (?:advise|help|check) | merci\ de | por\ favor
            | ne\ (?:peut|peuvent) | ci-dessous | suivante? | voici
            | no\ puede[ns]? | siguientes? | abajo | não\ pode\w* | non\ possono | seguente | hieronder | nie\ mogą )\b",
    )
});

/// As many words say nothing: a greeting, a name.
const FEW_WORDS: usize = 4;

/// Whether what is said around an event with its own head may say that the event is an example, or over, or names another event.
/// What neither asks nor shows nor complains may say anything.
pub(super) fn speaks_against(said: &str, ids: &[u32]) -> bool {
    let said = without_frame(said);
    let is_word = |word: &&str| {
        word.chars().filter(|c| c.is_alphabetic()).count() > 1 && !word.contains(|c: char| c.is_ascii_digit())
    };
    let words = said.split_whitespace().filter(is_word).count();
    is_example(&said) || names_others(&said, ids) || (words >= FEW_WORDS && !PRESENT.is_match(&said))
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
    let prompt =
        line.get(..3).filter(|start| start.eq_ignore_ascii_case("ps ")).and_then(|_| line.split_once('>'));
    let prompt = prompt.is_some_and(|(_, command)| is_harmless(command));
    let of_mail = labels::split(line).is_some_and(|(label, _)| {
        const HEAD: &[&str] =
            &["from", "to", "cc", "sent", "date", "mimeversion", "contenttype", "username", "starttime"];
        HEAD.contains(&labels::fold(label).as_str())
    });
    ruled || prompt || of_mail
}

/// Whether a command at a prompt only reads, or is none.
fn is_harmless(command: &str) -> bool {
    const READS: &[&str] = &[
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
    let command = command.trim().to_ascii_lowercase();
    let changes = ["set-", "enable-", "start-ad", "restart-"].iter().any(|word| command.contains(word));
    command.is_empty() || (!changes && READS.iter().any(|word| command.starts_with(word)))
}
