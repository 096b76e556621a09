//! Noise at all levels from a few forward passes, through LibTorch's operations.

use tch::Tensor;

use crate::backend::head::{hidden_linear, hidden_of_pairs, logits_from_hidden};
use crate::backend::inputs::FusedRows;
use crate::backend::loss::predictions;
use crate::backend::noise::{Condensed, NoisyRows, Tally, on_device};
use crate::backend::parameters::Parameters;
use crate::fusion;
use study::config::Activation;
use study::event::NoiseMean;

/// Floats of the hidden layer that are computed at once, over levels and rows (16 MiB).
const HIDDEN_FLOATS: i64 = 4 << 20;

/// The hidden layer before its activation, in powers of the level; each `[rows, H]`.
struct Pieces<'a> {
    noise: &'a NoisyRows<'a>,
    head: &'a Parameters,
    activation: Activation,
    clean: Tensor,
    text: Tensor,
    image: Tensor,
    cross: Option<Tensor>,
}

/// For each mean, and each entry of `noise.on`; `degrees` are those of the first layer in the level, with noise on text,
/// image and both.
pub(super) fn condensed(
    noise: &NoisyRows<'_>,
    head: &Parameters,
    activation: Activation,
    degrees: [u32; 3],
) -> Vec<Condensed> {
    let of_mean = |&mean: &NoiseMean| {
        let pieces = Pieces::new(noise, head, activation, mean, degrees);
        noise.on.iter().map(|&on| pieces.condense(on)).collect::<Vec<_>>()
    };
    noise.means.iter().flat_map(of_mean).collect()
}

impl<'a> Pieces<'a> {
    fn new(
        noise: &'a NoisyRows<'a>,
        head: &'a Parameters,
        activation: Activation,
        mean: NoiseMean,
        degrees: [u32; 3],
    ) -> Self {
        let ([x, y], [e, f]) = (&noise.clean, &(noise.added)(mean));
        let rows = |text: &Tensor, image: &Tensor| fusion::rows(head.shape().fusion, text, image);
        let hidden = |text: &Tensor, image: &Tensor| {
            hidden_linear(head, &rows(text, image)).squeeze_dim(0) // [rows, H]
        };
        // Of one text with the rows' own images and with the noise.
        let pairs = |text: &Tensor| {
            let both = hidden_of_pairs(head, text, &[y, f]).squeeze_dim(1); // [2, rows, H]
            (both.get(0), both.get(1))
        };
        let (clean, text, image, cross) = match rows(x, y) {
            FusedRows::Vector(_) if degrees[2] <= 1 => {
                (hidden(x, y), hidden(e, &y.zeros_like()), hidden(&x.zeros_like(), f), None)
            }
            FusedRows::Vector(_) => (hidden(x, y), hidden(e, y), hidden(x, f), Some(hidden(e, f))),
            FusedRows::Pair { .. } => {
                let ((clean, image), (text, cross)) = (pairs(x), pairs(e));
                (clean, text, image, Some(cross))
            }
        };
        let clean = clean + head.hidden_bias();
        Self { noise, head, activation, clean, text, image, cross }
    }

    /// Which rows are right at every level, summed over rows and over levels, with noise on text, on image or on both.
    fn condense(&self, [on_text, on_image]: [bool; 2]) -> Condensed {
        let &NoisyRows { levels, labels, .. } = self.noise;
        let mut tally = Tally::new(labels, levels);
        let (count, rows, hidden) = (levels.len() as i64, self.clean.size()[0], self.clean.size()[1]);
        let levels = on_device(levels, self.clean.device()).view([-1, 1, 1]);
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
            let logits = logits_from_hidden(self.head, self.activation, &before.view([1, -1, hidden]));
            tally.add(first, &predictions(&logits).view([count, -1]));
        }
        tally.condensed()
    }
}
