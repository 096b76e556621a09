//! Tables of columns: Parquet, Arrow and Feather. A modality is a column of lists, or a block of columns with numbers at
//! their ends.

mod cells;
mod claims;
mod ipc;
mod lists;
mod numbers;
mod pages;
mod parquet;
#[cfg(test)]
mod tests;
mod thrift;
mod worker;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use arrow_array::ArrayRef;
use arrow_schema::{DataType, SchemaRef};

use super::super::column::{Rows, TakeCell};
use super::super::error::{DataError, PairingError, printable, printable_path};
use super::{ArrayFile, TakeRows, wide};

/// Rows read at a time, at most.
const MOST_ROWS: usize = 1_024;
/// Numbers read at a time, about: 16 MiB.
const MOST_NUMBERS: usize = 1 << 22;
/// Rows read at a time before their width is known.
const FIRST_ROWS: usize = 64;

/// Opens a Parquet file.
pub(super) fn parquet(path: &Path) -> Result<Box<dyn ArrayFile>, DataError> {
    Ok(Box::new(Table::new(path, parquet::Parquet::open(path)?)))
}

/// Opens an Arrow file, a Feather file or an Arrow stream.
pub(super) fn ipc(path: &Path) -> Result<Box<dyn ArrayFile>, DataError> {
    Ok(Box::new(Table::new(path, ipc::Ipc::open(path)?)))
}

/// Takes the next rows of some columns; says whether more are wanted.
type Take<'a> = dyn FnMut(Vec<ArrayRef>) -> bool + 'a;

/// Columns that can be read some rows at a time.
trait Source: Send {
    /// The columns.
    fn schema(&self) -> SchemaRef;

    /// How many rows it claims to have.
    fn rows(&self) -> u64;

    /// Hands these columns, whose places ascend, to `take`, at most so many rows at a time.
    fn read(&mut self, columns: &[usize], most_rows: usize, take: &mut Take<'_>) -> Result<(), DataError>;
}

/// An open file of columns.
struct Table<S> {
    path: PathBuf,
    source: S,
    /// Widths of columns of lists that were looked at: finding one may take a whole batch.
    widths: BTreeMap<usize, usize>,
}

/// How a matrix lies in a table.
enum Matrix {
    /// One column, a list for each row.
    Lists(usize),
    /// A column for each number.
    Block(Vec<usize>),
}

impl Matrix {
    fn columns(&self) -> &[usize] {
        match self {
            Self::Lists(place) => std::slice::from_ref(place),
            Self::Block(places) => places,
        }
    }
}

impl<S: Source> Table<S> {
    fn new(path: &Path, source: S) -> Self {
        Self { path: path.to_owned(), source, widths: BTreeMap::new() }
    }

    fn fields(&self) -> Vec<String> {
        self.source.schema().fields().iter().map(|field| field.name().clone()).collect()
    }

    /// File and column, for messages.
    fn place(&self, name: &str) -> String {
        format!("column `{}` of {}", printable(name), printable_path(&self.path))
    }

    /// Where the column `name` is, if there is one.
    fn place_of(&self, name: &str) -> Result<Option<usize>, DataError> {
        let schema = self.source.schema();
        let mut places = schema.fields().iter().enumerate().filter(|(_, field)| field.name() == name);
        match (places.next(), places.next()) {
            (Some((first, _)), Some((second, _))) => Err(PairingError::SameColumns {
                path: printable_path(&self.path),
                name: printable(name),
                places: [first + 1, second + 1],
            }
            .into()),
            (first, _) => Ok(first.map(|(place, _)| place)),
        }
    }

    /// Rows, where there is one at least.
    fn claimed_rows(&self, name: &str) -> Result<usize, DataError> {
        let rows = self.source.rows();
        let wanted = match u32::try_from(rows) {
            Ok(0) => "at least one row and one column are needed",
            Ok(rows) => return Ok(rows as usize),
            Err(_) => "at most 4294967295 rows are read",
        };
        Err(DataError::Shape { place: self.place(name), shape: format!("({rows},)"), wanted })
    }

    /// Where the matrix `name` is, all of it numbers.
    fn matrix(&self, key: &'static str, name: &str) -> Result<Matrix, DataError> {
        let schema = self.source.schema();
        let checked = |place: usize, leaf: &DataType| {
            if numbers::is_number(leaf) {
                return Ok(());
            }
            Err(DataError::Element {
                place: self.place(schema.field(place).name()),
                element: numbers::kind(leaf),
                wanted: numbers::wanted(leaf),
            })
        };
        if let Some(place) = self.place_of(name)? {
            let kind = schema.field(place).data_type();
            if lists::is_list(kind) || numbers::is_bytes(kind) {
                checked(place, lists::leaf(kind))?;
                return Ok(Matrix::Lists(place));
            }
        }
        let fields = self.fields();
        let places = wide::columns(&self.path, key, name, &fields).map_err(|error| match error {
            DataError::ArrayNotFound { .. } => DataError::not_found(&self.path, key, name, &self.names()),
            other => other,
        })?;
        places.iter().try_for_each(|&place| checked(place, schema.field(place).data_type()))?;
        Ok(Matrix::Block(places))
    }

    /// The matrix's width: of lists, that of the first row that is not missing.
    fn width(&mut self, name: &str, matrix: &Matrix) -> Result<usize, DataError> {
        let place = match matrix {
            Matrix::Block(places) => return Ok(places.len()),
            Matrix::Lists(place) => *place,
        };
        if let Some(width) = self.widths.get(&place) {
            return Ok(*width);
        }
        let schema = self.source.schema();
        if let DataType::FixedSizeList(item, width) = schema.field(place).data_type()
            && !lists::is_list(item.data_type())
            && *width > 0
        {
            return Ok(*width as usize);
        }
        let named = self.place(name);
        let (mut width, mut before) = (None, 0);
        self.stream(&[place], FIRST_ROWS, &mut |columns| {
            width = lists::Lists::of(&columns[0], before, &named)?.first_width();
            before += columns[0].len();
            Ok(width.is_none())
        })?;
        let Some(width) = width.filter(|width| *width > 0) else {
            let shape = format!("({}, 0)", self.source.rows());
            let wanted = "at least one row and one column are needed";
            return Err(DataError::Shape { place: named, shape, wanted });
        };
        self.widths.insert(place, width);
        Ok(width)
    }

    /// Hands these columns, in this order, to `take`; says how many rows came, all of them where `take` wanted more.
    fn stream(
        &mut self,
        columns: &[usize],
        most_rows: usize,
        take: &mut dyn FnMut(&[ArrayRef]) -> Result<bool, DataError>,
    ) -> Result<u64, DataError> {
        let mut sorted = columns.to_vec();
        sorted.sort_unstable();
        let order: Vec<usize> = columns.iter().filter_map(|place| sorted.binary_search(place).ok()).collect();
        let mut rows = 0;
        worker::stream(&self.path, &mut self.source, &sorted, most_rows, &mut |batch: Vec<ArrayRef>| {
            let ordered: Vec<ArrayRef> = order.iter().filter_map(|&at| batch.get(at).cloned()).collect();
            let here = ordered.first().map_or(0, |column| column.len());
            if ordered.len() != columns.len() || ordered.iter().any(|column| column.len() != here) {
                return Err(damaged(&self.path, "its columns differ in rows"));
            }
            rows += here as u64;
            take(&ordered)
        })?;
        Ok(rows)
    }

    /// Refuses a file that held more or fewer rows than it claimed.
    fn check_rows(&self, name: &str, found: u64) -> Result<(), DataError> {
        let claimed = self.source.rows();
        if found == claimed {
            return Ok(());
        }
        Err(DataError::Damaged {
            place: self.place(name),
            reason: format!("it has {found} rows, but its header claims {claimed}"),
        })
    }
}

impl<S: Source> ArrayFile for Table<S> {
    fn names(&self) -> Vec<String> {
        let mut names = self.fields();
        names.sort();
        names
    }

    fn shape(&mut self, key: &'static str, name: &str) -> Result<[usize; 2], DataError> {
        let matrix = self.matrix(key, name)?;
        let rows = self.claimed_rows(name)?;
        Ok([rows, self.width(name, &matrix)?])
    }

    fn rows(&mut self, key: &'static str, name: &str, take: &mut TakeRows<'_>) -> Result<(), DataError> {
        let matrix = self.matrix(key, name)?;
        let width = self.width(name, &matrix)?;
        let most_rows = (MOST_NUMBERS / width).clamp(1, MOST_ROWS);
        let (named, mut block, mut before) = (self.place(name), Vec::new(), 0);
        let found = self.stream(matrix.columns(), most_rows, &mut |columns| {
            block.clear();
            match matrix {
                Matrix::Lists(_) => {
                    lists::Lists::of(&columns[0], before, &named)?.extend(width, &mut block)?;
                }
                Matrix::Block(_) => numbers::extend_block(columns, &mut block),
            }
            before += columns[0].len();
            take(&block)?;
            Ok(true)
        })?;
        self.check_rows(name, found)
    }

    fn cells(
        &mut self,
        key: &'static str,
        name: &str,
        most: usize,
        take: &mut TakeCell<'_>,
    ) -> Result<Rows, DataError> {
        let Some(place) = self.place_of(name)? else {
            return Err(DataError::not_found(&self.path, key, name, &self.names()));
        };
        let schema = self.source.schema();
        let kind = schema.field(place).data_type();
        if !cells::is_cell(kind) {
            let wanted = "where one text or number for each row is needed; name another column";
            return Err(DataError::Element { place: self.place(name), element: numbers::kind(kind), wanted });
        }
        let rows = usize::try_from(self.source.rows()).unwrap_or(usize::MAX);
        if rows > most {
            return Ok(Rows::Exactly(rows));
        }
        let (named, mut before) = (self.place(name), 0);
        let found = self.stream(&[place], MOST_ROWS, &mut |columns| {
            cells::each(&columns[0], take).map_err(|(row, reason)| DataError::BadCell {
                place: named.clone(),
                row: format!("row {} (counted from 0)", before + row),
                reason,
            })?;
            before += columns[0].len();
            Ok(true)
        })?;
        self.check_rows(name, found)?;
        Ok(Rows::Exactly(rows))
    }
}

/// A file whose contents do not fit together, with what another library says of them.
fn damaged(path: &Path, reason: impl std::fmt::Display) -> DataError {
    DataError::Damaged { place: printable_path(path), reason: printable(&reason.to_string()) }
}
