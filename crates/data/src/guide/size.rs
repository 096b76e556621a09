//! Widths, sizes and seeds that fit the data.

use study::grid::doubling_sizes;

use super::columns::Labelled;
use super::modalities::Pair;
use super::{Certainty, Guess};

/// Share outside the largest class below which a study needs `synthetic.allow_imbalance`.
const REFUSED: f64 = 0.05;
/// Training rows below which sizes begin lower.
const FEW: usize = 256;
/// Training rows from which on not every doubling is trained at first.
const MANY: usize = 20_000;
/// Width from which on tensor fusion, with the square of it, takes most of the time.
const FAST: usize = 128;
/// The width that unlike ones are brought to: a study of it takes minutes.
const COMMON: usize = 64;
/// The lowest first size.
const SMALLEST: usize = 4;

/// Adds the keys whose defaults do not fit.
pub(super) fn choose(pair: &Pair, labelled: &Labelled, guess: &mut Guess) {
    let [text, image] = pair.widths;
    if text != image {
        // As many directions as there are training rows have variance.
        let most = text.min(image).min(labelled.train.saturating_sub(1));
        let width = most.clamp(2, COMMON);
        let more = if most > COMMON {
            format!(
                ", fitted on the training rows; up to {most} keeps more, and tensor fusion takes longer by its square"
            )
        } else {
            String::new()
        };
        let why =
            format!("text is {text} and image {image} wide, and products need one width: PCA of each{more}");
        guess.add("data.width", width.to_string(), why, Certainty::Likely);
        if labelled.label.is_some() {
            // The dot product of two spaces that a PCA each has turned is an arbitrary one.
            let why = "text and image are of unlike widths: after PCA of each, the sign of their dot product, \
                       \"synthetic\", means nothing of them";
            guess.add("sweep.tasks", "[\"real\"]".into(), why.into(), Certainty::Likely);
        }
    } else if text > FAST {
        guess.notes.push(format!(
            "tensor fusion of {text} × {image} takes most of the study's time; --set data.width={COMMON} projects both by PCA and is fast"
        ));
    }
    if labelled.train < FEW {
        let smallest = (labelled.train / 8).next_power_of_two().clamp(SMALLEST, 16);
        let why = format!("first train size: there are about {} training rows", labelled.train);
        guess.add("sweep.smallest", smallest.to_string(), why, Certainty::Likely);
    }
    if labelled.train > MANY {
        let sizes: Vec<String> = doubling_sizes(32, labelled.train)
            .into_iter()
            .rev()
            .skip(1)
            .collect::<Vec<_>>()
            .into_iter()
            .rev()
            .step_by(2)
            .map(|size| size.to_string())
            .collect();
        let why = "every second doubling, for a first look; \"doubling\" has all".to_owned();
        guess.add("sweep.sizes", format!("[{}, \"all\"]", sizes.join(", ")), why, Certainty::Likely);
        guess.add("sweep.seeds", "5".into(), "for a first look".into(), Certainty::Likely);
    }
    if let Some((largest, classes)) = labelled.label
        && 1.0 - largest < REFUSED
    {
        let left = (1.0 - largest) * 100.0;
        let what = if classes == 2 { "the smaller class has" } else { "all classes but the largest have" };
        let why = format!("{what} {left:.1} % of the rows: read balanced accuracy");
        guess.add("synthetic.allow_imbalance", "true".into(), why, Certainty::Likely);
    }
}
