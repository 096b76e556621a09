//! Heads on test rows whose texts and images are put together anew: rows are made once and read by every head.

use tch::Tensor;

use crate::backend::Backend;
use crate::backend::head;
use crate::backend::inputs::FusedRows;
use crate::backend::parameters::Parameters;
use crate::backend::sums::host;
use crate::fusion::{self, Reader};
use study::config::Activation;
use study::model::Role;

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

/// What heads read of every text with every image.
enum Pairs {
    /// A row for each pair.
    All(FusedRows),
    /// A row for each text: the images are not read.
    Texts(FusedRows),
    /// A row for each image: the texts are not read.
    Images(FusedRows),
    /// Tensor fusion's two factors: what the text decides is nearly all of the work, and the same for every image.
    Factors { text: Tensor, image: Tensor },
}

impl Recombined<'_> {
    /// Each head's logits `[rows, classes]` of text `[rows, n]` and image `[rows, m]`; either may be one row repeated without a
    /// copy.
    pub(super) fn logits(&self, text: &Tensor, image: &Tensor) -> impl Iterator<Item = Vec<f32>> {
        let rows = fusion::rows(self.reader, text, image);
        self.heads.iter().map(move |head| self.backend.logits(head, self.activation, &rows))
    }

    /// Each head's logits `[texts, images, classes]` of every text `[texts, n]` with every image `[images, m]`.
    pub(super) fn logits_of_pairs(&self, text: &Tensor, image: &Tensor) -> impl Iterator<Item = Vec<f32>> {
        let (texts, images) = (text.size()[0] as usize, image.size()[0] as usize);
        let pairs = self.pairs(text, image);
        self.heads.iter().map(move |head| match &pairs {
            Pairs::All(rows) => self.backend.logits(head, self.activation, rows),
            Pairs::Texts(rows) => {
                let logits = self.backend.logits(head, self.activation, rows);
                logits.chunks(logits.len() / texts).flat_map(|logits| logits.repeat(images)).collect()
            }
            Pairs::Images(rows) => self.backend.logits(head, self.activation, rows).repeat(texts),
            Pairs::Factors { text, image } => {
                host(&head::logits_of_pairs(head, self.activation, text, image).view([-1]))
            }
        })
    }

    fn pairs(&self, text: &Tensor, image: &Tensor) -> Pairs {
        let (texts, images) = (text.size()[0], image.size()[0]);
        let rows = fusion::rows(
            self.reader,
            &text.unsqueeze(1).expand([-1, images, -1], false),
            &image.unsqueeze(0).expand([texts, -1, -1], false),
        );
        match rows {
            // Rows that are still repeated without a copy.
            FusedRows::Vector(rows) if rows.stride()[1] == 0 => {
                Pairs::Texts(FusedRows::Vector(rows.select(1, 0)))
            }
            FusedRows::Vector(rows) if rows.stride()[0] == 0 => Pairs::Images(FusedRows::Vector(rows.get(0))),
            FusedRows::Pair { text, image } if fusion::is_by_hand(self.reader.model) => {
                Pairs::Factors { text: text.select(1, 0), image: image.get(0) }
            }
            rows => Pairs::All(rows.each(|rows| rows.flatten(0, 1))),
        }
    }

    /// Floats that a pair takes in [`Self::logits_of_pairs`].
    pub(super) fn floats_of_pair(&self) -> i64 {
        let shape = self.heads.first().map(|head| head.shape());
        shape.map_or(1, |shape| {
            let definition = shape.fusion.fusion.definition();
            // A row of one modality is read once, not for every pair.
            let is_pair = definition.role != Role::Modality;
            let read = if is_pair { (definition.values_read)(&shape.sizes()) } else { 0 };
            (read.max(shape.module_width().unwrap_or(0)) as i64).max(shape.hidden)
        })
    }
}
