//! Stands in for `powershell.exe` under Wine, whose own is an empty stub.
//!
//! It answers as the catalogue's scripts answer when they can't work: one JSON object that says why.

fn main() -> std::process::ExitCode {
    println!(
        r#"{{"ok":false,"code":"stand-in","message":"the stand-in for PowerShell was given nothing to say"}}"#
    );
    std::process::ExitCode::FAILURE
}
