//! Whole lines behind one another: a line that could not be written leaves nothing of itself.

use std::fs::File;
use std::io::{self, Write};

/// What lines are written to, opened for appending.
pub(super) trait Sink: Write {
    /// Cuts it to its first `length` bytes.
    fn truncate(&mut self, length: u64) -> io::Result<()>;
}

impl Sink for File {
    fn truncate(&mut self, length: u64) -> io::Result<()> {
        self.set_len(length)
    }
}

/// Lines, and how many bytes of the sink they fill.
#[derive(Debug)]
pub(super) struct Lines<S> {
    sink: S,
    whole: u64,
    /// A part of a line may stand behind the whole ones.
    torn: bool,
}

impl<S: Sink> Lines<S> {
    /// Continues behind the `whole` bytes of lines that `sink` holds.
    pub(super) const fn new(sink: S, whole: u64) -> Self {
        Self { sink, whole, torn: false }
    }

    /// Writes `line`, its line feed included, or nothing.
    pub(super) fn append(&mut self, line: &[u8]) -> io::Result<()> {
        self.cut_torn()?;
        self.torn = true;
        match self.sink.write_all(line).and_then(|()| self.sink.flush()) {
            Ok(()) => {
                self.whole += line.len() as u64;
                self.torn = false;
                Ok(())
            }
            Err(error) => {
                // Where the cut fails too, `torn` stays and the next append cuts first.
                let _ = self.cut_torn();
                Err(error)
            }
        }
    }

    /// Bytes of whole lines.
    pub(super) const fn whole(&self) -> u64 {
        self.whole
    }

    /// What is written to.
    pub(super) const fn sink(&self) -> &S {
        &self.sink
    }

    fn cut_torn(&mut self) -> io::Result<()> {
        if self.torn {
            self.sink.truncate(self.whole)?;
            self.torn = false;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A disk with so much room, that may also refuse to truncate.
    struct Disk {
        bytes: Vec<u8>,
        room: usize,
        read_only: bool,
    }

    impl Write for Disk {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            let free = self.room - self.bytes.len();
            if free == 0 {
                return Err(io::ErrorKind::StorageFull.into());
            }
            let taken = free.min(bytes.len());
            self.bytes.extend(&bytes[..taken]);
            Ok(taken)
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    impl Sink for Disk {
        fn truncate(&mut self, length: u64) -> io::Result<()> {
            if self.read_only {
                return Err(io::ErrorKind::ReadOnlyFilesystem.into());
            }
            self.bytes.truncate(length as usize);
            Ok(())
        }
    }

    #[test]
    fn a_short_write_is_taken_back_and_the_line_can_be_tried_again() {
        let mut lines = Lines::new(Disk { bytes: Vec::new(), room: 8, read_only: false }, 0);
        lines.append(b"first\n").unwrap();
        assert!(lines.append(b"second\n").is_err());
        assert_eq!(lines.sink.bytes, b"first\n");
        lines.sink.room = 100;
        lines.append(b"second\n").unwrap();
        assert_eq!(lines.sink.bytes, b"first\nsecond\n");
    }

    #[test]
    fn what_could_not_be_taken_back_is_cut_before_the_next_line() {
        let mut lines = Lines::new(Disk { bytes: Vec::new(), room: 8, read_only: true }, 0);
        lines.append(b"first\n").unwrap();
        assert!(lines.append(b"second\n").is_err());
        assert_eq!(lines.sink.bytes, b"first\nse");
        lines.sink.room = 100;
        assert!(lines.append(b"second\n").is_err(), "nothing may follow half a line");
        lines.sink.read_only = false;
        lines.append(b"second\n").unwrap();
        assert_eq!(lines.sink.bytes, b"first\nsecond\n");
    }
}
