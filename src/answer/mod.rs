//! Words and evidence meet: what somebody described, beside what the servers say. Pure.
//!
//! - [`meet`] decides what the answer turns to: the servers' verdict, what the words point to, or both
//! - [`Pointers`] what is known of each thing that words can point to: what it means, the next check, and who can make it
//!   (`pointers.toml`, `pointers.de.toml`)
//!
//! Words never change a verdict, a remedy or an offer: those are the servers' alone.

mod meet;
mod pointers;
#[cfg(test)]
mod tests;

pub use meet::{By, Meeting, Relation, meet};
pub use pointers::{Pointer, Pointers};
