//! Everything that is open. A number is never given twice, so that one that was closed is told.

use std::collections::HashMap;
use std::sync::{Arc, LazyLock, Mutex, PoisonError};

use crate::log::Event;
use crate::query::Query;
use crate::{Handle, INVALID_HANDLE};

/// What a handle stands for.
pub(crate) enum Object {
    Log,
    /// What is left of a query's results, the next one last.
    Results(Vec<Arc<Event>>),
    /// A subscription: what it selects, how far it has come, what it has found and not handed out, the next one last.
    Following {
        query: Query,
        after: u64,
        pending: Vec<Arc<Event>>,
    },
    Event(Arc<Event>),
    Publisher(String),
    Bookmark(Option<u64>),
}

#[derive(Default)]
struct Table {
    last: Handle,
    open: HashMap<Handle, Object>,
}

static TABLE: LazyLock<Mutex<Table>> = LazyLock::new(Mutex::default);

fn table<T>(look: impl FnOnce(&mut Table) -> T) -> T {
    look(&mut TABLE.lock().unwrap_or_else(PoisonError::into_inner))
}

/// Gives a thing its handle.
pub(crate) fn open(object: Object) -> Handle {
    table(|table| {
        table.last += 1;
        table.open.insert(table.last, object);
        table.last
    })
}

/// Uses what a handle stands for. Must not use another meanwhile.
pub(crate) fn with<T>(handle: Handle, of: impl FnOnce(&mut Object) -> Result<T, u32>) -> Result<T, u32> {
    table(|table| of(table.open.get_mut(&handle).ok_or(INVALID_HANDLE)?))
}

/// Closes a handle; false if it is none that is open.
pub(crate) fn close(handle: Handle) -> bool {
    table(|table| table.open.remove(&handle).is_some())
}

/// How many are open.
pub(crate) fn count() -> usize {
    table(|table| table.open.len())
}
