//! The claims at each learning rate alone: which verdicts hang on it.

use super::RunState;
use super::claims;
use super::findings::RateFindings;
use super::judge;
use super::study::Study;
use crate::model::{ModelId, Rate};
use crate::rows::RunRows;

/// One for each rate that all of the run's fusions of the paper were trained at, in the order of the list of the first of
/// them that has several; none where none has.
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

/// The rates that all of the run's fusions of the paper were trained at.
fn common_rates(state: &RunState) -> Vec<Rate> {
    let Some(header) = state.header() else { return Vec::new() };
    let sweep = &header.sweep;
    let fusions = sweep.fusions.iter().filter(|model| ModelId::PAPER_FUSIONS.contains(model));
    let only = |model: ModelId| header.config.learning_rate(model).into_iter().collect();
    let of = |model: &ModelId| sweep.rates.get(model).cloned().unwrap_or_else(|| only(*model));
    let lists: Vec<Vec<Rate>> = fusions.map(of).collect();
    let Some(several) = lists.iter().find(|rates| rates.len() > 1) else { return Vec::new() };
    several.iter().copied().filter(|rate| lists.iter().all(|rates| rates.contains(rate))).collect()
}
