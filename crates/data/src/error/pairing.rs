//! What can be wrong between a table and the arrays beside it, and with rows that have a half only.

use study::format::counted;
use thiserror::Error;

/// Why rows do not come together. Text that came from a file is stripped of control characters.
#[derive(Debug, Error)]
pub enum PairingError {
    /// A table whose rows are in another order than the arrays beside it.
    #[error(
        "{path} is not in the order of the arrays: its column {column} numbers the rows, but has {number} in row {row} \
         (counted from 0); set `data.key` = \"{key}\" to pair the rows by these numbers, or `data.order` = \"trusted\" where the \
         column numbers something else"
    )]
    OtherOrder {
        /// The table.
        path: String,
        /// The column of row numbers.
        column: String,
        /// What `data.key` calls it.
        key: String,
        /// The first row that is elsewhere.
        row: usize,
        /// Its number.
        number: u32,
    },
    /// Nothing at the path of a table.
    #[error("{path} does not exist; check `data.table`")]
    NoTable {
        /// The table.
        path: String,
    },
    /// Keys that do not name one row.
    #[error("{place} has keys more than once ({count}): {keys}; each row needs a key of its own")]
    KeysTwice {
        /// Column and file.
        place: String,
        /// How many keys.
        count: usize,
        /// The first of them.
        keys: String,
    },
    /// Keys that name no row.
    #[error("{place} lacks keys of {other} ({count}): {keys}; both need the same keys, letter by letter")]
    KeysMissing {
        /// Column and file that lack them.
        place: String,
        /// How many.
        count: usize,
        /// The first of them.
        keys: String,
        /// Column and file that have them.
        other: String,
    },
    /// Rows without text or image.
    #[error(
        "{place}: {} no text and {image} no image (all zeros, NaN or null), the first is row {first} (counted from \
         0); set `data.missing` to \"drop\", \"mean\" or \"zero\", or remove the rows",
        rows_have(*.text)
    )]
    MissingHalves {
        /// The file or folder.
        place: String,
        /// Rows without text.
        text: usize,
        /// Rows without image.
        image: usize,
        /// The first row of either kind.
        first: u32,
    },
    /// Every row has something missing.
    #[error("{place} has no row with both text and image; change `data.missing`")]
    NothingLeft {
        /// The file or folder.
        place: String,
    },
    /// A name that two columns have.
    #[error("{path} has two columns `{name}`, column {} and column {} (counted from 1); rename one", .places[0], .places[1])]
    SameColumns {
        /// The table.
        path: String,
        /// The name.
        name: String,
        /// The first two places.
        places: [usize; 2],
    },
}

/// `1 row has`, `3 rows have`
pub(crate) fn rows_have(rows: usize) -> String {
    format!("{} {}", counted(rows, "row"), if rows == 1 { "has" } else { "have" })
}
