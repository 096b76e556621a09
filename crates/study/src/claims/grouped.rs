//! Test rows in groups of the data, where a number is not kept row by row: how many count as independent, and how much
//! more uncertain a mean over them is than over as many independent rows.

use std::collections::BTreeMap;

use crate::event::RunHeader;
use crate::grid::{Seed, Task};
use crate::inference::crossed::{distinct, effective};
use crate::rows::{RowOutcomes, RunRows};

/// The groups of a run's test rows.
pub(super) struct Grouped {
    count: usize,
    effective: f64,
    design_effects: BTreeMap<Task, f64>,
}

impl Grouped {
    /// `None` where the data has no groups, or no record says which.
    pub(super) fn of(header: &RunHeader, outcomes: &RunRows) -> Option<Self> {
        if header.config.data.group.is_empty() {
            return None;
        }
        let groups = &outcomes.values().find(|of| !of.seeds.is_empty() && !of.groups.is_empty())?.groups;
        let splits = groups.iter().map(|codes| Split::of(codes)).collect::<Vec<_>>();
        let least = splits.iter().map(|split| effective(&split.sizes)).fold(f64::INFINITY, f64::min);
        let of_task = |task: &Task| {
            let of_task = outcomes.iter().filter(|(id, _)| id.task == *task).map(|(_, of)| of);
            Some((*task, design_effect(header, &splits, of_task)?))
        };
        Some(Self {
            count: distinct(&groups.concat()).len(),
            effective: least,
            design_effects: header.sweep.tasks.iter().filter_map(of_task).collect(),
        })
    }

    /// Groups, over all splits.
    pub(super) const fn count(&self) -> usize {
        self.count
    }

    /// As how many groups of one size those of a split's test rows count.
    pub(super) const fn effective(&self) -> f64 {
        self.effective
    }

    /// By how much the groups multiply the variance of accuracy on this task; `None` without a row of it.
    pub(super) fn design_effect(&self, task: Task) -> Option<f64> {
        self.design_effects.get(&task).copied()
    }
}

/// The groups of one split's test rows.
struct Split {
    /// Of each row.
    group: Vec<usize>,
    sizes: Vec<f32>,
}

impl Split {
    fn of(codes: &[u32]) -> Self {
        let distinct = distinct(codes);
        let group: Vec<usize> = codes.iter().filter_map(|code| distinct.binary_search(code).ok()).collect();
        let mut sizes = vec![0.0; distinct.len()];
        for &group in &group {
            sizes[group] += 1.0;
        }
        Self { group, sizes }
    }

    /// Variances of the mean of one value for each row, as groups and as independent rows have it.
    fn variances(&self, values: &[f64]) -> Option<(f64, f64)> {
        let (rows, groups) = (values.len() as f64, effective(&self.sizes));
        if values.len() != self.group.len() || groups <= 1.0 {
            return None;
        }
        let mean = values.iter().sum::<f64>() / rows;
        let mut sums = vec![0.0; self.sizes.len()];
        for (&group, value) in self.group.iter().zip(values) {
            sums[group] += value - mean;
        }
        let squares = |values: &mut dyn Iterator<Item = f64>| values.map(|value| value * value).sum::<f64>();
        let of_groups = squares(&mut sums.into_iter()) / (rows * rows) * groups / (groups - 1.0);
        let of_rows = squares(&mut values.iter().map(|value| value - mean)) / (rows * (rows - 1.0));
        Some((of_groups, of_rows))
    }
}

/// Of a task's configurations on all splits together, each row's share of seeds that are right on it; 1 at least.
fn design_effect<'a>(
    header: &RunHeader,
    splits: &[Split],
    outcomes: impl Iterator<Item = &'a RowOutcomes>,
) -> Option<f64> {
    let (mut of_groups, mut of_rows) = (0.0, 0.0);
    for of in outcomes {
        for (place, split) in splits.iter().enumerate() {
            let is_its = |seed: &Seed| header.data.split_of(*seed) == place;
            let right = of.seeds.iter().filter(|(seed, _)| is_its(seed)).map(|(_, rows)| &rows.correct);
            let mut values = vec![0.0; split.group.len()];
            for right in right {
                values.iter_mut().zip(right).for_each(|(value, &right)| *value += f64::from(u8::from(right)));
            }
            if let Some((groups, rows)) = split.variances(&values) {
                (of_groups, of_rows) = (of_groups + groups, of_rows + rows);
            }
        }
    }
    (of_rows > 0.0).then(|| (of_groups / of_rows).max(1.0))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_that_are_alike_in_groups_of_five_are_a_fifth_of_as_many() {
        let codes: Vec<u32> = (0..500).map(|row| row / 5).collect();
        let split = Split::of(&codes);
        let alike: Vec<f64> = codes.iter().map(|&group| f64::from(group % 2)).collect();
        let (of_groups, of_rows) = split.variances(&alike).unwrap();
        // (500 − 1)/(100 − 1) of n − 1 in place of n.
        assert!((of_groups / of_rows - 499.0 / 99.0).abs() < 1e-9, "{}", of_groups / of_rows);
        // Each group has as many of both.
        let unlike: Vec<f64> = (0..500).map(|row| f64::from(row % 5 < 2)).collect();
        assert!(split.variances(&unlike).unwrap().0 < 1e-12);
        assert!(
            split.variances(&alike[1..]).is_none() && Split::of(&[7, 7]).variances(&[0.0, 1.0]).is_none()
        );
    }
}
