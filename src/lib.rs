//! Runs and monitors multimodal-fusion studies: fusion × task × train size × seed, trained through
//! LibTorch and shown live in a terminal. `ARCHITECTURE.md` is the map.

use std::sync::LazyLock;

/// The program's version and the commit that it was built from.
pub static VERSION: LazyLock<String> =
    LazyLock::new(|| format!("{} ({})", env!("CARGO_PKG_VERSION"), superfuse_commit::COMMIT));

pub mod data;
pub mod engine;
pub mod host;
pub mod monitor;
pub mod report;
pub mod signals;
pub mod store;
pub mod study;
pub mod tui;
pub mod watch;
