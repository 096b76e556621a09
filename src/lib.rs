//! Runs and monitors multimodal-fusion studies: fusion × task × train size × seed, trained through
//! LibTorch and shown live in a terminal. `ARCHITECTURE.md` is the map; each part is a crate in `crates/`.

pub use cluster;
pub use data;
pub use embed;
pub use engine;
pub use host;
pub use monitor;
pub use report;
pub use store;
pub use study;
pub use tui;
pub use watch;
