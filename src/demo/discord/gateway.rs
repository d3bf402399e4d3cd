//! The gateway: one task a connection.
//!
//! Opcodes and close codes: discord-api-docs `topics/opcodes-and-status-codes.mdx`; rules: `events/gateway.mdx`.
//! A client that stops its heartbeats is not cut off: stories move the clock by hours at once.

use std::collections::VecDeque;
use std::time::Duration;

use axum::extract::ws::{CloseFrame, Message as Frame, WebSocket};
use futures_util::SinkExt as _;
use serde_json::{Value, json};
use tokio::sync::mpsc;

use super::sessions::{Answer, Order};
use super::state::Shared;

/// What Discord's gateway has been giving as heartbeat interval for years.
const HEARTBEAT_MS: u64 = 41_250;
/// Largest payload a client may send (events/gateway.mdx, "Sending Events").
const MOST_BYTES: usize = 4096;
/// A connection may send this many events a minute (events/gateway.mdx, "Rate Limiting").
const SENDS: usize = 120;

/// What the connection does after a frame.
enum Next {
    Stay,
    Close(u16, &'static str),
    Gone { over: bool },
}

struct Connection {
    shared: Shared,
    id: u64,
    orders: mpsc::UnboundedSender<Order>,
    session: Option<String>,
    /// When its last events were sent, to hold the limit of 120 a minute.
    recent: VecDeque<Duration>,
}

/// Serves one gateway connection to its end.
pub(crate) async fn serve(mut socket: WebSocket, shared: Shared) {
    let (orders, mut inbox) = mpsc::unbounded_channel();
    let id = shared.look(|s| {
        s.sessions.connections += 1;
        s.sessions.connections
    });
    let mut connection =
        Connection { shared: shared.clone(), id, orders, session: None, recent: VecDeque::new() };
    let hello = json!({ "op": 10, "d": { "heartbeat_interval": HEARTBEAT_MS, "_trace": [] } });
    let mut over = false;
    if socket.send(Frame::text(hello.to_string())).await.is_ok() {
        loop {
            let next = tokio::select! {
                frame = socket.recv() => connection.receive(frame),
                order = inbox.recv() => match order {
                    Some(Order::Send(text)) => send(&mut socket, text).await,
                    Some(Order::Invalidate(resumable)) => {
                        if !resumable {
                            connection.session = None;
                        }
                        send(&mut socket, json!({ "op": 9, "d": resumable }).to_string()).await
                    }
                    Some(Order::Close(code, reason)) => Next::Close(code, reason),
                    Some(Order::Drop) | None => Next::Gone { over: false },
                },
            };
            match next {
                Next::Stay => {}
                Next::Gone { over: ended } => {
                    // The answer to a close frame is queued, and a client that closed properly waits for it.
                    let _ = socket.flush().await;
                    over = ended;
                    break;
                }
                Next::Close(code, reason) => {
                    let frame = CloseFrame { code, reason: reason.into() };
                    let _ = socket.send(Frame::Close(Some(frame))).await;
                    break;
                }
            }
        }
    }
    shared.change(|s| s.hang_up(id, over));
}

async fn send(socket: &mut WebSocket, text: String) -> Next {
    match socket.send(Frame::text(text)).await {
        Ok(()) => Next::Stay,
        Err(_) => Next::Gone { over: false },
    }
}

impl Connection {
    fn receive(&mut self, frame: Option<Result<Frame, axum::Error>>) -> Next {
        let bytes = match frame {
            Some(Ok(Frame::Text(text))) => text.as_bytes().to_vec(),
            Some(Ok(Frame::Binary(bytes))) => bytes.to_vec(),
            Some(Ok(Frame::Ping(_) | Frame::Pong(_))) => return Next::Stay,
            Some(Ok(Frame::Close(frame))) => {
                return Next::Gone { over: frame.is_some_and(|f| matches!(f.code, 1000 | 1001)) };
            }
            Some(Err(_)) | None => return Next::Gone { over: false },
        };
        if bytes.len() > MOST_BYTES {
            return Next::Close(4002, "Error while decoding payload.");
        }
        let now = self.shared.clock().elapsed();
        self.recent.retain(|sent| now - *sent < Duration::from_secs(60));
        self.recent.push_back(now);
        if self.recent.len() > SENDS {
            return Next::Close(4008, "Rate limited.");
        }
        let Ok(payload) = serde_json::from_slice::<Value>(&bytes) else {
            return Next::Close(4002, "Error while decoding payload.");
        };
        self.act(&payload)
    }

    fn act(&mut self, payload: &Value) -> Next {
        let data = &payload["d"];
        match (payload["op"].as_u64(), &self.session) {
            (Some(1), _) => {
                let _ = self.orders.send(Order::Send(json!({ "op": 11 }).to_string()));
                Next::Stay
            }
            (Some(2 | 6), Some(_)) => Next::Close(4005, "Already authenticated."),
            (Some(2), None) => {
                let answer = self.shared.change(|s| s.identify(data, self.id, &self.orders));
                self.settle(answer)
            }
            (Some(6), None) => {
                let answer = self.shared.change(|s| s.resume(data, self.id, &self.orders));
                self.settle(answer)
            }
            // Presence, voice state and member lists: allowed, and nothing here depends on them.
            (Some(3 | 4 | 8 | 31 | 43), Some(_)) => Next::Stay,
            (Some(3 | 4 | 8 | 31 | 43), None) => Next::Close(4003, "Not authenticated."),
            _ => Next::Close(4001, "Unknown opcode."),
        }
    }

    fn settle(&mut self, answer: Answer) -> Next {
        match answer {
            Answer::Session(id) => {
                self.session = Some(id);
                Next::Stay
            }
            Answer::Invalid => {
                let _ = self.orders.send(Order::Invalidate(false));
                Next::Stay
            }
            Answer::Close(code, reason) => Next::Close(code, reason),
        }
    }
}
