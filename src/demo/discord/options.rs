//! The options of a slash command as Discord's client puts them together: only those registered, of the right type,
//! within their bounds, and none that is required left out.

use serde_json::{Map, Value, json};
use serenity::model::id::{ChannelId, UserId};

use super::acts::{ActError, without_null};
use super::state::State;
use super::validate::length;
use super::view;

impl State {
    /// The `data` of a slash command, or of typing in one of its options.
    pub(super) fn command_data(
        &self,
        who: UserId,
        channel: ChannelId,
        name: &str,
        options: &Value,
        focused: Option<&str>,
        complete: bool,
    ) -> Result<Value, ActError> {
        let mut words = name.split(' ');
        let root = words.next().unwrap_or_default();
        let command = self.command_for(who, channel, root, 1)?;
        let path: Vec<&str> = words.collect();
        let options = read_options(&command["options"], &path, options, focused, complete)?;
        self.own_files(who, &options)?;
        Ok(without_null(json!({
            "id": command["id"], "name": root, "type": 1, "guild_id": command["guild_id"],
            "options": options, "resolved": self.resolved(&options),
        })))
    }

    /// A file in an option is one that this person attached.
    fn own_files(&self, who: UserId, options: &[Value]) -> Result<(), ActError> {
        for option in options {
            match option["type"].as_u64() {
                Some(1 | 2) => {
                    self.own_files(who, option["options"].as_array().map(Vec::as_slice).unwrap_or_default())?;
                }
                Some(11) if !self.has_uploaded(who, option["value"].as_str().unwrap_or_default()) => {
                    return Err(ActError::WrongValue(option["name"].as_str().unwrap_or_default().to_owned()));
                }
                _ => {}
            }
        }
        Ok(())
    }

    /// The users, roles, channels and files that options name.
    fn resolved(&self, options: &[Value]) -> Value {
        let mut resolved = json!({});
        for option in options {
            let id = option["value"].as_str().unwrap_or_default();
            let user = || self.users.get(&id.parse().ok()?).map(view::user);
            let found = match option["type"].as_u64() {
                Some(1 | 2) => {
                    let inner = option["options"].as_array().map(Vec::as_slice).unwrap_or_default();
                    view::merge(&mut resolved, self.resolved(inner));
                    continue;
                }
                Some(6) => ("users", user()),
                Some(7) => (
                    "channels",
                    id.parse().ok().and_then(|id| self.channels.get(&id)).map(|c| self.channel_json(c)),
                ),
                Some(8) => (
                    "roles",
                    id.parse()
                        .ok()
                        .and_then(|id| self.guilds.values().find_map(|g| g.roles.get(&id)))
                        .map(view::role),
                ),
                Some(11) => ("attachments", self.uploaded_json(id)),
                _ => continue,
            };
            if let (kind, Some(value)) = found {
                resolved[kind][id] = value;
            }
        }
        resolved
    }
}

/// Options in Discord's form. Below a command with subcommands, `path` names the way down.
fn read_options(
    offered: &Value,
    path: &[&str],
    given: &Value,
    focused: Option<&str>,
    complete: bool,
) -> Result<Vec<Value>, ActError> {
    let offered = offered.as_array().map(Vec::as_slice).unwrap_or_default();
    let find = |name: &str| {
        offered.iter().find(|o| o["name"] == name).ok_or_else(|| ActError::NoOption(name.to_owned()))
    };
    if let Some((next, rest)) = path.split_first() {
        let below = find(next)?;
        let options = read_options(&below["options"], rest, given, focused, complete)?;
        return Ok(vec![json!({ "name": next, "type": below["type"], "options": options })]);
    }
    let mut out = Vec::new();
    match given {
        Value::Null => {}
        Value::Object(values) => {
            for (name, value) in values {
                let focus = focused == Some(name.as_str());
                out.push(read_option(find(name)?, value, focus)?);
            }
        }
        Value::Array(list) => {
            for option in list {
                let offer = find(option["name"].as_str().unwrap_or_default())?;
                if matches!(offer["type"].as_u64(), Some(1 | 2)) {
                    let options =
                        read_options(&offer["options"], &[], &option["options"], focused, complete)?;
                    out.push(json!({ "name": offer["name"], "type": offer["type"], "options": options }));
                } else {
                    out.push(read_option(offer, &option["value"], option["focused"] == true)?);
                }
            }
        }
        _ => return Err(ActError::NoOption(given.to_string())),
    }
    let nested = |o: &Value| matches!(o["type"].as_u64(), Some(1 | 2));
    if offered.iter().any(nested) && out.len() != 1 {
        return Err(ActError::MissingOption("subcommand".to_owned()));
    }
    let missing = |o: &&Value| o["required"] == true && !out.iter().any(|given| given["name"] == o["name"]);
    match offered.iter().find(missing) {
        Some(option) if complete => {
            Err(ActError::MissingOption(option["name"].as_str().unwrap_or_default().to_owned()))
        }
        _ => Ok(out),
    }
}

fn read_option(offer: &Value, value: &Value, focused: bool) -> Result<Value, ActError> {
    let mut option = Map::new();
    option.insert("name".to_owned(), offer["name"].clone());
    option.insert("type".to_owned(), offer["type"].clone());
    option.insert("value".to_owned(), value.clone());
    if focused {
        // What is being typed may be anything yet.
        option.insert("focused".to_owned(), json!(true));
        return Ok(Value::Object(option));
    }
    let within = |low: &str, high: &str, n: f64| {
        offer[low].as_f64().is_none_or(|low| n >= low) && offer[high].as_f64().is_none_or(|high| n <= high)
    };
    let right = match offer["type"].as_u64() {
        Some(3) => value.as_str().is_some_and(|text| {
            let least = offer["min_length"].as_u64().unwrap_or(0);
            let most = offer["max_length"].as_u64().unwrap_or(6000);
            (least..=most).contains(&(length(text) as u64))
        }),
        Some(4) => value.is_i64() && value.as_f64().is_some_and(|n| within("min_value", "max_value", n)),
        Some(5) => value.is_boolean(),
        Some(10) => value.as_f64().is_some_and(|n| within("min_value", "max_value", n)),
        _ => value.as_str().is_some_and(|id| id.parse::<UserId>().is_ok()),
    };
    let choices = offer["choices"].as_array().map(Vec::as_slice).unwrap_or_default();
    let chosen = choices.is_empty() || choices.iter().any(|c| c["value"] == *value);
    if right && chosen {
        Ok(Value::Object(option))
    } else {
        Err(ActError::WrongValue(offer["name"].as_str().unwrap_or_default().to_owned()))
    }
}
