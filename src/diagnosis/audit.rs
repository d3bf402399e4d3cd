//! Who last switched password sync, from the audit events of Entra Connect.
//!
//! Source: Microsoft, "Audit administrator events": 2506 (password hash sync) and 2513 (sign-in method), 2606
//! and 2613 in later documentation. The text is JSON with ActionType, AuditEventType, Name, Status, Timestamp,
//! User and Details; what a build leaves out or writes differently is unknown, never guessed.

use std::sync::LazyLock;

use regex::Regex;
use serde_json::Value;

use super::answer::AdminAction;
use super::signature::regex;
use crate::report::{Event, Report};
use crate::words;

/// Every recorded action on password sync or on the sign-in method, newest first.
pub(super) fn actions(report: &Report) -> Vec<AdminAction> {
    let mut events: Vec<&Event> = report.events.iter().filter(|event| acts(event)).collect();
    events.sort_by_key(|event| std::cmp::Reverse((event.at, event.record)));
    events.into_iter().map(action).collect()
}

/// Whether the newest action that took effect switched password sync off, or may have.
pub(super) fn deliberate(actions: &[AdminAction]) -> bool {
    let effective = actions.iter().find(|action| action.succeeded != Some(false));
    effective.is_some_and(|action| action.switched_on != Some(true))
}

fn acts(event: &Event) -> bool {
    matches!(event.id, 2506 | 2606 | 2513 | 2613) && event.counts()
}

impl AdminAction {
    /// What is not known to have failed may have worked, and what is not known to switch off may have switched on.
    pub(super) fn may_have_switched_on(&self) -> bool {
        self.succeeded != Some(false) && self.switched_on != Some(false)
    }
}

/// Whether an event is an administrator's action of any kind. Source: the same; 2503 to 2526, later 2603 to 2626, and whatever
/// the product's next builds add.
pub(super) fn is_action_id(id: u32) -> bool {
    matches!(id, 2500..=2699)
}

/// Whether an event is an administrator's action in the sync product; where no provider is told, by the names of its fields.
pub(super) fn is_action(event: &Event) -> bool {
    let is_named = || event.text.contains("AuditEventType") || event.text.contains("ActionType");
    is_action_id(event.id) && event.counts() && (event.provider.is_some() || is_named())
}

/// Whether an event is an action that did not plainly fail, and none whose direction is told.
pub(super) fn is_change(event: &Event) -> bool {
    is_action(event) && !acts(event) && may_have_worked(event)
}

/// Whether an action is not known to have failed.
pub(super) fn may_have_worked(event: &Event) -> bool {
    action(event).succeeded != Some(false)
}

/// Whether an event is an action that may have switched password sync on.
pub(super) fn may_have_switched_on(event: &Event) -> bool {
    acts(event) && action(event).may_have_switched_on()
}

fn action(event: &Event) -> AdminAction {
    let of_method = matches!(event.id, 2513 | 2613);
    let json = event.text.find('{').zip(event.text.rfind('}'));
    let json = json.and_then(|(start, end)| event.text.get(start..=end));
    let json: Option<Value> = json.and_then(|text| serde_json::from_str(text).ok());
    let field = |name: &str| json.as_ref().and_then(|json| field(json, name));
    let details =
        field("Details").unwrap_or_else(|| if json.is_some() { String::new() } else { event.text.clone() });
    // What was cut, and settings of which nothing is known, leave open what it did.
    let is_whole = json.is_some() || !event.text.contains('{') && !event.text.trim_end().ends_with("...");
    let is_clear = is_whole && !json.as_ref().is_some_and(names_other_settings);
    // The name "Enable/Disable PHS Sync" says nothing of the direction; the action and the details do.
    let switched_on = match of_method {
        _ if !is_clear => None,
        true => method_is_hash_sync(&details),
        false if is_unclear(&details) => None,
        false => {
            let of_action = field("ActionType").as_deref().and_then(direction);
            match (direction(&details), of_action) {
                (Some(one), Some(other)) => (one == other).then_some(one),
                // What the details say both ways, the action's one word does not settle.
                (None, other) => other.filter(|on| *on || !says_on(&details)),
                (one, None) => one,
            }
            .filter(|on| *on || is_plainly_off(&details))
        }
    };
    let what = match (of_method, switched_on) {
        (false, Some(true)) => words!("act-on"),
        (false, Some(false)) => words!("act-off"),
        (false, None) => words!("act-switched"),
        (true, Some(true)) => words!("act-method-hash"),
        (true, Some(false)) => words!("act-method-other"),
        (true, None) => words!("act-method"),
    };
    AdminAction {
        event: event.id,
        record: event.record,
        what,
        switched_on,
        succeeded: field("Status").and_then(|status| succeeded(&status)),
        at: event.at,
        who: field("User").map(|user| user.trim().to_owned()).filter(|user| !user.is_empty()),
    }
}

/// A field by its name in any case; what is not a text is written as JSON.
fn field(json: &Value, name: &str) -> Option<String> {
    let (_, value) = json.as_object()?.iter().find(|(key, _)| key.eq_ignore_ascii_case(name))?;
    match value {
        Value::Null => None,
        Value::String(text) => Some(text.clone()),
        other => Some(other.to_string()),
    }
}

fn words(text: &str) -> Vec<String> {
    let split = text.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty());
    split.map(str::to_ascii_lowercase).collect()
}

/// The words that tell the new value, where the text tells old and new apart by its form: `old -> new`, "from … to …", fields
/// that are called so. `None` if it doesn't.
fn new_value(text: &str) -> Option<Vec<String>> {
    let all = words(&text.replace("->", " new "));
    let has_from = all.iter().any(|word| word == "from");
    let marks = |word: &String| {
        (word == "to" && has_from) || (word.starts_with("new") && word.len() <= "newsetting".len())
    };
    let start = all.iter().rposition(marks)? + 1;
    let old = |word: &String| word.starts_with("old") || word.starts_with("previous") || word == "from";
    let end = all[start..].iter().position(old).map_or(all.len(), |at| start + at);
    Some(all[start..end].to_vec())
}

/// "No longer disabled", "disabled: false" and a number say neither.
fn is_unclear(text: &str) -> bool {
    let said = words(text);
    let any = |these: &[&str]| said.iter().any(|word| these.contains(&word.as_str()));
    any(&["no", "not", "longer", "never", "without", "0", "1"])
        || any(&["disable", "disabled"]) && any(&["false", "off"])
}

/// Whether an action has fields of its own beside those that are documented, which name password sync.
fn names_other_settings(json: &Value) -> bool {
    const KNOWN: [&str; 8] =
        ["ActionType", "AuditEventType", "Category", "Name", "Status", "Timestamp", "User", "Details"];
    let is_known = |name: &String| KNOWN.iter().any(|known| known.eq_ignore_ascii_case(name));
    json.as_object().is_some_and(|fields| {
        fields.iter().filter(|(name, _)| !is_known(name)).any(|(name, value)| {
            let said = format!("{name}{value}").to_ascii_lowercase();
            said.contains("password") || said.contains("phs")
        })
    })
}

/// Whether details say of password sync alone that it is off, or name it and nothing else, so that the action tells.
fn is_plainly_off(details: &str) -> bool {
    static OFF: LazyLock<Option<Regex>> = LazyLock::new(|| {
        let name = r"(?:enable/disable\s+)?(?:phs|password\s*hash\s*sync(?:hroni[sz]ation)?)(?:\s*sync)?(?:\s+(?:feature|setting|state))?";
        let (on, off) = (r"(?:enabled|true|on|yes|active)", r"(?:disabled?|false|off)");
        let (old, new) = (
            format!(r"(?:old|previous)\s*(?:value)?\s*[:=]\s*{on}"),
            format!(r"new\s*(?:value|setting)?\s*[:=]\s*{off}"),
        );
        let change = format!(
            r"(?:from\s+)?{on}\s*(?:->|→|=>|to)\s*{off}|{old}\s*[,;.]?\s*{new}|{new}\s*[,;.]?\s*{old}|{off}"
        );
        let link = r"\s*(?:(?:is|was|set\s+to|changed|switched|turned)\b|[:=])?\s*:?\s*";
        regex(&format!(r"(?i)\A\s*(?:{name}|(?:{name}{link})?(?:{change}))?\s*\.?\s*\z")).ok()
    });
    let plain = details.replace(['{', '}', '"', '\''], " ");
    OFF.as_ref().is_some_and(|off| off.is_match(&plain))
}

fn says_on(text: &str) -> bool {
    words(text).iter().any(|word| ["enable", "enabled", "true", "on"].contains(&word.as_str()))
}

/// Where old and new are told apart, the new one, if it can be read; else only a text that says the one and not the other.
fn direction(text: &str) -> Option<bool> {
    let tells = |said: &[String]| {
        let count = |these: &[&str]| said.iter().filter(|word| these.contains(&word.as_str())).count();
        let on = count(&["enable", "enabled", "true", "on"]);
        (on, count(&["disable", "disabled", "false", "off"]))
    };
    let (on, off) = match (tells(&words(text)), new_value(text)) {
        ((1, 1) | (0, _) | (_, 0), Some(new)) => tells(&new),
        (all, _) => all,
    };
    ((on > 0) != (off > 0)).then_some(on > 0)
}

/// Only where the text tells the new method: a list of old and new in one breath is unknown.
fn method_is_hash_sync(text: &str) -> Option<bool> {
    let said = new_value(text).unwrap_or_else(|| words(text)).concat();
    let hash = said.contains("passwordhash") || said.contains("phs");
    let other = ["passthrough", "pta", "federat", "adfs", "donotconfigure", "none"];
    let other = other.iter().any(|method| said.contains(method));
    (hash != other).then_some(hash)
}

/// Only where the status is one word that is known: "0 failed" is none.
fn succeeded(status: &str) -> Option<bool> {
    let said = status.trim().trim_end_matches('.').to_ascii_lowercase();
    match said.as_str() {
        "success" | "succeeded" | "successful" | "completed" => Some(true),
        "fail" | "failed" | "failure" | "error" | "cancelled" | "canceled" | "unsuccessful" => Some(false),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use jiff::Timestamp;

    use super::*;

    fn read(id: u32, text: &str) -> AdminAction {
        action(&Event {
            id,
            provider: Some("Entra Connect Admin Actions".into()),
            level: None,
            record: Some(7),
            at: Timestamp::UNIX_EPOCH,
            connector: None,
            text: text.into(),
        })
    }

    #[test]
    fn the_direction_and_the_person_are_read_from_json() {
        let text = r#"{"ActionType":"Update","AuditEventType":"2506","Name":"Enable/Disable PHS Sync",
            "Status":"Success","User":"CONTOSO\\p***","Details":"PasswordHashSync: Enabled -> Disabled"}"#;
        let off = read(2506, text);
        assert_eq!((off.switched_on, off.succeeded), (Some(false), Some(true)));
        assert_eq!(off.who.as_deref(), Some("CONTOSO\\p***"));
        assert!(deliberate(&[off]));
        let on = read(2606, r#"{"actiontype":"Enable","Details":{},"Status":"Success","User":""}"#);
        assert_eq!((on.switched_on, on.who.clone()), (Some(true), None));
        assert!(!deliberate(&[on]));
        let values = read(2606, r#"{"Details":{"OldValue":"True","NewValue":"False"}}"#);
        assert_eq!(values.switched_on, Some(false));
    }

    #[test]
    fn what_the_text_does_not_tell_is_unknown_and_may_have_been_deliberate() {
        for text in [
            "",
            "{",
            r#"{"Name":"Enable/Disable PHS Sync"}"#,
            "Enable or disable",
            r#"{"Details":{"OldValue":"False","NewValue":"1"}}"#,
            r#"{"Details":{"OldValue":"Disabled","NewValue":"Active"}}"#,
            r#"{"Details":"PHS no longer disabled"}"#,
            r#"{"Details":"Disable: False"}"#,
            r#"{"Details":"PHS was disabled, is 1 now"}"#,
        ] {
            let action = read(2506, text);
            assert_eq!(action.switched_on, None, "{text}");
            assert!(deliberate(&[action]));
        }
    }

    #[test]
    fn what_says_on_and_off_in_one_breath_may_have_switched_on() {
        for details in [
            "Enabled password hash sync as backup to federation; staging off",
            "PHS enabled, fallback to PTA disabled",
            "PasswordHashSync turned on (previous sign-in to PTA off)",
        ] {
            let text = format!(r#"{{"ActionType":"Update","Status":"Success","Details":"{details}"}}"#);
            assert!(read(2506, &text).may_have_switched_on(), "{details}");
        }
        let text = r#"{"ActionType":"Disable","Details":"PHS enabled; staging off"}"#;
        assert!(read(2506, text).may_have_switched_on());
        for details in ["from enabled to disabled", "Old: True; New: False", "disabled"] {
            let text = format!(r#"{{"Status":"Success","Details":"{details}"}}"#);
            assert!(!read(2506, &text).may_have_switched_on(), "{details}");
        }
    }

    #[test]
    fn the_new_sign_in_method_counts_and_a_failed_action_does_not() {
        let to = |old: &str, new: &str| {
            read(2513, &format!(r#"{{"Details":"Old: {old}, New: {new}","Status":"Success"}}"#)).switched_on
        };
        assert_eq!(to("PasswordHashSync", "PassThroughAuthentication"), Some(false));
        assert_eq!(to("Federation", "Password Hash Synchronization"), Some(true));
        let failed = read(2506, r#"{"ActionType":"Disable","Status":"Failure"}"#);
        assert!(!deliberate(std::slice::from_ref(&failed)));
        let before = read(2506, r#"{"ActionType":"Disable","Status":"Success"}"#);
        assert!(deliberate(&[failed, before]));
    }
}
