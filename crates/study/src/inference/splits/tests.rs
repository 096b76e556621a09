//! Several splits against a definition written out, and against the one-split analysis where that must agree. The
//! constants come from `scripts/statistics_constants.py`.

use super::*;
use crate::inference::crossed::{MeanSquares, Rows};
use crate::inference::seeds::{paired_t, paired_t_within};

fn close(value: f64, expected: f64) {
    assert!((value - expected).abs() <= 1e-6 * expected.abs().max(1e-3), "{value}, not {expected}");
}

/// Three splits of six rows each, out of eleven.
fn places() -> Vec<Vec<u32>> {
    vec![vec![0, 1, 2, 4, 6, 9], vec![1, 3, 4, 5, 8, 9], vec![2, 3, 6, 7, 9, 10]]
}

/// A number for each seed and place in the source, gathered by row.
fn table(rows: &SplitRows, places: &[Vec<u32>], of: &[usize]) -> Table {
    let value =
        |seed: usize, place: u32| ((5 * seed + 3 * place as usize + seed * place as usize) % 7) as f32 / 8.0;
    let sums = |(seed, &split): (usize, &usize)| {
        let values = places[split].iter().map(|&place| value(seed, place));
        rows.sums(split, values.collect::<Vec<_>>().into_iter()).unwrap()
    };
    let all: Vec<f32> = of.iter().enumerate().flat_map(sums).collect();
    Array2::from_shape_vec((of.len(), all.len() / of.len()), all).unwrap()
}

#[test]
fn the_parts_of_the_variance_are_their_definition_written_out() {
    let (places, of) = (places(), [0, 1, 2, 0, 1, 0]);
    let rows = SplitRows::new(&places).unwrap();
    let (between, of_rows) = rows.analysis(&table(&rows, &places, &of), &of).unwrap();
    close(between.of_seeds, 0.029_103_973_765_432_1);
    close(between.of_splits, -0.012_363_215_488_215_48);
    close(between.squared_shares, 0.388_888_888_888_888_9);
    close(of_rows.own, 0.001_077_902_627_743_484_3);
    close(of_rows.shared, 0.001_293_777_863_511_659_2);
    let (variance, freedom) = between.variance(&of_rows);
    close(variance, 0.007_222_342_785_493_827);
    close(freedom, 6.205_754_897_123_522);
}

#[test]
fn where_each_seed_has_a_split_seeds_and_splits_are_one_and_shared_rows_come_on_top() {
    let (places, of) = (places(), [0, 1, 2]);
    let rows = SplitRows::new(&places).unwrap();
    let table = table(&rows, &places, &of);
    let (between, of_rows) = rows.analysis(&table, &of).unwrap();
    assert_eq!((between.of_seeds, of_rows.own), (0.0, 0.0));
    close(of_rows.shared, 0.001_461_762_688_614_541_2);
    let (variance, freedom) = between.variance(&of_rows);
    close(variance, 0.006_677_597_736_625_515);
    close(freedom, 3.227_406_715_076_569_7);
    // Without what splits share, it is the variance of Student's t over seeds.
    let per_seed: Vec<f64> = table.rows().into_iter().map(|row| f64::from(row.sum()) / 6.0).collect();
    let (alone, freedom) = between.variance(&OfRows { shared: 0.0, ..of_rows });
    let half = crate::inference::t_quantile_975(freedom).unwrap() * alone.sqrt();
    close(half, paired_t(&per_seed).unwrap().half_width());
    let interval = rows.interval(&table, &of).unwrap();
    let half = crate::inference::t_quantile_975(3.227_406_715_076_569_7).unwrap() * variance.sqrt();
    close(interval.half_width(), half);
    assert!(interval.holds(0.479_166_7));
}

#[test]
fn seeds_of_one_split_have_the_crossed_interval_of_one_split() {
    let (places, of) = (places(), [1, 1, 1, 1]);
    let several = SplitRows::new(&places).unwrap();
    let table = table(&several, &places, &of);
    let (between, of_rows) = several.analysis(&table, &of).unwrap();
    assert_eq!((between.splits, between.of_splits, of_rows.shared), (1.0, 0.0, 0.0));
    let one = Rows::new(6).unwrap();
    // The split's rows alone, without the groups that it has none of.
    let own: Vec<usize> = (0..table.ncols()).filter(|&group| several.sizes(1)[group] > 0.0).collect();
    let alone = table.select(Axis(1), &own);
    let squares = MeanSquares::of(&alone, one.sizes()).unwrap();
    let (variance, _) = between.variance(&of_rows);
    // Six rows or eleven groups: (n − 1)/n is all that differs.
    let (seeds, rows) = (between.of_seeds / 4.0, squares.variance() - between.of_seeds / 4.0);
    close(variance, seeds + rows * (5.0 / 6.0) * (11.0 / 10.0));
}

#[test]
fn splits_of_the_same_rows_say_no_more_of_rows_than_one_and_splits_of_other_rows_do() {
    let same = vec![(0..40).collect::<Vec<u32>>(); 2];
    let other = vec![(0..40).collect::<Vec<u32>>(), (40..80).collect()];
    let of = [0, 1, 0, 1];
    // Rows differ, and seeds do not at all.
    let variance = |places: &[Vec<u32>]| {
        let rows = SplitRows::new(places).unwrap();
        let value = |place: &u32| f32::from(u8::from(place % 40 < 20));
        let sums = |&split: &usize| {
            let values: Vec<f32> = places[split].iter().map(value).collect();
            rows.sums(split, values.into_iter()).unwrap()
        };
        let all: Vec<f32> = of.iter().flat_map(sums).collect();
        let table = Array2::from_shape_vec((4, all.len() / 4), all).unwrap();
        let (between, of_rows) = rows.analysis(&table, &of).unwrap();
        between.variance(&of_rows).0
    };
    // p(1 − p)/(n − 1) of 40 rows, and half of that of twice as many.
    close(variance(&same), 0.25 / 39.0);
    close(variance(&other), 0.25 / 2.0 / 40.0 * (80.0 / 79.0));
}

#[test]
fn over_seeds_is_within_splits_where_seeds_share_one() {
    // Split means 0.1 and 0.5; within them ±0.01 and ±0.02, three and two seeds.
    let (values, of) = ([0.09, 0.48, 0.10, 0.52, 0.11], [0, 1, 0, 1, 0]);
    let interval = paired_t_within(&values, &of).unwrap();
    // (2·.01² + 2·.02²)/(5 − 2)/5, and t(.975, 3) = 3.182446.
    close(interval.half_width(), 3.182_446_305_284_263 * (0.001_f64 / 3.0 / 5.0).sqrt());
    assert!(interval.holds(0.26) && !interval.holds(0.3));
    assert_eq!(paired_t_within(&values, &[0; 5]), paired_t(&values));
    assert_eq!(paired_t_within(&values, &[0, 1, 2, 3, 4]), paired_t(&values));
    assert_eq!(paired_t_within(&values[..1], &[0]), None);
}

#[test]
fn more_seeds_narrow_what_seeds_leave_and_more_splits_what_splits_do() {
    let rows = OfRows { own: 0.001, shared: 0.002, freedom: 100.0 };
    let within = Between { seeds: 10.0, splits: 5.0, squared_shares: 0.2, of_seeds: 0.05, of_splits: -0.01 };
    let (more, same) = within.with_seeds(&rows, 20.0, 5).unwrap();
    close(more.variance(&same).0, 0.05 / 20.0 + 0.003);
    close(within.with_seeds(&rows, 1e9, 5).unwrap().0.variance(&same).0, 0.003);
    let alone = Between { seeds: 4.0, splits: 4.0, squared_shares: 0.25, of_seeds: 0.0, of_splits: 0.08 };
    let rows = OfRows { own: 0.0, shared: 0.003, freedom: 100.0 };
    // Two splits have .004 in common: .003/(1 − 1/4).
    close(alone.variance(&rows).0, 0.08 / 4.0 + 0.004);
    let (more, its) = alone.with_seeds(&rows, 8.0, 20).unwrap();
    assert_eq!(more.splits, 8.0);
    close(more.variance(&its).0, 0.08 / 8.0 + 0.004);
    let (same, its) = alone.with_seeds(&rows, 4.0, 4).unwrap();
    close(same.variance(&its).0, alone.variance(&rows).0);
    // Without further splits for them, nothing is known of more seeds.
    assert_eq!((alone.with_seeds(&rows, 5.0, 4), alone.with_seeds(&rows, 1e9, 20)), (None, None));
}

#[test]
fn a_known_variance_of_rows_is_parted_by_what_splits_share() {
    let between = Between { seeds: 4.0, splits: 2.0, squared_shares: 0.5, of_seeds: 0.1, of_splits: 0.0 };
    let rows = OfRows::parted(0.01, &between, 0.25, 50.0);
    close(rows.own, 0.01 * 0.5 / 0.625);
    close(rows.shared, 0.01 * 0.125 / 0.625);
}

#[test]
fn groups_of_one_row_are_rows_and_larger_ones_are_resampled_whole_in_every_split() {
    let (places, of) = (places(), [0, 1, 2, 0, 1, 0]);
    let (rows, alone) = (SplitRows::new(&places).unwrap(), SplitRows::of_groups(&places).unwrap());
    let (between, of_rows) = rows.analysis(&table(&rows, &places, &of), &of).unwrap();
    let (same, of_groups) = alone.analysis(&table(&alone, &places, &of), &of).unwrap();
    assert_eq!(between, same);
    close(of_groups.shared, of_rows.shared);
    // Each split's own number of groups makes up for its own mean: 6/5 in place of 11/10.
    close(of_groups.own, of_rows.own / (11.0 / 10.0) * (6.0 / 5.0));
    // Rows that are alike in groups of four say as much as a quarter of them: p(1 − p)/(n − 1) of ten groups.
    let codes = vec![(0..40).map(|row| row / 4).collect::<Vec<u32>>(); 2];
    let rows = SplitRows::of_groups(&codes).unwrap();
    let sums = rows.sums(0, codes[0].iter().map(|group| (group % 2) as f32)).unwrap();
    let table = Array2::from_shape_fn((4, sums.len()), |(_, group)| sums[group]);
    let (between, of_rows) = rows.analysis(&table, &[0, 1, 0, 1]).unwrap();
    close(between.variance(&of_rows).0, 0.25 / 9.0);
    close(of_rows.freedom, 9.0);
    assert!(SplitRows::of_groups(&[vec![1, 1], vec![1, 2]]).is_none());
}

#[test]
fn splits_of_too_few_rows_or_of_different_numbers_have_no_analysis() {
    assert!(SplitRows::new(&[]).is_none());
    assert!(SplitRows::new(&[vec![1], vec![2]]).is_none());
    assert!(SplitRows::new(&[vec![1, 2], vec![2]]).is_none());
    let rows = SplitRows::new(&places()).unwrap();
    assert!(rows.sums(0, [1.0; 5].into_iter()).is_none() && rows.sums(9, [1.0; 6].into_iter()).is_none());
    assert!(rows.interval(&Array2::zeros((1, 11)), &[0]).is_none());
}

#[test]
fn many_rows_in_groups_give_the_parts_of_the_rows_themselves() {
    // 3,000 of 20,000 rows in each of four splits; a row effect of ±.5 alone, so .25 = σ².
    let places: Vec<Vec<u32>> = (0..4_u64)
        .map(|split| {
            let mut rng = crate::random::stream(crate::random::Purpose::Bootstrap, 9_001, split, 0);
            crate::random::permutation(20_000, &mut rng)[..3_000].to_vec()
        })
        .collect();
    let rows = SplitRows::new(&places).unwrap();
    assert!(rows.sizes(0).len() <= 1_024);
    let of = [0, 1, 2, 3, 0, 1, 2, 3];
    let value = |place: &u32| f32::from(u8::from(place.wrapping_mul(2_654_435_761) >> 31 == 1));
    let sums = |&split: &usize| {
        let values: Vec<f32> = places[split].iter().map(value).collect();
        rows.sums(split, values.into_iter()).unwrap()
    };
    let all: Vec<f32> = of.iter().flat_map(sums).collect();
    let table = Array2::from_shape_vec((8, all.len() / 8), all).unwrap();
    let (_, of_rows) = rows.analysis(&table, &of).unwrap();
    // σ²/(K·m), and (1 − 1/K)·σ²/n, with the rows that the splits happen to share.
    assert!((of_rows.own / (0.25 / 12_000.0) - 1.0).abs() < 0.1, "{of_rows:?}");
    assert!((of_rows.shared / (0.75 * 0.25 / 20_000.0) - 1.0).abs() < 0.5, "{of_rows:?}");
}
