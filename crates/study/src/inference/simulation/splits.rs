//! The same with several splits, drawn from one pool of rows: how often the interval over seeds, rows and splits
//! holds what other seeds would give on other rows and splits.

use ndarray::Array2;
use rand_distr::{Distribution, StandardNormal};
use statrs::distribution::ContinuousCDF;

use super::{REPEATS, ROWS, standard_error};
use crate::inference::normal;
use crate::inference::seeds::paired_t;
use crate::inference::splits::{OfRows, SplitRows};
use crate::inference::{Interval, t_quantile_975};
use crate::random::{Purpose, permutation, stream};

/// Of which [`ROWS`] are a split's test rows: a share of .15.
const POOL: usize = 2_667;

/// Deviations of the parts beside the rest, which has deviation 1. Each but the row's is drawn for each fusion by
/// itself.
#[derive(Clone, Copy)]
struct World {
    name: &'static str,
    seed: f64,
    /// Of a row, for both fusions alike.
    row: f64,
    row_and_fusion: f64,
    /// Of a row in one split, whose training rows are others.
    row_and_split: f64,
    split: f64,
}

const WORLDS: [World; 5] = {
    const fn world(name: &'static str, [seed, row_and_fusion, row_and_split, split]: [f64; 4]) -> World {
        World { name, seed, row: 1.0, row_and_fusion, row_and_split, split }
    }
    [
        world("rows alone", [0.02, 2.0, 0.2, 0.0]),
        world("rows decide", [0.05, 0.7, 0.3, 0.0]),
        world("seeds decide", [0.3, 0.1, 0.1, 0.0]),
        world("all alike", [0.12, 0.5, 0.2, 0.06]),
        world("splits decide", [0.05, 0.3, 0.2, 0.2]),
    ]
};

impl World {
    fn total(&self) -> f64 {
        let parts = [1.0, self.seed, self.row, self.row_and_fusion, self.row_and_split, self.split];
        parts.iter().map(|part| part * part).sum::<f64>().sqrt()
    }

    /// The first fusion's level, which is right on .73 of all rows; the second is on .70.
    fn levels(&self) -> [f64; 2] {
        [0.73, 0.70].map(|accuracy| normal().inverse_cdf(accuracy) * self.total())
    }

    /// Accuracy differences, row by row: `[seeds, rows]`; `places` holds each split's test rows.
    fn sweep(&self, places: &[Vec<u32>], of: &[usize], key: u64) -> Array2<f32> {
        let mut rng = stream(Purpose::Bootstrap, 1_001, key, (places.len() * 1_000 + of.len()) as u64);
        let mut draw = |n: usize, deviation: f64| -> Vec<f64> {
            (0..n).map(|_| deviation * Distribution::<f64>::sample(&StandardNormal, &mut rng)).collect()
        };
        let row = draw(POOL, self.row);
        let mut table = Array2::zeros((of.len(), ROWS));
        for (level, sign) in self.levels().into_iter().zip([1.0, -1.0]) {
            let of_row = draw(POOL, self.row_and_fusion);
            let of_split = draw(places.len(), self.split);
            let of_both = draw(places.len() * ROWS, self.row_and_split);
            let (of_seed, rest) = (draw(of.len(), self.seed), draw(of.len() * ROWS, 1.0));
            for ((s, r), value) in table.indexed_iter_mut() {
                let (split, place) = (of[s], places[of[s]][r] as usize);
                let fixed = level + row[place] + of_row[place] + of_split[split] + of_both[split * ROWS + r];
                if fixed + of_seed[s] + rest[s * ROWS + r] > 0.0 {
                    *value += sign;
                }
            }
        }
        table
    }
}

/// Each split's test rows in the pool.
fn places(splits: usize) -> Vec<Vec<u32>> {
    let of_split = |split| {
        let mut rows = permutation(POOL, &mut stream(Purpose::Bootstrap, 1_002, split, 0));
        rows.truncate(ROWS);
        rows.sort_unstable();
        rows
    };
    (0..splits as u64).map(of_split).collect()
}

#[test]
#[ignore = "minutes: run with --ignored --nocapture for the table"]
fn intervals_over_splits_hold_the_truth_as_often_as_they_say() {
    println!(
        "share of {REPEATS} sweeps of several splits whose interval holds the truth for all rows and splits; \
         ±.014 at .95 (2 se)"
    );
    println!(
        "world          splits  seeds  t: seeds  rows as if each split's own  over seeds, rows and splits"
    );
    for world in WORLDS {
        for (splits, seeds) in [(2, 10), (5, 10), (10, 10), (5, 20), (20, 20)] {
            let places = places(splits);
            let rows = SplitRows::new(&places).unwrap();
            let of: Vec<usize> = (0..seeds).map(|seed| seed % splits).collect();
            let mut held = [0_u32; 3];
            for key in 0..REPEATS {
                let by_row = world.sweep(&places, &of, key);
                let per_seed: Vec<f64> =
                    by_row.rows().into_iter().map(|row| f64::from(row.sum()) / ROWS as f64).collect();
                let sums = |s: usize| rows.sums(of[s], by_row.row(s).iter().copied()).unwrap();
                let sums: Vec<f32> = (0..seeds).flat_map(sums).collect();
                let table = Array2::from_shape_vec((seeds, sums.len() / seeds), sums).unwrap();
                let (between, of_rows) = rows.analysis(&table, &of).unwrap();
                let (variance, freedom) = between.variance(&OfRows { shared: 0.0, ..of_rows });
                let mean = per_seed.iter().sum::<f64>() / seeds as f64;
                let half = t_quantile_975(freedom).unwrap() * variance.sqrt();
                let hits = [
                    paired_t(&per_seed).unwrap(),
                    Interval::around(mean, half),
                    rows.interval(&table, &of).unwrap(),
                ];
                held.iter_mut().zip(hits).for_each(|(held, hit)| *held += u32::from(hit.holds(0.03)));
            }
            let [seeds_alone, nested, all] = held.map(|held| f64::from(held) / REPEATS as f64);
            println!("{:14} {splits:6}  {seeds:5}  {seeds_alone:8.3}  {nested:27.3}  {all:27.3}", world.name);
            let least = 0.95 - 3.0 * standard_error(0.95) - 0.02;
            // Two splits that differ more than all else leave one degree of freedom, and often show no difference.
            let is_hopeless = world.split > 0.1 && splits == 2;
            assert!(is_hopeless || all >= least, "{}, {splits} splits, {seeds} seeds: {all}", world.name);
        }
    }
}
