//! What the program prints. Text from data, files and errors passes the sanitiser on its way.

use std::io::{self, Write};

use crate::study::text;
use clap::ValueEnum;
use color_eyre::eyre::{self, eyre};
use serde::Serialize;

use super::Status;

/// Formats of what is text otherwise.
#[derive(Clone, Copy, Debug, ValueEnum)]
pub enum ListFormat {
    #[expect(missing_docs, reason = "a doc comment would be its help, which it needs none of")]
    Json,
}

/// Columns of the printed summary, in a terminal or a pipe.
pub const SUMMARY_WIDTH: usize = 80;

/// Prints an error or a warning to standard error, and to the log.
pub fn complain(kind: &str, message: &str) {
    tracing::warn!("{kind}: {message}");
    say(&format!("{kind}: {message}"));
}

/// Prints to standard error. Where that is gone, nothing is lost but the message.
pub fn say(message: &str) {
    let _ = writeln!(io::stderr(), "{}", text::lines(message));
}

/// Prints to standard output, without what a terminal would obey: the text may quote a file.
pub fn print(what: &str) -> eyre::Result<Status> {
    print_painted(&text::lines(what))
}

/// Prints each in a line of its own.
pub fn print_lines(lines: &[String]) -> eyre::Result<Status> {
    if lines.is_empty() { Ok(Status::Done) } else { print(&(lines.join("\n") + "\n")) }
}

/// Prints as JSON.
pub fn print_json(value: &impl Serialize) -> eyre::Result<Status> {
    print_painted(&(text::json(&serde_json::to_string_pretty(value)?) + "\n"))
}

/// Prints text that is safe already and may hold colours. A reader that has gone (`| head`) is no failure.
pub fn print_painted(safe: &str) -> eyre::Result<Status> {
    let mut out = io::stdout().lock();
    match out.write_all(safe.as_bytes()).and_then(|()| out.flush()) {
        Err(error) if error.kind() != io::ErrorKind::BrokenPipe => {
            Err(eyre!("cannot write to standard output: {error}"))
        }
        _ => Ok(Status::Done),
    }
}
