//! Text from elsewhere, made safe to show in a terminal: names, errors and files may hold what steers it.

/// Whether a character steers a terminal, or the order in which text is shown: controls, DEL and C1 among them, line and
/// paragraph separators, and the marks, embeddings, overrides and isolates of text that runs from right to left.
pub fn steers(c: char) -> bool {
    c.is_control()
        || matches!(c, '\u{61c}' | '\u{200e}' | '\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

/// A text as one line, without anything that steers a terminal: what the service's account has written, or the server's
/// products say, is shown in an administrator's console.
pub fn one_line(text: &str) -> String {
    text.chars().map(|c| if steers(c) { ' ' } else { c }).collect()
}

/// The same of each line of a text that has several.
pub fn lines(text: &str) -> String {
    text.split('\n').map(one_line).collect::<Vec<_>>().join("\n")
}

/// JSON with whatever steers a terminal escaped. Outside its strings JSON has only line breaks of that.
pub fn json_for_a_terminal(json: &str) -> String {
    let mut clean = String::with_capacity(json.len());
    for c in json.chars() {
        match c {
            '\n' => clean.push(c),
            c if steers(c) => clean.push_str(&format!("\\u{:04x}", u32::from(c))),
            c => clean.push(c),
        }
    }
    clean
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_from_elsewhere_steers_a_terminal_or_turns_the_order_of_its_text() {
        let hostile = "a\u{1b}[2J\u{7f}\u{85}\u{9b}2J\u{200f}\u{202e}txt.exe\u{2066}\u{2028}b\rc";
        let cleaned = lines(&format!("{hostile}\n{hostile}"));
        assert_eq!(cleaned.lines().count(), 2);
        assert!(cleaned.chars().all(|c| c == '\n' || !steers(c)), "{cleaned:?}");
        assert_eq!(one_line("a\nb"), "a b");
        assert_eq!(one_line("Büro 東京 🔑 ירושלים"), "Büro 東京 🔑 ירושלים", "letters stay");
        // JSON keeps all of it, escaped.
        let told = serde_json::to_string_pretty(&[hostile]).expect("is JSON");
        let clean = json_for_a_terminal(&told);
        assert!(clean.chars().all(|c| c == '\n' || !steers(c)), "{clean:?}");
        assert_eq!(serde_json::from_str::<Vec<String>>(&clean).expect("is JSON"), [hostile]);
    }
}
