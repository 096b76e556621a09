//! The program's log: kept in memory until a run has a directory, then in its `log.txt`.
//!
//! Standard error stays free for errors, and the terminal for the screen.

use std::fs::File;
use std::io::{self, Write};
use std::path::Path;
use std::sync::{Mutex, MutexGuard, PoisonError};

use tracing_subscriber::EnvFilter;

use host::files;
use study::text;

/// Bytes kept before a run has a directory; what is said after that is lost until then.
const EARLY_BYTES: usize = 64 << 10;

static TARGET: Mutex<Target> = Mutex::new(Target::Early(Vec::new()));

enum Target {
    Early(Vec<u8>),
    File(File),
}

/// Sends everything that `tracing` sees to the log; `SUPERFUSE_LOG` sets the filter, `info` without it.
/// Only the first call has an effect.
pub fn install() {
    let filter = EnvFilter::try_from_env("SUPERFUSE_LOG").unwrap_or_else(|_| EnvFilter::new("info"));
    let _ = tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_ansi(false)
        .with_writer(|| LogWriter)
        .try_init();
}

/// From here on the log is the file at `path`, which is appended to; what was kept in memory comes first.
/// A log that cannot be opened is no reason to stop a run: it stays in memory.
pub fn attach(path: &Path) {
    let Ok(mut file) = files::append(path) else { return };
    let mut target = lock();
    if let Target::Early(early) = &*target {
        let _ = file.write_all(early);
    }
    *target = Target::File(file);
}

struct LogWriter;

impl Write for LogWriter {
    /// `tracing` writes whole lines; they may quote a file, and somebody may read the log with `cat`.
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let safe = text::lines(String::from_utf8_lossy(bytes));
        match &mut *lock() {
            Target::Early(early) if early.len() < EARLY_BYTES => early.extend_from_slice(safe.as_bytes()),
            Target::Early(_) => {}
            // A disk that is full is no fault of who has something to say: tracing would print it, and panic where standard error
            // is on that disk too.
            Target::File(file) => drop(file.write_all(safe.as_bytes())),
        }
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

fn lock() -> MutexGuard<'static, Target> {
    TARGET.lock().unwrap_or_else(PoisonError::into_inner)
}
