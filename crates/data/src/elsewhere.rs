//! Rows of another source for a trained model, preprocessed as its training rows were.

use ndarray::Array2;

use study::config::{Config, Missing, Pairs};
use study::event::SplitOf;
use study::grid::{Seed, Task};

use super::chosen::Chosen;
use super::encoder::Modality;
use super::error::DataError;
use super::fill::fill;
use super::fitted::{Cut, Fitted};
use super::graded::Graded;
use super::missing::{mean_in_place_of_missing, missing_halves};
use super::pairs::shuffled;
use super::progress::Progress;
use super::repeats::{Print, Prints};
use super::source::Source;
use super::split::Splits;

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
    let mut source = Source::open(config)?;
    let shapes = [source.shape(Modality::Text)?, source.shape(Modality::Image)?];
    // For a task whose labels are made of the rows, a label only keeps the splits in proportion, or drops rows.
    let is_needed = task == Task::Real || (choice == RowChoice::Test && !config.data.negative.is_empty());
    if choice == RowChoice::All {
        // Nothing is drawn.
        (source.split, source.group) = (None, None);
    }
    let mut rows = Chosen::of(&mut source, config, shapes, is_needed, &mut Vec::new())?;
    let mut ignored = |_| {};
    let mut progress = Progress::new(0, &mut ignored);
    if config.data.missing == Missing::Drop {
        rows.drop_missing(&mut source, &mut progress)?;
    }
    let place = format!("label `{}` of {}", config.data.label, source.place);
    let of_rows = &rows.labels;
    let real = if task == Task::Real { of_rows.as_in(classes, &place)? } else { of_rows.classes.clone() };
    let mut wanted = Splits::default();
    if choice == RowChoice::Test {
        let (splits, _) = rows.splits(config)?;
        wanted = splits.into_iter().nth(config.data.split_of(seed)).unwrap_or_default();
        if config.data.missing != Missing::Mean {
            // Only their mean is asked for.
            wanted.train.clear();
        }
        wanted.validation.clear();
    } else {
        wanted.test = (0..real.len() as u32).collect();
    }
    let real: Vec<u16> = wanted.test.iter().map(|&row| real[row as usize]).collect();
    let wanted = [wanted];
    let kept = rows.kept.as_deref();
    let text = fill(&mut source, Modality::Text, kept, &wanted, &mut progress)?;
    let image = fill(&mut source, Modality::Image, kept, &wanted, &mut progress)?;
    let prints = Prints { text: text.prints, image: image.prints };
    let has_missing = missing_halves(&source.place, config, &prints, kept)?.is_some();
    if has_missing && config.data.missing == Missing::Mean && choice == RowChoice::All {
        let wanted = "the mean is that of training rows, which are not read here; take \"drop\" or \"zero\", or test the \
                      test split (`--rows test`)";
        return Err(DataError::Key { key: "data.missing", value: "mean".into(), wanted });
    }
    let filled = |mut splits: Vec<SplitOf<Array2<f32>>>, prints: &[Option<Print>]| {
        let mut rows = splits.pop().unwrap_or_default();
        if config.data.missing == Missing::Mean {
            mean_in_place_of_missing(&mut rows, &wanted[0], prints);
        }
        rows.test
    };
    let (text, image) = (filled(text.splits, &prints.text), filled(image.splits, &prints.image));
    let of = |name: &str| format!("array `{name}` of {}", source.place);
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
    Ok(Elsewhere { name: source.name, text, image, labels })
}
