//! The `control` thread: watchers' commands to the scheduler, what is not journalled to the watchers.
//!
//! Architecture Invariant: nobody waits for a watcher. Every read and write is non-blocking, what waits for
//! a slow one is bounded, and commands travel by `try_send`.

use std::io::{self, ErrorKind, PipeReader, PipeWriter, Read, Write};
use std::os::unix::net::{UnixListener, UnixStream};
use std::path::Path;
use std::sync::Arc;
use std::thread::{self, JoinHandle};

use crossbeam_channel::{Sender, TrySendError};
use rustix::event::{PollFd, PollFlags, Timespec, poll};

use super::address::{Placed, listen_in};
use super::message::{Lines, Message};
use super::wire;
use study::command::Command;
use study::feed::{Feed, Progress};
use study::gpus::Gpus;

/// Watchers that may send commands; more can only look.
const MOST_PEERS: usize = 64;
/// No command is longer.
const LONGEST_COMMAND: usize = 1024;
/// Bytes that may wait for a watcher; one that is behind is neither read nor written to until it reads.
const MOST_WAITING: usize = 64 << 10;
/// Earlier notices that a new watcher receives.
const EARLIER_NOTICES: usize = 50;
/// How often watchers receive updates.
const TICK: Timespec = Timespec { tv_sec: 0, tv_nsec: 200_000_000 };

/// The running thread. When this is dropped it ends, and the socket is gone.
#[derive(Debug)]
pub struct Server {
    stop: Option<PipeWriter>,
    thread: Option<JoinHandle<()>>,
}

struct Watchers {
    listener: UnixListener,
    stop: PipeReader,
    feed: Arc<Feed>,
    commands: Sender<Command>,
    peers: Vec<Peer>,
    _placed: Placed,
}

/// One watcher.
struct Peer {
    stream: UnixStream,
    lines: Lines,
    waiting: Vec<u8>,
    /// Notices of the feed that it has received.
    notices: usize,
    progress: Option<Progress>,
    gpus: Option<Arc<Gpus>>,
}

/// A watcher that is gone, or that does not follow the protocol.
struct Gone;

impl Server {
    /// Listens in the directory `root` of a run whose journal's lock this process holds.
    pub fn start(root: &Path, feed: Arc<Feed>, commands: Sender<Command>) -> io::Result<Self> {
        let (listener, placed) = listen_in(root)?;
        let (stop_reader, stop) = io::pipe()?;
        let watchers =
            Watchers { listener, stop: stop_reader, feed, commands, peers: Vec::new(), _placed: placed };
        let thread = thread::Builder::new().name("control".into()).spawn(move || watchers.serve())?;
        Ok(Self { stop: Some(stop), thread: Some(thread) })
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.stop = None;
        if let Some(thread) = self.thread.take() {
            // A thread that panicked has closed its socket too.
            let _ = thread.join();
        }
    }
}

impl Watchers {
    fn serve(mut self) {
        while self.wait().is_ok_and(|continues| continues) {
            self.accept();
            let (feed, commands) = (&self.feed, &self.commands);
            self.peers.retain_mut(|peer| peer.turn(feed, commands).is_ok());
        }
    }

    /// Until a watcher sends something, can receive more, or an update is due; whether to continue.
    fn wait(&self) -> io::Result<bool> {
        let mut waits =
            vec![PollFd::new(&self.stop, PollFlags::IN), PollFd::new(&self.listener, PollFlags::IN)];
        waits.extend(self.peers.iter().map(|peer| PollFd::new(&peer.stream, peer.wants())));
        let timeout = (!self.peers.is_empty()).then_some(&TICK);
        match poll(&mut waits, timeout) {
            Ok(_) => Ok(waits[0].revents().is_empty()),
            Err(rustix::io::Errno::INTR) => Ok(true),
            Err(error) => Err(error.into()),
        }
    }

    fn accept(&mut self) {
        while let Ok((stream, _)) = self.listener.accept() {
            if stream.set_nonblocking(true).is_err() {
                continue;
            }
            if self.peers.len() < MOST_PEERS {
                self.peers.push(Peer::new(stream, &self.feed));
            } else {
                let why =
                    format!("{MOST_PEERS} watchers are connected already; only these may send commands");
                let _ = (&stream).write_all(&Message::Refused { why }.line());
            }
        }
    }
}

impl Peer {
    fn new(stream: UnixStream, feed: &Feed) -> Self {
        let notices = feed.notices_since(0).len().saturating_sub(EARLIER_NOTICES);
        let lines = Lines::new(LONGEST_COMMAND);
        Self { stream, lines, waiting: Vec::new(), notices, progress: None, gpus: None }
    }

    fn wants(&self) -> PollFlags {
        let write = if self.waiting.is_empty() { PollFlags::empty() } else { PollFlags::OUT };
        if self.is_behind() { write } else { write | PollFlags::IN }
    }

    const fn is_behind(&self) -> bool {
        self.waiting.len() >= MOST_WAITING
    }

    fn turn(&mut self, feed: &Feed, commands: &Sender<Command>) -> Result<(), Gone> {
        self.receive(commands)?;
        self.send_updates(feed);
        self.write()
    }

    /// Passes its commands on. One read per turn, so that a flood of commands does not block the others.
    fn receive(&mut self, commands: &Sender<Command>) -> Result<(), Gone> {
        if self.is_behind() {
            return Ok(());
        }
        let mut bytes = [0; LONGEST_COMMAND];
        let read = match self.stream.read(&mut bytes) {
            Ok(0) => return Err(Gone),
            Ok(read) => read,
            Err(error) if is_for_later(&error) => return Ok(()),
            Err(_) => return Err(Gone),
        };
        for line in self.lines.take(&bytes[..read]).map_err(|_| Gone)? {
            let answer = match hand_on(&line, commands) {
                Ok(command) => {
                    tracing::info!("a watcher asks: {command:?}");
                    Message::Taken
                }
                Err(why) => Message::Refused { why },
            };
            self.waiting.extend(answer.line());
        }
        Ok(())
    }

    /// Sends new notices, progress and GPUs; while it is behind nothing, and afterwards only the latest of the last two.
    fn send_updates(&mut self, feed: &Feed) {
        for notice in feed.notices_since(self.notices) {
            if self.is_behind() {
                return;
            }
            self.notices += 1;
            self.waiting.extend(Message::Notice { notice: (&*notice).into() }.line());
        }
        // A speed that no number holds is not worth a line.
        let progress = feed.progress().filter(|progress| progress.samples_per_second.is_finite());
        if progress != self.progress && !self.is_behind() {
            self.progress = progress;
            self.waiting.extend(Message::Progress { progress: progress.map(Into::into) }.line());
        }
        let gpus = feed.gpus();
        if gpus != self.gpus && !self.is_behind() {
            self.waiting.extend(Message::Gpus { gpus: gpus.as_deref().map(Into::into) }.line());
            self.gpus = gpus;
        }
    }

    fn write(&mut self) -> Result<(), Gone> {
        while !self.waiting.is_empty() {
            match self.stream.write(&self.waiting) {
                Ok(0) => return Err(Gone),
                Ok(written) => drop(self.waiting.drain(..written)),
                Err(error) if is_for_later(&error) => return Ok(()),
                Err(_) => return Err(Gone),
            }
        }
        Ok(())
    }
}

/// Gives the scheduler the command in `line`; else why not.
fn hand_on(line: &[u8], commands: &Sender<Command>) -> Result<Command, String> {
    let command = wire::decode(line).map_err(|error| format!("not a command: {error}"))?;
    if matches!(command, Command::Quit | Command::Unattended) {
        return Err("a watcher cannot end the process; stop_sweep stops its sweep".into());
    }
    commands.try_send(command).map_err(|error| match error {
        TrySendError::Full(_) => "the scheduler is busy; ask again",
        TrySendError::Disconnected(_) => "the scheduler has ended",
    })?;
    Ok(command)
}

fn is_for_later(error: &io::Error) -> bool {
    matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::Interrupted)
}

#[cfg(test)]
mod tests {
    use std::thread::sleep;
    use std::time::{Duration, Instant};

    use crossbeam_channel::bounded;

    use super::*;
    use crate::client::Connection;
    use study::gpus::Gpu;

    #[test]
    fn a_watcher_receives_each_reading_of_the_gpus_and_that_there_is_none_any_more() {
        let folder = tempfile::tempdir().unwrap();
        let feed = Arc::new(Feed::default());
        let read = |at_ms, utilisation| {
            let gpu = Gpu { number: 1, utilisation: Some(utilisation), ..Gpu::default() };
            Some(Arc::new(Gpus { at_ms, gpus: vec![gpu] }))
        };
        feed.set_gpus(read(1, 40));
        let _server = Server::start(folder.path(), Arc::clone(&feed), bounded(1).0).unwrap();
        let mut watcher = Connection::open(folder.path()).unwrap();
        let mut received = || {
            let begun = Instant::now();
            loop {
                if let Some(Message::Gpus { gpus }) = watcher.receive().unwrap().pop() {
                    return gpus.map(Gpus::from);
                }
                assert!(begun.elapsed() < Duration::from_mins(1), "nothing comes");
                sleep(Duration::from_millis(5));
            }
        };
        assert_eq!(received(), read(1, 40).as_deref().cloned());
        // A second later the same figures are a reading of their own.
        feed.set_gpus(read(1_001, 40));
        assert_eq!(received(), read(1_001, 40).as_deref().cloned());
        feed.set_gpus(None);
        assert_eq!(received(), None);
    }
}
