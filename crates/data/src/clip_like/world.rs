//! The world that pairs live in: means, spectra, bases and the real score's directions.

use ndarray::{Array1, Array2};
use rand::{Rng, RngExt};
use rand_distr::{Distribution, StandardNormal};
use statrs::distribution::{ContinuousCDF, Normal};

use study::random::{Purpose, shuffle, stream};

use super::super::orthonormal;

/// Narrowest width: the outlying dimensions of both modalities are ten, the score's latent ones twelve.
pub(super) const NARROWEST: usize = 16;
/// Latent dimensions that the real score looks at.
pub(super) const SCORED: usize = 12;

/// One modality's constants in the recipe.
struct Recipe {
    /// Norm of the mean.
    mean: f64,
    /// Shares of the squared mean in five outlying dimensions.
    shares: [f64; 5],
    /// Exponent of the spectrum.
    power: f64,
    /// Rank offset of the spectrum.
    offset: f64,
    /// Deviation of the logarithm that re-orders the ranks.
    reorder: f64,
}

const TEXT: Recipe =
    Recipe { mean: 0.61, shares: [0.16, 0.16, 0.065, 0.06, 0.025], power: 1.95, offset: 10.0, reorder: 0.0 };
const IMAGE: Recipe =
    Recipe { mean: 0.74, shares: [0.09, 0.09, 0.045, 0.04, 0.035], power: 1.75, offset: 7.5, reorder: 0.5 };
/// Cosine between the two means outside the outlying dimensions.
const MEANS_COSINE: f64 = 0.30;
/// Deviation of the logarithm of the dimensions' scales.
const SCALES: f64 = 0.33;

/// What every row of a data set shares.
pub(super) struct World {
    /// `μ_T` `[width]`
    pub(super) text_mean: Array1<f32>,
    /// `μ_I` `[width]`
    pub(super) image_mean: Array1<f32>,
    /// `L_T` transposed: latent rows times this are embeddings. `[latent, width]`
    pub(super) text_map: Array2<f32>,
    /// `L_I` transposed. `[latent, width]`
    pub(super) image_map: Array2<f32>,
    /// `u₀`, `u₁`, `u₂` on the first latent dimensions.
    pub(super) directions: [[f64; SCORED]; 3],
    /// `ω`: random signs. `[width]`
    pub(super) signs: Vec<f64>,
}

impl World {
    /// Draws the world of `seed`. Each part has a stream of its own.
    pub(super) fn draw(width: usize, seed: u64) -> Self {
        let part = |number: u64| stream(Purpose::World, seed, number, width as u64);
        let (text_mean, image_mean) = means(width, &mut part(0));
        // Q and s are shared by both modalities.
        let basis = orthonormal::rows(width, width, &mut part(1)); // [width, latent]
        let scales = quantiles(width, &mut part(2)).mapv(|g| (SCALES * g).exp());
        let text_map = map(&TEXT, &basis, &scales, &gaussian(width, &mut part(3)));
        let image_map = map(&IMAGE, &basis, &scales, &gaussian(width, &mut part(4)));
        let mut score = part(5);
        let directions = std::array::from_fn(|_| {
            let direction = unit(gaussian(SCORED, &mut score));
            std::array::from_fn(|index| direction[index])
        });
        let signs = (0..width).map(|_| sign(&mut score)).collect();
        Self { text_mean, image_mean, text_map, image_map, directions, signs }
    }
}

/// `μ_T`, `μ_I`: the outlying dimensions are disjoint, and the rest has no part in any of the ten, so that
/// the shares hold exactly.
fn means(width: usize, rng: &mut impl Rng) -> (Array1<f32>, Array1<f32>) {
    let mut dimensions: Vec<usize> = (0..width).collect();
    shuffle(&mut dimensions, rng);
    let outlying = &dimensions[..10];
    let rest = |rng: &mut _| {
        let mut rest = gaussian(width, rng);
        for &dimension in outlying {
            rest[dimension] = 0.0;
        }
        unit(rest)
    };
    let text_rest = rest(rng);
    let other = rest(rng);
    let across = unit(&other - &(&text_rest * other.dot(&text_rest)));
    let image_rest = &text_rest * MEANS_COSINE + across * (1.0 - MEANS_COSINE.powi(2)).sqrt();
    let text = mean(&TEXT, &outlying[..5], text_rest, rng);
    let image = mean(&IMAGE, &outlying[5..], image_rest, rng);
    (text, image)
}

fn mean(recipe: &Recipe, outlying: &[usize], rest: Array1<f64>, rng: &mut impl Rng) -> Array1<f32> {
    let share_of_rest = 1.0 - recipe.shares.iter().sum::<f64>();
    let mut mean = rest * share_of_rest.sqrt();
    for (&dimension, share) in outlying.iter().zip(recipe.shares) {
        mean[dimension] = sign(rng) * share.sqrt();
    }
    mean.mapv(|entry| (entry * recipe.mean) as f32)
}

/// `Lᵀ` for `L = diag(s)·Q·diag(λ^½)`, scaled to `‖L‖² = 1 − ‖μ‖²`. Ranks count from 1. `[latent, width]`
fn map(recipe: &Recipe, basis: &Array2<f64>, scales: &Array1<f64>, order: &Array1<f64>) -> Array2<f32> {
    let width = scales.len();
    // Dimension k has the rank that k·exp(reorder·g) has among all.
    let keys: Vec<f64> = (0..width).map(|k| (k + 1) as f64 * (recipe.reorder * order[k]).exp()).collect();
    let mut by_key: Vec<usize> = (0..width).collect();
    by_key.sort_by(|&a, &b| keys[a].total_cmp(&keys[b]));
    let mut deviations = vec![0.0; width];
    for (rank, &dimension) in by_key.iter().enumerate() {
        deviations[dimension] = ((rank + 1) as f64 + recipe.offset).powf(-recipe.power / 2.0);
    }
    let map = Array2::from_shape_fn((width, width), |(latent, dimension)| {
        scales[dimension] * basis[(dimension, latent)] * deviations[latent]
    });
    let norm = map.iter().map(|entry| entry * entry).sum::<f64>().sqrt();
    let factor = (1.0 - recipe.mean.powi(2)).sqrt() / norm;
    map.mapv(|entry| (entry * factor) as f32)
}

/// The standard normal's quantiles in random order: `width` free draws would let the largest scale, and
/// with it the table's "largest sd·√N", differ by a fifth from world to world (a quarter of the worlds
/// missed the table in a prototype; with quantiles the deviation falls from .35 to .09).
fn quantiles(length: usize, rng: &mut impl Rng) -> Array1<f64> {
    let mut quantiles: Vec<f64> = (0..length)
        .map(|place| Normal::standard().inverse_cdf((place as f64 + 0.5) / length as f64))
        .collect();
    shuffle(&mut quantiles, rng);
    quantiles.into()
}

fn gaussian(length: usize, rng: &mut impl Rng) -> Array1<f64> {
    (0..length).map(|_| StandardNormal.sample(rng)).collect()
}

fn unit(vector: Array1<f64>) -> Array1<f64> {
    let norm = vector.dot(&vector).sqrt();
    vector / norm
}

fn sign(rng: &mut impl Rng) -> f64 {
    if rng.random::<bool>() { 1.0 } else { -1.0 }
}
