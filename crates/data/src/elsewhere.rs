//! Rows of another source for a trained model, preprocessed as its training rows were.

use ndarray::{Array2, Axis};

use study::config::{Config, Pairs};
use study::grid::{Seed, Task};

use super::check::{check_finite, check_rows};
use super::column::{Column, Rows};
use super::error::DataError;
use super::fitted::{Cut, Fitted};
use super::graded::Graded;
use super::labels::Labels;
use super::pairs::shuffled;
use super::prepare::labels_are_needed;
use super::{source, split};

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
    /// Numbers of the model's classes, from 0. `[rows]`
    pub labels: Vec<u16>,
}

/// Where the permutation of shuffled pairs is drawn for, see [`super::synthetic`].
const TEST_SPLIT: u64 = 2;

/// Reads the rows that `config.data` names and treats them as `fitted` and, for a task whose labels are made of them,
/// `cut` or `graded` say. Of several splits, that of the trial with `seed`. `classes` are the names that the model was
/// trained with, empty for 0 and 1; labels are matched with them by name.
pub fn elsewhere(
    config: &Config,
    (task, seed): (Task, Seed),
    classes: &[String],
    (fitted, cut, graded): (&Fitted, Option<&Cut>, Option<&Graded>),
    choice: RowChoice,
) -> Result<Elsewhere, DataError> {
    let parts = source::read(config)?;
    let (mut text, mut image) = (parts.text?, parts.image?);
    let mut split_column = parts.split.transpose()?;
    // For a task whose labels are made of the rows, a label only keeps the splits in proportion, or drops rows.
    let is_needed = task == Task::Real || (choice == RowChoice::Test && !config.data.negative.is_empty());
    let label = if is_needed { Some(parts.label?) } else { parts.label.ok() };
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
    let labels = match label.map(|column| Labels::of(&column, &config.data, &place)) {
        Some(Ok(labels)) if is_needed || labels_are_needed(config) || labels.names.is_empty() => labels,
        Some(Err(error)) if is_needed => return Err(error),
        _ => Labels::none(text.nrows()),
    };
    if let Some(kept) = &labels.kept {
        let rows: Vec<usize> = kept.iter().map(|&row| row as usize).collect();
        (text, image) = (text.select(Axis(0), &rows), image.select(Axis(0), &rows));
        if let Some(column) = &mut split_column {
            column.keep(kept);
        }
    }
    let mut real = if task == Task::Real { labels.as_in(classes, &place)? } else { labels.classes.clone() };
    if choice == RowChoice::Test {
        let place = format!("split `{}` of {}", config.data.split, parts.place);
        let (splits, _) =
            split::every_split(&config.data, split_column.as_ref(), &labels.classes, None, &place)?;
        let test = splits.into_iter().nth(config.data.split_of(seed)).map(|splits| splits.test);
        let rows: Vec<usize> = test.into_iter().flatten().map(|row| row as usize).collect();
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
