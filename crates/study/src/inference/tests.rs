//! Inference against `SciPy`, statsmodels and definitions written out. The constants come from
//! `scripts/statistics_constants.py`.

use ndarray::Array2;
use proptest::prelude::*;

use super::aggregate::{improvement, improvement_interval, interquartile_mean, interquartile_mean_interval};
use super::crossed::{MeanSquares, Rows};
use super::multiple::{holm, tost};
use super::seeds::{bca, bca_of, paired_t};
use super::sign_flip::{max_t, sign_flip};
use super::*;

const X: [f64; 8] = [0.61, 0.64, 0.58, 0.70, 0.66, 0.63, 0.69, 0.60];
const Y: [f64; 8] = [0.60, 0.61, 0.59, 0.66, 0.64, 0.62, 0.64, 0.57];
const Z: [f64; 8] = [0.55, 0.66, 0.52, 0.71, 0.60, 0.64, 0.58, 0.67];

fn differences(a: [f64; 8], b: [f64; 8]) -> Vec<f64> {
    a.iter().zip(b).map(|(a, b)| a - b).collect()
}

fn assert_close(value: f64, expected: f64) {
    assert!((value - expected).abs() < 1e-9, "{value}, not {expected}");
}

#[test]
fn the_paired_t_interval_is_scipys() {
    let interval = paired_t(&differences(X, Y)).unwrap();
    assert_close(interval.low, 0.006_543_478_706_288_828);
    assert_close(interval.high, 0.038_456_521_293_711_16);
    assert_eq!(paired_t(&[0.1]), None);
}

#[test]
fn bca_over_every_resample_is_scipys() {
    // Exact sums, so that ties with the mean are ties.
    let five = [2.0, 5.0, -1.0, 8.0, 3.0].map(|value: f64| value / 64.0);
    let digit = |code: usize, place: u32| five[code / 5_usize.pow(place) % 5];
    let mut every: Vec<f64> =
        (0..3_125).map(|code| (0..5).map(|place| digit(code, place)).sum::<f64>() / 5.0).collect();
    every.sort_by(f64::total_cmp);
    let interval = bca_of(&every, &five).unwrap();
    assert_close(interval.low, 0.014_380_111_875_286_473);
    assert_close(interval.high, 0.096_875);
}

#[test]
fn bca_of_a_skewed_sample_is_scipys_and_is_not_offered_under_twenty_seeds() {
    let twenty = [
        -0.0192, -0.0177, -0.016, -0.0142, -0.0124, -0.0104, -0.0082, -0.0059, -0.0034, -0.0007, 0.0023,
        0.0057, 0.0094, 0.0137, 0.0187, 0.0247, 0.0323, 0.0424, 0.0577, 0.0907,
    ];
    let interval = bca(&twenty).unwrap();
    // SciPy's ends from 400,000 resamples; 4,000 come within a few percent of the half-width.
    assert!((interval.low - -0.000_343).abs() < 6e-4, "{interval:?}");
    assert!((interval.high - 0.024_97).abs() < 1.2e-3, "{interval:?}");
    assert_eq!(bca(&twenty[1..]), None);
    assert_eq!(bca(&[0.5; 20]), None);
}

#[test]
fn the_sign_flip_test_is_scipys_permutation_test() {
    assert_close(sign_flip(&differences(X, Y)).unwrap(), 0.031_25);
    assert_close(sign_flip(&differences(X, Z)).unwrap(), 0.320_312_5);
}

#[test]
fn step_down_max_t_is_its_definition_written_out() {
    let family = [differences(X, Y), differences(X, Z), differences(Y, Z)];
    let adjusted = max_t(&family).unwrap();
    assert_close(adjusted[0], 0.054_687_5);
    assert_close(adjusted[1], 0.437_5);
    assert_close(adjusted[2], 1.0);
}

#[test]
fn under_six_seeds_there_is_no_test_and_at_six_the_least_p_is_one_in_32() {
    assert_eq!(sign_flip(&[0.1; 5]), None);
    assert_close(sign_flip(&[0.1, 0.2, 0.1, 0.3, 0.1, 0.2]).unwrap(), 1.0 / 32.0);
    assert_eq!(max_t(&[vec![0.1; 6], vec![0.1; 7]]), None);
    assert_eq!(max_t(&[]), None);
    assert_close(sign_flip(&[0.0; 8]).unwrap(), 1.0);
}

#[test]
fn random_signs_agree_with_all_signs_and_reach_seeds_beyond_64_bits() {
    // Fifteen seeds are the first that are drawn at random; the 15th adds nothing but its two signs.
    let fourteen = [0.3, -0.1, 0.2, 0.4, -0.2, 0.1, 0.25, 0.05, -0.15, 0.3, 0.2, -0.05, 0.1, 0.15];
    let exact = sign_flip(&fourteen).unwrap();
    let drawn = sign_flip(&[&fourteen[..], &[0.0]].concat()).unwrap();
    assert!((exact - drawn).abs() < 4.0 * (exact / 10_000.0).sqrt(), "{exact} and {drawn}");
    let many = [[0.0; 64].as_slice(), &[20.0; 6]].concat();
    // Six seeds with all the weight: p is about 2/2⁶.
    let p = sign_flip(&many).unwrap();
    assert!((p - 1.0 / 32.0).abs() < 0.01, "{p}");
}

#[test]
fn holm_and_tost_are_statsmodels() {
    let p = [0.01, 0.04, 0.03, 0.005, 0.5].map(Some);
    let expected = [0.04, 0.09, 0.09, 0.025, 0.5];
    holm(&p).into_iter().zip(expected).for_each(|(p, expected)| assert_close(p.unwrap(), expected));
    assert_eq!(holm(&[None, Some(0.03), None, Some(0.5)]), [None, Some(0.06), None, Some(0.5)]);
    let mean = |values: Vec<f64>| values.iter().sum::<f64>() / 8.0;
    let (first, second) = (mean(differences(X, Z)), mean(differences(X, Y)));
    assert_close(tost(first, 0.020_852_372_252_850_002, 7.0, 0.05), 0.114_371_519_809_296_5);
    assert_close(tost(second, 0.006_748_015_581_318_272, 7.0, 0.05), 0.002_358_866_350_299_254_3);
    assert_eq!((tost(0.0, 0.0, 7.0, 0.02), tost(0.02, 0.0, 7.0, 0.02)), (0.0, 1.0));
}

fn table() -> Array2<f32> {
    Array2::from_shape_fn((5, 12), |(s, r)| ((3 * s + 5 * r + s * r) % 7) as f32 / 7.0)
}

#[test]
fn the_crossed_analysis_of_variance_is_statsmodels() {
    let squares = MeanSquares::of(&table(), &[1.0; 12]).unwrap();
    let close = |value: f64, expected: f64| assert!((value / expected - 1.0).abs() < 1e-6, "{value}");
    close(squares.of_seeds, 0.431_122_448_979_591_84);
    close(squares.of_rows, 0.121_212_121_212_121_16);
    close(squares.of_both, 0.060_992_578_849_721_73);
    close(squares.variance(), 0.008_189_033_189_033_188);
    close(squares.degrees_of_freedom(), 5.158_888_249_525_192);
    close(t_quantile_975(3.7).unwrap(), 2.867_520_707_191_189_5);
    // The rows' part stays, the seeds' part halves.
    let rows = (squares.of_rows - squares.of_both) / 60.0;
    close(squares.with_seeds(10.0).variance() - rows, (squares.variance() - rows) / 2.0);
}

#[test]
fn the_crossed_interval_is_as_wide_as_its_variance_says_and_holds_the_mean() {
    let rows = Rows::new(12).unwrap();
    let interval = rows.interval(&table()).unwrap();
    // t(.975, 5.158 888) · √.008 189
    assert!((interval.half_width() / 0.230_481_896_221 - 1.0).abs() < 1e-6, "{}", interval.half_width());
    assert!(interval.holds(rows.mean(&table())));
    let same = rows.interval(&Array2::from_elem((4, 12), 0.25)).unwrap();
    assert_eq!((same.low, same.high), (0.25, 0.25));
    assert!(rows.interval(&Array2::zeros((1, 12))).is_none());
    assert!(Rows::new(1).is_none());
}

#[test]
fn many_rows_in_groups_give_the_interval_of_the_rows_themselves() {
    // 4,099 rows are 819 groups of 5, the last four rows in one each; a row effect of ±.5 alone.
    let rows = Rows::new(4_099).unwrap();
    assert_eq!((rows.len(), rows.sizes().len()), (4_099, 819));
    assert_eq!(rows.sizes().iter().sum::<f32>(), 4_099.0);
    let value = |row: usize| if row < 2_050 { 1.0 } else { 0.0 };
    let one = rows.sums((0..4_099).map(value)).unwrap();
    let table = Array2::from_shape_fn((3, 819), |(_, group)| one[group]);
    assert_close(rows.mean(&table), 2_050.0 / 4_099.0);
    // 1.96 · .5 / √4,099: sorted rows do not look more alike than they are.
    let half = rows.interval(&table).unwrap().half_width();
    assert!((half / 0.015_306 - 1.0).abs() < 0.1, "{half}");
    assert!(rows.sums((0..4_098).map(value)).is_none());
}

#[test]
fn groups_of_one_size_are_analysed_as_rows_and_others_by_what_they_add_to_the_mean() {
    // Twelve rows in twelve groups are the rows.
    let (rows, groups) = (Rows::new(12).unwrap(), Rows::of_groups(&(0..12).collect::<Vec<_>>()).unwrap());
    let (of_rows, of_groups) = (rows.squares(&table()).unwrap(), groups.squares(&table()).unwrap());
    assert_close(of_groups.variance(), of_rows.variance());
    assert_close(of_groups.degrees_of_freedom(), of_rows.degrees_of_freedom());
    // Groups of 4, 1 and 1 rows, whatever their codes: 36/18 groups count. Both seeds are alike; a row is right in the
    // large group alone.
    let groups = Rows::of_groups(&[70, 5, 70, 70, 9, 70]).unwrap();
    let values = [1.0, 0.0, 1.0, 1.0, 0.0, 1.0_f32];
    let sums = groups.sums(values.into_iter()).unwrap();
    let table = Array2::from_shape_fn((2, sums.len()), |(_, group)| sums[group]);
    let squares = groups.squares(&table).unwrap();
    assert_close(groups.mean(&table), 2.0 / 3.0);
    // (4·⅓/6)² + 2·(⅔/6)², times 2/(2 − 1).
    assert_close(squares.variance(), 2.0 * ((2.0 / 9.0_f64).powi(2) + 2.0 / 81.0));
    assert_close(squares.rows, 2.0);
    assert!(Rows::of_groups(&[3, 3, 3]).is_none() && Rows::of_groups(&[]).is_none());
}

#[test]
fn many_groups_are_gathered_whole() {
    let codes: Vec<u32> = (0..9_000).map(|row| 1_000_000 - row / 3).collect();
    let rows = Rows::of_groups(&codes).unwrap();
    assert!(rows.sizes().len() <= 1_024 && rows.sizes().iter().all(|size| size % 3.0 == 0.0));
    assert_eq!(rows.sizes().iter().sum::<f32>(), 9_000.0);
    // Rows of a group are alike, and half of the groups are right: .25/2,999.
    let one = rows.sums(codes.iter().map(|code| (code % 2) as f32)).unwrap();
    let table = Array2::from_shape_fn((3, one.len()), |(_, group)| one[group]);
    let variance = rows.squares(&table).unwrap().variance();
    assert!((variance / (0.25 / 2_999.0) - 1.0).abs() < 0.15, "{variance}");
}

#[test]
fn the_interquartile_mean_is_scipys_trimmed_mean() {
    let scores = [X.to_vec(), Y.to_vec(), Z.to_vec()];
    assert_close(interquartile_mean(&scores).unwrap(), 0.624_166_666_666_666_6);
    assert_close(interquartile_mean(&[X[..7].to_vec()]).unwrap(), 0.646);
    assert_eq!(interquartile_mean(&[]), None);
    let interval = interquartile_mean_interval(&scores).unwrap();
    assert!(interval.holds(0.624) && interval.half_width() < 0.03, "{interval:?}");
    assert_eq!(interquartile_mean_interval(&[vec![0.5], vec![0.6]]), None);
}

#[test]
fn the_probability_of_improvement_is_scipys_mann_whitney_share() {
    assert_close(improvement(&[(X.to_vec(), Y.to_vec())]).unwrap(), 0.648_437_5);
    let both = [(X.to_vec(), Y.to_vec()), (X.to_vec(), Z.to_vec())];
    assert_close(improvement(&both).unwrap(), 0.621_093_75);
    assert_close(improvement(&[(vec![0.5], vec![0.5])]).unwrap(), 0.5);
    assert_eq!(improvement(&[(vec![], vec![0.5])]), None);
    let interval = improvement_interval(&both).unwrap();
    assert!(interval.holds(0.621) && interval.half_width() < 0.25, "{interval:?}");
    assert_eq!(improvement_interval(&[]), None);
}

#[test]
fn quantiles_are_numpys() {
    let mut sorted = Z;
    sorted.sort_by(f64::total_cmp);
    assert_close(quantile(&sorted, 0.3).unwrap(), 0.582);
    assert_eq!((quantile(&sorted, 0.0), quantile(&sorted, 1.0)), (Some(0.52), Some(0.71)));
    assert_eq!(quantile(&[], 0.5), None);
}

proptest! {
    #[test]
    fn adjusted_p_is_never_below_the_raw_one_and_a_change_of_all_signs_changes_nothing(
        family in proptest::collection::vec(proptest::collection::vec(-1.0..1.0_f64, 7), 1..4),
    ) {
        let adjusted = max_t(&family).unwrap();
        for (values, p) in family.iter().zip(&adjusted) {
            prop_assert!(*p >= sign_flip(values).unwrap() - 1e-12 && *p <= 1.0);
        }
        let turned: Vec<Vec<f64>> = family.iter().map(|values| values.iter().map(|v| -v).collect()).collect();
        prop_assert_eq!(max_t(&turned).unwrap(), adjusted);
    }

    #[test]
    fn holm_keeps_the_order_and_never_lowers_a_p(p in proptest::collection::vec(0.0..1.0_f64, 0..12)) {
        let adjusted = holm(&p.iter().copied().map(Some).collect::<Vec<_>>());
        for (a, first) in p.iter().zip(&adjusted) {
            prop_assert!(first.unwrap() >= *a);
            for (b, second) in p.iter().zip(&adjusted) {
                prop_assert!(a > b || first.unwrap() <= second.unwrap());
            }
        }
    }
}
