//! Counter-based random streams: every random choice of a study is a pure function of what it is for.
//!
//! A stream is `ChaCha8` under the key (purpose, a, b, c), so that no choice depends on which other
//! choices were made before it, in which thread, or for which other seeds.

use rand::{Rng, RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;

/// What a stream is for. The numbers are part of every result: never reuse one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Purpose {
    /// Assignment of rows to train, validation and test; key: split seed.
    Split = 1,
    /// Nested subsets; key: trial seed.
    Subset = 2,
    /// Order of a subset's rows in an epoch; key: trial seed, epoch.
    BatchOrder = 3,
    /// Initial weights; key: trial seed, parameter.
    Weights = 4,
    /// Noise on text; key: trial seed, test row.
    TextNoise = 5,
    /// Noise on images; key: trial seed, test row.
    ImageNoise = 6,
    /// Reordered image rows of the synthetic task; key: split.
    Pairs = 7,
    /// The map of a narrower modality into the common width; key: width, common width, modality.
    Rotation = 8,
    /// The generator's world; key: its seed, part.
    World = 9,
    /// A row of the generator; key: its seed, row.
    Row = 10,
    /// Resampling in statistics; key: of the statistic.
    Bootstrap = 11,
    /// What a device's arithmetic is compared on.
    Parity = 12,
    /// The places and signs of a sketch; key: number of the sketch, modality.
    Sketch = 13,
    /// Which dimensions of text and image a product takes together; key: number of the permutation.
    Pairing = 14,
    /// A row of the noise that is trained against; key: row, modality.
    NoiseBank = 15,
    /// What a training row gets of it; key: trial seed, epoch, way to train, and within the stream the row.
    RobustTraining = 16,
    /// The matrices and vectors of tasks that are graded by a score; key: number of the draw, kind, part.
    Grading = 20,
    /// Test rows whose texts and images are paired with each other.
    Emap = 30,
    /// Rows that a health report looks at; key: what for.
    Inspection = 40,
}

/// The stream for `purpose` under the key `(a, b, c)`; unused parts are 0.
pub fn stream(purpose: Purpose, a: u64, b: u64, c: u64) -> ChaCha8Rng {
    let mut key = [0; 32];
    for (part, word) in key.chunks_exact_mut(8).zip([purpose as u64, a, b, c]) {
        part.copy_from_slice(&word.to_le_bytes());
    }
    ChaCha8Rng::from_seed(key)
}

/// Shuffles in place (Fisher and Yates), the same on every platform.
pub fn shuffle<T>(items: &mut [T], rng: &mut impl Rng) {
    for last in (1..items.len()).rev() {
        items.swap(last, rng.random_range(0..=last as u64) as usize);
    }
}

/// The numbers `0..n` in random order.
pub fn permutation(n: usize, rng: &mut impl Rng) -> Vec<u32> {
    let mut order: Vec<u32> = (0..n as u32).collect();
    shuffle(&mut order, rng);
    order
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn streams_of_different_keys_differ_and_of_the_same_key_agree() {
        let draw = |purpose, a, b| stream(purpose, a, b, 0).random::<u64>();
        assert_eq!(draw(Purpose::Subset, 3, 0), draw(Purpose::Subset, 3, 0));
        assert_ne!(draw(Purpose::Subset, 3, 0), draw(Purpose::Subset, 4, 0));
        assert_ne!(draw(Purpose::Subset, 3, 0), draw(Purpose::BatchOrder, 3, 0));
        assert_ne!(draw(Purpose::BatchOrder, 3, 0), draw(Purpose::BatchOrder, 3, 1));
    }

    #[test]
    fn a_permutation_holds_every_number_once() {
        let mut order = permutation(1_000, &mut stream(Purpose::Subset, 0, 0, 0));
        assert_ne!(order[..5], [0, 1, 2, 3, 4]);
        order.sort_unstable();
        assert!(order.iter().copied().eq(0..1_000));
    }
}
