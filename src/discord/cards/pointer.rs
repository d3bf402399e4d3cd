//! What the words of a question point to: as the answer, where password sync is well, or beside the servers' verdict.

use super::Frame;
use super::evidence::{Answer, Buttons, buttons_of, elsewhere, is_by_choice, offer};
use super::lines::{bullets, evidence, sources, steps};
use crate::answer::{By, Meeting, Pointer, Pointers, Relation};
use crate::diagnosis::ServerDiagnosis;
use crate::discord::embed::{Embed, Tone};
use crate::discord::message::Post;
use crate::discord::text;
use crate::ids::Snowflake;
use crate::question::{Hypothesis, Scope};
use crate::words;
use crate::words::Text;

fn pointer(meeting: &Meeting, frame: Frame) -> &'static Pointer {
    Pointers::embedded().of_in(meeting.hypothesis, frame.language)
}

/// The answer, where password sync is well: where to look instead.
pub(super) fn card(
    answer: &Answer<'_>,
    server: &ServerDiagnosis,
    meeting: &Meeting,
    buttons: &Buttons,
    frame: Frame,
) -> Post {
    let by_choice = is_by_choice(server, answer.knowledge);
    let known = std::iter::once(frame.line(&server.summary)).chain(evidence(&server.evidence, frame));
    let known: Vec<String> = known.chain(told_by(meeting, frame)).collect();
    let mut embed =
        told(meeting, frame).lines(&frame.say(words!("how-we-know")), &bullets(known.into_iter()));
    if let Some(remedy) = server.remedy.as_ref().filter(|_| server.offer) {
        embed = embed.field(&frame.say(words!("also-possible")), offer(remedy, by_choice, frame));
    }
    let embed = embed
        .lines(&frame.say(words!("also-worth-knowing")), &answer.warnings(server, frame))
        .lines(&frame.say(words!("other-servers")), &answer.others(frame))
        .field(&frame.say(words!("read-more")), sources(&pointer(meeting, frame).sources))
        .footer(frame.say(words!("diagnosed-by")));
    let mut post = Post::card(frame.finish(embed, None));
    post.buttons = buttons_of(buttons, by_choice, frame);
    post
}

/// The same elsewhere, without a word of the servers beyond that they are well.
pub(super) fn redacted(meeting: &Meeting, answer_channels: &[Snowflake], frame: Frame) -> Post {
    let embed = told(meeting, frame)
        .lines(&frame.say(words!("how-we-know")), &bullets(told_by(meeting, frame).into_iter()))
        .field(&frame.say(words!("details")), elsewhere(answer_channels, frame))
        .field(&frame.say(words!("read-more")), sources(&pointer(meeting, frame).sources));
    Post::card(frame.finish(embed, None))
}

fn told(meeting: &Meeting, frame: Frame) -> Embed {
    let pointer = pointer(meeting, frame);
    let says = match meeting.hypothesis {
        Hypothesis::Unclear => words!("meet-well-unclear"),
        _ => words!("meet-well"),
    };
    Embed::new(Tone::Plain, &pointer.title)
        .description(format!("**{}**\n{}", frame.say(says), text::line(&pointer.means)))
        .lines(&frame.say(words!("next-check")), &steps(pointer.steps(meeting.scope)))
        .field(&frame.say(words!("who-can-check")), text::line(&pointer.who))
}

/// What the words point to, beside a verdict that stands.
pub(super) fn beside(embed: Embed, meeting: &Meeting, frame: Frame) -> Embed {
    let pointer = pointer(meeting, frame);
    let says = frame.say(relation(meeting));
    if matches!(meeting.relation, Relation::Agrees | Relation::Open) {
        let told_by = told_by(meeting, frame).into_iter();
        let lines: Vec<String> = std::iter::once(says).chain(bullets(told_by)).collect();
        return embed.lines(&frame.say(words!("what-you-describe")), &lines);
    }
    let said = format!("**{}**. {}", text::line(&pointer.title), text::line(&pointer.means));
    let lines = [said, says].into_iter().chain(bullets(told_by(meeting, frame).into_iter()));
    embed
        .lines(&frame.say(words!("words-point-to")), &lines.collect::<Vec<_>>())
        .lines(&frame.say(words!("next-check-there")), &steps(pointer.steps(meeting.scope)))
        .field(&frame.say(words!("who-can-check")), text::line(&pointer.who))
}

/// How what the words point to stands to what the servers say.
pub(super) fn relation(meeting: &Meeting) -> Text {
    match (meeting.relation, meeting.scope) {
        (Relation::Instead, _) => words!("meet-well"),
        (Relation::Agrees, Scope::One) if meeting.hypothesis == Hypothesis::PasswordHashSync => {
            words!("meet-agrees-one")
        }
        (Relation::Agrees, _) => words!("meet-agrees"),
        (Relation::Open, Scope::One) => words!("meet-open-one"),
        (Relation::Open, _) => words!("meet-open"),
        (Relation::Accepted, _) => words!("meet-accepted"),
        (Relation::Elsewhere, _) => words!("meet-elsewhere"),
        (Relation::MayFollow, _) if meeting.hypothesis == Hypothesis::ExpiredPassword => {
            words!("meet-held-up")
        }
        (Relation::MayFollow, _) => words!("meet-may-follow"),
        (Relation::Apart, _) => words!("meet-apart"),
        (Relation::Untold, _) => words!("meet-untold"),
    }
}

/// What says that the words point there: the words, the codes, the tenant's own way of signing in.
fn told_by(meeting: &Meeting, frame: Frame) -> Vec<String> {
    let mut lines = Vec::new();
    if meeting.by == By::Words && meeting.codes.is_empty() && !meeting.because.is_empty() {
        let quoted: Vec<String> =
            telling(&meeting.because).take(4).map(|word| text::line(&text::cut(word, 60))).collect();
        lines.push(frame.say(words!("from-your-words", words = quoted.join(" · "))));
    }
    for code in meeting.codes.iter().take(4) {
        let meaning = code.meaning_in(frame.language).map(text::line);
        let unknown = || frame.say(words!("code-unknown"));
        let code = text::code(&code.to_string());
        lines.push(format!("{code} {}", meaning.unwrap_or_else(unknown)));
    }
    if let Some(method) = &meeting.method {
        let method = text::line(&text::cut(method, 100));
        lines.push(match meeting.doubted {
            true => frame.say(words!("method-against", method = method)),
            false => frame.say(words!("method-for", method = method)),
        });
    }
    lines
}

/// The words without those that are part of others.
fn telling(because: &[String]) -> impl Iterator<Item = &String> {
    let is_part = |word: &String| because.iter().any(|other| other != word && other.contains(word.as_str()));
    because.iter().filter(move |word| !is_part(word))
}
