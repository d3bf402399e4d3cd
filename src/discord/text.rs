//! Text that goes into Discord: escaped, cut to its limit, times as Discord shows them to each reader.

use jiff::{SignedDuration, Timestamp};

/// A text from elsewhere, so that Discord shows it as it is: no formatting, no mention, no hidden characters.
///
/// Times in Discord's own form (`<t:1700000000:R>`) stay: they can do nothing but tell the time.
pub fn escape(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + 16);
    let mut line_start = true;
    let mut skip = 0;
    for (at, c) in text.char_indices().filter(|&(_, c)| c == '\n' || !is_hidden(c)) {
        if at < skip {
            continue;
        }
        if let Some(token) = time_token(&text[at..]) {
            out.push_str(token);
            skip = at + token.len();
            line_start = false;
            continue;
        }
        match c {
            '\\' | '*' | '_' | '~' | '`' | '|' | '>' | '<' | '#' | '[' | ']' => out.push('\\'),
            '-' | '+' if line_start => out.push('\\'),
            _ => {}
        }
        out.push(c);
        if c == '@' {
            // Keeps @everyone, @here and <@id> from being read as mentions.
            out.push('\u{200b}');
        }
        line_start = c == '\n' || (line_start && c == ' ');
    }
    out
}

/// `<t:1700000000:R>` at the start of a text.
fn time_token(text: &str) -> Option<&str> {
    let inner = text.strip_prefix("<t:")?;
    let end = inner.find('>').filter(|&end| end <= 16)?;
    let (seconds, style) = inner[..end].split_once(':')?;
    let digits = !seconds.is_empty() && seconds.bytes().all(|byte| byte.is_ascii_digit());
    (digits && matches!(style, "t" | "T" | "d" | "D" | "f" | "F" | "R")).then(|| &text[..end + 4])
}

/// A sentence of our own that may name people as `<@id>`: those stay, and ping nobody.
pub fn sentence(text: &str) -> String {
    let mut out = String::new();
    let mut rest = text;
    while let Some(open) = rest.find("<@") {
        let id = &rest[open + 2..];
        let end = id.bytes().take_while(u8::is_ascii_digit).count();
        if end > 0 && id[end..].starts_with('>') {
            out.push_str(&line_part(&rest[..open]));
            out.push_str(&rest[open..open + end + 3]);
            rest = &id[end + 1..];
        } else {
            out.push_str(&line_part(&rest[..open + 2]));
            rest = id;
        }
    }
    out.push_str(&line_part(rest));
    out
}

/// A part of a line, its blanks at both ends kept.
fn line_part(text: &str) -> String {
    escape(&text.replace(['\n', '\r', '\t'], " "))
}

/// The most characters of a text from elsewhere that are looked at: no card has room for more.
const MOST: usize = 4096;

/// The same on one line.
pub fn line(text: &str) -> String {
    escape(&cut(text, MOST).split_whitespace().collect::<Vec<_>>().join(" "))
}

/// Text between back-ticks, as typed.
pub fn code(text: &str) -> String {
    let clean: String = text.chars().filter(|&c| !is_hidden(c)).collect();
    format!("`{}`", clean.replace('`', "\u{2cb}"))
}

/// A block of code that its text can't end.
pub fn block(language: &str, text: &str) -> String {
    let clean: String = text.chars().filter(|&c| c == '\n' || !is_hidden(c)).collect();
    format!("```{language}\n{}\n```", clean.replace("```", "`\u{200b}`\u{200b}`"))
}

/// Control characters, and those that reorder or hide text.
fn is_hidden(c: char) -> bool {
    c.is_control()
        || matches!(
            c,
            '\u{AD}' | '\u{61C}' | '\u{180E}' | '\u{200B}'..='\u{200F}' | '\u{202A}'..='\u{202E}'
                | '\u{2060}'..='\u{206F}' | '\u{FEFF}' | '\u{FFF9}'..='\u{FFFB}' | '\u{E0000}'..='\u{E007F}'
        )
}

/// The text, or as much of it as fits into `max` characters with an ellipsis at the end.
pub fn cut(text: &str, max: usize) -> String {
    if text.char_indices().nth(max).is_none() {
        return text.to_owned();
    }
    let mut kept: String = text.chars().take(max.saturating_sub(1)).collect();
    // Half an escape, or half a time or mention, must not swallow what comes after.
    let slashes = kept.chars().rev().take_while(|&c| c == '\\').count();
    if slashes % 2 == 1 {
        kept.pop();
    }
    if let Some(open) = kept.rfind('<') {
        let escaped = kept[..open].ends_with('\\');
        if !escaped && !kept[open..].contains('>') {
            kept.truncate(open);
        }
    }
    // A link that lost its end is no link.
    if let Some(open) = kept.rfind("](")
        && !kept[open..].contains(')')
    {
        kept.truncate(kept[..open].rfind('[').unwrap_or(open));
    }
    let mut kept = kept.trim_end().to_owned();
    kept.push('…');
    kept
}

/// Lines joined, as many as fit into `max` characters; what is left out is counted.
pub fn lines(lines: &[String], max: usize) -> String {
    let mut out = String::new();
    for (n, line) in lines.iter().enumerate() {
        let left = lines.len() - n - 1;
        let reserve = if left == 0 { 0 } else { 16 };
        let used = out.chars().count();
        if used + line.chars().count() + 1 + reserve > max {
            let room = max.saturating_sub(used + 17);
            if n == 0 || room > 80 {
                push(&mut out, &cut(line, room));
                if left > 0 {
                    push(&mut out, &format!("… and {left} more"));
                }
            } else {
                push(&mut out, &format!("… and {} more", left + 1));
            }
            return cut(&out, max);
        }
        push(&mut out, line);
    }
    out
}

fn push(out: &mut String, line: &str) {
    if !out.is_empty() {
        out.push('\n');
    }
    out.push_str(line);
}

/// Date and time, in each reader's own zone.
pub fn at(time: Timestamp) -> String {
    format!("<t:{}:f>", time.as_second())
}

/// The time of day, in each reader's own zone.
pub fn clock(time: Timestamp) -> String {
    format!("<t:{}:t>", time.as_second())
}

/// How long ago, or how soon.
pub fn relative(time: Timestamp) -> String {
    format!("<t:{}:R>", time.as_second())
}

/// A time span in words, for people: `40 s`, `12 min`, `3 h 5 min`, `2 d 4 h`.
pub fn span(span: SignedDuration) -> String {
    let seconds = span.as_secs().max(0);
    let (minutes, hours, days) = (seconds / 60, seconds / 3600, seconds / 86_400);
    let two = |big: i64, unit: &str, small: i64, sub: &str| match small {
        0 => format!("{big} {unit}"),
        small => format!("{big} {unit} {small} {sub}"),
    };
    match seconds {
        0..60 => format!("{seconds} s"),
        60..3600 => format!("{minutes} min"),
        3600..86_400 => two(hours, "h", minutes % 60, "min"),
        _ => two(days, "d", hours % 24, "h"),
    }
}

/// A count with its noun.
pub fn count(n: usize, one: &str, many: &str) -> String {
    format!("{n} {}", if n == 1 { one } else { many })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_from_elsewhere_neither_formats_nor_mentions() {
        assert_eq!(escape("**b** `c` [x](y)"), "\\*\\*b\\*\\* \\`c\\` \\[x\\](y)");
        assert_eq!(escape("@everyone <@1>"), "@\u{200b}everyone \\<@\u{200b}1\\>");
        assert_eq!(escape("a\u{202e}b\u{7}"), "ab");
        assert_eq!(escape("# h\n> q\n - l\na-b"), "\\# h\n\\> q\n \\- l\na-b");
        assert_eq!(line(" a \n b\tc "), "a b c");
        assert_eq!(escape("at <t:17:R> <t:x:R>"), "at <t:17:R> \\<t:x:R\\>");
        assert_eq!(
            sentence("The approver <@12> is <b> <@x>"),
            "The approver <@12> is \\<b\\> \\<@\u{200b}x\\>"
        );
    }

    #[test]
    fn a_block_of_code_can_not_be_left() {
        assert!(
            !block("powershell", "x ``` y")
                .trim_start_matches("```powershell")
                .trim_end_matches("```")
                .contains("```")
        );
        assert_eq!(code("a`b"), "`a\u{2cb}b`");
    }

    #[test]
    fn what_is_too_long_ends_in_an_ellipsis_and_never_in_half_an_escape() {
        assert_eq!(cut("abc", 3), "abc");
        assert_eq!(cut("abcd", 3), "ab…");
        assert_eq!(cut("a\\*bc", 3), "a…");
        assert_eq!(cut("ab <t:17:R> c", 9), "ab…");
        assert_eq!(cut("ab [x](https://a) c", 12), "ab…");
        assert_eq!(lines(&["a".into(), "b".into()], 100), "a\nb");
        let many: Vec<String> = (0..100).map(|n| format!("line {n}")).collect();
        let text = lines(&many, 100);
        assert!(text.chars().count() <= 100 && text.ends_with("more"), "{text}");
    }

    #[test]
    fn a_span_is_told_in_the_two_largest_units() {
        let span = |s| super::span(SignedDuration::from_secs(s));
        assert_eq!(
            [span(40), span(720), span(11_100), span(187_200)],
            ["40 s", "12 min", "3 h 5 min", "2 d 4 h"]
        );
    }
}
