//! What a source has: its matrices by their shapes, and its columns by their values.

use std::collections::{HashMap, HashSet};
use std::hash::{DefaultHasher, Hash, Hasher};

use study::bounds::MOST_CLASSES;
use study::config::LabelValue;

use super::super::column::{self, Cell, Rows, key_of, value_of};
use super::super::error::printable;
use super::super::files::{ArrayFile, block_of};
use super::super::numbering::{Numbering, is_numbering};
use super::name;

/// Columns that are looked into at most: each is read by itself.
const MOST_COLUMNS: usize = 64;
/// Numbered columns that are taken for a matrix, whatever they are called: `answer1` and `answer2` are two columns.
const FEWEST_IN_BLOCK: usize = 4;
/// Rows of a column that are read at most where no matrix says how many there are.
const MOST_ROWS: usize = 10_000_000;
/// Distinct values that are told apart at most.
const MOST_DISTINCT: usize = 1 << 20;

/// A source, and the table beside it, looked through once.
#[derive(Clone, Debug, Default)]
pub struct Survey {
    /// For `data.source`.
    pub(super) source: String,
    /// For `data.table`.
    pub(super) table: Option<String>,
    pub(super) matrices: Vec<Matrix>,
    pub(super) columns: Vec<Facts>,
    pub(super) notes: Vec<String>,
}

/// A matrix as its header claims it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Matrix {
    pub(super) name: String,
    pub(super) rows: usize,
    pub(super) width: usize,
}

/// What a column's values are.
#[derive(Clone, Debug, Default)]
pub(super) struct Facts {
    pub(super) name: String,
    /// Whether it is in the table and not in the source.
    pub(super) in_table: bool,
    pub(super) rows: usize,
    pub(super) missing: usize,
    pub(super) fractional: usize,
    /// How many distinct values there are, up to a bound that stands for all.
    pub(super) distinct: usize,
    /// How often each value occurs, sorted, where they are no more than classes may be.
    pub(super) counts: Vec<(LabelValue, usize)>,
    /// A hash of all cells in order.
    pub(super) order: u64,
    /// Whether it numbers the rows, and in another order.
    pub(super) is_shuffled: bool,
}

impl Survey {
    /// Looks through a source, called `source` in the configuration, and the table that lies in it.
    pub(crate) fn of(source: &str, file: &mut dyn ArrayFile) -> Self {
        let mut survey = Self { source: source.to_owned(), ..Self::default() };
        let table = file.take_table();
        survey.look_into(file, false);
        if let Some((mut table, _)) = table {
            survey.look_into(table.as_mut(), true);
        }
        survey
    }

    /// Looks through the table beside it, called `table` in the configuration.
    pub(crate) fn with_table(mut self, table: &str, file: &mut dyn ArrayFile) -> Self {
        let (own, columns): (Vec<Facts>, Vec<Facts>) =
            self.columns.into_iter().partition(|facts| facts.in_table);
        self.columns = columns;
        self.look_into(file, true);
        let is_own =
            |facts: &&Facts| own.iter().any(|other| (&other.name, other.order) == (&facts.name, facts.order));
        // The source's own, named once more, is found without its name.
        let is_new = self.columns.iter().filter(|facts| facts.in_table).any(|facts| !is_own(&facts));
        self.table = is_new.then(|| table.to_owned());
        self
    }

    /// Whether it has a matrix.
    pub(super) const fn has_matrix(&self) -> bool {
        !self.matrices.is_empty()
    }

    fn look_into(&mut self, file: &mut dyn ArrayFile, in_table: bool) {
        let mut columns = Vec::new();
        let names = file.names();
        for name in with_blocks(names, |stem| file.shape("data.text", stem).is_ok()) {
            match file.shape("data.text", &name) {
                Ok([rows, width]) if width > 1 => {
                    if !in_table {
                        self.matrices.push(Matrix { name, rows, width });
                    }
                }
                _ => columns.push(name),
            }
        }
        let rows = self.matrices.iter().map(|matrix| matrix.rows).max();
        let most = rows.filter(|_| !in_table).unwrap_or(MOST_ROWS);
        if let Some(more) = columns.len().checked_sub(MOST_COLUMNS).filter(|&more| more > 0) {
            self.notes.push(format!("the last {more} of {} columns were not looked into", columns.len()));
        }
        for name in columns.into_iter().take(MOST_COLUMNS) {
            match Facts::read(file, &name, most, in_table) {
                Ok(facts) => self.columns.push(facts),
                Err(why) if name::is_label(&name) => {
                    self.notes.push(format!("column `{}` is not used: {why}", printable(&name)));
                }
                Err(_) => {}
            }
        }
    }

    /// A name for the run: the source's, of letters that a folder may have.
    pub(super) fn run_name(&self) -> String {
        let path = std::path::Path::new(&self.source);
        let stem = path.file_stem().map_or_else(String::new, |stem| stem.to_string_lossy().into_owned());
        let plain = |letter: char| if letter.is_ascii_alphanumeric() { letter } else { '-' };
        let name: String = stem.chars().map(plain).take(40).collect();
        let name = name.trim_matches('-');
        if name.is_empty() { "study".to_owned() } else { name.to_owned() }
    }
}

/// The names, each block of numbered columns by the name that it has as a matrix, where it is one.
fn with_blocks(names: Vec<String>, mut is_matrix: impl FnMut(&str) -> bool) -> Vec<String> {
    let mut counts: HashMap<String, usize> = HashMap::new();
    for stem in names.iter().filter_map(|name| block_of(name)) {
        *counts.entry(stem).or_default() += 1;
    }
    // Once for each: to know its rows, a table is read from its beginning to its end.
    counts.retain(|stem, count| {
        let is_enough =
            *count >= FEWEST_IN_BLOCK || *count > 1 && (name::is_text(stem) || name::is_image(stem));
        is_enough && is_matrix(stem)
    });
    let mut seen = HashSet::new();
    names
        .into_iter()
        .map(|name| block_of(&name).filter(|stem| counts.contains_key(stem)).unwrap_or(name))
        .filter(|name| seen.insert(name.clone()))
        .collect()
}

impl Facts {
    /// Reads the column; why not, where it is none.
    fn read(file: &mut dyn ArrayFile, name: &str, most: usize, in_table: bool) -> Result<Self, String> {
        let mut facts = Self { name: name.to_owned(), in_table, ..Self::default() };
        let mut distinct = HashSet::new();
        let mut counts: HashMap<LabelValue, usize> = HashMap::new();
        let mut order = DefaultHasher::new();
        let mut numbering = is_numbering(name).then(Numbering::default);
        let mut rows = 0;
        let found = file.cells("data.label", name, most, &mut |cell| {
            rows += 1;
            if let Some(numbering) = &mut numbering {
                numbering.push(cell);
            }
            match cell {
                Cell::Missing => facts.missing += 1,
                Cell::Fraction(_) => facts.fractional += 1,
                Cell::Text(text) if is_fraction(text) => facts.fractional += 1,
                Cell::Text(_) | Cell::Whole(_) => {}
            }
            let text = key_of(cell).unwrap_or_default();
            text.hash(&mut order);
            if distinct.len() < MOST_DISTINCT {
                let mut hasher = DefaultHasher::new();
                text.hash(&mut hasher);
                distinct.insert(hasher.finish());
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
        facts.order = order.finish();
        facts.is_shuffled = numbering.and_then(Numbering::disorder).is_some();
        if counts.len() <= MOST_CLASSES {
            facts.counts = counts.into_iter().collect();
            facts.counts.sort();
        }
        Ok(facts)
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

    /// The name for a message.
    pub(super) fn shown_name(&self) -> String {
        printable(&self.name)
    }
}

fn is_fraction(text: &str) -> bool {
    text.parse::<f64>().is_ok_and(|number| number.is_finite() && number.fract() != 0.0)
}
