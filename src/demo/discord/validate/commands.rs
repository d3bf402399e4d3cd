//! Limits of application commands and of autocomplete choices (interactions/application-commands.mdx).

use std::collections::BTreeSet;

use serde_json::Value;
use twilight_model::application::command::Command;

use super::{given, length, list, number, required_text, text};
use crate::demo::discord::error::Problems;

/// Characters of name, description and option texts of one command together.
const SUM: usize = 8000;

/// Checks one command.
pub(crate) fn check(command: &Value, path: &str, problems: &mut Problems) {
    let at = |field: &str| join(path, field);
    let kind = number(&command["type"], &at("type"), 1..=3, problems).unwrap_or(1);
    let mut sum = 0;
    if kind == 1 {
        check_name(&command["name"], &at("name"), problems);
        sum += required_text(&command["description"], &at("description"), 100, problems).map_or(0, length);
        check_localizations(
            &command["description_localizations"],
            &at("description_localizations"),
            problems,
        );
        sum += check_options(&command["options"], &at("options"), 0, problems);
    } else {
        required_text(&command["name"], &at("name"), 32, problems);
        if command["description"].as_str().is_some_and(|d| !d.is_empty()) {
            problems.add(
                &at("description"),
                "APPLICATION_COMMAND_DESCRIPTION_NOT_ALLOWED",
                "Context menu commands cannot have description",
            );
        }
        if command["options"].as_array().is_some_and(|o| !o.is_empty()) {
            problems.add(
                &at("options"),
                "APPLICATION_COMMAND_OPTIONS_NOT_ALLOWED",
                "Context menu commands cannot have options",
            );
        }
    }
    sum += command["name"].as_str().map_or(0, length);
    if sum > SUM {
        problems.add(
            path,
            "APPLICATION_COMMAND_TOO_LARGE",
            format_args!("Command exceeds maximum size ({SUM})"),
        );
    }
    if given(&command["default_member_permissions"])
        && command["default_member_permissions"].as_str().is_none_or(|p| p.parse::<u64>().is_err())
    {
        problems.add(
            &at("default_member_permissions"),
            "PERMISSIONS_TYPE_INVALID",
            "Must be a string of digits",
        );
    }
    if problems.is_empty() {
        second_opinion(command, path, problems);
    }
}

/// Checks a whole scope: kinds are counted apart, names are unique within a kind.
pub(crate) fn check_all(commands: &[Value], problems: &mut Problems) {
    let mut names = BTreeSet::new();
    let mut counts = [0_usize; 4];
    for (n, command) in commands.iter().enumerate() {
        check(command, &n.to_string(), problems);
        let kind = kind_of(command);
        counts[usize::try_from(kind).unwrap_or(0).min(3)] += 1;
        if !names.insert((kind, command["name"].as_str())) {
            problems.add(
                &format!("{n}/name"),
                "APPLICATION_COMMANDS_DUPLICATE_NAME",
                "Application command names must be unique",
            );
        }
    }
    for (kind, most) in [(1, 100), (2, 15), (3, 15)] {
        if counts[kind] > most {
            problems.add(
                "",
                "APPLICATION_COMMANDS_MAX",
                format_args!("Maximum number of application commands reached ({most})"),
            );
        }
    }
}

/// A command's type: 1 slash, 2 user, 3 message.
pub(crate) fn kind_of(command: &Value) -> u64 {
    command["type"].as_u64().unwrap_or(1)
}

fn join(path: &str, field: &str) -> String {
    if path.is_empty() { field.to_owned() } else { format!("{path}/{field}") }
}

/// `^[-_'\p{L}\p{N}\p{sc=Deva}\p{sc=Thai}]{1,32}$`, lower case where the script has one.
fn check_name(value: &Value, path: &str, problems: &mut Problems) -> usize {
    let Some(name) = required_text(value, path, 32, problems) else { return 0 };
    let allowed = |c: char| c.is_alphanumeric() || "-_'".contains(c);
    if !name.chars().all(allowed) || name.to_lowercase() != name {
        problems.add(path, "APPLICATION_COMMAND_INVALID_NAME", "Command name is invalid");
    }
    length(name)
}

/// Discord's locales (discord-api-docs, `reference.mdx`, "Locales").
const LOCALES: [&str; 32] = [
    "id", "da", "de", "en-GB", "en-US", "es-ES", "es-419", "fr", "hr", "it", "lt", "hu", "nl", "no", "pl",
    "pt-BR", "ro", "fi", "sv-SE", "vi", "tr", "cs", "el", "bg", "ru", "uk", "hi", "th", "zh-CN", "ja",
    "zh-TW", "ko",
];

/// Checks descriptions by locale: of locales that there are, each a description.
fn check_localizations(value: &Value, path: &str, problems: &mut Problems) {
    for (locale, text) in value.as_object().into_iter().flatten() {
        let path = join(path, locale);
        if !LOCALES.contains(&locale.as_str()) {
            problems.add(&path, "BASE_TYPE_CHOICES", "Value must be one of Discord's locales");
        }
        required_text(text, &path, 100, problems);
    }
}

/// Checks options below a command (`depth` 0), a group or a subcommand; answers their characters.
fn check_options(value: &Value, path: &str, depth: u8, problems: &mut Problems) -> usize {
    let options = list(value, path, 25, problems);
    let mut names = BTreeSet::new();
    let mut optional_seen = false;
    let mut sum = 0;
    for (n, option) in options.iter().enumerate() {
        let at = |field: &str| format!("{path}/{n}/{field}");
        sum += check_name(&option["name"], &at("name"), problems);
        sum += required_text(&option["description"], &at("description"), 100, problems).map_or(0, length);
        check_localizations(&option["description_localizations"], &at("description_localizations"), problems);
        if !names.insert(option["name"].as_str()) {
            problems.add(
                &at("name"),
                "APPLICATION_COMMAND_OPTIONS_NAME_ALREADY_EXISTS",
                "Option names must be unique",
            );
        }
        let required = option["required"] == true;
        match option["type"].as_u64() {
            Some(1) if depth < 2 => sum += check_options(&option["options"], &at("options"), 2, problems),
            Some(2) if depth == 0 => sum += check_options(&option["options"], &at("options"), 1, problems),
            Some(3..=11) if depth != 1 => {
                sum += check_value(option, &format!("{path}/{n}"), problems);
                if required && optional_seen {
                    problems.add(
                        path,
                        "APPLICATION_COMMAND_OPTIONS_REQUIRED_INVALID",
                        "Required options must be placed before non-required options",
                    );
                }
                optional_seen |= !required;
            }
            _ => problems.add(
                &at("type"),
                "APPLICATION_COMMAND_OPTIONS_TYPE_INVALID",
                "Sub-command and sub-command group option types are mutually exclusive to all other types",
            ),
        }
    }
    let nested = |o: &Value| matches!(o["type"].as_u64(), Some(1 | 2));
    if options.iter().any(nested) && !options.iter().all(nested) {
        problems.add(
            path,
            "APPLICATION_COMMAND_OPTIONS_TYPE_INVALID",
            "Sub-command and sub-command group option types are mutually exclusive to all other types",
        );
    }
    sum
}

fn check_value(option: &Value, path: &str, problems: &mut Problems) -> usize {
    let at = |field: &str| format!("{path}/{field}");
    let choices = list(&option["choices"], &at("choices"), 25, problems);
    if option["autocomplete"] == true && !choices.is_empty() {
        problems.add(
            &at("autocomplete"),
            "APPLICATION_COMMAND_OPTIONS_CHOICES_AND_AUTOCOMPLETE",
            "Autocomplete and choices cannot both be given",
        );
    }
    if option["autocomplete"] == true && !matches!(option["type"].as_u64(), Some(3 | 4 | 10)) {
        problems.add(
            &at("autocomplete"),
            "BASE_TYPE_BAD",
            "Only string, integer and number options autocomplete",
        );
    }
    number(&option["min_length"], &at("min_length"), 0..=6000, problems);
    number(&option["max_length"], &at("max_length"), 1..=6000, problems);
    check_choices_at(choices, &at("choices"), problems)
}

/// Checks the choices of an autocomplete answer.
pub(crate) fn check_choices(value: &Value, path: &str, problems: &mut Problems) -> Vec<Value> {
    let choices = list(value, path, 25, problems);
    check_choices_at(choices, path, problems);
    choices.to_vec()
}

fn check_choices_at(choices: &[Value], path: &str, problems: &mut Problems) -> usize {
    let mut sum = 0;
    for (n, choice) in choices.iter().enumerate() {
        let at = |field: &str| format!("{path}/{n}/{field}");
        sum += required_text(&choice["name"], &at("name"), 100, problems).map_or(0, length);
        let value = &choice["value"];
        if value.is_string() {
            sum += text(value, &at("value"), 100, problems).map_or(0, length);
        } else if !value.is_number() {
            problems.required(&at("value"));
        }
    }
    sum
}

fn second_opinion(command: &Value, path: &str, problems: &mut Problems) {
    let mut whole = command.clone();
    if let Some(map) = whole.as_object_mut() {
        map.retain(|_, value| !value.is_null());
        // Twilight's model is that of a registered command, which has these.
        map.insert("version".to_owned(), Value::from("1"));
        for (field, default) in [
            ("default_member_permissions", Value::Null),
            ("description", Value::from("")),
            ("type", Value::from(1)),
            ("options", Value::from(Vec::<Value>::new())),
        ] {
            map.entry(field).or_insert(default);
        }
    }
    let verdict = match serde_json::from_value::<Command>(whole) {
        Ok(command) => twilight_validate::command::command(&command).map_err(|e| e.to_string()),
        Err(error) => Err(error.to_string()),
    };
    if let Err(why) = verdict {
        problems.add(path, "BASE_TYPE_BAD", why);
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn errors(commands: &[Value]) -> Option<Value> {
        let mut problems = Problems::default();
        check_all(commands, &mut problems);
        problems.finish().err().and_then(|e| e.errors)
    }

    fn command() -> Value {
        json!({ "name": "signin", "description": "Why can't people sign in?", "options": [
            { "type": 3, "name": "problem", "description": "What they say", "required": true },
            { "type": 3, "name": "server", "description": "One server", "autocomplete": true },
        ] })
    }

    #[test]
    fn a_good_command_passes() {
        let nested = json!({ "name": "sync", "description": "Sync servers", "options": [
            { "type": 1, "name": "history", "description": "Chart", "options": [
                { "type": 4, "name": "hours", "description": "How far back", "min_value": 1, "max_value": 72 },
            ] },
        ], "default_member_permissions": null });
        let menu = json!({ "name": "Diagnose sign-in", "type": 3 });
        // As serenity's builders write them, with all their empty fields.
        let noisy = json!({ "name": "noisy", "description": "d", "contexts": [0], "integration_types": [0],
            "nsfw": false, "name_localizations": {}, "options": [{ "type": 3, "name": "a", "description": "d",
            "required": false, "choices": [], "options": [], "channel_types": [], "min_value": null,
            "max_value": null, "autocomplete": false, "name_localizations": { "de": "x" } }] });
        assert_eq!(errors(&[command(), nested, menu, noisy]), None);
    }

    #[test]
    fn descriptions_in_other_languages_are_of_locales_that_there_are_and_within_the_limit() {
        let mut good = command();
        good["description_localizations"] = json!({ "de": "Warum?" });
        assert_eq!(errors(&[good.clone()]), None);
        for (locale, text) in [("en", "x".to_owned()), ("de", String::new()), ("de", "x".repeat(101))] {
            let mut bad = good.clone();
            bad["options"][0]["description_localizations"] = json!({ locale: text });
            let path = format!("/0/options/0/description_localizations/{locale}/_errors");
            assert!(errors(&[bad]).is_some_and(|e| e.pointer(&path).is_some()), "{locale}");
        }
    }

    #[test]
    fn names_are_lower_case_without_spaces() {
        for name in ["Bad", "two words", "", &"n".repeat(33)] {
            let mut bad = command();
            bad["name"] = json!(name);
            assert!(errors(&[bad]).is_some_and(|e| e.pointer("/0/name/_errors").is_some()), "{name:?}");
        }
    }

    #[test]
    fn required_options_come_first_and_autocomplete_excludes_choices() {
        let mut late = command();
        late["options"][0]["required"] = json!(false);
        late["options"][1]["required"] = json!(true);
        assert!(errors(&[late]).is_some_and(|e| e.pointer("/0/options/_errors").is_some()));
        let mut both = command();
        both["options"][1]["choices"] = json!([{ "name": "a", "value": "a" }]);
        assert!(errors(&[both]).is_some_and(|e| e.pointer("/0/options/1/autocomplete/_errors").is_some()));
    }

    #[test]
    fn names_are_unique_and_descriptions_limited() {
        assert!(errors(&[command(), command()]).is_some_and(|e| e.pointer("/1/name").is_some()));
        let mut long = command();
        long["description"] = json!("d".repeat(101));
        assert!(errors(&[long]).is_some_and(|e| e.pointer("/0/description/_errors").is_some()));
    }

    #[test]
    fn autocomplete_answers_at_most_25_choices() {
        let choices: Vec<Value> = (0..26).map(|n| json!({ "name": n.to_string(), "value": n })).collect();
        let mut problems = Problems::default();
        check_choices(&json!(choices), "data/choices", &mut problems);
        assert!(!problems.is_empty());
    }
}
