//! Why no configuration can be suggested, each with the fix.

use thiserror::Error;

use super::super::error::DataError;

/// Why no configuration can be suggested.
#[derive(Debug, Error)]
pub enum GuideError {
    /// The data cannot be read.
    #[error(transparent)]
    Data(#[from] DataError),
    /// Not two matrices.
    #[error(
        "{place} has {found}; two matrices of as many rows are needed, one of text and one of image embeddings; \
         name a file or folder that holds both"
    )]
    NoPair {
        /// The file or folder.
        place: String,
        /// What it has.
        found: String,
    },
    /// Arrays in two places.
    #[error(
        "{first} and {second} are two sources, and a study has one; put both into one folder, such as: mkdir set; \
         ln -s \"$(realpath {first})\" \"$(realpath {second})\" set/; then: superfuse-tui init set"
    )]
    Apart {
        /// One.
        first: String,
        /// The other.
        second: String,
    },
    /// Tables, where there is at most one.
    #[error("{first} and {second} are two tables; join them into one, or name one of them")]
    Tables {
        /// One.
        first: String,
        /// The other.
        second: String,
    },
    /// An answer that names nothing.
    #[error("`{key}` names `{answer}`, which is not there; there are {found}")]
    NotThere {
        /// The key.
        key: &'static str,
        /// What was answered.
        answer: String,
        /// What there is.
        found: String,
    },
    /// A key, and no table.
    #[error(
        "`{key}` = {answer} pairs a table's rows with the arrays', and there is no table: name one behind the data set, or leave \
         the key out"
    )]
    KeyWithoutTable {
        /// The key that was answered.
        key: &'static str,
        /// With what.
        answer: String,
    },
    /// What the table calls a key that is not named.
    #[error(
        "`data.table_key` = {answer} says what the table calls the column of `data.key`; set `data.key` too"
    )]
    TableKeyAlone {
        /// What was answered.
        answer: String,
    },
    /// A key that the table or the arrays do not have.
    #[error("`{key}` = {answer}, and {place} has no such column; {found}")]
    NoKey {
        /// The key that names it.
        key: &'static str,
        /// What was answered.
        answer: String,
        /// Which file lacks it.
        place: String,
        /// What there is.
        found: String,
    },
    /// Two columns that pair the rows differently.
    #[error(
        "{table} is in the order of the arrays by its column `{ordered}` and in another by `{other}`: say which holds, with \
         {set}, or with --set data.key=none for line by line"
    )]
    TwoOrders {
        /// The table.
        table: String,
        /// The column that says so.
        ordered: String,
        /// The column that does not.
        other: String,
        /// The answer that takes the other.
        set: String,
    },
    /// Keys that one side lacks.
    #[error("{differ}; {fix}")]
    KeysDiffer {
        /// How many, which, and of which column.
        differ: String,
        /// What to do.
        fix: String,
    },
    /// A table that cannot be paired.
    #[error(
        "{table} has {of_table} rows and the arrays have {rows}, and none of its columns ({columns}) has the values of an array, by \
         which they could be paired: give it one row for each of theirs, or give both a column of keys, such as `id`"
    )]
    OtherRows {
        /// The table.
        table: String,
        /// Its rows.
        of_table: usize,
        /// The arrays'.
        rows: usize,
        /// Its columns.
        columns: String,
    },
    /// A table that was named and has nothing that a study needs.
    #[error(
        "{table} is not used, as none of its columns can be a label, a split or a group: {columns}; name the right one with --set \
         data.label=COLUMN, fix the table, or leave it out"
    )]
    Unused {
        /// The table.
        table: String,
        /// What stands against each column.
        columns: String,
    },
    /// A path that no configuration can hold.
    #[error("{path} is not UTF-8; rename it")]
    Path {
        /// As far as it can be shown.
        path: String,
    },
}
