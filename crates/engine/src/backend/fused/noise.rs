//! Noise through the fused kernel: a level costs a few operations for each row and unit.

use tch::Tensor;

use super::KernelNoise;
use crate::backend::inputs::FusedRows;
use crate::backend::kernel::{Heads, Kernel, KernelRows, Levels};
use crate::backend::noise::{Condensed, NoisyRows};
use crate::backend::parameters::Parameters;
use crate::backend::sums::host;
use study::config::Activation;

/// A head on the test rows, before noise and with it.
pub(super) struct Noisy<'a> {
    noise: &'a NoisyRows<'a>,
    heads: Heads,
    activation: Activation,
    labels: Vec<i64>,
    kernel: Kernel,
    /// The hidden layer before its activation and without noise, `[rows, H]`.
    clean: Vec<f32>,
    /// One for each mean.
    pieces: Vec<Pieces>,
}

/// What noise adds to the hidden layer before its activation, in powers of the level; each `[rows, H]`, and absent
/// where it adds nothing.
#[derive(Default)]
struct Pieces {
    text: Option<Vec<f32>>,
    image: Option<Vec<f32>>,
    cross: Option<Vec<f32>>,
}

impl<'a> Noisy<'a> {
    /// `rows` are the test rows as the head reads them.
    pub(super) fn new(
        noise: &'a NoisyRows<'a>,
        kind: KernelNoise,
        head: &Parameters,
        activation: Activation,
        rows: &FusedRows,
    ) -> Self {
        let (kernel, heads, labels) = (Kernel::new(), Heads::of(head), host(noise.labels));
        let (clean, pieces) = (Vec::new(), Vec::new());
        let mut this = Self { noise, heads, activation, labels, kernel, clean, pieces };
        match rows {
            FusedRows::Vector(_) => this.of_vectors(kind, rows),
            FusedRows::Pair { text, image } => this.of_pairs(text, image),
        }
        let bias: Vec<f32> = host(&head.hidden_bias().contiguous().view([-1]));
        for row in this.clean.chunks_mut(bias.len()) {
            row.iter_mut().zip(&bias).for_each(|(unit, bias)| *unit += bias);
        }
        this
    }

    fn of_vectors(&mut self, kind: KernelNoise, rows: &FusedRows) {
        self.clean = self.kernel.hidden(&self.heads, 0, &KernelRows::of(rows), 0);
        let [x, y] = &self.noise.clean;
        for &mean in self.noise.means {
            let [e, f] = (self.noise.added)(mean);
            let pieces = match kind {
                KernelNoise::Columns { text, image } => Pieces {
                    text: text.then(|| self.alone(&e, 0)),
                    image: image.then(|| self.alone(&f, if text { x.size()[1] as usize } else { 0 })),
                    cross: None,
                },
                KernelNoise::Products => Pieces {
                    text: Some(self.together(&e, y)),
                    image: Some(self.together(x, &f)),
                    cross: Some(self.together(&e, &f)),
                },
                // Pairs are no vectors.
                KernelNoise::Pairs => Pieces::default(),
            };
            self.pieces.push(pieces);
        }
    }

    /// Of tensor fusion, whose matrices are passed over once for the rows, and once for the noise of each mean.
    fn of_pairs(&mut self, x: &Tensor, y: &Tensor) {
        let added: Vec<_> = self.noise.means.iter().map(|&mean| (self.noise.added)(mean)).collect();
        let images: Vec<&Tensor> = std::iter::once(y).chain(added.iter().map(|[_, f]| f)).collect();
        let mut of_text = self.kernel.hidden_of_pairs(&self.heads, 0, x, &images).into_iter();
        self.clean = of_text.next().unwrap_or_default();
        for ([e, f], image) in added.iter().zip(of_text) {
            let mut of_noise = self.kernel.hidden_of_pairs(&self.heads, 0, e, &[y, f]).into_iter();
            let (text, cross) = (of_noise.next(), of_noise.next());
            self.pieces.push(Pieces { text, image: Some(image), cross });
        }
    }

    /// Of one modality that has columns of its own in the fused vector, from `column`.
    fn alone(&mut self, rows: &Tensor, column: usize) -> Vec<f32> {
        let rows = KernelRows::of(&FusedRows::Vector(rows.shallow_clone()));
        self.kernel.hidden(&self.heads, 0, &rows, column)
    }

    /// Of product fusion.
    fn together(&mut self, text: &Tensor, image: &Tensor) -> Vec<f32> {
        let pair = FusedRows::Pair { text: text.shallow_clone(), image: image.shallow_clone() };
        self.kernel.hidden_of_product(&self.heads, 0, &KernelRows::of(&pair))
    }

    /// For each mean, and each entry of `noise.on`.
    pub(super) fn condensed(mut self) -> Vec<Condensed> {
        let alphas: Vec<f32> = self.noise.levels.iter().map(|&level| level as f32).collect();
        let mut all = Vec::new();
        for pieces in &self.pieces {
            for &[on_text, on_image] in &self.noise.on {
                let text = pieces.text.as_deref().filter(|_| on_text);
                let image = pieces.image.as_deref().filter(|_| on_image);
                let linear = match (text, image) {
                    (Some(text), Some(image)) => {
                        Some(text.iter().zip(image).map(|(text, image)| text + image).collect())
                    }
                    (one, other) => one.or(other).map(<[f32]>::to_vec),
                };
                let linear = linear.unwrap_or_else(|| vec![0.0; self.clean.len()]);
                let cross = pieces.cross.as_deref().filter(|_| on_text && on_image);
                let at = Levels { clean: &self.clean, linear: &linear, cross, alphas: &alphas };
                let right = self.kernel.right_at_levels(&self.heads, self.activation, 0, &at, &self.labels);
                all.push(Condensed::of(&right, self.noise.levels));
            }
        }
        all
    }
}
