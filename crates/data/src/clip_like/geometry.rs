//! The geometry of generated pairs, measured, beside that of real CLIP embeddings that the recipe was made after: 1,126
//! matched pairs of a 512-wide model.

use std::fmt;

use ndarray::{Array1, Array2, Axis, s};

use super::Pairs;

/// Rows that are measured at most.
const MOST_ROWS: usize = 4_000;
/// Width up to which spectra are measured: their time grows with its cube.
const WIDEST: usize = 1_024;
/// The width that the targets of single dimensions and of spectra are for.
const OF_SPECTRA: usize = 512;

/// What generated pairs look like.
#[derive(Debug)]
pub struct Geometry {
    /// Rows of the table.
    pub(super) quantities: Vec<Quantity>,
}

/// A measured number beside its target.
#[derive(Debug)]
pub(super) struct Quantity {
    pub(super) name: String,
    /// With its tolerance; absent at widths that it does not hold for.
    pub(super) target: Option<(f64, f64)>,
    /// Absent where nothing is there to be measured, such as matched pairs.
    pub(super) measured: Option<f64>,
}

impl Geometry {
    /// Of the pairs' first rows.
    pub(crate) fn of(pairs: &Pairs) -> Self {
        let kept = pairs.text.nrows().min(MOST_ROWS);
        let first = |rows: &Array2<f32>| rows.slice(s![..kept, ..]).mapv(f64::from);
        let (text, image) = (Sample::of(first(&pairs.text)), Sample::of(first(&pairs.image)));
        let mut quantities = everywhere(&text, &image, &pairs.matched);
        if text.mean.len() <= WIDEST {
            quantities.extend(of_modality("image", &image, &IMAGE));
            quantities.extend(of_modality("text", &text, &TEXT));
        }
        Self { quantities }
    }
}

impl fmt::Display for Geometry {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{:<42} {:>16} {:>9}", "quantity", "target", "measured")?;
        for Quantity { name, target, measured } in &self.quantities {
            let target = target.map_or_else(|| "-".into(), |(value, by)| format!("{value:.3} ± {by:.3}"));
            let measured = measured.map_or_else(|| "-".into(), |value| format!("{value:.3}"));
            writeln!(f, "{name:<42} {target:>16} {measured:>9}")?;
        }
        if self.quantities.iter().any(|quantity| quantity.target.is_none()) {
            writeln!(f, "(-: the target is for width {OF_SPECTRA} alone)")?;
        }
        Ok(())
    }
}

/// Rows, their mean, and what is left without it.
struct Sample {
    /// `[rows, width]`
    rows: Array2<f64>,
    /// `[width]`
    mean: Array1<f64>,
    /// `[rows, width]`
    centred: Array2<f64>,
}

impl Sample {
    fn of(rows: Array2<f64>) -> Self {
        let mean = rows.mean_axis(Axis(0)).unwrap_or_else(|| Array1::zeros(rows.ncols()));
        let centred = &rows - &mean;
        Self { rows, mean, centred }
    }
}

/// What holds at every width.
fn everywhere(text: &Sample, image: &Sample, matched: &[bool]) -> Vec<Quantity> {
    let of = |name: &str, target: f64, tolerance: f64, measured: Option<f64>| Quantity {
        name: name.to_owned(),
        target: Some((target, tolerance)),
        // One row less its mean has no direction.
        measured: measured.filter(|measured| measured.is_finite()),
    };
    let norm = |values: &Array1<f64>| Some(values.dot(values).sqrt());
    let is_matched = |row: usize| matched[row];
    let together = cosines(&text.rows, &image.rows, is_matched);
    let centred = cosines(&text.centred, &image.centred, is_matched);
    let apart = cosines(&text.rows, &image.rows, |row| !matched[row]);
    vec![
        of("norm of the mean, image", 0.74, 0.02, norm(&image.mean)),
        of("norm of the mean, text", 0.61, 0.02, norm(&text.mean)),
        of("gap between the means", 0.88, 0.02, norm(&(&text.mean - &image.mean))),
        of("cosine of matched pairs", 0.36, 0.01, together.mean()),
        of("its deviation", 0.03, 0.01, (!together.is_empty()).then(|| together.std(0.0))),
        of("cosine of matched pairs, centred", 0.53, 0.03, centred.mean()),
        of("cosine of mismatched pairs", 0.08, 0.03, apart.mean()),
    ]
}

/// The cosines of the wanted rows.
fn cosines(x: &Array2<f64>, y: &Array2<f64>, wanted: impl Fn(usize) -> bool) -> Array1<f64> {
    let cosine = |row: usize| {
        let (x, y) = (x.row(row), y.row(row));
        x.dot(&y) / (x.dot(&x) * y.dot(&y)).sqrt()
    };
    (0..x.nrows()).filter(|&row| wanted(row)).map(cosine).collect()
}

/// One modality of the real embeddings.
struct Real {
    /// Median, smallest and largest deviation of a dimension, times √N.
    deviations: [f64; 3],
    /// exp of the spectrum's entropy.
    effective_rank: f64,
    /// Components for 50 % and 90 % of the variance.
    components: [f64; 2],
    /// Largest over median magnitude of the mean's entries.
    mean_ratio: f64,
    /// Share of the squared mean in its five largest dimensions.
    mean_share: f64,
}

const IMAGE: Real = Real {
    deviations: [0.62, 0.16, 1.43],
    effective_rank: 78.0,
    components: [13.0, 101.0],
    mean_ratio: 12.0,
    mean_share: 0.30,
};

const TEXT: Real = Real {
    deviations: [0.72, 0.22, 2.23],
    effective_rank: 66.0,
    components: [12.0, 73.0],
    mean_ratio: 20.0,
    mean_share: 0.47,
};

fn of_modality(modality: &str, rows: &Sample, real: &Real) -> Vec<Quantity> {
    let width = rows.mean.len();
    let covariance = rows.centred.t().dot(&rows.centred) / rows.rows.nrows() as f64;
    let deviations = sorted(&covariance.diag().mapv(|variance| (variance * width as f64).sqrt()));
    let squares = sorted(&rows.mean.mapv(|entry| entry * entry));
    let spectrum = spectrum(&covariance);
    let entropy: f64 = spectrum.iter().filter(|&&part| part > 0.0).map(|part| -part * part.ln()).sum();
    let of = |name: &str, target: f64, tolerance: f64, measured: f64| Quantity {
        name: format!("{name}, {modality}"),
        target: (width == OF_SPECTRA).then_some((target, tolerance)),
        measured: Some(measured).filter(|measured| measured.is_finite()),
    };
    let within =
        |name: &str, share: f64, target: f64, measured: f64| of(name, target, share * target, measured);
    vec![
        within("median sd·√N", 0.10, real.deviations[0], deviations[width / 2]),
        within("smallest sd·√N", 0.50, real.deviations[1], deviations[0]),
        within("largest sd·√N", 0.20, real.deviations[2], deviations[width - 1]),
        within("effective rank", 0.15, real.effective_rank, entropy.exp()),
        of("components for 50 % of the variance", real.components[0], 2.0, components(&spectrum, 0.5)),
        within("components for 90 %", 0.20, real.components[1], components(&spectrum, 0.9)),
        within(
            "largest over median entry of the mean",
            0.25,
            real.mean_ratio,
            (squares[width - 1] / squares[width / 2]).sqrt(),
        ),
        of(
            "share of the mean in 5 dimensions",
            real.mean_share,
            0.03,
            squares[width - 5..].iter().sum::<f64>() / squares.iter().sum::<f64>(),
        ),
    ]
}

/// Shares of the variance, falling.
fn spectrum(covariance: &Array2<f64>) -> Vec<f64> {
    let n = covariance.nrows();
    let matrix = nalgebra::DMatrix::from_fn(n, n, |i, j| covariance[(i, j)]);
    let mut values = sorted(&matrix.symmetric_eigenvalues().iter().copied().collect());
    values.reverse();
    let total: f64 = values.iter().sum();
    values.into_iter().map(|value| value / total).collect()
}

/// How many components hold the share of the variance.
fn components(spectrum: &[f64], share: f64) -> f64 {
    let sums = spectrum.iter().scan(0.0, |sum, part| {
        *sum += part;
        Some(*sum)
    });
    (1 + sums.take_while(|&sum| sum < share).count()) as f64
}

fn sorted(values: &Array1<f64>) -> Vec<f64> {
    let mut values = values.to_vec();
    values.sort_by(f64::total_cmp);
    values
}
