//! A column of row numbers in a table: where they are not in order, the table was shuffled and its rows are not those of
//! the arrays beside it.

use super::column::{Cell, parse};
use study::config::LabelValue;

/// Names of columns that may number rows, in lower case; pandas leaves an index's name empty, and calls it `Unnamed: 0`
/// after reading it back, or `__index_level_0__` in Parquet.
const NAMES: [&str; 5] = ["", "unnamed: 0", "__index_level_0__", "id", "index"];

/// Whether a column of this name may number the rows.
pub(crate) fn is_numbering(name: &str) -> bool {
    NAMES.contains(&name.trim().to_ascii_lowercase().as_str())
}

/// The numbers of such a column, as far as they are some.
pub(crate) struct Numbering {
    /// Absent once a cell was not a row number: other ids have no order.
    numbers: Option<Vec<u32>>,
}

impl Default for Numbering {
    /// No cell seen yet.
    fn default() -> Self {
        Self { numbers: Some(Vec::new()) }
    }
}

impl Numbering {
    /// Takes the next row's cell.
    pub(crate) fn push(&mut self, cell: Cell<'_>) {
        let number = match cell {
            Cell::Whole(number) => u32::try_from(number).ok(),
            Cell::Text(text) => match parse(text) {
                LabelValue::Number(number) => u32::try_from(number).ok(),
                LabelValue::Text(_) => None,
            },
            Cell::Missing | Cell::Fraction(_) => None,
        };
        match (number, &mut self.numbers) {
            (Some(number), Some(numbers)) => numbers.push(number),
            (None, numbers) => *numbers = None,
            (Some(_), None) => {}
        }
    }

    /// The first row, counted from 0, that is elsewhere than its number says, and that number; nothing where the rows
    /// follow the numbers, or where these are not 0 to n − 1 or 1 to n, each once.
    pub(crate) fn disorder(self) -> Option<(usize, u32)> {
        let numbers = self.numbers?;
        let first = *numbers.iter().min()?;
        let mut seen = vec![false; numbers.len()];
        for &number in &numbers {
            let place = seen.get_mut((number - first) as usize)?;
            if std::mem::replace(place, true) {
                return None;
            }
        }
        let elsewhere =
            numbers.into_iter().enumerate().find(|(row, number)| (number - first) as usize != *row)?;
        (first <= 1).then_some(elsewhere)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn disorder(cells: &[&str]) -> Option<(usize, u32)> {
        let mut numbering = Numbering::default();
        for cell in cells {
            numbering.push(Cell::Text(cell));
        }
        numbering.disorder()
    }

    #[test]
    fn row_numbers_in_another_order_are_found_and_other_ids_are_not() {
        assert_eq!(disorder(&["0", "2", "1"]), Some((1, 2)));
        assert_eq!(disorder(&["3", "1", "2.0"]), Some((0, 3)));
        for legitimate in [
            &["0", "1", "2"][..],
            &["1", "2", "3"],
            &["7", "5", "6"],
            &["0", "2", "2"],
            &["0", "3", "1"],
            &["2", "0"],
            &["b", "a"],
            &["-1", "0"],
            &[],
        ] {
            assert_eq!(disorder(legitimate), None, "{legitimate:?}");
        }
    }

    #[test]
    fn names_of_row_numbers_are_those_that_pandas_and_people_write() {
        assert!(["", " ", "ID", "index", "Unnamed: 0", "id"].into_iter().all(is_numbering));
        assert!(["label", "idx2", "identity", "Unnamed: 1"].into_iter().all(|name| !is_numbering(name)));
    }
}
