//! Rows of validation and test that another part of the split has as well: exact copies, near copies, and groups.

use std::collections::HashMap;

use ndarray::{Array1, Array2, Axis};
use serde::Serialize;

use super::super::blocks::gather;
use super::super::blocks::{BLOCK, in_parallel};
use super::super::encoder::mean;
use super::super::repeats::{Copies, in_two_parts};
use super::super::split::Splits;
use super::sample::{Use, most_rows, sample};

/// Test rows whose nearest training row is looked for, at most.
const MOST_TEST_ROWS: usize = 500;
/// Rows are near copies where they are closer than this share of the usual distance of two rows.
const NEAR: f64 = 0.01;

/// What the parts of a split have in common; of several splits, the one with most of it.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct CopyHealth {
    /// Validation and test rows.
    pub held_out_rows: usize,
    /// Of these, rows whose text is also in another part.
    pub text_across_parts: usize,
    /// Rows whose image is.
    pub image_across_parts: usize,
    /// Rows whose text and image are, in one row.
    pub both_across_parts: usize,
    /// Rows whose text and image are those of a row with another label.
    pub other_label: usize,
    /// Groups with rows in more than one part; absent where no groups are given.
    pub groups_across_parts: Option<usize>,
    /// Test rows that have nearly the text or the image of a training row.
    pub near: Option<NearCopies>,
}

/// Test rows of the first split, drawn by a key, against training rows. Exact copies do not count.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct NearCopies {
    /// Test rows that were looked at.
    pub test_rows: usize,
    /// Training rows that they were compared with.
    pub train_rows: usize,
    /// Test rows with a training row's text within 1 % of the usual distance of two rows.
    pub text: usize,
    /// The same of images.
    pub image: usize,
}

impl CopyHealth {
    /// `copies` have no row that is missing; `first` has the usable rows of the first split.
    pub(super) fn of(
        [text, image]: [&Array2<f32>; 2],
        copies: &Copies,
        classes: &[u16],
        groups: Option<&[u32]>,
        splits: &[Splits],
        first: &Splits,
    ) -> Self {
        let of_split = |splits: &Splits| Self {
            held_out_rows: splits.validation.len() + splits.test.len(),
            text_across_parts: in_two_parts(&copies.text, splits),
            image_across_parts: in_two_parts(&copies.image, splits),
            both_across_parts: in_two_parts(&copies.both, splits),
            groups_across_parts: groups.map(|groups| groups_across(groups, splits)),
            ..Self::default()
        };
        let weight = |found: &Self| {
            let single = found.text_across_parts + found.image_across_parts;
            (found.groups_across_parts, found.both_across_parts, single)
        };
        let worst = splits.iter().map(of_split).max_by_key(weight).unwrap_or_default();
        Self {
            other_label: other_label(&copies.both, classes),
            near: NearCopies::of([(text, &copies.text), (image, &copies.image)], first),
            ..worst
        }
    }
}

/// Groups with rows in more than one part.
fn groups_across(groups: &[u32], splits: &Splits) -> usize {
    let mut parts: HashMap<u32, u8> = HashMap::new();
    for (bit, rows) in [(1, &splits.train), (2, &splits.validation), (4, &splits.test)] {
        for group in rows.iter().filter_map(|&row| groups.get(row as usize)) {
            *parts.entry(*group).or_default() |= bit;
        }
    }
    parts.into_values().filter(|parts| parts.count_ones() > 1).count()
}

/// Rows among whose copies not all have one label.
fn other_label(copies: &[Option<u32>], classes: &[u16]) -> usize {
    let mut found: HashMap<u32, (u16, bool, usize)> = HashMap::new();
    for (&first, &class) in copies.iter().zip(classes) {
        let Some(first) = first else { continue };
        let (known, differs, rows) = found.entry(first).or_insert((class, false, 0));
        *differs |= *known != class;
        *rows += 1;
    }
    found.into_values().filter(|(_, differs, _)| *differs).map(|(_, _, rows)| rows).sum()
}

impl NearCopies {
    fn of(modalities: [(&Array2<f32>, &[Option<u32>]); 2], first: &Splits) -> Option<Self> {
        let widest = modalities.iter().map(|(rows, _)| rows.ncols()).max().unwrap_or(0);
        let train = sample(&first.train, most_rows(widest), Use::Train);
        let tested = sample(&first.test, MOST_TEST_ROWS, Use::Nearest);
        let [text, image] = modalities.map(|(rows, copies)| {
            let is_alone = |row: &&u32| copies.get(**row as usize).copied().flatten().is_none();
            let alone: Vec<u32> = tested.iter().filter(is_alone).copied().collect();
            near(&gather(rows, &train), &gather(rows, &alone))
        });
        let is_measured = !train.is_empty() && !tested.is_empty();
        is_measured.then_some(Self { test_rows: tested.len(), train_rows: train.len(), text, image })
    }
}

/// Rows of `test` with a row of `train` within 1 % of the usual distance of two training rows.
fn near(train: &Array2<f32>, test: &Array2<f32>) -> usize {
    let centre = mean(train).mapv(|value| value as f32);
    let (train, test) = (train - &centre, test - &centre);
    let squares =
        |rows: &Array2<f32>| -> Array1<f32> { rows.rows().into_iter().map(|row| row.dot(&row)).collect() };
    let (of_train, of_test) = (squares(&train), squares(&test));
    // The expected square of the distance of two rows is twice the variance.
    let usual = 2.0 * f64::from(of_train.sum()) / of_train.len().max(1) as f64;
    let limit = (NEAR * NEAR * usual) as f32;
    let mut nearest = vec![f32::INFINITY; test.nrows()];
    let blocks = test.axis_chunks_iter(Axis(0), BLOCK).zip(nearest.chunks_mut(BLOCK));
    in_parallel(blocks, |(rows, nearest)| {
        for (block, squares) in
            train.axis_chunks_iter(Axis(0), BLOCK).zip(of_train.axis_chunks_iter(Axis(0), BLOCK))
        {
            let products = rows.dot(&block.t()); // [test, train]
            for (products, nearest) in products.rows().into_iter().zip(nearest.iter_mut()) {
                let distances = products.iter().zip(squares).map(|(product, square)| square - 2.0 * product);
                *nearest = distances.fold(*nearest, f32::min);
            }
        }
    });
    nearest.iter().zip(&of_test).filter(|(nearest, square)| **nearest + **square <= limit).count()
}

#[cfg(test)]
mod tests {
    use super::super::super::repeats::Prints;
    use super::*;
    use ndarray::array;

    fn splits() -> Splits {
        Splits { train: vec![0, 1, 2], validation: vec![3], test: vec![4, 5] }
    }

    #[test]
    fn copies_near_copies_labels_and_groups_are_counted() {
        // Row 4 is row 0 with another label; row 5 has nearly row 1's text.
        let text = array![[1.0, 2.0], [3.0, 4.0], [5.0, 16.0], [7.0, 8.0], [1.0, 2.0], [3.0, 4.001]];
        let image = array![[1.0], [2.0], [3.0], [4.0], [1.0], [6.0]];
        let copies = Prints::of(&text, &image).copies();
        let (classes, groups) = ([0, 1, 0, 1, 1, 0], [7, 8, 9, 8, 5, 9]);
        let found = CopyHealth::of([&text, &image], &copies, &classes, Some(&groups), &[splits()], &splits());
        assert_eq!((found.held_out_rows, found.text_across_parts, found.image_across_parts), (3, 1, 1));
        assert_eq!((found.both_across_parts, found.other_label), (1, 2));
        assert_eq!(found.groups_across_parts, Some(2));
        let near = NearCopies { test_rows: 2, train_rows: 3, text: 1, image: 0 };
        assert_eq!(found.near, Some(near));
    }

    #[test]
    fn the_split_with_most_is_told_of() {
        let rows = array![[1.0], [2.0], [3.0], [4.0], [1.0], [6.0]];
        let copies = Prints::of(&rows, &rows).copies();
        let clean = Splits { train: vec![0, 4], validation: vec![1], test: vec![2, 3] };
        let found = CopyHealth::of([&rows; 2], &copies, &[], None, &[clean.clone(), splits()], &clean);
        assert_eq!((found.both_across_parts, found.other_label, found.groups_across_parts), (1, 0, None));
    }
}
