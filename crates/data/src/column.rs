//! A column of labels or split names: distinct values, and a code for each row.

use std::collections::HashMap;
use std::fmt;

use study::config::LabelValue;

use super::error::printable;

const EMPTY: &str = "the cell is empty; fill it or remove the row everywhere";

/// Labels or split names, one for each row.
#[derive(Clone, Debug, Default)]
pub(crate) struct Column {
    /// Distinct values, in order of first appearance.
    pub(crate) values: Vec<LabelValue>,
    /// For each row, the place of its value in `values`.
    pub(crate) codes: Vec<u32>,
    index: HashMap<LabelValue, u32>,
    /// How many rows it has in its file, where they are too many to be read.
    unread: Option<Rows>,
}

/// One cell of a column in a file.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Cell<'a> {
    /// Empty, or null.
    Missing,
    /// A whole number.
    Whole(i64),
    /// A number that is not whole, or that `i64` does not hold.
    Fraction(f64),
    /// As it stands in the file, without the blanks around it.
    Text(&'a str),
}

/// Takes a column's next cell; says what is wrong with it, and the fix.
pub(crate) type TakeCell<'a> = dyn FnMut(Cell<'_>) -> Result<(), String> + 'a;

/// How many rows there are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Rows {
    /// As many.
    Exactly(usize),
    /// More than that: they were not counted.
    MoreThan(usize),
}

impl fmt::Display for Rows {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Exactly(rows) => write!(f, "{rows}"),
            Self::MoreThan(rows) => write!(f, "more than {rows}"),
        }
    }
}

impl Column {
    /// A column of more rows than were wanted, none of which was kept.
    pub(crate) fn unread(rows: Rows) -> Self {
        Self { unread: Some(rows), ..Self::default() }
    }

    /// Rows that were read.
    pub(crate) fn len(&self) -> usize {
        self.codes.len()
    }

    /// Rows in its file.
    pub(crate) fn rows(&self) -> Rows {
        self.unread.unwrap_or(Rows::Exactly(self.len()))
    }

    /// Appends a row.
    pub(crate) fn push(&mut self, value: LabelValue) {
        let next = self.values.len() as u32;
        let code = *self.index.entry(value).or_insert_with_key(|value| {
            self.values.push(value.clone());
            next
        });
        self.codes.push(code);
    }

    /// The same values at these rows alone, in their order; codes follow the first appearance among them. A column that was
    /// not read stays so.
    pub(crate) fn keep(&mut self, rows: &[u32]) {
        if self.unread.is_none() {
            let value = |&row: &u32| self.values[self.codes[row as usize] as usize].clone();
            *self = rows.iter().map(value).collect();
        }
    }

    /// The distinct values in order, as text for a message.
    pub(crate) fn names(&self) -> Vec<String> {
        let mut values = self.values.clone();
        values.sort();
        values.iter().map(text).collect()
    }

    /// How often each of `values` occurs.
    pub(crate) fn occurrences(&self) -> Vec<usize> {
        let mut counts = vec![0_usize; self.values.len()];
        for &code in &self.codes {
            counts[code as usize] += 1;
        }
        counts
    }

    /// How often each distinct value occurs, as text for a message.
    pub(crate) fn counts(&self) -> Vec<(String, usize)> {
        let counts = self.occurrences();
        let mut named: Vec<_> = self.values.iter().cloned().zip(counts).collect();
        named.sort();
        named.into_iter().map(|(value, count)| (text(&value), count)).collect()
    }
}

impl FromIterator<LabelValue> for Column {
    fn from_iter<I: IntoIterator<Item = LabelValue>>(values: I) -> Self {
        let mut column = Self::default();
        values.into_iter().for_each(|value| column.push(value));
        column
    }
}

/// What a cell says as a label or a split's name; what is wrong with it, and the fix.
pub(crate) fn value_of(cell: Cell<'_>) -> Result<LabelValue, String> {
    match cell {
        Cell::Missing => Err(EMPTY.into()),
        Cell::Whole(number) => Ok(LabelValue::Number(number)),
        Cell::Text(text) => Ok(parse(text)),
        Cell::Fraction(number) => {
            let what = if number.is_finite() && number.fract() != 0.0 {
                "is fractional, and regression is not supported"
            } else {
                "is not a label"
            };
            Err(format!("{number} {what}; use whole numbers, text or booleans"))
        }
    }
}

/// What a cell says as a key that rows are joined by, letter by letter; what is wrong with it, and the fix.
pub(crate) fn key_of(cell: Cell<'_>) -> Result<String, String> {
    match cell {
        Cell::Missing => Err(EMPTY.into()),
        Cell::Whole(number) => Ok(number.to_string()),
        Cell::Text(text) => Ok(text.to_owned()),
        Cell::Fraction(number) => Err(format!("{number} is no key; use text or whole numbers")),
    }
}

/// A number as a cell.
pub(crate) fn number_cell(number: f64) -> Cell<'static> {
    whole(number).map_or(Cell::Fraction(number), Cell::Whole)
}

/// A cell as a value: a whole number (`6`, `6.0`) or text.
pub(crate) fn parse(cell: &str) -> LabelValue {
    let cell = cell.trim();
    if let Ok(number) = cell.parse() {
        return LabelValue::Number(number);
    }
    match cell.parse::<f64>().ok().and_then(whole) {
        Some(number) => LabelValue::Number(number),
        None => LabelValue::Text(cell.to_owned()),
    }
}

/// `value` as a whole number, where it is one that `f64` holds exactly.
pub(crate) fn whole(value: f64) -> Option<i64> {
    (value.fract() == 0.0 && value.abs() <= 9_007_199_254_740_992.0).then_some(value as i64)
}

/// A value as a message shows it.
pub(crate) fn text(value: &LabelValue) -> String {
    match value {
        LabelValue::Number(number) => number.to_string(),
        LabelValue::Text(text) => printable(text),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cells_become_numbers_where_they_are_whole_and_text_otherwise() {
        assert_eq!(parse(" 6 "), LabelValue::Number(6));
        assert_eq!(parse("-1.0"), LabelValue::Number(-1));
        assert_eq!(parse("1.5"), LabelValue::Text("1.5".into()));
        assert_eq!(parse("nan"), LabelValue::Text("nan".into()));
        assert_eq!(parse("1e300"), LabelValue::Text("1e300".into()));
        assert_eq!(parse("war"), LabelValue::Text("war".into()));
    }

    #[test]
    fn counts_follow_the_values() {
        let column: Column = ["b", "a", "b"].into_iter().map(parse).collect();
        assert_eq!(column.codes, [0, 1, 0]);
        assert_eq!(column.counts(), [("a".to_owned(), 1), ("b".to_owned(), 2)]);
    }
}
