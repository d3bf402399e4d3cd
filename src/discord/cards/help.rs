//! The answer to a question that is not about signing in: what Syncmedic can do, and where to go instead.

use super::Frame;
use crate::discord::embed::{Embed, Tone};
use crate::discord::message::Post;

const WHAT: &str = "Tell me when people can't sign in, or when a changed password is not accepted. I ask the sync \
                    servers and say what is wrong, how I know, and who can mend it.";
const ELSE: &str = "A forgotten password: the self-service reset page. A lost phone or a locked account: the \
                    helpdesk. I know nothing about these.";

/// The answer as a card.
pub fn card(frame: Frame) -> Post {
    let embed = Embed::new(Tone::Plain, "I look after password sync")
        .description(WHAT)
        .field(
            "Ask me",
            "`/signin problem:` users can't sign in\n`/sync status` all servers · `/sync server` one in full · \
             `/sync history` its last hours\nOr right-click a complaint > Apps > **Diagnose sign-in**",
        )
        .field("If it is something else", ELSE);
    Post::card(frame.finish(embed, None))
}

/// The same for a terminal.
pub fn plain() -> String {
    format!(
        "I look after password sync. {WHAT}\n\nAsk me, for instance: syncmedic ask \"users can't sign in\"\n\n\
         If it is something else: {ELSE}"
    )
}
