//! The answer to what is not about signing in: what Syncmedic is for, and where to go instead.

use super::Frame;
use crate::discord::embed::{Embed, Tone};
use crate::discord::message::Post;
use crate::words;
use crate::words::Language;

/// The answer as a card.
pub fn card(frame: Frame) -> Post {
    let embed = Embed::new(Tone::Plain, frame.say(words!("other")))
        .description(frame.say(words!("other-what")))
        .field(&frame.say(words!("other-ask")), frame.say(words!("other-how")))
        .field(&frame.say(words!("other-else")), frame.say(words!("other-where")));
    Post::card(frame.finish(embed, None))
}

/// The same for a terminal.
pub fn plain() -> String {
    let say = |text: words::Text| text.tell(Language::English);
    format!(
        "{}. {}\n\nAsk me, for instance: syncmedic ask \"users can't sign in\"\n\n{}: {}",
        say(words!("other")),
        say(words!("other-what")),
        say(words!("other-else")),
        say(words!("other-where")),
    )
}
