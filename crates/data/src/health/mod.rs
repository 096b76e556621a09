//! What a researcher should know of two sets of frozen embeddings before a study, and for each finding what to set.
//!
//! Everything that takes long is worked out on a keyed sample of the rows: 327,700 rows of 768 + 768 columns take about
//! 20 s. No number depends on how many threads there are.

mod balance;
mod baseline;
mod between;
mod columns;
mod copies;
mod findings;
mod labels;
mod lbfgs;
mod logistic;
mod modality;
mod sample;
mod scan;
mod show;
mod spectrum;
#[cfg(test)]
mod tests;

use ndarray::Array2;
use serde::Serialize;

use study::config::Config;
use study::event::SplitOf;

pub use balance::{TaskBalance, Verdict};
pub use baseline::{Baseline, Baselines};
pub use between::Between;
pub use columns::BestColumn;
pub use copies::{CopyHealth, NearCopies};
pub use findings::{Finding, Level};
pub use labels::{ClassRows, LabelHealth, Parts};
pub use modality::ModalityHealth;

use super::fitted::Fitted;
use super::repeats::Prints;
use super::split::Splits;
use scan::{Row, Scan};

/// What is looked at: a source's rows as they lie in it, and what is known of them.
#[derive(Clone, Copy, Debug)]
pub struct HealthInput<'a> {
    /// `[rows, text width]`; rows whose text is missing are all NaN or all zeros.
    pub text: &'a Array2<f32>,
    /// `[rows, image width]`, likewise.
    pub image: &'a Array2<f32>,
    /// Element types of text and image in the source, such as `float16`.
    pub element_types: [&'a str; 2],
    /// Class of each row; empty without a usable label.
    pub classes: &'a [u16],
    /// The classes' names in the order of their numbers; empty for two that are called 0 and 1.
    pub class_names: &'a [String],
    /// The splits, in the order in which seeds are assigned to them; empty where there are none.
    pub splits: &'a [SplitOf<Vec<u32>>],
    /// Group of each row, where rows belong together.
    pub groups: Option<&'a [u32]>,
    /// The rows' places in the source, where some of its rows are left out.
    pub places: Option<&'a [u32]>,
    /// What was fitted on the first split's training rows, where it was; else it is fitted on a sample of them.
    pub fitted: Option<&'a Fitted>,
    /// What is to be run.
    pub config: &'a Config,
}

/// The health report.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Health {
    /// Rows that text and image both have.
    pub rows: usize,
    /// Of these, rows whose text and image are both finite and not all zeros.
    pub usable_rows: usize,
    /// Modality A.
    pub text: ModalityHealth,
    /// Modality B.
    pub image: ModalityHealth,
    /// How the two lie to each other; absent for unequal widths.
    pub between: Option<Between>,
    /// The real label.
    pub labels: LabelHealth,
    /// The column of the text that alone tells the classes best.
    pub best_text_column: Option<BestColumn>,
    /// The column of the image that does.
    pub best_image_column: Option<BestColumn>,
    /// What the parts of a split have in common.
    pub copies: CopyHealth,
    /// The synthetic task under each `synthetic.label`; empty where the model's text and image are not of one width.
    pub synthetic: Vec<TaskBalance>,
    /// What a fusion has to beat.
    pub baselines: Baselines,
    /// What to know and what to set, the worst first.
    pub findings: Vec<Finding>,
}

impl Health {
    /// Looks at the data set. Rows of a split that do not exist are passed over, as are classes that are not as many as
    /// the rows.
    pub fn of(input: &HealthInput<'_>) -> Self {
        let &HealthInput { text, image, config, .. } = input;
        let rows = text.nrows().min(image.nrows());
        let [of_text, of_image] = in_both(|| Scan::of(text), || Scan::of(image));
        // Rows that are missing are no copies of each other: they have no print.
        let copies = Prints::of(text, image).copies();
        let earlier = [(&copies.text, 0), (&copies.image, 1)].map(|(copies, modality)| {
            let duplicates =
                (0..).zip(copies).filter(|(row, first)| first.is_some_and(|first| first != *row));
            (duplicates.count(), input.element_types[modality])
        });
        let of = |values, scan, (duplicates, element_type): (usize, &str)| {
            ModalityHealth::of(values, scan, element_type, duplicates, input.places)
        };
        let [text_health, image_health] =
            in_both(|| of(text, &of_text, earlier[0]), || of(image, &of_image, earlier[1]));
        let is_usable = |row: u32| {
            [&of_text, &of_image].iter().all(|scan| scan.rows.get(row as usize) == Some(&Row::Usable))
        };
        let usable: Vec<u32> = (0..rows as u32).filter(|&row| is_usable(row)).collect();
        let is_row = |row: &&u32| (**row as usize) < rows;
        let splits: Vec<Splits> = input
            .splits
            .iter()
            .map(|split| split.map(|part| part.iter().filter(is_row).copied().collect()))
            .collect();
        let first = splits.first().cloned().unwrap_or_default();
        let first = first.map(|part| part.iter().copied().filter(|&row| is_usable(row)).collect());
        let classes = if input.classes.len() == rows { input.classes } else { &[] };
        let mut health = Self {
            rows,
            usable_rows: usable.len(),
            text: text_health,
            image: image_health,
            between: Between::of(text, image, &usable),
            labels: LabelHealth::of(classes, input.class_names, &splits),
            best_text_column: BestColumn::of(text, classes, &usable),
            best_image_column: BestColumn::of(image, classes, &usable),
            copies: CopyHealth::of([text, image], &copies, classes, input.groups, &splits, &first),
            synthetic: balance::synthetic(text, image, &first, input.fitted, config),
            baselines: Baselines::of(text, image, classes, &first),
            findings: Vec::new(),
        };
        health.findings = findings::of(&health, config);
        health
    }
}

/// Both, side by side.
fn in_both<T: Send>(text: impl FnOnce() -> T + Send, image: impl FnOnce() -> T) -> [T; 2] {
    std::thread::scope(|scope| {
        let text = scope.spawn(text);
        let image = image();
        match text.join() {
            Ok(text) => [text, image],
            Err(panic) => std::panic::resume_unwind(panic),
        }
    })
}
