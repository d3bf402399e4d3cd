//! The local Discord behaves as Discord does where it hurts.
//!
//! - `client`     the bot's real gateway client connects, hears people, resumes
//! - `messages`   messages, limits, mentions, nonces, permissions
//! - `answers`    interactions: the three seconds, double answers, deferring, ephemeral ones, modals
//! - `rest`       token, User-Agent, rate limits, faults, what is recorded
//! - `gateway`    close codes, limits and replay, on the wire
//! - `page`       the page's API
//! - `uploads`    files that people attach
#![cfg(all(feature = "bot", feature = "agent"))]
#![allow(missing_docs, reason = "tests are named after the promise they keep")]

mod answers;
mod client;
mod gateway;
mod messages;
mod page;
mod rest;
mod uploads;

use std::time::Duration;

use reqwest::Method;
use serde_json::{Value, json};
use syncmedic::clock::{Clock, Hand};
use syncmedic::demo::discord::people::{APPLICATION, GUILD};
use syncmedic::demo::discord::{Config, LocalDiscord};
use syncmedic::random::Random;

/// A local Discord whose time stands still until moved, and a bare REST client with the bot's token.
struct Stage {
    discord: LocalDiscord,
    hand: Hand,
    http: reqwest::Client,
}

/// An answer.
struct Got {
    status: u16,
    body: Value,
    headers: reqwest::header::HeaderMap,
}

impl Got {
    fn code(&self) -> u64 {
        self.body["code"].as_u64().unwrap_or(u64::MAX)
    }

    fn header(&self, name: &str) -> &str {
        self.headers.get(name).and_then(|v| v.to_str().ok()).unwrap_or("")
    }
}

impl Stage {
    async fn new() -> Stage {
        Stage::with(|_| {}).await
    }

    async fn with(change: impl FnOnce(&mut Config)) -> Stage {
        let (clock, hand) = Clock::manual("2026-11-22T02:00:00Z".parse().expect("a time"));
        let mut config = Config::new(clock, Random::seeded(1));
        config.patience = Duration::from_secs(30);
        change(&mut config);
        let discord = LocalDiscord::start(config).await.expect("starts");
        let http = reqwest::Client::builder()
            .user_agent("DiscordBot (https://example.org, 1)")
            .build()
            .expect("a client");
        Stage { discord, hand, http }
    }

    async fn call(&self, method: Method, path: &str, body: Option<&Value>) -> Got {
        let mut request = self
            .http
            .request(method, format!("{}{path}", self.discord.api_url()))
            .header("authorization", format!("Bot {}", self.discord.token()));
        if let Some(body) = body {
            request = request.json(body);
        }
        got(request.send().await.expect("an answer")).await
    }

    async fn get(&self, path: &str) -> Got {
        self.call(Method::GET, path, None).await
    }

    async fn post(&self, path: &str, body: &Value) -> Got {
        self.call(Method::POST, path, Some(body)).await
    }

    async fn patch(&self, path: &str, body: &Value) -> Got {
        self.call(Method::PATCH, path, Some(body)).await
    }

    async fn delete(&self, path: &str) -> Got {
        self.call(Method::DELETE, path, None).await
    }

    /// Registers `/signin`, `/sync history` and "Diagnose sign-in".
    async fn register(&self) {
        let commands = json!([
            { "name": "signin", "description": "Why can't people sign in?", "options": [
                { "type": 3, "name": "problem", "description": "What they say", "required": true },
                { "type": 3, "name": "server", "description": "One server", "autocomplete": true },
            ] },
            { "name": "sync", "description": "Sync servers", "options": [
                { "type": 1, "name": "history", "description": "A chart", "options": [
                    { "type": 4, "name": "hours", "description": "Hours", "min_value": 1, "max_value": 72 },
                ] },
            ] },
            { "name": "Diagnose sign-in", "type": 3 },
        ]);
        let got = self
            .call(
                Method::PUT,
                &format!("/applications/{APPLICATION}/guilds/{GUILD}/commands"),
                Some(&commands),
            )
            .await;
        assert_eq!(got.status, 200, "{}", got.body);
    }
}

async fn got(response: reqwest::Response) -> Got {
    let (status, headers) = (response.status().as_u16(), response.headers().clone());
    let text = response.text().await.expect("a body");
    Got { status, body: serde_json::from_str(&text).unwrap_or(Value::Null), headers }
}
