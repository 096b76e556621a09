//! Heads on test rows whose texts and images are put together anew: rows are made once and read by every head.

use tch::Tensor;

use crate::backend::Backend;
use crate::backend::head;
use crate::backend::inputs::FusedRows;
use crate::backend::parameters::Parameters;
use crate::backend::sums::host;
use crate::fusion::{self, Reader};
use study::config::Activation;

/// Heads that read rows alike, and the test rows.
pub(crate) struct Recombined<'a> {
    pub(crate) backend: &'a dyn Backend,
    pub(crate) activation: Activation,
    pub(crate) reader: Reader,
    /// Each a stack of one.
    pub(crate) heads: Vec<&'a Parameters>,
    /// Text `[rows, n]` and image `[rows, m]`.
    pub(crate) rows: [Tensor; 2],
    pub(crate) labels: &'a [u16],
}

impl Recombined<'_> {
    /// Each head's logits `[rows, classes]` of text `[rows, n]` and image `[rows, m]`, the rows of either of which may
    /// be one row again and again.
    pub(super) fn logits(&self, text: &Tensor, image: &Tensor) -> impl Iterator<Item = Vec<f32>> {
        let rows = fusion::rows(self.reader, text, image);
        self.heads.iter().map(move |head| self.backend.logits(head, self.activation, &rows))
    }

    /// Each head's logits `[texts · images, classes]` of every text `[texts, n]` with every image `[images, m]`, the first
    /// text's first.
    pub(super) fn logits_of_pairs(&self, text: &Tensor, image: &Tensor) -> impl Iterator<Item = Vec<f32>> {
        let (texts, images) = (text.size()[0], image.size()[0]);
        let pairs = fusion::rows(
            self.reader,
            &text.unsqueeze(1).expand([-1, images, -1], false),
            &image.unsqueeze(0).expand([texts, -1, -1], false),
        );
        let is_half_product =
            matches!(pairs, FusedRows::Pair { .. }) && fusion::is_by_hand(self.reader.model);
        let rows = match pairs {
            FusedRows::Pair { text, image } if is_half_product => {
                FusedRows::Pair { text: text.select(1, 0), image: image.get(0) }
            }
            pairs => pairs.each(|pairs| pairs.flatten(0, 1)),
        };
        self.heads.iter().map(move |head| match &rows {
            // What the text decides is nearly all of the work, and the same for every image.
            FusedRows::Pair { text, image } if is_half_product => {
                host(&head::logits_of_pairs(head, self.activation, text, image).view([-1]))
            }
            rows => self.backend.logits(head, self.activation, rows),
        })
    }

    /// Floats that a pair takes in [`Self::logits_of_pairs`].
    pub(super) fn floats_of_pair(&self) -> i64 {
        let shape = self.heads.first().map(|head| head.shape());
        shape.map_or(1, |shape| {
            let read = (shape.fusion.fusion.definition().values_read)(&shape.sizes());
            (read as i64).max(shape.hidden).max(1)
        })
    }
}
