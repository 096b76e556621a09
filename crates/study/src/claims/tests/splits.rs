//! Claims on sweeps of several splits.

use super::super::fixture::{World, paper};
use super::super::*;
use super::{claim, judged};
use crate::grid::{CohortId, Task};
use crate::inference::seeds::paired_t_within;
use crate::model::ModelId;
use crate::statistics::Spread;

#[test]
fn a_sweep_on_several_splits_as_the_paper_says_supports_every_claim() {
    for splits in [3, 12] {
        let findings = judged(&World { splits, ..paper() });
        for finding in &findings.claims {
            // A lead of .012 is within .02 for certain on the rows of some splits and not of others.
            let is_close = finding.id == ClaimId::C1 && finding.verdict == Verdict::Undecided;
            let said = (finding.id, &finding.why);
            assert!(finding.verdict == Verdict::Supported || is_close, "{splits} splits: {said:?}");
        }
        assert!(findings.roc.iter().all(|roc| roc.auc_over_seeds_and_rows.is_some()));
        let says = claim(&findings, ClaimId::C5).test.contains("seeds of one split train on the same rows");
        assert!(says, "{}", claim(&findings, ClaimId::C5).test);
    }
}

#[test]
fn bca_is_left_out_where_seeds_share_splits() {
    let has_bca = |splits| {
        let findings = judged(&World { seeds: 20, splits, ..paper() });
        claim(&findings, ClaimId::C2).effects[0].over_seeds_bca.is_some()
    };
    assert_eq!((has_bca(1), has_bca(5)), (true, false));
}

#[test]
fn several_splits_bring_more_rows_than_one_and_fewer_than_if_they_shared_none() {
    let half = |world: &World| {
        let findings = judged(world);
        claim(&findings, ClaimId::C2).effects[0].over_seeds_and_rows.unwrap().half_width()
    };
    // Seeds do not differ but for the rows that they are right on by chance.
    let world = World { spread: |_| 0.0, ..paper() };
    let (one, four) = (half(&world), half(&World { splits: 4, ..world.clone() }));
    assert!(four < one, "{four} and {one}");
    // Without the places nobody knows which rows are the same.
    let (state, mut rows) = World { splits: 4, ..world }.run();
    for outcomes in rows.values_mut() {
        outcomes.places = std::sync::Arc::default();
    }
    let without = findings(&state, &rows);
    let c2 = claim(&without, ClaimId::C2);
    assert!(
        c2.effects[0].over_seeds_and_rows.is_none() && c2.why.contains("no record of single test rows"),
        "{}",
        c2.why
    );
}

#[test]
fn over_seeds_is_within_splits_in_effects_and_summary_alike() {
    let (state, rows) = World { splits: 3, ..paper() }.run();
    let findings = findings(&state, &rows);
    let id = CohortId { fusion: ModelId::PRODUCT, task: Task::Real, train_size: 32 };
    let summary = crate::summary::summary(&state);
    let row = summary.iter().find(|row| (row.fusion, row.task, row.train_size) == (id.fusion, id.task, 32));
    let compared = findings.comparisons.iter().find(|one| {
        (one.task, one.fusion, one.other, one.train_size) == (id.task, id.fusion, ModelId::CONCAT, Some(32))
    });
    let (row, effect) = (row.unwrap(), &compared.unwrap().effect);
    let over_seeds = effect.over_seeds.unwrap();
    assert!((over_seeds.low - row.difference_low.unwrap()).abs() < 1e-12);
    let differences = crate::summary::differences_to_concat(&state, id);
    let splits: Vec<usize> = (0..12).map(|seed| seed % 3).collect();
    let expected = paired_t_within(&differences, &splits).unwrap();
    assert!((over_seeds.high - expected.high).abs() < 1e-12);
    let plain = Spread::of(&differences).unwrap().interval95().unwrap();
    assert!((plain.1 - expected.high).abs() > 1e-6, "splits made no difference");
}

#[test]
fn are_these_enough_seeds_is_asked_of_the_splits_that_there_are() {
    let enough = |splits| {
        let findings = judged(&World { splits, ..paper() });
        findings.seeds_enough.into_iter().find(|one| one.claim == ClaimId::C2)
    };
    let three = enough(3).unwrap();
    assert!(three.half_width >= three.half_width_then && three.half_width_then >= three.half_width_floor);
    // Twelve seeds on twenty splits: the next eight have splits of their own as well.
    let twenty = enough(20).unwrap();
    assert!(twenty.half_width > twenty.half_width_then && twenty.half_width_floor == 0.0, "{twenty:?}");
    // Two seeds on one split would be the first of their kind.
    assert_eq!(enough(12), None);
}
