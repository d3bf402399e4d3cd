//! The one line a person must give: cleaned, bounded, and naming a ticket where that is asked for.

use regex::Regex;

use super::refusal::Refusal;

/// The most characters a reason may have.
pub const MAX_CHARS: usize = 300;

/// The fewest characters that count as a justification when password sync was switched off deliberately.
pub const MIN_JUSTIFICATION: usize = 20;

/// Cleans a reason: control and direction characters go, white space becomes single blanks.
///
/// # Errors
/// [`Refusal::ReasonMissing`], [`Refusal::ReasonTooLong`] or [`Refusal::TicketMissing`].
pub fn clean(text: &str, ticket: Option<&Regex>) -> Result<String, Refusal> {
    let line = one_line(text);
    match line.chars().count() {
        0 => return Err(Refusal::ReasonMissing),
        count if count > MAX_CHARS => return Err(Refusal::ReasonTooLong(count)),
        _ => {}
    }
    match ticket {
        Some(pattern) if !pattern.is_match(&line) => Err(Refusal::TicketMissing(pattern.to_string())),
        _ => Ok(line),
    }
}

/// Cleans the justification that deliberate switching off asks for.
///
/// # Errors
/// [`Refusal::JustificationMissing`] or [`Refusal::ReasonTooLong`].
pub fn clean_justification(text: Option<&str>) -> Result<String, Refusal> {
    let line = one_line(text.unwrap_or_default());
    match line.chars().count() {
        count if count < MIN_JUSTIFICATION => Err(Refusal::JustificationMissing),
        count if count > MAX_CHARS => Err(Refusal::ReasonTooLong(count)),
        _ => Ok(line),
    }
}

fn one_line(text: &str) -> String {
    let blanked = text.chars().map(|c| if c.is_whitespace() { ' ' } else { c });
    let kept: String = blanked.filter(|&c| !c.is_control() && !is_invisible(c)).collect();
    kept.split(' ').filter(|word| !word.is_empty()).collect::<Vec<_>>().join(" ")
}

/// Characters that reorder or hide text: zero-width ones, direction marks and overrides, tags.
fn is_invisible(c: char) -> bool {
    matches!(
        c,
        '\u{00AD}' | '\u{061C}' | '\u{180E}' | '\u{200B}'..='\u{200F}' | '\u{202A}'..='\u{202E}'
            | '\u{2060}'..='\u{206F}' | '\u{FEFF}' | '\u{FFF9}'..='\u{FFFB}' | '\u{E0000}'..='\u{E007F}'
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_reason_is_one_clean_line() {
        assert_eq!(clean(" a\r\n\tb\u{202e}\u{7}  c ", None), Ok("a b c".into()));
        assert_eq!(clean(" \u{200b}\n ", None), Err(Refusal::ReasonMissing));
        assert_eq!(clean(&"ä".repeat(300), None), Ok("ä".repeat(300)));
        assert_eq!(clean(&"ä".repeat(301), None), Err(Refusal::ReasonTooLong(301)));
    }

    #[test]
    fn a_ticket_pattern_must_be_met_where_it_is_set() {
        let pattern = Regex::new(r"\bINC\d{4,}\b").expect("a pattern");
        assert!(clean("users locked out, INC0047", Some(&pattern)).is_ok());
        assert!(matches!(clean("users locked out", Some(&pattern)), Err(Refusal::TicketMissing(_))));
    }

    #[test]
    fn a_justification_says_something() {
        assert_eq!(clean_justification(None), Err(Refusal::JustificationMissing));
        assert_eq!(clean_justification(Some("because")), Err(Refusal::JustificationMissing));
        assert!(clean_justification(Some("agreed with the security team today")).is_ok());
    }
}
