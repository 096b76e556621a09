//! Receiver operating characteristic: exact area, and the curve on a fixed grid.

use super::statistics::Spread;

/// Evenly spaced false-positive rates, 0 and 1 included, at which a curve is recorded.
pub const GRID: usize = 201;

/// One ROC curve. The score is the difference of the two logits; of more than two, see [`macro_roc`].
#[derive(Clone, Debug, PartialEq)]
pub struct Roc {
    /// Probability that a positive row scores above a negative one, ties half.
    pub auc: f64,
    /// True-positive rate at false-positive rates 0, 1/200, …, 1; where the curve rises vertically,
    /// its upper end.
    pub true_positive_rate: Vec<f64>,
}

/// The ROC curve of `scores` against 0/1 `labels` of the same length; `None` where one class is missing.
///
/// Rows of equal score are one straight segment, which is what counting ties half means (Fawcett 2006,
/// algorithms 1 and 2).
pub fn roc(scores: &[f32], labels: &[u16]) -> Option<Roc> {
    one_against_rest(scores, labels, 1)
}

/// Of several classes the mean curve and area over one class against the rest; `logits` are `[rows, classes]`. The
/// score of class k is `ℓ_k − ln Σ_{j≠k} exp ℓ_j`, the log odds. Classes that no row has, or every row, have no curve
/// and take no part; `None` where that leaves none. With two classes it is [`roc`].
pub fn macro_roc(logits: &[f32], labels: &[u16]) -> Option<Roc> {
    let classes = logits.len() / labels.len().max(1);
    let of_class = |class: usize| {
        let scores: Vec<f32> = logits.chunks(classes).map(|row| log_odds(row, class)).collect();
        one_against_rest(&scores, labels, class as u16)
    };
    let curves: Vec<Roc> = (0..classes).filter_map(of_class).collect();
    let points = curves.first()?.true_positive_rate.len();
    let mean = |of: &dyn Fn(&Roc) -> f64| curves.iter().map(of).sum::<f64>() / curves.len() as f64;
    Some(Roc {
        auc: mean(&|curve| curve.auc),
        true_positive_rate: (0..points).map(|point| mean(&|curve| curve.true_positive_rate[point])).collect(),
    })
}

/// `ℓ_k − ln Σ_{j≠k} exp ℓ_j`
fn log_odds(logits: &[f32], class: usize) -> f32 {
    let others = || logits.iter().enumerate().filter(|of| of.0 != class).map(|of| f64::from(*of.1));
    let largest = others().fold(f64::NEG_INFINITY, f64::max);
    let sum: f64 = others().map(|logit| (logit - largest).exp()).sum();
    (f64::from(logits[class]) - largest - sum.ln()) as f32
}

fn one_against_rest(scores: &[f32], labels: &[u16], class: u16) -> Option<Roc> {
    let corners = corners(scores, labels, class)?;
    let auc =
        corners.windows(2).map(|pair| (pair[1].0 - pair[0].0) * f64::midpoint(pair[0].1, pair[1].1)).sum();
    let true_positive_rate = (0..GRID).map(|k| interpolate(&corners, k as f64 / (GRID - 1) as f64)).collect();
    Some(Roc { auc, true_positive_rate })
}

/// The mean of several curves on the common grid, with its pointwise band.
#[derive(Clone, Debug, PartialEq)]
pub struct MeanCurve {
    /// Mean true-positive rate.
    pub mean: Vec<f64>,
    /// Lower edge of the 95 % interval of the mean over seeds (t), from 0; empty for a single curve.
    pub low: Vec<f64>,
    /// Upper edge, up to 1.
    pub high: Vec<f64>,
}

/// The mean of `curves` of one length (vertical averaging, Fawcett 2006, algorithm 3); `None` for no curve.
pub fn mean_curve(curves: &[&[f64]]) -> Option<MeanCurve> {
    let points = curves.iter().map(|curve| curve.len()).min()?;
    let at = |point: usize| Spread::of(&curves.iter().map(|curve| curve[point]).collect::<Vec<_>>());
    let spreads: Vec<Spread> = (0..points).filter_map(at).collect();
    let band: Vec<(f64, f64)> = spreads.iter().filter_map(Spread::interval95).collect();
    Some(MeanCurve {
        mean: spreads.iter().map(|spread| spread.mean).collect(),
        low: band.iter().map(|edges| edges.0.max(0.0)).collect(),
        high: band.iter().map(|edges| edges.1.min(1.0)).collect(),
    })
}

/// Variance of an area under the curve that is due to which rows were tested (Hanley and `McNeil` 1982, equation
/// 2), for so many positive and negative rows.
pub fn auc_variance(auc: f64, positives: f64, negatives: f64) -> f64 {
    let two_positives = auc / (2.0 - auc);
    let two_negatives = 2.0 * auc * auc / (1.0 + auc);
    let sum = auc * (1.0 - auc)
        + (positives - 1.0) * (two_positives - auc * auc)
        + (negatives - 1.0) * (two_negatives - auc * auc);
    if positives * negatives > 0.0 { sum / (positives * negatives) } else { 0.0 }
}

/// The same for a mean area over one class against the rest, with each class's `shares` of so many rows. The classes
/// share their rows: they are taken to err together, which is on the wide side.
pub fn macro_auc_variance(auc: f64, shares: &[f64], rows: f64) -> f64 {
    let has_area = |share: &&f64| **share > 0.0 && **share < 1.0;
    let deviations: Vec<f64> = shares
        .iter()
        .filter(has_area)
        .map(|share| auc_variance(auc, share * rows, (1.0 - share) * rows).max(0.0).sqrt())
        .collect();
    (deviations.iter().sum::<f64>() / deviations.len().max(1) as f64).powi(2)
}

/// (false-positive rate, true-positive rate) after each group of equal scores, from (0, 0) to (1, 1).
fn corners(scores: &[f32], labels: &[u16], class: u16) -> Option<Vec<(f64, f64)>> {
    let positives = labels.iter().filter(|&&label| label == class).count();
    let negatives = labels.len() - positives;
    if positives == 0 || negatives == 0 {
        return None;
    }
    let mut order: Vec<usize> = (0..scores.len()).collect();
    order.sort_by(|&a, &b| scores[b].total_cmp(&scores[a]));
    let mut corners = vec![(0.0, 0.0)];
    let (mut above, mut below) = (0_usize, 0_usize);
    for (rank, &row) in order.iter().enumerate() {
        if labels[row] == class {
            above += 1;
        } else {
            below += 1;
        }
        // 0 and −0 are one score, which `total_cmp` distinguishes; compare as numbers here.
        let group_ends = order.get(rank + 1).is_none_or(|&next| scores[next] < scores[row]);
        if group_ends {
            corners.push((below as f64 / negatives as f64, above as f64 / positives as f64));
        }
    }
    Some(corners)
}

/// Height of the polyline at `x`; the upper end where it is vertical.
fn interpolate(corners: &[(f64, f64)], x: f64) -> f64 {
    let after = corners.partition_point(|corner| corner.0 <= x);
    let (x0, y0) = corners[after.saturating_sub(1)];
    match corners.get(after) {
        Some(&(x1, y1)) => y0 + (y1 - y0) * (x - x0) / (x1 - x0),
        None => y0,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    // sklearn.metrics.roc_auc_score([0,0,1,1,0,1,1,0], [.1,.4,.35,.8,.4,.4,.9,.2]) == 0.75 + ties half:
    // by hand: pairs won 12, tied 2 of 16 -> (12 + 1) / 16.
    #[test]
    fn area_counts_ties_half() {
        let scores = [0.1, 0.4, 0.35, 0.8, 0.4, 0.4, 0.9, 0.2];
        let labels = [0, 0, 1, 1, 0, 1, 1, 0];
        let roc = roc(&scores, &labels).unwrap();
        assert!((roc.auc - pairs_won(&scores, &labels)).abs() < 1e-12);
        assert!((roc.auc - 13.0 / 16.0).abs() < 1e-12, "{}", roc.auc);
    }

    fn pairs_won(scores: &[f32], labels: &[u16]) -> f64 {
        let (mut won, mut pairs) = (0.0, 0.0);
        for (positive, _) in scores.iter().zip(labels).filter(|pair| *pair.1 == 1) {
            for (negative, _) in scores.iter().zip(labels).filter(|pair| *pair.1 == 0) {
                pairs += 1.0;
                won += if positive > negative {
                    1.0
                } else if positive < negative {
                    0.0
                } else {
                    0.5
                };
            }
        }
        won / pairs
    }

    #[test]
    fn perfect_scores_reach_the_corner_and_constant_scores_the_diagonal() {
        let labels = [0, 0, 1, 1];
        let perfect = roc(&[-1.0, -2.0, 1.0, 2.0], &labels).unwrap();
        assert_eq!(perfect.auc, 1.0);
        assert_eq!(perfect.true_positive_rate[0], 1.0);
        let constant = roc(&[0.0, -0.0, 0.0, -0.0], &labels).unwrap();
        assert_eq!(constant.auc, 0.5);
        assert!((constant.true_positive_rate[50] - 0.25).abs() < 1e-12);
        assert_eq!(constant.true_positive_rate[200], 1.0);
    }

    #[test]
    fn one_class_has_no_curve() {
        assert_eq!(roc(&[0.1, 0.2], &[1, 1]), None);
    }

    // sklearn.metrics.roc_auc_score and roc_curve: scripts/statistics_constants.py.
    #[test]
    fn area_and_curve_agree_with_scikit_learn() {
        let scores = [0.1, 0.4, 0.35, 0.8, 0.4, 0.4, 0.9, 0.2, 0.35, 0.7];
        let labels = [0, 0, 1, 1, 0, 1, 1, 0, 0, 1];
        let roc = roc(&scores, &labels).unwrap();
        assert!((roc.auc - 0.86).abs() < 1e-12);
        for (false_positive_rate, expected) in [(0.0, 0.6), (0.4, 0.8), (0.6, 1.0), (0.8, 1.0), (1.0, 1.0)] {
            let place = (false_positive_rate * 200.0) as usize;
            assert!((roc.true_positive_rate[place] - expected).abs() < 1e-12, "at {false_positive_rate}");
        }
    }

    #[test]
    fn the_area_of_several_classes_is_the_mean_of_one_against_the_rest() {
        // Probabilities as logits: log odds of class k are ln p_k / (1 − p_k).
        let probabilities: [[f32; 3]; 5] =
            [[0.6, 0.3, 0.1], [0.2, 0.45, 0.35], [0.4, 0.5, 0.1], [0.1, 0.2, 0.7], [0.3, 0.4, 0.3]];
        let labels = [0, 0, 1, 2, 2];
        let logits: Vec<f32> = probabilities.iter().flatten().map(|p| p.ln()).collect();
        // Class 0: .6, .2 against .4, .1, .3: 3 + 1 of 6. Class 1: .5 against .3, .45, .2, .4: 4 of 4.
        // Class 2: .7, .3 against .1, .35, .1: 3 + 2 of 6.
        let expected = (4.0 / 6.0 + 1.0 + 5.0 / 6.0) / 3.0;
        let of_all = macro_roc(&logits, &labels).unwrap();
        assert!((of_all.auc - expected).abs() < 1e-6, "{}", of_all.auc);
        assert_eq!((of_all.true_positive_rate.len(), of_all.true_positive_rate[GRID - 1]), (GRID, 1.0));
        // A class without a row takes no part.
        let labels = [0, 0, 1, 1, 1];
        let second = pairs_won(&[0.3, 0.45, 0.5, 0.2, 0.4], &[0, 0, 1, 1, 1]);
        let expected = f64::midpoint(4.0 / 6.0, second);
        assert!((macro_roc(&logits, &labels).unwrap().auc - expected).abs() < 1e-6);
        assert_eq!(macro_roc(&logits, &[1; 5]), None);
    }

    #[test]
    fn the_area_of_two_classes_is_that_of_their_difference() {
        let logits = [0.3, 0.1, -1.0, 2.0, 0.5, 0.6, 1.0, -0.5];
        let labels = [0, 1, 1, 0];
        let difference: Vec<f32> = logits.chunks(2).map(|row| row[1] - row[0]).collect();
        let (of_all, of_two) = (macro_roc(&logits, &labels).unwrap(), roc(&difference, &labels).unwrap());
        assert!((of_all.auc - of_two.auc).abs() < 1e-12);
    }

    #[test]
    fn the_rows_part_of_an_area_is_hanley_and_mcneils() {
        assert!((auc_variance(0.8, 300.0, 600.0) - 0.000_281_827_160_493_827_1).abs() < 1e-15);
        assert_eq!(auc_variance(0.8, 0.0, 600.0), 0.0);
        let third = auc_variance(0.8, 300.0, 600.0);
        assert!((macro_auc_variance(0.8, &[1.0 / 3.0; 3], 900.0) - third).abs() < 1e-15);
        assert_eq!(macro_auc_variance(0.8, &[1.0, 0.0], 900.0), 0.0);
    }

    #[test]
    fn a_mean_curve_has_the_interval_of_its_points_within_0_and_1() {
        let curve = mean_curve(&[&[0.0, 0.7, 1.0], &[0.0, 0.8, 1.0], &[0.0, 0.9, 1.0]]).unwrap();
        assert!((curve.mean[1] - 0.8).abs() < 1e-12);
        // t(.975, 2) · .1 / √3
        assert!((curve.low[1] - (0.8 - 4.302_652_729_911_275 * 0.1 / 3.0_f64.sqrt())).abs() < 1e-9);
        assert_eq!((curve.low[0], curve.high[1], curve.high[2]), (0.0, 1.0, 1.0));
        let one = mean_curve(&[&[0.0, 1.0]]).unwrap();
        assert_eq!((one.mean.len(), one.low.len(), one.high.len()), (2, 0, 0));
        assert_eq!(mean_curve(&[]), None);
    }
}
