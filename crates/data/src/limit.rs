//! Whether a data set fits into memory, before any of it is read or made.

use host::memory;
use study::config::{Config, DeviceChoice, Memory, Missing, Pairs, SyntheticLabel};
use study::grid::Task;

use super::error::DataError;

/// Bytes of a value as it is kept.
const VALUE: u64 = 4;

/// What is in memory at the peak.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Held {
    /// The rows of every split: they come from a file.
    Splits,
    /// These, and the source's own rows: one modality of them is left while the last split is filled.
    SourceAndSplits,
}

/// Refuses text and image of `[rows, width]` each where they do not fit into `run.memory`, or into what is free.
pub(crate) fn check(
    config: &Config,
    place: &str,
    shapes: &[[usize; 2]],
    held: Held,
) -> Result<(), DataError> {
    let needed = needed(shapes, copies(config), held);
    let (limit, bound) = match (config.run.memory, config.run.device) {
        // What is asked for on a GPU is the GPU's memory.
        (Memory::Bytes(bytes), DeviceChoice::Auto | DeviceChoice::Cpu) => (bytes, "`run.memory` allows"),
        _ => match memory::available() {
            Some(bytes) => (bytes, "`run.memory` is auto, and this machine has free"),
            None => return Ok(()),
        },
    };
    if needed <= limit {
        return Ok(());
    }
    Err(DataError::TooLarge {
        place: place.to_owned(),
        needed: Memory::shown(needed),
        bound,
        limit: Memory::shown(limit),
    })
}

/// How often the rows are in memory: once in every split, or once for all splits and once more for the one at work.
fn copies(config: &Config) -> usize {
    let splits = config.data.splits().len().max(1);
    // Such a synthetic task has rows of its own, in every split.
    let has_own = config.sweep.tasks.contains(&Task::Synthetic)
        && (config.synthetic.pairs == Pairs::Shuffled || config.synthetic.label == SyntheticLabel::Centred);
    let of_all = if shares(config) { 2 } else { splits };
    if has_own { of_all + splits } else { of_all }
}

/// Whether splits share the source's rows: there are several, and what is fitted on each is no more than a scale.
pub(crate) fn shares(config: &Config) -> bool {
    config.data.splits().len() > 1 && config.data.width == 0 && config.data.missing != Missing::Mean
}

/// Bytes at the peak, with so many copies of the rows.
fn needed(shapes: &[[usize; 2]], copies: usize, held: Held) -> u64 {
    let bytes =
        |&[rows, width]: &[usize; 2]| (rows as u64).saturating_mul(width as u64).saturating_mul(VALUE);
    let all = shapes.iter().map(bytes).fold(0, u64::saturating_add);
    let largest = shapes.iter().map(bytes).max().unwrap_or(0);
    let beside = if held == Held::SourceAndSplits { largest } else { 0 };
    all.saturating_mul(copies as u64).saturating_add(beside)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_data_set_beyond_the_bound_is_refused_with_both_numbers_and_the_key() {
        let mut config = Config::default();
        config.run.memory = Memory::Bytes(1_000_000_000);
        // 327,700 rows × 768 × 4 bytes, 1.007 GB each, and one of them twice where they are made first.
        let shapes = [[327_700, 768]; 2];
        for (held, needed) in [(Held::Splits, "2.01 GB"), (Held::SourceAndSplits, "3.02 GB")] {
            let error = check(&config, "set.npz", &shapes, held).unwrap_err().to_string();
            for part in ["set.npz", needed, "1.00 GB", "run.memory"] {
                assert!(error.contains(part), "{part}: {error}");
            }
        }
        config.run.memory = Memory::Bytes(4_000_000_000);
        assert!(check(&config, "set.npz", &shapes, Held::SourceAndSplits).is_ok());
        config.run.memory = Memory::Auto;
        let error = check(&config, "set.npz", &[[usize::MAX, 768]], Held::Splits).unwrap_err().to_string();
        assert!(error.contains("auto") && error.contains("free"), "{error}");
    }
}
