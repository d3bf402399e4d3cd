//! The commands that people see, from one table.

use serde_json::{Value, json};

use crate::words;
use crate::words::{Language, Text};

/// `/signin`.
pub const SIGNIN: &str = "signin";
/// `/sync status`.
pub const SYNC_STATUS: &str = "sync status";
/// `/sync server`.
pub const SYNC_SERVER: &str = "sync server";
/// `/sync history`.
pub const SYNC_HISTORY: &str = "sync history";
/// `/sync summary`.
pub const SYNC_SUMMARY: &str = "sync summary";
/// `/audit recent`.
pub const AUDIT_RECENT: &str = "audit recent";
/// The command on somebody's message.
pub const DIAGNOSE: &str = "Diagnose sign-in";

/// The longest history, in hours.
pub const MOST_HOURS: i64 = crate::report::COUNTED_HOURS;

/// An option of a command.
struct Opt {
    name: &'static str,
    says: fn() -> Text,
    required: bool,
    kind: OptKind,
}

enum OptKind {
    /// Free text of so many characters.
    Text(u16),
    /// A file.
    File,
    /// A server, with suggestions.
    Server,
    /// A whole number between.
    Number(i64, i64),
}

const PROBLEM: Opt =
    Opt { name: "problem", says: || words!("option-problem"), required: false, kind: OptKind::Text(1000) };

const FILE: Opt = Opt { name: "file", says: || words!("option-file"), required: false, kind: OptKind::File };

const fn server(name: &'static str, required: bool) -> Opt {
    Opt { name, says: || words!("option-server"), required, kind: OptKind::Server }
}

const HOURS: Opt = Opt {
    name: "hours",
    says: || words!("option-hours"),
    required: false,
    kind: OptKind::Number(1, MOST_HOURS),
};

/// A description, in every language.
type Says = fn() -> Text;

/// Name (with subcommand), description, options.
const SLASH: &[(&str, Says, &[Opt])] = &[
    (SIGNIN, || words!("command-signin"), &[PROBLEM, FILE, server("server", false)]),
    (SYNC_STATUS, || words!("command-sync-status"), &[]),
    (SYNC_SERVER, || words!("command-sync-server"), &[server("name", true)]),
    (SYNC_HISTORY, || words!("command-sync-history"), &[server("server", true), HOURS]),
    (SYNC_SUMMARY, || words!("command-sync-summary"), &[]),
    (AUDIT_RECENT, || words!("command-audit-recent"), &[]),
];

/// What the commands with subcommands are about.
const GROUPS: &[(&str, Says)] = &[("sync", || words!("command-sync")), ("audit", || words!("command-audit"))];

/// Every command as Discord's JSON, to be registered in the guild.
pub fn all() -> Vec<Value> {
    let mut commands: Vec<Value> = Vec::new();
    for (name, says, options) in SLASH {
        let options: Vec<Value> = options.iter().map(option).collect();
        let Some((group, sub)) = name.split_once(' ') else {
            commands.push(described(json!({"type": 1, "name": name, "options": options}), says()));
            continue;
        };
        let sub = described(json!({"type": 1, "name": sub, "options": options}), says());
        match commands.iter_mut().find(|command| command["name"] == group) {
            Some(command) => {
                if let Some(subs) = command["options"].as_array_mut() {
                    subs.push(sub);
                }
            }
            None => {
                let about = GROUPS.iter().find(|(name, _)| name == &group);
                let about = about.map_or_else(Text::default, |(_, about)| about());
                commands.push(described(json!({"type": 1, "name": group, "options": [sub]}), about));
            }
        }
    }
    commands.push(json!({"type": 3, "name": DIAGNOSE}));
    commands
}

/// A command or an option with its description in every language. Names stay English: people tell each other what to type.
fn described(mut json: Value, says: Text) -> Value {
    json["description"] = says.to_string().into();
    let others = Language::ALL.into_iter().filter(|language| *language != Language::English);
    let others = others.map(|language| (language.code().to_owned(), says.tell(language).into()));
    json["description_localizations"] = Value::Object(others.collect());
    json
}

fn option(option: &Opt) -> Value {
    let mut json = described(json!({"name": option.name, "required": option.required}), (option.says)());
    match option.kind {
        OptKind::Text(most) => {
            json["type"] = 3.into();
            json["max_length"] = most.into();
        }
        OptKind::File => json["type"] = 11.into(),
        OptKind::Server => {
            json["type"] = 3.into();
            json["autocomplete"] = true.into();
        }
        OptKind::Number(least, most) => {
            json["type"] = 4.into();
            json["min_value"] = least.into();
            json["max_value"] = most.into();
        }
    }
    json
}

/// Whether what is registered is what we want. Discord adds fields of its own; those that say what we say by
/// leaving them out don't count. (Registering is limited to 200 creations a day.)
pub fn same(registered: &[Value], wanted: &[Value]) -> bool {
    let mut registered: Vec<Value> = registered.iter().map(essence).collect();
    let mut wanted: Vec<Value> = wanted.iter().map(essence).collect();
    let order = |command: &Value| command.to_string();
    registered.sort_by_key(order);
    wanted.sort_by_key(order);
    registered == wanted
}

fn essence(command: &Value) -> Value {
    let mut out = json!({});
    let keys = [
        "type",
        "name",
        "description",
        "description_localizations",
        "required",
        "autocomplete",
        "min_value",
        "max_value",
        "min_length",
        "max_length",
        "default_member_permissions",
        "choices",
    ];
    for key in keys {
        let value = &command[key];
        let nothing = [Value::Null, json!(false), json!(""), json!([]), json!({})];
        let says_nothing = nothing.contains(value);
        if !says_nothing {
            out[key] = match value.as_f64() {
                Some(number) => number.into(),
                None => value.clone(),
            };
        }
    }
    let options = command["options"].as_array().into_iter().flatten().map(essence);
    out["options"] = options.collect::<Vec<_>>().into();
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_command_is_one_that_discord_takes() {
        let commands = all();
        let names: Vec<&str> = commands.iter().filter_map(|command| command["name"].as_str()).collect();
        assert_eq!(names, ["signin", "sync", "audit", "Diagnose sign-in"]);
        for command in commands {
            let mut command = command;
            // What twilight insists on, and Discord fills in by itself.
            command["version"] = "1".into();
            if command["description"].is_null() {
                command["description"] = "".into();
            }
            if command["options"].is_null() {
                command["options"] = json!([]);
            }
            let read: twilight_model::application::command::Command =
                serde_json::from_value(command.clone()).unwrap_or_else(|error| panic!("{command}: {error}"));
            twilight_validate::command::command(&read).unwrap_or_else(|error| panic!("{command}: {error}"));
        }
    }

    #[test]
    fn what_discord_adds_by_itself_is_no_difference_and_a_changed_word_is() {
        let mut registered = all();
        registered.reverse();
        for command in &mut registered {
            command["id"] = "9".into();
            command["nsfw"] = false.into();
            command["default_member_permissions"] = Value::Null;
        }
        assert!(same(&registered, &all()));
        registered[0]["name"] = "other".into();
        assert!(!same(&registered, &all()));
        assert!(!same(&[], &all()));
    }
}
