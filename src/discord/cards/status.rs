//! All servers at a glance, one server in full, and its history.

use jiff::Timestamp;

use super::{Frame, awaited, evidence, flag, heartbeat_word, tone};
use crate::diagnosis::{Cause, Diagnosis, ForestHealth, Knowledge, Observation, ServerDiagnosis};
use crate::discord::embed::{Embed, Tone};
use crate::discord::message::{File, Post};
use crate::discord::text;
use crate::ids::Snowflake;
use crate::report::{ApplianceKind, Report, ServiceState};

/// How far a server's clock may be off before it is worth a line.
const SKEW: jiff::SignedDuration = jiff::SignedDuration::from_mins(1);

/// All servers at a glance.
pub fn all(diagnosis: &Diagnosis, knowledge: &Knowledge, frame: Frame) -> Post {
    if diagnosis.servers.is_empty() {
        let embed = Embed::new(Tone::Warning, "No sync servers")
            .description("None is enrolled yet. `syncmedic agents add` enrols one.");
        return Post::card(frame.finish(embed, None));
    }
    let worst = diagnosis.servers.iter().map(|server| tone(server, knowledge)).max_by_key(|tone| rank(*tone));
    let worst = worst.unwrap_or(Tone::Plain);
    let words = match worst {
        Tone::Bad => "Password sync needs help",
        Tone::Warning => "Password sync needs a look",
        _ => "Password sync is well",
    };
    let lines: Vec<String> =
        diagnosis.servers.iter().map(|server| evidence::one_line(server, knowledge)).collect();
    let findings: Vec<String> =
        diagnosis.findings.iter().map(|finding| format!("• {}", text::line(&finding.text))).collect();
    let embed = Embed::new(worst, words)
        .description(text::lines(&lines, 3500))
        .lines("Also worth knowing", &findings)
        .field("More", "`/sync server` shows one in full, `/sync history` its last hours.")
        .footer(format!("{} asked", text::count(diagnosis.servers.len(), "server", "servers")));
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
        0 => (Tone::Good, "Password sync is well".to_owned()),
        bad => {
            (Tone::Warning, format!("{} a look", text::count(bad, "sync server needs", "sync servers need")))
        }
    };
    elsewhere(tone, &words, channels, frame)
}

/// Says where the answer would be given.
pub fn elsewhere(tone: Tone, words: &str, channels: &[Snowflake], frame: Frame) -> Post {
    let mentions: Vec<String> = channels.iter().map(|channel| format!("<#{channel}>")).collect();
    let embed = Embed::new(tone, words)
        .description(format!("Servers are named only in {}.", evidence::list(&mentions)));
    Post::card(frame.finish(embed, None))
}

/// One server in full.
pub fn server(seen: &Observation, server: &ServerDiagnosis, knowledge: &Knowledge, frame: Frame) -> Post {
    let report = seen.report.as_ref();
    let mut embed = Embed::new(tone(server, knowledge), text::line(&server.server))
        .description(format!("**{}**", text::line(&server.summary)));
    if let Some(silence) = evidence::silence(server) {
        embed = embed.field("No answer", silence);
    }
    if let Some(report) = report {
        embed = embed.inline("Product", product(report)).inline("Services", services(report));
        if let Some(state) = &report.state {
            embed = embed
                .inline("Cloud flag", flag(state.cloud_flag))
                .inline("Staging mode", flag(state.staging))
                .inline("Sign-in method", text::line(state.sign_in_method.as_deref().unwrap_or("unknown")))
                .inline("Sync cycle", cycle(state));
        }
    }
    let forests: Vec<String> = server.forests.iter().map(|one| forest(one, server.cause)).collect();
    embed = embed.lines("Forests", &forests);
    embed = embed.field("Last switched", evidence::last_switched(server));
    embed = embed.lines("Also worth knowing", &warnings(seen, server));
    if let Some(report) = report {
        let gaps: Vec<String> = report
            .gaps
            .iter()
            .map(|gap| format!("• {}: {}", text::line(&gap.what), text::line(&gap.why)))
            .collect();
        embed = embed.lines("Not readable", &gaps).field("Agent", agent(seen, report));
    }
    Post::card(frame.finish(embed, None))
}

fn product(report: &Report) -> String {
    let kind = match report.appliance.kind {
        ApplianceKind::DirSync => "DirSync",
        ApplianceKind::AzureAdSync => "Azure AD Sync",
        ApplianceKind::Connect => "Entra Connect",
        ApplianceKind::CloudSync => "Cloud Sync",
        ApplianceKind::None => "none found",
        ApplianceKind::Unknown => "unknown",
    };
    let build = report.appliance.build.map(|build| format!("\nbuild {build}")).unwrap_or_default();
    format!("{kind}{build}")
}

fn services(report: &Report) -> String {
    let word = |state| match state {
        ServiceState::Running => "running",
        ServiceState::Stopped => "**stopped**",
        ServiceState::Unknown => "unknown",
    };
    let lines: Vec<String> = report
        .appliance
        .services
        .iter()
        .map(|service| format!("{} {}", text::line(&service.name), word(service.state)))
        .collect();
    if lines.is_empty() { "unknown".into() } else { text::lines(&lines, 500) }
}

fn cycle(state: &crate::report::State) -> &'static str {
    if state.wizard_open == Some(true) {
        return "wizard open";
    }
    if state.scheduler_suspended == Some(true) {
        return "suspended";
    }
    match state.cycle_running {
        Some(true) => "running",
        Some(false) => "idle",
        None => "unknown",
    }
}

fn forest(forest: &ForestHealth, cause: Cause) -> String {
    let ago = |at: Option<Timestamp>| at.map_or_else(|| "none seen".into(), text::relative);
    let heartbeat = match awaited(forest, cause) {
        true => format!("heartbeat {} (last {})", heartbeat_word(forest.level), ago(forest.last_heartbeat)),
        false => "no heartbeat is expected".to_owned(),
    };
    format!(
        "• **{}** channel {} · {heartbeat} · last success {}",
        text::line(&forest.name),
        flag(forest.channel),
        ago(forest.last_success)
    )
}

fn warnings(seen: &Observation, server: &ServerDiagnosis) -> Vec<String> {
    let mut lines: Vec<String> =
        server.warnings.iter().map(|warning| format!("• {}", text::line(&warning.text))).collect();
    if let Some(skew) = seen.skew.filter(|skew| skew.abs() > SKEW) {
        let way = if skew.is_negative() { "behind" } else { "ahead of" };
        lines.push(format!("• Its clock is {} {way} Syncmedic's.", text::span(skew.abs())));
    }
    lines
}

fn agent(seen: &Observation, report: &Report) -> String {
    let received = seen.received_at.map_or_else(|| "never".into(), text::relative);
    let mut line = format!("{} · heard {received}", text::line(&report.agent_version));
    let read = |what: &str, at: Option<Timestamp>| {
        at.map_or_else(
            || format!(" · {what} never read"),
            |at| format!(" · {what} read {}", text::relative(at)),
        )
    };
    line.push_str(&read("log", report.events_at));
    line.push_str(&read("state", report.state.as_ref().map(|state| state.read_at)));
    line
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
