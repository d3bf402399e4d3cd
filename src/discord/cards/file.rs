//! The answer to an event log from a file: verdict, evidence, what it is not, and the remedy by name. There is never a
//! button on it: files show what was, and only a live server's state shows what is.

use super::evidence::elsewhere;
use super::lines::{bullets, evidence, moment, sources, steps, sureness, title};
use super::{Frame, tone_of};
use crate::answer::Pointers;
use crate::diagnosis::{Explanation, Knowledge};
use crate::discord::embed::{Embed, Tone};
use crate::discord::message::Post;
use crate::discord::text;
use crate::ids::Snowflake;
use crate::offline::answer::Answer;
use crate::question::{Hypothesis, Intent, Question};
use crate::words;
use crate::words::Text;

/// What the answer is made of.
#[derive(Debug, Clone, Copy)]
pub struct Read<'a> {
    /// The verdict.
    pub answer: &'a Answer,
    /// What people are told about causes.
    pub knowledge: &'a Knowledge,
    /// The file's name.
    pub file: &'a str,
    /// The server whose log it is, by the one who asked.
    pub server: Option<&'a str>,
    /// The server that the file names.
    pub server_of_file: Option<&'a str>,
    /// What was asked beside the file.
    pub question: Option<&'a Question>,
}

impl Read<'_> {
    fn explanation(&self, frame: Frame) -> &Explanation {
        self.knowledge.explain_in(self.answer.cause, frame.language)
    }

    fn embed(&self, sentence: &str, frame: Frame) -> Embed {
        let title = title(self.answer.cause, self.explanation(frame));
        Embed::new(tone_of(self.answer.cause, true, self.knowledge), title)
            .description(format!("**{}**", text::line(sentence)))
    }

    fn since(&self, frame: Frame) -> String {
        self.answer.since.map_or_else(|| frame.say(words!("not-known")), moment)
    }
}

/// The answer where everybody who reads it may know the servers.
pub fn card(read: &Read<'_>, frame: Frame) -> Post {
    let (answer, explanation) = (read.answer, read.explanation(frame));
    let mut embed = read
        .embed(&answer.summary.show(frame.language), frame)
        .inline(&frame.say(words!("where")), place(read, frame))
        .inline(&frame.say(words!("since")), read.since(frame))
        .inline(&frame.say(words!("how-sure")), frame.say(sureness(answer.confidence)))
        .lines(&frame.say(words!("how-we-know")), &bullets(evidence(&answer.evidence, frame).into_iter()));
    if let Some(remedy) = &answer.remedy {
        let what = frame.say(words!("file-remedy-what", command = text::code(remedy)));
        embed = embed.field(&frame.say(words!("file-remedy")), what);
    }
    // Where no command could mend it nobody looks for a button.
    let why_not = answer.why_not.iter().filter(|_| answer.cause.command().is_some());
    let why_not = why_not.map(|why| format!("{} {}", text::code(&why.code), frame.line(&why.text)));
    embed = embed
        .lines(&frame.say(words!("what-to-do")), &steps(&explanation.steps))
        .field(&frame.say(words!("who-can")), text::line(&explanation.who))
        .field(&frame.say(words!("last-switched")), last_switched(answer, frame))
        .field(&frame.say(words!("file-words")), said(read, frame))
        .lines(&frame.say(words!("no-button")), &why_not.collect::<Vec<_>>());
    let out: Vec<String> = answer.ruled_out.iter().take(12).map(|out| frame.line(&out.why)).collect();
    let warnings =
        mismatch(read, frame).into_iter().chain(answer.warnings.iter().map(|it| frame.line(&it.text)));
    embed = embed
        .field(&frame.say(words!("ruled-out")), text::cut(&out.join(" "), 1000))
        .lines(&frame.say(words!("also-worth-knowing")), &bullets(warnings))
        .field(&frame.say(words!("file-the-file")), the_file(read, frame))
        .field(&frame.say(words!("read-more")), sources(&explanation.sources))
        .footer(frame.say(words!("file-diagnosed-by")));
    Post::card(frame.finish(embed, None))
}

/// The answer elsewhere: what is wrong and who can mend it, but no server and nothing of the file.
pub fn redacted(read: &Read<'_>, channels: &[Snowflake], frame: Frame) -> Post {
    let explanation = read.explanation(frame);
    let sentence = super::evidence::unnamed(&explanation.sentence, frame);
    let embed = read
        .embed(&sentence, frame)
        .inline(&frame.say(words!("how-sure")), frame.say(sureness(read.answer.confidence)))
        .inline(&frame.say(words!("since")), read.since(frame))
        .field(&frame.say(words!("who-can-mend")), text::line(&explanation.who))
        .field(&frame.say(words!("file-words")), said(read, frame))
        .field(&frame.say(words!("details")), elsewhere(channels, frame))
        .field(&frame.say(words!("read-more")), sources(&explanation.sources))
        .footer(frame.say(words!("file-diagnosed-by")));
    Post::card(frame.finish(embed, None))
}

/// Nothing was asked: neither words nor a file.
pub fn nothing_asked(frame: Frame) -> Post {
    let embed = Embed::new(Tone::Plain, frame.say(words!("file-nothing-asked")))
        .description(frame.say(words!("file-nothing-asked-more")))
        .footer("code nothing-asked");
    Post::card(frame.finish(embed, None))
}

/// The file is larger than is read. Its size in bytes, if it is known.
pub fn too_large(size: Option<u64>, frame: Frame) -> Post {
    let has = match size {
        None => words!("file-too-large-more"),
        Some(size) => words!("file-too-large-by", size = size.div_ceil(1 << 20).to_string()),
    };
    const EXPORT: &str = "`wevtutil qe Application /f:xml /c:2000 /rd:true \"/q:*[System[(EventID=6900 or EventID=652 \
                          or EventID=655 or EventID=611 or EventID=651 or EventID=654 or EventID=657 or \
                          EventID=906)]]\" > sync.xml`";
    let embed = Embed::new(Tone::Warning, frame.say(words!("file-too-large")))
        .description(frame.say(has))
        .field(&frame.say(words!("what-to-do")), frame.say(words!("file-too-large-do", command = EXPORT)))
        .footer("code file-too-large");
    Post::card(frame.finish(embed, None))
}

/// The file is not to be had from Discord.
pub fn unavailable(why: &Text, frame: Frame) -> Post {
    let why = upper(&frame.line(why));
    let embed = Embed::new(Tone::Warning, frame.say(words!("file-unavailable")))
        .description(frame.say(words!("file-unavailable-more", why = why)))
        .field(&frame.say(words!("what-to-do")), frame.say(words!("file-unavailable-do")))
        .footer("code file-unavailable");
    Post::card(frame.finish(embed, None))
}

/// The file is no event log, or is damaged. `error` says what is wrong and where.
pub fn unreadable(error: &str, frame: Frame) -> Post {
    let embed = Embed::new(Tone::Warning, frame.say(words!("file-unreadable")))
        .description(format!("{}.", text::cut(&text::line(error), 1000).trim_end_matches('.')))
        .field(&frame.say(words!("file-no-guess")), frame.say(words!("file-no-guess-more")))
        .field(&frame.say(words!("file-formats")), frame.say(words!("file-formats-more")))
        .footer("code file-unreadable");
    Post::card(frame.finish(embed, None))
}

fn place(read: &Read<'_>, frame: Frame) -> String {
    let (server, by) = match (read.server, read.server_of_file) {
        (Some(server), _) => (server, words!("file-server-said")),
        (None, Some(server)) => (server, words!("file-server-found")),
        (None, None) => return frame.say(words!("file-server-unknown")),
    };
    format!("**{}**\n{}", text::line(server), frame.say(by))
}

/// Who last switched password sync, where that matters and the log tells.
fn last_switched(answer: &Answer, frame: Frame) -> String {
    let matters = answer.cause.command().is_some();
    answer.last_action.as_ref().filter(|_| matters).map_or_else(String::new, |action| {
        let unknown = || frame.say(words!("name-not-recorded"));
        let who = action.who.as_deref().map_or_else(unknown, text::line);
        format!("{}: {}, {who}", frame.line(&action.what), text::at(action.at))
    })
}

/// The file is of another server than it is said to be, or so it seems.
fn mismatch(read: &Read<'_>, frame: Frame) -> Option<String> {
    let (said, found) = (read.server?, read.server_of_file?);
    let differs = !said.eq_ignore_ascii_case(found);
    let text = words!("file-mismatch", found = text::line(found), said = text::line(said));
    differs.then(|| frame.say(text))
}

fn the_file(read: &Read<'_>, frame: Frame) -> String {
    let answer = read.answer;
    frame.say(words!(
        "file-read",
        file = text::line(read.file),
        events = answer.events_read.to_string(),
        relevant = answer.events_relevant.to_string(),
        now = answer.now,
    ))
}

/// What was said beside the file.
fn said(read: &Read<'_>, frame: Frame) -> String {
    let Some(question) = read.question.filter(|question| question.intent == Intent::SignInProblem) else {
        return String::new();
    };
    let told = question.hypothesis.filter(|it| *it != Hypothesis::Unclear);
    let points_to = told.map(|hypothesis| {
        let pointer = Pointers::embedded().of_in(hypothesis, frame.language);
        frame.say(words!("file-words-point", what = text::line(&pointer.title)))
    });
    let codes = question.codes.iter().take(3);
    let codes = codes.filter_map(|code| Some(format!("{code}: {}.", code.meaning_in(frame.language)?)));
    let said: Vec<String> = points_to.into_iter().chain(codes.map(|line| text::line(&line))).collect();
    said.join(" ")
}

fn upper(sentence: &str) -> String {
    let mut letters = sentence.chars();
    letters.next().map_or_else(String::new, |first| first.to_uppercase().chain(letters).collect())
}

#[cfg(test)]
mod tests {
    use std::io::Cursor;

    use super::*;
    use crate::offline::{self, answer, log::Log};
    use crate::question;

    const LOCAL: Frame = Frame { discord: false, language: crate::words::Language::English };

    fn judged(text: &str) -> Answer {
        let mut log = Log::new();
        offline::read("a", Cursor::new(text.as_bytes().to_vec()), &mut log).expect("reads");
        let reading = log.finish(None, "2026-11-25T00:00:00Z".parse().expect("a time"));
        answer::answer(&reading, false, &Knowledge::embedded()).expect("an answer")
    }

    #[test]
    fn the_longest_and_wildest_names_break_no_card() {
        let wild = format!("]({}) **@everyone** <@1> `x` ```\n", "[x".repeat(3000));
        let answer = judged("Log Name: Application\nSource: Contoso Backup\nEvent ID: 6900\nError Code: 90");
        let knowledge = Knowledge::embedded();
        let question = question::read("AADSTS50126 AADSTS50053 AADSTS50076 users can't sign in");
        let read = Read {
            answer: &answer,
            knowledge: &knowledge,
            file: &wild,
            server: Some(&wild),
            server_of_file: Some("SYNC02"),
            question: Some(&question),
        };
        let channels = [Snowflake(1); 50];
        let posts = [
            card(&read, LOCAL),
            redacted(&read, &channels, LOCAL),
            unreadable(&wild, LOCAL),
            unavailable(&Text::plain(&wild), LOCAL),
            too_large(Some(u64::MAX), LOCAL),
        ];
        for post in posts {
            let embed: twilight_model::channel::message::Embed = {
                let mut json = post.embeds[0].clone();
                json["type"] = "rich".into();
                serde_json::from_value(json).expect("an embed")
            };
            twilight_validate::embed::embed(&embed).expect("within the limits");
            let text = post.json().to_string();
            assert!(!text.contains("@everyone") && !text.contains("<@1>"), "{text}");
            assert!(post.buttons.is_empty() && post.content.is_empty());
        }
    }

    #[test]
    fn no_answer_from_a_file_has_a_button_whatever_the_cause() {
        let knowledge = Knowledge::embedded();
        let mut answer = judged("Event ID: 6900\nSource: ADSync\nDate: 2026-11-22T01:00:00Z\nError Code: 90");
        for cause in crate::diagnosis::Cause::ALL {
            answer.cause = *cause;
            let (server, server_of_file, question) = (None, None, None);
            let read =
                Read { answer: &answer, knowledge: &knowledge, file: "a", server, server_of_file, question };
            assert!(card(&read, LOCAL).buttons.is_empty() && redacted(&read, &[], LOCAL).buttons.is_empty());
        }
    }
}
