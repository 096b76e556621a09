//! Claims on sweeps in which every fusion was trained at several learning rates.

use super::*;
use crate::model::Rate;

/// Tensor is better than the others on the real task at the first rate, and worse at the second.
fn accuracy(id: CohortId) -> f64 {
    let fusion = id.fusion.at_rate(None);
    match (id.task, fusion, id.fusion.rate().map(Rate::value)) {
        (Task::Real, ModelId::TENSOR, Some(1e-3)) => 0.85,
        _ => (paper().accuracy)(id.row()),
    }
}

fn world(rates: &[f64]) -> World {
    World { rates: rates.to_vec(), accuracy, ..paper() }
}

#[test]
fn a_verdict_that_hangs_on_the_rate_is_given_for_each() {
    let findings = judged(&world(&[1e-3, 1e-5]));
    let c4 = |claims: &[Finding]| claims.iter().find(|finding| finding.id == ClaimId::C4).unwrap().verdict;
    let by_rate: Vec<(f64, Verdict)> =
        findings.rates.iter().map(|of| (of.learning_rate, c4(&of.claims))).collect();
    // Validation chooses the rate at which tensor is better.
    assert_eq!(c4(&findings.claims), Verdict::Contradicted);
    assert_eq!(by_rate, [(1e-3, Verdict::Contradicted), (1e-5, Verdict::Supported)]);
}

#[test]
fn verdicts_at_one_rate_are_those_of_a_study_of_that_rate_with_its_own_test_rows() {
    let findings = judged(&world(&[1e-3, 1e-5]));
    let alone = judged(&World { accuracy: paper().accuracy, ..paper() });
    assert_eq!(format!("{:?}", findings.rates[1].claims), format!("{:?}", alone.claims));
    let over_rows = |claims: &[Finding]| {
        claims
            .iter()
            .flat_map(|finding| finding.effects.clone())
            .any(|effect| effect.over_seeds_and_rows.is_some())
    };
    assert!(over_rows(&findings.claims) && over_rows(&findings.rates[0].claims));
}

#[test]
fn verdicts_are_given_at_the_rates_that_all_of_the_papers_fusions_were_trained_at() {
    assert!(judged(&paper()).rates.is_empty(), "one rate is not repeated");
    let (state, rows) = world(&[1e-3, 1e-5]).run();
    let rates = |text: &str| -> Vec<f64> {
        let mut header = state.header().unwrap().clone();
        header.config = crate::config::read(Some(text), &[]).unwrap();
        header.sweep.rates = header.config.rates();
        let state = RunState::planned(std::sync::Arc::new(header));
        findings(&state, &rows).rates.iter().map(|of| of.learning_rate).collect()
    };
    let three = "train.learning_rate = [1e-3, 1e-4, 1e-5]\n";
    assert_eq!(rates(three), [1e-3, 1e-4, 1e-5]);
    assert_eq!(rates(&format!("{three}fusion.tensor.learning_rate = 1e-5")), [1e-5]);
    let other_order = format!("{three}fusion.tensor.learning_rate = [1e-5, 1e-3, 1e-2]");
    assert_eq!(rates(&other_order), [1e-3, 1e-5], "as concat lists them");
    assert!(rates(&format!("{three}fusion.tensor.learning_rate = 0.5")).is_empty());
}
