//! A table as text, before any format: names, and rows of entries that one of may be the best.

/// A table of plain text, which each format escapes.
pub(super) struct Grid {
    pub(super) names: Vec<String>,
    pub(super) rows: Vec<Vec<Entry>>,
}

/// One cell.
#[derive(Clone)]
pub(super) struct Entry {
    pub(super) text: String,
    /// The paired test says that it is the best of its row.
    pub(super) is_best: bool,
}

impl From<String> for Entry {
    fn from(text: String) -> Self {
        Self { text, is_best: false }
    }
}

impl From<&str> for Entry {
    fn from(text: &str) -> Self {
        text.to_owned().into()
    }
}

impl Grid {
    /// Of rows without a best.
    pub(super) fn new<const N: usize>(names: [&str; N], rows: impl Iterator<Item = [String; N]>) -> Self {
        let rows = rows.map(|row| row.map(Entry::from).to_vec()).collect();
        Self { names: names.map(str::to_owned).to_vec(), rows }
    }
}
