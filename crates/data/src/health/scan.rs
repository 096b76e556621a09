//! One pass over every row of a modality: what is missing or no number, and the norms and ranges of the rest.

use ndarray::{Array2, ArrayView1, ArrayView2, Axis};

use super::super::blocks::in_parallel;

/// Parts that are summed one by one. Fixed, so that a sum does not depend on the thread count.
const PARTS: usize = 64;

/// What a row is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Row {
    /// Finite, and not all zeros.
    Usable,
    /// All zeros: its half is missing.
    Zero,
    /// NaN in every column: likewise.
    AllNan,
    /// Some values are NaN or infinite.
    Broken,
}

/// What a pass finds.
#[derive(Clone, Debug, Default)]
pub(super) struct Scan {
    pub(super) rows: Vec<Row>,
    /// Of the usable rows.
    pub(super) norms: Vec<f64>,
    /// NaN and infinite values in broken rows.
    pub(super) nan_values: usize,
    pub(super) infinite_values: usize,
    /// Smallest and largest finite value.
    pub(super) range: Option<(f32, f32)>,
    /// Of each column over the usable rows: its sum, smallest and largest value.
    pub(super) sums: Vec<f64>,
    lows: Vec<f32>,
    highs: Vec<f32>,
}

impl Scan {
    pub(super) fn of(values: &Array2<f32>) -> Self {
        let part_rows = values.nrows().div_ceil(PARTS).max(1);
        let mut parts = vec![Self::default(); values.nrows().div_ceil(part_rows)];
        in_parallel(values.axis_chunks_iter(Axis(0), part_rows).zip(&mut parts), |(rows, part)| {
            *part = Self::of_part(&rows);
        });
        parts.into_iter().reduce(Self::and).unwrap_or_default()
    }

    fn of_part(rows: &ArrayView2<'_, f32>) -> Self {
        let width = rows.ncols();
        let mut scan = Self {
            sums: vec![0.0; width],
            lows: vec![f32::INFINITY; width],
            highs: vec![f32::NEG_INFINITY; width],
            ..Self::default()
        };
        for row in rows.rows() {
            scan.take(&row);
        }
        scan
    }

    fn take(&mut self, row: &ArrayView1<'_, f32>) {
        let square: f64 = row.iter().map(|&value| f64::from(value).powi(2)).sum();
        if square.is_finite() && square > 0.0 {
            self.rows.push(Row::Usable);
            self.norms.push(square.sqrt());
            for (&value, sum) in row.iter().zip(&mut self.sums) {
                *sum += f64::from(value);
            }
            for (&value, low) in row.iter().zip(&mut self.lows) {
                *low = low.min(value);
            }
            for (&value, high) in row.iter().zip(&mut self.highs) {
                *high = high.max(value);
            }
            let (low, high) = row.iter().fold((f32::INFINITY, f32::NEG_INFINITY), |(low, high), &value| {
                (low.min(value), high.max(value))
            });
            self.widen(Some((low, high)));
        } else if square == 0.0 {
            self.rows.push(Row::Zero);
            self.widen((!row.is_empty()).then_some((0.0, 0.0)));
        } else {
            self.take_broken(row);
        }
    }

    fn take_broken(&mut self, row: &ArrayView1<'_, f32>) {
        let nan = row.iter().filter(|value| value.is_nan()).count();
        if nan == row.len() {
            self.rows.push(Row::AllNan);
            return;
        }
        self.rows.push(Row::Broken);
        self.nan_values += nan;
        for &value in row {
            if value.is_infinite() {
                self.infinite_values += 1;
            } else if value.is_finite() {
                self.widen(Some((value, value)));
            }
        }
    }

    fn widen(&mut self, other: Option<(f32, f32)>) {
        self.range = match (self.range, other) {
            (Some((low, high)), Some((other_low, other_high))) => {
                Some((low.min(other_low), high.max(other_high)))
            }
            (range, other) => range.or(other),
        };
    }

    /// This part's rows, and after them the other's.
    fn and(mut self, mut other: Self) -> Self {
        self.rows.append(&mut other.rows);
        self.norms.append(&mut other.norms);
        self.nan_values += other.nan_values;
        self.infinite_values += other.infinite_values;
        self.widen(other.range);
        self.sums.iter_mut().zip(other.sums).for_each(|(sum, other)| *sum += other);
        self.lows.iter_mut().zip(other.lows).for_each(|(low, other)| *low = low.min(other));
        self.highs.iter_mut().zip(other.highs).for_each(|(high, other)| *high = high.max(other));
        self
    }

    /// Rows of a kind.
    pub(super) fn count(&self, kind: Row) -> usize {
        self.rows.iter().filter(|&&row| row == kind).count()
    }

    /// The first row of any of these kinds.
    pub(super) fn first(&self, kinds: &[Row]) -> Option<usize> {
        self.rows.iter().position(|row| kinds.contains(row))
    }

    /// Columns with one value in every usable row, of which there are two at least.
    pub(super) fn constant_columns(&self) -> usize {
        if self.norms.len() < 2 {
            return 0;
        }
        self.lows.iter().zip(&self.highs).filter(|(low, high)| low == high).count()
    }
}

#[cfg(test)]
mod tests {
    use ndarray::array;

    use super::*;

    #[test]
    fn rows_are_told_apart_and_only_usable_ones_count() {
        let rows = array![
            [3.0, 4.0, 1.0],
            [0.0, 0.0, 0.0],
            [f32::NAN, f32::NAN, f32::NAN],
            [1.0, f32::NAN, f32::INFINITY],
            [0.0, -2.0, 1.0]
        ];
        let scan = Scan::of(&rows);
        assert_eq!(scan.rows, [Row::Usable, Row::Zero, Row::AllNan, Row::Broken, Row::Usable]);
        assert_eq!((scan.nan_values, scan.infinite_values, scan.range), (1, 1, Some((-2.0, 4.0))));
        assert_eq!(scan.sums, [3.0, 2.0, 2.0]);
        assert_eq!((scan.constant_columns(), scan.first(&[Row::Broken, Row::AllNan])), (1, Some(2)));
        assert_eq!(scan.norms, [26.0_f64.sqrt(), 5.0_f64.sqrt()]);
    }

    #[test]
    fn many_rows_are_in_order_whatever_the_part() {
        let rows = Array2::from_shape_fn((1_000, 2), |(row, _)| row as f32);
        let scan = Scan::of(&rows);
        assert_eq!((scan.rows.len(), scan.first(&[Row::Zero]), scan.norms.len()), (1_000, Some(0), 999));
        assert!((scan.norms[499] - 500.0 * 2.0_f64.sqrt()).abs() < 1e-9);
        assert_eq!(scan.sums, [499_500.0; 2]);
    }
}
