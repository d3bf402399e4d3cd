//! All servers at a glance, one server in full, and its history.

use jiff::Timestamp;

use super::lines::{bullets, channels, last_switched, one_line, silence};
use super::{Frame, awaited, flag, heartbeat_word, tone};
use crate::diagnosis::{Cause, Diagnosis, ForestHealth, Knowledge, Observation, ServerDiagnosis};
use crate::discord::embed::{Embed, Tone};
use crate::discord::message::{File, Post};
use crate::discord::text;
use crate::ids::Snowflake;
use crate::report::{ApplianceKind, Report, ServiceState};
use crate::words;
use crate::words::Text;

/// How far a server's clock may be off before it is worth a line.
const SKEW: jiff::SignedDuration = jiff::SignedDuration::from_mins(1);

/// All servers at a glance.
pub fn all(diagnosis: &Diagnosis, knowledge: &Knowledge, frame: Frame) -> Post {
    if diagnosis.servers.is_empty() {
        let embed = Embed::new(Tone::Warning, frame.say(words!("status-nobody")))
            .description(frame.say(words!("status-nobody-more")));
        return Post::card(frame.finish(embed, None));
    }
    let worst = diagnosis.servers.iter().map(|server| tone(server, knowledge)).max_by_key(|tone| rank(*tone));
    let worst = worst.unwrap_or(Tone::Plain);
    let words = match worst {
        Tone::Bad => words!("status-bad"),
        Tone::Warning => words!("status-warning"),
        _ => words!("status-good"),
    };
    let lines: Vec<String> =
        diagnosis.servers.iter().map(|server| one_line(server, knowledge, frame)).collect();
    let findings = bullets(diagnosis.findings.iter().map(|finding| frame.line(&finding.text)));
    let embed = Embed::new(worst, frame.say(words))
        .description(text::lines(&lines, 3500))
        .lines(&frame.say(words!("also-worth-knowing")), &findings)
        .field(&frame.say(words!("status-more")), frame.say(words!("status-how")))
        .footer(frame.say(words!("servers-asked", count = diagnosis.servers.len())));
    Post::card(frame.finish(embed, None))
}

fn rank(tone: Tone) -> u8 {
    match tone {
        Tone::Good => 0,
        Tone::Plain => 1,
        Tone::Busy => 2,
        Tone::Warning => 3,
        Tone::Bad => 4,
    }
}

/// All servers where servers must not be named: only how many are well.
pub fn all_redacted(
    diagnosis: &Diagnosis,
    knowledge: &Knowledge,
    channels: &[Snowflake],
    frame: Frame,
) -> Post {
    let bad = diagnosis.servers.iter().filter(|server| rank(tone(server, knowledge)) >= 3).count();
    let (tone, words) = match bad {
        0 => (Tone::Good, words!("status-good")),
        bad => (Tone::Warning, words!("status-some", count = bad)),
    };
    elsewhere(tone, words, channels, frame)
}

/// Says where the answer would be given.
pub fn elsewhere(tone: Tone, words: Text, answer_channels: &[Snowflake], frame: Frame) -> Post {
    let channels = channels(answer_channels, frame);
    let embed = Embed::new(tone, frame.say(words))
        .description(frame.say(words!("status-elsewhere", channels = channels)));
    Post::card(frame.finish(embed, None))
}

/// One server in full.
pub fn server(seen: &Observation, server: &ServerDiagnosis, knowledge: &Knowledge, frame: Frame) -> Post {
    let report = seen.report.as_ref();
    let mut embed = Embed::new(tone(server, knowledge), text::line(&server.server))
        .description(format!("**{}**", frame.line(&server.summary)));
    if let Some(silence) = silence(server, frame) {
        embed = embed.field(&frame.say(words!("no-answer")), silence);
    }
    if let Some(report) = report {
        embed = embed
            .inline(&frame.say(words!("product")), product(report, frame))
            .inline(&frame.say(words!("services")), services(report, frame));
        if let Some(state) = &report.state {
            embed = embed
                .inline(&frame.say(words!("cloud-flag")), frame.say(flag(state.cloud_flag)))
                .inline(&frame.say(words!("staging-mode")), frame.say(flag(state.staging)))
                .inline(&frame.say(words!("sign-in-method")), sign_in_method(state, frame))
                .inline(&frame.say(words!("sync-cycle")), frame.say(cycle(state)));
        }
    }
    let forests: Vec<String> = server.forests.iter().map(|one| forest(one, server.cause, frame)).collect();
    embed = embed.lines(&frame.say(words!("forests")), &forests);
    embed = embed.field(&frame.say(words!("last-switched")), last_switched(server, frame));
    embed = embed.lines(&frame.say(words!("also-worth-knowing")), &warnings(seen, server, frame));
    if let Some(report) = report {
        let gaps: Vec<String> = report
            .gaps
            .iter()
            .map(|gap| format!("• {}: {}", text::line(&gap.what), text::line(&gap.why)))
            .collect();
        embed = embed
            .lines(&frame.say(words!("not-readable")), &gaps)
            .field(&frame.say(words!("agent")), agent(seen, report, frame));
    }
    Post::card(frame.finish(embed, None))
}

fn sign_in_method(state: &crate::report::State, frame: Frame) -> String {
    state.sign_in_method.as_deref().map_or_else(|| frame.say(words!("unknown")), text::line)
}

fn product(report: &Report, frame: Frame) -> String {
    let kind = match report.appliance.kind {
        ApplianceKind::DirSync => Text::plain("DirSync"),
        ApplianceKind::AzureAdSync => Text::plain("Azure AD Sync"),
        ApplianceKind::Connect => Text::plain("Entra Connect"),
        ApplianceKind::CloudSync => Text::plain("Cloud Sync"),
        ApplianceKind::None => words!("none-found"),
        ApplianceKind::Unknown => words!("unknown"),
    };
    let build =
        |build: crate::ids::Build| format!("\n{}", frame.say(words!("build", build = build.to_string())));
    format!("{}{}", frame.say(kind), report.appliance.build.map(build).unwrap_or_default())
}

fn services(report: &Report, frame: Frame) -> String {
    let word = |state| match state {
        ServiceState::Running => words!("running"),
        ServiceState::Stopped => words!("stopped"),
        ServiceState::Unknown => words!("unknown"),
    };
    let lines: Vec<String> = report
        .appliance
        .services
        .iter()
        .map(|service| format!("{} {}", text::line(&service.name), frame.say(word(service.state))))
        .collect();
    if lines.is_empty() { frame.say(words!("unknown")) } else { text::lines(&lines, 500) }
}

fn cycle(state: &crate::report::State) -> Text {
    if state.wizard_open == Some(true) {
        return words!("wizard-open");
    }
    if state.scheduler_suspended == Some(true) {
        return words!("suspended");
    }
    match state.cycle_running {
        Some(true) => words!("running"),
        Some(false) => words!("idle"),
        None => words!("unknown"),
    }
}

fn forest(forest: &ForestHealth, cause: Cause, frame: Frame) -> String {
    let ago =
        |at: Option<Timestamp>| at.map_or_else(|| words!("none-seen"), |at| Text::plain(text::relative(at)));
    let heartbeat = match awaited(forest, cause) {
        true => {
            words!("forest-heartbeat", level = heartbeat_word(forest.level), ago = ago(forest.last_heartbeat),)
        }
        false => words!("forest-no-heartbeat"),
    };
    frame.say(words!(
        "forest-line",
        forest = text::line(&forest.name),
        channel = flag(forest.channel),
        heartbeat = heartbeat,
        success = ago(forest.last_success),
    ))
}

fn warnings(seen: &Observation, server: &ServerDiagnosis, frame: Frame) -> Vec<String> {
    let mut lines = bullets(server.warnings.iter().map(|warning| frame.line(&warning.text)));
    if let Some(skew) = seen.skew.filter(|skew| skew.abs() > SKEW) {
        let by = text::span(skew.abs());
        lines.push(frame.say(match skew.is_negative() {
            true => words!("its-clock-behind", by = by),
            false => words!("its-clock-ahead", by = by),
        }));
    }
    lines
}

fn agent(seen: &Observation, report: &Report, frame: Frame) -> String {
    let ago =
        |at: Option<Timestamp>| at.map_or_else(|| words!("never"), |at| Text::plain(text::relative(at)));
    frame.say(words!(
        "agent-line",
        version = text::line(&report.agent_version),
        heard = ago(seen.received_at),
        log = ago(report.events_at),
        state = ago(report.state.as_ref().map(|state| state.read_at)),
    ))
}

/// A server's last hours: a picture, and the same in words.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct History {
    /// What is shown, in a few words.
    pub title: String,
    /// The same in words, for those who see no picture.
    pub words: String,
    /// The picture (PNG), if one could be made.
    pub picture: Option<Vec<u8>>,
}

/// A server's last hours.
pub fn history(history: &History, frame: Frame) -> Post {
    let embed = Embed::new(Tone::Plain, text::line(&history.title))
        .description(text::cut(&text::escape(&history.words), 3500));
    with_picture(embed, history, None, frame)
}

/// A card with a picture under it.
pub(super) fn with_picture(embed: Embed, history: &History, mark: Option<&str>, frame: Frame) -> Post {
    const NAME: &str = "history.png";
    match &history.picture {
        Some(bytes) => Post {
            files: vec![File {
                name: NAME.into(),
                kind: "image/png",
                description: text::cut(&history.words, 1000),
                bytes: bytes.clone(),
            }],
            ..Post::card(frame.finish(embed.image(NAME), mark))
        },
        None => Post::card(frame.finish(embed, mark)),
    }
}
