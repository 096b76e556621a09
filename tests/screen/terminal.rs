//! What the program's terminal has received: bytes, and the screen that they make.

use std::io::Read;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use vt100::Parser;

/// The least rows and columns of what `vt100` shows: it panics where a wide letter has one column, and
/// where a line that was drawn for a wider screen wraps in one row.
pub(crate) const LEAST: u16 = 2;

/// What the terminal has received, shared with the thread that listens.
pub(crate) struct Seen {
    terminal: Mutex<Terminal>,
    changed: Condvar,
    pub(crate) hang_up: AtomicBool,
}

/// A screen, and the bytes that made it.
pub(crate) struct Terminal {
    pub(crate) parser: Parser,
    pub(crate) bytes: Vec<u8>,
    over: bool,
}

impl Seen {
    pub(crate) fn new(cols: u16, rows: u16) -> Self {
        let parser = Parser::new(rows.max(LEAST), cols.max(LEAST), 0);
        let terminal = Terminal { parser, bytes: Vec::new(), over: false };
        Self { terminal: Mutex::new(terminal), changed: Condvar::new(), hang_up: AtomicBool::new(false) }
    }

    /// Takes all that the program writes.
    pub(crate) fn listen(&self, mut output: Box<dyn Read + Send>) {
        let mut bytes = [0; 4096];
        while let Ok(n @ 1..) = output.read(&mut bytes) {
            let mut terminal = self.lock();
            terminal.parser.process(&bytes[..n]);
            terminal.bytes.extend_from_slice(&bytes[..n]);
            drop(terminal);
            self.changed.notify_all();
            if self.hang_up.load(Ordering::Relaxed) {
                return;
            }
        }
        self.lock().over = true;
        self.changed.notify_all();
    }

    pub(crate) fn lock(&self) -> MutexGuard<'_, Terminal> {
        self.terminal.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Waits until `done`; `None` where that took too long or can no longer come.
    pub(crate) fn wait(
        &self,
        patience: Duration,
        done: impl Fn(&Terminal) -> bool,
    ) -> Option<MutexGuard<'_, Terminal>> {
        let deadline = Instant::now() + patience;
        let mut terminal = self.lock();
        while !done(&terminal) {
            let left = deadline.checked_duration_since(Instant::now())?;
            if terminal.over {
                return None;
            }
            terminal = self.changed.wait_timeout(terminal, left).unwrap_or_else(PoisonError::into_inner).0;
        }
        Some(terminal)
    }
}
