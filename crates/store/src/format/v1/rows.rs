//! Names of the arrays in a file of rows under noise.
//!
//! A file has the arrays of the conditions and means that its study has. An array of another name is left out when it is
//! read: a newer program with more conditions wrote it.

use super::names::Named;
use study::event::NoiseMean;
use study::grid::Condition;

/// The seeds, one for each row of the other arrays.
pub const SEEDS: &str = "seeds";

/// Every condition and mean that a file may have, in its order.
pub fn noises() -> impl Iterator<Item = (Condition, NoiseMean)> {
    Condition::VALUES.iter().flat_map(|&condition| means().map(move |mean| (condition, mean)))
}

/// Every mean that a file may have, in its order.
pub fn means() -> impl Iterator<Item = NoiseMean> {
    NoiseMean::VALUES.iter().copied()
}

/// The array of areas under noise.
pub fn areas(condition: Condition, mean: NoiseMean) -> String {
    format!("{}-{}", condition.on_disk(), mean.on_disk())
}

/// The array of rows that were right under slight noise on text.
pub fn slight_text(mean: NoiseMean) -> String {
    format!("slight-text-{}", mean.on_disk())
}
