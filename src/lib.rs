//! Runs and monitors multimodal-fusion studies: fusion × task × train size × seed, trained through
//! LibTorch and shown live in a terminal. `ARCHITECTURE.md` is the map; each part is a crate in `crates/`.
//!
//! This is all but what needs `LibTorch`: of `engine` and `embed` nothing may be named here, so that the program that
//! only looks at runs starts without it.

pub mod cli;

pub use cluster;
pub use data;
pub use host;
pub use monitor;
pub use report;
pub use store;
pub use study;
pub use tui;
pub use watch;
