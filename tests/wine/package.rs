//! The package, made of the program that the other chapters run.

use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use crate::machine;

/// Has `package/windows.py` make the package of a program.
fn package(exe: &Path, out: &Path) -> Output {
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("package/windows.py");
    Command::new("python3")
        .arg(script)
        .arg("--exe")
        .arg(exe)
        .arg("--out")
        .arg(out)
        .output()
        .expect("python3 starts")
}

/// A program that starts only where the C compiler of Microsoft has put its own library.
fn needs_a_runtime(folder: &Path) -> PathBuf {
    let at = |name: &str| folder.join(name).display().to_string();
    let runs = |program: &str, arguments: &[&str]| {
        let ended = Command::new(program).args(arguments).output().expect("it starts");
        assert!(ended.status.success(), "{program}: {ended:?}");
    };
    std::fs::write(at("runtime.def"), "LIBRARY VCRUNTIME140.dll\nEXPORTS\n_purecall\n").expect("writes");
    std::fs::write(at("main.c"), "void _purecall(void); void start(void) { _purecall(); }\n")
        .expect("writes");
    runs("x86_64-w64-mingw32-dlltool", &["-d", &at("runtime.def"), "-l", &at("libruntime.a")]);
    let exe = at("needs.exe");
    let library = at("libruntime.a");
    runs(machine::LINKER, &["-nostdlib", "-Wl,--entry=start", "-o", &exe, &at("main.c"), &library]);
    exe.into()
}

#[test]
fn the_package_holds_a_program_that_a_bare_windows_starts_and_refuses_any_other() {
    if machine::windows().is_none() {
        return;
    }
    let folder = tempfile::tempdir().expect("a folder");
    let exe = machine::agent_of("dev", machine::TARGET);
    let made = package(&exe, folder.path());
    assert!(made.status.success(), "{made:?}");
    let refused = package(&needs_a_runtime(folder.path()), folder.path());
    let says = String::from_utf8_lossy(&refused.stderr).into_owned();
    assert!(!refused.status.success() && says.contains("vcruntime140.dll"), "{refused:?}");
}
