//! Which run the list's cursor is on, and which are marked.

use std::collections::BTreeSet;
use std::path::PathBuf;

use study::listing::RunEntry;

/// Where the list was left, to come back to.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RunList {
    /// The run under the cursor; the first one where that is none of them.
    pub(super) cursor: Option<PathBuf>,
    pub(super) marked: BTreeSet<PathBuf>,
}

impl RunList {
    /// The cursor's place.
    pub(super) fn place(&self, entries: &[RunEntry]) -> usize {
        entries.iter().position(|entry| Some(&entry.path) == self.cursor.as_ref()).unwrap_or(0)
    }

    /// Puts the cursor on a place, at most the last one.
    pub(super) fn point(&mut self, entries: &[RunEntry], place: usize) {
        let entry = entries.get(place.min(entries.len().saturating_sub(1)));
        self.cursor = entry.map(|entry| entry.path.clone());
    }

    /// With these marked.
    #[cfg(test)]
    pub(crate) fn marking(marked: impl IntoIterator<Item = PathBuf>) -> Self {
        Self { cursor: None, marked: marked.into_iter().collect() }
    }

    /// The marked runs that are there, in the list's order.
    pub(super) fn marked_of(&self, entries: &[RunEntry]) -> Vec<PathBuf> {
        let marked = entries.iter().filter(|entry| self.marked.contains(&entry.path));
        marked.map(|entry| entry.path.clone()).collect()
    }
}
