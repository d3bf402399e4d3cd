//! A Windows machine as Wine plays it, one for the whole test run, gone when the run ends however it ends.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU32, Ordering};

use crate::programs::{self, Ended, Program};

/// What the Windows programs are built for.
pub(crate) const TARGET: &str = "x86_64-pc-windows-gnu";
/// The target's C compiler, which links.
pub(crate) const LINKER: &str = "x86_64-w64-mingw32-gcc";
/// Its compiler of resources, which comes with it.
const RESOURCES: &str = "x86_64-w64-mingw32-windres";
/// Debian's loader; its `wine` is a script that talks of 32 bit first.
const LOADERS: [&str; 3] = ["/usr/lib/wine/wine64", "wine64", "wine"];

/// The agent's program on the machine.
pub(crate) const AGENT: &str = r"C:\Program Files\Syncmedic\syncmedic-agent.exe";

/// Which of Windows' libraries are ours (`n`), Wine's, or not there at all (empty: nothing is asked or downloaded).
const LIBRARIES: &str = "mscoree,mshtml=;winemenubuilder.exe=;powershell.exe,wevtapi=n";

/// The stand-ins of `tests/windows`, and where Windows has what they stand in for.
const STAND_INS: &[(&str, &str)] =
    &[("powershell.exe", "system32/WindowsPowerShell/v1.0"), ("wevtapi.dll", "system32")];

/// A Windows machine.
pub(crate) struct Windows {
    /// Holds the Wine prefix, the home folder, and what programs printed.
    root: PathBuf,
    loader: String,
    folders: AtomicU32,
    /// Keeps the machine on. Without a program that runs it would go off, and start anew, with its services, for the next.
    awake: Option<Program>,
}

/// The machine of this test run, or `None` if this host can't play one, which is then said.
///
/// # Panics
/// If it can't, and `SYNCMEDIC_REQUIRE` lists `wine`.
pub(crate) fn windows() -> Option<&'static Windows> {
    static MACHINE: OnceLock<Result<Windows, String>> = OnceLock::new();
    match MACHINE.get_or_init(|| Ok(Windows::new(loader()?))) {
        Ok(machine) => Some(machine),
        Err(missing) => {
            let required = std::env::var("SYNCMEDIC_REQUIRE").unwrap_or_default();
            let required = required.split(',').any(|word| word.trim() == "wine");
            assert!(!required, "SYNCMEDIC_REQUIRE asks for wine, but {missing}");
            eprintln!("skipped, since {missing}");
            None
        }
    }
}

/// Wine's loader, if everything else that is needed is here too; else what is missing, with the mend.
fn loader() -> Result<String, String> {
    let runs = |program: &str, arguments: &[&str]| {
        let output = Command::new(program).args(arguments).env("WINEDEBUG", "-all").output();
        output.ok().filter(|output| output.status.success())
    };
    let loader = LOADERS.iter().find(|loader| runs(loader, &["--version"]).is_some());
    let loader = loader.ok_or("wine is not installed (Debian: apt install wine wine64)")?;
    runs(LINKER, &["--version"])
        .ok_or_else(|| format!("{LINKER} is not installed (Debian: apt install gcc-mingw-w64-x86-64)"))?;
    let libraries = runs("rustc", &["--print", "target-libdir", "--target", TARGET]);
    let libraries = libraries.and_then(|output| String::from_utf8(output.stdout).ok()).unwrap_or_default();
    if !Path::new(libraries.trim()).is_dir() {
        return Err(format!("Rust's {TARGET} is not installed (rustup target add {TARGET})"));
    }
    Ok((*loader).to_owned())
}

/// One operator at a time: where what an operator runs is told what to do is one file for the whole machine.
pub(crate) fn operator() -> std::sync::MutexGuard<'static, ()> {
    static TURN: std::sync::Mutex<()> = std::sync::Mutex::new(());
    TURN.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
}

impl Windows {
    fn new(loader: String) -> Windows {
        let built = build();
        let root = tempfile::Builder::new().prefix("syncmedic-wine-").tempdir().expect("a folder").keep();
        let mut machine = Windows { root, loader, folders: AtomicU32::new(0), awake: None };
        for name in ["home", "logs"] {
            std::fs::create_dir(machine.root.join(name)).expect("a folder");
        }
        machine.end_with_this_process();
        let made = machine.run("wineboot.exe", &["--init"], &[]);
        assert_eq!(made.code, Some(0), "Wine makes its prefix: {made:?}");
        // Only once it has gone off does a next program find one service manager, and not a second beside one that ends.
        let off = Command::new("wineserver").arg("-w").envs(machine.env()).status().expect("it is there");
        assert!(off.success(), "the machine that was made goes off");
        let random = machine.system32().join("bcryptprimitives.dll");
        forwarder("bcryptprimitives.def", &random);
        for (file, folder) in STAND_INS {
            put(&built.stand_ins.join(file), &machine.drive_c().join("windows").join(folder).join(file));
        }
        put(&built.agent, &machine.unix(AGENT));
        let idle = r"C:\tests\idle.exe";
        idle_program(&machine.unix(idle), "1.0.0.0");
        machine.awake = Some(machine.start(idle, &[], &[]));
        machine
    }

    /// Starts what tidies up when this process is gone, even if it was killed: its input ends then.
    fn end_with_this_process(&self) {
        let script =
            r#"trap '' INT TERM HUP; cat >/dev/null; "$0" wineboot.exe --kill; wineserver -k; rm -rf "$1""#;
        let mut command = Command::new("sh");
        command.args(["-c", script, &self.loader]).arg(&self.root).envs(self.env());
        command.stdin(Stdio::piped()).stdout(Stdio::null()).stderr(Stdio::null());
        // Its input stays open, and with it the process, as long as this program lives.
        std::mem::forget(command.spawn().expect("sh starts"));
    }

    fn env(&self) -> Vec<(&'static str, String)> {
        vec![
            ("HOME", self.root.join("home").display().to_string()),
            ("WINEPREFIX", self.root.join("prefix").display().to_string()),
            ("WINEARCH", "win64".into()),
            ("WINEDEBUG", "-all".into()),
            ("WINEDLLOVERRIDES", LIBRARIES.into()),
            ("NO_COLOR", "1".into()),
            // What file names on the host are written in.
            ("LC_ALL", "C.UTF-8".into()),
        ]
    }

    /// Drive C, as the host sees it.
    pub(crate) fn drive_c(&self) -> PathBuf {
        self.root.join("prefix/drive_c")
    }

    /// The system's folder, as the host sees it.
    pub(crate) fn system32(&self) -> PathBuf {
        self.drive_c().join("windows/system32")
    }

    /// Where a Windows path on drive C lies on the host.
    pub(crate) fn unix(&self, path: &str) -> PathBuf {
        let inside = path.strip_prefix(r"C:\").expect("a path on drive C");
        self.drive_c().join(inside.replace('\\', "/"))
    }

    /// A new folder on drive C that no other test has, as a Windows path.
    pub(crate) fn folder(&self, name: &str) -> String {
        let path = format!(r"C:\tests\{}-{name}", self.folders.fetch_add(1, Ordering::Relaxed));
        std::fs::create_dir_all(self.unix(&path)).expect("a folder");
        path
    }

    /// Starts a program, named by its Windows path or a name that Windows finds.
    pub(crate) fn start(&self, program: &str, arguments: &[&str], env: &[(&str, &str)]) -> Program {
        let arguments: Vec<&str> = std::iter::once(program).chain(arguments.iter().copied()).collect();
        let own = self.env();
        let env: Vec<(&str, &str)> =
            own.iter().map(|(name, value)| (*name, value.as_str())).chain(env.iter().copied()).collect();
        Program::start(&self.loader, &arguments, &self.root, &env, &self.root.join("logs"))
    }

    /// Runs a program until it ends.
    pub(crate) fn run(&self, program: &str, arguments: &[&str], env: &[(&str, &str)]) -> Ended {
        self.start(program, arguments, env).ended()
    }

    /// Runs the agent's program until it ends.
    pub(crate) fn agent(&self, arguments: &[&str]) -> Ended {
        self.run(AGENT, arguments, &[])
    }
}

struct Built {
    agent: PathBuf,
    stand_ins: PathBuf,
}

/// Builds the agent, exactly as a user does but for the profile, and the stand-ins; what was built before is only looked at.
fn build() -> Built {
    let agent = agent_of("dev", TARGET);
    let target = target().join("stand-ins");
    let manifest = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/windows/Cargo.toml");
    cargo(&manifest, &["--target", TARGET], &target);
    Built { agent, stand_ins: target.join(TARGET).join("debug") }
}

/// Builds the agent alone, in a profile, for a target; the host's if it is empty.
pub(crate) fn agent_of(profile: &str, triple: &str) -> PathBuf {
    let manifest = Path::new(env!("CARGO_MANIFEST_DIR")).join("Cargo.toml");
    let mut arguments = vec!["--no-default-features", "--features", "agent", "--bin", "syncmedic-agent"];
    arguments.extend(["--profile", profile]);
    if !triple.is_empty() {
        arguments.extend(["--target", triple]);
    }
    cargo(&manifest, &arguments, target());
    let folder = if profile == "dev" { "debug" } else { profile };
    let file = if triple.is_empty() { "syncmedic-agent" } else { "syncmedic-agent.exe" };
    target().join(triple).join(folder).join(file)
}

/// Builds the agent's own unit tests for Windows.
pub(crate) fn tests() -> PathBuf {
    let manifest = Path::new(env!("CARGO_MANIFEST_DIR")).join("Cargo.toml");
    let mut arguments = vec!["--no-default-features", "--features", "agent", "--lib", "--target", TARGET];
    arguments.extend(["--no-run", "--message-format", "json"]);
    let said = run_cargo("test", &manifest, &arguments, target());
    let built = said.lines().filter_map(|line| serde_json::from_str::<serde_json::Value>(line).ok());
    let program = built.filter_map(|message| message["executable"].as_str().map(PathBuf::from)).next();
    program.expect("cargo says where they are")
}

/// The target folder that this test was built in.
fn target() -> &'static Path {
    Path::new(programs::AGENT).ancestors().nth(2).expect("the target folder")
}

fn cargo(manifest: &Path, arguments: &[&str], target: &Path) {
    run_cargo("build", manifest, arguments, target);
}

/// What cargo prints, once it is done.
fn run_cargo(what: &str, manifest: &Path, arguments: &[&str], target: &Path) -> String {
    let mut command = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| env!("CARGO").into()));
    command.args([what, "--locked", "--quiet"]).args(arguments);
    command.arg("--manifest-path").arg(manifest).arg("--target-dir").arg(target);
    let built = command.stdin(Stdio::null()).output().expect("cargo starts");
    let said = String::from_utf8_lossy(&built.stderr).into_owned();
    assert!(built.status.success(), "the programs can be built:\n{said}");
    String::from_utf8_lossy(&built.stdout).into_owned()
}

/// Makes a program that does nothing for ever, with a version in its resources.
pub(crate) fn idle_program(place: &Path, version: &str) {
    let folder = tempfile::tempdir().expect("a folder");
    let (resource, object) = (folder.path().join("version.rc"), folder.path().join("version.o"));
    let numbers = version.replace('.', ",");
    let text = format!("1 VERSIONINFO FILEVERSION {numbers} PRODUCTVERSION {numbers} BEGIN END\n");
    std::fs::write(&resource, text).expect("writes");
    let mut compiler = Command::new(RESOURCES);
    compiler.arg(&resource).arg(&object);
    assert!(compiler.status().expect("it starts").success(), "{} is compiled", resource.display());
    std::fs::create_dir_all(place.parent().expect("a folder")).expect("a folder");
    let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/windows/idle.c");
    let mut compiler = Command::new(LINKER);
    compiler.args(["-nostdlib", "-Wl,--entry=start", "-o"]).arg(place).arg(source).arg(&object);
    compiler.arg("-lkernel32");
    assert!(compiler.status().expect("it starts").success(), "{} is made", place.display());
}

/// Makes a library that only forwards to others, as its definition says.
fn forwarder(definition: &str, library: &Path) {
    let definition = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/windows").join(definition);
    let mut linker = Command::new(LINKER);
    linker.args(["-shared", "-nostdlib", "-Wl,--entry=0", "-o"]).arg(library).arg(definition);
    assert!(linker.status().expect("the linker starts").success(), "{} is made", library.display());
}

/// Puts a file in its place, whatever lies there.
pub(crate) fn put(file: &Path, place: &Path) {
    std::fs::create_dir_all(place.parent().expect("a folder")).expect("a folder");
    // Wine's own may be a link.
    let _ = std::fs::remove_file(place);
    std::fs::copy(file, place).unwrap_or_else(|error| panic!("{}: {error}", file.display()));
}
