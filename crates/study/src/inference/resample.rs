//! Draws with replacement, each statistic under its own key.

use rand::{Rng, RngExt};
use rand_chacha::ChaCha8Rng;

use crate::random::{Purpose, stream};

/// What is drawn anew. The numbers are part of every result: never reuse one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Statistic {
    /// Seeds, for a `BCa` interval of a mean.
    Bca = 1,
    /// Seeds, for the crossed bootstrap.
    CrossedSeeds = 2,
    /// Groups of test rows, for the crossed bootstrap.
    CrossedRows = 3,
    /// Which test rows are one group.
    Groups = 4,
    /// Signs of seeds.
    SignFlip = 5,
    /// Seeds within a size, for an interquartile mean.
    InterquartileMean = 6,
    /// Seeds within a size, for a probability of improvement.
    Improvement = 7,
}

/// The stream of `statistic` for a sample of `n`.
pub fn draws_of(statistic: Statistic, n: usize) -> ChaCha8Rng {
    stream(Purpose::Bootstrap, statistic as u64, n as u64, 0)
}

/// How often each of `n` comes up in `n` draws with replacement.
pub fn counts(n: usize, rng: &mut impl Rng) -> Vec<u32> {
    let mut counts = vec![0; n];
    for _ in 0..n {
        counts[index(n, rng)] += 1;
    }
    counts
}

/// One of `0..n`.
pub fn index(n: usize, rng: &mut impl Rng) -> usize {
    rng.random_range(0..n as u64) as usize
}
