//! Rows of another source for a trained model, preprocessed as its training rows were.

use ndarray::{Array2, Axis};

use study::config::{Config, Pairs};
use study::grid::{Seed, Task};

use super::check::{check_finite, check_rows};
use super::column::{Column, Rows};
use super::error::DataError;
use super::fitted::{Cut, Fitted};
use super::graded::Graded;
use super::pairs::shuffled;
use super::{labels, source, split};

/// Which of a source's rows are asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RowChoice {
    /// Every row.
    All,
    /// Its test split, as the configuration draws or names it.
    Test,
}

/// Rows as the model receives them, with their labels.
#[derive(Clone, Debug)]
pub struct Elsewhere {
    /// The source's name, for titles.
    pub name: String,
    /// `[rows, text width]`
    pub text: Array2<f32>,
    /// `[rows, image width]`
    pub image: Array2<f32>,
    /// 0 or 1. `[rows]`
    pub labels: Vec<u8>,
}

/// Where the permutation of shuffled pairs is drawn for, see [`super::synthetic`].
const TEST_SPLIT: u64 = 2;

/// Reads the rows that `config.data` names and treats them as `fitted` and, for a task whose labels are made of them,
/// `cut` or `graded` say. Of several splits, that of the trial with `seed`.
pub fn elsewhere(
    config: &Config,
    (task, seed): (Task, Seed),
    fitted: &Fitted,
    (cut, graded): (Option<&Cut>, Option<&Graded>),
    choice: RowChoice,
) -> Result<Elsewhere, DataError> {
    let parts = source::read(config)?;
    let (mut text, mut image) = (parts.text?, parts.image?);
    let split_column = parts.split.transpose()?;
    let label = match (task, parts.label) {
        (Task::Real, label) => Some(label?),
        (_, label) => label.ok(),
    };
    let counted = [
        Some(Rows::Exactly(text.nrows())),
        Some(Rows::Exactly(image.nrows())),
        label.as_ref().map(Column::rows),
        split_column.as_ref().map(Column::rows),
    ];
    check_rows(&parts.place, config, counted)?;
    check_finite(&parts.place, &config.data.text, &text)?;
    check_finite(&parts.place, &config.data.image, &image)?;
    let place = format!("label `{}` of {}", config.data.label, parts.place);
    let mut real = match (task, label.map(|column| labels::binary(&column, &config.data.positive, &place))) {
        (_, Some(Ok(labels))) => labels,
        (Task::Real, Some(Err(error))) => return Err(error),
        // The label only keeps the splits in proportion.
        (_, Some(Err(_)) | None) => vec![0; text.nrows()],
    };
    if choice == RowChoice::Test {
        let place = format!("split `{}` of {}", config.data.split, parts.place);
        let seeds = config.data.splits();
        let split_seed =
            seeds.get(config.data.split_of(seed)).copied().unwrap_or(Seed(config.data.split_seed));
        let rows = split::splits(&config.data, split_seed, split_column.as_ref(), &real, &place)?.test;
        let rows: Vec<usize> = rows.into_iter().map(|row| row as usize).collect();
        (text, image) = (text.select(Axis(0), &rows), image.select(Axis(0), &rows));
        real = rows.iter().map(|&row| real[row]).collect();
    }
    let of = |name: &str| format!("array `{name}` of {}", parts.place);
    let mut text = fitted.text.apply(text, &of(&config.data.text))?;
    let mut image = fitted.image.apply(image, &of(&config.data.image))?;
    if task.needs_equal_widths() && text.ncols() != image.ncols() {
        let (place, found, wanted) = (of(&config.data.image), image.ncols(), text.ncols());
        return Err(DataError::OtherWidth { place, found, wanted });
    }
    let labels = match (task, cut, graded) {
        (Task::Real, ..) | (_, None, None) => real,
        (_, _, Some(graded)) => {
            for (rows, mean, name) in
                [(&text, &graded.means.0, &config.data.text), (&image, &graded.means.1, &config.data.image)]
            {
                if rows.ncols() != mean.len() {
                    let (place, found, wanted) = (of(name), rows.ncols(), mean.len());
                    return Err(DataError::OtherWidth { place, found, wanted });
                }
            }
            graded.labels(task, &text, &image)
        }
        (_, Some(cut), None) => {
            if config.synthetic.pairs == Pairs::Shuffled {
                image = shuffled(&image, TEST_SPLIT);
            }
            cut.centre(&mut text, &mut image);
            cut.labels(&text, &image)
        }
    };
    Ok(Elsewhere { name: parts.name, text, image, labels })
}
