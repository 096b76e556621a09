//! The terminal as a thing that is taken and given back: mode, alternate screen, cursor, and the
//! standard output and error that others write to meanwhile.
//!
//! Architecture Invariant: only the UI thread gives the terminal back. A worker's panic prints into the
//! log and leaves the screen alone.

use std::fs::{File, OpenOptions};
use std::io::{self, Write};
use std::os::fd::OwnedFd;
use std::panic;
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;

use rustix::fs::{FileType, fstat};
use rustix::io::fcntl_dupfd_cloexec;
use rustix::stdio::{dup2_stderr, dup2_stdout, stderr, stdout};
use rustix::termios::{OptionalActions, Termios, tcgetattr, tcsetattr};

use host::files;

const DEVICE: &str = "/dev/tty";
/// Alternate screen, cleared; cursor hidden; bracketed paste, so that pasted text is no string of commands.
const ENTER: &[u8] = b"\x1b[?1049h\x1b[2J\x1b[H\x1b[?25l\x1b[?2004h";
/// All of it undone, and a synchronized update that a dying frame may have left open.
const LEAVE: &[u8] = b"\x1b[?1006l\x1b[?1000l\x1b[?2026l\x1b[0m\x1b[?2004l\x1b[?25h\x1b[?1049l";

/// The terminal while it is ours, and between. Given back when dropped.
#[derive(Debug)]
pub(crate) struct Guard {
    tty: Arc<File>,
    /// What to put back; `None` while the terminal is not ours.
    before: Mutex<Option<Before>>,
    /// What is written before it is given back, whatever the reason.
    last_words: Mutex<Vec<u8>>,
}

/// Whose the mouse is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Mouse {
    /// The terminal's, which selects text with it.
    #[default]
    Terminals,
    /// The program's.
    Ours,
}

#[derive(Debug)]
struct Before {
    mode: Termios,
    stdout: OwnedFd,
    stderr: OwnedFd,
}

impl Guard {
    /// Opens the controlling terminal and takes it; standard output and error go to `log`, else nowhere.
    pub(crate) fn take(log: Option<&Path>) -> io::Result<Arc<Self>> {
        let tty = Arc::new(OpenOptions::new().read(true).write(true).open(DEVICE)?);
        let screen = Arc::new(Self { tty, before: Mutex::new(None), last_words: Mutex::default() });
        screen.enter(log)?;
        give_back_on_panic(&screen);
        Ok(screen)
    }

    /// The device to draw on and to watch.
    pub(crate) fn tty(&self) -> Arc<File> {
        Arc::clone(&self.tty)
    }

    /// Takes the terminal, unless it is taken.
    pub(crate) fn enter(&self, log: Option<&Path>) -> io::Result<()> {
        let mut before = self.before.lock().unwrap_or_else(PoisonError::into_inner);
        if before.is_some() {
            return Ok(());
        }
        let mode = tcgetattr(&*self.tty)?;
        let saved = Before {
            mode: mode.clone(),
            stdout: fcntl_dupfd_cloexec(stdout(), 3)?,
            stderr: fcntl_dupfd_cloexec(stderr(), 3)?,
        };
        // First, so that a failure half-way is undone when this is dropped.
        *before = Some(saved);
        self.set_up(mode)?;
        redirect_output(log)
    }

    /// Raw mode and the alternate screen.
    fn set_up(&self, mut mode: Termios) -> io::Result<()> {
        mode.make_raw();
        tcsetattr(&*self.tty, OptionalActions::Now, &mode)?;
        (&*self.tty).write_all(ENTER)
    }

    /// Takes the terminal once more, after a stop that may or may not have given it back. Where it was not
    /// given back, output stays redirected: a hang-up continues a process too, and then there is nothing
    /// to give it back to.
    pub(crate) fn retake(&self, log: Option<&Path>) -> io::Result<()> {
        let taken = self.before.lock().unwrap_or_else(PoisonError::into_inner).is_some();
        if taken { self.set_up(tcgetattr(&*self.tty)?) } else { self.enter(log) }
    }

    /// Sends standard output and error to `log` from now on.
    pub(crate) fn send_output_to(&self, log: &Path) -> io::Result<()> {
        let taken = self.before.lock().unwrap_or_else(PoisonError::into_inner).is_some();
        if taken { redirect_output(Some(log)) } else { Ok(()) }
    }

    /// Gives the terminal back, as far as it is still there. Twice is once.
    pub(crate) fn leave(&self) {
        // `try_lock`: the panic hook may run inside `enter`.
        let Ok(mut before) = self.before.try_lock() else { return };
        let Some(before) = before.take() else { return };
        // A terminal that is gone refuses all of this, and nothing is left to do then.
        if let Ok(words) = self.last_words.try_lock() {
            let _ = (&*self.tty).write_all(&words);
        }
        let _ = (&*self.tty).write_all(LEAVE);
        let _ = tcsetattr(&*self.tty, OptionalActions::Now, &before.mode);
        let _ = io::stdout().flush();
        let _ = dup2_stdout(&before.stdout);
        let _ = dup2_stderr(&before.stderr);
    }

    /// Sets what is written before the terminal is given back: what takes pictures away that it would keep.
    pub(crate) fn say_at_the_end(&self, words: Vec<u8>) {
        *self.last_words.lock().unwrap_or_else(PoisonError::into_inner) = words;
    }

    /// Releases a terminal that is gone: files and pipes come back as standard output and error, while
    /// what went to the terminal goes to the log, where it can be written without an error.
    pub(crate) fn abandon(&self) {
        let Some(before) = self.before.lock().unwrap_or_else(PoisonError::into_inner).take() else { return };
        let _ = io::stdout().flush();
        if !is_device(&before.stdout) {
            let _ = dup2_stdout(&before.stdout);
        }
        if !is_device(&before.stderr) {
            let _ = dup2_stderr(&before.stderr);
        }
    }
}

impl Mouse {
    /// The other one's.
    #[must_use]
    pub(crate) const fn other(self) -> Self {
        match self {
            Self::Terminals => Self::Ours,
            Self::Ours => Self::Terminals,
        }
    }

    /// Switches the mouse: the terminal reports its presses and its wheel, or selects text.
    pub(crate) const fn sequence(self) -> &'static [u8] {
        match self {
            Self::Ours => b"\x1b[?1000h\x1b[?1006h",
            Self::Terminals => b"\x1b[?1006l\x1b[?1000l",
        }
    }
}

/// Whether this was a terminal: `isatty` fails for one that hung up.
fn is_device(output: &OwnedFd) -> bool {
    fstat(output).is_ok_and(|status| FileType::from_raw_mode(status.st_mode).is_char_device())
}

impl Drop for Guard {
    fn drop(&mut self) {
        self.leave();
    }
}

fn redirect_output(log: Option<&Path>) -> io::Result<()> {
    let sink = log
        .and_then(|path| files::append(path).ok())
        .map_or_else(|| OpenOptions::new().write(true).open("/dev/null"), Ok)?;
    io::stdout().flush()?;
    dup2_stdout(&sink)?;
    dup2_stderr(&sink)?;
    Ok(())
}

/// A panic of this thread gives the terminal back before its message is printed; one of another thread
/// prints into the log. The hook outlives the screen and then does nothing of its own.
fn give_back_on_panic(screen: &Arc<Guard>) {
    let (screen, ui_thread) = (Arc::downgrade(screen), thread::current().id());
    let previous = panic::take_hook();
    panic::set_hook(Box::new(move |info| {
        if thread::current().id() == ui_thread
            && let Some(screen) = screen.upgrade()
        {
            screen.leave();
        }
        previous(info);
    }));
}
