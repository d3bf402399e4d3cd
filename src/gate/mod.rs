//! The gate: who may ask, who may approve, and what becomes of a request. Pure: it takes `now`, and returns
//! the next request with what must follow.
//!
//! - [`policy`]: the rules as configured, the person who acts, and whether they may.
//! - [`request`]: a request and its states.
//! - [`decide`]: ONE function through which every click, deadline and answer goes.
//! - `machine`: what deadlines, agents and proofs do to a request.
//! - [`refusal`]: why not, as stable codes with a sentence.
//! - [`reason`]: the one line a person must give.

pub mod decide;
mod machine;
pub mod policy;
pub mod reason;
pub mod refusal;
pub mod request;
#[cfg(test)]
mod tests;

pub use decide::{Ask, Decision, Effect, Input, decide, open};
pub use policy::{Action, Actor, Policy};
pub use refusal::Refusal;
pub use request::{Approval, Request, State, Step};
