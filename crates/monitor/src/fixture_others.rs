//! Runs for tests that differ from those of `fixture` in one thing.

use std::sync::Arc;

use super::fixture::{Stage, model as finished};
use super::model::Model;
use study::event::{Event, EventKind, SeedEvaluation, SeedOutcome};
use study::grid::{CohortId, Epoch};

/// A finished run whose real task has so large a share of class 1 in the test split.
pub fn uneven_model(positive: f64) -> Model {
    let mut model = finished(Stage::Finished);
    let Some(mut header) = model.run.header().cloned() else { return model };
    for facts in &mut header.data.tasks {
        facts.positive_share.test = positive;
    }
    let (provenance, seq) = (header.provenance.clone(), model.run.next_seq());
    let at_ms = model.run.last_ms();
    let resumed = EventKind::RunResumed { provenance, header: Some(Box::new(header)) };
    let events = [resumed, EventKind::RunFinished].into_iter().zip(seq..);
    let events: Vec<_> = events.map(|(kind, seq)| Arc::new(Event { seq, at_ms, kind })).collect();
    model.apply(&events, &[]);
    model
}

/// A finished run like `of`, with a new attempt at `cohort` whose seeds are better by so much on both splits.
pub fn elsewhere(of: &Model, cohort: CohortId, better: &[f64]) -> Model {
    let mut other = finished(Stage::Finished);
    let Some(state) = of.run.cohort(cohort) else { return other };
    let (seq, attempt) = (other.run.next_seq(), state.attempt + 1);
    let at_ms = other.run.last_ms();
    let trials: Vec<_> = state.trials.iter().zip(better).collect();
    let evaluations = trials.iter().filter_map(|((_, trial), by)| {
        let old = trial.evaluation.clone()?;
        let (val_accuracy, test_accuracy) = (old.val_accuracy + *by, old.test_accuracy + *by);
        Some(SeedEvaluation { val_accuracy, test_accuracy, ..old })
    });
    let epochs = trials.iter().map(|((_, trial), _)| trial.metrics.len()).max().unwrap_or(0);
    let mut kinds = vec![EventKind::CohortStarted { cohort, attempt, only: Vec::new() }];
    kinds.extend((0..epochs).map(|place| EventKind::EpochFinished {
        cohort,
        attempt,
        epoch: Epoch(place as u32 + 1),
        metrics: trials.iter().map(|((_, trial), _)| trial.metrics[place]).collect(),
    }));
    kinds.push(EventKind::CohortEvaluated { cohort, attempt, evaluations: evaluations.collect() });
    let seeds = trials.iter().map(|((seed, _), _)| (**seed, SeedOutcome::Completed)).collect();
    kinds.push(EventKind::CohortFinished { cohort, attempt, seeds, seconds: 1.0 });
    kinds.push(EventKind::RunFinished);
    let event = |(kind, seq)| Arc::new(Event { seq, at_ms, kind });
    other.apply(&kinds.into_iter().zip(seq..).map(event).collect::<Vec<_>>(), &[]);
    other
}
