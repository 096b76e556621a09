//! Pairs of rows: their dot products, and images in another order.

use ndarray::{Array2, ArrayView1, Axis};

use study::random::{Purpose, permutation, stream};

/// `x·y` of every row, in `f64`. `[rows]`
pub(crate) fn dot_products(text: &Array2<f32>, image: &Array2<f32>) -> Vec<f64> {
    let dot = |(x, y): (ArrayView1<'_, f32>, ArrayView1<'_, f32>)| {
        x.iter().zip(y).map(|(&x, &y)| f64::from(x) * f64::from(y)).sum()
    };
    text.rows().into_iter().zip(image.rows()).map(dot).collect()
}

/// A split's rows in the order of a fixed permutation.
pub(crate) fn shuffled(rows: &Array2<f32>, split: u64) -> Array2<f32> {
    let order = permutation(rows.nrows(), &mut stream(Purpose::Pairs, split, 0, 0));
    let order: Vec<usize> = order.into_iter().map(|row| row as usize).collect();
    rows.select(Axis(0), &order)
}
