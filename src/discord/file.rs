//! Event logs from files in the chat: `/signin file:`, and the command on a message that has a log attached. A file
//! is read as `syncmedic diagnose` reads it, names in it are masked, and what it says never opens a button.

use std::io::Cursor;
use std::sync::Arc;

use jiff::Timestamp;
use tokio::sync::{Semaphore, SemaphorePermit};

use super::ask::find;
use super::cards::file as cards;
use super::chat::{Asker, Desk};
use super::event::{Attached, Slash};
use super::message::Post;
use super::rest::{Callback, Ticket};
use super::text;
use crate::diagnosis::Knowledge;
use crate::offline::{self, OfflineError, answer, log::Log};
use crate::question;
use crate::redact::redact;
use crate::words;
use crate::words::Language;

/// The largest file that is read, in bytes.
pub(super) const MOST_BYTES: usize = 8 << 20;

/// How many files are read at once. Others wait: each takes memory (bounded) and a thread.
static READERS: Semaphore = Semaphore::const_new(2);

/// How the names of exported logs end. On a message any other file is what people talk about, and no log.
const LOG_ENDINGS: [&str; 7] = ["evtx", "xml", "json", "csv", "tsv", "txt", "log"];

impl Desk {
    /// `/signin`: words, a file, or both.
    pub(super) async fn asked(&self, ticket: &Ticket, asker: Asker<'_>, slash: &Slash) -> anyhow::Result<()> {
        let option =
            |name: &str| slash.options.get(name).map(|value| value.trim()).filter(|it| !it.is_empty());
        let (problem, server) = (option("problem"), option("server"));
        match (slash.files.get("file"), option("file"), problem) {
            (Some(file), ..) => self.log_file(ticket, asker, file, problem.unwrap_or_default(), server).await,
            (None, Some(_), _) => {
                self.reply(ticket, cards::unavailable(&words!("file-nowhere"), self.frame(asker.language)))
                    .await
            }
            (None, None, None) => self.reply(ticket, cards::nothing_asked(self.frame(asker.language))).await,
            (None, None, Some(problem)) => self.signin(ticket, asker, problem, server).await,
        }
    }

    /// The command on somebody's message: the log attached to it, else its words.
    pub(super) async fn complaint(
        &self,
        ticket: &Ticket,
        asker: Asker<'_>,
        content: &str,
        files: &[Attached],
    ) -> anyhow::Result<()> {
        match files.iter().find(|file| is_log(&file.name)) {
            Some(file) => self.log_file(ticket, asker, file, content, None).await,
            None => self.signin(ticket, asker, content, None).await,
        }
    }

    async fn log_file(
        &self,
        ticket: &Ticket,
        asker: Asker<'_>,
        file: &Attached,
        words: &str,
        server: Option<&str>,
    ) -> anyhow::Result<()> {
        if file.size > MOST_BYTES as u64 {
            return self.reply(ticket, cards::too_large(Some(file.size), self.frame(asker.language))).await;
        }
        let inside = self.is_inside(asker.actor.guild, asker.actor.channel);
        self.rest.callback(ticket, &Callback::Defer { ephemeral: !inside }).await?;
        let post = self.file_post(file, words, server, inside, asker.language).await?;
        self.rest.edit_original(ticket, &post).await?;
        Ok(())
    }

    async fn file_post(
        &self,
        file: &Attached,
        words: &str,
        server: Option<&str>,
        inside: bool,
        language: Language,
    ) -> anyhow::Result<Post> {
        let server = match server {
            Some(name) => match find(&self.poll().await, name) {
                Some(agent) => Some(agent.to_string()),
                None => return Ok(self.no_such_server(inside, language)),
            },
            None => None,
        };
        let reader = READERS.acquire().await?;
        let bytes = match self.rest.attachment(&file.url, MOST_BYTES).await {
            Ok(bytes) => bytes,
            Err(super::rest::CdnError::TooLarge) => return Ok(cards::too_large(None, self.frame(language))),
            Err(error) => {
                return Ok(cards::unavailable(&error.text(), self.frame(language)));
            }
        };
        let name = text::cut(&redact(&file.name), 80);
        let said_server = server.clone();
        let (shown, knowledge, clock) = (name.clone(), self.tenant.knowledge.clone(), self.now());
        let judged =
            tokio::task::spawn_blocking(move || judge(&shown, bytes, said_server, clock, &knowledge, reader));
        let (answer, server_of_file) = match judged.await? {
            Ok(judged) => judged?,
            Err(error) => {
                tracing::info!("an attached file could not be read as a log");
                return Ok(cards::unreadable(
                    &redact(&self.frame(language).say(error.text())),
                    self.frame(language),
                ));
            }
        };
        let question = (!words.is_empty()).then(|| question::read(words));
        let read = cards::Read {
            answer: &answer,
            knowledge: &self.tenant.knowledge,
            file: &name,
            server: server.as_deref(),
            server_of_file: server_of_file.as_deref(),
            question: question.as_ref(),
        };
        Ok(match inside {
            true => cards::card(&read, self.frame(language)),
            false => cards::redacted(&read, &self.answer_channels(), self.frame(language)),
        })
    }
}

/// The verdict on a file, and the server that the file itself names. Runs on a thread of its own; the place among the
/// readers is given back when it is done.
fn judge(
    name: &str,
    bytes: Vec<u8>,
    server: Option<String>,
    clock: Timestamp,
    knowledge: &Arc<Knowledge>,
    _reader: SemaphorePermit<'static>,
) -> Result<anyhow::Result<(answer::Answer, Option<String>)>, OfflineError> {
    let mut log = Log::new();
    offline::read(name, Cursor::new(bytes), &mut log)?;
    let mut reading = log.finish(None, clock).masked(redact);
    let server_of_file = reading.server.clone();
    // Whoever names a server says whose log it is.
    reading.server = server.or(reading.server);
    let answer = answer::answer(&reading, false, knowledge);
    Ok(answer.map(|answer| (answer, server_of_file)).map_err(Into::into))
}

fn is_log(name: &str) -> bool {
    let ending = name.rsplit_once('.').map(|(_, ending)| ending.to_ascii_lowercase());
    ending.is_some_and(|ending| LOG_ENDINGS.contains(&ending.as_str()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn on_a_message_only_what_is_named_like_a_log_is_read_as_one() {
        assert!(is_log("Application.EVTX") && is_log("events.utf16.xml") && is_log("a.log"));
        assert!(!is_log("screenshot.png") && !is_log("evtx") && !is_log(""));
    }
}
