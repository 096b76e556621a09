//! Claims on test rows in groups of the data.

use super::super::fixture::{World, paper};
use super::super::*;
use super::{claim, judged};

/// What intervals over rows are, over groups as a share of over rows.
fn times(one: Option<Interval>, other: Option<Interval>) -> f64 {
    one.unwrap().half_width() / other.unwrap().half_width()
}

#[test]
fn intervals_are_wider_over_groups_of_rows_that_are_alike() {
    for splits in [1, 3] {
        let by_row = World { alike: 5, splits, ..paper() };
        let by_group = World { group: "user\u{1b}", ..by_row.clone() };
        let (by_row, by_group) = (judged(&by_row), judged(&by_group));
        assert_eq!(by_row.test_groups, None);
        let groups = by_group.test_groups.as_ref().unwrap();
        assert_eq!(groups.counted().split_once(' ').unwrap().1, "groups of `user`");
        assert!(splits > 1 || groups.groups == 400, "{groups:?}");
        let effect = |findings: &Findings| claim(findings, ClaimId::C2).effects[0].over_seeds_and_rows;
        let wider = times(effect(&by_group), effect(&by_row));
        assert!((1.2..2.4).contains(&wider), "{splits} splits: {wider}");
        // Of several splits, those that differ may decide, and not their rows.
        if splits == 1 {
            let area = |findings: &Findings| findings.roc[0].auc_over_seeds_and_rows;
            let wider = times(area(&by_group), area(&by_row));
            assert!((1.2..2.4).contains(&wider), "area: {wider}");
        }
        // Over seeds alone nothing changes.
        let over_seeds = |findings: &Findings| claim(findings, ClaimId::C2).effects[0].over_seeds;
        assert_eq!(over_seeds(&by_group), over_seeds(&by_row));
    }
}

#[test]
fn rows_without_a_record_of_their_groups_do_not_pass_for_independent() {
    let (state, mut rows) = World { alike: 5, group: "user", ..paper() }.run();
    for outcomes in rows.values_mut() {
        outcomes.groups = std::sync::Arc::default();
    }
    let findings = findings(&state, &rows);
    let c2 = claim(&findings, ClaimId::C2);
    assert!(c2.effects[0].over_seeds_and_rows.is_none() && c2.why.contains("no record of single test rows"));
    assert!(findings.test_groups.is_none() && findings.roc[0].auc_over_seeds_and_rows.is_none());
}
