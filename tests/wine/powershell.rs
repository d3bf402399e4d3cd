//! Commands on Windows: a stand-in for PowerShell is run by the real agent, as the real one would be. What it does is
//! said by files in the agent's folder (`tests/windows/powershell`).

use syncmedic::catalog::{ENABLE_PASSWORD_SYNC, READ_STATE};
use syncmedic::link::client::AgentClient;
use syncmedic::link::protocol::{ExecutionAnswer, PlanRequest, Progress, Reason, RunOutcome};
use syncmedic::plan::{Mode, Plan};

use crate::bot::{accepted, finished, ready, wish};
use crate::machine::{self, Windows};
use crate::programs::Ended;
use crate::server::Server;
use crate::waiting::{until, until_async};

/// What `read-state` prints on a server whose cloud flag is off.
const STATE: &str = r#"{"ok":true,"cloud_flag":false,"staging":false,"cycle_running":false,"scheduler_suspended":false,
"wizard_open":false,"sign_in_method":"PasswordHashSync","connectors":[
{"id":"b891884f-051e-4a83-95af-2544101c9083","name":"contoso - AAD","kind":"entra"},
{"id":"6b1b1a3e-0000-4000-8000-000000000001","name":"B\u00fcro","kind":"ad","channel":true}],"unknown":[]}"#;

const DONE: &str = r#"{"ok":true,"cloud_flag_before":false,"cloud_flag":true}"#;

/// What is in the environment of the agent and must not reach a script.
const PREPARED: &[(&str, &str)] = &[
    ("COR_PROFILER", "{11111111-1111-1111-1111-111111111111}"),
    ("PSExecutionPolicyPreference", "Bypass"),
    ("PSModulePath", r"C:\tests\prepared"),
    ("USERNAME", "prepared"),
    ("USERDOMAIN", "prepared"),
    ("SYNCMEDIC_SECRET", "hunter2"),
];

/// A server that allows `enable-password-sync` and whose state can be read.
fn server(windows: &'static Windows, name: &str, build: &str) -> Server {
    let rules = "read_only = false\ncommands = [\"enable-password-sync\"]\nruns_per_day = 20";
    let server = Server::new(windows, name, rules);
    let services = r#"[{"name":"ADSync","state":"running"}]"#;
    server.write(
        "server.json",
        &format!(
            r#"{{"server":"SYNC01","appliance":{{"kind":"connect","build":"{build}","services":{services}}},"wizard_open":false}}"#
        ),
    );
    std::fs::create_dir(server.path("stand-in")).expect("a folder");
    plays(&server, READ_STATE, "print", STATE);
    server
}

/// Ends every run after some seconds: enough for one that works, on a machine that has other work too.
fn hurried(server: &Server) {
    server.configure(|text| format!("{text}\n[powershell]\ntimeout_seconds = 10\n"));
}

/// What the stand-in does when it is given a command's script.
fn plays(server: &Server, command: &str, word: &str, text: &str) {
    server.write(&format!(r"stand-in\{command}.txt"), &format!("{word}\n{text}"));
}

/// The runs of a command, each with what the stand-in was given.
fn runs(server: &Server, command: &str) -> Vec<String> {
    let all = std::fs::read_to_string(server.path(r"stand-in\runs.txt")).unwrap_or_default();
    let script = format!(r"\{command}\run.ps1");
    all.split("run\n").filter(|run| run.lines().any(|line| line.ends_with(&script))).map(Into::into).collect()
}

fn given<'a>(run: &'a str, what: &str) -> Vec<&'a str> {
    run.lines().filter_map(|line| line.strip_prefix(what)?.strip_prefix(' ')).collect()
}

fn variable<'a>(run: &'a str, name: &str) -> Option<&'a str> {
    let variables = given(run, "variable").into_iter().filter_map(|line| line.split_once('='));
    variables.filter(|(given, _)| given.eq_ignore_ascii_case(name)).map(|(_, value)| value).next()
}

/// Has a command started, as the bot does: where the server can't just now, it plans again. Wine now and then starts no
/// program. Gives the plan, and the grant that was taken.
async fn begun(server: &Server, client: &AgentClient, wish: &PlanRequest) -> (Plan, String) {
    until_async("the command is begun", async || {
        let (plan, challenge) = ready(client, wish).await;
        let grant = server.grant(plan.clone(), challenge);
        match client.execute(&grant).await.expect("answers") {
            ExecutionAnswer::Busy { .. } => None,
            answer => {
                accepted(answer);
                Some((plan, grant))
            }
        }
    })
    .await
}

/// Lets a command run and gives how it ended.
async fn ran(server: &Server, client: &AgentClient) -> RunOutcome {
    let wish = wish(Mode::Unattended);
    begun(server, client, &wish).await;
    match finished(client, &wish.request).await {
        Progress::Finished { outcome, .. } => outcome,
        other => panic!("not finished: {other:?}"),
    }
}

fn failed(outcome: RunOutcome) -> Reason {
    match outcome {
        RunOutcome::Failed { why } => why,
        other => panic!("no failure: {other:?}"),
    }
}

/// Waits until a child that was left behind is gone: the system then removes the file that it holds.
fn nothing_is_left(server: &Server) {
    until("nothing is left", || (!server.path(r"stand-in\alive").exists()).then_some(()));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_command_on_windows_gets_its_closed_arguments_a_short_environment_and_no_input() {
    let Some(windows) = machine::windows() else { return };
    let server = server(windows, "arguments", "2.6.3.0");
    plays(&server, ENABLE_PASSWORD_SYNC, "print", &format!("\u{feff}{DONE}\r\n"));
    let (_agent, client) = server.serve(PREPARED);
    assert!(matches!(ran(&server, &client).await, RunOutcome::Succeeded { .. }));
    let report = client.report(true).await.expect("answers");
    let connectors = report.state.expect("is read").connectors.expect("are known");
    assert_eq!(connectors[1].name, "B\u{fc}ro");

    let runs = runs(&server, ENABLE_PASSWORD_SYNC);
    let [run] = runs.as_slice() else { panic!("one run: {runs:#?}") };
    let arguments = given(run, "argument");
    assert_eq!(arguments[..4], ["-NoLogo", "-NoProfile", "-NonInteractive", "-File"]);
    assert!(arguments[4].starts_with(&server.windows_path(r"data\scripts\")), "{}", arguments[4]);
    let expected = "-ExpectedStaging False -EntraConnector b891884f-051e-4a83-95af-2544101c9083 -ExpectedCloudFlag False -Attended False";
    assert_eq!(arguments[5..].join(" "), expected);
    assert_eq!(given(run, "input"), ["0"]);
    for secret in ["COR_PROFILER", "PSExecutionPolicyPreference", "SYNCMEDIC_SECRET"] {
        assert_eq!(variable(run, secret), None, "{run}");
    }
    let modules = variable(run, "PSModulePath").expect("is set");
    let first = r"C:\windows\system32\WindowsPowerShell\v1.0\Modules;";
    assert!(modules.starts_with(first) && !modules.contains("prepared"), "{modules}");
    assert_eq!(variable(run, "SystemRoot"), Some(r"C:\windows"));
    // Whose session it is, the token says.
    for name in ["USERNAME", "USERDOMAIN"] {
        assert!(variable(run, name).is_none_or(|value| value != "prepared"), "{name}: {run}");
    }
    assert_eq!(given(run, "folder"), [r"C:\windows\system32"]);
    assert!(
        variable(run, "TEMP").expect("is set").starts_with(&server.windows_path(r"data\scripts\")),
        "{run}"
    );
    // No copy outlives its run.
    let copies = || std::fs::read_dir(server.path(r"data\scripts")).expect("is there").count();
    until("no copy is left", || (copies() == 0).then_some(()));
}

#[tokio::test(flavor = "multi_thread")]
async fn on_windows_an_error_with_exit_code_0_garbage_and_a_flood_are_failures_that_say_what_was_printed() {
    let Some(windows) = machine::windows() else { return };
    let server = server(windows, "failures", "2.6.3.0");
    let (_agent, client) = server.serve(&[]);
    let record = r#"{"ok":false,"code":"cmdlet-failed","message":"no answer from dc01.corp.contoso.com"}"#;
    for (word, text, code, shown) in [
        ("print", record, "cmdlet-failed", "no answer from <host>"),
        ("print", "WARNING: as jane@contoso.com\nboom", "output-not-json", "boom"),
        ("print", "", "output-not-json", "it printed nothing"),
        ("print", &format!("{DONE}\n{DONE}"), "output-not-json", "cloud_flag"),
        ("fail", DONE, "exit-code", "exit code"),
        ("flood", "all work and no play\n", "output-too-large", "killed"),
    ] {
        plays(&server, ENABLE_PASSWORD_SYNC, word, text);
        let why = failed(ran(&server, &client).await);
        assert_eq!(why.code, code, "{word} {text}: {why:?}");
        assert!(why.text.contains(shown) && !why.text.contains("jane"), "{why:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn on_windows_a_run_that_hangs_is_ended_with_all_it_started() {
    let Some(windows) = machine::windows() else { return };
    let server = server(windows, "hang", "2.6.3.0");
    hurried(&server);
    let (_agent, client) = server.serve(&[]);
    plays(&server, ENABLE_PASSWORD_SYNC, "hang-with-child", "");
    let why = failed(ran(&server, &client).await);
    assert_eq!(why.code, "needs-a-person", "{why:?}");
    nothing_is_left(&server);
    let prompt = "cmdlet Get-Credential\nSupply values for the following parameters:\nCredential\n";
    plays(&server, ENABLE_PASSWORD_SYNC, "hang", prompt);
    let why = failed(ran(&server, &client).await);
    assert!(why.code == "needs-a-person" && why.text.contains("Supply values"), "{why:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn on_windows_a_child_that_a_run_leaves_behind_is_ended_and_holds_nothing_up() {
    let Some(windows) = machine::windows() else { return };
    let server = server(windows, "child", "2.6.3.0");
    plays(&server, ENABLE_PASSWORD_SYNC, "leave", DONE);
    let (_agent, client) = server.serve(&[]);
    assert!(matches!(ran(&server, &client).await, RunOutcome::Succeeded { .. }));
    nothing_is_left(&server);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_windows_agent_killed_during_a_run_takes_it_along_and_never_runs_the_request_again() {
    let Some(windows) = machine::windows() else { return };
    let server = server(windows, "killed", "2.6.3.0");
    plays(&server, ENABLE_PASSWORD_SYNC, "hang-with-child", "");
    let (agent, client) = server.serve(&[]);
    let (plan, grant) = begun(&server, &client, &wish(Mode::Unattended)).await;
    until("it runs", || server.path(r"stand-in\alive").exists().then_some(()));
    agent.kill();
    nothing_is_left(&server);

    plays(&server, ENABLE_PASSWORD_SYNC, "print", DONE);
    let (_agent, client) = server.serve(&[]);
    let execution = client.execution(&plan.request).await.expect("answers").expect("is known");
    assert!(matches!(execution.progress, Progress::Unknown { .. }), "{execution:?}");
    client.execute(&grant).await.expect("answers");
    assert_eq!(runs(&server, ENABLE_PASSWORD_SYNC).len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_script_changed_on_a_windows_disk_never_runs() {
    let Some(windows) = machine::windows() else { return };
    let server = server(windows, "changed", "2.6.3.0");
    let (_agent, client) = server.serve(&[]);
    until_async("the state is read", async || client.report(true).await.expect("answers").state).await;
    let before = runs(&server, READ_STATE).len();
    let script = r"commands\read-state\run.ps1";
    server.write(script, &format!("{}\nRemove-Thing\n", server.read(script)));
    let report = client.report(true).await.expect("answers");
    let gap = report.gaps.iter().find(|gap| gap.what == "state").expect("a gap");
    assert!(gap.why.contains("script-changed"), "{gap:?}");
    assert_eq!(runs(&server, READ_STATE).len(), before);
}

#[tokio::test(flavor = "multi_thread")]
async fn on_windows_nobody_can_change_a_script_while_it_runs() {
    let Some(windows) = machine::windows() else { return };
    let server = server(windows, "held", "2.6.3.0");
    plays(&server, ENABLE_PASSWORD_SYNC, "touch", "");
    let (_agent, client) = server.serve(&[]);
    let RunOutcome::Succeeded { output } = ran(&server, &client).await else { panic!("no success") };
    // ERROR_SHARING_VIOLATION
    for what in ["write", "rename", "remove"] {
        assert_eq!(output[what], "32", "{output}");
    }
    let script = syncmedic::catalog::command(ENABLE_PASSWORD_SYNC).expect("in the catalogue").script;
    assert_eq!(output["length"], script.len(), "it can be read");
}

#[tokio::test(flavor = "multi_thread")]
async fn on_windows_what_needs_a_person_is_staged_and_run_only_in_the_operators_own_session() {
    let Some(windows) = machine::windows() else { return };
    let server = server(windows, "attended", "2.6.84.0");
    plays(&server, ENABLE_PASSWORD_SYNC, "print", DONE);
    let (_agent, client) = server.serve(&[]);
    let (plan, _) = begun(&server, &client, &wish(Mode::Attended)).await;
    let execution = client.execution(&plan.request).await.expect("answers").expect("is known");
    assert!(matches!(execution.progress, Progress::Staged { .. }), "{execution:?}");
    assert_eq!(runs(&server, ENABLE_PASSWORD_SYNC).len(), 0, "the service never tries it");

    let applied = apply(&server, &["--yes", "--aad-username", "jane.o'brien@contoso.com"]);
    assert_eq!(applied.code, Some(0), "{applied:?}");
    for shown in [plan.code().to_string().as_str(), "Set-ADSyncAADPasswordSyncState", "Approved by     2"] {
        assert!(applied.out.contains(shown), "{shown}: {applied:?}");
    }
    let runs = runs(&server, ENABLE_PASSWORD_SYNC);
    let arguments = given(&runs[0], "argument");
    assert!(!arguments.contains(&"-NonInteractive"), "{arguments:?}");
    let given_name = "-Attended True -AADUsername jane.o'brien@contoso.com";
    assert!(arguments.join(" ").ends_with(given_name), "{arguments:?}");
    // Not in the agent's folders, where the service could put another folder in its place; and gone again.
    let script = arguments.iter().find(|argument| argument.ends_with(r"\run.ps1")).expect("a script");
    assert!(script.starts_with(r"C:\ProgramData\Syncmedic-"), "{script}");
    assert!(
        !windows.unix(script).exists()
            && !windows.unix(script).ancestors().nth(2).expect("a folder").exists()
    );
    assert!(variable(&runs[0], "TEMP").expect("is set").starts_with(r"C:\ProgramData\Syncmedic-"));
    let execution = client.execution(&plan.request).await.expect("answers").expect("is known");
    assert!(
        matches!(&execution.progress, Progress::Finished { operator: Some(_), .. }),
        "it says who: {execution:?}"
    );
}

/// Runs `apply`; what it runs is told what to do like what the service runs.
fn apply(server: &Server, arguments: &[&str]) -> Ended {
    let _turn = machine::operator();
    let named = server.path("").parent().expect("a folder of all tests").join("operator.txt");
    std::fs::write(&named, &server.folder).expect("writes");
    let ended = server.start("apply", arguments, &[]).ended();
    std::fs::remove_file(&named).expect("removes");
    ended
}
