//! Receiver operating characteristic: exact area, and the curve on a fixed grid.

/// Evenly spaced false-positive rates, 0 and 1 included, at which a curve is recorded.
pub const GRID: usize = 201;

/// One ROC curve. The score is the difference of the two logits.
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
pub fn roc(scores: &[f32], labels: &[u8]) -> Option<Roc> {
    let corners = corners(scores, labels)?;
    let auc =
        corners.windows(2).map(|pair| (pair[1].0 - pair[0].0) * f64::midpoint(pair[0].1, pair[1].1)).sum();
    let true_positive_rate = (0..GRID).map(|k| interpolate(&corners, k as f64 / (GRID - 1) as f64)).collect();
    Some(Roc { auc, true_positive_rate })
}

/// (false-positive rate, true-positive rate) after each group of equal scores, from (0, 0) to (1, 1).
fn corners(scores: &[f32], labels: &[u8]) -> Option<Vec<(f64, f64)>> {
    let positives = labels.iter().map(|&label| usize::from(label)).sum::<usize>();
    let negatives = labels.len() - positives;
    if positives == 0 || negatives == 0 {
        return None;
    }
    let mut order: Vec<usize> = (0..scores.len()).collect();
    order.sort_by(|&a, &b| scores[b].total_cmp(&scores[a]));
    let mut corners = vec![(0.0, 0.0)];
    let (mut above, mut below) = (0_usize, 0_usize);
    for (rank, &row) in order.iter().enumerate() {
        if labels[row] == 1 {
            above += 1;
        } else {
            below += 1;
        }
        // 0 and −0 are one score, which `total_cmp` tells apart; compare as numbers here.
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

    fn pairs_won(scores: &[f32], labels: &[u8]) -> f64 {
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
}
