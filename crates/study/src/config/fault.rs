//! The errors of a configuration, and where they are: one line each, safe to print to a terminal.

use std::fmt;

use toml::de::DeValue;

/// Errors that are printed; of the rest, only their number.
pub(super) const PRINTED: usize = 20;
/// Characters of a value that an error message repeats; what is longer is cut.
const SHOWN: usize = 60;

/// All errors, in the order of the text's lines; then `--set`, then defaults.
///
/// Prints one error a line, up to 20 of them, without the file's name, which the caller puts in front.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub struct Faults(pub Vec<Fault>);

/// One error.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub struct Fault {
    /// The key's path, such as `train.epochs`; empty where the text is not TOML.
    pub key: String,
    /// Where the value comes from.
    pub origin: Origin,
    /// What is wrong, what is allowed, what to do.
    pub message: String,
}

/// Where a value comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Origin {
    /// A line of the text, counted from 1.
    Line(usize),
    /// `--set`
    Set,
    /// Not written anywhere: a default, or several keys taken together.
    Default,
}

impl fmt::Display for Faults {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, fault) in self.0.iter().take(PRINTED).enumerate() {
            if index > 0 {
                f.write_str("\n")?;
            }
            fault.fmt(f)?;
        }
        match self.0.len().saturating_sub(PRINTED) {
            0 => Ok(()),
            more => write!(f, "\nand {more} more"),
        }
    }
}

impl fmt::Display for Fault {
    /// `line 12: train.epochs: …`, `--set: train.epochs: …` or `train.epochs: …`
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.origin {
            Origin::Line(line) => write!(f, "line {line}: ")?,
            Origin::Set => f.write_str("--set: ")?,
            Origin::Default => {}
        }
        if !self.key.is_empty() {
            write!(f, "{}: ", self.key)?;
        }
        f.write_str(&self.message)
    }
}

/// Where a text's lines end.
pub(super) struct Lines(Vec<usize>);

impl Lines {
    pub(super) fn of(text: &str) -> Self {
        Self(text.bytes().enumerate().filter(|(_, byte)| *byte == b'\n').map(|(place, _)| place).collect())
    }

    /// The line, counted from 1, that holds the byte at `offset`.
    pub(super) fn at(&self, offset: usize) -> usize {
        1 + self.0.partition_point(|&end| end < offset)
    }
}

/// `text` in quotes, without anything that a terminal would obey.
pub(super) fn quoted(text: &str) -> String {
    let short: String = text.chars().take(SHOWN).collect();
    let mark = if short.len() < text.len() { "…" } else { "" };
    format!("{short:?}{mark}")
}

/// A part of a key's path as TOML writes it: bare where it may be, else in quotes.
pub(super) fn key_part(part: &str) -> String {
    let bare = |c: char| c.is_ascii_alphanumeric() || c == '_' || c == '-';
    if part.is_empty() || !part.chars().all(bare) || part.len() > SHOWN {
        quoted(part)
    } else {
        part.to_owned()
    }
}

/// A value as an error message repeats it.
pub(super) fn shown(value: &DeValue<'_>) -> String {
    match value {
        DeValue::String(text) => quoted(text),
        DeValue::Integer(number) => cut(&number.to_string()),
        DeValue::Float(number) => cut(number.as_str()),
        DeValue::Boolean(truth) => truth.to_string(),
        DeValue::Datetime(time) => time.to_string(),
        DeValue::Array(items) if items.is_empty() => "an empty list".to_owned(),
        DeValue::Array(_) => "a list".to_owned(),
        DeValue::Table(_) => "a table".to_owned(),
    }
}

fn cut(digits: &str) -> String {
    let short: String = digits.chars().take(SHOWN).collect();
    if short.len() < digits.len() { short + "…" } else { short }
}
