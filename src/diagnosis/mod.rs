//! Reports in, a diagnosis out.
//!
//! - [`observation`]: what is known of one server at the moment of a diagnosis.

pub mod observation;

pub use observation::{Observation, Silence};
