//! The agent's accept loop: TCP, TLS, then HTTP/1.1 into a router.
//!
//! A handshake runs beside the loop and has a time limit; the number of connections is bounded; nothing that
//! goes wrong with one connection ends the loop. The peer of each request is in its extensions as [`Peer`].

use std::future::Future;
use std::io;
use std::net::SocketAddr;
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::http::{HeaderValue, Request, header};
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::service::TowerToHyperService;
use rustls::ServerConfig;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{Semaphore, watch};
use tokio_rustls::TlsAcceptor;
use tokio_rustls::server::TlsStream;

use super::certs::CertInfo;
use super::refusal::HandshakeFault;
use crate::clock::Clock;

/// The limits of a listener.
#[derive(Debug, Clone)]
pub struct Limits {
    /// How many connections at once; more wait in the system's queue.
    pub connections: usize,
    /// How long a handshake may take.
    pub handshake: Duration,
    /// How long a connection may wait for, or send, the head of a request. Longer than the client keeps an
    /// idle connection, so that it is the client who closes it. Measured in real time.
    pub head: Duration,
    /// From what age a connection is closed after its next answer, so that certificates are looked at again.
    pub age: Duration,
    /// How long running requests may go on after the shutdown began.
    pub grace: Duration,
}

impl Default for Limits {
    fn default() -> Limits {
        Limits {
            connections: 64,
            handshake: Duration::from_secs(10),
            head: Duration::from_secs(180),
            age: Duration::from_secs(3600),
            grace: Duration::from_secs(10),
        }
    }
}

/// Who sent a request, as the handshake proved.
#[derive(Debug, Clone)]
pub struct Peer {
    /// From where.
    pub address: SocketAddr,
    /// The bot's certificate.
    pub certificate: CertInfo,
}

/// Serves a router with the default [`Limits`] until `shutdown` is ready and running requests have ended.
pub async fn serve(
    listener: TcpListener,
    tls: Arc<ServerConfig>,
    router: Router,
    shutdown: impl Future<Output = ()>,
    clock: Clock,
) {
    serve_within(Limits::default(), listener, tls, router, shutdown, clock).await;
}

/// Serves a router within given limits until `shutdown` is ready and running requests have ended.
pub async fn serve_within(
    limits: Limits,
    listener: TcpListener,
    tls: Arc<ServerConfig>,
    router: Router,
    shutdown: impl Future<Output = ()>,
    clock: Clock,
) {
    let slots = Arc::new(Semaphore::new(limits.connections));
    // Each connection holds a receiver: the sender learns when all are gone.
    let (stop, stopping) = watch::channel(false);
    let acceptor = TlsAcceptor::from(tls);
    let mut shutdown = pin!(shutdown);
    loop {
        let accepted = async {
            let slot = slots.clone().acquire_owned().await;
            (slot, listener.accept().await)
        };
        let (slot, stream) = tokio::select! {
            biased;
            () = &mut shutdown => break,
            (slot, accepted) = accepted => match accepted {
                Ok((stream, address)) => (slot, (stream, address)),
                Err(error) => {
                    // Such as too many open files: give the system a moment instead of spinning.
                    tracing::warn!(%error, "a connection could not be accepted");
                    clock.sleep(Duration::from_millis(100)).await;
                    continue;
                }
            },
        };
        let (stream, address) = stream;
        let connection = Connection {
            limits: limits.clone(),
            acceptor: acceptor.clone(),
            router: router.clone(),
            clock: clock.clone(),
            stopping: stopping.clone(),
            address,
        };
        tokio::spawn(async move {
            connection.run(stream).await;
            drop(slot);
        });
    }
    drop((listener, stopping));
    // Nobody listening means that no connection is left.
    let _ = stop.send(true);
    tokio::select! {
        () = stop.closed() => {}
        () = clock.sleep(limits.grace) => {
            tracing::warn!("requests were still running at the end of the grace period");
        }
    }
}

struct Connection {
    limits: Limits,
    acceptor: TlsAcceptor,
    router: Router,
    clock: Clock,
    stopping: watch::Receiver<bool>,
    address: SocketAddr,
}

impl Connection {
    async fn run(mut self, stream: TcpStream) {
        let _ = stream.set_nodelay(true);
        let peer = self.address;
        let accepted = tokio::select! {
            accepted = self.acceptor.accept(stream).into_fallible() => accepted,
            () = self.clock.sleep(self.limits.handshake) => {
                tracing::warn!(%peer, code = "handshake-timed-out", "the handshake took too long");
                return;
            }
            () = stopped(&mut self.stopping) => return,
        };
        match accepted {
            Ok(stream) => self.serve(stream).await,
            Err((error, stream)) => {
                log_refusal(peer, &error);
                self.hang_up(stream).await;
            }
        }
    }

    /// Closes a connection so that the alert arrives: closing with unread bytes would reset it and may
    /// destroy the alert on its way.
    async fn hang_up(&self, mut stream: TcpStream) {
        let drained = async {
            let _ = stream.shutdown().await;
            let mut rest = [0; 1024];
            // Bounded: the peer may go on sending.
            for _ in 0..64 {
                match stream.read(&mut rest).await {
                    Ok(1..) => {}
                    _ => break,
                }
            }
        };
        let _ = tokio::time::timeout(Duration::from_secs(1), drained).await;
    }

    async fn serve(mut self, stream: TlsStream<TcpStream>) {
        let certificates = stream.get_ref().1.peer_certificates().unwrap_or_default();
        let Some(Ok(certificate)) = certificates.first().map(|cert| CertInfo::from_der(cert)) else {
            // The handshake has read it already.
            return;
        };
        let peer = Peer { address: self.address, certificate };
        tracing::debug!(peer = %peer.address, serial = %peer.certificate.serial, "the bot is connected");
        let opened = self.clock.elapsed();
        let (clock, age) = (self.clock.clone(), self.limits.age);
        let router = TowerToHyperService::new(self.router.clone());
        let service = service_fn(move |mut request: Request<Incoming>| {
            request.extensions_mut().insert(peer.clone());
            let answer = hyper::service::Service::call(&router, request);
            let old = clock.elapsed().saturating_sub(opened) >= age;
            async move {
                let mut answer = answer.await?;
                if old {
                    let close = HeaderValue::from_static("close");
                    answer.headers_mut().insert(header::CONNECTION, close);
                }
                Ok::<_, std::convert::Infallible>(answer)
            }
        });
        let mut http = http1::Builder::new();
        http.timer(TokioTimer::new()).header_read_timeout(self.limits.head).max_buf_size(64 * 1024);
        let mut connection = pin!(http.serve_connection(TokioIo::new(stream), service));
        let ended = tokio::select! {
            ended = connection.as_mut() => ended,
            () = stopped(&mut self.stopping) => {
                connection.as_mut().graceful_shutdown();
                tokio::select! {
                    ended = connection.as_mut() => ended,
                    () = self.clock.sleep(self.limits.grace) => return,
                }
            }
        };
        if let Err(error) = ended {
            tracing::debug!(peer = %self.address, %error, "a connection ended with an error");
        }
    }
}

/// Ready once the shutdown has begun.
async fn stopped(stopping: &mut watch::Receiver<bool>) {
    // An error means that the listener is gone altogether.
    let _ = stopping.wait_for(|stop| *stop).await;
}

fn log_refusal(peer: SocketAddr, error: &io::Error) {
    match HandshakeFault::within(error) {
        Some(fault @ HandshakeFault::Peer(_)) => {
            tracing::warn!(%peer, code = fault.code(), "refused a client's certificate: {fault}");
        }
        Some(fault @ HandshakeFault::Ours(_)) => {
            tracing::warn!(%peer, code = fault.code(), "the client refused this agent's certificate: {fault}");
        }
        Some(fault) => tracing::warn!(%peer, code = fault.code(), "refused a connection: {fault}"),
        None => tracing::info!(%peer, code = "handshake-broken", %error, "a handshake was broken off"),
    }
}
