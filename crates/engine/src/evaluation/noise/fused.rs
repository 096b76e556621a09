//! Noise through the fused kernel: a level costs a few operations for each row and unit.

use tch::Tensor;

use super::{Condensed, Noise, SLIGHT, area_weights, nearest};
use crate::backend::inputs::FusedRows;
use crate::backend::kernel::{Heads, Kernel, KernelRows, Levels};
use crate::backend::parameters::Parameters;
use crate::backend::sums::host;
use crate::fusion::{self, KernelNoise, Reader};
use study::config::Activation;
use study::grid::Seed;

/// A head on the test rows, before noise and with it.
pub(super) struct Noisy<'a> {
    noise: &'a Noise<'a>,
    heads: Heads,
    activation: Activation,
    reader: Reader,
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
        noise: &'a Noise<'a>,
        parameters: &Parameters,
        activation: Activation,
        seed: Seed,
        rows: &FusedRows,
    ) -> Self {
        let (kernel, heads, labels) = (Kernel::new(), Heads::of(parameters), host(noise.labels));
        let (clean, pieces) = (Vec::new(), Vec::new());
        let reader = parameters.shape().into();
        let mut head = Self { noise, heads, activation, reader, labels, kernel, clean, pieces };
        match rows {
            FusedRows::Vector(_) => head.of_vectors(seed, rows),
            FusedRows::Pair { text, image } => head.of_pairs(seed, text, image),
        }
        let bias: Vec<f32> = host(&parameters.hidden_bias().contiguous().view([-1]));
        for row in head.clean.chunks_mut(bias.len()) {
            row.iter_mut().zip(&bias).for_each(|(unit, bias)| *unit += bias);
        }
        head
    }

    fn of_vectors(&mut self, seed: Seed, rows: &FusedRows) {
        self.clean = self.kernel.hidden(&self.heads, 0, &KernelRows::of(rows), 0);
        let kernel = fusion::of(self.noise.fusion.fusion).kernel();
        for &mean in self.noise.means() {
            let [[x, y], [e, f]] = self.noise.rows_and_added(seed, mean);
            let pieces = match kernel {
                Some(KernelNoise::Columns { text, image }) => Pieces {
                    text: text.then(|| self.alone(&e, 0)),
                    image: image.then(|| self.alone(&f, if text { x.size()[1] as usize } else { 0 })),
                    cross: None,
                },
                Some(KernelNoise::Products) => Pieces {
                    text: Some(self.together(&e, &y)),
                    image: Some(self.together(&x, &f)),
                    cross: Some(self.together(&e, &f)),
                },
                Some(KernelNoise::Made) => Pieces {
                    text: Some(self.made([true, false], &e, &y)),
                    image: Some(self.made([false, true], &x, &f)),
                    cross: Some(self.made([true, true], &e, &f)),
                },
                // Pairs are no vectors, and without the kernel nothing comes here.
                Some(KernelNoise::Pairs) | None => Pieces::default(),
            };
            self.pieces.push(pieces);
        }
    }

    /// Of tensor fusion, whose matrices are passed over once for the rows, and once for the noise of each mean.
    fn of_pairs(&mut self, seed: Seed, x: &Tensor, y: &Tensor) {
        let added = |mean| {
            let [_, [e, f]] = self.noise.rows_and_added(seed, mean);
            match fusion::rows(self.reader.of_added([true, true]), &e, &f) {
                FusedRows::Pair { text, image } => [text, image],
                FusedRows::Vector(_) => [e, f],
            }
        };
        let added: Vec<_> = self.noise.means().iter().map(|&mean| added(mean)).collect();
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

    /// Of features that are made of text and image, some of which are what noise adds.
    fn made(&mut self, is_added: [bool; 2], text: &Tensor, image: &Tensor) -> Vec<f32> {
        let rows = KernelRows::of(&fusion::rows(self.reader.of_added(is_added), text, image));
        self.kernel.hidden(&self.heads, 0, &rows, 0)
    }

    /// Of product fusion.
    fn together(&mut self, text: &Tensor, image: &Tensor) -> Vec<f32> {
        let pair = FusedRows::Pair { text: text.shallow_clone(), image: image.shallow_clone() };
        self.kernel.hidden_of_product(&self.heads, 0, &KernelRows::of(&pair))
    }

    /// Which rows are right at every level, summed over rows and over levels, with the noise of mean number `mean`
    /// on text, on image or on both.
    pub(super) fn condense(&mut self, mean: usize, [on_text, on_image]: [bool; 2]) -> Condensed {
        let pieces = &self.pieces[mean];
        let levels: Vec<f32> = self.noise.levels.iter().map(|&level| level as f32).collect();
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
        let at = Levels { clean: &self.clean, linear: &linear, cross, alphas: &levels };
        let right = self.kernel.right_at_levels(&self.heads, self.activation, 0, &at, &self.labels);
        let weights: Vec<f32> = area_weights(self.noise.levels).iter().map(|&weight| weight as f32).collect();
        let slight_level = nearest(self.noise.levels, SLIGHT);
        let mut correct = vec![0_u32; levels.len()];
        let (mut areas, mut slight) = (Vec::new(), Vec::new());
        for row in right.chunks(levels.len()) {
            correct.iter_mut().zip(row).for_each(|(correct, &right)| *correct += u32::from(right));
            let area = weights.iter().zip(row).map(|(weight, &right)| if right { *weight } else { 0.0 });
            areas.push(area.sum());
            slight.push(row[slight_level]);
        }
        let rows = self.labels.len() as f64;
        let accuracy = correct.into_iter().map(|right| f64::from(right) / rows).collect();
        Condensed { accuracy, areas, slight }
    }
}
