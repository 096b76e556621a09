//! What a column of the table and one of the source have in common: whether they hold the same keys, and in one order.

use std::collections::HashSet;

use super::super::column::key_of;
use super::super::files::ArrayFile;
use super::facts::{Facts, hash_of};
use super::name;

/// Keys that one side lacks, as many as are named.
const MOST_NAMED: usize = 5;

/// A column of the table and one of the source, by which their rows may be paired: each has one row for each key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Shared {
    /// What the source calls it.
    pub(super) source: String,
    /// What the table calls it.
    pub(super) table: String,
    /// Whether both have the same keys in the same order.
    pub(super) is_in_order: bool,
    /// Keys that both have.
    pub(super) count: usize,
    /// Keys that the table lacks.
    pub(super) only_source: Absent,
    /// Keys that the source lacks.
    pub(super) only_table: Absent,
}

/// Keys that one side lacks.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Absent {
    pub(super) count: usize,
    /// The first of them.
    pub(super) first: Vec<String>,
}

impl Shared {
    /// Those of all pairs of columns, the likeliest keys first.
    pub(super) fn of(columns: &[Facts], source: &mut dyn ArrayFile, table: &mut dyn ArrayFile) -> Vec<Self> {
        let (in_table, in_source): (Vec<&Facts>, Vec<&Facts>) =
            columns.iter().filter(|facts| facts.is_unique()).partition(|facts| facts.in_table);
        let mut found = Vec::new();
        for of_table in in_table {
            for &of_source in &in_source {
                found.extend(Self::between(of_source, of_table, source, table));
            }
        }
        found.sort_by_key(|shared| {
            let is_whole = shared.has_same_keys();
            (!is_whole, !name::is_key(&shared.table), shared.source != shared.table)
        });
        found
    }

    /// Whether each has every key of the other.
    pub(super) const fn has_same_keys(&self) -> bool {
        self.only_source.count == 0 && self.only_table.count == 0
    }

    fn between(
        of_source: &Facts,
        of_table: &Facts,
        source: &mut dyn ArrayFile,
        table: &mut dyn ArrayFile,
    ) -> Option<Self> {
        let is_same_name = of_source.name == of_table.name;
        let mut shared = Self {
            source: of_source.called().to_owned(),
            table: of_table.called().to_owned(),
            is_in_order: of_source.order == of_table.order,
            count: of_source.rows.min(of_table.rows),
            only_source: Absent::default(),
            only_table: Absent::default(),
        };
        if of_source.keys.is_empty() || of_table.keys.is_empty() {
            // Too many to be compared: the name has to do.
            return is_same_name.then_some(shared);
        }
        let keys = [of_source, of_table].map(|facts| facts.keys.iter().copied().collect::<HashSet<u64>>());
        shared.count = keys[0].intersection(&keys[1]).count();
        let are_keys = name::is_key(&of_source.name) && name::is_key(&of_table.name);
        // Ranks and other numbers from 0 on are alike and no keys; texts are alike for a reason.
        let are_alike = shared.count * 2 >= keys[0].len().min(keys[1].len())
            && (are_keys || !of_source.is_whole && !of_table.is_whole);
        if !are_alike && !(is_same_name && (shared.count > 0 || are_keys)) {
            return None;
        }
        shared.only_source = Absent::from(&keys[1], of_source, source);
        shared.only_table = Absent::from(&keys[0], of_table, table);
        Some(shared)
    }
}

impl Absent {
    /// The column's keys that are not among `others`.
    fn from(others: &HashSet<u64>, facts: &Facts, file: &mut dyn ArrayFile) -> Self {
        let count = facts.keys.iter().filter(|key| !others.contains(key)).count();
        let mut first = Vec::new();
        if count > 0 {
            // What cannot be read a second time is counted and not named.
            let _ = file.cells("data.key", &facts.name, facts.rows, &mut |cell| {
                let key = key_of(cell)?;
                if first.len() < MOST_NAMED && !others.contains(&hash_of(&key)) {
                    first.push(key);
                }
                Ok(())
            });
        }
        Self { count, first }
    }
}
