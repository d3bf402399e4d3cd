//! Limits of buttons and select menus in messages and of text inputs in modals (components/reference.mdx).
//!
//! Only the layout without the IS_COMPONENTS_V2 flag is known: rows of buttons, one select menu a row, and in modals
//! one text input a row.

use std::collections::BTreeSet;

use serde_json::Value;
use twilight_model::channel::message::Component;

use super::{given, length, link, list, number, required_text, text};
use crate::demo::discord::error::Problems;

const ROW: u64 = 1;
const BUTTON: u64 = 2;
const TEXT_INPUT: u64 = 4;

/// Checks the components of a message.
pub(crate) fn check(value: &Value, path: &str, problems: &mut Problems) -> Vec<Value> {
    let rows = list(value, path, 5, problems);
    let mut ids = BTreeSet::new();
    for (n, row) in rows.iter().enumerate() {
        check_row(row, &format!("{path}/{n}"), &mut ids, problems);
    }
    if problems.is_empty() {
        second_opinion(rows, path, problems);
    }
    rows.to_vec()
}

fn check_row<'a>(row: &'a Value, path: &str, ids: &mut BTreeSet<&'a str>, problems: &mut Problems) {
    if kind(row) != Some(ROW) {
        problems.add(&format!("{path}/type"), "BASE_TYPE_CHOICES", "Value must be one of {1}.");
        return;
    }
    let path = format!("{path}/components");
    let parts = list(&row["components"], &path, 5, problems);
    if parts.is_empty() {
        problems.bad_length(&path, 1, 5);
    }
    if parts.len() > 1 && parts.iter().any(|p| kind(p) != Some(BUTTON)) {
        problems.add(
            &path,
            "COMPONENT_LAYOUT_WIDTH_EXCEEDED",
            "The specified component exceeds the maximum width",
        );
    }
    for (n, part) in parts.iter().enumerate() {
        let path = format!("{path}/{n}");
        match kind(part) {
            Some(BUTTON) => check_button(part, &path, problems),
            Some(3 | 5..=8) => check_select(part, &path, problems),
            _ => problems.add(
                &format!("{path}/type"),
                "BASE_TYPE_CHOICES",
                "Value must be one of {2, 3, 5, 6, 7, 8}.",
            ),
        }
        unique(part, &path, ids, problems);
    }
}

fn kind(component: &Value) -> Option<u64> {
    component["type"].as_u64()
}

fn unique<'a>(part: &'a Value, path: &str, ids: &mut BTreeSet<&'a str>, problems: &mut Problems) {
    if let Some(id) = part["custom_id"].as_str()
        && !ids.insert(id)
    {
        problems.add(
            &format!("{path}/custom_id"),
            "COMPONENT_CUSTOM_ID_DUPLICATED",
            "Component custom id cannot be duplicated",
        );
    }
}

fn check_button(button: &Value, path: &str, problems: &mut Problems) {
    let at = |field: &str| format!("{path}/{field}");
    let label = text(&button["label"], &at("label"), 80, problems);
    if label.is_none_or(str::is_empty) && !given(&button["emoji"]) {
        problems.add(path, "BUTTON_COMPONENT_LABEL_OR_EMOJI", "A button must have a label or an emoji");
    }
    match button["style"].as_u64() {
        Some(1..=4) => {
            required_text(&button["custom_id"], &at("custom_id"), 100, problems);
            if given(&button["url"]) {
                problems.add(&at("url"), "BUTTON_COMPONENT_URL", "Only link buttons have a url");
            }
        }
        Some(5) => {
            required_text(&button["url"], &at("url"), 512, problems);
            link(&button["url"], &at("url"), &["http", "https", "discord"], problems);
            if given(&button["custom_id"]) {
                problems.add(
                    path,
                    "BUTTON_COMPONENT_CUSTOM_ID_URL_MUTUALLY_EXCLUSIVE",
                    "A custom id and url cannot both be specified",
                );
            }
        }
        _ => problems.add(&at("style"), "BASE_TYPE_CHOICES", "Value must be one of {1, 2, 3, 4, 5}."),
    }
}

fn check_select(select: &Value, path: &str, problems: &mut Problems) {
    let at = |field: &str| format!("{path}/{field}");
    required_text(&select["custom_id"], &at("custom_id"), 100, problems);
    text(&select["placeholder"], &at("placeholder"), 150, problems);
    let least = number(&select["min_values"], &at("min_values"), 0..=25, problems).unwrap_or(1);
    let most = number(&select["max_values"], &at("max_values"), 1..=25, problems).unwrap_or(1);
    if least > most {
        problems.add(&at("min_values"), "BASE_TYPE_BAD", "min_values must not exceed max_values");
    }
    if kind(select) != Some(3) {
        return;
    }
    let options = list(&select["options"], &at("options"), 25, problems);
    if options.is_empty() {
        problems.bad_length(&at("options"), 1, 25);
    }
    let mut values = BTreeSet::new();
    for (n, option) in options.iter().enumerate() {
        let at = |field: &str| format!("{path}/options/{n}/{field}");
        required_text(&option["label"], &at("label"), 100, problems);
        text(&option["description"], &at("description"), 100, problems);
        if let Some(value) = required_text(&option["value"], &at("value"), 100, problems)
            && !values.insert(value)
        {
            problems.add(
                &at("value"),
                "SELECT_COMPONENT_OPTION_VALUE_DUPLICATED",
                "The specified option value is already used",
            );
        }
    }
}

/// Checks a modal: custom id, title, one to five text inputs.
pub(crate) fn check_modal(modal: &Value, path: &str, problems: &mut Problems) {
    let at = |field: &str| format!("{path}{field}");
    required_text(&modal["custom_id"], &at("custom_id"), 100, problems);
    required_text(&modal["title"], &at("title"), 45, problems);
    let rows = list(&modal["components"], &at("components"), 5, problems);
    if rows.is_empty() {
        problems.bad_length(&at("components"), 1, 5);
    }
    let mut ids = BTreeSet::new();
    for (n, row) in rows.iter().enumerate() {
        let path = at(&format!("components/{n}"));
        if kind(row) != Some(ROW) {
            problems.add(&format!("{path}/type"), "BASE_TYPE_CHOICES", "Value must be one of {1}.");
            continue;
        }
        let inputs = list(&row["components"], &format!("{path}/components"), 1, problems);
        let Some(input) = inputs.first() else {
            problems.bad_length(&format!("{path}/components"), 1, 1);
            continue;
        };
        check_input(input, &format!("{path}/components/0"), problems);
        unique(input, &format!("{path}/components/0"), &mut ids, problems);
    }
}

fn check_input(input: &Value, path: &str, problems: &mut Problems) {
    let at = |field: &str| format!("{path}/{field}");
    if kind(input) != Some(TEXT_INPUT) {
        problems.add(&at("type"), "BASE_TYPE_CHOICES", "Value must be one of {4}.");
        return;
    }
    required_text(&input["custom_id"], &at("custom_id"), 100, problems);
    required_text(&input["label"], &at("label"), 45, problems);
    text(&input["placeholder"], &at("placeholder"), 100, problems);
    let least = number(&input["min_length"], &at("min_length"), 0..=4000, problems).unwrap_or(0);
    let most = number(&input["max_length"], &at("max_length"), 1..=4000, problems).unwrap_or(4000);
    if least > most {
        problems.add(&at("min_length"), "BASE_TYPE_BAD", "min_length must not exceed max_length");
    }
    if let Some(value) = text(&input["value"], &at("value"), 4000, problems)
        && !value.is_empty()
        && !(least..=most).contains(&(length(value) as u64))
    {
        problems.add(
            &at("value"),
            "BASE_TYPE_BAD_LENGTH",
            format_args!("Must be between {least} and {most} in length."),
        );
    }
    if !matches!(input["style"].as_u64(), Some(1 | 2)) {
        problems.add(&at("style"), "BASE_TYPE_CHOICES", "Value must be one of {1, 2}.");
    }
}

fn second_opinion(rows: &[Value], path: &str, problems: &mut Problems) {
    for (n, row) in rows.iter().enumerate() {
        let verdict = match serde_json::from_value::<Component>(row.clone()) {
            Ok(component) => {
                twilight_validate::component::component_v1(&component).map_err(|e| e.to_string())
            }
            Err(error) => Err(error.to_string()),
        };
        if let Err(why) = verdict {
            problems.add(&format!("{path}/{n}"), "BASE_TYPE_BAD", why);
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn error(rows: &Value, pointer: &str) -> Option<String> {
        let mut problems = Problems::default();
        check(rows, "components", &mut problems);
        let errors = problems.finish().err()?.errors?;
        Some(errors.pointer(pointer)?.pointer("/_errors/0/code")?.as_str()?.to_owned())
    }

    fn good(rows: &Value) -> bool {
        let mut problems = Problems::default();
        check(rows, "components", &mut problems);
        problems.is_empty()
    }

    fn button(id: &str, label: &str) -> Value {
        json!({ "type": 2, "style": 1, "custom_id": id, "label": label })
    }

    fn row(parts: &[Value]) -> Value {
        json!({ "type": 1, "components": parts })
    }

    #[test]
    fn buttons_keep_to_label_custom_id_and_row_limits() {
        assert!(good(&json!([row(&[button(&"i".repeat(100), &"l".repeat(80))])])));
        let at = |field: &str| format!("/components/0/components/0/{field}");
        let long_label = json!([row(&[button("a", &"l".repeat(81))])]);
        assert_eq!(error(&long_label, &at("label")).as_deref(), Some("BASE_TYPE_MAX_LENGTH"));
        let long_id = json!([row(&[button(&"i".repeat(101), "l")])]);
        assert_eq!(error(&long_id, &at("custom_id")).as_deref(), Some("BASE_TYPE_MAX_LENGTH"));
        let six: Vec<Value> = (0..6).map(|n| button(&n.to_string(), "l")).collect();
        assert!(error(&json!([row(&six)]), "/components/0/components").is_some());
        let nameless = json!([row(&[json!({ "type": 2, "style": 1, "custom_id": "a" })])]);
        assert!(error(&nameless, "/components/0/components/0").is_some());
        let six_rows: Vec<Value> = (0..6).map(|n| row(&[button(&n.to_string(), "l")])).collect();
        assert!(error(&json!(six_rows), "/components").is_some());
    }

    #[test]
    fn select_menus_and_link_buttons_pass_and_do_not_share_a_row() {
        let menu = json!({ "type": 3, "custom_id": "m", "placeholder": "Which?", "min_values": 0, "max_values": 1,
            "options": [{ "label": "One", "value": "1", "description": "d", "default": false }] });
        let link = json!({ "type": 2, "style": 5, "label": "Docs", "url": "https://example.org", "disabled": false });
        assert!(good(&json!([row(std::slice::from_ref(&menu)), row(std::slice::from_ref(&link))])));
        assert!(error(&json!([row(&[menu.clone(), link])]), "/components/0/components").is_some());
        let mut twice = menu;
        twice["options"] = json!([{ "label": "a", "value": "1" }, { "label": "b", "value": "1" }]);
        assert!(error(&json!([row(&[twice])]), "/components/0/components/0/options/1/value").is_some());
    }

    #[test]
    fn a_custom_id_stands_once_on_a_message() {
        let twice = json!([row(&[button("a", "x")]), row(&[button("a", "y")])]);
        assert_eq!(
            error(&twice, "/components/1/components/0/custom_id").as_deref(),
            Some("COMPONENT_CUSTOM_ID_DUPLICATED")
        );
    }

    #[test]
    fn a_modal_keeps_to_title_inputs_and_lengths() {
        let input =
            json!({ "type": 4, "custom_id": "reason", "label": "Why?", "style": 2, "max_length": 300 });
        let modal = json!({ "custom_id": "m", "title": "Reason", "components": [row(&[input])] });
        let errors = |modal: &Value| {
            let mut problems = Problems::default();
            check_modal(modal, "data/", &mut problems);
            problems.finish().err().and_then(|e| e.errors)
        };
        assert_eq!(errors(&modal), None);
        let mut long = modal.clone();
        long["title"] = json!("t".repeat(46));
        assert!(errors(&long).is_some_and(|e| e.pointer("/data/title/_errors").is_some()));
        let mut broad = modal.clone();
        broad["components"][0]["components"][0]["label"] = json!("l".repeat(46));
        assert!(
            errors(&broad)
                .is_some_and(|e| { e.pointer("/data/components/0/components/0/label/_errors").is_some() })
        );
        let mut empty = modal;
        empty["components"] = json!([]);
        assert!(errors(&empty).is_some());
    }
}
