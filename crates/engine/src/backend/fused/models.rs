//! A stack of models as the fused kernel computes them.

use tch::Tensor;

use super::KernelForm;
use crate::backend::inputs::FusedRows;
use crate::backend::kernel::{
    Heads, Kernel, KernelRows, Levels, Mixed, MixedLevels, Projected, Training, Update,
};
use crate::backend::parameters::Parameters;
use crate::backend::sums::Sums;
use study::config::Activation;

/// Models of one stack, which shares memory with its [`Parameters`], and both moments where they are trained.
pub(crate) enum Models {
    Heads { heads: Heads, moments: Option<[Heads; 2]>, activation: Activation },
    Projected(Projected),
    Mixed(Mixed),
}

impl Models {
    pub(crate) fn of(
        form: &KernelForm,
        parameters: &Parameters,
        moments: Option<[&Parameters; 2]>,
        activation: Activation,
    ) -> Self {
        match form {
            KernelForm::Head(_) => {
                let moments = moments.map(|both| both.map(Heads::of));
                Self::Heads { heads: Heads::of(parameters), moments, activation }
            }
            KernelForm::Projected(form) => {
                Self::Projected(Projected::of(form, parameters, moments, activation))
            }
            KernelForm::Mixed { heads, gate, .. } => {
                Self::Mixed(Mixed::of(heads, gate.as_ref(), parameters, moments, activation))
            }
        }
    }

    /// Logits of a row.
    pub(crate) const fn classes(&self) -> usize {
        match self {
            Self::Heads { heads, .. } => heads.outputs,
            Self::Projected(models) => models.outputs,
            Self::Mixed(mixed) => mixed.classes,
        }
    }

    /// One optimiser step of model `seed` on the rows `batch`; `labels` are those of all rows.
    pub(crate) fn step(
        &self,
        kernel: &mut Kernel,
        update: Update,
        seed: usize,
        rows: &KernelRows,
        batch: &[u32],
        labels: &[i64],
    ) -> Sums {
        match self {
            Self::Heads { heads, moments: Some([first_moments, second_moments]), activation } => {
                let activation = *activation;
                let training = Training { heads, first_moments, second_moments, update, activation };
                kernel.step(&training, seed, rows, batch, labels)
            }
            Self::Heads { moments: None, .. } => unreachable!("a stack that is trained has moments"),
            Self::Projected(models) => kernel.step_projected(models, update, seed, rows, batch, labels),
            Self::Mixed(mixed) => kernel.step_mixed(mixed, update, seed, rows, batch, labels),
        }
    }

    /// Logits of model `seed` on the first rows, `[rows, classes]`, as many as `out` has room for.
    pub(crate) fn logits(&self, kernel: &mut Kernel, seed: usize, rows: &KernelRows, out: &mut [f32]) {
        match self {
            Self::Heads { heads, activation, .. } => kernel.logits(heads, *activation, seed, rows, out),
            Self::Projected(models) => kernel.logits_projected(models, seed, rows, out),
            Self::Mixed(mixed) => kernel.logits_mixed(mixed, seed, rows, out),
        }
    }
}

/// First layers of one model, part by part, each `[rows, units]`: of a head's, of all projections, or of each head of a
/// mixture and its gate.
pub(crate) type FirstLayers = Vec<Vec<f32>>;

impl Models {
    /// The first layers of the only model on vectors that are columns `column ..` of what it reads, without bias; 0 where
    /// a layer reads none of them.
    pub(crate) fn first_layers(&self, kernel: &mut Kernel, rows: &Tensor, column: usize) -> FirstLayers {
        let of_kernel = || KernelRows::of(&FusedRows::Vector(rows.shallow_clone()));
        match self {
            Self::Heads { heads, .. } => vec![kernel.hidden(heads, 0, &of_kernel(), column)],
            Self::Projected(models) => vec![kernel.projections(models, 0, &of_kernel(), column)],
            Self::Mixed(mixed) => kernel.hidden_mixed(mixed, 0, rows, column),
        }
    }

    /// Of tensor fusion, of one `text` with each of `images`.
    pub(crate) fn of_pairs(
        &self,
        kernel: &mut Kernel,
        text: &Tensor,
        images: &[&Tensor],
    ) -> Vec<FirstLayers> {
        match self {
            Self::Heads { heads, .. } => {
                let of_images = kernel.hidden_of_pairs(heads, 0, text, images);
                of_images.into_iter().map(|of_image| vec![of_image]).collect()
            }
            Self::Projected(_) | Self::Mixed(_) => unreachable!("only a head alone reads pairs"),
        }
    }

    /// Of product fusion, whose features are made in the cache.
    pub(crate) fn of_products(&self, kernel: &mut Kernel, text: &Tensor, image: &Tensor) -> FirstLayers {
        let pair = FusedRows::Pair { text: text.shallow_clone(), image: image.shallow_clone() };
        match self {
            Self::Heads { heads, .. } => vec![kernel.hidden_of_product(heads, 0, &KernelRows::of(&pair))],
            Self::Projected(_) | Self::Mixed(_) => unreachable!("only a head alone reads pairs"),
        }
    }

    /// Adds the biases.
    pub(crate) fn add_biases(&self, layers: &mut FirstLayers) {
        match self {
            Self::Heads { heads, .. } => layers.iter_mut().for_each(|layer| heads.add_bias(0, layer)),
            Self::Projected(models) => layers.iter_mut().for_each(|layer| models.add_biases(0, layer)),
            Self::Mixed(mixed) => mixed.add_biases(0, layers),
        }
    }

    /// Which rows are predicted right at each level, `[rows, levels]`, the first layers being `clean + α·linear + α²·cross`.
    pub(crate) fn right_at_levels(
        &self,
        kernel: &mut Kernel,
        clean: &FirstLayers,
        linear: &FirstLayers,
        cross: Option<&FirstLayers>,
        (alphas, labels): (&[f32], &[i64]),
    ) -> Vec<bool> {
        let part = |place: usize| {
            let cross = cross.map(|cross| cross[place].as_slice());
            Levels { clean: &clean[place], linear: &linear[place], cross, alphas }
        };
        match self {
            Self::Heads { heads, activation, .. } => {
                kernel.right_at_levels(heads, *activation, 0, &part(0), labels)
            }
            Self::Projected(models) => kernel.right_at_levels_projected(models, 0, &part(0), labels),
            Self::Mixed(mixed) => {
                let at = MixedLevels { parts: (0..clean.len()).map(part).collect(), alphas };
                kernel.right_at_levels_mixed(mixed, 0, &at, labels)
            }
        }
    }
}
