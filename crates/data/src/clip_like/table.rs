//! The generator held to READING section 4's table, row by row.

use ndarray::{Array1, Array2, Axis};

use super::{Pairs, generate};
use study::config::ClipLikeConfig;

fn pairs(samples: usize, width: usize) -> Pairs {
    generate(&ClipLikeConfig { samples, width, ..ClipLikeConfig::default() }).unwrap()
}

/// One modality's rows of the table.
struct Geometry {
    mean_norm: f64,
    /// Median, smallest and largest deviation of a dimension, times √N.
    deviations: [f64; 3],
    effective_rank: f64,
    /// Components for 50 % and 90 % of the variance.
    components: [usize; 2],
    /// Largest over median magnitude of the mean's entries.
    mean_ratio: f64,
    /// Share of the squared mean in its five largest dimensions.
    mean_share: f64,
}

fn geometry(rows: &Array2<f32>) -> Geometry {
    let rows = rows.mapv(f64::from);
    let (mean, centred) = centred(&rows);
    let covariance = centred.t().dot(&centred) / rows.nrows() as f64;
    let width = rows.ncols();
    let deviations = sorted(&covariance.diag().mapv(|variance| (variance * width as f64).sqrt()));
    let squares = sorted(&mean.mapv(|entry| entry * entry));
    let total: f64 = squares.iter().sum();
    let spectrum = spectrum(&covariance);
    Geometry {
        mean_norm: total.sqrt(),
        deviations: [deviations[width / 2], deviations[0], deviations[width - 1]],
        effective_rank: spectrum.iter().filter(|&&p| p > 0.0).map(|p| -p * p.ln()).sum::<f64>().exp(),
        components: [components(&spectrum, 0.5), components(&spectrum, 0.9)],
        mean_ratio: (squares[width - 1] / squares[width / 2]).sqrt(),
        mean_share: squares[width - 5..].iter().sum::<f64>() / total,
    }
}

fn centred(rows: &Array2<f64>) -> (Array1<f64>, Array2<f64>) {
    let mean = rows.mean_axis(Axis(0)).unwrap();
    (mean.clone(), rows - &mean)
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

fn components(spectrum: &[f64], share: f64) -> usize {
    let sums = spectrum.iter().scan(0.0, |sum, part| {
        *sum += part;
        Some(*sum)
    });
    1 + sums.take_while(|&sum| sum < share).count()
}

fn sorted(values: &Array1<f64>) -> Vec<f64> {
    let mut values = values.to_vec();
    values.sort_by(f64::total_cmp);
    values
}

/// Mean and deviation of the rows' cosines.
fn cosines(x: &Array2<f64>, y: &Array2<f64>, wanted: impl Fn(usize) -> bool) -> (f64, f64) {
    let cosines: Array1<f64> = (0..x.nrows())
        .filter(|&row| wanted(row))
        .map(|row| {
            let (x, y) = (x.row(row), y.row(row));
            x.dot(&y) / (x.dot(&x) * y.dot(&y)).sqrt()
        })
        .collect();
    (cosines.mean().unwrap(), cosines.std(0.0))
}

/// The rows of the table that hold both modalities.
struct Joint {
    gap: f64,
    matched: (f64, f64),
    matched_centred: f64,
    mismatched: (f64, f64),
}

fn joint(pairs: &Pairs) -> Joint {
    let (x, y) = (pairs.text.mapv(f64::from), pairs.image.mapv(f64::from));
    let ((text_mean, text_centred), (image_mean, image_centred)) = (centred(&x), centred(&y));
    let gap = &text_mean - &image_mean;
    Joint {
        gap: gap.dot(&gap).sqrt(),
        matched: cosines(&x, &y, |row| pairs.matched[row]),
        matched_centred: cosines(&text_centred, &image_centred, |row| pairs.matched[row]).0,
        mismatched: cosines(&x, &y, |row| !pairs.matched[row]),
    }
}

#[track_caller]
fn near(what: &str, measured: f64, wanted: f64, tolerance: f64) {
    println!("{what}: {measured:.3}, wanted {wanted:.3} ± {tolerance:.3}");
    assert!((measured - wanted).abs() <= tolerance, "{what}: {measured} is not {wanted} ± {tolerance}");
}

/// The rows that hold at every width.
#[track_caller]
fn holds_at_every_width(pairs: &Pairs) {
    let norm =
        |rows: &Array2<f32>| rows.mapv(f64::from).mean_axis(Axis(0)).unwrap().mapv(|e| e * e).sum().sqrt();
    near("norm of the mean, image", norm(&pairs.image), 0.74, 0.02);
    near("norm of the mean, text", norm(&pairs.text), 0.61, 0.02);
    let joint = joint(pairs);
    near("gap between the means", joint.gap, 0.88, 0.02);
    near("cosine of matched pairs", joint.matched.0, 0.36, 0.01);
    near("its deviation", joint.matched.1, 0.03, 0.01);
    near("cosine of matched pairs, centred", joint.matched_centred, 0.53, 0.03);
    near("cosine of mismatched pairs", joint.mismatched.0, 0.08, 0.03);
}

/// A modality's column of "real 512".
struct Wanted {
    deviations: [f64; 3],
    effective_rank: f64,
    components: [f64; 2],
    mean_ratio: f64,
    mean_share: f64,
}

#[track_caller]
fn holds_at_512(modality: &str, rows: &Array2<f32>, wanted: &Wanted) {
    let found = geometry(rows);
    println!("{modality}, norm of the mean {:.3}", found.mean_norm);
    for ((name, share), (found, wanted)) in [("median", 0.10), ("smallest", 0.50), ("largest", 0.20)]
        .into_iter()
        .zip(found.deviations.into_iter().zip(wanted.deviations))
    {
        near(&format!("{modality}, {name} sd·√N"), found, wanted, share * wanted);
    }
    near(
        &format!("{modality}, effective rank"),
        found.effective_rank,
        wanted.effective_rank,
        0.15 * wanted.effective_rank,
    );
    near(&format!("{modality}, components for 50 %"), found.components[0] as f64, wanted.components[0], 2.0);
    near(
        &format!("{modality}, components for 90 %"),
        found.components[1] as f64,
        wanted.components[1],
        0.20 * wanted.components[1],
    );
    near(
        &format!("{modality}, largest over median mean entry"),
        found.mean_ratio,
        wanted.mean_ratio,
        0.25 * wanted.mean_ratio,
    );
    near(
        &format!("{modality}, share of the mean in 5 dimensions"),
        found.mean_share,
        wanted.mean_share,
        0.03,
    );
}

#[test]
fn every_row_of_the_table_holds_at_width_512() {
    let pairs = pairs(4_000, 512);
    holds_at_every_width(&pairs);
    let image = Wanted {
        deviations: [0.62, 0.16, 1.43],
        effective_rank: 78.0,
        components: [13.0, 101.0],
        mean_ratio: 12.0,
        mean_share: 0.30,
    };
    holds_at_512("image", &pairs.image, &image);
    let text = Wanted {
        deviations: [0.72, 0.22, 2.23],
        effective_rank: 66.0,
        components: [12.0, 73.0],
        mean_ratio: 20.0,
        mean_share: 0.47,
    };
    holds_at_512("text", &pairs.text, &text);
}

#[test]
fn the_rows_for_all_widths_hold_at_64_and_768() {
    holds_at_every_width(&pairs(4_000, 64));
    holds_at_every_width(&pairs(4_000, 768));
}

#[test]
fn a_row_does_not_depend_on_how_many_there_are() {
    let (few, many) = (pairs(300, 64), pairs(5_000, 64));
    assert_eq!(few.text, many.text.slice(ndarray::s![..300, ..]));
    assert_eq!(few.image, many.image.slice(ndarray::s![..300, ..]));
    assert_eq!(few.label, many.label[..300]);
    let one = pairs(1, 64);
    assert_eq!(one.text.row(0), many.text.row(0));
}

#[test]
fn rows_have_norm_one_and_the_real_label_is_balanced() {
    let pairs = pairs(4_096, 64);
    for row in pairs.text.rows().into_iter().chain(pairs.image.rows()) {
        assert!((row.dot(&row) - 1.0).abs() < 1e-5);
    }
    assert_eq!(pairs.label.iter().map(|&label| usize::from(label)).sum::<usize>(), 2_048);
}

#[test]
fn another_seed_is_another_world() {
    let other = generate(&ClipLikeConfig { samples: 10, seed: 1, ..ClipLikeConfig::default() }).unwrap();
    assert_ne!(pairs(10, 64).text, other.text);
}

#[test]
fn a_share_of_matched_pairs_is_kept() {
    let share = |matched: f64| {
        let config = ClipLikeConfig { samples: 2_000, matched, ..ClipLikeConfig::default() };
        generate(&config).unwrap().matched.iter().filter(|&&matched| matched).count()
    };
    assert_eq!(share(1.0), 2_000);
    assert_eq!(share(0.0), 0);
    let half = share(0.5);
    assert!((920..1_080).contains(&half), "{half}");
}

#[test]
fn a_world_too_narrow_for_the_recipe_is_refused() {
    let error = generate(&ClipLikeConfig { width: 8, ..ClipLikeConfig::default() }).err().unwrap();
    assert!(error.to_string().contains("data.clip_like.width"), "{error}");
}
