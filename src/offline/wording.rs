//! An event known by nothing but its words. Microsoft's English templates are each one event's alone; but people
//! write about them, too, so that what stands before and behind them must be what stands there in reality.

use std::collections::BTreeSet;
use std::sync::LazyLock;

use regex::Regex;

use super::fields;
use super::talk;
use super::wrapper::is_wrapper;

/// What one event alone says, in lower case, and its id.
///
/// Source: the facts on the wording of events 611, 650 to 657, 659 and 6900.
const SENTENCES: &[(&str, u32)] = &[
    ("failed credential provisioning batch", 652),
    ("failed credential provisioning ping", 655),
    ("provision credentials ping end", 654),
    ("provision credentials ping start", 653),
    ("provision credentials batch end", 651),
    ("provision credentials batch start", 650),
    ("password change result - anchor", 657),
    ("password change request - anchor", 656),
    ("password hash synchronization failed for domain", 611),
    ("password synchronization failed for domain", 611),
    ("error while retrieving password policy sync configuration", 659),
    ("full password hash synchronization completed for domain", 622),
    ("full password hash synchronization completed for forest", 623),
    ("acquiretokenwithcertificate", 906),
    ("unable to retrieve a security token for the provisioning web service", 906),
    ("access to windows azure active directory has been denied", 115),
    ("unexpected error while processing a password change notification", 6900),
    ("unable to open connection to domain", 611),
];

/// Names that stand in the middle of one event's text alone.
const NAMES: &[(&str, u32)] =
    &[("_idl_drsgetncchanges", 611), ("drscommunicationexception", 611), ("drsexception", 611)];

/// The cloud's English answers, which a localised wrapper of 6900 holds.
const ANSWERS: &[&str] = &[
    "error description: password synchronization has not been activated for this company",
    "error description: windows azure active directory is currently busy",
    "microsoft.online.coexistence",
    "user name or password is incorrect. verify your user name",
    "aadsts70002",
    "aadsts50054",
];

/// What a sentence may begin with.
const LEADS: &[&str] = &["the server encountered an ", "[msal] ", "the "];

/// How much may stand before the message in a text that is one, in characters.
const MOST_BEFORE: usize = 200;

/// What a text is known as.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Known {
    /// The event's id.
    pub(super) id: u32,
    /// Its own sentence tells it, not only the cloud's answer, which may be a part of another text.
    pub(super) by_sentence: bool,
    /// It says Error Code 90, and something that Windows does not write there: somebody may have written about it.
    pub(super) doubtful: bool,
    /// It says Error Code 90, and something stands before it: a greeting, or a wrapper in another language.
    pub(super) introduced: bool,
}

/// The events whose sentences a text in lower case holds: more than one is more than one event.
pub(super) fn sentences(lower: &str) -> BTreeSet<u32> {
    let words: Vec<&str> = lower.split_whitespace().collect();
    let text = words.join(" ");
    let all = SENTENCES.iter().chain(NAMES);
    all.filter(|(sentence, _)| text.contains(sentence)).map(|(_, id)| *id).collect()
}

/// The id of an event that only its text tells.
pub(super) fn id_by_text(text: &str) -> Option<u32> {
    known_by_words(text).map(|known| known.id)
}

/// The event that a text is, if its words are one's alone.
pub(super) fn known_by_words(text: &str) -> Option<Known> {
    let spaced = single_spaced(text);
    let lines = spaced.to_ascii_lowercase();
    let text = lines.replace('\n', " ");
    // Events in a format that was not understood: their ids stand there, and are others perhaps.
    if ["<eventid", "<event ", "-----", "|---", "\",\"", "\";\""].iter().any(|sign| text.contains(sign)) {
        return None;
    }
    let says_90 = CODE_90.is_match(&text);
    let (id, from, by_sentence) = begins(&text, &lines, says_90)?;
    // A narrow window breaks lines within words.
    let is_whole = |message: &str| MESSAGE.is_match(message) || MESSAGE.is_match(&message.replace('\n', ""));
    let before = spaced.get(..from).unwrap_or_default();
    let leads = || talk::is_harmless(before, &[]) || is_wrapper(before);
    let doubtful = says_90 && !(leads() && lines.get(from..).is_some_and(is_whole));
    Some(Known { id, by_sentence, doubtful, introduced: says_90 && from > 0 })
}

/// What stands behind a message that says Error Code 90, where that is more than Windows writes; with a line break
/// before it if it begins on a line of its own. Of the parts that an event was made of, the first that says more.
pub(super) fn behind_code_90(text: &str) -> Option<String> {
    let beside = |part: &&str| !says_code_90(part) && !is_harmless_part(part);
    let said = || text.split(PARTS).find(beside).map(|part| format!("\n{part}"));
    text.split(PARTS).find_map(behind).or_else(|| if says_code_90(text) { said() } else { None })
}

/// Whether a part of an event beside the one that says code 90 says nothing: an identifier, or what leads to the inner text.
fn is_harmless_part(part: &str) -> bool {
    part.trim().chars().count() <= 1 || fields::is_plain(part.trim()) || is_wrapper(part)
}

fn behind(text: &str) -> Option<String> {
    let spaced = single_spaced(without_forest(text));
    let lines = spaced.to_ascii_lowercase();
    let flat = lines.replace('\n', " ");
    if !CODE_90.is_match(&flat) {
        return None;
    }
    let answer = || flat.find("an error occurred").or_else(|| CODE_90.find(&flat).map(|found| found.start()));
    let from = begins(&flat, &lines, false).map(|(_, from, _)| from).or_else(answer).unwrap_or(0);
    let before = spaced.get(..from)?;
    if !is_wrapper(before) {
        // Somebody may have written above the message.
        return Some(format!("\n{before}\n{}", behind_message(&spaced, &lines, from).unwrap_or_default()));
    }
    behind_message(&spaced, &lines, from)
}

/// Without the forest at its end, however its lines are broken and wherever it is cut.
pub(super) fn without_forest(text: &str) -> &str {
    const BEGINS: &str = "(?i)^<forest-info>(?:<partition-name>[\\w.-]*</partition-name>)?(?:<connector-id>[0-9a-f-]*</connector-id>)?";
    static WHOLE: LazyLock<Regex> =
        LazyLock::new(|| pattern(&format!("{BEGINS}(?:</forest-info>?)?[\"'.…}}]*$")));
    static CUT: LazyLock<Regex> = LazyLock::new(|| {
        pattern(&format!("{BEGINS}(?:<(?:partition-name|connector-id)>[\\w.-]*)?(?:</?[a-z-]*)?[\"'.…}}]*$"))
    });
    let at = text.to_ascii_lowercase().find("<forest-info>").unwrap_or(text.len());
    let (message, forest) = text.split_at_checked(at).unwrap_or((text, ""));
    let squeezed: String = forest.chars().filter(|c| !c.is_whitespace()).collect();
    // Words behind what was cut are somebody's.
    let is_last = || forest.split_whitespace().next_back().is_some_and(|last| last.contains('<'));
    if WHOLE.is_match(&squeezed) || is_last() && CUT.is_match(&squeezed) { message } else { text }
}

/// What stands behind the message that begins there.
fn behind_message(spaced: &str, lines: &str, from: usize) -> Option<String> {
    let message = lines.get(from..)?;
    let narrow = message.replace('\n', "");
    if MESSAGE.is_match(message) || MESSAGE.is_match(&narrow) {
        return None;
    }
    let end = BEGINNING.find(message).map_or(0, |found| found.end());
    let (said, rest) = message.split_at_checked(end)?;
    let marks = said.trim_end_matches(|c: char| c.is_whitespace() || c == '-');
    let own_line = said.get(marks.len()..).is_some_and(|between| between.contains('\n'));
    let written = spaced.get(spaced.len() - rest.len()..)?;
    (!is_cut(rest)).then(|| format!("{}{written}", if own_line { "\n" } else { "" }))
}

/// Whether a text goes on as the message does, and ends in the middle: a column was too narrow.
fn is_cut(rest: &str) -> bool {
    const GOES_ON: &[&str] = &[
        "error description: password synchronization has not been activated for this company",
        "password synchronization has not been activated for this company",
        "tracking id: ",
        "server name: ",
        "---> system.servicemodel.faultexception",
        "an error occurred. error code: 90",
        "(fault detail is equal to ",
    ];
    let rest = rest.trim_end_matches(['.', '…', ' ', '}']).replace('\n', " ");
    !rest.is_empty() && GOES_ON.iter().any(|text| text.starts_with(&rest))
}

/// Whether a text says Error Code 90.
pub(super) fn says_code_90(text: &str) -> bool {
    CODE_90.is_match(&single_spaced(text).to_ascii_lowercase().replace('\n', " "))
}

/// Whether a text names what code 90 says of the company, or password sync.
pub(super) fn names_activation(text: &str) -> bool {
    let text = single_spaced(text).to_lowercase().replace('\n', " ");
    ["been activated", "password sync", "password hash", "tenant", "switch"]
        .iter()
        .any(|words| text.contains(words))
}

/// The id, where its message begins, and whether its own sentence tells it.
fn begins(text: &str, lines: &str, says_90: bool) -> Option<(u32, usize, bool)> {
    let first = |all: &[(&str, u32)]| {
        let found = all.iter().filter_map(|(sentence, id)| Some((text.find(sentence)?, sentence.len(), *id)));
        found.min()
    };
    let (sentence, name) = (first(SENTENCES), first(NAMES));
    if let Some((at, length, id)) = sentence.filter(|found| name.is_none_or(|name| found < &name)) {
        let from = with_lead(text, at);
        let is_message = is_short(text, from) && stands_alone(lines, from) && goes_on(lines, at + length);
        return is_message.then_some((id, from, true));
    }
    if let Some((at, _, id)) = name {
        return is_short(text, at).then_some((id, at, true));
    }
    let at = ANSWERS.iter().filter_map(|answer| text.find(answer)).min()?;
    let at = text.find("an error occurred. error code").map_or(at, |begins| begins.min(at));
    let from = with_lead(text, at);
    (is_short(text, from) && (!says_90 || stands_alone(lines, from))).then_some((6900, from, false))
}

/// Single spaces, or a line break where one was among them.
fn single_spaced(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut space = None;
    for c in text.trim().chars() {
        // A mail's soft break.
        if c == '\n' && out.ends_with('=') && space.is_none() {
            out.pop();
        } else if c.is_whitespace() {
            space = Some(if c == '\n' || space == Some('\n') { '\n' } else { ' ' });
        } else {
            out.extend(space.take());
            out.push(c);
        }
    }
    out
}

/// Where a sentence begins, together with what leads to it.
fn with_lead(text: &str, at: usize) -> usize {
    let before = text.get(..at).unwrap_or_default();
    let lead = LEADS.iter().find(|lead| before.ends_with(*lead));
    at - lead.map_or(0, |lead| lead.len())
}

/// What stands before the message is a greeting or a localised wrapper; more than that is prose about messages.
fn is_short(text: &str, at: usize) -> bool {
    let before = text.get(..at).unwrap_or_default();
    before.chars().count() <= MOST_BEFORE
        && ![". ", "? ", "! ", "。", "|"].iter().any(|end| before.contains(end))
}

/// A message begins its line, but for marks of quotation, or follows a colon.
fn stands_alone(lines: &str, at: usize) -> bool {
    let before = lines.get(..at).and_then(|before| before.rsplit('\n').next()).unwrap_or_default();
    let mark = |c: char| c == ' ' || "\"'`*_>-“”„«»‘’「『".contains(c);
    let before = before.trim_end_matches(mark);
    before.is_empty() || before.ends_with([':', '：'])
}

/// Behind the sentence, a message ends, or goes on with what its details begin with.
fn goes_on(lines: &str, at: usize) -> bool {
    let rest = lines.get(at..).unwrap_or_default();
    let next = rest.trim_start_matches(' ');
    next.is_empty()
        || next.starts_with(['.', ':', '：', '\n', '(', '"', '”', '<', '`', '*'])
        || ["count", "tracking"].iter().any(|word| next.starts_with(word))
}

/// What parts an event's text where it was put together.
pub(super) const PARTS: &str = "\n·\n";

/// As the signature of code 90 reads it. A test rules out that it is no pattern.
static CODE_90: LazyLock<Regex> = LazyLock::new(|| pattern(r"error\s*code\s*:\s*90\b"));

/// A message with Error Code 90 and nothing else, from its beginning to its end.
static MESSAGE: LazyLock<Regex> = LazyLock::new(|| pattern(&format!("{WHAT_WINDOWS_WRITES} $")));

/// The same, with something else behind it.
static BEGINNING: LazyLock<Regex> = LazyLock::new(|| pattern(WHAT_WINDOWS_WRITES));

const WHAT_WINDOWS_WRITES: &str = r#"(?x)
        ^ (?: failed\s? credential\s? provisioning\s? (?:ping|batch) [\s.:]* (?:error\s?:)?
            | the\s? server\s? encountered\s? an\s? unexpected\s? error\s? while\s? processing\s? a\s? password\s? change\s?
              notification [\s.:：]* )?
        (?: <br\s?/?> | ["'“„«‘「『\s] )*
        (?: [a-z][\w.]*\.\s? \w*exception [\w`]* \s?:\s? )*
        (?: an\s? error\s? occurred [.\s]* )?
        error\s? code\s? :\s? 90 \b
        (?: [\s.,;]* error\s? description\s? :\s? password\s? synchronization\s? has\s? not\s? been\s? activated\s? for\s? this\s?
            company )?
        (?: [.,;\s"'”“»«’」』)`*_]+
          | <br\s?/?> | [-–—] \s
          | tracking\s?id\s? :\s? [0-9a-f]{8}(?:-\s?[0-9a-f]{4}){3}-\s?[0-9a-f]{12}
          | server\s? name\s? :\s? [\w-]*
          | (?: ---> | [—–]> | → ) \s? [a-z][\w.]*exception [\w`]* (?: \[ (?: [\w.,+`\n] | ,\x20 )* \] )? \s?:
          | an\s? error\s? occurred\. | error\s? code\s? :\s? 90 \b | error\s? description\s? :
          | password\s? synchronization\s? has\s? not\s? been\s? activated\s? for\s? this\s? company
          | \(fault\s? detail\s? is\s? equal\s? to\s? [\w.+`]+\)
          | \b (?: at | bei | à | en | em | in | w | v | 場所 | 在 | 於 | 위치 ) \s [a-z_][\w`]* (?: [.+][\w`<>\[\],]+ )+ (?: \n [\w`<>\[\],]+ (?: [.+][\w`<>\[\],]+ )* )? \s? \( (?: [\w.`+\[\],&*]+ (?: \s? \w+ )? (?: ,\s? [\w.`+\[\],&*]+ (?: \s? \w+ )? )* )? \)
          | ---\s? end\s? of\s? inner\s? exception\s? stack\s? trace\s? ---
          | azure\s? ad\s? sync\s? \d+(?:\.\d+){3}
          | server\s? stack\s? trace: | exception\s? rethrown\s? at\s? \[\d\]:
          | </forest-\s?info $ | < (?: /? forest-\s?info | (?: partition-\s?name | connector-\s?id ) > [^<>\s]* < / (?: partition-\s?name | connector-\s?id ) ) >
        )*"#;

fn pattern(text: &str) -> Regex {
    Regex::new(text).unwrap_or_else(|error| panic!("{text}: {error}"))
}

#[cfg(test)]
#[path = "wording_tests.rs"]
mod tests;
