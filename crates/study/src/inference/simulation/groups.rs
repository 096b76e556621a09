//! The same with rows in groups that share what makes a row easy or hard: how often intervals hold the truth that
//! resample groups, and those that take rows for independent.

use ndarray::Array2;
use rand::RngExt;
use rand_distr::{Distribution, StandardNormal};

use super::{REPEATS, ROWS, World, per_seed, standard_error, worlds};
use crate::inference::crossed::{MeanSquares, Rows};
use crate::inference::splits::SplitRows;
use crate::inference::{Interval, t_quantile_975};
use crate::random::{Purpose, permutation, stream};

/// The share of a row's own part that is its group's.
const ALIKE: f64 = 0.8;
/// Rows of which several splits test on [`ROWS`] each.
const POOL: usize = 2_667;

/// A group's size from a number in 0..1.
type Size = fn(f64) -> usize;

/// Sizes of groups, drawn until they hold all rows.
const SIZES: [(&str, Size); 3] = [
    ("of 5", |_| 5),
    ("of 1 to 9", |share| 1 + (share * 9.0) as usize),
    // A few large ones have most of the rows.
    ("of 1 to 60", |share| 1 + (share.powi(4) * 60.0) as usize),
];

/// The group of each of so many rows.
fn groups(rows: usize, size: Size, key: u64) -> Vec<u32> {
    let mut rng = stream(Purpose::Bootstrap, 1_003, key, rows as u64);
    let every = (0_u32..).flat_map(|group| vec![group; size(rng.random())]);
    every.take(rows).collect()
}

/// Accuracy differences, `[seeds, rows]`: seed s is tested on the rows `places[of[s]]` of a pool in `groups`.
fn sweep(world: World, groups: &[u32], (places, of): (&[Vec<u32>], &[usize]), key: u64) -> Array2<f32> {
    let mut rng = stream(Purpose::Bootstrap, 1_004, key, of.len() as u64);
    let mut draw = |n: usize, deviation: f64| -> Vec<f64> {
        (0..n).map(|_| deviation * Distribution::<f64>::sample(&StandardNormal, &mut rng)).collect()
    };
    let mut of_rows = |deviation: f64| -> Vec<f64> {
        let (of_group, own) = (
            draw(groups.len(), deviation * ALIKE.sqrt()),
            draw(groups.len(), deviation * (1.0 - ALIKE).sqrt()),
        );
        groups.iter().zip(own).map(|(&group, own)| of_group[group as usize] + own).collect()
    };
    let row = of_rows(world.row);
    let of_fusion = [of_rows(world.row_and_fusion), of_rows(world.row_and_fusion)];
    let mut table = Array2::zeros((of.len(), ROWS));
    for ((level, of_fusion), sign) in world.levels.into_iter().zip(of_fusion).zip([1.0, -1.0]) {
        let (of_seed, rest) = (draw(of.len(), world.seed), draw(of.len() * ROWS, 1.0));
        for ((s, r), value) in table.indexed_iter_mut() {
            let place = places[of[s]][r] as usize;
            if level + row[place] + of_fusion[place] + of_seed[s] + rest[s * ROWS + r] > 0.0 {
                *value += sign;
            }
        }
    }
    table
}

/// Of one split: `[seeds, groups]` sums, of groups or of rows.
fn summed(rows: &Rows, table: &Array2<f32>) -> Array2<f32> {
    let sums = |row: ndarray::ArrayView1<'_, f32>| rows.sums(row.iter().copied()).unwrap();
    let all: Vec<f32> = table.rows().into_iter().flat_map(sums).collect();
    Array2::from_shape_vec((table.nrows(), all.len() / table.nrows()), all).unwrap()
}

/// Share of `repeats` sweeps whose interval holds the truth, by groups and by rows.
fn held(world: World, size: Size, seeds: usize, repeats: u64) -> [f64; 2] {
    let (places, of) = ([(0..ROWS as u32).collect()], vec![0; seeds]);
    let by_row = Rows::new(ROWS).unwrap();
    let mut held = [0_u32; 2];
    for key in 0..repeats {
        let groups = groups(ROWS, size, key);
        let by_group = Rows::of_groups(&groups).unwrap();
        let table = sweep(world, &groups, (&places, &of), key);
        for (rows, held) in [&by_group, &by_row].into_iter().zip(&mut held) {
            // Without the bootstrap, which moves the interval a little and costs most of the time.
            let squares: MeanSquares = rows.squares(&summed(rows, &table)).unwrap();
            let half = t_quantile_975(squares.degrees_of_freedom()).unwrap() * squares.variance().sqrt();
            let mean = per_seed(&table).iter().sum::<f64>() / seeds as f64;
            *held += u32::from(Interval::around(mean, half).holds(world.truth()));
        }
    }
    held.map(|held| f64::from(held) / repeats as f64)
}

#[test]
fn an_interval_over_groups_holds_the_truth_where_one_over_rows_is_too_narrow() {
    let world = worlds()[0].with_truth(0.03);
    let [by_group, by_row] = held(world, SIZES[1].1, 10, 200);
    assert!((0.90..=0.99).contains(&by_group), "{by_group}");
    assert!(by_row < 0.85, "{by_row}");
}

#[test]
#[ignore = "minutes: run with --ignored --nocapture for the table"]
fn intervals_over_groups_hold_the_truth_as_often_as_they_say() {
    println!(
        "share of {REPEATS} sweeps whose interval holds the truth, ±.014 at .95 (2 se); {ROWS} test rows in groups"
    );
    println!("world         groups      seeds  over groups  rows as independent");
    for world in worlds().map(|world| world.with_truth(0.03)) {
        for (name, size) in SIZES {
            for seeds in [5, 20] {
                let [by_group, by_row] = held(world, size, seeds, REPEATS);
                println!("{:13} {name:11} {seeds:5}  {by_group:11.3}  {by_row:19.3}", world.name);
                let least = 0.95 - 3.0 * standard_error(0.95) - 0.02;
                assert!(by_group >= least, "{}, {name}, {seeds} seeds: {by_group}", world.name);
            }
        }
    }
}

/// Whole groups in random order, [`ROWS`] of them: the last one is cut.
fn split(groups: &[u32], key: u64) -> Vec<u32> {
    let last = groups.last().copied().unwrap_or(0) as usize;
    let order = permutation(last + 1, &mut stream(Purpose::Bootstrap, 1_005, key, 0));
    let rows = order.iter().flat_map(|group| (0..groups.len()).filter(|&row| groups[row] == *group));
    rows.take(ROWS).map(|row| row as u32).collect()
}

#[test]
#[ignore = "minutes: run with --ignored --nocapture for the table"]
fn intervals_over_groups_and_splits_hold_the_truth_as_often_as_they_say() {
    println!(
        "share of {REPEATS} sweeps of several splits whose interval holds the truth, ±.014 at .95 (2 se)"
    );
    println!("world         groups      splits  seeds  over groups  rows as independent");
    for world in worlds().map(|world| world.with_truth(0.03)) {
        for (name, size) in SIZES {
            for (splits, seeds) in [(5_usize, 10_usize), (10, 10)] {
                let groups = groups(POOL, size, 0);
                let of: Vec<usize> = (0..seeds).map(|seed| seed % splits).collect();
                let mut held = [0_u32; 2];
                for key in 0..REPEATS {
                    let places: Vec<Vec<u32>> =
                        (0..splits as u64).map(|place| split(&groups, key * 100 + place)).collect();
                    let of_groups =
                        |places: &Vec<u32>| places.iter().map(|&row| groups[row as usize]).collect();
                    let codes: Vec<Vec<u32>> = places.iter().map(of_groups).collect();
                    let table = sweep(world, &groups, (&places, &of), key);
                    let ways = [SplitRows::of_groups(&codes).unwrap(), SplitRows::new(&places).unwrap()];
                    for (rows, held) in ways.iter().zip(&mut held) {
                        let sums = |s: usize| rows.sums(of[s], table.row(s).iter().copied()).unwrap();
                        let sums: Vec<f32> = (0..seeds).flat_map(sums).collect();
                        let sums = Array2::from_shape_vec((seeds, sums.len() / seeds), sums).unwrap();
                        let (between, of_rows) = rows.analysis(&sums, &of).unwrap();
                        let (variance, freedom) = between.variance(&of_rows);
                        let half = t_quantile_975(freedom).unwrap() * variance.sqrt();
                        let mean = per_seed(&table).iter().sum::<f64>() / seeds as f64;
                        *held += u32::from(Interval::around(mean, half).holds(world.truth()));
                    }
                }
                let [by_group, by_row] = held.map(|held| f64::from(held) / REPEATS as f64);
                println!("{:13} {name:11} {splits:6}  {seeds:5}  {by_group:11.3}  {by_row:19.3}", world.name);
                let least = 0.95 - 3.0 * standard_error(0.95) - 0.02;
                assert!(by_group >= least, "{}, {name}, {splits} splits: {by_group}", world.name);
            }
        }
    }
}
