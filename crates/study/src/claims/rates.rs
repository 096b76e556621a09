//! The claims at each learning rate alone: which verdicts hang on it.

use super::RunState;
use super::claims;
use super::findings::RateFindings;
use super::judge;
use super::study::Study;
use crate::model::{ModelId, Rate};
use crate::rows::RunRows;

/// One for each rate that all of the run's fusions of the paper were trained at, in the order of the first fusion's list;
/// none where they have one rate.
pub(super) fn by_rate(state: &RunState, rows: &RunRows) -> Vec<RateFindings> {
    common_rates(state)
        .into_iter()
        .filter_map(|rate| {
            let alone = state.at_rate(rate);
            let study = Study::new(&alone, rows)?;
            Some(RateFindings { learning_rate: rate.value(), claims: judge::judge(claims(&study)) })
        })
        .collect()
}

/// The rates of all of the run's fusions of the paper; none where none of these has several.
fn common_rates(state: &RunState) -> Vec<Rate> {
    let Some(header) = state.header() else { return Vec::new() };
    let fusions = || header.sweep.fusions.iter().filter(|model| ModelId::PAPER_FUSIONS.contains(model));
    let lists: Vec<Vec<Rate>> = fusions().map(|&model| header.config.learning_rates(model)).collect();
    if lists.iter().all(|rates| rates.len() < 2) {
        return Vec::new();
    }
    let first = lists.iter().max_by_key(|rates| rates.len()).cloned().unwrap_or_default();
    first.into_iter().filter(|rate| lists.iter().all(|rates| rates.contains(rate))).collect()
}
