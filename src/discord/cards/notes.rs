//! Short words: refusals, thanks. All in one place, so that they can be translated.

use super::Frame;
use crate::discord::embed::{Embed, Tone};
use crate::discord::message::{Input, Modal, Post};
use crate::discord::text;
use crate::gate::reason;
use crate::ids::Snowflake;

/// Why something was not done: a sentence and the stable code.
pub fn refusal(sentence: &str, code: &str, frame: Frame) -> Post {
    let embed = Embed::new(Tone::Warning, "Not done")
        .description(first_upper(&text::cut(&text::sentence(sentence), 1500)))
        .footer(format!("code {code}"));
    Post::card(frame.finish(embed, None))
}

/// The request is made; the approvers see it.
pub fn asked(channel: Snowflake, deadline: jiff::Timestamp, needed: u32, plan: &str, frame: Frame) -> Post {
    let people = match needed {
        1 => "One other person must approve".to_owned(),
        needed => format!("{needed} other people must approve"),
    };
    let embed = Embed::new(Tone::Busy, "Asked")
        .description(format!(
            "The approvers see it in <#{channel}>. {people}, {} at the latest.",
            text::relative(deadline)
        ))
        .field(
            "What happens then",
            "The command runs on the server, and I check that it worked. You will be told how it ended.",
        )
        .inline("Plan code", text::code(plan));
    Post::card(frame.finish(embed, None))
}

/// A click on a request was counted.
pub fn done(words: &str, frame: Frame) -> Post {
    Post::card(frame.finish(Embed::new(Tone::Good, text::line(words)), None))
}

/// Something of ours failed. The details are in the log, not in the chat.
pub fn failure(frame: Frame) -> Post {
    let embed = Embed::new(Tone::Bad, "That did not work")
        .description(
            "Something failed on Syncmedic's side, and nothing was changed. Try again; if it stays so, \
             whoever runs Syncmedic finds the reason in its log.",
        )
        .footer("code internal");
    Post::card(frame.finish(embed, None))
}

/// A summary was ordered.
pub fn summary_ordered(channel: Snowflake, frame: Frame) -> Post {
    let embed =
        Embed::new(Tone::Good, "On its way").description(format!("The summary is posted in <#{channel}>."));
    Post::card(frame.finish(embed, None))
}

/// What a form's lines are called.
pub mod inputs {
    /// The reason.
    pub const REASON: &str = "reason";
    /// Why it may go on although it was switched off deliberately.
    pub const JUSTIFICATION: &str = "justification";
}

/// The form that asks why.
pub fn request_form(custom_id: String, deliberate: bool, ticket: Option<&str>) -> Modal {
    let max = reason::MAX_CHARS;
    let placeholder = match ticket {
        Some(pattern) => format!("Name the ticket (it must match {pattern})"),
        None => "Users can't sign in since this morning, INC0047".to_owned(),
    };
    let mut inputs = vec![Input {
        name: inputs::REASON,
        label: "Why is it needed?".into(),
        placeholder,
        min: 1,
        max,
        long: false,
    }];
    if deliberate {
        inputs.push(Input {
            name: inputs::JUSTIFICATION,
            label: "An administrator switched it off. Why on?".into(),
            placeholder: "Who agreed that password sync goes on again, and why".into(),
            min: reason::MIN_JUSTIFICATION,
            max,
            long: true,
        });
    }
    Modal { custom_id, title: "Request enablement".into(), inputs }
}

/// The form that asks an approver why not.
pub fn deny_form(custom_id: String) -> Modal {
    let input = Input {
        name: inputs::REASON,
        label: "Why is it denied?".into(),
        placeholder: "The requester and the audit will see it".into(),
        min: 1,
        max: reason::MAX_CHARS,
        long: false,
    };
    Modal { custom_id, title: "Deny request".into(), inputs: vec![input] }
}

fn first_upper(text: &str) -> String {
    let mut chars = text.chars();
    let mut out: String = chars.next().map(|c| c.to_uppercase().collect()).unwrap_or_default();
    out.push_str(chars.as_str());
    if !out.ends_with(['.', '!', '?', '…']) {
        out.push('.');
    }
    out
}
