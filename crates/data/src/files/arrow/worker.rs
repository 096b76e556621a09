//! The libraries that read columns, on a thread of their own: they panic on some damaged files. The thread is named as the
//! training workers are, so that its panic goes to the log and not onto the screen; it also reads the next rows while
//! those before are used.

use std::any::Any;
use std::path::Path;
use std::sync::mpsc;
use std::thread::{self, Builder, ScopedJoinHandle};

use arrow_array::ArrayRef;

use super::super::super::error::DataError;
use super::{Source, damaged};

/// The thread's name.
const NAME: &str = "worker-read";

/// Does `work` there.
pub(super) fn alone<T: Send>(
    path: &Path,
    work: impl FnOnce() -> Result<T, DataError> + Send,
) -> Result<T, DataError> {
    thread::scope(|scope| {
        let started = Builder::new().name(NAME.into()).spawn_scoped(scope, work);
        joined(path, started.map_err(|error| DataError::io("read", path, &error))?)
    })
}

/// Reads columns there and hands them to `take` here, until it wants no more.
pub(super) fn stream<S: Source>(
    path: &Path,
    source: &mut S,
    columns: &[usize],
    most_rows: usize,
    take: &mut dyn FnMut(Vec<ArrayRef>) -> Result<bool, DataError>,
) -> Result<(), DataError> {
    thread::scope(|scope| {
        // One batch waits while the one before is used.
        let (sender, receiver) = mpsc::sync_channel(1);
        let work = move || source.read(columns, most_rows, &mut |batch| sender.send(batch).is_ok());
        let started = Builder::new().name(NAME.into()).spawn_scoped(scope, work);
        let started = started.map_err(|error| DataError::io("read", path, &error))?;
        let mut taken = Ok(true);
        for batch in &receiver {
            taken = take(batch);
            if !matches!(taken, Ok(true)) {
                break;
            }
        }
        drop(receiver);
        let read = joined(path, started);
        taken?;
        read
    })
}

/// What the thread found, a panic as an error.
fn joined<T>(path: &Path, started: ScopedJoinHandle<'_, Result<T, DataError>>) -> Result<T, DataError> {
    started.join().unwrap_or_else(|panic| Err(damaged(path, message(panic.as_ref()))))
}

fn message(panic: &(dyn Any + Send)) -> &str {
    let text = panic.downcast_ref::<String>().map(String::as_str);
    text.or_else(|| panic.downcast_ref::<&str>().copied()).unwrap_or("it cannot be decoded")
}
