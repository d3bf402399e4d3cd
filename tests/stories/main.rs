//! Stories: what people do and see, told through the real bot, the real agents over real TLS, a real database
//! and a local Discord that behaves as Discord does.
//!
//! - [`story`]: the harness: `tell(setup, async |s| …)`
//! - the others: a chapter each

#[path = "../common/databases.rs"]
mod databases;
#[path = "../common/openapi.rs"]
mod openapi;
mod story;

mod answers;
mod approvals;
mod delivery;
mod files;
mod fixes;
mod refusals;
mod starting;
mod trouble;
mod watching;
mod words;
