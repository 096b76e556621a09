//! How many rows each class has, in each part of the first split.

use serde::Serialize;

use study::event::SplitOf;

use super::super::error::printable;
use super::super::split::Splits;

/// A number for each part of a split.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Parts<T> {
    /// Training rows.
    pub train: T,
    /// Validation rows.
    pub validation: T,
    /// Test rows.
    pub test: T,
}

impl<T> From<SplitOf<T>> for Parts<T> {
    fn from(SplitOf { train, validation, test }: SplitOf<T>) -> Self {
        Self { train, validation, test }
    }
}

/// The classes of the real label.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct LabelHealth {
    /// In the order of their numbers; empty without a usable label.
    pub classes: Vec<ClassRows>,
    /// Rows of each part of the first split.
    pub rows: Parts<usize>,
    /// Share of the largest class of each part.
    pub majority_share: Parts<f64>,
    /// How many splits there are.
    pub splits: usize,
}

/// One class.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct ClassRows {
    /// As the label has it.
    pub name: String,
    /// Rows in each part of the first split.
    pub rows: Parts<usize>,
}

impl LabelHealth {
    /// `names` are empty for two classes that are called 0 and 1; `classes` are empty without a label.
    pub(super) fn of(classes: &[u16], names: &[String], splits: &[Splits]) -> Self {
        let two = ["0", "1"].map(str::to_owned);
        let names = if names.is_empty() { &two[..] } else { names };
        let first = splits.first().cloned().unwrap_or_default();
        let counted = first.map(|rows| counts(classes, names.len(), rows));
        let share = |counts: &Vec<usize>| {
            let all: usize = counts.iter().sum();
            counts.iter().max().map_or(0.0, |&largest| largest as f64 / all.max(1) as f64)
        };
        let class = |(class, name): (usize, &String)| ClassRows {
            name: printable(name),
            rows: counted.map(|counts| counts[class]).into(),
        };
        let has_label = !classes.is_empty();
        Self {
            classes: names.iter().enumerate().filter(|_| has_label).map(class).collect(),
            rows: first.map(Vec::len).into(),
            majority_share: counted.map(share).into(),
            splits: splits.len(),
        }
    }

    /// The class with fewest training rows, of those that have any.
    pub(super) fn rarest(&self) -> Option<&ClassRows> {
        self.classes.iter().filter(|class| class.rows.train > 0).min_by_key(|class| class.rows.train)
    }

    /// The class with most training rows.
    pub(super) fn largest(&self) -> Option<&ClassRows> {
        self.classes.iter().max_by_key(|class| class.rows.train)
    }
}

fn counts(classes: &[u16], count: usize, rows: &[u32]) -> Vec<usize> {
    let mut counts = vec![0; count];
    for class in rows.iter().filter_map(|&row| classes.get(row as usize)) {
        if let Some(count) = counts.get_mut(usize::from(*class)) {
            *count += 1;
        }
    }
    counts
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_of_each_class_and_part_are_counted() {
        let names = ["art", "war"].map(str::to_owned);
        let split = SplitOf { train: vec![0, 1, 2], validation: vec![3], test: vec![4, 5] };
        let found = LabelHealth::of(&[0, 1, 1, 0, 1, 0], &names, &[split]);
        assert_eq!(found.classes[1].rows, Parts { train: 2, validation: 0, test: 1 });
        assert_eq!(found.majority_share, Parts { train: 2.0 / 3.0, validation: 1.0, test: 0.5 });
        let name = |class: Option<&ClassRows>| class.map(|class| class.name.clone());
        assert_eq!((name(found.rarest()), name(found.largest())), (Some("art".into()), Some("war".into())));
    }

    #[test]
    fn without_a_label_there_are_no_classes() {
        let found = LabelHealth::of(&[], &[], &[]);
        assert!(found.classes.is_empty() && found.rarest().is_none());
    }
}
