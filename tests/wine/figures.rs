//! What the agent costs, in its release build: under Wine with its log, and on Linux with event files. Prints, asserts nothing:
//! `cargo test --test wine figures -- --ignored --nocapture`, with nothing else running.

use std::fs::File;
use std::io::Write as _;
use std::time::{Duration, Instant};

use syncmedic::link::client::AgentClient;

use crate::log::{Log, Written};
use crate::machine::{self, AGENT, agent_of, put};
use crate::programs::Program;
use crate::server::Server;

const POLLS: u32 = 50;
const NEW: usize = 5000;
/// The kernel counts a process's time in hundredths of a second.
const TICK: Duration = Duration::from_millis(10);

#[tokio::test]
#[ignore = "prints figures and builds the release"]
async fn figures_of_the_agent() {
    let Some(windows) = machine::windows() else { return };
    let (exe, here) = (agent_of("release", "x86_64-pc-windows-gnu"), agent_of("release", ""));
    for file in [&exe, &here] {
        let size = std::fs::metadata(file).expect("was built").len() as f64 / 1024.0 / 1024.0;
        println!("{:40} {size:.1} MiB", file.file_name().expect("a name").display());
    }
    put(&exe, &windows.unix(AGENT));

    let (server, mut log) = (Server::new(windows, "figures", ""), Log::new(windows));
    log.write_many(100, &Written { minutes_ago: 9, ..Written::default() });
    let began = Instant::now();
    let (agent, client) = server.serve(&log.env());
    let started = began.elapsed();
    measure("Wine, event log", &agent, &client, started, || {
        log.write_many(NEW, &Written::default());
    })
    .await;
    agent.interrupt();

    let server = Server::new(windows, "figures", "").with_event_files();
    let config = server.path("agent.toml");
    let began = Instant::now();
    let folder = config.parent().expect("a folder");
    let arguments = ["run", "--config", config.to_str().expect("text")];
    let here = here.to_str().expect("text");
    let mut agent = Program::start(here, &arguments, folder, &[("NO_COLOR", "1")], folder);
    agent.says("the agent answers");
    let started = began.elapsed();
    let log = agent.log();
    let address = log.lines().find_map(|line| line.split_once("address=")).expect("it says where").1;
    let client = server.client(address.trim());
    measure("Linux, event files", &agent, &client, started, || {
        let mut file = File::options().create(true).append(true).open(server.path(r"events\a.jsonl"));
        let file = file.as_mut().expect("opens");
        for record in 0..NEW {
            let at = jiff::Timestamp::now();
            let text = "Provision credentials ping end.";
            let line = format!(
                r#"{{"id":654,"provider":"Directory Synchronization","record":{record},"at":"{at}","text":"{text}"}}"#
            );
            writeln!(file, "{line}").expect("writes");
        }
    })
    .await;
    agent.terminate();
}

async fn measure(what: &str, agent: &Program, client: &AgentClient, started: Duration, write: impl FnOnce()) {
    println!("{what}");
    let line = |name: &str, value: String| println!("  {name:38} {value}");
    line("until it answers (in steps of 20 ms)", format!("{started:.0?}"));
    // The first poll reads the backlog and opens the connection.
    let first = poll(client).await;
    line("first poll", format!("{first:.1?}"));
    let (time, cpu) = (Instant::now(), cpu(agent));
    for _ in 0..POLLS {
        poll(client).await;
    }
    let cost = (time.elapsed() / POLLS, used(agent, cpu) / POLLS);
    line("a poll with nothing new", format!("{:.1?}, CPU {:.1?}", cost.0, cost.1));
    write();
    let cpu = self::cpu(agent);
    let time = poll(client).await;
    line(&format!("a poll with {NEW} new events"), format!("{time:.1?}, CPU {:.1?}", used(agent, cpu)));
    let cpu = self::cpu(agent);
    let after = poll(client).await;
    line("the poll after it", format!("{after:.1?}, CPU {:.1?}", used(agent, cpu)));
    let cpu = self::cpu(agent);
    let idle = Duration::from_secs(20);
    tokio::time::sleep(idle).await;
    line("CPU while idle", format!("{:.2} %", used(agent, cpu).as_secs_f64() / idle.as_secs_f64() * 100.0));
    let status = std::fs::read_to_string(format!("/proc/{}/status", agent.id())).expect("it runs");
    for (field, name) in
        [("VmRSS:", "memory"), ("RssAnon:", "of that its own"), ("VmHWM:", "most memory so far")]
    {
        let value = status.lines().find_map(|line| line.strip_prefix(field)).unwrap_or("unknown");
        line(name, value.trim().to_owned());
    }
}

async fn poll(client: &AgentClient) -> Duration {
    let began = Instant::now();
    let report = client.report(false).await.expect("a report");
    assert!(report.events_at.is_some());
    began.elapsed()
}

/// The time that a process has had on processors, in ticks.
fn cpu(agent: &Program) -> u32 {
    let stat = std::fs::read_to_string(format!("/proc/{}/stat", agent.id())).expect("it runs");
    // After the name, which may hold anything, in brackets.
    let fields: Vec<&str> = stat.rsplit_once(')').expect("a name").1.split_whitespace().collect();
    fields[11].parse::<u32>().expect("user time") + fields[12].parse::<u32>().expect("system time")
}

fn used(agent: &Program, before: u32) -> Duration {
    TICK * (cpu(agent) - before)
}
