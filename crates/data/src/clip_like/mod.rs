//! The built-in data: pairs with the geometry of CLIP embeddings (READING section 4).
//!
//! A world is drawn once from `data.clip_like.seed`; each row has a random stream of its own, and rows
//! are computed in blocks with absolute bounds, so that a row does not depend on how many there are.
//! Readings of what the recipe leaves open are beside the lines that follow them, in [`world`] and [`row`].

mod geometry;
mod row;
mod world;

#[cfg(test)]
mod table;

use ndarray::{Array2, Axis, s};

use study::config::ClipLikeConfig;
use study::statistics::median;

use super::blocks::{BLOCK, in_parallel};
use super::error::DataError;
pub use geometry::Geometry;
use row::{Rows, Score};
use world::World;

/// Rows that the interaction's mean and deviation, and the label's cut, are calibrated on.
const CALIBRATION: usize = 4_096;
/// The interaction's weight in the real score, at two widths (between them by the width's logarithm).
const INTERACTION: [(f64, f64); 2] = [(64.0, 1.05), (768.0, 0.75)];

/// Pairs and their real label.
pub(crate) struct Pairs {
    /// `[samples, width]`, unit norm
    pub(crate) text: Array2<f32>,
    /// `[samples, width]`, unit norm
    pub(crate) image: Array2<f32>,
    /// 0 or 1.
    pub(crate) label: Vec<u8>,
    /// Whether a row's image belongs to its text.
    pub(crate) matched: Vec<bool>,
}

/// Makes the data set that `config` describes.
pub(crate) fn generate(config: &ClipLikeConfig) -> Result<Pairs, DataError> {
    check(config)?;
    let world = World::draw(config.width, config.seed);
    let rows = Rows { world: &world, seed: config.seed, matched: config.matched };
    let place =
        || DataError::Memory { place: format!("{} rows of {} numbers", config.samples, config.width) };
    let mut text = zeros(config.samples, config.width).ok_or_else(place)?;
    let mut image = zeros(config.samples, config.width).ok_or_else(place)?;
    let mut scores = vec![Score::default(); config.samples.max(CALIBRATION).next_multiple_of(BLOCK)];
    let blocks = text.axis_chunks_iter_mut(Axis(0), BLOCK).zip(image.axis_chunks_iter_mut(Axis(0), BLOCK));
    // Calibration blocks beyond the last sample have scores and no rows.
    let blocks = blocks.map(Some).chain(std::iter::repeat_with(|| None));
    in_parallel(scores.chunks_mut(BLOCK).zip(blocks).enumerate(), |(index, (scores, block))| {
        let (block_text, block_image) = rows.block(index, scores);
        if let Some((mut text, mut image)) = block {
            let kept = text.nrows();
            text.assign(&block_text.slice(s![..kept, ..]));
            image.assign(&block_image.slice(s![..kept, ..]));
        }
    });
    let label = cut(&scores, config);
    let matched = scores[..config.samples].iter().map(|score| score.matched).collect();
    Ok(Pairs { text, image, label, matched })
}

/// The real label: the score against its median over the calibration rows.
fn cut(scores: &[Score], config: &ClipLikeConfig) -> Vec<u8> {
    let calibration = &scores[..CALIBRATION];
    let mean = calibration.iter().map(|score| score.interaction).sum::<f64>() / CALIBRATION as f64;
    let variance =
        calibration.iter().map(|score| (score.interaction - mean).powi(2)).sum::<f64>() / CALIBRATION as f64;
    let weight = interaction_weight(config.width) / variance.sqrt();
    let total = |score: &Score| score.rest + weight * (score.interaction - mean);
    let median = median(&calibration.iter().map(total).collect::<Vec<_>>()).unwrap_or(0.0);
    scores[..config.samples].iter().map(|score| u8::from(total(score) > median)).collect()
}

fn interaction_weight(width: usize) -> f64 {
    let [(narrow, at_narrow), (wide, at_wide)] = INTERACTION;
    let along = ((width as f64 / narrow).ln() / (wide / narrow).ln()).clamp(0.0, 1.0);
    at_narrow + along * (at_wide - at_narrow)
}

fn check(config: &ClipLikeConfig) -> Result<(), DataError> {
    if config.width < world::NARROWEST {
        let wanted = "the recipe needs 16 dimensions at least";
        return Err(DataError::Key { key: "data.clip_like.width", value: config.width.to_string(), wanted });
    }
    if !(0.0..=1.0).contains(&config.matched) {
        let wanted = "it is a share, from 0 to 1";
        return Err(DataError::Key {
            key: "data.clip_like.matched",
            value: config.matched.to_string(),
            wanted,
        });
    }
    if config.samples == 0 {
        let wanted = "at least one row is needed";
        return Err(DataError::Key { key: "data.clip_like.samples", value: "0".into(), wanted });
    }
    Ok(())
}

/// A matrix of zeros, where memory can be had for it.
fn zeros(rows: usize, width: usize) -> Option<Array2<f32>> {
    let length = rows.checked_mul(width)?;
    let mut values: Vec<f32> = Vec::new();
    values.try_reserve_exact(length).ok()?;
    values.resize(length, 0.0);
    Array2::from_shape_vec((rows, width), values).ok()
}
