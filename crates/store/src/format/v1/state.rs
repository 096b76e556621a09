//! The record in a file of training state; weights and moments stand behind it.

use serde::{Deserialize, Serialize};

use super::grid::Position;
use super::results::{SeedMetrics, SeedOutcome};

/// A group of seeds, as far as tensors do not say it.
#[derive(Debug, Serialize, Deserialize)]
pub struct TrainingState {
    /// Whose it is: run, configuration and attempt in one number.
    pub owner: String,
    /// Where it stands.
    pub position: Position,
    /// Worker time so far.
    pub seconds: f64,
    /// The file with the best weights.
    pub best: BestFile,
    /// Each seed's.
    pub trials: Vec<Trial>,
}

/// The file with the best weights.
#[derive(Debug, Serialize, Deserialize)]
pub struct BestFile {
    /// In its name; counts from 1.
    pub number: u32,
    /// BLAKE3, hexadecimal.
    pub checksum: String,
}

/// A seed.
#[derive(Debug, Serialize, Deserialize)]
pub struct Trial {
    /// Which.
    pub seed: u64,
    /// The best epoch so far, and its validation accuracy.
    pub best: Option<(u32, f64)>,
    /// How it ended, where it has.
    pub ended: Option<SeedOutcome>,
    /// Whether its last weights stand beside the best ones.
    pub is_frozen: bool,
    /// One for each epoch that is done.
    pub metrics: Vec<SeedMetrics>,
}

impl TrainingState {
    /// As a file has it.
    pub fn encode(&self) -> serde_json::Result<Vec<u8>> {
        serde_json::to_vec(self)
    }

    /// Reads what [`Self::encode`] wrote.
    pub fn decode(bytes: &[u8]) -> serde_json::Result<Self> {
        serde_json::from_slice(bytes)
    }
}
