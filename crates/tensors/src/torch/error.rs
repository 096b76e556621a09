//! Why an archive or a tensor in it is not read.

use std::io;

use study::text::brief;

/// Longest piece of a file's text that gets into a message.
const LONGEST_TEXT: usize = 80;

/// Why an archive or a tensor in it is not read. Texts from the file are fit for a message.
#[derive(Debug)]
pub enum Refusal {
    /// The operating system refuses.
    Io(io::Error),
    /// It contradicts itself or ends early.
    Damaged(String),
    /// It needs something of Python, by name.
    Foreign(String),
    /// It holds something that is not read.
    Unsuitable(String),
    /// Memory does not hold its pickle.
    Memory,
    /// A tensor whose elements do not lie one after the other.
    Strides(Vec<usize>),
}

impl Refusal {
    /// A file that does not fit together.
    pub(super) fn damaged(reason: impl Into<String>) -> Self {
        Self::Damaged(reason.into())
    }
}

impl From<io::Error> for Refusal {
    fn from(error: io::Error) -> Self {
        Self::Io(error)
    }
}

/// A piece of the file's text for a message.
pub(super) fn printable(text: &str) -> String {
    brief(text, LONGEST_TEXT)
}
