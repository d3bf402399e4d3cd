//! The agent as the bot and an operator meet it: real TLS, real child processes, real files.
#![cfg(all(unix, feature = "bot", feature = "agent"))]

use std::collections::BTreeMap;
use std::io::{BufRead as _, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::sync::Arc;
use std::time::Duration;

use jiff::SignedDuration;
use syncmedic::agent::config::Config;
use syncmedic::agent::eventlog;
use syncmedic::agent::powershell::process::ScriptProcess;
use syncmedic::agent::probe::ServerFile;
use syncmedic::agent::record::{Entry, SystemRecord};
use syncmedic::agent::{Agent, Operator, Parts, enrol};
use syncmedic::clock::Clock;
use syncmedic::grant::Grant;
use syncmedic::ids::{AgentId, RequestId, Snowflake};
use syncmedic::link::certs::CertInfo;
use syncmedic::link::client::{AgentClient, Enrolled};
use syncmedic::link::identity::Identity;
use syncmedic::link::listener;
use syncmedic::link::protocol::{Execution, ExecutionAnswer, PlanAnswer, PlanRequest, Progress, RunOutcome};
use syncmedic::link::refusal::Revoked;
use syncmedic::link::tls::BotTls;
use syncmedic::plan::{Mode, Plan};
use syncmedic::random::Random;

const PROGRAM: &str = env!("CARGO_BIN_EXE_syncmedic-agent");

/// Stands in for PowerShell: answers `read-state` from a file, and switches the flag on in it.
const POWERSHELL: &str = r#"
here="$(dirname "$0")"
case "$1" in
  */read-state/run.ps1) cat "$here/state.json" ;;
  */enable-password-sync/run.ps1)
    shift
    echo "$*" >> "$here/runs.log"
    if [ -e "$here/hang" ]; then while [ -e "$here/hang" ]; do sleep 1; done; exit 1; fi
    sed 's/"cloud_flag":false/"cloud_flag":true/' "$here/state.json" > "$here/state.new"
    mv "$here/state.new" "$here/state.json"
    echo '{"ok":true,"cloud_flag":true,"by":"jane@contoso.com"}' ;;
esac
"#;

const STATE: &str = r#"{"ok":true,"cloud_flag":false,"staging":false,"cycle_running":false,"scheduler_suspended":false,
"wizard_open":false,"sign_in_method":"PasswordHashSync","connectors":[
{"id":"b891884f-051e-4a83-95af-2544101c9083","name":"contoso - AAD","kind":"entra"},
{"id":"6b1b1a3e-0000-4000-8000-000000000001","name":"corp.contoso.com","kind":"ad","channel":true}],"unknown":[]}"#;

/// A server with its agent enrolled, and the bot's keys beside it.
struct Site {
    folder: tempfile::TempDir,
    identity: Identity,
    id: AgentId,
    clock: Clock,
    record: Arc<Record>,
}

/// Keeps what the agent puts on record with the system.
#[derive(Default)]
struct Record(std::sync::Mutex<Vec<Entry>>);

impl SystemRecord for Record {
    fn write(&self, entry: &Entry) {
        self.0.lock().expect("unpoisoned").push(entry.clone());
    }
}

impl Record {
    fn entries(&self) -> Vec<Entry> {
        self.0.lock().expect("unpoisoned").clone()
    }

    fn ids(&self) -> Vec<u16> {
        self.entries().iter().map(|entry| entry.id).collect()
    }
}

fn site(build: &str) -> Site {
    let folder = tempfile::tempdir().expect("a folder");
    let (clock, random) = (Clock::system(), Random::system());
    let id: AgentId = "SYNC01".parse().expect("valid");
    let home = folder.path().join("agent");
    let request = enrol::init(&id, &home).expect("makes the agent");
    let config = format!(
        "id = \"SYNC01\"\nlisten = \"127.0.0.1:0\"\ndata = \"data\"\nread_only = false\n\
         commands = [\"enable-password-sync\"]\nscripts = \"commands\"\nevents.files = \"events\"\n\
         server.file = \"server.json\"\npowershell.interpreter = [\"/bin/sh\", \"{}\"]\n",
        home.join("powershell.sh").display()
    );
    let server = format!(
        r#"{{"server":"SYNC01","appliance":{{"kind":"connect","build":"{build}","services":[{{"name":"ADSync","state":"running"}}]}},"wizard_open":false}}"#
    );
    for (name, text) in [
        ("agent.toml", config.as_str()),
        ("server.json", server.as_str()),
        ("state.json", STATE),
        ("powershell.sh", POWERSHELL),
    ] {
        std::fs::write(home.join(name), text).expect("writes");
    }
    let identity =
        Identity::create(&folder.path().join("bot"), "contoso", clock.now(), &random).expect("makes");
    let enrolment = identity.enrol(&id, 1, &request, clock.now(), &random).expect("enrols");
    let text = toml::to_string(&enrolment).expect("writes");
    let site = Site { folder, identity, id, clock, record: Arc::default() };
    enrol::install(&site.config(), &text, &site.clock).expect("installs");
    site
}

impl Site {
    fn home(&self) -> PathBuf {
        self.folder.path().join("agent")
    }

    fn config(&self) -> Config {
        Config::load(&self.home().join("agent.toml")).expect("reads")
    }

    fn runs(&self) -> Vec<String> {
        let text = std::fs::read_to_string(self.home().join("runs.log")).unwrap_or_default();
        text.lines().map(str::to_owned).collect()
    }

    fn agent(&self) -> Agent {
        let config = self.config();
        let parts = Parts {
            clock: self.clock.clone(),
            random: Random::system(),
            events: eventlog::open(&config, true, self.clock.now()).expect("a folder"),
            scripts: Arc::new(ScriptProcess::new(
                config.powershell.interpreter.clone(),
                &config.scripts,
                config.data.join("scripts"),
            )),
            probe: Arc::new(ServerFile::new(config.server.file.as_ref().expect("is set"))),
            record: self.record.clone(),
        };
        let enrolled = enrol::load(&config, &self.clock).expect("is enrolled");
        Agent::new(config, enrolled.trust, parts).expect("starts")
    }

    /// The agent served over TLS in this process, and the bot's client of it.
    async fn served(&self) -> (Agent, AgentClient) {
        let agent = self.agent();
        let tls = enrol::load(&self.config(), &self.clock).expect("is enrolled").tls;
        let socket = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("binds");
        let address = socket.local_addr().expect("has one").to_string();
        let router = agent.router();
        tokio::spawn(listener::serve(socket, tls, router, std::future::pending(), self.clock.clone()));
        (agent, self.client(&address))
    }

    fn client(&self, address: &str) -> AgentClient {
        let text = std::fs::read_to_string(self.home().join("data/enrolment.toml")).expect("reads");
        let enrolment: syncmedic::link::certs::Enrolment = toml::from_str(&text).expect("reads");
        let certificate = CertInfo::from_pem(&enrolment.certificate).expect("reads");
        let enrolled = Enrolled {
            agent: self.id.clone(),
            address: format!("https://{address}").parse().expect("an address"),
            generation: 1,
            serial: certificate.serial,
            fingerprint: certificate.fingerprint,
        };
        let ca = self.identity.authority().certificate();
        let tls = BotTls::new(self.identity.bot().clone(), ca, Revoked::default(), self.clock.clone());
        AgentClient::new(enrolled, tls.expect("fits")).expect("fits")
    }

    fn grant(&self, plan: Plan, challenge: String) -> String {
        let now = self.clock.now();
        let grant = Grant {
            plan,
            challenge,
            requester: Snowflake(1),
            approvers: vec![Snowflake(2)],
            reason: "ticket 4711".into(),
            audit_head: "#12 9be1-44d0".into(),
            signed_at: now,
            not_before: now,
            expires: now + SignedDuration::from_hours(1),
            proofs: Vec::new(),
        };
        self.identity.grant_key().sign(&grant).expect("signs")
    }

    /// Runs the agent's program on this site's configuration.
    fn program(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(PROGRAM);
        command.args(arguments).arg("--config").arg(self.home().join("agent.toml")).stdin(Stdio::null());
        command
    }

    /// Starts `syncmedic-agent run` as a process; gives its address.
    fn process(&self) -> (Child, String) {
        let mut child =
            self.program(&["run"]).env("NO_COLOR", "1").stderr(Stdio::piped()).spawn().expect("starts");
        let mut lines = BufReader::new(child.stderr.take().expect("piped")).lines();
        let address = lines
            .find_map(|line| Some(line.ok()?.split_once("address=")?.1.trim().to_owned()))
            .expect("says where it listens");
        std::thread::spawn(move || lines.for_each(drop));
        (child, address)
    }
}

fn wish(mode: Mode) -> PlanRequest {
    PlanRequest {
        request: Random::system().id().parse().expect("valid"),
        command: "enable-password-sync".parse().expect("valid"),
        arguments: BTreeMap::new(),
        mode,
        expected: None,
        challenge: true,
    }
}

async fn ready(client: &AgentClient, wish: &PlanRequest) -> (Plan, String) {
    match client.plan(wish).await.expect("answers") {
        PlanAnswer::Ready { plan, challenge, .. } => (plan, challenge.expect("was asked for")),
        other => panic!("not ready: {other:?}"),
    }
}

fn accepted(answer: ExecutionAnswer) -> Execution {
    match answer {
        ExecutionAnswer::Accepted { execution } => execution,
        other => panic!("not accepted: {other:?}"),
    }
}

async fn until(mut reached: impl AsyncFnMut() -> bool) {
    let waited = async {
        while !reached().await {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    };
    tokio::time::timeout(Duration::from_secs(60), waited).await.expect("comes about in time");
}

async fn finished(client: &AgentClient, request: &RequestId) -> Progress {
    let mut progress = None;
    until(async || {
        progress = client.execution(request).await.expect("answers").map(|execution| execution.progress);
        matches!(progress, Some(Progress::Finished { .. }))
    })
    .await;
    progress.expect("was reached")
}

#[tokio::test(flavor = "multi_thread")]
async fn an_approved_command_runs_once_and_the_next_report_shows_what_it_did() {
    let site = site("2.6.3.0");
    let (_agent, client) = site.served().await;
    let report = client.report(true).await.expect("answers");
    assert_eq!(report.state.as_ref().and_then(|state| state.cloud_flag), Some(false));
    assert_eq!(report.permits.commands.len(), 1);
    let wish = wish(Mode::Unattended);
    let (plan, challenge) = ready(&client, &wish).await;
    let token = site.grant(plan.clone(), challenge);
    accepted(client.execute(&token).await.expect("answers"));
    let Progress::Finished { outcome: RunOutcome::Succeeded { output }, operator: None, .. } =
        finished(&client, &wish.request).await
    else {
        panic!("no success");
    };
    assert_eq!(output["by"], "<address>");
    // Delivered again, it is known, and does not run again.
    let again = accepted(client.execute(&token).await.expect("answers"));
    assert!(matches!(again.progress, Progress::Finished { .. }));
    let cancelled = client.cancel(&wish.request, plan.hash()).await.expect("answers");
    assert!(matches!(cancelled, ExecutionAnswer::Refused { .. }));
    until(async || {
        let report = client.report(false).await.expect("answers");
        report.state.and_then(|state| state.cloud_flag) == Some(true)
    })
    .await;
    let expected = "-ExpectedStaging False -EntraConnector b891884f-051e-4a83-95af-2544101c9083 -ExpectedCloudFlag False -Attended False";
    assert_eq!(site.runs(), [expected]);
    assert_eq!(client.execution(&self::wish(Mode::Attended).request).await.expect("answers"), None);
    assert_eq!(client.catalog().await.expect("answers").len(), 3);
}

#[tokio::test(flavor = "multi_thread")]
async fn of_two_operators_who_apply_one_request_at_once_one_runs_it() {
    let site = site("2.6.91.0");
    let (_agent, client) = site.served().await;
    let wish = wish(Mode::Attended);
    let (plan, challenge) = ready(&client, &wish).await;
    let staged = accepted(client.execute(&site.grant(plan, challenge)).await.expect("answers"));
    assert!(matches!(staged.progress, Progress::Staged { .. }), "{staged:?}");
    assert_eq!(site.runs().len(), 0);
    let apply = || {
        let mut command = site.program(&["apply", "--yes", "--aad-username", "jane@contoso.com"]);
        command.env("USERDOMAIN", "CONTOSO").env("USERNAME", "somebody.else").env("USER", "somebody.else");
        command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("starts")
    };
    let (first, second) = (apply(), apply());
    let ended: Vec<Output> = [first, second].map(|child| child.wait_with_output().expect("ends")).into();
    let codes: Vec<Option<i32>> = ended.iter().map(|output| output.status.code()).collect();
    assert!(codes.contains(&Some(0)) && codes.contains(&Some(65)), "{ended:?}");
    assert_eq!(site.runs().len(), 1);
    assert!(site.runs()[0].ends_with("-Attended True -AADUsername jane@contoso.com"), "{:?}", site.runs());
    let Progress::Finished { operator, .. } = finished(&client, &wish.request).await else { panic!("ended") };
    // Whatever the environment says.
    let output = Command::new("id").arg("-run").output().expect("runs");
    assert_eq!(operator.as_deref(), Some(String::from_utf8_lossy(&output.stdout).trim()));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_staged_request_can_be_cancelled_and_then_not_applied() {
    let site = site("2.6.91.0");
    let (agent, client) = site.served().await;
    let wish = wish(Mode::Attended);
    let (plan, challenge) = ready(&client, &wish).await;
    accepted(client.execute(&site.grant(plan.clone(), challenge)).await.expect("answers"));
    let cancelled = accepted(client.cancel(&wish.request, plan.hash()).await.expect("answers"));
    assert!(matches!(cancelled.progress, Progress::Cancelled { .. }));
    let operator = syncmedic::agent::Operator { account: "op".into(), aad_username: None };
    let why = agent.apply(&wish.request, operator).await.expect_err("is refused");
    assert_eq!(why[0].code, "not-staged");
    assert_eq!(site.runs().len(), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn on_the_build_that_must_be_told_who_signs_in_nothing_is_used_up_without_it() {
    let site = site("2.6.84.0");
    let (agent, client) = site.served().await;
    let wish = wish(Mode::Attended);
    let (plan, challenge) = ready(&client, &wish).await;
    accepted(client.execute(&site.grant(plan, challenge)).await.expect("answers"));
    let operator = |name: Option<&str>| syncmedic::agent::Operator {
        account: "op".into(),
        aad_username: name.map(str::to_owned),
    };
    for (name, code) in [
        (None, "aad-username-needed"),
        (Some("jane; rm"), "arguments-invalid"),
        (Some("jane"), "arguments-invalid"),
    ] {
        let why = agent.apply(&wish.request, operator(name)).await.expect_err("is refused");
        assert_eq!(why[0].code, code);
    }
    let applied = agent.apply(&wish.request, operator(Some("jane@contoso.com"))).await.expect("runs");
    assert!(matches!(applied.progress, Progress::Finished { .. }));
    assert_eq!(site.runs().len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_state_is_read_at_the_start_every_five_minutes_and_on_demand() {
    let site = site("2.6.3.0");
    let start = site.clock.now();
    let (clock, hand) = Clock::manual(start);
    let site = Site { clock, ..site };
    let agent = site.agent();
    let read_at = async |fresh: bool| agent.report(fresh).await.state.map(|state| state.read_at);
    let reading = tokio::spawn({
        let agent = agent.clone();
        async move { agent.keep_reading().await }
    });
    until(async || read_at(false).await == Some(start)).await;
    // Minute by minute: the next reading is not one of the first four minutes.
    let mut next = None;
    until(async || {
        hand.advance(Duration::from_secs(60));
        next = read_at(false).await.filter(|at| *at > start);
        next.is_some()
    })
    .await;
    assert!(next >= Some(start + SignedDuration::from_mins(5)), "{next:?}");
    reading.abort();
    hand.advance(Duration::from_secs(1));
    let now = site.clock.now();
    assert_eq!(read_at(true).await, Some(now), "on demand, it is read at once");
}

/// Runs `apply` with these lines typed at its questions.
fn typed(site: &Site, lines: &str) -> Output {
    use std::io::Write as _;
    let mut command = site.program(&["apply"]);
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().expect("starts");
    child.stdin.take().expect("piped").write_all(lines.as_bytes()).expect("is read");
    child.wait_with_output().expect("ends")
}

#[tokio::test(flavor = "multi_thread")]
async fn apply_shows_what_was_approved_asks_who_signs_in_and_says_who_ran_it() {
    let site = site("2.6.84.0");
    let (_agent, client) = site.served().await;
    let wish = wish(Mode::Attended);
    let (plan, challenge) = ready(&client, &wish).await;
    accepted(client.execute(&site.grant(plan.clone(), challenge)).await.expect("answers"));
    for (lines, code) in [("\n", 65), ("jane@contoso.com\nno\n", 0), ("jane@contoso.com\n", 0)] {
        let refused = typed(&site, lines);
        assert_eq!((refused.status.code(), site.runs().len()), (Some(code), 0), "{lines:?}: {refused:?}");
    }
    let applied = typed(&site, "jane@contoso.com\nyes\n");
    assert_eq!(applied.status.code(), Some(0), "{applied:?}");
    let out = String::from_utf8_lossy(&applied.stdout).into_owned();
    let me = Command::new("id").arg("-run").output().expect("runs");
    let me = String::from_utf8_lossy(&me.stdout).trim().to_owned();
    for shown in [
        plan.code().to_string(),
        "Approved by     2".into(),
        "Set-ADSyncAADPasswordSyncState".into(),
        "Who signs in?".into(),
        format!("On record as run by {me}."),
    ] {
        assert!(out.contains(&shown), "{shown}: {out}");
    }
    assert!(site.runs()[0].ends_with("-Attended True -AADUsername jane@contoso.com"), "{:?}", site.runs());
}

#[tokio::test(flavor = "multi_thread")]
async fn an_operators_ctrl_c_does_not_break_off_what_has_begun() {
    let site = site("2.6.91.0");
    let (_agent, client) = site.served().await;
    let wish = wish(Mode::Attended);
    let (plan, challenge) = ready(&client, &wish).await;
    accepted(client.execute(&site.grant(plan, challenge)).await.expect("answers"));
    std::fs::write(site.home().join("hang"), "").expect("writes");
    let mut command = site.program(&["apply", "--yes"]);
    let child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("starts");
    until(async || site.runs().len() == 1).await;
    let sent = Command::new("kill").args(["-INT", &child.id().to_string()]).status().expect("kill runs");
    assert!(sent.success());
    std::fs::remove_file(site.home().join("hang")).expect("removes");
    let ended = child.wait_with_output().expect("ends");
    // It says how the command ended, and so does the journal.
    assert_eq!(ended.status.code(), Some(65), "{ended:?}");
    assert!(matches!(finished(&client, &wish.request).await, Progress::Finished { .. }));
}

#[tokio::test(flavor = "multi_thread")]
async fn only_so_many_requests_that_never_came_are_cancelled_in_an_hour() {
    let site = site("2.6.3.0");
    let (_agent, client) = site.served().await;
    let (plan, _) = ready(&client, &wish(Mode::Unattended)).await;
    let cancel = async || {
        let request = Random::system().id().parse().expect("valid");
        client.cancel(&request, plan.hash()).await.expect("answers")
    };
    for _ in 0..60 {
        accepted(cancel().await);
    }
    let answer = cancel().await;
    let ExecutionAnswer::Refused { why } = answer else { panic!("was taken: {answer:?}") };
    assert_eq!(why[0].code, "too-many-cancelled");
}

#[tokio::test(flavor = "multi_thread")]
async fn only_so_many_requests_wait_for_an_operator() {
    let site = site("2.6.91.0");
    let (agent, client) = site.served().await;
    for _ in 0..5 {
        let (plan, challenge) = ready(&client, &wish(Mode::Attended)).await;
        accepted(client.execute(&site.grant(plan, challenge)).await.expect("answers"));
    }
    let (plan, challenge) = ready(&client, &wish(Mode::Attended)).await;
    let answer = client.execute(&site.grant(plan, challenge)).await.expect("answers");
    let ExecutionAnswer::Refused { why } = answer else { panic!("was taken: {answer:?}") };
    assert_eq!((why[0].code.as_str(), agent.staged().expect("reads").len()), ("too-many-staged", 5));
}

#[tokio::test(flavor = "multi_thread")]
async fn an_agent_killed_during_a_run_never_runs_the_request_again() {
    let site = site("2.6.3.0");
    std::fs::write(site.home().join("hang"), "").expect("writes");
    let (mut child, address) = site.process();
    let client = site.client(&address);
    let wish = wish(Mode::Unattended);
    let (plan, challenge) = ready(&client, &wish).await;
    let token = site.grant(plan, challenge);
    let running = accepted(client.execute(&token).await.expect("answers"));
    assert!(matches!(running.progress, Progress::Running { .. }), "{running:?}");
    until(async || site.runs().len() == 1).await;
    child.kill().expect("kills");
    child.wait().expect("ends");
    std::fs::remove_file(site.home().join("hang")).expect("removes");

    let (mut child, address) = site.process();
    let client = site.client(&address);
    let known = client.execution(&wish.request).await.expect("answers").expect("is known");
    assert!(matches!(known.progress, Progress::Unknown { .. }), "{known:?}");
    let again = accepted(client.execute(&token).await.expect("answers"));
    assert!(matches!(again.progress, Progress::Unknown { .. }), "{again:?}");
    assert_eq!(site.runs().len(), 1);
    child.kill().expect("kills");
    child.wait().expect("ends");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_state_that_moved_between_plan_and_grant_lets_nothing_run() {
    let site = site("2.6.3.0");
    let (_agent, client) = site.served().await;
    let (plan, challenge) = ready(&client, &wish(Mode::Unattended)).await;
    let on = STATE.replace("\"cloud_flag\":false", "\"cloud_flag\":true");
    std::fs::write(site.home().join("state.json"), on).expect("writes");
    let answer = client.execute(&site.grant(plan, challenge)).await.expect("answers");
    let ExecutionAnswer::Moved { why } = answer else { panic!("not moved: {answer:?}") };
    assert_eq!(
        why.iter().map(|reason| reason.code.as_str()).collect::<Vec<_>>(),
        ["state-moved", "already-enabled"]
    );
    assert_eq!(site.runs().len(), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_delivery_that_meets_a_busy_server_or_a_dead_challenge_is_put_off_and_a_new_plan_runs() {
    let site = site("2.6.3.0");
    let (_agent, client) = site.served().await;
    let wish = wish(Mode::Unattended);
    let (plan, challenge) = ready(&client, &wish).await;
    let cycle = STATE.replace("\"cycle_running\":false", "\"cycle_running\":true");
    for (state, challenge, code) in [
        (cycle.as_str(), challenge.as_str(), "cycle-running"),
        (STATE, challenge.as_str(), "challenge-unknown"),
        (STATE, &"00".repeat(16), "challenge-unknown"),
    ] {
        std::fs::write(site.home().join("state.json"), state).expect("writes");
        let answer = client.execute(&site.grant(plan.clone(), challenge.to_owned())).await.expect("answers");
        let ExecutionAnswer::Busy { why, retry_after } = answer else { panic!("not busy: {answer:?}") };
        assert_eq!(why[0].code, code);
        assert!((1..=30).contains(&retry_after), "{retry_after}");
    }
    assert_eq!(client.execution(&wish.request).await.expect("answers"), None, "nothing was used up");
    let (plan, challenge) = ready(&client, &wish).await;
    accepted(client.execute(&site.grant(plan, challenge)).await.expect("answers"));
    finished(&client, &wish.request).await;
    assert_eq!(site.runs().len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_request_that_was_cancelled_before_its_grant_came_never_runs_even_after_a_restart() {
    let site = site("2.6.3.0");
    let (_agent, client) = site.served().await;
    let wish = wish(Mode::Unattended);
    let (plan, challenge) = ready(&client, &wish).await;
    for _ in 0..2 {
        let cancelled = accepted(client.cancel(&wish.request, plan.hash()).await.expect("answers"));
        assert_eq!(cancelled.plan, plan.hash());
        assert!(matches!(cancelled.progress, Progress::Cancelled { .. }));
    }
    let token = site.grant(plan.clone(), challenge);
    let (_restarted, again) = site.served().await;
    for client in [client, again] {
        let answer = client.execute(&token).await.expect("answers");
        let ExecutionAnswer::Refused { why } = answer else { panic!("not refused: {answer:?}") };
        assert_eq!(why[0].code, "request-known");
    }
    assert_eq!(site.runs().len(), 0);
}

/// A server's clock that ran ahead, and was corrected after the bot had been told that the request is over.
#[tokio::test(flavor = "multi_thread")]
async fn what_was_ever_answered_as_cancelled_is_never_applied_even_if_the_clock_is_set_back() {
    let site = site("2.6.91.0");
    let now = site.clock.now();
    let (clock, hand) = Clock::manual(now);
    let site = Site { clock, ..site };
    let (agent, client) = site.served().await;
    let wish = wish(Mode::Attended);
    let (plan, challenge) = ready(&client, &wish).await;
    accepted(client.execute(&site.grant(plan, challenge)).await.expect("answers"));
    hand.set_wall(now + SignedDuration::from_hours(2));
    let told = client.execution(&wish.request).await.expect("answers").expect("is known");
    assert!(matches!(told.progress, Progress::Cancelled { .. }), "{told:?}");
    hand.set_wall(now);
    let operator = syncmedic::agent::Operator { account: "op".into(), aad_username: None };
    let why = agent.apply(&wish.request, operator).await.expect_err("is refused");
    assert_eq!(why[0].code, "not-staged");
    assert_eq!(site.runs().len(), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_damaged_journal_stops_every_run_and_no_report() {
    let site = site("2.6.3.0");
    let journal = site.home().join("data/journal.jsonl");
    std::fs::write(&journal, "changed by another hand\n").expect("writes");
    let (_agent, client) = site.served().await;
    let report = client.report(true).await.expect("answers");
    assert!(
        report.gaps.iter().any(|gap| gap.what == "journal" && gap.why.contains("line 1")),
        "{:?}",
        report.gaps
    );
    let PlanAnswer::Refused { why } = client.plan(&wish(Mode::Unattended)).await.expect("answers") else {
        panic!("was planned");
    };
    assert_eq!(why[0].code, "journal-corrupt");
    assert!(std::fs::read_to_string(&journal).expect("reads").starts_with("changed"), "the evidence stays");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_no_request_of_the_protocol_is_answered_with_a_problem() {
    let site = site("2.6.3.0");
    let socket = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("binds");
    let base = format!("http://{}", socket.local_addr().expect("has one"));
    let router = site.agent().router();
    tokio::spawn(async move { axum::serve(socket, router).await });
    let http = reqwest::Client::builder().no_proxy().build().expect("builds");
    let json = |text: String| {
        http.post(format!("{base}/v1/executions")).header("content-type", "application/json").body(text)
    };
    for (request, status, code) in [
        (http.get(format!("{base}/v2/report")), 404, "no-such-path"),
        (http.delete(format!("{base}/v1/report")), 405, "no-such-method"),
        (http.get(format!("{base}/v1/report?fresh=x")), 400, "query-unreadable"),
        (http.delete(format!("{base}/v1/executions/{}", "0".repeat(32))), 400, "query-unreadable"),
        (http.delete(format!("{base}/v1/executions/{}?plan=7f3a", "0".repeat(32))), 400, "query-unreadable"),
        (http.get(format!("{base}/v1/executions/7")), 400, "request-id-invalid"),
        (http.get(format!("{base}/v1/executions/{}", "0".repeat(32))), 404, "request-unknown"),
        (json("{".into()), 400, "body-unreadable"),
        (json("{}".into()), 422, "body-unreadable"),
        (json(format!("{{\"grant\":\"{}\"}}", "x".repeat(70_000))), 413, "body-unreadable"),
    ] {
        let answer = request.send().await.expect("answers");
        assert_eq!(answer.status().as_u16(), status, "{code}");
        let problem: serde_json::Value = answer.json().await.expect("JSON");
        assert_eq!(problem["code"], code);
        assert!(problem["text"].is_string());
    }
    let answer: ExecutionAnswer =
        json("{\"grant\":\"v4.public.x\"}".into()).send().await.expect("answers").json().await.expect("JSON");
    let ExecutionAnswer::Refused { why } = answer else { panic!("was taken") };
    assert_eq!(why[0].code, "grant-malformed");
}

fn code(command: &mut Command) -> (Option<i32>, String) {
    let output = command.output().expect("runs");
    (output.status.code(), String::from_utf8_lossy(&output.stderr).into_owned())
}

#[test]
fn the_command_line_tells_usage_data_and_configuration_apart() {
    let site = site("2.6.3.0");
    assert_eq!(code(Command::new(PROGRAM).arg("fly")).0, Some(64));
    let missing = Path::new("/nonexistent/agent.toml");
    let (status, said) = code(Command::new(PROGRAM).args(["run", "--config"]).arg(missing));
    assert_eq!(status, Some(78));
    assert!(said.contains("/nonexistent/agent.toml"), "{said}");
    assert_eq!(code(&mut site.program(&["apply", "--yes"])).0, Some(65));
    let key = site.home().join("data/agent.key");
    use std::os::unix::fs::PermissionsExt as _;
    std::fs::set_permissions(&key, std::fs::Permissions::from_mode(0o644)).expect("chmod");
    let (status, said) = code(&mut site.program(&["run"]));
    assert_eq!(status, Some(78));
    assert!(said.contains("agent.key") && said.contains("chmod 600"), "{said}");
}

#[test]
fn init_prints_the_whole_way_to_an_enrolled_agent_and_help_names_what_each_value_is() {
    let folder = tempfile::tempdir().expect("a folder");
    let home = folder.path().join("agent");
    let (status, said) = code(Command::new(PROGRAM).args(["init", "--id", "SYNC01", "--data"]).arg(&home));
    assert_eq!(status, Some(0), "{said}");
    let config = home.join("agent.toml").display().to_string();
    for step in [
        "syncmedic agents add SYNC01 --url https://HOST:6990 --csr agent.csr --out enrolment.toml\n"
            .to_owned(),
        format!("syncmedic-agent install --config {config} --bundle enrolment.toml\n"),
        format!("syncmedic-agent run --config {config}\n"),
    ] {
        assert!(said.contains(&step), "{step} in {said}");
    }
    for (command, value) in [("init", "--data <DIR>"), ("install", "--bundle <FILE>")] {
        let output = Command::new(PROGRAM).args([command, "--help"]).output().expect("runs");
        let help = String::from_utf8_lossy(&output.stdout).into_owned();
        assert!(help.contains(value), "{help}");
    }
}

#[test]
fn status_shows_what_the_bot_would_see() {
    let site = site("2.6.3.0");
    let output = site.program(&["status", "--json"]).output().expect("runs");
    let report = syncmedic::report::Report::from_json(&output.stdout).expect("is a report");
    assert_eq!((report.agent, report.generation), (site.id.clone(), 1));
    let output = site.program(&["status"]).output().expect("runs");
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(text.contains("cloud flag      no") && text.contains("enable-password-sync"), "{text}");
}

/// A command's life on the system's record: that it began, how it ended, and what was refused.
#[tokio::test(flavor = "multi_thread")]
async fn each_run_and_each_refused_command_is_on_the_systems_record() {
    let site = site("2.6.3.0");
    let (_agent, client) = site.served().await;
    let first = wish(Mode::Unattended);
    let (plan, challenge) = ready(&client, &first).await;
    accepted(client.execute(&site.grant(plan.clone(), challenge)).await.expect("answers"));
    finished(&client, &first.request).await;
    assert_eq!(site.record.ids(), [10, 11]);
    for entry in site.record.entries() {
        for part in [plan.code().to_string(), first.request.to_string(), "Audit head: #12 9be1-44d0".into()] {
            assert!(entry.text.contains(&part), "{part} in {entry:?}");
        }
        assert!(
            entry.text.contains("Requester (Discord id): ") && entry.text.contains("Approvers"),
            "{entry:?}"
        );
    }
    // A grant of another key, and one whose command may not run here.
    let forged = client.execute("v4.public.forged").await.expect("answers");
    assert!(matches!(forged, ExecutionAnswer::Refused { .. }), "{forged:?}");
    let foreign =
        Plan { agent: "SYNC99".parse().expect("valid"), request: wish(Mode::Unattended).request, ..plan };
    let foreign = client.execute(&site.grant(foreign, "00".repeat(16))).await.expect("answers");
    assert!(matches!(foreign, ExecutionAnswer::Refused { .. }), "{foreign:?}");
    assert_eq!(site.record.ids(), [10, 11, 20, 20]);
    let texts: Vec<String> = site.record.entries().into_iter().map(|entry| entry.text).collect();
    assert!(texts[2].contains("without a valid signature"), "{}", texts[2]);
    assert!(texts[3].contains("Plan code: ") && texts[3].contains("Audit head: "), "{}", texts[3]);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_waits_for_an_operator_and_who_applied_it_is_on_the_systems_record() {
    let site = site("2.6.91.0");
    let (agent, client) = site.served().await;
    let wish = wish(Mode::Attended);
    let (plan, challenge) = ready(&client, &wish).await;
    accepted(client.execute(&site.grant(plan, challenge)).await.expect("answers"));
    let operator = Operator { account: "CONTOSO\\op".into(), aad_username: None };
    agent.apply(&wish.request, operator).await.expect("runs");
    assert_eq!(site.record.ids(), [13, 10, 11]);
    assert!(site.record.entries()[1].text.contains("Operator: CONTOSO\\op"), "{:?}", site.record.entries());
}

#[test]
fn a_running_agent_tells_the_servers_administrators_what_it_costs() {
    let site = site("2.6.3.0");
    let shown = |site: &Site| {
        let output = site.program(&["status"]).output().expect("runs");
        String::from_utf8_lossy(&output.stdout).into_owned()
    };
    assert!(shown(&site).contains("running agent   none"), "{}", shown(&site));
    let (mut running, _address) = site.process();
    let note = site.home().join("data/running.json");
    let began = std::time::Instant::now();
    while !note.exists() {
        assert!(began.elapsed() < Duration::from_secs(60), "it leaves a note: {}", note.display());
        std::thread::sleep(Duration::from_millis(20));
    }
    let text = shown(&site);
    assert!(text.contains(&format!("process {}", running.id())), "{text}");
    assert!(text.contains("MiB (limit 64.0 MiB)") && text.contains("processor time"), "{text}");
    running.kill().expect("is killed");
    running.wait().expect("is gone");
}

#[test]
fn the_self_test_tries_every_reading_step_and_fails_only_for_what_is_needed() {
    let site = site("2.6.3.0");
    let tested = |site: &Site| {
        let output = site.program(&["self-test"]).output().expect("runs");
        (output.status.code(), String::from_utf8_lossy(&output.stdout).into_owned())
    };
    let (code, text) = tested(&site);
    assert_eq!(code, Some(0), "{text}");
    for step in [
        "configuration",
        "certificate",
        "powershell",
        "product",
        "event log",
        "ADSync's state",
        "clock",
        "journal",
    ] {
        assert!(text.contains(&format!("ok      {step}")), "{step} in {text}");
    }
    assert!(!text.contains("SYNC01") && !text.contains("corp.contoso.com"), "{text}");
    // What ADSync withholds is named, with what it needs, and breaks nothing.
    let denied =
        r#"{"ok":true,"unknown":[{"what":"cloud_flag","why":"Access is denied for jane@contoso.com"}]}"#;
    std::fs::write(site.home().join("state.json"), denied).expect("writes");
    let (code, text) = tested(&site);
    assert_eq!(code, Some(0), "{text}");
    assert!(
        text.contains("Access is denied") && text.contains("ADSyncAdmins") && !text.contains("jane"),
        "{text}"
    );
    // A script that somebody changed does break it.
    std::fs::write(site.home().join("commands/read-state/run.ps1"), "Remove-Thing").expect("writes");
    let (code, text) = tested(&site);
    assert_eq!(code, Some(1), "{text}");
    assert!(text.contains("BROKEN  script"), "{text}");
}

#[test]
fn an_enrolment_for_another_agent_or_an_older_one_is_refused() {
    let site = site("2.6.3.0");
    let request = std::fs::read_to_string(site.home().join("data/agent.csr")).expect("reads");
    let enrol = |id: &str, generation: u32| {
        let id = id.parse().expect("valid");
        let enrolment = site.identity.enrol(&id, generation, &request, site.clock.now(), &Random::system());
        let text = toml::to_string(&enrolment.expect("enrols")).expect("writes");
        enrol::install(&site.config(), &text, &site.clock)
    };
    assert!(enrol("SYNC02", 1).expect_err("refused").to_string().contains("SYNC02"));
    assert_eq!(enrol("SYNC01", 3).expect("installs").generation, 3);
    assert!(enrol("SYNC01", 2).expect_err("refused").to_string().contains("generation 3"));
    // A certificate for another key.
    let other = self::site("2.6.3.0");
    let request = std::fs::read_to_string(other.home().join("data/agent.csr")).expect("reads");
    let foreign =
        site.identity.enrol(&site.id, 4, &request, site.clock.now(), &Random::system()).expect("enrols");
    let text = toml::to_string(&foreign).expect("writes");
    assert!(enrol::install(&site.config(), &text, &site.clock).is_err());
    assert_eq!(enrol::load(&site.config(), &site.clock).expect("still the one before").trust.generation, 3);
}
