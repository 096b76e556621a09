//! Test accuracy with one modality missing: the same vector stands in its place in every row.

use tch::{Device, Tensor};

use super::recombined::Recombined;
use super::{predicted, share};
use study::config::Fill;
use study::event::Missing;

/// Rows that are evaluated at once.
const BLOCK: i64 = 4096;

/// What stands in place of text `[1, n]` and of image `[1, m]`; `means` are those of the training split.
pub(crate) fn filling(fill: Fill, means: &[Vec<f32>; 2], device: Device) -> [Tensor; 2] {
    means.each_ref().map(|mean| {
        let mean = Tensor::from_slice(mean).view([1, -1]).to_device(device);
        match fill {
            Fill::Mean => mean,
            Fill::Zero => mean.zeros_like(),
        }
    })
}

/// Each head's accuracy on the test rows with one modality replaced by its filling.
pub(crate) fn accuracies(on: &Recombined<'_>, [no_text, no_image]: &[Tensor; 2]) -> Vec<Missing> {
    let [text, image] = &on.rows;
    let count = on.labels.len() as i64;
    let mut correct = vec![[Vec::new(), Vec::new()]; on.heads.len()];
    for first in (0..count).step_by(BLOCK as usize) {
        let rows = BLOCK.min(count - first);
        let labels = &on.labels[first as usize..(first + rows) as usize];
        let [text, image] = [text, image].map(|of| of.narrow(0, first, rows));
        let [no_text, no_image] = [no_text, no_image].map(|fill| fill.expand([rows, -1], false));
        for (missing, (text, image)) in [(&no_text, &image), (&text, &no_image)].into_iter().enumerate() {
            for (correct, logits) in correct.iter_mut().zip(on.logits(text, image)) {
                let predicted = predicted(&logits, logits.len() / labels.len());
                correct[missing]
                    .extend(predicted.iter().zip(labels).map(|(predicted, label)| predicted == label));
            }
        }
    }
    correct.iter().map(|[text, image]| Missing { text: share(text), image: share(image) }).collect()
}
