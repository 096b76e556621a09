//! Runs and monitors multimodal-fusion studies: fusion × task × train size × seed, trained through
//! LibTorch and shown live in a terminal. `ARCHITECTURE.md` is the map.

pub mod data;
pub mod engine;
pub mod host;
pub mod monitor;
pub mod report;
pub mod store;
pub mod study;
pub mod tui;
pub mod watch;
