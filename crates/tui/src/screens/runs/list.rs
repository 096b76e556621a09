//! Which run the list's cursor is on, which are marked, and which are shown in which order.

use std::collections::BTreeSet;
use std::path::PathBuf;

use crate::widgets::line_editor::LineEditor;
use monitor::listing::{ListColumn, arranged};
use monitor::shown::SortOrder;
use study::filter::{Key, Typed};
use study::listing::RunEntry;

/// Where the list was left, to come back to.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RunList {
    /// The run under the cursor; the first one where that is none of them.
    pub(super) cursor: Option<PathBuf>,
    pub(super) marked: BTreeSet<PathBuf>,
    /// The filter as it is typed.
    pub(super) filter: LineEditor,
    /// The sorted column; `None` is the order in which they began, the newest first.
    pub(super) sort: Option<ListColumn>,
    /// Its direction.
    pub(super) order: SortOrder,
}

impl RunList {
    /// With a filter, and sorted.
    pub fn of(filter: &str, (sort, order): (Option<ListColumn>, SortOrder)) -> Self {
        Self { filter: LineEditor::new(filter), sort, order, ..Self::default() }
    }

    /// The runs that pass the filter, in the order asked for.
    pub(super) fn shown<'a>(&self, entries: &'a [RunEntry], now_ms: u64) -> Vec<&'a RunEntry> {
        arranged(entries, &self.typed().filter, (self.sort, self.order), now_ms)
    }

    /// The filter, read.
    pub(super) fn typed(&self) -> Typed {
        Typed::read(self.filter.text(), Key::RUNS)
    }

    /// The cursor's place.
    pub(super) fn place(&self, shown: &[&RunEntry]) -> usize {
        shown.iter().position(|entry| Some(&entry.path) == self.cursor.as_ref()).unwrap_or(0)
    }

    /// Puts the cursor on a place, at most the last one.
    pub(super) fn point(&mut self, shown: &[&RunEntry], place: usize) {
        let entry = shown.get(place.min(shown.len().saturating_sub(1)));
        self.cursor = entry.map(|entry| entry.path.clone());
    }

    /// The marked runs that are there, in the list's order.
    pub(super) fn marked_of(&self, entries: &[RunEntry]) -> Vec<PathBuf> {
        let marked = entries.iter().filter(|entry| self.marked.contains(&entry.path));
        marked.map(|entry| entry.path.clone()).collect()
    }
}

/// For pictures.
#[cfg(test)]
impl RunList {
    pub(crate) fn marking(marked: impl IntoIterator<Item = PathBuf>) -> Self {
        Self { marked: marked.into_iter().collect(), ..Self::default() }
    }

    pub(crate) fn filtered(self, filter: &str) -> Self {
        Self { filter: LineEditor::new(filter), ..self }
    }

    pub(crate) fn sorted(self, column: ListColumn, order: SortOrder) -> Self {
        Self { sort: Some(column), order, ..self }
    }

    pub(crate) fn at(self, cursor: PathBuf) -> Self {
        Self { cursor: Some(cursor), ..self }
    }
}
