//! Compact bilinear pooling (Gao et al. 2016; Fukui et al. 2016): the circular convolution of two count sketches,
//! `z_d = √(D/nm) Σ_{(a_i + b_j) mod D = d} s_i t_j x_i y_j`, by the Fourier transform. Bins a, b and signs s, t are
//! drawn once. The factor makes the mean square of z that of the products of x and y.

use rand::RngExt;
use serde_json::{Value, json};
use tch::{Device, Tensor};

use super::{Features, Fusion, KernelForm, KernelNoise, Reader, Spectra, Stack};
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
        let Pooling { sketches, width, .. } = Pooling::new(shape.into(), shape.text, shape.image);
        let [text, image] =
            sketches.map(|Sketch { bins, signs, .. }| json!({ "bins": bins, "signs": signs }));
        Some(json!({ "width": width, "text": text, "image": image }))
    }

    fn kernel(&self, shape: &HeadShape) -> Option<KernelForm> {
        let pooling = Pooling::new((*shape).into(), shape.text, shape.image);
        Some(KernelForm::Head(KernelNoise::Spectra(Box::new(pooling))))
    }
}

/// Where each dimension of a modality goes, and with which sign.
#[derive(Debug)]
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

    /// Of `[rows, inputs]`: `[rows, width]`. On every device a bin's dimensions are added in their order.
    pub(crate) fn of(&self, rows: &Tensor) -> Tensor {
        if rows.device() != Device::Cpu {
            return self.by_layers(rows);
        }
        let bins: Vec<i64> = self.bins.iter().map(|&bin| bin as i64).collect();
        let signed = rows * Tensor::from_slice(&self.signs).to_kind(rows.kind());
        self.zeros(rows).index_add_(-1, &Tensor::from_slice(&bins), &signed)
    }

    /// The same where `index_add` has no order, as on a GPU.
    pub(crate) fn by_layers(&self, rows: &Tensor) -> Tensor {
        let on_device = |values: Tensor| values.to_device(rows.device());
        let layers = self.layers().into_iter().map(|(dimensions, signs)| {
            let signs = on_device(Tensor::from_slice(&signs)).to_kind(rows.kind());
            rows.index_select(-1, &on_device(Tensor::from_slice(&dimensions))) * signs
        });
        layers.reduce(|sum, layer| sum + layer).unwrap_or_else(|| self.zeros(rows))
    }

    /// For each bin the first dimension in it with its sign, then for each bin the second one, and so on; a sign of 0
    /// where there are fewer.
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

    fn zeros(&self, rows: &Tensor) -> Tensor {
        Tensor::zeros([rows.size()[0], self.width as i64], (rows.kind(), rows.device()))
    }
}

/// How a model makes features.
#[derive(Debug)]
struct Pooling {
    /// Of text and of image.
    sketches: [Sketch; 2],
    /// D
    width: i64,
    /// √(D/nm)
    scale: f64,
}

impl Pooling {
    /// Of text and image of these widths.
    fn new(reader: Reader, text: i64, image: i64) -> Self {
        let width = match reader.settings.mcb_width {
            0 => text + image,
            width => width as i64,
        };
        let sketches = [(0, text), (1, image)].map(|(modality, inputs)| {
            Sketch::draw(reader.choice, modality, inputs as usize, width as usize)
        });
        Self { sketches, width, scale: (width as f64 / (text * image) as f64).sqrt() }
    }
}

impl Spectra for Pooling {
    fn of(&self, modality: usize, rows: &Tensor) -> Tensor {
        self.sketches[modality].of(rows).fft_rfft(self.width, -1, "backward")
    }

    /// Parseval: where z = `scale·irfft(P)`, `w·z = scale/D Σ_f Re(conj(rfft(w)_f) P_f)` over all D frequencies. Each of
    /// those that are kept stands for two, but f = 0, and f = D/2 where there is one.
    fn weight(&self, weight: &Tensor) -> Tensor {
        let of_pairs = weight.fft_rfft(self.width, -1, "forward") * (2.0 * self.scale); // "forward": over D
        for alone in (0..=self.width / 2).filter(|frequency| 2 * frequency % self.width == 0) {
            let _ = of_pairs.narrow(-1, alone, 1).g_mul_scalar_(0.5);
        }
        of_pairs
    }
}

/// `[…, n]` and `[…, m]` → `[…, D]`
fn convolved(reader: Reader, text: &Tensor, image: &Tensor) -> Tensor {
    let inputs = |rows: &Tensor| rows.size().last().copied().unwrap_or(0);
    let (n, m) = (inputs(text), inputs(image));
    let pooling = Pooling::new(reader, n, m);
    let Pooling { width: wide, scale, .. } = pooling;
    let (texts, images) = (text.reshape([-1, n]), image.reshape([-1, m]));
    let rows = texts.size()[0];
    let block = (BLOCK_FLOATS / wide).clamp(1, BLOCK);
    let of_block = |first: i64| {
        let part = |modality, rows: &Tensor| {
            pooling.of(modality, &rows.narrow(0, first, block.min(rows.size()[0] - first)))
        };
        (part(0, &texts) * part(1, &images)).fft_irfft(wide, -1, "backward") * scale
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
