//! The `input` thread: keys, size, signals and the terminal's end, as one stream of [`Input`]s.
//!
//! It waits in `poll` on the terminal and on one socket for each signal, and looks for a hang-up before it
//! lets crossterm read: crossterm's own loop spins on a terminal that is gone.

use std::fs::File;
use std::io::{self, IsTerminal, PipeReader, PipeWriter, Read};
use std::os::unix::net::UnixStream;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::Duration;

use crossbeam_channel::{Receiver, Sender, bounded};
use crossterm::event::{self, Event, KeyEvent, KeyEventKind};
use rustix::event::{PollFd, PollFlags, poll};
use signal_hook::SigId;
use signal_hook::consts::{SIGCONT, SIGHUP, SIGINT, SIGTERM, SIGWINCH};
use signal_hook::flag;
use signal_hook::low_level::{pipe, unregister};

/// What can reach the screen from outside the run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Input {
    /// A key went down.
    Key(KeyEvent),
    /// The terminal has another size.
    Resized,
    /// The process goes on after it was stopped.
    Continued,
    /// SIGTERM or SIGINT: end, in order.
    Terminated,
    /// The terminal is gone.
    Gone,
}

/// Inputs that wait at most; more wait in the terminal.
const CAPACITY: usize = 256;
/// How long crossterm may look for an event in bytes that made none yet.
const PARTIAL_SEQUENCE: Duration = Duration::from_millis(20);

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
pub(super) struct Inputs {
    pub(super) inbox: Receiver<Input>,
    registered: Vec<SigId>,
    after: After,
    _stop: PipeWriter,
}

/// What SIGINT and SIGTERM do once nobody watches: `signal_hook` keeps its handlers, which would swallow them.
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
}

enum Next {
    Wait,
    End,
}

impl Inputs {
    /// Starts watching `tty`.
    pub(super) fn start(tty: Arc<File>) -> io::Result<Self> {
        let (outbox, inbox) = bounded(CAPACITY);
        let (stop_reader, stop) = io::pipe()?;
        let mut registered = Vec::with_capacity(SIGNALS.len());
        let mut signals = Vec::with_capacity(SIGNALS.len());
        for (signal, input) in SIGNALS {
            let (reader, writer) = UnixStream::pair()?;
            reader.set_nonblocking(true)?;
            registered.push(pipe::register(signal, writer)?);
            signals.push((reader, input));
        }
        let after = After::prepare()?;
        let watch = Watch { tty, signals, stop: stop_reader, outbox };
        thread::Builder::new().name("input".into()).spawn(move || watch.run())?;
        Ok(Self { inbox, registered, after, _stop: stop })
    }

    /// Ends the watch in favour of another one, which the caller starts: until then signals do nothing.
    pub(super) fn hand_over(mut self) {
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
    /// Has no effect yet. Registered now, since in the end there is nobody to report a failure to.
    fn prepare() -> io::Result<Self> {
        let over = Arc::new(AtomicBool::new(false));
        let registered = [SIGTERM, SIGINT]
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
        // Where keys come from a redirected standard input, crossterm reads the device, else standard input.
        let stdin = io::stdin();
        let wanted = PollFlags::IN;
        let mut waits = Vec::with_capacity(2 + self.signals.len());
        waits.push(PollFd::new(&self.stop, wanted));
        if stdin.is_terminal() {
            waits.push(PollFd::new(&stdin, wanted));
        } else {
            waits.push(PollFd::new(&*self.tty, wanted));
        }
        waits.extend(self.signals.iter().map(|(reader, _)| PollFd::new(reader, wanted)));
        if let Err(error) = poll(&mut waits, None) {
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
            self.read_keys()?;
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

    fn read_keys(&self) -> Result<(), Closed> {
        let mut patience = PARTIAL_SEQUENCE;
        while event::poll(patience).unwrap_or(false) {
            patience = Duration::ZERO;
            match event::read() {
                Ok(Event::Key(key)) if key.kind != KeyEventKind::Release => self.send(Input::Key(key))?,
                Ok(Event::Resize(..)) => self.send(Input::Resized)?,
                // Mouse and focus are not asked for; pasted text is nobody's command.
                Ok(
                    Event::Key(_) | Event::Mouse(_) | Event::Paste(_) | Event::FocusGained | Event::FocusLost,
                )
                | Err(_) => {}
            }
        }
        Ok(())
    }

    fn send(&self, input: Input) -> Result<(), Closed> {
        self.outbox.send(input).map_err(|_| Closed)
    }
}

/// The screen is gone: nobody reads inputs any more.
struct Closed;
