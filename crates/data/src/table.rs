//! A table beside the arrays: its rows are paired with theirs by a key, or line by line where nothing speaks against it.

use std::collections::HashMap;
use std::path::Path;

use study::config::{DataConfig, Order};

use super::column::{Column, Rows};
use super::error::{DataError, PairingError, listed, printable, printable_path};
use super::files::{self, ArrayFile};
use super::numbering::{Numbering, is_numbering};

/// Rows of a table that are looked at where it is not known how many rows the arrays have.
const MOST_UNPAIRED: usize = 10_000_000;

/// The table, if there is one, and the order that pairs it with the arrays.
pub(crate) struct Table {
    file: Option<Box<dyn ArrayFile>>,
    /// For messages.
    place: String,
    /// Of each of the arrays' rows, the table's; absent where they are in one order.
    order: Option<Vec<u32>>,
}

impl Table {
    /// The table that `config` names, or that lies beside the arrays of `source`, which have `rows` rows.
    ///
    /// # Errors
    /// Where the rows cannot be paired: keys that are missing or there twice, or row numbers in another order.
    pub(crate) fn open(
        config: &DataConfig,
        source: &mut dyn ArrayFile,
        rows: Option<usize>,
    ) -> Result<Self, DataError> {
        let (file, place) = if config.table.is_empty() {
            match source.take_table() {
                Some((table, path)) => (Some(table), printable_path(&path)),
                None => (None, String::new()),
            }
        } else {
            let path = Path::new(&config.table);
            let opened = files::open(path).map_err(|error| match error {
                DataError::Missing { path } => PairingError::NoTable { path }.into(),
                error => error,
            })?;
            (Some(opened), printable_path(path))
        };
        let mut table = Self { file, place, order: None };
        let most = rows.unwrap_or(MOST_UNPAIRED);
        if config.key.is_empty() && !config.table_key.is_empty() {
            let wanted = "it says what the table calls the column of `data.key`; set `data.key` too, or leave both out";
            let value = printable(&config.table_key);
            return Err(DataError::Key { key: "data.table_key", value, wanted });
        }
        if !config.key.is_empty() {
            table.order = Some(table.joined(config, source, rows)?);
        } else if config.order == Order::Checked {
            table.check_order(config, most)?;
        }
        Ok(table)
    }

    /// The column `name`, of the table where that has it, else of the source; in the order of the arrays' rows.
    pub(crate) fn column(
        &mut self,
        source: &mut dyn ArrayFile,
        key: &'static str,
        name: &str,
        most: usize,
    ) -> Result<Column, DataError> {
        let Some(table) = &mut self.file else { return files::column(source, key, name, most) };
        let columns = table.names();
        if columns.iter().any(|column| column == name) {
            let mut column = files::column(table.as_mut(), key, name, most)?;
            if let (Some(order), Rows::Exactly(_)) = (&self.order, column.rows()) {
                column.keep(order);
            }
            return Ok(column);
        }
        let arrays = source.names();
        if arrays.iter().any(|array| array == name) {
            return files::column(source, key, name, most);
        }
        let known: Vec<String> = columns.into_iter().chain(arrays).collect();
        Err(DataError::not_found(Path::new(&self.place), key, name, &known))
    }

    /// Of each of the arrays' rows, the table's row with the same key.
    fn joined(
        &mut self,
        config: &DataConfig,
        source: &mut dyn ArrayFile,
        rows: Option<usize>,
    ) -> Result<Vec<u32>, DataError> {
        let name = config.key.as_str();
        let Some(table) = &mut self.file else {
            let wanted = "there is no table beside the arrays; name one in `data.table`, or leave it out";
            return Err(DataError::Key { key: "data.key", value: printable(name), wanted });
        };
        let (key, in_table) = match config.table_key.as_str() {
            "" => ("data.key", name),
            other => ("data.table_key", other),
        };
        let (of_table, _) = match files::keys(table.as_mut(), key, in_table, MOST_UNPAIRED) {
            Err(DataError::ArrayNotFound { key: "data.key", .. }) => {
                return Err(without_key(&self.place, name, &table.names()));
            }
            read => read?,
        };
        let place = format!("column `{}` of {}", printable(in_table), self.place);
        let places = places(&of_table, &place)?;
        if !source.names().iter().any(|array| array == name) {
            // What is called otherwise in the table has to be there by its own name.
            let by_number = if config.table_key.is_empty() { by_number(&of_table, rows) } else { None };
            return by_number.ok_or_else(|| without_key(&config.source, name, &source.names()));
        }
        let (of_source, _) = files::keys(source, "data.key", name, MOST_UNPAIRED)?;
        let source_place = format!("`{}` of {}", printable(name), printable_path(Path::new(&config.source)));
        let in_source = self::places(&of_source, &source_place)?;
        let missing = |keys: &[String], others: &HashMap<&str, u32>| -> Vec<String> {
            keys.iter().filter(|key| !others.contains_key(key.as_str())).cloned().collect()
        };
        for (absent, from, other) in [
            (missing(&of_source, &places), &place, &source_place),
            (missing(&of_table, &in_source), &source_place, &place),
        ] {
            if !absent.is_empty() {
                return Err(PairingError::KeysMissing {
                    place: from.clone(),
                    count: absent.len(),
                    keys: listed(&absent),
                    other: other.clone(),
                }
                .into());
            }
        }
        Ok(of_source.iter().map(|key| places[key.as_str()]).collect())
    }

    /// Refuses rows that a column of row numbers puts in another order.
    fn check_order(&mut self, config: &DataConfig, most: usize) -> Result<(), DataError> {
        let Some(table) = &mut self.file else { return Ok(()) };
        let used = [&config.label, &config.split, &config.text, &config.image];
        for name in table.names() {
            if !is_numbering(&name) || used.contains(&&name) {
                continue;
            }
            let mut numbering = Numbering::default();
            let read = table.cells("data.key", &name, most, &mut |cell| {
                numbering.push(cell);
                Ok(())
            });
            // Two columns of one name, of which neither is asked for.
            let Ok(Rows::Exactly(_)) = read else { continue };
            if let Some((row, number)) = numbering.disorder() {
                return Err(PairingError::OtherOrder {
                    path: self.place.clone(),
                    column: if name.is_empty() {
                        "without a name".into()
                    } else {
                        format!("`{}`", printable(&name))
                    },
                    key: if name.is_empty() { files::UNNAMED.into() } else { printable(&name) },
                    row,
                    number,
                }
                .into());
            }
        }
        Ok(())
    }
}

/// The column or array of `data.key` is not there; perhaps it has another name.
fn without_key(place: &str, name: &str, names: &[String]) -> DataError {
    let mut error = DataError::not_found(Path::new(place), "data.key", name, names);
    if let DataError::ArrayNotFound { hint, .. } = &mut error {
        hint.push_str(
            "; where table and arrays call it differently, `data.key` is the name in the arrays and `data.table_key` that in \
             the table",
        );
    }
    error
}

/// The row of each key.
fn places<'a>(keys: &'a [String], place: &str) -> Result<HashMap<&'a str, u32>, DataError> {
    let mut places = HashMap::with_capacity(keys.len());
    let mut twice = Vec::new();
    for (row, key) in (0..).zip(keys) {
        if places.insert(key.as_str(), row).is_some() {
            twice.push(key.clone());
        }
    }
    if twice.is_empty() {
        return Ok(places);
    }
    Err(PairingError::KeysTwice { place: place.to_owned(), count: twice.len(), keys: listed(&twice) }.into())
}

/// Of each of the arrays' rows the table's, where the keys are the arrays' row numbers: 0 to n − 1, or 1 to n.
fn by_number(keys: &[String], rows: Option<usize>) -> Option<Vec<u32>> {
    let numbers = keys.iter().map(|key| key.parse().ok()).collect::<Option<Vec<u32>>>()?;
    let first = *numbers.iter().min()?;
    if first > 1 || rows.is_some_and(|rows| rows != keys.len()) {
        return None;
    }
    let mut order = vec![u32::MAX; numbers.len()];
    for (row, &number) in (0..).zip(&numbers) {
        *order.get_mut((number - first) as usize)? = row;
    }
    order.iter().all(|&row| row != u32::MAX).then_some(order)
}
