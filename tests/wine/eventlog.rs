//! Windows' event log as the running agent reads it, polled by the bot over mutual TLS. The log behind `wevtapi.dll` is a
//! stand-in; whether Windows' own behaves so is for a real server to show (`tests/windows/wevtapi` says what is stood in for).

use syncmedic::link::client::AgentClient;
use syncmedic::link::protocol::PlanAnswer;
use syncmedic::plan::Mode;
use syncmedic::report::Report;

use crate::bot::wish;
use crate::log::{Log, Written};
use crate::machine::{self, Windows};
use crate::programs::Program;
use crate::server::Server;
use crate::waiting::until_async;

const CODE_90: &str = "The server encountered an unexpected error while processing a password change notification:\n\"An error \
                       occurred. Error Code: 90. Error Description: Password Synchronization has not been activated for \
                       this company";

/// A server with its log, the agent running.
struct Site {
    server: Server,
    log: Log,
    agent: Program,
    client: AgentClient,
}

impl Site {
    /// Starts the agent on what `write` has put into the log.
    fn new(windows: &'static Windows, name: &str, write: impl FnOnce(&mut Log)) -> Site {
        let (server, mut log) = (Server::new(windows, name, ""), Log::new(windows));
        write(&mut log);
        let (agent, client) = server.serve(&log.env());
        Site { server, log, agent, client }
    }

    async fn poll(&self) -> Report {
        self.client.report(false).await.expect("a report")
    }

    /// Ends the agent as an administrator does, and starts it again.
    fn restart(self) -> Site {
        self.restart_after(|_| ())
    }

    /// The same, with something happening to the log meanwhile.
    fn restart_after(mut self, meanwhile: impl FnOnce(&mut Log)) -> Site {
        let ended = self.agent.interrupt();
        assert_eq!(ended.code, Some(0), "{ended:?}");
        meanwhile(&mut self.log);
        let (agent, client) = self.server.serve(&self.log.env());
        Site { agent, client, ..self }
    }
}

fn gaps(report: &Report) -> String {
    let events = report.gaps.iter().filter(|gap| gap.what.contains("events"));
    events.map(|gap| format!("{}: {}\n", gap.what, gap.why)).collect()
}

fn records(report: &Report) -> Vec<u64> {
    report.events.iter().filter_map(|event| event.record).collect()
}

#[tokio::test]
async fn the_backlog_is_read_once_and_each_poll_then_reads_only_what_is_new() {
    let Some(windows) = machine::windows() else { return };
    let mut site = Site::new(windows, "backlog", |log| {
        // Too old, of no interest, somebody else's, and an administrator's action of any age.
        log.write(&Written { minutes_ago: 80 * 60, ..Written::default() });
        log.write(&Written {
            id: 2506,
            provider: "Entra Connect Admin Actions",
            minutes_ago: 90 * 24 * 60,
            ..Written::default()
        });
        log.write(&Written { id: 1000, ..Written::default() });
        log.write(&Written {
            id: 0,
            provider: "Contoso Backup",
            data: "Error Code: 90.",
            ..Written::default()
        });
        log.write_many(100, &Written { minutes_ago: 30, ..Written::default() });
    });
    let report = site.poll().await;
    assert_eq!(gaps(&report), "");
    assert!(report.events_at.is_some());
    let ids: Vec<u32> = report.events.iter().map(|event| event.id).collect();
    assert_eq!((ids.len(), ids[0], ids[1]), (101, 2506, 654));
    let given = site.log.handed_out();
    assert_eq!(given, 102, "Windows was asked for nothing that does not matter, but for where the log ends");
    site.poll().await;
    assert_eq!(site.log.handed_out(), given, "nothing new, nothing read");
    let fault = site.log.write(&Written {
        id: 6900,
        provider: "ADSync",
        message: Some(CODE_90),
        data: CODE_90,
        ..Written::default()
    });
    let report = site.poll().await;
    assert_eq!(site.log.handed_out(), given + 1, "one new, one read");
    assert_eq!(records(&report).last(), Some(&fault));
    let text = &report.events.last().expect("there").text;
    assert!(text.starts_with("An error occurred. Error Code: 90."), "the wrapper is off: {text}");
    // Somebody else's event that says what ours says is shown and does not count.
    site.log.write(&Written {
        id: 655,
        provider: "Contoso Backup",
        message: None,
        data: CODE_90,
        ..Written::default()
    });
    let report = site.poll().await;
    assert_eq!(report.events.iter().filter(|event| !event.counts()).count(), 1, "{report:#?}");
}

#[tokio::test]
async fn a_restart_goes_on_from_its_bookmark_and_tells_what_was_overwritten_meanwhile() {
    let Some(windows) = machine::windows() else { return };
    let ten = Written { minutes_ago: 9, ..Written::default() };
    let site = Site::new(windows, "wrapped", |log| {
        log.write(&Written {
            id: 2506,
            provider: "Entra Connect Admin Actions",
            minutes_ago: 600,
            ..Written::default()
        });
        log.write_many(9, &ten);
    });
    assert_eq!(gaps(&site.poll().await), "");
    let site = site.restart();
    let report = site.poll().await;
    assert_eq!((report.events.len(), gaps(&report)), (10, String::new()), "nothing was lost");
    let site = site.restart_after(|log| {
        log.overflow(20, &Written { minutes_ago: 5, ..Written::default() }, 5);
    });
    let report = site.poll().await;
    assert!(gaps(&report).contains("events: records 11 to 25 of the log Application"), "{}", gaps(&report));
    assert!(gaps(&report).contains("enlarge the log"), "{}", gaps(&report));
    assert_eq!(records(&report), [1, 26, 27, 28, 29, 30], "the administrator's action is not forgotten");
    // It stays known over one more restart.
    let report = site.restart().poll().await;
    assert!(gaps(&report).contains("records 11 to 25"), "{}", gaps(&report));
}

#[tokio::test]
async fn a_log_that_wraps_or_is_cleared_under_the_agent_is_told_and_read_on() {
    let Some(windows) = machine::windows() else { return };
    let mut site = Site::new(windows, "cleared", |log| {
        log.write_many(10, &Written { minutes_ago: 9, ..Written::default() });
    });
    site.poll().await;
    site.log.overflow(20, &Written { minutes_ago: 5, ..Written::default() }, 5);
    let report = site.poll().await;
    assert!(gaps(&report).contains("records 11 to 25"), "{}", gaps(&report));
    assert_eq!(report.events.len(), 15);
    site.log.clear();
    let report = site.poll().await;
    assert!(gaps(&report).contains("was cleared or replaced"), "{}", gaps(&report));
    site.log.write(&Written { id: 6900, provider: "ADSync", message: Some(CODE_90), ..Written::default() });
    let report = site.poll().await;
    assert_eq!((report.events.len(), report.events[15].record), (16, Some(1)));
    let counted: u32 = report.counts.iter().map(|count| count.count).sum();
    assert_eq!(counted, 16, "nothing counts twice");
}

#[tokio::test]
async fn access_denied_and_a_stopped_service_are_told_with_the_mend_until_they_end() {
    let Some(windows) = machine::windows() else { return };
    let site = Site::new(windows, "denied", |log| {
        log.write_many(3, &Written::default());
        log.order("denied");
    });
    let report = site.poll().await;
    assert_eq!((report.events_at, report.events.len()), (None, 0));
    assert!(gaps(&report).contains("Event Log Readers"), "{}", gaps(&report));
    site.log.order("");
    let read = site.poll().await;
    assert_eq!((read.events.len(), gaps(&read)), (3, String::new()));
    for (order, mend) in [("stopped", "Start-Service EventLog"), ("denied", "Event Log Readers")] {
        site.log.order(order);
        let report = site.poll().await;
        assert!(gaps(&report).contains(mend), "{}", gaps(&report));
        assert_eq!(report.events.len(), 3, "what was read stays");
        assert!(report.events_at.is_some_and(|at| at < report.clock), "and says when it was read");
        site.log.order("");
        assert_eq!(gaps(&site.poll().await), "");
    }
    site.log.order("stale");
    let report = site.poll().await;
    assert!(gaps(&report).contains("gone before they were read"), "{}", gaps(&report));
}

#[tokio::test]
async fn a_log_that_is_searched_for_long_is_told_before_the_bot_gives_up_and_read_once_it_answers() {
    let Some(windows) = machine::windows() else { return };
    let site = Site::new(windows, "slow", |log| {
        log.write_many(3, &Written::default());
        log.order("slow");
    });
    // The bot's own deadline counts: a report that came too late would be none.
    let report = site.poll().await;
    assert!(gaps(&report).contains("has not answered since"), "{}", gaps(&report));
    assert_eq!(report.events_at, None, "nothing was read, which is not the same as nothing there");
    site.log.order("");
    let read = async || Some(site.poll().await).filter(|report| report.events_at.is_some());
    let report = until_async("the search ends", read).await;
    assert_eq!((report.events.len(), gaps(&report)), (3, String::new()));
}

#[tokio::test]
async fn a_log_that_does_not_come_back_holds_up_neither_polls_nor_plans_nor_the_agents_end() {
    let Some(windows) = machine::windows() else { return };
    let site = Site::new(windows, "hangs", |log| {
        log.write_many(3, &Written::default());
    });
    assert_eq!(site.poll().await.events.len(), 3);
    site.log.order("hangs");
    let report = site.poll().await;
    site.log.hangs();
    assert!(gaps(&report).contains("has not answered since"), "{}", gaps(&report));
    assert_eq!(report.events.len(), 3, "what was read stays");
    assert!(report.events_at.is_some_and(|at| at < report.clock), "and says when it was read");
    // More than there could be threads, were each to wait for the log.
    for _ in 0..600 {
        assert!(gaps(&site.poll().await).contains("has not answered since"));
    }
    let asked = wish(Mode::Unattended);
    let answer = site.client.plan(&asked).await.expect("an answer");
    assert!(matches!(answer, PlanAnswer::Refused { .. } | PlanAnswer::Busy { .. }), "{answer:?}");
    assert_eq!(site.client.execution(&asked.request).await.expect("the journal is read"), None);
    let ended = site.agent.interrupt();
    assert_eq!(ended.code, Some(0), "{ended:?}");
    assert!(ended.err.contains("the agent has stopped"), "{ended:?}");
}

#[tokio::test]
async fn texts_come_from_windows_or_from_the_events_data_in_any_language() {
    let Some(windows) = machine::windows() else { return };
    const JAPANESE: &str =
        "パスワード変更通知の処理中にエラーが発生しました 🔑: \"An error occurred. Error Code: 90.";
    let site = Site::new(windows, "texts", |log| {
        log.write(&Written {
            id: 6900,
            provider: "ADSync",
            message: Some(JAPANESE),
            data: "Error Code: 90.",
            ..Written::default()
        });
        log.write(&Written {
            id: 655,
            message: None,
            data: "Échec <ping>: \"Error Code: 90.\" & plus",
            ..Written::default()
        });
        let long = "ö".repeat(20_000);
        log.write(&Written { id: 611, message: Some(&long), ..Written::default() });
        log.write(&Written {
            id: 652,
            message: Some("Only the library knows"),
            data: "<connector-id>6B1B1A3E-0000-4000-8000-000000000001</connector-id>",
            ..Written::default()
        });
    });
    let report = site.poll().await;
    let text = |id: u32| report.events.iter().find(|event| event.id == id).expect("there");
    assert_eq!(text(6900).text, JAPANESE);
    assert_eq!(text(655).text, "Échec <ping>: \"Error Code: 90.\" & plus");
    assert!(text(611).text.starts_with("ööö") && text(611).text.ends_with('…'));
    assert_eq!(text(652).connector, "6b1b1a3e-0000-4000-8000-000000000001".parse().ok());
    assert!(text(652).text.starts_with("Only the library knows"));
    // The libraries of all messages are gone: a broken or half removed product.
    site.log.order("no-messages");
    let site = site.restart();
    let report = site.poll().await;
    let text = |id: u32| &report.events.iter().find(|event| event.id == id).expect("there").text;
    assert_eq!(text(6900), "Error Code: 90.");
    assert_eq!(gaps(&report), "");
}

#[tokio::test]
async fn every_handle_is_closed_however_a_poll_ends() {
    let Some(windows) = machine::windows() else { return };
    let mut site = Site::new(windows, "handles", |log| {
        log.write_many(500, &Written::default());
    });
    // What stays open between two polls is the subscription and the bookmark of where the log ended, and nothing while there
    // can't be any.
    let polls =
        [("", 2), ("no-messages", 2), ("stale", 0), ("", 2), ("stopped", 0), ("", 2), ("denied", 0), ("", 2)];
    for (orders, left) in polls {
        site.log.order(orders);
        site.log.write_many(100, &Written::default());
        site.poll().await;
        site.log.leaves_open(left);
    }
    assert_eq!(site.agent.interrupt().code, Some(0));
    // Its end closes the subscription too.
    site.log.leaves_open(0);
}
