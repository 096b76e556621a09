//! The `input` thread: keys, size, signals and the terminal's end, as one stream of [`Input`]s.
//!
//! It waits in `poll` on the terminal and on one socket for each signal, looks for a hang-up, and reads and
//! decodes what the terminal sends itself: crossterm's own loop spins on a terminal that is gone, and, being
//! edge-triggered, leaves a key that comes with a resize or behind a long paste until the next one.

use std::fs::File;
use std::io::{self, IsTerminal, PipeReader, PipeWriter, Read};
use std::os::fd::{AsFd, BorrowedFd};
use std::os::unix::net::UnixStream;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;

use crossbeam_channel::{Receiver, Sender, bounded};
use crossterm::event::KeyEvent;
use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::stdio::stdin;
use signal_hook::SigId;
use signal_hook::consts::{SIGCONT, SIGHUP, SIGINT, SIGTERM, SIGWINCH};
use signal_hook::flag;
use signal_hook::low_level::{pipe, unregister};

use super::background::Colour;
use super::decode::{Decoder, MousePress, Press};
use super::graphics::Answer;
use host::signals::not_ignored;

/// What can reach the screen from outside the run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Input {
    /// A key went down.
    Key(KeyEvent),
    /// The mouse, at this column and row.
    Mouse(MousePress, u16, u16),
    /// A letter of pasted text.
    Pasted(char),
    /// The terminal says what is behind its text.
    Background(Colour),
    /// It says what pictures it shows.
    Graphics(Answer),
    /// The terminal has another size.
    Resized,
    /// The process continues after it was stopped.
    Continued,
    /// SIGTERM or SIGINT: end, in order.
    Terminated,
    /// The terminal is gone.
    Gone,
}

/// Inputs that wait at most; more wait in the terminal.
const CAPACITY: usize = 256;
/// Bytes that are read at once.
const READ: usize = 4_096;

/// Each watched signal and what it means here.
const SIGNALS: [(i32, Input); 5] = [
    (SIGWINCH, Input::Resized),
    (SIGCONT, Input::Continued),
    (SIGTERM, Input::Terminated),
    (SIGINT, Input::Terminated),
    (SIGHUP, Input::Gone),
];

/// Exit status of a program that a signal ended, see INTERFACE.md.
const INTERRUPTED: i32 = 130;

/// The running thread; it ends when this is dropped.
#[derive(Debug)]
pub(crate) struct Inputs {
    pub(crate) inbox: Receiver<Input>,
    registered: Vec<SigId>,
    after: After,
    _stop: PipeWriter,
}

/// What SIGINT and SIGTERM do once no thread watches: `signal_hook` keeps its handlers, which would swallow them.
#[derive(Debug)]
struct After {
    over: Arc<AtomicBool>,
    registered: Vec<SigId>,
}

struct Watch {
    tty: Arc<File>,
    signals: Vec<(UnixStream, Input)>,
    stop: PipeReader,
    outbox: Sender<Input>,
    decoder: Decoder,
}

enum Next {
    Wait,
    End,
}

impl Inputs {
    /// Starts watching `tty`.
    pub(crate) fn start(tty: Arc<File>) -> io::Result<Self> {
        let (outbox, inbox) = bounded(CAPACITY);
        let (stop_reader, stop) = io::pipe()?;
        let mut registered = Vec::with_capacity(SIGNALS.len());
        let mut signals = Vec::with_capacity(SIGNALS.len());
        let watched = not_ignored(&SIGNALS.map(|(signal, _)| signal));
        for (signal, input) in SIGNALS.into_iter().filter(|(signal, _)| watched.contains(signal)) {
            let (reader, writer) = UnixStream::pair()?;
            reader.set_nonblocking(true)?;
            registered.push(pipe::register(signal, writer)?);
            signals.push((reader, input));
        }
        let after = After::prepare()?;
        let watch = Watch { tty, signals, stop: stop_reader, outbox, decoder: Decoder::default() };
        thread::Builder::new().name("input".into()).spawn(move || watch.run())?;
        Ok(Self { inbox, registered, after, _stop: stop })
    }

    /// Ends the watch in favour of another one, which the caller starts: until then signals do nothing.
    pub(crate) fn hand_over(mut self) {
        self.after.registered.drain(..).for_each(drop_action);
    }
}

impl Drop for Inputs {
    fn drop(&mut self) {
        self.registered.drain(..).for_each(drop_action);
        self.after.over.store(true, Ordering::Relaxed);
    }
}

impl After {
    /// Has no effect yet. Registered now, because at the end a failure could not be reported.
    fn prepare() -> io::Result<Self> {
        let over = Arc::new(AtomicBool::new(false));
        let registered = not_ignored(&[SIGTERM, SIGINT])
            .into_iter()
            .map(|signal| flag::register_conditional_shutdown(signal, INTERRUPTED, Arc::clone(&over)))
            .collect::<io::Result<_>>()?;
        Ok(Self { over, registered })
    }
}

fn drop_action(id: SigId) {
    unregister(id);
}

impl Watch {
    fn run(mut self) {
        while matches!(self.turn(), Ok(Next::Wait)) {}
    }

    /// Waits for something to happen and passes it on.
    fn turn(&mut self) -> Result<Next, Closed> {
        let wanted = PollFlags::IN;
        let keys = keys(&self.tty);
        let mut waits = Vec::with_capacity(2 + self.signals.len());
        waits.push(PollFd::new(&self.stop, wanted));
        waits.push(PollFd::new(&keys, wanted));
        waits.extend(self.signals.iter().map(|(reader, _)| PollFd::new(reader, wanted)));
        let patience = self
            .decoder
            .patience()
            .map(|patience| Timespec { tv_sec: 0, tv_nsec: patience.as_nanos() as i64 });
        if let Err(error) = poll(&mut waits, patience.as_ref()) {
            return if error == rustix::io::Errno::INTR { Ok(Next::Wait) } else { Ok(Next::End) };
        }
        let ready: Vec<PollFlags> = waits.iter().map(PollFd::revents).collect();
        drop(waits);
        if !ready[0].is_empty() {
            return Ok(Next::End);
        }
        for (index, flags) in ready[2..].iter().enumerate() {
            if !flags.is_empty() {
                self.signalled(index)?;
            }
        }
        if ready[1].intersects(PollFlags::HUP | PollFlags::ERR | PollFlags::NVAL) {
            self.send(Input::Gone)?;
            return Ok(Next::End);
        }
        if ready[1].contains(PollFlags::IN) {
            return self.read_keys();
        }
        if ready.iter().all(PollFlags::is_empty) {
            self.decoder.give_up().map_or(Ok(()), |press| self.pass(press))?;
        }
        Ok(Next::Wait)
    }

    fn signalled(&mut self, index: usize) -> Result<(), Closed> {
        let (reader, input) = &mut self.signals[index];
        let input = *input;
        let mut bytes = [0; 64];
        while matches!(reader.read(&mut bytes), Ok(1..)) {}
        self.send(input)
    }

    fn read_keys(&mut self) -> Result<Next, Closed> {
        let mut bytes = [0; READ];
        match rustix::io::read(keys(&self.tty), &mut bytes) {
            Ok(read @ 1..) => {
                for press in self.decoder.feed(&bytes[..read]) {
                    self.pass(press)?;
                }
                Ok(Next::Wait)
            }
            Err(rustix::io::Errno::INTR | rustix::io::Errno::AGAIN) => Ok(Next::Wait),
            // The end of the terminal's file.
            Ok(_) | Err(_) => {
                self.send(Input::Gone)?;
                Ok(Next::End)
            }
        }
    }

    fn pass(&self, press: Press) -> Result<(), Closed> {
        self.send(match press {
            Press::Key(key) => Input::Key(key),
            Press::Mouse(press, column, row) => Input::Mouse(press, column, row),
            Press::Pasted(letter) => Input::Pasted(letter),
            Press::Background(colour) => Input::Background(colour),
            Press::Graphics(answer) => Input::Graphics(answer),
        })
    }

    fn send(&self, input: Input) -> Result<(), Closed> {
        self.outbox.send(input).map_err(|_| Closed)
    }
}

/// Where keys come from: standard input where it is a terminal, which `poll` knows on every system, else the
/// device.
fn keys(tty: &File) -> BorrowedFd<'_> {
    if io::stdin().is_terminal() { stdin() } else { tty.as_fd() }
}

/// The screen is gone: no receiver for inputs is left.
struct Closed;
