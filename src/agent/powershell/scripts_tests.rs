//! The scripts of the catalogue, held to what can be told from their text: nothing that Windows PowerShell 5.1
//! does not read, nothing that runs text, every argument validated.

use crate::catalog::{ENABLE_FOREST_CHANNEL, ENABLE_PASSWORD_SYNC, READ_STATE, commands};

fn scripts() -> impl Iterator<Item = (String, String)> {
    commands().iter().map(|c| (c.id.to_string(), String::from_utf8(c.script.to_vec()).expect("UTF-8")))
}

/// The lines of a script without comments.
fn code(script: &str) -> String {
    let lines = script.lines().map(|line| if line.trim_start().starts_with('#') { "" } else { line });
    lines.collect::<Vec<_>>().join("\n")
}

#[test]
fn no_script_runs_text_or_loosens_the_execution_policy() {
    for (id, script) in scripts() {
        let lower = code(&script).to_ascii_lowercase();
        for banned in [
            "invoke-expression",
            "iex ",
            "invoke-command",
            "start-process",
            "add-type",
            "set-executionpolicy",
            "downloadstring",
            "invoke-webrequest",
            "[scriptblock]::create",
            "frombase64string",
            "read-host",
        ] {
            assert!(!lower.contains(banned), "{id} contains {banned}");
        }
    }
}

/// Whether Windows PowerShell 5.1 reads them is told by their grammar, in `tests/powershell`.
#[test]
fn every_script_is_strict_and_lets_out_nothing_but_its_answer() {
    for (id, script) in scripts() {
        let code = code(&script);
        assert!(script.is_ascii(), "{id}: without a byte order mark 5.1 reads ANSI");
        let (before, rest) = code.split_once("\n$null = & {\n").expect("a scope of its own");
        let (scope, after) =
            rest.split_once("\n} 3> $null 4> $null 5> $null 6> $null\n").expect("closed streams");
        assert!(scope.contains("    Set-StrictMode -Version 2.0\n"), "{id}");
        assert!(scope.contains("    $ErrorActionPreference = 'Stop'\n"), "{id}");
        assert!(!scope.contains("\n}"), "{id}: the scope ends once");
        let after = after.lines().filter(|line| !line.is_empty() && !line.contains("$late"));
        assert_eq!(after.collect::<Vec<_>>(), ["Write-Json $answer", "exit 0"], "{id}");
        // Microsoft's module would see what is set outside.
        assert!(!before.contains("StrictMode") && !before.contains("$ErrorActionPreference"), "{id}");
        assert!(!code.to_ascii_lowercase().contains("lastexitcode"), "{id}: exit codes prove nothing");
    }
}

/// Whether it asks a person on some builds is not known: what hangs there must cost no other value.
#[test]
fn the_cloud_flag_is_read_last_and_bounded_by_itself() {
    let (_, script) = scripts().find(|(id, _)| id == READ_STATE).expect("in the catalogue");
    let code = code(&script);
    let asked = code.find("AddCommand('Get-ADSyncAADCompanyFeature')").expect("is asked");
    assert!(code[asked..].contains("WaitOne(20000)") && code[asked..].contains("[Environment]::Exit(0)"));
    for other in
        ["Get-ADSyncScheduler", "Get-ADSyncConnector ", "Get-ADSyncPartition", "Get-ADSyncGlobalSettings"]
    {
        assert!(code.find(other).expect("is read") < asked, "{other}");
    }
    assert_eq!(code.matches("Get-ADSyncAADCompanyFeature").count(), 2, "asked once, looked up once");
}

/// Each script is one file with one digest, so they can't share a file.
#[test]
fn the_two_scripts_that_change_something_share_their_helpers_word_for_word() {
    let helpers = |id: &str| {
        let (_, script) = scripts().find(|(script, _)| script == id).expect("in the catalogue");
        let start = script.find("$answer = @{ ok = $false").expect("begins");
        let end = script.find("    # Whether an error says that a person is needed.").expect("goes on");
        let rest = &script[end..];
        script[start..end + rest.find("\n    }\n").expect("ends")].to_owned()
    };
    assert_eq!(helpers(ENABLE_PASSWORD_SYNC), helpers(ENABLE_FOREST_CHANNEL));
}

/// The published snippet has a space after the dot, which passes the connector object instead of its name, and
/// takes any ECMA2 connector for the Entra one.
#[test]
fn the_defects_of_the_published_snippet_are_not_in_ours() {
    for (id, script) in scripts() {
        let code = code(&script);
        for (at, _) in code.match_indices(". ") {
            let before =
                code[..at].rsplit(|c: char| c.is_whitespace() || c == '(').next().unwrap_or_default();
            assert!(!before.starts_with('$'), "{id}: a space after the dot of {before}");
        }
        assert!(
            !code.contains("'Extensible2'") || code.contains("Windows Azure Active Directory (Microsoft)"),
            "{id}"
        );
    }
}

#[test]
fn every_argument_that_the_agent_gives_is_declared_and_validated() {
    for (id, given) in [
        (
            ENABLE_PASSWORD_SYNC,
            &["ExpectedStaging", "EntraConnector", "ExpectedCloudFlag", "Attended", "AADUsername"][..],
        ),
        (ENABLE_FOREST_CHANNEL, &["ExpectedStaging", "EntraConnector", "ExpectedChannel", "Connector"][..]),
    ] {
        let (_, script) = scripts().find(|(script, _)| script == id).expect("in the catalogue");
        let parameters = script.split_once("param(").expect("has one").1.split_once("\n)\n").expect("ends").0;
        let declared: Vec<&str> = parameters.split("[string] $").skip(1).collect();
        assert_eq!(declared.len(), given.len(), "{id}");
        for name in given {
            let end = |d: &&&str| d.split([',', '\n']).next() == Some(*name);
            assert!(declared.iter().find(end).is_some(), "{id} declares {name}");
        }
        assert_eq!(parameters.matches("[Validate").count(), given.len(), "{id}");
    }
}

#[test]
fn each_script_prints_through_one_door() {
    for (id, script) in scripts() {
        let code = code(&script);
        assert_eq!(code.matches("ConvertTo-Json").count(), 1, "{id}");
        for other in ["Write-Host", "Write-Output", "Write-Warning", "Out-Host"] {
            assert!(!code.contains(other), "{id} contains {other}");
        }
    }
}
