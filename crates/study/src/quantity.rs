//! A number of a configuration over its seeds that charts show of every model: what it gives.

use super::config::{NoiseConfig, NoiseMeans};
use super::event::{NoiseMean, RunHeader};
use super::grid::{Condition, Task};
use super::run_state::CohortState;
use super::statistics::Spread;
use super::summary::{area_over_seeds, retained_over_seeds};

/// Which number of a trial.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Quantity {
    /// Test accuracy at the best epoch.
    #[default]
    Accuracy,
    /// Skill retained under noise on both modalities, of noise with that mean.
    Retained(NoiseMean),
    /// Mean accuracy over the levels of noise on both modalities: the absolute area under it, of noise with that mean.
    Area(NoiseMean),
}

impl Quantity {
    /// Mean and deviation over the seeds; absent where no seed has the number.
    pub fn over_seeds(self, header: &RunHeader, task: Task, cohort: &CohortState) -> Option<Spread> {
        match self {
            Self::Accuracy => Spread::of(&cohort.evaluated(|evaluation| evaluation.test_accuracy)),
            Self::Retained(mean) => retained_over_seeds(header, task, cohort, Condition::Both, mean),
            Self::Area(mean) => area_over_seeds(header, task, cohort, Condition::Both, mean),
        }
    }

    /// The next one, of noise with `mean`.
    #[must_use]
    pub const fn next(self, mean: NoiseMean) -> Self {
        match self {
            Self::Accuracy => Self::Retained(mean),
            Self::Retained(_) => Self::Area(mean),
            Self::Area(_) => Self::Accuracy,
        }
    }

    /// The name on an axis in percent.
    pub const fn axis(self) -> &'static str {
        match self {
            Self::Accuracy => "test accuracy, %",
            Self::Retained(_) => "retained skill, %",
            Self::Area(_) => "accuracy under noise, %",
        }
    }

    /// What it can be; a band that leaves it is cut.
    pub const fn range(self) -> (f64, f64) {
        match self {
            Self::Accuracy | Self::Area(_) => (0.0, 1.0),
            Self::Retained(_) => (-1.0, 2.0),
        }
    }
}

/// The mean of the noise that a study evaluates; of both, the modality's own.
pub const fn noise_mean(noise: &NoiseConfig) -> NoiseMean {
    match noise.mean {
        NoiseMeans::Zero => NoiseMean::Zero,
        NoiseMeans::Empirical | NoiseMeans::Both => NoiseMean::Empirical,
    }
}
