//! Inference for trials that share seeds and test rows: intervals and tests on plain numbers.
//!
//! Knows neither claims nor runs. Every draw comes from [`super::random`] under the key of its statistic, so
//! that the same numbers give the same answer everywhere.

pub mod aggregate;
pub mod crossed;
pub mod multiple;
pub mod resample;
pub mod seeds;
pub mod sign_flip;
pub mod splits;

#[cfg(test)]
mod simulation;
#[cfg(test)]
mod tests;

use serde::Serialize;
use statrs::distribution::{ContinuousCDF, Normal, StudentsT};

pub use super::statistics::t_quantile_975;

/// A 95 % interval.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Interval {
    /// Lower end.
    pub low: f64,
    /// Upper end.
    pub high: f64,
}

impl Interval {
    /// Half its width.
    pub const fn half_width(self) -> f64 {
        (self.high - self.low) / 2.0
    }

    /// `value` ± `half`.
    pub fn around(value: f64, half: f64) -> Self {
        Self { low: value - half, high: value + half }
    }

    /// Whether `value` is in it, ends included.
    pub fn holds(self, value: f64) -> bool {
        (self.low..=self.high).contains(&value)
    }
}

/// Probability that Student's t is at most `x`; a half where the degrees of freedom are none.
pub fn t_cdf(x: f64, degrees_of_freedom: f64) -> f64 {
    StudentsT::new(0.0, 1.0, degrees_of_freedom.min(1e6)).map_or(0.5, |t| t.cdf(x))
}

fn normal() -> Normal {
    Normal::standard()
}

/// Linear interpolation between order statistics of `sorted`, as in `numpy.quantile`; `None` for no value.
pub fn quantile(sorted: &[f64], share: f64) -> Option<f64> {
    let place = share.clamp(0.0, 1.0) * sorted.len().checked_sub(1)? as f64;
    let below = place.floor() as usize;
    let above = (below + 1).min(sorted.len() - 1);
    Some(sorted[below] + (sorted[above] - sorted[below]) * (place - below as f64))
}
