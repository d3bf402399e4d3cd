//! What people put around events: a greeting, a mail's head, a ticket's form, a transcript, quotation marks, code
//! fences. Read so only where the text as a whole holds no event.
//!
//! An event stands in paragraphs of its own. What is said around it is talk.

use super::super::labels::{self, Label};
use super::super::line::{next_label, typed};
use super::super::raw::Raw;
use super::super::wording::{known_by_words, sentences};
use super::append;

/// The longest text that is read so, in bytes; nobody pastes more into a chat.
pub(super) const MOST: usize = 256 << 10;

/// A paragraph.
#[derive(Default)]
struct Block {
    text: String,
    /// Quoted or fenced: what follows it is talk again.
    set_apart: bool,
}

/// The events of a text that as a whole holds none; `read` reads those of a text without talk.
pub(super) fn read(text: &str, read: impl Fn(&str) -> Vec<Raw>) -> Vec<Raw> {
    let blocks = blocks(text);
    let below_head = below_head(&blocks, read).filter(|(events, _)| events.iter().any(Raw::is_event));
    let (mut events, talk) = below_head.unwrap_or_else(|| by_words(&blocks));
    let holds_another = !sentences(&talk.to_lowercase()).is_empty();
    events.iter_mut().for_each(|raw| raw.broken |= holds_another);
    if events.iter().any(Raw::is_event) {
        events.push(Raw::beside(talk));
    }
    events
}

/// The events from the first head on, and what is said around them.
fn below_head(blocks: &[Block], read: impl Fn(&str) -> Vec<Raw>) -> Option<(Vec<Raw>, String)> {
    let (at, from) = first_head(blocks)?;
    let first = &blocks[at];
    let alike = blocks[at..].iter().take_while(|block| !first.set_apart || block.set_apart).count();
    let head = blocks[..at].iter().map(|block| block.text.as_str());
    let tail = blocks[at + alike..].iter().map(|block| block.text.as_str());
    let (lead, rest) = first.text.split_at_checked(from)?;
    let talk = head.chain([lead]).chain(tail).collect::<Vec<_>>().join("\n");
    let rest =
        std::iter::once(rest).chain(blocks[at + 1..at + alike].iter().map(|block| block.text.as_str()));
    Some((read(&rest.collect::<Vec<_>>().join("\n\n")), talk))
}

/// The events whose messages are paragraphs, or end them, and what is said around them.
fn by_words(blocks: &[Block]) -> (Vec<Raw>, String) {
    let (mut events, mut talk) = (Vec::new(), String::new());
    for block in blocks {
        let (lead, message) = block.text.split_at(message_at(&block.text));
        let raw = Raw { message: message.to_owned(), ..Raw::default() }.known_by_words();
        let said = if raw.is_event() { lead } else { &block.text };
        append(&mut talk, said.trim_end());
        events.extend(Some(raw).filter(Raw::is_event));
    }
    (events, talk)
}

/// The text's paragraphs, without the marks of quotation and fences.
fn blocks(text: &str) -> Vec<Block> {
    let mut blocks = vec![Block::default()];
    let mut fenced = false;
    for line in text.lines().flat_map(|line| line.split('\r')) {
        let bare = line.trim_start();
        let fence = bare.starts_with("```") || bare.starts_with("~~~");
        fenced ^= fence;
        let quoted = bare.starts_with('>');
        let content = if quoted { bare.trim_start_matches(['>', ' ']) } else { line };
        let set_apart = quoted || fenced;
        let ends = fence || content.trim().is_empty();
        if ends || blocks.last().is_some_and(|last| last.set_apart != set_apart) {
            blocks.push(Block { text: String::new(), set_apart });
        }
        if let Some(last) = blocks.last_mut().filter(|_| !ends) {
            append(&mut last.text, content);
        }
    }
    blocks.retain(|block| !block.text.trim().is_empty());
    blocks
}

/// Where in a paragraph that as a whole is no event's message one begins: behind labels, as monitors write it.
fn message_at(text: &str) -> usize {
    let is_event =
        |text: &str| Raw { message: text.to_owned(), ..Raw::default() }.known_by_words().is_event();
    if is_event(text) {
        return 0;
    }
    let mut at = 0;
    let lines = text.split_inclusive('\n').take(MOST_LINES).map(|line| {
        at += line.len();
        (at - line.len(), line)
    });
    let behind_labels = |(at, line): (usize, &str)| {
        let colons = line.match_indices(": ").take(MOST_LABELS);
        let mut starts = colons.filter_map(|(colon, mark)| {
            text.get(at + colon + mark.len()..).map(|rest| (at + colon + mark.len(), rest))
        });
        starts
            .find(|(_, rest)| known_by_words(rest).is_some_and(|known| known.by_sentence))
            .map(|(from, _)| from)
    };
    let mut found = lines.filter_map(behind_labels);
    found.next().unwrap_or(0)
}

/// The most lines of a paragraph, and labels of a line, behind which a message is looked for.
const MOST_LINES: usize = 32;
const MOST_LABELS: usize = 4;

/// The first paragraph with an event's head or a line that is an event, and where in it that begins.
fn first_head(blocks: &[Block]) -> Option<(usize, usize)> {
    blocks.iter().enumerate().find_map(|(at, block)| {
        let (mut place, mut first, mut names_id) = (0, None, false);
        for line in block.text.split_inclusive('\n') {
            if typed(line.trim()).is_some() {
                return Some((at, place));
            }
            for label in line_labels(line) {
                if matches!(label, Label::Log | Label::Provider | Label::Date | Label::Id | Label::Record) {
                    first = first.or(Some(place));
                    names_id |= label == Label::Id;
                }
            }
            place += line.len();
        }
        first.filter(|_| names_id).map(|from| (at, from))
    })
}

/// The labels on one line, where line breaks between them were lost, too.
fn line_labels(line: &str) -> Vec<Label> {
    let Some((label, mut value)) = labels::split(line) else { return Vec::new() };
    let mut found: Vec<Label> = labels::exactly(label).map(|known| known.label).into_iter().collect();
    while let (_, Some((known, rest))) = next_label(value)
        && found.len() < 16
    {
        found.push(known.label);
        value = rest;
    }
    found
}

#[cfg(test)]
mod tests {
    use crate::offline::talk;

    const MESSAGE: &str = "Failed credential provisioning ping. Error: Microsoft.Online.Coexistence.ProvisionException: An \
        error occurred. Error Code: 90. Error Description: Password Synchronization has not been activated for this \
        company. Tracking ID: 0744fa31-1d9b-453a-83d8-c2555d843802 Server Name: BL2GR1BBA005.";
    const COPIED: &str = "Log Name:      Application\nSource:        Directory Synchronization\nDate:          11/17/2026 \
        3:30:00 AM\nEvent ID:      655\nLevel:         Error\nDescription:\n";

    /// The ids, and whether they are in doubt.
    fn told(text: &str) -> Vec<(u32, bool)> {
        let mut events = Vec::new();
        super::super::read(text.as_bytes(), &mut |raw| events.push(raw)).expect("reads");
        let said: Vec<&str> = events.iter().map(|raw| raw.said.as_str()).collect();
        let doubt = !talk::is_harmless(&said.join("\n"), &[655]);
        events.into_iter().filter_map(|raw| Some((raw.id?, raw.broken | doubt))).collect()
    }

    #[test]
    fn an_event_is_found_in_a_chat_a_mail_a_ticket_and_a_transcript() {
        let quoted =
            format!("{COPIED}{MESSAGE}").lines().map(|line| format!("> {line}\n")).collect::<String>();
        let pasted = [
            format!(
                "Hi all, since this morning we see this, what do we have to do?\n\n```\n{MESSAGE}\n```\n\nThanks,\nHelen\n"
            ),
            format!("morning! got this in the Application log:\n> {MESSAGE}\nany idea?\n"),
            format!("is this bad?\n\n{MESSAGE}\n"),
            format!(
                "From: Helpdesk <it@fabrikam.example>\nTo: idm@fabrikam.example\nSubject: FW: Password sync\nDate: Tue, 17 Nov \
                2026 09:22:10 +0100\n\nHi IDM team,\n\nsee below from the night shift.\n\n{quoted}\n"
            ),
            format!(
                "Ticket #90211\nUsuario: soporte N1\nEvento del servidor:\n\nOrigen: Directory Synchronization\nId. del evento: \
                655\nNivel: Error\n{MESSAGE}\n\nGracias\n"
            ),
            format!(
                "**********************\nWindows PowerShell transcript start\nStart time: 20261124101502\nUsername: \
                CORP\\adm\n**********************\nPS C:\\> Get-WinEvent -FilterHashtable @{{Id=652,655,6900}} | fl\n\n\n\
                TimeCreated  : 11/24/2026 10:00:00 AM\nProviderName : Directory Synchronization\nId           : 655\nMessage      \
                : {MESSAGE}\n\n\nPS C:\\> Stop-Transcript\n"
            ),
        ];
        for text in &pasted {
            assert_eq!(told(text), [(655, false)], "{text}");
        }
    }

    #[test]
    fn what_is_said_around_an_event_may_leave_it_in_doubt() {
        for talk in [
            "We checked, it is not our case.",
            "this was in March",
            "# Runbook",
            "ours is 611",
            "das Problem ist weg",
            "see https://learn.microsoft.com/troubleshoot",
            &"word ".repeat(41),
        ] {
            assert_eq!(told(&format!("hello\n\n{MESSAGE}\n\n{talk}\n")), [(655, true)], "{talk}");
        }
    }

    #[test]
    fn what_somebody_wrote_below_an_event_is_no_part_of_it() {
        for (below, doubt) in [
            ("Thanks, Helen", false),
            ("PS C:\\> Set-ADSyncAADPasswordSyncState -Enable $true", true),
            ("Resolved: a colleague enabled it", true),
            ("This is our staging server", true),
            ("PasswordHashSync : True", true),
        ] {
            assert_eq!(told(&format!("{COPIED}{MESSAGE}\n\n{below}\n")), [(655, doubt)], "{below}");
        }
    }

    #[test]
    fn a_second_quoted_message_is_not_lost_as_talk() {
        let quoted =
            format!("{COPIED}{MESSAGE}").lines().map(|line| format!("> {line}\n")).collect::<String>();
        let head = "From: Helpdesk <it@fabrikam.example>\nDate: Tue, 17 Nov 2026 09:22:10 +0100\n";
        let mail = format!("{head}\nHi,\n\n{quoted}\nand then\n\n> Provision credentials ping end.\n");
        assert_eq!(told(&mail), [(655, true)]);
    }

    #[test]
    fn a_message_behind_a_monitors_labels_is_found() {
        let mail = format!(
            "Alert: Directory Synchronization error 655\nSource: SYNC01.contoso.com\nPath: SYNC01.contoso.com\nLast modified time: \
             11/26/2026 9:41:02 AM\nAlert description: Event Description: {MESSAGE}\n\nNotification subscription ID generating this \
             message: {{11111111-2222-3333-4444-555555555555}}\n"
        );
        let ids: Vec<u32> = told(&mail).into_iter().map(|(id, _)| id).collect();
        assert_eq!(ids, [655]);
    }
}
