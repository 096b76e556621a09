//! What is wrong with a command, a configuration or a data set is said before anything starts: status 2,
//! one message that names file, key or row, and not a file made.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

#[path = "../support/arrays.rs"]
mod arrays;
#[path = "../support/cli.rs"]
mod cli;
mod configuration;
mod data;
mod files;
mod memory;
mod places;

use cli::{Ended, Place};

/// Runs `command` on the small study, asserts that it is refused, and returns the message.
///
/// Refused: status 2, an empty standard output, one message that holds every one of `parts` and nothing
/// that a terminal would obey, and every file and folder as it was.
#[track_caller]
fn refused(place: &Place, command: &[&str], sets: &[&str], parts: &[&str]) -> String {
    let before = place.contents();
    let ended = place.study(command, sets);
    let after = place.contents();
    let changed = after.iter().filter(|(path, bytes)| before.get(*path) != Some(bytes));
    let changed: Vec<_> = changed.map(|(path, _)| path).collect();
    assert!(changed.is_empty() && after.len() >= before.len(), "{changed:?} made by {ended:?}");
    one_message(&ended, parts);
    ended.err
}

/// Asserts the status, the empty standard output and the message.
#[track_caller]
fn one_message(ended: &Ended, parts: &[&str]) {
    assert_eq!(ended.status, Some(2), "{ended:?}");
    assert_eq!(ended.out, "", "{ended:?}");
    assert!(ended.err.starts_with("error: ") && ended.err.ends_with('\n'), "{ended:?}");
    assert_eq!(ended.err.matches("error: ").count(), 1, "more than one message: {ended:?}");
    assert!(ended.err.matches("(os error ").count() <= 1, "the system's reason is there twice: {ended:?}");
    let obeyed = |c: char| c != '\n' && c.is_control();
    assert!(!ended.err.contains(obeyed), "control characters: {ended:?}");
    for part in parts {
        assert!(ended.err.contains(part), "no {part:?} in {ended:?}");
    }
}
