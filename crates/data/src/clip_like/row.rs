//! Rows of pairs, a block at a time.

use ndarray::{Array1, Array2, ArrayView1, ArrayViewMut1};
use rand::RngExt;
use rand_distr::{Distribution, Open01, StandardNormal};

use study::random::{Purpose, stream};

use super::super::blocks::BLOCK;
use super::world::{SCORED, World};

/// Correlation of a matched image's latent vector with its text's.
const SHARED: f64 = 0.58;
/// Mean and deviation of a matched pair's cosine.
const MATCHED_COSINE: (f64, f64) = (0.36, 0.03);
/// Weights of the real score's terms but the interaction's.
const IMAGE_TERM: f64 = 0.45;
const PRODUCT_TERM: f64 = 0.55;
const NOISE_TERM: f64 = 0.44;

/// What rows are drawn from.
pub(super) struct Rows<'a> {
    pub(super) world: &'a World,
    pub(super) seed: u64,
    /// Share of rows whose image belongs to their text.
    pub(super) matched: f64,
}

/// A row's real score in its parts, and whether its image belongs to its text.
#[derive(Clone, Copy, Default)]
pub(super) struct Score {
    /// All but the interaction.
    pub(super) rest: f64,
    /// `Σ_j ω_j (x−μ_T)_j (y−μ_I)_j`, not standardised yet.
    pub(super) interaction: f64,
    pub(super) matched: bool,
}

impl Rows<'_> {
    /// Block `index`, always whole: a matrix product's rounding may depend on its shape, and a row must
    /// not depend on how many follow it. Text and image, `[BLOCK, width]` each.
    pub(super) fn block(&self, index: usize, scores: &mut [Score]) -> (Array2<f32>, Array2<f32>) {
        let width = self.world.text_mean.len();
        let mut text_latent = Array2::<f32>::zeros((BLOCK, width));
        let mut image_latent = Array2::<f32>::zeros((BLOCK, width));
        let mut cosines = [0.0; BLOCK];
        for row in 0..BLOCK {
            let latents = (text_latent.row_mut(row), image_latent.row_mut(row));
            let number = (index * BLOCK + row) as u64;
            (scores[row], cosines[row]) = self.latent(number, latents);
        }
        let mut text = text_latent.dot(&self.world.text_map);
        let mut image = image_latent.dot(&self.world.image_map);
        for row in 0..BLOCK {
            let (mut x, mut y) = (text.row_mut(row), image.row_mut(row));
            x += &self.world.text_mean;
            y += &self.world.image_mean;
            to_unit(&mut x);
            to_unit(&mut y);
            if scores[row].matched {
                turn_towards(&mut y, &x.view(), cosines[row]);
            }
            scores[row].interaction = self.interaction(&x.view(), &y.view());
        }
        (text, image)
    }

    /// Draws row `number`: its latent vectors, its score so far, and its cosine if it is matched.
    /// Every row draws the same numbers in the same order, matched or not.
    fn latent(
        &self,
        number: u64,
        (mut a, mut b): (ArrayViewMut1<'_, f32>, ArrayViewMut1<'_, f32>),
    ) -> (Score, f64) {
        let mut rng = stream(Purpose::Row, self.seed, number, 0);
        let matched = rng.random::<f64>() < self.matched;
        let gaussian: f64 = StandardNormal.sample(&mut rng);
        let uniform: f64 = Open01.sample(&mut rng);
        a.iter_mut().for_each(|entry| *entry = StandardNormal.sample(&mut rng));
        b.iter_mut().for_each(|entry| *entry = StandardNormal.sample(&mut rng));
        if matched {
            let (shared, own) = (SHARED as f32, (1.0 - SHARED * SHARED).sqrt() as f32);
            b.zip_mut_with(&a, |b, &a| *b = shared * a + own * *b);
        }
        let [u0, u1, u2] = &self.world.directions;
        let logistic = (uniform / (1.0 - uniform)).ln();
        let rest = along(&a.view(), u0)
            + IMAGE_TERM * along(&b.view(), u0)
            + PRODUCT_TERM * along(&a.view(), u1) * along(&a.view(), u2)
            + NOISE_TERM * logistic;
        let cosine = MATCHED_COSINE.0 + MATCHED_COSINE.1 * gaussian;
        (Score { rest, interaction: 0.0, matched }, cosine)
    }

    fn interaction(&self, x: &ArrayView1<'_, f32>, y: &ArrayView1<'_, f32>) -> f64 {
        let World { text_mean, image_mean, signs, .. } = self.world;
        let off_mean =
            |values: &ArrayView1<'_, f32>, mean: &Array1<f32>, at: usize| f64::from(values[at] - mean[at]);
        signs
            .iter()
            .enumerate()
            .map(|(at, sign)| sign * off_mean(x, text_mean, at) * off_mean(y, image_mean, at))
            .sum()
    }
}

/// `y ← d·x + √(1−d²)·unit(y − (x·y)x)`, for unit `x`.
fn turn_towards(y: &mut ArrayViewMut1<'_, f32>, x: &ArrayView1<'_, f32>, cosine: f64) {
    let along = dot(x, &y.view()) as f32;
    y.zip_mut_with(x, |y, &x| *y -= along * x);
    to_unit(y);
    let (towards, across) = (cosine as f32, (1.0 - cosine * cosine).sqrt() as f32);
    y.zip_mut_with(x, |y, &x| *y = towards * x + across * *y);
}

fn to_unit(values: &mut ArrayViewMut1<'_, f32>) {
    let factor = dot(&values.view(), &values.view()).sqrt().recip() as f32;
    values.mapv_inplace(|value| value * factor);
}

fn dot(x: &ArrayView1<'_, f32>, y: &ArrayView1<'_, f32>) -> f64 {
    x.iter().zip(y).map(|(&x, &y)| f64::from(x) * f64::from(y)).sum()
}

fn along(latent: &ArrayView1<'_, f32>, direction: &[f64; SCORED]) -> f64 {
    latent.iter().zip(direction).map(|(&entry, along)| f64::from(entry) * along).sum()
}
