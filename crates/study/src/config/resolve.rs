//! Declared sizes, levels and seeds, made into the numbers that they stand for.

use super::fault::{Fault, Origin};
use super::{Config, DataConfig, Levels, Seeds, Size, SizeRule, Sizes, Whole};
use crate::bounds::{MOST_LEVELS, check_grid};
use crate::grid::{Seed, Sweep, doubling_sizes};

/// Decimal places that a level is rounded to: 3 × 0.05 is 0.15, not 0.15000000000000002.
const GRID: f64 = 1e9;

impl Config {
    /// The grid, of a training split of `train_rows`.
    ///
    /// # Errors
    /// As of [`Sizes::resolve`], and where the grid has more configurations than a run may have.
    pub fn sweep(&self, train_rows: usize) -> Result<Sweep, Fault> {
        let sweep = Sweep {
            fusions: self.fusions(),
            baselines: self.baselines(),
            tasks: self.sweep.tasks.clone(),
            sizes: self.sweep.sizes.resolve(self.sweep.smallest, train_rows)?,
            seeds: self.sweep.seeds.resolve(),
            searched: self.sweep.searched,
            rates: self.rates(),
        };
        check_grid(&sweep).map_err(|why| {
            let message = format!("the grid has {why}");
            Fault { key: "sweep.sizes".into(), origin: Origin::Default, message }
        })?;
        Ok(sweep)
    }
}

impl Sizes {
    /// Train sizes, ascending and each once. A listed size above the training split's `train_rows` is a
    /// fault; the rule `doubling` never goes above them.
    pub fn resolve(&self, smallest: usize, train_rows: usize) -> Result<Vec<usize>, Fault> {
        let sizes = match self {
            Self::Rule(SizeRule::Doubling) => doubling_sizes(smallest, train_rows),
            Self::List(sizes) => {
                let mut rows: Vec<usize> = sizes.iter().map(|size| size.rows(train_rows)).collect();
                rows.sort_unstable();
                rows.dedup();
                rows
            }
        };
        let above: Vec<String> =
            sizes.iter().filter(|&&size| size > train_rows).map(usize::to_string).collect();
        if above.is_empty() {
            return Ok(sizes);
        }
        let message = format!(
            "{} {} than the training split's {train_rows} rows; leave {} out, or write \"all\" for the whole split",
            above.join(", "),
            if above.len() == 1 { "is more" } else { "are more" },
            if above.len() == 1 { "it" } else { "them" },
        );
        Err(Fault { key: "sweep.sizes".into(), origin: Origin::Default, message })
    }
}

impl Size {
    fn rows(self, train_rows: usize) -> usize {
        match self {
            Self::Rows(rows) => rows,
            Self::Whole(Whole::All) => train_rows,
        }
    }
}

impl Seeds {
    /// The seeds, in order; a count `n` stands for 0, 1, …, n − 1.
    pub fn resolve(&self) -> Vec<Seed> {
        self.resolve_from(0)
    }

    /// The same with a count from `first` on.
    pub fn resolve_from(&self, first: u64) -> Vec<Seed> {
        match self {
            Self::Count(count) => (first..first.saturating_add(*count)).map(Seed).collect(),
            Self::List(seeds) => seeds.clone(),
        }
    }

    /// How many.
    pub const fn len(&self) -> usize {
        match self {
            Self::Count(count) => *count as usize,
            Self::List(seeds) => seeds.len(),
        }
    }

    /// Never, as far as a configuration was read and checked.
    pub const fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

impl DataConfig {
    /// The seed of each split, in order; one where the split is a column, for what that leaves open.
    pub fn splits(&self) -> Vec<Seed> {
        self.split_seeds.resolve_from(self.split_seed)
    }

    /// The split, by its place among [`Self::splits`], that trials with this seed are trained and tested on: a
    /// function of the seed alone, so that more seeds leave every other one where it is.
    pub const fn split_of(&self, seed: Seed) -> usize {
        split_of(seed, self.split_seeds.len())
    }
}

/// The place of the seed's split among so many; the first where there is none, as a damaged journal may say.
pub(crate) const fn split_of(seed: Seed, splits: usize) -> usize {
    if splits == 0 { 0 } else { (seed.0 % splits as u64) as usize }
}

impl Levels {
    /// The levels α, ascending from 0 and within [0, 1], or what is wrong with them.
    pub fn resolve(&self) -> Result<Vec<f64>, String> {
        let levels = match self {
            Self::Range(range) => evenly_spaced(range)?,
            // `+ 0.0` makes a negative zero an ordinary one.
            Self::List(levels) => levels.iter().map(|level| level + 0.0).collect(),
        };
        if let Some(level) = levels.iter().find(|level| !(0.0..=1.0).contains(*level)) {
            return Err(format!("the level {level} is not within 0 and 1"));
        }
        if let Some((before, level)) = levels.iter().zip(levels.iter().skip(1)).find(|(a, b)| a >= b) {
            return Err(format!("the level {level} does not rise above {before} before it"));
        }
        if levels.first() != Some(&0.0) {
            return Err("the levels do not begin with 0".to_owned());
        }
        if levels.len() < 2 {
            return Err("0 alone is not a range of noise".to_owned());
        }
        if levels.len() > MOST_LEVELS {
            return Err(format!("{} levels are more than {MOST_LEVELS}", levels.len()));
        }
        Ok(levels)
    }
}

/// The levels of `start:end:step`, the end included where a step falls on it.
fn evenly_spaced(range: &str) -> Result<Vec<f64>, String> {
    let parts: Vec<f64> = range
        .split(':')
        .map(|part| part.trim().parse().ok().filter(|number: &f64| number.is_finite()))
        .collect::<Option<_>>()
        .unwrap_or_default();
    let &[start, end, step] = parts.as_slice() else {
        return Err(format!("{} is not start:end:step", super::fault::quoted(range)));
    };
    if step <= 0.0 || end < start {
        return Err(format!("{} does not rise", super::fault::quoted(range)));
    }
    let steps = ((end - start) / step + 1e-6).floor();
    if steps >= MOST_LEVELS as f64 {
        return Err(format!("{} makes more than {MOST_LEVELS} levels", super::fault::quoted(range)));
    }
    Ok((0..=steps as usize).map(|k| ((start + k as f64 * step) * GRID).round() / GRID + 0.0).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn range(range: &str) -> Vec<f64> {
        Levels::Range(range.into()).resolve().unwrap()
    }

    #[test]
    fn levels_are_the_decimals_that_a_reader_expects() {
        let levels = range("0:0.95:0.05");
        let printed: Vec<String> = levels.iter().map(f64::to_string).collect();
        let expected =
            "0 0.05 0.1 0.15 0.2 0.25 0.3 0.35 0.4 0.45 0.5 0.55 0.6 0.65 0.7 0.75 0.8 0.85 0.9 0.95";
        assert_eq!(printed.join(" "), expected);
    }

    #[test]
    fn the_end_is_a_level_where_a_step_falls_on_it() {
        assert_eq!(range("0:0.3:0.1"), [0.0, 0.1, 0.2, 0.3]);
        assert_eq!(range("0:1:0.3"), [0.0, 0.3, 0.6, 0.9]);
        assert_eq!(range(" -0 : 1 : 1 ").iter().map(f64::to_string).collect::<Vec<_>>(), ["0", "1"]);
    }

    #[test]
    fn sizes_are_ascending_and_each_once() {
        let sizes = Sizes::List(vec![Size::Whole(Whole::All), Size::Rows(700), Size::Rows(64)]);
        assert_eq!(sizes.resolve(32, 4_200).unwrap(), [64, 700, 4_200]);
        assert_eq!(sizes.resolve(32, 700).unwrap(), [64, 700]);
        assert_eq!(Sizes::Rule(SizeRule::Doubling).resolve(100, 500).unwrap(), [100, 200, 400, 500]);
    }

    #[test]
    fn sizes_above_the_training_split_are_named() {
        let fault = Sizes::List(vec![Size::Rows(64), Size::Rows(5_000)]).resolve(32, 4_200).unwrap_err();
        assert_eq!(
            fault.to_string(),
            "sweep.sizes: 5000 is more than the training split's 4200 rows; \
             leave it out, or write \"all\" for the whole split"
        );
        let fault = Sizes::List(vec![Size::Rows(9_000), Size::Rows(5_000)]).resolve(32, 4_200).unwrap_err();
        assert_eq!(
            fault.to_string(),
            "sweep.sizes: 5000, 9000 are more than the training split's 4200 rows; \
             leave them out, or write \"all\" for the whole split"
        );
    }

    #[test]
    fn splits_are_counted_from_their_seed_or_listed_and_a_seed_stays_in_its_own() {
        let mut data = DataConfig { split_seed: 7, ..DataConfig::default() };
        assert_eq!(data.splits(), [Seed(7)]);
        data.split_seeds = Seeds::Count(3);
        assert_eq!(data.splits(), [Seed(7), Seed(8), Seed(9)]);
        let places: Vec<usize> = [0, 1, 2, 3, 100, u64::MAX].map(|seed| data.split_of(Seed(seed))).to_vec();
        assert_eq!(places, [0, 1, 2, 0, 1, 0]);
        data.split_seeds = Seeds::List(vec![Seed(40), Seed(2)]);
        assert_eq!((data.splits(), data.split_of(Seed(5))), (vec![Seed(40), Seed(2)], 1));
    }

    #[test]
    fn a_count_of_seeds_is_the_first_whole_numbers() {
        assert_eq!(Seeds::Count(3).resolve(), [Seed(0), Seed(1), Seed(2)]);
        assert_eq!(Seeds::List(vec![Seed(7), Seed(2)]).resolve(), [Seed(7), Seed(2)]);
    }
}
