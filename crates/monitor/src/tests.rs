//! What is shown of a configuration whose seeds train in shares.

use std::sync::Arc;

use super::fixture::{Stage, model};
use study::cost;
use study::event::{Event, EventKind, Position};
use study::grid::{Epoch, Seed};

#[test]
fn a_share_that_resumes_leaves_the_points_and_the_work_of_the_others() {
    let mut model = model(Stage::Running);
    let cohort = model.current().unwrap();
    let (before, points) = (model.share_done(), model.derived.series(cohort).unwrap().val_accuracy.clone());
    let provenance = model.run.header().unwrap().provenance.clone();
    let resumed = EventKind::RunResumed { provenance, header: None };
    let at = Position { epoch: Epoch(3), step: 0 };
    let share = EventKind::CohortResumed { cohort, attempt: 1, only: vec![Seed(0)], at };
    let seq = model.run.next_seq();
    for (kind, place) in [resumed, share].into_iter().zip(0..) {
        model.apply(&[Arc::new(Event { seq: seq + place, at_ms: 0, kind })], &[]);
    }
    let after = &model.derived.series(cohort).unwrap().val_accuracy;
    assert_eq!(after.len(), points.len());
    let seeds = [0, points.len() - 1].map(|place| after[place].spread.n);
    assert_eq!(seeds, [5, 4], "one seed of five is back at epoch 3");
    // It lost four of its twelve epochs.
    let header = model.run.header().unwrap();
    let cost = |cohort| cost::of(header, cohort, 0.0);
    let all: f64 = header.sweep.cohorts().into_iter().map(|cohort| cost(cohort).all()).sum();
    let lost = cost(cohort).training * 4.0 / 12.0 / 5.0 / all;
    assert!((before - lost - model.share_done()).abs() < 1e-12, "{before} {lost} {}", model.share_done());
    assert_eq!(model.log.lines().back().unwrap().text, format!("{cohort} resumes 1 seed at epoch 3"));
}
