//! How long a diagnosis takes: of one report, and of logs as streams, beside what the parsers need by themselves over
//! the same bytes: `cargo bench --bench diagnose`.

#![allow(missing_docs, reason = "what criterion's macro makes has no words")]

use std::hint::black_box;
use std::io::{BufReader, Cursor, Seek as _, Write as _};
use std::time::Duration;

use criterion::{BatchSize, Criterion, Throughput, criterion_group, criterion_main};
use evtx::{EvtxParser, ParserSettings};
use quick_xml::events::Event;
use quick_xml::reader::Reader;
use syncmedic::diagnosis::{Knowledge, Observation, diagnose};
use syncmedic::offline::{self, log::Log};
use syncmedic::report::Report;

const CODE_90: &str = "Failed credential provisioning ping. Error: Microsoft.Online.Coexistence.ProvisionException: An \
    error occurred. Error Code: 90. Error Description: Password Synchronization has not been activated for this company. \
    Tracking ID: 0744fa31-1d9b-453a-83d8-c2555d843802 Server Name: BL2GR1BBA005.";
const PING: &str = "Provision credentials ping end. TrackingID : 5b3e6861-0ac9-4646-9371-130c639b3a17";
const OTHER: &str = "The Software Protection service has completed licensing status check. Application Id=55c92734-d682-\
    4d71-983e-d6ec3f16059f Licensing Status= 1: 2de67392-b7a7-462a-b1ca-108dd189f588, 1, 1 [(0 [0x00000000, 1, 0])]";
const EVTX: &[u8] = include_bytes!("../tests/corpus/events/phs-not-activated.ping.evtx");

const XML_BYTES: usize = 120 << 20;
const EVTX_CHUNKS: u16 = 600;

/// An application log as `wevtutil qe /f:xml` writes it: nine of ten events are of other programs.
fn xml() -> String {
    let mut log = String::with_capacity(XML_BYTES + 4096);
    let mut record = 0_u32;
    while log.len() < XML_BYTES {
        record += 1;
        let (provider, id, text) = match record % 40 {
            0 => ("Directory Synchronization", 655, CODE_90),
            10 | 20 | 30 => ("Directory Synchronization", 654, PING),
            _ => ("Microsoft-Windows-Security-SPP", 1003, OTHER),
        };
        let (day, hour, minute, second) =
            (1 + record / 86_400 % 28, record / 3600 % 24, record / 60 % 60, record % 60);
        log.push_str(&format!(
            "<Event xmlns='http://schemas.microsoft.com/win/2004/08/events/event'><System><Provider Name='{provider}'/>\
             <EventID Qualifiers='0'>{id}</EventID><Version>0</Version><Level>4</Level><Task>0</Task><Opcode>0</Opcode>\
             <Keywords>0x80000000000000</Keywords><TimeCreated SystemTime='2026-11-{day:02}T{hour:02}:{minute:02}:\
             {second:02}.1234567Z'/><EventRecordID>{record}</EventRecordID><Correlation/><Execution ProcessID='0' \
             ThreadID='0'/><Channel>Application</Channel><Computer>SYNC01.corp.example</Computer><Security/></System>\
             <EventData><Data>{text}</Data></EventData></Event>\r\n"
        ));
    }
    log
}

/// The corpus's log with its one chunk many times over.
fn evtx() -> Vec<u8> {
    const HEADER: usize = 4096;
    const CHUNK: usize = 65_536;
    let mut log = EVTX[..HEADER].to_vec();
    log[42..44].copy_from_slice(&EVTX_CHUNKS.to_le_bytes());
    for _ in 0..EVTX_CHUNKS {
        log.extend_from_slice(&EVTX[HEADER..HEADER + CHUNK]);
    }
    log
}

fn one_report(c: &mut Criterion) {
    let mut report: Report = Report::from_json(
        br#"{"v":1,"agent":"SYNC01","generation":1,"agent_version":"0.1.0","server":"SYNC01",
            "clock":"2026-11-22T02:00:00Z","events_at":"2026-11-22T02:00:00Z","appliance":{"kind":"connect","build":"2.6.3.0"}}"#,
    )
    .expect("a report");
    report.events = (0..200)
        .map(|n| syncmedic::report::Event {
            id: if n % 2 == 0 { 655 } else { 654 },
            provider: Some("Directory Synchronization".into()),
            level: None,
            record: Some(n),
            at: report.clock - jiff::SignedDuration::from_mins(200 - i64::try_from(n).expect("fits")),
            connector: None,
            text: if n % 2 == 0 { CODE_90 } else { PING }.into(),
        })
        .collect();
    let knowledge = Knowledge::embedded();
    let (now, agent) = (report.clock, report.agent.clone());
    let seen = Observation { agent, report: Some(report), received_at: Some(now), silence: None, skew: None };
    c.bench_function("diagnose one report of 200 events", |b| {
        b.iter(|| black_box(diagnose(std::slice::from_ref(black_box(&seen)), now, &knowledge)))
    });
}

fn xml_streams(c: &mut Criterion) {
    let log = xml();
    let mut file = tempfile::tempfile().expect("a file");
    file.write_all(log.as_bytes()).expect("written");
    let mut group = c.benchmark_group("event XML");
    group.throughput(Throughput::Bytes(log.len() as u64));
    group.sample_size(10).measurement_time(Duration::from_secs(15));
    group.bench_function("diagnose reads it", |b| {
        b.iter(|| {
            let mut log = Log::new();
            file.rewind().expect("rewinds");
            offline::read("bench", &file, &mut log).expect("reads");
            black_box(log.events_read())
        })
    });
    group.bench_function("plain quick-xml", |b| {
        b.iter(|| {
            file.rewind().expect("rewinds");
            let mut reader = Reader::from_reader(BufReader::with_capacity(64 << 10, &file));
            let (mut buffer, mut tokens) = (Vec::new(), 0_u64);
            loop {
                buffer.clear();
                match reader.read_event_into(&mut buffer).expect("XML") {
                    Event::Eof => break black_box(tokens),
                    _ => tokens += 1,
                }
            }
        })
    });
    group.finish();
}

fn evtx_streams(c: &mut Criterion) {
    let log = evtx();
    let mut group = c.benchmark_group(".evtx");
    group.throughput(Throughput::Bytes(log.len() as u64));
    group.sample_size(10).measurement_time(Duration::from_secs(10));
    group.bench_function("diagnose reads it", |b| {
        b.iter(|| {
            let mut kept = Log::new();
            offline::read("bench", Cursor::new(&log), &mut kept).expect("reads");
            black_box(kept.events_read())
        })
    });
    group.bench_function("the evtx crate's own dump as XML", |b| {
        b.iter_batched(
            || Cursor::new(log.as_slice()),
            |source| {
                let settings = ParserSettings::new().num_threads(1).indent(false);
                let mut parser =
                    EvtxParser::from_read_seek(source).expect("a log").with_configuration(settings);
                black_box(parser.records().map(|record| record.expect("a record").data.len()).sum::<usize>())
            },
            BatchSize::PerIteration,
        )
    });
    group.finish();
}

criterion_group!(benches, one_report, xml_streams, evtx_streams);
criterion_main!(benches);
