//! What a run's data is: sizes, tasks, and how balanced their labels are in each split.

use crate::config::{DataConfig, Pad, split_of};
use crate::grid::{Seed, Task};
use crate::text::one_line;

/// What a data set holds, as far as tables, charts and robustness need it.
#[derive(Clone, Debug, PartialEq)]
pub struct DataFacts {
    /// The source's name, for titles; control characters removed.
    pub name: String,
    /// Width of the text modality as the model receives it.
    pub text_width: usize,
    /// Width of the image modality as the model receives it.
    pub image_width: usize,
    /// Columns of text and of image in the source, before a projection; absent in journals of earlier builds.
    pub source_widths: Option<[usize; 2]>,
    /// Rows of each split.
    pub rows: SplitOf<usize>,
    /// One for each task of the sweep; with several splits the means of their shares.
    pub tasks: Vec<TaskFacts>,
    /// Each split by itself, in the order in which seeds are assigned to them; empty where there is one.
    pub splits: Vec<SplitFacts>,
    /// BLAKE3 of the arrays, labels and splits as the model receives them, hexadecimal.
    pub fingerprint: String,
    /// What its user should know, such as an unbalanced label.
    pub warnings: Vec<String>,
}

/// One of several splits of the rows into training, validation and test.
#[derive(Clone, Debug, PartialEq)]
pub struct SplitFacts {
    /// What it was drawn with.
    pub seed: Seed,
    /// One for each task of the sweep.
    pub tasks: Vec<TaskFacts>,
}

/// One task's labels.
#[derive(Clone, Debug, PartialEq)]
pub struct TaskFacts {
    /// Which task.
    pub task: Task,
    /// Share of class 1, the second, in each split.
    pub positive_share: SplitOf<f64>,
    /// Share of the largest class in each split.
    pub majority_share: SplitOf<f64>,
    /// The score's cut; absent for the real task, and where several splits or draws have each their own.
    pub threshold: Option<f64>,
    /// How additive the score is: adjusted R² of its least-squares fit by [x ; y ; 1] on training rows. Absent where
    /// there is no score, or where the rows are too few, and in journals of earlier builds.
    pub additive: Option<f64>,
    /// Of a task whose labels have several frozen random choices, the facts of each; the other numbers are then means
    /// over them. Seed s has choice s mod their number.
    pub draws: Vec<Self>,
    /// Names of the classes, in the order of their numbers; empty for two that are called 0 and 1.
    pub classes: Vec<String>,
    /// Share of each of them in each split; empty likewise.
    pub class_shares: Vec<SplitOf<f64>>,
}

/// A value for each of the three splits.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct SplitOf<T> {
    /// Training split.
    pub train: T,
    /// Validation split.
    pub validation: T,
    /// Test split.
    pub test: T,
}

impl<T> SplitOf<T> {
    /// Applies `f` to each split's value.
    pub fn map<U>(&self, mut f: impl FnMut(&T) -> U) -> SplitOf<U> {
        SplitOf { train: f(&self.train), validation: f(&self.validation), test: f(&self.test) }
    }
}

impl DataFacts {
    /// What was done to the embeddings before the model received them, as a sentence for reports; nothing where they are as
    /// wide as in the source.
    pub fn projection(&self, config: &DataConfig) -> Option<String> {
        let to = config.width;
        if to == 0 {
            return None;
        }
        let known = |place: usize| self.source_widths.map_or(to, |widths| widths[place]);
        let of = |name: &str, place: usize| match self.source_widths {
            Some(widths) => format!("{name} ({} columns)", widths[place]),
            None => name.to_owned(),
        };
        let each = if self.has_several_splits() { " of each split" } else { "" };
        let narrow: Vec<&str> = [("text", 0), ("image", 1)]
            .into_iter()
            .filter(|&(_, place)| known(place) < to)
            .map(|(name, _)| name)
            .collect();
        let filled = match config.pad {
            Pad::Rotate => "a fixed random rotation",
            Pad::Zero => "zeros",
        };
        let widened = match narrow.as_slice() {
            [] => String::new(),
            names => format!(
                "; {}, narrower than that, is brought to {to} columns by {filled}",
                names.join(" and ")
            ),
        };
        Some(format!(
            "{} and {} are each projected to {to} columns by PCA fitted on the training rows{each}{widened}.",
            of("Text", 0),
            of("image", 1)
        ))
    }

    /// The task's labels, where the sweep has it.
    pub fn task(&self, task: Task) -> Option<&TaskFacts> {
        self.tasks.iter().find(|facts| facts.task == task)
    }

    /// The same of what trials with this seed are tested on: their split, and their draw of the labels.
    pub fn task_of(&self, task: Task, seed: Seed) -> Option<&TaskFacts> {
        let facts = self.task_in_split(task, seed)?;
        Some(facts.draws.get(facts.draw_of(seed)).unwrap_or(facts))
    }

    fn task_in_split(&self, task: Task, seed: Seed) -> Option<&TaskFacts> {
        match self.splits.get(self.split_of(seed)) {
            Some(split) => split.tasks.iter().find(|facts| facts.task == task),
            None => self.task(task),
        }
    }

    /// Which rows and labels trials with this seed have: their split, and their draw of the task's labels. Trials of one
    /// set differ in nothing but their seed.
    pub fn set_of(&self, task: Task, seed: Seed) -> (usize, usize) {
        let draw = self.task_in_split(task, seed).map_or(0, |facts| facts.draw_of(seed));
        (self.split_of(seed), draw)
    }

    /// Whether trials of the task with different seeds may have different rows or labels.
    pub fn has_several_sets(&self, task: Task) -> bool {
        self.has_several_splits() || self.draws_of(task) > 1
    }

    /// Draws of the task's labels.
    pub fn draws_of(&self, task: Task) -> usize {
        self.task_in_split(task, Seed(0)).map_or(1, |facts| facts.draws.len().max(1))
    }

    /// The place of the seed's split, see [`super::config::DataConfig::split_of`].
    pub const fn split_of(&self, seed: Seed) -> usize {
        split_of(seed, self.splits.len())
    }

    /// Whether trials with different seeds may be tested on different rows.
    pub const fn has_several_splits(&self) -> bool {
        self.splits.len() > 1
    }
}

impl TaskFacts {
    /// The place of the seed's draw, a function of the seed alone; 0 where there is one.
    const fn draw_of(&self, seed: Seed) -> usize {
        split_of(seed, self.draws.len())
    }

    /// How many classes there are.
    pub fn class_count(&self) -> usize {
        if self.classes.is_empty() { 2 } else { self.classes.len() }
    }

    /// The name of a class.
    pub fn class_name(&self, class: usize) -> String {
        self.classes.get(class).map_or_else(|| class.to_string(), one_line)
    }

    /// Each class's share of the test split.
    pub fn test_shares(&self) -> Vec<f64> {
        if self.class_shares.is_empty() {
            return vec![1.0 - self.positive_share.test, self.positive_share.test];
        }
        self.class_shares.iter().map(|share| share.test).collect()
    }

    /// Classes that some test rows have and some have not: those that a macro average of areas is over.
    pub fn classes_with_area(&self) -> usize {
        self.test_shares().iter().filter(|&&share| share > 0.0 && share < 1.0).count()
    }
}

impl SplitFacts {
    /// Where the split cuts the task's dot products; absent for the real task.
    pub fn cut(&self, task: Task) -> Option<f64> {
        self.tasks.iter().find(|facts| facts.task == task)?.threshold
    }
}
