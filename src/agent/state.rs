//! Reads what `read-state` printed. Pure.
//!
//! Whatever is missing, null or of the wrong kind is unknown, and a gap says why: the script's own reason
//! where it gave one.

use jiff::Timestamp;
use serde_json::{Map, Value};

use crate::agent::eventlog::clean::cut;
use crate::ids::ConnectorId;
use crate::redact::redact;
use crate::report::{Connector, ConnectorKind, Gap, State};

/// The most connectors that are read. A server has a handful.
const MAX_CONNECTORS: usize = 100;

/// Reads the object that `read-state` printed, read at `read_at` by the server's clock.
pub fn parse(object: &Map<String, Value>, read_at: Timestamp) -> (State, Vec<Gap>) {
    let mut reader = Reader { object, gaps: Vec::new() };
    let state = State {
        read_at,
        cloud_flag: reader.flag("cloud_flag"),
        staging: reader.flag("staging"),
        cycle_running: reader.flag("cycle_running"),
        scheduler_suspended: reader.flag("scheduler_suspended"),
        wizard_open: reader.flag("wizard_open"),
        sign_in_method: reader.read("sign_in_method", |value| {
            let text = value.as_str()?;
            let plain = !text.is_empty() && text.len() <= 60 && text.chars().all(|c| c.is_ascii_graphic());
            plain.then(|| text.to_owned())
        }),
        connectors: reader.connectors(),
    };
    reader.other_reasons();
    (state, reader.gaps)
}

struct Reader<'a> {
    object: &'a Map<String, Value>,
    gaps: Vec<Gap>,
}

impl Reader<'_> {
    fn read<T>(&mut self, what: &str, read: impl FnOnce(&Value) -> Option<T>) -> Option<T> {
        let value = self.object.get(what).unwrap_or(&Value::Null);
        let found = if value.is_null() { None } else { read(value) };
        if found.is_none() {
            let why = match self.reason(what) {
                Some(why) => why,
                None if value.is_null() => "read-state did not say".into(),
                None => "read-state gave something else than was expected".into(),
            };
            self.gaps.push(Gap { what: what.to_owned(), why });
        }
        found
    }

    fn flag(&mut self, what: &str) -> Option<bool> {
        self.read(what, Value::as_bool)
    }

    /// The script's own reason why something is unknown. A cmdlet's message may name people and hosts.
    fn reason(&self, what: &str) -> Option<String> {
        let reasons = self.object.get("unknown")?.as_array()?;
        let reason =
            reasons.iter().find(|reason| reason.get("what").and_then(Value::as_str) == Some(what))?;
        let why = reason.get("why")?.as_str()?;
        Some(cut(&redact(why.trim()), 300).0)
    }

    /// What else the script could not read, such as the scheduler as a whole.
    fn other_reasons(&mut self) {
        let reasons = self.object.get("unknown").and_then(Value::as_array);
        let names = reasons.into_iter().flatten().filter_map(|reason| reason.get("what")?.as_str());
        for what in names.take(MAX_CONNECTORS) {
            if let (false, Some(why)) = (self.gaps.iter().any(|gap| gap.what == what), self.reason(what)) {
                self.gaps.push(Gap { what: cut(what, 80).0, why });
            }
        }
    }

    fn connectors(&mut self) -> Option<Vec<Connector>> {
        let connectors = self.read("connectors", |value| {
            let items = value.as_array().filter(|items| items.len() <= MAX_CONNECTORS)?;
            // One connector that can't be read makes the list unknown: "exactly one" must be able to count.
            items.iter().map(connector).collect::<Option<Vec<Connector>>>()
        })?;
        for forest in connectors.iter().filter(|c| c.kind == ConnectorKind::Ad && c.channel.is_none()) {
            let what = format!("channel {}", forest.id);
            let why = self.reason(&what).unwrap_or_else(|| "read-state did not say".into());
            self.gaps.push(Gap { what, why });
        }
        Some(connectors)
    }
}

fn connector(value: &Value) -> Option<Connector> {
    let id: ConnectorId = value.get("id")?.as_str()?.parse().ok()?;
    let name = cut(value.get("name")?.as_str()?, 256).0;
    let kind = match value.get("kind")?.as_str()? {
        "ad" => ConnectorKind::Ad,
        "entra" => ConnectorKind::Entra,
        _ => ConnectorKind::Other,
    };
    let time = |key: &str| value.get(key)?.as_str()?.parse::<Timestamp>().ok();
    let of_a_forest = kind == ConnectorKind::Ad;
    Some(Connector {
        id,
        name,
        kind,
        channel: value.get("channel").and_then(Value::as_bool).filter(|_| of_a_forest),
        last_cycle: time("last_cycle").filter(|_| of_a_forest),
        last_success: time("last_success").filter(|_| of_a_forest),
    })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn read(value: Value) -> (State, Vec<Gap>) {
        let Value::Object(object) = value else { panic!("an object") };
        parse(&object, Timestamp::UNIX_EPOCH)
    }

    #[test]
    fn a_whole_state_is_read_whole() {
        let (state, gaps) = read(json!({
            "ok": true, "cloud_flag": false, "staging": false, "cycle_running": true, "scheduler_suspended": false,
            "wizard_open": false, "sign_in_method": "PasswordHashSync",
            "connectors": [
                {"id": "B891884F-051E-4A83-95AF-2544101C9083", "name": "contoso - AAD", "kind": "entra"},
                {"id": "6b1b1a3e-0000-4000-8000-000000000001", "name": "corp", "kind": "ad", "channel": true,
                 "last_cycle": "2026-11-22T02:00:00Z", "last_success": "2026-11-22T01:58:00.0000000Z"},
                {"id": "6b1b1a3e-0000-4000-8000-000000000002", "name": "HR", "kind": "other", "channel": true}],
            "unknown": [],
        }));
        assert_eq!(gaps, []);
        assert_eq!((state.cloud_flag, state.cycle_running), (Some(false), Some(true)));
        let connectors = state.connectors.expect("known");
        assert_eq!(connectors[0].id.as_str(), crate::report::ENTRA_CONNECTOR);
        assert_eq!(connectors[1].last_success, "2026-11-22T01:58:00Z".parse().ok());
        assert_eq!(connectors[2].channel, None);
    }

    #[test]
    fn what_is_missing_null_or_odd_is_unknown_with_the_reason() {
        let (state, gaps) = read(json!({
            "ok": true, "cloud_flag": null, "staging": "False", "connectors": [{"id": "?"}],
            "unknown": [{"what": "cloud_flag", "why": "asked jane@contoso.com\n"}, 7, {"what": "scheduler", "why": "x"}],
        }));
        assert_eq!((state.cloud_flag, state.staging, state.connectors), (None, None, None));
        let why = |what: &str| gaps.iter().find(|g| g.what == what).map(|g| g.why.as_str());
        assert_eq!(why("cloud_flag"), Some("asked <address>"));
        assert_eq!(why("staging"), Some("read-state gave something else than was expected"));
        assert_eq!(why("wizard_open"), Some("read-state did not say"));
        assert_eq!(why("scheduler"), Some("x"));
        assert_eq!(gaps.len(), 8);
    }

    #[test]
    fn a_forest_whose_channel_is_unknown_is_a_gap() {
        let id = "6b1b1a3e-0000-4000-8000-000000000001";
        let (state, gaps) = read(json!({
            "connectors": [{"id": id, "name": "corp", "kind": "ad", "channel": null}],
            "unknown": [{"what": format!("channel {id}"), "why": "denied"}],
        }));
        assert_eq!(state.connectors.expect("known")[0].channel, None);
        assert!(gaps.contains(&Gap { what: format!("channel {id}"), why: "denied".into() }));
    }
}
