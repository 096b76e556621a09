//! Whether a single column tells the classes: a label that is hidden in the embeddings.

use ndarray::{Array2, ArrayView1, Axis};
use serde::Serialize;

use super::super::blocks::gather;
use super::super::blocks::in_parallel;
use super::sample::{Use, sample};

/// Rows that columns are judged by at most.
const MOST_ROWS: usize = 4_096;
/// With fewer rows, some column tells the classes by luck.
const FEWEST_ROWS: usize = 100;
/// Classes at most: the work grows with them.
const MOST_CLASSES: usize = 200;

/// The column of a modality that tells the classes best.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct BestColumn {
    /// Counted from 0.
    pub column: usize,
    /// Share of rows that it puts into the right class, where its line is cut into one interval for each class.
    pub accuracy: f64,
    /// Rows, drawn by a key, that this is from.
    pub sampled_rows: usize,
}

impl BestColumn {
    /// Of `usable` rows; absent for few rows, one class or very many.
    pub(super) fn of(values: &Array2<f32>, classes: &[u16], usable: &[u32]) -> Option<Self> {
        let rows = sample(usable, MOST_ROWS, Use::Columns);
        let labels: Vec<u16> = rows.iter().filter_map(|&row| classes.get(row as usize).copied()).collect();
        let labels = dense(&labels);
        let count = labels.iter().max().map_or(0, |&largest| usize::from(largest) + 1);
        if labels.len() != rows.len() || rows.len() < FEWEST_ROWS || !(2..=MOST_CLASSES).contains(&count) {
            return None;
        }
        let columns = gather(values, &rows).reversed_axes().as_standard_layout().into_owned();
        let mut right = vec![0_usize; columns.nrows()];
        in_parallel(columns.axis_iter(Axis(0)).zip(&mut right), |(column, right)| {
            *right = most_right(&column, &labels, count);
        });
        // Of equals the first.
        let best = (0..right.len()).rev().max_by_key(|&column| right[column])?;
        let accuracy = right[best] as f64 / rows.len() as f64;
        Some(Self { column: best, accuracy, sampled_rows: rows.len() })
    }
}

/// The classes that occur, numbered without gaps.
fn dense(classes: &[u16]) -> Vec<u16> {
    let mut known = classes.to_vec();
    known.sort_unstable();
    known.dedup();
    classes.iter().map(|class| known.partition_point(|known| known < class) as u16).collect()
}

/// Rows in the right class at most, where the line is cut into one interval (or none) for each class, in the order of
/// the classes' means.
fn most_right(column: &ArrayView1<'_, f32>, labels: &[u16], classes: usize) -> usize {
    let mut sums = vec![(0.0, 0.0); classes];
    for (&value, &label) in column.iter().zip(labels) {
        let (sum, count) = &mut sums[usize::from(label)];
        *sum += f64::from(value);
        *count += 1.0;
    }
    let means: Vec<f64> = sums.iter().map(|(sum, count)| sum / f64::max(*count, 1.0)).collect();
    let mut order: Vec<usize> = (0..classes).collect();
    order.sort_by(|&a, &b| means[a].total_cmp(&means[b]));
    let mut place = vec![0; classes];
    order.iter().enumerate().for_each(|(at, &class)| place[class] = at);
    let mut rows: Vec<(f32, usize)> =
        column.iter().zip(labels).map(|(&value, &label)| (value, place[usize::from(label)])).collect();
    rows.sort_unstable_by(|a, b| a.0.total_cmp(&b.0));
    // right[k]: most rows right so far, where the last interval is that of the class in place k, or of one before it.
    let mut right = vec![0; classes];
    let mut here = vec![0; classes];
    for equal in rows.chunk_by(|a, b| a.0 == b.0) {
        here.fill(0);
        for &(_, place) in equal {
            here[place] += 1;
        }
        let mut best = 0;
        for (right, here) in right.iter_mut().zip(&here) {
            best = best.max(*right + here);
            *right = best;
        }
    }
    right.last().copied().unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use ndarray::Array1;

    #[test]
    fn the_best_cuts_of_a_line_are_found() {
        let of = |values: &[f32], labels: &[u16], classes| {
            most_right(&Array1::from(values.to_vec()).view(), labels, classes)
        };
        assert_eq!(of(&[1.0, 2.0, 3.0, 4.0], &[1, 1, 0, 0], 2), 4);
        // One of each class has the same value.
        assert_eq!(of(&[1.0, 2.0, 2.0, 4.0], &[0, 0, 1, 1], 2), 3);
        assert_eq!(of(&[1.0, 2.0, 3.0, 4.0], &[0, 1, 0, 1], 2), 3);
        assert_eq!(of(&[5.0, 1.0, 3.0, 5.0, 1.0, 3.0], &[2, 0, 1, 2, 0, 1], 3), 6);
        assert_eq!(of(&[1.0, 1.0, 1.0], &[0, 1, 1], 2), 2);
    }

    #[test]
    fn a_column_that_holds_the_label_is_found() {
        let classes: Vec<u16> = (0..300).map(|row| [4, 7, 9][row * 7 % 3]).collect();
        let mixed = |row: usize, column: usize| ((row * 31 + column * 17 + 5) * 7_919 % 1_009) as f32;
        let values = Array2::from_shape_fn((300, 6), |(row, column)| {
            if column == 4 { -f32::from(classes[row]) } else { mixed(row, column) }
        });
        let usable: Vec<u32> = (0..300).collect();
        let best = BestColumn::of(&values, &classes, &usable).unwrap();
        assert_eq!(best, BestColumn { column: 4, accuracy: 1.0, sampled_rows: 300 });
        let without = values.select(Axis(1), &[0, 1, 2, 3, 5]);
        assert!(BestColumn::of(&without, &classes, &usable).unwrap().accuracy < 0.6);
        assert_eq!(BestColumn::of(&values, &classes, &usable[..99]), None);
    }
}
