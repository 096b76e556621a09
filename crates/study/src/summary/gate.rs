//! What a gate gives its experts: the seeds' mean weights as one number each.

use crate::event::GateWeights;
use crate::run_state::CohortState;

/// Mean weights of a configuration's gate over the seeds that were tested, without noise and under each condition; absent
/// where one of them has none, and empty for models without a gate.
pub fn gate_over_seeds(cohort: &CohortState) -> Vec<GateWeights> {
    let seeds: Vec<&[GateWeights]> = cohort.evaluations().map(|evaluation| &evaluation.gate[..]).collect();
    let mean = |of: &GateWeights| {
        let is_same =
            |one: &&GateWeights| one.condition == of.condition && one.weights.len() == of.weights.len();
        let alike: Option<Vec<&GateWeights>> =
            seeds.iter().map(|weights| weights.iter().find(is_same)).collect();
        let alike = alike?;
        let of_expert =
            |expert: usize| alike.iter().map(|one| one.weights[expert]).sum::<f64>() / alike.len() as f64;
        let weights = (0..of.weights.len()).map(of_expert).collect();
        Some(GateWeights { condition: of.condition, weights })
    };
    seeds.first().copied().into_iter().flatten().filter_map(mean).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::event::EventKind;
    use crate::grid::{CohortId, Condition, Seed, Task};
    use crate::model::ModelId;
    use crate::run_state::RunState;
    use crate::sample;

    #[test]
    fn weights_are_means_over_seeds_and_absent_where_a_seed_has_none() {
        let mut header = sample::header();
        header.sweep.fusions = vec![ModelId::CONCAT, ModelId::DYNMM];
        header.sweep.seeds = vec![Seed(0), Seed(1)];
        let mut events = sample::events(header);
        for event in &mut events {
            let EventKind::CohortEvaluated { cohort, evaluations, .. } = &mut event.kind else { continue };
            if cohort.fusion == ModelId::DYNMM && cohort.train_size == 32 {
                let weights =
                    |condition, weights: [f64; 2]| GateWeights { condition, weights: weights.to_vec() };
                evaluations[0].gate =
                    vec![weights(None, [0.25, 0.75]), weights(Some(Condition::Text), [0.5, 0.5])];
                evaluations[1].gate = vec![weights(None, [0.75, 0.25])];
            }
        }
        let state = RunState::replay(&events);
        let gate = |fusion, train_size| {
            gate_over_seeds(state.cohort(CohortId { fusion, task: Task::Real, train_size }).unwrap())
        };
        let mean = GateWeights { condition: None, weights: vec![0.5, 0.5] };
        assert_eq!(gate(ModelId::DYNMM, 32), [mean]);
        assert_eq!(gate(ModelId::DYNMM, 128).len(), 1 + Condition::PAPER.len());
        assert!(gate(ModelId::CONCAT, 128).is_empty());
    }
}
