//! The chart's layout, as SVG. Every text goes through [`Svg::text`], which escapes it.
//!
//! A row has a lane for marks, a lane of heartbeats (a dot an hour, a ring where there was none) and bars for
//! errors. Meaning is never in a colour alone: shapes differ too, and blue and orange are told apart by all.

use jiff::Timestamp;

use super::axis::{FROM, Scale, TO, Ticks, axis};
use super::svg::{
    BLUE, DAY, FAINT, GRID, GROUND, ORANGE, PANEL_FILL, SMALL, SOFT, STRONG, Shape, Style, Svg, clean, cut,
    width,
};
use super::{HistoryChart, Hour, Mark, MarkKind, ServerRow, end_of};

const WIDTH: f64 = 1000.0;
const HEADER: f64 = 84.0;
const ROW: f64 = 120.0;
const PANEL: f64 = 112.0;
const FOOTER: f64 = 56.0;
const LEFT: f64 = 24.0;
const RIGHT: f64 = 976.0;

/// Heights within a row's panel.
const MARKS: f64 = 15.0;
const TOP: f64 = 28.0;
const BEATS: f64 = 40.0;
const BASE: f64 = 101.0;
const BAR: f64 = 36.0;

/// Errors in an hour that reach the full height even if no hour has so many, so that one error looks small.
const FULL_HEIGHT: u32 = 12;

impl MarkKind {
    const ALL: [MarkKind; 4] = [MarkKind::Incident, MarkKind::Run, MarkKind::Verified, MarkKind::Silent];

    pub(super) fn name(self) -> &'static str {
        match self {
            MarkKind::Incident => "Incident",
            MarkKind::Run => "Run",
            MarkKind::Verified => "Verified",
            MarkKind::Silent => "Silent",
        }
    }

    fn colour(self) -> &'static str {
        match self {
            MarkKind::Incident => "#ff8572",
            MarkKind::Run => "#c9adff",
            MarkKind::Verified => "#54dbad",
            MarkKind::Silent => SOFT,
        }
    }
}

/// Draws a chart.
pub(super) fn svg(chart: &HistoryChart) -> String {
    let (from, to) = chart.edges();
    let scale = Scale { from, to };
    let (rows, left_out) = chart.shown_rows();
    let bottom = HEADER + ROW * rows.len().max(1) as f64;
    let height = bottom + FOOTER;

    let mut svg = Svg::default();
    svg.add(format_args!(
        r##"<svg xmlns="http://www.w3.org/2000/svg" width="{WIDTH}" height="{height}" viewBox="0 0 {WIDTH} {height}" font-family="Inter, sans-serif"><defs><pattern id="unknown" width="7" height="7" patternUnits="userSpaceOnUse" patternTransform="rotate(45)"><rect width="7" height="7" fill="#1f2125"/><rect width="1.6" height="7" fill="#4b4f59"/></pattern></defs><rect width="{WIDTH}" height="{height}" fill="{GROUND}"/>"##
    ));
    header(&mut svg, chart, &scale, left_out);
    if rows.is_empty() {
        panel(&mut svg, HEADER);
        let style = Style { size: 15.0, anchor: "middle", ..SMALL };
        svg.text(WIDTH / 2.0, HEADER + 61.0, style, "No sync server has reported yet");
        return svg.end();
    }
    let ticks = Ticks::new(chart, &scale);
    let in_rows = rows.iter().flat_map(|row| row.known_hours(from, to)).map(|hour| hour.errors).max();
    let most = in_rows.unwrap_or(0).max(FULL_HEIGHT);
    for (row, y) in rows.iter().zip((0..).map(|index| HEADER + ROW * f64::from(index))) {
        panel(&mut svg, y);
        server(&mut svg, row, &scale, &ticks, y, most);
    }
    axis(&mut svg, &ticks, bottom);
    svg.end()
}

fn panel(svg: &mut Svg, y: f64) {
    let width = RIGHT - LEFT;
    svg.add(format_args!(
        r#"<rect x="{LEFT}" y="{y}" width="{width}" height="{PANEL}" rx="8" fill="{PANEL_FILL}"/>"#
    ));
}

fn header(svg: &mut Svg, chart: &HistoryChart, scale: &Scale, left_out: usize) {
    let bold = Style { size: 21.0, bold: true, fill: STRONG, anchor: "start" };
    svg.text(LEFT, 37.0, bold, &cut(&chart.title, 560.0, 21.0));
    let moment = |t: Timestamp| t.to_zoned(chart.time_zone.clone()).strftime("%a %-d %b %H:%M").to_string();
    let zone = chart.time_zone.iana_name().unwrap_or("UTC");
    let more = match left_out {
        0 => String::new(),
        1 => " · 1 more server not shown".to_owned(),
        more => format!(" · {more} more servers not shown"),
    };
    let line = format!("{} – {} · {zone}{more}", moment(scale.from), moment(scale.to));
    svg.text(LEFT, 61.0, Style { size: 13.0, ..SMALL }, &cut(&line, 530.0, 13.0));

    // The legend is laid out from the right; marks only if there are any.
    let (rows, _) = chart.shown_rows();
    let mut x = RIGHT;
    for kind in MarkKind::ALL.into_iter().rev() {
        if rows.iter().any(|row| row.marks.iter().any(|mark| mark.kind == kind)) {
            x -= width(kind.name(), 12.0);
            svg.text(x, 36.0, Style { size: 12.0, ..SMALL }, kind.name());
            x -= 11.0;
            mark_shape(svg, kind, x, 32.0);
            x -= 22.0;
        }
    }
    let mut x = RIGHT;
    for (text, shape) in [
        ("Not known", Shape::Unknown),
        ("Errors per hour (log)", Shape::Bar),
        ("None", Shape::Ring),
        ("Heartbeat", Shape::Dot),
    ] {
        x -= width(text, 12.0);
        svg.text(x, 61.0, Style { size: 12.0, ..SMALL }, text);
        x -= 11.0;
        svg.shape(shape, x, 57.0);
        x -= 22.0;
    }
}

fn server(svg: &mut Svg, row: &ServerRow, scale: &Scale, ticks: &Ticks, y: f64, most: u32) {
    let hours = row.known_hours(scale.from, scale.to);
    let unknown = unknown_spans(&hours, scale);
    names(svg, row, &hours, scale, y);

    for &(x, strong) in &ticks.lines {
        let colour = if strong { DAY } else { GRID };
        svg.line(x, y + TOP, y + BASE, colour, 1.0, "");
    }
    svg.add(format_args!(r#"<path d="M{FROM} {0:.1}H{TO}" stroke="{DAY}" stroke-width="1"/>"#, y + BASE));
    for (from, to) in unknown {
        unknown_span(svg, scale.x(from), scale.x(to), y);
    }
    marks(svg, row, scale, y);
    bars(svg, &hours, scale, y, most);
    beats(svg, &hours, scale, y);
    svg.line(TO, y + TOP, y + BASE, STRONG, 2.0, "");
}

/// The column at the left: the name and what the row adds up to.
fn names(svg: &mut Svg, row: &ServerRow, hours: &[Hour], scale: &Scale, y: f64) {
    let x = LEFT + 16.0;
    let room = FROM - x - 12.0;
    let name = Style { size: 15.0, bold: true, fill: STRONG, anchor: "start" };
    let shown = cut(&row.name, room, 15.5);
    svg.text(x, y + 29.0, name, if shown.is_empty() { "(no name)" } else { &shown });
    let mut line = y + 51.0;
    if !row.note.is_empty() {
        svg.text(x, y + 46.0, Style { fill: FAINT, ..SMALL }, &cut(&row.note, room, 11.5));
        line = y + 64.0;
    }
    let total = |of: fn(&Hour) -> u32| hours.iter().map(|hour| u64::from(of(hour))).sum::<u64>();
    let (beats, errors) = (total(|hour| hour.heartbeats), total(|hour| hour.errors));
    let unknown = row.unknown_hours(scale.from, scale.to);
    let lines = [
        (!hours.is_empty()).then(|| (Shape::Dot, counted(beats, "heartbeat"))),
        (!hours.is_empty()).then(|| (Shape::Bar, counted(errors, "error"))),
        (unknown > 0).then(|| (Shape::Unknown, format!("{unknown} h not known"))),
    ];
    for (shape, text) in lines.into_iter().flatten() {
        svg.shape(shape, x + 5.0, line - 4.0);
        svg.text(x + 17.0, line, SMALL, &text);
        line += 18.0;
    }
}

fn unknown_spans(hours: &[Hour], scale: &Scale) -> Vec<(Timestamp, Timestamp)> {
    let mut spans = Vec::new();
    let mut at = scale.from;
    for hour in hours {
        if hour.hour > at {
            spans.push((at, hour.hour));
        }
        at = at.max(end_of(hour.hour));
    }
    if at < scale.to {
        spans.push((at, scale.to));
    }
    spans
}

fn unknown_span(svg: &mut Svg, from: f64, to: f64, y: f64) {
    svg.add(format_args!(
        r##"<rect x="{from:.1}" y="{:.1}" width="{:.1}" height="{:.1}" fill="url(#unknown)"/>"##,
        y + TOP,
        (to - from).max(1.0),
        BASE - TOP
    ));
    let wanted = width("not known", 11.5) + 20.0;
    if to - from > wanted + 12.0 {
        let middle = (from + to) / 2.0;
        svg.add(format_args!(
            r#"<rect x="{:.1}" y="{:.1}" width="{wanted:.1}" height="22" rx="11" fill="{PANEL_FILL}"/>"#,
            middle - wanted / 2.0,
            y + 53.5
        ));
        svg.text(middle, y + 68.5, Style { anchor: "middle", ..SMALL }, "not known");
    }
}

fn bars(svg: &mut Svg, hours: &[Hour], scale: &Scale, y: f64, most: u32) {
    let thick = (scale.slot() * 0.62).clamp(3.0, 30.0);
    let height = |errors: u32| (f64::from(errors).ln_1p() / f64::from(most).ln_1p() * BAR).max(4.0);
    let mut peak: Option<Hour> = None;
    for hour in hours.iter().filter(|hour| hour.errors > 0) {
        let middle = middle(hour, scale);
        let high = height(hour.errors);
        svg.add(format_args!(
            r#"<rect x="{:.1}" y="{:.1}" width="{thick:.1}" height="{high:.1}" rx="1.5" fill="{ORANGE}"/>"#,
            middle - thick / 2.0,
            y + BASE - high
        ));
        if peak.is_none_or(|peak| hour.errors > peak.errors) {
            peak = Some(*hour);
        }
    }
    if let Some(peak) = peak {
        let style = Style { size: 10.5, bold: true, fill: "#ffd199", anchor: "middle" };
        let text = short(u64::from(peak.errors));
        let x = middle(&peak, scale).min(TO - 6.0 - width(&text, 10.5) / 2.0);
        svg.text(x, y + BASE - height(peak.errors) - 4.5, style, &text);
    }
}

/// A dot where there was a heartbeat, joined to its neighbour; a ring where there was none.
fn beats(svg: &mut Svg, hours: &[Hour], scale: &Scale, y: f64) {
    let y = y + BEATS;
    for pair in hours.windows(2) {
        let [a, b] = pair else { continue };
        if a.heartbeats > 0 && b.heartbeats > 0 && end_of(a.hour) == b.hour {
            svg.add(format_args!(
                r#"<path d="M{:.1} {y:.1}H{:.1}" stroke="{BLUE}" stroke-width="2" stroke-opacity="0.55"/>"#,
                middle(a, scale),
                middle(b, scale)
            ));
        }
    }
    let radius = (scale.slot() * 0.36).clamp(2.6, 4.6);
    for hour in hours {
        let x = middle(hour, scale);
        if hour.heartbeats > 0 {
            svg.add(format_args!(r#"<circle cx="{x:.1}" cy="{y:.1}" r="{radius:.1}" fill="{BLUE}"/>"#));
        } else {
            svg.add(format_args!(
                r#"<circle cx="{x:.1}" cy="{y:.1}" r="{:.1}" fill="{PANEL_FILL}" stroke="{FAINT}" stroke-width="1.4"/>"#,
                radius - 0.7
            ));
        }
    }
}

/// The middle of what is shown of an hour.
fn middle(hour: &Hour, scale: &Scale) -> f64 {
    (scale.x(hour.hour) + scale.x(end_of(hour.hour))) / 2.0
}

fn marks(svg: &mut Svg, row: &ServerRow, scale: &Scale, y: f64) {
    let inside = |mark: &&Mark| (scale.from..=scale.to).contains(&mark.at);
    let mut marks: Vec<&Mark> = row.marks.iter().filter(inside).collect();
    marks.sort_by_key(|mark| (mark.at, mark.kind));
    // Shapes that would cover each other move apart; their lines stay at the moment itself.
    let mut free = FROM;
    let places: Vec<f64> = marks
        .iter()
        .map(|mark| {
            let place = scale.x(mark.at).max(free).min(RIGHT - 10.0);
            free = place + 15.0;
            place
        })
        .collect();
    // How far to the left the lane is taken already.
    let mut taken = FROM - 6.0;
    for (index, (mark, &x)) in marks.iter().zip(&places).enumerate() {
        svg.line(scale.x(mark.at), y + MARKS + 7.0, y + BASE, mark.kind.colour(), 1.3, "3 3");
        mark_shape(svg, mark.kind, x, y + MARKS);
        let style = Style { fill: mark.kind.colour(), ..SMALL };
        let next = places.get(index + 1).map_or(RIGHT - 4.0, |next| next - 12.0);
        let wanted = width(&clean(&mark.label), SMALL.size);
        let (right, left) = (next - (x + 10.0), (x - 10.0) - taken);
        taken = x + 10.0;
        if right >= wanted.min(70.0) {
            let label = cut(&mark.label, right, SMALL.size);
            taken += width(&label, SMALL.size) + 6.0;
            svg.text(x + 10.0, y + MARKS + 4.0, style, &label);
        } else if left >= wanted.min(70.0) {
            let label = cut(&mark.label, left, SMALL.size);
            svg.text(x - 10.0, y + MARKS + 4.0, Style { anchor: "end", ..style }, &label);
        }
    }
}

fn mark_shape(svg: &mut Svg, kind: MarkKind, x: f64, y: f64) {
    let colour = kind.colour();
    match kind {
        MarkKind::Incident => svg.add(format_args!(
            r#"<path d="M{x:.1} {:.1}l6 10.5h-12z" fill="{colour}"/>"#,
            y - 6.0
        )),
        MarkKind::Run => svg.add(format_args!(
            r#"<path d="M{:.1} {:.1}l10 5.5l-10 5.5z" fill="{colour}"/>"#,
            x - 4.0,
            y - 5.5
        )),
        MarkKind::Verified => svg.add(format_args!(
            r#"<circle cx="{x:.1}" cy="{y:.1}" r="6" fill="{colour}"/><path d="M{:.1} {y:.1}l2.1 2.2l3.9 -4.2" fill="none" stroke="{GROUND}" stroke-width="1.8"/>"#,
            x - 3.0
        )),
        MarkKind::Silent => svg.add(format_args!(
            r#"<rect x="{:.1}" y="{:.1}" width="9" height="9" fill="{PANEL_FILL}" stroke="{colour}" stroke-width="1.6"/>"#,
            x - 4.5,
            y - 4.5
        )),
    }
}

fn counted(count: u64, what: &str) -> String {
    if count == 1 { format!("1 {what}") } else { format!("{} {what}s", short(count)) }
}

/// A count in few characters: 812, 1.2k, 45k, 3.4M.
pub(super) fn short(count: u64) -> String {
    let scaled = |unit: u64, name: &str| {
        if count < 10 * unit && count % unit >= unit / 10 {
            format!("{}.{}{name}", count / unit, count % unit * 10 / unit)
        } else {
            format!("{}{name}", count / unit)
        }
    };
    match count {
        0..1_000 => count.to_string(),
        1_000..1_000_000 => scaled(1_000, "k"),
        1_000_000..1_000_000_000 => scaled(1_000_000, "M"),
        _ => scaled(1_000_000_000, "G"),
    }
}
