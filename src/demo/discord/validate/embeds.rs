//! Limits of embeds (resources/message.mdx, "Embed Limits").

use serde_json::{Value, json};
use twilight_model::channel::message::Embed;

use super::{given, length, link, list, number, required_text, text};
use crate::demo::discord::error::Problems;

/// All embeds of a message together, in characters.
const SUM: usize = 6000;

/// Checks a message's embeds and gives them as Discord would keep them.
pub(crate) fn check(value: &Value, path: &str, problems: &mut Problems) -> Vec<Value> {
    let embeds = list(value, path, 10, problems);
    let mut sum = 0;
    for (n, embed) in embeds.iter().enumerate() {
        sum += check_one(embed, &format!("{path}/{n}"), problems);
    }
    if sum > SUM {
        problems.add(
            path,
            "MAX_EMBED_SIZE_EXCEEDED",
            format_args!("Embed size exceeds maximum size of {SUM}"),
        );
    }
    let kept: Vec<Value> = embeds.iter().map(as_kept).collect();
    if problems.is_empty() {
        second_opinion(&kept, path, problems);
    }
    kept
}

/// Answers how many characters count toward the sum.
fn check_one(embed: &Value, path: &str, problems: &mut Problems) -> usize {
    if !embed.is_object() {
        problems.add(path, "DICT_TYPE_CONVERT", "Only dictionaries may be used in a DictType");
        return 0;
    }
    let at = |field: &str| format!("{path}/{field}");
    let mut texts = vec![
        text(&embed["title"], &at("title"), 256, problems),
        text(&embed["description"], &at("description"), 4096, problems),
    ];
    for (n, field) in list(&embed["fields"], &at("fields"), 25, problems).iter().enumerate() {
        texts.push(required_text(&field["name"], &at(&format!("fields/{n}/name")), 256, problems));
        texts.push(required_text(&field["value"], &at(&format!("fields/{n}/value")), 1024, problems));
    }
    if given(&embed["footer"]) {
        texts.push(required_text(&embed["footer"]["text"], &at("footer/text"), 2048, problems));
        link(
            &embed["footer"]["icon_url"],
            &at("footer/icon_url"),
            &["http", "https", "attachment"],
            problems,
        );
    }
    if given(&embed["author"]) {
        texts.push(required_text(&embed["author"]["name"], &at("author/name"), 256, problems));
        link(&embed["author"]["url"], &at("author/url"), &["http", "https"], problems);
    }
    link(&embed["url"], &at("url"), &["http", "https"], problems);
    for picture in ["image", "thumbnail"] {
        if given(&embed[picture]) {
            let path = at(&format!("{picture}/url"));
            if !given(&embed[picture]["url"]) {
                problems.required(&path);
            }
            link(&embed[picture]["url"], &path, &["http", "https", "attachment"], problems);
        }
    }
    number(&embed["color"], &at("color"), 0..=0xFF_FFFF, problems);
    if let Some(time) = text(&embed["timestamp"], &at("timestamp"), 64, problems)
        && time.parse::<jiff::Timestamp>().is_err()
    {
        problems.add(&at("timestamp"), "DATETIME_TYPE_PARSE", format_args!("Could not parse {time}."));
    }
    let pictures = given(&embed["image"]) || given(&embed["thumbnail"]);
    let size: usize = texts.into_iter().flatten().map(length).sum();
    if size == 0 && !pictures {
        problems.required(&at("description"));
    }
    size
}

/// Discord says of each embed what it is, and of each field whether it stands inline.
fn as_kept(embed: &Value) -> Value {
    let mut embed = embed.clone();
    if let Some(map) = embed.as_object_mut() {
        map.retain(|_, value| !value.is_null());
        map.insert("type".to_owned(), json!("rich"));
        for field in map.get_mut("fields").and_then(Value::as_array_mut).into_iter().flatten() {
            if let Some(field) = field.as_object_mut() {
                let inline = field.get("inline") == Some(&Value::Bool(true));
                field.insert("inline".to_owned(), json!(inline));
            }
        }
    }
    embed
}

fn second_opinion(embeds: &[Value], path: &str, problems: &mut Problems) {
    for (n, embed) in embeds.iter().enumerate() {
        let verdict = match serde_json::from_value::<Embed>(embed.clone()) {
            Ok(embed) => twilight_validate::embed::embed(&embed).map_err(|e| e.to_string()),
            Err(error) => Err(error.to_string()),
        };
        if let Err(why) = verdict {
            problems.add(&format!("{path}/{n}"), "BASE_TYPE_BAD", why);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn errors(embeds: &Value) -> Value {
        let mut problems = Problems::default();
        check(embeds, "embeds", &mut problems);
        problems.finish().err().and_then(|e| e.errors).unwrap_or(Value::Null)
    }

    #[test]
    fn each_text_of_an_embed_has_its_limit_and_the_error_names_it() {
        for (pointer, most) in
            [("title", 256), ("description", 4096), ("footer/text", 2048), ("author/name", 256)]
        {
            let fill = |n: usize| {
                let text = json!("é".repeat(n));
                match pointer.split_once('/') {
                    Some((outer, inner)) => json!([{ outer: { inner: text } }]),
                    None => json!([{ pointer: text }]),
                }
            };
            assert_eq!(errors(&fill(most)), Value::Null, "{pointer}");
            let wrong = errors(&fill(most + 1));
            let code = wrong.pointer(&format!("/embeds/0/{pointer}/_errors/0/code"));
            assert_eq!(code, Some(&json!("BASE_TYPE_MAX_LENGTH")), "{pointer}: {wrong}");
        }
    }

    #[test]
    fn the_sum_over_all_embeds_is_limited_not_only_each() {
        let half = json!({ "description": "x".repeat(3001) });
        assert_eq!(
            errors(&json!([half, half])).pointer("/embeds/_errors/0/code"),
            Some(&json!("MAX_EMBED_SIZE_EXCEEDED"))
        );
        assert_eq!(errors(&json!([half])), Value::Null);
    }

    #[test]
    fn fields_need_name_and_value_and_are_at_most_25() {
        let field = json!({ "name": "a", "value": "b" });
        assert_eq!(errors(&json!([{ "fields": vec![&field; 25] }])), Value::Null);
        assert!(
            errors(&json!([{ "fields": vec![&field; 26] }])).pointer("/embeds/0/fields/_errors").is_some()
        );
        let empty = errors(&json!([{ "fields": [{ "name": "a", "value": "" }] }]));
        assert!(empty.pointer("/embeds/0/fields/0/value/_errors").is_some());
    }

    #[test]
    fn an_empty_embed_and_a_wrong_link_are_refused() {
        assert!(errors(&json!([{}])).pointer("/embeds/0/description").is_some());
        let wrong = errors(&json!([{ "title": "t", "url": "javascript:alert(1)" }]));
        assert!(wrong.pointer("/embeds/0/url/_errors").is_some());
        assert_eq!(errors(&json!([{ "image": { "url": "attachment://chart.png" } }])), Value::Null);
    }
}
