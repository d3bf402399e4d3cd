//! Short words: refusals, thanks, forms.

use super::Frame;
use crate::discord::embed::{Embed, Tone};
use crate::discord::message::{Input, Modal, Post};
use crate::discord::text;
use crate::gate::reason;
use crate::ids::Snowflake;
use crate::words;
use crate::words::Text;

/// Why something was not done: a sentence and the stable code.
pub fn refusal(sentence: &Text, code: &str, frame: Frame) -> Post {
    let sentence = text::sentence(&sentence.show(frame.language));
    let embed = Embed::new(Tone::Warning, frame.say(words!("not-done")))
        .description(first_upper(&text::cut(&sentence, 1500)))
        .footer(format!("code {code}"));
    Post::card(frame.finish(embed, None))
}

/// The request is made; the approvers see it.
pub fn asked(channel: Snowflake, deadline: jiff::Timestamp, needed: u32, plan: &str, frame: Frame) -> Post {
    let (channel, deadline) = (format!("<#{channel}>"), text::relative(deadline));
    let embed = Embed::new(Tone::Busy, frame.say(words!("asked")))
        .description(frame.say(words!("asked-who", channel = channel, needed = needed, deadline = deadline)))
        .field(&frame.say(words!("asked-then")), frame.say(words!("asked-what-then")))
        .inline(&frame.say(words!("plan-code")), text::code(plan));
    Post::card(frame.finish(embed, None))
}

/// A click on a request was counted.
pub fn done(words: &str, frame: Frame) -> Post {
    Post::card(frame.finish(Embed::new(Tone::Good, text::line(words)), None))
}

/// Something of ours failed. The details are in the log, not in the chat.
pub fn failure(frame: Frame) -> Post {
    let embed = Embed::new(Tone::Bad, frame.say(words!("failure")))
        .description(frame.say(words!("failure-what")))
        .footer("code internal");
    Post::card(frame.finish(embed, None))
}

/// A summary was ordered.
pub fn summary_ordered(channel: Snowflake, frame: Frame) -> Post {
    let embed = Embed::new(Tone::Good, frame.say(words!("on-its-way")))
        .description(frame.say(words!("summary-posted", channel = format!("<#{channel}>"))));
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
pub fn request_form(custom_id: String, deliberate: bool, ticket: Option<&str>, frame: Frame) -> Modal {
    let max = reason::MAX_CHARS;
    let placeholder = match ticket {
        Some(pattern) => frame.say(words!("form-ticket", pattern = pattern)),
        None => frame.say(words!("form-reason-example")),
    };
    let mut inputs = vec![Input {
        name: inputs::REASON,
        label: frame.say(words!("form-reason")),
        placeholder,
        min: 1,
        max,
        long: false,
    }];
    if deliberate {
        inputs.push(Input {
            name: inputs::JUSTIFICATION,
            label: frame.say(words!("form-justification")),
            placeholder: frame.say(words!("form-justification-example")),
            min: reason::MIN_JUSTIFICATION,
            max,
            long: true,
        });
    }
    Modal { custom_id, title: frame.say(words!("button-request")), inputs }
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
