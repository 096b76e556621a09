//! What a run keeps on disk: its directory, its journal, whole files. Names no tensor and no terminal.

pub mod atomic;
pub mod blocks;
pub mod checkpoint;
pub mod cluster;
pub mod correctness;
mod error;
pub mod format;
pub mod journal;
mod kept;
pub mod labels;
pub mod log;
mod npy;
pub mod rates;
mod reopened;
pub mod rows;
pub mod run_dir;
pub mod test_rows;
pub mod under_noise;

pub use error::StoreError;
pub use journal::Journal;
pub use reopened::Reopened;
pub use run_dir::RunDir;
