//! How balanced the real task is, and the synthetic one under each `synthetic.label`.

use ndarray::Array2;
use serde::Serialize;

use study::config::{Config, SyntheticConfig, SyntheticLabel};
use study::event::SplitOf;

use super::super::Inputs;
use super::super::balance::{REFUSED, WARNED};
use super::super::blocks::gather;
use super::super::encoder::{self, Modality};
use super::super::fitted::{Fitted, FittedModality};
use super::super::scale;
use super::super::split::Splits;
use super::super::synthetic;
use super::labels::Parts;
use super::sample::{Use, most_rows, sample};

/// What a sweep does with a task of this balance.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Verdict {
    /// It trains.
    Fine,
    /// It trains, and warns: under 20 % are outside the largest class.
    Warned,
    /// It refuses, but where `synthetic.allow_imbalance` is set: under 5 % are. With one class it refuses in any case.
    Refused,
}

/// The balance of one task.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct TaskBalance {
    /// `real` or `synthetic`.
    pub task: &'static str,
    /// The value of `synthetic.label`; absent for the real task.
    pub label: Option<&'static str>,
    /// Whether it is the configured one.
    pub is_configured: bool,
    /// Share of the largest class in each part of the first split.
    pub majority_share: Parts<f64>,
    /// Share of the rows with label 1 in the training part; absent for more than two classes.
    pub positive_share: Option<f64>,
    /// What a sweep does with it.
    pub verdict: Verdict,
    /// Training rows that this is from, drawn by a key.
    pub sampled_rows: usize,
}

impl Verdict {
    /// Of the largest class's share of the training rows.
    pub(super) fn of(majority_share: f64) -> Self {
        match 1.0 - majority_share {
            rest if rest < REFUSED => Self::Refused,
            rest if rest < WARNED => Self::Warned,
            _ => Self::Fine,
        }
    }
}

/// The synthetic task's, with the configured pairs; none where the model's text and image are not of one width.
pub(super) fn synthetic(
    text: &Array2<f32>,
    image: &Array2<f32>,
    first: &Splits,
    fitted: Option<&Fitted>,
    config: &Config,
) -> Vec<TaskBalance> {
    let is_empty = first.train.is_empty() || first.validation.is_empty() || first.test.is_empty();
    let has_one_width = config.data.width > 0 || text.ncols() == image.ncols();
    if is_empty || !has_one_width {
        return Vec::new();
    }
    let most = most_rows(text.ncols().max(image.ncols()));
    let rows = first.map(|rows| sample(rows, most, Use::Train));
    let modality = |values: &Array2<f32>, modality: Modality| {
        let known = fitted.map(|fitted| match modality {
            Modality::Text => &fitted.text,
            Modality::Image => &fitted.image,
        });
        received(values, &rows, known, config, modality)
    };
    let (Some(text), Some(image)) = (modality(text, Modality::Text), modality(image, Modality::Image)) else {
        return Vec::new();
    };
    let inputs = Inputs { text, image };
    let labels = [
        (SyntheticLabel::Median, "median"),
        (SyntheticLabel::Raw, "raw"),
        (SyntheticLabel::Centred, "centred"),
    ];
    let of_label = |(label, name)| {
        let own = SyntheticConfig { label, ..config.synthetic.clone() };
        let ones = synthetic::label(&inputs, &own).labels.map(|labels| {
            labels.iter().filter(|label| **label == 1).count() as f64 / labels.len().max(1) as f64
        });
        let majority_share: Parts<f64> = ones.map(|share| share.max(1.0 - share)).into();
        TaskBalance {
            task: "synthetic",
            label: Some(name),
            is_configured: config.synthetic.label == label,
            majority_share,
            positive_share: Some(ones.train),
            verdict: Verdict::of(majority_share.train),
            sampled_rows: rows.train.len(),
        }
    };
    labels.into_iter().map(of_label).collect()
}

/// The rows of each part as the model receives them; `known` is how, and else it is fitted on these rows. None where they
/// cannot be projected.
fn received(
    values: &Array2<f32>,
    rows: &SplitOf<Vec<u32>>,
    known: Option<&FittedModality>,
    config: &Config,
    modality: Modality,
) -> Option<SplitOf<Array2<f32>>> {
    let parts = rows.map(|rows| gather(values, rows));
    let own;
    let fitted = if let Some(known) = known {
        known
    } else {
        let width = config.data.width;
        let projection = match width {
            0 => None,
            _ => Some(encoder::fit(&parts.train, width, config.data.pad, modality).ok()?),
        };
        let scale = match &projection {
            Some(map) => scale::fit(&encoder::apply(&parts.train, map), config.data.scale),
            None => scale::fit(&parts.train, config.data.scale),
        };
        own = FittedModality { projection, scale };
        &own
    };
    let apply = |rows: Array2<f32>| fitted.apply(rows, "the sample").ok();
    Some(SplitOf {
        train: apply(parts.train)?,
        validation: apply(parts.validation)?,
        test: apply(parts.test)?,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn split() -> Splits {
        Splits { train: (0..60).collect(), validation: (60..80).collect(), test: (80..100).collect() }
    }

    /// All dot products are positive: the raw threshold puts every row into one class.
    fn cone(width: usize) -> Array2<f32> {
        Array2::from_shape_fn((100, width), |(row, column)| {
            1.0 + ((row * 31 + column * 17 + 3) * 7_919 % 101) as f32 / 200.0
        })
    }

    #[test]
    fn a_cone_is_degenerate_raw_and_balanced_by_the_median() {
        let found = synthetic(&cone(5), &cone(5), &split(), None, &Config::default());
        let of = |place: usize| (found[place].label, found[place].positive_share, found[place].verdict);
        assert_eq!(of(0), (Some("median"), Some(0.5), Verdict::Fine));
        assert_eq!(of(1), (Some("raw"), Some(1.0), Verdict::Refused));
        assert_eq!(
            found.iter().map(|balance| balance.is_configured).collect::<Vec<_>>(),
            [true, false, false]
        );
        assert_eq!(found[1].majority_share, Parts { train: 1.0, validation: 1.0, test: 1.0 });
    }

    #[test]
    fn unequal_widths_need_a_common_one() {
        let mut config = Config::default();
        assert!(synthetic(&cone(5), &cone(6), &split(), None, &config).is_empty());
        config.data.width = 4;
        assert_eq!(synthetic(&cone(5), &cone(6), &split(), None, &config).len(), 3);
        // More directions than rows.
        config.data.width = 200;
        assert!(synthetic(&cone(300), &cone(300), &split(), None, &config).is_empty());
    }

    #[test]
    fn shares_below_the_bounds_are_warned_of_and_refused() {
        assert_eq!(Verdict::of(0.79), Verdict::Fine);
        assert_eq!(Verdict::of(0.81), Verdict::Warned);
        assert_eq!(Verdict::of(0.96), Verdict::Refused);
        assert_eq!(Verdict::of(1.0), Verdict::Refused);
    }
}
