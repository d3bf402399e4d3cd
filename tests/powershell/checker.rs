//! Says what in a script Windows PowerShell 5.1 would not read, or would read otherwise. By the grammar, and by the
//! few things that the grammar takes and 5.1 does not.

use tree_sitter::{Node, Parser, Tree};

/// Parameters that came after 5.1, wherever they are used.
const NEWER_PARAMETERS: &[&str] = &[
    "-asarray",
    "-asbytestream",
    "-ashashtable",
    "-enumsasstrings",
    "-leafbase",
    "-nonewlineatend",
    "-parallel",
    "-skipcertificatecheck",
    "-throttlelimit",
];

/// Commands that came after 5.1.
const NEWER_COMMANDS: &[&str] = &[
    "clean",
    "convertfrom-markdown",
    "convertto-clixml",
    "get-error",
    "get-uptime",
    "join-string",
    "remove-alias",
    "remove-service",
    "show-markdown",
    "test-json",
];

/// Variables that 5.1 does not have: null, and an error in strict mode.
const NEWER_VARIABLES: &[&str] =
    &["$enabledexperimentalfeatures", "$iscoreclr", "$islinux", "$ismacos", "$iswindows", "$psstyle"];

/// Attributes that came after 5.1.
const NEWER_ATTRIBUTES: &[&str] = &["experimental", "validatenotnullorwhitespace", "validateuserdrive"];

/// What is wrong with a script, each with its line; nothing if 5.1 reads it as it is meant.
pub(crate) fn faults(script: &[u8]) -> Vec<String> {
    let marked = script.strip_prefix(b"\xEF\xBB\xBF");
    let Ok(text) = std::str::from_utf8(marked.unwrap_or(script)) else {
        return vec!["it is not UTF-8".into()];
    };
    let mut faults = Vec::new();
    if marked.is_none() {
        let foreign = text.lines().enumerate().filter(|(_, line)| !line.is_ascii());
        faults.extend(foreign.map(|(at, _)| {
            format!("{}: not ASCII, which 5.1 reads as ANSI without a byte order mark", at + 1)
        }));
    }
    look(parse(text).root_node(), text, &mut faults);
    faults
}

/// Every command that a script calls, as it is written there.
pub(crate) fn commands(script: &str) -> Vec<String> {
    fn gather(node: Node<'_>, script: &str, found: &mut Vec<String>) {
        if node.kind() == "command" {
            found.extend(node.utf8_text(script.as_bytes()).map(str::to_owned));
        }
        for child in (0..node.child_count()).filter_map(|at| node.child(at)) {
            gather(child, script, found);
        }
    }
    let mut found = Vec::new();
    gather(parse(script).root_node(), script, &mut found);
    found
}

fn parse(script: &str) -> Tree {
    let mut parser = Parser::new();
    parser.set_language(&tree_sitter_powershell::LANGUAGE.into()).expect("the grammar fits the parser");
    parser.parse(script, None).expect("no deadline and no language is missing")
}

fn look(node: Node<'_>, text: &str, faults: &mut Vec<String>) {
    let written = node.utf8_text(text.as_bytes()).unwrap_or_default();
    let lower = written.to_ascii_lowercase();
    let mut fault = |what: &str| {
        let first = written.lines().next().unwrap_or_default();
        faults.push(format!("{}: {what}: {first}", node.start_position().row + 1));
    };
    if node.is_missing() {
        fault("something is missing");
    }
    match node.kind() {
        "ERROR" => fault("not read by the grammar"),
        "pipeline_chain_tail" => fault("a pipeline chain"),
        "background_operator" => fault("a background job"),
        "command_parameter" if NEWER_PARAMETERS.contains(&lower.as_str()) => fault("a newer parameter"),
        "command_name" if NEWER_COMMANDS.contains(&lower.as_str()) => fault("a newer command"),
        // The grammar takes `1u`, `0b1` for the name of a command; 5.1 has no such numbers.
        "command_name" if lower.starts_with(|c: char| c.is_ascii_digit()) => fault("a newer number"),
        "generic_token" if lower.starts_with("utf8") && lower != "utf8" => fault("a newer encoding"),
        "variable" if NEWER_VARIABLES.contains(&lower.as_str()) => fault("a newer variable"),
        "attribute_name" if NEWER_ATTRIBUTES.contains(&lower.as_str()) => fault("a newer attribute"),
        "expandable_string_literal" | "expandable_here_string_literal"
            if lower.contains("`u{") || lower.contains("`e") =>
        {
            fault("a newer escape")
        }
        "comment" if needs_newer(&lower) => fault("a newer PowerShell is required"),
        _ => {}
    }
    for child in (0..node.child_count()).filter_map(|at| node.child(at)) {
        look(child, text, faults);
    }
}

/// Whether a `#Requires` line asks for something that is not Windows PowerShell 5.1.
fn needs_newer(comment: &str) -> bool {
    let Some(requires) = comment.strip_prefix("#requires") else { return false };
    let words: Vec<&str> = requires.split_whitespace().collect();
    words.windows(2).any(|pair| match pair {
        ["-version", version] => !["3", "4", "5", "5.0", "5.1"].contains(version),
        ["-psedition", edition] => *edition != "desktop",
        _ => false,
    })
}

mod tests {
    use super::faults;

    fn refused(script: &str) -> String {
        let faults = faults(script.as_bytes());
        assert!(!faults.is_empty(), "{script:?} was let through");
        faults.join("; ")
    }

    #[test]
    fn what_5_1_reads_is_let_through() {
        for script in [
            "$a = if ($b) { 1 } else { 2 }\n",
            "Get-Thing | Where-Object { $_.Name -eq 'x' } | ForEach-Object { $_ }\n",
            "#Requires -Version 5.1\nparam([Parameter(Mandatory = $true)] [string] $A)\n$A\n",
            "\"{0}`n\" -f 'x' # a question? or two??\n",
            "Get-Content -Path x -Encoding utf8 2>&1 3> $null\n",
            "try { throw 'x' } catch { $_ } finally { 1 }\n",
            "'a ? b : c && d || e ?? f'\n",
        ] {
            assert_eq!(faults(script.as_bytes()), Vec::<String>::new(), "{script:?}");
        }
        assert_eq!(faults("\u{feff}'\u{e4}'\n".as_bytes()), Vec::<String>::new());
    }

    #[test]
    fn what_only_powershell_7_reads_is_refused() {
        for (script, why) in [
            ("$a = $b ? 1 : 2\n", "not read"),
            ("$a = $b ?? 1\n", "not read"),
            ("$a ??= 1\n", "not read"),
            ("${a}?.Length\n", "not read"),
            ("$a?.Length\n", "not read"),
            ("${a}?[0]\n", "not read"),
            ("Get-Thing && Remove-Thing\n", "pipeline chain"),
            ("Get-Thing || exit 1\n", "pipeline chain"),
            ("1..3 | ForEach-Object -Parallel { $_ }\n", "newer parameter"),
            ("function Get-It { process { 1 } clean { 2 } }\n", ""),
            ("function Get-It { clean { 2 } }\n", "newer command"),
            ("if ($IsWindows) { 1 }\n", "newer variable"),
            ("if ($isLinux) { 1 }\n", "newer variable"),
            ("Get-Thing &\n", "background job"),
            ("\"`u{e4}\"\n", "newer escape"),
            ("\"`e[0m\"\n", "newer escape"),
            ("$a = 0b11\n", ""),
            ("ConvertFrom-Json -AsHashtable\n", "newer parameter"),
            ("Set-Content -Path x -Encoding utf8NoBOM\n", "newer encoding"),
            ("'{}' | Test-Json\n", "newer command"),
            ("#Requires -Version 7.0\n", "newer PowerShell"),
            ("#Requires -PSEdition Core\n", "newer PowerShell"),
        ] {
            let faults = refused(script);
            assert!(faults.contains(why), "{script:?}: {faults}");
        }
    }

    #[test]
    fn a_script_that_does_not_parse_is_refused_with_its_line() {
        assert!(refused("Get-Thing\nif ($a) {\n").contains(':'));
        assert!(refused("Get-Thing\n)\n").starts_with("2: "));
        refused("$a = @(1, 2\n");
        refused("'an open text\n");
    }

    #[test]
    fn letters_that_5_1_would_garble_are_refused() {
        assert_eq!(
            refused("# fine\n'\u{e4}'\n"),
            "2: not ASCII, which 5.1 reads as ANSI without a byte order mark"
        );
        // A dash of word processors, which PowerShell takes for a hyphen, and 5.1 for three letters.
        refused("Get-Thing \u{2013}Name x\n");
        assert_eq!(faults(b"'\xE4'\n"), ["it is not UTF-8"]);
    }
}
