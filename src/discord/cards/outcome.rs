//! What the requester is told in the end, and what operators are told when a command is staged.

use super::{Frame, approval};
use crate::catalog;
use crate::discord::embed::{Embed, Tone};
use crate::discord::message::{Ping, Post};
use crate::discord::text;
use crate::gate::request::{Request, State};
use crate::ids::Snowflake;

/// Tells the requester, and nobody else, how it ended. `card` is the address of the approval card.
pub fn requester(request: &Request, card: Option<&str>, mark: &str, frame: Frame) -> Post {
    let (tone, title, sentence) = words(request);
    let mut embed = Embed::new(tone, title).description(sentence);
    if let Some(why) = request.outcome.as_ref().filter(|_| request.state != State::Verified) {
        embed = embed.field("Why", format!("{} {}", text::code(&why.code), text::sentence(&why.text)));
    }
    embed = embed.inline("Server", text::line(request.plan.agent.as_str()));
    embed = embed.inline("Plan code", text::code(&request.plan.code().to_string()));
    if let Some(address) = card {
        embed = embed.inline("Card", format!("[Open it]({address})"));
    }
    Post {
        content: format!("<@{}>", request.requester),
        ping: Ping::User(request.requester),
        ..Post::card(frame.finish(embed, Some(mark)))
    }
}

fn words(request: &Request) -> (Tone, &'static str, String) {
    let title = catalog::command(request.plan.command.as_str())
        .map_or(request.plan.command.as_str(), |command| command.about.title.as_str());
    let what = format!("Your request “{}”", text::line(title));
    let fault_ended = request.outcome.as_ref().is_some_and(|why| why.code == "fault-ended");
    match request.state {
        // Nobody knows how that run ended: proof is of the state, not of who brought it about.
        State::Verified if !request.ended => (
            Tone::Good,
            "Verified: password sync works again",
            format!(
                "{what} was interrupted at the server; password sync is proven to work again. Whether the run \
                 did it is not known."
            ),
        ),
        State::Verified if request.late => {
            (Tone::Good, "Verified, late", format!("{what} worked. The proof took longer than expected."))
        }
        State::Verified => {
            (Tone::Good, "Verified: password sync works again", format!("{what} worked, and it is proven."))
        }
        State::Unproven => (
            Tone::Warning,
            "Not proven yet",
            format!("{what} ran, but the proof did not come in time. You will hear if it comes later."),
        ),
        State::Failed => (Tone::Bad, "It did not work", format!("{what} failed.")),
        State::Unknown => (
            Tone::Warning,
            "It is not known whether it ran",
            format!(
                "{what} was interrupted at the server. It is not tried again; the state is being observed."
            ),
        ),
        State::Denied => {
            let by = request.steps.last().and_then(|step| step.by);
            let by = by.map(|user| format!(" by <@{user}>")).unwrap_or_default();
            (Tone::Bad, "Denied", format!("{what} was denied{by}."))
        }
        State::Withdrawn => (Tone::Plain, "Withdrawn", format!("{what} was taken back.")),
        State::Expired => {
            (Tone::Warning, "Expired", format!("{what} was not approved in time. Nothing ran."))
        }
        State::Lapsed => {
            (Tone::Warning, "Lapsed", format!("{what} was approved, but could not run in time. Nothing ran."))
        }
        State::Moved if fault_ended => {
            (Tone::Good, "No longer needed", format!("{what} was closed: the fault ended by itself."))
        }
        State::Moved => {
            (Tone::Warning, "Closed", format!("{what} was closed: the server's state changed. Nothing ran."))
        }
        State::Requested | State::Approved | State::Staged | State::Running | State::Succeeded => {
            (Tone::Busy, "On its way", format!("{what} is on its way."))
        }
    }
}

/// Tells the approvers, and nobody else, that a person is needed at the server; once that is over, how it went.
pub fn operators(request: &Request, role: Snowflake, mark: &str, frame: Frame) -> Post {
    let agent = text::line(request.plan.agent.as_str());
    if request.state != State::Staged {
        let (tone, now) = approval::headline(request);
        let embed = Embed::new(tone, format!("No operator is needed at {agent} any more"))
            .description(format!("The request stands as: {now}."))
            .inline("Plan code", text::code(&request.plan.code().to_string()));
        return Post::card(frame.finish(embed, Some(mark)));
    }
    let mut embed = Embed::new(Tone::Busy, format!("An operator is needed at {agent}"))
        .description("The command is approved and staged. Microsoft's cmdlet asks a person to sign in there.")
        .field("At the server", approval::apply_words(request))
        .inline("Plan code", text::code(&request.plan.code().to_string()));
    if let Some(until) = request.run_by {
        embed = embed.inline("Until", format!("{} ({})", text::clock(until), text::relative(until)));
    }
    Post {
        content: format!("<@&{role}>"),
        ping: Ping::Role(role),
        ..Post::card(frame.finish(embed, Some(mark)))
    }
}
