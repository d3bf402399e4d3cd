//! The agent's own unit tests, as a Windows program: what only Windows has is compiled nowhere else.

use std::path::Path;

use crate::machine::{self, put};

/// Wine keeps no access lists: this one is for a real Windows (the workflow runs it there).
const NEEDS_LISTS: &str = "an_operators_folder_is_new_and_nobody_else_can_change_what_is_in_it";

#[test]
fn the_agents_own_tests_pass_as_a_windows_program() {
    let Some(windows) = machine::windows() else { return };
    let place = format!(r"{}\tests.exe", windows.folder("own"));
    put(&machine::tests(), &windows.unix(&place));
    let here = Path::new(env!("CARGO_MANIFEST_DIR")).display().to_string();
    let ended =
        windows.run(&place, &["agent::", "--skip", NEEDS_LISTS], &[("CARGO_MANIFEST_DIR", here.as_str())]);
    assert_eq!(ended.code, Some(0), "{}\n{}", ended.out, ended.err);
    for only_there in ["windows::process::", "windows::surroundings::", "windows::source::"] {
        let passed = |line: &&str| {
            line.starts_with("test agent::") && line.contains(only_there) && line.ends_with(" ok")
        };
        assert!(ended.out.lines().any(|line| passed(&line)), "{only_there}: {}", ended.out);
    }
}
