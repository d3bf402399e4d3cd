//! What only Windows has: the agent's edges to the machine that it runs on, each an implementation of something that
//! the rest of the agent asks for. Here alone `unsafe` is allowed, each with the reason why it is sound.
//!
//! - [`surroundings`]: the system's folders and variables, whatever this process was told.
#![allow(unsafe_code, reason = "Windows' own functions")]

pub mod surroundings;
