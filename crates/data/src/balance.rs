//! How balanced a task's labels are, and whether a sweep on them means anything.

use study::event::{SplitFacts, SplitOf, TaskFacts};
use study::grid::Task;

use super::error::DataError;

/// A smaller class below this share is refused (READING section 2).
const REFUSED: f64 = 0.05;
/// A smaller class below this share is warned of.
const WARNED: f64 = 0.20;

/// Shares of the classes.
pub(crate) fn facts(
    task: Task,
    labels: &SplitOf<Vec<u8>>,
    threshold: Option<f64>,
    additive: Option<f64>,
) -> TaskFacts {
    let positive_share = labels.map(|labels| positive_share(labels));
    TaskFacts {
        task,
        positive_share,
        majority_share: positive_share.map(|&share| share.max(1.0 - share)),
        threshold,
        additive,
        draws: Vec::new(),
    }
}

/// A task's facts by those of the draws of its labels, of which there is one at least.
pub(crate) fn mean_of_draws(mut draws: Vec<TaskFacts>) -> TaskFacts {
    if draws.len() == 1 {
        return draws.remove(0);
    }
    TaskFacts { draws: draws.clone(), ..mean(&draws.iter().collect::<Vec<_>>()) }
}

/// Each task's facts, averaged over the splits; what only one split has is left out.
pub(crate) fn means(splits: &[SplitFacts]) -> Vec<TaskFacts> {
    let Some((first, others)) = splits.split_first() else { return Vec::new() };
    if others.is_empty() {
        return first.tasks.clone();
    }
    let of_task = |place: usize| mean(&splits.iter().map(|split| &split.tasks[place]).collect::<Vec<_>>());
    (0..first.tasks.len()).map(of_task).collect()
}

/// The mean of one task's facts, of which there is one at least; a threshold is one's own.
fn mean(all: &[&TaskFacts]) -> TaskFacts {
    let mean =
        |of: &dyn Fn(&TaskFacts) -> f64| all.iter().map(|facts| of(facts)).sum::<f64>() / all.len() as f64;
    let shares = |of: fn(&TaskFacts) -> &SplitOf<f64>| SplitOf {
        train: mean(&|facts| of(facts).train),
        validation: mean(&|facts| of(facts).validation),
        test: mean(&|facts| of(facts).test),
    };
    let has_scores = all.iter().all(|facts| facts.additive.is_some());
    TaskFacts {
        task: all[0].task,
        positive_share: shares(|facts| &facts.positive_share),
        majority_share: shares(|facts| &facts.majority_share),
        threshold: None,
        additive: has_scores.then(|| mean(&|facts| facts.additive.unwrap_or(0.0))),
        draws: Vec::new(),
    }
}

/// Refuses labels of one class, and under 5 % of one unless that is allowed; warns under 20 %.
pub(crate) fn check(facts: &TaskFacts, allow_imbalance: bool) -> Result<Vec<String>, DataError> {
    let task = facts.task.name();
    let minority = 1.0 - facts.majority_share.train;
    if minority <= 0.0 {
        let class = u8::from(facts.positive_share.train > 0.5);
        return Err(DataError::OneClass { task, class, rows: "the training split", fix: fix(facts.task) });
    }
    if minority < REFUSED && !allow_imbalance {
        return Err(DataError::Imbalance { task, share: minority * 100.0, fix: fix(facts.task) });
    }
    let mut warnings = Vec::new();
    if minority < WARNED {
        warnings.push(format!(
            "the {task} task's smaller class is {:.1} % of the training split: read balanced accuracy beside accuracy",
            minority * 100.0
        ));
    }
    for (split, share) in
        [("validation", facts.majority_share.validation), ("test", facts.majority_share.test)]
    {
        if share >= 1.0 {
            warnings.push(format!("the {task} task's labels are all the same in the {split} split"));
        }
    }
    Ok(warnings)
}

/// The keys that give a task another label.
const fn fix(task: Task) -> &'static str {
    match task {
        Task::Real => "change `data.positive` or `data.label`",
        Task::Synthetic => "change `synthetic.label` (median is balanced) or `synthetic.pairs`",
        Task::Rotated | Task::Rank1 | Task::Additive | Task::Aligned(_) => {
            "leave it out of `sweep.tasks`: too many rows have the same score"
        }
    }
}

fn positive_share(labels: &[u8]) -> f64 {
    let ones: usize = labels.iter().map(|&label| usize::from(label)).sum();
    ones as f64 / labels.len().max(1) as f64
}

#[cfg(test)]
mod tests {
    use super::*;

    fn with_ones(ones: usize) -> TaskFacts {
        let labels: Vec<u8> = (0..100).map(|row| u8::from(row < ones)).collect();
        facts(
            Task::Synthetic,
            &SplitOf { train: labels.clone(), validation: labels.clone(), test: labels },
            None,
            None,
        )
    }

    #[test]
    fn one_class_is_refused_whatever_is_allowed() {
        assert!(matches!(check(&with_ones(100), true), Err(DataError::OneClass { class: 1, .. })));
        assert!(matches!(check(&with_ones(0), true), Err(DataError::OneClass { class: 0, .. })));
    }

    #[test]
    fn under_five_percent_is_refused_unless_allowed_and_names_the_keys() {
        let error = check(&with_ones(4), false).unwrap_err().to_string();
        for part in ["4.0 %", "synthetic.label", "synthetic.pairs", "synthetic.allow_imbalance"] {
            assert!(error.contains(part), "{error}");
        }
        assert_eq!(check(&with_ones(4), true).unwrap().len(), 1);
        assert_eq!(check(&with_ones(95), false).unwrap().len(), 1);
    }

    #[test]
    fn under_twenty_percent_is_warned_of() {
        assert_eq!(check(&with_ones(19), false).unwrap().len(), 1);
        assert!(check(&with_ones(21), false).unwrap().is_empty());
    }
}
