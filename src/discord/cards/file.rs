//! The answer to an event log from a file: verdict, evidence, what it is not, and the remedy by name. There is never a
//! button on it: files show what was, and only a live server's state shows what is.

use super::evidence::{bullets, evidence_lines, list, sources, steps, sureness, when};
use super::{Frame, tone_of};
use crate::diagnosis::{Explanation, Knowledge};
use crate::discord::embed::{Embed, Tone};
use crate::discord::message::Post;
use crate::discord::text;
use crate::ids::Snowflake;
use crate::offline::answer::Answer;
use crate::question::{Hypothesis, Intent, Question};

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
    fn explanation(&self) -> &Explanation {
        self.knowledge.explain(self.answer.cause)
    }

    fn embed(&self, sentence: &str) -> Embed {
        let (answer, explanation) = (self.answer, self.explanation());
        let title = if explanation.title.is_empty() { answer.cause.as_str() } else { &explanation.title };
        Embed::new(tone_of(answer.cause, true, self.knowledge), title)
            .description(format!("**{}**", text::line(sentence)))
    }

    fn since(&self) -> String {
        self.answer.since.map_or_else(|| "not known".into(), when)
    }
}

/// The answer where everybody who reads it may know the servers.
pub fn card(read: &Read<'_>, frame: Frame) -> Post {
    let (answer, explanation) = (read.answer, read.explanation());
    let mut embed = read
        .embed(&answer.summary)
        .inline("Where", place(read))
        .inline("Since", read.since())
        .inline("How sure", sureness(answer.confidence))
        .lines("How we know", &bullets(evidence_lines(&answer.evidence).into_iter()));
    if let Some(remedy) = &answer.remedy {
        let what = format!(
            "{} would mend it. A file opens no button: ask the live server with `/signin problem:`, which reads its \
             state now.",
            text::code(remedy)
        );
        embed = embed.field("Remedy", what);
    }
    // Where no command could mend it nobody looks for a button.
    let why_not = answer.why_not.iter().filter(|_| answer.cause.command().is_some());
    let why_not = why_not.map(|why| format!("{} {}", text::code(&why.code), text::line(&why.text)));
    embed = embed
        .lines("What to do", &steps(explanation))
        .field("Who can", text::line(&explanation.who))
        .field("Last switched", last_switched(answer))
        .field("Your words", words(read))
        .lines("Why there is no button", &why_not.collect::<Vec<_>>());
    let out: Vec<String> = answer.ruled_out.iter().take(12).map(|out| text::line(&out.why)).collect();
    let warnings = mismatch(read).into_iter().chain(answer.warnings.iter().map(|it| text::line(&it.text)));
    embed = embed
        .field("Ruled out", text::cut(&out.join(" "), 1000))
        .lines("Also worth knowing", &bullets(warnings))
        .field("The file", the_file(read))
        .field("Read more", sources(explanation).join(" · "))
        .footer("Diagnosed by Syncmedic from a file");
    Post::card(frame.finish(embed, None))
}

/// The answer elsewhere: what is wrong and who can mend it, but no server and nothing of the file.
pub fn redacted(read: &Read<'_>, channels: &[Snowflake], frame: Frame) -> Post {
    let explanation = read.explanation();
    let sentence = explanation.sentence.replace("{server}", "The server").replace("{forest}", "one forest");
    let sentence = sentence.replace(" ({build})", "").replace("{build}", "its build");
    let mentions: Vec<String> = channels.iter().map(|channel| format!("<#{channel}>")).collect();
    let embed = read
        .embed(&sentence)
        .inline("How sure", sureness(read.answer.confidence))
        .inline("Since", read.since())
        .field("Who can mend it", text::line(&explanation.who))
        .field("Your words", words(read))
        .field("Details", format!("Servers and evidence are shown only in {}.", list(&mentions)))
        .field("Read more", sources(explanation).join(" · "))
        .footer("Diagnosed by Syncmedic from a file");
    Post::card(frame.finish(embed, None))
}

/// Nothing was asked: neither words nor a file.
pub fn nothing_asked(frame: Frame) -> Post {
    let embed = Embed::new(Tone::Plain, "What shall I look at?")
        .description(
            "Say what people see (`problem`), or attach an exported event log (`file`). Both together are fine.",
        )
        .footer("code nothing-asked");
    Post::card(frame.finish(embed, None))
}

/// The file is larger than is read. Its size in bytes, if it is known.
pub fn too_large(size: Option<u64>, frame: Frame) -> Post {
    let has = size.map_or_else(
        || "This file has more than 8 MiB".to_owned(),
        |size| format!("This file has {} MiB", size.div_ceil(1 << 20)),
    );
    let embed = Embed::new(Tone::Warning, "The file is too large")
        .description(format!("{has}; up to 8 MiB are read here. Nothing was downloaded or kept."))
        .field(
            "What to do",
            "Export only the last hours, or only password sync's events: on the server\n\
             `wevtutil qe Application /f:xml /c:2000 /rd:true \"/q:*[System[(EventID=6900 or EventID=652 or \
             EventID=655 or EventID=611 or EventID=651 or EventID=654 or EventID=657 or EventID=906)]]\" > sync.xml`\n\
             Or read the whole file where it lies: `syncmedic diagnose FILE`.",
        )
        .footer("code file-too-large");
    Post::card(frame.finish(embed, None))
}

/// The file is not to be had from Discord.
pub fn unavailable(why: &str, frame: Frame) -> Post {
    let embed = Embed::new(Tone::Warning, "The file could not be fetched")
        .description(format!("{}. Nothing was read.", upper(&text::line(why))))
        .field(
            "What to do",
            "Attach it again. If it stays so, whoever runs Syncmedic finds the reason in its log.",
        )
        .footer("code file-unavailable");
    Post::card(frame.finish(embed, None))
}

/// The file is no event log, or is damaged. `error` says what is wrong and where.
pub fn unreadable(error: &str, frame: Frame) -> Post {
    let embed = Embed::new(Tone::Warning, "This file can't be read as an event log")
        .description(format!("{}.", text::cut(&text::line(error), 1000).trim_end_matches('.')))
        .field("Why no guess", "What is missing might be what speaks against a remedy, so half a log is not judged.")
        .field(
            "What can be read",
            "`.evtx`; XML or text of `wevtutil qe`; JSON or CSV of `Get-WinEvent`; Event Viewer's exports; text copied \
             from Event Viewer.",
        )
        .footer("code file-unreadable");
    Post::card(frame.finish(embed, None))
}

fn place(read: &Read<'_>) -> String {
    match (read.server, read.server_of_file) {
        (Some(server), _) => format!("**{}**\nas you say", text::line(server)),
        (None, Some(server)) => format!("**{}**\nas the file says", text::line(server)),
        (None, None) => "the file does not say".into(),
    }
}

/// Who last switched password sync, where that matters and the log tells.
fn last_switched(answer: &Answer) -> String {
    let matters = answer.cause.command().is_some();
    answer.last_action.as_ref().filter(|_| matters).map_or_else(String::new, |action| {
        let who = action.who.as_deref().unwrap_or("name not recorded");
        format!("{}: {}, {}", text::line(&action.what), text::at(action.at), text::line(who))
    })
}

/// The file is of another server than it is said to be, or so it seems.
fn mismatch(read: &Read<'_>) -> Option<String> {
    let (said, found) = (read.server?, read.server_of_file?);
    let differs = !said.eq_ignore_ascii_case(found);
    differs.then(|| format!("The file names {} as its server, not {}.", text::line(found), text::line(said)))
}

fn the_file(read: &Read<'_>) -> String {
    let answer = read.answer;
    format!(
        "{}: {} events, {} of them matter here. Judged as of {}. Names and addresses in it are masked.",
        text::line(read.file),
        answer.events_read,
        answer.events_relevant,
        text::at(answer.now)
    )
}

/// What was said beside the file.
fn words(read: &Read<'_>) -> String {
    let Some(question) = read.question.filter(|question| question.intent == Intent::SignInProblem) else {
        return String::new();
    };
    let points_to = match question.hypothesis {
        None | Some(Hypothesis::Unclear) => None,
        Some(Hypothesis::PasswordHashSync) => Some("new passwords that don't reach the cloud"),
        Some(Hypothesis::PassThroughAuth) => Some("pass-through authentication, which is not in this log"),
        Some(Hypothesis::Federation) => {
            Some("federation (AD FS or another identity provider), which is not in this log")
        }
        Some(Hypothesis::MfaOrConditionalAccess) => {
            Some("multi-factor authentication or Conditional Access: there the password was accepted")
        }
        Some(Hypothesis::Lockout) => Some("a locked account"),
        Some(Hypothesis::AccountDisabledOrMissing) => Some("an account that is disabled or missing"),
        Some(Hypothesis::ExpiredPassword) => Some("an expired password"),
        Some(Hypothesis::AppAssignment) => Some("an application that the user is not assigned to"),
        Some(Hypothesis::SyncServiceIdentity) => Some("the sync server's own sign-in"),
    };
    let points_to = points_to.map(|what| format!("They point to {what}."));
    let codes =
        question.codes.iter().take(3).filter_map(|code| Some(format!("{code}: {}.", code.meaning()?)));
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

    const LOCAL: Frame = Frame { discord: false };

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
            unavailable(&wild, LOCAL),
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
