//! Which classes were taken for which: the confusion matrix, and what follows from it.

use serde::{Deserialize, Serialize};

/// A confusion matrix `[classes, classes]` by its cells that are not 0, in the order of rows: true class, predicted class,
/// test rows. It has as many cells as there are test rows at most, whatever the number of classes.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Confusion(pub Vec<(u16, u16, u32)>);

impl Confusion {
    /// Of rows by their true and predicted classes.
    pub fn of(pairs: impl IntoIterator<Item = (u16, u16)>) -> Self {
        let mut counts = std::collections::BTreeMap::new();
        for pair in pairs {
            *counts.entry(pair).or_insert(0) += 1;
        }
        Self(counts.into_iter().map(|((truth, predicted), rows)| (truth, predicted, rows)).collect())
    }

    /// Whether there is none.
    pub const fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The sum of several, cell by cell.
    pub fn sum<'a>(all: impl IntoIterator<Item = &'a Self>) -> Self {
        let mut counts = std::collections::BTreeMap::new();
        for &(truth, predicted, rows) in all.into_iter().flat_map(|one| &one.0) {
            let sum: &mut u32 = counts.entry((truth, predicted)).or_default();
            *sum = sum.saturating_add(rows);
        }
        Self(counts.into_iter().map(|((truth, predicted), rows)| (truth, predicted, rows)).collect())
    }

    /// Rows in all.
    pub fn rows(&self) -> u64 {
        self.0.iter().map(|cell| u64::from(cell.2)).sum()
    }

    /// Rows of each true class, of as many classes as asked for.
    pub fn of_classes(&self, classes: usize) -> Vec<u64> {
        let mut rows = vec![0; classes];
        for &(truth, _, count) in &self.0 {
            if let Some(of_class) = rows.get_mut(usize::from(truth)) {
                *of_class += u64::from(count);
            }
        }
        rows
    }

    /// Rows of one cell.
    pub fn cell(&self, truth: usize, predicted: usize) -> u32 {
        let wanted = (truth, predicted);
        let place = self.0.binary_search_by_key(&wanted, |cell| (usize::from(cell.0), usize::from(cell.1)));
        place.map_or(0, |place| self.0[place].2)
    }

    /// Cells of wrong predictions, most rows first; of equals in the matrix's order.
    pub fn mistakes(&self) -> Vec<(u16, u16, u32)> {
        let mut wrong: Vec<_> = self.0.iter().copied().filter(|cell| cell.0 != cell.1).collect();
        wrong.sort_by_key(|cell| std::cmp::Reverse(cell.2));
        wrong
    }

    /// The mean F1 over classes that some row is of or was taken for; absent without a row. `F1 = 2·TP / (2·TP + FP + FN)`,
    /// 0 for a class that is never right.
    pub fn macro_f1(&self) -> Option<f64> {
        // For each class: rows that were right, and rows of it and taken for it together.
        let mut classes = std::collections::BTreeMap::<u16, (f64, f64)>::new();
        for &(truth, predicted, rows) in &self.0 {
            let rows = f64::from(rows);
            classes.entry(truth).or_default().1 += rows;
            let of_predicted = classes.entry(predicted).or_default();
            of_predicted.1 += rows;
            of_predicted.0 += if truth == predicted { rows } else { 0.0 };
        }
        let scores = classes.values().map(|(right, both)| 2.0 * right / both);
        (!classes.is_empty()).then(|| scores.sum::<f64>() / classes.len() as f64)
    }
}

/// The confusion matrix of two classes from what is recorded of them: accuracy, mean recall, and the share of class 1
/// in `rows` test rows. `None` where both classes have as many rows: both numbers then say the same.
pub fn of_two(accuracy: f64, balanced: f64, positive_share: f64, rows: usize) -> Option<Confusion> {
    let ones = (positive_share * rows as f64).round();
    let zeros = rows as f64 - ones;
    let right = (accuracy * rows as f64).round();
    let right_ones = if ones == 0.0 || zeros == 0.0 {
        if ones == 0.0 { 0.0 } else { right }
    } else if ones == zeros {
        return None;
    } else {
        // accuracy·rows = r₀·zeros + r₁·ones, and balanced = (r₀ + r₁) / 2.
        (ones * (right - 2.0 * balanced * zeros) / (ones - zeros)).round().clamp(0.0, ones)
    };
    let right_zeros = (right - right_ones).clamp(0.0, zeros);
    let cells =
        [(0, 0, right_zeros), (0, 1, zeros - right_zeros), (1, 0, ones - right_ones), (1, 1, right_ones)];
    let cells = cells.into_iter().map(|(truth, predicted, rows)| (truth, predicted, rows as u32));
    Some(Confusion(cells.filter(|cell| cell.2 > 0).collect()))
}

#[cfg(test)]
mod tests {
    use super::*;

    const TRUTH: [u16; 8] = [0, 0, 0, 1, 1, 2, 2, 2];
    const PREDICTED: [u16; 8] = [0, 0, 1, 1, 2, 2, 2, 0];

    fn confusion() -> Confusion {
        Confusion::of(TRUTH.into_iter().zip(PREDICTED))
    }

    #[test]
    fn cells_count_the_rows_of_each_pair_of_classes() {
        let confusion = confusion();
        assert_eq!(confusion.0, [(0, 0, 2), (0, 1, 1), (1, 1, 1), (1, 2, 1), (2, 0, 1), (2, 2, 2)]);
        assert_eq!((confusion.rows(), confusion.of_classes(3)), (8, vec![3, 2, 3]));
        assert_eq!((confusion.cell(2, 2), confusion.cell(1, 0)), (2, 0));
        assert_eq!(confusion.mistakes(), [(0, 1, 1), (1, 2, 1), (2, 0, 1)]);
        let twice = Confusion::sum([&confusion, &confusion]);
        assert_eq!((twice.rows(), twice.cell(0, 0)), (16, 4));
    }

    // sklearn.metrics.f1_score(TRUTH, PREDICTED, average="macro"); by hand F1 = 4/6, 2/4, 4/6.
    #[test]
    fn macro_f1_is_the_mean_over_classes() {
        assert!((confusion().macro_f1().unwrap() - 0.611_111_111_111_111).abs() < 1e-12);
        assert_eq!(Confusion::default().macro_f1(), None);
        // A class that is only ever predicted counts with 0, as in scikit-learn.
        assert!((Confusion::of([(0, 0), (0, 1)]).macro_f1().unwrap() - 1.0 / 3.0).abs() < 1e-12);
    }

    #[test]
    fn two_classes_follow_from_their_two_accuracies() {
        for (cells, rows) in
            [([30, 11, 4, 15], 60), ([1, 0, 3, 999], 1_003), ([0, 0, 7, 5], 12), ([7, 5, 0, 0], 12)]
        {
            let [true_zeros, false_ones, false_zeros, true_ones]: [u32; 4] = cells;
            let (zeros, ones) = (true_zeros + false_ones, false_zeros + true_ones);
            let recalls: Vec<f64> = [(true_zeros, zeros), (true_ones, ones)]
                .into_iter()
                .filter(|of| of.1 > 0)
                .map(|(right, of)| f64::from(right) / f64::from(of))
                .collect();
            let balanced = recalls.iter().sum::<f64>() / recalls.len() as f64;
            let accuracy = f64::from(true_zeros + true_ones) / f64::from(rows as u32);
            let found = of_two(accuracy, balanced, f64::from(ones) / f64::from(rows as u32), rows).unwrap();
            let of = |truth, predicted| found.cell(truth, predicted);
            assert_eq!([of(0, 0), of(0, 1), of(1, 0), of(1, 1)], cells);
        }
        assert_eq!(of_two(0.5, 0.5, 0.5, 10), None);
    }
}
