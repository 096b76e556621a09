//! Noise at all levels from a few forward passes, through LibTorch's operations.

use tch::Tensor;

use crate::backend::head::{hidden_linear, hidden_of_pairs, logits_from_hidden};
use crate::backend::inputs::FusedRows;
use crate::backend::loss::predictions;
use crate::backend::noise::{Condensed, NoisyRows, Tally, on_device};
use crate::backend::parameters::Parameters;
use crate::fusion::{self, Reader};
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
        let reader: Reader = head.shape().into();
        let hidden = |is_added, text: &Tensor, image: &Tensor| {
            let rows = fusion::rows(reader.of_added(is_added), text, image);
            hidden_linear(head, &rows).squeeze_dim(0) // [rows, H]
        };
        let added = fusion::rows(reader.of_added([true, true]), e, f);
        let is_linear = degrees[2] <= 1;
        let [rows, text_added, image_added, both] =
            [[false, false], [true, false], [false, true], [true, true]];
        let (clean, text, image, cross) = match (fusion::rows(reader, x, y), added) {
            (FusedRows::Pair { text: x, image: y }, FusedRows::Pair { text: e, image: f }) => {
                // Of one text with the rows' own images and with the noise.
                let pairs = |text: &Tensor| {
                    let both = hidden_of_pairs(head, text, &[&y, &f]).squeeze_dim(1); // [2, rows, H]
                    (both.get(0), both.get(1))
                };
                let ((clean, image), (text, cross)) = (pairs(&x), pairs(&e));
                (clean, text, image, Some(cross))
            }
            _ if is_linear => (
                hidden(rows, x, y),
                hidden(text_added, e, &y.zeros_like()),
                hidden(image_added, &x.zeros_like(), f),
                None,
            ),
            _ => (
                hidden(rows, x, y),
                hidden(text_added, e, y),
                hidden(image_added, x, f),
                Some(hidden(both, e, f)),
            ),
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
