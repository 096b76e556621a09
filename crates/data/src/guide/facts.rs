//! What a column's values are: how many there are, which repeat, and what stands against their being a label.

use std::collections::{HashMap, HashSet};
use std::hash::{DefaultHasher, Hash, Hasher};

use study::bounds::MOST_CLASSES;
use study::config::LabelValue;

use super::super::column::{self, Cell, Rows, key_of, value_of};
use super::super::error::printable;
use super::super::files::{ArrayFile, UNNAMED};
use super::super::numbering::{Numbering, is_numbering};

/// Distinct values that are told apart at most.
const MOST_DISTINCT: usize = 1 << 20;

/// What a column's values are.
#[derive(Clone, Debug, Default)]
pub(super) struct Facts {
    pub(super) name: String,
    /// Whether it is in the table and not in the source.
    pub(super) in_table: bool,
    pub(super) rows: usize,
    /// Rows without a value: an empty cell, or NaN.
    pub(super) missing: usize,
    /// The first of them.
    pub(super) first_missing: usize,
    pub(super) fractional: usize,
    /// Whether every value is a whole number.
    pub(super) is_whole: bool,
    /// A hash of each row's value, where no two are equal and the source or the table may be paired by them.
    pub(super) keys: Vec<u64>,
    /// How many distinct values there are, up to a bound that stands for all.
    pub(super) distinct: usize,
    /// How often each value occurs, sorted, where they are no more than classes may be.
    pub(super) counts: Vec<(LabelValue, usize)>,
    /// A hash of all cells in order.
    pub(super) order: u64,
    /// Whether it numbers the rows, and in another order.
    pub(super) is_shuffled: bool,
}

impl Facts {
    /// Reads the column; why not, where it is none.
    pub(super) fn read(
        file: &mut dyn ArrayFile,
        name: &str,
        most: usize,
        in_table: bool,
    ) -> Result<Self, String> {
        let mut facts = Self { name: name.to_owned(), in_table, is_whole: true, ..Self::default() };
        let mut distinct = HashSet::new();
        let mut counts: HashMap<LabelValue, usize> = HashMap::new();
        let mut keys = Vec::new();
        let mut order = DefaultHasher::new();
        let mut numbering = is_numbering(name).then(Numbering::default);
        let mut rows = 0;
        let found = file.cells("data.label", name, most, &mut |cell| {
            rows += 1;
            if let Some(numbering) = &mut numbering {
                numbering.push(cell);
            }
            match cell {
                Cell::Missing => facts.note_missing(rows - 1),
                Cell::Fraction(number) if number.is_nan() => facts.note_missing(rows - 1),
                Cell::Text(text) if text.parse::<f64>().is_ok_and(f64::is_nan) => {
                    facts.note_missing(rows - 1);
                }
                Cell::Fraction(_) => facts.fractional += 1,
                Cell::Text(text) if is_fraction(text) => facts.fractional += 1,
                Cell::Text(_) | Cell::Whole(_) => {}
            }
            facts.is_whole &= match cell {
                Cell::Whole(_) => true,
                Cell::Text(text) => matches!(column::parse(text), LabelValue::Number(_)),
                Cell::Missing | Cell::Fraction(_) => false,
            };
            let text = key_of(cell).unwrap_or_default();
            text.hash(&mut order);
            if distinct.len() < MOST_DISTINCT {
                let hash = hash_of(&text);
                // A value that is there twice names no row.
                if distinct.insert(hash) && keys.len() + 1 == rows {
                    keys.push(hash);
                }
            }
            if let Ok(value) = value_of(cell)
                && counts.len() <= MOST_CLASSES
            {
                *counts.entry(value).or_default() += 1;
            }
            Ok(())
        });
        facts.rows = match found {
            Ok(Rows::Exactly(rows)) => rows,
            Ok(more @ Rows::MoreThan(_)) => return Err(format!("it has {more} rows")),
            Err(error) => return Err(error.to_string()),
        };
        // Of more rows than there are in the matrices some or none were handed over.
        if rows != facts.rows || rows == 0 {
            return Err(format!("it has {} rows", facts.rows));
        }
        facts.distinct = if distinct.len() == MOST_DISTINCT { rows } else { distinct.len() };
        if facts.is_unique() && keys.len() == rows {
            facts.keys = keys;
        }
        facts.order = order.finish();
        facts.is_shuffled = numbering.and_then(Numbering::disorder).is_some();
        if counts.len() <= MOST_CLASSES {
            facts.counts = counts.into_iter().collect();
            facts.counts.sort();
        }
        Ok(facts)
    }

    fn note_missing(&mut self, row: usize) {
        if self.missing == 0 {
            self.first_missing = row;
        }
        self.missing += 1;
    }

    /// Whether every row has a value of its own.
    pub(super) const fn is_unique(&self) -> bool {
        self.missing == 0 && self.distinct == self.rows
    }

    /// The values with their counts, most frequent first, as text.
    pub(super) fn shown(&self) -> Vec<(String, usize)> {
        let mut counts = self.counts.clone();
        counts.sort_by(|a, b| b.1.cmp(&a.1).then_with(|| a.0.cmp(&b.0)));
        counts.into_iter().map(|(value, count)| (column::text(&value), count)).collect()
    }

    /// What a configuration calls the column.
    pub(super) fn called(&self) -> &str {
        if self.name.is_empty() { UNNAMED } else { &self.name }
    }

    /// The name for a message.
    pub(super) fn shown_name(&self) -> String {
        printable(self.called())
    }
}

/// What stands for a value in comparisons of columns.
pub(super) fn hash_of(text: &str) -> u64 {
    let mut hasher = DefaultHasher::new();
    text.hash(&mut hasher);
    hasher.finish()
}

fn is_fraction(text: &str) -> bool {
    text.parse::<f64>().is_ok_and(|number| number.is_finite() && number.fract() != 0.0)
}
