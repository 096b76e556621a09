//! Compact bilinear pooling (Gao et al. 2016; Fukui et al. 2016): the circular convolution of two count sketches,
//! `z_d = √(D/nm) Σ_{(a_i + b_j) mod D = d} s_i t_j x_i y_j`, by the Fourier transform. Bins a, b and signs s, t are
//! drawn once. The factor makes the mean square of z that of the products of x and y.

use rand::RngExt;
use serde_json::{Value, json};
use tch::{Device, Tensor};

use super::{Features, Fusion, KernelForm, KernelNoise, Reader, Stack};
use crate::backend::inputs::FusedRows;
use crate::backend::parameters::HeadShape;
use study::random::{Purpose, stream};

/// Rows that are transformed at once: spectra take memory.
const BLOCK: i64 = 4096;
/// Features that are made at once (64 MiB).
const BLOCK_FLOATS: i64 = 16 << 20;

pub(super) struct Mcb;

impl Fusion for Mcb {
    fn forward(&self, stack: &Stack, text: &Tensor, image: &Tensor) -> Tensor {
        stack.head(&convolved(stack.shape().into(), text, image))
    }

    fn features(&self) -> Option<Features> {
        Some(|reader, text, image| FusedRows::Vector(convolved(reader, text, image)))
    }

    fn frozen(&self, shape: HeadShape) -> Option<Value> {
        let wide = width(&shape.into(), shape.text, shape.image);
        let of = |modality, inputs: i64| {
            let Sketch { bins, signs, .. } =
                Sketch::draw(shape.choice, modality, inputs as usize, wide as usize);
            json!({ "bins": bins, "signs": signs })
        };
        Some(json!({ "width": wide, "text": of(0, shape.text), "image": of(1, shape.image) }))
    }

    fn kernel(&self, _: &HeadShape) -> Option<KernelForm> {
        Some(KernelForm::Head(KernelNoise::Made))
    }
}

/// Width D of the features.
const fn width(reader: &Reader, text: i64, image: i64) -> i64 {
    if reader.settings.mcb_width == 0 { text + image } else { reader.settings.mcb_width as i64 }
}

/// Where each dimension of a modality goes, and with which sign.
pub(crate) struct Sketch {
    pub(crate) bins: Vec<usize>,
    pub(crate) signs: Vec<f32>,
    width: usize,
}

impl Sketch {
    /// Number `choice` of text (modality 0) or image (1), of `inputs` dimensions into `width` bins.
    pub(crate) fn draw(choice: usize, modality: u64, inputs: usize, width: usize) -> Self {
        let mut rng = stream(Purpose::Sketch, choice as u64, modality, 0);
        let mut draw = |_| {
            let bin = rng.random_range(0..width as u64) as usize;
            (bin, if rng.random::<bool>() { 1.0 } else { -1.0 })
        };
        let (bins, signs) = (0..inputs).map(&mut draw).unzip();
        Self { bins, signs, width }
    }

    /// For each bin the first dimension in it with its sign, then for each bin the second one, and so on; a sign of 0
    /// where there are fewer. Sums made of these have one order on every device.
    fn layers(&self) -> Vec<(Vec<i64>, Vec<f32>)> {
        let mut layers: Vec<(Vec<i64>, Vec<f32>)> = Vec::new();
        let mut filled = vec![0; self.width];
        for (dimension, (&bin, &sign)) in self.bins.iter().zip(&self.signs).enumerate() {
            let layer = filled[bin];
            filled[bin] += 1;
            if layers.len() == layer {
                layers.push((vec![0; self.width], vec![0.0; self.width]));
            }
            (layers[layer].0[bin], layers[layer].1[bin]) = (dimension as i64, sign);
        }
        layers
    }

    /// Of `[rows, inputs]`: `[rows, width]`.
    fn of(&self, rows: &Tensor) -> Tensor {
        let on_device = |values: Tensor| values.to_device(rows.device());
        let layers = self.layers().into_iter().map(|(dimensions, signs)| {
            let signs = on_device(Tensor::from_slice(&signs)).to_kind(rows.kind());
            rows.index_select(-1, &on_device(Tensor::from_slice(&dimensions))) * signs
        });
        layers
            .reduce(|sum, layer| sum + layer)
            .unwrap_or_else(|| Tensor::zeros([rows.size()[0], self.width as i64], (rows.kind(), Device::Cpu)))
    }
}

/// `[…, n]` and `[…, m]` → `[…, D]`
fn convolved(reader: Reader, text: &Tensor, image: &Tensor) -> Tensor {
    let inputs = |rows: &Tensor| rows.size().last().copied().unwrap_or(0);
    let (n, m) = (inputs(text), inputs(image));
    let wide = width(&reader, n, m);
    let [of_text, of_image] = [(0, n), (1, m)]
        .map(|(modality, inputs)| Sketch::draw(reader.choice, modality, inputs as usize, wide as usize));
    let scale = (wide as f64 / (n * m) as f64).sqrt();
    let (texts, images) = (text.reshape([-1, n]), image.reshape([-1, m]));
    let rows = texts.size()[0];
    let block = (BLOCK_FLOATS / wide).clamp(1, BLOCK);
    let of_block = |first: i64| {
        let part = |rows: &Tensor, sketch: &Sketch| {
            let part = rows.narrow(0, first, block.min(rows.size()[0] - first));
            sketch.of(&part).fft_rfft(wide, -1, "backward")
        };
        (part(&texts, &of_text) * part(&images, &of_image)).fft_irfft(wide, -1, "backward") * scale
    };
    let blocks: Vec<Tensor> = (0..rows).step_by(block as usize).map(of_block).collect();
    let mut shape = text.size();
    if let Some(last) = shape.last_mut() {
        *last = wide;
    }
    if blocks.is_empty() {
        Tensor::zeros(shape, (text.kind(), text.device()))
    } else {
        Tensor::cat(&blocks, 0).view(shape.as_slice())
    }
}
