//! What a frontend derives from a run as its events come: numbers over seeds, rows, trials, log lines.
//!
//! The terminal screens and `--plain` read it. It knows no terminal and no thread.

pub mod alerts;
pub mod cluster;
pub mod confusion;
pub mod derived;
pub mod differences;
#[cfg(any(test, feature = "fixture"))]
pub mod fixture;
#[cfg(any(test, feature = "fixture"))]
pub mod fixture_cluster;
#[cfg(any(test, feature = "fixture"))]
mod fixture_findings;
#[cfg(any(test, feature = "fixture"))]
pub mod fixture_gpus;
#[cfg(any(test, feature = "fixture"))]
pub mod fixture_others;
pub mod gpus;
pub mod job_alerts;
pub mod jobs;
pub mod listing;
pub mod log;
pub mod model;
pub mod paired;
pub mod resources;
pub mod results;
pub mod shown;
pub mod text;
pub mod trials;

#[cfg(test)]
mod tests;
