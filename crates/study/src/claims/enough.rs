//! Are these enough seeds? What the deciding intervals would be with the paper's number, and its cost.

use super::findings::SeedsNeeded;
use super::judge::{Draft, has_rows};
use super::measure::Measured;
use super::study::Study;
use super::thresholds::SEEDS_AHEAD;
use crate::grid::CohortId;
use crate::inference::t_quantile_975;

/// One for each deciding effect of a claim, as its first reading has it.
pub(super) fn seeds_needed(study: &Study<'_>, drafts: &[Draft]) -> Vec<SeedsNeeded> {
    let of_draft = |draft: &Draft| -> Vec<SeedsNeeded> {
        let Some(reading) = draft.readings.first() else { return Vec::new() };
        let extra_seconds = draft.cells.iter().filter_map(|&id| cost(study, id)).sum();
        let of = |measured: &Measured| {
            let seeds = measured.per_seed.len();
            let then = SEEDS_AHEAD.max(seeds);
            let half = |seeds: usize| half_width(study, measured, seeds as f64);
            Some(SeedsNeeded {
                claim: draft.id,
                effect: measured.name.clone(),
                unit: measured.unit,
                seeds,
                half_width: half(seeds)?,
                seeds_then: then,
                half_width_then: half(then)?,
                // Where each seed has a split of its own, what more seeds leave is not known.
                half_width_floor: half_width(study, measured, 1e9)
                    .filter(|_| has_rows(measured))
                    .unwrap_or(0.0),
                extra_seconds,
            })
        };
        reading.measured.iter().filter_map(of).collect()
    };
    drafts.iter().flat_map(of_draft).collect()
}

/// Student's t and √n for the seeds; what the rows leave open stays.
fn half_width(study: &Study<'_>, measured: &Measured, seeds: f64) -> Option<f64> {
    let (variance, freedom) = measured.variance_with(study, seeds)?;
    Some(t_quantile_975(freedom)? * variance.sqrt())
}

/// Worker time of the seeds that a configuration lacks, at what its seeds have cost.
fn cost(study: &Study<'_>, id: CohortId) -> Option<f64> {
    let state = study.state.cohort(id)?;
    let seeds = state.evaluations().count();
    (seeds > 0).then(|| state.seconds / seeds as f64 * SEEDS_AHEAD.saturating_sub(seeds) as f64)
}
