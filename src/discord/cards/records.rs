//! The newest rows of the audit.

use jiff::Timestamp;

use super::Frame;
use crate::discord::embed::{Embed, Tone};
use crate::discord::message::Post;
use crate::discord::text;
use crate::ids::Snowflake;

/// A row of the audit, as far as the card shows it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Record {
    /// Its number.
    pub seq: u64,
    /// When.
    pub at: Timestamp,
    /// What happened, in kebab case.
    pub kind: String,
    /// Who did it.
    pub actor: Option<Snowflake>,
    /// The code of a refusal or an outcome.
    pub code: Option<String>,
    /// The plan's code, where it is about one.
    pub plan: Option<String>,
}

/// The newest rows, newest first, with the head.
pub fn card(records: &[Record], head: &str, frame: Frame) -> Post {
    let line = |record: &Record| {
        let actor = record.actor.map(|user| format!(" by <@{user}>")).unwrap_or_default();
        let code = |code: &Option<String>| code.as_deref().map(|code| format!(" {}", text::code(code)));
        format!(
            "`#{}` {} **{}**{actor}{}{}",
            record.seq,
            text::at(record.at),
            text::line(&record.kind),
            code(&record.code).unwrap_or_default(),
            code(&record.plan).unwrap_or_default()
        )
    };
    let lines: Vec<String> = records.iter().map(line).collect();
    let embed = Embed::new(Tone::Plain, "The newest audit rows")
        .description(text::lines(&lines, 4000))
        .inline("Head", text::code(head))
        .field("Proof", "`syncmedic audit verify` checks the whole chain, `audit export` writes it out.");
    Post::card(frame.finish(embed, None))
}
