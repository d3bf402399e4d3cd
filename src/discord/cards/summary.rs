//! The status summary: how every server stands, what was asked for and done, and the audit's head.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use jiff::SignedDuration;

use super::Frame;
use super::status::{History, with_picture};
use crate::discord::embed::{Embed, Tone};
use crate::discord::message::Post;
use crate::discord::text;
use crate::watch::notice::{SummaryNotice, SummaryRequest, SummaryServer};

/// The card, with the chart as a picture and in words.
pub fn card(summary: &SummaryNotice, mark: &str, frame: Frame) -> Post {
    let bad = summary.servers.iter().filter(|server| server.bad).count();
    let silent = summary.servers.iter().any(|server| server.silent);
    let (tone, words) = match (bad, silent || !summary.warnings.is_empty()) {
        (0, false) => (Tone::Good, "Status: password sync is well"),
        (0, true) => (Tone::Warning, "Status: password sync is well, some things want a look"),
        _ => (Tone::Bad, "Status: password sync needs help"),
    };
    let servers: Vec<String> = summary.servers.iter().map(server).collect();
    let requests = |all: &[SummaryRequest]| match all {
        [] => vec!["none".to_owned()],
        all => all.iter().map(request).collect(),
    };
    let warnings: Vec<String> = summary.warnings.iter().map(|w| format!("• {}", text::line(w))).collect();
    let mut embed = Embed::new(tone, words).description(match servers.as_slice() {
        [] => "No sync server is enrolled.".to_owned(),
        servers => text::lines(servers, 2500),
    });
    if let Some(due) = summary.due_at.filter(|_| summary.late) {
        let by = text::span(summary.made_at.duration_since(due).max(SignedDuration::ZERO));
        let missed = match summary.missed {
            0 => String::new(),
            missed => {
                format!(" {} before it had none.", text::count(missed as usize, "due time", "due times"))
            }
        };
        let late = format!(
            "It was due {}, {by} before it was made: Syncmedic was not running.{missed}",
            text::at(due)
        );
        embed = embed.field("This summary is late", late);
    }
    embed = embed
        .lines("Open requests", &requests(&summary.open))
        .lines("Finished in the last 24 hours", &requests(&summary.finished))
        .lines("Worth a look", &warnings)
        .inline("Audit head", text::code(&summary.audit_head))
        .inline("As of", text::at(summary.made_at));
    if let Some(user) = summary.asked_by {
        embed = embed.inline("Asked by", format!("<@{user}>"));
    }
    let picture = summary.chart.as_ref().and_then(|text| BASE64.decode(text).ok());
    if picture.is_none() {
        embed = embed.field("The last 24 hours", text::cut(&text::escape(&summary.chart_text), 1000));
    }
    let history = History { title: String::new(), words: summary.chart_text.clone(), picture };
    with_picture(embed, &history, Some(mark), frame)
}

fn server(server: &SummaryServer) -> String {
    let tone = match (server.bad, server.silent) {
        (true, _) => Tone::Bad,
        (false, true) => Tone::Warning,
        (false, false) => Tone::Good,
    };
    let build = server.build.as_ref().map(|build| format!(" · build {}", text::line(build)));
    let mut line = format!(
        "{} **{}**{}\n{}",
        tone.symbol(),
        text::line(&server.name),
        build.unwrap_or_default(),
        text::line(&server.summary)
    );
    if server.silent {
        let age = server.report_age.map(|age| format!("last heard {} ago", text::span(age)));
        line.push_str(&format!(" **No answer**, {}.", age.unwrap_or_else(|| "never heard of".into())));
    }
    // None is expected of a server in staging mode.
    if server.staging {
        line.push_str(&format!("\n{} in 24 h", text::count(server.errors as usize, "error", "errors")));
        return text::cut(&line, 700);
    }
    line.push_str(&format!(
        "\n{}, {} in 24 h",
        text::count(server.heartbeats as usize, "heartbeat", "heartbeats"),
        text::count(server.errors as usize, "error", "errors")
    ));
    let forest = |(name, last): &(String, Option<jiff::Timestamp>)| {
        format!("{} {}", text::line(name), last.map_or_else(|| "none seen".into(), text::relative))
    };
    if !server.forests.is_empty() {
        let forests: Vec<String> = server.forests.iter().take(6).map(forest).collect();
        line.push_str(&format!(" · last: {}", forests.join(", ")));
    }
    text::cut(&line, 700)
}

fn request(request: &SummaryRequest) -> String {
    format!(
        "• {} on **{}**: **{}** {} · {} · asked by <@{}>",
        text::line(&request.title),
        text::line(request.agent.as_str()),
        text::line(&request.state),
        text::relative(request.changed_at),
        text::code(&request.code),
        request.requester
    )
}
