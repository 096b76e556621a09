//! A watcher's end of the control socket.

use std::io::{self, ErrorKind, Read, Write};
use std::os::unix::net::UnixStream;
use std::path::Path;

use super::address::connect_to;
use super::message::{Lines, Message};
use super::wire;
use study::command::Command;

/// No message is longer.
const LONGEST_MESSAGE: usize = 64 << 10;

/// A connection to the process that works on a run. Never waits.
#[derive(Debug)]
pub(super) struct Connection {
    stream: UnixStream,
    lines: Lines,
}

impl Connection {
    /// To the run in `root`.
    pub(super) fn open(root: &Path) -> io::Result<Self> {
        let stream = connect_to(root)?;
        stream.set_nonblocking(true)?;
        Ok(Self { stream, lines: Lines::new(LONGEST_MESSAGE) })
    }

    /// Asks for `command`.
    pub(super) fn ask(&mut self, command: Command) -> io::Result<()> {
        let mut line = wire::encode(command)?;
        line.push(b'\n');
        // A line is far smaller than a socket's buffer: it goes whole, or the other end has stopped reading.
        self.stream.write_all(&line)
    }

    /// The messages since the last call; an error where the other end is gone.
    pub(super) fn receive(&mut self) -> io::Result<Vec<Message>> {
        let mut messages = Vec::new();
        let mut bytes = [0; 4096];
        loop {
            let read = match self.stream.read(&mut bytes) {
                Ok(0) => {
                    return if messages.is_empty() {
                        Err(ErrorKind::UnexpectedEof.into())
                    } else {
                        Ok(messages)
                    };
                }
                Ok(read) => read,
                Err(error) if error.kind() == ErrorKind::WouldBlock => return Ok(messages),
                Err(error) if error.kind() == ErrorKind::Interrupted => continue,
                Err(error) => return Err(error),
            };
            let lines = self.lines.take(&bytes[..read]).map_err(|_| ErrorKind::InvalidData)?;
            // A message of a later version is not understood, and the rest is.
            messages.extend(lines.iter().filter_map(|line| serde_json::from_slice(line).ok()));
        }
    }
}
