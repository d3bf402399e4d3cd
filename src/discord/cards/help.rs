//! The answer to "what can you do?": what this very person may do here, and who can help with the rest.

use super::Frame;
use super::lines::channels;
use crate::discord::embed::{Embed, Tone};
use crate::discord::message::Post;
use crate::ids::Snowflake;
use crate::words;
use crate::words::Text;

/// What somebody may do, where they ask. The gate decides anew at every click: this only tells.
#[derive(Debug, Clone)]
pub struct May {
    /// Whether servers may be named here.
    pub inside: bool,
    /// Whether the record may be seen here.
    pub audit: bool,
    /// Whether they may ask for a run; if not, why not.
    pub request: Result<(), Text>,
    /// Whether they may approve one; if not, why not.
    pub approve: Result<(), Text>,
    /// The role that may ask for a run.
    pub requester_role: Snowflake,
    /// The role that may approve one.
    pub approver_role: Snowflake,
    /// Where requests are approved.
    pub approvals: Snowflake,
    /// Where servers are named.
    pub answer_channels: Vec<Snowflake>,
}

/// The answer as a card.
pub fn card(may: &May, frame: Frame) -> Post {
    let embed = Embed::new(Tone::Plain, frame.say(words!("help")))
        .description(frame.say(words!("help-everyone")))
        .lines(&frame.say(words!("help-here")), &here(may, frame))
        .lines(&frame.say(words!("help-you")), &you(may, frame))
        .lines(&frame.say(words!("help-others")), &others(may, frame))
        .field(&frame.say(words!("help-text")), frame.say(words!("help-text-more")));
    Post::card(frame.finish(embed, None))
}

/// The commands that answer in this channel.
fn here(may: &May, frame: Frame) -> Vec<String> {
    let mut lines = vec![frame.say(words!("help-signin"))];
    if may.inside {
        lines.push(frame.say(words!("help-sync")));
    } else {
        let channels = channels(&may.answer_channels, frame);
        lines.push(frame.say(words!("help-sync-elsewhere", channels = channels)));
    }
    if may.audit {
        lines.push(frame.say(words!("help-audit")));
    }
    lines
}

/// What the person may do about a fault, or why not.
fn you(may: &May, frame: Frame) -> Vec<String> {
    let request = match &may.request {
        Ok(()) if may.inside => frame.say(words!("help-may-request")),
        Ok(()) => {
            frame.say(words!("help-may-request-elsewhere", channels = channels(&may.answer_channels, frame)))
        }
        Err(why) => frame.say(words!("help-may-not-request", why = frame.line(why))),
    };
    let approve = match &may.approve {
        Ok(()) => frame.say(words!("help-may-approve", channel = format!("<#{}>", may.approvals))),
        Err(why) => frame.say(words!("help-may-not-approve", why = frame.line(why))),
    };
    vec![request, approve]
}

/// Who can, where this person can't.
fn others(may: &May, frame: Frame) -> Vec<String> {
    let role = |id: Snowflake| format!("<@&{id}>");
    let mut lines = Vec::new();
    if may.request.is_err() {
        lines.push(frame.say(words!("help-who-requests", role = role(may.requester_role))));
    }
    if may.approve.is_err() {
        lines.push(frame.say(words!("help-who-approves", role = role(may.approver_role))));
    }
    lines
}
