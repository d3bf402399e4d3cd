//! The demo as people meet it: the program as a process, its page in a real browser.
//!
//! - [`demo`]: the program; [`chromium`]: the browser; [`page`]: the local Discord's page, by accessible names
//! - [`clicks`]: the stories, clicked through; [`keys`]: the main one with the keyboard alone
//! - [`picture`]: pictures small enough for the repository
//! - [`program`]: how the program starts, ends, records and remembers
//!
//! Pictures of what was seen go to `screenshots/`. Where there is no browser these stories say so and pass,
//! unless `SYNCMEDIC_REQUIRE` names `browser`.
#![cfg(all(unix, feature = "bot", feature = "agent"))]

mod chromium;
mod clicks;
mod demo;
mod keys;
mod page;
mod picture;
mod program;
