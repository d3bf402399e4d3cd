//! `ConvertTo-Json` of both PowerShells: an array or a single object; also objects one after another.
//!
//! Each object is taken out of the stream by itself and parsed alone, so that memory is bounded by one event.

//! - here: objects taken out of the stream
//! - `event`: what of them is an event; `aside`: what stands beside one; `parts`: what an event's fields hold

mod aside;
mod event;
mod parts;

use std::io::BufRead;

use super::bounded::MAX_RECORD;
use super::fault::{Fault, behind_events};
use super::raw::Raw;
use super::unique;
use crate::words;
use crate::words::Text;
use parts::MAX_DEPTH;

/// A wrapper's beginning is no longer than this.
const MAX_WRAPPER: usize = 64;

/// Reads every event.
pub(super) fn read(mut input: impl BufRead, sink: &mut dyn FnMut(Raw)) -> Result<(), Fault> {
    let mut state = Splitter::default();
    loop {
        let chunk = input.fill_buf().map_err(|error| Fault::io(state.place(), &error))?;
        if chunk.is_empty() {
            return match state.object.is_empty() && state.arrays == 0 {
                true => Ok(()),
                false => Err(Fault::new(state.place(), words!("fault-cut"))),
            };
        }
        let length = chunk.len();
        for byte in chunk {
            state.position += 1;
            state.take(*byte, sink)?;
        }
        input.consume(length);
    }
}

/// Finds the objects in a stream of arrays and objects.
#[derive(Default)]
struct Splitter {
    position: u64,
    events: u64,
    /// The object so far; empty between objects.
    object: Vec<u8>,
    depth: usize,
    in_string: bool,
    escaped: bool,
    /// Open arrays around the objects.
    arrays: usize,
    /// Open objects around such arrays (`{"value": […], "Count": 2}`); inside of them anything may stand between.
    wrappers: usize,
    /// What such an object holds beside the array, so far.
    beside: Vec<u8>,
}

impl Splitter {
    fn place(&self) -> Text {
        behind_events(self.position, self.events)
    }

    fn take(&mut self, byte: u8, sink: &mut dyn FnMut(Raw)) -> Result<(), Fault> {
        if self.object.is_empty() {
            return self.between(byte, sink);
        }
        self.object.push(byte);
        if self.object.len() > MAX_RECORD {
            return Err(Fault::new(self.place(), words!("fault-too-long")));
        }
        if self.in_string {
            self.string(byte);
            return Ok(());
        }
        match byte {
            b'"' => self.in_string = true,
            b'[' if self.depth == 1 && self.object.len() < MAX_WRAPPER && self.wraps() => {
                self.object.clear();
                self.depth = 0;
                self.wrappers += 1;
                self.arrays += 1;
            }
            b'{' | b'[' => self.depth += 1,
            b'}' | b']' => {
                self.depth -= 1;
                if self.depth == 0 {
                    let object = std::mem::take(&mut self.object);
                    let (value, twice) = unique::read(&object).map_err(|error| {
                        Fault::new(self.place(), words!("fault-json", why = error.to_string()))
                    })?;
                    self.events += 1;
                    let found = event::read(&value).into_iter();
                    found.for_each(|raw| sink(Raw { broken: raw.broken | twice, ..raw }));
                }
            }
            _ => {}
        }
        Ok(())
    }

    /// Whether the object so far is only the beginning of one that wraps the events.
    fn wraps(&self) -> bool {
        let head: String =
            self.object.iter().map(|byte| char::from(*byte)).filter(|c| !c.is_whitespace()).collect();
        ["{\"value\":[", "{\"Events\":[", "{\"events\":[", "{\"Event\":[", "{\"records\":["]
            .contains(&head.as_str())
    }

    /// A byte of a text in quotes.
    fn string(&mut self, byte: u8) {
        match byte {
            _ if self.escaped => self.escaped = false,
            b'\\' => self.escaped = true,
            b'"' => self.in_string = false,
            _ => {}
        }
    }

    fn between(&mut self, byte: u8, sink: &mut dyn FnMut(Raw)) -> Result<(), Fault> {
        // Commas and blanks between the objects say nothing, and there may be millions.
        let divides =
            byte.is_ascii_whitespace() || byte == b',' && self.beside.last().is_none_or(|last| *last == b',');
        let is_said = self.in_string || !(divides || matches!(byte, b'{' | b'}' | b'[' | b']'));
        if self.wrappers > 0 && is_said {
            self.beside.push(byte);
            if self.beside.len() > MAX_RECORD {
                return Err(Fault::new(self.place(), words!("fault-too-long")));
            }
        }
        if self.in_string {
            self.string(byte);
            return Ok(());
        }
        match byte {
            b'{' => {
                self.object.push(byte);
                self.depth = 1;
            }
            b'[' if self.arrays + self.wrappers < MAX_DEPTH => self.arrays += 1,
            b']' if self.arrays > 0 => self.arrays -= 1,
            b'}' if self.wrappers > 0 => {
                self.wrappers -= 1;
                let beside = std::mem::take(&mut self.beside);
                sink(event::beside(&String::from_utf8_lossy(&beside)));
            }
            b'"' if self.wrappers > 0 => self.in_string = true,
            b',' | b' ' | b'\t' | b'\r' | b'\n' => {}
            b'\xef' | b'\xbb' | b'\xbf' => {}
            _ if self.wrappers > 0 && (byte == b':' || byte.is_ascii_alphanumeric() || byte == b'-') => {}
            _ => return Err(Fault::new(self.place(), words!("fault-no-event-json"))),
        }
        Ok(())
    }
}
