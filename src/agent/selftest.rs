//! Every step of the agent that only reads, tried on this server and told in words: what works, what is denied and what that
//! needs, what is broken. Made to be attached to a bug: names and addresses are masked, and the server is not named.

use std::fmt;
use std::path::Path;

use crate::agent::config::Config;
use crate::agent::core::Agent;
use crate::agent::enrol::{EnrolError, Enrolled};
use crate::agent::guard;
use crate::agent::powershell::process::ScriptProcess;
use crate::agent::usage::{Running, Standing, Usage, mib};
use crate::catalog;
use crate::grant::CLOCK_TOLERANCE;
use crate::redact::redact;
use crate::report::{ApplianceKind, Gap, Report, ServiceState};
use crate::terminal::one_line;

/// How a step went.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Went {
    /// As it should.
    Well,
    /// Something is missing that the agent can do without, and says so to the bot.
    Short,
    /// Something that the agent needs does not work.
    Broken,
}

/// One step.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Step {
    /// What was tried.
    pub name: String,
    /// How it went.
    pub went: Went,
    /// What was found.
    pub found: String,
    /// What it needs, where something is missing.
    pub needs: Option<&'static str>,
}

impl fmt::Display for Step {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let went = match self.went {
            Went::Well => "ok    ",
            Went::Short => "short ",
            Went::Broken => "BROKEN",
        };
        write!(f, "{went}  {:<16} {}", self.name, self.found)?;
        match self.needs {
            Some(needs) => write!(f, "\n        {:<16} needs: {needs}", ""),
            None => Ok(()),
        }
    }
}

/// What a self-test found. Each step is shown as soon as it has ended: what comes after it may take minutes, or hang.
pub struct SelfTest {
    steps: Vec<Step>,
    show: Box<dyn FnMut(&Step)>,
}

impl SelfTest {
    /// One that has tried nothing yet.
    pub fn new(show: impl FnMut(&Step) + 'static) -> SelfTest {
        SelfTest { steps: Vec::new(), show: Box::new(show) }
    }

    fn ended(&mut self, step: Step) {
        (self.show)(&step);
        self.steps.push(step);
    }

    /// Whether something that the agent needs does not work.
    pub fn is_broken(&self) -> bool {
        self.steps.iter().any(|step| step.went == Went::Broken)
    }

    /// How many steps went how.
    pub fn summary(&self) -> String {
        let of = |went| self.steps.iter().filter(|step| step.went == went).count();
        format!("{} steps, {} short, {} broken", self.steps.len(), of(Went::Short), of(Went::Broken))
    }

    /// Adds a step. Names and addresses in what was found are masked.
    pub fn add(&mut self, name: &str, went: Went, found: impl fmt::Display) {
        let found = one_line(&redact(&found.to_string()));
        self.ended(Step { name: name.into(), went, found, needs: None });
    }

    fn gap(&mut self, went: Went, whose: &str, gap: &Gap) {
        let (found, needs) = (format!("{whose}{}", one_line(&redact(&gap.why))), needs(&gap.what));
        self.ended(Step { name: one_line(&gap.what), went, found, needs });
    }
}

/// What reading something needs, where it was not read.
fn needs(what: &str) -> Option<&'static str> {
    const STATE: &[&str] = &[
        "state",
        "cloud_flag",
        "staging",
        "cycle_running",
        "scheduler",
        "scheduler_suspended",
        "sign_in_method",
        "connectors",
    ];
    match what {
        _ if STATE.contains(&what) || what.starts_with("channel ") => Some(
            "the module ADSync, its service running, and for the agent's account membership in the group ADSyncAdmins \
             (docs/windows-agent.md, \"What is lost without it\")",
        ),
        "events" => Some(
            "reading the Application log: every account may unless that was hardened, then membership in Event Log Readers",
        ),
        "services" => {
            Some("connecting to the service manager, which every local account may unless that was hardened")
        }
        "appliance" => Some("reading the sync product's folder below Program Files and its registry keys"),
        _ if what.starts_with("service ") => {
            Some("querying that service's state (its security descriptor, `sc.exe sdshow`)")
        }
        _ => None,
    }
}

/// Whose files, and who asks: what needs no running agent.
pub fn of_files(test: &mut SelfTest, path: &Path, config: &Config, enrolled: Result<&Enrolled, &EnrolError>) {
    match guard::check(path, config) {
        Ok(()) if cfg!(any(windows, unix)) => {
            test.add(
                "access lists",
                Went::Well,
                "rules, key and data are the agent's and the administrators' alone",
            );
        }
        Ok(()) => test.add("access lists", Went::Short, "not looked at on this system"),
        Err(exposed) => exposed.iter().for_each(|one| test.add("access lists", Went::Broken, one)),
    }
    for command in catalog::commands() {
        let installed = config.scripts.join(command.id.as_str()).join("run.ps1");
        match std::fs::read(&installed) {
            Ok(bytes) if catalog::script_digest(&bytes) == command.digest => {
                test.add("script", Went::Well, format!("{} is the catalogue's", command.id));
            }
            Ok(_) => test.add(
                "script",
                Went::Broken,
                format!("{} is another one than this program was built with: run `init` again", command.id),
            ),
            Err(error) => test.add("script", Went::Broken, format!("{}: {error}", installed.display())),
        }
    }
    match enrolled {
        Ok(enrolled) => {
            let (now, info) = (jiff::Timestamp::now(), &enrolled.certificate);
            let days = info.left(now).as_hours() / 24;
            let went = if info.ends_soon(now) { Went::Short } else { Went::Well };
            if now < info.not_before - CLOCK_TOLERANCE {
                let text = format!("it is good from {}, and this clock says {now}", info.not_before);
                test.add("certificate", Went::Broken, text);
            } else {
                test.add("certificate", went, format!("good until {} ({days} days)", info.not_after));
            }
        }
        Err(error) => test.add("certificate", Went::Broken, error),
    }
    let interpreter = match config.powershell.interpreter.first() {
        Some(program) => program.clone(),
        None => ScriptProcess::windows_powershell().swap_remove(0),
    };
    let is_there = Path::new(&interpreter).is_file();
    let went = if is_there { Went::Well } else { Went::Broken };
    test.add(
        "powershell",
        went,
        format!("{interpreter} {}", if is_there { "is there" } else { "is missing" }),
    );
}

/// What the agent reads of the server, with the account of this process.
pub async fn of_server(test: &mut SelfTest, agent: &Agent) -> Report {
    let report = agent.report(true).await;
    read(test, &report);
    match agent.wizard_open().await {
        Some(true) => test.add("processes", Went::Well, "the wizard is open: nothing runs while it is"),
        Some(false) => test.add("processes", Went::Well, "the wizard is closed"),
        None => test.add("processes", Went::Short, "whether the wizard is open can't be told"),
    }
    match agent.staged() {
        Ok(staged) => {
            test.add("journal", Went::Well, format!("{} request(s) wait for an operator", staged.len()))
        }
        Err(error) => test.add("journal", Went::Broken, error),
    }
    report
}

fn read(test: &mut SelfTest, report: &Report) {
    let appliance = &report.appliance;
    let build = appliance.build.map_or_else(|| "build unknown".into(), |build| build.to_string());
    let known = !matches!(appliance.kind, ApplianceKind::Unknown | ApplianceKind::None);
    let went = if known && appliance.build.is_some() { Went::Well } else { Went::Short };
    test.add("product", went, format!("{:?}, {build}", appliance.kind));
    for service in &appliance.services {
        let went = if service.state == ServiceState::Unknown { Went::Short } else { Went::Well };
        test.add("service", went, format!("{}: {:?}", service.name, service.state));
    }
    match report.events_at {
        Some(_) => {
            let newest = report.events.last();
            let newest =
                newest.map_or_else(|| "none".into(), |event| format!("{} at {}", event.id, event.at));
            let events =
                format!("{} shown, {} left out, newest: {newest}", report.events.len(), report.cut.events);
            test.add("event log", Went::Well, events);
        }
        None => test.add("event log", Went::Broken, "it could not be read"),
    }
    clock(test, report);
    match &report.state {
        Some(state) => {
            let flag = |flag: Option<bool>| flag.map_or("unknown", |on| if on { "on" } else { "off" });
            let connectors =
                state.connectors.as_ref().map_or_else(|| "unknown".into(), |all| all.len().to_string());
            let text = format!(
                "cloud flag {}, staging {}, connectors {connectors}",
                flag(state.cloud_flag),
                flag(state.staging)
            );
            let whole = state.cloud_flag.is_some() && state.staging.is_some() && state.connectors.is_some();
            test.add("ADSync's state", if whole { Went::Well } else { Went::Short }, text);
        }
        None => test.add("ADSync's state", Went::Short, "it could not be read"),
    }
    for gap in &report.gaps {
        test.gap(Went::Short, "", gap);
    }
}

/// A clock that is wrong shows in events from the future: the bot would refuse grants by it.
fn clock(test: &mut SelfTest, report: &Report) {
    let newest = report.events.iter().map(|event| event.at).max();
    match newest.filter(|at| *at > report.clock + CLOCK_TOLERANCE) {
        Some(at) => {
            let text = format!("it says {}, and an event was written at {at}: set it right", report.clock);
            test.add("clock", Went::Broken, text);
        }
        None => test.add("clock", Went::Well, format!("{} (compare it with another)", report.clock)),
    }
}

/// What the running agent, under its own account, says of itself and could not read.
pub fn of_running(test: &mut SelfTest, config: &Config, own: &Report) {
    match Running::read(&config.data) {
        Some(running) => {
            let is_fresh = running.standing(own.clock) == Standing::Fresh;
            let went = if is_fresh { Went::Well } else { Went::Short };
            // Its account's name would be masked away.
            test.add("running agent", went, running.describe(own.clock));
            if !is_fresh {
                // What it could not read then says nothing of now.
                return of_this_program(test);
            }
            for gap in running.report.gaps.iter().filter(|gap| !own.gaps.contains(gap)) {
                test.gap(Went::Short, "only the running agent's account: ", gap);
            }
        }
        None => test.add("running agent", Went::Short, "none has left a note: it does not run, or never did"),
    }
    of_this_program(test);
}

fn of_this_program(test: &mut SelfTest) {
    let usage = Usage::now();
    let memory = usage.memory.map_or_else(|| "unknown".into(), mib);
    test.add("own memory", if usage.gap().is_some() { Went::Short } else { Went::Well }, memory);
}

/// Whether the port is free, or answers.
pub async fn of_port(test: &mut SelfTest, config: &Config) {
    const FIREWALL: &str = "The firewall must let the bot's address in";
    let (mut address, port) = (config.listen, config.listen.port());
    let Err(error) = tokio::net::TcpListener::bind(address).await else {
        return test.add("port", Went::Well, format!("TCP {port} is free: no agent runs. {FIREWALL}"));
    };
    if address.ip().is_unspecified() {
        address.set_ip(std::net::Ipv4Addr::LOCALHOST.into());
    }
    match tokio::net::TcpStream::connect(address).await {
        Ok(_) => test.add("port", Went::Well, format!("TCP {port} answers. {FIREWALL}")),
        Err(_) => test.add("port", Went::Broken, format!("TCP {port}: {error}")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const REPORT: &str = r#"{"v":1,"agent":"SYNC01","generation":1,"agent_version":"0.1.0","server":"SYNC01",
        "clock":"2026-11-22T02:00:00Z","events_at":"2026-11-22T02:00:00Z",
        "appliance":{"kind":"connect","build":"2.6.3.0","services":[{"name":"ADSync","state":"running"}]},
        "events":[{"id":654,"at":"2026-11-22T01:59:00Z","text":""}],
        "gaps":[{"what":"cloud_flag","why":"access denied\u001b[2J for jane@contoso.com"},{"what":"events","why":"denied"}]}"#;

    fn report() -> Report {
        Report::from_json(REPORT.as_bytes()).expect("reads")
    }

    #[test]
    fn each_read_that_is_denied_is_listed_with_what_it_needs_and_without_names() {
        let mut test = SelfTest::new(|_| ());
        read(&mut test, &report());
        assert!(!test.is_broken(), "{:?}", test.steps);
        let step = |name: &str| test.steps.iter().find(|step| step.name == name).expect("is there");
        assert!(step("cloud_flag").needs.is_some_and(|needs| needs.contains("ADSyncAdmins")));
        assert!(step("events").needs.is_some_and(|needs| needs.contains("Event Log Readers")));
        let text: String = test.steps.iter().map(|step| format!("{step}\n")).collect();
        assert!(!text.contains("jane") && !text.contains("SYNC01"), "{text}");
        assert!(text.chars().all(|c| c == '\n' || !c.is_control()), "nothing steers a terminal: {text:?}");
    }

    #[test]
    fn a_log_that_can_not_be_read_or_a_clock_behind_its_events_is_broken() {
        let mut unread = report();
        unread.events_at = None;
        let mut early = report();
        early.clock = "2026-11-22T01:00:00Z".parse().expect("a time");
        for report in [unread, early] {
            let mut test = SelfTest::new(|_| ());
            read(&mut test, &report);
            assert!(test.is_broken(), "{:?}", test.steps);
        }
    }

    #[test]
    fn each_step_is_shown_as_soon_as_it_has_ended() {
        let (told, shown) = std::sync::mpsc::channel();
        let mut test = SelfTest::new(move |step| told.send(step.to_string()).expect("somebody listens"));
        test.add("one", Went::Well, "found");
        assert_eq!(shown.try_recv().expect("is shown"), "ok      one              found");
        test.gap(Went::Short, "", &report().gaps[1]);
        assert!(shown.try_recv().expect("is shown").contains("needs: reading the Application log"));
        assert_eq!(test.summary(), "2 steps, 1 short, 0 broken");
    }
}
