//! Every script in the repository.

use std::path::{Path, PathBuf};

use syncmedic::catalog;

use crate::checker::{commands, faults};
use crate::site::shells;

/// All files of PowerShell's kinds, wherever they lie, but not what builds and tools leave behind.
fn scripts() -> Vec<PathBuf> {
    let mut found = Vec::new();
    let mut folders = vec![PathBuf::from(env!("CARGO_MANIFEST_DIR"))];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(&folder).expect("reads").map(|entry| entry.expect("reads")) {
            let (path, name) = (entry.path(), entry.file_name().to_string_lossy().to_ascii_lowercase());
            if entry.file_type().expect("has one").is_dir() {
                if !name.starts_with('.') && name != "target" && name != "node_modules" {
                    folders.push(path);
                }
            } else if [".ps1", ".psm1", ".psd1"].iter().any(|kind| name.ends_with(kind)) {
                found.push(path);
            }
        }
    }
    found
}

#[test]
fn every_script_is_what_windows_powershell_5_1_reads() {
    let scripts = scripts();
    for known in ["commands/read-state/run.ps1", "tests/powershell/ADSync/ADSync.psm1"] {
        let known = Path::new(env!("CARGO_MANIFEST_DIR")).join(known);
        assert!(scripts.contains(&known), "{} was not found", known.display());
    }
    for path in scripts {
        let script = std::fs::read(&path).expect("reads");
        assert_eq!(faults(&script), Vec::<String>::new(), "{}", path.display());
    }
}

/// A cmdlet that only complains and goes on would leave the script with half an answer.
#[test]
fn every_cmdlet_of_microsofts_module_ends_at_its_first_error() {
    for command in catalog::commands() {
        let script = String::from_utf8(command.script.to_vec()).expect("UTF-8");
        let calls: Vec<String> =
            commands(&script).into_iter().filter(|call| call.contains("-ADSync")).collect();
        assert!(calls.iter().any(|call| call.starts_with("Get-ADSyncScheduler ")), "{calls:?}");
        for call in calls {
            let (name, rest) = call.split_once(' ').unwrap_or((&call, ""));
            if name == "Get-Command" || !name.contains("-ADSync") {
                continue;
            }
            // What is splatted holds it: the table is made with it.
            let splatted =
                rest.split(['@', ' ', ')']).find(|word| script.contains(&format!("${word} = @{{")));
            let table = splatted.filter(|_| rest.starts_with('@'));
            let by_table = table.is_some_and(|table| {
                let made = script.split_once(&format!("${table} = @{{")).expect("is made").1;
                made.split_once('}').is_some_and(|(table, _)| table.contains("ErrorAction = 'Stop'"))
            });
            assert!(by_table || rest.contains("-ErrorAction Stop"), "{}: {call}", command.id);
        }
    }
}

#[test]
fn powershells_own_parser_finds_no_fault_in_any_script() {
    // What it finds goes to its output, and nothing else does.
    let look = "param([string] $List) foreach ($path in (Get-Content -LiteralPath $List -Encoding UTF8)) { \
                $tokens = $null; $errors = $null; \
                $null = [System.Management.Automation.Language.Parser]::ParseFile($path, [ref] $tokens, [ref] $errors); \
                foreach ($one in $errors) { \"${path}: $($one.Message)\" } }";
    let folder = tempfile::tempdir().expect("a folder");
    let (script, list) = (folder.path().join("look.ps1"), folder.path().join("list.txt"));
    let paths: Vec<String> = scripts().iter().map(|path| path.display().to_string()).collect();
    std::fs::write(&script, look).expect("writes");
    std::fs::write(&list, paths.join("\n")).expect("writes");
    for shell in shells() {
        let mut command = std::process::Command::new(&shell.program);
        command.args(["-NoLogo", "-NoProfile", "-NonInteractive", "-File"]).arg(&script).arg(&list);
        let output = command.output().expect("starts");
        let found = String::from_utf8_lossy(&output.stdout);
        assert!(output.status.success() && found.trim().is_empty(), "{}: {found}", shell.name);
    }
}
