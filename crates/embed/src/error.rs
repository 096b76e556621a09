//! Why raw pairs cannot be embedded, each with the file, key or row, and the fix.

use std::fmt::Display;
use std::io;
use std::path::Path;

use tch::TchError;
use thiserror::Error;

use study::text::{brief, one_line};

/// Characters of a file's own text that a message repeats.
const LONGEST_TEXT: usize = 80;
/// Characters of LibTorch's messages that are repeated.
const LONGEST_REASON: usize = 300;
/// Rows, files or names that a message lists.
const MOST_LISTED: usize = 12;

/// Why there are no embeddings. Text that came from a file is stripped of control characters.
#[derive(Debug, Error)]
pub enum EmbedError {
    /// The operating system refuses.
    #[error("cannot {verb} {path}: {reason}")]
    Io {
        /// `read` or `write`.
        verb: &'static str,
        /// The file or folder.
        path: String,
        /// The operating system's message.
        reason: String,
    },
    /// A folder of a model that is not read here, or contradicts itself.
    #[error("cannot use the model {path}: {reason}")]
    Model {
        /// The file or folder.
        path: String,
        /// What is wrong, and the fix.
        reason: String,
    },
    /// A table or shard of pairs that is not read here, or contradicts itself.
    #[error("cannot use the pairs in {path}: {reason}")]
    Pairs {
        /// The file.
        path: String,
        /// What is wrong, and the fix.
        reason: String,
    },
    /// Rows that are done and were embedded otherwise: hours of work, which are not thrown away.
    #[error(
        "{folder} holds rows that are done, but {why}; name another --output, or remove the folder to begin anew"
    )]
    Otherwise {
        /// Where they are kept.
        folder: String,
        /// What is not as it was.
        why: &'static str,
    },
    /// Rows without a text, or with an image that cannot be read.
    #[error(
        "{count} of {of} rows cannot be embedded: {list}; put readable files in their places, or leave them out with \
         --skip-unreadable; what is done is kept as long as the table stays as it is"
    )]
    Unreadable {
        /// How many.
        count: usize,
        /// Rows in all.
        of: usize,
        /// The first of them, each with the reason.
        list: String,
    },
    /// Every row is left out.
    #[error("none of the {of} rows can be embedded: {list}")]
    NothingLeft {
        /// Rows in all.
        of: usize,
        /// The first of them, each with the reason.
        list: String,
    },
    /// LibTorch or the encoder fails.
    #[error("{what} failed: {reason}")]
    Encoder {
        /// What was done.
        what: String,
        /// LibTorch's message in one line, and the fix where one is known.
        reason: String,
    },
    /// It was asked to stop. What is done is kept.
    #[error("stopped at {done} of {of} rows; the same command goes on from there")]
    Stopped {
        /// Rows that are done.
        done: usize,
        /// Rows in all.
        of: usize,
    },
}

impl EmbedError {
    pub(crate) fn io(verb: &'static str, path: &Path, error: &io::Error) -> Self {
        Self::Io { verb, path: printable_path(path), reason: one_line(error) }
    }

    pub(crate) fn model(path: &Path, reason: impl Display) -> Self {
        Self::Model { path: printable_path(path), reason: reason.to_string() }
    }

    pub(crate) fn pairs(path: &Path, reason: impl Display) -> Self {
        Self::Pairs { path: printable_path(path), reason: reason.to_string() }
    }

    pub(crate) fn encoder(what: impl Display, error: &TchError) -> Self {
        Self::Encoder { what: what.to_string(), reason: reason(error) }
    }
}

/// A piece of foreign text for a message.
pub(crate) fn printable(text: impl Display) -> String {
    brief(text, LONGEST_TEXT)
}

/// A path for a message, at full length.
pub(crate) fn printable_path(path: &Path) -> String {
    one_line(path.display())
}

/// The first of `items` in a row, as they are.
pub(crate) fn listed<T: Display>(items: &[T], between: &str) -> String {
    let shown: Vec<String> = items.iter().take(MOST_LISTED).map(ToString::to_string).collect();
    let shown = shown.join(between);
    if items.len() > MOST_LISTED { format!("{shown}{between}… ({} in all)", items.len()) } else { shown }
}

/// What LibTorch says, in one line: the last error of a trace, or the first line.
fn reason(error: &TchError) -> String {
    let text = match error {
        TchError::Torch(text) => text.clone(),
        other => other.to_string(),
    };
    let is_error = |line: &&str| line.split_once(':').is_some_and(|(kind, _)| kind.ends_with("Error"));
    let line = text.lines().rfind(is_error).or_else(|| text.lines().find(|line| !line.trim().is_empty()));
    let line = brief(line.unwrap_or(&text), LONGEST_REASON);
    if text.contains("out of memory") { format!("{line}; choose a smaller --batch") } else { line }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_trace_of_libtorch_becomes_its_last_error() {
        let trace = "The following operation failed in the TorchScript interpreter.\nTraceback (most recent call last):\n  \
                     File \"m.py\", line 3\nRuntimeError: mat1 and mat2\u{1b}[31m do not fit\n";
        assert_eq!(reason(&TchError::Torch(trace.into())), "RuntimeError: mat1 and mat2[31m do not fit");
        let full = reason(&TchError::Torch("CUDA out of memory. Tried to allocate 2 GiB".into()));
        assert!(full.ends_with("choose a smaller --batch"), "{full}");
        assert!(reason(&TchError::Torch("x".repeat(9_000))).chars().count() <= LONGEST_REASON + 1);
    }

    #[test]
    fn a_long_list_says_how_many_there_are() {
        let items: Vec<usize> = (0..40).collect();
        assert!(listed(&items, ", ").ends_with("10, 11, … (40 in all)"));
        assert_eq!(listed(&items[..2], "; "), "0; 1");
    }
}
