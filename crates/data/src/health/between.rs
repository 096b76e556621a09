//! How the two modalities lie to each other, where they are of one width.

use ndarray::{Array1, Array2};
use serde::Serialize;

use study::roc::roc;

use super::super::blocks::gather;
use super::modality::cosine;
use super::sample::{Use, most_rows, sample, shuffled};

/// How the two modalities lie to each other, from rows whose both halves are usable.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Between {
    /// Distance of the means of the unit-normed rows (Liang et al. 2022), 0 to 2.
    pub gap: f64,
    /// Mean cosine of text and image of one row.
    pub matched_cosine: f64,
    /// Mean cosine of the text of one row and the image of another.
    pub shuffled_cosine: f64,
    /// Probability that a matched pair has the larger cosine of the two, ties half.
    pub auc: Option<f64>,
    /// Rows, drawn by a key, that this is from.
    pub sampled_rows: usize,
}

impl Between {
    /// Of `usable` rows; absent for unequal widths, and without two rows.
    pub(super) fn of(text: &Array2<f32>, image: &Array2<f32>, usable: &[u32]) -> Option<Self> {
        let rows = sample(usable, most_rows(text.ncols()), Use::Pairs);
        if text.ncols() != image.ncols() || rows.len() < 2 {
            return None;
        }
        let (text, image) = (gather(text, &rows), gather(image, &rows));
        let count = rows.len();
        let matched: Vec<f64> = (0..count).map(|row| cosine(&text, row, &image, row)).collect();
        let order = shuffled(count, Use::Partners);
        // The next one in a random order is never the row itself.
        let others = order.iter().zip(order.iter().cycle().skip(1));
        let shuffled: Vec<f64> =
            others.map(|(&row, &other)| cosine(&text, row as usize, &image, other as usize)).collect();
        let scores: Vec<f32> = matched.iter().chain(&shuffled).map(|&cosine| cosine as f32).collect();
        let labels: Vec<u16> = (0..2 * count).map(|place| u16::from(place < count)).collect();
        let mean = |values: &[f64]| values.iter().sum::<f64>() / count as f64;
        let apart = unit_mean(&text) - unit_mean(&image);
        Some(Self {
            gap: apart.dot(&apart).sqrt(),
            matched_cosine: mean(&matched),
            shuffled_cosine: mean(&shuffled),
            auc: roc(&scores, &labels).map(|roc| roc.auc).filter(|auc| auc.is_finite()),
            sampled_rows: count,
        })
    }
}

/// Mean of the rows, each divided by its norm. `[width]`
fn unit_mean(rows: &Array2<f32>) -> Array1<f64> {
    let mut sum = Array1::<f64>::zeros(rows.ncols());
    for row in rows.rows() {
        let norm = row.iter().map(|&value| f64::from(value).powi(2)).sum::<f64>().sqrt();
        sum.iter_mut().zip(row).for_each(|(sum, &value)| *sum += f64::from(value) / norm);
    }
    sum / rows.nrows() as f64
}

#[cfg(test)]
mod tests {
    use ndarray::array;

    use super::*;

    #[test]
    fn matched_pairs_are_told_from_shuffled_ones() {
        let text = array![[2.0, 0.0], [0.0, 3.0]];
        let image = array![[1.0, 0.0], [0.0, 1.0]];
        let found = Between::of(&text, &image, &[0, 1]).unwrap();
        assert_eq!((found.matched_cosine, found.shuffled_cosine), (1.0, 0.0));
        assert_eq!((found.gap, found.auc, found.sampled_rows), (0.0, Some(1.0), 2));
        let turned = array![[-1.0, 0.0], [0.0, -1.0]];
        let found = Between::of(&text, &turned, &[0, 1]).unwrap();
        assert_eq!((found.matched_cosine, found.auc), (-1.0, Some(0.0)));
        assert!((found.gap - 2.0_f64.sqrt()).abs() < 1e-12);
    }

    #[test]
    fn unequal_widths_cannot_be_compared() {
        assert_eq!(Between::of(&Array2::ones((3, 2)), &Array2::ones((3, 4)), &[0, 1, 2]), None);
        assert_eq!(Between::of(&Array2::ones((3, 2)), &Array2::ones((3, 2)), &[1]), None);
    }
}
