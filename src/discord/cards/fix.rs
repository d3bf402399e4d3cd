//! The answer to "switch password sync on again": whether that would help, and how it is asked for. A text never does it.

use super::evidence::{Answer, Buttons, buttons_of, elsewhere, is_by_choice, nobody, obstacles, offer};
use super::lines::{last_switched, place, steps, title};
use super::{Frame, tone};
use crate::discord::embed::{Embed, Tone};
use crate::discord::message::Post;
use crate::discord::text;
use crate::ids::Snowflake;
use crate::words;

/// The answer where servers may be named. The button is the ordinary one, whose click the gate judges.
pub fn card(answer: &Answer<'_>, buttons: &Buttons, requester_role: Snowflake, frame: Frame) -> Post {
    let Some(server) = answer.lead() else { return Post::card(nobody(frame)) };
    let explanation = answer.knowledge.explain_in(server.cause, frame.language);
    let by_choice = is_by_choice(server, answer.knowledge);
    let no_text = frame.say(words!("fix-no-text"));
    let offered = server.remedy.as_ref().filter(|_| server.offer);
    let obstacles = obstacles(server, frame);
    let mut embed = match (offered, obstacles.is_empty()) {
        (Some(_), _) => Embed::new(Tone::Busy, frame.say(words!("fix-offered"))),
        (None, true) => Embed::new(tone(server, answer.knowledge), frame.say(words!("fix-nothing"))),
        (None, false) => Embed::new(Tone::Warning, frame.say(words!("fix-withheld"))),
    };
    embed = embed
        .description(format!("**{}**\n{no_text}", frame.line(&server.summary)))
        .inline(&frame.say(words!("where")), place(server, frame))
        .inline(&frame.say(words!("verdict")), text::line(title(server.cause, explanation)));
    if let Some(remedy) = offered {
        let role = format!("<@&{requester_role}>");
        embed = embed
            .field(&frame.say(words!("what-to-do")), offer(remedy, by_choice, frame))
            .field(&frame.say(words!("who-can")), frame.say(words!("fix-who", role = role)));
    } else {
        embed = embed
            .lines(&frame.say(words!("no-button")), &obstacles)
            .lines(&frame.say(words!("what-to-do")), &steps(&explanation.steps))
            .field(&frame.say(words!("who-can")), text::line(&explanation.who));
    }
    if server.remedy.is_some() {
        embed = embed.field(&frame.say(words!("last-switched")), last_switched(server, frame));
    }
    embed = embed
        .lines(&frame.say(words!("also-worth-knowing")), &answer.warnings(server, frame))
        .lines(&frame.say(words!("other-servers")), &answer.others(frame));
    let mut post = Post::card(frame.finish(embed, None));
    // The conditions are told here in full: no button opens them once more.
    let buttons = Buttons { why_not: None, ..buttons.clone() };
    post.buttons = buttons_of(&buttons, by_choice, frame);
    post
}

/// The answer elsewhere: how it is asked for, and where; no server, build or forest.
pub fn redacted(answer: &Answer<'_>, answer_channels: &[Snowflake], frame: Frame) -> Post {
    let Some(server) = answer.lead() else { return Post::card(nobody(frame)) };
    let explanation = answer.knowledge.explain_in(server.cause, frame.language);
    let embed = Embed::new(Tone::Plain, frame.say(words!("fix-elsewhere")))
        .description(frame.say(words!("fix-no-text")))
        .field(&frame.say(words!("verdict")), text::line(title(server.cause, explanation)))
        .field(&frame.say(words!("details")), elsewhere(answer_channels, frame));
    Post::card(frame.finish(embed, None))
}
