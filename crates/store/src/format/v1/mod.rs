//! Format 1: what a journal's lines, training states, checkpoints and files of rows look like on disk.
//!
//! These types are apart from those of `study`, with conversions between the two. So a field or variant that is renamed
//! in the code changes no file: every name that stands in a file stands here, fields in the structs and variants in
//! [`names`]. What is added here follows `docs/formats.md`.
//!
//! `study::config::Config` has no type here. Its form is `config.toml`, which users write: a header's `config` is the same
//! keys as JSON.

pub mod checkpoint;
mod event;
mod grid;
mod header;
pub mod labels;
mod module;
pub mod names;
mod results;
pub mod rows;
pub mod state;

pub use event::{DecodeError, decode, encode, epoch_number};
pub use grid::{CohortId, Position, Sweep};
pub use header::{DataFacts, Provenance};
pub use module::Module;
pub use names::{Model, Name, Named, TaskName};
pub use results::{NoiseCurve, SeedMetrics, SeedOutcome};

#[cfg(test)]
mod tests;
