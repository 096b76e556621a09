//! The columns that are carried along: cells as text, made numbers where the whole column is of them.

use std::path::Path;

use study::config::LabelValue;

use super::{MOST_COLUMNS, Names};
use crate::error::{EmbedError, printable};

/// Names that the result gives to the embeddings.
const TAKEN: [&str; 2] = ["text", "image"];

/// Bytes of a cell at most, as the result's format has it.
const LONGEST_CELL: usize = 1 << 16;
/// Bytes of a column at most: each cell takes as much as the longest.
const MOST_BYTES: usize = 1 << 30;

/// Columns by name, with a cell for each row.
pub(super) struct Columns {
    named: Vec<(String, Vec<String>)>,
    rows: usize,
}

impl Columns {
    /// No rows yet.
    pub(super) fn new(names: Vec<String>) -> Self {
        Self { named: names.into_iter().map(|name| (name, Vec::new())).collect(), rows: 0 }
    }

    /// A row of cells, in the columns' order.
    pub(super) fn push<'a>(&mut self, cells: impl Iterator<Item = &'a str>) {
        for ((_, column), cell) in self.named.iter_mut().zip(cells) {
            column.push(cell.to_owned());
        }
        self.rows += 1;
    }

    /// A row of named cells. A name that is new has empty cells in the rows before, and one that is left out an empty
    /// cell in this row. Whether there is room for all of them.
    pub(super) fn push_named(&mut self, cells: Vec<(String, String)>) -> bool {
        for (name, cell) in cells {
            let place = self.named.iter().position(|(known, _)| *known == name).unwrap_or_else(|| {
                self.named.push((name, vec![String::new(); self.rows]));
                self.named.len() - 1
            });
            let column = &mut self.named[place].1;
            column.truncate(self.rows);
            column.push(cell);
        }
        self.rows += 1;
        for (_, column) in &mut self.named {
            column.resize(self.rows, String::new());
        }
        self.named.len() <= MOST_COLUMNS
    }

    /// The values, the label's column first.
    ///
    /// # Errors
    /// Where there is no such column, a row has no label (named by `row`), or a name is taken.
    pub(super) fn finish(
        mut self,
        path: &Path,
        names: &Names,
        row: impl Fn(usize) -> String,
    ) -> Result<Vec<(String, Vec<LabelValue>)>, EmbedError> {
        if let Some(label) = &names.label {
            let Some(place) = self.named.iter().position(|(name, _)| name == label) else {
                let reason = format!("no row has a label `{}`; name another with --label", printable(label));
                return Err(EmbedError::pairs(path, reason));
            };
            self.named[..=place].rotate_right(1);
            if let Some(empty) = self.named[0].1.iter().position(|cell| cell.trim().is_empty()) {
                let reason =
                    format!("{} has no label `{}`; fill it or remove the row", row(empty), printable(label));
                return Err(EmbedError::pairs(path, reason));
            }
        }
        if let Some((name, _)) = self.named.iter().find(|(name, _)| TAKEN.contains(&name.as_str())) {
            let reason = format!(
                "its column `{name}` would have the name of the {name} embeddings; rename it, or name it with --{name}"
            );
            return Err(EmbedError::pairs(path, reason));
        }
        Ok(self.named.into_iter().map(|(name, cells)| (name, values(cells))).collect())
    }
}

/// Why a column cannot be in the result: its name, or its cells, which are kept at one length.
pub(super) fn unwritable(name: &str, values: &[LabelValue]) -> Option<&'static str> {
    let texts = || {
        values.iter().filter_map(|value| match value {
            LabelValue::Text(text) => Some(text.as_str()),
            LabelValue::Number(_) => None,
        })
    };
    let longest = texts().map(str::len).max().unwrap_or(0);
    if name.contains(',') {
        Some("its name has a comma")
    } else if texts().any(|text| text.contains('\0')) {
        Some("a cell has a zero byte")
    } else if longest > LONGEST_CELL || longest.saturating_mul(values.len()) > MOST_BYTES {
        Some("its cells are too long")
    } else {
        None
    }
}

/// Whole numbers where every cell is one as it is usually written, and text otherwise: `007` is a name, `7.0` a number.
fn values(cells: Vec<String>) -> Vec<LabelValue> {
    let number = |cell: &String| {
        let cell = cell.trim();
        let digits = cell.strip_suffix(".0").unwrap_or(cell);
        digits.parse::<i64>().ok().filter(|number| number.to_string() == digits)
    };
    let numbers: Option<Vec<i64>> = cells.iter().map(number).collect();
    match numbers {
        Some(numbers) => numbers.into_iter().map(LabelValue::Number).collect(),
        None => cells.into_iter().map(|cell| LabelValue::Text(cell.trim().to_owned())).collect(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_the_result_cannot_hold_is_known_before() {
        let texts = |text: &str, rows: usize| vec![LabelValue::Text(text.to_owned()); rows];
        assert_eq!(unwritable("label", &texts("a cat", 3)), None);
        assert_eq!(unwritable("count", &[LabelValue::Number(1)]), None);
        assert_eq!(unwritable("lat,lon", &[LabelValue::Number(1)]), Some("its name has a comma"));
        assert_eq!(unwritable("note", &texts("a\0b", 1)), Some("a cell has a zero byte"));
        let long = "x".repeat(LONGEST_CELL);
        assert_eq!(unwritable("exif", &texts(&long, 1)), None);
        assert_eq!(unwritable("exif", &texts(&format!("{long}x"), 1)), Some("its cells are too long"));
        let mut many = texts("", MOST_BYTES / LONGEST_CELL + 1);
        many[0] = LabelValue::Text(long);
        assert_eq!(unwritable("exif", &many), Some("its cells are too long"));
    }
}
