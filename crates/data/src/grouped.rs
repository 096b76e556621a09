//! Splits that keep all rows of one group (a user, a picture with five captions) in one part.

use std::collections::{BTreeMap, HashMap};

use study::config::DataConfig;
use study::event::SplitOf;
use study::format::{count, counted};
use study::grid::Seed;
use study::random::{self, Purpose};

use super::error::DataError;
use super::shares::{Splits, share_of, shares_of};

/// Groups that are compared at most before one of them fills what a part lacks: the cost stays bounded.
const MOST_COMPARED: usize = 1_000;
/// Test groups under which an interval over groups says little.
const FEW: usize = 10;
/// Parts of a random key; single rows have those from 0 on.
const TEST: u64 = 2;
const VALIDATION: u64 = 3;
const ONE_SIZE: u64 = 4;

/// Which rows belong together.
#[derive(Clone, Copy)]
pub(crate) struct Groups<'a> {
    /// Of each row.
    pub(crate) codes: &'a [u32],
    /// What a code stands for, printable.
    pub(crate) text: &'a dyn Fn(u32) -> String,
    /// Where the groups come from: the column and its file.
    pub(crate) place: &'a str,
}

/// A group's rows and how many of them each class has.
struct Group {
    rows: Vec<u32>,
    classes: BTreeMap<usize, i64>,
}

impl Groups<'_> {
    /// Whole groups at random, so that each part comes near its share of the rows and of each class.
    pub(crate) fn random_splits(
        &self,
        config: &DataConfig,
        seed: Seed,
        strata: &[u16],
    ) -> Result<Splits, DataError> {
        let rows: Vec<u32> = (0..strata.len() as u32).collect();
        let test = share_of(rows.len(), config.test);
        let validation = share_of(rows.len(), config.validation);
        let train = rows.len().saturating_sub(test + validation);
        self.check_sizes(&rows, &[train, validation, test])?;
        let (test, rest) = self.draw(&rows, strata, (test, 2), seed, TEST);
        let (validation, train) = self.draw(&rest, strata, (validation, 1), seed, VALIDATION);
        Ok(SplitOf { train, validation, test })
    }

    /// Whole groups of the training rows for validation; what is drawn, and what is left.
    pub(crate) fn validation(
        &self,
        train: &[u32],
        strata: &[u16],
        wanted: usize,
        seed: Seed,
    ) -> Result<(Vec<u32>, Vec<u32>), DataError> {
        self.check_sizes(train, &[train.len().saturating_sub(wanted), wanted])?;
        Ok(self.draw(train, strata, (wanted, 1), seed, VALIDATION))
    }

    /// Refuses a split that has a group in two of its parts.
    pub(crate) fn check_apart(&self, splits: &Splits) -> Result<(), DataError> {
        let parts = [("training", &splits.train), ("validation", &splits.validation), ("test", &splits.test)];
        let mut part_of: HashMap<u32, &str> = HashMap::new();
        for (part, rows) in parts {
            for &row in rows {
                let code = self.codes[row as usize];
                let first = *part_of.entry(code).or_insert(part);
                if first != part {
                    return Err(self.refused(format!(
                        "`{}` has {first} and {part} rows; give all rows of a group one part in `data.split`, or \
                         leave `data.group` empty",
                        (self.text)(code)
                    )));
                }
            }
        }
        Ok(())
    }

    /// Says so where the test rows of a split are in few groups.
    pub(crate) fn few(&self, splits: &[Splits]) -> Option<String> {
        let groups = |splits: &Splits| self.members(&splits.test).len();
        let fewest = splits.iter().map(groups).min().filter(|&groups| groups < FEW)?;
        let so = if fewest < 2 { "there are none over rows" } else { "those over rows are wide and rough" };
        Some(format!(
            "{}: the test rows are in {}, and intervals resample groups: {so}; raise `data.test`",
            self.place,
            counted(fewest, "group")
        ))
    }

    /// Refuses too few groups for so many parts, and one that is larger than every part is to be.
    fn check_sizes(&self, rows: &[u32], parts: &[usize]) -> Result<(), DataError> {
        let members = self.members(rows);
        if members.len() < parts.len() {
            return Err(self.refused(format!(
                "its {} rows are in {}, too few for {} parts of a split; name another column in `data.group`, or \
                 leave it empty",
                count(rows.len()),
                counted(members.len(), "group"),
                parts.len()
            )));
        }
        let largest = members.iter().max_by_key(|(_, rows)| rows.len());
        let most = parts.iter().copied().max().unwrap_or(0);
        match largest.filter(|(_, rows)| rows.len() > most) {
            None => Ok(()),
            Some((code, of_group)) => Err(self.refused(format!(
                "`{}` has {} of {} rows, more than any part of a split is to have ({}); change `data.validation` and \
                 `data.test`, or leave `data.group` empty",
                (self.text)(*code),
                count(of_group.len()),
                count(rows.len()),
                count(most)
            ))),
        }
    }

    fn refused(&self, reason: String) -> DataError {
        DataError::Groups { place: self.place.to_owned(), reason }
    }

    fn members(&self, rows: &[u32]) -> BTreeMap<u32, Vec<u32>> {
        let mut members: BTreeMap<u32, Vec<u32>> = BTreeMap::new();
        for &row in rows {
            members.entry(self.codes[row as usize]).or_default().push(row);
        }
        members
    }

    /// Draws whole groups of about `wanted` rows and leaves so many groups at least; the drawn and the left rows, both
    /// ascending.
    ///
    /// Groups come in random order, not the largest first: those would all be in the part that is filled first, and its
    /// groups would be no sample of all. Each is taken that brings the rows, and those of each of its classes, nearer to
    /// what is wanted. Rows that are still missing, since most groups have some of a class that is full, come from the
    /// groups whose classes lack most.
    fn draw(
        &self,
        rows: &[u32],
        strata: &[u16],
        (wanted, leave): (usize, usize),
        seed: Seed,
        part: u64,
    ) -> (Vec<u32>, Vec<u32>) {
        let class = |row: &u32| usize::from(strata[*row as usize]);
        let mut groups: Vec<Group> = Vec::new();
        for rows in self.members(rows).into_values() {
            let mut classes = BTreeMap::new();
            for row in &rows {
                *classes.entry(class(row)).or_default() += 1;
            }
            groups.push(Group { rows, classes });
        }
        random::shuffle(&mut groups, &mut random::stream(Purpose::Split, seed.0, part, 0));
        let mut counts = vec![0; rows.iter().map(class).max().map_or(0, |most| most + 1)];
        for row in rows {
            counts[class(row)] += 1;
        }
        let shares = shares_of(wanted, &counts).into_iter().map(|share| share as i64);
        let mut lack = Lack { rows: wanted as i64, classes: shares.collect() };

        let (mut drawn, mut left) = (Vec::new(), Vec::new());
        let mut spare = groups.len().saturating_sub(leave);
        for group in groups {
            if spare > 0 && lack.is_lessened(&group) && lack.is_lessened_by_class(&group) {
                spare -= 1;
                lack.take(&group);
                drawn.extend(group.rows);
            } else {
                left.push(group);
            }
        }
        while let Some(place) = lack.next(&left, drawn.is_empty()).filter(|_| spare > 0) {
            spare -= 1;
            let group = left.swap_remove(place);
            lack.take(&group);
            drawn.extend(group.rows);
        }
        let mut left: Vec<u32> = left.into_iter().flat_map(|group| group.rows).collect();
        drawn.sort_unstable();
        left.sort_unstable();
        (drawn, left)
    }
}

/// What a part still lacks; negative where it has too much.
struct Lack {
    rows: i64,
    classes: Vec<i64>,
}

impl Lack {
    /// Whether the part comes nearer to its number of rows with the group.
    fn is_lessened(&self, group: &Group) -> bool {
        (group.rows.len() as i64) < 2 * self.rows
    }

    /// Whether it comes nearer to its rows of every class that the group has.
    fn is_lessened_by_class(&self, group: &Group) -> bool {
        group.classes.iter().all(|(&class, &rows)| rows < 2 * self.classes[class])
    }

    fn take(&mut self, group: &Group) {
        self.rows -= group.rows.len() as i64;
        for (&class, &rows) in &group.classes {
            self.classes[class] -= rows;
        }
    }

    /// The group that fills what is lacking: of those that come first the one whose rows' classes lack most. An empty
    /// part gets the smallest group where none fits.
    fn next(&self, left: &[Group], is_empty: bool) -> Option<usize> {
        let lacking = |group: &Group| {
            let lacking = group.classes.iter().map(|(&class, &rows)| rows * self.classes[class]).sum::<i64>();
            lacking as f64 / group.rows.len() as f64
        };
        let fitting = left.iter().enumerate().filter(|(_, group)| self.is_lessened(group));
        let lacking = fitting.take(MOST_COMPARED).map(|(place, group)| (place, lacking(group)));
        // The first of equals.
        let most = lacking.reduce(|most, next| if next.1 > most.1 { next } else { most });
        let smallest = || (0..left.len()).min_by_key(|&place| left[place].rows.len()).filter(|_| is_empty);
        most.map(|(place, _)| place).or_else(smallest)
    }
}

/// Whole groups make splits of different sizes, and a sweep has one list of train sizes: cuts each part to its smallest
/// size among the splits, by rows at random; says how many that leaves out.
pub(crate) fn to_one_size(splits: &mut [Splits], seeds: &[Seed]) -> Option<String> {
    let smallest = |of: fn(&Splits) -> &Vec<u32>| splits.iter().map(|splits| of(splits).len()).min();
    let size = SplitOf {
        train: smallest(|splits| &splits.train)?,
        validation: smallest(|splits| &splits.validation)?,
        test: smallest(|splits| &splits.test)?,
    };
    let mut dropped = SplitOf::default();
    for (splits, seed) in splits.iter_mut().zip(seeds) {
        let cut = |rows: &mut Vec<u32>, size: usize, part: u64| {
            let surplus = rows.len() - size;
            if surplus > 0 {
                let mut rng = random::stream(Purpose::Split, seed.0, ONE_SIZE, part);
                random::shuffle(rows, &mut rng);
                rows.truncate(size);
                rows.sort_unstable();
            }
            surplus
        };
        dropped.train += cut(&mut splits.train, size.train, 0);
        dropped.validation += cut(&mut splits.validation, size.validation, 1);
        dropped.test += cut(&mut splits.test, size.test, 2);
    }
    (dropped != SplitOf::default()).then(|| {
        format!(
            "whole groups make splits of different sizes: over all {} splits, {} training, {} validation and {} test rows \
             are left out at random, so that each has {}, {} and {}",
            splits.len(),
            count(dropped.train),
            count(dropped.validation),
            count(dropped.test),
            count(size.train),
            count(size.validation),
            count(size.test)
        )
    })
}

#[cfg(test)]
mod tests;
