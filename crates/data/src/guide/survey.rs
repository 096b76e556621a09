//! What a source has: its matrices by their shapes, and its columns by their values.

use std::collections::{HashMap, HashSet};

use super::super::error::{printable, printable_path};
use super::super::files::{ArrayFile, block_of};
use super::facts::Facts;
use super::name;
use super::shared::Shared;

/// Columns that are looked into at most: each is read by itself.
const MOST_COLUMNS: usize = 64;
/// Numbered columns that are taken for a matrix, whatever they are called: `answer1` and `answer2` are two columns.
const FEWEST_IN_BLOCK: usize = 4;
/// Rows of a column that are read at most where no matrix says how many there are.
const MOST_ROWS: usize = 10_000_000;

/// A source, and the table beside it, looked through once.
#[derive(Clone, Debug, Default)]
pub struct Survey {
    /// For `data.source`.
    pub(super) source: String,
    /// For `data.table`.
    pub(super) table: Option<String>,
    /// Where the table's columns are, for messages.
    pub(super) table_place: String,
    pub(super) matrices: Vec<Matrix>,
    pub(super) columns: Vec<Facts>,
    /// What a column of the table and one of the source have in common.
    pub(super) shared: Vec<Shared>,
    /// What is called a label and cannot be one, each with the reason.
    pub(super) no_labels: Vec<String>,
    pub(super) notes: Vec<String>,
}

/// A matrix as its header claims it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Matrix {
    pub(super) name: String,
    pub(super) rows: usize,
    pub(super) width: usize,
}

impl Survey {
    /// Looks through a source, called `source` in the configuration, and the table that lies in it.
    pub(crate) fn of(source: &str, file: &mut dyn ArrayFile) -> Self {
        let mut survey = Self { source: source.to_owned(), ..Self::default() };
        let table = file.take_table();
        survey.look_into(file, false);
        if let Some((mut table, path)) = table {
            survey.table_place = printable_path(&path);
            survey.look_into(table.as_mut(), true);
            survey.compare(file, table.as_mut());
        }
        survey
    }

    /// Looks through the table beside it, called `table` in the configuration, and at what it has in common with the
    /// source.
    pub(crate) fn with_table(
        mut self,
        source: &mut dyn ArrayFile,
        table: &str,
        file: &mut dyn ArrayFile,
    ) -> Self {
        let (own, columns): (Vec<Facts>, Vec<Facts>) =
            self.columns.into_iter().partition(|facts| facts.in_table);
        self.columns = columns;
        self.look_into(file, true);
        self.table_place = printable(table);
        self.compare(source, file);
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

    /// Compares columns that may be the keys of both; what only tells rows apart is not kept after it.
    fn compare(&mut self, source: &mut dyn ArrayFile, table: &mut dyn ArrayFile) {
        self.shared = Shared::of(&self.columns, source, table);
        for facts in self.columns.iter_mut().filter(|facts| facts.in_table) {
            facts.keys = Vec::new();
        }
    }

    fn look_into(&mut self, file: &mut dyn ArrayFile, in_table: bool) {
        let mut columns = Vec::new();
        let names = file.names();
        for name in with_blocks(names, |stem| file.shape("data.text", stem).is_ok()) {
            match file.shape("data.text", &name) {
                Ok([rows, width]) if width > 1 => {
                    let is_modality = name::is_text(&name) || name::is_image(&name);
                    if name::is_label(&name) && !is_modality {
                        self.no_labels.push(format!(
                            "`{}` is a matrix of {rows} × {width}, and a label is one value for each row: make it one, of \
                             one-hot rows by label = label.argmax(axis=1) in Python",
                            printable(&name)
                        ));
                    }
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
                    self.no_labels.push(format!("`{}` cannot be read: {why}", printable(&name)));
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
