//! How balanced a task's labels are, and whether a sweep on them means anything.

use study::event::{SplitFacts, SplitOf, TaskFacts};
use study::grid::Task;

use super::error::{DataError, listed};

/// A smaller class below this share is refused (READING section 2).
pub(crate) const REFUSED: f64 = 0.05;
/// A smaller class below this share is warned of.
pub(crate) const WARNED: f64 = 0.20;

/// Shares of the classes, whose `names` are empty for two that are called 0 and 1.
pub(crate) fn facts(
    task: Task,
    labels: &SplitOf<Vec<u16>>,
    names: &[String],
    threshold: Option<f64>,
    additive: Option<f64>,
) -> TaskFacts {
    let share_of = |class: u16| labels.map(|labels| share(labels, class));
    let positive_share = share_of(1);
    let class_shares: Vec<SplitOf<f64>> = (0..names.len() as u16).map(share_of).collect();
    let largest = |of: fn(&SplitOf<f64>) -> f64| class_shares.iter().map(of).fold(0.0, f64::max);
    let majority_share = if names.is_empty() {
        positive_share.map(|&share| share.max(1.0 - share))
    } else {
        SplitOf {
            train: largest(|share| share.train),
            validation: largest(|share| share.validation),
            test: largest(|share| share.test),
        }
    };
    TaskFacts {
        task,
        positive_share,
        majority_share,
        threshold,
        additive,
        draws: Vec::new(),
        classes: names.to_vec(),
        class_shares,
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
    let shares = |of: &dyn Fn(&TaskFacts) -> SplitOf<f64>| SplitOf {
        train: mean(&|facts| of(facts).train),
        validation: mean(&|facts| of(facts).validation),
        test: mean(&|facts| of(facts).test),
    };
    let has_scores = all.iter().all(|facts| facts.additive.is_some());
    TaskFacts {
        task: all[0].task,
        positive_share: shares(&|facts| facts.positive_share),
        majority_share: shares(&|facts| facts.majority_share),
        threshold: None,
        additive: has_scores.then(|| mean(&|facts| facts.additive.unwrap_or(0.0))),
        draws: Vec::new(),
        classes: all[0].classes.clone(),
        class_shares: (0..all[0].class_shares.len())
            .map(|class| shares(&|facts| facts.class_shares[class]))
            .collect(),
    }
}

/// Refuses labels of one class, and under 5 % outside the largest class unless that is allowed; warns under 20 %, of
/// classes that are not in the training split, and of other splits with one class.
pub(crate) fn check(facts: &TaskFacts, allow_imbalance: bool) -> Result<Vec<String>, DataError> {
    let task = facts.task.name();
    let (majority, minority) = (facts.majority_share.train, 1.0 - facts.majority_share.train);
    let is_largest = |shares: &SplitOf<f64>| shares.train >= majority;
    let largest = facts.class_shares.iter().position(is_largest);
    let largest = facts.class_name(largest.unwrap_or(usize::from(facts.positive_share.train > 0.5)));
    if minority <= 0.0 {
        let (class, rows) = (largest, "the training split");
        return Err(DataError::OneClass { task, class, rows, fix: fix(facts.task) });
    }
    let has_two = facts.class_count() == 2;
    if minority < REFUSED && !allow_imbalance {
        let fix = fix(facts.task);
        return Err(if has_two {
            DataError::Imbalance { task, share: minority * 100.0, fix }
        } else {
            DataError::Majority { task, class: largest, share: majority * 100.0, fix }
        });
    }
    let mut warnings = Vec::new();
    if minority < WARNED {
        warnings.push(if has_two {
            format!(
                "the {task} task's smaller class is {:.1} % of the training split: read balanced accuracy beside accuracy",
                minority * 100.0
            )
        } else {
            format!(
                "the {task} task's largest class, `{largest}`, is {:.1} % of the training split: read balanced accuracy \
                 beside accuracy",
                majority * 100.0
            )
        });
    }
    let unseen = |(_, shares): &(usize, &SplitOf<f64>)| shares.train <= 0.0;
    let unseen: Vec<String> = facts
        .class_shares
        .iter()
        .enumerate()
        .filter(unseen)
        .map(|(class, _)| format!("`{}`", facts.class_name(class)))
        .collect();
    if !unseen.is_empty() {
        warnings.push(format!(
            "no row of the {task} task's training split is of class {}, which other splits have: no model can learn it",
            listed(&unseen)
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

fn share(labels: &[u16], class: u16) -> f64 {
    labels.iter().filter(|&&label| label == class).count() as f64 / labels.len().max(1) as f64
}

#[cfg(test)]
mod tests {
    use super::*;

    fn with_ones(ones: usize) -> TaskFacts {
        let labels: Vec<u16> = (0..100).map(|row| u16::from(row < ones)).collect();
        facts(
            Task::Synthetic,
            &SplitOf { train: labels.clone(), validation: labels.clone(), test: labels },
            &[],
            None,
            None,
        )
    }

    #[test]
    fn one_class_is_refused_whatever_is_allowed() {
        assert!(
            matches!(check(&with_ones(100), true), Err(DataError::OneClass { class, .. }) if class == "1")
        );
        assert!(matches!(check(&with_ones(0), true), Err(DataError::OneClass { class, .. }) if class == "0"));
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

    /// Three classes, of which `a` has so many of 100 training rows and `c` none; each has a third of the others.
    fn with_first(first: usize) -> TaskFacts {
        let train = (0..100).map(|row| u16::from(row >= first)).collect();
        let other: Vec<u16> = (0..99).map(|row| row % 3).collect();
        let names = ["a", "b", "c"].map(str::to_owned);
        facts(Task::Real, &SplitOf { train, validation: other.clone(), test: other }, &names, None, None)
    }

    #[test]
    fn shares_of_several_classes_are_their_rows() {
        let facts = with_first(60);
        assert_eq!(facts.class_count(), 3);
        assert_eq!((facts.majority_share.train, facts.positive_share.train), (0.6, 0.4));
        assert!((facts.majority_share.test - 1.0 / 3.0).abs() < 1e-12);
        assert_eq!(facts.class_shares[2].train, 0.0);
    }

    #[test]
    fn of_several_classes_a_large_one_is_refused_or_warned_of_and_one_without_training_rows_is_named() {
        let error = check(&with_first(96), false).unwrap_err().to_string();
        for part in ["96.0 %", "class `a`", "data.label", "synthetic.allow_imbalance"] {
            assert!(error.contains(part), "{error}");
        }
        assert!(
            matches!(check(&with_first(100), true), Err(DataError::OneClass { class, .. }) if class == "a")
        );
        let warnings = check(&with_first(95), false).unwrap();
        assert!(warnings[0].contains("largest class, `a`, is 95.0 %"), "{warnings:?}");
        assert!(warnings[1].contains("is of class `c`"), "{warnings:?}");
        assert_eq!(check(&with_first(79), false).unwrap().len(), 1);
    }
}
