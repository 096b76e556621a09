//! Noise through LibTorch's operations.

use tch::Tensor;

use super::{Condensed, Noise, Tally, on_device};
use crate::backend::head::{hidden_linear, hidden_of_pairs, logits_from_hidden};
use crate::backend::inputs::FusedRows;
use crate::backend::loss::predictions;
use crate::backend::parameters::Parameters;
use crate::fusion::{self, Reader};
use study::config::Activation;
use study::event::NoiseMean;
use study::grid::Seed;

/// Floats of the hidden layer that are computed at once, over levels and rows (16 MiB).
const HIDDEN_FLOATS: i64 = 4 << 20;

/// The hidden layer before its activation, in powers of the level; each `[rows, H]`.
pub(super) struct Pieces<'a> {
    noise: &'a Noise<'a>,
    parameters: &'a Parameters,
    activation: Activation,
    clean: Tensor,
    text: Tensor,
    image: Tensor,
    cross: Option<Tensor>,
}

impl<'a> Pieces<'a> {
    pub(super) fn new(
        noise: &'a Noise<'a>,
        parameters: &'a Parameters,
        activation: Activation,
        seed: Seed,
        mean: NoiseMean,
    ) -> Self {
        let [[x, y], [e, f]] = noise.rows_and_added(seed, mean);
        let reader: Reader = parameters.shape().into();
        let hidden = |is_added, text: &Tensor, image: &Tensor| {
            let rows = fusion::rows(reader.of_added(is_added), text, image);
            hidden_linear(parameters, &rows).squeeze_dim(0) // [rows, H]
        };
        let added = fusion::rows(reader.of_added([true, true]), &e, &f);
        let is_linear = matches!(noise.degrees(), Some([_, _, 0 | 1]));
        let [rows, text_added, image_added, both] =
            [[false, false], [true, false], [false, true], [true, true]];
        let (clean, text, image, cross) = match (fusion::rows(reader, &x, &y), added) {
            (FusedRows::Pair { text: x, image: y }, FusedRows::Pair { text: e, image: f }) => {
                // Of one text with the rows' own images and with the noise.
                let pairs = |text: &Tensor| {
                    let both = hidden_of_pairs(parameters, text, &[&y, &f]).squeeze_dim(1); // [2, rows, H]
                    (both.get(0), both.get(1))
                };
                let ((clean, image), (text, cross)) = (pairs(&x), pairs(&e));
                (clean, text, image, Some(cross))
            }
            _ if is_linear => (
                hidden(rows, &x, &y),
                hidden(text_added, &e, &y.zeros_like()),
                hidden(image_added, &x.zeros_like(), &f),
                None,
            ),
            _ => (
                hidden(rows, &x, &y),
                hidden(text_added, &e, &y),
                hidden(image_added, &x, &f),
                Some(hidden(both, &e, &f)),
            ),
        };
        let clean = clean + parameters.hidden_bias();
        Self { noise, parameters, activation, clean, text, image, cross }
    }

    /// Which rows are right at every level, summed over rows and over levels, with noise on text, on image or on both.
    pub(super) fn condense(&self, [on_text, on_image]: [bool; 2]) -> Condensed {
        let noise = self.noise;
        let levels = on_device(noise.levels.iter().copied(), self.clean.device()).view([-1, 1, 1]);
        let mut tally = Tally::new(noise);
        let (count, rows, hidden) = (noise.levels.len() as i64, self.clean.size()[0], self.clean.size()[1]);
        let block = (HIDDEN_FLOATS / (count * hidden)).max(1);
        for first in (0..rows).step_by(block as usize) {
            let part = |piece: &Tensor| piece.narrow(0, first, block.min(rows - first)).unsqueeze(0);
            let linear = match (on_text, on_image) {
                (true, false) => part(&self.text),
                (false, true) => part(&self.image),
                (true, true) => part(&self.text) + part(&self.image),
                (false, false) => part(&self.clean).zeros_like(),
            };
            let mut before = part(&self.clean) + &levels * linear; // [levels, rows, H]
            if let (true, Some(cross)) = (on_text && on_image, &self.cross) {
                before += &levels * &levels * part(cross);
            }
            // A stack of one head takes all levels as rows.
            let logits = logits_from_hidden(self.parameters, self.activation, &before.view([1, -1, hidden]));
            tally.take(first, &predictions(&logits).view([count, -1]));
        }
        tally.condensed()
    }
}
