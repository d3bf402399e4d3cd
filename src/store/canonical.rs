//! Canonical JSON: one value, one text. The audit chain hashes these bytes, so that anybody can check it in any
//! language.
//!
//! It is RFC 8785 (JSON Canonicalization Scheme) with numbers narrowed to whole numbers within ±(2⁵³ − 1): no
//! white space, object keys sorted by their UTF-16 code units, strings escaped as little as JSON allows, UTF-8.

use std::fmt::Write as _;

use serde_json::Value;

/// A value that has no canonical form here.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0} is not a whole number within ±(2^53 - 1), the only numbers the audit holds")]
pub struct NotCanonical(String);

/// The largest whole number that every JSON reader keeps exactly.
const MAX_INTEGER: i64 = (1 << 53) - 1;

/// The canonical text of a value.
///
/// # Errors
/// If it holds a fraction, or a number beyond ±(2⁵³ − 1).
pub fn canonical(value: &Value) -> Result<String, NotCanonical> {
    let mut out = String::new();
    write(value, &mut out)?;
    Ok(out)
}

/// A string as canonical JSON, with its quotes.
pub(super) fn quoted(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + 2);
    quote(text, &mut out);
    out
}

fn write(value: &Value, out: &mut String) -> Result<(), NotCanonical> {
    match value {
        Value::Null => out.push_str("null"),
        Value::Bool(true) => out.push_str("true"),
        Value::Bool(false) => out.push_str("false"),
        Value::Number(number) => match number.as_i64() {
            Some(whole) if (-MAX_INTEGER..=MAX_INTEGER).contains(&whole) => {
                let _ = write!(out, "{whole}");
            }
            _ => return Err(NotCanonical(number.to_string())),
        },
        Value::String(text) => quote(text, out),
        Value::Array(items) => {
            out.push('[');
            for (index, item) in items.iter().enumerate() {
                if index > 0 {
                    out.push(',');
                }
                write(item, out)?;
            }
            out.push(']');
        }
        Value::Object(map) => {
            let mut fields: Vec<_> = map.iter().collect();
            fields.sort_by(|(a, _), (b, _)| a.encode_utf16().cmp(b.encode_utf16()));
            out.push('{');
            for (index, (key, item)) in fields.into_iter().enumerate() {
                if index > 0 {
                    out.push(',');
                }
                quote(key, out);
                out.push(':');
                write(item, out)?;
            }
            out.push('}');
        }
    }
    Ok(())
}

fn quote(text: &str, out: &mut String) {
    out.push('"');
    for c in text.chars() {
        match c {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\u{8}' => out.push_str("\\b"),
            '\t' => out.push_str("\\t"),
            '\n' => out.push_str("\\n"),
            '\u{c}' => out.push_str("\\f"),
            '\r' => out.push_str("\\r"),
            c if c < ' ' => {
                let _ = write!(out, "\\u{:04x}", u32::from(c));
            }
            c => out.push(c),
        }
    }
    out.push('"');
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn the_canonical_text_is_that_of_rfc_8785() {
        // The RFC's own example for strings and for the order of keys (sections 3.2.2 and 3.2.3).
        let value = json!({
            "\u{20ac}": "Euro Sign", "\r": "Carriage Return", "\u{fb33}": "Hebrew Letter Dalet With Dagesh",
            "1": "One", "\u{1f600}": "Emoji: Grinning Face", "\u{80}": "Control",
            "\u{f6}": "Latin Small Letter O With Diaeresis",
        });
        let order: Vec<String> =
            ["Carriage", "One", "Control", "Latin", "Euro", "Emoji", "Hebrew"].map(String::from).to_vec();
        let text = canonical(&value).expect("has a form");
        let mut found: Vec<(usize, String)> =
            order.iter().map(|word| (text.find(word).expect("is there"), word.clone())).collect();
        found.sort();
        assert_eq!(found.into_iter().map(|(_, word)| word).collect::<Vec<_>>(), order);
        assert_eq!(
            canonical(&json!("\u{20ac}$\u{f}\nA'B\"\\\\\"/")).expect("has a form"),
            "\"\u{20ac}$\\u000f\\nA'B\\\"\\\\\\\\\\\"/\""
        );
        assert_eq!(
            canonical(&json!({"b": [1, -2, null, true], "a": {}})).expect("has a form"),
            "{\"a\":{},\"b\":[1,-2,null,true]}"
        );
    }

    #[test]
    fn fractions_and_numbers_that_some_readers_round_are_refused() {
        for bad in [json!(1.5), json!(1.0), json!(9_007_199_254_740_992_i64), json!(u64::MAX)] {
            assert!(canonical(&bad).is_err(), "{bad}");
        }
        assert!(canonical(&json!(9_007_199_254_740_991_i64)).is_ok());
    }
}
