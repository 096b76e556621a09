//! The screens. Each is a folder with its table of keys, what its actions do, and its frame, behind
//! [`Screen`](super::screen::Screen); it is listed in [`key_tables`] too.

pub mod compare;
pub mod run;
pub mod runs;

use super::keymap::markdown;

/// Every screen by name, with its table of keys for the README.
pub fn key_tables() -> [(&'static str, String); 4] {
    [
        ("A run", markdown(run::keymap::BINDINGS)),
        (
            "A run on a cluster, the keys that do something else there",
            markdown(&run::keymap::others_on_cluster()),
        ),
        ("The list of runs", markdown(runs::keys::BINDINGS)),
        ("Runs side by side", markdown(compare::keys::BINDINGS)),
    ]
}
