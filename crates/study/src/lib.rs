//! What is studied: pure values and functions. Knows no file, clock, thread, LibTorch or terminal.

pub mod alignment;
pub mod bounds;
pub mod choices;
pub mod claims;
pub mod command;
pub mod complexity;
pub mod config;
pub mod confusion;
pub mod cost;
pub mod estimate;
pub mod event;
pub mod feed;
pub mod format;
pub mod gpus;
pub mod grid;
pub mod inference;
mod intern;
pub mod listing;
pub mod look;
pub mod model;
pub mod outlier;
pub mod quantity;
pub mod random;
pub mod robustness;
pub mod roc;
pub mod rows;
pub mod run_state;
#[cfg(any(test, feature = "sample"))]
pub mod sample;
pub mod sampling;
pub mod shares;
pub mod statistics;
pub mod summary;
mod task;
pub mod text;
