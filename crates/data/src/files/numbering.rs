//! A column of row numbers in a table: where they are not in order, the table was shuffled and its rows are not those of
//! the arrays beside it.

use super::super::column::parse;
use study::config::LabelValue;

/// Names of columns that may number rows, in lower case; pandas leaves an index's name empty, and calls it `Unnamed: 0`
/// after reading it back.
const NAMES: [&str; 4] = ["", "unnamed: 0", "id", "index"];

/// Whether a column of this name may number the rows.
pub(super) fn is_numbering(name: &str) -> bool {
    NAMES.contains(&name.trim().to_ascii_lowercase().as_str())
}

/// The numbers of such a column, as far as they are some.
pub(super) struct Numbering {
    column: String,
    /// Absent once a cell was not a row number: other ids have no order.
    numbers: Option<Vec<u32>>,
}

/// Where rows leave their order.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Disorder {
    /// The column of row numbers.
    pub(super) column: String,
    /// The first row that is elsewhere, counted from 0.
    pub(super) row: usize,
    /// Its number.
    pub(super) number: u32,
}

impl Numbering {
    /// Of the column `name`, no cell seen yet.
    pub(super) fn of(name: &str) -> Self {
        let column = if name.trim().is_empty() { "without a name".into() } else { format!("`{name}`") };
        Self { column, numbers: Some(Vec::new()) }
    }

    /// Takes the next row's cell.
    pub(super) fn push(&mut self, cell: &str) {
        let number = match parse(cell) {
            LabelValue::Number(number) => u32::try_from(number).ok(),
            LabelValue::Text(_) => None,
        };
        match (number, &mut self.numbers) {
            (Some(number), Some(numbers)) => numbers.push(number),
            (None, numbers) => *numbers = None,
            (Some(_), None) => {}
        }
    }

    /// Where the rows leave the order that the numbers give; nothing where they follow it, or where the numbers are not
    /// 0 to n − 1 or 1 to n, each once.
    pub(super) fn disorder(self) -> Option<Disorder> {
        let numbers = self.numbers?;
        let first = *numbers.iter().min()?;
        let mut seen = vec![false; numbers.len()];
        for &number in &numbers {
            let place = seen.get_mut((number - first) as usize)?;
            if std::mem::replace(place, true) {
                return None;
            }
        }
        let (row, number) =
            numbers.into_iter().enumerate().find(|(row, number)| (number - first) as usize != *row)?;
        (first <= 1).then_some(Disorder { column: self.column, row, number })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn disorder(cells: &[&str]) -> Option<(usize, u32)> {
        let mut numbering = Numbering::of("id");
        for cell in cells {
            numbering.push(cell);
        }
        numbering.disorder().map(|found| (found.row, found.number))
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
