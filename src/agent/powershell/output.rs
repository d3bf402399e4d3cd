//! Reads what a script printed: exactly one JSON object with `"ok"`, and nothing beside it. Names and addresses in
//! what is shown of anything else are masked. Pure.

use serde_json::{Map, Value};

use super::ScriptError;
use crate::agent::eventlog::clean::cut;
use crate::redact::redact;

/// The most bytes a script may print.
pub const MAX_BYTES: usize = 64 * 1024;

/// What PowerShell says when a script asks for something and nobody may be asked, and what the sign-in
/// libraries say when they may not show a window.
///
/// Source: PowerShell's host messages; event 906 in Microsoft's support articles.
const PROMPTS: &[&str] = &[
    "powershell is in noninteractive mode",
    "read and prompt functionality is not available",
    "missing mandatory parameters",
    "when the application is not running in userinteractive mode",
    "supply values for the following parameters",
];

/// Reads a script's output. `exit` is how the process ended if not with success: an exit code alone proves
/// nothing, but one that contradicts the printed success is not believed.
///
/// # Errors
/// [`ScriptError::NeedsAPerson`], [`ScriptError::NotAllowed`], [`ScriptError::NotJson`], [`ScriptError::Reported`] or [`ScriptError::Contradiction`].
pub fn read(stdout: &[u8], stderr: &[u8], exit: Option<String>) -> Result<Map<String, Value>, ScriptError> {
    let bytes = stdout.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(stdout);
    let Ok(Value::Object(object)) = serde_json::from_slice(bytes) else {
        return Err(match asks(stdout).or_else(|| asks(stderr)) {
            Some(prompt) => ScriptError::NeedsAPerson(prompt),
            None if not_allowed(stderr) => ScriptError::NotAllowed(first_lines(b"", stderr)),
            None => ScriptError::NotJson(first_lines(stdout, stderr)),
        });
    };
    match (object.get("ok"), exit) {
        (Some(Value::Bool(true)), None) => Ok(object),
        (Some(Value::Bool(true)), Some(exit)) => Err(ScriptError::Contradiction(exit)),
        (Some(Value::Bool(false)), _) => Err(reported(&object)),
        _ => Err(ScriptError::NotJson("the object does not say \"ok\"".into())),
    }
}

/// The line in which something asks for a person, if one does.
pub fn asks(output: &[u8]) -> Option<String> {
    let text = String::from_utf8_lossy(output);
    let asks = |line: &&str| {
        let lower = line.to_ascii_lowercase();
        PROMPTS.iter().any(|prompt| lower.contains(prompt))
    };
    text.lines().find(asks).map(|line| cut(&redact(line.trim()), 200).0)
}

/// Whether PowerShell says that the execution policy forbids the script. In every language: the error's id has none.
///
/// Source: about_Execution_Policies; the id is that of a script that is not signed, or that may not run at all.
fn not_allowed(stderr: &[u8]) -> bool {
    let text = String::from_utf8_lossy(stderr);
    let mut ids = text.lines().filter_map(|line| line.split_once("FullyQualifiedErrorId")?.1.split_once(':'));
    ids.any(|(_, id)| id.trim() == "UnauthorizedAccess")
}

fn reported(object: &Map<String, Value>) -> ScriptError {
    let text = |key: &str| object.get(key).and_then(Value::as_str);
    let is_code = |code: &&str| {
        (1..=40).contains(&code.len()) && code.chars().all(|c| c.is_ascii_lowercase() || c == '-')
    };
    let message = cut(&redact(text("message").unwrap_or("the command gave no message")), 1000).0;
    match text("code").filter(is_code).unwrap_or("script-failed") {
        "needs-a-person" => ScriptError::NeedsAPerson(message),
        _ if asks(message.as_bytes()).is_some() => ScriptError::NeedsAPerson(message),
        code => ScriptError::Reported { code: code.to_owned(), message },
    }
}

/// The first lines of what was printed, of the error stream where nothing was printed.
fn first_lines(stdout: &[u8], stderr: &[u8]) -> String {
    let shown = if stdout.trim_ascii().is_empty() { stderr } else { stdout };
    let text = String::from_utf8_lossy(shown);
    let lines: Vec<&str> = text.lines().map(str::trim).filter(|line| !line.is_empty()).take(3).collect();
    match lines.as_slice() {
        [] => "it printed nothing".into(),
        lines => cut(&redact(&lines.join(" / ")), 400).0.replace(|c: char| c.is_control(), " "),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn code(stdout: &str, stderr: &str) -> String {
        read(stdout.as_bytes(), stderr.as_bytes(), None).expect_err("no success").code().to_owned()
    }

    #[test]
    fn one_object_that_says_ok_is_success_with_or_without_a_byte_order_mark() {
        for text in ["{\"ok\":true,\"flag\":true}\r\n", "\u{feff}{\"ok\":true,\"flag\":true}"] {
            assert_eq!(read(text.as_bytes(), b"", None).expect("success")["flag"], true);
        }
    }

    #[test]
    fn anything_but_one_object_is_an_error_with_its_first_lines() {
        for text in
            ["", "ok", "[1]", "{\"ok\":true}\n{\"ok\":true}", "WARNING: x\n{\"ok\":true}", "{}", "{\"ok\":1}"]
        {
            assert_eq!(code(text, ""), "output-not-json", "{text:?}");
        }
        let error = read(b"", b"boom\nat line 1\n", None).expect_err("no success");
        assert!(error.to_string().ends_with("boom / at line 1"), "{error}");
    }

    #[test]
    fn what_is_shown_of_an_output_that_is_no_object_is_masked() {
        let error = read(b"", b"no answer from dc01.corp.contoso.com for jane@contoso.com\n", None);
        let shown = error.expect_err("no success").to_string();
        assert!(!shown.contains("dc01") && !shown.contains("jane"), "{shown}");
        let error =
            read(br#"{"ok":false,"code":"cmdlet-failed","message":"as jane@contoso.com"}"#, b"", None);
        assert!(!error.expect_err("no success").to_string().contains("jane"));
    }

    #[test]
    fn a_script_that_the_execution_policy_forbids_says_so_in_any_language() {
        let german = "Die Datei \"C:\\ProgramData\\run.ps1\" kann nicht geladen werden.\r\n    + CategoryInfo          : \
                      Sicherheitsfehler: (:) [], ParentContainsErrorRecordException\r\n    + FullyQualifiedErrorId : \
                      UnauthorizedAccess\r\n";
        assert_eq!(code("", german), "execution-policy");
        assert_eq!(
            code("", "x\n    + FullyQualifiedErrorId : UnauthorizedAccessException,Get-It"),
            "output-not-json"
        );
    }

    #[test]
    fn an_error_record_is_an_error_whatever_the_exit_code() {
        assert_eq!(code(r#"{"ok":false,"code":"state-moved","message":"m"}"#, ""), "state-moved");
        assert_eq!(code(r#"{"ok":false,"code":"Bad Code!"}"#, ""), "script-failed");
        let contradiction = read(b"{\"ok\":true}", b"", Some("exit code 1".into()));
        assert_eq!(contradiction.expect_err("no success").code(), "exit-code");
    }

    #[test]
    fn a_question_that_nobody_may_answer_needs_a_person() {
        let prompt =
            "Windows PowerShell is in NonInteractive mode. Read and Prompt functionality is not available.";
        assert_eq!(code("", prompt), "needs-a-person");
        assert_eq!(code(r#"{"ok":false,"code":"needs-a-person","message":"m"}"#, ""), "needs-a-person");
        let reported = format!(r#"{{"ok":false,"code":"cmdlet-failed","message":"{prompt}"}}"#);
        assert_eq!(code(&reported, ""), "needs-a-person");
    }
}
