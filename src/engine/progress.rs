//! Time left: each configuration's cost model, scaled by the speed measured so far.

use std::collections::BTreeMap;

use crate::study::event::RunHeader;
use crate::study::grid::{CohortId, Fusion};

/// Floating-point operations that a step's fixed cost (kernel starts, index gathers) is worth.
const STEP_OVERHEAD: f64 = 5e7;

/// What was spent so far, by fusion: their kernels differ, so their speeds do.
#[derive(Debug, Default)]
pub(super) struct Spent {
    by_fusion: BTreeMap<Fusion, Pace>,
}

#[derive(Clone, Copy, Debug, Default)]
struct Pace {
    seconds: f64,
    cost: f64,
}

impl Spent {
    /// A cohort took so many seconds.
    pub(super) fn record(&mut self, header: &RunHeader, cohort: CohortId, seconds: f64) {
        let pace = self.by_fusion.entry(cohort.fusion).or_default();
        pace.seconds += seconds;
        pace.cost += cost(header, cohort);
    }

    /// Seconds that `cohorts`, each with the share of it that is left, will take with `workers` workers;
    /// absent before anything was measured.
    pub(super) fn remaining(
        &self,
        header: &RunHeader,
        cohorts: impl Iterator<Item = (CohortId, f64)>,
        workers: usize,
    ) -> Option<f64> {
        let all = self.by_fusion.values().fold(Pace::default(), |sum, pace| Pace {
            seconds: sum.seconds + pace.seconds,
            cost: sum.cost + pace.cost,
        });
        if all.cost <= 0.0 {
            return None;
        }
        let seconds: f64 = cohorts
            .map(|(cohort, left)| {
                let pace = self.by_fusion.get(&cohort.fusion).unwrap_or(&all);
                left * cost(header, cohort) * pace.seconds / pace.cost
            })
            .sum();
        Some(seconds / workers as f64)
    }
}

/// Operations of a cohort, all seeds: three passes of two operations a parameter and row for training,
/// one for validation, the fixed cost of each step, and the noise evaluation.
fn cost(header: &RunHeader, cohort: CohortId) -> f64 {
    let (data, config) = (&header.data, &header.config);
    let parameters = cohort.fusion.parameters(data.text_width, data.image_width, config.model.hidden) as f64;
    let seeds = header.sweep.seeds.len() as f64;
    let steps = cohort.train_size.div_ceil(config.train.batch_size) as f64;
    let rows = 6.0 * cohort.train_size as f64 + 2.0 * data.rows.validation as f64;
    let epoch = seeds * rows * parameters + steps * STEP_OVERHEAD;
    let hidden = (cohort.fusion.units(config.model.hidden) * header.levels.len() * 10) as f64;
    let noise = seeds * data.rows.test as f64 * (16.0 * parameters + 6.0 * hidden);
    f64::from(config.train.epochs) * epoch + noise
}
