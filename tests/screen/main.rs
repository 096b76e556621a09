//! The program in a terminal, as its user sees it: the real binary in a pseudo-terminal, the screen read
//! from what it writes, every wait for something to appear.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

#[path = "../support/arrays.rs"]
#[expect(dead_code, reason = "the other formats are for `tests/run`")]
mod arrays;
#[path = "../support/cli.rs"]
#[expect(dead_code, reason = "running to the end without a terminal is for `tests/run`")]
mod cli;
mod control;
mod ends;
mod figures;
mod inputs;
mod looks;
mod pace;
mod picture;
mod pixels;
mod read_only;
mod session;
mod settings;
mod svg;
mod terminal;
mod watch;
