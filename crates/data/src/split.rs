//! Which rows are for training, validation and test, and the orders in which training rows are taken.

use study::config::{DataConfig, LabelValue};
use study::event::SplitOf;
use study::grid::{Epoch, Seed};
use study::random::{self, Purpose};

use super::column::{self, Column};
use super::error::DataError;
use super::grouped::{self, Groups};
use super::shares::{share_of, shares_of};

pub(crate) use super::shares::Splits;

/// The seed's shuffle of the training split, rows `0..n_train`; a train size takes its first N, so that
/// the subsets of one seed are nested, for every fusion and task the same.
pub fn subset(n_train: usize, seed: Seed) -> Vec<u32> {
    random::permutation(n_train, &mut random::stream(Purpose::Subset, seed.0, 0, 0))
}

/// The order in which an epoch takes the rows `0..train_size` of a subset.
pub fn batch_order(train_size: usize, seed: Seed, epoch: Epoch) -> Vec<u32> {
    random::permutation(train_size, &mut random::stream(Purpose::BatchOrder, seed.0, u64::from(epoch.0), 0))
}

/// Every split of the configuration, in the order of its seeds, and what its user should know. Of one size, where
/// `groups` stay whole.
pub(crate) fn every_split(
    config: &DataConfig,
    column: Option<&Column>,
    strata: &[u16],
    groups: Option<Groups<'_>>,
    place: &str,
) -> Result<(Vec<Splits>, Vec<String>), DataError> {
    let seeds = config.splits();
    let of_seed = |&seed: &Seed| splits(config, seed, column, strata, groups, place);
    let mut splits = seeds.iter().map(of_seed).collect::<Result<Vec<_>, _>>()?;
    let mut warnings = Vec::new();
    if let Some(groups) = groups {
        warnings.extend(grouped::to_one_size(&mut splits, &seeds));
        warnings.extend(groups.few(&splits));
    }
    Ok((splits, warnings))
}

/// The configured splits: drawn with `seed`, or given by `column`. `strata` holds the real label of every row; all rows
/// of one of the `groups` are in one part.
pub(crate) fn splits(
    config: &DataConfig,
    seed: Seed,
    column: Option<&Column>,
    strata: &[u16],
    groups: Option<Groups<'_>>,
    place: &str,
) -> Result<Splits, DataError> {
    let splits = match (column, groups) {
        (Some(column), _) => given(config, seed, column, strata, groups, place)?,
        (None, Some(groups)) => groups.random_splits(config, seed, strata)?,
        (None, None) => random_splits(config, seed, strata),
    };
    if let Some(groups) = groups {
        groups.check_apart(&splits)?;
    }
    for (rows, split, fix) in [
        (&splits.train, "training", "lower `data.validation` and `data.test`, or name another `data.split`"),
        (&splits.validation, "validation", "raise `data.validation`"),
        (&splits.test, "test", "raise `data.test`, or name another `data.split`"),
    ] {
        if rows.is_empty() {
            return Err(DataError::EmptySplit { split, fix });
        }
    }
    Ok(splits)
}

/// Rows of each part, which have to be as many in every split: a sweep has one list of train sizes.
pub(crate) fn one_size(splits: &[Splits]) -> Result<SplitOf<usize>, DataError> {
    let sizes: Vec<SplitOf<usize>> = splits.iter().map(|splits| splits.map(Vec::len)).collect();
    match sizes.split_first() {
        Some((first, others)) => match others.iter().position(|other| other != first) {
            None => Ok(*first),
            Some(place) => {
                Err(DataError::SplitSizes { split: place + 1, found: others[place], first: *first })
            }
        },
        None => Ok(SplitOf::default()),
    }
}

/// Validation and test drawn from all rows in each class's proportion.
fn random_splits(config: &DataConfig, seed: Seed, strata: &[u16]) -> Splits {
    let rows = (0..strata.len() as u32).collect();
    let (test, rest) = draw(rows, strata, share_of(strata.len(), config.test), seed, 0);
    let wanted = share_of(strata.len(), config.validation);
    let (validation, train) = draw(rest, strata, wanted, seed, 1);
    SplitOf { train, validation, test }
}

/// Given by a column; without validation rows, a share of the training rows is drawn.
fn given(
    config: &DataConfig,
    seed: Seed,
    column: &Column,
    strata: &[u16],
    groups: Option<Groups<'_>>,
    place: &str,
) -> Result<Splits, DataError> {
    let meanings = column.values.iter().map(meaning).collect::<Vec<_>>();
    let mut splits = Splits::default();
    for (row, &code) in column.codes.iter().enumerate() {
        let rows = match meanings[code as usize] {
            Some(Part::Train) => &mut splits.train,
            Some(Part::Validation) => &mut splits.validation,
            Some(Part::Test) => &mut splits.test,
            None => {
                let found = column::text(&column.values[code as usize]);
                let reason = format!(
                    "`{found}` is not a split; use train, val (or validation, valid, dev) and test, or 0, 1, 2"
                );
                let row = format!("row {row} (counted from 0)");
                return Err(DataError::BadCell { place: place.to_owned(), row, reason });
            }
        };
        rows.push(row as u32);
    }
    if splits.validation.is_empty() {
        let wanted = share_of(splits.train.len(), config.validation);
        (splits.validation, splits.train) = match groups {
            Some(groups) => groups.validation(&splits.train, strata, wanted, seed)?,
            None => draw(splits.train, strata, wanted, seed, 1),
        };
    }
    Ok(splits)
}

/// A part of a split.
#[derive(Clone, Copy)]
pub(crate) enum Part {
    Train = 0,
    Validation = 1,
    Test = 2,
}

/// The part that a value names. Numbers replace the names where a format has no text.
pub(crate) fn meaning(value: &LabelValue) -> Option<Part> {
    match value {
        LabelValue::Number(0) => Some(Part::Train),
        LabelValue::Number(1) => Some(Part::Validation),
        LabelValue::Number(2) => Some(Part::Test),
        LabelValue::Number(_) => None,
        LabelValue::Text(name) => match name.to_ascii_lowercase().as_str() {
            "train" => Some(Part::Train),
            "val" | "valid" | "validation" | "dev" => Some(Part::Validation),
            "test" => Some(Part::Test),
            _ => None,
        },
    }
}

/// Draws `wanted` of `rows`, each class by its share; the drawn and the left rows, both ascending.
fn draw(rows: Vec<u32>, strata: &[u16], wanted: usize, seed: Seed, part: u64) -> (Vec<u32>, Vec<u32>) {
    let wanted = wanted.min(rows.len());
    let classes = rows.iter().map(|&row| usize::from(strata[row as usize]) + 1).max().unwrap_or(0);
    let mut by_class = vec![Vec::new(); classes];
    for row in rows {
        by_class[usize::from(strata[row as usize])].push(row);
    }
    let shares = shares_of(wanted, &by_class.iter().map(Vec::len).collect::<Vec<_>>());
    let mut drawn = Vec::with_capacity(wanted);
    let mut left = Vec::new();
    for ((class, mut rows), wanted) in (0..).zip(by_class).zip(shares) {
        random::shuffle(&mut rows, &mut random::stream(Purpose::Split, seed.0, part, class));
        drawn.extend(rows.drain(..wanted));
        left.append(&mut rows);
    }
    drawn.sort_unstable();
    left.sort_unstable();
    (drawn, left)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn splits_of_two_sizes_are_refused_with_both() {
        let split =
            |train: u32| SplitOf { train: (0..train).collect(), validation: vec![0], test: vec![1, 2] };
        assert_eq!(one_size(&[split(5), split(5)]).unwrap(), SplitOf { train: 5, validation: 1, test: 2 });
        let error = one_size(&[split(5), split(5), split(4)]).unwrap_err().to_string();
        let wanted = "split 2 has 4 training, 1 validation and 2 test rows, but split 0 has 5, 1 and 2; all splits need the same sizes: change \
                      `data.split_seeds`";
        assert_eq!(error, wanted);
    }

    #[test]
    fn every_class_is_drawn_in_its_proportion() {
        let strata: Vec<u16> = (0..100).map(|row| row / 20).collect();
        let (drawn, left) = draw((0..100).collect(), &strata, 15, Seed(0), 0);
        assert_eq!((drawn.len(), left.len()), (15, 85));
        for class in 0..5 {
            assert_eq!(drawn.iter().filter(|&&row| strata[row as usize] == class).count(), 3, "{class}");
        }
    }
}
