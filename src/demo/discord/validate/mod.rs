//! Discord's limits on what a request may carry. Each check names the field by its path.
//!
//! - `embeds`      cards
//! - `components`  buttons and select menus of messages, text inputs of modals
//! - `commands`    application commands, and the choices of autocomplete
//!
//! Own rules come first because they name the exact field; what `twilight-validate` knows is asked after them, as an
//! independent second opinion. Numbers: discord-api-docs, named at each rule.

pub(crate) mod commands;
pub(crate) mod components;
pub(crate) mod embeds;

use serde_json::Value;

use super::error::Problems;

/// Whether a field is there and not null.
pub(crate) fn given(value: &Value) -> bool {
    !value.is_null()
}

/// Length as Discord counts it: in characters.
pub(crate) fn length(text: &str) -> usize {
    text.chars().count()
}

/// A text that may be left out.
pub(crate) fn text<'a>(
    value: &'a Value,
    path: &str,
    most: usize,
    problems: &mut Problems,
) -> Option<&'a str> {
    if !given(value) {
        return None;
    }
    let Some(text) = value.as_str() else {
        problems.add(path, "STRING_TYPE_CONVERT", format_args!("Could not interpret \"{value}\" as string."));
        return None;
    };
    if length(text) > most {
        problems.too_long(path, most);
    }
    Some(text)
}

/// A text that must be there, and not blank: Discord trims before it looks.
pub(crate) fn required_text<'a>(
    value: &'a Value,
    path: &str,
    most: usize,
    problems: &mut Problems,
) -> Option<&'a str> {
    if !given(value) || value.as_str().is_some_and(|text| text.trim().is_empty()) {
        problems.required(path);
        return None;
    }
    text(value, path, most, problems)
}

/// A list that may be left out, no longer than `most`.
pub(crate) fn list<'a>(value: &'a Value, path: &str, most: usize, problems: &mut Problems) -> &'a [Value] {
    if !given(value) {
        return &[];
    }
    let Some(list) = value.as_array() else {
        problems.add(path, "LIST_TYPE_CONVERT", "Only iterables may be used in a ListType");
        return &[];
    };
    if list.len() > most {
        problems.too_long(path, most);
    }
    list
}

/// A whole number between bounds, that may be left out. Discord takes digit strings too.
pub(crate) fn number(
    value: &Value,
    path: &str,
    bounds: std::ops::RangeInclusive<u64>,
    problems: &mut Problems,
) -> Option<u64> {
    if !given(value) {
        return None;
    }
    let number = value.as_u64().or_else(|| value.as_str()?.parse().ok());
    match number {
        Some(number) if bounds.contains(&number) => Some(number),
        Some(_) => {
            let (least, most) = bounds.into_inner();
            problems.add(
                path,
                "NUMBER_TYPE_RANGE",
                format_args!("int value should be between {least} and {most}."),
            );
            None
        }
        None => {
            problems.add(path, "NUMBER_TYPE_COERCE", format_args!("Value \"{value}\" is not int."));
            None
        }
    }
}

/// A link with one of these schemes.
pub(crate) fn link(value: &Value, path: &str, schemes: &[&str], problems: &mut Problems) {
    let Some(link) = text(value, path, 2048, problems) else { return };
    let good = schemes.iter().any(|scheme| {
        link.strip_prefix(scheme)
            .and_then(|rest| rest.strip_prefix("://"))
            .is_some_and(|rest| !rest.is_empty() && !rest.contains(char::is_whitespace))
    });
    if !good {
        problems.add(
            path,
            "URL_TYPE_INVALID_SCHEME",
            format_args!("Scheme must be one of ({}).", schemes.join(", ")),
        );
    }
}
