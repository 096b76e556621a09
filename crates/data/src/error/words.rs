//! Text from files, made fit for a message.

use std::fmt::Display;
use std::path::Path;

use study::text::{brief, one_line};

/// Longest piece of a file's text that gets into a message.
const LONGEST_TEXT: usize = 80;
/// Most names that a message lists.
const MOST_NAMES: usize = 12;

/// `text` for a message: on one line, safe to show, and not longer than [`LONGEST_TEXT`].
pub(crate) fn printable(text: &str) -> String {
    brief(text, LONGEST_TEXT)
}

/// A path for a message, at full length.
pub(crate) fn printable_path(path: &Path) -> String {
    one_line(path.display())
}

/// The first of `items` in a row, each made printable.
pub(crate) fn listed<T: Display>(items: &[T]) -> String {
    let shown: Vec<String> = items.iter().take(MOST_NAMES).map(|item| printable(&item.to_string())).collect();
    let shown = shown.join(", ");
    if items.len() > MOST_NAMES { format!("{shown}, … ({} in all)", items.len()) } else { shown }
}

/// Whether a name or path can stand in a line of Python or a shell as it is.
pub(crate) fn is_plain(text: &str) -> bool {
    let is_fine = |letter: char| letter.is_ascii_alphanumeric() || "._-/".contains(letter);
    !text.is_empty() && text.chars().all(is_fine)
}

/// Whether a path has this extension, in any case.
pub(crate) fn has_extension(path: &str, wanted: &str) -> bool {
    Path::new(path).extension().is_some_and(|found| found.eq_ignore_ascii_case(wanted))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_from_files_loses_escapes_and_does_not_run_on() {
        assert_eq!(printable("a\u{1b}[31mb\n\u{202e}c"), "a[31mb c");
        assert_eq!(printable(&"x".repeat(500)).chars().count(), LONGEST_TEXT + 1);
    }
}
