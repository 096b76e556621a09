//! The control socket's protocol, one JSON line each: [`Command`]s in, [`Message`]s out.
//!
//! [`Command`]: study::command::Command

use serde::{Deserialize, Serialize};

use super::wire::{Gpus, Notice, Progress};

/// What the process that works on a run sends to a watcher.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "message", rename_all = "snake_case")]
pub(super) enum Message {
    /// The command was sent to the scheduler. If it is not possible at the moment, a notice says so.
    Taken,
    /// The command was not sent.
    Refused {
        /// Why not.
        why: String,
    },
    /// A notice, which is not an event.
    Notice {
        /// What.
        notice: Notice,
    },
    /// Where training stands now.
    Progress {
        /// Absent while nothing trains.
        progress: Option<Progress>,
    },
    /// What the run's GPUs do now.
    Gpus {
        /// Absent where there are none, or their driver does not answer.
        gpus: Option<Gpus>,
    },
}

impl Message {
    /// The line, its line feed included.
    pub(super) fn line(&self) -> Vec<u8> {
        // Strings and numbers alone: there is nothing that JSON cannot hold.
        let mut line = serde_json::to_vec(self).unwrap_or_default();
        line.push(b'\n');
        line
    }
}

/// Bytes as they arrive, and the whole lines among them, none longer than so much.
#[derive(Debug)]
pub(super) struct Lines {
    bytes: Vec<u8>,
    longest: usize,
}

/// A line is longer than any message.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct TooLong;

impl Lines {
    pub(super) const fn new(longest: usize) -> Self {
        Self { bytes: Vec::new(), longest }
    }

    /// Takes `bytes` and gives the lines that are whole now, without their line feeds.
    pub(super) fn take(&mut self, bytes: &[u8]) -> Result<Vec<Vec<u8>>, TooLong> {
        self.bytes.extend_from_slice(bytes);
        let whole = self.bytes.iter().rposition(|&byte| byte == b'\n').map_or(0, |end| end + 1);
        let rest = self.bytes.split_off(whole);
        let whole = std::mem::replace(&mut self.bytes, rest);
        let mut lines: Vec<Vec<u8>> = whole.split(|&byte| byte == b'\n').map(<[u8]>::to_vec).collect();
        // Behind the last line feed stands nothing.
        lines.pop();
        let too_long = lines.iter().chain([&self.bytes]).any(|line| line.len() > self.longest);
        if too_long { Err(TooLong) } else { Ok(lines) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_given_once_they_are_whole() {
        let mut lines = Lines::new(8);
        assert!(lines.take(b"one").unwrap().is_empty());
        assert_eq!(lines.take(b"\ntwo\nthr").unwrap(), [b"one".to_vec(), b"two".to_vec()]);
        assert_eq!(lines.take(b"ee\n").unwrap(), [b"three".to_vec()]);
        assert_eq!(lines.take(b"nine byte"), Err(TooLong));
    }
}
