//! What can be wrong with a data set, each with the file, array, column or row, and the fix.

mod not_finite;
mod pairing;
mod words;

use std::path::Path;

use thiserror::Error;

use study::event::SplitOf;

pub(crate) use not_finite::{both_finite, without_rows};
pub use pairing::PairingError;
pub(crate) use pairing::rows_have;
pub(crate) use words::{has_extension, is_plain, listed, printable, printable_path};

/// Why a data set cannot be used. Text that came from a file is stripped of control characters.
#[derive(Debug, Error)]
pub enum DataError {
    /// A table's rows, or halves of rows, that do not come together.
    #[error(transparent)]
    Pairing(#[from] PairingError),
    /// Nothing at the path.
    #[error("{path} does not exist; check `data.source`")]
    Missing {
        /// The file or folder.
        path: String,
    },
    /// The operating system refuses.
    #[error("cannot {verb} {path}: {reason}")]
    Io {
        /// `read` or `write`.
        verb: &'static str,
        /// The file or folder.
        path: String,
        /// The operating system's message.
        reason: String,
    },
    /// A kind of file that is not read.
    #[error(
        "{path}: unsupported format; `data.source` may be a .npz, a .safetensors, a .parquet, an Arrow or Feather file, \
         a .pt, an HDF5 file, a table with columns text_0, text_1, …, a folder of .npy with one table of labels, or \
         `clip-like`"
    )]
    Format {
        /// The file.
        path: String,
    },
    /// A kind of file that is known and not read.
    #[error("{path} is {what}, which is not read here; {fix}")]
    Unread {
        /// The file.
        path: String,
        /// What it is.
        what: &'static str,
        /// What turns it into what is read.
        fix: &'static str,
    },
    /// A folder with several data sets in it.
    #[error(
        "{path} holds several data sets: {found}; name one of them in `data.source`, and a table that lies beside it in `data.table`"
    )]
    SeveralSets {
        /// The folder.
        path: String,
        /// Its files.
        found: String,
    },
    /// A folder with several tables, none of which was looked into.
    #[error(
        "{path} has no array `{name}`, which `{key}` names, and several tables: {found}; name the one that has it in `data.table`"
    )]
    SeveralTables {
        /// The folder.
        path: String,
        /// What was looked for.
        name: String,
        /// The key that names it.
        key: &'static str,
        /// The tables.
        found: String,
    },
    /// One of several shards, asked for as if it were an array of its own.
    #[error(
        "`{key}` names `{name}`, which is one of {count} shards of `{array}` in {path}: name `{array}`, or rename the file if it is another \
         modality"
    )]
    Shard {
        /// The folder.
        path: String,
        /// What was asked for.
        name: String,
        /// The key that names it.
        key: &'static str,
        /// What its shards make up.
        array: String,
        /// How many shards there are.
        count: usize,
    },
    /// A file to be written has an unknown extension.
    #[error(
        "cannot write {path}: unsupported format; the name must end in .npz or .safetensors, or in / for a folder of .npy"
    )]
    OutputFormat {
        /// The file.
        path: String,
    },
    /// Contents that contradict themselves or end early.
    #[error("{place} is cut short or damaged: {reason}; write or copy the file again")]
    Damaged {
        /// File and array.
        place: String,
        /// What does not fit.
        reason: String,
    },
    /// No array, file or column of the name.
    #[error("{path} has no `{name}`, which `{key}` names; it has {found}{hint}")]
    ArrayNotFound {
        /// The file or folder.
        path: String,
        /// What was looked for.
        name: String,
        /// The key that names it.
        key: &'static str,
        /// The names that exist.
        found: String,
        /// The nearest of them, as a question.
        hint: String,
    },
    /// Elements of a kind that is not allowed here.
    #[error("{place} holds {element}, {wanted}")]
    Element {
        /// File and array.
        place: String,
        /// The kind of element.
        element: String,
        /// What is allowed here, and the fix.
        wanted: &'static str,
    },
    /// An array of the wrong number of dimensions.
    #[error("{place} has shape {shape}, but {wanted}")]
    Shape {
        /// File and array.
        place: String,
        /// As in `NumPy`.
        shape: String,
        /// The shape that is needed.
        wanted: &'static str,
    },
    /// Arrays of one data set that differ in rows.
    #[error("{path}: row counts differ: {counts}; each array and column needs one row per sample")]
    RowCounts {
        /// The file or folder.
        path: String,
        /// Each array with its rows.
        counts: String,
    },
    /// NaN or infinity among the embeddings.
    #[error("{}; {fix}", .arrays.join("; "))]
    NotFinite {
        /// What each array has, and where.
        arrays: Vec<String>,
        /// What to do.
        fix: String,
    },
    /// A label that cannot be one.
    #[error("{place}, {row}: {reason}")]
    BadCell {
        /// File and array or column.
        place: String,
        /// The row or line.
        row: String,
        /// What is wrong, and the fix.
        reason: String,
    },
    /// Labels that measure something.
    #[error(
        "{place} has {what}, such as {example}: regression is not supported; name a column of at most 1000 classes in \
         `data.label`, or list the values that count as 1 in `data.positive`"
    )]
    Regression {
        /// File and array or column.
        place: String,
        /// What shows that they are no classes.
        what: String,
        /// One of them.
        example: String,
    },
    /// A label that counts as both classes.
    #[error("`data.positive` and `data.negative` both name `{value}`; take it out of one of them")]
    LabelOfBothClasses {
        /// The label.
        value: String,
    },
    /// A label that a trained model does not know.
    #[error("{place} has the label `{found}`, which the model was not trained on; its classes are {known}")]
    UnknownClass {
        /// File and array or column.
        place: String,
        /// The label.
        found: String,
        /// The model's classes.
        known: String,
    },
    /// A value of `data.positive` or `data.negative` that no row has.
    #[error("`{key}` names {missing}, which {place} does not contain; its values are {found}")]
    LabelNeverOccurs {
        /// The key.
        key: &'static str,
        /// File and array or column.
        place: String,
        /// The values looked for.
        missing: String,
        /// The values that occur.
        found: String,
    },
    /// Only one class.
    #[error("the {task} task's labels are all {class} in {rows}; {fix}")]
    OneClass {
        /// `real` or `synthetic`.
        task: &'static str,
        /// Its name.
        class: String,
        /// Which rows.
        rows: &'static str,
        /// The keys that fix it.
        fix: &'static str,
    },
    /// One class of more than two that is over 95 %.
    #[error(
        "{share:.1} % of the training split of the {task} task are of class `{class}`, over 95 %; {fix}, or accept it with \
         `synthetic.allow_imbalance = true`"
    )]
    Majority {
        /// The task's name.
        task: &'static str,
        /// The class's name.
        class: String,
        /// Percent.
        share: f64,
        /// The keys that fix it.
        fix: &'static str,
    },
    /// A minority class under 5 %.
    #[error(
        "the {task} task's smaller class is {share:.1} % of the training split, under 5 %; {fix}, or accept it with \
         `synthetic.allow_imbalance = true`"
    )]
    Imbalance {
        /// `real` or `synthetic`.
        task: &'static str,
        /// Percent.
        share: f64,
        /// The keys that fix it.
        fix: &'static str,
    },
    /// A dot product or product fusion of unequal widths.
    #[error(
        "{what} needs text and image of the same width, but they are {text} and {image} wide; set `data.width` (for \
         example {smaller}) to project both to a common width"
    )]
    UnequalWidths {
        /// Which part of the sweep.
        what: String,
        /// Text width.
        text: usize,
        /// Image width.
        image: usize,
        /// The smaller of the two.
        smaller: usize,
    },
    /// A common width that cannot be reached.
    #[error("`data.width` = {width} is too large: {reason}")]
    Width {
        /// As configured.
        width: usize,
        /// What it exceeds.
        reason: String,
    },
    /// Rows for a model that was trained on others.
    #[error("{place} has width {found}, but the model was trained on width {wanted}; use other data")]
    OtherWidth {
        /// File and array.
        place: String,
        /// Its width.
        found: usize,
        /// The model's.
        wanted: usize,
    },
    /// A split without rows.
    #[error("the {split} split has no rows; {fix}")]
    EmptySplit {
        /// Which.
        split: &'static str,
        /// What to change.
        fix: &'static str,
    },
    /// Groups that cannot each be in one part of a split.
    #[error("{place}: {reason}")]
    Groups {
        /// The column and its file.
        place: String,
        /// Why, and the fix.
        reason: String,
    },
    /// Splits that no single list of train sizes fits.
    #[error(
        "split {split} has {} training, {} validation and {} test rows, but split 0 has {}, {} and {}; all splits need the same sizes: change \
         `data.split_seeds`",
        found.train, found.validation, found.test, first.train, first.validation, first.test
    )]
    SplitSizes {
        /// Which, counted from 0.
        split: usize,
        /// Its rows.
        found: SplitOf<usize>,
        /// Those of the first.
        first: SplitOf<usize>,
    },
    /// A key whose value the generator cannot follow.
    #[error("`{key}` = {value} is not possible; {wanted}")]
    Key {
        /// The key.
        key: &'static str,
        /// Its value.
        value: String,
        /// What is.
        wanted: &'static str,
    },
    /// More than may be read or made.
    #[error(
        "{place} needs {needed} of memory, but {bound} {limit}; use fewer rows or columns, or raise `run.memory`"
    )]
    TooLarge {
        /// The file or folder.
        place: String,
        /// What it needs.
        needed: String,
        /// What bounds it.
        bound: &'static str,
        /// The bound.
        limit: String,
    },
    /// Not enough memory.
    #[error("{place} does not fit into memory; use fewer rows or columns")]
    Memory {
        /// File and array.
        place: String,
    },
}

impl DataError {
    /// The operating system's refusal to read or write `path`.
    pub(crate) fn io(verb: &'static str, path: &Path, error: &std::io::Error) -> Self {
        let path_text = printable_path(path);
        if verb == "read" && error.kind() == std::io::ErrorKind::NotFound {
            return Self::Missing { path: path_text };
        }
        Self::Io { verb, path: path_text, reason: error.to_string() }
    }

    /// `name`, asked for by `key`, is not among `names`.
    pub(crate) fn not_found(path: &Path, key: &'static str, name: &str, names: &[String]) -> Self {
        let nearest = names
            .iter()
            .map(|candidate| (strsim::jaro_winkler(name, candidate), candidate))
            .filter(|(likeness, _)| *likeness > 0.75)
            .max_by(|a, b| a.0.total_cmp(&b.0));
        let hint =
            nearest.map_or(String::new(), |(_, nearest)| format!("; did you mean `{}`?", printable(nearest)));
        let found = if names.is_empty() { "no array".to_owned() } else { listed(names) };
        Self::ArrayNotFound { path: printable_path(path), name: printable(name), key, found, hint }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_missing_array_is_answered_with_the_nearest_name() {
        let names = ["fourier".to_owned(), "karhunen".to_owned()];
        let error = DataError::not_found(Path::new("m.npz"), "data.text", "furier", &names);
        assert_eq!(
            error.to_string(),
            "m.npz has no `furier`, which `data.text` names; it has fourier, karhunen; did you mean `fourier`?"
        );
    }
}
