//! The gateway on the wire: a bare websocket client, so that nothing is hidden by a library's kindness.

use serde_json::{Value, json};
use syncmedic::demo::discord::people::{DANA, HELPDESK};
use syncmedic::demo::discord::{Forgery, LocalDiscord};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use super::Stage;

/// What the gateway sent.
#[derive(Debug)]
enum Frame {
    Payload(Value),
    Close(u16),
    Cut,
}

struct Socket(TcpStream);

impl Socket {
    async fn open(discord: &LocalDiscord) -> Socket {
        let mut stream = TcpStream::connect(("127.0.0.1", discord.port())).await.expect("connects");
        let request = format!(
            "GET /?v=10&encoding=json HTTP/1.1\r\nHost: 127.0.0.1:{}\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\
             Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n",
            discord.port()
        );
        stream.write_all(request.as_bytes()).await.expect("sent");
        let mut head = Vec::new();
        while !head.ends_with(b"\r\n\r\n") {
            head.push(stream.read_u8().await.expect("a head"));
        }
        assert!(head.starts_with(b"HTTP/1.1 101"), "{}", String::from_utf8_lossy(&head));
        let mut socket = Socket(stream);
        let hello = socket.payload().await;
        assert_eq!((&hello["op"], &hello["d"]["heartbeat_interval"]), (&json!(10), &json!(41_250)));
        socket
    }

    /// A text frame, masked with zeros.
    async fn send(&mut self, payload: &Value) {
        let text = payload.to_string();
        let mut frame = vec![0x81];
        match u16::try_from(text.len()).expect("not that long") {
            length @ 0..=125 => frame.push(0x80 | u8::try_from(length).expect("fits")),
            length => {
                frame.push(0x80 | 126);
                frame.extend(length.to_be_bytes());
            }
        }
        frame.extend([0; 4]);
        frame.extend(text.as_bytes());
        self.0.write_all(&frame).await.expect("sent");
    }

    async fn next(&mut self) -> Frame {
        let Ok(head) = self.0.read_u8().await else { return Frame::Cut };
        let length = match self.0.read_u8().await.expect("a length") {
            126 => u64::from(self.0.read_u16().await.expect("a length")),
            127 => self.0.read_u64().await.expect("a length"),
            length => u64::from(length),
        };
        let mut bytes = vec![0; usize::try_from(length).expect("fits")];
        self.0.read_exact(&mut bytes).await.expect("a payload");
        match head & 0x0f {
            8 => Frame::Close(u16::from_be_bytes([bytes[0], bytes[1]])),
            _ => Frame::Payload(serde_json::from_slice(&bytes).expect("JSON")),
        }
    }

    async fn payload(&mut self) -> Value {
        match self.next().await {
            Frame::Payload(payload) => payload,
            other => panic!("{other:?} instead of a payload"),
        }
    }

    async fn closed(&mut self) -> u16 {
        loop {
            match self.next().await {
                Frame::Close(code) => return code,
                Frame::Payload(_) => {}
                Frame::Cut => panic!("cut without a code"),
            }
        }
    }

    async fn identify(&mut self, discord: &LocalDiscord, intents: u64) -> String {
        self.send(
            &json!({ "op": 2, "d": { "token": discord.token(), "intents": intents, "properties": {} } }),
        )
        .await;
        let ready = self.payload().await;
        assert_eq!((&ready["t"], &ready["s"]), (&json!("READY"), &json!(1)));
        ready["d"]["session_id"].as_str().expect("an id").to_owned()
    }
}

#[tokio::test]
async fn each_mistake_closes_with_its_own_code() {
    let stage = Stage::new().await;
    let token = stage.discord.token();
    let identify = |intents: Value| json!({ "op": 2, "d": { "token": token, "intents": intents } });
    for (payload, code) in [
        (json!({ "op": 99 }), 4001),
        (json!({ "op": 3, "d": {} }), 4003),
        (json!({ "op": 2, "d": { "token": "wrong", "intents": 0 } }), 4004),
        (identify(json!(1_u64 << 40)), 4013),
        (identify(json!(1 << 1)), 4014),
        (identify(json!(1 << 15)), 4014),
        (json!({ "op": 1, "d": "x".repeat(4096) }), 4002),
    ] {
        let mut socket = Socket::open(&stage.discord).await;
        socket.send(&payload).await;
        assert_eq!(socket.closed().await, code, "{payload}");
    }
    let mut socket = Socket::open(&stage.discord).await;
    socket.identify(&stage.discord, 0).await;
    socket.send(&identify(json!(0))).await;
    assert_eq!(socket.closed().await, 4005);
}

#[tokio::test]
async fn heartbeats_are_acknowledged_and_120_sends_a_minute_are_the_most() {
    let stage = Stage::new().await;
    let mut socket = Socket::open(&stage.discord).await;
    for _ in 0..120 {
        socket.send(&json!({ "op": 1, "d": null })).await;
        assert_eq!(socket.payload().await["op"], 11);
    }
    stage.hand.advance(std::time::Duration::from_secs(60));
    socket.send(&json!({ "op": 1, "d": null })).await;
    assert_eq!(socket.payload().await["op"], 11);
    for _ in 0..120 {
        socket.send(&json!({ "op": 1, "d": null })).await;
    }
    assert_eq!(socket.closed().await, 4008);
}

#[tokio::test]
async fn a_guild_is_described_only_to_those_who_asked_for_guilds() {
    let stage = Stage::new().await;
    let mut with = Socket::open(&stage.discord).await;
    with.identify(&stage.discord, 1).await;
    let guild = with.payload().await;
    assert_eq!(guild["t"], "GUILD_CREATE");
    assert_eq!(guild["d"]["channels"].as_array().map(Vec::len), Some(4));
    let mut without = Socket::open(&stage.discord).await;
    without.identify(&stage.discord, 0).await;
    stage.discord.forge(Forgery::slash(DANA, HELPDESK, "x", json!([])));
    assert_eq!(without.payload().await["t"], "INTERACTION_CREATE");
}

#[tokio::test]
async fn a_resume_replays_exactly_what_was_missed() {
    let stage = Stage::new().await;
    let discord = &stage.discord;
    let mut socket = Socket::open(discord).await;
    let session = socket.identify(discord, 0).await;
    discord.forge(Forgery::slash(DANA, HELPDESK, "seen", json!([])));
    assert_eq!(socket.payload().await["s"], 2);
    discord.gateway_drop();
    assert!(matches!(socket.next().await, Frame::Cut));
    discord.online(false).await.expect("offline");
    discord.forge(Forgery::slash(DANA, HELPDESK, "missed", json!([])));
    let resume = |seq: u64, session: &str| json!({ "op": 6, "d": { "token": discord.token(), "session_id": session, "seq": seq } });
    let mut again = Socket::open(discord).await;
    again.send(&resume(2, &session)).await;
    let missed = again.payload().await;
    assert_eq!((&missed["s"], &missed["d"]["data"]["name"]), (&json!(3), &json!("missed")));
    assert_eq!(again.payload().await["t"], "RESUMED");
    let mut ahead = Socket::open(discord).await;
    ahead.send(&resume(99, &session)).await;
    assert_eq!(ahead.closed().await, 4007);
    discord.gateway_forget();
    let mut forgotten = Socket::open(discord).await;
    forgotten.send(&resume(3, &session)).await;
    let invalid = forgotten.payload().await;
    assert_eq!((&invalid["op"], &invalid["d"]), (&json!(9), &json!(false)));
    // The same connection may identify anew.
    forgotten.identify(discord, 0).await;
}
