//! SVG in the making: text that is escaped and measured, lines, and the shapes of the legend.

use std::fmt::Write;

pub(super) const GROUND: &str = "#1a1b1e";
pub(super) const PANEL_FILL: &str = "#25272c";
pub(super) const GRID: &str = "#33363d";
pub(super) const DAY: &str = "#5b606b";
pub(super) const STRONG: &str = "#f4f5f7";
pub(super) const SOFT: &str = "#b9bec8";
pub(super) const FAINT: &str = "#8b919d";
pub(super) const BLUE: &str = "#5cb8f7";
pub(super) const ORANGE: &str = "#f5a63d";

/// A picture in the making.
#[derive(Default)]
pub(super) struct Svg(String);

#[derive(Clone, Copy)]
pub(super) struct Style {
    pub(super) size: f64,
    pub(super) bold: bool,
    pub(super) fill: &'static str,
    pub(super) anchor: &'static str,
}

pub(super) const SMALL: Style = Style { size: 11.5, bold: false, fill: SOFT, anchor: "start" };

#[derive(Clone, Copy)]
pub(super) enum Shape {
    Dot,
    Ring,
    Bar,
    Unknown,
}

impl Svg {
    pub(super) fn add(&mut self, what: std::fmt::Arguments<'_>) {
        // Writing to a String cannot fail.
        let _ = self.0.write_fmt(what);
    }

    pub(super) fn end(mut self) -> String {
        self.0.push_str("</svg>");
        self.0
    }

    pub(super) fn text(&mut self, x: f64, y: f64, style: Style, text: &str) {
        let Style { size, bold, fill, anchor } = style;
        let weight = if bold { 600 } else { 400 };
        self.add(format_args!(
            r#"<text x="{x:.1}" y="{y:.1}" font-size="{size}" font-weight="{weight}" fill="{fill}" text-anchor="{anchor}">{}</text>"#,
            escaped(text)
        ));
    }

    pub(super) fn line(&mut self, x: f64, from: f64, to: f64, colour: &str, thick: f64, dashes: &str) {
        self.add(format_args!(
            r#"<path d="M{x:.1} {from:.1}V{to:.1}" stroke="{colour}" stroke-width="{thick}""#
        ));
        if !dashes.is_empty() {
            self.add(format_args!(r#" stroke-dasharray="{dashes}""#));
        }
        self.0.push_str("/>");
    }

    pub(super) fn shape(&mut self, shape: Shape, x: f64, y: f64) {
        match shape {
            Shape::Dot => self.add(format_args!(r#"<circle cx="{x:.1}" cy="{y:.1}" r="4.6" fill="{BLUE}"/>"#)),
            Shape::Ring => self.add(format_args!(
                r#"<circle cx="{x:.1}" cy="{y:.1}" r="3.9" fill="none" stroke="{FAINT}" stroke-width="1.4"/>"#
            )),
            Shape::Bar => self.add(format_args!(
                r#"<rect x="{:.1}" y="{:.1}" width="6" height="11" rx="1.5" fill="{ORANGE}"/>"#,
                x - 3.0,
                y - 5.5
            )),
            Shape::Unknown => self.add(format_args!(
                r##"<rect x="{:.1}" y="{:.1}" width="12" height="11" fill="url(#unknown)" stroke="#4b4f59" stroke-width="0.8"/>"##,
                x - 6.0,
                y - 5.5
            )),
        }
    }
}

/// A text without what XML forbids and without characters that turn or hide others.
pub(super) fn clean(text: &str) -> String {
    let hides = |c: char| {
        c.is_control()
            || matches!(c, '\u{ad}' | '\u{61c}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}')
            || matches!(c, '\u{2060}'..='\u{206f}' | '\u{feff}' | '\u{fff0}'..='\u{ffff}')
    };
    text.chars().map(|c| if hides(c) { ' ' } else { c }).collect::<String>().trim().to_owned()
}

fn escaped(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for c in clean(text).chars() {
        match c {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            '\'' => escaped.push_str("&#39;"),
            c => escaped.push(c),
        }
    }
    escaped
}

/// About how wide a text is in Inter; a little more rather than less.
pub(super) fn width(text: &str, size: f64) -> f64 {
    let of = |c: char| match c {
        'i' | 'j' | 'l' | 'I' | '.' | ',' | ':' | ';' | '\'' | '|' | '!' | ' ' | '·' => 0.29,
        'f' | 't' | 'r' | '(' | ')' | '[' | ']' | '/' | '-' | '"' | '1' => 0.41,
        'M' | 'W' | '@' | '%' => 1.04,
        'm' | 'w' | '…' => 0.92,
        'A'..='Z' | '–' | '&' => 0.72,
        '0'..='9' => 0.645,
        c if c.is_ascii() => 0.585,
        // Other scripts may be as wide as they are high.
        c if c > '\u{2e80}' => 1.05,
        _ => 0.75,
    };
    text.chars().map(of).sum::<f64>() * size
}

/// A text cut to a width, with an ellipsis where something is missing.
pub(super) fn cut(text: &str, room: f64, size: f64) -> String {
    let text = clean(text);
    if width(&text, size) <= room {
        return text;
    }
    let mut kept = String::new();
    for c in text.chars() {
        kept.push(c);
        if width(&kept, size) + width("…", size) > room {
            kept.pop();
            break;
        }
    }
    kept.truncate(kept.trim_end().len());
    kept.push('…');
    kept
}
