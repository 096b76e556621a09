//! Noise through the fused kernel: a level costs a few operations for each row and unit.

use tch::Tensor;

use super::models::{FirstLayers, Models};
use super::{Fused, KernelForm, KernelNoise, Spectra};
use crate::backend::inputs::FusedRows;
use crate::backend::kernel::Kernel;
use crate::backend::noise::{Condensed, NoisyRows};
use crate::backend::parameters::Parameters;
use crate::backend::sums::host;
use study::config::Activation;
use study::event::NoiseMean;

/// Rows whose spectra are made at once, so that they stay in the cache.
const SPECTRA: i64 = 64;

/// A model on the test rows, before noise and with it.
pub(super) struct Noisy<'a> {
    noise: &'a NoisyRows<'a>,
    backend: &'a Fused,
    models: Models,
    labels: Vec<i64>,
    kernel: Kernel,
    /// The first layers before activation and without noise, biases included.
    clean: FirstLayers,
    /// One for each mean.
    pieces: Vec<Pieces>,
}

/// What noise adds to the first layers, in powers of the level; absent where it adds nothing.
#[derive(Default)]
struct Pieces {
    text: Option<FirstLayers>,
    image: Option<FirstLayers>,
    cross: Option<FirstLayers>,
}

impl<'a> Noisy<'a> {
    /// `rows` are the test rows as the model reads them.
    pub(super) fn new(
        noise: &'a NoisyRows<'a>,
        backend: &'a Fused,
        model: &Parameters,
        activation: Activation,
        rows: &FusedRows,
    ) -> Self {
        let models = Models::of(&backend.form, model, None, activation);
        let (kernel, labels) = (Kernel::new(), host(noise.labels));
        let mut this = Self { noise, backend, models, labels, kernel, clean: Vec::new(), pieces: Vec::new() };
        match rows {
            FusedRows::Vector(vectors) => {
                this.clean = this.models.first_layers(&mut this.kernel, vectors, 0);
                if let KernelForm::Head(KernelNoise::Spectra(spectra)) = &backend.form {
                    this.of_spectra(&**spectra, &model.hidden_weight().get(0));
                } else {
                    let pieces = noise.means.iter().map(|&mean| this.of_vectors((noise.added)(mean)));
                    this.pieces = pieces.collect();
                }
            }
            FusedRows::Pair { text, image } => this.of_pairs(text, image),
        }
        this.models.add_biases(&mut this.clean);
        this
    }

    fn of_vectors(&mut self, [e, f]: [Tensor; 2]) -> Pieces {
        let Self { models, kernel, noise, backend, .. } = self;
        let [x, y] = &noise.clean;
        let width = |rows: &Tensor| rows.size()[1] as usize;
        let mut columns = |rows: &Tensor, column: usize| models.first_layers(kernel, rows, column);
        // What is made of rows of which text, image or both are what noise adds, from a column on.
        let made = |is_added: [bool; 2], column: usize| {
            let [on_text, on_image] = is_added;
            let (text, image) = (if on_text { &e } else { x }, if on_image { &f } else { y });
            let rows = (backend.rows)(is_added, text, image);
            rows.vector().slice(1, column as i64, None, 1)
        };
        match &backend.form {
            KernelForm::Head(KernelNoise::Columns { text, image }) => Pieces {
                text: text.then(|| columns(&e, 0)),
                image: image.then(|| columns(&f, if *text { width(x) } else { 0 })),
                cross: None,
            },
            KernelForm::Head(KernelNoise::Products) => Pieces {
                text: Some(models.of_products(kernel, &e, y)),
                image: Some(models.of_products(kernel, x, &f)),
                cross: Some(models.of_products(kernel, &e, &f)),
            },
            KernelForm::Head(KernelNoise::Made) => Pieces {
                text: Some(columns(&made([true, false], 0), 0)),
                image: Some(columns(&made([false, true], 0), 0)),
                cross: Some(columns(&made([true, true], 0), 0)),
            },
            KernelForm::Head(KernelNoise::Spectra(_) | KernelNoise::Pairs) => {
                unreachable!("spectra and pairs are computed for all means together")
            }
            KernelForm::Projected(_) => {
                Pieces { text: Some(columns(&e, 0)), image: Some(columns(&f, width(x))), cross: None }
            }
            KernelForm::Mixed { heads, .. } => {
                let (mut text, mut image, mut cross) = (columns(&e, 0), columns(&f, width(x)), None);
                let behind = width(x) + width(y);
                if heads.iter().any(|head| head.columns.end > behind) {
                    text = sum(&text, &columns(&made([true, false], behind), behind));
                    image = sum(&image, &columns(&made([false, true], behind), behind));
                    cross = Some(columns(&made([true, true], behind), behind));
                }
                Pieces { text: Some(text), image: Some(image), cross }
            }
        }
    }

    /// Of features that only a first layer's `weight` `[units, F]` reads, so that their spectra are enough.
    fn of_spectra(&mut self, spectra: &dyn Spectra, weight: &Tensor) {
        let Self { noise, kernel, pieces, .. } = self;
        let real = |complex: &Tensor| complex.view_as_real().flatten(1, 2); // [rows, 2·frequencies]
        let weight = real(&spectra.weight(weight));
        let added: Vec<_> = noise.means.iter().map(|&mean| (noise.added)(mean)).collect();
        let mut layers = vec![[const { Vec::new() }; 3]; added.len()];
        let all = noise.clean[0].size()[0];
        for first in (0..all).step_by(SPECTRA as usize) {
            let of_some = |[text, image]: &[Tensor; 2]| {
                let some = |rows: &Tensor| rows.narrow(0, first, SPECTRA.min(all - first));
                [spectra.of(0, &some(text)), spectra.of(1, &some(image))]
            };
            let [x, y] = of_some(&noise.clean);
            for (added, layers) in added.iter().zip(&mut layers) {
                let [e, f] = of_some(added);
                for (layer, (text, image)) in layers.iter_mut().zip([(&e, &y), (&x, &f), (&e, &f)]) {
                    layer.extend(kernel.linear_of(&weight, &real(&(text * image))));
                }
            }
        }
        let of_mean = |layers: [Vec<f32>; 3]| {
            let [text, image, cross] = layers.map(|layer| Some(vec![layer]));
            Pieces { text, image, cross }
        };
        pieces.extend(layers.into_iter().map(of_mean));
    }

    /// Of tensor fusion, whose matrices are passed over once for the rows, and once for the noise of each mean.
    fn of_pairs(&mut self, x: &Tensor, y: &Tensor) {
        let added = |&mean: &NoiseMean| {
            let [e, f] = (self.noise.added)(mean);
            match (self.backend.rows)([true, true], &e, &f) {
                FusedRows::Pair { text, image } => [text, image],
                FusedRows::Vector(_) => [e, f],
            }
        };
        let added: Vec<_> = self.noise.means.iter().map(added).collect();
        let images: Vec<&Tensor> = std::iter::once(y).chain(added.iter().map(|[_, f]| f)).collect();
        let mut of_text = self.models.of_pairs(&mut self.kernel, x, &images).into_iter();
        self.clean = of_text.next().unwrap_or_default();
        for ([e, f], image) in added.iter().zip(of_text) {
            let mut of_noise = self.models.of_pairs(&mut self.kernel, e, &[y, f]).into_iter();
            let (text, cross) = (of_noise.next(), of_noise.next());
            self.pieces.push(Pieces { text, image: Some(image), cross });
        }
    }

    /// For each mean, and each entry of `noise.on`.
    pub(super) fn condensed(mut self) -> Vec<Condensed> {
        let alphas: Vec<f32> = self.noise.levels.iter().map(|&level| level as f32).collect();
        let nothing = || self.clean.iter().map(|layer| vec![0.0; layer.len()]).collect();
        let mut all = Vec::new();
        for pieces in &self.pieces {
            for &[on_text, on_image] in &self.noise.on {
                let text = pieces.text.as_ref().filter(|_| on_text);
                let image = pieces.image.as_ref().filter(|_| on_image);
                let linear = match (text, image) {
                    (Some(text), Some(image)) => sum(text, image),
                    (one, other) => one.or(other).map_or_else(nothing, FirstLayers::clone),
                };
                let cross = pieces.cross.as_ref().filter(|_| on_text && on_image);
                let at = (alphas.as_slice(), self.labels.as_slice());
                let right = self.models.right_at_levels(&mut self.kernel, &self.clean, &linear, cross, at);
                all.push(Condensed::of(&right, self.noise.levels));
            }
        }
        all
    }
}

fn sum(of: &FirstLayers, other: &FirstLayers) -> FirstLayers {
    let layers =
        |(of, other): (&Vec<f32>, &Vec<f32>)| of.iter().zip(other).map(|(of, other)| of + other).collect();
    of.iter().zip(other).map(layers).collect()
}
