//! The commands that people see, from one table.

use serde_json::{Value, json};

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
    says: &'static str,
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

const PROBLEM: Opt = Opt {
    name: "problem",
    says: "What people see, in their words: users can't sign in",
    required: false,
    kind: OptKind::Text(1000),
};

const FILE: Opt = Opt {
    name: "file",
    says: "An exported event log, up to 8 MiB: .evtx, XML, JSON, CSV or text",
    required: false,
    kind: OptKind::File,
};

const fn server(name: &'static str, required: bool) -> Opt {
    Opt { name, says: "The sync server", required, kind: OptKind::Server }
}

const HOURS: Opt = Opt {
    name: "hours",
    says: "How many hours back, up to 72 (24 if left out)",
    required: false,
    kind: OptKind::Number(1, MOST_HOURS),
};

/// Name (with subcommand), description, options.
const SLASH: &[(&str, &str, &[Opt])] = &[
    (
        SIGNIN,
        "Why can't users sign in? Asks the sync servers, or reads a log",
        &[PROBLEM, FILE, server("server", false)],
    ),
    (SYNC_STATUS, "All sync servers at a glance", &[]),
    (SYNC_SERVER, "One sync server in full", &[server("name", true)]),
    (SYNC_HISTORY, "A sync server's last hours: heartbeats and errors", &[server("server", true), HOURS]),
    (SYNC_SUMMARY, "Posts the status summary now", &[]),
    (AUDIT_RECENT, "The newest rows of the audit, with its head", &[]),
];

/// What the commands with subcommands are about.
const GROUPS: &[(&str, &str)] = &[("sync", "The sync servers"), ("audit", "The record of what was done")];

/// Every command as Discord's JSON, to be registered in the guild.
pub fn all() -> Vec<Value> {
    let mut commands: Vec<Value> = Vec::new();
    for (name, says, options) in SLASH {
        let options: Vec<Value> = options.iter().map(option).collect();
        let Some((group, sub)) = name.split_once(' ') else {
            commands.push(json!({"type": 1, "name": name, "description": says, "options": options}));
            continue;
        };
        let sub = json!({"type": 1, "name": sub, "description": says, "options": options});
        match commands.iter_mut().find(|command| command["name"] == group) {
            Some(command) => {
                if let Some(subs) = command["options"].as_array_mut() {
                    subs.push(sub);
                }
            }
            None => {
                let about = GROUPS.iter().find(|(name, _)| name == &group).map_or("", |(_, about)| about);
                commands.push(json!({"type": 1, "name": group, "description": about, "options": [sub]}));
            }
        }
    }
    commands.push(json!({"type": 3, "name": DIAGNOSE}));
    commands
}

fn option(option: &Opt) -> Value {
    let mut json = json!({"name": option.name, "description": option.says, "required": option.required});
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
        let says_nothing = value.is_null() || value == &json!(false) || value == "" || value == &json!([]);
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
