//! Holds requests against Discord's own description of its API, where `DISCORD_OPENAPI` names the file.
//!
//! Source of the file: github discord/discord-api-spec. It is an oracle independent of the local Discord's own
//! rules; what it does not know (message length 2000, the embeds' sum) those rules add.

use std::collections::HashMap;
use std::sync::LazyLock;

use jsonschema::Validator;
use serde_json::{Value, json};
use syncmedic::demo::discord::Recorded;

static SPEC: LazyLock<Option<Value>> = LazyLock::new(|| {
    let path = std::env::var_os("DISCORD_OPENAPI").filter(|path| !path.is_empty())?;
    let text = std::fs::read_to_string(&path).expect("DISCORD_OPENAPI can be read");
    let mut spec: Value = serde_json::from_str(&text).expect("DISCORD_OPENAPI is JSON");
    relax(&mut spec);
    Some(spec)
});

/// Numbers may be sent as digits in text: ids and permission bits are. So text can be two of "one of" (a nonce is
/// a number or a text), and any of them will do.
fn relax(schema: &mut Value) {
    match schema {
        Value::Object(object) => {
            if let Some(choices) = object.remove("oneOf") {
                object.insert("anyOf".into(), choices);
            }
            if object.get("type") == Some(&json!("integer")) {
                object.insert("type".into(), json!(["integer", "string"]));
            }
            object.values_mut().for_each(relax);
        }
        Value::Array(items) => items.iter_mut().for_each(relax),
        _ => {}
    }
}

/// What in these requests Discord's description does not allow; empty also where it is not there.
pub(crate) fn violations(requests: &[Recorded]) -> Vec<String> {
    let Some(spec) = &*SPEC else { return Vec::new() };
    let mut validators: HashMap<String, Option<Validator>> = HashMap::new();
    let mut wrong = Vec::new();
    for request in requests.iter().filter(|request| request.status.is_some_and(|status| status < 300)) {
        let Some(template) = template(spec, &request.path) else {
            wrong.push(format!("{} {}: Discord has no such path", request.method, request.path));
            continue;
        };
        if request.body.is_null() {
            continue;
        }
        let key = format!("{} {template}", request.method);
        let validator = validators
            .entry(key.clone())
            .or_insert_with(|| validator(spec, &template, &request.method.to_ascii_lowercase()));
        match validator {
            None => wrong.push(format!("{key}: takes no body")),
            Some(validator) if !validator.is_valid(&request.body) => {
                let errors: Vec<String> = validator
                    .iter_errors(&request.body)
                    .take(3)
                    .map(|error| format!("{} at {}", error, error.instance_path()))
                    .collect();
                wrong.push(format!("{key}: {errors:?} in {}", request.body));
            }
            Some(_) => {}
        }
    }
    wrong
}

/// The described path that a request's path fits.
fn template(spec: &Value, path: &str) -> Option<String> {
    let pieces: Vec<&str> = path.trim_matches('/').split('/').collect();
    let fits = |template: &&String| {
        let wanted: Vec<&str> = template.trim_matches('/').split('/').collect();
        let same = |(want, is): (&&str, &&str)| want.starts_with('{') || want == is;
        wanted.len() == pieces.len() && wanted.iter().zip(&pieces).all(same)
    };
    let paths = spec["paths"].as_object()?;
    // A literal path (`@original`) is the better fit than a placeholder.
    paths.keys().filter(fits).min_by_key(|template| template.matches('{').count()).cloned()
}

fn validator(spec: &Value, template: &str, method: &str) -> Option<Validator> {
    let pointer = template.replace('~', "~0").replace('/', "~1");
    let at = format!("/paths/{pointer}/{method}/requestBody/content/application~1json/schema");
    spec.pointer(&at)?;
    let reference = format!("#{}", at.replace('{', "%7B").replace('}', "%7D"));
    let schema = json!({
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "components": spec["components"],
        "paths": spec["paths"],
        "$ref": reference,
    });
    Some(jsonschema::draft202012::new(&schema).expect("the description is a schema"))
}
