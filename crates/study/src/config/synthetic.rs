//! `[synthetic]`: labels that are made of the embeddings.

use serde::{Deserialize, Serialize};

use super::{Pairs, SyntheticLabel};
use crate::grid::Task;

/// `[synthetic]`: labels that are made of the embeddings.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct SyntheticConfig {
    /// What the dot product is compared with, in the task `synthetic`.
    pub label: SyntheticLabel,
    /// Which image goes with which text in the task `synthetic`.
    pub pairs: Pairs,
    /// Frozen random choices of the tasks that have any, which the seeds are assigned to: seed s has choice s mod their
    /// number.
    pub draws: usize,
    /// Accept a minority class under 5 %.
    pub allow_imbalance: bool,
}

impl Default for SyntheticConfig {
    fn default() -> Self {
        Self { label: SyntheticLabel::Median, pairs: Pairs::Matched, draws: 4, allow_imbalance: false }
    }
}

impl SyntheticConfig {
    /// Frozen random choices that the task's labels have.
    pub fn draws_of(&self, task: Task) -> usize {
        if task.has_draws() { self.draws } else { 1 }
    }
}

#[cfg(test)]
mod tests {
    use crate::config::{Config, Fingerprint, differences, read};

    fn of(text: &str) -> Config {
        read(Some(text), &[]).unwrap()
    }

    #[test]
    fn draws_decide_results_only_where_a_task_has_any() {
        let fingerprint = |text: &str| Fingerprint::of(&of(text)).value;
        let (plain, whole) = ("sweep.tasks = [\"real\"]\n", "sweep.tasks = [\"aligned:1\"]\n");
        for tasks in [plain, whole] {
            assert_eq!(fingerprint(&format!("{tasks}synthetic.draws = 2")), fingerprint(tasks));
        }
        let rotated = "sweep.tasks = [\"real\", \"rotated\"]\n";
        let two = format!("{rotated}synthetic.draws = 2");
        assert_ne!(fingerprint(&two), fingerprint(rotated));
        // A run without such a task may get one with any draws; one that has it keeps them.
        assert_eq!(differences(&of(plain), &of(&two)), []);
        let changed = differences(&of(rotated), &of(&two));
        assert_eq!(changed.iter().map(|change| &*change.key).collect::<Vec<_>>(), ["synthetic.draws"]);
    }
}
